"""Rows of manifests become documents: completed, read, booked together with their consignments, each with a verdict."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.documents import (
    Document,
    DocumentServices,
    IssuerKind,
    application_key,
    for_issuers,
    parse_document,
)
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.order_files import OrderRow
from post_logistics.errors import Unacceptable
from post_logistics.operations.documents.municipal_addresses import completed
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders import order_intake
from post_logistics.operations.orders.booking import Asked, Outcome, Settled, Verdict
from post_logistics.operations.orders.order_intake import hints_of
from post_logistics.operations.orders.order_jobs import Row
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import DocumentRow, append_documents
from post_logistics.storage.documents.issuers import Issuer
from post_logistics.storage.documents.manifests import Manifest
from post_logistics.units import DHAKA

Fields = Mapping[str, str]
Completed = Callable[[Fields], tuple[Fields, Settled | None]]
Completion = Callable[[Facts, Issuer, Merchant, datetime], Completed]
COMPLETIONS: Final[Mapping[IssuerKind, Completion]] = {IssuerKind.MUNICIPALITY: completed}
"""Kind of issuer -> how its rows are completed before they are read, and where what they name is, if that is known
without looking the address up. Made once for a list, asked for each of its rows; what it raises refuses the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAsked(Asked):
    """One document of a manifest."""

    document: Document
    manifest_id: UUID


def read_rows(
    facts: Facts,
    issuer: Issuer,
    merchant: Merchant,
    manifest: Manifest,
    rows: Sequence[OrderRow],
    refused: Iterable[OrderRefused] = (),
) -> list[Row]:
    """Every row of the manifest as a document to book or a refusal, in their order: a bad row takes no other with it.

    The services are those of the day on which the manifest was sealed.
    """
    services = facts.documents.on(manifest.sealed_at.astimezone(DHAKA).date())
    postage_poisha = _postage(facts, services, manifest.sealed_at)
    complete = completing(facts, issuer, merchant, manifest.sealed_at)
    read: list[Row] = [_refused(error, "") for error in refused]
    for row in rows:
        try:
            fields, settled = complete(row.fields)
            named = {**fields, "merchant": merchant.name, "store_address": merchant.store_address}
            order, document = parse_document(named, row.row, facts.booking_rules, services, issuer.kind, postage_poisha)
        except Unacceptable as error:
            read.append(_refused(error, row.fields.get("order_ref", ""), row.row))
            continue
        asked = DocumentAsked(
            order=order,
            merchant=merchant,
            hints=hints_of(fields),
            row=row.row,
            service=document.service.tariff_service,
            settled=settled,
            ready_on=manifest.service_on,
            document=document,
            manifest_id=manifest.manifest_id,
        )
        read.append(asked)
    return sorted(read, key=lambda one: one.row or 0)


def completing(facts: Facts, issuer: Issuer, merchant: Merchant, at: datetime) -> Completed:
    """What completes the rows of that issuer's lists; what it raises says why it may send none."""
    made = COMPLETIONS.get(issuer.kind)
    return made(facts, issuer, merchant, at) if made else _as_it_is


def _as_it_is(fields: Fields) -> tuple[Fields, None]:
    return fields, None


def _postage(facts: Facts, services: DocumentServices, at: datetime) -> dict[str, int]:
    """Service -> postage and VAT of a document on which nothing is collected."""
    on = at.astimezone(DHAKA).date()
    return {
        code: facts.tariffs.quote(one.tariff_service, one.weight_g, 0, 0, on, same_city=True).total_poisha
        for code, one in services.items()
    }


def _refused(error: Unacceptable, application_number: str, row: int | None = None) -> Verdict:
    if isinstance(error, OrderRefused):
        problems = tuple(map(for_issuers, error.problems))
    else:
        problems = (Problem(error.field or "row", error.message, error.remedy or "correct the row"),)
    return Verdict(row=error.row or row, order_ref=application_number[:64], outcome=Outcome.REJECTED, problems=problems)


def book_rows(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    rows: Sequence[Row],
    at: datetime,
    *,
    dry_run: bool = False,
) -> list[Verdict]:
    """A verdict per row, in their order: what is booked is kept as a document in the same transaction, once."""
    verdicts = order_intake.book_rows(connection, facts, numbers, rows, at, dry_run=dry_run)
    booked = [
        _kept(row, verdict)
        for row, verdict in zip(rows, verdicts, strict=True)
        if isinstance(row, DocumentAsked) and verdict.outcome is Outcome.BOOKED
    ]
    if not dry_run:
        append_documents(connection, booked)
    return [replace(one, problems=tuple(map(for_issuers, one.problems))) for one in verdicts]


def _kept(asked: DocumentAsked, verdict: Verdict) -> DocumentRow:
    assert verdict.consignment is not None
    document = asked.document
    return DocumentRow(
        item_number=verdict.consignment.item_number,
        merchant_id=verdict.consignment.merchant_id,
        application_number=document.application_number,
        application_key=application_key(document.application_number),
        manifest_id=asked.manifest_id,
        service=document.service.code,
        ward=document.ward,
        fee_poisha=document.fee_poisha,
        receivers=[one.value for one in document.service.receivers],
        identity=document.service.identity,
        advice=document.service.advice,
    )
