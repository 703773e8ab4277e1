"""Tours from doors: one stop a door, a big customer at several times, nothing over the cap."""

from dataclasses import replace
from datetime import date, datetime
from time import perf_counter
from typing import Any

import pytest

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.fleet import Fleet
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.doors import _loads, delivery_doors
from post_logistics.operations.tours.executors import HERE, THREADS
from post_logistics.operations.tours.planning import OfficesFailed, counted_budget, load_day, plan_day, plan_office
from post_logistics.operations.tours.tour_problem import tour_problem
from post_logistics.routing.check import check_plan
from post_logistics.routing.problem import Budget
from post_logistics.routing.solve import solve
from post_logistics.routing.warming import warm
from post_logistics.storage.database import Database
from post_logistics.storage.money.prices import load_due
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import Postcode

OFFICE, DAY = Postcode("1216"), date(2026, 11, 22)


def at_the_office(story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    way = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
    record_scans(story.connection, [story.scan(item, event, holder) for item in items for event, holder in way])
    return items


def test_a_door_with_more_cash_than_a_rider_may_carry_is_called_at_several_times(story: Any, facts: Facts) -> None:
    cap = facts.cod_rules.on(DAY).rider_cash_cap_poisha
    items = at_the_office(story, *[cap * 2 // 5] * 5)
    doors = delivery_doors(story.connection, facts, OFFICE, DAY)
    assert all(door.cash_poisha <= cap for door in doors)
    problem = tour_problem(facts, OFFICE, "delivery", doors, DAY)
    plan = solve(problem.routing, Budget(iterations=20))
    assert not check_plan(problem.routing, plan)
    assert not plan.unserved
    served = [item for tour in plan.tours for visit in tour.visits for item in problem.door(visit.stop_id).items]
    assert sorted(served) == sorted(items)


def test_the_parcels_of_one_door_are_shared_out_by_cash(story: Any, facts: Facts) -> None:
    cap = facts.cod_rules.on(DAY).rider_cash_cap_poisha
    items = at_the_office(story, *[cap * 2 // 5] * 5)
    parcels = list(load_consignments(story.connection, items).values())
    riders = facts.fleet.riders(OFFICE, "delivery")
    loads = list(_loads(parcels, riders, load_due(story.connection, items), cap))
    assert [len(load) for load in loads] == [2, 2, 1]
    assert [parcel for load in loads for parcel in load] == parcels
    assert list(_loads(parcels, riders, dict.fromkeys(items, cap // 5), cap)) == [parcels], "what is due, not the order"


@pytest.fixture
def day(database: Database, morning: datetime, tell: Any) -> Database:
    """Two parcels at the office of Mirpur, kept; all other offices have none."""
    with database.transaction() as connection:
        at_the_office(tell(connection, morning), 100_000, 100_000)
    return database


@pytest.mark.parametrize("executor", [HERE, THREADS, "processes"])
def test_a_day_is_planned_alike_wherever_it_is_done(
    day: Database, facts: Facts, morning: datetime, executor: str
) -> None:
    told = list[tuple[int, int]]()
    advance = lambda done, total: told.append((done, total))  # noqa: E731
    plans = plan_day(day, facts, "delivery", DAY, morning, executor=executor, advance=advance)
    assert [(plan.office, plan.revision, len(plan.sheets)) for plan in plans] == [(OFFICE, 1, 1)]
    assert told == [(1, 1)]
    with day.transaction() as connection:
        assert load_day(connection, OFFICE, DAY) == plans[0]


def without_riders(facts: Facts, office: Postcode) -> Facts:
    deliveries = {one: riders for one, riders in facts.fleet.deliveries.items() if one != office}
    return replace(facts, fleet=Fleet(facts.fleet.day, deliveries, facts.fleet.pickups))


def test_an_office_that_fails_is_named_and_the_others_are_kept(day: Database, facts: Facts, morning: datetime) -> None:
    with pytest.raises(OfficesFailed) as caught:
        plan_day(day, without_riders(facts, Postcode("1205")), "delivery", DAY, morning)
    assert "1 of 2 offices could not be planned; the others are kept" in str(caught.value)
    assert "1205 New Market" in str(caught.value)
    assert "add a line for 1205 to data/fleet.toml" in str(caught.value)
    assert [plan.office for plan in caught.value.plans] == [OFFICE]
    with day.transaction() as connection:
        assert load_day(connection, OFFICE, DAY) == caught.value.plans[0]


def test_a_fault_of_the_program_in_one_office_is_reported_as_one(
    day: Database, facts: Facts, morning: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    fleet = replace(facts.fleet, day=replace(facts.fleet.day, stop_s=None))
    with pytest.raises(OfficesFailed, match=r"1216 .*: a fault of the program: TypeError") as caught:
        plan_day(day, replace(facts, fleet=fleet), "delivery", DAY, morning)
    assert not caught.value.plans
    assert "1216" in caplog.text


def test_a_single_office_that_fails_says_why_itself(day: Database, facts: Facts, morning: datetime) -> None:
    with pytest.raises(NotFound, match="9999 has no riders"):
        plan_day(day, facts, "delivery", DAY, morning, office="9999")


def test_an_executor_that_there_is_not_is_refused_before_anything_is_done(
    day: Database, facts: Facts, morning: datetime
) -> None:
    with pytest.raises(Unacceptable, match="no executor"):
        plan_day(day, facts, "delivery", DAY, morning, executor="cluster")


def test_one_office_is_planned_within_its_seconds(day: Database, facts: Facts, morning: datetime) -> None:
    warm()
    began = perf_counter()
    plan_office(day, facts, OFFICE, DAY, morning, seconds=0.5)
    assert 0.4 < perf_counter() - began < 2.5


def test_the_budget_grows_with_the_doors() -> None:
    assert [counted_budget(doors).iterations for doors in (1, 16, 17, 300)] == [1_000, 1_000, 1_020, 18_000]
