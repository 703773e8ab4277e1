"""Two tours swap their tails (2-opt*): the move that ruin and recreate finds hardest."""

from math import log
from typing import Any

from post_logistics.routing.kernel.clock import arrives, tell_backward, tell_forward
from post_logistics.routing.kernel.compiled import compiled
from post_logistics.routing.kernel.layout import (
    ARC,
    CLOCK,
    COST,
    COUNT,
    COUNTED,
    DRIVE_OF,
    FIXED,
    FREE,
    HEADS,
    IDLE,
    IN,
    KIND,
    LATEST,
    LOAD,
    LOADS,
    MIXED,
    MOST_STOPS,
    NEXT,
    OUT,
    PREV,
    READY,
    RICH,
    TOUR,
    UNTIMED,
    USED,
    WAY_OF,
    begin,
    save,
    undo,
    uniform,
)
from post_logistics.routing.kernel.loads import add_load, tell_loads, within_capacity
from post_logistics.routing.kernel.places import empty_tour

_TO_EMPTY = 0.05
"""Share of tries that put a tail on a tour of its own."""


@compiled
def swap_tails(world: Any, tours: Any, temperature: float) -> None:
    """One try: behind a random stop goes what is now before or after a good neighbour of it, if that may be."""
    nodes = tours.nodes
    stops = world.stops.shape[0]
    head = int(uniform(tours) * stops)
    successors = world.beside.shape[1] // 2
    if nodes[head, TOUR] == FREE or successors == 0:
        return
    kind = nodes[head, KIND]
    if uniform(tours) < _TO_EMPTY:
        other = empty_tour(world, tours, kind)
        if other < 0:
            return
        tail, other_head = stops + other, stops + other
    else:
        tail = world.beside[head, successors + int(uniform(tours) * successors)]
        if tail < 0 or nodes[tail, TOUR] == FREE:
            return
        other_head = nodes[tail, PREV]
    mine, other = nodes[head, TOUR], nodes[tail, TOUR]
    if mine == other or nodes[tail, KIND] != kind:
        return
    own_tail = nodes[head, NEXT]
    if own_tail >= stops and tail >= stops:
        return
    way = world.way[0, world.kinds[kind, WAY_OF]]
    to, back = way[nodes[head, OUT], nodes[tail, IN]], way[nodes[other_head, OUT], nodes[own_tail, IN]]
    if other_head >= stops and own_tail >= stops:
        back = world.vehicles[other, IDLE]
    change = float(to + back - nodes[head, ARC] - nodes[other_head, ARC])
    if other_head >= stops and tail >= stops:
        change += world.vehicles[other, FIXED]
    elif other_head >= stops and own_tail >= stops:
        change -= world.vehicles[other, FIXED]
    if change >= -temperature * log(1.0 - uniform(tours)):
        return
    if world.rules[CLOCK] != UNTIMED and not _in_time(world, tours, kind, head, tail, other_head, own_tail):
        return
    begin(tours)
    _exchange(world, tours, head, tail, other_head, own_tail)
    if _holds(world, tours, mine, head) and _holds(world, tours, other, other_head):
        tours.money[COST] += change
    else:
        undo(world, tours)


@compiled
def _in_time(world: Any, tours: Any, kind: int, head: int, tail: int, other_head: int, own_tail: int) -> bool:
    """Whether both new tours are in time as far as one window a stop goes; true where that is not all."""
    if world.rules[CLOCK] == RICH:
        return True
    nodes = tours.nodes
    drive = world.drive[0, world.kinds[kind, DRIVE_OF]]
    return (
        nodes[head, READY] + drive[nodes[head, OUT], nodes[tail, IN]] <= nodes[tail, LATEST]
        and nodes[other_head, READY] + drive[nodes[other_head, OUT], nodes[own_tail, IN]] <= nodes[own_tail, LATEST]
    )


@compiled
def _exchange(world: Any, tours: Any, head: int, tail: int, other_head: int, own_tail: int) -> None:
    """The tails change places; each ring ends at its own depot again, and every row of them says where it is."""
    nodes = tours.nodes
    stops = world.stops.shape[0]
    mine, other = nodes[head, TOUR], nodes[tail, TOUR]
    depot, other_depot = stops + mine, stops + other
    end, other_end = nodes[depot, PREV], nodes[other_depot, PREV]
    _join(world, tours, head, tail if tail < stops else depot)
    _join(world, tours, other_head, own_tail if own_tail < stops else other_depot)
    if tail < stops:
        _join(world, tours, other_end, depot)
    if own_tail < stops:
        _join(world, tours, end, other_depot)
    _retell(world, tours, mine)
    _retell(world, tours, other)


@compiled
def _join(world: Any, tours: Any, before: int, after: int) -> None:
    nodes = tours.nodes
    save(tours, before)
    save(tours, after)
    nodes[before, NEXT], nodes[after, PREV] = after, before
    nodes[before, ARC] = world.way[0, world.kinds[nodes[before, KIND], WAY_OF], nodes[before, OUT], nodes[after, IN]]


@compiled
def _retell(world: Any, tours: Any, tour: int) -> None:
    """Tour, stops and total loads of a ring whose links are right, and whether it is in use."""
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    save(tours, depot)
    was_used = nodes[depot, COUNT] > 0
    nodes[depot, COUNT] = 0
    if not world.rules[MIXED]:
        for d in range(world.rules[LOADS]):
            nodes[depot, LOAD + d] = 0
    node = nodes[depot, NEXT]
    while node != depot:
        save(tours, node)
        nodes[node, TOUR] = tour
        nodes[depot, COUNT] += world.stops[node, HEADS]
        if not world.rules[MIXED]:
            add_load(world, tours, node, tour, 1)
        node = nodes[node, NEXT]
    tours.lists[USED, nodes[depot, KIND]] += int(nodes[depot, COUNT] > 0) - int(was_used)
    if nodes[depot, COUNT] == 0:
        nodes[depot, ARC] = world.vehicles[tour, IDLE]


@compiled
def _holds(world: Any, tours: Any, tour: int, head: int) -> bool:
    """Whether the tour keeps its limits; tells its loads and its times from the head on."""
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    if world.rules[COUNTED] and nodes[depot, COUNT] > world.vehicles[tour, MOST_STOPS]:
        return False
    if world.rules[MIXED]:
        tell_loads(world, tours, tour)
    if not within_capacity(world, tours, tour):
        return False
    if world.rules[CLOCK] == UNTIMED:
        return True
    tail = nodes[head, NEXT]
    tell_forward(world, tours, tail)
    tell_backward(world, tours, head)
    return arrives(world, tours, tour)
