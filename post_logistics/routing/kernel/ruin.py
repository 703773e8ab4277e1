"""Strings of neighbouring stops taken out of tours near a random stop."""

from typing import Any

from post_logistics.routing.kernel.compiled import compiled
from post_logistics.routing.kernel.layout import (
    ABSENTEES,
    ARC,
    BACK,
    CLOCK,
    COUNT,
    FREE,
    KIND,
    NEXT,
    PREV,
    REMOVED,
    RUINED,
    TOUR,
    UNTIMED,
    USED,
    uniform,
)
from post_logistics.routing.kernel.loads import starts_empty, trip_begins, trips_fit_together
from post_logistics.routing.kernel.moves import drive_between, offer_again, take_out, way_between

_STOPS_OUT = 10
"""Average number of stops taken out in a round."""
_LONGEST = 10
"""Most stops in a string."""
_SPLIT = 0.5
"""Share of strings from whose middle something is left in."""
_KEEP_MORE = 0.01
"""Chance of each further stop left in there."""
_OFFERED = 8
"""How many absent stops are offered again in a round."""


@compiled
def ruin(world: Any, tours: Any) -> tuple[int, int]:
    """Takes strings out of tours; gives back how many stops were removed and how many tours ruined."""
    stops = world.stops.shape[0]
    served = stops - tours.numbers[ABSENTEES]
    removed = _offer_absent(tours, world)
    running = 0
    for kind in range(world.kinds.shape[0]):
        running += tours.lists[USED, kind]
    if served == 0 or running == 0:
        return removed, 0
    longest = min(float(_LONGEST), served / running)
    most = 4.0 * _STOPS_OUT / (1.0 + longest) - 1.0
    wanted = int(uniform(tours) * most + 1.0)
    seed = int(uniform(tours) * stops)
    ruined = 0
    for i in range(-1, world.near.shape[1]):
        stop = seed if i < 0 else world.near[seed, i]
        if stop < 0 or tours.nodes[stop, TOUR] == FREE:
            continue
        tour = tours.nodes[stop, TOUR]
        if _is_ruined(tours, tour, ruined):
            continue
        removed = _tear(world, tours, stop, min(float(tours.nodes[stops + tour, COUNT]), longest), removed)
        if tours.nodes[stops + tour, BACK] > 0:
            _drop_returns(world, tours, tour)
        tours.lists[RUINED, ruined] = tour
        ruined += 1
        if ruined >= wanted:
            break
    return removed, ruined


@compiled
def _offer_absent(tours: Any, world: Any) -> int:
    removed = 0
    while removed < _OFFERED and tours.numbers[ABSENTEES] > 0:
        tours.lists[REMOVED, removed] = offer_again(world, tours, int(uniform(tours) * tours.numbers[ABSENTEES]))
        removed += 1
    return removed


@compiled
def _is_ruined(tours: Any, tour: int, ruined: int) -> bool:
    for i in range(ruined):
        if tours.lists[RUINED, i] == tour:
            return True
    return False


@compiled
def _tear(world: Any, tours: Any, stop: int, longest: float, removed: int) -> int:
    """A string around the stop, or one with a stretch left in, taken out of its tour."""
    nodes = tours.nodes
    length = int(uniform(tours) * longest + 1.0)
    left_in = 0
    if length > 1 and uniform(tours) < _SPLIT:
        room = nodes[world.stops.shape[0] + nodes[stop, TOUR], COUNT] - length
        left_in = min(1, room)
        while 0 < left_in < room and uniform(tours) < _KEEP_MORE:
            left_in += 1
    first = _string_start(world, tours, stop, length + left_in)
    if left_in == 0:
        return _take_string(world, tours, first, length, removed)
    head = 1 + int(uniform(tours) * (length - 1))
    node = first
    for _ in range(head + left_in):
        node = nodes[node, NEXT]
        if trip_begins(world, node):
            return _take_string(world, tours, first, length, removed)
    removed = _take_string(world, tours, node, length - head, removed)
    return _take_string(world, tours, first, head, removed)


@compiled
def _string_start(world: Any, tours: Any, stop: int, length: int) -> int:
    """Where a string of that length, or of the trip's if shorter, begins that holds the stop."""
    nodes = tours.nodes
    ahead = 0
    node = nodes[stop, NEXT]
    while ahead < length - 1 and not trip_begins(world, node):
        ahead += 1
        node = nodes[node, NEXT]
    behind = 0
    node = nodes[stop, PREV]
    while behind < length - 1 and not trip_begins(world, node):
        behind += 1
        node = nodes[node, PREV]
    least = max(0, length - 1 - ahead)
    back = least + int(uniform(tours) * (behind - least + 1)) if behind > least else behind
    for _ in range(back):
        stop = nodes[stop, PREV]
    return stop


@compiled
def _take_string(world: Any, tours: Any, first: int, length: int, removed: int) -> int:
    """Takes out so many stops from the first on, or up to the end of the trip."""
    nodes = tours.nodes
    last = first
    tours.lists[REMOVED, removed] = first
    removed += 1
    for _ in range(length - 1):
        node = nodes[last, NEXT]
        if trip_begins(world, node):
            break
        last = node
        tours.lists[REMOVED, removed] = last
        removed += 1
    take_out(world, tours, first, last)
    return removed


@compiled
def _drop_returns(world: Any, tours: Any, tour: int) -> None:
    """Returns that nothing needs any more are left out of the tour."""
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    node = nodes[depot, NEXT]
    while node != depot:
        following = nodes[node, NEXT]
        if trip_begins(world, node) and _dispensable(world, tours, node):
            take_out(world, tours, node, node)
        node = following


@compiled
def _dispensable(world: Any, tours: Any, back: int) -> bool:
    """Whether the tour can do without the return for no more cost and time; it must, with nothing on one side."""
    nodes = tours.nodes
    before, after, kind = nodes[back, PREV], nodes[back, NEXT], nodes[back, KIND]
    if starts_empty(world, tours, before) or trip_begins(world, after):
        return True
    if way_between(world, tours, before, after, kind) > nodes[before, ARC] + nodes[back, ARC]:
        return False
    if world.rules[CLOCK] != UNTIMED:
        detour_s = drive_between(world, tours, before, back, kind) + drive_between(world, tours, back, after, kind)
        if drive_between(world, tours, before, after, kind) > detour_s:
            return False
    return trips_fit_together(world, tours, back)
