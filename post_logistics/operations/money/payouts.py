"""Payout orders: approved by a second person, put into one file, sent; cancelled or returned.

Each step is one conditional update, so that of two people who do the same thing at once one does it; and every payout
can come to a state once. What the bank confirmed is read from the ledger.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from post_logistics.cod.payout_files import PayoutLayout, fits, payout_file
from post_logistics.cod.payouts import (
    Payout,
    PayoutState,
    come_back,
    taken_back,
)
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.money.terms import tell_merchant
from post_logistics.storage.database import Connection
from post_logistics.storage.money import payouts as store
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.payouts import PayoutFile
from post_logistics.storage.money.terms import (
    AccountCheck,
    KeptAccount,
    append_checks,
    load_accounts_in_use,
    load_holds,
)
from post_logistics.units import DHAKA, MerchantId

_log = logging.getLogger(__name__)


def approve_payout(connection: Connection, payout_id: str, *, by: str, at: datetime) -> Payout:
    """The payout, approved by a second person now or before; Unacceptable if it is the one who ordered it."""
    payout = store.load_payout(connection, payout_id)
    name = named(by)
    if name.casefold() == payout.ordered_by.casefold():
        raise Unacceptable("who ordered a payout cannot approve it", field="by", remedy="let a second person decide")
    store.move_payouts(connection, [payout_id], PayoutState.APPROVED, by=name, note="", at=at, approved_by=name)
    after = store.load_payout(connection, payout_id)
    if after.approved_by is None:
        raise _misplaced(after, PayoutState.APPROVED)
    return after


class LeftOut(StrEnum):
    """Why a payout is not in a file."""

    CASH = "cash"
    ON_HOLD = "on_hold"
    NO_DETAILS = "no_details"
    ACCOUNT_CHANGED = "account_changed"
    NOT_PROVEN = "not_proven"
    OTHER_LAYOUT = "other_layout"
    DOES_NOT_FIT = "does_not_fit"
    """A name in other letters, or longer, than the bank's layout takes."""


@dataclass(frozen=True, slots=True)
class FileMade:
    """A payout file, and the approved payouts that are not in it, each with the reason."""

    file: PayoutFile
    left_out: dict[str, LeftOut]


def make_file(
    connection: Connection, layout: PayoutLayout, *, file_id: str, paid_on: date, by: str, at: datetime
) -> FileMade:
    """The file of that name: made now of every approved payout that can go into it, or as it was made before.

    A payout is in one file at most. Conflict if there is nothing to put into it.
    """
    for known in store.load_files(connection, file_id):
        return _same_file(known, layout, paid_on)
    waiting = store.lock_payouts(connection, [PayoutState.APPROVED])
    accounts, left_out = _sorted_out(connection, waiting, layout, at)
    ready = [one for one in waiting if one.payout_id not in left_out]
    if not ready:
        raise Conflict(
            f"none of {len(waiting)} approved payouts can go into a {layout.name} file",
            field="layout",
            remedy="see the reason of each",
            left_out=left_out,
        )
    made = payout_file(
        layout, [(one, accounts[one.merchant].account) for one in ready], file_id=file_id, paid_on=paid_on
    )
    file = PayoutFile(
        file_id=file_id,
        layout=layout.name,
        paid_on=paid_on,
        payouts=made.count,
        total_poisha=made.total_poisha,
        hash_total=made.hash_total,
        content=made.content,
        sha256=hashlib.sha256(made.content).hexdigest(),
        made_by=named(by),
        made_at=at,
    )
    if not store.append_file(connection, file):
        raise Conflict("somebody else has just made that file", field="file_id", remedy="ask for it again")
    ids = [one.payout_id for one in ready]
    moved = store.move_payouts(connection, ids, PayoutState.FILED, by=file.made_by, note="", at=at, file_id=file_id)
    assert len(moved) == len(ids), "the payouts are locked"
    return FileMade(file, left_out)


def _same_file(known: PayoutFile, layout: PayoutLayout, paid_on: date) -> FileMade:
    if (known.layout, known.paid_on) != (layout.name, paid_on):
        raise Conflict(
            f"{known.file_id} is a {known.layout} file for {known.paid_on}", field="file_id", remedy="use another name"
        )
    return FileMade(known, {})


def _sorted_out(
    connection: Connection, payouts: Sequence[Payout], layout: PayoutLayout, at: datetime
) -> tuple[dict[str, KeptAccount], dict[str, LeftOut]]:
    """Merchant -> account in use, and payout -> why it stays out."""
    merchants = sorted({payout.merchant for payout in payouts})
    accounts = load_accounts_in_use(connection, merchants)
    holds = load_holds(connection, at.astimezone(DHAKA).date(), merchants)
    held = {hold.merchant for hold in holds if not hold.item_number}
    reasons = {one.payout_id: _left_out(one, accounts.get(one.merchant), held, layout, at) for one in payouts}
    return accounts, {payout_id: reason for payout_id, reason in reasons.items() if reason}


def _left_out(
    payout: Payout, kept: KeptAccount | None, held: set[MerchantId], layout: PayoutLayout, at: datetime
) -> LeftOut | None:
    if not payout.account:
        return LeftOut.CASH
    if payout.merchant in held:
        return LeftOut.ON_HOLD
    return _unfit(payout, kept, layout, at) if kept else LeftOut.NO_DETAILS


def _unfit(payout: Payout, kept: KeptAccount, layout: PayoutLayout, at: datetime) -> LeftOut | None:
    if kept.account.version != payout.account_version:
        return LeftOut.ACCOUNT_CHANGED
    if not kept.is_good(at):
        return LeftOut.NOT_PROVEN
    if kept.account.kind != layout.kind:
        return LeftOut.OTHER_LAYOUT
    return None if fits(layout, payout, kept.account, at.astimezone(DHAKA).date()) else LeftOut.DOES_NOT_FIT


def mark_sent(connection: Connection, file_id: str, *, by: str, at: datetime) -> list[str]:
    """The bank has the file: its payouts are sent, now or before. Conflict if it was withdrawn, or one of its payouts
    was cancelled first: the bank would pay that one, too."""
    store.load_file(connection, file_id)
    ids = [one.payout_id for one in store.load_payouts(connection, file_id=file_id)]
    moved = store.move_payouts(connection, ids, PayoutState.SENT, by=named(by), note="", at=at)
    payouts = store.load_payouts(connection, file_id=file_id)
    cancelled = [one.payout_id for one in payouts if one.state is PayoutState.CANCELLED]
    if len(cancelled) == len(ids):
        raise Conflict(f"{file_id} was withdrawn", field="file_id", remedy="make another")
    if moved and cancelled:
        raise Conflict(
            f"{cancelled[0]} stands in {file_id} and was cancelled since",
            field="file_id",
            remedy="withdraw the file and make another",
        )
    return ids


def withdraw_file(connection: Connection, file_id: str, *, why: str, by: str, at: datetime) -> list[str]:
    """The file never went to the bank: its payouts are cancelled, and what they were for is owed again."""
    store.load_file(connection, file_id)
    payouts = store.load_payouts(connection, file_id=file_id)
    if any(one.state not in {PayoutState.FILED, PayoutState.CANCELLED} for one in payouts):
        raise Conflict(
            f"{file_id} was sent", field="file_id", remedy="cancel what the bank refused, one payout at a time"
        )
    _cancel(connection, payouts, why, by, at)
    return [one.payout_id for one in payouts]


def cancel_payout(connection: Connection, payout_id: str, *, why: str, by: str, at: datetime) -> Payout:
    """The payout that never left, cancelled now or before: what it was for is owed to the merchant again.

    Conflict if the bank's statement confirms it, or it was paid in cash.
    """
    _cancel(connection, [store.load_payout(connection, payout_id)], why, by, at)
    return now_at(connection, payout_id, PayoutState.CANCELLED)


def _cancel(connection: Connection, payouts: Sequence[Payout], why: str, by: str, at: datetime) -> None:
    ids = [one.payout_id for one in payouts]
    moved = store.move_payouts(connection, ids, PayoutState.CANCELLED, by=named(by), note=_reason(why), at=at)
    if confirmed := store.load_confirmed(connection, moved):
        raise Conflict(
            f"the bank's statement shows that {min(confirmed)} was paid",
            field="payout_id",
            remedy="wait for the bank to return it",
        )
    append_transfers(connection, [taken_back(one, at) for one in payouts if one.payout_id in set(moved)])


def return_payout(connection: Connection, payout_id: str, *, why: str, by: str, at: datetime) -> Payout:
    """The payout that the bank sent back, as its statement shows; what it was for is owed to the merchant again.

    The account is doubtful from now on, and the merchant is told. Told twice it is the same return. Conflict if no
    statement ever showed that it was paid.
    """
    payout = store.load_payout(connection, payout_id)
    reason, name = _reason(why), named(by)
    moved = store.move_payouts(connection, [payout_id], PayoutState.RETURNED, by=name, note=reason, at=at)
    if moved:
        if not store.load_confirmed(connection, [payout_id]):
            raise Conflict(
                "no statement shows that it was paid", field="payout_id", remedy="cancel it, if it never left the bank"
            )
        append_transfers(connection, [come_back(payout, at)])
        _doubt(connection, payout, reason, name, at)
        told = {"payout_id": payout_id, "amount_poisha": payout.amount_poisha, "reason": reason}
        words = {
            "text_en": "The bank returned your payout. Please check the account with us.",
            "text_bn": "ব্যাংক আপনার টাকা ফেরত দিয়েছে। অনুগ্রহ করে হিসাবের তথ্য যাচাই করুন।",
        }
        tell_merchant(connection, payout.merchant, "payout.returned", f"returned/{payout_id}", told | words, at)
    return now_at(connection, payout_id, PayoutState.RETURNED)


def _doubt(connection: Connection, payout: Payout, reason: str, by: str, at: datetime) -> None:
    """The account in use is doubtful, if it is the one from which the payout came back."""
    kept = load_accounts_in_use(connection, [payout.merchant]).get(payout.merchant)
    if kept is None or kept.account.version != payout.account_version:
        return
    check = AccountCheck(
        merchant=payout.merchant,
        version=kept.account.version,
        number=kept.check.number + 1 if kept.check else 1,
        outcome="doubtful",
        how=f"payout {payout.payout_id} came back: {reason}",
        by=by,
        at=at,
    )
    append_checks(connection, [check])


def now_at(connection: Connection, payout_id: str, state: PayoutState) -> Payout:
    """The payout, which has come to that state; Conflict if it has not."""
    after = store.load_payout(connection, payout_id)
    if after.state is not state:
        raise _misplaced(after, state)
    return after


def _misplaced(payout: Payout, wanted: PayoutState) -> Conflict:
    return Conflict(
        f"{payout.payout_id} is {payout.state}; {wanted} does not follow",
        field="payout_id",
        remedy="look at its steps",
        state=payout.state.value,
    )


def named(by: str) -> str:
    """The name; Unacceptable if there is none."""
    if not by.strip():
        raise Unacceptable("nobody is named", field="by", remedy="say who does it")
    return by.strip()


def _reason(why: str) -> str:
    if not why.strip():
        raise Unacceptable("there is no reason", field="why", remedy="say why in a sentence")
    return why.strip()
