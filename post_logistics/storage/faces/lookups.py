"""What is kept of one number besides its scans: for those who look it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber, MerchantId, Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An item as it was booked, and where it is bound today."""

    item_number: ItemNumber
    return_number: ItemNumber | None
    """Under which it travels back."""
    merchant_id: MerchantId
    merchant_name: str
    order_ref: str
    cod_poisha: int
    destination: Postcode
    promised_on: date
    phone_ending: str
    """The last two digits of the recipient's telephone number; empty once that was erased."""


_KNOWN = text(
    """
    select c.item_number, r.alias as return_number, c.merchant_id, m.name as merchant_name, c.order_ref, c.cod_poisha,
        j.destination, c.promised_on,
        case when p.erased_at is null then right(p.recipient_phone, 2) else '' end as phone_ending
    from consignments c join journeys j using (item_number) join merchants m using (merchant_id)
    join recipients p using (item_number)
    left join item_aliases r on r.item_number = c.item_number and r.kind = 'return'
    where c.item_number = coalesce((select item_number from item_aliases where alias = :number), :number)
    """
)


def load_known(connection: Connection, number: str) -> Known | None:
    """The item of that number, be it the item's own or one of a later label; None if it was never issued."""
    return next(iter(read(connection.execute(_KNOWN, {"number": number}), Known)), None)


def load_uploads_of(connection: Connection, scans: Sequence[Scan]) -> dict[UUID, UUID]:
    """Scan -> the signed upload that it came in, where one was kept."""
    if not scans:
        return {}
    rows = connection.execute(
        text(
            "select asked.scan_id, u.upload_id from uploads u join unnest(cast(:scan_ids as uuid[]), "
            "cast(:devices as text[]), cast(:instants as timestamptz[])) as asked (scan_id, device_id, received_at) "
            "using (device_id, received_at) where u.received_at between :first and :last"
        ),
        {
            "scan_ids": [scan.scan_id for scan in scans],
            "devices": [scan.device_id for scan in scans],
            "instants": [scan.recorded_at for scan in scans],
            "first": min(scan.recorded_at for scan in scans),
            "last": max(scan.recorded_at for scan in scans),
        },
    )
    return {row.scan_id: row.upload_id for row in rows}
