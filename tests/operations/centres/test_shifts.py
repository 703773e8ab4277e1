"""Shifts: opened and closed by count; what is missing is the agent's; what comes late is booked where it belongs."""

from datetime import datetime, timedelta
from typing import Any

from post_logistics.cod.counting import Variance
from post_logistics.network.collection_points import CentreService
from post_logistics.operations.centres.shifts import shift_account, shift_accounts
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import hand_in, standing_of_agent
from tests.closes import count

from .conftest import CENTRE, POSTAGE_POISHA, Desk

ACCEPTED, REJECTED = ScanOutcome.ACCEPTED, ScanOutcome.REJECTED


def now(desk: Desk) -> datetime:
    return desk.at + timedelta(minutes=desk.sequence, seconds=30)


def test_a_shift_is_closed_by_what_lies_in_the_drawer(desk: Desk, story: Any) -> None:
    (item,) = story.book(400_00)
    desk.serve(desk.opened(200_00), desk.posted(), desk.paid(item, 400_00))
    shift = shift_account(desk.connection, desk.counter.point, now(desk))
    assert shift is not None and shift.close is None
    assert (shift.came_poisha, shift.went_poisha, shift.expected_poisha) == (417_25, 0, 617_25)
    assert shift.services == {CentreService.BOOKING: 1, CentreService.PAYMENT: 1}
    wrong, right = desk.serve(desk.closed(617_00), desk.closed(617_25))
    assert (wrong.outcome, right.outcome) == (REJECTED, ACCEPTED)
    assert wrong.field == "reason" and "Tk 0.25 missing" in wrong.why


def test_two_shifts_are_never_open_at_once(desk: Desk) -> None:
    first, second = desk.serve(desk.opened(), desk.opened())
    assert (first.outcome, second.outcome) == (ACCEPTED, REJECTED)
    assert "count and close it first" in second.why
    closed, third = desk.serve(desk.closed(0), desk.opened())
    assert (closed.outcome, third.outcome) == (ACCEPTED, ACCEPTED)
    (none,) = desk.serve(desk.closed(0)) and desk.serve(desk.closed(0))
    assert none.outcome is REJECTED


def test_what_is_missing_comes_from_the_float_with_its_reason(desk: Desk) -> None:
    desk.serve(desk.opened(), desk.posted(), desk.closed(17_00, Variance.CHANGE_WRONG))
    stood = standing_of_agent(desk.connection, CENTRE)
    assert (stood.cash_poisha, stood.float_poisha) == (17_00, 1_499_75)
    shift = shift_account(desk.connection, desk.counter.point, now(desk))
    assert shift is not None and shift.close is not None
    assert (shift.close.expected_poisha, shift.close.from_float_poisha, shift.late_poisha) == (17_25, 25, 0)


def test_what_is_too_much_stays_with_the_agent(desk: Desk) -> None:
    (closed,) = desk.serve(desk.opened(), desk.posted(), desk.closed(20_00, Variance.TAKEN_TOO_MUCH))[2:]
    assert closed.outcome is ACCEPTED
    stood = standing_of_agent(desk.connection, CENTRE)
    assert (stood.cash_poisha, stood.float_poisha) == (17_25, 1_500_00)


def test_what_was_handed_in_left_the_drawer_and_so_did_the_commission(desk: Desk, facts: Facts) -> None:
    desk.serve(desk.opened(100_00), desk.posted())
    at = desk.at + timedelta(minutes=desk.sequence, seconds=10)
    made = count(POSTAGE_POISHA - 5_00, counted_by="clerk", countersigned_by="karim")
    hand_in(desk.connection, facts, desk.counter.point, hand_in_id=desk.scan().scan_id, count=made, at=at)
    (closed,) = desk.serve(desk.closed(100_00))
    assert closed.outcome is ACCEPTED, closed.why
    shift = shift_account(desk.connection, desk.counter.point, now(desk))
    assert shift is not None and (shift.came_poisha, shift.went_poisha) == (17_25, 17_25)


def test_what_is_told_late_is_booked_to_the_shift_in_which_it_happened(desk: Desk) -> None:
    desk.serve(desk.opened())
    kept_back = desk.posted(offline=True)
    desk.serve(desk.closed(POSTAGE_POISHA, Variance.NOT_RECORDED), desk.opened())
    (told,) = desk.serve(kept_back)
    assert told.outcome is ACCEPTED, told.why
    point, at = desk.counter.point, now(desk)
    first, second = shift_accounts(desk.connection, point, at - timedelta(days=1), at)
    assert (first.expected_poisha, first.late_poisha, first.services) == (17_25, 17_25, {CentreService.BOOKING: 1})
    assert (second.close, second.came_poisha) == (None, 0)


def test_a_shift_opened_offline_is_kept_and_ends_the_one_before_it(desk: Desk) -> None:
    desk.serve(desk.opened())
    (second,) = desk.serve(desk.opened(50_00, offline=True))
    assert second.outcome is ACCEPTED
    desk.serve(desk.posted(), desk.closed(67_25))
    first, last = shift_accounts(desk.connection, desk.counter.point, desk.at, now(desk))
    assert (first.close, first.came_poisha) == (None, 0)
    assert last.close is not None and last.close.expected_poisha == 67_25


def test_a_close_told_twice_is_one_and_another_count_under_its_number_is_none(desk: Desk) -> None:
    desk.serve(desk.opened(), desk.posted())
    act = desk.closed(17_00, Variance.LOST)
    first = desk.serve(act)
    assert desk.serve(act) == first
    (other,) = desk.serve(desk.closed(17_25, scan=act.scan))
    assert other.outcome is REJECTED and "number each act once" in other.why
    assert standing_of_agent(desk.connection, CENTRE).float_poisha == 1_499_75


def test_a_shift_is_closed_once_whenever_its_closes_come(desk: Desk) -> None:
    desk.serve(desk.opened(), desk.posted())
    early, last = desk.closed(POSTAGE_POISHA, offline=True), desk.closed(POSTAGE_POISHA)
    assert desk.serve(last)[0].outcome is ACCEPTED
    (again,) = desk.serve(early)
    assert again.outcome is REJECTED and "no shift is open" in again.why


def test_a_drawer_that_paid_out_more_than_came_can_be_closed(desk: Desk, facts: Facts) -> None:
    """The cash of an earlier shift was handed in, and not counted at the opening of this one."""
    desk.serve(desk.opened(), desk.posted(), desk.closed(POSTAGE_POISHA), desk.opened())
    at = desk.at + timedelta(minutes=desk.sequence, seconds=10)
    made = count(POSTAGE_POISHA - 5_00, counted_by="clerk", countersigned_by="karim")
    hand_in(desk.connection, facts, desk.counter.point, hand_in_id=desk.scan().scan_id, count=made, at=at)
    (closed,) = desk.serve(desk.closed(0, Variance.MISCOUNTED))
    assert closed.outcome is ACCEPTED, closed.why
