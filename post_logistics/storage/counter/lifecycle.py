"""What belongs to an item besides its booking: other numbers, consignments because of it, redirections, holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from post_logistics.storage.custody.scans import ItemStanding
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import holds, item_aliases, journeys, linked_consignments, redirections
from post_logistics.tracking.lifecycle import State
from post_logistics.units import ItemNumber, Postcode

# Where an item stands, held for a decision


def lock_standing(connection: Connection, item_number: str) -> ItemStanding | None:
    """Where the item stands, its row held until the transaction ends; None if it was never booked."""
    rows = connection.execute(select(journeys).where(journeys.c.item_number == item_number).with_for_update())
    return next(iter(read(rows, ItemStanding, state=State)), None)


def load_heard_of(connection: Connection, item_numbers: Sequence[str], device_id: str) -> set[str]:
    """Those of the items of which that hand has said something."""
    rows = connection.execute(
        text("select item_number from scans where item_number = any(:items) and device_id = :device"),
        {"items": list(item_numbers), "device": device_id},
    )
    return set(rows.scalars())


# Other numbers


@dataclass(frozen=True, slots=True)
class Alias:
    """Another number under which an item travels. ``kind``: return or relabel; ``cause`` makes it this one."""

    alias: ItemNumber
    item_number: ItemNumber
    kind: str
    cause: str
    made_at: datetime


def append_alias(connection: Connection, alias: Alias) -> None:
    """Keeps the number, unless its cause has one already."""
    append(connection, item_aliases, [alias], keep_first=True)


def find_alias(connection: Connection, cause: str) -> Alias | None:
    """The number that was made for that cause, if one was."""
    rows = connection.execute(select(item_aliases).where(item_aliases.c.cause == cause))
    return next(iter(read(rows, Alias)), None)


def load_items_of(connection: Connection, numbers: Sequence[str]) -> dict[str, Alias]:
    """Number -> the alias that it is, for those of the numbers that are not an item's first."""
    rows = connection.execute(select(item_aliases).where(item_aliases.c.alias == func.any(list(numbers))))
    return {alias.alias: alias for alias in read(rows, Alias)}


# Consignments because of others


@dataclass(frozen=True, slots=True)
class Link:
    """A consignment that goes back because of another. ``kind``: rest or exchange."""

    item_number: ItemNumber
    because_of: ItemNumber
    kind: str
    made_at: datetime


def append_link(connection: Connection, link: Link) -> None:
    """Keeps the link; each item has one of a kind."""
    append(connection, linked_consignments, [link])


def load_links(connection: Connection, because_of: Sequence[str]) -> list[Link]:
    """The consignments that exist because of those items, oldest first."""
    rows = connection.execute(
        select(linked_consignments)
        .where(linked_consignments.c.because_of == func.any(list(because_of)))
        .order_by(linked_consignments.c.made_at, linked_consignments.c.item_number)
    )
    return read(rows, Link)


# Redirections


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirection:
    """An item goes to another office of delivery. The address itself is personal, and with the recipient."""

    redirection_id: UUID
    item_number: ItemNumber
    from_office: Postcode
    to_office: Postcode
    to_postcode: Postcode
    to_place: str
    """Empty where only the postcode is known."""
    asked_by: str
    redirected_at: datetime


def append_redirection(connection: Connection, redirection: Redirection) -> None:
    """Keeps the redirection and turns the item towards its new office."""
    append(connection, redirections, [redirection])
    connection.execute(
        text("update journeys set destination = :office where item_number = :item"),
        {"office": redirection.to_office, "item": redirection.item_number},
    )


def load_redirections(connection: Connection, item_numbers: Sequence[str]) -> dict[str, Redirection]:
    """Item number -> its latest redirection, for the items that were redirected."""
    rows = connection.execute(
        text(
            "select distinct on (item_number) * from redirections where item_number = any(:items) "
            "order by item_number, redirected_at desc, redirection_id"
        ),
        {"items": list(item_numbers)},
    )
    return {one.item_number: one for one in read(rows, Redirection)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a recipient is found: personal, like everything in its table."""

    item_number: ItemNumber
    recipient_address: str
    lat_deg: float
    lon_deg: float
    precision_m: int
    resolved_by: str


def move_recipient(connection: Connection, found_at: Whereabouts) -> None:
    """The recipient of the item is to be found there from now on."""
    connection.execute(
        text(
            "update recipients set recipient_address = :address, lat_deg = :lat, lon_deg = :lon, "
            "precision_m = :precision, resolved_by = :why where item_number = :item"
        ),
        {
            "item": found_at.item_number,
            "address": found_at.recipient_address,
            "lat": found_at.lat_deg,
            "lon": found_at.lon_deg,
            "precision": found_at.precision_m,
            "why": found_at.resolved_by,
        },
    )


# Holds


@dataclass(frozen=True, slots=True)
class Hold:
    """An item waits at an office until that day. ``hold_id``: of its scan, which says why."""

    hold_id: UUID
    item_number: ItemNumber
    office: Postcode
    until_on: date


def append_hold(connection: Connection, hold: Hold) -> None:
    """Keeps until when; of one scan once."""
    append(connection, holds, [hold], keep_first=True)


def load_last_hold(connection: Connection, item_number: str) -> Hold | None:
    """Until when the item was last told to wait; None if it never was."""
    rows = connection.execute(
        text(
            "select holds.* from holds join scans on scan_id = hold_id and scans.item_number = holds.item_number "
            "where holds.item_number = :item_number order by recorded_at desc, sequence desc limit 1"
        ),
        {"item_number": item_number},
    )
    return next(iter(read(rows, Hold)), None)


def load_holds_over(connection: Connection, office: str, on: date) -> list[Hold]:
    """What the office holds although its time is up on that day, the longest over first."""
    rows = connection.execute(
        text(
            "select holds.* from holds join journeys using (item_number) "
            "where holds.office = :office and until_on <= :day and state = 'on_hold' and holder = 'office:' || :office "
            "and not exists (select from holds later where later.item_number = holds.item_number "
            " and later.until_on > holds.until_on) order by until_on, item_number"
        ),
        {"office": office, "day": on},
    )
    return list(dict.fromkeys(read(rows, Hold)))


# What decisions rest on, and what they open


def load_to_send_back(connection: Connection, attempts: int, states: Sequence[State]) -> dict[str, bool]:
    """Items in those states that failed so often, or were refused once (False: look whether that was the last word).

    Left out: those for which the return was decided once already, and those whose recipient contests an attempt.
    """
    rows = connection.execute(
        text(
            "select item_number, attempts >= :limit as often from journeys where attempts > 0 and state = any(:states) "
            "and (attempts >= :limit or exists (select from scans where scans.item_number = journeys.item_number "
            " and event = 'attempt_failed' and reason = 'refused_by_recipient')) "
            "and not exists (select from scans where scans.item_number = journeys.item_number "
            " and device_id = 'return:' || journeys.item_number) "
            "and not exists (select from exceptions where exceptions.item_number = journeys.item_number "
            " and kind = 'contested' and closed_at is null) order by item_number for update of journeys"
        ),
        {"limit": attempts, "states": [state.value for state in states]},
    )
    return {row.item_number: row.often for row in rows}


def money_resting_on(connection: Connection, item_number: str, scan_id: UUID) -> str:
    """``settled`` if the item's money is settled, ``collected`` if cash taken with that scan stands; else empty."""
    return str(
        connection.execute(
            text(
                "select case when exists (select from settlement_lines where item_number = :item) then 'settled' "
                "when exists (select from transfers one where item_number = :item and cause = :cause "
                " and reverses is null and not exists (select from transfers where reverses = one.transfer_id)) "
                "then 'collected' else '' end"
            ),
            {"item": item_number, "cause": str(scan_id)},
        ).scalar_one()
    )


def open_exception(
    connection: Connection,
    *,
    item_number: str,
    kind: str,
    office: str,
    custodian: str,
    scan_id: UUID,
    expected: str,
    detail: str,
    at: datetime,
) -> None:
    """A person of that office has to look into it; told twice, once."""
    connection.execute(
        text(
            "insert into exceptions (item_number, kind, office, custodian, scan_id, expected, detail, opened_at) "
            "values (:item, :kind, :office, :custodian, :scan, :expected, :detail, :at) on conflict do nothing"
        ),
        {
            "item": item_number,
            "kind": kind,
            "office": office,
            "custodian": custodian,
            "scan": scan_id,
            "expected": expected,
            "detail": detail,
            "at": at,
        },
    )
