"""Settlements, payout advices and whether one is genuine, statements of account."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import Field

from api.context import InTransaction, Now, TheEngine, ThePost, Trader, own
from api.fields import Day, In, Line, Out, Pdf
from api.merchants import MerchantKey
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.settlement import WaitReason
from post_logistics.operations.money.advices import (
    advice_csv,
    advice_pdf,
    is_genuine_advice,
    statement_csv,
    statement_of_account,
    statement_pdf,
)
from post_logistics.operations.money.settling import settle_all, settle_on_demand
from post_logistics.storage.money.settlements import load_settlement
from post_logistics.storage.orders.merchants import load_merchant

router = Slice(prefix="/v1", tags=["settlements"], responses=answers(401, 403))
public = Slice(prefix="/v1", tags=["settlements"])

SettlementId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,60}$", examples=["nakshi-ghar-2026-11-23"])]
FromOn = Annotated[date, Query(description="The first day.", examples=["2026-11-01"])]
ToOn = Annotated[date, Query(description="The last day, included.", examples=["2026-11-22"])]


class Csv(PlainTextResponse):
    """A table in which no cell is a formula."""

    media_type = "text/csv"


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


class CompensationOut(Out):
    """What is paid with a settlement for a claim that was accepted."""

    claim_id: str
    item_number: str
    amount_poisha: int


class SettlementOut(Out):
    """A payout advice: brought forward + principal + compensation = advance + fees + VAT + payout + carried forward."""

    settlement_id: str
    merchant: str
    settled_on: date
    lines: list[LineOut]
    waiting: list[WaitingOut]
    compensations: list[CompensationOut]
    brought_forward_poisha: int
    principal_poisha: int
    compensation_poisha: int
    advance_taken_poisha: int
    fees_taken_poisha: int
    vat_taken_poisha: int
    payout_poisha: int
    carried_forward_poisha: int
    fees_due_poisha: Annotated[int, Field(description="What the money did not cover.")]
    vat_due_poisha: int
    verification_reference: Annotated[str, Field(description="Tells a true advice from a false one.")]


class AdviceIn(In):
    """What an advice says of itself."""

    settlement_id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$", examples=["nakshi-ghar-2026-11-23"])]
    reference: Annotated[Line, Field(min_length=1, max_length=40, examples=["K7QF-2M6X-H3TD"])]


class AdviceOut(Out):
    """Whether the post made that advice."""

    genuine: bool


class MovementOut(Out):
    """One line of a statement of account."""

    at: datetime
    code: str
    taken_back: bool
    text_en: str
    text_bn: str
    item_number: str
    order_ref: str
    cause: str
    change_poisha: int
    owed_poisha: Annotated[int, Field(description="What the post owes the merchant then.")]


class AccountStatementOut(Out):
    """A statement of account: opening and all changes add up to closing."""

    merchant: str
    from_on: date
    to_on: date
    opening_poisha: int
    movements: list[MovementOut]
    closing_poisha: int
    in_transit_poisha: Annotated[int, Field(description="Paid out, and not on the bank's statement by the end.")]


@router.post("/settlements", summary="Settle with every merchant", responses=answers(400, 409, 413))
def settle(
    day: SettlementIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> list[SettlementOut]:
    """Pays out what the bank has confirmed to every merchant that is due on that day, each parcel listed once; the same
    day again answers the same."""
    return [SettlementOut.of(one) for one in settle_all(connection, engine.facts, day.settled_on, at)]


@router.post(
    "/merchants/{merchant_id}/settlements",
    summary="Settle with one merchant, on demand",
    responses=answers(400, 404, 409, 413),
)
def settle_one(
    merchant_id: MerchantKey, day: SettlementIn, who: Trader, connection: InTransaction, engine: TheEngine, at: Now
) -> SettlementOut:
    """For the post whenever it wants to, for a merchant if that was agreed; one a day, however often it is asked."""
    shop, own_wish = own(who, merchant_id), who.merchant_id is not None
    return SettlementOut.of(
        settle_on_demand(
            connection, engine.facts, shop, day.settled_on, at, by=who.merchant_id or "post", own_wish=own_wish
        )
    )


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


@router.get(
    "/settlements/{settlement_id}/advice.csv",
    summary="A payout advice as CSV",
    response_class=Csv,
    responses=answers(404),
)
def advice_table(settlement_id: SettlementId, who: Trader, connection: InTransaction) -> Csv:
    """The advice for a merchant's own books."""
    return Csv(advice_csv(load_settlement(connection, settlement_id, who.merchant_id)))


@public.post(
    "/payout-advices/check",
    summary="Whether a payout advice is genuine",
    openapi_extra={"security": []},
    responses=answers(400, 413),
)
def check_advice(said: AdviceIn, connection: InTransaction, engine: TheEngine) -> AdviceOut:
    """Yes or no, and nothing else: what the advice says is for its merchant."""
    return AdviceOut(genuine=is_genuine_advice(connection, engine.facts, said.settlement_id, said.reference))


@router.get("/merchants/{merchant_id}/account", summary="A statement of account", responses=answers(404))
def account(
    merchant_id: MerchantKey, who: Trader, connection: InTransaction, at: Now, from_on: FromOn, to_on: ToOn
) -> AccountStatementOut:
    """What was owed to the merchant at first, everything that changed it, and what is owed at last."""
    return AccountStatementOut.of(statement_of_account(connection, own(who, merchant_id), from_on, to_on, at))


@router.get(
    "/merchants/{merchant_id}/account.pdf",
    summary="A statement of account as PDF",
    response_class=Pdf,
    responses=answers(404),
)
def account_pdf(
    merchant_id: MerchantKey, who: Trader, connection: InTransaction, at: Now, from_on: FromOn, to_on: ToOn
) -> Pdf:
    """The statement to print."""
    shop = load_merchant(connection, own(who, merchant_id))
    return Pdf(statement_pdf(statement_of_account(connection, shop.merchant_id, from_on, to_on, at), shop.name))


@router.get(
    "/merchants/{merchant_id}/account.csv",
    summary="A statement of account as CSV",
    response_class=Csv,
    responses=answers(404),
)
def account_table(
    merchant_id: MerchantKey, who: Trader, connection: InTransaction, at: Now, from_on: FromOn, to_on: ToOn
) -> Csv:
    """The statement for a spreadsheet."""
    return Csv(statement_csv(statement_of_account(connection, own(who, merchant_id), from_on, to_on, at)))
