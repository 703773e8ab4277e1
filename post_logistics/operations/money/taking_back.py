"""A transfer is taken back: by a new fact that names it, with the reason and the author, where nothing rests on it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from post_logistics.cod.accounts import CHART, Owner, parse
from post_logistics.cod.ledger import Transfer, breaches, reverse
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.storage.database import Connection
from post_logistics.storage.money.books import (
    Resting,
    Reversal,
    append_reversal,
    load_poster,
    load_resting,
    load_reversal,
    load_user,
    lock_transfer,
)
from post_logistics.storage.money.ledger import append_transfers, load_balances_of, load_transfers
from post_logistics.storage.money.settlements import lock_merchants
from post_logistics.units import taka

_REMEDIES: Final = {
    "day close": "open the close again",
    "receipt": "take the receipt back",
    "payment": "refund the payment",
    "refund": "collect it again",
    "hand-in": "record what came to light as a new fact",
    "clearing": "record what came to light as a new fact",
    "match": "undo the match",
    "line in suspense": "match the line",
    "settlement": "put it right in the next settlement",
    "payout": "cancel the payout, or record its return",
    "claim": "withdraw the claim",
    "bill": "withdraw the bill",
}
_STEP: Final = "take that step back first, or record what came to light as a new fact"


def take_back(connection: Connection, transfer_id: UUID, *, why: str, by: str, at: datetime) -> Transfer:
    """The transfer that takes that one back: made now, or as it was made before by the same person.

    Conflict if a paper or a later step rests on it, or if an account would fall below zero: it says which. NotFound if
    there is no such transfer; Unacceptable for one that itself takes something back, and without a reason or an author.
    """
    why, by = why.strip(), by.strip()
    for field, text in (("why", why), ("by", by)):
        if not text:
            raise Unacceptable("who takes money back says who and why", field=field, remedy=f"give {field}")
    lock_transfer(connection, transfer_id)
    original = next(iter(load_transfers(connection, [transfer_id])), None)
    if original is None:
        raise NotFound(f"no transfer {transfer_id}", field="transfer_id", remedy="copy its id from the journal")
    for kind, owner in map(parse, (original.debit, original.credit)):
        if CHART[kind].owner is Owner.MERCHANT:
            lock_merchants(connection, [owner])  # so that it is not paid out meanwhile
    back = reverse(original, at=at, cause=f"taken back by {by}")
    earlier = load_reversal(connection, transfer_id)
    if earlier is not None and earlier.by == by:
        return load_transfers(connection, [earlier.transfer_id])[0]
    paper = load_poster(connection, transfer_id)
    for resting in [paper] if paper else load_resting(connection, transfer_id):
        raise _rests(original, resting)
    _refuse_below_zero(connection, original)
    append_transfers(connection, [back])
    append_reversal(connection, Reversal(transfer_id=back.transfer_id, reverses=transfer_id, why=why, by=by, at=at))
    return back


def _rests(original: Transfer, resting: Resting) -> Conflict:
    if resting.what == "reversal":
        return Conflict(
            f"the {original.code} was taken back already, by {resting.name}",
            field="transfer_id",
            remedy="post what is right under a new cause",
        )
    return Conflict(
        f"the {original.code} cannot be taken back: the {resting.what} {resting.name} rests on it",
        field="transfer_id",
        remedy=_REMEDIES.get(resting.what, _STEP),
        rests=resting.what,
        name=resting.name,
    )


def _refuse_below_zero(connection: Connection, original: Transfer) -> None:
    sums = load_balances_of(connection, [original.debit, original.credit])
    sums[original.debit] = sums.get(original.debit, 0) - original.amount_poisha
    sums[original.credit] = sums.get(original.credit, 0) + original.amount_poisha
    for account, amount_poisha in breaches(sums).items():
        step = load_user(connection, original.transfer_id, account)
        if step is not None:
            raise _rests(original, step)
        raise Conflict(
            f"the {original.code} cannot be taken back: {account} would stand at {taka(amount_poisha)}",
            field="account",
            remedy=_STEP,
            account=account,
        )
