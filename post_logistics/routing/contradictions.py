"""What does not fit together in a routing problem: all of it, not the first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

import numpy as np

from post_logistics.errors import Unacceptable
from post_logistics.routing.problem import HOURS, UNREACHABLE, Break, Matrix, RoutingProblem, Stop, Vehicle

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
