"""Places: the shipped gazetteer hangs together, and a table that does not is refused with row and column."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from post_logistics.errors import Unacceptable
from post_logistics.network.offices import load_offices
from post_logistics.network.places import (
    DISTRICT_COLUMNS,
    PLACE_COLUMNS,
    THANA_COLUMNS,
    UNION_COLUMNS,
    Place,
    load_places,
    thana_id,
)
from post_logistics.settings import Settings
from tests.timing import quiet_seconds

POINT = {"lat_deg": "23.8069", "lon_deg": "90.3687", "precision_m": "700", "source": "public-knowledge"}
NAMES = {"name_en": "Mirpur", "name_bn": "মিরপুর", "spellings": ""}
DISTRICT = POINT | NAMES | {"district_code": "3026", "name_en": "Dhaka", "division": "Dhaka", "head_office": "1100"}
THANA = (
    POINT | NAMES | {"thana_code": "", "kind": "metropolitan", "district": "Dhaka", "formed_from": "", "postcode": ""}
)

AREA = POINT | NAMES | {"place_id": "mirpur", "kind": "area", "within": "", "thana": "Mirpur", "district": "Dhaka"}
AREA |= {"postcode": "1216", "other_postcodes": ""}
UNION = POINT | NAMES | {"union_code": "3026", "name_bn": "", "kind": "union", "thana": "Mirpur", "district": "Dhaka"}
del UNION["source"]
SECTION = {"place_id": "mirpur-10", "name_en": "Mirpur 10", "name_bn": "মিরপুর ১০", "within": "mirpur"}

Load = Callable[..., dict[str, Place]]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Place]:
    return {place.place_id: place for place in load_places(Settings().facts_dir)}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads one district, one thana and these places, each Mirpur with some cells changed."""

    def write(name: str, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    def write_and_load(
        *places: dict[str, str], thana: dict[str, str] | None = None, district: dict[str, str] | None = None
    ) -> dict[str, Place]:
        write("districts.csv", DISTRICT_COLUMNS, [DISTRICT | (district or {})])
        write("thanas.csv", THANA_COLUMNS, [THANA | (thana or {})])
        write("unions.csv", UNION_COLUMNS, [UNION])
        write("places.csv", PLACE_COLUMNS, [AREA | changed for changed in places])
        return {place.place_id: place for place in load_places(tmp_path)}

    return write_and_load


def ancestors(place: Place, places: dict[str, Place]) -> list[Place]:
    return [] if not place.within else [places[place.within], *ancestors(places[place.within], places)]


def test_every_place_ends_in_its_district(shipped: dict[str, Place]) -> None:
    for place in shipped.values():
        *_, top = [place, *ancestors(place, shipped)]
        assert (top.kind, top.district) == ("district", place.district), place.place_id


def test_sections_sectors_blocks_and_roads_are_places_of_their_own(shipped: dict[str, Place]) -> None:
    assert {"Section 10", "সেকশন ১০", "মিরপুর-১০"} <= set(shipped["mirpur-10"].spellings)
    assert {"Sector 7", "সেক্টর ৭", "৭ নং সেক্টর"} <= set(shipped["uttara-sector-7"].spellings)
    assert {"Block C Banasree", "বনশ্রী সি ব্লক"} <= set(shipped["banasree-block-c"].spellings)
    assert {"Dhanmondi 27", "ধানমন্ডি ২৭"} <= set(shipped["dhanmondi-road-27"].spellings)
    assert [shipped[place_id].within for place_id in ("mirpur-10", "uttara-sector-7")] == ["mirpur", "uttara"]


def test_old_names_of_districts_lead_to_the_new(shipped: dict[str, Place]) -> None:
    renamed = {
        "chattogram": "Chittagong",
        "cumilla": "Comilla",
        "jashore": "Jessore",
        "bogura": "Bogra",
        "barishal": "Barisal",
    }
    for new, old in renamed.items():
        assert old in shipped[f"district:{new}"].spellings


def test_the_towns_around_the_city_are_known_with_their_own_codes(shipped: dict[str, Place]) -> None:
    outside = ("savar", "keraniganj", "tongi", "narayanganj-city", "demra", "matuail", "ashulia", "joydebpur")
    assert all(shipped[place_id].postcode > "1236" for place_id in outside)


def test_a_district_has_no_postcode_of_its_own(shipped: dict[str, Place]) -> None:
    assert {place.postcode for place in shipped.values() if place.kind == "district"} == {""}


def test_an_area_of_the_city_and_the_thana_of_the_same_name_agree_on_the_code(shipped: dict[str, Place]) -> None:
    areas = {place.name_en: place for place in shipped.values() if place.kind == "area" and place.district == "Dhaka"}
    areas |= {"Bhatara": areas["Vatara"], "Biman Bandar": areas["Airport"]}
    thanas = [place for place in shipped.values() if place.kind == "thana" and place.name_en in areas]
    same = [(areas[thana.name_en], thana) for thana in thanas if thana.district == "Dhaka"]
    assert len(same) >= 40
    for area, thana in same:
        assert thana.postcode in (area.postcode, *area.other_postcodes), area.place_id


def test_loading_everything_is_quick() -> None:
    facts_dir = Settings().facts_dir
    assert quiet_seconds(lambda: (load_offices(facts_dir), load_places(facts_dir))) < 1


def test_a_place_without_a_larger_one_lies_in_its_thana(load: Load) -> None:
    places = load({}, SECTION)
    assert places["mirpur"].within == thana_id("Dhaka", "Mirpur") == "thana:dhaka:mirpur"
    assert [place.place_id for place in ancestors(places["mirpur-10"], places)] == [
        "mirpur",
        "thana:dhaka:mirpur",
        "district:dhaka",
    ]


def test_a_place_may_stand_before_the_one_it_lies_in(load: Load) -> None:
    assert load(SECTION, {})["mirpur-10"].within == "mirpur"


def test_spellings_and_codes_are_listed_with_semicolons(load: Load) -> None:
    place = load({"spellings": "Meerpur; মীরপুর;", "other_postcodes": "1206;১২০৭"})["mirpur"]
    assert place.spellings == ("Meerpur", "মীরপুর")
    assert place.other_postcodes == ("1206", "1207")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("place_id", ""),
        ("place_id", "mirpur"),
        ("name_en", ""),
        ("name_bn", ""),
        ("kind", "city"),
        ("within", "mirpur-10"),
        ("within", "nowhere"),
        ("thana", "Nowhere"),
        ("district", "Kushtia"),
        ("postcode", "12160"),
        ("other_postcodes", "1206;126"),
        ("lat_deg", "90.3687"),
        ("precision_m", "-1"),
        ("source", ""),
    ],
)
def test_a_wrong_cell_is_named_by_file_row_and_column(load: Load, column: str, cell: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        load({}, SECTION | {column: cell})
    error = caught.value
    assert (error.facts["file"], error.row, error.field) == ("places.csv", 2, column)
    assert error.remedy


def test_red_control_the_same_rows_unspoilt_are_taken(load: Load) -> None:
    assert len(load({}, SECTION)) == 5


def test_places_that_lie_within_one_another_are_refused(load: Load) -> None:
    with pytest.raises(Unacceptable, match="lies within itself"):
        load({"within": "mirpur-10"}, SECTION)


def test_a_wrong_thana_or_district_is_named_in_its_own_file(load: Load) -> None:
    with pytest.raises(Unacceptable) as caught:
        load(thana={"district": "Kushtia"})
    assert (caught.value.facts["file"], caught.value.field) == ("thanas.csv", "district")
    with pytest.raises(Unacceptable) as caught:
        load(district={"head_office": "one"})
    assert (caught.value.facts["file"], caught.value.field) == ("districts.csv", "head_office")
