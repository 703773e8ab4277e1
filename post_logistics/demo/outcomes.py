"""What happens at the doors of a made-up day, drawn from a seed and the order: the same file tells the same day."""

import random
from dataclasses import dataclass
from enum import StrEnum

from post_logistics.consignments.booking import Consignment
from post_logistics.tracking.reasons import Reason


class Fate(StrEnum):
    """How a stop ends."""

    DELIVERED = "delivered"
    PARTIAL = "partial"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one parcel, why, and what was paid for it."""

    fate: Fate
    reason: Reason | None
    collected_poisha: int


_FATES = {Fate.DELIVERED: 86, Fate.PARTIAL: 3, Fate.FAILED: 7, Fate.REFUSED: 4}
"""Shares in per cent; an assumption near what couriers in Bangladesh report for COD."""

_FAILURES = (
    Reason.RECIPIENT_ABSENT,
    Reason.NO_ANSWER,
    Reason.ASKED_FOR_LATER,
    Reason.ADDRESS_INCOMPLETE,
    Reason.CANNOT_PAY,
)
_RIDER_SHORT_PERCENT = 2
_SHORT_POISHA = 100_00


def outcome(consignment: Consignment, seed: int) -> Outcome:
    """The fate of a parcel on a day of this seed."""
    chance = random.Random(f"{seed}/{consignment.merchant_id}/{consignment.order_ref}")  # noqa: S311  a story, no secret
    fate = chance.choices(list(_FATES), list(_FATES.values()))[0]
    cod_poisha = consignment.cod_poisha
    if fate is Fate.PARTIAL and cod_poisha >= 200:
        share = chance.randint(30, 80)
        return Outcome(fate, Reason.NOT_AS_ORDERED, cod_poisha * share // 100 // 100 * 100)
    if fate is Fate.FAILED:
        return Outcome(fate, chance.choice(_FAILURES), 0)
    if fate is Fate.REFUSED:
        return Outcome(fate, Reason.REFUSED_BY_RECIPIENT, 0)
    return Outcome(Fate.DELIVERED, None, cod_poisha)


def counted(rider_id: str, expected_poisha: int, seed: int) -> int:
    """What the counter finds in a rider's bag: now and then it is a little short, as on real days."""
    chance = random.Random(f"{seed}/{rider_id}")  # noqa: S311
    short = expected_poisha >= 2 * _SHORT_POISHA and chance.randrange(100) < _RIDER_SHORT_PERCENT
    return expected_poisha - (_SHORT_POISHA if short else 0)
