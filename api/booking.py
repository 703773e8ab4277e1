"""Quotes, bookings one by one or by the file, and labels."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.context import ForMerchant, InTransaction, Now, TheEngine, Who
from post_logistics.consignments.booking import parse_order
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.order_files import MAX_FILE_BYTES
from post_logistics.operations.booking import Asked, Outcome, Verdict, book_one
from post_logistics.operations.order_intake import intake, read_orders
from post_logistics.operations.papers import labels_for, zpl_for
from post_logistics.storage.consignments import load_consignment
from post_logistics.storage.merchants import load_merchant
from post_logistics.units import DHAKA, kilograms, taka_plain

router = APIRouter(prefix="/v1", tags=["booking"])
Poisha = Annotated[int, Field(ge=0, le=10**12)]
Grams = Annotated[int, Field(gt=0, le=10**6)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QuoteIn(_In):
    """What a price is asked for."""

    weight_g: Grams
    cod_poisha: Poisha = 0
    declared_value_poisha: Poisha = 0
    service: Annotated[str, Field(max_length=60, description="Empty: the service of e-commerce parcels.")] = ""


class QuoteLineOut(BaseModel):
    """One charge, in both languages."""

    code: str
    text_en: str
    text_bn: str
    amount_poisha: int


class QuoteOut(BaseModel):
    """What a parcel costs, and the version of the tariff that says so."""

    version: str
    service: str
    lines: list[QuoteLineOut]
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    total_poisha: int


class ConsignmentIn(_In):
    """An order. (merchant, order_ref) makes it this order: sent again, it is the same booking."""

    order_ref: Annotated[str, Field(min_length=1, max_length=80, examples=["WEB-1001"])]
    recipient_name: Annotated[str, Field(min_length=1, max_length=100)]
    recipient_phone: Annotated[str, Field(min_length=6, max_length=40, examples=["01712345678"])]
    recipient_address: Annotated[
        str, Field(min_length=3, max_length=500, examples=["House 5, Road 3, Mirpur-10, Dhaka"])
    ]
    store_address: Annotated[str, Field(max_length=500, description="Empty: the merchant's registered store.")] = ""
    weight_g: Grams
    cod_poisha: Poisha = 0
    declared_value_poisha: Poisha = 0
    description: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=300)] = ""

    def fields(self, merchant: Merchant) -> dict[str, str]:
        """The order as a row of our template, so that one set of rules judges files and requests alike."""
        texts = self.model_dump(exclude={"weight_g", "cod_poisha", "declared_value_poisha"})
        return texts | {
            "merchant": merchant.name,
            "store_address": self.store_address or merchant.store_address,
            "weight_kg": kilograms(self.weight_g),
            "cod_taka": taka_plain(self.cod_poisha),
            "declared_value_taka": taka_plain(self.declared_value_poisha),
        }


class ConsignmentOut(BaseModel):
    """A booked consignment, for its merchant."""

    item_number: str
    order_ref: str
    weight_g: int
    cod_poisha: int
    declared_value_poisha: int
    service: str
    tariff_version: str
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    pickup_office: str
    delivery_office: str
    delivery_postcode: str
    resolved_by: str
    promised_on: date
    booked_at: datetime


class ProblemOut(BaseModel):
    """One thing wrong with one field."""

    field: str
    reason: str
    remedy: str


class VerdictOut(BaseModel):
    """What became of one row."""

    row: int | None
    order_ref: str
    outcome: Outcome
    item_number: str
    problems: list[ProblemOut]


class FileOut(BaseModel):
    """A verdict for every row of the file."""

    dialect: str
    dry_run: bool
    booked: int
    duplicate: int
    rejected: int
    verdicts: list[VerdictOut]


@router.post("/quotes", summary="What a parcel costs")
def quote(asked: QuoteIn, engine: TheEngine, at: Now) -> QuoteOut:
    """The price of today, line by line."""
    found = engine.facts.tariffs.quote(
        asked.service or engine.facts.tariffs.default_service,
        asked.weight_g,
        asked.cod_poisha,
        asked.declared_value_poisha,
        at.astimezone(DHAKA).date(),
        same_city=True,
    )
    return QuoteOut.model_validate(found, from_attributes=True)


@router.post("/consignments", status_code=201, summary="Book one parcel")
def book(
    asked: ConsignmentIn, connection: InTransaction, engine: TheEngine, merchant_id: ForMerchant, at: Now
) -> ConsignmentOut:
    """Places, rates, numbers and books. The same order again answers the same; 409 if its reference is used."""
    merchant = load_merchant(connection, merchant_id)
    order = parse_order(asked.fields(merchant), None, engine.facts.booking_rules)
    made = book_one(connection, engine.facts, engine.numbers, Asked(order=order, merchant=merchant), at)
    return ConsignmentOut.model_validate(made, from_attributes=True)


@router.post("/consignments/files", summary="Book the orders of a file")
def book_file(
    file: UploadFile,
    connection: InTransaction,
    engine: TheEngine,
    merchant_id: ForMerchant,
    at: Now,
    dry_run: Annotated[bool, Form(description="Decide everything, book nothing.")] = False,
) -> FileOut:
    """CSV or XLSX with the columns merchants already have. Every row is booked for the merchant that asks."""
    merchant = load_merchant(connection, merchant_id)
    defaults = {"merchant": merchant.name, "store_address": merchant.store_address}
    checked = read_orders(engine.facts, file.file.read(MAX_FILE_BYTES + 1), file.filename or "orders", defaults)
    mine = {order.merchant: merchant for _, order, _ in checked.orders}
    verdicts = intake(connection, engine.facts, engine.numbers, checked, mine, at, dry_run=dry_run)
    return _file_out(checked.dialect, verdicts, dry_run)


def _file_out(dialect: str, verdicts: list[Verdict], dry_run: bool) -> FileOut:
    counts = {outcome: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
    return FileOut(
        dialect=dialect,
        dry_run=dry_run,
        booked=counts[Outcome.BOOKED],
        duplicate=counts[Outcome.DUPLICATE],
        rejected=counts[Outcome.REJECTED],
        verdicts=[VerdictOut.model_validate(verdict, from_attributes=True) for verdict in verdicts],
    )


@router.get("/consignments/{item_number}", summary="One consignment")
def consignment(item_number: str, connection: InTransaction, who: Who) -> ConsignmentOut:
    """The booking as it was made; another merchant's is not found."""
    found = load_consignment(connection, item_number, who.merchant_id)
    return ConsignmentOut.model_validate(found, from_attributes=True)


class LabelFormat(StrEnum):
    """What the printer understands."""

    PDF = "pdf"
    ZPL = "zpl"


@router.get("/consignments/{item_number}/label", summary="The label to print", response_class=Response)
def label(
    item_number: str,
    connection: InTransaction,
    engine: TheEngine,
    who: Who,
    form: Annotated[LabelFormat, Query(alias="format")] = LabelFormat.PDF,
) -> Response:
    """A6 as PDF, or ZPL for a thermal printer of 203 dpi."""
    found = load_consignment(connection, item_number, who.merchant_id)
    write, kind = {LabelFormat.PDF: (labels_for, "application/pdf"), LabelFormat.ZPL: (zpl_for, "text/plain")}[form]
    return Response(write(connection, engine.facts, [found]), media_type=kind)
