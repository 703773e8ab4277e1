"""View cards: what one is made of until it is posted, and that it was paid."""

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import view_cards
from post_logistics.units import ItemNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A card that is being made. All of it is personal, and none of it outlives the card's posting."""

    card_id: UUID
    office: str
    picture: bytes
    """As it is printed; empty until there is one."""
    message: str
    recipient_name: str
    recipient_address: str
    recipient_phone: str
    recipient_postcode: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidCard:
    """A card that was paid at a counter, and the item that it is."""

    card_id: UUID
    item_number: ItemNumber
    office: str
    postage_poisha: int
    vat_poisha: int
    paid_at: datetime


_COLUMNS = tuple(field.name for field in fields(Draft))
_KEEP = text(
    f"insert into view_card_drafts ({', '.join(_COLUMNS)}) values ({', '.join(f':{name}' for name in _COLUMNS)}) "  # noqa: S608
    f"on conflict (card_id) do update set {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS[2:])} "
    "where view_card_drafts.office = excluded.office"
)


def keep_draft(connection: Connection, draft: Draft) -> bool:
    """Keeps the card as it now is; False if another office makes a card of that id."""
    values = {name: getattr(draft, name) for name in _COLUMNS}
    return connection.execute(_KEEP, values).rowcount == 1


def hold_card(connection: Connection, card_id: UUID) -> None:
    """The card is nobody else's to change until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"card {card_id}"})


def load_draft(connection: Connection, card_id: UUID) -> Draft | None:
    """The card that is being made; None if there is none, or no longer."""
    rows = connection.execute(text("select * from view_card_drafts where card_id = :card_id"), {"card_id": card_id})
    return next(iter(read(rows, Draft)), None)


def append_paid_card(connection: Connection, card: PaidCard) -> None:
    """Keeps that the card was paid."""
    append(connection, view_cards, [card])


def load_paid_card(connection: Connection, card_id: UUID) -> PaidCard | None:
    """The payment of the card; None if it was not paid."""
    rows = connection.execute(text("select * from view_cards where card_id = :card_id"), {"card_id": card_id})
    return next(iter(read(rows, PaidCard)), None)


def forget_draft(connection: Connection, card_id: UUID) -> None:
    """The picture and the words of that card are gone."""
    connection.execute(text("delete from view_card_drafts where card_id = :card_id"), {"card_id": card_id})


def forget_drafts(connection: Connection, before: datetime) -> int:
    """The pictures and words of all cards not touched since that time are gone; how many those were."""
    gone = connection.execute(text("delete from view_card_drafts where changed_at < :before"), {"before": before})
    return gone.rowcount
