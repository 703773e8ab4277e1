"""A connection to PostgreSQL, brought to today's schema, and the transactions in which everything happens."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.settings import Settings
from post_logistics.storage.embedded import embedded_server, ensure_running
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.ledger import declare_postings

__all__ = ["Connection", "Database", "open_database", "open_scratch"]

_MIGRATION_LOCK = 0x706F7374  # "post": one process migrates at a time
_MIGRATIONS = Path(__file__).parent / "migrations"
_SCHEMA_LOCK = 0x64656D6F  # "demo": one process at a time has a scratch schema to itself


class Database:
    """One PostgreSQL database at today's schema. Hand out transactions; nothing else reaches the server."""

    def __init__(self, engine: Engine, spare: Engine, embedded_in: Path | None) -> None:
        self._engine = engine
        self._spare = spare
        self._embedded_in = embedded_in

    def transaction(self) -> AbstractContextManager[Connection]:
        """A connection whose work is kept whole when the block ends, or not at all when it raises.

        Raises Unavailable when the server is gone, whatever it was doing: before the commit nothing was kept, and a
        commit whose answer was lost is safe to repeat because every write is idempotent by its own id.
        """
        return self._transaction(self._engine)

    def transaction_inside_another(self) -> AbstractContextManager[Connection]:
        """A transaction of its own for work that others wait for with their connections in hand.

        Its connection is opened for it: were it to wait for the pool, those others would never give theirs back.
        """
        return self._transaction(self._spare)

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
                raise Unavailable(f"the database does not answer: {_first_line(error)}") from error
            raise
        except PoolTimeout as error:
            raise Unavailable("all database connections are busy") from error

    def is_ready(self) -> bool:
        """True when the server answers; an embedded one that died is started again."""
        try:
            if self._embedded_in is not None:
                ensure_running(self._embedded_in)
            with self.transaction() as connection:
                return bool(connection.execute(text("select 1")).scalar_one() == 1)
        except Unavailable:
            return False

    @property
    def url(self) -> str:
        """Where the server is, password included: for handing to a worker process, never for a log."""
        return self._engine.url.render_as_string(hide_password=False)


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _engine(url: str, schema: str, **pool: Any) -> Engine:
    try:
        target: URL = make_url(url)
    except ArgumentError as error:
        raise Unacceptable(
            "this is not the URL of a PostgreSQL database",
            field="database_url",
            remedy="write postgresql://user:password@host:5432/name",
        ) from error
    if target.get_backend_name() not in {"postgresql", "postgres"}:
        raise Unacceptable(
            f"a {target.get_backend_name()} database cannot be used; only PostgreSQL can",
            field="database_url",
            remedy="write postgresql://user:password@host:5432/name",
        )
    engine = create_engine(
        target.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # what an error says may be written down, and values may name people
        connect_args={"connect_timeout": 5, "options": f"-csearch_path={schema} -ctimezone=UTC"},
        **pool,
    )
    event.listen(engine, "connect", _send_arrays_as_bytes)
    return engine


def _send_arrays_as_bytes(connection: psycopg.Connection, _: object) -> None:
    """Lists go out in the server's own form. As text, every element is searched for what must be escaped: measured 8
    microseconds for an address against 0.6."""
    connection.adapters.register_dumper(list, ListBinaryDumper)


def _migrate(engine: Engine, schema: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if not _is_today(connection, schema):
            connection.execute(text(f'create schema if not exists "{schema}"'))
            _upgrade(connection, schema)
        declare_postings(connection)


def _upgrade(connection: Connection, schema: str) -> None:
    from alembic import command  # noqa: PLC0415 - half a second, for what is needed once in a release
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, "head")


def _is_today(connection: Connection, schema: str) -> bool:
    """True if the schema has had the newest of the migrations."""
    table = f'"{schema}".alembic_version'
    if connection.execute(text("select to_regclass(:table)"), {"table": table}).scalar() is None:
        return False
    newest = max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("*.py"))
    return connection.execute(text(f"select version_num from {table}")).scalars().all() == [newest]  # noqa: S608


@contextmanager
def _connected(url: str, schema: str, embedded_in: Path | None) -> Iterator[Database]:
    engine = _engine(url, schema, pool_size=8, max_overflow=0, pool_timeout=10, pool_pre_ping=True)
    try:
        try:
            _migrate(engine, schema)
        except (OperationalError, InterfaceError) as error:
            where = engine.url.render_as_string(hide_password=True)
            raise Unavailable(
                f"no PostgreSQL answers at {where}: {_first_line(error)}",
                remedy="start the server, or correct POST_LOGISTICS_DATABASE_URL",
            ) from error
        except SQLAlchemyError as error:
            raise Unavailable(
                f"the database could not be brought to today's schema: {_first_line(error)}",
                remedy="the database user needs the right to create tables in its schema",
            ) from error
        yield Database(engine, _engine(url, schema, poolclass=NullPool), embedded_in)
    finally:
        engine.dispose()


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database the settings name, running and at today's schema.

    Raises Unacceptable for a URL that cannot be one, Unavailable when no server answers or starts.
    """
    if settings.database_url is not None:
        with _connected(settings.database_url.get_secret_value(), settings.schema_name, None) as database:
            yield database
    else:
        with (
            embedded_server(settings.data_dir) as url,
            _connected(url, settings.schema_name, settings.data_dir) as database,
        ):
            yield database


@contextmanager
def open_scratch(settings: Settings) -> Iterator[Database]:
    """An empty schema of the given name for made-up data: what it held before is dropped, real data is not touched.

    Raises Unacceptable for the schema of the real data, Conflict while another process has the same one open.
    """
    schema = settings.schema_name
    if schema == "public":
        raise Unacceptable("made-up data does not go among the real", field="schema_name", remedy="use the schema demo")
    with open_database(settings.model_copy(update={"schema_name": "public"})) as real, real._engine.connect() as guard:
        if not guard.execute(
            text("select pg_try_advisory_lock(:key, hashtext(:schema))"), {"key": _SCHEMA_LOCK, "schema": schema}
        ).scalar_one():
            raise Conflict(
                f"another process is using the schema {schema} of this database", remedy="wait for it to end"
            )
        guard.execute(text(f'drop schema if exists "{schema}" cascade'))
        guard.commit()
        with _connected(real.url, schema, real._embedded_in) as scratch:
            yield scratch
