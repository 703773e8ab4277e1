"""The lists of a partner: what was missed is taken from them, and every day theirs is held against ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.channels.partners.asking import HttpLists, Lists
from post_logistics.channels.partners.book import Partner, Stands
from post_logistics.channels.partners.reading import Record, Told
from post_logistics.channels.shops.news import News, Wish
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts, refuse_future
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.partner_orders import news_of, partner_named
from post_logistics.operations.orders.partners import (
    LISTED,
    delivery_of,
    keep_deliveries,
    read_all,
    said_of,
)
from post_logistics.operations.orders.shop_orders import digest, take_in_all
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.orders import partner_findings as findings_store
from post_logistics.storage.orders import partners as store
from post_logistics.storage.orders import shops as shop_store
from post_logistics.storage.orders.partner_findings import BY_THE_LIST, Finding, FindingKind
from post_logistics.storage.orders.partners import OurOrder
from post_logistics.storage.orders.shops import OrderState, Shop, ShopOrder
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, taka

MakeLists = Callable[[Partner, store.PartnerLine], Lists | None]
"""What asks a partner for its lists; None where it cannot be asked."""
_NAMESPACE: Final = UUID("c2f3a4b0-61c9-4f0e-8f7b-0d8c5b6a9e14")
_HANDED_OVER: Final = frozenset(
    {State.DELIVERED_CLAIMED, State.PARTIALLY_CLAIMED, State.DELIVERED, State.PARTIALLY_DELIVERED}
)
_IN_HAND: Final = frozenset({OrderState.DUE, OrderState.WAITING, OrderState.BOOKED})


@dataclass(frozen=True, slots=True)
class Desk:
    """What pulling and comparing needs besides the database."""

    facts: Facts
    numbers: Numbers
    lists: MakeLists
    clock: Callable[[], datetime]


def http_lists(*, development: bool = False) -> MakeLists:
    """Asks partners at their own servers."""

    def lists(partner: Partner, line: store.PartnerLine) -> Lists | None:
        listing = partner.listing
        return HttpLists(listing, line.url, line.token, development) if listing and line.url else None

    return lists


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a partner lists for a day. ``why``: the list broke off, and the reason."""

    listed: Mapping[str, Told] = field(repr=False)
    new: frozenset[str]
    """Orders that we had not heard of."""
    unreadable: int
    why: str = ""


def pull(database: Database, desk: Desk, shop_id: UUID, day: date) -> Pulled:
    """Asks the partner for its orders of that day, and keeps what is news for the job that takes orders in.

    No transaction is open while it is asked; every page is kept as it comes, so that one which breaks off loses
    nothing. Asked again, nothing comes twice. Conflict where the partner cannot be asked.
    """
    refuse_future(day, desk.clock(), "day")
    with database.transaction() as connection:
        line, shop = store.load_line(connection, shop_id), shop_store.lock_shop(connection, shop_id)
    partner = partner_named(desk.facts, shop.domain)
    lists = desk.lists(partner, line)
    if lists is None or shop.closed_at is not None:
        unknown = "no address is known at which the partner lists orders"
        why = "the partner is disconnected" if shop.closed_at else unknown
        raise Conflict(why, field="partner_id", remedy="connect it with its address")
    listed: dict[str, Told] = {}
    new: set[str] = set()
    unreadable, why = 0, ""
    for page in lists.orders(day):
        why = page.why
        with database.transaction() as connection:
            read, fresh, wrong = _take(connection, desk, shop, partner, page.records, day)
        listed |= {told.code: told for told in read}
        new |= fresh
        unreadable += wrong
    with database.transaction() as connection:
        store.note_asked(connection, shop_id, desk.clock(), why)
    return Pulled(listed, frozenset(new), unreadable, why)


def _take(
    connection: Connection, desk: Desk, shop: Shop, partner: Partner, records: Sequence[Record], day: date
) -> tuple[list[Told], set[str], int]:
    """The orders on a page, which of them we had not heard of, and how many records nobody can read."""
    at = desk.clock()
    read, unread = read_all(shop, partner, records, at)
    codes = {told.code for _, told in read}
    known = shop_store.load_orders(connection, shop.shop_id, codes)
    heard_of = store.load_heard_of(connection, shop.shop_id, codes)
    news = [
        delivery_of(shop, record, LISTED, at, again=f"@{at:%Y%m%dT%H%M%S}" if told.code in known else "")
        for record, told in read
        if _is_news(known.get(told.code), news_of(desk.facts, told, partner, at))
    ]
    keep_deliveries(connection, shop, news + unread, at)
    store.save_orders(connection, shop.shop_id, [said_of(shop, told, at, listed_on=day) for _, told in read])
    return [told for _, told in read], codes - heard_of, len(unread)


def _is_news(known: ShopOrder | None, news: News) -> bool:
    """Whether the list says anything that is not known. What was left stays left; what is gone is not sent anew."""
    if known is None:
        return True
    if known.state is OrderState.LEFT:
        return False
    if news.wish is Wish.SEND:
        same = digest(news.fields) in {known.content, digest(known.fields)}
        return not (same and known.state in _IN_HAND)
    return known.state in _IN_HAND if news.wish is Wish.DROP else known.state is OrderState.WAITING


def pull_due(database: Database, desk: Desk) -> int:
    """Asks every partner for yesterday's and today's orders; how many we had not heard of."""
    today = desk.clock().astimezone(DHAKA).date()
    with database.transaction() as connection:
        found = store.load_callable(connection)
    return sum(
        len(pull(database, desk, shop_id, day).new)
        for shop_id in _listing(database, desk, found)
        for day in (today - timedelta(days=1), today)
    )


def _listing(database: Database, desk: Desk, shop_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the partners that have lists."""
    with database.transaction() as connection:
        shops = {one.shop_id: one for one in shop_store.load_shops(connection)}
        lines = store.load_lines(connection, shop_ids)
    partners = {shop_id: desk.facts.partners.get(shops[shop_id].domain) for shop_id in shop_ids}
    return [one for one, partner in partners.items() if partner and desk.lists(partner, lines[one]) is not None]


# Holding their list against ours


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an order stands otherwise than its partner says; both sides in words."""

    order_id: str
    kind: FindingKind
    theirs: str
    ours: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What holding the list of a day against ours gave. ``why``: it did not come, and nothing was judged."""

    day: date
    listed: int
    unreadable: int
    findings: tuple[Finding, ...] = ()
    why: str = ""


def compare(database: Database, desk: Desk, shop_id: UUID, day: date) -> Compared:
    """Takes in what the list of a day brings, then keeps every difference that is left for a person to look at.

    Those of that day that are gone are closed. A list that broke off proves nothing: then nothing is judged.
    """
    pulled = pull(database, desk, shop_id, day)
    if pulled.why:
        return Compared(day, len(pulled.listed), pulled.unreadable, why=pulled.why)
    take_in_all(database, desk.facts, desk.numbers, shop_id, desk.clock)
    at = desk.clock()
    with database.transaction() as connection:
        shop = shop_store.lock_shop(connection, shop_id)
        ours = store.load_ours(connection, shop_id, day, pulled.listed.keys())
        partner = partner_named(desk.facts, shop.domain)
        open_ = [_finding(shop_id, day, one, at) for one in differences(partner, pulled.listed, ours)]
        brought = [_brought(shop_id, day, pulled.listed[order_id], at) for order_id in sorted(pulled.new)]
        findings_store.save_findings(connection, open_ + brought)
        findings_store.close_gone(connection, shop_id, day, [one.finding_id for one in open_], at)
        found = findings_store.load_findings(connection, shop_id, day=day)
    return Compared(day, len(pulled.listed), pulled.unreadable, tuple(found))


def compare_due(database: Database, desk: Desk) -> list[Compared]:
    """Holds yesterday's list of every partner against ours."""
    yesterday = desk.clock().astimezone(DHAKA).date() - timedelta(days=1)
    with database.transaction() as connection:
        found = store.load_callable(connection)
    return [compare(database, desk, shop_id, yesterday) for shop_id in _listing(database, desk, found)]


def _finding(shop_id: UUID, day: date, one: Difference, at: datetime) -> Finding:
    return Finding(
        finding_id=uuid5(_NAMESPACE, f"{shop_id}/{day}/{one.kind}/{one.order_id}"),
        shop_id=shop_id,
        on_day=day,
        order_id=one.order_id,
        kind=one.kind,
        theirs=one.theirs,
        ours=one.ours,
        found_at=at,
    )


def _brought(shop_id: UUID, day: date, told: Told, at: datetime) -> Finding:
    """An order that only the list brought: to be known, and settled already."""
    made = Difference(told.code, FindingKind.MISSING_HERE, told.state, "taken from the list")
    return replace(_finding(shop_id, day, made, at), closed_at=at, closed_by=BY_THE_LIST)


def differences(partner: Partner, listed: Mapping[str, Told], ours: Mapping[str, OurOrder]) -> list[Difference]:
    """Every way in which the two lists differ, by order. What waits for an answer is with a person already."""
    found: list[Difference] = []
    for order_id, told in sorted(listed.items()):
        own = ours.get(order_id)
        if own is None:
            found.append(Difference(order_id, FindingKind.MISSING_HERE, told.state, "not heard of"))
            continue
        if own.item_number and None not in {told.cod_poisha, own.cod_poisha} and told.cod_poisha != own.cod_poisha:
            said, booked = taka(told.cod_poisha or 0), taka(own.cod_poisha or 0)
            found.append(Difference(order_id, FindingKind.AMOUNT, said, booked))
        if not _agree(told.stands, own):
            found.append(Difference(order_id, FindingKind.STATE, told.state, _in_words(own)))
    absent = sorted(ours.keys() - listed.keys())
    return found + [
        Difference(order_id, FindingKind.MISSING_THERE, "not listed", _in_words(ours[order_id]))
        for order_id in absent
        if ours[order_id].state in _IN_HAND
    ]


def _agree(stands: Stands, own: OurOrder) -> bool:
    """Whether where the order stands for the partner can be so, by what we know and have told."""
    if own.state is OrderState.DROPPED or own.stands is State.CANCELLED:
        return stands in {Stands.DROP, Stands.WAIT}
    if own.state is not OrderState.BOOKED:
        return True
    if stands is Stands.DELIVERED:
        return own.stands in _HANDED_OVER
    if stands is Stands.GONE:
        return own.told is not None
    return stands is Stands.SEND and own.told in {None, "waiting"}


def _in_words(own: OurOrder) -> str:
    told = f", told: {own.told}" if own.told else ""
    return f"{own.stands or own.state}{told}".replace("_", " ")


def settle_finding(
    connection: Connection, shop_id: UUID, finding_id: UUID, by: str, note: str, at: datetime
) -> Finding:
    """The finding, settled by that person with a note on what was done. Told again, it changes nothing."""
    finding = findings_store.lock_finding(connection, shop_id, finding_id)
    if finding.closed_at is not None:
        return finding
    if not note.strip():
        raise Unacceptable("is missing", field="note", remedy="say what was done about it")
    findings_store.close_finding(connection, finding, by, note.strip(), at)
    return findings_store.lock_finding(connection, shop_id, finding_id)
