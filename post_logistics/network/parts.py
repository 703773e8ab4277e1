"""The parts of an address as a rider reads them: house, road, block, sector, section, area, landmark."""

import re
from collections.abc import Sequence
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
_SYLLABLE = "[\u0985-\u09b9\u09dc-\u09df][\u09bc\u0981-\u0983\u09be-\u09cc]*"
_LETTER = f"(?:[a-z]{{1,2}}|{_SYLLABLE})"
_ENDS = "(?![a-z0-9\u0980-\u09ff])"
_NO = "(?:(?:nos?|num|number|নং|নাম্বার|নম্বর)(?=[^a-z\u0980-\u09ff]))"
_NUMBER = rf"(?:(?!{_NO})(?!rd|st|hs|fl){_LETTER}[-/ ]?)?\d+(?:\s?[-/]\s?(?:\d+|{_LETTER}))*{_LETTER}?{_ENDS}"
_BLOCK = rf"(?:{_NUMBER}|{_LETTER}(?:[-/]\d+)?{_ENDS})"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_AFTER = {
    name: _pattern(rf"[\s.:#,\-–]*(?:{_NO}[\s.:#\-–]*)?({_BLOCK if name in {'block', 'flat'} else _NUMBER})")
    for name in set(_LABELS.values())
}
_BEFORE = _pattern(rf"(?<![a-z0-9\u0980-\u09ff/-])({_NUMBER})\s*{_NO}[\s.:\-–]*$")
_ORDINAL = _pattern(r"(\d+)\s*(?:st|nd|rd|th|ম|য়|র্থ|ষ্ঠ|শ)?\s*$")
_BARE_HOUSE = _pattern(rf"\s*({_NUMBER})(?!\s*(?:{_NO}|floor|তলা|st\b|nd\b|th\b))")
_PHONE_DIGITS = 6
_BANGLA_LETTERS = {"এ": "A", "বি": "B", "সি": "C", "ডি": "D", "ই": "E", "এফ": "F", "জি": "G", "এইচ": "H"}
_NEAR_BEFORE = _pattern(
    r"\b(?:near|beside|behind|opposite|opp|in front of|adjacent to)\b\.?\s*(?:to|of)?\s*([^,;()\n]+)"
)
_NEAR_AFTER = re.compile(r"(?:এর|ের|র)?[\s-]*(?:পাশে|সামনে|বিপরীতে|সংলগ্ন|নিকটে|কাছে|পিছনে|উল্টো\s?দিকে)")
_LAST_BREAK = re.compile(r".*[,;()।\n]", re.DOTALL)


def parts_of(tidied: str, words: Sequence[Token], mentions: Sequence[Mention], chosen: Sequence[Place]) -> Parts:
    """The parts of a tidy address; ``chosen`` are the places it was taken to mean, the smallest first."""
    latin = latin_digits(tidied)
    found = _labelled(latin, words)
    if "section" in found and any("uttara" in place.place_id for place in chosen):
        found.setdefault("sector", found.pop("section"))
    named_road = next((place.name_en for place in chosen if place.kind == "road"), "")
    area = next((place.name_en for place in chosen if place.kind in {"area", "union", "office", "thana"}), "")
    return Parts(
        **{**found, "road": found.get("road", "") or named_road},
        area=area,
        landmark=_landmark(tidied, mentions),
    )


def _labelled(latin: str, words: Sequence[Token]) -> dict[str, str]:
    """Each label with its number: after it, or before it in ``2nd floor`` and ``15 no road``.

    No number counts twice; one that opens the address without a label is the house.
    """
    found: dict[str, str] = {}
    taken: list[tuple[int, int]] = []
    for token in words:
        name = _LABELS.get(token.text)
        if name is None or name in found:
            continue
        before = (_ORDINAL if name == "floor" else _BEFORE).search(latin, 0, token.start)
        value = next((one for one in (before, _AFTER[name].match(latin, token.end)) if _is_free(one, taken)), None)
        if value is not None:
            found[name] = _clean(value.group(1))
            taken.append(value.span(1))
    bare = _BARE_HOUSE.match(latin)
    if "house" not in found and _is_free(bare, taken) and bare and sum(map(str.isdigit, bare.group(1))) < _PHONE_DIGITS:
        found["house"] = _clean(bare.group(1))
    return found


def _is_free(value: re.Match[str] | None, taken: Sequence[tuple[int, int]]) -> bool:
    return value is not None and all(value.end(1) <= start or end <= value.start(1) for start, end in taken)


def _clean(value: str) -> str:
    """``01`` is 1, ``9 / a`` is 9/A, ``ডি`` is D."""
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
