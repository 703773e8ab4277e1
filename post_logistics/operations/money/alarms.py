"""Looks at all money, again and again: what is not where it should be has an alarm, and nothing else has one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.alarms import FINANCE, Alarm, AlarmKind, over_their_limit
from post_logistics.cod.rules import CodRules
from post_logistics.cod.whereabouts import MoneyRules, at_hour, banking_day, settlement_after
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.shortages import Late, overdue_cash
from post_logistics.storage.database import Connection
from post_logistics.storage.money import alarms as store
from post_logistics.storage.money.alarms import OpenAlarm, Waiting
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.money.terms import load_holds, load_terms_on
from post_logistics.units import DHAKA, Postcode

_OVERDUE = {
    Late.RIDER_NOT_CLOSED: AlarmKind.RIDER_NOT_CLOSED,
    Late.OFFICE_NOT_CLOSED: AlarmKind.OFFICE_NOT_CLOSED,
    Late.TILL_ABOVE_LIMIT: AlarmKind.TILL_ABOVE_LIMIT,
    Late.NOT_PAID_IN: AlarmKind.NOT_PAID_IN,
}


@dataclass(frozen=True, slots=True)
class Watched:
    """What one look changed, and how many alarms are open after it."""

    opened: int
    closed: int
    open: int


def watch_money(connection: Connection, facts: Facts, at: datetime) -> Watched:
    """Everything that is wrong with money at ``at`` has an open alarm, and no other has one.

    An alarm keeps its age and its owner until what is wrong is right again. May be called at any time, by several at
    once: what stands open is not opened twice.
    """
    cod, money = facts.cod_rules.on(at.astimezone(DHAKA).date()), facts.money_rules
    found = [
        *_cash(connection, facts, at),
        *over_their_limit(load_balances(connection), _agents(facts), cod, at),
        *_on_the_way(connection, money, cod, at),
        *_unsettled(connection, money, cod, at),
        *_unexplained(connection, money, cod, at),
    ]
    opened, closed = store.save_found(connection, found, at)
    return Watched(opened, closed, len(found))


def _agents(facts: Facts) -> dict[str, str]:
    """Agent -> its parent office."""
    return {point.point_id: point.office for point in facts.points if point.is_agent}


def _cash(connection: Connection, facts: Facts, at: datetime) -> Iterator[Alarm]:
    """Riders and offices that have not closed or paid in, and tills above their limit."""
    for one in overdue_cash(connection, facts, at):
        subject = one.close_id or one.holder
        yield Alarm(
            kind=_OVERDUE[one.late],
            subject=subject,
            office=one.office,
            amount_poisha=one.amount_poisha,
            since=one.since,
        )


def _on_the_way(connection: Connection, money: MoneyRules, cod: CodRules, at: datetime) -> Iterator[Alarm]:
    """Deposits, providers' money and payouts that are not on a statement of the bank by the day they should be."""
    providers = [one for one, poisha in load_balances(connection, [AccountKind.PROVIDER_CLEARING]).items() if poisha]
    waits: Sequence[tuple[AlarmKind, int, Sequence[Waiting]]] = (
        (
            AlarmKind.DEPOSIT_UNCONFIRMED,
            money.deposit_confirmed_within_days,
            store.load_unconfirmed(connection),
        ),
        (AlarmKind.PROVIDER_LATE, money.provider_pays_within_days, store.load_at_providers(connection, providers)),
        (AlarmKind.PAYOUT_LATE, money.payout_confirmed_within_days, store.load_unpaid(connection)),
    )
    for kind, days, waiting in waits:
        for one in waiting:
            due = at_hour(banking_day(one.since.astimezone(DHAKA).date(), days, money, cod), money.bank_closes_hour)
            if due < at:
                office = one.owner if kind is AlarmKind.DEPOSIT_UNCONFIRMED else FINANCE
                yield _alarm(kind, one, office, due)


def _unsettled(connection: Connection, money: MoneyRules, cod: CodRules, at: datetime) -> Iterator[Alarm]:
    """Merchants that should have been settled with by now; those on hold, or settled with when they ask, are not."""
    today = at.astimezone(DHAKA).date()
    waiting = store.load_unsettled(connection, at - timedelta(days=1))
    merchants = [one.subject for one in waiting]
    terms = load_terms_on(connection, today, merchants)
    held = {hold.merchant for hold in load_holds(connection, today, merchants) if not hold.item_number}
    for one in waiting:
        on = settlement_after(one.since.astimezone(DHAKA).date(), cod, terms.get(one.subject))
        if on is None or one.subject in held:
            continue
        due = at_hour(on + timedelta(days=money.settled_within_days), money.bank_closes_hour)
        if due < at:
            yield _alarm(AlarmKind.SETTLEMENT_LATE, one, FINANCE, due)


def _unexplained(connection: Connection, money: MoneyRules, cod: CodRules, at: datetime) -> Iterator[Alarm]:
    """Sources with lines that have been in suspense for too long."""
    for one in store.load_unexplained(connection, at):
        on = banking_day(one.since.astimezone(DHAKA).date(), money.line_explained_within_days, money, cod)
        if (due := at_hour(on, money.bank_closes_hour)) < at:
            yield _alarm(AlarmKind.LINES_UNEXPLAINED, one, FINANCE, due)


def _alarm(kind: AlarmKind, one: Waiting, office: str, due: datetime) -> Alarm:
    detail = {"count": one.count, "waits_since": one.since.isoformat(), "owner": one.owner}
    return Alarm(
        kind=kind, subject=one.subject, office=office, amount_poisha=one.amount_poisha, since=due, detail=detail
    )


def open_alarms(
    connection: Connection,
    at: datetime,
    *,
    office: Postcode | None = None,
    kind: AlarmKind | None = None,
    older_than: timedelta = timedelta(0),
    unowned: bool = False,
    limit: int = 500,
) -> list[OpenAlarm]:
    """The alarms that are open and at least so old at ``at``, the one that should have been otherwise longest first."""
    return store.load_alarms(
        connection, office=office, kind=kind, opened_before=at - older_than, unowned=unowned, limit=limit
    )


def take_alarm(connection: Connection, alarm: UUID, by: str, office: Postcode | None = None) -> OpenAlarm:
    """The alarm with ``by`` as its owner. NotFound for another office's; Conflict once all is well again."""
    who = " ".join(by.split())
    if not who:
        raise Unacceptable("nobody is named", field="by", remedy="say who looks into it")
    found = store.load_alarm(connection, alarm, hold=True)
    if found is None or office not in {None, found.office}:
        raise NotFound(f"no alarm {alarm}", field="alarm_id", remedy="copy it from the list of alarms")
    if found.closed_at is not None:
        raise Conflict(f"alarm {alarm} is over", field="alarm_id", remedy="all is well again: there is nothing to do")
    store.set_owner(connection, alarm, who)
    taken = store.load_alarm(connection, alarm)
    assert taken is not None, "it is held"
    return taken
