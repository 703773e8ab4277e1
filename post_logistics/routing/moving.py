"""A plan changed by hand: its tours in a given order, and what it costs to move one stop, for whoever decides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from post_logistics.errors import Conflict, NotFound
from post_logistics.routing.assemble import cost_of
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import RoutePlan, Tour, Unserved
from post_logistics.routing.problem import RoutingProblem, Stop, Vehicle
from post_logistics.routing.timing import time_tour
from post_logistics.routing.violation import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What it means to call at a stop with that vehicle, as the visit of that index.

    extra_m: by how much the plan then costs more, as the judge reckons; less than zero: it saves. tour: the vehicle's
    tour with it. faults: what the judge says against it; none: it may be done.
    """

    stop_id: str
    vehicle_id: str
    position: int
    extra_m: int
    tour: Tour
    faults: tuple[Fault, ...] = ()


class MoveRefused(Conflict):
    """The judge is against it; ``faults`` are his reasons."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(
            f"the tour would break a rule: {', '.join(faults)}",
            field="position",
            remedy="choose another rider or another place",
            faults=[fault.value for fault in faults],
        )
        self.faults = tuple(faults)


def in_order(
    problem: RoutingProblem, orders: Mapping[str, Sequence[str]], unserved: Sequence[Unserved] = ()
) -> RoutePlan:
    """The plan whose vehicles call at those stops in that order, timed and costed; nobody has judged it."""
    tours = tuple(
        _timed(problem, vehicle, orders[vehicle.vehicle_id])
        for vehicle in problem.vehicles
        if orders.get(vehicle.vehicle_id)
    )
    return RoutePlan(tours, tuple(unserved), cost_of(problem, tours, unserved))


def places_of(problem: RoutingProblem, plan: RoutePlan, stop_id: str) -> list[Move]:
    """For every vehicle the place where the stop costs least, the cheapest vehicle first, the impossible ones last.

    Of those that stay at the office only the first of each kind is told: the others are like it. Each place is judged
    with its own tour; ``moved`` judges the whole plan.
    """
    stop, saved_m = _stop(problem, stop_id), _saved_m(problem, plan, stop_id)
    tours = {tour.vehicle_id: tour for tour in plan.tours}
    found, idle = list[Move](), set[str]()
    for vehicle in problem.vehicles:
        tour = tours.get(vehicle.vehicle_id)
        if tour is None and vehicle.kind in idle:
            continue
        idle |= {vehicle.kind} if tour is None else set()
        found.append(_cheapest(problem, vehicle, _others(tour, stop_id), stop, saved_m))
    return sorted(found, key=lambda move: (bool(move.faults), move.extra_m))


def moved(
    problem: RoutingProblem, plan: RoutePlan, stop_id: str, vehicle_id: str, position: int
) -> tuple[Move, RoutePlan]:
    """The move to that place and the plan after it, judged as a whole.

    ``position``: the index among the vehicle's visits without the stop; beyond the last it is the last. NotFound for a
    stop or vehicle that there is not, MoveRefused with what the judge has against it.
    """
    stop, saved_m = _stop(problem, stop_id), _saved_m(problem, plan, stop_id)
    vehicle = next((one for one in problem.vehicles if one.vehicle_id == vehicle_id), None)
    if vehicle is None:
        raise NotFound(f"rider {vehicle_id} is not in this plan", field="rider", remedy="name one of its riders")
    tours = {tour.vehicle_id: tour for tour in plan.tours}
    others = _others(tours.get(vehicle_id), stop_id)
    now_m = _order_m(problem, vehicle, others) + saved_m
    move = _at(problem, vehicle, others, stop, min(max(position, 0), len(others)), now_m)
    orders = {name: _others(tour, stop_id) for name, tour in tours.items()}
    orders[vehicle_id] = [*others[: move.position], stop_id, *others[move.position :]]
    new = in_order(problem, orders, [one for one in plan.unserved if one.stop_id != stop_id])
    faults = _faults(problem, new)
    if faults:
        raise MoveRefused(faults)
    return move, new


def detours_m(problem: RoutingProblem, tour: Tour) -> Iterator[int]:
    """How many metres of the tour each of its visits is worth: what would be saved without it, the rest as it is."""
    vehicle = next(one for one in problem.vehicles if one.vehicle_id == tour.vehicle_id)
    node_of = {stop.stop_id: stop.node for stop in problem.stops}
    nodes = [vehicle.start_node, *(node_of[visit.stop_id] for visit in tour.visits), vehicle.end_node]
    way_m = problem.way_m(vehicle)
    for before, here, after in zip(nodes, nodes[1:], nodes[2:], strict=False):
        yield int(way_m[before, here] + way_m[here, after] - way_m[before, after])


def _stop(problem: RoutingProblem, stop_id: str) -> Stop:
    for stop in problem.stops:
        if stop.stop_id == stop_id:
            return stop
    raise NotFound(f"there is no stop {stop_id}", field="stop_id", remedy="name a stop of these tours")


def _others(tour: Tour | None, stop_id: str) -> list[str]:
    return [visit.stop_id for visit in tour.visits if visit.stop_id != stop_id] if tour else []


def _saved_m(problem: RoutingProblem, plan: RoutePlan, stop_id: str) -> int:
    """What the plan costs less once the stop is out of its tour; 0 if it is in none."""
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles}
    for tour in plan.tours:
        others = _others(tour, stop_id)
        if len(others) < len(tour.visits):
            return _cost_m(problem, tour) - _order_m(problem, vehicles[tour.vehicle_id], others)
    return 0


def _cheapest(problem: RoutingProblem, vehicle: Vehicle, others: Sequence[str], stop: Stop, saved_m: int) -> Move:
    """The cheapest place of the stop among the others, of those that nothing is against if there are any."""
    part = _part(problem, vehicle, [*others, stop.stop_id])
    now_m = _order_m(part, vehicle, others) + saved_m
    moves = (_at(part, vehicle, others, stop, place, now_m) for place in range(len(others) + 1))
    judged = None
    for move in sorted(moves, key=lambda move: move.extra_m):
        faults = _faults(part, RoutePlan((move.tour,), (), cost_of(part, (move.tour,), ())))
        if not faults:
            return move
        judged = judged or replace(move, faults=faults)
        if not _ORDER_MATTERS.intersection(faults):
            break
    assert judged is not None, "a tour has at least one place"
    return judged


_ORDER_MATTERS = frozenset({Fault.OUTSIDE_WINDOW, Fault.OUTSIDE_SHIFT, Fault.BREAK_OUTSIDE, Fault.NO_SUCH_LEG})
"""What another place in the same tour may put right."""


def _part(problem: RoutingProblem, vehicle: Vehicle, stop_ids: Sequence[str]) -> RoutingProblem:
    """The problem of that vehicle and those stops alone, on the same matrices."""
    wanted = set(stop_ids)
    return replace(problem, stops=tuple(one for one in problem.stops if one.stop_id in wanted), vehicles=(vehicle,))


def _at(problem: RoutingProblem, vehicle: Vehicle, others: Sequence[str], stop: Stop, place: int, now_m: int) -> Move:
    """The move to that place, not judged. ``now_m``: what the vehicle without the stop and the stop elsewhere cost."""
    tour = _timed(problem, vehicle, [*others[:place], stop.stop_id, *others[place:]])
    return Move(
        stop_id=stop.stop_id,
        vehicle_id=vehicle.vehicle_id,
        position=place,
        extra_m=_cost_m(problem, tour) - now_m,
        tour=tour,
    )


def _timed(problem: RoutingProblem, vehicle: Vehicle, stop_ids: Sequence[str]) -> Tour:
    """The tour in that order, on time or not."""
    tour = time_tour(problem, vehicle, stop_ids, late=True)
    assert tour is not None, "late tours are told as they are"
    return tour


def _order_m(problem: RoutingProblem, vehicle: Vehicle, stop_ids: Sequence[str]) -> int:
    """What calling at those stops in that order costs; nothing for a vehicle that stays at the office."""
    return _cost_m(problem, _timed(problem, vehicle, stop_ids)) if stop_ids else 0


def _cost_m(problem: RoutingProblem, tour: Tour) -> int:
    return cost_of(problem, (tour,), ()).total_m


def _faults(problem: RoutingProblem, plan: RoutePlan) -> tuple[Fault, ...]:
    return tuple(dict.fromkeys(violation.fault for violation in check_plan(problem, plan)))
