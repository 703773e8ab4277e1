"""A seller without an account is paid over a counter, against a code that was drawn for this payout and shown once."""

import hmac
import logging
from datetime import datetime

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing
from post_logistics.cod.payouts import TRIES, Payout, PayoutState, cash_code, cash_code_hash, handed_out
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.payouts import named, now_at
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import cash_codes as codes
from post_logistics.storage.money import payouts as store
from post_logistics.storage.money.cash_codes import CashCode
from post_logistics.storage.money.closes import hold_till
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.receipts import hold_accounts
from post_logistics.storage.money.terms import load_holds
from post_logistics.units import DHAKA, Postcode, taka

_log = logging.getLogger(__name__)


def issue_code(
    connection: Connection,
    facts: Facts,
    payout_id: str,
    *,
    by: str,
    at: datetime,
    drawn: bytes,
    merchant: str | None = None,
) -> str:
    """A new code for the payout, to be told to its merchant; the one before is dead. Only a hash of it is kept.

    ``drawn``: bytes of chance. ``merchant``: who asks, if it is not the post. Conflict if the payout is not waiting to
    be handed out, or, for a merchant, if too many wrong codes were given for it: then the post issues the next.
    """
    payout = store.load_payout(connection, payout_id, merchant)
    _refuse_account(payout)
    if payout.state is not PayoutState.APPROVED:
        raise Conflict(f"{payout_id} is {payout.state}", field="payout_id", remedy="look at its steps")
    before = codes.lock_code(connection, payout_id)
    if merchant is not None and before is not None:
        _refuse_locked(before)
    code = cash_code(drawn)
    made = CashCode(
        payout_id=payout_id,
        number=before.number + 1 if before else 1,
        code_hash=cash_code_hash(payout_id, code, facts.advice_key),
        made_by=named(by),
        made_at=at,
        wrong_tries=before.wrong_tries if merchant is not None and before else 0,
    )
    if not codes.append_code(connection, made):
        raise Conflict("somebody else has just asked for a code", field="payout_id", remedy="ask again")
    return code


def pay_in_cash(
    database: Database, facts: Facts, payout_id: str, *, office: Postcode, code: str, by: str, at: datetime
) -> Payout:
    """The payout, handed out of the office's till against its code; now or before.

    A wrong code is counted, whatever is answered: after ``TRIES`` of them the payout waits for the post's next code.
    Unacceptable for a wrong code, or from who issued it; Conflict while there is none, the merchant is on hold, or the
    till does not hold it.
    """
    with database.transaction() as connection:
        payout = store.load_payout(connection, payout_id)
        _refuse_account(payout)
        kept = codes.lock_code(connection, payout_id)
        if kept is None:
            raise Conflict("it has no code yet", field="code", remedy="the merchant asks for it with its payout")
        right = _fits(kept, code, facts)
        if payout.state is not PayoutState.PAID_IN_CASH or not right:
            _refuse_locked(kept)
        if right:
            _hand_out(connection, payout, kept, office, named(by), at)
            return now_at(connection, payout_id, PayoutState.PAID_IN_CASH)
        codes.count_wrong_try(connection, kept)
    _log.warning("a wrong code was given for %s at %s", payout_id, office)
    raise Unacceptable("that is not its code", field="code", remedy="the merchant asks for a new one with its payout")


def _fits(kept: CashCode, typed: str, facts: Facts) -> bool:
    return hmac.compare_digest(kept.code_hash, cash_code_hash(kept.payout_id, typed, facts.advice_key))


def _hand_out(connection: Connection, payout: Payout, kept: CashCode, office: Postcode, by: str, at: datetime) -> None:
    if by.casefold() == kept.made_by.casefold():
        raise Unacceptable("who issued the code cannot pay it out", field="by", remedy="let a second person pay")
    till = account(AccountKind.OFFICE_TILL, office)
    hold_till(connection, office)
    hold_accounts(connection, [till])
    ids = [payout.payout_id]
    if store.move_payouts(connection, ids, PayoutState.PAID_IN_CASH, by=by, note=f"at {office}", at=at):
        _refuse_held(connection, payout, at)
        held_poisha = standing(load_balances_of(connection, [till]), till)
        if held_poisha < payout.amount_poisha:
            raise Conflict(
                f"the till of {office} holds {taka(held_poisha)}", field="office", remedy="pay it at another office"
            )
        append_transfers(connection, [handed_out(payout, office, at)])


def _refuse_account(payout: Payout) -> None:
    if payout.account:
        raise Conflict(
            f"{payout.payout_id} goes into an account", field="payout_id", remedy="put it into a payout file"
        )


def _refuse_held(connection: Connection, payout: Payout, at: datetime) -> None:
    for hold in load_holds(connection, at.astimezone(DHAKA).date(), [payout.merchant]):
        if hold.item_number is None:
            raise Conflict(f"{payout.merchant} is on hold: {hold.reason}", field="payout_id", remedy="lift the hold")


def _refuse_locked(code: CashCode) -> None:
    if code.wrong_tries >= TRIES:
        raise Conflict(
            f"{code.wrong_tries} wrong codes were given for it",
            field="code",
            remedy="ask the post's finance desk for a new code",
        )
