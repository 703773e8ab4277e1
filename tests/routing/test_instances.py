"""The textbooks' files, worked out by hand: what is read, what is written, and what is refused by line."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from post_logistics.errors import Unacceptable
from post_logistics.routing.check import check_plan
from post_logistics.routing.documents import plan_json
from post_logistics.routing.instances import NO_END_S, Instance, load_instance
from post_logistics.routing.problem import Window
from post_logistics.routing.solutions import cost_text, load_solution, ridden, sol_text
from post_logistics.routing.violation import Fault
from tests.timing import quiet_seconds

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"

VRP = """NAME : tiny
COMMENT : (By hand, No of trucks: 2, Optimal value: 23)
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 0 5
4 1 1
DEMAND_SECTION
1 0
2 6
3 4
4 5
DEPOT_SECTION
 1
 -1
EOF
"""

SOLOMON = """TINY101

VEHICLE
NUMBER     CAPACITY
  2         200

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       100          0
    1      1         1         10         10        20          5
    2      3         4         20          0        30         10
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str | bytes, name: str = "tiny.vrp") -> Instance:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_instance(path)


def explicit(layout: str, weights: str) -> str:
    head = VRP.partition("NODE_COORD_SECTION")[0].replace("EUC_2D", f"EXPLICIT\nEDGE_WEIGHT_FORMAT: {layout}")
    tail = VRP.partition("DEMAND_SECTION")[2]
    return f"{head}EDGE_WEIGHT_SECTION\n{weights}\nDEMAND_SECTION{tail}"


def test_a_vrp_is_read_as_it_says(folder: Path) -> None:
    instance = load(folder, VRP)
    problem = instance.problem
    assert (instance.name, instance.best_known, instance.cost_decimals) == ("tiny", 23, 0)
    assert problem.distance_m.tolist() == [[0, 5, 5, 1], [5, 0, 3, 4], [5, 3, 0, 4], [1, 4, 4, 0]]
    assert problem.duration_s is problem.distance_m
    assert [(s.stop_id, s.node, s.weight_g, s.parcels) for s in problem.stops] == [
        ("1", 1, 6, 0),
        ("2", 2, 4, 0),
        ("3", 3, 5, 0),
    ]
    assert [v.vehicle_id for v in problem.vehicles] == ["1", "2", "3"]
    assert {(v.capacity_g, v.fixed_cost_m, v.shift_start_s, v.shift_end_s) for v in problem.vehicles} == {
        (10, 0, 0, NO_END_S)
    }


@pytest.mark.parametrize(
    "text",
    [
        VRP.replace("\n", "\r\n"),
        VRP.replace(" : ", ":"),
        VRP.replace(" : ", ": ").replace(" ", "\t"),
        VRP.replace(" : ", " "),
        "\ufeff" + VRP,
        "# made by hand\n\n" + VRP.replace("DEMAND_SECTION", "\n# weights\nDEMAND_SECTION:"),
        VRP.replace("EOF\n", ""),
        VRP.replace("3 0 5\n4 1 1", "4 1.0 1e0\n3 0 +5.0"),
    ],
    ids=["crlf", "narrow", "tabs", "no colon", "bom", "comments", "no eof", "unsorted floats"],
)
def test_a_vrp_may_be_written_in_many_ways(folder: Path, text: str) -> None:
    expected, read = load(folder, VRP).problem, load(folder, text).problem
    assert (read.stops, read.vehicles) == (expected.stops, expected.vehicles)
    np.testing.assert_array_equal(read.distance_m, expected.distance_m)


def test_the_depot_may_be_any_node_and_customers_keep_their_order(folder: Path) -> None:
    text = VRP.replace("1 0\n2 6\n3 4", "1 7\n2 6\n3 0").replace(" 1\n -1", " 3\n -1")
    problem = load(folder, text).problem
    assert problem.distance_m[0].tolist() == [0, 5, 3, 4]
    assert [(s.stop_id, s.weight_g) for s in problem.stops] == [("1", 7), ("2", 6), ("3", 5)]


def test_nodes_may_be_numbered_from_zero(folder: Path) -> None:
    text = VRP.replace("1 0 0\n2 3 4\n3 0 5\n4 1 1", "0 0 0\n1 3 4\n2 0 5\n3 1 1")
    text = text.replace("1 0\n2 6\n3 4\n4 5", "0 0\n1 6\n2 4\n3 5").replace(" 1\n -1", " 0\n -1")
    assert load(folder, text).problem.distance_m[0].tolist() == [0, 5, 5, 1]


def test_ceil_2d_rounds_up_and_euc_2d_to_the_nearest(folder: Path) -> None:
    assert load(folder, VRP.replace("EUC_2D", "CEIL_2D")).problem.distance_m[0].tolist() == [0, 5, 5, 2]
    assert load(folder, VRP.replace("4 1 1", "4 1.5 0")).problem.distance_m[0, 3] == 2


@pytest.mark.parametrize(
    ("layout", "weights"),
    [
        ("FULL_MATRIX", "9 1 2 3\n1 9 4 5\n2 4 9 6\n3 5 6 9"),
        ("LOWER_ROW", "1\n2 4\n3 5 6"),
        ("LOWER_ROW", "1 2 4 3\n5 6"),
        ("LOWER_COL", "1 2 3 4 5 6"),
        ("UPPER_ROW", "1 2 3\n4 5\n6"),
        ("UPPER_COL", "1 2 4 3 5 6"),
        ("LOWER_DIAG_ROW", "0 1 0 2 4 0 3 5 6 0"),
        ("UPPER_DIAG_ROW", "0 1 2 3 0 4 5 0 6 0"),
    ],
)
def test_explicit_weights_are_read_in_every_layout(folder: Path, layout: str, weights: str) -> None:
    instance = load(folder, explicit(layout, weights))
    assert instance.problem.distance_m.tolist() == [[0, 1, 2, 3], [1, 0, 4, 5], [2, 4, 0, 6], [3, 5, 6, 0]]
    assert instance.east is None


def test_a_full_matrix_may_differ_by_direction(folder: Path) -> None:
    text = explicit("FULL_MATRIX", "0 1 2 3\n7 0 4 5\n2 4 0 6\n3 5 6 0").replace(" 1\n -1", " 2\n -1")
    text = text.replace("1 0\n2 6", "1 6\n2 0")
    assert load(folder, text).problem.distance_m.tolist() == [[0, 7, 4, 5], [1, 0, 2, 3], [4, 2, 0, 6], [5, 3, 6, 0]]


def test_explicit_weights_may_come_with_points_to_draw(folder: Path) -> None:
    text = explicit("LOWER_ROW", "1 2 4 3 5 6").replace(
        "DEMAND_SECTION", "DISPLAY_DATA_SECTION\n1 0 0\n2 1 0\n3 2 0\n4 3 0\nDEMAND_SECTION"
    )
    east = load(folder, text).east
    assert east is not None
    assert east.tolist() == [0, 1, 2, 3]


def test_a_vrp_may_limit_the_length_of_a_route_and_the_fleet(folder: Path) -> None:
    text = VRP.replace("CAPACITY", "DISTANCE: 200.5\nSERVICE_TIME: 10\nVEHICLES: 2\nCAPACITY")
    problem = load(folder, text).problem
    assert [(v.vehicle_id, v.shift_end_s) for v in problem.vehicles] == [("1", 200), ("2", 200)]
    assert {stop.service_s for stop in problem.stops} == {10}


@pytest.mark.parametrize(
    ("comment", "best"),
    [
        ("Optimal value: 784", 784),
        ("Best value 1159", 1159),
        ("Best known: 27591)", 27591),
        ("best-known solution = 5", 5),
        ("Best value: 524.61", None),
        ("Generated by Uchoa et al. (2013)", None),
        ("the best of 3", None),
    ],
)
def test_the_best_known_cost_stands_in_the_comment_if_it_is_whole(folder: Path, comment: str, best: int | None) -> None:
    text = VRP.replace("(By hand, No of trucks: 2, Optimal value: 23)", comment)
    assert load(folder, text).best_known == best


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2 3 4\n", "2 3\n", "line 9: there are 2 numbers, not 3"),
        ("2 3 4\n", "2 3 four\n", "line 9: '2 3 four' is not a row of numbers"),
        ("2 3 4\n", "2 3 nan\n", "line 9: a number is not below"),
        ("2 3 4\n", "2 3 1e300\n", "line 9: a number is not below"),
        ("2 3 4\n", "", "NODE_COORD_SECTION has 3 rows, DIMENSION says 4"),
        ("2 3 4\n", "1 3 4\n", "does not number the nodes"),
        ("2 6\n", "2 6.5\n", "the demand of node 2 is 6.5"),
        ("2 6\n", "2 -6\n", "the demand of node 2 is -6"),
        ("1 0\n2 6", "1 1\n2 6", "the depot has a demand"),
        ("DIMENSION : 4\n", "", "DIMENSION says nothing"),
        ("DIMENSION : 4\n", "DIMENSION : four\n", "DIMENSION is 'four'"),
        ("CAPACITY : 10\n", "", "there is no CAPACITY"),
        ("CAPACITY : 10\n", "CAPACITY : -1\n", "CAPACITY is '-1'"),
        (" 1\n -1", " 1\n 2\n -1", "DEPOT_SECTION"),
        (" 1\n -1", " 5\n -1", "DEPOT_SECTION"),
        ("DEPOT_SECTION\n 1\n -1\nEOF\n", "", "DEPOT_SECTION"),
        ("DEMAND_SECTION\n1 0", "TIME_WINDOW_SECTION\n1 0", "line 12: TIME_WINDOW_SECTION is not understood"),
        ("NODE_COORD_SECTION\n", "", "line 7: numbers that belong to no section"),
        ("EUC_2D", "GEO", "EDGE_WEIGHT_TYPE is GEO"),
        ("EUC_2D", "EXPLICIT", "EDGE_WEIGHT_FORMAT is nothing"),
        ("EUC_2D", "EXPLICIT\nEDGE_WEIGHT_FORMAT: LOWER_ROW", "EDGE_WEIGHT_SECTION has 0 numbers, LOWER_ROW needs 6"),
        ("TYPE : CVRP", "TYPE : TSP", "TYPE is TSP"),
        ("TYPE : CVRP\n", "", "TYPE is nothing"),
        ("2 3 4\n", "2 9e10 4\n", "1000000000"),
    ],
)
def test_what_is_wrong_with_a_vrp_is_named(folder: Path, old: str, new: str, says: str) -> None:
    assert old in VRP
    with pytest.raises(Unacceptable) as refused:
        load(folder, VRP.replace(old, new, 1))
    assert str(refused.value).startswith("tiny.vrp")
    assert says in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["tiny.vrp", "tiny.txt", "tiny.sol", "tiny.json"])
@pytest.mark.parametrize("content", [b"", b" \r\n", b"\x89PNG\r\n\x1a\n\0\0", b"hello", b"\xff\xfe", b"1 2 3", b"EOF"])
def test_what_is_no_such_file_is_refused_by_name(folder: Path, name: str, content: bytes) -> None:
    with pytest.raises(Unacceptable, match=r"^tiny\.(vrp|txt|sol|json)"):
        if name.endswith(".sol"):
            (folder / name).write_bytes(content)
            load_solution(folder / name, load(folder, VRP))
        else:
            load(folder, content, name)


@pytest.mark.parametrize("length", range(len(VRP) + 1))
def test_a_vrp_cut_short_is_refused_or_complete(folder: Path, length: int) -> None:
    try:
        instance = load(folder, VRP[:length])
    except Unacceptable:
        return
    assert length >= VRP.index("EOF") - 1
    assert len(instance.problem.stops) == 3


def test_a_file_of_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(Unacceptable, match=r"\.vrp, \.txt or \.json"):
        load(folder, VRP, "tiny.tsp")
    with pytest.raises(Unacceptable, match=r"\.sol or \.json"):
        load_solution(folder / "plan.csv", load(folder, VRP))


def test_a_solomon_file_is_read_ten_times_as_large_and_truncated(folder: Path) -> None:
    instance = load(folder, SOLOMON, "tiny.txt")
    problem = instance.problem
    assert (instance.name, instance.cost_decimals) == ("TINY101", 1)
    assert problem.distance_m.tolist() == [[0, 14, 50], [14, 0, 36], [50, 36, 0]]
    assert problem.duration_s is problem.distance_m
    assert [(s.stop_id, s.weight_g, s.service_s, s.windows) for s in problem.stops] == [
        ("1", 10, 50, (Window(100, 201),)),
        ("2", 20, 100, (Window(0, 301),)),
    ]
    assert [(v.vehicle_id, v.capacity_g, v.shift_start_s, v.shift_end_s, v.fixed_cost_m) for v in problem.vehicles] == [
        ("1", 200, 0, 1_000, 0),
        ("2", 200, 0, 1_000, 0),
    ]


def test_a_solomon_file_may_have_tabs_crlf_and_one_decimal(folder: Path) -> None:
    text = "\r\n".join(
        "\t".join(line.split()) for line in SOLOMON.replace("30         10", "30.05      0.75").splitlines()
    )
    _, late = load(folder, text, "tiny.txt").problem.stops
    assert (late.windows, late.service_s) == ((Window(0, 301),), 7)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    2      3", "    3      3", "line 12: customer 3 stands where 2 belongs"),
        ("30         10", "30", "line 12: there are 6 numbers, not 7"),
        ("  2         200", "  2", "line 5: there are 1 numbers, not 2"),
        ("20          0", "2.5         0", "the demand of customer 2 is 2.5"),
        ("10        20          5", "21        20          5", "stop 1: window"),
        ("VEHICLE\n", "VEHICULE\n", "line 3"),
        ("SERVICE   TIME\n", "SERVICE   TIME\n1 2 3 4 5 6 7 8\n", "line 9: there are 8 numbers, not 7"),
    ],
)
def test_what_is_wrong_with_a_solomon_file_is_named(folder: Path, old: str, new: str, says: str) -> None:
    assert old in SOLOMON
    with pytest.raises(Unacceptable) as refused:
        load(folder, SOLOMON.replace(old, new, 1), "tiny.txt")
    assert str(refused.value).startswith("tiny.txt")
    assert says in str(refused.value)


def solution(folder: Path, instance: Instance, text: str) -> list[tuple[Fault, str]]:
    (folder / "plan.sol").write_text(text, encoding="utf-8")
    plan = load_solution(folder / "plan.sol", instance).plan
    return [(one.fault, one.subject) for one in check_plan(instance.problem, plan)]


def test_a_sol_written_is_read_back_the_same(folder: Path) -> None:
    for instance, cost in ((load(folder, VRP), "15"), (load(folder, SOLOMON, "tiny.txt"), "10.0")):
        plan = ridden(instance, [["1", "2"], ["3"]] if instance.cost_decimals == 0 else [["1", "2"]])
        text = sol_text(instance, plan)
        assert text.startswith("Route #1: 1 2\n")
        assert text.endswith(f"Cost {cost}\n")
        (folder / "plan.sol").write_text(text, encoding="utf-8")
        read = load_solution(folder / "plan.sol", instance)
        assert read.plan == plan
        assert read.stated_cost == plan.cost.total_m
        (folder / "plan.json").write_text(plan_json(plan), encoding="utf-8")
        assert load_solution(folder / "plan.json", instance).plan == plan


def test_a_right_sol_has_nothing_wrong(folder: Path) -> None:
    assert solution(folder, load(folder, VRP), "Route #1: 1 2\nRoute #2: 3\nCost 15\n") == []
    assert solution(folder, load(folder, SOLOMON, "tiny.txt"), "Route #1: 1 2\nCost 10.0") == []


def test_a_sol_may_be_written_in_many_ways(folder: Path) -> None:
    instance = load(folder, VRP)
    assert (
        solution(
            folder, instance, "Instance: tiny\r\nroute 1 :\t2  1\r\nRoute #2:\r\nROUTE #7: 3\r\ncost: 15.00\r\nTime 3"
        )
        == []
    )
    assert load_solution(folder / "plan.sol", instance).stated_cost == Decimal(15)


@pytest.mark.parametrize(
    ("text", "fault", "subject"),
    [
        ("Route #1: 1 2", Fault.STOP_MISSING, "3"),
        ("Route #1: 1 2\nRoute #2: 3 3", Fault.STOP_REPEATED, "3"),
        ("Route #1: 1 3\nRoute #2: 2", Fault.OVER_WEIGHT, "1"),
    ],
)
def test_what_is_wrong_with_the_routes_is_for_the_judge(folder: Path, text: str, fault: Fault, subject: str) -> None:
    assert (fault, subject) in solution(folder, load(folder, VRP), text)


def test_a_window_passed_and_a_vehicle_too_many_are_for_the_judge(folder: Path) -> None:
    assert solution(folder, load(folder, SOLOMON, "tiny.txt"), "Route #1: 2 1") == []
    strict = SOLOMON.replace("10        20          5", "10      18.5          5")
    assert (Fault.OUTSIDE_WINDOW, "1") in solution(folder, load(folder, strict, "tiny.txt"), "Route #1: 2 1")
    one = load(folder, SOLOMON.replace("  2         200", "  1         200"), "tiny.txt")
    assert (Fault.UNKNOWN_VEHICLE, "2") in solution(folder, one, "Route #1: 2\nRoute #2: 1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Route #1: 1 2\nRoute #2: 4\n", "line 2: there is no customer 4"),
        ("Route #1: 0 1 2 0\n", "line 1: there is no customer 0"),
        ("Route #1: 1 2\nRoute two: 3\n", "line 2: 'Route two: 3' is not understood"),
        ("Nothing here\n", "has no routes"),
    ],
)
def test_what_is_wrong_with_a_sol_is_named(folder: Path, text: str, says: str) -> None:
    with pytest.raises(Unacceptable, match=r"^plan\.sol") as refused:
        solution(folder, load(folder, VRP), text)
    assert says in str(refused.value)


def test_our_json_has_no_sol(folder: Path) -> None:
    example = load_instance(REFERENCE / "route-example.json")
    with pytest.raises(Unacceptable, match=r"\.sol"):
        cost_text(example, 1)
    with pytest.raises(Unacceptable, match=r"\.sol"):
        solution(folder, example, "Route #1: 1")


def test_our_json_lies_on_a_flat_map() -> None:
    example = load_instance(REFERENCE / "route-example.json")
    assert example.east is not None
    assert example.north is not None
    assert example.north[1] > example.north[0]
    assert example.east[1] < example.east[0]
    assert example.length_text(1_250) == "1.2 km"


def test_costs_are_written_in_the_unit_of_the_file(folder: Path) -> None:
    vrp, solomon = load(folder, VRP), load(folder, SOLOMON, "tiny.txt")
    assert (cost_text(vrp, 12_784), cost_text(solomon, 8_273), cost_text(solomon, 8_270)) == ("12784", "827.3", "827.0")
    assert (vrp.length_text(12_784), solomon.length_text(8_273)) == ("12,784", "827.3")


def test_a_large_vrp_is_read_in_seconds(folder: Path) -> None:
    nodes = 3_001
    places = np.random.default_rng(7).integers(0, 10_000, (nodes, 2))
    rows = "\n".join(f"{node} {x} {y}" for node, (x, y) in enumerate(places, start=1))
    demands = "\n".join(f"{node} {int(node > 1)}" for node in range(1, nodes + 1))
    head = VRP.partition("NODE_COORD_SECTION")[0].replace("DIMENSION : 4", f"DIMENSION : {nodes}")
    text = f"{head}NODE_COORD_SECTION\n{rows}\nDEMAND_SECTION\n{demands}\nDEPOT_SECTION\n1\n-1\nEOF\n"
    instance = load(folder, text)
    assert quiet_seconds(lambda: load(folder, text)) < 5
    assert len(instance.problem.vehicles) == nodes - 1
    x, y = places[5] - places[9]
    assert instance.problem.distance_m[5, 9] == round((x * x + y * y) ** 0.5)


def test_routes_without_a_fleet_are_refused(folder: Path) -> None:
    instance = load(folder, VRP.replace("CAPACITY", "VEHICLES: 0\nCAPACITY"))
    with pytest.raises(Unacceptable, match="tiny has no vehicle"):
        ridden(instance, [["1"]])
