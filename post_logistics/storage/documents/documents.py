"""Documents: what each is besides its consignment, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, text

from post_logistics.consignments.documents import Receiver
from post_logistics.storage.rows import append, driver_of, read
from post_logistics.storage.schema import documents
from post_logistics.tracking.lifecycle import State
from post_logistics.tracking.proofs import Demand
from post_logistics.units import ItemNumber, MerchantId, Postcode


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document as it was booked, with the rules that hold for it."""

    item_number: ItemNumber
    merchant_id: MerchantId
    application_number: str
    application_key: str
    manifest_id: UUID
    service: str
    ward: int | None
    fee_poisha: int
    receivers: Sequence[str]
    identity: bool
    advice: bool


def append_documents(connection: Connection, rows: Sequence[DocumentRow]) -> None:
    """Keeps documents of consignments that were just booked."""
    append(connection, documents, rows)


def load_demands(connection: Connection, item_numbers: Sequence[str]) -> dict[str, Demand]:
    """What those of the items that are documents demand of a hand-over."""
    rows = driver_of(connection).execute(
        "select item_number, receivers, identity from documents where item_number = any(%s::text[])",
        [list(item_numbers)],
    )
    return {number: Demand(frozenset(map(Receiver, receivers)), identity) for number, receivers, identity in rows}


def load_service_codes(connection: Connection, item_numbers: Sequence[str]) -> dict[str, str]:
    """The service codes of those of the items that are documents."""
    rows = driver_of(connection).execute(
        "select item_number, service from documents where item_number = any(%s::text[])", [list(item_numbers)]
    )
    return dict(rows.fetchall())


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStanding:
    """A document, where it stands, and what was taken at the door. Nothing here is personal."""

    item_number: ItemNumber
    application_number: str
    manifest_id: UUID
    service: str
    ward: int | None
    fee_poisha: int
    cod_poisha: int
    collected_poisha: int
    state: State
    last_at: datetime
    booked_at: datetime
    promised_on: date
    office: Postcode
    received_by: str
    """Empty until a hand-over told who received it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDocuments:
    """Which documents; what is None does not matter. Days and times are of what happened last."""

    application_number: str | None = None
    state: State | None = None
    service: str | None = None
    ward: int | None = None
    manifest_id: UUID | None = None
    changed_since: datetime | None = None


_STANDING = """
    select d.item_number, d.application_number, d.manifest_id, d.service, d.ward, d.fee_poisha, c.cod_poisha,
        coalesce(r.collected_poisha, 0) as collected_poisha, j.state, j.last_at, c.booked_at, c.promised_on, j.office,
        coalesce(p.received_by, '') as received_by
    from documents d join consignments c using (item_number) join journeys j using (item_number)
    left join lateral (
        select sum(cash_poisha + digital_poisha)::bigint as collected_poisha from receipts
        where receipts.item_number = d.item_number and standing
    ) r on true
    left join lateral (
        select received_by from proofs where proofs.item_number = d.item_number and kind = 'identity'
        order by taken_at desc limit 1
    ) p on true
    where d.merchant_id = :merchant_id
"""
_BY_NUMBER = text(_STANDING + " and d.application_number = any(:numbers) order by d.application_number")
_PAGE = text(
    _STANDING
    + """
    and (cast(:application_number as text) is null or d.application_number = :application_number)
    and (cast(:state as text) is null or j.state = :state)
    and (cast(:service as text) is null or d.service = :service)
    and (cast(:ward as int) is null or d.ward = :ward)
    and (cast(:manifest_id as uuid) is null or d.manifest_id = :manifest_id)
    and (cast(:changed_since as timestamptz) is null or j.last_at >= :changed_since)
    and d.application_number > :after order by d.application_number limit :limit
    """
)


def load_documents(
    connection: Connection, merchant_id: str, application_numbers: Sequence[str]
) -> list[DocumentStanding]:
    """Those of an issuer's documents that are booked under the application numbers."""
    asked = {"merchant_id": merchant_id, "numbers": list(application_numbers)}
    return read(connection.execute(_BY_NUMBER, asked), DocumentStanding, state=State)


def load_documents_after(
    connection: Connection, merchant_id: str, after: str, limit: int, wanted: WantedDocuments = WantedDocuments()
) -> list[DocumentStanding]:
    """At most that many of an issuer's documents, by application number, from the one that follows ``after``."""
    asked = {
        "merchant_id": merchant_id,
        "after": after,
        "limit": limit,
        "application_number": wanted.application_number,
        "state": wanted.state.value if wanted.state else None,
        "service": wanted.service,
        "ward": wanted.ward,
        "manifest_id": wanted.manifest_id,
        "changed_since": wanted.changed_since,
    }
    return read(connection.execute(_PAGE, asked), DocumentStanding, state=State)


def find_item(connection: Connection, application_key: str, phone: str) -> ItemNumber | None:
    """The item of an application number whose recipient has that telephone number, the latest booked; None if none."""
    found = connection.execute(
        text(
            "select item_number from documents d join recipients r using (item_number) join consignments c "
            "using (item_number) where d.application_key = :key and r.recipient_phone = :phone and r.erased_at is null "
            "order by c.booked_at desc, item_number limit 1"
        ),
        {"key": application_key, "phone": phone},
    ).scalar()
    return None if found is None else ItemNumber(found)
