"""Payouts, the steps they took, the files they went into, and advances. A step is one conditional update: who comes
second changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, select, text

from post_logistics.cod.payouts import Payout, PayoutKind, PayoutState, before
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import advances, payout_files, payout_steps, payouts

_BANK_LOCK = "select pg_advisory_xact_lock(1885435507)"


def lock_bank(connection: Connection) -> None:
    """Until the transaction ends nobody else orders a payout: what is free in the bank stays what it is. Merchants are
    locked before, never after."""
    connection.execute(text(_BANK_LOCK))


@dataclass(frozen=True, slots=True)
class PayoutStep:
    """That a payout came to a state: who said so, why, and when."""

    payout_id: str
    state: PayoutState
    by: str
    note: str
    at: datetime


def append_payouts(connection: Connection, values: Sequence[Payout]) -> list[str]:
    """Orders those payouts that were not ordered before; gives back their ids."""
    new = set(append(connection, payouts, values, keep_first=True))
    ordered = [one for one in values if one.payout_id in new]
    steps = [PayoutStep(one.payout_id, one.state, one.ordered_by, "", one.ordered_at) for one in ordered]
    append(connection, payout_steps, steps)
    return [one.payout_id for one in ordered]


def move_payouts(
    connection: Connection,
    payout_ids: Sequence[str],
    to: PayoutState,
    *,
    by: str,
    note: str,
    at: datetime,
    approved_by: str | None = None,
    file_id: str | None = None,
) -> list[str]:
    """Brings those of the payouts to a state that stand where it may follow; gives back their ids. Of two at once, one
    has it."""
    rows = connection.execute(
        text(
            "with moved as ("
            " update payouts set state = :to, approved_by = coalesce(:approved_by, approved_by),"
            "  file_id = coalesce(:file_id, file_id)"
            " where payout_id = any(:ids) and state = any(:before) returning payout_id"
            ") insert into payout_steps (payout_id, state, by, note, at) "
            "select payout_id, :to, :by, :note, :at from moved returning payout_id"
        ),
        {
            "ids": list(payout_ids),
            "to": to.value,
            "before": [state.value for state in before(to)],
            "by": by,
            "note": note,
            "at": at,
            "approved_by": approved_by,
            "file_id": file_id,
        },
    )
    return list(rows.scalars())


def load_payout(connection: Connection, payout_id: str, merchant: str | None = None) -> Payout:
    """One payout; NotFound if there is none, or it is another merchant's: the two answer alike."""
    for payout in _load(connection, payouts.c.payout_id == payout_id):
        if merchant in {None, payout.merchant}:
            return payout
    raise NotFound(f"no payout {payout_id}", field="payout_id", remedy="copy it from the list of payouts")


def load_payouts(
    connection: Connection,
    *,
    states: Sequence[PayoutState] | None = None,
    merchant: str | None = None,
    file_id: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Payout]:
    """Payouts in those states, of that merchant, in that file, by id, from the one that follows ``after``."""
    wanted: list[ColumnElement[bool]] = []
    if states is not None:
        wanted.append(payouts.c.state.in_([state.value for state in states]))
    if merchant is not None:
        wanted.append(payouts.c.merchant == merchant)
    if file_id is not None:
        wanted.append(payouts.c.file_id == file_id)
    if after is not None:
        wanted.append(payouts.c.payout_id > after)
    return _load(connection, *wanted, limit=limit)


def load_latest_payouts(connection: Connection, merchant: str, limit: int) -> list[Payout]:
    """The payouts of a merchant, the latest ordered first."""
    wanted = select(payouts).where(payouts.c.merchant == merchant)
    rows = connection.execute(wanted.order_by(payouts.c.ordered_at.desc(), payouts.c.payout_id).limit(limit))
    return read(rows, Payout, kind=PayoutKind, state=PayoutState)


def lock_payouts(connection: Connection, states: Sequence[PayoutState]) -> list[Payout]:
    """The payouts in those states, by id, locked until the transaction ends."""
    rows = connection.execute(
        select(payouts)
        .where(payouts.c.state.in_([state.value for state in states]))
        .order_by(payouts.c.payout_id)
        .with_for_update(key_share=True)
    )
    return read(rows, Payout, kind=PayoutKind, state=PayoutState)


def hold_payouts(connection: Connection, payout_ids: Sequence[str]) -> dict[str, PayoutState]:
    """Payout -> where it stands; until the transaction ends nobody else brings one of them to another state."""
    rows = connection.execute(
        text("select payout_id, state from payouts where payout_id = any(:ids) order by payout_id for no key update"),
        {"ids": list(payout_ids)},
    )
    return {row.payout_id: PayoutState(row.state) for row in rows}


def _load(connection: Connection, *wanted: ColumnElement[bool], limit: int | None = None) -> list[Payout]:
    rows = connection.execute(select(payouts).where(*wanted).order_by(payouts.c.payout_id).limit(limit))
    return read(rows, Payout, kind=PayoutKind, state=PayoutState)


def load_steps(connection: Connection, payout_id: str) -> list[PayoutStep]:
    """What became of a payout, in order."""
    rows = connection.execute(
        select(payout_steps).where(payout_steps.c.payout_id == payout_id).order_by(payout_steps.c.at)
    )
    found = read(rows, PayoutStep, state=PayoutState)
    order = list(PayoutState)
    return sorted(found, key=lambda step: (step.at, order.index(step.state)))


def load_confirmed(connection: Connection, payout_ids: Sequence[str]) -> dict[str, datetime]:
    """Payout -> when the bank's statement confirmed it, for those that it has; what was taken back does not count."""
    rows = connection.execute(
        text(
            "select cause, max(at) as at from transfers as one "
            "where code = 'payout_confirmed' and cause = any(:ids) and reverses is null "
            "and not exists (select from transfers as back where back.reverses = one.transfer_id) group by cause"
        ),
        {"ids": list(payout_ids)},
    )
    return {row.cause: row.at for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFile:
    """A file for a bank, as it was made."""

    file_id: str
    layout: str
    paid_on: date
    payouts: int
    total_poisha: int
    hash_total: int
    content: bytes
    sha256: str
    made_by: str
    made_at: datetime


def append_file(connection: Connection, file: PayoutFile) -> bool:
    """Keeps the file; False if there is one of that name."""
    return bool(append(connection, payout_files, [file], keep_first=True))


def load_files(connection: Connection, file_id: str) -> list[PayoutFile]:
    """The file of that name; nothing if there is none."""
    return read(connection.execute(select(payout_files).where(payout_files.c.file_id == file_id)), PayoutFile)


def load_file(connection: Connection, file_id: str) -> PayoutFile:
    """The file of that name; NotFound if there is none."""
    for file in load_files(connection, file_id):
        return file
    raise NotFound(f"no payout file {file_id}", field="file_id", remedy="make it first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """Money asked for before it is due; ``approved`` is None while nobody has decided."""

    advance_id: str
    merchant: str
    amount_poisha: int
    why: str
    asked_by: str
    asked_at: datetime
    approved: bool | None = None
    decided_by: str | None = None
    decided_why: str | None = None
    decided_at: datetime | None = None


def append_advance(connection: Connection, advance: Advance) -> bool:
    """Keeps what was asked for; False if it was asked for before."""
    return bool(append(connection, advances, [advance], keep_first=True))


def decide_advance(connection: Connection, advance_id: str, approved: bool, by: str, why: str, at: datetime) -> bool:
    """Keeps the decision; False if somebody has decided before."""
    changed = connection.execute(
        text(
            "update advances set approved = :approved, decided_by = :by, decided_why = :why, decided_at = :at "
            "where advance_id = :id and approved is null"
        ),
        {"id": advance_id, "approved": approved, "by": by, "why": why, "at": at},
    )
    return changed.rowcount == 1


def load_advance(connection: Connection, advance_id: str, merchant: str | None = None) -> Advance:
    """One advance; NotFound if there is none, or it is another merchant's: the two answer alike."""
    for advance in read(connection.execute(select(advances).where(advances.c.advance_id == advance_id)), Advance):
        if merchant in {None, advance.merchant}:
            return advance
    raise NotFound(f"no advance {advance_id}", field="advance_id", remedy="see the list of advances")


_ADVANCES = text(
    """
    select * from (
        select advance_id, merchant, amount_poisha, why, asked_by, asked_at, approved, decided_by, decided_why,
            decided_at from advances
        union all
        select 'refund:' || refund_id, merchant_id, advanced_poisha, why, "by", asked_at, true, "by",
            'refunded for ' || item_number, done_at
        from refunds join consignments using (item_number) where advanced_poisha > 0 and state = 'done'
    ) as one
    where (cast(:merchant as text) is null or merchant = :merchant) and (approved is null or not :undecided)
    order by asked_at desc, advance_id limit 500
    """
)


def load_advances(connection: Connection, merchant: str | None = None, *, undecided: bool = False) -> list[Advance]:
    """The advances of a merchant or of all, the latest asked for first; only those that wait for a decision, if so
    asked. What was refunded though the merchant was no longer owed it is one, too: ``refund:`` and its id."""
    return read(connection.execute(_ADVANCES, {"merchant": merchant, "undecided": undecided}), Advance)
