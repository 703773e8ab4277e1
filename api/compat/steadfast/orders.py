"""Orders, one by one and by the list."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter
from pydantic import Field, TypeAdapter, ValidationError

from api.compat.access import SteadfastMerchant
from api.compat.orders import order_of, shop_and_store, state_after
from api.compat.steadfast.words import STATUS, TAKEN, errors_of
from api.compat.wire import Sent, Taka, Tolerant, Whole, instant, local_phone, read_json
from api.context import Engine, InTransaction, Now, TheEngine
from api.fields import Out
from post_logistics.consignments.booking import OrderRefused
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.short_numbers import short_code, short_number
from post_logistics.errors import Unacceptable
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict, book, book_one
from post_logistics.storage.access.stores import Store
from post_logistics.units import ItemNumber, taka_number, taka_plain

MAX_ROWS: Final = 500
_TAKA: Final = TypeAdapter(Taka)

router = APIRouter(tags=["steadfast"])


class OrderIn(Tolerant):
    """An order, by Steadfast's names."""

    invoice: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    cod_poisha: Annotated[Taka, Field(ge=0, alias="cod_amount")]
    alternative_phone: str = ""
    note: str = ""
    item_description: str = ""
    total_lot: Whole = 1
    delivery_type: Annotated[Whole, Field(ge=0, le=1)] = 0

    def asked(self, engine: Engine, merchant: Merchant, store: Store, row: int | None = None) -> Asked:
        """The order as ours; OrderRefused with all that is wrong with it."""
        pieces = f"{self.total_lot} pieces" if self.total_lot > 1 else ""
        hold = "The recipient collects it at the post office" if self.delivery_type else ""
        fields = {
            "order_ref": self.invoice,
            "recipient_name": self.recipient_name,
            "recipient_phone": "; ".join(filter(None, [self.recipient_phone, self.alternative_phone])),
            "recipient_address": self.recipient_address,
            "cod_taka": taka_plain(self.cod_poisha),
            "description": ", ".join(filter(None, [self.item_description, pieces])),
            "note": "; ".join(filter(None, [self.note, hold])),
        }
        return Asked(order=order_of(fields, merchant, store, engine.facts.booking_rules), merchant=merchant, row=row)


@dataclass(frozen=True, slots=True)
class _Read:
    """An order as it was sent, and as it was understood."""

    sent: OrderIn
    asked: Asked

    def echo(self) -> dict[str, Any]:
        """The order in the answer to it."""
        return {
            "invoice": self.asked.order.order_ref,
            "recipient_name": self.asked.order.recipient_name,
            "recipient_phone": local_phone(self.asked.order.recipient_phone),
            "recipient_address": self.asked.order.recipient_address,
            "note": self.sent.note or None,
        }


class _EchoOut(Out):
    invoice: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    note: str | None


class ConsignmentOut(_EchoOut):
    """A booked order."""

    consignment_id: int
    tracking_code: str
    cod_amount: int | float
    status: str
    created_at: str
    updated_at: str


class CreatedOut(Out):
    """The answer to an order."""

    status: int = 200
    message: str = "Consignment has been created successfully."
    consignment: ConsignmentOut


class RowOut(_EchoOut):
    """What became of one order of many; ``errors`` says why it is no consignment."""

    cod_amount: str
    consignment_id: int | None = None
    tracking_code: str | None = None
    status: Literal["success", "error"] = "error"
    errors: dict[str, list[str]] | None = None


@router.post("/create_order", name="steadfast_order")
def create_order(
    sent: Sent, merchant_id: SteadfastMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> CreatedOut:
    """Books an order. The same order again is the same consignment; another under the same invoice is refused."""
    order = OrderIn.understood(sent)
    read = _Read(order, order.asked(engine, *shop_and_store(connection, merchant_id)))
    made = book_one(connection, engine.facts, engine.numbers, read.asked, at)
    return CreatedOut(
        consignment=ConsignmentOut(
            **read.echo(),
            consignment_id=short_number(made.item_number),
            tracking_code=short_code(made.item_number),
            cod_amount=taka_number(order.cod_poisha),
            status=STATUS[state_after(connection, made, at)],
            created_at=instant(made.booked_at),
            updated_at=instant(made.booked_at),
        )
    )


@router.post("/create_order/bulk-order", name="steadfast_orders")
def create_orders(
    sent: Sent, merchant_id: SteadfastMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> list[RowOut]:
    """Books every order that can be booked; each has an answer of its own, in their order."""
    shop = shop_and_store(connection, merchant_id)
    rows = [_read(row, n, engine, *shop) for n, row in enumerate(_rows(sent), start=1)]
    asked = [row.asked for row in rows if isinstance(row, _Read)]
    verdicts = {one.row: one for one in book(connection, engine.facts, engine.numbers, asked, at)}
    return [row if isinstance(row, RowOut) else _row(row, verdicts[row.asked.row]) for row in rows]


def _rows(sent: Any) -> Sequence[Any]:
    """The rows, which clients send as a list or as the text of one."""
    rows = sent.get("data") if isinstance(sent, Mapping) else sent
    try:
        rows = read_json(rows) if isinstance(rows, str) else rows
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        raise Unacceptable("a list of orders is expected", field="data", remedy="send the orders in data")
    if len(rows) > MAX_ROWS:
        raise Unacceptable(f"at most {MAX_ROWS} orders are read", field="data", remedy="send them in several requests")
    return rows


def _read(row: Any, number: int, engine: Engine, merchant: Merchant, store: Store) -> _Read | RowOut:
    """The order of a row, or the answer to a row that is none."""
    try:
        order = OrderIn.understood(row)
        return _Read(order, order.asked(engine, merchant, store, number))
    except OrderRefused as refused:
        sent = row if isinstance(row, Mapping) else {}
        echo: dict[str, Any] = {name: str(sent.get(name) or "") for name in _EchoOut.model_fields}
        errors = errors_of((one.field, one.reason) for one in refused.problems)
        return RowOut(**echo, cod_amount=_two_decimals(sent.get("cod_amount")), errors=errors)


def _two_decimals(sent: Any) -> str:
    """The amount as rows say it, if it is one; otherwise as it was sent."""
    with suppress(ValidationError):
        return taka_plain(_TAKA.validate_python(sent))
    return str(sent or "")


def _row(read: _Read, verdict: Verdict) -> RowOut:
    item, cod_amount = ItemNumber(verdict.item_number), taka_plain(read.sent.cod_poisha)
    if item:
        number, code = short_number(item), short_code(item)
        return RowOut(**read.echo(), cod_amount=cod_amount, consignment_id=number, tracking_code=code, status="success")
    taken = verdict.outcome is Outcome.REJECTED and verdict.problems[0].field == "order_ref"
    errors = {"invoice": [TAKEN]} if taken else errors_of((one.field, one.reason) for one in verdict.problems)
    return RowOut(**read.echo(), cod_amount=cod_amount, errors=errors)
