"""Where a stop costs least: between its good neighbours, at the ends of the tours just torn, or on a tour of its own."""

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
    HINT,
    IDLE,
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
    RUINED,
    SERVICE,
    SKIP,
    TOUR,
    UNTIMED,
    USED,
    VARIED,
    WAY_OF,
    WORK,
    uniform,
)
from post_logistics.routing.kernel.loads import has_room, has_room_by_return, has_room_for, trip_begins
from post_logistics.routing.kernel.moves import drive_between, way_between

PLAIN, RETURN_FIRST, RETURN_LAST = range(3)
"""How a stop goes in: by itself, or with a return to the depot just before or just after it."""

BESIDE, GLANCE, EVERYWHERE = np.int64(0), np.int64(1), np.int64(2)
"""Where to look for a place. No plain numbers: numba would compile the caller once for each."""
NO_TOUR = np.int64(0)
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
def cost_of_place(world: Any, tours: Any, stop: int, before: int, limit: float) -> float:
    """What the stop costs more after that node, or something not below the limit if it cannot go there for less."""
    nodes = tours.nodes
    after, kind = nodes[before, NEXT], nodes[before, KIND]
    way = world.kinds[kind, WAY_OF]
    cost = float(
        world.way[-1, way, stop, nodes[before, OUT]] + world.way[0, way, stop, nodes[after, IN]] - nodes[before, ARC]
    )
    if cost >= limit:
        return _FAR
    tour = nodes[before, TOUR]
    depot = world.stops.shape[0] + tour
    if world.rules[VARIED]:
        if world.extra[kind, stop] >= FORBIDDEN:
            return _FAR
        cost += world.extra[kind, stop]
    if nodes[depot, COUNT] == 0:
        cost += world.vehicles[tour, FIXED]
    if world.rules[FAIR]:
        cost += _fairness_of(world, tours, stop, before, after, tour, kind)
    if cost >= limit or (world.rules[COUNTED] and nodes[depot, COUNT] >= world.vehicles[tour, MOST_STOPS]):
        return _FAR
    if not has_room(world, tours, stop, before):
        return _FAR
    if world.rules[CLOCK] != UNTIMED and not in_time(world, tours, stop, before, after, kind):
        return _FAR
    return cost


@compiled
def _fairness_of(world: Any, tours: Any, stop: int, before: int, after: int, tour: int, kind: int) -> float:
    direct = before != after or world.vehicles[tour, IDLE] > 0
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
    """Whether two nodes, a return and a stop in whichever order, can be served one after the other between two others."""
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
    if world.rules[COUNTED] and nodes[depot, COUNT] >= world.vehicles[tour, MOST_STOPS]:
        return _FAR
    first, second = (back, stop) if how == RETURN_FIRST else (stop, back)
    if trip_begins(world, before if how == RETURN_FIRST else after):
        return _FAR
    if not has_room_by_return(world, tours, stop, before, how == RETURN_FIRST):
        return _FAR
    cost = float(
        way_between(world, tours, before, first, kind)
        + way_between(world, tours, first, second, kind)
        + way_between(world, tours, second, after, kind)
        - nodes[before, ARC]
    )
    cost += world.extra[kind, stop] if world.rules[VARIED] else 0
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


@compiled
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
def _candidate(world: Any, tours: Any, stop: int, i: int, ruined: int) -> int:
    """The node of the i-th place looked at for the stop; -1: there is none."""
    nodes = tours.nodes
    beside = world.beside.shape[1]
    if i < beside:
        node = world.beside[stop, i]
        if node < 0 or nodes[node, TOUR] == FREE:
            return -1
        return node if i < beside // 2 else nodes[node, PREV]
    i -= beside
    if i < 2 * ruined:
        depot = world.stops.shape[0] + tours.lists[RUINED, i // 2]
        return depot if i % 2 == 0 else nodes[depot, PREV]
    tour = empty_tour(world, tours, i - 2 * ruined)
    return world.stops.shape[0] + tour if tour >= 0 else -1


@compiled
def cheapest_place(world: Any, tours: Any, stop: int, ruined: int, look: int) -> tuple[float, int, int]:
    """Extra cost, node to go after and how, of the best place below the stop's penalty; node -1: there is none.

    Looked at: after its good predecessors, before its good successors, the ends of the first ``ruined`` tours torn, an
    empty tour of each kind; GLANCE overlooks some of them, EVERYWHERE looks at all places there are.
    """
    everywhere, blinking = look == EVERYWHERE, look == GLANCE
    best, place, how = world.worth[stop, PENALTY], -1, PLAIN
    count = tours.nodes.shape[0] if everywhere else world.beside.shape[1] + 2 * ruined + world.kinds.shape[0]
    for i in range(count):
        before = i if everywhere else _candidate(world, tours, stop, i, ruined)
        if before < 0 or tours.nodes[before, TOUR] == FREE or (blinking and overlooked(tours)):
            continue
        cost = cost_of_place(world, tours, stop, before, best)
        if cost < best:
            best, place, how = cost, before, PLAIN
        tour = tours.nodes[before, TOUR]
        allowed = world.vehicles[tour, END_RETURN] - world.vehicles[tour, FIRST_RETURN]
        if allowed > tours.nodes[world.stops.shape[0] + tour, BACK]:
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
    """What keeps the stop out of a tour wherever it would go in: the bits of what fits nowhere; 0: it fits."""
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    found = LOADS_HINDER | CASH_HINDERS | TIME_HINDERS
    cash = world.rules[CASH]
    node = depot
    while True:
        if not world.rules[COUNTED] or nodes[depot, COUNT] < world.vehicles[tour, MOST_STOPS]:
            roomy = True
            for d in range(world.rules[LOADS]):
                if d != cash:
                    roomy = roomy and has_room_for(world, tours, stop, node, d)
            if roomy:
                found &= ~LOADS_HINDER
        if cash < 0 or has_room_for(world, tours, stop, node, cash):
            found &= ~CASH_HINDERS
        if world.rules[CLOCK] == UNTIMED or in_time(world, tours, stop, node, nodes[node, NEXT], nodes[node, KIND]):
            found &= ~TIME_HINDERS
        node = nodes[node, NEXT]
        if node == depot:
            return found
