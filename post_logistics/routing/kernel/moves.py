"""Tours changed by one link: a stop or a return put in, a chain of stops taken out."""

from typing import Any

from post_logistics.routing.kernel.clock import tell_backward, tell_forward
from post_logistics.routing.kernel.compiled import compiled, inlined
from post_logistics.routing.kernel.layout import (
    ABSENT,
    ABSENTEES,
    ARC,
    BACK,
    CLOCK,
    COST,
    COUNT,
    DRIVE_OF,
    FAIR,
    FIXED,
    FREE,
    HEADS,
    IDLE,
    IN,
    KIND,
    LATEST,
    MIXED,
    NEXT,
    OUT,
    PENALTY,
    PREV,
    READY,
    RELOAD,
    RELOAD_COST,
    SERVICE,
    TOUR,
    UNDER_WAY,
    UNTIMED,
    UNTOLD,
    USED,
    VARIED,
    WAY_OF,
    WORK,
    save,
)
from post_logistics.routing.kernel.loads import add_load, tell_loads


@inlined
def way_between(world: Any, tours: Any, before: int, after: int, kind: int) -> int:
    """Cost of the way from one list node to another."""
    return world.way[0, world.kinds[kind, WAY_OF], tours.nodes[before, OUT], tours.nodes[after, IN]]


@inlined
def drive_between(world: Any, tours: Any, before: int, after: int, kind: int) -> int:
    """Seconds of the way from one list node to another."""
    return world.drive[0, world.kinds[kind, DRIVE_OF], tours.nodes[before, OUT], tours.nodes[after, IN]]


@inlined
def work_at(world: Any, node: int, tour: int) -> int:
    """Seconds of service at a stop, of reloading at a return."""
    return world.stops[node, SERVICE] if node < world.stops.shape[0] else world.vehicles[tour, RELOAD]


@compiled
def add_work(world: Any, tours: Any, tour: int, work_s: int) -> None:
    """The tour's work longer by so much, and the cost that goes with its square."""
    depot = world.stops.shape[0] + tour
    before_s = float(tours.nodes[depot, WORK])
    after_s = before_s + work_s
    tours.nodes[depot, WORK] += work_s
    tours.money[COST] += world.fairness[0] * (after_s * after_s - before_s * before_s)


@compiled
def tell_change(world: Any, tours: Any, tour: int, first: int, last: int) -> None:
    """Times anew from ``first`` on and from ``last`` back, and the loads of a mixed tour."""
    if world.rules[CLOCK] != UNTIMED:
        tell_forward(world, tours, first)
        tell_backward(world, tours, last)
    if world.rules[MIXED]:
        tell_loads(world, tours, tour)


@compiled
def put_in(world: Any, tours: Any, node: int, before: int) -> None:
    """The stop or return linked in after the node ``before``, with all that follows from it."""
    nodes = tours.nodes
    after, tour, kind = nodes[before, NEXT], nodes[before, TOUR], nodes[before, KIND]
    depot = world.stops.shape[0] + tour
    save(tours, before)
    save(tours, node)
    save(tours, after)
    save(tours, depot)
    to, on = way_between(world, tours, before, node, kind), way_between(world, tours, node, after, kind)
    tours.money[COST] += to + on - nodes[before, ARC]
    if world.rules[FAIR]:
        direct_s = (
            drive_between(world, tours, before, after, kind)
            if before != after or world.vehicles[tour, UNDER_WAY] > 0
            else 0
        )
        detour_s = drive_between(world, tours, before, node, kind) + drive_between(world, tours, node, after, kind)
        add_work(world, tours, tour, detour_s - direct_s + work_at(world, node, tour))
    if node < world.stops.shape[0]:
        tours.money[COST] += world.extra[kind, node] if world.rules[VARIED] else 0
        if nodes[depot, COUNT] == 0:
            tours.money[COST] += world.vehicles[tour, FIXED]
            tours.lists[USED, kind] += 1
        nodes[depot, COUNT] += world.stops[node, HEADS]
        if not world.rules[MIXED]:
            add_load(world, tours, node, tour, 1)
    else:
        nodes[depot, BACK] += 1
        tours.money[COST] += world.vehicles[tour, RELOAD_COST]
    nodes[before, NEXT], nodes[node, PREV] = node, before
    nodes[node, NEXT], nodes[after, PREV] = after, node
    nodes[before, ARC], nodes[node, ARC] = to, on
    nodes[node, TOUR], nodes[node, KIND] = tour, kind
    nodes[node, READY] = nodes[node, LATEST] = UNTOLD
    tell_change(world, tours, tour, node, node)


@compiled
def take_out(world: Any, tours: Any, first: int, last: int) -> None:
    """The chain from ``first`` to ``last`` unlinked; its stops and returns are in no tour any more."""
    nodes = tours.nodes
    before, after = nodes[first, PREV], nodes[last, NEXT]
    tour, kind = nodes[first, TOUR], nodes[first, KIND]
    depot = world.stops.shape[0] + tour
    save(tours, before)
    save(tours, after)
    save(tours, depot)
    ridden = nodes[depot, COUNT] > 0
    tours.money[COST] -= nodes[before, ARC]
    work_s = drive_between(world, tours, before, first, kind) if world.rules[FAIR] else 0
    node = first
    while node != after:
        following = nodes[node, NEXT]
        save(tours, node)
        tours.money[COST] -= nodes[node, ARC]
        if world.rules[FAIR]:
            work_s += drive_between(world, tours, node, following, kind) + work_at(world, node, tour)
        if node < world.stops.shape[0]:
            tours.money[COST] -= world.extra[kind, node] if world.rules[VARIED] else 0
            nodes[depot, COUNT] -= world.stops[node, HEADS]
            if not world.rules[MIXED]:
                add_load(world, tours, node, tour, -1)
        else:
            nodes[depot, BACK] -= 1
            tours.money[COST] -= world.vehicles[tour, RELOAD_COST]
        nodes[node, TOUR] = FREE
        node = following
    nodes[before, NEXT], nodes[after, PREV] = after, before
    empty = before == after
    nodes[before, ARC] = world.vehicles[tour, IDLE] if empty else way_between(world, tours, before, after, kind)
    tours.money[COST] += nodes[before, ARC]
    if world.rules[FAIR]:
        direct = not empty or world.vehicles[tour, UNDER_WAY] > 0
        add_work(world, tours, tour, (drive_between(world, tours, before, after, kind) if direct else 0) - work_s)
    if ridden and nodes[depot, COUNT] == 0:
        tours.money[COST] -= world.vehicles[tour, FIXED]
        tours.lists[USED, kind] -= 1
    tell_change(world, tours, tour, after, before)


@compiled
def leave_out(world: Any, tours: Any, stop: int) -> None:
    """The stop is in no tour for now, at its penalty."""
    tours.lists[ABSENT, tours.numbers[ABSENTEES]] = stop
    tours.numbers[ABSENTEES] += 1
    tours.money[COST] += world.worth[stop, PENALTY]


@compiled
def offer_again(world: Any, tours: Any, at: int) -> int:
    """The stop at that place of the list of absent ones, struck from it."""
    stop = tours.lists[ABSENT, at]
    tours.numbers[ABSENTEES] -= 1
    tours.lists[ABSENT, at] = tours.lists[ABSENT, tours.numbers[ABSENTEES]]
    tours.money[COST] -= world.worth[stop, PENALTY]
    return int(stop)
