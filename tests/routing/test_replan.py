"""Freezing what has begun, and planning the rest anew with promises kept."""

from dataclasses import replace
from random import Random
from time import perf_counter

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.routing.assemble import cost_of
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import RoutePlan, Tour
from post_logistics.routing.problem import Break, Budget, RoutingProblem, Vehicle, Window
from post_logistics.routing.replan import BrokenPromise, freeze, replan
from post_logistics.routing.solve import solve
from post_logistics.routing.timing import time_tour
from tests.routing.test_insertion import any_day, any_stop
from tests.routing.worlds import NOON_S, stop, street, town, vehicle

SHORT = Budget(iterations=20)
SHIFT = {"shift_end_s": NOON_S + 3_000}


def planned(problem: RoutingProblem, names: str, returns: tuple[int, ...] = ()) -> RoutePlan:
    """The plan in which the first rider calls at those stops in that order."""
    tour = time_tour(problem, problem.vehicles[0], list(names), returns)
    assert tour is not None
    return with_cost(problem, (tour,))


def with_cost(problem: RoutingProblem, tours: tuple[Tour, ...]) -> RoutePlan:
    plan = RoutePlan(tours, (), cost_of(problem, tours, ()))
    assert check_plan(problem, plan) == ()
    return plan


def frozen_ids(problem: RoutingProblem) -> list[str]:
    return [visit.stop_id for rider in problem.vehicles for visit in rider.frozen]


ABCD = [stop(name, node, service_s=60) for node, name in enumerate("ABCD", start=1)]
"""A is reached at 100 seconds after noon and left at 160; B 260 to 320, C 420 to 480, D 580 to 640; home at 1040."""


@pytest.mark.parametrize(
    ("at_s", "begun"), [(0, "A"), (99, "A"), (159, "A"), (160, "AB"), (319, "AB"), (320, "ABC"), (640, "ABCD")]
)
def test_a_visit_is_frozen_from_the_second_he_sets_out_for_it(at_s: int, begun: str) -> None:
    problem = street(ABCD, [vehicle(**SHIFT)])
    now = freeze(problem, planned(problem, "ABCD"), NOON_S + at_s)
    assert frozen_ids(now) == list(begun)


def test_a_rider_who_has_not_set_out_leaves_no_sooner_than_now_and_nobody_after_his_shift() -> None:
    problem = street(ABCD, [vehicle(**SHIFT, shift_start_s=NOON_S + 50), vehicle("R02"), vehicle("R03", **SHIFT)])
    now = freeze(problem, planned(problem, "ABCD"), NOON_S + 49)
    assert [rider.shift_start_s - NOON_S for rider in now.vehicles] == [50, 49, 49]
    now = freeze(problem, planned(problem, "ABCD"), NOON_S + 900)
    assert [rider.vehicle_id for rider in now.vehicles] == ["R01", "R03"]


def test_the_stops_of_a_door_are_frozen_together() -> None:
    stops = [replace(one, node=2, door="D") if one.stop_id in "BC" else one for one in ABCD]
    problem = street(stops, [vehicle(**SHIFT)])
    assert frozen_ids(freeze(problem, planned(problem, "ABCD"), NOON_S + 160)) == ["A", "B", "C"]


def test_a_trip_before_a_return_is_over_and_the_rider_is_at_the_office_from_then_on() -> None:
    rider = vehicle(**SHIFT, max_returns=2, reload_s=30, max_stops=4)
    problem = street(ABCD, [rider])
    plan = planned(problem, "ABCD", (2,))
    before, back, beyond = (freeze(problem, plan, NOON_S + at_s) for at_s in (319, 320, 550))
    assert frozen_ids(before) == ["A", "B"]
    assert (before.vehicles[0].max_returns, before.vehicles[0].shift_start_s) == (2, NOON_S)
    (there,) = back.vehicles
    assert [one.stop_id for one in back.stops] == ["C", "D"]
    assert (there.frozen, there.shift_start_s, there.max_returns, there.max_stops) == ((), NOON_S + 550, 1, 2)
    assert there.fixed_cost_m == 0, "he is out already"
    assert frozen_ids(beyond) == ["C"]


def test_on_the_way_home_he_gets_no_more_stops_unless_he_may_return() -> None:
    new = stop("N", 1)
    for returns, served in ((0, False), (1, True)):
        problem = street(ABCD, [vehicle(**SHIFT, max_returns=returns, reload_s=10)])
        plan = planned(problem, "ABCD")
        now = freeze(problem, plan, NOON_S + 700)
        now = replace(now, stops=(*now.stops, new))
        after = replan(now, plan, SHORT).plan
        assert (not after.unserved) == served
        assert not served or after.tours[0].depart_s >= NOON_S + 1_050


def test_a_break_that_has_begun_is_taken_off_and_lasts_to_its_end() -> None:
    pause = Break(earliest_s=NOON_S + 300, latest_s=NOON_S + 330, duration_s=200)
    problem = street(ABCD, [vehicle(**SHIFT, pause=pause)])
    plan = planned(problem, "ABCD")
    assert plan.tours[0].rest is not None
    for at_s, rests in ((plan.tours[0].rest.start_s - 1, True), (plan.tours[0].rest.start_s, False)):
        now = freeze(problem, plan, at_s)
        assert (now.vehicles[0].pause is not None) == rests
        (tour,) = replan(now, plan, SHORT).plan.tours
        assert tour.visits[2:] == plan.tours[0].visits[2:]


@pytest.mark.parametrize("seed", range(50))
def test_what_is_frozen_leaves_the_rest_of_the_plan_as_it_was_and_nothing_in_the_past(seed: int) -> None:
    problem, plan = any_day(seed)
    for at_s in {NOON_S, *(NOON_S + Random(seed).randint(0, 2_500) for _ in range(3))}:
        now = freeze(problem, plan, at_s)
        known = {one.stop_id for one in now.stops}
        old = {tour.vehicle_id: tour for tour in plan.tours}
        for rider in now.vehicles:
            tour = old.get(rider.vehicle_id)
            if tour is not None:
                gone = sum(visit.stop_id not in known for visit in tour.visits)
                first = gone + len(rider.frozen)
                rest = [visit.stop_id for visit in tour.visits[first:]]
                backs = [back.visits - gone for back in tour.returns if back.visits > gone]
                onward = time_tour(now, rider, rest, backs)
                assert onward is not None
                assert onward.visits[len(rider.frozen) :] == tour.visits[first:]
        new = replan(now, plan, SHORT, seed).plan
        assert check_plan(now, new) == ()
        assert no_sooner(now, new, at_s)


def no_sooner(problem: RoutingProblem, plan: RoutePlan, at_s: int) -> bool:
    """Whether whatever is not frozen begins from then on."""
    riders = {rider.vehicle_id: rider for rider in problem.vehicles}
    for tour in plan.tours:
        frozen = len(riders[tour.vehicle_id].frozen)
        leave_s = tour.visits[frozen - 1].departure_s if frozen else tour.depart_s
        if frozen < len(tour.visits) and leave_s < at_s:
            return False
    return True


def shifts(problem: RoutingProblem, old: RoutePlan, new: RoutePlan) -> dict[str, int]:
    """By how much service begins later than it did, of all stops in both plans."""
    then, now = (
        {visit.stop_id: visit.departure_s for tour in plan.tours for visit in tour.visits} for plan in (old, new)
    )
    return {stop_id: now[stop_id] - then[stop_id] for stop_id in then.keys() & now.keys()}


def test_promises_are_kept_though_new_stops_come_and_others_are_cancelled() -> None:
    problem = town(40, 4, seed=3)
    plan = solve(replace(problem, stops=problem.stops[:34]), SHORT)
    now = freeze(replace(problem, stops=problem.stops[:34]), plan, 47_000)
    open_ids = [one.stop_id for one in now.stops if one.stop_id not in frozen_ids(now)]
    now = replace(now, stops=(*(one for one in now.stops if one.stop_id not in open_ids[:3]), *problem.stops[34:]))
    kept = replan(now, plan, Budget(iterations=200), keep_within_s=900)
    assert check_plan(now, kept.plan) == ()
    assert kept.broken == ()
    assert not kept.plan.unserved
    moved = shifts(now, plan, kept.plan)
    assert len(moved) == 31
    assert max(map(abs, moved.values())) <= 900
    free = replan(now, plan, Budget(iterations=200))
    assert free.broken == ()
    assert max(map(abs, shifts(now, plan, free.plan).values())) > 900
    assert free.plan.cost.rank <= kept.plan.cost.rank


def test_a_promise_may_be_late_by_what_is_allowed_and_no_more() -> None:
    problem = street(ABCD[:1], [vehicle(**SHIFT)])
    plan = planned(problem, "A")
    late = replace(problem, vehicles=(vehicle(shift_start_s=NOON_S + 50, shift_end_s=NOON_S + 3_000),))
    assert replan(late, plan, SHORT, keep_within_s=50).broken == ()
    broken = replan(late, plan, SHORT, keep_within_s=49).broken
    assert broken == (BrokenPromise("A", NOON_S + 100, NOON_S + 150),)


def test_one_promise_that_cannot_be_kept_does_not_break_the_others() -> None:
    problem = street(ABCD, [vehicle(**SHIFT), vehicle("R02", **SHIFT)])
    plan = planned(problem, "ABCD")
    shut = replace(ABCD[0], windows=(Window(NOON_S + 1_000, NOON_S + 2_000),))
    now = replace(problem, stops=(shut, *ABCD[1:]))
    again = replan(now, plan, SHORT, keep_within_s=120)
    assert check_plan(now, again.plan) == ()
    assert [(one.stop_id, one.promised_s) for one in again.broken] == [("A", NOON_S + 100)]
    assert not again.plan.unserved


def test_a_promise_that_must_be_broken_altogether_has_no_new_time() -> None:
    problem = street(ABCD, [vehicle(**SHIFT)])
    plan = planned(problem, "ABCD")
    now = replace(problem, vehicles=(vehicle(**SHIFT, max_stops=3),))
    again = replan(now, plan, SHORT, keep_within_s=600)
    assert len(again.plan.unserved) == 1
    assert again.broken[0].now_s is None


def test_a_stop_that_may_wait_is_not_dropped_once_it_was_promised() -> None:
    waits = replace(ABCD[3], prize_m=900)
    problem = street([*ABCD[:3], waits], [vehicle(**SHIFT)])
    plan = planned(problem, "ABCD")
    dear = replace(problem, stops=(*ABCD[:3], replace(waits, prize_m=10)))
    assert [one.stop_id for one in replan(dear, plan, SHORT).plan.unserved] == ["D"]
    assert replan(dear, plan, SHORT, keep_within_s=60).plan.unserved == ()


def test_when_a_rider_drops_out_the_others_take_his_stops() -> None:
    problem = town(40, 4, seed=4)
    plan = solve(problem, SHORT)
    now = freeze(problem, plan, 47_000)
    out: Vehicle = now.vehicles[0]
    made = {visit.stop_id for visit in out.frozen}
    now = replace(now, vehicles=now.vehicles[1:], stops=tuple(one for one in now.stops if one.stop_id not in made))
    again = replan(now, plan, Budget(iterations=300), keep_within_s=1_800)
    assert check_plan(now, again.plan) == ()
    served = {visit.stop_id for tour in again.plan.tours for visit in tour.visits}
    assert len(served) + len(again.plan.unserved) == len(now.stops)
    assert {one.stop_id for one in again.plan.unserved} <= {one.stop_id for one in again.broken}


@pytest.mark.parametrize("seed", range(20))
def test_with_everything_at_once_broken_says_which_promises_are(seed: int) -> None:
    problem, plan = any_day(seed)
    new = tuple(any_stop(Random(seed), f"N{number}") for number in range(2))
    now = freeze(problem, plan, NOON_S + 400)
    now = replace(now, stops=(*now.stops, *(one for one in new if one.door is None)))
    again = replan(now, plan, SHORT, seed, keep_within_s=200)
    assert check_plan(now, again.plan) == ()
    moved = {stop_id for stop_id, by_s in shifts(now, plan, again.plan).items() if abs(by_s) > 200}
    left = {one.stop_id for one in again.plan.unserved} & {v.stop_id for tour in plan.tours for v in tour.visits}
    assert {one.stop_id for one in again.broken} == (moved | left) - set(frozen_ids(now))


def test_a_budget_of_seconds_is_kept_through_all_the_rounds() -> None:
    problem = town(30, 3, seed=1)
    plan = solve(problem, SHORT)
    late = replace(problem, vehicles=tuple(replace(one, shift_start_s=47_000) for one in problem.vehicles[1:]))
    began = perf_counter()
    again = replan(late, plan, Budget(seconds=1.0), keep_within_s=300)
    assert perf_counter() - began < 2.0
    assert check_plan(late, again.plan) == ()


def test_what_makes_no_sense_is_refused() -> None:
    problem = street(ABCD, [vehicle(**SHIFT)])
    plan = planned(problem, "ABCD")
    with pytest.raises(Unacceptable, match="within -1 s"):
        replan(problem, plan, SHORT, keep_within_s=-1)
    with pytest.raises(Unacceptable, match="freeze the plan with the problem it was made for"):
        freeze(replace(problem, stops=problem.stops[:2]), plan, NOON_S)
