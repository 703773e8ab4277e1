"""Why a stop is in no tour: first what no plan could change, then what stands in its way in the plan at hand."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from post_logistics.routing.draft import Draft, cheapest_place, draft_tour, earliest_start_s, fits_cash, fits_load
from post_logistics.routing.plan import Reason
from post_logistics.routing.problem import DEPOT, UNREACHABLE, Matrix, RoutingProblem, Stop, Vehicle

_ALONE = (
    Reason.UNREACHABLE,
    Reason.TOO_HEAVY,
    Reason.TOO_MANY_PARCELS,
    Reason.OVER_CASH_CAP,
    Reason.SHIFT_TOO_SHORT,
    Reason.WINDOW_CLOSED,
)
"""What can rule out a vehicle whatever else it does, the first to be named first."""
_IN_PLAN = (Reason.LOADS_FULL, Reason.CASH_CAPS_REACHED, Reason.NO_TIME_LEFT)


def impossible_stops(problem: RoutingProblem) -> dict[str, Reason]:
    """The stops that no plan serves, by id, with the reason.

    Travel is taken along the shortest chain of legs, so that what is impossible here is impossible in every plan.
    """
    if not problem.vehicles:
        return {stop.stop_id: Reason.NO_VEHICLE for stop in problem.stops}
    ways = {vehicle.kind: _ways(problem.travel_s(vehicle)) for vehicle in problem.vehicles}
    impossible = {}
    for stop in problem.stops:
        against = [_against(stop, v, *(int(way[stop.node]) for way in ways[v.kind])) for v in problem.vehicles]
        if all(against):
            impossible[stop.stop_id] = _shared(against, _ALONE, otherwise=Reason.NO_VEHICLE_FITS)
    return impossible


def reason_in_plan(problem: RoutingProblem, drafts: Sequence[Draft], stop: Stop) -> Reason:
    """Why a stop that is not impossible is in none of these drafts, one for each vehicle.

    Only vehicles that could serve it if they served nothing else are asked.
    """
    able = [draft for draft in drafts if draft_tour(problem, draft.vehicle, [stop])] or drafts
    full = [_full(draft, stop) for draft in able]
    if not all(full):
        return Reason.NOT_WORTH_THE_WAY
    return _shared(full, _IN_PLAN, otherwise=Reason.NO_VEHICLE_HAS_ROOM)


def _shared(grounds: Sequence[frozenset[Reason]], order: Sequence[Reason], *, otherwise: Reason) -> Reason:
    common = frozenset.intersection(*grounds)
    return next((reason for reason in order if reason in common), otherwise)


def _full(draft: Draft, stop: Stop) -> frozenset[Reason]:
    stops = (*draft.stops, stop)
    found = {
        Reason.LOADS_FULL: not fits_load(draft.vehicle, stops),
        Reason.CASH_CAPS_REACHED: not fits_cash(draft.vehicle, stops),
        Reason.NO_TIME_LEFT: cheapest_place(draft, stop) is None,
    }
    return frozenset(reason for reason, applies in found.items() if applies)


def _against(stop: Stop, vehicle: Vehicle, way_out_s: int, way_back_s: int) -> frozenset[Reason]:
    if UNREACHABLE in (way_out_s, way_back_s):
        return frozenset({Reason.UNREACHABLE})
    arrival_s = vehicle.shift_start_s + way_out_s
    start_s = earliest_start_s(stop, arrival_s)
    rest_s = stop.service_s + way_back_s
    too_short = arrival_s + rest_s > vehicle.shift_end_s
    found = {
        Reason.TOO_HEAVY: stop.weight_g > vehicle.capacity_g,
        Reason.TOO_MANY_PARCELS: stop.parcels > vehicle.capacity_parcels,
        Reason.OVER_CASH_CAP: stop.cash_poisha > vehicle.cash_cap_poisha,
        Reason.SHIFT_TOO_SHORT: too_short,
        Reason.WINDOW_CLOSED: not too_short and (start_s is None or start_s + rest_s > vehicle.shift_end_s),
    }
    return frozenset(reason for reason, applies in found.items() if applies)


def _ways(travel_s: Matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    return _shortest_from_depot(travel_s), _shortest_from_depot(travel_s.T)


def _shortest_from_depot(travel_s: Matrix) -> npt.NDArray[np.int64]:
    """Least seconds from the depot to each node over any chain of legs (Dijkstra on the full matrix): (n,) int64."""
    least_s: npt.NDArray[np.int64] = travel_s[DEPOT].copy()
    open_nodes = np.ones(len(travel_s), dtype=np.bool_)
    for _ in range(len(travel_s)):
        nearest = int(np.where(open_nodes, least_s, UNREACHABLE + 1).argmin())
        open_nodes[nearest] = False
        np.minimum(least_s, least_s[nearest] + travel_s[nearest], out=least_s)
    least_s[least_s > UNREACHABLE] = UNREACHABLE
    return least_s
