"""Numbers of mail bags (receptacles) in the shape of UPU S8 and S9, and what is read where a number is scanned.

    BD1205 BD1216 C CC 6 0001 001 1 0 0123
    |      |      | |  | |    |   | | weight in hundreds of grams
    |      |      | |  | |    |   | 1: there is registered mail in it
    |      |      | |  | |    |   1: the last bag of its series
    |      |      | |  | |    serial of the bag
    |      |      | |  | serial of the series
    |      |      | |  last digit of the year
    |      |      | subclass: CC, parcels of e-commerce (UPU code list 117)
    |      |      category: C, by surface (UPU code list 115)
    origin, and destination: the country and the postcode of the office

The first 20 characters are the *series* (S8 calls them the dispatch), the first 23 the bag's *key*: known when the bag
is begun, and the bag's name in every scan. The last six are known when it is sealed. For use inside the country.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import Unacceptable
from post_logistics.units import ItemNumber, Postcode, latin_digits

SERIES_A_YEAR: Final = 9999
"""Series of one lane whose number ends with the same digit of a year."""
BAGS_A_SERIES: Final = 999
HEAVIEST_G: Final = 999_949
"""What four digits of hundreds of grams can say."""

_COUNTRY: Final = "BD"
_SURFACE: Final = "C"
_ECOMMERCE_PARCELS: Final = "CC"
_KEY: Final = re.compile(r"(?:BD[0-9]{4}){2}[A-Z][A-Z]{2}[0-9](?!0000)[0-9]{4}(?!000)[0-9]{3}")
_REST: Final = re.compile(r"[01]{2}[0-9]{4}")
_BETWEEN: Final = re.compile(r"[\s.\-‐-―]+")


@dataclass(frozen=True, slots=True)
class Receptacle:
    """A bag's number as it was read: the key, and what the sealed bag's label says besides (empty before that)."""

    key: str
    rest: str = ""

    @property
    def printed(self) -> str | None:
        """All 29 characters, if it was sealed."""
        return self.key + self.rest if self.rest else None

    @property
    def series(self) -> str:
        """The 20 characters that the bags of one series share."""
        return self.key[:20]

    @property
    def serial(self) -> int:
        """Its number in the series, from 1."""
        return int(self.key[20:])

    @property
    def origin(self) -> Postcode:
        """The office that made it."""
        return Postcode(self.key[2:6])

    @property
    def destination(self) -> Postcode:
        """The office that is to open it."""
        return Postcode(self.key[8:12])

    @property
    def is_last(self) -> bool:
        """Whether it is labelled the last of its series."""
        return self.rest[:1] == "1"

    @property
    def is_registered(self) -> bool:
        """Whether it is labelled to hold registered mail."""
        return self.rest[1:2] == "1"

    @property
    def weight_g(self) -> int | None:
        """Its weight to the nearest hundred grams, if it was sealed."""
        return int(self.rest[2:]) * 100 if self.rest else None


def lane_of(origin: str, destination: str, on: date) -> str:
    """The first 16 characters of every bag that one office makes up for another in a year."""
    return f"{_COUNTRY}{origin}{_COUNTRY}{destination}{_SURFACE}{_ECOMMERCE_PARCELS}{on.year % 10}"


def keys_of(series: str, first: int, last: int) -> list[str]:
    """The keys of those bags of a series, both ends included."""
    return [f"{series}{serial:03d}" for serial in range(first, last + 1)]


def sealed(key: str, weight_g: int, *, is_last: bool, is_registered: bool) -> Receptacle:
    """The whole number of a bag that is being sealed; Unacceptable if no such weight can be written."""
    if not 0 < weight_g <= HEAVIEST_G:
        raise Unacceptable(
            f"a bag of {weight_g} g cannot be labelled",
            field="weight_g",
            remedy=f"weigh it in grams, from 1 to {HEAVIEST_G}",
        )
    return Receptacle(key, f"{is_last:d}{is_registered:d}{max(1, (weight_g + 50) // 100):04d}")


def parse_receptacle(text: str) -> Receptacle:
    """The bag's number that a person or a scanner wrote, in whichever case, digits and spacing: 23 or 29 characters."""
    compact = _compact(text)
    if len(compact) not in {23, 29}:
        raise Unacceptable(
            f"a bag's number has 23 characters before it is sealed and 29 after, this has {len(compact)}",
            field="bag",
            remedy="scan the bar code, or copy the whole number from the label",
        )
    key, rest = compact[:23], compact[23:]
    if not _KEY.fullmatch(key) or (rest and not _REST.fullmatch(rest)):
        raise Unacceptable(
            f"{spaced(compact)} is no bag's number",
            field="bag",
            remedy="look for O and 0, I and 1 exchanged; it begins with BD and the postcode of the office that made it",
        )
    return Receptacle(key, rest)


def parse_number(text: str) -> ItemNumber | str:
    """The item number or the bag's key that was scanned; Unacceptable if it is neither."""
    return parse_item_number(text) if len(_compact(text)) == 13 else parse_receptacle(text).key


def parse_numbers(texts: Iterable[str]) -> list[str]:
    """The item numbers and bags' keys that were scanned; Unacceptable names the row, from 1, that is neither."""
    numbers: list[str] = []
    for row, text in enumerate(texts, 1):
        try:
            numbers.append(parse_number(text))
        except Unacceptable as error:
            raise Unacceptable(error.message, field=error.field, row=row, remedy=error.remedy) from None
    return numbers


def spaced(number: str) -> str:
    """A bag's number in the groups in which people read it: ``BD1205 BD1216 CCC6 0001 001 10 0123``."""
    groups = (number[:6], number[6:12], number[12:16], number[16:20], number[20:23], number[23:25], number[25:])
    return " ".join(group for group in groups if group)


def _compact(text: str) -> str:
    return _BETWEEN.sub("", latin_digits(text)).upper()
