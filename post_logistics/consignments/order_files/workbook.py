"""The rows of an Excel workbook (.xlsx, ECMA-376 part 1, chapter 18), read as a stream.

A reader that loads a sheet whole sets aside its whole rectangle and copies a shared text into every cell that shows
it: half a megabyte made for the purpose then fills any memory. Here one row is held at a time and nothing is copied.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from posixpath import join, normpath
from typing import BinaryIO
from xml.parsers import expat

from post_logistics.consignments.entries import DATE_CELL
from post_logistics.errors import Unacceptable

_UNPACKED_BYTES = 128 * 2**20
_COLUMNS = 16_384
_CELL_CHARS = 32_767
"""Excel's own limits."""
_TEXT_CHARS = 2**20
"""No text between two elements is read further than this."""
_UNCALCULATED = "#VALUE!"
"""What stands for a formula whose result was not saved: refused like a failed one, never taken for an empty cell."""
_CHUNK_BYTES = 64 * 1024
_DAY_ZERO, _DAY_ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a cell's date has no zone
_BROKEN = (expat.ExpatError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, LookupError, EOFError)
"""What reading a damaged or locked workbook raises."""
_DIGITS = "0123456789"
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""Built-in number formats that show a date or a time (18.8.30)."""
_AS_IT_STANDS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
"""The parts of a number format in which letters are no date: texts, paddings, colours and conditions."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How characters that XML cannot hold are written (18.18.94)."""

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


def workbook_records(raw: bytes) -> Iterator[list[str]]:
    """The rows of the first visible sheet that is not empty, cells as text; Unacceptable when it cannot be read.

    Rows are as wide as the first that is not empty; only one with something further right is wider.
    """
    width = 0
    for cells in _first_sheet(io.BytesIO(raw), _UNPACKED_BYTES, dates=False):
        width = width or max(cells, default=0)
        beyond = [text for column, text in cells.items() if column > width]
        yield [cells.get(column, "") for column in range(1, width + 1)] + beyond


def placed_records(file: BinaryIO, unpacked_bytes: int) -> Iterator[list[str]]:
    """The rows of that sheet with every cell in its own column, for tables that do not begin at the first row.

    Dates come as ``2026-11-22``, with ``14:05:00`` behind where there is a time. Unacceptable as above.
    """
    for cells in _first_sheet(file, unpacked_bytes, dates=True):
        yield [cells.get(column, "") for column in range(1, max(cells, default=0) + 1)]


def _first_sheet(file: BinaryIO, unpacked_bytes: int, *, dates: bool) -> Iterator[dict[int, str]]:
    """The rows of the first visible sheet that is not empty, texts by column."""
    try:
        with zipfile.ZipFile(file) as parts:
            _check_size(parts, unpacked_bytes)
            book = _Book(parts, dates=dates)
            for path in book.visible_sheets:
                filled = False
                for cells in book.rows(path):
                    filled = filled or bool(cells)
                    yield cells
                if filled:
                    return
    except _BROKEN as error:
        raise Unacceptable(
            f"the workbook cannot be read: {error}",
            field="file",
            remedy="open it in the spreadsheet and save it again as .xlsx without a password, or as 'CSV UTF-8'",
        ) from None


def _check_size(parts: zipfile.ZipFile, unpacked_bytes: int) -> None:
    """Passes a workbook that unpacks to a bearable size; never more is unpacked than its directory says.

    Sheets are read as a stream; what is not a sheet is held.
    """
    sizes = {part.filename: part.file_size for part in parts.infolist()}
    held_bytes = sum(size for name, size in sizes.items() if not name.startswith("xl/worksheets/"))
    if sum(sizes.values()) > unpacked_bytes or held_bytes > _UNPACKED_BYTES:
        raise Unacceptable(
            f"the workbook unpacks to more than {unpacked_bytes >> 20} MB",
            field="file",
            remedy="send it in several files",
        )


class _Book:
    """The parts of a workbook that tell what the cells of its sheets mean."""

    def __init__(self, parts: zipfile.ZipFile, *, dates: bool) -> None:
        self._parts = parts
        self._dates = dates
        self._day_zero = _DAY_ZERO
        kinds, paths = self._relations()
        self.visible_sheets = [paths[name] for name in self._visible_sheet_ids()]
        self._texts = self._shared_texts(paths[kinds["sharedStrings"]]) if "sharedStrings" in kinds else []
        self._date_styles = self._styles_of_dates(paths[kinds["styles"]]) if "styles" in kinds else set()

    def rows(self, path: str) -> Iterator[dict[int, str]]:
        """The texts of each row of a sheet by column, from 1, without its empty cells; rows left out are empty."""
        rows: list[tuple[int, dict[int, str]]] = []
        row = column = 0
        kind = style = value = ""
        formula = False
        cells: dict[int, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row, column, kind, style, value, formula, cells
            if name == "c":
                place = attributes.get("r")
                column = _column(place.rstrip(_DIGITS)) if place else column + 1
                if column > _COLUMNS:
                    raise ValueError(f"row {row} has too many columns")
                kind, style, value = attributes.get("t", "n"), attributes.get("s", "0"), ""
                formula = False
            elif name == "row":
                row, column, cells = int(attributes.get("r") or row + 1), 0, {}

        def end(name: str, text: str) -> None:
            nonlocal value, formula
            if name in {"v", "t"}:
                value += text
            elif name == "f":
                formula = True
            elif name == "c":
                if formula and not value:
                    cells[column] = _UNCALCULATED
                elif value:
                    cells[column] = _bounded(self._text(kind, style, value))
            elif name == "row":
                rows.append((row, cells))

        number = 0
        for _ in _follow(self._parts, path, start, end):
            for row_number, row_cells in rows:
                while (number := number + 1) < row_number:
                    yield {}
                yield row_cells
            rows.clear()

    def _text(self, kind: str, style: str, value: str) -> str:
        """A cell as it reads on the screen: whole numbers without ``.0``, others to the fifteen digits Excel keeps."""
        if kind == "s":
            return self._texts[int(value)]
        if kind == "b":
            return "FALSE" if value == "0" else "TRUE"
        if kind == "d" or (kind == "n" and style in self._date_styles):
            return self._date(kind, value) if self._dates else DATE_CELL
        if kind != "n":
            return _unescaped(value)
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 10**15 else f"{number:.15g}"

    def _date(self, kind: str, value: str) -> str:
        """A date as ISO 8601 writes it. Days are counted, times are fractions of a day (18.17.4)."""
        try:
            at = datetime.fromisoformat(value) if kind == "d" else self._day_zero + timedelta(days=float(value))
        except (ValueError, OverflowError):
            return DATE_CELL
        at = (at + timedelta(milliseconds=500)).replace(microsecond=0)
        return at.date().isoformat() if at.time() == time() else at.replace(tzinfo=None).isoformat(" ")

    def _relations(self) -> tuple[dict[str, str], dict[str, str]]:
        """The workbook's relations: name by kind (the last of its kind) and path by name."""
        kinds: dict[str, str] = {}
        paths: dict[str, str] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                kinds[attributes["Type"].rpartition("/")[2]] = attributes["Id"]
                paths[attributes["Id"]] = normpath(join("/xl", attributes["Target"])).lstrip("/")

        _read(self._parts, "xl/_rels/workbook.xml.rels", start)
        return kinds, paths

    def _visible_sheet_ids(self) -> list[str]:
        """The names of the relations to the visible sheets, in their order."""
        names: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet" and attributes.get("state", "visible") == "visible":
                names.extend(value for key, value in attributes.items() if key.endswith(":id"))
            elif name == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
                self._day_zero = _DAY_ZERO_1904

        _read(self._parts, "xl/workbook.xml", start)
        return names

    def _shared_texts(self, path: str) -> list[str]:
        """The texts that cells name by their position; readings of foreign script (phonetic runs) are left out."""
        texts: list[str] = []
        text, phonetic = "", False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal text, phonetic
            if name == "si":
                text = ""
            elif name == "rPh":
                phonetic = True

        def end(name: str, run: str) -> None:
            nonlocal text, phonetic
            if name == "t" and not phonetic:
                text += run
            elif name == "rPh":
                phonetic = False
            elif name == "si":
                texts.append(_unescaped(text))

        _read(self._parts, path, start, end)
        return texts

    def _styles_of_dates(self, path: str) -> set[str]:
        """The cell styles, as cells name them, that show a number as a date or a time."""
        date_formats = {str(number) for number in _DATE_FORMATS}
        formats: list[str] = []
        within_cells = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal within_cells
            if name == "numFmt" and set(_AS_IT_STANDS.sub("", attributes["formatCode"]).lower()) & set("dmyhs"):
                date_formats.add(attributes["numFmtId"])
            elif name in {"cellXfs", "cellStyleXfs"}:
                within_cells = name == "cellXfs"
            elif name == "xf" and within_cells:
                formats.append(attributes.get("numFmtId", "0"))

        _read(self._parts, path, start)
        return {str(style) for style, number_format in enumerate(formats) if number_format in date_formats}


def _read(parts: zipfile.ZipFile, path: str, start: Start, end: End = lambda name, text: None) -> None:
    for _ in _follow(parts, path, start, end):
        pass


def _follow(parts: zipfile.ZipFile, path: str, start: Start, end: End) -> Iterator[None]:
    """Calls ``start`` and ``end`` for the elements of a part, names without prefix, and pauses after each chunk.

    ``end`` is given the text since the last beginning or end of an element.
    """
    pieces: list[str] = []

    def started(tag: str, attributes: dict[str, str]) -> None:
        pieces.clear()
        start(tag[tag.find(":") + 1 :], attributes)

    def ended(tag: str) -> None:
        end(tag[tag.find(":") + 1 :], "".join(pieces))
        pieces.clear()

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.CharacterDataHandler = pieces.append
    with parts.open(path) as part:
        while chunk := part.read(_CHUNK_BYTES):
            parser.Parse(chunk)
            if sum(map(len, pieces)) > _TEXT_CHARS:
                raise ValueError("a text has no end")
            yield
        parser.Parse(b"", True)
        yield


def _bounded(text: str) -> str:
    if len(text) > _CELL_CHARS:
        raise ValueError(f"a cell holds {len(text)} characters")
    return text


@lru_cache(maxsize=1024)
def _column(letters: str) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text) if "_x" in text else text
