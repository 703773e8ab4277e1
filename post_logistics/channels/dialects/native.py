"""Our own messages, as the Standard Webhooks specification says."""

from datetime import datetime
from uuid import UUID

from post_logistics.channels.dialects.port import AdviceNews, Body, Dialect, ParcelNews
from post_logistics.channels.webhooks import headers, payload
from post_logistics.tracking.texts import STATE_TEXTS
from post_logistics.units import DHAKA


def about_parcel(news: ParcelNews) -> Body:
    """All that is known of it."""
    data = {
        "item_number": news.item_number,
        "order_ref": news.order_ref,
        "event": news.event,
        "event_id": str(news.event_id),
        "occurred_at": news.occurred_at.astimezone(DHAKA).isoformat(),
        "sequence": news.sequence,
        "state": news.state,
        "state_en": STATE_TEXTS[news.state]["en"],
        "state_bn": STATE_TEXTS[news.state]["bn"],
        "office": news.office,
        "office_en": news.office_en,
        "office_bn": news.office_bn,
        "reason": news.reason,
        "blame": news.reason and news.reason.blame,
        "attempts": news.attempts,
        "text_en": news.text_en,
        "text_bn": news.text_bn,
    }
    return payload(f"parcel.{news.event}", news.occurred_at, data)


def about_advice(news: AdviceNews) -> Body:
    """The advice, and the signed text that proves it."""
    data = {
        "number": news.number,
        "corrects": news.corrects,
        "item_number": news.item_number,
        "application_number": news.application_number,
        "service": news.service,
        "delivered_at": news.delivered_at and news.delivered_at.astimezone(DHAKA).isoformat(),
        "received_by": news.received_by,
        "office": news.office,
        "advice": news.signed,
    }
    kind = "document.delivered" if news.corrects is None else "document.corrected"
    return payload(kind, news.made_at, data)


def hello(endpoint_id: UUID, at: datetime) -> Body:
    """A message of type ``ping``."""
    return payload("ping", at, {"endpoint_id": str(endpoint_id), "text_en": "It works.", "text_bn": "সংযোগ ঠিক আছে।"})


NATIVE = Dialect(about_parcel=about_parcel, headers=headers, hello=hello, about_advice=about_advice)
