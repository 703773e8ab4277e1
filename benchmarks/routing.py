"""Tours of made-up office-days at real places: nearest door, OR-Tools' first solution, and `solve` with two budgets.

    python -m benchmarks.routing [seed ...]

Distances in metres, CPU time in seconds; every plan is checked. The seed makes the day and orders the search.
"""

import sys
from dataclasses import dataclass
from time import process_time

import numpy as np

from post_logistics.network.fleet import load_fleet
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.routing.check import check_plan
from post_logistics.routing.construct import nearest_neighbour
from post_logistics.routing.matrix import door_distances, durations
from post_logistics.routing.problem import Budget, RoutingProblem, Stop, Vehicle
from post_logistics.routing.solve import solve
from post_logistics.settings import Settings
from post_logistics.units import Postcode

CASES = [("1213", 30), ("1212", 120), ("1216", 300), ("1230", 450)]
"""Office and number of doors. Offices whose riders all ride alike, so that metres can be compared."""
BUDGETS = [Budget(iterations=0), Budget(iterations=100), Budget(iterations=500)]
SHIFT_S = (45_000, 70_200)
CASH_CAP_POISHA = 5_000_000
FACTS = Settings().facts_dir


@dataclass(frozen=True, slots=True)
class Result:
    """A plan's riders and metres, and the CPU seconds it took."""

    riders: int
    distance_m: int
    left_behind: int
    cpu_s: float

    def __str__(self) -> str:
        left = f" -{self.left_behind}" if self.left_behind else ""
        return f"{self.riders:3d} r {self.distance_m:8,d} m {self.cpu_s:6.2f} s{left}"


def office_day(postcode: str, doors: int, seed: int) -> RoutingProblem:
    """Parcels for random places within four kilometres of the office, and the riders of its fleet."""
    chance = np.random.default_rng([int(postcode), doors, seed])
    home, fleet = load_offices(FACTS).get(postcode), load_fleet(FACTS)
    near = [
        place
        for place in load_places(FACTS)
        if place.kind not in ("thana", "district")
        and great_circle_m(home.lat_deg, home.lon_deg, place.lat_deg, place.lon_deg) < 4_000
    ]
    places = [near[i] for i in chance.integers(0, len(near), doors)]
    riders = fleet.riders(Postcode(postcode), "delivery")
    distance_m = door_distances(
        [home.lat_deg, *(place.lat_deg for place in places)],
        [home.lon_deg, *(place.lon_deg for place in places)],
        [0, *(place.precision_m for place in places)],
        ["", *(place.place_id for place in places)],
    )
    kinds = {rider.vehicle.kind: rider.vehicle for rider in riders}
    return RoutingProblem(
        stops=tuple(
            Stop(
                stop_id=str(node),
                node=node,
                weight_g=int(chance.integers(100, 3_000)),
                cash_poisha=int(chance.integers(0, 300_000)),
                service_s=fleet.day.stop_s,
            )
            for node in range(1, doors + 1)
        ),
        vehicles=tuple(
            Vehicle(
                vehicle_id=rider.rider_id,
                kind=rider.vehicle.kind,
                capacity_g=rider.vehicle.capacity_g,
                capacity_parcels=rider.vehicle.capacity_parcels,
                cash_cap_poisha=CASH_CAP_POISHA,
                shift_start_s=SHIFT_S[0],
                shift_end_s=SHIFT_S[1],
                fixed_cost_m=rider.vehicle.fixed_cost_m,
            )
            for rider in riders
        ),
        distance_m=distance_m,
        duration_s=durations(distance_m, min(kind.speed_m_per_h for kind in kinds.values())),
        kind_duration_s={name: durations(distance_m, kind.speed_m_per_h) for name, kind in kinds.items()},
    )


def naive(problem: RoutingProblem) -> Result:
    """From door to nearest door."""
    start = process_time()
    riding = [draft for draft in nearest_neighbour(problem, problem.stops) if draft.stops]
    served = sum(len(draft.stops) for draft in riding)
    metres = sum(draft.length_m for draft in riding)
    return Result(len(riding), metres, len(problem.stops) - served, process_time() - start)


def planned(problem: RoutingProblem, budget: Budget, seed: int) -> Result:
    """With `solve`."""
    start = process_time()
    plan = solve(problem, budget, seed)
    cpu_s = process_time() - start
    assert not check_plan(problem, plan)
    return Result(len(plan.tours), plan.cost.distance_m, plan.cost.left_behind, cpu_s)


def main(seeds: list[int]) -> None:
    """Prints a line for every case and seed."""
    columns = ("nearest door", "first solution", "100 iterations", "500 iterations")
    print(f"office doors seed  {'  '.join(f'{name:>24}' for name in columns)}")
    for postcode, doors in CASES:
        for seed in seeds:
            problem = office_day(postcode, doors, seed)
            results = [naive(problem), *(planned(problem, budget, seed) for budget in BUDGETS)]
            print(f"{postcode:6} {doors:5} {seed:4}  {'  '.join(f'{result!s:>24}' for result in results)}", flush=True)


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1, 2, 3])
