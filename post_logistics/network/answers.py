"""The answers an address allows: what people taught us, its postcode, its places, a point given beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from post_logistics.network.corrections import Learned, learned_phrase
from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.doubts import Doubt, Kind, across_the_border, confidence, doubts_of_reading
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.geo import great_circle_m
from post_logistics.network.lexicon import Match, Mention
from post_logistics.network.offices import Offices, PostOffice
from post_logistics.network.places import Place
from post_logistics.network.postcodes import Stated, old_zone
from post_logistics.network.questions import Candidate
from post_logistics.network.reading import Reading, read
from post_logistics.network.text import Token
from post_logistics.network.wording import Use
from post_logistics.units import Postcode

Rule = Literal["learned", "postcode", "place", "coordinates"]

NEIGHBOUR_M = 3_000.0
"""Within this of its office a place may well be written with the office's code, whatever the gazetteer says."""
_OTHER_DISTRICTS = 4
"""How many districts of a namesake are offered."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address with everything recognised in it."""

    tidied: str
    words: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    stated: Stated | None
    districts: Mapping[str, float]
    """What speaks for each district, the likeliest first."""
    named_districts: frozenset[str]
    """Those named as such, not only through a place in them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An office with the reasons for and against it."""

    office: PostOffice
    place: Place | None
    rule: Rule
    reasons: tuple[str, ...]
    thana: str
    named: tuple[Place, ...] = ()
    """All places that agree, as the address names them."""
    doubts: tuple[Doubt, ...] = ()
    alternatives: tuple[Candidate, ...] = ()


class Answers:
    """Finds the answers with what is known of offices and places."""

    def __init__(self, offices: Offices, gazetteer: Gazetteer) -> None:
        self._offices = offices
        self._gazetteer = gazetteer

    def by_learned(self, address: Address, learned: Learned) -> Answer | None:
        """The office that people said a phrase of the address means, unless the address names another district."""
        phrase = learned_phrase([word.text for word in address.words], learned)
        if phrase is None or learned[phrase] not in self._offices:
            return None
        office = self._offices[learned[phrase]]
        if address.named_districts and office.district not in address.named_districts:
            return None
        reading = read(self._gazetteer, address.mentions, office.district)
        near = reading is not None and self._delivers(office, reading.best.place)
        reason = f"'{phrase}' means {_named(office)}, as several people corrected"
        return Answer(
            office,
            reading.best.place if reading and near else None,
            "learned",
            (reason,),
            self._thana(reading) if reading and near else office.thana,
            _places(reading) if reading and near else (),
        )

    def by_text(self, address: Address) -> Answer | None:
        """The office of the postcode stated or of the places named, whichever has less against it."""
        answers = [one for one in (self._by_postcode(address), self._by_place(address)) if one is not None]
        if not answers:
            return self._by_old_zone(address)
        return max(answers, key=lambda one: confidence(one.doubts))

    def _by_old_zone(self, address: Address) -> Answer | None:
        """The office of the zone in ``Dhaka-16``, where nothing else is named."""
        zone = old_zone(address.words, address.mentions) if METROPOLITAN.district in address.named_districts else None
        if zone is None or zone.postcode not in self._offices:
            return None
        office = self._offices[zone.postcode]
        reason = f"'{zone.words}' is the old zone of {_named(office)}"
        doubt = Doubt("old_zone", "nothing smaller than the zone is recognised")
        return Answer(office, None, "postcode", (reason,), office.thana, doubts=(doubt,))

    def _by_postcode(self, address: Address) -> Answer | None:
        """The office of the stated postcode, unless every place named is in another district."""
        if address.stated is None or address.stated.postcode not in self._offices:
            return None
        office = self._offices[address.stated.postcode]
        reading = read(self._gazetteer, address.mentions, office.district, office.postcode)
        if reading is None and self._lies_elsewhere(address, office.district):
            return None
        reasons = [f"'{address.stated.words}' states the postcode of {_named(office)}"]
        doubts = []
        if address.named_districts and office.district not in address.named_districts:
            doubts.append(
                Doubt(
                    "postcode_elsewhere", f"{office.postcode} is in {office.district}, which the address does not name"
                )
            )
        if reading is None:
            if not address.named_districts:
                doubts.append(Doubt("postcode_alone", "nothing else in the address confirms the postcode"))
            return Answer(office, None, "postcode", tuple(reasons), office.thana, doubts=tuple(doubts))
        if any(self._delivers(office, one.place) for one in reading.agreeing):
            reasons += self._reasons(reading, address)
        else:
            kind: Kind = "postcode_field_against_name" if address.stated.in_field else "postcode_against_name"
            doubts.append(Doubt(kind, f"it contradicts the name: {self._names(reading)}"))
        doubts += across_the_border(self._gazetteer, office in METROPOLITAN, reading.agreeing)
        place = reading.best.place if self._delivers(office, reading.best.place) else None
        alternatives = tuple(self._alternatives(reading, office))
        thana = self._thana(reading) if place is not None else office.thana
        return Answer(office, place, "postcode", tuple(reasons), thana, _places(reading), tuple(doubts), alternatives)

    @staticmethod
    def _lies_elsewhere(address: Address, district: str) -> bool:
        """True if the address names other districts but not this one, or places in others (spelt as known)."""
        if address.named_districts and district not in address.named_districts:
            return True
        solid = (m for m in address.mentions if m.use is Use.PLACE and m.match is not Match.MISSPELT)
        return any(place.kind != "district" and place.district != district for m in solid for place in m.places)

    def _by_place(self, address: Address) -> Answer | None:
        """The office of the places named in the likeliest district, or the head office of a district named alone."""
        for rank, district in enumerate(address.districts):
            reading = read(self._gazetteer, address.mentions, district)
            if reading is not None:
                return self._by_reading(reading, address)
            if district != METROPOLITAN.district:
                return self._by_district(district, address) if rank == 0 else None
        return None

    def _by_reading(self, reading: Reading, address: Address) -> Answer:
        office = self._offices[reading.postcode]
        doubts = doubts_of_reading(self._gazetteer, reading, address.mentions, address.districts)
        return Answer(
            office,
            reading.best.place,
            "place",
            tuple(self._reasons(reading, address)),
            self._thana(reading),
            _places(reading),
            (*doubts, *self._ignored_postcode(address, office)),
            (
                *self._stated_instead(address, office),
                *self._elsewhere(reading, address),
                *self._alternatives(reading, office),
            ),
        )

    def _by_district(self, district: str, address: Address) -> Answer:
        """The head office of a district named alone; there may be a thana of its name elsewhere."""
        place, mention = next(
            (place, mention)
            for mention in address.mentions
            for place in mention.places
            if place.kind == "district" and place.district == district
        )
        office = self._offices[self._gazetteer.codes(place)[0]]
        reason = f"'{mention.words}' names the district {district}, whose head office is {_named(office)}"
        doubts = [Doubt("district_only", f"nothing smaller than the district {district} is recognised")]
        namesakes = sorted({one.district for one in mention.places} - {district})
        if namesakes and len(address.districts) > 1:
            share = address.districts[district] / sum(address.districts.values())
            doubts.append(Doubt("namesake", f"there is a {place.name_en} in {' and in '.join(namesakes)} too", share))
        return Answer(
            office,
            place,
            "place",
            (reason,),
            "",
            (place,),
            (*doubts, *self._ignored_postcode(address, office)),
            tuple(self._in_other_districts(district, address)),
        )

    def by_point(self, code: Postcode) -> Answer:
        """The office in whose area the point given lies."""
        office = self._offices[code]
        reason = f"the point given lies where {_named(office)} delivers"
        doubt = Doubt("point_only", "the text does not tell the office")
        return Answer(office, None, "coordinates", (reason,), office.thana, doubts=(doubt,))

    def _delivers(self, office: PostOffice, place: Place) -> bool:
        """True if the office is one of the place's, or so near that its code may well be written for the place."""
        if office.postcode in self._gazetteer.codes(place):
            return True
        return great_circle_m(place.lat_deg, place.lon_deg, office.lat_deg, office.lon_deg) <= NEIGHBOUR_M

    def _thana(self, reading: Reading) -> str:
        """The thana the address names, if the place may lie in it; otherwise the one the place is recorded in."""
        best = reading.best.place
        named = [
            sense
            for one in (*reading.agreeing, *reading.strays)
            for sense in one.mention.places
            if sense.kind == "thana" and sense.district == best.district and one.mention.use is Use.PLACE
        ]
        if not named or best.thana in {thana.thana for thana in named}:
            return best.thana
        return next((thana for thana in named if self._gazetteer.agree(thana, best)), named[-1]).thana

    def _reasons(self, reading: Reading, address: Address) -> Iterator[str]:
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

    def _ignored_postcode(self, address: Address, office: PostOffice) -> tuple[Doubt, ...]:
        """The doubt that the address states another postcode than this office's."""
        if address.stated is None:
            return ()
        postcode = address.stated.postcode
        if postcode not in self._offices:
            return (Doubt("postcode_unknown", f"{postcode}, as stated, is the postcode of no office"),)
        stated = self._offices[postcode]
        if stated is office:
            return ()
        if office.district in address.named_districts and stated.district not in address.named_districts:
            words = f"the postcode stated is that of {_named(stated)} in {stated.district}, which it does not name"
            return (Doubt("postcode_of_another_district", words),)
        return (Doubt("postcode_ignored", f"the postcode stated is that of {_named(stated)}"),)

    def _stated_instead(self, address: Address, office: PostOffice) -> Iterator[Candidate]:
        """The office of the postcode stated, where another was chosen."""
        if address.stated is not None and address.stated.postcode in self._offices:
            stated = self._offices[address.stated.postcode]
            if stated is not office:
                yield Candidate(stated.postcode, None, stated.name_en, f"'{address.stated.words}' states it", 0.9)

    def _alternatives(self, reading: Reading, office: PostOffice) -> Iterator[Candidate]:
        """The other offices that deliver parts of the places named, the likeliest first."""
        top = max(reading.votes.values())
        ranked = sorted(reading.votes.items(), key=lambda item: (-item[1], item[0]))
        for code, votes in ranked:
            if code != office.postcode:
                place = next(
                    (one.place for one in reading.agreeing if self._gazetteer.codes(one.place)[0] == code), None
                )
                why = f"delivers parts of {reading.best.place.name_en} and around"
                yield Candidate(code, place, self._offices[code].name_en, why, round(votes / top, 2))

    def _elsewhere(self, reading: Reading, address: Address) -> Iterator[Candidate]:
        """Places of the same name in the district, and what the address would mean in the next likely districts, unless
        it names its district."""
        for rival in reading.best.rivals:
            why = f"'{reading.best.mention.words}' may be {rival.name_en} in {rival.thana}"
            yield Candidate(self._gazetteer.codes(rival)[0], rival, rival.name_en, why, 1.0)
        if reading.best.place.district not in address.named_districts:
            yield from self._in_other_districts(reading.best.place.district, address)

    def _in_other_districts(self, chosen: str, address: Address) -> Iterator[Candidate]:
        others = [district for district in address.districts if district != chosen]
        for district in others[:_OTHER_DISTRICTS]:
            other = read(self._gazetteer, address.mentions, district)
            if other is not None:
                place, words = other.best.place, other.best.mention.words
                score = round(address.districts[district] / address.districts[chosen], 2)
                why = f"'{words}' may be {place.name_en} in {district}"
                yield Candidate(other.postcode, place, place.name_en, why, min(score, 1.0))


def _places(reading: Reading) -> tuple[Place, ...]:
    """The places that agree, ``best`` first."""
    return (reading.best.place, *(one.place for one in reading.agreeing if one is not reading.best))


def _named(office: PostOffice) -> str:
    return f"{office.postcode} {office.name_en}"
