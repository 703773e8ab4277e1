"""What waits at collection points: a reading of the journeys by holder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parcel at a collection point, and since when."""

    item_number: str
    holder: str
    office: str
    since: datetime


def hold_point(connection: Connection, point_id: str) -> None:
    """Keeps others from bringing to that point until the transaction ends."""
    connection.execute(
        text("select pg_advisory_xact_lock(hashtextextended('point/' || :point, 0))"), {"point": point_id}
    )


def load_waiting(connection: Connection, holders: Sequence[str], before: datetime | None = None) -> list[Waiting]:
    """What waits with those holders to be collected, the longest first; only what came before an instant, if given."""
    rows = connection.execute(
        text(
            "select item_number, holder, office, since from journeys where state = 'at_pickup_point' "
            "and holder = any(:holders) and since < coalesce(cast(:before as timestamptz), 'infinity') "
            "order by since, item_number"
        ),
        {"holders": list(holders), "before": before},
    )
    return read(rows, Waiting)


def count_waiting(connection: Connection, holders: Sequence[str]) -> dict[str, int]:
    """How many parcels wait with each of those holders that has any."""
    rows = connection.execute(
        text(
            "select holder, count(*) as parcels from journeys where state = 'at_pickup_point' "
            "and holder = any(:holders) group by holder"
        ),
        {"holders": list(holders)},
    )
    return {row.holder: row.parcels for row in rows}


def hold_if_waiting(connection: Connection, item_numbers: Sequence[str]) -> set[str]:
    """Those of the items that still wait and that nobody else is scanning, held until the transaction ends."""
    rows = connection.execute(
        text(
            "select item_number from journeys where item_number = any(:items) and state = 'at_pickup_point' "
            "order by item_number for update skip locked"
        ),
        {"items": list(item_numbers)},
    )
    return set(rows.scalars())
