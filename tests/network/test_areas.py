"""The service areas cover the city once: no gap, no overlap."""

import math
from datetime import date
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.network.areas import DeliveryAreas, ServiceArea
from post_logistics.network.coverage import METROPOLITAN, Coverage
from post_logistics.network.gazetteer import Gazetteer
from post_logistics.network.offices import load_offices
from post_logistics.network.places import load_places
from post_logistics.units import Postcode

DATA = Path(__file__).resolve().parents[2] / "data"
TODAY = date(2026, 11, 22)
OFFICES = load_offices(DATA)
PLACES = load_places(DATA)
COUNTRY = DeliveryAreas(OFFICES, Gazetteer(OFFICES, PLACES))
AREAS = COUNTRY.service(Coverage(OFFICES, TODAY))


def shape(area: ServiceArea) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([(rings[0], list(rings[1:])) for rings in area.polygons])


def test_every_open_office_has_an_area_and_nobody_else() -> None:
    assert set(AREAS) == {office.postcode for office in OFFICES.pilot(TODAY)}
    assert all(area.office == postcode for postcode, area in AREAS.items())


DELIVERY = COUNTRY.delivery()
WHOLE = shapely.union_all([shape(area) for area in DELIVERY.values()])


@pytest.mark.parametrize("areas", [AREAS, DELIVERY], ids=["service", "delivery"])
def test_the_areas_do_not_overlap(areas: dict[Postcode, ServiceArea]) -> None:
    shapes = [shape(area) for area in areas.values()]
    assert sum(one.area for one in shapes) == pytest.approx(shapely.union_all(shapes).area, rel=1e-9)


def test_there_is_no_gap_inside_the_country() -> None:
    assert WHOLE.geom_type == "Polygon"
    assert shapely.Polygon(WHOLE.exterior).area == pytest.approx(WHOLE.area, rel=1e-9)


def test_the_country_is_about_as_large_as_it_is() -> None:
    km2 = WHOLE.area * 111.2 * 111.2 * math.cos(math.radians(23.78))
    assert km2 == pytest.approx(147_570, rel=0.05)  # Bangladesh Bureau of Statistics


@given(st.floats(20.5, 26.7), st.floats(88.0, 92.7))
@settings(max_examples=100, deadline=None)
def test_a_point_of_the_country_has_one_office_and_any_other_point_none(lat_deg: float, lon_deg: float) -> None:
    point, found = shapely.Point(lat_deg, lon_deg), COUNTRY.at(lat_deg, lon_deg)
    inside, outside = WHOLE.buffer(-1e-5).contains(point), not WHOLE.buffer(1e-5).contains(point)
    assert (found is not None) or not inside
    assert (found is None) or not outside
    if found is not None:
        assert shape(DELIVERY[found]).buffer(1e-5).contains(point)


def test_a_place_lies_in_the_area_of_the_office_that_delivers_there() -> None:
    gazetteer = Gazetteer(OFFICES, PLACES)
    offices_at = {(office.lat_deg, office.lon_deg) for office in OFFICES.values()}
    unions = [place for place in PLACES if place.kind == "union" and (place.lat_deg, place.lon_deg) not in offices_at]
    wrong = [u.place_id for u in unions if COUNTRY.at(u.lat_deg, u.lon_deg) != gazetteer.codes(u)[0]]
    assert len(wrong) <= len(unions) / 100  # two at one point


def test_every_office_of_the_city_lies_in_the_area_of_the_one_responsible_for_it() -> None:
    coverage = Coverage(OFFICES, TODAY)
    for office in OFFICES.values():
        if office in METROPOLITAN:
            found = COUNTRY.at(office.lat_deg, office.lon_deg)
            assert found is not None
            assert coverage.responsible(found) == coverage.responsible(office.postcode)


def test_rings_are_closed_and_run_latitude_first() -> None:
    for area in AREAS.values():
        for rings in area.polygons:
            for ring in rings:
                assert ring[0] == ring[-1]
                assert all(23 < lat_deg < 25 and 90 < lon_deg < 91 for lat_deg, lon_deg in ring)


def test_before_the_service_begins_there_are_no_service_areas() -> None:
    assert COUNTRY.service(Coverage(OFFICES, date(2016, 12, 28))) == {}


def test_red_control_a_point_abroad_is_in_no_area() -> None:
    assert COUNTRY.at(22.57, 88.36) is None  # Kolkata
    assert COUNTRY.at(0.0, 0.0) is None
    assert COUNTRY.at(23.728, 90.4115) == Postcode("1000")
