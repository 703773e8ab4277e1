"""A matching in the making: what each line and entry was found to be so far."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from post_logistics.cod.matching.columns import (
    KINDS,
    NONE,
    RULES,
    Entries,
    EntryKind,
    Flags,
    Matched,
    Proposal,
    Reason,
    Rule,
    Small,
    Whole,
)
from post_logistics.cod.matching.rules import Rules
from post_logistics.cod.statements.columns import LineColumns

REASON_CODE = {reason: code for code, reason in enumerate(Reason)}
_RULE_CODE = {rule: code for code, rule in enumerate(RULES)}
_COLLECTION = KINDS.index(EntryKind.COLLECTION)
BEFORE = -2
"""In ``match_of_line`` and ``match_of_entry``: explained before this matching began."""


class Work:
    """Lines and entries, and the matches made so far. Rules take from it and add to it, in their order."""

    def __init__(self, lines: LineColumns, entries: Entries, rules: Rules, explained: Flags | None) -> None:
        self.lines, self.entries, self.rules = lines, entries, rules
        self.amount: Whole = np.asarray(lines.amount_poisha, dtype=np.int64)
        self.booked: Whole = np.asarray(lines.booked_on, dtype=np.int64)
        self.due: Whole = np.asarray(entries.due_on, dtype=np.int64)
        self.gross: Whole = np.asarray(entries.amount_poisha, dtype=np.int64)
        self.net = self._less_fees()
        self.match_of_line = np.full(len(self.amount), NONE, dtype=np.int64)
        self.match_of_entry = np.full(len(self.gross), NONE, dtype=np.int64)
        if explained is not None:
            self.match_of_line[explained] = BEFORE
        if entries.explained is not None:
            self.match_of_entry[entries.explained] = BEFORE
        self.reason = np.full(len(self.amount), REASON_CODE[Reason.NO_CANDIDATE], dtype=np.int8)
        self.candidates: dict[int, tuple[int, ...]] = {}
        self.proposals: dict[int, Proposal] = {}
        self.written: dict[int, str] = {}
        self._rules: list[Small] = []
        self._differences: list[Whole] = []
        self.count = 0

    def _less_fees(self) -> Whole:
        """What comes of each entry when its provider keeps a fee of it; of a refund no fee is given back."""
        net = self.gross.copy()
        digital = np.flatnonzero((np.asarray(self.entries.kind) == _COLLECTION) & (self.gross > 0))
        if len(digital) and self.rules.fees:
            owners = np.asarray(self.entries.owner, dtype=object)[digital]
            for owner, fee in self.rules.fees.items():
                rows = digital[owners == owner]
                net[rows] -= fee.of(self.gross[rows])
        return net

    def place(self, line: int) -> tuple[int, int, Any]:
        """Where a line stands among the others: by day, by row, and then by id, whatever order they came in."""
        return int(self.booked[line]), int(self.lines.row[line]), self.lines.line[line]

    def open_lines(self) -> Whole:
        """The lines that nothing explains yet."""
        return np.flatnonzero(self.match_of_line == NONE)

    def open_entries(self) -> Whole:
        """The entries that have not come yet."""
        return np.flatnonzero(self.match_of_entry == NONE)

    def fits(self, lines: Whole, entries: Whole) -> Flags:
        """Whether line and entry, pair by pair, are of one amount, a provider's fee aside."""
        amount = self.amount[lines]
        fits: Flags = (amount == self.gross[entries]) | (amount == self.net[entries])
        return fits

    def in_window(self, lines: Whole, entries: Whole, *, by_amount: bool = False) -> Flags:
        """Whether the line is booked in the days in which the entry may come."""
        rules = self.rules
        before, after = (
            (rules.amount_days_before, rules.amount_days_after) if by_amount else (rules.days_before, rules.days_after)
        )
        late = self.booked[lines] - self.due[entries]
        within: Flags = (late >= -before) & (late <= after)
        return within

    def take_pairs(self, rule: Rule, lines: Whole, entries: Whole) -> None:
        """One line is one entry, pair by pair; no line and no entry comes twice."""
        numbers = np.arange(self.count, self.count + len(lines))
        self.match_of_line[lines], self.match_of_entry[entries] = numbers, numbers
        self._rules.append(np.full(len(lines), _RULE_CODE[rule], dtype=np.int8))
        self._differences.append(self.amount[lines] - self.gross[entries])
        self.count += len(lines)

    def take(self, rule: Rule, lines: Sequence[int], entries: Sequence[int], written: str = "") -> None:
        """These lines are these entries."""
        of_lines, of_entries = np.array(lines, dtype=np.int64), np.array(entries, dtype=np.int64)
        assert (self.match_of_line[of_lines] == NONE).all() and (self.match_of_entry[of_entries] == NONE).all()
        self.match_of_line[of_lines], self.match_of_entry[of_entries] = self.count, self.count
        self._rules.append(np.array([_RULE_CODE[rule]], dtype=np.int8))
        self._differences.append(np.array([self.amount[of_lines].sum() - self.gross[of_entries].sum()]))
        if written:
            self.written[self.count] = written
        self.count += 1

    def doubt(self, line: int, reason: Reason, candidates: Sequence[int] | Whole = ()) -> None:
        """Why the line is not matched, as far as is known by now, and what came close."""
        self.reason[line] = REASON_CODE[reason]
        if len(candidates):
            self.candidates[line] = tuple(int(one) for one in candidates[:5])

    def matched(self) -> Matched:
        """What came of it."""
        waits = self.match_of_line == NONE
        waiting = set(np.flatnonzero(waits).tolist())
        return Matched(
            match_of_line=np.maximum(self.match_of_line, NONE),
            match_of_entry=np.maximum(self.match_of_entry, NONE),
            rule=np.concatenate([np.zeros(0, np.int8), *self._rules]),
            difference_poisha=np.concatenate([np.zeros(0, np.int64), *self._differences]),
            reason=np.where(waits, self.reason, NONE).astype(np.int8),
            candidates={line: found for line, found in self.candidates.items() if line in waiting},
            proposals={line: found for line, found in self.proposals.items() if line in waiting},
            written=self.written,
        )
