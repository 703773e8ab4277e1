"""Money that a provider has and that was due to nobody: a person says whose it is."""

from dataclasses import replace
from datetime import datetime

from post_logistics.cod.payments import STEPS, Outcome
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.money.payments import collected, open_poisha_of
from post_logistics.operations.money.receipts import make_good, take_back
from post_logistics.storage.database import Connection
from post_logistics.storage.money import payments as store
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.matches import carry_over, lock_matching
from post_logistics.storage.money.payments import Payment
from post_logistics.storage.money.receipts import load_refunds, load_standing_transfers
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.units import taka


def place_held(connection: Connection, payment_id: str, *, why: str, by: str, at: datetime) -> Payment:
    """Money that was held is found to be the parcel's: it is collected after all. Told again, nothing changes.

    Conflict if the parcel does not owe so much, or a refund of it is under way.
    """
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write how you know")
    store.hold_item_of(connection, payment_id)
    payment = store.load_payment(connection, payment_id, hold=True)
    if not payment.held_poisha:
        return payment
    refunds = load_refunds(connection, payment.item_number)
    if any(one.payment_id == payment_id and one.way == "held" and one.state == "asked" for one in refunds):
        raise Conflict("a refund of it is under way", field="payment_id", remedy="wait for the provider's answer")
    held = load_standing_transfers(connection, [payment_id], payment.item_number)
    unplaced = [one for one in held if one.code is Code.DIGITAL_UNPLACED]
    if sum(one.amount_poisha for one in unplaced) != payment.held_poisha:
        raise Conflict("a part of it was given back", field="payment_id", remedy="give back the rest as well")
    consignment = load_consignment(connection, payment.item_number)
    made_good = make_good(connection, payment.receipt_id, payment_id, payment.held_poisha, by=by, at=at)
    if not made_good and payment.held_poisha > open_poisha_of(connection, payment, consignment):
        raise Conflict(
            f"the parcel does not owe {taka(payment.held_poisha)}", field="payment_id", remedy="give it back instead"
        )
    take_back(connection, unplaced, why=why, by=by, at=at)
    placed = [
        collected(payment, consignment.merchant_id, one.amount_poisha, at, part=f"placed/{one.transfer_id}")
        for one in unplaced
    ]
    append_transfers(connection, [one for several in placed for one in several])
    lock_matching(connection)
    pairs = [(old.transfer_id, new.transfer_id) for old, (new, *_) in zip(unplaced, placed, strict=True)]
    carry_over(connection, pairs)
    after = replace(
        payment,
        state=STEPS[payment.state][Outcome.PLACED],
        collected_poisha=payment.collected_poisha + payment.held_poisha,
        held_poisha=0,
        why=f"{payment.why}; placed by {by}: {why.strip()}",
        changed_at=at,
    )
    store.save_payment(connection, after)
    return after
