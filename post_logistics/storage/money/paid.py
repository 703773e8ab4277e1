"""Payouts that have left the post: sent to the bank, seen on its statement, or handed out in cash."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read

MOST = 1000
"""Of a shop's payments that are listed at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What was paid to a shop, and what was kept of it: all three together were its money.

    ``settlement_id`` is None for an advance. ``in_cash``: at a counter.
    """

    payout_id: str
    settlement_id: str | None
    in_cash: bool
    paid_poisha: int
    charges_poisha: int
    advance_poisha: int
    paid_at: datetime

    @property
    def gross_poisha(self) -> int:
        """What it was before anything was kept."""
        return self.paid_poisha + self.charges_poisha + self.advance_poisha


_PAID = text(
    """
    select p.payout_id, s.settlement_id, p.account = '' as in_cash, p.amount_poisha as paid_poisha,
        coalesce(s.fees_taken_poisha + s.vat_taken_poisha, 0) as charges_poisha,
        coalesce(s.advance_taken_poisha, 0) as advance_poisha, coalesce(step.at, seen.at) as paid_at
    from payouts p left join settlements s on s.settlement_id = p.payout_id
    left join lateral (
        select max(at) as at from payout_steps
        where payout_steps.payout_id = p.payout_id and state in ('sent', 'paid_in_cash')
    ) step on true
    left join lateral (
        select max(at) as at from standing_transfers where cause = p.payout_id and code = 'payout_confirmed'
    ) seen on true
    where p.merchant = :merchant and p.state not in ('cancelled', 'returned') and coalesce(step.at, seen.at) is not null
    order by paid_at desc, p.payout_id desc limit :most
    """
)


def load_paid(connection: Connection, merchant_id: str) -> list[Payment]:
    """The latest ``MOST`` payments to a shop, the latest first."""
    return read(connection.execute(_PAID, {"merchant": merchant_id, "most": MOST}), Payment)
