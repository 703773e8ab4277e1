"""Tours in the making: whether a stop still fits, where it fits best, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from post_logistics.routing.plan import Tour, Visit
from post_logistics.routing.problem import DEPOT, Matrix, RoutingProblem, Stop, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A tour that keeps every limit of its vehicle, at the earliest times its order allows.

    ``ready_s[i]`` is when the rider is free to leave for stop i (the last entry: for the depot), ``latest_s[i]`` the
    latest arrival at stop i (the last entry: at the depot) from which the rest can still be done in time.
    """

    vehicle: Vehicle
    distance_m: Matrix
    travel_s: Matrix
    stops: tuple[Stop, ...]
    ready_s: tuple[int, ...]
    latest_s: tuple[int, ...]

    @property
    def nodes(self) -> list[int]:
        """The nodes passed, from depot to depot."""
        return [DEPOT, *(stop.node for stop in self.stops), DEPOT]

    @property
    def cost_m(self) -> int:
        """What riding it costs, in metres of driving; nothing if it has no stops."""
        return self.length_m + self.vehicle.fixed_cost_m if self.stops else 0

    @property
    def length_m(self) -> int:
        """Metres from depot to depot."""
        nodes = self.nodes
        return int(self.distance_m[nodes[:-1], nodes[1:]].sum())


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a draft a stop can go: before the stop now at ``position``, for ``extra_m`` more."""

    extra_m: int
    position: int


def draft_tour(problem: RoutingProblem, vehicle: Vehicle, stops: Sequence[Stop]) -> Draft | None:
    """The tour that calls at those stops in that order, or None if it breaks a limit of the vehicle or a window."""
    if not (fits_load(vehicle, stops) and fits_cash(vehicle, stops)):
        return None
    travel_s = problem.travel_s(vehicle)
    nodes = [DEPOT, *(stop.node for stop in stops), DEPOT]
    legs_s = travel_s[nodes[:-1], nodes[1:]].tolist()
    ready_s = [vehicle.shift_start_s]
    for stop, leg_s in zip(stops, legs_s, strict=False):
        start_s = earliest_start_s(stop, ready_s[-1] + leg_s)
        if start_s is None:
            return None
        ready_s.append(start_s + stop.service_s)
    if ready_s[-1] + legs_s[-1] > vehicle.shift_end_s:
        return None
    return Draft(
        vehicle=vehicle,
        distance_m=problem.distance_m,
        travel_s=travel_s,
        stops=tuple(stops),
        ready_s=tuple(ready_s),
        latest_s=_latest_arrivals(vehicle, stops, legs_s),
    )


def _latest_arrivals(vehicle: Vehicle, stops: Sequence[Stop], legs_s: Sequence[int]) -> tuple[int, ...]:
    latest_s = [vehicle.shift_end_s]
    for stop, leg_s in zip(reversed(stops), reversed(legs_s), strict=False):
        start_s = _latest_start_s(stop, latest_s[-1] - leg_s - stop.service_s)
        assert start_s is not None, "the tour is feasible"
        latest_s.append(start_s)
    return tuple(reversed(latest_s))


def fits_load(vehicle: Vehicle, stops: Sequence[Stop]) -> bool:
    """Whether the vehicle can carry all those stops' parcels, and may make so many stops."""
    return (
        sum(stop.weight_g for stop in stops) <= vehicle.capacity_g
        and sum(stop.parcels for stop in stops) <= vehicle.capacity_parcels
        and (vehicle.max_stops is None or len(stops) <= vehicle.max_stops)
    )


def fits_cash(vehicle: Vehicle, stops: Sequence[Stop]) -> bool:
    """Whether the rider may carry all that is to be collected at those stops."""
    return sum(stop.cash_poisha for stop in stops) <= vehicle.cash_cap_poisha


def earliest_start_s(stop: Stop, arrival_s: int) -> int | None:
    """When service can begin for a rider who is there at ``arrival_s``; None: not any more that day."""
    if not stop.windows:
        return arrival_s
    return next((max(arrival_s, window.open_s) for window in stop.windows if arrival_s < window.close_s), None)


def _latest_start_s(stop: Stop, by_s: int) -> int | None:
    if not stop.windows:
        return by_s
    return next((min(by_s, w.close_s - 1) for w in reversed(stop.windows) if w.open_s <= by_s), None)


def cheapest_place(draft: Draft, stop: Stop) -> Place | None:
    """The cheapest place for the stop that spoils no time of the draft, or None. Looks at times only, not at loads."""
    nodes, travel_s, distance_m = draft.nodes, draft.travel_s, draft.distance_m
    fixed_m = 0 if draft.stops else draft.vehicle.fixed_cost_m
    places = []
    for position, (before, after) in enumerate(pairwise(nodes)):
        start_s = earliest_start_s(stop, draft.ready_s[position] + int(travel_s[before, stop.node]))
        if start_s is not None:
            arrival_s = start_s + stop.service_s + int(travel_s[stop.node, after])
            if arrival_s <= draft.latest_s[position]:
                detour_m = distance_m[before, stop.node] + distance_m[stop.node, after] - distance_m[before, after]
                places.append(Place(int(detour_m) + fixed_m, position))
    return min(places, default=None)


def tour_of(draft: Draft) -> Tour:
    """The tour with its times: away as late as the first door allows, then every stop as early as can be."""
    first, *others = draft.stops
    way_out_s = int(draft.travel_s[DEPOT, first.node])
    depart_s = draft.ready_s[1] - first.service_s - way_out_s
    visits = [Visit(first.stop_id, depart_s + way_out_s, draft.ready_s[1])]
    for before, stop, departure_s in zip(draft.stops, others, draft.ready_s[2:], strict=False):
        leg_s = int(draft.travel_s[before.node, stop.node])
        visits.append(Visit(stop.stop_id, visits[-1].departure_s + leg_s, departure_s))
    return Tour(
        vehicle_id=draft.vehicle.vehicle_id,
        depart_s=depart_s,
        visits=tuple(visits),
        return_s=draft.ready_s[-1] + int(draft.travel_s[draft.stops[-1].node, DEPOT]),
        distance_m=draft.length_m,
        parcels=sum(stop.parcels for stop in draft.stops),
        weight_g=sum(stop.weight_g for stop in draft.stops),
        cash_poisha=sum(stop.cash_poisha for stop in draft.stops),
    )
