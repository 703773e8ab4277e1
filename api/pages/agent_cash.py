"""Agents at the counter of their parent office: they hand in their cash, pay in float, and are given float back."""

from collections.abc import Mapping
from typing import Annotated
from uuid import uuid4

from fastapi import Path, Response

from api.context import InTransaction
from api.pages.code import code
from api.pages.counting import count_of, problems_of, variances, worths_on
from api.pages.forms import NOTHING, Typed, amount_of, attempt, id_of, refused
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.station import Here
from api.slices import Slice
from post_logistics.errors import PostError, Unacceptable
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.money.agents import (
    Standing,
    hand_in,
    pay_in_float,
    pay_out_float,
    standing_of_agent,
    standings_of_agents,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money.agents import HandIn
from post_logistics.units import DHAKA, Postcode

router = Slice(include_in_schema=False)

PointId = Annotated[str, Path(max_length=64)]


def agents_of(found: Visit, connection: Connection, office: Postcode) -> list[tuple[CollectionPoint, Standing]]:
    """The agents of an office, and what each has; those with cash first."""
    points = [point for point in found.engine.facts.points.of_office(office) if point.is_agent]
    both = zip(points, standings_of_agents(connection, [point.point_id for point in points]), strict=True)
    return sorted(both, key=lambda one: (not one[1].cash_poisha, one[0].point_id))


@router.get("/station/agents/{point_id}")
def page_station_agent(point_id: PointId, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """What an agent of this office has, the sheet to count its cash, and its float."""
    return _agent(found, connection, _of_here(found, office, point_id))


def _of_here(found: Visit, office: Postcode, point_id: str) -> CollectionPoint:
    point = found.engine.facts.points.get(point_id, office)
    if not point.is_agent:
        raise Unacceptable(f"{point_id} is kept by no agent", field="point_id", remedy="choose one from the day close")
    return point


def _worths(found: Visit) -> tuple[int, ...]:
    return worths_on(found, found.at.astimezone(DHAKA).date())


def _agent(
    found: Visit,
    connection: Connection,
    point: CollectionPoint,
    *,
    counted: Typed = NOTHING,
    paid: Typed = NOTHING,
) -> Response:
    stands = standing_of_agent(connection, point.point_id)
    return page(
        found,
        "station/agent.html",
        max(counted.status, paid.status),
        code=code,
        point=point,
        stands=stands,
        worths=_worths(found),
        reasons=variances(found),
        counted=counted,
        paid=paid,
        new_id=uuid4(),
    )


@router.post("/station/agents/{point_id}/hand-ins")
def page_station_agent_handed_in(
    point_id: PointId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """The agent's cash is in the till; or the sheet again, where something does not fit."""
    point = _of_here(found, office, point_id)
    made = attempt(connection, lambda: _handed_in(found, connection, point, said))
    if isinstance(made, PostError):
        stands = standing_of_agent(connection, point_id)
        typed = Typed(said, problems_of(found, _worths(found), stands.owed_poisha, said, made))
        return _agent(found, connection, point, counted=typed)
    return go(f"/station/agents/{point_id}", found, said="Handed in: the cash is in the till.")


def _handed_in(found: Visit, connection: Connection, point: CollectionPoint, said: Mapping[str, str]) -> HandIn:
    count = count_of(said, _worths(found), found.who.actor)
    return hand_in(connection, found.engine.facts, point, hand_in_id=id_of(said, "id"), count=count, at=found.at)


@router.post("/station/agents/{point_id}/float")
def page_station_agent_float(
    point_id: PointId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """Float is paid into the till, or given back out of it."""
    point = _of_here(found, office, point_id)
    is_back = bool(said.get("back"))
    made = attempt(connection, lambda: _moved(found, connection, point, said, is_back=is_back))
    if isinstance(made, PostError):
        return _agent(found, connection, point, paid=refused(found, said, made, {"amount_poisha"}))
    done = "The float is given back." if is_back else "The float is paid in."
    return go(f"/station/agents/{point_id}", found, said=done)


def _moved(
    found: Visit, connection: Connection, point: CollectionPoint, said: Mapping[str, str], *, is_back: bool
) -> Standing:
    amount_poisha, move = (
        amount_of(said.get("amount_taka", ""), "amount_poisha"),
        pay_out_float if is_back else pay_in_float,
    )
    return move(connection, point, amount_poisha, id_of(said, "id"), found.at)
