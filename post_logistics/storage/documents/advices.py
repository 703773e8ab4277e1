"""Advices of delivery: one for each confirmation of a document's delivery, and of its correction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import document_advices
from post_logistics.units import ItemNumber, MerchantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A signed statement for an issuer. ``number`` is that of the confirmation that it rests on."""

    number: int
    item_number: ItemNumber
    merchant_id: MerchantId
    signed: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unadvised:
    """A confirmation of which the issuer has no advice."""

    number: int
    corrects: int | None
    confirmation: str
    """The signed text of it."""
    item_number: ItemNumber
    merchant_id: MerchantId
    issuer: str
    application_number: str
    service: str


_UNADVISED = text(
    """
    select c.number, c.corrects, c.signed as confirmation, d.item_number, d.merchant_id, i.code as issuer,
        d.application_number, d.service
    from confirmations c join documents d using (item_number) join issuers i using (merchant_id)
    where d.advice and c.number > (select coalesce(max(number), 0) from document_advices)
    order by c.number limit :limit
    """
)


def load_unadvised(connection: Connection, limit: int) -> list[Unadvised]:
    """The oldest confirmations of documents whose issuers want an advice and have none."""
    return read(connection.execute(_UNADVISED, {"limit": limit}), Unadvised)


def append_advices(connection: Connection, advices: Sequence[Advice]) -> None:
    """Keeps them; the table refuses a second one for a confirmation."""
    append(connection, document_advices, advices)


def load_advices_after(connection: Connection, merchant_id: str, number: int, limit: int) -> list[Advice]:
    """At most that many of an issuer's advices after that number, in their order."""
    page = select(document_advices).where(
        document_advices.c.merchant_id == merchant_id, document_advices.c.number > number
    )
    return read(connection.execute(page.order_by(document_advices.c.number).limit(limit)), Advice)


def load_advices_of(connection: Connection, item_number: str) -> list[Advice]:
    """The advices of one document, in their order."""
    wanted = select(document_advices).where(document_advices.c.item_number == item_number)
    return read(connection.execute(wanted.order_by(document_advices.c.number)), Advice)
