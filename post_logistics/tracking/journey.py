"""Where an item is and who answers for it: the fold of its scans.

The order in which scans arrive never matters, nor does how often: they are put in the order in which things happened
and each counts once. A scan that does not fit is kept and flagged, and the journey goes on from what it proves:

1. The table allows it: the state moves as the table says.
2. It does not, but the event is physical: whoever scanned it had the item in hand, so state and custody follow the
   scan. A missing scan therefore never holds an item back: with the next one its state is right again.
3. It does not, and the event is on paper (a cancellation, a run sheet): nothing moves.
4. The item was handed over and settled: nothing moves. Money was paid on it, so only a person may correct it.

Also flagged, though the move is legal: custody that passes from one hand of the post to another unscanned. A scan that
a later one takes back as a mistake (``corrected``) does not count at all; it stays in the record.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from post_logistics.errors import NotFound
from post_logistics.tracking.bags import that_count
from post_logistics.tracking.lifecycle import ABOUT_OTHERS, DUE, ITEM, LANDING, Event, Lifecycle, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, held_by_post, in_order
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
    state: StrEnum
    """The state in which the scan found the item or bag."""
    expected: tuple[Event, ...]
    """One of these should have come instead, or before it."""
    ignored: bool
    """It changed neither state nor custody."""
    holder: str
    """Who answered when the scan came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a thing stands: all of its past that the next scan needs to know."""

    state: StrEnum
    holder: str
    """The one who answers for it, written as in a scan."""
    office: Postcode
    """The office on whose behalf it was last in hand."""
    since: datetime
    """When this holder and this state began."""
    attempts: int
    misfits: int
    receptacle: str | None
    """The bag that it is in."""
    last_at: datetime
    """Corrected time of the scan that happened last."""


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
    receptacle: str | None
    """The bag that it is in."""
    attempts: tuple[Scan, ...]
    """The failed attempts at delivery, once for each time the item was taken to the recipient. A refusal is one."""
    misfits: tuple[Misfit, ...]
    history: tuple[Scan, ...]
    """Each scan that counts once, in the order in which things happened."""
    corrected: tuple[Scan, ...]
    """Scans that were taken back as mistakes."""

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
        Event.SEALED,
        Event.OPENED,
    }
)
"""Events that only the custodian can bring about: none of them is how a thing changes hands inside the post."""

_TAKE_OVER: Final[dict[str, tuple[Event, ...]]] = {
    "office": (Event.RECEIVED_AT_HUB, Event.AT_DELIVERY_OFFICE),
    "rider": (Event.OUT_FOR_DELIVERY,),
    "vehicle": (Event.DISPATCHED,),
    "agent": (Event.AT_PICKUP_POINT,),
}
"""Kind of holder -> the scans by which it takes a thing over."""


class Walk:
    """Follows the scans of one thing, in order, from where it stands; ``misfits`` and ``attempts`` are those met."""

    def __init__(self, lifecycle: Lifecycle, start: Standing | None = None) -> None:
        """Begins at ``start``, or where the lifecycle does."""
        self._lifecycle = lifecycle
        self._start = start
        self.state: StrEnum = start.state if start else lifecycle.start
        self.holder = start.holder if start else ""
        self.receptacle = start.receptacle if start else None
        self.office: Postcode | None = start.office if start else None
        self.since: datetime | None = start.since if start else None
        self.last_at: datetime | None = start.last_at if start else None
        self.attempts: list[Scan] = []
        self.misfits: list[Misfit] = []

    def take(self, scan: Scan) -> Misfit | None:
        """Goes on by one scan; gives back its flag if it does not fit."""
        after, misfit = self._judge(scan)
        if misfit:
            self.misfits.append(misfit)
        moves = scan.event in self._lifecycle.landing and not (misfit and misfit.ignored)
        now_holding = scan.holder if moves or not self.holder else self.holder
        if moves or self.office is None:
            self.office = scan.office
        if scan.event in self._lifecycle.landing:  # whatever the paper says, that is where it was seen
            self.receptacle = scan.receptacle
        if after is State.ATTEMPT_FAILED and self.state is not after:
            self.attempts.append(scan)
        at = scan.corrected_at
        if after is not self.state or now_holding != self.holder or self.since is None:
            self.state, self.holder, self.since = after, now_holding, at
        self.last_at = at
        return misfit

    def standing(self) -> Standing:
        """Where the thing stands now; there must have been a scan, or a start."""
        assert self.office is not None and self.since is not None and self.last_at is not None
        before = self._start
        return Standing(
            state=self.state,
            holder=self.holder,
            office=self.office,
            since=self.since,
            attempts=len(self.attempts) + (before.attempts if before else 0),
            misfits=len(self.misfits) + (before.misfits if before else 0),
            receptacle=self.receptacle,
            last_at=self.last_at,
        )

    def _judge(self, scan: Scan) -> tuple[StrEnum, Misfit | None]:
        """The state after a scan, and the flag on it if it does not fit."""
        state, event, rules = self.state, scan.event, self._lifecycle
        if event in ABOUT_OTHERS:
            return state, None
        legal = rules.table[state].get(event)
        if legal is not None:
            missing = _missing_handover(event, self.holder, scan.holder)
            if not missing:
                return legal, None
            return legal, Misfit(scan, Why.NO_HANDOVER, state, missing, False, self.holder)
        if state in rules.closed:
            return state, Misfit(scan, Why.CLOSED, state, rules.due[state], True, self.holder)
        after = rules.landing.get(event)
        return after or state, Misfit(scan, Why.UNEXPECTED, state, rules.due[state], after is None, self.holder)


def fold(item_number: ItemNumber, scans: Iterable[Scan]) -> Journey:
    """The journey that an item's scans tell, whatever their order and repetition. NotFound if there are none."""
    everything = in_order(scans)
    if not everything:
        raise NotFound(f"nothing has been recorded for {item_number}", item_number=item_number)
    history, walk = that_count(everything), Walk(ITEM)
    for scan in history:
        walk.take(scan)
    now = walk.standing()
    counts = {scan.scan_id for scan in history}
    return Journey(
        item_number=item_number,
        state=State(now.state),
        holder=now.holder,
        since=now.since,
        office=now.office,
        receptacle=now.receptacle,
        attempts=tuple(walk.attempts),
        misfits=tuple(walk.misfits),
        history=history,
        corrected=tuple(scan for scan in everything if scan.scan_id not in counts),
    )


def fold_many(scans: Iterable[Scan]) -> dict[ItemNumber, Journey]:
    """Every item's journey, from a mixed heap of scans."""
    heaps: defaultdict[ItemNumber, list[Scan]] = defaultdict(list)
    for scan in scans:
        heaps[scan.item_number].append(scan)
    return {item_number: fold(item_number, heap) for item_number, heap in heaps.items()}


def is_whole(history: Iterable[Scan]) -> bool:
    """Whether an item's history goes back to its booking. Of one whose first month was let go only a torn end is left,
    which tells nothing of where the item stands."""
    return any(scan.event is Event.BOOKED for scan in history)


def custody_due(journey: Journey) -> tuple[Event, ...]:
    """The events one of which should be scanned next, the usual one first; none at the end."""
    return DUE[journey.state]


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
