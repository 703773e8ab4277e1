"""Months of scans and uploads on their way out of the database and back: read in one stream, let go, brought back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import ColumnElement, Connection, Table, Text, cast, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from post_logistics.errors import Conflict
from post_logistics.storage.custody.scans import ensure_months
from post_logistics.storage.keeping.partitions import begins_at, month_after, partition_of
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import FORGETTABLE, archives, metadata

_WAIT_S = 5
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A month of a table in a file. ``detached``: the database has let go of it since."""

    table_name: str
    month: date
    path: str
    rows: int
    sha256: str
    archived_at: datetime
    detached: bool = False


def load_archives(connection: Connection) -> list[Archive]:
    """Every archive, by table and month."""
    return read(connection.execute(select(archives).order_by(archives.c.table_name, archives.c.month)), Archive)


def hold_archive(connection: Connection, table: str, month: date) -> Archive | None:
    """The archive of that month, if there is one. Whoever else archives or restores waits for this transaction."""
    connection.execute(text("lock table archives in share row exclusive mode"))
    wanted = select(archives).where(archives.c.table_name == table, archives.c.month == month)
    return next(iter(read(connection.execute(wanted), Archive)), None)


def save_archive(connection: Connection, archive: Archive) -> None:
    """Remembers the archive in place of an earlier one of that month."""
    connection.execute(
        text("delete from archives where table_name = :table_name and month = :month"),
        {"table_name": archive.table_name, "month": archive.month},
    )
    append(connection, archives, [archive])


def mark_detached(connection: Connection, table: str, month: date, detached: bool) -> None:
    """Says of an archived month whether the database has let go of it."""
    connection.execute(
        text("update archives set detached = :detached where table_name = :table_name and month = :month"),
        {"table_name": table, "month": month, "detached": detached},
    )


def columns_of(table: str) -> dict[str, type]:
    """Name -> kind of value (text, whole number, instant, bytes) of each column that is archived, in their order.

    Notes on people are not: in a file nobody would forget them.
    """
    return {column.name: column.type.python_type for column in _archived(metadata.tables[table])}


def _archived(table: Table) -> list[ColumnElement[Any]]:
    """What is archived of a row; identifiers as text, which the server writes faster than we do."""
    forgettable, _ = FORGETTABLE.get(table.name, ("", ""))
    return [
        cast(column, Text).label(column.name) if column.type.python_type is UUID else column
        for column in table.c
        if column.name != forgettable
    ]


def stream_month(connection: Connection, table: str, month: date, size: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a month in the order of their keys, so many at a time: neither side holds more of them in memory."""
    partition_of(table, month)
    source, key = _rows_of(table, month)
    with connection.execute(source.order_by(*key), execution_options={"yield_per": size}) as found:
        for rows in found.partitions():
            yield [tuple(row) for row in rows]


def _rows_of(table: str, month: date) -> tuple[Any, Sequence[Any]]:
    whole = metadata.tables[table]
    at = _instant(whole)
    wanted = select(*_archived(whole)).where(at >= begins_at(month), at < begins_at(month_after(month)))
    return wanted, tuple(whole.primary_key)


def _instant(table: Table) -> Any:
    """The column by which the table is kept in months."""
    return next(column for column in table.primary_key if column.type.python_type is datetime)


def count_month(connection: Connection, table: str, month: date) -> int:
    """The rows that the database holds of a month."""
    wanted, _ = _rows_of(table, month)
    found: int = connection.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
    return found


_STILL_NEEDED = """
    create temporary table still_needed as
    with recursive needed (number) as (
        select item_number from journeys join consignments using (item_number)
        where state <> all(:finished) and booked_at < :end
        union
        select receptacle from receptacles where state <> all(:emptied) and made_at < :end
        union
        select scans.receptacle from needed join scans on scans.item_number = needed.number
        where scans.receptacle is not null
    )
    select part.* from {partition} part join needed on needed.number = part.item_number
"""
"""Scans of the month that belong to something not finished, and of the bags it was in: its history stays whole."""


def let_go(connection: Connection, table: str, month: date, finished: Sequence[str], emptied: Sequence[str]) -> int:
    """Takes a month out of the database; of scans those stay that belong to an item or bag not in such a state.

    How many rows stay. Conflict when others have been using the table for five seconds without a pause.
    """
    partition = partition_of(table, month)
    ensure_months(connection, [begins_at(month)])
    if table == "scans":
        asked = {"finished": list(finished), "emptied": list(emptied), "end": begins_at(month_after(month))}
        connection.execute(text(_STILL_NEEDED.format(partition=partition)), asked)
    with _soon(connection):
        connection.execute(text(f"alter table {table} detach partition {partition}"))
    connection.execute(text(f"drop table {partition}"))
    if table != "scans":
        return 0
    ensure_months(connection, [begins_at(month)])
    stay = connection.execute(text(f"insert into {partition} select * from still_needed")).rowcount  # noqa: S608
    connection.execute(text("drop table still_needed"))
    return stay


@contextmanager
def _soon(connection: Connection) -> Iterator[None]:
    """What is done inside gives up rather than keep everybody waiting."""
    connection.execute(text(f"set local lock_timeout = '{_WAIT_S}s'"))
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Conflict("scans are coming in without a pause", remedy="try again at night") from error
        raise
    connection.execute(text("set local lock_timeout = 0"))


def restore_rows(connection: Connection, table: str, columns: Mapping[str, Sequence[Any]]) -> int:
    """Puts rows back, given as columns of one length; those that are there already stay as they are. How many came."""
    target = metadata.tables[table]
    arrays = ", ".join(f"cast(:{name} as {target.c[name].type.compile(_DIALECT)}[])" for name in columns)
    forgotten, empty = FORGETTABLE.get(table, ("", ""))
    into, rows = (f", {forgotten}", f", {empty}") if forgotten else ("", "")
    return connection.execute(
        text(  # only names of tables and columns of the schema go into the text
            f"insert into {table} ({', '.join(columns)}{into}) select *{rows} from unnest({arrays}) "  # noqa: S608
            "on conflict do nothing"
        ),
        {name: list(values) for name, values in columns.items()},
    ).rowcount
