"""A rider's round: what its telephone knows by heart, for the rider's eyes. Names, numbers and addresses are in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import NotFound
from post_logistics.network.geo import great_circle_m
from post_logistics.network.text import plain
from post_logistics.operations.door.codes import Mark, marks_of
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.planning import load_day
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.storage.custody.scans import ItemStanding, load_items_held, load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import load_demands
from post_logistics.storage.money.prices import load_to_take
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.lifecycle import State
from post_logistics.tracking.proofs import Demand
from post_logistics.units import DHAKA, Postcode

TO_DO: Final = (State.ASSIGNED, State.OUT_FOR_DELIVERY, State.ATTEMPT_FAILED)
"""In a rider's hands and still to be handed over, today or again."""
DONE: Final = frozenset({State.DELIVERED_CLAIMED, State.PARTIALLY_CLAIMED, State.DELIVERED, State.PARTIALLY_DELIVERED})
"""Handed over, whether or not the office has confirmed it."""


@dataclass(frozen=True, slots=True)
class RoundItem:
    """One parcel of a round. ``due_poisha``: what its hand-over is to bring, or was. ``mark``: of its code; ``demand``:
    of a document, in whose hands it may end."""

    parcel: Consignment
    state: State
    is_in_hand: bool
    due_poisha: int
    mark: Mark | None
    demand: Demand | None

    @property
    def is_open(self) -> bool:
        """Whether the rider has it and may hand it over."""
        return self.is_in_hand and self.state in TO_DO

    @property
    def is_done(self) -> bool:
        """Whether it was handed over."""
        return self.state in DONE


@dataclass(frozen=True, slots=True)
class RoundStop:
    """One door. ``arrive_at``: as planned, None if no tour has it. ``leg_m``: straight from the door before."""

    arrive_at: datetime | None
    lat_deg: float
    lon_deg: float
    leg_m: int
    items: tuple[RoundItem, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """The stops in the order of the tour, then what was given along without one. ``tour``: as planned; None if not."""

    rider: str
    office: Postcode
    tour: RunSheet | None
    stops: tuple[RoundStop, ...]


def round_of(connection: Connection, facts: Facts, office: Postcode, rider: str, at: datetime) -> Round:
    """What that rider of that office has to do on that day, as the tour in force says and the scans since."""
    tour = _tour(connection, office, rider, at)
    planned = tour.items if tour else []
    holder = f"rider:{rider}"
    held = load_items_held(connection, holder, TO_DO)
    numbers = list(dict.fromkeys([*planned, *held]))
    standings = {one.item_number: one for one in load_standings(connection, numbers)}
    parcels = load_consignments(connection, numbers)
    due_poisha = load_to_take(connection, numbers)
    marks = marks_of(connection, numbers, at, key=facts.advice_key)
    demands = load_demands(connection, numbers)
    items = {
        number: RoundItem(
            parcel=parcels[number],
            state=standings[number].state,
            is_in_hand=standings[number].holder == holder,
            due_poisha=due_poisha.get(number, 0),
            mark=marks.get(number),
            demand=demands.get(number),
        )
        for number in numbers
        if number in parcels and _concerns(standings.get(number), office, holder)
    }
    here = facts.offices[office]
    doors = [*_planned(tour, items), *_others(items[one] for one in held if one in items and one not in set(planned))]
    return Round(rider, office, tour, tuple(_with_legs(doors, (here.lat_deg, here.lon_deg))))


def _tour(connection: Connection, office: Postcode, rider: str, at: datetime) -> RunSheet | None:
    try:
        plan = load_day(connection, office, at.astimezone(DHAKA).date())
    except NotFound:
        return None
    return next((sheet for sheet in plan.sheets if sheet.rider_id == rider), None)


def _concerns(standing: ItemStanding | None, office: Postcode, holder: str) -> bool:
    """Whether the rider has anything to do with it: it is in those hands, waits for them, or came out of them."""
    return standing is not None and (standing.holder in {holder, f"office:{office}", "recipient"})


_Door = tuple[datetime | None, float, float, tuple[RoundItem, ...]]


def _planned(tour: RunSheet | None, items: Mapping[str, RoundItem]) -> Iterable[_Door]:
    for stop in tour.stops if tour else ():
        here = tuple(items[number] for number in stop.item_numbers if number in items)
        if here:
            yield stop.arrive_at, stop.lat_deg, stop.lon_deg, here


def _others(items: Iterable[RoundItem]) -> Iterable[_Door]:
    """Doors of what was given along: all for one address are one."""
    by_door: dict[tuple[str, str], list[RoundItem]] = {}
    for item in items:
        by_door.setdefault((item.parcel.place_id, plain(item.parcel.recipient_address)), []).append(item)
    for here in by_door.values():
        yield None, here[0].parcel.lat_deg, here[0].parcel.lon_deg, tuple(here)


def _with_legs(doors: Sequence[_Door], start: tuple[float, float]) -> Iterable[RoundStop]:
    before = start
    for arrive_at, lat_deg, lon_deg, items in doors:
        yield RoundStop(arrive_at, lat_deg, lon_deg, round(great_circle_m(*before, lat_deg, lon_deg)), items)
        before = lat_deg, lon_deg
