"""Shortages and excesses: what became of them, and every movement of the account of who owes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from post_logistics.cod.accounts import Account
from post_logistics.cod.ledger import NO_ITEM
from post_logistics.cod.postings import Code
from post_logistics.cod.shortages import Clearing, Way
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import clearings
from post_logistics.units import DHAKA


def append_clearing(connection: Connection, clearing: Clearing) -> bool:
    """Keeps the clearing; False if its id is known."""
    item = [clearing.item_number or None]
    return bool(append(connection, clearings, [clearing], keep_first=True, item_number=item))


def load_clearings(connection: Connection, clearing_ids: Sequence[UUID]) -> dict[UUID, Clearing]:
    """Those of the clearings that were made, by id."""
    rows = connection.execute(select(clearings).where(clearings.c.clearing_id == func.any(list(clearing_ids))))
    made = read(
        rows, Clearing, way=Way, item_number=lambda value: value or NO_ITEM, cleared_at=lambda at: at.astimezone(DHAKA)
    )
    return {one.clearing_id: one for one in made}


@dataclass(frozen=True, slots=True)
class Movement:
    """A shortage or excess grown or cleared: ``amount_poisha`` above zero where it grew; ``left_poisha`` afterwards."""

    at: datetime
    code: Code
    amount_poisha: int
    left_poisha: int
    cause: str
    item_number: str
    why: str
    taken_back: bool


def load_movements(connection: Connection, account: Account, grows_by_debits: bool) -> list[Movement]:
    """Every movement of the account, oldest first. ``why``: the reason of the close, or of the clearing."""
    rows = connection.execute(
        text(
            """
            select t.at, t.code, signed.amount_poisha,
                   sum(signed.amount_poisha) over (order by t.at, t.transfer_id)::bigint as left_poisha,
                   t.cause, coalesce(t.item_number, '') as item_number,
                   coalesce(d.reason, c.why, '') as why, t.reverses is not null as taken_back
            from (select * from transfers where debit = :account union all
                  select * from transfers where credit = :account) t
            cross join lateral (
                select case when (t.debit = :account) = :by_debits then 1 else -1 end * t.amount_poisha as amount_poisha
            ) signed
            left join day_closes d on d.close_id = t.cause
            left join clearings c on c.clearing_id::text = t.cause
            order by t.at, t.transfer_id
            """
        ),
        {"account": account, "by_debits": grows_by_debits},
    )
    return read(rows, Movement, code=Code)
