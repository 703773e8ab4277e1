"""Orders in Pathao's dialect: booked once, looked at one by one, followed, cancelled, listed."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from api.compat.pathao.asked import OrderIn
from api.compat.pathao.orders import STATUS
from post_logistics.consignments.booking import OrderRefused
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.tracking.lifecycle import State
from tests.api.client import Api
from tests.api.compat.pathao_shops import BASE, PathaoShop, no, ok, pathao_shop

SENT = {"store_id": 1, "recipient_name": "Rahima", "recipient_phone": "01712345678", "item_weight": 1}
SENT |= {"recipient_address": "Mirpur-10, Dhaka", "amount_to_collect": 0}


@pytest.fixture(scope="module")
def shop(api: Api) -> PathaoShop:
    return pathao_shop(api)


# Orders


def test_an_order_as_the_woocommerce_plugin_sends_it_is_booked_once(shop: PathaoShop) -> None:
    order = shop.order()
    made = ok(shop.send("POST", "/orders", order))
    assert made["order_status"] == "Pending" and made["merchant_order_id"] == order["merchant_order_id"]
    assert parse_item_number(made["consignment_id"]) == made["consignment_id"]
    assert made["delivery_fee"] == 13.38
    assert ok(shop.send("POST", "/orders", order)) == made
    other = no(shop.send("POST", "/orders", order | {"amount_to_collect": "1251"}), 422)
    assert other.keys() == {"merchant_order_id"} and made["consignment_id"] in other["merchant_order_id"][0]


def test_what_was_sent_is_what_is_kept(shop: PathaoShop) -> None:
    item = shop.booked(
        recipient_phone="+8801712345678",
        recipient_secondary_phone="০১৮১২৩৪৫৬৭৮",
        item_quantity=3,
        item_weight=0.1 + 0.2,
        item_description="শাড়ি",
        special_instruction="Call first",
        amount_to_collect=1250.0,
        unheard_of="x",
    )
    with shop.api.engine.database.transaction() as connection:
        kept = connection.execute(
            text("select * from consignments join recipients using (item_number) where item_number = :item"),
            {"item": item},
        ).one()
    assert (kept.recipient_phone, kept.weight_g, kept.cod_poisha) == ("+8801712345678", 300, 125_000)
    assert (kept.description, kept.note) == ("শাড়ি, 3 pieces", "Call first; Other phone: +8801812345678")
    assert (kept.merchant_id, kept.delivery_office) == (shop.merchant_id, "1216")


def test_bangla_digits_are_numbers(shop: PathaoShop) -> None:
    shop.booked(
        store_id=str(shop.keys["store_id"]).translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")),
        recipient_phone="০১৭১২৩৪৫৬৭৮",
        recipient_address="বাসা ৫, রোড ৩, মিরপুর-১০, ঢাকা ১২১৬",
        amount_to_collect="১২৫০",
        item_weight="০.৫",
        item_quantity="২",
    )


def test_a_chosen_zone_and_area_tell_where_a_vague_address_is(shop: PathaoShop) -> None:
    vague = {"recipient_address": "House 5, Road 3, near the mosque"}
    assert "recipient_address" in no(shop.send("POST", "/orders", shop.order(**vague, recipient_city="")), 422)
    zones = {one["zone_name"]: one["zone_id"] for one in ok(shop.send("GET", "/cities/1/zone-list"))["data"]}
    ok(shop.send("POST", "/orders", shop.order(**vague, recipient_zone=str(zones["Mirpur"]))))


def test_numbers_left_over_from_another_courier_do_no_harm(shop: PathaoShop) -> None:
    address = "House 123, Road 4, Sector 10, Uttara, Dhaka-1230, Bangladesh"
    shop.booked(recipient_address=address, recipient_city=1, recipient_zone=298, recipient_area=37)
    shop.booked(recipient_address=address, recipient_city=52, recipient_zone=1066, recipient_area=3069)


def test_without_a_reference_an_order_is_the_same_for_a_day(shop: PathaoShop) -> None:
    order = shop.order(merchant_order_id="", recipient_name="Nobody's Reference")
    first = ok(shop.send("POST", "/orders", order))
    assert first["merchant_order_id"] is None
    assert ok(shop.send("POST", "/orders", order)) == first
    assert ok(shop.send("GET", f"/orders/{first['consignment_id']}/info"))["merchant_order_id"] is None
    shop.api.at += timedelta(days=1)
    assert ok(shop.send("POST", "/orders", order))["consignment_id"] != first["consignment_id"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"store_id": ""}, {"store_id"}),
        ({"store_id": "x"}, {"store_id"}),
        ({"store_id": 10**30}, {"store_id"}),
        ({"store_id": True}, {"store_id"}),
        ({"recipient_name": ""}, {"recipient_name"}),
        ({"recipient_name": ["x"]}, {"recipient_name"}),
        ({"recipient_name": "12345"}, {"recipient_name"}),
        ({"recipient_name": "x" * 101}, {"recipient_name"}),
        ({"recipient_phone": "0171"}, {"recipient_phone"}),
        ({"recipient_secondary_phone": "0171"}, {"recipient_secondary_phone"}),
        ({"recipient_address": "Mirpur"}, {"recipient_address"}),
        ({"recipient_address": "Sadar Road, Barishal 8200"}, {"recipient_address"}),
        ({"recipient_zone": "Mirpur"}, {"recipient_zone"}),
        ({"delivery_type": 12}, {"delivery_type"}),
        ({"item_type": 3}, {"item_type"}),
        ({"item_quantity": 0}, {"item_quantity"}),
        ({"item_quantity": 1.5}, {"item_quantity"}),
        ({"item_weight": ""}, {"item_weight"}),
        ({"item_weight": 0}, {"item_weight"}),
        ({"item_weight": "-1"}, {"item_weight"}),
        ({"item_weight": "inf"}, {"item_weight"}),
        ({"item_weight": "500"}, {"item_weight"}),
        ({"amount_to_collect": ""}, {"amount_to_collect"}),
        ({"amount_to_collect": -1}, {"amount_to_collect"}),
        ({"amount_to_collect": "ten"}, {"amount_to_collect"}),
        ({"amount_to_collect": 1e300}, {"amount_to_collect"}),
        ({"amount_to_collect": 10**9}, {"amount_to_collect"}),
        ({"recipient_name": "", "recipient_phone": "1", "item_weight": 99}, {"recipient_name"}),
        ({"recipient_name": "Rahima", "recipient_phone": "1", "item_weight": 99}, {"recipient_phone", "item_weight"}),
        ({"recipient_name": "Ra\x00hima"}, {"recipient_name"}),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_what_is_wrong_is_named_with_its_field(shop: PathaoShop, changes: dict[str, Any], fields: set[str]) -> None:
    answer = shop.send("POST", "/orders", shop.order(**changes))
    assert no(answer, 422).keys() == fields
    assert answer.json()["message"] == "Please fix the given errors"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"[[[", b'{"store_id": NaN}', b"\xff"])
def test_a_body_that_is_no_order_is_refused(shop: PathaoShop, body: bytes) -> None:
    bearer = {"Authorization": f"Bearer {shop.token().json()['access_token']}", "Content-Type": "application/json"}
    for path in ("/orders", "/orders/bulk", "/merchant/price-plan", "/user/success", "/stores"):
        no(shop.api.client.post(f"{BASE}{path}", content=body, headers=bearer), 422)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)
_FIELDS = sorted(one.alias or name for name, one in OrderIn.model_fields.items())


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=4))
def test_whatever_is_sent_is_an_order_or_names_what_is_wrong(changes: dict[str, Any]) -> None:
    """By `OrderRefused` and by nothing else: that is what keeps a client's mistake from being ours."""
    try:
        order = OrderIn.understood(SENT | changes)
    except OrderRefused as refused:
        assert {one.field.split(".")[0] for one in refused.problems} <= {*_FIELDS}
        return
    assert order.weight_g > 0 and order.cod_poisha >= 0 and order.item_quantity > 0


def test_a_strangers_store_is_as_good_as_none(api: Api, shop: PathaoShop) -> None:
    theirs = pathao_shop(api).keys["store_id"]
    words = no(shop.send("POST", "/orders", shop.order(store_id=theirs)), 422)["store_id"]
    absent = no(shop.send("POST", "/orders", shop.order(store_id=999_999)), 422)["store_id"]
    assert [one.replace(str(theirs), "999999") for one in words] == absent


# Many orders


def test_many_orders_are_each_looked_at_and_the_same_again_is_the_same(shop: PathaoShop) -> None:
    good, twice = shop.order(), shop.order()
    rows = [good, shop.order(recipient_phone="1"), "no order", twice, twice, shop.order(store_id="7"), {}]
    answer = shop.send("POST", "/orders/bulk", {"orders": rows})
    assert ok(answer, 202) is True
    outcomes = answer.json()["outcomes"]
    assert [one["row"] for one in outcomes] == [1, 2, 3, 4, 5, 6, 7]
    assert [bool(one["consignment_id"]) for one in outcomes] == [True, False, False, True, False, False, False]
    assert all(bool(one["consignment_id"]) != bool(one["errors"]) for one in outcomes)
    assert outcomes[0]["merchant_order_id"] == good["merchant_order_id"]
    assert [*outcomes[1]["errors"]] == ["recipient_phone"] and [*outcomes[5]["errors"]] == ["store_id"]
    info = ok(shop.send("GET", f"/orders/{outcomes[0]['consignment_id']}/info"))
    assert info["merchant_order_id"] == good["merchant_order_id"]
    again = shop.send("POST", "/orders/bulk", {"orders": rows})
    assert again.status_code == 202
    assert [one["consignment_id"] for one in again.json()["outcomes"]][:4] == [
        one["consignment_id"] for one in outcomes
    ][:4]


def test_a_bulk_without_orders_or_with_too_many_is_refused(shop: PathaoShop) -> None:
    for body in ({}, {"orders": []}, {"orders": "x"}, {"orders": [{}] * 501}):
        assert no(shop.send("POST", "/orders/bulk", body), 422).keys() == {"orders"}


# Where an order stands


def test_an_order_is_followed_from_the_shop_to_the_door(shop: PathaoShop) -> None:
    item = shop.booked()
    info = ok(shop.send("GET", f"/orders/{item}/info"))
    assert info["order_status"] == info["order_status_slug"] == "Pending" and info["invoice_id"] is None
    assert info["updated_at"] == f"{shop.api.at:%Y-%m-%d %H:%M:%S}"
    shop.api.with_rider(item, "1216-R01")
    assert ok(shop.send("GET", f"/orders/{item}"))["order_status"] == "Assigned_for_Delivery"
    log = ok(shop.send("GET", f"/orders/{item}/01712345678/activity?archive=0"))["data"]
    assert [one["event"] for one in log] == ["booked", "accepted", "at_delivery_office", "out_for_delivery"]
    assert log[-1]["description"] == "Out for delivery." and "Rahima" not in str(log)
    assert no(shop.send("GET", f"/orders/{item}/01812345678/activity"), 404).keys() == {"phone"}
    assert no(shop.send("GET", f"/orders/{item}/nobody/activity"), 404).keys() == {"phone"}
    assert no(shop.send("POST", f"/orders/{item}/cancel", []), 422)


def test_every_state_has_a_word_of_pathao(shop: PathaoShop) -> None:
    words = (
        "Pending Pickup_Requested Assigned_for_Pickup Picked Pickup_Failed Pickup_Cancelled At_the_Sorting_HUB "
        "In_Transit Received_at_Last_Mile_HUB Assigned_for_Delivery Delivered Partial_Delivery Return Delivery_Failed "
        "On_Hold Payment_Invoice paid_return exchange Cancelled"
    )
    assert STATUS.keys() == set(State) and set(STATUS.values()) <= set(words.split())


def test_an_order_is_cancelled_until_the_post_has_it(shop: PathaoShop) -> None:
    order = shop.order()
    item = ok(shop.send("POST", "/orders", order))["consignment_id"]
    shop.api.at += timedelta(minutes=1)
    for _ in range(2):
        assert ok(shop.send("POST", f"/orders/{item}/cancel", []))["order_status"] == "Pickup_Cancelled"
    assert ok(shop.send("GET", f"/orders/{item}/info"))["order_status"] == "Pickup_Cancelled"
    again = ok(shop.send("POST", "/orders", order))
    assert (again["consignment_id"], again["order_status"]) == (item, "Pickup_Cancelled")


@pytest.mark.parametrize("way", ["GET /orders/{}", "GET /orders/{}/info", "POST /orders/{}/cancel"])
def test_a_strangers_order_is_answered_like_none(api: Api, shop: PathaoShop, way: str) -> None:
    method, path = way.split()
    theirs = pathao_shop(api).booked()
    answers = [shop.send(method, path.format(number)) for number in (theirs, "DP000000005BD", "nonsense", "D'--")]
    assert {answer.status_code for answer in answers} == {404} and len({answer.text for answer in answers}) == 1


def test_all_orders_come_forty_to_a_page_the_latest_first(api: Api) -> None:
    shop = pathao_shop(api)
    rows = [shop.order(merchant_order_id=f"N-{n:02}") for n in range(41)]
    assert ok(shop.send("POST", "/orders/bulk", {"orders": rows}), 202) is True
    shop.api.at += timedelta(minutes=1)
    last = shop.booked(merchant_order_id="LAST", item_description="Saree")
    page = ok(shop.send("GET", "/orders/all?page=1"))
    assert (page["total"], len(page["data"]), page["last_page"], page["per_page"]) == (42, 40, 2, 40)
    first = page["data"][0]
    assert first["order_consignment_id"] == last and first["merchant_order_id"] == "LAST"
    assert (first["recipient_phone"], first["order_amount"], first["order_description"]) == (
        "01712345678",
        1250,
        "Saree",
    )
    assert first["total_fee"] == pytest.approx(first["delivery_fee"] + 12.5) and first["billing_status"] == "Unpaid"
    assert first["order_created_at"] == f"{shop.api.at:%Y-%m-%d %H:%M:%S}" and first["store_name"]
    rest = ok(shop.send("GET", "/orders/all?page=2"))["data"]
    assert len(rest) == 2
    numbers = {one["order_consignment_id"] for one in [*page["data"], *rest]}
    assert len(numbers) == 42
    for nonsense in ("x", "0", "-1", "", "9" * 30):
        assert ok(shop.send("GET", f"/orders/all?page={nonsense}"))["per_page"] == 40
    assert ok(pathao_shop(api).send("GET", "/orders/all"))["data"] == []


def test_looking_at_recipients_leaves_a_trace_and_a_status_none(api: Api) -> None:
    shop = pathao_shop(api)
    item = shop.booked()
    shop.send("GET", "/orders/all")
    shop.send("GET", f"/orders/{item}/info")
    with api.engine.database.transaction() as connection:
        acts = connection.execute(
            text("select operation from audit where merchant_id = :m"), {"m": shop.merchant_id}
        ).scalars()
        assert {*acts} == {"pathao_order", "pathao_order_list"}
