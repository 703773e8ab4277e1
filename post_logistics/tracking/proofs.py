"""What shows that a scan is true: the kinds of proof, which of them an event needs, and whether it has one.

A proof counts for a scan if it is of the same item, was brought by the same office and was made about when the scan
was. A place counts only if it is near where the recipient's address is known to lie.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from post_logistics.consignments.documents import Receiver
from post_logistics.consignments.facts import fact_of
from post_logistics.tracking.dated import RuleBook, load_rule_book
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber, Language, Postcode

_NAMESPACE: Final = UUID("4f0c2a55-4a34-5f3e-9d0c-0f6b7d8e21a9")


class ProofKind(StrEnum):
    """What can be shown."""

    OTP = "otp"
    """The recipient told the code that only the recipient was sent."""
    SIGNATURE = "signature"
    PHOTO = "photo"
    CALL = "call"
    """The recipient was called, whether or not anybody answered."""
    PLACE = "place"
    """Where the telephone stood."""
    IDENTITY = "identity"
    """Who received a document, and by which card that was checked."""


class Identity(StrEnum):
    """What was shown of a receiver's identity."""

    NID = "nid"
    BIRTH = "birth"
    """A certificate of birth."""
    PASSPORT = "passport"
    LICENCE = "licence"
    """To drive."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRules:
    """The rules of ``data/proofs.toml`` in force on a day."""

    proof_needed: bool
    proof_over_poisha: int
    place_slack_m: int
    proof_within_minutes: int
    contest_within_days: int
    contest_answer_days: int
    point_keeps_days: int


def load_proof_rules(facts_dir: Path) -> RuleBook[ProofRules]:
    """The rule book in ``proofs.toml``; Unacceptable names the block and the key that is wrong."""

    def read(block: Mapping[str, Any], where: str) -> ProofRules:
        return fact_of(ProofRules, block, where)

    return load_rule_book(facts_dir / "proofs.toml", read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That something was shown, without what it shows of people: that is a body apart, which can be erased.

    ``digest``: SHA-256 of a picture; of what could be guessed from that (a code, a place, a call) a keyed one.
    """

    proof_id: UUID
    item_number: ItemNumber
    scan_id: UUID
    kind: ProofKind
    digest: str
    office: Postcode
    """The office whose people brought it."""
    taken_at: datetime
    """As the device said, by the same clock as its scans."""
    recorded_at: datetime
    duration_s: int | None = None
    """Of a call."""
    distance_m: int | None = None
    """Of a place, from the recipient's point as it was then known."""
    precision_m: int | None = None
    """How well that was known."""
    identity: Identity | None = None
    """Of a receiver: what was shown."""
    received_by: Receiver | None = None


def proof_id_of(scan_id: UUID, kind: ProofKind, digest: str) -> UUID:
    """The id of a proof: the same thing shown twice for one scan is one proof."""
    return uuid5(_NAMESPACE, f"{scan_id}/{kind}/{digest}")


@dataclass(frozen=True, slots=True)
class Demand:
    """In whose hands a document may end, and whether their identity has to be checked."""

    receivers: frozenset[Receiver]
    identity: bool

    def is_met_by(self, proof: Proof) -> bool:
        """Whether the proof shows a receiver who may have the document."""
        if proof.kind is not ProofKind.IDENTITY or proof.received_by not in self.receivers:
            return False
        return not self.identity or proof.received_by is Receiver.AFFIXED or proof.identity is not Identity.NONE


class Lack(StrEnum):
    """What is missing before a scan can be believed."""

    REASON = "reason"
    WITNESS = "witness"
    RECEIVER = "receiver"


LACK_TEXTS: Final[dict[Lack, dict[Language, str]]] = {
    Lack.REASON: {"en": "No reason was given.", "bn": "কোনো কারণ উল্লেখ করা হয়নি।"},
    Lack.WITNESS: {"en": "Nothing shows that it was so.", "bn": "এটি প্রমাণ করার মতো কিছু পাওয়া যায়নি।"},
    Lack.RECEIVER: {
        "en": "It is not noted that somebody received it who may, or their identity was not checked.",
        "bn": "যিনি গ্রহণ করতে পারেন তিনি গ্রহণ করেছেন বলে লেখা নেই, অথবা তাঁর পরিচয় যাচাই করা হয়নি।",
    },
}

HAND_OVERS: Final = frozenset({Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED})
SHOWS_HAND_OVER: Final = frozenset({ProofKind.OTP, ProofKind.SIGNATURE, ProofKind.PHOTO})

SHOWN_BY: Final[dict[Event, frozenset[ProofKind]]] = {
    **dict.fromkeys(HAND_OVERS, SHOWS_HAND_OVER),
    Event.ATTEMPT_FAILED: frozenset({ProofKind.CALL, ProofKind.PLACE}),
    Event.PICKUP_FAILED: frozenset({ProofKind.CALL, ProofKind.PLACE}),
    Event.DAMAGED: frozenset({ProofKind.PHOTO}),
}
"""Event -> the kinds of proof, one of which shows that it was so. Other events need none."""

_AT_THE_DOOR: Final = HAND_OVERS | {Event.ATTEMPT_FAILED}
_NEEDS_REASON: Final = frozenset({Event.ATTEMPT_FAILED, Event.PICKUP_FAILED, Event.DAMAGED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A scan with the proofs that count for it and what it still lacks."""

    scan: Scan
    proofs: tuple[Proof, ...]
    far: tuple[Proof, ...]
    """Places too far from the recipient's address: the telephone was somewhere else."""
    lacks: tuple[Lack, ...]

    @property
    def evidenced(self) -> bool:
        """Whether the scan can be believed as it stands."""
        return not self.lacks


def evidence_of(scan: Scan, proofs: Iterable[Proof], rules: ProofRules, demand: Demand | None = None) -> Evidence:
    """What there is for a scan, out of whatever was brought for it. ``demand``: of a document."""
    near_in_time = timedelta(minutes=rules.proof_within_minutes)
    apt = [
        proof
        for proof in proofs
        if (proof.scan_id, proof.item_number, proof.office) == (scan.scan_id, scan.item_number, scan.office)
        and abs(proof.taken_at - scan.occurred_at) <= near_in_time
    ]
    far = tuple(proof for proof in apt if scan.event in _AT_THE_DOOR and is_far(proof, rules))
    counting = tuple(proof for proof in apt if proof not in far)
    lacks = [Lack.REASON] if scan.event in _NEEDS_REASON and scan.reason is None else []
    wanted = SHOWN_BY.get(scan.event)
    if demand and scan.event in HAND_OVERS:
        receipts = [proof for proof in counting if demand.is_met_by(proof)]
        if not receipts:
            lacks.append(Lack.RECEIVER)
        elif all(proof.received_by is Receiver.AFFIXED for proof in receipts):
            wanted = frozenset({ProofKind.PHOTO})
    if wanted and not any(proof.kind in wanted for proof in counting):
        lacks.append(Lack.WITNESS)
    return Evidence(scan, counting, far, tuple(lacks))


def is_far(proof: Proof, rules: ProofRules) -> bool:
    """Whether a place is further from the recipient's point than that is uncertain, and some slack."""
    if proof.distance_m is None or proof.precision_m is None:
        return False
    return proof.distance_m > proof.precision_m + rules.place_slack_m
