"""WooCommerce: its order webhooks (Settings, Advanced, Webhooks), read.

The body is the order as its REST API shows it; of a deleted order only the ``id``. A webhook that is switched on sends
one unsigned ``webhook_id=N`` to see whether anybody is there.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from post_logistics.channels.shops.news import News, Wish, document, instant, order_fields, part, parts, words_of
from post_logistics.consignments.order_files.layout import ShopWords
from post_logistics.errors import Unacceptable

SIGNATURE: Final = "x-wc-webhook-signature"
TOPIC: Final = "x-wc-webhook-topic"
DELIVERY: Final = "x-wc-webhook-delivery-id"
SEND_WHEN: Final = ("processing",)
"""The state of an order that is paid, or to be paid on delivery: the shop waits for somebody to send it."""

_PING = re.compile(rb"webhook_id=\d+")
_FINISHED = "completed"
_COLLECTED: Final = frozenset({"local_pickup", "pickup_location"})
"""Ways of shipping by which the customer comes to the shop."""
_PERSON: Final = ("first_name", "last_name", "phone", "address_1", "address_2", "city", "state", "postcode")


def is_ping(body: bytes) -> bool:
    """Whether the body is what a webhook sends when it is switched on."""
    return _PING.fullmatch(body.strip()) is not None


def read_order(body: bytes, words: ShopWords, send_when: Collection[str]) -> News:
    """The order in the body of a webhook, whatever its topic; Unacceptable if there is none.

    ``send_when``: the states in which orders of this shop are to be sent. A body without a state is that of an order
    deleted for good.
    """
    order = document(body)
    order_id, status = words_of(order.get("id")), words_of(order.get("status")).lower().removeprefix("wc-")
    if not order_id:
        raise Unacceptable("the message is no order", field="id", remedy="choose an order topic in the shop")
    number = words_of(order.get("number")) or order_id
    modified_at = instant(words_of(order.get("date_modified_gmt")) or words_of(order.get("date_created_gmt")))
    if not status:
        return News(order_id=order_id, number=number, modified_at=None, wish=Wish.DROP, why="deleted in the shop")
    wish, why = _wish(order, status, words, send_when)
    if wish is not Wish.SEND:
        return News(order_id=order_id, number=number, modified_at=modified_at, wish=wish, why=why)
    fields, problems = order_fields(_lines(order), _country(order), words)
    return News(
        order_id=order_id,
        number=number,
        modified_at=modified_at,
        wish=wish,
        why=why,
        fields=fields,
        problems=problems,
    )


def _wish(order: Mapping[str, Any], status: str, words: ShopWords, send_when: Collection[str]) -> tuple[Wish, str]:
    if status.replace("-", " ") in words.not_to_send:
        return Wish.DROP, f"{status} in the shop"
    ways = {words_of(line.get("method_id")) for line in parts(order, "shipping_lines")}
    if ways and ways <= _COLLECTED:
        return Wish.NOTHING, "the customer collects it at the shop"
    if status in send_when:
        return Wish.SEND, ""
    if status == _FINISHED:
        return Wish.NOTHING, "completed in the shop"
    return Wish.WAIT, f"{status} in the shop"


def _country(order: Mapping[str, Any]) -> str:
    shipping = part(order, "shipping")
    return words_of((shipping if words_of(shipping.get("address_1")) else part(order, "billing")).get("country"))


def _lines(order: Mapping[str, Any]) -> list[dict[str, str]]:
    """The order as an export of the shop would say it, a line for each article."""
    first = {
        "order_ref": "order",  # one order, so one reference joins its lines
        "order_currency": words_of(order.get("currency")),
        "order_total": words_of(order.get("total")),
        "payment_method": words_of(order.get("payment_method")),
        "customer_note": words_of(order.get("customer_note")),
    }
    for kind in ("shipping", "billing"):
        first |= {f"{kind}_{name}": words_of(part(order, kind).get(name)) for name in _PERSON}
    items = [
        {"item_name": words_of(item.get("name")), "item_quantity": words_of(item.get("quantity"))}
        for item in parts(order, "line_items")
    ]
    return [first | dict(*items[:1]), *({"order_ref": "order"} | item for item in items[1:])]
