"""Shops that send their orders by themselves: connected by their merchants, heard by their signatures."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Depends, Header, HTTPException, Path, Query, Request
from pydantic import Field

from api.context import ForMerchant, InTransaction, Now, TheEngine
from api.fields import Grams, In, Limit, Line, Note, Out, Poisha, QuestionOut, following
from api.problems import answers
from api.slices import Slice
from post_logistics.channels.shops import woocommerce
from post_logistics.operations.orders import shop_orders, shops
from post_logistics.operations.orders.shop_rates import rates
from post_logistics.operations.orders.shops import Message, Wanted, keep
from post_logistics.storage.orders.shops import (
    OrderState,
    Shop,
    ShopKind,
    ShopOrder,
    Tally,
    load_orders_after,
    load_shops,
    load_tallies,
    lock_shop,
)
from post_logistics.units import kilograms, taka_plain

router = Slice(prefix="/v1/shops", tags=["shops"], responses=answers(401, 403))
public = Slice(prefix="/v1/shops", tags=["shops"], responses=answers(400, 401, 413))

ShopId = Annotated[UUID, Path(examples=["7c9e6679-7425-40de-944b-e07fc1f90ae7"])]
OrderId = Annotated[str, Path(max_length=80, pattern=r"^[^\x00-\x1f\x7f/]+$", examples=["727"])]
_SECRET_BYTES = 24


class ShopIn(In):
    """A shop of the merchant's. Sent again with other details, the connection is changed."""

    kind: Annotated[ShopKind, Field(strict=False, examples=["woocommerce"])]
    domain: Annotated[
        Line, Field(description="Its address; of a Shopify shop the one of Shopify.", examples=["saree.example.com"])
    ]
    secret: Annotated[
        Line,
        Field(
            description="Shopify: the app's API secret key. WooCommerce: empty, and one is made.",
            examples=["", "shpss_0123456789abcdef"],
        ),
    ] = ""
    prefix: Annotated[
        str, Field(max_length=20, description="Begins the references of its orders; empty: its name.", examples=[""])
    ] = ""
    send_when: Annotated[
        list[Line],
        Field(
            default_factory=lambda: list(woocommerce.SEND_WHEN),
            max_length=10,
            description="WooCommerce: the states in which an order is to be sent.",
            examples=[["processing"]],
        ),
    ]
    store_address: Annotated[
        str, Field(max_length=300, description="Where parcels are fetched; empty: the merchant's store.", examples=[""])
    ] = ""


class ShopOut(Out):
    """A shop, and how it stands."""

    shop_id: UUID
    kind: ShopKind
    domain: str
    prefix: str
    send_when: list[str]
    store_address: str
    made_at: datetime
    closed_at: Annotated[datetime | None, Field(description="Since then none of its orders is booked.")]
    closed_why: str
    webhook_path: Annotated[str, Field(description="Where the shop sends its orders, on this server.")]
    orders: Annotated[dict[str, int], Field(description="How many, by state.")]
    heard_at: Annotated[datetime | None, Field(description="When it last sent something.")]
    unreadable: Annotated[int, Field(description="Messages that nobody could read; they are kept.")]

    @classmethod
    def made(cls, shop: Shop, tally: Tally, **more: Any) -> Self:
        """The answer made of a connection and its counts."""
        told = {name: getattr(shop, name) for name in cls.model_fields if hasattr(shop, name)}
        counts = {"orders": tally.orders, "heard_at": tally.heard_at, "unreadable": tally.unreadable}
        return cls(**{**told, **counts, "webhook_path": f"/v1/shops/{shop.shop_id}/{shop.kind.value}", **more})


class ConnectedOut(ShopOut):
    """A connection with the secret that signs; no other answer shows it."""

    secret: str


class ShopsOut(Out):
    """All shops of a merchant."""

    shops: list[ShopOut]


class ShopProblemOut(Out):
    """One thing that stands against booking an order."""

    field: str
    reason: str
    remedy: str


class ShopOrderOut(Out):
    """An order of a shop, and what became of it. Of its recipient nothing is told here."""

    order_id: str
    number: Annotated[str, Field(description="As the shop shows it.")]
    state: OrderState
    why: str
    item_number: str | None
    problems: list[ShopProblemOut]
    question: Annotated[QuestionOut | None, Field(description="What to answer, where one question would settle it.")]
    choices: Annotated[list[str], Field(description="Postcodes it might be: answer with recipient_postcode.")]
    heard_at: datetime

    @classmethod
    def made(cls, order: ShopOrder) -> Self:
        """The answer made of an order."""
        told = {name: getattr(order, name) for name in cls.model_fields if name not in {"question", "problems"}}
        return cls(**told, problems=list(map(_problem, order.problems)), question=_question(order.question))


def _problem(problem: Mapping[str, str]) -> ShopProblemOut:
    return ShopProblemOut.model_validate({**problem, "field": _OUR_NAMES.get(problem["field"], problem["field"])})


def _question(question: Mapping[str, str]) -> QuestionOut | None:
    return QuestionOut.model_validate(question) if question else None


class ShopOrderPage(Out):
    """Orders, the latest heard of first. ``next``: send it as ``after`` for the next page; null on the last."""

    orders: list[ShopOrderOut]
    next: str | None


_OUR_NAMES = {"weight_kg": "weight_g", "cod_taka": "cod_poisha"}
"""Columns of an order file -> fields of an answer."""


class AnswerIn(In):
    """What is right instead of what the shop said; what is left out stays. Empty: book it as it stands."""

    recipient_name: Annotated[Line | None, Field(min_length=1, max_length=100)] = None
    recipient_phone: Annotated[Line | None, Field(min_length=6, max_length=40)] = None
    recipient_address: Annotated[str | None, Field(min_length=3, max_length=300, pattern=r"^[^\x00]*$")] = None
    recipient_postcode: Annotated[str | None, Field(pattern=r"^[0-9]{4}$", examples=["1216"])] = None
    weight_g: Grams | None = None
    cod_poisha: Annotated[Poisha | None, Field(description="To collect; 0 if it is paid.")] = None
    note: Note | None = None

    def columns(self) -> dict[str, str]:
        """The answers by the columns of an order file."""
        columns: dict[str, str] = self.model_dump(exclude_none=True, exclude={"weight_g", "cod_poisha"})
        if self.weight_g is not None:
            columns["weight_kg"] = kilograms(self.weight_g)
        if self.cod_poisha is not None:
            columns["cod_taka"] = taka_plain(self.cod_poisha)
        return columns


class PrivacyItemOut(Out):
    """An order that a request names, and its parcel."""

    number: str
    item_number: str | None


class PrivacyRequestOut(Out):
    """What a customer asked about their data, and what was done."""

    topic: str
    received_at: datetime
    outcome: str
    items: list[PrivacyItemOut]


class HeardOut(Out):
    """It is kept."""

    heard: bool


class RatesOut(Out):
    """What a checkout offers its customer; none where the service does not go."""

    rates: list[dict[str, str]]


# For merchants


@router.post("", status_code=201, summary="Connect a shop", responses=answers(400, 404, 409, 413))
def connect_shop(
    asked: ShopIn, merchant: ForMerchant, connection: InTransaction, engine: TheEngine, at: Now
) -> ConnectedOut:
    """Makes the connection, changes it, or opens it again. The shop then sends its orders to `webhook_path`."""
    wanted = Wanted(**asked.model_dump())
    made = shops.connect(connection, engine.facts, merchant, wanted, partial(secrets.token_urlsafe, _SECRET_BYTES), at)
    return ConnectedOut.made(made, load_tallies(connection, [made.shop_id])[made.shop_id], secret=made.secret)


@router.get("", summary="The shops")
def list_shops(merchant: ForMerchant, connection: InTransaction) -> ShopsOut:
    """All of them, the oldest first."""
    found = load_shops(connection, merchant)
    tallies = load_tallies(connection, [one.shop_id for one in found])
    return ShopsOut(shops=[ShopOut.made(one, tallies[one.shop_id]) for one in found])


@router.delete("/{shop_id}", status_code=204, summary="Disconnect a shop", responses=answers(404))
def disconnect_shop(shop_id: ShopId, merchant: ForMerchant, connection: InTransaction, at: Now) -> None:
    """None of its orders is booked any more. Connect it again, and it is as before."""
    shops.disconnect(connection, merchant, shop_id, at)


@router.get("/{shop_id}/orders", summary="The orders of a shop", responses=answers(404))
def shop_orders_of(
    shop_id: ShopId,
    merchant: ForMerchant,
    connection: InTransaction,
    state: Annotated[OrderState | None, Query(description="Only these; `waiting`: those with a question.")] = None,
    after: Annotated[
        str | None, Query(max_length=80, description="The `next` of a page.", pattern=r"^[^\x00]*$")
    ] = None,
    limit: Limit = 100,
) -> ShopOrderPage:
    """A page of what the shop has sent, and what became of it."""
    lock_shop(connection, shop_id, merchant)
    found = load_orders_after(connection, shop_id, state, after, limit)
    page = [ShopOrderOut.made(one) for one in found]
    return ShopOrderPage(orders=page, next=following([one.order_id for one in found], limit))


@router.post(
    "/{shop_id}/orders/{order_id}/answer", summary="Answer for an order", responses=answers(400, 404, 409, 413)
)
def answer_shop_order(
    shop_id: ShopId,
    order_id: OrderId,
    asked: AnswerIn,
    merchant: ForMerchant,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> ShopOrderOut:
    """Books an order that waits, with what you say instead. What is still wrong with it is in the answer."""
    facts, said = engine.facts, asked.columns()
    return ShopOrderOut.made(
        shop_orders.answer(connection, facts, engine.numbers, merchant, shop_id, order_id, said, at)
    )


@router.post("/{shop_id}/orders/{order_id}/leave", summary="Leave an order", responses=answers(404))
def leave_shop_order(
    shop_id: ShopId, order_id: OrderId, merchant: ForMerchant, connection: InTransaction, at: Now
) -> ShopOrderOut:
    """Asks about it no more: it is not booked, or its parcel stays as it was booked."""
    return ShopOrderOut.made(shop_orders.leave(connection, merchant, shop_id, order_id, at))


@router.get("/{shop_id}/privacy", summary="What customers asked about their data", responses=answers(404))
def shop_privacy(
    shop_id: ShopId, merchant: ForMerchant, connection: InTransaction, limit: Limit = 100
) -> list[PrivacyRequestOut]:
    """Requests that Shopify passed on, the latest first, with the parcels that they concern."""
    found = shops.privacy_requests(connection, merchant, shop_id, limit)
    return [
        PrivacyRequestOut(
            topic=one.topic,
            received_at=one.received_at,
            outcome=one.outcome,
            items=[PrivacyItemOut(number=number, item_number=item) for number, item in one.items],
        )
        for one in found
    ]


# For the shops themselves


async def body_as_sent(request: Request) -> bytes:
    """The very bytes of the body: they are what is signed."""
    return await request.body()


Body = Annotated[bytes, Depends(body_as_sent)]
_Signature = Annotated[str, Header(description="HMAC-SHA-256 of the body by the shop's secret, base64.")]


def _by_a_shop(field: str, kind: str, example: object) -> dict[str, Any]:
    """What the documentation says of a body that a shop signs: the one field without which it is nothing."""
    schema = {"type": "object", "required": [field], "properties": {field: {"type": kind, "examples": [example]}}}
    return {
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


_ORDER = _by_a_shop("id", "integer", 727)
_RATE = _by_a_shop("rate", "object", {"destination": {"country": "BD", "postal_code": "1216"}, "items": []})


def from_woocommerce(
    shop_id: ShopId,
    body: Body,
    x_wc_webhook_signature: _Signature = "",
    x_wc_webhook_topic: Annotated[str, Header()] = "",
    x_wc_webhook_delivery_id: Annotated[str, Header()] = "",
) -> Message:
    """A message of a WooCommerce shop."""
    return Message(
        shop_id=shop_id,
        body=body,
        signature=x_wc_webhook_signature,
        topic=x_wc_webhook_topic,
        delivery=x_wc_webhook_delivery_id,
    )


def from_shopify(
    shop_id: ShopId,
    body: Body,
    x_shopify_hmac_sha256: _Signature = "",
    x_shopify_topic: Annotated[str, Header()] = "",
    x_shopify_webhook_id: Annotated[str, Header()] = "",
    x_shopify_shop_domain: Annotated[str, Header()] = "",
) -> Message:
    """A message of a Shopify shop."""
    return Message(
        shop_id=shop_id,
        body=body,
        signature=x_shopify_hmac_sha256,
        topic=x_shopify_topic,
        delivery=x_shopify_webhook_id,
        domain=x_shopify_shop_domain,
    )


def _genuine(found: bool) -> None:
    """Returns if the signature was right: 401 otherwise."""
    if not found:
        raise HTTPException(401, "the signature is not by the secret of this shop")


@public.post("/{shop_id}/woocommerce", status_code=200, summary="Where WooCommerce sends orders", openapi_extra=_ORDER)
def woocommerce_order(
    message: Annotated[Message, Depends(from_woocommerce)], connection: InTransaction, at: Now
) -> HeardOut:
    """Keeps the order and answers at once; a job books it. A message sent twice is one. What a webhook sends when it is
    switched on needs no signature."""
    _genuine(keep(connection, ShopKind.WOOCOMMERCE, message, at))
    return HeardOut(heard=True)


@public.post("/{shop_id}/shopify", status_code=200, summary="Where Shopify sends news", openapi_extra=_ORDER)
def shopify_news(message: Annotated[Message, Depends(from_shopify)], connection: InTransaction, at: Now) -> HeardOut:
    """Keeps what it tells of orders, of uninstalling, and of customers' data, and answers at once; a job does it."""
    _genuine(keep(connection, ShopKind.SHOPIFY, message, at))
    return HeardOut(heard=True)


@public.post("/{shop_id}/shopify/rates", summary="Where a Shopify checkout asks for rates", openapi_extra=_RATE)
def shopify_rates(
    message: Annotated[Message, Depends(from_shopify)], connection: InTransaction, engine: TheEngine, at: Now
) -> RatesOut:
    """Our price and our days to that address; no rates where the service does not go."""
    found = rates(connection, engine.facts, message, at)
    _genuine(found is not None)
    return RatesOut(rates=found or [])
