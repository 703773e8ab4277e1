"""What a line says it is: references, whole, inside a text, several in one line, or one in several lines."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from post_logistics.cod.matching.columns import NONE, Flags, Reason, Rule, Small, Whole
from post_logistics.cod.matching.keys import Hits, Keys, equal, inside, near, sizes_of
from post_logistics.cod.matching.text import Hashes, hash_at, in_parts, words
from post_logistics.cod.matching.work import Work

_IN_TEXT, _BARE = 1, 2


@dataclass(frozen=True, slots=True)
class Mentions:
    """The references found in lines, each pair once: (n,) int64 line, (n,) int64 entry, (n,) int8 how (`keys.Hits`)."""

    line: Whole
    entry: Whole
    how: Small

    def only(self, wanted: Flags) -> "Mentions":
        """Those of them."""
        return Mentions(self.line[wanted], self.entry[wanted], self.how[wanted])

    def by_line(self) -> dict[int, list[int]]:
        """Line -> the entries that it names."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for line, entry in zip(self.line.tolist(), self.entry.tolist(), strict=True):
            found[line].append(entry)
        return dict(found)


def match_references(work: Work, keys: Keys) -> Mentions:
    """Matches every line that has the reference and the amount of one entry in its days; gives back what the others
    mention. Of two lines for one entry the earlier is it, the later its duplicate."""
    mentions = _mentions(work, keys)
    good = work.fits(mentions.line, mentions.entry) & work.in_window(mentions.line, mentions.entry)
    likely = mentions.only(good)
    several = np.bincount(likely.line, minlength=len(work.amount))[likely.line] > 1
    _doubt(work, likely.only(several), Reason.SEVERAL_CANDIDATES)
    likely = likely.only(~several)
    come = work.match_of_entry[likely.entry] != NONE
    _doubt(work, likely.only(come), Reason.DUPLICATE)
    likely = likely.only(~come)
    first = _first_of_each_entry(work, likely)
    safe = ~_has_rival(work, keys, likely)
    _doubt(work, likely.only(~safe), Reason.SEVERAL_CANDIDATES)
    _doubt(work, likely.only(safe & ~first), Reason.DUPLICATE)
    taken = likely.only(safe & first)
    for rule, exact in ((Rule.REFERENCE, taken.how == 0), (Rule.IN_TEXT, taken.how != 0)):
        work.take_pairs(rule, taken.line[exact], taken.entry[exact])
    return mentions.only(work.match_of_line[mentions.line] == NONE)


def _mentions(work: Work, keys: Keys) -> Mentions:
    """Whose references the open lines have. A text is only searched where the reference alone does not settle it."""
    rows = work.open_lines()
    parts: list[Hits] = []
    for first, texts in in_parts(work.lines.reference):
        here = rows[(rows >= first) & (rows < first + len(texts.start) - 1)]
        found, entry = equal(texts, here - first, keys)
        parts.append((found + first, entry, np.zeros(len(found), np.int8)))
    exact = _joined(parts)
    good = work.fits(exact.line, exact.entry) & work.in_window(exact.line, exact.entry)
    settled = np.zeros(len(work.amount), np.bool_)
    settled[exact.line[good]] = True
    rest = rows[~settled[rows]].tolist()
    reference, description = work.lines.reference, work.lines.description
    both = [f"{reference[row]} | {description[row]}" for row in rest]
    for first, texts in in_parts(both):
        text, entry, how = inside(texts, keys, work.rules.reference_characters)
        parts.append((np.array(rest[first : first + len(texts.start) - 1], dtype=np.int64)[text], entry, how))
    return _joined(parts)


def _joined(parts: list[Hits]) -> Mentions:
    """Each pair once, as it was found best; what was found without its letters only where nothing else was."""
    line = np.concatenate([np.zeros(0, np.int64), *(part[0] for part in parts)])
    entry = np.concatenate([np.zeros(0, np.int64), *(part[1] for part in parts)])
    how = np.concatenate([np.zeros(0, np.int8), *(part[2] for part in parts)])
    order = np.lexsort((how, entry, line))
    line, entry, how = line[order], entry[order], how[order]
    new = np.ones(len(line), np.bool_)
    new[1:] = (line[1:] != line[:-1]) | (entry[1:] != entry[:-1])
    found = Mentions(line, entry, how).only(new)
    if not (found.how == _BARE).any():
        return found
    surer = np.zeros(int(found.line.max()) + 1, np.bool_)
    surer[found.line[found.how != _BARE]] = True
    return found.only((found.how != _BARE) | ~surer[found.line])


def _doubt(work: Work, found: Mentions, reason: Reason) -> None:
    for line, entries in found.by_line().items():
        work.doubt(line, reason, entries)


def _first_of_each_entry(work: Work, found: Mentions) -> Flags:
    """Whether the line is the earliest of those that claim its entry; on one day the surest, then by its id."""
    first = np.ones(len(found.line), np.bool_)
    order = np.argsort(found.entry, kind="stable")
    edges = np.flatnonzero(np.diff(found.entry[order], prepend=-1, append=-1))
    for at in np.flatnonzero(np.diff(edges) > 1):
        claims = order[edges[at] : edges[at + 1]]
        lines = found.line[claims]
        first[claims] = False
        keys = [(work.booked[line], how, work.place(line)) for line, how in zip(lines, found.how[claims], strict=True)]
        first[claims[keys.index(min(keys))]] = True
    return first


def _has_rival(work: Work, keys: Keys, found: Mentions) -> Flags:
    """Whether the reference may be a slip of the pen for that of another entry of the same amount that no line claims.

    Two references one digit apart, one amount, one line: nobody can say which of the two it is.
    """
    rival = np.zeros(len(found.line), np.bool_)
    claimed = np.zeros(len(work.gross), np.bool_)
    claimed[found.entry] = True
    waiting = ~claimed & (work.match_of_entry == NONE)
    pair_of = np.full(len(work.gross), NONE, np.int64)
    pair_of[found.entry] = np.arange(len(found.line))
    mine = np.flatnonzero(waiting[keys.entry] & keys.whole & (keys.size >= work.rules.reference_characters))
    mine = mine[_alike(work, keys, mine, np.flatnonzero(claimed[keys.entry] & keys.whole))]
    doubtful = np.zeros(len(work.gross), np.bool_)
    for size in sizes_of(keys.size[mine]):
        rows = mine[keys.size[mine] == size]
        for run, at in near(keys.codes, keys.start[rows], size, keys):
            lost, theirs = keys.entry[rows[run]], keys.entry[at]
            close = claimed[theirs] & (work.gross[lost] == work.gross[theirs])
            lost, theirs = lost[close], theirs[close]
            doubtful[theirs[work.in_window(found.line[pair_of[theirs]], lost)]] = True
    rival[:] = doubtful[found.entry]
    return rival


def _alike(work: Work, keys: Keys, mine: Whole, theirs: Whole) -> Flags:
    """Which of my keys may be near one of theirs: of one amount and size, and one half the same. (Or by chance.)"""
    alike = np.zeros(len(mine), np.bool_)
    bits = min(len(theirs).bit_length() + 4, 24)
    for half in range(2):
        seen = np.zeros(1 << bits, np.bool_)
        seen[_half(work, keys, theirs, half) >> np.uint64(64 - bits)] = True
        alike |= seen[_half(work, keys, mine, half) >> np.uint64(64 - bits)]
    return alike


def _half(work: Work, keys: Keys, at: Whole, half: int) -> Hashes:
    """A number for amount, size and one half of each key; the place in the middle is in neither half."""
    numbers = np.zeros(len(at), np.uint64)
    sizes = keys.size[at]
    for size in sizes_of(sizes):
        rows = np.flatnonzero(sizes == size)
        begin, width = (0, size // 2 - 1) if half == 0 else (size // 2 + 1, size - size // 2 - 1)
        numbers[rows] = hash_at(keys.codes, keys.start[at[rows]] + begin, max(width, 0)) ^ np.uint64(size << 8)
    amounts = work.gross[keys.entry[at]].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (numbers ^ amounts) * np.uint64(0xBF58476D1CE4E5B9)


def match_several(work: Work, mentions: Mentions) -> None:
    """Matches a line that names several entries and is their sum, and lines that name one entry and make it up."""
    mentions = mentions.only(work.match_of_entry[mentions.entry] == NONE)
    mentions = mentions.only(
        work.in_window(mentions.line, mentions.entry) & (work.match_of_line[mentions.line] == NONE)
    )
    named = mentions.by_line()
    for line in _in_order(work, named):
        entries = named[line]
        if len(entries) < 2 or not _add_up(work, line, entries):
            continue
        if (work.match_of_entry[entries] == NONE).all():
            work.take(Rule.SEVERAL_REFERENCES, [line], entries)
        else:
            work.doubt(line, Reason.DUPLICATE, entries)
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for line in _in_order(work, named):
        if len(named[line]) == 1 and work.match_of_line[line] == NONE:
            parts[named[line][0]].append(line)
    for entry, lines in parts.items():
        for wanted in (lines, _each_once(work, lines)):
            if len(wanted) > 1 and work.match_of_entry[entry] == NONE and _make_up(work, wanted, entry):
                work.take(Rule.SPLIT_REFERENCE, wanted, [entry])


def _add_up(work: Work, line: int, entries: list[int]) -> bool:
    """Whether these entries, all of one kind, are the line; less a fee only where one owner keeps it."""
    if len({work.entries.kind[entry] for entry in entries}) > 1:
        return False
    one_owner = len({work.entries.owner[entry] for entry in entries}) == 1
    amount = work.amount[line]
    return bool(amount == work.gross[entries].sum() or (one_owner and amount == work.net[entries].sum()))


def _make_up(work: Work, lines: list[int], entry: int) -> bool:
    amounts = work.amount[lines]
    way = np.sign(work.gross[entry])
    return bool((np.sign(amounts) == way).all() and amounts.sum() in {work.gross[entry], work.net[entry]})


def _in_order(work: Work, lines: dict[int, list[int]]) -> list[int]:
    return sorted(lines, key=work.place)


def looks(work: Work, line: int) -> tuple[int, int, str, str]:
    """All that can be seen of a line: two of the same looks may be one, told twice."""
    reference, description = work.lines.reference[line], work.lines.description[line]
    return int(work.booked[line]), int(work.amount[line]), "".join(words(reference)), "".join(words(description))


def _each_once(work: Work, lines: list[int]) -> list[int]:
    """The lines without those that look like one before."""
    seen = {looks(work, line): line for line in reversed(lines)}
    return [line for line in lines if seen[looks(work, line)] == line]
