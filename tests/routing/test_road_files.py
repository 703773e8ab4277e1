"""Road graphs from files: tables, GraphML, OpenStreetMap; what is wrong with one is said, with its row."""

import bz2
import gzip
import re
import sys
from pathlib import Path

import networkx as nx
import osmium
import pytest

from post_logistics.errors import Unacceptable
from post_logistics.routing.matrix import crow_m
from post_logistics.routing.road_files import load_roads
from post_logistics.routing.roads import RoadGraph

NODES = "node_id,lat_deg,lon_deg\na,23.70,90.40\nb,23.71,90.40\nc,23.72,90.40\n"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "roads.md"

Ways = dict[tuple[float, float], tuple[float, float | None]]


def ways(graph: RoadGraph) -> Ways:
    """From one latitude to another: metres, and seconds where known."""
    found: Ways = {}
    for tail, lat in enumerate(graph.lat_deg.tolist()):
        for edge in range(graph.first_edge[tail], graph.first_edge[tail + 1]):
            time_s = float(graph.duration_ms[edge] / 1_000) if len(graph.duration_ms) else None
            found[lat, graph.lat_deg[graph.head[edge]].item()] = (float(graph.length_cm[edge] / 100), time_s)
    return found


def tables(folder: Path, edges: str, nodes: str = NODES) -> RoadGraph:
    (folder / "road_nodes.csv").write_text(nodes)
    (folder / "road_edges.csv").write_text(edges)
    return load_roads(folder)


def test_tables_are_read_with_their_one_way_streets(tmp_path: Path) -> None:
    graph = tables(tmp_path, "from,to,length_m,oneway\na,b,1500.5,no\nb,c,1600,1\nc,a,1700,-1\n")
    assert ways(graph) == {
        (23.70, 23.71): (1_500.5, None),
        (23.71, 23.70): (1_500.5, None),
        (23.71, 23.72): (1_600, None),
        (23.70, 23.72): (1_700, None),
    }


def test_tables_may_say_how_long_each_way_takes(tmp_path: Path) -> None:
    graph = tables(tmp_path, "from,to,length_m,duration_s\na,b,1500,120.5\n")
    assert ways(graph)[23.70, 23.71] == ways(graph)[23.71, 23.70] == (1_500, 120.5)


def test_other_names_of_columns_compressed_tables_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    nodes, edges = tmp_path / "n.csv", tmp_path / "e.csv.gz"
    nodes.write_text(NODES.replace("_deg", ""), encoding="utf-8-sig")
    edges.write_bytes(gzip.compress(b"u,v,length_m\na,c,2000\n"))
    assert ways(load_roads(nodes, edges)) == {(23.70, 23.72): (2_000, None), (23.72, 23.70): (2_000, None)}


@pytest.mark.parametrize(
    ("nodes", "edges", "field", "row"),
    [
        (NODES, "from,to,length_m,oneway\na,b,5,0\na,b,5,perhaps\n", "oneway", 2),
        (NODES, "from,to,length_m,duration_s\na,b,5,\n", "duration_s", 1),
        (NODES, "from,to,length_m\na,b,1000001\n", "length_m", 1),
        (NODES, "from,to,length_m\na,b\n", "length_m", 1),
        (NODES, "from,to,length_m\na\n", "to", 1),
        (NODES, "from,to,length_m\na,b,nan\n", "length_m", 1),
        ("node_id,lat_deg,lon_deg\na,90.5,23\n", "from,to,length_m\n", "lat_deg", 1),
        ("node_id,lat_deg\na,23\n", "from,to,length_m\n", "lon_deg", None),
        ("", "from,to,length_m\n", "node_id", None),
    ],
)
def test_a_wrong_table_is_refused_with_its_row(
    tmp_path: Path, nodes: str, edges: str, field: str, row: int | None
) -> None:
    with pytest.raises(Unacceptable, match=r"road_(nodes|edges)\.csv") as caught:
        tables(tmp_path, edges, nodes)
    assert (caught.value.field, caught.value.row) == (field, row)


def osmnx(folder: Path, **facts: object) -> RoadGraph:
    """A street of two nodes as OSMnx saves it: every value is text."""
    roads = nx.MultiDiGraph(crs="epsg:4326")
    roads.add_node(1, x="90.40", y="23.70")
    roads.add_node(2, x="90.40", y="23.71")
    roads.add_edge(1, 2, length="1500.0", oneway="True", **facts)
    nx.write_graphml(roads, folder / "roads.graphml")
    return load_roads(folder)


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({}, None),
        ({"highway": "residential"}, 270),
        ({"highway": "['tertiary', 'residential']"}, 180),
        ({"highway": "residential", "maxspeed": "50"}, 108),
        ({"highway": "residential", "maxspeed": "none"}, 270),
        ({"highway": "residential", "maxspeed": "30", "speed_kph": "54.0"}, 100),
        ({"speed_kph": "54.0", "travel_time": "77.5"}, 77.5),
    ],
)
def test_graphml_of_osmnx_has_the_best_duration_it_knows(
    tmp_path: Path, facts: dict[str, str], seconds: float | None
) -> None:
    assert ways(osmnx(tmp_path, **facts)) == {(23.70, 23.71): (1_500, seconds)}


def test_graphml_without_directions_leads_both_ways(tmp_path: Path) -> None:
    roads = nx.Graph()
    roads.add_node("a", x=90.40, y=23.70)
    roads.add_node("b", x=90.40, y=23.71)
    roads.add_edge("a", "b", length=1_500)
    nx.write_graphml(roads, tmp_path / "roads.graphml")
    assert len(ways(load_roads(tmp_path / "roads.graphml"))) == 2


@pytest.mark.parametrize(("facts", "field"), [({"length": "long"}, "length"), ({"travel_time": "-1"}, "travel_time")])
def test_wrong_numbers_in_graphml_are_named(tmp_path: Path, facts: dict[str, str], field: str) -> None:
    roads = nx.DiGraph()
    roads.add_node("a", x=90.40, y=23.70)
    roads.add_node("b", x=90.40, y=23.71)
    roads.add_edge("a", "b", **({"length": "9"} | facts))
    nx.write_graphml(roads, tmp_path / "roads.graphml")
    with pytest.raises(Unacceptable, match=r"roads\.graphml") as caught:
        load_roads(tmp_path)
    assert caught.value.field == field


def extract(
    file: Path, *roads: tuple[list[int], dict[str, str]], without: frozenset[int] = frozenset(), step_deg: float = 0.01
) -> Path:
    """An OpenStreetMap extract: nodes 0 to 9 in a row northwards from 23.70, and those roads through them."""
    with osmium.SimpleWriter(file) as writer:
        for number in range(10):
            if number not in without:
                lat = 23.70 + number * step_deg
                writer.add_node(osmium.osm.mutable.Node(id=number + 1, location=(90.40, lat), version=1))
        for number, (nodes, tags) in enumerate(roads, start=1):
            way = osmium.osm.mutable.Way(id=number, nodes=[node + 1 for node in nodes], tags=tags, version=1)
            writer.add_way(way)
    return file


def passed(file: Path) -> set[tuple[int, int]]:
    """The edges of an extract, by the numbers of their nodes."""
    return {(round((a - 23.70) * 100), round((b - 23.70) * 100)) for a, b in ways(load_roads(file))}


@pytest.mark.parametrize("suffix", ["osm", "osm.bz2", "osm.gz", "osm.pbf"])
def test_extracts_of_openstreetmap_are_read_in_every_wrapping(tmp_path: Path, suffix: str) -> None:
    graph = load_roads(extract(tmp_path / f"dhaka.{suffix}", ([0, 1], {"highway": "residential"})))
    step_m = crow_m([23.70, 23.71], [90.40, 90.40])[0, 1]
    (there, back) = ways(graph).values()
    assert there == back
    assert there == pytest.approx((step_m, step_m * 3.6 / 20), abs=0.5)


@pytest.mark.parametrize(
    ("tags", "there", "back"),
    [
        ({"highway": "primary"}, True, True),
        ({"highway": "primary", "oneway": "yes"}, True, False),
        ({"highway": "primary", "oneway": "-1"}, False, True),
        ({"highway": "motorway"}, True, False),
        ({"highway": "motorway", "oneway": "no"}, True, True),
        ({"highway": "tertiary", "junction": "roundabout"}, True, False),
        ({"highway": "footway"}, False, False),
        ({"highway": "construction"}, False, False),
        ({"railway": "rail"}, False, False),
        ({"highway": "service", "area": "yes"}, False, False),
        ({"highway": "service", "access": "private"}, False, False),
        ({"highway": "service", "access": "no", "motorcycle": "yes"}, True, True),
        ({"highway": "trunk", "motor_vehicle": "yes", "motorcycle": "no"}, False, False),
    ],
)
def test_a_motorcycle_rides_where_it_may(tmp_path: Path, tags: dict[str, str], there: bool, back: bool) -> None:
    file = extract(tmp_path / "roads.osm", ([0, 1], tags), ([8, 9], {"highway": "road"}))
    assert passed(file) & {(0, 1), (1, 0)} == {way for way, open_ in (((0, 1), there), ((1, 0), back)) if open_}


@pytest.mark.parametrize(
    ("sign", "km_per_h"), [("50", 50), ("40 km/h", 40), ("30 mph", 48.28), ("walk", 20), ("0", 20), ("60;40", 60)]
)
def test_a_sign_says_how_fast_and_else_the_class(tmp_path: Path, sign: str, km_per_h: float) -> None:
    file = extract(tmp_path / "roads.osm", ([0, 1], {"highway": "residential", "maxspeed": sign}))
    length_m, time_s = next(iter(ways(load_roads(file)).values()))
    assert time_s == pytest.approx(length_m * 3.6 / km_per_h, rel=1e-3)


def test_roads_meet_at_their_junctions_and_bends_are_followed(tmp_path: Path) -> None:
    """With steps of 11 m: nodes at ends and junctions, and where 100 m are full."""
    long, across = (list(range(10)), {"highway": "residential"}), ([4, 4], {"highway": "service"})
    graph = load_roads(extract(tmp_path / "roads.osm", long, across, step_deg=0.0001))
    at = sorted(round((lat - 23.70) * 10_000) for lat in graph.lat_deg)
    assert at == [0, 4, 9]
    total_m = sum(length_m for (a, b), (length_m, _) in ways(graph).items() if a < b)
    assert total_m == pytest.approx(crow_m([23.70, 23.7009], [90.40, 90.40])[0, 1], abs=1)
    sparse = load_roads(extract(tmp_path / "long.osm", long, step_deg=0.0005))
    assert len(sparse.lat_deg) == 6, "a node at the first bend after every 100 m"


def test_a_road_that_leaves_the_extract_is_cut_there(tmp_path: Path) -> None:
    file = extract(tmp_path / "roads.osm", ([0, 1, 2, 3, 4], {"highway": "road"}), without=frozenset([2]))
    assert passed(file) == {(0, 1), (1, 0), (3, 4), (4, 3)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("roads.osm.pbf", b"nonsense" * 20),
        ("roads.osm", b"<osm version='0.6'><node"),
        ("roads.osm.bz2", b"BZh9 nonsense"),
        ("roads.osm", b"<osm version='0.6'></osm>"),
        ("roads.graphml", b"<graphml"),
        ("roads.graphml", b"<html/>"),
        ("roads.txt", b""),
        ("road_nodes.csv", NODES.encode()),
    ],
)
def test_a_file_that_is_no_road_graph_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unacceptable, match=re.escape(name)):
        load_roads(tmp_path / name)


def test_tables_that_cannot_be_decoded_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "road_nodes.csv").write_text(NODES)
    for name, content in (("road_edges.csv", b"from,to,length_m\n\xff"), ("road_edges.csv.gz", b"no gzip")):
        (tmp_path / "road_edges.csv").unlink(missing_ok=True)
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Unacceptable, match=re.escape(name)):
            load_roads(tmp_path)


def test_a_folder_holds_one_road_graph(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="holds 0 road graphs") as caught:
        load_roads(tmp_path)
    assert caught.value.remedy
    extract(tmp_path / "dhaka.osm", ([0, 1], {"highway": "road"}))
    assert len(load_roads(tmp_path).lat_deg) == 2
    (tmp_path / "again.osm.bz2").write_bytes(bz2.compress((tmp_path / "dhaka.osm").read_bytes()))
    with pytest.raises(Unacceptable, match="holds 2 road graphs"):
        load_roads(tmp_path)


@pytest.mark.parametrize("name", ["none.osm.pbf", "none.graphml", "none"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unacceptable, match="none"):
        load_roads(tmp_path / name)
    (tmp_path / "road_edges.csv").write_text("")
    with pytest.raises(Unacceptable, match=r"no file .*road_nodes\.csv"):
        load_roads(tmp_path)


def test_without_osmium_the_remedy_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = extract(tmp_path / "roads.osm", ([0, 1], {"highway": "road"}))
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(Unacceptable) as caught:
        load_roads(file)
    assert caught.value.remedy == "pip install 'post-logistics[roads]'"


def test_a_graph_is_kept_until_its_file_changes(tmp_path: Path) -> None:
    folder, cache = tmp_path / "roads", tmp_path / "cache"
    folder.mkdir()
    first = tables(folder, "from,to,length_m\na,b,1500\n")
    assert ways(load_roads(folder, cache_dir=cache)) == ways(load_roads(folder, cache_dir=cache)) == ways(first)
    assert len(list(cache.iterdir())) == 1
    second = tables(folder, "from,to,length_m\na,b,1600\n")
    assert ways(load_roads(folder, cache_dir=cache)) == ways(second) != ways(first)
    (kept,) = {file for file in cache.iterdir() if file.stat().st_mtime_ns == max(map(_written, cache.iterdir()))}
    kept.write_bytes(b"damaged")
    assert ways(load_roads(folder, cache_dir=cache)) == ways(second)


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns


def test_the_guide_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(block, GUIDE.name, "exec"), names)
    (tmp_path / "road_edges.csv").write_text("from,to,length_m\na,b,5\na,z,5\n")
    with pytest.raises(Unacceptable) as caught:
        load_roads(tmp_path)
    assert f"`{caught.value}`" in GUIDE.read_text(encoding="utf-8")
