"""The day that is promised, and the day that is expected, revised with every scan."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from post_logistics.errors import NotFound
from post_logistics.network.coverage import OutsideCoverage
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.booking import promise
from post_logistics.operations.promises.experience import Experience
from post_logistics.operations.promises.promising import expected_on, forecast, forecasts, quote
from post_logistics.storage.database import Connection
from post_logistics.storage.promises.forecasts import load_whereabouts
from post_logistics.tracking.forecast import NOTHING
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode, local_day
from tests.operations.conftest import SHOP, Story, give_out_bag
from tests.timing import quiet_seconds

TODAY = date(2026, 11, 22)
TOMORROW = date(2026, 11, 23)
HERE, THERE = Postcode("1205"), Postcode("1216")


def at(hour: float) -> datetime:
    return datetime(2026, 11, 22, tzinfo=DHAKA) + timedelta(hours=hour)


def scanned(connection: Connection, number: str, sequence: int, event: Event, hour: float, holder: str) -> None:
    """A scan that comes in as it happens."""
    office = holder[7:11] if holder.startswith("office:") else "1216" if "1216" in holder else "1205"
    one = Scan(
        scan_id=scan_id_of("hand", sequence),
        item_number=ItemNumber(number),
        event=event,
        occurred_at=at(hour),
        recorded_at=at(hour),
        device_id="hand",
        sequence=sequence,
        office=Postcode(office),
        holder=holder,
        reason=Reason.RECIPIENT_ABSENT if event is Event.ATTEMPT_FAILED else None,
        receptacle=BAG if event is Event.BAGGED else None,
    )
    record_scans(connection, [one])


BAG = "BD1205BD1216AUN60001001"


def test_a_quote_says_the_day_it_goes_out_and_the_day_that_is_sure(connection: Connection, facts: Facts) -> None:
    found = quote(connection, facts, HERE, THERE, at(6))
    assert found.promised_on == promise(facts, HERE, THERE, at(6)) == TODAY
    assert 0.4 < found.probability < 0.9 <= found.sure_probability
    assert found.sure_on is not None and found.sure_on > TODAY
    assert found.by_day[0][0] == TODAY
    assert sum(chance for _, chance in found.by_day) <= 1
    near = quote(connection, facts, THERE, THERE, at(6))
    assert near.probability > found.probability


def test_any_postcode_is_understood_and_its_office_named(connection: Connection, facts: Facts) -> None:
    found = quote(connection, facts, "১২০৫", " 1206 ", at(6))
    assert (found.pickup_office, found.delivery_office) == (
        "1205",
        facts.coverage(TODAY).responsible(Postcode("1206")).postcode,
    )
    with pytest.raises(NotFound, match="0000"):
        quote(connection, facts, "1205", "0000", at(6))
    with pytest.raises(OutsideCoverage):
        quote(connection, facts, "1205", "4000", at(6))


def test_a_day_that_nobody_can_be_sure_of_is_not_promised(connection: Connection, facts: Facts) -> None:
    assumed = facts.experience.assumed
    doubtful = replace(assumed.chances, delivered=(0.5,))
    one = facts.experience
    unsure = Experience(one._timetable, one._day, one._delays, replace(assumed, chances=doubtful))
    found = quote(connection, replace(facts, experience=unsure), HERE, THERE, at(6))
    assert (found.sure_on, found.sure_probability) == (None, 0)
    assert 0 < found.probability < 0.5


def test_the_same_hour_of_another_day_is_promised_the_same(connection: Connection, facts: Facts) -> None:
    """Between the last minutes of a day and the first of the next, a day of the calendar is all that changes."""
    before, after = quote(connection, facts, HERE, THERE, at(23.99)), quote(connection, facts, HERE, THERE, at(24.01))
    assert before.promised_on == after.promised_on == TOMORROW
    assert before.by_day == after.by_day
    week = quote(connection, facts, HERE, THERE, at(6 + 7 * 24))
    assert [c for _, c in week.by_day] == [c for _, c in quote(connection, facts, HERE, THERE, at(6)).by_day]


def test_every_scan_on_time_makes_it_surer(connection: Connection, facts: Facts, story: Story) -> None:
    (number,) = story.book(100_000)
    sure = [forecast(connection, facts, number, at(6.2)).by(TODAY)]
    way = [
        (Event.ACCEPTED, 9.0, "office:1205"),
        (Event.DISPATCHED, 9.34, "vehicle:1205-1215-M/20261122T0320Z"),
        (Event.RECEIVED_AT_HUB, 9.67, "office:1215"),
        (Event.DISPATCHED, 10.84, "vehicle:1215-1216-M/20261122T0450Z"),
        (Event.AT_DELIVERY_OFFICE, 11.4, "office:1216"),
        (Event.OUT_FOR_DELIVERY, 12.5, "rider:1216-R01"),
    ]
    for sequence, (event, hour, holder) in enumerate(way):
        scanned(connection, number, sequence, event, hour, holder)
        sure.append(forecast(connection, facts, number, at(hour)).by(TODAY))
    assert sure == sorted(sure)
    assert sure[-1] == pytest.approx(0.88)
    assert forecast(connection, facts, number, at(13)).expected_on == TODAY
    scanned(connection, number, 20, Event.ATTEMPT_FAILED, 15, "rider:1216-R01")
    failed = forecast(connection, facts, number, at(15))
    assert failed.by(TODAY) == 0
    assert failed.expected_on is not None and failed.expected_on > TODAY
    assert failed.by(failed.expected_on) == pytest.approx(failed.probability)
    assert expected_on(connection, facts, number, at(15)) == failed.expected_on
    scanned(connection, number, 21, Event.DELIVERED_CLAIMED, 16, "rider:1216-R01")
    assert forecast(connection, facts, number, at(17)) == NOTHING
    assert expected_on(connection, facts, number, at(17)) is None


def test_a_parcel_in_a_bag_goes_where_the_bag_goes(connection: Connection, facts: Facts, story: Story) -> None:
    give_out_bag(connection, BAG)
    (number,) = story.book(100_000)
    scanned(connection, number, 0, Event.ACCEPTED, 9.0, "office:1205")
    scanned(connection, number, 1, Event.BAGGED, 9.1, "office:1205")
    waiting = forecast(connection, facts, number, at(9.3)).by(TODAY)
    scanned(connection, BAG, 2, Event.SEALED, 9.2, "office:1205")
    scanned(connection, BAG, 3, Event.DISPATCHED, 9.34, "vehicle:1205-1215-M")
    under_way = forecast(connection, facts, number, at(9.4)).by(TODAY)
    assert 0 < waiting < under_way


def test_a_parcel_that_was_redirected_is_on_its_way_to_its_new_office(
    connection: Connection, facts: Facts, story: Story
) -> None:
    (number,) = story.book(100_000)
    scanned(connection, number, 0, Event.ACCEPTED, 9.0, "office:1205")
    before = forecast(connection, facts, number, at(9.1)).by(TODAY)
    connection.execute(text("update journeys set destination = '1205' where item_number = :item"), {"item": number})
    assert forecast(connection, facts, number, at(9.1)).by(TODAY) > before


def test_a_run_outside_the_timetable_is_known_from_its_dispatch(
    connection: Connection, facts: Facts, story: Story
) -> None:
    (number,) = story.book(100_000)
    scanned(connection, number, 0, Event.DISPATCHED, 10, "vehicle:VAN-7")
    connection.execute(
        text(
            "insert into dispatches (vehicle, origin, destination, depart_at, arrive_at, made_at) "
            "values ('VAN-7', '1205', '1216', :depart, :arrive, :depart)"
        ),
        {"depart": at(10), "arrive": at(11)},
    )
    (item,) = load_whereabouts(connection, [number])
    assert (item.bound_for, item.arrive_at) == ("1216", at(11))
    assert forecast(connection, facts, number, at(10.5)).by(TODAY) > 0.8


def test_a_strangers_parcel_is_answered_like_an_absent_one(connection: Connection, facts: Facts, story: Story) -> None:
    (number,) = story.book(100_000)
    assert forecast(connection, facts, number, at(7), SHOP).by_day
    told = []
    for item, merchant in ((number, "other-shop"), ("DP000000005BD", SHOP), ("DP000000005BD", None)):
        with pytest.raises(NotFound) as caught:
            forecast(connection, facts, item, at(7), merchant)
        told.append(str(caught.value).replace(item, "X"))
    assert len(set(told)) == 1
    assert expected_on(connection, facts, "DP000000005BD", at(7)) is None


def test_thousands_are_foretold_at_once_and_alike(connection: Connection, facts: Facts, story: Story) -> None:
    numbers = story.book(*[100_000] * 2_000)
    found = forecasts(connection, facts, numbers, at(7))
    assert found.keys() == set(numbers)
    assert len(set(found.values())) == 1
    assert quiet_seconds(lambda: forecasts(connection, facts, numbers, at(7))) < 2


def test_a_quote_is_quick_enough_for_order_files(connection: Connection, facts: Facts) -> None:
    minutes = [at(6) + timedelta(minutes=minute) for minute in range(200)]
    assert quiet_seconds(lambda: [quote(connection, facts, HERE, THERE, minute) for minute in minutes]) < 1


def test_the_guide_quotes_what_is_quoted(connection: Connection, facts: Facts) -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs/guides/promises.md").read_text(encoding="utf-8")
    found = quote(connection, facts, HERE, THERE, at(6))
    assert found.sure_on is not None
    assert f"goes out on {local_day(found.promised_on)}, handed over by then: {found.probability:.0%}\n" in guide
    assert f"handed over by {local_day(found.sure_on)}: {found.sure_probability:.0%}\n" in guide
