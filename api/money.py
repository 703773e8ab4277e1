"""Day closes, deposits, settlements and the ledger."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from api.context import ForThePost, InTransaction, Now, TheEngine, Who, in_office
from post_logistics.operations.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.papers import advice_pdf, ledger_text
from post_logistics.operations.settling import settle_all
from post_logistics.storage.merchants import load_merchant
from post_logistics.storage.money import load_settlement
from post_logistics.units import Postcode, RiderId

router = APIRouter(prefix="/v1", tags=["money"])
OfficeCode = Annotated[str, Field(pattern=r"^\d{4}$", examples=["1215"])]
Poisha = Annotated[int, Field(ge=0, le=10**13)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RiderCloseIn(_In):
    """What was counted in a rider's bag."""

    rider: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["1215-R02"])]
    office: OfficeCode
    closed_on: date
    counted_poisha: Poisha
    counted_by: Annotated[str, Field(min_length=1, max_length=80)]


class OfficeCloseIn(_In):
    """What was counted in an office's till."""

    office: OfficeCode
    closed_on: date
    counted_poisha: Poisha
    counted_by: Annotated[str, Field(min_length=1, max_length=80)]


class CloseOut(BaseModel):
    """The close: expected = counted + shortage - excess."""

    close_id: str
    office: str
    closed_on: date
    expected_poisha: int
    counted_poisha: int
    shortage_poisha: int
    excess_poisha: int
    to_deposit_poisha: int = 0


class DepositIn(_In):
    """The slip with which a close was paid in at the bank."""

    close_id: Annotated[str, Field(max_length=120)]
    slip_number: Annotated[str, Field(min_length=1, max_length=80)]


class ConfirmationIn(_In):
    """What the bank says it received."""

    close_id: Annotated[str, Field(max_length=120)]
    confirmed_poisha: Poisha


class SettlementIn(_In):
    """The day to settle."""

    settled_on: date


class LineOut(BaseModel):
    """One parcel of a settlement."""

    item_number: str
    order_ref: str
    outcome: str
    collected_poisha: int
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int


class SettlementOut(BaseModel):
    """A payout advice: brought forward + principal = fees + VAT + payout + carried forward."""

    settlement_id: str
    merchant: str
    settled_on: date
    lines: list[LineOut]
    brought_forward_poisha: int
    principal_poisha: int
    fees_taken_poisha: int
    vat_taken_poisha: int
    payout_poisha: int
    carried_forward_poisha: int
    verification_reference: str


@router.post("/day-closes/riders", summary="Close a rider's day")
def close_rider(close: RiderCloseIn, connection: InTransaction, who: Who, at: Now) -> CloseOut:
    """Confirms the rider's claims and takes the cash into the till; a shortage is named, never lost."""
    made = close_rider_day(
        connection,
        rider=RiderId(close.rider),
        office=in_office(who, Postcode(close.office)),
        closed_on=close.closed_on,
        counted_poisha=close.counted_poisha,
        counted_by=close.counted_by,
        at=at,
    )
    return CloseOut.model_validate(made, from_attributes=True)


@router.post("/day-closes/offices", summary="Close an office's day")
def close_office(close: OfficeCloseIn, connection: InTransaction, engine: TheEngine, who: Who, at: Now) -> CloseOut:
    """Counts the till once all riders have handed in, and says what is to be paid in at the bank."""
    made = close_office_day(
        connection,
        engine.facts,
        office=in_office(who, Postcode(close.office)),
        closed_on=close.closed_on,
        counted_poisha=close.counted_poisha,
        counted_by=close.counted_by,
        at=at,
    )
    return CloseOut.model_validate(made, from_attributes=True)


@router.post("/deposits", status_code=204, summary="An office has paid in")
def deposit(paid: DepositIn, connection: InTransaction, who: Who, at: Now) -> None:
    """The cash of a close is on its way to the bank."""
    pay_in(connection, paid.close_id, paid.slip_number, at, office=who.office)


@router.post("/deposits/confirmations", status_code=204, summary="The bank has confirmed a deposit")
def confirmation(given: ConfirmationIn, connection: InTransaction, who: Who, at: Now) -> None:
    """The cash of a close is in the settlement account."""
    confirm(connection, given.close_id, given.confirmed_poisha, at, office=who.office)


@router.post("/settlements", summary="Settle with every merchant")
def settle(
    day: SettlementIn, connection: InTransaction, engine: TheEngine, who: ForThePost, at: Now
) -> list[SettlementOut]:
    """Pays out what the bank has confirmed, each parcel listed once; the same day again answers the same."""
    made = settle_all(connection, engine.facts, day.settled_on, at)
    return [SettlementOut.model_validate(one, from_attributes=True) for one in made]


@router.get("/settlements/{settlement_id}", summary="A payout advice")
def settlement(settlement_id: str, connection: InTransaction, who: Who) -> SettlementOut:
    """The advice as it was made; another merchant's is not found."""
    found = load_settlement(connection, settlement_id, who.merchant_id)
    return SettlementOut.model_validate(found, from_attributes=True)


@router.get("/settlements/{settlement_id}/advice.pdf", summary="A payout advice as PDF", response_class=Response)
def advice(settlement_id: str, connection: InTransaction, who: Who) -> Response:
    """The printed advice."""
    found = load_settlement(connection, settlement_id, who.merchant_id)
    name = load_merchant(connection, found.merchant).name
    return Response(advice_pdf(found, name), media_type="application/pdf")


@router.get("/ledger.beancount", summary="The ledger as a Beancount file", response_class=PlainTextResponse)
def ledger(connection: InTransaction, who: ForThePost) -> PlainTextResponse:
    """Every transfer; `bean-check` accepts it."""
    return PlainTextResponse(ledger_text(connection))
