"""Departures: what leaves an office by which vehicle, what is on its way to an office, and vehicles that fail."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from post_logistics.consignments.manifests import Departure, ManifestLine, vehicle_of
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.network.timetable import Leg, LegRun
from post_logistics.operations.bags.bagging import Act, manifest_lines
from post_logistics.operations.bags.receiving import Things
from post_logistics.operations.custody.scanning import ScanVerdict
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.storage.bags import receptacles as store
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import is_receptacle
from post_logistics.units import DHAKA, Postcode

STILL_EXPECTED: Final = timedelta(days=7)
"""How long after its departure a vehicle is listed; what is on it any longer, the gap detector has reported."""

_NAME: Final = re.compile(r"[^\s/:]{1,40}")


def run_of(facts: Facts, leg_id: str, on: date) -> LegRun:
    """The run of a leg on a day in Dhaka; NotFound if the timetable has no such leg."""
    for leg in facts.timetable.legs:
        if leg.leg_id == leg_id:
            return _run(leg, on)
    raise NotFound(f"no leg {leg_id}", field="leg", remedy="take a leg of the timetable, or name a vehicle")


def _run(leg: Leg, on: date) -> LegRun:
    midnight = dhaka(on, time())
    return LegRun(leg, midnight + timedelta(minutes=leg.depart_minute), midnight + timedelta(minutes=leg.arrive_minute))


def departure_of(run: LegRun) -> Departure:
    """A run of the timetable as a departure."""
    return Departure(
        vehicle=vehicle_of(run.leg.leg_id, run.depart_at),
        origin=run.leg.origin,
        destination=run.leg.destination,
        depart_at=run.depart_at,
        arrive_at=run.arrive_at,
    )


def ad_hoc(
    facts: Facts, origin: str, destination: str, name: str, depart_at: datetime, arrive_at: datetime | None = None
) -> Departure:
    """A departure that is not in the timetable, of a vehicle of that name."""
    plain = "-".join(name.split())
    if not _NAME.fullmatch(plain) or plain in {leg.leg_id for leg in facts.timetable.legs}:
        raise Unacceptable(
            f"{name!r} cannot name a vehicle that is not in the timetable",
            field="vehicle",
            remedy="write its number plate, without / and :",
        )
    if arrive_at is not None and arrive_at <= depart_at:
        raise Unacceptable("it arrives before it leaves", field="arrive_at", remedy="correct one of the two times")
    start, end = facts.offices.get(origin).postcode, facts.offices.get(destination).postcode
    if start == end:
        raise Unacceptable("a vehicle goes to another office", field="destination", remedy="name the office it goes to")
    return Departure(
        vehicle=vehicle_of(plain, depart_at), origin=start, destination=end, depart_at=depart_at, arrive_at=arrive_at
    )


def send(connection: Connection, act: Act, departure: Departure, numbers: Iterable[str]) -> list[ScanVerdict]:
    """A verdict for each bag or loose item that leaves by the vehicle: it answers for them from now on.

    Told twice, or in parts, is fine. Conflict if the vehicle is known to go elsewhere.
    """
    if departure.origin != act.office:
        raise Unacceptable(
            f"{departure.vehicle} leaves {departure.origin}, not {act.office}",
            field="leg",
            remedy="take a leg from here",
        )
    return _load(connection, act, departure, numbers, None)


def _load(
    connection: Connection, act: Act, departure: Departure, numbers: Iterable[str], reason: Reason | None
) -> list[ScanVerdict]:
    store.append_departure(connection, departure, act.recorded_at)
    kept = store.load_departure(connection, departure.vehicle)
    if kept is None or (kept.origin, kept.destination) != (departure.origin, departure.destination):
        raise Conflict(
            f"{departure.vehicle} goes elsewhere already", field="vehicle", remedy="give this vehicle another name"
        )
    things, holder = Things(connection, numbers), f"vehicle:{departure.vehicle}"
    return things.record(
        connection,
        [act.scan(holder, number, Event.DISPATCHED, holder=holder, reason=reason) for number in things.numbers],
    )


def fail(
    connection: Connection, facts: Facts, act: Act, vehicle: str, onto: Departure | None = None
) -> tuple[Departure, list[ScanVerdict]]:
    """Where everything that is on a broken-down vehicle goes on, and a verdict for each bag and loose item.

    It goes onto the vehicle named, or the next run of the timetable to the same office. Told twice, nothing is left to
    move. NotFound unless the vehicle goes from or to this office; Conflict if there is no other run.
    """
    broken = departure_named(connection, facts, vehicle)
    if act.office not in {broken.origin, broken.destination}:
        raise _no_vehicle(vehicle)
    rescue = onto or _next_run(facts, broken, act.occurred_at)
    if rescue.vehicle == vehicle:
        raise Unacceptable("that is the vehicle that failed", field="onto", remedy="name another vehicle")
    aboard = store.load_aboard(connection, [vehicle]).get(vehicle, [])
    return rescue, _load(connection, act, rescue, aboard, Reason.VEHICLE_BREAKDOWN)


def _next_run(facts: Facts, broken: Departure, after: datetime) -> Departure:
    runs = facts.timetable.departures(broken.origin, after)
    for departure in map(departure_of, runs):
        if departure.destination == broken.destination and departure.vehicle != broken.vehicle:
            return departure
    raise Conflict(
        f"no other run goes from {broken.origin} to {broken.destination}", field="onto", remedy="name another vehicle"
    )


def departure_named(connection: Connection, facts: Facts, vehicle: str) -> Departure:
    """The departure that a vehicle's name stands for, told or in the timetable; NotFound if it is neither."""
    known = store.load_departure(connection, vehicle)
    if known is not None:
        return known
    leg_id, _, stamp = vehicle.rpartition("/")
    try:
        depart_at = datetime.strptime(stamp, "%Y%m%dT%H%M%z")
        found = departure_of(run_of(facts, leg_id, depart_at.astimezone(DHAKA).date()))
    except (ValueError, NotFound):
        raise _no_vehicle(vehicle) from None
    if found.vehicle != vehicle:
        raise _no_vehicle(vehicle)
    return found


def _no_vehicle(vehicle: str) -> NotFound:
    return NotFound(f"no vehicle {vehicle}", field="vehicle", remedy="name it as LEG/20261122T0320Z, the time in UTC")


@dataclass(frozen=True, slots=True)
class OnTheRoad:
    """A departure and what is on it still."""

    departure: Departure
    bags: tuple[str, ...]
    items: tuple[str, ...]
    """Loose ones."""


def on_the_road(connection: Connection, facts: Facts, office: Postcode, at: datetime) -> list[OnTheRoad]:
    """What left the office or is on its way to it, in the order of departure.

    A departure without anything on it is listed until it is due; then it has been unloaded.
    """
    since = at - STILL_EXPECTED
    known = {one.vehicle: one for one in store.load_departures(connection, office, since)}
    timetabled = {one.vehicle: one for one in _runs_of(facts, office, since, at + timedelta(days=1))}
    aboard = store.load_aboard(connection, [*known, *timetabled])
    listed = {
        name: one
        for name, one in (timetabled | known).items()
        if name in aboard or (name in known and (one.arrive_at or one.depart_at) > at)
    }
    return [
        OnTheRoad(
            one,
            tuple(n for n in aboard.get(name, ()) if is_receptacle(n)),
            tuple(n for n in aboard.get(name, ()) if not is_receptacle(n)),
        )
        for name, one in sorted(listed.items(), key=lambda entry: (entry[1].depart_at, entry[0]))
    ]


def _runs_of(facts: Facts, office: Postcode, start: datetime, end: datetime) -> list[Departure]:
    """The runs of the timetable from or to an office on the days from start to end."""
    first = start.astimezone(DHAKA).date()
    days = [first + timedelta(days=n) for n in range((end - start).days + 1)]
    legs = [leg for leg in facts.timetable.legs if office in {leg.origin, leg.destination}]
    return [departure_of(_run(leg, day)) for leg in legs for day in days]


def vehicle_manifest(connection: Connection, facts: Facts, vehicle: str) -> tuple[Departure, list[ManifestLine]]:
    """A departure and the bags and loose items that are on it now."""
    departure = departure_named(connection, facts, vehicle)
    aboard = store.load_aboard(connection, [vehicle]).get(vehicle, [])
    return departure, manifest_lines(connection, facts, aboard)
