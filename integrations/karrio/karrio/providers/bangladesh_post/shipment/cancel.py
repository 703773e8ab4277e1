"""Cancelling before the post has the parcel."""

from karrio import lib
from karrio.core import models
from karrio.providers.bangladesh_post import error
from karrio.providers.bangladesh_post.utils import Settings


def shipment_cancel_request(payload: models.ShipmentCancelRequest, settings: Settings) -> lib.Serializable:
    """The parcels of the shipment."""
    also = payload.options.get("shipment_identifiers") or []
    return lib.Serializable(list(dict.fromkeys([payload.shipment_identifier, *also])))


def parse_shipment_cancel_response(
    response: lib.Deserializable, settings: Settings
) -> tuple[models.ConfirmationDetails | None, list[models.Message]]:
    """The confirmation, if all of them are cancelled."""
    messages = [message for one in response.deserialize() for message in error.parse_error_response(one, settings)]
    if messages:
        return None, messages
    return models.ConfirmationDetails(
        carrier_id=settings.carrier_id, carrier_name=settings.carrier_name, success=True, operation="Cancel Shipment"
    ), []
