"""Municipalities whose papers the post delivers: when each joins, which office serves it (``municipalities.csv``).

A municipality hands over its bills and licences in bulk, and all of them stay in the town. So nobody has to find the
office of delivery from the address: the municipality has one, and the address only tells the door (``holdings``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Final

from post_logistics.errors import NotFound
from post_logistics.network.offices import LAT_RANGE_DEG, LON_RANGE_DEG
from post_logistics.network.tables import Row, read_table
from post_logistics.units import Postcode, bangla_digits

COLUMNS: Final = (
    *("municipality_code", "name_en", "name_bn", "kind", "thana", "district", "office", "wards"),
    *("lat_deg", "lon_deg", "precision_m", "phase", "service_from", "source"),
)
KINDS: Final = ("paurashava", "city_corporation")
SOURCES: Final = ("pilot", "census", "assumed")
PILOT: Final = 1
"""The phase of the ten towns that began."""
IN_VIEW: Final = 328
"""So many municipalities are to follow, by the announcement of the digital municipality service."""
_FEWEST_WARDS: Final = 9
"""What a municipality has at least by law; taken where nobody has told how many there are."""
_MOST_WARDS: Final = 99
_WARD: Final = "ward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A town with papers to deliver. Its doors lie within ``precision_m`` of the point, nearly all of them."""

    municipality_code: str
    name_en: str
    name_bn: str
    kind: str
    thana: str
    district: str
    office: Postcode
    """Takes the papers in and delivers them."""
    wards: int | None
    """How many there are; None where nobody has told."""
    lat_deg: float
    lon_deg: float
    precision_m: int
    phase: int
    service_from: date | None
    """The first day of delivery; None where it is not decided."""
    source: str

    def is_served(self, on: date) -> bool:
        """Whether its papers are delivered on that day."""
        return self.service_from is not None and self.service_from <= on

    def has_ward(self, ward: int) -> bool:
        """Whether there is, or may be, a ward of that number."""
        return 1 <= ward <= (self.wards or _MOST_WARDS)

    @property
    def ward_radius_m(self) -> int:
        """How far a ward reaches from its middle: the wards share the town's ground."""
        return round(self.precision_m / sqrt(self.wards or _FEWEST_WARDS))


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward of a municipality, as a run sheet names it."""

    municipality: Municipality
    number: int

    @property
    def place_id(self) -> str:
        """Under which its doors are kept together: ``ward:gopalganj:4``."""
        return f"{_WARD}:{self.municipality.municipality_code}:{self.number}"

    @property
    def name_en(self) -> str:
        """Its name in English."""
        return f"{self.municipality.name_en}, ward {self.number}"

    @property
    def name_bn(self) -> str:
        """Its name in Bangla."""
        return f"{self.municipality.name_bn}, ওয়ার্ড {bangla_digits(str(self.number))}"


class Municipalities:
    """All municipalities by code, in the order of the table."""

    def __init__(self, by_code: Mapping[str, Municipality]) -> None:
        self._by_code = by_code

    def get(self, code: str) -> Municipality:
        """The municipality of that code; NotFound if there is none."""
        found = self._by_code.get(code)
        if found is None:
            raise NotFound(
                f"no municipality {code}", field="municipality", remedy="see the list of municipalities for its code"
            )
        return found

    __getitem__ = get

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Municipality]:
        return iter(self._by_code.values())

    def __len__(self) -> int:
        return len(self._by_code)

    def ward(self, place_id: str) -> Ward | None:
        """The ward of a ``place_id``; None if it is the id of anything else."""
        kind, _, rest = place_id.partition(":")
        code, _, number = rest.partition(":")
        known = kind == _WARD and code in self._by_code and number.isdigit()
        return Ward(self._by_code[code], int(number)) if known else None


def load_municipalities(facts_dir: Path) -> Municipalities:
    """The municipalities of ``municipalities.csv``; Unacceptable names the row and column that is wrong."""
    by_code: dict[str, Municipality] = {}
    for row in read_table(facts_dir / "municipalities.csv", COLUMNS):
        one = _municipality(row)
        if one.municipality_code in by_code:
            raise row.refuse("municipality_code", f"{one.municipality_code} is there twice", "give each its own code")
        by_code[one.municipality_code] = one
    return Municipalities(by_code)


def _municipality(row: Row) -> Municipality:
    code = row.text("municipality_code")
    if not (code.isascii() and code == code.lower() and code.replace("-", "").isalnum() and len(code) <= 40):
        raise row.refuse("municipality_code", f"{code!r} cannot name one", "use small letters a-z, digits and hyphens")
    wards = row.whole("wards") if row.optional("wards") else None
    if wards is not None and wards > _MOST_WARDS:
        raise row.refuse("wards", f"{wards} wards are too many", f"write at most {_MOST_WARDS}")
    phase = row.whole("phase")
    if phase == PILOT and not row.optional("service_from"):
        raise row.refuse("service_from", "a pilot town needs its first day", "write it, or another phase")
    return Municipality(
        municipality_code=code,
        name_en=row.text("name_en"),
        name_bn=row.text("name_bn"),
        kind=row.one_of("kind", KINDS),
        thana=row.text("thana"),
        district=row.text("district"),
        office=row.postcode("office"),
        wards=wards,
        lat_deg=row.degrees("lat_deg", *LAT_RANGE_DEG),
        lon_deg=row.degrees("lon_deg", *LON_RANGE_DEG),
        precision_m=row.whole("precision_m"),
        phase=phase,
        service_from=row.day("service_from") if row.optional("service_from") else None,
        source=row.one_of("source", SOURCES),
    )
