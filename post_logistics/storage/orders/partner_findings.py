"""Where a partner's list of a day and ours differ, until they agree or a person has settled it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from post_logistics.errors import NotFound
from post_logistics.storage.rows import read
from post_logistics.storage.schema import partner_findings


class FindingKind(StrEnum):
    """How two lists of one day differ."""

    MISSING_HERE = "missing_here"
    """We had not heard of it: the list brought it."""
    MISSING_THERE = "missing_there"
    STATE = "state"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference between a partner's list and ours. Closed by ``list`` when it has gone, or by a person."""

    finding_id: UUID
    shop_id: UUID
    on_day: date
    order_id: str
    kind: FindingKind
    theirs: str
    ours: str
    found_at: datetime
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""


BY_THE_LIST = "list"
"""Who has closed a finding that went away by itself."""

_SAVE_FINDINGS = text(
    "insert into partner_findings select * from unnest(cast(:finding_id as uuid[]), cast(:shop_id as uuid[]), "
    "cast(:on_day as date[]), cast(:order_id as text[]), cast(:kind as text[]), cast(:theirs as text[]), "
    "cast(:ours as text[]), cast(:found_at as timestamptz[]), cast(:closed_at as timestamptz[]), "
    "cast(:closed_by as text[]), cast(:note as text[])) "
    "on conflict (finding_id) do update set theirs = excluded.theirs, ours = excluded.ours, "
    "closed_at = excluded.closed_at, closed_by = excluded.closed_by, note = '' "
    "where partner_findings.closed_by in ('', :by_the_list) "
    "or (partner_findings.theirs, partner_findings.ours) <> (excluded.theirs, excluded.ours)"
)


def save_findings(connection: Connection, findings: Sequence[Finding]) -> None:
    """Keeps what differs. What a person has settled stays so for as long as both sides say the same."""
    if findings:
        names = [column.name for column in partner_findings.c]
        values = {name: [getattr(one, name) for one in findings] for name in names}
        connection.execute(_SAVE_FINDINGS, values | {"by_the_list": BY_THE_LIST})


def close_gone(connection: Connection, shop_id: UUID, day: date, still: Collection[UUID], at: datetime) -> int:
    """Closes open findings of that day which are not found any more; how many."""
    gone = update(partner_findings).where(
        partner_findings.c.shop_id == shop_id,
        partner_findings.c.on_day == day,
        partner_findings.c.closed_at.is_(None),
        partner_findings.c.finding_id != func.all(list(still)),
    )
    return connection.execute(gone.values(closed_at=at, closed_by=BY_THE_LIST)).rowcount


def load_findings(
    connection: Connection, shop_id: UUID, *, day: date | None = None, open_only: bool = False, limit: int = 500
) -> list[Finding]:
    """Findings of a partner, the latest first."""
    wanted = select(partner_findings).where(partner_findings.c.shop_id == shop_id)
    if day is not None:
        wanted = wanted.where(partner_findings.c.on_day == day)
    if open_only:
        wanted = wanted.where(partner_findings.c.closed_at.is_(None))
    latest = (partner_findings.c.found_at.desc(), partner_findings.c.order_id, partner_findings.c.kind)
    return read(connection.execute(wanted.order_by(*latest).limit(limit)), Finding, kind=FindingKind)


def lock_finding(connection: Connection, shop_id: UUID, finding_id: UUID) -> Finding:
    """That finding, for nobody else to close until the transaction ends; NotFound if it is not the partner's."""
    wanted = select(partner_findings).where(
        partner_findings.c.finding_id == finding_id, partner_findings.c.shop_id == shop_id
    )
    for found in read(connection.execute(wanted.with_for_update()), Finding, kind=FindingKind):
        return found
    raise NotFound(f"no finding {finding_id}", field="finding_id", remedy="look it up in the list of findings")


def close_finding(connection: Connection, finding: Finding, by: str, note: str, at: datetime) -> None:
    """The finding is settled by that person."""
    done = update(partner_findings).where(partner_findings.c.finding_id == finding.finding_id)
    connection.execute(done.values(closed_at=at, closed_by=by, note=note))
