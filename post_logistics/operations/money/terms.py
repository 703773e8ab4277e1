"""What is agreed with a merchant about its money: terms, holds, and the account into which it is paid.

False instructions are how payouts are stolen. So an account is told with its name and branch, is proven by a second
person, rests for a day after each change, and the merchant's own servers hear of it at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from post_logistics.channels.webhooks import payload
from post_logistics.cod.terms import Cycle, Hold, Institution, PayoutAccount, Terms, payout_account
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.telling.webhooks import SEND_WEBHOOKS, waiting_message
from post_logistics.storage.database import Connection
from post_logistics.storage.jobs import defer
from post_logistics.storage.money import terms as store
from post_logistics.storage.money.settlements import lock_merchants
from post_logistics.storage.money.terms import AccountCheck, KeptAccount
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.telling.webhooks import append_messages, load_listeners
from post_logistics.units import DHAKA, ItemNumber, MerchantId


def agree_terms(
    connection: Connection,
    merchant_id: str,
    *,
    valid_from: date,
    cycle: Cycle,
    weekday: str,
    minimum_poisha: int | None,
    why: str,
    by: str,
    at: datetime,
) -> Terms:
    """The merchant's terms from that day on, as a new version; the same as the last ones are the last ones.

    Unacceptable for a day that is over: settlements of that day rest on what was agreed then.
    """
    merchant = load_merchant(connection, merchant_id).merchant_id
    if valid_from < at.astimezone(DHAKA).date():
        raise Unacceptable(f"{valid_from} is over", field="valid_from", remedy="name today or a later day")
    lock_merchants(connection, [merchant])
    earlier = store.load_terms(connection, merchant)
    terms = Terms(
        merchant=merchant,
        version=len(earlier) + 1,
        valid_from=valid_from,
        cycle=cycle,
        weekday=weekday,
        minimum_poisha=minimum_poisha,
        why=_said("why", why),
        set_by=_said("by", by),
        set_at=at,
    )
    if earlier and replace(terms, version=earlier[-1].version, set_at=earlier[-1].set_at) == earlier[-1]:
        return earlier[-1]
    store.append_terms(connection, terms)
    return store.load_terms(connection, merchant)[-1]


def place_hold(
    connection: Connection,
    merchant_id: str,
    *,
    hold_id: UUID,
    item_number: str | None,
    reason: str,
    until_on: date | None,
    by: str,
    at: datetime,
) -> Hold:
    """The merchant, or one of its parcels, is not paid for until that day begins, or until the hold is lifted.

    The same id again is the same hold; Conflict with other content. NotFound for a parcel of somebody else.
    """
    merchant = load_merchant(connection, merchant_id).merchant_id
    if item_number is not None:
        item_number = load_consignment(connection, item_number, merchant).item_number
    if until_on is not None and until_on <= at.astimezone(DHAKA).date():
        raise Unacceptable(f"it would end on {until_on}, which has begun", field="until_on", remedy="name a later day")
    hold = Hold(
        hold_id=hold_id,
        merchant=merchant,
        item_number=ItemNumber(item_number) if item_number else None,
        reason=_said("reason", reason),
        until_on=until_on,
        placed_by=_said("by", by),
        placed_at=at,
    )
    lock_merchants(connection, [merchant])  # a settlement that is being made is made; the next one sees the hold
    store.append_hold(connection, hold)
    kept = store.load_hold(connection, hold_id)
    nobody: dict[str, Any] = {"placed_at": at, "lifted_by": None, "lifted_at": None, "lifted_why": None}
    if replace(kept, **nobody) != hold:
        raise Conflict("another hold has that id", field="hold_id", remedy="make a new id")
    return kept


def lift_hold(connection: Connection, hold_id: UUID, *, why: str, by: str, at: datetime) -> Hold:
    """The hold, lifted now or before. NotFound if there is none."""
    store.load_hold(connection, hold_id)
    store.lift_hold(connection, hold_id, _said("by", by), _said("why", why), at)
    return store.load_hold(connection, hold_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTold:
    """An account as somebody wrote it down."""

    kind: Institution
    bank: str
    branch: str
    routing_number: str
    number: str
    holder: str


def change_account(
    connection: Connection, facts: Facts, merchant_id: str, told: AccountTold, *, why: str, by: str, at: datetime
) -> KeptAccount:
    """The account into which the merchant is paid from now on; the same details again change nothing.

    Nothing is paid into it before the hours of ``data/cod.toml`` are over and somebody else has proven it. The merchant
    is told, in case it was not the merchant who asked.
    """
    merchant = load_merchant(connection, merchant_id).merchant_id
    lock_merchants(connection, [merchant])
    known = store.load_accounts(connection, merchant)
    hours = facts.cod_rules.on(at.astimezone(DHAKA).date()).account_change_hold_hours
    account = payout_account(
        merchant=merchant,
        version=len(known) + 1,
        kind=told.kind,
        bank=told.bank,
        branch=told.branch,
        routing_number=told.routing_number,
        number=told.number,
        holder=told.holder,
        why=_said("why", why),
        by=_said("by", by),
        at=at,
        hold_hours=hours,
    )
    if known and known[-1].account.details == account.details:
        return known[-1]
    store.append_account(connection, account)
    tell_merchant(
        connection, merchant, "payout_account.changed", f"account/{merchant}/{account.version}", _shown(account), at
    )
    return store.load_accounts_in_use(connection, [merchant])[merchant]


def _shown(account: PayoutAccount) -> dict[str, Any]:
    """What may be said of an account in a message: enough to know it, not enough to use it."""
    return {
        "bank": account.bank,
        "ends_with": account.number[-4:],
        "good_from": account.good_from.isoformat(),
        "text_en": "The account into which we pay you was changed. If it was not you, call us at once.",
        "text_bn": "আপনার টাকা পাওয়ার হিসাব পরিবর্তন করা হয়েছে। আপনি না করে থাকলে এখনই আমাদের জানান।",
    }


def check_account(
    connection: Connection, merchant_id: str, version: int, *, proven: bool, how: str, by: str, at: datetime
) -> KeptAccount:
    """The account with what somebody found out about it: ``proven``, or doubtful, and how. The last look counts.

    Conflict if it is not the account in use; Unacceptable if who proves it is who set it.
    """
    merchant = load_merchant(connection, merchant_id).merchant_id
    lock_merchants(connection, [merchant])
    kept = store.load_accounts_in_use(connection, [merchant]).get(merchant)
    if kept is None or kept.account.version != version:
        raise Conflict(
            f"version {version} is not the account of {merchant}", field="version", remedy="look at the account again"
        )
    if proven and kept.account.set_by.casefold() == by.strip().casefold():
        raise Unacceptable("who set the account cannot prove it", field="by", remedy="let a second person look at it")
    outcome = "proven" if proven else "doubtful"
    if kept.check and (kept.check.outcome, kept.check.how, kept.check.by) == (outcome, how.strip(), by.strip()):
        return kept
    check = AccountCheck(
        merchant=merchant,
        version=version,
        number=kept.check.number + 1 if kept.check else 1,
        outcome=outcome,
        how=_said("how", how),
        by=_said("by", by),
        at=at,
    )
    if not store.append_checks(connection, [check]):
        raise Conflict("somebody else has just looked at it", field="version", remedy="look at the account again")
    return store.load_accounts_in_use(connection, [merchant])[merchant]


def tell_merchant(
    connection: Connection, merchant: MerchantId, kind: str, cause: str, data: Mapping[str, Any], at: datetime
) -> None:
    """A message waits for every endpoint of the merchant, whatever else it listens to: money is not a subscription.
    Told twice for one cause, it is one. Other couriers' dialects have no words for it."""
    body = payload(kind, at, {"merchant": merchant, **data})
    messages = [
        waiting_message(endpoint.endpoint_id, cause, body, at, item_number="", number=0, event=kind)
        for endpoint in load_listeners(connection, [merchant])
        if endpoint.dialect == "native"
    ]
    append_messages(connection, messages)
    defer(connection, SEND_WEBHOOKS, {str(message.endpoint_id): at for message in messages})


def _said(field: str, text: str) -> str:
    if not text.strip():
        raise Unacceptable("nothing is said", field=field, remedy="write a name, or a reason in a sentence")
    return text.strip()
