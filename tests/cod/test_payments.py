"""Payments as a table: money finds a place from everywhere, and only what was asked for is collected."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.payments import STEPS, Outcome, PaymentState, Said, Word, next_ask_at, place
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 14, 0, tzinfo=DHAKA)
ENDS = AT + timedelta(minutes=30)


def placed(**changes: Any) -> Any:
    word = Word(Said.PAID, changes.pop("named", "pay-1"), 500, changes.pop("currency", "BDT"), "REF")
    asked: dict[str, Any] = {
        "asked_poisha": 500,
        "payment_id": "pay-1",
        "state": PaymentState.REQUESTED,
        "new_poisha": 500,
        "open_poisha": 500,
        "in_time": True,
        "ref_known_elsewhere": False,
    }
    return place(**(asked | changes), word=word)


def test_every_state_has_a_row_and_money_is_never_refused() -> None:
    assert STEPS.keys() == set(PaymentState)
    assert all(Outcome.MISPAID in row for row in STEPS.values())
    assert {state for state, row in STEPS.items() if Outcome.PAID in row} == {PaymentState.REQUESTED}


def test_what_was_asked_and_came_in_time_is_collected() -> None:
    assert (placed().collect_poisha, placed().hold_poisha, placed().why) == (500, 0, "")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"named": "pay-2"}, "names payment pay-2"),
        ({"currency": "USD"}, "not in BDT"),
        ({"ref_known_elsewhere": True}, "another payment"),
        ({"new_poisha": 499}, "4.99 of Tk 5.00"),
        ({"open_poisha": 499}, "paid already"),
        ({"in_time": False}, "run out"),
        ({"state": PaymentState.EXPIRED}, "run out"),
        ({"state": PaymentState.FAILED}, "run out"),
        ({"state": PaymentState.COLLECTED}, "once more"),
    ],
)
def test_whatever_is_not_as_asked_is_held_whole_and_says_why(changes: dict[str, Any], why: str) -> None:
    found = placed(**changes)
    assert found.collect_poisha == 0 and found.hold_poisha == changes.get("new_poisha", 500)
    assert why in found.why


def test_what_is_over_is_held_and_the_rest_collected() -> None:
    found = placed(new_poisha=501)
    assert (found.collect_poisha, found.hold_poisha) == (500, 1) and "more than was asked" in found.why


@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.sampled_from(PaymentState), st.booleans(), st.booleans()
)
def test_nothing_that_came_is_lost(
    asked: int, new: int, due: int, state: PaymentState, in_time: bool, elsewhere: bool
) -> None:
    found = placed(
        asked_poisha=asked,
        new_poisha=new,
        open_poisha=due,
        state=state,
        in_time=in_time,
        ref_known_elsewhere=elsewhere,
    )
    assert found.collect_poisha + found.hold_poisha == new
    assert found.collect_poisha in {0, asked} and found.collect_poisha <= due
    assert not found.hold_poisha or found.why


def test_a_provider_is_asked_less_and_less_often_and_for_two_days_after_the_end() -> None:
    at, asks, times = AT, 0, []
    while (following := next_ask_at(asks, AT, ENDS, at)) is not None:
        assert following > at
        times.append(following)
        at, asks = following, asks + 1
    assert times[0] - AT == timedelta(seconds=5) and ENDS in times
    assert times[-1] == ENDS + timedelta(hours=48)
    assert len(times) < 25
