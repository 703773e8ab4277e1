"""The day of an office as its manager sees it: what lies where since when, what is wrong, what the day brought."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from post_logistics.cod.day_close import OfficeClose, RiderClose
from post_logistics.network.collection_points import CollectionPoints
from post_logistics.network.fleet import Rider
from post_logistics.operations.custody.watching import silent_devices
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import ToClose, to_close
from post_logistics.storage.custody import office_days as store
from post_logistics.storage.custody.due import Board, SilentDevice, load_office_board
from post_logistics.storage.custody.office_days import Gaps, Hand, Happened, Listed, Wanted
from post_logistics.storage.database import Connection
from post_logistics.storage.money.closes import load_closes
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import DHAKA, Postcode


class Group(StrEnum):
    """Which things of an office."""

    WAITING = "waiting"
    """At the office and due to go out."""
    LOADING = "loading"
    """At the office, in a rider's tour that has not left."""
    OUT = "out"
    """With the office's riders."""
    AGENTS = "agents"
    """At its collection points."""
    HERE = "here"
    """Whatever lies at the office."""
    COMING = "coming"
    """On a vehicle, bound for it."""
    LATE = "late"
    """Bound for its recipients, and promised for a day that is over."""


_NOT_LATE: Final = frozenset(
    {
        State.DELIVERED_CLAIMED,
        State.PARTIALLY_CLAIMED,
        State.RETURN_REQUESTED,
        State.RETURNING,
        State.AT_PICKUP_POINT,
    }
)
"""Where the promise was kept, or is no longer owed."""
_MAY_BE_LATE: Final = [state.value for state in State if state not in _NOT_LATE]
_STATES: Final[Mapping[Group, Sequence[str]]] = {
    Group.WAITING: [State.AT_DELIVERY_OFFICE.value],
    Group.LOADING: [State.ASSIGNED.value],
}

HANDED_OVER: Final = frozenset({Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDay:
    """The office at this moment. ``counts``: of each group that is listed; ``owners``: of open exceptions."""

    board: Board
    counts: Mapping[Group, int]
    hands: Sequence[Hand]
    """Riders and collection points that have parcels."""
    ages: Mapping[int, int]
    """Days -> parcels to be delivered that lie at the office so long."""
    owners: Mapping[str, int]
    silent: Sequence[SilentDevice]


def office_day(
    connection: Connection, facts: Facts, points: CollectionPoints, office: Postcode, at: datetime
) -> OfficeDay:
    """What a manager looks at first."""
    today = at.astimezone(DHAKA).date()
    board = load_office_board(connection, office, at)
    hands = store.load_hands(connection, [*_riders(facts, office), *_points(points, office)])
    with_riders = sum(one.items for one in hands if one.holder.startswith("rider:"))
    return OfficeDay(
        board=board,
        counts={
            Group.WAITING: board.items.get(State.AT_DELIVERY_OFFICE, 0),
            Group.LOADING: board.items.get(State.ASSIGNED, 0),
            Group.OUT: with_riders,
            Group.AGENTS: sum(one.items for one in hands) - with_riders,
            Group.HERE: sum(board.items.values()) + sum(board.bags.values()),
            Group.COMING: board.coming_items + board.coming_bags,
            Group.LATE: store.count_listed(connection, _wanted(facts, points, office, Group.LATE, today)),
        },
        hands=hands,
        ages=store.load_ages(connection, office, today),
        owners=store.load_owners(connection, office),
        silent=silent_devices(connection, at, office, limit=50),
    )


def listed(
    connection: Connection,
    facts: Facts,
    points: CollectionPoints,
    office: Postcode,
    group: Group,
    at: datetime,
    *,
    holder: str = "",
    limit: int,
    skip: int = 0,
) -> list[Listed]:
    """The things of that group, the longest held first; ``holder``: only what this rider or collection point has.

    Of a holder that is none of the office's there is nothing."""
    wanted = _wanted(facts, points, office, group, at.astimezone(DHAKA).date(), holder)
    return store.load_listed(connection, wanted, limit, skip)


def _wanted(
    facts: Facts, points: CollectionPoints, office: Postcode, group: Group, today: date, holder: str = ""
) -> Wanted:
    own, riders, agents = [f"office:{office}"], _riders(facts, office), _points(points, office)
    if group is Group.LATE:
        return Wanted(
            holders=[*own, *riders],
            coming_to=office,
            states=_MAY_BE_LATE,
            bound_for=office,
            promised_before=today,
        )
    if group is Group.COMING:
        return Wanted(coming_to=office)
    holders = {Group.OUT: riders, Group.AGENTS: agents}.get(group, own)
    states = _STATES.get(group)
    if group in {Group.OUT, Group.AGENTS}:
        states = [state.value for state in State if state not in {State.DELIVERED_CLAIMED, State.PARTIALLY_CLAIMED}]
    return Wanted(holders=[one for one in holders if holder in {"", one}], states=states)


def _riders(facts: Facts, office: Postcode) -> list[str]:
    return [f"rider:{one.rider_id}" for one in facts.fleet.deliveries.get(office, ())]


def _points(points: CollectionPoints, office: Postcode) -> list[str]:
    return [one.holder for one in points.of_office(office) if not one.holder.startswith("office:")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiderDay:
    """What a rider did on a day."""

    rider: Rider
    taken_out: int
    handed_over: int
    tried: int
    """Could not be handed over."""
    in_hand: int
    """Now, not handed over."""
    closes: tuple[RiderClose, ...]
    not_counted_poisha: int
    """What the rider holds now that no close has counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What a day brought to an office."""

    office: Postcode
    on: date
    events: Mapping[str, int]
    """Event -> parcels, as scanned at the office and by its riders."""
    failed: Mapping[str, int]
    """Reason -> parcels that could not be handed over."""
    riders: tuple[RiderDay, ...]
    """Those who did anything or hold anything."""
    closes: tuple[OfficeClose, ...]
    not_counted_poisha: int
    """In the till now, counted by no close of this day."""
    gaps: tuple[Gaps, ...]
    silent: tuple[SilentDevice, ...]

    @property
    def handed_over(self) -> int:
        """Parcels handed over, at doors and at the counter."""
        return sum(self.events.get(event, 0) for event in HANDED_OVER)

    @property
    def counted_poisha(self) -> int:
        """What the riders handed in, as counted."""
        return sum(close.counted_poisha for one in self.riders for close in one.closes)

    @property
    def expected_poisha(self) -> int:
        """What they should have handed in."""
        return sum(close.expected_poisha for one in self.riders for close in one.closes)


def day_report(connection: Connection, facts: Facts, office: Postcode, on: date, at: datetime) -> DayReport:
    """What the day brought so far. What is in hand now, or not counted now, is said of today alone."""
    happened = store.load_happened(connection, office, on)
    closes = load_closes(connection, on, office)
    is_today = on == at.astimezone(DHAKA).date()
    held = {one.holder: one for one in to_close(connection, facts, office, on)} if is_today else {}
    riders = facts.fleet.deliveries.get(office, ())
    in_hand = {
        one.holder: one.items for one in store.load_hands(connection, _riders(facts, office) if is_today else [])
    }
    days = (_rider_day(rider, happened, closes, held, in_hand) for rider in riders)
    own = held.get(f"office:{office}")
    return DayReport(
        office=office,
        on=on,
        events=_sums((one.event, one.items) for one in happened),
        failed=_sums((one.reason or "", one.items) for one in happened if one.event == Event.ATTEMPT_FAILED),
        riders=tuple(one for one in days if one.taken_out or one.handed_over or one.tried or one.in_hand or one.closes),
        closes=tuple(close for close in closes if isinstance(close, OfficeClose)),
        not_counted_poisha=own.held_poisha if own else 0,
        gaps=tuple(store.load_gaps(connection, office, on)),
        silent=tuple(silent_devices(connection, at, office, limit=50)),
    )


def _rider_day(
    rider: Rider,
    happened: Iterable[Happened],
    closes: Iterable[RiderClose | OfficeClose],
    held: Mapping[str, ToClose],
    in_hand: Mapping[str, int],
) -> RiderDay:
    holder = f"rider:{rider.rider_id}"
    did = _sums((one.event, one.items) for one in happened if one.holder == holder)
    return RiderDay(
        rider=rider,
        taken_out=did[Event.OUT_FOR_DELIVERY],
        handed_over=sum(did[event] for event in HANDED_OVER),
        tried=did[Event.ATTEMPT_FAILED],
        in_hand=in_hand.get(holder, 0),
        closes=tuple(one for one in closes if isinstance(one, RiderClose) and one.holder == holder),
        not_counted_poisha=held[holder].held_poisha if holder in held else 0,
    )


def _sums(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    sums = Counter[str]()
    for name, count in pairs:
        sums[name] += count
    return sums
