"""Where each office delivers, as polygons over the whole country: who delivers at a point, and what a map shows.

Every office, every place with a code and every union is a seed. A point belongs to the office of the nearest seed, so
that a text and a pin on the map agree; an area is the Voronoi cells of its seeds. The outer edge is no official line:
it is drawn around the unions, widened by ``_REACH_M``. Coordinates go in and come out as latitude and longitude; x and
y stay in here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians

import shapely
from shapely.geometry.base import BaseGeometry

from post_logistics.network.coverage import Coverage, OutsideCoverage
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.offices import Offices
from post_logistics.units import Postcode

Ring = tuple[tuple[float, float], ...]
"""Closed line of (lat_deg, lon_deg) points, the last equal to the first."""

_REACH_M = 6_000.0
"""How far beyond the outermost seeds the country still goes: half the width of a large union."""
_HULL_RATIO = 0.03
"""How closely the outer edge follows the seeds: 0 as closely as it can, 1 not at all."""
_METRES_PER_DEGREE = 111_195.0
"""Of latitude, on the mean sphere."""
_ORIGIN_LAT_DEG, _ORIGIN_LON_DEG = 23.78, 90.40
"""Centre of the flat map on which distances are taken; at the ends of the country they are wrong by 3 in 100, alike for
neighbours."""
_METRES_PER_DEGREE_EAST = _METRES_PER_DEGREE * cos(radians(_ORIGIN_LAT_DEG))


@dataclass(frozen=True, slots=True)
class ServiceArea:
    """Where one office delivers. Each polygon is its outer ring, then the rings of its holes."""

    office: Postcode
    polygons: tuple[tuple[Ring, ...], ...]


class DeliveryAreas:
    """The division of the country among its offices of delivery, without gap or overlap."""

    def __init__(self, offices: Offices, gazetteer: Gazetteer) -> None:
        self._codes: list[Postcode] = []
        points: dict[tuple[float, float], None] = {}
        for lat_deg, lon_deg, code in _seeds(offices, gazetteer):
            if (lat_deg, lon_deg) not in points:
                points[lat_deg, lon_deg] = None
                self._codes.append(code)
        self._points = shapely.points([_xy(*point) for point in points])
        self._tree = shapely.STRtree(self._points)

    @cached_property
    def _country(self) -> BaseGeometry:
        hull = shapely.concave_hull(shapely.multipoints(self._points), ratio=_HULL_RATIO)
        country = shapely.Polygon(shapely.get_exterior_ring(hull.buffer(_REACH_M)))
        shapely.prepare(country)
        return country

    @cached_property
    def _cells(self) -> Mapping[Postcode, Sequence[BaseGeometry]]:
        """For each office, the parts of the country nearest to one of its seeds."""
        seeds = shapely.multipoints(self._points)
        cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=self._country, ordered=True))
        inside = shapely.intersection(cells, self._country)
        found: dict[Postcode, list[BaseGeometry]] = {}
        for code, cell in zip(self._codes, inside, strict=True):
            found.setdefault(code, []).append(cell)
        return found

    def at(self, lat_deg: float, lon_deg: float) -> Postcode | None:
        """The office that delivers at the point; None outside the country."""
        point = shapely.Point(_xy(lat_deg, lon_deg))
        if not self._country.contains(point):
            return None
        return self._codes[int(self._tree.nearest(point))]

    def outline(self, coarse_m: float) -> Ring:
        """The edge of the country, so many metres from the true line at most: for small maps."""
        return _ring(shapely.simplify(self._country, coarse_m).exterior.coords)

    def delivery(self) -> dict[Postcode, ServiceArea]:
        """The area of every office of delivery, by postcode."""
        return {code: _area(code, cells) for code, cells in sorted(self._cells.items())}

    def service(self, coverage: Coverage) -> dict[Postcode, ServiceArea]:
        """The area of every office that offers the service, by postcode: those of all offices it is responsible for."""
        merged: dict[Postcode, list[BaseGeometry]] = {}
        for code, cells in self._cells.items():
            try:
                responsible = coverage.responsible(code).postcode
            except OutsideCoverage:
                continue
            merged.setdefault(responsible, []).extend(cells)
        return {code: _area(code, cells) for code, cells in sorted(merged.items())}


def _seeds(offices: Offices, gazetteer: Gazetteer) -> Iterator[tuple[float, float, Postcode]]:
    """Points with the code that delivers there; of two at one point the first counts."""
    for office in offices.values():
        yield office.lat_deg, office.lon_deg, office.postcode
    for place in gazetteer.places:
        if place.kind in {"area", "landmark", "union"} and place.source != "parent":
            yield place.lat_deg, place.lon_deg, offices[gazetteer.codes(place)[0]].postcode


def _area(code: Postcode, cells: Sequence[BaseGeometry]) -> ServiceArea:
    shape = shapely.coverage_union_all(cells) if len(cells) > 1 else cells[0]
    parts = shapely.orient_polygons(shapely.get_parts(shape))  # outer rings counter-clockwise, as GeoJSON wants them
    polygons = (part for part in parts if part.geom_type == "Polygon")
    return ServiceArea(
        code, tuple(tuple(_ring(line.coords) for line in (part.exterior, *part.interiors)) for part in polygons)
    )


def _xy(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    return (lon_deg - _ORIGIN_LON_DEG) * _METRES_PER_DEGREE_EAST, (lat_deg - _ORIGIN_LAT_DEG) * _METRES_PER_DEGREE


def _ring(coordinates: shapely.coords.CoordinateSequence) -> Ring:
    return tuple(
        (_ORIGIN_LAT_DEG + y / _METRES_PER_DEGREE, _ORIGIN_LON_DEG + x / _METRES_PER_DEGREE_EAST)
        for x, y in coordinates
    )
