"""Pickups: asked for once, taken on by a round, collected or failed, never lost from sight."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.pickups import (
    Pickup,
    PickupAsked,
    ask_for_pickup,
    fail_pickup,
    pickup_of,
    pickups_of_merchant,
    pickups_of_office,
    plan_round,
)
from post_logistics.operations.counter.returning import cancel
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Database
from post_logistics.storage.orders.merchants import append_merchants, load_merchant
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import MerchantId, Postcode

PICKUP_OFFICE = Postcode("1205")
TODAY = date(2026, 11, 22)


def asked(at: datetime, *items: str, **changes: Any) -> PickupAsked:
    window = (at + timedelta(hours=4), at + timedelta(hours=8))
    return replace(
        PickupAsked(request_ref="P-1", ready_from=window[0], ready_until=window[1], item_numbers=items), **changes
    )


def ask(story: Any, facts: Facts, what: PickupAsked, at: datetime | None = None) -> Pickup:
    story.sequence += 1
    merchant = load_merchant(story.connection, "test-shop")
    return ask_for_pickup(story.connection, facts, merchant, what, at or story.at + timedelta(minutes=story.sequence))


def states(story: Any, items: Any) -> list[State]:
    return [one.state for one in load_standings(story.connection, items)]


def test_without_numbers_everything_that_waits_at_the_store_is_fetched(story: Any, facts: Facts) -> None:
    items = story.book(0, 0)
    made = ask(story, facts, asked(story.at))
    assert (made.office, made.to_collect, made.collected) == (PICKUP_OFFICE, tuple(sorted(items)), 0)
    assert states(story, items) == [State.PICKUP_REQUESTED] * 2


def test_asked_again_it_is_the_same_pickup_even_when_it_is_done(story: Any, facts: Facts) -> None:
    items = story.book(0, 0)
    first = ask(story, facts, asked(story.at))
    before = load_scans(story.connection, items)
    assert ask(story, facts, asked(story.at), story.at + timedelta(hours=1)) == first
    assert load_scans(story.connection, items) == before
    record_scans(story.connection, [story.scan(item, Event.ACCEPTED, "rider:1205-R01") for item in items])
    done = ask(story, facts, asked(story.at), story.at + timedelta(days=9))
    assert (done.request_id, done.collected, done.to_collect) == (first.request_id, 2, ())
    with pytest.raises(Conflict):
        ask(story, facts, asked(story.at, note="ring twice"))
    with pytest.raises(Conflict):
        ask(story, facts, asked(story.at, items[0]))


def test_a_parcel_asked_for_twice_is_fetched_once(story: Any, facts: Facts) -> None:
    items = story.book(0, 0)
    ask(story, facts, asked(story.at, items[0]))
    both = ask(story, facts, asked(story.at, *items, request_ref="P-2"))
    assert both.to_collect == tuple(sorted(items))
    assert {one.misfits for one in load_standings(story.connection, items)} == {0}


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ((4, 4), "ready_until"),
        ((5, 4), "ready_until"),
        ((-3, 0), "ready_until"),
        ((24 * 15, 24 * 15 + 1), "ready_from"),
    ],
)
def test_a_window_in_which_nobody_can_come_is_refused(
    story: Any, facts: Facts, hours: tuple[int, int], field: str
) -> None:
    story.book(0)
    start, end = (story.at + timedelta(hours=n) for n in hours)
    with pytest.raises(Unacceptable) as refusal:
        ask(story, facts, asked(story.at, ready_from=start, ready_until=end))
    assert refusal.value.field == field and refusal.value.remedy


def test_only_what_waits_at_that_store_is_fetched(story: Any, facts: Facts) -> None:
    items = story.book(0, 0)
    with pytest.raises(NotFound):
        ask(story, facts, asked(story.at, "DP000000005BD"))
    with pytest.raises(Unacceptable, match="elsewhere"):
        ask(story, facts, asked(story.at, items[0], store_address="Gulshan 1, Dhaka 1212"))
    with pytest.raises(Conflict, match="no parcel waits"):
        ask(story, facts, asked(story.at, store_address="Gulshan 1, Dhaka 1212"))
    record_scans(story.connection, [story.scan(items[0], Event.ACCEPTED, "office:1205")])
    with pytest.raises(Conflict, match="accepted already"):
        ask(story, facts, asked(story.at, *items))
    assert states(story, [items[1]]) == [State.BOOKED]


def test_another_merchants_parcel_is_not_there(story: Any, facts: Facts) -> None:
    items = story.book(0)
    other = replace(load_merchant(story.connection, "test-shop"), merchant_id=MerchantId("other"), name="Other")
    append_merchants(story.connection, [other])
    with pytest.raises(NotFound, match=items[0]):
        ask_for_pickup(story.connection, facts, other, asked(story.at, *items), story.at)


def test_what_the_rider_did_not_find_waits_for_the_next_round(story: Any, facts: Facts) -> None:
    items = story.book(0, 0, 0)
    made = ask(story, facts, asked(story.at, *items))
    record_scans(story.connection, [story.scan(items[0], Event.ACCEPTED, "rider:1205-R01")])
    cancel(story.connection, items[1], Actor(merchant_id=MerchantId("test-shop")), story.at + timedelta(hours=1))
    office, at = Actor(office=PICKUP_OFFICE), story.at + timedelta(hours=7)
    left = fail_pickup(story.connection, made.request_id, office, Reason.NOT_READY, "", at)
    assert (left.collected, left.cancelled, left.to_collect) == (1, 1, (items[2],))
    before = load_scans(story.connection, items)
    again = fail_pickup(story.connection, made.request_id, office, Reason.NOT_READY, "", at + timedelta(hours=1))
    assert again == left and load_scans(story.connection, items) == before
    tomorrow = fail_pickup(
        story.connection, made.request_id, office, Reason.MERCHANT_CLOSED, "", at + timedelta(days=1)
    )
    assert tomorrow.to_collect == (items[2],)
    assert len(load_scans(story.connection, items)) == len(before) + 1
    assert {one.misfits for one in load_standings(story.connection, items)} == {0}


def test_a_pickup_is_seen_by_its_office_and_its_merchant_until_nothing_is_left(story: Any, facts: Facts) -> None:
    items = story.book(0)
    made = ask(story, facts, asked(story.at))
    connection, late = story.connection, TODAY + timedelta(days=3)
    assert pickups_of_office(connection, PICKUP_OFFICE, TODAY) == [made]
    assert pickups_of_office(connection, PICKUP_OFFICE, TODAY - timedelta(days=1)) == []
    assert pickups_of_office(connection, PICKUP_OFFICE, late) == [made]
    assert pickups_of_office(connection, Postcode("1216"), TODAY) == []
    assert pickups_of_merchant(connection, MerchantId("test-shop"), story.at) == [made]
    assert pickups_of_merchant(connection, MerchantId("other"), story.at) == []
    record_scans(connection, [story.scan(items[0], Event.ACCEPTED, "office:1205")])
    assert pickups_of_office(connection, PICKUP_OFFICE, late) == []
    assert [one.collected for one in pickups_of_office(connection, PICKUP_OFFICE, TODAY)] == [1]


def test_a_strangers_pickup_is_not_there(story: Any, facts: Facts) -> None:
    story.book(0)
    made = ask(story, facts, asked(story.at))
    absent = UUID(int=0)
    for actor in (Actor(merchant_id=MerchantId("other")), Actor(office=Postcode("1216"))):
        for request_id in (made.request_id, absent):
            with pytest.raises(NotFound) as refusal:
                pickup_of(story.connection, request_id, actor)
            assert refusal.value.message == f"no pickup {request_id}"
    with pytest.raises(NotFound):
        fail_pickup(story.connection, made.request_id, Actor(office=Postcode("1216")), Reason.NOT_READY, "", story.at)


def test_a_round_takes_on_what_waits_and_tells_each_rider(
    database: Database, facts: Facts, morning: datetime, tell: Any
) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        items = story.book(0, 0)
        ask(story, facts, asked(story.at, items[0]))
    at = morning + timedelta(hours=1)
    (plan,) = plan_round(database, facts, PICKUP_OFFICE, TODAY, at)
    assert sorted(item for sheet in plan.sheets for item in sheet.items) == sorted(items)
    with database.transaction() as connection:
        assert {one.state for one in load_standings(connection, items)} == {State.PICKUP_ASSIGNED}
        notes = {s.note for s in load_scans(connection, items) if s.event is Event.PICKUP_ASSIGNED}
        assert notes <= {f"rider:{sheet.rider_id}" for sheet in plan.sheets}
        assert {one.misfits for one in load_standings(connection, items)} == {0}
    assert plan_round(database, facts, Postcode("1230"), TODAY, at) == []
