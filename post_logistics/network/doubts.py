"""What speaks against an answer: in words, and as evidence against it in log-odds.

The weights are fitted, not chosen: ``python -m benchmarks.addresses --fit`` finds the logistic regression on addresses
whose answer is known, so that the confidence of an answer is the share of such answers that are right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, prod
from types import MappingProxyType
from typing import Literal, get_args

from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.lexicon import Match, Mention
from post_logistics.network.reading import Named, Reading, named_districts
from post_logistics.network.text import plain_words
from post_logistics.network.wording import Use, is_numbered_part

Kind = Literal[
    "misspelt",
    "sound",
    "road_name",
    "firm_name",
    "thana_only",
    "union_only",
    "district_only",
    "number_alone",
    "other_district",
    "rival_district",
    "namesake",
    "unconfirmed",
    "sound_unconfirmed",
    "rival_code",
    "even_code",
    "stray",
    "guessed_stray",
    "border",
    "postcode_elsewhere",
    "postcode_alone",
    "postcode_against_name",
    "postcode_field_against_name",
    "postcode_ignored",
    "postcode_of_another_district",
    "postcode_unknown",
    "old_zone",
    "far_point",
    "point_only",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTHING_AGAINST = 4.6
"""Log-odds of an answer with nothing against it: the gazetteer itself is not free of errors."""
WEIGHTS: Mapping[Kind, float] = MappingProxyType(
    {
        "misspelt": 1.4,
        "sound": 0.6,
        "road_name": 1.4,
        "firm_name": 2.2,
        "thana_only": 0.3,
        "union_only": 1.2,
        "district_only": 3.0,
        "number_alone": 2.6,
        "other_district": 3.4,
        "rival_district": 4.2,
        "namesake": 1.2,
        "unconfirmed": 0.6,
        "sound_unconfirmed": 2.0,
        "rival_code": 0.6,
        "even_code": 1.2,
        "stray": 2.4,
        "guessed_stray": 1.4,
        "border": 2.0,
        "postcode_elsewhere": 3.0,
        "postcode_alone": 0.5,
        "postcode_against_name": 4.8,
        "postcode_field_against_name": 3.0,
        "postcode_ignored": 4.8,
        "postcode_of_another_district": 2.4,
        "postcode_unknown": 1.0,
        "old_zone": 2.6,
        "far_point": 2.4,
        "point_only": 3.0,
    }
)
"""How much each kind of doubt takes from the log-odds."""
_RIVAL_DISTRICT = 0.5
"""From this share of the first district's weight on, the second is a rival."""
_RIVAL_CODE = 0.45
_EVEN_CODE = 0.9


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing against an answer."""

    kind: Kind
    words: str
    share: float = 1.0
    """Of places of one name, how likely it is this one."""

    @property
    def weight(self) -> float:
        """What it takes from the log-odds of the answer."""
        return WEIGHTS[self.kind]


def confidence(doubts: Sequence[Doubt]) -> float:
    """The share of answers with these doubts that are right, 0 to 1."""
    log_odds = NOTHING_AGAINST - sum(doubt.weight for doubt in doubts)
    return round(prod(doubt.share for doubt in doubts) / (1 + exp(-log_odds)), 2)


def doubts_of_reading(
    gazetteer: Gazetteer, reading: Reading, mentions: Sequence[Mention], districts: Mapping[str, float]
) -> list[Doubt]:
    """Everything in the address itself that speaks against what was read.

    ``mentions`` are all the names in the address, ``districts`` the weight behind each district they may lie in.
    """
    return [
        *min((_of_the_words(one) for one in reading.deciding), key=_weight),
        *_of_the_number(reading),
        *_of_the_district(reading, mentions, districts),
        *_of_the_codes(reading),
        *_of_the_rivals(reading),
        *_of_the_strays(gazetteer, reading),
    ]


def _weight(doubts: Sequence[Doubt]) -> float:
    return sum(doubt.weight for doubt in doubts)


def _of_the_words(named: Named) -> list[Doubt]:
    mention, place = named.mention, named.place
    found = []
    if mention.match is Match.MISSPELT:
        found.append(Doubt("misspelt", f"'{mention.words}' is only nearly {place.name_en}"))
    elif mention.match is Match.SOUND:
        found.append(Doubt("sound", f"'{mention.words}' sounds like {place.name_en} but is not a known spelling"))
    if mention.use is Use.ROAD:
        found.append(Doubt("road_name", f"'{mention.words}' may only be the name of a road"))
    elif mention.use is Use.NAME:
        found.append(Doubt("firm_name", f"'{mention.words}' may only be part of a name"))
    if place.kind == "thana":
        found.append(Doubt("thana_only", f"nothing smaller than the thana {place.name_en} is recognised"))
    elif place.kind == "union":
        found.append(Doubt("union_only", f"'{mention.words}' may be another place than the union {place.name_en}"))
    return found


def _of_the_number(reading: Reading) -> list[Doubt]:
    if all(is_numbered_part(plain_words(one.mention.words)) for one in reading.agreeing):
        words = reading.best.mention.words
        return [Doubt("number_alone", f"the address does not say where '{words}' is")]
    return []


def _of_the_district(reading: Reading, mentions: Sequence[Mention], districts: Mapping[str, float]) -> list[Doubt]:
    best = reading.best
    district = best.place.district
    named = set(named_districts(mentions))
    if district in named:
        return []
    if named:
        words = f"the address says {' and '.join(sorted(named))}, but {best.place.name_en} is in {district}"
        return [Doubt("other_district", words)]
    for mention in mentions:
        elsewhere = {place.district for place in mention.places}
        heavy = max(districts[other] for other in elsewhere) >= _RIVAL_DISTRICT * districts[district]
        if heavy and district not in elsewhere and mention.use is Use.PLACE:
            words = f"'{mention.words}' is in {' or '.join(sorted(elsewhere))}, not in {district}"
            return [Doubt("rival_district", words)]
    known = [one.mention for one in reading.agreeing if one.mention.match is not Match.MISSPELT] or [best.mention]
    namesakes = sorted(set.intersection(*({place.district for place in one.places} for one in known)) - {district})
    if namesakes:
        words = f"there is a {best.place.name_en} in {' and in '.join(namesakes)} too"
        share = districts[district] / (districts[district] + sum(districts[other] for other in namesakes))
        return [Doubt("namesake", words, share)]
    if len(known) > 1:
        return []
    kind: Kind = "unconfirmed" if known[0].match is Match.EXACT else "sound_unconfirmed"
    return [Doubt(kind, "nothing else in the address confirms it")]


def _of_the_codes(reading: Reading) -> list[Doubt]:
    first = reading.votes[reading.postcode]
    rivals = sorted(c for c, votes in reading.votes.items() if c != reading.postcode and votes >= _RIVAL_CODE * first)
    if not rivals:
        return []
    even = any(reading.votes[code] >= _EVEN_CODE * first for code in rivals)
    return [Doubt("even_code" if even else "rival_code", f"parts of it are delivered by {' and '.join(rivals)}")]


def _of_the_rivals(reading: Reading) -> list[Doubt]:
    rivals = reading.best.rivals
    if not rivals:
        return []
    where = " and in ".join(sorted({rival.thana for rival in rivals}))
    return [Doubt("namesake", f"there is a {reading.best.place.name_en} in {where} too", 1 / (1 + len(rivals)))]


def _of_the_strays(gazetteer: Gazetteer, reading: Reading) -> list[Doubt]:
    strays = [stray for stray in reading.strays if stray.mention.use is Use.PLACE]
    found = [
        Doubt(
            "stray" if stray.mention.match is Match.EXACT else "guessed_stray",
            f"'{stray.mention.words}' names {stray.place.name_en}, which is not near",
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
            return [Doubt("border", f"{one.place.name_en} is {'outside' if in_city else 'inside'} the city")]
    return []
