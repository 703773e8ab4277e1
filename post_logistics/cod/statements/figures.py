"""Columns of amounts in the common way of writing, read all at once: 1234.50, 1,234.50, 1,23,456.78, and a minus."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.columns import NO_AMOUNT

_MOST_DIGITS = 17
"""More do not fit a column."""
_WORTH = 10 ** np.arange(_MOST_DIGITS + 1, dtype=np.int64)
_END, _COMMA, _MINUS, _POINT, _ZERO = b"\n,-.0"
_PART = 3
"""A point and two digits."""


def figures_in(cells: Sequence[str]) -> tuple[NDArray[np.int64], list[int]]:
    """Poisha of a column, ``NO_AMOUNT`` where a cell is empty, and the positions of those that are written in another
    way, which have still to be read."""
    joined = "\n".join(cells)
    if joined.count("\n") >= len(cells):
        return np.full(len(cells), NO_AMOUNT, dtype=np.int64), [at for at, cell in enumerate(cells) if cell]
    written = np.frombuffer((joined + "\n").encode("ascii", "replace"), dtype=np.uint8)
    ends = np.flatnonzero(written == _END)
    begins = np.concatenate(([0], ends[:-1] + 1))
    digit = written - np.uint8(_ZERO)
    is_digit = digit < 10
    digits_to_here = np.cumsum(is_digit)
    behind: NDArray[np.int64] = np.repeat(digits_to_here[ends], ends - begins + 1) - digits_to_here
    digits = np.add.reduceat(is_digit, begins, dtype=np.int64)
    poisha = np.add.reduceat(np.where(is_digit, digit * _WORTH[np.minimum(behind, _MOST_DIGITS)], 0), begins)
    negative = written[begins] == _MINUS
    common = _is_common(written, is_digit, begins, ends, digits, negative)
    poisha[negative] = -poisha[negative]
    poisha[~common] = NO_AMOUNT
    return poisha, np.flatnonzero(~common & (ends > begins)).tolist()


def _is_common(
    written: NDArray[np.uint8],
    is_digit: NDArray[np.bool_],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    digits: NDArray[np.int64],
    negative: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Which cells are a minus or none, whole taka with no commas or with those of thousands or of lakhs, and paisa."""
    to_end = np.repeat(ends, ends - begins + 1) - np.arange(len(written))
    is_point, is_comma = (written == _POINT) & (to_end == _PART), written == _COMMA
    from_point = to_end - _PART - 1
    counted = [is_comma, is_point, is_comma & (from_point % 4 == 3), is_comma & (from_point % 3 == 0)]
    commas, points, in_thousands, in_lakhs = (np.add.reduceat(one, begins, dtype=np.int64) for one in counted)
    whole = digits - 2
    thousands = (commas == in_thousands) & (commas == (whole - 1) // 3)
    lakhs = (commas == in_lakhs) & (commas == np.maximum(whole - 2, 0) // 2)
    nothing_else = digits + commas + points + negative == ends - begins
    fits: NDArray[np.bool_] = (points == 1) & (whole > 0) & (digits <= _MOST_DIGITS) & nothing_else
    fits &= (commas == 0) | thousands | lakhs
    return fits
