"""Textbook instances made by published recipes: like the X set, like Solomon's, and a clustered city."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from post_logistics.routing.problem import DEPOT, Matrix, RoutingProblem, Stop, Vehicle, Window

DepotPlace = Literal["centre", "corner", "random"]
Spread = Literal["random", "clustered", "mixed"]
Demand = Literal["unitary", "1-10", "5-10", "1-100", "50-100", "quadrant", "many-small"]
Points = npt.NDArray[np.int64]
"""(n, 2) int64, x and y."""

SIDE = 1_000
"""Points of X-like instances lie on the grid of whole numbers from 0 to this, no two on one."""
DECAY = 40
ROUTE_SIZE = (3, 6, 25)
"""Smallest, likeliest and largest number of customers on a route: a triangular distribution."""
SPARE_FLEET = 5
LONG_DAY_S = 100_000_000
"""A shift that never binds."""


def x_like(stops: int, depot: DepotPlace, spread: Spread, demand: Demand, seed: int) -> RoutingProblem:
    """A capacitated problem by the generator of the X set; distances rounded to the nearest whole number.

    Uchoa, Pecin, Pessoa, Poggi, Vidal, Subramanian: New benchmark instances for the Capacitated Vehicle Routing
    Problem, EJOR 257 (2017), section 3. The fleet has a quarter and five more vehicles than the load needs, so that it
    never binds.
    """
    chance = np.random.default_rng(seed)
    home = {"centre": (SIDE // 2, SIDE // 2), "corner": (0, 0), "random": tuple(chance.integers(0, SIDE + 1, 2))}[depot]
    points = _customers(chance, stops, spread, taken=(int(home[0]), int(home[1])))
    demands = _demands(chance, points[1:], demand)
    capacity = max(int(np.ceil(chance.triangular(*ROUTE_SIZE) * demands.sum() / stops)), int(demands.max()))
    return capacitated(_nearest(points), demands.tolist(), capacity)


def city(stops: int, seed: int) -> RoutingProblem:
    """A town of neighbourhoods seen as a postman does: long rounds, full bags, blocks of flats with one front door.

    The sizes of neighbourhoods follow Zipf's law, doors lie around their middle, one in six at the door before.
    """
    chance = np.random.default_rng(seed)
    middles = chance.normal(0, 2_500, (max(3, stops // 30), 2))
    share = 1 / np.arange(1, len(middles) + 1)
    doors = middles[chance.choice(len(middles), stops, p=share / share.sum())] + chance.normal(0, 250, (stops, 2))
    for door in np.flatnonzero(chance.random(stops) < 1 / 6):
        doors[door] = doors[door - 1]
    demands = chance.integers(100, 3_000, stops)
    return capacitated(_nearest(np.vstack([[0, 0], doors])), demands.tolist(), int(demands.mean() * 45))


def capacitated(distance_m: Matrix, demands: Sequence[int], capacity: int) -> RoutingProblem:
    """Stops of those demands in the order of the matrix, and vehicles of that capacity; metres are seconds too."""
    least = -(-sum(demands) // capacity)
    fleet = min(len(demands), least + least // 4 + SPARE_FLEET)
    return RoutingProblem(
        stops=tuple(
            Stop(stop_id=str(node), node=node, parcels=0, weight_g=demand) for node, demand in enumerate(demands, 1)
        ),
        vehicles=tuple(_plain_vehicle(number, capacity, LONG_DAY_S) for number in range(1, fleet + 1)),
        distance_m=distance_m,
        duration_s=distance_m,
    )


def _plain_vehicle(number: int, capacity: int, shift_end_s: int) -> Vehicle:
    return Vehicle(
        vehicle_id=str(number),
        kind="vehicle",
        capacity_g=capacity,
        capacity_parcels=0,
        cash_cap_poisha=0,
        shift_start_s=0,
        shift_end_s=shift_end_s,
        fixed_cost_m=0,
    )


def _customers(chance: np.random.Generator, stops: int, spread: Spread, taken: tuple[int, int]) -> Points:
    """The depot, then so many points of the grid; with clusters, three to eight seeds attract the other customers."""
    points = {taken: None}  # keeps the order, forgets the repeated

    def strew(until: int, near: Points | None) -> None:
        while len(points) < until:
            x, y = chance.integers(0, SIDE + 1, 2)
            if near is None or chance.random() < np.exp(-np.hypot(near[:, 0] - x, near[:, 1] - y) / DECAY).sum():
                points[int(x), int(y)] = None

    at_random = {"random": stops, "clustered": 0, "mixed": stops // 2}[spread]
    if spread != "random":
        seeds = int(chance.integers(3, 9))
        strew(1 + seeds, None)
        near = np.array(list(points)[1:])
        strew(1 + stops - at_random, near)
    strew(1 + stops, None)
    return np.array(list(points))


def _demands(chance: np.random.Generator, points: Points, demand: Demand) -> npt.NDArray[np.int64]:
    many = len(points)
    if demand == "unitary":
        return np.ones(many, dtype=np.int64)
    if demand == "quadrant":
        even = (points[:, 0] < SIDE // 2) != (points[:, 1] < SIDE // 2)
        return np.where(even, chance.integers(1, 51, many), chance.integers(51, 101, many))
    if demand == "many-small":
        small = np.arange(many) < chance.uniform(0.7, 0.95) * many
        return chance.permutation(np.where(small, chance.integers(1, 11, many), chance.integers(50, 101, many)))
    least, most = map(int, demand.split("-"))
    return chance.integers(least, most + 1, many)


def _lengths(points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    at = np.asarray(points, dtype=np.float64)
    return np.hypot(at[:, np.newaxis, 0] - at[:, 0], at[:, np.newaxis, 1] - at[:, 1])


def _nearest(points: npt.ArrayLike) -> Matrix:
    """Euclidean distances rounded to the nearest whole number, halves up, as TSPLIB's nint does."""
    return np.floor(_lengths(points) + 0.5).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What Solomon's six classes differ in, at 100 customers on a square of side 100 as he has it."""

    spread: Spread
    capacity: int
    service: int
    most_stops: int
    """Of a route by service time; the rest of the horizon is for driving."""
    sides: float
    """How often the side of the square can be driven in the rest of the horizon."""


FAMILIES = {
    "C1": Family(spread="clustered", capacity=200, service=90, most_stops=10, sides=3.4),
    "C2": Family(spread="clustered", capacity=700, service=90, most_stops=30, sides=6.9),
    "R1": Family(spread="random", capacity=200, service=10, most_stops=0, sides=2.3),
    "R2": Family(spread="random", capacity=1_000, service=10, most_stops=0, sides=10.0),
    "RC1": Family(spread="mixed", capacity=200, service=10, most_stops=0, sides=2.4),
    "RC2": Family(spread="mixed", capacity=1_000, service=10, most_stops=0, sides=9.6),
}
DIMACS = 10
"""Distances, times and windows are multiplied by this and cut off, as the DIMACS challenge of 2022 did."""


def solomon_like(family: str, stops: int, density: float, width: int, seed: int) -> RoutingProblem:
    """A problem with time windows by the recipe of Solomon (1987), grown as Gehring and Homberger (1999) did.

    ``density``: share of the stops with a window of ``width``, whose middle lies somewhere at random in the period in
    which the stop can be served and the depot be reached in time; with clusters where a tour from neighbour to
    neighbour would be. The side of the square grows with the root of ``stops``. Fleet: one for four stops, at least 25.
    """
    chance, facts = np.random.default_rng(seed), FAMILIES[family]
    side = 10 * np.sqrt(stops)
    points = np.vstack([[side / 2, side / 2], _square(chance, stops, facts.spread, side)]).round()
    length = _lengths(points)
    horizon = facts.most_stops * facts.service + facts.sides * side
    first = length[DEPOT, 1:]
    last = horizon - length[1:, DEPOT] - facts.service
    middle = chance.uniform(first, last)
    if facts.spread == "clustered":
        middle = np.clip(_neighbourly_times(length, facts, horizon), first, last)
    opens = np.maximum(first, middle - width / 2).astype(np.int64)
    closes = np.maximum(opens, np.minimum(last, middle + width / 2).astype(np.int64))
    windowed = chance.permutation(np.arange(stops) < density * stops)
    demands = chance.integers(1, 5, stops) * 10 if facts.spread == "clustered" else chance.integers(1, 30, stops)
    distance_m = np.floor(DIMACS * length).astype(np.int64)
    return RoutingProblem(
        stops=tuple(
            Stop(
                stop_id=str(node),
                node=node,
                parcels=0,
                weight_g=int(demands[node - 1]),
                service_s=DIMACS * facts.service,
                windows=_window(opens[node - 1], closes[node - 1]) if windowed[node - 1] else (),
            )
            for node in range(1, stops + 1)
        ),
        vehicles=tuple(
            _plain_vehicle(number, facts.capacity, int(DIMACS * horizon))
            for number in range(1, max(25, stops // 4) + 1)
        ),
        distance_m=distance_m,
        duration_s=distance_m,
    )


def _window(opens: int, closes: int) -> tuple[Window]:
    return (Window(DIMACS * int(opens), DIMACS * int(closes) + 1),)


def _square(chance: np.random.Generator, stops: int, spread: Spread, side: float) -> npt.NDArray[np.float64]:
    """So many points of a square: strewn, or in clusters of ten, or every other one of each."""
    strewn = chance.uniform(0, side, (stops, 2))
    if spread == "random":
        return strewn
    middles = chance.uniform(0.05 * side, 0.95 * side, (max(2, stops // 10), 2))
    around = np.clip(middles[np.arange(stops) * len(middles) // stops] + chance.normal(0, 2.5, (stops, 2)), 0, side)
    return around if spread == "clustered" else np.where((np.arange(stops) % 2 == 0)[:, np.newaxis], strewn, around)


def _neighbourly_times(length: npt.NDArray[np.float64], facts: Family, horizon: float) -> npt.NDArray[np.float64]:
    """When each stop is reached by vehicles that go from neighbour to neighbour until the horizon would be passed."""
    times = np.zeros(len(length))
    left = np.ones(len(length), dtype=bool)
    left[DEPOT] = False
    node, clock = DEPOT, 0.0
    while left.any():
        following = int(np.where(left, length[node], np.inf).argmin())
        reached = clock + length[node, following]
        if node != DEPOT and reached + facts.service + length[following, DEPOT] > horizon:
            node, clock = DEPOT, 0.0
            continue
        times[following], left[following] = reached, False
        node, clock = following, reached + facts.service
    return times[1:]
