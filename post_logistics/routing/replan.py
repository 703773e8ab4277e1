"""Plans changed while they are ridden: what has begun is frozen, what was promised is kept as far as it can be."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

from post_logistics.errors import Unacceptable
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import RoutePlan, Tour
from post_logistics.routing.problem import UNREACHABLE, Budget, RoutingProblem, Stop, Vehicle, Window
from post_logistics.routing.reasons import impossible_stops
from post_logistics.routing.solve import Progress, solve

_LEAST_S = 0.05
"""What a search gets of a budget of seconds even when all of it is spent."""


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A stop whose service begins too far from when the old plan said; ``now_s`` None: it is left out."""

    stop_id: str
    promised_s: int
    now_s: int | None


@dataclass(frozen=True, slots=True)
class Replan:
    """The new plan, and what it could not keep of the old one, in the order of the stops."""

    plan: RoutePlan
    broken: tuple[BrokenPromise, ...]


def replan(
    problem: RoutingProblem,
    plan: RoutePlan,
    budget: Budget,
    seed: int = 0,
    *,
    keep_within_s: int | None = None,
    progress: Callable[[Progress], bool] | None = None,
) -> Replan:
    """A plan of the problem as it is now, from the tours of the old one: right by `check_plan`, like every plan.

    With ``keep_within_s`` the service of every stop that the old plan serves, and that is not frozen, begins at most so
    many seconds sooner or later than the old plan says, whoever comes. First every promise counts like a window; those
    that no plan can keep, and those whose stops are then left out, are released, and the search goes on from what it
    has until none are. Each of these searches gets half of the seconds that are left, a last one the rest; or each gets
    all the iterations. Without it nothing is promised. ``progress`` is told of each search from 0 to 1.
    Raises Unacceptable for a negative ``keep_within_s``.
    """
    if keep_within_s is None:
        return Replan(solve(problem, budget, seed, start=plan, progress=progress), ())
    if keep_within_s < 0:
        remedy = "give seconds, at least 0, or nothing"
        raise Unacceptable(f"promises cannot be kept within {keep_within_s} s", field="keep_within_s", remedy=remedy)
    promised_s = _begins_s(problem, plan)
    kept, new, until = _windows(problem, promised_s, keep_within_s), plan, perf_counter() + (budget.seconds or 0)
    while True:
        narrow = _narrowed(problem, kept)
        left = impossible_stops(narrow).keys() & kept.keys()
        if not left:
            new = solve(narrow, _share(budget, until, 0.5), seed, start=new, progress=progress)
            left = kept.keys() & {one.stop_id for one in new.unserved}
        if not left:
            break
        kept = {stop_id: windows for stop_id, windows in kept.items() if stop_id not in left}
    if budget.seconds is not None:
        new = solve(narrow, _share(budget, until, 1.0), seed, start=new, progress=progress)
    violations = check_plan(problem, new)
    if violations:
        raise AssertionError(f"the plan breaks a rule: {violations[0]}")
    return Replan(new, tuple(_broken(problem, new, promised_s, keep_within_s)))


def freeze(problem: RoutingProblem, plan: RoutePlan, at_s: int) -> RoutingProblem:
    """The problem as it stands at that second, if all has gone by the plan: nobody turns round on the way.

    Visits whose way, wait or service has begun are frozen, all of one door together. Nobody leaves before ``at_s``; a
    break that has begun is taken off. When a rider has set out for the office, to return, the trip before is over: its
    stops leave the problem, and he is there from then on, with one return less. On the way home he gets no more stops,
    unless he may still return and so begin another trip. Who cannot go out any more leaves the problem.
    Raises Unacceptable if the plan is not right for the problem.
    """
    violations = check_plan(problem, plan)
    if violations:
        remedy = "freeze the plan with the problem it was made for, then change the problem"
        raise Unacceptable(f"the plan breaks a rule: {violations[0]}", field="plan", remedy=remedy)
    stops = {stop.stop_id: stop for stop in problem.stops}
    tours = {tour.vehicle_id: tour for tour in plan.tours}
    vehicles = list[Vehicle]()
    for vehicle in problem.vehicles:
        tour = tours.get(vehicle.vehicle_id)
        begun = _begun(vehicle, tour, stops, at_s) if tour is not None else _NOTHING
        now = _out(vehicle, tour, begun, at_s) if tour is not None and begun.visits else _at_office(vehicle, tour, at_s)
        vehicles += [now] if now is not None else []
        for visit in tour.visits[: begun.done] if tour is not None else ():
            del stops[visit.stop_id]
    return replace(problem, stops=tuple(stops.values()), vehicles=tuple(vehicles))


@dataclass(frozen=True, slots=True)
class _Begun:
    """How far a tour is: so many ``visits`` begun, so many of them ``done`` before the last return set out for.

    ``returns``: how many that are, ``back_s``: when he leaves the office after the last; ``homeward``: on the way home.
    """

    visits: int = 0
    done: int = 0
    returns: int = 0
    back_s: int = 0
    homeward: bool = False


_NOTHING = _Begun()


def _begun(vehicle: Vehicle, tour: Tour, stops: Mapping[str, Stop], at_s: int) -> _Begun:
    doors = [stops[visit.stop_id].door for visit in tour.visits]
    backs = {back.visits: back for back in tour.returns}
    free_s, begun = tour.depart_s, _NOTHING
    for number, visit in enumerate(tour.visits):
        back = backs.get(number)
        if back is not None:
            if _leaves_s(tour, free_s, back.arrival_s) > at_s:
                return begun
            free_s = back.departure_s
            begun = replace(begun, done=number, returns=begun.returns + 1, back_s=free_s)
        same_door = number > 0 and doors[number] is not None and doors[number] == doors[number - 1]
        fact = number < len(vehicle.frozen) or same_door
        if not fact and _leaves_s(tour, free_s, visit.arrival_s) > at_s:
            return begun
        free_s, begun = visit.departure_s, replace(begun, visits=number + 1)
    if _leaves_s(tour, free_s, tour.return_s) > at_s:
        return begun
    again = vehicle.max_returns > begun.returns and vehicle.end_node == vehicle.start_node
    if not again:
        return replace(begun, homeward=True)
    return replace(begun, done=begun.visits, returns=begun.returns + 1, back_s=tour.return_s + vehicle.reload_s)


def _leaves_s(tour: Tour, free_s: int, arrival_s: int) -> int:
    """When the rider sets out who is free from then on: at once, or after a break before he is there."""
    rests = tour.rest is not None and free_s <= tour.rest.start_s < arrival_s
    return tour.rest.end_s if tour.rest is not None and rests else free_s


def _out(vehicle: Vehicle, tour: Tour, begun: _Begun, at_s: int) -> Vehicle | None:
    """The vehicle of a tour that has begun; None if its day is over."""
    rest, frozen = tour.rest, list(tour.visits[begun.done : begun.visits])
    free_s = max(frozen[-1].departure_s if frozen else begun.back_s, vehicle.shift_start_s if begun.homeward else at_s)
    rested = rest is not None and (rest.start_s <= at_s or rest.start_s < free_s)
    if rest is not None and rested:
        free_s = max(free_s, rest.end_s)
    left = replace(
        vehicle,
        max_returns=vehicle.max_returns - begun.returns,
        max_stops=None if vehicle.max_stops is None else max(0, vehicle.max_stops - begun.done),
        pause=None if rested else vehicle.pause,
    )
    if frozen:
        frozen[-1] = replace(frozen[-1], departure_s=free_s)
        return replace(left, frozen=tuple(frozen), max_stops=len(frozen) if begun.homeward else left.max_stops)
    if free_s >= vehicle.shift_end_s or left.max_stops == 0:
        return None
    return replace(left, frozen=(), shift_start_s=free_s, fixed_cost_m=0)


def _at_office(vehicle: Vehicle, tour: Tour | None, at_s: int) -> Vehicle | None:
    """The vehicle that has not gone out yet, its break over if it is too late to begin it; None if its day is over."""
    rest = tour.rest if tour is not None else None
    rested = rest is not None and rest.start_s <= at_s
    free_s = max(vehicle.shift_start_s, at_s, rest.end_s if rest is not None and rested else 0)
    pause = None if rested or (vehicle.pause is not None and vehicle.pause.latest_s < free_s) else vehicle.pause
    return replace(vehicle, shift_start_s=free_s, pause=pause) if free_s < vehicle.shift_end_s else None


def _share(budget: Budget, until: float, part: float) -> Budget:
    """That part of the seconds that are left, or all iterations."""
    if budget.seconds is None:
        return budget
    return replace(budget, seconds=max(_LEAST_S, part * (until - perf_counter())))


def _begins_s(problem: RoutingProblem, plan: RoutePlan) -> dict[str, int]:
    """When service begins at each stop that the plan serves and that is still to be served."""
    frozen = {visit.stop_id for vehicle in problem.vehicles for visit in vehicle.frozen}
    open_s = {stop.stop_id: stop.service_s for stop in problem.stops if stop.stop_id not in frozen}
    visits = (visit for tour in plan.tours for visit in tour.visits if visit.stop_id in open_s)
    return {visit.stop_id: visit.departure_s - open_s[visit.stop_id] for visit in visits}


def _windows(problem: RoutingProblem, promised_s: Mapping[str, int], within_s: int) -> dict[str, tuple[Window, ...]]:
    """For each promise what it leaves of the stop's own windows; those of which it leaves nothing are not there."""
    found = {}
    for stop in problem.stops:
        if stop.stop_id in promised_s:
            soonest_s, latest_s = promised_s[stop.stop_id] - within_s, promised_s[stop.stop_id] + within_s
            own = stop.windows or (Window(0, UNREACHABLE - 1),)
            both = ((max(one.open_s, soonest_s), min(one.close_s, latest_s + 1)) for one in own)
            found[stop.stop_id] = tuple(Window(open_s, close_s) for open_s, close_s in both if open_s < close_s)
    return {stop_id: windows for stop_id, windows in found.items() if windows}


def _narrowed(problem: RoutingProblem, kept: Mapping[str, tuple[Window, ...]]) -> RoutingProblem:
    """The problem in which stops have those windows and must go."""
    return replace(
        problem,
        stops=tuple(
            replace(stop, windows=kept[stop.stop_id], prize_m=None) if stop.stop_id in kept else stop
            for stop in problem.stops
        ),
    )


def _broken(
    problem: RoutingProblem, plan: RoutePlan, promised_s: Mapping[str, int], within_s: int
) -> Iterator[BrokenPromise]:
    now_s = _begins_s(problem, plan)
    for stop_id, at_s in promised_s.items():
        if stop_id not in now_s or abs(now_s[stop_id] - at_s) > within_s:
            yield BrokenPromise(stop_id, at_s, now_s.get(stop_id))
