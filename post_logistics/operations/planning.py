"""Tours planned: the parcels at an office become doors, the doors a routing problem, its solution run sheets."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from typing import Any, Literal

from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.doors import Door, delivery_doors, pickup_doors
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.run_sheets import RunSheet, SheetStop, sheet_from_json
from post_logistics.operations.tour_problem import TourProblem, tour_problem
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import RoutePlan, Tour
from post_logistics.routing.problem import Budget
from post_logistics.routing.solve import solve
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.plans import PlanRow, append_plan, load_plans, next_revision
from post_logistics.units import Postcode

Kind = Literal["pickup", "delivery"]

DEFAULT_BUDGET = Budget(iterations=200)
"""Counted, not timed, so that the same parcels give the same tours on any machine."""

_POOL_FROM_DOORS = 300
"""Below this many doors altogether, starting processes costs more than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePlan:
    """The tours of one office on one day. ``distance_before_m``: as many tours in the order of booking."""

    office: str
    kind: str
    service_on: date
    revision: int
    distance_m: int
    distance_before_m: int
    sheets: tuple[RunSheet, ...]
    unserved: tuple[dict[str, Any], ...]
    violations: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The plan as plain values."""
        sheets = [sheet.as_json() for sheet in self.sheets]
        return asdict(self) | {
            "service_on": self.service_on.isoformat(),
            "sheets": sheets,
            "unserved": list(self.unserved),
        }


def plan_day(
    database: Database,
    facts: Facts,
    kind: Kind,
    service_on: date,
    at: datetime,
    *,
    office: str | None = None,
    budget: Budget = DEFAULT_BUDGET,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> list[OfficePlan]:
    """The plans of every office that has doors to visit, or of one: solved on all cores, kept in one transaction."""
    offices = [office] if office else [one.postcode for one in facts.offices.pilot(service_on)]
    with database.transaction() as connection:
        problems = [_problem(connection, facts, Postcode(code), kind, service_on) for code in offices]
    problems = [problem for problem in problems if problem.doors]
    solutions: list[RoutePlan] = []
    with ExitStack() as stack:
        pool = _pool(stack, sum(len(problem.doors) for problem in problems))
        for solution in (pool.map if pool else map)(_solve, problems, [budget] * len(problems)):
            solutions.append(solution)
            advance(len(solutions), len(problems))
    with database.transaction() as connection:
        return [_keep(connection, facts, p, s, service_on, at) for p, s in zip(problems, solutions, strict=True)]


def plan_office(
    database: Database, facts: Facts, office: Postcode, service_on: date, at: datetime, *, seconds: float
) -> OfficePlan:
    """The delivery plan of one office, made within the time given; no connection is held while it is searched for."""
    with database.transaction() as connection:
        problem = _problem(connection, facts, office, "delivery", service_on)
    if not problem.doors:
        raise Conflict(f"office {office} has no parcels to plan", field="office", remedy="scan parcels in first")
    solution = _solve(problem, Budget(seconds=seconds))
    with database.transaction() as connection:
        return _keep(connection, facts, problem, solution, service_on, at)


def load_day(connection: Connection, office: Postcode, service_on: date) -> OfficePlan:
    """The delivery plan in force; NotFound if there is none."""
    for row in load_plans(connection, service_on, "delivery", office):
        return OfficePlan(
            office=row.office,
            kind=row.kind,
            service_on=row.service_on,
            revision=row.revision,
            distance_m=row.distance_m,
            distance_before_m=row.distance_before_m,
            sheets=tuple(sheet_from_json(sheet) for sheet in row.sheets),
            unserved=tuple(row.unserved),
        )
    raise NotFound(f"office {office} has no plan for {service_on}", field="service_on", remedy="plan the day first")


def _pool(stack: ExitStack, doors: int) -> Executor | None:
    cores = os.cpu_count() or 1
    if cores == 1 or doors < _POOL_FROM_DOORS:
        return None
    return stack.enter_context(ProcessPoolExecutor(cores, mp_context=get_context("spawn")))


def _problem(connection: Connection, facts: Facts, office: Postcode, kind: Kind, service_on: date) -> TourProblem:
    doors = (pickup_doors if kind == "pickup" else delivery_doors)(connection, facts, office, service_on)
    return tour_problem(facts, office, kind, doors, service_on)


def _solve(problem: TourProblem, budget: Budget) -> RoutePlan:
    return solve(problem.routing, budget)


def _keep(
    connection: Connection, facts: Facts, problem: TourProblem, solution: RoutePlan, service_on: date, at: datetime
) -> OfficePlan:
    plan = OfficePlan(
        office=problem.office,
        kind=problem.kind,
        service_on=service_on,
        revision=next_revision(connection, problem.office, problem.kind, service_on),
        distance_m=sum(tour.distance_m for tour in solution.tours),
        distance_before_m=problem.distance_in_order_m(len(solution.tours)),
        sheets=tuple(_sheet(facts, problem, tour, service_on) for tour in solution.tours),
        unserved=tuple(
            {
                "office": problem.office,
                "item_numbers": list(problem.door(one.stop_id).items),
                "reason": one.reason.value,
            }
            for one in solution.unserved
        ),
        violations=tuple(str(violation) for violation in check_plan(problem.routing, solution)),
    )
    append_plan(
        connection,
        PlanRow(
            office=plan.office,
            kind=plan.kind,
            service_on=service_on,
            revision=plan.revision,
            planned_at=at,
            distance_m=plan.distance_m,
            distance_before_m=plan.distance_before_m,
            sheets=[sheet.as_json() for sheet in plan.sheets],
            unserved=list(plan.unserved),
        ),
    )
    return plan


def _sheet(facts: Facts, problem: TourProblem, tour: Tour, service_on: date) -> RunSheet:
    midnight = dhaka(service_on, datetime.min.time())
    doors: Sequence[tuple[Door, int]] = [(problem.door(visit.stop_id), visit.arrival_s) for visit in tour.visits]
    return RunSheet(
        rider_id=tour.vehicle_id,
        office=problem.office,
        kind=problem.kind,
        service_on=service_on,
        vehicle=problem.vehicle(tour.vehicle_id),
        depart_at=midnight + timedelta(seconds=tour.depart_s),
        return_at=midnight + timedelta(seconds=tour.return_s),
        distance_m=tour.distance_m,
        parcels=sum(len(door.items) for door, _ in doors),
        weight_g=sum(door.weight_g for door, _ in doors),
        cash_poisha=sum(door.cash_poisha for door, _ in doors),
        stops=tuple(
            SheetStop(
                arrive_at=midnight + timedelta(seconds=arrival_s),
                item_numbers=door.items,
                place=door.place,
                lat_deg=door.lat_deg,
                lon_deg=door.lon_deg,
                cash_poisha=door.cash_poisha,
            )
            for door, arrival_s in doors
        ),
    )
