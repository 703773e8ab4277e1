"""Stops of one door are one call: deliveries first, one after the other, when all of their windows allow it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.routing.check import check_plan
from post_logistics.routing.doors import call_at, calls_of
from post_logistics.routing.plan import Reason, RoutePlan, Visit
from post_logistics.routing.problem import Budget, RoutingProblem, Stop, Window
from post_logistics.routing.solve import solve
from tests.routing.problems import asking
from tests.routing.worlds import NOON_S, stop, street, vehicle

SHORT = Budget(iterations=30)
windows = st.lists(st.integers(0, 60), min_size=0, max_size=6, unique=True).map(
    lambda edges: tuple(Window(*pair) for pair in list(pairwise(sorted(edges)))[::2])
)
members = st.lists(st.tuples(windows, st.integers(0, 20), st.booleans()), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(members)
def test_a_call_may_begin_exactly_when_every_stop_can_be_served_in_turn(
    drawn: list[tuple[tuple[Window, ...], int, bool]],
) -> None:
    stops = [
        stop(f"S{n}", 1, windows=its, service_s=service_s, pickup=pickup)
        for n, (its, service_s, pickup) in enumerate(drawn)
    ]
    call = call_at(stops)
    assert [one.pickup for one in call.stops] == sorted(one.pickup for one in stops)
    for begin_s in range(70):
        allowed = call.windows is None or any(w.open_s <= begin_s < w.close_s for w in call.windows)
        assert allowed == all_in_turn(call.stops, begin_s)
    assert all(earlier.close_s <= later.open_s for earlier, later in pairwise(call.windows or ()))


def all_in_turn(stops: tuple[Stop, ...], at_s: int) -> bool:
    """Whether each is in time when service begins then and goes on without a wait."""
    for one in stops:
        if one.windows and not any(window.open_s <= at_s < window.close_s for window in one.windows):
            return False
        at_s += one.service_s
    return True


def test_a_call_is_the_sum_of_its_stops() -> None:
    stops = [
        stop("A", 1, weight_g=1, volume_ml=2, parcels=3, pickup=True, service_s=10, prize_m=5, skills=frozenset("a")),
        stop("B", 1, weight_g=10, volume_ml=20, parcels=30, cash_poisha=7, service_s=20, prize_m=6),
        stop("C", 1, weight_g=100, volume_ml=200, parcels=300, cash_poisha=8, prize_m=7, skills=frozenset("c")),
    ]
    call = call_at(stops)
    assert [one.stop_id for one in call.stops] == ["B", "C", "A"]
    assert (call.node, call.service_s, call.cash_poisha, call.prize_m) == (1, 30, 15, 18)
    assert (call.load(pickup=False), call.load(pickup=True)) == ((110, 220, 330), (1, 2, 3))
    assert (call.skills, call.windows) == (frozenset("ac"), None)
    assert call_at([*stops, stop("D", 1)]).prize_m is None, "one of them must go"


def test_a_door_named_like_a_stop_is_another_thing() -> None:
    problem = street([stop("A", 1), stop("B", 1, door="A"), stop("C", 1, door="A"), stop("D", 1)], [vehicle()])
    names = [[one.stop_id for one in call.stops] for call in calls_of(problem, problem.stops)]
    assert names == [["A"], ["B", "C"], ["D"]]


def test_what_is_left_of_a_door_with_a_frozen_stop_is_a_call_of_its_own() -> None:
    stops = [stop(name, 1, door="D", service_s=10) for name in "ABC"]
    rider = vehicle(frozen=(Visit("B", NOON_S + 100, NOON_S + 110),))
    problem = street(stops, [rider, vehicle("R02", fixed_cost_m=0)])
    assert [[one.stop_id for one in call.stops] for call in calls_of(problem, problem.stops)] == [["A", "C"]]
    plan = solve(problem, SHORT)
    assert plan.unserved == ()
    assert sum({"A", "C"} <= {visit.stop_id for visit in tour.visits} for tour in plan.tours) == 1


def served(problem: RoutingProblem) -> tuple[RoutePlan, list[Visit]]:
    plan = solve(problem, SHORT)
    return plan, [visit for tour in plan.tours for visit in tour.visits]


def test_the_stops_of_a_door_are_served_without_a_pause_the_delivery_first() -> None:
    stops = [
        stop("takes", 1, door="D", pickup=True, weight_g=10_000, service_s=30),
        stop("gets", 1, door="D", weight_g=10_000, service_s=60),
        stop("far", 3),
    ]
    _, visits = served(street(stops, [vehicle()]))
    gets, takes = (next(v for v in visits if v.stop_id == name) for name in ("gets", "takes"))
    assert (takes.arrival_s, takes.departure_s) == (gets.departure_s, gets.departure_s + 30)


def test_a_rider_waits_until_no_stop_of_a_door_makes_him_wait_again() -> None:
    late = (Window(NOON_S + 400, NOON_S + 500),)
    stops = [stop("A", 1, door="D", service_s=100), stop("B", 1, door="D", pickup=True, windows=late)]
    _, (first, second) = served(street(stops, [vehicle()]))
    assert (first.departure_s - 100, second.arrival_s, second.departure_s) == (NOON_S + 300, NOON_S + 400, NOON_S + 400)


@pytest.mark.parametrize(
    ("facts", "others", "reasons"),
    [
        ({"windows": (Window(NOON_S + 100, NOON_S + 150),)}, {"windows": (Window(NOON_S + 150, NOON_S + 250),)}, 2),
        ({"windows": (Window(NOON_S + 100, NOON_S + 151),)}, {"windows": (Window(NOON_S + 150, NOON_S + 250),)}, 0),
        ({"weight_g": 6_000}, {"weight_g": 4_001}, 2),
        ({"weight_g": 6_000}, {"weight_g": 4_000}, 0),
        ({"weight_g": 6_000}, {"weight_g": 10_000, "pickup": True}, 0),
        ({"cash_poisha": 6_000}, {"cash_poisha": 4_001, "pickup": True}, 2),
        ({"service_s": 400}, {"service_s": 301}, 2),
        ({"service_s": 400}, {"service_s": 300}, 0),
        ({}, {}, 0),
    ],
)
def test_a_door_is_served_whole_or_refused_whole(
    facts: dict[str, object], others: dict[str, object], reasons: int
) -> None:
    stops = [stop("A", 1, door="D", **facts), stop("B", 1, door="D", **others)]
    plan = solve(street(stops, [vehicle()]), SHORT)
    assert [one.reason for one in plan.unserved] == [Reason.DOOR_REFUSED] * reasons


def test_a_door_with_more_stops_than_a_rider_may_make_is_left() -> None:
    stops = [stop(name, 1, door="D") for name in "AB"]
    assert len(solve(street(stops, [vehicle(max_stops=1)]), SHORT).unserved) == 2
    assert not solve(street(stops, [vehicle(max_stops=2)]), SHORT).unserved


def test_of_two_doors_the_one_with_more_stops_that_must_go_is_served() -> None:
    stops = [stop("one", 1, weight_g=10_000), *(stop(name, 4, door="D", weight_g=3_000) for name in "ABC")]
    plan = solve(street(stops, [vehicle()]), SHORT)
    assert [one.stop_id for one in plan.unserved] == ["one"]


def test_random_doors_are_served_as_they_should() -> None:
    for seed in range(40):
        problem = asking(seed, ("doors", "windows", "service", "pickups", "loads", "prizes"), doors=9, riders=2)
        assert check_plan(problem, solve(problem, SHORT)) == ()
