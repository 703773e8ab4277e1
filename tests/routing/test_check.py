"""The judge of plans finds nothing in a right plan, and every fault that is planted in it."""

from dataclasses import replace

import pytest

from post_logistics.routing.check import Fault, check_plan
from post_logistics.routing.plan import Cost, Reason, RoutePlan, Tour, Unserved, Visit
from post_logistics.routing.problem import UNREACHABLE, RoutingProblem, Window
from tests.routing.worlds import NOON_S, stop, street, vehicle

LOAD = {"parcels": 2, "weight_g": 1_000, "cash_poisha": 500, "service_s": 60}
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
    parcels=4,
    weight_g=2_000,
    cash_poisha=1_000,
)
LEFT = (Unserved("heavy", Reason.TOO_HEAVY), Unserved("later", Reason.NOT_WORTH_THE_WAY))
PLAN = RoutePlan((TOUR,), LEFT, Cost(left_behind=1, distance_m=400, fixed_m=1_000, prizes_missed_m=10))


def faults(problem: RoutingProblem, plan: RoutePlan) -> set[Fault]:
    return {violation.fault for violation in check_plan(problem, plan)}


def tour(**changes: object) -> RoutePlan:
    return replace(PLAN, tours=(replace(TOUR, **changes),))  # type: ignore[arg-type]


def visits(*changed: Visit) -> RoutePlan:
    return tour(visits=changed)


def rider(**changes: object) -> RoutingProblem:
    return replace(PROBLEM, vehicles=(vehicle("R01", **changes), PROBLEM.vehicles[1]))


def test_a_right_plan_has_nothing_wrong() -> None:
    assert check_plan(PROBLEM, PLAN) == ()


FIRST, SECOND = TOUR.visits


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
        (tour(parcels=3), Fault.WRONG_TOTAL),
        (tour(weight_g=1_999), Fault.WRONG_TOTAL),
        (tour(cash_poisha=0), Fault.WRONG_TOTAL),
        (tour(depart_s=NOON_S - 1), Fault.OUTSIDE_SHIFT),
        (tour(depart_s=NOON_S + 1), Fault.WRONG_TIME),
        (tour(return_s=NOON_S + 559), Fault.WRONG_TIME),
        (visits(replace(FIRST, arrival_s=NOON_S + 99), SECOND), Fault.WRONG_TIME),
        (visits(replace(FIRST, departure_s=NOON_S + 159), SECOND), Fault.WRONG_TIME),
        (visits(FIRST, replace(SECOND, departure_s=NOON_S + 359)), Fault.OUTSIDE_WINDOW),
        (visits(FIRST, replace(SECOND, departure_s=NOON_S + 460)), Fault.OUTSIDE_WINDOW),
        (replace(PLAN, cost=replace(PLAN.cost, fixed_m=0)), Fault.WRONG_COST),
        (replace(PLAN, cost=replace(PLAN.cost, left_behind=0)), Fault.WRONG_COST),
        (replace(PLAN, unserved=(replace(LEFT[0], reason=Reason.OVER_CASH_CAP), LEFT[1])), Fault.UNTRUE_REASON),
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
        ("capacity_parcels", 4, Fault.OVER_PARCELS),
        ("cash_cap_poisha", 1_000, Fault.OVER_CASH_CAP),
        ("max_stops", 2, Fault.TOO_MANY_STOPS),
        ("shift_end_s", NOON_S + 560, Fault.OUTSIDE_SHIFT),
    ],
)
def test_a_limit_may_be_reached_but_not_passed(name: str, just_enough: int, fault: Fault) -> None:
    assert faults(rider(**{name: just_enough}), PLAN) == set()
    assert faults(rider(**{name: just_enough - 1}), PLAN) == {fault}


@pytest.mark.parametrize(("start", "end"), [(0, 1), (1, 2), (2, 0)])
def test_a_leg_that_does_not_exist_is_found(start: int, end: int) -> None:
    broken = PROBLEM.distance_m.copy()
    broken[start, end] = UNREACHABLE
    assert Fault.NO_SUCH_LEG in faults(replace(PROBLEM, distance_m=broken, duration_s=broken), PLAN)


def test_nobody_may_sit_idle_who_could_have_served_a_stop_that_had_to_go() -> None:
    problem = street([stop("A", 1, service_s=10)], [vehicle("R01"), vehicle("R02")])
    idle = RoutePlan(
        (), (Unserved("A", Reason.NO_TIME_LEFT),), Cost(left_behind=1, distance_m=0, fixed_m=0, prizes_missed_m=0)
    )
    assert faults(problem, idle) == {Fault.UNTRUE_REASON}


@pytest.mark.parametrize(
    "facts", [{"windows": (Window(0, NOON_S),)}, {"service_s": 701}, {"weight_g": 10_001}, {"cash_poisha": 10_001}]
)
def test_a_stop_that_nobody_idle_can_serve_may_be_left(facts: dict[str, object]) -> None:
    problem = street([stop("A", 1, **facts)], [vehicle()])
    left = Unserved("A", Reason.NO_VEHICLE_HAS_ROOM)
    plan = RoutePlan((), (left,), Cost(left_behind=1, distance_m=0, fixed_m=0, prizes_missed_m=0))
    assert faults(problem, plan) == set()


def test_a_slower_kind_of_vehicle_is_judged_by_its_own_travel_times() -> None:
    slower = replace(PROBLEM, kind_duration_s={"bicycle": PROBLEM.duration_s * 2})
    assert Fault.WRONG_TIME in faults(slower, PLAN)


def test_a_violation_reads_as_a_sentence_in_a_log() -> None:
    (violation,) = check_plan(PROBLEM, tour(distance_m=399))[:1]
    assert str(violation) == "wrong_total: R01: says 399 m, rides 400 m"
