"""On-time shares that add up, and of each miss where the time was lost."""

import csv
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.promises.punctuality import Cause, Punctuality, Tally, punctuality
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode
from tests.operations.conftest import Story, give_out_bag

TODAY = date(2026, 11, 22)
NEXT_WEEK = datetime(2026, 11, 29, 12, tzinfo=DHAKA)


def at(hour: float) -> datetime:
    return datetime(2026, 11, 22, tzinfo=DHAKA) + timedelta(hours=hour)


class Log:
    """Scans told in hours of the day and holders."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.sequence = 0

    def tell(self, number: str, *steps: tuple[float, Event, str] | tuple[float, Event, str, Reason]) -> None:
        scans = []
        for hour, event, holder, *reason in steps:
            self.sequence += 1
            kind, _, name = holder.partition(":")
            scans.append(
                Scan(
                    scan_id=scan_id_of("log", self.sequence),
                    item_number=ItemNumber(number),
                    event=event,
                    occurred_at=at(hour),
                    recorded_at=at(hour),
                    device_id="log",
                    sequence=self.sequence,
                    office=Postcode(name[:4] if kind in {"office", "rider", "vehicle"} else "1216"),
                    holder=holder,
                    reason=reason[0] if reason else None,
                )
            )
        record_scans(self.connection, scans)


IN = (9.0, Event.ACCEPTED, "office:1205")
SENT = (9.4, Event.DISPATCHED, "vehicle:1205-1215-M/20261122T0320Z")
HUB = (9.7, Event.RECEIVED_AT_HUB, "office:1215")
ON = (10.9, Event.DISPATCHED, "vehicle:1215-1216-M/20261122T0450Z")
HOME = (11.4, Event.AT_DELIVERY_OFFICE, "office:1216")
OUT = (12.5, Event.OUT_FOR_DELIVERY, "rider:1216-R01")


def done(hour: float) -> tuple[float, Event, str]:
    return hour, Event.DELIVERED_CLAIMED, "rider:1216-R01"


def failed(hour: float, reason: Reason) -> tuple[float, Event, str, Reason]:
    return hour, Event.ATTEMPT_FAILED, "rider:1216-R01", reason


def report(connection: Connection, facts: Facts, now: datetime = NEXT_WEEK) -> Punctuality:
    return punctuality(connection, facts, TODAY, TODAY + timedelta(days=1), now)


def test_every_parcel_is_counted_once_and_every_miss_has_its_place(
    connection: Connection, facts: Facts, story: Story
) -> None:
    items = story.book(*[0] * 8)
    log = Log(connection)
    log.tell(items[0], IN, SENT, HUB, ON, HOME, OUT, done(15))
    log.tell(items[1], IN, SENT, HUB, ON, HOME, OUT, failed(15, Reason.RECIPIENT_ABSENT), (36.5, *OUT[1:]), done(39))
    log.tell(items[2], IN, SENT, HUB, (34.9, *ON[1:]), (35.4, *HOME[1:]), (36.5, *OUT[1:]), done(39))
    log.tell(items[3], IN, SENT, (13, *HUB[1:]), (34.9, *ON[1:]), (35.4, *HOME[1:]), (36.5, *OUT[1:]), done(39))
    log.tell(items[4], IN, SENT, HUB, ON, HOME)
    log.tell(items[5], (7, Event.CANCELLED, "merchant:test-shop"))
    log.tell(items[6], IN, SENT, HUB, ON, HOME, OUT, done(23.9), (34, Event.DELIVERED_CONFIRMED, "recipient"))
    found = report(connection, facts)
    assert found.total == Tally("", 7, 2, 3, 2)
    assert found.lanes == (Tally("1205-1216", 7, 2, 3, 2),)
    assert found.offices == (Tally("1216", 7, 2, 3, 2),)
    assert found.total.on_time_percent == 28.6
    assert [row["parcels"] for row in found.as_json()["causes"]] == [1] * 5
    table = list(csv.DictReader(StringIO(found.as_csv())))
    assert [row["by"] for row in table] == ["total", "lane", "office", *["cause"] * 5]
    assert (table[1]["name"], table[1]["on_time_percent"]) == ("1205-1216", "28.6")
    assert set(found.causes) == {
        Cause("recipient_absent", "recipient", "rider:1216", 1),
        Cause("", "post", "office:1215", 1),
        Cause("", "post", "vehicle:1205-1215-M", 1),
        Cause("", "post", "office:1216", 1),
        Cause("", "merchant", "merchant", 1),
    }


def test_a_parcel_that_travelled_in_a_bag_lost_its_time_where_the_bag_did(
    connection: Connection, facts: Facts, story: Story
) -> None:
    bag = "BD1205BD1216AUN60001001"
    give_out_bag(connection, bag)
    (item,) = story.book(0)
    log = Log(connection)
    log.tell(item, IN)
    put_in = Scan(
        scan_id=scan_id_of("bags", 1),
        item_number=ItemNumber(item),
        event=Event.BAGGED,
        occurred_at=at(9.1),
        recorded_at=at(9.1),
        device_id="bags",
        sequence=1,
        office=Postcode("1205"),
        holder="office:1205",
        receptacle=bag,
    )
    record_scans(connection, [put_in])
    log.tell(bag, (9.2, Event.SEALED, "office:1205"), SENT, (13, *HUB[1:]))
    (cause,) = report(connection, facts).causes
    assert cause == Cause("", "post", "vehicle:1205-1215-M", 1)


def test_what_is_not_due_yet_is_not_counted_and_what_is_early_is(
    connection: Connection, facts: Facts, story: Story
) -> None:
    items = story.book(0, 0)
    Log(connection).tell(items[0], IN, OUT, done(15))
    assert report(connection, facts, at(16)).total == Tally("", 1, 1, 0, 0)
    assert report(connection, facts, at(23.99)).total == Tally("", 1, 1, 0, 0)
    assert report(connection, facts, at(24)).total == Tally("", 2, 1, 0, 1)


def test_one_minute_after_midnight_is_late(connection: Connection, facts: Facts, story: Story) -> None:
    items = story.book(0, 0)
    log = Log(connection)
    log.tell(items[0], IN, OUT, done(24 - 1 / 60))
    log.tell(items[1], IN, OUT, done(24))
    assert report(connection, facts).total == Tally("", 2, 1, 1, 0)


def test_a_claim_that_was_taken_back_is_no_delivery(connection: Connection, facts: Facts, story: Story) -> None:
    (item,) = story.book(0)
    log = Log(connection)
    log.tell(item, IN, SENT, HUB, ON, HOME, OUT, done(15))
    assert report(connection, facts).total.on_time == 1
    mistake = Scan(
        scan_id=scan_id_of("counter", 1),
        item_number=ItemNumber(item),
        event=Event.CORRECTED,
        occurred_at=at(16),
        recorded_at=at(16),
        device_id="counter",
        sequence=1,
        office=Postcode("1216"),
        holder="office:1216",
        voids=scan_id_of("log", log.sequence),
    )
    record_scans(connection, [mistake])
    found = report(connection, facts)
    assert found.total == Tally("", 1, 0, 0, 1)
    assert found.causes == (Cause("", "post", "rider:1216", 1),)


def test_a_day_without_parcels_has_no_share(connection: Connection, facts: Facts) -> None:
    found = report(connection, facts)
    assert (found.total, found.lanes, found.offices, found.causes) == (Tally("", 0, 0, 0, 0), (), (), ())
    assert found.total.on_time_percent is None


@pytest.mark.parametrize(("start", "end"), [(TODAY, TODAY), (TODAY, date(2026, 11, 21)), (TODAY, date(2028, 1, 1))])
def test_what_is_no_period_is_refused(connection: Connection, facts: Facts, start: date, end: date) -> None:
    with pytest.raises(Unacceptable) as caught:
        punctuality(connection, facts, start, end, NEXT_WEEK)
    assert caught.value.field == "end"


@given(st.lists(st.integers(0, 1000), min_size=3, max_size=3))
def test_a_share_is_between_none_and_all(counts: list[int]) -> None:
    percent = Tally("", sum(counts), *counts).on_time_percent
    assert percent is None if not sum(counts) else 0 <= percent <= 100  # type: ignore[operator]
