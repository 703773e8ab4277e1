"""What a person has to look into, who took it on, how it ended. The gap detector opens and closes its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import exception_steps, exceptions


class Kind(StrEnum):
    """What is wrong."""

    OVERDUE = "overdue"
    """The scan that was due has not come."""
    MISFIT = "misfit"
    """A scan does not fit what was known."""
    SHORT = "short"
    EXCESS = "excess"
    MISSENT = "missent"
    DAMAGED = "damaged"
    CONTESTED = "contested"
    """The recipient says that it was not so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An exception about one item or bag."""

    exception_id: int
    item_number: str
    kind: Kind
    office: str
    """Whose business it is."""
    owner: str
    """The person who took it on; empty until somebody does."""
    custodian: str
    """Who had the thing last."""
    since: datetime | None
    """Since when, of what is overdue."""
    scan_id: UUID | None
    expected: str
    """The scan that should have come, or one of those that should."""
    expected_by: datetime | None
    detail: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    """``scan`` if a scan settled it."""
    closing_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a person did about an exception."""

    exception_id: int
    number: int
    step: str
    """``taken`` or ``closed``."""
    by: str
    note: str
    at: datetime


_CLOSE_HEARD_OF = text(
    """
    update exceptions as open set closed_at = :at, closed_by = 'scan'
    where open.kind = 'overdue' and open.closed_at is null and not exists (
        select from custody as now where now.item_number = open.item_number and now.holder = open.custodian
        and now.since = open.since and not now.in_closed_bag offset 0
    )
    """
)
"""``offset 0`` here and below: each row looks its thing up by the indexes under the view, however many others there
are. Joined, the view would be read from end to end."""

_OPEN_OVERDUE = text(
    """
    with late as (
        select state, max(case when until is null then last else date_bin('1 day', last, until) end
            - make_interval(mins => minutes)) as since
        from due_rules cross join (select cast(:at as timestamptz) - interval '1 microsecond' as last) as moment
        group by state
    )
    insert into exceptions (item_number, kind, office, custodian, since, expected, expected_by, opened_at)
    select due.item_number, 'overdue', due.concerns, due.holder, due.since, due.event, due.due_at, :at
    from late cross join lateral (
        select * from custody_due where state = late.state and since <= late.since and due_at < :at offset 0
    ) as due
    where not exists (
        select from exceptions as old
        where old.item_number = due.item_number and old.kind = 'overdue' and old.closed_at is null
    )
    on conflict do nothing
    """
)
"""In each state, what began after the last moment at which it could be late by now is not looked at."""

_COUNT_OVERDUE = text("select count(*) from exceptions where kind = 'overdue' and closed_at is null")


def close_heard_of(connection: Connection, at: datetime) -> int:
    """Closes overdue exceptions whose thing has moved on since; gives back how many."""
    return connection.execute(_CLOSE_HEARD_OF, {"at": at}).rowcount


def open_overdue(connection: Connection, at: datetime) -> int:
    """Opens an exception for everything that is late and has none; gives back how many."""
    return connection.execute(_OPEN_OVERDUE, {"at": at}).rowcount


def count_overdue(connection: Connection) -> int:
    """How many overdue exceptions are open."""
    return int(connection.execute(_COUNT_OVERDUE).scalar_one())


def load_open_cases(
    connection: Connection,
    *,
    office: str | None,
    kind: Kind | None,
    opened_before: datetime | None,
    unowned: bool,
    after: int,
    limit: int,
    owner: str | None = None,
) -> list[Case]:
    """The open exceptions that are all of this, in the order of their ids, which begin after that one."""
    c = exceptions.c
    query = select(exceptions).where(c.closed_at.is_(None), c.exception_id > after)
    if office is not None:
        query = query.where(c.office == office)
    if kind is not None:
        query = query.where(c.kind == kind.value)
    if opened_before is not None:
        query = query.where(c.opened_at <= opened_before)
    if unowned:
        query = query.where(c.owner == "")
    if owner is not None:
        query = query.where(c.owner == owner)
    return read(connection.execute(query.order_by(c.exception_id).limit(limit)), Case, kind=Kind)


def load_cases_of(connection: Connection, number: str) -> list[Case]:
    """Every exception about that item or bag, open or not, the oldest first."""
    query = select(exceptions).where(exceptions.c.item_number == number).order_by(exceptions.c.exception_id)
    return read(connection.execute(query), Case, kind=Kind)


def load_case(connection: Connection, exception_id: int, *, hold: bool = False) -> Case | None:
    """The exception of that id; to ``hold`` it keeps others from changing it until the transaction ends."""
    query = select(exceptions).where(exceptions.c.exception_id == exception_id)
    return next(iter(read(connection.execute(query.with_for_update() if hold else query), Case, kind=Kind)), None)


def load_steps(connection: Connection, exception_ids: Sequence[int]) -> list[Step]:
    """What people did about those exceptions, in order."""
    c = exception_steps.c
    query = select(exception_steps).where(c.exception_id == func.any(list(exception_ids)))
    return read(connection.execute(query.order_by(c.exception_id, c.number)), Step)


def save_step(connection: Connection, step: Step) -> None:
    """Keeps the step, and writes its outcome to the exception, which the caller holds."""
    append(connection, exception_steps, [step])
    outcome = (
        {"owner": step.by}
        if step.step == "taken"
        else {"closed_at": step.at, "closed_by": step.by, "closing_note": step.note}
    )
    connection.execute(update(exceptions).where(exceptions.c.exception_id == step.exception_id).values(**outcome))
