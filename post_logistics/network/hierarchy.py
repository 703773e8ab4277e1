"""The country as pickers show it, district over thana over area, under numbers that never change.

Shops keep the numbers of cities, zones and areas in their settings for years. So ours are data: ``hierarchy.csv`` says
which number was given to which place, and rows are only ever added to it. Names and postcodes come from the other
tables: a name is corrected there, and its number stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, cast

from post_logistics.errors import Unacceptable
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.places import Place, district_id, thana_id
from post_logistics.network.resolve import Hints, Resolver
from post_logistics.network.tables import read_table
from post_logistics.units import Postcode

FILE: Final = "hierarchy.csv"
Kind = Literal["division", "district", "thana", "area"]
FIRST: Final[Mapping[Kind, int]] = MappingProxyType({"division": 1, "district": 1, "thana": 10_001, "area": 100_001})
"""Where the numbers of each kind begin. No courier counts its zones and areas so high: a number of theirs that was left
in a shop's settings is not taken for one of ours."""
_LEADING: Final = ("district:dhaka", "district:chattogram", "district:sylhet", "district:rajshahi")
"""Numbers 1 to 4, as cities are numbered elsewhere, too."""
_AREA_KINDS: Final = ("area", "office", "union")
"""Places that are listed as areas. Of several with one name in one thana, the first kind here is listed."""


class Numbered(NamedTuple):
    """A row of the file: among those of its kind, this number is this place's."""

    kind: Kind
    number: int
    place_id: str
    """As in the gazetteer; ``division:dhaka`` for a division, which is no place there."""


@dataclass(frozen=True, slots=True)
class Division:
    """One of the eight."""

    number: int
    name_en: str


@dataclass(frozen=True, slots=True)
class District:
    """What other couriers call a city."""

    number: int
    name_en: str
    name_bn: str
    division: Division


@dataclass(frozen=True, slots=True)
class Thana:
    """A thana or upazila: what other couriers call a zone."""

    number: int
    name_en: str
    name_bn: str
    postcode: Postcode
    """The one usually written for it."""
    district: District


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a town, a union, or a bazar with a post office."""

    number: int
    name_en: str
    name_bn: str
    """The English name where no Bangla one is known."""
    postcode: Postcode
    """The one usually written for it."""
    thana: Thana


class Hierarchy:
    """Districts, thanas and areas by number, each in the order of their English names."""

    def __init__(self, districts: Iterable[District], thanas: Iterable[Thana], areas: Iterable[Area]) -> None:
        self.districts = {one.number: one for one in districts}
        self.thanas = {one.number: one for one in thanas}
        self.areas = {one.number: one for one in areas}
        self._thanas: defaultdict[int, list[Thana]] = defaultdict(list)
        self._areas: defaultdict[int, list[Area]] = defaultdict(list)
        for thana in self.thanas.values():
            self._thanas[thana.district.number].append(thana)
        for area in self.areas.values():
            self._areas[area.thana.number].append(area)
        self._by_name = {(one.district.name_en, one.name_en): one for one in self.thanas.values()}

    def thanas_of(self, district: int) -> Sequence[Thana]:
        """The thanas of the district of that number; none if there is no such district."""
        return self._thanas.get(district, ())

    def areas_of(self, thana: int) -> Sequence[Area]:
        """The areas of the thana of that number; none if there is no such thana."""
        return self._areas.get(thana, ())

    def thana_named(self, district: str, thana: str) -> Thana | None:
        """The thana of those English names, as offices and resolutions give them; None if it has no number."""
        return self._by_name.get((district, thana))

    def hints(self, district: int = 0, thana: int = 0, area: int = 0) -> Hints:
        """What numbers chosen beside an address say about it; 0 is none.

        Nothing if one of them is not ours, or they do not lie in one another: then they are another courier's, or a
        mistake, and the words of the address know better.
        """
        in_area = self.areas.get(area)
        in_thana = self.thanas.get(thana) or (in_area and in_area.thana)
        in_district = self.districts.get(district) or (in_thana and in_thana.district)
        asked = ((area, in_area), (thana, in_thana), (district, in_district))
        known = all(number in {0, one.number if one else 0} for number, one in asked)
        nested = (not in_area or in_area.thana is in_thana) and (not in_thana or in_thana.district is in_district)
        if not (known and nested):
            return Hints()
        return Hints(
            district=in_district.name_en if in_district else "",
            thana=in_thana.name_en if in_thana else "",
            area=in_area.name_en if in_area else "",
        )


@lru_cache(maxsize=2)
def load_hierarchy(facts_dir: Path, resolver: Resolver) -> Hierarchy:
    """The hierarchy of the places that have numbers; Unacceptable names what is wrong in the file.

    A number whose place is gone is passed over, and is never another's.
    """
    gazetteer = resolver.gazetteer
    places = {place.place_id: place for place in gazetteer.places}
    numbers: dict[str, dict[str, int]] = {kind: {} for kind in FIRST}
    for row in read_numbers(facts_dir):
        numbers[row.kind][row.place_id] = row.number

    def listed(kind: Kind) -> list[tuple[int, Place]]:
        found = [(number, places[place_id]) for place_id, number in numbers[kind].items() if place_id in places]
        return sorted(found, key=lambda one: (one[1].name_en, one[0]))

    def number_of(kind: Kind, place_id: str) -> int:
        if place_id not in numbers[kind]:
            raise Unacceptable(
                f"{FILE}: {place_id} has no number",
                field="place_id",
                file=FILE,
                remedy="if it was renamed, correct the place_id of its row; otherwise run post-logistics number-places",
            )
        return numbers[kind][place_id]

    districts = {}
    for number, place in listed("district"):
        division = gazetteer.division(place.name_en)
        above = Division(number_of("division", _division_id(division)), division)
        districts[number] = District(number, place.name_en, place.name_bn, above)
    thanas = {}
    for number, place in listed("thana"):
        district = districts[number_of("district", district_id(place.district))]
        thanas[number] = Thana(number, place.name_en, place.name_bn, gazetteer.codes(place)[0], district)
    areas = []
    for number, place in listed("area"):
        thana = thanas[number_of("thana", thana_id(place.district, place.thana))]
        name_bn = place.name_bn or place.name_en
        areas.append(Area(number, place.name_en, name_bn, gazetteer.codes(place)[0], thana))
    return Hierarchy(districts.values(), thanas.values(), areas)


def read_numbers(facts_dir: Path) -> list[Numbered]:
    """The rows of the file, in their order; Unacceptable for a number or a place that is there twice."""
    rows: list[Numbered] = []
    seen: set[tuple[str, int | str]] = set()
    for row in read_table(facts_dir / FILE, Numbered._fields):
        one = Numbered(cast(Kind, row.one_of("kind", tuple(FIRST))), row.whole("number"), row.text("place_id"))
        for column, value in (("number", one.number), ("place_id", one.place_id)):
            if (one.kind, value) in seen:
                raise row.refuse(column, f"the {one.kind} {value} is there twice", "delete the later of the two rows")
            seen.add((one.kind, value))
        rows.append(one)
    return rows


def missing_numbers(gazetteer: Gazetteer, rows: Sequence[Numbered]) -> list[Numbered]:
    """A row for each place that should have a number and has none: what is to be added at the end of the file."""
    known = {(row.kind, row.place_id) for row in rows}
    after: dict[Kind, Iterator[int]] = {
        kind: count(max([first - 1, *(row.number for row in rows if row.kind == kind)]) + 1)
        for kind, first in FIRST.items()
    }
    wanted: dict[Kind, list[str]] = {
        "division": _divisions(gazetteer),
        "district": _districts(gazetteer),
        "thana": _in_order(place for place in gazetteer.places if place.kind == "thana"),
        "area": _in_order(_areas(gazetteer, known)),
    }
    return [
        Numbered(kind, next(after[kind]), one)
        for kind, ids in wanted.items()
        for one in ids
        if (kind, one) not in known
    ]


def _divisions(gazetteer: Gazetteer) -> list[str]:
    names = {gazetteer.division(place.district) for place in gazetteer.places if place.kind == "district"}
    return sorted(map(_division_id, names))


def _division_id(name: str) -> str:
    return f"division:{name.casefold()}"


def _districts(gazetteer: Gazetteer) -> list[str]:
    found = sorted(place.place_id for place in gazetteer.places if place.kind == "district")
    return sorted(found, key=lambda one: _LEADING.index(one) if one in _LEADING else len(_LEADING))


def _in_order(places: Iterable[Place]) -> list[str]:
    ordered = sorted(places, key=lambda one: (one.district, one.thana, one.name_en, one.place_id))
    return [place.place_id for place in ordered]


def _areas(gazetteer: Gazetteer, known: set[tuple[Kind, str]]) -> Iterator[Place]:
    """The places listed as areas: no name twice in a thana, and a thana without any is an area of its own."""
    taken: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    candidates = [place for kind in _AREA_KINDS for place in gazetteer.places if place.kind == kind]
    candidates += [place for place in gazetteer.places if place.kind == "thana"]
    for place in sorted(candidates, key=lambda one: ("area", one.place_id) not in known):  # whoever has one keeps it
        names = taken[place.district, place.thana]
        is_new = ("area", place.place_id) not in known
        if is_new and (names if place.kind == "thana" else place.name_en.casefold() in names):
            continue
        names.add(place.name_en.casefold())
        yield place
