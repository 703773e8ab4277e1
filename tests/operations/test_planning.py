"""Tours from doors: one stop a door, a big customer at several times, nothing over the cap."""

from datetime import date
from typing import Any

from post_logistics.operations.doors import _loads, delivery_doors
from post_logistics.operations.facts import Facts
from post_logistics.operations.scanning import record_scans
from post_logistics.operations.tour_problem import tour_problem
from post_logistics.routing.check import check_plan
from post_logistics.routing.problem import Budget
from post_logistics.routing.solve import solve
from post_logistics.storage.consignments import load_consignments
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
    loads = list(_loads(parcels, facts.fleet.riders(OFFICE, "delivery"), cap))
    assert [len(load) for load in loads] == [2, 2, 1]
    assert [parcel for load in loads for parcel in load] == parcels
