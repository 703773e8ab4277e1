"""Where an item is and who answers for it: the fold of its scans.

The order in which scans arrive never matters, nor does how often: they are put in the order in which things happened
and each counts once. A scan that does not fit is kept and flagged, and the journey goes on from what it proves:

1. The table allows it: the state moves as the table says.
2. It does not, but the event is physical: whoever scanned it had the item in hand, so state and custody follow the
   scan. A missing scan therefore never holds an item back: with the next one its state is right again.
3. It does not, and the event is on paper (a cancellation, a run sheet): nothing moves.
4. The item was handed over and settled: nothing moves. Money was paid on it, so only a person may correct it.

Also flagged, though the move is legal: custody that passes from one hand of the post to another unscanned.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from post_logistics.errors import NotFound
from post_logistics.tracking.lifecycle import CLOSED, DUE, LANDING, TRANSITIONS, Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, held_by_post
from post_logistics.units import ItemNumber, Postcode


class Why(StrEnum):
    """What is wrong with a flagged scan."""

    UNEXPECTED = "unexpected"
    """The table does not allow the event in that state: a scan is missing, or this one is mistaken."""
    NO_HANDOVER = "no_handover"
    """Someone other than the custodian had the item, and no scan says how it came to them."""
    CLOSED = "closed"
    """The item had been handed over and settled."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A scan that was kept and flagged, for a person to look into."""

    scan: Scan
    why: Why
    state: State
    """The state in which the scan found the item."""
    expected: tuple[Event, ...]
    """One of these should have come instead, or before it."""
    ignored: bool
    """It changed neither state nor custody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """An item's state and everything that led to it."""

    item_number: ItemNumber
    state: State
    holder: str
    """The one who answers for the item, written as in a scan."""
    since: datetime
    """When this holder and this state began."""
    office: Postcode
    """The office on whose behalf the item was last in hand."""
    attempts: tuple[Scan, ...]
    """The failed attempts at delivery, once for each time the item was taken to the recipient. A refusal is one."""
    misfits: tuple[Misfit, ...]
    history: tuple[Scan, ...]
    """Each scan once, in the order in which things happened."""

    @property
    def last_scan_id(self) -> UUID:
        """The scan that happened last."""
        return self.history[-1].scan_id

    @property
    def refused(self) -> bool:
        """Whether the recipient refused the item when last it was offered and failed."""
        return bool(self.attempts) and self.attempts[-1].reason is Reason.REFUSED_BY_RECIPIENT


_IN_PLACE: Final = frozenset(
    {
        Event.BAGGED,
        Event.SORTED_OUT,
        Event.ATTEMPT_FAILED,
        Event.DELIVERED_CLAIMED,
        Event.PARTIALLY_DELIVERED,
        Event.EXCHANGED,
    }
)
"""Events that only the custodian can bring about: none of them is how an item changes hands inside the post."""

_TAKE_OVER: Final[dict[str, tuple[Event, ...]]] = {
    "office": (Event.RECEIVED_AT_HUB, Event.AT_DELIVERY_OFFICE),
    "rider": (Event.OUT_FOR_DELIVERY,),
    "vehicle": (Event.DISPATCHED,),
    "agent": (Event.AT_PICKUP_POINT,),
}
"""Kind of holder -> the scans by which it takes an item over."""


def fold(item_number: ItemNumber, scans: Iterable[Scan]) -> Journey:
    """The journey that an item's scans tell, whatever their order and repetition. NotFound if there are none."""
    history = in_order(scans)
    if not history:
        raise NotFound(f"nothing has been recorded for {item_number}", item_number=item_number)
    state, holder, office, since = State.ISSUED, "", history[0].office, history[0]
    attempts: list[Scan] = []
    misfits: list[Misfit] = []
    for scan in history:
        after, misfit = _judge(state, holder, scan)
        if misfit:
            misfits.append(misfit)
        moves = scan.event in LANDING and not (misfit and misfit.ignored)
        now_holding = scan.holder if moves or not holder else holder
        if moves:
            office = scan.office
        if after is State.ATTEMPT_FAILED and state is not after:
            attempts.append(scan)
        if after is not state or now_holding != holder:
            state, holder, since = after, now_holding, scan
    return Journey(
        item_number=item_number,
        state=state,
        holder=holder,
        since=since.corrected_at,
        office=office,
        attempts=tuple(attempts),
        misfits=tuple(misfits),
        history=history,
    )


def fold_many(scans: Iterable[Scan]) -> dict[ItemNumber, Journey]:
    """Every item's journey, from a mixed heap of scans."""
    heaps: defaultdict[ItemNumber, list[Scan]] = defaultdict(list)
    for scan in scans:
        heaps[scan.item_number].append(scan)
    return {item_number: fold(item_number, heap) for item_number, heap in heaps.items()}


def in_order(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Each scan once, in the order in which things happened.

    Copies with one id have one content (storage sees to it); of those recorded at different times the first stands.
    """
    once: dict[UUID, Scan] = {}
    for scan in sorted(scans, key=lambda scan: scan.order_key):
        once.setdefault(scan.scan_id, scan)
    return tuple(once.values())


def custody_due(journey: Journey) -> tuple[Event, ...]:
    """The events one of which should be scanned next, the usual one first; none at the end."""
    return DUE[journey.state]


def _judge(state: State, holder: str, scan: Scan) -> tuple[State, Misfit | None]:
    """The state after a scan, and the flag on it if it does not fit."""
    event = scan.event
    legal = TRANSITIONS[state].get(event)
    if legal is not None:
        missing = _missing_handover(event, holder, scan.holder)
        return legal, Misfit(scan, Why.NO_HANDOVER, state, missing, ignored=False) if missing else None
    if state in CLOSED:
        return state, Misfit(scan, Why.CLOSED, state, DUE[state], ignored=True)
    after = LANDING.get(event)
    return after or state, Misfit(scan, Why.UNEXPECTED, state, DUE[state], ignored=after is None)


def _missing_handover(event: Event, before: str, after: str) -> tuple[Event, ...]:
    """The scan that should have brought the item from one hand of the post to the other; none if nothing is missing."""
    if before == after or not (held_by_post(before) and held_by_post(after)):
        return ()
    kind = after.partition(":")[0]
    if event in _IN_PLACE:
        return _TAKE_OVER[kind]
    if kind == "office" and before.startswith("office:") and event in LANDING:
        return (Event.DISPATCHED,)
    return ()
