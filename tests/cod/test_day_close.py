from datetime import timedelta
from typing import Any

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.day_close import OfficeClose, Slip, close_office, close_rider, confirm_deposit, deposit
from post_logistics.cod.ledger import Transfer, balances, breaches, standing
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from tests.cod.books import (
    BANK,
    DAY,
    EVENING,
    NEXT_MORNING,
    OFFICE,
    RIDER,
    RULES,
    TILL,
    carried_by,
    collect,
    count,
    pay_in,
)

DEBT = account(AccountKind.RIDER_DEBT, RIDER)
SUSPENSE = account(AccountKind.SUSPENSE, OFFICE)
IN_TRANSIT = account(AccountKind.BANK_IN_TRANSIT, OFFICE)


def hand_in(expected_poisha: int, counted_poisha: int) -> dict[str, int]:
    """Balances after a rider who collected the one hands in the other."""
    collected = [collect("A", expected_poisha)] if expected_poisha > 0 else []
    close, moved = close_rider(
        rider=RIDER,
        office=OFFICE,
        closed_on=DAY,
        expected_poisha=expected_poisha,
        count=count(expected_poisha, counted_poisha),
        at=EVENING,
    )
    assert close.expected_poisha - close.shortage_poisha + close.excess_poisha == close.counted_poisha
    return dict(balances([*collected, *moved]))


def close(
    counted_poisha: int, *, expected_poisha: int | None = None, **changed: Any
) -> tuple[OfficeClose, list[Transfer]]:
    facts: dict[str, Any] = {
        "office": OFFICE,
        "closed_on": DAY,
        "expected_poisha": counted_poisha if expected_poisha is None else expected_poisha,
        "count": count(counted_poisha if expected_poisha is None else expected_poisha, counted_poisha),
        "riders_hold_poisha": {},
        "rules": RULES,
        "at": EVENING,
    }
    closed, moved = close_office(**{**facts, **changed})
    return closed, list(moved)


@pytest.mark.parametrize(
    ("expected", "counted", "debt", "suspense"),
    [
        (1_000_00, 1_000_00, 0, 0),
        (1_000_00, 999_99, 1, 0),
        (1_000_00, 1_000_01, 0, 1),
        (1_000_00, 0, 1_000_00, 0),
        (0, 5_00, 0, 5_00),
        (0, 0, 0, 0),
    ],
)
def test_a_rider_closes_to_exactly_zero_and_the_difference_has_a_name(
    expected: int, counted: int, debt: int, suspense: int
) -> None:
    sums = hand_in(expected, counted)
    assert standing(sums, carried_by()) == 0
    assert standing(sums, TILL) == counted
    assert standing(sums, DEBT) == debt
    assert standing(sums, SUSPENSE) == suspense
    assert not breaches(sums)


def test_closing_a_rider_twice_with_the_same_count_moves_money_once() -> None:
    facts: dict[str, Any] = {
        "rider": RIDER, "office": OFFICE, "closed_on": DAY, "expected_poisha": 500_00, "at": EVENING
    }  # fmt: skip
    once, again = (close_rider(**facts, count=count(500_00, 490_00)) for _ in range(2))
    assert once == again
    with pytest.raises(Conflict):
        balances([*once[1], *close_rider(**facts, count=count(500_00, 480_00))[1]])


@pytest.mark.parametrize(("expected", "counted", "kind"), [(-1, 0, Conflict), (0, -1, Unacceptable)])
def test_less_than_nothing_is_neither_expected_nor_counted(expected: int, counted: int, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        hand_in(expected, counted)
    with pytest.raises(kind):
        close(counted, expected_poisha=expected)


def test_an_office_does_not_close_while_a_rider_holds_a_poisha() -> None:
    with pytest.raises(Conflict, match=r"1215-R01 \(Tk 0.01\)") as refused:
        close(900_00, riders_hold_poisha={"1215-R01": 1, "1215-R02": 0})
    assert refused.value.facts["riders"] == {"1215-R01": 1}


def test_a_till_at_the_minimum_is_paid_in_and_a_poisha_below_is_kept() -> None:
    at_minimum, _ = close(500_00)
    assert (at_minimum.to_deposit_poisha, at_minimum.kept_poisha) == (500_00, 0)
    below, moved = close(499_99)
    assert (below.to_deposit_poisha, below.kept_poisha) == (0, 499_99)
    assert moved == []
    with pytest.raises(Conflict, match="nothing to pay in"):
        pay_in(below, "SB-1", NEXT_MORNING)


@pytest.mark.parametrize(
    ("expected", "counted", "code"), [(600_00, 599_99, Code.TILL_SHORTAGE), (600_00, 600_01, Code.TILL_EXCESS)]
)
def test_a_till_that_counts_otherwise_closes_on_the_count_and_names_the_poisha(
    expected: int, counted: int, code: Code
) -> None:
    closed, moved = close(counted, expected_poisha=expected)
    assert [(each.code, each.amount_poisha) for each in moved] == [(code, 1)]
    assert closed.to_deposit_poisha == counted
    assert expected + balances(moved)[TILL] == counted


def test_a_deposit_waits_in_transit_until_the_bank_confirms_the_slip() -> None:
    closed, _ = close(900_00)
    paid_in, out = pay_in(closed, " SB-০০42 ", NEXT_MORNING)
    assert paid_in.slip_number == "SB-0042"
    assert balances([out]) == {TILL: -900_00, IN_TRANSIT: 900_00}
    arrived = confirm_deposit(paid_in, confirmed_poisha=900_00, at=NEXT_MORNING)
    assert balances([out, arrived])[BANK] == 900_00
    assert balances([out, arrived])[IN_TRANSIT] == 0


def test_a_deposit_needs_a_slip_and_the_banks_own_amount() -> None:
    closed, _ = close(900_00)
    with pytest.raises(Unacceptable, match="slip"):
        pay_in(closed, "  ", NEXT_MORNING)
    paid_in, _ = pay_in(closed, "SB-0042", NEXT_MORNING)
    with pytest.raises(Conflict, match="SB-0042"):
        confirm_deposit(paid_in, confirmed_poisha=899_99, at=NEXT_MORNING)


def test_one_close_is_paid_in_once_whatever_the_slip_says() -> None:
    closed, _ = close(900_00)
    first, second = (pay_in(closed, slip, NEXT_MORNING)[1] for slip in ("SB-1", "SB-2"))
    assert first.transfer_id == second.transfer_id


@pytest.mark.parametrize("late", [timedelta(microseconds=1), -timedelta(days=1)])
def test_a_slip_is_neither_of_the_future_nor_from_before_the_count(late: timedelta) -> None:
    closed, _ = close(900_00)
    slip = Slip(slip_number="SB-1", bank="Sonali", branch="Tejgaon", deposited_at=EVENING + late, paid_in_by="x")
    with pytest.raises(Unacceptable) as refused:
        deposit(closed, slip, at=EVENING)
    assert refused.value.field == "deposited_at"


def test_what_earlier_closes_have_yet_to_pay_in_is_theirs() -> None:
    later, _ = close(1_500_00, waiting_poisha=900_00)
    assert (later.to_deposit_poisha, later.kept_poisha) == (600_00, 900_00)
    small, _ = close(1_399_99, waiting_poisha=900_00)
    assert (small.to_deposit_poisha, small.kept_poisha) == (0, 1_399_99)
    short, moved = close(800_00, expected_poisha=900_00, waiting_poisha=900_00)
    assert (short.to_deposit_poisha, [each.code for each in moved]) == (0, [Code.TILL_SHORTAGE])


def test_a_turn_is_a_close_of_its_own() -> None:
    facts: dict[str, Any] = {"rider": RIDER, "office": OFFICE, "closed_on": DAY, "expected_poisha": 5, "at": EVENING}
    first, second = (close_rider(**facts, count=count(5, 5), turn=turn) for turn in (1, 2))
    assert first[0].close_id != second[0].close_id
    assert len({each.transfer_id for each in (*first[1], *second[1])}) == 2


@pytest.mark.parametrize(
    ("expected", "counted", "reason", "fits"),
    [
        (100, 100, None, True),
        (100, 100, Variance.NOT_KNOWN, False),
        (100, 99, None, False),
        (100, 99, Variance.ROBBED, True),
        (100, 99, Variance.TAKEN_TOO_MUCH, False),
        (100, 101, None, False),
        (100, 101, Variance.FALSE_NOTE, False),
        (100, 101, Variance.NOT_RECORDED, True),
        (100, 101, Variance.MISCOUNTED, True),
    ],
)
def test_a_difference_has_a_reason_that_can_have_made_it_and_nothing_else_has_one(
    expected: int, counted: int, reason: Variance | None, fits: bool
) -> None:
    table = Count.in_fewest(counted, RULES, "clerk", "witness", reason)
    facts: dict[str, Any] = {"rider": RIDER, "office": OFFICE, "closed_on": DAY, "at": EVENING}
    if fits:
        assert close_rider(**facts, expected_poisha=expected, count=table)[0].reason is reason
    else:
        with pytest.raises(Unacceptable) as refused:
            close_rider(**facts, expected_poisha=expected, count=table)
        assert refused.value.field == "reason" and refused.value.remedy


@pytest.mark.parametrize("name", [RIDER, RIDER.lower(), "  1215-r০1 "])
def test_a_rider_does_not_count_his_own_cash(name: str) -> None:
    table = Count.in_fewest(5, RULES, name, "witness")
    with pytest.raises(Unacceptable) as refused:
        close_rider(rider=RIDER, office=OFFICE, closed_on=DAY, expected_poisha=5, count=table, at=EVENING)
    assert refused.value.field == "counted_by"
