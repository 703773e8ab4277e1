"""Prices that merchants agreed to after the order: asked, approved, refused; one question open for each parcel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, text, update

from post_logistics.cod.tenders import Due
from post_logistics.errors import NotFound
from post_logistics.storage.money.receipts import NOTHING, load_known
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import consignments, price_changes


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """What a parcel is to cost its recipient; below zero, what the recipient is given in an exchange."""

    change_id: UUID
    item_number: str
    was_poisha: int
    price_poisha: int
    why: str
    asked_by: str
    asked_at: datetime
    state: str = "asked"
    decided_by: str | None = None
    decided_at: datetime | None = None


def append_change(connection: Connection, change: PriceChange) -> bool:
    """Keeps the question; False if its id is known, or another is open for the parcel."""
    return bool(append(connection, price_changes, [change], keep_first=True))


def load_change(connection: Connection, change_id: UUID, merchant: str | None = None) -> PriceChange:
    """One question; NotFound if there is none, or it is another merchant's: the two answer alike."""
    wanted = select(price_changes).where(price_changes.c.change_id == change_id)
    if merchant is not None:
        mine = select(consignments.c.item_number).where(consignments.c.merchant_id == merchant)
        wanted = wanted.where(price_changes.c.item_number.in_(mine))
    for change in read(connection.execute(wanted), PriceChange):
        return change
    raise NotFound(f"no price change {change_id}", field="change_id", remedy="copy it from the list of open questions")


def load_changes(
    connection: Connection, *, merchant: str | None = None, item_number: str | None = None, limit: int = 500
) -> list[PriceChange]:
    """Of an item every change; else the open questions, of a merchant or of all. The earliest first."""
    wanted = select(price_changes).order_by(price_changes.c.asked_at, price_changes.c.change_id).limit(limit)
    if item_number is not None:
        wanted = wanted.where(price_changes.c.item_number == item_number)
    else:
        wanted = wanted.where(price_changes.c.state == "asked")
    if merchant is not None:
        mine = select(consignments.c.item_number).where(consignments.c.merchant_id == merchant)
        wanted = wanted.where(price_changes.c.item_number.in_(mine))
    return read(connection.execute(wanted), PriceChange)


def decide_change(connection: Connection, change: PriceChange) -> bool:
    """Keeps the decision; False if it was decided before."""
    decided = connection.execute(
        update(price_changes)
        .where(price_changes.c.change_id == change.change_id, price_changes.c.state == "asked")
        .values(state=change.state, decided_by=change.decided_by, decided_at=change.decided_at)
    )
    return bool(decided.rowcount)


def load_booked(connection: Connection, item_numbers: Iterable[str]) -> dict[str, int]:
    """Item -> what the order says is to be collected, in poisha, for the items that are booked."""
    rows = connection.execute(
        text("select item_number, cod_poisha from consignments where item_number = any(:items)"),
        {"items": list(item_numbers)},
    )
    return {row.item_number: row.cod_poisha for row in rows}


def load_due(connection: Connection, item_numbers: Iterable[str]) -> dict[str, int]:
    """Item -> poisha that the recipient still has to pay: the price in force less what came, 0 once it is paid."""
    return {item: due.open_poisha for item, due in _due(connection, item_numbers).items()}


def load_to_take(connection: Connection, item_numbers: Iterable[str]) -> dict[str, int]:
    """Item -> poisha that its hand-over is to bring, or was: what a run sheet says, also when it is printed again."""
    return {item: due.to_take_poisha for item, due in _due(connection, item_numbers).items()}


def _due(connection: Connection, item_numbers: Iterable[str]) -> dict[str, Due]:
    booked = load_booked(connection, item_numbers)
    known = load_known(connection, booked)
    return {item: known.get(item, NOTHING).due(price) for item, price in booked.items()}
