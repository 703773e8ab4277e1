"""Scans and where they leave things. A scan is appended, never changed; journeys and receptacles remember the fold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from post_logistics.storage.rows import Rows, append, driver_of, read
from post_logistics.storage.schema import item_aliases, journeys, scans
from post_logistics.tracking.bags import histories
from post_logistics.tracking.journey import Journey
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan

_REASONS = {reason.value: reason for reason in Reason}


def reason_of(value: str | None) -> Reason | None:
    """The reason written so, if one is."""
    return None if value is None else _REASONS[value]


def append_scans(connection: Connection, values: Sequence[Scan]) -> None:
    """Keeps scans of which it is certain that they are new; those of people's devices come in by ``record_scans``."""
    ensure_months(connection, {scan.recorded_at for scan in values})
    append(connection, scans, values)


def ensure_months(connection: Connection, instants: Iterable[datetime]) -> None:
    """Makes the partitions that scans and uploads recorded at those instants need."""
    driver_of(connection).execute("select ensure_months(%s::timestamptz[])", [list(instants)])


def load_scans(connection: Connection, numbers: Sequence[str]) -> list[Scan]:
    """All scans of those items and bags themselves; what happened to their bags is not among them."""
    rows = connection.execute(select(scans).where(scans.c.item_number == func.any(list(numbers))))
    return read(rows, Scan, event=Event, reason=reason_of)


_WITH_BAGS = text(
    """
    with recursive wanted (number) as (
        select unnest(cast(:numbers as text[]))
        union
        select bagged.receptacle from wanted cross join lateral (
            select receptacle from scans
            where scans.item_number = wanted.number and scans.receptacle is not null offset 0
        ) as bagged
    )
    select own.* from wanted cross join lateral (
        select * from scans where scans.item_number = wanted.number offset 0
    ) as own
    """
)
"""``offset 0`` keeps each thing a look-up by its number: a plan made for any number of things would read all scans."""


def load_related(connection: Connection, numbers: Sequence[str]) -> list[Scan]:
    """All scans of those items and bags, of the bags that they were in, and of the bags that these were in."""
    return read(connection.execute(_WITH_BAGS, {"numbers": list(numbers)}), Scan, event=Event, reason=reason_of)


def load_histories(connection: Connection, numbers: Sequence[str]) -> dict[str, tuple[Scan, ...]]:
    """Everything that happened to each of those items or bags that was ever scanned, in order: with what happened to
    the bags that it was in."""
    return histories(load_related(connection, numbers), numbers)


def load_own_numbers(connection: Connection, numbers: Iterable[str]) -> dict[str, str]:
    """Number on a return label, or on one printed anew -> the item's own; nothing for those that are an item's own."""
    rows = connection.execute(
        select(item_aliases.c.alias, item_aliases.c.item_number).where(item_aliases.c.alias == func.any(list(numbers)))
    )
    return {row.alias: row.item_number for row in rows}


def open_journeys(connection: Connection, values: Sequence[Journey], destinations: Sequence[str]) -> None:
    """Starts the journeys of newly booked items towards their offices of delivery."""
    rows = opened(values, destinations)
    append(connection, rows.table, rows.values, keep_first=True, **rows.extra)


def opened(values: Sequence[Journey], destinations: Sequence[str]) -> Rows:
    """The rows of journeys that begin towards those offices of delivery."""
    columns: dict[str, Sequence[object]] = {
        "attempts": [len(v.attempts) for v in values],
        "misfits": [len(v.misfits) for v in values],
        "destination": list(destinations),
        "last_at": [v.history[-1].corrected_at for v in values],
        "version": [1] * len(values),
    }
    return Rows(journeys, values, columns)


def load_items_held(connection: Connection, holder: str, states: Iterable[State]) -> list[str]:
    """Item numbers for which that holder answers in one of those states, the longest held first."""
    rows = connection.execute(
        select(journeys.c.item_number)
        .where(journeys.c.holder == holder, journeys.c.state == func.any([s.value for s in states]))
        .order_by(journeys.c.since, journeys.c.item_number)
    )
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class ItemStanding:
    """Where one item stands: the row that its fold left behind."""

    item_number: str
    state: State
    holder: str
    office: str
    destination: str
    """The office of delivery today, which a redirection changes."""
    since: datetime
    attempts: int
    misfits: int
    receptacle: str | None
    """The bag that it is in."""
    last_at: datetime
    version: int
    """How often anything was heard of it: of two tellings, the higher is the later."""


def load_standings(connection: Connection, item_numbers: Sequence[str] | None = None) -> list[ItemStanding]:
    """Where the items of those numbers stand, or all items, in the order of their numbers."""
    wanted = select(journeys).order_by(journeys.c.item_number)
    if item_numbers is not None:
        wanted = wanted.where(journeys.c.item_number == func.any(list(item_numbers)))
    return read(connection.execute(wanted), ItemStanding, state=State)
