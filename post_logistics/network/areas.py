"""The service areas of the open offices as polygons: who delivers at a point, and what the map shows.

Each metropolitan office of delivery has the points nearest to it (its Voronoi cell); a service area is the cells of all
offices the open office is responsible for. The outer edge is no official line: it is the convex hull of the offices,
widened by ``_REACH_M``. Coordinates go in and come out as latitude and longitude; x and y stay in here.
"""

from dataclasses import dataclass
from datetime import date
from math import cos, radians

import shapely
from shapely.geometry.base import BaseGeometry

from post_logistics.network.coverage import METROPOLITAN, Coverage
from post_logistics.network.offices import Offices, PostOffice
from post_logistics.units import Postcode

Ring = tuple[tuple[float, float], ...]
"""Closed line of (lat_deg, lon_deg) points, the last equal to the first."""

_REACH_M = 4_500.0
"""How far beyond the outermost offices the city still goes: enough for every metropolitan thana's centre."""
_METRES_PER_DEGREE = 111_195.0
"""Of latitude, on the mean sphere."""
_ORIGIN_LAT_DEG, _ORIGIN_LON_DEG = 23.78, 90.40
"""Centre of the flat map on which distances are taken; 15 km off, they are wrong by less than 1 in 1,000."""
_METRES_PER_DEGREE_EAST = _METRES_PER_DEGREE * cos(radians(_ORIGIN_LAT_DEG))


@dataclass(frozen=True, slots=True)
class ServiceArea:
    """Where one open office delivers. Each polygon is its outer ring, then the rings of its holes."""

    office: Postcode
    polygons: tuple[tuple[Ring, ...], ...]


def service_areas(offices: Offices, on: date) -> dict[Postcode, ServiceArea]:
    """The area of every office open on that day, by postcode; together the whole city, without overlap."""
    coverage = Coverage(offices, on)
    if not offices.pilot(on):
        return {}
    shapes: dict[Postcode, list[BaseGeometry]] = {}
    for office, cell in _cells([office for office in offices.values() if office in METROPOLITAN]):
        shapes.setdefault(coverage.responsible(office.postcode).postcode, []).append(cell)
    return {
        postcode: ServiceArea(postcode, _polygons(shapely.union_all(cells)))
        for postcode, cells in sorted(shapes.items())
    }


def office_at(areas: dict[Postcode, ServiceArea], lat_deg: float, lon_deg: float) -> Postcode | None:
    """The open office whose area the point lies in, the lower postcode on a border; None outside the city."""
    point = _point(lat_deg, lon_deg)
    return min((postcode for postcode, area in areas.items() if _shape(area).intersects(point)), default=None)


def _cells(offices: list[PostOffice]) -> list[tuple[PostOffice, BaseGeometry]]:
    """The part of the city nearest to each office; of two in one place, the first has it all."""
    by_point: dict[tuple[float, float], PostOffice] = {}
    for office in offices:
        by_point.setdefault((office.lat_deg, office.lon_deg), office)
    points = shapely.multipoints([_point(*place) for place in by_point])
    city = points.convex_hull.buffer(_REACH_M)
    if len(by_point) == 1:
        return [(office, city) for office in by_point.values()]
    cells = shapely.voronoi_polygons(points, extend_to=city).geoms
    return [
        (office, city.intersection(next(cell for cell in cells if cell.contains(_point(*place)))))
        for place, office in by_point.items()
    ]


def _point(lat_deg: float, lon_deg: float) -> shapely.Point:
    east_m = (lon_deg - _ORIGIN_LON_DEG) * _METRES_PER_DEGREE_EAST
    return shapely.Point(east_m, (lat_deg - _ORIGIN_LAT_DEG) * _METRES_PER_DEGREE)


def _polygons(shape: BaseGeometry) -> tuple[tuple[Ring, ...], ...]:
    polygons = getattr(shape, "geoms", (shape,))
    return tuple(tuple(_ring(line.coords) for line in (part.exterior, *part.interiors)) for part in polygons)


def _ring(coordinates: shapely.coords.CoordinateSequence) -> Ring:
    return tuple(
        (_ORIGIN_LAT_DEG + y / _METRES_PER_DEGREE, _ORIGIN_LON_DEG + x / _METRES_PER_DEGREE_EAST)
        for x, y in coordinates
    )


def _shape(area: ServiceArea) -> BaseGeometry:
    return shapely.MultiPolygon(
        [
            ([_point(*at) for at in outer], [[_point(*at) for at in hole] for hole in holes])
            for outer, *holes in area.polygons
        ]
    )
