"""An order as Pathao's clients send it, and the order that it becomes."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from api.compat.orders import order_of
from api.compat.wire import Phone, Taka, Tolerant, Whole
from post_logistics.consignments.booking import BookingRules, OrderRefused, Problem
from post_logistics.consignments.entries import weight_g
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.order_refs import made_ref
from post_logistics.errors import Unacceptable
from post_logistics.network.hierarchy import Hierarchy
from post_logistics.operations.orders.booking import Asked
from post_logistics.storage.access.stores import Store
from post_logistics.units import kilograms, latin_digits, taka_plain

MAX_ROWS: Final = 500
_GRAM: Final = Decimal("0.001")


def _grams(value: Any) -> int:
    """Grams for kilograms as a number or as text. Sums of fractions come with a long tail: they are rounded."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("a weight in kilograms is expected")
    written = latin_digits(str(value)).strip()
    with suppress(InvalidOperation):  # 500 g, or nothing that can be read: said below
        written = str(Decimal(written).quantize(_GRAM, ROUND_HALF_UP))
    try:
        return weight_g(written)
    except Unacceptable as error:
        raise ValueError(f"{error.message}; {error.remedy}") from None


NORMAL: Final = 48
"""Of the two kinds of delivery, the one there is."""


def _only_normal(delivery_type: int) -> int:
    if delivery_type != NORMAL:
        raise ValueError(f"delivery on demand is not offered; send {NORMAL}")
    return delivery_type


Weight = Annotated[int, BeforeValidator(_grams)]
"""Grams, for kilograms as a number or as text in either script."""
DeliveryType = Annotated[Whole, AfterValidator(_only_normal)]
ItemType = Annotated[Whole, Field(ge=1, le=2)]
"""1 document, 2 parcel: either travels as a parcel."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Whose orders are read, by which stores and rules, and when."""

    merchant: Merchant
    stores: Mapping[int, Store]
    hierarchy: Hierarchy
    rules: BookingRules
    on: date

    def read(self, sent: Any, row: int | None = None) -> Asked:
        """The order that was sent; OrderRefused names all that is wrong with it."""
        return OrderIn.understood(sent).asked(self, row)


class OrderIn(Tolerant):
    """An order. City, zone and area help to understand the address; they need not be there."""

    store_id: Whole
    merchant_order_id: str = ""
    recipient_name: str
    recipient_phone: str
    recipient_secondary_phone: Phone = ""
    recipient_address: str
    recipient_city: Whole = 0
    recipient_zone: Whole = 0
    recipient_area: Whole = 0
    delivery_type: DeliveryType = NORMAL
    item_type: ItemType = 2
    item_quantity: Annotated[Whole, Field(ge=1, le=10_000)] = 1
    weight_g: Annotated[Weight, Field(alias="item_weight")]
    item_description: str = ""
    special_instruction: str = ""
    cod_poisha: Annotated[Taka, Field(ge=0, alias="amount_to_collect")]

    def asked(self, shop: Shop, row: int | None = None) -> Asked:
        """The order as ours; OrderRefused names all that is wrong with it.

        Without a ``merchant_order_id`` the same order on the same day is the same order.
        """
        if self.store_id not in shop.stores:
            remedy = "send one of the numbers that GET /stores lists"
            raise OrderRefused([Problem("store_id", f"there is no store {self.store_id}", remedy)], row)
        pieces = f"{self.item_quantity} pieces" if self.item_quantity > 1 else ""
        fields = {
            "order_ref": self.merchant_order_id or made_ref(self.model_dump(), shop.on),
            "recipient_name": self.recipient_name,
            "recipient_phone": "; ".join(filter(None, [self.recipient_phone, self.recipient_secondary_phone])),
            "recipient_address": self.recipient_address,
            "weight_kg": kilograms(self.weight_g),
            "cod_taka": taka_plain(self.cod_poisha),
            "description": ", ".join(filter(None, [self.item_description, pieces])),
            "note": self.special_instruction,
        }
        return Asked(
            order=order_of(fields, shop.merchant, shop.stores[self.store_id], shop.rules),
            merchant=shop.merchant,
            hints=shop.hierarchy.hints(self.recipient_city, self.recipient_zone, self.recipient_area),
            row=row,
        )


class BulkIn(Tolerant):
    """Many orders: each is looked at by itself."""

    orders: Annotated[list[Any], Field(min_length=1, max_length=MAX_ROWS)]
