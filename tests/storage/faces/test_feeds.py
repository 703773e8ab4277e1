"""The log is told whole and in order: over months, to two readers, and while others are still writing."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, TextClause, text

from post_logistics.storage.custody.scans import append_scans, ensure_months
from post_logistics.storage.database import Database
from post_logistics.storage.faces import feeds
from post_logistics.storage.faces.feeds import MARGIN, Logged, load_log, log_begins, place_of, settled_until
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode

NO_ID = UUID(int=0)
BEGIN = datetime(2026, 7, 14, tzinfo=DHAKA)


def scan(n: int, recorded_at: datetime) -> Scan:
    return Scan(
        scan_id=scan_id_of("device", n),
        item_number=ItemNumber(f"DP{n % 7:08d}0BD"),
        event=Event.RECEIVED_AT_HUB,
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        device_id="device",
        sequence=n,
        office=Postcode("1215"),
        holder="office:1215",
    )


def make_month(database: Database) -> None:
    """So that two transactions that scan need not wait for each other to make it."""
    with database.transaction() as connection:
        ensure_months(connection, [BEGIN])


def pages(connection: Connection, until: datetime, limit: int) -> list[list[Logged]]:
    """Every page, as a reader who goes on where the one before ended gets them."""
    told, place = [], (BEGIN - timedelta(days=1), 0, NO_ID)
    while page := load_log(connection, place, until, limit, None):
        told.append(page)
        place = place_of(page[-1].scan)
    return told


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), limit=st.integers(1, 9), spread_s=st.sampled_from([0, 30, 3600, 40 * 86400]))
def test_every_scan_is_told_once_and_in_order(connection: Connection, seed: int, limit: int, spread_s: int) -> None:
    chance = Random(seed)
    given_scans = [scan(n, BEGIN + timedelta(seconds=chance.randint(0, spread_s))) for n in range(25)]
    with connection.begin_nested() as undo:
        append_scans(connection, given_scans)
        told = pages(connection, BEGIN + timedelta(days=60), limit)
        undo.rollback()
    flat = [row.scan for page in told for row in page]
    assert flat == sorted(given_scans, key=place_of)
    assert all(len(page) == limit for page in told[:-1])


def test_nothing_younger_than_asked_for_is_told(connection: Connection) -> None:
    append_scans(connection, [scan(n, BEGIN + timedelta(minutes=n)) for n in range(10)])
    assert [len(page) for page in pages(connection, BEGIN + timedelta(minutes=4), 100)] == [5]


def test_the_log_begins_with_its_first_month(database: Database) -> None:
    with database.transaction() as connection:
        assert log_begins(connection) is None
        append_scans(connection, [scan(0, BEGIN + timedelta(days=40)), scan(1, BEGIN)])
        assert log_begins(connection) == datetime(2026, 7, 1, tzinfo=DHAKA)


def test_without_open_transactions_the_log_is_settled_but_for_the_margin(database: Database) -> None:
    with database.transaction() as connection:
        behind = BEGIN - settled_until(connection, BEGIN)
    assert MARGIN <= behind < MARGIN + timedelta(seconds=20)  # other tests' transactions are young


def test_a_transaction_that_began_earlier_holds_the_log_back_and_what_it_brings_is_told(database: Database) -> None:
    """Two devices upload; the later one is done first. A reader who came in between still gets both."""
    at = BEGIN + MARGIN + timedelta(seconds=1)
    make_month(database)
    with database.transaction() as slow:
        append_scans(slow, [scan(1, BEGIN)])
        slow.execute(text("select pg_sleep(1.2)"))
        with database.transaction() as quick:
            append_scans(quick, [scan(2, BEGIN + timedelta(milliseconds=1))])
        with database.transaction() as reader:
            until = settled_until(reader, at)
            assert until < BEGIN
            assert load_log(reader, (BEGIN - timedelta(hours=1), 0, NO_ID), until, 10, None) == []
    with database.transaction() as reader:
        told = load_log(reader, (BEGIN - timedelta(hours=1), 0, NO_ID), at, 10, None)
    assert [row.scan.sequence for row in told] == [1, 2]


def test_red_control_a_reader_who_did_not_wait_would_lose_a_scan(database: Database) -> None:
    begin = (BEGIN - timedelta(hours=1), 0, NO_ID)
    make_month(database)
    with database.transaction() as slow:
        append_scans(slow, [scan(1, BEGIN)])
        with database.transaction() as quick:
            append_scans(quick, [scan(2, BEGIN + timedelta(milliseconds=1))])
        with database.transaction() as reader:
            (hasty,) = load_log(reader, begin, BEGIN + timedelta(hours=1), 10, None)
    assert hasty.scan.sequence == 2
    with database.transaction() as reader:
        assert load_log(reader, place_of(hasty.scan), BEGIN + timedelta(hours=1), 10, None) == []


@pytest.mark.parametrize("query", [feeds._EVERYTHING, feeds._OF_MERCHANT], ids=["everything", "of a merchant"])
def test_a_page_reads_the_months_it_is_about_and_no_other(connection: Connection, query: TextClause) -> None:
    append_scans(connection, [scan(n, BEGIN + timedelta(days=n)) for n in range(120)])
    window = {
        "from": BEGIN + timedelta(days=40),
        "until": BEGIN + timedelta(days=44),
        "sequence": 0,
        "scan_id": NO_ID,
        "limit": 10,
    }
    explained = connection.execute(text(f"explain (costs off) {query.text}"), window | {"merchant_id": "nobody"})
    plan = "\n".join(explained.scalars())
    assert "scans_202608" in plan
    assert not [month for month in ("202607", "202609", "202610", "202611") if month in plan]
