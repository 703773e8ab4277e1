"""Tables for people to open in a spreadsheet, in which no cell becomes a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet may take for the beginning of a formula, also in full width and after spaces."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def write_table(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], *, for_excel: bool = False
) -> None:
    """Writes the table as UTF-8 CSV; a cell that looks like a formula gets an apostrophe, plain numbers do not.

    ``for_excel`` puts the mark in front by which Excel knows UTF-8; other programs do without. None is an empty cell.
    """
    with path.open("w", encoding="utf-8-sig" if for_excel else "utf-8", newline="") as file:
        _write(file, columns, rows)


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The table as CSV text, as ``write_table`` writes it."""
    file = io.StringIO(newline="")
    _write(file, columns, rows)
    return file.getvalue()


def _write(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    writer = csv.writer(file)
    writer.writerow([safe_cell(column) for column in columns])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)


def safe_cell(cell: object) -> str:
    """The text of a cell, with an apostrophe in front where a spreadsheet would compute it."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
