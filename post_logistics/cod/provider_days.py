"""A provider's account of a day against ours, payment by payment: pure comparison, nothing posted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from post_logistics.cod.payments import CURRENCY


class Difference(StrEnum):
    """How an account of a day can differ."""

    MISSING_WITH_US = "missing_with_us"
    MISSING_WITH_THEM = "missing_with_them"
    OTHER_AMOUNT = "other_amount"
    OTHER_CURRENCY = "other_currency"


DIFFERENCE_TEXTS = {
    Difference.MISSING_WITH_US: {
        "en": "The provider took it; we know of no such payment.",
        "bn": "প্রতিষ্ঠান টাকা নিয়েছে; আমাদের কাছে এমন কোনো পেমেন্ট নেই।",
    },
    Difference.MISSING_WITH_THEM: {
        "en": "We were told that it was paid; the provider's account does not list it.",
        "bn": "আমাদের জানানো হয়েছিল পরিশোধ হয়েছে; প্রতিষ্ঠানের হিসাবে তা নেই।",
    },
    Difference.OTHER_AMOUNT: {"en": "The amounts differ.", "bn": "টাকার অঙ্ক মেলে না।"},
    Difference.OTHER_CURRENCY: {"en": "It is not in taka.", "bn": "এটি টাকায় নয়।"},
}


@dataclass(frozen=True, slots=True)
class Theirs:
    """A payment as the provider tells of it; ``payment_id`` is ours, where the provider names it."""

    payment_id: str
    provider_ref: str
    amount_poisha: int
    fee_poisha: int = 0
    currency: str = CURRENCY


@dataclass(frozen=True, slots=True)
class Ours:
    """A payment as we know it. ``of_the_day``: by our books it was paid on that day."""

    payment_id: str
    provider_ref: str
    item_number: str
    paid_poisha: int
    of_the_day: bool


@dataclass(frozen=True, slots=True)
class Differs:
    """One payment about which the accounts differ."""

    difference: Difference
    payment_id: str
    provider_ref: str
    item_number: str
    theirs_poisha: int
    ours_poisha: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Both accounts of a day: lines, sums, and every payment about which they differ."""

    lines: int
    agreed: int
    theirs_poisha: int
    ours_poisha: int
    fees_poisha: int
    differences: tuple[Differs, ...]


def compare(theirs: Sequence[Theirs], ours: Sequence[Ours]) -> Compared:
    """The accounts against each other. Several lines about one payment count together: it may have been paid twice.

    ``ours`` may hold payments of other days, which lines may name: told a day late they still agree.
    """
    by_id = {one.payment_id: one for one in ours}
    by_ref = {one.provider_ref: one for one in ours if one.provider_ref}
    of_payment: dict[str, list[Theirs]] = {}
    found: list[Differs] = []
    for line in theirs:
        known = by_id.get(line.payment_id) or by_ref.get(line.provider_ref)
        if known is None:
            found.append(_differs(Difference.MISSING_WITH_US, line, None, line.amount_poisha))
        else:
            of_payment.setdefault(known.payment_id, []).append(line)
    agreed = 0
    for one in ours:
        lines = of_payment.get(one.payment_id, [])
        their_poisha = sum(line.amount_poisha for line in lines)
        difference = _difference(one, lines, their_poisha)
        if difference is not None:
            found.append(_differs(difference, lines[0] if lines else None, one, their_poisha))
        elif lines:
            agreed += 1
    named = [one for one in ours if one.of_the_day or one.payment_id in of_payment]
    return Compared(
        lines=len(theirs),
        agreed=agreed,
        theirs_poisha=sum(line.amount_poisha for line in theirs),
        ours_poisha=sum(one.paid_poisha for one in named),
        fees_poisha=sum(line.fee_poisha for line in theirs),
        differences=tuple(sorted(found, key=lambda one: (one.difference, one.payment_id, one.provider_ref))),
    )


def _difference(one: Ours, lines: Sequence[Theirs], their_poisha: int) -> Difference | None:
    if not lines:
        return Difference.MISSING_WITH_THEM if one.of_the_day else None
    if any(line.currency != CURRENCY for line in lines):
        return Difference.OTHER_CURRENCY
    return Difference.OTHER_AMOUNT if their_poisha != one.paid_poisha else None


def _differs(difference: Difference, line: Theirs | None, one: Ours | None, their_poisha: int) -> Differs:
    return Differs(
        difference=difference,
        payment_id=one.payment_id if one else line.payment_id if line else "",
        provider_ref=(line.provider_ref if line else "") or (one.provider_ref if one else ""),
        item_number=one.item_number if one else "",
        theirs_poisha=their_poisha,
        ours_poisha=one.paid_poisha if one else 0,
    )
