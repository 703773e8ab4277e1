"""What partners are told of their orders: each thing once, those of an order one after another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, select, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import partner_calls


class CallStatus(StrEnum):
    """What became of a call."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    """The partner will not have it."""
    FAILED = "failed"
    """Given up: it could not be told in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One thing that a partner is told of an order: a ``state`` or a ``message``."""

    call_id: UUID
    shop_id: UUID
    order_id: str
    number: int
    """Orders the calls about an order."""
    what: str
    text: str
    made_at: datetime
    status: CallStatus
    tries: int
    next_try_at: datetime
    last_tried_at: datetime | None = None
    last_answer: str = ""


@dataclass(frozen=True, slots=True)
class PartnerItem:
    """An order of a partner by the parcel that was booked for it."""

    item_number: str
    shop_id: UUID
    order_id: str
    partner: str


def load_partner_items(connection: Connection, item_numbers: Collection[str]) -> dict[str, PartnerItem]:
    """Those of the parcels that are a partner's who can be told of them."""
    rows = connection.execute(
        text(
            "select o.item_number, o.shop_id, o.order_id, s.domain as partner from shop_orders o "
            "join shops s using (shop_id) join partner_lines l using (shop_id) "
            "where o.item_number = any(:items) and s.kind = 'partner' and s.closed_at is null and l.url <> ''"
        ),
        {"items": list(item_numbers)},
    )
    return {one.item_number: one for one in read(rows, PartnerItem)}


def append_calls(connection: Connection, calls: Sequence[Call]) -> None:
    """Keeps calls; what was to be told before is told once."""
    append(connection, partner_calls, calls, keep_first=True)


_DUE = text(
    "select * from (select distinct on (order_id) * from partner_calls "
    "where shop_id = :shop_id and status = 'waiting' order by order_id, number) first "
    "where next_try_at <= :at order by next_try_at, number limit :limit"
)


def load_due_calls(connection: Connection, shop_id: UUID, at: datetime, limit: int) -> list[Call]:
    """What is to be told now: of each order the first call that waits, and no later one before it."""
    rows = connection.execute(_DUE, {"shop_id": shop_id, "at": at, "limit": limit})
    return read(rows, Call, status=CallStatus)


def save_calls(connection: Connection, calls: Sequence[Call]) -> None:
    """How those calls stand is what the values say."""
    if calls:
        connection.execute(
            text(
                "update partner_calls c set status = new.status, tries = new.tries, next_try_at = new.next_try_at, "
                "last_tried_at = new.last_tried_at, last_answer = new.last_answer from unnest(cast(:ids as uuid[]), "
                "cast(:statuses as text[]), cast(:tries as smallint[]), cast(:nexts as timestamptz[]), "
                "cast(:tried as timestamptz[]), cast(:answers as text[])) as "
                "new (call_id, status, tries, next_try_at, last_tried_at, last_answer) where c.call_id = new.call_id"
            ),
            {
                "ids": [one.call_id for one in calls],
                "statuses": [one.status for one in calls],
                "tries": [one.tries for one in calls],
                "nexts": [one.next_try_at for one in calls],
                "tried": [one.last_tried_at for one in calls],
                "answers": [one.last_answer for one in calls],
            },
        )


def load_waiting_lines(connection: Connection, at: datetime) -> list[UUID]:
    """Partners who are to be told something now."""
    rows = connection.execute(
        text(
            "select shop_id from partner_lines l join shops s using (shop_id) "
            "where s.closed_at is null and l.url <> '' and (paused_until is null or paused_until <= :at) "
            "and exists (select from partner_calls c where c.shop_id = l.shop_id and c.status = 'waiting' "
            "and c.next_try_at <= :at) order by 1"
        ),
        {"at": at},
    )
    return list(rows.scalars())


def load_calls(connection: Connection, shop_id: UUID, order_id: str) -> list[Call]:
    """Everything that a partner was or is to be told of an order, in order."""
    wanted = select(partner_calls).where(partner_calls.c.shop_id == shop_id, partner_calls.c.order_id == order_id)
    return read(connection.execute(wanted.order_by(partner_calls.c.number)), Call, status=CallStatus)


def forget_calls(connection: Connection, before: datetime) -> int:
    """Removes messages to partners that are older than that, but for those that wait; how many.

    States stay: that one was told is what keeps it from being told again.
    """
    gone = partner_calls.delete().where(
        partner_calls.c.made_at < before, partner_calls.c.what == "message", partner_calls.c.status != "waiting"
    )
    return connection.execute(gone).rowcount
