"""Reading the CSV tables a postmaster may edit: every complaint names the file, the row and the column."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from post_logistics.errors import Unacceptable
from post_logistics.units import Postcode, latin_digits


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; row 1 is the first under the header. A reader that cannot read its cell raises Unacceptable.

    Numbers, days and postcodes may be written in Bangla digits.
    """

    file: str
    number: int
    cells: dict[str, str]

    def refuse(self, column: str, message: str, remedy: str) -> Unacceptable:
        """The error to raise about one cell of this row."""
        return Unacceptable(f"{self.file}: {message}", field=column, row=self.number, remedy=remedy, file=self.file)

    def optional(self, column: str) -> str:
        """The cell's text, which may be empty."""
        return self.cells[column]

    def text(self, column: str) -> str:
        """The cell's text, which may not be empty."""
        text = self.cells[column]
        if not text:
            raise self.refuse(column, "the cell is empty", "fill it in")
        return text

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        """The cell's text, one of the allowed words."""
        text = self.cells[column]
        if text not in allowed:
            raise self.refuse(column, f"{text!r} is not known here", f"write one of: {', '.join(map(repr, allowed))}")
        return text

    def several(self, column: str) -> tuple[str, ...]:
        """The texts of a cell that lists them with semicolons, in order; an empty cell lists none."""
        return tuple(text for part in self.cells[column].split(";") if (text := part.strip()))

    def whole(self, column: str) -> int:
        """The cell as a whole number greater than zero."""
        text = self._digits(column)
        if not (text.isascii() and text.isdigit() and int(text) > 0):
            raise self.refuse(column, f"{text!r} is not a whole number above zero", "write digits only, such as 1500")
        return int(text)

    def degrees(self, column: str, low: float, high: float) -> float:
        """The cell as decimal degrees between ``low`` and ``high``."""
        text = self._digits(column)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise self.refuse(
                column, f"{text!r} is not between {low} and {high} degrees", "write decimal degrees, such as 23.728"
            )
        return value

    def day(self, column: str) -> date:
        """The cell as a calendar day."""
        text = self._digits(column)
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.refuse(column, f"{text!r} is not a day", "write year-month-day: 2016-12-29") from None

    def postcode(self, column: str) -> Postcode:
        """The cell as a postcode."""
        return self._postcode(column, self._digits(column))

    def postcodes(self, column: str) -> tuple[Postcode, ...]:
        """The postcodes of a cell that lists them with semicolons, in order; an empty cell lists none."""
        return tuple(self._postcode(column, latin_digits(text)) for text in self.several(column))

    def _digits(self, column: str) -> str:
        return latin_digits(self.cells[column])

    def _postcode(self, column: str, text: str) -> Postcode:
        if not (len(text) == 4 and text.isascii() and text.isdigit()):
            raise self.refuse(column, f"{text!r} is not a postcode", "write four digits, such as 1216")
        return Postcode(text)


def read_table(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a UTF-8 CSV file whose header holds exactly these columns, in any order.

    Cells are stripped; empty lines are passed over, but counted.
    """
    file = path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Unacceptable(f"{file} is missing", file=file, remedy=f"put it into {path.parent}") from None
    except UnicodeDecodeError:
        raise Unacceptable(
            f"{file} is not UTF-8 text", file=file, remedy="in the spreadsheet program, save as 'CSV UTF-8'"
        ) from None
    lines = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(lines, [])]
    if sorted(header) != sorted(columns):
        missing, unknown = sorted(set(columns) - set(header)), sorted(set(header) - set(columns))
        raise Unacceptable(
            f"{file}: the header is wrong: missing {missing or 'none'}, unknown {unknown or 'none'}",
            file=file,
            remedy=f"write the header as: {','.join(columns)}",
        )
    for number, cells in enumerate(lines, start=1):
        if not cells:
            continue
        if len(cells) != len(header):
            raise Unacceptable(
                f"{file}: {len(cells)} cells where the header has {len(header)} columns",
                row=number,
                file=file,
                remedy='put a cell that contains a comma between double quotes ("...")',
            )
        yield Row(file, number, dict(zip(header, map(str.strip, cells), strict=True)))
