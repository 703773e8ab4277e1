"""Plans of tours that nobody has approved yet: looked at, compared, changed by hand, and then forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import plan_drafts


class DraftState(StrEnum):
    """How far a draft is."""

    SEARCHING = "searching"
    READY = "ready"
    FAILED = "failed"
    APPROVED = "approved"


class Method(StrEnum):
    """How its tours are found."""

    ANEW = "anew"
    """Searched for, whatever was planned before."""
    KEPT = "kept"
    """The tours of the plan in force as they are, with what has come since put where it costs least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """The delivery tours of an office on a day as somebody might approve them."""

    draft_id: UUID
    office: str
    service_on: date
    number: int
    """1 for the first of that office and day."""
    made_by: str
    made_at: datetime
    method: Method
    riders: Sequence[str]
    """Who may be sent out."""
    leave_at: datetime
    """Nobody leaves before."""
    seconds: int
    """How long is searched."""
    state: DraftState = DraftState.SEARCHING
    problem: Mapping[str, str] | None = None
    """Why it failed: field, reason, remedy."""
    distance_before_m: int = 0
    sheets: Sequence[Mapping[str, Any]] = ()
    unserved: Sequence[Mapping[str, Any]] = ()
    edits: int = 0
    """How many stops were moved by hand."""


def append_draft(connection: Connection, draft: PlanDraft) -> bool:
    """Keeps the draft; False if it is there already, or another of its number was kept meanwhile."""
    return bool(append(connection, plan_drafts, [draft], keep_first=True))


def load_draft(connection: Connection, draft_id: UUID, office: str, *, hold: bool = False) -> PlanDraft:
    """One draft, held until the transaction ends if asked to; NotFound for none and for another office's: alike."""
    wanted = select(plan_drafts).where(plan_drafts.c.draft_id == draft_id, plan_drafts.c.office == office)
    found = _read(connection, wanted.with_for_update() if hold else wanted)
    if not found:
        raise NotFound(f"no draft {draft_id}", field="draft_id", remedy="see the drafts of the day; old ones are gone")
    return found[0]


def load_drafts(connection: Connection, office: str, service_on: date) -> list[PlanDraft]:
    """The drafts of an office and a day, the first first."""
    c = plan_drafts.c
    wanted = select(plan_drafts).where(c.office == office, c.service_on == service_on)
    return _read(connection, wanted.order_by(c.number))


def next_number(connection: Connection, office: str, service_on: date) -> int:
    """The number of the draft to come; two who ask at once get the same, and only one of them keeps its draft."""
    c = plan_drafts.c
    last = select(func.max(c.number)).where(c.office == office, c.service_on == service_on)
    return (connection.execute(last).scalar() or 0) + 1


def save_draft(connection: Connection, draft: PlanDraft) -> None:
    """The row is what the value says."""
    values = {one.name: getattr(draft, one.name) for one in fields(draft) if one.name != "draft_id"}
    values |= {name: list(values[name]) for name in ("riders", "sheets", "unserved")}
    connection.execute(update(plan_drafts).where(plan_drafts.c.draft_id == draft.draft_id).values(values))


def forget_drafts(connection: Connection, before: date) -> int:
    """Lets go the drafts of earlier days, which nobody can approve any more; gives back how many."""
    return int(connection.execute(delete(plan_drafts).where(plan_drafts.c.service_on < before)).rowcount)


def _read(connection: Connection, wanted: Any) -> list[PlanDraft]:
    return read(connection.execute(wanted), PlanDraft, state=DraftState, method=Method)
