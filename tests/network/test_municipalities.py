"""Municipalities: what the shipped table says, and what a wrong one is told."""

from datetime import date
from pathlib import Path

import pytest

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.fleet import load_fleet
from post_logistics.network.geo import great_circle_m
from post_logistics.network.municipalities import COLUMNS, IN_VIEW, PILOT, Ward, load_municipalities
from post_logistics.network.offices import load_offices
from post_logistics.settings import Settings

SHIPPED = Settings(_env_file=None).facts_dir  # type: ignore[call-arg]
ROW = "natore,Natore,নাটোর,paurashava,Natore Sadar,Natore,৬৪০০,9,24.4167,88.9864,1700,1,2026-07-01,pilot"
TEN = [
    "Faridpur",
    "Gopalganj",
    "Jhenaidah",
    "Mymensingh",
    "Natore",
    "Pirganj",
    "Ramgati",
    "Singra",
    "Tarabo",
    "Tungipara",
]


def table(tmp_path: Path, *rows: str) -> Path:
    (tmp_path / "municipalities.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return tmp_path


def test_the_ten_pilot_towns_are_there_and_nobody_else_is_served() -> None:
    towns = load_municipalities(SHIPPED)
    assert sorted(one.name_en for one in towns if one.phase == PILOT) == TEN
    assert sorted(one.name_en for one in towns if one.is_served(date(2026, 7, 1))) == TEN
    assert not [one for one in towns if one.is_served(date(2026, 6, 30))]
    assert len(TEN) < len(towns) <= IN_VIEW


def test_every_town_has_an_office_of_its_district_that_is_not_far() -> None:
    offices = load_offices(SHIPPED)
    for town in load_municipalities(SHIPPED):
        office = offices[town.office]
        assert office.district == town.district, town.municipality_code
        assert great_circle_m(town.lat_deg, town.lon_deg, office.lat_deg, office.lon_deg) < 30_000


def test_every_town_that_is_served_has_riders() -> None:
    fleet = load_fleet(SHIPPED)
    for town in load_municipalities(SHIPPED):
        assert town.service_from is None or fleet.riders(town.office, "delivery"), town.municipality_code


def test_a_ward_is_found_by_its_id_and_other_ids_are_none(tmp_path: Path) -> None:
    towns = load_municipalities(table(tmp_path, ROW))
    natore = towns["natore"]
    ward = towns.ward("ward:natore:4")
    assert ward == Ward(natore, 4)
    assert ward.place_id == "ward:natore:4"
    assert (ward.name_en, ward.name_bn) == ("Natore, ward 4", "নাটোর, ওয়ার্ড ৪")
    assert [towns.ward(one) for one in ("ward:singra:4", "ward:natore:x", "mirpur", "")] == [None] * 4
    assert (natore.office, natore.ward_radius_m) == ("6400", 567)
    assert [natore.has_ward(ward) for ward in (0, 1, 9, 10)] == [False, True, True, False]
    with pytest.raises(NotFound, match="bogura"):
        towns["bogura"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (("natore,", "Natore,"), "municipality_code"),
        (("natore,", ","), "municipality_code"),
        (("paurashava", "town"), "kind"),
        (("৬৪০০", "64"), "office"),
        ((",9,", ",100,"), "wards"),
        (("24.4167", "4.4"), "lat_deg"),
        ((",1,2026-07-01", ",1,"), "service_from"),
        ((",1,2026-07-01", ",0,2026-07-01"), "phase"),
        (("2026-07-01", "July"), "service_from"),
        (("pilot", "rumour"), "source"),
    ],
)
def test_a_wrong_row_is_named_with_its_column(tmp_path: Path, change: tuple[str, str], column: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        load_municipalities(table(tmp_path, ROW.replace(*change)))
    assert (refused.value.field, refused.value.row) == (column, 1)


def test_a_code_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="twice"):
        load_municipalities(table(tmp_path, ROW, ROW))
