"""Bills of charges, each with what the books say became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.cod.bills import Bill, BillState
from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import bills


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBill(Bill):
    """A bill as it stands. ``paid_at``; ``paid_into``: the office in whose till, or ``bank``; None and "" until then.

    ``turns``: how many payments at a counter were taken back.
    """

    state: BillState
    paid_at: datetime | None
    paid_into: str
    turns: int


_KEPT = """
    select * from (select b.*,
        case when paid.at is not null then 'paid' when stands then 'open' else 'withdrawn' end as state,
        paid.at as paid_at, coalesce(paid.into, '') as paid_into,
        (select count(*) from transfers t join transfers back on back.reverses = t.transfer_id
         where t.cause = b.bill_id and t.code = 'bill_counter') as turns
    from bills b
    cross join lateral (select exists (
        select from standing_transfers t where t.cause = b.bill_id and t.code in ('bill', 'bill_vat') offset 0
    ) as stands) as drawn
    left join lateral (
        select t.at, case t.code when 'bill_bank' then 'bank' else split_part(t.debit, ':', 2) end as into
        from standing_transfers t where t.cause = b.bill_id and t.code in ('bill_counter', 'bill_bank') offset 0
    ) as paid on true) as kept
"""


def append_bill(connection: Connection, bill: Bill) -> None:
    """Keeps the bill."""
    append(connection, bills, [bill])


def count_bills(connection: Connection, merchant: str) -> int:
    """How many were drawn for the merchant. The caller holds it."""
    found = text("select count(*) from bills where merchant = :merchant")
    return int(connection.execute(found, {"merchant": merchant}).scalar_one())


def hold_bills(connection: Connection, bill_ids: Sequence[str]) -> None:
    """Until the transaction ends nobody else pays or withdraws those bills; who wants several never waits in a ring."""
    held = "select pg_advisory_xact_lock(key) from (select hashtextextended('bill/' || id, 0) as key from unnest(:ids)"
    connection.execute(text(f"{held} as id order by key) as keys"), {"ids": list(bill_ids)})


def load_bill(connection: Connection, bill_id: str, merchant: str | None = None) -> KeptBill:
    """The bill, of that merchant or of any; NotFound if there is none."""
    which = "where bill_id = :bill_id and (cast(:merchant as text) is null or merchant = :merchant)"
    found = _read(connection, which, bill_id=bill_id, merchant=merchant)
    if not found:
        raise NotFound(f"no bill {bill_id}", field="bill_id", remedy="copy it from the list of bills")
    return found[0]


def load_bills(
    connection: Connection, merchant: str | None = None, states: Sequence[str] = (), after: str = "", limit: int = 100
) -> list[KeptBill]:
    """Bills of a merchant, or of all, in those states, or in any; the latest first. ``after``: the last one seen."""
    return _read(
        connection,
        """
        where (cast(:merchant as text) is null or merchant = :merchant)
            and (:after = '' or (drawn_at, bill_id)
                < (select seen.drawn_at, seen.bill_id from bills seen where seen.bill_id = :after))
            and (cast(:states as text[]) = '{}' or state = any(:states))
        order by drawn_at desc, bill_id desc limit :limit
        """,
        merchant=merchant,
        states=list(states),
        after=after,
        limit=limit,
    )


def hold_open_bills(connection: Connection, bill_ids: Sequence[str]) -> set[str]:
    """Those of the bills that are still to be paid; all of them are held."""
    hold_bills(connection, bill_ids)
    found = _read(connection, "where bill_id = any(:ids)", ids=list(bill_ids))
    return {one.bill_id for one in found if one.state is BillState.OPEN}


def _read(connection: Connection, which: str, **given: object) -> list[KeptBill]:
    return read(connection.execute(text(_KEPT + which), given), KeptBill, state=BillState)
