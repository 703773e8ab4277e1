"""The outbox: what happened and somebody may want to hear, written with the fact and taken out to be passed on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened to an item."""

    number: int
    """Rises with every row, and so orders the news of an item."""
    item_number: str
    scan_id: UUID
    event: Event
    state: State
    """Where the item stood when this was written."""
    office: str
    reason: Reason | None
    attempts: int
    version: int
    occurred_at: datetime


_REASONS = {reason.value: reason for reason in Reason}


def take_news(connection: Connection, limit: int) -> list[News]:
    """Removes the oldest rows that no other relay is at, and gives them back in their order."""
    rows = connection.execute(
        text(
            "with taken as (delete from outbox where number in "
            "(select number from outbox order by number limit :limit for update skip locked) returning *) "
            "select * from taken order by number"
        ),
        {"limit": limit},
    )
    return read(rows, News, event=Event, state=State, reason=_REASONS.get)


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a message may say of a parcel besides the news: nothing of its recipient."""

    item_number: str
    merchant_id: str
    shop: str
    order_ref: str
    cod_poisha: int
    state: State
    """Where it stands now."""
    charge_poisha: int
    """Postage, COD fee and VAT, as it was weighed."""
    cod_fee_poisha: int
    collected_poisha: int
    """Taken from the recipient."""
    store_id: int | None
    """The store that it comes from; None if its shop has none open."""


_CONCERNED = text(
    """
    select c.item_number, c.merchant_id, m.name as shop, c.order_ref, c.cod_poisha, j.state,
        c.cod_fee_poisha + coalesce(weighed.postage_poisha + weighed.vat_poisha, c.postage_poisha + c.vat_poisha)
            as charge_poisha, c.cod_fee_poisha,
        coalesce(r.cash_poisha + r.digital_poisha, 0) as collected_poisha, s.store_id
    from consignments c join merchants m using (merchant_id) join journeys j using (item_number)
    left join receipts r on r.item_number = c.item_number and r.standing
    left join lateral (
        select postage_poisha, vat_poisha from weighings as one where one.item_number = c.item_number and not exists (
            select from scans where scans.item_number = c.item_number and scans.voids = one.weighing_id)
        order by weighed_at desc, weighing_id limit 1
    ) weighed on true
    left join lateral (
        select store_id from stores where stores.merchant_id = c.merchant_id and closed_at is null
        order by address = c.store_address desc, is_default desc, store_id limit 1
    ) s on true
    where c.item_number = any(:items)
    """
)


def load_concerned(connection: Connection, item_numbers: Sequence[str]) -> dict[str, Concerned]:
    """The parcels of those numbers, by number."""
    rows = connection.execute(_CONCERNED, {"items": list(item_numbers)})
    return {one.item_number: one for one in read(rows, Concerned, state=State)}
