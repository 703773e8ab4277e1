"""What recipients contest: exceptions of the kind ``contested``, opened once for a scan and answered once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select

from post_logistics.storage.custody.exceptions import Kind, Step, load_steps, save_step
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import exceptions

_KIND = Kind.CONTESTED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """A recipient's word against a scan. ``detail`` is what was said; ``closing_note`` the answer, decision first."""

    item_number: str
    scan_id: UUID
    office: str
    custodian: str
    detail: str
    opened_at: datetime
    expected_by: datetime
    """By when the office has to answer."""
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_note: str = ""


_COLUMNS = [exceptions.c[field.name] for field in fields(Contest)]


def open_contests(connection: Connection, values: Sequence[Contest]) -> None:
    """Opens an exception per contest."""
    many = len(values)
    append(connection, exceptions, values, keep_first=True, kind=[_KIND] * many, expected=[""] * many)


def load_contests(connection: Connection, item_numbers: Sequence[str]) -> list[Contest]:
    """Every contest about those items, answered or not, oldest first."""
    return _load(connection, exceptions.c.item_number == func.any(list(item_numbers)))


def load_contests_open(connection: Connection, office: str, limit: int) -> list[Contest]:
    """At most that many of those that the office has yet to answer, the oldest first."""
    return _load(connection, exceptions.c.office == office, exceptions.c.closed_at.is_(None), limit=limit)


def load_contest(connection: Connection, scan_id: UUID, office: str | None) -> Contest | None:
    """The contest of that scan, held until the transaction ends; None if there is none, or it is another office's."""
    wanted = [exceptions.c.scan_id == scan_id] + ([] if office is None else [exceptions.c.office == office])
    return next(iter(_load(connection, *wanted, hold=True)), None)


def _load(
    connection: Connection, *wanted: ColumnElement[bool], limit: int | None = None, hold: bool = False
) -> list[Contest]:
    query = select(*_COLUMNS).where(exceptions.c.kind == _KIND, *wanted)
    query = query.order_by(exceptions.c.opened_at, exceptions.c.exception_id).limit(limit)
    return read(connection.execute(query.with_for_update() if hold else query), Contest)


def close_contest(connection: Connection, scan_id: UUID, by: str, note: str, at: datetime) -> None:
    """Closes the open contest of that scan, which the caller holds, as a step like any other of an exception."""
    wanted = select(exceptions.c.exception_id).where(
        exceptions.c.kind == _KIND, exceptions.c.scan_id == scan_id, exceptions.c.closed_at.is_(None)
    )
    exception_id = connection.execute(wanted).scalar_one()
    number = len(load_steps(connection, [exception_id])) + 1
    save_step(connection, Step(exception_id=exception_id, number=number, step="closed", by=by, note=note, at=at))
