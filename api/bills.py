"""Bills: what a merchant is asked to pay of its charges, and that it has."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

from api.context import InTransaction, Now, Staff, TheEngine, ThePost, Trader, in_office
from api.fields import In, Limit, OfficeCode, Out, Pdf, following
from api.merchants import MerchantKey
from api.problems import answers
from api.slices import Slice
from api.terms import ByIn, WhyIn
from post_logistics.cod.bills import BillState
from post_logistics.operations.money.bills import bill_pdf, draw_bill, pay_bill, withdraw_bill
from post_logistics.storage.money.bills import load_bill, load_bills

router = Slice(prefix="/v1", tags=["bills"], responses=answers(401, 403))

BillId = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,20}$", examples=["bill-k7qf2m6xh3"])]


class BillOut(Out):
    """A bill. ``paid_into``: the office at whose counter it was paid, or `bank`; empty until then."""

    bill_id: str
    merchant: str
    fees_poisha: int
    vat_poisha: int
    total_poisha: int
    state: BillState
    due_on: date
    drawn_by: str
    drawn_at: datetime
    paid_at: datetime | None
    paid_into: Annotated[str, Field(examples=["1216"])]


class BillPage(Out):
    """A page of bills, the latest first. ``next``, if there is one, goes into ``after``."""

    bills: list[BillOut]
    next: str | None


class PaidIn(In):
    """That the whole sum lies on a counter."""

    office: OfficeCode


@router.post(
    "/merchants/{merchant_id}/bills", summary="Draw a bill", status_code=201, responses=answers(400, 404, 409, 413)
)
def draw_a_bill(
    merchant_id: MerchantKey, asked: ByIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> BillOut:
    """Of all charges that are due. What is on a bill is taken by no settlement; 409 where nothing is due."""
    return BillOut.of(draw_bill(connection, engine.facts, merchant_id, by=asked.by, at=at))


@router.get("/bills", summary="Bills")
def bills(
    who: Trader,
    connection: InTransaction,
    state: Annotated[BillState | None, Query(description="Only those.")] = None,
    after: Annotated[str, Query(max_length=20, description="The `next` of a page.")] = "",
    limit: Limit = 100,
) -> BillPage:
    """A page of bills; a merchant sees its own."""
    found = load_bills(connection, who.merchant_id, [state] if state else [], after, limit)
    return BillPage(bills=[BillOut.of(one) for one in found], next=following([one.bill_id for one in found], limit))


@router.get("/bills/{bill_id}", summary="One bill", responses=answers(404))
def a_bill(bill_id: BillId, who: Trader, connection: InTransaction) -> BillOut:
    """The bill as it stands."""
    return BillOut.of(load_bill(connection, bill_id, who.merchant_id))


@router.get("/bills/{bill_id}/paper", summary="A bill as PDF", response_class=Pdf, responses=answers(404))
def bill_paper(bill_id: BillId, who: Trader, connection: InTransaction, engine: TheEngine) -> Pdf:
    """The bill to print; once it is paid, the receipt."""
    return Pdf(bill_pdf(connection, engine.facts, load_bill(connection, bill_id, who.merchant_id)))


@router.post("/bills/{bill_id}/payment", summary="A bill is paid in cash", responses=answers(400, 404, 409, 413))
def pay_a_bill(
    bill_id: BillId, asked: PaidIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> BillOut:
    """The whole sum at this office's counter; sent again, it changes nothing. The bank's statement tells of others."""
    return BillOut.of(pay_bill(connection, bill_id, in_office(engine, who, asked.office), at))


@router.post("/bills/{bill_id}/withdrawal", summary="Withdraw a bill", responses=answers(400, 404, 409, 413))
def withdraw_a_bill(bill_id: BillId, asked: WhyIn, who: ThePost, connection: InTransaction, at: Now) -> BillOut:
    """One that is not paid: its charges are due as before."""
    return BillOut.of(withdraw_bill(connection, bill_id, why=asked.why, by=asked.by, at=at))
