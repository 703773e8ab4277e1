"""What a parcel costs its recipient when that is not what the order said: asked by whoever sees why, approved by the
merchant, effective at once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from post_logistics.consignments.booking import BookingRules
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.counter.at_hand import Actor, take_up
from post_logistics.operations.money.receipts import let_off
from post_logistics.storage.database import Connection
from post_logistics.storage.money import prices as store
from post_logistics.storage.money.prices import PriceChange
from post_logistics.storage.money.receipts import NOTHING, hold_item, load_known, load_receipt
from post_logistics.units import ItemNumber, MerchantId, taka


def ask_price(
    connection: Connection,
    rules: BookingRules,
    *,
    change_id: UUID,
    number: str,
    price_poisha: int,
    why: str,
    by: str,
    actor: Actor,
    at: datetime,
) -> PriceChange:
    """The question whether the parcel may cost that; a merchant's own is its approval. Told again, it is the same.

    Conflict while another question is open for the parcel, or once it is paid in full.
    """
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write what the recipient and the merchant agreed")
    if abs(price_poisha) > rules.max_cod_poisha:
        raise Unacceptable(
            f"{taka(price_poisha)} is over the limit of {taka(rules.max_cod_poisha)}",
            field="price_poisha",
            remedy="write at most that",
        )
    at_hand = take_up(connection, number, actor)
    item = at_hand.item_number
    known = load_known(connection, [item]).get(item, NOTHING)
    asked = PriceChange(
        change_id=change_id,
        item_number=item,
        was_poisha=known.due(at_hand.consignment.cod_poisha).prices[-1],
        price_poisha=price_poisha,
        why=why.strip(),
        asked_by=by,
        asked_at=at,
    )
    _refuse_paid(connection, asked, known.receipt_id)
    if not store.append_change(connection, asked):
        return _told_before(connection, asked)
    if actor.merchant_id:
        return _approve(connection, asked, by, at)
    return asked


def decide_price(
    connection: Connection, change_id: UUID, *, approved: bool, by: str, merchant: MerchantId | None, at: datetime
) -> PriceChange:
    """The merchant's decision, in force from this instant; told again, it is the same.

    ``merchant``: only that one's parcels are known. Conflict for the other decision, or once the parcel is paid.
    """
    change = store.load_change(connection, change_id, merchant)
    hold_item(connection, change.item_number)
    change = store.load_change(connection, change_id)
    wanted = "approved" if approved else "refused"
    if change.state == wanted:
        return change
    if change.state != "asked":
        raise Conflict(f"this was {change.state}", field="change_id", remedy="ask again with a new change_id")
    if approved:
        known = load_known(connection, [change.item_number]).get(change.item_number, NOTHING)
        _refuse_paid(connection, change, known.receipt_id)
        return _approve(connection, change, by, at)
    refused = replace(change, state="refused", decided_by=by, decided_at=at)
    store.decide_change(connection, refused)
    return refused


def _refuse_paid(connection: Connection, change: PriceChange, receipt_id: UUID | None) -> None:
    """Returns while the price can still change: before the parcel is paid, or while somebody owes what was short."""
    if receipt_id is not None and load_receipt(connection, receipt_id).short_poisha == 0:
        known = store.load_changes(connection, item_number=change.item_number)
        if not any(one.change_id == change.change_id for one in known):
            raise Conflict("the parcel is paid", field="item_number", remedy="refund what was too much")


def _approve(connection: Connection, change: PriceChange, by: str, at: datetime) -> PriceChange:
    """In force at once; who handed the parcel over for less no longer owes what the merchant let go."""
    approved = replace(change, state="approved", decided_by=by, decided_at=at)
    store.decide_change(connection, approved)
    known = load_known(connection, [change.item_number]).get(change.item_number, NOTHING)
    if known.receipt_id is not None:
        receipt = load_receipt(connection, known.receipt_id)
        let_off(connection, receipt, max(0, change.price_poisha), str(change.change_id), by, at)
    return approved


def _told_before(connection: Connection, asked: PriceChange) -> PriceChange:
    for one in store.load_changes(connection, item_number=ItemNumber(asked.item_number)):
        if one.change_id == asked.change_id:
            if one.price_poisha != asked.price_poisha:
                raise Conflict(
                    f"change {one.change_id} is for {taka(one.price_poisha)}",
                    field="change_id",
                    remedy="give another price a change_id of its own",
                )
            return one
    raise Conflict(
        "another price waits for the merchant's decision", field="item_number", remedy="let the merchant decide first"
    )
