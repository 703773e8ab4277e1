"""Statements of banks and providers: how they are read, the files that came, and each line once."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from post_logistics.cod.statements.columns import NO_AMOUNT, NO_DAY, Lines
from post_logistics.cod.statements.files import StatementFile, StatementSource
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import statement_files, statement_lines, statement_sources

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('statements of ' || :source, 0))")
_APPEND_LINES = text("""
    insert into statement_lines (line_id, source, file_id, "row", booked_on, value_on, amount_poisha, reference,
                                 description, counterparty, bank_id, balance_poisha)
    select line_id, :source, :file_id, "row", date '1970-01-01' + booked_on, date '1970-01-01' + value_on,
           amount_poisha, reference, description, counterparty, bank_id, balance_poisha
    from unnest(cast(cast(:line_id as text[]) as uuid[]), cast(:row as int[]), cast(:booked_on as int[]),
                cast(:value_on as int[]), cast(:amount_poisha as bigint[]), cast(:reference as text[]),
                cast(:description as text[]), cast(:counterparty as text[]), cast(:bank_id as text[]),
                cast(:balance_poisha as bigint[]))
         as line (line_id, "row", booked_on, value_on, amount_poisha, reference, description, counterparty, bank_id,
                  balance_poisha)
    on conflict (line_id) do nothing
""")
_KNOWN = text("""
    select count((select 1 from statement_lines as known where known.line_id = asked.line_id))
    from unnest(cast(cast(:line_id as text[]) as uuid[])) as asked (line_id)
""")
"""Looks each line up by its key; a join would read the whole table for every chunk."""


def lock_source(connection: Connection, source: str) -> None:
    """Until the transaction ends nobody else imports of this source, or changes how it is read."""
    connection.execute(_LOCK, {"source": source})


def append_source(connection: Connection, made: StatementSource) -> None:
    """Keeps a version."""
    append(connection, statement_sources, [made])


def load_sources(connection: Connection, source: str | None = None) -> list[StatementSource]:
    """All versions of a source, or of all, the latest first."""
    wanted = select(statement_sources).order_by(statement_sources.c.source, statement_sources.c.version.desc())
    if source is not None:
        wanted = wanted.where(statement_sources.c.source == source)
    return read(connection.execute(wanted), StatementSource)


def load_source(connection: Connection, source: str, version: int | None = None) -> StatementSource:
    """One version of a source, or its latest; NotFound if there is none."""
    for one in load_sources(connection, source):
        if version in {None, one.version}:
            return one
    which = source if version is None else f"{source}, version {version}"
    raise NotFound(f"no statement source {which}", field="source", remedy="keep a layout for it first: cod sources")


def append_file(connection: Connection, file: StatementFile) -> None:
    """Keeps what was imported."""
    append(connection, statement_files, [file])


def load_files(connection: Connection, source: str | None = None) -> list[StatementFile]:
    """The files of a source, or of all, by source and day."""
    wanted = select(statement_files).order_by(
        statement_files.c.source, statement_files.c.first_on, statement_files.c.last_on, statement_files.c.imported_at
    )
    if source is not None:
        wanted = wanted.where(statement_files.c.source == source)
    return read(connection.execute(wanted), StatementFile)


def load_file(connection: Connection, file_id: str) -> StatementFile | None:
    """The file of that content; None if it has not been imported."""
    rows = connection.execute(select(statement_files).where(statement_files.c.file_id == file_id))
    return next(iter(read(rows, StatementFile)), None)


def append_lines(connection: Connection, source: str, file_id: str, lines: Lines) -> int:
    """Keeps the lines that are not known; gives back how many those are."""
    columns: dict[str, list[Any]] = {name: getattr(lines, name).tolist() for name in Lines.__dataclass_fields__}
    columns["value_on"] = [None if day == NO_DAY else day for day in columns["value_on"]]
    columns["balance_poisha"] = [None if said == NO_AMOUNT else said for said in columns["balance_poisha"]]
    return connection.execute(_APPEND_LINES, columns | {"source": source, "file_id": file_id}).rowcount


def count_known(connection: Connection, lines: Lines) -> int:
    """How many of the lines are kept already."""
    count: int = connection.execute(_KNOWN, {"line_id": lines.line_id.tolist()}).scalar_one()
    return count


def load_lines(
    connection: Connection, source: str, first_on: date, last_on: date, after: UUID | None = None, limit: int = 500
) -> Sequence[Any]:
    """The lines of a source booked in those days, both included, in the order of their ids, after that id."""
    lines = statement_lines.c
    wanted = select(statement_lines).where(
        lines.source == source, lines.booked_on.between(first_on, last_on), lines.line_id > (after or UUID(int=0))
    )
    return connection.execute(wanted.order_by(lines.line_id).limit(limit)).all()


def spans_of_versions(connection: Connection, source: str) -> list[tuple[int, date, date]]:
    """By version the first and last day of the files read by it."""
    files = statement_files.c
    wanted = select(files.version, func.min(files.first_on), func.max(files.last_on)).where(files.source == source)
    return [tuple(row) for row in connection.execute(wanted.group_by(files.version))]
