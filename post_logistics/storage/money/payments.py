"""Payments asked of providers: kept before anybody is asked, changed only on the provider's word."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, CursorResult, or_, select, text, update

from post_logistics.cod.payments import PaymentState, Purpose
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import consignments, payments


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment for one parcel. ``paid_poisha``: all that came; of it, ``collected_poisha`` is what it was for and
    ``held_poisha`` is due to nobody yet, for the reason ``why``. ``vat_poisha``: of an amount that is postage."""

    payment_id: str
    item_number: str
    provider: str
    amount_poisha: int
    state: PaymentState
    url: str
    qr: str
    provider_ref: str | None
    paid_poisha: int
    collected_poisha: int
    held_poisha: int
    why: str
    receipt_id: UUID | None
    asked_by: str
    made_at: datetime
    expires_at: datetime
    next_ask_at: datetime | None
    asks: int
    heard_at: datetime | None
    changed_at: datetime | None
    purpose: Purpose = Purpose.COD
    vat_poisha: int = 0
    session_ref: str | None = None
    paid_at: datetime | None = None


def append_payment(connection: Connection, payment: Payment) -> bool:
    """Keeps a payment that is about to be asked for; False if its id is known."""
    return bool(append(connection, payments, [payment], keep_first=True))


def load_payment(
    connection: Connection,
    payment_id: str,
    *,
    merchant: str | None = None,
    office: str | None = None,
    hold: bool = False,
) -> Payment:
    """One payment; NotFound if there is none, or it is for a parcel of another merchant, or of no concern to the
    office: all alike. With ``hold`` nobody else changes it until the transaction ends."""
    wanted = select(payments).where(payments.c.payment_id == payment_id)
    if merchant is not None:
        wanted = wanted.where(
            payments.c.item_number.in_(select(consignments.c.item_number).where(consignments.c.merchant_id == merchant))
        )
    if office is not None:
        wanted = wanted.where(
            text(
                "item_number in (select item_number from consignments join journeys using (item_number)"
                " where :office in (pickup_office, office, destination))"
            ).bindparams(office=office)
        )
    for payment in _read(connection.execute(wanted.with_for_update() if hold else wanted)):
        return payment
    raise NotFound(f"no payment {payment_id}", field="payment_id", remedy="copy it from the answer to the request")


def hold_item_of(connection: Connection, payment_id: str) -> None:
    """Holds the item of a payment until the transaction ends: money for it comes one after another."""
    connection.execute(
        text(
            "select from journeys where item_number = (select item_number from payments where payment_id = :id) "
            "for update"
        ),
        {"id": payment_id},
    )


def load_held(connection: Connection, limit: int) -> list[Payment]:
    """Payments of which money is held that is due for no parcel, the longest first."""
    wanted = select(payments).where(payments.c.held_poisha > 0)
    rows = connection.execute(wanted.order_by(payments.c.changed_at, payments.c.payment_id).limit(limit))
    return _read(rows)


def save_payment(connection: Connection, payment: Payment) -> None:
    """The row is what the value says."""
    values = {one.name: getattr(payment, one.name) for one in fields(payment) if one.name != "payment_id"}
    connection.execute(update(payments).where(payments.c.payment_id == payment.payment_id).values(values))


def ref_belongs_to_another(connection: Connection, provider: str, provider_ref: str, payment_id: str) -> bool:
    """Whether that reference of the provider stands for another payment."""
    found = text(
        "select exists (select from payments where provider = :provider and provider_ref = :ref "
        "and payment_id <> :payment)"
    )
    asked = {"provider": provider, "ref": provider_ref, "payment": payment_id}
    return bool(connection.execute(found, asked).scalar_one())


def claim_due(connection: Connection, at: datetime, again_at: datetime, limit: int) -> Sequence[str]:
    """Ids of payments to be asked about now. Whoever claims them has until ``again_at`` to say what came of it."""
    rows = connection.execute(
        text(
            "with due as (select payment_id from payments where next_ask_at <= :at order by next_ask_at limit :limit "
            "for update skip locked) update payments p set next_ask_at = :again_at from due "
            "where p.payment_id = due.payment_id returning p.payment_id"
        ),
        {"at": at, "again_at": again_at, "limit": limit},
    )
    return list(rows.scalars())


def find_called(connection: Connection, provider: str, reference: str) -> Payment | None:
    """The payment of that id, or that the provider calls so: by its asking or by its money."""
    names = (payments.c.payment_id, payments.c.provider_ref, payments.c.session_ref)
    wanted = select(payments).where(payments.c.provider == provider, or_(*(name == reference for name in names)))
    return next(iter(_read(connection.execute(wanted.limit(1)))), None)


def load_payments_of(connection: Connection, item_number: str, purpose: Purpose) -> list[Payment]:
    """Every payment that was asked for an item and that purpose, the earliest first."""
    wanted = select(payments).where(payments.c.item_number == item_number, payments.c.purpose == purpose)
    return _read(connection.execute(wanted.order_by(payments.c.made_at, payments.c.payment_id)))


def load_paid_between(connection: Connection, provider: str, since: datetime, before: datetime) -> list[Payment]:
    """The payments that a provider has said were paid in that time."""
    wanted = select(payments).where(
        payments.c.provider == provider, payments.c.paid_at >= since, payments.c.paid_at < before
    )
    return _read(connection.execute(wanted.order_by(payments.c.paid_at, payments.c.payment_id)))


def load_asked_between(connection: Connection, provider: str, since: datetime, before: datetime) -> list[Payment]:
    """The payments of a provider that could be paid at some time between: asked before its end, run out after it."""
    wanted = select(payments).where(
        payments.c.provider == provider, payments.c.made_at < before, payments.c.expires_at >= since
    )
    return _read(connection.execute(wanted.order_by(payments.c.made_at, payments.c.payment_id)))


def load_named(connection: Connection, provider: str, names: Sequence[str]) -> list[Payment]:
    """The payments of a provider with one of those ids or of those references of the provider."""
    rows = connection.execute(
        text(
            "select * from payments where provider = :provider and payment_id = any(:names) "
            "union select * from payments where provider = :provider and provider_ref = any(:names)"
        ),
        {"provider": provider, "names": list(names)},
    )
    return _read(rows)


def postage_paid(connection: Connection, item_number: str) -> int:
    """Poisha of postage, VAT included, that was paid beforehand for an item, however; what went back taken off."""
    return int(
        connection.execute(
            text(
                "select coalesce(sum(case when code = 'postage_refunded' or reverses is not null "
                " then -amount_poisha else amount_poisha end), 0) "
                "from transfers where item_number = :item and code like 'postage%' and code <> 'postage_digital_vat'"
            ),
            {"item": item_number},
        ).scalar_one()
    )


def is_charged(connection: Connection, item_number: str) -> bool:
    """Whether a settlement has charged the postage of an item."""
    found = text("select exists (select from settlement_lines where item_number = :item)")
    return bool(connection.execute(found, {"item": item_number}).scalar_one())


def load_postage_to_return(connection: Connection, limit: int) -> list[Payment]:
    """The payments of postage for items that were cancelled, of which nothing was asked back yet."""
    rows = connection.execute(
        text(
            "select p.* from payments p join journeys j using (item_number) "
            "where p.purpose = 'postage' and p.collected_poisha > 0 and j.state = 'cancelled' "
            "and not exists (select from refunds r where r.payment_id = p.payment_id and r.way = 'postage') "
            "order by p.payment_id limit :limit"
        ),
        {"limit": limit},
    )
    return _read(rows)


def _read(rows: CursorResult[Any]) -> list[Payment]:
    return read(rows, Payment, state=PaymentState, purpose=Purpose)
