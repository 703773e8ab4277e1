"""Reports written down: every way says the same, to the poisha, and no cell of any computes anything."""

import csv
import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pypdfium2
import pytest

from post_logistics.cod.reports import Chart, ChartKind, Column, Figure, Report, Series, Sheet, Unit
from post_logistics.errors import NotFound
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.reporting import REPORTS, make_report
from post_logistics.operations.money.reporting.files import (
    MEDIA_TYPES,
    MOST_PRINTED,
    Format,
    pack,
    report_document,
    report_file,
    said,
)
from post_logistics.storage.database import Connection
from post_logistics.units import DHAKA
from tests.operations.money.reporting.test_remittance import SUNDAY, paid_on

AT = datetime(2026, 12, 20, 12, tzinfo=DHAKA)
ATTACK = '=HYPERLINK("http://x.invalid","here")'


def made_up(rows: int = 3) -> Report:
    columns = (
        Column("merchant", "Merchant", "মার্চেন্ট"),
        Column("paid_poisha", "Paid", "পরিশোধ", Unit.POISHA, summed=True),
        Column("parts", "Parts", "সংখ্যা", Unit.COUNT, summed=True),
        Column("in_time_bps", "In time", "সময়মতো", Unit.BPS),
        Column("kept", "Kept", "মানা", Unit.VERDICT),
        Column("days", "Days", "দিন", Unit.DAYS),
    )
    table = tuple((f"{ATTACK}{n}", -5 + n, n, 9_350, [True, False, None][n % 3], None) for n in range(rows))
    chart = Chart("c", ChartKind.BARS, "Bars", "বার", Unit.POISHA, ("a",), (Series("One", "এক", (5_00,)),))
    figures = (Figure("kept_bps", "Kept", "মানা", 9_350, Unit.BPS, False), Figure("n_days", "n", "n", None, Unit.DAYS))
    sheets = (Sheet("one", "One", "এক", columns, table), Sheet("two", "Two", "দুই", columns[:1], ()))
    return Report("made-up", "Made up", "বানানো", None, date(2026, 11, 30), figures, sheets, (chart,))


def test_csv_is_in_taka_and_percent_and_safe() -> None:
    told = report_file(made_up(), Format.CSV, AT).content.decode()
    first, *_ = csv.DictReader(StringIO(told))
    assert first == {
        "merchant": f"'{ATTACK}0",
        "paid_taka": "-0.05",
        "parts": "0",
        "in_time_percent": "93.50",
        "kept": "yes",
        "days": "",
    }


def test_a_workbook_has_numbers_to_the_poisha_a_total_and_no_formula() -> None:
    book = openpyxl.load_workbook(BytesIO(report_file(made_up(), Format.XLSX, AT).content))
    assert book.sheetnames == ["figures", "one", "two"]
    assert [[cell.value for cell in row] for row in book["one"].iter_rows(min_row=2)] == [
        [f"'{ATTACK}0", -0.05, 0, 93.5, "yes · হ্যাঁ", None],
        [f"'{ATTACK}1", -0.04, 1, 93.5, "no · না", None],
        [f"'{ATTACK}2", -0.03, 2, 93.5, None, None],
        [None, -0.12, 3, None, None, None],
    ]
    assert not [c for page in book for row in page.iter_rows() for c in row if c.data_type == "f"]


def test_json_is_in_whole_poisha_with_totals() -> None:
    told = json.loads(report_file(made_up(), Format.JSON, AT).content)
    assert told["tables"]["one"]["total"] == {"paid_poisha": -12, "parts": 3}
    assert told["tables"]["one"]["rows"][1]["paid_poisha"] == -4
    assert told["figures"][0]["kept"] is False
    assert (told["period"], told["as_of_on"], told["made_at"]) == (None, "2026-11-30", AT.isoformat())


def test_paper_says_how_many_rows_it_leaves_out() -> None:
    document = pypdfium2.PdfDocument(report_file(made_up(MOST_PRINTED + 7), Format.PDF, AT).content)
    text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    assert "and 7 more in the workbook" in text and f'here"){MOST_PRINTED - 1}' in text
    assert f'here"){MOST_PRINTED}' not in text
    assert "not kept" in text and "Prepared by" in text


def test_a_pack_has_everything_and_its_checksums_and_is_the_same_twice_but_for_the_workbook() -> None:
    with ZipFile(BytesIO(report_file(made_up(), Format.ZIP, AT).content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    stem = "made-up-2026-11-30"
    assert set(files) == {f"{stem}.pdf", f"{stem}.xlsx", f"{stem}.json", "one.csv", "two.csv", "SHA256SUMS"}
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    again = pack(made_up(), AT)
    assert {name for name in files if files[name] != again[name]} <= {f"{stem}.xlsx", "SHA256SUMS"}


@pytest.mark.parametrize(
    ("unit", "value", "en", "bn"),
    [
        (Unit.POISHA, 1_25_000_50, "Tk 1,25,000.50", "৳১,২৫,০০০.৫০"),
        (Unit.BPS, -7_340, "-73.40 %", "-৭৩.৪০ %"),
        (Unit.DAYS, 1, "1 day", "১ দিন"),
        (Unit.DAYS, 0, "0 days", "০ দিন"),
        (Unit.COUNT, 12_345, "12,345", "১২,৩৪৫"),
        (Unit.VERDICT, False, "no", "না"),
        (Unit.TEXT, "shop-1", "shop-1", "shop-1"),
        (Unit.COUNT, None, "–", "–"),
    ],
)
def test_values_are_said_in_both_languages(unit: Unit, value: Any, en: str, bn: str) -> None:
    assert (said(unit, value), said(unit, value, "bn")) == (en, bn)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_of_nothing_is_written_in_every_way(connection: Connection, facts: Facts, name: str) -> None:
    report = make_report(connection, facts, name, AT)
    for format in Format:
        file = report_file(report, format, AT)
        assert file.content and file.media_type == MEDIA_TYPES[format] and file.name.endswith(f".{format}")


def test_all_ways_agree_to_the_poisha(connection: Connection, facts: Facts) -> None:
    for n in range(3):
        paid_on(connection, facts, f"shop-{n}", SUNDAY, 5 + n)
    report = make_report(connection, facts, "remittance", AT, written="2026-11")
    told = report_document(report, AT)["tables"]["accounts"]["rows"]
    book = openpyxl.load_workbook(BytesIO(report_file(report, Format.XLSX, AT).content))["accounts"]
    table = list(csv.DictReader(StringIO(report_file(report, Format.CSV, AT, "accounts").content.decode())))
    assert len(told) == len(table) == book.max_row - 2 == 3
    for n, row in enumerate(told):
        for place, column in enumerate(report.sheet("accounts").columns):
            if column.unit is Unit.POISHA:
                written = column.name.replace("_poisha", "_taka")
                in_book = Decimal(str(book.cell(n + 2, place + 1).value))
                assert Decimal(row[column.name]) / 100 == Decimal(table[n][written]) == in_book


def test_a_report_that_there_is_not_is_not_found_with_those_there_are(connection: Connection, facts: Facts) -> None:
    with pytest.raises(NotFound) as refused:
        make_report(connection, facts, "weather", AT)
    assert all(name in str(refused.value.remedy) for name in REPORTS)
