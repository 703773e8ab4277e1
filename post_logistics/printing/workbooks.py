"""Workbooks for people to open in a spreadsheet, in which no cell becomes a formula."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook  # type: ignore[import-untyped,unused-ignore]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped,unused-ignore]
from openpyxl.styles import Alignment, Font, PatternFill  # type: ignore[import-untyped,unused-ignore]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped,unused-ignore]

from post_logistics.printing.tables import safe_cell

Rows = Iterable[Sequence[object]]

_NOT_ALLOWED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML cannot hold."""
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME, _LONGEST_TEXT = 31, 32_000
_AMOUNT, _NUMBER = "#,##0.00", "#,##0"
_WIDTHS = (10, 44)
_HEAD = PatternFill("solid", fgColor="E8ECEF")


def workbook(sheets: Mapping[str, tuple[Sequence[str], Rows, Sequence[object]]]) -> bytes:
    """An Excel file with a sheet for each name: (heads, rows, total), the total in bold, or empty.

    Numbers stay numbers, a ``Decimal`` with two places; every other value is text, never a formula. Whatever the number
    of rows, few are in memory.
    """
    book = Workbook(write_only=True)
    for name, (heads, rows, total) in sheets.items():
        page = book.create_sheet(_NOT_IN_NAMES.sub(" ", name)[:_LONGEST_NAME])
        page.freeze_panes = "A2"
        for n, head in enumerate(heads, 1):
            page.column_dimensions[get_column_letter(n)].width = min(max(len(head) + 2, _WIDTHS[0]), _WIDTHS[1])
        page.append([_head(page, head) for head in heads])
        for row in rows:
            page.append([_cell(page, value) for value in row])
        if total:
            page.append([_cell(page, value, bold=True) for value in total])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _head(page: Any, text: str) -> Any:
    cell = _cell(page, text, bold=True)
    cell.fill, cell.alignment = _HEAD, Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(page: Any, value: object, *, bold: bool = False) -> Any:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        cell = WriteOnlyCell(page, value)
        cell.number_format = _AMOUNT if isinstance(value, Decimal) else _NUMBER
    else:
        cell = WriteOnlyCell(page, safe_text(value))
        cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def safe_text(value: object) -> str:
    """The text as a cell can hold it, with an apostrophe in front where a spreadsheet would compute it."""
    return safe_cell(_NOT_ALLOWED.sub("\ufffd", "" if value is None else str(value))[:_LONGEST_TEXT])
