"""Parcels that do not go on: cancelled before the post has them, sent back by a person or after enough attempts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.correcting_scans import correct_scan
from post_logistics.operations.counter.relabelling import label_pdf, relabel, return_number
from post_logistics.operations.counter.returning import cancel, decide_returns, request_return
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.storage.counter.lifecycle import load_items_of
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Database
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import MerchantId, Postcode, bangla_digits

SHOP = Actor(merchant_id=MerchantId("test-shop"))
OFFICE = Actor(office=Postcode("1216"))
RIDER = "rider:1216-R01"


@pytest.fixture
def numbers(shared_database: Database) -> Numbers:
    return Numbers(shared_database, b"key", block=1)


def later(story: Any) -> Any:
    return story.at + timedelta(minutes=story.sequence + 1)


def attempts(story: Any, item: str, *reasons: Reason) -> None:
    """Taken to the recipient so often, in vain, and brought back after each."""
    for reason in reasons:
        record_scans(
            story.connection,
            [
                story.scan(item, Event.OUT_FOR_DELIVERY, RIDER),
                story.scan(item, Event.ATTEMPT_FAILED, RIDER, reason),
                story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216"),
            ],
        )


def at_the_office(story: Any, *items: str) -> None:
    for item in items:
        way = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
        record_scans(story.connection, [story.scan(item, event, holder) for event, holder in way])


def state_of(story: Any, item: str) -> State:
    return load_standings(story.connection, [item])[0].state


ABSENT, REFUSED = Reason.RECIPIENT_ABSENT, Reason.REFUSED_BY_RECIPIENT


@pytest.mark.parametrize(
    ("reasons", "goes_back"),
    [
        ((), False),
        ((ABSENT,), False),
        ((ABSENT, ABSENT), False),
        ((ABSENT, ABSENT, ABSENT), True),
        ((REFUSED,), True),
        ((REFUSED, ABSENT), False),  # offered again since, and not refused
        ((ABSENT, REFUSED), True),
    ],
)
def test_three_attempts_or_a_refusal_send_a_parcel_back(
    story: Any, facts: Facts, reasons: tuple[Reason, ...], goes_back: bool
) -> None:
    (item,) = story.book(0)
    at_the_office(story, item)
    attempts(story, item, *reasons)
    assert decide_returns(story.connection, facts, later(story)) == ([item] if goes_back else [])
    assert (state_of(story, item) is State.RETURN_REQUESTED) == goes_back


def test_the_decision_falls_once_however_often_it_is_asked_for(story: Any, facts: Facts) -> None:
    items = story.book(0, 0)
    at_the_office(story, *items)
    for item in items:
        attempts(story, item, REFUSED)
    assert decide_returns(story.connection, facts, later(story)) == sorted(items)
    before = load_scans(story.connection, items)
    assert decide_returns(story.connection, facts, later(story) + timedelta(days=1)) == []
    assert load_scans(story.connection, items) == before


def test_a_rider_still_on_the_way_is_not_called_back(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    at_the_office(story, item)
    attempts(story, item, ABSENT, ABSENT, ABSENT)
    record_scans(story.connection, [story.scan(item, Event.OUT_FOR_DELIVERY, RIDER)])
    assert decide_returns(story.connection, facts, later(story)) == []


def test_a_person_who_takes_the_decision_back_decides_from_then_on(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    at_the_office(story, item)
    attempts(story, item, REFUSED)
    decide_returns(story.connection, facts, later(story))
    (decision,) = (s for s in load_scans(story.connection, [item]) if s.event is Event.RETURN_REQUESTED)
    assert decision.device_id == f"return:{item}"
    correct_scan(story.connection, item, decision.scan_id, "they want it now", "clerk", OFFICE, later(story))
    assert state_of(story, item) is State.AT_DELIVERY_OFFICE
    assert decide_returns(story.connection, facts, later(story)) == []
    assert request_return(story.connection, item, OFFICE, later(story)).state is State.RETURN_REQUESTED


def test_a_contested_attempt_decides_nothing_before_somebody_has_looked(story: Any, facts: Facts) -> None:
    (item,) = story.book(0)
    at_the_office(story, item)
    attempts(story, item, REFUSED)
    story.connection.execute(
        text(
            "insert into exceptions (item_number, kind, office, custodian, expected, opened_at) "
            "values (:item, 'contested', '1216', '', '', now())"
        ),
        {"item": item},
    )
    assert decide_returns(story.connection, facts, later(story)) == []
    story.connection.execute(text("update exceptions set closed_at = now(), closed_by = 'clerk'"))
    assert decide_returns(story.connection, facts, later(story)) == [item]


def test_two_deciding_at_once_decide_once(database: Database, facts: Facts, morning: Any, tell: Any) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        items = story.book(*[0] * 12)
        at_the_office(story, *items)
        for item in items:
            attempts(story, item, REFUSED)
        at = later(story)

    def decide(n: int) -> list[Any]:
        with database.transaction() as connection:
            return decide_returns(connection, facts, at + timedelta(seconds=n))

    with ThreadPoolExecutor(4) as pool:
        decided = [item for made in pool.map(decide, range(4)) for item in made]
    assert sorted(decided) == sorted(items)


def test_a_booking_is_cancelled_until_the_post_has_the_parcel(story: Any) -> None:
    early, late = story.book(0, 0)
    assert cancel(story.connection, early, SHOP, later(story)).state is State.CANCELLED
    assert cancel(story.connection, early, SHOP, later(story) + timedelta(days=1)).state is State.CANCELLED
    record_scans(story.connection, [story.scan(late, Event.ACCEPTED, "office:1216")])
    with pytest.raises(Conflict) as refusal:
        cancel(story.connection, late, SHOP, later(story))
    assert refusal.value.remedy == "ask for its return"


@pytest.mark.parametrize("behind", [timedelta(), timedelta(milliseconds=80)], ids=["as fast", "by a slower clock"])
def test_a_booking_is_cancelled_however_soon(story: Any, behind: timedelta) -> None:
    (item,) = story.book(0)
    (booked,) = load_scans(story.connection, [item])
    assert cancel(story.connection, item, SHOP, booked.recorded_at - behind).state is State.CANCELLED
    assert state_of(story, item) is State.CANCELLED


def test_a_cancellation_taken_back_can_be_said_again(story: Any) -> None:
    (item,) = story.book(0)
    cancel(story.connection, item, SHOP, later(story))
    (said,) = (s for s in load_scans(story.connection, [item]) if s.event is Event.CANCELLED)
    correct_scan(story.connection, item, said.scan_id, "wrong parcel", "clerk", Actor(), later(story))
    assert state_of(story, item) is State.BOOKED
    assert cancel(story.connection, item, SHOP, later(story)).state is State.CANCELLED


def test_a_merchant_calls_back_what_is_on_its_way_and_nothing_else(story: Any) -> None:
    early, moving, gone = story.book(0, 0, 0)
    with pytest.raises(Conflict, match="booked"):
        request_return(story.connection, early, SHOP, later(story))
    record_scans(story.connection, [story.scan(moving, Event.ACCEPTED, "office:1216")])
    first = request_return(story.connection, moving, SHOP, later(story))
    assert (first.state, first.holder) == (State.RETURN_REQUESTED, "office:1216")
    assert request_return(story.connection, moving, SHOP, later(story) + timedelta(hours=1)) == first
    at_the_office(story, gone)
    record_scans(story.connection, [story.scan(gone, Event.DELIVERED_CLAIMED, "office:1216")])
    with pytest.raises(Conflict, match="delivered"):
        request_return(story.connection, gone, SHOP, later(story))


@pytest.mark.parametrize("stranger", [Actor(merchant_id=MerchantId("other")), Actor(office=Postcode("1230"))])
@pytest.mark.parametrize("number", ["own", "absent"])
def test_a_strangers_parcel_is_not_there(story: Any, stranger: Actor, number: str) -> None:
    (item,) = story.book(0)
    record_scans(story.connection, [story.scan(item, Event.ACCEPTED, "office:1216")])
    asked = item if number == "own" else "DP000000005BD"
    for decide in (cancel, request_return):
        with pytest.raises(NotFound) as refusal:
            decide(story.connection, asked, stranger, later(story))
        assert refusal.value.message == f"no item {asked}"
    assert state_of(story, item) is State.ACCEPTED


def test_a_return_travels_under_a_number_of_its_own_and_either_number_is_the_item(
    story: Any, facts: Facts, numbers: Numbers
) -> None:
    (item,) = story.book(100_000)
    at_the_office(story, item)
    with pytest.raises(Conflict, match="does not go back"):
        return_number(story.connection, numbers, item, OFFICE, later(story))
    request_return(story.connection, item, OFFICE, later(story))
    alias = return_number(story.connection, numbers, item, OFFICE, later(story))
    assert return_number(story.connection, numbers, alias.alias, OFFICE, later(story)) == alias
    (verdict,) = record_scans(story.connection, [story.scan(alias.alias, Event.RETURNED, "merchant:test-shop")])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    assert state_of(story, item) is State.RETURNED
    assert load_items_of(story.connection, [alias.alias]) == {alias.alias: alias}
    made = text("select alias from item_aliases where item_number = :item")
    assert story.connection.execute(made, {"item": item}).scalars().all() == [alias.alias]
    assert label_pdf(story.connection, facts, alias.alias, SHOP).startswith(b"%PDF")


def test_a_torn_label_is_printed_anew_once_for_each_time_it_is_asked(
    story: Any, facts: Facts, numbers: Numbers
) -> None:
    items = story.book(0, 0)
    at_the_office(story, *items)
    first = relabel(story.connection, numbers, bangla_digits(items[0]), "counter", 7, OFFICE, later(story))
    assert relabel(story.connection, numbers, items[0], "counter", 7, OFFICE, later(story)) == first
    second = relabel(story.connection, numbers, first.alias, "counter", 8, OFFICE, later(story))
    assert len({items[0], first.alias, second.alias}) == 3
    with pytest.raises(Conflict):
        relabel(story.connection, numbers, items[1], "counter", 7, OFFICE, later(story))
    record_scans(story.connection, [story.scan(second.alias, Event.OUT_FOR_DELIVERY, RIDER)])
    assert state_of(story, items[0]) is State.OUT_FOR_DELIVERY
    assert label_pdf(story.connection, facts, second.alias, OFFICE).startswith(b"%PDF")
