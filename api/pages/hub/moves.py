"""A stop of a draft moved by hand: what every place would cost is said before one is taken."""

from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from api.context import InTransaction, Item
from api.pages.forms import attempt, told
from api.pages.hub.frame import Here, fault_words, hub_page
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.facts import dhaka
from post_logistics.operations.tours.drafting import plan_of
from post_logistics.operations.tours.moving_by_hand import Judged, judged_draft, move_stop, places_for
from post_logistics.routing.moving import Move, MoveRefused, moved
from post_logistics.storage.database import Connection
from post_logistics.storage.tours.drafts import DraftState, PlanDraft, load_draft
from post_logistics.units import Postcode, latin_digits

router = Slice(include_in_schema=False)


@router.get("/hub/plan/drafts/{draft_id}/stops/{item_number}")
def page_hub_stop(
    draft_id: UUID,
    item: Item,
    found: OurVisit,
    office: Here,
    connection: InTransaction,
    rider: Annotated[str, Query(max_length=20)] = "",
    place: Annotated[str, Query(max_length=4)] = "",
) -> Response:
    """Where a stop could go, what each rider would cost, and, of a place that was asked for, what that one would."""
    return _stop(found, connection, office, draft_id, item, rider, place)


def _stop(
    found: Visit,
    connection: Connection,
    office: Postcode,
    draft_id: UUID,
    item: str,
    rider: str = "",
    place: str = "",
    problem: PostError | None = None,
) -> Response:
    facts = found.engine.facts
    draft = load_draft(connection, draft_id, office)
    if draft.state is not DraftState.READY:
        raise Unacceptable("this plan is not changed any more", field="draft", remedy="make another one")
    judged = judged_draft(connection, facts, draft)
    door = judged.problem.door(judged.stop_with(item))
    tried = attempt(connection, lambda: _tried(judged, item, rider, place)) if rider else None
    wrong = tried if isinstance(tried, PostError) else problem
    return hub_page(
        found,
        "hub/stop.html",
        422 if wrong else 200,
        draft=draft,
        item=item,
        door=door,
        here=_here(connection, draft, item),
        moves=[(move, *_times(draft, move), fault_words(found, move.faults)) for move in places_for(judged, item)],
        riders=[(one, one) for one in draft.riders],
        riding={tour.vehicle_id for tour in judged.plan.tours},
        asked={"rider": rider, "place": place},
        tried=(tried, *_times(draft, tried)) if isinstance(tried, Move) else None,
        problem=_why(found, wrong) if wrong else "",
    )


def _tried(judged: Judged, item: str, rider: str, place: str) -> Move:
    """The move to a place that somebody typed; a PostError if it cannot be."""
    return moved(judged.problem.routing, judged.plan, judged.stop_with(item), rider, _place(place) - 1)[0]


def _place(text: str) -> int:
    digits = latin_digits(text.strip())
    if not digits.isdecimal() or int(digits) < 1:
        raise Unacceptable("that is no place in a tour", field="place", remedy="write 1 for the first stop")
    return int(digits)


def _why(found: Visit, error: PostError) -> str:
    if isinstance(error, MoveRefused):
        return found.say("That cannot be: {why}.", why=fault_words(found, error.faults))
    return told(found, error)


def _here(connection: Connection, draft: PlanDraft, item: str) -> tuple[str, int] | None:
    """The rider who brings it now, and as which stop; None if it is left over."""
    for sheet in plan_of(connection, draft).sheets:
        for n, stop in enumerate(sheet.stops, 1):
            if item in stop.item_numbers:
                return sheet.rider_id, n
    return None


def _times(draft: PlanDraft, move: Move) -> tuple[datetime, datetime]:
    """When the rider would be at the door, and back."""
    midnight = dhaka(draft.service_on, time.min)
    there_s = move.tour.visits[move.position].arrival_s
    return midnight + timedelta(seconds=there_s), midnight + timedelta(seconds=move.tour.return_s)


@router.post("/hub/plan/drafts/{draft_id}/stops/{item_number}")
def page_hub_stop_moved(
    draft_id: UUID, item: Item, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """The stop is there now; the judge has looked at the whole plan."""
    facts, rider, place = found.engine.facts, said.get("rider", "")[:20], said.get("place", "")[:4]
    edits = said.get("edits", "")
    outcome = attempt(
        connection,
        lambda: move_stop(
            connection,
            facts,
            office,
            draft_id,
            item,
            rider,
            _place(place),
            int(edits) if edits.isdecimal() else -1,
        ),
    )
    if isinstance(outcome, PostError):
        return _stop(found, connection, office, draft_id, item, problem=outcome)
    return go(f"/hub/plan/drafts/{draft_id}/tours/{rider}", found, said="Moved. The times of the tour are new.")
