"""Pickups at the merchants: asked for, taken on by a round, failed and tried again."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.context import TRACED, Anyone, ForMerchant, InTransaction, Now, Staff, TheEngine, in_office
from api.counter import actor
from api.fields import Day, In, Instant, Line, Note, OfficeCode, Out
from api.planning import OfficeInPath
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.counter.pickups import (
    PickupAsked,
    ask_for_pickup,
    fail_pickup,
    pickup_of,
    pickups_of_merchant,
    pickups_of_office,
    plan_round,
)
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.reasons import Reason

router = Slice(prefix="/v1/pickups", tags=["pickups"], responses=answers(401, 403))


class PickupIn(In):
    """Where and when parcels are ready. Merchant and request_ref make it this request, however often sent."""

    request_ref: Annotated[Line, Field(min_length=1, max_length=64, examples=["PICKUP-22"])]
    ready_from: Annotated[Instant, Field(examples=["2026-11-22T10:00:00+06:00"])]
    ready_until: Annotated[Instant, Field(examples=["2026-11-22T14:00:00+06:00"])]
    store_address: Annotated[
        str, Field(max_length=300, description="Empty: the merchant's registered store.", examples=[""])
    ] = ""
    item_numbers: Annotated[
        list[Annotated[str, Field(min_length=13, max_length=40)]],
        Field(max_length=5000, description="Empty: all that is booked at that store and not asked for.", examples=[[]]),
    ] = Field(default_factory=list)
    note: Annotated[Note, Field(description="For the rider.", examples=["Back door"])] = ""


class PickupOut(Out):
    """A pickup and how far it has come."""

    request_id: UUID
    merchant_id: str
    office: Annotated[str, Field(description="Whose round takes it.")]
    ready_from: datetime
    ready_until: datetime
    note: str
    asked_at: datetime
    to_collect: Annotated[list[str], Field(description="Parcels that are still there.")]
    assigned: Annotated[int, Field(description="Of those, on a rider's round.")]
    collected: int
    cancelled: int


class RoundIn(In):
    """The office and day of a round."""

    office: OfficeCode
    service_on: Day


class RoundSheetOut(Out):
    """What one rider collects, in the order of the stops."""

    rider_id: str
    depart_at: datetime
    return_at: datetime
    parcels: int
    items: list[str]


class RoundOut(Out):
    """A round as it was planned."""

    office: str
    service_on: date
    revision: int
    sheets: list[RoundSheetOut]


class FailureIn(In):
    """Why what is left was not collected this time."""

    reason: Annotated[Reason, Field(strict=False, examples=["not_ready"])]
    note: Annotated[Note, Field(description="For staff.", examples=[""])] = ""


@router.post("", status_code=201, summary="Ask for a pickup", responses=answers(400, 404, 409, 413))
def request_pickup(
    asked: PickupIn, merchant_id: ForMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> PickupOut:
    """Somebody comes in that window. The same request again gets the same answer, however far it has come."""
    merchant = load_merchant(connection, merchant_id)
    return PickupOut.of(ask_for_pickup(connection, engine.facts, merchant, PickupAsked(**asked.model_dump()), at))


@router.get("", summary="A merchant's pickups")
def pickups(merchant_id: ForMerchant, connection: InTransaction, at: Now) -> list[PickupOut]:
    """Those whose window is not over."""
    return [PickupOut.of(one) for one in pickups_of_merchant(connection, merchant_id, at)]


@router.get("/offices/{office}/{service_on}", summary="What an office has to collect", responses=answers(404))
def pickups_at(
    office: OfficeInPath, service_on: Day, who: Staff, connection: InTransaction, engine: TheEngine
) -> list[PickupOut]:
    """The pickups of that day, and what is left of the weeks before."""
    return [PickupOut.of(one) for one in pickups_of_office(connection, in_office(engine, who, office), service_on)]


@router.post(
    "/rounds",
    dependencies=TRACED,
    status_code=201,
    summary="Plan an office's pickup round",
    responses=answers(400, 404, 409, 413),
)
def plan_pickups(asked: RoundIn, who: Staff, engine: TheEngine, at: Now) -> list[RoundOut]:
    """Plans what waits at the merchants now, and assigns it to the riders; empty if nothing waits."""
    office = in_office(engine, who, asked.office)
    return [RoundOut.of(one) for one in plan_round(engine.database, engine.facts, office, asked.service_on, at)]


@router.get("/{request_id}", summary="One pickup", responses=answers(404))
def pickup(request_id: UUID, who: Anyone, connection: InTransaction) -> PickupOut:
    """How far it has come. Another merchant's or office's is not found."""
    return PickupOut.of(pickup_of(connection, request_id, actor(who)))


@router.post("/{request_id}/failure", summary="Not collected this time", responses=answers(400, 404, 409, 413))
def pickup_failure(request_id: UUID, why: FailureIn, who: Staff, connection: InTransaction, at: Now) -> PickupOut:
    """What was not scanned at the door waits for the next round. Once a day; sent again it changes nothing."""
    return PickupOut.of(fail_pickup(connection, request_id, actor(who), why.reason, why.note, at))
