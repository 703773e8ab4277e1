"""The places with the offices that deliver to them, and how they lie to one another."""

import re
from collections.abc import Iterator, Sequence

from post_logistics.network.coverage import METROPOLITAN
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import Offices, PostOffice
from post_logistics.network.places import Place, district_id, thana_id
from post_logistics.units import Postcode

_NEAR_M = 2_000.0
_HEAD_FIRST = {"GPO": 0, "HPO": 1}
_OFFICE_CLASS_IN_NAME = re.compile(r"\s+(?:TSO|UPO|HPO|HO|SO|EDSO|Head Office)$")


class Gazetteer:
    """Every place an address may name, with its codes: those given, and the offices outside the city as places."""

    def __init__(self, offices: Offices, places: Sequence[Place]) -> None:
        self._offices = offices
        self._by_district: dict[str, list[PostOffice]] = {}
        for office in offices.values():
            self._by_district.setdefault(office.district, []).append(office)
        self._by_id = {place.place_id: place for place in places}
        self._by_id |= {place.place_id: place for place in self._named_after_offices()}
        self.places = tuple(self._by_id.values())
        self._codes = {place.place_id: self._codes_of(place) for place in self.places}
        metropolitan = {code for code in offices if offices[code] in METROPOLITAN}
        self._in_city = {place_id for place_id, codes in self._codes.items() if codes[0] in metropolitan}
        self._containers = {place.place_id: frozenset(self._containing(place)) for place in self.places}

    def district(self, name: str) -> Place:
        """The district of that name."""
        return self._by_id[district_id(name)]

    def office(self, postcode: Postcode) -> PostOffice:
        """The office of delivery of that postcode."""
        return self._offices[postcode]

    def thana_bn(self, place: Place) -> str:
        """The Bangla name of the thana a place lies in."""
        return self._by_id[thana_id(place.district, place.thana)].name_bn

    def division(self, district: str) -> str:
        """The division a district belongs to."""
        return self._by_district[district][0].division

    def codes(self, place: Place) -> tuple[Postcode, ...]:
        """The postcodes that deliver to the place, the usual one first; never empty."""
        return self._codes[place.place_id]

    def metropolitan(self, place: Place) -> bool:
        """True if the usual office of the place is one of the city's."""
        return place.place_id in self._in_city

    def depth(self, place: Place) -> int:
        """How many places contain it: the more, the smaller."""
        return len(self._containers[place.place_id])

    def contains(self, larger: Place, smaller: Place) -> bool:
        """True if the one is recorded as lying within the other."""
        return larger.place_id in self._containers[smaller.place_id]

    def agree(self, one: Place, other: Place) -> bool:
        """True if one address may well name both: one within the other, a code in common, or near each other."""
        if one is other or self.contains(one, other) or self.contains(other, one):
            return True
        if not set(self.codes(one)).isdisjoint(self.codes(other)):
            return True
        apart_m = great_circle_m(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
        return apart_m <= _NEAR_M + max(one.precision_m, other.precision_m)

    def _containing(self, place: Place) -> Iterator[str]:
        while place.within in self._by_id:
            yield place.within
            place = self._by_id[place.within]

    def _codes_of(self, place: Place) -> tuple[Postcode, ...]:
        """Those in its row; a union is written with the code of its thana, and what has none with the nearest."""
        coded = self._by_id[place.within] if place.kind == "union" else place
        written = (coded.postcode, *coded.other_postcodes) if coded.postcode else ()
        return tuple(Postcode(code) for code in written if code in self._offices) or (self._office_for(place).postcode,)

    def _office_for(self, place: Place) -> PostOffice:
        """For a place without a code: the head office of a district, otherwise the nearest office in the district."""
        offices = self._by_district[place.district]
        if place.kind == "district":
            return min(offices, key=lambda office: (_HEAD_FIRST.get(office.office_class, 2), office.postcode))
        return nearest_office(offices, place.lat_deg, place.lon_deg)[0]

    def _named_after_offices(self) -> Iterator[Place]:
        """The towns and bazars with an office of delivery; in the city, offices are not named after their place."""
        for office in self._offices.values():
            name = _OFFICE_CLASS_IN_NAME.sub("", office.name_en)
            if office in METROPOLITAN or name == office.district:
                continue
            thana = thana_id(office.district, office.thana)
            yield Place(
                place_id=f"office:{office.postcode}",
                name_en=name,
                name_bn=office.name_bn,
                spellings=office.spellings,
                kind="office",
                within=thana if thana in self._by_id else district_id(office.district),
                thana=office.thana,
                district=office.district,
                postcode=office.postcode,
                other_postcodes=(),
                lat_deg=office.lat_deg,
                lon_deg=office.lon_deg,
                precision_m=office.precision_m,
                source="office",
            )


def nearest_office(offices: Sequence[PostOffice], lat_deg: float, lon_deg: float) -> tuple[PostOffice, float]:
    """The office nearest to a point and how far it is in metres; of two equally near, the lower postcode."""
    apart_m, _, office = min(
        (great_circle_m(lat_deg, lon_deg, office.lat_deg, office.lon_deg), office.postcode, office)
        for office in offices
    )
    return office, apart_m
