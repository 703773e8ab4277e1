"""News of parcels as Pathao's receivers read them: an event each, under the secret that the merchant gave.

The secret is compared as it is: no signature is made of it. An endpoint is greeted first; whatever it answers, it is
told of its parcels, because many receivers know no greeting.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from post_logistics.channels.dialects.port import Body, Dialect, ParcelNews, plain_headers
from post_logistics.consignments.order_refs import given_ref
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.texts import REASON_TEXTS
from post_logistics.units import DHAKA

_EVENT: Final[Mapping[Event, str]] = MappingProxyType(
    {
        Event.PICKUP_REQUESTED: "pickup-requested",
        Event.PICKUP_ASSIGNED: "assigned-for-pickup",
        Event.PICKUP_FAILED: "pickup-failed",
        Event.ACCEPTED: "picked",
        Event.OUT_FOR_DELIVERY: "assigned-for-delivery",
        Event.ATTEMPT_FAILED: "delivery-failed",
        Event.ON_HOLD: "on-hold",
        Event.AT_PICKUP_POINT: "on-hold",
        Event.DELIVERED_CONFIRMED: "delivered",
        Event.EXCHANGED: "exchanged",
        Event.AREA_CHANGED: "updated",
        Event.RETURN_REQUESTED: "returned",
        Event.RETURNING: "return-in-transit",
        Event.RETURNED: "returned-to-merchant",
        Event.CANCELLED: "pickup-cancelled",
        Event.LOST: "on-hold",
        Event.DAMAGED: "on-hold",
        Event.CORRECTED: "updated",
    }
)
"""Nothing for a rider's claim that the office has yet to confirm: shops take "delivered" as final."""
_FORWARD: Final = frozenset({Event.ATTEMPT_FAILED, Event.ON_HOLD})
"""Said of parcels on the way to their recipient only: of one that is going back they would be misread."""
_GOING_BACK: Final = frozenset({State.RETURN_REQUESTED, State.RETURNING, State.PARTIALLY_CLAIMED})
_WITH_FEE: Final = frozenset({"pickup-requested", "updated"})
_WITH_REASON: Final = frozenset({"delivery-failed", "on-hold", "returned"})
_RETURNS: Final = frozenset({"return-in-transit", "returned-to-merchant"})
_WITH_MONEY: Final = frozenset({"delivered", "partial-delivery", "exchanged"}) | _RETURNS


def about_parcel(news: ParcelNews) -> Body | None:
    """The event, what it is about, and what this kind of event tells besides."""
    event = _EVENT.get(news.event)
    if event is None or (news.event in _FORWARD and news.state in _GOING_BACK):
        return None
    if event == "delivered" and news.state is State.PARTIALLY_DELIVERED:
        event = "partial-delivery"
    about: dict[str, Any] = {
        "event": f"order.{event}",
        "consignment_id": news.item_number,
        "merchant_order_id": given_ref(news.order_ref),
        "store_id": news.store_id,
        "updated_at": f"{news.occurred_at.astimezone(DHAKA):%Y-%m-%d %H:%M:%S}",
        "timestamp": news.occurred_at.astimezone(UTC).isoformat(timespec="seconds"),
    }
    if event in _WITH_FEE:
        about["delivery_fee"] = (news.charge_poisha - news.cod_fee_poisha) / 100
    if event in _WITH_REASON and news.reason is not None:
        about["reason"] = REASON_TEXTS[news.reason]["en"]
    if event in _WITH_MONEY:
        about["collected_amount"] = news.collected_poisha / 100
    if event in _RETURNS:
        about |= {"return_consignment_id": news.item_number, "return_type": "return"}
    return about


def headers(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The merchant's secret, as it is."""
    return plain_headers(message_id, **{"X-PATHAO-Signature": secrets[0]})


def hello(endpoint_id: UUID, at: datetime) -> Body:
    """The greeting of a new endpoint."""
    return {"event": "webhook_integration"}


PATHAO = Dialect(about_parcel=about_parcel, headers=headers, hello=hello, greets=True)
