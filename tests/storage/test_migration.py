"""A database of the first releases, brought to today's schema with everything that is in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from post_logistics.settings import Settings
from post_logistics.storage import database as module
from post_logistics.storage.custody.scans import load_scans, load_standings
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.keeping.partitions import load_months
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import scan_id_of
from post_logistics.units import DHAKA

SCHEMA = "once_0002"
ITEMS = ("DP000000005BD", "DP000000019BD")


@contextmanager
def at_0002(settings: Settings) -> Iterator[Connection]:
    """A connection to a schema as release 0.1 left it, empty."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, connect_args={"options": f"-csearch_path={SCHEMA} -ctimezone=UTC"})
    try:
        with engine.begin() as connection:
            connection.execute(text(f"drop schema if exists {SCHEMA} cascade"))
            connection.execute(text(f"create schema {SCHEMA}"))
            config = Config()
            config.set_main_option("script_location", str(module._MIGRATIONS))
            config.attributes |= {"connection": connection, "schema": SCHEMA}
            command.upgrade(config, "0002")
            yield connection
    finally:
        engine.dispose()


def insert(connection: Connection, table: str, **row: Any) -> None:
    names = ", ".join(row)
    connection.execute(text(f"insert into {table} ({names}) values ({', '.join(f':{n}' for n in row)})"), row)


def a_parcel(connection: Connection, item: str, at: datetime) -> None:
    insert(
        connection,
        "consignments",
        item_number=item,
        merchant_id="shop",
        store_address="New Market",
        order_ref=item,
        weight_g=500,
        cod_poisha=0,
        declared_value_poisha=0,
        description="",
        service="speed_post_parcel",
        tariff_version="2025-04-01",
        postage_poisha=1000,
        cod_fee_poisha=0,
        vat_poisha=150,
        pickup_office="1205",
        delivery_office="1216",
        delivery_postcode="1216",
        place_id="mirpur",
        promised_on=at.date(),
        booked_at=at,
        fingerprint="print",
    )
    insert(
        connection,
        "journeys",
        item_number=item,
        state="accepted",
        holder="office:1205",
        office="1205",
        since=at + timedelta(hours=1),
        attempts=1,
        misfits=2,
    )


def a_scan(connection: Connection, device: str, sequence: int, item: str, at: datetime, **changes: Any) -> None:
    row: dict[str, Any] = {
        "scan_id": scan_id_of(device, sequence),
        "item_number": item,
        "event": "accepted",
        "occurred_at": at,
        "recorded_at": at,
        "clock_offset_s": -7,
        "device_id": device,
        "sequence": sequence,
        "office": "1205",
        "holder": "office:1205",
        "reason": None,
        "note": "",
    }
    insert(connection, "scans", **row | changes)


@pytest.fixture(scope="module")
def upgraded(settings: Settings) -> Iterator[Database]:
    """Two parcels and five scans of release 0.1, in today's schema."""
    new_year = datetime(2027, 1, 1, tzinfo=DHAKA)
    with at_0002(settings) as connection:
        insert(
            connection,
            "merchants",
            merchant_id="shop",
            name="Shop",
            store_address="New Market",
            payout_account="",
            registered_at=new_year,
        )
        for item in ITEMS:
            a_parcel(connection, item, new_year - timedelta(days=1))
            a_scan(connection, f"booking:{item}", 0, item, new_year - timedelta(days=1), event="booked")
        a_scan(connection, "counter", 1, ITEMS[0], new_year - timedelta(microseconds=1))
        a_scan(connection, "counter", 2, ITEMS[1], new_year, note="with the neighbour, Rahima")
        a_scan(connection, "counter", 9, ITEMS[0], new_year + timedelta(days=400), reason="refused_by_recipient")
    with open_database(settings.model_copy(update={"schema_name": SCHEMA})) as database:
        yield database
        with database.transaction() as connection:
            connection.execute(text(f"drop schema {SCHEMA} cascade"))


def test_every_scan_is_there_as_it_was(upgraded: Database) -> None:
    with upgraded.transaction() as connection:
        scans = sorted(load_scans(connection, ITEMS), key=lambda scan: scan.order_key)
    assert [(scan.device_id, scan.sequence) for scan in scans[2:]] == [("counter", 1), ("counter", 2), ("counter", 9)]
    assert {scan.event for scan in scans} == {Event.BOOKED, Event.ACCEPTED}
    assert {scan.scan_id for scan in scans} == {scan_id_of(scan.device_id, scan.sequence) for scan in scans}
    assert {scan.clock_offset_s for scan in scans} == {-7}
    assert {(scan.receptacle, scan.voids) for scan in scans} == {(None, None)}


def test_scans_lie_in_the_months_in_which_they_were_recorded_in_dhaka(upgraded: Database) -> None:
    with upgraded.transaction() as connection:
        kept = [f"{one.month:%Y-%m}" for one in load_months(connection) if one.table_name == "scans"]
        counted = connection.execute(text("select tableoid::regclass::text, count(*) from scans group by 1 order by 1"))
        assert kept == ["2026-12", "2027-01", "2028-02"]
        assert [tuple(row) for row in counted] == [("scans_202612", 3), ("scans_202701", 1), ("scans_202802", 1)]


def test_devices_know_what_came_in_and_what_is_missing_and_the_servers_own_hands_are_none(upgraded: Database) -> None:
    with upgraded.transaction() as connection:
        rows = connection.execute(text("select device_id, received::text as received, last_seen_at from devices")).all()
    assert [(row.device_id, row.received) for row in rows] == [("counter", "{[1,3),[9,10)}")]
    assert rows[0].last_seen_at == datetime(2027, 1, 1, tzinfo=DHAKA) + timedelta(days=400)


def test_journeys_stand_where_they_stood_and_know_where_they_go(upgraded: Database) -> None:
    with upgraded.transaction() as connection:
        standings = load_standings(connection, ITEMS)
    for one in standings:
        assert (one.state, one.holder, one.office) == (State.ACCEPTED, "office:1205", "1205")
        assert (one.attempts, one.misfits, one.receptacle) == (1, 2, None)
        assert (one.destination, one.version) == ("1216", 1)


def test_a_journey_knows_when_it_was_last_heard_of_so_that_a_late_scan_is_seen_to_be_late(upgraded: Database) -> None:
    with upgraded.transaction() as connection:
        first, second = load_standings(connection, ITEMS)
    assert first.last_at == datetime(2027, 1, 1, tzinfo=DHAKA) + timedelta(days=400)
    assert second.last_at == datetime(2027, 1, 1, tzinfo=DHAKA)


def test_old_scans_are_still_facts(upgraded: Database) -> None:
    with pytest.raises(DBAPIError, match="are facts"), upgraded.transaction() as connection:
        connection.execute(text("delete from scans"))


def test_opened_again_nothing_is_done_twice(upgraded: Database, settings: Settings) -> None:
    with (
        open_database(settings.model_copy(update={"schema_name": SCHEMA})) as again,
        again.transaction() as connection,
    ):
        assert connection.execute(text("select count(*) from scans")).scalar_one() == 5
