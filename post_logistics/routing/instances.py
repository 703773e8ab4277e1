"""Routing problems in files: our JSON, and the formats that routing is compared by.

CVRPLIB ``.vrp`` (TSPLIB 95): distances rounded to the nearest integer, as for the sets A to X. Solomon and
Gehring-Homberger ``.txt``: by the DIMACS challenge on vehicle routing (2022), distances, windows and service times ten
times as large and truncated, the total distance minimised, the fleet an upper limit. In both a stop is named by its
customer's number: from 1, in the order of the file without the depot.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from post_logistics.errors import Unacceptable
from post_logistics.routing.documents import ProblemDocument, problem_of, read_problem
from post_logistics.routing.problem import (
    DEPOT,
    UNREACHABLE,
    Matrix,
    ProblemRefused,
    RoutingProblem,
    Stop,
    Vehicle,
    Window,
)

Floats = npt.NDArray[np.float64]
Line = tuple[int, str]
"""The number of a line in its file, from 1, and what it says."""

NO_END_S = UNREACHABLE - 1
"""The end of a shift that never binds."""
LARGEST = 1e12
"""No number in a file is as large."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instance:
    """A problem as it stood in a file, with what only people and other files want to know.

    east, north: (n,) float64, where the nodes lie on a flat map, in any one unit; None if the file does not say.
    cost_decimals: how many of a cost's last digits stand behind the point in a ``.sol``; None if there is no such
    format for it. best_known: the best cost known, in the problem's unit.
    """

    name: str
    problem: RoutingProblem
    east: Floats | None = None
    north: Floats | None = None
    cost_decimals: int | None = None
    best_known: int | None = None

    def length_text(self, length_m: int) -> str:
        """A length or cost as people read it: in kilometres, or, of a textbook's problem, in its own unit."""
        if self.cost_decimals is None:
            return f"{length_m / 1000:,.1f} km"
        return f"{length_m / 10**self.cost_decimals:,.{self.cost_decimals}f}"


def load_instance(path: Path) -> Instance:
    """The problem of a ``.vrp``, ``.txt`` or ``.json`` file; Unacceptable names the line or field that is wrong."""
    readers: dict[str, Callable[[Path], Instance]] = {".vrp": _load_vrp, ".txt": _load_solomon, ".json": _load_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise Unacceptable(
            f"{path.name}: a routing problem is a .vrp, .txt or .json file",
            remedy="name the file by its format: CVRPLIB .vrp, Solomon .txt or our .json",
        )
    try:
        return reader(path)
    except ProblemRefused as error:
        raise Unacceptable(f"{path.name}: {error.message}", remedy=error.remedy, **error.facts) from None


def _load_json(path: Path) -> Instance:
    document = read_problem(path.read_bytes(), path.name)
    east, north = _flat_map(document)
    return Instance(name=path.stem, problem=problem_of(document), east=east, north=north)


def _flat_map(document: ProblemDocument) -> tuple[Floats, Floats] | tuple[None, None]:
    """Where the points lie on a map that is true to scale in their midst."""
    if not document.points:
        return None, None
    lat_deg = np.array([point.lat_deg for point in document.points])
    lon_deg = np.array([point.lon_deg for point in document.points])
    return lon_deg * math.cos(math.radians(float(lat_deg.mean()))), lat_deg


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a text file that say something, stripped; Unacceptable if it is no text or empty."""
    content = path.read_bytes()
    if b"\0" in content:
        raise Unacceptable(f"{path.name} is not a text file", remedy="give the file as it was published, unpacked")
    lines = enumerate(content.decode("utf-8-sig", errors="replace").splitlines(), start=1)
    said = [(number, line.strip()) for number, line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not said:
        raise Unacceptable(f"{path.name} is empty", remedy="fetch the file again")
    yield from said


def wrong_line(path: Path, number: int, message: str, remedy: str) -> Unacceptable:
    """The refusal that names the file and the line."""
    return Unacceptable(f"{path.name}, line {number}: {message}", remedy=remedy, line=number)


def _numbers(path: Path, line: Line, count: int | None = None) -> list[float]:
    """The numbers of a line; Unacceptable if there are not so many, or one is none."""
    number, text = line
    try:
        values = [float(word) for word in text.split()]
    except ValueError:
        raise wrong_line(path, number, f"{text[:60]!r} is not a row of numbers", "correct the line") from None
    if count is not None and len(values) != count:
        raise wrong_line(
            path, number, f"there are {len(values)} numbers, not {count}", "complete the line, or the file"
        )
    if not all(abs(value) < LARGEST for value in values):
        raise wrong_line(path, number, f"a number is not below {LARGEST:.0e}", "correct the line")
    return values


def _whole(path: Path, value: float, what: str) -> int:
    if value != int(value) or value < 0:
        raise Unacceptable(f"{path.name}: {what} is {value:g}, not a whole number", remedy="correct it in the file")
    return int(value)


def _straight(x: Floats, y: Floats, whole: Callable[[Floats], Floats]) -> Matrix:
    """Straight-line distances made whole row by row, so that large ones take no more memory than the answer."""
    distance = np.empty((len(x), len(x)), dtype=np.int64)
    for row in range(len(x)):
        distance[row] = whole(np.sqrt((x[row] - x) ** 2 + (y[row] - y) ** 2))
    distance.setflags(write=False)
    return distance


# Solomon and Gehring-Homberger

_SOLOMON_WORDS = {"VEHICLE", "NUMBER", "CUSTOMER", "CUST"}


def _load_solomon(path: Path) -> Instance:
    """Customers numbered from 0, the depot: x, y, demand, ready time, due date (both included), service time."""
    name, *lines = lines_of(path)
    rows = [line for line in lines if line[1].split()[0].upper() not in _SOLOMON_WORDS]
    if len(rows) < 2:
        raise Unacceptable(
            f"{path.name} has no customers", remedy="fetch the file again: it is cut short or no Solomon"
        )
    fleet, capacity = (_whole(path, value, "the fleet or capacity") for value in _numbers(path, rows[0], 2))
    table = np.array([_numbers(path, line, 7) for line in rows[1:]])
    for index, (number, _) in enumerate(rows[1:]):
        if table[index, 0] != index:
            raise wrong_line(
                path, number, f"customer {table[index, 0]:g} stands where {index} belongs", "sort the rows"
            )
    ready, due, service = (np.floor(np.round(table[:, 4:] * 10, 6)).astype(np.int64).T).tolist()
    distance_m = _straight(table[:, 1], table[:, 2], lambda length: np.floor(length * 10))
    vehicle = _vehicle(capacity, ready[DEPOT], due[DEPOT])
    stops = tuple(
        Stop(
            stop_id=str(node),
            node=node,
            parcels=0,
            weight_g=_whole(path, table[node, 3], f"the demand of customer {node}"),
            service_s=service[node],
            windows=(Window(ready[node], due[node] + 1),),
        )
        for node in range(1, len(table))
    )
    return Instance(
        name=name[1],
        problem=_problem(stops, vehicle, fleet, distance_m),
        east=table[:, 1],
        north=table[:, 2],
        cost_decimals=1,
    )


def _vehicle(capacity: int, start_s: int, end_s: int) -> Vehicle:
    """The one kind that textbooks have: it carries so much, and only the way costs."""
    return Vehicle(
        vehicle_id="",
        kind="vehicle",
        capacity_g=capacity,
        capacity_parcels=0,
        cash_cap_poisha=0,
        shift_start_s=start_s,
        shift_end_s=end_s,
        fixed_cost_m=0,
    )


def _problem(stops: tuple[Stop, ...], vehicle: Vehicle, fleet: int, distance_m: Matrix) -> RoutingProblem:
    """That many vehicles, but not more than there are customers: none would ever ride."""
    vehicles = tuple(replace(vehicle, vehicle_id=str(number + 1)) for number in range(min(fleet, len(stops))))
    return RoutingProblem(stops=stops, vehicles=vehicles, distance_m=distance_m, duration_s=distance_m)


# CVRPLIB

_KEYS = {
    *("NAME", "COMMENT", "TYPE", "DIMENSION", "CAPACITY", "DISTANCE", "SERVICE_TIME", "VEHICLES"),
    *("EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "EDGE_DATA_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE"),
}
_SECTIONS = {"NODE_COORD_SECTION", "DISPLAY_DATA_SECTION", "DEMAND_SECTION", "DEPOT_SECTION", "EDGE_WEIGHT_SECTION"}
_ROUNDING: dict[str, Callable[[Floats], Floats]] = {
    "EUC_2D": lambda length: np.floor(length + 0.5),
    "CEIL_2D": np.ceil,
}
_LOWER = ("LOWER_ROW", "LOWER_DIAG_ROW", "UPPER_COL", "UPPER_DIAG_COL")
_UPPER = ("UPPER_ROW", "UPPER_DIAG_ROW", "LOWER_COL", "LOWER_DIAG_COL")


@dataclass(frozen=True, slots=True)
class _Vrp:
    """A ``.vrp`` file taken apart: what stands behind each key, and the lines of each section."""

    path: Path
    keys: dict[str, str]
    sections: dict[str, list[Line]]

    def refuse(self, message: str, remedy: str = "complete the file") -> Unacceptable:
        return Unacceptable(f"{self.path.name}: {message}", remedy=remedy)

    def word(self, key: str) -> str:
        return self.keys[key].upper() if key in self.keys else "nothing"

    def number(self, key: str) -> int | None:
        """The whole number behind a key, rounded down; None if the key is not there."""
        if key not in self.keys:
            return None
        try:
            value = float(self.keys[key])
        except ValueError:
            value = math.nan
        if not 0 <= value < LARGEST:
            raise self.refuse(f"{key} is {self.keys[key]!r}, not a number of at least 0", "correct it")
        return int(value)

    def table(self, section: str, columns: int) -> Floats:
        """What a section says of each node, in the order of their numbers, which follow each other without gaps."""
        rows = np.array([_numbers(self.path, line, columns) for line in self.sections.get(section, ())])
        if not len(rows) or len(rows) != self.number("DIMENSION"):
            raise self.refuse(f"{section} has {len(rows)} rows, DIMENSION says {self.keys.get('DIMENSION', 'nothing')}")
        rows = rows[rows[:, 0].argsort(kind="stable")]
        if (rows[:, 0] != rows[0, 0] + np.arange(len(rows))).any():
            raise self.refuse(f"{section} does not number the nodes one by one", "number them from 1, each once")
        return rows


def _load_vrp(path: Path) -> Instance:
    """Nodes as TSPLIB 95 numbers them; the depot becomes node 0, the customers keep their order."""
    vrp = _taken_apart(path)
    demands = vrp.table("DEMAND_SECTION", 2)
    order = _depot_first(vrp, int(demands[0, 0]), len(demands))
    east, north = _coordinates(vrp, order)
    distance_m = _distances(vrp, order, east, north)
    demand = [_whole(path, value, f"the demand of node {node:g}") for node, value in demands[order]]
    capacity, service_s = vrp.number("CAPACITY"), vrp.number("SERVICE_TIME") or 0
    if capacity is None or demand[DEPOT]:
        raise vrp.refuse("there is no CAPACITY" if capacity is None else "the depot has a demand", "correct the file")
    limit_s, fleet = vrp.number("DISTANCE"), vrp.number("VEHICLES")
    vehicle = _vehicle(capacity, 0, NO_END_S if limit_s is None else min(limit_s, NO_END_S))
    stops = tuple(
        Stop(stop_id=str(node), node=node, parcels=0, weight_g=demand[node], service_s=service_s)
        for node in range(1, len(demand))
    )
    best = re.search(
        r"(?:optimal|best)(?:.known)?(?: value| cost| solution)*\s*[:=]?\s*(\d+)(?![\d.]*\d)",
        vrp.keys.get("COMMENT", ""),
        re.I,
    )
    return Instance(
        name=vrp.keys.get("NAME") or path.stem,
        problem=_problem(stops, vehicle, len(stops) if fleet is None else fleet, distance_m),
        east=east,
        north=north,
        cost_decimals=0,
        best_known=int(best[1]) if best else None,
    )


def _taken_apart(path: Path) -> _Vrp:
    vrp = _Vrp(path, {}, {})
    rows: list[Line] | None = None
    for number, line in lines_of(path):
        if line[0] in "-+.0123456789":
            if rows is None:
                raise wrong_line(path, number, "numbers that belong to no section", "name the section above them")
            rows.append((number, line))
            continue
        key, value = (*re.split(r"\s*:\s*|\s+", line, maxsplit=1), "")[:2]
        key = key.upper()
        if key == "EOF":
            break
        if key in _SECTIONS:
            rows = vrp.sections.setdefault(key, [])
        elif key in _KEYS:
            vrp.keys[key] = f"{vrp.keys.get(key, '')} {value}".strip() if key == "COMMENT" else value
        else:
            raise wrong_line(
                path, number, f"{key[:60]} is not understood", "leave it out if the problem is the same without"
            )
    if vrp.word("TYPE") not in {"CVRP", "ACVRP", "DCVRP", "VRP"}:
        raise vrp.refuse(f"TYPE is {vrp.word('TYPE')}", "give a CVRP")
    return vrp


def _depot_first(vrp: _Vrp, first: int, nodes: int) -> list[int]:
    """The rows of the nodes: the depot's, then all others as they come."""
    depots = [int(value) for line in vrp.sections.get("DEPOT_SECTION", ()) for value in _numbers(vrp.path, line)]
    if depots[1:] != [-1] or not first <= depots[0] < first + nodes:
        raise vrp.refuse(
            f"DEPOT_SECTION does not name one node, then -1: {depots[:10]}",
            "name the depot there, or complete the file",
        )
    depot = depots[0] - first
    return [depot, *(row for row in range(nodes) if row != depot)]


def _coordinates(vrp: _Vrp, order: Sequence[int]) -> tuple[Floats, Floats] | tuple[None, None]:
    for section in ("NODE_COORD_SECTION", "DISPLAY_DATA_SECTION"):
        if section in vrp.sections:
            table = vrp.table(section, 3)[order]
            return table[:, 1], table[:, 2]
    return None, None


def _distances(vrp: _Vrp, order: Sequence[int], x: Floats | None, y: Floats | None) -> Matrix:
    kind, layout = vrp.word("EDGE_WEIGHT_TYPE"), vrp.word("EDGE_WEIGHT_FORMAT")
    if kind in _ROUNDING and x is not None and y is not None:
        return _straight(x, y, _ROUNDING[kind])
    if kind != "EXPLICIT":
        wanted = f"{', '.join(_ROUNDING)} with NODE_COORD_SECTION, or EXPLICIT"
        raise vrp.refuse(f"EDGE_WEIGHT_TYPE is {kind}, and distances cannot be made", f"give {wanted}")
    weights = np.array([v for line in vrp.sections.get("EDGE_WEIGHT_SECTION", ()) for v in _numbers(vrp.path, line)])
    nodes = len(order)
    distance = np.zeros((nodes, nodes))
    if layout == "FULL_MATRIX":
        where = np.indices(distance.shape).reshape(2, -1)
    elif layout in _LOWER:
        where = np.array(np.tril_indices(nodes, 0 if "DIAG" in layout else -1))
    elif layout in _UPPER:
        where = np.array(np.triu_indices(nodes, 0 if "DIAG" in layout else 1))
    else:
        raise vrp.refuse(f"EDGE_WEIGHT_FORMAT is {layout}", f"give FULL_MATRIX, {', '.join((*_LOWER, *_UPPER))}")
    if len(weights) != where.shape[1]:
        raise vrp.refuse(f"EDGE_WEIGHT_SECTION has {len(weights)} numbers, {layout} needs {where.shape[1]}")
    distance[*where] = weights
    if layout != "FULL_MATRIX":
        distance[*where[::-1]] = weights
    np.fill_diagonal(distance, 0)
    return np.floor(distance[np.ix_(order, order)] + 0.5).astype(np.int64)
