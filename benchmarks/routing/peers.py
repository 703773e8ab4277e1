"""Those who compete: our own search, OR-Tools alone in two ways, PyVRP and VROOM, all told the same problem.

Each has one thread and the same seconds by the clock, handing over the problem included. The seed orders the stops for
those who draw no lots themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter
from typing import Any

import numpy as np
import pyvrp
import vroom  # type: ignore[import-untyped]

from benchmarks.routing.expressing import Orders, asks, loads
from benchmarks.routing.guided import KNOWS, guided_orders
from post_logistics.routing.plan import RoutePlan
from post_logistics.routing.problem import DEPOT, UNREACHABLE, Budget, RoutingProblem, Vehicle
from post_logistics.routing.solve import solve

Run = Callable[[RoutingProblem, float, int], RoutePlan | Orders]
"""From problem, seconds and seed to a plan, or to the orders of one; no orders if nothing was found."""
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Competitor:
    """Someone who makes plans, and what of `expressing.asks` he can be told; None: everything."""

    name: str
    run: Run
    knows: frozenset[str] | None = None

    def knows_enough(self, problem: RoutingProblem) -> bool:
        """Whether he can be told the whole problem."""
        return self.knows is None or asks(problem) <= self.knows

    def warm(self, problem: RoutingProblem) -> None:
        """Has compiled whatever the problem needs, before any clock starts."""
        if self.run is ours:
            solve(problem, Budget(iterations=0))


def ours(problem: RoutingProblem, seconds: float, seed: int) -> RoutePlan:
    """The plan of `solve` as it is used."""
    return solve(problem, Budget(seconds=seconds), seed)


def ortools(problem: RoutingProblem, seconds: float, seed: int) -> RoutePlan:
    """The plan of OR-Tools' iterated local search with the best settings we know, behind the same `solve`."""
    return solve(problem, Budget(seconds=seconds), seed, engine="ortools")


def guided(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """The orders of OR-Tools' guided local search, modelled as its manual does."""
    return guided_orders(_shuffled(problem, seed), seconds)


def by_pyvrp(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """PyVRP's orders; none if what it has at the end breaks a rule."""
    until = perf_counter() + seconds
    alike = _alike(problem)
    result = pyvrp.solve(
        _pyvrp_data(problem, alike), lambda best_cost: perf_counter() > until, seed=seed, collect_stats=False
    )
    if not result.is_feasible():
        return []
    free = [list(reversed(vehicles)) for vehicles in alike.values()]
    return [
        (free[route.vehicle_type()].pop(), [problem.stops[visit.idx].stop_id for visit in route if visit.is_client()])
        for route in result.best.routes()
    ]


def _alike(problem: RoutingProblem) -> Mapping[Vehicle, list[Vehicle]]:
    """Vehicles that differ in nothing but their names, under one without a name."""
    found: dict[Vehicle, list[Vehicle]] = {}
    for vehicle in problem.vehicles:
        found.setdefault(replace(vehicle, vehicle_id=""), []).append(vehicle)
    return found


def _pyvrp_data(problem: RoutingProblem, alike: Mapping[Vehicle, list[Vehicle]]) -> pyvrp.ProblemData:
    """The problem in PyVRP's words: locations are our nodes, profiles the kinds of vehicle, windows closed."""
    kinds = {vehicle.kind: vehicle for vehicle in alike}
    profiles = {kind: number for number, kind in enumerate(kinds)}
    binding = loads(problem)
    first = {vehicle.vehicle_id: number for number, vehicle in enumerate(problem.vehicles)}
    clients = [
        pyvrp.Client(
            location=stop.node,
            delivery=[load.delivered[number] for load in binding],
            pickup=[load.collected[number] for load in binding],
            service_duration=stop.service_s,
            required=stop.prize_m is None,
            prize=stop.prize_m or 0,
            tw_early=stop.windows[0].open_s if stop.windows else 0,
            tw_late=stop.windows[0].close_s - 1 if stop.windows else UNREACHABLE,
        )
        for number, stop in enumerate(problem.stops)
    ]
    types = [
        pyvrp.VehicleType(
            num_available=len(vehicles),
            capacity=[load.capacities[first[vehicles[0].vehicle_id]] for load in binding],
            fixed_cost=vehicle.fixed_cost_m,
            tw_early=vehicle.shift_start_s,
            tw_late=vehicle.shift_end_s,
            profile=profiles[vehicle.kind],
        )
        for vehicle, vehicles in alike.items()
    ]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in problem.distance_m],
        clients=clients,
        depots=[pyvrp.Depot(0)],
        vehicle_types=types,
        distance_matrices=list[Any](problem.way_m(vehicle) for vehicle in kinds.values()),
        duration_matrices=list[Any](problem.travel_s(vehicle) for vehicle in kinds.values()),
    )


def by_vroom(problem: RoutingProblem, seconds: float, seed: int) -> Orders:
    """VROOM's orders at its highest level of exploration.

    It looks at the time between steps only and may take longer than it was given, or stop long before.
    """
    until = perf_counter() + seconds
    problem = _shuffled(problem, seed)
    told = _vroom_input(problem)
    left = timedelta(seconds=max(0.001, until - perf_counter()))
    routes = told.solve(exploration_level=5, nb_threads=1, timeout=left).routes
    calls = routes[routes["id"].notna()]
    return [
        (problem.vehicles[number], [problem.stops[call].stop_id for call in calls_of["id"]])
        for number, calls_of in calls.groupby("vehicle_id")
    ]


def _vroom_input(problem: RoutingProblem) -> vroom.Input:
    """The problem in VROOM's words: the cost of a leg are its metres, windows closed, skills numbered."""
    told = vroom.Input()
    for vehicle in {vehicle.kind: vehicle for vehicle in problem.vehicles}.values():
        told.set_durations_matrix(vehicle.kind, problem.travel_s(vehicle))
        told.set_costs_matrix(vehicle.kind, problem.way_m(vehicle))
    binding = loads(problem)
    skills = {skill: number for number, skill in enumerate(sorted({s for stop in problem.stops for s in stop.skills}))}
    told.add_vehicle(
        [
            vroom.Vehicle(
                number,
                start=DEPOT,
                end=DEPOT,
                profile=vehicle.kind,
                capacity=[load.capacities[number] for load in binding],
                skills={skills[skill] for skill in vehicle.skills & skills.keys()},
                time_window=vroom.TimeWindow(vehicle.shift_start_s, vehicle.shift_end_s),
                costs=vroom.VehicleCosts(fixed=vehicle.fixed_cost_m),
            )
            for number, vehicle in enumerate(problem.vehicles)
        ]
    )
    told.add_job(
        [
            vroom.Job(
                number,
                location=stop.node,
                default_service=stop.service_s,
                delivery=vroom.Amount([load.delivered[number] for load in binding]),
                pickup=vroom.Amount([load.collected[number] for load in binding]),
                skills={skills[skill] for skill in stop.skills},
                time_windows=[vroom.TimeWindow(window.open_s, window.close_s - 1) for window in stop.windows],
            )
            for number, stop in enumerate(problem.stops)
        ]
    )
    return told


def _shuffled(problem: RoutingProblem, seed: int) -> RoutingProblem:
    order = np.random.default_rng(seed).permutation(len(problem.stops))
    return replace(problem, stops=tuple(problem.stops[number] for number in order))


COMPETITORS = (
    Competitor(OURS, ours),
    Competitor(
        "OR-Tools", ortools, frozenset({"second windows", "prizes", "skills", "prices", "doors", "other depots"})
    ),
    Competitor("OR-Tools GLS", guided, KNOWS),
    Competitor("PyVRP", by_pyvrp, frozenset({"pickups among deliveries", "prizes"})),
    Competitor("VROOM", by_vroom, frozenset({"pickups among deliveries", "second windows", "skills"})),
)
"""In the order of the table."""
