"""Sealed lists of documents: sent in by those who issue them, put right, and received at the counter."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import Form, Path, Query, Response, UploadFile
from pydantic import Field

from api.acting import Person
from api.context import ForMerchant, InLanguage, InTransaction, Now, Staff, TheEngine, ThePost, in_office
from api.fields import MERCHANT_ID, Day, In, Limit, Line, Note, OfficeCode, Out, following
from api.planning import OfficeInPath
from api.problems import answers
from api.slices import Slice
from api.verdicts import VerdictOut
from post_logistics.consignments.documents import IssuerKind
from post_logistics.consignments.order_files import MAX_FILE_BYTES
from post_logistics.operations.documents.issuing import register_issuer
from post_logistics.operations.documents.receiving import Counted, receive
from post_logistics.operations.documents.sealing import Sealing, correct, seal_file, seal_listed
from post_logistics.operations.orders.order_jobs import OrderFile
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.issuers import load_issuers
from post_logistics.storage.documents.manifests import (
    Finding,
    Manifest,
    ManifestReceipt,
    count_documents,
    load_differences,
    load_expected,
    load_manifest,
    load_manifests_after,
    load_receipts,
)

router = Slice(prefix="/v1", tags=["documents"], responses=answers(401, 403))

FILES_PATH: Final = "/v1/manifests/files"
MAX_DOCUMENTS: Final = 500
Application = Annotated[Line, Field(max_length=64, examples=["LR-2026-004711"])]


class IssuerIn(In):
    """A merchant that will issue documents."""

    merchant_id: Annotated[str, Field(pattern=MERCHANT_ID, examples=["dc-office-dhaka"])]
    kind: Annotated[IssuerKind, Field(strict=False, examples=["office"])]
    code: Annotated[Line, Field(max_length=40, description="Its lasting short name.", examples=["dc-dhaka"])]
    name_bn: Annotated[Line, Field(examples=["জেলা প্রশাসকের কার্যালয়, ঢাকা"])]
    office: Annotated[OfficeCode, Field(description="Where it hands in its manifests.")]


class IssuerOut(Out):
    """A merchant that issues documents."""

    merchant_id: str
    kind: Annotated[IssuerKind, Field(examples=["office"])]
    code: str
    name_bn: str
    office: str


class DocumentIn(In):
    """One document of a list, as people write it: Bangla digits are understood."""

    application_number: Application
    service_code: Annotated[Line, Field(description="A service of data/documents.toml.", examples=["G10"])]
    recipient_name: Annotated[Line, Field(examples=["Rahima Khatun"])]
    recipient_phone: Annotated[Line, Field(description="Empty where the service needs none.")] = ""
    recipient_address: Annotated[Note, Field(max_length=400)] = ""
    recipient_postcode: Line = ""
    holding_number: Annotated[Line, Field(examples=["123/1"])] = ""
    ward: Annotated[Line, Field(examples=["4"])] = ""
    road: Line = ""
    fee_poisha: Annotated[int, Field(ge=0, le=10**9, description="The issuer's own fee, taken at the door.")] = 0

    def fields(self) -> dict[str, str]:
        """The texts by field, as a file of documents gives them."""
        texts = self.model_dump(exclude={"application_number", "fee_poisha"})
        fee = f"{self.fee_poisha // 100}.{self.fee_poisha % 100:02}" if self.fee_poisha else ""
        return texts | {"order_ref": self.application_number, "fee_taka": fee}


class ManifestIn(In):
    """A sealed list of 1 to 500 documents."""

    number: Annotated[Line, Field(max_length=40, description="The issuer's own.", examples=["2026/118"])]
    service_on: Annotated[Day, Field(description="The day on which it is handed in.")]
    sealed_by: Annotated[Line, Field(description="Who answers for it at the issuer.", examples=["A. Karim"])]
    seal_number: Annotated[Line, Field(max_length=40, examples=["BD-00471"])] = ""
    digest: Annotated[
        str, Field(max_length=64, pattern="^([0-9A-Fa-f]{64})?$", description="SHA-256 over its lines.", examples=[""])
    ] = ""
    documents: Annotated[list[DocumentIn], Field(min_length=1, max_length=MAX_DOCUMENTS)]

    def sealing(self) -> Sealing:
        """What the issuer says of it."""
        return Sealing(**self.model_dump(exclude={"documents"}))


class ReceiptOut(Out):
    """What the counter found."""

    office: str
    counted: int
    seal_intact: bool
    received_by: str
    received_at: datetime


class DifferenceOut(Out):
    """A document that is listed and was not there, or was there and is not listed."""

    application_number: Annotated[str, Field(examples=["LR-2026-004711"])]
    finding: Finding


class ManifestOut(Out):
    """A sealed list, and what became of it."""

    manifest_id: UUID
    merchant_id: str
    number: str
    service_on: date
    count: Annotated[int, Field(description="How many documents it lists.")]
    booked: Annotated[int, Field(description="How many of them are booked.")]
    digest: Annotated[str, Field(description="SHA-256 over its lines.")]
    sealed_by: str
    seal_number: str
    sealed_at: datetime
    receipt: Annotated[ReceiptOut | None, Field(description="Null until the counter has received it.")]
    job_url: Annotated[str, Field(description="Of a file: how far it is, and the verdict on every row.")]

    @classmethod
    def made(cls, connection: Connection, manifests: list[Manifest]) -> "list[ManifestOut]":
        """The answer about manifests, in their order."""
        ids = [one.manifest_id for one in manifests]
        booked, receipts = count_documents(connection, ids), load_receipts(connection, ids)
        return [cls._made(one, booked.get(one.manifest_id, 0), receipts.get(one.manifest_id)) for one in manifests]

    @classmethod
    def _made(cls, one: Manifest, booked: int, receipt: ManifestReceipt | None) -> "ManifestOut":
        facts = {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
        told = ReceiptOut.of(receipt) if receipt else None
        return cls(**facts, booked=booked, receipt=told, job_url=f"/v1/jobs/{one.manifest_id}")


class ManifestDetailOut(ManifestOut):
    """The same, with what the counter found short or in excess."""

    differences: list[DifferenceOut]


class ManifestPage(Out):
    """Manifests, the latest first. ``next``: send it as ``after`` for the next page; null on the last."""

    manifests: list[ManifestOut]
    next: str | None


class SealedOut(Out):
    """The manifest and a verdict per document, in their order."""

    manifest: ManifestOut
    verdicts: list[VerdictOut]


class CountedIn(In):
    """What the counter found of a manifest."""

    counted: Annotated[int, Field(ge=0, le=10**6, examples=[12])]
    seal_intact: Annotated[bool, Field(examples=[True])]
    short: Annotated[
        list[Application],
        Field(default_factory=list, max_length=5_000, description="Listed, and not there.", examples=[[]]),
    ]
    excess: Annotated[
        list[Application],
        Field(default_factory=list, max_length=5_000, description="There, and not listed.", examples=[[]]),
    ]
    received_by: Person

    def found(self) -> Counted:
        """What was found."""
        return Counted(
            counted=self.counted, seal_intact=self.seal_intact, short=tuple(self.short), excess=tuple(self.excess)
        )


ManifestId = Annotated[UUID, Path(description="From the answer to the list.")]


@router.post("/issuers", status_code=201, summary="Register an issuer", responses=answers(400, 404, 409, 413))
def register_document_issuer(
    asked: IssuerIn, who: ThePost, connection: InTransaction, engine: TheEngine, at: Now
) -> IssuerOut:
    """Makes a merchant an issuer of documents. Told again it answers the same; 409 if it is one with other details."""
    return IssuerOut.of(register_issuer(connection, engine.facts, **asked.model_dump(), at=at))


@router.get("/issuers", summary="Who issues documents")
def issuers(who: ThePost, connection: InTransaction) -> list[IssuerOut]:
    """Every issuer, by code."""
    return [IssuerOut.of(one) for one in load_issuers(connection)]


@router.post("/manifests", status_code=201, summary="Seal a list of documents", responses=answers(400, 404, 409, 413))
def seal_manifest(
    asked: ManifestIn,
    merchant_id: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    language: InLanguage,
) -> SealedOut:
    """Seals the list and books its documents; every one gets its verdict. The same list again changes nothing; 409 for
    another one under the same number."""
    rows = [one.fields() for one in asked.documents]
    sealed, verdicts = seal_listed(connection, engine.facts, engine.numbers, merchant_id, asked.sealing(), rows, at)
    (told,) = ManifestOut.made(connection, [sealed.manifest])
    return SealedOut(manifest=told, verdicts=[VerdictOut.said(one, language) for one in verdicts])


@router.post(
    "/manifests/files",
    status_code=202,
    summary="Seal a file of documents",
    responses=answers(400, 404, 409, 413),
)
def seal_manifest_file(
    file: UploadFile,
    merchant_id: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    response: Response,
    number: Annotated[str, Form(max_length=40, description="The issuer's own.")],
    service_on: Annotated[date, Form(description="The day on which it is handed in.")],
    sealed_by: Annotated[str, Form(max_length=120, description="Who answers for it at the issuer.")],
    seal_number: Annotated[str, Form(max_length=40)] = "",
    digest: Annotated[str, Form(max_length=64, description="SHA-256 over its lines.")] = "",
) -> ManifestOut:
    """Seals a CSV or XLSX file of up to 200,000 documents, which are booked meanwhile: `job_url` says how far it is and
    gives the verdict on every row. The same file again changes nothing."""
    sent = OrderFile(file.filename or "the file", file.file.read(MAX_FILE_BYTES + 1), dry_run=False)
    said = Sealing(number=number, service_on=service_on, sealed_by=sealed_by, seal_number=seal_number, digest=digest)
    sealed = seal_file(connection, engine.facts, merchant_id, said, sent, at)
    (told,) = ManifestOut.made(connection, [sealed.manifest])
    response.headers["Location"] = told.job_url
    return told


@router.get("/manifests", summary="An issuer's manifests")
def manifests(
    merchant_id: ForMerchant,
    connection: InTransaction,
    after: Annotated[UUID | None, Query(description="The `next` of a page.")] = None,
    limit: Limit = 50,
) -> ManifestPage:
    """A page of the issuer's sealed lists."""
    found = load_manifests_after(connection, merchant_id, after, limit)
    told = ManifestOut.made(connection, found)
    return ManifestPage(manifests=told, next=following([str(one.manifest_id) for one in found], limit))


@router.get("/manifests/{manifest_id}", summary="One manifest", responses=answers(404))
def manifest(manifest_id: ManifestId, merchant_id: ForMerchant, connection: InTransaction) -> ManifestDetailOut:
    """What was sealed, how much of it is booked, and what the counter found. Another issuer's is not found."""
    found = load_manifest(connection, manifest_id, merchant_id)
    (told,) = ManifestOut.made(connection, [found])
    differences = [DifferenceOut.of(one) for one in load_differences(connection, manifest_id)]
    return ManifestDetailOut(**told.model_dump(), differences=differences)


class CorrectionsIn(In):
    """Documents of a manifest that could not be booked as they were listed, put right."""

    documents: Annotated[list[DocumentIn], Field(min_length=1, max_length=MAX_DOCUMENTS)]


@router.post(
    "/manifests/{manifest_id}/corrections", summary="Put right what was not booked", responses=answers(400, 404, 413)
)
def correct_manifest(
    manifest_id: ManifestId,
    asked: CorrectionsIn,
    merchant_id: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    language: InLanguage,
) -> list[VerdictOut]:
    """A verdict per document: booked under its manifest, or refused. Only what is on the list can be put right."""
    rows = [one.fields() for one in asked.documents]
    verdicts = correct(connection, engine.facts, engine.numbers, merchant_id, manifest_id, rows, at)
    return [VerdictOut.said(one, language) for one in verdicts]


@router.get("/offices/{office}/manifests", summary="Manifests that are expected", responses=answers(404))
def expected_manifests(
    office: OfficeInPath, who: Staff, connection: InTransaction, engine: TheEngine
) -> list[ManifestOut]:
    """Sealed for this office and not handed in yet, the oldest first."""
    return ManifestOut.made(connection, load_expected(connection, in_office(engine, who, office)))


@router.post(
    "/offices/{office}/manifests/{manifest_id}/receipt",
    summary="Receive a manifest",
    responses=answers(400, 404, 409, 413),
)
def receive_manifest(
    office: OfficeInPath,
    manifest_id: ManifestId,
    asked: CountedIn,
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> ReceiptOut:
    """Counts it, compares it with its list and accepts what is there. Told again it answers the same."""
    place = in_office(engine, who, office)
    return ReceiptOut.of(receive(connection, manifest_id, place, asked.found(), asked.received_by, at))
