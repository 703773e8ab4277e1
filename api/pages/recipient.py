"""What recipients see: where a parcel is, by its number or by their private link; small, and without any script."""

import re
from contextlib import suppress
from datetime import date
from secrets import token_urlsafe
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query, Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction
from api.pages.maps import journey_map
from api.pages.shell import AnyForm, AnyVisit, Visit, go, page
from api.slices import Slice
from post_logistics.channels.payments.choosing import payment_providers
from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.operations.documents.finding import track_document
from post_logistics.operations.door.contesting import contest
from post_logistics.operations.faces.looking_up import TrackingView, track_item
from post_logistics.operations.faces.views import recipient_view
from post_logistics.operations.faces.visiting import ask_for_code, item_of_link, open_by_code
from post_logistics.operations.faces.wishing import choices, collect_there, come_on
from post_logistics.operations.money.paying import mark_of
from post_logistics.operations.promises.promising import expected_on
from post_logistics.storage.database import Connection
from post_logistics.units import ItemNumber, local_day

router = Slice(include_in_schema=False)
Token = Annotated[str, Path(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Typed = Annotated[str, Query(max_length=60)]
_WEEKDAY: Final = re.compile(r"\b(?:Sat|Sun|Mon|Tue|Wed|Thu|Fri)\b")


@router.get("/")
def page_home() -> Response:
    """Most who come have a parcel."""
    return RedirectResponse("/track", 303)


@router.get("/track")
def page_track(found: AnyVisit, connection: InTransaction, number: Typed = "") -> Response:
    """Where the parcel of that number is; without one, where to type it."""
    if not number.strip():
        return page(found, "track.html", number="", view=None, problem=None)
    try:
        view = track_item(connection, found.engine.facts.offices, number, found.language, found.at)
    except (NotFound, Unacceptable) as error:
        return page(found, "track.html", _status(error), number=number, view=None, problem=error)
    return page(found, "track.html", number=number, problem=None, **_shown(found, connection, view))


def _status(error: PostError) -> int:
    return 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 422


def _shown(found: Visit, connection: Connection, view: TrackingView) -> dict[str, Any]:
    """What ``journey.html`` tells: the view, the day by which it is expected, and its way on a map."""
    facts, title = found.engine.facts, found.say("The way of the parcel")
    office = facts.offices[view.destination]
    window = next((one for one in facts.points.of_office(office.postcode) if not one.is_agent), None)
    return {
        "view": view,
        "expected": expected_on(connection, facts, view.item_number, found.at),
        "map": journey_map(facts, view.route, view.destination, title, found.language),
        "postcode": view.destination,
        "hours": _WEEKDAY.sub(lambda day: found.say(day[0]), window.hours) if window else "",
    }


@router.post("/track/documents")
def page_track_document(found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """Where a document is, for whoever knows its application number and the telephone number that was given with it."""
    number, phone = (said.get(name, "")[:64].strip() for name in ("application_number", "phone"))
    typed: dict[str, Any] = {"number": "", "problem": None, "application_number": number, "phone": phone}
    try:
        view = track_document(connection, found.engine.facts.offices, number, phone, found.language, found.at)
    except (NotFound, Unacceptable) as error:
        return page(found, "track.html", _status(error), view=None, refused=error, **typed)
    return page(found, "track.html", **typed, **_shown(found, connection, view))


@router.get("/track/code")
def page_code(found: AnyVisit, number: Typed = "") -> Response:
    """Where the recipient types the code that was sent."""
    return page(found, "code.html", number=number, problem=None)


@router.post("/track/code")
def page_code_asked(found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """A code is on its way, if there is such a parcel; nobody learns whether there is."""
    number = said.get("number", "")[:60].strip()
    try:
        ask_for_code(connection, number, found.language, found.at)
    except Unacceptable as error:
        return page(found, "track.html", _status(error), number=number, view=None, problem=error)
    return page(found, "code.html", number=number, problem=None)


@router.post("/track/visits")
def page_code_typed(found: AnyVisit, said: AnyForm) -> Response:
    """The recipient's own view, for an hour; or the form again, for a code that is not right."""
    number, token = said.get("number", "")[:60].strip(), token_urlsafe(16)
    facts = found.engine.facts
    try:
        code = said.get("code", "")[:20]
        open_by_code(found.engine.database, number, code, token, found.at, key=facts.advice_key)
    except (NotFound, Unacceptable) as error:
        return page(found, "code.html", _status(error), number=number, problem=error)
    return go(f"/p/{token}", found)


@router.get("/p/{token}")
def page_parcel(token: Token, found: AnyVisit, connection: InTransaction) -> Response:
    """What the private link shows: who sent it, what is to be paid, what can be chosen, and what can be contested."""
    return _parcel(found, connection, token)


def _parcel(found: Visit, connection: Connection, token: str, problem: PostError | None = None) -> Response:
    item, facts = item_of_link(connection, token, found.at), found.engine.facts
    mine = recipient_view(connection, facts.offices, item, found.language, found.at)
    chosen = choices(connection, facts, item, found.at)
    named = [(one.point_id, found.named(one)) for one in chosen.points]
    answer = page(
        found,
        "parcel.html",
        _status(problem) if problem else 200,
        token=token,
        mine=mine,
        points=named,
        pay_at=_pay_at(found, item, mine.to_pay_poisha),
        days=[(one.isoformat(), local_day(one, found.language)) for one in chosen.days],
        problem=problem,
        **_shown(found, connection, mine.public),
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _pay_at(found: Visit, item: ItemNumber, due_poisha: int) -> str:
    """Where the recipient can pay before the parcel comes; empty where nothing is due, or nobody takes payments."""
    open_here = due_poisha and payment_providers(found.engine.settings)
    return f"/pay/{item}/{mark_of(item, found.engine.facts.advice_key)}" if open_here else ""


@router.post("/p/{token}/contests")
def page_contested(token: Token, found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """It was not so: the office has to answer."""
    item = item_of_link(connection, token, found.at)
    words = said.get("said", "").strip()[:500] or found.say("Nobody came.")
    try:
        contest(connection, item, _uuid(said), words, found.at, rules=found.engine.facts.proof_rules)
    except (NotFound, Conflict, Unacceptable) as error:
        return _parcel(found, connection, token, error)
    return go(f"/p/{token}", found, said="Thank you. The office will answer.")


def _uuid(said: AnyForm) -> UUID:
    with suppress(ValueError):
        return UUID(said.get("scan_id", ""))
    raise Unacceptable("nothing says what was not so", field="scan_id", remedy="open the page again")


@router.post("/p/{token}/point")
def page_point_chosen(token: Token, found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """The parcel is brought to a collection point."""
    item, facts = item_of_link(connection, token, found.at), found.engine.facts
    try:
        collect_there(connection, facts, item, facts.points.get(said.get("point_id", "")), found.at)
    except (NotFound, Conflict, Unacceptable) as error:
        return _parcel(found, connection, token, error)
    return go(f"/p/{token}", found, said="Your parcel goes there. A message tells you when to come.")


@router.post("/p/{token}/day")
def page_day_chosen(token: Token, found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """The parcel waits at its office until that day."""
    item = item_of_link(connection, token, found.at)
    try:
        come_on(connection, found.engine.facts, item, _day(said), found.at)
    except (NotFound, Conflict, Unacceptable) as error:
        return _parcel(found, connection, token, error)
    return go(f"/p/{token}", found, said="Your office keeps the parcel until that day.")


def _day(said: AnyForm) -> date:
    with suppress(ValueError):
        return date.fromisoformat(said.get("day", ""))
    raise Unacceptable("that is no day", field="day", remedy="choose one of the days")
