"""What banks write into the cells of a statement, as a day or an amount: never guessed, exact to the poisha."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np

from post_logistics.cod.statements.columns import day_number
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits

ISO = "YYYY-MM-DD"
"""Always understood: it can be read in one way only, and it is what a workbook's own dates come as."""

_MONTHS = (
    ("jan", "january", "জানুয়ারি", "জানুয়ারী", "জানু"),
    ("feb", "february", "ফেব্রুয়ারি", "ফেব্রুয়ারী", "ফেব"),
    ("mar", "march", "মার্চ"),
    ("apr", "april", "এপ্রিল"),
    ("may", "মে"),
    ("jun", "june", "জুন"),
    ("jul", "july", "জুলাই"),
    ("aug", "august", "আগস্ট", "আগষ্ট"),
    ("sep", "sept", "september", "সেপ্টেম্বর", "সেপ্টে"),
    ("oct", "october", "অক্টোবর", "অক্টো"),
    ("nov", "november", "নভেম্বর", "নভে"),
    ("dec", "december", "ডিসেম্বর", "ডিসে"),
)
_MONTH_OF = {unicodedata.normalize("NFC", name): number for number, names in enumerate(_MONTHS, 1) for name in names}
_PARTS = {
    "DD": r"(?P<day>\d{1,2})",
    "MM": r"(?P<month>\d{1,2})",
    "MMM": r"(?P<name>[^\W\d_][\w\u0980-\u09ff]*)",
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
}
_TIME = r"(?:[ T,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
_FORMAT = re.compile(r"(DD|MMM|MM|YYYY|YY)([-/. ]?)(DD|MMM|MM|YYYY|YY)\2(DD|MMM|MM|YYYY|YY)")
_YEARS = range(2000, 2100)

_AMOUNT_CHARS = 24
"""No amount of a statement is written longer than this; more digits would not fit a column."""
_FAST = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})\.\d\d")
"""What nearly every amount of a statement looks like, in thousands or in lakhs."""
_UNCLEAN = re.compile(r"\n(?=['= ])| (?=[ \n])|[\x00-\x09\x0b-\x1f\x7f-\U0010ffff]+")
"""Where a text may have to be cleaned, in cells that each stand on a line."""
_AMOUNT = re.compile(
    r"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?:tk\.?|bdt|৳|টাকা)?\s*(?P<sign2>[-+])?\s*"
    r"(?P<whole>\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3})?(?:\.(?P<part>\d*))?\s*"
    r"(?P<sign3>[-+])?\s*(?:tk\.?|taka|bdt|৳|টাকা)?\s*(?P<close>\))?\s*(?:\(?(?P<mark>cr|dr)\.?\)?)?",
    re.I,
)
_SPOILT_NUMBER = re.compile(r"-?\d(?:\.\d+)?E\+\d{2,3}", re.I)
_AS_TEXT = re.compile(r'="(.*)"', re.S)
"""How spreadsheets are told that digits are a text."""


@cache
def _pattern(format_: str) -> re.Pattern[str]:
    """The format as an expression, the time of day that may follow included."""
    parts = _FORMAT.fullmatch(format_)
    assert parts is not None
    between = re.escape(parts[2])
    if between and "MMM" in parts.groups():
        between = r"[-/. ,]{1,2}"  # 22-Nov-2026, 22 Nov 2026 and 22 Nov, 2026 differ in nothing
    return re.compile(between.join(_PARTS[parts[n]] for n in (1, 3, 4)) + _TIME)


def check_date_formats(formats: Sequence[str]) -> None:
    """Passes date formats that no text fits in two ways; Unacceptable for none, unknown or contradicting ones."""
    if not formats:
        raise Unacceptable(
            "no date format is given", field="dates", remedy='write dates = ["DD/MM/YYYY"], or as the bank writes days'
        )
    for format_ in formats:
        parts = _FORMAT.fullmatch(format_)
        kinds = sorted(part[0] for part in (parts[1], parts[3], parts[4])) if parts else []
        if kinds != ["D", "M", "Y"]:
            raise Unacceptable(
                f"{format_!r} is no date format",
                field="dates",
                remedy="write DD, MM (11) or MMM (Nov), YYYY or YY, with - / . or a space between: DD-MMM-YYYY",
            )
    numeric = {tuple(part[0] for part in re.findall("D+|M+|Y+", one)) for one in formats if "MMM" not in one}
    if len(numeric - {("Y", "M", "D")}) > 1:
        raise Unacceptable(
            "with these formats 03/04/2026 can be read in two ways", field="dates", remedy="keep one of them"
        )


def day_in(text: str, formats: Sequence[str]) -> tuple[int, str] | None:
    """The day that a text says, as days since 1970, and the format it is in; None if it is no day in any of them."""
    plain = latin_digits(text).strip()
    for format_ in (*formats, ISO):
        found = _pattern(format_).fullmatch(plain)
        if found and (number := _day(found.groupdict())) is not None:
            return number, format_
    return None


def _day(parts: dict[str, str | None]) -> int | None:
    short = parts.get("short")
    year = int(parts.get("year") or f"20{short}")
    name = parts.get("name")
    month = _MONTH_OF.get(unicodedata.normalize("NFC", name).casefold(), 0) if name else int(parts["month"] or 0)
    try:
        return day_number(date(year, month, int(parts["day"] or 0))) if year in _YEARS else None
    except ValueError:
        return None


def amount_in(text: str) -> tuple[int, bool] | None:
    """The amount that a text says in poisha, and whether a mark says its sign; None if it is no exact amount.

    Bangla digits, lakhs (1,23,456.78), brackets and a minus for less than nothing, and the marks CR and DR, which
    say the sign whatever the column means.
    """
    if len(text) > _AMOUNT_CHARS:
        return None
    if _FAST.fullmatch(text):
        poisha = int(text.replace(",", "").replace(".", ""))
        return (poisha, False) if abs(poisha) < _MOST_POISHA else None
    plain = latin_digits(text).translate(_SIGNS).strip()
    found = _AMOUNT.fullmatch(plain)
    if not found or not (found["whole"] or found["part"]) or bool(found["open"]) != bool(found["close"]):
        return None
    part = (found["part"] or "").rstrip("0").ljust(2, "0")
    signs = [found[name] for name in ("sign", "sign2", "sign3") if found[name]]
    if len(part) > 2 or len(signs) + bool(found["open"]) > 1:
        return None
    poisha = int((found["whole"] or "0").replace(",", "") + part)
    negative = bool(found["open"]) or signs == ["-"]
    mark = (found["mark"] or "").lower()
    if (mark and negative) or poisha >= _MOST_POISHA:
        return None
    return (-poisha if negative or mark == "dr" else poisha), bool(mark)


_MOST_POISHA = 10**17
"""More is no amount, and fits no column: somebody has put a number of another kind there."""
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ", "'": None})


def texts_in(cells: Sequence[str]) -> Sequence[str]:
    """``text_in`` of every cell; in no time of those where there is nothing to clean."""
    joined = "\n" + "\n".join(cells) + "\n"
    if joined.count("\n") != len(cells) + 1:
        return [text_in(cell) for cell in cells]
    places = [found.start() for found in _UNCLEAN.finditer(joined)]
    if not places:
        return cells
    ends = np.cumsum(np.fromiter(map(len, cells), dtype=np.int64, count=len(cells)) + 1)
    cleaned = list(cells)
    for at in np.unique(np.searchsorted(ends, places, "right")).tolist():
        cleaned[at] = text_in(cells[at])
    return cleaned


def text_in(cell: str) -> str:
    """The cell on one line: NFC, single spaces, without control characters and a spreadsheet's marks of a text."""
    if cell[:1] in {"'", "="}:
        quoted = _AS_TEXT.fullmatch(cell)
        cell = quoted[1] if quoted else cell.removeprefix("'")
    if not cell.isascii():
        cell = unicodedata.normalize("NFC", cell.translate(_INVISIBLE))
    if not cell.isprintable():
        cell = "".join(one if one.isprintable() or one in _JOINERS else " " for one in cell)
    return " ".join(cell.split())


_INVISIBLE = str.maketrans("", "", "\u00ad\u200b\u200e\u200f\u2060\ufeff")
_JOINERS = "\u200c\u200d"


def is_spoilt_number(text: str) -> bool:
    """Whether a spreadsheet has rounded a long number: 2.02611E+15."""
    return "E+" in text.upper() and bool(_SPOILT_NUMBER.fullmatch(text))
