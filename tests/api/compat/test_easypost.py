"""Trackers as EasyPost's own client makes, reads and lists them; events as its library checks them."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from easypost.easypost_client import EasyPostClient
from easypost.errors.api.invalid_request_error import InvalidRequestError
from easypost.errors.api.not_found_error import NotFoundError
from easypost.errors.api.unauthorized_error import UnauthorizedError
from easypost.errors.general.signature_verification_error import SignatureVerificationError
from easypost.util import receive_event, validate_webhook
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.channels.dialects import DIALECTS
from post_logistics.channels.dialects.easypost import STATUS, item_of_tracker, tracker_id
from post_logistics.channels.dialects.port import ParcelNews
from post_logistics.consignments.numbers import item_number
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import ItemNumber
from tests.api.client import Api
from tests.api.compat.shops import Shop

STATUSES = {
    "unknown", "pre_transit", "in_transit", "out_for_delivery", "delivered", "available_for_pickup",
    "return_to_sender", "failure", "cancelled", "error",
}  # fmt: skip


@pytest.fixture
def client(served: str, shop: Shop) -> EasyPostClient:
    """The client, unmodified, told another address and a key of the shop."""
    return EasyPostClient(shop.keys.api_key, api_base=f"{served}/v2")


def test_a_tracker_tells_where_a_parcel_is(api: Api, shop: Shop, client: EasyPostClient) -> None:
    item = api.item(shop.merchant_id)
    made = client.tracker.create(tracking_code=item, carrier="BangladeshPost")
    assert (made.tracking_code, made.status, made.object) == (item, "pre_transit", "Tracker")
    expected_on = api.get(f"/v1/tracking/{item}").json()["expected_on"]
    assert made.est_delivery_date == f"{expected_on}T12:00:00Z" and made.signed_by is None
    assert client.tracker.create(tracking_code=item).id == made.id
    api.at += timedelta(hours=1)
    api.with_rider(item, "1216-R01")
    found = client.tracker.retrieve(made.id)
    assert found.status == "out_for_delivery"
    steps = [(one.status, one.message, one.tracking_location.zip) for one in found.tracking_details]
    assert steps == [
        ("pre_transit", "Booked; waiting to be handed to the post.", "1205"),
        ("in_transit", "Accepted by the post.", "1216"),
        ("in_transit", "Arrived at the post office.", "1216"),
        ("out_for_delivery", "Out for delivery.", "1216"),
    ]
    assert found.tracking_details[0].tracking_location.country == "BD"
    assert found.public_url.endswith(f"/v1/tracking/{item}")
    told = json.dumps(found.to_dict(), ensure_ascii=False)
    assert not any(secret in told for secret in ("1712345678", "কৃষ্ণা", "House 5"))


def test_a_code_is_understood_as_people_type_it(api: Api, shop: Shop, client: EasyPostClient) -> None:
    item = api.item(shop.merchant_id)
    assert client.tracker.create(tracking_code=f" {item[:2].lower()} {item[2:6]} {item[6:]} ").tracking_code == item
    bangla = item.translate(str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"))
    assert client.tracker.create(tracking_code=bangla).tracking_code == item


def test_trackers_are_listed_page_by_page_and_found_by_their_code(api: Api, shop: Shop, client: EasyPostClient) -> None:
    items = [api.item(shop.merchant_id, f"R-{number}") for number in range(5)]
    page = client.tracker.all(page_size=2)
    seen = [one.tracking_code for one in page["trackers"]]
    while page["has_more"]:
        page = client.tracker.get_next_page(page, page_size=2)
        seen += [one.tracking_code for one in page["trackers"]]
    assert sorted(seen) == sorted(items) and len(seen) == 5
    (found,) = client.tracker.all(tracking_code=items[3])["trackers"]
    assert found.tracking_code == items[3]


def test_a_strangers_parcel_is_answered_like_an_absent_one(api: Api, client: EasyPostClient) -> None:
    theirs = ItemNumber(api.item(api.shop()))
    absent = item_number("DP", 0)
    for code in (theirs, absent):
        with pytest.raises(NotFoundError):
            client.tracker.create(tracking_code=code)
        with pytest.raises(NotFoundError):
            client.tracker.retrieve(tracker_id(code))
        assert client.tracker.all(tracking_code=code)["trackers"] == []


def test_errors_are_said_as_the_client_reads_them(served: str, client: EasyPostClient) -> None:
    with pytest.raises(InvalidRequestError):
        client.tracker.create(tracking_code="no number")
    with pytest.raises(InvalidRequestError):
        client.tracker.create(carrier="BangladeshPost")
    for wrong in ("trk_zz", "trk_", "x", "trk_c3bc", "trk_" + "00" * 20):
        with pytest.raises(NotFoundError):
            client.tracker.retrieve(wrong)
    with pytest.raises(UnauthorizedError):
        EasyPostClient("wrong", api_base=f"{served}/v2").tracker.all()


def test_every_state_has_one_of_their_words() -> None:
    assert STATUS.keys() == set(State)
    assert set(STATUS.values()) <= STATUSES


@given(st.integers(0, 99_999_999))
def test_a_trackers_id_is_the_item_number_both_ways(serial: int) -> None:
    number = item_number("DP", serial)
    assert item_of_tracker(tracker_id(number)) == number


# Events


def news(api: Api, **changes: Any) -> ParcelNews:
    about: dict[str, Any] = {
        "item_number": item_number("DP", 7),
        "order_ref": "R-1",
        "store_id": None,
        "cod_poisha": 0,
        "charge_poisha": 0,
        "cod_fee_poisha": 0,
        "collected_poisha": 0,
        "event": Event.DELIVERED_CONFIRMED,
        "event_id": UUID(int=7),
        "occurred_at": api.at,
        "sequence": 1,
        "state": State.DELIVERED,
        "office": "1216",
        "office_en": "Mirpur",
        "office_bn": "মিরপুর",
        "reason": None,
        "attempts": 0,
        "text_en": "Delivery confirmed by the post office.",
        "text_bn": "ডাকঘর বিলি নিশ্চিত করেছে।",
    }
    return ParcelNews(**{**about, **changes})


def test_an_event_is_checked_and_read_by_their_library(api: Api) -> None:
    dialect = DIALECTS["easypost"]
    body = json.dumps(dialect.about_parcel(news(api)), ensure_ascii=False)
    sent = dialect.headers("msg_1", body, ["sécret", "old"], api.at)
    event = receive_event(json.dumps(validate_webhook(body.encode(), sent, "sécret")))
    assert (event.description, event.result.status) == ("tracker.updated", "delivered")
    assert event.result.id == tracker_id(item_number("DP", 7))
    with pytest.raises(SignatureVerificationError):
        validate_webhook(body.encode() + b" ", sent, "sécret")
    with pytest.raises(SignatureVerificationError):
        validate_webhook(body.encode(), sent, "old")


def test_an_endpoint_can_be_told_in_this_dialect(api: Api) -> None:
    asked = {"url": "https://shop.example/easypost", "dialect": "easypost", "secret": "a-token-of-the-receiver"}
    made = api.post("/v1/webhooks", asked, merchant=api.shop())
    assert made.status_code == 201 and made.json()["dialect"] == "easypost"
