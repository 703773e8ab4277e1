"""Plans of tours: each revision kept, the last one in force."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from post_logistics.errors import Conflict
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import plans


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """The tours of one office on one day. ``sheets`` and ``unserved`` hold item numbers, nothing personal."""

    office: str
    kind: str
    service_on: date
    revision: int
    planned_at: datetime
    distance_m: int
    distance_before_m: int
    sheets: list[dict[str, Any]]
    unserved: list[dict[str, Any]]


def append_plan(connection: Connection, plan: PlanRow) -> None:
    """Keeps the plan as the one in force; Conflict if another of the same revision was kept meanwhile."""
    if not append(connection, plans, [plan], keep_first=True):
        raise Conflict(
            f"somebody else has just planned office {plan.office} for {plan.service_on}",
            field="office",
            remedy="look at that plan, or plan again",
        )


def load_plans(
    connection: Connection, service_on: date, kind: str | None = None, office: str | None = None
) -> list[PlanRow]:
    """The plans in force on that day, of one office or of all, in the order of the offices."""
    last = select(plans).where(plans.c.service_on == service_on)
    if kind is not None:
        last = last.where(plans.c.kind == kind)
    if office is not None:
        last = last.where(plans.c.office == office)
    last = last.ext(distinct_on(plans.c.office, plans.c.kind))
    last = last.order_by(plans.c.office, plans.c.kind, plans.c.revision.desc())
    return read(connection.execute(last), PlanRow)


def next_revision(connection: Connection, office: str, kind: str, service_on: date) -> int:
    """The number of the revision to come; two planners at once get the same, and only one of them keeps its plan."""
    last = select(func.max(plans.c.revision)).where(
        plans.c.office == office, plans.c.kind == kind, plans.c.service_on == service_on
    )
    return (connection.execute(last).scalar() or 0) + 1
