"""A made-up world to practise on: a post in full swing, up to this moment, and somebody of every role.

It lives in the schema ``practice`` of a database of its own, and is made by the real operations alone: the day before
yesterday booked, carried, delivered, closed, paid in and settled; yesterday's parcels at their offices, with tours
planned for today; today's orders booked.
"""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from post_logistics.access.roles import AT_AN_OFFICE, Place, Role
from post_logistics.consignments.booking import Consignment
from post_logistics.demo.day import BOOKED, EVENING, Day, book_orders, first_mile, run_day, run_legs
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.access.people import give_role
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import pay_in_float
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.order_intake import Checked, read_orders
from post_logistics.operations.tours.planning import plan_day
from post_logistics.settings import GATEWAYS, Settings
from post_logistics.storage.access.people import Person, append_people
from post_logistics.storage.database import Connection, Database, open_database, open_scratch
from post_logistics.storage.orders.consignments import load_booked
from post_logistics.storage.practice import SCHEMA, mark_made_up, standing
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, MerchantId, Postcode

_ORDERS_A_DAY: Final = 24
_AT_THE_OFFICE: Final = 20
"""So many parcels more lie at the office where people practise, with cash to collect."""
_FOR_THE_AGENT: Final = 4
_FLOAT_POISHA: Final = 500_000
_SEED: Final = 1


def practice_settings(settings: Settings) -> Settings:
    """The same for practice: another database, a schema of its own. Unacceptable where real data could be meant."""
    if settings.environment == "production":
        raise Unacceptable(
            "nobody practises on a server of production",
            field="practice",
            remedy="start it elsewhere, with POST_LOGISTICS_ENVIRONMENT=development",
        )
    changes = {"practice": True, "schema_name": SCHEMA, "signed_scans_only": False, **dict.fromkeys(GATEWAYS)}
    if settings.database_url is None:
        own = settings.data_dir.with_name(f"{settings.data_dir.name}-{SCHEMA}")
        return settings.model_copy(update=changes | {"data_dir": own})
    name = urlsplit(settings.database_url.get_secret_value()).path.strip("/")
    if SCHEMA not in name:
        raise Unacceptable(
            f"the database {name} may hold real data",
            field="database_url",
            remedy=f"make a database for it whose name says so, such as post_{SCHEMA}, and name that one",
        )
    return settings.model_copy(update=changes)


def begin_practice(settings: Settings, facts: Facts, at: datetime) -> None:
    """The world is there: made now, if there was none. Conflict if the schema holds what nobody made up."""
    with open_database(settings) as database, database.transaction() as connection:
        found = standing(connection)
    if found == "real":
        raise Conflict(
            f"the schema {SCHEMA} holds data that nobody made up",
            remedy="name another database for practice; nothing was changed",
        )
    if found == "empty":
        make_world(settings, facts, at)


def make_world(settings: Settings, facts: Facts, at: datetime) -> None:
    """Everything made up anew; what was practised before is gone."""
    with open_scratch(settings, durable=False) as database:
        with database.transaction() as connection:
            mark_made_up(connection)
        _fill(database, facts, settings.facts_dir / "samples" / "orders.csv", at)


def _fill(database: Database, facts: Facts, orders: Path, at: datetime) -> None:
    today = at.astimezone(DHAKA).date()
    if not facts.offices.pilot(today - timedelta(days=2)):
        raise Unacceptable("no office offers the service yet", field="facts_dir", remedy="see data/post_offices.csv")
    checked = read_orders(facts, orders, orders.name)
    parts = [_part(checked, n) for n in range(3)]
    first = Day(database, facts, Numbers(database, facts.number_key), today - timedelta(days=2), _SEED, _silent)
    book_orders(first, parts[0])
    run_day(first)
    second = replace(first, on=today - timedelta(days=1), verdicts=[], pickups=[], plans=[], settlements=[])
    book_orders(second, parts[1])
    first_mile(second)
    shift = facts.fleet.day
    run_legs(second, "dispatch", second.at(shift.pickup_end), second.at(shift.delivery_start))
    run_legs(second, "dispatch_late", second.at(shift.delivery_start), second.at(EVENING))
    third = replace(second, on=today, verdicts=[])
    if third.at(BOOKED) <= at:
        book_orders(third, parts[2])
    with database.transaction() as connection:
        stage = _stage(connection, facts)
        _take_everybody_on(connection, facts, stage, at)
        more = _more_for(stage.office, load_booked(connection), checked)
    book_orders(second, more)
    with database.transaction() as connection:
        _supply(connection, second, stage, {order.order_ref for _, order, _ in more.orders})
    plan_day(database, facts, "delivery", today, at)


def _part(checked: Checked, turn: int) -> Checked:
    """The orders of one of the days."""
    orders = checked.orders[turn * _ORDERS_A_DAY : (turn + 1) * _ORDERS_A_DAY]
    return replace(checked, orders=orders, refused=())


def _silent(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where people practise: the shop with most to do, an office, and its agent, if it has one."""

    shop: MerchantId
    office: Postcode
    agent: CollectionPoint | None


def _stage(connection: Connection, facts: Facts) -> _Stage:
    booked = load_booked(connection)
    shop = Counter(one.merchant_id for one in booked).most_common(1)[0][0]
    parcels = Counter(one.delivery_office for one in booked)
    agents = {one.office: one for one in sorted(facts.points, key=lambda one: one.takes_cash) if one.is_agent}
    office = max(parcels, key=lambda code: (code in agents and agents[code].takes_cash, code in agents, parcels[code]))
    return _Stage(shop, office, agents.get(office))


def _more_for(office: Postcode, booked: Iterable[Consignment], checked: Checked) -> Checked:
    """Orders like those that were booked for the office and are paid at the door, under references of their own."""
    refs = {one.order_ref for one in booked if one.delivery_office == office and one.cod_poisha}
    like = [one for one in checked.orders if one[1].order_ref in refs]
    more = [
        (row, replace(order, order_ref=f"{order.order_ref}/{n}"), hints)
        for n, (row, order, hints) in zip(range(_AT_THE_OFFICE), cycle(like))
    ]
    return replace(checked, orders=tuple(more), refused=())


def _supply(connection: Connection, day: Day, stage: _Stage, refs: Set[str]) -> None:
    """Those parcels lie at the office since that evening, some of them at the agent, who has paid in a float."""
    at, counter = day.at(EVENING), day.devices.counter(stage.office)
    items = [one.item_number for one in load_booked(connection) if one.order_ref in refs]
    for event in (Event.ACCEPTED, Event.AT_DELIVERY_OFFICE):
        record_scans(connection, [counter.scan(item, event, at, f"office:{stage.office}") for item in items])
    if stage.agent is not None:
        reference = uuid5(NAMESPACE_URL, f"practice:{stage.agent.point_id}:{at.isoformat()}")
        pay_in_float(connection, stage.agent, _FLOAT_POISHA, reference, at)
        brought, holder = items[:_FOR_THE_AGENT], stage.agent.holder
        record_scans(connection, [counter.scan(item, Event.AT_PICKUP_POINT, at, holder) for item in brought])


def _take_everybody_on(connection: Connection, facts: Facts, stage: _Stage, at: datetime) -> None:
    """Somebody of every role, called by it; nobody has a password: practice lets in without."""
    agent = stage.agent.point_id if stage.agent else ""
    holders = {Role.RIDER: facts.fleet.riders(stage.office, "delivery")[0].rider_id, Role.AGENT: agent}
    roles = [role for role in Role if role is not Role.AGENT or agent]
    append_people(connection, [_person(role, at) for role in roles])
    for role in roles:
        place = _place(role, stage.shop, stage.office)
        give_role(connection, facts, role.value, role, place, "practice", at, holders.get(role, ""))


def _person(role: Role, at: datetime) -> Person:
    return Person(
        person_id=role.value,
        name=f"{role.value.title()} (practice)",
        password_hash="",
        must_change=False,
        totp_secret=b"",
        totp_step=0,
        totp_proven=False,
        made_by="practice",
        made_at=at,
    )


def _place(role: Role, shop: MerchantId, office: Postcode) -> Place:
    """Where somebody of that role works."""
    if role is Role.MERCHANT:
        return Place(merchant_id=shop)
    return Place(office=office) if role in AT_AN_OFFICE else Place()
