"""The recipient's word against the rider's: an attempt or a delivery is contested, and the office has to answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.door.proving import evidence_for
from post_logistics.operations.facts import dhaka
from post_logistics.storage.database import Connection
from post_logistics.storage.door import contests as store
from post_logistics.storage.door.contests import Contest
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import HAND_OVERS, Evidence, ProofRules
from post_logistics.tracking.scans import Scan, own_scan, scan_id_of
from post_logistics.units import DHAKA, Postcode

CONTESTABLE: Final = HAND_OVERS | {Event.ATTEMPT_FAILED}


class Decision(StrEnum):
    """What the office found."""

    UPHELD = "upheld"
    """The recipient is right. A failed attempt no longer counts; a delivery is left to the counter, for it has cash."""
    NOT_UPHELD = "not_upheld"


@dataclass(frozen=True, slots=True)
class Contested:
    """A contest with what there is for the scan that it is about. ``decision`` is None until the office answers."""

    contest: Contest
    evidence: Evidence
    decision: Decision | None
    answer: str


def contest(
    connection: Connection, item_number: str, scan_id: UUID, said: str, at: datetime, *, rules: RuleBook[ProofRules]
) -> Contested:
    """The contest of a failed attempt or a hand-over, opened for the office that recorded it. Told again, the first.

    The scan itself stays as it is, and a scan by the server's own hand says that it is contested. What was said is kept
    with the exception alone, where it can be erased. NotFound if the item has no such scan or it was taken back;
    Unacceptable if it is none that can be contested, or too long ago.
    """
    shown = evidence_for(connection, rules, [item_number])
    meant = _meant(shown, item_number, scan_id)
    if scan_id_of(_hand(meant), 0) not in shown:
        _refuse_unless_contestable(meant, rules, at)
        (verdict,) = record_scans(connection, [_contested(meant, at)])
        if verdict.outcome in {ScanOutcome.ACCEPTED, ScanOutcome.MISFIT}:  # else somebody was a moment quicker
            store.open_contests(connection, [_opened(meant, said, at, rules)])
    found = contests_of(connection, rules, item_number)
    return next(one for one in found if one.contest.scan_id == meant.scan_id)


def contests_of(connection: Connection, rules: RuleBook[ProofRules], item_number: str) -> list[Contested]:
    """Every contest about an item, answered or not, oldest first. Those whose scans are in the archive are left out."""
    return _with_evidence(connection, rules, store.load_contests(connection, [item_number]))


def contests_open(
    connection: Connection, rules: RuleBook[ProofRules], office: Postcode, limit: int = 500
) -> list[Contested]:
    """At most that many contests that an office has yet to answer, the oldest first."""
    return _with_evidence(connection, rules, store.load_contests_open(connection, office, limit))


def decide_contest(
    connection: Connection,
    rules: RuleBook[ProofRules],
    scan_id: UUID,
    decision: Decision,
    why: str,
    by: str,
    at: datetime,
    *,
    office: Postcode | None = None,
) -> Contested:
    """The contest, answered. Upheld, a failed attempt is taken back; a hand-over is not, for cash may rest on it.

    The same answer again changes nothing; another is a Conflict. ``office``: NotFound for another's.
    """
    held = store.load_contest(connection, scan_id, office)
    if held is None:
        raise NotFound(f"no contest of scan {scan_id}", field="scan_id", remedy="see the list of contests")
    if held.closed_at is None:
        store.close_contest(connection, scan_id, by, f"{decision}: {why}", at)
    elif _decision(held) is not decision:
        raise Conflict(
            f"it was answered already: {held.closing_note}",
            field="decision",
            remedy="tell the recipient that answer; the post itself may correct the scan at the counter",
        )
    found = contests_of(connection, rules, held.item_number)
    answered = next((one for one in found if one.contest.scan_id == scan_id), None)
    if answered is None:
        raise Conflict("that scan is in the archive", field="scan_id", remedy="have its month brought back first")
    scan = answered.evidence.scan
    if decision is Decision.UPHELD and scan.event is Event.ATTEMPT_FAILED and held.closed_at is None:
        record_scans(connection, [_taken_back(scan, at)])
    return answered


def _with_evidence(connection: Connection, rules: RuleBook[ProofRules], contests: Sequence[Contest]) -> list[Contested]:
    shown = evidence_for(connection, rules, list({one.item_number for one in contests}))
    return [
        Contested(one, shown[one.scan_id], _decision(one), _answer(one)) for one in contests if one.scan_id in shown
    ]


def _decision(one: Contest) -> Decision | None:
    """The first word of the answer; None while there is none, or if somebody closed the exception without deciding."""
    word = one.closing_note.partition(": ")[0]
    return Decision(word) if word in set(Decision) else None


def _answer(one: Contest) -> str:
    return one.closing_note.partition(": ")[2] if _decision(one) else one.closing_note


def _meant(shown: Mapping[UUID, Evidence], item_number: str, scan_id: UUID) -> Scan:
    """The scan that the recipient means; for the office's confirmation, the hand-over that it confirmed."""
    voided = {one.scan.voids for one in shown.values()}
    counting = [one.scan for one in shown.values() if one.scan.scan_id not in voided]
    found = next((scan for scan in counting if scan.scan_id == scan_id), None)
    if found is None:
        raise NotFound(f"no scan {scan_id} of {item_number}", field="scan_id", remedy="choose an event of the parcel")
    if found.event is not Event.DELIVERED_CONFIRMED:
        return found
    hand_overs = [scan for scan in counting if scan.event in HAND_OVERS]
    return max(hand_overs, key=lambda scan: scan.order_key, default=found)


def _refuse_unless_contestable(scan: Scan, rules: RuleBook[ProofRules], at: datetime) -> None:
    if scan.event not in CONTESTABLE:
        raise Unacceptable(
            f"{scan.event} is nothing that a recipient can contest",
            field="scan_id",
            remedy="choose a failed attempt or a delivery",
        )
    longest = timedelta(days=rules.on(at.astimezone(DHAKA).date()).contest_within_days)
    if at - scan.corrected_at > longest:
        raise Unacceptable(
            f"that was more than {longest.days} days ago", field="scan_id", remedy="speak to the post office"
        )


def _hand(scan: Scan) -> str:
    return f"contest:{scan.scan_id}"


def _contested(scan: Scan, at: datetime) -> Scan:
    return own_scan(_hand(scan), 0, scan.item_number, Event.CONTESTED, at, office=scan.office, holder=scan.holder)


def _taken_back(scan: Scan, at: datetime) -> Scan:
    hand = f"upheld:{scan.scan_id}"
    return own_scan(
        hand, 0, scan.item_number, Event.CORRECTED, at, office=scan.office, holder=scan.holder, voids=scan.scan_id
    )


def _opened(scan: Scan, said: str, at: datetime, rules: RuleBook[ProofRules]) -> Contest:
    on = at.astimezone(DHAKA).date()
    answer_days = rules.on(on).contest_answer_days
    return Contest(
        item_number=scan.item_number,
        scan_id=scan.scan_id,
        office=scan.office,
        custodian=scan.holder,
        detail=said,
        opened_at=at,
        expected_by=dhaka(on + timedelta(days=answer_days + 1), time(0)),
    )
