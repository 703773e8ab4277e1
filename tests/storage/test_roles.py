"""The application's role on the server: it adds facts, and whatever it tries, it takes none away."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from post_logistics.errors import Unacceptable
from post_logistics.operations.money.checking import prove_books
from post_logistics.storage.money.ledger import append_transfers, declare_postings, load_balances
from post_logistics.storage.roles import limit_role
from post_logistics.storage.schema import APPEND_ONLY, FORGETTABLE, metadata
from tests.operations.money.test_sealing import some_books

ROLE = "post_application_of_a_test"


@pytest.fixture
def application(connection: Connection) -> Iterator[Connection]:
    """A connection with the rights of the application."""
    limit_role(connection, ROLE)
    connection.execute(text(f"set local role {ROLE}"))
    yield connection
    connection.execute(text("reset role"))


@contextmanager
def refused(connection: Connection) -> Iterator[None]:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner|are facts"), connection.begin_nested():
        yield


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_fact_is_changed_removed_or_left_without_its_trigger(application: Connection, table: str) -> None:
    key = next(iter(metadata.tables[table].primary_key)).name
    for attempt in (
        f"delete from {table}",
        f"truncate {table}",
        f"update {table} set {key} = {key}",
        f"alter table {table} disable trigger all",
        f"drop trigger append_only on {table}",
        f"drop table {table} cascade",
        f"create trigger mine before insert on {table} for each statement execute function refuse_change()",
    ):
        with refused(application):
            application.execute(text(attempt))


@pytest.mark.parametrize(
    "attempt",
    [
        "set session_replication_role = replica",
        "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
        "alter function refuse_sealed() rename to nothing",
        "create table mine (a int)",
        "update alembic_version set version_num = '0001'",
        f"grant all on transfers to {ROLE}",
        "alter function ensure_months(timestamptz[]) security invoker",
    ],
)
def test_what_keeps_the_facts_is_out_of_reach(application: Connection, attempt: str) -> None:
    if attempt.startswith("grant"):  # the server takes it with a warning, and grants nothing
        application.execute(text(attempt))
        with refused(application):
            application.execute(text("delete from transfers"))
        return
    with refused(application):
        application.execute(text(attempt))


def test_the_work_itself_goes_on(application: Connection) -> None:
    books = some_books(1)
    declare_postings(application)
    append_transfers(application, books)
    assert load_balances(application)
    assert prove_books(application)
    for table in set(metadata.tables) - set(APPEND_ONLY):
        application.execute(text(f"delete from {table} where false"))
    for table, (column, empty) in FORGETTABLE.items():
        application.execute(text(f"update {table} set {column} = {empty} where false"))
    assert application.execute(text("select ensure_months(array['2031-05-05'::timestamptz])")).first() is not None
    application.execute(text("select count(*) from scans where recorded_at > '2031-05-01'"))


def test_rights_given_by_mistake_are_taken_away_again(connection: Connection) -> None:
    limit_role(connection, ROLE)
    connection.execute(text(f"grant all on transfers to {ROLE}"))
    limit_role(connection, ROLE)
    connection.execute(text(f"set local role {ROLE}"))
    with refused(connection):
        connection.execute(text("truncate transfers"))


def test_a_role_that_no_grant_can_limit_is_refused(connection: Connection) -> None:
    owner = connection.execute(text("select current_user")).scalar_one()
    with pytest.raises(Unacceptable, match="owns the tables"):
        limit_role(connection, owner)
    for name in ("", "Post", "post; drop table transfers", 'a"b', "ডাক"):
        with pytest.raises(Unacceptable, match="cannot name"):
            limit_role(connection, name)


def test_red_control_without_these_rights_the_owner_could_switch_the_triggers_off(connection: Connection) -> None:
    append_transfers(connection, some_books(1))
    connection.execute(text("alter table transfers disable trigger all"))
    connection.execute(text("delete from transfers"))
    assert load_balances(connection) == {}
