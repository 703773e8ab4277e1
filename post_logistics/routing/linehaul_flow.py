"""Parcels to ways so that no run carries more than it can: a linear programme over ways, then whole parcels.

Only what is contested enters the programme: runs that fill up, and the parcels whose soonest way takes one. It starts
from first come, first served and adds, at the prices it puts on places, each way that is cheaper than those it knows,
until there is none (column generation: Ford and Fulkerson, Management Science 1958). Then no division is cheaper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from ortools.linear_solver import pywraplp

from post_logistics.routing.linehaul_network import Floats, Goals, Runs, Way, Ways, Whole, cheapest, follow
from post_logistics.routing.linehaul_plan import LATE_MINUTES, TRANSFER_MINUTES, UNSENT_MINUTES

MOST_ROUNDS = 100
"""A national day takes about ten; whatever is reached is planned with."""

GLOP_SETTINGS = "use_dual_simplex: true use_preprocessing: false"
"""So each round starts from the solution of the last: on a national day two thirds of the default's time."""

TINY = 1e-6
"""Below this, a part of a parcel or of the cost is the arithmetic's own."""

Given = list[dict[Way, int]]
"""Of each commodity, its parcels by way."""


@dataclass(frozen=True, slots=True, eq=False)
class Commodities:
    """m kinds of parcel, each (m,) int64: ``start``, the first run it can catch; ``goal``, where it goes; ``parcels``,
    how many there are; ``ready_minute``, since when."""

    start: Whole
    goal: Whole
    parcels: Whole
    ready_minute: Whole


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """``given`` parcels by way; what is missing is not sent. ``price_minutes`` (n,) float64: what one more place on a
    run would save. ``least_minutes``: no division costs less, counted from the first midnight. ``reachable`` (m,)
    bool: were it alone, there would be a way."""

    given: Given
    price_minutes: Floats
    least_minutes: float
    reachable: npt.NDArray[np.bool_]


def share_out(runs: Runs, goals: Goals, wanted: Commodities, capacity: Whole) -> Shares:
    """Whole parcels by way, at most ``capacity`` ((n,) int64) on each run, as cheap as can be but for the rounding."""
    free = np.zeros(len(runs.legs))
    ways = cheapest(runs, goals, free)
    reachable = np.isfinite(ways.minutes[wanted.start, wanted.goal])
    soonest = _ways(runs, goals, ways, wanted, np.arange(len(reachable)))
    given, room = _nothing(wanted), capacity.copy()
    fill(runs, goals, wanted, wanted.parcels.copy(), free, room, given)
    programme = _Programme(runs, goals, wanted, capacity, soonest, given)
    programme.solve()
    given, room = _nothing(wanted), capacity.copy()
    left = _give_shares(programme.shares, wanted.parcels, given, room)
    fill(runs, goals, wanted, left, programme.price_minutes, room, given)
    least_minutes = max(programme.least_minutes, _bound(ways, wanted, capacity, free))
    return Shares(given, programme.price_minutes, least_minutes, reachable)


def fill(
    runs: Runs, goals: Goals, wanted: Commodities, left: Whole, price_minutes: Floats, room: Whole, given: Given
) -> None:
    """Gives what is ``left`` ((m,) int64) the cheapest ways with room, the first commodity first, until no more goes.

    Changes ``left``, ``room`` and ``given``. Ways are found anew whenever runs have filled up.
    """
    while left.any():
        ways = cheapest(runs, goals, np.where(room > 0, price_minutes, np.inf))
        here = np.flatnonzero((left > 0) & np.isfinite(ways.minutes[wanted.start, wanted.goal]))
        if not len(here):
            return
        for commodity, way in zip(here.tolist(), _ways(runs, goals, ways, wanted, here), strict=True):
            left[commodity] -= _give(given[commodity], way, int(left[commodity]), room)


class _Programme:
    """How many parcels of each contested commodity go by each way known for it: parts of parcels, at least cost.

    ``price_minutes`` and ``least_minutes`` as in Shares. ``shares``: of every commodity, parcels by way.
    """

    def __init__(
        self, runs: Runs, goals: Goals, wanted: Commodities, capacity: Whole, soonest: Sequence[Way], given: Given
    ) -> None:
        self._runs, self._goals, self._wanted, self._capacity = runs, goals, wanted, capacity
        self._soonest = soonest
        self.shares: list[dict[Way, float]] = [{way: float(n) for way, n in ways.items()} for ways in given]
        self.price_minutes = np.zeros(len(runs.legs))
        self.least_minutes = -np.inf
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(GLOP_SETTINGS)
        self._known: dict[int, dict[Way, Any]] = {}
        self._all: dict[int, Any] = {}
        self._places: dict[int, Any] = {}

    def solve(self) -> None:
        """Adds full runs, the commodities that would take them and cheaper ways until there are none."""
        contested = np.flatnonzero(self._carried() == self._capacity)
        for _ in range(MOST_ROUNDS):
            self._contest(set(contested.tolist()))
            if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
                return
            for commodity, known in self._known.items():
                values = {way: share.solution_value() for way, share in known.items() if way}
                self.shares[commodity] = {way: value for way, value in values.items() if value > TINY}
            for run, places in self._places.items():
                self.price_minutes[run] = max(0.0, -places.dual_value())
            cheaper = self._add_cheaper()
            contested = np.flatnonzero(self._carried() > self._capacity + TINY)
            if not cheaper and not len(contested):
                return

    def _carried(self) -> Floats:
        """Parcels on each run: (n,) float64."""
        carried = np.zeros(len(self._capacity))
        for ways in self.shares:
            for way, parcels in ways.items():
                for run in way:
                    carried[run] += parcels
        return carried

    def _contest(self, runs: set[int]) -> None:
        """Bounds what goes on these runs by their capacity, and takes in all commodities that would go on them."""
        for run in runs:
            self._places[run] = self._solver.RowConstraint(0, int(self._capacity[run]), "")
        for known in self._known.values():
            for way, share in known.items():
                for run in runs.intersection(way):
                    self._places[run].SetCoefficient(share, 1)
        for commodity, soonest in enumerate(self._soonest):
            if commodity not in self._known and not runs.isdisjoint(soonest):
                parcels = int(self._wanted.parcels[commodity])
                self._all[commodity] = self._solver.RowConstraint(parcels, parcels, "")
                self._known[commodity] = {}
                for way in dict.fromkeys(((), soonest, *self.shares[commodity])):
                    self._add(commodity, way)

    def _add(self, commodity: int, way: Way) -> None:
        share = self._solver.NumVar(0, self._solver.infinity(), "")
        self._solver.Objective().SetCoefficient(share, self._cost_minutes(commodity, way))
        self._all[commodity].SetCoefficient(share, 1)
        for run in self._places.keys() & set(way):
            self._places[run].SetCoefficient(share, 1)
        self._known[commodity][way] = share

    def _cost_minutes(self, commodity: int, way: Way) -> float:
        if not way:
            return UNSENT_MINUTES + int(self._wanted.ready_minute[commodity])
        arrive_minute = int(self._runs.arrive_minute[way[-1]])
        promise_minute = float(self._goals.promise_minute[self._wanted.goal[commodity]])
        late_minutes = max(0.0, arrive_minute - promise_minute)
        return arrive_minute + LATE_MINUTES * late_minutes + TRANSFER_MINUTES * (len(way) - 1)

    def _add_cheaper(self) -> bool:
        """Whether at these prices some commodity has a cheaper way than those known. It is known from now on."""
        ways = cheapest(self._runs, self._goals, self.price_minutes)
        self.least_minutes = max(self.least_minutes, _bound(ways, self._wanted, self._capacity, self.price_minutes))
        here = np.fromiter(self._known, dtype=np.int64, count=len(self._known))
        pays = np.array([self._all[commodity].dual_value() for commodity in self._known])
        here = here[ways.minutes[self._wanted.start[here], self._wanted.goal[here]] < pays - TINY]
        found = _ways(self._runs, self._goals, ways, self._wanted, here)
        new = [(one, way) for one, way in zip(here.tolist(), found, strict=True) if way not in self._known[one]]
        for commodity, way in new:
            self._add(commodity, way)
        return bool(new)


def _nothing(wanted: Commodities) -> Given:
    return [{} for _ in wanted.goal]


def _ways(runs: Runs, goals: Goals, ways: Ways, wanted: Commodities, which: Whole) -> list[Way]:
    """The cheapest way of each of these commodities; an empty one if there is none."""
    found = follow(runs, goals, ways, wanted.start[which], wanted.goal[which])
    lengths = (found < len(runs.legs)).sum(axis=1).tolist()
    return [tuple(way[:length]) for way, length in zip(found.tolist(), lengths, strict=True)]


def _bound(ways: Ways, wanted: Commodities, capacity: Whole, price_minutes: Floats) -> float:
    """What all would pay at these prices, less what the places would earn: no division costs less (Lagrange)."""
    pays = np.minimum(ways.minutes[wanted.start, wanted.goal], UNSENT_MINUTES + wanted.ready_minute)
    return float(wanted.parcels @ pays - capacity @ price_minutes)


def _give_shares(shares: Sequence[dict[Way, float]], parcels: Whole, given: Given, room: Whole) -> Whole:
    """The whole part of every share given, then what is left to the ways with the greatest parts: (m,) int64, left."""
    left = parcels.copy()
    for commodity, ways in enumerate(shares):
        for way, share in ways.items():
            left[commodity] -= _give(given[commodity], way, int(share + TINY), room)
    for commodity in np.flatnonzero(left).tolist():
        parts = {way: share % 1 for way, share in shares[commodity].items()}
        for way in sorted(parts, key=lambda way: (-parts[way], way)):
            if left[commodity]:
                left[commodity] -= _give(given[commodity], way, 1, room)
    return left


def _give(given: dict[Way, int], way: Way, parcels: int, room: Whole) -> int:
    """How many of the parcels the way has room for. They take it."""
    taken = min(parcels, int(room[list(way)].min()))
    if taken > 0:
        room[list(way)] -= taken
        given[way] = given.get(way, 0) + taken
    return taken
