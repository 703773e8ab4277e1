"""Thousands of stops: neighbouring tours searched as problems of their own, then cut apart differently, many at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np

from post_logistics.routing.kernel.anneal import anneal
from post_logistics.routing.kernel.layout import (
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
)
from post_logistics.routing.ruin_recreate import Cooling, Effort, Route, Watch, cooling_for, mean_way_of, started
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
    routes = [list(nodes) for _, nodes in routes_of(ground, made)]
    rounds = None if effort.rounds is None else effort.rounds // _SPELLS
    with ThreadPoolExecutor(cores) as pool:
        for spell in range(_SPELLS):
            if effort.stop.is_set():
                break
            parts = _parts(ground, routes, chance)
            seeds = chance.integers(0, 2**31, len(parts)).tolist()
            until = _until(effort, spell)
            waves = -(-len(parts) // cores)
            jobs = [
                pool.submit(_spell, ground, part, spell, seeds[i], cooling, mean_way, rounds, until, waves)
                for i, part in enumerate(parts)
            ]
            routes = [route for job in jobs for route in job.result()]
            whole = empty_tours(ground, seed)
            fill(ground, whole, list(enumerate(routes)))
            if whole.money[COST] < best.money[COST]:
                best = kept(whole)
            effort.done += rounds or 0
            if watch is not None and not watch((spell + 1) / _SPELLS, best):
                effort.stop.set()
    return best


def _until(effort: Effort, spell: int) -> float | None:
    if effort.until is None:
        return None
    now = perf_counter()
    return now + max(0.0, effort.until - now) / (_SPELLS - spell)


def _parts(ground: Ground, routes: Sequence[list[int]], chance: np.random.Generator) -> list[list[list[int]]]:
    """The routes in parts of neighbours: a chain from route to nearest route by their middle stops, cut up."""
    way = ground.world.way[0, 0]
    middles = np.array([route[len(route) // 2] for route in routes])
    left = np.ones(len(routes), dtype=np.bool_)
    at = int(chance.integers(len(routes)))
    parts, part, size = [], list[list[int]](), 0
    for _ in range(len(routes)):
        left[at] = False
        part.append(routes[at])
        size += len(routes[at])
        if size >= _PART_STOPS:
            parts.append(part)
            part, size = [], 0
        if left.any():
            origin = middles[at] if part else parts[-1][0][len(parts[-1][0]) // 2]
            candidates = np.flatnonzero(left)
            at = int(candidates[way[origin, middles[candidates]].argmin()])
    return [*parts, part] if part else parts


def _spell(
    ground: Ground,
    routes: Sequence[list[int]],
    spell: int,
    seed: int,
    cooling: Cooling,
    mean_way: float,
    rounds: int | None,
    until: float | None,
    waves: int,
) -> list[list[int]]:
    """The part's routes after its share of the spell."""
    stops = np.array(sorted(stop for route in routes for stop in route), dtype=np.int64)
    part = _part(ground, stops, min(len(ground.vehicles), len(routes) + _SPARE_TOURS))
    number = {int(stop): i for i, stop in enumerate(stops)}
    made = empty_tours(part, seed)
    fill(part, made, [(tour, [number[stop] for stop in route]) for tour, route in enumerate(routes)])
    best = kept(made)
    began, done = perf_counter(), 0
    share_s = None if until is None else max(0.0, until - began) / waves if waves > 1 else until - began
    total = None if rounds is None else rounds * len(stops) // len(ground.calls)
    while True:
        spent = done / max(1, total) if total is not None else (perf_counter() - began) / max(share_s or 0.0, 1e-9)
        if spent >= 1.0:
            break
        progress = (spell + spent) / _SPELLS
        temperature = mean_way * cooling.start * (cooling.end / cooling.start) ** progress
        anneal(part.world, made, best, 500, temperature)
        done += 500
    return [[int(stops[node]) for node in nodes] for _, nodes in routes_of(part, best)]


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
