"""Scans and where they leave an item. A scan is appended, never changed; the journey row is its items' fold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import journeys, scans
from post_logistics.tracking.journey import Journey
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan


def lock_items(connection: Connection, item_numbers: Sequence[str]) -> set[str]:
    """Those of the numbers that are booked, held until the transaction ends so that their fold sees every scan."""
    rows = connection.execute(
        text("select item_number from journeys where item_number = any(:items) order by item_number for update"),
        {"items": sorted(set(item_numbers))},
    )
    return set(rows.scalars())


def append_scans(connection: Connection, values: Sequence[Scan]) -> set[UUID]:
    """Keeps those not yet known; gives back the ids that are new."""
    return set(append(connection, scans, values, keep_first=True))


_REASONS = {reason.value: reason for reason in Reason}


def _reason(value: str | None) -> Reason | None:
    return None if value is None else _REASONS[value]


def load_scans(connection: Connection, item_numbers: Sequence[str]) -> list[Scan]:
    """All scans of those items."""
    rows = connection.execute(select(scans).where(scans.c.item_number == func.any(list(item_numbers))))
    return read(rows, Scan, event=Event, reason=_reason)


def load_scans_by_id(connection: Connection, scan_ids: Sequence[UUID]) -> dict[UUID, Scan]:
    """The scans of those ids that are known."""
    rows = connection.execute(select(scans).where(scans.c.scan_id == func.any(list(scan_ids))))
    found = read(rows, Scan, event=Event, reason=_reason)
    return {scan.scan_id: scan for scan in found}


def open_journeys(connection: Connection, values: Sequence[Journey]) -> None:
    """Starts the journey of newly booked items."""
    counts = {"attempts": [len(v.attempts) for v in values], "misfits": [len(v.misfits) for v in values]}
    append(connection, journeys, values, keep_first=True, **counts)


def save_journeys(connection: Connection, values: Sequence[Journey]) -> None:
    """Writes where items stand now."""
    if not values:
        return
    connection.execute(
        text(
            "update journeys set state = new.state, holder = new.holder, office = new.office, since = new.since, "
            "attempts = new.attempts, misfits = new.misfits from unnest("
            "cast(:items as text[]), cast(:states as text[]), cast(:holders as text[]), cast(:offices as text[]), "
            "cast(:since as timestamptz[]), cast(:attempts as smallint[]), cast(:misfits as smallint[])) "
            "as new (item_number, state, holder, office, since, attempts, misfits) "
            "where journeys.item_number = new.item_number"
        ),
        {
            "items": [v.item_number for v in values],
            "states": [v.state.value for v in values],
            "holders": [v.holder for v in values],
            "offices": [v.office for v in values],
            "since": [v.since for v in values],
            "attempts": [len(v.attempts) for v in values],
            "misfits": [len(v.misfits) for v in values],
        },
    )


def load_items_held(connection: Connection, holder: str, states: Iterable[State]) -> list[str]:
    """Item numbers for which that holder answers in one of those states, the longest held first."""
    rows = connection.execute(
        select(journeys.c.item_number)
        .where(journeys.c.holder == holder, journeys.c.state == func.any([s.value for s in states]))
        .order_by(journeys.c.since, journeys.c.item_number)
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one item stands: the row that its fold left behind."""

    item_number: str
    state: State
    holder: str
    office: str
    since: datetime
    attempts: int
    misfits: int


def load_standings(connection: Connection, item_numbers: Sequence[str] | None = None) -> list[Standing]:
    """Where the items of those numbers stand, or all items, in the order of their numbers."""
    wanted = select(journeys).order_by(journeys.c.item_number)
    if item_numbers is not None:
        wanted = wanted.where(journeys.c.item_number == func.any(list(item_numbers)))
    return read(connection.execute(wanted), Standing, state=State)
