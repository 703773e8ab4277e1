"""Orders and questions of Shopify, as it sends them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from post_logistics.channels.shops.news import News, Wish
from post_logistics.channels.shops.shopify import is_of, orders_named, rate_dialect, read_order, read_rate
from post_logistics.consignments.order_files import load_order_columns
from post_logistics.errors import Unacceptable
from tests.channels.shops.messages import rate, sent, shopify_order

WORDS = load_order_columns(Path(__file__).parents[3] / "data").shop


def read(**changes: Any) -> News:
    return read_order(sent(shopify_order(**changes)), WORDS)


def test_an_order_becomes_a_row_of_our_own_order_file() -> None:
    news = read()
    assert (news.order_id, news.number, news.wish) == ("820982911946155001", "1001", Wish.SEND)
    assert news.modified_at is not None and news.modified_at.isoformat() == "2026-11-22T03:00:10+00:00"
    assert news.fields == {
        "recipient_name": "কৃষ্ণা ক্ষত্রী",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka, 1216",
        "recipient_city": "Dhaka",
        "recipient_district": "",
        "recipient_postcode": "1216",
        "cod_taka": "1250.50",
        "description": "Cotton saree - red x 2",
        "note": "Call before coming",
        "weight_kg": "800 g",
    }


@pytest.mark.parametrize(
    ("changes", "wish", "taka"),
    [
        ({}, Wish.SEND, "1250.50"),
        ({"total_outstanding": "1000.00"}, Wish.SEND, "1000.00"),
        ({"payment_gateway_names": ["cash_on_delivery"]}, Wish.SEND, "1250.50"),
        ({"payment_gateway_names": ["bkash"], "financial_status": "paid"}, Wish.SEND, "0"),
        ({"payment_gateway_names": [], "financial_status": "paid"}, Wish.SEND, "0"),
        ({"payment_gateway_names": ["shopify_payments"], "financial_status": "authorized"}, Wish.SEND, "0"),
        ({"payment_gateway_names": ["Bank Deposit"]}, Wish.WAIT, None),
        ({"financial_status": "paid", "total_outstanding": "0.00"}, Wish.SEND, "0"),
        ({"financial_status": "voided"}, Wish.DROP, None),
        ({"cancelled_at": "2026-11-22T10:00:00+06:00"}, Wish.DROP, None),
        ({"fulfillment_status": "fulfilled"}, Wish.NOTHING, None),
        ({"shipping_address": None}, Wish.NOTHING, None),
        ({"test": True}, Wish.NOTHING, None),
        ({"line_items": [{"name": "Gift card", "requires_shipping": False}]}, Wish.NOTHING, None),
    ],
)
def test_what_is_paid_or_paid_at_the_door_is_sent(changes: dict[str, Any], wish: Wish, taka: str | None) -> None:
    news = read(**changes)
    assert (news.wish, news.fields.get("cod_taka")) == (wish, taka)


def test_a_weight_that_nobody_gave_is_left_out() -> None:
    assert "weight_kg" not in read(line_items=[{"name": "Saree", "quantity": 1}], total_weight=0).fields
    assert read(line_items=[{"name": "Saree", "quantity": 1}], total_weight=900).fields["weight_kg"] == "900 g"


def test_the_telephone_is_the_recipients_or_else_the_customers() -> None:
    address = shopify_order()["shipping_address"] | {"phone": None}
    assert read(shipping_address=address).fields["recipient_phone"] == "+8801712345678"
    assert read(shipping_address=address, phone="01912345678").fields["recipient_phone"] == "01912345678"


def test_an_order_for_another_country_is_not_for_us() -> None:
    (problem,) = read(shipping_address=shopify_order()["shipping_address"] | {"country_code": "IN"}).problems
    assert "IN" in problem.reason


def test_a_deleted_order_has_an_id_and_nothing_else() -> None:
    news = read_order(b'{"id": 820982911946155001}', WORDS)
    assert (news.order_id, news.wish, news.modified_at) == ("820982911946155001", Wish.DROP, None)


def test_a_message_about_privacy_names_its_shop_and_its_orders() -> None:
    body = sent({"shop_id": 1, "shop_domain": "a.myshopify.com", "orders_to_redact": [7, 8], "customer": {"id": 1}})
    assert is_of(body, "a.myshopify.com") and not is_of(body, "b.myshopify.com")
    assert orders_named(body) == ["7", "8"]
    assert orders_named(sent({"orders_requested": [9]})) == ["9"]
    assert orders_named(sent({"orders_to_redact": "all"})) == []


def test_a_checkout_asks_for_an_address_and_a_weight() -> None:
    asked = read_rate(sent(rate()))
    assert (asked.country, asked.postcode, asked.district, asked.weight_g) == ("BD", "1216", "Dhaka", 800)
    assert asked.address == "House 5, Road 3, Mirpur-10, Dhaka, 1216"
    for body in (b"{}", b"[]", b'{"rate": {}}', b'{"rate": {"destination": null}}'):
        with pytest.raises(Unacceptable):
            read_rate(body)


def test_a_rate_is_written_as_a_checkout_reads_it() -> None:
    said = rate_dialect("speed_post_parcel", "Speed Post", 60_00, date(2026, 11, 22), date(2026, 11, 24))
    assert said["total_price"] == "6000" and said["currency"] == "BDT"
    assert (said["min_delivery_date"], said["max_delivery_date"]) == (
        "2026-11-22 18:00:00 +0600",
        "2026-11-24 18:00:00 +0600",
    )
