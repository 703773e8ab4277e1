"""Some rows of a statement, taken apart by column and read; and what is wrong in their cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.cells import is_spoilt_number, texts_in
from post_logistics.cod.statements.columns import NO_AMOUNT, NO_DAY, Lines, day_number, day_of, texts
from post_logistics.cod.statements.header import Header
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.parsing import BAD_AMOUNT, BAD_DAY, DayColumn, Problems, amounts, shown
from post_logistics.cod.statements.signs import Reasons, signed_amounts
from post_logistics.units import local_day

MAX_TEXT_CHARS = 2_000
TEXTS = ("reference", "description", "counterparty", "id")

_AGAIN = "export the statement again"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as they stand, and their columns; ``is_line`` marks those with a day and an amount.

    ``reasons``: why an amount could not be told, by position; ``moved_poisha`` may be ``NO_AMOUNT`` or ``BAD_AMOUNT``.
    """

    rows: list[list[str]]
    row: NDArray[np.int32]
    booked_on: NDArray[np.int32]
    value_on: NDArray[np.int32]
    moved_poisha: NDArray[np.int64]
    balance_poisha: NDArray[np.int64]
    reasons: Reasons
    texts: dict[str, Sequence[str]]
    is_line: NDArray[np.bool_]

    def lines(self, is_line: NDArray[np.bool_]) -> Lines:
        """The rows that are lines, still without ids."""
        at = np.flatnonzero(is_line)
        kept = {name: texts([cells[i] for i in at.tolist()]) for name, cells in self.texts.items()}
        return Lines(
            line_id=texts([None] * len(at)),
            row=self.row[at],
            booked_on=self.booked_on[at],
            value_on=self.value_on[at],
            amount_poisha=self.moved_poisha[at],
            reference=kept["reference"],
            description=kept["description"],
            counterparty=kept["counterparty"],
            bank_id=kept["id"],
            balance_poisha=self.balance_poisha[at],
        )


class ChunkReader:
    """Reads the rows of one file, some at a time; adds what is wrong in them to ``problems``."""

    def __init__(self, layout: Layout, header: Header, until: date | None, problems: Problems) -> None:
        self._layout, self._header, self._problems = layout, header, problems
        self._until = None if until is None else day_number(until)
        self._days = {name: DayColumn(layout.dates) for name in ("booked_on", "value_on")}

    def read(self, first_row: int, rows: list[list[str]]) -> Chunk:
        """The rows taken apart; ``first_row`` is the number of the first."""
        columns = self._columns(first_row, rows)
        count = len(rows)
        booked, value = (
            self._days[name].read(columns[name]) if name in columns else np.full(count, NO_DAY, dtype=np.int32)
            for name in ("booked_on", "value_on")
        )
        moved, reasons = signed_amounts(columns, self._layout)
        balance = amounts(columns["balance"])[0] if "balance" in columns else np.full(count, NO_AMOUNT, dtype=np.int64)
        chunk = Chunk(
            rows=rows,
            row=np.arange(first_row, first_row + count, dtype=np.int32),
            booked_on=booked,
            value_on=value,
            moved_poisha=moved,
            balance_poisha=balance,
            reasons=reasons,
            texts={n: texts_in(columns[n]) if n in columns else [""] * count for n in TEXTS},
            is_line=(booked > BAD_DAY) & (moved > BAD_AMOUNT),
        )
        self._check_days(chunk)
        self._check_texts(chunk)
        for at in np.flatnonzero(chunk.is_line & (balance == BAD_AMOUNT)).tolist():
            reason = f"{shown(columns['balance'][at])} is no exact amount of taka"
            self._problems.add(first_row + at, "balance", reason, _AGAIN)
        return chunk

    def bad_day(self, row: int, field: str, cell: str) -> None:
        """Adds that the cell is no day."""
        reason = f"{shown(cell)} is no day written {' or '.join(self._layout.dates)}"
        self._problems.add(row, field, reason, "correct the layout's dates, or the cell")

    def _columns(self, first_row: int, rows: list[list[str]]) -> dict[str, Sequence[str]]:
        """The columns of the layout; every row is made as wide as the header."""
        width = len(self._header.cells)
        for at, cells in enumerate(rows) if set(map(len, rows)) != {width} else ():
            if len(cells) < width:
                rows[at] = cells + [""] * (width - len(cells))
            elif len(cells) > width:
                if any(map(str.strip, cells[width:])):
                    reason = f"the row has {len(cells)} cells, the header {width}"
                    remedy = 'put a cell that holds a comma or a line break between quotation marks ("...")'
                    self._problems.add(first_row + at, self._header.cells[-1], reason, remedy)
                rows[at] = cells[:width]
        whole = list(zip(*rows, strict=True))
        return {field: whole[position] for field, position in self._header.positions.items()}

    def _check_days(self, chunk: Chunk) -> None:
        for at in np.flatnonzero(chunk.is_line & (chunk.value_on == BAD_DAY)).tolist():
            self.bad_day(int(chunk.row[at]), "value_on", chunk.rows[at][self._header.positions["value_on"]])
        for field, column in self._days.items():
            if len(column.used) > 1:
                reason = f"days are written in more than one way: {', '.join(sorted(column.used))}"
                remedy = "a spreadsheet may have turned day and month round: send the file as the bank gave it"
                self._problems.add(int(chunk.row[0]), field, reason, remedy)
        if self._until is not None:
            for at in np.flatnonzero(chunk.is_line & (chunk.booked_on > self._until)).tolist():
                reason = f"{local_day(day_of(chunk.booked_on[at]))} is still to come"
                remedy = "check the layout's dates: day and month may be the other way round"
                self._problems.add(int(chunk.row[at]), "booked_on", reason, remedy)

    def _check_texts(self, chunk: Chunk) -> None:
        for field, cells in chunk.texts.items():
            if max(map(len, cells)) <= MAX_TEXT_CHARS and "E+" not in "\n".join(cells):
                continue
            for at, cell in enumerate(cells):
                if len(cell) > MAX_TEXT_CHARS:
                    remedy = f"at most {MAX_TEXT_CHARS} characters are kept: shorten it"
                    self._problems.add(int(chunk.row[at]), field, "the text is too long", remedy)
                elif "E+" in cell and field in {"reference", "id"} and is_spoilt_number(cell):
                    remedy = "send the file as the bank gave it, or format the column as Text"
                    self._problems.add(int(chunk.row[at]), field, "a spreadsheet has rounded the number", remedy)
