"""Pickups that merchants asked for: which parcels, where and when they are ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import journeys, pickup_requests
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE
from post_logistics.units import MerchantId, Postcode

_LONG_AGO = timedelta(days=30)
"""A pickup older than this is nobody's work any more; its parcels are found by the gap detector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRequest:
    """Parcels to fetch at a store between two instants. ``office``: whose round takes them."""

    request_id: UUID
    merchant_id: MerchantId
    store_address: str
    office: Postcode
    ready_from: datetime
    ready_until: datetime
    item_numbers: list[str]
    note: str
    asked_at: datetime


def append_request(connection: Connection, request: PickupRequest) -> bool:
    """Keeps the request; False if one of that id is known."""
    return bool(append(connection, pickup_requests, [request], keep_first=True))


def find_request(connection: Connection, request_id: UUID) -> PickupRequest | None:
    """The request of that id, if there is one."""
    found = _load(connection, pickup_requests.c.request_id == request_id)
    return found[0] if found else None


def load_request(
    connection: Connection, request_id: UUID, *, merchant_id: str | None = None, office: str | None = None
) -> PickupRequest:
    """The request; NotFound if there is none, or it is another merchant's or office's: they answer alike."""
    found = find_request(connection, request_id)
    if found is None or merchant_id not in {None, found.merchant_id} or office not in {None, found.office}:
        raise NotFound(f"no pickup {request_id}", field="request_id", remedy="look it up in the list of pickups")
    return found


def load_requests_of_office(connection: Connection, office: str, start: datetime, end: datetime) -> list[PickupRequest]:
    """The office's requests with a window in [start, end), and earlier ones of which something still waits."""
    column = pickup_requests.c
    waiting = (
        select(journeys.c.item_number)
        .where(
            journeys.c.item_number.in_(text("(select jsonb_array_elements_text(pickup_requests.item_numbers))")),
            journeys.c.state.in_([state.value for state in BEFORE_ACCEPTANCE]),
        )
        .exists()
    )
    in_window = and_(column.ready_from < end, column.ready_from >= start - _LONG_AGO)
    return _load(connection, column.office == office, in_window, or_(column.ready_until >= start, waiting))


def load_requests_of_merchant(connection: Connection, merchant_id: str, since: datetime) -> list[PickupRequest]:
    """The merchant's requests whose window ends after that instant."""
    column = pickup_requests.c
    return _load(connection, column.merchant_id == merchant_id, column.ready_until >= since)


def _load(connection: Connection, *conditions: ColumnElement[bool]) -> list[PickupRequest]:
    rows = connection.execute(
        select(pickup_requests).where(*conditions).order_by(pickup_requests.c.ready_from, pickup_requests.c.request_id)
    )
    return read(rows, PickupRequest)


def load_waiting_at(connection: Connection, merchant_id: str, store_address: str) -> list[str]:
    """Numbers of the merchant's parcels that are booked at that store and for which nobody has asked for a pickup."""
    rows = connection.execute(
        text(
            "select item_number from journeys join consignments using (item_number) "
            "where holder = :merchant and state = 'booked' and store_address = :store order by item_number"
        ),
        {"merchant": f"merchant:{merchant_id}", "store": store_address},
    )
    return list(rows.scalars())


def load_stores(connection: Connection, item_numbers: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """Item number -> its merchant, store and pickup office, for those that are booked."""
    rows = connection.execute(
        text(
            "select item_number, merchant_id, store_address, pickup_office from consignments "
            "where item_number = any(:items)"
        ),
        {"items": list(item_numbers)},
    )
    return {row.item_number: (row.merchant_id, row.store_address, row.pickup_office) for row in rows}
