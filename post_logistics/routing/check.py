"""The judge of route plans: recomputes everything from the problem and shares no code with those who make plans."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from post_logistics.routing.check_way import HOUR_S, Call, Ride, arrival_s, check_way, ride_of
from post_logistics.routing.plan import Cost, Reason, RoutePlan
from post_logistics.routing.problem import UNREACHABLE, RoutingProblem, Stop, Vehicle
from post_logistics.routing.violation import Fault, Violation

__all__ = ["Fault", "Violation", "check_plan"]


def check_plan(problem: RoutingProblem, plan: RoutePlan) -> tuple[Violation, ...]:
    """Everything wrong with the plan; empty if it may be ridden as it is."""
    return tuple(_violations(problem, plan))


def _violations(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    stops = {stop.stop_id: stop for stop in problem.stops}
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles}
    yield from _check_presence(stops, vehicles, plan)
    yield from _check_frozen(problem, plan)
    rides = [
        ride_of(problem, vehicles[tour.vehicle_id], [stops[visit.stop_id] for visit in tour.visits], tour)
        for tour in plan.tours
        if tour.vehicle_id in vehicles and tour.visits and all(visit.stop_id in stops for visit in tour.visits)
    ]
    for ride in rides:
        yield from _check_returns(ride)
        yield from _check_loads(ride)
        yield from _check_skills(ride)
        yield from check_way(ride)
        yield from _check_totals(ride)
    yield from _check_doors(problem, rides)
    left = [stops[one.stop_id] for one in plan.unserved if one.stop_id in stops]
    yield from _check_reasons(problem, plan, stops)
    yield from _check_idle(problem, plan, left)
    yield from _check_cost(problem, plan, rides, left)


def _check_presence(stops: Mapping[str, Stop], vehicles: Mapping[str, Vehicle], plan: RoutePlan) -> Iterator[Violation]:
    """Every stop once, in a tour or left out; every vehicle at most once; nothing else, and no empty tour."""
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
    for tour in plan.tours:
        if not tour.visits:
            yield Violation(Fault.EMPTY_TOUR, tour.vehicle_id, "a vehicle without stops stays at the office")


def _check_frozen(problem: RoutingProblem, plan: RoutePlan) -> Iterator[Violation]:
    """Whoever has frozen visits has a tour, and it begins with them as they are."""
    visits = {tour.vehicle_id: tour.visits for tour in plan.tours}
    for vehicle in problem.vehicles:
        begins = visits.get(vehicle.vehicle_id, ())[: len(vehicle.frozen)]
        for number, frozen in enumerate(vehicle.frozen):
            if begins[number : number + 1] != (frozen,):
                planned = begins[number] if number < len(begins) else "nothing"
                yield Violation(Fault.FROZEN_CHANGED, vehicle.vehicle_id, f"{frozen} is a fact, planned is {planned}")
                break


def _check_returns(ride: Ride) -> Iterator[Violation]:
    """Calls at the office on the way are few enough, in order, between two visits and not among the frozen ones."""
    vehicle, after = ride.vehicle, [back.visits for back in ride.tour.returns]
    if len(after) > vehicle.max_returns:
        yield Violation(Fault.TOO_MANY_RETURNS, vehicle.vehicle_id, f"{len(after)}, at most {vehicle.max_returns}")
    between = all(max(1, ride.frozen) <= visits < len(ride.tour.visits) for visits in after)
    if not between or any(earlier >= later for earlier, later in pairwise(after)):
        detail = f"after {after} of {len(ride.tour.visits)} visits, {ride.frozen} of them frozen"
        yield Violation(Fault.RETURN_MISPLACED, vehicle.vehicle_id, detail)


def _check_loads(ride: Ride) -> Iterator[Violation]:
    """At no moment is more on board, or more cash in hand, than the vehicle may carry; nor are there too many stops."""
    vehicle, trips = ride.vehicle, list(_trips(ride.calls))
    for fault, carried, limit in (
        (Fault.OVER_WEIGHT, _most_on_board(trips, lambda stop: stop.weight_g), vehicle.capacity_g),
        (Fault.OVER_VOLUME, _most_on_board(trips, lambda stop: stop.volume_ml), vehicle.capacity_ml),
        (Fault.OVER_PARCELS, _most_on_board(trips, lambda stop: stop.parcels), vehicle.capacity_parcels),
        (Fault.OVER_CASH_CAP, max(sum(stop.cash_poisha for stop in trip) for trip in trips), vehicle.cash_cap_poisha),
        (Fault.TOO_MANY_STOPS, len(ride.stops), vehicle.max_stops),
    ):
        if limit is not None and carried > limit:
            yield Violation(fault, vehicle.vehicle_id, f"{carried}, at most {limit}")


def _trips(calls: Sequence[Call]) -> Iterator[list[Stop]]:
    """The stops between one call at the office and the next."""
    trip: list[Stop] = []
    for call in calls[1:]:
        if call.stop is not None:
            trip.append(call.stop)
        else:
            yield trip
            trip = []


def _most_on_board(trips: Sequence[Sequence[Stop]], load: Callable[[Stop], int]) -> int:
    """The greatest load on any leg: deliveries are on board up to their door, pickups from theirs on."""
    most = 0
    for trip in trips:
        on_board = sum(load(stop) for stop in trip if not stop.pickup)
        most = max(most, on_board)
        for stop in trip:
            on_board += load(stop) if stop.pickup else -load(stop)
            most = max(most, on_board)
    return most


def _check_skills(ride: Ride) -> Iterator[Violation]:
    for stop in ride.stops[ride.frozen :]:
        if missing := stop.skills - ride.vehicle.skills:
            detail = f"{ride.vehicle.vehicle_id} lacks {', '.join(sorted(missing))}"
            yield Violation(Fault.MISSING_SKILL, stop.stop_id, detail)


def _check_totals(ride: Ride) -> Iterator[Violation]:
    tour, stops = ride.tour, ride.stops
    for name, said, true in (
        ("distance_m", tour.distance_m, ride.distance_m),
        ("work_s", tour.work_s, ride.work_s),
        ("parcels", tour.parcels, sum(stop.parcels for stop in stops)),
        ("weight_g", tour.weight_g, sum(stop.weight_g for stop in stops)),
        ("cash_poisha", tour.cash_poisha, sum(stop.cash_poisha for stop in stops)),
    ):
        if said != true:
            yield Violation(Fault.WRONG_TOTAL, tour.vehicle_id, f"says {name} {said}, is {true}")


def _check_doors(problem: RoutingProblem, rides: Sequence[Ride]) -> Iterator[Violation]:
    """The stops of a door that are not frozen are served one right after the other by one rider, or not at all."""
    frozen = {visit.stop_id for vehicle in problem.vehicles for visit in vehicle.frozen}
    door_of = {s.stop_id: s.door for s in problem.stops if s.door is not None and s.stop_id not in frozen}
    members = Counter(door_of.values())
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, ride in enumerate(rides):
        for place, call in enumerate(ride.calls):
            if call.stop is not None and call.stop.stop_id in door_of:
                places[door_of[call.stop.stop_id]].append((number, place))
    for door, served in places.items():
        number, first = served[0]
        if served != [(number, first + place) for place in range(members[door])]:
            yield Violation(Fault.DOOR_SPLIT, door, f"{len(served)} of {members[door]} stops served, not all in a row")
            continue
        for here, there in pairwise(rides[number].calls[first : first + members[door]]):
            if not here.departure_s == there.arrival_s == there.start_s:
                detail = f"{there.name} at {there.arrival_s} from {there.start_s}, {here.name} until {here.departure_s}"
                yield Violation(Fault.DOOR_SPLIT, door, detail)


_PREVENTS: dict[Reason, Callable[[Stop, Vehicle], bool]] = {
    Reason.NO_SKILL: lambda stop, vehicle: not stop.skills <= vehicle.skills,
    Reason.TOO_HEAVY: lambda stop, vehicle: stop.weight_g > vehicle.capacity_g,
    Reason.TOO_BULKY: lambda stop, vehicle: vehicle.capacity_ml is not None and stop.volume_ml > vehicle.capacity_ml,
    Reason.TOO_MANY_PARCELS: lambda stop, vehicle: stop.parcels > vehicle.capacity_parcels,
    Reason.OVER_CASH_CAP: lambda stop, vehicle: stop.cash_poisha > vehicle.cash_cap_poisha,
}
"""What in a stop rules out a vehicle, as the reason says."""


def _check_reasons(problem: RoutingProblem, plan: RoutePlan, stops: Mapping[str, Stop]) -> Iterator[Violation]:
    """The reasons that can be read off the problem hold."""
    for left in plan.unserved:
        if left.stop_id in stops and not _holds(problem, stops[left.stop_id], left.reason):
            yield Violation(Fault.UNTRUE_REASON, left.stop_id, f"{left.reason} is not so")


def _holds(problem: RoutingProblem, stop: Stop, reason: Reason) -> bool:
    if reason is Reason.NO_VEHICLE:
        return not problem.vehicles
    if reason is Reason.NOT_WORTH_THE_WAY:
        return stop.prize_m is not None
    return reason not in _PREVENTS or all(_PREVENTS[reason](stop, vehicle) for vehicle in problem.vehicles)


def _check_idle(problem: RoutingProblem, plan: RoutePlan, left: Sequence[Stop]) -> Iterator[Violation]:
    """Nobody sits idle who could serve a stop that had to go; breaks and shared doors are not tried."""
    riding = {tour.vehicle_id for tour in plan.tours}
    idle = [v for v in problem.vehicles if v.vehicle_id not in riding and not (v.pause or v.frozen)]
    members = Counter(stop.door for stop in problem.stops)
    for stop in left:
        if stop.prize_m is None and (stop.door is None or members[stop.door] == 1):
            free = [vehicle.vehicle_id for vehicle in idle if _serves_alone(problem, vehicle, stop)]
            if free:
                yield Violation(Fault.UNTRUE_REASON, stop.stop_id, f"{free[0]} is idle and could serve it")


def _serves_alone(problem: RoutingProblem, vehicle: Vehicle, stop: Stop) -> bool:
    if any(prevents(stop, vehicle) for prevents in _PREVENTS.values()):
        return False
    travel_s = problem.travel_s(vehicle)
    out_s, back_s = int(travel_s[vehicle.start_node, stop.node]), int(travel_s[stop.node, vehicle.end_node])
    if UNREACHABLE in (out_s, back_s):
        return False
    there_s = arrival_s(vehicle, vehicle.shift_start_s, out_s)
    starts_s = [max(there_s, w.open_s) for w in stop.windows if there_s < w.close_s] if stop.windows else [there_s]
    returns_s = (arrival_s(vehicle, start_s + stop.service_s, back_s) for start_s in starts_s)
    return any(return_s <= vehicle.shift_end_s for return_s in returns_s)


def _check_cost(
    problem: RoutingProblem, plan: RoutePlan, rides: Sequence[Ride], left: Sequence[Stop]
) -> Iterator[Violation]:
    cost = Cost(
        left_behind=sum(stop.prize_m is None for stop in left),
        distance_m=sum(ride.distance_m * ride.vehicle.distance_cost_pct // 100 for ride in rides),
        time_m=sum(ride.work_s * ride.vehicle.hour_cost_m // HOUR_S for ride in rides),
        fixed_m=sum(ride.vehicle.fixed_cost_m for ride in rides),
        prizes_missed_m=sum(stop.prize_m or 0 for stop in left),
        off_beat_m=problem.off_beat_m * sum(_off_beat(ride) for ride in rides),
        fairness_m=sum(problem.fairness_m * ride.work_s**2 // HOUR_S**2 for ride in rides),
    )
    if plan.cost != cost:
        yield Violation(Fault.WRONG_COST, "plan", f"says {plan.cost}, is {cost}")


def _off_beat(ride: Ride) -> int:
    return sum(stop.beat is not None and stop.beat not in ride.vehicle.beats for stop in ride.stops)
