"""Orders of shops taken in, in whatever order they come: booked, waiting for the merchant's answer, or cancelled."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from post_logistics.channels.shops import shopify, woocommerce
from post_logistics.channels.shops.news import News, Wish
from post_logistics.consignments.booking import OrderRefused, Problem, parse_order
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.counter.returning import cancel
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, Verdict, book
from post_logistics.operations.orders.order_intake import hints_of
from post_logistics.operations.orders.partner_orders import news_of_partner
from post_logistics.operations.orders.shops import close
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders import shops as store
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.storage.orders.shops import OrderState, Shop, ShopDelivery, ShopKind, ShopOrder
from post_logistics.tracking.lifecycle import CLOSED
from post_logistics.units import MerchantId

_BATCH: Final = 200
_CHANGED: Final = Problem(
    "order",
    "the order was changed after it was booked",
    "answer, and the parcel is cancelled and booked anew; or leave it as it was booked",
)
_CANCELLED: Final = Problem(
    "order_status",
    "the shop has cancelled the order, and the post has the parcel",
    "ask for the return of the parcel, then leave the order",
)
_QUESTIONS: Final = {
    _CHANGED: {
        "en": "Order {number} was changed after it was booked as {item}. Book it anew, or leave the parcel as it is?",
        "bn": "{item} নম্বরে বুক করার পর {number} নম্বর অর্ডারটি বদলানো হয়েছে। "
        "নতুন করে বুক করা হবে, নাকি পার্সেলটি যেমন আছে তেমনই থাকবে?",
    },
    _CANCELLED: {
        "en": "Order {number} was cancelled, but {item} is on its way already. Should it come back?",
        "bn": "{number} নম্বর অর্ডারটি বাতিল হয়েছে, কিন্তু {item} ইতিমধ্যে পথে আছে। এটি কি ফেরত আনা হবে?",
    },
}


def take_in_all(
    database: Database, facts: Facts, numbers: Numbers, shop_id: UUID, clock: Callable[[], datetime]
) -> int:
    """Takes in everything that the shop has sent, batch by batch; how many messages it was."""
    total = 0
    while True:
        with database.transaction() as connection:
            count = take_in(connection, facts, numbers, shop_id, clock())
        total += count
        if count < _BATCH:
            return total


def take_in(connection: Connection, facts: Facts, numbers: Numbers, shop_id: UUID, at: datetime) -> int:
    """Takes in the earliest messages of the shop that nobody has looked at; how many it was.

    A message that nobody can read is kept as it came. Others are forgotten, but for which orders they were about.
    """
    shop = store.lock_shop(connection, shop_id)
    deliveries = store.load_open_deliveries(connection, shop_id, _BATCH)
    taken: list[ShopDelivery] = []
    news: list[tuple[ShopDelivery, News]] = []
    others: list[ShopDelivery] = []
    for delivery in deliveries:
        try:
            told = _news(facts, shop, delivery)
        except Unacceptable as error:
            taken.append(replace(delivery, taken_at=at, outcome=error.message))
            continue
        if told is None:
            others.append(delivery)
        else:
            news.append((delivery, told))
            taken.append(replace(delivery, body=None, taken_at=at, orders=[told.order_id]))
    known = store.load_orders(connection, shop_id, {told.order_id for _, told in news})
    orders = dict(known)
    for delivery, told in news:
        orders[told.order_id] = heard_of(shop, orders.get(told.order_id), told, delivery.received_at, at)
    changed = [order for order in orders.values() if order is not known.get(order.order_id)]
    store.save_orders(connection, _carried_out(connection, facts, numbers, shop, known, changed, at))
    for delivery in others:  # after the orders: what is to be forgotten may be among them
        shop, done = _obeyed(connection, shop, delivery, at)
        taken.append(done)
    store.save_deliveries(connection, taken)
    return len(taken)


def _news(facts: Facts, shop: Shop, delivery: ShopDelivery) -> News | None:
    """The order that a message is about; None if it is about something else. Unacceptable if nobody can read it."""
    body, words = delivery.body or b"", facts.order_columns.shop
    if shop.closed_at is not None:
        return None
    if shop.kind is ShopKind.PARTNER:
        return news_of_partner(facts, shop.domain, body, delivery.received_at)
    if shop.kind is ShopKind.WOOCOMMERCE:
        about_order = delivery.topic.startswith("order.")
        return woocommerce.read_order(body, words, shop.send_when) if about_order else None
    return shopify.read_order(body, words) if delivery.topic in shopify.ORDERS else None


def _obeyed(connection: Connection, shop: Shop, delivery: ShopDelivery, at: datetime) -> tuple[Shop, ShopDelivery]:
    """The shop, and a message about no order with what came of it."""
    topic, body, orders, outcome = delivery.topic, delivery.body or b"", list[str](), "not about an order"
    ours = shop.kind is ShopKind.SHOPIFY and topic in {*shopify.PRIVACY, shopify.UNINSTALLED}
    try:
        ours = ours and shopify.is_of(body, shop.domain)
        orders = shopify.orders_named(body) if ours else []
    except Unacceptable as error:
        return shop, replace(delivery, taken_at=at, outcome=error.message)
    if ours and topic == shopify.UNINSTALLED:
        shop, outcome = shop if shop.closed_at else close(connection, shop, "uninstalled", at), "closed"
    elif ours and topic == shopify.DATA_REQUEST:
        outcome = "to be answered by the merchant"
    elif ours:
        whose = None if topic == shopify.FORGET_SHOP else orders
        count = store.forget_orders(connection, shop.shop_id, whose, "forgotten at the customer's wish", at)
        outcome = f"{count} orders forgotten; parcels are when the law no longer asks for them"
        if whose is None and not shop.closed_at:
            shop = close(connection, shop, "uninstalled", at)
    elif shop.closed_at:
        outcome = "the connection is closed"
    return shop, replace(delivery, body=None, taken_at=at, outcome=outcome, orders=orders)


# One order


def heard_of(shop: Shop, known: ShopOrder | None, news: News, received_at: datetime, at: datetime) -> ShopOrder:
    """The order after the news; the very same if it is no news: older than what is known, or of one left alone."""
    modified_at = news.modified_at or max(received_at, known.modified_at if known else received_at)
    if known is not None and (modified_at < known.modified_at or known.state is OrderState.LEFT):
        return known
    order = known or ShopOrder(
        shop_id=shop.shop_id,
        order_id=news.order_id,
        number=news.number,
        modified_at=modified_at,
        state=OrderState.NOT_DUE,
        heard_at=received_at,
        changed_at=at,
    )
    order = replace(order, modified_at=modified_at, heard_at=received_at, changed_at=at)
    if news.wish is Wish.DROP:
        return _settled(order, OrderState.DROPPED, news.why)
    if news.wish is Wish.SEND:
        return _to_send(order, news)
    if _is_live(order):
        return order
    return _settled(order, OrderState.NOT_DUE if news.wish is Wish.WAIT else OrderState.DROPPED, news.why)


def _to_send(order: ShopOrder, news: News) -> ShopOrder:
    content = digest(news.fields)
    if _is_live(order):
        if content == order.content:
            return _settled(order, OrderState.BOOKED)
        return _waiting(replace(order, fields=news.fields), [_CHANGED])
    again = order.item_number is not None  # it was booked, and cancelled
    order = replace(
        order,
        number=news.number,
        state=OrderState.DUE,
        why="",
        revision=order.revision + again,
        item_number=None,
        content=content,
        fields=dict(news.fields),
    )
    waits = news.problems and not order.answers
    return _waiting(order, news.problems, question=news.question) if waits else order


def _is_live(order: ShopOrder) -> bool:
    """Whether a parcel is booked for the order and not cancelled."""
    return order.item_number is not None and order.state in {OrderState.BOOKED, OrderState.WAITING}


def digest(fields: Mapping[str, str]) -> str:
    """What stays the same as long as nothing in the order changes."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _settled(order: ShopOrder, state: OrderState, why: str = "") -> ShopOrder:
    """The order in a state in which nothing need be known of people."""
    return replace(order, state=state, why=why, fields={}, answers={}, problems=[], question={}, choices=[])


def _waiting(
    order: ShopOrder, problems: Sequence[Problem], verdict: Verdict | None = None, question: Mapping[str, str] = {}
) -> ShopOrder:
    """The order, waiting for an answer to its problems."""
    texts = _QUESTIONS.get(problems[0], {})
    question = question or {
        language: text.format(number=order.number, item=order.item_number) for language, text in texts.items()
    }
    if verdict is not None and verdict.question is not None:
        question = {"en": verdict.question.en, "bn": verdict.question.bn}
    return replace(
        order,
        state=OrderState.WAITING,
        why=problems[0].reason,
        problems=[asdict(problem) for problem in problems],
        question=question,
        choices=list(verdict.choices) if verdict else [],
    )


# Carrying it out


def _carried_out(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    shop: Shop,
    known: Mapping[str, ShopOrder],
    orders: Sequence[ShopOrder],
    at: datetime,
) -> list[ShopOrder]:
    """The orders after everything is done that they ask for: parcels cancelled, then booked."""
    after = {one.order_id: _cancelled(connection, shop, known.get(one.order_id), one, at) for one in orders}
    due = [order for order in after.values() if order.state is OrderState.DUE]
    after |= {one.order_id: one for one in _booked(connection, facts, numbers, shop, due, at)}
    return list(after.values())


def _cancelled(
    connection: Connection, shop: Shop, known: ShopOrder | None, order: ShopOrder, at: datetime
) -> ShopOrder:
    """The order, its parcel cancelled where it is not to be sent or is booked anew; waiting where it is too late."""
    if known is None or not _is_live(known) or order.state not in {OrderState.DROPPED, OrderState.DUE}:
        return order
    item = known.item_number or ""
    try:
        cancel(connection, item, Actor(merchant_id=MerchantId(shop.merchant_id)), at)
    except Conflict:
        stays = replace(order, item_number=item, content=known.content, revision=known.revision)
        (standing,) = load_standings(connection, [item])
        if standing.state in CLOSED:
            return _settled(stays, OrderState.BOOKED, "changed in the shop after the parcel had arrived")
        return _waiting(stays, [_CANCELLED])
    return order


def _booked(
    connection: Connection, facts: Facts, numbers: Numbers, shop: Shop, due: Sequence[ShopOrder], at: datetime
) -> list[ShopOrder]:
    """The orders that are due, booked, or waiting with what stands against it."""
    merchant = load_merchant(connection, shop.merchant_id)
    asked: list[tuple[ShopOrder, Asked]] = []
    refused: list[ShopOrder] = []
    for order in due:
        fields = {
            **order.fields,
            **order.answers,
            "merchant": merchant.name,
            "store_address": shop.store_address or merchant.store_address,
            "order_ref": _reference(shop, order),
        }
        try:
            read = parse_order(fields, None, facts.booking_rules)
        except OrderRefused as error:
            refused.append(_waiting(order, error.problems))
        else:
            asked.append((order, Asked(order=read, merchant=merchant, hints=hints_of(fields))))
    verdicts = book(connection, facts, numbers, [one for _, one in asked], at)
    return refused + [_after(order, verdict) for (order, _), verdict in zip(asked, verdicts, strict=True)]


def _reference(shop: Shop, order: ShopOrder) -> str:
    """What the parcel is called: the shop, the order's number, and how often it was booked before, if it was."""
    return f"{shop.prefix}-{order.number}" + (f"/{order.revision}" if order.revision > 1 else "")


def _after(order: ShopOrder, verdict: Verdict) -> ShopOrder:
    if verdict.outcome in {Outcome.BOOKED, Outcome.DUPLICATE}:
        return _settled(replace(order, item_number=verdict.item_number), OrderState.BOOKED)
    return _waiting(order, verdict.problems, verdict)


# The merchant's answers


def answer(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    merchant_id: str,
    shop_id: UUID,
    order_id: str,
    answers: Mapping[str, str],
    at: datetime,
) -> ShopOrder:
    """The order, booked with what the merchant writes instead of what the shop said; or waiting with what is left.

    ``answers``: by the columns of our own order file. A parcel that is booked for it is cancelled first. One that is
    booked already stays as it is; Conflict for one that waits for nothing.
    """
    shop = store.lock_shop(connection, shop_id, merchant_id)
    order = store.load_order(connection, shop_id, order_id)
    if order.state is OrderState.BOOKED:
        return order
    if order.state is not OrderState.WAITING:
        raise Conflict(
            f"the order waits for no answer: it is {order.state.value.replace('_', ' ')}",
            field="order_id",
            remedy="change it in the shop, and it comes again",
        )
    anew = _is_live(order) or any(problem["field"] == "order_ref" for problem in order.problems)
    due = replace(
        order,
        state=OrderState.DUE,
        why="",
        answers={**order.answers, **answers},
        revision=order.revision + anew,
        item_number=None,
        content=digest(order.fields),
        changed_at=at,
    )
    (after,) = _carried_out(connection, facts, numbers, shop, {order_id: order}, [due], at)
    store.save_orders(connection, [after])
    return after


def leave(connection: Connection, merchant_id: str, shop_id: UUID, order_id: str, at: datetime) -> ShopOrder:
    """The order, asked about no more: not booked, or its parcel as it was booked. Told again, it changes nothing."""
    store.lock_shop(connection, shop_id, merchant_id)
    order = store.load_order(connection, shop_id, order_id)
    if order.state is not OrderState.WAITING:
        return order
    kept = _is_live(order) and order.problems[0]["field"] == _CHANGED.field
    left = replace(order, content=digest(order.fields) if kept else order.content, changed_at=at)
    after = _settled(left, OrderState.BOOKED if kept else OrderState.LEFT, "left by the merchant")
    store.save_orders(connection, [after])
    return after
