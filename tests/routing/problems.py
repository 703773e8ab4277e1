"""Random problems that ask for any mixture of what can be asked, tight enough that every limit binds now and then."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations, product
from random import Random
from typing import Any

import numpy as np

from post_logistics.routing.assemble import cost_of
from post_logistics.routing.check import Fault, check_plan
from post_logistics.routing.doors import Call, calls_of
from post_logistics.routing.plan import RoutePlan, Tour, Visit
from post_logistics.routing.problem import UNREACHABLE, Break, Matrix, RoutingProblem, Stop, Vehicle, Window
from post_logistics.routing.timing import time_tour
from tests.routing.worlds import NOON_S, stop, straight, vehicle

OF_STOPS = ("loads", "pickups", "cash", "windows", "service", "prizes", "skills", "doors", "beats")
OF_VEHICLES = ("costs", "speeds", "breaks", "returns", "depots", "max_stops", "frozen")
OF_THE_WHOLE = ("fairness", "kinds", "asymmetric", "crooked", "one_way")
FEATURES = (*OF_STOPS, *OF_VEHICLES, *OF_THE_WHOLE)
"""All that may be asked. ``crooked``: a way round may be shorter than the way itself."""

_SPAN_S = 3_000


def asking(seed: int, features: Collection[str] = FEATURES, doors: int = 8, riders: int = 3) -> RoutingProblem:
    """The problem of that seed, of so many stops and vehicles, that asks for those features."""
    chance, asked = Random(seed), frozenset(features)
    ways = _ways(chance, asked, doors + 1)
    stops = [_stop(chance, asked, number, doors) for number in range(1, doors + 1)]
    if "doors" in asked:
        stops = _shared_doors(chance, stops)
    seconds = _of_another_kind(chance, asked, ways) if "crooked" in asked else ways
    problem = RoutingProblem(
        stops=tuple(stops),
        vehicles=_vehicles(chance, asked, stops, riders, ways),
        distance_m=ways,
        duration_s=seconds,
        kind_distance_m={"van": _of_another_kind(chance, asked, ways)} if "kinds" in asked else {},
        kind_duration_s={"van": _of_another_kind(chance, asked, seconds)} if "kinds" in asked else {},
        off_beat_m=chance.choice([50, 1_000]) if "beats" in asked else 0,
        fairness_m=chance.choice([100, 20_000]) if "fairness" in asked else 0,
    )
    return replace(problem, vehicles=tuple(_not_stranded(problem, rider) for rider in problem.vehicles))


def _not_stranded(problem: RoutingProblem, rider: Vehicle) -> Vehicle:
    """The rider, without his break if his frozen visits leave no time for it."""
    return rider if not rider.frozen or time_tour(problem, rider, ()) else replace(rider, pause=None)


def mixture(seed: int, but: Collection[str] = ()) -> tuple[str, ...]:
    """Several features drawn at random, few or many, none of ``but``."""
    chance = Random(seed)
    known = [feature for feature in FEATURES if feature not in but]
    return tuple(chance.sample(known, chance.randint(1, len(known))))


def _ways(chance: Random, asked: Collection[str], nodes: int) -> Matrix:
    ways = straight(np.array([[chance.randint(-250, 250), chance.randint(-250, 250)] for _ in range(nodes)]))
    if "asymmetric" in asked:
        ways += np.array([[chance.randint(0, 150) for _ in range(nodes)] for _ in range(nodes)])
    if "one_way" in asked:
        ways[[[chance.random() < 0.15 for _ in range(nodes)] for _ in range(nodes)]] = UNREACHABLE
    np.fill_diagonal(ways, 0)
    if "crooked" in asked:
        ways[ways < UNREACHABLE] *= np.array(
            [chance.choice([1, 1, 2, 6]) for _ in range(int((ways < UNREACHABLE).sum()))]
        )
    elif "asymmetric" in asked or "one_way" in asked:
        exist = ways < UNREACHABLE
        for by in range(nodes):
            np.minimum(ways, ways[:, by : by + 1] + ways[by : by + 1], out=ways)
        ways[~exist] = UNREACHABLE
    return ways


def _of_another_kind(chance: Random, asked: Collection[str], ways: Matrix) -> Matrix:
    """The same legs, faster or slower; at angles of its own where the world is crooked."""
    percent = np.full(ways.shape, chance.choice([50, 150]))
    if "crooked" in asked:
        percent = np.array([[chance.randint(50, 150) for _ in range(len(ways))] for _ in range(len(ways))])
    return np.where(ways < UNREACHABLE, -(-ways * percent // 100), UNREACHABLE)


def _stop(chance: Random, asked: Collection[str], number: int, doors: int) -> Stop:
    facts: dict[str, Any] = {}
    if "loads" in asked:
        facts |= {name: chance.choice([0, 1, 3, 6]) for name in ("weight_g", "volume_ml", "parcels")}
    if "pickups" in asked:
        facts["pickup"] = chance.random() < 0.5
    if "cash" in asked:
        facts["cash_poisha"] = chance.choice([0, 1, 3, 6])
    if "windows" in asked:
        facts["windows"] = _windows(chance)
    if "service" in asked:
        facts["service_s"] = chance.choice([0, 30, 200, 500])
    if "prizes" in asked and chance.random() < 0.6:
        facts["prize_m"] = chance.choice([0, 150, 600, 3_000])
    if "skills" in asked:
        facts["skills"] = frozenset(chance.choice([(), (), ("van",), ("cool",), ("van", "cool")]))
    if "beats" in asked:
        facts["beat"] = chance.choice([None, "north", "south"])
    return stop(f"S{number:02d}", chance.randint(1, doors), **facts)


def _windows(chance: Random) -> tuple[Window, ...]:
    edges = sorted(chance.sample(range(_SPAN_S), 2 * chance.choice([0, 0, 1, 1, 2, 3])))
    return tuple(Window(NOON_S + a, NOON_S + b) for a, b in zip(edges[::2], edges[1::2], strict=True))


def _shared_doors(chance: Random, stops: list[Stop]) -> list[Stop]:
    """Some stops moved to the door of the one before, also to a door of the same name as a stop."""
    shared: list[Stop] = []
    for one in stops:
        last = shared[-1] if shared else None
        if last is not None and chance.random() < 0.4:
            door = last.door or chance.choice([f"D{last.stop_id}", last.stop_id])
            shared[-1] = replace(last, door=door)
            shared.append(replace(one, node=last.node, door=door))
        else:
            shared.append(replace(one, door="alone" if one.stop_id == "S01" and chance.random() < 0.1 else None))
    chance.shuffle(shared)
    return shared


def _vehicles(
    chance: Random, asked: Collection[str], stops: list[Stop], riders: int, ways: Matrix
) -> tuple[Vehicle, ...]:
    alike: dict[str, Any] = {}
    made, free = [], list(stops)
    for number in range(riders):
        if not alike or chance.random() < 0.6:
            alike = _rider(chance, asked, len(ways) - 1)
        frozen = _frozen(chance, free, alike, ways) if "frozen" in asked and chance.random() < 0.5 else ()
        made.append(vehicle(f"R{number}", **(alike | {"frozen": frozen})))
    chance.shuffle(made)
    return tuple(made)


def _rider(chance: Random, asked: Collection[str], nodes: int) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "fixed_cost_m": chance.choice([0, 300, 1_000]),
        "shift_start_s": NOON_S + chance.choice([0, 0, 500]),
        "shift_end_s": NOON_S + chance.choice([1_200, _SPAN_S]),
    }
    if "loads" in asked:
        facts |= {name: chance.choice([6, 9, 15]) for name in ("capacity_g", "capacity_parcels")}
        facts["capacity_ml"] = chance.choice([None, 6, 12])
    if "cash" in asked:
        facts["cash_cap_poisha"] = chance.choice([6, 9, 15])
    if "skills" in asked:
        facts["skills"] = frozenset(chance.choice([(), ("van",), ("van", "cool")]))
    if "beats" in asked:
        facts["beats"] = frozenset(chance.choice([(), ("north",), ("south", "north")]))
    if "kinds" in asked:
        facts["kind"] = chance.choice(["bicycle", "van"])
    if "costs" in asked:
        facts |= {"distance_cost_pct": chance.choice([0, 70, 333]), "hour_cost_m": chance.choice([0, 500, 7_777])}
    if "speeds" in asked:
        facts["speed_pct"] = chance.choice([(), tuple(chance.choice([15, 50, 100, 130]) for _ in range(24))])
    if "breaks" in asked and chance.random() < 0.7:
        earliest_s = NOON_S + chance.randint(0, 1_500)
        latest_s = earliest_s + chance.choice([0, 100, 1_000])
        facts["pause"] = Break(earliest_s=earliest_s, latest_s=latest_s, duration_s=chance.choice([1, 120, 600]))
    if "returns" in asked:
        facts |= {"max_returns": chance.randint(0, 3), "reload_s": chance.choice([0, 60, 300])}
    if "depots" in asked:
        facts |= {"start_node": chance.randint(0, nodes), "end_node": chance.randint(0, nodes)}
    if "max_stops" in asked:
        facts["max_stops"] = chance.choice([None, 1, 2, 4])
    return facts


def _frozen(chance: Random, free: list[Stop], rider: dict[str, Any], ways: Matrix) -> tuple[Visit, ...]:
    """One or two visits that pass no limit of the rider and leave him a way home and time for his break."""
    limits = [
        rider.get(name) or 10_000 for name in ("capacity_g", "capacity_ml", "capacity_parcels", "cash_cap_poisha")
    ]
    clock_s, latest_s = rider["shift_start_s"] - 200, rider["pause"].latest_s if "pause" in rider else UNREACHABLE
    visits, left = [], np.array(limits)
    for one in chance.sample(free, min(chance.randint(1, 2), rider.get("max_stops") or 2, len(free))):
        left = left - [one.weight_g, one.volume_ml, one.parcels, one.cash_poisha]
        arrival_s = clock_s + chance.randint(0, 300)
        home_m = int(ways[one.node, rider.get("end_node", 0)])
        if (left < 0).any() or arrival_s + one.service_s > latest_s or home_m == UNREACHABLE:
            break
        free.remove(one)
        clock_s = arrival_s + one.service_s
        visits.append(Visit(one.stop_id, arrival_s, clock_s))
    return tuple(visits)


_NOT_OF_ONE_TOUR = {Fault.STOP_MISSING, Fault.FROZEN_CHANGED, Fault.UNTRUE_REASON}


def cheapest(problem: RoutingProblem) -> tuple[int, int]:
    """The rank of the best plan there is, by trying every one: all shares, orders and returns. For four calls at most.

    The judge says which tours may be ridden.
    """
    calls = calls_of(problem, problem.stops)
    tours = [_cheapest_tours(problem, rider, calls) for rider in problem.vehicles]
    best = []
    for owners in product(range(-1, len(tours)), repeat=len(calls)):
        shares = [frozenset(i for i, owner in enumerate(owners) if owner == n) for n in range(len(tours))]
        if all(share in its for share, its in zip(shares, tours, strict=True)):
            left = [one for call, owner in zip(calls, owners, strict=True) if owner < 0 for one in call.stops]
            cost_m = sum(its[share] for share, its in zip(shares, tours, strict=True))
            cost_m += sum(one.prize_m or 0 for one in left)
            best.append((sum(one.prize_m is None for one in left), cost_m))
    return min(best)


def _cheapest_tours(problem: RoutingProblem, rider: Vehicle, calls: Sequence[Call]) -> dict[frozenset[int], int]:
    """What a rider's cheapest tour through some of the calls costs, for all of them that he can do."""
    least = {} if rider.frozen else {frozenset[int](): 0}
    for count in range(0 if rider.frozen else 1, len(calls) + 1):
        for chosen in combinations(range(len(calls)), count):
            tours = [
                t for order in permutations(chosen) for t in _with_returns(problem, rider, [calls[i] for i in order])
            ]
            priced = sorted(((cost_of(problem, (tour,), ()).total_m, tour) for tour in tours), key=lambda one: one[0])
            costs = (cost_m for cost_m, tour in priced if may_be_ridden(problem, tour))
            if (cost_m := next(costs, None)) is not None:
                least[frozenset(chosen)] = cost_m
    return least


def _with_returns(problem: RoutingProblem, rider: Vehicle, calls: Sequence[Call]) -> Iterator[Tour]:
    """The tours through those calls in order, with every choice of returns between them."""
    before = [len(rider.frozen) + sum(len(call.stops) for call in calls[:i]) for i in range(len(calls))]
    ids = [one.stop_id for call in calls for one in call.stops]
    for count in range(rider.max_returns + 1):
        for returns in combinations([number for number in before if number], count):
            tour = time_tour(problem, rider, ids, returns)
            if tour is not None:
                yield tour


def may_be_ridden(problem: RoutingProblem, tour: Tour) -> bool:
    """Whether the judge finds nothing wrong with the tour itself."""
    plan = RoutePlan((tour,), (), cost_of(problem, (tour,), ()))
    return {violation.fault for violation in check_plan(problem, plan)} <= _NOT_OF_ONE_TOUR
