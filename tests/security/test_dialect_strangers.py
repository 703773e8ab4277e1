"""In the dialects of other couriers, too, another shop's things are as things that are not there."""

import re
from typing import Any

import pytest
from httpx2 import Response

from tests.api.client import Api
from tests.api.compat.pathao_shops import ok, pathao_shop
from tests.api.compat.shops import Shop, open_shop

ABSENT = "DP000000005BD"


def bare(answer: Response, *named: object) -> tuple[int, str]:
    """All that the asker learns, what was asked for left out."""
    text = answer.text
    for one in named:
        text = text.replace(str(one), "…")
    return answer.status_code, re.sub(r"[A-Z]{2}\d{9}BD", "…", text)


@pytest.fixture(scope="module")
def shops(api: Api) -> tuple[Shop, Shop]:
    return open_shop(api), open_shop(api)


@pytest.fixture(scope="module")
def parcel(api: Api, shops: tuple[Shop, Shop]) -> dict[str, Any]:
    """A parcel of the first shop, and its return request."""
    owner, _ = shops
    asked = {
        "invoice": "INV-77",
        "recipient_name": "Rahima",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
        "cod_amount": 1000,
    }
    made = owner.request("POST", "/api/v1/create_order", json=asked).json()["consignment"]
    item, code = item_of(api, owner), made["tracking_code"]
    api.with_rider(item, "1216-R01")
    back = owner.request("POST", "/api/v1/create_return_request", json={"invoice": "INV-77"}).json()
    return {"item": item, "code": code, "return_id": back["id"], "cid": made["consignment_id"]}


def item_of(api: Api, shop: Shop) -> str:
    (one,) = api.get("/v1/consignments", merchant=shop.merchant_id).json()["consignments"]
    return str(one["item_number"])


@pytest.mark.parametrize(
    ("path", "real", "absent"),
    [
        ("/api/v1/status_by_trackingcode/{}", "code", "15BAEB8A0000"),
        ("/api/v1/status_by_cid/{}", "cid", "999999999"),
        ("/api/v1/status_by_invoice/{}", "INV-77", "INV-78"),
        ("/api/v1/get_return_request/{}", "return_id", "999999999"),
        ("/v1.0.0-beta/parcel/info/{}", "item", ABSENT),
        ("/v1.0.0-beta/parcel/track/{}", "item", ABSENT),
    ],
)
def test_what_is_another_shops_is_as_absent(
    shops: tuple[Shop, Shop], parcel: dict[str, Any], path: str, real: str, absent: str
) -> None:
    owner, stranger = shops
    named = parcel.get(real, real)
    theirs, nothing = (stranger.request("GET", path.format(one)) for one in (named, absent))
    assert bare(theirs, named) == bare(nothing, absent)
    assert bare(owner.request("GET", path.format(named)), named) != bare(theirs, named)


def test_what_is_another_shops_cannot_be_cancelled_or_asked_back(
    api: Api, shops: tuple[Shop, Shop], parcel: dict[str, Any]
) -> None:
    _, stranger = shops
    ask: list[tuple[str, str, Any]] = [
        ("PATCH", "/v1.0.0-beta/parcels", lambda number: {
            "entity_type": "parcel-tracking-id", "entity_id": number,
            "update_details": {"property_name": "status", "new_value": "cancelled", "reason": "x"},
        }),
        ("POST", "/api/v1/create_return_request", lambda number: {"tracking_code": number}),
    ]  # fmt: skip
    for method, path, body in ask:
        theirs, nothing = (stranger.request(method, path, json=body(one)) for one in (parcel["item"], ABSENT))
        assert bare(theirs, parcel["item"]) == bare(nothing, ABSENT), path
    assert api.get(f"/v1/items/{parcel['item']}").json()["state"] != "cancelled"


def test_stores_of_another_shop_do_not_exist(shops: tuple[Shop, Shop]) -> None:
    owner, stranger = shops
    store = owner.keys.redx["pickup_store_id"]
    theirs, nothing = (stranger.request("GET", f"/v1.0.0-beta/pickup/store/info/{one}") for one in (store, 999999))
    assert bare(theirs, store) == bare(nothing, 999999)
    assert owner.request("GET", f"/v1.0.0-beta/pickup/store/info/{store}").status_code == 200


def test_what_is_another_shops_is_as_absent_to_who_comes_from_pathao(api: Api) -> None:
    owner, stranger = pathao_shop(api), pathao_shop(api)
    item = owner.booked()
    for method, path in (
        ("GET", "/orders/{}/info"),
        ("GET", "/orders/{}"),
        ("POST", "/orders/{}/cancel"),
        ("GET", "/orders/{}/01712345678/activity"),
    ):
        theirs, nothing = (stranger.send(method, path.format(one)) for one in (item, ABSENT))
        assert bare(theirs, item) == bare(nothing, ABSENT), path
    store = owner.keys["store_id"]
    theirs, nothing = (stranger.send("GET", f"/stores/{one}") for one in (store, 999999))
    assert bare(theirs, store) == bare(nothing, 999999)
    mine, other = (stranger.send("POST", "/orders", stranger.order(store_id=one)) for one in (store, 999999))
    assert bare(mine, store) == bare(other, 999999)
    assert ok(owner.send("GET", f"/orders/{item}/info"))


def test_a_key_of_one_dialect_opens_no_other(api: Api, shops: tuple[Shop, Shop]) -> None:
    owner, stranger = shops
    mixed = {"Api-Key": owner.steadfast["Api-Key"], "Secret-Key": stranger.steadfast["Secret-Key"]}
    ours = {"Authorization": f"Bearer {owner.keys.redx['token']}"}
    theirs = {"API-ACCESS-TOKEN": f"Bearer {owner.keys.api_key}"}
    for path, headers in (("/api/v1/get_balance", mixed), ("/v1/me", ours), ("/v1.0.0-beta/pickup/stores", theirs)):
        assert api.client.get(path, headers=headers).status_code == 401


def test_red_control_the_comparison_sees_a_difference(shops: tuple[Shop, Shop], parcel: dict[str, Any]) -> None:
    owner, stranger = shops
    path = f"/v1.0.0-beta/parcel/info/{parcel['item']}"
    assert bare(owner.request("GET", path)) != bare(stranger.request("GET", path))
