"""One's own account: name and roles, password, second factor, and where one is signed in."""

from random import SystemRandom
from typing import Any, Final

import segno
from fastapi import HTTPException, Response
from markupsafe import Markup

from api.context import InTransaction
from api.pages.shell import SESSION, Form, OurVisit, Visit, go, page
from api.slices import Slice
from post_logistics.access.keys import KeyKind, halves
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.access.people import ask_second_factor, change_password, prove_second_factor
from post_logistics.storage.access.keys import load_sessions, retire_keys_of
from post_logistics.storage.access.people import load_memberships, load_person
from post_logistics.storage.database import Connection

router = Slice(include_in_schema=False)
_DRAW: Final = SystemRandom()
_FIELDS: Final = ("old", "new", "again", "factor", "code")
"""Beside which of them something may be wrong."""


@router.get("/account")
def page_account(found: OurVisit, connection: InTransaction) -> Response:
    """Who one is, and what can be changed."""
    return _account(found, connection)


def _account(
    found: Visit, connection: Connection, problems: dict[str, PostError] | None = None, uri: str = ""
) -> Response:
    person = load_person(connection, _person(found))
    shown: dict[str, Any] = {
        "person": person,
        "held": load_memberships(connection, person.person_id),
        "sessions": load_sessions(connection, person.person_id, found.at),
        "own": halves(found.session).key_id,
        "problems": dict.fromkeys(_FIELDS) | (problems or {}),
        "uri": uri,
        "code_of_uri": _drawn(uri) if uri else "",
    }
    return page(found, "account.html", 422 if problems else 200, **shown)


def _person(found: Visit) -> str:
    """Who is signed in; 403 for the key of a program, which has no account."""
    if not found.who.is_person:
        raise HTTPException(403, "an account is a person's")
    return found.who.actor


def _drawn(uri: str) -> Markup:
    """The code that an authenticator scans; dark on light in either look, or it is not read."""
    return Markup(segno.make(uri, micro=False).svg_inline(scale=5, dark="#000", light="#fff"))  # noqa: S704


@router.post("/account/password")
def page_account_password(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The new password holds; every session ends, and this one is signed in anew."""
    old, new = said.get("old", ""), said.get("new", "")
    try:
        if new != said.get("again", ""):
            raise Unacceptable("the two are not the same", field="again", remedy="type the new password twice")
        change_password(connection, _person(found), old, new, found.at)
    except Unacceptable as error:
        return _account(found, connection, {"new" if error.field == "password" else error.field or "": error})
    return _signed_out(found, "Your password is changed. Sign in with the new one.")


def _signed_out(found: Visit, said: str) -> Response:
    found.engine.keyring.forget()
    answer = go("/sign-in", found, said=said)
    answer.delete_cookie(SESSION)
    return answer


@router.post("/account/second-factor")
def page_account_factor(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The code that an authenticator scans: shown now, and never again."""
    try:
        uri = ask_second_factor(connection, _DRAW, found.engine.facts.access_key, _person(found))
    except PostError as error:
        return _account(found, connection, {"factor": error})
    return _account(found, connection, uri=uri)


@router.post("/account/second-factor/proof")
def page_account_proven(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The second factor counts: whoever needs it signs in once more, with its code."""
    try:
        prove_second_factor(
            connection, found.engine.facts.access_key, _person(found), said.get("code", "")[:12], found.at
        )
    except Unacceptable as error:
        return _account(found, connection, {"code": error}, said.get("uri", "")[:300])
    return go("/account", found, said="Your second factor is on. Sign in again to use it.")


@router.post("/account/sessions/end")
def page_account_left(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """Signed out everywhere, here as well."""
    retire_keys_of(connection, _person(found), [KeyKind.SESSION], found.at)
    return _signed_out(found, "You are signed out everywhere.")
