"""Agents: where they are, what they offer and earn, their float, the cash on them, and how much more they may take."""

from typing import Annotated, Final

from fastapi import Query, Response

from api.context import InTransaction
from api.pages.admin.frame import shown
from api.pages.maps import Mark, drawn
from api.pages.shell import OurVisit
from api.slices import Slice
from post_logistics.access.roles import Role
from post_logistics.operations.money.agents import standings_of_agents
from post_logistics.storage.access.finding import load_holders
from post_logistics.units import DHAKA, latin_digits

router = Slice(include_in_schema=False)

_SHOWN: Final = 200


@router.get("/admin/agents")
def page_admin_agents(
    found: OurVisit, connection: InTransaction, office: Annotated[str, Query(max_length=12)] = ""
) -> Response:
    """The agents of an office, or of all; those with cash and the least room for more first."""
    facts, code = found.engine.facts, latin_digits(office.strip())
    points = [point for point in facts.points if point.is_agent and code in {"", point.office}]
    standings = standings_of_agents(connection, [point.point_id for point in points])
    rows = sorted(
        zip(points, standings, strict=True),
        key=lambda row: (not row[1].cash_poisha, row[1].room_poisha, row[0].point_id),
    )
    return shown(
        found,
        "agents.html",
        rows=rows[:_SHOWN],
        count=len(rows),
        office=code,
        keepers=load_holders(connection, Role.AGENT),
        commissions=facts.commissions.on(found.at.astimezone(DHAKA).date()),
        cash_poisha=sum(one.cash_poisha for one in standings),
        float_poisha=sum(one.float_poisha for one in standings),
        map=drawn(facts, found.say("Agents"), [Mark((one.lat_deg, one.lon_deg), "", "now") for one in points[:_SHOWN]]),
    )
