"""The rows of a text file with separators, whatever spreadsheet saved it."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator

from post_logistics.errors import Unacceptable

_BEGINNING_BYTES = 64 * 1024
"""Enough of the file to see what it is; the header is in it."""
_DELIMITERS = ",;\t|"
_DELIMITER_LINE = re.compile(r"sep=([,;\t|])\r?\n", re.I)
"""Excel's own first line that names the separator."""
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BANGLA_IN_UTF8 = re.compile(rb"\xe0[\xa6\xa7][\x80-\xbf]")
_WESTERN_SIGNS = frozenset("‘’“”–—…•°£€§½¼¾·\u00a0")


def csv_records(raw: bytes) -> Iterator[list[str]]:
    """The rows of the file, header first, empty lines kept; Unacceptable names the row in which reading ends."""
    encoding = _encoding(raw)
    beginning = raw[:_BEGINNING_BYTES].decode(encoding, errors="ignore")
    _check_is_table(beginning)
    named = _DELIMITER_LINE.match(beginning)
    lines = io.TextIOWrapper(io.BytesIO(raw), encoding, newline="")
    if named:
        lines.readline()
    row = 0
    try:
        for cells in csv.reader(lines, delimiter=named[1] if named else _delimiter(beginning), strict=True):
            yield cells
            row += 1
    except csv.Error as error:
        raise Unacceptable(
            f"the quotation marks do not match from here on ({error})",
            row=row,
            field="file",
            remedy='in this row and the next, write a quotation mark inside a quoted cell twice ("")',
        ) from None


def _encoding(raw: bytes) -> str:
    """How the whole file is encoded: Unicode, or plainly Western. Anything else would turn Bangla into nonsense."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif raw[1:400:2].count(0) * 4 > len(raw[1:400:2]):  # no mark in front, but every second byte of the header is 0
        encoding = "utf-16-le"
    else:
        encoding = "utf-8-sig"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8-sig" and _is_western(raw):
            return "cp1252"
        raise Unacceptable(
            "the file is not Unicode text from this row on",
            row=raw.count(b"\n", 0, error.start),
            field="file",
            remedy="in the spreadsheet, choose 'Save as' and the type 'CSV UTF-8', or send the .xlsx file",
        ) from None
    return encoding


def _is_western(raw: bytes) -> bool:
    """Whether the bytes are Windows text of nothing but Latin letters and common signs, and no damaged UTF-8."""
    characters = set(raw.decode("cp1252", errors="replace"))
    return not _BANGLA_IN_UTF8.search(raw) and all(
        character.isascii() or character in _WESTERN_SIGNS or unicodedata.category(character)[0] == "L"
        for character in characters
    )


def _check_is_table(beginning: str) -> None:
    """Passes what may be rows and columns; Unacceptable for web pages and for what is no text at all."""
    if beginning.lstrip()[:1] == "<":
        raise Unacceptable(
            "the file is a web page, not a table",
            field="file",
            remedy="open it in the spreadsheet and save it as .xlsx",
        )
    if len(_NO_TEXT.findall(beginning)) * 100 > len(beginning):
        raise Unacceptable("the file is no text", field="file", remedy="send a .csv or .xlsx file")


def _delimiter(beginning: str) -> str:
    """The separator that cuts the header into the most cells."""

    def cells_in_header(delimiter: str) -> int:
        header = csv.reader(io.StringIO(beginning.lstrip("\r\n"), newline=""), delimiter=delimiter)
        try:
            return len(next(header, []))
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=cells_in_header)
