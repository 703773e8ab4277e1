"""Which parcels go on which leg: each office sends what its timetable gets there soonest, oldest first."""

from collections.abc import Sequence
from datetime import datetime

from post_logistics.consignments.booking import Consignment
from post_logistics.network.timetable import LegRun, earliest_arrival
from post_logistics.operations.facts import Facts
from post_logistics.storage.consignments import load_consignments
from post_logistics.storage.database import Connection
from post_logistics.storage.scans import load_items_held, load_standings
from post_logistics.tracking.lifecycle import State
from post_logistics.units import Postcode

TO_SEND = (State.ACCEPTED, State.AT_HUB, State.SORTED, State.AT_DELIVERY_OFFICE)
"""Held by an office and on the way to the recipient."""

TO_SEND_BACK = (State.RETURN_REQUESTED, State.RETURNING)
"""Held by an office and on the way back to the merchant."""


def destination(consignment: Consignment, state: State) -> Postcode:
    """The office that an item is on its way to: its office of delivery, or on the way back its merchant's."""
    return consignment.pickup_office if state in TO_SEND_BACK else consignment.delivery_office


def manifest(connection: Connection, facts: Facts, run: LegRun) -> list[str]:
    """The item numbers to load on that run, oldest first, at most as many as it carries.

    An item goes when this run is the first of its soonest way from here; one for which another run is sooner waits for
    that, and one that stands at an office it was missent to travels on from there.
    """
    office = run.leg.origin
    held = load_items_held(connection, f"office:{office}", (*TO_SEND, *TO_SEND_BACK))
    states = {s.item_number: s.state for s in load_standings(connection, held)}
    consignments = load_consignments(connection, held)
    targets = {item: destination(consignments[item], states[item]) for item in held}
    towards = {target for target in set(targets.values()) if target != office and _goes_by(facts, run, office, target)}
    return [item for item in held if targets[item] in towards][: run.leg.capacity_parcels]


def _goes_by(facts: Facts, run: LegRun, office: Postcode, target: Postcode) -> bool:
    way = earliest_arrival(facts.timetable, office, target, run.depart_at)
    return way is not None and bool(way.legs) and way.legs[0].leg.leg_id == run.leg.leg_id


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
