"""Thousands of stops: neighbouring tours searched as problems of their own, many at once, then cut apart anew."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from post_logistics.routing.kernel.anneal import squeeze
from post_logistics.routing.kernel.layout import (
    ABSENT,
    ABSENTEES,
    COST,
    DRIVE_OF,
    END_RETURN,
    END_TOUR,
    END_WINDOW,
    FIRST_RETURN,
    FIRST_TOUR,
    FIRST_WINDOW,
    KIND_OF,
    Int64,
    Kept,
    Tours,
)
from post_logistics.routing.ruin_recreate import (
    Cooling,
    Effort,
    Route,
    Watch,
    annealed,
    cooling_for,
    mean_way_of,
    started,
)
from post_logistics.routing.state import empty_tours, fill, kept, routes_of
from post_logistics.routing.world import Ground

FROM_STOPS = 3_000
"""Fewer are searched whole."""
_PART_STOPS = 700
_SPELLS = 12
"""How often the tours are cut into parts."""
_SPARE_TOURS = 2
"""Empty tours given to each part."""


def can_be_cut(ground: Ground) -> bool:
    """Whether the problem is large, and no tour in it is unlike all others."""
    special = any(vehicle.frozen or vehicle.max_returns for vehicle in ground.vehicles)
    return len(ground.calls) >= FROM_STOPS and len(ground.world.kinds) == 1 and not special


def search_in_parts(
    ground: Ground, effort: Effort, seed: int, cores: int, start: Sequence[Route], watch: Watch | None
) -> Kept:
    """The best tours found by searching parts of some hundred stops on so many cores.

    A spell of the budget at a time: the tours are laid in a row, neighbours beside each other, the row is cut into
    parts, and each part is annealed at the temperature of that spell.
    """
    chance = np.random.default_rng(seed)
    made = started(ground, seed, start)
    best, mean_way, cooling = kept(made), mean_way_of(ground, made), cooling_for(ground)
    routes, absent = _routes_and_absent(ground, best)
    with ThreadPoolExecutor(cores) as pool:
        for spell in range(_SPELLS):
            if effort.spent >= 1.0 or not routes:
                break
            parts = _parts(ground, routes, absent, chance)
            seeds = chance.integers(0, 2**31, len(parts)).tolist()
            share = _share(ground, effort, spell, cores, parts)
            heat = Cooling(cooling.at(spell / _SPELLS) * mean_way, cooling.at((spell + 1) / _SPELLS) * mean_way)
            jobs = [pool.submit(_spell, ground, part, share, one, heat) for part, one in zip(parts, seeds, strict=True)]
            whole = empty_tours(ground, seed)
            fill(ground, whole, list(enumerate(route for job in jobs for route in job.result())))
            squeeze(ground.world, whole)
            routes, absent = _routes_and_absent(ground, whole)
            if whole.money[COST] < best.money[COST]:
                best = kept(whole)
            effort.done += (effort.rounds or 0) // _SPELLS
            if watch is not None and not watch((spell + 1) / _SPELLS, best):
                effort.stop.set()
    return best


def _routes_and_absent(ground: Ground, made: Tours | Kept) -> tuple[list[list[int]], list[int]]:
    absent = made.lists[ABSENT, : int(made.numbers[ABSENTEES])].tolist()
    return [list(nodes) for _, nodes in routes_of(ground, made)], absent


@dataclass(frozen=True, slots=True)
class _Share:
    """What a part may spend in a spell: seconds, or rounds a stop."""

    seconds: float | None
    rounds_a_stop: float


def _share(ground: Ground, effort: Effort, spell: int, cores: int, parts: Sequence[object]) -> _Share:
    if effort.rounds is not None:
        return _Share(None, effort.rounds / _SPELLS / len(ground.calls))
    assert effort.until is not None
    left_s = max(0.0, effort.until - perf_counter()) / (_SPELLS - spell)
    return _Share(left_s * min(1.0, cores / len(parts)), 0.0)


Part = tuple[list[list[int]], list[int]]
"""Routes, and absent stops that are offered to them."""


def _parts(
    ground: Ground, routes: Sequence[list[int]], absent: Sequence[int], chance: np.random.Generator
) -> list[Part]:
    """The routes in parts of neighbours: a chain from route to nearest route by their middle stops, cut up.

    Each absent stop goes to the part whose route's middle is nearest.
    """
    way = ground.world.way[0, 0]
    middles = np.array([route[len(route) // 2] for route in routes])
    left = np.ones(len(routes), dtype=np.bool_)
    at = int(chance.integers(len(routes)))
    part_of = np.zeros(len(routes), dtype=np.int64)
    part, size, first = 0, 0, at
    for _ in range(len(routes)):
        left[at] = False
        part_of[at] = part
        size += len(routes[at])
        origin = at
        if size >= _PART_STOPS:
            part, size, origin = part + 1, 0, first
        if left.any():
            candidates = np.flatnonzero(left)
            at = int(candidates[way[middles[origin], middles[candidates]].argmin()])
            first = at if size == 0 else first
    parts: list[Part] = [([], []) for _ in range(int(part_of.max()) + 1)]
    for route, number in zip(routes, part_of.tolist(), strict=True):
        parts[number][0].append(route)
    for stop in absent:
        parts[int(part_of[way[stop, middles].argmin()])][1].append(stop)
    return parts


def _spell(ground: Ground, part: Part, share: _Share, seed: int, heat: Cooling) -> list[list[int]]:
    """The part's routes after its share of the spell."""
    routes, absent = part
    stops = np.array(sorted([*(stop for route in routes for stop in route), *absent]), dtype=np.int64)
    own = _part(ground, stops, min(len(ground.vehicles), len(routes) + _SPARE_TOURS))
    number = {int(stop): i for i, stop in enumerate(stops)}
    made = empty_tours(own, seed)
    fill(own, made, [(tour, [number[stop] for stop in route]) for tour, route in enumerate(routes)])
    began = perf_counter()
    until = None if share.seconds is None else began + share.seconds
    rounds = None if share.seconds is not None else int(share.rounds_a_stop * len(stops))
    best = annealed(own, made, Effort(until, rounds, began), heat)
    return [[int(stops[node]) for node in nodes] for _, nodes in routes_of(own, best)]


def _part(ground: Ground, stops: Int64, tours: int) -> Ground:
    """The ground of some stops and so many tours of the one kind there is."""
    world = ground.world
    calls = len(ground.calls)
    rows = np.r_[stops, np.arange(calls, world.way.shape[2])]
    windows = [world.windows[first:end] for first, end in world.stops[stops][:, [FIRST_WINDOW, END_WINDOW]]]
    ends = np.cumsum([len(some) for some in windows])
    facts = world.stops[stops].copy()
    facts[:, END_WINDOW], facts[:, FIRST_WINDOW] = ends, ends - [len(some) for some in windows]
    vehicles = world.vehicles[:tours].copy()
    vehicles[:, [FIRST_RETURN, END_RETURN]] = len(stops) + tours
    kinds = world.kinds.copy()
    kinds[0, FIRST_TOUR], kinds[0, END_TOUR] = 0, tours
    assert int(vehicles[:, KIND_OF].max(initial=0)) == 0, "one kind"
    assert int(kinds[0, DRIVE_OF]) == 0, "one kind"
    own = np.full(calls + 1, -1, dtype=np.int64)
    own[stops] = np.arange(len(stops))
    shift = len(stops) - calls
    return Ground(
        world=world._replace(
            way=np.ascontiguousarray(world.way[:, :, rows[:, np.newaxis], rows]),
            drive=np.ascontiguousarray(world.drive[:, :, rows[:, np.newaxis], rows]),
            beside=own[world.beside[stops]],
            near=own[world.near[stops]],
            stops=facts,
            windows=np.concatenate(windows),
            vehicles=vehicles,
            kinds=kinds,
            extra=np.ascontiguousarray(world.extra[:, stops]),
            worth=world.worth[stops],
        ),
        calls=tuple(ground.calls[stop] for stop in stops),
        vehicles=ground.vehicles[:tours],
        starts_s=ground.starts_s[:tours],
        ends_s=ground.ends_s[:tours],
        start_rows=tuple(row + shift for row in ground.start_rows[:tours]),
        end_rows=tuple(row + shift for row in ground.end_rows[:tours]),
        home_rows=tuple(row + shift for row in ground.home_rows[:tours]),
        scale=ground.scale,
    )
