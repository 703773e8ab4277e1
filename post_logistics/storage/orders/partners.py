"""Partners whose orders the post carries: the line to each, what they said of their orders, what those weigh."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from post_logistics.errors import NotFound
from post_logistics.storage.orders.shops import OrderState
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import partner_lines, partner_orders, shop_deliveries, shops
from post_logistics.tracking.lifecycle import State


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLine:
    """Where a partner is called and how that goes. ``url``: empty if it cannot be called."""

    shop_id: UUID
    url: str
    token: str = field(repr=False)
    failures: int = 0
    paused_until: datetime | None = None
    asked_at: datetime | None = None
    asked_why: str = ""
    """Why the last list did not come; empty if it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerOrder:
    """What a partner said of an order. ``state``: in its own word; ``weight_g``: said, and not believed."""

    shop_id: UUID
    order_id: str
    heard_on: date
    listed_on: date | None
    state: str
    cod_poisha: int | None
    weight_g: int | None


# Lines


def save_line(connection: Connection, line: PartnerLine) -> None:
    """The row is what the value says, whether it was there or not."""
    connection.execute(partner_lines.delete().where(partner_lines.c.shop_id == line.shop_id))
    append(connection, partner_lines, [line])


def load_line(
    connection: Connection, shop_id: UUID, merchant_id: str | None = None, *, hold: bool = False
) -> PartnerLine:
    """The line of that partner; to ``hold`` it keeps others from using it until the transaction ends.

    NotFound if there is none, or it is another merchant's: the two answer alike.
    """
    wanted = select(partner_lines).where(partner_lines.c.shop_id == shop_id)
    if merchant_id is not None:
        mine = select(shops.c.shop_id).where(shops.c.merchant_id == merchant_id)
        wanted = wanted.where(partner_lines.c.shop_id.in_(mine))
    for line in read(connection.execute(wanted.with_for_update() if hold else wanted), PartnerLine):
        return line
    raise NotFound(f"no partner {shop_id}", field="partner_id", remedy="look it up in the list of partners")


def load_lines(connection: Connection, shop_ids: Sequence[UUID]) -> dict[UUID, PartnerLine]:
    """The lines of those partners."""
    rows = connection.execute(select(partner_lines).where(partner_lines.c.shop_id == func.any(list(shop_ids))))
    return {line.shop_id: line for line in read(rows, PartnerLine)}


def load_callable(connection: Connection) -> list[UUID]:
    """Partners that can be called and are not disconnected."""
    found = (
        "select shop_id from partner_lines join shops using (shop_id) where url <> '' and closed_at is null order by 1"
    )
    return list(connection.execute(text(found)).scalars())


def note_asked(connection: Connection, shop_id: UUID, at: datetime, why: str) -> None:
    """A list was asked for then, and why it did not come."""
    asked = {"asked_at": at, "asked_why": why[:200]}
    connection.execute(update(partner_lines).where(partner_lines.c.shop_id == shop_id).values(asked))


def note_calls(connection: Connection, shop_id: UUID, failures: int, paused_until: datetime | None) -> None:
    """So often in a row the partner could not be told anything, and until then it is left alone."""
    how = {"failures": failures, "paused_until": paused_until}
    connection.execute(update(partner_lines).where(partner_lines.c.shop_id == shop_id).values(how))


# Orders


def load_known_deliveries(connection: Connection, shop_id: UUID, delivery_ids: Collection[str]) -> set[str]:
    """Those of the messages that came before."""
    wanted = select(shop_deliveries.c.delivery_id).where(
        shop_deliveries.c.shop_id == shop_id, shop_deliveries.c.delivery_id == func.any(list(delivery_ids))
    )
    return set(connection.execute(wanted).scalars())


def load_heard_of(connection: Connection, shop_id: UUID, order_ids: Collection[str]) -> set[str]:
    """Those of the orders that the partner has told us of."""
    wanted = select(partner_orders.c.order_id).where(
        partner_orders.c.shop_id == shop_id, partner_orders.c.order_id == func.any(list(order_ids))
    )
    return set(connection.execute(wanted).scalars())


_SAVE_ORDERS = text(
    "insert into partner_orders (shop_id, order_id, heard_on, listed_on, state, cod_poisha, weight_g) "
    "select :shop_id, * from unnest(cast(:ids as text[]), cast(:heard as date[]), cast(:listed as date[]), "
    "cast(:states as text[]), cast(:cods as bigint[]), cast(:weights as integer[])) "
    "on conflict (shop_id, order_id) do update set listed_on = coalesce(excluded.listed_on, partner_orders.listed_on), "
    "state = excluded.state, cod_poisha = excluded.cod_poisha, "
    "weight_g = coalesce(excluded.weight_g, partner_orders.weight_g)"
)


def save_orders(connection: Connection, shop_id: UUID, orders: Sequence[PartnerOrder]) -> None:
    """What the partner says of those orders now, each once."""
    if orders:
        one_each = sorted({one.order_id: one for one in orders}.values(), key=lambda one: one.order_id)
        connection.execute(
            _SAVE_ORDERS,
            {
                "shop_id": shop_id,
                "ids": [one.order_id for one in one_each],
                "heard": [one.heard_on for one in one_each],
                "listed": [one.listed_on for one in one_each],
                "states": [one.state for one in one_each],
                "cods": [one.cod_poisha for one in one_each],
                "weights": [one.weight_g for one in one_each],
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OurOrder:
    """Where an order of a partner stands with us, and whether its partner was told that it is on delivery."""

    order_id: str
    state: OrderState
    item_number: str | None
    cod_poisha: int | None
    """As it is to be collected."""
    stands: State | None
    """The parcel; None where there is none."""
    told: str | None
    """``waiting``, ``sent``, ``refused`` or ``failed``; None where there was nothing to tell."""


_OURS = text(
    """
    select o.order_id, o.state, o.item_number, c.cod_poisha, j.state as stands, t.status as told
    from shop_orders o left join partner_orders p using (shop_id, order_id)
    left join consignments c on c.item_number = o.item_number
    left join journeys j on j.item_number = o.item_number
    left join partner_calls t on t.shop_id = o.shop_id and t.order_id = o.order_id and t.what = 'state'
    where o.shop_id = :shop_id and (o.order_id = any(:ids) or p.listed_on = :day
        or p.listed_on is null and p.heard_on = :day)
    order by o.order_id
    """
)


def load_ours(connection: Connection, shop_id: UUID, day: date, order_ids: Collection[str]) -> dict[str, OurOrder]:
    """Those orders, and those of that day by our own books."""
    rows = connection.execute(_OURS, {"shop_id": shop_id, "day": day, "ids": list(order_ids)})
    found = read(rows, OurOrder, state=OrderState, stands=lambda state: state and State(state))
    return {one.order_id: one for one in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A parcel of a partner: what was said that it weighs, and what the scales said."""

    order_id: str
    item_number: str
    said_g: int | None
    booked_g: int
    weighed_g: int | None
    difference_poisha: int
    """What it costs more than booked; below zero, less."""
    accepted: bool
    """Whether the post has it, or had."""


_WEIGHTS = text(
    """
    select o.order_id, o.item_number, p.weight_g as said_g, c.weight_g as booked_g, w.weight_g as weighed_g,
        coalesce(w.difference_poisha, 0) as difference_poisha, j.state <> all(:before) as accepted
    from shop_orders o join partner_orders p using (shop_id, order_id)
    join consignments c on c.item_number = o.item_number join journeys j on j.item_number = o.item_number
    left join lateral (
        select weight_g, difference_poisha from weighings as one where one.item_number = o.item_number
        and not exists (select from scans where scans.item_number = o.item_number and scans.voids = one.weighing_id)
        order by weighed_at desc, weighing_id limit 1
    ) w on true
    where o.shop_id = :shop_id and c.booked_at >= :since and c.booked_at < :until
    order by o.order_id
    """
)


def load_weights(
    connection: Connection, shop_id: UUID, since: datetime, until: datetime, before: Collection[State]
) -> list[Weight]:
    """Every parcel of a partner booked in that time. ``before``: states in which the post does not have it yet."""
    asked = {"shop_id": shop_id, "since": since, "until": until, "before": sorted(before)}
    return read(connection.execute(_WEIGHTS, asked), Weight)


# How it stands


@dataclass(frozen=True, slots=True)
class PartnerTally:
    """What waits with a partner: calls by status, and findings that are open."""

    calls: Mapping[str, int]
    findings: int


def load_partner_tallies(connection: Connection, shop_ids: Sequence[UUID]) -> dict[UUID, PartnerTally]:
    """How it stands with each of those partners."""
    asked = {"shops": list(shop_ids)}
    rows = connection.execute(
        text(
            "select shop_id, jsonb_object_agg(status, n) as calls from (select shop_id, status, count(*) as n "
            "from partner_calls where shop_id = any(:shops) group by shop_id, status) one group by shop_id"
        ),
        asked,
    )
    calls = {row.shop_id: row.calls for row in rows}
    rows = connection.execute(
        text(
            "select shop_id, count(*) as n from partner_findings where shop_id = any(:shops) and closed_at is null "
            "group by shop_id"
        ),
        asked,
    )
    findings = {row.shop_id: row.n for row in rows}
    return {one: PartnerTally(calls.get(one, {}), findings.get(one, 0)) for one in shop_ids}
