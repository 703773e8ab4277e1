"""Partners that hand their orders over: connected by the post, heard by their secret; every order is kept first.

A partner is a merchant of ours: what is collected for its orders is owed to it, and whose goods they are is its own
business. Its connection is a row of the shops, so its orders wait, are answered and are booked as those of any shop.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.channels.destinations import destination
from post_logistics.channels.partners.book import Partner
from post_logistics.channels.partners.proof import is_from
from post_logistics.channels.partners.reading import Record, Told, order_of, read_records
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.access.stores import serving_office
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.partner_orders import body_of, partner_named
from post_logistics.operations.orders.shops import TAKE_IN_ORDERS, close
from post_logistics.storage.database import Connection
from post_logistics.storage.jobs import defer
from post_logistics.storage.orders import partners as store
from post_logistics.storage.orders import shops as shop_store
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.orders.partners import PartnerLine, PartnerOrder, PartnerTally, Weight
from post_logistics.storage.orders.shops import Shop, ShopDelivery, ShopKind, Tally
from post_logistics.storage.telling.partner_calls import forget_calls
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, State
from post_logistics.units import DHAKA

PUSHED: Final = "pushed"
LISTED: Final = "listed"
_NAMESPACE: Final = UUID("5a8f0d8e-3f5b-4c64-9f5a-5a0a7c9e2b71")
_CALLS_KEPT: Final = timedelta(days=90)
_LEAST_SECRET_CHARS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A connection as the post makes it. ``secret``: of the partner's messages, made where it is empty; ``url`` and
    ``token``: where it is called and what it is shown; empty: it cannot be called."""

    merchant_id: str
    partner: str
    secret: str = field(default="", repr=False)
    url: str = ""
    token: str = field(default="", repr=False)
    store_address: str = ""


def connect_partner(
    connection: Connection,
    facts: Facts,
    wanted: Wanted,
    new_secret: Callable[[], str],
    at: datetime,
    *,
    development: bool = False,
) -> Shop:
    """The merchant's connection to that partner, made now, changed, or opened again; asked twice, it is the same.

    What is left empty stays as it was. Unacceptable for a partner that is not in the facts, a URL that may not be
    called or a store that nobody serves.
    """
    load_merchant(connection, wanted.merchant_id)
    name = partner_named(facts, wanted.partner).name
    if wanted.url:
        destination(wanted.url, development=development)
    if wanted.store_address:
        serving_office(facts, wanted.store_address, at)
    if wanted.secret and len(wanted.secret) < _LEAST_SECRET_CHARS:
        raise Unacceptable("too short", field="secret", remedy=f"use at least {_LEAST_SECRET_CHARS} characters")
    shop_id = uuid5(_NAMESPACE, f"{wanted.merchant_id}/{name}")
    before = shop_store.find_shop(connection, shop_id)
    shop = Shop(
        shop_id=shop_id,
        merchant_id=wanted.merchant_id,
        kind=ShopKind.PARTNER,
        domain=name,
        prefix=name,
        secret=wanted.secret or (before.secret if before else new_secret()),
        send_when=(),
        store_address=wanted.store_address or (before.store_address if before else ""),
        made_at=before.made_at if before else at,
    )
    if before is not None:
        shop_store.save_shop(connection, shop)
    elif not shop_store.append_shop(connection, shop):
        raise Conflict(f"the references of a shop begin with {name}", field="partner", remedy="change its prefix")
    line = store.load_lines(connection, [shop_id]).get(shop_id)
    url, token = wanted.url or (line.url if line else ""), wanted.token or (line.token if line else "")
    store.save_line(connection, PartnerLine(shop_id=shop_id, url=url, token=token))
    return shop


def disconnect_partner(connection: Connection, shop_id: UUID, at: datetime) -> Shop:
    """The connection, closed: nothing that it sends is booked, and it is told nothing. Told again, the same."""
    store.load_line(connection, shop_id)
    shop = shop_store.lock_shop(connection, shop_id)
    return shop if shop.closed_at else close(connection, shop, "disconnected by the post", at)


# What partners send


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """A message of a partner as it came. ``headers``: their names in small letters."""

    shop_id: UUID
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What is kept of a message: orders, and records (or the whole of it) that nobody can read."""

    orders: tuple[str, ...] = ()
    unreadable: int = 0


def hear(connection: Connection, facts: Facts, pushed: Pushed, at: datetime) -> Heard | None:
    """Keeps the orders of a message for the job that takes orders in, each content once however often it comes.

    None if the message is not the partner's, or there is no such partner: the two look alike. What nobody can read is
    kept as it came, with the reason.
    """
    shop = shop_store.find_shop(connection, pushed.shop_id)
    partner = facts.partners.get(shop.domain) if shop and shop.kind is ShopKind.PARTNER else None
    if shop is None or partner is None or not is_from(partner.push, shop.secret, pushed.headers, pushed.body):
        return None
    try:
        content_type = pushed.headers.get("content-type", "")
        records = read_records(pushed.body, content_type, partner.push.encoding, partner.push.records)
    except Unacceptable as error:
        keep_deliveries(connection, shop, [_unread(shop, pushed.body, error, at)], at)
        return Heard(unreadable=1)
    return keep_records(connection, shop, partner, records, at)


def keep_records(
    connection: Connection, shop: Shop, partner: Partner, records: Sequence[Record], at: datetime
) -> Heard:
    """Keeps the orders in records that were pushed."""
    read, unread = read_all(shop, partner, records, at)
    kept = keep_deliveries(connection, shop, [delivery_of(shop, record, PUSHED, at) for record, _ in read] + unread, at)
    fresh = [told for record, told in read if digest_of(body_of(record)) in kept]
    store.save_orders(connection, shop.shop_id, [said_of(shop, told, at) for told in fresh])
    return Heard(tuple(dict.fromkeys(told.code for _, told in read)), len(unread))


def read_all(
    shop: Shop, partner: Partner, records: Sequence[Record], at: datetime
) -> tuple[list[tuple[Record, Told]], list[ShopDelivery]]:
    """The records that are orders, and the others as they are kept."""
    read: list[tuple[Record, Told]] = []
    unread: list[ShopDelivery] = []
    for record in records:
        try:
            read.append((record, order_of(partner, record)))
        except Unacceptable as error:
            unread.append(_unread(shop, body_of(record), error, at))
    return read, unread


def said_of(shop: Shop, told: Told, at: datetime, listed_on: date | None = None) -> PartnerOrder:
    """What is kept of what the partner says of an order: nothing of its recipient."""
    return PartnerOrder(
        shop_id=shop.shop_id,
        order_id=told.code,
        heard_on=at.astimezone(DHAKA).date(),
        listed_on=listed_on,
        state=told.state,
        cod_poisha=told.cod_poisha,
        weight_g=told.weight_g,
    )


def digest_of(body: bytes) -> str:
    """What names a message by its content."""
    return hashlib.sha256(body).hexdigest()


def delivery_of(shop: Shop, record: Record, topic: str, at: datetime, again: str = "") -> ShopDelivery:
    """A record as a message of the shop. ``again``: makes it another one than the same content before."""
    body = body_of(record)
    return ShopDelivery(
        shop_id=shop.shop_id, delivery_id=digest_of(body) + again, topic=topic, body=body, received_at=at
    )


def _unread(shop: Shop, body: bytes, error: Unacceptable, at: datetime) -> ShopDelivery:
    return ShopDelivery(
        shop_id=shop.shop_id,
        delivery_id=digest_of(body),
        topic="unreadable",
        body=body,
        received_at=at,
        taken_at=at,
        outcome=f"{error.message} ({error.field})" if error.field else error.message,
    )


def keep_deliveries(connection: Connection, shop: Shop, deliveries: Sequence[ShopDelivery], at: datetime) -> set[str]:
    """Keeps messages; gives back the ids of those that had not come before."""
    known = store.load_known_deliveries(connection, shop.shop_id, [one.delivery_id for one in deliveries])
    fresh = {one.delivery_id: one for one in deliveries if one.delivery_id not in known}
    shop_store.append_deliveries(connection, list(fresh.values()))
    if any(one.taken_at is None for one in fresh.values()):
        defer(connection, TAKE_IN_ORDERS, {str(shop.shop_id): at})
    return set(fresh)


# How it stands


@dataclass(frozen=True, slots=True)
class Connected:
    """A partner and how it stands: its orders, what it is told, and when its list last came."""

    shop: Shop
    line: PartnerLine
    tally: Tally
    waiting: PartnerTally


def load_partners_of(connection: Connection, merchant_id: str | None) -> list[Connected]:
    """The partners of a merchant, or all."""
    shops = [one for one in shop_store.load_shops(connection, merchant_id) if one.kind is ShopKind.PARTNER]
    ids = [one.shop_id for one in shops]
    lines, tallies = store.load_lines(connection, ids), shop_store.load_tallies(connection, ids)
    waiting = store.load_partner_tallies(connection, ids)
    return [Connected(one, lines[one.shop_id], tallies[one.shop_id], waiting[one.shop_id]) for one in shops]


@dataclass(frozen=True, slots=True)
class Variance:
    """What a partner said that its parcels weigh, and what the scales said; only weighed parcels are compared."""

    parcels: int
    accepted: int
    weighed: int
    said_g: int
    weighed_g: int
    heavier: int
    lighter: int
    difference_poisha: int
    """What they cost more than booked, VAT included; below zero, less."""
    not_weighed: tuple[str, ...]
    """Parcels that the post took without weighing: their weight is only said."""
    lines: tuple[Weight, ...]


def variance(
    connection: Connection, shop_id: UUID, since: date, until: date, merchant_id: str | None = None
) -> Variance:
    """How the weights of the parcels booked on those days turned out, both days included."""
    store.load_line(connection, shop_id, merchant_id)
    begins, ends = (datetime.combine(day, datetime.min.time(), DHAKA) for day in (since, until + timedelta(days=1)))
    before = BEFORE_ACCEPTANCE | {State.CANCELLED}
    lines = store.load_weights(connection, shop_id, begins, ends, before)
    pairs = [(one.booked_g, one.weighed_g) for one in lines if one.weighed_g is not None]
    return Variance(
        parcels=len(lines),
        accepted=sum(one.accepted for one in lines),
        weighed=len(pairs),
        said_g=sum(said for said, _ in pairs),
        weighed_g=sum(weighed for _, weighed in pairs),
        heavier=sum(weighed > said for said, weighed in pairs),
        lighter=sum(weighed < said for said, weighed in pairs),
        difference_poisha=sum(one.difference_poisha for one in lines),
        not_weighed=tuple(one.item_number for one in lines if one.accepted and one.weighed_g is None),
        lines=tuple(lines),
    )


def forget_old(connection: Connection, at: datetime) -> int:
    """Forgets messages that partners were sent long ago; how many."""
    return forget_calls(connection, at - _CALLS_KEPT)
