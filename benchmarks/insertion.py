"""What one more stop costs, asked of tours with a thousand; and how soon a plan is good again when a rider drops out.

    python -m benchmarks.insertion [stops] [questions]

Questions: CPU milliseconds each, median and worst, and CPU seconds to make ready. Plain tours know parcels and a shift;
full ones everything, half of them under way. Re-planning: the cost after so many seconds over that of a fresh plan
from a long search, in percent, and how many promises of half an hour were broken.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from time import process_time

import numpy as np

from benchmarks.routing.postal import postal_day
from post_logistics.routing.insertion import Insertion, RunningTours
from post_logistics.routing.plan import RoutePlan
from post_logistics.routing.problem import Break, Budget, RoutingProblem, Stop, Vehicle, Window
from post_logistics.routing.replan import freeze, replan
from post_logistics.routing.solve import solve

HOUR_S = 3_600
NOON_S = 12 * HOUR_S
NEW_NODES = 300
SPEEDS_PCT = (100,) * 10 + (70, 80, 100, 100, 90, 80, 60, 50, 70, 90) + (100,) * 4
DROP_OUT_STOPS, LONG_S = 300, 20.0


def day(stops: int, tours: int, full: bool) -> tuple[RoutingProblem, list[Stop]]:
    """A town in clusters with its riders, and stops to come."""
    chance = np.random.default_rng([stops, tours, full])
    clusters = chance.normal(0, 4_000, (stops // 20, 2))
    at_m = clusters[chance.integers(0, len(clusters), stops + NEW_NODES)] + chance.normal(
        0, 300, (stops + NEW_NODES, 2)
    )
    at_m = np.vstack([[[0, 0]], at_m])
    distance_m = np.ceil(np.hypot(*(at_m[:, np.newaxis] - at_m).transpose(2, 0, 1))).astype(np.int64)
    every = [_stop(chance, node, full) for node in range(1, stops + NEW_NODES + 1)]
    problem = RoutingProblem(
        stops=tuple(every[:stops]),
        vehicles=tuple(_rider(number, -(-stops // tours), full) for number in range(tours + tours // 10 + 1)),
        distance_m=distance_m,
        duration_s=distance_m // 5,
        off_beat_m=200 if full else 0,
        fairness_m=50 if full else 0,
    )
    return problem, every[stops:]


def _stop(chance: np.random.Generator, node: int, full: bool) -> Stop:
    if not full:
        return Stop(stop_id=str(node), node=node, service_s=240)
    opens_s = int(chance.integers(10, 15)) * HOUR_S
    windows = (
        (),
        (Window(opens_s, opens_s + 3 * HOUR_S),),
        (Window(9 * HOUR_S, NOON_S), Window(14 * HOUR_S, 19 * HOUR_S)),
    )
    return Stop(
        stop_id=str(node),
        node=node,
        weight_g=int(chance.integers(100, 3_000)),
        volume_ml=int(chance.integers(100, 6_000)),
        pickup=bool(chance.random() < 0.15),
        cash_poisha=int(chance.integers(0, 300_000)),
        service_s=240,
        windows=windows[int(chance.choice(3, p=[0.7, 0.15, 0.15]))],
        beat=str(chance.integers(0, 9)),
    )


def _rider(number: int, parcels: int, full: bool) -> Vehicle:
    rider = Vehicle(
        vehicle_id=str(number),
        kind="motorcycle",
        capacity_g=2_000 * parcels,
        capacity_parcels=parcels + 3,
        cash_cap_poisha=200_000 * parcels,
        shift_start_s=8 * HOUR_S,
        shift_end_s=20 * HOUR_S,
    )
    if not full:
        return rider
    return replace(
        rider,
        capacity_ml=4_000 * parcels,
        max_stops=parcels + 5,
        max_returns=1,
        reload_s=600,
        pause=Break(earliest_s=NOON_S, latest_s=NOON_S + 2 * HOUR_S, duration_s=1_800),
        hour_cost_m=2_000,
        speed_pct=SPEEDS_PCT,
        beats=frozenset({str(number % 9), str((number + 1) % 9)}),
    )


def under_way(problem: RoutingProblem, plan: RoutePlan, at_s: int) -> tuple[RoutingProblem, RoutePlan]:
    """The day with every other rider as far as he is by then, and a plan that goes on."""
    begun = {rider.vehicle_id: rider for rider in freeze(problem, plan, at_s).vehicles}
    known = {stop.stop_id for stop in freeze(problem, plan, at_s).stops}
    some = [
        begun.get(one.vehicle_id, one) if number % 2 and known >= _ids(plan, one) else one
        for number, one in enumerate(problem.vehicles)
    ]
    problem = replace(problem, vehicles=tuple(some))
    return problem, solve(problem, Budget(iterations=0), start=plan)


def _ids(plan: RoutePlan, rider: Vehicle) -> set[str]:
    return {visit.stop_id for tour in plan.tours if tour.vehicle_id == rider.vehicle_id for visit in tour.visits}


def questions(stops: int, asked: int) -> Iterator[str]:
    """A line for each kind of day."""
    for tours in (20, 60):
        for full in (False, True):
            problem, new = day(stops, tours, full)
            plan = solve(problem, Budget(iterations=200))
            if full:
                problem, plan = under_way(problem, plan, 11 * HOUR_S)
            began = process_time()
            running = RunningTours(problem, plan)
            ready_s = process_time() - began
            spent_ms, found = list[float](), 0
            for number in range(asked):
                began = process_time()
                found += isinstance(running.cheapest(new[number % len(new)]), Insertion)
                spent_ms.append(1_000 * (process_time() - began))
            served = sum(len(tour.visits) for tour in plan.tours)
            yield (
                f"{served:5} stops in {len(plan.tours):2} tours, {'full ' if full else 'plain'}: "
                f"median {median(spent_ms):5.2f} ms, worst {max(spent_ms):6.2f} ms, ready in {ready_s:.2f} s, "
                f"{found} of {asked} find a place"
            )


def drop_out(seed: int) -> Iterator[str]:
    """How good a plan is some seconds after a rider has dropped out at noon."""
    problem = postal_day(DROP_OUT_STOPS, seed)
    plan = solve(problem, Budget(seconds=5))
    now = freeze(problem, plan, NOON_S)
    out = next(rider for rider in now.vehicles if rider.frozen)
    made = {visit.stop_id for visit in out.frozen}
    now = replace(
        now,
        vehicles=tuple(rider for rider in now.vehicles if rider is not out),
        stops=tuple(stop for stop in now.stops if stop.stop_id not in made),
    )
    fresh = solve(now, Budget(seconds=LONG_S), seed).cost
    yield f"{len(now.stops)} stops, a rider out at noon; fresh in {LONG_S:.0f} s: {fresh.rank}"
    for seconds in (0.25, 0.5, 1.0, 2.0, 4.0):
        free = replan(now, plan, Budget(seconds=seconds), seed).plan.cost
        kept = replan(now, plan, Budget(seconds=seconds), seed, keep_within_s=1_800)
        yield (
            f"  {seconds:4} s: {free.left_behind} left behind, {100 * (free.total_m / fresh.total_m - 1):+.2f} %; "
            f"promises kept: {kept.plan.cost.left_behind} left behind, "
            f"{100 * (kept.plan.cost.total_m / fresh.total_m - 1):+.2f} %, {len(kept.broken)} broken"
        )


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:3]]
    for line in questions(*[*given, *[1_000, 500][len(given) :]]):
        print(line, flush=True)
    for line in drop_out(seed=1):
        print(line, flush=True)
