"""Whoever pays online: what they can pay at this moment, and the page on which they learn what came of it."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from post_logistics.channels.payments.port import PaymentProvider
from post_logistics.cod.payments import PaymentState, Purpose
from post_logistics.errors import NotFound
from post_logistics.operations.counter.at_hand import Actor, take_up
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.payments import Requested, hear_unless_just, request_payment
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import payments as store
from post_logistics.storage.money.payments import Payment
from post_logistics.storage.money.prices import load_due
from post_logistics.units import ItemNumber


def back_to(public_url: str, key: bytes) -> Callable[[str], str]:
    """Payment id -> the page to which its payer comes back. Nobody else can make its address."""
    return lambda payment_id: public_url.rstrip("/") + page_of(payment_id, key)


def page_of(payment_id: str, key: bytes) -> str:
    """The path of that page; of no payment, the page that says nothing of any."""
    return f"/paid/{payment_id}/{mark_of(payment_id, key)}" if payment_id else "/paid"


def mark_of(name: str, key: bytes) -> str:
    """The last part of the address of a page about a payment or an item: 64 bits that only the key can make."""
    return hmac.digest(key, f"paying/{name}".encode(), sha256).hex()[:16]


def come_back(
    database: Database,
    providers: Mapping[str, PaymentProvider],
    payment_id: str,
    mark: str,
    at: datetime,
    *,
    key: bytes,
) -> Payment:
    """The payment of a payer who comes back, after its provider was asked; NotFound for a mark that is not its own."""
    if not hmac.compare_digest(mark_of(payment_id, key).encode(), mark.encode()):
        raise NotFound("no such payment", field="mark", remedy="open your parcel's own page")
    with database.transaction() as connection:
        payment = store.load_payment(connection, payment_id)
    waiting = payment.state is PaymentState.REQUESTED and payment.provider in providers
    return hear_unless_just(database, providers, payment, at) if waiting else payment


def to_pay(connection: Connection, item_number: str, at: datetime) -> tuple[int, Payment | None]:
    """What is due for an item, and the payment by which it can be paid now, if one was asked for."""
    due_poisha = load_due(connection, [item_number]).get(item_number, 0)
    return due_poisha, next((one for one in _open(connection, item_number, due_poisha, at) if one.url), None)


def _open(connection: Connection, item_number: str, due_poisha: int, at: datetime) -> list[Payment]:
    asked = store.load_payments_of(connection, item_number, Purpose.COD)
    waiting = (one for one in asked if one.state is PaymentState.REQUESTED and one.expires_at > at)
    return [one for one in waiting if one.amount_poisha == due_poisha]


def look_again(
    database: Database, providers: Mapping[str, PaymentProvider], item_number: ItemNumber, at: datetime
) -> tuple[int, Payment | None]:
    """As ``to_pay``, after the provider of the payment that is open was asked about it."""
    with database.transaction() as connection:
        _, payment = to_pay(connection, item_number, at)
    if payment is not None:
        hear_unless_just(database, providers, payment, at)
    with database.transaction() as connection:
        return to_pay(connection, item_number, at)


def pay_now(
    database: Database,
    providers: Mapping[str, PaymentProvider],
    facts: Facts,
    item_number: ItemNumber,
    by: str,
    at: datetime,
    *,
    back: Callable[[str], str],
) -> Payment:
    """A payment of all that is due for an item that can be made now: the one that waits, or a new one.

    One that a provider did not answer is asked for again, under the same reference. Conflict if nothing is due.
    """
    with database.transaction() as connection:
        due_poisha, payment = to_pay(connection, item_number, at)
        waiting = len(_open(connection, item_number, due_poisha, at))
        turn = len(store.load_payments_of(connection, item_number, Purpose.COD)) - waiting
    if payment is not None:
        return payment
    asked = Requested(item_number, f"online {turn}", by)
    return request_payment(database, providers, facts, asked, Actor(), at, back=back)


@dataclass(frozen=True, slots=True)
class PaymentLink:
    """A page on which whoever has its address pays what is due for an item; ``to_pay_poisha`` at this moment."""

    item_number: ItemNumber
    url: str
    to_pay_poisha: int


def link_for(connection: Connection, number: str, actor: Actor, public_url: str, *, key: bytes) -> PaymentLink:
    """The link for an item, always the same; it opens nothing but paying.

    The page says what is due when it is opened, and asks a provider only then: a price that changes is the price that
    is paid. NotFound if the item is none of the actor's business.
    """
    item = take_up(connection, number, actor).item_number
    due_poisha = load_due(connection, [item]).get(item, 0)
    return PaymentLink(item, f"{public_url.rstrip('/')}/pay/{item}/{mark_of(item, key)}", due_poisha)


def item_of_mark(number: str, mark: str, *, key: bytes) -> ItemNumber:
    """The item that a payment link names; NotFound for a mark that is not its own."""
    if not hmac.compare_digest(mark_of(number, key).encode(), mark.encode()):
        raise NotFound("this link opens nothing", field="mark", remedy="copy the whole link")
    return ItemNumber(number)
