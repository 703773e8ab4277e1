"""The months of scans: made before they are needed, made once by two at a time, and right at midnight in Dhaka."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from post_logistics.errors import Unacceptable
from post_logistics.storage.custody.scans import _WITH_BAGS, append_scans, ensure_months
from post_logistics.storage.database import Database
from post_logistics.storage.keeping.partitions import (
    begins_at,
    load_months,
    month_after,
    month_of,
    parse_month,
    partition_of,
    prepare_months,
)
from post_logistics.storage.schema import PARTITIONED
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode

JANUARY, FEBRUARY, MARCH = (date(2031, month, 1) for month in (1, 2, 3))


def scan(sequence: int, at: datetime) -> Scan:
    return Scan(
        scan_id=scan_id_of("counter", sequence),
        item_number=ItemNumber("DP000000005BD"),
        event=Event.ACCEPTED,
        occurred_at=at,
        recorded_at=at,
        device_id="counter",
        sequence=sequence,
        office=Postcode("1216"),
        holder="office:1216",
    )


def where(connection: Connection) -> dict[int, str]:
    """Sequence -> the partition that holds the scan."""
    rows = connection.execute(text("select sequence, tableoid::regclass::text as part from scans"))
    return {row.sequence: row.part.rpartition(".")[2] for row in rows}


def months_of(connection: Connection, table: str = "scans") -> list[date]:
    return [one.month for one in load_months(connection) if one.table_name == table]


def test_a_batch_across_midnight_of_a_new_month_goes_into_both(connection: Connection) -> None:
    midnight = begins_at(FEBRUARY)
    moment = timedelta(microseconds=1)
    append_scans(connection, [scan(0, midnight - moment), scan(1, midnight), scan(2, midnight + moment)])
    assert where(connection) == {0: "scans_203101", 1: "scans_203102", 2: "scans_203102"}


def test_a_month_begins_at_midnight_in_dhaka_whatever_the_zone_of_the_instant(connection: Connection) -> None:
    before = datetime(2031, 1, 31, 17, 59, 59, tzinfo=UTC)
    append_scans(connection, [scan(0, before), scan(1, before + timedelta(seconds=1))])
    assert where(connection) == {0: "scans_203101", 1: "scans_203102"}


def test_a_scan_from_before_the_first_month_finds_a_place(connection: Connection) -> None:
    append_scans(connection, [scan(0, begins_at(MARCH)), scan(1, datetime(1971, 12, 16, tzinfo=DHAKA))])
    assert where(connection) == {0: "scans_203103", 1: "scans_197112"}


def test_december_is_followed_by_january(connection: Connection) -> None:
    at = datetime(2030, 12, 31, 23, 59, 59, 999_999, tzinfo=DHAKA)
    assert prepare_months(connection, at) == [date(2030, 12, 1), JANUARY, FEBRUARY]
    for table in PARTITIONED:
        assert {date(2030, 12, 1), JANUARY, FEBRUARY} <= set(months_of(connection, table))


def test_preparing_again_makes_nothing_new(connection: Connection) -> None:
    prepare_months(connection, begins_at(JANUARY))
    before = load_months(connection)
    prepare_months(connection, begins_at(JANUARY))
    assert [one.month for one in load_months(connection)] == [one.month for one in before]


def test_two_processes_that_meet_in_a_new_month_make_it_once_and_keep_both_their_scans(database: Database) -> None:
    together = Barrier(4)

    def clerk(number: int) -> None:
        for month in range(1, 5):
            together.wait(timeout=10)
            with database.transaction() as connection:
                append_scans(connection, [scan(number * 100 + month, datetime(2031, month, 1, tzinfo=DHAKA))])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clerk, range(4)))
    with database.transaction() as connection:
        assert len(where(connection)) == 16
        assert months_of(connection).count(FEBRUARY) == 1


def test_a_month_made_in_a_transaction_that_fails_is_made_by_the_next(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        append_scans(connection, [scan(0, begins_at(MARCH))])
        raise ZeroDivisionError
    with database.transaction() as connection:
        assert MARCH not in months_of(connection)
        append_scans(connection, [scan(0, begins_at(MARCH))])
        assert where(connection) == {0: "scans_203103"}


def test_a_month_is_as_append_only_as_the_whole_even_by_its_own_name(connection: Connection) -> None:
    append_scans(connection, [scan(0, begins_at(MARCH))])
    for change in ("delete from scans_203103", "update scans_203103 set note = 'x'", "truncate scans_203103"):
        with pytest.raises(DBAPIError, match="are facts"), connection.begin_nested():
            connection.execute(text(change))


def test_red_control_without_its_month_a_scan_is_refused(connection: Connection) -> None:
    with pytest.raises(DBAPIError, match="no partition"), connection.begin_nested():
        connection.execute(
            text("insert into uploads values (gen_random_uuid(), '2031-03-01', 'counter', 'signature', 'body')")
        )


@given(st.floats(0, 7e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_every_instant_lies_in_its_month_and_in_no_other(at: datetime) -> None:
    month = month_of(at)
    assert begins_at(month) <= at < begins_at(month_after(month))
    assert month_after(month_after(month), -1) == month


def test_a_month_is_written_with_any_digits() -> None:
    assert parse_month("2031-03") == parse_month(" ২০৩১-০৩ ") == MARCH
    for wrong in ("2031-13", "March", "2031-03-01", "", "2031-3"):
        with pytest.raises(Unacceptable, match="is not a month"):
            parse_month(wrong)


def test_only_what_is_kept_by_months_has_one() -> None:
    assert partition_of("uploads", MARCH) == "uploads_203103"
    with pytest.raises(Unacceptable, match="scans, uploads"):
        partition_of("recipients; drop table scans", MARCH)


def test_ensuring_no_instants_at_all_is_no_work(connection: Connection) -> None:
    before = len(load_months(connection))
    ensure_months(connection, [])
    assert len(load_months(connection)) == before


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_a_history_is_looked_up_by_its_number_whatever_plan_the_server_keeps(connection: Connection, mode: str) -> None:
    """Once prepared for any number of items, the statement read all scans: 2 seconds instead of 2 milliseconds."""
    ensure_months(connection, [begins_at(MARCH)])
    connection.execute(
        text(
            "insert into scans (item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, device_id, "
            "sequence, office, holder, note) "
            "select 'DP' || n / 10, :at, gen_random_uuid(), 'accepted', :at, 0, 'd', n, "
            "'1216', 'office:1216', '' from generate_series(1, 20000) as n"
        ),
        {"at": begins_at(MARCH)},
    )
    connection.execute(text("analyze scans"))
    connection.execute(text(f"set local plan_cache_mode = {mode}"))
    connection.execute(text("prepare history (text[]) as " + _WITH_BAGS.text.replace(":numbers", "$1")))
    plan = connection.execute(text("explain execute history (array['DP77', 'DP78'])")).scalars().all()
    connection.execute(text("deallocate history"))
    assert not [line for line in plan if "Seq Scan on scans_203103" in line]
