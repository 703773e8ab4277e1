"""Parcels: booked, looked up, tracked, cancelled, priced."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from api.compat.access import RedxMerchant
from api.compat.orders import order_of, shop_and_store
from api.compat.redx.places import area_of
from api.compat.redx.stores import store_area
from api.compat.redx.words import STATUS
from api.compat.wire import Sent, Taka, Tolerant, Whole, instant, local_phone, read_json
from api.context import Engine, InTransaction, Item, Now, TheEngine
from api.fields import Out
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.consignments.order_refs import given_ref, made_ref
from post_logistics.errors import NotFound
from post_logistics.network.resolve import Hints
from post_logistics.operations.counter.at_hand import Actor, standing_of
from post_logistics.operations.counter.returning import cancel
from post_logistics.operations.faces.looking_up import look_up, public_view
from post_logistics.operations.orders.booking import Asked, book_one
from post_logistics.storage.access.store_areas import load_store_areas
from post_logistics.storage.access.stores import Store, load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.units import DHAKA, MerchantId, kilograms, taka_number, taka_plain

router = APIRouter(tags=["redx"])


class ParcelIn(Tolerant):
    """An order, by RedX's names."""

    customer_name: str
    customer_phone: str
    customer_address: str
    delivery_area: Annotated[str, Field(max_length=200)] = ""
    delivery_area_id: Whole = 0
    merchant_invoice_id: str = ""
    cod_poisha: Annotated[Taka, Field(ge=0, alias="cash_collection_amount")]
    parcel_weight_g: Annotated[Whole, Field(ge=1, alias="parcel_weight")]
    instruction: str = ""
    value_poisha: Annotated[Taka, Field(ge=0, alias="value")] = 0
    is_closed_box: bool = False
    pickup_store_id: Whole | None = None
    parcel_details_json: Any = None

    def asked(self, engine: Engine, merchant: Merchant, store: Store, on: date) -> Asked:
        """The order as ours; OrderRefused with all that is wrong with it. Without a reference it gets one that is the
        same for the same order on the same day."""
        closed = "Not to be opened before it is paid" if self.is_closed_box else ""
        fields = {
            "recipient_name": self.customer_name,
            "recipient_phone": self.customer_phone,
            "recipient_address": self.customer_address,
            "weight_kg": kilograms(self.parcel_weight_g),
            "cod_taka": taka_plain(self.cod_poisha),
            "declared_value_taka": taka_plain(self.value_poisha),
            "description": _names(self.parcel_details_json)[:300],
            "note": "; ".join(filter(None, [self.instruction, closed])),
        }
        ref = self.merchant_invoice_id or made_ref(fields | {"store_id": store.store_id}, on)
        order = order_of(fields | {"order_ref": ref}, merchant, store, engine.facts.booking_rules)
        return Asked(order=order, merchant=merchant, hints=self._hints(engine))

    def _hints(self, engine: Engine) -> Hints:
        """The area that was chosen beside the address: by its number if that is ours, or by its name."""
        hints = engine.facts.hierarchy().hints(area=self.delivery_area_id)
        return hints if hints != Hints() else Hints(area=self.delivery_area)


def _names(details: Any) -> str:
    """The names of what is inside, which clients send as rows or as the text of rows."""
    try:
        rows = read_json(details) if isinstance(details, str) else details
    except ValueError:
        return ""
    named = [row.get("name") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return ", ".join(str(name).strip() for name in named if name)


class BookedOut(Out):
    """The number of a parcel."""

    tracking_id: str


class PickupOut(Out):
    """Where a parcel comes from."""

    id: int
    name: str
    address: str
    area_name: str
    area_id: int


class ParcelOut(Out):
    """A parcel as it was booked, and where it stands."""

    tracking_id: str
    customer_name: str
    customer_phone: str
    customer_address: str
    delivery_area: str
    delivery_area_id: int
    charge: int | float
    cash_collection_amount: int | float
    parcel_weight: int
    merchant_invoice_id: str
    status: str
    instruction: str
    created_at: str
    delivery_type: str
    value: int | float
    pickup_location: PickupOut


class OneParcelOut(Out):
    """One parcel."""

    parcel: ParcelOut


class StepOut(Out):
    """A line of the timeline."""

    message_en: str
    message_bn: str
    time: str


class TrackingOut(Out):
    """The timeline, oldest first."""

    tracking: list[StepOut]


class UpdateIn(Tolerant):
    """What is to change."""

    property_name: Literal["status"]
    new_value: Literal["cancelled"]


class ChangeIn(Tolerant):
    """A change of a parcel: the one there is cancels it."""

    entity_type: Literal["parcel-tracking-id"]
    entity_id: str
    update_details: UpdateIn


class ChangedOut(Out):
    """That it was done."""

    success: bool
    message: str


class ChargeIn(Tolerant):
    """What a price is asked for. The areas say nothing: a parcel costs the same everywhere."""

    cod_poisha: Annotated[Taka, Field(ge=0, alias="cash_collection_amount")] = 0
    weight_g: Annotated[Whole, Field(ge=1, alias="weight")]


class ChargeOut(Out):
    """What a parcel costs, VAT included. ``vat``: of it."""

    deliveryCharge: int | float  # noqa: N815 - RedX's name
    codCharge: int | float  # noqa: N815 - RedX's name
    vat: int | float


@router.post("/parcel", name="redx_order")
def create(sent: Sent, merchant_id: RedxMerchant, connection: InTransaction, engine: TheEngine, at: Now) -> BookedOut:
    """Books an order. The same one under the same invoice again is the same parcel; another is refused."""
    order = ParcelIn.understood(sent)
    shop = shop_and_store(connection, merchant_id, order.pickup_store_id, field="pickup_store_id")
    asked = order.asked(engine, *shop, at.astimezone(DHAKA).date())
    made = book_one(connection, engine.facts, engine.numbers, asked, at)
    return BookedOut(tracking_id=made.item_number)


@router.get("/parcel/info/{item_number}", name="redx_parcel")
def info(merchant_id: RedxMerchant, item: Item, connection: InTransaction, engine: TheEngine) -> OneParcelOut:
    """A parcel of the shop; another shop's is not found."""
    booked = load_consignment(connection, item, merchant_id)
    state = standing_of(connection, item).state
    area = area_of(engine.facts, booked.delivery_postcode, booked.place_id)
    return OneParcelOut(
        parcel=ParcelOut(
            tracking_id=booked.item_number,
            customer_name=booked.recipient_name,
            customer_phone=local_phone(booked.recipient_phone),
            customer_address=booked.recipient_address,
            delivery_area=area.area_name,
            delivery_area_id=area.area_id,
            charge=taka_number(booked.postage_poisha + booked.cod_fee_poisha + booked.vat_poisha),
            cash_collection_amount=taka_number(booked.cod_poisha),
            parcel_weight=booked.weight_g,
            merchant_invoice_id=given_ref(booked.order_ref) or "",
            status=STATUS[state],
            instruction=booked.note,
            created_at=instant(booked.booked_at),
            delivery_type="regular",
            value=taka_number(booked.declared_value_poisha),
            pickup_location=_pickup(connection, engine, merchant_id, booked),
        )
    )


def _pickup(connection: Connection, engine: Engine, merchant_id: MerchantId, booked: Consignment) -> PickupOut:
    """The store of a parcel: the open one at the address from which it was booked, or else the default one."""
    found = load_stores(connection, merchant_id)
    store = next((one for one in found if one.address == booked.store_address), found[0])
    area = store_area(engine, store, load_store_areas(connection, [store.store_id]).get(store.store_id))
    return PickupOut(
        id=store.store_id,
        name=store.name,
        address=booked.store_address,
        area_name=area.area_name,
        area_id=area.area_id,
    )


@router.get("/parcel/track/{item_number}", name="redx_tracking")
def track(merchant_id: RedxMerchant, item: Item, connection: InTransaction, engine: TheEngine, at: Now) -> TrackingOut:
    """The timeline of a parcel of the shop, in both languages."""
    known, journey = look_up(connection, item)
    if known.merchant_id != merchant_id:
        raise NotFound(f"no item {item}", field="item_number", remedy="check the number on the label or receipt")
    en, bn = (public_view(known, journey, engine.facts.offices, one, at).timeline for one in ("en", "bn"))
    return TrackingOut(
        tracking=[
            StepOut(message_en=one.text, message_bn=other.text, time=instant(one.at))
            for one, other in zip(en, bn, strict=True)
        ]
    )


@router.patch("/parcels", name="redx_cancel")
def change(sent: Sent, merchant_id: RedxMerchant, connection: InTransaction, at: Now) -> ChangedOut:
    """Cancels a booking before the post has the parcel. Told again, it changes nothing."""
    asked = ChangeIn.understood(sent)
    cancel(connection, parse_item_number(asked.entity_id), Actor(merchant_id=merchant_id), at)
    return ChangedOut(success=True, message="Parcel cancelled successfully")


@router.get("/charge/charge_calculator", name="redx_charge")
def charge(request: Request, merchant_id: RedxMerchant, engine: TheEngine, at: Now) -> ChargeOut:
    """The price of today; nothing is booked."""
    asked = ChargeIn.understood(request.query_params)
    tariffs = engine.facts.tariffs
    on = at.astimezone(DHAKA).date()
    quote = tariffs.quote(tariffs.default_service, asked.weight_g, asked.cod_poisha, 0, on, same_city=True)
    return ChargeOut(
        deliveryCharge=taka_number(quote.postage_poisha + quote.vat_poisha),
        codCharge=taka_number(quote.cod_fee_poisha),
        vat=taka_number(quote.vat_poisha),
    )
