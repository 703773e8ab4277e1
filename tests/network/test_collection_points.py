"""Collection points: what the shipped table says, and what a wrong one is told."""

from pathlib import Path

import pytest

from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.collection_points import COLUMNS, PointKind, load_collection_points
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import load_offices
from post_logistics.settings import Settings
from post_logistics.tracking.scans import held_by_post
from post_logistics.units import Postcode

SHIPPED = Settings(_env_file=None).facts_dir  # type: ignore[call-arg]
ROW = "dc-1,digital_centre,Centre,সেন্টার,১২১৬,23.8,90.36,30,no,Sat-Thu,union,drop_off;hand_over,assumed"


def table(tmp_path: Path, *rows: str) -> Path:
    (tmp_path / "collection_points.csv").write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return tmp_path


def test_every_pilot_office_has_a_window_and_each_point_lies_near_its_office() -> None:
    points, offices = load_collection_points(SHIPPED), load_offices(SHIPPED)
    pilots = {office.postcode for office in offices.values() if office.pilot}
    assert {point.office for point in points if point.kind is PointKind.OFFICE_WINDOW} == pilots
    for point in points:
        office = offices[point.office]
        assert great_circle_m(point.lat_deg, point.lon_deg, office.lat_deg, office.lon_deg) < 3000, point.point_id
        assert held_by_post(point.holder)


def test_the_office_answers_at_its_window_and_the_agent_elsewhere() -> None:
    points = load_collection_points(SHIPPED)
    assert points["window-1216"].holder == "office:1216"
    assert points["locker-1215-01"].holder == "agent:locker-1215-01"
    assert {point.point_id for point in points.of_office(Postcode("1216"))} == {"window-1216", "dc-1216-01"}


def test_bangla_digits_are_understood_and_an_unknown_point_is_not_found(tmp_path: Path) -> None:
    points = load_collection_points(table(tmp_path, ROW))
    assert points["dc-1"].office == "1216"
    with pytest.raises(NotFound, match="dc-2"):
        points["dc-2"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (("digital_centre", "kiosk"), "kind"),
        (("30,no", "0,no"), "capacity_parcels"),
        (
            ("digital_centre,Centre,সেন্টার,১২১৬,23.8,90.36,30,no", "locker,Centre,সেন্টার,১২১৬,23.8,90.36,30,yes"),
            "takes_cash",
        ),
        (("30,no", "30,perhaps"), "takes_cash"),
        (("dc-1", "dc 1"), "point_id"),
        (("dc-1", "কেন্দ্র"), "point_id"),
        (("dc-1", ""), "point_id"),
        (("23.8", "83.8"), "lat_deg"),
        (("১২১৬", "12"), "office"),
        (("সেন্টার", ""), "name_bn"),
        (("union", "village"), "centre"),
        (("digital_centre,Centre", "locker,Centre"), "centre"),
        (
            ("digital_centre,Centre,সেন্টার,১২১৬,23.8,90.36,30,no,Sat-Thu,union", "locker,a,b,1216,23.8,90.36,30,no,x,"),
            "services",
        ),
        (("drop_off", "banking"), "services"),
        (("drop_off;hand_over", ""), "services"),
        (("drop_off", "booking"), "services"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, change: tuple[str, str], column: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        load_collection_points(table(tmp_path, ROW.replace(*change)))
    assert (refused.value.field, refused.value.row) == (column, 1)


def test_a_point_that_is_there_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="twice"):
        load_collection_points(table(tmp_path, ROW, ROW))
