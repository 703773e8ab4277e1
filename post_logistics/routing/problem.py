"""What a day of tours asks of an office: its stops, its riders and the distances between them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from post_logistics.errors import Unacceptable

Matrix = npt.NDArray[np.int64]
"""(n, n) int64, row = from, column = to, zero diagonal."""

DEPOT = 0
"""The node every tour starts from and returns to: the office."""
UNREACHABLE = 1_000_000_000
"""In a matrix: there is no way from here to there. Larger than any distance in metres or shift in seconds."""


class ProblemRefused(Unacceptable):
    """A routing problem that contradicts itself; ``contradictions`` lists all of them."""

    def __init__(self, contradictions: tuple[str, ...]) -> None:
        super().__init__(
            f"the routing problem contradicts itself: {'; '.join(contradictions)}",
            remedy="correct the stops, vehicles or matrices named",
            contradictions=contradictions,
        )
        self.contradictions = contradictions


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open period, in seconds from local midnight, within which service at a door may begin."""

    open_s: int
    close_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One door to call at once, with all it is to receive or hand over.

    ``node`` is its row in the matrices (several stops may share one), ``cash_poisha`` what is to be collected there.
    No window means any time of the shift. ``prize_m`` is what serving it is worth, in metres of driving;
    None: it must go today.
    """

    stop_id: str
    node: int
    parcels: int = 1
    weight_g: int = 0
    cash_poisha: int = 0
    service_s: int = 0
    windows: tuple[Window, ...] = ()
    prize_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One rider and what he rides. Shift in seconds from local midnight: away and back within it.

    ``fixed_cost_m`` is what sending him out costs, in metres of driving: high, so that few riders go out.
    """

    vehicle_id: str
    kind: str
    capacity_g: int
    capacity_parcels: int
    cash_cap_poisha: int
    shift_start_s: int
    shift_end_s: int
    max_stops: int | None = None
    fixed_cost_m: int = 50_000


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a search may take: seconds in production, iterations where the plan must be repeatable.

    An iteration is one round of ruin and recreate, after construction and descent; with none, only the construction.
    """

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.seconds, self.iterations) if value is not None]
        if len(given) != 1 or given[0] < 0 or self.seconds == 0:
            raise Unacceptable(
                "a budget is either some seconds or a number of iterations",
                field="budget",
                remedy="give one of the two: seconds above zero, or iterations of at least zero",
            )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoutingProblem:
    """Stops, vehicles and matrices that fit together; ProblemRefused names every contradiction.

    distance_m: (n, n) int64, metres, row = from; node 0 is the depot.
    duration_s: (n, n) int64, seconds of travel, same order; UNREACHABLE where distance_m has it: there is no such leg.
    kind_duration_s: the same for each kind of vehicle that does not travel as ``duration_s`` says.
    All are kept as read-only copies. Nobody checks them again.
    """

    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    distance_m: Matrix
    duration_s: Matrix
    kind_duration_s: Mapping[str, Matrix] = field(default_factory=dict)

    def __post_init__(self) -> None:
        contradictions = tuple(_contradictions(self))
        if contradictions:
            raise ProblemRefused(contradictions)
        by_kind = {kind: _read_only(matrix) for kind, matrix in self.kind_duration_s.items()}
        object.__setattr__(self, "distance_m", _read_only(self.distance_m))
        object.__setattr__(self, "duration_s", _read_only(self.duration_s))
        object.__setattr__(self, "kind_duration_s", by_kind)

    def travel_s(self, vehicle: Vehicle) -> Matrix:
        """Seconds of travel between nodes for that vehicle: (n, n) int64, row = from."""
        return self.kind_duration_s.get(vehicle.kind, self.duration_s)


def _read_only(matrix: Matrix) -> Matrix:
    kept = matrix.copy()
    kept.setflags(write=False)
    return kept


def _contradictions(problem: RoutingProblem) -> Iterator[str]:
    yield from _matrix_faults("distance_m", problem.distance_m)
    for name, duration_s in _durations(problem):
        yield from _matrix_faults(name, duration_s)
        if duration_s.shape != problem.distance_m.shape:
            yield f"distance_m has shape {problem.distance_m.shape} but {name} {duration_s.shape}"
        elif ((duration_s == UNREACHABLE) != (problem.distance_m == UNREACHABLE)).any():
            yield f"distance_m and {name} do not agree on which legs exist"
    yield from _repeated("stop", (stop.stop_id for stop in problem.stops))
    yield from _repeated("vehicle", (vehicle.vehicle_id for vehicle in problem.vehicles))
    for stop in problem.stops:
        yield from _stop_faults(stop, nodes=len(problem.distance_m))
    for vehicle in problem.vehicles:
        yield from _vehicle_faults(vehicle)


def _durations(problem: RoutingProblem) -> Iterator[tuple[str, Matrix]]:
    yield "duration_s", problem.duration_s
    for kind, duration_s in problem.kind_duration_s.items():
        yield f"duration_s of {kind}", duration_s


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
    for name in ("parcels", "weight_g", "cash_poisha", "service_s", "prize_m"):
        yield from _quantity_faults(who, name, getattr(stop, name))
    if not 0 < stop.node < nodes:
        yield f"{who}: node {stop.node} is not between 1 and {nodes - 1}"
    previous_close_s = 0
    for window in stop.windows:
        if not previous_close_s <= window.open_s < window.close_s < UNREACHABLE:
            yield f"{who}: window {window.open_s} to {window.close_s} does not follow {previous_close_s}"
        previous_close_s = window.close_s


def _vehicle_faults(vehicle: Vehicle) -> Iterator[str]:
    who = f"vehicle {vehicle.vehicle_id}"
    for name in ("capacity_g", "capacity_parcels", "cash_cap_poisha", "fixed_cost_m"):
        yield from _quantity_faults(who, name, getattr(vehicle, name))
    yield from _quantity_faults(who, "max_stops", vehicle.max_stops, least=1)
    if not 0 <= vehicle.shift_start_s < vehicle.shift_end_s < UNREACHABLE:
        yield f"{who}: shift {vehicle.shift_start_s} to {vehicle.shift_end_s} is not a period"


def _quantity_faults(who: str, name: str, value: int | None, least: int = 0) -> Iterator[str]:
    if value is not None and (not isinstance(value, int) or value < least):
        yield f"{who}: {name} {value!r} is not a whole number of at least {least}"
