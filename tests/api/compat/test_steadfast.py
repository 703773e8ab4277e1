"""Steadfast's API as its clients use it: what they send is understood, what they read is there."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from steadfast_courier import SteadfastCourier  # type: ignore[import-untyped]
from steadfast_courier.exceptions import SteadfastException  # type: ignore[import-untyped]

from api.compat.steadfast.words import STATUS, TAKEN
from post_logistics.consignments.short_numbers import item_of_short, short_code, short_number
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.lifecycle import State
from tests.api.client import Api
from tests.api.compat.shops import Shop, open_shop
from tests.operations.money.paying import confirmed, parcels

_SERIALS = iter(range(9_500_000, 9_600_000, 10))
ORDER = {
    "invoice": "WEB-1001",
    "recipient_name": "Rahima Khatun",
    "recipient_phone": "01712345678",
    "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
    "cod_amount": 1060,
    "note": "Call before coming",
}


def order(invoice: str = "WEB-1001", **changes: Any) -> dict[str, Any]:
    return ORDER | {"invoice": invoice} | changes


def booked(shop: Shop, **changes: Any) -> dict[str, Any]:
    """The consignment of an order that is taken."""
    answer = shop.request("POST", "/api/v1/create_order", json=order(**changes))
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == 200
    return dict(answer.json()["consignment"])


def refused(shop: Shop, method: str, path: str, status: int = 400, **options: Any) -> dict[str, Any]:
    """The body of a refusal, which says its status, too."""
    answer = shop.request(method, path, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    body = dict(answer.json())
    assert body["status"] == status
    assert body["message"]
    return body


def status(shop: Shop, consignment: dict[str, Any]) -> str:
    answer = shop.request("GET", f"/api/v1/status_by_cid/{consignment['consignment_id']}")
    assert answer.json()["status"] == 200
    return str(answer.json()["delivery_status"])


# Orders


def test_an_order_is_answered_with_its_consignment(shop: Shop) -> None:
    made = booked(shop)
    assert made == {
        **{name: made[name] for name in ("consignment_id", "tracking_code", "created_at", "updated_at")},
        "invoice": "WEB-1001",
        "recipient_name": "Rahima Khatun",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
        "cod_amount": 1060,
        "status": "in_review",
        "note": "Call before coming",
    }
    assert isinstance(made["consignment_id"], int)
    assert isinstance(made["cod_amount"], int)
    assert re.fullmatch("[0-9A-F]{8}", made["tracking_code"])
    assert re.fullmatch(r"2026-11-22T00:30:00\.000000Z", made["created_at"])


def test_its_numbers_are_those_of_the_item_and_the_rest_of_the_api_knows_it(shop: Shop) -> None:
    made = booked(shop)
    item = item_of_short(made["consignment_id"])
    assert made["tracking_code"] == short_code(item)
    known = shop.api.get(f"/v1/consignments/{item}", merchant=shop.merchant_id).json()
    assert (known["order_ref"], known["cod_poisha"], known["delivery_office"]) == ("WEB-1001", 106_000, "1216")


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"cod_amount": "1060"},
        {"cod_amount": 1060.0},
        {"cod_amount": "১০৬০.০০"},
        {"cod_amount": "1,060"},
        {"recipient_phone": "+8801712345678"},
        {"recipient_phone": "8801712345678"},
        {"recipient_phone": "০১৭১২৩৪৫৬৭৮"},
        {"recipient_phone": 1712345678},
        {
            "alternative_phone": "",
            "recipient_email": "",
            "item_description": None,
            "total_lot": "",
            "delivery_type": "",
        },
        {"total_lot": "১", "delivery_type": "0", "recipient_email": "a@b.example", "colour": "red"},
    ],
    ids=str,
)
def test_the_same_order_however_it_is_written_is_the_same_consignment(shop: Shop, same: dict[str, Any]) -> None:
    first = booked(shop)
    shop.api.at += timedelta(hours=3)
    assert booked(shop, **same) == first


def test_an_invoice_that_is_a_number_is_an_invoice(shop: Shop) -> None:
    assert booked(shop, invoice=1001)["invoice"] == "1001"
    assert shop.request("GET", "/api/v1/status_by_invoice/1001").json()["delivery_status"] == "in_review"


@pytest.mark.parametrize("other", [{"cod_amount": 1061}, {"recipient_phone": "01812345678"}, {"note": ""}], ids=str)
def test_another_order_under_the_same_invoice_is_refused(shop: Shop, other: dict[str, Any]) -> None:
    booked(shop)
    body = refused(shop, "POST", "/api/v1/create_order", json=order(**other))
    assert body["errors"] == {"invoice": [TAKEN]}
    assert body["message"] == "The invoice has already been taken."


def test_an_invoice_is_a_shops_own(api: Api, shop: Shop) -> None:
    assert booked(shop)["consignment_id"] != booked(open_shop(api))["consignment_id"]


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"invoice": ""}, {"invoice": ["The invoice field is required."]}),
        ({"recipient_name": None}, {"recipient_name": ["The recipient name field is required."]}),
        ({"recipient_phone": "017123"}, {"recipient_phone": ["The recipient phone must be 11 digits."]}),
        ({"alternative_phone": "123"}, {"recipient_phone": ["The recipient phone must be 11 digits."]}),
        ({"recipient_name": "x" * 101}, ["recipient_name"]),
        ({"recipient_address": "x"}, ["recipient_address"]),
        ({"cod_amount": -1}, ["cod_amount"]),
        ({"cod_amount": "a lot"}, ["cod_amount"]),
        ({"cod_amount": True}, ["cod_amount"]),
        ({"cod_amount": [1060]}, ["cod_amount"]),
        ({"cod_amount": 10**30}, ["cod_amount"]),
        ({"cod_amount": 50_001}, ["cod_amount"]),
        ({"cod_amount": "9" * 200}, ["cod_amount"]),
        ({"delivery_type": 2}, ["delivery_type"]),
        ({"total_lot": "many"}, ["total_lot"]),
        ({"recipient_name": ["Rahima"]}, ["recipient_name"]),
        ({"recipient_name": "", "recipient_phone": ""}, ["recipient_name", "recipient_phone"]),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_by_field(shop: Shop, wrong: dict[str, Any], errors: Any) -> None:
    body = refused(shop, "POST", "/api/v1/create_order", json=order(**wrong))
    assert body["errors"] == errors if isinstance(errors, dict) else list(body["errors"]) == errors
    assert all(text for texts in body["errors"].values() for text in texts)


def test_an_address_that_says_too_little_is_asked_about(shop: Shop) -> None:
    body = refused(shop, "POST", "/api/v1/create_order", json=order(recipient_address="Near the big mosque"))
    assert list(body["errors"]) == ["recipient_address"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"cod_amount": NaN}',
        b"[" * 100_000,
        b'{"invoice": "\\ud800"}',
    ],
    ids=lambda body: str(body[:12]),
)
def test_a_body_that_is_no_order_is_refused_in_the_dialect(shop: Shop, body: bytes) -> None:
    assert refused(shop, "POST", "/api/v1/create_order", content=body)["message"]


def test_an_order_may_come_as_a_form_and_with_any_charset(shop: Shop) -> None:
    first = booked(shop)
    form = shop.request("POST", "/api/v1/create_order", data={k: str(v) for k, v in ORDER.items()})
    named = {"Content-Type": "application/json; charset=UTF-8"}
    with_charset = shop.request("POST", "/api/v1/create_order", content=json.dumps(ORDER), headers=named)
    unnamed = shop.request("POST", "/api/v1/create_order", content=json.dumps(ORDER), headers={"Content-Type": ""})
    assert [one.json()["consignment"] for one in (form, with_charset, unnamed)] == [first] * 3


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_is_read_for_what_it_is_not_for_what_it_is_called(shop: Shop, kind: str) -> None:
    first, form = booked(shop), {name: str(value) for name, value in ORDER.items()}
    bodies = (json.dumps(ORDER), urlencode(form), b"\xef\xbb\xbf" + json.dumps(ORDER).encode())
    for body in bodies:
        sent = shop.request("POST", "/api/v1/create_order", content=body, headers={"Content-Type": kind})
        assert sent.json()["consignment"] == first


def test_a_form_may_come_in_parts_but_brings_no_files(shop: Shop) -> None:
    first, parts = booked(shop), {name: (None, str(value)) for name, value in ORDER.items()}
    assert shop.request("POST", "/api/v1/create_order", files=parts).json()["consignment"] == first
    refused(shop, "POST", "/api/v1/create_order", files=parts | {"note": ("note.txt", b"Call")})
    refused(shop, "POST", "/api/v1/create_order", files={f"f{n}": (None, "x") for n in range(1_001)})


def test_what_the_postman_should_know_is_on_the_order(shop: Shop) -> None:
    made = booked(shop, alternative_phone="01812345678", delivery_type=1, item_description="Saree", total_lot=3)
    item = item_of_short(made["consignment_id"])
    with shop.api.engine.database.transaction() as connection:
        kept = load_consignment(connection, item)
    assert kept.note == (
        "Call before coming; The recipient collects it at the post office; Other phone: +8801812345678"
    )
    assert kept.description == "Saree, 3 pieces"
    assert made["note"] == "Call before coming"


# Many orders


@pytest.mark.parametrize("as_text", [False, True])
def test_each_order_of_many_is_answered_on_its_own(shop: Shop, as_text: bool) -> None:
    rows: list[Any] = [
        order("B-1"),
        order("B-2", recipient_phone="12"),
        order("B-3", cod_amount="250.5", note=""),
        "nonsense",
        order("B-1", cod_amount=5),
    ]
    sent = {"data": json.dumps(rows) if as_text else rows}
    answer = shop.request("POST", "/api/v1/create_order/bulk-order", json=sent)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [row["status"] for row in told] == ["success", "error", "success", "error", "error"]
    assert [row["cod_amount"] for row in told[:3]] == ["1060.00", "1060.00", "250.50"]
    assert [row["note"] for row in told[:3]] == ["Call before coming", "Call before coming", None]
    assert told[1]["consignment_id"] is None and told[1]["tracking_code"] is None
    assert told[1]["errors"] == {"recipient_phone": ["The recipient phone must be 11 digits."]}
    assert told[4]["errors"] == {"invoice": [TAKEN]}
    again = shop.request("POST", "/api/v1/create_order/bulk-order", json={"data": rows[:1]}).json()
    assert again == told[:1]


@pytest.mark.parametrize(
    "sent", [{}, {"data": "no list"}, {"data": 5}, {"data": [{}] * 501}, []], ids=lambda s: str(s)[:20]
)
def test_what_is_no_list_of_orders_is_refused_and_an_empty_one_is_not(shop: Shop, sent: Any) -> None:
    answer = shop.request("POST", "/api/v1/create_order/bulk-order", json=sent)
    assert (answer.status_code, answer.json()) == (200, []) if sent == [] else answer.status_code == 400


# Statuses


def test_a_status_is_found_by_every_key(shop: Shop) -> None:
    made = booked(shop)
    for path in (
        f"status_by_cid/{made['consignment_id']}",
        f"status_by_invoice/{made['invoice']}",
        f"status_by_trackingcode/{made['tracking_code']}",
        f"status_by_trackingcode/{made['tracking_code'].lower()}",
    ):
        answer = shop.request("GET", f"/api/v1/{path}")
        assert (answer.status_code, answer.json()) == (200, {"status": 200, "delivery_status": "in_review"})


def test_a_strangers_consignment_is_answered_like_an_absent_one(api: Api, shop: Shop) -> None:
    made, stranger = booked(shop), open_shop(api)
    asked = [
        (f"status_by_cid/{made['consignment_id']}", "status_by_cid/1510000000"),
        (f"status_by_trackingcode/{made['tracking_code']}", "status_by_trackingcode/5A0000FF"),
        (f"status_by_invoice/{made['invoice']}", "status_by_invoice/NOBODY"),
        (f"get_return_request/{made['consignment_id']}", "get_return_request/1510000000"),
    ]
    for theirs, absent in asked:
        bodies = [refused(stranger, "GET", f"/api/v1/{path}", 404) for path in (theirs, absent)]
        assert bodies[0].keys() == bodies[1].keys()
        assert bodies[0]["status"] == bodies[1]["status"] == 404
    assert refused(stranger, "GET", f"/api/v1/{asked[0][0]}", 404)["message"] == "Consignment not found"
    back = {"consignment_id": made["consignment_id"]}
    assert refused(stranger, "POST", "/api/v1/create_return_request", 404, json=back)
    assert status(shop, made) == "in_review"


@pytest.mark.parametrize(
    "path", ["status_by_cid/99999999999", "status_by_cid/0", "status_by_trackingcode/ABC", "fraud_check/01712345678"]
)
def test_what_is_not_there_is_not_found(shop: Shop, path: str) -> None:
    refused(shop, "GET", f"/api/v1/{path}", 404)


@pytest.mark.parametrize("path", ["status_by_cid/abc", "status_by_invoice/%00", f"status_by_cid/{2**63}"])
def test_what_cannot_be_a_key_is_refused_in_the_dialect(shop: Shop, path: str) -> None:
    refused(shop, "GET", f"/api/v1/{path}")


def test_the_status_follows_the_parcel(shop: Shop) -> None:
    made = booked(shop)
    item = item_of_short(made["consignment_id"])
    shop.api.with_rider(item, "1216-R01")
    assert status(shop, made) == "pending"
    shop.api.scans(shop.api.scan(item, "attempt_failed", holder="rider:1216-R01", reason="no_answer"))
    assert status(shop, made) == "hold"


def test_every_state_has_a_word() -> None:
    known = {"pending", "delivered_approval_pending", "partial_delivered_approval_pending", "delivered", "hold"}
    known |= {"partial_delivered", "cancelled", "in_review", "unknown"}
    assert STATUS.keys() == set(State)
    assert set(STATUS.values()) == known


# Coming back


def test_a_parcel_that_the_post_does_not_have_is_cancelled_when_it_is_asked_back(shop: Shop) -> None:
    made = booked(shop)
    shop.api.at += timedelta(minutes=5)
    asked = {"invoice": made["invoice"], "reason": "Customer changed their mind"}
    first = shop.request("POST", "/api/v1/create_return_request", json=asked).json()
    assert first | {"user_id": 0} == {
        "id": made["consignment_id"],
        "user_id": 0,
        "consignment_id": made["consignment_id"],
        "reason": "Customer changed their mind",
        "status": "completed",
        "created_at": "2026-11-22T00:35:00.000000Z",
        "updated_at": "2026-11-22T00:35:00.000000Z",
    }
    assert isinstance(first["user_id"], int)
    assert status(shop, made) == "cancelled"
    shop.api.at += timedelta(minutes=5)
    again = {"consignment_id": str(made["consignment_id"])}
    assert shop.request("POST", "/api/v1/create_return_request", json=again).json() == first
    assert shop.request("GET", f"/api/v1/get_return_request/{first['id']}").json() == first
    assert shop.request("GET", "/api/v1/get_return_requests").json() == [first]
    assert booked(shop)["status"] == "cancelled"  # a cancelled order that is sent again stays so, and says so


def test_a_parcel_that_is_on_its_way_turns_round(shop: Shop) -> None:
    made = booked(shop)
    shop.api.at_the_office(item_of_short(made["consignment_id"]))
    shop.api.at += timedelta(minutes=5)
    sent = {"tracking_code": made["tracking_code"]}
    told = shop.request("POST", "/api/v1/create_return_request", json=sent).json()
    assert (told["status"], told["reason"]) == ("approved", None)
    assert status(shop, made) == "hold"


@pytest.mark.parametrize("sent", [{}, {"consignment_id": ""}, {"reason": "x"}, {"consignment_id": "x"}, []], ids=str)
def test_a_return_request_names_its_consignment(shop: Shop, sent: Any) -> None:
    refused(shop, "POST", "/api/v1/create_return_request", json=sent)


# Money


def test_payments_are_listed_with_what_they_were_for(shop: Shop) -> None:
    api, at = shop.api, shop.api.at
    with api.engine.database.transaction() as connection:
        items = parcels(connection, shop.merchant_id, [400_000], at, first=next(_SERIALS))
        merchant = load_merchant(connection, shop.merchant_id)
    assert shop.request("GET", "/api/v1/get_balance").json() == {"status": 200, "current_balance": 4000}
    with api.engine.database.transaction() as connection:
        made = settle_merchant(connection, api.engine.facts, merchant, at.date(), at, cleared=set(items), by="clerk")
        append_transfers(connection, [confirmed(made.settlement_id, shop.merchant_id, made.payout_poisha, at)])
    (listed,) = shop.request("GET", "/api/v1/payments").json()["payments"]
    assert listed["payment_id"] == made.settlement_id
    assert (listed["amount"], listed["total"]) == (4000, made.payout_poisha / 100)
    assert listed["amount"] - listed["due_bills"] - listed["charges"] == pytest.approx(listed["total"], abs=1e-9)
    assert (listed["paid_at"], listed["method"]) == ("2026-11-22 00:30:00", "bank")
    assert 0 < listed["id"] < 2**53
    for name in (listed["payment_id"], listed["id"]):
        told = shop.request("GET", f"/api/v1/payments/{name}").json()["payment"]
        (line,) = told.pop("consignments")
        assert told == listed
    assert line == {
        "consignment_id": short_number(items[0]),
        "invoice": line["invoice"],
        "tracking_code": short_code(items[0]),
        "cod_amount": 4000,
        "delivery_charge": (made.fees_taken_poisha + made.vat_taken_poisha) / 100,
        "status": "delivered",
    }
    stranger = open_shop(api)
    assert stranger.request("GET", "/api/v1/payments").json() == {"status": 200, "payments": []}
    theirs = refused(stranger, "GET", f"/api/v1/payments/{listed['payment_id']}", 404)
    assert theirs == refused(stranger, "GET", "/api/v1/payments/1", 404)
    assert theirs["message"] == "Payment not found"


# Keys


@pytest.mark.parametrize(
    "headers",
    [{}, {"Api-Key": "x"}, {"Api-Key": "x", "Secret-Key": "y"}, {"Api-Key": "\x00", "Secret-Key": ""}],
    ids=str,
)
def test_without_the_keys_nothing_is_answered_and_nobody_is_locked_out(shop: Shop, headers: dict[str, str]) -> None:
    for _ in range(12):
        answer = shop.api.client.get("/api/v1/get_balance", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"status": 401, "message": "Unauthorized access", "attempts_left": 10}
    mixed = shop.steadfast | {"Secret-Key": "wrong"}
    assert shop.api.client.get("/api/v1/get_balance", headers=mixed).status_code == 401
    assert shop.request("GET", "/api/v1/get_balance").json() == {"status": 200, "current_balance": 0}


def test_the_keys_of_one_dialect_are_none_in_another(shop: Shop) -> None:
    native = {"Authorization": f"Bearer {shop.keys.api_key}"}
    assert shop.api.client.get("/api/v1/get_balance", headers=native).status_code == 401
    redx = {"API-ACCESS-TOKEN": f"Bearer {shop.keys.steadfast['secret_key']}"}
    assert shop.api.client.get("/v1.0.0-beta/areas", headers=redx).status_code == 401


# The wire


@pytest.mark.parametrize("path", ["/api/v1/get_balance/", "//api/v1/get_balance", "/api//v1///get_balance//"])
def test_slashes_do_not_matter_and_nobody_is_sent_elsewhere(shop: Shop, path: str) -> None:
    answer = shop.request("GET", f"http://testserver{path}", content=b"[]")
    assert (answer.status_code, answer.history) == (200, [])


def test_the_rest_of_the_api_is_as_strict_as_ever(api: Api) -> None:
    assert api.get("/v1/offices/").status_code == 404
    assert api.get("/v1//offices").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path", "code"), [("GET", "nothing", 404), ("DELETE", "create_order", 405)])
def test_what_is_not_there_answers_in_the_dialect_too(shop: Shop, method: str, path: str, code: int) -> None:
    refused(shop, method, f"/api/v1/{path}", code)


def test_a_giant_body_is_refused_in_the_dialect(shop: Shop) -> None:
    refused(shop, "POST", "/api/v1/create_order", 413, content=b" " * (9 * 2**20))


# The client from the package index, through the network


@pytest.fixture
def client(shop: Shop, served: str) -> SteadfastCourier:
    return SteadfastCourier(**shop.keys.steadfast, base_url=f"{served}/api/v1")


def test_the_public_client_books_asks_and_calls_back(client: SteadfastCourier) -> None:
    made = client.order().place_order(ORDER)["consignment"]
    assert made["status"] == "in_review"
    rows = client.order().place_bulk_orders([order("P-1"), order("P-2", cod_amount=10.5)])
    assert [row["status"] for row in rows] == ["success", "success"]
    assert client.status().get_status_by_consignment_id(made["consignment_id"])["delivery_status"] == "in_review"
    assert client.status().get_status_by_invoice("P-2")["delivery_status"] == "in_review"
    assert client.status().get_status_by_tracking_code(made["tracking_code"])["delivery_status"] == "in_review"
    asked = client.return_api().create_return_request({"invoice": "P-1", "reason": "Wrong size"})
    assert client.return_api().get_return_request(asked["id"]) == asked
    assert client.return_api().get_return_requests() == [asked]
    assert client.balance().get_current_balance() == {"status": 200, "current_balance": 0}
    assert client.payment().get_payments() == {"status": 200, "payments": []}


def test_a_shop_that_presses_often_books_once(shop: Shop, served: str) -> None:
    def press(_: int) -> Any:
        return requests.post(f"{served}/api/v1/create_order", json=ORDER, headers=shop.steadfast, timeout=60)

    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(press, range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_the_public_client_lists_the_thanas(client: SteadfastCourier) -> None:
    stations = client.police_station().get_police_stations()
    assert {"id", "name", "district_id", "division_id"} == stations[0].keys()
    assert "Mirpur" in {one["name"] for one in stations}
    assert len({one["id"] for one in stations}) == len(stations)


def test_the_public_client_reads_what_is_wrong(client: SteadfastCourier, served: str) -> None:
    client.order().place_order(ORDER)
    with pytest.raises(SteadfastException) as taken:
        client.order().place_order(order(cod_amount=1))
    assert (taken.value.code, taken.value.message) == (400, TAKEN)
    assert taken.value.errors == {"invoice": [TAKEN]}
    with pytest.raises(SteadfastException) as nowhere:
        client.status().get_status_by_consignment_id(1)
    assert (nowhere.value.code, nowhere.value.message) == (404, "Consignment not found")
    with pytest.raises(SteadfastException) as stranger:
        SteadfastCourier("a", "b", base_url=f"{served}/api/v1").balance().get_current_balance()
    assert stranger.value.code == 401
    assert datetime.fromisoformat(client.order().place_order(ORDER)["consignment"]["created_at"])
