"""The months of scans and uploads: each a partition, made before its first row comes and let go when it is archived.

A month is named by its first day and runs from midnight to midnight in Dhaka.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from post_logistics.errors import Unacceptable
from post_logistics.storage.custody.scans import ensure_months
from post_logistics.storage.schema import PARTITIONED
from post_logistics.units import DHAKA, latin_digits

MONTHS_AHEAD = 2
"""So many months after the present one are ready: a nightly job may fail for weeks before anybody waits."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a partitioned table as the server keeps it. ``rows`` is the server's own estimate."""

    table_name: str
    month: date
    rows: int
    size_bytes: int


def month_of(at: datetime) -> date:
    """The month in which an instant lies in Dhaka."""
    return at.astimezone(DHAKA).date().replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    """The month so many later, or earlier where ``count`` is below zero."""
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def begins_at(month: date) -> datetime:
    """The first instant of a month."""
    return datetime(month.year, month.month, 1, tzinfo=DHAKA)


def parse_month(written: str) -> date:
    """The month written as 2026-11, in any digits; Unacceptable if it is none."""
    try:
        return date.fromisoformat(f"{latin_digits(written).strip()}-01")
    except ValueError:
        raise Unacceptable(f"{written!r} is not a month", field="month", remedy="write it as 2026-11") from None


def partition_of(table: str, month: date) -> str:
    """The name of the table that holds that month; Unacceptable if ``table`` is not kept by months."""
    if table not in PARTITIONED:
        raise Unacceptable(
            f"{table!r} is not kept by months", field="table", remedy=f"name one of: {', '.join(PARTITIONED)}"
        )
    return f"{table}_{month:%Y%m}"


def prepare_months(connection: Connection, at: datetime, ahead: int = MONTHS_AHEAD) -> list[date]:
    """This month and the ones ahead are ready; they are given back. Run every night, so that no scan ever waits."""
    months = [month_after(month_of(at), n) for n in range(ahead + 1)]
    ensure_months(connection, [begins_at(month) for month in months])
    return months


def load_months(connection: Connection) -> list[Month]:
    """Every month that is kept, by table and time."""
    rows = connection.execute(
        text(
            "select parent.relname as table_name, right(child.relname, 6) as month, "
            "greatest(child.reltuples, 0)::bigint as rows, pg_total_relation_size(child.oid) as size_bytes "
            "from pg_inherits "
            "join pg_class parent on parent.oid = inhparent join pg_class child on child.oid = inhrelid "
            "where inhparent = any(cast(cast(:tables as text[]) as regclass[])) order by 1, 2"
        ),
        {"tables": list(PARTITIONED)},
    )
    return [
        Month(row.table_name, date(int(row.month[:4]), int(row.month[4:]), 1), row.rows, row.size_bytes) for row in rows
    ]
