"""RedX's API as its clients use it: what they send is understood, what they read is there."""

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from redxclient import RedXAPIClient  # type: ignore[import-untyped]

from api.compat.redx.words import STATUS
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.tracking.lifecycle import State
from tests.api.client import Api
from tests.api.compat.shops import Shop, open_shop

BASE = "/v1.0.0-beta"
PARCEL = {
    "customer_name": "Rahima Khatun",
    "customer_phone": "01712345678",
    "delivery_area": "Mirpur 10",
    "delivery_area_id": 12,
    "customer_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
    "merchant_invoice_id": "WEB-1001",
    "cash_collection_amount": "1060",
    "parcel_weight": 500,
    "instruction": "",
    "value": 1000,
    "is_closed_box": False,
    "parcel_details_json": [{"name": "Saree", "category": "Clothes", "value": 1000}],
}


def parcel(**changes: Any) -> dict[str, Any]:
    return PARCEL | changes


def booked(shop: Shop, **changes: Any) -> str:
    """The tracking id of an order that is taken."""
    answer = shop.request("POST", f"{BASE}/parcel", json=parcel(**changes))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["tracking_id"])


def refused(shop: Shop, method: str, path: str, status: int = 400, **options: Any) -> dict[str, Any]:
    """The body of a refusal."""
    answer = shop.request(method, f"{BASE}/{path}", **options)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = dict(answer.json())
    assert body["message"] and body["status_code"] == status
    return body


def info(shop: Shop, tracking_id: str) -> dict[str, Any]:
    return dict(shop.request("GET", f"{BASE}/parcel/info/{tracking_id}").json()["parcel"])


# Parcels


def test_an_order_is_answered_with_its_item_number(shop: Shop) -> None:
    item = booked(shop)
    assert parse_item_number(item) == item
    told = info(shop, item)
    assert told["pickup_location"].pop("area_name")
    assert told["pickup_location"].pop("area_id") > 0
    assert told.pop("delivery_area") and told.pop("delivery_area_id") > 0
    assert told == {
        "tracking_id": item,
        "customer_name": "Rahima Khatun",
        "customer_phone": "01712345678",
        "customer_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
        "charge": 23.69,
        "cash_collection_amount": 1060,
        "parcel_weight": 500,
        "merchant_invoice_id": "WEB-1001",
        "status": "pickup-pending",
        "instruction": "",
        "created_at": "2026-11-22T00:30:00.000000Z",
        "delivery_type": "regular",
        "value": 1000,
        "pickup_location": {
            "id": shop.keys.redx["pickup_store_id"],
            "name": told["pickup_location"]["name"],
            "address": "New Market, Dhaka 1205",
        },
    }


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"cash_collection_amount": 1060},
        {"cash_collection_amount": "১০৬০.০০"},
        {"parcel_weight": "500"},
        {"parcel_weight": "৫০০.০"},
        {"delivery_area_id": "12"},
        {"customer_phone": "+8801712345678"},
        {"parcel_details_json": json.dumps(PARCEL["parcel_details_json"])},
        {"value": "1000", "type": "", "pickup_store_id": ""},
    ],
    ids=str,
)
def test_the_same_order_however_it_is_written_is_the_same_parcel(shop: Shop, same: dict[str, Any]) -> None:
    first = booked(shop)
    shop.api.at += timedelta(hours=3)
    assert booked(shop, **same) == first


@pytest.mark.parametrize("amount", ["1060.50", "1060.5", 1060.5, 1060.4999999999998, "১০৬০.৫০", "1,060.50"], ids=str)
def test_an_amount_is_collected_to_the_poisha_however_it_is_written(shop: Shop, amount: Any) -> None:
    item = booked(shop, cash_collection_amount=amount)
    assert info(shop, item)["cash_collection_amount"] == 1060.5
    assert shop.api.get(f"/v1/consignments/{item}", merchant=shop.merchant_id).json()["cod_poisha"] == 106_050


def test_another_order_under_the_same_invoice_is_refused(shop: Shop) -> None:
    booked(shop)
    assert list(refused(shop, "POST", "parcel", json=parcel(value=1001))["errors"]) == ["merchant_invoice_id"]


def test_an_order_without_an_invoice_is_one_parcel_a_day(shop: Shop) -> None:
    first = booked(shop, merchant_invoice_id="")
    assert info(shop, first)["merchant_invoice_id"] == ""
    assert booked(shop, merchant_invoice_id=None) == first
    assert booked(shop, merchant_invoice_id="", customer_phone="01812345678") != first
    shop.api.at += timedelta(days=1)
    assert booked(shop, merchant_invoice_id="") != first


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"customer_name": ""}, "customer_name"),
        ({"customer_phone": "12"}, "customer_phone"),
        ({"customer_address": "x"}, "customer_address"),
        ({"cash_collection_amount": "10.505"}, "cash_collection_amount"),
        ({"cash_collection_amount": True}, "cash_collection_amount"),
        ({"cash_collection_amount": -1}, "cash_collection_amount"),
        ({"cash_collection_amount": 1e300}, "cash_collection_amount"),
        ({"parcel_weight": 0}, "parcel_weight"),
        ({"parcel_weight": 20_001}, "parcel_weight"),
        ({"parcel_weight": "1.5"}, "parcel_weight"),
        ({"parcel_weight": None}, "parcel_weight"),
        ({"value": 100_001}, "value"),
        ({"pickup_store_id": 1}, "pickup_store_id"),
        ({"pickup_store_id": "x"}, "pickup_store_id"),
        ({"is_closed_box": "perhaps"}, "is_closed_box"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_by_field(shop: Shop, wrong: dict[str, Any], field: str) -> None:
    assert list(refused(shop, "POST", "parcel", json=parcel(**wrong))["errors"]) == [field]


def test_the_store_of_another_shop_is_none(api: Api, shop: Shop) -> None:
    theirs = open_shop(api).keys.redx["pickup_store_id"]
    assert list(refused(shop, "POST", "parcel", json=parcel(pickup_store_id=theirs))["errors"]) == ["pickup_store_id"]


def test_a_chosen_area_helps_an_address_that_says_too_little(shop: Shop) -> None:
    vague = {"customer_address": "House 12, Road 4, 2nd floor", "delivery_area": "", "delivery_area_id": ""}
    refused(shop, "POST", "parcel", json=parcel(**vague))
    (area,) = shop.request("GET", f"{BASE}/areas?name=Mirpur 10&post_code=1216").json()["areas"][:1]
    item = booked(shop, **vague | {"delivery_area_id": area["id"]})
    assert info(shop, item)["delivery_area"] == area["name"]


def test_the_timeline_is_in_both_languages(shop: Shop) -> None:
    item = booked(shop)
    shop.api.at += timedelta(hours=1)
    shop.api.with_rider(item, "1216-R01")
    told = shop.request("GET", f"{BASE}/parcel/track/{item.lower()}").json()["tracking"]
    assert next(one["message_en"] for one in told) == "Booked; waiting to be handed to the post."
    assert told[-1]["message_en"] == "Out for delivery."
    assert told[-1]["message_bn"] == "বিলির জন্য ডাকঘর থেকে বের হয়েছে।"
    assert told[-1]["time"] == "2026-11-22T01:30:00.000000Z"
    assert info(shop, item)["status"] == "delivery-in-progress"


def test_a_booking_is_cancelled_until_the_post_has_the_parcel(shop: Shop) -> None:
    first, second = booked(shop), booked(shop, merchant_invoice_id="WEB-1002")
    shop.api.at += timedelta(hours=1)

    def cancel(item: str) -> Any:
        change = {"property_name": "status", "new_value": "cancelled", "reason": "out of stock"}
        sent = {"entity_type": "parcel-tracking-id", "entity_id": item, "update_details": change}
        return shop.request("PATCH", f"{BASE}/parcels", json=sent)

    for _ in range(2):
        assert cancel(first).json() == {"success": True, "message": "Parcel cancelled successfully"}
    assert info(shop, first)["status"] == "cancelled"
    shop.api.at_the_office(second)
    assert cancel(second).status_code == 400
    assert info(shop, second)["status"] == "ready-for-delivery"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"entity_type": "store", "entity_id": "DP000000005BD", "update_details": {}},
        {"entity_type": "parcel-tracking-id", "entity_id": "x", "update_details": {"property_name": "status"}},
        {"entity_type": "parcel-tracking-id", "entity_id": "x", "update_details": "cancelled"},
    ],
    ids=str,
)
def test_nothing_else_is_changed(shop: Shop, sent: Any) -> None:
    refused(shop, "PATCH", "parcels", json=sent)


def test_a_strangers_parcel_is_answered_like_an_absent_one(api: Api, shop: Shop) -> None:
    item, stranger, absent = booked(shop), open_shop(api), "DP000000005BD"
    change = {"update_details": {"property_name": "status", "new_value": "cancelled"}}
    for method, path, sent in (
        ("GET", "parcel/info/{}", None),
        ("GET", "parcel/track/{}", None),
        ("PATCH", "parcels", {"entity_type": "parcel-tracking-id", "entity_id": "{}"} | change),
    ):
        bodies = []
        for one in (item, absent):
            body = json.loads(json.dumps(sent).replace("{}", one))
            bodies.append(refused(stranger, method, path.format(one), 404, json=body))
        assert bodies[0]["message"] == bodies[1]["message"]
        assert json.dumps(bodies[0]).replace(item, absent) == json.dumps(bodies[1])


@pytest.mark.parametrize("number", ["21A427TU4BN3R", "x", "DP000000006BD"])
def test_a_number_of_another_courier_is_not_found(shop: Shop, number: str) -> None:
    change = {"entity_type": "parcel-tracking-id", "entity_id": number}
    change |= {"update_details": {"property_name": "status", "new_value": "cancelled"}}  # type: ignore[dict-item]
    for method, path, sent in (
        ("GET", f"parcel/info/{number}", None),
        ("GET", f"parcel/track/{number}", None),
        ("PATCH", "parcels", change),
    ):
        assert refused(shop, method, path, 404, json=sent)["message"] == "Not found"


def test_a_price_is_asked_with_text_for_numbers(shop: Shop) -> None:
    asked = {"delivery_area_id": "12", "pickup_area_id": 1, "cash_collection_amount": "1,000", "weight": "১৫০০"}
    told = shop.request("GET", f"{BASE}/charge/charge_calculator", params=asked).json()
    assert told == {"deliveryCharge": 18.75, "codCharge": 10, "vat": 3.75}
    refused(shop, "GET", "charge/charge_calculator")


# Areas and stores


def test_areas_are_found_by_what_is_known_of_them(shop: Shop) -> None:
    def found(**asked: Any) -> list[dict[str, Any]]:
        return list(shop.request("GET", f"{BASE}/areas", params=asked).json()["areas"])

    everywhere = found()
    assert len({one["id"] for one in everywhere}) == len(everywhere) > 5000
    assert {one["zone_id"] for one in everywhere} == {1, 2, 3, 7}
    mirpur = found(post_code="১২১৬")
    assert mirpur and {one["post_code"] for one in mirpur} == {1216}
    assert {(one["district_name"], one["division_name"], one["zone_id"]) for one in mirpur} == {("Dhaka", "Dhaka", 1)}
    assert {one["zone_id"] for one in found(district_name="sylhet")} == {3}
    assert found(zone_id=2, district_name="Gazipur")
    assert found(name="no such place") == []


def test_a_store_is_made_once_and_seen_by_its_shop_alone(api: Api, shop: Shop) -> None:
    area = shop.request("GET", f"{BASE}/areas?post_code=1209").json()["areas"][0]
    sent = {"name": "Second store", "phone": "01812345678", "address": "House 4, Road 8, Dhanmondi, Dhaka 1209"}
    made = shop.request("POST", f"{BASE}/pickup/store", json=sent | {"area_id": str(area["id"])}).json()
    assert (made["area_id"], made["area_name"], made["phone"]) == (area["id"], area["name"], "01812345678")
    again = shop.request("POST", f"{BASE}/pickup/store", json=sent | {"area_id": area["id"]}).json()
    assert again == made
    stores = shop.request("GET", f"{BASE}/pickup/stores").json()["pickup_stores"]
    assert [one["id"] for one in stores] == [shop.keys.redx["pickup_store_id"], made["id"]]
    assert shop.request("GET", f"{BASE}/pickup/store/info/{made['id']}").json() == {"pickup_store": made}
    refused(open_shop(api), "GET", f"pickup/store/info/{made['id']}", 404)
    item = booked(shop, pickup_store_id=str(made["id"]))
    assert info(shop, item)["pickup_location"]["id"] == made["id"]


@pytest.mark.parametrize("wrong", [{"phone": "1"}, {"address": "Sreemangal, Moulvibazar"}, {"name": ""}], ids=str)
def test_a_store_that_nobody_can_pick_up_from_is_refused(shop: Shop, wrong: dict[str, Any]) -> None:
    sent = {"name": "S", "phone": "01812345678", "address": "House 4, Road 8, Dhanmondi, Dhaka 1209"} | wrong
    assert refused(shop, "POST", "pickup/store", json=sent)["errors"].keys() == wrong.keys()


# Keys and words


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer rx_nobody_nothing", "x", "\x00_\x00"])
def test_without_the_token_nothing_is_answered(shop: Shop, token: str) -> None:
    answer = shop.api.client.get(f"{BASE}/pickup/stores", headers={"API-ACCESS-TOKEN": token})
    assert answer.status_code == 401
    assert answer.json() == {"message": "Unauthorized", "status_code": 401, "errors": {}}


def test_every_state_has_a_word() -> None:
    known = {"pickup-pending", "ready-for-delivery", "delivery-in-progress", "delivered", "agent-hold"}
    assert STATUS.keys() == set(State)
    assert set(STATUS.values()) == known | {"agent-returning", "returned", "cancelled"}


# The client from the package index, through the network


@pytest.fixture
def client(shop: Shop, served: str) -> RedXAPIClient:
    return RedXAPIClient(str(shop.keys.redx["token"]), base_url=f"{served}{BASE}")


def test_the_public_client_books_looks_up_and_tracks(client: RedXAPIClient) -> None:
    areas = client.get_areas({"post_code": 1216})
    assert areas[0].post_code == 1216
    item = client.create_parcel(parcel(delivery_area_id=areas[0].id, delivery_area=areas[0].name))
    found = client.get_parcel_details(item)
    assert (found.tracking_id, found.cash_collection_amount, found.status) == (item, 1060, "pickup-pending")
    assert client.track_percel(item)[0].message_en == "Booked; waiting to be handed to the post."
    made = client.create_pickup_store(
        {"name": "Third", "phone": "01812345678", "address": "House 4, Dhanmondi, Dhaka 1209", "area_id": areas[0].id}
    )
    assert client.get_pickup_store_details(made).area_id == areas[0].id
    assert made.id in {one.id for one in client.get_pickup_stores()}


def test_the_public_client_reads_all_areas_and_learns_what_is_wrong(client: RedXAPIClient, served: str) -> None:
    assert len(client.get_areas()) > 5000
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_parcel_details("DP000000005BD")
    with pytest.raises(requests.HTTPError, match="401"):
        RedXAPIClient("nobody", base_url=f"{served}{BASE}").get_pickup_stores()
