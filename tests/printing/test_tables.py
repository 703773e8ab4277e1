"""Tables for people: no cell becomes a formula, everything else stays as it is."""

import csv
import io
from pathlib import Path

import pytest

from post_logistics.printing.tables import write_table


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "rejected.csv"
    write_table(path, ["row", "reason"], [[1, 'He said "no",\nমগবাজার'], [2, None]])
    assert list(csv.reader(path.read_text(encoding="utf-8").splitlines(keepends=True))) == [
        ["row", "reason"], ["1", 'He said "no",\nমগবাজার'], ["2", ""],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "=", "--5", "-"]
)
def test_a_cell_that_a_spreadsheet_would_calculate_is_written_as_text(tmp_path: Path, cell: str) -> None:
    write_table(tmp_path / "t.csv", ["a"], [[cell]])
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["a"], [f"'{cell}"]]


@pytest.mark.parametrize("cell", ["-12.50", "+8801712345678", "0", "Road 5 - House 3", "DP473124829BD", "a=b"])
def test_plain_numbers_and_texts_are_written_as_they_are(tmp_path: Path, cell: str) -> None:
    write_table(tmp_path / "t.csv", ["a"], [[cell]])
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[1] == cell


def test_red_control_without_the_apostrophe_a_formula_would_be_there() -> None:
    text = io.StringIO()
    csv.writer(text).writerow(["=1+1"])
    assert text.getvalue().startswith("=")


def test_excel_gets_the_mark_by_which_it_knows_utf8(tmp_path: Path) -> None:
    for for_excel in (False, True):
        write_table(tmp_path / "t.csv", ["ক"], [], for_excel=for_excel)
        assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf") is for_excel
