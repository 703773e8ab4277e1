"""Plans of tours and the run sheets that riders carry."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.context import InTransaction, Now, TheEngine, Who, in_office
from post_logistics.operations.papers import run_sheets_pdf
from post_logistics.operations.planning import load_day, plan_office
from post_logistics.units import Postcode

router = APIRouter(prefix="/v1", tags=["planning"])
OfficeCode = Annotated[str, Field(pattern=r"^\d{4}$", examples=["1216"])]


class PlanIn(BaseModel):
    """The office and day to plan."""

    model_config = ConfigDict(extra="forbid")
    office: OfficeCode
    service_on: date
    seconds: Annotated[float, Field(gt=0, le=60, description="How long to search.")] = 5.0


class PlanOut(BaseModel):
    """Tours of an office on a day: each a run sheet; what is not served, and why."""

    office: str
    kind: str
    service_on: date
    revision: int
    distance_m: int
    distance_before_m: int
    sheets: list[dict[str, Any]]
    unserved: list[dict[str, Any]]


@router.post("/plans", status_code=201, summary="Plan an office's delivery tours")
def plan(asked: PlanIn, connection: InTransaction, engine: TheEngine, who: Who, at: Now) -> PlanOut:
    """Plans the parcels that are at the office now; a new plan is a new revision and replaces the last."""
    office = in_office(who, Postcode(asked.office))
    made = plan_office(connection, engine.facts, office, "delivery", asked.service_on, at, seconds=asked.seconds)
    return PlanOut.model_validate(made.as_json())


@router.get("/plans/{office}/{service_on}", summary="The plan in force")
def plan_in_force(office: str, service_on: date, connection: InTransaction, who: Who) -> PlanOut:
    """The last revision of that day."""
    return PlanOut.model_validate(load_day(connection, in_office(who, Postcode(office)), service_on).as_json())


@router.get("/run-sheets/{office}/{service_on}.pdf", summary="The run sheets to print", response_class=Response)
def run_sheets(office: str, service_on: date, connection: InTransaction, engine: TheEngine, who: Who) -> Response:
    """A page or more per rider, stops in order, with names, phones and cash: for the rider's eyes."""
    found = load_day(connection, in_office(who, Postcode(office)), service_on)
    return Response(run_sheets_pdf(connection, engine.facts, found.sheets), media_type="application/pdf")
