"""Webhooks: where a merchant's server is told of its parcels, as the Standard Webhooks specification says."""

import secrets
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.context import ForMerchant, InTransaction, Now, TheEngine
from api.fields import In, Instant, Limit, Out, following
from api.problems import answers
from api.slices import Slice
from post_logistics.channels.destinations import MAX_URL_CHARS
from post_logistics.channels.webhooks import SECRET_BYTES, secret_of
from post_logistics.operations.telling import webhooks
from post_logistics.storage.telling.webhooks import DialectName, load_endpoints, load_messages_after, lock_endpoint
from post_logistics.tracking.lifecycle import TOLD, Event

router = Slice(prefix="/v1/webhooks", tags=["webhooks"], responses=answers(401, 403))

EndpointId = Annotated[UUID, Path(examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])]
_NAME = r"^[\w-]{1,40}$"
MessageId = Annotated[str, Path(pattern=_NAME, examples=["msg_7c9e6679742540de944be07fc1f90ae7"])]


class EndpointIn(In):
    """A URL of the merchant's."""

    url: Annotated[
        str,
        Field(min_length=1, max_length=MAX_URL_CHARS, examples=["https://shop.example/webhooks/post"]),
    ]
    events: Annotated[
        list[Annotated[Event, Field(strict=False)]],
        Field(
            default_factory=list,
            max_length=len(TOLD),
            description="Tell only of these. None: of all.",
            examples=[["out_for_delivery"]],
        ),
    ]
    dialect: Annotated[
        DialectName,
        Field(description="How your receiver is spoken to. `native`: Standard Webhooks.", examples=["native"]),
    ] = "native"
    secret: Annotated[
        str | None,
        Field(
            pattern=r"^[\x21-\x7e]{16,200}$",
            description="The token that your receiver compares, if it has one already; not for `native`, which signs. "
            "Left out, one is made.",
            examples=[None],
        ),
    ] = None


class EndpointOut(Out):
    """An endpoint, and how it has been answering."""

    endpoint_id: UUID
    url: str
    events: list[str]
    dialect: DialectName
    made_at: datetime
    failures: Annotated[int, Field(description="In a row, until now.")]
    failing_since: datetime | None
    paused_until: Annotated[datetime | None, Field(description="Left alone until then, because it fails.")]
    stopped_at: Annotated[datetime | None, Field(description="Since then it is told nothing; see `stopped_why`.")]
    stopped_why: str


class SecretOut(EndpointOut):
    """An endpoint with the secret that signs its messages; no other answer shows it."""

    secret: Annotated[str, Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])]
    previous_until: Annotated[datetime | None, Field(description="So long the secret before it signs, too.")]


class EndpointsOut(Out):
    """All endpoints of a merchant."""

    endpoints: list[EndpointOut]


class MessageOut(Out):
    """A message and what came of it. The body is as it was or will be sent."""

    message_id: str
    item_number: Annotated[str, Field(description="Empty if it is about no parcel.")]
    event: str
    made_at: datetime
    status: Literal["waiting", "sent", "failed"]
    tries: int
    next_try_at: datetime
    last_tried_at: datetime | None
    last_answer: str
    body: str


class MessagePage(Out):
    """Messages, the latest first. ``next``: send it as ``after`` for the next page; null on the last."""

    messages: list[MessageOut]
    next: str | None


class ReplayIn(In):
    """Which messages to send once more."""

    since: Instant
    failed_only: Annotated[bool, Field(description="Only those that were given up.")] = False


class ReplayOut(Out):
    """How many wait to be sent once more."""

    replayed: int


@router.post("", status_code=201, summary="Make an endpoint", responses=answers(400, 404, 409, 413))
def add_webhook(
    asked: EndpointIn, merchant: ForMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> SecretOut:
    """Makes the endpoint and its secret. The same URL again answers the same; 409 if it is told of other events."""
    made = webhooks.add_endpoint(
        connection,
        merchant,
        asked.url,
        asked.events,
        asked.secret or secret_of(secrets.token_bytes(SECRET_BYTES)),
        at,
        dialect=asked.dialect,
        development=engine.settings.environment == "development",
    )
    return SecretOut.of(made)


@router.get("", summary="The endpoints")
def list_webhooks(merchant: ForMerchant, connection: InTransaction) -> EndpointsOut:
    """All of them, the oldest first."""
    return EndpointsOut(endpoints=[EndpointOut.of(one) for one in load_endpoints(connection, merchant)])


@router.delete("/{endpoint_id}", status_code=204, summary="Remove an endpoint", responses=answers(404))
def remove_webhook(endpoint_id: EndpointId, merchant: ForMerchant, connection: InTransaction) -> None:
    """Removes it with its messages."""
    webhooks.remove_endpoint(connection, merchant, endpoint_id)


@router.post("/{endpoint_id}/secret", summary="Change the secret", responses=answers(404))
def change_webhook_secret(
    endpoint_id: EndpointId, merchant: ForMerchant, connection: InTransaction, at: Now
) -> SecretOut:
    """A new secret; the old one signs beside it for a day. Within ten minutes the same is answered again."""
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    return SecretOut.of(webhooks.change_secret(connection, merchant, endpoint_id, secret, at))


@router.post("/{endpoint_id}/resume", summary="Resume an endpoint", responses=answers(404))
def resume_webhook(endpoint_id: EndpointId, merchant: ForMerchant, connection: InTransaction, at: Now) -> EndpointOut:
    """Tells an endpoint again that was stopped or is left alone; what waits for it goes first."""
    return EndpointOut.of(webhooks.resume_endpoint(connection, merchant, endpoint_id, at))


@router.post("/{endpoint_id}/ping", status_code=202, summary="Try an endpoint", responses=answers(404, 409))
def ping_webhook(endpoint_id: EndpointId, merchant: ForMerchant, connection: InTransaction, at: Now) -> MessageOut:
    """Sends a message of type `ping`; look into the list of messages for what came of it."""
    return MessageOut.of(webhooks.ping(connection, merchant, endpoint_id, at))


@router.get("/{endpoint_id}/messages", summary="The messages of an endpoint", responses=answers(404))
def webhook_messages(
    endpoint_id: EndpointId,
    merchant: ForMerchant,
    connection: InTransaction,
    status: Annotated[Literal["waiting", "sent", "failed"] | None, Query(description="Only these.")] = None,
    after: Annotated[str | None, Query(pattern=_NAME, description="The `next` of a page.")] = None,
    limit: Limit = 100,
) -> MessagePage:
    """A page of messages and what came of them."""
    lock_endpoint(connection, endpoint_id, merchant)
    found = load_messages_after(connection, endpoint_id, after, limit, status)
    page = [MessageOut.of(one) for one in found]
    return MessagePage(messages=page, next=following([one.message_id for one in found], limit))


@router.post(
    "/{endpoint_id}/messages/{message_id}/replay",
    status_code=202,
    summary="Send a message once more",
    responses=answers(404),
)
def replay_webhook(
    endpoint_id: EndpointId, message_id: MessageId, merchant: ForMerchant, connection: InTransaction, at: Now
) -> MessageOut:
    """Sends the message again under its own id, whatever came of it before."""
    return MessageOut.of(webhooks.replay_message(connection, merchant, endpoint_id, message_id, at))


@router.post(
    "/{endpoint_id}/replay",
    status_code=202,
    summary="Send messages since a time once more",
    responses=answers(400, 404, 413),
)
def replay_webhooks(
    endpoint_id: EndpointId, asked: ReplayIn, merchant: ForMerchant, connection: InTransaction, at: Now
) -> ReplayOut:
    """Sends every message made since then again, each under its own id: after a breakdown on your side."""
    count = webhooks.replay_since(connection, merchant, endpoint_id, asked.since, at, failed_only=asked.failed_only)
    return ReplayOut(replayed=count)
