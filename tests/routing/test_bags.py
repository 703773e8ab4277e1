"""Bags: direct where enough goes one way, through the hub where not, and every parcel in a bag on every leg."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import Leg, Timetable
from post_logistics.routing.bags import BagPlan, BagRules, plan_bags
from post_logistics.routing.linehaul import plan_linehaul
from post_logistics.routing.linehaul_plan import Load
from post_logistics.units import DHAKA, Postcode

DAY = datetime(2026, 11, 22, tzinfo=DHAKA)
A, B, HUB, C, D = (Postcode(code) for code in ("1000", "1100", "2000", "3000", "4000"))
TIMETABLE = Timetable(
    [
        Leg("A-HUB", A, HUB, 60, 120, "truck", 500),
        Leg("B-HUB", B, HUB, 70, 130, "truck", 500),
        Leg("HUB-C", HUB, C, 180, 240, "truck", 500),
        Leg("HUB-D", HUB, D, 190, 250, "truck", 500),
    ]
)
RULES = BagRules(direct_parcels=20, direct_g=15_000, most_parcels=40, most_g=30_000)


def load(origin: Postcode, destination: Postcode, parcels: int, parcel_g: int = 0) -> Load:
    return Load(origin=origin, destination=destination, ready_at=DAY, parcels=parcels, parcel_g=parcel_g)


def bagged(*loads: Load) -> BagPlan:
    return plan_bags(loads, plan_linehaul(TIMETABLE, loads, DAY + timedelta(days=1)), RULES)


def told(plan: BagPlan) -> list[tuple[str, int, list[str]]]:
    """Of each bag: its legs, how many alike, and why its contents are inside."""
    return [
        ("+".join(run.leg.leg_id for run in bag.runs), bag.count, [content.why for content in bag.contents])
        for bag in plan.bags
    ]


def test_enough_for_one_destination_goes_in_a_bag_that_the_hub_does_not_open() -> None:
    plan = bagged(load(A, C, 20))
    assert told(plan) == [("A-HUB+HUB-C", 1, ["direct: 20 parcels, at least 20"])]
    assert (plan.bags[0].opened_at, plan.sorted_parcels) == (C, 0)


def test_one_parcel_less_goes_through_the_hub_and_is_sorted_there() -> None:
    plan = bagged(load(A, C, 19))
    assert told(plan) == [
        ("A-HUB", 1, ["through 2000: 19 parcels, less than 20"]),
        ("HUB-C", 1, ["last leg: 19 parcels"]),
    ]
    assert plan.sorted_parcels == 19


def test_what_several_offices_send_through_the_hub_may_fill_a_direct_bag_there() -> None:
    plan = bagged(load(A, C, 12), load(B, C, 12), load(A, D, 1), load(A, HUB, 2))
    assert told(plan) == [
        (
            "A-HUB",
            1,
            ["through 2000: 12 parcels, less than 20", "through 2000: 1 parcel, less than 20", "last leg: 2 parcels"],
        ),
        ("B-HUB", 1, ["through 2000: 12 parcels, less than 20"]),
        ("HUB-C", 1, ["direct: 24 parcels, at least 20"]),
        ("HUB-D", 1, ["last leg: 1 parcel"]),
    ]


def test_few_heavy_parcels_earn_a_direct_bag_by_their_weight() -> None:
    assert told(bagged(load(A, C, 5, 3_000)))[0] == ("A-HUB+HUB-C", 1, ["direct: 5 parcels of 15 kg, at least 15 kg"])
    assert told(bagged(load(A, C, 5, 2_999)))[0][0] == "A-HUB"


def test_a_bag_is_full_by_parcels_or_by_weight() -> None:
    assert [count for _, count, _ in told(bagged(load(A, HUB, 40)))] == [1]
    assert [count for _, count, _ in told(bagged(load(A, HUB, 41)))] == [2]
    assert [count for _, count, _ in told(bagged(load(A, HUB, 20, 1_500)))] == [1]
    assert [count for _, count, _ in told(bagged(load(A, HUB, 20, 1_501)))] == [2]


def test_a_parcel_too_heavy_for_any_bag_and_a_rule_without_sense_are_refused() -> None:
    with pytest.raises(Unacceptable) as caught:
        bagged(load(A, C, 1), load(A, C, 1, 30_001))
    assert (caught.value.field, caught.value.row) == ("parcel_g", 2)
    with pytest.raises(Unacceptable, match="less than one"):
        BagRules(most_parcels=0)


def test_nothing_to_carry_needs_no_bag() -> None:
    assert plan_bags([], plan_linehaul(TIMETABLE, [], DAY)) == BagPlan((), 0)
    assert bagged(load(A, A, 50)).bags == ()


offices = st.sampled_from([A, B, HUB, C, D])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.builds(load, offices, offices, st.integers(0, 60), st.integers(0, 2_000)), max_size=12))
def test_every_parcel_is_in_one_bag_on_every_leg_and_no_bag_is_too_full(loads: list[Load]) -> None:
    plan = plan_linehaul(TIMETABLE, loads, DAY + timedelta(days=1))
    bags = plan_bags(loads, plan, RULES)
    for number, flow in enumerate(plan.flows):
        assert tuple(run for bag in bags.bags if number in bag.flows for run in bag.runs) == flow.runs
    carried = Counter[object]()
    for bag in bags.bags:
        assert bag.parcels == sum(plan.flows[number].parcels for number in bag.flows)
        assert bag.parcels <= bag.count * RULES.most_parcels
        assert sum(content.weight_g for content in bag.contents) <= bag.count * RULES.most_g
        for run in bag.runs:
            carried[run] += bag.parcels
    assert carried == {one.run: one.parcels for one in plan.runs}
    without = plan_bags(loads, plan, replace(RULES, direct_parcels=10_000, direct_g=10_000_000))
    assert without.sorted_parcels == plan.cost.transfers >= bags.sorted_parcels
