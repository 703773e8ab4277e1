"""The service areas cover the city once: no gap, no overlap."""

from datetime import date
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.network.areas import ServiceArea, office_at, service_areas
from post_logistics.network.coverage import METROPOLITAN, Coverage
from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.units import Postcode

DATA = Path(__file__).resolve().parents[2] / "data"
TODAY = date(2026, 11, 22)
OFFICES = load_offices(DATA)
AREAS = service_areas(OFFICES, TODAY)


def shape(area: ServiceArea) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(rings[0], list(rings[1:])) for rings in area.polygons])


CITY = shapely.union_all([shape(area) for area in AREAS.values()])


def test_every_open_office_has_an_area_and_nobody_else() -> None:
    assert set(AREAS) == {office.postcode for office in OFFICES.pilot(TODAY)}
    assert all(area.office == postcode for postcode, area in AREAS.items())


def test_the_areas_do_not_overlap() -> None:
    assert sum(shape(area).area for area in AREAS.values()) == pytest.approx(CITY.area, rel=1e-9)


def test_there_is_no_gap_inside_the_city() -> None:
    assert CITY.geom_type == "Polygon"
    assert shapely.Polygon(CITY.exterior).area == pytest.approx(CITY.area, rel=1e-9)


@given(st.floats(23.66, 23.92), st.floats(90.31, 90.50))
@settings(max_examples=100, deadline=None)
def test_a_point_of_the_city_has_one_office_and_any_other_point_none(lat_deg: float, lon_deg: float) -> None:
    inside = CITY.buffer(-1e-6).contains(shapely.Point(lat_deg, lon_deg))
    outside = not CITY.buffer(1e-6).contains(shapely.Point(lat_deg, lon_deg))
    found = office_at(AREAS, lat_deg, lon_deg)
    assert (found is not None) or not inside
    assert (found is None) or not outside


def test_every_office_of_delivery_lies_in_the_area_of_the_one_responsible_for_it() -> None:
    coverage = Coverage(OFFICES, TODAY)
    for office in OFFICES.values():
        if office in METROPOLITAN:
            assert office_at(AREAS, office.lat_deg, office.lon_deg) == coverage.responsible(office.postcode).postcode


def test_the_city_reaches_every_metropolitan_thana() -> None:
    thanas = [
        place
        for place in load_places(DATA)
        if place.kind == "thana" and place.postcode in OFFICES and OFFICES[place.postcode] in METROPOLITAN
    ]
    assert thanas
    assert [thana.name_en for thana in thanas if office_at(AREAS, thana.lat_deg, thana.lon_deg) is None] == []


def test_rings_are_closed_and_run_latitude_first() -> None:
    for area in AREAS.values():
        for rings in area.polygons:
            for ring in rings:
                assert ring[0] == ring[-1]
                assert all(23 < lat_deg < 25 and 90 < lon_deg < 91 for lat_deg, lon_deg in ring)


def test_before_the_service_begins_there_are_no_areas() -> None:
    assert service_areas(OFFICES, date(2016, 12, 28)) == {}


def test_red_control_a_point_in_chattogram_is_in_no_area() -> None:
    assert office_at(AREAS, 22.33, 91.83) is None
    assert office_at(AREAS, 23.728, 90.4115) == Postcode("1000")
