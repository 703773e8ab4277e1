"""What Pathao's receivers are told: their events, their fields, the secret as it is, a greeting first."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from post_logistics.channels.dialects import DIALECTS
from post_logistics.channels.dialects.pathao import about_parcel, headers, hello
from post_logistics.channels.dialects.port import ParcelNews
from post_logistics.consignments.order_refs import made_ref
from post_logistics.tracking.lifecycle import TOLD, Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import ItemNumber

AT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
NEWS = ParcelNews(
    item_number=ItemNumber("DP473124829BD"),
    order_ref="WC-1001",
    store_id=100_001,
    cod_poisha=125_000,
    charge_poisha=4_150,
    cod_fee_poisha=1_250,
    collected_poisha=125_050,
    event=Event.OUT_FOR_DELIVERY,
    event_id=UUID(int=1),
    occurred_at=AT,
    sequence=4,
    state=State.OUT_FOR_DELIVERY,
    office="1216",
    office_en="Mirpur TSO",
    office_bn="মিরপুর টিএসও",
    reason=None,
    attempts=0,
    text_en="Out for delivery.",
    text_bn="বিলির জন্য ডাকঘর থেকে বের হয়েছে।",
)
BACK = {"collected_amount": 1250.5, "return_consignment_id": "DP473124829BD", "return_type": "return"}
COMMON = {"event", "consignment_id", "merchant_order_id", "store_id", "updated_at", "timestamp"}


def test_news_name_the_order_and_when_it_happened_by_both_clocks() -> None:
    assert about_parcel(NEWS) == {
        "event": "order.assigned-for-delivery",
        "consignment_id": "DP473124829BD",
        "merchant_order_id": "WC-1001",
        "store_id": 100_001,
        "updated_at": "2026-11-23 00:30:00",  # past midnight in Dhaka
        "timestamp": "2026-11-22T18:30:00+00:00",
    }


@pytest.mark.parametrize(
    ("event", "state", "name", "more"),
    [
        (Event.PICKUP_REQUESTED, State.PICKUP_REQUESTED, "pickup-requested", {"delivery_fee": 29.0}),
        (Event.PICKUP_ASSIGNED, State.PICKUP_ASSIGNED, "assigned-for-pickup", {}),
        (Event.PICKUP_FAILED, State.PICKUP_REQUESTED, "pickup-failed", {}),
        (Event.ACCEPTED, State.ACCEPTED, "picked", {}),
        (Event.ON_HOLD, State.ON_HOLD, "on-hold", {"reason": "No answer on the telephone"}),
        (Event.ATTEMPT_FAILED, State.ATTEMPT_FAILED, "delivery-failed", {"reason": "No answer on the telephone"}),
        (Event.AT_PICKUP_POINT, State.AT_PICKUP_POINT, "on-hold", {"reason": "No answer on the telephone"}),
        (Event.DELIVERED_CONFIRMED, State.DELIVERED, "delivered", {"collected_amount": 1250.5}),
        (Event.DELIVERED_CONFIRMED, State.PARTIALLY_DELIVERED, "partial-delivery", {"collected_amount": 1250.5}),
        (Event.EXCHANGED, State.DELIVERED_CLAIMED, "exchanged", {"collected_amount": 1250.5}),
        (Event.AREA_CHANGED, State.AT_HUB, "updated", {"delivery_fee": 29.0}),
        (Event.CORRECTED, State.AT_HUB, "updated", {"delivery_fee": 29.0}),
        (Event.RETURN_REQUESTED, State.RETURN_REQUESTED, "returned", {"reason": "No answer on the telephone"}),
        (Event.RETURNING, State.RETURNING, "return-in-transit", BACK),
        (Event.RETURNED, State.RETURNED, "returned-to-merchant", BACK),
        (Event.CANCELLED, State.CANCELLED, "pickup-cancelled", {}),
    ],
)
def test_every_event_has_its_name_and_what_goes_with_it(
    event: Event, state: State, name: str, more: dict[str, object]
) -> None:
    body = about_parcel(replace(NEWS, event=event, state=state, reason=Reason.NO_ANSWER))
    assert body is not None and body["event"] == f"order.{name}"
    told = {field: value for field, value in body.items() if field not in COMMON}
    assert told.keys() == more.keys()
    assert {**told, "reason": str(told.get("reason", "")).rstrip(".")} == {"reason": "", **more}


def test_a_claim_that_the_office_has_not_confirmed_is_not_told() -> None:
    silent = {event for event in TOLD if about_parcel(replace(NEWS, event=event)) is None}
    assert silent == {Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED}


@pytest.mark.parametrize("state", [State.RETURN_REQUESTED, State.RETURNING, State.PARTIALLY_CLAIMED])
@pytest.mark.parametrize("event", [Event.ATTEMPT_FAILED, Event.ON_HOLD])
def test_of_a_parcel_that_is_going_back_nothing_is_said_that_sounds_like_delivery(event: Event, state: State) -> None:
    assert about_parcel(replace(NEWS, event=event, state=state)) is None


def test_an_order_without_a_reference_has_none() -> None:
    body = about_parcel(replace(NEWS, order_ref=made_ref({"cod": 1}, AT.date())))
    assert body is not None and body["merchant_order_id"] is None


def test_the_current_secret_is_sent_as_it_is_and_a_new_endpoint_is_greeted() -> None:
    sent = headers("msg_1", "{}", ["new-secret", "old-secret"], AT)
    assert (sent["X-PATHAO-Signature"], sent["webhook-id"]) == ("new-secret", "msg_1")
    assert hello(UUID(int=1), AT) == {"event": "webhook_integration"}
    assert DIALECTS["pathao"].greets
