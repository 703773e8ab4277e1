"""A file of addresses comes back with the answers and nothing else changed, or not at all."""

import csv
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.address_files import ADDED_COLUMNS, resolve_file
from post_logistics.units import Language

MIRPUR = "House 5, Road 3, Mirpur-10, Dhaka"
HARD = [
    ["1", "plain", MIRPUR],
    ["2", 'he said "ঠিক আছে", twice', "মিরপুর-১০, ঢাকা"],
    ["3", "two\nlines, and a comma", "Taltola"],
    ["4", "  blanks  ", "near the tree"],
    ["৫", "=1+1; 'quoted'\tand tabbed", "Savar, Dhaka"],
    ["", "", ""],
]


def write(path: Path, rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return path


def read(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def run(
    facts: Facts, source: Path, target: Path, column: str = "address", language: Language = "en"
) -> list[tuple[int, int]]:
    return list(resolve_file(facts.resolver, source, column, target, language))


def answers(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The added cells of every row, by their names."""
    header, *rows = read(path, delimiter)
    return [{name: row[header.index(name)] for name in ADDED_COLUMNS} for row in rows]


def test_the_answers_are_added_and_every_other_cell_is_as_it_was(facts: Facts, tmp_path: Path) -> None:
    header = ["id", "remark, with comma", "address"]
    source, target = write(tmp_path / "in.csv", [header, *HARD]), tmp_path / "out.csv"
    content = source.read_bytes()
    run(facts, source, target)
    found = read(target)
    assert found[0] == [*header, *ADDED_COLUMNS]
    assert [row[:3] for row in found[1:]] == HARD
    assert [row["r_postcode"] for row in answers(target)] == ["1216", "1216", "1207", "", "1340", ""]
    assert source.read_bytes() == content


@pytest.mark.parametrize("cell", ["two\r\nlines", "two\rlines"], ids=["crlf", "cr"])
def test_line_ends_inside_a_cell_stay_as_they_are(facts: Facts, tmp_path: Path, cell: str) -> None:
    source, target = write(tmp_path / "in.csv", [["remark", "address"], [cell, MIRPUR]]), tmp_path / "out.csv"
    run(facts, source, target)
    assert [row[0] for row in read(target)[1:]] == [cell]


def test_an_answer_names_its_office_and_what_else_it_may_be(facts: Facts, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.csv", [["address"], [MIRPUR], ["Taltola"]]), tmp_path / "out.csv"
    run(facts, source, target)
    sure, unsure = answers(target)
    assert (sure["r_office"], sure["r_thana"], sure["r_district"]) == ("Mirpur TSO", "Mirpur", "Dhaka")
    assert float(sure["r_confidence"]) >= 0.9
    assert (sure["r_alternatives"], sure["r_question"]) == ("", "")
    assert unsure["r_alternatives"].startswith("1219 Khilgaon")
    assert float(unsure["r_confidence"]) < 0.6
    assert unsure["r_question"].startswith("Where is it: ")


def test_in_bangla_the_office_and_the_question_are_bangla(facts: Facts, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.csv", [["address"], ["Taltola"], ["near the tree"]]), tmp_path / "out.csv"
    run(facts, source, target, language="bn")
    first, second = answers(target)
    assert first["r_office"] == facts.offices.get("1207").name_bn
    assert first["r_alternatives"] == f"1219 {facts.offices.get('1219').name_bn}"
    assert first["r_question"].startswith("এটি কোথায়: ")
    assert "জেলায়?" in second["r_question"]


def test_where_nothing_is_recognised_the_postcode_is_empty_and_there_is_a_question(
    facts: Facts, tmp_path: Path
) -> None:
    rows = [["address"], ["near the tree"], [""], ["Dhaka"]]
    source, target = write(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    run(facts, source, target)
    found = answers(target)
    assert [(row["r_postcode"], row["r_office"], float(row["r_confidence"])) for row in found] == [("", "", 0)] * 3
    assert [row["r_district"] for row in found] == ["", "", "Dhaka"]
    assert all(row["r_question"].endswith("?") for row in found)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_of_any_delimiter_with_or_without_a_mark_is_read(
    facts: Facts, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    rows = [["address", "remark"], [MIRPUR, "a, b; c\td"]]
    source, target = write(tmp_path / "in.csv", rows, delimiter, encoding), tmp_path / "out.csv"
    run(facts, source, target)
    header, row = read(target, delimiter)
    assert header == ["address", "remark", *ADDED_COLUMNS]
    assert row[:3] == [*rows[1], "1216"]


def test_the_columns_of_an_earlier_run_are_replaced(facts: Facts, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    run(facts, write(tmp_path / "in.csv", [["id", "address", "more"], ["1", MIRPUR, "x"]]), first)
    run(facts, first, second)
    assert second.read_bytes() == first.read_bytes()


def test_earlier_answers_between_other_columns_go_to_the_end(facts: Facts, tmp_path: Path) -> None:
    rows = [["r_postcode", "address", "r_question", "more"], ["9999", MIRPUR, "old?", "x"]]
    source, target = write(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    run(facts, source, target)
    header, row = read(target)
    assert header == ["address", "more", *ADDED_COLUMNS]
    assert row[:3] == [MIRPUR, "x", "1216"]
    assert "old?" not in row


def test_the_same_file_may_be_read_and_written(facts: Facts, tmp_path: Path) -> None:
    path = write(tmp_path / "same.csv", [["address"], [MIRPUR]])
    run(facts, path, path)
    assert answers(path)[0]["r_postcode"] == "1216"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("header", "column", "says"),
    [(["id", "Address"], "address", "no column"), (["address", "id", "address"], "address", "more than one")],
)
def test_a_column_that_is_missing_or_there_twice_is_named_with_those_there(
    facts: Facts, tmp_path: Path, header: list[str], column: str, says: str
) -> None:
    source, target = write(tmp_path / "in.csv", [header, ["1"] * len(header)]), tmp_path / "out.csv"
    with pytest.raises(Unacceptable) as refused:
        run(facts, source, target, column)
    assert says in refused.value.message and "'address'" in refused.value.message
    assert all(name in (refused.value.remedy or "") for name in header)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    "content",
    ["address\nমিরপুর".encode("utf-16"), b"address\nMirpur \xe9\n", b"PK\x03\x04\xff\xfe", b"", b"\xef\xbb\xbf"],
    ids=["utf-16", "latin-1", "zip", "empty", "only the mark"],
)
def test_what_is_no_table_of_utf_8_text_is_refused_and_nothing_written(
    facts: Facts, tmp_path: Path, content: bytes
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    with pytest.raises(Unacceptable) as refused:
        run(facts, source, tmp_path / "out.csv")
    assert refused.value.field == "--in"
    assert refused.value.remedy
    assert list(tmp_path.iterdir()) == [source]


def test_an_empty_file_is_refused_in_words_of_its_reader(facts: Facts, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [])
    with pytest.raises(Unacceptable) as refused:
        run(facts, source, tmp_path / "out.csv")
    assert "unpack" not in refused.value.message


def test_a_header_alone_gets_its_columns(facts: Facts, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.csv", [["id", "address"]]), tmp_path / "out.csv"
    assert run(facts, source, target) == []
    assert read(target) == [["id", "address", *ADDED_COLUMNS]]


def test_short_rows_are_filled_up(facts: Facts, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f'address,id,more\n"{MIRPUR}"\n"{MIRPUR}",2\n', encoding="utf-8")
    run(facts, source, target)
    assert [row[:4] for row in read(target)[1:]] == [[MIRPUR, "", "", "1216"], [MIRPUR, "2", "", "1216"]]


def test_a_row_with_a_cell_too_many_has_its_answers_in_their_columns(facts: Facts, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f'id,address\n1,"{MIRPUR}",extra\n', encoding="utf-8")
    run(facts, source, target)
    assert answers(target)[0]["r_postcode"] == "1216"


def test_every_row_is_told_as_it_is_done_and_the_file_appears_at_the_end(facts: Facts, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.csv", [["address"], [MIRPUR], ["Taltola"], ["x"]]), tmp_path / "out.csv"
    rows = resolve_file(facts.resolver, source, "address", target)
    assert next(rows) == (1, 3)
    assert not target.exists()
    assert list(rows) == [(2, 3), (3, 3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_who_stops_half_way_leaves_nothing_behind(facts: Facts, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.csv", [["address"], [MIRPUR], [MIRPUR]]), tmp_path / "out.csv"
    target.write_text("of yesterday")
    rows = resolve_file(facts.resolver, source, "address", target)
    assert isinstance(rows, Generator)
    next(rows)
    rows.close()
    assert target.read_text() == "of yesterday"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_place_that_cannot_be_written_to_leaves_nothing_behind(facts: Facts, tmp_path: Path) -> None:
    source, target = write(tmp_path / "in.csv", [["address"], [MIRPUR]]), tmp_path / "out.csv"
    target.mkdir()
    (target / "full").touch()
    with pytest.raises(OSError, match=os.fspath(target)):
        run(facts, source, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
