"""What PostgreSQL takes for the same rows when nobody thinks: the rows of bookings and scans through bare psycopg."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from post_logistics.consignments.booking import Consignment
from post_logistics.storage.schema import consignments, journeys, recipients, scans
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan, scan_id_of

Rows = Mapping[Table, Sequence[Mapping[str, Any]]]
"""What each table is to hold, every row with the same columns."""
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def connect(url: str, schema: str) -> psycopg.Connection:
    """A connection without any library between."""
    plain = url.replace("+psycopg", "")
    return psycopg.connect(plain, autocommit=True, options=f"-csearch_path={schema} -ctimezone=UTC")


def booking_rows(booked: Sequence[Consignment], at: datetime) -> Rows:
    """The four rows of each booking."""
    facts = [asdict(one) | {"fingerprint": "0" * 64} for one in booked]
    return {
        consignments: [_only(consignments, one) for one in facts],
        recipients: [_only(recipients, one) for one in facts],
        scans: [_booked_scan(one, at) for one in booked],
        journeys: [_journey(one, at) for one in booked],
    }


def _only(table: Table, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {column.name: facts[column.name] for column in table.c if column.name in facts}


def _booked_scan(one: Consignment, at: datetime) -> dict[str, Any]:
    device = f"booking:{one.item_number}"
    return {
        "scan_id": scan_id_of(device, 0),
        "item_number": one.item_number,
        "event": Event.BOOKED.value,
        "occurred_at": at,
        "recorded_at": at,
        "clock_offset_s": 0,
        "device_id": device,
        "sequence": 0,
        "office": one.pickup_office,
        "holder": f"merchant:{one.merchant_id}",
        "reason": None,
        "note": "",
    }


def _journey(one: Consignment, at: datetime) -> dict[str, Any]:
    return {
        "item_number": one.item_number,
        "state": State.BOOKED.value,
        "holder": f"merchant:{one.merchant_id}",
        "office": one.pickup_office,
        "since": at,
        "attempts": 0,
        "misfits": 0,
        "destination": one.delivery_office,
        "last_at": at,
        "version": 1,
    }


def insert_arrays(connection: psycopg.Connection, rows: Rows) -> None:
    """One ``insert ... select from unnest`` per table, in one transaction, sent as bytes: the fastest way we know."""
    with connection.transaction():
        for table, values in rows.items():
            names = list(values[0])
            arrays = ", ".join(f"%b::{table.c[name].type.compile(_DIALECT)}[]" for name in names)
            connection.execute(
                f"insert into {table.name} ({', '.join(names)}) select * from unnest({arrays})",
                [[row[name] for row in values] for name in names],
            )


def insert_one_by_one(connection: psycopg.Connection, rows: Rows) -> None:
    """Five statements and a commit per booking: is the reference used, and a row for each table."""
    statements = {
        table: f"insert into {table.name} ({', '.join(values[0])}) values ({', '.join('%s' for _ in values[0])})"
        for table, values in rows.items()
    }
    for number, booked in enumerate(rows[consignments]):
        with connection.transaction():
            connection.execute(
                "select item_number, fingerprint from consignments where merchant_id = %s and order_ref = %s",
                (booked["merchant_id"], booked["order_ref"]),
            ).fetchone()
            for table, values in rows.items():
                connection.execute(statements[table], list(values[number].values()))


def stage(connection: psycopg.Connection, told: Sequence[Scan]) -> None:
    """The scans in a table beside the real one, from which the server alone can take them."""
    connection.execute("drop table if exists staged")
    connection.execute("create unlogged table staged (like scans)")
    connection.execute("select ensure_months(%s)", ([one.recorded_at for one in told],))
    rows = [asdict(one) | {"event": one.event.value} for one in told]
    values = ", ".join("%s" for _ in rows[0])
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            f"insert into staged ({', '.join(rows[0])}) values ({values})", [list(row.values()) for row in rows]
        )


def insert_staged(connection: psycopg.Connection) -> None:
    """The staged scans kept and their items' journeys moved, without a row leaving the server."""
    with connection.transaction():
        connection.execute("insert into scans select * from staged on conflict do nothing")
        connection.execute(
            "update journeys set state = 'accepted', holder = staged.holder, office = staged.office, "
            "since = staged.occurred_at, last_at = staged.occurred_at, version = version + 1 "
            "from staged where staged.item_number = journeys.item_number"
        )
