"""Payments by wallet, card and QR as a table of states, and what becomes of money that a provider says has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from post_logistics.units import taka

CURRENCY: Final = "BDT"


class Purpose(StrEnum):
    """What a payment is for."""

    COD = "cod"
    """What the recipient owes the merchant."""
    POSTAGE = "postage"
    """What the sender owes the post, VAT included."""


class PaymentState(StrEnum):
    """Where a payment stands."""

    REQUESTED = "requested"
    COLLECTED = "collected"
    HELD = "held"
    """The provider has money that is due for no parcel: to be placed or given back."""
    FAILED = "failed"
    EXPIRED = "expired"
    RETURNED = "returned"
    """All that was held has been given back."""


class Outcome(StrEnum):
    """What can happen to a payment."""

    PAID = "paid"
    """The provider has the money, and it is what was asked, in time, for a parcel that is not paid."""
    MISPAID = "mispaid"
    """The provider has money, and something about it is not as asked."""
    REFUSED = "refused"
    RAN_OUT = "ran_out"
    PLACED = "placed"
    GIVEN_BACK = "given_back"


_S, _O = PaymentState, Outcome

STEPS: Final[dict[PaymentState, dict[Outcome, PaymentState]]] = {
    _S.REQUESTED: {_O.PAID: _S.COLLECTED, _O.MISPAID: _S.HELD, _O.REFUSED: _S.FAILED, _O.RAN_OUT: _S.EXPIRED},
    _S.COLLECTED: {_O.MISPAID: _S.COLLECTED, _O.GIVEN_BACK: _S.COLLECTED, _O.PLACED: _S.COLLECTED},
    _S.HELD: {_O.MISPAID: _S.HELD, _O.PLACED: _S.COLLECTED, _O.GIVEN_BACK: _S.RETURNED},
    _S.FAILED: {_O.MISPAID: _S.HELD, _O.REFUSED: _S.FAILED},
    _S.EXPIRED: {_O.MISPAID: _S.HELD, _O.REFUSED: _S.EXPIRED, _O.RAN_OUT: _S.EXPIRED},
    _S.RETURNED: {_O.MISPAID: _S.HELD},
}
"""State -> what may happen in it -> the state after. Money is never refused: MISPAID leads on from everywhere."""


class Said(StrEnum):
    """What a provider answers about a payment."""

    PAID = "paid"
    WAITING = "waiting"
    FAILED = "failed"
    NOTHING = "nothing"
    """No answer that could be understood: ask again."""


@dataclass(frozen=True, slots=True)
class Word:
    """The provider's word on one payment. ``paid_poisha``: all that has come for it so far.

    ``doubt``: why a person must look before money that has come counts for the parcel.
    """

    said: Said
    payment_id: str = ""
    paid_poisha: int = 0
    currency: str = CURRENCY
    provider_ref: str = ""
    why: str = ""
    paid_at: datetime | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Placing:
    """What becomes of money that came: owed to the merchant for the parcel, or held, and why."""

    collect_poisha: int
    hold_poisha: int
    why: str = ""


def place(
    *,
    asked_poisha: int,
    payment_id: str,
    state: PaymentState,
    new_poisha: int,
    word: Word,
    open_poisha: int,
    in_time: bool,
    ref_known_elsewhere: bool,
) -> Placing:
    """Where the ``new_poisha`` that came go. Collected is what was asked, in time, for a parcel that still owes it.

    ``open_poisha``: what the parcel still owes, this payment left out. What was paid over the amount is held.
    """
    why = ""
    if word.payment_id != payment_id:
        why = f"the provider names payment {word.payment_id or 'none'}"
    elif ref_known_elsewhere:
        why = "the provider's reference belongs to another payment"
    elif word.currency != CURRENCY:
        why = f"paid in {word.currency or 'no currency'}, not in {CURRENCY}"
    elif word.doubt:
        why = word.doubt
    elif state is PaymentState.COLLECTED:
        why = f"{taka(new_poisha)} came once more for a payment that had come"
    elif state is not PaymentState.REQUESTED or not in_time:
        why = "paid after the request had run out"
    elif new_poisha < asked_poisha:
        why = f"paid {taka(new_poisha)} of {taka(asked_poisha)}"
    elif open_poisha < asked_poisha:
        why = f"the parcel owes {taka(open_poisha)}: it is paid already, or its price has changed"
    if why:
        return Placing(0, new_poisha, why)
    over_poisha = new_poisha - asked_poisha
    return Placing(asked_poisha, over_poisha, f"{taka(over_poisha)} more than was asked" if over_poisha else "")


_WAITS: Final = tuple(timedelta(seconds=s) for s in (5, 10, 20, 40, 60, 120, 300))
_AFTERWARDS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=48))
"""A payment that ran out is still asked about: money may come late, and must not be overlooked."""


def next_ask_at(asks: int, made_at: datetime, expires_at: datetime, at: datetime) -> datetime | None:
    """When a provider that has not decided is asked again; None when it no longer is."""
    if at < expires_at:
        return min(at + _WAITS[min(asks, len(_WAITS) - 1)], expires_at)
    return next((expires_at + wait for wait in _AFTERWARDS if expires_at + wait > at), None)
