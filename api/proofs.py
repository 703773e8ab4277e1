"""Proof of deliveries and attempts, what is contested of them, and what waits for a proof."""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from api.acting import Person, Principal
from api.context import Anyone, Engine, InTransaction, Item, Now, Staff, TheEngine, in_office
from api.fields import DeviceId, In, Instant, Line, Note, OfficeCode, Out
from api.planning import OfficeInPath
from api.problems import answers
from api.sending import OrWhy, Unread
from api.slices import Slice
from post_logistics.consignments.documents import Receiver
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.door.contesting import (
    Contested,
    Decision,
    contest,
    contests_of,
    contests_open,
    decide_contest,
)
from post_logistics.operations.door.proving import (
    ProofOutcome,
    ProofVerdict,
    Shown,
    evidence_of_item,
    holders_of,
    keep_proofs,
    unproved,
)
from post_logistics.operations.facts import Facts
from post_logistics.storage.door.proofs import load_proof_body
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.proofs import LACK_TEXTS, Evidence, Identity, Lack, ProofKind
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import scan_id_of
from post_logistics.units import DHAKA

router = Slice(prefix="/v1", tags=["proofs"], responses=answers(401, 403))


async def known(engine: TheEngine) -> Facts:
    """The rules about proofs and claims, and the collection points."""
    return engine.facts


Known = Annotated[Facts, Depends(known)]


class ProofIn(In):
    """One proof. Device and sequence are those of the scan that it shows; of the rest, what its kind needs."""

    item_number: Annotated[Line, Field(min_length=1, max_length=40, examples=["DP473124829BD"])]
    device_id: DeviceId
    sequence: Annotated[int, Field(ge=0, le=2**62, examples=[1])]
    office: OfficeCode
    kind: Annotated[ProofKind, Field(strict=False, examples=["call"])]
    taken_at: Annotated[Instant, Field(description="By the device's own clock, as in its scans.")]
    code: Annotated[str, Field(max_length=20, description="`otp`: six digits.")] = ""
    body_base64: Annotated[
        str,
        Field(
            max_length=420_000,
            description="`photo`: a JPEG, PNG or WebP of up to 300 kB; `signature`: a PNG or an SVG of strokes.",
        ),
    ] = ""
    duration_s: Annotated[int | None, Field(description="`call`: 0 if nobody answered.", examples=[0])] = None
    lat_deg: Annotated[float | None, Field(description="`place`.", allow_inf_nan=False)] = None
    lon_deg: Annotated[float | None, Field(description="`place`.", allow_inf_nan=False)] = None
    received_by: Annotated[
        Receiver | None, Field(strict=False, description="`identity`: in what quality a document was received.")
    ] = None
    identity: Annotated[
        Identity | None, Field(strict=False, description="`identity`: which card was shown, if one was.")
    ] = None
    last4: Annotated[Line, Field(max_length=8, description="The last four signs of its number, and no more.")] = ""
    witness: Annotated[Line, Field(description="`affixed`: who saw that it was left at the door.")] = ""

    def shown(self, engine: Engine, who: Principal) -> Shown:
        """The proof as it was brought; NotFound if its office is none in which this principal acts."""
        return Shown(
            item_number=self.item_number,
            scan_id=scan_id_of(self.device_id, self.sequence),
            kind=self.kind,
            office=in_office(engine, who, self.office),
            taken_at=self.taken_at,
            code=self.code,
            body=_decoded(self.body_base64),
            duration_s=self.duration_s,
            lat_deg=self.lat_deg,
            lon_deg=self.lon_deg,
            received_by=self.received_by,
            identity=self.identity,
            last4=self.last4,
            witness=self.witness,
        )


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NoBase64, ValueError):
        raise Unacceptable("this is not base64", field="body_base64", remedy="send the file as base64") from None


class ProofBatchIn(In):
    """1 to 500 proofs, in any order, before their scans or after them."""

    proofs: Annotated[list[Annotated[ProofIn | Unread, OrWhy]], Field(min_length=1, max_length=500)]


class ProofVerdictOut(Out):
    """The answer to one proof."""

    row: Annotated[int, Field(description="Its place in the batch, the first being 1.")]
    outcome: ProofOutcome
    proof_id: UUID | None
    why: str


class ProofBatchOut(Out):
    """A verdict per proof, in the order in which they were sent."""

    verdicts: list[ProofVerdictOut]


class ProofOut(Out):
    """A proof, without what it shows of people."""

    proof_id: UUID
    kind: ProofKind
    office: str
    taken_at: datetime
    digest: Annotated[str, Field(description="SHA-256 of a picture; for other kinds a keyed one.")]
    duration_s: int | None
    distance_m: Annotated[int | None, Field(description="Of a place, from the recipient's point.")]
    precision_m: Annotated[int | None, Field(description="How well that point was known.")]
    received_by: Annotated[Receiver | None, Field(description="Of a document.")]
    identity: Annotated[Identity | None, Field(description="Which card was shown.")]


class EvidenceOut(Out):
    """A scan, what there is for it, and what it lacks."""

    scan_id: UUID
    event: Event
    occurred_at: datetime
    reason: Reason | None
    evidenced: bool
    lacks: list[Lack]
    lacks_en: str
    lacks_bn: str
    proofs: list[ProofOut]
    far: Annotated[list[ProofOut], Field(description="Places too far from the address to count.")]

    @classmethod
    def made(cls, one: Evidence) -> "EvidenceOut":
        """The answer about one scan."""
        return cls(
            scan_id=one.scan.scan_id,
            event=one.scan.event,
            occurred_at=one.scan.corrected_at,
            reason=one.scan.reason,
            evidenced=one.evidenced,
            lacks=list(one.lacks),
            lacks_en=" ".join(LACK_TEXTS[lack]["en"] for lack in one.lacks),
            lacks_bn=" ".join(LACK_TEXTS[lack]["bn"] for lack in one.lacks),
            proofs=[ProofOut.of(proof) for proof in one.proofs],
            far=[ProofOut.of(proof) for proof in one.far],
        )


class UnprovedOut(Out):
    """A delivery that the day close has to leave unconfirmed, because nothing shows it."""

    item_number: str
    holder: str
    since: datetime
    cod_poisha: int


class ContestIn(In):
    """What a recipient says against an attempt or a delivery."""

    item_number: Annotated[Line, Field(min_length=1, max_length=60, examples=["DP473124829BD"])]
    scan_id: Annotated[UUID, Field(strict=False, examples=["0f0e5a0c-8d0e-5a51-9d0e-0c1f6a7b8d90"])]
    said: Annotated[Note, Field(min_length=1, examples=["Nobody came; I was at home all day."])]


class DecisionIn(In):
    """The office's answer."""

    decision: Annotated[Decision, Field(strict=False, examples=["upheld"])]
    why: Annotated[Note, Field(min_length=1, description="For the recipient.", examples=["No call and no place."])]
    decided_by: Person


class ContestOut(Out):
    """A contest, what there is for the scan, and the answer; none yet if ``decision`` is null."""

    item_number: str
    scan_id: UUID
    office: str
    custodian: Annotated[str, Field(description="Who had the parcel.")]
    opened_at: datetime
    answer_by: datetime
    decision: Decision | None
    answer: str
    answered_at: datetime | None
    evidence: EvidenceOut

    @classmethod
    def made(cls, one: Contested) -> "ContestOut":
        """The answer about one contest, without what the recipient said."""
        return cls(
            item_number=one.contest.item_number,
            scan_id=one.contest.scan_id,
            office=one.contest.office,
            custodian=one.contest.custodian,
            opened_at=one.contest.opened_at,
            answer_by=one.contest.expected_by,
            decision=one.decision,
            answer=one.answer,
            answered_at=one.contest.closed_at,
            evidence=EvidenceOut.made(one.evidence),
        )


class OpenContestOut(Out):
    """A contest that the office has yet to answer, with what the recipient said."""

    contest: ContestOut
    said: str


@router.post("/proofs", summary="A batch of proofs", responses=answers(400, 413))
def proofs(batch: ProofBatchIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> ProofBatchOut:
    """Keeps each once: the code, signature, photo, call, place or check of identity that shows a scan. A wrong code is
    a row rejected, and counts as a try. Riders and agents prove what they had in their hands; of anything else they
    learn nothing."""
    rows = [_shown_or_why(row, engine, who) for row in batch.proofs]
    good = [row for row in rows if isinstance(row, Shown)]
    return _batch_out(rows, keep_proofs(connection, good, at, key=engine.facts.advice_key, hands=who.hands))


def _shown_or_why(row: ProofIn | Unread, engine: Engine, who: Principal) -> Shown | str:
    if isinstance(row, Unread):
        return row.why
    try:
        return row.shown(engine, who)
    except PostError as error:
        return str(error)


def _batch_out(rows: Sequence[Shown | str], kept: Sequence[ProofVerdict]) -> ProofBatchOut:
    verdicts = iter(kept)
    judged = [ProofVerdict(ProofOutcome.REJECTED, why=row) if isinstance(row, str) else next(verdicts) for row in rows]
    return ProofBatchOut(
        verdicts=[
            ProofVerdictOut(row=n, outcome=one.outcome, proof_id=one.proof_id, why=one.why)
            for n, one in enumerate(judged, 1)
        ]
    )


@router.get("/consignments/{item_number}/evidence", summary="What shows a parcel's deliveries", responses=answers(404))
def evidence(item: Item, who: Anyone, connection: InTransaction, known: Known) -> list[EvidenceOut]:
    """Every attempt, delivery and damage with what there is for it. Another merchant's parcel is not found."""
    load_consignment(connection, item, who.merchant_id)
    return [EvidenceOut.made(one) for one in evidence_of_item(connection, known.proof_rules, item)]


@router.get(
    "/proofs/{proof_id}/body",
    summary="The picture or place of a proof",
    response_class=Response,
    responses=answers(404),
)
def proof_body(proof_id: UUID, who: Staff, connection: InTransaction) -> Response:
    """The file as it was sent, for the office that brought it, until it is erased: to look at, never to run."""
    found = load_proof_body(connection, proof_id, who.office)
    headers = {
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    return Response(found.body, media_type=found.media_type, headers=headers)


@router.get("/offices/{office}/unproved", summary="Deliveries that wait for a proof", responses=answers(404))
def unproved_deliveries(
    office: OfficeInPath, who: Staff, connection: InTransaction, engine: TheEngine, known: Known, at: Now
) -> list[UnprovedOut]:
    """What the office's people say they handed over with more cash than the rules let pass without a proof."""
    holders = holders_of(engine.facts, known.points, in_office(engine, who, office))
    today = at.astimezone(DHAKA).date()
    return [UnprovedOut.of(one) for one in unproved(connection, known.proof_rules, holders, today)]


@router.post("/contests", status_code=201, summary="A recipient contests", responses=answers(400, 404, 409, 413))
def contest_by_staff(asked: ContestIn, who: Staff, connection: InTransaction, known: Known, at: Now) -> ContestOut:
    """What a recipient said by telephone or at the window. Told again, it is the first contest."""
    item = parse_item_number(asked.item_number)
    made = contest(connection, item, asked.scan_id, asked.said, at, rules=known.proof_rules)
    return ContestOut.made(made)


@router.get("/offices/{office}/contests", summary="What an office has to answer", responses=answers(404))
def office_contests(
    office: OfficeInPath, who: Staff, connection: InTransaction, engine: TheEngine, known: Known
) -> list[OpenContestOut]:
    """The contests that wait for the office's answer, the oldest first."""
    found = contests_open(connection, known.proof_rules, in_office(engine, who, office))
    return [OpenContestOut(contest=ContestOut.made(one), said=one.contest.detail) for one in found]


@router.post("/contests/{scan_id}/decision", summary="Answer a contest", responses=answers(400, 404, 409, 413))
def decision(
    scan_id: UUID, asked: DecisionIn, who: Staff, connection: InTransaction, known: Known, at: Now
) -> ContestOut:
    """The office's answer, once. Upheld, a failed attempt no longer counts."""
    rules = known.proof_rules
    answered = decide_contest(
        connection, rules, scan_id, asked.decision, asked.why, asked.decided_by, at, office=who.office
    )
    return ContestOut.made(answered)


@router.get("/consignments/{item_number}/contests", summary="What was contested of a parcel", responses=answers(404))
def contests(item: Item, who: Anyone, connection: InTransaction, known: Known) -> list[ContestOut]:
    """Every contest with its evidence and answer. Another merchant's parcel is not found."""
    load_consignment(connection, item, who.merchant_id)
    return [ContestOut.made(one) for one in contests_of(connection, known.proof_rules, item)]
