"""The log for systems outside, in three standards, and deliveries confirmed with a signature."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field

from api.context import InTransaction, Now, TheEngine, ThePost, Trader
from api.fields import Limit, Out, following
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.faces.confirmations import public_keys, signer
from post_logistics.operations.faces.feeds import Page, as_cloud_events, as_emsevt, as_epcis, emsevt_csv, read_log
from post_logistics.storage.faces.confirmations import load_confirmations_after

router = Slice(prefix="/v1", tags=["feeds"], responses=answers(401, 403))

After = Annotated[
    str | None,
    Query(
        max_length=100,
        description="Where to go on: from the `Link` of a page (`rel=next`). Left out: from the beginning.",
        examples=["20261122T030000.000000Z-9223372036854775807-00000000000000000000000000000000"],
    ),
]


class LinkedData(Response):
    """JSON-LD."""

    media_type = "application/ld+json"


class CloudEventBatch(Response):
    """CloudEvents in JSON, several in one body."""

    media_type = "application/cloudevents-batch+json"


class Csv(PlainTextResponse):
    """Rows with a header."""

    media_type = "text/csv"


class EmsevtOut(Out):
    """One event in the codes of the UPU."""

    item_number: str
    event_code: str
    event_at: str
    office: str
    next_office: str
    reason_code: Annotated[str, Field(description="Of EMH; assumed, see the guide.")]
    action_code: Annotated[str, Field(description="Of EMH; assumed, see the guide.")]


class EmsevtPage(Out):
    """Events in the order in which they were recorded. ``next``: send it as ``after``; there is always one."""

    events: list[EmsevtOut]
    next: str
    more: bool


class ConfirmationOut(Out):
    """A delivery confirmed, or an earlier confirmation taken back. ``signed`` is the whole of it, as a compact JWS."""

    number: int
    kind: Literal["delivered", "corrected"]
    item_number: str
    corrects: Annotated[int | None, Field(description="The number that was wrong.")]
    made_at: datetime
    signed: str


class ConfirmationPage(Out):
    """Confirmations by number, none missing. ``next``: send it as ``after``; null when there are no more yet."""

    confirmations: list[ConfirmationOut]
    next: str | None


class KeysOut(Out):
    """The public keys of all times (RFC 7517), that of now last."""

    keys: list["KeyOut"]


class KeyOut(Out):
    """The public key by which ``signed`` is checked (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


def _links(request: Request, page: Page, limit: int) -> dict[str, str]:
    return {"Link": f'<{request.url.path}?after={page.next}&limit={limit}>; rel="next"'}


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(response: type[Response], kind: str) -> dict[int | str, dict[str, Any]]:
    """What is answered, for the OpenAPI: JSON, whatever it is called."""
    return {200: {"content": {str(response.media_type): {"schema": {"type": kind}}}}}


@router.get("/feeds/epcis", summary="GS1 EPCIS 2.0", response_class=LinkedData, responses=_json(LinkedData, "object"))
def epcis_feed(
    who: Trader, request: Request, connection: InTransaction, at: Now, after: After = None, limit: Limit = 100
) -> LinkedData:
    """An EPCISDocument: of a merchant's own parcels, or of everything. The header `Link` says how to go on."""
    page = read_log(connection, after, limit, who.merchant_id, at)
    return LinkedData(_written(as_epcis(page, at)), headers=_links(request, page, limit))


@router.get(
    "/feeds/cloudevents",
    summary="CloudEvents 1.0",
    response_class=CloudEventBatch,
    responses=_json(CloudEventBatch, "array"),
)
def cloudevents_feed(
    who: Trader, request: Request, connection: InTransaction, at: Now, after: After = None, limit: Limit = 100
) -> CloudEventBatch:
    """A batch of events: of a merchant's own parcels, or of everything. The header `Link` says how to go on."""
    page = read_log(connection, after, limit, who.merchant_id, at)
    return CloudEventBatch(_written(as_cloud_events(page)), headers=_links(request, page, limit))


@router.get("/feeds/emsevt", summary="UPU EMSEVT codes")
def emsevt_feed(who: Trader, connection: InTransaction, at: Now, after: After = None, limit: Limit = 100) -> EmsevtPage:
    """What EMSEVT has words for; a page of the log may hold fewer events than scans, or none."""
    page = read_log(connection, after, limit, who.merchant_id, at)
    return EmsevtPage(events=[EmsevtOut.of(one) for one in as_emsevt(page)], next=page.next, more=page.more)


@router.get("/feeds/emsevt.csv", summary="UPU EMSEVT codes as CSV", response_class=Csv)
def emsevt_table(
    who: Trader, request: Request, connection: InTransaction, at: Now, after: After = None, limit: Limit = 100
) -> Csv:
    """The same as a table. The header `Link` says how to go on."""
    page = read_log(connection, after, limit, who.merchant_id, at)
    return Csv(emsevt_csv(as_emsevt(page)), headers=_links(request, page, limit))


@router.get("/confirmations", summary="Deliveries confirmed, signed")
def confirmations(
    who: ThePost,
    connection: InTransaction,
    after: Annotated[int, Query(ge=0, le=2**62, description="The number to go on from.")] = 0,
    limit: Limit = 100,
) -> ConfirmationPage:
    """For the platform that pays merchants: numbered without gaps, each once, mistakes taken back by a new number."""
    found = load_confirmations_after(connection, after, limit)
    return ConfirmationPage(
        confirmations=[ConfirmationOut.of(one) for one in found],
        next=following([str(one.number) for one in found], limit),
    )


@router.get("/confirmations/key", summary="The key that checks them")
def confirmation_key(who: ThePost, engine: TheEngine) -> KeyOut:
    """The public key as a JWK; its `kid` stands in the header of every confirmation that it checks."""
    return KeyOut(**signer(engine.facts.advice_key).jwk)


@router.get("/confirmations/keys", summary="All keys that have signed them")
def confirmation_keys(who: ThePost, connection: InTransaction, engine: TheEngine) -> KeysOut:
    """A JWK set: the key of now, and those before it, for confirmations of then."""
    found = public_keys(connection, signer(engine.facts.advice_key))
    return KeysOut(keys=[KeyOut(**jwk) for jwk in found])
