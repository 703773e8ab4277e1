"""An order of a partner as the post would carry it: to a door, to a digital centre, or to the office nearest to one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from post_logistics.channels.partners.book import Partner, Stands
from post_logistics.channels.partners.reading import Record, Told, order_of
from post_logistics.channels.shops.news import News, Wish
from post_logistics.consignments.booking import Problem
from post_logistics.errors import Unacceptable
from post_logistics.network.collection_points import CollectionPoint, PointKind
from post_logistics.network.offices import PostOffice
from post_logistics.operations.faces.wishing import point_address
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.order_intake import hints_of
from post_logistics.units import DHAKA

WISHES: Final = {
    Stands.WAIT: Wish.WAIT,
    Stands.SEND: Wish.SEND,
    Stands.GONE: Wish.NOTHING,
    Stands.DELIVERED: Wish.NOTHING,
    Stands.DROP: Wish.DROP,
}
_UNKNOWN_CENTRE: Final = {
    "en": "Order {number} is for the digital centre {centre}, which the post does not know. Should it wait for its "
    "recipient at {office} {postcode}, which is nearest? If not, give another address.",
    "bn": "{number} নম্বর অর্ডারটি {centre} ডিজিটাল সেন্টারের জন্য, যা ডাক বিভাগের তালিকায় নেই। সবচেয়ে কাছের "
    "{office} {postcode} ডাকঘরে কি প্রাপকের জন্য রাখা হবে? না হলে অন্য ঠিকানা দিন।",
}
_NO_CASH: Final = {
    "en": "Order {number} is to be paid on delivery, but {point} takes no cash. Give another address, "
    "or no amount if it is paid.",
    "bn": "{number} নম্বর অর্ডারের টাকা বিলির সময় নিতে হবে, কিন্তু {point} টাকা নেয় না। অন্য ঠিকানা দিন, "
    "অথবা মূল্য পরিশোধিত হলে টাকার অঙ্ক শূন্য করুন।",
}


def partner_named(facts: Facts, name: str) -> Partner:
    """The dialect of that name; Unacceptable if there is none (any more)."""
    found = facts.partners.get(name)
    if found is None:
        raise Unacceptable(
            f"no partner {name}", field="partner", remedy=f"choose among: {', '.join(sorted(facts.partners))}"
        )
    return found


def body_of(record: Record) -> bytes:
    """A record as it is kept."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True).encode()


def news_of_partner(facts: Facts, name: str, body: bytes, at: datetime) -> News:
    """The order in a record that was kept; Unacceptable if nobody can say which it is, or where it stands."""
    partner = partner_named(facts, name)
    return news_of(facts, order_of(partner, json.loads(body)), partner, at)


def news_of(facts: Facts, told: Told, partner: Partner, at: datetime) -> News:
    """The order as news: its address is that of the digital centre where that is the consignee."""
    wish = WISHES[told.stands]
    news = News(
        order_id=told.code,
        number=told.code,
        modified_at=told.changed_at,
        wish=wish,
        why="" if wish is Wish.SEND else f"{told.state} at the partner",
    )
    if wish is not Wish.SEND:
        return news
    way = _way(facts, told, partner, at)
    return replace(news, fields=way.fields, problems=way.problems, question=way.question)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where an order goes, and what stands against it."""

    fields: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    question: Mapping[str, str] = field(default_factory=dict)


def _way(facts: Facts, told: Told, partner: Partner, at: datetime) -> _Way:
    if not told.centre:
        return _Way(told.fields)
    point_id = partner.centres.get(told.centre, told.centre)
    point = next((one for one in facts.points if one.point_id == point_id), None)
    if point is None:
        return _near(facts, told, at)
    bound = _bound_for(facts, told, point)
    if told.cod_poisha == 0 or point.takes_cash:
        return bound
    problem = Problem("cod_taka", f"{point.name_en} takes no cash", "give another address, or 0 if it is paid")
    names = {"en": point.name_en, "bn": point.name_bn}
    return replace(bound, problems=(problem,), question=_asked(_NO_CASH, told, point=names))


def _bound_for(facts: Facts, told: Told, point: CollectionPoint) -> _Way:
    return _Way({**told.fields, "recipient_address": point_address(facts, point), "recipient_postcode": point.office})


def _near(facts: Facts, told: Told, at: datetime) -> _Way:
    """To the window of the office that its address leads to, if somebody says so."""
    problem = Problem(
        "recipient_address",
        f"the digital centre {told.centre[:40]} is not known to the post",
        "answer, and it waits at the nearest office; or give another address",
    )
    try:
        found = facts.resolver.settle(told.fields.get("recipient_address", ""), hints_of(told.fields))
        office = facts.coverage(at.astimezone(DHAKA).date()).responsible(found.postcode)
    except Unacceptable as error:
        return _Way(told.fields, (replace(problem, remedy=error.remedy or "give another address"),))
    windows = (one for one in facts.points.of_office(office.postcode) if one.kind is PointKind.OFFICE_WINDOW)
    window = next(windows, None)
    way = _bound_for(facts, told, window) if window else _Way(told.fields)
    names = {"en": office.name_en, "bn": office.name_bn}
    return replace(way, problems=(problem,), question=_asked(_UNKNOWN_CENTRE, told, office=names, at=office))


def _asked(
    texts: Mapping[str, str], told: Told, at: PostOffice | None = None, **names: Mapping[str, str]
) -> dict[str, str]:
    """The question in both languages."""
    said = {"number": told.code, "centre": told.centre[:40], "postcode": at.postcode if at else ""}
    return {
        language: text.format(**said, **{name: words[language] for name, words in names.items()})
        for language, text in texts.items()
    }
