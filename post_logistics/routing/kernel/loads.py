"""What is on board: a total for each tour, or leg by leg where deliveries, pickups and returns mix."""

from typing import Any

from post_logistics.routing.kernel.compiled import compiled, inlined
from post_logistics.routing.kernel.layout import (
    AFTER,
    BEFORE,
    CAPACITY,
    COLLECT,
    DELIVER,
    GATHERED,
    GATHERED_BEFORE,
    LOAD,
    LOADS,
    MIXED,
    NEXT,
    ONBOARD,
    PEAK_BEFORE,
    PREV,
    SIZE,
    STOP_LOAD,
    TOUR,
    TOUR_LOAD,
    UNDER_WAY,
    save,
)


@inlined
def trip_begins(world: Any, node: int) -> bool:
    """Whether the node is the depot, at the start of a tour or at a return."""
    return node >= world.stops.shape[0]


@inlined
def starts_empty(world: Any, tours: Any, node: int) -> bool:
    """Whether a trip begins at the node with nothing yet done: not so where frozen visits lie before it."""
    return trip_begins(world, node) and not (
        node < world.stops.shape[0] + world.vehicles.shape[0] and world.vehicles[tours.nodes[node, TOUR], UNDER_WAY] > 0
    )


@inlined
def _load(world: Any, tours: Any, node: int, block: int, d: int) -> int:
    return tours.nodes[node, LOAD + block * world.rules[LOADS] + d]


@inlined
def _of_stop(world: Any, stop: int, block: int, d: int) -> int:
    return world.stops[stop, STOP_LOAD + block * world.rules[LOADS] + d]


@inlined
def _of_tour(world: Any, tour: int, block: int, d: int) -> int:
    return world.vehicles[tour, TOUR_LOAD + block * world.rules[LOADS] + d]


@inlined
def has_room_for(world: Any, tours: Any, stop: int, before: int, d: int) -> bool:
    """Whether the stop's load of one sort fits in after the node, on every leg of the trip."""
    tour = tours.nodes[before, TOUR]
    most = _of_tour(world, tour, CAPACITY, d)
    if not world.rules[MIXED]:
        return tours.nodes[world.stops.shape[0] + tour, LOAD + d] + _of_stop(world, stop, SIZE, d) <= most
    return (
        _load(world, tours, before, BEFORE, d) + _of_stop(world, stop, DELIVER, d) <= most
        and _load(world, tours, before, AFTER, d) + _of_stop(world, stop, COLLECT, d) <= most
    )


@inlined
def has_room(world: Any, tours: Any, stop: int, before: int) -> bool:
    """Whether all of the stop's load fits in after the node."""
    for d in range(world.rules[LOADS]):
        if not has_room_for(world, tours, stop, before, d):
            return False
    return True


@compiled
def has_room_by_return(world: Any, tours: Any, stop: int, before: int, return_first: bool) -> bool:
    """Whether a trip has room that begins with the stop and goes on as after the node, or one that ends with it."""
    for d in range(world.rules[LOADS]):
        most = _of_tour(world, tours.nodes[before, TOUR], CAPACITY, d)
        gathered = _load(world, tours, before, GATHERED, d)
        to_deliver = _load(world, tours, before, ONBOARD, d) - gathered
        if return_first:
            outbound, inbound = to_deliver, _load(world, tours, before, AFTER, d) - gathered
        else:
            outbound, inbound = _load(world, tours, before, BEFORE, d) - to_deliver, gathered
        if outbound + _of_stop(world, stop, DELIVER, d) > most or inbound + _of_stop(world, stop, COLLECT, d) > most:
            return False
    return True


@compiled
def trips_fit_together(world: Any, tours: Any, back: int) -> bool:
    """Whether the trips before and after a return would fit into one."""
    last = tours.nodes[back, PREV]
    for d in range(world.rules[LOADS]):
        most = _of_tour(world, tours.nodes[back, TOUR], CAPACITY, d)
        if _load(world, tours, last, BEFORE, d) + _load(world, tours, back, ONBOARD, d) > most:
            return False
        if _load(world, tours, back, AFTER, d) + _load(world, tours, last, GATHERED, d) > most:
            return False
    return True


@inlined
def add_load(world: Any, tours: Any, stop: int, tour: int, sign: int) -> None:
    """The tour's total with the stop's load (sign 1) or without it (sign -1); its depot's row is saved."""
    depot = world.stops.shape[0] + tour
    for d in range(world.rules[LOADS]):
        tours.nodes[depot, LOAD + d] += sign * _of_stop(world, stop, SIZE, d)


@compiled
def tell_loads(world: Any, tours: Any, tour: int) -> None:
    """The loads of a mixed tour, leg by leg, from its ring."""
    for d in range(world.rules[LOADS]):
        _tell_load(world, tours, tour, d)


@compiled
def _tell_load(world: Any, tours: Any, tour: int, d: int) -> None:
    nodes = tours.nodes
    k = world.rules[LOADS]
    onboard, before, after, gathered = LOAD + d, LOAD + k + d, LOAD + 2 * k + d, LOAD + 3 * k + d
    depot = world.stops.shape[0] + tour
    rest = 0
    node = nodes[depot, PREV]
    while True:  # backward: what is still to be delivered on the trip
        save(tours, node)
        nodes[node, onboard] = rest
        if node == depot:
            break
        rest = 0 if trip_begins(world, node) else rest + _of_stop(world, node, DELIVER, d)
        node = nodes[node, PREV]
    picked, most = _of_tour(world, tour, GATHERED_BEFORE, d), _of_tour(world, tour, PEAK_BEFORE, d) + rest
    while True:  # forward: what was picked up since its start
        if node != depot and trip_begins(world, node):
            picked, most = 0, 0
        elif node != depot:
            picked += _of_stop(world, node, COLLECT, d)
        nodes[node, onboard] += picked
        most = max(most, nodes[node, onboard])
        nodes[node, gathered], nodes[node, before] = picked, most
        node = nodes[node, NEXT]
        if node == depot:
            break
    most = 0
    node = nodes[depot, PREV]
    while True:  # backward: the most that is still to come
        most = max(most, nodes[node, onboard])
        nodes[node, after] = most
        if node == depot:
            return
        most = 0 if trip_begins(world, node) else most
        node = nodes[node, PREV]


@compiled
def within_capacity(world: Any, tours: Any, tour: int) -> bool:
    """Whether the tour's loads, as told last, keep its vehicle's limits on every trip."""
    depot = world.stops.shape[0] + tour
    node = depot
    while True:
        for d in range(world.rules[LOADS]):
            most = _of_tour(world, tour, CAPACITY, d)
            carried = tours.nodes[depot, LOAD + d]
            if world.rules[MIXED]:
                carried = max(_load(world, tours, node, BEFORE, d), _load(world, tours, node, AFTER, d))
            if carried > most:
                return False
        node = tours.nodes[node, NEXT]
        while node != depot and not trip_begins(world, node):
            node = tours.nodes[node, NEXT]
        if node == depot:
            return True
