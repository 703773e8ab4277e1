"""What is matched, and what comes out: columns, a million rows of which are a few arrays."""

from collections.abc import Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Small = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]

NONE = -1
"""In a column of positions: nothing."""


class EntryKind(StrEnum):
    """What can be expected on a statement."""

    DEPOSIT = "deposit"
    COLLECTION = "collection"
    """A digital collection, which its provider owes; below zero a refund, which the provider keeps of the rest."""
    PAYMENT = "payment"
    """The same, on the provider's own statement: it moves no money."""
    PAYOUT = "payout"
    RETURN = "return"
    """A payout that may come back; only ever matched by its reference."""
    DEDUCTION = "deduction"
    """A shortage deducted from pay, which the pay office owes; only ever matched by its reference."""
    BILL = "bill"
    """A bill of charges, which a merchant owes; only ever matched by its reference."""


KINDS = tuple(EntryKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What is expected, a column each, all as long.

    entry: ids; kind: (n,) int8, places in ``KINDS``; owner: who owes it (an office, a provider, a merchant); due_on:
    (n,) int32, the day from which it may come, days since 1970; amount_poisha: (n,) int64, below zero for what
    leaves; references: columns of references, the best first, "" for none; group: what it travels with (a batch, a
    payout file), "" for none; explained: (n,) bool, matched before, None if none is; days_come: owner and day (days
    since 1970) of which something has come with another line, where not all that has come is listed.
    """

    entry: Sequence[Hashable]
    kind: Small
    owner: Sequence[str]
    due_on: Days
    amount_poisha: Whole
    references: tuple[Sequence[str], ...]
    group: Sequence[str] | None = None
    explained: Flags | None = None
    days_come: Set[tuple[str, int]] = frozenset()

    def __len__(self) -> int:
        return len(self.amount_poisha)


class Rule(StrEnum):
    """How a line was recognised, the surest first."""

    REFERENCE = "reference"
    IN_TEXT = "in_text"
    SEVERAL_REFERENCES = "several_references"
    SPLIT_REFERENCE = "split_reference"
    NEARLY = "nearly"
    GROUP = "group"
    CHARGE = "charge"
    INTEREST = "interest"
    AMOUNT = "amount"
    SUM = "sum"
    SPLIT = "split"
    TOLERANCE = "tolerance"
    BY_HAND = "by_hand"


RULES = tuple(Rule)


class Reason(StrEnum):
    """Why a line was not matched: a closed list."""

    NO_CANDIDATE = "no_candidate"
    SEVERAL_CANDIDATES = "several_candidates"
    DUPLICATE = "duplicate"
    AMOUNT_DIFFERS = "amount_differs"
    OUTSIDE_WINDOW = "outside_window"
    NOT_UNIQUE_SUM = "not_unique_sum"
    TIME_LIMIT = "time_limit"
    TO_CONFIRM = "to_confirm"


REASONS = tuple(Reason)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A match that a person has to confirm: the entries of a line, and what they do not explain of it."""

    rule: Rule
    entries: tuple[int, ...]
    difference_poisha: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What every line was found to be. A match has one line and several entries, or several lines and one.

    match_of_line: (lines,) int64, the number of its match or -1; match_of_entry: (entries,) int64, the same, -1 also
    for what was matched before; rule: (matches,) int8, places in ``RULES``; difference_poisha: (matches,) int64, money
    of the lines less that of the entries; reason: (lines,) int8, places in ``REASONS``, -1 for a line that is matched;
    candidates: line -> entries that came close, proposals: line -> what a person may confirm; written: match -> the
    reference as the line had it, where that was not right.
    """

    match_of_line: Whole
    match_of_entry: Whole
    rule: Small
    difference_poisha: Whole
    reason: Small
    candidates: dict[int, tuple[int, ...]]
    proposals: dict[int, Proposal]
    written: dict[int, str]

    def __len__(self) -> int:
        return len(self.rule)

    def pairs(self) -> tuple[Whole, Whole]:
        """Every line beside every entry of its match: (pairs,) int64 positions of lines, and of entries."""
        entries = np.flatnonzero(self.match_of_entry >= 0)
        lines = np.flatnonzero(self.match_of_line >= 0)
        lines = lines[np.argsort(self.match_of_line[lines], kind="stable")]
        of = self.match_of_line[lines]
        low, high = (
            np.searchsorted(of, self.match_of_entry[entries], "left"),
            np.searchsorted(of, self.match_of_entry[entries], "right"),
        )
        at, repeated = ranges(low, high)
        return lines[at], entries[repeated]

    def by_rule(self) -> dict[Rule, int]:
        """How many lines each rule matched."""
        counts = np.bincount(self.rule[self.match_of_line[self.match_of_line >= 0]], minlength=len(RULES))
        return {rule: int(count) for rule, count in zip(RULES, counts, strict=True) if count}

    def by_reason(self) -> dict[Reason, int]:
        """How many lines wait for each reason."""
        counts = np.bincount(self.reason[self.reason >= 0], minlength=len(REASONS))
        return {reason: int(count) for reason, count in zip(REASONS, counts, strict=True) if count}

    def members(self) -> Iterator[tuple[int, list[int], list[int]]]:
        """Each match: its number, its lines, its entries."""
        lines, entries = _grouped(self.match_of_line, len(self)), _grouped(self.match_of_entry, len(self))
        for number in range(len(self)):
            yield number, next(lines), next(entries)


def _grouped(match_of: Whole, matches: int) -> Iterator[list[int]]:
    order = np.argsort(match_of, kind="stable")
    edges = np.searchsorted(match_of[order], np.arange(matches + 1))
    for low, high in pairwise(edges.tolist()):
        yield order[low:high].tolist()


def ranges(low: Whole, high: Whole) -> tuple[Whole, Whole]:
    """Every position from each ``low`` to before its ``high``, and the number of the pair that it came from."""
    count = np.maximum(high - low, 0)
    repeated = np.repeat(np.arange(len(low)), count)
    first = np.cumsum(count) - count
    return np.arange(len(repeated)) - np.repeat(first - low, count), repeated
