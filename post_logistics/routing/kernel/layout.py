"""How a problem and a set of tours lie in memory while they are searched.

List nodes are numbered through: stops from 0, then one depot node for each tour, then the possible returns to the
depot. A tour is a ring through its depot node. A stop in no tour has tour -1. A stop here is one call at a door.

Few wide arrays, and 64-bit numbers in all but the matrices: every function is then compiled once, and quickly.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from post_logistics.routing.kernel.compiled import compiled, inlined

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PREV, NEXT, TOUR, KIND, OUT, IN, ARC, READY, LATEST, READY_UNRESTED, LATEST_UNRESTED, COUNT, WORK, BACK, LOAD = range(
    15
)
"""Columns of ``Tours.nodes``.

PREV, NEXT: neighbours in the ring. TOUR, KIND: the tour and its kind of vehicle. OUT, IN: the row in the matrices when
leaving and the column when coming. ARC: cost of the way to NEXT. READY: earliest departure; LATEST: latest arrival from
which the rest can be done (of a depot node: start and end of the shift); UNRESTED: the same with the break still to
come. Of a depot node only: COUNT of stops, WORK in seconds, BACK: how many returns are in the ring. LOAD: from here on
d columns of a depot node hold the tour's total; or, if loads mix, four blocks of d columns of every node."""

ONBOARD, BEFORE, AFTER, GATHERED = range(4)
"""Those blocks: on leaving the node; the most on any leg from the start of the trip to here; the most from here to its
end; what was picked up since its start."""

OPENS, CLOSES, SERVICE, FIRST_WINDOW, END_WINDOW, HEADS, STOP_LOAD = range(7)
"""Columns of ``World.stops``: first and last second for service to begin, its seconds, rows of ``World.windows``, how
many stops of the problem it is; then three blocks of d columns."""
DELIVER, COLLECT, SIZE = range(3)
"""Those blocks: loads brought, taken along, and both."""

(
    KIND_OF,
    MOST_STOPS,
    FIXED,
    IDLE,
    UNDER_WAY,
    WORK_BEFORE,
    REST_FROM,
    REST_TO,
    REST_FOR,
    RELOAD,
    RELOAD_COST,
    FIRST_RETURN,
    END_RETURN,
    TOUR_LOAD,
) = range(14)
"""Columns of ``World.vehicles``, by tour. IDLE: cost of the way from start to end without stops, if
it is UNDER_WAY. REST_FROM: NEVER if
there is no break. RETURN: list nodes of its possible returns; then three blocks of d columns."""
CAPACITY, GATHERED_BEFORE, PEAK_BEFORE = range(3)
"""Those blocks: the limit, what frozen visits gathered, and the most that they alone put on any leg."""

WAY_OF, DRIVE_OF, FIRST_TOUR, END_TOUR, SPENT = range(5)
"""Columns of ``World.kinds``: which matrices, which tours; from SPENT on 25 columns, the percent-seconds driven by the
start of each hour of the day."""

PENALTY, BULK, FAR = range(3)
"""Columns of ``World.worth``: cost of leaving a stop out, its share of a vehicle, cost of the way from the depot."""

CLOCK, MIXED, VARIED, COUNTED, HOURLY, TAILS, LOADS, FAIR, CASH = range(9)
"""``World.rules``. MIXED: deliveries and pickups on one tour, or returns. VARIED: extra costs. COUNTED: limits on
stops. HOURLY: speeds by the hour. TAILS: tours may swap tails. LOADS: d. FAIR: there is a cost of squared work. CASH:
which load it is, -1: none."""

UNTIMED, TIMED, RICH = range(3)
"""``CLOCK``: no times; one window a stop; several windows, breaks or speeds by the hour."""

ABSENT, SAVED_ABSENT, USED, HINT, STAMP, SAVED_ROW, REMOVED, RUINED = range(8)
"""Rows of ``Tours.lists``. USED: tours in use, by kind; HINT: where to look for an empty one. STAMP: round in which a
node was last saved; SAVED_ROW: the nodes saved in this one."""

ABSENTEES, ROUND, SAVED, SKIP, SAVED_ABSENTEES = range(5)
"""``Tours.numbers``: stops in no tour, the round, rows saved in it, places until the next is overlooked."""

COST, SAVED_COST = range(2)
"""``Tours.money``."""

NEVER = 2_000_000_000
"""Later than any time, and dearer than any penalty."""
FORBIDDEN = 1_000_000_000
"""An extra cost that means: this kind of vehicle may not."""
UNTOLD = -2 * NEVER
"""A time that no time is: what was told of a stop where it stood before must not pass for news."""
FREE = -1
"""In TOUR: in no tour."""


class World(NamedTuple):
    """What does not change during a search: n stops, v tours, k kinds of vehicle, m rows of the matrices."""

    way: Int32  # (1 or 2, kinds of cost, m, m) cost of a way, row = from; the last is transposed
    drive: Int32  # (1 or 2, kinds of speed, m, m) seconds, likewise
    beside: Int64  # (n, 2 p) good predecessors, then good successors; -1: none
    near: Int64  # (n, a) nearest stops; -1: none
    stops: Int64
    windows: Int64  # (w, 2) first and last second
    vehicles: Int64
    kinds: Int64
    extra: Int64  # (k, n) extra cost of a stop for a kind; FORBIDDEN
    worth: Floats
    fairness: Floats  # (1,) cost of a squared second of work
    rules: Int64


class Tours(NamedTuple):
    """Tours as they are now, with what is needed to go back to how they were when the round began."""

    nodes: Int64
    saved: Int64  # rows of nodes as they were
    lists: Int64  # (8, list nodes)
    key: Floats  # (n,) by which removed stops are put back
    money: Floats
    numbers: Int64
    random: npt.NDArray[np.uint64]  # (1,)


class Kept(NamedTuple):
    """The best tours found."""

    nodes: Int64
    lists: Int64
    money: Floats
    numbers: Int64


@inlined
def uniform(tours: Any) -> float:
    """A number from [0, 1), by xorshift64*."""
    x = tours.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    tours.random[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def begin(tours: Any) -> None:
    """A round begins: what is changed from here on can be undone."""
    tours.numbers[ROUND] += 1
    tours.numbers[SAVED] = 0
    tours.numbers[SAVED_ABSENTEES] = tours.numbers[ABSENTEES]
    for i in range(tours.numbers[ABSENTEES]):
        tours.lists[SAVED_ABSENT, i] = tours.lists[ABSENT, i]
    tours.money[SAVED_COST] = tours.money[COST]


@inlined
def save(tours: Any, node: int) -> None:
    """Keeps a row as it was when the round began; to be called before every change."""
    if tours.lists[STAMP, node] != tours.numbers[ROUND]:
        tours.lists[STAMP, node] = tours.numbers[ROUND]
        at = tours.numbers[SAVED]
        tours.numbers[SAVED] += 1
        tours.lists[SAVED_ROW, at] = node
        for i in range(tours.nodes.shape[1]):
            tours.saved[at, i] = tours.nodes[node, i]


@compiled
def undo(world: Any, tours: Any) -> None:
    """Everything as it was when the round began."""
    depots = world.stops.shape[0]
    for at in range(tours.numbers[SAVED]):
        node = tours.lists[SAVED_ROW, at]
        if depots <= node < depots + world.vehicles.shape[0]:
            kind = tours.nodes[node, KIND]
            tours.lists[USED, kind] += int(tours.saved[at, COUNT] > 0) - int(tours.nodes[node, COUNT] > 0)
        for i in range(tours.nodes.shape[1]):
            tours.nodes[node, i] = tours.saved[at, i]
    tours.numbers[ABSENTEES] = tours.numbers[SAVED_ABSENTEES]
    for i in range(tours.numbers[ABSENTEES]):
        tours.lists[ABSENT, i] = tours.lists[SAVED_ABSENT, i]
    tours.money[COST] = tours.money[SAVED_COST]


@compiled
def keep(tours: Any, best: Any) -> None:
    """The tours as they are now become the best."""
    for node in range(tours.nodes.shape[0]):
        for i in range(tours.nodes.shape[1]):
            best.nodes[node, i] = tours.nodes[node, i]
    for i in range(tours.lists.shape[0]):
        for j in range(tours.lists.shape[1]):
            best.lists[i, j] = tours.lists[i, j]
    best.money[COST] = tours.money[COST]
    best.numbers[ABSENTEES] = tours.numbers[ABSENTEES]
