"""Lines that nobody has explained yet: why not, whose business they are, and what was done about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import suspense_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """Why a line waits, and what came close to it."""

    line_id: UUID
    reason: str
    detail: dict[str, Any] = field(default_factory=dict)
    opened_at: datetime


_OPEN = text("""
    insert into suspense (line_id, reason, detail, opened_at)
    select * from unnest(cast(:line_id as uuid[]), cast(:reason as text[]), cast(:detail as jsonb[]),
                         cast(:opened_at as timestamptz[]))
    on conflict (line_id) do update set reason = excluded.reason, detail = excluded.detail, closed_at = null,
        opened_at = case when suspense.closed_at is null then suspense.opened_at else excluded.opened_at end
    where suspense.closed_at is not null or (suspense.reason, suspense.detail) <> (excluded.reason, excluded.detail)
""")


def open_lines(connection: Connection, opened: Sequence[Suspended]) -> None:
    """The lines wait, since now or since before; reason and what came close are the latest."""
    if opened:
        given = {
            "line_id": [one.line_id for one in opened],
            "reason": [one.reason for one in opened],
            "detail": [Jsonb(one.detail) for one in opened],
            "opened_at": [one.opened_at for one in opened],
        }
        connection.execute(_OPEN, given)


def close(connection: Connection, lines: Sequence[UUID], at: datetime) -> None:
    """The lines wait no longer."""
    connection.execute(
        text("update suspense set closed_at = :at where line_id = any(:lines) and closed_at is null"),
        {"lines": list(lines), "at": at},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A line in suspense, as people look at it: ``detail`` has candidates and proposal, ``note`` is the last."""

    line_id: UUID
    source: str
    booked_on: date
    amount_poisha: int
    reference: str
    description: str
    counterparty: str
    file_id: str
    row: int
    reason: str
    detail: dict[str, Any]
    owner: str
    opened_at: datetime
    note: str


_WAITING = """
    select l.line_id, l.source, l.booked_on, l.amount_poisha, l.reference, l.description, l.counterparty, l.file_id,
           l.row, s.reason, s.detail, s.owner, s.opened_at, coalesce(n.note, '') as note
    from suspense s join statement_lines l using (line_id)
    left join lateral (
        select note from suspense_steps t where t.line_id = s.line_id and t.note <> '' order by number desc limit 1
    ) n on true
    where s.closed_at is null
"""
_QUEUE = text(
    _WAITING
    + """
    and (cast(:source as text) is null or l.source = :source)
    and (cast(:reason as text) is null or s.reason = :reason)
    and (cast(:owner as text) is null or s.owner = :owner)
    and (l.booked_on, l.line_id) > (cast(:after_on as date), cast(:after as uuid))
    order by l.booked_on, l.line_id limit :limit
"""
)
_ONE = text(_WAITING + "and s.line_id = :line_id")


def load_queue(
    connection: Connection,
    *,
    source: str | None = None,
    reason: str | None = None,
    owner: str | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 500,
) -> list[Waiting]:
    """The lines in suspense, those booked first first, after that day and id."""
    after_on, after_id = after or (date(1900, 1, 1), UUID(int=0))
    given = {
        "source": source,
        "reason": reason,
        "owner": owner,
        "limit": limit,
        "after_on": after_on,
        "after": after_id,
    }
    return read(connection.execute(_QUEUE, given), Waiting)


def load_one(connection: Connection, line_id: UUID) -> Waiting | None:
    """A line in suspense; None if it waits no longer, or never did."""
    return next(iter(read(connection.execute(_ONE, {"line_id": line_id}), Waiting)), None)


def set_owner(connection: Connection, line_id: UUID, owner: str) -> None:
    """The line is that person's business."""
    connection.execute(
        text("update suspense set owner = :owner where line_id = :line_id"), {"line_id": line_id, "owner": owner}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseStep:
    """What somebody did about a line: took it on, or noted something."""

    line_id: UUID
    number: int
    step: str
    by: str
    note: str
    at: datetime


def append_step(connection: Connection, step: SuspenseStep) -> None:
    """Keeps the step."""
    append(connection, suspense_steps, [step])


def lock_line(connection: Connection, line_id: UUID) -> bool:
    """Holds the line's place in the queue until the transaction ends; False if it is not waiting."""
    held = text("select true from suspense where line_id = :line_id and closed_at is null for update")
    return bool(connection.execute(held, {"line_id": line_id}).scalar())


def load_steps(connection: Connection, line_id: UUID) -> list[SuspenseStep]:
    """What was done about a line, in order."""
    rows = connection.execute(
        text("select * from suspense_steps where line_id = :line_id order by number"), {"line_id": line_id}
    )
    return read(rows, SuspenseStep)
