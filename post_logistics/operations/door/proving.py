"""Proofs come in: codes, signatures, photos, calls and places, each kept once; and what they show of a scan."""

import hmac
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from math import inf
from uuid import UUID

from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.documents import Receiver
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.network.collection_points import CollectionPoints
from post_logistics.network.geo import great_circle_m
from post_logistics.operations.door.codes import Try, check_codes, code_hash
from post_logistics.operations.facts import Facts
from post_logistics.storage.custody.scans import load_own_numbers, load_scans
from post_logistics.storage.database import Connection
from post_logistics.storage.documents.documents import load_demands
from post_logistics.storage.door import proofs as store
from post_logistics.storage.door.codes import lock_codes
from post_logistics.storage.door.proofs import Handed, ProofBody
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.pictures import PHOTO_TYPES, SIGNATURE_TYPES, picture_of
from post_logistics.tracking.proofs import (
    HAND_OVERS,
    SHOWN_BY,
    Evidence,
    Identity,
    Proof,
    ProofKind,
    ProofRules,
    evidence_of,
    proof_id_of,
)
from post_logistics.tracking.scans import Scan
from post_logistics.units import DHAKA, ItemNumber, Postcode, latin_digits

_LONGEST_CALL_S = 6 * 3600
_LAST4 = re.compile(r"[0-9A-Z]{4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a device brings as proof of a scan: of the fields below ``taken_at`` those that its kind needs."""

    item_number: str
    scan_id: UUID
    kind: ProofKind
    office: Postcode
    taken_at: datetime
    """By the clock of the device, as in its scans."""
    code: str = ""
    body: bytes = b""
    """A signature or a photo, as a file."""
    duration_s: int | None = None
    """Of a call; 0 if nobody answered."""
    lat_deg: float | None = None
    lon_deg: float | None = None
    received_by: Receiver | None = None
    identity: Identity | None = None
    last4: str = ""
    """The last four signs of the card's number; more of it is never kept."""
    witness: str = ""
    """Who saw that the document was left at the door."""


class ProofOutcome(StrEnum):
    """What became of one proof."""

    KEPT = "kept"
    KNOWN = "known"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ProofVerdict:
    """The answer to one proof: kept, known already, or rejected and why."""

    outcome: ProofOutcome
    proof_id: UUID | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    proof: Proof
    body: ProofBody | None
    code: str


def keep_proofs(
    connection: Connection, rows: Sequence[Shown], at: datetime, *, key: bytes, hands: str = ""
) -> list[ProofVerdict]:
    """A verdict per proof, in their order; told twice, it is kept once, whether its scan has come yet or not.

    A right code is used up; a wrong one counts as a try, so the transaction must be committed: nothing raises for it.
    ``key``: what codes are hashed with. Pictures and places are bodies of their own, which can be erased.
    ``hands``: of a rider or agent. Items that they never had are for them as if never issued.
    """
    own = load_own_numbers(connection, {row.item_number for row in rows})
    consignments = load_consignments(connection, [own.get(row.item_number, row.item_number) for row in rows])
    if hands:
        had = {scan.item_number for scan in load_scans(connection, list(consignments)) if scan.holder == hands}
        consignments = {item: one for item, one in consignments.items() if item in had}
    read = [_read(row, consignments.get(own.get(row.item_number, row.item_number)), at, key) for row in rows]
    once = {one.proof.proof_id: one for one in read if isinstance(one, _Read)}
    # Held before what is known is read: the same code told twice at once is right once and known the second time.
    lock_codes(connection, [one.proof.item_number for one in once.values() if one.code], "delivery")
    known = store.known_proofs(connection, once.keys())
    wrong = _wrong_codes(connection, [one for one in once.values() if one.proof.proof_id not in known], at, key)
    good = [one for proof_id, one in once.items() if proof_id not in wrong]
    kept = store.append_proofs(connection, [one.proof for one in good], [one.body for one in good if one.body])
    verdicts: list[ProofVerdict] = []
    for one in read:
        if isinstance(one, str):
            verdicts.append(ProofVerdict(ProofOutcome.REJECTED, why=one))
        elif one.proof.proof_id in wrong:
            why = "this is not the code, or it is used up or too old: ask for a new one, or take a signature or a photo"
            verdicts.append(ProofVerdict(ProofOutcome.REJECTED, why=why))
        else:
            outcome = ProofOutcome.KEPT if one.proof.proof_id in kept else ProofOutcome.KNOWN
            kept.discard(one.proof.proof_id)
            verdicts.append(ProofVerdict(outcome, one.proof.proof_id))
    return verdicts


def _wrong_codes(connection: Connection, new: Sequence[_Read], at: datetime, key: bytes) -> set[UUID]:
    """Ids of those proofs that are codes, and wrong."""
    coded = [one for one in new if one.code]
    tries = [Try(one.proof.item_number, one.code, one.proof.taken_at) for one in coded]
    right = check_codes(connection, tries, "delivery", at, key=key)
    return {one.proof.proof_id for one, is_right in zip(coded, right, strict=True) if not is_right}


def _read(row: Shown, consignment: Consignment | None, at: datetime, key: bytes) -> _Read | str:
    """The proof that a row is, or why it is none."""
    if consignment is None:
        return f"{row.item_number} was never issued: check the label"
    try:
        digest, media_type, body = _content(row, consignment.item_number, key)
    except Unacceptable as error:
        return str(error)
    proof_id = proof_id_of(row.scan_id, row.kind, digest)
    is_place, is_identity = row.kind is ProofKind.PLACE, row.kind is ProofKind.IDENTITY
    proof = Proof(
        proof_id=proof_id,
        item_number=consignment.item_number,
        scan_id=row.scan_id,
        kind=row.kind,
        digest=digest,
        office=row.office,
        taken_at=row.taken_at,
        recorded_at=at,
        duration_s=row.duration_s if row.kind is ProofKind.CALL else None,
        distance_m=_distance_m(row, consignment) if is_place else None,
        precision_m=consignment.precision_m if is_place else None,
        identity=row.identity if is_identity else None,
        received_by=row.received_by if is_identity else None,
    )
    code = row.code if row.kind is ProofKind.OTP else ""
    return _Read(proof, ProofBody(proof_id, media_type, body) if body else None, code)


def _content(row: Shown, item_number: ItemNumber, key: bytes) -> tuple[str, str, bytes]:
    """Digest, media type and body of what is shown; no body where the proof itself says all. Unacceptable if none."""
    if row.kind is ProofKind.OTP and row.code:
        return code_hash(key, item_number, "delivery", row.code), "", b""
    if row.kind in {ProofKind.SIGNATURE, ProofKind.PHOTO}:
        allowed = PHOTO_TYPES if row.kind is ProofKind.PHOTO else SIGNATURE_TYPES
        return sha256(row.body).hexdigest(), picture_of(row.body, allowed).media_type, row.body
    if row.kind is ProofKind.CALL and row.duration_s is not None and 0 <= row.duration_s <= _LONGEST_CALL_S:
        return _keyed(key, f"{row.taken_at.isoformat()}/{row.duration_s}".encode()), "", b""
    if row.kind is ProofKind.PLACE and _on_earth(row):
        body = json.dumps({"lat_deg": row.lat_deg, "lon_deg": row.lon_deg}).encode()
        return _keyed(key, body), "application/json", body
    if row.kind is ProofKind.IDENTITY and row.received_by is not None and _is_shown(row):
        told = {"last4": _last4(row), "witness": row.witness.strip()}
        body = json.dumps({name: said for name, said in told.items() if said}, ensure_ascii=False).encode()
        return _keyed(key, f"{row.received_by}/{row.identity}/".encode() + body), "application/json", body
    raise Unacceptable(
        f"what a {row.kind} needs is not there, or out of range", field="kind", remedy=_REMEDIES[row.kind]
    )


_REMEDIES = {
    ProofKind.OTP: "send code",
    ProofKind.SIGNATURE: "send body_base64",
    ProofKind.PHOTO: "send body_base64",
    ProofKind.CALL: f"send duration_s, 0 to {_LONGEST_CALL_S}; 0 if nobody answered",
    ProofKind.PLACE: "send lat_deg and lon_deg",
    ProofKind.IDENTITY: "send received_by; identity and the last four signs of the card's number, no more; for affixed "
    "the witness's name",
}


def _last4(row: Shown) -> str:
    return latin_digits(row.last4).strip().upper()


def _is_shown(row: Shown) -> bool:
    """Whether the card is told by four signs, or the witness by name."""
    if row.received_by is Receiver.AFFIXED:
        return row.identity in {None, Identity.NONE} and 3 <= len(row.witness.strip()) <= 100 and not row.last4
    no_card = row.identity in {None, Identity.NONE}
    return not row.last4 if no_card else _LAST4.fullmatch(_last4(row)) is not None


def _keyed(key: bytes, content: bytes) -> str:
    return hmac.digest(key, b"proof/" + content, "sha256").hex()


def _on_earth(row: Shown) -> bool:
    return row.lat_deg is not None and row.lon_deg is not None and abs(row.lat_deg) <= 90 and abs(row.lon_deg) <= 180


def _distance_m(row: Shown, consignment: Consignment) -> int:
    assert row.lat_deg is not None and row.lon_deg is not None
    return round(great_circle_m(row.lat_deg, row.lon_deg, consignment.lat_deg, consignment.lon_deg))


# What proofs show


def evidence(connection: Connection, rules: RuleBook[ProofRules], item_number: str, scan_id: UUID) -> Evidence:
    """What there is for one scan of an item; NotFound if the item has no such scan."""
    found = evidence_for(connection, rules, [item_number]).get(scan_id)
    if found is None:
        raise NotFound(f"no scan {scan_id} of {item_number}", field="scan_id", remedy="look the item up first")
    return found


def evidence_for(
    connection: Connection, rules: RuleBook[ProofRules], item_numbers: Sequence[str]
) -> dict[UUID, Evidence]:
    """What there is for every scan of those items, by scan id; each by the rules of its day."""
    scans = load_scans(connection, item_numbers)
    proofs: defaultdict[UUID, list[Proof]] = defaultdict(list)
    for proof in store.load_proofs(connection, item_numbers):
        proofs[proof.scan_id].append(proof)
    demands = load_demands(connection, item_numbers)
    return {
        scan.scan_id: evidence_of(scan, proofs[scan.scan_id], rules.on(_day_of(scan)), demands.get(scan.item_number))
        for scan in scans
    }


def evidence_of_item(connection: Connection, rules: RuleBook[ProofRules], item_number: str) -> list[Evidence]:
    """What there is for those scans of an item that need a proof or have one, in the order in which they happened."""
    found = sorted(evidence_for(connection, rules, [item_number]).values(), key=lambda one: one.scan.order_key)
    return [one for one in found if one.scan.event in SHOWN_BY or one.proofs or one.far]


def _day_of(scan: Scan) -> date:
    return scan.corrected_at.astimezone(DHAKA).date()


def holders_of(facts: Facts, points: CollectionPoints, office: Postcode) -> list[str]:
    """Everybody who may hand over parcels of an office: its window, its riders, its agents and lockers."""
    riders = [f"rider:{rider.rider_id}" for rider in facts.fleet.deliveries.get(office, ())]
    return sorted({f"office:{office}", *riders, *(point.holder for point in points.of_office(office))})


def unproved(connection: Connection, rules: RuleBook[ProofRules], holders: Sequence[str], on: date) -> list[Handed]:
    """What those holders say they handed over and the day close of that day must not confirm yet: a document of which
    it is not shown who received it; and, once the rules need a proof, a delivery with more cash than they say, and
    neither code nor signature nor photo."""
    rule, handed = rules.on(on), store.load_handed(connection, holders)
    documents = load_demands(connection, [one.item_number for one in handed])
    over_poisha = rule.proof_over_poisha if rule.proof_needed else inf
    dear = [one for one in handed if one.item_number in documents or one.cod_poisha > over_poisha]
    if not dear:
        return []
    shown = evidence_for(connection, rules, [one.item_number for one in dear]).values()
    mistaken = {one.scan.voids for one in shown}
    hand_overs = [one for one in shown if one.scan.event in HAND_OVERS and one.scan.scan_id not in mistaken]
    proved = {one.scan.item_number for one in hand_overs if one.evidenced}
    return [one for one in dear if one.item_number not in proved]
