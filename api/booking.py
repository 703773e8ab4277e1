"""Quotes, bookings one by one, what a merchant has booked, and labels."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import PlainTextResponse
from pydantic import ConfigDict, Field

from api.context import Anyone, ForMerchant, InTransaction, Item, Now, TheEngine
from api.fields import Day, Grams, In, Limit, Out, Pdf, Poisha, Sparse, following, sparse
from api.problems import answers
from api.slices import Slice
from post_logistics.consignments.booking import BookingRules, Order, OrderRefused, parse_order
from post_logistics.consignments.merchants import Merchant
from post_logistics.network.resolve import Hints
from post_logistics.operations.orders.booking import Asked, book_one
from post_logistics.operations.papers import labels_for, zpl_for
from post_logistics.storage.orders.consignments import Wanted, load_consignment, load_consignments_after
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, kilograms, latin_digits, taka_plain

router = Slice(prefix="/v1", tags=["booking"], responses=answers(401))

_OUR_NAMES = {"weight_kg": "weight_g", "cod_taka": "cod_poisha", "declared_value_taka": "declared_value_poisha"}
"""Columns of an order file -> fields of a request."""


class QuoteIn(In):
    """What a price is asked for."""

    weight_g: Grams
    cod_poisha: Poisha = 0
    declared_value_poisha: Poisha = 0
    service: Annotated[
        str, Field(max_length=60, description="Empty: the service of e-commerce parcels.", examples=[""])
    ] = ""


class QuoteLineOut(Out):
    """One charge, in both languages."""

    code: str
    text_en: str
    text_bn: str
    amount_poisha: int


class QuoteOut(Out):
    """What a parcel costs, and the version of the tariff that says so."""

    version: str
    service: str
    lines: list[QuoteLineOut]
    postage_poisha: int
    cod_fee_poisha: int
    vat_poisha: int
    total_poisha: int


class ConsignmentIn(In):
    """An order. Merchant and order_ref make it this order: sent again, it is the same booking."""

    order_ref: Annotated[str, Field(min_length=1, max_length=64, examples=["WEB-1001"])]
    recipient_name: Annotated[str, Field(min_length=1, max_length=100, examples=["Rahima Khatun"])]
    recipient_phone: Annotated[str, Field(min_length=6, max_length=40, examples=["01712345678"])]
    recipient_address: Annotated[
        str, Field(min_length=3, max_length=300, examples=["House 5, Road 3, Mirpur-10, Dhaka 1216"])
    ]
    store_address: Annotated[
        str, Field(max_length=300, description="Empty: the merchant's registered store.", examples=[""])
    ] = ""
    recipient_postcode: Annotated[
        str,
        Field(
            pattern=r"^([0-9]{4})?$",
            description="If it is known besides the address, or chosen among the choices of a refusal.",
            examples=[""],
        ),
    ] = ""
    weight_g: Grams
    cod_poisha: Annotated[Poisha, Field(description="To collect at the door.")] = 0
    declared_value_poisha: Annotated[Poisha, Field(description="For insurance.", examples=[0])] = 0
    description: Annotated[str, Field(max_length=300, examples=["Cotton saree"])] = ""
    note: Annotated[str, Field(max_length=500, description="For the postman.", examples=["Call before coming"])] = ""

    def order(self, merchant: Merchant, rules: BookingRules) -> Order:
        """The order, judged by the rules that judge order files; OrderRefused names the fields of this request."""
        row = self.model_dump(include={"order_ref", "recipient_name", "recipient_phone", "recipient_address"})
        row |= {
            "merchant": merchant.name,
            "store_address": self.store_address or merchant.store_address,
            "weight_kg": kilograms(self.weight_g),
            "cod_taka": taka_plain(self.cod_poisha),
            "declared_value_taka": taka_plain(self.declared_value_poisha),
            "description": self.description,
            "note": self.note,
        }
        try:
            return parse_order(row, None, rules)
        except OrderRefused as refused:
            problems = [replace(one, field=_OUR_NAMES.get(one.field, one.field)) for one in refused.problems]
            raise OrderRefused(problems) from None


class ConsignmentOut(Out):
    """A booked consignment, without its recipient."""

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
    resolved_by: Annotated[str, Field(description="How the address was understood, and why that office.")]
    promised_on: date
    booked_at: datetime


class ListedConsignmentOut(ConsignmentOut):
    """A booked consignment in a list: where it stands, too. With ``fields`` only those that were asked for."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required"))

    state: State


class ConsignmentPage(Out):
    """Consignments, the latest booked first. ``next``: send it as ``after`` for the next page; null on the last."""

    consignments: list[ListedConsignmentOut]
    next: str | None


@router.post("/quotes", summary="What a parcel costs", responses=answers(400, 404, 413))
def quote(asked: QuoteIn, who: Anyone, engine: TheEngine, at: Now) -> QuoteOut:
    """The price of today, line by line; nothing is booked."""
    found = engine.facts.tariffs.quote(
        asked.service or engine.facts.tariffs.default_service,
        asked.weight_g,
        asked.cod_poisha,
        asked.declared_value_poisha,
        at.astimezone(DHAKA).date(),
        same_city=True,
    )
    return QuoteOut.of(found)


@router.post("/consignments", status_code=201, summary="Book one parcel", responses=answers(400, 403, 404, 409, 413))
def book(
    asked: ConsignmentIn, merchant_id: ForMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> ConsignmentOut:
    """Finds the office, rates, numbers and books. The same order again gets the same answer, 201 and the same item
    number, however often it is sent; 409 if its reference is booked with other content."""
    merchant = load_merchant(connection, merchant_id)
    order = asked.order(merchant, engine.facts.booking_rules)
    hints = Hints(postcode=asked.recipient_postcode)
    made = book_one(connection, engine.facts, engine.numbers, Asked(order=order, merchant=merchant, hints=hints), at)
    return ConsignmentOut.of(made)


async def wanted(
    state: Annotated[State | None, Query(description="Where it stands now.")] = None,
    booked_from: Annotated[Day | None, Query(description="Booked on that day or later, in Dhaka.")] = None,
    booked_to: Annotated[Day | None, Query(description="Booked on that day or earlier.")] = None,
    order_ref: Annotated[str | None, Query(max_length=64, description="Your reference, as it was booked.")] = None,
    delivery_office: Annotated[
        str | None, Query(max_length=12, description="The office that was to deliver it.")
    ] = None,
) -> Wanted:
    """Which consignments are asked for."""
    return Wanted(
        state=state,
        booked_from=booked_from,
        booked_to=booked_to,
        order_ref=order_ref,
        delivery_office=delivery_office and latin_digits(delivery_office),
    )


@router.get(
    "/consignments",
    summary="What a merchant has booked",
    responses=answers(403),
    response_model_exclude_unset=True,
)
def consignments(
    merchant_id: ForMerchant,
    connection: InTransaction,
    which: Annotated[Wanted, Depends(wanted)],
    after: Annotated[
        str | None, Query(pattern=r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$", description="The `next` of a page.")
    ] = None,
    limit: Limit = 50,
    fields: Sparse = "",
) -> ConsignmentPage:
    """A page of the merchant's consignments, of all or of those that are asked for."""
    found = load_consignments_after(connection, merchant_id, after, limit, which)
    return ConsignmentPage(
        consignments=sparse(ListedConsignmentOut, found, fields),
        next=following([one.item_number for one in found], limit),
    )


@router.get("/consignments/{item_number}", summary="One consignment", responses=answers(404))
def consignment(item: Item, who: Anyone, connection: InTransaction) -> ConsignmentOut:
    """The booking as it was made; another merchant's is not found. Staff of any office may look up any item."""
    return ConsignmentOut.of(load_consignment(connection, item, who.merchant_id))


@router.get(
    "/consignments/{item_number}/label.pdf", summary="The label as PDF", response_class=Pdf, responses=answers(404)
)
def label_pdf(item: Item, who: Anyone, connection: InTransaction, engine: TheEngine) -> Pdf:
    """An A6 page."""
    return Pdf(labels_for(connection, engine.facts, [load_consignment(connection, item, who.merchant_id)]))


@router.get(
    "/consignments/{item_number}/label.zpl",
    summary="The label as ZPL",
    response_class=PlainTextResponse,
    responses=answers(404),
)
def label_zpl(item: Item, who: Anyone, connection: InTransaction, engine: TheEngine) -> PlainTextResponse:
    """For a thermal printer of 203 dpi."""
    return PlainTextResponse(zpl_for(connection, engine.facts, [load_consignment(connection, item, who.merchant_id)]))
