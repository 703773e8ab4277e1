"""A routing problem that contradicts itself never comes into being, and says everything that is wrong with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.routing.plan import Visit
from post_logistics.routing.problem import (
    UNREACHABLE,
    Break,
    Budget,
    ProblemRefused,
    RoutingProblem,
    Window,
    refuse_contradictions,
)
from tests.routing.worlds import NOON_S, problems, stop, street, vehicle

GOOD = street([stop("A", 1), stop("B", 2)], [vehicle()])
BROKEN = np.where(GOOD.distance_m == 400, UNREACHABLE, GOOD.distance_m)


def contradictions(**changes: object) -> tuple[str, ...]:
    """What is wrong with a good problem with those changes."""
    try:
        replace(GOOD, **changes)  # type: ignore[arg-type]
    except ProblemRefused as refused:
        return refused.contradictions
    return ()


def pause(**facts: object) -> Break:
    return Break(**({"earliest_s": 5, "latest_s": 10, "duration_s": 5} | facts))  # type: ignore[arg-type]


def test_every_contradiction_is_listed_not_the_first() -> None:
    kept = (Visit("A", 5, 9), Visit("B", 8, 7), Visit("ghost", 9, 9))
    with pytest.raises(ProblemRefused) as caught:
        replace(
            GOOD,
            stops=(
                stop("A", 1, weight_g=-5, door="house"),
                stop("A", 9),
                stop("B", 2, windows=(Window(7, 7),), door="house"),
            ),
            vehicles=(vehicle(shift_start_s=900, shift_end_s=900, max_stops=1, speed_pct=(0,), frozen=kept),) * 2,
            duration_s=-GOOD.duration_s,
            fairness_m=-1,
        )
    of_the_rider = (
        "vehicle R01: shift 900 to 900 is not a period",
        "vehicle R01: speed_pct has 1 hours, not 24",
        "vehicle R01: speed_pct 0 is not a whole number of at least 1",
    )
    of_his_visits = (
        "vehicle R01: frozen stop B from 8 to 7 is not a period",
        "vehicle R01: frozen stop B is reached before A is left",
        "vehicle R01: 2 frozen stops, but max_stops is 1",
    )
    assert caught.value.contradictions == (
        "duration_s has a negative entry",
        "stop A is there 2 times",
        "vehicle R01 is there 2 times",
        "stop A: weight_g -5 is not a whole number of at least 0",
        "stop A: node 9 is not a whole number from 1 to 4",
        "stop B: window 7 to 7 is not a period",
        "door house is at several nodes: 1, 2",
        *of_the_rider * 2,
        *["frozen stop ghost is not among the stops"] * 2,
        "frozen stop A is there 2 times",
        "frozen stop B is there 2 times",
        "frozen stop ghost is there 2 times",
        *of_his_visits * 2,
        "the problem: fairness_m -1 is not a whole number of at least 0",
    )
    for contradiction in caught.value.contradictions:
        assert contradiction in str(caught.value)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"parcels": 1.5}, "stop A: parcels 1.5 is not a whole number of at least 0"),
        ({"parcels": True}, "stop A: parcels True is not a whole number of at least 0"),
        ({"weight_g": None}, "stop A: weight_g None is not a whole number of at least 0"),
        ({"volume_ml": -1}, "stop A: volume_ml -1 is not a whole number of at least 0"),
        ({"cash_poisha": -1}, "stop A: cash_poisha -1 is not a whole number of at least 0"),
        ({"service_s": "60"}, "stop A: service_s '60' is not a whole number of at least 0"),
        ({"prize_m": -1}, "stop A: prize_m -1 is not a whole number of at least 0"),
        ({"node": 0}, "stop A: node 0 is not a whole number from 1 to 4"),
        ({"node": 5}, "stop A: node 5 is not a whole number from 1 to 4"),
        ({"node": 1.0}, "stop A: node 1.0 is not a whole number from 1 to 4"),
        ({"windows": (Window(5, 5),)}, "stop A: window 5 to 5 is not a period"),
        ({"windows": (Window(-1, 5),)}, "stop A: window -1 to 5 is not a period"),
        ({"windows": (Window(5, UNREACHABLE),)}, f"stop A: window 5 to {UNREACHABLE} is not a period"),
        ({"windows": (Window(5, 9.5),)}, "stop A: window 5 to 9.5 is not a period"),
        ({"windows": (Window(5, 9), Window(8, 12))}, "stop A: window 8 to 12 begins before 9"),
    ],
)
def test_a_wrong_stop_is_refused(facts: dict[str, object], says: str) -> None:
    assert contradictions(stops=(replace(GOOD.stops[0], **facts),)) == (says,)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"capacity_g": -1}, "capacity_g -1 is not a whole number of at least 0"),
        ({"capacity_parcels": None}, "capacity_parcels None is not a whole number of at least 0"),
        ({"capacity_ml": -1}, "capacity_ml -1 is not a whole number of at least 0"),
        ({"cash_cap_poisha": 0.5}, "cash_cap_poisha 0.5 is not a whole number of at least 0"),
        ({"max_stops": 0}, "max_stops 0 is not a whole number of at least 1"),
        ({"max_returns": -1}, "max_returns -1 is not a whole number of at least 0"),
        ({"reload_s": -1}, "reload_s -1 is not a whole number of at least 0"),
        ({"fixed_cost_m": -1}, "fixed_cost_m -1 is not a whole number of at least 0"),
        ({"distance_cost_pct": -1}, "distance_cost_pct -1 is not a whole number of at least 0"),
        ({"hour_cost_m": -1}, "hour_cost_m -1 is not a whole number of at least 0"),
        ({"shift_start_s": 900, "shift_end_s": 900}, "shift 900 to 900 is not a period"),
        ({"shift_start_s": -1}, f"shift -1 to {NOON_S + 900} is not a period"),
        ({"shift_start_s": 0.5}, f"shift 0.5 to {NOON_S + 900} is not a period"),
        ({"shift_end_s": UNREACHABLE}, f"shift {NOON_S} to {UNREACHABLE} is not a period"),
        ({"start_node": 5}, "start_node 5 is not a whole number from 0 to 4"),
        ({"end_node": -1}, "end_node -1 is not a whole number from 0 to 4"),
        ({"end_node": None}, "end_node None is not a whole number from 0 to 4"),
        ({"speed_pct": (100,) * 23}, "speed_pct has 23 hours, not 24"),
        ({"speed_pct": (*(100,) * 23, 0)}, "speed_pct 0 is not a whole number of at least 1"),
        ({"speed_pct": (*(100,) * 23, None)}, "speed_pct None is not a whole number of at least 1"),
        ({"pause": pause(earliest_s=10, latest_s=9)}, "the break begins from 10 to 9: no period"),
        ({"pause": pause(earliest_s=-1)}, "break's earliest_s -1 is not a whole number of at least 0"),
        ({"pause": pause(latest_s=None)}, "break's latest_s None is not a whole number of at least 0"),
        ({"pause": pause(duration_s=-1)}, "break's duration_s -1 is not a whole number of at least 1"),
        ({"frozen": (Visit("ghost", 1, 2),)}, "frozen stop ghost is not among the stops"),
        ({"frozen": (Visit("A", 1, 2), Visit("A", 3, 4))}, "frozen stop A is there 2 times"),
        ({"frozen": (Visit("A", 2, 1),)}, "frozen stop A from 2 to 1 is not a period"),
        ({"frozen": (Visit("A", -1, 1),)}, "frozen stop A from -1 to 1 is not a period"),
        ({"frozen": (Visit("A", 1, UNREACHABLE),)}, f"frozen stop A from 1 to {UNREACHABLE} is not a period"),
        ({"frozen": (Visit("A", 1, None),)}, "frozen stop A from 1 to None is not a period"),  # type: ignore[arg-type]
        ({"frozen": (Visit("B", 1, 5), Visit("A", 4, 6))}, "frozen stop A is reached before B is left"),
    ],
)
def test_a_wrong_vehicle_is_refused(facts: dict[str, object], says: str) -> None:
    says = says if says.startswith(("frozen stop ghost", "frozen stop A is there")) else f"vehicle R01: {says}"
    assert contradictions(vehicles=(vehicle(**facts),)) == (says,)


@pytest.mark.parametrize("facts", [{"off_beat_m": -1}, {"fairness_m": 0.5}])
def test_a_wrong_weight_of_a_wish_is_refused(facts: dict[str, object]) -> None:
    ((name, value),) = facts.items()
    assert contradictions(**facts) == (f"the problem: {name} {value} is not a whole number of at least 0",)


def test_every_field_may_be_at_its_limit() -> None:
    at_once = Break(earliest_s=0, latest_s=0, duration_s=1)
    last_s = UNREACHABLE - 1
    edges = vehicle(
        capacity_g=0,
        capacity_parcels=1,
        capacity_ml=0,
        cash_cap_poisha=0,
        max_stops=1,
        shift_start_s=0,
        shift_end_s=last_s,
        speed_pct=(1,) * 24,
        pause=at_once,
        end_node=4,
        frozen=(Visit("A", 0, 0),),
    )
    windows = (Window(0, 1), Window(1, last_s))
    refused = contradictions(stops=(stop("A", 1, windows=windows, prize_m=0),), vehicles=(edges,))
    assert refused == ()


@pytest.mark.parametrize("frozen_at", [(0, 5, 5, 9), (0, 5, 6, 9)])
def test_a_frozen_stop_may_be_reached_as_soon_as_the_one_before_is_left(frozen_at: tuple[int, int, int, int]) -> None:
    first, second = Visit("A", *frozen_at[:2]), Visit("B", *frozen_at[2:])
    assert contradictions(vehicles=(vehicle(frozen=(first, second)),)) == ()


def test_a_stop_cannot_be_frozen_for_two_riders() -> None:
    riders = (vehicle("R01", frozen=(Visit("A", 1, 2),)), vehicle("R02", frozen=(Visit("A", 1, 2),)))
    assert contradictions(vehicles=riders) == ("frozen stop A is there 2 times",)


@pytest.mark.parametrize(
    ("limit", "load", "delivered_then_picked_up", "both_delivered"),
    [
        ("capacity_g", "weight_g", 5, 9),
        ("capacity_ml", "volume_ml", 5, 9),
        ("capacity_parcels", "parcels", 5, 9),
        ("cash_cap_poisha", "cash_poisha", 9, 9),
    ],
)
def test_frozen_stops_must_fit_their_vehicle_as_no_plan_could_leave_them_out(
    limit: str, load: str, delivered_then_picked_up: int, both_delivered: int
) -> None:
    kept = (Visit("A", 1, 2), Visit("B", 3, 4))
    for pickup, needed in ((True, delivered_then_picked_up), (False, both_delivered)):
        stops = (stop("A", 1, **{load: 4}), stop("B", 2, **{load: 5}, pickup=pickup))
        assert contradictions(stops=stops, vehicles=(vehicle(frozen=kept, **{limit: needed}),)) == ()
        refused = contradictions(stops=stops, vehicles=(vehicle(frozen=kept, **{limit: needed - 1}),))
        says = f"vehicle R01: {load} of the frozen stops is up to {needed}, but {limit} is {needed - 1}"
        assert refused == (says,)


def test_frozen_stops_may_be_no_more_than_their_vehicle_calls_at() -> None:
    kept = (Visit("A", 1, 2), Visit("B", 3, 4))
    assert contradictions(vehicles=(vehicle(frozen=kept, max_stops=2),)) == ()
    refused = contradictions(vehicles=(vehicle(frozen=kept, max_stops=1),))
    assert refused == ("vehicle R01: 2 frozen stops, but max_stops is 1",)


def test_a_door_is_at_one_place() -> None:
    assert contradictions(stops=(stop("A", 2, door="house"), stop("B", 2, door="house"), stop("C", 1))) == ()
    refused = contradictions(stops=(stop("A", 2, door="house"), stop("B", 1, door="house")))
    assert refused == ("door house is at several nodes: 1, 2",)


@pytest.mark.parametrize(
    ("distance_m", "says"),
    [
        (np.zeros((2, 3), dtype=np.int64), "distance_m has shape (2, 3), not (n, n) with n of at least 1"),
        (np.zeros((0, 0), dtype=np.int64), "distance_m has shape (0, 0), not (n, n) with n of at least 1"),
        (np.zeros((), dtype=np.int64), "distance_m has shape (), not (n, n) with n of at least 1"),
        (np.zeros(5, dtype=np.int64), "distance_m has shape (5,), not (n, n) with n of at least 1"),
        (np.zeros((5, 5)), "distance_m holds float64, not int64"),
        (np.full((5, 5), -1), "distance_m has a negative entry"),
        (np.ones((5, 5), dtype=np.int64), "distance_m has a diagonal that is not zero"),
        (GOOD.distance_m * UNREACHABLE, f"distance_m has an entry above {UNREACHABLE}, which already means"),
        (np.zeros((4, 4), dtype=np.int64), "distance_m has shape (4, 4) but duration_s (5, 5)"),
        (BROKEN, "distance_m and duration_s do not agree on which legs exist"),
    ],
)
def test_a_wrong_matrix_is_refused(distance_m: np.ndarray, says: str) -> None:  # type: ignore[type-arg]
    assert any(one.startswith(says) for one in contradictions(distance_m=distance_m))


@pytest.mark.parametrize("name", ["kind_distance_m", "kind_duration_s"])
@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (-GOOD.distance_m, "{} of foot has a negative entry"),
        (GOOD.distance_m * 1.0, "{} of foot holds float64, not int64"),
        (np.zeros((4, 4), dtype=np.int64), "distance_m has shape (5, 5) but {} of foot (4, 4)"),
        (BROKEN, "distance_m and {} of foot do not agree on which legs exist"),
    ],
)
def test_the_matrices_of_a_kind_of_vehicle_are_checked_like_the_others(
    name: str,
    matrix: np.ndarray,  # type: ignore[type-arg]
    says: str,
) -> None:
    assert contradictions(**{name: {"foot": matrix}}) == (says.format(name.removeprefix("kind_")),)


def test_a_kind_of_vehicle_travels_as_its_own_matrices_say() -> None:
    slow = GOOD.duration_s * 3
    problem = replace(GOOD, kind_duration_s={"foot": slow}, kind_distance_m={"van": GOOD.distance_m * 2})
    assert (problem.travel_s(vehicle(kind="foot")) == slow).all()
    assert (problem.travel_s(vehicle(kind="van")) == GOOD.duration_s).all()
    assert (problem.way_m(vehicle(kind="foot")) == GOOD.distance_m).all()
    assert (problem.way_m(vehicle(kind="van")) == GOOD.distance_m * 2).all()


JUNK = st.sampled_from([None, -1, 0, 1, 5, 10**12, 1.5, "7", True])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_the_quantities_are_there_is_a_problem_or_one_clear_refusal(data: st.DataObject) -> None:
    """No TypeError from comparing a number with what is none: several fields may be wrong at a time."""

    def some(*names: str) -> dict[str, object]:
        return data.draw(st.dictionaries(st.sampled_from(names), JUNK, max_size=3))

    windows = tuple(Window(data.draw(JUNK), data.draw(JUNK)) for _ in range(data.draw(st.integers(0, 2))))
    rest = pause(**some("earliest_s", "latest_s", "duration_s"))
    frozen = tuple(
        Visit(name, data.draw(JUNK), data.draw(JUNK)) for name in data.draw(st.sampled_from(["", "A", "AB"]))
    )
    quantities = ("node", "parcels", "weight_g", "volume_ml", "cash_poisha", "service_s", "prize_m")
    limits = ("capacity_g", "capacity_ml", "max_stops", "cash_cap_poisha", "shift_start_s", "shift_end_s", "start_node")
    one = replace(GOOD.stops[0], windows=windows, door="house", **some(*quantities))
    other = replace(GOOD.stops[1], node=data.draw(JUNK), door="house")
    speed_pct = tuple(data.draw(JUNK) for _ in range(data.draw(st.integers(0, 2))))
    rider = vehicle(**({"pause": rest, "frozen": frozen, "speed_pct": speed_pct} | some(*limits)))
    contradictions(stops=(one, other), vehicles=(rider,))


@settings(max_examples=100, deadline=None)
@given(problems())
def test_a_right_problem_is_not_refused(problem: RoutingProblem) -> None:
    refuse_contradictions(problem)


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
