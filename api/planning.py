"""Plans of tours and the run sheets that riders carry."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.context import TRACED, InTransaction, Now, Staff, TheEngine, in_office
from api.fields import Day, In, OfficeCode, Out, Pdf
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.papers import run_sheets_pdf
from post_logistics.operations.tours.planning import load_day, plan_office

router = Slice(prefix="/v1/plans", tags=["planning"], responses=answers(401, 403, 404))
OfficeInPath = Annotated[str, Path(max_length=12, description="The office's postcode.", examples=["1216"])]


class PlanIn(In):
    """The office and day to plan."""

    office: OfficeCode
    service_on: Day
    seconds: Annotated[float, Field(gt=0, le=60, description="How long to search.", examples=[1])] = 5.0


class StopOut(Out):
    """One door. The place is the area, not the address."""

    arrive_at: datetime
    item_numbers: list[str]
    place: str
    lat_deg: float
    lon_deg: float
    cash_poisha: int


class SheetOut(Out):
    """The tour of one rider, stops in order."""

    rider_id: str
    vehicle: str
    depart_at: datetime
    return_at: datetime
    distance_m: int
    parcels: int
    weight_g: int
    cash_poisha: int
    stops: list[StopOut]


class UnservedOut(Out):
    """Parcels of one door that no tour takes, and why."""

    item_numbers: list[str]
    reason: str


class PlanOut(Out):
    """Tours of an office on a day; what is not served, and why. ``distance_before_m``: in the order of booking."""

    office: str
    service_on: Day
    revision: int
    distance_m: int
    distance_before_m: int
    sheets: list[SheetOut]
    unserved: list[UnservedOut]


@router.post(
    "",
    dependencies=TRACED,
    status_code=201,
    summary="Plan an office's delivery tours",
    responses=answers(400, 409, 413),
)
def plan(asked: PlanIn, who: Staff, engine: TheEngine, at: Now) -> PlanOut:
    """Plans the parcels that are at the office now; a new plan is a new revision and replaces the last."""
    office = in_office(engine, who, asked.office)
    made = plan_office(engine.database, engine.facts, office, asked.service_on, at, seconds=asked.seconds)
    return PlanOut.of(made)


@router.get("/{office}/{service_on}", summary="The plan in force")
def plan_in_force(
    office: OfficeInPath, service_on: Day, who: Staff, connection: InTransaction, engine: TheEngine
) -> PlanOut:
    """The last revision of that day."""
    return PlanOut.of(load_day(connection, in_office(engine, who, office), service_on))


@router.get("/{office}/{service_on}/run-sheets.pdf", summary="The run sheets to print", response_class=Pdf)
def run_sheets(office: OfficeInPath, service_on: Day, who: Staff, connection: InTransaction, engine: TheEngine) -> Pdf:
    """A page or more per rider, stops in order, with names, phones and cash: for the rider's eyes."""
    found = load_day(connection, in_office(engine, who, office), service_on)
    return Pdf(run_sheets_pdf(connection, engine.facts, found.sheets))
