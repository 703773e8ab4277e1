"""News of papers as a municipality's desk reads them: an application, its status, how it was served, the fee taken.

The digital municipality service publishes no format for this; these names are our proposal to it. Messages are signed
as those to ekSheba's desk.
"""

from typing import Final

from post_logistics.channels.dialects.eksheba import headers
from post_logistics.channels.dialects.port import AdviceNews, Body, Dialect, ParcelNews
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, State
from post_logistics.units import DHAKA

_STATUS: Final = {
    **dict.fromkeys(State, "on_the_way"),
    **dict.fromkeys(BEFORE_ACCEPTANCE, "listed"),
    State.ATTEMPT_FAILED: "tried",
    State.ON_HOLD: "tried",
    State.DELIVERED_CLAIMED: "served_unconfirmed",
    State.PARTIALLY_CLAIMED: "served_unconfirmed",
    State.DELIVERED: "served",
    State.PARTIALLY_DELIVERED: "served",
    State.CANCELLED: "withdrawn",
    State.RETURNED: "returned",
    State.LOST: "lost",
}


def about_parcel(news: ParcelNews) -> Body:
    """The status of an application, and the fee taken for it so far."""
    return {
        "type": "status",
        "application_number": news.order_ref,
        "item_number": news.item_number,
        "sequence": news.sequence,
        "status": _STATUS[news.state],
        "text_en": news.text_en,
        "text_bn": news.text_bn,
        "fee_due_poisha": news.cod_poisha,
        "fee_taken_poisha": news.collected_poisha,
        "at": news.occurred_at.astimezone(DHAKA).isoformat(timespec="seconds"),
    }


def about_advice(news: AdviceNews) -> Body:
    """How an application was served, signed; or that an earlier such message no longer holds."""
    at = news.delivered_at
    return {
        "type": "proof_of_service" if news.corrects is None else "proof_of_service_withdrawn",
        "application_number": news.application_number,
        "item_number": news.item_number,
        "proof_number": news.number,
        "withdraws": news.corrects,
        "served_to": news.received_by,
        "served_at": at and at.astimezone(DHAKA).isoformat(timespec="seconds"),
        "proof": news.signed,
    }


MUNICIPAL: Final = Dialect(about_parcel=about_parcel, headers=headers, about_advice=about_advice)
