"""What a counter has to know to work without a network: what is there and coming, who rides, and what leaves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from post_logistics.consignments.manifests import Departure
from post_logistics.operations.bags.dispatches import departure_of
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.nearby import Nearby, load_nearby
from post_logistics.storage.database import Connection
from post_logistics.storage.money.prices import load_due
from post_logistics.units import Postcode, RiderId

_LEFT_LATE = timedelta(hours=2)
"""A vehicle that is late is still being loaded."""
_HUB_REACHES = 4
"""Offices to which vehicles go from a hub, at least: what comes there mostly goes on."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the counter of an office knows by heart."""

    office: Postcode
    is_hub: bool
    things: tuple[Nearby, ...]
    due_poisha: Mapping[str, int]
    """Item at the office -> what its recipient still has to pay; those without are left out."""
    riders: tuple[RiderId, ...]
    departures: tuple[Departure, ...]


def known_at(connection: Connection, facts: Facts, office: Postcode, at: datetime) -> Known:
    """What that office should know at that time."""
    things = load_nearby(connection, office)
    due = load_due(connection, [one.number for one in things if one.is_here])
    runs = facts.timetable.departures(office, at - _LEFT_LATE)
    return Known(
        office=office,
        is_hub=len({leg.destination for leg in facts.timetable.legs if leg.origin == office}) >= _HUB_REACHES,
        things=tuple(things),
        due_poisha={item: poisha for item, poisha in due.items() if poisha},
        riders=tuple(rider.rider_id for rider in facts.fleet.deliveries.get(office, ())),
        departures=tuple(departure_of(run) for run in runs),
    )
