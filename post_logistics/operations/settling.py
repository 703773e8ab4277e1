"""Merchants are paid: every finished parcel listed once, what the bank has confirmed paid out, fees and VAT apart."""

import logging
from collections.abc import Set
from datetime import date, datetime

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.custody import in_bank
from post_logistics.cod.settlement import Settlement, SettlementLine, settle
from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts, refuse_future
from post_logistics.storage import money as store
from post_logistics.storage.consignments import load_unsettled
from post_logistics.storage.database import Connection
from post_logistics.storage.ledger import append_transfers, load_balances, load_collected, load_transfers, lock_merchant
from post_logistics.storage.merchants import load_merchants
from post_logistics.storage.scans import load_standings
from post_logistics.tracking.lifecycle import State
from post_logistics.units import ItemNumber

_log = logging.getLogger(__name__)

OUTCOMES = {
    State.DELIVERED: "delivered",
    State.PARTIALLY_DELIVERED: "partially_delivered",
    State.RETURNED: "returned",
}
"""Finished states -> how the parcel ended, as a payout advice says it."""

_KINDS = (
    AccountKind.MERCHANT_PAYABLE,
    AccountKind.MERCHANT_FEES_DUE,
    AccountKind.MERCHANT_VAT_DUE,
    AccountKind.SETTLEMENT_BANK,
)


def settle_merchant(
    connection: Connection,
    facts: Facts,
    merchant: Merchant,
    settled_on: date,
    at: datetime,
    cleared: Set[ItemNumber] | None = None,
) -> Settlement:
    """The merchant's settlement of that day: made now, or as it was made before. Two at once give one.

    The merchant is locked for the transaction, the settlement is unique per day and each parcel's line per parcel: no
    order of events pays a parcel twice. ``cleared`` are the parcels whose money the bank has, where the caller knows.
    """
    refuse_future(settled_on, at, "settled_on")
    lock_merchant(connection, merchant.merchant_id)
    for earlier in store.load_settlements(connection, settled_on, merchant.merchant_id):
        return earlier
    settlement, transfers = settle(
        merchant=merchant.merchant_id,
        settled_on=settled_on,
        parcels=_open_parcels(connection, merchant),
        in_bank=in_bank(load_transfers(connection)) if cleared is None else cleared,
        sums=load_balances(connection, _KINDS),
        payout_account=merchant.payout_account,
        rules=facts.cod_rules.on(settled_on),
        key=facts.advice_key,
        at=at,
    )
    if settlement.lines or transfers:  # a day on which nothing could be settled stays open
        store.append_settlement(connection, settlement, at)
        append_transfers(connection, transfers)
    return settlement


def settle_all(connection: Connection, facts: Facts, settled_on: date, at: datetime) -> list[Settlement]:
    """The settlement of every merchant that has anything to settle, in the order of their identifiers."""
    cleared = in_bank(load_transfers(connection))
    merchants = load_merchants(connection).values()
    made = []
    for merchant in merchants:
        try:
            made.append(settle_merchant(connection, facts, merchant, settled_on, at, cleared))
        except Conflict as error:  # raised before anything of it is written: the others are paid, this one waits
            _log.warning("%s waits: %s", merchant.merchant_id, error.message)
    return [settlement for settlement in made if settlement.lines or settlement.waiting or settlement.payout_poisha]


def _open_parcels(connection: Connection, merchant: Merchant) -> list[SettlementLine]:
    """The merchant's parcels that no settlement has listed and that are finished or have brought in money."""
    parcels = load_unsettled(connection, merchant.merchant_id)
    numbers = [parcel.item_number for parcel in parcels]
    outcomes = {s.item_number: OUTCOMES.get(s.state, "") for s in load_standings(connection, numbers)}
    collected = load_collected(connection, numbers)
    lines = [_line(c, outcomes[c.item_number], collected.get(c.item_number, 0)) for c in parcels]
    return [line for line in lines if line.outcome or line.collected_poisha]


def _line(consignment: Consignment, outcome: str, collected_poisha: int) -> SettlementLine:
    """What the parcel brought in and costs. The COD fee is for money collected: none is due where none was."""
    share = _cod_fee_share(consignment, collected_poisha)
    return SettlementLine(
        item_number=consignment.item_number,
        order_ref=consignment.order_ref,
        outcome=outcome,
        collected_poisha=collected_poisha,
        postage_poisha=consignment.postage_poisha,
        cod_fee_poisha=share[0],
        vat_poisha=share[1],
    )


def _cod_fee_share(consignment: Consignment, collected_poisha: int) -> tuple[int, int]:
    """COD fee and VAT for the amount really collected: the quoted ones in proportion, VAT half up."""
    quoted = consignment.postage_poisha + consignment.cod_fee_poisha
    if collected_poisha >= consignment.cod_poisha:
        return consignment.cod_fee_poisha, consignment.vat_poisha
    cod_fee_poisha = consignment.cod_fee_poisha * collected_poisha // consignment.cod_poisha
    charged = consignment.postage_poisha + cod_fee_poisha
    return cod_fee_poisha, (2 * consignment.vat_poisha * charged + quoted) // (2 * quoted) if quoted else 0
