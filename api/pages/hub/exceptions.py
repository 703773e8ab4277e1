"""What has to be looked into at the office: who took it on, and how it ended."""

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.forms import PAGE, attempt, told
from api.pages.hub.frame import KINDS, Here, hub_page
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.errors import PostError
from post_logistics.operations.custody.watching import (
    close_exception,
    exception_history,
    open_exceptions,
    take_on,
)
from post_logistics.storage.custody.exceptions import Kind
from post_logistics.storage.custody.office_days import load_owners
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode

router = Slice(include_in_schema=False)
_NOBODY = "-"
"""The owner of those that nobody has taken on."""
_NOT_BY_HAND = frozenset({Kind.OVERDUE, Kind.CONTESTED})
_CaseId = Annotated[int, Path(ge=1, le=2**62)]


@router.get("/hub/exceptions")
def page_hub_exceptions(
    found: OurVisit,
    office: Here,
    connection: InTransaction,
    kind: Annotated[str, Query(max_length=12)] = "",
    owner: Annotated[str, Query(max_length=64)] = "",
    hours: Annotated[int, Query(ge=0, le=10_000)] = 0,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """Open exceptions, the oldest first: of one kind, of one owner, or older than some hours."""
    rows = open_exceptions(
        connection,
        found.at,
        office=office,
        kind=Kind(kind) if kind in set(Kind) else None,
        older_than=timedelta(hours=hours),
        unowned=owner == _NOBODY,
        owner=owner if owner not in {"", _NOBODY} else None,
        after=after,
        limit=PAGE,
    )
    owners = load_owners(connection, office)
    return hub_page(
        found,
        "hub/exceptions.html",
        rows=rows,
        asked={"kind": kind, "owner": owner, "hours": hours},
        kinds=[("", found.say("All"))] + [(one.value, found.say(words)) for one, words in KINDS.items()],
        owners=[("", found.say("All")), (_NOBODY, found.say("Nobody yet"))] + [(o, o) for o in owners if o],
        more=rows[-1].exception_id if len(rows) == PAGE else 0,
    )


@router.get("/hub/exceptions/{exception_id}")
def page_hub_exception(exception_id: _CaseId, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """One exception, what was done about it, and what can be done now."""
    return _exception(found, connection, office, exception_id)


def _exception(
    found: Visit, connection: Connection, office: Postcode, exception_id: int, problem: str = "", note: str = ""
) -> Response:
    history = exception_history(connection, exception_id, office)
    return hub_page(
        found,
        "hub/exception.html",
        422 if problem else 200,
        case=history.case,
        steps=history.steps,
        by_hand=history.case.kind not in _NOT_BY_HAND,
        mine=history.case.owner == found.who.actor,
        problem=problem,
        note=note,
    )


@router.post("/hub/exceptions/{exception_id}/take")
def page_hub_exception_taken(
    exception_id: _CaseId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """From now on the manager looks into it."""
    by = found.who.actor
    outcome = attempt(connection, lambda: take_on(connection, exception_id, by, found.at, office))
    if isinstance(outcome, PostError):
        return _exception(found, connection, office, exception_id, told(found, outcome))
    return go(f"/hub/exceptions/{exception_id}", found, said="You look into it now.")


@router.post("/hub/exceptions/{exception_id}/close")
def page_hub_exception_closed(
    exception_id: _CaseId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """Closed, with what was found."""
    note, by = said.get("note", "").strip()[:500], found.who.actor
    outcome = attempt(connection, lambda: close_exception(connection, exception_id, by, note, found.at, office))
    if isinstance(outcome, PostError):
        return _exception(found, connection, office, exception_id, told(found, outcome), note)
    return go("/hub/exceptions", found, said="Closed, with what you found.")
