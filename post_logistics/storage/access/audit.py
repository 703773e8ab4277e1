"""The audit: who did what, kept with it, and sealed in a chain of hashes."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from post_logistics.storage.rows import append, driver_of, read
from post_logistics.storage.schema import audit, audit_seals

_LOCK = "select pg_advisory_xact_lock(1818584936)"
"""The lock that ``refuse_sealed_audit`` shares: sealing waits for everything that is being done."""
_SAID = """
    select count(*) as rows, encode(sha256(coalesce(string_agg(sha256(convert_to(json_build_array(
        audit_id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        actor, merchant_id, office, operation, about
    )::text, 'UTF8')), '' order by audit_id), '')), 'hex') as hash
    from audit where at >= :since and at < :until
"""

_APPEND = (
    "insert into audit (at, actor, merchant_id, office, operation, about) "
    "values (%(at)s, %(actor)s, %(merchant_id)s, %(office)s, %(operation)s, %(about)s::text[])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What somebody did. ``merchant_id`` and ``office`` are empty where they acted for the post."""

    at: datetime
    actor: str
    merchant_id: str
    office: str
    operation: str
    about: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAct(Act):
    """The same with its number."""

    audit_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSeal:
    """What the audit said from the seal before it until an instant; hashes are SHA-256 in hex."""

    until: datetime
    rows: int
    previous_hash: str
    hash: str
    sealed_at: datetime


def append_act(connection: Connection, act: Act) -> None:
    """Keeps what was done."""
    driver_of(connection).execute(_APPEND, asdict(act))


def load_acts(
    connection: Connection,
    *,
    before: int | None,
    limit: int,
    actor: str = "",
    operation: str = "",
    merchant_id: str = "",
    office: str = "",
    about: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[KeptAct]:
    """What was done, the latest first, of those asked for; ``before``: the number of the last that was seen.

    ``since`` is the first instant that counts, ``until`` the first that no longer does."""
    wanted = select(audit).order_by(audit.c.audit_id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(audit.c.audit_id < before)
    for column, value in (
        (audit.c.actor, actor),
        (audit.c.operation, operation),
        (audit.c.merchant_id, merchant_id),
        (audit.c.office, office),
    ):
        if value:
            wanted = wanted.where(column == value)
    if since is not None:
        wanted = wanted.where(audit.c.at >= since)
    if until is not None:
        wanted = wanted.where(audit.c.at < until)
    if about:
        wanted = wanted.where(audit.c.about.contains([about]))
    return read(connection.execute(wanted), KeptAct)


def lock_audit(connection: Connection) -> None:
    """Until the transaction ends nothing is kept, and all that was kept before is seen."""
    connection.execute(text(_LOCK))


def load_seals(connection: Connection) -> list[AuditSeal]:
    """The chain, oldest first."""
    return read(connection.execute(select(audit_seals).order_by(audit_seals.c.until)), AuditSeal)


def last_seal(connection: Connection) -> AuditSeal | None:
    """The newest seal; None while there is none."""
    rows = connection.execute(select(audit_seals).order_by(audit_seals.c.until.desc()).limit(1))
    return next(iter(read(rows, AuditSeal)), None)


def append_seal(connection: Connection, seal: AuditSeal) -> None:
    """Seals: nothing can be kept before that instant any more."""
    append(connection, audit_seals, [seal])


def what_was_said(connection: Connection, since: datetime, until: datetime) -> tuple[int, str]:
    """How many acts there were in that time, and the hash of them all."""
    row = connection.execute(text(_SAID), {"since": since, "until": until}).one()
    return int(row.rows), str(row.hash)
