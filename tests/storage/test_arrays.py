"""Lists on their way to the server: whatever is in them comes back as it went."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

from post_logistics.storage.database import Connection, Database
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA


@pytest.fixture(scope="module")
def server(shared_database: Database) -> Iterator[Connection]:
    with shared_database.transaction() as connection:
        yield connection


def there_and_back(server: Connection, kind: str, values: list[Any]) -> list[Any]:
    found = server.execute(text(f"select cast(:values as {kind}[]) as back"), {"values": values}).scalar_one()
    return list(found)


TEXTS = st.lists(st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=8)


@given(values=TEXTS)
def test_texts(server: Connection, values: list[str | None]) -> None:
    assert there_and_back(server, "text", values) == values


@pytest.mark.parametrize(
    "value", ["", "NULL", "null", "{}", '"', "\\", '\\"', ",", " ", "\n", "a,b", "ঢাকা", "'; drop table scans; --"]
)
@pytest.mark.parametrize("others", [[], [None], ["x"], ['"', None]])
def test_texts_that_mean_something_to_the_server(server: Connection, value: str, others: list[str | None]) -> None:
    assert there_and_back(server, "text", [value, *others, value]) == [value, *others, value]


def test_members_of_an_enumeration_are_their_values(server: Connection) -> None:
    assert there_and_back(server, "text", [Event.ACCEPTED, None]) == ["accepted", None]


@given(values=st.lists(st.none() | st.uuids(), max_size=8))
def test_ids(server: Connection, values: list[UUID | None]) -> None:
    assert there_and_back(server, "uuid", values) == values


@given(values=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=8))
def test_whole_numbers(server: Connection, values: list[int | None]) -> None:
    assert there_and_back(server, "bigint", values) == values


ZONES = st.sampled_from([UTC, DHAKA, timezone(timedelta(hours=-3, minutes=-30))])


@given(values=st.lists(st.none() | st.datetimes(datetime.fromisoformat("2010-01-02"), timezones=ZONES), max_size=8))
@example([datetime(1900, 1, 1, tzinfo=DHAKA), None, datetime(2199, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)])
def test_instants(server: Connection, values: list[datetime | None]) -> None:
    assert there_and_back(server, "timestamptz", values) == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("boolean", [True, None, False]),
        ("float8", [0.5, None]),
        ("int", []),
        ("timestamp", [datetime.fromisoformat("2026-01-01")]),
    ],
)
def test_others_go_as_the_driver_sends_them(server: Connection, kind: str, values: list[Any]) -> None:
    assert there_and_back(server, kind, values) == values


def test_a_text_with_nul_is_refused_and_not_cut_off(shared_database: Database) -> None:
    with pytest.raises(Exception, match="NUL"), shared_database.transaction() as connection:
        there_and_back(connection, "text", ["a\0b"])
