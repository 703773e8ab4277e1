"""A connection to PostgreSQL, brought to today's schema, and the transactions in which everything happens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache, partial
from math import inf
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.timetable import load_legs
from post_logistics.settings import Settings
from post_logistics.storage.arrays import send_lists_quickly
from post_logistics.storage.custody.due import declare_due_rules, declare_legs
from post_logistics.storage.embedded import embedded_server, ensure_running
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.money.ledger import declare_postings
from post_logistics.tracking.due import load_due_rules

__all__ = [
    "POOL_SIZE",
    "Connection",
    "Database",
    "load_revision",
    "newest_revision",
    "open_as_it_is",
    "open_database",
    "open_scratch",
]

POOL_SIZE: Final = 8
"""So many connections a process has; measured: more make nothing faster."""
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
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:  # of statements sent past SQLAlchemy
            raise Unavailable(f"the database does not answer: {_first_line(error)}") from error
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

    def watch_pool(self, told: Callable[[int], None]) -> None:
        """``told`` hears +1 for each connection that is taken out of the pool, and -1 when it comes back."""
        event.listen(self._engine, "checkout", lambda *_: told(1))
        event.listen(self._engine, "checkin", lambda *_: told(-1))

    def watch_statements(self, told: Callable[[str, float], None]) -> None:
        """``told`` hears of each statement its text, which holds no values, and how many seconds it took."""
        event.listen(self._engine, "before_cursor_execute", _note_start)
        event.listen(self._engine, "after_cursor_execute", partial(_note_end, told))

    @property
    def url(self) -> str:
        """Where the server is, password included: for handing to a worker process, never for a log."""
        return self._engine.url.render_as_string(hide_password=False)


_REST_S: Final = 1.0


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rests_since_s"] = monotonic()


def _try_after_rest(connection: Any, record: Any, _: Any) -> None:
    """A connection that has rested is tried before it is used; one in constant use need not be."""
    if monotonic() - record.info.get("rests_since_s", inf) > _REST_S:
        try:
            connection.execute("select 1")
            connection.rollback()
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _note_start(_connection: Connection, _cursor: Any, _text: str, _values: Any, context: Any, _many: bool) -> None:
    context.started_s = perf_counter()


def _note_end(told: Callable[[str, float], None], *given: Any) -> None:
    _connection, _cursor, statement, _values, context, _many = given
    told(statement, perf_counter() - context.started_s)


def _first_line(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__


def _engine(url: str, schema: str, *, durable: bool = True, **pool: Any) -> Engine:
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
    options = f"-csearch_path={schema} -ctimezone=UTC" + ("" if durable else " -csynchronous_commit=off")
    engine = create_engine(
        target.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # what an error says may be written down, and values may name people
        connect_args={"connect_timeout": 5, "options": options},
        **pool,
    )
    event.listen(engine, "connect", send_lists_quickly)
    return engine


def _migrate(engine: Engine, schema: str, facts_dir: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        if load_revision(connection) != newest_revision():
            connection.execute(text(f'create schema if not exists "{schema}"'))
            _upgrade(connection, schema)
        declare_postings(connection)
        declare_due_rules(connection, load_due_rules(facts_dir))
        declare_legs(connection, load_legs(facts_dir))


def _upgrade(connection: Connection, schema: str) -> None:
    from alembic import command  # noqa: PLC0415 - half a second, for what is needed once in a release
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, "head")


@cache
def newest_revision() -> str:
    """The number of the newest migration: today's schema."""
    return max(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("*.py"))


def load_revision(connection: Connection) -> str | None:
    """The number of the last migration that the schema has had; None if it has had none."""
    if connection.execute(text("select to_regclass('alembic_version')")).scalar() is None:
        return None
    found: str | None = connection.execute(text("select max(version_num) from alembic_version")).scalar()
    return found


@contextmanager
def _connected(
    url: str, schema: str, facts_dir: Path, embedded_in: Path | None, *, durable: bool = True
) -> Iterator[Database]:
    engine = _engine(url, schema, durable=durable, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=10)
    event.listen(engine, "checkin", _note_rest)
    event.listen(engine, "checkout", _try_after_rest)
    try:
        try:
            _migrate(engine, schema, facts_dir)
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
        yield Database(engine, _engine(url, schema, durable=durable, poolclass=NullPool), embedded_in)
    finally:
        engine.dispose()


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The database the settings name, running and at today's schema.

    Raises Unacceptable for a URL that cannot be one, Unavailable when no server answers or starts.
    """
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        with _connected(url, settings.schema_name, settings.facts_dir, None) as database:
            yield database
    else:
        with (
            embedded_server(settings.data_dir) as url,
            _connected(url, settings.schema_name, settings.facts_dir, settings.data_dir) as database,
        ):
            yield database


@contextmanager
def open_as_it_is(settings: Settings) -> Iterator[Database]:
    """The database the settings name, running and otherwise as it was found: neither made nor brought up to date."""
    with ExitStack() as stack:
        if settings.database_url is not None:
            url = settings.database_url.get_secret_value()
        else:
            url = stack.enter_context(embedded_server(settings.data_dir))
        engine = _engine(url, settings.schema_name, poolclass=NullPool)
        yield Database(engine, engine, None)


@contextmanager
def open_scratch(settings: Settings, *, durable: bool = True) -> Iterator[Database]:
    """An empty schema of the given name for made-up data: what it held before is dropped, real data is not touched.

    Not ``durable``: no commit waits for the disk, and a power cut may take the last of it.

    Raises Unacceptable for the schema of the real data, Conflict while another process has the same one open.
    """
    schema = settings.schema_name
    if schema == "public":
        raise Unacceptable("made-up data does not go among the real", field="schema_name", remedy="use the schema demo")
    with (
        open_database(settings.model_copy(update={"schema_name": "public"})) as real,
        real._engine.connect() as guard,
        _held_alone(guard, schema),
    ):
        guard.execute(text(f'drop schema if exists "{schema}" cascade'))
        guard.commit()
        with _connected(real.url, schema, settings.facts_dir, real._embedded_in, durable=durable) as scratch:
            yield scratch


@contextmanager
def _held_alone(guard: Connection, schema: str) -> Iterator[None]:
    """No other process has the scratch schema until this ends. Given back here: the server notes late who has left."""
    key = {"key": _SCHEMA_LOCK, "schema": schema}
    if not guard.execute(text("select pg_try_advisory_lock(:key, hashtext(:schema))"), key).scalar_one():
        raise Conflict(f"another process is using the schema {schema} of this database", remedy="wait for it to end")
    try:
        yield
    finally:
        with suppress(OperationalError, InterfaceError):  # a server that is gone holds nothing
            guard.rollback()
            guard.execute(text("select pg_advisory_unlock(:key, hashtext(:schema))"), key)
            guard.commit()
