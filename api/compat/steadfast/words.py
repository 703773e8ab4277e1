"""Steadfast's words: for where a consignment stands, for what has come of a return, for what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.compat.wire import Answer, problems_in
from post_logistics.tracking.lifecycle import State

ATTEMPTS_LEFT: Final = 10
"""Clients show it. Here nobody is locked out by wrong keys, so it never falls."""

STATUS: Final = {
    State.ISSUED: "in_review",
    State.BOOKED: "in_review",
    State.PICKUP_REQUESTED: "pending",
    State.PICKUP_ASSIGNED: "pending",
    State.CANCELLED: "cancelled",
    State.ACCEPTED: "pending",
    State.BAGGED: "pending",
    State.DISPATCHED: "pending",
    State.AT_HUB: "pending",
    State.SORTED: "pending",
    State.AT_DELIVERY_OFFICE: "pending",
    State.ASSIGNED: "pending",
    State.OUT_FOR_DELIVERY: "pending",
    State.ATTEMPT_FAILED: "hold",
    State.ON_HOLD: "hold",
    State.AT_PICKUP_POINT: "hold",
    State.DELIVERED_CLAIMED: "delivered_approval_pending",
    State.PARTIALLY_CLAIMED: "partial_delivered_approval_pending",
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "partial_delivered",
    State.RETURN_REQUESTED: "hold",
    State.RETURNING: "hold",
    State.RETURNED: "cancelled",
    State.LOST: "unknown",
    State.DAMAGED: "hold",
}
"""What is claimed at the door waits for the office's approval."""

_RETURN_STATUS: Final = {
    State.CANCELLED: "completed",
    State.RETURN_REQUESTED: "approved",
    State.RETURNING: "processing",
    State.LOST: "processing",
    State.RETURNED: "completed",
}


def return_status(state: State) -> str:
    """What has come of a request to send it back; in any other state somebody has decided against it."""
    return _RETURN_STATUS.get(state, "cancelled")


# What is wrong

_OURS: Final = {
    "order_ref": "invoice",
    "cod_taka": "cod_amount",
    "description": "item_description",
}
"""Our names for fields of an order -> Steadfast's."""
_PHONE: Final = "recipient_phone"
_CONSIGNMENT: Final = frozenset({"item_number", "consignment_id", "tracking_code", "invoice"})
TAKEN: Final = "The invoice has already been taken."


def errors_of(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Field -> sentences, of fields by our names and what is wrong with them."""
    errors: dict[str, list[str]] = {}
    for ours, reason in found:
        field = _OURS.get(ours, ours)
        words = field.replace("_", " ")
        if reason == "is missing":
            text = f"The {words} field is required."
        elif field == _PHONE:
            text = f"The {words} must be 11 digits."
        else:
            text = f"{reason[:1].upper()}{reason[1:]}."
        errors.setdefault(field, []).append(text)
    return errors


def translate(problem: Mapping[str, Any]) -> Answer:
    """A problem as Steadfast's clients read it: the status in the body, too, and what is wrong by field."""
    status, detail, field = problem["status"], problem["detail"], problem.get("field")
    if status == 401:
        return 401, {"status": 401, "message": "Unauthorized access", "attempts_left": ATTEMPTS_LEFT}
    if status == 404:
        return 404, {"status": 404, "message": "Consignment not found" if field in _CONSIGNMENT else detail}
    if status not in {400, 409, 422}:
        return status, {"status": status, "message": detail}
    taken = status == 409 and field == "order_ref"
    errors = {"invoice": [TAKEN]} if taken else errors_of(problems_in(problem))
    first = next((text for texts in errors.values() for text in texts), detail)
    return 400, {"status": 400, "message": first, "errors": errors}
