"""Endpoints of merchants, and the messages that wait for them or have been sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, text, tuple_

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import webhook_endpoints, webhook_messages

DialectName = Literal["native", "steadfast", "pathao", "redx", "easypost", "eksheba", "municipal"]
"""How an endpoint is spoken to."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that a merchant wants to be told things at, and how it has been answering.

    ``events`` are the names of the events it wants; none: all. ``failures`` counts those in a row since
    ``failing_since``.
    """

    endpoint_id: UUID
    merchant_id: str
    url: str
    secret: str
    previous_secret: str | None
    previous_until: datetime | None
    events: Sequence[str]
    made_at: datetime
    failures: int
    failing_since: datetime | None
    paused_until: datetime | None
    stopped_at: datetime | None
    stopped_why: str
    dialect: DialectName = "native"

    def wants(self, event: str) -> bool:
        """Whether it is to be told of such an event."""
        return not self.events or event in self.events

    def is_open(self, at: datetime) -> bool:
        """Whether messages may be sent to it now."""
        return self.stopped_at is None and (self.paused_until is None or self.paused_until <= at)

    def secrets(self, at: datetime) -> tuple[str, ...]:
        """The secrets that sign a message now, the current one first."""
        old = self.previous_secret if self.previous_until is not None and at < self.previous_until else None
        return (self.secret, old) if old else (self.secret,)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one endpoint. Its id and its body stay the same however often it is sent."""

    message_id: str
    endpoint_id: UUID
    item_number: str
    """Empty if it is about no parcel."""
    number: int
    """Orders the messages of a parcel."""
    event: str
    body: str
    made_at: datetime
    status: str
    tries: int
    next_try_at: datetime
    give_up_at: datetime
    last_tried_at: datetime | None
    last_answer: str


# Endpoints


def append_endpoint(connection: Connection, endpoint: Endpoint) -> None:
    """Keeps an endpoint that is not yet known by its id."""
    append(connection, webhook_endpoints, [endpoint], keep_first=True)


def load_endpoints(connection: Connection, merchant_id: str) -> list[Endpoint]:
    """A merchant's endpoints, the oldest first."""
    rows = connection.execute(
        select(webhook_endpoints)
        .where(webhook_endpoints.c.merchant_id == merchant_id)
        .order_by(webhook_endpoints.c.made_at, webhook_endpoints.c.endpoint_id)
    )
    return read(rows, Endpoint)


def load_listeners(connection: Connection, merchant_ids: Sequence[str]) -> list[Endpoint]:
    """Those endpoints of the merchants that have not been stopped."""
    rows = connection.execute(
        select(webhook_endpoints)
        .where(
            webhook_endpoints.c.merchant_id == func.any(list(merchant_ids)), webhook_endpoints.c.stopped_at.is_(None)
        )
        .order_by(webhook_endpoints.c.endpoint_id)
    )
    return read(rows, Endpoint)


def lock_endpoint(connection: Connection, endpoint_id: UUID, merchant_id: str | None = None) -> Endpoint:
    """One endpoint, held until the transaction ends; NotFound if there is none, or it is another merchant's: alike."""
    rows = connection.execute(
        select(webhook_endpoints).where(webhook_endpoints.c.endpoint_id == endpoint_id).with_for_update(key_share=True)
    )
    for endpoint in read(rows, Endpoint):
        if merchant_id in {None, endpoint.merchant_id}:
            return endpoint
    raise NotFound(f"no endpoint {endpoint_id}", field="endpoint_id", remedy="look it up in the list of your endpoints")


_CHANGING = (
    "secret",
    "previous_secret",
    "previous_until",
    "failures",
    "failing_since",
    "paused_until",
    "stopped_at",
    "stopped_why",
)


def save_endpoint(connection: Connection, endpoint: Endpoint) -> None:
    """Writes what changes of an endpoint that is held: its secrets, and how it has been answering."""
    connection.execute(
        webhook_endpoints.update()
        .where(webhook_endpoints.c.endpoint_id == endpoint.endpoint_id)
        .values({name: getattr(endpoint, name) for name in _CHANGING})
    )


def delete_endpoint(connection: Connection, endpoint_id: UUID) -> None:
    """The endpoint is gone, and its messages with it."""
    connection.execute(webhook_endpoints.delete().where(webhook_endpoints.c.endpoint_id == endpoint_id))


# Messages


def append_messages(connection: Connection, messages: Sequence[Message]) -> set[str]:
    """Keeps those not yet known; gives back the ids that are new."""
    return set(append(connection, webhook_messages, messages, keep_first=True))


_SENDABLE = (
    "from webhook_messages m where m.endpoint_id = :endpoint_id and m.status = 'waiting' and not exists ("
    "select from webhook_messages earlier where earlier.endpoint_id = m.endpoint_id and m.item_number <> '' "
    "and earlier.item_number = m.item_number and earlier.number < m.number and earlier.status = 'waiting' "
    "and (earlier.tries < :tries_in_order or earlier.next_try_at <= :at))"
)
_DUE = text(f"select m.* {_SENDABLE} and m.next_try_at <= :at order by m.next_try_at, m.number limit :limit")
_NEXT = text(f"select m.next_try_at {_SENDABLE} order by m.next_try_at limit 1")


def load_due_messages(
    connection: Connection, endpoint_id: UUID, at: datetime, tries_in_order: int, limit: int
) -> list[Message]:
    """Messages to an endpoint that are to be sent now, those that have waited longest first.

    A message waits for those about its parcel that were written before it. When these have been tried so often, it
    waits only for their next try to come, and goes ahead if that fails, too.
    """
    asked = {"endpoint_id": endpoint_id, "at": at, "tries_in_order": tries_in_order, "limit": limit}
    return read(connection.execute(_DUE, asked), Message)


def next_message_at(connection: Connection, endpoint_id: UUID, at: datetime, tries_in_order: int) -> datetime | None:
    """When the next message to an endpoint is to be sent; None if none waits."""
    asked = {"endpoint_id": endpoint_id, "at": at, "tries_in_order": tries_in_order}
    found: datetime | None = connection.execute(_NEXT, asked).scalar()
    return found


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try of a message."""

    message_id: str
    status: str
    next_try_at: datetime
    last_tried_at: datetime
    last_answer: str


_SAVE_TRIED = text(
    "update webhook_messages m set status = new.status, next_try_at = new.next_try_at, "
    "last_tried_at = new.last_tried_at, last_answer = new.last_answer, tries = m.tries + 1 from unnest("
    "cast(:ids as text[]), cast(:statuses as text[]), cast(:nexts as timestamptz[]), cast(:tried as timestamptz[]), "
    "cast(:answers as text[])) as new (message_id, status, next_try_at, last_tried_at, last_answer) "
    "where m.message_id = new.message_id"
)


def save_tried(connection: Connection, tried: Sequence[Tried]) -> None:
    """Writes what came of tries."""
    if tried:
        connection.execute(
            _SAVE_TRIED,
            {
                "ids": [one.message_id for one in tried],
                "statuses": [one.status for one in tried],
                "nexts": [one.next_try_at for one in tried],
                "tried": [one.last_tried_at for one in tried],
                "answers": [one.last_answer for one in tried],
            },
        )


def hurry_messages(connection: Connection, endpoint_id: UUID, at: datetime) -> None:
    """Whatever waits for an endpoint is to be sent at once."""
    connection.execute(
        text(
            "update webhook_messages set next_try_at = :at "
            "where endpoint_id = :endpoint_id and status = 'waiting' and next_try_at > :at"
        ),
        {"endpoint_id": endpoint_id, "at": at},
    )


_AGAIN = {
    "one": webhook_messages.c.message_id == bindparam("which"),
    "all": webhook_messages.c.made_at >= bindparam("which"),
    "failed": (webhook_messages.c.made_at >= bindparam("which")) & (webhook_messages.c.status == "failed"),
}


def send_again(
    connection: Connection, endpoint_id: UUID, scope: str, which: str | datetime, at: datetime, give_up_at: datetime
) -> int:
    """How many messages sent or given up wait again: ``one`` by its id, ``all`` or ``failed`` since a time."""
    again = (
        webhook_messages.update()
        .where(webhook_messages.c.endpoint_id == endpoint_id, webhook_messages.c.status != "waiting", _AGAIN[scope])
        .values(status="waiting", tries=0, next_try_at=at, give_up_at=give_up_at, last_answer="")
    )
    return connection.execute(again, {"which": which}).rowcount


def load_message(connection: Connection, endpoint_id: UUID, message_id: str) -> Message:
    """One message of an endpoint; NotFound if there is none."""
    rows = connection.execute(
        select(webhook_messages).where(
            webhook_messages.c.message_id == message_id, webhook_messages.c.endpoint_id == endpoint_id
        )
    )
    for found in read(rows, Message):
        return found
    raise NotFound(f"no message {message_id}", field="message_id", remedy="look it up in the list of messages")


def load_messages_after(
    connection: Connection, endpoint_id: UUID, after: str | None, limit: int, status: str | None = None
) -> list[Message]:
    """At most that many messages of an endpoint, the latest first, from the one that follows ``after``."""
    made = (webhook_messages.c.made_at, webhook_messages.c.message_id)
    page = select(webhook_messages).where(webhook_messages.c.endpoint_id == endpoint_id)
    if status is not None:
        page = page.where(webhook_messages.c.status == status)
    if after is not None:
        last = select(*made).where(
            webhook_messages.c.message_id == after, webhook_messages.c.endpoint_id == endpoint_id
        )
        page = page.where(tuple_(*made) < last.scalar_subquery())
    return read(connection.execute(page.order_by(*(column.desc() for column in made)).limit(limit)), Message)


# What nobody is at


def give_up_old_messages(connection: Connection, at: datetime) -> int:
    """How many messages were given up because their time is over."""
    return connection.execute(
        text("update webhook_messages set status = 'failed' where status = 'waiting' and give_up_at <= :at"), {"at": at}
    ).rowcount


def load_waiting_endpoints(connection: Connection, at: datetime) -> list[UUID]:
    """Endpoints that take messages now and have some that are due."""
    rows = connection.execute(
        text(
            "select endpoint_id from webhook_endpoints e where stopped_at is null "
            "and (paused_until is null or paused_until <= :at) and exists (select from webhook_messages m "
            "where m.endpoint_id = e.endpoint_id and m.status = 'waiting' and m.next_try_at <= :at) order by 1"
        ),
        {"at": at},
    )
    return list(rows.scalars())
