"""Statements come in: a row of the bank's is kept once, whatever files it comes in, and a wrong file keeps nothing."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from post_logistics.cod.statements import reading
from post_logistics.cod.statements.layout import Layout
from post_logistics.cod.statements.profiles import load_known_columns
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.money.importing import (
    Imported,
    first_look,
    import_statement,
    keep_source,
    preview_statement,
)
from post_logistics.storage.database import Database
from post_logistics.storage.money.statements import load_files, load_lines, load_source, load_sources
from post_logistics.units import DHAKA
from tests.cod.statements.banks import BANK, HEADER, LINES, STATEMENT, WALLET, WALLET_STATEMENT, many, table

AT = datetime(2026, 12, 1, 9, tzinfo=DHAKA)
KNOWN = load_known_columns(Path(__file__).resolve().parents[3] / "data")


def bring(connection: Connection, content: str, source: str = "bank", **changed: Any) -> Imported:
    """Imports a file of that content."""
    given = {"name": "november.csv", "by": "Rahim", "at": AT} | changed
    return import_statement(connection, io.BytesIO(content.encode()), source=source, **given)


def kept(connection: Connection, source: str = "bank") -> list[Any]:
    day = AT.date()
    lines = load_lines(connection, source, day - timedelta(days=400), day, limit=10_000)
    return sorted(lines, key=lambda line: (line.booked_on, line.reference))


@pytest.fixture
def books(connection: Connection) -> Connection:
    """Books with a bank whose statements can be read."""
    keep_source(connection, "bank", BANK, "Karim", AT)
    return connection


def test_a_file_is_kept_line_by_line_with_what_it_says_as_a_whole(books: Connection) -> None:
    done = bring(books, STATEMENT)
    assert (done.file.rows, done.file.new_rows, done.known_rows, done.again, done.gaps) == (3, 3, 0, False, ())
    assert (done.file.opening_poisha, done.file.closing_poisha) == (1_000_000, 13_280_650)
    charge, *_ = [line for line in kept(books) if not line.reference]
    assert (charge.row, charge.amount_poisha, charge.description) == (6, -115_000, "charge")
    assert (charge.value_on, charge.balance_poisha, charge.file_id) == (None, 13_280_650, done.file.file_id)
    assert load_files(books, "bank") == [done.file]


def test_the_same_file_again_changes_nothing_and_says_so(books: Connection) -> None:
    first = bring(books, STATEMENT)
    again = bring(books, STATEMENT, by="Selim", at=AT + timedelta(days=3), name="copy.csv")
    assert (again.again, again.known_rows, again.file) == (True, 3, first.file)
    assert len(kept(books)) == 3


def test_overlapping_files_add_only_what_is_new_in_whichever_order_they_come(books: Connection) -> None:
    late = bring(books, table(HEADER, *LINES[1:]))
    early = bring(books, table("Some Bank", "", HEADER, *LINES[:2]))
    assert (late.file.new_rows, early.file.new_rows, early.known_rows) == (2, 1, 1)
    assert len(kept(books)) == 3
    assert not early.gaps


def test_two_sources_can_show_the_same_row(books: Connection) -> None:
    keep_source(books, "other", BANK, "Karim", AT)
    assert bring(books, STATEMENT).file.new_rows == bring(books, STATEMENT, "other").file.new_rows == 3


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_file_with_one_wrong_row_keeps_nothing_even_when_the_caller_goes_on(
    books: Connection, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_ROWS", 1)
    rows = [line.replace("2026", "2o26") if row == at else line for row, line in enumerate(LINES)]
    with pytest.raises(Unacceptable) as refused:
        bring(books, table(HEADER, *rows))
    assert (refused.value.row, refused.value.field) == (at + 2, "Date")
    assert not kept(books)
    assert not load_files(books)
    assert bring(books, STATEMENT).file.new_rows == 3


def test_a_line_of_tomorrow_is_refused_and_one_of_today_is_not(books: Connection) -> None:
    midnight = datetime(2026, 11, 23, 0, 0, tzinfo=DHAKA)
    with pytest.raises(Unacceptable, match="still to come"):
        bring(books, STATEMENT, at=midnight - timedelta(seconds=1))
    assert bring(books, STATEMENT, at=midnight).file.new_rows == 3


def test_a_closing_that_is_not_the_next_opening_is_named_until_the_file_between_comes(books: Connection) -> None:
    days = [table(HEADER, line) for line in LINES]
    bring(books, days[0])
    (gap,) = bring(books, days[2]).gaps
    assert gap.missing_poisha == 50_000
    assert not bring(books, table(HEADER, *LINES[1:])).gaps


def test_numbers_of_a_provider_tell_its_lines_apart(books: Connection) -> None:
    keep_source(books, "wallet", WALLET, "Karim", AT)
    done = bring(books, WALLET_STATEMENT + "22-11-2026 10:00,AB1,500.00\n", "wallet")
    assert (done.file.rows, done.repeated) == (2, 1)
    later = bring(books, "Time,Trx ID,Amount\n23-11-2026 00:00,AB1,500.00\n23-11-2026 10:00,AB9,1.00\n", "wallet")
    assert (later.file.new_rows, later.known_rows) == (1, 1)


def test_a_source_is_kept_by_version_and_the_same_layout_again_is_no_new_one(books: Connection) -> None:
    changed = replace(BANK, columns=BANK.columns | {"value_on": ("Value Date",)})
    assert keep_source(books, "bank", BANK, "Karim", AT).version == 1
    second = keep_source(books, "bank", changed, "Selim", AT + timedelta(days=1))
    assert (second.version, second.made_by, second.reads) == (2, "Selim", changed)
    assert [one.version for one in load_sources(books, "bank")] == [2, 1]
    assert load_source(books, "bank", 1).reads == BANK


def test_a_bank_cannot_become_a_provider(books: Connection) -> None:
    with pytest.raises(Conflict):
        keep_source(books, "bank", WALLET, "Karim", AT)


@pytest.mark.parametrize("source", ["", "A", "x", "a b", "সোনালী", "a" * 41, "a;drop"])
def test_a_source_has_a_plain_name(connection: Connection, source: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        keep_source(connection, source, BANK, "Karim", AT)
    assert refused.value.field == "source"


def test_somebody_has_to_be_named(books: Connection) -> None:
    with pytest.raises(Unacceptable, match="nobody"):
        bring(books, STATEMENT, by="  ")
    with pytest.raises(Unacceptable, match="nobody"):
        keep_source(books, "new-bank", BANK, " ", AT)


def test_a_source_that_nobody_kept_is_not_found(connection: Connection) -> None:
    with pytest.raises(NotFound) as refused:
        bring(connection, STATEMENT)
    assert refused.value.remedy


def without_balance() -> Layout:
    return replace(BANK, columns={field: names for field, names in BANK.columns.items() if field != "balance"})


def test_a_layout_that_tells_lines_apart_otherwise_cannot_bring_known_days_in_again(books: Connection) -> None:
    bring(books, STATEMENT)
    keep_source(books, "bank", without_balance(), "Karim", AT)
    with pytest.raises(Conflict, match="imported twice"):
        bring(books, table(HEADER, LINES[2]))
    assert len(kept(books)) == 3
    assert bring(books, table(HEADER, LINES[2].replace("23/11", "24/11"))).file.new_rows == 1


def test_a_preview_says_what_would_come_of_a_file_and_keeps_nothing(books: Connection) -> None:
    bring(books, table(HEADER, *LINES[:2]))
    found = preview_statement(books, io.BytesIO(STATEMENT.encode()), "x", "bank", AT)
    assert (found.summary.rows, found.known_rows, len(found.first)) == (3, 2, 3)
    assert found.first[0].amount_poisha == 12_345_650
    assert len(kept(books)) == 2


def test_a_first_look_at_an_unknown_file_shows_its_lines_or_asks(connection: Connection) -> None:
    def look(content: str) -> Any:
        return first_look(connection, io.BytesIO(content.encode()), "x.csv", "new-bank", KNOWN, AT)

    found = look(STATEMENT)
    assert (found.preview.summary.rows, found.refused) == (3, None)
    asked = look(STATEMENT.replace("22/11", "03/04").replace("23/11", "04/04"))
    assert (asked.preview, len(asked.proposal.questions)) == (None, 1)
    broken = look(STATEMENT + "\n24/11/2026,SB-3,x,,1.00,7.00")
    assert (broken.preview, broken.refused.field) == (None, "Balance")
    assert not load_sources(connection, "new-bank")


def test_lines_files_and_sources_are_facts(books: Connection) -> None:
    bring(books, STATEMENT)
    for statement in (
        "update statement_lines set amount_poisha = 1",
        "delete from statement_files",
        "update statement_sources set layout = '{}'",
    ):
        with pytest.raises(DBAPIError, match="facts"), books.begin_nested():
            books.execute(text(statement))


def test_eight_people_who_import_overlapping_files_at_once_keep_each_line_once(database: Database) -> None:
    amounts = list(range(1, 161))
    rows = many(amounts).splitlines()[1:]
    with database.transaction() as connection:
        keep_source(connection, "bank", BANK, "Karim", AT)

    def one(at: int) -> int:
        with database.transaction() as connection:
            return bring(connection, table(HEADER, *rows[at * 10 : at * 10 + 90])).file.new_rows

    with ThreadPoolExecutor(8) as pool:
        new = sum(pool.map(one, range(8)))
    with database.transaction() as connection:
        lines = kept(connection)
    assert new == len(lines) == 160
    assert sorted(line.amount_poisha for line in lines) == amounts


def test_red_control_ids_made_of_the_file_would_keep_lines_twice(
    books: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The harness sees a fingerprint that depends on the file."""
    bring(books, table(HEADER, *LINES[:2]))
    real = reading.Fingerprints
    monkeypatch.setattr(reading, "Fingerprints", lambda source: real(source + "/second-file"))
    bring(books, table(HEADER, *LINES[1:]))
    assert len(kept(books)) == 4
