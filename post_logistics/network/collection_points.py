"""Where recipients collect parcels themselves: office windows, digital centres, lockers (``collection_points.csv``)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from post_logistics.errors import NotFound
from post_logistics.network.offices import LAT_RANGE_DEG, LON_RANGE_DEG
from post_logistics.network.tables import Row, read_table
from post_logistics.units import Postcode

COLUMNS = (
    "point_id",
    "kind",
    "name_en",
    "name_bn",
    "office",
    "lat_deg",
    "lon_deg",
    "capacity_parcels",
    "takes_cash",
    "hours",
    "centre",
    "services",
    "source",
)


class PointKind(StrEnum):
    """Who hands the parcel over: the office itself, an agent's counter, or a locker."""

    OFFICE_WINDOW = "office_window"
    DIGITAL_CENTRE = "digital_centre"
    LOCKER = "locker"


class CentreKind(StrEnum):
    """What a digital centre serves; of each, so many were counted: 4,501, 328, 407 and 6."""

    UNION = "union"
    POURASHAVA = "pourashava"
    CITY_WARD = "city_ward"
    SPECIAL = "special"


class CentreService(StrEnum):
    """What a digital centre does for the post, besides keeping parcels until they are collected."""

    BOOKING = "booking"
    """Takes and books what somebody sends who has no account."""
    DROP_OFF = "drop_off"
    """Takes parcels that shops have booked."""
    HAND_OVER = "hand_over"
    """Hands parcels to those who come for them."""
    PAYMENT = "payment"
    """Takes cash for a parcel that is delivered to the door later."""


PAID_IN_CASH = frozenset({CentreService.BOOKING, CentreService.PAYMENT})
"""What is nothing without taking cash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPoint:
    """A place to collect from. ``office`` is the parent: it brings the parcels and answers for the point's counts."""

    point_id: str
    kind: PointKind
    name_en: str
    name_bn: str
    office: Postcode
    lat_deg: float
    lon_deg: float
    capacity_parcels: int
    takes_cash: bool
    """Whether a parcel with cash on delivery may be handed over here."""
    hours: str
    """For people: days and local times."""
    centre: CentreKind | None = None
    """Of a digital centre; None of anything else."""
    services: frozenset[CentreService] = frozenset({CentreService.HAND_OVER})

    @property
    def holder(self) -> str:
        """Who answers for what lies here, as a scan names them: the office at its window, else the agent."""
        at_window = self.kind is PointKind.OFFICE_WINDOW
        return f"office:{self.office}" if at_window else f"agent:{self.point_id}"

    @property
    def is_agent(self) -> bool:
        """Whether an agent keeps it, who answers for the cash taken there with a float."""
        return self.kind is PointKind.DIGITAL_CENTRE


class CollectionPoints:
    """All collection points by id."""

    def __init__(self, by_id: dict[str, CollectionPoint]) -> None:
        self._by_id = by_id

    def get(self, point_id: str, office: Postcode | None = None, hands: str = "") -> CollectionPoint:
        """The point of that id; NotFound if there is none, it is another office's, or, where ``hands`` are given, it is
        in others: all answer alike."""
        point = self._by_id.get(point_id)
        if point is None or office not in {None, point.office} or hands not in {"", point.holder}:
            raise NotFound(
                f"no collection point {point_id}", field="point_id", remedy="see the list of collection points"
            )
        return point

    __getitem__ = get

    def __iter__(self) -> Iterator[CollectionPoint]:
        return iter(self._by_id.values())

    def of_office(self, office: Postcode) -> tuple[CollectionPoint, ...]:
        """The points that an office brings parcels to."""
        return tuple(point for point in self if point.office == office)


def load_collection_points(facts_dir: Path) -> CollectionPoints:
    """The points of ``collection_points.csv``; Unacceptable names the row and column that is wrong."""
    by_id: dict[str, CollectionPoint] = {}
    for row in read_table(facts_dir / "collection_points.csv", COLUMNS):
        point = _point(row)
        if point.point_id in by_id:
            raise row.refuse("point_id", f"{point.point_id} is there twice", "give each point an id of its own")
        by_id[point.point_id] = point
    return CollectionPoints(by_id)


def _point(row: Row) -> CollectionPoint:
    point_id, kind = row.text("point_id"), PointKind(row.one_of("kind", tuple(PointKind)))
    if not (point_id.isascii() and point_id.replace("-", "").isalnum() and len(point_id) <= 40):
        raise row.refuse("point_id", f"{point_id!r} cannot name a point", "use letters a-z, digits and hyphens")
    takes_cash = row.one_of("takes_cash", ("yes", "no")) == "yes"
    if takes_cash and kind is PointKind.LOCKER:
        raise row.refuse("takes_cash", "a locker takes no cash", "write no")
    centre = _centre(row, kind)
    return CollectionPoint(
        point_id=point_id,
        kind=kind,
        name_en=row.text("name_en"),
        name_bn=row.text("name_bn"),
        office=row.postcode("office"),
        lat_deg=row.degrees("lat_deg", *LAT_RANGE_DEG),
        lon_deg=row.degrees("lon_deg", *LON_RANGE_DEG),
        capacity_parcels=row.whole("capacity_parcels"),
        takes_cash=takes_cash,
        hours=row.text("hours"),
        centre=centre,
        services=_services(row, centre, takes_cash=takes_cash),
    )


def _centre(row: Row, kind: PointKind) -> CentreKind | None:
    if kind is PointKind.DIGITAL_CENTRE:
        return CentreKind(row.one_of("centre", tuple(CentreKind)))
    if row.optional("centre"):
        raise row.refuse("centre", f"a {kind} is no digital centre", "leave the cell empty")
    return None


def _services(row: Row, centre: CentreKind | None, *, takes_cash: bool) -> frozenset[CentreService]:
    services = row.several("services")
    if centre is None:
        if services:
            raise row.refuse("services", "only a digital centre names its services", "leave the cell empty")
        return frozenset({CentreService.HAND_OVER})
    unknown = sorted(set(services) - set(CentreService))
    if unknown or not services:
        raise row.refuse("services", f"{unknown or 'nothing'} is no service", f"use: {'; '.join(CentreService)}")
    found = frozenset(map(CentreService, services))
    if found & PAID_IN_CASH and not takes_cash:
        raise row.refuse("services", "booking and payment are paid in cash", "let it take cash, or leave the two out")
    return found
