"""Many offices planned at once: 11 pilot offices of 300 stops, and the 64 districts of 500.

    python -m benchmarks.offices [--executor NAME ...] [--iterations N] [--only 11 | 64]

Doors are at real places around each office, weights and cash by lot. Held against planning one office after the other
in this process. CPU seconds are those of this machine, all processes together. A cluster's are its own affair.
"""

import argparse
import csv
import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

import numpy as np

from post_logistics.network.fleet import Fleet, Rider, VehicleKind
from post_logistics.network.geo import great_circle_m
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.operations.tours.doors import Door
from post_logistics.operations.tours.executors import HERE, PROCESSES, THREADS, done_by
from post_logistics.operations.tours.planning import counted_budget
from post_logistics.operations.tours.tour_problem import tour_problem
from post_logistics.routing.problem import Budget, RoutingProblem
from post_logistics.routing.solve import solve
from post_logistics.routing.warming import warm
from post_logistics.settings import Settings
from post_logistics.units import Postcode, RiderId

DAY = date(2026, 11, 22)
DOOR_KINDS = ("area", "road", "landmark", "union")
NEAR_PLACES = 100
"""How many places around an office its parcels are for."""
MOTORCYCLE = "motorcycle"


def office_day(facts: Facts, office: Postcode, stops: int, seed: int = 1) -> RoutingProblem:
    """A delivery day of that many doors at the places nearest to the office; the same seed, the same day."""
    chance = np.random.default_rng([int(office), stops, seed])
    home = facts.offices.get(office)
    near = sorted(
        (place for place in facts.places.values() if place.kind in DOOR_KINDS),
        key=lambda place: great_circle_m(home.lat_deg, home.lon_deg, place.lat_deg, place.lon_deg),
    )[:NEAR_PLACES]
    doors = [
        Door(
            items=tuple(f"{number}-{item}" for item in range(int(chance.choice([1, 1, 1, 2, 2, 3])))),
            place=place.name_en,
            area=place.place_id,
            lat_deg=place.lat_deg,
            lon_deg=place.lon_deg,
            precision_m=place.precision_m,
            weight_g=int(chance.integers(200, 3_000)),
            cash_poisha=int(chance.integers(0, 200_000)),
        )
        for number, place in enumerate(near[i] for i in chance.integers(0, len(near), stops))
    ]
    return tour_problem(facts, office, "delivery", doors, DAY).routing


def national(facts: Facts, stops: int) -> tuple[Facts, list[Postcode]]:
    """The facts with riders at the head office of every district, enough for so many stops, and those offices."""
    with (Settings().facts_dir / "districts.csv").open(encoding="utf-8", newline="") as file:
        offices = [Postcode(row["head_office"]) for row in csv.DictReader(file)]
    kind = _kind(facts.fleet)
    riders = {
        office: tuple(Rider(RiderId(f"{office}-R{n:02d}"), kind) for n in range(1, stops // 20 + 3))
        for office in offices
    }
    return replace(facts, fleet=Fleet(facts.fleet.day, riders, {})), offices


def _kind(fleet: Fleet) -> VehicleKind:
    return next(
        rider.vehicle for riders in fleet.deliveries.values() for rider in riders if rider.vehicle.kind == MOTORCYCLE
    )


@dataclass(frozen=True, slots=True)
class Run:
    """What one executor took for all offices, and what its plans cost."""

    wall_s: float
    cpu_s: float
    left_behind: int
    cost_m: int


def run(executor: str, facts: Facts, offices: list[Postcode], stops: int, budget: Budget) -> Run:
    """All offices planned, their matrices made on the way, as `plan_day` does."""

    def tasks() -> Iterator[tuple[Postcode, tuple[RoutingProblem, Budget]]]:
        for office in offices:
            yield office, (office_day(facts, office, stops), budget)

    wall_s, cpu_s = perf_counter(), _cpu_s()
    costs = [future.result().cost for _, future in done_by(executor, solve, tasks())]
    return Run(
        perf_counter() - wall_s,
        _cpu_s() - cpu_s,
        sum(cost.left_behind for cost in costs),
        sum(cost.total_m for cost in costs),
    )


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Prints one table for each size; the first row is one office after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.offices", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--executor", action="append", help="processes, threads, dask://host:port; may be given again")
    parser.add_argument("--iterations", type=int, help="of each office (as many as its doors need)")
    parser.add_argument("--only", type=int, choices=(11, 64), help="only this many offices")
    arguments = parser.parse_args()
    facts = load_facts(Settings())
    warm()
    pilot = list(facts.fleet.deliveries)
    sizes = [(facts, pilot, 300), (*national(facts, 500), 500)]
    for its_facts, offices, stops in sizes:
        if arguments.only not in (None, len(offices)):
            continue
        iterations = arguments.iterations
        budget = counted_budget(stops) if iterations is None else Budget(iterations=iterations)
        print(
            f"\n{len(offices)} offices of {stops} stops, {budget.iterations:,} iterations, {os.cpu_count()} cores, ",
            end="",
        )
        print(
            f"load before {os.getloadavg()[0]:.1f}\n\n| Executor | Wall s | CPU s | Speed-up |\n|---|---|---|---|",
            flush=True,
        )
        first: Run | None = None
        for executor in (HERE, *(arguments.executor or (THREADS, PROCESSES))):
            made = run(executor, its_facts, offices, stops, budget)
            first = first or made
            same = (made.left_behind, made.cost_m) == (first.left_behind, first.cost_m)
            assert same, f"{executor} makes other plans"
            print(
                f"| `{executor}` | {made.wall_s:.1f} | {made.cpu_s:.1f} | {first.wall_s / made.wall_s:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
