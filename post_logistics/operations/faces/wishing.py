"""What recipients may choose for themselves: to collect the parcel at a point, or to be called on another day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from post_logistics.errors import Conflict
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.network.geo import great_circle_m
from post_logistics.operations.counter.at_hand import Actor, AtHand, allows, by_own_hand, take_up
from post_logistics.operations.counter.holding import hold
from post_logistics.operations.counter.redirecting import Elsewhere, redirect
from post_logistics.operations.door.collecting import OBSTACLE_TEXTS, load_points, may_bring
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.lifecycle import load_last_hold
from post_logistics.storage.custody.scans import ItemStanding
from post_logistics.storage.database import Connection
from post_logistics.storage.money.prices import load_due
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import DHAKA, Postcode

RECIPIENT: Final = Actor(is_recipient=True)
_POINTS_SHOWN: Final = 5
_WAITS: Final = frozenset({State.AT_DELIVERY_OFFICE, State.ON_HOLD})
"""Where a parcel lies that can be kept back: at its office of delivery, and not on anybody's round."""
_TURNS: Final = frozenset(State) - BEFORE_ACCEPTANCE - {State.OUT_FOR_DELIVERY, State.ATTEMPT_FAILED}
"""What is in a rider's bag is not turned from afar: nobody would tell the rider."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the recipient may choose now. ``days``: on which to be called; empty while it is not at its office."""

    points: tuple[CollectionPoint, ...]
    days: tuple[date, ...]


def choices(connection: Connection, facts: Facts, item_number: str, at: datetime) -> Choices:
    """The nearest collection points that have room for an item and take what is due, and the days."""
    at_hand = take_up(connection, item_number, RECIPIENT)
    return Choices(_points(connection, facts, at_hand), _days(facts, at_hand, at))


def _points(connection: Connection, facts: Facts, at_hand: AtHand) -> tuple[CollectionPoint, ...]:
    if at_hand.standing.state not in _TURNS or not allows(at_hand, Event.AREA_CHANGED):
        return ()
    due_poisha = load_due(connection, [at_hand.item_number]).get(at_hand.item_number, 0)
    fitting = [point for point in facts.points if point.takes_cash or not due_poisha]
    free = [load.point for load in load_points(connection, fitting) if load.room_parcels]
    office = facts.offices[at_hand.standing.destination]
    free.sort(key=lambda point: great_circle_m(office.lat_deg, office.lon_deg, point.lat_deg, point.lon_deg))
    return tuple(free[:_POINTS_SHOWN])


def _days(facts: Facts, at_hand: AtHand, at: datetime) -> tuple[date, ...]:
    standing = at_hand.standing
    if standing.state not in _WAITS or standing.office != standing.destination:
        return ()
    today = at.astimezone(DHAKA).date()
    return tuple(today + timedelta(days=n) for n in range(1, facts.lifecycle_rules.longest_hold_days + 1))


def collect_there(
    connection: Connection, facts: Facts, item_number: str, point: CollectionPoint, at: datetime
) -> ItemStanding:
    """Where the item stands, bound for the collection point. Told again, it changes nothing.

    Conflict if the point has no room or does not take what is due, and where the item cannot be turned any more.
    """
    at_hand = take_up(connection, item_number, RECIPIENT)
    if at_hand.standing.state not in _TURNS:
        raise Conflict("the parcel is with the rider", field="point_id", remedy="choose again if nobody comes today")
    obstacle = may_bring(connection, point, [at_hand.item_number])[at_hand.item_number]
    if obstacle is not None:
        raise Conflict(OBSTACLE_TEXTS[obstacle]["en"], field="point_id", remedy="choose another point")
    return redirect(connection, facts, item_number, Elsewhere(point_address(facts, point), point.office), RECIPIENT, at)


def point_address(facts: Facts, point: CollectionPoint) -> str:
    """The address of a point as it stands on the label and in the rider's list."""
    office = facts.offices[point.office]
    return f"{point.name_en} ({point.point_id}), {office.name_en} {office.postcode}"


def come_on(connection: Connection, facts: Facts, item_number: str, day: date, at: datetime) -> ItemStanding:
    """Where the item stands, kept at its office until that day. Told again, it changes nothing.

    Conflict while it is not there; Unacceptable for a day that is past or too far off.
    """
    at_hand = take_up(connection, item_number, RECIPIENT)
    if not _days(facts, at_hand, at):
        raise Conflict(
            "the parcel does not lie at its office of delivery", field="day", remedy="choose again once it is there"
        )
    if at_hand.standing.state is State.ON_HOLD:
        last = load_last_hold(connection, at_hand.item_number)
        if last is not None and last.until_on == day:
            return at_hand.standing
    office = Postcode(at_hand.standing.office)
    scan = by_own_hand(
        connection,
        at_hand,
        "wish",
        Event.ON_HOLD,
        at,
        office=office,
        reason=Reason.ASKED_FOR_LATER,
        note=f"by {RECIPIENT}",
    )
    return hold(connection, facts, scan, day)
