"""What is reckoned at a hand-over: every poisha of it is cash, digital, short or excess, and nothing else."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.cod.payments import PaymentState
from post_logistics.cod.tenders import (
    SHORT_TEXTS,
    Asked,
    Digital,
    Due,
    HandOver,
    ShortReason,
    Taken,
    receipt_number,
    receipt_text,
    reckon,
    refusal,
)

RECEIPT = UUID("7c1d1a52-94a5-5a0e-8f3e-6d7a2b9c4e10")
amounts = st.integers(0, 5)
states = st.sampled_from(PaymentState)


@st.composite
def payments(draw: st.DrawFn) -> dict[str, Asked]:
    found = {}
    for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
        state, amount = draw(states), draw(st.integers(1, 4))
        found[name] = Asked(amount, state, amount if state is PaymentState.COLLECTED else 0)
    return found


@st.composite
def hand_overs(draw: st.DrawFn) -> tuple[HandOver, Taken, Due]:
    asked = draw(payments())
    named = draw(st.lists(st.sampled_from(sorted(asked)), unique=True)) if asked else []
    taken = Taken(
        cash_poisha=draw(amounts),
        digital=tuple(Digital(name, asked[name].amount_poisha) for name in named),
        short_reason=draw(st.none() | st.sampled_from(ShortReason)),
    )
    prices = draw(st.lists(st.integers(-3, 8), min_size=1, max_size=3))
    return draw(st.sampled_from(HandOver)), taken, Due(prices=tuple(prices), payments=asked)


@given(hand_overs())
def test_what_is_not_refused_adds_up_and_no_cash_is_lost(one: tuple[HandOver, Taken, Due]) -> None:
    how, taken, due = one
    if refusal(how, taken, due):
        return
    found = reckon(how, taken, due)
    assert found.due_poisha == found.cash_poisha + found.digital_poisha + found.short_poisha
    assert found.cash_poisha + found.excess_poisha == taken.cash_poisha
    assert min(found.cash_poisha, found.digital_poisha, found.short_poisha, found.excess_poisha) >= 0
    assert (found.short_poisha > 0) == (found.short_reason is not None)
    assert found.digital_poisha >= due.paid_poisha
    assert bool(found.why) or (not found.short_poisha and not found.excess_poisha)


@given(hand_overs())
def test_a_merchant_is_owed_the_price_of_a_whole_delivery_or_one_that_was_in_force(
    one: tuple[HandOver, Taken, Due],
) -> None:
    _, taken, due = one
    if refusal(HandOver.WHOLE, taken, due):
        return
    found = reckon(HandOver.WHOLE, taken, due)
    paid_poisha = found.cash_poisha + found.digital_poisha
    assert found.due_poisha in {max(0, price) for price in due.prices} or found.due_poisha == paid_poisha


@pytest.mark.parametrize(
    ("cash", "named", "state", "wanted"),
    [
        (600, True, PaymentState.COLLECTED, (600, 400, 0, 0)),
        (600, True, PaymentState.REQUESTED, (600, 400, 0, 0)),  # the provider has yet to say so
        (600, True, PaymentState.FAILED, (600, 0, 400, 0)),
        (600, False, PaymentState.COLLECTED, (600, 400, 0, 0)),  # paid before the rider came
        (1000, False, PaymentState.COLLECTED, (600, 400, 0, 400)),  # and the rider did not know
        (1000, False, PaymentState.EXPIRED, (1000, 0, 0, 0)),
    ],
)
def test_cash_and_payments_together_are_what_is_due(
    cash: int, named: bool, state: PaymentState, wanted: tuple[int, ...]
) -> None:
    asked = {"p": Asked(400, state, 400 if state is PaymentState.COLLECTED else 0)}
    taken = Taken(cash_poisha=cash, digital=(Digital("p", 400),) if named else ())
    due = Due(prices=(1000,), payments=asked)
    assert refusal(HandOver.WHOLE, taken, due) == ""
    found = reckon(HandOver.WHOLE, taken, due)
    assert (found.cash_poisha, found.digital_poisha, found.short_poisha, found.excess_poisha) == wanted


@pytest.mark.parametrize(
    "taken",
    [
        Taken(cash_poisha=600, digital=(Digital("q", 400),)),
        Taken(cash_poisha=601, digital=(Digital("p", 399),)),
        Taken(cash_poisha=200, digital=(Digital("p", 400), Digital("p", 400))),
        Taken(cash_poisha=601, digital=(Digital("p", 400),)),
        Taken(cash_poisha=599, digital=(Digital("p", 400),)),
        Taken(cash_poisha=1000, refunded_poisha=1),
    ],
)
def test_a_payment_of_another_parcel_or_amount_is_refused(taken: Taken) -> None:
    assert refusal(HandOver.WHOLE, taken, Due(prices=(1000,), payments={"p": Asked(400, PaymentState.REQUESTED)}))


def test_once_a_receipt_stands_nothing_is_due() -> None:
    assert Due(prices=(1000,), receipt_id=RECEIPT).open_poisha == 0
    assert Due(prices=(1000, 700)).open_poisha == 700
    assert Due(prices=(1000, -300)).open_poisha == 0


def test_every_reason_has_its_words() -> None:
    assert SHORT_TEXTS.keys() == set(ShortReason)
    assert all(texts.keys() == {"en", "bn"} for texts in SHORT_TEXTS.values())


def test_a_receipt_reads_in_both_languages() -> None:
    number = receipt_number(RECEIPT)
    assert len(number) == 14 and not set(number) & set("ILOU")
    english = receipt_text(RECEIPT, "DP473124829BD", "Shajgoj", 100_000, 25_050, "22 Nov 2026, 14:10", "en")
    assert english == (
        f"Receipt {number}: Tk 1,250.50 received for parcel DP473124829BD from Shajgoj on 22 Nov 2026, 14:10 "
        "(Tk 1,000.00 in cash, Tk 250.50 by digital payment)."
    )
    bangla = receipt_text(RECEIPT, "DP473124829BD", "Shajgoj", 100_000, 0, "২২ নভেম্বর ২০২৬, ১৪:১০", "bn")
    assert "৳১,০০০.০০ নগদ" in bangla and number in bangla and "ডিজিটাল" not in bangla


@given(st.uuids(), st.uuids())
def test_two_receipts_have_two_numbers(one: UUID, other: UUID) -> None:
    assert (receipt_number(one) == receipt_number(other)) == (one.int >> 68 == other.int >> 68)
