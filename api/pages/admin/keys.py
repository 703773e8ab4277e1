"""Keys of programs: those of shops, offices and the post; made and shown once, renewed, retired."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.admin.frame import DRAW, place_for, role_choices, role_of, shown
from api.pages.admin.overview import SOON
from api.pages.forms import NOTHING, PAGE, Typed, attempt, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.access.roles import HOLDING, Place, Role
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.access.keys import MadeKey, make_key, own_key, rotate_key
from post_logistics.storage.access.finding import find_keys
from post_logistics.storage.access.keys import retire_key
from post_logistics.storage.database import Connection
from post_logistics.units import latin_digits

router = Slice(include_in_schema=False)

_KeyId = Annotated[str, Path(max_length=80, pattern=r"^[^\x00]+$")]
_Words = Annotated[str, Query(max_length=60)]
_OVERLAP: Final = timedelta(days=1)
"""So long the old key stays good beside a new one."""
_FIELDS: Final = ("name", "role", "place", "days")
_LONGEST_DAYS: Final = 3660


@router.get("/admin/keys")
def page_admin_keys(
    found: OurVisit,
    connection: InTransaction,
    words: _Words = "",
    place: _Words = "",
    which: _Words = "",
    after: _Words = "",
) -> Response:
    """Keys by their number: those that let in, those that end soon, or those that have ended."""
    return _keys(found, connection, {"words": words, "place": place, "which": which}, after)


def _keys(
    found: Visit,
    connection: Connection,
    asked: Mapping[str, str],
    after: str = "",
    typed: Typed = NOTHING,
    new: str = "",
) -> Response:
    rows = find_keys(
        connection,
        found.at,
        words=asked.get("words", "").strip(),
        place=latin_digits(asked.get("place", "").strip()).casefold(),
        ends_within=SOON if asked.get("which") == "soon" else None,
        ended=asked.get("which") == "ended",
        after=after,
        limit=PAGE,
    )
    return shown(
        found,
        "keys.html",
        typed,
        rows=rows,
        asked={"words": "", "place": "", "which": ""} | dict(asked),
        roles=[one for one in role_choices(found) if one[0] not in HOLDING],
        soon=found.at + SOON,
        more=rows[-1].key_id if len(rows) == PAGE else "",
        new=new,
    )


@router.post("/admin/keys")
def page_admin_key_made(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """A key for a program. It is on this page and on no other."""
    made = attempt(connection, lambda: _made(found, connection, said))
    if isinstance(made, PostError):
        return _keys(found, connection, {}, typed=refused(found, said, made, _FIELDS))
    return _keys(found, connection, {}, new=made.halves.text)


def _made(found: Visit, connection: Connection, said: Mapping[str, str]) -> MadeKey:
    name, days = said.get("name", "").strip()[:100], latin_digits(said.get("days", "").strip())
    role = role_of(said.get("role", ""))
    if not name:
        raise Unacceptable("nothing says where the key is used", field="name", remedy="write it, for example: web shop")
    if not (days.isascii() and days.isdigit() and 1 <= int(days) <= _LONGEST_DAYS):
        raise Unacceptable("that is no number of days", field="days", remedy="write figures, for example 365")
    try:
        return make_key(
            connection,
            DRAW,
            found.at,
            name=name,
            by=found.who.actor,
            place=_known(found, place_for(role, said.get("place", "")[:60])),
            role=None if role is Role.MERCHANT else role,
            scopes=["read"] if said.get("only_reads") else [],
            good_for=timedelta(days=int(days)),
        )
    except PostError as error:
        error.field = "place" if error.field in {"role", "merchant_id"} else error.field
        raise


def _known(found: Visit, place: Place) -> Place:
    """The place, if its office is one."""
    if place.office and place.office not in found.engine.facts.offices:
        raise NotFound(f"no office {place.office}", field="place", remedy="write its postcode")
    return place


@router.post("/admin/keys/{key_id}")
def page_admin_key_changed(key_id: _KeyId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The key retired; or another in its place, while the old one stays good for a day."""
    if said.get("do") == "renew":
        made = rotate_key(connection, DRAW, key_id, Place(), _OVERLAP, found.who.actor, found.at)
        return _keys(found, connection, {}, new=made.halves.text)
    retire_key(connection, own_key(connection, key_id, Place()).key_id, found.at)
    found.engine.keyring.forget()
    return go("/admin/keys", found, said="The key lets nobody in any more.")
