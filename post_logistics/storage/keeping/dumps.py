"""Dumps of one schema in PostgreSQL's own custom format, written and read by the server's own programs."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.storage.database import Database
from post_logistics.storage.embedded import tool
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.keeping.vitals import load_server_state

SAMPLE: Final = 1000
"""So many items are looked at when a copy is checked."""


def begin_snapshot(connection: Connection) -> str:
    """Holds the database still for this transaction, and for everyone who is told the name that this gives back."""
    connection.execute(text("set transaction isolation level repeatable read, read only"))
    return str(connection.execute(text("select pg_export_snapshot()")).scalar_one())


def count_rows(connection: Connection) -> dict[str, int]:
    """The rows of every table of the schema, those of a table in months under the table's own name."""
    names = connection.execute(
        text(
            "select quote_ident(relname) from pg_class where relnamespace = current_schema()::regnamespace "
            "and relkind in ('r', 'p') and not relispartition order by 1"
        )
    ).scalars()
    each = " union all ".join(f"select '{name}', count(*) from {name}" for name in names)  # noqa: S608 - names it has
    return dict(connection.execute(text(each)).all()) if each else {}


def sample_of_items(connection: Connection) -> list[str]:
    """Items spread evenly over all there are, the same each time."""
    return list(
        connection.execute(
            text("select item_number from journeys order by md5(item_number), item_number limit :size"),
            {"size": SAMPLE},
        ).scalars()
    )


def dump(url: str, schema: str, snapshot: str, version: int, file: Path) -> None:
    """Writes the schema as that snapshot has it into the file, which none but its owner may read; all of it, or none.

    ``version`` is the server's, as ``server_version_num``: no program can dump a server that is newer than itself.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.part")
    words = [f"--schema={schema}", f"--snapshot={snapshot}", "--format=custom", "--no-owner", "--no-privileges"]
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            _run(_program("pg_dump", version), url, *words, stdout=stream.fileno())
            os.fsync(stream.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(database: Database, schema: str, file: Path) -> None:
    """Brings a dump back into an empty schema of that name, whole or not at all.

    Conflict if there is anything in the schema; Unacceptable for a file that is no dump, or one of another schema.
    """
    with database.transaction() as connection:
        connection.execute(text(f'create schema if not exists "{schema}"'))
        version = load_server_state(connection).version
        if count_rows(connection):
            raise Conflict(
                f"the schema {schema} of this database is in use",
                remedy="restore into an empty one: another --data-dir, or another POST_LOGISTICS_DATABASE_URL",
            )
    program = _program("pg_restore", version)
    if _call([program, "--list", file]).returncode:
        raise Unacceptable(f"{file.name} is no dump", field="FILE", remedy="name a file that backup has made")
    words = [f"--schema={schema}", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(program, database.url, *words, str(file))
    with database.transaction() as connection:
        tables = list(count_rows(connection))
        for table in tables:
            connection.execute(text(f"analyze {table}"))
    if not tables:
        raise Unacceptable(f"{file.name} holds no schema {schema}", field="--schema", remedy="name the one it is of")


def _program(name: str, version: int) -> Path:
    """The server's own program of at least the server's major version: that of the wheel, or one on the PATH."""
    for found in (tool(name), Path(shutil.which(name) or "")):
        if found.is_file() and int(_call([found, "--version"]).stdout.split()[2].split(".")[0]) >= version // 10_000:
            return found
    raise Unacceptable(
        f"there is no {name} for PostgreSQL {version // 10_000}",
        field="database_url",
        remedy="install the server's client programs and put them on the PATH",
    )


def _run(program: Path, url: str, *words: str, stdout: int = subprocess.PIPE) -> None:
    """Runs one of them on a database; the password goes through the environment, which no list of processes shows."""
    where = make_url(url).set(drivername="postgresql")
    secret = {"PGPASSWORD": str(where.password)} if where.password else {}
    address = where._replace(password=None).render_as_string()
    done = _call([program, f"--dbname={address}", *words], stdout, os.environ | secret)
    if done.returncode:
        said = done.stderr.partition("error: ")[2] or done.stderr
        raise Unavailable(
            f"{program.name}: {said.strip().splitlines()[0]}", remedy="put right what it names, and repeat"
        )


def _call(
    words: Sequence[str | Path], stdout: int = subprocess.PIPE, env: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the server's own programs
        words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, env=env, text=True, check=False
    )
