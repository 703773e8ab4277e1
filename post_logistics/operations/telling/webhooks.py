"""A merchant's endpoints: made, given new secrets, tried, told again; and the job that sends what waits for one."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid5

from post_logistics.channels.calling import Answer, Line
from post_logistics.channels.destinations import Destination, destination
from post_logistics.channels.dialects import DIALECTS
from post_logistics.channels.webhooks import (
    FAILURES_TO_PAUSE,
    GIVEN_UP_AFTER,
    OLD_SECRET_SIGNS,
    STOPPED_AFTER,
    TRIES_IN_ORDER,
    next_try_at,
    pause_until,
    wants_no_more,
    was_taken,
)
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.jobs import defer
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.telling import webhooks as store
from post_logistics.storage.telling.webhooks import DialectName, Endpoint, Message, Tried
from post_logistics.tracking.lifecycle import TOLD

SEND_WEBHOOKS = "send_webhooks"
"""The job that sends what is due to an endpoint, its key."""
MAX_ENDPOINTS = 10
_NAMESPACE = UUID("6e7d3bb0-0a34-4a3c-9f0e-51c1d1a9c7b4")
_TOKEN = re.compile(r"[\x21-\x7e]{16,200}")
_BATCH = 20
"""Messages sent between two looks at the database: so many are sent again when the power fails."""
_TURN = timedelta(seconds=60)
"""After so long a job makes room for those of other endpoints."""
_HELLO_FOR = timedelta(minutes=10)
_SAME_CHANGE = timedelta(minutes=10)
"""A secret changed again within this is the same change, asked for twice because the answer was lost."""


def waiting_message(endpoint_id: UUID, cause: str, body: Mapping[str, Any], at: datetime, **about: Any) -> Message:
    """A message that waits to be sent. ``cause`` makes it this message: told twice, it is one."""
    return Message(
        message_id=f"msg_{uuid5(_NAMESPACE, f'{endpoint_id}/{cause}').hex}",
        endpoint_id=endpoint_id,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        made_at=at,
        status="waiting",
        tries=0,
        next_try_at=at,
        give_up_at=at + GIVEN_UP_AFTER,
        last_tried_at=None,
        last_answer="",
        **about,
    )


# Endpoints


def add_endpoint(
    connection: Connection,
    merchant_id: str,
    url: str,
    events: Sequence[str],
    secret: str,
    at: datetime,
    *,
    dialect: DialectName = "native",
    development: bool = False,
) -> Endpoint:
    """The merchant's endpoint at that URL, made now or before, with its secret. ``events``: none means all.

    Unacceptable for a URL to which no message may go, for an event of which nobody is told, and for a secret that the
    dialect cannot send; Conflict if the URL is there with other events or in another dialect, or there are too many.
    """
    load_merchant(connection, merchant_id)
    destination(url, development=development)
    wanted = _known_events(events)
    _refuse_unfit_secret(dialect, secret)
    made = Endpoint(
        endpoint_id=uuid5(_NAMESPACE, f"{merchant_id} {url}"),
        merchant_id=merchant_id,
        url=url,
        secret=secret,
        previous_secret=None,
        previous_until=None,
        events=wanted,
        made_at=at,
        failures=0,
        failing_since=None,
        paused_until=None,
        stopped_at=None,
        stopped_why="",
        dialect=dialect,
    )
    store.append_endpoint(connection, made)
    mine = store.load_endpoints(connection, merchant_id)
    known = next(one for one in mine if one.endpoint_id == made.endpoint_id)
    if list(known.events) != wanted:
        raise Conflict(
            "this URL is told of other events", field="events", remedy="delete it first, or add ?v=2 to the URL"
        )
    if known.dialect != dialect:
        raise Conflict(
            f"this URL is told in the dialect {known.dialect}", field="dialect", remedy="delete the endpoint first"
        )
    if len(mine) > MAX_ENDPOINTS:
        raise Conflict(f"a merchant has at most {MAX_ENDPOINTS} endpoints", field="url", remedy="delete one first")
    if DIALECTS[dialect].greets:
        _say_hello(connection, known, "hello", at)
    return known


def _refuse_unfit_secret(dialect: DialectName, secret: str) -> None:
    if dialect == "native" and not secret.startswith("whsec_"):
        raise Unacceptable(
            "messages in our own dialect are signed", field="secret", remedy="leave it out: one is made and shown"
        )
    if not _TOKEN.fullmatch(secret):
        raise Unacceptable(
            "a token is 16 to 200 letters, digits and signs without spaces",
            field="secret",
            remedy="let your receiver compare such a token",
        )


def _known_events(events: Sequence[str]) -> list[str]:
    for event in events:
        if event not in TOLD:
            raise Unacceptable(
                f"nobody is told of {str(event)!r}", field="events", remedy=f"choose among: {', '.join(sorted(TOLD))}"
            )
    return sorted(set(events))


def remove_endpoint(connection: Connection, merchant_id: str, endpoint_id: UUID) -> None:
    """The endpoint is gone, with its messages; NotFound if it is not the merchant's."""
    store.lock_endpoint(connection, endpoint_id, merchant_id)
    store.delete_endpoint(connection, endpoint_id)


def change_secret(connection: Connection, merchant_id: str, endpoint_id: UUID, secret: str, at: datetime) -> Endpoint:
    """The endpoint with a new secret; the old one signs beside it for a day. Asked twice in ten minutes, it is one."""
    endpoint = store.lock_endpoint(connection, endpoint_id, merchant_id)
    if endpoint.previous_until is not None and at < endpoint.previous_until - OLD_SECRET_SIGNS + _SAME_CHANGE:
        return endpoint
    changed = replace(endpoint, secret=secret, previous_secret=endpoint.secret, previous_until=at + OLD_SECRET_SIGNS)
    store.save_endpoint(connection, changed)
    return changed


def resume_endpoint(connection: Connection, merchant_id: str, endpoint_id: UUID, at: datetime) -> Endpoint:
    """The endpoint, taking messages again, what waits for it first. For one that was stopped, or is left alone now."""
    endpoint = store.lock_endpoint(connection, endpoint_id, merchant_id)
    open_ = replace(endpoint, failures=0, failing_since=None, paused_until=None, stopped_at=None, stopped_why="")
    store.save_endpoint(connection, open_)
    store.hurry_messages(connection, endpoint_id, at)
    defer(connection, SEND_WEBHOOKS, {str(endpoint_id): at})
    return open_


def ping(connection: Connection, merchant_id: str, endpoint_id: UUID, at: datetime) -> Message:
    """A message of type ``ping`` that waits to be sent: at most one a second."""
    endpoint = store.lock_endpoint(connection, endpoint_id, merchant_id)
    if endpoint.stopped_at is not None:
        raise Conflict(f"the endpoint is stopped: {endpoint.stopped_why}", remedy="resume it first")
    message = _say_hello(connection, endpoint, f"ping/{int(at.timestamp())}", at)
    return store.load_message(connection, endpoint_id, message.message_id)


def _say_hello(connection: Connection, endpoint: Endpoint, cause: str, at: datetime) -> Message:
    """A message that tries the endpoint and waits to be sent. Nothing depends on it, so it is soon given up."""
    hello = DIALECTS[endpoint.dialect].hello
    if hello is None:
        raise Conflict(
            f"receivers of {endpoint.dialect} know no ping", remedy="book a parcel and cancel it: they are told of that"
        )
    body = hello(endpoint.endpoint_id, at)
    waiting = waiting_message(endpoint.endpoint_id, cause, body, at, item_number="", number=0, event="ping")
    message = replace(waiting, give_up_at=at + _HELLO_FOR)
    store.append_messages(connection, [message])
    defer(connection, SEND_WEBHOOKS, {str(endpoint.endpoint_id): at})
    return message


# Messages


def replay_message(
    connection: Connection, merchant_id: str, endpoint_id: UUID, message_id: str, at: datetime
) -> Message:
    """The message, waiting to be sent once more under the same id."""
    store.lock_endpoint(connection, endpoint_id, merchant_id)
    store.load_message(connection, endpoint_id, message_id)
    store.send_again(connection, endpoint_id, "one", message_id, at, at + GIVEN_UP_AFTER)
    defer(connection, SEND_WEBHOOKS, {str(endpoint_id): at})
    return store.load_message(connection, endpoint_id, message_id)


def replay_since(
    connection: Connection, merchant_id: str, endpoint_id: UUID, since: datetime, at: datetime, *, failed_only: bool
) -> int:
    """How many messages made since then wait to be sent once more, each under its own id."""
    store.lock_endpoint(connection, endpoint_id, merchant_id)
    scope = "failed" if failed_only else "all"
    count = store.send_again(connection, endpoint_id, scope, since, at, at + GIVEN_UP_AFTER)
    defer(connection, SEND_WEBHOOKS, {str(endpoint_id): at})
    return count


# Sending

Dial = Callable[[Destination], Line]
"""Opens a line to a destination."""


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending needs besides the database: the clock, chance, and what may be called."""

    clock: Callable[[], datetime]
    chance: Random
    development: bool = False
    dial: Dial = Line


def send_webhooks(database: Database, endpoint_id: UUID, sending: Sending) -> int:
    """Sends an endpoint what is due, in order; gives back how many messages were taken.

    No transaction is open while somebody is called. Killed after a message was taken and before that was written down,
    it is sent again under the same id. Only one job at a time sends to an endpoint, so a slow one holds up no other.
    """
    until, taken = sending.clock() + _TURN, 0
    with ExitStack() as lines:
        line: Line | None = None
        while looked := _look(database, endpoint_id, sending.clock(), until):
            endpoint, due = looked
            tried: list[Tried] = []
            try:
                to = destination(endpoint.url, development=sending.development)
            except Unacceptable as error:  # allowed when it was made, and no longer
                after = replace(endpoint, stopped_at=sending.clock(), stopped_why=error.message)
            else:
                line = line or lines.enter_context(sending.dial(to))
                tried, after = _send(endpoint, due, line, sending, until)
            with database.transaction() as connection:
                _write_down(connection, after, tried, sending.clock())
            taken += sum(one.status == "sent" for one in tried)
    return taken


def _look(
    database: Database, endpoint_id: UUID, at: datetime, until: datetime
) -> tuple[Endpoint, Sequence[Message]] | None:
    """The endpoint and what is to be sent to it now. None if that is nothing: then a job waits for what comes next."""
    with database.transaction() as connection:
        try:
            endpoint = store.lock_endpoint(connection, endpoint_id)
        except NotFound:
            return None
        limit = _BATCH if endpoint.failures < FAILURES_TO_PAUSE else 1  # knock before carrying everything in
        due = store.load_due_messages(connection, endpoint_id, at, TRIES_IN_ORDER, limit)
        if due and endpoint.is_open(at) and at < until:
            return endpoint, due
        _defer_next(connection, endpoint, at)
        return None


def _defer_next(connection: Connection, endpoint: Endpoint, at: datetime) -> None:
    """Sees to it that what still waits is looked after when its time has come."""
    due_at = store.next_message_at(connection, endpoint.endpoint_id, at, TRIES_IN_ORDER)
    if due_at is not None and endpoint.stopped_at is None:
        defer(connection, SEND_WEBHOOKS, {str(endpoint.endpoint_id): max(due_at, endpoint.paused_until or at, at)})


def _send(
    endpoint: Endpoint, due: Sequence[Message], line: Line, sending: Sending, until: datetime
) -> tuple[list[Tried], Endpoint]:
    """What came of the messages that were tried, and how the endpoint stands after them."""
    tried: list[Tried] = []
    for message in due:
        at = sending.clock()
        signed = DIALECTS[endpoint.dialect].headers(message.message_id, message.body, endpoint.secrets(at), at)
        answer = line.post(message.body.encode(), signed)
        at = sending.clock()
        tried.append(_judge(message, answer, at, sending.chance))
        endpoint = _standing(endpoint, answer, at, sending.chance)
        if not endpoint.is_open(at) or at >= until:
            break
    return tried, endpoint


def _judge(message: Message, answer: Answer, at: datetime, chance: Random) -> Tried:
    judged = partial(Tried, message.message_id, last_tried_at=at, last_answer=answer.why)
    if was_taken(answer):
        return judged(status="sent", next_try_at=at)
    again_at = next_try_at(message.tries + 1, at, message.give_up_at, chance)
    return judged(status="waiting" if again_at else "failed", next_try_at=again_at or at)


def _standing(endpoint: Endpoint, answer: Answer, at: datetime, chance: Random) -> Endpoint:
    """The endpoint after an answer: well again, left alone for a while, or stopped."""
    if was_taken(answer):
        return replace(endpoint, failures=0, failing_since=None, paused_until=None)
    failures, since = endpoint.failures + 1, endpoint.failing_since or at
    why = ""
    if wants_no_more(answer):
        why = "it answered that nobody listens there any more (410)"
    elif at - since >= STOPPED_AFTER:
        why = f"it took nothing for {STOPPED_AFTER.days} days; at last: {answer.why}"
    return replace(
        endpoint,
        failures=failures,
        failing_since=since,
        paused_until=pause_until(failures, answer, at, chance),
        stopped_at=at if why else None,
        stopped_why=why,
    )


def _write_down(connection: Connection, after: Endpoint, tried: Sequence[Tried], at: datetime) -> None:
    """Keeps what came of a batch. An endpoint that is well again gets everything that waits for it, at once."""
    try:
        before = store.lock_endpoint(connection, after.endpoint_id)
    except NotFound:
        return
    store.save_tried(connection, tried)
    answering = ("failures", "failing_since", "paused_until", "stopped_at", "stopped_why")
    store.save_endpoint(connection, replace(before, **{name: getattr(after, name) for name in answering}))
    if before.failures >= FAILURES_TO_PAUSE and not after.failures:
        store.hurry_messages(connection, after.endpoint_id, at)


def catch_up(connection: Connection, at: datetime) -> int:
    """Gives up messages whose time is over, and sees to it that a job waits for every endpoint that has some due."""
    given_up = store.give_up_old_messages(connection, at)
    defer(connection, SEND_WEBHOOKS, {str(one): at for one in store.load_waiting_endpoints(connection, at)})
    return given_up
