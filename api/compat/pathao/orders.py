"""Orders: booked one by one or many at once, looked up, cancelled, listed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from pydantic import Field

from api.compat.access import PathaoMerchant
from api.compat.orders import state_after
from api.compat.pathao.answers import Listed, Ok, Page, PageNumber, errors_of, local_time, page_of
from api.compat.pathao.asked import BulkIn, Shop
from api.compat.wire import Sent, local_phone
from api.context import Engine, InTransaction, Now, TheEngine
from api.fields import Out
from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.consignments.order_refs import given_ref
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.returning import cancel
from post_logistics.operations.faces.views import merchant_view
from post_logistics.operations.orders.booking import Asked, Verdict, book, book_one
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.listed_orders import (
    ListedOrder,
    count_orders,
    load_listed_order,
    load_listed_orders,
)
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import DHAKA, MerchantId, taka_number

router = APIRouter()

PER_PAGE: Final = 40
STATUS: Final[Mapping[State, str]] = {
    State.ISSUED: "Pending",
    State.BOOKED: "Pending",
    State.PICKUP_REQUESTED: "Pickup_Requested",
    State.PICKUP_ASSIGNED: "Assigned_for_Pickup",
    State.CANCELLED: "Pickup_Cancelled",
    State.ACCEPTED: "Picked",
    State.BAGGED: "In_Transit",
    State.DISPATCHED: "In_Transit",
    State.AT_HUB: "At_the_Sorting_HUB",
    State.SORTED: "At_the_Sorting_HUB",
    State.AT_DELIVERY_OFFICE: "Received_at_Last_Mile_HUB",
    State.ASSIGNED: "Assigned_for_Delivery",
    State.OUT_FOR_DELIVERY: "Assigned_for_Delivery",
    State.DELIVERED_CLAIMED: "Assigned_for_Delivery",
    State.PARTIALLY_CLAIMED: "Assigned_for_Delivery",
    State.ATTEMPT_FAILED: "Delivery_Failed",
    State.ON_HOLD: "On_Hold",
    State.AT_PICKUP_POINT: "On_Hold",
    State.LOST: "On_Hold",
    State.DAMAGED: "On_Hold",
    State.DELIVERED: "Delivered",
    State.PARTIALLY_DELIVERED: "Partial_Delivery",
    State.RETURN_REQUESTED: "Return",
    State.RETURNING: "Return",
    State.RETURNED: "Return",
}
"""Delivered only once the office has confirmed it: shops take it as final."""


class OrderOut(Out):
    """A booked order."""

    consignment_id: str
    merchant_order_id: str | None
    order_status: str
    delivery_fee: Annotated[int | float, Field(description="Postage and VAT; the COD fee comes on top.")]


class RowOut(Out):
    """What became of one order of many: a consignment, or what is wrong with it."""

    row: int
    merchant_order_id: str | None
    consignment_id: str | None
    errors: dict[str, list[str]]


class BulkOut(Ok[bool]):
    """Many orders, all looked at: ``outcomes`` has one for each."""

    code: int = 202
    outcomes: list[RowOut]


class InfoOut(Out):
    """Where an order stands. ``invoice_id``: the settlement that lists it."""

    consignment_id: str
    merchant_order_id: str | None
    order_status: str
    order_status_slug: str
    updated_at: str
    invoice_id: str | None


class LogOut(Out):
    """One thing that happened to an order."""

    event: Event
    description: str
    office: str
    reason: str
    created_at: str


class CancelledOut(Out):
    """A cancelled order."""

    consignment_id: str
    order_status: str


class ListedOut(Out):
    """An order in the list of all of them."""

    order_consignment_id: str
    merchant_order_id: str | None
    order_created_at: str
    order_description: str
    recipient_name: str
    recipient_address: str
    recipient_phone: str
    order_amount: int | float
    delivery_fee: int | float
    total_fee: Annotated[int | float, Field(description="With the COD fee.")]
    order_status: str
    order_status_updated_at: str
    order_invoice_id: str | None
    store_name: str
    order_type: str = "Delivery"
    billing_status: Annotated[str, Field(description="Unpaid, Invoiced or Paid.")]


ConsignmentId = Annotated[str, Path(max_length=60)]


@router.post("/orders", name="pathao_order")
def create(
    sent: Sent, merchant_id: PathaoMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> Ok[OrderOut]:
    """Books an order. The same again is the same consignment; another under its merchant_order_id is refused."""
    asked = _shop(connection, engine, merchant_id, at).read(sent)
    made = book_one(connection, engine.facts, engine.numbers, asked, at)
    order = OrderOut(
        consignment_id=made.item_number,
        merchant_order_id=given_ref(made.order_ref),
        order_status=STATUS[state_after(connection, made, at)],
        delivery_fee=taka_number(made.postage_poisha + made.vat_poisha),
    )
    return Ok(message="Order Created Successfully", data=order)


@router.post("/orders/bulk", name="pathao_orders", status_code=202)
def create_many(
    sent: Sent, merchant_id: PathaoMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> BulkOut:
    """Books every order that can be booked, and says what is wrong with each other one. Sent again, the answer is the
    same."""
    rows = BulkIn.understood(sent).orders
    asked, refused = _read(_shop(connection, engine, merchant_id, at), rows)
    verdicts = {one.row or 0: one for one in book(connection, engine.facts, engine.numbers, asked, at)}
    outcomes = [_outcome(n, row, verdicts.get(n), refused.get(n, ())) for n, row in enumerate(rows, start=1)]
    return BulkOut(message="Your bulk order creation request is accepted", data=True, outcomes=outcomes)


def _shop(connection: Connection, engine: Engine, merchant_id: MerchantId, at: datetime) -> Shop:
    return Shop(
        merchant=load_merchant(connection, merchant_id),
        stores={store.store_id: store for store in load_stores(connection, merchant_id)},
        hierarchy=engine.facts.hierarchy(),
        rules=engine.facts.booking_rules,
        on=at.astimezone(DHAKA).date(),
    )


def _read(shop: Shop, rows: Sequence[Any]) -> tuple[list[Asked], dict[int, Sequence[Problem]]]:
    """The orders among the rows, and by row what is wrong with the others."""
    asked: list[Asked] = []
    refused: dict[int, Sequence[Problem]] = {}
    for n, row in enumerate(rows, start=1):
        try:
            asked.append(shop.read(row, n))
        except OrderRefused as error:
            refused[n] = error.problems
    return asked, refused


def _outcome(n: int, sent: Any, verdict: Verdict | None, refused: Sequence[Problem]) -> RowOut:
    reference = sent.get("merchant_order_id") if isinstance(sent, Mapping) else None
    problems = [asdict(one) for one in (verdict.problems if verdict else refused)]
    return RowOut(
        row=n,
        merchant_order_id=str(reference) if isinstance(reference, str | int) and reference != "" else None,
        consignment_id=(verdict.item_number or None) if verdict else None,
        errors=errors_of(problems),
    )


@router.get("/orders/all", name="pathao_order_list")
def listed(
    request: Request, merchant_id: PathaoMerchant, connection: InTransaction, page: PageNumber = 1
) -> Ok[Page[ListedOut]]:
    """The shop's orders, the latest first, forty on a page."""
    stores = {store.address: store.name for store in load_stores(connection, merchant_id)}
    found = load_listed_orders(connection, merchant_id, PER_PAGE, (page - 1) * PER_PAGE)
    rows = [_listed(one, stores.get(one.store_address, "")) for one in found]
    total = count_orders(connection, merchant_id)
    return Ok(message="Order list fetched.", data=page_of(rows, page, PER_PAGE, total, request))


def _listed(order: ListedOrder, store_name: str) -> ListedOut:
    return ListedOut(
        order_consignment_id=order.item_number,
        merchant_order_id=given_ref(order.order_ref),
        order_created_at=local_time(order.booked_at),
        order_description=order.description,
        recipient_name=order.recipient_name,
        recipient_address=order.recipient_address,
        recipient_phone=local_phone(order.recipient_phone),
        order_amount=taka_number(order.cod_poisha),
        delivery_fee=taka_number(order.carriage_poisha),
        total_fee=taka_number(order.carriage_poisha + order.cod_fee_poisha),
        order_status=STATUS[order.state],
        order_status_updated_at=local_time(order.updated_at),
        order_invoice_id=order.settlement_id,
        store_name=store_name,
        billing_status="Paid" if order.is_paid else "Invoiced" if order.settlement_id else "Unpaid",
    )


@router.get("/orders/{consignment_id}", name="pathao_order_info")
@router.get("/orders/{consignment_id}/info", name="pathao_order_info")
def info(consignment_id: ConsignmentId, merchant_id: PathaoMerchant, connection: InTransaction) -> Ok[InfoOut]:
    """Where an order stands; another shop's is not found."""
    order = _own(connection, merchant_id, consignment_id)
    told = InfoOut(
        consignment_id=order.item_number,
        merchant_order_id=given_ref(order.order_ref),
        order_status=STATUS[order.state],
        order_status_slug=STATUS[order.state],
        updated_at=local_time(order.updated_at),
        invoice_id=order.settlement_id,
    )
    return Ok(message="Order info", data=told)


def _own(connection: Connection, merchant_id: MerchantId, number: str) -> ListedOrder:
    """The shop's order; NotFound for every other number, be it another shop's or none at all."""
    absent = NotFound("Order not found", field="consignment_id", remedy="copy it from the answer to your order")
    try:
        return load_listed_order(connection, merchant_id, parse_item_number(number))
    except (NotFound, Unacceptable):
        raise absent from None


@router.post("/orders/{consignment_id}/cancel", name="pathao_cancel")
def cancel_order(
    consignment_id: ConsignmentId, merchant_id: PathaoMerchant, connection: InTransaction, at: Now
) -> Ok[CancelledOut]:
    """Cancels an order that the post does not have yet; told again, it changes nothing."""
    order = _own(connection, merchant_id, consignment_id)
    standing = cancel(connection, order.item_number, Actor(merchant_id=merchant_id), at)
    told = CancelledOut(consignment_id=order.item_number, order_status=STATUS[standing.state])
    return Ok(message="Order cancelled successfully.", data=told)


@router.get("/orders/{consignment_id}/{phone}/activity", name="pathao_activity")
def activity(
    consignment_id: ConsignmentId,
    phone: Annotated[str, Path(max_length=40)],
    merchant_id: PathaoMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> Ok[Listed[LogOut]]:
    """All that happened to an order, for whoever also knows its recipient's telephone number."""
    order = _own(connection, merchant_id, consignment_id)
    _check_phone(order, phone)
    view = merchant_view(connection, engine.facts.offices, order.item_number, merchant_id, "en", at)
    rows = [
        LogOut(
            event=one.event,
            description=one.text,
            office=one.office_name,
            reason=one.reason_text,
            created_at=local_time(one.at),
        )
        for one in view.timeline
    ]
    return Ok(message="Order activity fetched.", data=Listed(data=rows))


def _check_phone(order: ListedOrder, phone: str) -> None:
    try:
        known = order.recipient_phone in parse_phones(phone)
    except Unacceptable:
        known = False
    if not known:
        raise NotFound("Order not found", field="phone", remedy="send the recipient's number, as in the order")
