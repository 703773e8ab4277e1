"""The parts of an address as a rider reads them: house, road, block, sector, section, area, landmark."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from post_logistics.network.lexicon import Mention
from post_logistics.network.places import Place
from post_logistics.network.text import Token, word_set
from post_logistics.network.wording import Use
from post_logistics.units import latin_digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an address says beside its town, digits in Latin and letters in capitals; empty where it does not say."""

    house: str = ""
    """House, holding or plot: ``12``, ``94/A``, ``K-12``."""
    flat: str = ""
    floor: str = ""
    road: str = ""
    """Its number (``5``, ``9/A``) or its name (``Satmasjid Road``)."""
    lane: str = ""
    block: str = ""
    sector: str = ""
    section: str = ""
    area: str = ""
    """The smallest area, union or thana recognised, by its usual English name."""
    landmark: str = ""
    """What it is near to, as written, or the market, school or building recognised."""


_LABELS = {
    **dict.fromkeys(word_set("house holding plot বাসা"), "house"),
    **dict.fromkeys(word_set("flat apartment apt suite"), "flat"),
    **dict.fromkeys(word_set("floor level লেভেল"), "floor"),
    **dict.fromkeys(word_set("road avenue sarak"), "road"),
    **dict.fromkeys(word_set("lane line লাইন"), "lane"),
    **dict.fromkeys(word_set("block"), "block"),
    **dict.fromkeys(word_set("sector"), "sector"),
    **dict.fromkeys(word_set("section sec"), "section"),
}
_AFTER_LABEL = r"[\s.:#,\-–]*(?:(?:no|nos|number|নং|নাম্বার|নম্বর)\b[\s.:#\-–]*)?"
_NUMBER = r"(?:[a-zA-Zক-হ]{1,3}[-/ ])?\d+(?:\s?[-/]\s?[\da-zA-Zক-হ]{1,4})*[a-zA-Z]?\b"
_LETTER = r"(?:[a-zA-Z]{1,2}\b|[ক-হঅ-ঔ][ক-হঅ-ঔা-ৌ]{0,2}(?![ক-হ্]))(?:[-/]\w+)*"
_VALUE = {
    name: re.compile(_AFTER_LABEL + (f"({_NUMBER}|{_LETTER})" if name in {"block", "flat"} else f"({_NUMBER})"))
    for name in set(_LABELS.values())
}
_ORDINAL = re.compile(r"(\d+)\s*(?:st|nd|rd|th|ম|য়|র্থ|ষ্ঠ|শ)?\s*$", re.IGNORECASE)
_BARE_HOUSE = re.compile(rf"\s*({_NUMBER})(?!\s*(?:no\b|নং))")
_BANGLA_LETTERS = {"এ": "A", "বি": "B", "সি": "C", "ডি": "D", "ই": "E", "এফ": "F", "জি": "G", "এইচ": "H"}
_NEAR_BEFORE = re.compile(
    r"\b(?:near|beside|behind|opposite|opp|in front of|adjacent to)\b\.?\s*(?:to|of)?\s*([^,;()\n]+)", re.I
)
_NEAR_AFTER = re.compile(r"(?:এর|ের|র)?[\s-]*(?:পাশে|সামনে|বিপরীতে|সংলগ্ন|নিকটে|কাছে|পিছনে|উল্টো\s?দিকে)")
_LAST_BREAK = re.compile(r".*[,;()।\n]", re.DOTALL)


def parts_of(tidied: str, words: Sequence[Token], mentions: Sequence[Mention], chosen: Sequence[Place]) -> Parts:
    """The parts of a tidy address; ``chosen`` are the places it was taken to mean, the smallest first."""
    latin = latin_digits(tidied)
    found: dict[str, str] = {}
    for name, value in _labelled(latin, words):
        found.setdefault(name, value)
    bare = _BARE_HOUSE.match(latin)
    if "house" not in found and bare:
        found["house"] = _clean(bare.group(1))
    if "section" in found and any("uttara" in place.place_id for place in chosen):
        found.setdefault("sector", found.pop("section"))
    named_road = next((place.name_en for place in chosen if place.kind == "road"), "")
    area = next((place.name_en for place in chosen if place.kind in {"area", "union", "office", "thana"}), "")
    return Parts(
        **{**found, "road": found.get("road", "") or named_road},
        area=area,
        landmark=_landmark(tidied, mentions),
    )


def _labelled(latin: str, words: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Each label with the value written after it, or before it for floors and for ``15 no road``."""
    for at, token in enumerate(words):
        name = _LABELS.get(token.text)
        if name is None:
            continue
        after = _VALUE[name].match(latin, token.end)
        before = _ORDINAL.search(latin[: token.start]) if name == "floor" else None
        if before:
            yield name, before.group(1)
        elif after:
            yield name, _clean(after.group(1))
        elif name in {"road", "sector"} and at >= 1 and words[at - 1].text.isdigit():
            yield name, words[at - 1].text


def _clean(value: str) -> str:
    """``01`` is 1, ``9 / a`` is 9/A."""
    value = re.sub(r"\s*([-/])\s*", r"\1", value).strip()
    value = re.sub(r"(?<!\d)0+(?=\d)", "", value)
    return _BANGLA_LETTERS.get(value, value.upper())


def _landmark(tidied: str, mentions: Sequence[Mention]) -> str:
    near = _NEAR_BEFORE.search(tidied)
    if near:
        return near.group(1).strip()
    beside = _NEAR_AFTER.search(tidied)
    if beside:
        return _LAST_BREAK.sub("", tidied[: beside.start()]).strip()
    return next(
        (
            mention.places[0].name_en
            for mention in mentions
            if mention.use is Use.PLACE and mention.places[0].kind == "landmark"
        ),
        "",
    )
