"""The services that digital centres gave, and the senders of what was booked there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select

from post_logistics.network.collection_points import CentreService
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import centre_services, walk_in_senders


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One service that a centre gave. ``cash_poisha``: what was taken with it and is in the books; ``why``: what a
    person should know about it, empty if nothing."""

    service_id: UUID
    centre: str
    service: CentreService
    item_number: str
    cash_poisha: int
    by: str
    device_id: str
    happened_at: datetime
    recorded_at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who posted a parcel without having an account; ``phone`` is E.164."""

    item_number: str
    name: str
    phone: str


def append_given(connection: Connection, values: Iterable[Given]) -> None:
    """Keeps those that are not known."""
    append(connection, centre_services, values, keep_first=True)


def load_given(connection: Connection, service_ids: Sequence[UUID]) -> dict[UUID, Given]:
    """Those of the services that are known, by id."""
    wanted = select(centre_services).where(centre_services.c.service_id == func.any(list(service_ids)))
    return {one.service_id: one for one in _read(connection, wanted)}


def load_given_at(connection: Connection, centre: str, since: datetime, until: datetime) -> list[Given]:
    """What a centre did from ``since`` until before ``until``, in the order in which it happened."""
    c = centre_services.c
    wanted = select(centre_services).where(c.centre == centre, c.happened_at >= since, c.happened_at < until)
    return _read(connection, wanted.order_by(c.happened_at, c.service_id))


def taken_in(connection: Connection, item_number: str) -> bool:
    """Whether a centre has taken that parcel in before."""
    c = centre_services.c
    wanted = select(c.service_id).where(c.item_number == item_number, c.service.in_(("booking", "drop_off")))
    return connection.execute(wanted.limit(1)).first() is not None


def _read(connection: Connection, wanted: object) -> list[Given]:
    return read(connection.execute(wanted), Given, service=CentreService)  # type: ignore[call-overload]


def append_sender(connection: Connection, sender: Sender) -> None:
    """Keeps who posted a parcel."""
    append(connection, walk_in_senders, [sender], keep_first=True)


def load_sender(connection: Connection, item_number: str) -> Sender | None:
    """Who posted it; None for what a shop posted, and once it is forgotten."""
    rows = connection.execute(select(walk_in_senders).where(walk_in_senders.c.item_number == item_number))
    return next(iter(read(rows, Sender)), None)
