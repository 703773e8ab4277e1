"""The audit is sealed hour by hour in a chain, and proven from its first row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from post_logistics.access.audit import FIRST, seal_hash
from post_logistics.storage.access.audit import (
    AuditSeal,
    append_seal,
    last_seal,
    load_seals,
    lock_audit,
    what_was_said,
)
from post_logistics.storage.database import Connection

_BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
_STILL_DOING: Final = timedelta(hours=1)
"""No request takes longer: what it did is kept before its hour is sealed."""


@dataclass(frozen=True, slots=True)
class AuditProof:
    """What was found. ``broken``: the ends of the spans whose rows or hash are not what was sealed; empty is well."""

    seals: int
    rows: int
    broken: list[datetime]


def seal_audit(connection: Connection, at: datetime) -> AuditSeal | None:
    """Seals everything up to the last full hour that nobody is still working in; None if there is none yet."""
    until = (at - _STILL_DOING).replace(minute=0, second=0, microsecond=0)
    lock_audit(connection)
    before = last_seal(connection)
    if before is not None and before.until >= until:
        return None
    rows, said = what_was_said(connection, before.until if before else _BEGINNING, until)
    previous = before.hash if before else FIRST
    seal = AuditSeal(
        until=until, rows=rows, previous_hash=previous, hash=seal_hash(previous, until, rows, said), sealed_at=at
    )
    append_seal(connection, seal)
    return seal


def prove_audit(connection: Connection) -> AuditProof:
    """Recomputes the whole chain from the rows that are there."""
    previous, since, total, broken = FIRST, _BEGINNING, 0, []
    seals = load_seals(connection)
    for seal in seals:
        rows, said = what_was_said(connection, since, seal.until)
        if (seal.previous_hash, seal.rows, seal.hash) != (
            previous,
            rows,
            seal_hash(previous, seal.until, rows, said),
        ):
            broken.append(seal.until)
        previous, since, total = seal.hash, seal.until, total + rows
    return AuditProof(len(seals), total, broken)
