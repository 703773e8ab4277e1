"""The search for good tours: ruin and recreate under simulated annealing, on as many cores as asked for."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from time import perf_counter

from post_logistics.routing.kernel.anneal import anneal, construct, squeeze
from post_logistics.routing.kernel.layout import (
    ABSENTEES,
    ARC,
    CLOCK,
    COST,
    FIXED,
    FREE,
    TOUR,
    UNTIMED,
    USED,
    Kept,
    Tours,
)
from post_logistics.routing.state import empty_tours, fill, kept, resume
from post_logistics.routing.world import Ground

Route = tuple[int, Sequence[int]]
"""A tour and its list nodes in order."""
Watch = Callable[[float, Kept], bool]
"""Told how much of the budget is spent and the best so far; false stops the search."""

_SMALL, _RUNS, _ROUNDS_TO_SHARE, _NEXT_SEED = 150, 3, 60_000, 7_919
"""Of so few calls, several short searches find more than a long one, if there are rounds enough to share."""
_FACTORS, _DEAR_WAYS = (1.0, 3.0, 0.4), 5.0
"""How hot each of them starts where sending a vehicle out costs more than so many mean ways: to do with one tour less,
much must first get worse."""
_ROUNDS_AT_ONCE = 200
"""Rounds between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """From which temperature to which, in mean ways of the tours first constructed."""

    start: float
    end: float

    def at(self, spent: float) -> float:
        """The temperature when so much of the budget is spent, from 0 to 1."""
        temperature: float = self.start * (self.end / self.start) ** spent
        return temperature


@dataclass(slots=True)
class Effort:
    """How much of a budget is spent: by the clock or by rounds."""

    until: float | None
    rounds: int | None
    began: float
    stop: Event = field(default_factory=Event)
    done: int = 0

    @property
    def spent(self) -> float:
        """From 0 to 1."""
        if self.stop.is_set():
            return 1.0
        if self.rounds is not None:
            return min(1.0, self.done / self.rounds) if self.rounds else 1.0
        assert self.until is not None
        return min(1.0, (perf_counter() - self.began) / max(self.until - self.began, 1e-9))

    @property
    def at_once(self) -> int:
        """Rounds until the next look."""
        return _ROUNDS_AT_ONCE if self.rounds is None else min(_ROUNDS_AT_ONCE, self.rounds - self.done)


def cooling_for(ground: Ground) -> Cooling:
    """The temperatures that did best: higher where windows make it hard to get from one good plan to another."""
    stops = len(ground.calls)
    if ground.world.rules[CLOCK] == UNTIMED:
        return Cooling(1.0 if stops < 3000 else 0.3, 0.01)
    return Cooling(10.0 if stops <= 200 else 4.0, 0.1 if stops <= 200 else 0.02)


def search(
    ground: Ground,
    *,
    seeds: Sequence[int],
    rounds: int | None,
    until: float | None,
    start: Sequence[Route] = (),
    watch: Watch | None = None,
) -> Kept:
    """The best tours found by one search for each seed, side by side, each of so many rounds or until that time.

    ``until`` is a reading of ``perf_counter``. The search starts from the tours of ``start``, the rest constructed.
    """
    began, stop = perf_counter(), Event()

    def one(seed: int) -> Kept:
        runs = _RUNS if len(ground.calls) <= _SMALL and (rounds is None or rounds >= _ROUNDS_TO_SHARE) else 1
        share = None if rounds is None else rounds // runs
        found = []
        for run in range(runs):
            now = perf_counter()
            ends = None if until is None else now + max(0.0, until - now) / (runs - run)
            told = _part_of(watch, run, runs) if watch is not None and seed == seeds[0] else None
            effort = Effort(ends, share, began if runs == 1 else now, stop)
            made = started(ground, seed + run * _NEXT_SEED, start)
            found.append(improved(ground, made, effort, told, _FACTORS[run]))
        return min(found, key=lambda best: float(best.money[COST]))

    if len(seeds) == 1:
        found = [one(seeds[0])]
    else:
        with ThreadPoolExecutor(len(seeds)) as pool:
            found = list(pool.map(one, seeds))
    return min(found, key=lambda best: float(best.money[COST]))


def _part_of(watch: Watch, run: int, runs: int) -> Watch:
    """The watch told of one run among several."""
    return lambda spent, best: watch((run + spent) / runs, best)


def started(ground: Ground, seed: int, start: Sequence[Route] = ()) -> Tours:
    """Tours to start from: those given, and every other call where it costs least when its turn comes."""
    made = empty_tours(ground, seed)
    fill(ground, made, start)
    construct(ground.world, made)
    return made


def improved(ground: Ground, made: Tours, effort: Effort, watch: Watch | None = None, factor: float = 1.0) -> Kept:
    """The best tours met from those on; absent calls are tried everywhere in the end.

    ``factor`` makes the start hotter or cooler where sending somebody out is dear.
    """
    mean_way, cooling = mean_way_of(ground, made), cooling_for(ground)
    dear = float(ground.world.vehicles[:, FIXED].max()) > _DEAR_WAYS * mean_way
    heat = Cooling(cooling.start * mean_way * (factor if dear else 1.0), cooling.end * mean_way)
    best = annealed(ground, made, effort, heat, watch)
    if best.numbers[ABSENTEES]:
        last = resume(ground, best)
        squeeze(ground.world, last)
        best = kept(last) if last.money[COST] < best.money[COST] else best
    return best


def annealed(ground: Ground, made: Tours, effort: Effort, heat: Cooling, watch: Watch | None = None) -> Kept:
    """The best tours met from those on, at temperatures in cost units."""
    best = kept(made)
    while (spent := effort.spent) < 1.0:
        count = effort.at_once
        anneal(ground.world, made, best, count, heat.at(spent))
        effort.done += count
        if watch is not None and not watch(spent, best):
            effort.stop.set()
    return best


def mean_way_of(ground: Ground, made: Tours) -> float:
    """Mean cost of a way in the tours: temperatures are measured by it."""
    used = int(made.lists[USED, : len(ground.world.kinds)].sum())
    ways = len(ground.calls) - int(made.numbers[ABSENTEES]) + used
    rows = made.nodes[: len(ground.calls) + len(ground.vehicles)]
    return float(rows[rows[:, TOUR] != FREE, ARC].sum()) / max(1, ways) or 1.0
