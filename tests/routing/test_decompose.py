"""Thousands of stops searched in parts: nothing lost, nothing worse, the same again."""

from time import perf_counter

from post_logistics.routing.decompose import can_be_cut, search_in_parts
from post_logistics.routing.doors import calls_of
from post_logistics.routing.kernel.layout import ABSENTEES, COST
from post_logistics.routing.ruin_recreate import Effort, started
from post_logistics.routing.state import routes_of
from post_logistics.routing.world import Ground, build_ground
from tests.routing.worlds import town


def ground_of(doors: int) -> Ground:
    problem = town(doors, doors // 20, seed=4)
    return build_ground(problem, calls_of(problem, problem.stops))


def test_tours_searched_in_parts_hold_every_stop_once_and_cost_less_than_at_the_start() -> None:
    ground = ground_of(1_500)
    first = float(started(ground, 0).money[COST])
    told: list[float] = []

    def watch(done: float, best: object) -> bool:
        told.append(done)
        return True

    best = search_in_parts(ground, Effort(None, 6_000, perf_counter()), 0, 2, (), watch)
    stops = sorted(stop for _, route in routes_of(ground, best) for stop in route)
    assert stops == list(range(1_500))
    assert best.numbers[ABSENTEES] == 0
    assert best.money[COST] < first
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_same_rounds_and_seed_give_the_same_tours_on_one_core_and_on_two() -> None:
    ground = ground_of(1_500)
    one, two = (search_in_parts(ground, Effort(None, 3_000, perf_counter()), 7, cores, (), None) for cores in (1, 2))
    assert routes_of(ground, one) == routes_of(ground, two)


def test_a_search_in_parts_stops_when_told() -> None:
    ground = ground_of(1_500)
    calls: list[float] = []

    def watch(done: float, best: object) -> bool:
        calls.append(done)
        return False

    search_in_parts(ground, Effort(None, 60_000, perf_counter()), 0, 2, (), watch)
    assert len(calls) == 1


def test_only_large_problems_whose_vehicles_are_alike_are_cut() -> None:
    assert not can_be_cut(ground_of(300))
