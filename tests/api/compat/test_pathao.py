"""Pathao's API as its plugins and clients use it: tokens, paths, places, stores, prices, and an unmodified client."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pathao import PathaoClient
from pathao.exceptions import APIError, AuthenticationError, NotFoundError

from api.compat.pathao.asked import OrderIn
from api.compat.pathao.stores import StoreIn
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import own_scan
from post_logistics.units import ItemNumber, Postcode
from tests.api.client import Api
from tests.api.compat.pathao_shops import BASE, PathaoShop, no, ok, pathao_shop


@pytest.fixture(scope="module")
def shop(api: Api) -> PathaoShop:
    return pathao_shop(api)


@pytest.fixture(scope="module")
def token(shop: PathaoShop) -> dict[str, str]:
    return {"Authorization": f"Bearer {shop.token().json()['access_token']}"}


# Tokens


def test_a_client_and_its_user_get_tokens_that_let_in(shop: PathaoShop) -> None:
    answer = shop.token()
    tokens = answer.json()
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert tokens.keys() == {"token_type", "expires_in", "access_token", "refresh_token"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 432_000)
    info = shop.api.client.get(f"{BASE}/user/short-info", headers={"Authorization": f"bearer {tokens['access_token']}"})
    assert ok(info)["country_id"] == 1


def test_a_refresh_token_works_once_and_for_its_own_client(api: Api, shop: PathaoShop) -> None:
    refresh = shop.token().json()["refresh_token"]
    other = pathao_shop(api)
    renewing = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert no(other.token(**renewing), 401) == {}
    again = shop.token(**renewing, username="", password="")
    assert again.status_code == 200 and again.json()["refresh_token"] != refresh
    assert no(shop.token(**renewing), 401) == {}


def test_a_plugin_signs_in_as_a_client_alone(shop: PathaoShop) -> None:
    client = {name: shop.keys[name] for name in ("client_id", "client_secret")}
    alone = client | {"grant_type": "client_credentials"}
    for path, sent in (("/external/login", client), ("/issue-token", alone)):
        tokens = shop.api.client.post(f"{BASE}{path}", json=sent).json()
        found = shop.api.client.get(f"{BASE}/stores", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        assert ok(found)["total"] == 1
        assert no(shop.api.client.post(f"{BASE}{path}", json=sent | {"client_secret": "x"}), 401) == {}


@pytest.mark.parametrize("field", ["client_id", "client_secret", "username", "password"])
def test_whatever_is_wrong_is_not_said(api: Api, shop: PathaoShop, field: str) -> None:
    other = pathao_shop(api)
    wrong = [shop.token(**{field: value}) for value in ("wrong", "ভুল", "\x00", other.keys[field])]
    assert {answer.status_code for answer in wrong} == {401}
    assert len({answer.text for answer in wrong}) == 1


def test_what_is_missing_is_named(shop: PathaoShop) -> None:
    assert no(shop.token(client_secret=""), 422).keys() == {"client_secret"}
    assert no(shop.api.client.post(f"{BASE}/issue-token", content=b"{"), 422) == {}
    assert no(shop.api.client.post(f"{BASE}/issue-token", json=[]), 422).keys() == {"body"}


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Bearer x", "Basic x", "x" * 5000, "Bearer pt_a_b"])
def test_without_a_token_nothing_is_answered(shop: PathaoShop, sent: str) -> None:
    for method, path in (("GET", "/city-list"), ("GET", "/orders/all"), ("POST", "/orders"), ("GET", "/orders/x")):
        answer = shop.api.client.request(method, f"{BASE}{path}", headers={"Authorization": sent})
        assert no(answer, 401) == {} and answer.json()["message"] == "Unauthenticated."


def test_a_token_ends_after_five_days_and_the_posts_own_key_is_none(shop: PathaoShop) -> None:
    token = {"Authorization": f"Bearer {shop.token().json()['access_token']}"}
    shop.api.at += timedelta(days=5, seconds=-1)
    ok(shop.api.client.get(f"{BASE}/stores", headers=token))
    shop.api.at += timedelta(seconds=11)
    no(shop.api.client.get(f"{BASE}/stores", headers=token), 401)
    no(shop.api.get(f"{BASE}/stores"), 401)


# Paths


@pytest.mark.parametrize(
    "path", ["//aladdin/api/v1/city-list", "/aladdin//api/v1/city-list/", "/aladdin/api/v1/city-list//"]
)
def test_slashes_lead_to_no_redirect(shop: PathaoShop, path: str) -> None:
    token = {"Authorization": f"Bearer {shop.token().json()['access_token']}"}
    assert len(ok(shop.api.client.get(f"http://testserver{path}", headers=token))["data"]) == 64


def test_what_is_not_there_is_said_in_the_dialect(shop: PathaoShop) -> None:
    assert no(shop.send("GET", "/nothing"), 404) == {}
    assert no(shop.send("DELETE", "/orders"), 405) == {}


def test_a_get_may_carry_a_body_and_needs_no_content_type(shop: PathaoShop) -> None:
    bearer = {"Authorization": f"Bearer {shop.token().json()['access_token']}"}
    for headers in (bearer, bearer | {"Content-Type": "application/json; charset=UTF-8"}):
        answer = shop.api.client.request("GET", f"{BASE}/countries/1/city-list", content=b"[]", headers=headers)
        assert ok(answer)["data"][0].keys() >= {"city_id", "city_name"}
    order = shop.order()
    sent = shop.api.client.post(f"{BASE}/orders", data=order, headers=bearer)  # as a form
    assert ok(sent)["merchant_order_id"] == order["merchant_order_id"]


# Places


def test_cities_lead_to_zones_and_zones_to_areas(shop: PathaoShop) -> None:
    cities = {one["city_name"]: one["city_id"] for one in ok(shop.send("GET", "/city-list"))["data"]}
    assert next(iter(cities)) == "Dhaka"
    assert len(cities) == 64 and (cities["Dhaka"], cities["Chattogram"]) == (1, 2)
    zones = {one["zone_name"]: one["zone_id"] for one in ok(shop.send("GET", "/cities/1/zone-list"))["data"]}
    areas = ok(shop.send("GET", f"/zones/{zones['Mirpur']}/area-list"))["data"]
    (ten,) = [one for one in areas if one["area_name"] == "Mirpur 10"]
    assert ten["home_delivery_available"] is ten["pickup_available"] is True
    far = ok(shop.send("GET", f"/zones/{_zone(shop, cities['Rangamati'])}/area-list"))["data"]
    assert {one["home_delivery_available"] for one in far} == {False}


def _zone(shop: PathaoShop, city_id: int) -> int:
    return int(ok(shop.send("GET", f"/cities/{city_id}/zone-list"))["data"][0]["zone_id"])


def test_the_whole_lists_nest_once_and_fit_together(shop: PathaoShop) -> None:
    zones, areas = ok(shop.send("GET", "/zones/list")), ok(shop.send("GET", "/areas/list"))
    assert len(zones) == 597 and len(areas) > 11_000
    assert {zone["city_id"] for zone in zones} == set(range(1, 65))
    assert {area["zone_id"] for area in areas} == {zone["id"] for zone in zones}


@pytest.mark.parametrize("path", ["/cities/99/zone-list", "/zones/298/area-list", "/zones/0/area-list"])
def test_an_unknown_place_is_not_found(shop: PathaoShop, path: str) -> None:
    no(shop.send("GET", path), 404)


# Stores


def test_a_shop_has_stores_and_adds_more_of_them(api: Api) -> None:
    shop = pathao_shop(api)
    zones = {one["zone_name"]: one["zone_id"] for one in ok(shop.send("GET", "/cities/1/zone-list"))["data"]}
    areas = ok(shop.send("GET", f"/zones/{zones['Mirpur']}/area-list"))["data"]
    area_id = next(one["area_id"] for one in areas if one["area_name"] == "Mirpur 10")
    asked = {
        "name": "Mirpur branch",
        "contact_name": "Karim Mia",
        "contact_number": "০১৭১২৩৪৫৬৭৮",
        "secondary_contact": "",
        "otp_number": "",
        "address": "Shop 3, behind the stadium",
        "city_id": "1",
        "zone_id": str(zones["Mirpur"]),
        "area_id": area_id,
    }
    made = ok(shop.send("POST", "/stores", asked))
    assert made["store_name"] == "Mirpur branch" and made["contact_number"] == "01712345678"
    assert made["store_address"] == "Shop 3, behind the stadium, Mirpur 10, Mirpur, Dhaka"
    assert (made["city_id"], made["zone_id"], made["area_id"]) == (1, zones["Mirpur"], area_id)
    assert (made["is_active"], made["is_default_store"], made["hub_id"]) == (1, False, 1216)
    assert ok(shop.send("POST", "/stores", asked)) == made
    assert ok(shop.send("GET", f"/stores/{made['store_id']}")) == made
    page = ok(shop.send("GET", "/stores?page=2&per_page=1"))
    assert page["data"] == [made]
    assert (page["total"], page["current_page"], page["per_page"], page["last_page"]) == (2, 2, 1, 2)
    assert (page["from"], page["to"], page["total_in_page"], page["next_page_url"]) == (2, 2, 1, None)
    assert page["first_page_url"].endswith(f"{BASE}/stores?page=1")
    first = ok(shop.send("GET", "/stores"))["data"][0]
    assert first["store_id"] == shop.keys["store_id"] and first["is_default_store"] is True
    assert (first["city_id"], first["hub_id"]) == (1, 1205) and first["zone_id"] == zones["New Market"]
    assert no(shop.send("POST", "/stores", asked | {"address": "House 9, Gulshan 2, Dhaka"}), 422).keys() == {"name"}
    assert no(pathao_shop(api).send("GET", f"/stores/{made['store_id']}"), 404) == no(
        shop.send("GET", "/stores/1"), 404
    ) | {"store_id": [f"no store {made['store_id']}; look at the list of your stores"]}


def test_a_store_that_nobody_could_find_or_reach_is_refused(shop: PathaoShop) -> None:
    asked = {"store_name": "Second", "contact_name": "Karim", "contact_number": "01712345678", "address": "x" * 20}
    assert no(shop.send("POST", "/stores", asked), 422).keys() == {"address"}
    assert no(shop.send("POST", "/stores", asked | {"address": "Sadar Road, Barishal 8200"}), 422).keys() == {"address"}
    assert no(shop.send("POST", "/stores", asked | {"contact_number": "12"}), 422).keys() == {"contact_number"}
    assert no(shop.send("POST", "/stores", {}), 422).keys() >= {"name", "address"}


# Prices and recipients


def test_a_price_is_what_an_order_then_costs(shop: PathaoShop) -> None:
    asked = {"store_id": str(shop.keys["store_id"]), "item_type": "2", "delivery_type": "48", "item_weight": "1.5"}
    zone = {"recipient_city": "1", "recipient_zone": "298"}
    price = ok(shop.send("POST", "/merchant/price-plan", asked | zone))
    assert (price["cod_enabled"], price["cod_percentage"], price["discount"]) == (1, 0.01, 0)
    assert isinstance(price["plan_id"], int) and price["price"] == price["final_price"]
    prepaid = ok(shop.send("POST", "/orders", shop.order(item_weight="1.5", amount_to_collect="0")))
    assert prepaid["delivery_fee"] == price["final_price"]
    assert no(shop.send("POST", "/merchant/price-plan", asked | {"item_weight": "99"}), 422).keys() == {"item_weight"}
    assert no(shop.send("POST", "/merchant/price-plan", asked | {"store_id": 7}), 422).keys() == {"store_id"}
    far = {"recipient_zone": _zone(shop, 2)}
    assert "is not served" in shop.send("POST", "/merchant/price-plan", asked | far).text


def test_a_recipient_is_known_by_the_shops_own_parcels_alone(api: Api) -> None:
    shop, other, phone = pathao_shop(api), pathao_shop(api), "01798765432"
    nothing = {"customer": {"total_delivery": 0, "successful_delivery": 0}, "success_rate": None}
    assert ok(shop.send("POST", "/user/success", {"phone": phone})) == nothing
    for one in (shop, other):
        item = one.booked(recipient_phone=phone)
        api.with_rider(item, "1216-R01")
        _deliver(api, item)
    open_one = shop.booked(recipient_phone=phone)
    api.with_rider(open_one, "1216-R01")
    known = ok(shop.send("POST", "/user/success", {"phone": "+880 1798-765432"}))
    assert known == {"customer": {"total_delivery": 1, "successful_delivery": 1}, "success_rate": 100.0}
    assert no(shop.send("POST", "/user/success", {"phone": "1"}), 422).keys() == {"phone"}


def _deliver(api: Api, item: str) -> None:
    door = {"holder": "rider:1216-R01", "collected_poisha": 125_000}
    (verdict,) = api.claims(api.scan(item, "delivered_claimed", **door))
    assert verdict["outcome"] == "accepted", verdict
    confirmed = own_scan(
        f"close:{item}",
        0,
        ItemNumber(item),
        Event.DELIVERED_CONFIRMED,
        api.at,
        office=Postcode("1216"),
        holder="recipient",
    )
    with api.engine.database.transaction() as connection:
        record_scans(connection, [confirmed])


# Whatever is sent

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
_FIELDS = [
    *OrderIn.model_fields,
    *StoreIn.model_fields,
    "amount_to_collect",
    "item_weight",
    "phone",
    "orders",
    "grant_type",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_nothing_that_is_sent_is_a_mistake_of_ours(
    shop: PathaoShop, token: dict[str, str], data: st.DataObject
) -> None:
    path = data.draw(
        st.sampled_from(["/orders", "/orders/bulk", "/stores", "/merchant/price-plan", "/user/success", "/issue-token"])
    )
    whole = {
        **shop.order(),
        **{name: shop.keys[name] for name in ("client_id", "client_secret")},
        "phone": "01712345678",
    }
    whole |= {"name": "Mirpur 2", "address": "House 1, Mirpur-2, Dhaka 1216", "orders": [shop.order()]}
    changed = whole | data.draw(st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=3))
    answer = shop.api.client.post(f"{BASE}{path}", json=changed, headers=token)
    assert answer.status_code in {200, 202, 401, 422}, answer.text
    assert answer.headers["content-type"] == "application/json" and answer.json()


# The public client


@pytest.fixture
def client(shop: PathaoShop, served: str) -> Iterator[PathaoClient]:
    """The client as it is, but for the address, for which it has no setting."""
    keys = {name: shop.keys[name] for name in ("client_id", "client_secret", "username", "password")}
    client = PathaoClient(**keys)
    client.http_client.base_url = served
    with client.http_client.session:
        yield client


def test_the_unmodified_client_gets_its_work_done(client: PathaoClient) -> None:
    dhaka = client.locations.get_city_by_name("dhaka")
    (mirpur,) = [one for one in client.locations.get_zones(dhaka.city_id).data if one.zone_name == "Mirpur"]
    area = client.locations.get_areas(mirpur.zone_id).data[0]
    assert area.home_delivery_available is True
    place = {"city_id": dhaka.city_id, "zone_id": mirpur.zone_id, "area_id": area.area_id}
    store = client.stores.create(
        store_name="Client's store",
        contact_name="Karim Mia",
        contact_number="01712345678",
        address="Shop 3, Mirpur-10, Dhaka 1216",
        **place,
    )
    assert (store.store_name, store.city_id, store.is_default_store) == ("Client's store", dhaka.city_id, False)
    assert client.stores.get(store.store_id) == store
    assert store in client.stores.list().data
    asked = {"item_type": 2, "delivery_type": 48, "item_weight": 0.5}
    recipient = {"recipient_city": dhaka.city_id, "recipient_zone": mirpur.zone_id}
    price = client.prices.calculate(store_id=store.store_id, **asked, **recipient)
    assert price.final_price == price.price > 0 and price.cod_percentage == 0.01
    order = {
        "store_id": store.store_id,
        "merchant_order_id": "CLIENT-1",
        "recipient_name": "Rahima Khatun",
        "recipient_phone": "01712345678",
        "recipient_address": "House 5, Road 3, Mirpur-10, Dhaka 1216",
        "item_quantity": 1,
        "amount_to_collect": 1250.0,
        **asked,
        **recipient,
    }
    made = client.orders.create(**order)
    assert made.order_status == "Pending" and made.delivery_fee > 0
    assert client.orders.get_info(made.consignment_id).merchant_order_id == "CLIENT-1"
    bulk = client.orders.create_bulk([order | {"merchant_order_id": f"CLIENT-{n}"} for n in (1, 2, 3)])
    assert (bulk.code, bulk.data) == (202, True)
    client.refresh_token()
    assert client.is_token_valid()
    for absent in (lambda: client.stores.get(7), lambda: client.orders.get_info("DP000000005BD")):
        with pytest.raises(NotFoundError):
            absent()
    with pytest.raises(APIError) as refused:
        client.orders.create(**order | {"recipient_phone": "01012345678", "merchant_order_id": "CLIENT-4"})
    assert refused.value.status_code == 422


def test_the_unmodified_client_is_told_that_its_keys_are_wrong(client: PathaoClient) -> None:
    client.auth_module.credentials["password"] = "wrong"
    with pytest.raises(AuthenticationError):
        client.get_access_token()
