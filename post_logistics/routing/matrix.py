"""Distances and travel times between points: straight lines with a measured detour, or a road graph if there is one."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import numpy as np
import numpy.typing as npt

from post_logistics.errors import Unacceptable
from post_logistics.routing.problem import UNREACHABLE, Matrix

Floats = npt.NDArray[np.float64]
Degrees = Floats | Sequence[float]
"""(n,) float64: the coordinate of each point."""

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""

DETOUR_FACTOR = 1.25
"""Road distance over straight line: the median of the 506 ordered pairs of the 23 delivery offices of metropolitan
Dhaka, measured along the street graph (a tenth lies below 1.14, a tenth above 1.51)."""

TOUR_CONSTANT = 0.7124
"""The shortest tour through n points strewn over an area A is about 0.7124 sqrt(n A) long for large n: a theorem of
Beardwood, Halton and Hammersley (1959); the constant was measured by Johnson, McGeoch and Rothberg (1996)."""

FAR_FROM_ROADS_M = 1_000
"""A point further than this from every node lies off the graph."""


def crow_m(lat_deg: Degrees, lon_deg: Degrees) -> Matrix:
    """Great-circle distances: (n, n) int64, metres (haversine, within 0.5 % of the ellipsoid)."""
    return _whole(_haversine_m(lat_deg, lon_deg, lat_deg, lon_deg))


def road_estimate(lat_deg: Degrees, lon_deg: Degrees) -> Matrix:
    """Road distances as far as straight lines tell: (n, n) int64, metres."""
    return road_estimate_between(lat_deg, lon_deg, lat_deg, lon_deg)


def road_estimate_between(lat_deg: Degrees, lon_deg: Degrees, to_lat_deg: Degrees, to_lon_deg: Degrees) -> Matrix:
    """The same from every one of n points to every one of m others: (n, m) int64, metres."""
    return _whole(_haversine_m(lat_deg, lon_deg, to_lat_deg, to_lon_deg) * DETOUR_FACTOR)


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
    expected_m = np.sqrt(_haversine_m(lat_deg, lon_deg, lat_deg, lon_deg) ** 2 + spread[:, np.newaxis] + spread)
    for place, doors in Counter(key for key in place_key if key).items():
        there = [index for index, key in enumerate(place_key) if key == place]
        expected_m[np.ix_(there, there)] = TOUR_CONSTANT * np.sqrt(np.pi / doors) * radius_m[there].max()
    np.fill_diagonal(expected_m, 0)
    return _whole(expected_m * DETOUR_FACTOR)


def durations(distance_m: Matrix, speed_m_per_h: int) -> Matrix:
    """Seconds to ride those distances, rounded up: (n, n) int64. No way stays no way."""
    return np.where(distance_m >= UNREACHABLE, UNREACHABLE, -(-distance_m * 3600 // speed_m_per_h))


def _whole(length_m: Floats) -> Matrix:
    return np.rint(length_m).astype(np.int64)


def _haversine_m(lat_deg: Degrees, lon_deg: Degrees, to_lat_deg: Degrees, to_lon_deg: Degrees) -> Floats:
    """Metres from every one of n points to every one of m others: (n, m) float64."""
    lat, lon = np.radians(lat_deg)[:, np.newaxis], np.radians(lon_deg)[:, np.newaxis]
    to_lat, to_lon = np.radians(to_lat_deg), np.radians(to_lon_deg)
    chord = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    length_m: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1, chord)))
    return length_m


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Streets. ``lat_deg`` and ``lon_deg``: (n,) float64, of node i; ``ways``: edges between node numbers with
    ``length_m``."""

    lat_deg: Floats
    lon_deg: Floats
    ways: nx.DiGraph


@dataclass(frozen=True, slots=True, eq=False)
class RoadDistances:
    """distance_m: (n, n) int64, metres, row = from; of which ``estimated_pairs`` not by road but by estimate."""

    distance_m: Matrix
    estimated_pairs: int


def load_road_graph(nodes: Path, edges: Path) -> RoadGraph:
    """The graph of two CSV files, plain or ``.gz``; Unacceptable names the file and row that is wrong.

    Nodes: ``node_id, lat_deg, lon_deg``. Edges: ``from, to, length_m``, passable both ways unless a column ``oneway``
    says 1. Nodes without edges are passed over.
    """
    ways: nx.DiGraph = nx.DiGraph()
    points: dict[str, tuple[float, float]] = {}
    for row, cells in _rows(nodes, ("node_id", "lat_deg", "lon_deg")):
        points[cells["node_id"]] = (_number(nodes, row, cells, "lat_deg"), _number(nodes, row, cells, "lon_deg"))
    numbers: dict[str, int] = {}
    for row, cells in _rows(edges, ("from", "to", "length_m")):
        for end in ("from", "to"):
            if cells[end] not in points:
                raise Unacceptable(f"{edges.name}: no node {cells[end]!r} in {nodes.name}", field=end, row=row)
        start, stop = (numbers.setdefault(cells[end], len(numbers)) for end in ("from", "to"))
        length_m = _number(edges, row, cells, "length_m")
        _add_way(ways, start, stop, length_m)
        if cells.get("oneway") != "1":
            _add_way(ways, stop, start, length_m)
    if not numbers:
        raise Unacceptable(f"{edges.name} has no edges", remedy="give a road graph with at least one edge")
    lat_lon = np.array([points[node] for node in numbers])
    return RoadGraph(lat_lon[:, 0], lat_lon[:, 1], ways)


def road_distances(graph: RoadGraph, lat_deg: Degrees, lon_deg: Degrees, estimate_m: Matrix) -> RoadDistances:
    """Shortest ways along the roads, each point joined to its nearest node by a straight line.

    Where the graph knows nothing - no way, a point far from all roads, two points at one node - the estimate counts.
    """
    joins = [_nearest_node(graph, *point) for point in zip(lat_deg, lon_deg, strict=True)]
    near = [i for i, (_, off_m) in enumerate(joins) if off_m <= FAR_FROM_ROADS_M]
    distance_m = estimate_m.copy()
    by_road = 0
    for i in near:
        node, off_m = joins[i]
        reach_m = nx.single_source_dijkstra_path_length(graph.ways, node, weight="length_m")
        for j in near:
            other, other_off_m = joins[j]
            if other != node and other in reach_m:
                distance_m[i, j] = round(off_m + reach_m[other] + other_off_m)
                by_road += 1
    return RoadDistances(distance_m, len(joins) * (len(joins) - 1) - by_road)


def _nearest_node(graph: RoadGraph, lat_deg: float, lon_deg: float) -> tuple[int, float]:
    """The node nearest to a point, and how far off it is in metres."""
    off_m = _haversine_m([lat_deg], [lon_deg], graph.lat_deg, graph.lon_deg)[0]
    nearest = int(off_m.argmin())
    return nearest, float(off_m[nearest])


def _add_way(ways: nx.DiGraph, start: int, stop: int, length_m: float) -> None:
    """The way added, or made shorter if a longer one is there."""
    known = ways.get_edge_data(start, stop)
    if known is None or length_m < known["length_m"]:
        ways.add_edge(start, stop, length_m=length_m)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        missing = [column for column in columns if column not in (table.fieldnames or ())]
        if missing:
            raise Unacceptable(f"{path.name}: no column {', '.join(missing)}", field=missing[0])
        yield from enumerate(table, start=1)


def _number(path: Path, row: int, cells: dict[str, str], column: str) -> float:
    try:
        value = float(cells[column])
    except (TypeError, ValueError):
        value = float("nan")
    if not np.isfinite(value) or (column == "length_m" and value < 0):
        raise Unacceptable(f"{path.name}: {cells[column]!r} is not a number that fits", field=column, row=row)
    return value
