"""A shipment: a booking and a label for each of its parcels."""

import uuid
from typing import Any

from karrio import lib
from karrio.core import models
from karrio.providers.bangladesh_post import error, units
from karrio.providers.bangladesh_post.utils import Settings, grams, poisha


def shipment_request(payload: models.ShipmentRequest, settings: Settings) -> lib.Serializable:
    """An order for each parcel, and the kind of label. The same reference is the same order, however often it is sent.

    What is collected and insured is so with the first parcel: the recipient pays once.
    """
    recipient, packages = lib.to_address(payload.recipient), lib.to_packages(payload.parcels)
    options = units.shipping_options(payload.options, packages.options)
    reference = payload.reference or payload.order_id or uuid.uuid4().hex
    lines = (recipient.address_line1, recipient.address_line2, recipient.city, recipient.postal_code)
    postcode = recipient.postal_code or ""
    orders = [
        {
            "order_ref": f"{reference}-{number}" if number > 1 else reference,
            "recipient_name": recipient.person_name or recipient.company_name or "",
            "recipient_phone": recipient.phone_number or "",
            "recipient_address": ", ".join(filter(None, lines)),
            "recipient_postcode": postcode if postcode.isdigit() and len(postcode) == 4 else "",
            "weight_g": grams(package),
            "cod_poisha": poisha(options.bangladesh_post_cod.state) if number == 1 else 0,
            "declared_value_poisha": poisha(options.bangladesh_post_declared_value.state) if number == 1 else 0,
            "description": package.parcel.description or package.parcel.content or "",
            "note": options.bangladesh_post_note.state or "",
        }
        for number, package in enumerate(packages, 1)
    ]
    label_type = (payload.label_type or settings.connection_config.label_type.state or "PDF").upper()
    return lib.Serializable((orders, "ZPL" if label_type == "ZPL" else "PDF"))


def parse_shipment_response(
    response: lib.Deserializable, settings: Settings
) -> tuple[models.ShipmentDetails | None, list[models.Message]]:
    """The shipment, its labels bundled; without one if no parcel could be booked."""
    answers = response.deserialize()
    messages = [message for answer in answers for message in error.parse_error_response(answer, settings)]
    made = [(str(number), _details(one, settings)) for number, one in enumerate(answers, 1) if "item_number" in one]
    return (lib.to_multi_piece_shipment(made) if made else None), messages


def _details(booked: dict[str, Any], settings: Settings) -> models.ShipmentDetails:
    return models.ShipmentDetails(
        carrier_id=settings.carrier_id,
        carrier_name=settings.carrier_name,
        tracking_number=booked["item_number"],
        shipment_identifier=booked["item_number"],
        label_type=booked["label_type"],
        docs=models.Documents(label=booked["label"]),
        meta={
            "order_ref": booked["order_ref"],
            "promised_on": booked["promised_on"],
            "delivery_office": booked["delivery_office"],
            "carrier_tracking_link": settings.tracking_url.format(booked["item_number"]),
        },
    )
