"""The gazetteer: what people write in addresses, from ``places``, ``unions``, ``thanas`` and ``districts.csv``."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from post_logistics.network.offices import LAT_RANGE_DEG, LON_RANGE_DEG
from post_logistics.network.tables import Row, read_table
from post_logistics.units import Postcode

PLACE_KINDS = ("area", "road", "landmark")
UNION_KINDS = ("union", "paurashava", "ward")
THANA_KINDS = ("upazila", "metropolitan")

_POINT = ("lat_deg", "lon_deg", "precision_m", "source")
PLACE_COLUMNS = (
    *("place_id", "name_en", "name_bn", "spellings", "kind", "within", "thana", "district"),
    *("postcode", "other_postcodes", *_POINT),
)
THANA_COLUMNS = (
    *("thana_code", "name_en", "name_bn", "spellings", "kind", "district"),
    *("formed_from", "postcode", *_POINT),
)
UNION_COLUMNS = (
    *("union_code", "name_en", "name_bn", "spellings", "kind", "thana", "district"),
    *("lat_deg", "lon_deg", "precision_m"),
)
DISTRICT_COLUMNS = ("district_code", "name_en", "name_bn", "spellings", "division", "head_office", *_POINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that addresses name. Whoever names it is within ``precision_m`` of the point, nearly always."""

    place_id: str
    name_en: str
    name_bn: str
    """Empty for some unions."""
    spellings: tuple[str, ...]
    """Other ways to write it, in either script."""
    kind: str
    """``area``, ``road``, ``landmark``, ``union``, ``office``, ``thana`` or ``district``."""
    within: str
    """``place_id`` of the next larger place; empty for a district."""
    thana: str
    district: str
    postcode: Postcode | Literal[""]
    """The code usually written for it; empty for a district, a union, and a thana without an office of its own."""
    other_postcodes: tuple[Postcode, ...]
    """Codes that are also seen for parts of it."""
    lat_deg: float
    lon_deg: float
    precision_m: int
    source: str


def load_places(facts_dir: Path) -> tuple[Place, ...]:
    """Districts, thanas, unions and places inside them; Unacceptable names the row and column that is wrong.

    A place whose ``within`` is empty in ``places.csv`` lies directly in its thana.
    """
    rows = [*_districts(facts_dir), *_thanas(facts_dir), *_unions(facts_dir), *_places(facts_dir)]
    found: dict[str, Place] = {}
    for row, place in rows:
        if place.place_id in found:
            column = "place_id" if "place_id" in row.cells else "name_en"
            raise row.refuse(column, f"{place.place_id!r} is there twice", "delete one of the two or rename it")
        found[place.place_id] = place
    for row, place in rows:
        _check_parents(row, place, found)
    return tuple(found.values())


def district_id(district: str) -> str:
    """The ``place_id`` of a district: ``district:dhaka``."""
    return f"district:{_slug(district)}"


def thana_id(district: str, thana: str) -> str:
    """The ``place_id`` of a thana or upazila: ``thana:dhaka:mirpur``."""
    return f"thana:{_slug(district)}:{_slug(thana)}"


@lru_cache(maxsize=4096)
def _slug(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def _districts(facts_dir: Path) -> Iterator[tuple[Row, Place]]:
    for row in read_table(facts_dir / "districts.csv", DISTRICT_COLUMNS):
        name = row.text("name_en")
        row.postcode("head_office")  # checked, but not the district's own: a district is too large to have a postcode
        yield row, _place(row, district_id(name), kind="district", within="", thana="", district=name, postcode="")


def _thanas(facts_dir: Path) -> Iterator[tuple[Row, Place]]:
    for row in read_table(facts_dir / "thanas.csv", THANA_COLUMNS):
        name, district = row.text("name_en"), row.text("district")
        row.one_of("kind", THANA_KINDS)
        postcode: Postcode | Literal[""] = row.postcode("postcode") if row.optional("postcode") else ""
        within = district_id(district)
        place = _place(
            row, thana_id(district, name), kind="thana", within=within, thana=name, district=district, postcode=postcode
        )
        yield row, place


def _unions(facts_dir: Path) -> Iterator[tuple[Row, Place]]:
    for row in read_table(facts_dir / "unions.csv", UNION_COLUMNS):
        thana, district = row.text("thana"), row.text("district")
        row.one_of("kind", UNION_KINDS)
        place_id, within = f"union:{row.text('union_code')}", thana_id(district, thana)
        yield row, _place(row, place_id, kind="union", within=within, thana=thana, district=district, postcode="")


def _places(facts_dir: Path) -> Iterator[tuple[Row, Place]]:
    for row in read_table(facts_dir / "places.csv", PLACE_COLUMNS):
        thana, district = row.text("thana"), row.text("district")
        place = _place(
            row,
            row.text("place_id"),
            kind=row.one_of("kind", PLACE_KINDS),
            within=row.optional("within") or thana_id(district, thana),
            thana=thana,
            district=district,
            postcode=row.postcode("postcode"),
            other_postcodes=row.postcodes("other_postcodes"),
        )
        yield row, place


def _place(
    row: Row,
    place_id: str,
    *,
    kind: str,
    within: str,
    thana: str,
    district: str,
    postcode: Postcode | Literal[""],
    other_postcodes: tuple[Postcode, ...] = (),
) -> Place:
    """The place of a row: what the three tables have in common is read here."""
    return Place(
        place_id=place_id,
        name_en=row.text("name_en"),
        name_bn=row.cells["name_bn"] if kind == "union" else row.text("name_bn"),
        spellings=row.several("spellings"),
        kind=kind,
        within=within,
        thana=thana,
        district=district,
        postcode=postcode,
        other_postcodes=other_postcodes,
        lat_deg=row.degrees("lat_deg", *LAT_RANGE_DEG),
        lon_deg=row.degrees("lon_deg", *LON_RANGE_DEG),
        precision_m=row.whole("precision_m"),
        source="union" if kind == "union" else row.text("source"),
    )


def _check_parents(row: Row, place: Place, found: dict[str, Place]) -> None:
    """Refuses a place whose parents are unknown, or that lies within itself through some chain."""
    if district_id(place.district) not in found:
        raise row.refuse("district", f"{place.district!r} is no district", "write a name_en of districts.csv")
    if place.thana and thana_id(place.district, place.thana) not in found:
        raise row.refuse(
            "thana",
            f"{place.thana!r} is no thana of {place.district}",
            "write a name_en of thanas.csv for that district",
        )
    seen = {place.place_id}
    parent = place.within
    while parent:
        if parent not in found:
            raise row.refuse("within", f"{parent!r} is no place_id", "write that of the larger place, or nothing")
        if parent in seen:
            raise row.refuse("within", f"{place.place_id!r} lies within itself", "correct the place_id written here")
        seen.add(parent)
        parent = found[parent].within
