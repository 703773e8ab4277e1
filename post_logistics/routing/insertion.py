"""What one more stop costs the tours as they are: its cheapest place among a thousand, in a few milliseconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.routing.assemble import cost_of
from post_logistics.routing.check import check_plan
from post_logistics.routing.doors import Call, call_at
from post_logistics.routing.kernel import layout, moves, places
from post_logistics.routing.plan import Reason, RoutePlan, Tour, Unserved
from post_logistics.routing.problem import DEPOT, UNREACHABLE, RoutingProblem, Stop, Vehicle
from post_logistics.routing.reasons import impossible_stops, reasons_in_plan
from post_logistics.routing.state import empty_tours
from post_logistics.routing.timing import time_tour
from post_logistics.routing.warming import warm
from post_logistics.routing.world import Ground, build_ground

_SPARE_CALLS = 64
"""Room for so many stops to come; when it is used up, everything is built anew."""
_BIG = 1 << 55
_ANYTHING = Call((Stop(stop_id="", node=DEPOT, parcels=_BIG, weight_g=_BIG, volume_ml=_BIG, cash_poisha=_BIG),), None)
"""Stands for a call to come. Its loads make every limit count, however light the calls known so far are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """Where one more stop costs least.

    position: its index among all visits of the tour, frozen ones included. extra_m: by how much the plan costs more, as
    the judge reckons, a rider who would else stay at home included, the stop's prize not. begins_s: when its service
    begins, seconds from local midnight. tour: the rider's tour with it.
    """

    stop_id: str
    vehicle_id: str
    position: int
    extra_m: int
    begins_s: int
    tour: Tour


@dataclass(frozen=True, slots=True)
class _Place:
    """How a tour is to be ridden: its number, its list nodes in order, and among them the call just told, if any."""

    call: Call | None
    number: int
    order: list[int]
    tour: Tour
    cost_m: int


class RunningTours:
    """The tours of a plan, kept so that one more stop can be priced at once, taken in, or taken out again.

    The order of the other stops stays as it is. Not for several threads at a time.
    """

    def __init__(self, problem: RoutingProblem, plan: RoutePlan) -> None:
        """Makes ready for questions; Unacceptable if the plan is not right for the problem."""
        violations = check_plan(problem, plan)
        if violations:
            remedy = "give a plan in which check_plan finds nothing, for the problem as it is now"
            raise Unacceptable(f"the plan breaks a rule: {violations[0]}", field="plan", remedy=remedy)
        warm()
        self._problem = problem
        self._stops = {stop.stop_id: stop for stop in problem.stops}
        self._frozen = {visit.stop_id for vehicle in problem.vehicles for visit in vehicle.frozen}
        self._tours = {tour.vehicle_id: tour for tour in plan.tours}
        self._costs_m = {tour.vehicle_id: cost_of(problem, (tour,), ()).total_m for tour in plan.tours}
        self._unserved = plan.unserved
        self._rings = _Rings(problem, self._stops, plan.tours)

    @property
    def tours(self) -> tuple[Tour, ...]:
        """The tours as they are now, in the order of the vehicles."""
        tours = (self._tours.get(vehicle.vehicle_id) for vehicle in self._problem.vehicles)
        return tuple(tour for tour in tours if tour is not None)

    def now(self) -> tuple[RoutingProblem, RoutePlan]:
        """The problem with the stops that there are now, and the plan of it."""
        problem = replace(self._problem, stops=tuple(self._stops.values()))
        return problem, RoutePlan(self.tours, self._unserved, cost_of(problem, self.tours, self._unserved))

    def cheapest(self, stop: Stop) -> Insertion | Unserved:
        """The place where the stop costs least, or why there is none; nothing changes.

        A stop at a door that is called at anyhow goes there with the others. Raises Unacceptable for a stop that
        contradicts itself, that is there already, or whose node or door cannot be.
        """
        place = self._find(stop)
        return self._priced(stop, place) if isinstance(place, _Place) else Unserved(stop.stop_id, place)

    def insert(self, stop: Stop) -> Insertion | Unserved:
        """The same, and from now on the stop is in that tour."""
        place = self._find(stop)
        if isinstance(place, Reason):
            return Unserved(stop.stop_id, place)
        insertion = self._priced(stop, place)
        self._stops[stop.stop_id] = stop
        self._ride(place)
        return insertion

    def remove(self, stop_id: str) -> None:
        """Takes the stop out of its tour, or off the list of those left out; a return to no purpose goes too.

        Raises NotFound for a stop that there is not, Conflict if it is frozen or the rest cannot be ridden then.
        """
        if stop_id not in self._stops:
            raise NotFound(f"there is no stop {stop_id}", field="stop_id", remedy="name a stop of these tours")
        if stop_id in self._frozen:
            raise Conflict(f"stop {stop_id} is frozen", field="stop_id", remedy="leave it: frozen visits are facts")
        node = self._rings.node_of(self._stops[stop_id])
        if node is not None:
            self._leave_out(node, stop_id)
        self._unserved = tuple(left for left in self._unserved if left.stop_id != stop_id)
        del self._stops[stop_id]

    def _leave_out(self, node: int, stop_id: str) -> None:
        rings, others = self._rings, [stop for stop in self._rings.calls[node].stops if stop.stop_id != stop_id]
        number, call = rings.number_of(node), call_at(others) if others else None
        order = [rings.spares[-1] if one == node else one for one in rings.order(number) if others or one != node]
        order = rings.without_idle_returns(order, bool(rings.ground.vehicles[number].frozen))
        if call is not None:
            rings.tell(call)
        place = self._place(call, number, order)
        if place is None:
            remedy = "keep it, or plan the tours anew"
            raise Conflict(f"without {stop_id} the rest of its tour is too late", field="stop_id", remedy=remedy)
        self._ride(place)

    def _ride(self, place: _Place) -> None:
        """From now on the tour is ridden so; its call, if it has one, was told last."""
        vehicle_id = place.tour.vehicle_id
        self._tours[vehicle_id], self._costs_m[vehicle_id] = place.tour, place.cost_m
        if not place.tour.visits:
            del self._tours[vehicle_id], self._costs_m[vehicle_id]
        self._rings.ride(place.number, place.order, place.call)
        if not self._rings.spares:
            self._rings = _Rings(self._problem, self._stops, self._tours.values())

    def _find(self, stop: Stop) -> _Place | Reason:
        self._refuse(stop)
        if not self._problem.vehicles:
            return Reason.NO_VEHICLE
        rings, others = self._rings, [one for one in self._at_door(stop) if one.stop_id not in self._frozen]
        call = call_at([*others, stop])
        rings.tell(call)
        if others:
            return self._at_call(call, rings.node_of(others[0])) or Reason.DOOR_REFUSED
        found = rings.cheapest()
        if found is None:
            return self._reason(stop)
        place = self._place(call, *found)
        assert place is not None, f"stop {stop.stop_id} was put where it cannot be"
        return place

    def _at_call(self, call: Call, node: int | None) -> _Place | None:
        """The cheapest place of the call instead of the one at its door, with or without one more return beside it."""
        if node is None:
            return None
        number = self._rings.number_of(node)
        order, at = self._rings.order(number), self._rings.order(number).index(node)
        tried = [
            self._place(call, number, [*order[:at], *its, *order[at + 1 :]]) for its in self._rings.with_returns(number)
        ]
        return min((place for place in tried if place is not None), key=lambda place: place.cost_m, default=None)

    def _refuse(self, stop: Stop) -> None:
        if stop.stop_id in self._stops:
            raise Unacceptable(f"stop {stop.stop_id} is there already", field="stop_id", remedy="remove it first")
        nodes = len(self._problem.distance_m)
        if not (isinstance(stop.node, int) and DEPOT < stop.node < nodes):
            remedy = f"give the node of a door, from 1 to {nodes - 1}"
            raise Unacceptable(f"stop {stop.stop_id}: there is no node {stop.node!r}", field="node", remedy=remedy)
        _part(self._problem, [], [stop, *self._at_door(stop)])

    def _at_door(self, stop: Stop) -> list[Stop]:
        return [] if stop.door is None else [one for one in self._stops.values() if one.door == stop.door]

    def _priced(self, stop: Stop, place: _Place) -> Insertion:
        tour = place.tour
        position = [visit.stop_id for visit in tour.visits].index(stop.stop_id)
        return Insertion(
            stop_id=stop.stop_id,
            vehicle_id=tour.vehicle_id,
            position=position,
            extra_m=place.cost_m - self._costs_m.get(tour.vehicle_id, 0),
            begins_s=tour.visits[position].departure_s - stop.service_s,
            tour=tour,
        )

    def _place(self, call: Call | None, number: int, order: list[int]) -> _Place | None:
        """The tour in that order, the call being the one just told; None if it breaks a rule."""
        vehicle = self._rings.ground.vehicles[number]
        frozen = [self._stops[visit.stop_id] for visit in vehicle.frozen]
        stops, returns = list[Stop](), list[int]()
        for node in order:
            if self._rings.is_return(node):
                returns.append(len(frozen) + len(stops))
            else:
                stops += self._rings.calls.get(node, call or _ANYTHING).stops
        part = _part(self._problem, [vehicle], [*frozen, *stops])
        tour = time_tour(part, part.vehicles[0], [stop.stop_id for stop in stops], returns)
        if tour is None:
            return None
        cost = cost_of(part, [tour], [])
        if tour.visits and check_plan(part, RoutePlan((tour,), (), cost)):
            return None
        return _Place(call, number, order, tour, cost.total_m)

    def _reason(self, stop: Stop) -> Reason:
        """Why the stop just told has no place: what rules out every vehicle even alone, else what these tours lack."""
        alone = set[Reason | None]()
        for vehicle in self._rings.kinds:
            last = vehicle.frozen[-1:]
            stops = [stop, *(self._stops[visit.stop_id] for visit in last)]
            part = _part(self._problem, [replace(vehicle, frozen=last)], stops)
            alone.add(impossible_stops(part).get(stop.stop_id))
        if None not in alone:
            return next((reason for reason in alone if reason and len(alone) == 1), Reason.NO_VEHICLE_FITS)
        found = reasons_in_plan(self._rings.ground, self._rings.made, self._rings.spares[-1:])[self._rings.spares[-1]]
        return Reason.NO_VEHICLE_HAS_ROOM if found is Reason.NOT_WORTH_THE_WAY else found


class _Rings:
    """The tours as the compiled search keeps them, with spare calls to be overwritten by what is asked.

    ``calls``: those in tours, by list node. ``spares``: the list nodes of the others; the last of them is told.
    """

    def __init__(self, problem: RoutingProblem, stops: Mapping[str, Stop], tours: Iterable[Tour]) -> None:
        self.calls: dict[int, Call] = {}
        if not problem.vehicles:
            return
        vehicles = {vehicle.vehicle_id: vehicle for vehicle in problem.vehicles}
        listed = {tour.vehicle_id: _listed(stops, vehicles, tour) for tour in tours}
        calls = [call for its in listed.values() for call in its if call is not None]
        self._problem = problem
        self.ground = _open_to_all(build_ground(problem, [*calls, *[_ANYTHING] * _SPARE_CALLS]))
        self.made = empty_tours(self.ground, 0)
        self.spares = list(range(len(calls), len(self.ground.calls)))
        self._windows = len(self.ground.world.windows)
        self._row_nodes = _row_nodes(self.ground, stops)
        kinds = self.ground.world.kinds
        self.kinds = [self.ground.vehicles[number] for number in kinds[:, layout.FIRST_TOUR]]
        self._payers = dict(zip(kinds[:, layout.WAY_OF], self.kinds, strict=True))
        self._drivers = dict(zip(kinds[:, layout.DRIVE_OF], self.kinds, strict=True))
        self.calls = dict(enumerate(calls))
        numbers = {vehicle.vehicle_id: number for number, vehicle in enumerate(self.ground.vehicles)}
        rows = iter(range(len(calls)))
        for vehicle_id, its in listed.items():
            number = numbers[vehicle_id]
            backs = iter(range(int(self.ground.world.vehicles[number, layout.FIRST_RETURN]), len(self.made.nodes)))
            self.ride(number, [next(backs if call is None else rows) for call in its], None)

    def node_of(self, stop: Stop) -> int | None:
        """The list node of the call that serves the stop; None if none does."""
        return next((node for node, call in self.calls.items() if stop in call.stops), None)

    def number_of(self, node: int) -> int:
        return int(self.made.nodes[node, layout.TOUR])

    def is_return(self, node: int) -> bool:
        return node >= len(self.ground.calls)

    def order(self, number: int) -> list[int]:
        """The list nodes of a tour."""
        depot = len(self.ground.calls) + number
        order, node = list[int](), int(self.made.nodes[depot, layout.NEXT])
        while node != depot:
            order.append(node)
            node = int(self.made.nodes[node, layout.NEXT])
        return order

    def without_idle_returns(self, order: Iterable[int], frozen: bool) -> list[int]:
        """The order without returns in a row, after the last call, or before the first unless something is frozen."""
        kept = list[int]()
        for node in order:
            if not self.is_return(node) or (not self.is_return(kept[-1]) if kept else frozen):
                kept.append(node)
        return kept[:-1] if kept and self.is_return(kept[-1]) else kept

    def cheapest(self) -> tuple[int, list[int]] | None:
        """Where the call just told costs least: the number of the tour and its order with it."""
        _, before, how = places.cheapest_place(
            self.ground.world, self.made, self.spares[-1], int(places.NO_TOUR), int(places.EVERYWHERE)
        )
        if before < 0:
            return None
        number, order = self.number_of(before), self.order(self.number_of(before))
        at = order.index(before) + 1 if before in order else 0
        order[at:at] = self.with_returns(number)[how]
        return number, order

    def with_returns(self, number: int) -> list[list[int]]:
        """The call just told as it may go into the tour: PLAIN, RETURN_FIRST, RETURN_LAST as far as he may return."""
        back, spare = places.free_return(self.ground.world, self.made, number), self.spares[-1]
        return [[spare], [back, spare], [spare, back]] if back >= 0 else [[spare]]

    def ride(self, number: int, order: Sequence[int], call: Call | None) -> None:
        """The tour is ridden in that order; ``call``: the one just told, if it is there from now on."""
        world, made = self.ground.world, self.made
        depot = len(self.ground.calls) + number
        if call is not None:
            self.calls[self.spares.pop()] = call
            self._windows = len(world.windows)
        gone = [node for node in self.order(number) if node not in order and not self.is_return(node)]
        layout.begin(made)
        if made.nodes[depot, layout.NEXT] != depot:
            moves.take_out(world, made, made.nodes[depot, layout.NEXT], made.nodes[depot, layout.PREV])
        before = depot
        for node in order:
            moves.put_in(world, made, node, before)
            before = node
        self.calls = {node: its for node, its in self.calls.items() if node not in gone}
        self.spares[:0] = gone

    def tell(self, call: Call) -> None:
        """The spare call becomes that one."""
        world, row, scale = self.ground.world, self.spares[-1], self.ground.scale
        self._row_nodes[row] = call.node
        legs: list[tuple[Any, Any]] = [(call.node, self._row_nodes), (self._row_nodes, call.node)]
        for turn, leg in enumerate(legs):
            for which, vehicle in self._payers.items():
                far_m, drive_s = self._problem.way_m(vehicle)[leg], self._problem.travel_s(vehicle)[leg]
                cost = far_m * (vehicle.distance_cost_pct / 100) + drive_s * (vehicle.hour_cost_m / 3600)
                cost = np.where(far_m < UNREACHABLE, np.minimum(np.rint(cost * scale), layout.NEVER), layout.NEVER)
                world.way[turn, which, row, :] = world.way[1 - turn, which, :, row] = cost
            for which, vehicle in self._drivers.items():
                drive_s = self._problem.travel_s(vehicle)[leg]
                world.drive[turn, which, row, :] = world.drive[1 - turn, which, :, row] = drive_s
        for kind, vehicle in enumerate(self.kinds):
            off = sum(stop.beat is not None and stop.beat not in vehicle.beats for stop in call.stops)
            extra = round((self._problem.off_beat_m * off + call.service_s * vehicle.hour_cost_m / 3600) * scale)
            world.extra[kind, row] = min(extra, layout.FORBIDDEN) if call.skills <= vehicle.skills else layout.FORBIDDEN
        world.worth[row, layout.PENALTY] = layout.FORBIDDEN
        spans = [(0, UNREACHABLE)] if call.windows is None else [(w.open_s, w.close_s - 1) for w in call.windows]
        windows = np.vstack([world.windows[: self._windows], np.array(spans, dtype=np.int64).reshape(-1, 2)])
        opens, closes = (spans[0][0], spans[-1][1]) if spans else (layout.NEVER, -1)
        numbers = (opens, closes, call.service_s, self._windows, len(windows), len(call.stops))
        deliver, collect = [*call.load(pickup=False), 0], [*call.load(pickup=True), call.cash_poisha]
        world.stops[self.spares[-1]] = [*numbers, *deliver, *collect, *np.add(deliver, collect)]
        self.ground = replace(self.ground, world=world._replace(windows=windows))


def _open_to_all(ground: Ground) -> Ground:
    """The same, reckoning with all that a stop to come may ask, and with ways there and back apart."""
    world = ground.world
    world.rules[[layout.CLOCK, layout.MIXED, layout.VARIED]] = layout.RICH, True, True
    way, drive = (m if len(m) == 2 else np.concatenate([m, m]) for m in (world.way, world.drive))
    return replace(ground, world=world._replace(way=way, drive=drive))


def _row_nodes(ground: Ground, stops: Mapping[str, Stop]) -> layout.Int64:
    """The problem's node of each row of the search's matrices."""
    nodes = np.zeros(ground.world.way.shape[2], dtype=np.int64)
    nodes[: len(ground.calls)] = [call.node for call in ground.calls]
    for number, vehicle in enumerate(ground.vehicles):
        start = stops[vehicle.frozen[-1].stop_id].node if vehicle.frozen else vehicle.start_node
        nodes[ground.start_rows[number]] = start
        nodes[ground.end_rows[number]] = vehicle.end_node
        nodes[ground.home_rows[number]] = vehicle.start_node
    return nodes


def _listed(stops: Mapping[str, Stop], vehicles: Mapping[str, Vehicle], tour: Tour) -> list[Call | None]:
    """The calls of a tour that are not frozen, and None for each return between them."""
    listed, returns = list[Call | None](), {back.visits for back in tour.returns}
    for number in range(len(vehicles[tour.vehicle_id].frozen), len(tour.visits)):
        stop = stops[tour.visits[number].stop_id]
        listed += [None] * (number in returns)
        last = listed[-1] if listed else None
        if last is not None and stop.door is not None and last.stops[0].door == stop.door:
            listed[-1] = call_at([*last.stops, stop])
        else:
            listed.append(call_at([stop]))
    return listed


def _part(problem: RoutingProblem, vehicles: Sequence[Vehicle], stops: Sequence[Stop]) -> RoutingProblem:
    """The problem of those stops and at most one vehicle, with matrices of their nodes: quickly made and checked."""
    ends = [node for vehicle in vehicles for node in (vehicle.start_node, vehicle.end_node)]
    nodes = list(dict.fromkeys([DEPOT, *ends, *(stop.node for stop in stops)]))
    place = {node: number for number, node in enumerate(nodes)}
    far_m, drive_s = problem.distance_m, problem.duration_s
    for vehicle in vehicles:
        far_m, drive_s = problem.way_m(vehicle), problem.travel_s(vehicle)
    return RoutingProblem(
        stops=tuple(replace(stop, node=place[stop.node]) for stop in stops),
        vehicles=tuple(replace(v, start_node=place[v.start_node], end_node=place[v.end_node]) for v in vehicles),
        distance_m=far_m[np.ix_(nodes, nodes)],
        duration_s=drive_s[np.ix_(nodes, nodes)],
        off_beat_m=problem.off_beat_m,
        fairness_m=problem.fairness_m,
    )
