"""Statements come in: how a source is read is kept by version, and a file is imported whole or not at all."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from post_logistics.cod.statements.columns import Line
from post_logistics.cod.statements.files import Gap, StatementFile, StatementSource, gaps
from post_logistics.cod.statements.guessing import Proposal, guess
from post_logistics.cod.statements.layout import Layout, tells_lines_apart_alike
from post_logistics.cod.statements.profiles import KnownColumns
from post_logistics.cod.statements.reading import StatementReader, Summary
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.storage.database import Connection
from post_logistics.storage.money import statements as store
from post_logistics.units import DHAKA, local_day

PREVIEW_ROWS = 10

_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{1,39}")
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file. ``again``: it was imported before, and nothing was done.

    ``known_rows``: lines that an earlier file had; ``repeated`` and ``without_amount``: see ``Summary``; ``gaps``:
    where the files of the source do not join.
    """

    file: StatementFile
    again: bool
    known_rows: int
    repeated: int
    without_amount: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a source, oldest days first, and where they do not join."""

    files: list[StatementFile]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a file: as a whole, and its first lines as they would be kept."""

    summary: Summary
    known_rows: int
    first: list[Line]


def keep_source(connection: Connection, source: str, layout: Layout, by: str, at: datetime) -> StatementSource:
    """The source is read by this layout from now on, as a new version; the same layout again changes nothing.

    Conflict when it would turn a bank into a provider, or into another one.
    """
    if not _SOURCE.fullmatch(source):
        remedy = "write 2 to 40 small letters, digits and dashes, such as sonali-collection"
        raise Unacceptable(f"{source!r} cannot name a source", field="source", remedy=remedy)
    store.lock_source(connection, source)
    latest = next(iter(store.load_sources(connection, source)), None)
    if latest and latest.reads == layout:
        return latest
    if latest and (latest.kind, latest.provider) != (layout.kind, layout.provider):
        remedy = "keep it as a source of its own, under another name"
        raise Conflict(f"{source} is the account of another {latest.kind}", field="kind", remedy=remedy)
    made = StatementSource(
        source=source,
        version=latest.version + 1 if latest else 1,
        kind=layout.kind,
        provider=layout.provider,
        layout=layout.table(),
        made_by=_person(by),
        made_at=at,
    )
    store.append_source(connection, made)
    return store.load_source(connection, source)


def import_statement(
    connection: Connection,
    file: BinaryIO,
    name: str,
    source: str,
    by: str,
    at: datetime,
    told: Callable[[int], None] = lambda rows: None,
) -> Imported:
    """Keeps every line of the file that no earlier file had; Unacceptable, and nothing kept, if one does not fit.

    ``told`` hears now and then how many lines have been kept or known. The same file again changes nothing.
    """
    by = _person(by)
    store.lock_source(connection, source)
    read_by = store.load_source(connection, source)
    file_id = content_id(file, source)
    before = store.load_file(connection, file_id)
    if before is not None:
        return Imported(before, True, before.rows, 0, 0, gaps(store.load_files(connection, source)))
    with connection.begin_nested():
        reader = StatementReader(file, name, read_by.reads, source, until=at.astimezone(DHAKA).date())
        rows = new_rows = 0
        for lines in reader:
            new_rows += store.append_lines(connection, source, file_id, lines)
            rows += len(lines)
            told(rows)
        assert reader.summary
        _check_versions(connection, read_by, reader.summary)
        store.append_file(connection, _file(file_id, name, read_by, reader.summary, new_rows, by, at))
    kept = store.load_file(connection, file_id)
    assert kept
    return Imported(
        file=kept,
        again=False,
        known_rows=rows - new_rows,
        repeated=reader.summary.repeated,
        without_amount=reader.summary.without_amount,
        gaps=gaps(store.load_files(connection, source)),
    )


def preview_statement(
    connection: Connection, file: BinaryIO, name: str, source: str, at: datetime, layout: Layout | None = None
) -> Preview:
    """What importing the file would do, read by the source's layout or by one that is still to be kept."""
    layout = layout or store.load_source(connection, source).reads
    reader = StatementReader(file, name, layout, source, until=at.astimezone(DHAKA).date())
    known, first = 0, list[Line]()
    for lines in reader:
        known += store.count_known(connection, lines)
        first += lines.take(slice(PREVIEW_ROWS - len(first))).each()
    assert reader.summary
    return Preview(reader.summary, known, first)


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A proposal for an unknown file, and what would become of the file by it.

    ``preview`` is None while the proposal leaves questions, or while the file does not fit it: ``refused`` says why.
    """

    proposal: Proposal
    preview: Preview | None
    refused: Unacceptable | None


def first_look(
    connection: Connection,
    file: BinaryIO,
    name: str,
    source: str,
    known: KnownColumns,
    at: datetime,
    *,
    provider: str | None = None,
) -> FirstLook:
    """What an unknown statement seems to be, with evidence, questions and a preview; nothing is kept."""
    proposal = guess(file, name, known, title=source, provider=provider)
    layout = proposal.layout()
    if layout is None:
        return FirstLook(proposal, None, None)
    try:
        return FirstLook(proposal, preview_statement(connection, file, name, source, at, layout), None)
    except Unacceptable as refused:
        return FirstLook(proposal, None, refused)


def files_of(connection: Connection, source: str) -> Files:
    """What was imported of a source, and between which files something is missing."""
    files = store.load_files(connection, source)
    return Files(files, gaps(files))


def content_id(file: BinaryIO, source: str) -> str:
    """SHA-256 of source and content, in hexadecimal digits: what makes a file the same file."""
    digest = hashlib.sha256(source.encode() + b"\0")
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _person(by: str) -> str:
    name = " ".join(by.split())
    if not name:
        raise Unacceptable("nobody is named", field="by", remedy="write who does this")
    return name


def _check_versions(connection: Connection, read_by: StatementSource, summary: Summary) -> None:
    """Passes unless a line that is known under an older layout might be taken for a new one."""
    layouts = {one.version: one.reads for one in store.load_sources(connection, read_by.source)}
    for version, first_on, last_on in store.spans_of_versions(connection, read_by.source):
        if summary.first_on > last_on or summary.last_on < first_on:
            continue
        if not tells_lines_apart_alike(layouts[version], layouts[read_by.version]):
            raise Conflict(
                f"version {version} of the layout told lines apart by other columns, and its files go through "
                f"{local_day(last_on)}: lines of those days would be imported twice",
                field="file",
                remedy=f"export the statement from the day after {local_day(last_on)}",
            )


def _file(
    file_id: str, name: str, read_by: StatementSource, summary: Summary, new_rows: int, by: str, at: datetime
) -> StatementFile:
    return StatementFile(
        file_id=file_id,
        source=read_by.source,
        version=read_by.version,
        file_name=name,
        rows=summary.rows,
        new_rows=new_rows,
        first_on=summary.first_on,
        last_on=summary.last_on,
        opening_poisha=summary.opening_poisha,
        closing_poisha=summary.closing_poisha,
        imported_by=by,
        imported_at=at,
    )
