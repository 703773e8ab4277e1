"""What the finance desk looks at: how much waits for it, what was matched last, files for banks, a parcel's moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from post_logistics.cod.ledger import Transfer
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.storage.rows import read


@dataclass(frozen=True, slots=True)
class Heap:
    """How much of one kind waits, what it comes to, and since when the first of it does."""

    name: str
    count: int
    amount_poisha: int
    since: datetime | None


_HEAPS = text("""
    select 'lines' as name, count(*) as count, coalesce(sum(abs(l.amount_poisha)), 0)::bigint as amount_poisha,
           min(s.opened_at) as since
    from suspense s join statement_lines l using (line_id) where s.closed_at is null
    union all
    select 'proposals', count(*), coalesce(sum(abs(l.amount_poisha)), 0)::bigint, min(s.opened_at)
    from suspense s join statement_lines l using (line_id) where s.closed_at is null and s.reason = 'to_confirm'
    union all
    select state, count(payout_id), coalesce(sum(amount_poisha), 0)::bigint, min(ordered_at)
    from unnest(array['ordered', 'approved', 'filed']) as w (state) left join payouts using (state) group by state
    union all
    select 'held', count(*), coalesce(sum(held_poisha), 0)::bigint, min(changed_at)
    from payments where held_poisha > 0
    union all
    select 'advances', count(*), coalesce(sum(amount_poisha), 0)::bigint, min(asked_at)
    from advances where approved is null
""")


def load_heaps(connection: Connection) -> dict[str, Heap]:
    """What waits for the finance desk: lines nobody explains, of them proposals, payouts by where they stand, payments
    held, and advances asked for."""
    return {one.name: one for one in read(connection.execute(_HEAPS), Heap)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchGlance:
    """A match in a list: what its lines come to, and the facts that explain it."""

    match_id: UUID
    source: str
    rule: str
    explanation: dict[str, Any]
    amount_poisha: int
    lines: int
    booked_on: date
    made_by: str
    made_at: datetime
    confirmed_by: str | None
    undone_at: datetime | None


_MATCHES = text("""
    select m.match_id, m.source, m.rule, m.explanation, m.made_by, m.made_at, m.confirmed_by, m.undone_at,
           l.amount_poisha, l.lines, l.booked_on
    from (
        select * from matches
        where (cast(:source as text) is null or source = :source)
            and (not :by_people or made_by <> :engine or confirmed_by is not null)
        order by made_at desc, match_id limit :limit
    ) m, lateral (
        select sum(amount_poisha)::bigint as amount_poisha, count(*) as lines, min(booked_on) as booked_on
        from match_lines join statement_lines using (line_id) where match_id = m.match_id
    ) l order by m.made_at desc, m.match_id
""")


def load_latest_matches(
    connection: Connection, engine: str, *, source: str | None = None, by_people: bool = False, limit: int = 50
) -> list[MatchGlance]:
    """The matches made last, undone ones too; of one source, or only those that a person made or confirmed, and not
    ``engine`` alone."""
    given = {"source": source, "by_people": by_people, "engine": engine, "limit": limit}
    return read(connection.execute(_MATCHES, given), MatchGlance)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGlance:
    """A line of a statement, as it is shown beside its match."""

    line_id: UUID
    booked_on: date
    amount_poisha: int
    reference: str
    description: str
    file_name: str
    row: int


def load_lines_of(connection: Connection, line_ids: Sequence[UUID]) -> list[LineGlance]:
    """Those lines, the first booked first."""
    rows = connection.execute(
        text(
            "select l.*, f.file_name from statement_lines l join statement_files f using (file_id) "
            "where line_id = any(:ids) order by booked_on, line_id"
        ),
        {"ids": list(line_ids)},
    )
    return read(rows, LineGlance)


def load_match_of(connection: Connection, line_id: UUID) -> UUID | None:
    """The match of the line that stands; None if nothing explains it."""
    wanted = text("select match_id from match_lines where line_id = :line and standing")
    return connection.execute(wanted, {"line": line_id}).scalar()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileGlance:
    """A file for a bank in a list, without its content. ``waits``: payouts in it that nobody has said are sent."""

    file_id: str
    layout: str
    paid_on: date
    payouts: int
    total_poisha: int
    made_by: str
    made_at: datetime
    waits: int
    cancelled: int


_FILES = text("""
    select f.file_id, f.layout, f.paid_on, f.payouts, f.total_poisha, f.made_by, f.made_at,
           (select count(*) from payouts p where p.file_id = f.file_id and p.state = 'filed') as waits,
           (select count(*) from payouts p where p.file_id = f.file_id and p.state = 'cancelled') as cancelled
    from payout_files f where cast(:file_id as text) is null or f.file_id = :file_id
    order by f.made_at desc, f.file_id limit :limit
""")


def load_latest_files(connection: Connection, limit: int, file_id: str | None = None) -> list[FileGlance]:
    """The files made last, or the one of that name."""
    return read(connection.execute(_FILES, {"limit": limit, "file_id": file_id}), FileGlance)


def load_moves_of(connection: Connection, item_number: str) -> list[Transfer]:
    """Every transfer of a parcel's money, in the order of their instants."""
    wanted = text("select transfer_id from transfers where item_number = :item")
    ids = connection.execute(wanted, {"item": item_number}).scalars().all()
    return load_transfers(connection, ids) if ids else []
