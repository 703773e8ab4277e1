"""Distances and travel times between points as far as straight lines with a measured detour tell."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from post_logistics.routing.problem import UNREACHABLE, Matrix

Floats = npt.NDArray[np.float64]
Degrees = Floats | Sequence[float]
"""(n,) float64: the coordinate of each point."""
Flags = npt.NDArray[np.bool_]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""

DETOUR_FACTOR = 1.25
"""Road distance over straight line: the median of the 506 ordered pairs of the 23 delivery offices of metropolitan
Dhaka, measured along the street graph (a tenth lies below 1.14, a tenth above 1.51)."""

TOUR_CONSTANT = 0.7124
"""The shortest tour through n points strewn over an area A is about 0.7124 sqrt(n A) long for large n: a theorem of
Beardwood, Halton and Hammersley (1959); the constant was measured by Johnson, McGeoch and Rothberg (1996)."""

LANE_M_PER_H = 15_000
"""How fast one rides where no road is known: from a door to its road, and along an estimate."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadDistances:
    """Distances between n points, by road where a way is known and by estimate elsewhere. All: (n, n), row = from.

    distance_m: int64, metres. duration_s: int64, seconds these ways take as far as the roads allow, or None where
    nobody knows. estimated: bool, true where the estimate counts.
    """

    distance_m: Matrix
    duration_s: Matrix | None
    estimated: Flags

    @property
    def estimated_pairs(self) -> int:
        """How many distances are estimates."""
        return int(self.estimated.sum())

    def ridden_s(self, speed_m_per_h: int) -> Matrix:
        """Seconds to ride: at the vehicle's own speed, and nowhere faster than the roads allow. (n, n) int64."""
        own_s = durations(self.distance_m, speed_m_per_h)
        return own_s if self.duration_s is None else np.maximum(own_s, self.duration_s)

    def with_estimates(self, unknown: Flags, estimate_m: Matrix) -> "RoadDistances":
        """These distances, but estimates for the pairs ``unknown``: (n, n) bool, from a point to itself excepted."""
        unknown = unknown & ~np.eye(len(unknown), dtype=np.bool_)
        duration_s = self.duration_s
        if duration_s is not None:
            duration_s = np.where(unknown, durations(estimate_m, LANE_M_PER_H), duration_s)
        return RoadDistances(np.where(unknown, estimate_m, self.distance_m), duration_s, self.estimated | unknown)


def crow_m(lat_deg: Degrees, lon_deg: Degrees) -> Matrix:
    """Great-circle distances: (n, n) int64, metres (haversine, within 0.5 % of the ellipsoid)."""
    return _whole(_between_m(lat_deg, lon_deg, lat_deg, lon_deg))


def road_estimate(lat_deg: Degrees, lon_deg: Degrees) -> Matrix:
    """Road distances as far as straight lines tell: (n, n) int64, metres."""
    return road_estimate_between(lat_deg, lon_deg, lat_deg, lon_deg)


def road_estimate_between(lat_deg: Degrees, lon_deg: Degrees, to_lat_deg: Degrees, to_lon_deg: Degrees) -> Matrix:
    """The same from every one of n points to every one of m others: (n, m) int64, metres."""
    return _whole(_between_m(lat_deg, lon_deg, to_lat_deg, to_lon_deg) * DETOUR_FACTOR)


def door_distances(lat_deg: Degrees, lon_deg: Degrees, precision_m: npt.ArrayLike, place_key: Sequence[str]) -> Matrix:
    """Expected road distances between doors of which only the area is known: (n, n) int64, metres.

    Each door lies somewhere within ``precision_m`` of its point. Doors with the same ``place_key`` lie in the same
    area; an empty key stands for a place of its own.

    - Two of the n doors of one area, of radius r: a leg of the shortest tour through them, 0.7124 sqrt(pi r^2 / n).
    - Doors of different areas: the root mean square sqrt(d^2 + r1^2 / 2 + r2^2 / 2), d the distance of the points and
      r^2 / 2 the mean square distance of a door from the middle of its disc. It is never zero for a vague door.
    """
    radius_m = np.asarray(precision_m, dtype=np.float64)
    spread = radius_m**2 / 2
    expected_m = np.sqrt(_between_m(lat_deg, lon_deg, lat_deg, lon_deg) ** 2 + spread[:, np.newaxis] + spread)
    for place, doors in Counter(key for key in place_key if key).items():
        there = [index for index, key in enumerate(place_key) if key == place]
        expected_m[np.ix_(there, there)] = TOUR_CONSTANT * np.sqrt(np.pi / doors) * radius_m[there].max()
    np.fill_diagonal(expected_m, 0)
    return _whole(expected_m * DETOUR_FACTOR)


def durations(distance_m: Matrix, speed_m_per_h: int) -> Matrix:
    """Seconds to ride those distances, rounded up: (n, n) int64. No way stays no way."""
    return np.where(distance_m >= UNREACHABLE, UNREACHABLE, -(-distance_m * 3600 // speed_m_per_h))


def haversine_m(lat_deg: Floats | float, lon_deg: Floats | float, to_lat_deg: Floats, to_lon_deg: Floats) -> Floats:
    """Great-circle distances, point by point: float64, metres, of the shape to which the four arrays broadcast."""
    lat, lon, to_lat, to_lon = (np.radians(degrees) for degrees in (lat_deg, lon_deg, to_lat_deg, to_lon_deg))
    chord = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    length_m: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1, chord)))
    return length_m


def _between_m(lat_deg: Degrees, lon_deg: Degrees, to_lat_deg: Degrees, to_lon_deg: Degrees) -> Floats:
    """Metres from every one of n points to every one of m others: (n, m) float64."""
    lat, lon = np.asarray(lat_deg)[:, np.newaxis], np.asarray(lon_deg)[:, np.newaxis]
    return haversine_m(lat, lon, np.asarray(to_lat_deg), np.asarray(to_lon_deg))


def _whole(length_m: Floats) -> Matrix:
    return np.rint(length_m).astype(np.int64)
