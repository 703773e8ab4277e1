"""Confirmations of deliveries: numbered 1, 2, 3, … without gaps, signed, each chained to the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Connection, select, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import confirmation_keys, confirmations
from post_logistics.units import ItemNumber

_LOCK: Final = 0x636F6E66  # "conf": one at a time writes confirmations


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """That an item was delivered, or that an earlier confirmation was wrong."""

    number: int
    item_number: str
    kind: Literal["delivered", "corrected"]
    turn: int
    """1 for the item's first delivery, 2 for the one after that was taken back."""
    scan_id: UUID
    """The scan by which an office confirmed the delivery."""
    version: int
    """Of the journey when it was looked at: while it stays the same, there is nothing new to say."""
    heard_at: datetime
    """When the newest scan was recorded that had been looked at."""
    corrects: int | None
    """The number that was wrong."""
    signed: str
    """A compact JWS: what others are given."""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item of which something was heard since its last confirmation, and that confirmation."""

    item_number: ItemNumber
    merchant_id: str
    version: int
    last: Confirmation | None


def hold_confirmations(connection: Connection) -> Confirmation | None:
    """The newest confirmation, held so that nobody else writes the next until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    newest = select(confirmations).order_by(confirmations.c.number.desc()).limit(1)
    return next(iter(read(connection.execute(newest), Confirmation)), None)


_LOOK = """
    with heard as ({heard})
    select j.item_number, c.merchant_id, j.version, l.number from heard
    join journeys j using (item_number) join consignments c using (item_number)
    left join lateral (
        select number, kind, version from confirmations where item_number = j.item_number order by number desc limit 1
    ) l on true
    where (j.state in ('delivered', 'partially_delivered') or l.kind = 'delivered')
        and l.version is distinct from j.version
    order by j.last_at, j.item_number
"""
_CANDIDATES = text(
    _LOOK.format(
        heard="select item_number from journeys where state in ('delivered', 'partially_delivered') "
        "union select item_number from confirmations"
    )
)
_CANDIDATES_SINCE = text(
    _LOOK.format(
        heard="select distinct item_number from scans where recorded_at >= :since "
        "and event in ('delivered_confirmed', 'partially_delivered', 'delivered_claimed', 'exchanged', "
        "'out_for_delivery', 'attempt_failed', 'at_pickup_point', 'returned', 'corrected')"
    )
)


def newest_scan_at(connection: Connection, since: datetime | None) -> datetime | None:
    """When the newest of the scans recorded since that time was recorded; None if there are none."""
    found: datetime | None = connection.execute(
        text("select max(recorded_at) from scans where recorded_at >= coalesce(:since, '-infinity'::timestamptz)"),
        {"since": since},
    ).scalar_one()
    return found


def load_candidates(connection: Connection, since: datetime | None) -> list[Candidate]:
    """Items that stand delivered, or were confirmed to be, and of which more was heard than their confirmation knows.

    Of those heard of since that time alone: what happens at the door, ends a journey or takes it back reads as one
    stretch of the log.
    None: of all there are.
    """
    rows = connection.execute(_CANDIDATES if since is None else _CANDIDATES_SINCE, {"since": since}).all()
    last = {one.number: one for one in _by_number(connection, [row.number for row in rows if row.number is not None])}
    return [Candidate(row.item_number, row.merchant_id, row.version, last.get(row.number)) for row in rows]


def _by_number(connection: Connection, numbers: Sequence[int]) -> list[Confirmation]:
    rows = connection.execute(text("select * from confirmations where number = any(:numbers)"), {"numbers": numbers})
    return read(rows, Confirmation)


def append_confirmations(connection: Connection, values: Sequence[Confirmation]) -> None:
    """Keeps them; the table refuses a number, or a delivery of an item, that is confirmed already."""
    append(connection, confirmations, values)


def load_newest_number(connection: Connection) -> int:
    """The newest number; 0 if there is none."""
    return int(connection.execute(text("select coalesce(max(number), 0) from confirmations")).scalar_one())


def load_confirmations_after(connection: Connection, number: int, limit: int) -> list[Confirmation]:
    """At most that many confirmations after that number, in their order."""
    page = select(confirmations).where(confirmations.c.number > number).order_by(confirmations.c.number).limit(limit)
    return read(connection.execute(page), Confirmation)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key by which confirmations are checked, and when it signed for the first time."""

    kid: str
    jwk: dict[str, Any]
    first_used_at: datetime


def append_key(connection: Connection, key: SigningKey) -> None:
    """Keeps the key; one that is known stays as it is."""
    append(connection, confirmation_keys, [key], keep_first=True)


def load_keys(connection: Connection) -> list[SigningKey]:
    """Every key that has signed, in the order of their first use."""
    rows = connection.execute(select(confirmation_keys).order_by(confirmation_keys.c.first_used_at))
    return read(rows, SigningKey)
