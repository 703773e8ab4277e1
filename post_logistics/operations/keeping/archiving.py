"""Months of scans and uploads as Parquet files: written in a stream, read back and compared, let go, brought back.

The files are for pandas, Spark, DuckDB and whatever reads Parquet in thirty years. Rows are sorted by their keys, so
that a reader finds one item without reading the month. Every value is as it was; identifiers are written as text.
"""

import os
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.keeping.retention import RetentionRules
from post_logistics.storage.custody.scans import ensure_months
from post_logistics.storage.database import Connection
from post_logistics.storage.keeping import archives as store
from post_logistics.storage.keeping.archives import Archive
from post_logistics.storage.keeping.partitions import begins_at, load_months, month_after, partition_of
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import TERMINAL

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]

    Batches = Generator[pa.RecordBatch, None, None]

ROW_GROUP = 50_000
"""Rows in memory at a time; a reader skips the groups that cannot hold its item."""
_SETTLED_DOWN = timedelta(days=1)
"""After the end of a month, until whatever was being recorded in its last second is kept."""
_FINISHED = sorted(state.value for state in TERMINAL)


def _nothing(rows: int) -> None:
    """Tells nobody."""


def archive_month(
    connection: Connection,
    table: str,
    month: date,
    folder: Path,
    at: datetime,
    advance: Callable[[int], object] = _nothing,
) -> Archive:
    """The month of ``scans`` or ``uploads`` in a file in ``folder``, written, read back and found equal row by row.

    Nothing leaves the database. Archived before, and the file is as it was written: that archive. ``advance`` is told
    the rows done, writing and reading each counted. Conflict if the month has not been over for a day or the database
    has let go of it; Unacceptable if the folder cannot be written to, or the extra ``archive`` is not installed.
    """
    partition_of(table, month)
    if at < begins_at(month_after(month)) + _SETTLED_DOWN:
        raise Conflict(
            f"{month:%Y-%m} is not over yet",
            field="month",
            remedy="archive it from the second day of the next month on",
        )
    earlier = store.hold_archive(connection, table, month)
    if earlier is not None:
        if earlier.detached:
            raise Conflict(f"{table} of {month:%Y-%m} are archived and let go: {earlier.path}", field="month")
        if Path(earlier.path).exists() and _sha256(Path(earlier.path)) == earlier.sha256:
            return earlier
    target = _target(folder, table, month)
    partial = target.with_name(target.name + ".partial")
    try:
        rows = _write(connection, table, month, partial, advance)
        _compare(connection, table, month, partial, advance)
        sha256 = _sha256(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    archive = Archive(
        table_name=table, month=month, path=str(target), rows=rows, sha256=sha256, archived_at=at, detached=False
    )
    store.save_archive(connection, archive)
    return archive


def let_go_of_month(connection: Connection, table: str, month: date, rules: RetentionRules, at: datetime) -> int:
    """Takes an archived month out of the database and gives back how many of its rows stay.

    Scans of items that are not finished, and of their bags, stay until they are: no history is ever torn. Conflict if
    the month is not old enough, an older one is still there, or it has grown since; NotFound if it is not archived;
    Unacceptable if the file is gone or changed. Months go in their order, so that what is missing is always the oldest.
    """
    partition_of(table, month)
    archive = _intact(connection, table, month, None)
    keep_months = rules.uploads_months if table == "uploads" else rules.scans_months
    if at < begins_at(month_after(month, keep_months + 1)):
        raise Conflict(
            f"{table} are kept in the database for {keep_months} months",
            field="month",
            remedy=f"let {month:%Y-%m} go from {month_after(month, keep_months + 1)} on, or change data/retention.toml",
        )
    _refuse_gap(connection, table, month)
    found = store.count_month(connection, table, month)
    if found > archive.rows or (not archive.detached and found != archive.rows):
        raise Conflict(
            f"{table} of {month:%Y-%m} are {found:,} rows, in the archive {archive.rows:,}",
            field="month",
            remedy="archive the month again",
        )
    stay = store.let_go(connection, table, month, _FINISHED, [BagState.OPENED.value])
    store.mark_detached(connection, table, month, True)
    return stay


def restore_month(
    connection: Connection,
    table: str,
    month: date,
    file: Path | None = None,
    advance: Callable[[int], object] = _nothing,
) -> int:
    """The month is in the database again, whole; how many rows came back. ``file``: where the archive is now, if it was
    moved. Done again, it changes nothing. NotFound if the month was never archived; Unacceptable if the file is gone or
    not the one that was written."""
    partition_of(table, month)
    archive = _intact(connection, table, month, file)
    ensure_months(connection, [begins_at(month)])
    came = done = 0
    for batch in _read(Path(file or archive.path)):
        came += store.restore_rows(connection, table, {name: batch[name].to_pylist() for name in batch.schema.names})
        done += batch.num_rows
        advance(done)
    if store.count_month(connection, table, month) != archive.rows:
        raise Conflict(f"{table} of {month:%Y-%m} hold rows that are not in the archive", field="month")
    store.mark_detached(connection, table, month, False)
    return came


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthLine:
    """A month of a table: in the database, in an archive, or both. ``rows`` is the server's estimate."""

    table_name: str
    month: date
    rows: int = 0
    size_bytes: int = 0
    path: str = ""
    archived_rows: int | None = None
    sha256: str = ""
    archived_at: datetime | None = None
    detached: bool = False


def overview(connection: Connection) -> list[MonthLine]:
    """Every month that is kept or archived, by table and time."""
    lines = {
        (one.table_name, one.month): MonthLine(
            table_name=one.table_name, month=one.month, rows=one.rows, size_bytes=one.size_bytes
        )
        for one in load_months(connection)
    }
    for archive in store.load_archives(connection):
        key = archive.table_name, archive.month
        lines[key] = replace(
            lines.get(key, MonthLine(table_name=archive.table_name, month=archive.month)),
            path=archive.path,
            archived_rows=archive.rows,
            sha256=archive.sha256,
            archived_at=archive.archived_at,
            detached=archive.detached,
        )
    return [lines[key] for key in sorted(lines)]


def _refuse_gap(connection: Connection, table: str, month: date) -> None:
    let_go = {(one.table_name, one.month) for one in store.load_archives(connection) if one.detached}
    for one in load_months(connection):
        if one.table_name == table and one.month < month and (table, one.month) not in let_go:
            raise Conflict(
                f"{table} of {one.month:%Y-%m} are older and still here",
                field="month",
                remedy=f"let {one.month:%Y-%m} go first",
            )


def _intact(connection: Connection, table: str, month: date, file: Path | None) -> Archive:
    """The archive of that month, once its file is seen to be the one that was written."""
    archive = store.hold_archive(connection, table, month)
    if archive is None:
        raise NotFound(f"{table} of {month:%Y-%m} are not archived", field="month", remedy="archive the month first")
    path = file or Path(archive.path)
    if not path.is_file():
        raise Unacceptable(f"{path} is not there", field="file", remedy="say where the archive is now with --file")
    if _sha256(path) != archive.sha256:
        raise Unacceptable(
            f"{path} is not the file that was written: its SHA-256 differs",
            field="file",
            remedy="bring the file back from a backup",
        )
    return archive


def _target(folder: Path, table: str, month: date) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        raise Unacceptable(f"{folder}: {error.strerror}", field="folder", remedy="name another folder") from error
    if not writable:
        raise Unacceptable(f"{folder} cannot be written to", field="folder", remedy="name another folder")
    return folder.resolve() / f"{table}-{month:%Y-%m}.parquet"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


# Parquet

_MISSING = Unacceptable(
    "archives need pyarrow, which is not installed", remedy='install it: pip install "post-logistics[archive]"'
)


def _schema(table: str) -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415  # only whoever archives needs it

    kinds = {
        str: pa.string(),
        int: pa.int64(),
        datetime: pa.timestamp("us", tz="UTC"),
        bytes: pa.binary(),
    }
    return pa.schema([(name, kinds[kind]) for name, kind in store.columns_of(table).items()])


def _batches(connection: Connection, table: str, month: date, schema: "pa.Schema") -> "Batches":
    """The rows of the month as the database gives them, a row group at a time."""
    import pyarrow as pa  # noqa: PLC0415

    for rows in store.stream_month(connection, table, month, ROW_GROUP):
        arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), schema.types, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _write(connection: Connection, table: str, month: date, path: Path, advance: Callable[[int], object]) -> int:
    """Writes the month and has the disk confirm it; how many rows."""
    schema = _schema(table)
    rows = 0
    with path.open("wb") as file:
        with (
            _parquet().ParquetWriter(file, schema, compression="zstd") as writer,
            closing(_batches(connection, table, month, schema)) as batches,
        ):
            for batch in batches:
                writer.write_batch(batch)
                rows += batch.num_rows
                advance(rows)
        file.flush()
        os.fsync(file.fileno())
    return rows


def _read(path: Path) -> "Batches":
    with _parquet().ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROW_GROUP)


def _compare(connection: Connection, table: str, month: date, path: Path, advance: Callable[[int], object]) -> None:
    """Reads the file and the month side by side; Conflict if any row differs."""
    rows = 0
    with closing(_read(path)) as written, closing(_batches(connection, table, month, _schema(table))) as kept:
        for batch in kept:
            if not batch.equals(next(written, None)):
                raise Conflict(f"{path} differs from the database after row {rows:,}", remedy="archive the month again")
            rows += batch.num_rows
            advance(rows)
        if next(written, None) is not None:
            raise Conflict(f"{path} holds more than the database", remedy="archive the month again")


def _parquet() -> Any:
    try:
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise _MISSING from error
    return parquet
