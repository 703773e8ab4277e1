"""Tours in the making as the compiled search keeps them: made empty, filled, and read out again."""

from collections.abc import Sequence

import numpy as np

from post_logistics.routing.kernel.anneal import clear, extend, holds, sequence, set_down
from post_logistics.routing.kernel.layout import (
    ARC,
    COST,
    END_RETURN,
    FIRST_RETURN,
    FIRST_TOUR,
    FREE,
    HINT,
    IDLE,
    IN,
    KIND,
    KIND_OF,
    LATEST,
    LATEST_UNRESTED,
    LOAD,
    LOADS,
    MIXED,
    NEVER,
    NEXT,
    OUT,
    PREV,
    READY,
    READY_UNRESTED,
    STAMP,
    TOUR,
    WORK,
    WORK_BEFORE,
    Kept,
    Tours,
    begin,
)
from post_logistics.routing.kernel.loads import tell_loads
from post_logistics.routing.kernel.moves import leave_out
from post_logistics.routing.world import Ground


def empty_tours(ground: Ground, seed: int) -> Tours:
    """Tours without stops: every call is absent. The seed starts the random numbers."""
    world = ground.world
    stops, tours = len(ground.calls), len(ground.vehicles)
    rows = int(world.vehicles[-1, END_RETURN])
    columns = LOAD + int(world.rules[LOADS]) * (4 if world.rules[MIXED] else 1)
    made = Tours(
        nodes=np.zeros((rows, columns), dtype=np.int64),
        saved=np.zeros((rows, columns), dtype=np.int64),
        lists=np.zeros((8, rows), dtype=np.int64),
        key=np.zeros(rows),
        money=np.zeros(2),
        numbers=np.zeros(5, dtype=np.int64),
        random=np.random.default_rng(seed).integers(1, 2**63, 1, dtype=np.uint64),
    )
    made.lists[HINT, : len(world.kinds)] = world.kinds[:, FIRST_TOUR]
    made.nodes[:, TOUR] = FREE
    made.nodes[:stops, OUT] = made.nodes[:stops, IN] = np.arange(stops)
    for tour in range(tours):
        _set_depot(ground, made, tour)
    for stop in range(stops):
        leave_out(world, made, stop)
    return made


def _set_depot(ground: Ground, made: Tours, tour: int) -> None:
    """The depot node of a tour and its returns: where they are, when, and what it has on board."""
    world, vehicle = ground.world, ground.vehicles[tour]
    row = made.nodes[len(ground.calls) + tour]
    row[[PREV, NEXT]] = len(ground.calls) + tour
    row[TOUR], row[KIND], row[ARC] = tour, world.vehicles[tour, KIND_OF], world.vehicles[tour, IDLE]
    row[OUT], row[IN] = ground.start_rows[tour], ground.end_rows[tour]
    row[WORK] = world.vehicles[tour, WORK_BEFORE]
    start_s, end_s = ground.starts_s[tour], ground.ends_s[tour]
    row[READY], row[LATEST] = start_s, end_s
    row[READY_UNRESTED], row[LATEST_UNRESTED] = NEVER, -1
    if vehicle.pause is not None:
        earliest_s = max(vehicle.pause.earliest_s, vehicle.shift_start_s)
        begins_s = max(start_s, earliest_s)
        row[READY_UNRESTED] = start_s
        row[READY] = begins_s + vehicle.pause.duration_s if begins_s <= vehicle.pause.latest_s else NEVER
        fits = earliest_s + vehicle.pause.duration_s <= end_s
        row[LATEST_UNRESTED] = min(vehicle.pause.latest_s, end_s - vehicle.pause.duration_s) if fits else -1
    made.money[COST] += row[ARC] + world.fairness[0] * float(row[WORK]) ** 2
    for back in range(*world.vehicles[tour, [FIRST_RETURN, END_RETURN]]):
        made.nodes[back, OUT] = made.nodes[back, IN] = ground.home_rows[tour]
    if world.rules[MIXED]:
        tell_loads(world, made, tour)


def resume(ground: Ground, best: Kept) -> Tours:
    """Tours to go on from where the best ones stand."""
    made = empty_tours(ground, 0)
    for mine, theirs in zip(
        (made.nodes, made.lists, made.money, made.numbers),
        (best.nodes, best.lists, best.money, best.numbers),
        strict=True,
    ):
        mine[:] = theirs
    made.lists[STAMP] = -1
    return made


def fill(ground: Ground, made: Tours, routes: Sequence[tuple[int, Sequence[int]]]) -> None:
    """Puts calls and returns, by their list nodes, into empty tours in that order.

    Of a tour that as a whole breaks a limit, what does not fit behind the rest stays absent.
    """
    begin(made)
    for tour, nodes in routes:
        before = len(ground.calls) + tour
        for node in nodes:
            set_down(ground.world, made, node, before)
            before = node
        if not holds(ground.world, made, tour):
            clear(ground.world, made, tour)
            _fill_bit_by_bit(ground, made, tour, nodes)


def _fill_bit_by_bit(ground: Ground, made: Tours, tour: int, nodes: Sequence[int]) -> None:
    before, back = len(ground.calls) + tour, -1
    for node in nodes:
        if node >= len(ground.calls):
            back = node
        elif extend(ground.world, made, node, before, back):
            before, back = node, -1


def routes_of(ground: Ground, made: Tours | Kept) -> list[tuple[int, list[int]]]:
    """The tours with stops: number and list nodes in order."""
    into = np.zeros(len(made.nodes), dtype=np.int64)
    routes = []
    for tour in range(len(ground.vehicles)):
        count = sequence(ground.world, made.nodes, tour, into)
        if count:
            routes.append((tour, into[:count].tolist()))
    return routes


def kept(made: Tours) -> Kept:
    """A copy of the tours as they are now."""
    return Kept(made.nodes.copy(), made.lists.copy(), made.money.copy(), made.numbers.copy())
