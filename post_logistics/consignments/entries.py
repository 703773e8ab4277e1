"""What people write into the cells of an order, as one clean line, an amount or a weight.

Everything here refuses with ``Unacceptable``, which the caller completes with field and row. A refused text is not
repeated in the refusal: it may be somebody's name or address, and refusals are kept.
"""

import re
import unicodedata
from collections.abc import Callable

from post_logistics.errors import Unacceptable
from post_logistics.units import grams_from_kg, latin_digits, poisha_from_taka

DATE_CELL = "#DATE!"
"""What an order file says for a cell the spreadsheet keeps as a date: no field of an order is one."""

_SPOILT = re.compile(
    r"^#+$|(?<![^\s,])#(?:DATE!|N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)(?![^\s,])", re.I
)
"""What a spreadsheet shows for want of a value, alone or in an address put together; and a cell of nothing but #."""
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters that are no white space
    "\u202a-\u202e\u2066-\u2069"  # marks that turn the reading direction and so can hide text
    "\ud800-\udfff\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]"  # halves of letters, private ones, the mark of a lost one
)
_INVISIBLE = str.maketrans("", "", "\u00ad\u200b\u200e\u200f\u2060\ufeff")
"""Marks that print nothing. The two joiners U+200C and U+200D stay: Bangla conjuncts need them."""
_LOST_LETTERS = re.compile(r"\?{3,}")
_ENTRY_CHARS = 40
"""No amount or weight is written longer than this."""
_GROUPED = re.compile(r"\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})*,\d{3}")
"""Digits alone, in thousands (1,250,000) or in lakhs (12,50,000)."""
_AMOUNT = re.compile(
    r"(?:tk\.?|bdt|৳|টাকা)?\s*(?P<sign>[-\u2212(]?)\s*(?:tk\.?|৳)?\s*(?P<whole>[\d,]+)(?P<part>\.\d*)?\s*"
    r"(?:tk\.?|taka|bdt|৳|টাকা)?\s*(?:/[-=])?\s*(?:only|মাত্র)?\)?",
    re.I,
)
_WEIGHT = re.compile(
    r"(?P<sign>[-\u2212]?)\s*(?P<whole>[\d,]*)(?P<part>\.\d*)?\s*(?:kgs?\.?|kilos?|কেজি|(?P<g>g|gms?\.?|grams?|গ্রাম))?",
    re.I,
)


def clean_line(text: str) -> str:
    """The text on one line: NFC, single spaces, nothing invisible. Unacceptable if the cell is spoilt."""
    text = text.strip()
    spoilt = _SPOILT.search(text) if "#" in text else None
    if spoilt and spoilt[0].upper() == DATE_CELL:
        raise Unacceptable(
            "the spreadsheet has made a date of what was typed",
            remedy="format the column as Text and type the cell again",
        )
    if spoilt:
        raise Unacceptable(f"the spreadsheet shows {spoilt[0]}", remedy="correct the formula, or type the value itself")
    if _FORBIDDEN.search(text):
        raise Unacceptable("there are control or damaged characters in the text", remedy="type the cell again")
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def entry(text: str, max_chars: int) -> str:
    """The text on one line, which may be empty but not longer than ``max_chars``."""
    line = clean_line(text)
    if len(line) > max_chars:
        raise Unacceptable(f"{len(line)} characters are too many", remedy=f"write at most {max_chars}")
    return line


def required_entry(text: str, max_chars: int) -> str:
    """The text on one line, which may not be empty."""
    line = entry(text, max_chars)
    if not line:
        raise Unacceptable("is missing", remedy="fill it in")
    return line


def required_words(text: str, max_chars: int) -> str:
    """The text on one line, with at least one letter of some script, and none lost on the way."""
    line = required_entry(text, max_chars)
    if _LOST_LETTERS.search(line):
        raise Unacceptable(
            "Bangla letters have become question marks",
            remedy="in the spreadsheet, save as 'CSV UTF-8', or send the .xlsx file",
        )
    if not any(character.isalpha() for character in line):
        raise Unacceptable("there is no word in it", remedy="write a name or an address, not only digits or signs")
    return line


def amount_poisha(text: str) -> int:
    """An amount written in taka, e.g. ``1,250``, ``Tk 1,25,000/-``, ``১২৫০.৫০ টাকা``; an empty cell is 0."""
    line = latin_digits(entry(text, _ENTRY_CHARS))
    if not line:
        return 0
    written = _AMOUNT.fullmatch(line)
    if written is None:
        raise Unacceptable(
            f"{line!r} is not an amount", remedy="write taka in digits, such as 1250 or 1250.50; 0 for a prepaid order"
        )
    if written["sign"]:
        raise Unacceptable("an amount cannot be negative", remedy="write 0 or more")
    return _exact(written, poisha_from_taka, "poisha, such as 1250.50")


def weight_g(text: str) -> int:
    """A weight in kilograms unless it says grams, e.g. ``0.5``, ``১.৫ কেজি``, ``500 g``; never 0."""
    line = latin_digits(entry(text, _ENTRY_CHARS))
    if not line:
        raise Unacceptable("is missing", remedy="write the weight in kilograms, such as 0.5")
    written = _WEIGHT.fullmatch(line)
    if written is None or not (written["whole"] or written["part"]):
        raise Unacceptable(
            f"{line!r} is not a weight", remedy="write kilograms in digits, such as 0.5, or grams, such as 500 g"
        )
    grams = _exact(written, _grams if written["g"] else grams_from_kg, "gram, such as 0.125 or 125 g")
    if written["sign"] or grams == 0:
        raise Unacceptable("a weight must be more than 0", remedy="weigh the parcel and write kilograms, such as 0.5")
    return grams


def _grams(number: str) -> int:
    """Grams for a number of grams."""
    return grams_from_kg(f"{number}e-3")


def _exact(written: re.Match[str], convert: Callable[[str], int], finest: str) -> int:
    """The number that was written in its smallest unit; Unacceptable when it is ambiguous or finer than that."""
    whole, part = written["whole"] or "0", written["part"] or ""
    if not _GROUPED.fullmatch(whole):
        raise Unacceptable(
            f"{whole!r} can be read in two ways",
            remedy="write a point before a fraction (1.5), and leave out the commas",
        )
    try:
        return convert(whole.replace(",", "") + part.rstrip("."))
    except ValueError:
        raise Unacceptable(f"{whole}{part} is too fine", remedy=f"write it to the {finest}") from None
