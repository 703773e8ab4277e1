"""People and their roles: found, taken on with a password on paper, given and taken roles, and let go."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.admin.frame import DRAW, holder_for, place_for, place_words, role_choices, role_of, shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.access.people import login_of
from post_logistics.access.roles import Role
from post_logistics.errors import Conflict, PostError, Unacceptable
from post_logistics.operations.access.people import NewPerson, give_role, leave, reset_password, take_on, take_role
from post_logistics.storage.access.audit import load_acts
from post_logistics.storage.access.finding import find_people, load_last_shifts, load_roles_of
from post_logistics.storage.access.keys import load_sessions
from post_logistics.storage.access.people import load_person
from post_logistics.storage.database import Connection
from post_logistics.units import latin_digits

router = Slice(include_in_schema=False)

_PersonId = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]+$")]
_Words = Annotated[str, Query(max_length=60)]
_NEW: Final = ("person_id", "name", "role", "place", "holder")
_LOOKED_BACK: Final = 10


@router.get("/admin/people")
def page_admin_people(
    found: OurVisit,
    connection: InTransaction,
    words: _Words = "",
    role: _Words = "",
    place: _Words = "",
    left: _Words = "",
    after: _Words = "",
) -> Response:
    """People by the name they sign in with, and what they are."""
    rows = find_people(
        connection,
        words=words.strip(),
        role=role_of(role) if role else None,
        place=latin_digits(place.strip()).casefold(),
        left=bool(left),
        after=after,
        limit=PAGE,
    )
    return shown(
        found,
        "people.html",
        rows=rows,
        held=load_roles_of(connection, [one.person_id for one in rows]),
        where=lambda one: place_words(found, one),
        asked={"words": words, "role": role, "place": place, "left": left},
        roles=[("", found.say("All")), *role_choices(found)],
        more=rows[-1].person_id if len(rows) == PAGE else "",
    )


@router.get("/admin/newcomer")
def page_admin_newcomer(found: OurVisit, role: _Words = "", place: _Words = "") -> Response:
    """The form for somebody new."""
    return _newcomer(found, Typed({"role": role or Role.COUNTER.value, "place": place}))


def _newcomer(found: Visit, typed: Typed) -> Response:
    return shown(found, "newcomer.html", typed, roles=role_choices(found))


@router.post("/admin/newcomer")
def page_admin_taken_on(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """Somebody new with their first role, and the paper to hand over: it is shown this once."""
    made = attempt(connection, lambda: _taken_on(found, connection, said))
    if isinstance(made, PostError):
        return _newcomer(found, refused(found, said, made, _NEW))
    return _paper(found, connection, made.person.person_id, made.password)


def _taken_on(found: Visit, connection: Connection, said: Mapping[str, str]) -> NewPerson:
    name = said.get("name", "").strip()[:100]
    person_id = (said.get("person_id", "").strip() or login_of(name)).casefold()
    if login_of(person_id) != person_id:
        raise Unacceptable(
            "that cannot be a name to sign in with", field="person_id", remedy="use letters, digits, dots and hyphens"
        )
    made = take_on(connection, DRAW, person_id, name, found.who.actor, found.at)
    _role_given(found, connection, person_id, said)
    return made


def _role_given(found: Visit, connection: Connection, person_id: str, said: Mapping[str, str]) -> None:
    role = role_of(said.get("role", ""))
    place = place_for(role, said.get("place", "")[:60])
    holder = holder_for(role, said.get("holder", "")[:80])
    try:
        give_role(connection, found.engine.facts, person_id, role, place, found.who.actor, found.at, holder)
    except PostError as error:
        error.field = "place" if error.field in {"office", "merchant_id"} else error.field
        error.field = "holder" if error.field in {"rider", "riders", "point_id"} else error.field
        raise


def _paper(found: Visit, connection: Connection, person_id: str, password: str) -> Response:
    held = load_roles_of(connection, [person_id])[person_id]
    return shown(
        found,
        "paper.html",
        person=load_person(connection, person_id),
        password=password,
        held=held,
        where=lambda one: place_words(found, one),
        address=str(found.request.base_url.replace(path="/sign-in")),
    )


@router.get("/admin/people/{person_id}")
def page_admin_person(person_id: _PersonId, found: OurVisit, connection: InTransaction) -> Response:
    """One person: what they are and where, where they are signed in, what they did last."""
    return _person(found, connection, person_id)


def _person(found: Visit, connection: Connection, person_id: str, typed: Typed = NOTHING) -> Response:
    person = load_person(connection, person_id)
    values: dict[str, Any] = {
        "person": person,
        "held": load_roles_of(connection, [person_id])[person_id],
        "where": lambda one: place_words(found, one),
        "sessions": load_sessions(connection, person_id, found.at),
        "shifts": load_last_shifts(connection, person_id, _LOOKED_BACK),
        "acts": load_acts(connection, before=None, limit=_LOOKED_BACK, actor=person_id),
        "roles": role_choices(found),
        "is_self": person_id == found.who.actor,
    }
    return shown(found, "person.html", typed, **values)


@router.post("/admin/people/{person_id}/roles")
def page_admin_role_given(person_id: _PersonId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """One role more, from now on."""
    done = attempt(connection, lambda: _role_given(found, connection, person_id, said))
    if isinstance(done, PostError):
        return _person(found, connection, person_id, refused(found, said, done, _NEW))
    found.engine.keyring.forget()
    return go(_path(person_id), found, said="The role is given.")


@router.post("/admin/people/{person_id}/roles/removal")
def page_admin_role_taken(person_id: _PersonId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """One role less, in sessions that are open as well."""
    role = role_of(said.get("role", ""))
    if role is Role.ADMINISTRATOR:
        _refuse_self(found, person_id)
    place = place_for(role, said.get("place", "")[:60])
    take_role(connection, person_id, role, place, found.who.actor, found.at)
    found.engine.keyring.forget()
    return go(_path(person_id), found, said="The role is taken.")


@router.post("/admin/people/{person_id}/password")
def page_admin_password_reset(person_id: _PersonId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """A new password on paper, and no second factor any more; every session of theirs ends."""
    _refuse_self(found, person_id)
    password = reset_password(connection, DRAW, person_id, found.at)
    found.engine.keyring.forget()
    return _paper(found, connection, person_id, password)


@router.post("/admin/people/{person_id}/dismissal")
def page_admin_dismissed(person_id: _PersonId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """They have left: nothing of theirs lets anybody in."""
    _refuse_self(found, person_id)
    leave(connection, person_id, found.at)
    found.engine.keyring.forget()
    return go(_path(person_id), found, said="Nothing of theirs lets anybody in any more.")


def _refuse_self(found: Visit, person_id: str) -> None:
    if person_id == found.who.actor:
        raise Conflict("that is you", field="person_id", remedy="let another administrator do it")


def _path(person_id: str) -> str:
    return f"/admin/people/{person_id}"
