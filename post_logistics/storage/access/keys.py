"""Keys: kept by their hash, found by their public half together with what they let in now."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text

from post_logistics.access.keys import Key, KeyKind
from post_logistics.access.roles import Role
from post_logistics.storage.rows import read
from post_logistics.storage.schema import keys

_FOUND = text("""
    select k.kind, k.secret_hash, k.person_id, k.merchant_id, k.office, k.role, k.scopes, k.second_factor,
           least(k.expires_at, parent.expires_at) as expires_at,
           least(k.retired_at, parent.retired_at, p.left_at) as ended_at,
           coalesce(m.roles, '{}') as roles, coalesce(m.holder, '') as holder
    from keys k left join keys parent on parent.key_id = k.parent left join people p on p.person_id = k.person_id
    left join lateral (
        select array_agg(m.role) as roles, max(m.holder) as holder from memberships m
        where m.person_id = k.person_id and m.ended_at is null
            and m.merchant_id is not distinct from k.merchant_id and m.office is not distinct from k.office
    ) m on true
    where k.key_id = :key_id
""")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and what it lets in at present: ``roles`` are those of its person in its place."""

    kind: KeyKind
    secret_hash: bytes
    person_id: str | None
    merchant_id: str | None
    office: str | None
    role: Role | None
    scopes: list[str]
    second_factor: bool
    expires_at: datetime | None
    ended_at: datetime | None
    roles: list[str]
    holder: str


def append_key(connection: Connection, key: Key) -> None:
    """Keeps a new key."""
    connection.execute(insert(keys).values(**asdict(key)))


def find_key(connection: Connection, key_id: str) -> FoundKey | None:
    """The key of that public half with what it lets in; None if there is none."""
    rows = connection.execute(_FOUND, {"key_id": key_id})
    found = read(rows, FoundKey, kind=KeyKind, role=lambda role: role and Role(role))
    return found[0] if found else None


def load_keys(
    connection: Connection, *, merchant_id: str | None = None, person_id: str | None = None, office: str | None = None
) -> list[Key]:
    """The long-lived keys of a shop, a person, an office or (none of them) of all, the latest first."""
    wanted = select(keys).where(keys.c.kind.not_in(["session", "token", "refresh"]))
    for column, value in ((keys.c.merchant_id, merchant_id), (keys.c.person_id, person_id), (keys.c.office, office)):
        if value is not None:
            wanted = wanted.where(column == value)
    rows = connection.execute(wanted.order_by(keys.c.made_at.desc(), keys.c.key_id).limit(1000))
    return read(rows, Key, kind=KeyKind, role=lambda role: role and Role(role))


def load_sessions(connection: Connection, person_id: str, at: datetime) -> list[Key]:
    """The sessions of a person that are open then, the latest first."""
    wanted = select(keys).where(keys.c.person_id == person_id, keys.c.kind == KeyKind.SESSION.value)
    wanted = wanted.where(func.coalesce(func.least(keys.c.expires_at, keys.c.retired_at) > at, True))
    rows = connection.execute(wanted.order_by(keys.c.made_at.desc(), keys.c.key_id))
    return read(rows, Key, kind=KeyKind, role=lambda role: role and Role(role))


def lock_key(connection: Connection, key_id: str) -> Key | None:
    """That key, held until the transaction ends."""
    rows = connection.execute(select(keys).where(keys.c.key_id == key_id).with_for_update())
    found = read(rows, Key, kind=KeyKind, role=lambda role: role and Role(role))
    return found[0] if found else None


def retire_key(connection: Connection, key_id: str, at: datetime) -> None:
    """From then on it and what was issued for it let nobody in."""
    connection.execute(
        text("update keys set retired_at = least(retired_at, :at) where key_id = :key_id"),
        {"at": at, "key_id": key_id},
    )


def retire_keys_of(connection: Connection, person_id: str, kinds: Sequence[KeyKind], at: datetime) -> None:
    """The same of a person's keys of those kinds."""
    connection.execute(
        text(
            "update keys set retired_at = :at "
            "where person_id = :person_id and kind = any(:kinds) and retired_at is null"
        ),
        {"at": at, "person_id": person_id, "kinds": [kind.value for kind in kinds]},
    )


def forget_issued(connection: Connection, before: datetime) -> int:
    """Lets go sessions and tokens that ended before then; gives back how many."""
    gone = connection.execute(
        text(
            "delete from keys where kind in ('session', 'token', 'refresh') and least(expires_at, retired_at) < :before"
        ),
        {"before": before},
    )
    return int(gone.rowcount)
