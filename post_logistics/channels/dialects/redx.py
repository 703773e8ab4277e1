"""News of parcels as RedX's receivers read them: seven statuses, in both languages.

The token is the one that the merchant's receiver compares; it is sent as it is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from post_logistics.channels.dialects.port import Body, Dialect, ParcelNews, plain_headers
from post_logistics.consignments.order_refs import given_ref
from post_logistics.tracking.lifecycle import Event, State

_STATUS: Final = {
    State.ACCEPTED: "ready-for-delivery",
    State.BAGGED: "ready-for-delivery",
    State.DISPATCHED: "ready-for-delivery",
    State.AT_HUB: "ready-for-delivery",
    State.SORTED: "ready-for-delivery",
    State.AT_DELIVERY_OFFICE: "ready-for-delivery",
    State.ASSIGNED: "ready-for-delivery",
    State.OUT_FOR_DELIVERY: "delivery-in-progress",
    State.DELIVERED_CLAIMED: "delivery-in-progress",
    State.PARTIALLY_CLAIMED: "delivery-in-progress",
    State.ATTEMPT_FAILED: "agent-hold",
    State.ON_HOLD: "agent-hold",
    State.AT_PICKUP_POINT: "agent-hold",
    State.LOST: "agent-hold",
    State.DAMAGED: "agent-hold",
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "delivered",
    State.RETURN_REQUESTED: "agent-returning",
    State.RETURNING: "agent-returning",
    State.RETURNED: "returned",
}
"""Nothing for what the post does not have: receivers know no word for it."""
_PARTLY: Final = frozenset({State.PARTIALLY_CLAIMED, State.PARTIALLY_DELIVERED})


def about_parcel(news: ParcelNews) -> Body | None:
    """The news under the status of the parcel's state."""
    status = _STATUS.get(news.state)
    if status is None:
        return None
    return {
        "tracking_number": news.item_number,
        "timestamp": news.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "status": "agent-area-change" if news.event is Event.AREA_CHANGED else status,
        "message_en": news.text_en,
        "message_bn": news.text_bn,
        "invoice_number": given_ref(news.order_ref) or news.item_number,  # receivers want one
        "delivery_type": _delivery_type(news),
    }


def _delivery_type(news: ParcelNews) -> str:
    if news.event is Event.EXCHANGED:
        return "exchange-delivery"
    return "partial-delivery" if news.state in _PARTLY else "regular"


def headers(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The merchant's token, as it is."""
    return plain_headers(message_id, **{"API-ACCESS-TOKEN": f"Bearer {secrets[0]}"})


REDX = Dialect(about_parcel=about_parcel, headers=headers)
