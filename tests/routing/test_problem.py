"""A routing problem that contradicts itself never comes into being, and says everything that is wrong with it."""

from dataclasses import replace

import numpy as np
import pytest

from post_logistics.errors import Unacceptable
from post_logistics.routing.problem import UNREACHABLE, Budget, ProblemRefused, RoutingProblem, Window
from tests.routing.worlds import stop, street, vehicle

GOOD = street([stop("A", 1), stop("B", 2)], [vehicle()])


def test_every_contradiction_is_listed_not_the_first() -> None:
    with pytest.raises(ProblemRefused) as caught:
        street([stop("A", 1, weight_g=-5), stop("A", 9)], [vehicle(shift_start_s=900, shift_end_s=900)])
    assert caught.value.contradictions == (
        "stop A is there 2 times",
        "stop A: weight_g -5 is not a whole number of at least 0",
        "stop A: node 9 is not between 1 and 4",
        "vehicle R01: shift 900 to 900 is not a period",
    )


@pytest.mark.parametrize(
    ("stop_facts", "says"),
    [
        ({"parcels": 1.5}, "parcels 1.5"),
        ({"cash_poisha": -1}, "cash_poisha -1"),
        ({"prize_m": -1}, "prize_m -1"),
        ({"windows": (Window(5, 5),)}, "window 5 to 5"),
        ({"windows": (Window(5, 9), Window(8, 12))}, "window 8 to 12"),
        ({"node": 0}, "node 0"),
    ],
)
def test_a_wrong_stop_is_refused(stop_facts: dict[str, object], says: str) -> None:
    with pytest.raises(ProblemRefused, match=says):
        replace(GOOD, stops=(replace(GOOD.stops[0], **stop_facts),))


@pytest.mark.parametrize("facts", [{"capacity_g": -1}, {"max_stops": 0}, {"shift_end_s": UNREACHABLE}])
def test_a_wrong_vehicle_is_refused(facts: dict[str, int]) -> None:
    with pytest.raises(ProblemRefused, match="vehicle R01"):
        replace(GOOD, vehicles=(vehicle(**facts),))


@pytest.mark.parametrize(
    ("distance_m", "says"),
    [
        (np.zeros((2, 3), dtype=np.int64), "shape"),
        (np.zeros((0, 0), dtype=np.int64), "shape"),
        (np.zeros((5, 5)), "float64"),
        (np.full((5, 5), -1), "negative"),
        (np.ones((5, 5), dtype=np.int64), "diagonal"),
        (GOOD.distance_m + UNREACHABLE, "no way"),
        (np.zeros((4, 4), dtype=np.int64), "duration_s"),
        (np.where(GOOD.distance_m == 400, UNREACHABLE, GOOD.distance_m), "which legs exist"),
    ],
)
def test_a_wrong_matrix_is_refused(distance_m: np.ndarray, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ProblemRefused, match=says):
        replace(GOOD, distance_m=distance_m)


def test_the_travel_times_of_a_kind_of_vehicle_are_checked_too_and_used_for_that_kind() -> None:
    slow = GOOD.duration_s * 3
    problem = replace(GOOD, kind_duration_s={"foot": slow})
    assert (problem.travel_s(vehicle(kind="foot")) == slow).all()
    assert (problem.travel_s(vehicle(kind="van")) == GOOD.duration_s).all()
    with pytest.raises(ProblemRefused, match="duration_s of foot"):
        replace(GOOD, kind_duration_s={"foot": -slow})


def test_a_problem_does_not_change_with_the_arrays_it_was_made_of() -> None:
    distance_m = GOOD.distance_m.copy()
    problem = RoutingProblem(stops=(), vehicles=(), distance_m=distance_m, duration_s=distance_m)
    distance_m[0, 1] = 7
    assert problem.distance_m[0, 1] == 100
    with pytest.raises(ValueError, match="read-only"):
        problem.distance_m[0, 1] = 7


@pytest.mark.parametrize("facts", [{}, {"seconds": 1.0, "iterations": 5}, {"seconds": 0.0}, {"iterations": -1}])
def test_a_budget_is_seconds_or_iterations_and_more_than_nothing(facts: dict[str, int]) -> None:
    with pytest.raises(Unacceptable):
        Budget(**facts)
