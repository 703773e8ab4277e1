"""Columns of texts as columns of days and amounts, and what is wrong with the cells that cannot be read."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.cells import amount_in, day_in
from post_logistics.cod.statements.columns import NO_AMOUNT, NO_DAY
from post_logistics.cod.statements.figures import figures_in
from post_logistics.cod.statements.header import Header
from post_logistics.errors import Unacceptable

BAD_DAY = NO_DAY + 1
"""What stands for a text that is no day."""
BAD_AMOUNT = NO_AMOUNT + 1
"""What stands for a text that is no amount."""
MAX_PROBLEMS = 20

_KNOWN_DAYS = 100_000
_NOTHING = frozenset({"", "-", "--", "–", "—"})
"""How an empty cell of an amount is written."""
_HARMLESS = re.compile(r"[\d০-৯\s.,:/+()-]{1,40}")
"""What a refusal may repeat: figures, never a name that stands in the wrong column."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell. ``row`` as a spreadsheet numbers it, ``column`` as the file calls it."""

    row: int
    column: str
    reason: str
    remedy: str


class Problems:
    """What is wrong in a file; ``refuse`` raises it all as one refusal."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._found: list[Problem] = []

    def add(self, row: int, field: str, reason: str, remedy: str) -> None:
        """Adds a problem of a field, or of a column by its own name; no more than ``MAX_PROBLEMS`` are remembered."""
        if len(self._found) < MAX_PROBLEMS:
            column = self._header.name(field) if field in self._header.positions else field.strip()
            self._found.append(Problem(row, column, reason, remedy))

    def refuse(self) -> None:
        """Passes if nothing is wrong; else Unacceptable: the first problem, and all of them among its facts."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda one: one.row)
        first = found[0]
        raise Unacceptable(
            first.reason,
            field=first.column,
            row=first.row,
            remedy=f"{first.remedy}; nothing of this file was imported",
            problems=[asdict(one) for one in found],
        )


def shown(cell: str) -> str:
    """The cell for a refusal, unless it may be somebody's name."""
    return repr(cell.strip()) if _HARMLESS.fullmatch(cell.strip()) else "what stands here"


class DayColumn:
    """Reads one column of days; all of a file in one format, or a spreadsheet has turned some of them round."""

    def __init__(self, formats: Sequence[str]) -> None:
        self.formats = formats
        self.used: set[str] = set()
        self._known: dict[str, int] = {}

    def read(self, cells: Sequence[str]) -> NDArray[np.int32]:
        """Days since 1970; ``NO_DAY`` for empty cells, ``BAD_DAY`` for others that are no day."""
        if len(self._known) > _KNOWN_DAYS:
            self._known.clear()
        for cell in set(cells) - self._known.keys():
            self._known[cell] = self._day(cell)
        return np.fromiter(map(self._known.__getitem__, cells), dtype=np.int32, count=len(cells))

    def _day(self, cell: str) -> int:
        if not cell.strip():
            return NO_DAY
        found = day_in(cell, self.formats)
        if found is None:
            return BAD_DAY
        self.used.add(found[1])
        return found[0]


def amounts(cells: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Poisha of a column, less than nothing where the cell says so, and which of them carry a mark CR or DR.

    ``NO_AMOUNT`` stands for empty cells, ``BAD_AMOUNT`` for those that are no exact amount.
    """
    poisha, others = figures_in(cells)
    marked = np.zeros(len(cells), dtype=bool)
    for at in others:
        poisha[at], marked[at] = amount_in(cells[at]) or _no_amount(cells[at])
    return poisha, marked


def _no_amount(cell: str) -> tuple[int, bool]:
    return (NO_AMOUNT if cell.strip() in _NOTHING else BAD_AMOUNT), False
