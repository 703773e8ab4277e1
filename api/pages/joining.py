"""A shop joins: it says who it is and chooses its password; somebody of the post has a look and opens it."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import Path, Response

from api.context import InTransaction
from api.networks import network_of_request
from api.pages.forms import attempt, id_of, told
from api.pages.shell import AnyForm, AnyVisit, Form, OurVisit, Visit, go, page
from api.slices import Slice
from post_logistics.errors import Conflict, PostError
from post_logistics.operations.orders.joining import Joining, ask_to_join, decline, office_for, open_shop
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.joining import load_request, load_waiting

router = Slice(include_in_schema=False)

_FIELDS: Final = ("shop_name", "contact_name", "contact_phone", "store_address", "payout_account", "password")
_PAGE: Final = 100
_RequestId = Annotated[UUID, Path()]


@router.get("/join")
def page_join(found: AnyVisit) -> Response:
    """What a shop gets, and the form to join. Its draft makes a form that is sent twice one request."""
    return _form(found, {"draft": str(uuid4())})


def _form(found: Visit, typed: Mapping[str, str], problem: PostError | None = None) -> Response:
    field = problem.field if problem and problem.field in _FIELDS else ""
    said = told(found, problem) if problem else ""
    status = 200 if problem is None else 429 if isinstance(problem, Conflict) else 422
    return page(
        found,
        "join.html",
        status,
        typed={**dict.fromkeys((*_FIELDS, "draft"), ""), **typed, "password": ""},
        problem=said,
        wrong=lambda name: said if name == field else "",
        office=_office(found, typed.get("store_address", "")),
    )


def _office(found: Visit, address: str) -> str:
    """The office that would fetch parcels at that address; empty where none is known."""
    try:
        office = found.engine.facts.offices[office_for(found.engine.facts, address[:300], found.at)]
    except PostError:
        return ""
    return f"{found.named(office)} {found.digits(office.postcode)}"


@router.post("/join/look")
def page_join_look(found: AnyVisit, said: AnyForm) -> Response:
    """Which office fetches parcels at the address that is being typed: a part of a page. Nothing is kept of it."""
    return page(found, "join_office.html", office=_office(found, said.get("store_address", "")))


@router.post("/join")
def page_joined(found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """The request, kept; or the form again with what is wrong."""
    network = network_of_request(found.request, found.engine.settings)
    joining = Joining(**{name: said.get(name, "")[:400] for name in _FIELDS})
    made = attempt(
        connection,
        lambda: ask_to_join(connection, found.engine.facts, id_of(said, "draft"), joining, network, found.at),
    )
    if isinstance(made, PostError):
        return _form(found, said, made)
    return go(
        f"/join/{made.request_id}", found, said="Thank you. Keep the address of this page: it shows how it stands."
    )


@router.get("/join/requests")
def page_join_requests(found: OurVisit, connection: InTransaction) -> Response:
    """The shops that wait for somebody of the post."""
    return _requests(found, connection)


def _requests(found: Visit, connection: Connection, problem: str = "", about: UUID | None = None) -> Response:
    return page(
        found,
        "join_requests.html",
        409 if problem else 200,
        waiting=load_waiting(connection, found.who.office, _PAGE),
        offices=found.engine.facts.offices,
        problem=problem,
        about=about,
    )


@router.post("/join/requests/{request_id}/{decision}")
def page_join_decided(
    request_id: _RequestId,
    decision: Annotated[str, Path(pattern="^(open|decline)$")],
    found: OurVisit,
    said: Form,
    connection: InTransaction,
) -> Response:
    """Opened, or declined for a reason that the shop reads."""
    facts, at, who = found.engine.facts, found.at, found.who
    if decision == "open":
        made = attempt(connection, lambda: open_shop(connection, facts, request_id, who.actor, at, who.office))
    else:
        why = said.get("why", "")[:400]
        made = attempt(connection, lambda: decline(connection, request_id, why, who.actor, at, who.office))
    if isinstance(made, PostError):
        return _requests(found, connection, told(found, made), request_id)
    said_done = "The shop is open. Tell them: they sign in with the password that they chose."
    return go("/join/requests", found, said=said_done if decision == "open" else "Declined.")


@router.get("/join/{request_id}")
def page_join_request(request_id: _RequestId, found: AnyVisit, connection: InTransaction) -> Response:
    """How a request stands, for whoever has its address."""
    return page(found, "join_request.html", asked=load_request(connection, request_id))
