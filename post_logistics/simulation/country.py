"""A country to simulate: so many of its real offices, a sorting centre in each district, and legs between them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from post_logistics.errors import Unacceptable
from post_logistics.network.fleet import Fleet, Rider
from post_logistics.network.offices import OFFICE_CLASSES, Offices, PostOffice
from post_logistics.network.timetable import Leg, Timetable
from post_logistics.operations.facts import Facts
from post_logistics.units import Postcode, RiderId

CENTRE = Postcode("1000")
"""Dhaka GPO, where the trunk legs meet."""
RIDERS_EACH = 3
_LEGS = {  # (kind of origin, kind of destination) -> departure and arrival, minutes of the day
    ("office", "hub"): (10 * 60, 11 * 60 + 30),
    ("hub", "centre"): (12 * 60 + 30, 18 * 60 + 30),
    ("centre", "hub"): (21 * 60, 28 * 60),
    ("hub", "office"): (5 * 60 + 30, 7 * 60),
}
_LONG_AGO = date(2016, 12, 29)


@dataclass(frozen=True, slots=True)
class Country:
    """The offices in service and how a parcel goes from one to another."""

    facts: Facts
    offices: tuple[PostOffice, ...]
    hub_of: Mapping[Postcode, Postcode]

    def next_hop(self, here: Postcode, destination: Postcode) -> Postcode:
        """The office to which what is here goes next; the destination itself if that is here."""
        if here == destination:
            return here
        if self.hub_of[here] != here:
            return self.hub_of[here]
        if self.hub_of[destination] == here:
            return destination
        return CENTRE if here != CENTRE else self.hub_of[destination]


def country(facts: Facts, offices: int, seed: int) -> Country:
    """So many offices of delivery, Dhaka GPO among them; the same for the same seed.

    Unacceptable if there are not so many, or fewer than two.
    """
    known = sorted(facts.offices.values(), key=lambda office: office.postcode)
    if not 2 <= offices <= len(known):
        raise Unacceptable(f"{offices} offices", field="--offices", remedy=f"ask for 2 to {len(known)}")
    others = [office for office in known if office.postcode != CENTRE]
    chosen = [facts.offices.get(CENTRE), *Random(seed).sample(others, offices - 1)]  # noqa: S311 - no secret
    opened = {o.postcode: replace(o, pilot=True, service_from=_LONG_AGO, capacity_parcels=10**6) for o in chosen}
    closed = {code: replace(facts.offices.get(code), pilot=False, service_from=None) for code in facts.offices}
    table = Offices({code: opened.get(office.postcode, office) for code, office in closed.items()})
    hub_of = _hubs(list(opened.values()))
    legs = _legs(hub_of)
    kind = next(iter(next(iter(facts.fleet.deliveries.values())))).vehicle
    riders = {o: tuple(Rider(RiderId(f"{o}-R{n:02d}"), kind) for n in range(1, RIDERS_EACH + 1)) for o in opened}
    fleet = Fleet(facts.fleet.day, riders, riders)
    return Country(
        facts=replace(facts, offices=table, timetable=Timetable(legs), fleet=fleet),
        offices=tuple(opened[code] for code in sorted(opened)),
        hub_of=hub_of,
    )


def _hubs(offices: list[PostOffice]) -> dict[Postcode, Postcode]:
    """The sorting centre of each office: the highest office of its district; Dhaka GPO for its own."""
    best: dict[str, PostOffice] = {}
    for office in sorted(
        offices, key=lambda o: (o.postcode != CENTRE, OFFICE_CLASSES.index(o.office_class), o.postcode)
    ):
        best.setdefault(office.district, office)
    return {office.postcode: best[office.district].postcode for office in offices}


def _legs(hub_of: Mapping[Postcode, Postcode]) -> tuple[Leg, ...]:
    legs = []
    for office, hub in sorted(hub_of.items()):
        pairs = [(office, hub, "office", "hub"), (hub, office, "hub", "office")] if office != hub else []
        if office == hub and hub != CENTRE:
            pairs = [(hub, CENTRE, "hub", "centre"), (CENTRE, hub, "centre", "hub")]
        for origin, destination, one, other in pairs:
            depart, arrive = _LEGS[one, other]
            legs.append(Leg(f"{origin}-{destination}", origin, destination, depart, arrive, "truck", 10**6))
    return tuple(legs)
