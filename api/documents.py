"""Where documents stand: for those who issue them, with signed advices of delivery, and for their applicants."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.context import ForMerchant, InLanguage, InTransaction, Now, TheEngine
from api.feeds import KeyOut
from api.fields import In, Limit, Line, Out, following
from api.manifests import Application
from api.problems import answers
from api.slices import Slice
from api.tracking import TrackingOut
from post_logistics.consignments.documents import Receiver
from post_logistics.operations.documents.finding import track_document
from post_logistics.operations.faces.confirmations import signer
from post_logistics.operations.promises.promising import expected_on
from post_logistics.storage.documents.advices import load_advices_after
from post_logistics.storage.documents.documents import DocumentStanding, WantedDocuments, load_documents_after
from post_logistics.tracking.lifecycle import State

router = Slice(prefix="/v1", tags=["documents"], responses=answers(401, 403))
public = Slice(prefix="/v1", tags=["documents"])


class DocumentOut(Out):
    """A document and where it stands; nothing of who receives it but in what quality."""

    application_number: Annotated[str, Field(examples=["LR-2026-004711"])]
    item_number: str
    manifest_id: UUID
    service: Annotated[str, Field(examples=["G10"])]
    ward: int | None
    fee_poisha: int
    cod_poisha: Annotated[int, Field(description="To be taken at the door: the fee, and the postage if it is due.")]
    collected_poisha: int
    state: State
    received_by: Annotated[
        Receiver | None, Field(description="As it was noted at the hand-over; null until then.", examples=["addressee"])
    ]
    office: str
    last_at: Annotated[datetime, Field(description="When the last thing happened to it.")]
    promised_on: date

    @classmethod
    def made(cls, one: DocumentStanding) -> "DocumentOut":
        """The answer about one document."""
        facts = {name: getattr(one, name) for name in cls.model_fields}
        return cls.model_validate(facts | {"received_by": one.received_by or None})


class DocumentPage(Out):
    """Documents by application number. ``next``: send it as ``after`` for the next page; null on the last."""

    documents: list[DocumentOut]
    next: str | None


class AdviceOut(Out):
    """A signed advice of delivery: a compact JWS, to be checked with the key of /v1/documents/advices/key."""

    number: Annotated[int, Field(description="Rises from one advice to the next.")]
    item_number: str
    signed: Annotated[str, Field(examples=["eyJhbGciOiJFUzI1NiJ9.…"])]
    made_at: datetime


class AdvicePage(Out):
    """Advices in their order. ``next``: send it as ``after`` for the next page; null on the last."""

    advices: list[AdviceOut]
    next: int | None


class TrackIn(In):
    """What an applicant knows."""

    application_number: Application
    phone: Annotated[Line, Field(description="The one that was given to the issuing office.", examples=["01712345678"])]


@router.get("/documents", summary="Where an issuer's documents stand")
def documents(
    merchant_id: ForMerchant,
    connection: InTransaction,
    application_number: Annotated[str, Query(max_length=64, description="Only this one.")] = "",
    state: Annotated[State | None, Query()] = None,
    service: Annotated[str | None, Query(max_length=20, description="Only of this service.")] = None,
    ward: Annotated[int | None, Query(ge=1, le=999)] = None,
    manifest_id: Annotated[UUID | None, Query()] = None,
    after: Annotated[str, Query(max_length=64, description="The `next` of a page.")] = "",
    limit: Limit = 100,
) -> DocumentPage:
    """A page of the issuer's documents, by application number."""
    wanted = WantedDocuments(
        application_number=application_number or None,
        state=state,
        service=service,
        ward=ward,
        manifest_id=manifest_id,
    )
    found = load_documents_after(connection, merchant_id, after, limit, wanted)
    told = [DocumentOut.made(one) for one in found]
    return DocumentPage(documents=told, next=following([one.application_number for one in found], limit))


@router.get("/documents/advices", summary="Advices of delivery")
def document_advices(
    merchant_id: ForMerchant,
    connection: InTransaction,
    after: Annotated[int, Query(ge=0, le=2**62, description="The `next` of a page.")] = 0,
    limit: Limit = 100,
) -> AdvicePage:
    """A page of the issuer's signed advices, in their order: one for each delivery that is confirmed, and one that
    takes it back where it was a mistake. They are also sent to the issuer's webhooks."""
    found = load_advices_after(connection, merchant_id, after, limit)
    told = [AdviceOut.of(one) for one in found]
    return AdvicePage(advices=told, next=found[-1].number if len(found) == limit else None)


@public.get("/documents/advices/key", summary="The key that checks advices", openapi_extra={"security": []})
def advice_key(engine: TheEngine) -> KeyOut:
    """The public key as a JWK; its `kid` stands in the header of every advice that it checks."""
    return KeyOut(**signer(engine.facts.advice_key).jwk)


@public.post(
    "/track/documents",
    summary="Track by application number",
    responses=answers(400, 404, 413),
    openapi_extra={"security": []},
)
def track_by_application(
    asked: TrackIn, connection: InTransaction, engine: TheEngine, at: Now, language: InLanguage
) -> TrackingOut:
    """Where the document is, for whoever knows the application number and the applicant's telephone number. For either
    of the two alone the answer is the same 404."""
    facts = engine.facts
    view = track_document(connection, facts.offices, asked.application_number, asked.phone, language, at)
    return TrackingOut.made(view, expected_on(connection, facts, view.item_number, at))
