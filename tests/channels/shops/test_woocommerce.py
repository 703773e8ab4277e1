"""Orders of WooCommerce, as its webhooks send them."""

from pathlib import Path
from typing import Any

import pytest

from post_logistics.channels.shops.news import News, Wish
from post_logistics.channels.shops.woocommerce import SEND_WHEN, is_ping, read_order
from post_logistics.consignments.order_files import load_order_columns
from post_logistics.errors import Unacceptable
from tests.channels.shops.messages import sent, woo_order

WORDS = load_order_columns(Path(__file__).parents[3] / "data").shop


def read(**changes: Any) -> News:
    return read_order(sent(woo_order(**changes)), WORDS, SEND_WHEN)


def test_an_order_becomes_a_row_of_our_own_order_file() -> None:
    news = read()
    assert (news.order_id, news.number, news.wish, news.problems) == ("8001", "1001", Wish.SEND, ())
    assert news.modified_at is not None and news.modified_at.isoformat() == "2026-11-22T03:00:10+00:00"
    assert news.fields == {
        "recipient_name": "কৃষ্ণা ক্ষত্রী",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka, 1216",
        "recipient_city": "Dhaka",
        "recipient_district": "Dhaka",
        "recipient_postcode": "1216",
        "cod_taka": "1250.50",
        "description": "Cotton saree x 2; Bangles",
        "note": "Call before coming",
    }


@pytest.mark.parametrize(
    ("method", "taka"), [("cod", "1250.50"), ("COD", "1250.50"), ("bkash", "0"), ("bacs", "0"), ("codex_card", "0")]
)
def test_the_total_is_collected_if_the_method_is_cod_and_nothing_otherwise(method: str, taka: str) -> None:
    assert read(payment_method=method, payment_method_title="").fields["cod_taka"] == taka


def test_the_title_of_a_method_does_not_make_it_cash() -> None:
    assert read(payment_method="bkash", payment_method_title="bKash (no cash on delivery)").fields["cod_taka"] == "0"


def test_billing_fills_in_where_there_is_no_address_to_ship_to() -> None:
    empty = dict.fromkeys(woo_order()["shipping"], "")
    assert read(shipping=empty).fields == read().fields
    assert read(shipping={}).fields == read().fields


def test_shops_of_before_have_no_telephone_in_the_shipping_address() -> None:
    shipping = {name: text for name, text in woo_order()["shipping"].items() if name != "phone"}
    assert read(shipping=shipping).fields["recipient_phone"] == "01712345678"


def test_codes_of_districts_become_their_names() -> None:
    away = woo_order()["shipping"] | {"state": "BD-10", "city": "Patiya", "postcode": ""}
    fields = read(shipping=away).fields
    assert fields["recipient_district"] == "Chattogram"
    assert fields["recipient_address"].endswith("Patiya, Chattogram")


@pytest.mark.parametrize(
    ("status", "wish"),
    [
        ("processing", Wish.SEND),
        ("wc-processing", Wish.SEND),
        ("pending", Wish.WAIT),
        ("on-hold", Wish.WAIT),
        ("confirmed", Wish.WAIT),
        ("completed", Wish.NOTHING),
        ("cancelled", Wish.DROP),
        ("refunded", Wish.DROP),
        ("failed", Wish.DROP),
        ("trash", Wish.DROP),
        ("checkout-draft", Wish.DROP),
    ],
)
def test_the_state_of_an_order_says_what_to_do_with_it(status: str, wish: Wish) -> None:
    assert read(status=status).wish is wish


def test_a_shop_may_have_a_state_of_its_own_for_what_is_to_be_sent() -> None:
    assert read_order(sent(woo_order(status="confirmed")), WORDS, ["confirmed"]).wish is Wish.SEND
    assert read_order(sent(woo_order()), WORDS, ["confirmed"]).wish is Wish.WAIT


def test_people_are_not_remembered_of_an_order_that_is_not_to_be_sent() -> None:
    assert not any(read(status=status).fields for status in ("pending", "completed", "cancelled"))


def test_what_the_customer_collects_is_not_sent() -> None:
    assert read(shipping_lines=[{"method_id": "local_pickup"}]).wish is Wish.NOTHING
    assert read(shipping_lines=[]).wish is Wish.SEND


def test_a_deleted_order_has_an_id_and_nothing_else() -> None:
    news = read_order(b'{"id": 8001}', WORDS, SEND_WHEN)
    assert (news.order_id, news.wish, news.modified_at) == ("8001", Wish.DROP, None)


def test_nobody_guesses_what_is_to_be_collected() -> None:
    for changes in ({"payment_method": ""}, {"currency": "USD"}):
        news = read(**changes)
        assert news.wish is Wish.SEND
        assert [problem.field for problem in news.problems] in (["payment_method"], ["order_currency"])
        assert news.fields["cod_taka"] == "?"
        assert news.fields["recipient_phone"] == "01712345678"


def test_an_order_for_another_country_is_not_for_us() -> None:
    (problem,) = read(shipping=woo_order()["shipping"] | {"country": "IN"}).problems
    assert "IN" in problem.reason and "Bangladesh" in problem.remedy


def test_a_message_that_is_no_order_is_refused() -> None:
    with pytest.raises(Unacceptable):
        read_order(b'{"status": "processing"}', WORDS, SEND_WHEN)


def test_only_a_ping_is_a_ping() -> None:
    assert is_ping(b"webhook_id=7") and is_ping(b"webhook_id=7\n")
    assert not any(map(is_ping, [b"", b"webhook_id=", b"webhook_id=7&x=1", b'{"id": 7}', "webhook_id=৭".encode()]))
