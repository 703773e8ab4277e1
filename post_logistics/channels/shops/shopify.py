"""Shopify: its webhooks about orders, uninstalling and privacy, and what a checkout asks a carrier service, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Final

from post_logistics.channels.shops.news import News, Wish, document, instant, order_fields, part, parts, words_of
from post_logistics.consignments.order_files.layout import ShopWords
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA

SIGNATURE: Final = "x-shopify-hmac-sha256"
TOPIC: Final = "x-shopify-topic"
DOMAIN: Final = "x-shopify-shop-domain"
DELIVERY: Final = "x-shopify-webhook-id"

ORDERS: Final = frozenset(
    {"orders/create", "orders/updated", "orders/paid", "orders/cancelled", "orders/fulfilled", "orders/delete"}
)
UNINSTALLED: Final = "app/uninstalled"
DATA_REQUEST, FORGET_CUSTOMER, FORGET_SHOP = "customers/data_request", "customers/redact", "shop/redact"
PRIVACY: Final = frozenset({DATA_REQUEST, FORGET_CUSTOMER, FORGET_SHOP})

_NOT_PAID: Final = frozenset({"pending", "partially_paid", "expired"})
_MONEY_BACK: Final = frozenset({"refunded", "voided"})
_PERSON: Final = {
    "full_name": "name",
    "phone": "phone",
    "address_1": "address1",
    "address_2": "address2",
    "city": "city",
    "state": "province",
    "postcode": "zip",
}


def read_order(body: bytes, words: ShopWords) -> News:
    """The order in the body of a webhook, whatever its topic; Unacceptable if there is none.

    To be sent is what is paid (or whose payment is authorised) and what is to be paid on delivery: then
    ``total_outstanding`` is collected. A body without a time is that of an order deleted for good.
    """
    order = document(body)
    order_id = words_of(order.get("id"))
    if not order_id:
        raise Unacceptable("the message is no order", field="id", remedy="choose an order topic in the shop")
    number = words_of(order.get("name")).lstrip("#") or words_of(order.get("order_number")) or order_id
    modified_at = instant(words_of(order.get("updated_at")) or words_of(order.get("created_at")))
    if modified_at is None:
        return News(order_id=order_id, number=number, modified_at=None, wish=Wish.DROP, why="deleted in the shop")
    fields, problems = order_fields([_first_line(order), *_more_lines(order)], _country(order), words)
    wish, why = _wish(order, collected=fields.get("cod_taka", "0") != "0")
    news = News(order_id=order_id, number=number, modified_at=modified_at, wish=wish, why=why)
    return replace(news, fields=fields, problems=problems) if wish is Wish.SEND else news


def _wish(order: Mapping[str, Any], *, collected: bool) -> tuple[Wish, str]:
    money, items = words_of(order.get("financial_status")), parts(order, "line_items")
    found = (
        (words_of(order.get("cancelled_at")), Wish.DROP, "cancelled in the shop"),
        (money in _MONEY_BACK, Wish.DROP, f"{money} in the shop"),
        (order.get("test") is True, Wish.NOTHING, "a test order"),
        (items and not any(map(_is_sent, items)), Wish.NOTHING, "there is nothing to send"),
        (not part(order, "shipping_address"), Wish.NOTHING, "the customer collects it at the shop"),
        (order.get("fulfillment_status") == "fulfilled", Wish.NOTHING, "fulfilled in the shop"),
        (money in _NOT_PAID and not collected, Wish.WAIT, f"{money} in the shop"),
    )
    return next(((wish, why) for is_so, wish, why in found if is_so), (Wish.SEND, ""))


def _is_sent(item: Mapping[str, Any]) -> bool:
    return item.get("requires_shipping") is not False


def _country(order: Mapping[str, Any]) -> str:
    return words_of(part(order, "shipping_address").get("country_code"))


def _first_line(order: Mapping[str, Any]) -> dict[str, str]:
    """What is said of the order itself, and its first article, in the words of a shop's export."""
    gateways = order.get("payment_gateway_names")
    named = [words_of(one) for one in gateways] if isinstance(gateways, list) else [words_of(order.get("gateway"))]
    paid = "paid" if words_of(order.get("financial_status")) == "paid" else ""
    line = {
        "order_ref": "order",
        "order_currency": words_of(order.get("currency")),
        "order_total": _first(order, "total_outstanding", "current_total_price", "total_price"),
        "payment_method": paid or "; ".join(filter(None, named)),
        "customer_note": words_of(order.get("note")),
        "billing_phone": _first(order, "phone") or words_of(part(order, "customer").get("phone")),
    }
    for kind in ("shipping", "billing"):
        person = part(order, f"{kind}_address")
        line |= {f"{kind}_{ours}": text for ours, theirs in _PERSON.items() if (text := words_of(person.get(theirs)))}
    weight_g = _weight_g(parts(order, "line_items")) or _whole(order.get("total_weight"))
    return line | ({"weight_kg": f"{weight_g} g"} if weight_g else {}) | dict(*_articles(order)[:1])


def _more_lines(order: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"order_ref": "order"} | article for article in _articles(order)[1:]]


def _articles(order: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"item_name": _first(item, "name", "title"), "item_quantity": _first(item, "current_quantity", "quantity")}
        for item in parts(order, "line_items")
        if _is_sent(item)
    ]


def _first(holder: Mapping[str, Any], *names: str) -> str:
    return next(filter(None, (words_of(holder.get(name)) for name in names)), "")


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _weight_g(items: Sequence[Mapping[str, Any]]) -> int:
    """The weight of what is sent; 0 if nobody knows it."""
    return sum(_whole(item.get("grams")) * (_whole(item.get("quantity")) or 1) for item in items if _is_sent(item))


# Uninstalling and privacy


def is_of(body: bytes, domain: str) -> bool:
    """Whether the message is about the shop of that domain: said in the body, which is signed."""
    told = document(body)
    return domain in {words_of(told.get(name)).lower() for name in ("shop_domain", "myshopify_domain", "domain")}


def orders_named(body: bytes) -> list[str]:
    """The orders that a message about a customer's data names."""
    told = document(body)
    named = told.get("orders_to_redact") or told.get("orders_requested") or []
    return [text for text in map(words_of, named if isinstance(named, list) else []) if text]


# Rates at the checkout


@dataclass(frozen=True, slots=True, kw_only=True)
class RateAsked:
    """What a checkout wants to know: a parcel of that weight (0: nobody knows) to that address."""

    country: str
    address: str
    postcode: str
    district: str
    weight_g: int


def read_rate(body: bytes) -> RateAsked:
    """The question of a checkout; Unacceptable if there is none."""
    rate = part(document(body), "rate")
    to = part(rate, "destination")
    if not to:
        raise Unacceptable("no destination is named", field="rate", remedy="send what a checkout sends")
    lines = (_first(to, name) for name in ("address1", "address2", "address3", "city", "province", "postal_code"))
    return RateAsked(
        country=_first(to, "country", "country_code"),
        address=", ".join(dict.fromkeys(filter(None, lines))),
        postcode=_first(to, "postal_code", "zip"),
        district=_first(to, "city"),
        weight_g=_weight_g(parts(rate, "items")),
    )


def rate_dialect(service: str, name: str, total_poisha: int, first_on: date, last_on: date) -> dict[str, str]:
    """One rate as a checkout reads it: the price in poisha, which are the subunits of BDT."""
    return {
        "service_name": name,
        "service_code": service,
        "total_price": str(total_poisha),
        "currency": "BDT",
        "description": "Bangladesh Post · বাংলাদেশ ডাক বিভাগ",
        "min_delivery_date": _day(first_on),
        "max_delivery_date": _day(last_on),
    }


def _day(on: date) -> str:
    return datetime.combine(on, time(18), DHAKA).strftime("%Y-%m-%d %H:%M:%S %z")
