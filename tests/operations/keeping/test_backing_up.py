"""A backup is as of one moment and its owner's alone; its copy passes every proof, or says what is wrong."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.keeping.backing_up import (
    Backup,
    back_up,
    backup_file,
    keep_newest,
    newest_backup,
    prove_copy,
    restore_backup,
)
from post_logistics.operations.money.sealing import seal_books
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.keeping import dumps
from post_logistics.storage.money.ledger import append_transfers
from tests.operations.conftest import Story
from tests.operations.money.test_sealing import LATER, some_books


@pytest.fixture(scope="module")
def copies(server_url: str) -> Iterator[Any]:
    """Makes empty databases on the throw-away server; gives back their addresses."""
    engine = create_engine(make_url(server_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")

    def make() -> str:
        name = f"copy_{uuid4().hex[:12]}"
        with engine.connect() as connection:
            connection.execute(text(f"create database {name}"))
        return make_url(server_url).set(database=name).render_as_string(hide_password=False)

    yield make
    engine.dispose()


@pytest.fixture(scope="module")
def original(settings: Settings, copies: Any) -> Settings:
    """A database with parcels on their way and books of some days, sealed."""
    own = settings.model_copy(update={"database_url": SecretStr(copies()), "schema_name": "public"})
    at = datetime(2026, 11, 22, 6, tzinfo=UTC)
    with open_database(own) as database:
        with database.transaction() as connection:
            story = Story(connection, at)
            items = story.book(0, 100_000, 0)
            story.out_for_delivery(*items[:2])
        with database.transaction() as connection:
            append_transfers(connection, some_books(7))
            seal_books(connection, LATER.date() - timedelta(days=1), LATER)
    return own


@pytest.fixture(scope="module")
def backup(original: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Backup]:
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)
    file = backup_file(tmp_path_factory.mktemp("backups"), "public", at)
    with open_database(original) as database:
        return file, back_up(database, file, at)


def empty(original: Settings, copies: Any) -> Settings:
    return original.model_copy(update={"database_url": SecretStr(copies())})


def test_a_backup_is_its_owner_s_alone_and_says_what_it_holds(backup: tuple[Path, Backup]) -> None:
    file, made = backup
    assert file.name == "post-logistics-public-20261122T200000Z.dump"
    assert file.stat().st_mode & 0o077 == 0
    assert not list(file.parent.glob("*.part"))
    assert made.rows["consignments"] == 3 and made.rows["scans"] > 3 and made.rows["transfers"] == 200
    assert json.loads(file.with_name(f"{file.name}.json").read_text())["sha256"] == made.sha256
    assert "কৃষ্ণা" not in file.with_name(f"{file.name}.json").read_text()


def test_the_copy_has_every_row_and_passes_every_proof(
    original: Settings, copies: Any, backup: tuple[Path, Any]
) -> None:
    file, made = backup
    own = empty(original, copies)
    checks = {check.name: check for check in restore_backup(own, file)}
    wrong = {name: check for name, check in checks.items() if check.violated}
    assert set(wrong) == _wrong_before(original)
    assert checks["rows of every table"].checked == len(made.rows)
    assert checks["items stand where their scans say"].checked == 3
    assert checks["every_sealed_day_has_its_hash"].checked > 0
    with open_database(own) as copy, copy.transaction() as connection:
        assert dumps.count_rows(connection) == made.rows
        with pytest.raises(Exception, match="are facts"), connection.begin_nested():
            connection.execute(text("delete from transfers"))  # what protects facts came back with them


def _wrong_before(original: Settings) -> set[str]:
    """What is wrong with random books already: a copy is as wrong as they are, and no more."""
    with open_database(original) as database:
        return {check.name for check in prove_copy(database) if check.violated}


def test_what_comes_in_meanwhile_is_in_it_wholly_or_not_at_all(original: Settings, copies: Any, tmp_path: Path) -> None:
    busy, own, stop = empty(original, copies), empty(original, copies), Event()
    with open_database(busy) as database, ThreadPoolExecutor(1) as pool:

        def go_on() -> int:
            for seed in count():
                with database.transaction() as connection:
                    append_transfers(connection, some_books(seed))
                if stop.is_set():
                    return seed
            raise AssertionError

        posting = pool.submit(go_on)
        try:
            made = back_up(database, tmp_path / "x.dump", LATER)
        finally:
            stop.set()
        assert posting.result() > 0
    assert made.rows["transfers"] % 200 == 0
    assert restore_backup(own, tmp_path / "x.dump")[0].violated == 0


def test_nothing_is_restored_over_anything(original: Settings, backup: tuple[Path, Any]) -> None:
    with pytest.raises(Conflict, match="in use"):
        restore_backup(original, backup[0])


def test_a_file_that_is_not_what_was_written_is_refused_and_leaves_the_database_empty(
    original: Settings, copies: Any, backup: tuple[Path, Any], tmp_path: Path
) -> None:
    own, file = empty(original, copies), tmp_path / "x.dump"
    beside = tmp_path / "x.dump.json"
    body = bytearray(backup[0].read_bytes())
    beside.write_bytes(backup[0].with_name(f"{backup[0].name}.json").read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    with pytest.raises(Unacceptable, match="SHA-256"):
        restore_backup(own, file)
    with pytest.raises(Unacceptable, match="of the schema public"):
        restore_backup(own.model_copy(update={"schema_name": "other"}), file)
    beside.write_text("{}")
    with pytest.raises(Unacceptable, match="cannot be read"):
        restore_backup(own, file)
    beside.unlink()
    file.write_text("a holiday in Cox's Bazar")
    with pytest.raises(Unacceptable, match="is no dump"):
        restore_backup(own, file)
    with pytest.raises(NotFound):
        restore_backup(own, tmp_path / "nowhere.dump")
    file.write_bytes(backup[0].read_bytes()[: backup[0].stat().st_size // 2])
    with pytest.raises(Unavailable, match="pg_restore"):
        restore_backup(own, file)
    file.write_bytes(backup[0].read_bytes())
    rows, *others = restore_backup(own, file)  # without what was written beside it, all but the rows is proven
    assert rows.checked == 0 and len(others) > 20


def test_red_control_a_row_too_few_and_an_item_out_of_place_are_found(
    original: Settings, copies: Any, backup: tuple[Path, Any], tmp_path: Path
) -> None:
    file = tmp_path / "x.dump"
    file.write_bytes(backup[0].read_bytes())
    told = json.loads(backup[0].with_name(f"{backup[0].name}.json").read_text())
    told["rows"]["scans"] += 1
    file.with_name("x.dump.json").write_text(json.dumps(told))
    own = empty(original, copies)
    rows = restore_backup(own, file)[0]
    assert rows.violated == 1 and rows.examples[0].startswith("scans:")
    with open_database(own) as copy:
        before = {check.name for check in prove_copy(copy) if check.violated}
        with copy.transaction() as connection:
            connection.execute(text("update journeys set holder = 'rider:nobody' where holder like 'rider:%'"))
            connection.execute(text("alter table transfers disable trigger all"))
            connection.execute(text("update transfers set amount_poisha = amount_poisha + 1"))
        after = {check.name for check in prove_copy(copy) if check.violated}
    assert {"items stand where their scans say", "every_sealed_day_has_its_hash"} <= after - before


def test_a_folder_keeps_the_newest(tmp_path: Path) -> None:
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)
    files = [backup_file(tmp_path, "public", at + timedelta(days=n)) for n in range(5)]
    for file in (*files, backup_file(tmp_path, "demo", at), tmp_path / "mine.dump", tmp_path / "notes.txt"):
        file.write_text("")
        file.with_name(f"{file.name}.json").write_text("")
    assert keep_newest(tmp_path, "public", 2) == files[:3]
    assert {file.name for file in tmp_path.glob("post-logistics-public-*")} == {
        name for file in files[3:] for name in (file.name, f"{file.name}.json")
    }
    assert (tmp_path / "mine.dump").exists() and backup_file(tmp_path, "demo", at).exists()
    assert keep_newest(tmp_path, "public", 9) == []


def test_the_age_of_the_newest_is_known(tmp_path: Path) -> None:
    assert newest_backup(tmp_path) is None
    (tmp_path / "x.dump").touch()
    newest = newest_backup(tmp_path)
    assert newest is not None and abs(newest - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_password_is_in_no_list_of_processes(
    original: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) 99.1" && exit\n'
        'echo "error: $*|$PGPASSWORD" >&2; exit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Unavailable) as failed:
        dumps.dump("postgresql://post:s3cret@127.0.0.1:1/post", "public", "x", 990_000, tmp_path / "y.dump")
    words, _, secret = failed.value.message.partition("|")
    assert "s3cret" not in words and secret == "s3cret"
    assert not (tmp_path / "y.dump").exists() and not (tmp_path / "y.dump.part").exists()


def test_a_server_newer_than_every_program_is_said_clearly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unacceptable, match="no pg_dump for PostgreSQL 99"):
        dumps.dump("postgresql://post@127.0.0.1:1/post", "public", "x", 990_000, tmp_path / "y.dump")


def test_a_file_may_be_named(tmp_path: Path) -> None:
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)
    assert backup_file(tmp_path / "mine.dump", "public", at) == tmp_path / "mine.dump"
    assert backup_file(tmp_path / "new", "public", at).parent == tmp_path / "new"


def test_a_database_that_is_not_there_is_said_clearly(tmp_path: Path) -> None:
    nowhere = Settings(_env_file=None, database_url="postgresql://post@127.0.0.1:1/post")  # type: ignore[call-arg]
    file = tmp_path / "x.dump"
    file.write_text("")
    with pytest.raises(Unavailable, match="does not answer"):
        restore_backup(nowhere, file)
