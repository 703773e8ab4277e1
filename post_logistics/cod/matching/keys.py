"""The references of all entries in one index, and the entries whose reference a text has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from post_logistics.cod.matching.columns import Days, Flags, Small, Whole, ranges
from post_logistics.cod.matching.text import LONGEST, Codes, Hashes, Squashed, hash_at, nearly, spelt, squash

_LETTERS = 11
_NUMBER = frozenset({"", "NO", "REF", "ID", "SLIP", "SLIPNO", "TRX", "TRXID", "TXN", "TXNID", "DEP", "CHQ", "RCPT"})
"""Words for a number, which may be written on to it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """References in the order of their hashes.

    hash: (k,) uint64; entry: (k,) int64, whose it is; start: (k,) int64, where it begins in ``codes``; size: (k,)
    int64, how long it is; front: (k,) int64, how many letters in front were left away (2 of ``SB0042`` for ``0042``);
    digits: (k,) int64, how many it has: a mere word stands in too many texts, a mere number in too many others.
    """

    codes: Codes
    hash: Hashes
    entry: Whole
    start: Whole
    size: Whole
    front: Whole
    digits: Whole
    _edges: Days
    _shift: np.uint64

    def holding(self, codes: Codes, starts: Whole, size: int) -> tuple[Whole, Whole]:
        """The runs of ``size`` codes at ``starts`` that are references: which run, and its place among the keys."""
        hashes = hash_at(codes, starts, size)
        runs, at = self.look_up(hashes, np.arange(len(starts)))
        same = self.size[at] == size
        runs, at = runs[same], at[same]
        for place in range(size):
            same = codes[starts[runs] + place] == self.codes[self.start[at] + place]
            runs, at = runs[same], at[same]
        return runs, at

    @property
    def whole(self) -> Flags:
        """(k,) bool: whether nothing was left away."""
        whole: Flags = self.front == 0
        return whole

    def like_these(self, texts: Squashed) -> Flags:
        """(n,) bool: which texts have digits and letters in the places where some reference has them."""
        mine = replace(texts, codes=_shape(texts.codes)).hashes()
        shape = _shape(self.codes)
        known: set[int] = set()
        for size in self.sizes():
            known.update(pd.unique(hash_at(shape, self.start[(self.front == 0) & (self.size == size)], size)).tolist())
        return np.array([one in known for one in mine.tolist()], dtype=np.bool_)

    def look_up(self, hashes: Hashes, numbers: Whole) -> tuple[Whole, Whole]:
        """The keys of these hashes: for each its number, and its place among the keys. A hash may deceive."""
        bucket = hashes >> self._shift
        low, high = self._edges[bucket], self._edges[bucket + np.uint64(1)]
        full = np.flatnonzero(high > low)
        at, which = ranges(low[full], high[full])
        which = full[which]
        same = self.hash[at] == hashes[which]
        return numbers[which[same]], at[same]

    def sizes(self, fewest: int = 1) -> list[int]:
        """The lengths that references have."""
        return sizes_of(self.size, fewest)


def sizes_of(lengths: Whole, fewest: int = 1) -> list[int]:
    """The lengths that there are."""
    return [int(size) for size in np.flatnonzero(np.bincount(lengths)) if size >= fewest]


def key_index(columns: Sequence[Sequence[str]], fewest: int) -> Keys:
    """The references of all entries, a text per entry in each column, "" for none; without the letters in front only
    where at least ``fewest`` digits and letters are left."""
    codes: list[Codes] = []
    parts: list[tuple[Whole, Whole, Whole, Whole]] = []
    offset = 0
    for column in columns:
        texts = squash(column)
        length = texts.length()
        given = np.flatnonzero((length > 0) & (length <= LONGEST))
        start, size = texts.start[given] + offset, length[given]
        parts.append((given, start, size, np.zeros(len(given), np.int64)))
        bare = _letters_in_front(texts)[given]
        short = np.flatnonzero((bare > 0) & (size - bare >= max(fewest, 6)))
        parts.append((given[short], start[short] + bare[short], (size - bare)[short], bare[short]))
        codes.append(texts.codes)
        offset += len(texts.codes)
    joined = np.concatenate([np.zeros(0, np.uint8), *codes])
    entry, start, size, front = (
        np.concatenate([np.zeros(0, np.int64), *(part[n] for part in parts)]).astype(np.int64) for n in range(4)
    )
    hashes = np.zeros(len(entry), np.uint64)
    for one in sizes_of(size):
        same = np.flatnonzero(size == one)
        hashes[same] = hash_at(joined, start[same], int(one))
    counted = np.concatenate(([0], np.cumsum(joined < _LETTERS)))
    digits = counted[start + size] - counted[start]
    order = np.argsort(hashes)
    buckets = min(max(len(hashes).bit_length() + 1, 8), 22)
    shift = np.uint64(64 - buckets)
    counts = np.bincount((hashes >> shift).astype(np.int64), minlength=1 << buckets)
    edges = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return Keys(
        codes=joined,
        hash=hashes[order],
        entry=entry[order],
        start=start[order],
        size=size[order],
        front=front[order],
        digits=digits[order],
        _edges=edges,
        _shift=shift,
    )


def _shape(codes: Codes) -> Codes:
    return np.where(codes < _LETTERS, 1, _LETTERS).astype(np.uint8)


def _letters_in_front(texts: Squashed) -> Whole:
    """(n,) int64: how many letters each text begins with; 0 for one without digits after them."""
    digits = np.flatnonzero(texts.codes < _LETTERS)
    at = np.searchsorted(digits, texts.start[:-1])
    first = digits[np.minimum(at, len(digits) - 1)] if len(digits) else texts.start[1:]
    inside = (at < len(digits)) & (first < texts.start[1:])
    return np.where(inside, first - texts.start[:-1], 0)


Hits = tuple[Whole, Whole, Small]
"""Line, entry, and how its reference was found: 0 it is the line's reference, 1 inside a text, 2 without letters."""


def equal(texts: Squashed, rows: Whole, keys: Keys) -> tuple[Whole, Whole]:
    """The rows whose whole text is a reference: row, entry."""
    length = texts.length()[rows]
    lines, entries = [rows[:0]], [rows[:0]]
    for size in keys.sizes():
        fit = rows[length == size]
        runs, at = keys.holding(texts.codes, texts.start[fit], int(size))
        whole = keys.front[at] == 0
        lines.append(fit[runs[whole]])
        entries.append(keys.entry[at[whole]])
    return np.concatenate(lines), np.concatenate(entries)


def inside(texts: Squashed, keys: Keys, fewest: int) -> Hits:
    """The texts in which a reference stands between two breaks: text, entry, how. The same may come more than once."""
    begins = np.flatnonzero(texts.breaks[:-1])
    text_of = np.searchsorted(texts.start, begins, "right") - 1
    ends = texts.start[text_of + 1]
    found: list[Hits] = []
    for size in keys.sizes(fewest):
        fit = np.flatnonzero(begins + size <= ends)
        fit = fit[texts.breaks[begins[fit] + size]]
        runs, at = keys.holding(texts.codes, begins[fit], int(size))
        sure = (keys.digits[at] > 0) & (keys.digits[at] < size)
        bare = np.flatnonzero(keys.digits[at] == size)
        places = zip(text_of[fit[runs[bare]]], begins[fit[runs[bare]]], keys.front[at[bare]], strict=True)
        sure[bare] = [_alone(texts, text, begin, size, front) for text, begin, front in places]
        runs, at = runs[sure], at[sure]
        found.append((text_of[fit[runs]], keys.entry[at], np.where(keys.front[at] == 0, 1, 2).astype(np.int8)))
    if not found:
        none = np.zeros(0, np.int64)
        return none, none, none.astype(np.int8)
    return tuple(np.concatenate(columns) for columns in zip(*found, strict=True))  # type: ignore[return-value]


def _alone(texts: Squashed, text: int, begin: int, size: int, front: int) -> bool:
    """Whether a mere number stands by itself, or after a word for what it is; not after as many letters as were left
    away from it, for ``SC-0042`` is not ``SB-0042``."""
    if not texts.gaps[begin + size]:
        return False
    first = begin
    while (
        first > texts.start[text] and texts.codes[first - 1] >= _LETTERS and (first == begin or not texts.gaps[first])
    ):
        first -= 1
    before = spelt(texts.codes[first:begin])
    return before in _NUMBER if not texts.gaps[begin] else not front or len(before) != front or before in _NUMBER


def near(codes: Codes, starts: Whole, size: int, keys: Keys) -> Iterator[tuple[Whole, Whole]]:
    """The runs of ``size`` codes that are a reference but for one digit, or for two neighbours swapped: run, and place
    among the keys, in parts."""
    for rows, hashes in nearly(codes, starts, size):
        runs, at = keys.look_up(hashes, rows)
        same = keys.size[at] == size
        runs, at = runs[same], at[same]
        if len(runs):
            apart = np.zeros(len(runs), np.int64)
            for place in range(size):
                apart += codes[starts[runs] + place] != keys.codes[keys.start[at] + place]
            close = (apart == 1) | (apart == 2)  # a hash may deceive, but not so
            yield runs[close], at[close]
