"""Lines of statements and what is expected on them, as columns; what each line was found to be; suspense."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, TextClause, text

from post_logistics.cod.ledger import Transfer
from post_logistics.cod.matching.columns import KINDS, Entries, EntryKind, Flags
from post_logistics.cod.matching.posting import MatchedEntry
from post_logistics.cod.postings import Code
from post_logistics.cod.statements.columns import LineColumns, texts
from post_logistics.storage.money.ledger import load_transfers
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import match_entries, matches, reversals

_AT_ONCE = 50_000
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('matching', 0))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Lines and entries that were found to be the same money; undone, it no longer stands."""

    match_id: UUID
    source: str
    rule: str
    explanation: dict[str, Any]
    difference_poisha: int
    difference_kind: str | None
    made_by: str
    made_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    undone_by: str | None = None
    undone_at: datetime | None = None
    undone_why: str | None = None


def lock_matching(connection: Connection) -> None:
    """Until the transaction ends nobody else matches a line, or undoes a match."""
    connection.execute(_LOCK)


# ruff: noqa: S608 - the statements below are put together from the texts of this page alone
_STANDS = "exists (select from match_lines m where m.line_id = l.line_id and m.standing offset 0)"
_COLUMNS = """l.line_id, l.row, l.booked_on - date '1970-01-01' as booked_on, l.amount_poisha, l.reference,
    l.description || ' ' || l.counterparty as description"""
_OPEN_LINES = text(f"select {_COLUMNS} from statement_lines l where l.source = :source and not {_STANDS}")
_ALIKE_LINES = text(f"""
    select {_COLUMNS} from (
        select distinct date '1970-01-01' + booked_on, amount_poisha
        from unnest(cast(:days as int[]), cast(:amounts as bigint[])) as waits (booked_on, amount_poisha)
    ) as waits (booked_on, amount_poisha)
    join statement_lines l using (booked_on, amount_poisha) where l.source = :source and {_STANDS}
""")


def load_lines(connection: Connection, source: str) -> tuple[LineColumns, Flags]:
    """The lines of a source that nothing explains, and those explained that look like one of them by day and amount,
    which the second value marks."""
    waits = _lines(connection, _OPEN_LINES, source)
    days, amounts = waits.booked_on.tolist(), waits.amount_poisha.tolist()
    alike = _lines(connection, _ALIKE_LINES, source, days=days, amounts=amounts)
    return LineColumns.joined([waits, alike]), np.arange(len(waits) + len(alike)) >= len(waits)


def _lines(connection: Connection, wanted: TextClause, source: str, **given: Any) -> LineColumns:
    line, row, booked, amount, reference, description = _stream(connection, wanted, 6, source=source, **given)
    return LineColumns(
        line=texts(line),
        row=np.array(row, dtype=np.int32),
        booked_on=np.array(booked, dtype=np.int32),
        amount_poisha=np.array(amount, dtype=np.int64),
        reference=texts(reference),
        description=texts(description),
        source=texts([source] * len(line)),
    )


def _stream(connection: Connection, wanted: TextClause, width: int, **given: Any) -> list[list[Any]]:
    """The columns of an answer, read in parts: however long it is, it is never held twice."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for part in connection.execute(wanted, given, execution_options={"stream_results": True}).partitions(_AT_ONCE):
        for column, values in zip(columns, zip(*part, strict=True), strict=True):
            column.extend(values)
    return columns


_DAY = "({at} at time zone 'Asia/Dhaka')::date - date '1970-01-01'"
_EXPECTED = {
    EntryKind.DEPOSIT: f"""
        select d.close_id as entry_id, d.office as owner, {_DAY.format(at="s.deposited_at")} as due_on,
               d.amount_poisha, s.slip_number as first, '' as second, '' as third, '' as batch
        from deposits d join slips s on s.close_id = d.close_id and s.standing
        where exists (select from standing_transfers t where t.cause = d.close_id and t.code = 'deposit' offset 0)
    """,
    EntryKind.COLLECTION: f"""
        select t.transfer_id::text as entry_id, split_part(t.debit, ':', 2) as owner,
               {_DAY.format(at="t.at")} as due_on, t.amount_poisha, coalesce(p.provider_ref, '') as first,
               coalesce(p.payment_id, '') as second, coalesce(t.item_number, '') as third, '' as batch
        from standing_transfers t left join payments p on p.payment_id = t.cause
        where t.code in ('collect_digital', 'digital_unplaced', 'postage_digital')
            and (cast(:provider as text) is null or t.debit = 'provider_clearing:' || :provider)
        union all
        select t.transfer_id::text, split_part(t.credit, ':', 2), {_DAY.format(at="t.at")}, -t.amount_poisha, t.cause,
               coalesce(r.payment_id, ''), coalesce(t.item_number, ''), ''
        from standing_transfers t left join refunds r on r.refund_id::text = t.cause
        where t.code in ('refund_digital', 'refund_advanced_digital', 'unplaced_refunded', 'postage_refunded')
            and (cast(:provider as text) is null or t.credit = 'provider_clearing:' || :provider)
    """,
    EntryKind.PAYOUT: f"""
        select p.payout_id as entry_id, p.merchant as owner, {_DAY.format(at="p.ordered_at")} as due_on,
               -p.amount_poisha as amount_poisha, p.payout_id as first, '' as second, '' as third,
               coalesce(p.file_id, '') as batch
        from payouts p where p.state in ('approved', 'filed', 'sent', 'returned') and p.account <> ''
    """,
    EntryKind.RETURN: f"""
        select p.payout_id as entry_id, p.merchant as owner, {_DAY.format(at="p.ordered_at")} as due_on,
               p.amount_poisha, p.payout_id as first, '' as second, '' as third, '' as batch
        from payouts p where p.state in ('approved', 'filed', 'sent') and p.account <> ''
    """,
    EntryKind.DEDUCTION: f"""
        select c.clearing_id::text as entry_id, c.office as owner, {_DAY.format(at="c.cleared_at")} as due_on,
               c.amount_poisha, c.clearing_id::text as first, c.rider as second, '' as third, '' as batch
        from clearings c where c.way = 'deducted' and exists (
            select from standing_transfers t
            where t.debit = 'pay_deductions:' || c.office and t.cause = c.clearing_id::text offset 0)
    """,
    EntryKind.BILL: f"""
        select b.bill_id as entry_id, b.merchant as owner, {_DAY.format(at="b.drawn_at")} as due_on,
               b.fees_poisha + b.vat_poisha as amount_poisha, b.bill_id as first, '' as second, '' as third, '' as batch
        from bills b where exists (
            select from standing_transfers t where t.cause = b.bill_id and t.code in ('bill', 'bill_vat') offset 0)
        and not exists (
            select from standing_transfers t where t.cause = b.bill_id and t.code = 'bill_counter' offset 0)
    """,
}
_EXPECTED[EntryKind.PAYMENT] = _EXPECTED[EntryKind.COLLECTION]
_BANK_KINDS = tuple(kind for kind in KINDS if kind is not EntryKind.PAYMENT)


def _entries_query(kinds: Sequence[EntryKind]) -> str:
    """What is open, and what has come of an amount in question."""
    part = """
        select {code} as kind, e.*, come as explained from ({expected}) as e, lateral (select exists (
            select from match_entries m where m.kind = '{kind}' and m.entry_id = e.entry_id and m.standing offset 0
        ) as come) as known
        where not come or e.amount_poisha in (select unnest(cast(:amounts as bigint[])))
    """
    return " union all ".join(
        part.format(code=KINDS.index(kind), kind=kind.value, expected=_EXPECTED[kind]) for kind in kinds
    )


_DAYS_COME = text(f"""
    select distinct split_part(t.debit, ':', 2) as owner, {_DAY.format(at="t.at")} as day
    from transfers t
    join match_entries m on m.kind = 'collection' and m.entry_id = t.transfer_id::text and m.standing
    where t.code in ('collect_digital', 'digital_unplaced', 'postage_digital')
        and t.at >= (date '1970-01-01' + cast(:since as int))::timestamp at time zone 'Asia/Dhaka'
""")


def load_entries(connection: Connection, provider: str | None, amounts: Sequence[int], since: int = 0) -> Entries:
    """What is expected at the bank, or of a provider on its own statement; and what has come of one of the amounts.

    ``since``: the day (days since 1970) from which on it counts that a provider has paid something of a day."""
    kinds = _BANK_KINDS if provider is None else (EntryKind.PAYMENT,)
    wanted = text(_entries_query(kinds))
    columns = _stream(connection, wanted, 10, provider=provider, amounts=list(amounts))
    kind, entry, owner, due, amount, first, second, third, batch, come = columns
    return Entries(
        entry=entry,
        kind=np.array(kind, dtype=np.int8),
        owner=owner,
        due_on=np.array(due, dtype=np.int32),
        amount_poisha=np.array(amount, dtype=np.int64),
        references=(first, second, third),
        group=batch,
        explained=np.array(come, dtype=np.bool_),
        days_come=_load_days_come(connection, since) if provider is None else frozenset(),
    )


def _load_days_come(connection: Connection, since: int) -> frozenset[tuple[str, int]]:
    return frozenset((row.owner, row.day) for row in connection.execute(_DAYS_COME, {"since": since}))


def load_entry(connection: Connection, kind: EntryKind, entry_id: str, provider: str | None) -> MatchedEntry | None:
    """One entry that may be matched by hand; None if there is none, it has come, or it is another provider's."""
    found = text(
        f"select owner, amount_poisha from ({_EXPECTED[kind]}) as e where entry_id = :entry_id and not exists ("
        "select from match_entries m where m.kind = :kind and m.entry_id = e.entry_id and m.standing)"
    )
    row = connection.execute(found, {"entry_id": entry_id, "kind": kind.value, "provider": provider}).first()
    if row is None:
        return None
    return MatchedEntry(kind=kind, entry_id=entry_id, owner=row.owner, amount_poisha=row.amount_poisha)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Something that has not come yet, as people look for it."""

    kind: EntryKind
    entry_id: str
    owner: str
    due_on: date
    amount_poisha: int
    reference: str


def search_expected(
    connection: Connection, provider: str | None, amount_poisha: int, words: str = "", limit: int = 20
) -> list[Expected]:
    """What has not come and moves money the same way, with those words in its id, owner or reference; what is nearest
    to the amount first. Payments of recipients are too many to be looked through without a word."""
    part = """
        select '{kind}' as kind, entry_id, owner, date '1970-01-01' + due_on as due_on, amount_poisha,
               first as reference, concat_ws(' ', entry_id, owner, first, second, third, batch) as words
        from ({expected}) as e where sign(amount_poisha) = sign(cast(:amount as bigint)) and not exists (
            select from match_entries m where m.kind = '{kind}' and m.entry_id = e.entry_id and m.standing)
    """
    many = {EntryKind.COLLECTION, EntryKind.PAYMENT}
    wanted = _BANK_KINDS if provider is None else (EntryKind.PAYMENT,)
    kinds = [kind for kind in wanted if words.strip() or kind not in many]
    if not kinds:
        return []
    found = " union all ".join(part.format(kind=kind.value, expected=_EXPECTED[kind]) for kind in kinds)
    rows = connection.execute(
        text(
            f"select * from ({found}) as one where strpos(lower(words), lower(:words)) > 0 "
            "order by abs(amount_poisha - :amount), due_on, entry_id limit :limit"
        ),
        {"provider": provider, "amount": amount_poisha, "words": words.strip(), "limit": limit},
    )
    return read(rows, Expected, kind=EntryKind)


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line as far as its matching goes. ``match_id``: the match that stands; ``turns``: how many were undone."""

    line_id: UUID
    source: str
    booked_on: date
    amount_poisha: int
    match_id: UUID | None
    turns: int


_KNOWN = text("""
    select l.line_id, l.source, l.booked_on, l.amount_poisha, s.match_id,
           (select count(*) from match_lines t where t.line_id = l.line_id and not t.standing) as turns
    from unnest(cast(:lines as uuid[])) as wanted (line_id) join statement_lines l using (line_id)
    left join match_lines s on s.line_id = l.line_id and s.standing
""")


def load_known(connection: Connection, lines: Sequence[UUID]) -> dict[UUID, KnownLine]:
    """Those of the lines that there are."""
    return {one.line_id: one for one in read(connection.execute(_KNOWN, {"lines": list(lines)}), KnownLine)}


_COME = text("""
    select kind, entry_id from match_entries join unnest(cast(:kinds as text[]), cast(:ids as text[]))
    as wanted (kind, entry_id) using (kind, entry_id) where standing
""")


def load_come(connection: Connection, entries: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the entries that a match has, by kind and id."""
    wanted = list(entries)
    given = {"kinds": [kind for kind, _ in wanted], "ids": [entry for _, entry in wanted]}
    return {(row.kind, row.entry_id) for row in connection.execute(_COME, given)}


def load_posted(connection: Connection, codes: Sequence[Code], causes: Sequence[str]) -> list[Transfer]:
    """The transfers that stand of these reasons and causes."""
    if not causes:
        return []
    written = ", ".join(f"'{code.value}'" for code in codes)  # in the text, so that the index of these reasons is used
    wanted = text(f"select transfer_id from standing_transfers where code in ({written}) and cause = any(:causes)")
    ids = connection.execute(wanted, {"causes": list(causes)}).scalars().all()
    return load_transfers(connection, ids) if ids else []


def carry_over(connection: Connection, collections: Sequence[tuple[UUID, UUID]]) -> None:
    """What a statement has shown of each first collection, it has shown of the second, which was posted in its place.
    The caller holds the matching."""
    old, new = ([str(pair[place]) for pair in collections] for place in range(2))
    connection.execute(
        text(
            "update match_entries set entry_id = moved.new from unnest(cast(:old as text[]), cast(:new as text[])) "
            "as moved (old, new) where kind in ('collection', 'payment') and entry_id = moved.old and standing"
        ),
        {"old": old, "new": new},
    )


def load_standing(connection: Connection, ids: Sequence[UUID]) -> list[Transfer]:
    """Those of the transfers that stand."""
    wanted = text("select transfer_id from standing_transfers where transfer_id = any(:ids)")
    found = connection.execute(wanted, {"ids": list(ids)}).scalars().all()
    return load_transfers(connection, found) if found else []


_MATCH_LINES = text("""
    insert into match_lines (match_id, line_id, standing)
    select match_id, line_id, true
    from unnest(cast(:matches as uuid[]), cast(:lines as uuid[])) as made (match_id, line_id)
""")


def append_match_rows(
    connection: Connection,
    made: Sequence[Match],
    lines: Sequence[tuple[UUID, UUID]],
    entries: Sequence[tuple[UUID, MatchedEntry]],
) -> None:
    """Keeps matches, their lines and their entries; the tables refuse a line or an entry that another match has."""
    append(connection, matches, made)
    if lines:
        connection.execute(
            _MATCH_LINES, {"matches": [match for match, _ in lines], "lines": [line for _, line in lines]}
        )
    if entries:
        kinds = [one.kind.value for _, one in entries]
        append(
            connection,
            match_entries,
            [one for _, one in entries],
            match_id=[match for match, _ in entries],
            kind=kinds,
            standing=[True] * len(entries),
        )


_WITH_OWNERS = {
    EntryKind.DEPOSIT: "select d.office from deposits d where d.close_id = e.entry_id",
    EntryKind.COLLECTION: (
        "select split_part(case t.debit_kind when 'provider_clearing' then t.debit else t.credit end, ':', 2) "
        "from transfers t where t.transfer_id = cast(e.entry_id as uuid)"
    ),
    EntryKind.DEDUCTION: "select c.office from clearings c where c.clearing_id = cast(e.entry_id as uuid)",
    EntryKind.PAYOUT: "select p.merchant from payouts p where p.payout_id = e.entry_id",
    EntryKind.BILL: "select b.merchant from bills b where b.bill_id = e.entry_id",
}
_WITH_OWNERS[EntryKind.PAYMENT] = _WITH_OWNERS[EntryKind.COLLECTION]
_WITH_OWNERS[EntryKind.RETURN] = _WITH_OWNERS[EntryKind.PAYOUT]
_MEMBERS = text(
    "select e.kind, e.entry_id, e.amount_poisha, case e.kind "
    + " ".join(f"when '{kind.value}' then ({owner})" for kind, owner in _WITH_OWNERS.items())
    + " end as owner from match_entries e where e.match_id = :match_id order by e.kind, e.entry_id"
)


def load_match(connection: Connection, match_id: UUID) -> tuple[Match, list[KnownLine], list[MatchedEntry]] | None:
    """A match with its lines and entries; None if there is none."""
    rows = connection.execute(text("select * from matches where match_id = :id"), {"id": match_id})
    for match in read(rows, Match):
        lines = connection.execute(text("select line_id from match_lines where match_id = :id"), {"id": match_id})
        known = load_known(connection, lines.scalars().all())
        members = connection.execute(_MEMBERS, {"match_id": match_id})
        return match, list(known.values()), read(members, MatchedEntry, kind=EntryKind)
    return None


def undo(connection: Connection, match_id: UUID, *, why: str, by: str, at: datetime) -> None:
    """The match no longer stands."""
    given = {"id": match_id, "why": why, "by": by, "at": at}
    connection.execute(
        text("update matches set undone_by = :by, undone_at = :at, undone_why = :why where match_id = :id"), given
    )
    for table in ("match_lines", "match_entries"):
        connection.execute(text(f"update {table} set standing = false where match_id = :id"), given)


def append_reversals(connection: Connection, back: Sequence[Transfer], *, why: str, by: str, at: datetime) -> None:
    """Keeps why these transfers take others back; what is known stays."""
    times = len(back)
    append(connection, reversals, back, keep_first=True, why=[why] * times, by=[by] * times, at=[at] * times)
