"""The judge's clock: speeds, breaks and frozen visits, each right as it is and wrong by a second."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.routing.check import Fault, check_plan
from post_logistics.routing.check_way import arrival_s
from post_logistics.routing.plan import Cost, Reason, RoutePlan, Unserved, Visit
from post_logistics.routing.problem import UNREACHABLE, Break, ProblemRefused, RoutingProblem, Window
from tests.routing.worlds import NOON_S, driven, ridden, stop, street, vehicle


def faults(problem: RoutingProblem, plan: RoutePlan) -> set[Fault]:
    return {violation.fault for violation in check_plan(problem, plan)}


# --- speeds ---------------------------------------------------------------------------------------------------------


def speeds(**hours: int) -> tuple[int, ...]:
    return tuple(hours.get(f"h{hour}", 100) for hour in range(24))


@pytest.mark.parametrize(
    ("leave_s", "travel_s", "arrives_s"),
    [
        (NOON_S, 0, NOON_S),
        (NOON_S, 100, NOON_S + 200),
        (NOON_S - 100, 100, NOON_S),
        (NOON_S - 100, 101, NOON_S + 2),
        (NOON_S - 100, 1_900, NOON_S + 3_600),
        (NOON_S + 3_599, 1, NOON_S + 3_601),
        (NOON_S, 84_600, NOON_S + 86_400),
        (NOON_S, 84_601, NOON_S + 86_402),
        (NOON_S - 50, 3 * 84_600 + 50, NOON_S + 3 * 86_400),
    ],
)
def test_in_an_hour_of_half_speed_the_way_is_twice_as_long(leave_s: int, travel_s: int, arrives_s: int) -> None:
    assert arrival_s(vehicle(speed_pct=speeds(h12=50)), leave_s, travel_s) == arrives_s


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 250), min_size=24, max_size=24), st.integers(0, 200_000), st.integers(0, 2_000))
def test_driving_by_the_hour_is_driving_second_by_second(speed_pct: list[int], leave_s: int, travel_s: int) -> None:
    assert arrival_s(vehicle(speed_pct=tuple(speed_pct)), leave_s, travel_s) == driven(speed_pct, leave_s, travel_s)


def test_the_slowest_rider_on_the_longest_way_is_judged_at_once() -> None:
    assert arrival_s(vehicle(speed_pct=(1,) * 24), 0, UNREACHABLE - 1) == 100 * (UNREACHABLE - 1)


def test_work_is_counted_at_full_speed_however_slow_the_hour() -> None:
    problem = street([stop("A", 1)], [vehicle(speed_pct=speeds(h12=50))])
    plan = ridden(problem, 0, [("A", 200, 200)], 400)
    assert plan.tours[0].work_s == 200
    assert faults(problem, plan) == set()
    assert faults(problem, ridden(problem, 0, [("A", 100, 100)], 200)) == {Fault.WRONG_TIME}


# --- the break ------------------------------------------------------------------------------------------------------

PAUSE = Break(earliest_s=NOON_S, latest_s=NOON_S + 800, duration_s=50)
"""Fifty seconds, at any time: what the tests below vary is where."""


def pausing(pause: Break | None = PAUSE, **facts: object) -> RoutingProblem:
    """A rider who goes to A, back to the office and to B, each 100 metres away; a minute everywhere."""
    stops = [stop("A", 1, service_s=60), stop("B", 1, service_s=60)]
    return street(stops, [vehicle(**({"pause": pause, "max_returns": 1, "reload_s": 60} | facts))])


@pytest.mark.parametrize(
    ("rest", "depart", "calls", "back"),
    [
        ((0, 50), 50, [("A", 150, 210), ("office", 310, 370), ("B", 470, 530)], 630),
        ((100, 150), 0, [("A", 100, 210), ("office", 310, 370), ("B", 470, 530)], 630),
        ((160, 210), 0, [("A", 100, 160), ("office", 310, 370), ("B", 470, 530)], 630),
        ((170, 220), 0, [("A", 100, 160), ("office", 320, 380), ("B", 480, 540)], 640),
        ((260, 310), 0, [("A", 100, 160), ("office", 260, 370), ("B", 470, 530)], 630),
        ((320, 370), 0, [("A", 100, 160), ("office", 260, 320), ("B", 470, 530)], 630),
        ((420, 470), 0, [("A", 100, 160), ("office", 260, 320), ("B", 420, 530)], 630),
        ((480, 530), 0, [("A", 100, 160), ("office", 260, 320), ("B", 420, 480)], 630),
        ((580, 630), 0, [("A", 100, 160), ("office", 260, 320), ("B", 420, 480)], 580),
    ],
    ids=[
        "before leaving",
        "waiting at the first door",
        "at the first door after service",
        "there, a little later",
        "at the office before reloading",
        "at the office after reloading",
        "waiting at the last door",
        "at the last door after service",
        "back at the office",
    ],
)
def test_a_break_is_right_wherever_nothing_is_done(
    rest: tuple[int, int], depart: int, calls: list[tuple[str, int, int]], back: int
) -> None:
    assert faults(pausing(), ridden(pausing(), depart, calls, back, rest=rest)) == set()
    assert faults(pausing(None), ridden(pausing(), depart, calls, back, rest=rest)) >= {Fault.BREAK_UNASKED}


NO_BREAK = [("A", 100, 160), ("office", 260, 320), ("B", 420, 480)]


@pytest.mark.parametrize(
    ("start", "faulty"),
    [
        (0, {Fault.BREAK_WHILE_BUSY}),  # on the first way
        (49, {Fault.BREAK_WHILE_BUSY}),
        (51, {Fault.BREAK_WHILE_BUSY}),  # service begins while he rests
        (110, {Fault.BREAK_WHILE_BUSY}),
        (151, {Fault.BREAK_WHILE_BUSY}),  # service ends while he rests
        (161, {Fault.WRONG_TIME}),  # he was to rest, then drive
        (210, {Fault.WRONG_TIME}),
        (260, {Fault.BREAK_WHILE_BUSY}),  # reloading
        (270, {Fault.BREAK_WHILE_BUSY}),
        (320, {Fault.WRONG_TIME}),
        (419, {Fault.WRONG_TIME}),
        (431, {Fault.BREAK_WHILE_BUSY}),
        (579, {Fault.WRONG_TIME}),
    ],
)
def test_nobody_rests_while_he_drives_serves_or_reloads(start: int, faulty: set[Fault]) -> None:
    plan = ridden(pausing(), 0, NO_BREAK, 580, rest=(start, start + 50))
    assert faulty <= faults(pausing(), plan)


def test_who_has_left_the_office_drives_and_cannot_rest_first() -> None:
    late = [("A", 150, 210), ("office", 310, 370), ("B", 470, 530)]
    assert faults(pausing(), ridden(pausing(), 50, late, 630, rest=(0, 50))) == set()
    plan = ridden(pausing(), 0, late, 630, rest=(0, 50))
    assert faults(pausing(), plan) == {Fault.WRONG_TIME, Fault.BREAK_WHILE_BUSY}


@pytest.mark.parametrize("rest", [(100, 150), (640, 690)], ids=["before", "later"])
def test_only_a_rest_at_the_office_makes_reloading_late(rest: tuple[int, int]) -> None:
    for reloaded, expected in ((370, set()), (371, {Fault.WRONG_TIME})):
        late = reloaded - 370
        calls = [("A", 100, 210), ("office", 310, reloaded), ("B", 470 + late, 530 + late)]
        assert faults(pausing(), ridden(pausing(), 0, calls, 630 + late, rest=rest)) == expected


def test_without_his_break_a_rider_does_not_go_out() -> None:
    assert faults(pausing(), ridden(pausing(), 0, NO_BREAK, 580)) == {Fault.BREAK_MISSING}
    left = (Unserved("A", Reason.NO_TIME_LEFT), Unserved("B", Reason.NO_TIME_LEFT))
    assert faults(pausing(), RoutePlan((), left, Cost(left_behind=2))) == set()


@pytest.mark.parametrize(
    ("pause", "wrong"),
    [
        (Break(earliest_s=NOON_S + 580, latest_s=NOON_S + 580, duration_s=50), False),
        (Break(earliest_s=NOON_S + 581, latest_s=NOON_S + 600, duration_s=50), True),
        (Break(earliest_s=NOON_S, latest_s=NOON_S + 579, duration_s=50), True),
        (Break(earliest_s=NOON_S, latest_s=NOON_S + 580, duration_s=49), True),
        (Break(earliest_s=NOON_S, latest_s=NOON_S + 580, duration_s=51), True),
    ],
)
def test_a_break_begins_in_its_period_and_lasts_as_long_as_it_should(pause: Break, wrong: bool) -> None:
    plan = ridden(pausing(), 0, NO_BREAK, 580, rest=(580, 630))
    assert faults(pausing(pause), plan) == ({Fault.BREAK_OUTSIDE} if wrong else set())


def test_a_break_lies_within_the_shift() -> None:
    plan = ridden(pausing(), 0, NO_BREAK, 580, rest=(580, 630))
    assert faults(pausing(shift_end_s=NOON_S + 630), plan) == set()
    assert faults(pausing(shift_end_s=NOON_S + 629), plan) == {Fault.BREAK_OUTSIDE}
    early = ridden(pausing(), 50, [("A", 150, 210), ("office", 310, 370), ("B", 470, 530)], 630, rest=(0, 50))
    assert faults(pausing(shift_start_s=NOON_S), early) == set()
    assert faults(pausing(shift_start_s=NOON_S + 1), early) == {Fault.BREAK_OUTSIDE}


# --- frozen visits --------------------------------------------------------------------------------------------------

KEPT = (Visit("A", NOON_S + 333, NOON_S + 340), Visit("B", NOON_S + 341, NOON_S + 400))
"""Not by the matrix, and not long enough for the service at A: facts."""


def frozen(*kept: Visit, stop_facts: dict[str, object] | None = None, **facts: object) -> RoutingProblem:
    strange = {"service_s": 5, "windows": (Window(0, 1),), "skills": frozenset({"none has it"}), "door": "D"}
    stops = [
        stop("A", 1, **strange, weight_g=10),
        stop("B", 1, **strange, weight_g=20, cash_poisha=30),
        stop("C", 2, service_s=10, weight_g=30, **(stop_facts or {})),
    ]
    return street(stops, [vehicle(**({"frozen": kept or KEPT, "max_returns": 1} | facts))])


MORE = [("A", 333, 340), ("B", 341, 400), ("C", 500, 510)]


def test_frozen_visits_are_facts_that_nobody_judges() -> None:
    problem = frozen()
    assert faults(problem, ridden(problem, 333, MORE, 710)) == set()
    assert faults(problem, ridden(problem, -9_999, MORE, 710)) == set()
    assert faults(problem, ridden(problem, 334, MORE, 710)) == {Fault.WRONG_TIME}


@pytest.mark.parametrize(
    "calls",
    [
        [("A", 333, 341), *MORE[1:]],
        [("A", 332, 340), *MORE[1:]],
        [MORE[1], MORE[0], MORE[2]],
        [MORE[0], MORE[2], ("B", 620, 625)],
        [("C", 200, 210), *MORE[:2]],
        [MORE[0]],
    ],
    ids=["later", "earlier", "swapped", "interrupted", "preceded", "cut short"],
)
def test_red_control_a_changed_frozen_visit_is_found(calls: list[tuple[str, int, int]]) -> None:
    assert Fault.FROZEN_CHANGED in faults(frozen(), ridden(frozen(), 0, calls, 900))


def test_a_rider_with_frozen_visits_has_a_tour() -> None:
    left = tuple(Unserved(name, Reason.NO_TIME_LEFT) for name in "ABC")
    assert faults(frozen(), RoutePlan((), left, Cost(left_behind=3))) == {Fault.FROZEN_CHANGED}


def test_behind_the_frozen_visits_everything_is_judged() -> None:
    problem = frozen()
    assert faults(problem, ridden(problem, 0, [*MORE[:2], ("C", 501, 511)], 711)) == {Fault.WRONG_TIME}
    assert faults(problem, ridden(problem, 0, MORE, 711)) == {Fault.WRONG_TIME}
    shut = frozen(stop_facts={"windows": (Window(0, 1),)})
    assert faults(shut, ridden(shut, 0, MORE, 710)) == {Fault.OUTSIDE_WINDOW}
    hard = frozen(stop_facts={"skills": frozenset({"crane"})})
    assert faults(hard, ridden(hard, 0, MORE, 710)) == {Fault.MISSING_SKILL}


@pytest.mark.parametrize(
    ("limit", "just_enough", "fault"), [("capacity_g", 60, Fault.OVER_WEIGHT), ("max_stops", 3, Fault.TOO_MANY_STOPS)]
)
def test_what_is_frozen_counts_towards_every_limit(limit: str, just_enough: int, fault: Fault) -> None:
    for most, expected in ((just_enough, set()), (just_enough - 1, {fault})):
        problem = frozen(**{limit: most})
        assert faults(problem, ridden(problem, 0, MORE, 710)) == expected


def test_the_first_return_may_follow_the_last_frozen_visit_but_none_lies_before() -> None:
    problem = frozen()
    right = [*MORE[:2], ("office", 500, 500), ("C", 700, 710)]
    assert faults(problem, ridden(problem, 0, right, 910)) == {Fault.OUTSIDE_SHIFT}
    longer = frozen(shift_end_s=NOON_S + 910)
    assert faults(longer, ridden(longer, 0, right, 910)) == set()
    inside = [MORE[0], ("office", 340, 340), *MORE[1:]]
    assert Fault.RETURN_MISPLACED in faults(problem, ridden(problem, 0, inside, 710))


LEFT_C = (Unserved("C", Reason.NO_TIME_LEFT),)


def test_who_cannot_be_back_in_time_from_his_frozen_visits_drives_straight_back() -> None:
    problem = frozen(shift_end_s=NOON_S + 450)
    assert faults(problem, ridden(problem, 0, MORE[:2], 500, left=LEFT_C)) == set()
    assert faults(problem, ridden(problem, 0, MORE, 710)) == {Fault.OUTSIDE_SHIFT}
    until_then = frozen(shift_end_s=NOON_S + 710)
    assert faults(until_then, ridden(until_then, 0, MORE, 710)) == set()
    one_less = frozen(shift_end_s=NOON_S + 709)
    assert faults(one_less, ridden(one_less, 0, MORE, 710)) == {Fault.OUTSIDE_SHIFT}


def test_driving_straight_back_is_as_slow_as_the_hour() -> None:
    slow = frozen(shift_end_s=NOON_S + 450, speed_pct=speeds(h12=50))
    assert faults(slow, ridden(slow, 0, MORE[:2], 600, left=LEFT_C)) == set()


@pytest.mark.parametrize(
    ("start", "wrong"),
    [(0, False), (335, False), (336, True), (344, True), (345, False), (390, False), (391, True), (399, True)],
)
def test_a_break_may_lie_on_a_frozen_way_but_not_in_a_frozen_service(start: int, wrong: bool) -> None:
    kept = (Visit("A", NOON_S + 333, NOON_S + 345), Visit("B", NOON_S + 351, NOON_S + 400))
    problem = frozen(*kept, pause=replace(PAUSE, duration_s=5))
    plan = ridden(problem, 0, [("A", 333, 345), ("B", 351, 400)], 500, rest=(start, start + 5), left=LEFT_C)
    assert faults(problem, plan) == ({Fault.BREAK_WHILE_BUSY} if wrong else set())


def test_a_rest_behind_the_last_frozen_visit_puts_the_next_one_off() -> None:
    problem = frozen(pause=PAUSE)
    calls = [*MORE[:2], ("C", 550, 560)]
    assert faults(problem, ridden(problem, 0, calls, 760, rest=(400, 450))) == set()
    assert faults(problem, ridden(problem, 0, MORE, 710, rest=(400, 450))) >= {Fault.WRONG_TIME}


def test_frozen_visits_from_which_there_is_no_way_back_are_refused() -> None:
    broken = frozen().distance_m.copy()
    broken[1, 0] = UNREACHABLE
    with pytest.raises(ProblemRefused, match="no way from its last frozen stop"):
        replace(frozen(), distance_m=broken, duration_s=broken)


def test_a_break_for_which_frozen_visits_leave_no_time_is_lost() -> None:
    for duration_s, expected in ((60, {Fault.BREAK_MISSING}), (100_000, set())):
        pause = Break(earliest_s=NOON_S, latest_s=NOON_S + 800, duration_s=duration_s)
        problem = frozen(pause=pause)
        assert faults(problem, ridden(problem, 0, MORE, 710)) == expected
