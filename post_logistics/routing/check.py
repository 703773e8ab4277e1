"""The judge of route plans: recomputes everything from the problem and shares no code with those who make plans."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from post_logistics.routing.plan import Cost, Reason, RoutePlan, Tour
from post_logistics.routing.problem import DEPOT, UNREACHABLE, RoutingProblem, Stop, Vehicle


class Fault(StrEnum):
    """What can be wrong with a plan."""

    UNKNOWN_STOP = "unknown_stop"
    STOP_REPEATED = "stop_repeated"
    STOP_MISSING = "stop_missing"
    UNKNOWN_VEHICLE = "unknown_vehicle"
    VEHICLE_REPEATED = "vehicle_repeated"
    EMPTY_TOUR = "empty_tour"
    OVER_WEIGHT = "over_weight"
    OVER_PARCELS = "over_parcels"
    OVER_CASH_CAP = "over_cash_cap"
    TOO_MANY_STOPS = "too_many_stops"
    NO_SUCH_LEG = "no_such_leg"
    WRONG_TIME = "wrong_time"
    OUTSIDE_WINDOW = "outside_window"
    OUTSIDE_SHIFT = "outside_shift"
    WRONG_TOTAL = "wrong_total"
    WRONG_COST = "wrong_cost"
    UNTRUE_REASON = "untrue_reason"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a plan: what, with which stop or vehicle, and the figures."""

    fault: Fault
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.subject}: {self.detail}"


def check_plan(problem: RoutingProblem, plan: RoutePlan) -> tuple[Violation, ...]:
    """Everything wrong with the plan; empty if it may be ridden as it is."""
    return tuple(_violations(problem, plan))


def _violations(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    stops = {stop.stop_id: stop for stop in problem.stops}
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles}
    yield from _check_presence(stops, vehicles, plan)
    for tour in plan.tours:
        vehicle = vehicles.get(tour.vehicle_id)
        if vehicle is not None and all(visit.stop_id in stops for visit in tour.visits):
            called_at = [stops[visit.stop_id] for visit in tour.visits]
            if called_at:
                yield from _check_load(vehicle, called_at, tour)
                yield from _check_way(problem, vehicle, called_at, tour)
            else:
                yield Violation(Fault.EMPTY_TOUR, tour.vehicle_id, "a vehicle without stops stays at the office")
    yield from _check_reasons(problem, plan, stops)
    yield from _check_cost(plan, stops, vehicles)


def _check_presence(stops: Mapping[str, Stop], vehicles: Mapping[str, Vehicle], plan: RoutePlan) -> Iterator[Violation]:
    """Every stop once, in a tour or left out; every vehicle at most once; nothing else."""
    accounted = Counter(visit.stop_id for tour in plan.tours for visit in tour.visits)
    accounted.update(left.stop_id for left in plan.unserved)
    for stop_id, times in accounted.items():
        if stop_id not in stops:
            yield Violation(Fault.UNKNOWN_STOP, stop_id, "not in the problem")
        elif times > 1:
            yield Violation(Fault.STOP_REPEATED, stop_id, f"accounted for {times} times")
    for stop_id in sorted(stops.keys() - accounted.keys()):
        yield Violation(Fault.STOP_MISSING, stop_id, "neither in a tour nor left out")
    for vehicle_id, times in Counter(tour.vehicle_id for tour in plan.tours).items():
        if vehicle_id not in vehicles:
            yield Violation(Fault.UNKNOWN_VEHICLE, vehicle_id, "not in the problem")
        elif times > 1:
            yield Violation(Fault.VEHICLE_REPEATED, vehicle_id, f"in {times} tours")


def _check_load(vehicle: Vehicle, stops: list[Stop], tour: Tour) -> Iterator[Violation]:
    most_stops = len(stops) if vehicle.max_stops is None else vehicle.max_stops
    weight_g, parcels = sum(s.weight_g for s in stops), sum(s.parcels for s in stops)
    cash_poisha = sum(s.cash_poisha for s in stops)
    for fault, carried, limit in (
        (Fault.OVER_WEIGHT, weight_g, vehicle.capacity_g),
        (Fault.OVER_PARCELS, parcels, vehicle.capacity_parcels),
        (Fault.OVER_CASH_CAP, cash_poisha, vehicle.cash_cap_poisha),
        (Fault.TOO_MANY_STOPS, len(stops), most_stops),
    ):
        if carried > limit:
            yield Violation(fault, tour.vehicle_id, f"{carried}, at most {limit}")
    told, true = (tour.weight_g, tour.parcels, tour.cash_poisha), (weight_g, parcels, cash_poisha)
    if told != true:
        yield Violation(Fault.WRONG_TOTAL, tour.vehicle_id, f"says it carries {told}, carries {true}")


def _check_way(problem: RoutingProblem, vehicle: Vehicle, stops: list[Stop], tour: Tour) -> Iterator[Violation]:
    travel_s = problem.travel_s(vehicle)
    node, clock_s, distance_m = DEPOT, tour.depart_s, 0
    if tour.depart_s < vehicle.shift_start_s:
        yield Violation(Fault.OUTSIDE_SHIFT, tour.vehicle_id, f"leaves at {tour.depart_s}")
    for stop, visit in zip(stops, tour.visits, strict=True):
        if travel_s[node, stop.node] >= UNREACHABLE:
            yield Violation(Fault.NO_SUCH_LEG, stop.stop_id, f"no way from node {node} to {stop.node}")
        if visit.arrival_s != clock_s + travel_s[node, stop.node]:
            yield Violation(Fault.WRONG_TIME, stop.stop_id, f"arrival at {visit.arrival_s} does not follow {clock_s}")
        start_s = visit.departure_s - stop.service_s
        if start_s < visit.arrival_s:
            yield Violation(Fault.WRONG_TIME, stop.stop_id, f"service at {start_s}, arrival at {visit.arrival_s}")
        if stop.windows and not any(window.open_s <= start_s < window.close_s for window in stop.windows):
            yield Violation(Fault.OUTSIDE_WINDOW, stop.stop_id, f"service at {start_s}")
        distance_m += int(problem.distance_m[node, stop.node])
        node, clock_s = stop.node, visit.departure_s
    if travel_s[node, DEPOT] >= UNREACHABLE:
        yield Violation(Fault.NO_SUCH_LEG, tour.vehicle_id, f"no way back from node {node}")
    if tour.return_s != clock_s + travel_s[node, DEPOT]:
        yield Violation(Fault.WRONG_TIME, tour.vehicle_id, f"return at {tour.return_s} does not follow {clock_s}")
    if tour.return_s > vehicle.shift_end_s:
        yield Violation(Fault.OUTSIDE_SHIFT, tour.vehicle_id, f"is back at {tour.return_s}")
    distance_m += int(problem.distance_m[node, DEPOT])
    if tour.distance_m != distance_m:
        yield Violation(Fault.WRONG_TOTAL, tour.vehicle_id, f"says {tour.distance_m} m, rides {distance_m} m")


_PREVENTS: dict[Reason, Callable[[Stop, Vehicle], bool]] = {
    Reason.NO_VEHICLE: lambda stop, vehicle: False,
    Reason.TOO_HEAVY: lambda stop, vehicle: stop.weight_g > vehicle.capacity_g,
    Reason.TOO_MANY_PARCELS: lambda stop, vehicle: stop.parcels > vehicle.capacity_parcels,
    Reason.OVER_CASH_CAP: lambda stop, vehicle: stop.cash_poisha > vehicle.cash_cap_poisha,
    Reason.NOT_WORTH_THE_WAY: lambda stop, vehicle: stop.prize_m is not None,
}
"""The reasons that can be read off a stop and a vehicle: each must hold for every vehicle."""


def _check_reasons(problem: RoutingProblem, plan: RoutePlan, stops: Mapping[str, Stop]) -> Iterator[Violation]:
    """Reasons that can be read off hold, and nobody sits idle who could serve a stop that had to go."""
    riding = {tour.vehicle_id for tour in plan.tours}
    idle = [vehicle for vehicle in problem.vehicles if vehicle.vehicle_id not in riding]
    for left in plan.unserved:
        stop = stops.get(left.stop_id)
        if stop is None:
            continue
        prevents = _PREVENTS.get(left.reason)
        if prevents is not None and not all(prevents(stop, vehicle) for vehicle in problem.vehicles):
            yield Violation(Fault.UNTRUE_REASON, stop.stop_id, f"{left.reason} is not so")
        if stop.prize_m is None and (free := [v.vehicle_id for v in idle if _serves_alone(problem, v, stop)]):
            yield Violation(Fault.UNTRUE_REASON, stop.stop_id, f"{left.reason}, but {free[0]} is idle and could")


def _serves_alone(problem: RoutingProblem, vehicle: Vehicle, stop: Stop) -> bool:
    travel_s = problem.travel_s(vehicle)
    arrival_s = vehicle.shift_start_s + int(travel_s[DEPOT, stop.node])
    starts_s = [arrival_s] if not stop.windows else [max(arrival_s, w.open_s) for w in stop.windows]
    rest_s = stop.service_s + int(travel_s[stop.node, DEPOT])
    in_time = any(
        start_s + rest_s <= vehicle.shift_end_s
        and (not stop.windows or any(window.open_s <= start_s < window.close_s for window in stop.windows))
        for start_s in starts_s
    )
    return in_time and (
        stop.weight_g <= vehicle.capacity_g
        and stop.parcels <= vehicle.capacity_parcels
        and stop.cash_poisha <= vehicle.cash_cap_poisha
    )


def _check_cost(plan: RoutePlan, stops: Mapping[str, Stop], vehicles: Mapping[str, Vehicle]) -> Iterator[Violation]:
    left = [stops[one.stop_id] for one in plan.unserved if one.stop_id in stops]
    riding = [vehicles[tour.vehicle_id] for tour in plan.tours if tour.vehicle_id in vehicles]
    cost = Cost(
        left_behind=sum(stop.prize_m is None for stop in left),
        distance_m=sum(tour.distance_m for tour in plan.tours),
        fixed_m=sum(vehicle.fixed_cost_m for vehicle in riding),
        prizes_missed_m=sum(stop.prize_m or 0 for stop in left),
    )
    if plan.cost != cost:
        yield Violation(Fault.WRONG_COST, "plan", f"says {plan.cost}, is {cost}")
