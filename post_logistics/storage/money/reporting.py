"""What reports of the money are made of: sums over a period, in few rows however many parcels it had.

A day is a day in Dhaka. A period goes from an instant to another, the second not included; what was posted before that
one counts.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.postings import COLLECTIONS, Code
from post_logistics.cod.terms import Cycle, Terms
from post_logistics.storage.rows import read
from post_logistics.storage.schema import merchant_terms

_DAY = "({} at time zone 'Asia/Dhaka')::date"
OWED = sorted({*COLLECTIONS, Code.COLLECT_SHORT, Code.COLLECT_SHORT_COUNTER})
_COLLECTIONS = ", ".join(f"'{code}'" for code in OWED)
_AMONG = "(cast(:accounts as text[]) is null or {} = any(:accounts))"
"""Null: all accounts. The server knows the value when it plans, so that one merchant's are found by index."""


class DayMoved(NamedTuple):
    """By how much all accounts of a kind changed on a day; debit positive."""

    on_day: date
    kind: str
    poisha: int


class Moved(NamedTuple):
    """What a merchant was owed more in a period, or less, for one reason; ``parts`` is how many postings."""

    merchant: str
    kind: str
    code: str
    parts: int
    poisha: int


class Collected(NamedTuple):
    """Collections of one merchant, day and tender that have come equally far. ``fate``: ``waiting`` for a settlement,
    ``settled`` without a payout that stands, ``ordered``, or ``paid`` on ``paid_on``."""

    merchant: str
    collected_on: date
    tender: str
    fate: str
    paid_on: date | None
    parts: int
    poisha: int


class Served(NamedTuple):
    """What was done in a period for the parcels that were settled in it, by merchant. Weight and ``sent_on`` are of
    those that go from one office to another; ``tries`` are all at the door; ``cash`` and ``digital`` collections."""

    merchant: str
    parcels: int
    returned: int
    sent_on: int
    sent_on_g: int
    sent_back: int
    sent_back_g: int
    tries: int
    cash_parts: int
    cash_poisha: int
    digital_poisha: int
    postage_poisha: int
    cod_fee_poisha: int


class Aged(NamedTuple):
    """Money owed to merchants that was collected so many days before the end of the period, and no settlement lists."""

    days: int
    parts: int
    poisha: int


class Ordered(NamedTuple):
    """Payouts that were ordered in the period, by how they are paid and where they stand now."""

    way: str
    state: str
    parts: int
    poisha: int
    most_poisha: int


class Failed(NamedTuple):
    """A payout that came back or was cancelled in the period."""

    payout_id: str
    merchant: str
    state: str
    poisha: int
    at: datetime
    note: str


class Waiting(NamedTuple):
    """Lines of a bank's statement that were in suspense as the period ended, by age in days since they were booked."""

    source: str
    reason: str
    days: int
    parts: int
    in_poisha: int
    out_poisha: int


class Shown(NamedTuple):
    """How far a bank's statements go, what they say is in the account, and what of them was posted after the period."""

    source: str
    through_on: date | None
    closing_poisha: int | None
    later_poisha: int


def _rows(connection: Connection, statement: str, **given: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(statement), given)]


_DAYS_MOVED = f"""
    select {_DAY.format("at")} as on_day, kind, sum(amount)::bigint from (
        select at, debit_kind as kind, amount_poisha as amount from transfers where at >= :from_at and at < :to_at
        union all
        select at, credit_kind, -amount_poisha from transfers where at >= :from_at and at < :to_at
    ) as legs group by 1, 2 order by 1, 2
"""  # noqa: S608 - only the text of this page


def load_days_moved(connection: Connection, from_at: datetime, to_at: datetime) -> list[DayMoved]:
    """By how much each kind of account changed on each day on which it did."""
    return [DayMoved(*row) for row in _rows(connection, _DAYS_MOVED, from_at=from_at, to_at=to_at)]


_MOVED = f"""
    select merchant, kind, code, count(*), sum(amount)::bigint from (
        select split_part(credit, ':', 2) as merchant, credit_kind as kind, code, amount_poisha as amount
        from transfers where at >= :from_at and at < :to_at and credit_kind = any(:kinds) and {_AMONG.format("credit")}
        union all
        select split_part(debit, ':', 2), debit_kind, code, -amount_poisha
        from transfers where at >= :from_at and at < :to_at and debit_kind = any(:kinds) and {_AMONG.format("debit")}
    ) as legs group by 1, 2, 3 order by 1, 2, 3
"""  # noqa: S608 - only the text of this page


def load_moved(
    connection: Connection, from_at: datetime, to_at: datetime, kinds: Sequence[str], merchant: str | None
) -> list[Moved]:
    """What changed on the accounts of those kinds of every merchant, or of one; reversals are taken off."""
    names = [str(kind) for kind in kinds]
    given = {"from_at": from_at, "to_at": to_at, "kinds": names, "accounts": _of(merchant, names)}
    return [Moved(*row) for row in _rows(connection, _MOVED, **given)]


def _of(merchant: str | None, kinds: Sequence[str]) -> list[str] | None:
    return None if merchant is None else [f"{kind}:{merchant}" for kind in kinds]


_COLLECTED = f"""
    with taken as materialized (
        select split_part(t.credit, ':', 2) as merchant, {_DAY.format("t.at")} as collected_on, t.item_number,
            t.amount_poisha, case t.code when 'collect_agent' then 'agent' when 'collect_digital' then 'digital'
                when 'collect_short' then 'short' when 'collect_short_counter' then 'short' else 'cash' end as tender
        from transfers t
        where t.at >= :from_at and t.at < :to_at and t.code in ({_COLLECTIONS}) and t.reverses is null
            and {_AMONG.format("t.credit")}
            and not exists (select from transfers back where back.reverses = t.transfer_id)
    ), confirmed as materialized (
        select t.cause, max(t.at) as at from transfers t
        where t.code = 'payout_confirmed' and t.reverses is null and t.at >= :from_at
            and not exists (select from transfers back where back.reverses = t.transfer_id)
        group by t.cause
    ), fate as materialized (
        select s.settlement_id, coalesce(c.at, in_cash.at) as paid_at,
            case when p.payout_id is null or p.state in ('returned', 'cancelled') then 'settled'
                 when coalesce(c.at, in_cash.at) is null then 'ordered' else 'paid' end as fate
        from settlements s left join payouts p on p.payout_id = s.settlement_id
        left join confirmed c on c.cause = p.payout_id
        left join payout_steps in_cash on in_cash.payout_id = p.payout_id and in_cash.state = 'paid_in_cash'
        where s.settled_at >= :from_at and (cast(:merchant as text) is null or s.merchant = :merchant)
    )
    select merchant, collected_on, tender, coalesce(fate, 'waiting') as fate,
        case fate when 'paid' then {_DAY.format("paid_at")} end as paid_on,
        count(*), sum(amount_poisha)::bigint
    from taken left join settlement_lines using (item_number) left join fate using (settlement_id)
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
"""  # noqa: S608 - only the text of this page


def load_collected(connection: Connection, from_at: datetime, to_at: datetime, merchant: str | None) -> list[Collected]:
    """What became by now of all that was collected in the period and not taken back, for every merchant, or for one."""
    mine = _of(merchant, [AccountKind.MERCHANT_PAYABLE.value])
    given = {"from_at": from_at, "to_at": to_at, "accounts": mine, "merchant": merchant}
    return [Collected(*row) for row in _rows(connection, _COLLECTED, **given)]


_SERVED = """
    with settled as materialized (
        select s.merchant, l.item_number, l.outcome = 'returned' as returned, l.postage_poisha, l.cod_fee_poisha
        from settlements s join settlement_lines l using (settlement_id)
        where s.settled_at >= :from_at and s.settled_at < :to_at
    ), weighed as (
        select distinct on (item_number) item_number, weight_g from weighings as one
        where item_number in (select item_number from settled) and not exists (
            select from scans where scans.item_number = one.item_number and scans.voids = one.weighing_id)
        order by item_number, weighed_at desc, weighing_id
    ), paid as (
        select item_number, count(*) filter (where code <> 'collect_digital') as cash_parts,
            sum(amount_poisha) filter (where code <> 'collect_digital') as cash_poisha,
            sum(amount_poisha) filter (where code = 'collect_digital') as digital_poisha
        from transfers t
        where code in ('collect', 'collect_counter', 'collect_agent', 'collect_digital') and reverses is null
            and item_number in (select item_number from settled)
            and not exists (select from transfers back where back.reverses = t.transfer_id)
        group by item_number
    )
    select merchant, count(*), count(*) filter (where returned), count(*) filter (where far),
        coalesce(sum(grams) filter (where far), 0)::bigint, count(*) filter (where far and returned),
        coalesce(sum(grams) filter (where far and returned), 0)::bigint,
        coalesce(sum(attempts + case when returned then 0 else 1 end), 0)::bigint,
        coalesce(sum(cash_parts), 0)::bigint, coalesce(sum(cash_poisha), 0)::bigint,
        coalesce(sum(digital_poisha), 0)::bigint, sum(postage_poisha)::bigint, sum(cod_fee_poisha)::bigint
    from (
        select settled.*, coalesce(weighed.weight_g, c.weight_g) as grams, c.pickup_office <> c.delivery_office as far,
            coalesce(j.attempts, 0) as attempts, paid.cash_parts, paid.cash_poisha, paid.digital_poisha
        from settled join consignments c using (item_number) left join journeys j using (item_number)
        left join weighed using (item_number) left join paid using (item_number)
    ) as known group by merchant order by merchant
"""


def load_served(connection: Connection, from_at: datetime, to_at: datetime) -> list[Served]:
    """What was done for the parcels that were settled in the period, and charged for it; merchants without any are
    left out."""
    return [Served(*row) for row in _rows(connection, _SERVED, from_at=from_at, to_at=to_at)]


def load_terms_until(connection: Connection, on_day: date) -> dict[str, list[Terms]]:
    """Merchant -> all that was agreed with it from days up to that one, oldest first."""
    wanted = select(merchant_terms).where(merchant_terms.c.valid_from <= on_day).order_by(merchant_terms.c.version)
    agreed: dict[str, list[Terms]] = {}
    for terms in read(connection.execute(wanted), Terms, cycle=Cycle):
        agreed.setdefault(terms.merchant, []).append(terms)
    return agreed


def load_payouts_made(connection: Connection, from_at: datetime, to_at: datetime) -> dict[str, int]:
    """Merchant -> payouts that were ordered for it in the period."""
    statement = (
        "select merchant, count(*) from payouts where ordered_at >= :from_at and ordered_at < :to_at group by merchant"
    )
    return {str(merchant): int(n) for merchant, n in _rows(connection, statement, from_at=from_at, to_at=to_at)}


_AGED = f"""
    select greatest(cast(:on_day as date) - {_DAY.format("t.at")}, 0) as days, count(*), sum(t.amount_poisha)::bigint
    from transfers t
    where t.code in ({_COLLECTIONS}) and t.reverses is null and t.at < :to_at
        and not exists (select from transfers back where back.reverses = t.transfer_id and back.at < :to_at)
        and not exists (
            select from settlement_lines l join settlements s using (settlement_id)
            where l.item_number = t.item_number and s.settled_at < :to_at)
    group by 1 order by 1
"""  # noqa: S608 - only the text of this page


def load_owed(connection: Connection, to_at: datetime, on_day: date) -> list[Aged]:
    """The money that had been collected by the end and was in no settlement, by whole days up to ``on_day``."""
    return [Aged(*row) for row in _rows(connection, _AGED, to_at=to_at, on_day=on_day)]


_ORDERED = """
    select case when p.account = '' then 'cash' else coalesce(a.kind, 'account') end as way,
        case when c.cause is not null and p.state not in ('returned', 'cancelled') then 'confirmed' else p.state end,
        count(*), sum(p.amount_poisha)::bigint, max(p.amount_poisha)
    from payouts p left join payout_accounts a on a.merchant = p.merchant and a.version = p.account_version
    left join (
        select distinct t.cause from transfers t where t.code = 'payout_confirmed' and t.reverses is null
            and t.at >= :from_at and not exists (select from transfers back where back.reverses = t.transfer_id)
    ) as c on c.cause = p.payout_id
    where p.ordered_at >= :from_at and p.ordered_at < :to_at group by 1, 2 order by 1, 2
"""


def load_ordered(connection: Connection, from_at: datetime, to_at: datetime) -> list[Ordered]:
    """The payouts of the period: to a ``bank``, a ``wallet``, an ``account`` of which no more is known, or in cash."""
    return [Ordered(*row) for row in _rows(connection, _ORDERED, from_at=from_at, to_at=to_at)]


_FAILED = """
    select p.payout_id, p.merchant, s.state, p.amount_poisha, s.at, s.note from payout_steps s join payouts p
        using (payout_id)
    where s.state in ('returned', 'cancelled') and s.at >= :from_at and s.at < :to_at order by s.at, p.payout_id
"""


def load_failed(connection: Connection, from_at: datetime, to_at: datetime) -> list[Failed]:
    """The payouts that came back or were cancelled in the period."""
    return [Failed(*row) for row in _rows(connection, _FAILED, from_at=from_at, to_at=to_at)]


_DEAREST_IN_CASH = """
    select coalesce(max(poisha), 0) from (
        select sum(l.collected_poisha) as poisha from payout_steps s join settlement_lines l
            on l.settlement_id = s.payout_id
        where s.state = 'paid_in_cash' and s.at >= :from_at and s.at < :to_at group by l.item_number
    ) as parcels
"""


def load_dearest_in_cash(connection: Connection, from_at: datetime, to_at: datetime) -> int:
    """The most poisha for one delivery that a merchant was paid in cash in the period."""
    return int(_rows(connection, _DEAREST_IN_CASH, from_at=from_at, to_at=to_at)[0][0])


_OF_BANKS = "source in (select source from statement_sources where kind = 'bank')"
_WAITING = f"""
    select l.source, s.reason, greatest(cast(:on_day as date) - l.booked_on, 0) as days, count(*),
        coalesce(sum(l.amount_poisha) filter (where l.amount_poisha > 0), 0)::bigint,
        coalesce(-sum(l.amount_poisha) filter (where l.amount_poisha < 0), 0)::bigint
    from suspense s join statement_lines l using (line_id)
    where s.opened_at < :to_at and (s.closed_at is null or s.closed_at >= :to_at) and {_OF_BANKS}
    group by 1, 2, 3 order by 1, 2, 3
"""  # noqa: S608 - only the text of this page


def load_waiting(connection: Connection, to_at: datetime, on_day: date) -> list[Waiting]:
    """The lines of banks that were in suspense then, by source, reason and age."""
    return [Waiting(*row) for row in _rows(connection, _WAITING, to_at=to_at, on_day=on_day)]


_SHOWN = """
    with banks as (
        select distinct source from statement_sources where kind = 'bank'
    ), last as (
        select distinct on (source) source, last_on, closing_poisha from statement_files
        where last_on <= :on_day order by source, last_on desc, imported_at desc
    ), later as (
        select l.source, sum(l.amount_poisha)::bigint as poisha from statement_lines l
        where l.booked_on <= :on_day
            and not exists (select from suspense s where s.line_id = l.line_id and s.opened_at < :to_at)
            and not exists (select from match_lines ml join matches m using (match_id)
                            where ml.line_id = l.line_id and m.made_at < :to_at)
        group by l.source
    )
    select banks.source, last.last_on, last.closing_poisha, coalesce(later.poisha, 0)
    from banks left join last using (source) left join later using (source) order by banks.source
"""


def load_shown(connection: Connection, to_at: datetime, on_day: date) -> list[Shown]:
    """What each bank's statements say up to that day, and what of it the books heard only afterwards, or not yet."""
    return [Shown(*row) for row in _rows(connection, _SHOWN, to_at=to_at, on_day=on_day)]
