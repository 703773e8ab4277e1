"""Numbers that shops keep for years: given once, never moved, and of no use if they are another courier's."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.hierarchy import (
    FIRST,
    Hierarchy,
    Numbered,
    load_hierarchy,
    missing_numbers,
    read_numbers,
)
from post_logistics.network.loading import load_resolver
from post_logistics.network.offices import Offices
from post_logistics.network.resolve import Hints, Resolver

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return load_resolver(DATA)


@pytest.fixture(scope="module")
def hierarchy(resolver: Resolver) -> Hierarchy:
    return load_hierarchy(DATA, resolver)


def with_rows(folder: Path, *rows: Numbered) -> Path:
    with (folder / "hierarchy.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([Numbered._fields, *rows])
    return folder


def test_the_country_has_its_names_in_both_languages(hierarchy: Hierarchy) -> None:
    dhaka = hierarchy.districts[1]
    assert (dhaka.name_en, dhaka.name_bn, dhaka.division.name_en) == ("Dhaka", "ঢাকা", "Dhaka")
    mirpur = hierarchy.thana_named("Dhaka", "Mirpur")
    assert mirpur and mirpur.district is dhaka and (mirpur.name_bn, mirpur.postcode) == ("মিরপুর", "1216")
    (ten,) = [area for area in hierarchy.areas_of(mirpur.number) if area.name_en == "Mirpur 10"]
    assert ten.thana is mirpur and ten.postcode == "1216" and ten.name_bn == "মিরপুর ১০"


def test_every_list_is_in_the_order_of_names_and_leads_down_to_everything(hierarchy: Hierarchy) -> None:
    thanas = [thana for district in hierarchy.districts for thana in hierarchy.thanas_of(district)]
    areas = [area for thana in hierarchy.thanas for area in hierarchy.areas_of(thana)]
    assert sorted(thana.number for thana in thanas) == sorted(hierarchy.thanas)
    assert sorted(area.number for area in areas) == sorted(hierarchy.areas)
    assert [one.name_en for one in hierarchy.thanas_of(1)] == sorted(one.name_en for one in hierarchy.thanas_of(1))
    assert hierarchy.thanas_of(0) == () and hierarchy.areas_of(298) == ()


def test_no_name_is_twice_in_a_thana(hierarchy: Hierarchy) -> None:
    for thana in hierarchy.thanas:
        names = [area.name_en.casefold() for area in hierarchy.areas_of(thana)]
        assert len(set(names)) == len(names), hierarchy.thanas[thana]


def test_numbers_that_lie_in_one_another_are_hints(hierarchy: Hierarchy) -> None:
    area = next(one for one in hierarchy.areas.values() if one.name_en == "Mirpur 10")
    whole = Hints(district="Dhaka", thana="Mirpur", area="Mirpur 10")
    assert hierarchy.hints(1, area.thana.number, area.number) == whole
    assert hierarchy.hints(area=area.number) == whole
    assert hierarchy.hints(thana=area.thana.number) == Hints(district="Dhaka", thana="Mirpur")
    assert hierarchy.hints(1) == Hints(district="Dhaka")
    assert hierarchy.hints() == Hints()


def test_another_couriers_numbers_say_nothing(hierarchy: Hierarchy) -> None:
    area = next(one for one in hierarchy.areas.values() if one.name_en == "Mirpur 10")
    elsewhere = hierarchy.thanas_of(2)[0].number
    for district, thana, number in (
        (1, 298, 37),
        (1, 298, 0),
        (1, 0, 37),
        (99, 0, 0),
        (99, area.thana.number, 0),
        (2, area.thana.number, 0),
        (1, elsewhere, 0),
        (1, elsewhere, area.number),
        (0, 298, area.number),
        (-1, 0, 0),
    ):
        assert hierarchy.hints(district, thana, number) == Hints()


@settings(deadline=None, max_examples=20)
@given(st.data())
def test_places_may_come_in_any_order_and_no_number_ever_moves(resolver: Resolver, data: st.DataObject) -> None:
    """Some of the places first, then all of them: what had a number keeps it, and no number is given twice."""
    offices = Offices(
        {code: resolver.offices[code] for code in resolver.offices if resolver.offices[code].district == "Feni"}
    )
    everything = [one for one in resolver.places if one.district == "Feni"]
    small = [one.place_id for one in everything if one.kind not in {"district", "thana"}]
    later = data.draw(st.sets(st.sampled_from(small)))
    rows: list[Numbered] = []
    for places in ([one for one in everything if one.place_id not in later], everything):
        gazetteer = Gazetteer(offices, places)
        new = missing_numbers(gazetteer, rows)
        assert not {(row.kind, row.number) for row in rows} & {(row.kind, row.number) for row in new}
        assert not {(row.kind, row.place_id) for row in rows} & {(row.kind, row.place_id) for row in new}
        assert all(row.number >= FIRST[row.kind] for row in new)
        rows += new
        assert rows and missing_numbers(gazetteer, rows) == []


def test_a_place_that_is_gone_leaves_its_number_to_nobody(resolver: Resolver, tmp_path: Path) -> None:
    rows = [*read_numbers(DATA), Numbered("area", 900_000, "gone-bazar")]
    found = load_hierarchy(with_rows(tmp_path, *rows), resolver)
    assert 900_000 not in found.areas
    added = [row for row in rows if row.place_id != "mirpur-10"]
    (again,) = missing_numbers(resolver.gazetteer, added)
    assert (again.place_id, again.number) == ("mirpur-10", 900_001)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (Numbered("area", 100_001, "new"), "the area 100001 is there twice"),
        (Numbered("district", 65, "district:dhaka"), "the district district:dhaka is there twice"),
        (Numbered("planet", 1, "earth"), "'planet' is not known here"),  # type: ignore[arg-type]
        (Numbered("area", 0, "zero"), "'0' is not a whole number above zero"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: Numbered, says: str) -> None:
    with pytest.raises(Unacceptable, match=says) as caught:
        read_numbers(with_rows(tmp_path, *read_numbers(DATA), row))
    assert caught.value.row == 12_282 and caught.value.remedy


def test_a_thana_without_a_number_is_said_with_what_to_do(resolver: Resolver, tmp_path: Path) -> None:
    rows = [row for row in read_numbers(DATA) if row.place_id != "thana:dhaka:mirpur"]
    with pytest.raises(Unacceptable, match="thana:dhaka:mirpur has no number") as caught:
        load_hierarchy(with_rows(tmp_path, *rows), resolver)
    assert "number-places" in (caught.value.remedy or "")


def test_bangla_digits_are_read(tmp_path: Path) -> None:
    file = tmp_path / "hierarchy.csv"
    file.write_text("kind,number,place_id\narea,১০০০০১,mirpur-10\n", encoding="utf-8")
    assert read_numbers(tmp_path) == [Numbered("area", 100_001, "mirpur-10")]
