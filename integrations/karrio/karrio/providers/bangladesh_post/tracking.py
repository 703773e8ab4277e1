"""Where parcels are."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from karrio import lib
from karrio.core import models
from karrio.providers.bangladesh_post import error, units
from karrio.providers.bangladesh_post.utils import Settings

_DHAKA = ZoneInfo("Asia/Dhaka")


def tracking_request(payload: models.TrackingRequest, settings: Settings) -> lib.Serializable:
    """The numbers to look for."""
    return lib.Serializable(payload.tracking_numbers)


def parse_tracking_response(
    response: lib.Deserializable, settings: Settings
) -> tuple[list[models.TrackingDetails], list[models.Message]]:
    """Where each of them is; a message for each that is not there."""
    answers = response.deserialize()
    messages = [
        message
        for number, answer in answers
        for message in error.parse_error_response(answer, settings, tracking_number=number)
    ]
    return [_details(answer, settings) for _, answer in answers if "timeline" in answer], messages


def _details(journey: dict[str, Any], settings: Settings) -> models.TrackingDetails:
    status = units.TrackingStatus.find(journey["state"]).name or "unknown"
    return models.TrackingDetails(
        carrier_id=settings.carrier_id,
        carrier_name=settings.carrier_name,
        tracking_number=journey["item_number"],
        status=status,
        delivered=status == "delivered",
        estimated_delivery=journey["promised_on"],
        events=[_event(one) for one in reversed(journey["timeline"])],
        info=models.TrackingInfo(
            carrier_tracking_link=settings.tracking_url.format(journey["item_number"]),
            order_id=journey["order_ref"],
            shipment_destination_country="BD",
        ),
    )


def _event(told: dict[str, Any]) -> models.TrackingEvent:
    """One scan: day and time as in Dhaka, the timestamp in UTC."""
    at = datetime.fromisoformat(told["at"])
    reason = units.TrackingIncidentReason.find(told.get("reason")).name
    return models.TrackingEvent(
        date=f"{at.astimezone(_DHAKA):%Y-%m-%d}",
        time=f"{at.astimezone(_DHAKA):%I:%M %p}",
        timestamp=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}",
        code=told["event"],
        status=units.TrackingEvent.find(told["event"]).name or "in_transit",
        reason=reason,
        description=" ".join(filter(None, (told["text"], told.get("reason_text")))),
        location=told["office_name"],
    )
