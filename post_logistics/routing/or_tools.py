"""The search for good tours with OR-Tools: savings construction, descent, then rounds of ruin and recreate.

It is there to be compared with. It knows loads, windows, shifts, kinds of vehicle, skills, prizes and doors, and
refuses what else a problem may ask. The settings are those that did best on office-days of 30 to 450 doors.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2, routing_ils_pb2, routing_parameters_pb2
from ortools.util import optional_boolean_pb2

from post_logistics.errors import Unacceptable
from post_logistics.routing.kernel.anneal import squeeze
from post_logistics.routing.kernel.layout import (
    CAPACITY,
    DRIVE_OF,
    FIXED,
    FORBIDDEN,
    KIND_OF,
    LOADS,
    MIXED,
    NEVER,
    PENALTY,
    SIZE,
    STOP_LOAD,
    TOUR_LOAD,
    WAY_OF,
    Kept,
)
from post_logistics.routing.problem import Budget, RoutingProblem
from post_logistics.routing.state import empty_tours, fill, kept
from post_logistics.routing.world import Ground

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


def search_by_or_tools(problem: RoutingProblem, ground: Ground, budget: Budget, seed: int) -> Kept:
    """The tours that OR-Tools finds; Unacceptable lists what of the problem it does not know.

    The solver draws no lots: ``seed`` shuffles the order in which calls are put to it.
    """
    _refuse_the_unknown(problem, ground)
    calls, tours = len(ground.calls), len(ground.vehicles)
    order = np.random.default_rng(seed).permutation(calls)
    rows = [*order.tolist(), *dict.fromkeys([*ground.start_rows, *ground.end_rows])]
    index = {row: number for number, row in enumerate(rows)}
    starts, ends = ([index[row] for row in some] for some in (ground.start_rows, ground.end_rows))
    manager = pywrapcp.RoutingIndexManager(len(rows), tours, starts, ends)
    model = pywrapcp.RoutingModel(manager)
    _add_costs(model, manager, ground, order.tolist(), rows)
    _add_loads(model, ground, order.tolist(), len(rows))
    _add_times(model, manager, ground, order.tolist(), rows)
    solution = model.SolveWithIteratedLocalSearch(_parameters(budget, calls, ground))
    made = empty_tours(ground, seed)
    if solution:
        fill(ground, made, _routes(model, manager, solution, order.tolist()))
    squeeze(ground.world, made)
    return kept(made)


def _refuse_the_unknown(problem: RoutingProblem, ground: Ground) -> None:
    asked = {
        "breaks": any(vehicle.pause for vehicle in problem.vehicles),
        "speeds by the hour": any(vehicle.speed_pct for vehicle in problem.vehicles),
        "returns to the depot": any(vehicle.max_returns for vehicle in problem.vehicles),
        "frozen visits": any(vehicle.frozen for vehicle in problem.vehicles),
        "pickups and deliveries on one tour": bool(ground.world.rules[MIXED]),
        "fairness": problem.fairness_m > 0,
        "beats": problem.off_beat_m > 0,
    }
    unknown = [name for name, is_asked in asked.items() if is_asked]
    if unknown:
        raise Unacceptable(
            f"the engine ortools does not know {', '.join(unknown)}", field="engine", remedy="use the engine auto"
        )


def _add_costs(model: Any, manager: Any, ground: Ground, order: list[int], rows: list[int]) -> None:
    world = ground.world
    by_kind = [world.way[0, int(kind[WAY_OF])][np.ix_(rows, rows)].tolist() for kind in world.kinds]
    evaluators = [model.RegisterTransitMatrix(costs) for costs in by_kind]
    for tour, vehicle in enumerate(world.vehicles):
        model.SetArcCostEvaluatorOfVehicle(evaluators[int(vehicle[KIND_OF])], tour)
        model.SetFixedCostOfVehicle(int(vehicle[FIXED]), tour)
    for number, call in enumerate(order):
        node = manager.NodeToIndex(number)
        model.AddDisjunction([node], int(world.worth[call, PENALTY]))
        barred = [t for t, v in enumerate(world.vehicles) if world.extra[v[KIND_OF], call] >= FORBIDDEN]
        for tour in barred:
            model.VehicleVar(node).RemoveValue(tour)


def _add_loads(model: Any, ground: Ground, order: list[int], nodes: int) -> None:
    world = ground.world
    loads = int(world.rules[LOADS])
    for d in range(loads):
        amounts = world.stops[order, STOP_LOAD + SIZE * loads + d].tolist() + [0] * (nodes - len(order))
        capacities = world.vehicles[:, TOUR_LOAD + CAPACITY * loads + d].tolist()
        model.AddDimensionWithVehicleCapacity(
            model.RegisterUnaryTransitVector(amounts), 0, capacities, True, f"load{d}"
        )
    most = [vehicle.max_stops for vehicle in ground.vehicles]
    if any(limit is not None for limit in most):
        counts = model.RegisterUnaryTransitVector([1] * len(order) + [0] * (nodes - len(order)))
        limits = [len(order) if limit is None else limit for limit in most]
        model.AddDimensionWithVehicleCapacity(counts, 0, limits, True, "stops")


def _add_times(model: Any, manager: Any, ground: Ground, order: list[int], rows: list[int]) -> None:
    """Without windows time is one more load, counted from the start of the shift; with them riders may wait."""
    world = ground.world
    service_s = np.array([*(ground.calls[call].service_s for call in order), *[0] * (len(rows) - len(order))])
    transits = [
        model.RegisterTransitMatrix((world.drive[0, drive][np.ix_(rows, rows)] + service_s[:, np.newaxis]).tolist())
        for drive in range(world.drive.shape[1])
    ]
    by_vehicle = [transits[int(world.kinds[vehicle[KIND_OF], DRIVE_OF])] for vehicle in world.vehicles]
    if all(call.windows is None for call in ground.calls):
        shifts_s = [end_s - start_s for start_s, end_s in zip(ground.starts_s, ground.ends_s, strict=True)]
        model.AddDimensionWithVehicleTransitAndCapacity(by_vehicle, 0, shifts_s, True, "time")
        return
    model.AddDimensionWithVehicleTransitAndCapacity(by_vehicle, max(ground.ends_s), list(ground.ends_s), False, "time")
    time = model.GetDimensionOrDie("time")
    for tour, start_s in enumerate(ground.starts_s):
        time.CumulVar(model.Start(tour)).SetMin(start_s)
    for number, call in enumerate(order):
        windows = ground.calls[call].windows
        if windows:
            start = time.CumulVar(manager.NodeToIndex(number))
            start.SetRange(windows[0].open_s, windows[-1].close_s - 1)
            for window, following in pairwise(windows):
                start.RemoveInterval(window.close_s, following.open_s - 1)


def _parameters(budget: Budget, stops: int, ground: Ground) -> routing_parameters_pb2.RoutingSearchParameters:
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
    way = ground.world.way[0]
    mean_way = max(2.0, float(way[way < NEVER].mean()))
    annealing = rounds.reference_solution_acceptance_strategy.simulated_annealing
    annealing.initial_temperature = mean_way / 2
    annealing.final_temperature = mean_way / 200
    return parameters


def _routes(model: Any, manager: Any, solution: Any, order: list[int]) -> list[tuple[int, list[int]]]:
    routes = []
    for tour in range(model.vehicles()):
        nodes = []
        index = solution.Value(model.NextVar(model.Start(tour)))
        while not model.IsEnd(index):
            nodes.append(order[manager.IndexToNode(index)])
            index = solution.Value(model.NextVar(index))
        routes.append((tour, nodes))
    return routes
