"""Pictures of plans: well formed, complete, and readable without the colours."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from post_logistics.errors import Unacceptable
from post_logistics.routing.drawing import NUMBERED_TOURS, draw_page, draw_svg
from post_logistics.routing.instances import Instance, load_instance
from post_logistics.routing.plan import Cost, DepotReturn, Reason, RoutePlan, Tour, Unserved, Visit
from post_logistics.routing.solutions import ridden
from tests.routing.worlds import stop, street, vehicle

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference" / "route-example.json"


def along_the_street(*tours: tuple[str, ...], **facts: object) -> tuple[Instance, RoutePlan]:
    """Four stops, 1 to 4, of which the tours call at some; nobody minds the times."""
    problem = street([stop(str(n), n) for n in range(1, 5)], [vehicle(f"R{n}") for n in range(len(tours))])
    east = np.array([0.0, 1, 2, 3, 4])
    instance = Instance(name="street", problem=problem, east=east, north=np.zeros(5))
    rides = tuple(
        Tour(
            vehicle_id=f"R{n}",
            depart_s=32_400,
            visits=tuple(Visit(name, 0, 0) for name in names),
            return_s=34_260,
            distance_m=1_200,
            work_s=0,
            parcels=0,
            weight_g=0,
            cash_poisha=0,
            **facts,  # type: ignore[arg-type]
        )
        for n, names in enumerate(tours)
    )
    return instance, RoutePlan(rides, (), Cost())


def titles(svg: str) -> list[str]:
    return [title.text or "" for title in ElementTree.fromstring(svg).iter(f"{SVG}title")]


def points(svg: str) -> list[list[float]]:
    """Along x, the corners of each way."""
    ways = ElementTree.fromstring(svg).iter(f"{SVG}polyline")
    return [[float(pair.split(",")[0]) for pair in way.attrib["points"].split()] for way in ways]


def test_a_picture_has_a_title_the_figures_in_words_and_every_stop() -> None:
    instance, plan = along_the_street(("1", "2"), ("4",))
    plan = replace(plan, unserved=(Unserved("3", Reason.LOADS_FULL),))
    svg = draw_svg(instance, plan)
    tree = ElementTree.fromstring(svg)
    assert tree.findtext(f"{SVG}title") == "street"
    assert tree.findtext(f"{SVG}desc") == "2 tours, 3 stops, 2.4 km, 1 left out."
    assert {"1", "2", "4", "3: loads full", "R0: 2 stops, 1.2 km", "Office"} <= set(titles(svg))
    legend = [text.text for text in tree.iter(f"{SVG}text")]
    assert {"1 R0: 2 stops, 1.2 km", "2 R1: 1 stop, 1.2 km", "left out: 1"} <= set(legend)


def test_a_way_leads_from_the_office_past_the_stops_and_back() -> None:
    instance, plan = along_the_street(("2", "4"))
    ((start, second, fourth, back),) = points(draw_svg(instance, plan))
    assert start == back < second < fourth
    assert fourth - start == pytest.approx(2 * (second - start), abs=0.2)


def test_calls_at_the_office_on_the_way_are_drawn() -> None:
    instance, plan = along_the_street(("1", "2", "3"), returns=(DepotReturn(1, 0, 0), DepotReturn(2, 0, 0)))
    (way,) = points(draw_svg(instance, plan))
    assert [x == way[0] for x in way] == [True, False, True, False, True, False, True]


def test_a_stop_in_no_tour_is_marked_even_if_the_plan_is_silent() -> None:
    instance, plan = along_the_street(("1", "2", "3"))
    assert "4: in no tour" in titles(draw_svg(instance, plan))
    assert "in no tour" in draw_page(instance, plan)


def test_tours_are_told_apart_by_colour_and_number() -> None:
    tours = 60
    problem = street([], [vehicle(f"R{n}") for n in range(tours)])
    for many in (NUMBERED_TOURS, tours):
        instance, plan = along_the_street(*[("1",)] * many)
        instance = replace(instance, problem=replace(instance.problem, vehicles=problem.vehicles))
        tree = ElementTree.fromstring(draw_svg(instance, plan))
        colours = [group.attrib["fill"] for group in tree.iter(f"{SVG}g")]
        assert len(set(colours)) == many
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
        numbers = [text for text in tree.iter(f"{SVG}text") if text.attrib.get("class") == "number"]
        assert len(numbers) == (many if many <= NUMBERED_TOURS else 0)


def test_everything_lies_within_the_picture_and_north_is_up() -> None:
    instance, plan = along_the_street(("1", "2", "3", "4"))
    for east, north in (([5, 5, 5, 5, 5], [0, 1, 2, 3, 9]), ([0, 1e6, 0, 3, 3], [0, 0, 0, 0, 1e5]), ([0] * 5, [0] * 5)):
        placed = replace(instance, east=np.array(east, dtype=float), north=np.array(north, dtype=float))
        tree = ElementTree.fromstring(draw_svg(placed, plan))
        _, _, width, height = (float(edge) for edge in tree.attrib["viewBox"].split())
        marks = [(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in tree.iter(f"{SVG}circle")]
        assert all(0 < x < width and 0 < y < height for x, y in marks)
        assert (marks[3][1] < marks[0][1]) == (north[4] > north[1])


def test_words_cannot_break_out_of_the_picture_or_page() -> None:
    instance, plan = along_the_street(("1",))
    nasty = 'a<script>alert("1")</script>&\0\x1b'
    (tour,) = plan.tours
    problem = street([stop(nasty, 1)], [vehicle(nasty)])
    plan = replace(plan, tours=(replace(tour, vehicle_id=nasty, visits=(Visit(nasty, 0, 0),)),))
    instance = replace(instance, name=nasty, problem=problem)
    assert 'a<script>alert("1")</script>&  ' in titles(draw_svg(instance, plan))
    assert "<script" not in draw_page(instance, plan)


def test_a_page_needs_no_network_and_lists_the_tours() -> None:
    instance, plan = along_the_street(("1", "2"), ("4",))
    page = draw_page(instance, replace(plan, unserved=(Unserved("3", Reason.NO_TIME_LEFT),)))
    assert not re.search(r"(src|href)=\"(?!#)|url\(|@import", page)
    assert 'name="viewport"' in page
    assert '<a href="#tour-1">1 R0</a><td>2<td>1.2 km<td>09:00<td>09:31</tr>' in page.replace("\n", "")
    assert "<td>3<td>no time left" in page
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#(tour-\d+)"', page)) <= set(ids)


def test_a_textbook_has_no_kilometres(tmp_path: Path) -> None:
    file = tmp_path / "tiny.txt"
    rows = "0 0 0 0 0 100 0\n1 1 1 10 0 99 5\n"
    file.write_text(f"TINY\nVEHICLE\nNUMBER CAPACITY\n1 20\nCUSTOMER\nCUST NO.\n{rows}", encoding="utf-8")
    instance = load_instance(file)
    page = draw_page(instance, ridden(instance, [["1"]]))
    assert "1 tour, 1 stop, 2.8." in page
    assert "<td>1<td>2.8<td>0.0<td>7.8</tr>" in page.replace("\n", "")


def test_our_example_can_be_drawn_before_it_is_solved() -> None:
    example = load_instance(EXAMPLE)
    assert "0 tours, 0 stops, 0.0 km, 5 left out." in draw_svg(example, RoutePlan((), (), Cost()))


def test_a_problem_without_points_and_a_plan_of_another_problem_are_refused() -> None:
    instance, plan = along_the_street(("1",))
    blind = replace(instance, east=None, north=None)
    (tour,) = plan.tours
    strange_stop = replace(plan, tours=(replace(tour, visits=(Visit("R0", 0, 0),)),))
    strange_vehicle = replace(plan, tours=(replace(tour, vehicle_id="1"),))
    for draw in (draw_svg, draw_page):
        with pytest.raises(Unacceptable, match="where the stops lie"):
            draw(blind, plan)
        with pytest.raises(Unacceptable, match="stop R0 is in the plan, but not in street"):
            draw(instance, strange_stop)
        with pytest.raises(Unacceptable, match="vehicle 1 is in the plan, but not in street"):
            draw(instance, strange_vehicle)
