"""Lines without a reference: whose they are, and the one entry, day, batch or sum of entries that they can be."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from post_logistics.cod.matching.columns import KINDS, NONE, EntryKind, Proposal, Reason, Rule, Whole
from post_logistics.cod.matching.keys import Keys
from post_logistics.cod.matching.references import Mentions, looks
from post_logistics.cod.matching.sums import Outcome, unique_sum
from post_logistics.cod.matching.text import squash, words
from post_logistics.cod.matching.work import REASON_CODE, Work

_BY_REFERENCE_ONLY = tuple(map(KINDS.index, (EntryKind.RETURN, EntryKind.DEDUCTION, EntryKind.BILL)))
_IN_SUMS = (KINDS.index(EntryKind.DEPOSIT),)
_MOST_POISHA = 2**42
"""No line of more than Tk 4,398 crore is recognised by its amount."""
_MOST_WORDS = 4
_MOST_SPLIT = 200
_DOUBTS = {Outcome.SEVERAL: Reason.NOT_UNIQUE_SUM, Outcome.TIME: Reason.TIME_LIMIT}


class Unnamed:
    """The lines that no reference explained, those that look alike as one, with the owner that each speaks of."""

    def __init__(self, work: Work, mentions: Mentions, keys: Keys) -> None:
        self.work = work
        self.named = mentions.by_line()
        self.alike: dict[int, list[int]] = {}
        seen: dict[object, int] = {}
        duplicate = REASON_CODE[Reason.DUPLICATE]
        for line in sorted(work.open_lines().tolist(), key=work.place):
            if work.reason[line] != duplicate:
                self.alike.setdefault(seen.setdefault(looks(work, line), line), []).append(line)
        self.owner = self._owners()
        self.unknown = self._unknown(keys)
        self.contested: set[int] = set()
        self.code = {owner: code for code, owner in enumerate(sorted(set(self.owner.values())))}
        kind = np.asarray(work.entries.kind)
        codes = np.array([self.code.get(owner, NONE) for owner in work.entries.owner], dtype=np.int64)
        self.rows = np.flatnonzero((codes != NONE) & ~np.isin(kind, _BY_REFERENCE_ONLY))
        self.owner_of = codes
        self._whole = _Shelf(codes[self.rows], work.gross[self.rows], work.due[self.rows], self.rows)
        kept = self.rows[work.net[self.rows] != work.gross[self.rows]]
        self._less_fee = _Shelf(codes[kept], work.net[kept], work.due[kept], kept)

    def open(self) -> list[int]:
        """One of each kind of line that still waits."""
        return [line for line in self.alike if self.work.match_of_line[line] == NONE]

    def _owners(self) -> dict[int, str]:
        """Line -> the one owner that it names, or whose entries' references it has."""
        work, rules = self.work, self.work.rules
        if rules.only_owner:
            return dict.fromkeys(self.alike, rules.only_owner)
        names = {" ".join(words(owner)): owner for owner in set(work.entries.owner)}
        also = {" ".join(words(name)): owner for owner, known in rules.owners.items() for name in known}
        found = {}
        for line in self.alike:
            owners = {str(work.entries.owner[entry]) for entry in self.named.get(line, ())}
            said = words(f"{work.lines.reference[line]} {work.lines.description[line]}")
            owners = owners or _named(said, names) or _named(said, also)
            if len(owners) == 1:
                found[line] = owners.pop()
        return found

    def _unknown(self, keys: Keys) -> set[int]:
        """The lines whose reference looks like one of ours and is none: theirs may be an entry nobody has recorded."""
        known = [line for line in self.alike if line not in self.named and self.work.lines.reference[line]]
        like = keys.like_these(squash([self.work.lines.reference[line] for line in known]))
        return {line for line, one in zip(known, like.tolist(), strict=True) if one}

    def same_amount(self, line: int) -> Whole:
        """The entries of the line's owner with its amount, whole or less the fee, in its days, come or not."""
        code, amount, days = self.code[self.owner[line]], int(self.work.amount[line]), self.days(line)
        return np.concatenate([shelf.find(code, amount, *days) for shelf in (self._whole, self._less_fee)])

    def paid_in_days(self, line: int, entries: Whole) -> Whole:
        """All that was paid to the line's owner from the first to the last day of these payments, come or not."""
        came = entries[self.work.gross[entries] > 0]
        if not len(came):
            return came
        due = self.work.due[self.rows]
        within = (due >= self.work.due[came].min()) & (due <= self.work.due[came].max())
        own = within & (self.owner_of[self.rows] == self.code[self.owner[line]]) & (self.work.gross[self.rows] > 0)
        paid: Whole = self.rows[own]
        return paid

    def came_apart(self, line: int, entries: Whole) -> bool:
        """Whether a payment to the line's owner of one of those days is known to have come with another line."""
        due = self.work.due[entries]
        days = range(int(due.min()), int(due.max()) + 1)
        return any((self.owner[line], day) in self.work.entries.days_come for day in days)

    def days(self, line: int, days_after: int | None = None) -> tuple[int, int]:
        """The days in which what came with the line may have been due, the last included."""
        booked, rules = int(self.work.booked[line]), self.work.rules
        after = rules.amount_days_after if days_after is None else days_after
        return booked - after, booked + rules.amount_days_before

    def take(self, rule: Rule, line: int, entries: Iterable[int]) -> None:
        """The line is these entries; those that look like it are told twice."""
        wanted = list(entries)
        self.work.take(rule, [line], wanted)
        for other in self.alike[line][1:]:
            self.work.doubt(other, Reason.DUPLICATE, wanted)

    def doubt(self, line: int, reason: Reason, candidates: Sequence[int] | Whole = ()) -> None:
        """Why the line, and each that looks like it, is not matched."""
        for one in self.alike[line]:
            self.work.doubt(one, reason, candidates)

    def propose(self, line: int, entry: int) -> None:
        """A person may say that the line is this entry."""
        self.doubt(line, Reason.TO_CONFIRM, [entry])
        difference = int(self.work.amount[line] - self.work.gross[entry])
        self.work.proposals[line] = Proposal(Rule.AMOUNT, (entry,), difference)

    def summable(self) -> list[int]:
        """The lines that no single entry can be and that have no reference of somebody else's."""
        nothing = REASON_CODE[Reason.NO_CANDIDATE]
        return [line for line in self.open() if line not in self.unknown and self.work.reason[line] == nothing]


class _Shelf:
    """Entries in the order of owner, amount and day, so that any of them are found at once."""

    def __init__(self, owner: Whole, amount: Whole, due: Whole, rows: Whole) -> None:
        known = np.flatnonzero(np.abs(amount) < _MOST_POISHA)
        owner, amount, due, rows = owner[known], amount[known], due[known], rows[known]
        order = np.lexsort((due, amount, owner))
        self._key, self._due, self._rows = self._of(owner[order], amount[order]), due[order], rows[order]

    @staticmethod
    def _of(owner: Any, amount: Any) -> Any:
        return owner * (2 * _MOST_POISHA) + amount + _MOST_POISHA

    def find(self, owner: int, amount: int, first: int, last: int) -> Whole:
        """The entries of this owner and amount that are due from the first to the last day."""
        if abs(amount) >= _MOST_POISHA:
            return self._rows[:0]
        low, high = np.searchsorted(self._key, self._of(owner, amount) + np.arange(2))
        begin, end = low + np.searchsorted(self._due[low:high], np.array([first, last + 1]))
        return self._rows[begin:end]


class Waiting:
    """What has not come yet, owner by owner in the order of days; ``days_after``: so late it may come."""

    def __init__(self, lines: Unnamed, kinds: Sequence[int], days_after: int | None = None) -> None:
        work = lines.work
        open_rows = lines.rows[work.match_of_entry[lines.rows] == NONE]
        open_rows = open_rows[np.isin(np.asarray(work.entries.kind)[open_rows], kinds)]
        order = np.lexsort((work.due[open_rows], lines.owner_of[open_rows]))
        self.rows = open_rows[order]
        self.due = work.due[self.rows]
        self._edges = np.searchsorted(lines.owner_of[self.rows], np.arange(len(lines.code) + 1))
        self._lines, self._days_after = lines, days_after

    def around(self, line: int) -> slice:
        """Where the entries of the line's owner in its days are."""
        if line not in self._lines.owner:
            return slice(0, 0)
        code = self._lines.code[self._lines.owner[line]]
        low, high = self._edges[code : code + 2]
        first, last = self._lines.days(line, self._days_after)
        begin, end = low + np.searchsorted(self.due[low:high], np.array([first, last + 1]))
        return slice(int(begin), int(end))


def _named(said: list[str], names: dict[str, str]) -> set[str]:
    runs = (" ".join(said[at : at + size]) for size in range(1, _MOST_WORDS + 1) for at in range(len(said) - size + 1))
    return {names[run] for run in runs if run in names}


def match_amounts(lines: Unnamed) -> None:
    """Matches a line to the one entry of its amount that the owner it names has in its days.

    The entry has to be the only one also among those that have come: a line told twice takes no other's place. A line
    that has another's reference, or one that nobody knows, is not matched by its amount; nor one doubted before.
    """
    work = lines.work
    nothing = REASON_CODE[Reason.NO_CANDIDATE]
    claims: defaultdict[int, list[int]] = defaultdict(list)
    for line in lines.open():
        if line not in lines.owner or line in lines.named or work.reason[line] != nothing:
            continue
        fit = lines.same_amount(line)
        waiting = fit[work.match_of_entry[fit] == NONE]
        lines.contested.update(waiting.tolist())
        if len(fit) == 1 and len(waiting) == 1:
            claims[int(fit[0])].append(line)
        elif len(fit):
            lines.doubt(line, Reason.SEVERAL_CANDIDATES if len(waiting) else Reason.DUPLICATE, fit)
    for entry, claiming in claims.items():
        if len(claiming) > 1:
            for line in claiming:
                lines.doubt(line, Reason.SEVERAL_CANDIDATES, [entry])
        elif claiming[0] in lines.unknown:
            lines.propose(claiming[0], entry)
        else:
            lines.take(Rule.AMOUNT, claiming[0], [entry])


def propose_amounts(lines: Unnamed) -> None:
    """Proposes, for a line that names nobody, the one entry of anybody's that has its amount in its days."""
    work, rules = lines.work, lines.work.rules
    unknown = [line for line in lines.open() if line not in lines.owner and line not in lines.named]
    kind = np.asarray(work.entries.kind)
    amounts = pd.unique(work.amount[unknown])
    rows = np.flatnonzero(pd.Series(work.gross).isin(amounts).to_numpy() & ~np.isin(kind, _BY_REFERENCE_ONLY))
    anybodys = _Shelf(np.zeros(len(rows), np.int64), work.gross[rows], work.due[rows], rows)
    claims: defaultdict[int, list[int]] = defaultdict(list)
    for line in unknown:
        near = anybodys.find(0, int(work.amount[line]), *lines.days(line))
        if len(near) == 1 and work.match_of_entry[near[0]] == NONE:
            claims[int(near[0])].append(line)
        elif len(near):
            lines.doubt(line, Reason.SEVERAL_CANDIDATES, near)
    for entry, claiming in claims.items():
        if len(claiming) > 1:
            for line in claiming:
                lines.doubt(line, Reason.SEVERAL_CANDIDATES, [entry])
        elif rules.amount_needs_owner:
            lines.propose(claiming[0], entry)
        else:
            lines.take(Rule.AMOUNT, claiming[0], [entry])


def match_sums(lines: Unnamed) -> None:
    """Matches a line to the only deposits of its office that add up to it, those whose references it has among them.

    Two lines that want one deposit get nothing; nor does one that wants what another line could be by itself.
    """
    work = lines.work
    found: dict[int, list[int]] = {}
    wanted: defaultdict[int, int] = defaultdict(int)
    waiting = Waiting(lines, _IN_SUMS)
    for line in lines.summable():
        near = waiting.rows[waiting.around(line)]
        near = near[np.sign(work.gross[near]) == np.sign(work.amount[line])]
        if len(near) < 2 or (np.abs(work.gross[near]).sum() < abs(work.amount[line])):
            continue
        sure = [entry for entry in lines.named.get(line, ()) if entry in near]
        if sure and abs(int(work.amount[line] - work.gross[sure].sum())) <= work.rules.tolerance_poisha:
            continue  # counted otherwise by the bank, rather than paid in with something else
        outcome, entries = _sum_of(work, line, near, sure)
        if outcome is Outcome.UNIQUE:
            found[line] = entries
            for entry in entries:
                wanted[entry] += 1
        elif outcome in _DOUBTS:
            lines.doubt(line, _DOUBTS[outcome], near)
    for line, entries in found.items():
        if all(wanted[entry] == 1 and entry not in lines.contested for entry in entries):
            lines.take(Rule.SUM, line, entries)
        else:
            lines.doubt(line, Reason.NOT_UNIQUE_SUM, entries)


def _sum_of(work: Work, line: int, near: Whole, sure: list[int]) -> tuple[Outcome, list[int]]:
    """The entries that make up the line, whole or each less its fee; the sure ones are in it whatever the others."""
    rules, total = work.rules, abs(int(work.amount[line]))
    others = near[~np.isin(near, sure)]
    answers = []
    for amounts in (work.gross, work.net) if (work.net[near] != work.gross[near]).any() else (work.gross,):
        rest = total - abs(int(amounts[sure].sum()))
        small = others[np.abs(amounts[others]) <= rest]
        if len(small) > rules.sum_most_entries:
            return Outcome.SEVERAL, []
        if rest <= 0 or not len(small):
            continue
        outcome, places = unique_sum(np.abs(amounts[small]).tolist(), rest, rules.sum_seconds)
        if outcome in _DOUBTS:
            return outcome, []
        if outcome is Outcome.UNIQUE:
            answers.append([*sure, *small[list(places)].tolist()])
    if not answers or any(len(answer) < 2 for answer in answers):
        return Outcome.NONE, []
    return (Outcome.UNIQUE, answers[0]) if len(answers) == 1 else (Outcome.SEVERAL, [])


def match_splits(lines: Unnamed) -> None:
    """Matches the only lines of an office that add up to one of its deposits, none of which could be another."""
    work, rules = lines.work, lines.work.rules
    waiting = Waiting(lines, _IN_SUMS)
    parts_of: defaultdict[int, list[int]] = defaultdict(list)
    for line in lines.summable():
        near = waiting.around(line)
        if near.stop - near.start <= _MOST_SPLIT:
            for entry in waiting.rows[near].tolist():
                if 0 < work.amount[line] / work.gross[entry] < 1:
                    parts_of[entry].append(line)
    found: dict[int, list[int]] = {}
    wanted: defaultdict[int, int] = defaultdict(int)
    for entry, parts in parts_of.items():
        if 2 <= len(parts) <= rules.sum_most_entries:
            amounts = np.abs(work.amount[parts]).tolist()
            outcome, places = unique_sum(amounts, abs(int(work.gross[entry])), rules.sum_seconds)
            if outcome is Outcome.UNIQUE:
                found[entry] = [parts[place] for place in places]
                for line in found[entry]:
                    wanted[line] += 1
    for entry, parts in found.items():
        if entry not in lines.contested and all(wanted[one] == 1 and len(lines.alike[one]) == 1 for one in parts):
            work.take(Rule.SPLIT, parts, [entry])
