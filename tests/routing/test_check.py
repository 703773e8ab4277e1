"""The judge of plans finds nothing in a right plan, and every fault that is planted in it."""

import ast
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from post_logistics.routing import check, check_way, violation
from post_logistics.routing.check import Fault, check_plan
from post_logistics.routing.plan import Cost, Reason, Rest, RoutePlan, Tour, Unserved, Visit
from post_logistics.routing.problem import UNREACHABLE, Break, RoutingProblem, Stop, Window
from tests.routing.worlds import NOON_S, ridden, right_plan, stop, street, vehicle

LOAD = {"parcels": 2, "weight_g": 1_000, "volume_ml": 700, "cash_poisha": 500, "service_s": 60}
PROBLEM = street(
    [
        stop("A", 1, **LOAD),
        stop("B", 2, **LOAD, windows=(Window(NOON_S + 300, NOON_S + 400),)),
        stop("heavy", 3, weight_g=99_000),
        stop("later", 4, prize_m=10),
    ],
    [vehicle("R01"), vehicle("R02", capacity_g=500)],
)
TOUR = Tour(
    vehicle_id="R01",
    depart_s=NOON_S,
    visits=(Visit("A", NOON_S + 100, NOON_S + 160), Visit("B", NOON_S + 260, NOON_S + 360)),
    return_s=NOON_S + 560,
    distance_m=400,
    work_s=520,
    parcels=4,
    weight_g=2_000,
    cash_poisha=1_000,
)
LEFT = (Unserved("heavy", Reason.TOO_HEAVY), Unserved("later", Reason.NOT_WORTH_THE_WAY))
PLAN = RoutePlan((TOUR,), LEFT, Cost(left_behind=1, distance_m=400, fixed_m=1_000, prizes_missed_m=10))
FIRST, SECOND = TOUR.visits


def faults(problem: RoutingProblem, plan: RoutePlan) -> set[Fault]:
    return {violation.fault for violation in check_plan(problem, plan)}


def tour(**changes: object) -> RoutePlan:
    return replace(PLAN, tours=(replace(TOUR, **changes),))  # type: ignore[arg-type]


def visits(*changed: Visit) -> RoutePlan:
    return tour(visits=changed)


def rider(**changes: object) -> RoutingProblem:
    return replace(PROBLEM, vehicles=(vehicle("R01", **changes), PROBLEM.vehicles[1]))


# --- the plain plan -------------------------------------------------------------------------------------------------


def test_a_right_plan_has_nothing_wrong() -> None:
    assert check_plan(PROBLEM, PLAN) == ()


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (visits(FIRST, Visit("ghost", SECOND.arrival_s, SECOND.departure_s)), Fault.UNKNOWN_STOP),
        (replace(PLAN, unserved=(*LEFT, Unserved("ghost", Reason.TOO_HEAVY))), Fault.UNKNOWN_STOP),
        (replace(PLAN, unserved=(*LEFT, Unserved("A", Reason.NO_TIME_LEFT))), Fault.STOP_REPEATED),
        (visits(FIRST, FIRST, SECOND), Fault.STOP_REPEATED),
        (visits(FIRST), Fault.STOP_MISSING),
        (replace(PLAN, unserved=LEFT[:1]), Fault.STOP_MISSING),
        (tour(vehicle_id="nobody"), Fault.UNKNOWN_VEHICLE),
        (replace(PLAN, tours=(TOUR, TOUR)), Fault.VEHICLE_REPEATED),
        (visits(), Fault.EMPTY_TOUR),
        (tour(distance_m=399), Fault.WRONG_TOTAL),
        (tour(work_s=519), Fault.WRONG_TOTAL),
        (tour(parcels=3), Fault.WRONG_TOTAL),
        (tour(weight_g=1_999), Fault.WRONG_TOTAL),
        (tour(cash_poisha=0), Fault.WRONG_TOTAL),
        (tour(depart_s=NOON_S - 1), Fault.OUTSIDE_SHIFT),
        (tour(depart_s=NOON_S + 1), Fault.WRONG_TIME),
        (tour(return_s=NOON_S + 559), Fault.WRONG_TIME),
        (tour(rest=Rest(NOON_S, NOON_S)), Fault.BREAK_UNASKED),
        (visits(replace(FIRST, arrival_s=NOON_S + 99), SECOND), Fault.WRONG_TIME),
        (visits(replace(FIRST, departure_s=NOON_S + 159), SECOND), Fault.WRONG_TIME),
        (visits(FIRST, replace(SECOND, departure_s=NOON_S + 359)), Fault.OUTSIDE_WINDOW),
        (visits(FIRST, replace(SECOND, departure_s=NOON_S + 460)), Fault.OUTSIDE_WINDOW),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.OVER_CASH_CAP), LEFT[1])), Fault.UNTRUE_REASON),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.TOO_BULKY), LEFT[1])), Fault.UNTRUE_REASON),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.TOO_MANY_PARCELS), LEFT[1])), Fault.UNTRUE_REASON),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.NO_SKILL), LEFT[1])), Fault.UNTRUE_REASON),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.NO_VEHICLE), LEFT[1])), Fault.UNTRUE_REASON),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.NOT_WORTH_THE_WAY), LEFT[1])), Fault.UNTRUE_REASON),
    ],
)
def test_red_control_a_fault_planted_in_the_plan_is_found(plan: RoutePlan, fault: Fault) -> None:
    assert fault in faults(PROBLEM, plan)


@pytest.mark.parametrize(
    ("name", "just_enough", "fault"),
    [
        ("capacity_g", 2_000, Fault.OVER_WEIGHT),
        ("capacity_ml", 1_400, Fault.OVER_VOLUME),
        ("capacity_parcels", 4, Fault.OVER_PARCELS),
        ("cash_cap_poisha", 1_000, Fault.OVER_CASH_CAP),
        ("max_stops", 2, Fault.TOO_MANY_STOPS),
        ("shift_end_s", NOON_S + 560, Fault.OUTSIDE_SHIFT),
    ],
)
def test_a_limit_may_be_reached_but_not_passed(name: str, just_enough: int, fault: Fault) -> None:
    assert faults(rider(**{name: just_enough}), PLAN) == set()
    assert faults(rider(**{name: just_enough - 1}), PLAN) == {fault}


def test_a_shift_begins_when_it_begins() -> None:
    assert faults(rider(shift_start_s=NOON_S + 1), PLAN) == {Fault.OUTSIDE_SHIFT}


@pytest.mark.parametrize(("opens", "closes", "wrong"), [(300, 301, False), (299, 300, True), (301, 302, True)])
def test_service_begins_from_the_opening_on_and_before_the_closing(opens: int, closes: int, wrong: bool) -> None:
    window = Window(NOON_S + opens, NOON_S + closes)
    stops = (PROBLEM.stops[0], replace(PROBLEM.stops[1], windows=(Window(0, 1), window)), *PROBLEM.stops[2:])
    assert faults(replace(PROBLEM, stops=stops), PLAN) == ({Fault.OUTSIDE_WINDOW} if wrong else set())


@pytest.mark.parametrize(("start", "end"), [(0, 1), (1, 2), (2, 0)])
def test_a_leg_that_does_not_exist_is_found(start: int, end: int) -> None:
    broken = PROBLEM.distance_m.copy()
    broken[start, end] = UNREACHABLE
    assert Fault.NO_SUCH_LEG in faults(replace(PROBLEM, distance_m=broken, duration_s=broken), PLAN)


def test_a_kind_of_vehicle_is_judged_by_its_own_times_and_metres() -> None:
    slower = replace(PROBLEM, kind_duration_s={"bicycle": PROBLEM.duration_s * 2})
    assert faults(slower, PLAN) == {Fault.WRONG_TIME, Fault.WRONG_TOTAL}
    around = replace(PROBLEM, kind_distance_m={"bicycle": PROBLEM.distance_m * 2})
    assert faults(around, PLAN) == {Fault.WRONG_TOTAL, Fault.WRONG_COST}


def test_a_tour_begins_and_ends_where_its_vehicle_does() -> None:
    problem = street([stop("A", 1)], [vehicle(start_node=3, end_node=4)])
    plan = ridden(problem, 0, [("A", 200, 200)], 500)
    assert plan.tours[0].distance_m == 500
    assert faults(problem, plan) == set()
    at_the_office = street([stop("A", 1)], [vehicle()])
    assert faults(at_the_office, plan) == {Fault.WRONG_TIME, Fault.WRONG_TOTAL, Fault.WRONG_COST}


def test_a_violation_reads_as_a_sentence_in_a_log() -> None:
    (violation,) = check_plan(PROBLEM, tour(distance_m=399))[:1]
    assert str(violation) == "wrong_total: R01: says distance_m 399, is 400"


def test_a_time_that_does_not_follow_says_what_would() -> None:
    (violation,) = check_plan(PROBLEM, tour(return_s=NOON_S + 559))
    assert violation.subject == "R01"
    assert (
        violation.detail == f"at the office at {NOON_S + 559}, not {NOON_S + 560} as follows from B at {NOON_S + 360}"
    )


# --- what is on board -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "needed_g"),
    [(False, False, 9), (True, True, 9), (False, True, 5), (True, False, 9)],
    ids=["delivered twice", "picked up twice", "delivered, picked up", "picked up, delivered"],
)
@pytest.mark.parametrize(
    ("load", "limit", "fault"),
    [
        ("weight_g", "capacity_g", Fault.OVER_WEIGHT),
        ("volume_ml", "capacity_ml", Fault.OVER_VOLUME),
        ("parcels", "capacity_parcels", Fault.OVER_PARCELS),
    ],
)
def test_pickups_come_on_board_at_their_door_and_deliveries_leave_at_theirs(
    first: bool, second: bool, needed_g: int, load: str, limit: str, fault: Fault
) -> None:
    nothing = {"parcels": 0}
    stops = [
        stop("A", 1, **(nothing | {load: 4}), pickup=first),
        stop("B", 2, **(nothing | {load: 5}), pickup=second),
    ]
    for capacity, expected in ((needed_g, set()), (needed_g - 1, {fault})):
        problem = street(stops, [vehicle(**{limit: capacity})])
        assert faults(problem, ridden(problem, 0, [("A", 100, 100), ("B", 200, 200)], 400)) == expected


RETURNING = {"max_returns": 1, "reload_s": 30}
TWO_TRIPS = [("A", 100, 160), ("office", 260, 290), ("B", 490, 550)]


def returning(**changes: object) -> RoutingProblem:
    return street([stop("A", 1, **LOAD), stop("B", 2, **LOAD)], [vehicle(**(RETURNING | changes))])


def test_at_the_office_everything_changes_hands() -> None:
    tight = {"capacity_g": 1_000, "capacity_ml": 700, "capacity_parcels": 2, "cash_cap_poisha": 500, "max_stops": 2}
    plan = ridden(returning(), 0, TWO_TRIPS, 750)
    assert (plan.tours[0].distance_m, plan.tours[0].work_s) == (600, 750)
    assert faults(returning(**tight), plan) == set()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"capacity_g": 999}, Fault.OVER_WEIGHT),
        ({"capacity_ml": 699}, Fault.OVER_VOLUME),
        ({"capacity_parcels": 1}, Fault.OVER_PARCELS),
        ({"cash_cap_poisha": 499}, Fault.OVER_CASH_CAP),
        ({"max_stops": 1}, Fault.TOO_MANY_STOPS),
        ({"max_returns": 0}, Fault.TOO_MANY_RETURNS),
    ],
)
def test_a_trip_from_office_to_office_keeps_every_limit_and_stops_and_returns_count_all_day(
    change: dict[str, int], fault: Fault
) -> None:
    assert faults(returning(**change), ridden(returning(), 0, TWO_TRIPS, 750)) == {fault}


@pytest.mark.parametrize("pickup", [False, True])
def test_pickups_are_handed_in_at_the_office_and_not_before(pickup: bool) -> None:
    stops = [stop("A", 1, **LOAD, pickup=True), stop("B", 2, **LOAD, pickup=pickup)]
    problem = street(stops, [vehicle(**RETURNING, capacity_g=1_000)])
    assert faults(problem, ridden(problem, 0, TWO_TRIPS, 750)) == set()
    straight_on = ridden(problem, 0, [("A", 100, 160), ("B", 260, 320)], 520)
    assert faults(problem, straight_on) == {Fault.OVER_WEIGHT}


@pytest.mark.parametrize(
    ("arrival", "departure"), [(259, 290), (261, 290), (260, 289), (260, 291), (261, 291), (230, 260)]
)
def test_a_return_takes_the_way_there_and_the_time_to_reload(arrival: int, departure: int) -> None:
    plan = ridden(returning(), 0, [TWO_TRIPS[0], ("office", arrival, departure), TWO_TRIPS[2]], 750)
    assert faults(returning(), plan) == {Fault.WRONG_TIME}


@pytest.mark.parametrize(
    "calls",
    [
        [("office", 0, 30), ("A", 130, 190), ("B", 290, 350)],
        [("A", 100, 160), ("B", 260, 320), ("office", 520, 550)],
        [("A", 100, 160), ("office", 260, 290), ("office", 290, 320), ("B", 520, 580)],
    ],
    ids=["before the first visit", "after the last", "twice in a row"],
)
def test_a_return_lies_between_two_visits(calls: list[tuple[str, int, int]]) -> None:
    problem = returning(max_returns=2)
    back = calls[-1][2] + (0 if calls[-1][0] == "office" else 200)
    assert Fault.RETURN_MISPLACED in faults(problem, ridden(problem, 0, calls, back))


def test_returns_are_told_in_order() -> None:
    problem = street([stop(name, 1) for name in "ABC"], [vehicle(max_returns=2)])
    calls = [("A", 100, 100), ("office", 200, 200), ("B", 300, 300), ("office", 400, 400), ("C", 500, 500)]
    plan = ridden(problem, 0, calls, 600)
    assert faults(problem, plan) == set()
    swapped = replace(plan.tours[0], returns=plan.tours[0].returns[::-1])
    assert faults(problem, replace(plan, tours=(swapped,))) == {Fault.RETURN_MISPLACED}


def test_there_must_be_a_way_back_to_the_office_for_a_return() -> None:
    broken = returning().distance_m.copy()
    broken[1, 0] = UNREACHABLE
    problem = replace(returning(), distance_m=broken, duration_s=broken)
    assert Fault.NO_SUCH_LEG in faults(problem, ridden(returning(), 0, TWO_TRIPS, 750))


# --- skills and doors -----------------------------------------------------------------------------------------------


def test_a_rider_has_all_skills_that_a_stop_needs() -> None:
    needs = stop("A", 1, skills=frozenset({"van", "key"}))
    for skills, expected in (({"van", "key", "more"}, set()), ({"van"}, {Fault.MISSING_SKILL})):
        problem = street([needs], [vehicle(skills=frozenset(skills))])
        assert faults(problem, ridden(problem, 0, [("A", 100, 100)], 200)) == expected


def doors(*, riders: int = 1, **facts: object) -> RoutingProblem:
    at_one = [stop(name, 1, service_s=60, door="house", **facts) for name in "AB"]
    return street([*at_one, stop("C", 1)], [vehicle(f"R0{n}", max_returns=1) for n in range(riders)])


@pytest.mark.parametrize(
    ("calls", "back", "wrong"),
    [
        ([("A", 100, 160), ("B", 160, 220), ("C", 220, 220)], 320, False),
        ([("C", 100, 100), ("B", 100, 170), ("A", 170, 230)], 330, False),
        ([("A", 100, 160), ("B", 160, 221), ("C", 221, 221)], 321, True),
        ([("A", 100, 160), ("C", 160, 160), ("B", 160, 220)], 320, True),
        ([("A", 100, 160), ("office", 260, 260), ("B", 360, 420), ("C", 420, 420)], 520, True),
    ],
    ids=["one after the other", "the other way round", "waiting between", "another between", "the office between"],
)
def test_stops_of_a_door_are_one_call(calls: list[tuple[str, int, int]], back: int, wrong: bool) -> None:
    assert faults(doors(), ridden(doors(), 0, calls, back)) == ({Fault.DOOR_SPLIT} if wrong else set())


def test_nobody_rests_between_two_stops_of_a_door() -> None:
    pause = Break(earliest_s=NOON_S, latest_s=NOON_S + 800, duration_s=50)
    problem = replace(doors(), vehicles=(vehicle(pause=pause),))
    for calls in (
        [("A", 100, 160), ("B", 210, 270), ("C", 270, 270)],
        [("A", 100, 160), ("B", 160, 270), ("C", 270, 270)],
    ):
        assert Fault.DOOR_SPLIT in faults(problem, ridden(problem, 0, calls, 370, rest=(160, 210)))
    before = [("A", 100, 210), ("B", 210, 270), ("C", 270, 270)]
    assert faults(problem, ridden(problem, 0, before, 370, rest=(100, 150))) == set()


def test_a_door_is_served_by_one_rider_or_not_at_all() -> None:
    problem = doors(riders=2, prize_m=5)
    waits = [Unserved(name, Reason.NOT_WORTH_THE_WAY) for name in "AB"]
    assert faults(problem, ridden(problem, 0, [("C", 100, 100)], 200, left=waits)) == set()
    half = ridden(problem, 0, [("A", 100, 160), ("C", 160, 160)], 260, left=waits[1:])
    assert faults(problem, half) == {Fault.DOOR_SPLIT}
    first = ridden(problem, 0, [("A", 100, 160), ("C", 160, 160)], 260)
    swapped = replace(problem, vehicles=problem.vehicles[::-1])
    second = ridden(swapped, 0, [("B", 100, 160)], 260)
    shared = RoutePlan((*first.tours, *second.tours), (), Cost(distance_m=400, fixed_m=2_000))
    assert faults(problem, shared) == {Fault.DOOR_SPLIT}


# --- reasons and cost -----------------------------------------------------------------------------------------------


def left_behind(stop_: Stop, reason: Reason, **facts: object) -> set[Fault]:
    return faults(
        street([stop_], [vehicle(**facts)]), RoutePlan((), (Unserved(stop_.stop_id, reason),), Cost(left_behind=1))
    )


@pytest.mark.parametrize(
    ("facts", "rider_facts", "reason"),
    [
        ({"weight_g": 10_001}, {}, Reason.TOO_HEAVY),
        ({"volume_ml": 101}, {"capacity_ml": 100}, Reason.TOO_BULKY),
        ({"parcels": 11}, {}, Reason.TOO_MANY_PARCELS),
        ({"cash_poisha": 10_001}, {}, Reason.OVER_CASH_CAP),
        ({"skills": frozenset({"van"})}, {}, Reason.NO_SKILL),
    ],
)
def test_a_reason_that_can_be_read_off_is_right_or_found_out(
    facts: dict[str, object], rider_facts: dict[str, object], reason: Reason
) -> None:
    assert left_behind(stop("A", 1, **facts), reason, **rider_facts) == set()
    assert left_behind(stop("A", 1, service_s=9_999), reason, **rider_facts) == {Fault.UNTRUE_REASON}
    (name,) = facts
    if name != "skills":
        just_possible = stop("A", 1, **{name: facts[name] - 1})  # type: ignore[operator]
        assert left_behind(just_possible, reason, **rider_facts) == {Fault.UNTRUE_REASON}


def test_with_nobody_on_duty_nothing_that_must_go_is_not_worth_the_way() -> None:
    problem = street([stop("A", 1)], [])
    for reason, expected in ((Reason.NO_VEHICLE, set()), (Reason.NOT_WORTH_THE_WAY, {Fault.UNTRUE_REASON})):
        assert faults(problem, RoutePlan((), (Unserved("A", reason),), Cost(left_behind=1))) == expected


@pytest.mark.parametrize(
    ("facts", "rider_facts"),
    [
        ({"service_s": 700}, {}),
        ({"windows": (Window(0, 5), Window(NOON_S + 100, NOON_S + 101))}, {}),
        ({"windows": (Window(NOON_S + 800, NOON_S + 999),)}, {}),
        ({"door": "house"}, {}),
        ({"service_s": 900}, {"start_node": 1, "end_node": 1}),
        ({"service_s": 600}, {"speed_pct": (50,) * 24, "shift_end_s": NOON_S + 1_000}),
        ({"skills": frozenset({"van"})}, {"skills": frozenset({"van"})}),
    ],
)
def test_nobody_may_sit_idle_who_could_have_served_a_stop_that_had_to_go(
    facts: dict[str, object], rider_facts: dict[str, object]
) -> None:
    assert left_behind(stop("A", 1, **facts), Reason.NO_TIME_LEFT, **rider_facts) == {Fault.UNTRUE_REASON}


@pytest.mark.parametrize(
    "facts",
    [
        {"windows": (Window(0, NOON_S + 100),)},
        {"windows": (Window(NOON_S + 801, NOON_S + 999),)},
        {"service_s": 701},
        {"weight_g": 10_001},
        {"cash_poisha": 10_001},
        {"skills": frozenset({"van"})},
        {"node": 4, "service_s": 101},
    ],
)
def test_a_stop_that_nobody_idle_can_serve_may_be_left(facts: dict[str, object]) -> None:
    assert left_behind(stop("A", **({"node": 1} | facts)), Reason.NO_VEHICLE_HAS_ROOM) == set()


def test_riders_with_a_break_or_doors_with_several_stops_are_not_tried() -> None:
    pause = Break(earliest_s=NOON_S, latest_s=NOON_S + 800, duration_s=50)
    assert left_behind(stop("A", 1), Reason.NO_TIME_LEFT, pause=pause) == set()
    problem = street([stop(name, 1, service_s=400, door="house") for name in "AB"], [vehicle()])
    left = tuple(Unserved(name, Reason.DOOR_REFUSED) for name in "AB")
    assert faults(problem, RoutePlan((), left, Cost(left_behind=2))) == set()


def test_every_part_of_the_cost_is_what_the_plan_says_it_is() -> None:
    knows = {"beats": frozenset({"north"}), "distance_cost_pct": 33, "hour_cost_m": 100}
    stops = [stop("A", 1, beat="north"), stop("B", 1, beat="south", service_s=100), stop("C", 1)]
    problem = replace(street(stops, [vehicle(**knows)]), off_beat_m=70, fairness_m=1_000)
    plan = ridden(problem, 0, [("A", 100, 100), ("B", 100, 200), ("C", 200, 200)], 300)
    cost = Cost(distance_m=66, time_m=8, fixed_m=1_000, off_beat_m=70, fairness_m=6)
    assert plan.tours[0].work_s == 300
    assert faults(problem, replace(plan, cost=cost)) == set()
    for part in Cost.__slots__:
        more = replace(cost, **{part: getattr(cost, part) + 1})
        assert faults(problem, replace(plan, cost=more)) == {Fault.WRONG_COST}


# --- any plan that is right by construction -------------------------------------------------------------------------

SEED = st.integers(0, 2**32 - 1)


@settings(max_examples=300, deadline=None)
@given(SEED)
def test_a_plan_made_by_riding_it_has_nothing_wrong(seed: int) -> None:
    problem, plan = right_plan(Random(seed))
    assert check_plan(problem, plan) == ()


@settings(max_examples=150, deadline=None)
@given(SEED, st.sampled_from([-1, 1]))
def test_red_control_one_number_of_it_changed_is_found(seed: int, by: int) -> None:
    problem, plan = right_plan(Random(seed))
    damaged = [replace(plan, tours=(other,)) for other in damaged_tours(problem, plan.tours[0], by)]
    damaged += [replace(plan, cost=replace(plan.cost, **{p: getattr(plan.cost, p) + by})) for p in Cost.__slots__]
    for other in damaged:
        lost = problem.vehicles[0].frozen and not any(tour.rest for tour in other.tours)
        assert lost or check_plan(problem, other) != (), other


def damaged_tours(problem: RoutingProblem, right: Tour, by: int) -> list[Tour]:
    """Every tour in which one number is another that cannot be right too.

    Who rests, or drives through hours of different speed, may now and then leave a second later and arrive the same.
    """
    mine = problem.vehicles[0]
    exact = right.rest is None and not mine.speed_pct
    totals = ["return_s", "distance_m", "work_s", "parcels", "weight_g", "cash_poisha"]
    totals += ["depart_s"] if exact and not mine.frozen else []
    found = [replace(right, **{name: getattr(right, name) + by}) for name in totals]  # type: ignore[arg-type]
    for name in ("arrival_s", "departure_s") if exact else ("arrival_s",):
        for many in ("visits", "returns"):
            all_of = getattr(right, many)
            for place, one in enumerate(all_of):
                other = replace(one, **{name: getattr(one, name) + by})
                found.append(replace(right, **{many: (*all_of[:place], other, *all_of[place + 1 :])}))
    if right.rest is not None:
        start_s, end_s = right.rest.start_s, right.rest.end_s
        rests = (Rest(start_s, end_s + by), Rest(start_s + by, end_s), Rest(start_s + by, end_s + by), None)
        found += [replace(right, rest=rest) for rest in rests]
    return found


TIGHTENED = {
    "capacity_g": Fault.OVER_WEIGHT,
    "capacity_ml": Fault.OVER_VOLUME,
    "capacity_parcels": Fault.OVER_PARCELS,
    "cash_cap_poisha": Fault.OVER_CASH_CAP,
    "max_stops": Fault.TOO_MANY_STOPS,
    "max_returns": Fault.TOO_MANY_RETURNS,
}


@settings(max_examples=100, deadline=None)
@given(SEED, st.sampled_from(sorted(TIGHTENED)))
def test_red_control_one_of_its_limits_lowered_by_one_is_found(seed: int, limit: str) -> None:
    problem, plan = right_plan(Random(seed))
    mine = problem.vehicles[0]
    least = 2 if limit == "max_stops" else 1
    assume(not mine.frozen and getattr(mine, limit) >= least)
    tighter = replace(mine, **{limit: getattr(mine, limit) - 1})
    assert faults(replace(problem, vehicles=(tighter, *problem.vehicles[1:])), plan) == {TIGHTENED[limit]}


# --- the judge itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [check, check_way, violation])
def test_the_judge_knows_the_problem_and_the_plan_and_nobody_who_makes_plans(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    ours = {
        node.module.removeprefix("post_logistics.routing.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("post_logistics")
    }
    assert ours <= {"check_way", "plan", "problem", "violation"}


def test_a_day_of_a_large_office_is_judged_in_no_time() -> None:
    count = 3_000
    way = np.ones((count + 1, count + 1), dtype=np.int64)
    np.fill_diagonal(way, 0)
    stops = tuple(stop(f"S{n}", n) for n in range(1, count + 1))
    roomy = vehicle(capacity_parcels=count, shift_end_s=NOON_S + 9_999)
    problem = RoutingProblem(stops=stops, vehicles=(roomy,), distance_m=way, duration_s=way)
    plan = ridden(problem, 0, [(f"S{n}", n, n) for n in range(1, count + 1)], count + 1)
    assert check_plan(problem, plan) == ()
