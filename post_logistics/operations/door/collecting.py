"""Parcels that recipients collect: brought to a point, handed over for a code, and taken back when nobody comes.

A scan is a fact: what an agent scanned lies at the point, even if the point is full or may not hand it over. Whether a
parcel may be brought is therefore asked before (``may_bring``), and said again with the verdict on the scan.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from post_logistics.cod.rules import CodRules
from post_logistics.cod.tenders import Digital, HandOver, Taken, refusal
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.centres.commissions import NO_COMMISSION, Commission
from post_logistics.operations.custody.devices import Upload
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.operations.door.delivering import Claim, confirm_shown, deliver
from post_logistics.operations.door.proving import Shown, keep_proofs
from post_logistics.operations.money.agents import uncovered_float
from post_logistics.storage.centres.services import Given, append_given
from post_logistics.storage.custody.scans import load_own_numbers
from post_logistics.storage.database import Connection
from post_logistics.storage.door import collecting as store
from post_logistics.storage.door.collecting import Waiting
from post_logistics.storage.door.proofs import load_handed
from post_logistics.storage.money.prices import load_booked, load_due
from post_logistics.storage.money.receipts import NOTHING, load_known, load_receipts
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import ProofKind, ProofRules
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import DHAKA, Postcode


class Obstacle(StrEnum):
    """Why a parcel should not be brought to a point."""

    UNKNOWN = "unknown"
    FULL = "full"
    NO_CASH_HERE = "no_cash_here"
    OVER_FLOAT = "over_float"


OBSTACLE_TEXTS: dict[Obstacle, dict[str, str]] = {
    Obstacle.UNKNOWN: {"en": "No such parcel.", "bn": "এই নম্বরের কোনো পার্সেল নেই।"},
    Obstacle.FULL: {"en": "The collection point is full.", "bn": "সংগ্রহ কেন্দ্রে আর জায়গা নেই।"},
    Obstacle.NO_CASH_HERE: {
        "en": "This point takes no cash, and the parcel has cash on delivery.",
        "bn": "এই কেন্দ্রে টাকা নেওয়া হয় না, কিন্তু পার্সেলটির মূল্য পরিশোধ বাকি আছে।",
    },
    Obstacle.OVER_FLOAT: {
        "en": "The agent's float does not cover it: hand in the cash at the parent office, or pay in more float.",
        "bn": "এজেন্টের অগ্রিম জমায় কুলায় না: মূল ডাকঘরে নগদ জমা দিন, বা অগ্রিম বাড়ান।",
    },
}


_KEPT = frozenset({ScanOutcome.ACCEPTED, ScanOutcome.MISFIT})


@dataclass(frozen=True, slots=True)
class PointLoad:
    """How full a point is."""

    point: CollectionPoint
    parcels: int

    @property
    def room_parcels(self) -> int:
        """For how many more there is room."""
        return max(0, self.point.capacity_parcels - self.parcels)


def load_points(connection: Connection, points: Sequence[CollectionPoint]) -> list[PointLoad]:
    """How full those points are, in their order."""
    counts = store.count_waiting(connection, [point.holder for point in points])
    return [PointLoad(point, counts.get(point.holder, 0)) for point in points]


def may_bring(
    connection: Connection, point: CollectionPoint, item_numbers: Sequence[str]
) -> dict[str, Obstacle | None]:
    """Item number -> what stands against bringing it to the point, or None, if they are brought in that order.

    Whoever asks holds the point until the transaction ends, so that two at once do not both get its last place.
    """
    store.hold_point(connection, point.point_id)
    own = load_own_numbers(connection, item_numbers)
    numbers = {number: own.get(number, number) for number in item_numbers}
    there = {one.item_number for one in store.load_waiting(connection, [point.holder])}
    due_poisha = load_due(connection, {*numbers.values(), *(there if point.is_agent else ())})
    room = point.capacity_parcels - len(there)
    covered_poisha = _covered_poisha(connection, point) - sum(due_poisha.get(real, 0) for real in there)
    answers: dict[str, Obstacle | None] = {}
    for number, real in numbers.items():
        due = due_poisha.get(real)
        if due is None:
            answers[number] = Obstacle.UNKNOWN
        elif due and not point.takes_cash:
            answers[number] = Obstacle.NO_CASH_HERE
        elif real not in there and room <= 0:
            answers[number] = Obstacle.FULL
        elif real not in there and point.is_agent and due > covered_poisha:
            answers[number] = Obstacle.OVER_FLOAT
        else:
            answers[number] = None
            if real not in there:
                room, covered_poisha = room - 1, covered_poisha - due
            there.add(real)
    return answers


def _covered_poisha(connection: Connection, point: CollectionPoint) -> int:
    """How much more cash an agent's float covers; nothing where no agent takes cash."""
    return uncovered_float(connection, point.point_id) if point.is_agent and point.takes_cash else 0


def bring(
    connection: Connection, point: CollectionPoint, scans: Sequence[Scan], upload: Upload | None = None
) -> list[ScanVerdict]:
    """A verdict per scan: the parcels are at the point, and it answers for them. Told twice, nothing changes.

    Each is kept; one that should not have been brought is accepted with an exception that says why.
    """
    arrivals = [replace(scan, event=Event.AT_PICKUP_POINT, holder=point.holder) for scan in scans]
    obstacles = may_bring(connection, point, [scan.item_number for scan in scans])
    verdicts = record_scans(connection, arrivals, upload)
    return [_flagged(verdict, obstacles[scan.item_number]) for scan, verdict in zip(scans, verdicts, strict=True)]


def _flagged(verdict: ScanVerdict, obstacle: Obstacle | None) -> ScanVerdict:
    if obstacle in {None, Obstacle.UNKNOWN} or verdict.outcome is not ScanOutcome.ACCEPTED:
        return verdict
    assert obstacle is not None
    return replace(verdict, outcome=ScanOutcome.MISFIT, why=OBSTACLE_TEXTS[obstacle]["en"])


@dataclass(frozen=True, slots=True)
class Collection:
    """Somebody came with a code: the scan of the hand-over, the code, and what was paid: cash, and by payments."""

    scan: Scan
    code: str
    collected_poisha: int = 0
    digital: tuple[Digital, ...] = ()
    by: str = ""
    """Who handed it over, by name, where that is known."""
    offline: bool = False
    """It was handed over before this could be asked: the parcel is gone, and the cash is in the drawer."""


def collect(
    connection: Connection,
    point: CollectionPoint,
    rows: Sequence[Collection],
    at: datetime,
    *,
    key: bytes,
    rules: CodRules,
    commission: Commission = NO_COMMISSION,
    upload: Upload | None = None,
) -> list[ScanVerdict]:
    """A verdict per collection: with the right code the parcel is handed over, the point still answering for it.

    The recipient was sent the code when the parcel came (``operations.telling.texting``). A wrong one rejects the row
    and is counted, so the transaction must be committed. An agent takes no more cash than the float covers, and earns
    the commission. What was done offline is kept all the same, with an exception that says what is wrong. Told twice,
    nothing changes.
    """
    scans = [replace(row.scan, event=Event.DELIVERED_CLAIMED, holder=point.holder) for row in rows]
    why, known = _cash_refusals(connection, point, rows), [""] * len(rows)
    over = OBSTACLE_TEXTS[Obstacle.OVER_FLOAT]["en"]
    for n in [n for n, row in enumerate(rows) if row.offline and why[n] == over]:
        known[n], why[n] = over, ""
    tried = [n for n, refusal in enumerate(why) if not refusal]  # a code is not used up for cash that cannot be right
    proofs = keep_proofs(connection, [_code_shown(scans[n], rows[n].code) for n in tried], at, key=key)
    for n, proof in zip(tried, proofs, strict=True):
        told = known if rows[n].offline else why
        told[n] = "; ".join(filter(None, (told[n], proof.why)))
    good = [n for n in tried if not why[n]]
    claims = [Claim(scans[n], rows[n].collected_poisha, rows[n].digital) for n in good]
    agents = {point.holder: commission} if point.is_agent else {}
    handed = deliver(connection, claims, upload, rules=rules, agents=agents)
    verdicts = {n: _told(verdict, known[n]) for n, verdict in zip(good, handed, strict=True)}
    if point.is_agent:
        _keep_given(connection, point, {n: rows[n].by for n in good}, verdicts)
    return [verdicts.get(n) or ScanVerdict(scan, ScanOutcome.REJECTED, why[n]) for n, scan in enumerate(scans)]


def _told(verdict: ScanVerdict, why: str) -> ScanVerdict:
    """The verdict with what else is to be known about what was kept."""
    if not why or verdict.outcome not in _KEPT:
        return verdict
    return replace(verdict, outcome=ScanOutcome.MISFIT, why="; ".join(filter(None, (verdict.why, why))))


def _keep_given(
    connection: Connection, point: CollectionPoint, by: Mapping[int, str], verdicts: Mapping[int, ScanVerdict]
) -> None:
    """What the centre handed over stands among its services, with the cash that is in the books for it."""
    kept = {n: one for n, one in verdicts.items() if one.outcome in _KEPT}
    posted = load_receipts(connection, [one.scan.item_number for one in kept.values()])
    cash_poisha = {one.receipt_id: one.cash_poisha for one in posted}
    append_given(
        connection,
        [
            Given(
                service_id=one.scan.scan_id,
                centre=point.point_id,
                service=CentreService.HAND_OVER,
                item_number=one.scan.item_number,
                cash_poisha=cash_poisha.get(one.scan.scan_id, 0),
                by=by[n] or point.holder,
                device_id=one.scan.device_id,
                happened_at=one.scan.corrected_at,
                recorded_at=one.scan.recorded_at,
                why=one.why,
            )
            for n, one in kept.items()
        ],
    )


def _cash_refusals(connection: Connection, point: CollectionPoint, rows: Sequence[Collection]) -> list[str]:
    """Why the money of each row cannot be right here; empty where it can, or where the parcel is not known."""
    own = load_own_numbers(connection, [row.scan.item_number for row in rows])
    real = [own.get(row.scan.item_number, row.scan.item_number) for row in rows]
    booked, known = load_booked(connection, real), load_known(connection, real)
    if point.is_agent:
        store.hold_point(connection, point.point_id)
    covered_poisha = _covered_poisha(connection, point)
    answers = []
    for row, number in zip(rows, real, strict=True):
        books, why = known.get(number, NOTHING), ""
        if number in booked and books.receipt_id != row.scan.scan_id:
            taken = Taken(cash_poisha=row.collected_poisha, digital=row.digital)
            why = refusal(HandOver.WHOLE, taken, books.due(booked[number], since=row.scan.corrected_at))
            if not point.takes_cash and (why or row.collected_poisha):
                why = OBSTACLE_TEXTS[Obstacle.NO_CASH_HERE]["en"]
            elif point.is_agent and row.collected_poisha > covered_poisha and not why:
                why = OBSTACLE_TEXTS[Obstacle.OVER_FLOAT]["en"]
            elif not why:
                covered_poisha -= row.collected_poisha
        answers.append(why)
    return answers


def _code_shown(scan: Scan, code: str) -> Shown:
    return Shown(
        item_number=scan.item_number,
        scan_id=scan.scan_id,
        kind=ProofKind.OTP,
        office=scan.office,
        taken_at=scan.occurred_at,
        code=code,
    )


def confirm_collections(
    connection: Connection,
    rules: RuleBook[ProofRules],
    points: Sequence[CollectionPoint],
    office: Postcode,
    at: datetime,
) -> list[str]:
    """Confirms what the office's agents handed over for a code; gives back the item numbers.

    Only what no cash was taken for: what an agent takes is confirmed when the agent hands it in. A window's
    collections are confirmed by the day close of its office.
    """
    agents = [point.holder for point in points if point.office == office and point.holder.startswith("agent:")]
    handed = load_handed(connection, agents)
    receipts = load_receipts(connection, [one.item_number for one in handed])
    cash = {one.item_number for one in receipts if one.standing and one.cash_poisha}
    return confirm_shown(connection, rules, [one for one in handed if one.item_number not in cash], office, at)


def uncollected(
    connection: Connection, rules: RuleBook[ProofRules], points: Iterable[CollectionPoint], at: datetime
) -> list[Waiting]:
    """What has waited at those points for longer than it is kept, the longest first."""
    before = at - timedelta(days=rules.on(at.astimezone(DHAKA).date()).point_keeps_days)
    return store.load_waiting(connection, sorted({point.holder for point in points}), before=before)


def send_back_uncollected(
    connection: Connection, rules: RuleBook[ProofRules], points: Iterable[CollectionPoint], at: datetime
) -> list[str]:
    """Decides that what nobody collected goes back to its sender; gives back the item numbers. Again, nothing more.

    Parcels that somebody is scanning at this very moment are left for the next time.
    """
    late = uncollected(connection, rules, points, at)
    free = store.hold_if_waiting(connection, [one.item_number for one in late])
    record_scans(connection, [_goes_back(one, at) for one in late if one.item_number in free])
    return [one.item_number for one in late if one.item_number in free]


def _goes_back(one: Waiting, at: datetime) -> Scan:
    """Numbered by the stay: a parcel that is brought to a point a second time can be sent back from there as well."""
    return own_scan(
        f"uncollected:{one.item_number}",
        int(one.since.timestamp()),
        one.item_number,
        Event.RETURN_REQUESTED,
        at,
        office=one.office,
        holder=one.holder,
        reason=Reason.NOT_COLLECTED,
    )
