"""Keys: made and shown once, recognised, renewed with an overlap, retired."""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from post_logistics.access.keys import Halves, Key, KeyKind, draw_key, fits, halves, hash_of, letters
from post_logistics.access.roles import HOLDING, TWO_FACTORS, Grant, Place, Role, roles_at
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.storage.access.keys import FoundKey, append_key, find_key, lock_key, retire_key
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import MerchantId, Postcode

TOKEN_LIFE: Final = timedelta(days=5)
REFRESH_LIFE: Final = timedelta(days=90)
LONGEST_OVERLAP: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key with its secret, which is shown now and never again."""

    key: Key
    halves: Halves


@dataclass(frozen=True, slots=True)
class MerchantCredentials:
    """What a shop may send to be let in, in each of the dialects that are understood."""

    api_key: str
    steadfast: dict[str, str]
    pathao: dict[str, str | int]
    redx: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is sent instead of a key for some days, and what renews it."""

    access_token: str
    refresh_token: str
    expires_in_s: int


def recognise(connection: Connection, kind: KeyKind, key_id: str, secret: str, at: datetime) -> Grant | None:
    """What the key lets in; None if it is unknown, wrong, of another kind, retired or expired: alike."""
    if "\x00" in key_id:
        return None
    found = find_key(connection, key_id)
    if found is None or found.kind is not kind or not fits(secret, found.secret_hash):
        return None
    if (found.ended_at and found.ended_at <= at) or (found.expires_at and found.expires_at <= at):
        return None
    return _grant(key_id, found)


def _grant(key_id: str, found: FoundKey) -> Grant | None:
    place = Place(
        merchant_id=MerchantId(found.merchant_id) if found.merchant_id else None,
        office=Postcode(found.office) if found.office else None,
    )
    if found.person_id:
        roles = frozenset(map(Role, found.roles)) - (frozenset() if found.second_factor else TWO_FACTORS)
        if not found.roles:
            return None
        scopes = frozenset(found.scopes)
        return Grant(
            actor=found.person_id, roles=roles, place=place, scopes=scopes, holder=found.holder, is_person=True
        )
    role = found.role or Role.MERCHANT
    if role not in _of_programs(place):
        return None
    return Grant(actor=key_id, roles=frozenset({role}), place=place, scopes=frozenset(found.scopes))


def recognise_bearer(connection: Connection, sent: str, at: datetime) -> Grant | None:
    """The same of a native key or a session, as it is sent."""
    parts = halves(sent)
    kind = KeyKind.SESSION if sent.startswith("ps_") else KeyKind.NATIVE
    return recognise(connection, kind, parts.key_id, parts.secret, at)


def make_key(
    connection: Connection,
    draw: random.Random,
    at: datetime,
    *,
    kind: KeyKind = KeyKind.NATIVE,
    name: str,
    by: str,
    person_id: str | None = None,
    place: Place = Place(),  # noqa: B008 - frozen
    role: Role | None = None,
    scopes: Collection[str] = (),
    good_for: timedelta | None = None,
    second_factor: bool = False,
    parent: str | None = None,
    key_id: str | None = None,
) -> MadeKey:
    """A new key of a person, a shop, or (with a role) of a program of an office or the post. Unacceptable if that
    role is not one of that place, or only a person's; NotFound if there is no such shop."""
    if place.merchant_id is not None:
        load_merchant(connection, place.merchant_id)
    if person_id is None:
        _refuse_unfit_role(place, role)
    drawn = draw_key(kind, draw)
    made = Halves(key_id or drawn.key_id, drawn.secret)
    key = Key(
        key_id=made.key_id,
        kind=kind,
        secret_hash=hash_of(made.secret),
        name=name,
        person_id=person_id,
        merchant_id=place.merchant_id,
        office=place.office,
        role=role,
        scopes=sorted(scopes),
        second_factor=second_factor,
        parent=parent,
        made_by=by,
        made_at=at,
        expires_at=at + good_for if good_for is not None else None,
    )
    append_key(connection, key)
    return MadeKey(key, made)


def _of_programs(place: Place) -> frozenset[Role]:
    """What a program may be there. It has no hands: parcels and cash are handed to people."""
    return roles_at(place) - HOLDING


def _refuse_unfit_role(place: Place, role: Role | None) -> None:
    """Returns if a program may be that there."""
    fitting = _of_programs(place)
    if role in fitting or (role is None and place.merchant_id):
        return
    choose = f"choose one of {', '.join(sorted(fitting))}"
    if role in HOLDING:
        raise Unacceptable(
            f"a program cannot be {'an' if role is Role.AGENT else 'a'} {role}: nothing can be handed to it",
            field="role",
            remedy=f"take a person on and let them sign in, or {choose}",
        )
    raise Unacceptable(f"a key of {place} cannot be {role or 'without a role'}", field="role", remedy=choose)


def make_merchant_keys(
    connection: Connection, merchant_id: MerchantId, at: datetime, draw: random.Random, *, by: str
) -> MerchantCredentials:
    """New keys of a shop in every dialect; those it has stay good."""
    place = Place(merchant_id=merchant_id)

    def make(kind: KeyKind, key_id: str | None = None) -> Halves:
        return make_key(connection, draw, at, kind=kind, name=kind.value, by=by, place=place, key_id=key_id).halves

    store = load_stores(connection, merchant_id)[0]
    steadfast, client = make(KeyKind.STEADFAST), make(KeyKind.PATHAO)
    user = make(KeyKind.PATHAO_USER, f"{merchant_id}.{letters(6, draw)}@post")
    return MerchantCredentials(
        api_key=make(KeyKind.NATIVE).text,
        steadfast={"api_key": steadfast.key_id, "secret_key": steadfast.secret},
        pathao={
            "client_id": client.key_id,
            "client_secret": client.secret,
            "username": user.key_id,
            "password": user.secret,
            "store_id": store.store_id,
        },
        redx={"token": make(KeyKind.REDX).text, "pickup_store_id": store.store_id},
    )


def rotate_key(
    connection: Connection, draw: random.Random, key_id: str, place: Place, overlap: timedelta, by: str, at: datetime
) -> MadeKey:
    """A key like that one, which itself ends when the overlap is over. NotFound if the place has no such key, as for
    sessions and tokens: whoever renewed one would be somebody else;
    Conflict if it has ended; Unacceptable if the overlap is longer than a month."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise Unacceptable(
            "so long an overlap is none", field="overlap_s", remedy=f"at most {LONGEST_OVERLAP.days} days"
        )
    old = own_key(connection, key_id, place)
    if old.person_id is not None or old.parent is not None:
        raise NotFound(f"no key {key_id}", field="key_id", remedy="look at the list of your keys")
    if old.retired_at is not None:
        raise Conflict(f"key {key_id} is retired", field="key_id", remedy="make a new one")
    made = make_key(
        connection,
        draw,
        at,
        kind=old.kind,
        name=old.name,
        by=by,
        place=Place(merchant_id=old.merchant_id, office=old.office),
        role=old.role,
        scopes=old.scopes,
        good_for=old.expires_at - old.made_at if old.expires_at else None,
    )
    retire_key(connection, key_id, at + overlap)
    return made


def own_key(connection: Connection, key_id: str, place: Place) -> Key:
    """A key of that place, held until the transaction ends; the post has them all. NotFound otherwise, alike."""
    found = lock_key(connection, key_id) if "\x00" not in key_id else None
    if found is None or place not in {Place(), Place(merchant_id=found.merchant_id, office=found.office)}:
        raise NotFound(f"no key {key_id}", field="key_id", remedy="look at the list of your keys")
    return found


def exchange_for_tokens(
    connection: Connection,
    client_id: str,
    client_secret: str,
    username: str,
    password: str,
    at: datetime,
    draw: random.Random,
) -> Tokens | None:
    """Tokens for a client and its user; None unless both are right and of one shop."""
    client = recognise(connection, KeyKind.PATHAO, client_id, client_secret, at)
    user = recognise(connection, KeyKind.PATHAO_USER, username, password, at)
    if client is None or user is None or client.place != user.place:
        return None
    return issue_tokens(connection, client_id, client.place, at, draw)


def renew_tokens(
    connection: Connection, client_id: str, client_secret: str, refresh_token: str, at: datetime, draw: random.Random
) -> Tokens | None:
    """New tokens for a refresh token, which is used up; None unless it was issued to this client."""
    client = recognise(connection, KeyKind.PATHAO, client_id, client_secret, at)
    parts = halves(refresh_token)
    if client is None or recognise(connection, KeyKind.REFRESH, parts.key_id, parts.secret, at) is None:
        return None
    held = lock_key(connection, parts.key_id)
    if held is None or held.parent != client_id or held.retired_at is not None:
        return None
    retire_key(connection, parts.key_id, at)
    return issue_tokens(connection, client_id, client.place, at, draw)


def issue_tokens(connection: Connection, client_id: str, place: Place, at: datetime, draw: random.Random) -> Tokens:
    """New tokens of a client that has been recognised."""

    def make(kind: KeyKind, good_for: timedelta) -> str:
        return make_key(
            connection, draw, at, kind=kind, name="", by=client_id, place=place, good_for=good_for, parent=client_id
        ).halves.text

    access = make(KeyKind.TOKEN, TOKEN_LIFE)
    return Tokens(access, make(KeyKind.REFRESH, REFRESH_LIFE), int(TOKEN_LIFE.total_seconds()))


def recognise_token(connection: Connection, access_token: str, at: datetime) -> Grant | None:
    """What an access token lets in; None if it is none, or no longer."""
    parts = halves(access_token)
    return recognise(connection, KeyKind.TOKEN, parts.key_id, parts.secret, at)
