"""From an address as people write it to the office that delivers there, with the reasons in words.

In order of trust: a postcode in the text, the names of places, a thana or district alone, coordinates given beside the
text. Whatever stands against the answer is said and lowers its confidence; an answer that would be a guess is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from post_logistics.errors import Unacceptable
from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.doubts import Doubt, across_the_border, confidence, doubts_of_reading
from post_logistics.network.gazetteer import Gazetteer, nearest_office
from post_logistics.network.geo import great_circle_m
from post_logistics.network.lexicon import Lexicon, Match, Mention, Use
from post_logistics.network.offices import Offices, PostOffice
from post_logistics.network.places import Place
from post_logistics.network.postcodes import Stated, stated_postcode
from post_logistics.network.reading import Reading, named_districts, read, weigh_districts
from post_logistics.network.text import plain, tidy, tokens
from post_logistics.units import Postcode

Rule = Literal["postcode", "place", "coordinates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What came beside the address text: fields of a form, a pin on a map. Empty where nothing came."""

    postcode: str = ""
    thana: str = ""
    district: str = ""
    area: str = ""
    lat_deg: float | None = None
    lon_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another office the address might mean. ``score`` compares candidates of one address, the answer having 1."""

    postcode: Postcode
    place_en: str
    why: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The office of delivery of an address and how sure that is."""

    postcode: Postcode
    place: Place | None
    """The smallest place recognised; None if only a postcode or coordinates were."""
    lat_deg: float
    lon_deg: float
    precision_m: int
    """The door is nearly always within this distance of the point."""
    thana: str
    district: str
    confidence: float
    """0 to 1, as a share of such answers that are right; above 0.9 no person need look."""
    rule: Rule
    evidence: tuple[str, ...]
    """Sentences: first what the answer rests on, then what speaks against it."""
    alternatives: tuple[Candidate, ...]


_NO_HINTS = Hints()
LEAST_CONFIDENCE = 0.5
"""Below this an answer is not given: the address is sent back to be completed."""
_NEIGHBOUR_M = 3_000.0
"""Within this of its office a place may well be written with the office's code, whatever the gazetteer says."""
_DELIVERY_RADIUS_M = 15_000.0
_PIN_PRECISION_M = 100
_REMEDY = "add the area (for example Mirpur 10) with its district, or the four-digit postcode"


class Unresolved(Unacceptable):
    """The address names no place well enough to choose an office. ``facts["candidates"]``: postcodes it might be."""


@dataclass(frozen=True, slots=True)
class _Address:
    """An address with everything recognised in it."""

    mentions: tuple[Mention, ...]
    stated: Stated | None
    districts: Mapping[str, float]
    """What speaks for each district, the likeliest first."""
    named_districts: frozenset[str]
    """Those named as such, not only through a place in them."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """An office with the reasons for and against it."""

    office: PostOffice
    place: Place | None
    rule: Rule
    reasons: tuple[str, ...]
    doubts: tuple[Doubt, ...] = ()
    alternatives: tuple[Candidate, ...] = ()


class Resolver:
    """Resolves addresses against the offices and places it was made with."""

    def __init__(self, offices: Offices, places: Sequence[Place]) -> None:
        self._offices = offices
        self._gazetteer = Gazetteer(offices, places)
        self._lexicon = Lexicon(self._gazetteer.places)

    def resolve(self, text: str, hints: Hints = _NO_HINTS) -> Resolution:
        """The office of delivery for the address; Unresolved, saying what to add, if it could only be guessed."""
        address = self._recognise(text, hints)
        answers = (self._by_postcode(address) or self._by_place(address), self._by_coordinates(hints))
        resolutions = [_resolution(answer, hints) for answer in answers if answer is not None]
        for resolution in resolutions:
            if resolution.confidence >= LEAST_CONFIDENCE:
                return resolution
        raise _too_doubtful(resolutions[0]) if resolutions else self._nothing_recognised(address)

    def _recognise(self, text: str, hints: Hints) -> _Address:
        tidied = tidy(", ".join(part for part in (text, hints.area, hints.thana, hints.district) if part))
        words = tokens(tidied)
        mentions = self._lexicon.mentions(tidied, words)
        if not _settled(mentions):
            guessed = self._lexicon.misspelt(tidied, words, mentions)
            mentions = sorted(mentions + guessed, key=lambda mention: mention.first)
        hinted = plain(hints.postcode)
        return _Address(
            tuple(mentions),
            stated_postcode(tidied, words, mentions) or (Stated(hinted, hinted) if hinted else None),
            weigh_districts(self._gazetteer, mentions),
            frozenset(named_districts(mentions)),
        )

    def _by_postcode(self, address: _Address) -> _Answer | None:
        """The office of the stated postcode, unless every place named is in another district."""
        if address.stated is None or address.stated.postcode not in self._offices:
            return None
        office = self._offices[address.stated.postcode]
        reading = read(self._gazetteer, address.mentions, office.district)
        if reading is None and self._lies_elsewhere(address, office.district):
            return None
        reasons = [f"'{address.stated.words}' states the postcode of {_named(office)}"]
        doubts = []
        if address.named_districts and office.district not in address.named_districts:
            doubts.append(Doubt(f"{office.postcode} is in {office.district}, which the address does not name", 0.75))
        if reading is None:
            if not address.named_districts:
                doubts.append(Doubt("nothing else in the address confirms the postcode", 0.93))
            return _Answer(office, None, "postcode", tuple(reasons), tuple(doubts))
        if any(self._delivers(office, one.place) for one in reading.agreeing):
            reasons += self._reasons(reading, address)
        else:
            doubts.append(Doubt(f"it contradicts the name: {self._names(reading)}", 0.62))
        doubts += across_the_border(self._gazetteer, office in METROPOLITAN, reading.agreeing)
        place = reading.best.place if self._delivers(office, reading.best.place) else None
        return _Answer(office, place, "postcode", tuple(reasons), tuple(doubts), self._alternatives(reading, office))

    @staticmethod
    def _lies_elsewhere(address: _Address, district: str) -> bool:
        """True if the address names other districts but not this one, or places in others (spelt as known)."""
        if address.named_districts and district not in address.named_districts:
            return True
        solid = (m for m in address.mentions if m.use is Use.PLACE and m.match is not Match.MISSPELT)
        return any(place.kind != "district" and place.district != district for m in solid for place in m.places)

    def _by_place(self, address: _Address) -> _Answer | None:
        """The office of the places named in the likeliest district, or the head office of a district named alone."""
        for rank, district in enumerate(address.districts):
            reading = read(self._gazetteer, address.mentions, district)
            if reading is not None:
                return self._by_reading(reading, address)
            if district != METROPOLITAN.district:
                return self._by_district(district, address) if rank == 0 else None
        return None

    def _by_reading(self, reading: Reading, address: _Address) -> _Answer:
        office = self._offices[reading.postcode]
        doubts = doubts_of_reading(self._gazetteer, reading, address.mentions, address.districts)
        return _Answer(
            office,
            reading.best.place,
            "place",
            tuple(self._reasons(reading, address)),
            (*doubts, *self._ignored_postcode(address)),
            (*self._alternatives(reading, office), *self._elsewhere(reading, address)),
        )

    def _by_district(self, district: str, address: _Address) -> _Answer:
        place, words = next(
            (place, mention.words)
            for mention in address.mentions
            for place in mention.places
            if place.kind == "district" and place.district == district
        )
        office = self._offices[self._gazetteer.codes(place)[0]]
        reason = f"'{words}' names the district {district}, whose head office is {_named(office)}"
        doubt = Doubt(f"nothing smaller than the district {district} is recognised", 0.85)
        return _Answer(office, place, "place", (reason,), (doubt, *self._ignored_postcode(address)))

    def _by_coordinates(self, hints: Hints) -> _Answer | None:
        """The office nearest to the point given, if it is near enough to deliver there."""
        if hints.lat_deg is None or hints.lon_deg is None:
            return None
        office, apart_m = nearest_office(self._offices.values(), hints.lat_deg, hints.lon_deg)
        if apart_m > _DELIVERY_RADIUS_M:
            return None
        reason = f"the point given is {apart_m / 1000:.1f} km from {_named(office)}, the nearest office"
        return _Answer(office, None, "coordinates", (reason,), (Doubt("the text does not tell the office", 0.8),))

    def _delivers(self, office: PostOffice, place: Place) -> bool:
        """True if the office is one of the place's, or so near that its code may well be written for the place."""
        if office.postcode in self._gazetteer.codes(place):
            return True
        return great_circle_m(place.lat_deg, place.lon_deg, office.lat_deg, office.lon_deg) <= _NEIGHBOUR_M

    def _reasons(self, reading: Reading, address: _Address) -> Iterator[str]:
        yield self._names(reading)
        agreeing = {one.mention.words: one.place for one in reading.agreeing if one is not reading.best}
        yield from (f"'{words}' agrees: {place.name_en}" for words, place in agreeing.items())
        if reading.best.place.district in address.named_districts:
            yield f"the address names the district {reading.best.place.district}"

    def _names(self, reading: Reading) -> str:
        best = reading.best
        return (
            f"'{best.mention.words}' names {best.place.name_en}, delivered by {_named(self._offices[reading.postcode])}"
        )

    def _ignored_postcode(self, address: _Address) -> tuple[Doubt, ...]:
        if address.stated is None:
            return ()
        postcode = address.stated.postcode
        if postcode not in self._offices:
            return (Doubt(f"{postcode}, as stated, is the postcode of no office", 0.9),)
        return (Doubt(f"the postcode stated is that of {_named(self._offices[postcode])}", 0.62),)

    def _alternatives(self, reading: Reading, office: PostOffice) -> tuple[Candidate, ...]:
        """The other offices that deliver parts of the places named, the likeliest first."""
        top = max(reading.votes.values())
        ranked = sorted(reading.votes.items(), key=lambda item: (-item[1], item[0]))
        why = f"delivers parts of {reading.best.place.name_en} and around"
        return tuple(
            Candidate(code, self._offices[code].name_en, why, round(votes / top, 2))
            for code, votes in ranked
            if code != office.postcode
        )

    def _elsewhere(self, reading: Reading, address: _Address) -> Iterator[Candidate]:
        """What the address would mean in the next likely district, unless it names its district."""
        if reading.best.place.district in address.named_districts:
            return
        for district in list(address.districts)[1:2]:
            other = read(self._gazetteer, address.mentions, district)
            if other is not None:
                place, words = other.best.place, other.best.mention.words
                score = round(address.districts[district] / address.districts[reading.best.place.district], 2)
                yield Candidate(other.postcode, place.name_en, f"'{words}' may be {place.name_en} in {district}", score)

    def _nothing_recognised(self, address: _Address) -> Unresolved:
        if address.stated is not None and address.stated.postcode not in self._offices:
            message = f"{address.stated.postcode} is the postcode of no office, and no area is recognised"
        elif METROPOLITAN.district in address.named_districts:
            message = f"the address names only {METROPOLITAN.district}, which many offices deliver"
        else:
            message = "no place is recognised in the address"
        return Unresolved(message, remedy=_REMEDY, candidates=[])


def _resolution(answer: _Answer, hints: Hints) -> Resolution:
    """The answer with its confidence, at the point given beside the text if that is plausible."""
    at = answer.place or answer.office
    lat_deg, lon_deg, precision_m = at.lat_deg, at.lon_deg, at.precision_m
    reasons, doubts = list(answer.reasons), list(answer.doubts)
    if hints.lat_deg is not None and hints.lon_deg is not None:
        apart_m = great_circle_m(lat_deg, lon_deg, hints.lat_deg, hints.lon_deg)
        if answer.rule == "coordinates" or apart_m <= _NEIGHBOUR_M + precision_m:
            lat_deg, lon_deg, precision_m = hints.lat_deg, hints.lon_deg, _PIN_PRECISION_M
            reasons.append("the point given is taken as the door")
        else:
            doubts.append(Doubt(f"the point given is {apart_m / 1000:.0f} km away", 0.75))
    return Resolution(
        postcode=answer.office.postcode,
        place=answer.place,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        precision_m=precision_m,
        thana=at.thana,
        district=answer.office.district,
        confidence=confidence(doubts),
        rule=answer.rule,
        evidence=(*reasons, *(doubt.words for doubt in doubts)),
        alternatives=answer.alternatives,
    )


def _settled(mentions: Sequence[Mention]) -> bool:
    """True if a place is named exactly, together with its district: then no word need be guessed at."""
    named = set(named_districts(mentions))
    return any(
        place.kind != "district" and place.district in named
        for mention in mentions
        if mention.match is Match.EXACT and mention.use is Use.PLACE
        for place in mention.places
    )


def _named(office: PostOffice) -> str:
    return f"{office.postcode} {office.name_en}"


def _too_doubtful(resolution: Resolution) -> Unresolved:
    return Unresolved(
        f"the address is not clear: {'; '.join(resolution.evidence)}",
        remedy=_REMEDY,
        candidates=[resolution.postcode, *(candidate.postcode for candidate in resolution.alternatives)],
    )
