"""From a routing problem to the plan: construct, search, make room, explain, and let the judge look at it."""

import logging
from collections.abc import Mapping, Sequence

from post_logistics.routing.check import check_plan
from post_logistics.routing.construct import empty_tour, nearest_neighbour, squeeze_in
from post_logistics.routing.draft import Draft, draft_tour, tour_of
from post_logistics.routing.plan import Cost, Reason, RoutePlan, Unserved
from post_logistics.routing.problem import Budget, RoutingProblem, Stop
from post_logistics.routing.reasons import impossible_stops, reason_in_plan
from post_logistics.routing.search import search_tours

_log = logging.getLogger(__name__)


def solve(problem: RoutingProblem, budget: Budget, seed: int = 0) -> RoutePlan:
    """A plan that `check_plan` finds nothing wrong with, and no worse than going from door to nearest door.

    As few stops as possible that must go are left out; a stop left out has its reason. The same problem, seed and
    number of iterations give the same plan. Raises AssertionError rather than hand out a plan that breaks a rule.
    """
    impossible = impossible_stops(problem)
    possible = [stop for stop in problem.stops if stop.stop_id not in impossible]
    constructed = nearest_neighbour(problem, [stop for stop in possible if stop.prize_m is None])
    searched = _drafts(problem, search_tours(problem, possible, budget, seed))
    plans = [_plan(problem, drafts, possible, impossible) for drafts in (searched, constructed)]
    for plan in sorted(plans, key=lambda plan: plan.cost.rank):
        violations = check_plan(problem, plan)
        if not violations:
            return plan
        _log.error("a plan was thrown away: %s", "; ".join(map(str, violations)))
    raise AssertionError("no plan passes the check; the log says what is wrong with each")


def _drafts(problem: RoutingProblem, orders: Sequence[Sequence[Stop]]) -> list[Draft]:
    """A draft for each vehicle: as the search has it, or empty where that breaks a limit or there is none."""
    drafts = []
    for index, vehicle in enumerate(problem.vehicles):
        draft = draft_tour(problem, vehicle, orders[index]) if orders else None
        if draft is None and orders:
            _log.error("a tour of vehicle %s was thrown away: it breaks a limit", vehicle.vehicle_id)
        drafts.append(draft or empty_tour(problem, vehicle))
    return drafts


def _plan(
    problem: RoutingProblem, drafts: list[Draft], possible: Sequence[Stop], impossible: Mapping[str, Reason]
) -> RoutePlan:
    """The plan of those drafts, with room made for whatever still fits and a reason for what does not."""
    served = {stop.stop_id for draft in drafts for stop in draft.stops}
    drafts, left = squeeze_in(problem, drafts, [stop for stop in possible if stop.stop_id not in served])
    reasons = {stop.stop_id: reason_in_plan(problem, drafts, stop) for stop in left} | dict(impossible)
    riding = [draft for draft in drafts if draft.stops]
    unserved = [stop for stop in problem.stops if stop.stop_id in reasons]
    return RoutePlan(
        tours=tuple(tour_of(draft) for draft in riding),
        unserved=tuple(Unserved(stop.stop_id, reasons[stop.stop_id]) for stop in unserved),
        cost=Cost(
            left_behind=sum(stop.prize_m is None for stop in unserved),
            distance_m=sum(draft.length_m for draft in riding),
            fixed_m=sum(draft.vehicle.fixed_cost_m for draft in riding),
            prizes_missed_m=sum(stop.prize_m or 0 for stop in unserved),
        ),
    )
