"""Where items stand, with all that a forecast has to know of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where one item stands. ``bound_for``, ``arrive_at``: of the vehicle it is on, as far as a dispatch says so."""

    item_number: str
    merchant_id: str
    state: State
    holder: str
    office: Postcode
    destination: Postcode
    """The office of delivery today."""
    since: datetime
    attempts: int
    pickup_office: Postcode
    booked_at: datetime
    promised_on: date
    bound_for: Postcode | None
    arrive_at: datetime | None


_WHEREABOUTS = text(
    """
    select item_number, merchant_id, state, holder, office, journeys.destination, since, attempts, pickup_office,
        booked_at, promised_on, run.destination as bound_for, run.arrive_at
    from journeys join consignments using (item_number)
    left join dispatches as run on vehicle = substr(holder, 9) and holder like 'vehicle:%'
    where item_number = any(cast(:items as text[]))
    """
)


def load_whereabouts(connection: Connection, item_numbers: Sequence[str]) -> list[Whereabouts]:
    """Where those of the items stand that are booked, in no order."""
    return read(connection.execute(_WHEREABOUTS, {"items": list(item_numbers)}), Whereabouts, state=State)
