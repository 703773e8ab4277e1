"""People: taken on with a password on paper, given roles, signed in, and gone."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from post_logistics.access.keys import KeyKind
from post_logistics.access.lockout import FORGOTTEN_AFTER, NETWORK_MISTAKES, may_try_at
from post_logistics.access.passwords import (
    draw_password,
    draw_second_factor,
    hash_password,
    is_password,
    lock_up,
    second_factor_uri,
    step_of_code,
    unlock,
)
from post_logistics.access.roles import AT_AN_OFFICE, HOLDING, TWO_FACTORS, Place, Role
from post_logistics.consignments.entries import required_entry
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.access.keys import MadeKey, make_key
from post_logistics.operations.facts import Facts
from post_logistics.storage.access.keys import lock_key, retire_key, retire_keys_of
from post_logistics.storage.access.people import (
    Membership,
    Person,
    append_memberships,
    append_people,
    change_person,
    close_shift,
    count_failure,
    end_membership,
    failures_of,
    find_person,
    forget_failures,
    load_memberships,
    load_person,
    open_shift,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import latin_digits

SESSION_LIFE: Final = timedelta(hours=12)
"""A working day: somebody signs in once in the morning."""
OWN_ACCOUNT: Final = "sessions"
"""The scope of a session with which somebody may only look after who they are."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who was taken on, with a password to be handed over on paper."""

    person: Person
    password: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody typed. ``place``: for whom they want to act; None: the only one, if there is one.

    ``strict``: with a password that somebody else knows the session is for choosing another, and for nothing else."""

    person_id: str
    password: str
    code: str
    place: Place | None
    network: str
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody was let in: nothing that tells whether the name or the password was wrong."""

    reason: str
    wait_until: datetime | None = None
    places: tuple[str, ...] = ()
    """For whom somebody who is known may act, where that is the question."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session. ``roles`` are those that hold: without a second factor some do not. ``must_change``: the password
    is known to somebody else."""

    made: MadeKey
    roles: frozenset[Role]
    place: Place
    must_change: bool
    needs_second_factor: bool


def take_on(connection: Connection, draw: random.Random, person_id: str, name: str, by: str, at: datetime) -> NewPerson:
    """Somebody new. Conflict if the name to sign in with is taken."""
    login = person_id.strip().casefold()
    password = draw_password(draw)
    person = Person(
        person_id=login,
        name=required_entry(name, 100),
        password_hash=hash_password(password, login),
        must_change=True,
        totp_secret=b"",
        totp_step=0,
        totp_proven=False,
        made_by=by,
        made_at=at,
    )
    if not append_people(connection, [person]):
        raise Conflict(f"there is a {login} already", field="person_id", remedy="choose another name to sign in with")
    return NewPerson(person, password)


def give_role(
    connection: Connection,
    facts: Facts,
    person_id: str,
    role: Role,
    place: Place,
    by: str,
    at: datetime,
    holder: str = "",
) -> Membership:
    """The person has that role there from now on. ``holder``: which rider or agent they are.

    Unacceptable if the role is none of that place; NotFound if there is no such person, shop, office, rider or agent.
    """
    person = load_person(connection, person_id)
    if person.left_at is not None:
        raise Conflict(f"{person_id} has left", field="person_id", remedy="take the person on again under another name")
    office = place.office
    if place.merchant_id is not None:
        load_merchant(connection, place.merchant_id)
    if (role is Role.MERCHANT) != (place.merchant_id is not None) or (role in AT_AN_OFFICE) != (office is not None):
        where = "a merchant" if role is Role.MERCHANT else "an office" if role in AT_AN_OFFICE else "the post"
        raise Unacceptable(f"{role} is a role of {where}", field="role", remedy=f"name {where}, and nothing else")
    if (role in HOLDING) != bool(holder):
        raise Unacceptable(
            f"{role} and {holder or 'nobody'} do not go together",
            field="holder",
            remedy="riders and agents say who they are in data/, others leave it out",
        )
    if office is not None:
        office = facts.offices[_known_office(facts, office)].postcode
        if role is Role.RIDER:
            facts.fleet.rider(office, holder)
        if role is Role.AGENT:
            facts.points.get(holder, office)
    given = Membership(
        person_id=person_id,
        role=role,
        merchant_id=place.merchant_id,
        office=office,
        holder=holder,
        given_by=by,
        given_at=at,
    )
    append_memberships(connection, [given])
    return given


def _known_office(facts: Facts, office: str) -> str:
    code = latin_digits(office)
    if code not in facts.offices:
        raise NotFound(f"no office {code}", field="office", remedy="see data/post_offices.csv")
    return code


def take_role(connection: Connection, person_id: str, role: Role, place: Place, by: str, at: datetime) -> None:
    """The person has it no longer, in sessions that are open neither. NotFound if they had it not."""
    if not end_membership(connection, person_id, role, place.merchant_id, place.office, by, at):
        raise NotFound(f"{person_id} is no {role} of {place}", field="role", remedy="look at the person's roles")


def leave(connection: Connection, person_id: str, at: datetime) -> None:
    """The person has left: nothing of theirs lets anybody in."""
    load_person(connection, person_id, lock=True)
    change_person(connection, person_id, left_at=at)
    close_shift(connection, person_id, at)
    retire_keys_of(connection, person_id, list(KeyKind), at)


def sign_in(connection: Connection, draw: random.Random, key: bytes, asked: SignIn, at: datetime) -> SignedIn | Refused:
    """A session, or why not. A mistake is counted in this transaction: answer it, and commit.

    Whoever guesses delays that name from that network alone; a network that guesses for many names is delayed for all.
    """
    login = asked.person_id.strip().casefold()
    since = at - FORGOTTEN_AFTER
    person = find_person(connection, login, lock=True)  # before the mistakes are counted: guesses queue up
    failures, last_at, of_network = failures_of(connection, login, asked.network, since)
    free_at = may_try_at(max(failures, of_network - NETWORK_MISTAKES), last_at or since)
    if at < free_at:
        return Refused("too many mistakes: wait a little", free_at)
    right = is_password(asked.password, person.password_hash if person else "")
    step = None
    if person and right and person.totp_proven:
        code = latin_digits(asked.code)
        step = step_of_code(unlock(person.totp_secret, key), code, person.totp_step, at)
    if person is None or not right or person.left_at is not None or (person.totp_proven and step is None):
        count_failure(connection, login, asked.network, since, at)
        return Refused("that name, password or code is not right")
    forget_failures(connection, login, asked.network)
    if step is not None:
        change_person(connection, login, totp_step=step)
    return _open(connection, draw, person, asked, step is not None, at)


def _open(
    connection: Connection, draw: random.Random, person: Person, asked: SignIn, two: bool, at: datetime
) -> SignedIn | Refused:
    place = asked.place
    held = load_memberships(connection, person.person_id)
    places = {Place(merchant_id=one.merchant_id, office=one.office): None for one in held}
    if place is None and len(places) == 1:
        place = next(iter(places))
    if place not in places:
        named = tuple(map(str, places))
        return Refused("say for whom: " + (", ".join(named) or "you have no role yet"), places=named)
    roles = frozenset(one.role for one in held if Place(merchant_id=one.merchant_id, office=one.office) == place)
    made = make_key(
        connection,
        draw,
        at,
        kind=KeyKind.SESSION,
        name="",
        by=person.person_id,
        person_id=person.person_id,
        place=place,
        scopes=[OWN_ACCOUNT] if asked.strict and person.must_change else [],
        good_for=SESSION_LIFE,
        second_factor=two,
    )
    if place.office:
        open_shift(connection, person.person_id, place.office, at)
    kept = roles if two else roles - TWO_FACTORS
    return SignedIn(made, kept, place, person.must_change, bool(roles & TWO_FACTORS) and not person.totp_proven)


def sign_out(connection: Connection, person_id: str, key_id: str, at: datetime) -> None:
    """The session ends, and with it the shift. Unacceptable for a key: programs do not sign out."""
    if KeyKind.SESSION not in {key.kind for key in [lock_key(connection, key_id)] if key}:
        raise Unacceptable("that is a key and no session", field="key", remedy="retire it if nobody needs it any more")
    retire_key(connection, key_id, at)
    close_shift(connection, person_id, at)


def change_password(connection: Connection, person_id: str, old: str, new: str, at: datetime) -> None:
    """The person's own new password; every other session ends. Unacceptable if the old one is not right."""
    person = load_person(connection, person_id, lock=True)
    if not is_password(old, person.password_hash):
        raise Unacceptable("that is not your password", field="old", remedy="type the one you signed in with")
    if old == new:
        raise Unacceptable("that is the old password", field="new", remedy="choose another one")
    change_person(connection, person_id, password_hash=hash_password(new, person_id), must_change=False)
    retire_keys_of(connection, person_id, [KeyKind.SESSION], at)


def reset_password(connection: Connection, draw: random.Random, person_id: str, at: datetime) -> str:
    """A new password on paper for somebody who has lost theirs, and no second factor; every session ends."""
    load_person(connection, person_id, lock=True)
    password = draw_password(draw)
    change_person(
        connection,
        person_id,
        password_hash=hash_password(password, person_id),
        must_change=True,
        totp_secret=b"",
        totp_proven=False,
    )
    retire_keys_of(connection, person_id, [KeyKind.SESSION], at)
    return password


def ask_second_factor(connection: Connection, draw: random.Random, key: bytes, person_id: str) -> str:
    """What the person's authenticator scans; it counts once a first code has proven it. Conflict if one is in use."""
    person = load_person(connection, person_id, lock=True)
    if person.totp_proven:
        raise Conflict("you have a second factor", field="code", remedy="ask an administrator to reset it")
    secret = draw_second_factor(draw)
    change_person(connection, person_id, totp_secret=lock_up(secret, key), totp_step=0)
    return second_factor_uri(secret, person_id)


def prove_second_factor(connection: Connection, key: bytes, person_id: str, code: str, at: datetime) -> None:
    """The second factor counts from now on. Unacceptable if the code is not the one of now."""
    person = load_person(connection, person_id, lock=True)
    step = None
    if person.totp_secret:
        step = step_of_code(unlock(person.totp_secret, key), latin_digits(code), person.totp_step, at)
    if step is None:
        raise Unacceptable("that code is not right", field="code", remedy="type the six digits that are shown now")
    change_person(connection, person_id, totp_proven=True, totp_step=step)
