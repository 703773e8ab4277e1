"""What people do to the books as a whole: open them, take a transfer back, close a month."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, select, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import ledger_openings, ledger_periods, reversals


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBooks:
    """That the books were opened, with what (``sha256``), by whom; ``accounts``: how many had a balance."""

    cause: str
    sha256: str
    accounts: int
    opened_by: str
    countersigned_by: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """Who took a transfer back, and why; ``transfer_id`` is the transfer that does it."""

    transfer_id: UUID
    reverses: UUID
    why: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPeriod:
    """A month that two people closed; ``hash`` is that of its last day, and so of all before it."""

    period: str
    last_day: date
    hash: str
    closed_by: str
    countersigned_by: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Resting:
    """Something that rests on a transfer: the kind of paper or step, and its id."""

    what: str
    name: str


def append_opening(connection: Connection, opened: OpenedBooks) -> OpenedBooks:
    """Keeps that the books were opened; gives back how they were, if that was before."""
    append(connection, ledger_openings, [opened], keep_first=True)
    return read(connection.execute(select(ledger_openings)), OpenedBooks)[0]


def append_reversal(connection: Connection, reversal: Reversal) -> None:
    """Keeps who took a transfer back, and why."""
    append(connection, reversals, [reversal])


def load_reversal(connection: Connection, reverses: UUID) -> Reversal | None:
    """Who took that transfer back; None if nobody did or nobody said."""
    rows = connection.execute(select(reversals).where(reversals.c.reverses == reverses))
    return next(iter(read(rows, Reversal)), None)


def append_period(connection: Connection, period: ClosedPeriod) -> ClosedPeriod:
    """Keeps that a month is closed; gives back how it was, if that was before."""
    append(connection, ledger_periods, [period], keep_first=True)
    rows = connection.execute(select(ledger_periods).where(ledger_periods.c.period == period.period))
    return read(rows, ClosedPeriod)[0]


def load_periods(connection: Connection) -> list[ClosedPeriod]:
    """The closed months, oldest first."""
    return read(connection.execute(select(ledger_periods).order_by(ledger_periods.c.period)), ClosedPeriod)


def lock_transfer(connection: Connection, transfer_id: UUID) -> None:
    """Until the transaction ends nobody else takes that transfer back."""
    key = {"id": str(transfer_id)}
    connection.execute(text("select pg_advisory_xact_lock(hashtextextended('take back/' || :id, 0))"), key)


_LEAVES = ("shortage", "hand_in", "agent_netted", "agent_hand_in", "agent_float_taken", "till_shortage", "deposit")
"""The codes by which a place is emptied: what was there before is part of what left with them."""
_RESTING = """
    with it as (select * from transfers where transfer_id = :id)
    select 'reversal' as what, back.transfer_id::text as name from it join transfers back on back.reverses = :id
    union all
    select 'day close', close_id from it join day_closes on close_id = it.cause
        and not exists (select from reopenings where reopenings.close_id = it.cause)
    union all
    select 'deposit', slip_number from it join slips on close_id = it.cause and standing where it.code = 'deposit'
    union all
    select 'settlement', settlement_id from it join settlements on settlement_id = it.cause
    union all
    select 'settlement', settlement_id from it join settlement_lines using (item_number)
        where it.credit_kind = 'merchant_payable'
    union all
    (select later.code, later.cause from it join transfers later on later.credit = it.debit and later.at > it.at
        and later.code = any(:leaves) and later.reverses is null
        and not exists (select from transfers back where back.reverses = later.transfer_id)
     where it.debit_kind in ('rider_cash', 'agent_cash', 'office_till')
     order by later.at, later.cause, later.code desc limit 1)
"""
_POSTED_BY = """
    with it as (
        select code, cause, case when pg_input_is_valid(cause, 'uuid') then cast(cause as uuid) end as id
        from transfers where transfer_id = :id
    )
    select 'receipt' as what, cause as name from it join receipts on receipt_id = id and standing
    union all select 'payment', cause from it join payments on payment_id = cause
    union all select 'refund', cause from it join refunds on refund_id = id
    union all select 'hand-in', cause from it join agent_hand_ins on hand_in_id = id
    union all select 'clearing', cause from it join clearings on clearing_id = id where code <> 'pay_deductions_paid'
    union all select 'claim', cause from it join settlement_compensations on claim_id = id
    union all select 'match', match_id::text from it join matches on match_id = id and undone_at is null
    union all select 'match', match_id::text from it join match_entries on entry_id = cause and standing
        and kind in ('deposit', 'payout', 'deduction', 'bill') where code not in ('deposit', 'pay_out', 'advance')
    union all select 'payout', cause from it join payouts on payout_id = cause
        where code in ('pay_out', 'advance') or code like 'payout%'
    union all select 'bill', cause from it join bills on bill_id = cause where code in ('bill', 'bill_vat')
    union all select 'line in suspense', cause from it join suspense on line_id = id and closed_at is null
    limit 1
"""
_USED_BY = """
    select later.code as what, later.cause as name from transfers it
    join transfers later on later.at > it.at and later.reverses is null
        and ((it.debit = :account and later.credit = :account) or (it.credit = :account and later.debit = :account))
        and not exists (select from transfers back where back.reverses = later.transfer_id)
    where it.transfer_id = :id order by later.at, later.code, later.cause limit 1
"""


def load_resting(connection: Connection, transfer_id: UUID) -> list[Resting]:
    """What rests on a transfer: papers that stand and list it, and the step with which its money left its place."""
    rows = connection.execute(text(_RESTING), {"id": transfer_id, "leaves": list(_LEAVES)})
    return read(rows, Resting)


def load_poster(connection: Connection, transfer_id: UUID) -> Resting | None:
    """The paper that stands and that posted the transfer as a part of it; None if none did."""
    return next(iter(read(connection.execute(text(_POSTED_BY), {"id": transfer_id}), Resting)), None)


def load_user(connection: Connection, transfer_id: UUID, account: str) -> Resting | None:
    """The first step after a transfer that moved on what it had brought to that account; None if nothing did."""
    rows = connection.execute(text(_USED_BY), {"id": transfer_id, "account": account})
    return next(iter(read(rows, Resting)), None)
