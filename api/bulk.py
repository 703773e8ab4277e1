"""Many orders at once: as a batch in a request, or as a file."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, get_args

from fastapi import Depends, Form, Response, UploadFile
from pydantic import Field, GetPydanticSchema, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from api.booking import ConsignmentIn
from api.context import ForMerchant, InLanguage, InTransaction, Now, TheEngine
from api.fields import In, Out
from api.jobs import JobOut, respond_async, taken_on
from api.problems import answers, printable, reason
from api.slices import Slice
from api.verdicts import VerdictOut, counted
from post_logistics.consignments.booking import BookingRules, OrderRefused, Problem
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.order_files import MAX_FILE_BYTES
from post_logistics.network.resolve import Hints
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict
from post_logistics.operations.orders.order_intake import book_rows, in_their_order
from post_logistics.operations.orders.order_jobs import OrderFile, read_file, take_on
from post_logistics.storage.orders.merchants import load_merchant

router = Slice(prefix="/v1", tags=["booking"], responses=answers(401, 403))

FILES_PATH: Final = "/v1/consignments/files"
MAX_ORDERS: Final = 500


# A batch


@dataclass(frozen=True, slots=True)
class Misread:
    """A row that is no order, and why."""

    order_ref: str
    problems: tuple[Problem, ...]


def _row_or_why(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        found = [reason(one, skip=0) for one in error.errors()]
        named = value.get("order_ref", "") if isinstance(value, dict) else ""
        problems = [
            Problem(one["field"] or "order", one["reason"], "see /docs for what it must look like") for one in found
        ]
        return Misread(printable(str(named))[:64], tuple(problems))


_OrWhy: Final = GetPydanticSchema(
    lambda row, read: read.generate_schema(Annotated[get_args(row)[0], WrapValidator(_row_or_why)])
)


class BulkIn(In):
    """1 to 500 orders. Each stands for itself: a wrong one takes no other with it."""

    orders: Annotated[list[Annotated[ConsignmentIn | Misread, _OrWhy]], Field(min_length=1, max_length=MAX_ORDERS)]
    dry_run: Annotated[bool, Field(description="Decide everything, book nothing.", examples=[False])] = False


class BulkOut(Out):
    """A verdict for every order, in the order in which they were sent; the first is row 1."""

    dry_run: bool
    booked: int
    duplicate: Annotated[int, Field(description="Booked before, with the same content.")]
    to_decide: int
    rejected: int
    verdicts: list[VerdictOut]


def _asked(row: int, sent: ConsignmentIn | Misread, merchant: Merchant, rules: BookingRules) -> Asked | Verdict:
    if isinstance(sent, Misread):
        return Verdict(row=row, order_ref=sent.order_ref, outcome=Outcome.REJECTED, problems=sent.problems)
    try:
        order, hints = sent.order(merchant, rules), Hints(postcode=sent.recipient_postcode)
        return Asked(order=order, merchant=merchant, hints=hints, row=row)
    except OrderRefused as refused:
        return Verdict(row=row, order_ref=sent.order_ref, outcome=Outcome.REJECTED, problems=refused.problems)


@router.post("/consignments/bulk", summary="Book up to 500 parcels", responses=answers(400, 404, 413))
def book_bulk(
    asked: BulkIn,
    merchant_id: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    language: InLanguage,
) -> BulkOut:
    """Every order gets its verdict: booked, booked before, to be decided, or rejected and why. All that can be booked
    is booked in one transaction; the same batch again changes nothing."""
    merchant = load_merchant(connection, merchant_id)
    rows = [_asked(row, sent, merchant, engine.facts.booking_rules) for row, sent in enumerate(asked.orders, 1)]
    verdicts = book_rows(connection, engine.facts, engine.numbers, rows, at, dry_run=asked.dry_run)
    told = [VerdictOut.said(verdict, language) for verdict in verdicts]
    return BulkOut(dry_run=asked.dry_run, verdicts=told, **counted(verdicts))


# A file


class OrderFileOut(BulkOut):
    """A verdict for every row of the file."""

    dialect: Annotated[str, Field(description="What kind of file it is.")]


@router.post(
    "/consignments/files",
    summary="Book the orders of a file",
    responses=answers(400, 404, 409, 413) | {202: {"model": JobOut, "description": "Taken in; booked meanwhile."}},
    response_model=OrderFileOut,
)
def book_file(
    file: UploadFile,
    merchant_id: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    language: InLanguage,
    later: Annotated[bool, Depends(respond_async)],
    dry_run: Annotated[bool, Form(description="Decide everything, book nothing.")] = False,
) -> OrderFileOut | Response:
    """CSV or XLSX with the columns merchants already have. Every row is booked for the merchant that asks; all that can
    be booked is booked in one transaction. The same file again changes nothing.

    With `Prefer: respond-async` the answer is 202 at once: `Location` says where to ask how far it is."""
    merchant = load_merchant(connection, merchant_id)
    sent = OrderFile(file.filename or "the file", file.file.read(MAX_FILE_BYTES + 1), dry_run)
    if later:
        return taken_on(take_on(connection, merchant_id, sent, at))
    checked = read_file(engine.facts, merchant, sent)
    rows = in_their_order(checked, {order.merchant: merchant for _, order, _ in checked.orders})
    verdicts = book_rows(connection, engine.facts, engine.numbers, rows, at, dry_run=dry_run)
    told = [VerdictOut.said(verdict, language) for verdict in verdicts]
    return OrderFileOut(dialect=checked.dialect, dry_run=dry_run, verdicts=told, **counted(verdicts))
