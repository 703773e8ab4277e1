"""The rounds: ruin, recreate, and the decision whether to go on from there."""

from math import log
from typing import Any

from post_logistics.routing.kernel.clock import arrives
from post_logistics.routing.kernel.compiled import compiled
from post_logistics.routing.kernel.layout import (
    ABSENT,
    ABSENTEES,
    ARC,
    BULK,
    CLOCK,
    CLOSES,
    COST,
    COUNT,
    COUNTED,
    FAR,
    FORBIDDEN,
    KIND,
    MOST_STOPS,
    NEVER,
    NEXT,
    OPENS,
    PREV,
    REMOVED,
    RUINED,
    TAILS,
    TOUR,
    UNTIMED,
    begin,
    keep,
    undo,
    uniform,
)
from post_logistics.routing.kernel.loads import within_capacity
from post_logistics.routing.kernel.moves import leave_out, offer_again, put_in, take_out
from post_logistics.routing.kernel.places import (
    BESIDE,
    EVERYWHERE,
    GLANCE,
    NO_TOUR,
    PLAIN,
    RETURN_FIRST,
    cheapest_place,
    cost_of_place,
    cost_with_return,
    free_return,
)
from post_logistics.routing.kernel.ruin import ruin
from post_logistics.routing.kernel.tails import swap_tails

_TAILS_TRIED = 3
_LOOK_EVERYWHERE = 0.02
"""Chance that a stop without a place near its neighbours is tried everywhere."""


@compiled
def anneal(world: Any, tours: Any, best: Any, rounds: int, temperature: float) -> None:
    """So many rounds at a temperature; ``best`` holds the best tours met."""
    for _ in range(rounds):
        if world.rules[TAILS]:
            for _ in range(_TAILS_TRIED):
                swap_tails(world, tours, temperature)
        begin(tours)
        before = tours.money[COST]
        removed, ruined = ruin(world, tours)
        _sort(world, tours, removed)
        for i in range(removed):
            _put_back(world, tours, tours.lists[REMOVED, i], ruined)
        dearer = tours.money[COST] >= before - temperature * log(1.0 - uniform(tours))
        if dearer or _late(world, tours, ruined):
            undo(world, tours)
        if tours.money[COST] < best.money[COST] - 1e-6:
            keep(tours, best)


@compiled
def _late(world: Any, tours: Any, ruined: int) -> bool:
    """Whether one of the tours torn is late: where a way past a stop takes longer than through it."""
    if world.rules[CLOCK] == UNTIMED:
        return False
    for i in range(ruined):
        if not arrives(world, tours, tours.lists[RUINED, i]):
            return True
    return False


@compiled
def construct(world: Any, tours: Any) -> None:
    """Puts every absent stop where it costs least, the hardest first."""
    begin(tours)
    count = 0
    while tours.numbers[ABSENTEES] > 0:
        tours.lists[REMOVED, count] = offer_again(world, tours, tours.numbers[ABSENTEES] - 1)
        count += 1
    for i in range(count):
        stop = tours.lists[REMOVED, i]
        tours.key[i] = -world.worth[stop, FAR]
    _insertion_sort(tours, count)
    for i in range(count):
        stop = tours.lists[REMOVED, i]
        _cost, before, how = cheapest_place(world, tours, stop, NO_TOUR, BESIDE)
        _go(world, tours, stop, before, how)
    squeeze(world, tours)


@compiled
def squeeze(world: Any, tours: Any) -> None:
    """Puts in every absent stop that fits anywhere for less than its penalty, until none does."""
    begin(tours)
    placed = True
    while placed:
        placed = False
        for at in range(tours.numbers[ABSENTEES] - 1, -1, -1):
            stop = tours.lists[ABSENT, at]
            _cost, before, how = cheapest_place(world, tours, stop, NO_TOUR, EVERYWHERE)
            if before >= 0:
                offer_again(world, tours, at)
                _go(world, tours, stop, before, how)
                placed = True


@compiled
def set_down(world: Any, tours: Any, node: int, before: int) -> None:
    """Puts an absent stop, or a return, in after the node; nobody asks whether it fits."""
    if node < world.stops.shape[0]:
        at = 0
        while tours.lists[ABSENT, at] != node:
            at += 1
        offer_again(world, tours, at)
    put_in(world, tours, node, before)


@compiled
def holds(world: Any, tours: Any, tour: int) -> bool:
    """Whether a tour that was set down keeps every limit: ways that exist, skills, stops, loads and times."""
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    if world.rules[COUNTED] and nodes[depot, COUNT] > world.vehicles[tour, MOST_STOPS]:
        return False
    node = depot
    while True:
        if nodes[node, ARC] >= NEVER:
            return False
        if node < world.stops.shape[0] and world.extra[nodes[node, KIND], node] >= FORBIDDEN:
            return False
        node = nodes[node, NEXT]
        if node == depot:
            break
    if not within_capacity(world, tours, tour):
        return False
    return world.rules[CLOCK] == UNTIMED or arrives(world, tours, tour)


@compiled
def extend(world: Any, tours: Any, stop: int, before: int, back: int) -> bool:
    """Puts an absent stop in after the node, after the return ``back`` unless that is -1; false if it does not fit."""
    if back < 0:
        fits = cost_of_place(world, tours, stop, before, NEVER) < NEVER
    else:
        fits = cost_with_return(world, tours, stop, before, back, RETURN_FIRST, NEVER) < NEVER
    if fits:
        if back >= 0:
            put_in(world, tours, back, before)
            before = back
        set_down(world, tours, stop, before)
    return fits


@compiled
def clear(world: Any, tours: Any, tour: int) -> None:
    """Takes everything out of a tour."""
    depot = world.stops.shape[0] + tour
    node = tours.nodes[depot, NEXT]
    if node == depot:
        return
    last = tours.nodes[depot, PREV]
    while node != depot:
        if node < world.stops.shape[0]:
            leave_out(world, tours, node)
        node = tours.nodes[node, NEXT]
    take_out(world, tours, tours.nodes[depot, NEXT], last)


@compiled
def _put_back(world: Any, tours: Any, stop: int, ruined: int) -> None:
    _cost, before, how = cheapest_place(world, tours, stop, ruined, GLANCE)
    if before < 0 and uniform(tours) < _LOOK_EVERYWHERE:
        _cost, before, how = cheapest_place(world, tours, stop, NO_TOUR, EVERYWHERE)
    _go(world, tours, stop, before, how)


@compiled
def _go(world: Any, tours: Any, stop: int, before: int, how: int) -> None:
    """The stop put where it was found to cost least, or left out if that is nowhere."""
    if before < 0:
        leave_out(world, tours, stop)
        return
    if how == PLAIN:
        put_in(world, tours, stop, before)
        return
    back = free_return(world, tours, tours.nodes[before, TOUR])
    if how == RETURN_FIRST:
        put_in(world, tours, back, before)
        put_in(world, tours, stop, back)
    else:
        put_in(world, tours, stop, before)
        put_in(world, tours, back, stop)


@compiled
def _sort(world: Any, tours: Any, removed: int) -> None:
    """The removed stops in one of several orders, drawn anew each round."""
    draw = uniform(tours) * (11.0 if world.rules[CLOCK] == UNTIMED else 17.0)
    for i in range(removed):
        stop = tours.lists[REMOVED, i]
        if draw < 4.0:
            key = uniform(tours)
        elif draw < 8.0:
            key = -world.worth[stop, BULK]
        elif draw < 10.0:
            key = -world.worth[stop, FAR]
        elif draw < 11.0:
            key = world.worth[stop, FAR]
        elif draw < 13.0:
            key = float(world.stops[stop, CLOSES]) - float(world.stops[stop, OPENS])
        elif draw < 15.0:
            key = float(world.stops[stop, OPENS])
        else:
            key = -float(world.stops[stop, CLOSES])
        tours.key[i] = key
    _insertion_sort(tours, removed)


@compiled
def _insertion_sort(tours: Any, count: int) -> None:
    for i in range(1, count):
        stop, key = tours.lists[REMOVED, i], tours.key[i]
        j = i - 1
        while j >= 0 and tours.key[j] > key:
            tours.lists[REMOVED, j + 1] = tours.lists[REMOVED, j]
            tours.key[j + 1] = tours.key[j]
            j -= 1
        tours.lists[REMOVED, j + 1] = stop
        tours.key[j + 1] = key


@compiled
def sequence(world: Any, nodes: Any, tour: int, into: Any) -> int:
    """Writes the list nodes of a tour in order; gives back how many."""
    depot = world.stops.shape[0] + tour
    node = nodes[depot, NEXT]
    count = 0
    while node != depot:
        into[count] = node
        count += 1
        node = nodes[node, NEXT]
    return count
