"""What a parcel costs and when it would be there."""

import datetime

from karrio import lib
from karrio.core import models
from karrio.providers.bangladesh_post import error, units
from karrio.providers.bangladesh_post.utils import Settings, grams, poisha, taka


def rate_request(payload: models.RateRequest, settings: Settings) -> lib.Serializable:
    """The question about the price and, where the postcodes are known, the one about the day."""
    packages = lib.to_packages(payload.parcels)
    options = units.shipping_options(payload.options, packages.options)
    places = {"from": payload.shipper.postal_code, "to": payload.recipient.postal_code}
    quote = {
        "weight_g": sum(map(grams, packages)),
        "cod_poisha": poisha(options.bangladesh_post_cod.state),
        "declared_value_poisha": poisha(options.bangladesh_post_declared_value.state),
    }
    return lib.Serializable({"quote": quote, "promise": places if all(places.values()) else None})


def parse_rate_response(
    response: lib.Deserializable, settings: Settings
) -> tuple[list[models.RateDetails], list[models.Message]]:
    """The one rate; none where the post does not go, with the reason."""
    answers = response.deserialize()
    messages = [message for answer in answers for message in error.parse_error_response(answer, settings)]
    if messages:
        return [], messages
    quote, *promises = answers
    day = promises[0]["promised_on"] if promises else None
    return [
        models.RateDetails(
            carrier_id=settings.carrier_id,
            carrier_name=settings.carrier_name,
            service=units.ShippingService.map(quote["service"]).name_or_key,
            currency="BDT",
            total_charge=taka(quote["total_poisha"]),
            transit_days=_days(promises[0]["booked_at"], day) if day else None,
            estimated_delivery=day,
            extra_charges=[
                models.ChargeDetails(name=line["text_en"], amount=taka(line["amount_poisha"]), currency="BDT")
                for line in quote["lines"]
            ],
            meta={"service_name": "Speed Post parcel", "tariff": quote["version"]},
        )
    ], []


def _days(booked_at: str, day: str) -> int:
    return (datetime.date.fromisoformat(day) - datetime.datetime.fromisoformat(booked_at).date()).days
