"""Practice: everybody is let in by a button, and the made-up world is made anew whenever somebody likes.

These pages are there only where the application serves a made-up world.
"""

from random import SystemRandom
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Path, Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction
from api.pages.shell import SESSION, AnyForm, AnyVisit, Visit, go, is_secure, page
from api.pages.signing import home
from api.slices import Slice
from post_logistics.access.keys import KeyKind
from post_logistics.access.roles import Place, Role
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import SESSION_LIFE
from post_logistics.storage.access.people import load_memberships
from post_logistics.storage.database import Connection

router = Slice(include_in_schema=False)
_DRAW: Final = SystemRandom()


async def practising(found: AnyVisit) -> Visit:
    """The visit, where the world is made up; 404 where the work is real."""
    if found.engine.practice is None:
        raise HTTPException(404, "there is no such page")
    return found


Practising = Annotated[Visit, Depends(practising)]


@router.get("/practice")
def page_practice(found: Practising) -> Response:
    """The roles to choose from, and the button that makes everything anew."""
    return page(found, "practice.html", roles=list(Role))


@router.post("/practice/as/{role}")
def page_practice_entered(
    role: Annotated[Role, Path()], found: Practising, said: AnyForm, connection: InTransaction
) -> Response:
    """Signed in as the made-up person of that role."""
    return work_as(found, connection, role, home(frozenset({role})))


def work_as(found: Visit, connection: Connection, role: Role, to: str) -> Response:
    """The page ``to``, signed in as the made-up person of that role; 404 if there is nobody."""
    held = next(iter(load_memberships(connection, role.value)), None)
    if held is None:
        raise HTTPException(404, "nobody of this world has that role: make it anew")
    made = make_key(
        connection,
        _DRAW,
        found.at,
        kind=KeyKind.SESSION,
        name="",
        by=role.value,
        person_id=role.value,
        place=Place(merchant_id=held.merchant_id, office=held.office),
        good_for=SESSION_LIFE,
        second_factor=True,
    )
    answer = RedirectResponse(to, 303)
    answer.set_cookie(SESSION, made.halves.text, httponly=True, samesite="lax", secure=is_secure(found.request))
    return answer


@router.post("/practice/anew")
def page_practice_anew(found: Practising, said: AnyForm) -> Response:
    """The world as it was in the beginning, up to this moment; everybody is signed out."""
    engine = found.engine
    assert engine.practice is not None
    engine.practice.anew(found.at)
    engine.numbers.forget()
    engine.keyring.forget()
    answer = go("/practice", found, said="Everything is as in the beginning. Choose a role.")
    answer.delete_cookie(SESSION)
    return answer
