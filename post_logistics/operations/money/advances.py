"""Advances: money asked for before it is due, granted by a second person, taken back from the next settlements."""

from datetime import datetime

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.payouts import Payout, PayoutKind, PayoutState
from post_logistics.cod.postings import Code
from post_logistics.cod.settlement import free_in
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.money import payouts as store
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_balances_of
from post_logistics.storage.money.payouts import Advance
from post_logistics.storage.money.settlements import lock_merchants
from post_logistics.storage.money.terms import load_accounts_in_use, load_holds
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, taka


def ask_advance(
    connection: Connection, merchant_id: str, *, advance_id: str, amount_poisha: int, why: str, by: str, at: datetime
) -> Advance:
    """The advance that was asked for; the same id again is the same one, with other content a Conflict."""
    merchant = load_merchant(connection, merchant_id).merchant_id
    for field, missing in (
        ("amount_poisha", amount_poisha <= 0),
        ("why", not why.strip()),
        ("by", not by.strip()),
    ):
        if missing:
            raise Unacceptable("is missing", field=field, remedy="say how much, why, and who asks")
    asked = Advance(
        advance_id=advance_id,
        merchant=merchant,
        amount_poisha=amount_poisha,
        why=why.strip(),
        asked_by=by.strip(),
        asked_at=at,
    )
    store.append_advance(connection, asked)
    kept = store.load_advance(connection, advance_id)
    if (kept.merchant, kept.amount_poisha, kept.asked_by) != (merchant, amount_poisha, by.strip()):
        raise Conflict("another advance has that id", field="advance_id", remedy="make a new id")
    return kept


def limit_poisha(connection: Connection, facts: Facts, merchant_id: str, at: datetime) -> int:
    """What the merchant may have in advance now: the share of ``data/cod.toml`` of what was collected for it and is not
    paid, less the advances that are not yet taken back."""
    payable, advanced = (
        account(kind, merchant_id) for kind in (AccountKind.MERCHANT_PAYABLE, AccountKind.MERCHANT_ADVANCE)
    )
    sums = load_balances_of(connection, [payable, advanced])
    share_bps = facts.cod_rules.on(at.astimezone(DHAKA).date()).advance_share_bps
    return max(standing(sums, payable) * share_bps // 10_000 - standing(sums, advanced), 0)


def approve_advance(connection: Connection, facts: Facts, advance_id: str, *, by: str, at: datetime) -> Payout:
    """The payout that carries the advance out, ordered now or before. Two at once give one.

    Conflict if it was refused, the merchant is held or has no account, it is more than the limit, or the bank does not
    hold it;
    Unacceptable if who approves it is who asked.
    """
    advance = store.load_advance(connection, advance_id)
    if by.strip().casefold() == advance.asked_by.casefold() or not by.strip():
        raise Unacceptable("who asks for an advance cannot approve it", field="by", remedy="let a second person decide")
    lock_merchants(connection, [advance.merchant])
    advance = store.load_advance(connection, advance_id)
    if advance.approved is not None:
        return _decided(connection, advance)
    _refuse_held(connection, advance, at)
    allowed_poisha = limit_poisha(connection, facts, advance.merchant, at)
    if advance.amount_poisha > allowed_poisha:
        raise Conflict(
            f"{advance.merchant} may have {taka(allowed_poisha)} in advance now",
            field="amount_poisha",
            remedy="ask for less, or wait until more is collected",
        )
    store.lock_bank(connection)
    free_poisha = free_in(load_balances(connection, [AccountKind.SETTLEMENT_BANK, AccountKind.PAYOUT_IN_TRANSIT]))
    if advance.amount_poisha > free_poisha:
        raise Conflict(
            f"the settlement account has {taka(free_poisha)} free", field="amount_poisha", remedy="wait for a deposit"
        )
    order = _order(connection, advance, by.strip(), at)
    store.decide_advance(connection, advance_id, True, by.strip(), "", at)
    append_transfers(connection, [_moved(order, at)])
    store.append_payouts(connection, [order])
    return store.load_payout(connection, order.payout_id)


def _decided(connection: Connection, advance: Advance) -> Payout:
    if not advance.approved:
        raise Conflict(f"it was refused: {advance.decided_why}", field="advance_id", remedy="ask for another")
    return store.load_payout(connection, advance.advance_id)


def _refuse_held(connection: Connection, advance: Advance, at: datetime) -> None:
    for hold in load_holds(connection, at.astimezone(DHAKA).date(), [advance.merchant]):
        if hold.item_number is None:
            raise Conflict(f"{advance.merchant} is on hold: {hold.reason}", field="merchant_id", remedy="lift the hold")


def _order(connection: Connection, advance: Advance, by: str, at: datetime) -> Payout:
    """The order to pay it; Conflict for a seller without an account, to whom cash is paid for deliveries alone."""
    merchant = load_merchant(connection, advance.merchant)
    kept = load_accounts_in_use(connection, [advance.merchant]).get(advance.merchant)
    into = kept.account.text if kept else merchant.payout_account
    if not into:
        raise Conflict(
            f"{advance.merchant} has no account, and no advance is paid in cash",
            field="merchant_id",
            remedy="set the merchant's account first",
        )
    return Payout(
        payout_id=advance.advance_id,
        merchant=merchant.merchant_id,
        kind=PayoutKind.ADVANCE,
        amount_poisha=advance.amount_poisha,
        account=into,
        account_version=kept.account.version if kept else None,
        state=PayoutState.APPROVED,
        needs_approval=True,
        ordered_by=advance.asked_by,
        ordered_at=at,
        approved_by=by,
    )


def _moved(order: Payout, at: datetime) -> Transfer:
    return transfer(
        Code.ADVANCE,
        debit=account(AccountKind.MERCHANT_ADVANCE, order.merchant),
        credit=account(AccountKind.PAYOUT_IN_TRANSIT, order.merchant),
        amount_poisha=order.amount_poisha,
        at=at,
        cause=order.payout_id,
    )


def refuse_advance(connection: Connection, advance_id: str, *, why: str, by: str, at: datetime) -> Advance:
    """The advance, refused with a reason now or before; Conflict if it was approved."""
    if not why.strip() or not by.strip():
        raise Unacceptable("there is no reason, or nobody", field="why", remedy="say who refuses it, and why")
    store.load_advance(connection, advance_id)
    store.decide_advance(connection, advance_id, False, by.strip(), why.strip(), at)
    kept = store.load_advance(connection, advance_id)
    if kept.approved:
        raise Conflict("it was approved already", field="advance_id", remedy="cancel its payout, if it has not left")
    return kept
