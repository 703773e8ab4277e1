"""What became of an issuer's papers and of the fees that were due for them: counted and summed in one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from post_logistics.cod.payouts import PayoutState
from post_logistics.storage.rows import read
from post_logistics.tracking.lifecycle import State


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceRow:
    """The papers of one service for one ward. Every taka of ``collected_poisha`` that is settled is paid or will be."""

    service: str
    ward: int | None
    """None where the list told no ward."""
    handed_in: int
    served: int
    """Handed over or affixed, and confirmed by the office."""
    affixed: int
    """Of these, left at the door before a witness."""
    on_the_way: int
    returned: int
    fees_poisha: int
    """What the issuer asked for all of them."""
    collected_poisha: int
    """What was taken at the doors, of fees and of postage that recipients pay."""
    settled_poisha: int
    """Of this, what stands in a settlement."""
    paid_poisha: int
    """Of this, what is in a payout that has been sent or paid in cash."""


SERVED: Final = (State.DELIVERED, State.PARTIALLY_DELIVERED)
ENDED: Final = (*SERVED, State.RETURNED, State.CANCELLED)
PAID: Final = (PayoutState.SENT, PayoutState.PAID_IN_CASH)

_ROWS = text(
    """
    select d.service, d.ward, count(*) as handed_in,
        count(*) filter (where j.state = any(:served)) as served,
        count(*) filter (where j.state = any(:served) and p.received_by = 'affixed') as affixed,
        count(*) filter (where j.state <> all(:ended)) as on_the_way,
        count(*) filter (where j.state = 'returned') as returned,
        sum(d.fee_poisha)::bigint as fees_poisha,
        coalesce(sum(r.cash_poisha + r.digital_poisha), 0)::bigint as collected_poisha,
        coalesce(sum(s.collected_poisha), 0)::bigint as settled_poisha,
        coalesce(sum(s.collected_poisha) filter (where o.state = any(:paid)), 0)::bigint as paid_poisha
    from documents d join consignments c using (item_number) join journeys j using (item_number)
    left join receipts r on r.item_number = d.item_number and r.standing
    left join settlement_lines s on s.item_number = d.item_number
    left join payouts o on o.payout_id = s.settlement_id
    left join lateral (
        select received_by from proofs where proofs.item_number = d.item_number and kind = 'identity'
        order by taken_at desc limit 1
    ) p on true
    where d.merchant_id = :merchant_id and c.booked_at >= :from_at and c.booked_at < :to_at
    group by d.service, d.ward order by d.service, d.ward nulls last
    """
)


def load_remittance(
    connection: Connection, merchant_id: str, from_at: datetime, to_at: datetime
) -> list[RemittanceRow]:
    """Of the papers that an issuer handed in from then until before then, a row per service and ward."""
    asked = {
        "merchant_id": merchant_id,
        "from_at": from_at,
        "to_at": to_at,
        "served": _values(SERVED),
        "ended": _values(ENDED),
        "paid": _values(PAID),
    }
    return read(connection.execute(_ROWS, asked), RemittanceRow)


def _values(states: Collection[State | PayoutState]) -> list[str]:
    return [state.value for state in states]
