"""Alarms about money: what a look at everything finds, what stands open, and who took it on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Connection, select, text, update

from post_logistics.cod.accounts import Account
from post_logistics.cod.alarms import Alarm, AlarmKind, alarm_id
from post_logistics.storage.rows import read
from post_logistics.storage.schema import money_alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm(Alarm):
    """An alarm as it is kept. ``owner``: the person who took it on, empty until somebody does."""

    alarm_id: UUID
    owner: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Money that waits for something: what, whose, how much, since when, and how many it is of."""

    subject: str
    owner: str
    amount_poisha: int
    since: datetime
    count: int


_UNCONFIRMED = text(
    """
    select d.cause as subject, split_part(d.debit, ':', 2) as owner, d.amount_poisha, d.at as since, 1 as count
    from standing_transfers d where d.code = 'deposit' and not exists (
        select from standing_transfers c where c.cause = d.cause and c.code = 'deposit_confirmed' offset 0)
    """
)
_AT_PROVIDERS = text(
    """
    select t.debit as subject, '' as owner, sum(t.amount_poisha)::bigint as amount_poisha, min(t.at) as since,
        count(*) as count
    from standing_transfers t where t.debit = any(:providers)
        and t.code in ('collect_digital', 'postage_digital') and not exists (
        select from match_entries e where e.kind = 'collection' and e.entry_id = t.transfer_id::text and e.standing)
    group by t.debit
    """
)
_UNSETTLED = text(
    """
    with old as materialized (
        select t.transfer_id from transfers t
        where t.at < :before and t.reverses is null and t.item_number is not null
            and t.code in ('collect', 'collect_counter', 'collect_agent', 'collect_digital')
            and not exists (select from settlement_lines l where l.item_number = t.item_number)
    )
    select split_part(owed_to, ':', 2) as subject, '' as owner, sum(amount_poisha)::bigint as amount_poisha,
        min(since) as since, count(distinct item_number) as count
    from old cross join lateral (
        select * from taka where taka.transfer_id = old.transfer_id and stage = 'bank' offset 0
    ) as found
    group by owed_to
    """
)
_PAYOUTS = text(
    """
    select p.payout_id as subject, p.merchant as owner, p.amount_poisha, p.ordered_at as since, 1 as count
    from payouts p where p.state in ('ordered', 'approved', 'filed', 'sent') and not exists (
        select from standing_transfers c where c.cause = p.payout_id and c.code = 'payout_confirmed' offset 0)
    """
)
_LINES = text(
    """
    select l.source as subject, '' as owner, sum(abs(l.amount_poisha))::bigint as amount_poisha,
        min(s.opened_at) as since, count(*) as count
    from suspense s join statement_lines l using (line_id) where s.closed_at is null and s.opened_at < :before
    group by l.source
    """
)


def load_unconfirmed(connection: Connection) -> list[Waiting]:
    """Deposits that the bank has not confirmed: the close, its office, since when they are on the way."""
    return read(connection.execute(_UNCONFIRMED), Waiting)


def load_at_providers(connection: Connection, providers: Sequence[Account]) -> list[Waiting]:
    """What has not reached the bank of those providers' accounts, and when the oldest of it was paid."""
    return read(connection.execute(_AT_PROVIDERS, {"providers": list(providers)}), Waiting)


def load_unsettled(connection: Connection, before: datetime) -> list[Waiting]:
    """Merchants with money in the bank that was collected before then and that no settlement has listed."""
    return read(connection.execute(_UNSETTLED, {"before": before}), Waiting)


def load_unpaid(connection: Connection) -> list[Waiting]:
    """Payouts ordered and not on the bank's statement: the payout, its merchant, since when."""
    return read(connection.execute(_PAYOUTS), Waiting)


def load_unexplained(connection: Connection, before: datetime) -> list[Waiting]:
    """Sources with lines in suspense since before then."""
    return read(connection.execute(_LINES, {"before": before}), Waiting)


_FOUND = """with found as (
        select * from unnest(cast(:ids as uuid[]), cast(:kinds as text[]), cast(:subjects as text[]),
            cast(:offices as text[]), cast(:amounts as bigint[]), cast(:sinces as timestamptz[]),
            cast(:details as jsonb[])) as found (alarm_id, kind, subject, office, amount_poisha, since, detail)
    )"""
_CLOSE = text(
    f"""
    {_FOUND}
    update money_alarms as open set closed_at = greatest(open.opened_at, :at)
    where open.closed_at is null and not exists (
        select from found where found.kind = open.kind and found.subject = open.subject)
    """  # noqa: S608 - only the text above
)
_CHANGE = text(
    f"""
    {_FOUND}
    update money_alarms as open set amount_poisha = found.amount_poisha, detail = found.detail from found
    where open.closed_at is null and found.kind = open.kind and found.subject = open.subject
        and (open.amount_poisha, open.detail) is distinct from (found.amount_poisha, found.detail)
    """  # noqa: S608 - only the text above
)
_OPEN = text(
    f"""
    {_FOUND}
    insert into money_alarms (alarm_id, kind, subject, office, amount_poisha, since, detail, opened_at)
    select alarm_id, kind, subject, office, amount_poisha, since, detail, :at from found
    on conflict do nothing
    """  # noqa: S608 - only the text above
)


def save_found(connection: Connection, found: Sequence[Alarm], at: datetime) -> tuple[int, int]:
    """Makes the open alarms those that were found; gives back how many were opened and how many closed. What stays open
    keeps its age and its owner, and has the amount of today."""
    given = {
        "ids": [alarm_id(one, at) for one in found],
        "kinds": [one.kind.value for one in found],
        "subjects": [one.subject for one in found],
        "offices": [one.office for one in found],
        "amounts": [one.amount_poisha for one in found],
        "sinces": [one.since for one in found],
        "details": [Jsonb(dict(one.detail)) for one in found],
        "at": at,
    }
    closed = connection.execute(_CLOSE, given).rowcount
    connection.execute(_CHANGE, given)
    return connection.execute(_OPEN, given).rowcount, closed


def load_alarms(
    connection: Connection,
    *,
    office: str | None = None,
    kind: AlarmKind | None = None,
    opened_before: datetime | None = None,
    unowned: bool = False,
    limit: int = 500,
) -> list[OpenAlarm]:
    """The open alarms that are all of this, the oldest first."""
    c = money_alarms.c
    query = select(money_alarms).where(c.closed_at.is_(None))
    if office is not None:
        query = query.where(c.office == office)
    if kind is not None:
        query = query.where(c.kind == kind.value)
    if opened_before is not None:
        query = query.where(c.opened_at <= opened_before)
    if unowned:
        query = query.where(c.owner == "")
    return _read(connection, query.order_by(c.since, c.kind, c.subject).limit(limit))


def load_alarm(connection: Connection, alarm: UUID, *, hold: bool = False) -> OpenAlarm | None:
    """One alarm; to ``hold`` it keeps others from changing it until the transaction ends."""
    query = select(money_alarms).where(money_alarms.c.alarm_id == alarm)
    return next(iter(_read(connection, query.with_for_update() if hold else query)), None)


def _read(connection: Connection, query: object) -> list[OpenAlarm]:
    return read(connection.execute(query), OpenAlarm, kind=AlarmKind)  # type: ignore[call-overload]


def set_owner(connection: Connection, alarm: UUID, owner: str) -> None:
    """That person looks into it from now on."""
    connection.execute(update(money_alarms).where(money_alarms.c.alarm_id == alarm).values(owner=owner))
