"""Shops that send their orders: connected by their merchants; every message kept before it is answered."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.channels.destinations import destination
from post_logistics.channels.shops import shopify, woocommerce
from post_logistics.channels.shops.news import is_genuine
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.access.stores import serving_office
from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.jobs import defer
from post_logistics.storage.orders import shops as store
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.orders.shops import Shop, ShopDelivery, ShopKind

TAKE_IN_ORDERS: Final = "take_in_orders"
"""The job that looks at what a shop, its key, has sent."""
UNANSWERED_FOR: Final = timedelta(days=90)
"""So long an order waits for its merchant's answer."""
_MESSAGES_KEPT: Final = timedelta(days=30)
"""So long it is remembered which messages came, so that one sent again is known."""

_NAMESPACE = UUID("0f5ac3de-6f0b-4bb1-9d0c-3a0f5b0f6a55")
_LONGEST_DOMAIN_CHARS = 120
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,20}")
_STATUS = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_DELIVERY_ID = re.compile(r"[\w.:-]{1,80}", re.ASCII)
_LEAST_SECRET_CHARS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A connection as a merchant asks for it. An empty ``prefix`` is made from the domain; an empty ``secret`` is made
    for WooCommerce, and kept where there is one; an empty ``store_address`` is the merchant's."""

    kind: ShopKind
    domain: str
    secret: str = field(default="", repr=False)
    prefix: str = ""
    send_when: Sequence[str] = woocommerce.SEND_WHEN
    store_address: str = ""


def connect(
    connection: Connection, facts: Facts, merchant_id: str, wanted: Wanted, new_secret: Callable[[], str], at: datetime
) -> Shop:
    """The merchant's connection to that shop, made now, changed, or opened again; asked twice, it is the same.

    Unacceptable for what cannot be a shop, a secret or a store; Conflict if the prefix is taken.
    """
    load_merchant(connection, merchant_id)
    if wanted.kind is ShopKind.PARTNER:
        raise Unacceptable("the post connects partners itself", field="kind", remedy="ask the post")
    domain = _domain(wanted)
    shop_id = uuid5(_NAMESPACE, f"{merchant_id}/{wanted.kind.value}/{domain}")
    before = store.find_shop(connection, shop_id)
    shop = Shop(
        shop_id=shop_id,
        merchant_id=merchant_id,
        kind=wanted.kind,
        domain=domain,
        prefix=_prefix(wanted.prefix) if wanted.prefix or not before else before.prefix,
        secret=_secret(wanted, before, new_secret),
        send_when=_statuses(wanted.send_when),
        store_address=_served(facts, wanted.store_address.strip(), at),
        made_at=before.made_at if before else at.astimezone(UTC),
    )
    if not shop.prefix:
        shop = replace(shop, prefix=domain.removeprefix("www.").split(".")[0][:20])
    if any(one.prefix == shop.prefix and one.shop_id != shop_id for one in store.load_shops(connection, merchant_id)):
        raise Conflict(
            f"the references of another shop begin with {shop.prefix}", field="prefix", remedy="choose another prefix"
        )
    if before is None:
        store.append_shop(connection, shop)
    elif shop != before:
        store.save_shop(connection, shop)
    return shop


def _domain(wanted: Wanted) -> str:
    written = re.sub(r"^https?://", "", wanted.domain.strip().lower()).split("/")[0]
    try:
        domain = destination(f"https://{written}").host
    except Unacceptable as error:
        raise Unacceptable(error.message, field="domain", remedy="write it as shop.example.com") from error
    if len(domain) > _LONGEST_DOMAIN_CHARS:
        raise Unacceptable("so long a name is none", field="domain", remedy="write it as shop.example.com")
    if wanted.kind is ShopKind.SHOPIFY and not domain.endswith(".myshopify.com"):
        raise Unacceptable(
            "Shopify names a shop by its own address",
            field="domain",
            remedy="write the one that ends with .myshopify.com (Settings, Domains)",
        )
    return domain


def _prefix(written: str) -> str:
    if written and not _PREFIX.fullmatch(written):
        raise Unacceptable(
            "this cannot begin a reference", field="prefix", remedy="write up to 20 letters, digits, - and _"
        )
    return written


def _secret(wanted: Wanted, before: Shop | None, new_secret: Callable[[], str]) -> str:
    if wanted.secret:
        if len(wanted.secret) < _LEAST_SECRET_CHARS:
            raise Unacceptable(
                "the secret is too short", field="secret", remedy=f"use at least {_LEAST_SECRET_CHARS} characters"
            )
        return wanted.secret
    if before is not None:
        return before.secret
    if wanted.kind is ShopKind.SHOPIFY:
        raise Unacceptable(
            "Shopify signs with a secret of its own",
            field="secret",
            remedy="copy the app's API secret key (Client secret)",
        )
    return new_secret()


def _statuses(written: Sequence[str]) -> list[str]:
    statuses = sorted({one.strip().lower().removeprefix("wc-") for one in written})
    if not statuses or not all(map(_STATUS.fullmatch, statuses)):
        raise Unacceptable(
            "no state of an order is named like that", field="send_when", remedy="name states, such as processing"
        )
    return statuses


def _served(facts: Facts, store_address: str, at: datetime) -> str:
    if store_address:
        serving_office(facts, store_address, at)
    return store_address


def disconnect(connection: Connection, merchant_id: str, shop_id: UUID, at: datetime) -> Shop:
    """The connection, closed: what the shop sends from now on is not booked. Told again, it changes nothing."""
    shop = store.lock_shop(connection, shop_id, merchant_id)
    return shop if shop.closed_at else close(connection, shop, "disconnected by the merchant", at)


def close(connection: Connection, shop: Shop, why: str, at: datetime) -> Shop:
    """The connection, closed for that reason."""
    closed = replace(shop, closed_at=at, closed_why=why)
    store.save_shop(connection, closed)
    return closed


# What shops send


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it came. ``domain`` is empty where the shop does not say its own."""

    shop_id: UUID
    body: bytes = field(repr=False)
    signature: str
    topic: str = ""
    delivery: str = ""
    domain: str = ""


def sender(connection: Connection, kind: ShopKind, message: Message) -> Shop | None:
    """The shop that signed the message; None if it did not, or there is none: the two look alike."""
    shop = store.find_shop(connection, message.shop_id)
    known = shop is not None and shop.kind is kind
    genuine = is_genuine(message.body, shop.secret if shop else "nobody", message.signature)
    return shop if known and genuine and shop and message.domain.lower() in {"", shop.domain} else None


def keep(connection: Connection, kind: ShopKind, message: Message, at: datetime) -> bool:
    """Keeps a message for the job that takes orders in, once however often it comes; False if it is not the shop's.

    What a webhook of WooCommerce sends when it is switched on says nothing: it is welcome from anybody, and not kept.
    """
    if kind is ShopKind.WOOCOMMERCE and not message.signature and woocommerce.is_ping(message.body):
        return True
    shop = sender(connection, kind, message)
    if shop is None:
        return False
    known = _DELIVERY_ID.fullmatch(message.delivery)
    kept = ShopDelivery(
        shop_id=shop.shop_id,
        delivery_id=message.delivery if known else hashlib.sha256(message.body).hexdigest(),
        topic="".join(c for c in message.topic if c.isprintable())[:80],
        body=message.body,
        received_at=at,
    )
    if store.append_delivery(connection, kept):
        defer(connection, TAKE_IN_ORDERS, {str(shop.shop_id): at})
    return True


# Looking after it


def catch_up(connection: Connection, at: datetime) -> None:
    """Sees to it that a job waits for every shop of which a message has not been looked at."""
    defer(connection, TAKE_IN_ORDERS, {str(one): at for one in store.load_waiting_shops(connection)})


def tidy(connection: Connection, at: datetime) -> int:
    """Forgets orders that nobody has answered for, and old messages; how many it was."""
    why = f"no answer for {UNANSWERED_FOR.days} days"
    return store.forget_old(connection, at - UNANSWERED_FOR, at - _MESSAGES_KEPT, why, at)


@dataclass(frozen=True, slots=True)
class Asked:
    """A customer's question about what is known of them, or their wish to be forgotten, and their parcels."""

    topic: str
    received_at: datetime
    outcome: str
    items: tuple[tuple[str, str | None], ...]
    """Order and item number; None where nothing was booked."""


def privacy_requests(connection: Connection, merchant_id: str, shop_id: UUID, limit: int) -> list[Asked]:
    """What customers of the shop asked about their data, the latest first."""
    store.lock_shop(connection, shop_id, merchant_id)
    found = store.load_deliveries_about(connection, shop_id, shopify.PRIVACY, limit)
    orders = store.load_orders(connection, shop_id, {order for one in found for order in one.orders})
    return [
        Asked(
            one.topic,
            one.received_at,
            one.outcome,
            tuple((orders[order].number, orders[order].item_number) for order in one.orders if order in orders),
        )
        for one in found
    ]
