"""People, keys, devices and shops found by what an administrator knows of them, and those that need a look."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, or_, select, text

from post_logistics.access.keys import Key, KeyKind
from post_logistics.access.roles import TWO_FACTORS, Role
from post_logistics.consignments.merchants import Merchant
from post_logistics.storage.access.people import Membership, Person, Shift
from post_logistics.storage.rows import read
from post_logistics.storage.schema import keys, memberships, merchants, people, shifts

_STANDING = memberships.c.ended_at.is_(None)
_LONG_LIVED = keys.c.kind.not_in(["session", "token", "refresh"])


def _like(words: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether one of the columns holds the words, however they are cased."""
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def find_people(
    connection: Connection,
    *,
    words: str = "",
    role: Role | None = None,
    place: str = "",
    left: bool = False,
    after: str = "",
    limit: int,
) -> list[Person]:
    """Those of that name, role and place (a shop's or an office's identifier), by the name they sign in with.

    ``left``: those who have left, instead of those who have not."""
    wanted = select(people).where(people.c.person_id > after, people.c.left_at.is_not(None) == left)
    if words:
        wanted = wanted.where(_like(words, people.c.person_id, people.c.name))
    if role is not None or place:
        held = select(memberships.c.person_id).where(memberships.c.person_id == people.c.person_id, _STANDING)
        held = held.where(memberships.c.role == role.value) if role else held
        held = held.where(or_(memberships.c.office == place, memberships.c.merchant_id == place)) if place else held
        wanted = wanted.where(held.exists())
    return read(connection.execute(wanted.order_by(people.c.person_id).limit(limit)), Person)


def load_roles_of(connection: Connection, person_ids: list[str]) -> dict[str, list[Membership]]:
    """Person -> the roles that they have, in the order in which they were given."""
    wanted = select(memberships).where(memberships.c.person_id.in_(person_ids), _STANDING)
    held: dict[str, list[Membership]] = {one: [] for one in person_ids}
    for one in read(connection.execute(wanted.order_by(memberships.c.membership_id)), Membership, role=Role):
        held[one.person_id].append(one)
    return held


def load_last_shifts(connection: Connection, person_id: str, limit: int) -> list[Shift]:
    """When the person worked, the latest first."""
    wanted = select(shifts).where(shifts.c.person_id == person_id).order_by(shifts.c.opened_at.desc()).limit(limit)
    return read(connection.execute(wanted), Shift)


def load_without_second_factor(connection: Connection, limit: int) -> list[Person]:
    """Those whose role needs a second factor and who have proven none: it does not hold for them yet."""
    held = select(memberships.c.person_id).where(
        memberships.c.person_id == people.c.person_id,
        memberships.c.role.in_([role.value for role in TWO_FACTORS]),
        _STANDING,
    )
    wanted = select(people).where(people.c.left_at.is_(None), people.c.totp_proven.is_(False), held.exists())
    return read(connection.execute(wanted.order_by(people.c.person_id).limit(limit)), Person)


def load_never_begun(connection: Connection, made_before: datetime, limit: int) -> list[Person]:
    """Those who still have a password that somebody else knows, and were taken on before then."""
    wanted = select(people).where(
        people.c.left_at.is_(None), people.c.must_change.is_(True), people.c.made_at < made_before
    )
    return read(connection.execute(wanted.order_by(people.c.made_at, people.c.person_id).limit(limit)), Person)


def load_gone(connection: Connection, since: datetime, limit: int) -> list[Person]:
    """Those who have left since then, the latest first."""
    wanted = select(people).where(people.c.left_at >= since)
    return read(connection.execute(wanted.order_by(people.c.left_at.desc(), people.c.person_id).limit(limit)), Person)


def find_keys(
    connection: Connection,
    at: datetime,
    *,
    words: str = "",
    place: str = "",
    ends_within: timedelta | None = None,
    ended: bool = False,
    after: str = "",
    limit: int,
) -> list[Key]:
    """Long-lived keys whose number or name holds the words, of that shop or office, by their number.

    ``ends_within``: only those that end so soon. ``ended``: those that let nobody in any more, not the others."""
    end = func.least(keys.c.expires_at, keys.c.retired_at)
    wanted = select(keys).where(_LONG_LIVED, keys.c.key_id > after, func.coalesce(end <= at, False) == ended)
    if words:
        wanted = wanted.where(_like(words, keys.c.key_id, keys.c.name))
    if place:
        wanted = wanted.where(or_(keys.c.office == place, keys.c.merchant_id == place))
    if ends_within is not None:
        wanted = wanted.where(end < at + ends_within)
    rows = connection.execute(wanted.order_by(keys.c.key_id).limit(limit))
    return read(rows, Key, kind=KeyKind, role=lambda role: role and Role(role))


def find_merchants(connection: Connection, words: str, after: str, limit: int) -> list[Merchant]:
    """Shops whose name, identifier or store's address holds the words, by their identifiers."""
    wanted = select(merchants).where(merchants.c.merchant_id > after)
    if words:
        wanted = wanted.where(_like(words, merchants.c.name, merchants.c.merchant_id, merchants.c.store_address))
    return read(connection.execute(wanted.order_by(merchants.c.merchant_id).limit(limit)), Merchant)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are: people who have not left, keys that let in, devices in use, shops."""

    people: int
    keys: int
    devices: int
    shops: int


def count_all(connection: Connection, at: datetime) -> Counts:
    """What an administrator answers for, counted."""
    row = connection.execute(
        text(
            "select (select count(*) from people where left_at is null), "
            "(select count(*) from keys where kind not in ('session', 'token', 'refresh') "
            "and coalesce(least(expires_at, retired_at) > :at, true)), "
            "(select count(*) from devices where enrolled_at is not null and retired_at is null), "
            "(select count(*) from merchants)"
        ),
        {"at": at},
    ).one()
    return Counts(*row)


def load_holders(connection: Connection, role: Role) -> dict[str, list[str]]:
    """Rider or agent -> the names of the people who are it."""
    wanted = select(memberships.c.holder, people.c.name).join(people, people.c.person_id == memberships.c.person_id)
    wanted = wanted.where(memberships.c.role == role.value, _STANDING, people.c.left_at.is_(None))
    found: dict[str, list[str]] = {}
    for holder, name in connection.execute(wanted.order_by(memberships.c.membership_id)):
        found.setdefault(holder, []).append(name)
    return found
