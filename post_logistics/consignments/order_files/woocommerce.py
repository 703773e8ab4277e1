"""Orders out of a WooCommerce export: lines of one order joined, the address put together, the cash worked out."""

import re
from collections.abc import Iterable, Iterator, Mapping

from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.order_files.layout import OrderRow, ShopWords

_SAME_IN_ALL_LINES = ("shipping_address_1", "billing_address_1", "shipping_phone", "billing_phone", "order_total")
_DISTRICT_CODE = re.compile(r"BD-\d\d|[A-Z]{2,4}")
"""Codes of today's WooCommerce and the bare letters of older ones."""


def orders_of(lines: Iterable[OrderRow], words: ShopWords) -> Iterator[OrderRow | OrderRefused]:
    """One row per order, in the fields of our own template, or why the order cannot be taken."""
    for order in _by_order(lines):
        problem = _disagreement(order) or _obstacle(order[0].fields, words)
        if problem:
            yield OrderRefused([problem], order[0].row)
        else:
            yield OrderRow(order[0].row, _fields(order, words))


def _by_order(lines: Iterable[OrderRow]) -> list[list[OrderRow]]:
    """The lines of each order together, orders as they first appear.

    Some exports repeat the order on every line, some leave its columns empty from the second line on.
    """
    orders: list[list[OrderRow]] = []
    by_ref: dict[str, list[OrderRow]] = {}
    for line in lines:
        ref = line.fields.get("order_ref", "")
        if ref in by_ref:
            by_ref[ref].append(line)
        elif not ref and orders and not any(line.fields.get(field) for field in _SAME_IN_ALL_LINES):
            orders[-1].append(line)
        else:
            orders.append([line])
            if ref:
                by_ref[ref] = orders[-1]
    return orders


def _disagreement(order: list[OrderRow]) -> Problem | None:
    """The first field in which a later line contradicts the first one."""
    first = order[0]
    for line in order[1:]:
        for field in _SAME_IN_ALL_LINES:
            there = line.fields.get(field)
            if there and there != first.fields[field]:
                return Problem(
                    field,
                    f"rows {first.row} and {line.row} of the order differ",
                    "make them agree, or export the order again",
                )
    return None


def _obstacle(order: Mapping[str, str], words: ShopWords) -> Problem | None:
    """Why the order must not be sent as it stands."""
    status, currency = order.get("order_status", ""), order.get("order_currency", "")
    if _spaced(status) in words.not_to_send:
        return Problem(
            "order_status", f"the shop marks the order as {status}", "export only orders that are to be sent"
        )
    if currency and currency.casefold() not in words.currency:
        return Problem("order_currency", f"the amount is in {currency}", "we collect taka only: give the amount in BDT")
    if not _payment(order):
        return Problem(
            "payment_method",
            "is missing, so nobody knows whether cash is to be collected",
            "export the payment method too",
        )
    return None


def _fields(order: list[OrderRow], words: ShopWords) -> dict[str, str]:
    """The fields of our own template. Shipping counts before billing, the address as a whole from one of the two."""
    first = order[0].fields
    at = "shipping" if first.get("shipping_address_1") else "billing"
    city, postcode = (first.get(f"{at}_{part}", "") for part in ("city", "postcode"))
    district = _district(first.get(f"{at}_state", ""), words)
    fields = {
        "order_ref": first.get("order_ref", ""),
        "recipient_name": _name(first, "shipping") or _name(first, "billing"),
        "recipient_phone": first.get("shipping_phone") or first.get("billing_phone", ""),
        "recipient_address": _joined(
            first.get(f"{at}_address_1", ""), first.get(f"{at}_address_2", ""), city, district, postcode
        ),
        "recipient_city": city,
        "recipient_district": district,
        "recipient_postcode": postcode,
        "cod_taka": first["order_total"] if _is_cash(first, words) else "0",
        "description": "; ".join(filter(None, (_item(line.fields) for line in order))),
        "note": first.get("customer_note", ""),
    }
    return fields | ({"weight_kg": first["weight_kg"]} if "weight_kg" in first else {})


def _name(order: Mapping[str, str], at: str) -> str:
    whole = order.get(f"{at}_full_name", "")
    return whole or " ".join(filter(None, (order.get(f"{at}_first_name"), order.get(f"{at}_last_name"))))


def _joined(*parts: str) -> str:
    """The parts of an address with commas between, without those an earlier part already says."""
    address = ""
    for part in parts:
        if part and part.casefold() not in address.casefold():
            address = f"{address}, {part}" if address else part
    return address


def _district(state: str, words: ShopWords) -> str:
    """The district's name; a code nobody can read is left out."""
    return words.districts.get(state, "" if _DISTRICT_CODE.fullmatch(state) else state)


def _payment(order: Mapping[str, str]) -> str:
    return " ".join(filter(None, (order.get("payment_method"), order.get("payment_method_title"))))


def _is_cash(order: Mapping[str, str], words: ShopWords) -> bool:
    payment = f" {_spaced(_payment(order))} "
    return any(f" {phrase} " in payment for phrase in words.cash_on_delivery)


def _spaced(text: str) -> str:
    """The words in lower case with single spaces between, signs left out."""
    return " ".join(re.sub(r"[^\w\u0980-\u09ff]|_", " ", text.casefold()).split())


def _item(line: Mapping[str, str]) -> str:
    name, quantity = line.get("item_name", ""), line.get("item_quantity", "")
    return f"{name} x {quantity}" if name and quantity not in {"", "1"} else name
