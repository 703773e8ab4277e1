"""Money given back at the door, in an exchange: no more than was agreed, once, and from cash that is really there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.booking import Consignment
from post_logistics.storage.database import Connection
from post_logistics.storage.money import receipts as store
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.receipts import NOTHING, Refund
from post_logistics.tracking.scans import Scan
from post_logistics.units import taka


@dataclass(frozen=True, slots=True)
class DoorRefund:
    """What a holder says was given back at a door, in an exchange."""

    scan: Scan
    consignment: Consignment
    amount_poisha: int

    @property
    def accounts(self) -> tuple[Account, Account] | None:
        """From which it was taken and whose it was; None if the holder has no cash of the post's to give."""
        kind, _, owner = self.scan.holder.partition(":")
        cash = {"rider": AccountKind.RIDER_CASH, "office": AccountKind.OFFICE_TILL}.get(kind)
        payable = account(AccountKind.MERCHANT_PAYABLE, self.consignment.merchant_id)
        return None if cash is None else (account(cash, owner), payable)


def door_refund_refusals(connection: Connection, wanted: Sequence[DoorRefund]) -> dict[UUID, str]:
    """Scan -> why that much cannot have been given back at it; the accounts are held.

    A rider gives from the cash of the books, once, no more than was agreed for the exchange and than the merchant is
    owed. What was kept before is right.
    """
    told = store.known_refunds(connection, [one.scan.scan_id for one in wanted])
    new = [one for one in wanted if one.scan.scan_id not in told]
    named = {name for one in new for name in one.accounts or ()}
    store.hold_accounts(connection, named)
    sums, items = load_balances_of(connection, list(named)), [one.scan.item_number for one in new]
    left = {name: standing(sums, name) for name in named}
    known, given = store.load_known(connection, items), store.load_given_back(connection, items)
    why: dict[UUID, str] = {}
    for one in new:
        item, due = one.scan.item_number, known.get(one.scan.item_number, NOTHING).due(one.consignment.cod_poisha)
        open_poisha = max(0, -due.prices[-1]) - given.get(item, 0)
        refused = _door_refund_refusal(one, left, open_poisha)
        if refused:
            why[one.scan.scan_id] = refused
            continue
        given[item] = given.get(item, 0) + one.amount_poisha
        for name in one.accounts or ():
            left[name] -= one.amount_poisha
    return why


def _door_refund_refusal(one: DoorRefund, left: Mapping[Account, int], open_poisha: int) -> str:
    if one.accounts is None:
        return f"{one.scan.holder} gives no money back: send the recipient to the office"
    if one.amount_poisha > open_poisha:
        return f"{taka(max(0, open_poisha))} of what was agreed is still to be given back: correct refunded_poisha"
    for name in one.accounts:
        if left[name] < one.amount_poisha:
            return (
                f"{name} stands at {taka(left[name])}, {taka(one.amount_poisha)} cannot have come from it: "
                "refund at the counter"
            )
    return ""


def refund_at_door(connection: Connection, given: Sequence[DoorRefund]) -> None:
    """Posts what was given back, each once. Whether it can have been was asked before (`door_refund_refusals`)."""
    if not given:
        return
    rows = [
        Refund(
            refund_id=one.scan.scan_id,
            item_number=one.scan.item_number,
            payment_id=None,
            way="door",
            amount_poisha=one.amount_poisha,
            advanced_poisha=0,
            why="exchange",
            by=one.scan.holder,
            office=one.scan.office,
            state="done",
            asked_at=one.scan.recorded_at,
            done_at=one.scan.recorded_at,
        )
        for one in given
    ]
    new = store.append_refunds(connection, rows)
    append_transfers(connection, [_posting(one) for one in given if one.scan.scan_id in new])


def _posting(one: DoorRefund) -> Transfer:
    assert one.accounts is not None, "asked before"
    cash, payable = one.accounts
    return transfer(
        Code.REFUND_DOOR if cash.startswith(AccountKind.RIDER_CASH) else Code.REFUND,
        debit=payable,
        credit=cash,
        amount_poisha=one.amount_poisha,
        at=one.scan.recorded_at,
        cause=str(one.scan.scan_id),
        item_number=one.scan.item_number,
    )
