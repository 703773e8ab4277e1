"""A small post in full swing, served to a real browser: its people, its parcels, and the hour at which it stands.

The world is made by the real operations alone: one whole day, booked, carried, delivered, closed, paid in and settled,
and the next until half past four, with tours out and parcels in every other state.
"""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from secrets import token_urlsafe
from typing import Any

import httpx2
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from playwright.sync_api import Page

from api.app import create_app
from api.context import Engine, now
from api.pages.shell import LANGUAGE, SESSION
from post_logistics.access.keys import KeyKind
from post_logistics.access.passwords import draw_second_factor, hash_password, lock_up
from post_logistics.access.roles import TWO_FACTORS, Place, Role
from post_logistics.demo.day import Day, book_orders, first_mile, plan_tours, run_day, run_legs
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.access.people import SESSION_LIFE, give_role, take_on
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.codes import issue_code
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.faces.visiting import make_links
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.order_intake import read_orders
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.settings import Settings
from post_logistics.storage.access.people import change_person
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection, Database, open_scratch
from post_logistics.storage.orders.consignments import load_booked, load_consignments
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import DHAKA, MerchantId, Postcode
from tests.api.client import Api

DATA = Path(__file__).resolve().parents[2] / "data"
YESTERDAY, TODAY = date(2026, 11, 21), date(2026, 11, 22)
HALF_PAST_FOUR = datetime.combine(TODAY, time(16, 30), DHAKA)
OFFICE = Postcode("1216")
RIDER = "1216-R01"
AGENT = "dc-1216-01"
PASSWORD = "kotha-boli-nodir-pare"
_ORDERS_A_DAY = 24
_DRAW = Random(8)
_HASH = hash_password(PASSWORD, "nobody")


@dataclass(slots=True)
class World:
    """What there is to look at."""

    shop: MerchantId
    """The shop with the most parcels."""
    items: dict[State, list[str]] = field(default_factory=dict)
    """Item numbers by the state that they are in, those of ``shop`` first."""
    links: dict[str, str] = field(default_factory=dict)
    """Item number -> the token of its recipient's private link."""


class Site(Api):
    """The served application: requests to it by a key (as ``tests.api.client``), and browsers that sign in."""

    def __init__(self, base_url: str, engine: Engine, client: httpx2.Client) -> None:
        super().__init__(client)  # type: ignore[arg-type]
        self.base_url = base_url
        self.at = HALF_PAST_FOUR
        self.world = World(MerchantId(""))
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """What the application holds."""
        return self._engine

    def scan(self, item: str, event: str, **changes: Any) -> dict[str, Any]:
        """A scan by a device that did nothing in these two days."""
        return super().scan(item, event, **{"device_id": "counter-1216-2"} | changes)

    def sign_in(self, page: Page, role: Role | str, *, language: str = "en") -> None:
        """From now on the page is looked at by somebody of that role, with a second factor where one is needed."""
        person = person_of(Role(role))
        with self.engine.database.transaction() as connection:
            made = make_key(
                connection,
                _DRAW,
                self.at,
                kind=KeyKind.SESSION,
                name="",
                by=person,
                person_id=person,
                place=place_of(Role(role), self.world.shop),
                good_for=SESSION_LIFE,
                second_factor=Role(role) in TWO_FACTORS,
            )
        self.speak(page, language)
        cookie = {"name": SESSION, "value": made.halves.text, "url": self.base_url, "httpOnly": True}
        page.context.add_cookies([cookie])  # type: ignore[list-item]

    def speak(self, page: Page, language: str) -> None:
        """From now on the page is in that language."""
        page.context.add_cookies([{"name": LANGUAGE, "value": language, "url": self.base_url}])

    def item_in(self, *states: State) -> str:
        """The first item that is in one of those states."""
        return next(item for state in states for item in self.world.items.get(state, ()))

    def code_sent(self, item: str) -> str:
        """The code that opens the recipient's view, as it goes by text message."""
        with self.engine.database.transaction() as connection:
            return issue_code(connection, item, "view", self.at, _DRAW, key=self.engine.facts.advice_key)

    def link(self, item: str) -> str:
        """The path of the private link of an item's recipient."""
        if item not in self.world.links:
            self.world.links[item] = token_urlsafe(16)
            with self.engine.database.transaction() as connection:
                make_links(connection, {item: self.world.links[item]}, self.at)
        return f"/p/{self.world.links[item]}"


def person_of(role: Role) -> str:
    """The name with which the one of that role signs in."""
    return f"{role}-1"


def place_of(role: Role, shop: MerchantId) -> Place:
    """Where the one of that role works."""
    if role is Role.MERCHANT:
        return Place(merchant_id=shop)
    return Place(office=OFFICE) if role in {Role.COUNTER, Role.MANAGER, Role.RIDER, Role.AGENT} else Place()


@contextmanager
def served(settings: Settings) -> Iterator[Site]:
    """The application of a fresh schema, answering on a port of its own, and its world made."""
    with open_scratch(settings, durable=False):
        app = create_app(settings)
        with answering(app) as base_url, httpx2.Client(base_url=base_url, timeout=60) as client:
            site = Site(base_url, app.state.engine, client)
            app.dependency_overrides[now] = lambda: site.at
            site.world.shop = make_two_days(site.engine.database, site.engine.facts)
            make_the_rest(site)
            with site.engine.database.transaction() as connection:
                site.world = _looked_at(connection)
            yield site


@contextmanager
def answering(app: Any) -> Iterator[str]:
    """Serves in a thread until the block ends; gives the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        app,
        "127.0.0.1",
        port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        log_level=LogLevels.error,
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop, server), daemon=True)
    thread.start()
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(20)


def _run(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    asyncio.set_event_loop(loop)
    loop.run_until_complete(server.serve())
    loop.close()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
        except httpx2.TransportError:
            threading.Event().wait(0.1)
        else:
            return
    raise TimeoutError("the application does not answer")


def make_two_days(database: Database, facts: Facts) -> MerchantId:
    """Yesterday from the booking to the payout, today until half past four, and somebody of every role.

    Gives the shop with the most parcels, for which the merchant acts.
    """
    checked = read_orders(facts, DATA / "samples" / "orders.csv", "orders.csv")
    yesterday = Day(database, facts, Numbers(database, facts.number_key), YESTERDAY, 1, lambda *_: None)
    book_orders(yesterday, replace(checked, orders=checked.orders[:_ORDERS_A_DAY], refused=()))
    run_day(yesterday)
    today = replace(yesterday, on=TODAY, verdicts=[], pickups=[], plans=[], settlements=[])
    book_orders(today, replace(checked, orders=checked.orders[_ORDERS_A_DAY : 2 * _ORDERS_A_DAY], refused=()))
    _until_half_past_four(today)
    with database.transaction() as connection:
        shop = _looked_at(connection).shop
        _take_everybody_on(connection, facts, shop)
    return shop


def make_the_rest(site: Site) -> None:
    """Parcels of the shop for Mirpur in the states in which a smooth day leaves none."""
    shop, site.at = site.world.shop, HALF_PAST_FOUR - timedelta(hours=2)
    booked = [site.item(shop, f"B-{n}", cod_poisha=85_000 + 5_000 * n) for n in range(14)]
    assert site.post(f"/v1/items/{booked[3]}/cancellation", merchant=shop).status_code == 200
    site.scans(site.scan(booked[4], "accepted"))
    for item in booked[5:]:
        site.at_the_office(item)
    site.at += timedelta(hours=1)
    out = [booked[7], booked[8], booked[12], booked[13]]
    site.scans(*(site.scan(item, "out_for_delivery", holder=f"rider:{RIDER}") for item in out))
    failed = {"holder": f"rider:{RIDER}", "reason": "recipient_absent"}
    site.at += timedelta(minutes=20)
    site.claims(*(site.scan(item, "attempt_failed", **failed) for item in (booked[8], *booked[12:])))
    site.at = HALF_PAST_FOUR - timedelta(minutes=5)
    site.scans(site.scan(booked[8], "at_delivery_office"))
    site.scans(site.scan(booked[9], "at_pickup_point", holder=f"agent:{AGENT}"))
    site.scans(site.scan(booked[10], "lost", note="looked in every bag"))
    site.scans(site.scan(booked[11], "damaged", reason="damaged_in_post"))
    site.at = HALF_PAST_FOUR


def _until_half_past_four(day: Day) -> None:
    """Every tour has left; the first half of each is done, every third door of it in vain."""
    shift = day.facts.fleet.day
    first_mile(day)
    run_legs(day, "dispatch", day.at(shift.pickup_end), day.at(shift.delivery_start))
    plan_tours(day)
    for sheet in (sheet for plan in day.plans for sheet in plan.sheets):
        with day.database.transaction() as connection:
            _ride(connection, day, sheet)


def _ride(connection: Connection, day: Day, sheet: RunSheet) -> None:
    office, holder = Postcode(sheet.office), f"rider:{sheet.rider_id}"
    counter, rider = day.devices.counter(office), day.devices.rider(sheet.rider_id, office)
    ready = sheet.depart_at - timedelta(minutes=15)
    record_scans(connection, [counter.scan(i, Event.ASSIGNED, ready, f"office:{office}") for i in sheet.items])
    record_scans(connection, [rider.scan(i, Event.OUT_FOR_DELIVERY, sheet.depart_at, holder) for i in sheet.items])
    done = [(stop.arrive_at, item) for stop in sheet.stops for item in stop.item_numbers]
    booked = load_consignments(connection, sheet.items)
    claims = []
    for n, (at, item) in enumerate(done[: (len(done) + 1) // 2]):
        failed = n % 3 == 2
        event, reason = (Event.ATTEMPT_FAILED, Reason.RECIPIENT_ABSENT) if failed else (Event.DELIVERED_CLAIMED, None)
        claims.append(Claim(rider.scan(item, event, at, holder, reason), 0 if failed else booked[item].cod_poisha))
    deliver(connection, claims)


def _looked_at(connection: Connection) -> World:
    shops = {str(one.item_number): one.merchant_id for one in load_booked(connection)}
    ((shop, _),) = Counter(shops.values()).most_common(1)
    world = World(shop)
    for one in sorted(load_standings(connection), key=lambda one: shops[one.item_number] != shop):
        world.items.setdefault(one.state, []).append(one.item_number)
    return world


def _take_everybody_on(connection: Connection, facts: Facts, shop: MerchantId) -> None:
    """Somebody of every role; ``PASSWORD`` is everybody's, and those who need a second factor have proven one."""
    holders = {Role.RIDER: RIDER, Role.AGENT: AGENT}
    for role in Role:
        person, at = person_of(role), HALF_PAST_FOUR - timedelta(days=30)
        take_on(connection, _DRAW, person, f"{role.title()} One", "post", at)
        change_person(connection, person, password_hash=_HASH, must_change=False)
        if role in TWO_FACTORS:
            secret = lock_up(draw_second_factor(_DRAW), facts.access_key)
            change_person(connection, person, totp_secret=secret, totp_proven=True)
        give_role(connection, facts, person, role, place_of(role, shop), "post", at, holders.get(role, ""))
