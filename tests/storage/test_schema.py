"""What the tables refuse, whoever asks; and that the migrations lead to the schema on its page."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.embedded import tool
from post_logistics.storage.schema import APPEND_ONLY, metadata


def dump(url: str, schema: str) -> str:
    """The definitions of one schema as pg_dump writes them, without its name and comments."""
    plain = url.replace("+psycopg", "")
    out = subprocess.run(
        [tool("pg_dump"), "--schema-only", "--no-owner", "--schema", schema, plain],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    keep = [line.rstrip(",") for line in out.splitlines() if line and not line.startswith(("--", "\\"))]
    return "\n".join(keep).replace(schema, "SCHEMA")


def test_the_migrations_lead_to_the_schema_on_its_page(settings: Settings, tmp_path: Path) -> None:
    with open_scratch(settings.model_copy(update={"schema_name": "by_steps"})) as migrated:
        by_migration = dump(migrated.url, "by_steps")
        with migrated.transaction() as connection:
            connection.execute(text("drop schema if exists by_page cascade; create schema by_page"))
            connection.execute(text("set local search_path to by_page"))
            metadata.create_all(connection)
            connection.execute(text("create table alembic_version (like by_steps.alembic_version including all)"))
        by_page = dump(migrated.url, "by_page")
    assert sorted(by_migration.replace("alembic_version_pkc", "").splitlines()) == sorted(
        by_page.replace("alembic_version_pkey", "").splitlines()
    )


@contextmanager
def refused(connection: Connection) -> Iterator[None]:
    with pytest.raises(DBAPIError), connection.begin_nested():
        yield


TRANSFER = text(
    "insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause, reverses) values "
    "(gen_random_uuid(), :code, :debit, :credit, :amount, now(), 'test', :reverses)"
)
COLLECT = {
    "code": "collect",
    "debit": "rider_cash:1215-R01",
    "credit": "merchant_payable:shop",
    "amount": 1,
    "reverses": None,
}


def test_a_collection_of_one_poisha_can_be_posted(connection: Connection) -> None:
    connection.execute(TRANSFER, COLLECT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -1},
        {"code": "gift"},
        {"debit": "office_till:1215"},
        {"debit": "merchant_payable:shop", "credit": "rider_cash:1215-R01"},
        {"credit": "rider_cash:1215-R01"},
        {"reverses": "00000000-0000-0000-0000-000000000000"},
    ],
    ids=str,
)
def test_money_that_the_postings_table_does_not_know_is_refused(
    connection: Connection, wrong: dict[str, object]
) -> None:
    with refused(connection):
        connection.execute(TRANSFER, COLLECT | wrong)


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["delete from {}", "truncate {} cascade", "update {} set {} = {}"])
def test_a_fact_can_be_neither_changed_nor_removed(connection: Connection, table: str, change: str) -> None:
    column = next(iter(metadata.tables[table].primary_key)).name
    with pytest.raises(DBAPIError, match="are facts"), connection.begin_nested():
        connection.execute(text(change.format(table, column, column)))


def allot(connection: Connection, indicator: str, first: int, last: int, to: str) -> None:
    connection.execute(
        text(
            "insert into number_ranges (indicator, first_serial, last_serial, allotted_to, allotted_at) "
            "values (:i, :f, :l, :t, now())"
        ),
        {"i": indicator, "f": first, "l": last, "t": to},
    )


def test_ranges_of_one_indicator_never_overlap_and_those_of_two_may(connection: Connection) -> None:
    allot(connection, "DP", 100, 199, "a")
    allot(connection, "DP", 200, 299, "b")
    allot(connection, "DQ", 100, 199, "c")
    with refused(connection):
        allot(connection, "DP", 199, 199, "d")
    with refused(connection):
        connection.execute(text("update number_ranges set issued = 101 where allotted_to = 'a'"))


def test_a_day_closes_only_when_every_poisha_is_explained(connection: Connection, morning: datetime) -> None:
    insert = text(
        "insert into day_closes (close_id, holder, office, closed_on, expected_poisha, counted_poisha, "
        "shortage_poisha, excess_poisha, to_deposit_poisha, counted_by, closed_at, turn, pieces, reason, "
        "countersigned_by) values (gen_random_uuid(), :h, '1215', '2026-11-22', :e, :c, :s, :x, 0, 'clerk', :at, 1, "
        "'{}', :r, :by)"
    )
    good = {"h": "rider:1", "e": 100, "c": 90, "s": 10, "x": 0, "at": morning, "r": "lost", "by": "rider"}
    connection.execute(insert, good)
    for wrong in ({"s": 9}, {"r": ""}, {"by": "clerk"}, {"by": ""}):
        with refused(connection):
            connection.execute(insert, good | {"h": "rider:2"} | wrong)
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert, good)


def test_what_raises_in_a_transaction_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        allot(connection, "DP", 1, 2, "a")
        raise ZeroDivisionError
    with database.transaction() as connection:
        assert connection.execute(text("select count(*) from number_ranges")).scalar_one() == 0
