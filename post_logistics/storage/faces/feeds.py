"""The log of scans, told page by page in the order in which it was kept, so that whoever reads it misses nothing.

A scan carries the time at which it was recorded; it is seen by others a little later, when its transaction ends, and of
two transactions the later may end first. A reader who had gone on to the second would never see the first. So nothing
is told that is younger than ``settled_until``: every transaction that may still bring something older has ended.

Scans have no other order that lasts: the server's own transaction numbers start anew when a database is restored.
The price is ``MARGIN``: a feed runs that much behind. Who wants to hear at once has webhooks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from post_logistics.storage.custody.scans import reason_of
from post_logistics.storage.rows import read
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan

MARGIN: Final = timedelta(seconds=30)
"""Longest wait between the clock that dates a scan and its transaction: queues, and clocks of servers that differ."""
PATIENCE: Final = timedelta(minutes=15)
"""A transaction that has written nothing for so long only reads (a backup), and holds nobody up."""
_SMALLEST_WINDOW: Final = timedelta(minutes=1)
_GROWTH: Final = 4

Place = tuple[datetime, int, UUID]
"""Where a scan stands in the log: when it was recorded; in one upload by the device's sequence; then by its id."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A scan of the log, the merchant's name for the parcel and where it is to be delivered; both empty for a bag."""

    scan: Scan
    order_ref: str
    destination: str


def place_of(scan: Scan) -> Place:
    """Where that scan stands in the log."""
    return scan.recorded_at, scan.sequence, scan.scan_id


def settled_until(connection: Connection, at: datetime) -> datetime:
    """The instant before which the log will not grow any more, as seen at ``at``.

    The ages of open transactions are asked of the database, and no clock of it is compared with ours. It shows them
    only to the role that they run under, so all who write scans share one.
    """
    oldest: timedelta = connection.execute(
        text(
            "select coalesce(max(clock_timestamp() - xact_start), interval '0') from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' "
            "and xact_start is not null and (backend_xid is not null or clock_timestamp() - xact_start < :patience)"
        ),
        {"patience": PATIENCE},
    ).scalar_one()
    return at - oldest - MARGIN


def log_begins(connection: Connection) -> datetime | None:
    """Midnight in Dhaka of the first month of which scans are still here; None if there are none."""
    found: datetime | None = connection.execute(
        text(
            "select to_timestamp(min(right(relname, 6)) || '+06', 'YYYYMMTZH') from pg_inherits "
            "join pg_class on pg_class.oid = inhrelid where inhparent = 'scans'::regclass"
        )
    ).scalar_one()
    return found


def load_log(
    connection: Connection, after: Place, until: datetime, limit: int, merchant_id: str | None
) -> list[Logged]:
    """At most that many scans recorded after that place and not after ``until``, in the order of the log.

    Of one merchant's parcels, or of everything. The window looked at begins with a minute and grows fourfold until it
    holds a page, so that months without scans cost little and a busy hour is not sorted for the sake of a page.
    """
    start, window = after[0], _SMALLEST_WINDOW
    while True:
        end = min(start + window, until)
        found = _load_window(connection, after, end, limit, merchant_id)
        if len(found) == limit or end == until:
            return found
        window *= _GROWTH


_PAGE = """
    select page.*, coalesce(c.order_ref, '') as order_ref, coalesce(j.destination, '') as destination
    from (
        select s.* from scans s {whose}
            s.recorded_at >= :from and s.recorded_at <= :until
            and (s.recorded_at, s.sequence, s.scan_id) > (:from, :sequence, :scan_id)
        order by s.recorded_at, s.sequence, s.scan_id limit :limit
    ) page left join consignments c using (item_number) left join journeys j using (item_number)
    order by page.recorded_at, page.sequence, page.scan_id
"""
_EVERYTHING = text(_PAGE.format(whose="where"))
_OF_MERCHANT = text(
    _PAGE.format(whose="join consignments o using (item_number) where o.merchant_id = :merchant_id and")
)


def _load_window(
    connection: Connection, after: Place, until: datetime, limit: int, merchant_id: str | None
) -> list[Logged]:
    first = {"from": after[0], "sequence": after[1], "scan_id": after[2]}
    asked = first | {"until": until, "limit": limit, "merchant_id": merchant_id}
    rows = connection.execute(_EVERYTHING if merchant_id is None else _OF_MERCHANT, asked).all()
    scans = read(rows, Scan, event=Event, reason=reason_of)
    return [Logged(scan, row.order_ref, row.destination) for scan, row in zip(scans, rows, strict=True)]


def load_mistakes(connection: Connection, item_numbers: Sequence[str], since: datetime) -> list[Scan]:
    """Of those items and bags every scan recorded since then that takes another back, and the scans it takes back."""
    rows = connection.execute(
        text(
            "with taken_back as (select * from scans "
            "where item_number = any(:numbers) and event = 'corrected' and recorded_at >= :since) "
            "select * from taken_back union all "
            "select s.* from scans s join taken_back t on s.item_number = t.item_number and s.scan_id = t.voids"
        ),
        {"numbers": list(item_numbers), "since": since},
    )
    return read(rows, Scan, event=Event, reason=reason_of)
