"""The delivery post offices, as ``post_offices.csv`` lists them, and which of them serve e-commerce since when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from post_logistics.errors import NotFound
from post_logistics.network.tables import Row, read_table
from post_logistics.units import Postcode

OFFICE_CLASSES = ("GPO", "HPO", "TSO", "UPO", "SO")
"""General, head, town sub, upazila and sub post office."""
LAT_RANGE_DEG = (20.5, 26.7)
LON_RANGE_DEG = (88.0, 92.7)
"""The box around Bangladesh."""

COLUMNS = (
    "postcode",
    "alias_of",
    "name_en",
    "name_bn",
    "spellings",
    "office_class",
    "division",
    "district",
    "district_bn",
    "thana",
    "thana_bn",
    "lat_deg",
    "lon_deg",
    "precision_m",
    "source",
    "pilot",
    "service_from",
    "capacity_parcels",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOffice:
    """An office of delivery. Its point is within ``precision_m`` of the door; a pilot office says when and how much."""

    postcode: Postcode
    name_en: str
    name_bn: str
    spellings: tuple[str, ...]
    """Other ways to write the name, in either script."""
    office_class: str
    division: str
    district: str
    district_bn: str
    thana: str
    thana_bn: str
    lat_deg: float
    lon_deg: float
    precision_m: int
    pilot: bool
    service_from: date | None
    """The first day of the e-commerce service here; None where it is not planned."""
    capacity_parcels: int | None
    """Parcels the office can deliver on one day."""


class Offices:
    """All delivery offices by postcode. An alias is one more postcode of the same office, not one more office."""

    def __init__(self, by_postcode: dict[Postcode, PostOffice]) -> None:
        self._by_postcode = by_postcode
        self._offices = tuple(office for postcode, office in by_postcode.items() if office.postcode == postcode)
        self._pilots: dict[date, tuple[PostOffice, ...]] = {}

    def get(self, postcode: str) -> PostOffice:
        """The office that delivers for this postcode; NotFound if there is none."""
        office = self._by_postcode.get(Postcode(postcode))
        if office is None:
            raise NotFound(
                f"no post office delivers for postcode {postcode!r}",
                field="postcode",
                remedy="give a four-digit postcode of Bangladesh, for example 1216",
                postcode=postcode,
            )
        return office

    __getitem__ = get

    def __contains__(self, postcode: object) -> bool:
        return postcode in self._by_postcode

    def __iter__(self) -> Iterator[Postcode]:
        """Every postcode, aliases included."""
        return iter(self._by_postcode)

    def __len__(self) -> int:
        """How many postcodes there are, aliases included."""
        return len(self._by_postcode)

    def values(self) -> tuple[PostOffice, ...]:
        """Every office once."""
        return self._offices

    def pilot(self, on: date) -> tuple[PostOffice, ...]:
        """The offices where the e-commerce service is open on this day, by postcode."""
        if on not in self._pilots:
            opened = (o for o in self._offices if o.pilot and o.service_from is not None and o.service_from <= on)
            self._pilots[on] = tuple(sorted(opened, key=lambda office: office.postcode))
        return self._pilots[on]


def load_offices(facts_dir: Path) -> Offices:
    """The offices of ``post_offices.csv``; Unacceptable names the row and column that is wrong."""
    rows = list(read_table(facts_dir / "post_offices.csv", COLUMNS))
    by_postcode: dict[Postcode, PostOffice] = {}
    for row in rows:
        office = _office(row)
        if office.postcode in by_postcode:
            raise row.refuse("postcode", f"{office.postcode} is there twice", "delete one of the two rows")
        by_postcode[office.postcode] = office
    return Offices(by_postcode | _aliases(rows, by_postcode))


def _office(row: Row) -> PostOffice:
    pilot = row.one_of("pilot", ("yes", "no")) == "yes"
    if not pilot:
        for column in ("service_from", "capacity_parcels"):
            if row.optional(column):
                raise row.refuse(column, "only a pilot office has this", "empty the cell, or write yes under pilot")
    return PostOffice(
        postcode=row.postcode("postcode"),
        name_en=row.text("name_en"),
        name_bn=row.text("name_bn"),
        spellings=row.several("spellings"),
        office_class=row.one_of("office_class", OFFICE_CLASSES),
        division=row.text("division"),
        district=row.text("district"),
        district_bn=row.text("district_bn"),
        thana=row.text("thana"),
        thana_bn=row.text("thana_bn"),
        lat_deg=row.degrees("lat_deg", *LAT_RANGE_DEG),
        lon_deg=row.degrees("lon_deg", *LON_RANGE_DEG),
        precision_m=row.whole("precision_m"),
        pilot=pilot,
        service_from=row.day("service_from") if pilot else None,
        capacity_parcels=row.whole("capacity_parcels") if pilot else None,
    )


def _aliases(rows: Sequence[Row], by_postcode: dict[Postcode, PostOffice]) -> dict[Postcode, PostOffice]:
    """For each postcode that is another code of an office, that office."""
    aliases = {row.postcode("postcode"): row for row in rows if row.optional("alias_of")}
    offices = {}
    for postcode, row in aliases.items():
        target = row.postcode("alias_of")
        if target in aliases or target not in by_postcode:
            raise row.refuse("alias_of", f"{target} is no other office here", "write the postcode of the office meant")
        offices[postcode] = by_postcode[target]
    return offices
