"""News of parcels as Steadfast's receivers read them: five statuses, and an update for everything else.

The token is the one that the merchant's receiver compares; it is sent as it is.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from post_logistics.channels.dialects.port import Body, Dialect, ParcelNews, plain_headers
from post_logistics.consignments.order_refs import given_ref
from post_logistics.consignments.short_numbers import short_number
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import taka_number

_STATUS: Final = {
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "partial_delivered",
    State.RETURNED: "cancelled",
    State.CANCELLED: "cancelled",
    State.LOST: "unknown",
}
"""Receivers know these and ``pending``, and refuse any other: all else on the way is an update."""
_PENDING: Final = frozenset({Event.ACCEPTED, Event.CORRECTED})
"""What begins the way, and what takes an end back."""


def about_parcel(news: ParcelNews) -> Body:
    """A status where there is one; else an update."""
    about = {
        "consignment_id": short_number(news.item_number),
        "invoice": given_ref(news.order_ref) or news.item_number,  # receivers want one
        "tracking_message": news.text_en,
        "updated_at": f"{news.occurred_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
    }
    status = _STATUS.get(news.state, "pending" if news.event in _PENDING else None)
    if status is None:
        return {"notification_type": "tracking_update", **about}
    return {
        "notification_type": "delivery_status",
        **about,
        "status": status,
        "cod_amount": taka_number(news.cod_poisha),
        "delivery_charge": taka_number(news.charge_poisha),
    }


def headers(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The merchant's token, as it is."""
    return plain_headers(message_id, Authorization=f"Bearer {secrets[0]}")


STEADFAST = Dialect(about_parcel=about_parcel, headers=headers)
