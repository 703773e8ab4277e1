"""The door of a paper inside its town: holding, ward and road, as people write them in Bangla and English.

A municipality numbers the houses that pay its tax; the number is the house's holding. ``হোল্ডিং নং ১২৩/ক, কলেজ রোড,
ওয়ার্ড ৪`` and ``H. No. 123/ক, College Road, 4 no ward`` are read alike.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from post_logistics.network.text import plain, tidy, word_set
from post_logistics.units import latin_digits

_NUMBER_WORD: Final = r"(?:no|nos|num|number|নং|নম্বর|নাম্বার)"
_BETWEEN: Final = r"[\s.:#/ঃ–-]*"
_LETTER: Final = "(?:[a-z]|[\u0985-\u09b9])"
_ENDS: Final = "(?![a-z0-9\u0980-\u09ff])"
_HOLDING: Final = rf"\d{{1,6}}(?:\s?[/-]\s?\d{{1,4}}{_ENDS})*(?:\s?[/-]?\s?{_LETTER})?{_ENDS}"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(tidy(text), re.IGNORECASE)


def _after(words: str, value: str) -> re.Pattern[str]:
    """``Ward No. 4``: the word, then its number."""
    return _pattern(rf"(?<![a-z\u0980-\u09ff])(?:{words}){_BETWEEN}(?:{_NUMBER_WORD}{_BETWEEN})?({value})")


def _before(words: str, value: str, number_word: str) -> re.Pattern[str]:
    """``4 no ward``: the number, then its word."""
    return _pattern(rf"(?<![\d/-])({value})\s*{number_word}[\s.-]*(?:{words}){_ENDS}")


_WARD_WORDS: Final = "ওয়ার্ড|ওয়াড|ward"
_WARD_NUMBER: Final = r"\d{1,2}(?!\d)"
_OF_WARD: Final = (
    _before(_WARD_WORDS, _WARD_NUMBER, _NUMBER_WORD),
    _after(rf"{_WARD_WORDS}|w(?=[\s.#-]*\d)", _WARD_NUMBER),
    _before(_WARD_WORDS, _WARD_NUMBER, "(?:st|nd|rd|th)?"),
)
_OF_HOLDING: Final = (
    _after(r"হোল্ডিং|হোল্ডিঙ|হোলডিং|holding|hold", _HOLDING),
    _before("হোল্ডিং|হোল্ডিঙ|হোলডিং|holding", _HOLDING, _NUMBER_WORD),
    _after(r"বাসা|বাড়ি|বাড়ী|হাউজ|হাউস|house|h(?=[\s.#]*(?:no|\d))", _HOLDING),
    re.compile(rf"^[\s,]*({_HOLDING})(?!\s*(?:{_NUMBER_WORD}|তলা|floor|st{_ENDS}|nd{_ENDS}|th{_ENDS}))", re.IGNORECASE),
)
_BARE: Final = re.compile(rf"{_HOLDING}$", re.IGNORECASE)
_PARTS: Final = re.compile(r"[,;|()\[\]\n\r।]+")
_ROAD_WORDS: Final = word_set("road sarak lane street avenue sarani goli গলি para পাড়া mohalla মহল্লা bazar mor")
_TRIMMED: Final = " \t.:-–/"


WalkingOrder = tuple[str, int, str]
"""Road, number and whole number of a holding: sorts doors as one walks."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where in the town a paper goes; empty or None where the address does not say."""

    holding: str = ""
    """``123``, ``123/ক``, ``12-1``: digits in Latin, without blanks and leading zeros."""
    ward: int | None = None
    road: str = ""
    """Road, quarter or what else was written beside, as it was written."""

    @property
    def in_walking_order(self) -> WalkingOrder:
        """Sorts the doors of a ward as one walks: road by road, each by its numbers."""
        number = re.match(r"\d+", self.holding)
        return plain(self.road), int(number.group()) if number else 0, self.holding


@dataclass(frozen=True)
class Written:
    """What was written of a door: one text, and the fields that some give beside it, which come first."""

    address: str
    holding: str = ""
    ward: str = ""
    road: str = ""

    @cached_property
    def door(self) -> Door:
        """The door, as far as it is told."""
        text = latin_digits(tidy(self.address))
        text, ward = _taken(_OF_WARD, text)
        text, holding = _taken(_OF_HOLDING, text)
        named = latin_digits(tidy(self.holding)).strip(_TRIMMED)
        return Door(
            holding=holding_number(named or holding),
            ward=_ward(self.ward) if self.ward.strip() else int(ward) if ward else None,
            road=" ".join(self.road.split()) or _road(text),
        )


def _taken(patterns: tuple[re.Pattern[str], ...], text: str) -> tuple[str, str]:
    """The text without what the first pattern that fits has found, and that; the text and nothing if none fits."""
    for pattern in patterns:
        found = pattern.search(text)
        if found:
            return f"{text[: found.start()]},{text[found.end() :]}", found.group(1)
    return text, ""


def holding_number(written: str) -> str:
    """The number in its one form; what is no number stays as written. ``০১২৩ / ক`` is ``123/ক``."""
    text = latin_digits(tidy(written)).strip(_TRIMMED)
    for pattern in _OF_HOLDING:
        found = pattern.search(text)
        if found:
            text = found.group(1)
            break
    if not _BARE.match(text):
        return " ".join(text.split())
    joined = re.sub(r"\s*([/-])\s*", r"\1", text).replace(" ", "")
    return re.sub(r"(?<!\d)0+(?=\d)", "", joined).upper()


def _ward(written: str) -> int | None:
    """The number in a ward field: ``৪``, ``04``, ``ওয়ার্ড নং ৪``; None if there is none that can be one."""
    found = re.search(r"(?<!\d)\d{1,2}(?!\d)", latin_digits(written))
    return int(found.group()) if found else None


def _road(rest: str) -> str:
    """What is left: the first part that names a road or quarter, or else the first part."""
    parts = [" ".join(part.strip(_TRIMMED).split()) for part in _PARTS.split(rest)]
    named = [part for part in parts if part]
    roads = (part for part in named if not _ROAD_WORDS.isdisjoint(plain(part).split()))
    return next(roads, named[0] if named else "")
