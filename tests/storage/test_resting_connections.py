"""A connection that has rested is tried before it is used: the server may have been started anew meanwhile."""

from time import sleep

import psycopg
from sqlalchemy import text

from post_logistics.storage.database import _REST_S, Database


def test_what_the_server_has_ended_is_replaced_without_a_word(database: Database) -> None:
    url = database.url.replace("postgresql+psycopg", "postgresql")
    with database.transaction() as connection:
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
    with psycopg.connect(url) as other:
        other.execute("select pg_terminate_backend(%s)", [pid])
    sleep(_REST_S + 0.1)
    with database.transaction() as connection:
        assert connection.execute(text("select pg_backend_pid()")).scalar_one() != pid
