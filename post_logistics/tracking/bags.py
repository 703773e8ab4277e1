"""What may happen to a bag, and how the scans of a bag move what is in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from post_logistics.tracking.lifecycle import LANDING, Event, Lifecycle
from post_logistics.tracking.scans import Scan, in_order
from post_logistics.units import ItemNumber


class BagState(StrEnum):
    """Where a bag stands."""

    OPEN = "open"
    """Being filled at the office that made it."""
    SEALED = "sealed"
    DISPATCHED = "dispatched"
    RECEIVED = "received"
    """At an office and still closed: to be opened, or to travel on as it is."""
    OPENED = "opened"
    """What is found in it is scanned one by one; what is not is missing."""
    LOST = "lost"


BAG: Final = Lifecycle(
    start=BagState.OPEN,
    table={
        BagState.OPEN: {Event.SEALED: BagState.SEALED, Event.BAGGED: BagState.OPEN},
        BagState.SEALED: {
            Event.DISPATCHED: BagState.DISPATCHED,
            Event.BAGGED: BagState.SEALED,
            Event.OPENED: BagState.OPEN,
            Event.LOST: BagState.LOST,
        },
        BagState.DISPATCHED: {
            Event.RECEIVED_AT_HUB: BagState.RECEIVED,
            Event.DISPATCHED: BagState.DISPATCHED,
            Event.LOST: BagState.LOST,
        },
        BagState.RECEIVED: {
            Event.OPENED: BagState.OPENED,
            Event.DISPATCHED: BagState.DISPATCHED,
            Event.RECEIVED_AT_HUB: BagState.RECEIVED,
            Event.BAGGED: BagState.RECEIVED,
            Event.LOST: BagState.LOST,
        },
        BagState.OPENED: {},
        BagState.LOST: {Event.RECEIVED_AT_HUB: BagState.RECEIVED, Event.OPENED: BagState.OPENED},
    },
    landing={
        Event.SEALED: BagState.SEALED,
        Event.BAGGED: BagState.SEALED,
        Event.DISPATCHED: BagState.DISPATCHED,
        Event.RECEIVED_AT_HUB: BagState.RECEIVED,
        Event.OPENED: BagState.OPENED,
    },
    closed=frozenset(),
)
"""A bag sealed too early is opened again at its own office; one opened elsewhere has arrived."""

MOVES_CONTENTS: Final = frozenset({Event.DISPATCHED, Event.RECEIVED_AT_HUB, Event.LOST})
"""What happens to a bag and with that to everything in it."""


def with_bags(own: Iterable[Scan], bags: Mapping[str, Sequence[Scan]]) -> tuple[Scan, ...]:
    """Everything that happened to a thing: its own scans, and those of its bags while it was inside.

    ``own``: its scans in any order. ``bags``: key of each bag that it was put into -> everything that happened to that
    bag (this function's answer for it, so that bags may be in bags). It is inside from the scan that put it in until
    its next physical scan of its own, whichever arrived first. A bag's scan counts under the thing's own number.
    """
    history = in_order(own)
    hands = [scan for scan in that_count(history) if scan.event in LANDING or scan.event in BAG.landing]
    moved: list[Scan] = []
    for put_in, out in pairwise([*hands, None]):
        if put_in is not None and put_in.receptacle is not None:
            moved += [
                carried(scan, put_in.item_number, put_in.receptacle)
                for scan in that_count(bags.get(put_in.receptacle, ()))
                if scan.event in MOVES_CONTENTS
                and put_in.order_key < scan.order_key
                and (out is None or scan.order_key < out.order_key)
            ]
    return in_order([*history, *moved]) if moved else history


def carried(scan: Scan, number: str, bag: str) -> Scan:
    """What a scan of a bag means for a thing in it."""
    return replace(scan, item_number=ItemNumber(number), receptacle=bag)


def histories(scans: Iterable[Scan], numbers: Iterable[str]) -> dict[str, tuple[Scan, ...]]:
    """Everything that happened to each of the things that was ever scanned. ``scans``: all of theirs, of the bags that
    they were in, and of the bags that those were in, in any order."""
    own: defaultdict[str, list[Scan]] = defaultdict(list)
    for scan in scans:
        own[scan.item_number].append(scan)
    whole: dict[str, tuple[Scan, ...]] = {}

    def history(number: str, outside: frozenset[str]) -> tuple[Scan, ...]:
        if number not in whole:
            bags = {scan.receptacle for scan in own[number] if scan.receptacle is not None} - outside
            whole[number] = with_bags(own[number], {bag: history(bag, outside | {number}) for bag in bags})
        return whole[number]

    return {number: history(number, frozenset()) for number in numbers if number in own}


def that_count(history: Sequence[Scan]) -> tuple[Scan, ...]:
    """The scans of a history without those that were taken back as mistakes."""
    void = {scan.voids for scan in history if scan.event is Event.CORRECTED}
    return tuple(scan for scan in history if scan.event is Event.CORRECTED or scan.scan_id not in void)
