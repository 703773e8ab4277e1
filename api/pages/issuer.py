"""The pages of an office that issues documents: a list sealed, what became of it, and where a document stands."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Response

from api.context import InTransaction
from api.pages.forms import NOTHING, PAGE, Typed, attempt, by_field, day_of, refused, sentence
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.files import STATES, upload
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.errors import NotFound, PostError
from post_logistics.operations.documents.sealing import Sealed, Sealing, seal_file
from post_logistics.operations.orders.order_jobs import OrderFile
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import load_documents
from post_logistics.storage.documents.issuers import find_issuer
from post_logistics.storage.documents.manifests import (
    count_documents,
    load_differences,
    load_manifest,
    load_manifests_after,
    load_receipts,
)
from post_logistics.storage.orders.jobs import Job, load_job, load_rows_after
from post_logistics.tracking.texts import STATE_TEXTS
from post_logistics.units import DHAKA, MerchantId, latin_digits

router = Slice(include_in_schema=False)

FIELDS: Final = ("number", "service_on", "sealed_by", "seal_number", "digest", "file")
_NOT_BOOKED: Final = ("rejected", "to_decide")
RECEIVERS: Final = {
    "addressee": "the addressee",
    "household": "a grown-up of the household",
    "affixed": "the door, before a witness",
}
Number = Annotated[str, Query(max_length=64)]


@router.get("/issuer")
def page_issuer(found: OurVisit, shop: Shop, connection: InTransaction, number: Number = "") -> Response:
    """Where a list is sent in, those of before, and where a document of that application number stands."""
    return _lists(found, connection, shop, NOTHING, number.strip())


def _lists(found: Visit, connection: Connection, shop: MerchantId, typed: Typed, number: str = "") -> Response:
    issuer, today = find_issuer(connection, shop), found.at.astimezone(DHAKA).date()
    if issuer is None:
        return page(found, "issuer/none.html")
    manifests = load_manifests_after(connection, shop, None, PAGE)
    ids = [one.manifest_id for one in manifests]
    services = found.engine.facts.documents.on(today).values()
    return page(
        found,
        "issuer/lists.html",
        typed.status,
        typed=typed,
        today=today,
        issuer=issuer,
        office=found.engine.facts.offices[issuer.office],
        services=[one for one in services if issuer.kind in one.issuers],
        manifests=manifests,
        booked=count_documents(connection, ids),
        receipts=load_receipts(connection, ids),
        number=number,
        documents=load_documents(connection, shop, [number, latin_digits(number)]) if number else [],
        states=STATE_TEXTS,
        receivers=RECEIVERS,
    )


@router.post("/issuer/manifests")
def page_issuer_list_sent(
    found: OurVisit, shop: Shop, said: Form, file: Annotated[OrderFile, Depends(upload)], connection: InTransaction
) -> Response:
    """The list is sealed, and its documents are booked while nobody waits; the same list again is the same."""
    sealed = attempt(connection, lambda: _sealed(found, connection, shop, said, file))
    if isinstance(sealed, PostError):
        return _lists(found, connection, shop, refused(found, said, sealed, FIELDS))
    where = f"/issuer/manifests/{sealed.manifest.manifest_id}"
    if sealed.is_new:
        return go(where, found, said="The list is sealed; its documents are being booked.")
    return go(where, found, said="This list was sealed before.")


def _sealed(found: Visit, connection: Connection, shop: MerchantId, said: Form, file: OrderFile) -> Sealed:
    sealing = Sealing(
        number=said.get("number", ""),
        service_on=day_of(said.get("service_on", ""), "service_on") or found.at.astimezone(DHAKA).date(),
        sealed_by=said.get("sealed_by", ""),
        seal_number=said.get("seal_number", ""),
        digest=said.get("digest", ""),
    )
    return seal_file(connection, found.engine.facts, shop, sealing, file, found.at)


@router.get("/issuer/manifests/{manifest_id}")
def page_issuer_list(manifest_id: UUID, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """What was sealed, how much of it is booked, what could not be, and what the counter found."""
    manifest = load_manifest(connection, manifest_id, shop)
    rows = [row for outcome in _NOT_BOOKED for row in load_rows_after(connection, manifest_id, 0, PAGE, outcome)]
    job = _job(connection, manifest_id, shop)
    return page(
        found,
        "issuer/list.html",
        manifest=manifest,
        booked=count_documents(connection, [manifest_id]).get(manifest_id, 0),
        receipt=load_receipts(connection, [manifest_id]).get(manifest_id),
        differences=load_differences(connection, manifest_id),
        job=job,
        states=STATES,
        why=sentence(found, str(job.problem["reason"]), str(job.problem["remedy"])) if job and job.problem else "",
        rows=[(row, by_field(found, row.problems)) for row in sorted(rows, key=lambda row: row.row)],
    )


def _job(connection: Connection, manifest_id: UUID, shop: MerchantId) -> Job | None:
    """How far its file is; None for a list that was no file, or was booked long ago."""
    try:
        return load_job(connection, manifest_id, shop)
    except NotFound:
        return None
