"""News of documents as ekSheba's desk reads them: an application, its status, and in the end the advice of delivery.

ekSheba publishes no format for this; these names are our proposal to it. The signature is an HMAC-SHA-256 over the
time of sending, a full stop and the body.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from post_logistics.channels.dialects.port import AdviceNews, Body, Dialect, ParcelNews, plain_headers
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, State
from post_logistics.units import DHAKA

_AT_THE_DOOR: Final = frozenset({State.OUT_FOR_DELIVERY, State.DELIVERED_CLAIMED, State.PARTIALLY_CLAIMED})
_STATUS: Final = {
    **dict.fromkeys(State, "IN_TRANSIT"),
    **dict.fromkeys(BEFORE_ACCEPTANCE, "REGISTERED"),
    **dict.fromkeys(_AT_THE_DOOR, "OUT_FOR_DELIVERY"),
    State.ATTEMPT_FAILED: "NOT_DELIVERED_YET",
    State.ON_HOLD: "NOT_DELIVERED_YET",
    State.AT_PICKUP_POINT: "AT_OFFICE",
    State.DELIVERED: "DELIVERED",
    State.PARTIALLY_DELIVERED: "DELIVERED",
    State.CANCELLED: "CANCELLED",
    State.RETURN_REQUESTED: "RETURNING",
    State.RETURNING: "RETURNING",
    State.RETURNED: "RETURNED",
    State.LOST: "LOST",
    State.DAMAGED: "DAMAGED",
}


def about_parcel(news: ParcelNews) -> Body:
    """The status of an application."""
    return {
        "type": "status",
        "application_no": news.order_ref,
        "tracking_no": news.item_number,
        "sequence": news.sequence,
        "status": _STATUS[news.state],
        "status_en": news.text_en,
        "status_bn": news.text_bn,
        "at": news.occurred_at.astimezone(DHAKA).isoformat(timespec="seconds"),
    }


def about_advice(news: AdviceNews) -> Body:
    """The advice of delivery of an application, or that an earlier one no longer holds."""
    at = news.delivered_at
    return {
        "type": "advice" if news.corrects is None else "advice_withdrawn",
        "application_no": news.application_number,
        "tracking_no": news.item_number,
        "advice_no": news.number,
        "withdraws": news.corrects,
        "received_by": news.received_by,
        "delivered_at": at and at.astimezone(DHAKA).isoformat(timespec="seconds"),
        "advice": news.signed,
    }


def headers(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The time of sending, and the signature over it and the body."""
    sent_at = str(int(at.timestamp()))
    signature = hmac.digest(secrets[0].encode(), f"{sent_at}.{body}".encode(), "sha256").hex()
    return plain_headers(message_id, **{"X-Post-Time": sent_at, "X-Post-Signature": signature})


EKSHEBA: Final = Dialect(about_parcel=about_parcel, headers=headers, about_advice=about_advice)
