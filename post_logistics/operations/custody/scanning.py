"""Scans come in: each is kept, and where its item or bag stands goes on in the same transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from post_logistics.operations.custody.devices import Upload, check_signature
from post_logistics.storage.custody.ingestion import Kept, Locked, Told, keep, lock
from post_logistics.storage.custody.scans import load_related
from post_logistics.storage.database import Connection
from post_logistics.tracking.bags import BAG, MOVES_CONTENTS, BagState, carried, histories, that_count
from post_logistics.tracking.journey import Misfit, Standing, Walk, is_whole
from post_logistics.tracking.lifecycle import ITEM, TOLD, Event, State
from post_logistics.tracking.scans import Scan, is_receptacle
from post_logistics.units import ItemNumber, Postcode


class ScanOutcome(StrEnum):
    """What became of one scan of a batch."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    MISFIT = "accepted_with_exception"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ScanVerdict:
    """The answer to one scan: accepted, known already, accepted although it does not fit (and why), or rejected."""

    scan: Scan
    outcome: ScanOutcome
    why: str = ""


def record_scans(connection: Connection, batch: Sequence[Scan], upload: Upload | None = None) -> list[ScanVerdict]:
    """A verdict per scan, in their order. A scan of an issued number is never refused; told twice, it counts once.

    Rejected are only a number that was never issued, a (device, sequence) already used for another scan, and what is
    not authentic: of a retired device, or of one with a key that did not sign the ``upload`` it came in. A scan of a
    bag moves everything in it. Two round trips, and a third if scans came late: then histories are read. Unacceptable
    if the upload is not signed by its device.
    """
    if not batch:
        return []
    named = {scan.item_number for scan in batch if is_receptacle(scan.item_number)}
    into = {scan.receptacle for scan in batch if scan.receptacle is not None}
    locked = lock(connection, batch, moved=sorted(named), bags=sorted(named | into))
    if upload is not None:
        check_signature(upload, locked.keys.get(upload.device_id))
    judged = _Judged(locked, upload)
    own = [_own_number(scan, locked.aliases) for scan in batch] if locked.aliases else batch
    verdicts = [judged.hear(scan) for scan in own]
    if not judged.new:
        return verdicts
    kept = _follow(connection, locked, judged.new, upload)
    keep(connection, kept, max(scan.recorded_at for scan in batch))
    flags = {(number, flag.scan.scan_id): _explain(flag) for number, flag in kept.misfits}
    flags |= {(scan.item_number, scan.scan_id): _NO_SUCH_BAG for scan in judged.new if _is_bag_unknown(scan, locked)}
    return [_flagged(verdict, flags) for verdict in verdicts] if flags else verdicts


def _own_number(scan: Scan, aliases: Mapping[str, str]) -> Scan:
    """The scan under the number of the item itself, whatever label was read."""
    own = aliases.get(scan.item_number)
    return scan if own is None else replace(scan, item_number=ItemNumber(own))


class _Judged:
    """Tells new scans from those known already and from those that cannot be kept."""

    def __init__(self, locked: Locked, upload: Upload | None) -> None:
        self._locked = locked
        self._signed_by = upload.device_id if upload else ""
        self._known = dict(locked.known)
        self.new: list[Scan] = []

    def hear(self, scan: Scan) -> ScanVerdict:
        if scan.item_number not in self._locked.items and scan.item_number not in self._locked.bags:
            why = f"{scan.item_number} was never issued: check the label"
            return ScanVerdict(scan, ScanOutcome.REJECTED, why)
        if scan.device_id in self._locked.retired:
            return ScanVerdict(scan, ScanOutcome.REJECTED, f"device {scan.device_id} is retired: enrol it anew")
        if scan.device_id in self._locked.keys and scan.device_id != self._signed_by:
            why = f"device {scan.device_id} signs what it sends, and this is not signed by it: send Post-Signature"
            return ScanVerdict(scan, ScanOutcome.REJECTED, why)
        first = self._known.get(scan.scan_id)
        if first is not None and _same(first, scan):
            return ScanVerdict(scan, ScanOutcome.DUPLICATE)
        if first is not None or any(scan.sequence in heard for heard in self._locked.received.get(scan.device_id, ())):
            why = f"sequence {scan.sequence} of device {scan.device_id} was another scan: number each scan once"
            return ScanVerdict(scan, ScanOutcome.REJECTED, why)
        self._known[scan.scan_id] = scan
        self.new.append(scan)
        return ScanVerdict(scan, ScanOutcome.ACCEPTED)


def _same(one: Scan, other: Scan) -> bool:
    return (one.item_number, one.event, one.occurred_at) == (other.item_number, other.event, other.occurred_at)


def _flagged(verdict: ScanVerdict, flags: Mapping[tuple[str, UUID], str]) -> ScanVerdict:
    why = flags.get((verdict.scan.item_number, verdict.scan.scan_id))
    if why is None or verdict.outcome is not ScanOutcome.ACCEPTED:
        return verdict
    return replace(verdict, outcome=ScanOutcome.MISFIT, why=why)


_NO_SUCH_BAG = "no bag of that number was ever given out, so nothing moves this along: check the bag's label"


def _is_bag_unknown(scan: Scan, locked: Locked) -> bool:
    return scan.receptacle is not None and scan.receptacle not in locked.bags


def _explain(flag: Misfit) -> str:
    """What a person at the counter should know about a scan that does not fit."""
    expected = " or ".join(flag.expected) or "nothing more"
    kept = "kept, nothing moved" if flag.ignored else "kept"
    return f"{flag.why}: it was {flag.state}, expected {expected}; {kept}"


@dataclass(frozen=True, slots=True)
class _Steps:
    """What is new for one thing, in order; ``late`` if it may belong before something known."""

    scans: Sequence[Scan]
    late: bool


def _follow(connection: Connection, locked: Locked, new: Sequence[Scan], upload: Upload | None) -> Kept:
    """Where everything stands after the new scans: a step further where they come last, folded anew where not."""
    steps = _steps(locked, new)
    late = [number for number, one in steps.items() if one.late]
    whole = _histories(connection, locked, late, new)
    walks: dict[str, Walk] = {}
    standings: dict[str, Standing] = {}
    for number, one in steps.items():
        walk = walks[number] = _beginning(locked, number) if number in whole else _onwards(locked, number)
        for scan in that_count(whole[number]) if number in whole else one.scans:
            walk.take(scan)
        standings[number] = walk.standing()
        if one.late and number not in whole:  # what came late to a torn history is not what happened last
            last_at = max(_standing(locked, number).last_at, standings[number].last_at)
            standings[number] = replace(standings[number], last_at=last_at)
    return Kept(
        new=new,
        items={number: one for number, one in standings.items() if number in locked.items},
        bags={number: one for number, one in standings.items() if number in locked.bags},
        misfits=[(number, flag) for number, walk in walks.items() for flag in walk.misfits],
        refolded={number: [flag.scan.scan_id for flag in walks[number].misfits] for number in whole},
        told=_told(new, walks, standings),
        upload=upload,
    )


def _histories(
    connection: Connection, locked: Locked, late: Sequence[str], new: Sequence[Scan]
) -> dict[str, tuple[Scan, ...]]:
    """Everything that happened to those things, what is new included. Left out are bags never scanned, and items of
    which only an end is left since months were let go: folded, that would tell nothing of where they stand."""
    if not late:
        return {}
    bags = [scan.receptacle for scan in new if scan.receptacle is not None]
    found = histories([*load_related(connection, [*late, *bags]), *new], late)
    return {number: history for number, history in found.items() if number in locked.bags or is_whole(history)}


def _standing(locked: Locked, number: str) -> Standing:
    return locked.items[number] if number in locked.items else locked.bags[number]


def _onwards(locked: Locked, number: str) -> Walk:
    """A walk from where the thing stands."""
    return Walk(ITEM if number in locked.items else BAG, _standing(locked, number))


def _beginning(locked: Locked, number: str) -> Walk:
    """A walk from the very start; a bag's is when it was made, by the office that its number begins with."""
    if number in locked.items:
        return Walk(ITEM)
    made_at, origin = locked.made_at[number], Postcode(number[2:6])
    return Walk(
        BAG,
        Standing(
            state=BagState.OPEN,
            holder=f"office:{origin}",
            office=origin,
            since=made_at,
            attempts=0,
            misfits=0,
            receptacle=None,
            last_at=made_at,
        ),
    )


def _steps(locked: Locked, new: Sequence[Scan]) -> dict[str, _Steps]:
    """What is new for each thing that the batch concerns: its own scans, or those of the bag that it is in."""
    own: defaultdict[str, list[Scan]] = defaultdict(list)
    for scan in sorted(new, key=lambda scan: scan.order_key):
        own[scan.item_number].append(scan)
    moving = {bag: [s for s in own[bag] if s.event in MOVES_CONTENTS] for bag in own if bag in locked.bags}
    moved_at = [scan.corrected_at for scans in moving.values() for scan in scans]
    first_move_at = min(moved_at, default=_NEVER)
    everything: dict[str, Standing] = {**locked.items, **locked.bags}

    def is_late(number: str) -> bool:
        """Whether a scan of the thing itself may belong before something known, or before a move of its new bag."""
        mine = own.get(number, [])
        return bool(mine) and (
            mine[0].corrected_at <= everything[number].last_at
            or any(
                scan.event is Event.CORRECTED
                or (number, scan.scan_id) in locked.void
                or (scan.receptacle is not None and _bag_moved_since(locked, moving, scan))
                for scan in mine
            )
        )

    anew = any(is_late(bag) or any(s.event is Event.BAGGED for s in own[bag]) for bag in moving)
    steps: dict[str, _Steps] = {}
    for number in everything if moving else own:
        at, mine = everything[number], own.get(number, [])
        with_bag = (
            []
            if at.receptacle is None
            else [carried(scan, number, at.receptacle) for scan in moving.get(at.receptacle, ())]
        )
        nested = bool(moved_at) and at.receptacle in locked.bags and at.receptacle not in moving
        late = anew or nested or first_move_at <= at.last_at or bool(mine and with_bag) or is_late(number)
        if mine or with_bag or late:
            steps[number] = _Steps(mine or with_bag, late)
    return steps


_NEVER = datetime.max.replace(tzinfo=UTC)


def _bag_moved_since(locked: Locked, moving: Mapping[str, Sequence[Scan]], put_in: Scan) -> bool:
    bag = put_in.receptacle or ""
    return bool(moving.get(bag)) or (bag in locked.bags and put_in.corrected_at <= locked.bags[bag].last_at)


def _told(new: Sequence[Scan], walks: Mapping[str, Walk], standings: Mapping[str, Standing]) -> list[Told]:
    """The new scans of which somebody may want to hear: those that changed nothing are not among them."""
    ignored = {flag.scan.scan_id for walk in walks.values() for flag in walk.misfits if flag.ignored}
    return [
        Told(scan, State(standings[scan.item_number].state), standings[scan.item_number].attempts)
        for scan in new
        if scan.event in TOLD and scan.scan_id not in ignored and not is_receptacle(scan.item_number)
    ]
