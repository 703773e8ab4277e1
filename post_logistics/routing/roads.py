"""A road graph, and the ways along it between points beside its roads."""

import math
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from post_logistics.routing.kept import Arrays, kept
from post_logistics.routing.matrix import LANE_M_PER_H, Degrees, Flags, Floats, RoadDistances, haversine_m
from post_logistics.routing.problem import Matrix

# The module `shortest` is imported where it is needed: its compiler takes most of a second to load.

Ints = npt.NDArray[np.int32]

FAR_FROM_ROADS_M = 1_000
"""A point further than this from every node lies off the graph."""

_METRES_PER_DEGREE = 111_000
"""Of latitude: never more than there are, so that a band of so many degrees is never too narrow."""

_SOURCES = (Path(__file__), Path(__file__).with_name("shortest.py"))


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Streets as edges between n numbered nodes, from south to north. Made by ``road_graph``.

    lat_deg, lon_deg: (n,) float64. main: (n,) bool, on the largest network, where every node can be reached from
    every other. The m edges are sorted by the node they leave: those of node i are first_edge[i] to
    first_edge[i + 1]; first_edge: (n + 1,) int32. head, length_cm, duration_ms: (m,) int32, the node each leads to,
    its length and, unless (0,) because nobody knows, the time it takes.
    """

    lat_deg: Floats
    lon_deg: Floats
    main: Flags
    first_edge: Ints
    head: Ints
    length_cm: Ints
    duration_ms: Ints

    def __post_init__(self) -> None:
        for name in _FIELDS:
            getattr(self, name).setflags(write=False)

    def arrays(self) -> Arrays:
        """What ``RoadGraph(**arrays)`` makes this graph of."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = tuple(field.name for field in fields(RoadGraph))


def road_graph(
    lat_deg: Degrees,
    lon_deg: Degrees,
    tail: npt.ArrayLike,
    head: npt.ArrayLike,
    length_m: npt.ArrayLike,
    duration_s: npt.ArrayLike | None = None,
) -> RoadGraph:
    """The graph of these points and one-way edges. Points without edges are left out.

    lat_deg, lon_deg: (p,) degrees. tail, head: (m,), the points each edge leaves and leads to, by their index;
    length_m, duration_s: (m,), metres up to 20,000 km and seconds up to 24 days, not negative. At least one edge.
    """
    from post_logistics.routing.shortest import networks  # noqa: PLC0415

    ends = np.array([tail, head])
    used, ends = np.unique(ends, return_inverse=True)
    ends = ends.reshape(2, -1)
    northward = np.argsort(np.asarray(lat_deg)[used], kind="stable")
    tails, heads = np.argsort(northward)[ends]
    order = np.argsort(tails, kind="stable")
    first_edge = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=len(used)))]).astype(np.int32)
    sorted_heads = heads[order].astype(np.int32)
    network = networks(first_edge, sorted_heads)
    return RoadGraph(
        lat_deg=np.asarray(lat_deg, np.float64)[used][northward],
        lon_deg=np.asarray(lon_deg, np.float64)[used][northward],
        main=network == np.bincount(network).argmax(),
        first_edge=first_edge,
        head=sorted_heads,
        length_cm=_whole(length_m, 100)[order],
        duration_ms=np.zeros(0, np.int32) if duration_s is None else _whole(duration_s, 1_000)[order],
    )


def _whole(quantity: npt.ArrayLike, parts: int) -> Ints:
    return np.rint(np.asarray(quantity, np.float64) * parts).astype(np.int32)


def road_distances(
    graph: RoadGraph, lat_deg: Degrees, lon_deg: Degrees, estimate_m: Matrix, cache_dir: Path | None = None
) -> RoadDistances:
    """The ways along the roads, each point joined to its nearest node by a straight line.

    The quickest ways where the graph knows durations, else the shortest. Points are joined to the main network, and
    only where that is far to another: nobody is stranded in a yard whose gate the map forgot. Where the graph knows
    nothing - no way, a point far from all roads, two points at one node - the estimate counts.
    What lies in ``cache_dir`` from the same nodes is not searched again.
    """
    joins = [_join(graph, *point) for point in zip(lat_deg, lon_deg, strict=True)]
    off_m = np.array([off_m for _, off_m in joins], np.float64)
    near = np.flatnonzero(off_m <= FAR_FROM_ROADS_M)
    nodes, which = np.unique(np.array([node for node, _ in joins], np.int32)[near], return_inverse=True)
    ways = kept(cache_dir, "ways", [*_SOURCES, *graph.arrays().values(), nodes], lambda: _ways(graph, nodes))
    length_cm, duration_ms = (ways[name][np.ix_(which, which)] for name in ("length_cm", "duration_ms"))
    ends_m = off_m[near, np.newaxis] + off_m[near]
    here = np.ix_(near, near)
    known = np.zeros(estimate_m.shape, np.bool_)
    known[here] = (length_cm >= 0) & (which[:, np.newaxis] != which)
    distance_m, duration_s = np.zeros_like(estimate_m), np.zeros_like(estimate_m)
    distance_m[here] = np.rint(ends_m + length_cm / 100)
    duration_s[here] = np.ceil(ends_m * 3_600 / LANE_M_PER_H + duration_ms / 1_000)
    for matrix in (distance_m, duration_s):
        np.fill_diagonal(matrix, 0)
    by_road = RoadDistances(distance_m, duration_s if len(graph.duration_ms) else None, np.zeros_like(known))
    return by_road.with_estimates(~known, estimate_m)


def _join(graph: RoadGraph, lat_deg: float, lon_deg: float) -> tuple[int, float]:
    """The node a point is joined to, and how far off it is in metres; infinitely far if none is near."""
    reach_deg = FAR_FROM_ROADS_M / _METRES_PER_DEGREE
    low, high = np.searchsorted(graph.lat_deg, [lat_deg - reach_deg, lat_deg + reach_deg])
    reach_east_deg = reach_deg / math.cos(math.radians(abs(lat_deg) + reach_deg))
    there = low + np.flatnonzero(np.abs(graph.lon_deg[low:high] - lon_deg) <= reach_east_deg)
    if not len(there):
        return 0, math.inf
    off_m = haversine_m(lat_deg, lon_deg, graph.lat_deg[there], graph.lon_deg[there])
    main_off_m = np.where(graph.main[there], off_m, math.inf)
    best_m = main_off_m if main_off_m.min() <= FAR_FROM_ROADS_M else off_m
    nearest = int(best_m.argmin())
    return int(there[nearest]), float(best_m[nearest])


def _ways(graph: RoadGraph, nodes: Ints) -> Arrays:
    """Length and duration of the way from each of these nodes to each: (k, k) int32, -1 where there is none."""
    from post_logistics.routing.shortest import many_to_many  # noqa: PLC0415

    if not len(graph.duration_ms):
        length_cm, _ = many_to_many(graph.first_edge, graph.head, graph.length_cm, graph.duration_ms, nodes, nodes)
        return {"length_cm": length_cm, "duration_ms": np.zeros_like(length_cm)}
    duration_ms, length_cm = many_to_many(
        graph.first_edge, graph.head, graph.duration_ms, graph.length_cm, nodes, nodes
    )
    return {"length_cm": length_cm, "duration_ms": duration_ms}
