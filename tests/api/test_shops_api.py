"""Shops over HTTP: connected by a merchant, heard by their signatures, answered fast."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response

from post_logistics.channels.shops.news import signature
from post_logistics.operations.orders.shop_orders import take_in_all
from tests.api.client import Api, refused, taken
from tests.channels.shops.messages import rate, sent, shopify_order, woo_order

SECRET = "shpss_0123456789abcdef"
NOBODYS = "00000000-0000-4000-8000-000000000000"


class Connected:
    """A shop of a new merchant."""

    def __init__(self, api: Api, **asked: Any) -> None:
        self.api = api
        self.merchant = api.shop()
        self.made = taken(api.post("/v1/shops", asked, merchant=self.merchant), 201)
        self.path = self.made["webhook_path"]
        self.of = f"/v1/shops/{self.made['shop_id']}"

    def send(self, message: Any, sign: str | None = None, path: str = "", **headers: str) -> Response:
        """The answer to a message, signed unless it is said otherwise."""
        body = message if isinstance(message, bytes) else sent(message)
        woo = self.made["kind"] == "woocommerce"
        given = signature(body, self.made["secret"]) if sign is None else sign
        named = {("x-wc-webhook-signature" if woo else "x-shopify-hmac-sha256"): given} if given else {}
        headers = {"content-type": "application/json", **named, **headers}
        answer: Response = self.api.client.post(path or self.path, content=body, headers=headers)
        return answer

    def work(self) -> None:
        """What the job does."""
        engine = self.api.engine
        take_in_all(engine.database, engine.facts, engine.numbers, UUID(self.made["shop_id"]), lambda: self.api.at)

    def orders(self, state: str = "") -> Any:
        """The orders of the shop."""
        query = {"state": state} if state else {}
        return taken(self.api.get(f"{self.of}/orders", merchant=self.merchant, params=query))["orders"]


@pytest.fixture
def woo(api: Api) -> Iterator[Connected]:
    yield Connected(api, kind="woocommerce", domain="saree.example")


@pytest.fixture
def shopify(api: Api) -> Iterator[Connected]:
    yield Connected(api, kind="shopify", domain="saree.myshopify.com", secret=SECRET)


WOO = {"x-wc-webhook-topic": "order.created"}
SHOPIFY = {"x-shopify-topic": "orders/create", "x-shopify-shop-domain": "saree.myshopify.com"}


def test_a_connection_shows_its_secret_once_and_to_nobody_else(api: Api, woo: Connected) -> None:
    assert len(woo.made["secret"]) == 32 and woo.made["prefix"] == "saree"
    (listed,) = taken(api.get("/v1/shops", merchant=woo.merchant))["shops"]
    assert "secret" not in listed and listed["webhook_path"] == woo.path
    again = taken(api.post("/v1/shops", {"kind": "woocommerce", "domain": "saree.example"}, merchant=woo.merchant), 201)
    assert again == woo.made
    assert taken(api.get("/v1/shops", merchant=api.shop()))["shops"] == []


def test_the_ping_of_a_new_webhook_gets_exactly_200_whoever_it_is_for(api: Api, woo: Connected) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert woo.send(b"webhook_id=12", sign="", **form).status_code == 200
    other = api.client.post(f"/v1/shops/{NOBODYS}/woocommerce", content=b"webhook_id=12", headers=form)
    assert other.status_code == 200
    assert woo.orders() == []


def test_an_order_is_kept_at_once_and_booked_by_the_job(api: Api, woo: Connected) -> None:
    assert woo.send(woo_order(), **WOO, **{"x-wc-webhook-delivery-id": "1"}).status_code == 200
    assert woo.orders() == []
    woo.work()
    (order,) = woo.orders()
    assert order["state"] == "booked" and order["problems"] == []
    found = taken(api.get(f"/v1/consignments/{order['item_number']}", merchant=woo.merchant))
    assert (found["order_ref"], found["cod_poisha"]) == ("saree-1001", 125_050)
    assert woo.send(woo_order(), **WOO, **{"x-wc-webhook-delivery-id": "1"}).status_code == 200
    woo.work()
    assert woo.orders() == [order]
    (listed,) = taken(api.get("/v1/shops", merchant=woo.merchant))["shops"]
    assert listed["orders"] == {"booked": 1} and listed["heard_at"]


def test_an_unsigned_or_wrongly_signed_order_is_refused_like_one_for_nobody(api: Api, woo: Connected) -> None:
    answers = [
        woo.send(woo_order(), sign="", **WOO),
        woo.send(woo_order(), sign=signature(sent(woo_order()), "another secret"), **WOO),
        woo.send(woo_order(), path=f"/v1/shops/{NOBODYS}/woocommerce", **WOO),
        woo.send(b"webhook_id=12&x=1", sign="", **WOO),
    ]
    problems = [refused(answer, 401) for answer in answers]
    assert all(problem == problems[0] for problem in problems)
    woo.work()
    assert woo.orders() == []


def test_one_kind_of_shop_is_not_heard_at_the_others_door(woo: Connected, shopify: Connected) -> None:
    body = sent(woo_order())
    headers = {"x-shopify-hmac-sha256": signature(body, woo.made["secret"]), "x-shopify-topic": "orders/create"}
    refused(woo.api.client.post(f"{woo.of}/shopify", content=body, headers=headers), 401)
    refused(shopify.send(shopify_order(), **{**SHOPIFY, "x-shopify-shop-domain": "other.myshopify.com"}), 401)


def test_an_order_that_waits_is_answered(woo: Connected) -> None:
    vague = {"first_name": "R", "address_1": "House 5, Road 3, Block C", "phone": "1", "country": "BD"}
    woo.send(woo_order(billing=vague, shipping=vague), **WOO)
    woo.work()
    (order,) = woo.orders("waiting")
    assert [problem["field"] for problem in order["problems"]] == ["recipient_phone"]
    answer = f"{woo.of}/orders/{order['order_id']}/answer"
    step = taken(woo.api.post(answer, {"recipient_phone": "01712345678"}, merchant=woo.merchant))
    assert step["state"] == "waiting" and step["question"]["bn"]
    body = {"recipient_postcode": "1216", "weight_g": 500, "cod_poisha": 90_000}
    done = taken(woo.api.post(answer, body, merchant=woo.merchant))
    assert done["state"] == "booked" and done["item_number"]
    found = taken(woo.api.get(f"/v1/consignments/{done['item_number']}", merchant=woo.merchant))
    assert (found["weight_g"], found["cod_poisha"], found["delivery_office"]) == (500, 90_000, "1216")
    assert taken(woo.api.post(answer, body, merchant=woo.merchant)) == done
    leave = f"{woo.of}/orders/{order['order_id']}/leave"
    assert taken(woo.api.post(leave, merchant=woo.merchant)) == done


def test_problems_are_named_by_the_fields_of_an_answer(woo: Connected) -> None:
    woo.send(woo_order(payment_method=""), **WOO)
    woo.work()
    (order,) = woo.orders("waiting")
    step = taken(woo.api.post(f"{woo.of}/orders/{order['order_id']}/answer", {}, merchant=woo.merchant))
    assert [problem["field"] for problem in step["problems"]] == ["cod_poisha"]


def test_a_strangers_shop_is_answered_like_an_absent_one(api: Api, woo: Connected) -> None:
    woo.send(woo_order(payment_method=""), **WOO)
    woo.work()
    (order,) = woo.orders()
    stranger = api.shop()
    for method, path in [
        ("DELETE", ""),
        ("GET", "/orders"),
        ("GET", "/privacy"),
        ("POST", f"/orders/{order['order_id']}/leave"),
        ("POST", f"/orders/{order['order_id']}/answer"),
    ]:
        body: Any = {"json": {}} if method == "POST" else {}
        theirs = refused(api.request(method, f"{woo.of}{path}", merchant=stranger, **body), 404)
        absent = refused(api.request(method, f"/v1/shops/{NOBODYS}{path}", merchant=stranger, **body), 404)
        assert {**theirs, "detail": theirs["detail"].replace(woo.made["shop_id"], NOBODYS)} == absent


def test_a_merchant_may_not_send_more_than_an_answer(woo: Connected) -> None:
    for body in ({"state": "booked"}, {"cod_poisha": "1"}, {"recipient_postcode": "12"}, {"weight_g": 0}):
        refused(woo.api.post(f"{woo.of}/orders/1/answer", body, merchant=woo.merchant), 422)
    for body in (
        {"kind": "magento", "domain": "a.example"},
        {"kind": "shopify", "domain": "a.example", "merchant_id": "x"},
    ):
        refused(woo.api.post("/v1/shops", body, merchant=woo.merchant), 422)


def test_a_disconnected_shop_is_heard_and_not_booked(woo: Connected) -> None:
    assert woo.api.request("DELETE", woo.of, merchant=woo.merchant).status_code == 204
    assert woo.send(woo_order(), **WOO).status_code == 200
    woo.work()
    assert woo.orders() == []


def test_shopify_is_heard_and_its_customers_may_be_forgotten(shopify: Connected) -> None:
    assert shopify.send(shopify_order(), **SHOPIFY).status_code == 200
    about = {"shop_domain": "saree.myshopify.com", "customer": {"id": 1, "email": "k@example.com"}}
    ask = {**SHOPIFY, "x-shopify-topic": "customers/data_request"}
    assert shopify.send(about | {"orders_requested": [shopify_order()["id"]]}, **ask).status_code == 200
    refused(shopify.send(about, sign="", **ask), 401)
    shopify.work()
    (order,) = shopify.orders("booked")
    (asked,) = taken(shopify.api.get(f"{shopify.of}/privacy", merchant=shopify.merchant))
    assert asked["items"] == [{"number": "1001", "item_number": order["item_number"]}]
    assert "example.com" not in str(asked)


# Rates


def rates_of(shop: Connected, question: Any, sign: str | None = None) -> Any:
    return taken(shop.send(question, sign, path=f"{shop.path}/rates"))["rates"]


def test_a_checkout_is_offered_our_tariff_and_our_promise(api: Api, shopify: Connected) -> None:
    (offered,) = rates_of(shopify, rate())
    price = taken(api.post("/v1/quotes", {"weight_g": 800}))["total_poisha"]
    promise = taken(api.get("/v1/promises", params={"from": "1205", "to": "1216"}))
    assert offered["total_price"] == str(price) and offered["currency"] == "BDT"
    assert offered["min_delivery_date"].startswith(promise["promised_on"])
    assert offered["max_delivery_date"].startswith(max(promise["promised_on"], promise["sure_on"]))
    assert rates_of(shopify, rate(), sign="") == [offered]


@pytest.mark.parametrize(
    "changes",
    [
        {"country": "IN"},
        {"country": ""},
        {"postal_code": "9999", "city": "", "address1": "", "address2": ""},
        {"postal_code": "", "city": "", "address1": "", "address2": ""},
    ],
)
def test_where_we_do_not_go_there_are_no_rates(shopify: Connected, changes: dict[str, str]) -> None:
    question = rate()
    question["rate"]["destination"] |= changes
    assert rates_of(shopify, question) == []


def test_a_parcel_that_is_too_heavy_has_no_rate(shopify: Connected) -> None:
    assert rates_of(shopify, rate(items=[{"grams": 900_000, "quantity": 1, "requires_shipping": True}])) == []


def test_nobodys_checkout_and_a_closed_shops_have_no_rates(api: Api, woo: Connected, shopify: Connected) -> None:
    for of in (f"/v1/shops/{NOBODYS}", woo.of):
        answer = api.client.post(f"{of}/shopify/rates", content=sent(rate()))
        assert taken(answer) == {"rates": []}
    api.request("DELETE", shopify.of, merchant=shopify.merchant)
    assert rates_of(shopify, rate()) == []


def test_a_wrong_signature_gets_no_rates_and_nonsense_a_refusal(shopify: Connected) -> None:
    refused(shopify.send(rate(), sign="bm8=", path=f"{shopify.path}/rates"), 401)
    for body in (b"", b"{}", b"[]", b"\xff", b"[" * 50_000):
        refused(shopify.send(body, path=f"{shopify.path}/rates"), 422)
