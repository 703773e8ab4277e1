"""Which translation goes with which of Karrio's operations."""

from karrio import lib
from karrio.api import mapper
from karrio.core import models
from karrio.mappers.bangladesh_post.settings import Settings
from karrio.providers.bangladesh_post import rate, tracking
from karrio.providers.bangladesh_post.shipment import cancel, create


class Mapper(mapper.Mapper):
    """Karrio's words into ours, and ours into Karrio's."""

    settings: Settings

    def create_rate_request(self, payload: models.RateRequest) -> lib.Serializable:
        """What a parcel is asked about."""
        return rate.rate_request(payload, self.settings)

    def parse_rate_response(
        self, response: lib.Deserializable
    ) -> tuple[list[models.RateDetails], list[models.Message]]:
        """The rates, and what stands against them."""
        return rate.parse_rate_response(response, self.settings)

    def create_shipment_request(self, payload: models.ShipmentRequest) -> lib.Serializable:
        """The parcels of a shipment."""
        return create.shipment_request(payload, self.settings)

    def parse_shipment_response(
        self, response: lib.Deserializable
    ) -> tuple[models.ShipmentDetails | None, list[models.Message]]:
        """The shipment with its labels, or what stands against it."""
        return create.parse_shipment_response(response, self.settings)

    def create_cancel_shipment_request(self, payload: models.ShipmentCancelRequest) -> lib.Serializable:
        """Which parcels are not to be sent."""
        return cancel.shipment_cancel_request(payload, self.settings)

    def parse_cancel_shipment_response(
        self, response: lib.Deserializable
    ) -> tuple[models.ConfirmationDetails | None, list[models.Message]]:
        """Whether they are cancelled."""
        return cancel.parse_shipment_cancel_response(response, self.settings)

    def create_tracking_request(self, payload: models.TrackingRequest) -> lib.Serializable:
        """Which parcels to look for."""
        return tracking.tracking_request(payload, self.settings)

    def parse_tracking_response(
        self, response: lib.Deserializable
    ) -> tuple[list[models.TrackingDetails], list[models.Message]]:
        """Where they are."""
        return tracking.parse_tracking_response(response, self.settings)
