"""Distance on the globe."""

from math import asin, cos, radians, sin, sqrt

_EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""


def great_circle_m(lat_deg: float, lon_deg: float, to_lat_deg: float, to_lon_deg: float) -> float:
    """Metres between two points along the surface (haversine on a sphere, within 0.5 % of the ellipsoid)."""
    north, to_north = radians(lat_deg), radians(to_lat_deg)
    half_lat, half_lon = (to_north - north) / 2, radians(to_lon_deg - lon_deg) / 2
    chord = sin(half_lat) ** 2 + cos(north) * cos(to_north) * sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))
