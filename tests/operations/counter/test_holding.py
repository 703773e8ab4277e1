"""Held until a day, searched for, found damaged: with a reason, and somebody who has to look into it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.holding import hold, report_damage, report_loss
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.lifecycle import load_holds_over
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan

TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)


@pytest.fixture
def item(story: Any) -> str:
    (booked,) = story.book(0)
    way = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
    record_scans(story.connection, [story.scan(booked, event, holder) for event, holder in way])
    return str(booked)


def held(story: Any, item: str) -> Scan:
    scan: Scan = story.scan(item, Event.ON_HOLD, "office:1216", Reason.ASKED_FOR_LATER)
    return scan


def exceptions(story: Any) -> list[tuple[str, str, str, str]]:
    rows = story.connection.execute(text("select kind, office, custodian, detail from exceptions"))
    return [tuple(row) for row in rows]


def test_an_item_is_held_until_its_day_and_then_seen(story: Any, facts: Facts, item: str) -> None:
    scan = held(story, item)
    assert hold(story.connection, facts, scan, TODAY + 3 * DAY).state is State.ON_HOLD
    assert hold(story.connection, facts, scan, TODAY + 3 * DAY).state is State.ON_HOLD
    assert load_holds_over(story.connection, "1216", TODAY + 2 * DAY) == []
    (over,) = load_holds_over(story.connection, "1216", TODAY + 3 * DAY)
    assert (over.item_number, over.until_on) == (item, TODAY + 3 * DAY)
    assert load_holds_over(story.connection, "1213", TODAY + 3 * DAY) == []
    record_scans(story.connection, [story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216")])
    assert load_holds_over(story.connection, "1216", TODAY + 9 * DAY) == []


def test_held_longer_only_the_later_day_counts(story: Any, facts: Facts, item: str) -> None:
    hold(story.connection, facts, held(story, item), TODAY + DAY)
    hold(story.connection, facts, held(story, item), TODAY + 5 * DAY)
    assert load_holds_over(story.connection, "1216", TODAY + 4 * DAY) == []
    assert len(load_holds_over(story.connection, "1216", TODAY + 5 * DAY)) == 1


@pytest.mark.parametrize(("days", "right"), [(-1, False), (0, False), (1, True), (7, True), (8, False)])
def test_a_day_of_the_next_week_and_no_other(story: Any, facts: Facts, item: str, days: int, right: bool) -> None:
    scan = held(story, item)
    if right:
        assert hold(story.connection, facts, scan, TODAY + days * DAY).state is State.ON_HOLD
        return
    with pytest.raises(Unacceptable) as refusal:
        hold(story.connection, facts, scan, TODAY + days * DAY)
    assert refusal.value.field == "until_on"


def test_a_hold_told_late_is_judged_by_its_own_day(story: Any, facts: Facts, item: str) -> None:
    scan = replace(held(story, item), recorded_at=story.at + 5 * DAY)
    assert hold(story.connection, facts, scan, TODAY + 2 * DAY).state is State.ON_HOLD


def test_a_day_is_a_day_in_dhaka(story: Any, facts: Facts, item: str) -> None:
    late = story.at.replace(hour=23, minute=59)  # still the 22nd in Dhaka, 17:59 in UTC
    scan = replace(held(story, item), occurred_at=late, recorded_at=late)
    assert hold(story.connection, facts, scan, TODAY + DAY).state is State.ON_HOLD
    after = story.at.replace(hour=0, minute=1) + DAY  # the 23rd in Dhaka, the 22nd in UTC
    with pytest.raises(Unacceptable):
        hold(story.connection, facts, replace(held(story, item), occurred_at=after, recorded_at=after), TODAY + DAY)


def test_a_loss_needs_a_search_and_calls_on_the_last_custodian(story: Any, item: str) -> None:
    record_scans(story.connection, [story.scan(item, Event.OUT_FOR_DELIVERY, "rider:1216-R01")])
    scan = story.scan(item, Event.LOST, "office:1216", Reason.ITEM_MISSING)
    with pytest.raises(Unacceptable, match="searched"):
        report_loss(story.connection, scan)
    searched = replace(scan, note="not on the shelves, not in the van; asked R01")
    standing = report_loss(story.connection, searched)
    assert (standing.state, standing.holder) == (State.LOST, "rider:1216-R01")
    assert report_loss(story.connection, searched) == standing
    assert exceptions(story) == [("short", "1216", "rider:1216-R01", searched.note)]


def test_damage_is_found_by_one_and_answered_for_by_another(story: Any, item: str) -> None:
    scan = replace(story.scan(item, Event.DAMAGED, "office:1213", Reason.DAMAGED_IN_POST), office="1213")
    with pytest.raises(Unacceptable):
        report_damage(story.connection, replace(scan, reason=None))
    record_scans(story.connection, [story.scan(item, Event.DISPATCHED, "vehicle:VAN-1")])
    scan = replace(scan, occurred_at=story.at + 2 * DAY, recorded_at=story.at + 2 * DAY, note="box torn")
    standing = report_damage(story.connection, scan)
    assert (standing.state, standing.holder) == (State.DAMAGED, "office:1213")
    assert exceptions(story) == [("damaged", "1216", "vehicle:VAN-1", "box torn")]


def test_what_was_never_issued_cannot_be_lost_and_a_sequence_is_used_once(story: Any, facts: Facts, item: str) -> None:
    scan = replace(story.scan("DP000000005BD", Event.LOST, "office:1216"), note="searched")
    with pytest.raises(NotFound):
        report_loss(story.connection, scan)
    first = held(story, item)
    hold(story.connection, facts, first, TODAY + DAY)
    other = replace(first, event=Event.LOST, note="searched")
    with pytest.raises(Conflict):
        report_loss(story.connection, other)


def test_what_was_never_booked_is_neither_held_nor_lost(story: Any, facts: Facts) -> None:
    nothing = held(story, "DP473124829BD")
    with pytest.raises(NotFound):
        hold(story.connection, facts, nothing, TODAY + DAY)
    with pytest.raises(NotFound):
        report_loss(story.connection, replace(nothing, event=Event.LOST, note="on no shelf"))
