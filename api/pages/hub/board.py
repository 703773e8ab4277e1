"""The first page of a hub: how many wait, are out, are late, and who looks into what is wrong."""

from collections.abc import Mapping
from typing import Final

from fastapi import Response

from api.context import InTransaction
from api.pages.hub.frame import Here, hub_page, today
from api.pages.shell import OurVisit, Visit
from api.slices import Slice
from post_logistics.errors import NotFound
from post_logistics.operations.custody.office_days import Group, office_day
from post_logistics.operations.tours.doors import ready_items
from post_logistics.operations.tours.planning import OfficePlan, load_day
from post_logistics.storage.custody.exceptions import Kind
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode

router = Slice(include_in_schema=False)

GROUPS: Final[Mapping[Group, str]] = {
    Group.WAITING: "Waiting to go out",
    Group.LOADING: "Being made ready",
    Group.OUT: "Out with riders",
    Group.AGENTS: "At collection points",
    Group.COMING: "On the way here",
    Group.LATE: "Later than promised",
    Group.HERE: "Everything at the office",
}
_BANDS: Final = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 6), (7, 13), (14, None))
"""Days that are counted together: first and last."""


@router.get("/hub")
def page_hub(found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """What a manager looks at first, each figure with the list behind it."""
    facts = found.engine.facts
    day = office_day(connection, facts, facts.points, office, found.at)
    plan = plan_in_force(connection, found, office)
    planned = {item for sheet in plan.sheets for item in sheet.items} if plan else set()
    return hub_page(
        found,
        "hub/board.html",
        board_day=day,
        groups=GROUPS,
        gaps=day.board.exceptions.get(Kind.OVERDUE, 0),
        ages=banded(found, day.ages),
        plan=plan,
        unplanned=sum(item not in planned for item in ready_items(connection, office)),
    )


def plan_in_force(connection: Connection, found: Visit, office: Postcode) -> OfficePlan | None:
    """The approved tours of today, if there are any."""
    try:
        return load_day(connection, office, today(found))
    except NotFound:
        return None


def banded(found: Visit, ages: Mapping[int, int]) -> list[tuple[str, int]]:
    """Days, those far back counted together, and how many parcels have been lying so long."""
    bands = []
    for first, last in _BANDS:
        name = str(first) if last == first else f"{first}–{last}" if last else f"{first}+"
        bands.append((found.digits(name), sum(n for days, n in ages.items() if first <= days <= (last or days))))
    return bands
