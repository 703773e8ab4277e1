"""The times of a tour, forward and backward: earliest departures, latest arrivals, with and without the break taken."""

from typing import Any

from post_logistics.routing.kernel.compiled import compiled, inlined
from post_logistics.routing.kernel.layout import (
    CLOCK,
    CLOSES,
    DRIVE_OF,
    END_WINDOW,
    FIRST_WINDOW,
    HOURLY,
    IN,
    KIND,
    KIND_OF,
    LATEST,
    LATEST_UNRESTED,
    NEVER,
    NEXT,
    OPENS,
    OUT,
    PREV,
    READY,
    READY_UNRESTED,
    RELOAD,
    REST_FOR,
    REST_FROM,
    REST_TO,
    RICH,
    SERVICE,
    SPENT,
    TIMED,
    TOUR,
    save,
)

_DAY_S = 86_400
_HOUR_S = 3_600


@compiled
def spent_by(world: Any, kind: int, at_s: int) -> int:
    """Percent-seconds driven from midnight to that second."""
    day, second = at_s // _DAY_S, at_s % _DAY_S
    hour = second // _HOUR_S
    spent = world.kinds[kind, SPENT:]
    return day * spent[24] + spent[hour] + (spent[hour + 1] - spent[hour]) // _HOUR_S * (second - hour * _HOUR_S)


@compiled
def there(world: Any, kind: int, leave_s: int, drive_s: int) -> int:
    """When somebody arrives who leaves then; never stays never."""
    if leave_s >= NEVER:
        return NEVER
    if not world.rules[HOURLY]:
        return leave_s + drive_s
    goal = spent_by(world, kind, leave_s) + 100 * drive_s
    spent = world.kinds[kind, SPENT:]
    day, rest = goal // spent[24], goal % spent[24]
    hour = 0
    while spent[hour + 1] < rest:
        hour += 1
    speed = (spent[hour + 1] - spent[hour]) // _HOUR_S
    arrive_s = day * _DAY_S + hour * _HOUR_S + (rest - spent[hour] + speed - 1) // speed
    return max(leave_s, arrive_s)


@compiled
def leave_by(world: Any, kind: int, arrive_s: int, drive_s: int) -> int:
    """The latest second to leave and still be there by then; -1: none."""
    if arrive_s < 0:
        return -1
    if not world.rules[HOURLY]:
        return max(-1, arrive_s - drive_s)
    goal = spent_by(world, kind, arrive_s) - 100 * drive_s
    if goal < 0:
        return -1
    spent = world.kinds[kind, SPENT:]
    day, rest = goal // spent[24], goal % spent[24]
    hour = 0
    while spent[hour + 1] <= rest:
        hour += 1
    speed = (spent[hour + 1] - spent[hour]) // _HOUR_S
    return day * _DAY_S + hour * _HOUR_S + (rest - spent[hour]) // speed


@compiled
def service_from(world: Any, stop: int, arrive_s: int) -> int:
    """When service begins for one who arrives then; NEVER: not any more."""
    for i in range(world.stops[stop, FIRST_WINDOW], world.stops[stop, END_WINDOW]):
        if arrive_s <= world.windows[i, 1]:
            return max(arrive_s, world.windows[i, 0])
    return NEVER


@compiled
def service_by(world: Any, stop: int, latest_s: int) -> int:
    """The latest arrival from which service begins by then; -1: none."""
    for i in range(world.stops[stop, END_WINDOW] - 1, world.stops[stop, FIRST_WINDOW] - 1, -1):
        if world.windows[i, 0] <= latest_s:
            return min(latest_s, world.windows[i, 1])
    return -1


@compiled
def rested(world: Any, tour: int, at_s: int) -> int:
    """When the break is over for one who is free from then on; NEVER: it is too late to begin it."""
    begin_s = max(at_s, world.vehicles[tour, REST_FROM])
    return begin_s + world.vehicles[tour, REST_FOR] if begin_s <= world.vehicles[tour, REST_TO] else NEVER


@compiled
def rest_by(world: Any, tour: int, over_s: int) -> int:
    """The latest second to be free so that the break is over by then; -1: none."""
    if world.vehicles[tour, REST_FROM] + world.vehicles[tour, REST_FOR] > over_s:
        return -1
    return min(world.vehicles[tour, REST_TO], over_s - world.vehicles[tour, REST_FOR])


@compiled
def served(world: Any, stop: int, tour: int, arrive_s: int) -> int:
    """When service at a node is over, a return's being its reloading; NEVER: it cannot be begun."""
    if arrive_s >= NEVER:
        return NEVER
    if stop >= world.stops.shape[0]:
        return arrive_s + world.vehicles[tour, RELOAD]
    begin_s = service_from(world, stop, arrive_s)
    return begin_s + world.stops[stop, SERVICE] if begin_s < NEVER else NEVER


@compiled
def serve_by(world: Any, stop: int, tour: int, over_s: int) -> int:
    """The latest arrival from which service at a node is over by then; -1: none."""
    if stop >= world.stops.shape[0]:
        return max(-1, over_s - world.vehicles[tour, RELOAD])
    return service_by(world, stop, over_s - world.stops[stop, SERVICE])


@compiled
def departures(world: Any, stop: int, tour: int, rested_there_s: int, unrested_there_s: int) -> tuple[int, int]:
    """Earliest departures with and without the break taken, from the two earliest arrivals."""
    unrested_s = served(world, stop, tour, unrested_there_s)
    ready_s = served(world, stop, tour, rested_there_s)
    if unrested_there_s < NEVER:
        ready_s = min(ready_s, served(world, stop, tour, rested(world, tour, unrested_there_s)))
    if unrested_s < NEVER:
        ready_s = min(ready_s, rested(world, tour, unrested_s))
    return ready_s, unrested_s


@compiled
def arrivals(world: Any, stop: int, tour: int, rested_leave_s: int, unrested_leave_s: int) -> tuple[int, int]:
    """Latest arrivals with and without the break taken, from the two latest departures."""
    latest_s = serve_by(world, stop, tour, rested_leave_s)
    over_s = max(unrested_leave_s, rest_by(world, tour, rested_leave_s))
    return latest_s, max(serve_by(world, stop, tour, over_s), rest_by(world, tour, latest_s))


@compiled
def tell_forward(world: Any, tours: Any, node: int) -> None:
    """Earliest departures anew from the node on, until they come out as they were."""
    nodes = tours.nodes
    stops = world.stops.shape[0]
    depots_end = stops + world.vehicles.shape[0]
    while node < stops or node >= depots_end:
        before = nodes[node, PREV]
        kind = world.vehicles[nodes[node, TOUR], KIND_OF]
        drive_s = world.drive[0, world.kinds[kind, DRIVE_OF], nodes[before, OUT], nodes[node, IN]]
        if world.rules[CLOCK] == TIMED and node < stops:
            ready_s = min(
                NEVER, max(nodes[before, READY] + drive_s, world.stops[node, OPENS]) + world.stops[node, SERVICE]
            )
            unrested_s = nodes[node, READY_UNRESTED]
        else:
            ready_s, unrested_s = departures(
                world,
                node,
                nodes[node, TOUR],
                there(world, kind, nodes[before, READY], drive_s),
                there(world, kind, nodes[before, READY_UNRESTED], drive_s),
            )
        if ready_s == nodes[node, READY] and unrested_s == nodes[node, READY_UNRESTED]:
            return
        save(tours, node)
        nodes[node, READY] = ready_s
        nodes[node, READY_UNRESTED] = unrested_s
        node = nodes[node, NEXT]


@compiled
def tell_backward(world: Any, tours: Any, node: int) -> None:
    """Latest arrivals anew from the node back, until they come out as they were."""
    nodes = tours.nodes
    stops = world.stops.shape[0]
    depots_end = stops + world.vehicles.shape[0]
    while node < stops or node >= depots_end:
        after = nodes[node, NEXT]
        kind = world.vehicles[nodes[node, TOUR], KIND_OF]
        drive_s = world.drive[0, world.kinds[kind, DRIVE_OF], nodes[node, OUT], nodes[after, IN]]
        if world.rules[CLOCK] == TIMED and node < stops:
            latest_s = min(nodes[after, LATEST] - drive_s - world.stops[node, SERVICE], world.stops[node, CLOSES])
            if latest_s < world.stops[node, OPENS]:
                latest_s = -NEVER
            unrested_s = nodes[node, LATEST_UNRESTED]
        else:
            latest_s, unrested_s = arrivals(
                world,
                node,
                nodes[node, TOUR],
                leave_by(world, kind, nodes[after, LATEST], drive_s),
                leave_by(world, kind, nodes[after, LATEST_UNRESTED], drive_s),
            )
        if latest_s == nodes[node, LATEST] and unrested_s == nodes[node, LATEST_UNRESTED]:
            return
        save(tours, node)
        nodes[node, LATEST] = latest_s
        nodes[node, LATEST_UNRESTED] = unrested_s
        node = nodes[node, PREV]


@inlined
def in_time(world: Any, tours: Any, stop: int, before: int, after: int, kind: int) -> bool:
    """Whether the stop can be served between two nodes and the rest of the tour after it still be done."""
    if world.rules[CLOCK] == RICH:
        return _in_rich_time(world, tours, stop, before, after, kind)
    drive = world.kinds[kind, DRIVE_OF]
    arrive_s = tours.nodes[before, READY] + world.drive[-1, drive, stop, tours.nodes[before, OUT]]
    if arrive_s > world.stops[stop, CLOSES]:
        return False
    leave_s = max(arrive_s, world.stops[stop, OPENS]) + world.stops[stop, SERVICE]
    return leave_s + world.drive[0, drive, stop, tours.nodes[after, IN]] <= tours.nodes[after, LATEST]


@compiled
def _in_rich_time(world: Any, tours: Any, stop: int, before: int, after: int, kind: int) -> bool:
    nodes = tours.nodes
    drive = world.kinds[kind, DRIVE_OF]
    to_s = world.drive[-1, drive, stop, nodes[before, OUT]]
    on_s = world.drive[0, drive, stop, nodes[after, IN]]
    ready_s, unrested_s = departures(
        world,
        stop,
        nodes[before, TOUR],
        there(world, kind, nodes[before, READY], to_s),
        there(world, kind, nodes[before, READY_UNRESTED], to_s),
    )
    return (
        there(world, kind, ready_s, on_s) <= nodes[after, LATEST]
        or there(world, kind, unrested_s, on_s) <= nodes[after, LATEST_UNRESTED]
    )


@compiled
def arrives(world: Any, tours: Any, tour: int) -> bool:
    """Whether a tour whose latest arrivals are told can be ridden in time from its start."""
    nodes = tours.nodes
    depot = world.stops.shape[0] + tour
    first, kind = nodes[depot, NEXT], nodes[depot, KIND]
    if first == depot:
        return True
    drive_s = world.drive[0, world.kinds[kind, DRIVE_OF], nodes[depot, OUT], nodes[first, IN]]
    return (
        there(world, kind, nodes[depot, READY], drive_s) <= nodes[first, LATEST]
        or there(world, kind, nodes[depot, READY_UNRESTED], drive_s) <= nodes[first, LATEST_UNRESTED]
    )
