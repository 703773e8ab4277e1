"""Distances and durations by road from a routing server: OSRM, Valhalla or openrouteservice.

routingpy, which speaks their languages, is imported where it is needed: most deployments have no server, some lack it.
"""

import re
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from post_logistics.errors import Unacceptable
from post_logistics.routing.matrix import Degrees, RoadDistances
from post_logistics.routing.problem import UNREACHABLE, Matrix

_FIELD = "routing_server"
_PROFILES = {"osrm": "driving", "valhalla": "motorcycle", "ors": "driving-car"}
"""The kinds of server, and how to ride where the address does not say."""

_ADDRESS = re.compile(r"(osrm|valhalla|ors)\+(https?://[^\s/?#]+[^\s?#]*?)/?(?:#([\w-]+))?")

MOST_POINTS = 50
"""So many points from and so many to in one question: what OSRM (100 in all), Valhalla (2,500 pairs) and the public
openrouteservice (3,500 pairs) answer unless they are set up otherwise."""


class ServerFailed(Exception):
    """The server gave no matrix: away, slow, refusing, or not making sense."""


@dataclass(frozen=True, slots=True)
class RoutingServer:
    """A routing server. ``timeout_s`` bounds one question, ``budget_s`` a whole matrix."""

    kind: str
    url: str
    profile: str
    key: str | None = field(default=None, repr=False)
    most_points: int = MOST_POINTS
    timeout_s: float = 10
    budget_s: float = 60


def routing_server(address: str, key: str | None = None) -> RoutingServer:
    """The server at an address such as ``osrm+http://127.0.0.1:5000``; Unacceptable if it is none, or cannot be asked.

    What follows a ``#`` is the profile to ride by: ``valhalla+https://host/path#motor_scooter``.
    """
    read = _ADDRESS.fullmatch(address)
    if read is None:
        raise Unacceptable(
            f"{address!r} is no address of a routing server",
            field=_FIELD,
            remedy="write osrm+http://host:5000, valhalla+http://host:8002 or ors+https://api.openrouteservice.org",
        )
    kind, url, profile = read.groups()
    if "//api.openrouteservice.org" in url and not key:
        raise Unacceptable(
            "this server wants a key", field="routing_server_key", remedy="set POST_LOGISTICS_ROUTING_SERVER_KEY"
        )
    server = RoutingServer(kind, url, profile or _PROFILES[kind], key)
    _client(server)
    return server


def server_matrix(server: RoutingServer, lat_deg: Degrees, lon_deg: Degrees) -> RoadDistances:
    """The ways that the server knows between n points, UNREACHABLE where it knows none. ServerFailed says why not.

    Nothing but coordinates is sent, ``most_points`` by ``most_points`` at a time.
    """
    client, points = _client(server), [[float(lon), float(lat)] for lat, lon in zip(lat_deg, lon_deg, strict=True)]
    distance_m = np.zeros((len(points), len(points)), np.int64)
    duration_s = np.zeros_like(distance_m)
    parts = [slice(first, first + server.most_points) for first in range(0, len(points), server.most_points)]
    started = time.perf_counter()
    for here in ((start, end) for start in parts for end in parts):
        if time.perf_counter() - started > server.budget_s:
            raise ServerFailed(f"no whole matrix within {server.budget_s} s")
        distance_m[here], duration_s[here] = _block(server, client, points[here[0]], points[here[1]])
    for matrix in (distance_m, duration_s):
        np.fill_diagonal(matrix, 0)
    return RoadDistances(distance_m, duration_s, np.zeros(distance_m.shape, np.bool_))


def _client(server: RoutingServer) -> Any:
    """What speaks the server's language."""
    try:
        from routingpy import ORS, OSRM, Valhalla  # noqa: PLC0415
    except ImportError as error:
        raise Unacceptable(
            "a routing server cannot be asked without the package routingpy",
            field=_FIELD,
            remedy="pip install 'post-logistics[roads]'",
        ) from error
    how = {"base_url": server.url, "timeout": server.timeout_s, "retry_timeout": server.timeout_s}
    if server.kind == "ors":
        return ORS(api_key=server.key, retry_over_query_limit=False, **how)
    return {"osrm": OSRM, "valhalla": Valhalla}[server.kind](retry_over_query_limit=False, **how)


def _block(
    server: RoutingServer, client: Any, starts: list[list[float]], ends: list[list[float]]
) -> tuple[Matrix, Matrix]:
    """Metres and seconds from each of some points to each of some others."""
    asked = {
        "locations": starts + ends,
        "profile": server.profile,
        "sources": list(range(len(starts))),
        "destinations": list(range(len(starts), len(starts) + len(ends))),
    }
    if server.kind == "ors":
        asked["metrics"] = ["distance", "duration"]
    try:
        found = client.matrix(**asked)
        length_m, time_s = (np.array(table, np.float64) for table in (found.distances, found.durations))
    except Exception as error:  # whatever goes wrong at the other end, or on the way there
        raise ServerFailed(f"{type(error).__name__}: {error}"[:200]) from error
    if {length_m.shape, time_s.shape} != {(len(starts), len(ends))} or (length_m < 0).any() or (time_s < 0).any():
        raise ServerFailed("the answer is no matrix of what was asked")
    way = (length_m < UNREACHABLE) & (time_s < UNREACHABLE)
    distance_m, duration_s = (np.where(way, known, UNREACHABLE) for known in (np.rint(length_m), np.ceil(time_s)))
    return distance_m.astype(np.int64), duration_s.astype(np.int64)
