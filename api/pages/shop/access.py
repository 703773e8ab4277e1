"""Keys for programs, shown once; the people of the shop; and the stores where its parcels are fetched."""

from collections.abc import Mapping
from datetime import timedelta
from random import SystemRandom
from typing import Annotated, Any, Final

from fastapi import Path, Response

from api.context import InTransaction
from api.pages.forms import attempt, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.access.roles import Role
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.access.keys import make_key, own_key, rotate_key
from post_logistics.operations.access.people import NewPerson, give_role, take_on, take_role
from post_logistics.operations.access.stores import add_store, shut_store
from post_logistics.storage.access.keys import load_keys, retire_key
from post_logistics.storage.access.people import load_members, load_people
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.units import MerchantId

router = Slice(include_in_schema=False)

_DRAW: Final = SystemRandom()
_OVERLAP: Final = timedelta(days=1)
"""So long the old key stays good beside a new one."""
_KeyId = Annotated[str, Path(max_length=80, pattern=r"^[^\x00]+$")]
_PersonId = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]+$")]


@router.get("/shop/access")
def page_shop_access(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """Who and what may act for the shop, and where its parcels are fetched."""
    return _access(found, connection, shop)


def _access(
    found: Visit,
    connection: Connection,
    shop: MerchantId,
    typed: Mapping[str, str] = {},
    shown: Mapping[str, str] = {},
    **problems: str,
) -> Response:
    members = load_members(connection, merchant_id=shop, limit=200)
    values: dict[str, Any] = {
        "keys": [one for one in load_keys(connection, merchant_id=shop) if one.retired_at is None],
        "people": load_people(connection, sorted({one.person_id for one in members})),
        "stores": load_stores(connection, shop),
        "typed": {
            **dict.fromkeys(("key_name", "person_id", "name", "store_name", "address", "contact_phone"), ""),
            **typed,
        },
        "key": shown.get("key", ""),
        "password": shown.get("password", ""),
        "newcomer": shown.get("person_id", ""),
        "wrong": lambda part: problems.get(part, ""),
    }
    return page(found, "shop/access.html", 422 if problems else 200, **values)


@router.post("/shop/access/keys")
def page_shop_key_made(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """A key for a program. It is on this page and on no other."""
    who, name = found.who, said.get("key_name", "").strip()[:100]
    if not name:
        return _access(found, connection, shop, said, keys=found.say("Say where the key is used."))
    scopes = ["read"] if said.get("only_reads") else []
    made = make_key(connection, _DRAW, found.at, by=who.actor, place=who.place, name=name, scopes=scopes)
    return _access(found, connection, shop, shown={"key": made.halves.text})


@router.post("/shop/access/keys/{key_id}")
def page_shop_key_changed(
    key_id: _KeyId, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """The key retired; or another in its place, while the old one stays good for a day."""
    who = found.who
    if said.get("do") == "renew":
        made = rotate_key(connection, _DRAW, key_id, who.place, _OVERLAP, who.actor, found.at)
        return _access(found, connection, shop, shown={"key": made.halves.text})
    retire_key(connection, own_key(connection, key_id, who.place).key_id, found.at)
    found.engine.keyring.forget()
    return go("/shop/access", found, said="The key lets nobody in any more.")


@router.post("/shop/access/people")
def page_shop_person_made(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """Somebody new of the shop, and a password that is shown once, to be changed at the first sign-in."""
    made = attempt(connection, lambda: _taken_on(found, connection, said))
    if isinstance(made, PostError):
        return _access(found, connection, shop, said, people=told(found, made))
    shown = {"password": made.password, "person_id": made.person.person_id}
    return _access(found, connection, shop, shown=shown)


def _taken_on(found: Visit, connection: Connection, said: Mapping[str, str]) -> NewPerson:
    person_id, by = said.get("person_id", "").strip(), found.who.actor
    if not person_id.replace(".", "").replace("-", "").isalnum() or not person_id.isascii() or len(person_id) > 40:
        raise Unacceptable(
            "that cannot be a name to sign in with", field="person_id", remedy="use letters, digits, dots and hyphens"
        )
    made = take_on(connection, _DRAW, person_id, said.get("name", ""), by, found.at)
    facts, place = found.engine.facts, found.who.place
    give_role(connection, facts, made.person.person_id, Role.MERCHANT, place, by, found.at)
    return made


@router.post("/shop/access/people/{person_id}")
def page_shop_person_left(
    person_id: _PersonId, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """They act for the shop no longer; what they did stays theirs."""
    if person_id == found.who.actor:
        raise Unacceptable("that is you", field="person_id", remedy="let somebody else of the shop do it")
    take_role(connection, person_id, Role.MERCHANT, found.who.place, found.who.actor, found.at)
    found.engine.keyring.forget()
    return go("/shop/access", found, said="They act for the shop no longer.")


@router.post("/shop/access/stores")
def page_shop_store_made(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """A store where parcels are fetched from now on, too."""
    made = attempt(
        connection,
        lambda: add_store(
            connection,
            found.engine.facts,
            shop,
            name=said.get("store_name", "").strip()[:100],
            contact_name="",
            contact_phone=said.get("contact_phone", "").strip()[:40],
            address=said.get("address", "").strip()[:300],
            at=found.at,
        ),
    )
    if isinstance(made, PostError):
        return _access(found, connection, shop, said, stores=told(found, made))
    return go("/shop/access", found, said="The store is there.")


@router.post("/shop/access/stores/{store_id}")
def page_shop_store_closed(
    store_id: Annotated[int, Path(ge=1, lt=2**31)], found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """Nothing is fetched there any more."""
    shut_store(connection, shop, store_id, found.at)
    return go("/shop/access", found, said="Nothing is fetched there any more.")
