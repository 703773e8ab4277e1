"""Cash as it is counted: piece by piece, signed for by two people, any difference with its reason."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from post_logistics.cod.rules import CodRules
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits, taka


class Variance(StrEnum):
    """Why a count is not what the books say."""

    CHANGE_WRONG = "change_wrong"
    FALSE_NOTE = "false_note"
    TORN_NOTE = "torn_note"
    LOST = "lost"
    ROBBED = "robbed"
    TAKEN_TOO_MUCH = "taken_too_much"
    NOT_RECORDED = "not_recorded"
    MISCOUNTED = "miscounted"
    NOT_KNOWN = "not_known"


VARIANCE_TEXTS: dict[Variance, tuple[str, str]] = {
    Variance.CHANGE_WRONG: ("Wrong change given", "ভুল ভাংতি দেওয়া হয়েছে"),
    Variance.FALSE_NOTE: ("False note taken", "জাল নোট নেওয়া হয়েছে"),
    Variance.TORN_NOTE: ("Note that nobody takes", "অচল বা ছেঁড়া নোট"),
    Variance.LOST: ("Lost on the way", "পথে হারিয়েছে"),
    Variance.ROBBED: ("Robbed", "ছিনতাই হয়েছে"),
    Variance.TAKEN_TOO_MUCH: ("Too much taken from a recipient", "প্রাপকের কাছ থেকে বেশি নেওয়া হয়েছে"),
    Variance.NOT_RECORDED: ("Taken, but not recorded", "নেওয়া হয়েছে, কিন্তু লেখা হয়নি"),
    Variance.MISCOUNTED: ("An earlier count was wrong", "আগের গণনায় ভুল ছিল"),
    Variance.NOT_KNOWN: ("Not known yet", "কারণ এখনো অজানা"),
}
NEVER_MISSING = frozenset({Variance.TAKEN_TOO_MUCH, Variance.NOT_RECORDED})
"""What can only leave too much."""
NEVER_OVER = frozenset({Variance.FALSE_NOTE, Variance.TORN_NOTE, Variance.LOST, Variance.ROBBED})
"""What can only leave too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """Cash as it lay on the table.

    ``pieces``: poisha of a note or coin -> how many of it; together they make ``counted_poisha``. ``reason``: why that
    is not what the books say, where it is not.
    """

    counted_poisha: int
    pieces: Mapping[int, int]
    reason: Variance | None = None

    def __post_init__(self) -> None:
        if self.counted_poisha < 0 or any(many < 0 for many in self.pieces.values()):
            raise Unacceptable("cash cannot count below zero", field="counted_poisha", remedy="count again")
        made_poisha = sum(worth * many for worth, many in self.pieces.items())
        if made_poisha != self.counted_poisha:
            raise Unacceptable(
                f"the notes and coins make {taka(made_poisha)}, not {taka(self.counted_poisha)}",
                field="pieces",
                remedy="count again, and correct the pieces or the total",
            )

    def refuse_strange_money(self, rules: CodRules) -> None:
        """Unacceptable for a note or coin that is not in circulation; returns if there is none."""
        for worth in self.pieces:
            if worth not in rules.denominations_poisha:
                known = ", ".join(taka(one) for one in rules.denominations_poisha)
                raise Unacceptable(
                    f"there is no note or coin of {taka(worth)}", field="pieces", remedy=f"count in: {known}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Cash):
    """Cash, and the two who signed for it. ``countersigned_by``: the rider himself, or a witness."""

    counted_by: str
    countersigned_by: str

    def __post_init__(self) -> None:
        Cash.__post_init__(self)
        refuse_one_person(self.counted_by, self.countersigned_by, "counted_by")

    @classmethod
    def in_fewest(
        cls, amount_poisha: int, rules: CodRules, counted_by: str, countersigned_by: str, reason: Variance | None = None
    ) -> Self:
        """That amount in the fewest notes and coins, for whoever makes a day up or takes the books' word."""
        pieces, rest = {}, amount_poisha
        for worth in rules.denominations_poisha:
            if rest >= worth:
                pieces[worth], rest = divmod(rest, worth)
        return cls(
            counted_poisha=amount_poisha,
            pieces=pieces,
            counted_by=counted_by,
            countersigned_by=countersigned_by,
            reason=reason,
        )


def same_person(one: str, other: str) -> bool:
    """Whether two signatures name one person, however they are spaced, cased or numbered."""
    return _plain(one) == _plain(other)


def refuse_one_person(first: str, second: str, field: str) -> None:
    """Unacceptable if one of the two has not signed, or both are the same; returns if two people have."""
    if not _plain(first) or not _plain(second) or same_person(first, second):
        raise Unacceptable(
            "this needs the names of two different people",
            field=field if not _plain(first) else "countersigned_by",
            remedy="let somebody else sign as well",
        )


def _plain(name: str) -> str:
    return " ".join(latin_digits(unicodedata.normalize("NFKC", name)).casefold().split())
