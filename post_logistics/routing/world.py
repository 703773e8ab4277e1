"""A routing problem as the arrays that the compiled search works on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from post_logistics.routing.doors import Call
from post_logistics.routing.kernel.layout import (
    CASH,
    CLOCK,
    CLOSES,
    COUNTED,
    FAIR,
    FIXED,
    FORBIDDEN,
    HOURLY,
    LOADS,
    MIXED,
    NEVER,
    OPENS,
    RICH,
    SERVICE,
    TAILS,
    TIMED,
    UNTIMED,
    VARIED,
    Int32,
    Int64,
    World,
)
from post_logistics.routing.problem import HOURS, UNREACHABLE, Matrix, RoutingProblem, Stop, Vehicle
from post_logistics.routing.timing import break_behind, latest_return_s

_NO_LIMIT = 1 << 60
_DEAREST = 1_500_000_000
"""The highest penalty: below the cost of a way that does not exist (NEVER)."""
_LONGEST_WAY = 100_000_000
"""Costs are scaled so that no way costs more."""
_GOOD_NEIGHBOURS = {UNTIMED: 30, TIMED: 40, RICH: 40}
_NEAR = 120
_BLOCK = 512
"""Rows of neighbours worked out at once."""
_WAIT_WEIGHT = 0.2
"""What a wait counts for against the way when good neighbours are chosen."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The world of a problem, and which call and vehicle its numbers stand for.

    By vehicle: from when and until when it may be away, and the rows of the matrices at which it starts, ends and
    returns. ``scale``: cost units a metre.
    """

    world: World
    calls: tuple[Call, ...]
    vehicles: tuple[Vehicle, ...]
    starts_s: tuple[int, ...]
    ends_s: tuple[int, ...]
    start_rows: tuple[int, ...]
    end_rows: tuple[int, ...]
    home_rows: tuple[int, ...]
    scale: float


def build_ground(problem: RoutingProblem, calls: Sequence[Call]) -> Ground:
    """Everything the search needs to know, for the calls that some plan can serve; at least one of each."""
    rested = [replace(v, pause=None) if break_behind(problem, v)[0] else v for v in problem.vehicles]
    vehicles = tuple(sorted(rested, key=lambda v: repr(_kind_key(problem, v))))
    kinds = [list(group) for _, group in groupby(vehicles, key=lambda v: repr(_kind_key(problem, v)))]
    heads = [group[0] for group in kinds]
    rows = _Rows(problem, calls, vehicles)
    scale, way, way_of = _ways(problem, rows, heads)
    drive, drive_of = _drives(problem, rows, heads)
    starts_s, ends_s = _shifts(problem, vehicles)
    stops, windows = _stop_columns(calls)
    deliver, collect, limits, mixed, cash = _loads(problem, calls, vehicles)
    returning = any(vehicle.max_returns for vehicle in vehicles)
    clock = RICH if returning else _clock(calls, vehicles, drive, starts_s, ends_s)
    extra = _extra(problem, calls, heads, scale)
    by_tour = _vehicle_columns(problem, vehicles, rows, scale)
    ends = np.cumsum([len(group) for group in kinds])
    beside, near = _neighbours(way[0, 0], drive[0, 0], stops, clock)
    world = World(
        way=way,
        drive=drive,
        beside=beside,
        near=near,
        stops=np.hstack([stops, deliver, collect, deliver + collect]),
        windows=windows,
        vehicles=np.hstack([np.repeat(np.arange(len(kinds)), np.diff(ends, prepend=0))[:, None], by_tour, limits]),
        kinds=np.array(
            [
                [*pair, end - len(k), end, *_spent(k[0])]
                for *pair, end, k in zip(way_of, drive_of, ends, kinds, strict=True)
            ]
        ),
        extra=extra,
        worth=_worth(problem, calls, way[0], extra, by_tour, deliver + collect, limits, scale),
        fairness=np.array([problem.fairness_m * scale / 3600**2]),
        rules=np.zeros(9, dtype=np.int64),
    )
    world.rules[[CLOCK, LOADS, CASH]] = clock, deliver.shape[1], cash
    world.rules[MIXED] = mixed or returning
    world.rules[VARIED] = extra.any()
    world.rules[COUNTED] = any(vehicle.max_stops is not None for vehicle in vehicles)
    world.rules[HOURLY] = any(vehicle.speed_pct for vehicle in vehicles)
    world.rules[FAIR] = problem.fairness_m > 0
    world.rules[TAILS] = not returning and problem.fairness_m == 0
    return Ground(
        world=world,
        calls=tuple(calls),
        vehicles=vehicles,
        starts_s=starts_s,
        ends_s=ends_s,
        start_rows=tuple(rows.row_of[node] for node in rows.start_nodes),
        end_rows=tuple(rows.row_of[vehicle.end_node] for vehicle in vehicles),
        home_rows=tuple(rows.row_of[vehicle.start_node] for vehicle in vehicles),
        scale=scale,
    )


def _kind_key(problem: RoutingProblem, vehicle: Vehicle) -> tuple[object, ...]:
    """Vehicles with the same key are interchangeable. One with frozen visits is like no other."""
    beats = sorted(vehicle.beats) if problem.off_beat_m else []
    alike = replace(vehicle, vehicle_id="", beats=frozenset(), skills=frozenset(), frozen=())
    return (vehicle.vehicle_id if vehicle.frozen else "", beats, sorted(vehicle.skills), alike)


class _Rows:
    """Which node of the problem each row of the search's matrices is: the calls, then the ends of tours."""

    def __init__(self, problem: RoutingProblem, calls: Sequence[Call], vehicles: Sequence[Vehicle]) -> None:
        stop_node = {stop.stop_id: stop.node for stop in problem.stops}
        self.start_nodes = [stop_node[v.frozen[-1].stop_id] if v.frozen else v.start_node for v in vehicles]
        ends = dict.fromkeys([*self.start_nodes, *(v.start_node for v in vehicles), *(v.end_node for v in vehicles)])
        self.calls = len(calls)
        self.nodes = [*(call.node for call in calls), *ends]
        self.row_of = {node: len(calls) + i for i, node in enumerate(ends)}


def _shifts(problem: RoutingProblem, vehicles: Sequence[Vehicle]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """From when and until when each may be away."""
    starts_s = tuple(v.frozen[-1].departure_s if v.frozen else v.shift_start_s for v in vehicles)
    return starts_s, tuple(latest_return_s(problem, vehicle) for vehicle in vehicles)


def _ways(problem: RoutingProblem, rows: _Rows, heads: Sequence[Vehicle]) -> tuple[float, Int32, list[int]]:
    """Cost units a metre, the costs of ways as in ``World``, and which of them each kind of vehicle pays."""
    costs: dict[tuple[int, ...], npt.NDArray[np.float64]] = {}
    which = []
    for vehicle in heads:
        far_m, drive_s = problem.way_m(vehicle), problem.travel_s(vehicle)
        key = (id(far_m), vehicle.distance_cost_pct, vehicle.hour_cost_m, id(drive_s) if vehicle.hour_cost_m else 0)
        if key not in costs:
            part_m, part_s = far_m[np.ix_(rows.nodes, rows.nodes)], drive_s[np.ix_(rows.nodes, rows.nodes)]
            cost = part_m * (vehicle.distance_cost_pct / 100) + part_s * (vehicle.hour_cost_m / 3600)
            cost[part_m >= UNREACHABLE] = np.inf
            costs[key] = cost
        which.append(list(costs).index(key))
    exact = all(vehicle.distance_cost_pct == 100 and vehicle.hour_cost_m == 0 for vehicle in heads)
    longest = max((float(cost[np.isfinite(cost)].max(initial=0)) for cost in costs.values()), default=0.0)
    scale = min(1.0 if exact else 16.0, _LONGEST_WAY / max(longest, 1.0))
    scaled = [np.where(np.isfinite(cost), np.rint(cost * scale), NEVER).astype(np.int32) for cost in costs.values()]
    return scale, _both_ways(scaled), which


def _drives(problem: RoutingProblem, rows: _Rows, heads: Sequence[Vehicle]) -> tuple[Int32, list[int]]:
    """Seconds as in ``World``, and which of them each kind of vehicle takes."""
    matrices: dict[int, Matrix] = {}
    which = []
    for vehicle in heads:
        matrix = problem.travel_s(vehicle)
        matrices.setdefault(id(matrix), matrix)
        which.append(list(matrices).index(id(matrix)))
    return _both_ways([m[np.ix_(rows.nodes, rows.nodes)].astype(np.int32) for m in matrices.values()]), which


def _both_ways(matrices: Sequence[Int32]) -> Int32:
    """The matrices and, unless that changes nothing, the same transposed for quick reading by column."""
    straight = np.array(matrices)
    turned = straight.transpose(0, 2, 1)
    return straight[np.newaxis] if np.array_equal(turned, straight) else np.ascontiguousarray([straight, turned])


def _stop_columns(calls: Sequence[Call]) -> tuple[Int64, Int64]:
    """The first columns of ``World.stops``, and ``World.windows``."""
    windows = [
        [(0, UNREACHABLE)] if c.windows is None else [(w.open_s, w.close_s - 1) for w in c.windows] for c in calls
    ]
    ends = np.cumsum([len(some) for some in windows], dtype=np.int64)
    rows = [
        (
            some[0][0] if some else NEVER,
            some[-1][1] if some else -1,
            call.service_s,
            end - len(some),
            end,
            len(call.stops),
        )
        for call, some, end in zip(calls, windows, ends.tolist(), strict=True)
    ]
    flat = [window for some in windows for window in some]
    return np.array(rows, dtype=np.int64).reshape(-1, 6), np.array(flat, dtype=np.int64).reshape(-1, 2)


def _capacities(vehicle: Vehicle) -> tuple[int, int, int, int]:
    capacity_ml = _NO_LIMIT if vehicle.capacity_ml is None else vehicle.capacity_ml
    return vehicle.capacity_g, capacity_ml, vehicle.capacity_parcels, vehicle.cash_cap_poisha


def _loads(
    problem: RoutingProblem, calls: Sequence[Call], vehicles: Sequence[Vehicle]
) -> tuple[Int64, Int64, Int64, bool, int]:
    """Of the loads that can bind at all - grams, millilitres, parcels, cash -: what each call receives, what it hands
    over, what each vehicle may carry and has from frozen visits; whether both directions or frozen visits matter, and
    which of these loads is cash (-1: none)."""
    deliver = np.array([(*call.load(pickup=False), 0) for call in calls], dtype=np.int64).reshape(-1, 4)
    collect = np.array([(*call.load(pickup=True), call.cash_poisha) for call in calls], dtype=np.int64).reshape(-1, 4)
    capacity = np.array([_capacities(vehicle) for vehicle in vehicles], dtype=np.int64).reshape(-1, 4)
    stops = {stop.stop_id: stop for stop in problem.stops}
    before = [_frozen_loads([stops[visit.stop_id] for visit in vehicle.frozen]) for vehicle in vehicles]
    gathered = np.array([loads[0] for loads in before], dtype=np.int64).reshape(-1, 4)
    peak = np.array([loads[1] for loads in before], dtype=np.int64).reshape(-1, 4)
    most = (deliver + collect).sum(axis=0) + peak.max(axis=0, initial=0)
    binding = most > capacity.min(axis=0, initial=_NO_LIMIT)
    both = ((deliver.sum(axis=0) > 0) & (collect.sum(axis=0) > 0) & binding).any()
    limits = np.hstack([columns[:, binding] for columns in (capacity, gathered, peak)])
    mixed = bool(both or peak[:, binding].any())
    return deliver[:, binding], collect[:, binding], limits, mixed, int(binding[:3].sum()) if binding[3] else -1


def _frozen_loads(stops: Sequence[Stop]) -> tuple[list[int], list[int]]:
    """What frozen visits have gathered, and the most that they alone put on any of their legs."""
    sizes = np.array([(s.weight_g, s.volume_ml, s.parcels, s.cash_poisha) for s in stops], dtype=np.int64).reshape(
        -1, 4
    )
    picked = np.array([[stop.pickup] * 3 + [True] for stop in stops], dtype=np.bool_).reshape(-1, 4)
    change = np.where(picked, sizes, -sizes)
    on_board = np.where(picked, 0, sizes).sum(axis=0) + np.vstack([np.zeros((1, 4), np.int64), change.cumsum(axis=0)])
    return np.where(picked, sizes, 0).sum(axis=0).tolist(), on_board.max(axis=0).tolist()


def _vehicle_columns(problem: RoutingProblem, vehicles: Sequence[Vehicle], rows: _Rows, scale: float) -> Int64:
    """The columns of ``World.vehicles`` from MOST_STOPS to END_RETURN."""
    table = []
    back = rows.calls + len(vehicles)
    for vehicle, start in zip(vehicles, rows.start_nodes, strict=True):
        idle_m = int(problem.way_m(vehicle)[start, vehicle.end_node]) * vehicle.distance_cost_pct / 100
        idle_m += int(problem.travel_s(vehicle)[start, vehicle.end_node]) * vehicle.hour_cost_m / 3600
        table.append(
            (
                NEVER if vehicle.max_stops is None else max(0, vehicle.max_stops - len(vehicle.frozen)),
                0 if vehicle.frozen else min(round(vehicle.fixed_cost_m * scale), FORBIDDEN),
                min(round(idle_m * scale), NEVER) if vehicle.frozen else 0,
                bool(vehicle.frozen),
                _frozen_work_s(problem, vehicle),
                *_rest(vehicle),
                vehicle.reload_s,
                round(vehicle.reload_s * vehicle.hour_cost_m / 3600 * scale),
                back,
                back + vehicle.max_returns,
            )
        )
        back += vehicle.max_returns
    return np.array(table, dtype=np.int64).reshape(-1, 12)


def _rest(vehicle: Vehicle) -> tuple[int, int, int]:
    pause = vehicle.pause
    if pause is None:
        return NEVER, 0, 0
    return max(pause.earliest_s, vehicle.shift_start_s), pause.latest_s, pause.duration_s


def _frozen_work_s(problem: RoutingProblem, vehicle: Vehicle) -> int:
    stops = {stop.stop_id: stop for stop in problem.stops}
    visited = [stops[visit.stop_id] for visit in vehicle.frozen]
    if not visited:
        return 0
    nodes = [vehicle.start_node, *(stop.node for stop in visited), vehicle.end_node]
    return int(problem.travel_s(vehicle)[nodes[:-1], nodes[1:]].sum()) + sum(stop.service_s for stop in visited)


def _spent(vehicle: Vehicle) -> list[int]:
    """Percent-seconds that a vehicle has driven by the start of each hour and the end of the day."""
    spent: list[int] = np.cumsum([0, *(3600 * percent for percent in vehicle.speed_pct or (100,) * HOURS)]).tolist()
    return spent


def _extra(problem: RoutingProblem, calls: Sequence[Call], heads: Sequence[Vehicle], scale: float) -> Int64:
    """What a call costs more by who serves it: his time at the door, a beat he does not know; or FORBIDDEN."""
    extra = np.zeros((len(heads), len(calls)), dtype=np.int64)
    for k, vehicle in enumerate(heads):
        for i, call in enumerate(calls):
            off = sum(stop.beat is not None and stop.beat not in vehicle.beats for stop in call.stops)
            cost_m = problem.off_beat_m * off + call.service_s * vehicle.hour_cost_m / 3600
            extra[k, i] = min(round(cost_m * scale), FORBIDDEN) if call.skills <= vehicle.skills else FORBIDDEN
    return extra


def _clock(
    calls: Sequence[Call], vehicles: Sequence[Vehicle], drive: Int32, starts_s: Sequence[int], ends_s: Sequence[int]
) -> int:
    """How much of the clock matters: none of it if one vehicle could serve all in any order and still be in time."""
    if any(v.speed_pct or v.pause for v in vehicles) or any(
        c.windows is not None and len(c.windows) != 1 for c in calls
    ):
        return RICH
    longest_s = int(drive[drive < UNREACHABLE].max(initial=0))
    all_day_s = (len(calls) + 1) * longest_s + sum(call.service_s for call in calls)
    shortest_s = min((end_s - start_s for start_s, end_s in zip(starts_s, ends_s, strict=True)), default=0)
    return TIMED if any(call.windows is not None for call in calls) or all_day_s > shortest_s else UNTIMED


def _worth(
    problem: RoutingProblem,
    calls: Sequence[Call],
    way: Int32,
    extra: Int64,
    by_tour: Int64,
    sizes: Int64,
    limits: Int64,
    scale: float,
) -> npt.NDArray[np.float64]:
    """``World.worth``. Leaving a call out costs its prize, or if it must go more than any way of serving it can."""
    prizes = [call.prize_m for call in calls]
    dearest = 4 * int(way[way < NEVER].max(initial=0)) + int(by_tour[:, FIXED - 1].max(initial=0))
    dearest += int(extra[extra < FORBIDDEN].max(initial=0)) + round(problem.fairness_m * scale * HOURS**2) + 1
    dearest += round(scale * sum(prize for prize in prizes if prize is not None))
    goes = [sum(stop.prize_m is None for stop in call.stops) for call in calls]
    must = min(dearest, _DEAREST / max(1, *goes))
    loads = sizes.shape[1]
    share = sizes / np.maximum(1, limits[:, :loads].max(axis=0, initial=1))
    return np.column_stack(
        [
            [must * many or min((call.prize_m or 0) * scale, must) for call, many in zip(calls, goes, strict=True)],
            share.max(axis=1, initial=0.0),
            way[0, len(calls), : len(calls)],
        ]
    ).reshape(-1, 3)


def _neighbours(way: Int32, drive: Int32, stops: Int64, clock: int) -> tuple[Int64, Int64]:
    """``World.beside`` and ``World.near``: nearest first, a wait that cannot be helped counted as some way."""
    calls = len(stops)
    good, wide = (min(count, max(calls - 1, 0)) for count in (_GOOD_NEIGHBOURS[clock], _NEAR))
    beside, near = np.full((calls, 2 * good), -1, dtype=np.int64), np.full((calls, wide), -1, dtype=np.int64)
    opens, closes, service = (stops[:, column] for column in (OPENS, CLOSES, SERVICE))
    per_s = float(way[way < NEVER].mean() / max(1.0, drive[drive < UNREACHABLE].mean()))
    for start in range(0, calls, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, calls))
        onward, toward = way[rows, :calls].astype(np.float64), way[:calls, rows].T.astype(np.float64)
        _nearest(onward + toward, rows, near)
        if clock != UNTIMED:
            to_next_s = service[rows, np.newaxis] + drive[rows, :calls]
            from_last_s = service + drive[:calls, rows].T
            onward += _WAIT_WEIGHT * per_s * np.maximum(0, opens - closes[rows, np.newaxis] - to_next_s)
            toward += _WAIT_WEIGHT * per_s * np.maximum(0, opens[rows, np.newaxis] - closes - from_last_s)
            onward[opens[rows, np.newaxis] + to_next_s > closes] = np.inf
            toward[opens + from_last_s > closes[rows, np.newaxis]] = np.inf
        _nearest(toward, rows, beside[:, :good])
        _nearest(onward, rows, beside[:, good:])
    return beside, near


def _nearest(cost: npt.NDArray[np.float64], rows: Int64, into: Int64) -> None:
    """For each row the stops of least cost but itself, the least first; those to which there is no way are left out."""
    count = into.shape[1]
    if not count:
        return
    at = np.arange(len(rows))[:, np.newaxis]
    cost[at[:, 0], rows] = np.inf
    picked = np.argpartition(cost, count - 1, axis=1)[:, :count]
    picked = picked[at, np.argsort(cost[at, picked], axis=1, kind="stable")]
    into[rows] = np.where(cost[at, picked] < NEVER, picked, -1)
