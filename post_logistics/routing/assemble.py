"""From routes found by a search to a plan: timed tours, what they cost, and why stops were left out."""

from collections.abc import Mapping, Sequence

from post_logistics.routing.kernel.layout import ABSENT, ABSENTEES, FIRST_TOUR, KIND_OF, MIXED, Kept
from post_logistics.routing.plan import Cost, Reason, RoutePlan, Tour, Unserved
from post_logistics.routing.problem import RoutingProblem, Vehicle
from post_logistics.routing.reasons import reasons_in_plan
from post_logistics.routing.state import resume, routes_of
from post_logistics.routing.timing import time_tour
from post_logistics.routing.world import Ground


def plan_of(
    problem: RoutingProblem, ground: Ground | None, best: Kept | None, hopeless: Mapping[str, Reason]
) -> RoutePlan:
    """The plan of those tours; ``hopeless`` are stops that were kept out of the search, with the reason.

    Without a search, the plan of the frozen visits alone.
    """
    tours = {vehicle.vehicle_id: _tour(problem, vehicle, [], []) for vehicle in problem.vehicles if vehicle.frozen}
    reasons = dict(hopeless)
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles}
    if ground is not None and best is not None:
        for tour, nodes in _on_first_vehicles(ground, routes_of(ground, best)):
            vehicle = vehicles[ground.vehicles[tour].vehicle_id]
            stops, returns = _stops_and_returns(ground, nodes, len(vehicle.frozen))
            found = _tour(problem, vehicle, stops, returns)
            if not (returns or vehicle.frozen or ground.world.rules[MIXED]):
                turned, _ = _stops_and_returns(ground, nodes[::-1], 0)
                found = _sooner(problem, found, time_tour(problem, vehicle, turned))
            tours[vehicle.vehicle_id] = found
        absent = [int(best.lists[ABSENT, at]) for at in range(int(best.numbers[ABSENTEES]))]
        if absent:
            for call, reason in reasons_in_plan(ground, resume(ground, best), absent).items():
                reasons |= {stop.stop_id: reason for stop in ground.calls[call].stops}
    ordered = tuple(tours[v.vehicle_id] for v in problem.vehicles if v.vehicle_id in tours)
    unserved = tuple(Unserved(s.stop_id, reasons[s.stop_id]) for s in problem.stops if s.stop_id in reasons)
    return RoutePlan(ordered, unserved, cost_of(problem, ordered, unserved))


def cost_of(problem: RoutingProblem, tours: Sequence[Tour], unserved: Sequence[Unserved]) -> Cost:
    """What those tours and stops left out cost, by part."""
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles}
    stops = {stop.stop_id: stop for stop in problem.stops}
    ridden = [(tour, vehicles[tour.vehicle_id]) for tour in tours]
    left = [stops[one.stop_id].prize_m for one in unserved]
    off = sum(
        stops[visit.stop_id].beat is not None and stops[visit.stop_id].beat not in vehicle.beats
        for tour, vehicle in ridden
        for visit in tour.visits
    )
    return Cost(
        left_behind=sum(prize is None for prize in left),
        distance_m=sum(tour.distance_m * vehicle.distance_cost_pct // 100 for tour, vehicle in ridden),
        time_m=sum(tour.work_s * vehicle.hour_cost_m // 3600 for tour, vehicle in ridden),
        fixed_m=sum(vehicle.fixed_cost_m for _, vehicle in ridden),
        prizes_missed_m=sum(prize for prize in left if prize is not None),
        off_beat_m=problem.off_beat_m * off,
        fairness_m=sum(problem.fairness_m * tour.work_s**2 // 3600**2 for tour, _ in ridden),
    )


def _on_first_vehicles(ground: Ground, routes: Sequence[tuple[int, list[int]]]) -> list[tuple[int, list[int]]]:
    """The routes given to the first vehicles of their kind, so that the same ones stay at home."""
    given: dict[int, int] = {}
    moved = []
    for tour, nodes in routes:
        kind = int(ground.world.vehicles[tour, KIND_OF])
        first = int(ground.world.kinds[kind, FIRST_TOUR])
        moved.append((first + given.get(kind, 0), nodes))
        given[kind] = given.get(kind, 0) + 1
    return moved


def _stops_and_returns(ground: Ground, nodes: Sequence[int], visits: int) -> tuple[list[str], list[int]]:
    stops, returns = list[str](), list[int]()
    for node in nodes:
        if node < len(ground.calls):
            stops += [stop.stop_id for stop in ground.calls[node].stops]
        else:
            returns.append(visits + len(stops))
    return stops, returns


def _tour(problem: RoutingProblem, vehicle: Vehicle, stops: Sequence[str], returns: Sequence[int]) -> Tour:
    tour = time_tour(problem, vehicle, stops, returns)
    if tour is None:
        raise AssertionError(f"the tour of {vehicle.vehicle_id} breaks a time: {', '.join(stops)}")
    return tour


def _sooner(problem: RoutingProblem, tour: Tour, turned: Tour | None) -> Tour:
    """The tour, or the same the other way round if that is no dearer and takes less time."""
    if turned is None or cost_of(problem, [turned], []).total_m > cost_of(problem, [tour], []).total_m:
        return tour
    return min(tour, turned, key=lambda one: one.return_s - one.depart_s)
