"""Our carrier plugin in Karrio's own SDK, against a running server."""

import base64
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import karrio.core.plugins as karrio_plugins
import karrio.core.units as karrio_units
import karrio.references as karrio_references
import karrio.sdk as karrio
import pytest
from karrio.core.models import RateRequest, ShipmentCancelRequest, ShipmentRequest, TrackingRequest

from post_logistics.consignments.numbers import item_number
from post_logistics.operations.access.keys import make_merchant_keys
from post_logistics.settings import Settings
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import MerchantId
from tests.api.client import Api, running
from tests.api.compat.shops import on_a_port

karrio_plugins.add_plugin_directory(str(Path(__file__).parents[2] / "integrations"))


@pytest.fixture(scope="module")
def api(settings: Settings) -> Iterator[Api]:
    with running(settings.model_copy(update={"schema_name": "karrio"})) as api:
        yield api


@pytest.fixture(scope="module")
def url(api: Api) -> Iterator[str]:
    with on_a_port(api) as url:
        yield url


@contextmanager
def connection(api: Api, url: str, merchant: str) -> Iterator[Any]:
    with api.engine.database.transaction() as open_one:
        keys = make_merchant_keys(open_one, MerchantId(merchant), api.at, random.Random(merchant), by="test")
    yield karrio.gateway["bangladesh_post"].create(
        {"carrier_id": "bd-post", "api_key": keys.api_key, "site_url": f"{url}/"}
    )


@pytest.fixture
def merchant(api: Api) -> str:
    return api.shop()


@pytest.fixture
def gateway(api: Api, url: str, merchant: str) -> Iterator[Any]:
    with connection(api, url, merchant) as made:
        yield made


SHOP = {"company_name": "Shop", "address_line1": "New Market", "city": "Dhaka", "postal_code": "1205"}
HOME = {
    "person_name": "কৃষ্ণা ক্ষত্রী",
    "phone_number": "01712345678",
    "address_line1": "House 5, Road 3",
    "address_line2": "Mirpur-10",
    "city": "Dhaka",
    "postal_code": "1216",
    "country_code": "BD",
}
PARCEL = {"weight": 1.5, "weight_unit": "KG", "description": "Saree"}


def shipment(reference: str = "K-1", **changes: Any) -> ShipmentRequest:
    asked = {
        "service": "bangladesh_post_speed_post_parcel",
        "shipper": SHOP | {"country_code": "BD"},
        "recipient": HOME,
        "parcels": [PARCEL],
        "options": {"cash_on_delivery": 1250.5},
        "reference": reference,
    }
    return ShipmentRequest(**{**asked, **changes})


def shipped(gateway: Any, request: ShipmentRequest) -> Any:
    made, messages = karrio.Shipment.create(request).from_(gateway).parse()
    assert not messages
    return made


def test_karrio_finds_the_plugin() -> None:
    assert "bangladesh_post" in karrio.gateway.providers
    told = karrio_references.collect_references()
    assert told["services"]["bangladesh_post"] == {"bangladesh_post_speed_post_parcel": "speed_post_parcel"}
    assert {"bangladesh_post_cod", "bangladesh_post_declared_value"} <= told["options"]["bangladesh_post"].keys()
    assert {"api_key", "site_url"} <= told["connection_fields"]["bangladesh_post"].keys()
    assert "label_type" in told["connection_configs"]["bangladesh_post"]


def test_a_rate_is_our_tariff_and_our_promise(api: Api, gateway: Any) -> None:
    asked = RateRequest(
        shipper=SHOP | {"country_code": "BD"}, recipient=HOME, parcels=[PARCEL], options={"cash_on_delivery": 1250.5}
    )
    (rate,), messages = karrio.Rating.fetch(asked).from_(gateway).parse()
    price = api.post("/v1/quotes", {"weight_g": 1500, "cod_poisha": 125_050}).json()
    assert not messages and (rate.currency, rate.carrier_id) == ("BDT", "bd-post")
    assert round(rate.total_charge * 100) == price["total_poisha"]
    assert rate.service == "bangladesh_post_speed_post_parcel"
    assert sum(round(one.amount * 100) for one in rate.extra_charges) == price["total_poisha"]
    assert (rate.estimated_delivery, rate.transit_days) == ("2026-11-22", 0)


def test_where_we_do_not_go_there_is_a_message_instead_of_a_rate(gateway: Any) -> None:
    asked = RateRequest(
        shipper=SHOP | {"country_code": "BD"}, recipient=HOME | {"postal_code": "9999"}, parcels=[PARCEL]
    )
    rates, (message,) = karrio.Rating.fetch(asked).from_(gateway).parse()
    assert rates == [] and message.code and message.carrier_name == "bangladesh_post"


def test_a_shipment_is_booked_once_with_its_label(api: Api, gateway: Any, merchant: str) -> None:
    made = shipped(gateway, shipment())
    assert made.label_type == "PDF" and base64.b64decode(made.docs.label).startswith(b"%PDF")
    found = api.get(f"/v1/consignments/{made.tracking_number}", merchant=merchant).json()
    assert (found["order_ref"], found["weight_g"], found["cod_poisha"]) == ("K-1", 1500, 125_050)
    assert shipped(gateway, shipment()).tracking_number == made.tracking_number
    zpl = shipped(gateway, shipment("K-2", label_type="ZPL"))
    assert base64.b64decode(zpl.docs.label).startswith(b"^XA")


def test_a_shipment_of_two_parcels_is_two_bookings_and_is_paid_once(api: Api, gateway: Any, merchant: str) -> None:
    made = shipped(gateway, shipment("K-3", parcels=[PARCEL, PARCEL | {"weight": 400, "weight_unit": "G"}]))
    numbers = made.meta["tracking_numbers"]
    found = [api.get(f"/v1/consignments/{one}", merchant=merchant).json() for one in numbers]
    assert sorted((one["order_ref"], one["weight_g"], one["cod_poisha"]) for one in found) == [
        ("K-3", 1500, 125_050),
        ("K-3-2", 400, 0),
    ]


@pytest.mark.parametrize(
    "recipient",
    [
        HOME | {"phone_number": ""},
        HOME | {"phone_number": "12345678901234"},
        HOME | {"address_line1": "Block C, Road 3", "address_line2": None, "city": None, "postal_code": None},
    ],
)
def test_what_cannot_be_booked_is_a_message_with_a_remedy(gateway: Any, recipient: dict[str, str]) -> None:
    made, messages = karrio.Shipment.create(shipment("K-4", recipient=recipient)).from_(gateway).parse()
    assert made is None and messages[0].code and messages[0].message


def test_a_shipment_is_cancelled_until_the_post_has_it(api: Api, gateway: Any) -> None:
    made = shipped(gateway, shipment("K-5"))
    cancel = ShipmentCancelRequest(shipment_identifier=made.shipment_identifier)
    for _ in range(2):
        confirmed, messages = karrio.Shipment.cancel(cancel).from_(gateway).parse()
        assert confirmed.success and not messages
    other = shipped(gateway, shipment("K-6"))
    api.at_the_office(other.tracking_number)
    late = ShipmentCancelRequest(shipment_identifier=other.shipment_identifier)
    confirmed, (message,) = karrio.Shipment.cancel(late).from_(gateway).parse()
    assert confirmed is None and message.code == "conflict" and "return" in message.message


def test_a_parcel_is_tracked_with_times_in_utc(api: Api, gateway: Any) -> None:
    made = shipped(gateway, shipment("K-7"))
    number = made.tracking_number
    api.at += timedelta(hours=1)
    api.with_rider(number, "1216-R01")
    (details,), messages = karrio.Tracking.fetch(TrackingRequest(tracking_numbers=[number])).from_(gateway).parse()
    assert not messages
    assert (details.status, details.delivered) == ("out_for_delivery", False)
    assert [one.status for one in details.events] == ["out_for_delivery", "in_transit", "picked_up", "pending"]
    last = details.events[0]
    assert (last.date, last.time, last.timestamp) == ("2026-11-22", "07:30 AM", "2026-11-22T01:30:00.000Z")
    assert last.code == "out_for_delivery" and last.location


def test_a_strangers_parcel_is_a_message_like_an_absent_one(api: Api, gateway: Any) -> None:
    theirs = api.item(api.shop())
    asked = TrackingRequest(tracking_numbers=[theirs, item_number("DP", 0)])
    details, messages = karrio.Tracking.fetch(asked).from_(gateway).parse()
    assert details == []
    assert [one.code for one in messages] == ["not-found", "not-found"]


def test_a_wrong_key_is_a_message(api: Api, url: str) -> None:
    stranger = karrio.gateway["bangladesh_post"].create({"carrier_id": "x", "api_key": "wrong", "site_url": url})
    made, (message,) = karrio.Shipment.create(shipment()).from_(stranger).parse()
    assert made is None and message.code == "unauthorized"


def test_every_state_event_and_reason_has_one_of_karrios_words() -> None:
    from karrio.providers.bangladesh_post import units

    states = [state for words in units.TrackingStatus for state in words.value]
    assert sorted(states) == sorted(state.value for state in State)
    assert {event for words in units.TrackingEvent for event in words.value} <= {event.value for event in Event}
    assert {why for words in units.TrackingIncidentReason for why in words.value} <= {why.value for why in Reason}
    known = set(karrio_units.TrackingStatus.__members__)
    assert {one.name for one in (*units.TrackingStatus, *units.TrackingEvent)} <= known
    assert {one.name for one in units.TrackingIncidentReason} <= set(karrio_units.TrackingIncidentReason.__members__)
