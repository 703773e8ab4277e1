"""What a dialect is given to tell, and what it must be able to say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import ItemNumber

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelNews:
    """One thing that happened to a parcel, and what its merchant may know besides: all but the recipient."""

    item_number: ItemNumber
    order_ref: str
    store_id: int | None
    """The store that it comes from; None if the shop has none open."""
    cod_poisha: int
    charge_poisha: int
    """Postage, COD fee and VAT, as it was weighed."""
    cod_fee_poisha: int
    """Of the charge, what is for the COD; its VAT is not in it."""
    collected_poisha: int
    """Taken from the recipient so far, in whatever way."""
    event: Event
    event_id: UUID
    occurred_at: datetime
    sequence: int
    """Of two news of a parcel, the higher is the later."""
    state: State
    """Where it stood when this was written."""
    office: str
    office_en: str
    office_bn: str
    reason: Reason | None
    attempts: int
    text_en: str
    text_bn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceNews:
    """That a document was delivered, or that an earlier such advice was wrong: signed, for its issuer."""

    number: int
    """Of two advices of one document, the higher is the later."""
    corrects: int | None
    """The number that was wrong."""
    item_number: ItemNumber
    application_number: str
    service: str
    delivered_at: datetime | None
    """None where an earlier advice is taken back."""
    received_by: str
    office: str
    made_at: datetime
    signed: str
    """A compact JWS that says the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How messages to an endpoint are worded and signed."""

    about_parcel: Callable[[ParcelNews], Body | None]
    """The body that tells the news; None if there is no word for it."""
    headers: Callable[[str, str, Sequence[str], datetime], dict[str, str]]
    """The headers of a message sent now: of its id, its body, and the endpoint's secrets, the current one first."""
    hello: Callable[[UUID, datetime], Body] | None = None
    """The body that tries an endpoint; None if there is none that a receiver would understand."""
    greets: bool = False
    """Whether that is said as soon as the endpoint is made."""
    about_advice: Callable[[AdviceNews], Body] | None = None
    """The body that tells an advice of delivery; None where receivers know of none."""


def plain_headers(message_id: str, **more: str) -> dict[str, str]:
    """What every message carries. The id is the same however often the message is sent."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "post-logistics-webhooks/1",
        "webhook-id": message_id,
        **more,
    }
