"""Manifests: what was sealed, and what the counter found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, select, text, tuple_

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import manifest_differences, manifest_receipts, manifests
from post_logistics.units import MerchantId, Postcode

Finding = Literal["short", "excess"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A sealed list. ``digest``: SHA-256 over its lines; ``sealed_by``: who answers for it at the issuer."""

    manifest_id: UUID
    merchant_id: MerchantId
    number: str
    service_on: date
    count: int
    digest: str
    sealed_by: str
    seal_number: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestReceipt:
    """What the counter counted, and whether the seal was whole."""

    manifest_id: UUID
    office: Postcode
    counted: int
    seal_intact: bool
    received_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that is listed and was not there, or was there and is not listed."""

    manifest_id: UUID
    application_number: str
    finding: Finding


def append_manifest(connection: Connection, manifest: Manifest, rows: Sequence[tuple[int, str]]) -> bool:
    """Keeps a manifest with its lines, row and application number of each; False if its number is used."""
    if not append(connection, manifests, [manifest], keep_first=True):
        return False
    connection.execute(
        text(
            "insert into manifest_lines (manifest_id, row, application_number) "
            "select :manifest_id, * from unnest(cast(:rows as int[]), cast(:numbers as text[]))"
        ),
        {
            "manifest_id": manifest.manifest_id,
            "rows": [row for row, _ in rows],
            "numbers": [number for _, number in rows],
        },
    )
    return True


def load_manifest(connection: Connection, manifest_id: UUID, merchant_id: str | None = None) -> Manifest:
    """One manifest; NotFound if there is none, or it is another issuer's: the two answer alike."""
    wanted = select(manifests).where(manifests.c.manifest_id == manifest_id)
    if merchant_id is not None:
        wanted = wanted.where(manifests.c.merchant_id == merchant_id)
    for manifest in read(connection.execute(wanted), Manifest):
        return manifest
    raise NotFound(f"no manifest {manifest_id}", field="manifest_id", remedy="look it up in the list of manifests")


def load_manifests_after(connection: Connection, merchant_id: str, after: UUID | None, limit: int) -> list[Manifest]:
    """At most that many of an issuer's manifests, the latest first, from the one that follows ``after``."""
    key = (manifests.c.sealed_at, manifests.c.manifest_id)
    page = select(manifests).where(manifests.c.merchant_id == merchant_id)
    if after is not None:
        last = select(*key).where(manifests.c.manifest_id == after, manifests.c.merchant_id == merchant_id)
        page = page.where(tuple_(*key) < last.scalar_subquery())
    return read(connection.execute(page.order_by(*(column.desc() for column in key)).limit(limit)), Manifest)


def load_expected(connection: Connection, office: str) -> list[Manifest]:
    """The manifests that are to be handed in at an office and were not, the oldest first."""
    rows = connection.execute(
        text(
            "select m.* from manifests m join issuers using (merchant_id) where office = :office "
            "and not exists (select from manifest_receipts r where r.manifest_id = m.manifest_id) "
            "order by service_on, sealed_at, manifest_id"
        ),
        {"office": office},
    )
    return read(rows, Manifest)


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a manifest; the item number is empty where it could not be booked."""

    row: int
    application_number: str
    item_number: str


def load_lines(connection: Connection, manifest: Manifest) -> list[Listed]:
    """The lines of a manifest in their order."""
    rows: Any = connection.execute(
        text(
            "select row, application_number, coalesce(item_number, '') as item_number from manifest_lines "
            "left join documents d using (manifest_id, application_number) "
            "where manifest_id = :manifest_id order by row"
        ),
        {"manifest_id": manifest.manifest_id},
    )
    return read(rows, Listed)


def count_documents(connection: Connection, manifest_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many documents of each of those manifests are booked."""
    rows = connection.execute(
        text("select manifest_id, count(*) from documents where manifest_id = any(:ids) group by manifest_id"),
        {"ids": list(manifest_ids)},
    )
    return {row[0]: row[1] for row in rows}


def append_receipt(connection: Connection, receipt: ManifestReceipt, differences: Sequence[Difference]) -> bool:
    """Keeps what the counter found; False if the manifest was received before."""
    if not append(connection, manifest_receipts, [receipt], keep_first=True):
        return False
    append(connection, manifest_differences, differences)
    return True


def load_receipts(connection: Connection, manifest_ids: Sequence[UUID]) -> dict[UUID, ManifestReceipt]:
    """What was found of those of the manifests that were handed in."""
    wanted = select(manifest_receipts).where(manifest_receipts.c.manifest_id.in_(manifest_ids))
    return {one.manifest_id: one for one in read(connection.execute(wanted), ManifestReceipt)}


def load_differences(connection: Connection, manifest_id: UUID) -> list[Difference]:
    """What was short or in excess, by application number."""
    wanted = select(manifest_differences).where(manifest_differences.c.manifest_id == manifest_id)
    return read(connection.execute(wanted.order_by(manifest_differences.c.application_number)), Difference)
