"""A changed file of facts: read as the engine reads it, told row by row, handed on as a difference to be applied."""

import shutil
import subprocess
from pathlib import Path

import pytest

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.operations.keeping.fact_files import FILES, check_change, read_fact_file, rows_of

DATA = Path(__file__).resolve().parents[3] / "data"


@pytest.mark.parametrize("name", [name for name in FILES if name not in {"places.csv", "unions.csv", "thanas.csv"}])
def test_a_file_as_it_is_changes_nothing(name: str) -> None:
    checked = check_change(DATA, name, (DATA / name).read_bytes())
    assert (checked.rows, checked.patch) == ((), "")
    assert checked.text == (DATA / name).read_text(encoding="utf-8")


def test_line_ends_and_the_mark_of_a_spreadsheet_are_no_change() -> None:
    text = (DATA / "timetable.csv").read_text(encoding="utf-8")
    checked = check_change(DATA, "timetable.csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert (checked.rows, checked.patch, checked.text) == ((), "", text)


def test_rows_are_new_gone_or_other() -> None:
    header, first, second, *others = (DATA / "timetable.csv").read_text(encoding="utf-8").splitlines()
    name, *cells = first.split(",")
    longer = ",".join([name, *cells[:-1], "৯৯"])
    more = ",".join(["NEW", *cells])
    checked = check_change(DATA, "timetable.csv", "\n".join([header, more, longer, *others]).encode())
    assert [(row.key, row.kind) for row in checked.rows] == [
        ("NEW", "new"),
        (name, "other"),
        (second.split(",")[0], "gone"),
    ]
    assert [(cell.column, cell.before, cell.after) for cell in checked.rows[1].cells] == [
        ("capacity_parcels", cells[-1], "৯৯")
    ]
    assert all(cell.after == "" for cell in checked.rows[2].cells)


def test_tables_of_a_toml_file_go_by_their_names() -> None:
    text = (
        (DATA / "tariffs.toml").read_text(encoding="utf-8").replace("max_weight_g = 500\n", "max_weight_g = 500 # no\n")
    )
    assert check_change(DATA, "tariffs.toml", text.encode()).rows == ()
    (row, _) = check_change(DATA, "tariffs.toml", text.replace("40_00", "45_00").encode()).rows
    assert row.key == "version 2022-04-24.service.land_record"
    assert [(cell.column, cell.before, cell.after) for cell in row.cells] == [("first_poisha", "4000", "4500")]
    assert rows_of("tariffs.toml", text.encode())[""] == {"default_service": "speed_post_parcel"}


def test_the_difference_is_one_that_patch_takes(tmp_path: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("no git here")
    name = "collection_points.csv"
    text = (DATA / name).read_text(encoding="utf-8")
    changed = text.replace(",120,", ",140,").rstrip("\n").encode()
    checked = check_change(DATA, name, changed)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / name).write_text(text, encoding="utf-8")
    applied = subprocess.run(["git", "apply", "-"], input=checked.patch.encode(), cwd=tmp_path, check=True)
    assert applied.returncode == 0
    assert (tmp_path / "data" / name).read_text(encoding="utf-8") == checked.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("post_offices.csv", b""),
        ("post_offices.csv", b"\xff\xfe"),
        ("post_offices.csv", b"postcode\0"),
        ("post_offices.csv", b"postcode,name\n1,2\n"),
        ("tariffs.toml", b"[[version]]\nid = 1\n"),
        ("tariffs.toml", b"= ="),
        ("fleet.toml", b"[kinds]\n"),
        ("booking.toml", b"nothing = 1\n"),
        ("timetable.csv", b"x" * (4 * 2**20 + 1)),
    ],
)
def test_what_the_engine_cannot_read_is_refused_with_what_to_do(name: str, content: bytes) -> None:
    with pytest.raises(Unacceptable) as refused:
        check_change(DATA, name, content)
    assert refused.value.remedy


def test_files_that_name_each_others_offices_have_to_agree() -> None:
    text = (DATA / "timetable.csv").read_text(encoding="utf-8")
    with pytest.raises(Unacceptable, match="no office 9999"):
        check_change(DATA, "timetable.csv", text.replace(",1216,", ",9999,", 1).encode())
    riders = (DATA / "fleet.toml").read_text(encoding="utf-8") + "9999 = { bicycle = 1 }\n"
    with pytest.raises(Unacceptable, match="no office 9999"):
        check_change(DATA, "fleet.toml", riders.encode())


@pytest.mark.parametrize("name", ["README.md", "../pyproject.toml", "samples/orders.csv", ""])
def test_only_files_of_facts_are_read(name: str) -> None:
    with pytest.raises(NotFound):
        read_fact_file(DATA, name)


def test_the_folder_of_the_facts_stays_as_it_is(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    before = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()}
    text = before["fleet.toml"].replace(b"stop_s = 180", b"stop_s = 181")
    assert check_change(tmp_path / "data", "fleet.toml", text).rows
    assert {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()} == before
