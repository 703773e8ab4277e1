"""Small maps: everything on them, nothing executable in them, under 20 KB."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from api.pages.maps import Mark, Way, drawn, journey_map
from api.pages.shell import headers_of_pages
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.settings import Settings

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def facts(settings: Settings) -> Facts:
    return load_facts(settings)


def read(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(text).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def test_a_journey_through_the_country_shows_every_office_once(facts: Facts) -> None:
    route = ["4000", "1000", "1216", "1000", "1216"]
    text = journey_map(facts, route, "1216", "The way", "en")
    svg = read(text)
    assert len(text.encode()) < 20_000
    assert [one.get("class") for one in svg.findall(f"{SVG}g")] == ["mark done", "mark done", "mark now"]
    assert facts.offices["4000"].name_en in text and svg.get("aria-label") == "The way"
    assert facts.offices["4000"].name_bn in journey_map(facts, route, "1216", "পথ", "bn")


def test_what_has_not_left_needs_no_map(facts: Facts) -> None:
    assert journey_map(facts, ["1216"], "1216", "", "en") == ""
    assert journey_map(facts, [], "1216", "", "en") == ""
    assert drawn(facts, "", []) == ""


def test_names_cannot_break_out_of_the_map(facts: Facts) -> None:
    text = drawn(facts, '"><script>', [Mark((23.8, 90.4), "</svg><script>alert(1)</script>", 'now" onload="x', "<b>")])
    assert "<script" not in text and 'onload="' not in text
    read(text)


def test_every_mark_lies_on_the_paper(facts: Facts) -> None:
    near = st.tuples(st.floats(20.6, 26.6, allow_nan=False), st.floats(88.1, 92.6, allow_nan=False))

    @given(points=st.lists(near, min_size=1, max_size=30))
    @settings_of_hypothesis(max_examples=40, deadline=None)
    def holds(points: list[tuple[float, float]]) -> None:
        marks = [Mark(point, "", "stop", str(n)) for n, point in enumerate(points, 1)]
        svg = read(drawn(facts, "x", marks, [Way(points)]))
        wide, high = map(int, str(svg.get("viewBox")).split()[2:])
        assert 0.4 * wide < high < 1.3 * wide
        for circle in svg.iter(f"{SVG}circle"):
            assert 0 <= int(circle.get("cx", -1)) <= wide and 0 <= int(circle.get("cy", -1)) <= high

    holds()


@pytest.mark.parametrize(
    ("tiles_url", "pictures"),
    [
        ("", "img-src 'self' data: blob:;"),
        ("https://tiles.example/{z}/{x}/{y}.png?key=a", "img-src 'self' data: blob: https://tiles.example;"),
        ("https://{s}.tiles.example:8443/{z}/{x}/{y}", "img-src 'self' data: blob: https://*.tiles.example:8443;"),
    ],
)
def test_pictures_of_the_land_come_from_the_host_that_the_settings_name_alone(tiles_url: str, pictures: str) -> None:
    assert pictures in headers_of_pages(tiles_url)["Content-Security-Policy"]
