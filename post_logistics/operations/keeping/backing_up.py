"""Backups and the proof that they can be brought back: a dump as of one moment, and what it has to hold beside it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from post_logistics.cod.proof import Check
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.money.checking import prove_books
from post_logistics.settings import Settings
from post_logistics.storage.custody.scans import load_histories, load_standings
from post_logistics.storage.database import Connection, Database, load_revision, open_as_it_is, open_database
from post_logistics.storage.jobs import schema_of
from post_logistics.storage.keeping import dumps as store
from post_logistics.storage.keeping.vitals import load_server_state
from post_logistics.storage.money.proving import as_of_one_moment
from post_logistics.tracking.journey import fold, is_whole
from post_logistics.units import ItemNumber

SUFFIX: Final = ".dump"
_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a dump has to hold, written beside it as ``FILE.json``. It names nobody."""

    schema_name: str
    revision: str
    """Of the schema: an older one is brought up to date when the dump is restored."""
    server_version: int
    made_at: str
    sha256: str
    size_bytes: int
    rows: Mapping[str, int]
    """Table -> rows, as of the moment of the dump."""


def backup_file(out: Path, schema: str, at: datetime) -> Path:
    """Where a backup goes: the file itself, or in a folder a file named after the schema and the moment."""
    if out.suffix == SUFFIX and not out.is_dir():
        return out
    return out / f"post-logistics-{schema}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"


def back_up(database: Database, file: Path, at: datetime) -> Backup:
    """Writes the whole schema as of this moment into the file, and what it holds beside it. Nobody has to wait.

    NotFound if there is nothing yet.
    """
    with database.transaction() as connection:
        snapshot = store.begin_snapshot(connection)
        revision = load_revision(connection)
        if revision is None:
            raise NotFound(
                "there is nothing to back up: the schema is empty", remedy="name the one in use with --schema"
            )
        schema, version = schema_of(connection), load_server_state(connection).version
        store.dump(database.url, schema, snapshot, version, file)
        made = Backup(
            schema_name=schema,
            revision=revision,
            server_version=version,
            made_at=at.isoformat(),
            sha256=_sha256(file),
            size_bytes=file.stat().st_size,
            rows=store.count_rows(connection),
        )
    _beside(file).write_text(json.dumps(asdict(made), indent=2) + "\n", encoding="utf-8")
    return made


def keep_newest(folder: Path, schema: str, keep: int) -> list[Path]:
    """Removes from the folder all backups of the schema but the newest; gives back those that went."""
    gone = sorted(folder.glob(f"post-logistics-{schema}-????????T??????Z{SUFFIX}"))[:-keep]
    for file in gone:
        file.unlink()
        _beside(file).unlink(missing_ok=True)
    return gone


def newest_backup(folder: Path) -> datetime | None:
    """When the newest backup in the folder was written; None if there is none."""
    times = [file.stat().st_mtime for file in folder.glob(f"*{SUFFIX}")]
    return datetime.fromtimestamp(max(times), UTC) if times else None


def restore_backup(settings: Settings, file: Path) -> list[Check]:
    """Brings a backup back into the empty database of these settings, and proves the copy; gives back every check.

    Unacceptable for a file that is not what was written, Conflict for a database that is not empty.
    """
    made = _load_made(file)
    if made and made.schema_name != settings.schema_name:
        raise Unacceptable(
            f"{file.name} is of the schema {made.schema_name}",
            field="--schema",
            remedy=f"restore it with --schema {made.schema_name}",
        )
    if made and made.sha256 != _sha256(file):
        raise Unacceptable(
            f"{file.name} is not what was written: its SHA-256 differs",
            field="FILE",
            remedy="fetch it again from where it was kept, or take another backup",
        )
    with open_as_it_is(settings) as database:
        store.restore(database, settings.schema_name, file)
        with database.transaction() as connection:
            counted = _compare_rows(made, store.count_rows(connection))
    with open_database(settings) as database:
        return [counted, *prove_copy(database)]


def prove_copy(database: Database) -> list[Check]:
    """Every proof of the books, and that a sample of items stands where its scans say."""
    with database.transaction() as connection:
        as_of_one_moment(connection)
        return [*prove_books(connection), _check_items(connection)]


def _compare_rows(made: Backup | None, rows: Mapping[str, int]) -> Check:
    """Whether every table has the rows that it had; nothing to compare with if what it held is not known."""
    if made is None:
        return Check("rows of every table", 0, 0)
    names = sorted({*made.rows, *rows})
    wrong = [
        f"{one}: {made.rows.get(one)}, now {rows.get(one)}" for one in names if made.rows.get(one) != rows.get(one)
    ]
    return Check("rows of every table", len(names), len(wrong), tuple(wrong[:_EXAMPLES]))


def _check_items(connection: Connection) -> Check:
    """Whether what is remembered of each item is the fold of its scans; of torn histories nothing can be said."""
    numbers = store.sample_of_items(connection)
    histories, checked, wrong = load_histories(connection, numbers), 0, []
    for at in load_standings(connection, numbers):
        history = histories.get(at.item_number, ())
        if is_whole(history):
            told = fold(ItemNumber(at.item_number), history)
            checked += 1
            kept = (at.state, at.holder, at.office, at.since, at.attempts, at.misfits, at.receptacle)
            scans = (told.state, told.holder, told.office, told.since, len(told.attempts), len(told.misfits))
            if kept != (*scans, told.receptacle):
                wrong.append(at.item_number)
    return Check("items stand where their scans say", checked, len(wrong), tuple(wrong[:_EXAMPLES]))


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")


def _load_made(file: Path) -> Backup | None:
    """What the dump has to hold; None if that was not kept with it."""
    if not file.is_file():
        raise NotFound(f"no file {file}", field="FILE", remedy="name a file that backup has made")
    if not _beside(file).exists():
        return None
    try:
        told: dict[str, Any] = json.loads(_beside(file).read_text(encoding="utf-8"))
        return Backup(**told)
    except (ValueError, TypeError) as error:
        raise Unacceptable(
            f"{_beside(file).name} cannot be read", field="FILE", remedy="fetch it again, or restore without it"
        ) from error


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
