"""Manifests are sealed: a list of documents under a number of its issuer, counted and hashed; the same list, once."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.consignments.booking import OrderRefused, Problem
from post_logistics.consignments.documents import application_key, seal_of
from post_logistics.consignments.entries import entry, required_entry
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.order_files import OrderColumns, OrderFile, OrderRow, read_order_file
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.documents.intake import book_rows, completing, read_rows
from post_logistics.operations.documents.receiving import accept_lines
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders import order_jobs
from post_logistics.operations.orders.booking import Outcome, Verdict
from post_logistics.operations.orders.order_jobs import Row, Trade, queue
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.documents.issuers import load_issuer
from post_logistics.storage.documents.manifests import Manifest, append_manifest, load_lines, load_manifest
from post_logistics.storage.orders.jobs import Job
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA

DOCUMENTS: Final = "documents"
"""Under which files of documents are taken on among those of orders."""
_NAMESPACE: Final = UUID("b1c1a0fa-9a34-43f8-a0d1-6f2a4f6a7d10")
_LONGEST_AHEAD: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What an issuer says of its list. ``service_on``: the day on which it is handed in; ``digest``: what the list
    comes to by the issuer's own reckoning, if it says so."""

    number: str
    service_on: date
    sealed_by: str
    seal_number: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A manifest, and whether it was sealed just now."""

    manifest: Manifest
    is_new: bool


def seal_file(
    connection: Connection, facts: Facts, merchant_id: str, sealing: Sealing, file: order_jobs.OrderFile, at: datetime
) -> Sealed:
    """The manifest of a file, whose rows a worker books: the job has the manifest's own id.

    The same file under the same number again changes nothing. Unacceptable if it is no list of documents, or does not
    come to the digest that the issuer says; Conflict for another list under a used number, and where too many wait.
    """
    merchant = load_merchant(connection, merchant_id)
    listed = _read(facts, merchant, file.content, file.name)
    sealed = _seal(connection, facts, merchant, sealing, listed.rows, listed.refused, at)
    if sealed.is_new:
        job = Job(
            job_id=sealed.manifest.manifest_id,
            merchant_id=merchant_id,
            file_name=file.name,
            digest=hashlib.sha256(file.content).digest(),
            dry_run=False,
            dialect=DOCUMENTS,
            made_at=at,
        )
        if queue(connection, job, file.content).job_id != job.job_id:
            raise Conflict(
                "this very file is being taken in under another number",
                field="number",
                remedy="send it under that number, or another file",
            )
    return sealed


def seal_listed(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    merchant_id: str,
    sealing: Sealing,
    rows: Sequence[Mapping[str, str]],
    at: datetime,
) -> tuple[Sealed, list[Verdict]]:
    """The manifest of a short list, and a verdict per document: it is booked at once. Again, it changes nothing."""
    listed = [OrderRow(n, dict(fields)) for n, fields in enumerate(rows, 1)]
    sealed = _seal(connection, facts, load_merchant(connection, merchant_id), sealing, listed, (), at)
    return sealed, _booked(connection, facts, numbers, sealed.manifest, listed, at)


def correct(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    merchant_id: str,
    manifest_id: UUID,
    rows: Sequence[Mapping[str, str]],
    at: datetime,
) -> list[Verdict]:
    """A verdict per document of a manifest that could not be booked as it was listed, and now is put right.

    Those that are not on the list are refused. What the counter has in hand already is accepted there and then.
    """
    manifest = load_manifest(connection, manifest_id, merchant_id)
    listed = {
        application_key(line.application_number): line.application_number for line in load_lines(connection, manifest)
    }
    ours, strangers = [], []
    for n, fields in enumerate(rows, 1):
        number = fields.get("order_ref", "")
        as_listed = listed.get(application_key(number))
        if as_listed:
            ours.append(OrderRow(n, {**fields, "order_ref": as_listed}))
        else:
            strangers.append(_not_listed(n, number))
    verdicts = [*strangers, *_booked(connection, facts, numbers, manifest, ours, at)]
    accept_lines(connection, manifest, at, only={one.item_number for one in verdicts if one.outcome is Outcome.BOOKED})
    return sorted(verdicts, key=lambda one: one.row or 0)


def _not_listed(row: int, number: str) -> Verdict:
    problem = Problem("application_number", "it is not on this manifest", "list it in a new manifest")
    return Verdict(row=row, order_ref=number[:64], outcome=Outcome.REJECTED, problems=(problem,))


def _booked(
    connection: Connection, facts: Facts, numbers: Numbers, manifest: Manifest, rows: Sequence[OrderRow], at: datetime
) -> list[Verdict]:
    issuer, merchant = load_issuer(connection, manifest.merchant_id), load_merchant(connection, manifest.merchant_id)
    return book_rows(connection, facts, numbers, read_rows(facts, issuer, merchant, manifest, rows), at)


def _seal(
    connection: Connection,
    facts: Facts,
    merchant: Merchant,
    sealing: Sealing,
    rows: Sequence[OrderRow],
    refused: Iterable[OrderRefused],
    at: datetime,
) -> Sealed:
    issuer, said = load_issuer(connection, merchant.merchant_id), _checked(sealing, at)
    completing(facts, issuer, merchant, at)
    lines = sorted([*((row.row, _number(row)) for row in rows), *((error.row or 0, "") for error in refused)])
    digest = seal_of(row.fields for row in rows)
    if said.digest and said.digest != digest:
        raise Unacceptable(
            f"the list comes to {digest}, not to {said.digest}",
            field="digest",
            remedy="it was changed on the way: send it as it was sealed, or seal it anew",
        )
    manifest = Manifest(
        manifest_id=uuid5(_NAMESPACE, f"{merchant.merchant_id}/{said.number}"),
        merchant_id=issuer.merchant_id,
        number=said.number,
        service_on=said.service_on,
        count=len(lines),
        digest=digest,
        sealed_by=said.sealed_by,
        seal_number=said.seal_number,
        sealed_at=at,
    )
    if append_manifest(connection, manifest, lines):
        return Sealed(manifest, is_new=True)
    known = load_manifest(connection, manifest.manifest_id)
    if replace(known, sealed_at=at) != manifest:
        raise Conflict(
            f"manifest {said.number} is sealed already, with another content",
            field="number",
            remedy="a sealed list does not change: give the new one its own number",
        )
    return Sealed(known, is_new=False)


def _number(row: OrderRow) -> str:
    """The application number of a row as it is booked; empty where there is none that could be."""
    try:
        return required_entry(row.fields.get("order_ref", ""), 64)
    except Unacceptable:
        return ""


def _checked(sealing: Sealing, at: datetime) -> Sealing:
    """What the issuer says, in order; Unacceptable names the field."""
    today = at.astimezone(DHAKA).date()
    if not today - _LONGEST_AHEAD <= sealing.service_on <= today + _LONGEST_AHEAD:
        raise Unacceptable(
            f"{sealing.service_on} is too far from today", field="service_on", remedy="write the day it is handed in"
        )

    def read(field: str, text: str, parse: Callable[[str, int], str], max_chars: int) -> str:
        try:
            return parse(text, max_chars)
        except Unacceptable as error:
            raise Unacceptable(error.message, field=field, remedy=error.remedy) from None

    return Sealing(
        number=read("number", sealing.number, required_entry, 40),
        service_on=sealing.service_on,
        sealed_by=read("sealed_by", sealing.sealed_by, required_entry, 100),
        seal_number=read("seal_number", sealing.seal_number, entry, 40),
        digest=read("digest", sealing.digest, entry, 64).lower(),
    )


def _read(facts: Facts, merchant: Merchant, content: bytes, name: str) -> OrderFile:
    columns = OrderColumns((facts.document_columns,), facts.order_columns.shop)
    return read_order_file(content, name, {}, columns)


def _read_job(database: Database, facts: Facts, job: Job, merchant: Merchant, content: bytes) -> tuple[str, list[Row]]:
    with database.transaction() as connection:
        issuer, manifest = load_issuer(connection, job.merchant_id), load_manifest(connection, job.job_id)
    listed = _read(facts, merchant, content, job.file_name)
    return DOCUMENTS, read_rows(facts, issuer, merchant, manifest, listed.rows, listed.refused)


TRADE: Final = Trade(_read_job, book_rows)
"""How a worker takes in a file of documents."""
