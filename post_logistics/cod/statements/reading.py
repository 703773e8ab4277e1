"""The lines of a statement file, read by its layout: all of them, each checked, or none.

The file is read once, ``CHUNK_ROWS`` at a time. Whatever is no line has to be a known note, a repeated header, or words
below the last line: a row that might be a damaged line refuses the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from post_logistics.cod.statements.balances import Balances
from post_logistics.cod.statements.chunks import Chunk, ChunkReader
from post_logistics.cod.statements.columns import NO_AMOUNT, NO_DAY, LineColumns, Lines, day_of
from post_logistics.cod.statements.fingerprints import Fingerprints
from post_logistics.cod.statements.header import find_header
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.notes import Notes
from post_logistics.cod.statements.parsing import BAD_DAY, Problems
from post_logistics.cod.statements.table import open_table
from post_logistics.errors import Unacceptable
from post_logistics.units import taka

CHUNK_ROWS = 8_192

_AGAIN = "export the statement again"


@dataclass(slots=True)
class _Counts:
    """What was counted so far; ``days``: earliest and latest, of the first line and of the last."""

    rows: int = 0
    repeated: int = 0
    without_amount: int = 0
    credit_poisha: int = 0
    debit_poisha: int = 0
    days: tuple[int, int, int, int] | None = None

    def add(self, lines: Lines) -> None:
        """Counts lines, at least one."""
        amount, day = lines.amount_poisha, lines.booked_on
        self.rows += len(lines)
        self.credit_poisha += int(amount[amount > 0].sum())
        self.debit_poisha -= int(amount[amount < 0].sum())
        early, late, top, bottom = int(day.min()), int(day.max()), int(day[0]), int(day[-1])
        if self.days:
            early, late, top = min(early, self.days[0]), max(late, self.days[1]), self.days[2]
        self.days = early, late, top, bottom


@dataclass(frozen=True, slots=True)
class Summary:
    """What a file is as a whole: its lines, its days, and its balances as far as it says them.

    ``repeated``: rows that it has twice under one number of the bank's; ``without_amount``: rows that move nothing.
    """

    rows: int
    repeated: int
    without_amount: int
    credit_poisha: int
    debit_poisha: int
    first_on: date
    last_on: date
    opening_poisha: int | None
    closing_poisha: int | None


class StatementReader:
    """Iterates once over the lines of a file, in chunks; ``summary`` is there when the last has been read.

    ``until``: no line can be of a later day. Unacceptable names row, column and remedy of the first problem, and up to
    ``MAX_PROBLEMS`` in its facts.
    """

    def __init__(self, file: BinaryIO, name: str, layout: Layout, source: str, *, until: date | None = None) -> None:
        self.summary: Summary | None = None
        self._table = open_table(file, name)
        self._header = find_header(self._table, layout)
        self._problems = Problems(self._header)
        self._chunks = ChunkReader(layout, self._header, until, self._problems)
        self._notes = Notes(layout)
        self._fingerprints = Fingerprints(source)
        self._balances = Balances()
        self._counts = _Counts()
        self._words_below: int | None = None

    def __iter__(self) -> Iterator[Lines]:
        header = self._header.row
        for first, rows in self._table.chunks(self._header.delimiter, CHUNK_ROWS):
            if first == 1:
                for number, cells in enumerate(rows[: header - 1], start=1):
                    self._notes.take(number, cells, {}, has_amount=False)
                rows = rows[header:]  # noqa: PLW2901 - what is left are the rows of the table
            if rows:
                lines = self._lines(self._chunks.read(header + 1 if first == 1 else first, rows))
                if len(lines):
                    yield lines
        self.summary = self._summary()

    def _lines(self, chunk: Chunk) -> Lines:
        """The lines of the chunk that move money, counted, with their ids; the balances bear them out."""
        is_line = chunk.is_line.copy()
        is_line[self._notes.labels(chunk.texts["description"])] = False
        self._take_others(chunk, is_line)
        self._problems.refuse()
        lines = chunk.lines(is_line)
        ids, repeated = self._fingerprints.of(lines)
        lines = replace(lines, line_id=ids).take(~repeated)
        self._balances.add(lines.row, lines.amount_poisha, lines.balance_poisha)
        self._check_balances()
        moving = lines.amount_poisha != 0
        self._counts.repeated += int(repeated.sum())
        self._counts.without_amount += int((~moving).sum())
        lines = lines.take(moving)
        if len(lines):
            self._counts.add(lines)
        return lines

    def _take_others(self, chunk: Chunk, is_line: NDArray[np.bool_]) -> None:
        """Accounts for every row that is no line: none is left out without a reason."""
        header = tuple(map(str.strip, self._header.cells))
        for at in np.flatnonzero(~is_line).tolist():
            cells, row, day = [cell.strip() for cell in chunk.rows[at]], int(chunk.row[at]), int(chunk.booked_on[at])
            filled = sum(map(bool, cells))
            has_amount = bool(chunk.moved_poisha[at] != NO_AMOUNT)
            if not filled or tuple(cells) == header:
                continue
            if self._notes.take(row, cells, self._header.positions, has_amount=has_amount):
                continue
            if not has_amount and (day == NO_DAY or (day == BAD_DAY and filled == 1)):
                self._words_below = self._words_below or row
            else:
                self._refuse_row(chunk, at)
        if self._words_below and is_line.any() and self._words_below < int(chunk.row[is_line][-1]):
            reason = "the row is neither a line nor a known note, and lines follow it"
            self._problems.add(self._words_below, "booked_on", reason, f"{_AGAIN}, or add to the words of the layout")

    def _refuse_row(self, chunk: Chunk, at: int) -> None:
        row, day = int(chunk.row[at]), int(chunk.booked_on[at])
        if day == NO_DAY:
            self._problems.add(row, "booked_on", "the day is missing", _AGAIN)
        elif day == BAD_DAY:
            self._chunks.bad_day(row, "booked_on", chunk.rows[at][self._header.positions["booked_on"]])
        elif at in chunk.reasons:
            self._problems.add(row, *chunk.reasons[at])
        else:
            field = next(name for name in ("amount", "credit", "debit") if name in self._header.positions)
            self._problems.add(row, field, "the amount is missing", _AGAIN)

    def _check_balances(self) -> None:
        if broken := self._balances.broken:
            row, expected, found = broken
            reason = f"the balance is {taka(found)}, but the lines come to {taka(expected)} here"
            self._problems.add(row, "balance", reason, f"a row is missing or was changed: {_AGAIN}")
            self._problems.refuse()

    def _summary(self) -> Summary:
        """The file as a whole; Unacceptable when its own sums contradict its lines."""
        counts, notes = self._counts, self._notes
        if counts.days is None:
            raise Unacceptable("the file has no lines", field="file", remedy="export a period in which something moved")
        early, late, top, bottom = counts.days
        ends = self._balances.ends(newest_first=top > bottom)
        opening, closing = ends or (notes.opening_poisha, notes.closing_poisha)
        self._check_stated("opening", notes.opening_poisha, opening)
        self._check_stated("closing", notes.closing_poisha, closing)
        if opening is not None and closing is not None:
            self._check_stated("closing", closing, opening + self._balances.total_poisha)
        for field, stated in (notes.totals[1] if notes.totals else {}).items():
            self._check_stated(field, stated, counts.credit_poisha if field == "credit" else counts.debit_poisha)
        return Summary(
            rows=counts.rows,
            repeated=counts.repeated,
            without_amount=counts.without_amount,
            credit_poisha=counts.credit_poisha,
            debit_poisha=counts.debit_poisha,
            first_on=day_of(early),
            last_on=day_of(late),
            opening_poisha=opening,
            closing_poisha=closing,
        )

    def _check_stated(self, what: str, stated: int | None, found: int | None) -> None:
        if stated is not None and found is not None and stated != found:
            raise Unacceptable(
                f"the file says {what} {taka(stated)}, but its lines come to {taka(found)}",
                field=what,
                remedy=f"a row is missing or was changed: {_AGAIN}; nothing of this file was imported",
            )


def read_columns(file: BinaryIO, name: str, layout: Layout, source: str) -> LineColumns:
    """All lines of a file as matching takes them, each called by its row: for files without a database."""
    return LineColumns.joined(lines.columns(source) for lines in StatementReader(file, name, layout, source))
