"""Over the counter with the scales: the parcel is in the post's hands, and costs what it really weighs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Unacceptable
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.weighings import Weighing, append_weighings, load_weighings_by_id
from post_logistics.storage.custody.devices import Upload
from post_logistics.storage.custody.scans import load_own_numbers
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.scans import Scan
from post_logistics.units import DHAKA, kilograms


@dataclass(frozen=True, slots=True)
class Weighed:
    """An acceptance as the counter's device recorded it, and what the scales said."""

    scan: Scan
    weight_g: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The answer to one: what became of the scan, and, if it was kept, what the parcel costs by the scales."""

    verdict: ScanVerdict
    weighing: Weighing | None = None


def accept(
    connection: Connection, facts: Facts, rows: Sequence[Weighed], upload: Upload | None = None
) -> list[Acceptance]:
    """An acceptance per row, in their order; told twice, it counts once.

    Rejected, and not kept: a parcel too heavy for its service, and a scan told before with another weight. Within the
    tolerance of the day of booking the booked price stands; beyond it the weight counts, whether more or less.
    ``upload``: the signed batch in which the scans came, if it was signed.
    """
    own = load_own_numbers(connection, [row.scan.item_number for row in rows])
    items = [own.get(row.scan.item_number, row.scan.item_number) for row in rows]
    consignments = load_consignments(connection, items)
    first = load_weighings_by_id(connection, [row.scan.scan_id for row in rows])
    judged = [_judge(facts, row, consignments.get(item), first) for row, item in zip(rows, items, strict=True)]
    kept = [row.scan for row, one in zip(rows, judged, strict=True) if not isinstance(one, str)]
    verdicts = iter(record_scans(connection, kept, upload))
    answers = [
        Acceptance(ScanVerdict(row.scan, ScanOutcome.REJECTED, one))
        if isinstance(one, str)
        else _answer(next(verdicts), one)
        for row, one in zip(rows, judged, strict=True)
    ]
    append_weighings(connection, [one.weighing for one in answers if one.weighing])
    return answers


def _answer(verdict: ScanVerdict, weighing: Weighing | None) -> Acceptance:
    return Acceptance(verdict, None if verdict.outcome is ScanOutcome.REJECTED else weighing)


def _judge(
    facts: Facts, row: Weighed, consignment: Consignment | None, first: dict[UUID, Weighing]
) -> Weighing | str | None:
    """The weighing, or why there cannot be one; None for an unknown number: the scan's own verdict says so."""
    if consignment is None:
        return None
    told = first.get(row.scan.scan_id)
    if told is None:
        try:
            told = first[row.scan.scan_id] = rated(facts, row, consignment)
        except Unacceptable as error:
            return (
                f"{error.message}: give it back to the sender to {error.remedy or 'send otherwise'}; if the post has "
                "it already, record its scan without weighing it and ask for its return"
            )
    if (told.item_number, told.weight_g) != (consignment.item_number, row.weight_g):
        return f"this scan said {kilograms(told.weight_g)} for {told.item_number} before: scan and weigh it anew"
    return told


def rated(facts: Facts, row: Weighed, consignment: Consignment) -> Weighing:
    """What the parcel costs by the scales, at the tariff of its booking; Unacceptable if its service does not take it.

    What was booked free of charge stays free: the way back of a rest, or of goods exchanged.
    """
    booked_on = consignment.booked_at.astimezone(DHAKA).date()
    postage_poisha, vat_poisha = consignment.postage_poisha, consignment.vat_poisha
    off_g = abs(row.weight_g - consignment.weight_g)
    if off_g > facts.lifecycle_rules.charges_on(booked_on).weighing_tolerance_g:
        quote = facts.tariffs.quote(
            consignment.service,
            row.weight_g,
            consignment.cod_poisha,
            consignment.declared_value_poisha,
            booked_on,
            same_city=True,
        )
        if postage_poisha:
            postage_poisha, vat_poisha = quote.postage_poisha, quote.vat_poisha
    return Weighing(
        weighing_id=row.scan.scan_id,
        item_number=consignment.item_number,
        weight_g=row.weight_g,
        booked_weight_g=consignment.weight_g,
        tariff_version=consignment.tariff_version,
        postage_poisha=postage_poisha,
        vat_poisha=vat_poisha,
        difference_poisha=postage_poisha + vat_poisha - consignment.postage_poisha - consignment.vat_poisha,
        office=row.scan.office,
        device_id=row.scan.device_id,
        weighed_at=row.scan.corrected_at.astimezone(UTC),
    )
