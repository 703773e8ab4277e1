"""At the counter: a manifest handed in is counted, compared with its list, and its documents are accepted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from post_logistics.consignments.documents import application_key
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.issuers import load_issuer
from post_logistics.storage.documents.manifests import (
    Difference,
    Listed,
    Manifest,
    ManifestReceipt,
    append_receipt,
    load_differences,
    load_lines,
    load_manifest,
    load_receipts,
)
from post_logistics.storage.orders.jobs import load_unfinished
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import own_scan
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the counter found: how many documents, whether the seal was whole, and by application number what is listed
    and was not there (short) or was there and is not listed (excess)."""

    counted: int
    seal_intact: bool
    short: Collection[str] = ()
    excess: Collection[str] = ()


def receive(
    connection: Connection, manifest_id: UUID, office: Postcode, counted: Counted, by: str, at: datetime
) -> ManifestReceipt:
    """The receipt for a manifest; everything on it that is not short is accepted. Told again, nothing changes.

    NotFound if it is handed in at another office; Unacceptable if the count does not fit what is short and in excess;
    Conflict while its rows are still being booked, and if it was received with another result.
    """
    manifest = load_manifest(connection, manifest_id)
    if load_issuer(connection, manifest.merchant_id).office != office:
        raise NotFound(f"no manifest {manifest_id}", field="manifest_id", remedy="look it up in the list of manifests")
    if manifest_id in load_unfinished(connection, manifest.merchant_id):
        raise Conflict("its documents are still being taken in", field="manifest_id", remedy="try again in a minute")
    differences = _compared(manifest, load_lines(connection, manifest), counted)
    receipt = ManifestReceipt(
        manifest_id=manifest_id,
        office=office,
        counted=counted.counted,
        seal_intact=counted.seal_intact,
        received_by=by,
        received_at=at,
    )
    if not append_receipt(connection, receipt, differences):
        return _received_before(connection, receipt, differences)
    accept_lines(connection, manifest, at)
    return receipt


def _compared(manifest: Manifest, lines: list[Listed], counted: Counted) -> list[Difference]:
    listed = {application_key(line.application_number): line.application_number for line in lines}
    short = {application_key(number): number for number in counted.short}
    excess = {application_key(number): number.strip()[:64] for number in counted.excess}
    unknown = [number for key, number in short.items() if not key or key not in listed]
    if unknown:
        raise Unacceptable(f"{unknown[0]} is not on the list", field="short", remedy="name only what is listed")
    known = [number for key, number in excess.items() if not key or key in listed]
    if known:
        raise Unacceptable(f"{known[0]} is on the list", field="excess", remedy="name only what is not listed")
    expected = manifest.count - len(short) + len(excess)
    if counted.counted != expected:
        raise Unacceptable(
            f"of {manifest.count} listed, {len(short)} short and {len(excess)} in excess, there should be {expected}",
            field="counted",
            remedy="count again, and name every document that is short or in excess",
        )
    return [
        *(Difference(manifest.manifest_id, listed[key], "short") for key in sorted(short)),
        *(Difference(manifest.manifest_id, excess[key], "excess") for key in sorted(excess)),
    ]


def _received_before(
    connection: Connection, receipt: ManifestReceipt, differences: list[Difference]
) -> ManifestReceipt:
    known = load_receipts(connection, [receipt.manifest_id])[receipt.manifest_id]
    same = (known.counted, known.seal_intact) == (receipt.counted, receipt.seal_intact)
    if not same or set(load_differences(connection, receipt.manifest_id)) != set(differences):
        raise Conflict(
            f"it was received by {known.received_by} with another result",
            field="manifest_id",
            remedy="what turned up later is accepted piece by piece",
        )
    return known


def accept_lines(
    connection: Connection, manifest: Manifest, at: datetime, *, only: Collection[str] | None = None
) -> None:
    """Accepts the documents of a manifest, if it was received, that are not short: all of them, or ``only`` these."""
    receipt = load_receipts(connection, [manifest.manifest_id]).get(manifest.manifest_id)
    if receipt is None:
        return
    found = load_differences(connection, manifest.manifest_id)
    short = {one.application_number for one in found if one.finding == "short"}
    hand, holder = f"manifest:{manifest.manifest_id}", f"office:{receipt.office}"
    scans = [
        own_scan(hand, one.row, one.item_number, Event.ACCEPTED, at, office=receipt.office, holder=holder)
        for one in load_lines(connection, manifest)
        if one.item_number and one.application_number not in short and (only is None or one.item_number in only)
    ]
    record_scans(connection, scans)
