"""Scans come in: each is kept, and where its item stands is folded anew in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from post_logistics.storage import scans as store
from post_logistics.storage.database import Connection
from post_logistics.tracking.journey import Journey, Misfit, fold_many
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber


class ScanOutcome(StrEnum):
    """What became of one scan of a batch."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MISFIT = "accepted_with_exception"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ScanVerdict:
    """The answer to one scan: accepted, known already, accepted although it does not fit (and why), or rejected."""

    scan: Scan
    outcome: ScanOutcome
    why: str = ""


def record_scans(connection: Connection, batch: Sequence[Scan]) -> list[ScanVerdict]:
    """A verdict per scan, in their order. A scan of an issued number is never refused; told twice, it counts once.

    Rejected are only a number that was never issued and a (device, sequence) already used for another scan.
    """
    verdicts, _ = record_scans_and_fold(connection, batch)
    return verdicts


def record_scans_and_fold(
    connection: Connection, batch: Sequence[Scan]
) -> tuple[list[ScanVerdict], dict[ItemNumber, Journey]]:
    """The verdicts, and where the items now stand."""
    issued = store.lock_items(connection, [scan.item_number for scan in batch])
    known = [scan for scan in batch if scan.item_number in issued]
    first = {scan.scan_id: scan for scan in reversed(known)}
    new = store.append_scans(connection, list(first.values()))
    journeys = fold_many(store.load_scans(connection, sorted(issued)))
    store.save_journeys(connection, list(journeys.values()))
    first |= store.load_scans_by_id(connection, [scan_id for scan_id in first if scan_id not in new])
    misfits = {flag.scan.scan_id: _explain(flag) for journey in journeys.values() for flag in journey.misfits}

    verdicts: list[ScanVerdict] = []
    told: set[UUID] = set()
    for scan in batch:
        if scan.item_number not in issued:
            why = f"{scan.item_number} was never issued: check the label"
            verdicts.append(ScanVerdict(scan, ScanOutcome.REJECTED, why))
        elif scan.scan_id in new and scan.scan_id not in told:
            why = misfits.get(scan.scan_id, "")
            verdicts.append(ScanVerdict(scan, ScanOutcome.MISFIT if why else ScanOutcome.ACCEPTED, why))
        else:
            verdicts.append(_told_before(scan, first[scan.scan_id]))
        told.add(scan.scan_id)
    return verdicts, journeys


def _told_before(scan: Scan, first: Scan) -> ScanVerdict:
    if (first.item_number, first.event, first.occurred_at) == (scan.item_number, scan.event, scan.occurred_at):
        return ScanVerdict(scan, ScanOutcome.DUPLICATE)
    return ScanVerdict(
        scan,
        ScanOutcome.REJECTED,
        f"sequence {scan.sequence} of device {scan.device_id} was another scan: number each scan once",
    )


def _explain(flag: Misfit) -> str:
    """What a person at the counter should know about a scan that does not fit."""
    expected = " or ".join(event.value for event in flag.expected) or "nothing more"
    kept = "kept, nothing moved" if flag.ignored else "kept"
    return f"{flag.why.value}: the item was {flag.state.value}, expected {expected}; {kept}"
