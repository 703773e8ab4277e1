"""What a day of tours asks of an office: its stops, its riders, the distances between them; all that does not fit."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from post_logistics.errors import Unacceptable
from post_logistics.routing.plan import Visit

Matrix = npt.NDArray[np.int64]
"""(n, n) int64, row = from, column = to, zero diagonal."""

DEPOT = 0
"""The node tours start from and return to unless a vehicle says otherwise: the office."""
UNREACHABLE = 1_000_000_000
"""In a matrix: there is no way from here to there. Larger than any distance in metres or shift in seconds."""

HOURS = 24


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open period, in seconds from local midnight, within which service at a door may begin."""

    open_s: int
    close_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A rest of ``duration_s`` seconds that begins from ``earliest_s`` to ``latest_s``, both included.

    It is taken anywhere but on the way and at a door's service: at a door before or after it, or at the office.
    """

    earliest_s: int
    latest_s: int
    duration_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One call at a door, with what it is to receive or, if ``pickup``, to hand over.

    ``node`` is its row in the matrices (several stops may share one), ``cash_poisha`` what is to be collected there.
    No window means any time of the shift. ``prize_m`` is what serving it is worth, in metres of driving;
    None: it must go today. A vehicle must have all of ``skills``. Stops of the same ``door`` are called at by the same
    rider, one right after the other. ``beat`` names the round of streets it belongs to.
    """

    stop_id: str
    node: int
    parcels: int = 1
    weight_g: int = 0
    volume_ml: int = 0
    pickup: bool = False
    cash_poisha: int = 0
    service_s: int = 0
    windows: tuple[Window, ...] = ()
    prize_m: int | None = None
    skills: frozenset[str] = frozenset()
    door: str | None = None
    beat: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One rider and what he rides. Shift in seconds from local midnight: away and back within it.

    Load: what is on board at any moment, deliveries from the start and pickups from their door on. Cash: what was
    collected since he last was at the office. ``max_returns``: how often he may come back to ``start_node`` on the way,
    each time ``reload_s`` long, to hand in cash and pickups and to load again.

    Costs are in metres of driving. ``fixed_cost_m`` is what sending him out costs: high, so that few riders go out;
    ``distance_cost_pct`` what a metre of his costs in hundredths; ``hour_cost_m`` an hour of driving (by the matrix),
    service and reloading; waiting and the break are not charged.

    ``speed_pct``: 24 whole numbers, how fast he is in each hour of the day, in percent of what the matrix says; empty:
    100 all day. ``beats`` are those he knows. ``frozen`` are the visits he has made or promised: facts, with which his
    tour begins, and whose windows nobody judges any more.
    """

    vehicle_id: str
    kind: str
    capacity_g: int
    capacity_parcels: int
    cash_cap_poisha: int
    shift_start_s: int
    shift_end_s: int
    capacity_ml: int | None = None
    max_stops: int | None = None
    max_returns: int = 0
    reload_s: int = 0
    pause: Break | None = None
    start_node: int = DEPOT
    end_node: int = DEPOT
    fixed_cost_m: int = 50_000
    distance_cost_pct: int = 100
    hour_cost_m: int = 0
    speed_pct: tuple[int, ...] = ()
    skills: frozenset[str] = frozenset()
    beats: frozenset[str] = frozenset()
    frozen: tuple[Visit, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a search may take: seconds in production, iterations where the plan must be repeatable.

    An iteration is one round of ruin and recreate; with none, only the construction. ``cores``: how many searches run
    side by side, each with all the time or iterations; the best plan counts.
    """

    seconds: float | None = None
    iterations: int | None = None
    cores: int = 1

    def __post_init__(self) -> None:
        given = [value for value in (self.seconds, self.iterations) if value is not None]
        if len(given) != 1 or not given[0] >= 0 or self.seconds in (0, float("inf")):
            raise Unacceptable(
                "a budget is either some seconds or a number of iterations",
                field="budget",
                remedy="give one of the two: seconds above zero, or iterations of at least zero",
            )
        if self.cores < 1:
            raise Unacceptable(f"{self.cores} cores", field="cores", remedy="give at least one")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoutingProblem:
    """Stops, vehicles and matrices that fit together; ProblemRefused names every contradiction.

    distance_m: (n, n) int64, metres, row = from; node 0 is the depot.
    duration_s: (n, n) int64, seconds of travel, same order; UNREACHABLE where distance_m has it: there is no such leg.
    kind_distance_m, kind_duration_s: the same for each kind of vehicle that does not travel as those say.
    off_beat_m: what calling at a stop costs more if its beat is none of the rider's, in metres of driving.
    fairness_m: a rider's hours of work squared cost so many metres, so that work is shared out evenly.
    All matrices are kept as read-only copies. Nobody checks them again.
    """

    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    distance_m: Matrix
    duration_s: Matrix
    kind_distance_m: Mapping[str, Matrix] = field(default_factory=dict)
    kind_duration_s: Mapping[str, Matrix] = field(default_factory=dict)
    off_beat_m: int = 0
    fairness_m: int = 0

    def __post_init__(self) -> None:
        refuse_contradictions(self)
        for name in ("distance_m", "duration_s"):
            object.__setattr__(self, name, _read_only(getattr(self, name)))
        for name in ("kind_distance_m", "kind_duration_s"):
            object.__setattr__(self, name, {kind: _read_only(m) for kind, m in getattr(self, name).items()})

    def way_m(self, vehicle: Vehicle) -> Matrix:
        """Metres between nodes for that vehicle: (n, n) int64, row = from."""
        return self.kind_distance_m.get(vehicle.kind, self.distance_m)

    def travel_s(self, vehicle: Vehicle) -> Matrix:
        """Seconds of travel between nodes for that vehicle at 100 percent of speed: (n, n) int64, row = from."""
        return self.kind_duration_s.get(vehicle.kind, self.duration_s)


def _read_only(matrix: Matrix) -> Matrix:
    if not matrix.flags.writeable and matrix.base is None:
        return matrix
    kept = matrix.copy()
    kept.setflags(write=False)
    return kept


_STOP_QUANTITIES = ("parcels", "weight_g", "volume_ml", "cash_poisha", "service_s")
_VEHICLE_QUANTITIES = (
    "capacity_g",
    "capacity_parcels",
    "cash_cap_poisha",
    "max_returns",
    "reload_s",
    "fixed_cost_m",
    "distance_cost_pct",
    "hour_cost_m",
)
_BREAK_QUANTITIES = ("earliest_s", "latest_s", "duration_s")
_LIMITS = {
    "weight_g": "capacity_g",
    "volume_ml": "capacity_ml",
    "parcels": "capacity_parcels",
    "cash_poisha": "cash_cap_poisha",
}
"""What of a stop counts towards what limit of a vehicle."""


_MOST = 10**12
"""No quantity is higher, so that no sum of them passes what 64 bits hold."""


class ProblemRefused(Unacceptable):
    """A routing problem that contradicts itself; ``contradictions`` lists all of them."""

    def __init__(self, contradictions: tuple[str, ...]) -> None:
        super().__init__(
            f"the routing problem contradicts itself: {'; '.join(contradictions)}",
            remedy="correct the stops, vehicles or matrices named",
            contradictions=contradictions,
        )
        self.contradictions = contradictions


def refuse_contradictions(problem: RoutingProblem) -> None:
    """Raises ProblemRefused with every contradiction found; does nothing if there is none."""
    contradictions = tuple(_contradictions(problem))
    if contradictions:
        raise ProblemRefused(contradictions)


def _contradictions(problem: RoutingProblem) -> Iterator[str]:
    yield from _matrices_faults(problem)
    yield from _repeated("stop", (stop.stop_id for stop in problem.stops))
    yield from _repeated("vehicle", (vehicle.vehicle_id for vehicle in problem.vehicles))
    nodes = max(problem.distance_m.shape, default=0)
    for stop in problem.stops:
        yield from _stop_faults(stop, nodes)
    yield from _door_faults(problem.stops)
    for vehicle in problem.vehicles:
        yield from _vehicle_faults(vehicle, nodes)
    yield from _frozen_faults(problem)
    yield from _quantity_faults("the problem", "off_beat_m", problem.off_beat_m)
    yield from _quantity_faults("the problem", "fairness_m", problem.fairness_m)


def _matrices_faults(problem: RoutingProblem) -> Iterator[str]:
    """Each matrix by itself, then whether distances and durations of each kind know the same legs."""
    matrices = {"distance_m": problem.distance_m, "duration_s": problem.duration_s}
    matrices |= {f"distance_m of {kind}": matrix for kind, matrix in problem.kind_distance_m.items()}
    matrices |= {f"duration_s of {kind}": matrix for kind, matrix in problem.kind_duration_s.items()}
    for name, matrix in matrices.items():
        yield from _matrix_faults(name, matrix)
        if matrix.shape != problem.distance_m.shape:
            yield f"distance_m has shape {problem.distance_m.shape} but {name} {matrix.shape}"
        elif ((matrix == UNREACHABLE) != (problem.distance_m == UNREACHABLE)).any():
            yield f"distance_m and {name} do not agree on which legs exist"


def _matrix_faults(name: str, matrix: Matrix) -> Iterator[str]:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        yield f"{name} has shape {matrix.shape}, not (n, n) with n of at least 1"
    elif matrix.dtype != np.int64:
        yield f"{name} holds {matrix.dtype}, not int64"
    else:
        if matrix.min() < 0:
            yield f"{name} has a negative entry"
        if matrix.max() > UNREACHABLE:
            yield f"{name} has an entry above {UNREACHABLE}, which already means that there is no way"
        if matrix.diagonal().any():
            yield f"{name} has a diagonal that is not zero"


def _repeated(what: str, ids: Iterable[str]) -> Iterator[str]:
    for name, times in Counter(ids).items():
        if times > 1:
            yield f"{what} {name} is there {times} times"


def _stop_faults(stop: Stop, nodes: int) -> Iterator[str]:
    who = f"stop {stop.stop_id}"
    for name in _STOP_QUANTITIES:
        yield from _quantity_faults(who, name, getattr(stop, name))
    if stop.prize_m is not None:
        yield from _quantity_faults(who, "prize_m", stop.prize_m)
    if not (_whole(stop.node) and 0 < stop.node < nodes):
        yield f"{who}: node {stop.node!r} is not a whole number from 1 to {nodes - 1}"
    for window in stop.windows:
        if not (_whole(window.open_s, window.close_s) and 0 <= window.open_s < window.close_s < UNREACHABLE):
            yield f"{who}: window {window.open_s} to {window.close_s} is not a period"
    for earlier, later in pairwise(stop.windows):
        if _whole(earlier.close_s, later.open_s) and later.open_s < earlier.close_s:
            yield f"{who}: window {later.open_s} to {later.close_s} begins before {earlier.close_s}"


def _door_faults(stops: Iterable[Stop]) -> Iterator[str]:
    """A door is at one place: its stops are called at one right after the other, with no way between."""
    nodes: dict[str, set[int]] = defaultdict(set)
    for stop in stops:
        if stop.door is not None:
            nodes[stop.door].add(stop.node)
    for door, its in nodes.items():
        if len(its) > 1:
            yield f"door {door} is at several nodes: {', '.join(sorted(map(str, its)))}"


def _vehicle_faults(vehicle: Vehicle, nodes: int) -> Iterator[str]:
    who = f"vehicle {vehicle.vehicle_id}"
    for name in _VEHICLE_QUANTITIES:
        yield from _quantity_faults(who, name, getattr(vehicle, name))
    if vehicle.capacity_ml is not None:
        yield from _quantity_faults(who, "capacity_ml", vehicle.capacity_ml)
    if vehicle.max_stops is not None:
        yield from _quantity_faults(who, "max_stops", vehicle.max_stops, least=1)
    start_s, end_s = vehicle.shift_start_s, vehicle.shift_end_s
    if not (_whole(start_s, end_s) and 0 <= start_s < end_s < UNREACHABLE):
        yield f"{who}: shift {start_s} to {end_s} is not a period"
    for name, node in (("start_node", vehicle.start_node), ("end_node", vehicle.end_node)):
        if not (_whole(node) and 0 <= node < nodes):
            yield f"{who}: {name} {node!r} is not a whole number from 0 to {nodes - 1}"
    if vehicle.speed_pct:
        if len(vehicle.speed_pct) != HOURS:
            yield f"{who}: speed_pct has {len(vehicle.speed_pct)} hours, not {HOURS}"
        for percent in vehicle.speed_pct:
            yield from _quantity_faults(who, "speed_pct", percent, least=1)
    if vehicle.pause is not None:
        yield from _break_faults(who, vehicle.pause)


def _break_faults(who: str, pause: Break) -> Iterator[str]:
    for name in _BREAK_QUANTITIES:
        yield from _quantity_faults(who, f"break's {name}", getattr(pause, name), least=int(name == "duration_s"))
    if _whole(pause.earliest_s, pause.latest_s) and pause.earliest_s > pause.latest_s:
        yield f"{who}: the break begins from {pause.earliest_s} to {pause.latest_s}: no period"


def _frozen_faults(problem: RoutingProblem) -> Iterator[str]:
    """Frozen visits are of known stops, each once, each after the one before, and within the vehicle's limits."""
    stops = {stop.stop_id: stop for stop in problem.stops}
    frozen = [visit.stop_id for vehicle in problem.vehicles for visit in vehicle.frozen]
    yield from (f"frozen stop {stop_id} is not among the stops" for stop_id in frozen if stop_id not in stops)
    yield from _repeated("frozen stop", frozen)
    for vehicle in problem.vehicles:
        who = f"vehicle {vehicle.vehicle_id}"
        for visit in vehicle.frozen:
            start_s, end_s = visit.arrival_s, visit.departure_s
            if not (_whole(start_s, end_s) and 0 <= start_s <= end_s < UNREACHABLE):
                yield f"{who}: frozen stop {visit.stop_id} from {start_s} to {end_s} is not a period"
        for earlier, later in pairwise(vehicle.frozen):
            if _whole(earlier.departure_s, later.arrival_s) and later.arrival_s < earlier.departure_s:
                yield f"{who}: frozen stop {later.stop_id} is reached before {earlier.stop_id} is left"
        yield from _stranded(problem, vehicle, stops)
        yield from _frozen_load_faults(vehicle, [stops[v.stop_id] for v in vehicle.frozen if v.stop_id in stops])


def _stranded(problem: RoutingProblem, vehicle: Vehicle, stops: Mapping[str, Stop]) -> Iterator[str]:
    """After his frozen visits a rider can still come home."""
    if not vehicle.frozen:
        return
    who, last = f"vehicle {vehicle.vehicle_id}", vehicle.frozen[-1]
    if last.stop_id in stops:
        way, nodes = problem.way_m(vehicle), (stops[last.stop_id].node, vehicle.end_node)
        if way.ndim == 2 and _whole(*nodes) and max(nodes) < len(way) and way[nodes] == UNREACHABLE:
            yield f"{who}: there is no way from its last frozen stop {last.stop_id} to its end_node"


def _frozen_load_faults(vehicle: Vehicle, stops: Sequence[Stop]) -> Iterator[str]:
    """Frozen stops alone pass no limit of their vehicle: no plan could keep it."""
    if not stops:
        return
    who = f"vehicle {vehicle.vehicle_id}"
    if vehicle.max_stops is not None and _whole(vehicle.max_stops) and len(stops) > vehicle.max_stops:
        yield f"{who}: {len(stops)} frozen stops, but max_stops is {vehicle.max_stops}"
    for name, limit_name in _LIMITS.items():
        limit, loads = getattr(vehicle, limit_name), [getattr(stop, name) for stop in stops]
        if limit is not None and _whole(limit, *loads):
            gains = [stop.pickup or name == "cash_poisha" for stop in stops]
            changes = [load if gain else -load for load, gain in zip(loads, gains, strict=True)]
            most = max(accumulate(changes, initial=-sum(change for change in changes if change < 0)))
            if most > limit:
                yield f"{who}: {name} of the frozen stops is up to {most}, but {limit_name} is {limit}"


def _quantity_faults(who: str, name: str, value: int, least: int = 0) -> Iterator[str]:
    most = UNREACHABLE - 1 if name.endswith(("_s", "_m")) else _MOST
    if not _whole(value) or value < least:
        yield f"{who}: {name} {value!r} is not a whole number of at least {least}"
    elif value > most:
        yield f"{who}: {name} {value} is above {most}, the most there can be"


def _whole(*values: object) -> bool:
    """Whether all are whole numbers, which may be compared; a bool is none."""
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)
