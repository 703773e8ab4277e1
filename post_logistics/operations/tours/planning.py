"""Tours planned: the parcels at an office become doors, the doors a routing problem, its solution run sheets."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from post_logistics.errors import Conflict, NotFound, PostError
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.tours.doors import Door, delivery_doors, pickup_doors
from post_logistics.operations.tours.executors import PROCESSES, THREADS, done_by, refuse_unknown
from post_logistics.operations.tours.run_sheets import RunSheet, SheetStop, sheet_from_json
from post_logistics.operations.tours.tour_problem import TourProblem, tour_problem
from post_logistics.operations.tours.walking import walked_in_order
from post_logistics.routing.check import check_plan
from post_logistics.routing.plan import RoutePlan, Tour
from post_logistics.routing.problem import Budget, RoutingProblem
from post_logistics.routing.solve import solve
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.prices import load_to_take
from post_logistics.storage.tours.plans import PlanRow, append_plan, load_plans, next_revision
from post_logistics.units import Postcode

Kind = Literal["pickup", "delivery"]

_log = logging.getLogger(__name__)

_ITERATIONS_PER_DOOR = 60
_FEWEST_ITERATIONS = 1_000
"""Measured at real places: from here on, ten times as many make tours less than half a percent cheaper."""

_PROCESSES_FROM_DOORS = 10_000
"""With fewer doors altogether, processes take longer to start than they save: threads do it instead."""


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


class OfficesFailed(Conflict):
    """Some offices could not be planned: ``failures`` says why. ``plans`` are those of the others; they are kept."""

    def __init__(self, plans: Sequence[OfficePlan], failures: Mapping[str, Exception]) -> None:
        reasons = "\n".join(f"{office}: {_reason(error)}" for office, error in failures.items())
        kept = "; the others are kept" if plans else ""
        super().__init__(
            f"{len(failures)} of {len(failures) + len(plans)} offices could not be planned{kept}\n{reasons}",
            remedy="put right what is said of each, then plan it again alone: --office",
        )
        self.plans = tuple(plans)
        self.failures = dict(failures)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, PostError) else f"a fault of the program: {type(error).__name__}: {error}"


def counted_budget(doors: int) -> Budget:
    """What so many doors need. Counted, not timed, so that the same parcels give the same tours on any machine."""
    return Budget(iterations=max(_FEWEST_ITERATIONS, _ITERATIONS_PER_DOOR * doors))


def plan_day(
    database: Database,
    facts: Facts,
    kind: Kind,
    service_on: date,
    at: datetime,
    *,
    office: str | None = None,
    budget: Budget | None = None,
    executor: str = PROCESSES,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> list[OfficePlan]:
    """The plans of every office that has doors to visit, or of one: searched for at once, kept in one transaction.

    ``budget``: of each office; none: ``counted_budget``. ``executor``: see ``operations.tours.executors``. If some
    offices fail, the plans of the others are kept, then OfficesFailed is raised.
    """
    refuse_unknown(executor)
    offices = [Postcode(office)] if office else facts.offices_at_work(service_on)
    failures: dict[Postcode, Exception] = {}
    doors = _doors(database, facts, kind, service_on, offices, failures)
    if executor == PROCESSES and sum(map(len, doors.values())) < _PROCESSES_FROM_DOORS:
        executor = THREADS
    made: dict[Postcode, OfficePlan] = {}
    if doors:
        tasks = _tasks(facts, kind, service_on, doors, budget, failures)
        for problem, future in done_by(executor, solve, tasks):
            try:
                made[problem.office] = office_plan(problem, walked_in_order(problem, future.result()), service_on)
            except Exception as error:  # whatever it is, the other offices have their tours
                failures[problem.office] = error
            advance(len(made) + len(failures), len(doors))
    with database.transaction() as connection:
        plans = [keep_plan(connection, made[one], at) for one in offices if one in made]
    _report(facts, plans, failures)
    return plans


def plan_office(
    database: Database, facts: Facts, office: Postcode, service_on: date, at: datetime, *, seconds: float
) -> OfficePlan:
    """The delivery plan of one office, made within the time given; no connection is held while it is searched for."""
    with database.transaction() as connection:
        doors = delivery_doors(connection, facts, office, service_on)
    if not doors:
        raise Conflict(f"office {office} has no parcels to plan", field="office", remedy="scan parcels in first")
    problem = tour_problem(facts, office, "delivery", doors, service_on)
    found = walked_in_order(problem, solve(problem.routing, Budget(seconds=seconds)))
    plan = office_plan(problem, found, service_on)
    with database.transaction() as connection:
        return keep_plan(connection, plan, at)


def load_day(connection: Connection, office: Postcode, service_on: date) -> OfficePlan:
    """The delivery plan in force, with the cash that is to be taken by now: prices change, and recipients pay before.

    NotFound if there is none."""
    for row in load_plans(connection, service_on, "delivery", office):
        sheets = [sheet_from_json(sheet) for sheet in row.sheets]
        cash_poisha = load_to_take(connection, [item for sheet in sheets for item in sheet.items])
        return OfficePlan(
            office=row.office,
            kind=row.kind,
            service_on=row.service_on,
            revision=row.revision,
            distance_m=row.distance_m,
            distance_before_m=row.distance_before_m,
            sheets=tuple(sheet.taking(cash_poisha) for sheet in sheets),
            unserved=tuple(row.unserved),
        )
    raise NotFound(f"office {office} has no plan for {service_on}", field="service_on", remedy="plan the day first")


def _doors(
    database: Database,
    facts: Facts,
    kind: Kind,
    service_on: date,
    offices: Sequence[Postcode],
    failures: dict[Postcode, Exception],
) -> dict[Postcode, list[Door]]:
    """The doors of each office that has any."""
    find = pickup_doors if kind == "pickup" else delivery_doors
    found: dict[Postcode, list[Door]] = {}
    with database.transaction() as connection:
        for office in offices:
            try:
                found[office] = find(connection, facts, office, service_on)
            except PostError as error:
                failures[office] = error
    return {office: doors for office, doors in found.items() if doors}


def _tasks(
    facts: Facts,
    kind: Kind,
    service_on: date,
    doors: Mapping[Postcode, Sequence[Door]],
    budget: Budget | None,
    failures: dict[Postcode, Exception],
) -> Iterator[tuple[TourProblem, tuple[RoutingProblem, Budget]]]:
    """Each office's problem, made when its turn comes, and what ``solve`` takes."""
    for office, its_doors in doors.items():
        try:
            problem = tour_problem(facts, office, kind, its_doors, service_on)
        except Exception as error:  # as in plan_day
            failures[office] = error
        else:
            yield problem, (problem.routing, budget or counted_budget(len(its_doors)))


def _report(facts: Facts, plans: Sequence[OfficePlan], failures: Mapping[Postcode, Exception]) -> None:
    """Returns if nothing failed. Where the only office failed for a reason that a person can put right, that is it."""
    if not failures:
        return
    for office, error in failures.items():
        if not isinstance(error, PostError):
            _log.error("office %s could not be planned", office, exc_info=error)
    alone = next(iter(failures.values()))
    if len(failures) == 1 and not plans and isinstance(alone, PostError):
        raise alone
    raise OfficesFailed(plans, {_named(facts, office): error for office, error in failures.items()})


def _named(facts: Facts, office: Postcode) -> str:
    try:
        return f"{office} {facts.offices.get(office).name_en}"
    except NotFound:
        return office


def office_plan(problem: TourProblem, solution: RoutePlan, service_on: date) -> OfficePlan:
    """What is to be kept of a solution; its revision is not known before."""
    return OfficePlan(
        office=problem.office,
        kind=problem.kind,
        service_on=service_on,
        revision=0,
        distance_m=sum(tour.distance_m for tour in solution.tours),
        distance_before_m=problem.distance_in_order_m(len(solution.tours)),
        sheets=tuple(_sheet(problem, tour, service_on) for tour in solution.tours),
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


def keep_plan(connection: Connection, plan: OfficePlan, at: datetime) -> OfficePlan:
    """The plan in force from now on, as its next revision; Conflict if somebody else kept one meanwhile."""
    kept = replace(plan, revision=next_revision(connection, plan.office, plan.kind, plan.service_on))
    append_plan(
        connection,
        PlanRow(
            office=kept.office,
            kind=kept.kind,
            service_on=kept.service_on,
            revision=kept.revision,
            planned_at=at,
            distance_m=kept.distance_m,
            distance_before_m=kept.distance_before_m,
            sheets=[sheet.as_json() for sheet in kept.sheets],
            unserved=list(kept.unserved),
        ),
    )
    return kept


def _sheet(problem: TourProblem, tour: Tour, service_on: date) -> RunSheet:
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
