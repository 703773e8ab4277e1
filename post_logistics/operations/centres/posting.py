"""Somebody without an account posts a parcel at a digital centre: booked, weighed, and paid in cash."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.booking import Consignment, parse_order
from post_logistics.consignments.entries import required_entry
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.phones import parse_phones
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.resolve import Hints
from post_logistics.operations.centres.acts import Counter, Posted
from post_logistics.operations.counter.accepting import Weighed, accept
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.orders.booking import Asked, book_one
from post_logistics.storage.centres.services import Sender, append_sender
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import ItemNumber, MerchantId, taka

WALK_IN: Final = MerchantId("walk-in--centres")
"""In whose name those post who have no account. No shop's name makes an id with two dashes."""


def post(connection: Connection, counter: Counter, act: Posted) -> tuple[ItemNumber, int, Sequence[str]]:
    """The parcel's number, what it costs, and what a person should know; it is in the post's hands and paid.

    Conflict if another sum than the price was taken, unless offline: then the books have the price all the same, and
    the agent answers for the difference. OrderRefused and Unacceptable for what cannot be posted.
    """
    sender = _sender(act)
    consignment = _book(connection, counter, act)
    price_poisha = consignment.postage_poisha + consignment.cod_fee_poisha + consignment.vat_poisha
    flags = []
    if act.cash_poisha != price_poisha:
        off = f"it costs {taka(price_poisha)}, and {taka(act.cash_poisha)} was taken"
        if not act.offline:
            raise Conflict(off, field="cash_poisha", remedy="take the price, and send it again")
        flags.append(off)
    scan = replace(act.scan, item_number=consignment.item_number, event=Event.ACCEPTED, holder=counter.point.holder)
    (taken,) = accept(connection, counter.facts, [Weighed(scan, act.weight_g)], counter.upload)
    if taken.verdict.outcome is ScanOutcome.REJECTED:
        raise Unacceptable(taken.verdict.why, field="weight_g")
    append_sender(connection, replace(sender, item_number=consignment.item_number))
    _pay(connection, counter, act, consignment)
    return consignment.item_number, price_poisha, [*flags, taken.verdict.why]


def _sender(act: Posted) -> Sender:
    try:
        return Sender("", required_entry(act.sender_name, 100), parse_phones(act.sender_phone)[0])
    except Unacceptable as error:
        field = "sender_phone" if act.sender_name.strip() else "sender_name"
        raise Unacceptable(error.message, field=field, remedy=error.remedy) from None


def _book(connection: Connection, counter: Counter, act: Posted) -> Consignment:
    office = counter.facts.offices[counter.point.office]
    at = min(act.happened_at, act.scan.recorded_at)
    shop = Merchant(WALK_IN, "Digital centre", "Dhaka GPO, Dhaka 1000", "", at)
    append_merchants(connection, [shop])
    row = {
        **act.parcel,
        "merchant": shop.name,
        "store_address": f"{office.name_en} post office, {office.district} {office.postcode}",
        "order_ref": str(act.act_id),
    }
    order = parse_order(row, None, counter.facts.booking_rules)
    if order.cod_poisha:
        raise Unacceptable(
            "without an account nothing can be collected", field="cod_poisha", remedy="let the sender join as a shop"
        )
    asked = Asked(order=order, merchant=shop, hints=Hints(postcode=act.postcode))
    return book_one(connection, counter.facts, counter.numbers, asked, at)


def _pay(connection: Connection, counter: Counter, act: Posted, consignment: Consignment) -> None:
    """The postage and its VAT stand to the credit of whoever is charged them when the parcel is settled."""
    cash = account(AccountKind.AGENT_CASH, counter.point.point_id)
    legs = (
        (Code.POSTAGE_AGENT, AccountKind.MERCHANT_FEES_DUE, consignment.postage_poisha),
        (Code.POSTAGE_VAT_AGENT, AccountKind.MERCHANT_VAT_DUE, consignment.vat_poisha),
    )
    append_transfers(
        connection,
        [
            transfer(
                code,
                debit=cash,
                credit=account(due, consignment.merchant_id),
                amount_poisha=amount_poisha,
                at=act.scan.recorded_at,
                cause=str(act.act_id),
                item_number=consignment.item_number,
            )
            for code, due, amount_poisha in legs
            if amount_poisha
        ],
    )
