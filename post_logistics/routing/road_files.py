"""Road graphs from files: CSV tables, GraphML as OSMnx writes it, extracts of OpenStreetMap."""

import csv
import gzip
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np

from post_logistics.errors import Unacceptable
from post_logistics.routing.kept import kept
from post_logistics.routing.matrix import haversine_m
from post_logistics.routing.roads import RoadGraph, road_graph

# networkx and osmium are imported where they are needed: most deployments give no file for them, some lack osmium.

_FIELD = "roads_dir"
_TABLES = ("road_nodes.csv", "road_edges.csv")
_SOURCES = (Path(__file__), Path(__file__).with_name("roads.py"), Path(__file__).with_name("shortest.py"))

_MOST = {"lat": 90, "lat_deg": 90, "lon": 180, "lon_deg": 180, "x": 180, "y": 90}
_LEAST_ELSEWHERE, _MOST_ELSEWHERE = 0, 1_000_000
"""A coordinate lies within plus or minus so many degrees; a length is at most 1,000 km and a duration 11 days."""

_ONE_WAY = {"1": 1, "yes": 1, "true": 1, "-1": -1, "reverse": -1, "": 0, "0": 0, "no": 0, "false": 0}
"""Whether a road may be ridden forward only (1), backward only (-1) or both ways (0)."""

_CLASS_KM_PER_H = {
    "motorway": 60,
    "motorway_link": 40,
    "trunk": 50,
    "trunk_link": 30,
    "primary": 40,
    "primary_link": 25,
    "secondary": 35,
    "secondary_link": 25,
    "tertiary": 30,
    "tertiary_link": 20,
    "unclassified": 25,
    "residential": 20,
    "road": 20,
    "living_street": 12,
    "service": 15,
    "track": 12,
}
"""The classes of OpenStreetMap that a motorcycle may ride, and how fast where no sign says: assumed, no survey."""
_OTHER_KM_PER_H = 20
_KM_PER_MILE = 1.609344

_ACCESS = ("motorcycle", "motor_vehicle", "vehicle", "access")
"""The first of these that is tagged says whether a motorcycle may pass."""
_CLOSED = {"no", "private", "agricultural", "forestry", "emergency", "military"}

_NODE_EVERY_M = 100
"""So far apart may nodes be along a road that bends, for doors to be joined to."""


def load_roads(*paths: Path, cache_dir: Path | None = None) -> RoadGraph:
    """The road graph of these files; Unacceptable names the file and row that is wrong.

    - Two CSV files, plain or ``.gz``. Nodes: ``node_id, lat_deg, lon_deg``. Edges: ``from, to, length_m``, passable
      both ways unless a column ``oneway`` says ``1`` or ``-1``, with ``duration_s`` where known. ``lat``, ``lon``,
      ``u`` and ``v`` are understood too.
    - One ``.graphml`` as OSMnx writes it: nodes with ``x, y``, edges with ``length``, and for durations
      ``travel_time``, ``speed_kph`` or ``maxspeed`` and ``highway``.
    - One extract of OpenStreetMap, ``.osm``, ``.osm.gz``, ``.osm.bz2`` or ``.osm.pbf``: what a motorcycle may ride.
    - A folder with one of these; the CSV files are then ``road_nodes.csv`` and ``road_edges.csv``.

    A graph that lies in ``cache_dir`` is not read again until a file changes.
    """
    files = _files(paths)
    read = _reader(files)
    try:
        return RoadGraph(**kept(cache_dir, "roads", [*_SOURCES, *files], lambda: read(*files).arrays()))
    except FileNotFoundError as error:
        raise Unacceptable(f"there is no file {error.filename}", field=_FIELD) from error
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        names = " and ".join(file.name for file in files)
        raise Unacceptable(f"{names} cannot be read: {error}", field=_FIELD, remedy="give the file anew") from error


def _files(paths: Sequence[Path]) -> list[Path]:
    """Those files, or what a folder holds."""
    if len(paths) != 1 or not paths[0].is_dir():
        return list(paths)
    folder = paths[0]
    tables = [
        next((p for p in (folder / name, folder / f"{name}.gz") if p.exists()), folder / name) for name in _TABLES
    ]
    if any(table.exists() for table in tables):
        return tables
    found = [file for file in sorted(folder.iterdir()) if _kind(file) in {"graphml", "osm"}]
    if len(found) != 1:
        raise Unacceptable(
            f"{folder} holds {len(found)} road graphs",
            field=_FIELD,
            remedy="put one there: road_nodes.csv with road_edges.csv, a .graphml or an .osm.pbf",
        )
    return found


def _kind(file: Path) -> str:
    """``csv``, ``graphml`` or ``osm`` by the name of a file; empty if it is none of them."""
    named = re.search(r"\.(?:(csv)(?:\.gz)?|(graphml)|(osm)(?:\.gz|\.bz2|\.pbf)?|(pbf))$", file.name.lower())
    return "" if named is None else (named[1] or named[2] or "osm")


def _reader(files: Sequence[Path]) -> Callable[..., RoadGraph]:
    kinds = tuple(_kind(file) for file in files)
    readers: dict[tuple[str, ...], Callable[..., RoadGraph]] = {
        ("csv", "csv"): _read_tables,
        ("graphml",): _read_graphml,
        ("osm",): _read_osm,
    }
    if kinds not in readers:
        raise Unacceptable(
            f"{' and '.join(str(file) for file in files) or 'nothing'} is no road graph",
            field=_FIELD,
            remedy="give two CSV files, nodes and edges, or one .graphml, .osm, .osm.bz2 or .osm.pbf",
        )
    return readers[kinds]


class _Edges:
    """One-way edges between nodes known by whatever the file calls them, as they are read."""

    def __init__(self) -> None:
        self.tail, self.head = array("q"), array("q")
        self.length_m, self.duration_s = array("d"), array("d")

    def add(self, tail: int, head: int, length_m: float, duration_s: float, one_way: int) -> None:
        """Adds the edge there, back, or both."""
        for start, stop in [(tail, head)] * (one_way >= 0) + [(head, tail)] * (one_way <= 0):
            self.tail.append(start)
            self.head.append(stop)
            self.length_m.append(length_m)
            self.duration_s.append(duration_s)

    def graph(self, file: Path, points: Sequence[tuple[float, float]], timed: bool) -> RoadGraph:
        """The graph of them between nodes at these latitudes and longitudes."""
        if not self.tail:
            raise Unacceptable(f"{file.name} has no roads", remedy="give a road graph with at least one edge")
        lat_deg, lon_deg = np.array(points).T
        return road_graph(lat_deg, lon_deg, self.tail, self.head, self.length_m, self.duration_s if timed else None)


def _number(file: Path, field: str, written: Any, row: int | None = None) -> float:
    """The number written there, if it is one that fits."""
    most = _MOST.get(field, _MOST_ELSEWHERE)
    least = -most if field in _MOST else _LEAST_ELSEWHERE
    try:
        value = float(written)
    except (TypeError, ValueError):
        value = float("nan")
    if not least <= value <= most:
        raise Unacceptable(f"{file.name}: {written!r} is not a number from {least:,} to {most:,}", field=field, row=row)
    return value


def _read_tables(nodes: Path, edges: Path) -> RoadGraph:
    index: dict[str, int] = {}
    points: list[tuple[float, float]] = []
    for row, cells in _rows(nodes, ("node_id", "lat_deg", "lon_deg"), {"lat": "lat_deg", "lon": "lon_deg"}):
        index[cells["node_id"]] = len(points)
        points.append(
            (_number(nodes, "lat_deg", cells["lat_deg"], row), _number(nodes, "lon_deg", cells["lon_deg"], row))
        )
    found, timed = _Edges(), False
    for row, cells in _rows(edges, ("from", "to", "length_m"), {"u": "from", "v": "to"}):
        for end in ("from", "to"):
            if cells[end] not in index:
                raise Unacceptable(f"{edges.name}: no node {cells[end]!r} in {nodes.name}", field=end, row=row)
        one_way = _ONE_WAY.get((cells.get("oneway") or "").strip().lower())
        if one_way is None:
            raise Unacceptable(
                f"{edges.name}: {cells['oneway']!r} does not say which way",
                field="oneway",
                row=row,
                remedy="write 1, -1 or 0",
            )
        timed = "duration_s" in cells
        duration_s = _number(edges, "duration_s", cells["duration_s"], row) if timed else 0
        length_m = _number(edges, "length_m", cells["length_m"], row)
        found.add(index[cells["from"]], index[cells["to"]], length_m, duration_s, one_way)
    return found.graph(edges, points, timed)


def _rows(file: Path, columns: Sequence[str], also: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by their number; columns may have the other names in ``also``."""
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8-sig", newline="") as lines:
        table = csv.DictReader(lines)
        table.fieldnames = [also.get(name, name) for name in table.fieldnames or ()]
        missing = [column for column in columns if column not in table.fieldnames]
        if missing:
            raise Unacceptable(f"{file.name}: no column {', '.join(missing)}", field=missing[0])
        yield from enumerate(table, start=1)


def _read_graphml(file: Path) -> RoadGraph:
    import networkx as nx  # noqa: PLC0415

    try:
        roads = nx.read_graphml(file)
    except (ParseError, nx.NetworkXException, KeyError, ValueError) as error:
        raise Unacceptable(f"{file.name} is no GraphML: {error}", field=_FIELD) from error
    index = {node: number for number, node in enumerate(roads)}
    points = [(_number(file, "y", at.get("y")), _number(file, "x", at.get("x"))) for _, at in roads.nodes(data=True)]
    found, timed = _Edges(), False
    for tail, head, facts in roads.edges(data=True):
        length_m = _number(file, "length", facts.get("length"))
        duration_s = _travel_s(file, facts, length_m)
        timed = timed or not facts.keys().isdisjoint({"travel_time", "speed_kph", "maxspeed", "highway"})
        found.add(index[tail], index[head], length_m, duration_s, 1 if roads.is_directed() else 0)
    return found.graph(file, points, timed)


def _travel_s(file: Path, facts: Mapping[str, Any], length_m: float) -> float:
    """Seconds along an edge by the best that it says: its time, its speed, its sign, its class."""
    if "travel_time" in facts:
        return _number(file, "travel_time", facts["travel_time"])
    km_per_h = _number(file, "speed_kph", facts["speed_kph"]) if "speed_kph" in facts else 0
    return length_m * 3.6 / (km_per_h or _speed_km_per_h(str(facts.get("highway")), str(facts.get("maxspeed"))))


def _speed_km_per_h(highway: str, maxspeed: str) -> float:
    """How fast a road may be ridden: as its sign says, else as its class allows. OSMnx lists several of either."""
    sign = re.search(r"\d+", maxspeed)
    if sign and int(sign[0]):
        return int(sign[0]) * (_KM_PER_MILE if "mph" in maxspeed else 1)
    of_class = re.search(r"[a-z_]+", highway)
    return _CLASS_KM_PER_H.get(of_class[0], _OTHER_KM_PER_H) if of_class else _OTHER_KM_PER_H


class _Ways:
    """The course of every way that a motorcycle may ride, point after point, as an extract lists them."""

    def __init__(self) -> None:
        self.node, self.way = array("q"), array("q")
        self.lat_deg, self.lon_deg = array("d"), array("d")
        self.km_per_h, self.one_way = array("d"), array("b")

    def add(self, way: Any, km_per_h: float, one_way: int) -> None:
        """Adds a way. A point outside the extract has no place; the way goes on after it as another."""
        cut = True
        for node in way.nodes:
            at = node.location
            if not at.valid():
                cut = True
                continue
            if cut:
                self.km_per_h.append(km_per_h)
                self.one_way.append(one_way)
                cut = False
            self.node.append(node.ref)
            self.way.append(len(self.km_per_h) - 1)
            self.lat_deg.append(at.lat)
            self.lon_deg.append(at.lon)

    def graph(self, file: Path) -> RoadGraph:
        """The graph of the ways, with a node at every end and junction, and at a bend about every 100 m."""
        if not self.node:
            raise Unacceptable(f"{file.name} has no roads", field=_FIELD, remedy="give an extract of the area served")
        node, index, visits = np.unique(np.array(self.node), return_inverse=True, return_counts=True)
        lat, lon, way = np.array(self.lat_deg), np.array(self.lon_deg), np.array(self.way)
        step_m = haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) * (way[:-1] == way[1:])
        at_m = np.concatenate([[0], np.cumsum(step_m)])
        begins = np.concatenate([[True], way[:-1] != way[1:]])
        passed = np.concatenate([[True], np.diff(at_m // _NODE_EVERY_M) > 0])
        cut = np.flatnonzero(begins | np.roll(begins, -1) | (visits[index] > 1) | passed)
        tail, head = cut[:-1], cut[1:]
        edge = way[tail] == way[head]
        tail, head = tail[edge], head[edge]
        length_m, one_way = at_m[head] - at_m[tail], np.array(self.one_way)[way[tail]]
        duration_s = length_m * 3.6 / np.array(self.km_per_h)[way[tail]]
        there, back = one_way >= 0, one_way <= 0
        point = np.empty((2, len(node)))
        point[:, index] = lat, lon
        return road_graph(
            point[0],
            point[1],
            index[np.concatenate([tail[there], head[back]])],
            index[np.concatenate([head[there], tail[back]])],
            np.concatenate([length_m[there], length_m[back]]),
            np.concatenate([duration_s[there], duration_s[back]]),
        )


def _read_osm(file: Path) -> RoadGraph:
    try:
        import osmium  # noqa: PLC0415
    except ImportError as error:
        raise Unacceptable(
            f"{file.name}: OpenStreetMap cannot be read without the package osmium",
            field=_FIELD,
            remedy="pip install 'post-logistics[roads]'",
        ) from error
    if not file.is_file():
        raise FileNotFoundError(2, "no such file", str(file))
    ways = _Ways()
    try:
        extract = osmium.FileProcessor(file, osmium.osm.NODE | osmium.osm.WAY).with_locations()
        for entry in extract.with_filter(osmium.filter.KeyFilter("highway")):
            tags = {tag.k: tag.v for tag in entry.tags}
            if isinstance(entry, osmium.osm.Way) and _may_pass(tags):
                ways.add(entry, _speed_km_per_h(tags["highway"], tags.get("maxspeed", "")), _one_way(tags))
    except RuntimeError as error:
        raise Unacceptable(f"{file.name} is no extract of OpenStreetMap: {error}", field=_FIELD) from error
    return ways.graph(file)


def _may_pass(tags: Mapping[str, str]) -> bool:
    """Whether a motorcycle may ride there."""
    said = next((tags[key] for key in _ACCESS if key in tags), "")
    return tags.get("highway") in _CLASS_KM_PER_H and tags.get("area") != "yes" and said not in _CLOSED


def _one_way(tags: Mapping[str, str]) -> int:
    """As ``_ONE_WAY``. Motorways and roundabouts are one-way without a word."""
    silent = "yes" if tags.get("highway") == "motorway" or tags.get("junction") in {"roundabout", "circular"} else "no"
    return _ONE_WAY.get(tags.get("oneway", silent), 0)
