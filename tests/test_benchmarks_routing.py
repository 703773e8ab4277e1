"""The instances of the routing benchmark are what the recipes say, and every competitor understands them."""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path

import numpy as np
import pytest

from benchmarks.routing.__main__ import main
from benchmarks.routing.expressing import asks, loads, plan_of
from benchmarks.routing.generators import FAMILIES, city, solomon_like, x_like
from benchmarks.routing.peers import COMPETITORS, Competitor
from benchmarks.routing.postal import plain_day, postal_day, shared_day
from benchmarks.routing.sets import SETS, Case, folder_cases, some_of
from benchmarks.routing.table import Line, Outcome, compete, report
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import RoutePlan
from post_logistics.routing.problem import DEPOT, RoutingProblem, Vehicle

SMALL: dict[str, Callable[[], RoutingProblem]] = {
    "x": lambda: x_like(15, "centre", "mixed", "1-10", 1),
    "windows": lambda: solomon_like("RC1", 15, 1.0, 60, 1),
    "city": lambda: city(15, 1),
    "plain": lambda: plain_day(15, 1),
    "shared": lambda: shared_day(15, 1),
    "postal": lambda: postal_day(15, 1),
}


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_makes_the_same_instance(name: str) -> None:
    one, other = SMALL[name](), SMALL[name]()
    assert (one.stops, one.vehicles) == (other.stops, other.vehicles)
    assert (one.distance_m == other.distance_m).all()


def test_another_seed_makes_another_instance() -> None:
    assert x_like(15, "centre", "random", "1-100", 1).stops != x_like(15, "centre", "random", "1-100", 2).stops
    assert postal_day(15, 1).stops != postal_day(15, 2).stops


@pytest.mark.parametrize(
    ("demand", "least", "most"), [("unitary", 1, 1), ("5-10", 5, 10), ("50-100", 50, 100), ("quadrant", 1, 100)]
)
def test_demands_are_of_their_kind(demand: str, least: int, most: int) -> None:
    demands = [stop.weight_g for stop in x_like(400, "random", "random", demand, 3).stops]  # type: ignore[arg-type]
    assert (min(demands), max(demands)) == (least, most)


def test_of_many_small_demands_most_are_small() -> None:
    demands = [stop.weight_g for stop in x_like(400, "random", "random", "many-small", 3).stops]
    assert 0.7 <= sum(demand <= 10 for demand in demands) / 400 <= 0.95
    assert not any(10 < demand < 50 for demand in demands)


def test_points_of_x_like_instances_lie_on_the_grid_and_apart() -> None:
    problem = x_like(300, "corner", "clustered", "unitary", 2)
    apart = problem.distance_m[~np.eye(301, dtype=bool)]
    assert apart.min() >= 1
    assert apart.max() <= 1_415


def test_customers_in_clusters_have_nearer_neighbours_than_those_at_random() -> None:
    def neighbour_m(spread: str) -> float:
        distance_m = x_like(300, "centre", spread, "unitary", 4).distance_m + 10_000 * np.eye(301)  # type: ignore[arg-type]
        return float(distance_m[1:, 1:].min(axis=1).mean())

    assert neighbour_m("clustered") < neighbour_m("mixed") < neighbour_m("random")


def test_routes_are_as_long_as_drawn_and_the_fleet_is_enough() -> None:
    problem = x_like(300, "centre", "random", "1-100", 5)
    size = problem.vehicles[0].capacity_g / np.mean([stop.weight_g for stop in problem.stops])
    assert 3 <= size <= 26
    assert sum(vehicle.capacity_g for vehicle in problem.vehicles) >= 1.25 * sum(s.weight_g for s in problem.stops)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_window_can_be_reached_and_left_in_time(family: str) -> None:
    problem = solomon_like(family, 200, 0.5, 40, 6)
    assert sum(bool(stop.windows) for stop in problem.stops) == 100
    for stop in problem.stops:
        for window in stop.windows:
            assert 1 <= window.close_s - window.open_s <= 401
            starts_s = max(window.open_s, int(problem.duration_s[DEPOT, stop.node]))
            assert starts_s < window.close_s
            back_s = starts_s + stop.service_s + int(problem.duration_s[stop.node, DEPOT])
            assert back_s <= problem.vehicles[0].shift_end_s


def test_a_postal_day_has_all_that_can_be_told_to_or_tools() -> None:
    day = postal_day(120, 1)
    assert asks(day) == {"pickups among deliveries", "second windows", "prizes", "skills", "breaks"}
    assert {load.name for load in loads(day)} == {"weight", "room", "parcels", "cash"}
    assert {vehicle.kind for vehicle in day.vehicles} == {"motorcycle", "van"}
    assert any(stop.pickup for stop in day.stops)


def test_the_other_days_ask_for_no_more_than_the_peers_know() -> None:
    assert asks(shared_day(120, 1)) == {"pickups among deliveries"}
    assert not asks(plain_day(120, 1))
    assert [load.name for load in loads(plain_day(120, 1))] == ["parcels"]


@pytest.mark.parametrize("competitor", COMPETITORS, ids=lambda competitor: competitor.name)
@pytest.mark.parametrize("name", SMALL)
def test_competitors_give_plans_that_the_judge_accepts(name: str, competitor: Competitor) -> None:
    problem = SMALL[name]()
    if not competitor.knows_enough(problem):
        assert name in ("postal", "shared")
        return
    answer = competitor.run(problem, 0.1, 1)
    plan, broken = (answer, 0) if isinstance(answer, RoutePlan) else plan_of(problem, answer)
    assert not broken
    assert not check_plan(problem, plan)
    assert not plan.cost.left_behind


def test_a_tour_that_comes_too_late_is_counted_and_its_stops_stay_behind() -> None:
    problem = solomon_like("R1", 15, 1.0, 10, 1)
    order = [stop.stop_id for stop in problem.stops]
    plan, broken = plan_of(problem, [(problem.vehicles[0], order)])
    assert broken == 1
    assert plan.cost.left_behind == 15


def test_costs_of_a_plan_of_orders_are_the_judges() -> None:
    day = postal_day(15, 1)
    priced = replace(day, vehicles=tuple(_priced(vehicle) for vehicle in day.vehicles))
    van = next(vehicle for vehicle in priced.vehicles if vehicle.kind == "van")
    plan, _ = plan_of(priced, [(van, [stop.stop_id for stop in priced.stops if not stop.windows][:3])])
    assert not [violation for violation in check_plan(priced, plan) if violation.fault == "wrong_cost"]
    assert plan.cost.time_m > 0


def _priced(vehicle: Vehicle) -> Vehicle:
    return replace(vehicle, distance_cost_pct=130, hour_cost_m=5_000)


def test_names_of_cases_are_different() -> None:
    names = [case.name for make in SETS.values() for case in make()]
    assert len(names) == len(set(names))


def test_a_limit_takes_some_of_a_set_in_their_order() -> None:
    cases = list(SETS["city"]())
    assert some_of(cases, 3) == [case for case in cases if case in some_of(cases, 3)]
    assert (len(some_of(cases, 3)), some_of(cases, 100)) == (3, cases)


VRP = """NAME : tiny
COMMENT : (Optimal value: 40)
TYPE : CVRP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 0 10
3 0 20
DEMAND_SECTION
1 0
2 5
3 5
DEPOT_SECTION
1
-1
EOF
"""


def test_a_folder_is_read_with_the_best_known_costs(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("not an instance")
    (tmp_path / "X-n3-k1.vrp").write_text(VRP)
    (tmp_path / "X-n3-k2.vrp").write_text(VRP)
    (tmp_path / "X-n3-k2.sol").write_text("Route #1: 1 2\nCost 41\n")
    (tmp_path / "RC2_10_5.txt").write_text("")
    first, second, third = folder_cases(tmp_path)
    assert (first.name, first.family) == ("RC2_10_5", "RC2 1000")
    assert (second.family, third.family) == ("X", "X")
    assert second.load()[1] == 40
    problem, best_known_m = third.load()
    assert best_known_m == 41
    assert len(problem.stops) == 2


def test_the_tables_compare_seed_by_seed() -> None:
    line = _line([100, 110, 90], [100, 100, 100])
    assert line.ratio("PyVRP") == 1.0
    written = report([line], ["ours", "PyVRP"], "10 s")
    assert "| 100 +5.26% | 100 x 1.000 +5.26% |" in written
    assert "| city  | PyVRP   | 1         | 100%" in written


def test_stops_left_behind_decide_before_any_cost() -> None:
    assert _line([10], [100], ours_left=1).ratio("PyVRP") == inf
    assert _line([100], [10], theirs_left=1).ratio("PyVRP") == 0
    assert "inf" in report([_line([10], [100], ours_left=1)], ["ours", "PyVRP"], "10 s")


def _line(ours_m: list[int], theirs_m: list[int], ours_left: int = 0, theirs_left: int = 0) -> Line:
    outcomes = {
        name: [Outcome(left_behind=left, cost_m=cost_m, violations=0, wall_s=1.0, cpu_s=1.0) for cost_m in costs_m]
        for name, costs_m, left in (("ours", ours_m, ours_left), ("PyVRP", theirs_m, theirs_left))
    }
    case = Case("city-9", "city", lambda: (city(9, 1), None))
    return Line(case=case, stops=9, best_known_m=95, outcomes=outcomes)


def test_a_competition_runs_from_the_case_to_the_table() -> None:
    said: list[str] = []
    peers = [one for one in COMPETITORS if one.name in ("ours", "PyVRP")]
    line = compete(Case("x", "x", lambda: (SMALL["x"](), None)), peers, {"ours": 0.1, "PyVRP": 0.1}, 2, said.append)
    assert len(said) == 4
    assert [outcome.violations for outcomes in line.outcomes.values() for outcome in outcomes] == [0] * 4
    assert "geometric mean" in report([line], ["ours", "PyVRP"], "")


def test_a_file_that_cannot_be_read_is_named_and_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.vrp").write_text("NAME : broken\n")
    main(["--folder", str(tmp_path)])
    assert "broken is passed over: broken.vrp" in capsys.readouterr().err


def test_a_folder_without_instances_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no instance"):
        main(["--folder", str(tmp_path)])


def test_a_search_that_finds_its_own_plan_wrong_is_counted_and_the_table_goes_on() -> None:
    def wrong(problem: RoutingProblem, seconds: float, seed: int) -> RoutePlan:
        raise AssertionError("no plan passes the check")

    line = compete(Case("x", "x", lambda: (SMALL["x"](), None)), [Competitor("ours", wrong)], {"ours": 0.1}, 1, print)
    assert [(outcome.violations, outcome.left_behind) for outcome in line.outcomes["ours"]] == [(1, 15)]
