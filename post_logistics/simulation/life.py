"""What truly happens in a made-up week: parcels and bags go from hand to hand, and devices tell of it, or do not.

The truth lives here and nowhere else. The books (the database) learn of it only by what the devices upload, and by the
real operations that people call: booking, bags, day closes, settlements, the watch over what is overdue.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import simpy

from post_logistics.network.timetable import Leg
from post_logistics.operations.bags.bagging import Act, make_bags
from post_logistics.operations.bags.receiving import open_bag
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.custody.watching import watch
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, Outcome, book
from post_logistics.simulation.country import CENTRE, Country
from post_logistics.simulation.devices import Device, Troubles
from post_logistics.simulation.merchants import Merchants
from post_logistics.simulation.money import Till
from post_logistics.simulation.things import Parcel, Sack
from post_logistics.storage.database import Connection, Database
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.units import Postcode

DAY = 24 * 60
_BOOK, _ACCEPT, _TOURS, _RETURN, _CLOSE, _SETTLE = 6 * 60, 8 * 60 + 30, 12 * 60 + 30, 19 * 60, 20 * 60, 22 * 60
_UPLOAD_EVERY, _WATCH_EVERY = 60, 60
_PACKING_MINUTES = 30
_LOOSE_AT_MOST = 2
"""So few parcels for one office travel without a bag."""
_TOUR_PARCELS = 60
_AFTER_THE_SCAN = timedelta(seconds=61)
"""A clock that is off by less than a minute must not turn round what followed."""
_WORK = timedelta(minutes=5)
_FATES = {"delivered": 86, "failed": 9, "refused": 5}


@dataclass(slots=True)
class Life:
    """A country at work. ``day_one``: the first day; ``parcels``: how many are booked in ``days`` days."""

    database: Database
    country: Country
    numbers: Numbers
    merchants: Merchants
    troubles: Troubles
    parcels: int
    days: int
    day_one: datetime
    seed: int
    advance: Callable[[int], None]
    env: simpy.Environment = field(default_factory=simpy.Environment)
    everything: dict[str, Parcel] = field(default_factory=dict)
    sacks: dict[str, Sack] = field(default_factory=dict)
    counters: dict[Postcode, Device] = field(default_factory=dict)
    phones: dict[str, Device] = field(default_factory=dict)
    devices: list[Device] = field(default_factory=list)
    outcomes: dict[ScanOutcome, int] = field(default_factory=lambda: defaultdict(int))
    here: dict[Postcode, dict[str, Parcel]] = field(default_factory=lambda: defaultdict(dict))
    """Office -> the loose parcels that truly lie there."""
    sacks_here: dict[Postcode, list[Sack]] = field(default_factory=lambda: defaultdict(list))
    closed: list[tuple[Postcode, date]] = field(default_factory=list)
    watched: list[int] = field(default_factory=list)
    crashed: Postcode | None = None
    chance: Random = field(init=False)

    def __post_init__(self) -> None:
        """Hands out the scanners and starts everybody's day."""
        self.chance = Random(self.seed)  # noqa: S311 - a story, no secret
        for office in self.country.offices:
            self.counters[office.postcode] = self._device(f"counter-{office.postcode}", office.postcode)
            for rider in self.country.facts.fleet.riders(office.postcode, "delivery"):
                self.phones[rider.rider_id] = self._device(f"phone-{rider.rider_id}", office.postcode)
            self.env.process(self._daily(_TOURS, self._tours, office.postcode))
        for leg in self.country.facts.timetable.legs:
            self.env.process(self._daily(leg.depart_minute - _PACKING_MINUTES, self._run, leg))
        self.env.process(self._daily(_BOOK, self._book))
        self.env.process(self._daily(_ACCEPT, self._accept))
        self.env.process(self._daily(_SETTLE, self._settle))
        self.env.process(self._daily(_CLOSE, self._close))
        self.env.process(self._every(_UPLOAD_EVERY, self._upload))
        self.env.process(self._every(_WATCH_EVERY, self._watch))
        if self.troubles.office_crashes and self.days > 2:
            self.env.process(self._crash())

    def run(self) -> datetime:
        """Lives through the days; then every device that can comes home and uploads. Gives back when that was."""
        for day in range(self.days):
            self.env.run(until=(day + 1) * DAY)
            self.advance(day + 1)
        self.env.run(until=self.days * DAY + _WORK // timedelta(minutes=1))  # what was begun before midnight is done
        for device in self.devices:
            while device.waiting and not device.dead:
                self._send(device)
        self._watch()
        return self.now

    @property
    def now(self) -> datetime:
        """The true time."""
        return self.day_one + timedelta(minutes=self.env.now)

    # The rhythm of the days

    def _daily(self, minute: int, do: Callable[..., Any], *what: Any) -> Generator[simpy.Event, None, None]:
        for day in range(self.days):
            due = day * DAY + minute
            if due >= self.env.now:
                yield self.env.timeout(due - self.env.now)
                steps = do(*what)
                if steps is not None:
                    self.env.process(steps)

    def _every(self, minutes: int, do: Callable[[], None]) -> Generator[simpy.Event, None, None]:
        while True:
            yield self.env.timeout(minutes)
            do()

    # Devices

    def _device(self, device_id: str, office: Postcode) -> Device:
        chance = Random(f"{self.seed}/{device_id}")  # noqa: S311
        device = Device(device_id, office, chance, self.troubles)
        self.devices.append(device)
        return device

    def _upload(self) -> None:
        for device in self.devices:
            if device.waiting and device.online(int(self.env.now)):
                self._send(device)

    def _send(self, device: Device) -> None:
        def upload(claims: list[Claim]) -> None:
            with self.database.transaction() as connection:
                for verdict in deliver(connection, claims):
                    self.outcomes[verdict.outcome] += 1

        device.send(self.now, upload)

    def _parcel_scan(
        self, device: Device, parcel: Parcel, event: Event, holder: str, at: datetime | None = None, **rest: Any
    ) -> None:
        """Something truly happens to a parcel, and is scanned unless somebody forgets."""
        parcel.holder = holder
        if self.chance.random() < self.troubles.scan_forgotten and "cash_poisha" not in rest:
            parcel.muddled = True
            return
        parcel.muddled |= device.stopped or device.dead
        device.scan(parcel.number, event, at or self.now, holder, **rest)

    def _sack_scan(self, device: Device, sack: Sack, event: Event, holder: str, at: datetime | None = None) -> None:
        sack.holder = holder
        muddled = device.stopped or device.dead
        sack.muddled |= muddled
        for parcel in sack.parcels:
            parcel.holder = holder
            parcel.muddled |= muddled
        device.scan(sack.key, event, at or self.now, holder)

    # Booking and handing in

    def _book(self) -> None:
        """The day's share of all orders, booked by their merchants."""
        day = int(self.env.now) // DAY
        count = self.parcels * (day + 1) // self.days - self.parcels * day // self.days
        orders = self.merchants.orders(count)
        for start in range(0, count, 1000):
            asked: list[Asked] = orders[start : start + 1000]
            with self.database.transaction() as connection:
                verdicts = book(connection, self.country.facts, self.numbers, asked, self.now)
            for verdict in verdicts:
                assert verdict.outcome is Outcome.BOOKED and verdict.consignment is not None, verdict
                one = verdict.consignment
                self.everything[one.item_number] = Parcel(
                    one.item_number, one.pickup_office, one.delivery_office, one.merchant_id, one.cod_poisha
                )

    def _accept(self) -> None:
        """What was booked is handed in over the counter."""
        for parcel in self.everything.values():
            if not parcel.holder and not parcel.finished:
                counter = self.counters[parcel.origin]
                self._parcel_scan(counter, parcel, Event.ACCEPTED, f"office:{parcel.origin}")
                self._lay(counter, parcel, parcel.origin)

    def _lay(self, counter: Device, parcel: Parcel, office: Postcode) -> None:
        """A parcel lies at an office; at its own it waits for its tour, or for its merchant."""
        self.here[office][parcel.number] = parcel
        if parcel.target == office and parcel.origin == office and not parcel.attempts:
            self._parcel_scan(counter, parcel, Event.AT_DELIVERY_OFFICE, f"office:{office}")

    # From office to office

    def _run(self, leg: Leg) -> Generator[simpy.Event, None, None]:
        """Packs what goes by a leg, sends it off, and receives it at the other end."""
        sacks, loose = self._pack(leg)
        yield self.env.timeout(_PACKING_MINUTES)
        if not sacks and not loose:
            return
        counter = self.counters[leg.origin]
        vehicle = f"vehicle:{leg.leg_id}/{self.now.astimezone(UTC):%Y%m%dT%H%MZ}"
        for sack in sacks:
            self._sack_scan(counter, sack, Event.DISPATCHED, vehicle)
        for parcel in loose:
            self._parcel_scan(counter, parcel, Event.DISPATCHED, vehicle)
        late = round(self.chance.expovariate(1 / 40)) if self.chance.random() < self.troubles.run_late else 0
        yield self.env.timeout(leg.arrive_minute - leg.depart_minute + late)
        arrived = [sack for sack in sacks if not self._is_lost(sack)]
        self._receive(leg.destination, arrived, loose)

    def _is_lost(self, sack: Sack) -> bool:
        if self.chance.random() >= self.troubles.bag_lost:
            return False
        sack.lost_at = self.now
        if self.chance.random() < self.troubles.bag_found_again:
            self.env.process(self._turn_up(sack))
        return True

    def _turn_up(self, sack: Sack) -> Generator[simpy.Event, None, None]:
        """A lost bag is found, a day or more later, at whichever office."""
        yield self.env.timeout(self.chance.randint(DAY, 3 * DAY))
        sack.lost_at = None
        self._receive(self.chance.choice(self.country.offices).postcode, [sack], [])

    def _pack(self, leg: Leg) -> tuple[list[Sack], list[Parcel]]:
        """Bags for each office beyond that has enough, the rest loose; closed bags in transit go as well."""
        here, there = leg.origin, leg.destination
        going = [
            p for p in self.here[here].values() if p.target != here and self.country.next_hop(here, p.target) == there
        ]
        through = [s for s in self.sacks_here[here] if self.country.next_hop(here, s.target) == there]
        self.sacks_here[here] = [s for s in self.sacks_here[here] if s not in through]
        groups: defaultdict[Postcode, list[Parcel]] = defaultdict(list)
        for parcel in going:
            hub = self.country.hub_of[parcel.target]
            groups[hub if there == CENTRE and here != CENTRE and hub != there else there].append(parcel)
            del self.here[here][parcel.number]
        loose = [parcel for group in groups.values() if len(group) <= _LOOSE_AT_MOST for parcel in group]
        wanted = {target: group for target, group in groups.items() if len(group) > _LOOSE_AT_MOST}
        return [*through, *self._fill(here, wanted)], loose

    def _fill(self, here: Postcode, groups: dict[Postcode, list[Parcel]]) -> list[Sack]:
        counter, sacks = self.counters[here], []
        for target, parcels in sorted(groups.items()):
            with self.database.transaction() as connection:
                act, request = Act(here, self.now, self.now), UUID(int=self.chance.getrandbits(128))
                (key,) = make_bags(connection, self.country.facts, act, target, 1, request)
            sack = self.sacks[key] = Sack(key, target, parcels, f"office:{here}")
            for parcel in parcels:
                self._parcel_scan(counter, parcel, Event.BAGGED, f"office:{here}", self.now + _WORK, receptacle=key)
                parcel.bag = key
            self._sack_scan(counter, sack, Event.SEALED, f"office:{here}", self.now + _WORK)
            sacks.append(sack)
        return sacks

    def _receive(self, office: Postcode, sacks: Iterable[Sack], loose: Iterable[Parcel]) -> None:
        """Bags and loose parcels arrive; bags for this office are opened and what is in them is scanned."""
        counter = self.counters[office]
        for sack in sacks:
            self._sack_scan(counter, sack, Event.RECEIVED_AT_HUB, f"office:{office}")
            if sack.target == office:
                self._open(counter, sack, office)
            else:
                self.sacks_here[office].append(sack)
        for parcel in loose:
            self._parcel_scan(counter, parcel, self._arrival(parcel, office), f"office:{office}")
            self.here[office][parcel.number] = parcel

    @staticmethod
    def _arrival(parcel: Parcel, office: Postcode) -> Event:
        at_home = parcel.target == office and parcel.target != parcel.origin
        return Event.AT_DELIVERY_OFFICE if at_home else Event.RECEIVED_AT_HUB

    def _open(self, counter: Device, sack: Sack, office: Postcode) -> None:
        """Opened by the office's own programme when it has a network and nothing waits, else scan by scan."""
        for parcel in sack.parcels:
            parcel.bag = None
            self.here[office][parcel.number] = parcel
        if counter.online(int(self.env.now)) and not counter.dead and self.chance.random() < 0.5:
            self._send(counter)
            with self.database.transaction() as connection:
                act = Act(office, self.now + _AFTER_THE_SCAN, self.now + _AFTER_THE_SCAN)
                self._open_by_programme(connection, act, sack)
            return
        self._sack_scan(counter, sack, Event.OPENED, f"office:{office}")
        for parcel in sack.parcels:
            self._parcel_scan(counter, parcel, self._arrival(parcel, office), f"office:{office}")

    def _open_by_programme(self, connection: Connection, act: Act, sack: Sack) -> None:
        opening = open_bag(connection, self.country.facts, act, sack.key, [p.number for p in sack.parcels])
        sack.holder = act.here
        for parcel in sack.parcels:
            parcel.holder = act.here
        for verdict in opening.verdicts:
            self.outcomes[verdict.outcome] += 1

    # To the door and back

    def _tours(self, office: Postcode) -> Generator[simpy.Event, None, None]:
        """Riders take what lies there, come to the doors through the afternoon, and bring back the rest."""
        waiting = [p for p in self.here[office].values() if p.target == office != p.origin or self._is_local(p, office)]
        riders = [r.rider_id for r in self.country.facts.fleet.riders(office, "delivery")]
        tours = {r: waiting[n * _TOUR_PARCELS : (n + 1) * _TOUR_PARCELS] for n, r in enumerate(riders)}
        for rider, parcels in tours.items():
            for parcel in parcels:
                del self.here[office][parcel.number]
                phone = self.phones[rider]
                self._parcel_scan(phone, parcel, Event.OUT_FOR_DELIVERY, f"rider:{rider}", self.now + _WORK)
        for stop in range(max(map(len, tours.values()))):
            yield self.env.timeout(6)
            for rider, parcels in tours.items():
                if stop < len(parcels):
                    self._door(self.phones[rider], parcels[stop], f"rider:{rider}")
        yield self.env.timeout(max(10, _RETURN - self.env.now % DAY))
        for parcels in tours.values():
            self._bring_back(office, [parcel for parcel in parcels if not parcel.finished])

    @staticmethod
    def _is_local(parcel: Parcel, office: Postcode) -> bool:
        return parcel.target == parcel.origin == office and parcel.attempts < 3

    def _door(self, phone: Device, parcel: Parcel, holder: str) -> None:
        fate = self.chance.choices(list(_FATES), list(_FATES.values()))[0]
        if fate == "delivered":
            parcel.finished, parcel.paid_poisha = True, parcel.cod_poisha
            self._parcel_scan(phone, parcel, Event.DELIVERED_CLAIMED, holder, cash_poisha=parcel.cod_poisha)
            return
        parcel.attempts = 3 if fate == "refused" else parcel.attempts + 1
        reason = Reason.REFUSED_BY_RECIPIENT if fate == "refused" else Reason.RECIPIENT_ABSENT
        self._parcel_scan(phone, parcel, Event.ATTEMPT_FAILED, holder, reason=reason)

    def _bring_back(self, office: Postcode, parcels: list[Parcel]) -> None:
        """The counter takes back what was not handed over; after three attempts it goes back to its merchant."""
        counter, holder = self.counters[office], f"office:{office}"
        for parcel in parcels:
            self._parcel_scan(counter, parcel, Event.AT_DELIVERY_OFFICE, holder)
            self.here[office][parcel.number] = parcel
            if parcel.attempts >= 3:
                self._parcel_scan(counter, parcel, Event.RETURN_REQUESTED, holder)
                parcel.target = parcel.origin

    # The end of the day

    def _close(self) -> None:
        """Riders' telephones find the office's network; then every office that has one closes its day."""
        minute, today = int(self.env.now), (self.day_one + timedelta(minutes=self.env.now)).date()
        for device in self.devices:
            if device.waiting and not device.dead and self.counters[device.office].online(minute):
                self._send(device)
        open_offices = [o.postcode for o in self.country.offices if self.counters[o.postcode].online(minute)]
        Till(self.database, self.country.facts).close(open_offices, today, self.now)
        self.closed += [(office, today) for office in open_offices]
        self._give_back()

    def _give_back(self) -> None:
        """Returns that came home are taken by their merchants."""
        for office, parcels in self.here.items():
            for parcel in [p for p in parcels.values() if p.attempts >= 3 and p.target == p.origin == office]:
                parcel.finished = True
                self._parcel_scan(self.counters[office], parcel, Event.RETURNED, f"merchant:{parcel.merchant_id}")
                del parcels[parcel.number]

    def _settle(self) -> None:
        today = (self.day_one + timedelta(minutes=self.env.now)).date()
        Till(self.database, self.country.facts).settle(self.closed, today, self.now)

    def _watch(self) -> None:
        with self.database.transaction() as connection:
            self.watched.append(watch(connection, self.now).open)

    def _crash(self) -> Generator[simpy.Event, None, None]:
        """One office loses its counter's scanner with all that waits in it, and its network for a day."""
        yield self.env.timeout(DAY + 15 * 60)
        office = self.crashed = self.chance.choice([o.postcode for o in self.country.offices if o.postcode != CENTRE])
        minute, broken = int(self.env.now), self.counters[office]
        for claim in broken.waiting:
            number = claim.scan.item_number
            lost = self.sacks[number].parcels if number in self.sacks else [self.everything[number]]
            for parcel in lost:
                parcel.muddled = True
            if number in self.sacks:
                self.sacks[number].muddled = True
        broken.dead = True
        self.counters[office] = self._device(f"counter-{office}-2", office)
        for device in self.devices:
            if device.office == office:
                device.no_network(minute, minute + DAY)
