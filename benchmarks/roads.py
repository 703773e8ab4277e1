"""How fast a road matrix is: `python -m benchmarks.roads [--nodes N] [--points K] [--roads FILE...]`.

A town of streets in a grid, some missing, a fifth of them one-way, and points strewn over it. CPU seconds of ours after
the compiler has done its work, once for the shortest ways and once for the quickest; networkx from 20 of the points,
scaled up to all. ``--roads`` takes a graph of yours instead.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from post_logistics.routing.matrix import RoadDistances, road_estimate
from post_logistics.routing.road_files import load_roads
from post_logistics.routing.roads import RoadGraph, road_distances, road_graph

SAMPLE = 20


def town(nodes: int, rng: np.random.Generator, timed: bool) -> RoadGraph:
    """About that many crossings, some 100 m apart, with streets up to twice as long as the straight line."""
    rows = int(nodes**0.5)
    columns = nodes // rows
    number = np.arange(rows * columns).reshape(rows, columns)
    streets = np.hstack(
        [[number[:, :-1].ravel(), number[:, 1:].ravel()], [number[:-1].ravel(), number[1:].ravel()]]
    ).astype(np.int64)
    streets = streets[:, rng.random(streets.shape[1]) < 0.85]
    streets = np.where(rng.random(streets.shape[1]) < 0.5, streets, streets[::-1])
    both_ways = rng.random(streets.shape[1]) >= 0.2
    length_m = rng.uniform(100, 200, streets.shape[1])
    edges = np.hstack([streets, streets[::-1, both_ways]])
    length_m = np.concatenate([length_m, length_m[both_ways]])
    lat_deg, lon_deg = 23.7 + number // columns * 0.0009, 90.3 + number % columns * 0.00098
    duration_s = length_m * 3.6 / rng.choice([15, 25, 40], len(length_m)) if timed else None
    return road_graph(lat_deg.ravel(), lon_deg.ravel(), edges[0], edges[1], length_m, duration_s)


def cpu_s(work: Callable[[], Any]) -> float:
    """CPU seconds of all threads."""
    started = time.process_time()
    work()
    return time.process_time() - started


def networkx_cpu_s(graph: RoadGraph, points: int, rng: np.random.Generator) -> float:
    """CPU seconds of networkx for that many sources, as far as a few of them tell."""
    tails = np.repeat(np.arange(len(graph.lat_deg)), np.diff(graph.first_edge))
    ways = nx.DiGraph()
    ways.add_weighted_edges_from(zip(tails.tolist(), graph.head.tolist(), graph.length_cm.tolist(), strict=True))
    sources = rng.choice(len(graph.lat_deg), SAMPLE, replace=False).tolist()
    spent_s = cpu_s(lambda: [nx.single_source_dijkstra_path_length(ways, source) for source in sources])
    return spent_s * points / SAMPLE


def figures(graph: RoadGraph, points: int, rng: np.random.Generator) -> str:
    """Our time and that of networkx for a matrix of that many points beside the roads of a graph."""
    near = rng.choice(len(graph.lat_deg), points)
    lat, lon = (at[near] + rng.normal(0, 4e-4, points) for at in (graph.lat_deg, graph.lon_deg))
    estimate_m = road_estimate(lat, lon)
    road_distances(graph, lat[:2], lon[:2], estimate_m[:2, :2])
    found: list[RoadDistances] = []
    ours_s = cpu_s(lambda: found.append(road_distances(graph, lat, lon, estimate_m)))
    theirs_s = networkx_cpu_s(graph, points, rng)
    return (
        f"{len(graph.lat_deg):,} nodes, {len(graph.head):,} edges, {points:,} points: {ours_s:.2f} CPU s; "
        f"networkx {theirs_s:.0f} CPU s, {theirs_s / ours_s:.0f} times as long; "
        f"{found[0].estimated.mean():.1%} estimated"
    )


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roads", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=19_000)
    parser.add_argument("--points", type=int, default=1_000)
    parser.add_argument("--roads", type=Path, nargs="+", help="the file or files of a road graph to take instead")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    if arguments.roads:
        read: list[RoadGraph] = []
        print(f"read: {cpu_s(lambda: read.append(load_roads(*arguments.roads))):.1f} CPU s")
        print(f"as read: {figures(read[0], arguments.points, rng)}")
        return
    for name, timed in (("shortest", False), ("quickest", True)):
        print(f"{name}: {figures(town(arguments.nodes, rng, timed), arguments.points, rng)}", flush=True)


if __name__ == "__main__":
    main()
