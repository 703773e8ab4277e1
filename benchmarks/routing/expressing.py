"""What a problem asks for beyond the textbook, and its limits in the form that the peers take them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from post_logistics.routing.plan import Cost, Reason, RoutePlan, Tour, Unserved
from post_logistics.routing.problem import DEPOT, RoutingProblem, Vehicle
from post_logistics.routing.timing import time_tour

Orders = Iterable[tuple[Vehicle, Sequence[str]]]
"""Vehicles and the ids of the stops each calls at, in order."""


def asks(problem: RoutingProblem) -> frozenset[str]:
    """What a solver must know to be told this problem, beyond loads, shifts, one window a stop and kinds of vehicle."""
    stops, vehicles = problem.stops, problem.vehicles
    found = {
        "second windows": any(len(stop.windows) > 1 for stop in stops),
        "prizes": any(stop.prize_m is not None for stop in stops),
        "skills": any(stop.skills for stop in stops),
        "pickups among deliveries": len({stop.pickup for stop in stops}) > 1,
        "doors": len({stop.door for stop in stops} - {None}) < sum(stop.door is not None for stop in stops),
        "beats": problem.off_beat_m > 0 and any(stop.beat is not None for stop in stops),
        "fairness": problem.fairness_m > 0,
        "breaks": any(vehicle.pause for vehicle in vehicles),
        "returns": any(vehicle.max_returns for vehicle in vehicles),
        "hourly speeds": any(vehicle.speed_pct for vehicle in vehicles),
        "prices": any(vehicle.hour_cost_m or vehicle.distance_cost_pct != 100 for vehicle in vehicles),
        "frozen visits": any(vehicle.frozen for vehicle in vehicles),
        "other depots": any((vehicle.start_node, vehicle.end_node) != (DEPOT, DEPOT) for vehicle in vehicles),
    }
    return frozenset(name for name, there in found.items() if there)


@dataclass(frozen=True, slots=True)
class Load:
    """Something that fills vehicles: what each stop gets, what each hands over, and what each vehicle holds."""

    name: str
    delivered: tuple[int, ...]
    collected: tuple[int, ...]
    capacities: tuple[int, ...]


def loads(problem: RoutingProblem) -> list[Load]:
    """The loads that can bind, in the order of stops and vehicles. Cash is collected, and so is each stop as a stop."""
    stops, vehicles = problem.stops, problem.vehicles
    amounts: dict[str, tuple[list[int], Sequence[int | None]]] = {
        "weight": ([s.weight_g for s in stops], [v.capacity_g for v in vehicles]),
        "room": ([s.volume_ml for s in stops], [v.capacity_ml for v in vehicles]),
        "parcels": ([s.parcels for s in stops], [v.capacity_parcels for v in vehicles]),
        "cash": ([s.cash_poisha for s in stops], [v.cash_cap_poisha for v in vehicles]),
        "stops": ([1] * len(stops), [v.max_stops for v in vehicles]),
    }
    found = []
    for name, (amount, most) in amounts.items():
        total = sum(amount)
        capacities = tuple(total if capacity is None else capacity for capacity in most)
        if total > min(capacities, default=total):
            kept = [name in ("cash", "stops") or stop.pickup for stop in stops]
            collected = tuple(each if keep else 0 for each, keep in zip(amount, kept, strict=True))
            delivered = tuple(each - other for each, other in zip(amount, collected, strict=True))
            found.append(Load(name, delivered, collected, capacities))
    return found


def plan_of(problem: RoutingProblem, orders: Orders) -> tuple[RoutePlan, int]:
    """The plan of those orders, timed by our own clock, and how many of them break a rule; their stops stay behind.

    Knows no costs of beats and fairness: no peer does.
    """
    ridden = [(vehicle, time_tour(problem, vehicle, order)) for vehicle, order in orders if order]
    tours = {tour.vehicle_id: tour for _, tour in ridden if tour is not None}
    served = {visit.stop_id for tour in tours.values() for visit in tour.visits}
    left = [stop for stop in problem.stops if stop.stop_id not in served]
    plan = RoutePlan(
        tours=tuple(tours[vehicle.vehicle_id] for vehicle in problem.vehicles if vehicle.vehicle_id in tours),
        unserved=tuple(
            Unserved(stop.stop_id, Reason.NO_TIME_LEFT if stop.prize_m is None else Reason.NOT_WORTH_THE_WAY)
            for stop in left
        ),
        cost=_cost(
            {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles},
            tours.values(),
            [stop.prize_m for stop in left],
        ),
    )
    return plan, len(ridden) - len(tours)


def _cost(vehicles: Mapping[str, Vehicle], tours: Iterable[Tour], prizes_left: Sequence[int | None]) -> Cost:
    ridden = [(vehicles[tour.vehicle_id], tour) for tour in tours]
    return Cost(
        left_behind=prizes_left.count(None),
        distance_m=sum(tour.distance_m * vehicle.distance_cost_pct // 100 for vehicle, tour in ridden),
        time_m=sum(tour.work_s * vehicle.hour_cost_m // 3600 for vehicle, tour in ridden),
        fixed_m=sum(vehicle.fixed_cost_m for vehicle, _ in ridden),
        prizes_missed_m=sum(prize or 0 for prize in prizes_left),
    )
