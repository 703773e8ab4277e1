"""OR-Tools alone: the whole postal problem modelled as its manual does, improved by guided local search."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.routing.expressing import Load, Orders, loads
from post_logistics.routing.problem import DEPOT, UNREACHABLE, Matrix, RoutingProblem, Vehicle

KNOWS = frozenset({"pickups among deliveries", "second windows", "prizes", "skills", "breaks", "prices"})
"""What of `expressing.asks` is in the model."""
_MANY_STOPS = 300
"""Beyond these the better first solution takes ten seconds and more: the quicker one is used."""


def guided_orders(problem: RoutingProblem, seconds: float) -> Orders:
    """The stops of each vehicle in order; stops that found no place are in none. Empty if it found nothing at all.

    Where stops deliver and collect, the true load is a constraint that OR-Tools' insertion does not foresee. The first
    solution then comes from a model in which what leaves and what comes share the vehicle all day.
    """
    until = perf_counter() + seconds
    mixed = any(any(load.delivered) and any(load.collected) for load in loads(problem))
    manager, model = _model(problem, exact=not mixed)
    routes = _routes(model, model.SolveWithParameters(_parameters(problem, until, guided=not mixed)))
    if mixed and routes:
        manager, model = _model(problem, exact=True)
        parameters = _parameters(problem, until, guided=True)
        model.CloseModelWithParameters(parameters)
        first = model.ReadAssignmentFromRoutes(routes, True)
        routes = _routes(model, model.SolveFromAssignmentWithParameters(first, parameters)) or routes
    return [
        (vehicle, [problem.stops[manager.IndexToNode(index) - 1].stop_id for index in route])
        for vehicle, route in zip(problem.vehicles, routes, strict=False)
    ]


def _model(problem: RoutingProblem, *, exact: bool) -> tuple[Any, Any]:
    """The index manager and the model; positions are the depot and the stops in their order."""
    manager = pywrapcp.RoutingIndexManager(len(problem.stops) + 1, len(problem.vehicles), DEPOT)
    model = pywrapcp.RoutingModel(manager)
    nodes = [DEPOT, *(stop.node for stop in problem.stops)]
    indices = [manager.NodeToIndex(position) for position in range(1, len(nodes))]
    _add_costs(model, problem, nodes)
    _add_prizes(model, problem, nodes, indices)
    for load in loads(problem):
        _add_load(model, load, exact)
    _add_times(model, problem, nodes, indices)
    _add_skills(model, problem, indices)
    return manager, model


def _parameters(problem: RoutingProblem, until: float, *, guided: bool) -> Any:
    strategy = routing_enums_pb2.FirstSolutionStrategy
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = (
        strategy.LOCAL_CHEAPEST_INSERTION if len(problem.stops) > _MANY_STOPS else strategy.PARALLEL_CHEAPEST_INSERTION
    )
    parameters.time_limit.FromMilliseconds(max(1, int(1000 * (until - perf_counter()))))
    if guided:
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    else:
        parameters.solution_limit = 1
    return parameters


def _routes(model: Any, solution: Any) -> list[list[int]]:
    """The indices between start and end of each vehicle; empty without a solution."""
    if solution is None:
        return []
    routes = []
    for vehicle in range(model.vehicles()):
        routes.append(route := list[int]())
        index = solution.Value(model.NextVar(model.Start(vehicle)))
        while not model.IsEnd(index):
            route.append(index)
            index = solution.Value(model.NextVar(index))
    return routes


def _leg_cost_m(problem: RoutingProblem, vehicle: Vehicle, nodes: Sequence[int]) -> Matrix:
    """What going from position to position costs that vehicle, service there included, rounded to the metre."""
    way_m: Matrix = problem.way_m(vehicle)[np.ix_(nodes, nodes)]
    work_s = _leg_s(problem, vehicle, nodes)
    cost_m: Matrix = (way_m * vehicle.distance_cost_pct + 50) // 100 + (work_s * vehicle.hour_cost_m + 1_800) // 3_600
    return cost_m


def _leg_s(problem: RoutingProblem, vehicle: Vehicle, nodes: Sequence[int]) -> Matrix:
    """Seconds from the start of service at a position to the arrival at another: (n, n), row = from."""
    service_s = np.array([0, *(stop.service_s for stop in problem.stops)])[:, np.newaxis]
    legs_s: Matrix = problem.travel_s(vehicle)[np.ix_(nodes, nodes)] + service_s
    return legs_s


def _by_vehicle(
    model: Any, problem: RoutingProblem, key: Callable[[Vehicle], object], matrix: Callable[[Vehicle], Matrix]
) -> list[int]:
    """The registered matrix of each vehicle; vehicles with the same key share theirs."""
    registered: dict[object, int] = {}
    for vehicle in problem.vehicles:
        if key(vehicle) not in registered:
            registered[key(vehicle)] = model.RegisterTransitMatrix(matrix(vehicle).tolist())
    return [registered[key(vehicle)] for vehicle in problem.vehicles]


def _add_costs(model: Any, problem: RoutingProblem, nodes: Sequence[int]) -> None:
    costs = _by_vehicle(
        model,
        problem,
        lambda vehicle: (vehicle.kind, vehicle.distance_cost_pct, vehicle.hour_cost_m),
        lambda vehicle: _leg_cost_m(problem, vehicle, nodes),
    )
    for number, vehicle in enumerate(problem.vehicles):
        model.SetArcCostEvaluatorOfVehicle(costs[number], number)
        model.SetFixedCostOfVehicle(vehicle.fixed_cost_m, number)


def _add_prizes(model: Any, problem: RoutingProblem, nodes: Sequence[int], indices: Sequence[int]) -> None:
    """Stops may stay behind: for their prize, or if they have none for more than any plan can cost."""
    legs_m = [_leg_cost_m(problem, vehicle, nodes) for vehicle in {v.kind: v for v in problem.vehicles}.values()]
    dearest_m = (
        (len(problem.stops) + len(problem.vehicles)) * max(int(legs[legs < UNREACHABLE].max()) for legs in legs_m)
        + sum(vehicle.fixed_cost_m for vehicle in problem.vehicles)
        + sum(stop.prize_m or 0 for stop in problem.stops)
    )
    for index, stop in zip(indices, problem.stops, strict=True):
        model.AddDisjunction([index], dearest_m + 1 if stop.prize_m is None else stop.prize_m)


def _add_load(model: Any, load: Load, exact: bool) -> None:
    """What only leaves or only comes is counted from zero; else each vehicle starts with all that will leave it.

    Not exact: what leaves and what comes is counted from zero together.
    """
    if not (exact and any(load.delivered) and any(load.collected)):
        amounts = [out + back for out, back in zip(load.delivered, load.collected, strict=True)]
        _add_dimension(model, load, amounts, True, load.name)
        return
    _add_dimension(model, load, load.delivered, True, f"{load.name} out")
    change = [back - out for out, back in zip(load.delivered, load.collected, strict=True)]
    _add_dimension(model, load, change, False, load.name)
    out, on_board = model.GetDimensionOrDie(f"{load.name} out"), model.GetDimensionOrDie(load.name)
    for vehicle in range(model.vehicles()):
        model.solver().Add(on_board.CumulVar(model.Start(vehicle)) == out.CumulVar(model.End(vehicle)))


def _add_dimension(model: Any, load: Load, amounts: Sequence[int], from_zero: bool, name: str) -> None:
    amount = model.RegisterUnaryTransitVector([0, *amounts])
    model.AddDimensionWithVehicleCapacity(amount, 0, list(load.capacities), from_zero, name)


def _add_times(model: Any, problem: RoutingProblem, nodes: Sequence[int], indices: Sequence[int]) -> None:
    legs = _by_vehicle(model, problem, lambda vehicle: vehicle.kind, lambda vehicle: _leg_s(problem, vehicle, nodes))
    if not any(stop.windows for stop in problem.stops) and not any(vehicle.pause for vehicle in problem.vehicles):
        shifts_s = [vehicle.shift_end_s - vehicle.shift_start_s for vehicle in problem.vehicles]
        model.AddDimensionWithVehicleTransitAndCapacity(legs, 0, shifts_s, True, "time")  # one more load: nobody waits
        return
    ends_s = [vehicle.shift_end_s for vehicle in problem.vehicles]
    model.AddDimensionWithVehicleTransitAndCapacity(legs, max(ends_s), ends_s, False, "time")
    time = model.GetDimensionOrDie("time")
    for number, vehicle in enumerate(problem.vehicles):
        time.CumulVar(model.Start(number)).SetMin(vehicle.shift_start_s)
    for index, stop in zip(indices, problem.stops, strict=True):
        if stop.windows:
            begin = time.CumulVar(index)
            begin.SetRange(stop.windows[0].open_s, stop.windows[-1].close_s - 1)
            for window, following in pairwise(stop.windows):
                begin.RemoveInterval(window.close_s, following.open_s - 1)
    _add_breaks(model, time, problem, indices)


def _add_breaks(model: Any, time: Any, problem: RoutingProblem, indices: Sequence[int]) -> None:
    """Breaks between services. OR-Tools may put one on the way: it is then taken on arrival.

    So that this is never too late, the last moment to begin comes earlier by the longest leg.
    """
    service_s = [0] * model.Size()
    for index, stop in zip(indices, problem.stops, strict=True):
        service_s[index] = stop.service_s
    for number, vehicle in enumerate(problem.vehicles):
        if vehicle.pause is None:
            continue
        travel_s = problem.travel_s(vehicle)
        earliest_s = max(vehicle.pause.earliest_s, vehicle.shift_start_s)
        latest_s = min(vehicle.pause.latest_s, vehicle.shift_end_s - vehicle.pause.duration_s)
        latest_s = max(earliest_s, latest_s - int(travel_s[travel_s < UNREACHABLE].max()))
        rest = model.solver().FixedDurationIntervalVar(
            earliest_s, latest_s, vehicle.pause.duration_s, False, f"break of {vehicle.vehicle_id}"
        )
        time.SetBreakIntervalsOfVehicle([rest], number, service_s)


def _add_skills(model: Any, problem: RoutingProblem, indices: Sequence[int]) -> None:
    for index, stop in zip(indices, problem.stops, strict=True):
        if stop.skills:
            able = [number for number, vehicle in enumerate(problem.vehicles) if stop.skills <= vehicle.skills]
            model.VehicleVar(index).SetValues([-1, *able])
