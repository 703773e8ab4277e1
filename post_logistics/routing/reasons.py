"""Why a stop is in no tour: first what no plan could change, then what stands in its way in the plan at hand."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from post_logistics.routing.doors import Call, calls_of
from post_logistics.routing.kernel.layout import FORBIDDEN, Tours
from post_logistics.routing.kernel.places import CASH_HINDERS, LOADS_HINDER, TIME_HINDERS, hindrances
from post_logistics.routing.plan import Reason
from post_logistics.routing.problem import UNREACHABLE, Matrix, RoutingProblem, Vehicle
from post_logistics.routing.timing import arrival, latest_return_s
from post_logistics.routing.world import Ground

_ALONE = (
    Reason.UNREACHABLE,
    Reason.NO_SKILL,
    Reason.TOO_HEAVY,
    Reason.TOO_BULKY,
    Reason.TOO_MANY_PARCELS,
    Reason.OVER_CASH_CAP,
    Reason.LOADS_FULL,
    Reason.SHIFT_TOO_SHORT,
    Reason.WINDOW_CLOSED,
)
"""What can rule out a vehicle whatever else it does, the first to be named first."""
_IN_PLAN = (
    (LOADS_HINDER, Reason.LOADS_FULL),
    (CASH_HINDERS, Reason.CASH_CAPS_REACHED),
    (TIME_HINDERS, Reason.NO_TIME_LEFT),
)


def impossible_stops(problem: RoutingProblem) -> dict[str, Reason]:
    """The stops that no plan serves, by id, with the reason.

    Travel is taken along the shortest chain of legs and breaks are left aside, so that what is impossible here is
    impossible in every plan. Stops of one door share its fate: what rules out the door is said of each.
    """
    calls = calls_of(problem, problem.stops)
    if not problem.vehicles:
        return {stop.stop_id: Reason.NO_VEHICLE for call in calls for stop in call.stops}
    reach = _Reach(problem)
    impossible = {}
    for call in calls:
        reason = reach.against(call)
        if reason is not None:
            for stop in call.stops:
                alone = reach.against(calls_of(problem, [stop])[0]) if len(call.stops) > 1 else reason
                impossible[stop.stop_id] = alone or Reason.DOOR_REFUSED
    return impossible


def reasons_in_plan(ground: Ground, made: Tours, absent: Sequence[int]) -> dict[int, Reason]:
    """Why each of those calls, none of them impossible, is in none of these tours."""
    world = ground.world
    found = {}
    for call in absent:
        masks = [
            hindrances(world, made, call, tour)
            for tour in range(len(ground.vehicles))
            if world.extra[world.vehicles[tour, 0], call] < FORBIDDEN
        ]
        common = LOADS_HINDER | CASH_HINDERS | TIME_HINDERS
        for mask in masks:
            common &= mask
        if not all(masks) and ground.calls[call].prize_m is not None:
            found[call] = Reason.NOT_WORTH_THE_WAY
        else:
            found[call] = next((reason for bit, reason in _IN_PLAN if common & bit), Reason.NO_VEHICLE_HAS_ROOM)
    return found


class _Reach:
    """How soon each vehicle is anywhere, and how soon back."""

    def __init__(self, problem: RoutingProblem) -> None:
        self.problem = problem
        self.node_of = {stop.stop_id: stop.node for stop in problem.stops}
        self.ways: dict[tuple[int, int, bool], npt.NDArray[np.int64]] = {}

    def _least_s(self, matrix: Matrix, node: int, back: bool) -> npt.NDArray[np.int64]:
        key = (id(matrix), node, back)
        if key not in self.ways:
            self.ways[key] = _shortest_from(matrix.T if back else matrix, node)
        return self.ways[key]

    def against(self, call: Call) -> Reason | None:
        """What rules out the call for every vehicle; None if one of them could serve it alone."""
        grounds = []
        for vehicle in self.problem.vehicles:
            grounds.append(self._grounds(call, vehicle))
            if not grounds[-1]:
                return None
        common = frozenset.intersection(*grounds)
        return next((reason for reason in _ALONE if reason in common), Reason.NO_VEHICLE_FITS)

    def _grounds(self, call: Call, vehicle: Vehicle) -> frozenset[Reason]:
        matrix = self.problem.travel_s(vehicle)
        start = self.node_of[vehicle.frozen[-1].stop_id] if vehicle.frozen else vehicle.start_node
        out_s = int(self._least_s(matrix, start, back=False)[call.node])
        back_s = int(self._least_s(matrix, vehicle.end_node, back=True)[call.node])
        if UNREACHABLE in (out_s, back_s):
            return frozenset({Reason.UNREACHABLE})
        load = np.maximum(call.load(pickup=False), call.load(pickup=True))
        leave_s = vehicle.frozen[-1].departure_s if vehicle.frozen else vehicle.shift_start_s
        there_s = arrival(vehicle, leave_s, out_s)
        end_s = latest_return_s(self.problem, vehicle)
        too_short = arrival(vehicle, there_s + call.service_s, back_s) > end_s
        begins_s = _begins_s(call, there_s)
        closed = begins_s is None or arrival(vehicle, begins_s + call.service_s, back_s) > end_s
        most_stops = UNREACHABLE if vehicle.max_stops is None else vehicle.max_stops
        found = {
            Reason.NO_SKILL: not call.skills <= vehicle.skills,
            Reason.TOO_HEAVY: load[0] > vehicle.capacity_g,
            Reason.TOO_BULKY: vehicle.capacity_ml is not None and load[1] > vehicle.capacity_ml,
            Reason.TOO_MANY_PARCELS: load[2] > vehicle.capacity_parcels,
            Reason.OVER_CASH_CAP: call.cash_poisha > vehicle.cash_cap_poisha,
            Reason.LOADS_FULL: len(vehicle.frozen) + len(call.stops) > most_stops,
            Reason.SHIFT_TOO_SHORT: too_short,
            Reason.WINDOW_CLOSED: not too_short and closed,
        }
        return frozenset(reason for reason, applies in found.items() if applies)


def _begins_s(call: Call, there_s: int) -> int | None:
    if call.windows is None:
        return there_s
    return next((max(there_s, window.open_s) for window in call.windows if there_s < window.close_s), None)


def _shortest_from(travel_s: Matrix, node: int) -> npt.NDArray[np.int64]:
    """Least seconds from a node to each over any chain of legs (Dijkstra on the full matrix): (n,) int64."""
    least_s: npt.NDArray[np.int64] = travel_s[node].copy()
    open_nodes = np.ones(len(travel_s), dtype=np.bool_)
    for _ in range(len(travel_s)):
        nearest = int(np.where(open_nodes, least_s, UNREACHABLE + 1).argmin())
        open_nodes[nearest] = False
        np.minimum(least_s, least_s[nearest] + travel_s[nearest], out=least_s)
    least_s[least_s > UNREACHABLE] = UNREACHABLE
    return least_s
