"""Plans are right, repeatable, as good as can be where that can be told, and say truly why a stop was left out."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from post_logistics.routing import solve as module
from post_logistics.routing.assemble import cost_of, plan_of
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import Reason, RoutePlan, Tour, Visit
from post_logistics.routing.problem import UNREACHABLE, Budget, RoutingProblem, Stop, Window
from post_logistics.routing.solve import solve
from post_logistics.routing.timing import time_tour
from tests.routing.problems import cheapest, may_be_ridden
from tests.routing.worlds import NOON_S, problems, stop, street, town, vehicle

SHORT = Budget(iterations=30)
ROOT = Path(__file__).resolve().parents[2]


def reasons(plan: RoutePlan) -> dict[str, Reason]:
    return {left.stop_id: left.reason for left in plan.unserved}


def test_a_tour_is_timed_as_worked_out_by_hand() -> None:
    window = Window(NOON_S + 300, NOON_S + 400)
    first = stop("A", 1, service_s=60, windows=(Window(NOON_S, NOON_S + 200),))
    problem = street([first, stop("B", 2, service_s=30, windows=(window,))], [vehicle()])
    (tour,) = solve(problem, SHORT).tours
    assert tour.visits == (Visit("A", NOON_S + 100, NOON_S + 160), Visit("B", NOON_S + 260, NOON_S + 330))
    assert (tour.depart_s, tour.return_s, tour.distance_m) == (NOON_S, NOON_S + 530, 400)


def test_a_rider_leaves_late_rather_than_wait_at_the_first_door() -> None:
    problem = street([stop("A", 1, windows=(Window(NOON_S + 500, NOON_S + 600),))], [vehicle()])
    (tour,) = solve(problem, SHORT).tours
    assert (tour.depart_s, tour.visits[0].arrival_s) == (NOON_S + 400, NOON_S + 500)


def test_the_second_window_of_a_door_is_used_when_the_first_is_missed() -> None:
    windows = (Window(NOON_S, NOON_S + 100), Window(NOON_S + 200, NOON_S + 300))
    (tour,) = solve(street([stop("A", 1, service_s=5, windows=windows)], [vehicle()]), SHORT).tours
    assert tour.visits[0].departure_s == NOON_S + 205


def test_one_rider_goes_where_one_is_enough() -> None:
    plan = solve(street([stop("A", 1), stop("B", 4)], [vehicle("R01"), vehicle("R02")]), SHORT)
    assert len(plan.tours) == 1
    assert (plan.cost.distance_m, plan.cost.fixed_m, plan.cost.total_m) == (800, 1_000, 1_800)


def test_two_riders_go_where_one_would_carry_too_much_cash() -> None:
    stops = [stop("A", 1, cash_poisha=6_000), stop("B", 2, cash_poisha=6_000)]
    plan = solve(street(stops, [vehicle("R01"), vehicle("R02")]), SHORT)
    assert sorted(tour.cash_poisha for tour in plan.tours) == [6_000, 6_000]


def test_stops_may_share_a_node() -> None:
    plan = solve(street([stop("A", 2), stop("B", 2)], [vehicle()]), SHORT)
    assert plan.cost.distance_m == 400
    assert not plan.unserved


def test_a_faster_kind_of_vehicle_reaches_what_a_slower_cannot() -> None:
    problem = street([stop("A", 1, service_s=750)], [vehicle(kind="bicycle"), vehicle("R02", kind="van")])
    problem = replace(problem, kind_duration_s={"van": problem.duration_s // 2})
    assert [tour.vehicle_id for tour in solve(problem, SHORT).tours] == ["R02"]


def test_a_problem_without_stops_has_an_empty_plan() -> None:
    plan = solve(street([], [vehicle()]), SHORT)
    assert (plan.tours, plan.unserved, plan.cost.rank) == ((), (), (0, 0))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"weight_g": 10_000}, None),
        ({"weight_g": 10_001}, Reason.TOO_HEAVY),
        ({"parcels": 10}, None),
        ({"parcels": 11}, Reason.TOO_MANY_PARCELS),
        ({"cash_poisha": 10_000}, None),
        ({"cash_poisha": 10_001}, Reason.OVER_CASH_CAP),
        ({"service_s": 700}, None),
        ({"service_s": 701}, Reason.SHIFT_TOO_SHORT),
        ({"windows": (Window(0, NOON_S + 101),)}, None),
        ({"windows": (Window(0, NOON_S + 100),)}, Reason.WINDOW_CLOSED),
        ({"windows": (Window(NOON_S + 800, NOON_S + 801),)}, None),
        ({"windows": (Window(NOON_S + 801, NOON_S + 900),)}, Reason.WINDOW_CLOSED),
        ({"prize_m": 1_201}, None),
        ({"prize_m": 1_199}, Reason.NOT_WORTH_THE_WAY),
    ],
)
def test_a_limit_may_be_reached_and_beyond_it_the_reason_is_named(
    facts: dict[str, object], reason: Reason | None
) -> None:
    problem = street([stop("A", 1, **facts)], [vehicle()])
    assert reasons(solve(problem, SHORT)).get("A") == reason


def test_with_nobody_on_duty_that_is_the_reason() -> None:
    assert reasons(solve(street([stop("A", 1)], []), SHORT)) == {"A": Reason.NO_VEHICLE}


def test_when_each_vehicle_fails_by_something_else_none_fits() -> None:
    problem = street(
        [stop("A", 1, weight_g=900, cash_poisha=900)], [vehicle("R01", capacity_g=1), vehicle("R02", cash_cap_poisha=1)]
    )
    assert reasons(solve(problem, SHORT)) == {"A": Reason.NO_VEHICLE_FITS}


@pytest.mark.parametrize("way", [(0, 1), (1, 0)])
def test_a_stop_without_a_way_there_or_back_is_unreachable(way: tuple[int, int]) -> None:
    broken = np.array([[0, 100, 100], [100, 0, UNREACHABLE], [100, UNREACHABLE, 0]], dtype=np.int64)
    broken[way] = UNREACHABLE
    problem = RoutingProblem(
        stops=(stop("A", 1), stop("B", 2)), vehicles=(vehicle(),), distance_m=broken, duration_s=broken
    )
    plan = solve(problem, SHORT)
    assert reasons(plan) == {"A": Reason.UNREACHABLE}


@pytest.mark.parametrize(
    ("facts", "rider", "reason"),
    [
        ({"weight_g": 6_000}, {}, Reason.LOADS_FULL),
        ({}, {"max_stops": 1}, Reason.LOADS_FULL),
        ({"cash_poisha": 6_000}, {}, Reason.CASH_CAPS_REACHED),
        ({"service_s": 400}, {}, Reason.NO_TIME_LEFT),
        ({"weight_g": 6_000, "service_s": 400}, {}, Reason.LOADS_FULL),
    ],
)
def test_of_two_equal_stops_one_is_left_because_of_what_binds(
    facts: dict[str, object], rider: dict[str, Any], reason: Reason
) -> None:
    problem = street([stop("A", 2, **facts), stop("B", 2, **facts)], [vehicle(**rider)])
    plan = solve(problem, SHORT)
    assert list(reasons(plan).values()) == [reason]
    assert plan.cost.left_behind == 1


def test_vehicles_full_each_in_its_own_way_have_no_room() -> None:
    stops = [stop(name, 2, weight_g=600, cash_poisha=600) for name in "ABC"]
    plan = solve(street(stops, [vehicle("R01", capacity_g=600), vehicle("R02", cash_cap_poisha=600)]), SHORT)
    assert list(reasons(plan).values()) == [Reason.NO_VEHICLE_HAS_ROOM]


def test_a_stop_that_must_go_comes_before_one_that_may_wait() -> None:
    stops = [stop("waits", 1, weight_g=6_000, prize_m=9_999_999), stop("goes", 4, weight_g=6_000)]
    assert reasons(solve(street(stops, [vehicle()]), SHORT)) == {"waits": Reason.LOADS_FULL}


@settings(max_examples=60, deadline=None)
@given(problems())
def test_a_plan_of_a_random_problem_is_right_and_no_worse_than_the_nearest_door(problem: RoutingProblem) -> None:
    plan = solve(problem, Budget(iterations=200))  # of many that fit alone, 30 rounds once never tried the nearest
    assert check_plan(problem, plan) == ()
    must = [one for one in problem.stops if one.prize_m is None]
    tours = nearest_doors(problem, must)
    left = len(must) - sum(len(tour.visits) for tour in tours)
    missed_m = sum(one.prize_m or 0 for one in problem.stops)
    assert plan.cost.rank <= (left, cost_of(problem, tours, ()).total_m + missed_m)


def nearest_doors(problem: RoutingProblem, stops: Sequence[Stop]) -> list[Tour]:
    """The tours of riders who go one after the other, each from door to nearest door as long as it may be ridden."""
    open_stops, tours = list(stops), list[Tour]()
    for rider in problem.vehicles:
        best: Tour | None = None
        at, on = rider.start_node, True
        while on:
            on = False
            for one in sorted(open_stops, key=lambda one: int(problem.way_m(rider)[at, one.node])):
                ids = [visit.stop_id for visit in best.visits] if best else []
                tour = time_tour(problem, rider, [*ids, one.stop_id])
                if tour is not None and may_be_ridden(problem, tour):
                    best, at, on = tour, one.node, True
                    open_stops.remove(one)
                    break
        tours += [best] if best else []
    return tours


ALONE = frozenset(list(Reason)[: list(Reason).index(Reason.NO_VEHICLE_FITS) + 1])


@settings(max_examples=60, deadline=None)
@given(problems())
def test_a_stop_called_impossible_is_left_even_alone_and_any_other_is_not(problem: RoutingProblem) -> None:
    for stop_id, reason in reasons(solve(problem, SHORT)).items():
        (alone,) = (replace(one, prize_m=None) for one in problem.stops if one.stop_id == stop_id)
        left = reasons(solve(replace(problem, stops=(alone,)), SHORT))
        assert bool(left) == (reason in ALONE)
        assert all(again == reason for again in left.values())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems(doors=4))
def test_a_small_problem_is_solved_to_the_optimum(problem: RoutingProblem) -> None:
    assert solve(problem, Budget(iterations=3_000)).cost.rank == cheapest(problem)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_problem_gives_the_same_plan_here_and_in_another_process(seed: int) -> None:
    problem = town(40, 3, seed=5)
    plan = solve(problem, SHORT, seed)
    assert solve(problem, SHORT, seed) == plan
    script = (
        "import json, dataclasses;"
        "from post_logistics.routing.problem import Budget; from post_logistics.routing.solve import solve;"
        "from tests.routing.worlds import town;"
        f"print(json.dumps(dataclasses.asdict(solve(town(40, 3, seed=5), Budget(iterations=30), {seed}))))"
    )
    there = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(there.stdout) == json.loads(json.dumps(asdict(plan)))


def test_a_time_budget_gives_a_right_plan_too() -> None:
    problem = town(30, 2, seed=1)
    plan = solve(problem, Budget(seconds=0.2))
    assert check_plan(problem, plan) == ()
    assert not plan.unserved


def test_an_office_day_is_planned_shorter_by_a_tenth_than_from_door_to_nearest_door() -> None:
    problem = town(60, 4, seed=2)
    plan = solve(problem, Budget(iterations=200))
    naive = nearest_doors(problem, problem.stops)
    assert sum(len(tour.visits) for tour in naive) == 60
    assert not plan.unserved
    assert len(plan.tours) == len(naive)
    assert plan.cost.distance_m < 0.9 * sum(tour.distance_m for tour in naive)


def test_red_control_a_plan_that_breaks_a_rule_is_never_handed_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def twice_to_each(*given: Any) -> RoutePlan:
        plan = plan_of(*given)
        return replace(plan, tours=plan.tours * 2)

    monkeypatch.setattr(module, "plan_of", twice_to_each)
    with pytest.raises(AssertionError, match="the plan breaks a rule: stop_repeated: A"):
        solve(street([stop("A", 1)], [vehicle()]), SHORT)
    assert "vehicle_repeated: R01" in caplog.text
