"""When everything on a tour happens: earliest times for a given order, the break put where it delays least."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from post_logistics.routing.doors import Call, call_at
from post_logistics.routing.plan import DepotReturn, Rest, Tour, Visit
from post_logistics.routing.problem import HOURS, RoutingProblem, Stop, Vehicle

_Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class _State:
    """The earliest a rider is free, and where on the way there he has rested; ``rest_at`` None: not yet."""

    free_s: int
    rest_at: tuple[int, _Side] | None = None
    rest_start_s: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """A call or a return to the depot, as far as the clock is concerned."""

    node: int
    service_s: int
    call: Call | None

    def begins_s(self, arrival_s: int) -> int | None:
        """When service begins for one who arrives then; None: not any more."""
        if self.call is None or self.call.windows is None:
            return arrival_s
        return next((max(arrival_s, w.open_s) for w in self.call.windows if arrival_s < w.close_s), None)


def arrival(vehicle: Vehicle, leave_s: int, travel_s: int) -> int:
    """When the vehicle arrives that leaves then for a way that takes so long at 100 percent of speed."""
    if not vehicle.speed_pct:
        return leave_s + travel_s
    left, at_s = 100 * travel_s, leave_s
    while left > 0:
        percent = vehicle.speed_pct[at_s // 3600 % HOURS]
        hour_ends_s = (at_s // 3600 + 1) * 3600
        if left <= (hour_ends_s - at_s) * percent:
            return at_s + -(-left // percent)
        left -= (hour_ends_s - at_s) * percent
        at_s = hour_ends_s
    return at_s


def latest_return_s(problem: RoutingProblem, vehicle: Vehicle) -> int:
    """The end of the shift, or later if his frozen visits alone keep him out longer."""
    if not vehicle.frozen:
        return vehicle.shift_end_s
    last = next(stop for stop in problem.stops if stop.stop_id == vehicle.frozen[-1].stop_id)
    home_s = int(problem.travel_s(vehicle)[last.node, vehicle.end_node])
    return max(vehicle.shift_end_s, arrival(vehicle, vehicle.frozen[-1].departure_s, home_s))


def time_tour(
    problem: RoutingProblem,
    vehicle: Vehicle,
    stop_ids: Sequence[str],
    returns: Sequence[int] = (),
    *,
    late: bool = False,
) -> Tour | None:
    """The tour that calls at those stops in that order after the frozen ones, or None if some time does not fit.

    ``returns``: after how many visits, frozen ones included, he comes back to the office on the way. Loads are not
    looked at. With ``late``, a missed window or shift is no obstacle: service then begins on arrival.
    """
    return _Timing(problem, vehicle, stop_ids, returns, late).tour()


def break_behind(problem: RoutingProblem, vehicle: Vehicle) -> tuple[bool, Rest | None]:
    """Whether a rider's break is a matter of the past, his frozen visits leaving no time for it after them; and when he
    took it: in the first gap for it among them, or None if there was none and it is lost.
    """
    pause = vehicle.pause
    if pause is None or not vehicle.frozen or _Timing(problem, vehicle, [], [], False, look_back=False).tour():
        return False, None
    service_s = {stop.stop_id: stop.service_s for stop in problem.stops}
    free_s = vehicle.shift_start_s
    for visit in vehicle.frozen:
        start_s = max(free_s, pause.earliest_s)
        if start_s <= pause.latest_s and start_s + pause.duration_s <= visit.departure_s - service_s[visit.stop_id]:
            return True, Rest(start_s, start_s + pause.duration_s)
        free_s = max(free_s, visit.departure_s)
    return True, None


class _Timing:
    """One tour being timed."""

    def __init__(
        self,
        problem: RoutingProblem,
        vehicle: Vehicle,
        stop_ids: Sequence[str],
        returns: Sequence[int],
        late: bool,
        look_back: bool = True,
    ) -> None:
        self.vehicle, self.late = vehicle, late
        behind, self.taken = break_behind(problem, vehicle) if look_back else (False, None)
        self.to_rest = None if behind else vehicle.pause
        self.stops = {stop.stop_id: stop for stop in problem.stops}
        self.travel_s, self.way_m = problem.travel_s(vehicle), problem.way_m(vehicle)
        self.latest_return_s = latest_return_s(problem, vehicle)
        self.frozen = [self.stops[visit.stop_id] for visit in vehicle.frozen]
        self.start = self.frozen[-1].node if self.frozen else vehicle.start_node
        self.places = list(self._places(_runs([self.stops[stop_id] for stop_id in stop_ids]), returns))

    def _places(self, calls: Iterable[Call], returns: Sequence[int]) -> Iterable[_Place]:
        home = _Place(self.vehicle.start_node, self.vehicle.reload_s, None)
        visits = len(self.frozen)
        for call in calls:
            if visits in returns:
                yield home
            yield _Place(call.node, call.service_s, call)
            visits += len(call.stops)

    def tour(self) -> Tour | None:
        ready_s = self.vehicle.frozen[-1].departure_s if self.frozen else self.vehicle.shift_start_s
        unrested = _State(ready_s)
        rested = self._rested(unrested, (-1, "after")) if self.to_rest else unrested
        states: tuple[_State | None, _State | None] = (rested, unrested if self.to_rest else None)
        node = self.start
        for index, place in enumerate(self.places):
            states = self._through(states, node, index, place)
            node = place.node
        final = self._home(states, node)
        return self._told(final) if final is not None else None

    def _rested(self, state: _State, at: tuple[int, _Side]) -> _State | None:
        """The state after the break taken from then on, or None if it is too late for it."""
        pause = self.to_rest
        assert pause is not None
        start_s = max(state.free_s, pause.earliest_s, self.vehicle.shift_start_s)
        return _State(start_s + pause.duration_s, at, start_s) if start_s <= pause.latest_s else None

    def _through(
        self, states: tuple[_State | None, _State | None], node: int, index: int, place: _Place
    ) -> tuple[_State | None, _State | None]:
        """Rested and unrested departure from a place, from those of the place before."""
        rested, unrested = (self._ridden(state, node, place.node) for state in states)
        options = [self._served(rested, place)]
        served = None
        if unrested is not None:
            served = self._served(unrested, place)
            options.append(self._served(self._rested(unrested, (index, "before")), place))
            if served is not None:
                options.append(self._rested(served, (index, "after")))
        return _soonest(options), served

    def _ridden(self, state: _State | None, node: int, to: int) -> _State | None:
        if state is None:
            return None
        there_s = arrival(self.vehicle, state.free_s, int(self.travel_s[node, to]))
        return _State(there_s, state.rest_at, state.rest_start_s)

    def _served(self, state: _State | None, place: _Place) -> _State | None:
        if state is None:
            return None
        begins_s = place.begins_s(state.free_s)
        if begins_s is None:
            if not self.late:
                return None
            begins_s = state.free_s
        return _State(begins_s + place.service_s, state.rest_at, state.rest_start_s)

    def _home(self, states: tuple[_State | None, _State | None], node: int) -> _State | None:
        """The soonest return within the shift, the break taken on the way or at the office after it."""
        rested, unrested = (self._ridden(state, node, self.vehicle.end_node) for state in states)
        options = [rested]
        if unrested is not None:
            after = self._rested(unrested, (len(self.places), "before"))
            options.append(after)
        final = _soonest(options)
        return final if final is not None and (self.late or final.free_s <= self.latest_return_s) else None

    def _told(self, final: _State) -> Tour:
        """The tour with every time, the break where that state has it."""
        rest = self.taken
        if self.to_rest:
            rest = Rest(final.rest_start_s, final.rest_start_s + self.to_rest.duration_s)
        visits, returns = list(self.vehicle.frozen), list[DepotReturn]()
        depart_s, free_s = self._depart_s(final), 0
        if self.frozen:
            free_s = self.vehicle.frozen[-1].departure_s
            free_s = rest.end_s if rest and final.rest_at == (-1, "after") else free_s
        else:
            free_s = depart_s
        node = self.start
        for index, place in enumerate(self.places):
            there_s = arrival(self.vehicle, free_s, int(self.travel_s[node, place.node]))
            ready_s = rest.end_s if rest and final.rest_at == (index, "before") else there_s
            begins_s = place.begins_s(ready_s)
            begins_s = ready_s if begins_s is None else begins_s
            if place.call is None:
                returns.append(DepotReturn(len(visits), there_s, begins_s + place.service_s))
            else:
                visits.extend(_visits(place.call.stops, there_s, begins_s))
            free_s = begins_s + place.service_s
            free_s = rest.end_s if rest and final.rest_at == (index, "after") else free_s
            node = place.node
        return_s = arrival(self.vehicle, free_s, int(self.travel_s[node, self.vehicle.end_node]))
        return self._summed(depart_s, visits, returns, return_s, rest)

    def _depart_s(self, final: _State) -> int:
        """As late as the first place allows without any delay, from its service or the break before it."""
        start_s = self.vehicle.shift_start_s
        if self.frozen:
            first = self.vehicle.frozen[0]
            return max(0, first.arrival_s - int(self.travel_s[self.vehicle.start_node, self.frozen[0].node]))
        if not self.places:
            return start_s
        place, leave_s = self.places[0], start_s
        if final.rest_at == (-1, "after"):
            assert self.to_rest is not None
            leave_s = final.rest_start_s + self.to_rest.duration_s
        travel_s = int(self.travel_s[self.start, place.node])
        there_s = arrival(self.vehicle, leave_s, travel_s)
        by_s = final.rest_start_s if final.rest_at == (0, "before") else place.begins_s(there_s)
        if by_s is None or by_s <= there_s:
            return leave_s
        low_s, high_s = leave_s, by_s
        while low_s < high_s:
            middle_s = (low_s + high_s + 1) // 2
            if arrival(self.vehicle, middle_s, travel_s) <= by_s:
                low_s = middle_s
            else:
                high_s = middle_s - 1
        return low_s

    def _summed(
        self, depart_s: int, visits: list[Visit], returns: list[DepotReturn], return_s: int, rest: Rest | None
    ) -> Tour:
        stops = [self.stops[visit.stop_id] for visit in visits]
        nodes = [self.vehicle.start_node]
        back_after = {one.visits for one in returns}
        for count, stop in enumerate(stops):
            nodes += [self.vehicle.start_node] * (count in back_after) + [stop.node]
        nodes.append(self.vehicle.end_node)
        served_s = sum(stop.service_s for stop in stops) + len(returns) * self.vehicle.reload_s
        return Tour(
            vehicle_id=self.vehicle.vehicle_id,
            depart_s=depart_s,
            visits=tuple(visits),
            return_s=return_s,
            distance_m=int(self.way_m[nodes[:-1], nodes[1:]].sum()),
            work_s=int(self.travel_s[nodes[:-1], nodes[1:]].sum()) + served_s,
            parcels=sum(stop.parcels for stop in stops),
            weight_g=sum(stop.weight_g for stop in stops),
            cash_poisha=sum(stop.cash_poisha for stop in stops),
            returns=tuple(returns),
            rest=rest,
        )


def _runs(stops: Sequence[Stop]) -> Iterable[Call]:
    """The calls of a sequence: neighbours of the same door are one."""
    run: list[Stop] = []
    for stop in stops:
        if run and (stop.door is None or stop.door != run[-1].door):
            yield call_at(run)
            run = []
        run.append(stop)
    if run:
        yield call_at(run)


def _visits(stops: Sequence[Stop], arrival_s: int, begins_s: int) -> Iterable[Visit]:
    """The stops of one call, each served when the one before is done."""
    for stop in stops:
        departure_s = begins_s + stop.service_s
        yield Visit(stop.stop_id, arrival_s, departure_s)
        arrival_s = begins_s = departure_s


def _soonest(options: Sequence[_State | None]) -> _State | None:
    return min((state for state in options if state is not None), key=lambda state: state.free_s, default=None)
