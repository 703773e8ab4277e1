"""Where a stop costs least: beside its good neighbours, at the ends of the tours just torn, or on a tour of its own."""

from math import log
from typing import Any

import numpy as np

from post_logistics.routing.kernel.clock import departures, in_time, there
from post_logistics.routing.kernel.compiled import compiled, inlined
from post_logistics.routing.kernel.layout import (
    ARC,
    BACK,
    CASH,
    CLOCK,
    COUNT,
    COUNTED,
    END_RETURN,
    END_TOUR,
    FAIR,
    FIRST_RETURN,
    FIRST_TOUR,
    FIXED,
    FORBIDDEN,
    FREE,
    HEADS,
    HINT,
    IN,
    KIND,
    LATEST,
    LATEST_UNRESTED,
    LOADS,
    MOST_STOPS,
    NEXT,
    OUT,
    PENALTY,
    PREV,
    READY,
    READY_UNRESTED,
    RELOAD,
    RELOAD_COST,
    RUINED,
    SERVICE,
    SKIP,
    TOUR,
    UNDER_WAY,
    UNTIMED,
    USED,
    VARIED,
    WAY_OF,
    WORK,
    uniform,
)
from post_logistics.routing.kernel.loads import has_room, has_room_by_return, has_room_for, starts_empty, trip_begins
from post_logistics.routing.kernel.moves import drive_between, way_between

PLAIN, RETURN_FIRST, RETURN_LAST = range(3)
"""How a stop goes in: by itself, or with a return to the depot just before or just after it."""

BESIDE: Any = np.int64(0)
GLANCE: Any = np.int64(1)
EVERYWHERE: Any = np.int64(2)
"""Where to look for a place. No plain numbers: numba would compile the caller once for each."""
NO_TOUR: Any = np.int64(0)
"""None ruined."""

_FAR = 1e18
_OVERLOOKED = 0.01
"""Share of places passed over unseen, so that the cheapest is not always taken (the paper's blinks)."""


@inlined
def overlooked(tours: Any) -> bool:
    """Whether this place is passed over; counts down to the next one that is."""
    tours.numbers[SKIP] -= 1
    if tours.numbers[SKIP] >= 0:
        return False
    tours.numbers[SKIP] = int(log(1.0 - uniform(tours)) / log(1.0 - _OVERLOOKED))
    return True


@inlined
def has_heads(world: Any, tours: Any, stop: int, tour: int) -> bool:
    """Whether the tour may have so many stops more."""
    if not world.rules[COUNTED]:
        return True
    count = tours.nodes[world.stops.shape[0] + tour, COUNT] + world.stops[stop, HEADS]
    return count <= world.vehicles[tour, MOST_STOPS]


@inlined
def detour(world: Any, tours: Any, stop: int, before: int) -> int:
    """What the way through the stop after that node costs more than the way past it."""
    nodes = tours.nodes
    way = world.kinds[nodes[before, KIND], WAY_OF]
    to, on = world.way[-1, way, stop, nodes[before, OUT]], world.way[0, way, stop, nodes[nodes[before, NEXT], IN]]
    return to + on - nodes[before, ARC]


@inlined
def cost_of_place(world: Any, tours: Any, stop: int, before: int, limit: float) -> float:
    """What the stop costs more after that node, or something not below the limit if it cannot go there for less."""
    nodes = tours.nodes
    cost = float(detour(world, tours, stop, before))
    if cost >= limit:
        return _FAR
    after, kind, tour = nodes[before, NEXT], nodes[before, KIND], nodes[before, TOUR]
    depot = world.stops.shape[0] + tour
    if world.rules[VARIED]:
        if world.extra[kind, stop] >= FORBIDDEN:
            return _FAR
        cost += world.extra[kind, stop]
    if nodes[depot, COUNT] == 0:
        cost += world.vehicles[tour, FIXED]
    if world.rules[FAIR]:
        cost += _fairness_of(world, tours, stop, before, after, tour, kind)
    if cost >= limit or not has_heads(world, tours, stop, tour):
        return _FAR
    if not has_room(world, tours, stop, before):
        return _FAR
    if world.rules[CLOCK] != UNTIMED and not in_time(world, tours, stop, before, after, kind):
        return _FAR
    return cost


@compiled
def _fairness_of(world: Any, tours: Any, stop: int, before: int, after: int, tour: int, kind: int) -> float:
    direct = before != after or world.vehicles[tour, UNDER_WAY] > 0
    more_s = world.stops[stop, SERVICE] - (drive_between(world, tours, before, after, kind) if direct else 0)
    more_s += drive_between(world, tours, before, stop, kind) + drive_between(world, tours, stop, after, kind)
    worked_s = float(tours.nodes[world.stops.shape[0] + tour, WORK])
    return float(world.fairness[0] * ((worked_s + more_s) * (worked_s + more_s) - worked_s * worked_s))


@compiled
def free_return(world: Any, tours: Any, tour: int) -> int:
    """A return that the tour may still make; -1: none."""
    for back in range(world.vehicles[tour, FIRST_RETURN], world.vehicles[tour, END_RETURN]):
        if tours.nodes[back, TOUR] == FREE:
            return back
    return -1


@compiled
def _in_time_by_return(world: Any, tours: Any, first: int, second: int, before: int, after: int) -> bool:
    """Whether a return and a stop, in whichever order, can be served one after the other between two nodes."""
    nodes = tours.nodes
    tour, kind = nodes[before, TOUR], nodes[before, KIND]
    ready_s, unrested_s = nodes[before, READY], nodes[before, READY_UNRESTED]
    at = before
    for i in range(2):
        node = first if i == 0 else second
        drive_s = drive_between(world, tours, at, node, kind)
        ready_s, unrested_s = departures(
            world, node, tour, there(world, kind, ready_s, drive_s), there(world, kind, unrested_s, drive_s)
        )
        at = node
    drive_s = drive_between(world, tours, at, after, kind)
    return (
        there(world, kind, ready_s, drive_s) <= nodes[after, LATEST]
        or there(world, kind, unrested_s, drive_s) <= nodes[after, LATEST_UNRESTED]
    )


@compiled
def cost_with_return(world: Any, tours: Any, stop: int, before: int, back: int, how: int, limit: float) -> float:
    """What stop and return cost more after that node, or something not below the limit."""
    nodes = tours.nodes
    after, tour, kind = nodes[before, NEXT], nodes[before, TOUR], nodes[before, KIND]
    depot = world.stops.shape[0] + tour
    if world.rules[VARIED] and world.extra[kind, stop] >= FORBIDDEN:
        return _FAR
    if not has_heads(world, tours, stop, tour):
        return _FAR
    first, second = (back, stop) if how == RETURN_FIRST else (stop, back)
    if starts_empty(world, tours, before) if how == RETURN_FIRST else trip_begins(world, after):
        return _FAR
    if not has_room_by_return(world, tours, stop, before, how == RETURN_FIRST):
        return _FAR
    cost = float(
        way_between(world, tours, before, first, kind)
        + way_between(world, tours, first, second, kind)
        + way_between(world, tours, second, after, kind)
        - nodes[before, ARC]
    )
    cost += world.vehicles[tour, RELOAD_COST] + (world.extra[kind, stop] if world.rules[VARIED] else 0)
    if world.rules[FAIR]:
        more_s = drive_between(world, tours, before, first, kind) + drive_between(world, tours, first, second, kind)
        more_s += drive_between(world, tours, second, after, kind) - drive_between(world, tours, before, after, kind)
        more_s += world.stops[stop, SERVICE] + world.vehicles[tour, RELOAD]
        worked_s = float(nodes[depot, WORK])
        cost += world.fairness[0] * ((worked_s + more_s) * (worked_s + more_s) - worked_s * worked_s)
    if cost >= limit:
        return _FAR
    if world.rules[CLOCK] != UNTIMED and not _in_time_by_return(world, tours, first, second, before, after):
        return _FAR
    return cost


@inlined
def empty_tour(world: Any, tours: Any, kind: int) -> int:
    """A tour of that kind without stops; -1: none."""
    first, end = world.kinds[kind, FIRST_TOUR], world.kinds[kind, END_TOUR]
    if tours.lists[USED, kind] >= end - first:
        return -1
    at = tours.lists[HINT, kind]
    while tours.nodes[world.stops.shape[0] + at, COUNT] > 0:
        at = at + 1 if at + 1 < end else first
    tours.lists[HINT, kind] = at
    return int(at)


@inlined
def _end(world: Any, tours: Any, i: int, ruined: int) -> int:
    """The i-th of the further places: ends of the tours torn, then an empty tour of each kind; -1: there is none."""
    if i < 2 * ruined:
        depot = world.stops.shape[0] + tours.lists[RUINED, i // 2]
        return depot if i % 2 == 0 else tours.nodes[depot, PREV]
    tour = empty_tour(world, tours, i - 2 * ruined)
    return world.stops.shape[0] + tour if tour >= 0 else -1


@compiled
def cheapest_place(world: Any, tours: Any, stop: int, ruined: int, look: int) -> tuple[float, int, int]:
    """Extra cost, node to go after and how, of the best place below the stop's penalty; node -1: there is none.

    Looked at: after its good predecessors, before its good successors, the ends of the first ``ruined`` tours torn, an
    empty tour of each kind; GLANCE overlooks some of them, EVERYWHERE looks at all places there are.
    """
    nodes, beside = tours.nodes, world.beside[stop]
    one_way = world.way.shape[1] == 1
    to_stop, from_stop = world.way[-1, 0, stop], world.way[0, 0, stop]
    best, place, how = world.worth[stop, PENALTY], -1, PLAIN
    both = 0 if look == EVERYWHERE else beside.size
    count = nodes.shape[0] if look == EVERYWHERE else both + 2 * ruined + world.kinds.shape[0]
    for i in range(count):
        if i < both:
            node = beside[i]
            if node < 0 or nodes[node, TOUR] == FREE:
                continue
            before = node if i < both // 2 else nodes[node, PREV]
        else:
            before = i if look == EVERYWHERE else _end(world, tours, i - both, ruined)
            if before < 0 or nodes[before, TOUR] == FREE:
                continue
        if one_way:
            after = nodes[before, NEXT]
            if to_stop[nodes[before, OUT]] + from_stop[nodes[after, IN]] - nodes[before, ARC] >= best:
                continue
        if look == GLANCE and overlooked(tours):
            continue
        cost = cost_of_place(world, tours, stop, before, best)
        if cost < best:
            best, place, how = cost, before, PLAIN
        tour = nodes[before, TOUR]
        allowed = world.vehicles[tour, END_RETURN] - world.vehicles[tour, FIRST_RETURN]
        if allowed > nodes[world.stops.shape[0] + tour, BACK]:
            back = free_return(world, tours, tour)
            for with_return in range(RETURN_FIRST, RETURN_LAST + 1):
                cost = cost_with_return(world, tours, stop, before, back, with_return, best)
                if cost < best:
                    best, place, how = cost, before, with_return
    return best, place, how


LOADS_HINDER, CASH_HINDERS, TIME_HINDERS = 1, 2, 4
"""Bits of ``hindrances``."""


@compiled
def hindrances(world: Any, tours: Any, stop: int, tour: int) -> int:
    """What keeps the stop out of a tour wherever it would go in: the bits of what fits nowhere; 0: it fits.

    A tour that may still return to the depot has room for any load, if there is time for it.
    """
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    cash = world.rules[CASH]
    back = free_return(world, tours, tour)
    found = LOADS_HINDER | CASH_HINDERS | TIME_HINDERS
    if back >= 0:
        found = TIME_HINDERS if has_heads(world, tours, stop, tour) else LOADS_HINDER | TIME_HINDERS
    node = depot
    while True:
        if has_heads(world, tours, stop, tour):
            roomy = True
            for d in range(world.rules[LOADS]):
                if d != cash:
                    roomy = roomy and has_room_for(world, tours, stop, node, d)
            if roomy:
                found &= ~LOADS_HINDER
        if cash < 0 or has_room_for(world, tours, stop, node, cash):
            found &= ~CASH_HINDERS
        if back < 0:
            after, kind = nodes[node, NEXT], nodes[node, KIND]
            if world.rules[CLOCK] == UNTIMED or in_time(world, tours, stop, node, after, kind):
                found &= ~TIME_HINDERS
        else:
            if cost_of_place(world, tours, stop, node, _FAR) < _FAR:
                return 0
            for how in range(RETURN_FIRST, RETURN_LAST + 1):
                if cost_with_return(world, tours, stop, node, back, how, _FAR) < _FAR:
                    return 0
        node = nodes[node, NEXT]
        if node == depot:
            return found
