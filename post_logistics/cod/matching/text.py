"""Texts as people and banks write references, brought to one form, and found in one another without a loop per line.

A text is kept as its letters A-Z and digits 0-9 alone, in one long array for all texts; where something else stood
between two of them, or a letter meets a digit, there is a break. ``SB-00 42``, ``sb0042`` and ``এসবি SB ০০৪২`` so hold
the same key, and a key is only found from one break to another: ``0042`` is not in ``10042``.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from post_logistics.units import latin_digits

Whole = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Texts = Sequence[str] | npt.NDArray[np.object_]

LONGEST = 64
"""No reference is longer; what is, is not looked for inside other texts."""
_END = "\x1e"
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile("(?:[^\\W_]|[\u0981-\u0983\u09bc-\u09cd\u09d7\u200c\u200d])+")
"""Letters and digits, and the signs that stand on a Bangla letter."""
_DIGITS = 10
"""Codes 1 to 10 are the digits 0 to 9, 11 to 36 the letters."""
_CODES = np.zeros(256, dtype=np.uint8)
_CODES[ord("0") : ord("9") + 1] = np.arange(1, 11)
_CODES[ord("A") : ord("Z") + 1] = np.arange(11, 37)


def _scrambled(count: int) -> Hashes:
    """So many fixed numbers that look like chance (the finaliser of splitmix64 over 1, 2, 3, ...)."""
    numbers = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


_WORTH = _scrambled(37)
"""What each code adds to a hash; times what its place is worth."""
_PLACE = _scrambled(37 + LONGEST)[37:] | np.uint64(1)
_STEP = _PLACE[:-1] - _PLACE[1:]


@dataclass(frozen=True, slots=True)
class Squashed:
    """Texts without all that is no letter or digit.

    codes: (m,) uint8, all texts in a row; start: (n + 1,) int64, where each begins; breaks: (m + 1,) bool, whether a
    word may begin or end before this code; gaps: (m + 1,) bool, whether it does for something that stood there.
    """

    codes: Codes
    start: Whole
    breaks: Flags
    gaps: Flags

    def length(self) -> Whole:
        """(n,) int64: how many letters and digits each text has."""
        return np.diff(self.start)

    def hashes(self) -> Hashes:
        """(n,) uint64: a number for each whole text; 0 for one that is empty or too long."""
        found = np.zeros(len(self.start) - 1, dtype=np.uint64)
        length = self.length()
        for size in np.unique(length[(length > 0) & (length <= LONGEST)]):
            rows = np.flatnonzero(length == size)
            found[rows] = hash_at(self.codes, self.start[rows], int(size))
        return found

    def text(self, row: int) -> str:
        """One text as it is compared."""
        return spelt(self.codes[self.start[row] : self.start[row + 1]])


def spelt(codes: Codes) -> str:
    """The letters and digits of these codes."""
    return "".join("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[code - 1] for code in codes)


def squash(texts: Texts) -> Squashed:
    """The texts in their one form: digits of any script as 0-9, letters as capitals, nothing else."""
    if not len(texts):
        return Squashed(np.zeros(0, np.uint8), np.zeros(1, np.int64), np.ones(1, np.bool_), np.ones(1, np.bool_))
    joined = _END.join(texts)
    if joined.count(_END) != len(texts) - 1:
        joined = _END.join(text.replace(_END, " ") for text in texts)
    raw = np.frombuffer(_plain(joined).encode("ascii", "replace"), dtype=np.uint8)
    codes = _CODES[raw]
    kept = np.flatnonzero(codes)
    ends = np.flatnonzero(raw == ord(_END))
    start = np.concatenate(([0], np.searchsorted(kept, ends), [len(kept)])).astype(np.int64)
    codes = codes[kept]
    gaps = np.ones(len(kept) + 1, dtype=np.bool_)
    gaps[1:-1] = np.diff(kept) > 1
    breaks = gaps.copy()
    breaks[1:-1] |= (codes[1:] > _DIGITS) != (codes[:-1] > _DIGITS)
    return Squashed(codes, start, breaks, gaps)


def _plain(text: str) -> str:
    """Capitals, and 0-9 for the digits of any script."""
    if not text.isascii():
        text = _FOREIGN.sub(lambda run: latin_digits(unicodedata.normalize("NFKC", run.group())), text)
    return text.upper()


def in_parts(texts: Texts, size: int = 200_000) -> Iterator[tuple[int, Squashed]]:
    """The texts squashed so many at a time, each part with the number of its first: memory stays flat."""
    for first in range(0, len(texts), size):
        yield first, squash(texts[first : first + size])


def hash_at(codes: Codes, starts: Whole, size: int) -> Hashes:
    """(k,) uint64: a number for each run of ``size`` codes that begins at ``starts``."""
    found = np.zeros(len(starts), dtype=np.uint64)
    for place in range(size):
        found += _WORTH[codes[starts + place]] * _PLACE[place]
    return found ^ np.uint64(size)


def nearly(codes: Codes, starts: Whole, size: int) -> Iterator[tuple[Whole, Hashes]]:
    """The hashes of all that such a run may have been meant to say: one digit another, or two neighbours swapped.

    Gives parts, each (k,) int64 which of the runs, (k,) uint64 hash.
    """
    own = hash_at(codes, starts, size) ^ np.uint64(size)
    for place in range(size):
        here = codes[starts + place]
        digits = np.flatnonzero((here >= 1) & (here <= _DIGITS))
        for digit in range(1, _DIGITS + 1):
            rows = digits[here[digits] != digit]
            yield rows, (own[rows] + (_WORTH[digit] - _WORTH[here[rows]]) * _PLACE[place]) ^ np.uint64(size)
        if place + 1 < size:
            there = codes[starts + place + 1]
            rows = np.flatnonzero(here != there)
            swapped = (_WORTH[there[rows]] - _WORTH[here[rows]]) * _STEP[place]
            yield rows, (own[rows] + swapped) ^ np.uint64(size)


def words(text: str) -> list[str]:
    """The words of a text as they are compared: its runs of letters and digits."""
    return _WORD.findall(_plain(text))
