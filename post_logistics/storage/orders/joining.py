"""Shops that want to join: kept, found again, decided, forgotten."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, delete, or_, select, text, update

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import join_requests
from post_logistics.units import MerchantId, Postcode

Outcome = Literal["waiting", "opened", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequest:
    """What a shop said of itself. ``password_hash`` and ``network`` are empty once it is decided."""

    request_id: UUID
    shop_name: str
    contact_name: str
    contact_phone: str = field(repr=False)
    store_address: str = field(repr=False)
    office: Postcode
    payout_account: str = field(repr=False)
    password_hash: str = field(repr=False)
    network: str = field(repr=False)
    asked_at: datetime
    outcome: Outcome = "waiting"
    why: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    merchant_id: MerchantId | None = None
    person_id: str = ""


def append_request(connection: Connection, request: JoinRequest) -> bool:
    """Keeps it; False if one of that id is there."""
    return bool(append(connection, join_requests, [request], keep_first=True))


def save_request(connection: Connection, request: JoinRequest) -> None:
    """The row is what the value says."""
    values = {one.name: getattr(request, one.name) for one in fields(request) if one.name != "request_id"}
    connection.execute(update(join_requests).where(join_requests.c.request_id == request.request_id).values(values))


def find_request(connection: Connection, request_id: UUID, *, lock: bool = False) -> JoinRequest | None:
    """That request, if there is one; ``lock``: for nobody else to decide meanwhile."""
    wanted = select(join_requests).where(join_requests.c.request_id == request_id)
    return next(iter(read(connection.execute(wanted.with_for_update() if lock else wanted), JoinRequest)), None)


def load_request(connection: Connection, request_id: UUID, *, lock: bool = False) -> JoinRequest:
    """The same; NotFound if there is none, or it is forgotten."""
    found = find_request(connection, request_id, lock=lock)
    if found is None:
        remedy = "open the link that you were given, or ask anew"
        raise NotFound("there is no such request", field="request_id", remedy=remedy)
    return found


def load_waiting(connection: Connection, office: str | None, limit: int) -> list[JoinRequest]:
    """Requests that nobody has decided, of an office or of all, the oldest first."""
    wanted = select(join_requests).where(join_requests.c.outcome == "waiting")
    if office is not None:
        wanted = wanted.where(join_requests.c.office == office)
    ordered = wanted.order_by(join_requests.c.asked_at, join_requests.c.request_id).limit(limit)
    return read(connection.execute(ordered), JoinRequest)


def count_waiting(connection: Connection, network: str, since: datetime) -> tuple[int, int]:
    """How many wait in all, and how many of them came from that network since then."""
    row = connection.execute(
        text(
            "select count(*), count(*) filter (where network = :network and asked_at > :since) "
            "from join_requests where outcome = 'waiting'"
        ),
        {"network": network, "since": since},
    ).one()
    return int(row[0]), int(row[1])


def forget_requests(connection: Connection, before: datetime) -> int:
    """Deletes what was asked before then and never decided, or decided before then; how many it was."""
    table = join_requests.c
    old = or_(table.decided_at < before, (table.outcome == "waiting") & (table.asked_at < before))
    return len(connection.execute(delete(join_requests).where(old).returning(table.request_id)).all())
