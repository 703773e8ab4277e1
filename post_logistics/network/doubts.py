"""What speaks against an answer, in words and as a factor on its confidence.

The factors are coarse on purpose. `tests/network/test_resolve.py` holds the promise they make together: of the answers
above 0.9, at least 97 in 100 are right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.lexicon import Match, Mention, Use, is_numbered_part
from post_logistics.network.reading import Named, Reading, named_districts
from post_logistics.network.text import plain

NO_DOUBT = 0.98
"""The confidence of an answer with nothing against it: the gazetteer itself is not free of errors."""
_RIVAL_DISTRICT = 0.5
"""From this share of the first district's weight on, the second is a rival."""
_RIVAL_CODE = 0.45
_EVEN_CODE = 0.9


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing against an answer."""

    words: str
    factor: float


def confidence(doubts: Sequence[Doubt]) -> float:
    """The share of answers with these doubts that are right."""
    return round(NO_DOUBT * prod(doubt.factor for doubt in doubts), 2)


def doubts_of_reading(
    gazetteer: Gazetteer, reading: Reading, mentions: Sequence[Mention], districts: Mapping[str, float]
) -> list[Doubt]:
    """Everything in the address itself that speaks against what was read.

    ``mentions`` are all the names in the address, ``districts`` the weight behind each district they may lie in.
    """
    return [
        *min((_of_the_words(one) for one in reading.deciding), key=_lightest_first),
        *_of_the_number(reading),
        *_of_the_district(reading, mentions, districts),
        *_of_the_codes(reading),
        *_of_the_strays(gazetteer, reading),
    ]


def _lightest_first(doubts: Sequence[Doubt]) -> float:
    return -prod(doubt.factor for doubt in doubts)


def _of_the_words(named: Named) -> list[Doubt]:
    mention, place = named.mention, named.place
    found = []
    if mention.match is Match.MISSPELT:
        found.append(Doubt(f"'{mention.words}' is only nearly {place.name_en}", 0.72))
    elif mention.match is Match.SOUND:
        found.append(Doubt(f"'{mention.words}' sounds like {place.name_en} but is not a known spelling", 0.91))
    if mention.use is Use.ROAD:
        found.append(Doubt(f"'{mention.words}' may only be the name of a road", 0.75))
    elif mention.use is Use.NAME:
        found.append(Doubt(f"'{mention.words}' may only be part of a name", 0.65))
    if place.kind == "thana":
        found.append(Doubt(f"nothing smaller than the thana {place.name_en} is recognised", 0.93))
    return found


def _of_the_number(reading: Reading) -> list[Doubt]:
    words = reading.best.mention.words
    if len(reading.agreeing) == 1 and is_numbered_part(plain(words).split()):
        return [Doubt(f"the address does not say where '{words}' is", 0.8)]
    return []


def _of_the_district(reading: Reading, mentions: Sequence[Mention], districts: Mapping[str, float]) -> list[Doubt]:
    best = reading.best
    district = best.place.district
    named = set(named_districts(mentions))
    if district in named:
        return []
    if named:
        return [
            Doubt(f"the address says {' and '.join(sorted(named))}, but {best.place.name_en} is in {district}", 0.8)
        ]
    for mention in mentions:
        elsewhere = {place.district for place in mention.places}
        heavy = max(districts[other] for other in elsewhere) >= _RIVAL_DISTRICT * districts[district]
        if heavy and district not in elsewhere and mention.use is Use.PLACE:
            return [Doubt(f"'{mention.words}' is in {' or '.join(sorted(elsewhere))}, not in {district}", 0.5)]
    known = [one.mention for one in reading.agreeing if one.mention.match is not Match.MISSPELT] or [best.mention]
    namesakes = sorted(set.intersection(*({place.district for place in one.places} for one in known)) - {district})
    if namesakes:
        return [Doubt(f"there is a {best.place.name_en} in {' and in '.join(namesakes)} too", 0.82)]
    return [Doubt("nothing else in the address confirms it", 0.95)] if len(known) == 1 else []


def _of_the_codes(reading: Reading) -> list[Doubt]:
    first = reading.votes[reading.postcode]
    rivals = sorted(c for c, votes in reading.votes.items() if c != reading.postcode and votes >= _RIVAL_CODE * first)
    if not rivals:
        return []
    even = any(reading.votes[code] >= _EVEN_CODE * first for code in rivals)
    return [Doubt(f"parts of it are delivered by {' and '.join(rivals)}", 0.75 if even else 0.88)]


def _of_the_strays(gazetteer: Gazetteer, reading: Reading) -> list[Doubt]:
    strays = [stray for stray in reading.strays if stray.mention.use is Use.PLACE]
    found = [
        Doubt(
            f"'{stray.mention.words}' names {stray.place.name_en}, which is not near",
            0.75 if stray.mention.match is Match.EXACT else 0.85,
        )
        for stray in strays[:1]
    ]
    return [
        *found,
        *across_the_border(gazetteer, gazetteer.metropolitan(reading.best.place), [*strays, *reading.agreeing]),
    ]


def across_the_border(gazetteer: Gazetteer, in_city: bool, named: Sequence[Named]) -> list[Doubt]:
    """A doubt if a place in the address is on the other side of the city border than the office chosen."""
    for one in named:
        if one.mention.use is Use.PLACE and gazetteer.metropolitan(one.place) != in_city:
            return [Doubt(f"{one.place.name_en} is {'outside' if in_city else 'inside'} the city", 0.65)]
    return []
