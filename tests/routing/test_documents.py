"""Problems and plans as JSON: what is written is read back the same, and every fault is named by its path."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.routing.documents import (
    SHOWN_FAULTS,
    plan_json,
    problem_json,
    problem_of,
    read_plan,
    read_problem,
    schemas,
)
from post_logistics.routing.matrix import durations, road_estimate
from post_logistics.routing.plan import Cost, DepotReturn, Reason, Rest, RoutePlan, Tour, Unserved, Visit
from post_logistics.routing.problem import UNREACHABLE, Break, RoutingProblem, Window
from tests.routing.worlds import problems, stop, street, vehicle

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
EXAMPLE = REFERENCE / "route-example.json"

RICH_PLAN = RoutePlan(
    tours=(
        Tour(
            vehicle_id="R01",
            depart_s=100,
            visits=(Visit("A", 200, 260), Visit("খ", 900, 900)),
            return_s=1_000,
            distance_m=400,
            work_s=460,
            parcels=2,
            weight_g=0,
            cash_poisha=5,
            returns=(DepotReturn(1, 300, 400),),
            rest=Rest(400, 800),
        ),
    ),
    unserved=(Unserved("B", Reason.LOADS_FULL),),
    cost=Cost(left_behind=1, distance_m=400),
)


def document(**changes: Any) -> dict[str, Any]:
    """The smallest problem there is, with changes."""
    small: dict[str, Any] = {
        "stops": [],
        "vehicles": [],
        "distance_m": [[0, 5], [5, 0]],
        "duration_s": [[0, 1], [1, 0]],
    }
    return {name: fact for name, fact in (small | changes).items() if fact is not None}


def loaded(**changes: Any) -> RoutingProblem:
    return problem_of(read_problem(json.dumps(document(**changes)), "day.json"))


def assert_same(one: RoutingProblem, other: RoutingProblem) -> None:
    assert (one.stops, one.vehicles) == (other.stops, other.vehicles)
    assert (one.off_beat_m, one.fairness_m) == (other.off_beat_m, other.fairness_m)
    for name in ("distance_m", "duration_s"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    for name in ("kind_distance_m", "kind_duration_s"):
        assert list(getattr(one, name)) == list(getattr(other, name))
        for kind, matrix in getattr(one, name).items():
            np.testing.assert_array_equal(matrix, getattr(other, name)[kind])


@given(problems())
@settings(max_examples=50, deadline=None)
def test_a_problem_written_is_read_back_the_same(problem: RoutingProblem) -> None:
    assert_same(problem_of(read_problem(problem_json(problem), "day.json")), problem)


def test_a_problem_with_everything_is_read_back_the_same() -> None:
    rich_stop = stop(
        "খ-1",
        1,
        parcels=0,
        volume_ml=7,
        pickup=True,
        prize_m=0,
        skills=frozenset({"van", "key"}),
        door="D",
        beat="7",
        windows=(Window(1, 2), Window(2, 9)),
    )
    rich_vehicle = vehicle(
        capacity_ml=7,
        max_stops=1,
        max_returns=2,
        reload_s=60,
        pause=Break(earliest_s=1, latest_s=1, duration_s=1),
        start_node=2,
        end_node=3,
        hour_cost_m=3,
        speed_pct=(80,) * 24,
        beats=frozenset({"7", "8"}),
        frozen=(Visit("খ-1", 5, 6),),
    )
    plain = street([rich_stop], [rich_vehicle])
    cut = plain.distance_m.copy()
    cut[1, 2] = UNREACHABLE
    problem = RoutingProblem(
        stops=plain.stops,
        vehicles=plain.vehicles,
        distance_m=cut,
        duration_s=cut,
        kind_distance_m={"van": cut},
        kind_duration_s={"van": cut},
        off_beat_m=4,
        fairness_m=5,
    )
    text = problem_json(problem)
    assert_same(problem_of(read_problem(text, "day.json")), problem)
    assert json.loads(text)["distance_m"][1][2] is None
    assert json.loads(text)["stops"][0]["skills"] == ["key", "van"]


def test_a_plan_written_is_read_back_the_same() -> None:
    assert read_plan(plan_json(RICH_PLAN), "plan.json") == RICH_PLAN


def test_null_in_a_matrix_says_that_there_is_no_way() -> None:
    problem = loaded(distance_m=[[0, None], [3, 0]], duration_s=[[0, None], [9, 0]])
    assert problem.distance_m.tolist() == [[0, UNREACHABLE], [3, 0]]


def test_the_example_gets_its_matrices_from_points_and_speeds() -> None:
    example = read_problem(EXAMPLE.read_bytes(), EXAMPLE.name)
    problem, points = problem_of(example), example.points or ()
    estimate_m = road_estimate([point.lat_deg for point in points], [point.lon_deg for point in points])
    np.testing.assert_array_equal(problem.distance_m, estimate_m)
    bicycle, van = problem.vehicles
    np.testing.assert_array_equal(problem.travel_s(bicycle), durations(estimate_m, 10_000))
    np.testing.assert_array_equal(problem.travel_s(van), durations(estimate_m, 17_000))


def test_a_kind_with_its_own_roads_travels_them_at_its_own_speed() -> None:
    rider = {"capacity_g": 1, "capacity_parcels": 1, "cash_cap_poisha": 0, "shift_start_s": 0, "shift_end_s": 9}
    vans = [{"vehicle_id": "V", "kind": "van", **rider}]
    problem = loaded(
        vehicles=vans,
        duration_s=None,
        speed_m_per_h={"foot": 3_600, "van": 3_600},
        kind_distance_m={"van": [[0, 7], [7, 0]]},
    )
    assert problem.duration_s.tolist() == [[0, 5], [5, 0]]
    assert problem.travel_s(problem.vehicles[0]).tolist() == [[0, 7], [7, 0]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"stops": [{"stop_id": "A", "node": 1, "weight_g": "3"}]}, "stops[0].weight_g: should be a valid integer"),
        ({"stops": [{"stop_id": "A", "node": 1, "weight_g": True}]}, "stops[0].weight_g"),
        ({"stops": [{"stop_id": "A", "node": 1, "weight_g": 1.0}]}, "stops[0].weight_g"),
        ({"stops": [{"stop_id": "A", "node": 1, "wieght_g": 1}]}, "stops[0].wieght_g: there is no such field"),
        ({"stops": [{"stop_id": "A"}]}, "stops[0].node: is missing"),
        ({"stops": None}, "stops: is missing"),
        ({"riders": []}, "riders: there is no such field"),
        ({"distance_m": [[0, -1], [5, 0]]}, "distance_m[0][1]"),
        ({"distance_m": [[0, UNREACHABLE], [5, 0]]}, "distance_m[0][1]"),
        ({"distance_m": [[0, 5], [5]]}, "distance_m[1] has 1 entries"),
        ({"distance_m": None}, "how far"),
        ({"distance_m": None, "points": []}, "how far"),
        ({"duration_s": None}, "speed_m_per_h"),
        ({"speed_m_per_h": {"van": 5}}, "not both"),
        ({"points": [{"lat_deg": 23, "lon_deg": 90}]}, "1 points, but distance_m has 2 rows"),
        ({"points": [{"lat_deg": 91, "lon_deg": 90}]}, "points[0].lat_deg"),
        ({"distance_m": []}, "shape"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_problem_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        loaded(**changes)
    assert says in str(refused.value)
    assert refused.value.remedy


def test_a_kind_without_a_speed_is_named() -> None:
    rider = {"capacity_g": 1, "capacity_parcels": 1, "cash_cap_poisha": 0, "shift_start_s": 0, "shift_end_s": 9}
    with pytest.raises(Unacceptable, match=r"vehicles\[0\]\.kind: there is no speed for a van"):
        loaded(vehicles=[{"vehicle_id": "V", "kind": "van", **rider}], duration_s=None, speed_m_per_h={"foot": 1})


def test_all_faults_are_told_at_once_up_to_a_number() -> None:
    with pytest.raises(Unacceptable) as refused:
        loaded(stops=[{"stop_id": "A", "node": 1, "parcels": -0.5, "weight_g": "x"}])
    assert "stops[0].parcels" in str(refused.value)
    assert "stops[0].weight_g" in str(refused.value)
    for faults, more in ((SHOWN_FAULTS, "more"), (SHOWN_FAULTS + 1, "and 1 more")):
        with pytest.raises(Unacceptable) as refused:
            loaded(stops=[{"stop_id": 1, "node": 1}] * faults)
        assert (more in refused.value.message) == (faults > SHOWN_FAULTS)
        assert len(refused.value.facts["faults"]) == faults


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe\0", b'{"stops": NaN}', b"[" * 10_000])
def test_what_is_no_document_is_refused_by_name(text: bytes) -> None:
    for read in (read_problem, read_plan):
        with pytest.raises(Unacceptable, match=r"^day\.json: "):
            read(text, "day.json")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | inner))
@settings(max_examples=30, deadline=None)
def test_anything_in_a_field_is_taken_or_refused(fact: object) -> None:
    for name in ("stops", "points", "distance_m", "speed_m_per_h", "off_beat_m"):
        try:
            loaded(**{name: fact})
        except Unacceptable:
            continue


@pytest.mark.parametrize("name", ["problem", "plan"])
def test_the_published_schema_is_that_of_the_code(name: str) -> None:
    published = (REFERENCE / f"routing-{name}.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == json.loads(json.dumps(schemas()[name])), (
        f"post-logistics route schema {name} > docs/reference/routing-{name}.schema.json"
    )


def test_every_field_of_the_schema_is_closed() -> None:
    for schema in schemas().values():
        objects = [schema, *(one for one in schema["$defs"].values() if one["type"] == "object")]
        assert all(one["additionalProperties"] is False for one in objects)
        assert all(one["description"] for one in objects)
