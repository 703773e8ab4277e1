"""What shops have asked back: each parcel at most once, with what has come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import journeys, return_requests
from post_logistics.tracking.lifecycle import State
from post_logistics.units import ItemNumber, MerchantId

MOST = 1000
"""Of a shop's requests that are listed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequest:
    """That a shop asked for a parcel back. ``reason``: in its own words; empty if it gave none."""

    item_number: ItemNumber
    merchant_id: MerchantId
    reason: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnProgress:
    """A request, and where its parcel stands since when."""

    item_number: ItemNumber
    reason: str
    asked_at: datetime
    state: State
    since: datetime


def append_return_request(connection: Connection, request: ReturnRequest) -> None:
    """Keeps the request; what was asked first stands."""
    append(connection, return_requests, [request], keep_first=True)


def load_return_requests(
    connection: Connection, merchant_id: str, item_numbers: Sequence[str] | None = None
) -> list[ReturnProgress]:
    """What a shop has asked back, of those parcels or the latest ``MOST`` of all, the latest first."""
    wanted = (
        select(return_requests, journeys.c.state, journeys.c.since)
        .join(journeys, journeys.c.item_number == return_requests.c.item_number)
        .where(return_requests.c.merchant_id == merchant_id)
        .order_by(return_requests.c.asked_at.desc(), return_requests.c.item_number)
        .limit(MOST)
    )
    if item_numbers is not None:
        wanted = wanted.where(return_requests.c.item_number.in_(item_numbers))
    return read(connection.execute(wanted), ReturnProgress, state=State)
