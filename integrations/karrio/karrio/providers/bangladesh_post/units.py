"""Services, options and states, ours to Karrio's."""

import karrio.core.units as core_units
from karrio import lib


class ConnectionConfig(lib.Enum):
    """What a connection may set."""

    label_type = lib.OptionEnum("label_type", str, "PDF")


class ShippingService(lib.StrEnum):
    """What can be booked."""

    bangladesh_post_speed_post_parcel = "speed_post_parcel"


class ShippingOption(lib.Enum):
    """What a shipment may ask for."""

    bangladesh_post_note = lib.OptionEnum("note", str)

    bangladesh_post_cod = lib.OptionEnum("cod_taka", float, meta={"category": "COD"})
    bangladesh_post_declared_value = lib.OptionEnum("declared_value_taka", float, meta={"category": "INSURANCE"})

    cash_on_delivery = bangladesh_post_cod
    insurance = bangladesh_post_declared_value


def shipping_options(
    options: dict, package_options: core_units.ShippingOptions | None = None
) -> core_units.ShippingOptions:
    """Those of the options that the post knows."""
    given = {**options, **(package_options.content if package_options is not None else {})}
    return core_units.ShippingOptions(given, ShippingOption, items_filter=lambda key: key in ShippingOption)


class TrackingStatus(lib.Enum):
    """Karrio's word -> the states of a parcel."""

    pending = ("issued", "booked", "pickup_requested", "pickup_assigned")
    picked_up = ("accepted",)
    in_transit = ("bagged", "dispatched", "at_hub", "sorted", "at_delivery_office", "assigned")
    out_for_delivery = ("out_for_delivery", "delivered_claimed", "partially_claimed")
    delivery_failed = ("attempt_failed",)
    on_hold = ("on_hold", "lost", "damaged")
    ready_for_pickup = ("at_pickup_point",)
    delivered = ("delivered", "partially_delivered")
    return_to_sender = ("return_requested", "returning", "returned")
    cancelled = ("cancelled",)


class TrackingEvent(lib.Enum):
    """Karrio's word -> what happened to a parcel."""

    pending = ("booked", "pickup_requested", "pickup_assigned", "pickup_failed")
    picked_up = ("accepted",)
    out_for_delivery = ("out_for_delivery", "delivered_claimed", "partially_delivered", "exchanged")
    delivery_failed = ("attempt_failed",)
    on_hold = ("on_hold", "lost", "damaged")
    ready_for_pickup = ("at_pickup_point",)
    delivered = ("delivered_confirmed",)
    return_to_sender = ("return_requested", "returning", "returned")
    cancelled = ("cancelled",)


class TrackingIncidentReason(lib.Enum):
    """Karrio's word -> why it could not be done."""

    carrier_damaged_parcel = ("damaged_in_post",)
    carrier_sorting_error = ("missent",)
    carrier_parcel_lost = ("item_missing",)
    carrier_not_enough_time = ("out_of_time",)
    carrier_vehicle_issue = ("vehicle_breakdown",)
    retailer_incorrect_data = ("phone_wrong",)
    retailer_not_ready = ("not_ready", "merchant_closed")
    retailer_incorrect_parcel = ("not_as_ordered", "prohibited_goods")
    retailer_packaging_issue = ("badly_packed",)
    retailer_cancelled = ("recalled",)
    consignee_refused = ("refused_by_recipient", "amount_disputed", "cannot_pay")
    consignee_not_available = ("no_answer", "asked_for_later", "not_collected")
    consignee_not_home = ("recipient_absent",)
    consignee_verification_failed = ("identity_not_proved",)
    consignee_incorrect_address = ("address_incomplete", "moved_away")
