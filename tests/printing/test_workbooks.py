"""Workbooks: numbers are numbers, everything else is text, and no text is ever a formula."""

import re
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.printing.tables import table_text
from post_logistics.printing.workbooks import workbook

ATTACKS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    '=HYPERLINK("http://x.invalid","here")',
]


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content))


def cells(content: bytes, name: str = "page") -> list[list[Any]]:
    return [[cell.value for cell in row] for row in opened(content)[name].iter_rows()]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_cell_is_a_formula_wherever_it_stands_and_csv_agrees(attack: str) -> None:
    book = opened(workbook({"page": ([attack], [[attack, 5]], [attack, 5])}))
    for row in book["page"].iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert isinstance(cell.value, int | None) or cell.value.startswith("'")
    with ZipFile(BytesIO(workbook({"page": ([attack], [[attack]], [])}))) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert "'" in table_text(["x"], [[attack]]).splitlines()[1]


def test_red_control_a_workbook_written_without_care_computes() -> None:
    book = openpyxl.Workbook()
    book.active.append([ATTACKS[-1]])
    file = BytesIO()
    book.save(file)
    assert opened(file.getvalue()).active["A1"].data_type == "f"


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_any_text_can_be_kept_and_none_is_a_formula(text: str) -> None:
    ((head,), (cell,)) = cells(workbook({"page": (["x"], [[text]], [])}))
    assert head == "x"
    is_number = re.fullmatch(r"[+-]?\d+(?:\.\d+)?", str(cell)) is not None
    assert cell is None or is_number or not str(cell).lstrip().startswith(("=", "+", "-", "@"))


def test_amounts_are_exact_to_the_poisha_and_nothing_is_empty() -> None:
    rows = [[Decimal("90000000000000.01"), -7, None, "নকশি ঘর", "-12.50", True]]
    content = workbook({"page": (["a"], rows, [])})
    ((_, *_), row) = cells(content)
    assert row == [90000000000000.01, -7, None, "নকশি ঘর", "-12.50", "True"]
    assert opened(content)["page"]["A2"].number_format == "#,##0.00"


def test_names_of_pages_that_a_workbook_cannot_have_are_shortened_and_cleaned() -> None:
    book = opened(workbook({"a/b?[c]" + "x" * 40: ([], [], []), "second": (["h"], [[1]], ["all"])}))
    assert book.sheetnames == ["a b  c " + "x" * 24, "second"]
    assert book["second"].freeze_panes == "A2"
    assert book["second"]["A3"].font.bold and not book["second"]["A2"].font.bold


def test_rows_may_come_from_a_generator() -> None:
    taken = iter([n] for n in range(3_000))
    assert len(cells(workbook({"page": (["n"], taken, [])}))) == 3_001
