"""RedX's words: for where a parcel is, and for what is wrong."""

from collections.abc import Mapping
from typing import Any, Final

from api.compat.wire import Answer, problems_in
from post_logistics.tracking.lifecycle import State

STATUS: Final = {
    State.ISSUED: "pickup-pending",
    State.BOOKED: "pickup-pending",
    State.PICKUP_REQUESTED: "pickup-pending",
    State.PICKUP_ASSIGNED: "pickup-pending",
    State.CANCELLED: "cancelled",
    State.ACCEPTED: "ready-for-delivery",
    State.BAGGED: "ready-for-delivery",
    State.DISPATCHED: "ready-for-delivery",
    State.AT_HUB: "ready-for-delivery",
    State.SORTED: "ready-for-delivery",
    State.AT_DELIVERY_OFFICE: "ready-for-delivery",
    State.ASSIGNED: "ready-for-delivery",
    State.OUT_FOR_DELIVERY: "delivery-in-progress",
    State.ATTEMPT_FAILED: "agent-hold",
    State.ON_HOLD: "agent-hold",
    State.AT_PICKUP_POINT: "agent-hold",
    State.DELIVERED_CLAIMED: "delivery-in-progress",
    State.PARTIALLY_CLAIMED: "delivery-in-progress",
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "delivered",
    State.RETURN_REQUESTED: "agent-returning",
    State.RETURNING: "agent-returning",
    State.RETURNED: "returned",
    State.LOST: "agent-hold",
    State.DAMAGED: "agent-hold",
}
"""Delivered is what the office has confirmed."""

_OURS: Final = {
    "order_ref": "merchant_invoice_id",
    "recipient_name": "customer_name",
    "recipient_phone": "customer_phone",
    "recipient_address": "customer_address",
    "cod_taka": "cash_collection_amount",
    "cod_poisha": "cash_collection_amount",
    "declared_value_taka": "value",
    "declared_value_poisha": "value",
    "description": "parcel_details_json",
    "note": "instruction",
    "weight_kg": "parcel_weight",
    "weight_g": "parcel_weight",
    "store_address": "address",
    "contact_phone": "phone",
}
"""Our names for fields -> RedX's."""
_PARCEL: Final = frozenset({"item_number", "entity_id"})
_MESSAGES: Final = {401: "Unauthorized", 404: "Not found"}


def translate(problem: Mapping[str, Any]) -> Answer:
    """A problem as RedX's clients read it."""
    status = 400 if problem["status"] in {409, 422} else problem["status"]
    if problem["status"] == 422 and problem.get("field") in _PARCEL:  # a number that can be nobody's
        status = 404
    errors: dict[str, list[str]] = {}
    for ours, reason in problems_in(problem):
        errors.setdefault(_OURS.get(ours, ours), []).append(reason)
    message = _MESSAGES.get(status, problem["detail"])
    return status, {"message": message, "status_code": status, "errors": errors}
