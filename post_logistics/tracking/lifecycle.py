"""What may happen to an item: every state, every event and the one table of moves between them.

The table says what is legal, not what is wise: "three failed attempts, then back to the merchant" is decided by the
operation that knows the count. Money has an axis of its own (``cod``): no event here says that cash changed hands.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Event(StrEnum):
    """What a scan says has happened."""

    BOOKED = "booked"
    PICKUP_REQUESTED = "pickup_requested"
    PICKUP_ASSIGNED = "pickup_assigned"
    PICKUP_FAILED = "pickup_failed"
    ACCEPTED = "accepted"
    BAGGED = "bagged"
    DISPATCHED = "dispatched"
    RECEIVED_AT_HUB = "received_at_hub"
    SORTED_OUT = "sorted_out"
    AT_DELIVERY_OFFICE = "at_delivery_office"
    ASSIGNED = "assigned"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    ON_HOLD = "on_hold"
    AT_PICKUP_POINT = "at_pickup_point"
    DELIVERED_CLAIMED = "delivered_claimed"
    DELIVERED_CONFIRMED = "delivered_confirmed"
    PARTIALLY_DELIVERED = "partially_delivered"
    EXCHANGED = "exchanged"
    AREA_CHANGED = "area_changed"
    RETURN_REQUESTED = "return_requested"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    LOST = "lost"
    DAMAGED = "damaged"
    CONTESTED = "contested"
    """The recipient says that an attempt or a delivery was not as recorded: a person has to look; nothing moves."""
    CORRECTED = "corrected"
    """An earlier scan was a mistake and no longer counts (``Scan.voids`` names it)."""
    SEALED = "sealed"
    """A bag was closed: of bags only, as is the next."""
    OPENED = "opened"


class State(StrEnum):
    """Where an item stands. It says how far the item has come; who has it in hand is the journey's ``holder``."""

    ISSUED = "issued"
    """The number exists and nothing is known of the item: where every fold begins."""
    BOOKED = "booked"
    PICKUP_REQUESTED = "pickup_requested"
    PICKUP_ASSIGNED = "pickup_assigned"
    CANCELLED = "cancelled"
    ACCEPTED = "accepted"
    BAGGED = "bagged"
    DISPATCHED = "dispatched"
    AT_HUB = "at_hub"
    SORTED = "sorted"
    AT_DELIVERY_OFFICE = "at_delivery_office"
    ASSIGNED = "assigned"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    ON_HOLD = "on_hold"
    AT_PICKUP_POINT = "at_pickup_point"
    DELIVERED_CLAIMED = "delivered_claimed"
    """The rider says so; the rider answers until the office has matched cash and proof."""
    PARTIALLY_CLAIMED = "partially_claimed"
    """The rider says that a part was taken; the rest is still in the rider's hands."""
    DELIVERED = "delivered"
    PARTIALLY_DELIVERED = "partially_delivered"
    """Confirmed by the office. What was not taken goes back under a number of its own, so this number ends here."""
    RETURN_REQUESTED = "return_requested"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    """Not an end: the last custodian answers until the item is seen again."""
    DAMAGED = "damaged"
    """Found damaged and waiting for a decision."""


_MISHAPS: Final = {Event.LOST: State.LOST, Event.DAMAGED: State.DAMAGED}
_ON_THE_WAY: Final = {Event.RETURN_REQUESTED: State.RETURN_REQUESTED, **_MISHAPS}
_HAND_OVER: Final = {
    Event.DELIVERED_CLAIMED: State.DELIVERED_CLAIMED,
    Event.PARTIALLY_DELIVERED: State.PARTIALLY_CLAIMED,
    Event.EXCHANGED: State.DELIVERED_CLAIMED,
}
"""At the door, at the counter window or at a collection point. What an exchange brings back has its own number."""

TRANSITIONS: Final[dict[State, dict[Event, State]]] = {
    State.ISSUED: {Event.BOOKED: State.BOOKED},
    State.BOOKED: {
        Event.ACCEPTED: State.ACCEPTED,
        Event.PICKUP_REQUESTED: State.PICKUP_REQUESTED,
        Event.PICKUP_ASSIGNED: State.PICKUP_ASSIGNED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.PICKUP_REQUESTED: {
        Event.PICKUP_ASSIGNED: State.PICKUP_ASSIGNED,
        Event.ACCEPTED: State.ACCEPTED,
        Event.PICKUP_FAILED: State.PICKUP_REQUESTED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.PICKUP_ASSIGNED: {
        Event.ACCEPTED: State.ACCEPTED,
        Event.PICKUP_ASSIGNED: State.PICKUP_ASSIGNED,
        Event.PICKUP_FAILED: State.PICKUP_REQUESTED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.CANCELLED: {},
    # Accepted twice is usual: by the rider at the merchant's door, then over the counter with the scales.
    State.ACCEPTED: {
        Event.BAGGED: State.BAGGED,
        Event.DISPATCHED: State.DISPATCHED,
        Event.RECEIVED_AT_HUB: State.AT_HUB,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.ACCEPTED: State.ACCEPTED,
        Event.ON_HOLD: State.ON_HOLD,
        Event.AREA_CHANGED: State.ACCEPTED,
        **_ON_THE_WAY,
    },
    State.BAGGED: {
        Event.DISPATCHED: State.DISPATCHED,
        Event.BAGGED: State.BAGGED,
        Event.AREA_CHANGED: State.BAGGED,
        **_ON_THE_WAY,
    },
    State.DISPATCHED: {
        Event.RECEIVED_AT_HUB: State.AT_HUB,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        Event.DISPATCHED: State.DISPATCHED,
        Event.AREA_CHANGED: State.DISPATCHED,
        **_ON_THE_WAY,
    },
    State.AT_HUB: {
        Event.SORTED_OUT: State.SORTED,
        Event.BAGGED: State.BAGGED,
        Event.DISPATCHED: State.DISPATCHED,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.RECEIVED_AT_HUB: State.AT_HUB,
        Event.ON_HOLD: State.ON_HOLD,
        Event.AREA_CHANGED: State.AT_HUB,
        **_ON_THE_WAY,
    },
    State.SORTED: {
        Event.BAGGED: State.BAGGED,
        Event.DISPATCHED: State.DISPATCHED,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.SORTED_OUT: State.SORTED,
        Event.ON_HOLD: State.ON_HOLD,
        Event.AREA_CHANGED: State.AT_HUB,
        **_ON_THE_WAY,
    },
    # The recipient may come to the window; an item sent to the wrong office, or redirected, is dispatched again.
    State.AT_DELIVERY_OFFICE: {
        Event.ASSIGNED: State.ASSIGNED,
        Event.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        **_HAND_OVER,
        Event.BAGGED: State.BAGGED,
        Event.DISPATCHED: State.DISPATCHED,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.ON_HOLD: State.ON_HOLD,
        Event.AREA_CHANGED: State.AT_DELIVERY_OFFICE,
        **_ON_THE_WAY,
    },
    State.ASSIGNED: {
        Event.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        **_HAND_OVER,
        Event.ASSIGNED: State.ASSIGNED,
        Event.ON_HOLD: State.ON_HOLD,
        Event.AREA_CHANGED: State.AT_DELIVERY_OFFICE,
        **_ON_THE_WAY,
    },
    State.OUT_FOR_DELIVERY: {
        **_HAND_OVER,
        Event.ATTEMPT_FAILED: State.ATTEMPT_FAILED,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        Event.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
        Event.AREA_CHANGED: State.OUT_FOR_DELIVERY,
        **_ON_THE_WAY,
    },
    # A recipient who calls back is served on the same tour.
    State.ATTEMPT_FAILED: {
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.ON_HOLD: State.ON_HOLD,
        Event.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        **_HAND_OVER,
        Event.AREA_CHANGED: State.ATTEMPT_FAILED,
        **_ON_THE_WAY,
    },
    State.ON_HOLD: {
        Event.ASSIGNED: State.ASSIGNED,
        Event.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        **_HAND_OVER,
        Event.BAGGED: State.BAGGED,
        Event.DISPATCHED: State.DISPATCHED,
        Event.ON_HOLD: State.ON_HOLD,
        Event.AREA_CHANGED: State.ON_HOLD,
        **_ON_THE_WAY,
    },
    State.AT_PICKUP_POINT: {
        **_HAND_OVER,
        Event.ATTEMPT_FAILED: State.ATTEMPT_FAILED,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
        Event.AREA_CHANGED: State.AT_PICKUP_POINT,
        **_ON_THE_WAY,
    },
    # A claimed item that turns up at the office again is no legal move: it is flagged, for the claim was not true.
    State.DELIVERED_CLAIMED: {
        Event.DELIVERED_CONFIRMED: State.DELIVERED,
        Event.PARTIALLY_DELIVERED: State.PARTIALLY_CLAIMED,
        **_MISHAPS,
    },
    State.PARTIALLY_CLAIMED: {
        Event.DELIVERED_CONFIRMED: State.PARTIALLY_DELIVERED,
        Event.AT_DELIVERY_OFFICE: State.PARTIALLY_CLAIMED,
        **_MISHAPS,
    },
    State.DELIVERED: {},
    State.PARTIALLY_DELIVERED: {},
    # On the way back an item passes through the same bags and offices; only the direction stays in its state.
    State.RETURN_REQUESTED: {
        Event.RETURNING: State.RETURNING,
        Event.BAGGED: State.RETURNING,
        Event.DISPATCHED: State.RETURNING,
        Event.RETURNED: State.RETURNED,
        Event.RECEIVED_AT_HUB: State.RETURN_REQUESTED,
        Event.AT_DELIVERY_OFFICE: State.RETURN_REQUESTED,
        Event.ATTEMPT_FAILED: State.RETURN_REQUESTED,
        Event.ON_HOLD: State.RETURN_REQUESTED,
        Event.DAMAGED: State.RETURN_REQUESTED,
        Event.LOST: State.LOST,
    },
    State.RETURNING: {
        Event.RETURNED: State.RETURNED,
        Event.RETURNING: State.RETURNING,
        Event.BAGGED: State.RETURNING,
        Event.DISPATCHED: State.RETURNING,
        Event.RECEIVED_AT_HUB: State.RETURNING,
        Event.SORTED_OUT: State.RETURNING,
        Event.AT_DELIVERY_OFFICE: State.RETURNING,
        Event.ATTEMPT_FAILED: State.RETURNING,
        Event.ON_HOLD: State.RETURNING,
        Event.DAMAGED: State.RETURNING,
        Event.LOST: State.LOST,
    },
    State.RETURNED: {},
    State.LOST: {
        Event.RECEIVED_AT_HUB: State.AT_HUB,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.RETURNING: State.RETURNING,
        Event.DAMAGED: State.DAMAGED,
    },
    State.DAMAGED: {
        Event.RECEIVED_AT_HUB: State.AT_HUB,
        Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
        Event.ON_HOLD: State.ON_HOLD,
        Event.RETURN_REQUESTED: State.RETURN_REQUESTED,
        Event.LOST: State.LOST,
    },
}
"""State -> what may happen -> the state after it; the usual next event of each row comes first."""

LANDING: Final[dict[Event, State]] = {
    Event.ACCEPTED: State.ACCEPTED,
    Event.BAGGED: State.BAGGED,
    Event.DISPATCHED: State.DISPATCHED,
    Event.RECEIVED_AT_HUB: State.AT_HUB,
    Event.SORTED_OUT: State.SORTED,
    Event.AT_DELIVERY_OFFICE: State.AT_DELIVERY_OFFICE,
    Event.OUT_FOR_DELIVERY: State.OUT_FOR_DELIVERY,
    Event.ATTEMPT_FAILED: State.ATTEMPT_FAILED,
    Event.ON_HOLD: State.ON_HOLD,
    Event.AT_PICKUP_POINT: State.AT_PICKUP_POINT,
    Event.DELIVERED_CLAIMED: State.DELIVERED_CLAIMED,
    Event.DELIVERED_CONFIRMED: State.DELIVERED,
    Event.PARTIALLY_DELIVERED: State.PARTIALLY_CLAIMED,
    Event.EXCHANGED: State.DELIVERED_CLAIMED,
    Event.RETURNING: State.RETURNING,
    Event.RETURNED: State.RETURNED,
    Event.DAMAGED: State.DAMAGED,
}
"""Physical event -> where it leaves an item when the way there was not scanned.

Whoever records one of these has, or had, the item in hand, so custody follows it. Every other event is a decision on
paper: it moves no custody, and where the table does not allow it, it moves nothing.
"""

ABOUT_OTHERS: Final = frozenset({Event.CONTESTED, Event.CORRECTED})
"""Events that say something of other scans: legal at any time, even after the end, and they move nothing."""

TERMINAL: Final = frozenset(state for state, row in TRANSITIONS.items() if not row)
"""Nothing more is due."""

CLOSED: Final = TERMINAL - {State.CANCELLED}
"""Handed over and settled: a later scan is flagged and changes nothing. (A cancelled item handed in all the same is
in the post's hands, whatever the paper says.)"""

BEFORE_ACCEPTANCE: Final = frozenset({State.ISSUED, State.BOOKED, State.PICKUP_REQUESTED, State.PICKUP_ASSIGNED})

IN_CUSTODY: Final = frozenset(State) - BEFORE_ACCEPTANCE - TERMINAL
"""The post answers for the item: from acceptance until it is handed over."""

_UNPLANNED: Final = _ON_THE_WAY.keys() | {
    Event.PICKUP_FAILED,
    Event.CANCELLED,
    Event.ON_HOLD,
    Event.AREA_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What may happen to one kind of thing: the start, the moves, where physical events land, and what is over."""

    start: StrEnum
    table: Mapping[Any, Mapping[Event, StrEnum]]
    landing: Mapping[Event, StrEnum]
    closed: Set[Any]
    due: Mapping[Any, tuple[Event, ...]] = field(init=False)
    """State -> the events one of which should come next, the usual one first. Saying again where a thing is is none."""

    def __post_init__(self) -> None:
        """Works out what is due."""
        object.__setattr__(self, "due", {state: self._due(state) for state in self.table})

    def _due(self, state: StrEnum) -> tuple[Event, ...]:
        return tuple(
            event
            for event, after in self.table[state].items()
            if event not in _UNPLANNED and (after is not state or self.landing.get(event, state) is not state)
        )


ITEM: Final = Lifecycle(State.ISSUED, TRANSITIONS, LANDING, CLOSED)

DUE: Final[Mapping[State, tuple[Event, ...]]] = ITEM.due
"""State -> the events one of which should come next, the usual one first."""

TOLD: Final = frozenset(
    {
        Event.PICKUP_REQUESTED,
        Event.PICKUP_ASSIGNED,
        Event.PICKUP_FAILED,
        Event.ACCEPTED,
        Event.OUT_FOR_DELIVERY,
        Event.ATTEMPT_FAILED,
        Event.ON_HOLD,
        Event.AT_PICKUP_POINT,
        Event.DELIVERED_CLAIMED,
        Event.DELIVERED_CONFIRMED,
        Event.PARTIALLY_DELIVERED,
        Event.EXCHANGED,
        Event.AREA_CHANGED,
        Event.RETURN_REQUESTED,
        Event.RETURNING,
        Event.RETURNED,
        Event.CANCELLED,
        Event.LOST,
        Event.DAMAGED,
        Event.CORRECTED,
    }
)
"""Events of which a merchant or a recipient may want to be told at once. The way through the post's own
offices is looked up: told, it would be half of all messages, and nobody could act on one."""

EMSEVT: Final[dict[Event, str]] = {
    Event.ACCEPTED: "EMA",
    Event.RECEIVED_AT_HUB: "EDD",
    Event.SORTED_OUT: "EDE",
    Event.AT_DELIVERY_OFFICE: "EMG",
    Event.ON_HOLD: "EDF",
    Event.OUT_FOR_DELIVERY: "EDG",
    Event.AT_PICKUP_POINT: "EDH",
    Event.ATTEMPT_FAILED: "EMH",
    Event.DELIVERED_CONFIRMED: "EMI",
}
"""UPU EMSEVT version 3 code of an event, where that standard knows it. EMI waits for the office: a claim is not yet a
delivery."""
