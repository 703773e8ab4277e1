"""What an office says of an item that cannot go on: held until a day, searched for, found damaged.

``upload``: the signed batch in which the scan came, if it was signed.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.counter.at_hand import Actor, item_of, standing_of, take_up
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.lifecycle import Hold, append_hold, open_exception
from post_logistics.storage.custody.devices import Upload
from post_logistics.storage.custody.scans import ItemStanding
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import DUE
from post_logistics.tracking.scans import Scan
from post_logistics.units import DHAKA, ItemNumber, local_day

_THE_POST: Final = Actor()


def hold(
    connection: Connection, facts: Facts, scan: Scan, until_on: date, upload: Upload | None = None
) -> ItemStanding:
    """Where the item stands, held at the office of the scan until that day; told twice, once.

    Unacceptable without a reason, and for a day that is past or too far off, as seen on the day of the scan.
    """
    _refuse_without_reason(scan)
    held_on = scan.corrected_at.astimezone(DHAKA).date()
    last_on = held_on + timedelta(days=facts.lifecycle_rules.longest_hold_days)
    if not held_on < until_on <= last_on:
        raise Unacceptable(
            f"what is held on {held_on} is not held until {until_on}",
            field="until_on",
            remedy=f"name a day from {local_day(held_on + timedelta(days=1))} to {local_day(last_on)}",
        )
    found = _with_own_number(connection, scan)
    _record(connection, found, upload)
    append_hold(connection, Hold(found.scan_id, found.item_number, found.office, until_on))
    return standing_of(connection, found.item_number)


def report_loss(
    connection: Connection, scan: Scan, upload: Upload | None = None, actor: Actor = _THE_POST
) -> ItemStanding:
    """Where the item stands, searched for from now on by the office that had it last; told twice, once.

    Unacceptable without a note of where it was looked for; NotFound for an office that it is no business of.
    """
    if not scan.note.strip():
        raise Unacceptable(
            "nothing says that it was searched for", field="note", remedy="write where you looked, and whom you asked"
        )
    take_up(connection, scan.item_number, actor)
    return _mishap(connection, scan, "short", upload)


def report_damage(connection: Connection, scan: Scan, upload: Upload | None = None) -> ItemStanding:
    """Where the item stands, found damaged and waiting for a decision; told twice, once.

    Unacceptable without a reason.
    """
    _refuse_without_reason(scan)
    return _mishap(connection, scan, "damaged", upload)


def _mishap(connection: Connection, scan: Scan, kind: str, upload: Upload | None) -> ItemStanding:
    """Keeps the scan; if it fits, somebody of the office that had the item has to look into it."""
    found = _with_own_number(connection, scan)
    before = standing_of(connection, found.item_number)
    outcome = _record(connection, found, upload)
    after = standing_of(connection, found.item_number)
    if outcome is ScanOutcome.ACCEPTED:
        open_exception(
            connection,
            item_number=found.item_number,
            kind=kind,
            office=before.office,
            custodian=before.holder,
            scan_id=found.scan_id,
            expected=" or ".join(event.value for event in DUE[after.state]),
            detail=found.note,
            at=found.recorded_at,
        )
    return after


def _refuse_without_reason(scan: Scan) -> None:
    if scan.reason is None:
        raise Unacceptable("nothing says why", field="reason", remedy="choose one of the reasons")


def _with_own_number(connection: Connection, scan: Scan) -> Scan:
    """The scan under the item's own number; NotFound if there is no such item."""
    standing = standing_of(connection, item_of(connection, scan.item_number))
    return replace(scan, item_number=ItemNumber(standing.item_number))


def _record(connection: Connection, scan: Scan, upload: Upload | None) -> ScanOutcome:
    """What became of the scan; Conflict if it cannot be kept."""
    (verdict,) = record_scans(connection, [scan], upload)
    if verdict.outcome is ScanOutcome.REJECTED:
        raise Conflict(verdict.why, field="sequence", remedy="send what happened under a sequence of its own")
    return verdict.outcome
