"""One whole day of the pilot, driven through the real operations by made-up devices, riders and outcomes.

The day, local time: booked at six, picked up from seven, carried over the morning legs, on tour from half past twelve,
closed at eight; parcels refused go back on the evening legs. The next day the cash is paid in, confirmed and settled.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from time import perf_counter

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.day_close import OfficeClose, Slip
from post_logistics.cod.ledger import standing
from post_logistics.cod.settlement import Settlement
from post_logistics.consignments.booking import Consignment
from post_logistics.demo.devices import Devices
from post_logistics.demo.outcomes import Fate, counted, outcome
from post_logistics.network.timetable import LegRun
from post_logistics.operations.bags.dispatching import TO_SEND_BACK, manifest, runs_between
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.money.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.money.settling import settle_all
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Verdict
from post_logistics.operations.orders.order_intake import Checked, intake, merchants_of
from post_logistics.operations.tours.planning import OfficePlan, plan_day
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.storage.custody.scans import load_items_held, load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.closes import load_closes
from post_logistics.storage.money.ledger import load_balances
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import Postcode

BOOKED, EVENING, NIGHT = time(6), time(20), time(23, 59)
GIVE_BACK, PAY_IN, CONFIRM, SETTLE = time(9), time(10), time(15), time(16)

Advance = Callable[[str, int, int], None]
"""Told (step, done, total) as the day goes on."""


@dataclass(slots=True)
class Day:
    """A day in the making: what drives it and what it leaves behind."""

    database: Database
    facts: Facts
    numbers: Numbers
    on: date
    seed: int
    advance: Advance
    devices: Devices = field(default_factory=Devices)
    verdicts: list[Verdict] = field(default_factory=list)
    pickups: list[OfficePlan] = field(default_factory=list)
    plans: list[OfficePlan] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    elapsed_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, total: int = 1) -> Iterator[None]:
        """Times a step of the day and tells of its beginning and end."""
        self.advance(name, 0, total)
        start = perf_counter()
        yield
        self.elapsed_s[name] = round(perf_counter() - start, 3)
        self.advance(name, total, total)

    def at(self, hour: time, days: int = 0) -> datetime:
        """That local time on the day, or so many days later."""
        return dhaka(self.on + timedelta(days=days), hour)

    def offices(self) -> list[Postcode]:
        """The pilot offices in service."""
        return [office.postcode for office in self.facts.offices.pilot(self.on)]


def _record(connection: Connection, scans: Sequence[Scan]) -> None:
    """Keeps scans that must all fit: on a made-up day every misfit is a fault of ours."""
    _must_fit(record_scans(connection, scans))


def _must_fit(verdicts: Iterable[ScanVerdict]) -> None:
    wrong = [verdict for verdict in verdicts if verdict.outcome is not ScanOutcome.ACCEPTED]
    if wrong:
        raise AssertionError(f"{len(wrong)} scans of the day do not fit, the first: {wrong[0]}")


def book_orders(day: Day, checked: Checked) -> None:
    """Places, rates, numbers and books every order of the file, with a verdict per row."""
    with day.step("book"), day.database.transaction() as connection:
        at = day.at(BOOKED)
        orders = [order for _, order, _ in checked.orders]
        account = "demo-account-{merchant_id}"
        merchants = merchants_of(connection, orders, at, register=True, payout_account=account)
        day.verdicts = intake(connection, day.facts, day.numbers, checked, merchants, at)


def first_mile(day: Day) -> None:
    """Plans the rounds to the merchants, and brings their parcels in over the counters."""
    with day.step("first_mile"):
        day.pickups = plan_day(day.database, day.facts, "pickup", day.on, day.at(BOOKED))
        for plan in day.pickups:
            office = Postcode(plan.office)
            counter, back = day.devices.counter(office), day.at(day.facts.fleet.day.pickup_end)
            scans = []
            for sheet in plan.sheets:
                rider = day.devices.rider(sheet.rider_id, office)
                for stop in sheet.stops:
                    scans += [
                        rider.scan(i, Event.ACCEPTED, stop.arrive_at, f"rider:{sheet.rider_id}")
                        for i in stop.item_numbers
                    ]
                scans += [counter.scan(i, Event.ACCEPTED, back, f"office:{office}") for i in sheet.items]
            with day.database.transaction() as connection:
                _record(connection, scans)
                _keep_local(connection, day, office, back)


def _keep_local(connection: Connection, day: Day, office: Postcode, at: datetime) -> None:
    """What is delivered by the office it was handed in at needs no leg."""
    held = load_items_held(connection, f"office:{office}", [State.ACCEPTED])
    local = [i for i, c in load_consignments(connection, held).items() if c.delivery_office == office]
    counter = day.devices.counter(office)
    _record(connection, [counter.scan(i, Event.AT_DELIVERY_OFFICE, at, f"office:{office}") for i in sorted(local)])


def run_legs(day: Day, name: str, start: datetime, end: datetime) -> None:
    """Runs every leg that departs in the period: each leaves with what goes by it, and is received where it arrives."""
    with day.step(name):
        order = count()
        events: list[tuple[datetime, int, LegRun, bool]] = [
            (run.depart_at, next(order), run, True) for run in runs_between(day.facts, start, end)
        ]
        heapq.heapify(events)
        while events:
            _, _, run, departs = heapq.heappop(events)
            with day.database.transaction() as connection:
                if not departs:
                    _receive(connection, day, run)
                elif _send(connection, day, run):
                    heapq.heappush(events, (run.arrive_at, -next(order), run, False))


def _vehicle(run: LegRun) -> str:
    return f"vehicle:{run.leg.leg_id}/{run.depart_at.astimezone(UTC):%Y%m%dT%H%MZ}"


def _send(connection: Connection, day: Day, run: LegRun) -> bool:
    items = manifest(connection, day.facts, run)
    counter = day.devices.counter(run.leg.origin)
    _record(connection, [counter.scan(i, Event.DISPATCHED, run.depart_at, _vehicle(run)) for i in items])
    return bool(items)


def _receive(connection: Connection, day: Day, run: LegRun) -> None:
    office = run.leg.destination
    items = load_items_held(connection, _vehicle(run), [State.DISPATCHED, *TO_SEND_BACK])
    consignments = load_consignments(connection, items)
    back = {s.item_number for s in load_standings(connection, items) if s.state in TO_SEND_BACK}
    counter = day.devices.counter(office)
    scans = []
    for item in items:
        ends_here = item not in back and consignments[item].delivery_office == office
        event = Event.AT_DELIVERY_OFFICE if ends_here else Event.RECEIVED_AT_HUB
        scans.append(counter.scan(item, event, run.arrive_at, f"office:{office}"))
    _record(connection, scans)


def plan_tours(day: Day) -> None:
    """Plans the delivery tours of every office."""
    with day.step("plan"):
        leave = day.at(day.facts.fleet.day.delivery_start)
        day.plans = plan_day(
            day.database,
            day.facts,
            "delivery",
            day.on,
            leave,
            advance=lambda done, total: day.advance("plan", done, total),
        )


def ride_tours(day: Day) -> None:
    """Every rider leaves with a run sheet, and comes back with cash and with what could not be handed over."""
    sheets = [sheet for plan in day.plans for sheet in plan.sheets]
    with day.step("deliver", len(sheets)):
        for done, sheet in enumerate(sheets):
            with day.database.transaction() as connection:
                _ride(connection, day, sheet)
            day.advance("deliver", done, len(sheets))


def _ride(connection: Connection, day: Day, sheet: RunSheet) -> None:
    office, holder = Postcode(sheet.office), f"rider:{sheet.rider_id}"
    counter, rider = day.devices.counter(office), day.devices.rider(sheet.rider_id, office)
    leave = sheet.depart_at
    _record(
        connection,
        [
            *(counter.scan(i, Event.ASSIGNED, leave - timedelta(minutes=15), f"office:{office}") for i in sheet.items),
            *(rider.scan(i, Event.OUT_FOR_DELIVERY, leave, holder) for i in sheet.items),
        ],
    )
    consignments = load_consignments(connection, sheet.items)
    claims = [
        _claim(day, consignments[item], rider.scan, stop.arrive_at, holder)
        for stop in sheet.stops
        for item in stop.item_numbers
    ]
    _must_fit(deliver(connection, claims))
    _bring_back(connection, day, office, claims, sheet.return_at)


def _claim(day: Day, consignment: Consignment, scan: Callable[..., Scan], at: datetime, holder: str) -> Claim:
    drawn = outcome(consignment, day.seed)
    event = {
        Fate.DELIVERED: Event.DELIVERED_CLAIMED,
        Fate.PARTIAL: Event.PARTIALLY_DELIVERED,
        Fate.FAILED: Event.ATTEMPT_FAILED,
        Fate.REFUSED: Event.ATTEMPT_FAILED,
    }[drawn.fate]
    return Claim(scan(consignment.item_number, event, at, holder, drawn.reason), drawn.collected_poisha)


def _bring_back(connection: Connection, day: Day, office: Postcode, claims: Sequence[Claim], at: datetime) -> None:
    """The counter takes back what was not handed over; what was refused goes back to its merchant."""
    counter = day.devices.counter(office)
    failed = [claim.scan for claim in claims if claim.scan.event is Event.ATTEMPT_FAILED]
    refused = [scan for scan in failed if scan.reason is Reason.REFUSED_BY_RECIPIENT]
    _record(
        connection,
        [
            *(counter.scan(s.item_number, Event.AT_DELIVERY_OFFICE, at, f"office:{office}") for s in failed),
            *(counter.scan(s.item_number, Event.RETURN_REQUESTED, at, f"office:{office}") for s in refused),
        ],
    )


def close_the_day(day: Day) -> None:
    """Every rider hands in, every office counts its till: to zero, or to a named shortage."""
    with day.step("close"):
        at, rules = day.at(EVENING), day.facts.cod_rules.on(day.on)
        for office in day.offices():
            with day.database.transaction() as connection:
                held = load_balances(connection, [AccountKind.RIDER_CASH])
                for rider in day.facts.fleet.riders(office, "delivery"):
                    expected = standing(held, account(AccountKind.RIDER_CASH, rider.rider_id))
                    found = counted(rider.rider_id, expected, day.seed)
                    why = None if found == expected else Variance.CHANGE_WRONG
                    close_rider_day(
                        connection,
                        day.facts,
                        rider=rider.rider_id,
                        office=office,
                        closed_on=day.on,
                        count=Count.in_fewest(found, rules, f"counter:{office}", rider.rider_id, why),
                        at=at,
                    )
                till = load_balances(connection, [AccountKind.OFFICE_TILL])
                holds = standing(till, account(AccountKind.OFFICE_TILL, office))
                close_office_day(
                    connection,
                    day.facts,
                    office=office,
                    closed_on=day.on,
                    count=Count.in_fewest(holds, rules, f"counter:{office}", f"postmaster:{office}"),
                    at=at,
                )


def give_back(day: Day) -> None:
    """The next morning merchants take back what was refused and has come home."""
    with day.step("return"):
        for office in day.offices():
            with day.database.transaction() as connection:
                held = load_items_held(connection, f"office:{office}", TO_SEND_BACK)
                home = [c for c in load_consignments(connection, held).values() if c.pickup_office == office]
                counter, at = day.devices.counter(office), day.at(GIVE_BACK, 1)
                scans = [
                    counter.scan(c.item_number, Event.RETURNED, at, f"merchant:{c.merchant_id}")
                    for c in sorted(home, key=lambda c: c.item_number)
                ]
                _record(connection, scans)


def pay_in_and_settle(day: Day) -> None:
    """The next day the offices pay in, the bank confirms, and every merchant is settled with."""
    with day.step("settle"), day.database.transaction() as connection:
        for close in load_closes(connection, day.on):
            if isinstance(close, OfficeClose) and close.to_deposit_poisha:
                slip = Slip(
                    slip_number=f"SLIP-{close.office}-{day.on:%Y%m%d}",
                    bank="Sonali Bank",
                    branch=close.office,
                    deposited_at=day.at(PAY_IN, 1),
                    paid_in_by=f"postmaster:{close.office}",
                )
                pay_in(connection, close.close_id, slip, day.at(PAY_IN, 1))
                confirm(connection, close.close_id, close.to_deposit_poisha, day.at(CONFIRM, 1))
        day.settlements = settle_all(connection, day.facts, day.on + timedelta(days=1), day.at(SETTLE, 1))


def run_day(day: Day) -> None:
    """All that follows the booking, in order."""
    first_mile(day)
    shift = day.facts.fleet.day
    run_legs(day, "dispatch", day.at(shift.pickup_end), day.at(shift.delivery_start))
    plan_tours(day)
    run_legs(day, "dispatch_late", day.at(shift.delivery_start), day.at(EVENING))
    ride_tours(day)
    close_the_day(day)
    run_legs(day, "send_back", day.at(EVENING), day.at(NIGHT))
    give_back(day)
    pay_in_and_settle(day)
