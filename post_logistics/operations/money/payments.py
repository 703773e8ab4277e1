"""Payments by wallet, card and QR: asked of a provider, believed on the provider's word alone, never lost.

No provider is called inside a transaction: what is about to be asked is kept first, and what was answered afterwards.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.channels.payments.port import Call, Handle, PaymentProvider, Wanted
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.payments import STEPS, Outcome, PaymentState, Placing, Purpose, Said, Word, next_ask_at, place
from post_logistics.cod.postings import Code
from post_logistics.cod.tenders import receipt_number
from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.counter.at_hand import Actor, AtHand, take_up
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.receipts import answer_for
from post_logistics.storage.counter.weighings import load_weighings_that_count
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import payments as store
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.payments import Payment
from post_logistics.storage.money.receipts import NOTHING, load_known, load_receipt
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, ItemNumber, latin_digits, taka

_log = logging.getLogger(__name__)

_OF_PURPOSE: Final = {
    Purpose.COD: UUID("0f5ad4a5-6a3e-5f0b-9d0e-3c1f6a7be210"),
    Purpose.POSTAGE: UUID("6c2f0c57-4a9b-5f5e-8d6b-1e0a4d7c9b32"),
}
_HURRY: Final = timedelta(seconds=5)
"""A payment is not asked about more often than this, whoever calls."""
_BATCH: Final = 100
_NOT_PAID_FOR: Final = {State.CANCELLED, State.RETURN_REQUESTED, State.RETURNING, State.RETURNED}


def payment_id_of(item_number: str, reference: str, purpose: Purpose = Purpose.COD) -> str:
    """The one id that a request for an item can have, from the reference its maker gave it, however it was typed."""
    typed = " ".join(latin_digits(reference).split())
    return f"pay-{receipt_number(uuid5(_OF_PURPOSE[purpose], f'{item_number}/{typed}')).replace('-', '')}"


@dataclass(frozen=True, slots=True)
class Requested:
    """Who asks for a payment, for what, and for how much; no amount: all that is due. ``provider``: empty for any."""

    number: str
    reference: str
    by: str
    amount_poisha: int | None = None
    purpose: Purpose = Purpose.COD
    provider: str = ""


def request_payment(
    database: Database,
    providers: Mapping[str, PaymentProvider],
    facts: Facts,
    asked: Requested,
    actor: Actor,
    at: datetime,
    *,
    back: Callable[[str], str] = lambda payment_id: "",
) -> Payment:
    """A payment that the payer can make now: its page and QR text. Asked again, it is the same.

    ``back``: the page to which the payer of a payment comes back. Conflict if nothing is due any more, or the provider
    does not answer: then cash is taken, or it is asked again.
    """
    with database.transaction() as connection:
        payment = _keep_request(connection, _choose(providers, asked.provider).name, facts, asked, actor, at)
    if payment.url or payment.qr or payment.state is not PaymentState.REQUESTED:
        return payment
    wanted = Wanted(
        payment.payment_id,
        payment.amount_poisha,
        payment.item_number,
        payment.made_at,
        payment.expires_at,
        back(payment.payment_id),
    )
    offer = _choose(providers, payment.provider).offer(wanted)
    if offer.why:
        raise Conflict(
            f"the provider made no payment: {offer.why}",
            field="provider",
            remedy="ask again with the same reference, or take cash",
        )
    with database.transaction() as connection:
        now = store.load_payment(connection, payment.payment_id, hold=True)
        if now.url or now.qr:  # somebody asked at the same moment, and may be on the first page already
            return now
        made = replace(
            now,
            url=offer.url,
            qr=offer.qr or offer.url,
            provider_ref=now.provider_ref or offer.provider_ref or None,
            session_ref=offer.session_ref or now.session_ref,
        )
        store.save_payment(connection, made)
    return made


def _choose(providers: Mapping[str, PaymentProvider], name: str) -> PaymentProvider:
    """The provider of that name, or the first; Conflict if there is none."""
    found = providers.get(name) if name else next(iter(providers.values()), None)
    if found is None:
        known = ", ".join(providers)
        remedy = f"choose one of: {known}" if known else "take cash"
        raise Conflict(f"{name or 'no payment provider'} is not set up", field="provider", remedy=remedy)
    return found


def _keep_request(
    connection: Connection, provider: str, facts: Facts, asked: Requested, actor: Actor, at: datetime
) -> Payment:
    """The request as it is kept, before anybody is asked."""
    at_hand = take_up(connection, asked.number, actor)
    item = at_hand.item_number
    payment_id = payment_id_of(item, asked.reference, asked.purpose)
    try:
        before = store.load_payment(connection, payment_id)
    except NotFound:
        pass
    else:
        if asked.amount_poisha not in {None, before.amount_poisha}:
            raise Conflict(
                f"{taka(before.amount_poisha)} was asked under this reference",
                field="reference",
                remedy="give another amount a reference of its own",
            )
        return before
    amount_poisha, vat_poisha = _amount(connection, facts, asked, at_hand)
    rules = facts.cod_rules.on(at.astimezone(DHAKA).date())
    payment = Payment(
        payment_id=payment_id,
        item_number=item,
        provider=provider,
        amount_poisha=amount_poisha,
        state=PaymentState.REQUESTED,
        url="",
        qr="",
        provider_ref=None,
        paid_poisha=0,
        collected_poisha=0,
        held_poisha=0,
        why="",
        receipt_id=None,
        asked_by=asked.by,
        made_at=at,
        expires_at=at + timedelta(minutes=rules.payment_expires_minutes),
        next_ask_at=at + _HURRY,
        asks=0,
        heard_at=None,
        changed_at=None,
        purpose=asked.purpose,
        vat_poisha=vat_poisha,
    )
    store.append_payment(connection, payment)
    return payment


def _amount(connection: Connection, facts: Facts, asked: Requested, at_hand: AtHand) -> tuple[int, int]:
    """What is asked for, and the VAT in it; Conflict if so much is not due, or of postage less."""
    item, vat_poisha = at_hand.item_number, 0
    if asked.purpose is Purpose.POSTAGE:
        postage_poisha, vat_poisha = postage_of(connection, facts, at_hand.consignment)
        open_poisha = postage_poisha + vat_poisha
        if store.postage_paid(connection, item) or store.is_charged(connection, item):
            raise Conflict("the postage is paid", field="item_number", remedy="nothing is left to do")
        if at_hand.standing.state is State.CANCELLED:
            raise Conflict("the item was cancelled", field="item_number", remedy="book it again")
    else:
        known = load_known(connection, [item]).get(item, NOTHING)
        open_poisha = known.due(at_hand.consignment.cod_poisha).open_poisha
        if at_hand.standing.state in _NOT_PAID_FOR:
            raise Conflict("the parcel goes back", field="item_number", remedy="nothing is left to pay")
    amount_poisha = open_poisha if asked.amount_poisha is None else asked.amount_poisha
    least_poisha = open_poisha if asked.purpose is Purpose.POSTAGE else 1
    if not max(1, least_poisha) <= amount_poisha <= open_poisha:
        raise Conflict(
            f"{taka(open_poisha)} is due for the parcel", field="amount_poisha", remedy="ask for at most what is due"
        )
    return amount_poisha, vat_poisha


def postage_of(connection: Connection, facts: Facts, consignment: Consignment) -> tuple[int, int]:
    """The postage of an item as it was last weighed, and the VAT on it; without the fee for what is collected."""
    weighed = load_weighings_that_count(connection, [consignment.item_number]).get(consignment.item_number)
    postage_poisha = weighed.postage_poisha if weighed else consignment.postage_poisha
    _, vat_poisha = facts.tariffs.charges_for(0, postage_poisha, consignment.booked_at.astimezone(DHAKA).date())
    return postage_poisha, vat_poisha


# The provider's word


def handle_of(payment: Payment, at: datetime) -> Handle:
    """By what its provider knows a payment."""
    return Handle(
        payment.payment_id,
        payment.made_at,
        payment.expires_at,
        payment.session_ref or "",
        payment.provider_ref or "",
        wanted=payment.state is PaymentState.REQUESTED and at < payment.expires_at,
    )


def hear(database: Database, providers: Mapping[str, PaymentProvider], payment_id: str, at: datetime) -> Payment:
    """Asks the provider about a payment, and does what the answer means. Money moves on this word only."""
    with database.transaction() as connection:
        payment = store.load_payment(connection, payment_id)
    word = _choose(providers, payment.provider).status(handle_of(payment, at))
    with database.transaction() as connection:
        return take_word(connection, payment_id, word, at)


def hear_unless_just(
    database: Database, providers: Mapping[str, PaymentProvider], payment: Payment, at: datetime
) -> Payment:
    """Asks about a payment, as a caller whom nobody knows may cause it: not when that was just done."""
    just = payment.heard_at is not None and payment.heard_at >= at - _HURRY
    return payment if just else hear(database, providers, payment.payment_id, at)


def hear_called(
    database: Database, providers: Mapping[str, PaymentProvider], name: str, call: Call, at: datetime
) -> str:
    """Somebody calls and says that a payment has changed: a hint, so the provider is asked, and not too often.

    The payment's id, if the caller knows what only the provider and the payer do, its name of the asking; else nothing.
    """
    provider = providers.get(name)
    reference = provider.called(call) if provider else None
    if reference is None:
        return ""
    with database.transaction() as connection:
        payment = store.find_called(connection, name, reference)
    if payment is None:
        return ""
    hear_unless_just(database, providers, payment, at)
    return payment.payment_id if reference == payment.session_ref else ""


def hear_due(database: Database, providers: Mapping[str, PaymentProvider], at: datetime) -> int:
    """Asks about every payment that is due to be asked about; gives back how many."""
    with database.transaction() as connection:
        due = store.claim_due(connection, at, at + timedelta(minutes=2), _BATCH)
    for payment_id in due:
        try:
            hear(database, providers, payment_id, at)
        except Conflict as error:
            _log.warning("payment %s waits: %s", payment_id, error.message)
    return len(due)


def take_word(connection: Connection, payment_id: str, word: Word, at: datetime) -> Payment:
    """The payment after a provider's word; the same word again changes nothing. Held: its item, then the payment."""
    store.hold_item_of(connection, payment_id)
    payment = store.load_payment(connection, payment_id, hold=True)
    heard = replace(payment, asks=payment.asks + 1, heard_at=at)
    if word.said is Said.PAID and word.paid_poisha > payment.paid_poisha:
        heard = _money_came(connection, heard, word, at)
    elif word.said is Said.FAILED and not payment.paid_poisha:
        heard = _never_came(connection, heard, Outcome.REFUSED, word.why or "the provider says that it failed", at)
    elif payment.state is PaymentState.REQUESTED and at >= payment.expires_at:
        heard = _never_came(connection, heard, Outcome.RAN_OUT, "nobody paid in time", at)
    asks = None
    if heard.state in {PaymentState.REQUESTED, PaymentState.EXPIRED}:
        asks = next_ask_at(heard.asks, heard.made_at, heard.expires_at, at)
    heard = replace(heard, next_ask_at=asks)
    store.save_payment(connection, heard)
    return heard


def _money_came(connection: Connection, payment: Payment, word: Word, at: datetime) -> Payment:
    """Collected, as far as it is what was asked for; the rest is held, with the reason."""
    new_poisha = word.paid_poisha - payment.paid_poisha
    consignment = load_consignment(connection, payment.item_number)
    elsewhere = bool(word.provider_ref) and store.ref_belongs_to_another(
        connection, payment.provider, word.provider_ref, payment.payment_id
    )
    placing = place(
        asked_poisha=payment.amount_poisha,
        payment_id=payment.payment_id,
        state=payment.state,
        new_poisha=new_poisha,
        word=word,
        open_poisha=open_poisha_of(connection, payment, consignment),
        in_time=(word.paid_at or at) <= payment.expires_at,
        ref_known_elsewhere=elsewhere,
    )
    append_transfers(connection, _postings(payment, consignment, placing, word.paid_poisha, at))
    if placing.hold_poisha and not placing.collect_poisha and payment.state is PaymentState.REQUESTED:
        _answer_for(connection, payment, at)
    outcome = Outcome.PAID if placing.collect_poisha else Outcome.MISPAID
    return replace(
        payment,
        state=STEPS[payment.state][outcome],
        provider_ref=payment.provider_ref if elsewhere else word.provider_ref or payment.provider_ref,
        paid_poisha=word.paid_poisha,
        collected_poisha=payment.collected_poisha + placing.collect_poisha,
        held_poisha=payment.held_poisha + placing.hold_poisha,
        paid_at=payment.paid_at or word.paid_at or at,
        why="; ".join(filter(None, (payment.why, placing.why))),
        changed_at=at,
    )


def open_poisha_of(connection: Connection, payment: Payment, consignment: Consignment) -> int:
    """What is still owed as far as this payment goes: what a hand-over counted on, or all that is due."""
    item = payment.item_number
    if payment.purpose is Purpose.POSTAGE:
        settled = store.postage_paid(connection, item) or store.is_charged(connection, item)
        return 0 if settled else payment.amount_poisha
    known = load_known(connection, [item]).get(item, NOTHING)
    if payment.receipt_id is not None and payment.receipt_id == known.receipt_id:
        return payment.amount_poisha if payment.state is PaymentState.REQUESTED else 0
    return known.due(consignment.cod_poisha).open_poisha


def _postings(
    payment: Payment, consignment: Consignment, placing: Placing, total_poisha: int, at: datetime
) -> list[Transfer]:
    """What it was for; what is due to nobody, of which each amount that came is told apart by what had come in all."""
    made = collected(payment, consignment.merchant_id, placing.collect_poisha, at) if placing.collect_poisha else []
    if placing.hold_poisha:
        held = transfer(
            Code.DIGITAL_UNPLACED,
            debit=account(AccountKind.PROVIDER_CLEARING, payment.provider),
            credit=account(AccountKind.UNIDENTIFIED_RECEIPTS, payment.provider),
            amount_poisha=placing.hold_poisha,
            at=at,
            cause=payment.payment_id,
            item_number=ItemNumber(payment.item_number),
            part=str(total_poisha),
        )
        made.append(held)
    return made


def collected(payment: Payment, merchant: str, amount_poisha: int, at: datetime, part: str = "") -> list[Transfer]:
    """The provider has money of a payment that is what it is for; the first transfer is the one on its account."""
    clearing = account(AccountKind.PROVIDER_CLEARING, payment.provider)
    fees, vat = account(AccountKind.MERCHANT_FEES_DUE, merchant), account(AccountKind.MERCHANT_VAT_DUE, merchant)
    if payment.purpose is Purpose.COD:
        legs = [(Code.COLLECT_DIGITAL, clearing, account(AccountKind.MERCHANT_PAYABLE, merchant), amount_poisha)]
    else:
        vat_poisha = payment.vat_poisha * amount_poisha // payment.amount_poisha
        legs = [
            (Code.POSTAGE_DIGITAL, clearing, fees, amount_poisha),
            (Code.POSTAGE_DIGITAL_VAT, fees, vat, vat_poisha),
        ]
    return [
        transfer(
            code,
            debit=debit,
            credit=credit,
            amount_poisha=leg_poisha,
            at=at,
            cause=payment.payment_id,
            item_number=ItemNumber(payment.item_number),
            part=part,
        )
        for code, debit, credit, leg_poisha in legs
        if leg_poisha
    ]


def _never_came(connection: Connection, payment: Payment, outcome: Outcome, why: str, at: datetime) -> Payment:
    if outcome not in STEPS[payment.state]:
        return payment
    state = STEPS[payment.state][outcome]
    if state is payment.state:
        return payment
    _answer_for(connection, payment, at)
    return replace(payment, state=state, why=why, changed_at=at)


def _answer_for(connection: Connection, payment: Payment, at: datetime) -> None:
    """Where a hand-over counted on the payment, who handed over answers for it."""
    if payment.receipt_id is None:
        return
    receipt = load_receipt(connection, payment.receipt_id)
    if receipt.standing:
        merchant = load_consignment(connection, payment.item_number).merchant_id
        answer_for(connection, receipt, payment.amount_poisha, merchant, payment.payment_id, at)
