"""Somebody pays at a digital centre for a parcel that goes to the door: its recipient has paid ahead."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import transfer
from post_logistics.cod.payments import PaymentState
from post_logistics.cod.postings import Code
from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Conflict
from post_logistics.operations.centres.acts import Counter, PaidFor
from post_logistics.operations.counter.at_hand import item_of, standing_of
from post_logistics.operations.money.payments import payment_id_of
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.payments import Payment, append_payment
from post_logistics.storage.money.receipts import NOTHING, hold_item, load_known
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import TERMINAL
from post_logistics.units import ItemNumber, taka

_BY_AGENT: Final = "agent"
"""The provider of payments that an agent took in cash."""


def pay(connection: Connection, counter: Counter, act: PaidFor) -> tuple[ItemNumber, int, Sequence[str]]:
    """The parcel's own number, what of the cash is in the books for it, and what a person should know.

    Conflict if another sum than what is due was taken, unless offline: then what is due of it counts, and the rest is
    to be given back.
    """
    item = item_of(connection, act.scan.item_number)
    hold_item(connection, item)
    consignment = load_consignment(connection, item)
    due_poisha = due_for(connection, consignment)
    flags = []
    if act.cash_poisha != due_poisha:
        off = f"{taka(due_poisha)} is due for it, and {taka(act.cash_poisha)} was taken"
        if not act.offline:
            raise Conflict(off, field="cash_poisha", remedy="take what is due" if due_poisha else "take nothing")
        flags.append(off)
    posted_poisha = min(due_poisha, act.cash_poisha)
    if posted_poisha:
        append_payment(connection, _payment(act, item, posted_poisha))
        collected = transfer(
            Code.COLLECT_AGENT,
            debit=account(AccountKind.AGENT_CASH, counter.point.point_id),
            credit=account(AccountKind.MERCHANT_PAYABLE, consignment.merchant_id),
            amount_poisha=posted_poisha,
            at=act.scan.recorded_at,
            cause=str(act.act_id),
            item_number=item,
        )
        append_transfers(connection, [collected])
    return item, posted_poisha, flags


def due_for(connection: Connection, consignment: Consignment) -> int:
    """Poisha that can still be paid for a parcel; none once its journey has ended."""
    item = consignment.item_number
    if standing_of(connection, item).state in TERMINAL:
        return 0
    return load_known(connection, [item]).get(item, NOTHING).due(consignment.cod_poisha).open_poisha


def _payment(act: PaidFor, item: ItemNumber, amount_poisha: int) -> Payment:
    at = act.scan.recorded_at
    return Payment(
        payment_id=payment_id_of(item, str(act.act_id)),
        item_number=item,
        provider=_BY_AGENT,
        amount_poisha=amount_poisha,
        state=PaymentState.COLLECTED,
        url="",
        qr="",
        provider_ref=str(act.act_id),
        paid_poisha=amount_poisha,
        collected_poisha=amount_poisha,
        held_poisha=0,
        why="",
        receipt_id=None,
        asked_by=act.by,
        made_at=min(act.happened_at, at),
        expires_at=at + timedelta(minutes=1),
        next_ask_at=None,
        asks=0,
        heard_at=at,
        changed_at=at,
    )
