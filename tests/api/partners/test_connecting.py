"""Who may connect a partner and see what it did; and two more dialects, which are only data."""

import hmac
import json
from uuid import UUID

import pytest

from tests.api.client import refused, taken
from tests.api.pages.test_shop_pages import Browser
from tests.api.partners.world import NOBODYS, SECRET, TODAY, World

# Two more dialects, which are only data


def test_a_partner_that_nests_and_signs_is_data_alone(world: World) -> None:
    api = world.api
    made = taken(api.post("/v1/partners", {"merchant_id": world.merchant, "partner": "nested-sample"}), 201)
    deep = {
        "reference": "N-1",
        "status": {"code": "packed"},
        "to": {
            "name": "Rahima",
            "phone": "01712345678",
            "street": "House 5, Road 3, Mirpur-10",
            "district": "Dhaka 1216",
        },
        "parcel": {"grams": 1200, "lines": [{"title": "Saree"}]},
        "money": {"collect": 90_050, "settled": False},
    }
    body = json.dumps({"data": {"orders": [deep]}}).encode()
    sign = hmac.digest(made["secret"].encode(), body, "sha256").hex()
    headers = {"content-type": "application/json", "x-signature": sign}
    assert taken(api.client.post(made["push_path"], content=body, headers=headers))["orders"] == ["N-1"]
    refused(api.client.post(made["push_path"], content=body + b" ", headers=headers), 401)
    world.shop_id = UUID(made["partner_id"])
    world.work()
    parcel = world.parcel("N-1")
    assert (parcel["weight_g"], parcel["cod_poisha"], parcel["order_ref"]) == (1200, 90_050, "nested-sample-N-1")
    refused(api.post(f"/v1/partners/{made['partner_id']}/pulls", {"day": TODAY.isoformat()}), 409)


def test_a_partner_that_sends_files_is_data_alone(world: World) -> None:
    api = world.api
    made = taken(api.post("/v1/partners", {"merchant_id": world.merchant, "partner": "csv-sample"}), 201)
    sheet = "OrderNo,Consignee,Mobile,Address1,Address2,Thana,District,Kg,Collect\r\n"
    sheet += 'C-1,Rahima,01712345678,"House 5, Road 3",Mirpur-10,,Dhaka 1216,0.5,900\r\n'
    sheet += ",Karim,01812345678,House 6,Mirpur-10,,Dhaka 1216,1,0\r\n"
    answer = api.client.post(
        made["push_path"], content=sheet.encode(), headers={"content-type": "text/csv"}, auth=("sample", made["secret"])
    )
    assert taken(answer) == {"orders": ["C-1"], "unreadable": 1}
    world.shop_id = UUID(made["partner_id"])
    world.work()
    assert world.parcel("C-1")["cod_poisha"] == 90_000


# Who may


def test_connected_again_it_is_the_same_and_disconnected_it_is_not_heard(world: World) -> None:
    api, asked = world.api, {"merchant_id": world.merchant, "partner": "ekshop"}
    again = taken(api.post("/v1/partners", asked), 201)
    assert (again["partner_id"], again["secret"]) == (str(world.shop_id), SECRET)
    assert world.stands()["url"].startswith("http://127.0.0.1:"), "what is left out stays"
    assert api.request("DELETE", f"/v1/partners/{world.shop_id}").status_code == 204
    world.shop.place("EK-40", TODAY)
    assert world.shop.push("EK-40") == [200]
    world.work()
    assert world.orders() == {} and world.stands()["closed_at"]
    refused(api.post(f"/v1/partners/{world.shop_id}/pulls", {"day": TODAY.isoformat()}), 409)


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"partner": "nobody"}, 422, "partner"),
        ({"merchant_id": "nobody"}, 404, "merchant_id"),
        ({"url": "https://10.0.0.1/"}, 422, "url"),
        ({"url": "ftp://x.example/"}, 422, "url"),
        ({"secret": "short"}, 422, "secret"),
        ({"store_address": "nowhere at all"}, 422, None),
    ],
)
def test_what_cannot_be_connected_is_refused(world: World, changes: dict[str, str], status: int, field: str) -> None:
    asked = {"merchant_id": world.merchant, "partner": "ekshop"} | changes
    problem = refused(world.api.post("/v1/partners", asked), status)
    assert field is None or problem["field"] == field


def test_a_merchant_makes_no_partner_of_itself(world: World) -> None:
    asked = {"kind": "partner", "domain": "ekshop"}
    assert refused(world.api.post("/v1/shops", asked, merchant=world.merchant), 422)["field"] == "kind"


def test_the_partner_sees_its_connection_and_what_waits_on_its_own_pages(world: World) -> None:
    world.shop.place("EK-42", TODAY, udc_code="UDC-1216-01")
    world.shop.push("EK-42")
    world.work()
    page = Browser(world.api, world.merchant)
    assert "ekshop" in page.read("/shop/connections")
    told = page.read(f"/shop/connections/{world.shop_id}")
    assert world.path in told and SECRET not in told and "Shopify" not in told and "WooCommerce" not in told
    assert "takes no cash" in page.read("/shop/waiting")
    assert "টাকা নেয় না" in Browser(world.api, world.merchant, "bn").read("/shop/waiting")


def test_a_day_that_has_not_come_is_not_asked_for(world: World) -> None:
    body = {"day": "2099-01-01"}
    assert refused(world.api.post(f"/v1/partners/{world.shop_id}/pulls", body), 422)["field"] == "day"


def test_a_strangers_partner_is_answered_like_an_absent_one(world: World) -> None:
    world.booked("EK-41")
    stranger = world.api.shop()
    assert taken(world.api.get("/v1/partners", merchant=stranger))["partners"] == []
    for what in ("unreadable", "weights", "findings", "orders/EK-41/calls"):
        theirs = refused(world.api.get(f"/v1/partners/{world.shop_id}/{what}", merchant=stranger), 404)
        absent = refused(world.api.get(f"/v1/partners/{NOBODYS}/{what}", merchant=stranger), 404)
        assert str(theirs).replace(str(world.shop_id), NOBODYS) == str(absent)
