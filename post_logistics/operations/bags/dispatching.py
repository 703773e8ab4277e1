"""What goes on which run: each office sends what its timetable gets there soonest, the longest waiting first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from post_logistics.consignments.manifests import vehicle_of
from post_logistics.network.timetable import LegRun, earliest_arrival
from post_logistics.operations.facts import Facts
from post_logistics.storage.bags.receptacles import Cargo, count_inside, load_cargo, load_waiting_bags
from post_logistics.storage.custody.scans import load_items_held
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode

TO_SEND = (State.ACCEPTED, State.AT_HUB, State.SORTED, State.AT_DELIVERY_OFFICE)
"""Held by an office and on the way to the recipient."""

TO_SEND_BACK = (State.RETURN_REQUESTED, State.RETURNING)
"""Held by an office and on the way back to the merchant."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What to load on a run."""

    vehicle: str
    bags: tuple[str, ...]
    items: tuple[str, ...]
    """Loose ones: those in a bag go with it."""


def bound_for(cargo: Cargo) -> Postcode:
    """The office that an item is on its way to: its office of delivery, or on the way back its merchant's."""
    return cargo.pickup_office if cargo.state in TO_SEND_BACK else cargo.destination


def loading(connection: Connection, facts: Facts, run: LegRun) -> Loading:
    """The bags and loose items to load on a run: what waits longest first, bags before items, as many as it carries.

    Each goes when this run is the first of its soonest way from here; one for which another run is sooner waits for
    that. A bag goes as a whole towards the office that is to open it.
    """
    office, room = run.leg.origin, run.leg.capacity_parcels
    waiting = [bag for bag in load_waiting_bags(connection, office) if bag.destination != office]
    towards = _towards(facts, run, {bag.destination for bag in waiting})
    parcels = count_inside(connection, [bag.receptacle for bag in waiting])
    bags: list[str] = []
    for bag in waiting:
        if bag.destination in towards and parcels.get(bag.receptacle, 0) <= room:
            bags.append(bag.receptacle)
            room -= parcels.get(bag.receptacle, 0)
    name = vehicle_of(run.leg.leg_id, run.depart_at)
    return Loading(name, tuple(bags), tuple(manifest(connection, facts, run)[:room]))


def manifest(connection: Connection, facts: Facts, run: LegRun) -> list[str]:
    """The numbers of the loose items to load on that run, oldest first, at most as many as it carries.

    An item goes when this run is the first of its soonest way from here; one for which another run is sooner waits for
    that, and one that stands at an office it was missent to travels on from there. What is in a bag goes with the bag.
    """
    office = run.leg.origin
    held = load_items_held(connection, f"office:{office}", (*TO_SEND, *TO_SEND_BACK))
    cargo = load_cargo(connection, held)
    targets = {item: bound_for(cargo[item]) for item in held if cargo[item].receptacle is None}
    towards = _towards(facts, run, set(targets.values()) - {office})
    return [item for item, target in targets.items() if target in towards][: run.leg.capacity_parcels]


def _towards(facts: Facts, run: LegRun, targets: Iterable[Postcode]) -> set[Postcode]:
    """Those of the offices whose soonest way begins with this run."""
    ways = {target: earliest_arrival(facts.timetable, run.leg.origin, target, run.depart_at) for target in targets}
    return {target for target, way in ways.items() if way and way.legs and way.legs[0].leg.leg_id == run.leg.leg_id}


def is_astray(facts: Facts, came_from: Postcode, here: Postcode, target: Postcode, at: datetime) -> bool:
    """Whether something on its way to ``target`` should not have come here from there: it gained nothing by it.

    From here it arrives no sooner than if it had stayed where it came from, nor with fewer legs to go. Where the
    timetable knows no way at all, nobody can say, and nothing is astray.
    """
    if here in {target, came_from}:
        return False
    stayed = earliest_arrival(facts.timetable, came_from, target, at)
    onwards = earliest_arrival(facts.timetable, here, target, at)
    if stayed is None or onwards is None:
        return stayed is not None
    return onwards.arrive_at >= stayed.arrive_at and len(onwards.legs) >= len(stayed.legs)


def runs_between(facts: Facts, start: datetime, end: datetime) -> Sequence[LegRun]:
    """Every run of the timetable that departs in [start, end), in the order of departure."""
    runs = [
        run
        for office in facts.offices.values()
        if office.pilot
        for run in facts.timetable.departures(office.postcode, start)
        if start <= run.depart_at < end
    ]
    return sorted(runs, key=lambda run: (run.depart_at, run.leg.leg_id))
