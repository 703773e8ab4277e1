"""People, their roles, their shifts, and the mistakes of those who try to be somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text, update

from post_logistics.access.roles import Role
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import memberships, people, shifts
from post_logistics.units import MerchantId, Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in. ``password_hash`` and ``totp_secret`` are empty where there is none."""

    person_id: str
    name: str
    password_hash: str
    must_change: bool
    totp_secret: bytes
    totp_step: int
    totp_proven: bool
    made_by: str
    made_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A role of a person in a place. ``holder``: the rider or agent that they are; empty for other roles."""

    person_id: str
    role: Role
    merchant_id: MerchantId | None
    office: Postcode | None
    holder: str
    given_by: str
    given_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """When somebody worked at an office."""

    person_id: str
    office: Postcode
    opened_at: datetime
    closed_at: datetime | None


def append_people(connection: Connection, values: Sequence[Person]) -> list[str]:
    """Keeps those who are new; gives back their names."""
    return append(connection, people, values, keep_first=True)


def find_person(connection: Connection, person_id: str, *, lock: bool = False) -> Person | None:
    """Somebody; None if there is nobody of that name. ``lock``: until the transaction ends."""
    wanted = select(people).where(people.c.person_id == person_id)
    found = read(connection.execute(wanted.with_for_update() if lock else wanted), Person)
    return found[0] if found else None


def load_person(connection: Connection, person_id: str, *, lock: bool = False) -> Person:
    """Somebody; NotFound if there is nobody of that name."""
    found = find_person(connection, person_id, lock=lock)
    if found is None:
        raise NotFound(f"no person {person_id}", field="person_id", remedy="look at the list of people")
    return found


def change_person(connection: Connection, person_id: str, **changes: Any) -> None:
    """Sets columns of one person."""
    connection.execute(update(people).where(people.c.person_id == person_id).values(**changes))


def load_people(connection: Connection, person_ids: Sequence[str]) -> list[Person]:
    """Those people, by name."""
    wanted = select(people).where(people.c.person_id.in_(person_ids)).order_by(people.c.person_id)
    return read(connection.execute(wanted), Person)


def append_memberships(connection: Connection, values: Sequence[Membership]) -> None:
    """Gives roles; one that stands already stays as it is."""
    append(connection, memberships, values, keep_first=True)


def load_memberships(connection: Connection, person_id: str) -> list[Membership]:
    """The roles that a person has now."""
    rows = connection.execute(
        select(memberships)
        .where(memberships.c.person_id == person_id, memberships.c.ended_at.is_(None))
        .order_by(memberships.c.membership_id)
    )
    return read(rows, Membership, role=Role)


def load_members(
    connection: Connection, *, merchant_id: str | None = None, office: str | None = None, after: str = "", limit: int
) -> list[Membership]:
    """Roles that stand, of a shop, of an office, or (neither) of all; by person from the one that follows ``after``."""
    wanted = select(memberships).where(memberships.c.ended_at.is_(None), memberships.c.person_id > after)
    if merchant_id is not None:
        wanted = wanted.where(memberships.c.merchant_id == merchant_id)
    if office is not None:
        wanted = wanted.where(memberships.c.office == office)
    rows = connection.execute(wanted.order_by(memberships.c.person_id, memberships.c.membership_id).limit(limit))
    return read(rows, Membership, role=Role)


def end_membership(
    connection: Connection,
    person_id: str,
    role: Role,
    merchant_id: str | None,
    office: str | None,
    by: str,
    at: datetime,
) -> bool:
    """Takes a role away; False if nobody had it."""
    done = connection.execute(
        text(
            "update memberships set ended_by = :by, ended_at = :at where person_id = :person_id and role = :role "
            "and merchant_id is not distinct from :merchant_id and office is not distinct from :office "
            "and ended_at is null"
        ),
        {"by": by, "at": at, "person_id": person_id, "role": role, "merchant_id": merchant_id, "office": office},
    )
    return bool(done.rowcount)


def failures_of(
    connection: Connection, person_id: str, network: str, since: datetime
) -> tuple[int, datetime | None, int]:
    """The mistakes under that name from that network, the last of them, and the network's over all names."""
    row = connection.execute(
        text(
            "select coalesce(sum(failures) filter (where person_id = :person_id), 0), "
            "max(last_at) filter (where person_id = :person_id), coalesce(sum(failures), 0) "
            "from sign_in_failures where network = :network and last_at > :since"
        ),
        {"person_id": person_id, "network": network, "since": since},
    ).one()
    return int(row[0]), row[1], int(row[2])


def count_failure(connection: Connection, person_id: str, network: str, since: datetime, at: datetime) -> None:
    """One mistake more; those before ``since`` are forgotten."""
    connection.execute(
        text(
            "insert into sign_in_failures as f (person_id, network, failures, last_at) "
            "values (:person_id, :network, 1, :at) on conflict (person_id, network) do update "
            "set failures = case when f.last_at > :since then f.failures + 1 else 1 end, last_at = :at"
        ),
        {"person_id": person_id, "network": network, "since": since, "at": at},
    )


def forget_failures(connection: Connection, person_id: str, network: str) -> None:
    """They have shown who they are."""
    connection.execute(
        text("delete from sign_in_failures where person_id = :person_id and network = :network"),
        {"person_id": person_id, "network": network},
    )


def open_shift(connection: Connection, person_id: str, office: str, at: datetime) -> None:
    """Somebody is at work at that office, and no longer at another."""
    values = {"person_id": person_id, "office": office, "at": at}
    connection.execute(
        text(
            "update shifts set closed_at = greatest(:at, opened_at) "
            "where person_id = :person_id and closed_at is null and office <> :office"
        ),
        values,
    )
    connection.execute(
        text(
            "insert into shifts (person_id, office, opened_at) values (:person_id, :office, :at) on conflict do nothing"
        ),
        values,
    )


def close_shift(connection: Connection, person_id: str, at: datetime) -> None:
    """Somebody goes home."""
    connection.execute(
        text(
            "update shifts set closed_at = greatest(:at, opened_at) where person_id = :person_id and closed_at is null"
        ),
        {"person_id": person_id, "at": at},
    )


def load_shifts(connection: Connection, office: str, since: datetime, until: datetime) -> list[Shift]:
    """Who worked at the office in that time, by beginning."""
    rows = connection.execute(
        select(shifts)
        .where(shifts.c.office == office, shifts.c.opened_at < until)
        .where((shifts.c.closed_at.is_(None)) | (shifts.c.closed_at > since))
        .order_by(shifts.c.opened_at)
    )
    return read(rows, Shift)
