"""What lines were found to be, and why; a match that was wrong is undone with a reason."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.matching.sentences import KIND_TEXTS
from post_logistics.errors import PostError
from post_logistics.operations.money.desk import latest_matches
from post_logistics.operations.money.match_by_hand import load_file, undo_match
from post_logistics.storage.database import Connection
from post_logistics.storage.money.desk import load_lines_of
from post_logistics.storage.money.statements import load_sources

router = Slice(include_in_schema=False)


@router.get("/finance/matches")
def page_finance_matches(
    found: OurVisit,
    connection: InTransaction,
    source: Annotated[str, Query(max_length=40)] = "",
    by_people: Annotated[str, Query(max_length=3)] = "",
) -> Response:
    """The matches made last."""
    sources = sorted({one.source for one in load_sources(connection)})
    return shown(
        found,
        "matches.html",
        rows=latest_matches(connection, source=source or None, by_people=bool(by_people), limit=PAGE),
        source=source,
        by_people=by_people,
        sources=[("", found.say("All")), *((one, one) for one in sources)],
    )


@router.get("/finance/matches/{match_id}")
def page_finance_match(match_id: UUID, found: OurVisit, connection: InTransaction) -> Response:
    """One match: its lines, what they are, and the sentence that explains it."""
    return _match(found, connection, match_id)


def _match(found: Visit, connection: Connection, match_id: UUID, typed: Typed = NOTHING) -> Response:
    match = load_file(connection, match_id)
    return shown(
        found, "match.html", typed, match=match, lines=load_lines_of(connection, match.lines), kinds=KIND_TEXTS
    )


@router.post("/finance/matches/{match_id}/undo")
def page_finance_match_undone(match_id: UUID, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """What the match posted is taken back, and its lines wait again."""
    why = said.get("why", "")[:500]
    undone = attempt(connection, lambda: undo_match(connection, match_id, why=why, by=found.who.actor, at=found.at))
    if isinstance(undone, PostError):
        return _match(found, connection, match_id, refused(found, said, undone, ("why",)))
    return go(f"/finance/matches/{match_id}", found, said="Undone. Its lines wait again.")
