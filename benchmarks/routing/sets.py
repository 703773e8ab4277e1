"""The instances of a table: made by recipe, made of Dhaka, or read from a folder of published files."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import get_args

from benchmarks.routing.generators import SPARE_FLEET, Demand, DepotPlace, Spread, city, solomon_like, x_like
from benchmarks.routing.postal import OFFICES, plain_day, postal_day, shared_day
from post_logistics.routing.instances import load_instance
from post_logistics.routing.problem import RoutingProblem
from post_logistics.routing.solutions import load_solution

Loaded = tuple[RoutingProblem, int | None]
"""A problem, and the best cost known for it if there is one."""


@dataclass(frozen=True, slots=True)
class Case:
    """An instance that is made or read when its turn comes. Ratios are averaged over the cases of a ``family``."""

    name: str
    family: str
    load: Callable[[], Loaded]


SIZES = (100, 200, 300, 400, 500, 700, 1_000)
SEED = 1
WINDOWS = {"C1": (60, 120), "C2": (160, 320), "R1": (10, 30), "R2": (115, 240), "RC1": (30, 60), "RC2": (60, 240)}
"""Widths that Solomon used, narrow and wide."""


def _x() -> Iterator[Case]:
    """Every depot and spread with changing demands, each size three times."""
    depots, spreads, demands = get_args(DepotPlace), get_args(Spread), get_args(Demand)
    for row, stops in enumerate(SIZES):
        for column, spread in enumerate(spreads):
            depot, demand = depots[(row + column) % 3], demands[(3 * row + column) % 7]
            make = partial(x_like, stops, depot, spread, demand, SEED)
            yield Case(f"x-{stops}-{depot}-{spread}-{demand}", "X-like", partial(_made, make))


def _solomon() -> Iterator[Case]:
    for row, stops in enumerate((100, 200, 400, 1_000)):
        for column, (family, widths) in enumerate(WINDOWS.items()):
            width, density = widths[(row + column) % 2], (1.0, 0.75, 0.5, 1.0)[(row + column) % 4]
            make = partial(solomon_like, family, stops, density, width, SEED)
            yield Case(f"{family}-{stops}-{density:.0%}-{width}", f"{family}-like {stops}", partial(_made, make))


def _city() -> Iterator[Case]:
    for stops in SIZES:
        yield Case(f"city-{stops}", "city", partial(_made, partial(city, stops, SEED)))


def _days(family: str, make: Callable[[int, int], RoutingProblem]) -> Iterator[Case]:
    for stops, postcode in OFFICES.items():
        yield Case(f"{family}-{postcode}-{stops}", family, partial(_made, partial(make, stops, SEED)))


SETS: Mapping[str, Callable[[], Iterator[Case]]] = {
    "x": _x,
    "solomon": _solomon,
    "city": _city,
    "plain": partial(_days, "plain", plain_day),
    "shared": partial(_days, "shared", shared_day),
    "postal": partial(_days, "postal", postal_day),
}
"""Name -> the cases made by recipe."""

_SOLOMON_NAME = re.compile(r"(rc|r|c)([12])(?:_(\d+)_\d+|\d\d)$", re.I)
"""R101 of Solomon, RC2_10_5 of Gehring and Homberger: class, and hundreds of customers if not one."""


def folder_cases(folder: Path) -> list[Case]:
    """The ``.vrp`` files of a folder and all below it, and the ``.txt`` files named as Solomon's are, by name."""
    cases = []
    for path in sorted(folder.rglob("*")):
        solomon = _SOLOMON_NAME.match(path.stem)
        if path.suffix.lower() == ".txt" and solomon:
            family = f"{solomon[1].upper()}{solomon[2]} {int(solomon[3] or 1) * 100}"
            cases.append(Case(path.stem, family, partial(_read, path)))
        elif path.suffix.lower() == ".vrp":
            cases.append(Case(path.stem, re.split(r"[-_\d]", path.stem)[0], partial(_read, path)))
    return cases


def some_of(cases: Sequence[Case], most: int) -> list[Case]:
    """At most so many of the cases, in their order, always the same by lot."""
    drawn = Random(SEED).sample(range(len(cases)), min(most, len(cases)))
    return [cases[number] for number in sorted(drawn)]


def _made(make: Callable[[], RoutingProblem]) -> Loaded:
    return make(), None


def _read(path: Path) -> Loaded:
    """The best known cost is in the ``.sol`` of the same name if there is one, else in the file's comment."""
    instance = load_instance(path)
    solved = path.with_suffix(".sol")
    cost = load_solution(solved, instance).stated_cost if solved.exists() else None
    return _without_crowd(instance.problem), instance.best_known if cost is None else int(cost)


def _without_crowd(problem: RoutingProblem) -> RoutingProblem:
    """The problem with no more vehicles than generated ones have, where a file without a fleet has one for each stop.

    More are never needed, and searches that model each vehicle would drown in them.
    """
    stops, vehicles = problem.stops, problem.vehicles
    if len(vehicles) < len(stops) or any(stop.windows for stop in stops):
        return problem
    least = -(-sum(stop.weight_g for stop in stops) // vehicles[0].capacity_g)
    return replace(problem, vehicles=vehicles[: least + least // 4 + SPARE_FLEET])
