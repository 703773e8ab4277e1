"""Shops that send their orders by themselves: what to paste where, what came of it, and how to end it."""

import secrets
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from fastapi import Response

from api.context import InTransaction
from api.pages.forms import attempt, told
from api.pages.shell import Form, OurVisit, Visit, go, is_secure, page
from api.pages.shop.frame import Shop, store_choices
from api.slices import Slice
from post_logistics.channels.shops import woocommerce
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.orders.shops import Wanted, connect, disconnect
from post_logistics.storage.access.stores import load_stores
from post_logistics.storage.database import Connection
from post_logistics.storage.orders import shops as store
from post_logistics.storage.orders.shops import OrderState, ShopDelivery, ShopKind
from post_logistics.units import MerchantId

router = Slice(include_in_schema=False)

KINDS: Final = {ShopKind.WOOCOMMERCE: "WooCommerce", ShopKind.SHOPIFY: "Shopify"}
"""What a merchant can connect. Partners are connected by the post."""
_NAMES: Final = {**KINDS, ShopKind.PARTNER: "—"}
STATES: Final = {
    OrderState.NOT_DUE: "Not to be sent yet",
    OrderState.DUE: "About to be booked",
    OrderState.WAITING: "Waits for your answer",
    OrderState.BOOKED: "Booked",
    OrderState.DROPPED: "Not to be sent",
    OrderState.LEFT: "Left by you",
}
_FIELDS: Final = ("kind", "domain", "secret", "prefix", "send_when", "store_address")
_SHOWN: Final = 30
"""Messages, the latest."""
_SECRET_BYTES: Final = 24


@router.get("/shop/connections")
def page_shop_connections(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """The shops that are connected, and a form for another."""
    return _connections(found, connection, shop)


def _connections(
    found: Visit, connection: Connection, shop: MerchantId, typed: Mapping[str, str] = {}, **problems: str
) -> Response:
    connected = store.load_shops(connection, shop)
    empty = dict.fromkeys(_FIELDS, "") | {"send_when": ", ".join(woocommerce.SEND_WHEN)}
    return page(
        found,
        "shop/connections.html",
        422 if problems else 200,
        connected=connected,
        tallies=store.load_tallies(connection, [one.shop_id for one in connected]),
        kinds=KINDS,
        names=_NAMES,
        waiting=OrderState.WAITING,
        booked=OrderState.BOOKED,
        stores=store_choices(load_stores(connection, shop)),
        typed=empty | dict(typed),
        problems=problems,
        wrong=lambda field: problems.get(field, ""),
    )


@router.post("/shop/connections")
def page_shop_connected(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """A new connection, with what to paste where; the secret is on this page and on no other."""
    made = attempt(connection, lambda: connect(connection, found.engine.facts, shop, _wanted(said), _secret, found.at))
    if isinstance(made, PostError):
        field = made.field if made.field in _FIELDS[1:] else "domain"
        return _connections(found, connection, shop, said, **{field: told(found, made)})
    return _connection(found, connection, shop, made.shop_id, secret=made.secret if _is_ours(made.kind) else "")


def _wanted(said: Mapping[str, str]) -> Wanted:
    """The connection that a form asks for."""
    if said.get("kind") not in set(KINDS):
        raise Unacceptable("that is no kind of shop", field="kind", remedy="choose one of the list")
    return Wanted(
        kind=ShopKind(said["kind"]),
        domain=said.get("domain", "").strip()[:200],
        secret=said.get("secret", "").strip()[:200],
        prefix=said.get("prefix", "").strip()[:40],
        send_when=[one for one in said.get("send_when", "").split(",") if one.strip()] or woocommerce.SEND_WHEN,
        store_address=said.get("store_address", "").strip()[:300],
    )


def _secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _is_ours(kind: ShopKind) -> bool:
    """Whether the secret is made here: Shopify has its own."""
    return kind is ShopKind.WOOCOMMERCE


@router.get("/shop/connections/{shop_id}")
def page_shop_connection(shop_id: UUID, found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """One connection: what to paste where, what came lately, and what became of it."""
    return _connection(found, connection, shop, shop_id)


def _connection(
    found: Visit, connection: Connection, shop: MerchantId, shop_id: UUID, *, secret: str = "", problem: str = ""
) -> Response:
    one = store.lock_shop(connection, shop_id, shop)
    came = store.load_latest_deliveries(connection, shop_id, _SHOWN)
    tally, request = store.load_tallies(connection, [shop_id])[shop_id], found.request
    here = f"{'https' if is_secure(request) else 'http'}://{request.url.netloc}"
    return page(
        found,
        "shop/connection.html",
        422 if problem else 200,
        one=one,
        kind=_NAMES[one.kind],
        is_ours=_is_ours(one.kind),
        is_partner=one.kind is ShopKind.PARTNER,
        address=f"{here}/v1/shops/{shop_id}/{one.kind.value}",
        figures=[
            (found.say(words), found.digits(tally.orders[state]))
            for state, words in STATES.items()
            if state in tally.orders
        ],
        came=came,
        result=lambda delivery: _result(found, delivery),
        orders=store.load_orders(connection, shop_id, {order for each in came for order in each.orders}),
        states=STATES,
        waiting=OrderState.WAITING,
        secret=secret,
        problem=problem,
    )


def _result(found: Visit, delivery: ShopDelivery) -> str:
    """What became of a message that is about no order."""
    if delivery.taken_at is None:
        return found.say("It will be looked at in a moment.")
    return delivery.outcome or found.say("Nothing to do.")


@router.post("/shop/connections/{shop_id}/secret")
def page_shop_connection_secret(
    shop_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """Another secret in place of the old one, or the connection opened again."""
    one = store.lock_shop(connection, shop_id, shop)
    secret = _secret() if _is_ours(one.kind) else said.get("secret", "").strip()[:200]
    wanted = Wanted(
        kind=one.kind,
        domain=one.domain,
        secret=secret,
        prefix=one.prefix,
        send_when=one.send_when,
        store_address=one.store_address,
    )
    made = attempt(connection, lambda: connect(connection, found.engine.facts, shop, wanted, _secret, found.at))
    if isinstance(made, PostError):
        return _connection(found, connection, shop, shop_id, problem=told(found, made))
    if _is_ours(one.kind):
        return _connection(found, connection, shop, shop_id, secret=made.secret)
    return go(f"/shop/connections/{shop_id}", found, said="The new secret is kept.")


@router.post("/shop/connections/{shop_id}/end")
def page_shop_disconnected(
    shop_id: UUID, found: OurVisit, shop: Shop, said: Form, connection: InTransaction
) -> Response:
    """None of its orders is booked any more."""
    disconnect(connection, shop, shop_id, found.at)
    return go(f"/shop/connections/{shop_id}", found, said="Disconnected. What it sends is not booked any more.")
