"""What is missing is made good, what is over finds its owner, and what is late in coming is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from post_logistics.cod.accounts import CHART, Account, AccountKind, account, parse
from post_logistics.cod.ledger import standing
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.cod.shortages import Clearing, Way, clear
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.storage.database import Connection
from post_logistics.storage.money import closes as closes_store
from post_logistics.storage.money import shortages as store
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_balances_of
from post_logistics.storage.money.receipts import hold_accounts
from post_logistics.storage.money.shortages import Movement
from post_logistics.storage.money.taka import load_banked
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.units import DHAKA, Postcode, taka


def clear_difference(connection: Connection, facts: Facts, clearing: Clearing) -> Clearing:
    """The clearing, posted once. Told again it answers the same.

    Conflict where less is open than is to be cleared, where the till does not hold what is given back, and where an
    excess is to be kept before its time.
    """
    closes_store.hold_till(connection, clearing.office)
    hold_accounts(connection, [clearing.source])
    earlier = store.load_clearings(connection, [clearing.clearing_id]).get(clearing.clearing_id)
    if earlier is not None:
        if replace(earlier, cleared_at=clearing.cleared_at) != clearing:
            raise Conflict(
                "that id is another clearing's",
                field="clearing_id",
                remedy="send what is new under an id of its own",
            )
        return earlier
    rules = facts.cod_rules.on(clearing.cleared_at.astimezone(DHAKA).date())
    _refuse_a_strangers(connection, clearing)
    _refuse_more_than_is_open(connection, clearing, rules)
    merchant = load_consignment(connection, clearing.item_number).merchant_id if clearing.item_number else ""
    moved = clear(clearing, rules, merchant)
    store.append_clearing(connection, clearing)
    append_transfers(connection, [moved])
    return clearing


def _refuse_a_strangers(connection: Connection, clearing: Clearing) -> None:
    """NotFound for a rider who owes the office nothing: another office's answers alike."""
    known = closes_store.load_accounts_of(connection, AccountKind.RIDER_DEBT, clearing.office) if clearing.rider else []
    if clearing.rider and clearing.source not in known:
        raise NotFound(
            f"rider {clearing.rider} owes office {clearing.office} nothing", field="rider", remedy="see who owes what"
        )


def _refuse_more_than_is_open(connection: Connection, clearing: Clearing, rules: CodRules) -> None:
    till = account(AccountKind.OFFICE_TILL, clearing.office)
    sums = load_balances_of(connection, [clearing.source, till])
    open_poisha = standing(sums, clearing.source)
    which = ""
    if clearing.way is Way.KEPT:
        open_poisha = _unclaimed_poisha(connection, clearing, rules)
        which = f" since {rules.excess_kept_after_days} days"
    if clearing.way is Way.CREDITED:
        open_poisha = min(open_poisha, _banked_poisha(connection, clearing))
        which = " and in the bank"
    if clearing.amount_poisha > open_poisha:
        raise Conflict(
            f"{taka(open_poisha)} are open{which}, not {taka(clearing.amount_poisha)}",
            field="amount_poisha",
            remedy="clear at most what is open",
            open_poisha=open_poisha,
        )
    if clearing.way is Way.RETURNED and standing(sums, till) < clearing.amount_poisha:
        raise Conflict(
            f"the till holds {taka(standing(sums, till))}",
            field="amount_poisha",
            remedy="give it back when the till holds it",
        )


def _unclaimed_poisha(connection: Connection, clearing: Clearing, rules: CodRules) -> int:
    """What of an office's excess nobody has claimed in time: the oldest is claimed first."""
    before = clearing.cleared_at - timedelta(days=rules.excess_kept_after_days)
    movements = store.load_movements(connection, clearing.source, grows_by_debits=False)
    came = sum(one.amount_poisha for one in movements if one.amount_poisha > 0 and one.at <= before)
    went = sum(-one.amount_poisha for one in movements if one.amount_poisha < 0)
    return max(came - went, 0)


def _banked_poisha(connection: Connection, clearing: Clearing) -> int:
    """What of an office's excess is in the settlement account, from which a merchant would be paid: what was counted
    over at a close is there once the close's cash is; nothing is of a close that was opened again."""
    movements = store.load_movements(connection, clearing.source, grows_by_debits=False)
    closes = [one.cause for one in movements if one.code in _COUNTED_OVER and not one.taken_back]
    banked = load_banked(connection, closes)
    there = [
        one.amount_poisha
        for one in movements
        if one.code not in _COUNTED_OVER or (one.cause in banked and not one.taken_back)
    ]
    return max(sum(there), 0)


_COUNTED_OVER = frozenset({Code.EXCESS, Code.TILL_EXCESS})


@dataclass(frozen=True, slots=True)
class Open:
    """A shortage or an excess that is not cleared: of a rider (``rider_debt``), or of an office."""

    kind: AccountKind
    owner: str
    open_poisha: int


_DIFFERENCES = (AccountKind.RIDER_DEBT, AccountKind.OFFICE_DEBT, AccountKind.SUSPENSE)


def open_differences(connection: Connection, office: Postcode | None = None) -> list[Open]:
    """What riders and offices owe, and what is over: of one office, or of all."""
    if office is None:
        sums = load_balances(connection, _DIFFERENCES)
    else:
        own = [account(kind, office) for kind in _DIFFERENCES[1:]]
        riders = closes_store.load_accounts_of(connection, AccountKind.RIDER_DEBT, office)
        sums = load_balances_of(connection, [*own, *riders])
    return [Open(*parse(one), standing(sums, one)) for one in sorted(sums) if standing(sums, one)]


def history(connection: Connection, kind: AccountKind, owner: str) -> list[Movement]:
    """How the shortage or excess of a rider or an office came about and was cleared, oldest first."""
    return store.load_movements(connection, account(kind, owner), CHART[kind].side.grows_by_debits)


def history_of_rider(connection: Connection, office: Postcode, rider: str) -> list[Movement]:
    """The shortages of one of the office's riders; of another office's there are none here."""
    debt = account(AccountKind.RIDER_DEBT, rider)
    known = closes_store.load_accounts_of(connection, AccountKind.RIDER_DEBT, office)
    return history(connection, AccountKind.RIDER_DEBT, rider) if debt in known else []


class Late(StrEnum):
    """What should have been done with cash by now."""

    RIDER_NOT_CLOSED = "rider_not_closed"
    OFFICE_NOT_CLOSED = "office_not_closed"
    TILL_ABOVE_LIMIT = "till_above_limit"
    NOT_PAID_IN = "not_paid_in"


LATE_TEXTS: dict[Late, tuple[str, str]] = {
    Late.RIDER_NOT_CLOSED: ("Has not handed in", "এখনো টাকা জমা দেননি"),
    Late.OFFICE_NOT_CLOSED: ("Has not closed its day", "দিন শেষের হিসাব বন্ধ করেনি"),
    Late.TILL_ABOVE_LIMIT: ("Holds more than it may: pay in now", "সীমার বেশি টাকা আছে: এখনই ব্যাংকে জমা দিন"),
    Late.NOT_PAID_IN: ("Counted, and not paid in at the bank", "গোনা হয়েছে, ব্যাংকে জমা হয়নি"),
}


@dataclass(frozen=True, slots=True)
class Overdue:
    """Who is late, with what: ``holder`` as ``rider:ID`` or ``office:CODE``; ``since`` when it was due; the close that
    waits to be paid in."""

    late: Late
    office: str
    holder: str
    amount_poisha: int
    since: datetime
    close_id: str = ""


def overdue_cash(connection: Connection, facts: Facts, at: datetime, office: Postcode | None = None) -> list[Overdue]:
    """Riders and offices not closed by the closing hour, tills above the limit, closes not paid in: by office."""
    rules = facts.cod_rules.on(at.astimezone(DHAKA).date())
    deadline = _last_deadline(rules, at)
    held, before = _cash(connection, office, None), _cash(connection, office, deadline)
    found = [*_not_closed(connection, held, before, deadline), *_above_limit(held, rules, at)]
    for close in closes_store.load_to_pay_in(connection, office):
        due_at = dhaka(close.closed_on + timedelta(days=rules.deposit_within_days + 1), time())
        if due_at <= at:
            late = (Late.NOT_PAID_IN, close.office, close.holder, close.to_deposit_poisha, due_at, close.close_id)
            found.append(Overdue(*late))
    return sorted(found, key=lambda one: (one.office, one.late, one.holder, one.since))


def _last_deadline(rules: CodRules, at: datetime) -> datetime:
    """The closing hour that was the last to pass."""
    deadline = dhaka(at.astimezone(DHAKA).date(), time()) + timedelta(hours=rules.closing_hour)
    return deadline if deadline <= at else deadline - timedelta(days=1)


def _cash(connection: Connection, office: Postcode | None, until: datetime | None) -> dict[Account, int]:
    """What riders and tills hold, or held."""
    if office is None:
        return load_balances(connection, [AccountKind.RIDER_CASH, AccountKind.OFFICE_TILL], until)
    riders = closes_store.load_accounts_of(connection, AccountKind.RIDER_CASH, office)
    return load_balances_of(connection, [account(AccountKind.OFFICE_TILL, office), *riders], until)


def _not_closed(
    connection: Connection, held: Mapping[Account, int], before: Mapping[Account, int], deadline: datetime
) -> Iterator[Overdue]:
    """Who held cash at the deadline and still holds some: a rider who has not closed since, an office that has closed
    neither since nor on that day."""
    closed = closes_store.load_closed_since(connection, dhaka(deadline.astimezone(DHAKA).date(), time()))
    for one, amount_poisha in held.items():
        kind, owner = parse(one)
        is_rider = kind is AccountKind.RIDER_CASH
        holder = f"rider:{owner}" if is_rider else f"office:{owner}"
        in_time = holder in closed and (not is_rider or closed[holder] > deadline)
        if amount_poisha > 0 and before.get(one, 0) > 0 and not in_time:
            late = Late.RIDER_NOT_CLOSED if is_rider else Late.OFFICE_NOT_CLOSED
            yield Overdue(late, owner.partition("-")[0], holder, amount_poisha, deadline)


def _above_limit(held: Mapping[Account, int], rules: CodRules, at: datetime) -> Iterator[Overdue]:
    for one, amount_poisha in held.items():
        kind, owner = parse(one)
        if kind is AccountKind.OFFICE_TILL and amount_poisha > rules.till_limit_poisha:
            yield Overdue(Late.TILL_ABOVE_LIMIT, owner, f"office:{owner}", amount_poisha, at)
