"""Webhooks: where the shop's own server is told of its parcels, what was sent there, and what is sent once more."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, get_args
from uuid import UUID

from fastapi import Path, Query, Response

from api.context import InTransaction
from api.pages.forms import PAGE, attempt, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.channels.webhooks import SECRET_BYTES, secret_of
from post_logistics.errors import PostError
from post_logistics.operations.telling import webhooks
from post_logistics.storage.database import Connection
from post_logistics.storage.telling.webhooks import DialectName, load_endpoints, load_messages_after, lock_endpoint

router = Slice(include_in_schema=False)

DIALECTS: Final[tuple[DialectName, ...]] = get_args(DialectName)
STATUSES: Final = (("", "All"), ("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Given up"))
_BREAKDOWN: Final = timedelta(days=3)
"""Messages given up in so many days are sent again at once."""
_MessageId = Annotated[str, Path(pattern=r"^[\w-]{1,40}$")]


@router.get("/shop/webhooks")
def page_shop_webhooks(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """The endpoints, and a form for another."""
    return _endpoints(found, connection, shop)


def _endpoints(
    found: Visit, connection: Connection, shop: str, typed: Mapping[str, str] = {}, problem: str = "", secret: str = ""
) -> Response:
    return page(
        found,
        "shop/webhooks.html",
        422 if problem else 200,
        endpoints=load_endpoints(connection, shop),
        dialects=[(one, found.say("Ours, signed (Standard Webhooks)") if one == "native" else one) for one in DIALECTS],
        typed={"url": "", "dialect": "native", **typed},
        problem=problem,
        secret=secret,
    )


@router.post("/shop/webhooks")
def page_shop_webhook_made(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """A new endpoint, told of everything; its secret is on this page and on no other."""
    made = attempt(
        connection,
        lambda: webhooks.add_endpoint(
            connection,
            shop,
            said.get("url", "").strip(),
            [],
            secret_of(secrets.token_bytes(SECRET_BYTES)),
            found.at,
            dialect=next((one for one in DIALECTS if one == said.get("dialect")), "native"),
            development=found.engine.settings.environment == "development",
        ),
    )
    if isinstance(made, PostError):
        return _endpoints(found, connection, shop, said, told(found, made))
    return _endpoints(found, connection, shop, secret=made.secret)


@router.get("/shop/webhooks/{endpoint_id}")
def page_shop_webhook(
    endpoint_id: UUID,
    found: OurVisit,
    shop: Shop,
    connection: InTransaction,
    status: Annotated[str, Query(pattern="^(waiting|sent|failed)?$")] = "",
    after: Annotated[str, Query(pattern=r"^[\w-]{0,40}$")] = "",
) -> Response:
    """What was sent to an endpoint and what came of it, the latest first."""
    endpoint = lock_endpoint(connection, endpoint_id, shop)
    messages = load_messages_after(connection, endpoint_id, after or None, PAGE, status or None)
    return page(
        found,
        "shop/webhook.html",
        endpoint=endpoint,
        messages=messages,
        shown=status,
        statuses=[(key, found.say(words)) for key, words in STATUSES],
        words=dict(STATUSES),
        more=messages[-1].message_id if len(messages) == PAGE else "",
    )


@router.post("/shop/webhooks/{endpoint_id}/ping")
def page_shop_webhook_pinged(
    endpoint_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """The endpoint is tried."""
    webhooks.ping(connection, shop, endpoint_id, found.at)
    return go(f"/shop/webhooks/{endpoint_id}", found, said="A message is on its way: see below what comes of it.")


@router.post("/shop/webhooks/{endpoint_id}/resume")
def page_shop_webhook_resumed(
    endpoint_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """The endpoint is told again."""
    webhooks.resume_endpoint(connection, shop, endpoint_id, found.at)
    return go(f"/shop/webhooks/{endpoint_id}", found, said="It is told again, what waits for it first.")


@router.post("/shop/webhooks/{endpoint_id}/replay")
def page_shop_webhook_replayed(
    endpoint_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """What was given up lately is sent once more: after a breakdown at the shop."""
    webhooks.replay_since(connection, shop, endpoint_id, found.at - _BREAKDOWN, found.at, failed_only=True)
    return go(f"/shop/webhooks/{endpoint_id}", found, said="What was given up in three days is sent once more.")


@router.post("/shop/webhooks/{endpoint_id}/secret")
def page_shop_webhook_secret(
    endpoint_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """Another secret; the old one signs beside it for a day."""
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    changed = webhooks.change_secret(connection, shop, endpoint_id, secret, found.at)
    return _endpoints(found, connection, shop, secret=changed.secret)


@router.post("/shop/webhooks/{endpoint_id}/remove")
def page_shop_webhook_removed(
    endpoint_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """Nobody is told there any more."""
    webhooks.remove_endpoint(connection, shop, endpoint_id)
    return go("/shop/webhooks", found, said="Removed.")


@router.post("/shop/webhooks/{endpoint_id}/messages/{message_id}")
def page_shop_message_again(
    endpoint_id: UUID, message_id: _MessageId, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """One message, sent once more under its own id."""
    webhooks.replay_message(connection, shop, endpoint_id, message_id, found.at)
    return go(f"/shop/webhooks/{endpoint_id}", found, said="It is sent once more.")
