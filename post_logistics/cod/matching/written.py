"""References that are almost right: a digit wrong, two neighbours swapped, the end cut off; all else as it is."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pandas as pd

from post_logistics.cod.matching.columns import NONE, Reason, Rule, Whole
from post_logistics.cod.matching.keys import Keys, near, sizes_of
from post_logistics.cod.matching.references import Mentions, looks
from post_logistics.cod.matching.text import LONGEST, Squashed, hash_at, in_parts, spelt, squash
from post_logistics.cod.matching.work import REASON_CODE, Work

_MOST_CUT = 4


def match_nearly(work: Work, keys: Keys, mentions: Mentions) -> None:
    """Matches a line whose reference is a slip of the pen for that of one entry of its amount, in its days, or its
    beginning.

    The entry has to be the only one, also among those that have come already; and no other line may mean it. A line
    that has the right reference of an entry still open means that one; and one told twice means nothing new.
    """
    fewest = max(work.rules.reference_characters, 6)
    waiting = work.match_of_entry[mentions.entry] == NONE
    clear = set(mentions.line[waiting & (mentions.how != 2)].tolist())
    told_twice = work.reason == REASON_CODE[Reason.DUPLICATE]
    open_lines = work.open_lines()[~told_twice[work.open_lines()]].tolist()
    rows = np.array([line for line in open_lines if line not in clear], dtype=np.int64)
    meant: defaultdict[int, dict[int, str]] = defaultdict(dict)
    for line, entry, text in (*_slips(work, keys, rows, fewest), *_cut_off(work, keys, rows, fewest)):
        meant[line][entry] = text
    _take(work, meant)


def _slips(work: Work, keys: Keys, rows: Whole, fewest: int) -> Iterator[tuple[int, int, str]]:
    """The lines with a slip of the pen: line, the entry that it may mean, and what it says."""
    both = [f"{work.lines.reference[row]} | {work.lines.description[row]}" for row in rows]
    for first, texts in in_parts(both):
        begins = np.flatnonzero(texts.breaks[:-1])
        text_of = np.searchsorted(texts.start, begins, "right") - 1
        for size in keys.sizes(fewest):
            fit = np.flatnonzero(begins + size <= texts.start[text_of + 1])
            fit = fit[texts.breaks[begins[fit] + size]]
            for run, at in near(texts.codes, begins[fit], size, keys):
                yield from _possible(work, keys, rows[first + text_of[fit[run]]], at, texts, begins[fit[run]], size)


def _cut_off(work: Work, keys: Keys, rows: Whole, fewest: int) -> Iterator[tuple[int, int, str]]:
    """The lines whose reference is the beginning of one, but for a few characters: line, entry, and what it says."""
    texts = squash([work.lines.reference[row] for row in rows])
    length = texts.length()
    for size in sizes_of(length[length <= LONGEST], fewest):
        mine = np.flatnonzero(length == size)
        longer = np.flatnonzero(keys.whole & (keys.size > size) & (keys.size <= size + _MOST_CUT))
        theirs = hash_at(keys.codes, keys.start[longer], size)
        hashes = hash_at(texts.codes, texts.start[mine], size)
        likely = pd.Series(theirs).isin(hashes).to_numpy()
        longer, theirs = longer[likely], theirs[likely]
        for text, one in zip(mine.tolist(), hashes, strict=True):
            at = longer[theirs == one]
            begins = np.full(len(at), texts.start[text])
            for place in range(size):
                same = texts.codes[begins + place] == keys.codes[keys.start[at] + place]
                begins, at = begins[same], at[same]
            yield from _possible(work, keys, np.full(len(at), rows[text]), at, texts, begins, size)


def _possible(
    work: Work, keys: Keys, line: Whole, at: Whole, texts: Squashed, begins: Whole, size: int
) -> Iterator[tuple[int, int, str]]:
    entry = keys.entry[at]
    close = work.fits(line, entry) & work.in_window(line, entry) & (keys.digits[at] > 0) & (keys.front[at] == 0)
    for one, other, where in zip(line[close].tolist(), entry[close].tolist(), begins[close].tolist(), strict=True):
        yield one, other, spelt(texts.codes[where : where + size])


def _take(work: Work, meant: dict[int, dict[int, str]]) -> None:
    claims: defaultdict[int, list[int]] = defaultdict(list)
    for line in sorted(meant, key=work.place):
        entries = list(meant[line])
        if len(entries) > 1:
            work.doubt(line, Reason.SEVERAL_CANDIDATES, entries)
        elif work.match_of_entry[entries[0]] != NONE:
            work.doubt(line, Reason.DUPLICATE, entries)
        else:
            claims[entries[0]].append(line)
    for entry, lines in claims.items():
        if len({looks(work, line) for line in lines}) > 1:
            for line in lines:
                work.doubt(line, Reason.SEVERAL_CANDIDATES, [entry])
            continue
        work.take(Rule.NEARLY, lines[:1], [entry], meant[lines[0]][entry])
        for line in lines[1:]:
            work.doubt(line, Reason.DUPLICATE, [entry])
