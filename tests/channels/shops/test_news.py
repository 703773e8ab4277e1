"""What a message says is read from its bytes; what is not the shop's own is known by its signature."""

import base64
import hashlib
import hmac
import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.channels.shops import shopify, woocommerce
from post_logistics.channels.shops.news import document, instant, is_genuine, signature, words_of
from post_logistics.consignments.order_files.layout import ShopWords
from post_logistics.errors import Unacceptable

WORDS = ShopWords(("cod", "cash on delivery"), ("cancelled",), ("bdt",), {"BD-13": "Dhaka"})


@given(st.binary(), st.text(min_size=1))
def test_the_signature_is_the_one_that_both_platforms_document(body: bytes, secret: str) -> None:
    secret = secret.encode("utf-8", "replace").decode()
    by_hand = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    assert signature(body, secret) == by_hand
    assert is_genuine(body, secret, by_hand)


@pytest.mark.parametrize("given", ["", "x", "é", "=" * 44, "bm8="])
def test_another_signature_is_not_genuine(given: str) -> None:
    assert not is_genuine(b"{}", "secret", given)


def test_one_changed_byte_is_noticed() -> None:
    good = signature(b'{"total":"100"}', "secret")
    assert is_genuine(b'{"total":"100"}', "secret", good)
    assert not is_genuine(b'{"total":"900"}', "secret", good)
    assert not is_genuine(b'{"total":"100"}', "Secret", good)


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"id": 1'])
def test_what_is_no_object_is_refused_whatever_it_is(body: bytes) -> None:
    with pytest.raises(Unacceptable):
        document(body)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, ""),
        ([], ""),
        ({"a": 1}, ""),
        (0, "0"),
        (" Dhaka ", "Dhaka"),
        ("a\0b", "a\ufffdb"),
        ("\ud800", "?"),
        ("x" * 10_000, "x" * 2000),
    ],
)
def test_values_become_text_that_can_be_kept(value: object, text: str) -> None:
    assert words_of(value) == text


def test_times_without_an_offset_are_utc() -> None:
    assert instant("2026-11-22T03:00:00") == instant("2026-11-22T09:00:00+06:00")
    assert instant("") is None and instant("0001-01-01T00:00:00+14:00") is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "id", "status", "total", "billing", "shipping", "line_items", "shipping_lines", "payment_method", "currency",
    "shipping_address", "financial_status", "payment_gateway_names", "updated_at", "customer", "total_weight", "test",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), anything))
def test_whatever_stands_in_a_signed_message_it_is_read_or_refused(order: dict[str, Any]) -> None:
    body = json.dumps(order).encode()
    for read in (partial(woocommerce.read_order, send_when=["processing"]), shopify.read_order):
        try:
            news = read(body, words=WORDS)
        except Unacceptable:
            continue
        assert news.order_id
        assert all(isinstance(text, str) and "\0" not in text for text in news.fields.values())
