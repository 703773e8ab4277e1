"""News of parcels as EasyPost's receivers read them: an event with the tracker as it stands, signed over its bytes."""

import hmac
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from post_logistics.channels.dialects.port import Body, Dialect, ParcelNews, plain_headers
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import DHAKA, ItemNumber

CARRIER: Final = "BangladeshPost"

STATUS: Final = {
    State.ISSUED: "unknown",
    State.BOOKED: "pre_transit",
    State.PICKUP_REQUESTED: "pre_transit",
    State.PICKUP_ASSIGNED: "pre_transit",
    State.CANCELLED: "cancelled",
    State.ACCEPTED: "in_transit",
    State.BAGGED: "in_transit",
    State.DISPATCHED: "in_transit",
    State.AT_HUB: "in_transit",
    State.SORTED: "in_transit",
    State.AT_DELIVERY_OFFICE: "in_transit",
    State.ASSIGNED: "in_transit",
    State.OUT_FOR_DELIVERY: "out_for_delivery",
    State.ATTEMPT_FAILED: "in_transit",
    State.ON_HOLD: "available_for_pickup",
    State.AT_PICKUP_POINT: "available_for_pickup",
    State.DELIVERED_CLAIMED: "out_for_delivery",
    State.PARTIALLY_CLAIMED: "out_for_delivery",
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "delivered",
    State.RETURN_REQUESTED: "return_to_sender",
    State.RETURNING: "return_to_sender",
    State.RETURNED: "return_to_sender",
    State.LOST: "failure",
    State.DAMAGED: "failure",
}
"""A failed attempt is no failure, which there means the end; a delivery is one once the office has confirmed it."""

_EVENT_STATUS: Final = {
    Event.BOOKED: "pre_transit",
    Event.PICKUP_REQUESTED: "pre_transit",
    Event.PICKUP_ASSIGNED: "pre_transit",
    Event.PICKUP_FAILED: "pre_transit",
    Event.CANCELLED: "cancelled",
    Event.OUT_FOR_DELIVERY: "out_for_delivery",
    Event.DELIVERED_CLAIMED: "out_for_delivery",
    Event.PARTIALLY_DELIVERED: "out_for_delivery",
    Event.EXCHANGED: "out_for_delivery",
    Event.DELIVERED_CONFIRMED: "delivered",
    Event.ON_HOLD: "available_for_pickup",
    Event.AT_PICKUP_POINT: "available_for_pickup",
    Event.RETURN_REQUESTED: "return_to_sender",
    Event.RETURNING: "return_to_sender",
    Event.RETURNED: "return_to_sender",
    Event.LOST: "failure",
    Event.DAMAGED: "failure",
}
"""Any other event: on the way."""


def tracker_id(item_number: ItemNumber) -> str:
    """The tracker of an item: its number in another dress, so that nothing has to be remembered."""
    return f"trk_{item_number.encode().hex()}"


def item_of_tracker(text: str) -> str:
    """The item number in a tracker's id; empty if there is none."""
    try:
        return bytes.fromhex(text.removeprefix("trk_")).decode("ascii") if text.startswith("trk_") else ""
    except ValueError:
        return ""


def tracker(
    item_number: ItemNumber,
    state: State,
    details: Sequence[Body],
    *,
    created_at: datetime,
    updated_at: datetime,
    expected_on: date | None = None,
    public_url: str | None = None,
) -> dict[str, Any]:
    """The tracker of an item that stands in that state. Nobody's name is in it: ``signed_by`` is always null."""
    expected = datetime.combine(expected_on, time(18), DHAKA) if expected_on else None
    return {
        "id": tracker_id(item_number),
        "object": "Tracker",
        "mode": "production",
        "tracking_code": item_number,
        "status": STATUS[state],
        "status_detail": state.value,
        "carrier": CARRIER,
        "signed_by": None,
        "weight": None,
        "est_delivery_date": utc(expected) if expected else None,
        "shipment_id": None,
        "carrier_detail": None,
        "public_url": public_url,
        "fees": [],
        "tracking_details": list(details),
        "created_at": utc(created_at),
        "updated_at": utc(updated_at),
    }


def detail(event: Event, at: datetime, message: str, office: str, office_name: str) -> dict[str, Any]:
    """One line of a tracker's history."""
    return {
        "object": "TrackingDetail",
        "message": message,
        "description": message,
        "status": _EVENT_STATUS.get(event, "in_transit"),
        "status_detail": event.value,
        "datetime": utc(at),
        "source": CARRIER,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": office_name,
            "state": None,
            "country": "BD",
            "zip": office,
        },
    }


def utc(at: datetime) -> str:
    """An instant as EasyPost writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def about_parcel(news: ParcelNews) -> Body:
    """The event ``tracker.updated`` with what happened as the last line of the history."""
    told = detail(news.event, news.occurred_at, news.text_en, news.office, news.office_en)
    at = utc(news.occurred_at)
    return {
        "id": f"evt_{news.event_id.hex}",
        "object": "Event",
        "mode": "production",
        "description": "tracker.updated",
        "previous_attributes": {},
        "pending_urls": [],
        "completed_urls": [],
        "status": "completed",
        "created_at": at,
        "updated_at": at,
        "result": tracker(
            news.item_number, news.state, [told], created_at=news.occurred_at, updated_at=news.occurred_at
        ),
    }


def headers(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """A signature over the body by the secret in force, in the form in which EasyPost's own library checks it."""
    key = unicodedata.normalize("NFKD", secrets[0]).encode()
    digest = hmac.digest(key, body.encode(), "sha256").hex()
    return plain_headers(message_id, **{"X-Hmac-Signature": f"hmac-sha256-hex={digest}"})


EASYPOST = Dialect(about_parcel=about_parcel, headers=headers)
