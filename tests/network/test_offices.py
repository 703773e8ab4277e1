"""Offices: the shipped table, the pilot by day, and what a postmaster is told when the table is wrong."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.offices import COLUMNS, Offices, load_offices
from post_logistics.settings import Settings

OPENING_DAY = date(2016, 12, 29)
ROW = {
    "postcode": "1216",
    "alias_of": "",
    "name_en": "Mirpur TSO",
    "name_bn": "মিরপুর টিএসও",
    "spellings": "",
    "office_class": "TSO",
    "division": "Dhaka",
    "district": "Dhaka",
    "district_bn": "ঢাকা",
    "thana": "Mirpur",
    "thana_bn": "মিরপুর",
    "lat_deg": "23.8045",
    "lon_deg": "90.3610",
    "precision_m": "1000",
    "source": "place",
    "pilot": "yes",
    "service_from": "2016-12-29",
    "capacity_parcels": "1100",
}
LATER = {"postcode": "1236", "service_from": "2017-01-01", "capacity_parcels": "300"}
NOT_PILOT = {"pilot": "no", "service_from": "", "capacity_parcels": ""}

Load = Callable[..., Offices]


@pytest.fixture(scope="module")
def shipped() -> Offices:
    return load_offices(Settings().facts_dir)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads a table of these rows, each the row above with some cells changed."""

    def write_and_load(*rows: dict[str, str]) -> Offices:
        with (tmp_path / "post_offices.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows({**ROW, **changed} for changed in rows)
        return load_offices(tmp_path)

    return write_and_load


def test_every_postcode_of_the_list_has_its_office(shipped: Offices) -> None:
    assert len(shipped) == 1350
    assert len(list(shipped)) == 1350
    assert shipped["1000"].name_en == "Dhaka GPO"
    assert shipped.get("9461").district_bn == "সাতক্ষীরা"


def test_an_alias_is_another_code_of_the_same_office(shipped: Offices) -> None:
    assert "1232" in shipped
    assert shipped["1232"] is shipped["1236"]
    assert shipped["1232"].postcode == "1236"
    assert len(shipped.values()) == 1349


def test_an_alias_of_an_alias_is_refused(load: Load) -> None:
    with pytest.raises(Unacceptable, match="no other office"):
        load({"alias_of": "1236"}, {"postcode": "1236", "alias_of": "1216"})


def test_a_code_nobody_delivers_for_is_not_found(shipped: Offices) -> None:
    assert "1218" not in shipped
    with pytest.raises(NotFound, match="'1218'") as caught:
        shipped.get("1218")
    assert caught.value.field == "postcode"


def test_the_pilot_opens_with_eleven_offices_on_its_first_day(shipped: Offices) -> None:
    assert shipped.pilot(OPENING_DAY - timedelta(days=1)) == ()
    opened = [office.postcode for office in shipped.pilot(OPENING_DAY)]
    assert opened == ["1000", "1100", "1205", "1207", "1209", "1212", "1213", "1215", "1216", "1219", "1230"]


def test_an_office_that_joins_later_serves_from_its_own_day(load: Load) -> None:
    offices = load({}, LATER)
    assert [office.postcode for office in offices.pilot(date(2016, 12, 31))] == ["1216"]
    assert [office.postcode for office in offices.pilot(date(2017, 1, 1))] == ["1216", "1236"]


def test_an_office_outside_the_pilot_never_serves(load: Load) -> None:
    assert load(NOT_PILOT).pilot(date(2100, 1, 1)) == ()


def test_numbers_may_be_written_in_bangla_digits(load: Load) -> None:
    office = load({"postcode": "১২১৬", "capacity_parcels": "১১০০", "service_from": "২০১৬-১২-২৯"})["1216"]
    assert (office.capacity_parcels, office.service_from) == (1100, OPENING_DAY)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("postcode", "216"),
        ("postcode", ""),
        ("name_en", ""),
        ("name_bn", "  "),
        ("office_class", "BO"),
        ("lat_deg", "north"),
        ("lat_deg", "90.3610"),
        ("lon_deg", "nan"),
        ("precision_m", "0"),
        ("precision_m", "1.5 km"),
        ("pilot", "perhaps"),
        ("service_from", "29/12/2016"),
        ("service_from", ""),
        ("capacity_parcels", "many"),
        ("alias_of", "9999"),
        ("alias_of", "1216"),
    ],
)
def test_a_wrong_cell_is_named_by_file_row_and_column(load: Load, column: str, cell: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        load(LATER, {column: cell})
    error = caught.value
    assert (error.facts["file"], error.row, error.field) == ("post_offices.csv", 2, column)
    assert "post_offices.csv" in str(error)
    assert error.remedy


def test_red_control_the_same_rows_unspoilt_are_taken(load: Load) -> None:
    assert len(load(LATER, {})) == 2


@pytest.mark.parametrize("column", ["service_from", "capacity_parcels"])
def test_only_a_pilot_office_has_a_first_day_and_a_capacity(load: Load, column: str) -> None:
    with pytest.raises(Unacceptable, match="only a pilot office"):
        load({**NOT_PILOT, column: ROW[column]})


def test_the_same_postcode_twice_is_refused(load: Load) -> None:
    with pytest.raises(Unacceptable, match="1216 is there twice") as caught:
        load({}, {})
    assert caught.value.row == 2


def write(directory: Path, content: bytes) -> Path:
    (directory / "post_offices.csv").write_bytes(content)
    return directory


HEADER = ",".join(COLUMNS)
LINE = ",".join(ROW.values())


def test_a_spreadsheet_programs_marks_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    content = f"\ufeff{HEADER}\r\n{LINE}\r\n".encode()
    assert len(load_offices(write(tmp_path, content))) == 1


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    content = ",".join(reversed(COLUMNS)) + "\n" + ",".join(reversed(ROW.values())) + "\n"
    assert load_offices(write(tmp_path, content.encode()))["1216"].name_en == "Mirpur TSO"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing"),
        (HEADER.replace("pilot", "Pilot").encode(), r"missing \['pilot'\], unknown \['Pilot'\]"),
        (f"{HEADER}\n{LINE},1\n".encode(), "19 cells where the header has 18"),
        (f"{HEADER}\n{LINE}\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused_with_a_remedy(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(Unacceptable, match=message) as caught:
        load_offices(write(tmp_path, content))
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="is missing"):
        load_offices(tmp_path)
