"""A recipient chooses a collection point or another day; told twice it is chosen once, and too late it is refused."""

from datetime import timedelta

import pytest

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.faces.wishing import choices, collect_there, come_on
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.lifecycle import load_holds_over, load_last_hold, load_redirections
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import DHAKA
from tests.operations.conftest import RIDER, Story


def at_the_office(story: Story, cod_poisha: int = 100_000) -> str:
    (item,) = story.book(cod_poisha)
    for event in (Event.ACCEPTED, Event.AT_DELIVERY_OFFICE):
        record_scans(story.connection, [story.scan(item, event, "office:1216")])
    return item


def test_a_day_is_chosen_once_and_another_one_later(story: Story, facts: Facts) -> None:
    item, at = at_the_office(story), story.at + timedelta(hours=2)
    days = choices(story.connection, facts, item, at).days
    assert days[0] == at.astimezone(DHAKA).date() + timedelta(days=1)
    first = come_on(story.connection, facts, item, days[1], at)
    assert (first.state, first.holder, first.attempts) == (State.ON_HOLD, "office:1216", 0)
    assert come_on(story.connection, facts, item, days[1], at + timedelta(seconds=1)).version == first.version
    assert come_on(story.connection, facts, item, days[3], at + timedelta(minutes=1)).version > first.version
    last = load_last_hold(story.connection, item)
    assert last is not None and last.until_on == days[3]
    assert [one.item_number for one in load_holds_over(story.connection, "1216", days[3])] == [item]


def test_just_before_midnight_the_first_day_is_still_tomorrow(story: Story, facts: Facts) -> None:
    item = at_the_office(story)
    late = story.at.replace(hour=23, minute=59, second=59)
    tomorrow = story.at.date() + timedelta(days=1)
    assert choices(story.connection, facts, item, late).days[0] == tomorrow
    assert choices(story.connection, facts, item, late + timedelta(seconds=1)).days[0] == tomorrow + timedelta(days=1)


@pytest.mark.parametrize("days_off", [-1, 0, 8, 400])
def test_a_day_that_is_past_or_too_far_off_is_refused_and_changes_nothing(
    story: Story, facts: Facts, days_off: int
) -> None:
    item, at = at_the_office(story), story.at + timedelta(hours=2)
    with pytest.raises(Unacceptable):
        come_on(story.connection, facts, item, at.date() + timedelta(days=days_off), at)
    assert load_last_hold(story.connection, item) is None


def test_a_point_is_chosen_once_and_the_label_says_so(story: Story, facts: Facts) -> None:
    item, at = at_the_office(story), story.at + timedelta(hours=2)
    point = next(one for one in choices(story.connection, facts, item, at).points if one.office != "1216")
    moved = collect_there(story.connection, facts, item, point, at)
    assert moved.destination == point.office
    assert point.point_id in load_consignment(story.connection, item).recipient_address
    again = collect_there(story.connection, facts, item, point, at + timedelta(seconds=1))
    assert again.version == moved.version
    (kept,) = load_redirections(story.connection, [item]).values()
    assert kept.asked_by == "recipient"


def test_points_that_take_no_cash_are_for_parcels_that_are_paid(story: Story, facts: Facts) -> None:
    at = story.at + timedelta(hours=2)
    to_pay = at_the_office(story)
    assert all(one.takes_cash for one in choices(story.connection, facts, to_pay, at).points)
    locker = facts.points["locker-1215-01"]
    with pytest.raises(Conflict):
        collect_there(story.connection, facts, to_pay, locker, at)


def test_nothing_is_chosen_for_what_a_rider_carries_or_was_handed_over(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    at = story.at + timedelta(hours=2)
    for event, holder in ((None, ""), (Event.DELIVERED_CLAIMED, f"rider:{RIDER}")):
        if event:
            record_scans(story.connection, [story.scan(item, event, holder)])
        assert choices(story.connection, facts, item, at) == type(choices(story.connection, facts, item, at))((), ())
        with pytest.raises(Conflict):
            come_on(story.connection, facts, item, at.date() + timedelta(days=1), at)
        with pytest.raises(Conflict):
            collect_there(story.connection, facts, item, facts.points["window-1216"], at)


def test_nothing_is_chosen_before_the_post_has_it_or_for_what_there_is_not(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    at = story.at + timedelta(hours=2)
    found = choices(story.connection, facts, item, at)
    assert (found.points, found.days) == ((), ())
    with pytest.raises(NotFound):
        choices(story.connection, facts, "DP473124829BD", at)
