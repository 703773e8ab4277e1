"""Routing problems and plans as JSON: strict in, exact out, with a published schema.

A problem has the fields of `RoutingProblem`. Its distances are given, or estimated from ``points``; its durations are
given, or made from the distances and ``speed_m_per_h``. In a matrix null says that there is no way.
"""

import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from post_logistics.errors import Unacceptable
from post_logistics.routing.matrix import durations, road_estimate
from post_logistics.routing.plan import Cost, RoutePlan, Tour, Unserved
from post_logistics.routing.problem import UNREACHABLE, Matrix, RoutingProblem, Stop, Vehicle

SHOWN_FAULTS = 20
"""How many faults of a document are told at once."""

Rows = list[list[Annotated[int, Field(ge=0, lt=UNREACHABLE)] | None]]
"""A matrix, row = from, column = to; null: there is no way."""

_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a node lies."""

    lat_deg: Annotated[float, Field(ge=-90, le=90)]
    lon_deg: Annotated[float, Field(ge=-180, le=180)]


class ProblemDocument(BaseModel):
    """A routing problem: who goes out from where, and which doors are to be called at.

    Node i of the stops and vehicles is row i of the matrices and entry i of ``points``; node 0 is the office.
    Without ``distance_m`` the roads between the points are estimated. Without ``duration_s`` each kind of vehicle
    travels at its ``speed_m_per_h``.
    """

    model_config = _STRICT

    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    points: tuple[Point, ...] | None = None
    distance_m: Rows | None = None
    duration_s: Rows | None = None
    kind_distance_m: dict[str, Rows] = {}
    kind_duration_s: dict[str, Rows] = {}
    speed_m_per_h: dict[str, Annotated[int, Field(ge=1, le=1_000_000)]] = {}
    off_beat_m: int = 0
    fairness_m: int = 0


class PlanDocument(BaseModel):
    """A plan of tours, with the stops left out and why, and what it costs in metres of driving."""

    model_config = _STRICT

    tours: tuple[Tour, ...]
    unserved: tuple[Unserved, ...]
    cost: Cost


_Document = TypeVar("_Document", bound=BaseModel)


def read_problem(text: bytes | str, name: str) -> ProblemDocument:
    """The problem document of a JSON text; Unacceptable names every fault by its path, such as stops[3].weight_g."""
    return _read(ProblemDocument, text, name)


def read_plan(text: bytes | str, name: str) -> RoutePlan:
    """The plan of a JSON text; Unacceptable names every fault by its path. Whether it is right says `check_plan`."""
    document = _read(PlanDocument, text, name)
    return RoutePlan(document.tours, document.unserved, document.cost)


def problem_of(document: ProblemDocument) -> RoutingProblem:
    """The problem that a document states, its matrices made where they are not given.

    Raises Unacceptable if matrices can neither be read nor made, ProblemRefused if what is there does not fit together.
    """
    distance_m = _distances(document)
    kind_distance_m = {kind: _matrix(f"kind_distance_m.{kind}", m) for kind, m in document.kind_distance_m.items()}
    if document.duration_s is not None and not document.speed_m_per_h:
        duration_s = _matrix("duration_s", document.duration_s)
        kind_duration_s = {kind: _matrix(f"kind_duration_s.{kind}", m) for kind, m in document.kind_duration_s.items()}
    elif document.duration_s is None and document.speed_m_per_h and not document.kind_duration_s:
        duration_s, kind_duration_s = _travel(document, distance_m, kind_distance_m)
    else:
        raise Unacceptable(
            "travel times come from duration_s and kind_duration_s, or from speed_m_per_h",
            field="duration_s",
            remedy="give the matrices, or the speed of each kind of vehicle, not both",
        )
    return RoutingProblem(
        stops=document.stops,
        vehicles=document.vehicles,
        distance_m=distance_m,
        duration_s=duration_s,
        kind_distance_m=kind_distance_m,
        kind_duration_s=kind_duration_s,
        off_beat_m=document.off_beat_m,
        fairness_m=document.fairness_m,
    )


def problem_json(problem: RoutingProblem) -> str:
    """The problem as a JSON text with its matrices; read back it is the same problem, to the last field."""
    matrices = {name: _rows(getattr(problem, name)) for name in ("distance_m", "duration_s")}
    by_kind = {
        name: {kind: _rows(matrix) for kind, matrix in getattr(problem, name).items()}
        for name in ("kind_distance_m", "kind_duration_s")
    }
    lists = {"stops": _plain(problem.stops), "vehicles": _plain(problem.vehicles)}
    weights = {"off_beat_m": problem.off_beat_m, "fairness_m": problem.fairness_m}
    return json.dumps(lists | matrices | by_kind | weights, ensure_ascii=False) + "\n"


def plan_json(plan: RoutePlan) -> str:
    """The plan as a JSON text; read back it is the same plan, to the second."""
    document = {"tours": _plain(plan.tours), "unserved": _plain(plan.unserved), "cost": asdict(plan.cost)}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema (draft 2020-12) of each document: ``problem`` and ``plan``."""
    documents: dict[str, type[BaseModel]] = {"problem": ProblemDocument, "plan": PlanDocument}
    return {
        name: {
            "$schema": GenerateJsonSchema.schema_dialect,
            **document.model_json_schema(schema_generator=_Untitled),
            "title": f"Routing {name}",
        }
        for name, document in documents.items()
    }


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles of fields, which only repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _read(kind: type[_Document], text: bytes | str, name: str) -> _Document:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        faults = [(_path(one["loc"]), _words(one["type"], one["msg"])) for one in error.errors(include_url=False)]
    told = "; ".join(f"{path}: {words}" if path else words for path, words in faults[:SHOWN_FAULTS])
    more = f"; and {len(faults) - SHOWN_FAULTS} more" if len(faults) > SHOWN_FAULTS else ""
    raise Unacceptable(
        f"{name}: {told}{more}",
        remedy="correct what is named; the schemas are in docs/reference and docs/guides/route-files.md explains them",
        faults=[f"{path}: {words}" for path, words in faults],
    )


def _path(steps: tuple[str | int, ...]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def _words(fault: str, message: str) -> str:
    """A fault as we say it, where pydantic speaks of keyword arguments and inputs."""
    if fault == "missing":
        return "is missing"
    if fault in {"extra_forbidden", "unexpected_keyword_argument"}:
        return "there is no such field"
    return message.replace("Input should", "should")


def _distances(document: ProblemDocument) -> Matrix:
    """As given, or estimated from the points."""
    points = document.points
    if document.distance_m is not None:
        distance_m = _matrix("distance_m", document.distance_m)
        if points is not None and len(points) != len(distance_m):
            raise Unacceptable(
                f"there are {len(points)} points, but distance_m has {len(distance_m)} rows",
                field="points",
                remedy="give a point for each row, or none at all",
            )
        return distance_m
    if not points:
        raise Unacceptable(
            "nothing says how far it is", field="distance_m", remedy="give distance_m, or the points of all nodes"
        )
    return road_estimate([point.lat_deg for point in points], [point.lon_deg for point in points])


def _travel(
    document: ProblemDocument, distance_m: Matrix, kind_distance_m: dict[str, Matrix]
) -> tuple[Matrix, dict[str, Matrix]]:
    """Travel times at the speed of the kind named first, and those of every other kind that differ."""
    speeds = document.speed_m_per_h
    for index, vehicle in enumerate(document.vehicles):
        if vehicle.kind not in speeds:
            raise Unacceptable(
                f"vehicles[{index}].kind: there is no speed for a {vehicle.kind}",
                field="speed_m_per_h",
                remedy="add the speed of that kind in metres an hour",
            )
    usual_m_per_h = next(iter(speeds.values()))
    kinds = {
        kind: durations(kind_distance_m.get(kind, distance_m), speed)
        for kind, speed in speeds.items()
        if speed != usual_m_per_h or kind in kind_distance_m
    }
    return durations(distance_m, usual_m_per_h), kinds


def _matrix(name: str, rows: Rows) -> Matrix:
    for number, row in enumerate(rows):
        if len(row) != len(rows):
            raise Unacceptable(
                f"{name}[{number}] has {len(row)} entries, but there are {len(rows)} rows",
                field=name,
                remedy="give as many columns as rows",
            )
    whole = [[UNREACHABLE if entry is None else entry for entry in row] for row in rows]
    return np.array(whole, dtype=np.int64).reshape(len(rows), len(rows))


def _rows(matrix: Matrix) -> Rows:
    rows: Rows = matrix.tolist()
    if (matrix == UNREACHABLE).any():
        return [[None if entry == UNREACHABLE else entry for entry in row] for row in rows]
    return rows


def _plain(value: Any) -> Any:
    """A value as JSON has it: fields that say what is so without them left out, sets in order."""
    if is_dataclass(value):
        stated = ((one.name, getattr(value, one.name), one.default) for one in fields(value))
        return {name: _plain(fact) for name, fact, default in stated if fact != default}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return sorted(value) if isinstance(value, frozenset) else value
