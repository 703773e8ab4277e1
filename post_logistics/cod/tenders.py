"""What a recipient paid at one hand-over, and what of it is owed to whom: pure reckoning, nothing posted here.

A hand-over may bring several tenders: cash that its holder now carries, and payments by wallet, card or QR that a
provider has. Together they are what is due; what is missing has a reason, and the merchant is owed it all the same
unless the merchant agreed to less.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from post_logistics.cod.payments import PaymentState
from post_logistics.units import Language, bangla_digits, taka


class HandOver(StrEnum):
    """How a parcel left the post's hands."""

    WHOLE = "whole"
    PART = "part"
    EXCHANGE = "exchange"


class ShortReason(StrEnum):
    """Why less was paid than was due: a closed list."""

    AGREED_BY_MERCHANT = "agreed_by_merchant"
    NO_CHANGE = "no_change"
    PAID_LESS = "paid_less"
    MISCOUNTED = "miscounted"
    FALSE_NOTE = "false_note"
    PAYMENT_FAILED = "payment_failed"
    """Said by the post itself: a payment counted on at the door never came."""


SHORT_TEXTS: Final[dict[ShortReason, dict[Language, str]]] = {
    ShortReason.AGREED_BY_MERCHANT: {"en": "The merchant agreed to less.", "bn": "মার্চেন্ট কম নিতে রাজি হয়েছেন।"},
    ShortReason.NO_CHANGE: {"en": "There was no small change.", "bn": "খুচরা টাকা ছিল না।"},
    ShortReason.PAID_LESS: {"en": "The recipient paid less.", "bn": "প্রাপক কম দিয়েছেন।"},
    ShortReason.MISCOUNTED: {"en": "The money was counted wrongly.", "bn": "টাকা গুনতে ভুল হয়েছে।"},
    ShortReason.FALSE_NOTE: {"en": "A note was false.", "bn": "একটি নোট জাল ছিল।"},
    ShortReason.PAYMENT_FAILED: {"en": "The digital payment never came.", "bn": "ডিজিটাল পেমেন্টটি আসেনি।"},
}


@dataclass(frozen=True, slots=True)
class Digital:
    """A tender that a provider has: a payment asked for beforehand, by its id, and its amount."""

    payment_id: str
    amount_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What changed hands at one hand-over, as its holder says. ``refunded_poisha``: given back, in an exchange."""

    cash_poisha: int = 0
    digital: tuple[Digital, ...] = ()
    short_reason: ShortReason | None = None
    refunded_poisha: int = 0

    @property
    def total_poisha(self) -> int:
        """What the recipient paid, however."""
        return self.cash_poisha + sum(one.amount_poisha for one in self.digital)


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment that was asked for a parcel."""

    amount_poisha: int
    state: PaymentState
    collected_poisha: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the books say of one parcel at this moment.

    ``prices``: what the order said, and after it every price that the merchant approved, in order; the last is in
    force. Below zero, the recipient is given that much in an exchange. ``earlier``: what the parcel cost before that,
    which a holder without network may still have taken. ``receipt_id``: the receipt that stands.
    """

    prices: tuple[int, ...]
    earlier: tuple[int, ...] = ()
    payments: Mapping[str, Asked] = field(default_factory=dict)
    receipt_id: UUID | None = None

    @property
    def price_poisha(self) -> int:
        """What the parcel costs its recipient now."""
        return max(0, self.prices[-1])

    @property
    def paid_poisha(self) -> int:
        """What providers have confirmed."""
        return sum(one.collected_poisha for one in self.payments.values())

    @property
    def to_take_poisha(self) -> int:
        """What the hand-over is to bring, or was: the price less what providers have confirmed."""
        return max(0, self.price_poisha - self.paid_poisha)

    @property
    def open_poisha(self) -> int:
        """What is still to be paid; 0 once a receipt stands."""
        return 0 if self.receipt_id else self.to_take_poisha


@dataclass(frozen=True, slots=True)
class Reckoned:
    """due = cash + digital + short. ``excess_poisha``: cash that is due to nobody; ``why``: what a person should know.

    ``digital_poisha`` holds what providers confirmed and what they have yet to confirm.
    """

    due_poisha: int
    cash_poisha: int
    digital_poisha: int
    short_poisha: int
    short_reason: ShortReason | None
    excess_poisha: int
    why: str = ""


def refusal(how: HandOver, taken: Taken, due: Due) -> str:
    """Why the money of a hand-over cannot be right; empty if it can."""
    for one in taken.digital:
        asked = due.payments.get(one.payment_id)
        if asked is None or asked.amount_poisha != one.amount_poisha:
            return f"payment {one.payment_id} of {taka(one.amount_poisha)} was not asked for this parcel"
    if len({one.payment_id for one in taken.digital}) != len(taken.digital):
        return "a payment is named twice: name each once"
    if taken.refunded_poisha:
        return _refund_refusal(how, taken, due)
    if how is HandOver.WHOLE:
        return _whole_refusal(taken, due)
    most_poisha = max(0, *due.prices)
    if not 0 <= taken.total_poisha <= most_poisha:
        return f"collected {taka(taken.total_poisha)}, at most {taka(most_poisha)} is due: correct collected_poisha"
    return "a short payment is for a whole delivery: leave short_reason out" if taken.short_reason else ""


def _refund_refusal(how: HandOver, taken: Taken, due: Due) -> str:
    if how is not HandOver.EXCHANGE:
        return "money is given back at the door only in an exchange: refund at the counter"
    if taken.total_poisha:
        return "an exchange takes money or gives it, not both: correct collected_poisha"
    agreed_poisha = max(0, -due.prices[-1])
    if taken.refunded_poisha > agreed_poisha:
        return (
            f"gave back {taka(taken.refunded_poisha)}, the merchant agreed to {taka(agreed_poisha)}: "
            "ask for the merchant's approval"
        )
    return ""


def _whole_refusal(taken: Taken, due: Due) -> str:
    unnamed_poisha = _unnamed_poisha(taken, due)
    total_poisha, open_poisha = taken.total_poisha, due.price_poisha - unnamed_poisha
    if taken.short_reason is ShortReason.PAYMENT_FAILED:
        return "only the post itself says payment_failed: give the reason of the one who paid"
    if taken.short_reason and total_poisha < open_poisha:
        return ""
    known = {max(0, price) for price in due.prices}  # whoever was offline took what was the price before
    known |= {price for price in due.earlier if price > due.price_poisha}  # too much is an excess, too little is short
    if total_poisha in known or total_poisha + unnamed_poisha in known:
        return ""
    return (
        f"collected {taka(total_poisha)} of {taka(max(0, open_poisha))}: record a partial delivery, "
        "give a short_reason, or correct collected_poisha"
    )


def _unnamed_poisha(taken: Taken, due: Due) -> int:
    """What providers confirmed without the hand-over naming it: paid before the parcel came."""
    named = {one.payment_id for one in taken.digital}
    return sum(asked.collected_poisha for name, asked in due.payments.items() if name not in named)


_COUNTED_ON: Final = {PaymentState.REQUESTED, PaymentState.COLLECTED}


def reckon(how: HandOver, taken: Taken, due: Due) -> Reckoned:
    """What is posted for a hand-over that is not refused. Never more than the price, never less than was paid."""
    named = {one.payment_id for one in taken.digital}
    counted = {name: asked for name, asked in due.payments.items() if asked.collected_poisha or name in named}
    good = [asked for asked in counted.values() if asked.state in _COUNTED_ON]
    digital_poisha = sum(asked.collected_poisha or asked.amount_poisha for asked in good)
    failed_poisha = sum(asked.amount_poisha for asked in counted.values() if asked.state not in _COUNTED_ON)
    if how is HandOver.WHOLE:
        price_poisha, why = _price_taken(taken, due)
    else:
        price_poisha, why = min(max(0, *due.prices), taken.cash_poisha + digital_poisha + failed_poisha), ""
    price_poisha = max(price_poisha, digital_poisha)  # what a provider has is owed to the merchant
    cash_poisha = min(taken.cash_poisha, price_poisha - digital_poisha)
    short_poisha = price_poisha - digital_poisha - cash_poisha
    excess_poisha = taken.cash_poisha - cash_poisha
    reason = (ShortReason.PAYMENT_FAILED if failed_poisha else taken.short_reason) if short_poisha else None
    if excess_poisha:
        why = f"{taka(excess_poisha)} was taken that is not due: hand it in as an excess"
    elif reason is ShortReason.AGREED_BY_MERCHANT:
        why = (
            f"the merchant's approval is not on record: until it comes, {taka(short_poisha)} is owed by who handed over"
        )
    elif short_poisha:
        why = f"{taka(short_poisha)} short, owed by who handed over: the merchant is owed the whole"
    return Reckoned(price_poisha, cash_poisha, digital_poisha, short_poisha, reason, excess_poisha, why)


def _price_taken(taken: Taken, due: Due) -> tuple[int, str]:
    """The price of a whole delivery: the one in force, or a lower one before it that the holder still took."""
    total_poisha = taken.total_poisha
    full_poisha = total_poisha + _unnamed_poisha(taken, due)
    if taken.short_reason is None and full_poisha < due.price_poisha:
        return full_poisha, f"{taka(full_poisha)} was the price before: {taka(due.price_poisha)} is approved since"
    return due.price_poisha, ""


# What the recipient is given

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter that is taken for a digit."""


def receipt_number(receipt_id: UUID) -> str:
    """The number on a recipient's receipt, such as ``7K2M-93QF-X1ZD``: 60 bits of its id."""
    bits = receipt_id.int >> 68
    letters = "".join(_ALPHABET[bits >> shift & 31] for shift in range(55, -1, -5))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def receipt_text(
    receipt_id: UUID,
    item_number: str,
    shop: str,
    cash_poisha: int,
    digital_poisha: int,
    when: str,
    language: Language,
    *,
    awaited_poisha: int = 0,
) -> str:
    """What a recipient may be given: number, parcel, shop, amounts by tender; ``when`` as people read it.

    ``awaited_poisha``: what a provider has yet to confirm.
    """
    number, paid = receipt_number(receipt_id), taka(cash_poisha + digital_poisha, language)
    parts = [
        f"{taka(amount_poisha, language)} {name}"
        for amount_poisha, name in (
            (cash_poisha, "in cash" if language == "en" else "নগদ"),
            (digital_poisha, "by digital payment" if language == "en" else "ডিজিটাল পেমেন্টে"),
        )
        if amount_poisha
    ]
    tenders = f" ({', '.join(parts)})" * bool(parts)
    awaited = taka(awaited_poisha, language)
    if language == "en":
        more = f" {awaited} by digital payment is still awaited." * bool(awaited_poisha)
        return f"Receipt {number}: {paid} received for parcel {item_number} from {shop} on {when}{tenders}.{more}"
    item, more = bangla_digits(item_number), f" ডিজিটাল পেমেন্টের {awaited} এখনো পাওয়া যায়নি।" * bool(awaited_poisha)
    return f"রসিদ {number}: {shop}-এর পার্সেল {item} বাবদ {when} তারিখে {paid} গৃহীত{tenders}।{more}"
