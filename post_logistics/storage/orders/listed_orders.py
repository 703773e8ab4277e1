"""A shop's orders as its programs list them: what was booked, where it stands, what it costs, whether it is paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from post_logistics.errors import NotFound
from post_logistics.storage.rows import read
from post_logistics.tracking.lifecycle import State
from post_logistics.units import ItemNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOrder:
    """One order of a shop. Its recipient is empty once that was erased."""

    item_number: ItemNumber
    order_ref: str
    description: str
    store_address: str
    recipient_name: str
    recipient_phone: str
    recipient_address: str
    cod_poisha: int
    carriage_poisha: int
    """Postage and VAT, as it was weighed."""
    cod_fee_poisha: int
    state: State
    updated_at: datetime
    """When the last thing happened to it."""
    booked_at: datetime
    settlement_id: str | None
    """The settlement that lists it."""
    is_paid: bool
    """Whether that settlement has been paid out."""


_ORDERS: Final = """
select c.item_number, c.order_ref, c.description, c.store_address, c.cod_poisha, c.cod_fee_poisha, c.booked_at,
    case when p.erased_at is null then p.recipient_name else '' end as recipient_name,
    case when p.erased_at is null then p.recipient_phone else '' end as recipient_phone,
    case when p.erased_at is null then p.recipient_address else '' end as recipient_address,
    coalesce(w.postage_poisha + w.vat_poisha, c.postage_poisha + c.vat_poisha) as carriage_poisha,
    j.state, j.last_at as updated_at, l.settlement_id, coalesce(o.state in ('sent', 'paid_in_cash'), false) as is_paid
from {wanted} join consignments c using (item_number) join recipients p using (item_number)
join journeys j using (item_number) left join settlement_lines l using (item_number)
left join payouts o on o.payout_id = l.settlement_id
left join lateral (
    select postage_poisha, vat_poisha from weighings as one where one.item_number = c.item_number and not exists (
        select from scans where scans.item_number = c.item_number and scans.voids = one.weighing_id)
    order by weighed_at desc, weighing_id limit 1
) w on true
order by c.booked_at desc, c.item_number desc
"""
_PAGE: Final = text(
    _ORDERS.format(
        wanted="(select item_number from consignments where merchant_id = :merchant_id "
        "order by booked_at desc, item_number desc limit :limit offset :offset) page"
    )
)
_ONE: Final = text(
    _ORDERS.format(
        wanted="(select item_number from consignments where merchant_id = :merchant_id and item_number = "
        "coalesce((select item_number from item_aliases where alias = :number), :number)) one"
    )
)


def load_listed_orders(connection: Connection, merchant_id: str, limit: int, offset: int) -> list[ListedOrder]:
    """A page of a shop's orders, the latest first."""
    asked = {"merchant_id": merchant_id, "limit": limit, "offset": offset}
    return read(connection.execute(_PAGE, asked), ListedOrder, state=State)


def load_listed_order(connection: Connection, merchant_id: str, number: str) -> ListedOrder:
    """The order of that item number or return number; NotFound if there is none, or it is another shop's: alike."""
    asked = {"merchant_id": merchant_id, "number": number}
    for one in read(connection.execute(_ONE, asked), ListedOrder, state=State):
        return one
    raise NotFound(f"no item {number}", field="consignment_id", remedy="copy it from the answer to your order")


def count_orders(connection: Connection, merchant_id: str) -> int:
    """How many orders a shop has booked."""
    asked = text("select count(*) from consignments where merchant_id = :merchant_id")
    return int(connection.execute(asked, {"merchant_id": merchant_id}).scalar_one())


def count_by_state(connection: Connection, merchant_id: str, phone: str) -> dict[State, int]:
    """How many of a shop's own parcels to that telephone number (E.164) stand in each state."""
    rows = connection.execute(
        text(
            "select j.state, count(*) as n from recipients p join consignments c using (item_number) "
            "join journeys j using (item_number) where p.recipient_phone = :phone and p.erased_at is null "
            "and c.merchant_id = :merchant_id group by j.state"
        ),
        {"merchant_id": merchant_id, "phone": phone},
    )
    return {State(row.state): row.n for row in rows}
