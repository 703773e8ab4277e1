"""What the compiled search writes down of its tours as it changes them is what their routes say, whatever is asked."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from post_logistics.routing.assemble import cost_of
from post_logistics.routing.doors import calls_of
from post_logistics.routing.kernel.anneal import anneal
from post_logistics.routing.kernel.layout import (
    ABSENT,
    ABSENTEES,
    COST,
    COUNT,
    FREE,
    KIND_OF,
    PENALTY,
    READY,
    TOUR,
    USED,
    Kept,
    Tours,
)
from post_logistics.routing.kernel.moves import offer_again, put_in
from post_logistics.routing.plan import Tour
from post_logistics.routing.problem import RoutingProblem
from post_logistics.routing.reasons import impossible_stops
from post_logistics.routing.ruin_recreate import mean_way_of, started
from post_logistics.routing.state import empty_tours, kept, routes_of
from post_logistics.routing.timing import time_tour
from post_logistics.routing.world import Ground, build_ground
from tests.routing.problems import FEATURES, asking, mixture


def ground_of(problem: RoutingProblem) -> Ground | None:
    hopeless = impossible_stops(problem)
    calls = calls_of(problem, [one for one in problem.stops if one.stop_id not in hopeless])
    return build_ground(problem, calls) if calls and problem.vehicles else None


def in_steps(ground: Ground, seed: int) -> Iterator[tuple[Tours, Kept]]:
    """The tours three times in a search of 300 rounds, hot at first, and the best ones then met."""
    made = started(ground, seed)
    best = kept(made)
    mean_way = mean_way_of(ground, made)
    for heat in (10.0, 1.0, 0.1):
        anneal(ground.world, made, best, 100, mean_way * heat)
        yield made, best


def ridden(problem: RoutingProblem, ground: Ground, routes: Sequence[tuple[int, Sequence[int]]]) -> list[Tour]:
    """Those routes as tours, timed whether or not they are late, and what riders with frozen visits do anyway."""
    orders = {vehicle.vehicle_id: (vehicle, list[str](), list[int]()) for vehicle in ground.vehicles}
    for number, nodes in routes:
        vehicle, ids, returns = orders[ground.vehicles[number].vehicle_id]
        for node in nodes:
            if node < len(ground.calls):
                ids.extend(one.stop_id for one in ground.calls[node].stops)
            else:
                returns.append(len(vehicle.frozen) + len(ids))
    wanted = [order for order in orders.values() if order[0].frozen or order[1]]
    tours = [time_tour(problem, vehicle, ids, returns, late=True) for vehicle, ids, returns in wanted]
    assert None not in tours
    return [tour for tour in tours if tour is not None]


def metres(problem: RoutingProblem, ground: Ground, made: Tours | Kept) -> tuple[float, float]:
    """What the tours cost beyond those without stops, in the books and by their routes."""
    absent = made.lists[ABSENT, : made.numbers[ABSENTEES]]
    empty = empty_tours(ground, 0)
    penalties = float(ground.world.worth[:, PENALTY].sum() - ground.world.worth[absent, PENALTY].sum())
    booked = (float(made.money[COST]) - float(empty.money[COST]) + penalties) / ground.scale
    with_stops = cost_of(problem, ridden(problem, ground, routes_of(ground, made)), ()).total_m
    return booked, with_stops - cost_of(problem, ridden(problem, ground, []), ()).total_m


def rebuilt(ground: Ground, made: Tours) -> Tours:
    """The same routes put together anew, node by node."""
    anew = empty_tours(ground, 0)
    for number, nodes in routes_of(ground, made):
        before = len(ground.calls) + number
        for node in nodes:
            if node < len(ground.calls):
                offer_again(ground.world, anew, anew.lists[ABSENT, : anew.numbers[ABSENTEES]].tolist().index(node))
            put_in(ground.world, anew, node, before)
            before = node
    return anew


def assert_books_are_right(problem: RoutingProblem, ground: Ground, made: Tours, best: Kept) -> None:
    exact = ground.scale == 1 and problem.fairness_m == 0
    rounding = 1e-6 if exact else 3 * len(ground.vehicles) + len(ground.calls) / ground.scale
    for tours in (made, best):
        booked, spent = metres(problem, ground, tours)
        assert booked == pytest.approx(spent, abs=rounding)
    anew, world = rebuilt(ground, made), ground.world
    there = made.nodes[:, TOUR] != FREE
    np.testing.assert_array_equal(there, anew.nodes[:, TOUR] != FREE)
    np.testing.assert_array_equal(made.nodes[there], anew.nodes[there])
    absent = made.lists[ABSENT, : made.numbers[ABSENTEES]]
    assert sorted(absent) == np.flatnonzero(~there[: len(ground.calls)]).tolist()
    depots = made.nodes[len(ground.calls) : len(ground.calls) + len(ground.vehicles)]
    used = np.bincount(world.vehicles[depots[:, COUNT] > 0, KIND_OF], minlength=len(world.kinds))
    np.testing.assert_array_equal(made.lists[USED, : len(world.kinds)], used)


def with_the_rest(feature: str) -> tuple[str, ...]:
    """The feature with what makes it bind."""
    also = {"returns": ("cash", "costs"), "pickups": ("loads",), "skills": ("beats",), "one_way": ("windows",)}
    return feature, *also.get(feature, ())


@pytest.mark.parametrize("feature", FEATURES)
def test_the_books_are_right_with(feature: str) -> None:
    for seed in range(2):
        problem = asking(seed, with_the_rest(feature), doors=12, riders=3)
        ground = ground_of(problem)
        assert ground is not None
        for made, best in in_steps(ground, seed):
            assert_books_are_right(problem, ground, made, best)


def test_the_books_are_right_with_any_mixture() -> None:
    for seed in range(60):
        problem = asking(seed, mixture(seed), doors=seed % 16, riders=1 + seed % 4)
        ground = ground_of(problem)
        if ground is not None:
            for made, best in in_steps(ground, seed):
                assert_books_are_right(problem, ground, made, best)


def test_red_control_what_is_not_booked_is_noticed() -> None:
    problem = asking(0, ("service",), doors=12, riders=3)
    ground = ground_of(problem)
    assert ground is not None
    made, best = next(in_steps(ground, 0))
    made.money[COST] += 1
    with pytest.raises(AssertionError):
        assert_books_are_right(problem, ground, made, best)
    made.money[COST] -= 1
    made.nodes[0, READY] += 1
    with pytest.raises(AssertionError):
        assert_books_are_right(problem, ground, made, best)
