"""Parcels on runs: the soonest ways where they fit, the best division where they do not, and whole parcels always."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import HANDLING_MINUTES, Leg, Timetable, earliest_arrival, load_timetable
from post_logistics.routing.linehaul import plan_linehaul
from post_logistics.routing.linehaul_check import check_linehaul
from post_logistics.routing.linehaul_plan import LinehaulPlan, Load, Reason
from post_logistics.units import DHAKA, Postcode

ROOT = Path(__file__).resolve().parents[2]
DAY = datetime(2026, 11, 22, tzinfo=DHAKA)
HOUR = 60
A, B, C, D = (Postcode(code) for code in ("1000", "2000", "3000", "4000"))


def at(minute: int) -> datetime:
    return DAY + timedelta(minutes=minute)


def leg(name: str, origin: Postcode, destination: Postcode, depart: int, arrive: int, capacity: int = 100) -> Leg:
    return Leg(name, origin, destination, depart, arrive, "truck", capacity)


def load(origin: Postcode, destination: Postcode, parcels: int, ready: int = 0, promise: int | None = None) -> Load:
    return Load(
        origin=origin,
        destination=destination,
        ready_at=at(ready),
        parcels=parcels,
        promise_by=None if promise is None else at(promise),
    )


def planned(legs: list[Leg], loads: list[Load], until: int = 24 * HOUR) -> LinehaulPlan:
    """The plan, found right by the judge."""
    plan = plan_linehaul(Timetable(legs), loads, at(until))
    assert check_linehaul(Timetable(legs), loads, plan) == []
    return plan


def went(plan: LinehaulPlan, number: int = 0) -> dict[str, int]:
    """Of one load, parcels by the names of the legs they took."""
    taken = Counter[str]()
    for flow in plan.flows:
        if flow.load == number:
            taken["+".join(run.leg.leg_id for run in flow.runs)] += flow.parcels
    return dict(taken)


EARLY, LATER = leg("early", A, B, 60, 120, 5), leg("later", A, B, 180, 240, 5)


def test_what_fits_goes_the_soonest_way() -> None:
    plan = planned([EARLY, LATER], [load(A, B, 5)])
    assert went(plan) == {"early": 5}
    assert plan.runs[0].place_worth_minutes == 0
    assert plan.cost.weighted_minutes == plan.least_minutes == 5 * 120


def test_one_parcel_too_many_takes_the_next_run_and_a_place_on_the_first_is_worth_the_difference() -> None:
    plan = planned([EARLY, LATER], [load(A, B, 6)])
    assert went(plan) == {"early": 5, "later": 1}
    assert [(one.run.leg.leg_id, one.parcels, one.place_worth_minutes) for one in plan.runs] == [
        ("early", 5, 120),
        ("later", 1, 0),
    ]


def test_a_run_is_caught_by_what_is_ready_on_the_minute_and_missed_a_second_later() -> None:
    assert went(planned([EARLY, LATER], [load(A, B, 1, ready=60)])) == {"early": 1}
    a_second_late = replace(load(A, B, 1), ready_at=at(60) + timedelta(seconds=1))
    plan = planned([EARLY, LATER], [a_second_late])
    assert went(plan) == {"later": 1}
    assert plan.cost.way_minutes == 179


def test_between_two_runs_there_is_time_for_handling_and_not_a_minute_less() -> None:
    first = leg("first", A, B, 60, 120)
    just, missed = leg("just", B, C, 120 + HANDLING_MINUTES, 200), leg("missed", B, C, 119 + HANDLING_MINUTES, 150)
    plan = planned([first, just, missed], [load(A, C, 2)])
    assert went(plan) == {"first+just": 2}
    assert plan.cost.transfers == 2


def test_a_parcel_that_can_still_be_in_time_gets_the_place_before_one_that_is_sooner_served() -> None:
    """Both want the early run; the one with the promise gets it, although it came last."""
    plan = planned([EARLY, LATER], [load(A, B, 5, ready=0), load(A, B, 5, ready=50, promise=120)])
    assert (went(plan, 0), went(plan, 1)) == ({"later": 5}, {"early": 5})
    assert plan.cost.late_parcels == 0


def test_arriving_at_the_promised_minute_is_in_time_and_a_minute_later_is_late() -> None:
    assert planned([EARLY], [load(A, B, 3, promise=120)]).cost.late_parcels == 0
    late = planned([EARLY], [load(A, B, 3, promise=119)]).cost
    assert (late.late_parcels, late.late_minutes) == (3, 3)


def test_places_on_a_shared_leg_go_to_those_who_have_no_other_way() -> None:
    """First come, first served would fill the bridge with A's parcels, and B's would stay."""
    legs = [
        leg("to-bridge", A, B, 0, 30),
        leg("bridge", B, C, 60, 90, 4),
        leg("around", A, C, 300, 600),
    ]
    plan = planned(legs, [load(A, C, 4), load(B, C, 4, ready=10)])
    assert (went(plan, 0), went(plan, 1)) == ({"around": 4}, {"bridge": 4})
    assert plan.cost.unsent == 0


def test_of_parcels_that_wait_for_the_same_run_those_ready_first_go_first() -> None:
    plan = planned([EARLY, LATER], [load(A, B, 4, ready=30), load(A, B, 4, ready=10)])
    assert (went(plan, 0), went(plan, 1)) == ({"early": 1, "later": 3}, {"early": 4})


def test_what_is_there_already_takes_no_run() -> None:
    plan = planned([EARLY], [load(A, A, 7, ready=30, promise=20)])
    assert went(plan) == {"": 7}
    assert (plan.cost.way_minutes, plan.cost.late_minutes) == (0, 70)


def test_parcels_left_say_why() -> None:
    loads = [load(A, B, 7), load(B, A, 1), load(A, D, 2), load(A, Postcode("9999"), 3)]
    plan = planned([EARLY, leg("night", A, D, 23 * HOUR, 26 * HOUR)], loads)
    assert [(one.load, one.parcels, one.reason) for one in plan.left] == [
        (0, 2, Reason.NO_ROOM),
        (1, 1, Reason.NO_WAY),
        (2, 2, Reason.BEYOND_HORIZON),
        (3, 3, Reason.NO_WAY),
    ]
    assert plan.cost.unsent == 8


def test_a_run_may_arrive_at_the_end_of_the_plan_and_not_after() -> None:
    assert went(planned([EARLY], [load(A, B, 1)], until=120)) == {"early": 1}
    assert planned([EARLY], [load(A, B, 1)], until=119).left[0].reason == Reason.BEYOND_HORIZON


def test_tomorrows_run_of_the_same_leg_takes_what_todays_cannot() -> None:
    plan = planned([EARLY], [load(A, B, 12)], until=4 * 24 * HOUR)
    assert [(flow.runs[0].depart_at, flow.parcels) for flow in plan.flows] == [
        (at(60), 5),
        (at(60 + 1440), 5),
        (at(60 + 2880), 2),
    ]
    assert [flow.parcels for flow in plan.boarding(plan.runs[1].run)] == [5]


def test_nothing_to_carry_is_an_empty_plan_and_two_weeks_are_the_most() -> None:
    assert planned([EARLY], []).flows == planned([], [load(A, B, 0)]).flows == ()
    with pytest.raises(Unacceptable, match="14 days"):
        plan_linehaul(Timetable([EARLY]), [load(A, B, 1)], DAY + timedelta(days=14, minutes=1))


def test_an_end_of_the_plan_without_a_time_zone_is_refused() -> None:
    with pytest.raises(Unacceptable, match="time zone"):
        plan_linehaul(Timetable([EARLY]), [], datetime(2026, 11, 22))  # noqa: DTZ001


def test_a_load_without_a_time_zone_or_with_less_than_no_parcels_is_refused() -> None:
    with pytest.raises(Unacceptable) as caught:
        Load(origin=A, destination=B, ready_at=datetime(2026, 11, 22), parcels=1)  # noqa: DTZ001
    assert caught.value.field == "ready_at"
    with pytest.raises(Unacceptable) as caught:
        load(A, B, -1)
    assert caught.value.field == "parcels"


def test_the_judge_sees_each_kind_of_mistake() -> None:
    legs, loads = [EARLY, LATER, leg("on", B, C, 300, 400)], [load(A, C, 6), load(A, B, 1)]
    timetable, plan = Timetable(legs), planned(legs, loads)
    flow = plan.flows[0]

    def told(**changes: object) -> str:
        return " ".join(check_linehaul(timetable, loads, replace(plan, **changes)))  # type: ignore[arg-type]

    assert "has no run" in told(flows=(replace(flow, runs=(replace(flow.runs[0], arrive_at=at(1)), flow.runs[1])),))
    assert "no load 9" in told(flows=(replace(flow, load=9),))
    assert "the parcels are at" in told(flows=(replace(flow, runs=flow.runs[1:]),))
    assert "ends at" in told(flows=(replace(flow, runs=flow.runs[:1]),))
    assert "of which the plan has" in told(flows=plan.flows[1:])
    assert "room for 5" in told(flows=(replace(flow, parcels=6), *plan.flows[1:]))
    assert "after the end" in told(until=at(399))
    assert "does not arrive" in told(flows=(replace(flow, arrive_at=at(500)), *plan.flows[1:]))
    assert "do not carry" in told(runs=plan.runs[1:])
    assert "less than the least" in told(least_minutes=plan.least_minutes + 100)
    assert "says" in told(cost=replace(plan.cost, transfers=0))
    left = planned([EARLY], [load(A, B, 6)])
    full = check_linehaul(Timetable([EARLY, LATER]), [load(A, B, 6)], left)
    assert any("a way with room" in wrong for wrong in full)
    untrue = replace(left, left=(replace(left.left[0], reason=Reason.NO_WAY),))
    assert check_linehaul(Timetable([EARLY]), [load(A, B, 6)], untrue) == ["load 0: no_way is not so"]


offices = st.sampled_from([A, B, C, D])
networks = st.lists(
    st.tuples(offices, offices, st.integers(0, 1200), st.integers(1, 300), st.integers(0, 6)).filter(
        lambda row: row[0] != row[1]
    ),
    max_size=8,
).map(lambda rows: [leg(f"L{i}", a, b, start, start + long, room) for i, (a, b, start, long, room) in enumerate(rows)])
demands = st.lists(
    st.builds(load, offices, offices, st.integers(0, 7), st.integers(0, 900), st.none() | st.integers(0, 1500)),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(networks, demands, st.integers(600, 3000))
def test_every_plan_is_right(legs: list[Leg], loads: list[Load], until: int) -> None:
    assert planned(legs, loads, until) == planned(legs, loads, until)


@settings(max_examples=60, deadline=None)
@given(networks, demands)
def test_with_room_for_all_every_parcel_arrives_as_soon_as_it_can(legs: list[Leg], loads: list[Load]) -> None:
    timetable = Timetable([replace(one, capacity_parcels=10_000) for one in legs])
    plan = plan_linehaul(timetable, loads, at(4 * 1440 + 2000))
    soonest = [earliest_arrival(timetable, one.origin, one.destination, one.ready_at) for one in loads]
    arrived = {flow.load: flow.arrive_at for flow in plan.flows}
    for i, (one, way) in enumerate(zip(loads, soonest, strict=True)):
        if one.parcels and way is not None:
            assert arrived[i] == way.arrive_at
    if not plan.left:
        assert plan.cost.weighted_minutes == pytest.approx(plan.least_minutes)


def best_by_hand(legs: list[Leg], loads: list[Load], until: int) -> float:
    """The least cost there is for a few parcels, by trying every way of each."""
    single = [replace(one, parcels=1) for one in loads for _ in range(one.parcels)]
    ways = [every_way(legs, one, until) for one in single]
    costs = []
    for chosen in product(*ways):
        taken = Counter(run for way, _ in chosen for run in way)
        if all(parcels <= run[1] for run, parcels in taken.items()):
            costs.append(sum(cost for _, cost in chosen))
    return min(costs)


def every_way(legs: list[Leg], one: Load, until: int) -> list[tuple[tuple[tuple[str, int], ...], float]]:
    """All ways of one day, each run with its capacity, and what they cost; not going is one of them."""
    ready = int((one.ready_at - DAY).total_seconds() // 60)
    promise = None if one.promise_by is None else int((one.promise_by - DAY).total_seconds() // 60)
    found: list[tuple[tuple[tuple[str, int], ...], float]] = [((), 1_000_000.0)]
    if one.origin == one.destination:
        return [((), 0.0 if promise is None else 10.0 * max(0, ready - promise))]

    def search(place: str, minute: int, way: tuple[tuple[str, int], ...]) -> None:
        for onward in legs:
            if onward.origin == place and onward.depart_minute >= minute and onward.arrive_minute <= until:
                longer = (*way, (onward.leg_id, onward.capacity_parcels))
                if onward.destination == one.destination:
                    late = 0 if promise is None else max(0, onward.arrive_minute - promise)
                    found.append((longer, onward.arrive_minute - ready + 10 * late + len(way) / 16))
                else:
                    search(onward.destination, onward.arrive_minute + HANDLING_MINUTES, longer)

    search(one.origin, ready, ())
    return found


few = st.lists(
    st.builds(load, offices, offices, st.integers(1, 2), st.integers(0, 400), st.none() | st.integers(0, 900)),
    min_size=1,
    max_size=2,
)


@settings(max_examples=100, deadline=None)
@given(networks, few)
def test_a_small_world_is_planned_as_well_as_can_be_but_for_the_rounding(legs: list[Leg], loads: list[Load]) -> None:
    plan = planned(legs, loads, until=1439)
    best = best_by_hand(legs, loads, 1439)
    assert plan.least_minutes <= best + 1e-3
    assert best <= plan.cost.weighted_minutes + 1e-6
    if plan.cost.weighted_minutes == pytest.approx(plan.least_minutes):
        assert plan.cost.weighted_minutes == pytest.approx(best)


runs_side_by_side = st.lists(
    st.tuples(st.integers(0, 1200), st.integers(1, 300), st.integers(0, 6)), min_size=1, max_size=6
).map(lambda rows: [leg(f"L{i}", A, B, start, start + long, room) for i, (start, long, room) in enumerate(rows)])
from_a_to_b = st.builds(
    load, st.just(A), st.just(B), st.integers(0, 7), st.integers(0, 900), st.none() | st.integers(0, 1500)
)


@settings(max_examples=100, deadline=None)
@given(runs_side_by_side, st.lists(from_a_to_b, max_size=6))
def test_between_two_offices_the_plan_is_the_best_there_is(legs: list[Leg], loads: list[Load]) -> None:
    """There the programme is a transport problem, whose solutions are whole. The bound takes all that wait for the same
    run to have been ready when the first was: it may be a day of each unsent parcel too low, and no more."""
    plan = planned(legs, loads, until=1500)
    assert plan.cost.weighted_minutes - plan.least_minutes <= 1440 * plan.cost.unsent + 1e-3


def test_the_shipped_timetable_carries_a_day_of_the_pilot() -> None:
    timetable = load_timetable(ROOT / "data")
    pilots = sorted({one.origin for one in timetable.legs})
    loads = [load(a, b, 100, ready=9 * HOUR) for a in pilots for b in pilots]
    plan = plan_linehaul(timetable, loads, at(24 * HOUR))
    assert check_linehaul(timetable, loads, plan) == []
    assert plan.cost.unsent == 0
    assert any(one.place_worth_minutes for one in plan.runs)


def test_the_guide_holds_what_it_says() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/guides/linehaul.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 4, "every block was run"
    names: dict[str, object] = {"FACTS": ROOT / "data"}
    for block in blocks:
        exec(block, names)
