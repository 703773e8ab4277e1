"""Signing in and out, by a page: the session is the same as the API's, kept in a cookie that no script can read."""

from collections.abc import Mapping
from random import SystemRandom
from typing import Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction
from api.networks import network_of_request
from api.pages.shell import SESSION, AnyForm, AnyVisit, go, is_secure, page
from api.slices import Slice
from post_logistics.access.keys import halves
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.people import SESSION_LIFE, Refused, SignIn, sign_in, sign_out
from post_logistics.units import MerchantId, Postcode

router = Slice(include_in_schema=False)

_DRAW: Final = SystemRandom()
_HOMES: Final = (
    (Role.MERCHANT, "/shop"),
    (Role.RIDER, "/rider"),
    (Role.AGENT, "/centre"),
    (Role.COUNTER, "/station"),
    (Role.MANAGER, "/hub"),
    (Role.FINANCE, "/finance"),
    (Role.ADMINISTRATOR, "/admin"),
    (Role.AUDITOR, "/admin/audit"),
)
"""Where a working day begins, for the first of one's roles."""


@router.get("/sign-in")
def page_sign_in(found: AnyVisit, next: str = "") -> Response:
    """The form; or home, for somebody who is signed in."""
    if found.grant:
        return RedirectResponse(home(found.grant.roles), 303)
    return page(found, "sign_in.html", next=_inside(next), person_id="", problem="", places=[])


@router.post("/sign-in")
def page_signed_in(found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """A session in a cookie, and the page that was wanted; or the form again, and why."""
    network = network_of_request(found.request, found.engine.settings)
    name, password, code = (said.get(field, "") for field in ("person_id", "password", "code"))
    typed = SignIn(name[:40], password, code, _place(said), network, strict=True)
    made = sign_in(connection, _DRAW, found.engine.facts.access_key, typed, found.at)
    if isinstance(made, Refused):
        shown = {"next": _inside(said.get("next", "")), "person_id": typed.person_id, "problem": made.reason}
        return page(
            found, "sign_in.html", 429 if made.wait_until else 401, places=[(one, one) for one in made.places], **shown
        )
    to = "/account" if made.must_change else _inside(said.get("next", "")) or home(made.roles)
    answer = RedirectResponse(to, 303)
    answer.set_cookie(
        SESSION,
        made.made.halves.text,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(found.request),
    )
    return answer


@router.post("/sign-out")
def page_signed_out(found: AnyVisit, said: AnyForm, connection: InTransaction) -> Response:
    """The session ends here and everywhere."""
    if found.grant and said.get("form_key") == found.form_key:
        sign_out(connection, found.grant.actor, halves(found.session).key_id, found.at)
        found.engine.keyring.forget()
    answer = go("/sign-in", found)
    answer.delete_cookie(SESSION)
    return answer


def home(roles: frozenset[Role]) -> str:
    """Where a working day begins for somebody of those roles."""
    return next((home for role, home in _HOMES if role in roles), "/account")


def _inside(wanted: str) -> str:
    """The page that was wanted, if it is one of ours."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else ""


def _place(said: Mapping[str, str]) -> Place | None:
    kind, _, name = said.get("place", "").partition(":")
    if kind == "merchant":
        return Place(merchant_id=MerchantId(name))
    if kind == "office":
        return Place(office=Postcode(name))
    return Place() if kind == "post" else None
