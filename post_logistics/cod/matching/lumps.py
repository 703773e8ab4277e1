"""Lines of providers: all that one owes of a batch, of a day or of a few, in one sum, less its fee and its refunds."""

from collections import defaultdict
from typing import Any

import numpy as np

from post_logistics.cod.matching.amounts import Unnamed, Waiting
from post_logistics.cod.matching.columns import KINDS, NONE, EntryKind, Reason, Rule, Whole
from post_logistics.cod.matching.keys import inside, key_index
from post_logistics.cod.matching.text import in_parts
from post_logistics.cod.matching.work import Work

_IN_LUMPS = (KINDS.index(EntryKind.COLLECTION),)
_MOST_DAYS = 5
"""A lump may hold so many days: a weekend with a holiday before or after it."""


def match_batches(lines: Unnamed) -> None:
    """Matches a line that names a batch and is the sum of what of it has not come yet, a provider's fee aside."""
    work = lines.work
    if work.entries.group is None:
        return
    of_batch: defaultdict[str, list[int]] = defaultdict(list)
    for entry in work.open_entries().tolist():
        of_batch[work.entries.group[entry]].append(entry)
    of_batch.pop("", None)
    names = list(of_batch)
    if not names:
        return
    keys = key_index([names], work.rules.reference_characters)
    waiting = lines.open()
    both = [f"{work.lines.reference[line]} | {work.lines.description[line]}" for line in waiting]
    said: defaultdict[int, set[str]] = defaultdict(set)
    for first, texts in in_parts(both):
        found, batch, _ = inside(texts, keys, 1)
        for text, number in zip(found.tolist(), batch.tolist(), strict=True):
            said[waiting[first + text]].add(names[number])
    for line, batches in said.items():
        entries = of_batch[min(batches)]
        if len(batches) > 1 or (work.match_of_entry[entries] != NONE).any():
            lines.doubt(line, Reason.SEVERAL_CANDIDATES, entries)
        elif int(work.amount[line]) in _totals(
            work,
            work.entries.owner[entries[0]],
            *(int(column.sum()) for column in (work.gross[entries], work.net[entries], work.gross[entries])),
        ):
            lines.take(Rule.GROUP, line, entries)
        else:
            lines.doubt(line, Reason.AMOUNT_DIFFERS, entries)


def _totals(work: Work, owner: str, gross: Any, net: Any, paid: Any) -> tuple[Any, ...]:
    """What entries of these sums, or of each of these columns of sums, may come to: whole, less the fee of each, less a
    fee of the whole, or less a fee of what was ``paid`` in before refunds."""
    fee = work.rules.fees.get(owner)
    return (gross, net, *((gross - fee.of(gross), gross - fee.of(paid)) if fee and fee.per == "lump" else ()))


def match_days(lines: Unnamed) -> None:
    """Matches a provider's lump: all that it owes of one day, or of a few in a row, less its fee and its refunds.

    One run of days has to fit, and no other; no single entry may; no other line may want any of it; and none of those
    days' payments may have come by itself, for then the provider does not pay by the day.
    """
    work = lines.work
    waiting = Waiting(lines, _IN_LUMPS, lines.work.rules.lump_days_after)
    days = _Days(work, waiting)
    wanted = np.zeros(len(waiting.rows), np.int64)
    fitting: dict[int, list[Whole]] = {}
    for line in lines.open():
        for run in days.runs(line, lines.owner.get(line, "")):
            fitting.setdefault(line, []).append(run)
            wanted[run] += 1
    for line, runs in fitting.items():
        entries = waiting.rows[runs[0]]
        if len(runs) == 1 and len(entries) == 1:
            continue  # `match_amounts` looks at it
        sole = len(runs) == 1 and bool((wanted[runs[0]] == 1).all()) and not len(lines.same_amount(line))
        whole = len(lines.paid_in_days(line, entries)) == np.count_nonzero(work.gross[entries] > 0)
        if sole and whole and not lines.came_apart(line, entries):
            lines.take(Rule.GROUP, line, entries.tolist())
        else:
            lines.doubt(line, Reason.SEVERAL_CANDIDATES, entries)


class _Days:
    """The sums of what waits, from any day to any other: payments, payments less fees, refunds."""

    def __init__(self, work: Work, waiting: Waiting) -> None:
        self._work, self._waiting = work, waiting
        gross, net = work.gross[waiting.rows], work.net[waiting.rows]
        self._came = gross > 0
        self._sums = [
            np.concatenate(([0], np.cumsum(np.where(counted, amounts, 0))))
            for amounts, counted in ((gross, self._came), (net, self._came), (gross, ~self._came))
        ]

    def runs(self, line: int, owner: str) -> list[Whole]:
        """The runs of days that come to the line's amount, as positions of what waits: without refunds, with those of
        their own days, or with earlier ones, too."""
        near = self._waiting.around(line)
        if near.stop == near.start:
            return []
        due = self._waiting.due[near]
        edges = np.flatnonzero(np.diff(due, prepend=due[0] - 1, append=due[-1] + 1)) + near.start
        first, last = np.triu_indices(len(edges) - 1)
        short = self._waiting.due[edges[last + 1] - 1] - self._waiting.due[edges[first]] < _MOST_DAYS
        low, high = edges[first[short]], edges[last[short] + 1]
        paid, net, back = (column[high] - column[low] for column in self._sums)
        earlier = self._sums[2][low] - self._sums[2][near.start]
        found = {}
        begin = np.full_like(low, near.start)
        for since, refunds in ((high, 0), (low, back), (begin, back + earlier)):
            totals = _totals(self._work, owner, paid + refunds, net + refunds, paid)
            for hit in np.flatnonzero(np.any([one == self._work.amount[line] for one in totals], axis=0)):
                run = np.arange(min(low[hit], since[hit]), high[hit])
                run = run[np.where(self._came[run], run >= low[hit], run >= since[hit])]
                found[run.tobytes()] = run
        return list(found.values())
