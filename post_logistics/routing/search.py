"""The search for good tours with OR-Tools: savings construction, descent, then rounds of ruin and recreate.

The settings are those that did best on office-days of 30 to 450 doors (docs/guides/routing.md).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2, routing_ils_pb2, routing_parameters_pb2
from ortools.util import optional_boolean_pb2

from post_logistics.routing.problem import DEPOT, UNREACHABLE, Budget, Matrix, RoutingProblem, Stop

_REMOVED_STOPS = 40
"""Average number of stops taken out in one round: rounds are slow to set up, so each should change much."""
_LONGEST_STRING = 20
"""Most neighbouring stops of one tour taken out together."""
_WITHOUT = (
    "use_cross",
    "use_relocate_pair",
    "use_light_relocate_pair",
    "use_exchange_pair",
    "use_relocate_subtrip",
    "use_exchange_subtrip",
    "use_relocate_expensive_chain",
    "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns",
    "use_relocate_path_global_cheapest_insertion_insert_unperformed",
    "use_global_cheapest_insertion_visit_types_lns",
    "use_local_cheapest_insertion_visit_types_lns",
)
"""Moves that cost more time in the first descent than ruin and recreate needs for the same gain."""


def search_tours(problem: RoutingProblem, stops: Sequence[Stop], budget: Budget, seed: int) -> list[tuple[Stop, ...]]:
    """The stops of each vehicle in order, in the order of the vehicles; stops that found no place are in none.

    The solver draws no lots: ``seed`` shuffles the order in which stops are put to it. Empty if it found nothing.
    """
    if not (stops and problem.vehicles):
        return []
    shuffled = [stops[i] for i in np.random.default_rng(seed).permutation(len(stops))]
    manager = pywrapcp.RoutingIndexManager(len(stops) + 1, len(problem.vehicles), DEPOT)
    model = pywrapcp.RoutingModel(manager)
    nodes = [DEPOT, *(stop.node for stop in shuffled)]
    distance_m = problem.distance_m[np.ix_(nodes, nodes)]
    _add_costs(model, manager, problem, shuffled, distance_m)
    _add_loads(model, problem, shuffled)
    _add_times(model, manager, problem, shuffled, nodes)
    solution = model.SolveWithIteratedLocalSearch(_parameters(budget, len(stops), distance_m))
    return _orders(model, manager, solution, shuffled) if solution else []


def _add_costs(model: Any, manager: Any, problem: RoutingProblem, stops: Sequence[Stop], distance_m: Matrix) -> None:
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(distance_m.tolist()))
    for index, vehicle in enumerate(problem.vehicles):
        model.SetFixedCostOfVehicle(vehicle.fixed_cost_m, index)
    longest_m = int(distance_m[distance_m < UNREACHABLE].max())
    dearest_plan_m = (
        (len(stops) + len(problem.vehicles)) * longest_m
        + sum(vehicle.fixed_cost_m for vehicle in problem.vehicles)
        + sum(stop.prize_m or 0 for stop in stops)
    )
    for node, stop in enumerate(stops, start=1):
        model.AddDisjunction([manager.NodeToIndex(node)], dearest_plan_m + 1 if stop.prize_m is None else stop.prize_m)


def _add_loads(model: Any, problem: RoutingProblem, stops: Sequence[Stop]) -> None:
    vehicles = problem.vehicles
    _add_load(model, "weight", [s.weight_g for s in stops], [v.capacity_g for v in vehicles])
    _add_load(model, "parcels", [s.parcels for s in stops], [v.capacity_parcels for v in vehicles])
    _add_load(model, "cash", [s.cash_poisha for s in stops], [v.cash_cap_poisha for v in vehicles])
    _add_load(model, "stops", [1] * len(stops), [v.max_stops or len(stops) for v in vehicles])


def _add_load(model: Any, name: str, amounts: Sequence[int], capacities: Sequence[int]) -> None:
    if sum(amounts) > min(capacities):  # else it cannot bind, and every dimension slows the search
        amount = model.RegisterUnaryTransitVector([0, *amounts])
        model.AddDimensionWithVehicleCapacity(amount, 0, list(capacities), True, name)


def _add_times(model: Any, manager: Any, problem: RoutingProblem, stops: Sequence[Stop], nodes: Sequence[int]) -> None:
    """Without windows time is one more load, counted from the start of the shift; with them riders may wait."""
    service_s = np.array([0, *(stop.service_s for stop in stops)])[:, np.newaxis]
    transits = {
        vehicle.kind: model.RegisterTransitMatrix(
            (problem.travel_s(vehicle)[np.ix_(nodes, nodes)] + service_s).tolist()
        )
        for vehicle in problem.vehicles
    }
    by_vehicle = [transits[vehicle.kind] for vehicle in problem.vehicles]
    if not any(stop.windows for stop in stops):
        shifts_s = [vehicle.shift_end_s - vehicle.shift_start_s for vehicle in problem.vehicles]
        model.AddDimensionWithVehicleTransitAndCapacity(by_vehicle, 0, shifts_s, True, "time")
        return
    ends_s = [vehicle.shift_end_s for vehicle in problem.vehicles]
    model.AddDimensionWithVehicleTransitAndCapacity(by_vehicle, max(ends_s), ends_s, False, "time")
    time = model.GetDimensionOrDie("time")
    for index, vehicle in enumerate(problem.vehicles):
        time.CumulVar(model.Start(index)).SetMin(vehicle.shift_start_s)
    for node, stop in enumerate(stops, start=1):
        if stop.windows:
            start = time.CumulVar(manager.NodeToIndex(node))
            start.SetRange(stop.windows[0].open_s, stop.windows[-1].close_s - 1)
            for window, following in pairwise(stop.windows):
                start.RemoveInterval(window.close_s, following.open_s - 1)


def _parameters(budget: Budget, stops: int, distance_m: Matrix) -> routing_parameters_pb2.RoutingSearchParameters:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    for name in _WITHOUT:
        setattr(parameters.local_search_operators, name, optional_boolean_pb2.BOOL_FALSE)
    if budget.iterations is not None:
        descent = stops // 2 if budget.iterations else 1  # it took at most so many steps when measured
        parameters.solution_limit = budget.iterations + descent
    else:
        assert budget.seconds is not None
        parameters.time_limit.FromNanoseconds(int(budget.seconds * 1e9))
    rounds = parameters.iterated_local_search_parameters
    rounds.perturbation_strategy = routing_ils_pb2.PerturbationStrategy.RUIN_AND_RECREATE
    rounds.improve_perturbed_solution = False
    ruin = rounds.ruin_recreate_parameters.ruin_strategies.add().sisr
    ruin.avg_num_removed_visits = _REMOVED_STOPS
    ruin.max_removed_sequence_size = _LONGEST_STRING
    ruin.bypass_factor = 0.01
    recreate = rounds.ruin_recreate_parameters.recreate_strategy
    recreate.heuristic = routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION
    mean_leg_m = max(2.0, float(distance_m[distance_m < UNREACHABLE].mean()))
    annealing = rounds.reference_solution_acceptance_strategy.simulated_annealing
    annealing.initial_temperature = mean_leg_m / 2
    annealing.final_temperature = mean_leg_m / 200
    return parameters


def _orders(model: Any, manager: Any, solution: Any, stops: Sequence[Stop]) -> list[tuple[Stop, ...]]:
    orders = []
    for vehicle in range(model.vehicles()):
        order = []
        index = solution.Value(model.NextVar(model.Start(vehicle)))
        while not model.IsEnd(index):
            order.append(stops[manager.IndexToNode(index) - 1])
            index = solution.Value(model.NextVar(index))
        orders.append(tuple(order))
    return orders
