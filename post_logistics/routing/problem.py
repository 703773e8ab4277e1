"""What a day of tours asks of an office: its stops, its riders and the distances between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        from post_logistics.routing.contradictions import refuse_contradictions  # noqa: PLC0415  it knows the classes here

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
