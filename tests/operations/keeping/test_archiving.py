"""Months go into files, leave the database and come back: every value, once, and never a torn history."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas
import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
import pytest
from pyarrow import parquet  # type: ignore[import-untyped,unused-ignore]
from sqlalchemy import Connection, text

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.keeping import archiving
from post_logistics.operations.keeping.archiving import archive_month, let_go_of_month, restore_month
from post_logistics.operations.keeping.retention import RetentionRules, drop_old_uploads
from post_logistics.storage.custody.scans import ensure_months, load_histories, load_standings
from post_logistics.storage.database import Database
from post_logistics.storage.keeping.archives import Archive, load_archives
from post_logistics.storage.keeping.partitions import begins_at, load_months
from post_logistics.tracking.lifecycle import Event, State
from tests.operations.conftest import Story

RULES = RetentionRules(
    recipients_days=240, silent_days=730, messages_days=90, view_cards_days=1, uploads_months=8, scans_months=13
)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
LATER = begins_at(date(2027, 1, 1)) + timedelta(days=1)
MUCH_LATER = begins_at(date(2028, 2, 1))


class Undone:
    """Transactions in a database that forgets them after the test."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection


@pytest.fixture
def two_months(connection: Connection, tell: type[Story], morning: datetime) -> tuple[Undone, list[str]]:
    """A parcel delivered in November, one delivered in December, and one that is on its way for ever."""
    story = tell(connection, morning)
    items = story.book(0, 0, 0)
    story.out_for_delivery(*items)
    hand_over(story, items[0])
    story.at = begins_at(DECEMBER) + timedelta(hours=3)
    hand_over(story, items[1])
    connection.execute(
        text("insert into uploads values (gen_random_uuid(), :at, 'counter', 'signature', :body)"),
        {"at": morning, "body": bytes(range(256))},
    )
    return Undone(connection), items


def hand_over(story: Story, item: str) -> None:
    claimed = story.scan(item, Event.DELIVERED_CLAIMED, "rider:1216-R01")
    confirmed = story.scan(item, Event.DELIVERED_CONFIRMED, "recipient")
    assert {one.outcome for one in record_scans(story.connection, [claimed, confirmed])} == {ScanOutcome.ACCEPTED}


def rows(connection: Connection, table: str = "scans") -> list[Any]:
    return sorted(tuple(row) for row in connection.execute(text(f"select {table}::text from {table}")))


def archive(database: Database | Undone, folder: Path, table: str = "scans", month: date = NOVEMBER) -> Archive:
    with database.transaction() as connection:
        return archive_month(connection, table, month, folder, LATER)


def test_a_month_is_written_whole_and_an_independent_reader_finds_every_value(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months
    made = archive(database, tmp_path)
    frame = pandas.read_parquet(made.path)
    with database.transaction() as connection:
        kept = connection.execute(
            text("select * from scans where recorded_at < :end order by item_number, recorded_at, scan_id"),
            {"end": begins_at(DECEMBER)},
        ).mappings()
        expected = [
            {k: str(v) if k in {"scan_id", "voids"} and v else v for k, v in row.items() if k != "note"} for row in kept
        ]
    found = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert len(found) == len(expected) == made.rows == 14
    for row, wanted in zip(found, expected, strict=True):
        assert {k: v.to_pydatetime() if isinstance(v, pandas.Timestamp) else v for k, v in row.items()} == wanted


def test_the_archive_is_remembered_with_its_rows_and_its_digest(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months
    made = archive(database, tmp_path)
    assert Path(made.path).name == "scans-2026-11.parquet"
    digest = subprocess.run(["sha256sum", made.path], capture_output=True, text=True, check=True).stdout.split()[0]
    assert made.sha256 == digest
    with database.transaction() as connection:
        assert load_archives(connection) == [made]


def test_archived_again_it_is_the_same_file_and_a_lost_or_broken_one_is_written_anew(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months
    first = archive(database, tmp_path)
    stamp = Path(first.path).stat().st_mtime_ns
    assert archive(database, tmp_path) == first
    assert Path(first.path).stat().st_mtime_ns == stamp
    for spoil in (Path(first.path).unlink, lambda: Path(first.path).write_bytes(b"PAR1")):
        spoil()
        assert archive(database, tmp_path).sha256 == first.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["scans-2026-11.parquet"]


def test_bytes_of_uploads_are_bytes_in_the_file(two_months: tuple[Undone, list[str]], tmp_path: Path) -> None:
    database, _ = two_months
    made = archive(database, tmp_path, "uploads")
    (row,) = parquet.read_table(made.path).to_pylist()
    assert (row["body_gzip"], row["device_id"]) == (bytes(range(256)), "counter")
    assert row["received_at"].astimezone(UTC) == datetime(2026, 11, 22, tzinfo=UTC)


def test_notes_on_people_are_not_archived(
    two_months: tuple[Undone, list[str]], tmp_path: Path, tell: type[Story], morning: datetime
) -> None:
    database, items = two_months
    with database.transaction() as connection:
        story = tell(connection, morning)
        story.sequence = 500
        scan = replace(story.scan(items[2], Event.OUT_FOR_DELIVERY, "rider:1216-R01"), note="ask for Rahima")
        record_scans(connection, [scan])
    made = archive(database, tmp_path)
    assert "note" not in pandas.read_parquet(made.path).columns
    with database.transaction() as connection:
        let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
        restore_month(connection, "scans", NOVEMBER)
    with database.transaction() as connection:
        notes = connection.execute(text("select note from scans where note <> ''")).scalars().all()
        assert notes == ["ask for Rahima"], "its item is open: it never left"


def test_an_empty_month_is_an_empty_file(connection: Connection, tmp_path: Path) -> None:
    made = archive_month(connection, "scans", date(2020, 1, 1), tmp_path, LATER)
    assert made.rows == 0
    assert pandas.read_parquet(made.path).empty


def test_rows_are_sorted_and_grouped_so_that_one_item_is_found_without_reading_all(
    two_months: tuple[Undone, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, items = two_months
    monkeypatch.setattr(archiving, "ROW_GROUP", 5)
    file = parquet.ParquetFile(archive(database, tmp_path).path)
    spans = [file.metadata.row_group(n).column(0).statistics for n in range(file.num_row_groups)]
    assert len(spans) == 3
    assert sum(one.min <= items[0] <= one.max for one in spans) < len(spans)


def test_a_file_that_is_not_what_was_written_is_seen_before_anything_is_kept(
    two_months: tuple[Undone, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red control of reading back: one value changed on its way to the disk."""
    database, _ = two_months
    honest = archiving._batches
    calls = iter(range(10))

    def lies_first(*asked: Any) -> Iterator[Any]:
        first = next(calls) == 0
        for batch in honest(*asked):
            changed = batch.column("office").to_pylist()
            changed[-1] = "9999" if first else changed[-1]
            place = batch.schema.get_field_index("office")
            yield batch.set_column(place, "office", pa.array(changed))

    monkeypatch.setattr(archiving, "_batches", lies_first)
    with pytest.raises(Conflict, match="differs from"):
        archive(database, tmp_path)
    assert not list(tmp_path.iterdir())
    with database.transaction() as connection:
        assert load_archives(connection) == []


@pytest.mark.parametrize("at", [begins_at(DECEMBER), begins_at(DECEMBER) + timedelta(hours=23, minutes=59)])
def test_a_month_that_is_not_over_for_a_day_is_not_archived(
    connection: Connection, tmp_path: Path, at: datetime
) -> None:
    with pytest.raises(Conflict, match="not over"):
        archive_month(connection, "scans", NOVEMBER, tmp_path, at)


def test_a_place_that_cannot_be_written_to_is_named(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unacceptable) as refused:
        archive_month(connection, "scans", NOVEMBER, tmp_path / "file" / "folder", LATER)
    assert refused.value.field == "folder"


def test_only_scans_and_uploads_can_be_archived(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="not kept by months"):
        archive_month(connection, "recipients", NOVEMBER, tmp_path, LATER)


def test_let_go_the_histories_of_what_is_open_stay_whole_and_the_rest_is_in_the_file(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, items = two_months
    archive(database, tmp_path)
    with database.transaction() as connection:
        open_before = load_histories(connection, [items[2]])
        standings = load_standings(connection, items)
        stay = let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
    with database.transaction() as connection:
        assert stay == len(open_before[items[2]]) == 4
        assert load_histories(connection, [items[2]]) == open_before
        assert load_histories(connection, [items[0]]) == {}
        assert load_standings(connection, items) == standings
        assert [one.detached for one in load_archives(connection)] == [True]


def test_an_item_that_is_still_open_goes_on_as_if_nothing_had_been_let_go(
    two_months: tuple[Undone, list[str]], tmp_path: Path, tell: type[Story]
) -> None:
    database, items = two_months
    archive(database, tmp_path)
    with database.transaction() as connection:
        let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
        story = tell(connection, MUCH_LATER)
        story.sequence = 1000
        hand_over(story, items[2])
        (standing,) = load_standings(connection, [items[2]])
        assert (standing.state, standing.misfits) == (State.DELIVERED, 0)


def test_a_late_scan_of_an_item_whose_history_is_archived_is_flagged_and_moves_nothing(
    two_months: tuple[Undone, list[str]], tmp_path: Path, tell: type[Story]
) -> None:
    database, items = two_months
    archive(database, tmp_path)
    with database.transaction() as connection:
        let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
        story = tell(connection, MUCH_LATER)
        story.sequence = 1000
        (verdict,) = record_scans(connection, [story.scan(items[0], Event.AT_DELIVERY_OFFICE, "office:1216")])
        assert verdict.outcome is ScanOutcome.MISFIT
        (standing,) = load_standings(connection, [items[0]])
        assert standing.state is State.DELIVERED


def test_a_torn_history_is_not_folded_anew_from_what_is_left(
    two_months: tuple[Undone, list[str]], tmp_path: Path, tell: type[Story]
) -> None:
    """Old labels are scanned by mistake, out of order, and that is taken back: of one parcel every scan is in the
    archive, of the other those before December."""
    database, items = two_months
    archive(database, tmp_path)
    with database.transaction() as connection:
        let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
        before = load_standings(connection, items[:2])
        story = tell(connection, MUCH_LATER)
        story.sequence = 1000
        for item in items[:2]:
            early, late = (story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216") for _ in range(2))
            paper = story.scan(item, Event.CONTESTED, "office:1216")
            back = replace(paper, event=Event.CORRECTED, voids=late.scan_id)
            outcomes = [record_scans(connection, [scan])[0].outcome for scan in (late, early, back)]
            assert outcomes == [ScanOutcome.MISFIT, ScanOutcome.MISFIT, ScanOutcome.ACCEPTED]
            (standing,) = load_standings(connection, [item])
            assert standing.last_at == back.occurred_at
        after = load_standings(connection, items[:2])
        assert [(one.state, one.holder, one.since) for one in after] == [
            (State.DELIVERED, "recipient", one.since) for one in before
        ]


def test_a_month_without_a_table_of_its_own_is_let_go_all_the_same(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months
    archive(database, tmp_path, "uploads")
    archive(database, tmp_path, month=date(2020, 1, 1))
    with database.transaction() as connection:
        for _ in range(2):
            assert let_go_of_month(connection, "uploads", NOVEMBER, RULES, MUCH_LATER) == 0
        assert let_go_of_month(connection, "scans", date(2020, 1, 1), RULES, MUCH_LATER) == 0


def test_restored_every_row_is_as_it_was_and_restored_again_nothing_happens(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months
    with database.transaction() as connection:
        before = rows(connection), rows(connection, "uploads")
    for table in ("scans", "uploads"):
        archive(database, tmp_path, table)
        with database.transaction() as connection:
            let_go_of_month(connection, table, NOVEMBER, RULES, MUCH_LATER)
    with database.transaction() as connection:
        assert (rows(connection), rows(connection, "uploads")) != before, "red control: it was gone"
        assert restore_month(connection, "scans", NOVEMBER) == 10
        assert restore_month(connection, "uploads", NOVEMBER) == 1
    with database.transaction() as connection:
        assert (rows(connection), rows(connection, "uploads")) == before
        assert restore_month(connection, "scans", NOVEMBER) == 0
        assert not any(one.detached for one in load_archives(connection))


def test_what_was_let_go_can_be_let_go_again_when_more_is_finished(
    two_months: tuple[Undone, list[str]], tmp_path: Path, tell: type[Story]
) -> None:
    database, items = two_months
    archive(database, tmp_path)
    with database.transaction() as connection:
        assert let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER) == 4
        story = tell(connection, MUCH_LATER)
        story.sequence = 1000
        hand_over(story, items[2])
        assert let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER) == 0
    with database.transaction() as connection:
        assert restore_month(connection, "scans", NOVEMBER) == 14


def test_the_bags_of_an_item_that_is_open_stay_with_it(two_months: tuple[Undone, list[str]], tmp_path: Path) -> None:
    database, items = two_months
    bag, outer, other = ("BD1205BD1216CUN60001001", "BD1205BD1216CUN60001002", "BD1205BD1216CUN60001003")
    at = begins_at(NOVEMBER) + timedelta(days=3)
    with database.transaction() as connection:
        for key in (bag, outer, other):
            connection.execute(
                text(
                    "insert into receptacles (receptacle, made_at, state, holder, office, destination, since, misfits, "
                    "last_at, version) values (:key, :at, 'opened', 'office:1216', '1216', '1216', :at, 0, :at, 1)"
                ),
                {"key": key, "at": at},
            )
        for n, (number, event, into) in enumerate(
            [
                (items[2], "bagged", bag),
                (bag, "bagged", outer),
                (outer, "dispatched", None),
                (other, "dispatched", None),
            ]
        ):
            connection.execute(
                text(
                    "insert into scans (item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, "
                    "device_id, sequence, office, holder, note, receptacle) values (:number, :at, gen_random_uuid(), "
                    ":event, :at, 0, 'bags', :n, '1216', 'office:1216', '', :into)"
                ),
                {"number": number, "event": event, "into": into, "at": at, "n": n},
            )
    archive(database, tmp_path)
    with database.transaction() as connection:
        let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
        left = set(connection.execute(text("select item_number from scans_202611")).scalars())
    assert left == {items[2], bag, outer}


def test_a_month_leaves_only_when_it_is_old_enough_archived_unchanged_and_the_oldest(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months

    def let_go(month: date, at: datetime = MUCH_LATER) -> None:
        with database.transaction() as connection:
            let_go_of_month(connection, "scans", month, RULES, at)

    with pytest.raises(NotFound, match="not archived"):
        let_go(NOVEMBER)
    file = Path(archive(database, tmp_path).path)
    with pytest.raises(Conflict, match="13 months"):
        let_go(NOVEMBER, begins_at(date(2028, 1, 1)) - timedelta(microseconds=1))
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(Unacceptable, match="SHA-256"):
        let_go(NOVEMBER)
    file.unlink()
    with pytest.raises(Unacceptable, match="not there"):
        let_go(NOVEMBER)
    file.write_bytes(whole)
    archive(database, tmp_path, month=DECEMBER)
    with pytest.raises(Conflict, match="older and still here"):
        let_go(DECEMBER, begins_at(date(2029, 1, 1)))
    let_go(NOVEMBER, begins_at(date(2028, 1, 1)))
    let_go(DECEMBER, begins_at(date(2028, 2, 1)))


def test_a_month_that_grew_after_it_was_archived_stays(
    two_months: tuple[Undone, list[str]], tmp_path: Path, tell: type[Story], morning: datetime
) -> None:
    database, items = two_months
    archive(database, tmp_path)
    with database.transaction() as connection:
        story = tell(connection, morning)
        story.sequence = 500
        record_scans(connection, [story.scan(items[2], Event.OUT_FOR_DELIVERY, "rider:1216-R01")])
    with pytest.raises(Conflict, match="15 rows, in the archive 14"), database.transaction() as connection:
        let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)


def test_while_scans_come_in_a_month_waits_rather_than_keep_them_waiting(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as connection:
        ensure_months(connection, [begins_at(NOVEMBER)])
    archive(database, tmp_path)
    monkeypatch.setattr("post_logistics.storage.keeping.archives._WAIT_S", 0.2)
    with database.transaction() as busy:
        busy.execute(text("select from scans limit 1"))
        with pytest.raises(Conflict, match="without a pause"), database.transaction() as connection:
            let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER)
    with database.transaction() as connection:
        assert let_go_of_month(connection, "scans", NOVEMBER, RULES, MUCH_LATER) == 0


def test_an_archive_that_was_moved_is_restored_from_where_it_is(
    two_months: tuple[Undone, list[str]], tmp_path: Path
) -> None:
    database, _ = two_months
    made = archive(database, tmp_path)
    elsewhere = Path(made.path).rename(tmp_path / "moved.parquet")
    with database.transaction() as connection:
        with pytest.raises(Unacceptable, match="--file"):
            restore_month(connection, "scans", NOVEMBER)
        assert restore_month(connection, "scans", NOVEMBER, elsewhere) == 0
        with pytest.raises(NotFound):
            restore_month(connection, "scans", DECEMBER)


def test_signed_batches_that_are_too_old_go_though_they_are_archived_and_the_archive_says_so(
    database: Database, tmp_path: Path, morning: datetime
) -> None:
    with database.transaction() as connection:
        ensure_months(connection, [morning])
    archive(database, tmp_path, "uploads")
    assert drop_old_uploads(database, RULES, begins_at(date(2027, 8, 1))) == [NOVEMBER]
    with database.transaction() as connection:
        assert [one.detached for one in load_archives(connection)] == [True]
        assert [one.table_name for one in load_months(connection)] == ["scans"]


def test_without_pyarrow_the_message_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from post_logistics.operations.keeping import archiving\n"
        "try: archiving._parquet()\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "post-logistics[archive]"' in done.stdout
