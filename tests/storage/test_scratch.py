"""A scratch schema belongs to one process at a time, and to nobody from the moment that it is closed."""

from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import Pool

from post_logistics.errors import Conflict
from post_logistics.settings import Settings
from post_logistics.storage.database import _SCHEMA_LOCK, open_scratch

HELD = "select count(*) from pg_locks where locktype = 'advisory' and classid = %s and granted"


@pytest.fixture(scope="module")
def own(settings: Settings) -> Settings:
    return settings.model_copy(update={"schema_name": "scratch"})


def test_one_process_at_a_time(own: Settings) -> None:
    with open_scratch(own), pytest.raises(Conflict, match="scratch"), open_scratch(own):
        pytest.fail("two had the same schema")


@pytest.mark.parametrize("fault", [None, RuntimeError("the demo broke"), KeyboardInterrupt()], ids=str)
def test_it_is_given_back_before_the_connection_ends(own: Settings, fault: BaseException | None) -> None:
    """The server may notice long afterwards that a connection ended, and the next demo would find the schema in use."""
    held_at_ends: list[int] = []
    with psycopg.connect(own.database_url.get_secret_value(), autocommit=True) as watcher:

        def held(*_: object) -> int:
            held_at_ends.append(watcher.execute(HELD, [_SCHEMA_LOCK]).fetchone()[0])
            return held_at_ends[-1]

        before = held()
        event.listen(Pool, "close", held)
        try:
            with suppress(RuntimeError, KeyboardInterrupt), open_scratch(own):
                assert held() == before + 1
                if fault:
                    raise fault
        finally:
            event.remove(Pool, "close", held)
    assert held_at_ends[-1] == before


def test_a_server_that_died_does_not_hide_what_went_wrong(own: Settings) -> None:
    with pytest.raises(RuntimeError, match="the demo broke"), open_scratch(own) as database:
        with database.transaction() as connection:
            connection.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = :key"
                    " and objid = (hashtext('scratch')::bigint & 4294967295)::oid and granted"
                ),
                {"key": _SCHEMA_LOCK},
            )
        raise RuntimeError("the demo broke")
