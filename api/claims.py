"""Claims for parcels lost, damaged, short or late."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from api.acting import Person
from api.context import InTransaction, Now, ThePost, Trader
from api.fields import Day, In, Limit, Line, Note, Out, Poisha, following
from api.problems import answers
from api.proofs import Known
from api.slices import Slice
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.operations.door.claiming import (
    open_claim,
    open_claims_for_lost,
    overdue_claims,
    owed_poisha,
    take_step,
)
from post_logistics.operations.facts import Facts
from post_logistics.storage.door.claims import ClaimFile, load_claim, load_claims
from post_logistics.tracking.claims import NEXT_STEPS, STANDINGS, ClaimKind, Step, due_now_on
from post_logistics.units import DHAKA

router = Slice(prefix="/v1/claims", tags=["claims"], responses=answers(401, 403))


class ClaimIn(In):
    """What somebody wants, and why. There is one claim of each kind for a parcel."""

    item_number: Annotated[Line, Field(min_length=1, max_length=60, examples=["DP473124829BD"])]
    kind: Annotated[ClaimKind, Field(strict=False, examples=["damage"])]
    claimed_poisha: Annotated[Poisha, Field(ge=1)]
    said: Annotated[Note, Field(min_length=1, examples=["The lamp was broken when it came."])]


class StepIn(In):
    """A step, and the reason for it, which both sides can read."""

    step: Annotated[Step, Field(strict=False, examples=["asked_for_evidence"])]
    note: Annotated[Note, Field(min_length=1, examples=["Please send the invoice."])]
    by: Person
    amount_poisha: Annotated[Poisha | None, Field(description="With `accepted`: if less than all that is owed.")] = None


class StepOut(Out):
    """What was done about a claim."""

    step: Step
    amount_poisha: int | None
    by: str
    note: str
    at: datetime


class ClaimOut(Out):
    """A claim, where it stands, and every step."""

    claim_id: UUID
    item_number: str
    order_ref: str
    kind: ClaimKind
    claimed_poisha: int
    owed_poisha: Annotated[int, Field(description="The most that may be accepted.")]
    claimed_by: str
    claimed_at: datetime
    due_on: Annotated[date, Field(description="The post should decide by then, waiting for evidence aside.")]
    standing: Step
    may_follow: list[Step]
    steps: list[StepOut]

    @classmethod
    def made(cls, known: Facts, found: ClaimFile, on: date) -> "ClaimOut":
        """The answer about one claim, as its clock stands on that day."""
        claim = found.claim
        return cls(
            claim_id=claim.claim_id,
            item_number=claim.item_number,
            order_ref=found.order_ref,
            kind=claim.kind,
            claimed_poisha=claim.claimed_poisha,
            owed_poisha=owed_poisha(known.claim_rules, found),
            claimed_by=claim.claimed_by,
            claimed_at=claim.claimed_at,
            due_on=due_now_on(claim, found.steps, on),
            standing=found.standing,
            may_follow=list(NEXT_STEPS[found.standing]),
            steps=[StepOut.of(step) for step in found.steps],
        )


class ClaimPage(Out):
    """A page of claims. ``next``, if there is one, goes into ``after``."""

    claims: list[ClaimOut]
    next: str | None


class OpenedOut(Out):
    """The claims that were opened."""

    claim_ids: list[UUID]


def _on(at: datetime) -> date:
    return at.astimezone(DHAKA).date()


@router.post("", status_code=201, summary="Make a claim", responses=answers(400, 404, 409, 413))
def make_claim(asked: ClaimIn, who: Trader, connection: InTransaction, known: Known, at: Now) -> ClaimOut:
    """Opens the claim; its clock starts. Made again, it is the same claim; with another amount 409."""
    item = parse_item_number(asked.item_number)
    rules, who_claims = known.claim_rules, who.merchant_id
    made = open_claim(connection, rules, item, asked.kind, asked.claimed_poisha, asked.said, at, merchant_id=who_claims)
    return ClaimOut.made(known, made, _on(at))


@router.get("", summary="Claims")
def list_claims(
    who: Trader,
    connection: InTransaction,
    known: Known,
    at: Now,
    standing: Annotated[Literal["open", "closed", "all"], Query(description="Whether the post has decided.")] = "open",
    after: Annotated[UUID | None, Query(description="The `next` of a page.")] = None,
    limit: Limit = 50,
) -> ClaimPage:
    """A page of the claims that a merchant has made, or of all."""
    found = load_claims(connection, merchant_id=who.merchant_id, standing=STANDINGS[standing], after=after, limit=limit)
    keys = [str(one.claim.claim_id) for one in found]
    return ClaimPage(claims=[ClaimOut.made(known, one, _on(at)) for one in found], next=following(keys, limit))


@router.get("/overdue", summary="Claims that should have been decided")
def list_overdue_claims(
    who: ThePost, connection: InTransaction, known: Known, at: Now, on: Annotated[Day | None, Query()] = None
) -> list[ClaimOut]:
    """What the post has left undecided beyond its day, the longest overdue first."""
    day = on or _on(at)
    return [ClaimOut.made(known, one, day) for one in overdue_claims(connection, day)]


@router.post("/lost", summary="Claim what has been lost for long")
def claim_lost(who: ThePost, connection: InTransaction, known: Known, at: Now) -> OpenedOut:
    """Opens a claim in the post's own name for every parcel lost for long that nobody has claimed."""
    return OpenedOut(claim_ids=open_claims_for_lost(connection, known.claim_rules, at))


@router.get("/{claim_id}", summary="One claim", responses=answers(404))
def claim(claim_id: UUID, who: Trader, connection: InTransaction, known: Known, at: Now) -> ClaimOut:
    """The claim and every step; one about another merchant's parcel is not found."""
    return ClaimOut.made(known, load_claim(connection, claim_id, who.merchant_id), _on(at))


@router.post("/{claim_id}/steps", summary="Go on with a claim", responses=answers(400, 404, 409, 413))
def claim_step(
    claim_id: UUID, asked: StepIn, who: Trader, connection: InTransaction, known: Known, at: Now
) -> ClaimOut:
    """The claim after that step. A merchant gives evidence or withdraws; the post does the rest."""
    taken = take_step(
        connection,
        known.claim_rules,
        claim_id,
        asked.step,
        asked.note,
        asked.by,
        at,
        amount_poisha=asked.amount_poisha,
        merchant_id=who.merchant_id,
    )
    return ClaimOut.made(known, taken, _on(at))
