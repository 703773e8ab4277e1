"""A statement file as rows of texts, numbered as a spreadsheet numbers them: CSV in any encoding, or a workbook.

The file is never held whole: a block or a row at a time, and caps on everything that an unfriendly file could grow.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from post_logistics.consignments.order_files.workbook import placed_records
from post_logistics.errors import Unacceptable

MAX_FILE_BYTES = 1 << 30
MAX_ROWS = 5_000_000
MAX_CELLS = 400
_UNPACKED_BYTES = 1 << 30
_LINE_CHARS = 1 << 20
"""No line of text is longer; nor is one read further to see where it ends."""
_BLOCK_BYTES = 1 << 20
_ROWS_AT_ONCE = 256
_BEGINNING_BYTES = 64 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_DELIMITER_LINE = re.compile(r"sep=([,;\t|])\r?\n?", re.I)
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1f]")
_BANGLA_IN_UTF8 = re.compile(rb"\xe0[\xa6\xa7][\x80-\xbf]")
_WESTERN_SIGNS = frozenset("‘’“”–—…•°£€§½¼¾·\u00a0")


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that has been looked at: its encoding, or None for a workbook. ``rows`` may be called again and again."""

    file: BinaryIO
    name: str
    encoding: str | None

    @property
    def delimiters(self) -> tuple[str, ...]:
        """What may separate its cells; a workbook needs nothing."""
        return _DELIMITERS if self.encoding else ("",)

    def rows(self, delimiter: str) -> Iterator[list[str]]:
        """All rows from the first, cells as text, empty rows as empty lists; Unacceptable names where reading ends."""
        return chain.from_iterable(self._records(delimiter, _ROWS_AT_ONCE))

    def chunks(self, delimiter: str, size: int) -> Iterator[tuple[int, list[list[str]]]]:
        """All rows, ``size`` at a time, with the number of the first; Unacceptable for too many of anything."""
        first = 1
        for chunk in self._records(delimiter, size):
            if first + len(chunk) - 1 > MAX_ROWS:
                raise Unacceptable(
                    f"{self.name} has more than {MAX_ROWS} rows", field="file", remedy="export a shorter period"
                )
            if max(map(len, chunk)) > MAX_CELLS:
                row = first + next(at for at, cells in enumerate(chunk) if len(cells) > MAX_CELLS)
                raise Unacceptable("the row has too many cells", field="file", row=row, remedy=f"{MAX_CELLS} are read")
            yield first, chunk
            first += len(chunk)

    def _records(self, delimiter: str, size: int) -> Iterator[list[list[str]]]:
        self.file.seek(0)
        return self._text_records(delimiter, size) if self.encoding else self._sheet_records(size)

    def _sheet_records(self, size: int) -> Iterator[list[list[str]]]:
        rows = placed_records(self.file, _UNPACKED_BYTES)
        while chunk := list(islice(rows, size)):
            yield chunk

    def _text_records(self, delimiter: str, size: int) -> Iterator[list[list[str]]]:
        assert self.encoding
        text = io.TextIOWrapper(self.file, self.encoding, newline="")
        try:
            named = _DELIMITER_LINE.fullmatch(text.readline(_LINE_CHARS))
            if not named:
                text.seek(0)
            lines = chain.from_iterable(_lines(text, self.name))
            rows = csv.reader(lines, delimiter=named[1] if named else delimiter, strict=True)
            read, broken = 0, None
            while not broken:
                chunk: list[list[str]] = []
                try:
                    chunk.extend(islice(rows, size))
                except csv.Error as error:
                    broken = _unmatched(read + len(chunk) + 1, error)
                except Unacceptable as error:
                    broken = error
                if not chunk:
                    break
                yield chunk  # also what was read before it broke
                read += len(chunk)
            if broken:
                raise broken
        finally:
            text.detach()


def _unmatched(row: int, error: csv.Error) -> Unacceptable:
    return Unacceptable(
        f"the quotation marks do not match from here on ({error})",
        row=row,
        field="file",
        remedy='in this row and the next, write a quotation mark inside a quoted cell twice ("")',
    )


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[list[str]]:
    """The lines with their ends, a block at a time: whoever reads a million asks for none by itself."""
    rest = ""
    while block := text.read(_LINE_CHARS):
        lines = io.StringIO(rest + block, newline="").readlines()
        rest = lines.pop()  # it may go on in the next block, as may a \r\n between the two
        yield lines
        if len(rest) >= _LINE_CHARS:
            raise Unacceptable(f"{name} has a line without end", field="file", remedy="send a .csv or .xlsx file")
    if rest:
        yield [rest]


def open_table(file: BinaryIO, name: str) -> TableFile:
    """The file as a table, judged by its content and not by its name's ending; Unacceptable when it is none."""
    size = file.seek(0, io.SEEK_END)
    if size > MAX_FILE_BYTES:
        raise Unacceptable(
            f"{name} is larger than {MAX_FILE_BYTES >> 20} MB", field="file", remedy="export a shorter period"
        )
    file.seek(0)
    beginning = file.read(_BEGINNING_BYTES)
    if not beginning.strip():
        raise Unacceptable(f"{name} is empty", field="file", remedy="export the statement again")
    if beginning.startswith(_OLD_EXCEL):
        raise Unacceptable(
            f"{name} is an old .xls workbook or locked with a password",
            field="file",
            remedy="open it in the spreadsheet and save it as .xlsx without a password, or as 'CSV UTF-8'",
        )
    if beginning.startswith(_ZIP):
        return TableFile(file, name, None)
    encoding = _encoding(file, beginning)
    if beginning.decode(encoding, errors="ignore").lstrip("\ufeff \r\n\t")[:1] == "<":
        raise Unacceptable(
            f"{name} is a web page, whatever its name says",
            field="file",
            remedy="open it in the spreadsheet and save it as .xlsx",
        )
    return TableFile(file, name, encoding)


def _encoding(file: BinaryIO, beginning: bytes) -> str:
    """How the whole file is encoded: Unicode, or plainly Western. Anything else would turn Bangla into nonsense."""
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif beginning[1:400:2].count(0) * 4 > len(beginning[1:400:2]):  # no mark in front, but every second byte is 0
        encoding = "utf-16-le"
    else:
        encoding = "utf-8-sig"
        if b"\0" in beginning or len(_NO_TEXT.findall(beginning)) * 100 > len(beginning):
            raise Unacceptable("the file is no text", field="file", remedy="send a .csv or .xlsx file")
    bad_row = _undecodable_row(file, encoding)
    if bad_row is None:
        return encoding
    if encoding == "utf-8-sig" and _is_western(file):
        return "cp1252"
    raise Unacceptable(
        "the file is not Unicode text from this row on",
        row=bad_row,
        field="file",
        remedy="in the spreadsheet, choose 'Save as' and the type 'CSV UTF-8', or send the .xlsx file",
    )


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        yield block


def _undecodable_row(file: BinaryIO, encoding: str) -> int | None:
    """The row in which decoding fails; None if the whole file can be decoded."""
    decoder, row = codecs.getincrementaldecoder(encoding)(), 1
    try:
        for block in _blocks(file):
            row += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return row + error.object[: error.start].count(b"\n")
    return None


def _is_western(file: BinaryIO) -> bool:
    """Whether the bytes are Windows text of nothing but Latin letters and common signs, and no damaged UTF-8."""
    seen: set[str] = set()
    for block in _blocks(file):
        if _BANGLA_IN_UTF8.search(block):
            return False
        seen.update(block.decode("cp1252", errors="replace"))
    return all(one.isascii() or one in _WESTERN_SIGNS or unicodedata.category(one)[0] == "L" for one in seen)
