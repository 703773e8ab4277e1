"""Day closes, deposits, settlements and the ledger."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import PlainTextResponse
from pydantic import Field

from api.context import InTransaction, Now, Staff, TheEngine, ThePost, Trader, in_office
from api.fields import Day, In, Line, OfficeCode, Out, Pdf, Poisha
from api.problems import answers
from post_logistics.cod.settlement import WaitReason
from post_logistics.operations.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.papers import advice_pdf, ledger_text
from post_logistics.operations.settling import settle_all
from post_logistics.storage.merchants import load_merchant
from post_logistics.storage.money import load_settlement

router = APIRouter(prefix="/v1", tags=["money"], responses=answers(401, 403))

CloseId = Annotated[Line, Field(min_length=1, examples=["office-close:1216:2026-11-22"])]
SettlementId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$", examples=["nakshi-ghar-2026-11-23"])]
Person = Annotated[Line, Field(min_length=1, max_length=80, examples=["postmaster-1216"])]


class OfficeCloseIn(In):
    """What was counted in an office's till."""

    office: OfficeCode
    closed_on: Day
    counted_poisha: Poisha
    counted_by: Person


class RiderCloseIn(OfficeCloseIn):
    """What was counted in the bag of one of the office's riders."""

    rider: Annotated[Line, Field(min_length=1, max_length=64, examples=["1216-R01"])]


class CloseOut(Out):
    """The close: expected = counted + shortage - excess."""

    close_id: str
    office: str
    closed_on: date
    expected_poisha: int
    counted_poisha: int
    shortage_poisha: int
    excess_poisha: int


class OfficeCloseOut(CloseOut):
    """The close of a till, and what of it is to be paid in at the bank."""

    to_deposit_poisha: int
    kept_poisha: int


class DepositIn(In):
    """The slip with which a close was paid in at the bank."""

    close_id: CloseId
    slip_number: Annotated[Line, Field(min_length=1, max_length=80, examples=["SLIP-0042"])]


class DepositOut(Out):
    """Cash on its way to the bank."""

    close_id: str
    slip_number: str
    office: str
    amount_poisha: int
    deposited_at: datetime


class ConfirmationIn(In):
    """What the bank says it received."""

    close_id: CloseId
    confirmed_poisha: Poisha


class SettlementIn(In):
    """The day to settle."""

    settled_on: Day


class LineOut(Out):
    """One parcel of a settlement."""

    item_number: str
    order_ref: str
    outcome: str
    collected_poisha: int
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int


class WaitingOut(Out):
    """A parcel left for a later settlement, and why."""

    item_number: str
    order_ref: str
    collected_poisha: int
    reason: WaitReason


class SettlementOut(Out):
    """A payout advice: brought forward + principal = fees + VAT + payout + carried forward."""

    settlement_id: str
    merchant: str
    settled_on: date
    lines: list[LineOut]
    waiting: list[WaitingOut]
    brought_forward_poisha: int
    principal_poisha: int
    fees_taken_poisha: int
    vat_taken_poisha: int
    payout_poisha: int
    carried_forward_poisha: int
    fees_due_poisha: Annotated[int, Field(description="What the money did not cover.")]
    vat_due_poisha: int
    verification_reference: Annotated[str, Field(description="Tells a true advice from a false one.")]


@router.post("/day-closes/riders", summary="Close a rider's day", responses=answers(400, 404, 409, 413))
def close_rider(close: RiderCloseIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> CloseOut:
    """Confirms the rider's claims and takes the cash into the till; a shortage is named, never lost."""
    office = in_office(engine, who, close.office)
    made = close_rider_day(
        connection,
        rider=engine.facts.fleet.rider(office, close.rider).rider_id,
        office=office,
        closed_on=close.closed_on,
        counted_poisha=close.counted_poisha,
        counted_by=close.counted_by,
        at=at,
    )
    return CloseOut.of(made)


@router.post("/day-closes/offices", summary="Close an office's day", responses=answers(400, 404, 409, 413))
def close_office(
    close: OfficeCloseIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> OfficeCloseOut:
    """Counts the till once all riders have handed in, and says what is to be paid in at the bank."""
    made = close_office_day(
        connection,
        engine.facts,
        office=in_office(engine, who, close.office),
        closed_on=close.closed_on,
        counted_poisha=close.counted_poisha,
        counted_by=close.counted_by,
        at=at,
    )
    return OfficeCloseOut.of(made)


@router.post("/deposits", summary="An office has paid in", responses=answers(400, 404, 409, 413))
def deposit(paid: DepositIn, who: Staff, connection: InTransaction, at: Now) -> DepositOut:
    """The cash of a close is on its way to the bank."""
    return DepositOut.of(pay_in(connection, paid.close_id, paid.slip_number, at, office=who.office))


@router.post(
    "/deposits/confirmations",
    status_code=204,
    summary="The bank has confirmed a deposit",
    responses=answers(400, 404, 409, 413),
)
def confirmation(given: ConfirmationIn, who: ThePost, connection: InTransaction, at: Now) -> None:
    """The cash of a close is in the settlement account. The office that paid it in cannot say so itself."""
    confirm(connection, given.close_id, given.confirmed_poisha, at)


@router.post("/settlements", summary="Settle with every merchant", responses=answers(400, 409, 413))
def settle(
    day: SettlementIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> list[SettlementOut]:
    """Pays out what the bank has confirmed, each parcel listed once; the same day again answers the same."""
    return [SettlementOut.of(one) for one in settle_all(connection, engine.facts, day.settled_on, at)]


@router.get("/settlements/{settlement_id}", summary="A payout advice", responses=answers(404))
def settlement(settlement_id: SettlementId, who: Trader, connection: InTransaction) -> SettlementOut:
    """The advice as it was made; another merchant's is not found."""
    return SettlementOut.of(load_settlement(connection, settlement_id, who.merchant_id))


@router.get(
    "/settlements/{settlement_id}/advice.pdf",
    summary="A payout advice as PDF",
    response_class=Pdf,
    responses=answers(404),
)
def advice(settlement_id: SettlementId, who: Trader, connection: InTransaction) -> Pdf:
    """The advice to print."""
    found = load_settlement(connection, settlement_id, who.merchant_id)
    return Pdf(advice_pdf(found, load_merchant(connection, found.merchant).name))


@router.get("/ledger.beancount", summary="The ledger as a Beancount file", response_class=PlainTextResponse)
def ledger(who: ThePost, connection: InTransaction) -> PlainTextResponse:
    """Every transfer; `bean-check` accepts it."""
    return PlainTextResponse(ledger_text(connection))
