"""Where the time was lost of an item that was not handed over on the day promised, and whose doing it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from post_logistics.tracking.lifecycle import LANDING, Event
from post_logistics.tracking.reasons import Blame, Reason
from post_logistics.tracking.scans import Scan

MERCHANT: Final = "merchant"
DOOR: Final = "door"
"""With the rider who takes it to the recipient, or at a collection point."""
_GONE: Final = "gone"
_HANDED_OVER: Final = frozenset(
    {Event.DELIVERED_CLAIMED, Event.DELIVERED_CONFIRMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED}
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the way as it was planned: the item should have left ``place`` by then.

    A place is `MERCHANT`, ``office:1205``, ``from:1205`` (on a vehicle that left there) or `DOOR`.
    """

    place: str
    leave_by: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """Where and why a day was missed. ``custodian``: who had the item when it fell behind; without the run of a vehicle
    and the name of a rider. ``reason``: None if nobody gave one, and then the blame is the custodian's."""

    custodian: str
    reason: Reason | None
    blame: Blame


def lost(scans: Sequence[Scan], stages: Sequence[Stage], origins: Mapping[str, str]) -> Lost:
    """Where the time was lost, by an item's scans that count, in order, and its planned stages; the last of these ends
    with the promised day. ``origins``: where each leg begins.

    A try that failed in time is the reason, for then the item was where it should be. Otherwise it is the first stage
    that the item had not left when it should have.
    """
    in_time = [scan for scan in scans if scan.corrected_at <= stages[-1].leave_by]
    failed = [scan for scan in in_time if scan.event is Event.ATTEMPT_FAILED]
    if failed:
        return _lost(failed[-1], failed[-1].reason)
    moves = [scan for scan in scans if scan.event in LANDING or scan.event is Event.BOOKED] or list(scans)
    held = _held_up(moves, stages, origins)
    given = [scan.reason for scan in in_time if scan.reason is not None]
    return _lost(held, given[-1] if given else None)


def _held_up(moves: Sequence[Scan], stages: Sequence[Stage], origins: Mapping[str, str]) -> Scan:
    """The scan by which the custodian had it who did not let it go in time."""
    order = {stage.place: number for number, stage in enumerate(stages)} | {_GONE: len(stages)}
    for number, stage in enumerate(stages):
        held = _last_by(moves, stage.leave_by)
        if order.get(_place(held, origins), -1) <= number:
            return held
    return moves[-1]


def _last_by(moves: Iterable[Scan], at: datetime) -> Scan:
    first, *rest = moves
    held = first
    for scan in rest:
        if scan.corrected_at > at:
            break
        held = scan
    return held


def _place(scan: Scan, origins: Mapping[str, str]) -> str:
    kind, _, name = scan.holder.partition(":")
    if scan.event in _HANDED_OVER:
        return _GONE
    if kind == "vehicle":
        return f"from:{origins.get(name.partition('/')[0], scan.office)}"
    if kind == "rider" and scan.event is Event.ACCEPTED:  # on the round to the merchants
        return f"office:{scan.office}"
    return {"rider": DOOR, "agent": DOOR, "recipient": _GONE, "merchant": MERCHANT}.get(kind, scan.holder)


def _lost(scan: Scan, reason: Reason | None) -> Lost:
    kind, _, name = scan.holder.partition(":")
    custodian = {
        "merchant": MERCHANT,
        "rider": f"rider:{scan.office}",
        "vehicle": f"vehicle:{name.partition('/')[0]}",
    }.get(kind, scan.holder)
    if reason is not None:
        return Lost(custodian, reason, reason.blame)
    return Lost(custodian, None, Blame.MERCHANT if kind == "merchant" else Blame.POST)
