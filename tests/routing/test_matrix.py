"""Distances: on the globe, with a detour, between doors known only by their area, and along roads."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from post_logistics.errors import Unacceptable
from post_logistics.routing.matrix import (
    DETOUR_FACTOR,
    TOUR_CONSTANT,
    crow_m,
    door_distances,
    durations,
    road_estimate,
    road_estimate_between,
)
from post_logistics.routing.problem import UNREACHABLE
from post_logistics.routing.road_files import load_roads
from post_logistics.routing.roads import RoadGraph, road_distances

GPO, UTTARA = (23.7280, 90.4115), (23.8690, 90.3990)
LAT_DEG, LON_DEG = zip(GPO, UTTARA, strict=True)
MEASURED = os.environ.get("POST_LOGISTICS_MEASURED_ROADS")
"""A folder with road distances and a street graph of Dhaka, which cannot be shipped; without it two tests skip."""
needs_roads = pytest.mark.skipif(not MEASURED, reason="POST_LOGISTICS_MEASURED_ROADS names no folder")


def test_a_degree_of_latitude_is_as_long_as_the_textbook_says() -> None:
    assert crow_m([0, 1], [90, 90]).tolist() == [[0, 111_195], [111_195, 0]]


def test_the_road_is_longer_than_the_flight_by_the_detour() -> None:
    crow = crow_m(LAT_DEG, LON_DEG)[0, 1]
    assert 15_600 < crow < 15_800
    assert road_estimate(LAT_DEG, LON_DEG)[0, 1] == pytest.approx(crow * DETOUR_FACTOR, abs=1)


def test_estimates_to_other_points_are_those_of_the_full_matrix() -> None:
    both = road_estimate_between(LAT_DEG, LON_DEG, LAT_DEG[:1], LON_DEG[:1])
    assert both.tolist() == road_estimate(LAT_DEG, LON_DEG)[:, :1].tolist()


def test_two_doors_of_one_area_are_never_at_no_distance() -> None:
    lat, lon = [GPO[0], UTTARA[0], UTTARA[0]], [GPO[1], UTTARA[1], UTTARA[1]]
    between = door_distances(lat, lon, [0, 800, 800], ["", "uttara", "uttara"])
    assert between[1, 2] == round(TOUR_CONSTANT * (np.pi / 2) ** 0.5 * 800 * DETOUR_FACTOR)
    assert (between == between.T).all()
    assert not between.diagonal().any()
    assert between.dtype == np.int64


def test_a_vague_door_is_not_at_the_office_even_where_the_points_are_the_same() -> None:
    at_office = door_distances([GPO[0]] * 2, [GPO[1]] * 2, [0, 1_000], ["", "paltan"])
    assert at_office[0, 1] == round(1_000 * 0.5**0.5 * DETOUR_FACTOR)


def test_doors_known_exactly_are_as_far_apart_as_their_points() -> None:
    assert (door_distances(LAT_DEG, LON_DEG, [0, 0], ["", ""]) == road_estimate(LAT_DEG, LON_DEG)).all()


def test_the_more_doors_an_area_has_the_shorter_the_way_to_the_next() -> None:
    def leg(doors: int) -> int:
        return int(door_distances([23.8] * doors, [90.4] * doors, [500] * doors, ["area"] * doors)[0, 1])

    assert leg(20) == pytest.approx(leg(5) / 2, abs=1)


def test_the_expected_leg_is_near_that_of_tours_through_random_doors() -> None:
    chance = np.random.default_rng(1)
    doors, radius = 400, 1_000.0
    angle, off = chance.uniform(0, 2 * np.pi, doors), radius * chance.uniform(0, 1, doors) ** 0.5
    at = np.column_stack([off * np.cos(angle), off * np.sin(angle)])
    between = np.hypot(*(at[:, np.newaxis] - at).transpose(2, 0, 1))
    expected = door_distances([23.8] * doors, [90.4] * doors, [1_000] * doors, ["area"] * doors)[0, 1] / DETOUR_FACTOR
    assert 0.9 < _two_opt_leg(between) / expected < 1.2


def _two_opt_leg(between: np.ndarray) -> float:  # type: ignore[type-arg]
    """Mean leg of a tour from door to nearest door, improved by reversing parts until nothing gets shorter."""
    tour, left = [0], set(range(1, len(between)))
    while left:
        tour.append(min(left, key=lambda door: between[tour[-1], door]))
        left.remove(tour[-1])
    way = np.array(tour)
    improved = True
    while improved:
        improved = False
        for i in range(len(way) - 2):
            a, b = way[i], way[i + 1]
            c, d = way[i + 2 :], np.roll(way, -1)[i + 2 :]
            gains = between[a, b] + between[c, d] - between[a, c] - between[b, d]
            j = int(gains.argmax())
            if gains[j] > 1e-9:
                way[i + 1 : i + 3 + j] = way[i + 1 : i + 3 + j][::-1]
                improved = True
    return float(between[way, np.roll(way, -1)].mean())


def test_travel_takes_whole_seconds_rounded_up_and_no_way_stays_no_way() -> None:
    distance_m = np.array([[0, 1, 18_000], [UNREACHABLE, 0, 5]], dtype=np.int64)
    assert durations(distance_m, 18_000).tolist() == [[0, 1, 3_600], [UNREACHABLE, 0, 1]]


def graph(folder: Path, nodes: str, edges: str) -> RoadGraph:
    (folder / "nodes.csv").write_text(nodes)
    with gzip.open(folder / "edges.csv.gz", "wt") as file:
        file.write(edges)
    return load_roads(folder / "nodes.csv", folder / "edges.csv.gz")


NODES = "node_id,lat_deg,lon_deg\na,23.70,90.40\nb,23.71,90.40\nc,23.72,90.40\nd,23.73,90.40\ne,23.74,90.40\n"
"""Nodes 1,112 m apart in a row."""
EDGES = "from,to,length_m,oneway\na,b,1500,0\nb,c,1600,1\nb,a,9000,0\nd,e,1200,\n"


def test_ways_follow_the_roads_and_respect_one_way_streets(tmp_path: Path) -> None:
    roads = graph(tmp_path, NODES, EDGES)
    lat, lon = [23.70, 23.72], [90.40, 90.40]
    found = road_distances(roads, lat, lon, road_estimate(lat, lon))
    assert found.distance_m.tolist() == [[0, 3_100], [road_estimate(lat, lon)[1, 0], 0]]
    assert found.estimated_pairs == 1, "there is no way back"


def test_where_the_graph_knows_nothing_the_estimate_counts_and_is_counted(tmp_path: Path) -> None:
    roads = graph(tmp_path, NODES, EDGES)
    lat, lon = [23.70, 23.7001, 23.74, 23.90], [90.40] * 4
    estimate = road_estimate(lat, lon)
    found = road_distances(roads, lat, lon, estimate)
    assert (found.distance_m == estimate).all(), "the same node, another part of the graph, far from all roads"
    assert found.estimated_pairs == 12


def test_the_way_to_the_nearest_node_is_part_of_the_distance(tmp_path: Path) -> None:
    roads = graph(tmp_path, NODES, EDGES)
    lat, lon = [23.70, 23.71], [90.40, 90.402]
    off = crow_m([23.71, 23.71], [90.40, 90.402])[0, 1]
    assert road_distances(roads, lat, lon, road_estimate(lat, lon)).distance_m[0, 1] == 1_500 + off


@pytest.mark.parametrize(
    ("nodes", "edges", "field", "row"),
    [
        (NODES, "from,to\na,b\n", "length_m", None),
        (NODES, "from,to,length_m\na,b,5\na,z,5\n", "to", 2),
        (NODES, "from,to,length_m\na,b,-5\n", "length_m", 1),
        ("node_id,lat_deg,lon_deg\na,north,90\n", EDGES, "lat_deg", 1),
        (NODES, "from,to,length_m\n", None, None),
    ],
)
def test_a_wrong_road_file_is_refused(
    tmp_path: Path, nodes: str, edges: str, field: str | None, row: int | None
) -> None:
    with pytest.raises(Unacceptable) as caught:
        graph(tmp_path, nodes, edges)
    assert (caught.value.field, caught.value.row) == (field, row)


@needs_roads
def test_the_detour_factor_is_what_was_measured() -> None:
    with (Path(str(MEASURED)) / "dhaka_office_road_km.csv").open() as file:
        ratios = [float(row["road_km"]) / float(row["crow_km"]) for row in csv.DictReader(file)]
    assert len(ratios) == 506
    assert round(float(np.median(ratios)), 2) == DETOUR_FACTOR
    assert np.quantile(ratios, [0.1, 0.9]).round(2).tolist() == [1.14, 1.51]


@needs_roads
def test_offices_are_as_far_apart_along_the_street_graph_as_was_measured() -> None:
    folder = Path(str(MEASURED))
    streets = load_roads(folder / "dhaka_roads_nodes.csv.gz", folder / "dhaka_roads_contracted_edges.csv.gz")
    with (folder / "dhaka_office_road_km.csv").open() as file:
        measured = {(row["from_postcode"], row["to_postcode"]): float(row["road_km"]) for row in csv.DictReader(file)}
    offices = {"1205": (23.7332, 90.385), "1207": (23.759, 90.364), "1215": (23.7603, 90.393), "1212": (23.785, 90.416)}
    lat, lon = zip(*offices.values(), strict=True)
    found = road_distances(streets, lat, lon, road_estimate(lat, lon))
    assert found.estimated_pairs == 0
    for i, start in enumerate(offices):
        for j, end in enumerate(offices):
            if i != j:
                assert found.distance_m[i, j] == pytest.approx(measured[start, end] * 1_000, rel=0.1)
