"""From a routing problem to the plan: search, make room, explain, and let the judge look at it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from post_logistics.errors import Unacceptable
from post_logistics.routing.assemble import plan_of
from post_logistics.routing.bound import lower_bound_m
from post_logistics.routing.check import check_plan
from post_logistics.routing.decompose import can_be_cut, search_in_parts
from post_logistics.routing.doors import calls_of
from post_logistics.routing.kernel.layout import ABSENT, ABSENTEES, COST, END_RETURN, FIRST_RETURN, PENALTY, Kept
from post_logistics.routing.or_tools import search_by_or_tools
from post_logistics.routing.plan import RoutePlan
from post_logistics.routing.problem import Budget, RoutingProblem
from post_logistics.routing.reasons import impossible_stops
from post_logistics.routing.ruin_recreate import Effort, Route, search
from post_logistics.routing.warming import warm
from post_logistics.routing.world import Ground, build_ground

_log = logging.getLogger(__name__)

ENGINES = ("auto", "ruin_recreate", "ortools")
"""``auto`` is ruin and recreate; OR-Tools is there to compare with, and does not know all that a problem can ask."""

_TO_FINISH_S = 0.02
_TO_FINISH_S_PER_STOP = 0.00015
"""Of a budget of seconds so much is left for timing, explaining and checking the plan."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: ``done`` of its budget from 0 to 1, the best plan's stops left behind and cost, and a cost
    that no plan is below."""

    done: float
    left_behind: int
    cost_m: int
    bound_m: int


def solve(
    problem: RoutingProblem,
    budget: Budget,
    seed: int = 0,
    *,
    engine: str = "auto",
    start: RoutePlan | None = None,
    progress: Callable[[Progress], bool] | None = None,
) -> RoutePlan:
    """A plan that `check_plan` finds nothing wrong with, no worse than the one first constructed.

    As few stops as possible that must go are left out; a stop left out has its reason. The same problem, seed, cores
    and number of iterations give the same plan. ``start`` is a plan to begin with, as far as it still fits.
    ``progress`` is told from time to time how far it is; when it answers False, the best plan so far is handed out.
    Raises AssertionError rather than hand out a plan that breaks a rule, Unacceptable for an engine that there is not.
    """
    if engine not in ENGINES:
        raise Unacceptable(f"there is no engine {engine!r}", field="engine", remedy=f"one of {', '.join(ENGINES)}")
    warm()
    began = perf_counter()
    hopeless = impossible_stops(problem)
    calls = calls_of(problem, [stop for stop in problem.stops if stop.stop_id not in hopeless])
    if not calls or not problem.vehicles:
        return _checked(problem, plan_of(problem, None, None, hopeless))
    ground = build_ground(problem, calls)
    until = None if budget.seconds is None else began + budget.seconds - _to_finish_s(ground, budget.seconds)
    routes = _routes(ground, start) if start else ()
    watch = _watch(problem, ground, progress) if progress else None
    if engine == "ortools":
        best = search_by_or_tools(problem, ground, budget, seed)
    elif can_be_cut(ground):
        effort = Effort(until, budget.iterations, perf_counter())
        best = search_in_parts(ground, effort, seed, budget.cores, routes, watch)
    else:
        seeds = [seed * 1000 + core for core in range(budget.cores)]
        best = search(ground, seeds=seeds, rounds=budget.iterations, until=until, start=routes, watch=watch)
    return _checked(problem, plan_of(problem, ground, best, hopeless))


def _to_finish_s(ground: Ground, seconds: float) -> float:
    a_stop_s = _TO_FINISH_S_PER_STOP * (3 if can_be_cut(ground) else 1)
    return min(seconds / 2, _TO_FINISH_S + a_stop_s * len(ground.calls))


def _routes(ground: Ground, plan: RoutePlan) -> list[Route]:
    """The plan's tours as far as their vehicles and stops are still there, frozen visits left out."""
    tour_of = {vehicle.vehicle_id: number for number, vehicle in enumerate(ground.vehicles)}
    call_of = {stop.stop_id: number for number, call in enumerate(ground.calls) for stop in call.stops[:1]}
    routes = list[Route]()
    for tour in plan.tours:
        if tour.vehicle_id in tour_of:
            number = tour_of[tour.vehicle_id]
            returns = {one.visits for one in tour.returns}
            back = int(ground.world.vehicles[number, FIRST_RETURN])
            nodes = list[int]()
            for count, visit in enumerate(tour.visits):
                some = nodes[-1] < len(ground.calls) if nodes else bool(ground.vehicles[number].frozen)
                if some and count in returns and back < ground.world.vehicles[number, END_RETURN]:
                    nodes.append(back)
                    back += 1
                if visit.stop_id in call_of:
                    nodes.append(call_of[visit.stop_id])
            if nodes and nodes[-1] >= len(ground.calls):
                nodes.pop()
            routes.append((number, nodes))
    return routes


def _watch(
    problem: RoutingProblem, ground: Ground, progress: Callable[[Progress], bool]
) -> Callable[[float, Kept], bool]:
    bound_m = lower_bound_m(problem, ground)

    def watch(done: float, best: Kept) -> bool:
        absent = [int(best.lists[ABSENT, at]) for at in range(int(best.numbers[ABSENTEES]))]
        must = [call for call in absent if ground.calls[call].prize_m is None]
        cost = float(best.money[COST]) - float(ground.world.worth[must, PENALTY].sum())
        left = sum(len(ground.calls[call].stops) for call in must)
        return progress(Progress(done, left, round(cost / ground.scale), bound_m))

    return watch


def _checked(problem: RoutingProblem, plan: RoutePlan) -> RoutePlan:
    violations = check_plan(problem, plan)
    if violations:
        _log.error("a plan was thrown away: %s", "; ".join(map(str, violations)))
        raise AssertionError(f"the plan breaks a rule: {violations[0]}")
    return plan
