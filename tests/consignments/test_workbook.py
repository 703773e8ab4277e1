"""Excel workbooks: cells read as they show, and a workbook made to do harm is refused."""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from post_logistics.consignments.booking import Order, OrderRefused, load_booking_rules, parse_order
from post_logistics.consignments.order_files import OrderFile, load_order_columns, read_order_file
from post_logistics.consignments.order_files.workbook import workbook_records
from post_logistics.errors import PostError, Unacceptable

DATA = Path(__file__).resolve().parents[2] / "data"
COLUMNS = load_order_columns(DATA)
RULES = load_booking_rules(DATA)
STORE = {"merchant": "Nakshi Ghar", "store_address": "House 12, Road 5, Dhanmondi, Dhaka 1205"}
OWN = [
    "merchant", "store_address", "order_ref", "recipient_name", "recipient_phone", "recipient_address", "weight_kg",
    "cod_taka", "declared_value_taka", "description", "note",
]  # fmt: skip
ROW = [
    "Nakshi Ghar", "Dhanmondi, Dhaka", "N-1", "রহিমা খাতুন", "01712345678", "বাসা ১২, রোড ৩, মগবাজার", "0.5",
    "1250", "", "Kantha", "",
]  # fmt: skip


def with_(**changed: str) -> list[str]:
    """The good row with some fields changed."""
    return [changed.get(field, text) for field, text in zip(OWN, ROW, strict=True)]


def xlsx_bytes(rows: Iterable[Sequence[object]], formats: Mapping[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_sheet(sheet: str, shared: str = "") -> bytes:
    """A workbook by hand, for what no spreadsheet writes; ``sheet`` and ``shared`` are XML."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(
            "xl/workbook.xml",
            f'<workbook {main} xmlns:r="{relations}"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>',
        )
        parts.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships><Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{relations}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
        )
        parts.writestr("xl/sharedStrings.xml", f"<sst {main}>{shared}</sst>")
        parts.writestr("xl/worksheets/sheet1.xml", sheet.replace("<worksheet>", f"<worksheet {main}>"))
    return file.getvalue()


def read(content: bytes, defaults: Mapping[str, str] | None = None) -> OrderFile:
    return read_order_file(content, "orders", defaults or {}, COLUMNS)


def refusal(content: bytes) -> PostError:
    """The refusal of the file as a whole, which always says what to do."""
    with pytest.raises(Unacceptable) as refused:
        read(content)
    assert refused.value.remedy
    return refused.value


def orders(content: bytes, defaults: Mapping[str, str] | None = None) -> list[Order]:
    file = read(content, defaults)
    assert not file.refused
    return [parse_order(row.fields, row.row, RULES) for row in file.rows]


def test_numbers_of_a_workbook_read_as_they_show() -> None:
    cells = [1712345678, 8801712345678.0, 0.1 + 0.2, 1250.5, True, 10**14]
    header = [*OWN[2:6], "weight_kg", "cod_taka"]
    assert list(read(xlsx_bytes([header, cells])).rows[0].fields.values()) == [
        "1712345678", "8801712345678", "0.3", "1250.5", "TRUE", "100000000000000",
    ]  # fmt: skip


@pytest.mark.parametrize("typed", [date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), time(3, 4)])  # noqa: DTZ001
def test_a_cell_the_spreadsheet_made_a_date_is_refused(typed: date | time) -> None:
    row = read(xlsx_bytes([OWN, [*ROW[:5], typed, *ROW[6:]]])).rows[0]
    with pytest.raises(OrderRefused, match="made a date") as refused:
        parse_order(row.fields, 1, RULES)
    assert refused.value.field == "recipient_address"


@pytest.mark.parametrize(
    ("number_format", "is_date"),
    [
        ("dd/mm/yyyy", True),
        ("[$-445]d mmmm", True),
        ("[h]:mm", True),
        ('0.0" kg shipped"', False),
        ("#,##0.00", False),
        ("[Red]0", False),
        ("_(* #,##0_)", False),
    ],
)
def test_a_number_is_a_date_only_by_its_format(number_format: str, is_date: bool) -> None:
    file = read(xlsx_bytes([OWN, [*ROW[:7], 1250, *ROW[8:]]], {"H2": number_format}))
    assert file.rows[0].fields["cod_taka"] == ("#DATE!" if is_date else "1250")


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!"])
def test_a_failed_formula_is_refused_and_not_read_as_empty(error: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([OWN, ROW])))
    book.active["H2"].value, book.active["H2"].data_type = error, "e"
    with pytest.raises(OrderRefused, match=f"the spreadsheet shows {re.escape(error)}"):
        parse_order(read(saved(book)).rows[0].fields, 1, RULES)


def test_the_first_visible_sheet_with_anything_in_it_is_read() -> None:
    book = openpyxl.Workbook()
    for title, state, rows in (
        ("Hidden", "hidden", [["old"]]),
        ("Orders", "visible", [OWN, ROW]),
        ("Notes", "visible", [["x"]]),
    ):
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    assert len(read(saved(book)).rows) == 1


def test_rows_keep_their_numbers_across_gaps_and_an_offset() -> None:
    book = openpyxl.Workbook()
    for line, cells in {3: OWN, 4: ROW, 7: with_(order_ref="N-2")}.items():
        for column, cell in enumerate(cells, start=2):
            book.active.cell(line, column, cell)
    assert [(row.row, row.fields["order_ref"]) for row in read(saved(book)).rows] == [(1, "N-1"), (4, "N-2")]


def test_a_cell_right_of_the_header_is_refused_with_its_row() -> None:
    assert [
        refused.row for refused in read(xlsx_bytes([OWN, ROW, [*with_(order_ref="N-2"), "", "", "x"]])).refused
    ] == [2]


def test_prefixes_rich_text_phonetic_runs_escapes_and_missing_places_are_understood() -> None:
    shared = (
        "<si><r><t>Rah</t></r><r><t>ima</t></r><rPh><t>reading</t></rPh></si><si><t>House 5_x000D_\n, Mogbazar</t></si>"
    )
    header = "".join(
        f'<x:c t="inlineStr"><x:is><x:t>{name}</x:t></x:is></x:c>'
        for name in ("order_ref", "recipient_name", "recipient_address", "recipient_phone")
    )
    cells = (
        '<x:c t="str"><x:f>A1</x:f><x:v>N-1</x:v></x:c><x:c t="s"><x:v>0</x:v></x:c>'
        '<x:c r="C2" t="s"><x:v>1</x:v></x:c><x:c><x:v>1712345678</x:v></x:c>'
    )
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<x:sheetData><x:row>{header}</x:row><x:row r="2">{cells}</x:row></x:sheetData></x:worksheet>'
    )
    [order] = orders(with_sheet(sheet, shared), STORE)
    assert (order.order_ref, order.recipient_name, order.recipient_address, order.recipient_phone) == (
        "N-1", "Rahima", "House 5 , Mogbazar", "+8801712345678",
    )  # fmt: skip


HEADER_CELLS = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in OWN[2:6])


@pytest.mark.parametrize(
    ("rows", "shared", "reason"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "", "more than"),
        ('<row r="2">' + "<c><v>1</v></c>" * 20_000 + "</row>", "", "too many columns"),
        (
            '<row r="2"><c r="A2" t="s"><v>0</v></c></row>',
            f"<si><t>{'S' * 100_000}</t></si>",
            "holds 100000 characters",
        ),
        ('<row r="2"><c r="A2" t="s"><v>9</v></c></row>', "", "cannot be read"),
        ('<row r="2"><c r="A2"><v>1e9999x</v></c></row>', "", "cannot be read"),
        ('<row r="2"><c r="A2"><v>1</v></row>', "", "cannot be read"),
    ],
    ids=["far-off cell", "endless row", "endless text", "no such text", "no number", "no XML"],
)
def test_a_workbook_made_to_fill_the_memory_is_refused(rows: str, shared: str, reason: str) -> None:
    sheet = f"<worksheet><sheetData><row>{HEADER_CELLS}</row>{rows}</sheetData></worksheet>"
    assert reason in refusal(with_sheet(sheet, shared)).message


def test_a_workbook_that_unpacks_without_end_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts, parts.open("xl/workbook.xml", "w") as part:
        for _ in range(129):
            part.write(bytes(2**20))
    assert len(file.getvalue()) < 2**20
    assert "unpacks to more than 128 MB" in refusal(file.getvalue()).message


def test_a_formula_whose_result_was_not_saved_is_not_an_empty_cell() -> None:
    records = list(workbook_records(xlsx_bytes([["cod_taka"], ["=1000+250"]])))
    assert records == [["cod_taka"], ["#VALUE!"]]
