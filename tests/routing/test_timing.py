"""A tour is timed as early as can be, late only where waiting is all it would do; the judge finds nothing wrong."""

from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.routing.assemble import cost_of
from post_logistics.routing.check import Fault, check_plan
from post_logistics.routing.plan import DepotReturn, Rest, RoutePlan, Tour, Visit
from post_logistics.routing.problem import Break, RoutingProblem, Vehicle, Window
from post_logistics.routing.timing import arrival, time_tour
from tests.routing.problems import asking
from tests.routing.worlds import NOON_S, driven, stop, street, vehicle

TIMES = {
    Fault.WRONG_TIME,
    Fault.OUTSIDE_WINDOW,
    Fault.OUTSIDE_SHIFT,
    Fault.NO_SUCH_LEG,
    Fault.BREAK_MISSING,
    Fault.BREAK_UNASKED,
    Fault.BREAK_OUTSIDE,
    Fault.BREAK_WHILE_BUSY,
    Fault.WRONG_TOTAL,
    Fault.RETURN_MISPLACED,
}
"""What a timed tour must not have; loads are none of its business."""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=24, max_size=24), st.integers(0, 200_000), st.integers(0, 9_000))
def test_who_rides_by_the_hour_arrives_when_counting_the_seconds_says(
    speeds: list[int], leave_s: int, travel_s: int
) -> None:
    for speed_pct in ((), tuple(speeds)):
        assert arrival(vehicle(speed_pct=speed_pct), leave_s, travel_s) == driven(speed_pct, leave_s, travel_s)


@pytest.mark.parametrize("way_s", [0, 1, 3_599, 3_600])
def test_a_way_may_end_with_the_hour(way_s: int) -> None:
    rider = vehicle(speed_pct=(100,) * 12 + (50,) + (100,) * 11)
    assert arrival(rider, NOON_S - way_s, way_s) == NOON_S
    assert arrival(rider, NOON_S - way_s, way_s + 1) == NOON_S + 2


def random_tours(seed: int, *features: str) -> list[tuple[RoutingProblem, Vehicle, list[str], list[int], Tour | None]]:
    """Some orders of some stops, with returns, for the first rider of a problem."""
    chance = Random(seed)
    problem = asking(seed, features, doors=5, riders=1)
    rider = problem.vehicles[0]
    done = {visit.stop_id for visit in rider.frozen}
    made = []
    for _ in range(8):
        ids = [one.stop_id for one in problem.stops if one.stop_id not in done]
        ids = chance.sample(ids, chance.randint(0 if rider.frozen else 1, len(ids)))
        between = range(max(1, len(rider.frozen)), len(rider.frozen) + len(ids))
        returns = sorted(chance.sample(between, min(len(between), chance.randint(0, rider.max_returns))))
        made.append((problem, rider, ids, returns, time_tour(problem, rider, ids, returns)))
    return made


FEATURES = ("windows", "service", "speeds", "breaks", "returns", "depots", "frozen", "asymmetric", "kinds", "crooked")


def test_the_judge_agrees_with_every_time() -> None:
    timed = 0
    for seed in range(250):
        features = Random(seed).sample(FEATURES, Random(seed).randint(1, len(FEATURES)))
        for problem, _, _, _, tour in random_tours(seed, *features):
            if tour is not None:
                timed += 1
                plan = RoutePlan((tour,), (), cost_of(problem, (tour,), ()))
                assert [one for one in check_plan(problem, plan) if one.fault in TIMES] == []
    assert timed > 300


def earliest_return_s(problem: RoutingProblem, rider: Vehicle, ids: list[str], returns: list[int]) -> int | None:
    """When the tour could be over at the earliest, by trying every place for the break."""
    stops = {one.stop_id: one for one in problem.stops}
    travel_s = problem.travel_s(rider)
    places: list[tuple[int, int, tuple[Window, ...]]] = [(rider.start_node, 0, ())]
    for number, stop_id in enumerate(ids):
        if number in returns:
            places.append((rider.start_node, rider.reload_s, ()))
        one = stops[stop_id]
        places.append((one.node, one.service_s, one.windows))
    places.append((rider.end_node, 0, ()))
    found = []
    for at, side in product(range(len(places)), ("before", "after")) if rider.pause else [(-1, "")]:
        clock_s: int | None = rider.shift_start_s
        for number, (node, service_s, windows) in enumerate(places):
            if number and clock_s is not None:
                clock_s = driven(rider.speed_pct, clock_s, int(travel_s[places[number - 1][0], node]))
            clock_s = rested_s(rider, clock_s) if (at, side) == (number, "before") else clock_s
            if clock_s is not None and windows:
                clock_s = min((max(clock_s, w.open_s) for w in windows if clock_s < w.close_s), default=None)
            clock_s = None if clock_s is None else clock_s + service_s
            clock_s = rested_s(rider, clock_s) if (at, side) == (number, "after") else clock_s
        if clock_s is not None and clock_s <= rider.shift_end_s:
            found.append(clock_s)
    return min(found, default=None)


def rested_s(rider: Vehicle, free_s: int | None) -> int | None:
    pause = rider.pause
    if free_s is None or pause is None or free_s > pause.latest_s:
        return None
    return max(free_s, pause.earliest_s) + pause.duration_s


def test_a_tour_is_over_as_early_as_any_place_for_the_break_allows() -> None:
    features = ("windows", "service", "breaks", "returns", "depots")
    for seed in range(120):
        for problem, rider, ids, returns, tour in random_tours(seed, *features):
            found = earliest_return_s(problem, rider, ids, returns)
            assert (tour is None) == (found is None)
            if tour is not None and found is not None:
                over_s = max(tour.return_s, tour.rest.end_s if tour.rest else 0)
                assert over_s == found


def test_who_would_wait_at_the_first_door_leaves_later() -> None:
    problem = street([stop("A", 1, windows=(Window(NOON_S + 500, NOON_S + 600),))], [vehicle()])
    tour = time_tour(problem, problem.vehicles[0], ["A"])
    assert tour is not None
    assert (tour.depart_s, tour.visits) == (NOON_S + 400, (Visit("A", NOON_S + 500, NOON_S + 500),))


def test_a_return_is_timed_with_its_reloading_and_frozen_visits_count() -> None:
    rider = vehicle(max_returns=2, reload_s=50, frozen=(Visit("A", NOON_S + 90, NOON_S + 130),))
    problem = street(
        [stop("A", 1), stop("B", 2), stop("C", 3, service_s=5)], [replace(rider, shift_end_s=NOON_S + 9_000)]
    )
    tour = time_tour(problem, problem.vehicles[0], ["B", "C"], [2])
    assert tour is not None
    assert tour.returns == (DepotReturn(2, NOON_S + 430, NOON_S + 480),)
    assert tour.visits == (
        *rider.frozen,
        Visit("B", NOON_S + 230, NOON_S + 230),
        Visit("C", NOON_S + 780, NOON_S + 785),
    )
    assert (tour.return_s, tour.distance_m, tour.work_s) == (NOON_S + 1_085, 1_000, 1_000 + 5 + 50)


def test_a_break_is_taken_in_what_would_be_a_wait() -> None:
    pause = Break(earliest_s=NOON_S + 50, latest_s=NOON_S + 150, duration_s=100)
    problem = street([stop("A", 1, windows=(Window(NOON_S + 250, NOON_S + 260),))], [vehicle(pause=pause)])
    tour = time_tour(problem, problem.vehicles[0], ["A"])
    assert tour is not None
    assert tour.rest is not None
    assert (tour.rest.end_s <= NOON_S + 250, tour.visits[0].departure_s) == (True, NOON_S + 250)


def test_a_break_due_before_the_shift_can_be_taken_by_nobody() -> None:
    pause = Break(earliest_s=NOON_S - 100, latest_s=NOON_S - 1, duration_s=100)
    problem = street([stop("A", 1)], [vehicle(pause=pause)])
    assert time_tour(problem, problem.vehicles[0], ["A"]) is None


def test_a_break_after_the_last_door_may_be_taken_at_the_office_within_the_shift() -> None:
    for latest_s, fits in ((NOON_S + 800, True), (NOON_S + 801, False)):
        pause = Break(earliest_s=latest_s, latest_s=latest_s, duration_s=100)
        problem = street([stop("A", 1)], [vehicle(pause=pause)])
        tour = time_tour(problem, problem.vehicles[0], ["A"])
        assert (tour is not None) == fits
        if tour is not None:
            assert tour.rest == Rest(NOON_S + 800, NOON_S + 900)


def test_a_rider_already_late_may_come_straight_home_and_no_later() -> None:
    frozen = (Visit("F", NOON_S + 700, NOON_S + 890),)
    problem = street([stop("F", 4), stop("A", 2), stop("B", 2, service_s=1)], [vehicle(frozen=frozen)])
    rider = problem.vehicles[0]
    assert time_tour(problem, rider, ["A"]) is not None
    assert time_tour(problem, rider, ["B"]) is None
    late = time_tour(problem, rider, ["B"], late=True)
    assert late is not None
    assert late.return_s == NOON_S + 1_291


def test_a_missed_window_is_no_obstacle_to_who_may_be_late() -> None:
    problem = street([stop("A", 1, windows=(Window(NOON_S, NOON_S + 100),))], [vehicle()])
    assert time_tour(problem, problem.vehicles[0], ["A"]) is None
    late = time_tour(problem, problem.vehicles[0], ["A"], late=True)
    assert late is not None
    assert late.visits == (Visit("A", NOON_S + 100, NOON_S + 100),)
