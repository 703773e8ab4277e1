"""Who is responsible for which postcode, and what is said where nobody is."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from post_logistics.errors import NotFound
from post_logistics.network.coverage import METROPOLITAN, Coverage, OutsideCoverage
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import Offices, PostOffice, load_offices
from post_logistics.units import Postcode

DATA = Path(__file__).resolve().parents[2] / "data"
OPENED = date(2016, 12, 29)
TODAY = date(2026, 11, 22)


def office(postcode: str, lat_deg: float, *, opened: date | None = None, district: str = "Dhaka") -> PostOffice:
    return PostOffice(
        postcode=Postcode(postcode),
        name_en=f"Office {postcode}",
        name_bn="",
        spellings=(),
        office_class="SO",
        division="Dhaka",
        district=district,
        district_bn="",
        thana="",
        thana_bn="",
        lat_deg=lat_deg,
        lon_deg=90.4,
        precision_m=500,
        pilot=opened is not None,
        service_from=opened,
        capacity_parcels=100 if opened else None,
    )


def world(*offices: PostOffice) -> Offices:
    return Offices({one.postcode: one for one in offices})


SOUTH, BETWEEN, NORTH = (
    office("1000", 23.70, opened=OPENED),
    office("1100", 23.73),
    office("1230", 23.80, opened=OPENED),
)


def test_an_open_office_serves_its_own_postcode_and_the_nearest_of_the_others() -> None:
    coverage = Coverage(world(SOUTH, BETWEEN, NORTH), TODAY)
    assert coverage.responsible(Postcode("1000")) == SOUTH
    assert coverage.responsible(Postcode("1230")) == NORTH
    assert coverage.responsible(Postcode("1100")) == SOUTH


def test_an_open_office_keeps_its_postcode_even_where_another_open_one_stands_in_the_same_place() -> None:
    twin = office("0999", 23.70, opened=OPENED)
    other = replace(twin, postcode=Postcode("1001"))
    coverage = Coverage(world(SOUTH, other), TODAY)
    assert coverage.responsible(Postcode("1001")) == other


def test_of_two_equally_near_the_lower_postcode_is_responsible() -> None:
    middle = office("1100", 23.75)
    north = office("1230", 23.80, opened=OPENED)
    for offices in (world(SOUTH, middle, north), world(north, middle, SOUTH)):
        assert Coverage(offices, TODAY).responsible(Postcode("1100")) == SOUTH


def test_opening_one_more_office_moves_only_what_is_nearer_to_it() -> None:
    opened = replace(BETWEEN, pilot=True, service_from=OPENED, capacity_parcels=10)
    coverage = Coverage(world(SOUTH, opened, NORTH), TODAY)
    assert coverage.responsible(Postcode("1100")) == opened
    assert coverage.responsible(Postcode("1000")) == SOUTH


def test_an_office_counts_from_its_first_day_of_service() -> None:
    later = replace(BETWEEN, pilot=True, service_from=date(2027, 1, 1), capacity_parcels=10)
    offices = world(SOUTH, later, NORTH)
    assert Coverage(offices, date(2026, 12, 31)).responsible(Postcode("1100")) == SOUTH
    assert Coverage(offices, date(2027, 1, 1)).responsible(Postcode("1100")) == later


def test_an_address_elsewhere_is_refused_with_what_is_served_and_since_when() -> None:
    outside = office("4100", 22.33, district="Chattogram")
    with pytest.raises(OutsideCoverage) as refused:
        Coverage(world(SOUTH, NORTH, outside), TODAY).responsible(Postcode("4100"))
    assert "Office 4100 (4100, district Chattogram)" in refused.value.message
    assert refused.value.message.endswith("metropolitan Dhaka (1000-1236) since 29 Dec 2016")
    assert refused.value.facts["since"] == "2016-12-29"
    assert refused.value.remedy


def test_before_the_first_day_it_is_said_from_when() -> None:
    with pytest.raises(OutsideCoverage, match="from 29 Dec 2016") as refused:
        Coverage(world(SOUTH, NORTH), date(2016, 12, 28)).responsible(Postcode("1000"))
    assert refused.value.remedy == "book on or after 29 Dec 2016"


def test_without_any_pilot_office_nothing_is_served() -> None:
    with pytest.raises(OutsideCoverage, match="no office offers") as refused:
        Coverage(world(BETWEEN), TODAY).responsible(Postcode("1100"))
    assert refused.value.facts["since"] is None


def test_a_postcode_of_no_office_is_not_found() -> None:
    with pytest.raises(NotFound):
        Coverage(world(SOUTH), TODAY).responsible(Postcode("1299"))


def test_the_city_ends_with_its_last_postcode_and_with_the_district() -> None:
    assert office("1236", 23.7) in METROPOLITAN
    assert office("1237", 23.7) not in METROPOLITAN
    assert office("1100", 23.7, district="Gazipur") not in METROPOLITAN


def test_the_shipped_pilot_offices_divide_every_metropolitan_postcode_among_them() -> None:
    offices = load_offices(DATA)
    coverage = Coverage(offices, TODAY)
    city = [one for one in offices.values() if one in METROPOLITAN]
    responsible = {one.postcode: coverage.responsible(one.postcode) for one in city}
    assert set(responsible.values()) == set(offices.pilot(TODAY))
    for one in city:
        mine = responsible[one.postcode]
        apart_m = great_circle_m(one.lat_deg, one.lon_deg, mine.lat_deg, mine.lon_deg)
        assert mine == one or all(
            apart_m <= great_circle_m(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg)
            for other in offices.pilot(TODAY)
        )


def test_an_alias_has_the_responsible_office_of_the_postcode_it_stands_for() -> None:
    coverage = Coverage(load_offices(DATA), TODAY)
    assert coverage.responsible(Postcode("1232")) == coverage.responsible(Postcode("1236"))


def test_no_outside_postcode_is_served() -> None:
    offices = load_offices(DATA)
    coverage = Coverage(offices, TODAY)
    for one in offices.values():
        if one not in METROPOLITAN:
            with pytest.raises(OutsideCoverage):
                coverage.responsible(one.postcode)


def test_a_degree_of_latitude_is_111_km_and_distance_is_the_same_both_ways() -> None:
    assert great_circle_m(23.0, 90.0, 24.0, 90.0) == pytest.approx(111_195, abs=1)
    assert great_circle_m(23.7, 90.3, 23.9, 90.5) == great_circle_m(23.9, 90.5, 23.7, 90.3)
    assert great_circle_m(23.7, 90.3, 23.7, 90.3) == 0
