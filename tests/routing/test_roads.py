"""Ways along a road graph: the shortest, the quickest, where the graph ends, and what is kept of them."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.routing.kept import kept
from post_logistics.routing.matrix import LANE_M_PER_H, crow_m, road_estimate
from post_logistics.routing.roads import FAR_FROM_ROADS_M, RoadGraph, road_distances, road_graph
from post_logistics.routing.shortest import Ints, many_to_many, networks

Edge = tuple[int, int, int]
edges_of_a_small_graph = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0, 1, 2, 3, 7, 50, 4_000])), min_size=1
)


def frozen(numbers: npt.ArrayLike) -> Ints:
    """As the arrays of a RoadGraph are: others would be compiled for anew."""
    array = np.array(numbers, dtype=np.int32)
    array.setflags(write=False)
    return array


NO_DURATIONS = frozen([])


def csr(edges: list[Edge]) -> tuple[Ints, Ints, Ints]:
    """First edge of each of 12 nodes, heads and weights."""
    tail, head, weight = zip(*sorted(edges), strict=True)
    return frozen([0, *np.cumsum(np.bincount(tail, minlength=12))]), frozen(head), frozen(weight)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Nobody waits for the compiler within a test that has a deadline."""
    nodes = np.arange(12, dtype=np.int32)
    first_edge, head, weight = csr([(0, 1, 1)])
    many_to_many(first_edge, head, weight, NO_DURATIONS, nodes, nodes)
    networks(first_edge.copy(), head.copy())


def oracle(edges: list[Edge]) -> nx.MultiDiGraph:
    ways = nx.MultiDiGraph()
    ways.add_nodes_from(range(12))
    ways.add_weighted_edges_from(edges)
    return ways


@given(edges_of_a_small_graph)
def test_ways_are_as_short_as_those_networkx_finds(edges: list[Edge]) -> None:
    nodes = np.arange(12, dtype=np.int32)
    found, _ = many_to_many(*csr(edges), NO_DURATIONS, nodes, nodes)
    for start, reach in nx.all_pairs_dijkstra_path_length(oracle(edges)):
        assert found[start].tolist() == [reach.get(end, -1) for end in range(12)]


@given(edges_of_a_small_graph, st.lists(st.integers(0, 11), max_size=5, unique=True))
def test_a_search_that_stops_early_finds_the_same(edges: list[Edge], some: list[int]) -> None:
    nodes, targets = np.arange(12, dtype=np.int32), np.array(some, dtype=np.int32)
    whole, _ = many_to_many(*csr(edges), NO_DURATIONS, nodes, nodes)
    part, _ = many_to_many(*csr(edges), NO_DURATIONS, nodes, targets)
    assert (part == whole[:, targets]).all()


@given(edges_of_a_small_graph)
def test_the_second_quantity_is_summed_along_the_way_found(edges: list[Edge]) -> None:
    first_edge, head, weight = csr(edges)
    nodes = np.arange(12, dtype=np.int32)
    found, thrice = many_to_many(first_edge, head, weight, frozen(3 * weight), nodes, nodes)
    assert (thrice == np.where(found < 0, -1, 3 * found)).all()


@given(edges_of_a_small_graph)
def test_networks_are_the_strongly_connected_components(edges: list[Edge]) -> None:
    first_edge, head, _ = csr(edges)
    number = networks(first_edge.copy(), head.copy())
    ours = {frozenset(np.flatnonzero(number == one).tolist()) for one in set(number.tolist())}
    assert ours == {frozenset(one) for one in nx.strongly_connected_components(oracle(edges))}


def test_a_way_too_long_for_its_number_is_no_way() -> None:
    most = np.iinfo(np.int32).max
    first_edge, head = frozen([0, 1, 2, 2]), frozen([1, 2])
    nodes = np.arange(3, dtype=np.int32)
    for last, found in ((most - 6, most - 1), (most - 5, -1)):
        assert many_to_many(first_edge, head, frozen([5, last]), NO_DURATIONS, nodes, nodes)[0][0, 2] == found


LAT_DEG = [23.70, 23.71, 23.72, 23.7101]
LON_DEG = [90.40] * 4


def street(duration_s: list[int] | None = None) -> RoadGraph:
    """Points 0, 1, 2 in a row, 1,112 m apart, and a yard 11 m from point 1 that can only be left, to point 0; the
    quick way from 0 to 2 passes 1, the short one does not."""
    tail, head = [0, 1, 1, 2, 0, 3], [1, 0, 2, 1, 2, 0]
    return road_graph(LAT_DEG, LON_DEG, tail, head, [1_500, 1_500, 1_500, 1_500, 2_500, 900], duration_s)


def distances(graph: RoadGraph, *points: tuple[float, float], cache_dir: Path | None = None) -> list[list[int]]:
    lat, lon = zip(*points, strict=True)
    return road_distances(graph, lat, lon, road_estimate(lat, lon), cache_dir).distance_m.tolist()  # type: ignore[no-any-return]


SOUTH, MIDDLE, NORTH = ((lat, 90.40) for lat in LAT_DEG[:3])


def test_without_durations_the_shortest_way_counts() -> None:
    assert distances(street(), SOUTH, NORTH) == [[0, 2_500], [3_000, 0]]


def test_with_durations_the_quickest_way_counts_and_has_its_length() -> None:
    lat, lon = zip(SOUTH, NORTH, strict=True)
    found = road_distances(street([100, 100, 100, 100, 300, 60]), lat, lon, road_estimate(lat, lon))
    assert found.distance_m.tolist() == [[0, 3_000], [3_000, 0]]
    assert found.duration_s is not None
    assert found.duration_s.tolist() == [[0, 200], [200, 0]]
    assert found.estimated_pairs == 0


def test_a_rider_is_as_slow_as_his_vehicle_and_as_the_road() -> None:
    lat, lon = zip(SOUTH, NORTH, strict=True)
    found = road_distances(street([100, 100, 100, 500, 300, 60]), lat, lon, road_estimate(lat, lon))
    assert found.ridden_s(36_000).tolist() == [[0, 300], [600, 0]]
    shortest = road_distances(street(), lat, lon, road_estimate(lat, lon))
    assert shortest.duration_s is None
    assert shortest.ridden_s(36_000).tolist() == [[0, 250], [300, 0]]


def test_the_ends_and_the_estimates_take_the_time_of_lanes() -> None:
    lat, lon = [SOUTH[0], MIDDLE[0], 24.5], [90.401, 90.40, 90.40]
    off_m = crow_m([SOUTH[0], lat[0]], [SOUTH[1], lon[0]])[0, 1]
    estimate_m = road_estimate(lat, lon)
    found = road_distances(street([100] * 6), lat, lon, estimate_m)
    assert found.duration_s is not None
    assert found.duration_s[0, 1] == pytest.approx(100 + off_m * 3_600 / LANE_M_PER_H, abs=1)
    assert found.duration_s[0, 2] == pytest.approx(estimate_m[0, 2] * 3_600 / LANE_M_PER_H, abs=1)
    assert found.estimated.tolist() == [[False, False, True], [False, False, True], [True, True, False]]


def test_nobody_is_joined_to_a_yard_without_a_way_in() -> None:
    yard = (LAT_DEG[3], 90.40)
    off_m = crow_m([MIDDLE[0], yard[0]], [90.40] * 2)[0, 1]
    assert distances(street(), yard, SOUTH) == [[0, 1_500 + off_m], [1_500 + off_m, 0]]


def test_an_island_far_from_the_main_network_has_its_own_ways() -> None:
    lat, lon = [*LAT_DEG[:3], 23.90, 23.91], [90.40] * 5
    graph = road_graph(lat, lon, [0, 1, 1, 2, 3, 4], [1, 0, 2, 1, 4, 3], [1_500] * 4 + [1_234] * 2)
    assert graph.main.tolist() == [True] * 3 + [False] * 2
    assert distances(graph, (23.90, 90.40), (23.91, 90.40)) == [[0, 1_234], [1_234, 0]]


def test_a_point_is_joined_within_a_kilometre_and_not_beyond() -> None:
    north, metre = LAT_DEG[2], 1 / 111_195.08
    for beyond_m, by_road in ((FAR_FROM_ROADS_M - 1, True), (FAR_FROM_ROADS_M + 1, False)):
        east = beyond_m * metre / np.cos(np.radians(north))
        for lat, lon in ((north + beyond_m * metre, 90.40), (north, 90.40 + east), (north, 90.40 - east)):
            at = [MIDDLE[0], lat], [90.40, lon]
            assert (road_distances(street(), *at, road_estimate(*at)).estimated_pairs == 0) == by_road


def test_points_without_edges_and_loops_do_no_harm() -> None:
    graph = road_graph([23.9, *LAT_DEG[:2]], [90.4] * 3, [1, 2, 1], [2, 1, 1], [1_500, 1_500, 3])
    assert len(graph.lat_deg) == 2
    assert distances(graph, SOUTH, MIDDLE) == [[0, 1_500], [1_500, 0]]


def test_no_points_and_one_point_have_matrices_too() -> None:
    none = road_distances(street(), [], [], np.zeros((0, 0), np.int64))
    assert none.distance_m.shape == (0, 0)
    assert distances(street(), SOUTH) == [[0]]
    assert distances(street(), (10.0, 80.0)) == [[0]]


def test_threads_search_the_same_graph_at_once() -> None:
    rng = np.random.default_rng(3)
    graph = random_town(rng, 400)
    nodes = np.arange(400, dtype=np.int32)

    def search(part: Ints) -> Ints:
        return many_to_many(graph.first_edge, graph.head, graph.length_cm, graph.duration_ms, part, nodes)[0]

    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(search, np.array_split(nodes, 4)))
    assert (np.concatenate(parts) == search(nodes)).all()


def random_town(rng: np.random.Generator, nodes: int) -> RoadGraph:
    tail, head = rng.integers(0, nodes, (2, 5 * nodes))
    lat, lon = rng.uniform(23.7, 23.9, nodes), rng.uniform(90.3, 90.5, nodes)
    return road_graph(lat, lon, [*tail, *range(nodes)], [*head, *range(1, nodes), 0], rng.uniform(0, 900, 6 * nodes))


def test_ways_are_the_same_from_the_cache(tmp_path: Path) -> None:
    fresh = distances(street(), SOUTH, NORTH, cache_dir=tmp_path)
    (file,) = tmp_path.iterdir()
    assert distances(street(), SOUTH, NORTH, cache_dir=tmp_path) == fresh
    distances(street([100] * 6), SOUTH, NORTH, cache_dir=tmp_path)
    distances(street(), SOUTH, MIDDLE, cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3, "another graph and other points are kept apart"
    assert file.exists()


def numbers(cache_dir: Path | None, made: list[int], key: int = 1, most_bytes: int = 10**6) -> list[int]:
    def make() -> dict[str, np.ndarray]:  # type: ignore[type-arg]
        made.append(key)
        return {"numbers": np.arange(key + 2)}

    return kept(cache_dir, "numbers", [np.array([key])], make, most_bytes)["numbers"].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut off", b"\x80\x04N."])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    made: list[int] = []
    assert numbers(tmp_path, made) == numbers(tmp_path, made) == [0, 1, 2]
    assert made == [1]
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert numbers(tmp_path, made) == numbers(tmp_path, made) == [0, 1, 2]
    assert made == [1, 1]


def test_half_a_file_is_made_anew(tmp_path: Path) -> None:
    made: list[int] = []
    numbers(tmp_path, made, 5_000)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-2_000])
    assert len(numbers(tmp_path, made, 5_000)) == 5_002
    whole = bytearray(file.read_bytes())
    whole[9_000] ^= 1
    file.write_bytes(whole)
    assert numbers(tmp_path, made, 5_000)[-1] == 5_001
    assert made == [5_000] * 3


def test_without_a_folder_or_leave_to_write_everything_is_made(tmp_path: Path) -> None:
    made: list[int] = []
    (tmp_path / "file").write_text("no folder")
    for nowhere in (None, tmp_path / "file", tmp_path / "file" / "below"):
        assert numbers(nowhere, made) == [0, 1, 2]
    assert made == [1, 1, 1]


def test_what_was_longest_unused_makes_room(tmp_path: Path) -> None:
    made: list[int] = []
    numbers(tmp_path, made, 0)
    (first,) = tmp_path.iterdir()
    for key in range(1, 9):
        numbers(tmp_path, made, key, most_bytes=4 * first.stat().st_size + 200)
        time.sleep(0.01)
        numbers(tmp_path, made, 0)
        time.sleep(0.01)
    assert len(list(tmp_path.iterdir())) == 4
    assert made == [*range(9)], "the first was in use all the time"


def test_a_changed_file_is_another(tmp_path: Path) -> None:
    source, made = tmp_path / "source.txt", []

    def make() -> dict[str, np.ndarray]:  # type: ignore[type-arg]
        made.append(source.read_text())
        return {}

    for text in ("one", "one", "two", "one"):
        source.write_text(text)
        kept(tmp_path / "cache", "texts", [source], make)
    assert made == ["one", "two"]
