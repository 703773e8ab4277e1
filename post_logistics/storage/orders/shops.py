"""Shops that send their orders: connections, what they brought, what became of each order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select, text, tuple_, update

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import shop_deliveries, shop_orders, shops


class ShopKind(StrEnum):
    """Whose software a shop runs on."""

    WOOCOMMERCE = "woocommerce"
    SHOPIFY = "shopify"
    PARTNER = "partner"
    """A marketplace that hands its orders over; its ``domain`` is the name of its dialect."""


class OrderState(StrEnum):
    """What became of an order of a shop."""

    NOT_DUE = "not_due"
    """The shop does not yet want it sent."""
    DUE = "due"
    """To be booked as soon as it is looked at."""
    WAITING = "waiting"
    """It waits for the merchant's answer."""
    BOOKED = "booked"
    DROPPED = "dropped"
    """The shop does not want it sent; it may think better of it."""
    LEFT = "left"
    """The merchant said so: no news of it is heard any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A merchant's shop that sends its orders. ``prefix`` begins the references of its orders."""

    shop_id: UUID
    merchant_id: str
    kind: ShopKind
    domain: str
    prefix: str
    secret: str = field(repr=False)
    send_when: Sequence[str]
    store_address: str
    made_at: datetime
    closed_at: datetime | None = None
    closed_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopDelivery:
    """One message of a shop. ``body`` is None once it was understood."""

    shop_id: UUID
    delivery_id: str
    topic: str
    body: bytes | None = field(repr=False)
    received_at: datetime
    taken_at: datetime | None = None
    outcome: str = ""
    orders: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOrder:
    """One order of a shop. ``fields`` and ``answers`` tell of people and are empty unless it is due or waits.

    ``content``: the digest of what was booked, or is to be; ``revision``: how often it was booked anew, and once more.
    """

    shop_id: UUID
    order_id: str
    number: str
    modified_at: datetime
    state: OrderState
    why: str = ""
    revision: int = 1
    item_number: str | None = None
    content: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    problems: Sequence[Mapping[str, str]] = ()
    question: Mapping[str, str] = field(default_factory=dict)
    choices: Sequence[str] = ()
    heard_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How a shop stands: orders by state, when it was last heard of, and how many messages nobody could read."""

    orders: Mapping[str, int]
    heard_at: datetime | None
    unreadable: int


# Connections


def append_shop(connection: Connection, shop: Shop) -> bool:
    """Keeps a connection; False if its prefix is taken, or it is there."""
    return bool(append(connection, shops, [shop], keep_first=True))


def save_shop(connection: Connection, shop: Shop) -> None:
    """The row is what the value says."""
    values = {one.name: getattr(shop, one.name) for one in fields(shop) if one.name != "shop_id"}
    connection.execute(update(shops).where(shops.c.shop_id == shop.shop_id).values(values))


def load_shops(connection: Connection, merchant_id: str | None = None) -> list[Shop]:
    """Every connection of a merchant, or of all, the oldest first."""
    wanted = select(shops).order_by(shops.c.made_at, shops.c.shop_id)
    rows = connection.execute(wanted if merchant_id is None else wanted.where(shops.c.merchant_id == merchant_id))
    return read(rows, Shop, kind=ShopKind)


def find_shop(connection: Connection, shop_id: UUID) -> Shop | None:
    """The connection of that id, if there is one."""
    return next(iter(_shops(connection, select(shops).where(shops.c.shop_id == shop_id))), None)


def lock_shop(connection: Connection, shop_id: UUID, merchant_id: str | None = None) -> Shop:
    """The connection, for nobody else to work on until the transaction ends; it still takes messages meanwhile.

    NotFound if there is none, or it is another merchant's: the two answer alike.
    """
    wanted = select(shops).where(shops.c.shop_id == shop_id)
    if merchant_id is not None:
        wanted = wanted.where(shops.c.merchant_id == merchant_id)
    for shop in _shops(connection, wanted.with_for_update(key_share=True)):
        return shop
    raise NotFound(f"no shop {shop_id}", field="shop_id", remedy="look it up in the list of shops")


def _shops(connection: Connection, wanted: Select[Any]) -> list[Shop]:
    return read(connection.execute(wanted), Shop, kind=ShopKind)


def load_tallies(connection: Connection, shop_ids: Sequence[UUID]) -> dict[UUID, Tally]:
    """How each of those shops stands."""
    states = connection.execute(
        text(
            "select shop_id, jsonb_object_agg(state, n) as orders from (select shop_id, state, count(*) as n "
            "from shop_orders where shop_id = any(:shops) group by shop_id, state) by_state group by shop_id"
        ),
        {"shops": list(shop_ids)},
    )
    orders = {row.shop_id: row.orders for row in states}
    heard = connection.execute(
        text(
            "select shop_id, max(received_at) as heard_at, "
            "count(*) filter (where taken_at is not null and body is not null) as unreadable "
            "from shop_deliveries where shop_id = any(:shops) group by shop_id"
        ),
        {"shops": list(shop_ids)},
    )
    tallies = {row.shop_id: Tally(orders.get(row.shop_id, {}), row.heard_at, row.unreadable) for row in heard}
    return {shop_id: tallies.get(shop_id, Tally(orders.get(shop_id, {}), None, 0)) for shop_id in shop_ids}


# Messages


def append_delivery(connection: Connection, delivery: ShopDelivery) -> bool:
    """Keeps a message; False if it came before."""
    return append_deliveries(connection, [delivery]) > 0


def append_deliveries(connection: Connection, deliveries: Sequence[ShopDelivery]) -> int:
    """Keeps messages that did not come before; how many."""
    return len(append(connection, shop_deliveries, deliveries, keep_first=True))


def load_open_deliveries(connection: Connection, shop_id: UUID, limit: int) -> list[ShopDelivery]:
    """Messages that nobody has looked at, the earliest first."""
    table = shop_deliveries
    wanted = select(table).where(table.c.shop_id == shop_id, table.c.taken_at.is_(None))
    return read(
        connection.execute(wanted.order_by(table.c.received_at, table.c.delivery_id).limit(limit)), ShopDelivery
    )


def save_deliveries(connection: Connection, taken: Sequence[ShopDelivery]) -> None:
    """Those messages are taken, with what came of them."""
    _replace(connection, "shop_deliveries", "delivery_id", [(one.shop_id, one.delivery_id) for one in taken])
    append(connection, shop_deliveries, taken)


def load_deliveries_about(
    connection: Connection, shop_id: UUID, topics: Collection[str], limit: int
) -> list[ShopDelivery]:
    """Messages of those topics, the latest first."""
    table = shop_deliveries
    wanted = select(table).where(table.c.shop_id == shop_id, table.c.topic.in_(list(topics)))
    return read(
        connection.execute(wanted.order_by(table.c.received_at.desc(), table.c.delivery_id).limit(limit)), ShopDelivery
    )


def load_latest_deliveries(connection: Connection, shop_id: UUID, limit: int) -> list[ShopDelivery]:
    """The last messages of the shop, the latest first."""
    table = shop_deliveries
    wanted = select(table).where(table.c.shop_id == shop_id)
    return read(
        connection.execute(wanted.order_by(table.c.received_at.desc(), table.c.delivery_id).limit(limit)), ShopDelivery
    )


def load_unreadable(connection: Connection, shop_id: UUID, limit: int) -> list[ShopDelivery]:
    """Messages of the shop that nobody could read, the latest first."""
    table = shop_deliveries
    wanted = select(table).where(table.c.shop_id == shop_id, table.c.taken_at.is_not(None), table.c.body.is_not(None))
    return read(
        connection.execute(wanted.order_by(table.c.received_at.desc(), table.c.delivery_id).limit(limit)), ShopDelivery
    )


def load_waiting_shops(connection: Connection) -> list[UUID]:
    """Shops of which a message waits to be looked at."""
    return list(
        connection.execute(text("select distinct shop_id from shop_deliveries where taken_at is null")).scalars()
    )


# Orders


def load_orders(connection: Connection, shop_id: UUID, order_ids: Collection[str]) -> dict[str, ShopOrder]:
    """Those of the orders that are known, by id."""
    wanted = select(shop_orders).where(
        shop_orders.c.shop_id == shop_id, shop_orders.c.order_id == func.any(list(order_ids))
    )
    return {one.order_id: one for one in _orders(connection.execute(wanted).all())}


def load_order(connection: Connection, shop_id: UUID, order_id: str) -> ShopOrder:
    """One order; NotFound if the shop has sent none of that id."""
    found = load_orders(connection, shop_id, [order_id]).get(order_id)
    if found is None:
        raise NotFound(f"no order {order_id}", field="order_id", remedy="look it up in the list of orders")
    return found


def load_orders_after(
    connection: Connection, shop_id: UUID, state: OrderState | None, after: str | None, limit: int
) -> list[ShopOrder]:
    """A page of a shop's orders in one state or in any, the latest heard of first, from the one after ``after``."""
    place = (shop_orders.c.heard_at, shop_orders.c.order_id)
    page = select(shop_orders).where(shop_orders.c.shop_id == shop_id)
    if state is not None:
        page = page.where(shop_orders.c.state == state)
    if after is not None:
        last = select(*place).where(shop_orders.c.shop_id == shop_id, shop_orders.c.order_id == after)
        page = page.where(tuple_(*place) < last.scalar_subquery())
    return _orders(connection.execute(page.order_by(*(one.desc() for one in place)).limit(limit)).all())


def load_waiting_orders(connection: Connection, merchant_id: str) -> list[ShopOrder]:
    """All orders of a merchant's shops that wait for an answer, the longest first."""
    mine = select(shops.c.shop_id).where(shops.c.merchant_id == merchant_id)
    wanted = select(shop_orders).where(shop_orders.c.shop_id.in_(mine), shop_orders.c.state == OrderState.WAITING)
    return _orders(connection.execute(wanted.order_by(shop_orders.c.heard_at, shop_orders.c.order_id)).all())


def save_orders(connection: Connection, orders: Sequence[ShopOrder]) -> None:
    """The rows are what the values say, whether they were there or not."""
    _replace(connection, "shop_orders", "order_id", [(one.shop_id, one.order_id) for one in orders])
    append(connection, shop_orders, orders)


def _orders(rows: Sequence[Row[Any]]) -> list[ShopOrder]:
    return read(rows, ShopOrder, state=OrderState)


def _replace(connection: Connection, table: str, key: str, keys: Sequence[tuple[UUID, str]]) -> None:
    """Makes room for the rows of those keys."""
    connection.execute(
        text(  # only names of this module go into the text
            f"delete from {table} using unnest(cast(:shops as uuid[]), cast(:keys as text[])) as gone (shop, key) "  # noqa: S608
            f"where {table}.shop_id = gone.shop and {table}.{key} = gone.key"
        ),
        {"shops": [shop for shop, _ in keys], "keys": [one for _, one in keys]},
    )


# Forgetting


def forget_orders(
    connection: Connection, shop_id: UUID, order_ids: Collection[str] | None, why: str, at: datetime
) -> int:
    """Empties those orders, or all, that wait or are due of what they tell of people; they are left. How many."""
    gone = (
        update(shop_orders)
        .where(shop_orders.c.shop_id == shop_id, shop_orders.c.state.in_([OrderState.DUE, OrderState.WAITING]))
        .values(state=OrderState.LEFT, why=why, changed_at=at, **_EMPTY)
    )
    return connection.execute(
        gone if order_ids is None else gone.where(shop_orders.c.order_id == func.any(list(order_ids)))
    ).rowcount


_EMPTY: dict[str, Any] = {"fields": {}, "answers": {}, "problems": [], "question": {}, "choices": []}


def forget_old(
    connection: Connection, orders_before: datetime, deliveries_before: datetime, why: str, at: datetime
) -> int:
    """Leaves orders that have waited since before then, and removes old messages; how many rows it was."""
    left = connection.execute(
        update(shop_orders)
        .where(shop_orders.c.state == OrderState.WAITING, shop_orders.c.heard_at < orders_before)
        .values(state=OrderState.LEFT, why=why, changed_at=at, **_EMPTY)
    )
    removed = connection.execute(
        text("delete from shop_deliveries where taken_at is not null and received_at < :before"),
        {"before": deliveries_before},
    )
    return left.rowcount + removed.rowcount
