"""A slow, plain matcher: the rules once more, as loops a child can follow; and the same made careless in known ways."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from enum import Flag, auto
from itertools import combinations

import numpy as np

from post_logistics.cod.matching.columns import KINDS, REASONS, RULES, Entries, EntryKind, Matched, Reason, Rule
from post_logistics.cod.matching.rules import Rules
from post_logistics.cod.statements.columns import LineColumns
from post_logistics.units import latin_digits


class Care(Flag):
    """What a careful matcher does not leave out."""

    UNIQUE = auto()
    """Of several candidates it takes none."""
    WINDOW = auto()
    """What came weeks later or before is something else."""
    DUPLICATE = auto()
    """A line with a reference is never taken for something else; what is matched still counts as a candidate."""
    ALL = UNIQUE | WINDOW | DUPLICATE


def squashed(text: str) -> str:
    """Letters and digits alone."""
    return "".join(sign for sign in latin_digits(text).upper() if sign.isalnum() and sign.isascii())


def nearly(one: str, other: str) -> bool:
    """Whether one digit differs, or two neighbours are swapped."""
    if len(one) != len(other):
        return False
    off = [n for n, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(off) == 1:
        return one[off[0]].isdigit() and other[off[0]].isdigit()
    return len(off) == 2 and off[1] == off[0] + 1 and one[off[0]] == other[off[1]] and one[off[1]] == other[off[0]]


class Plain:
    """A matcher of one line with one entry."""

    def __init__(self, care: Care = Care.ALL) -> None:
        self.care = care

    def __call__(self, lines: LineColumns, entries: Entries, rules: Rules) -> Matched:
        """What it makes of them."""
        self.lines, self.entries, self.rules = lines, entries, rules
        self.found: dict[int, tuple[int, Rule]] = {}
        self.taken: set[int] = set()
        self.by_amount: defaultdict[int, list[int]] = defaultdict(list)
        for entry in range(len(entries)):
            self.by_amount[self._money(entry)].append(entry)
        self.line_key = [squashed(text) for text in lines.reference]
        self.line_text = [squashed(text) for text in lines.description]
        self.entry_key = [squashed(text) for text in entries.references[0]]
        self.known = set(self.entry_key)
        self._each(Rule.REFERENCE, self._says, rules.days_before, rules.days_after)
        self._each(Rule.NEARLY, self._nearly, rules.days_before, rules.days_after)
        self._each(Rule.AMOUNT, self._names, rules.amount_days_before, rules.amount_days_after)
        return self._matched()

    def _money(self, entry: int) -> int:
        amount, fee = int(self.entries.amount_poisha[entry]), self.rules.fees.get(self.entries.owner[entry])
        return amount - int(fee.of(np.array([amount]))[0]) if fee and fee.per == "entry" else amount

    def _says(self, line: int, entry: int) -> bool:
        key = self.entry_key[entry]
        return bool(key) and (key == self.line_key[line] or key in self.line_text[line])

    def _nearly(self, line: int, entry: int) -> bool:
        return self.line_key[line] not in self.known and nearly(self.line_key[line], self.entry_key[entry])

    def _names(self, line: int, entry: int) -> bool:
        told = self.line_key[line] and Care.DUPLICATE in self.care
        if told or KINDS[self.entries.kind[entry]] is EntryKind.RETURN:
            return False
        owner = self.entries.owner[entry]
        called = (owner, *self.rules.owners.get(owner, ()))
        return any(squashed(name) in self.line_text[line] for name in called)

    def _candidates(self, line: int, fits: object, before: int, after: int) -> list[int]:
        open_ones = []
        for entry in self.by_amount[int(self.lines.amount_poisha[line])]:
            days = int(self.lines.booked_on[line]) - int(self.entries.due_on[entry])
            in_window = -before <= days <= after or Care.WINDOW not in self.care
            if in_window and fits(line, entry):  # type: ignore[operator]
                open_ones.append(entry)
        return open_ones

    def _each(self, rule: Rule, fits: object, before: int, after: int) -> None:
        """One pass: what a line may be, and what may be which line, unique both ways."""
        may: dict[int, list[int]] = {}
        for line in range(len(self.lines)):
            if line not in self.found:
                may[line] = self._candidates(line, fits, before, after)
        if rule is not Rule.AMOUNT or Care.DUPLICATE not in self.care:
            may = {line: [one for one in ones if one not in self.taken] for line, ones in may.items()}
        claims = Counter(entry for ones in may.values() for entry in ones)
        for line, ones in may.items():
            if Care.UNIQUE not in self.care:
                self._take(line, [one for one in ones if one not in self.taken][:1], rule)
            elif len(ones) == 1 and ones[0] not in self.taken and claims[ones[0]] == 1:
                self._take(line, ones, rule)

    def _take(self, line: int, ones: Iterable[int], rule: Rule) -> None:
        for entry in ones:
            self.found[line] = (entry, rule)
            self.taken.add(entry)

    def _matched(self) -> Matched:
        n, m = len(self.lines), len(self.entries)
        of_line, of_entry = np.full(n, -1, np.int64), np.full(m, -1, np.int64)
        for number, (line, (entry, _)) in enumerate(self.found.items()):
            of_line[line] = of_entry[entry] = number
        return Matched(
            match_of_line=of_line,
            match_of_entry=of_entry,
            rule=np.array([RULES.index(rule) for _, rule in self.found.values()], np.int8),
            difference_poisha=np.zeros(len(self.found), np.int64),
            reason=np.where(of_line < 0, REASONS.index(Reason.NO_CANDIDATE), -1).astype(np.int8),
            candidates={},
            proposals={},
            written={},
        )


def ways_to_sum(amounts: list[int], total: int) -> int:
    """How many selections of these amounts add up to the total, by trying every one."""
    return sum(sum(some) == total for size in range(1, len(amounts) + 1) for some in combinations(amounts, size))
