"""Money goes back to recipients: over the counter at once, by a provider once it says so. Never more than was paid."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.channels.payments.port import GivenBack, PaymentProvider
from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, reverse, standing, transfer
from post_logistics.cod.payments import STEPS, Outcome, Purpose
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.counter.at_hand import Actor, AtHand, take_up
from post_logistics.operations.money.payments import handle_of
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import receipts as store
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.payments import Payment, load_payment, load_postage_to_return, save_payment
from post_logistics.storage.money.receipts import NOTHING, Refund, load_known
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import State
from post_logistics.units import ItemNumber, Postcode, taka

_log = logging.getLogger(__name__)

_ASK_AGAIN_AFTER: Final = timedelta(minutes=2)
_BATCH: Final = 100
_POSTAGE: Final = UUID("b1d7f2a4-3c58-5e0d-8f6a-94d2c7e0b613")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be given back, by whom and why. ``force``: though the merchant is no longer owed it; the merchant then
    owes it to the post, as an advance."""

    refund_id: UUID
    amount_poisha: int
    why: str
    by: str
    force: bool = False


def refund_at_counter(
    connection: Connection, number: str, office: Postcode, wish: Wish, actor: Actor, at: datetime
) -> Refund:
    """Cash from the office's till to the recipient; told again, it is given once.

    Conflict for more than was paid and not yet given back, for more than the till holds, and, unless forced, for more
    than the merchant is still owed.
    """
    _refuse_wordless(wish, actor)
    at_hand = take_up(connection, number, actor)
    before = _told_before(connection, wish, at_hand.item_number, None)
    if before is not None:
        return before
    _refuse_too_much(connection, at_hand, wish)
    till = account(AccountKind.OFFICE_TILL, office)
    payable = account(AccountKind.MERCHANT_PAYABLE, at_hand.consignment.merchant_id)
    store.hold_accounts(connection, [till, payable])
    owed_poisha = _owed_poisha(connection, payable, till, wish)
    made = Refund(
        refund_id=wish.refund_id,
        item_number=at_hand.item_number,
        payment_id=None,
        way="counter",
        amount_poisha=wish.amount_poisha,
        advanced_poisha=wish.amount_poisha - min(owed_poisha, wish.amount_poisha),
        why=wish.why.strip(),
        by=wish.by,
        office=office,
        state="done",
        asked_at=at,
        done_at=at,
    )
    store.append_refunds(connection, [made])
    append_transfers(connection, _postings(made, till, at_hand.consignment.merchant_id, at))
    return made


def refund_by_provider(
    database: Database,
    providers: Mapping[str, PaymentProvider],
    payment_id: str,
    wish: Wish,
    actor: Actor,
    at: datetime,
) -> Refund:
    """The provider is asked to give back what was collected by a payment, or what it holds for nobody.

    What is held goes first. The answer may take its time: the refund is then ``asked``, and the provider is
    asked again until it answers. Told again, it is the same refund.
    """
    _refuse_wordless(wish, actor)
    with database.transaction() as connection:
        refund = _reserve(connection, payment_id, wish, actor, at)
    under_way = refund.asked_at < at < refund.asked_at + _ASK_AGAIN_AFTER
    if refund.state != "asked" or under_way:
        return refund
    return finish_refund(database, providers, refund.refund_id, at)


def _reserve(connection: Connection, payment_id: str, wish: Wish, actor: Actor, at: datetime) -> Refund:
    """The refund as it is kept before the provider is asked: nobody else gives the same money back. Or as it was kept
    before."""
    seen = load_payment(connection, payment_id, merchant=actor.merchant_id, office=actor.office)
    at_hand = take_up(connection, seen.item_number, actor)
    before = _told_before(connection, wish, at_hand.item_number, payment_id)
    if before is not None:
        return before
    payment = load_payment(connection, payment_id, hold=True)
    clearing = account(AccountKind.PROVIDER_CLEARING, payment.provider)
    payable = account(AccountKind.MERCHANT_PAYABLE, at_hand.consignment.merchant_id)
    going = [one for one in store.load_refunds(connection, payment.item_number) if one.payment_id == payment_id]
    if payment.held_poisha:
        left_poisha = payment.held_poisha - sum(o.amount_poisha for o in going if (o.way, o.state) == ("held", "asked"))
        way = "held"
    elif payment.purpose is Purpose.POSTAGE:
        left_poisha, way = _refundable_postage(at_hand, payment, going, wish), "postage"
    else:
        _refuse_too_much(connection, at_hand, wish)
        spent = sum(one.amount_poisha for one in going if one.way == "provider" and one.state != "refused")
        left_poisha, way = payment.collected_poisha - spent, "provider"
    if wish.amount_poisha > left_poisha:
        raise Conflict(
            f"{taka(left_poisha)} of the payment can be given back",
            field="amount_poisha",
            remedy="give back at most that",
        )
    store.hold_accounts(connection, [clearing, payable])
    if way == "provider":
        _owed_poisha(connection, payable, clearing, wish)
    elif way == "postage":
        _refuse_missing(load_balances_of(connection, [clearing]), clearing, wish)
    refund = Refund(
        refund_id=wish.refund_id,
        item_number=payment.item_number,
        payment_id=payment_id,
        way=way,
        amount_poisha=wish.amount_poisha,
        advanced_poisha=0,
        why=wish.why.strip(),
        by=wish.by,
        office=actor.office or "",
        state="asked",
        asked_at=at,
        done_at=None,
    )
    store.append_refunds(connection, [refund])
    return refund


def _refundable_postage(at_hand: AtHand, payment: Payment, going: Sequence[Refund], wish: Wish) -> int:
    """The postage that can go back: all of it, of an item that was cancelled before the post had it."""
    if at_hand.standing.state is not State.CANCELLED:
        raise Conflict("the post carries the item", field="payment_id", remedy="cancel the item before it is posted")
    if wish.amount_poisha < payment.collected_poisha:
        raise Conflict("postage goes back whole", field="amount_poisha", remedy=f"ask for {payment.collected_poisha}")
    spent = sum(one.amount_poisha for one in going if one.way == "postage" and one.state != "refused")
    return payment.collected_poisha - spent


def finish_refund(
    database: Database, providers: Mapping[str, PaymentProvider], refund_id: UUID, at: datetime
) -> Refund:
    """Asks the provider to give back, and posts it once it has. Asked again, the provider gives back once."""
    with database.transaction() as connection:
        (refund,) = store.load_refunds(connection, refund_id=refund_id)
        payment = load_payment(connection, refund.payment_id or "")
        others = [one for one in store.load_refunds(connection, refund.item_number) if one.refund_id != refund_id]
    handle = replace(
        handle_of(payment, at),
        returned_poisha=sum(
            one.amount_poisha for one in others if one.payment_id == payment.payment_id and one.state != "refused"
        ),
        asked_before=at > refund.asked_at,
    )
    provider = providers.get(payment.provider)
    answer = GivenBack(done=False, why=f"{payment.provider} is not set up")
    if provider is not None:
        answer = provider.give_back(handle, str(refund_id), refund.amount_poisha)
    if not answer.done and not answer.refused:
        return refund
    with database.transaction() as connection:
        _end(connection, refund, answer, at)
        (ended,) = store.load_refunds(connection, refund_id=refund_id)
    return ended


def finish_due_refunds(database: Database, providers: Mapping[str, PaymentProvider], at: datetime) -> int:
    """Asks again about every refund that a provider has not answered; gives back how many."""
    with database.transaction() as connection:
        due = store.load_asked_refunds(connection, at - _ASK_AGAIN_AFTER, _BATCH)
    for refund_id in due:
        finish_refund(database, providers, refund_id, at)
    return len(due)


def return_postage(database: Database, providers: Mapping[str, PaymentProvider], at: datetime) -> int:
    """Gives back the postage of what was cancelled before the post had it, as it was paid; gives back how many.

    What a provider refuses waits for a person, among the refunds of its item.
    """
    with database.transaction() as connection:
        due = load_postage_to_return(connection, _BATCH)
    for payment in due:
        refund_id = uuid5(_POSTAGE, payment.payment_id)
        wish = Wish(refund_id, payment.collected_poisha, "the item was cancelled before it was posted", "post")
        try:
            refund_by_provider(database, providers, payment.payment_id, wish, Actor(), at)
        except Conflict as error:
            _log.warning("postage of payment %s waits: %s", payment.payment_id, error.message)
    return len(due)


def _end(connection: Connection, refund: Refund, answer: GivenBack, at: datetime) -> None:
    """The provider has answered. What it gave back is gone, whoever is owed what by now: the merchant's share of it is
    what the merchant is still owed, the rest an advance."""
    store.hold_item(connection, refund.item_number)
    payment = load_payment(connection, refund.payment_id or "", hold=True)
    merchant = load_consignment(connection, refund.item_number).merchant_id
    clearing = account(AccountKind.PROVIDER_CLEARING, payment.provider)
    payable = account(AccountKind.MERCHANT_PAYABLE, merchant)
    store.hold_accounts(connection, [clearing, payable])
    advanced_poisha = 0
    if answer.done and refund.way == "provider":
        owed_poisha = standing(load_balances_of(connection, [payable]), payable)
        advanced_poisha = refund.amount_poisha - min(owed_poisha, refund.amount_poisha)
    state = "done" if answer.done else "refused"
    if not store.end_refund(connection, refund.refund_id, state, answer.why, advanced_poisha, at) or not answer.done:
        return
    ended = replace(refund, advanced_poisha=advanced_poisha)
    append_transfers(connection, _postings(ended, clearing, merchant, at))
    if refund.way == "postage":
        posted = store.load_standing_transfers(connection, [payment.payment_id], refund.item_number)
        vat = [one for one in posted if one.code is Code.POSTAGE_DIGITAL_VAT]
        append_transfers(connection, [reverse(one, at=at, cause=str(refund.refund_id)) for one in vat])
    if refund.way == "held":
        held_poisha = payment.held_poisha - refund.amount_poisha
        outcome = payment.state if held_poisha else STEPS[payment.state][Outcome.GIVEN_BACK]
        save_payment(connection, replace(payment, held_poisha=held_poisha, state=outcome, changed_at=at))


def _postings(refund: Refund, source: Account, merchant: str, at: datetime) -> list[Transfer]:
    """What was given back, from the till or from the provider's clearing account."""
    payable = account(AccountKind.MERCHANT_PAYABLE, merchant)
    advance = account(AccountKind.MERCHANT_ADVANCE, merchant)
    own_poisha, lent_poisha = refund.amount_poisha - refund.advanced_poisha, refund.advanced_poisha
    legs: tuple[tuple[Code, Account, int], ...]
    if refund.way == "held":
        unplaced = account(AccountKind.UNIDENTIFIED_RECEIPTS, source.partition(":")[2])
        legs = ((Code.UNPLACED_REFUNDED, unplaced, own_poisha),)
    elif refund.way == "postage":
        legs = ((Code.POSTAGE_REFUNDED, account(AccountKind.MERCHANT_FEES_DUE, merchant), own_poisha),)
    elif refund.way == "provider":
        legs = ((Code.REFUND_DIGITAL, payable, own_poisha), (Code.REFUND_ADVANCED_DIGITAL, advance, lent_poisha))
    else:
        legs = ((Code.REFUND, payable, own_poisha), (Code.REFUND_ADVANCED, advance, lent_poisha))
    return [
        transfer(
            code,
            debit=debit,
            credit=source,
            amount_poisha=amount_poisha,
            at=at,
            cause=str(refund.refund_id),
            item_number=ItemNumber(refund.item_number),
        )
        for code, debit, amount_poisha in legs
        if amount_poisha
    ]


def _refuse_wordless(wish: Wish, actor: Actor) -> None:
    if wish.force and actor != Actor():
        raise Unacceptable("only the post refunds by force", field="force", remedy="ask the post's finance")
    if not wish.why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write why the recipient is given money back")
    if wish.amount_poisha <= 0:
        raise Unacceptable("nothing is given back", field="amount_poisha", remedy="write an amount above zero")


def _told_before(connection: Connection, wish: Wish, item_number: str, payment_id: str | None) -> Refund | None:
    for one in store.load_refunds(connection, refund_id=wish.refund_id):
        if (one.amount_poisha, one.item_number, one.payment_id) != (wish.amount_poisha, item_number, payment_id):
            raise Conflict(
                "another refund has that id", field="refund_id", remedy="give each refund a refund_id of its own"
            )
        return one
    return None


def _refuse_too_much(connection: Connection, at_hand: AtHand, wish: Wish) -> None:
    """Returns if so much was paid and not given back, or agreed with the merchant for an exchange."""
    item = at_hand.item_number
    spent = store.load_given_back(connection, [item]).get(item, 0)
    agreed = load_known(connection, [item]).get(item, NOTHING).due(at_hand.consignment.cod_poisha).prices[-1]
    left_poisha = store.load_paid(connection, item) + max(0, -agreed) - spent
    if wish.amount_poisha > left_poisha:
        raise Conflict(
            f"{taka(left_poisha)} was paid for the parcel and not given back",
            field="amount_poisha",
            remedy="give back at most that",
        )


def _owed_poisha(connection: Connection, payable: Account, source: Account, wish: Wish) -> int:
    """What the merchant is still owed; Conflict if the money is not there, or the merchant is not owed it."""
    sums = load_balances_of(connection, [payable, source])
    owed_poisha = standing(sums, payable)
    _refuse_missing(sums, source, wish)
    if wish.amount_poisha > owed_poisha and not wish.force:
        raise Conflict(
            f"the merchant is owed {taka(owed_poisha)}: the rest would be the merchant's debt",
            field="amount_poisha",
            remedy="ask the merchant, then refund with force",
        )
    return owed_poisha


def _refuse_missing(sums: Mapping[Account, int], source: Account, wish: Wish) -> None:
    if wish.amount_poisha > (there_poisha := standing(sums, source)):
        raise Conflict(
            f"{source} stands at {taka(there_poisha)}",
            field="amount_poisha",
            remedy="refund at an office that has the cash",
        )
