"""Claims for what went wrong with a parcel: made once, answered in time, with a reason, up to what is owed."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.door import claims as store
from post_logistics.storage.door.claims import ClaimFile, LostItem
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.claims import (
    NEXT_STEPS,
    OPEN,
    TAKEN_BY,
    Claim,
    ClaimKind,
    ClaimRules,
    ClaimStep,
    ClaimTerms,
    Side,
    Step,
    claim_id_of,
    compensation_due,
    due_on,
    is_overdue,
)
from post_logistics.tracking.dated import RuleBook
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, State
from post_logistics.units import DHAKA, ItemNumber, MerchantId, taka

THE_POST: Final = "post"
"""Who claims when nobody has to ask."""

_NEVER_HAD: Final = BEFORE_ACCEPTANCE | {State.CANCELLED}


def open_claim(
    connection: Connection,
    rules: RuleBook[ClaimRules],
    item_number: str,
    kind: ClaimKind,
    claimed_poisha: int,
    said: str,
    at: datetime,
    *,
    merchant_id: MerchantId | None = None,
) -> ClaimFile:
    """The claim, opened. There is one of each kind for a parcel: told again it answers the same, with another amount it
    is a Conflict. NotFound if the parcel is not that merchant's.

    Conflict while the post has not had the parcel or its promised day is not past; Unacceptable when it is too late.
    """
    if claimed_poisha <= 0:
        raise Unacceptable("nothing is claimed", field="claimed_poisha", remedy="say how much was lost by it")
    consignment = load_consignment(connection, item_number, merchant_id)
    by = f"merchant:{merchant_id}" if merchant_id else THE_POST
    terms = _terms(rules, kind, at)
    claim, opening = _opened(consignment.item_number, kind, claimed_poisha, terms, by, said, at)
    if not store.knows_claim(connection, claim.claim_id):
        _refuse_unless_due(connection, consignment, kind, terms, _day(at))
        store.append_claims(connection, [claim], [opening])
    found = store.load_claim(connection, claim.claim_id)
    if found.claim.claimed_poisha != claimed_poisha:
        raise Conflict(
            f"{taka(found.claim.claimed_poisha)} were claimed for it already; the claim stands at {found.standing}",
            field="claimed_poisha",
            remedy="look at that claim",
            claim_id=found.claim.claim_id,
        )
    return found


def _refuse_unless_due(
    connection: Connection, consignment: Consignment, kind: ClaimKind, terms: ClaimTerms, on: date
) -> None:
    last_on = _day(consignment.booked_at) + timedelta(days=terms.within_days)
    if on > last_on:
        raise Unacceptable(
            f"a {kind} could be claimed until {last_on}", field="kind", remedy="speak to the post office of the sender"
        )
    (standing,) = load_standings(connection, [consignment.item_number])
    if standing.state in _NEVER_HAD:
        raise Conflict("the post has not had this parcel", field="item_number", remedy="claim what was handed in")
    if kind is ClaimKind.DELAY and on <= consignment.promised_on:
        raise Conflict(
            f"it was promised for {consignment.promised_on}", field="kind", remedy="claim a delay when that day is past"
        )


def open_claims_for_lost(connection: Connection, rules: RuleBook[ClaimRules], at: datetime) -> list[UUID]:
    """Claims in the post's own name what has been lost for long and nobody has claimed; gives back the claims' ids."""
    in_force = rules.on(_day(at))
    lost = store.load_lost_unclaimed(connection, at - timedelta(days=in_force.lost_after_days))
    terms = in_force.terms[ClaimKind.LOSS]
    made = [
        _opened(
            ItemNumber(one.item_number),
            ClaimKind.LOSS,
            _worth_poisha(terms, one),
            terms,
            THE_POST,
            f"lost since {one.since.astimezone(DHAKA):%Y-%m-%d}",
            at,
        )
        for one in lost
    ]
    new = store.append_claims(connection, [claim for claim, _ in made], [opening for _, opening in made])
    return [claim.claim_id for claim, _ in made if claim.claim_id in new]


def _worth_poisha(terms: ClaimTerms, one: LostItem) -> int:
    """What the parcel was worth as far as the post knows, and no more than is owed for it."""
    worth_poisha = max(one.declared_value_poisha, one.cod_poisha) or terms.undeclared_poisha
    return compensation_due(
        terms,
        claimed_poisha=worth_poisha,
        declared_value_poisha=one.declared_value_poisha,
        postage_poisha=one.postage_poisha,
    )


def owed_poisha(rules: RuleBook[ClaimRules], found: ClaimFile) -> int:
    """The most that may be accepted for a claim, by the rules of the day on which it was made."""
    return compensation_due(
        _terms(rules, found.claim.kind, found.claim.claimed_at),
        claimed_poisha=found.claim.claimed_poisha,
        declared_value_poisha=found.declared_value_poisha,
        postage_poisha=found.postage_poisha,
    )


def take_step(
    connection: Connection,
    rules: RuleBook[ClaimRules],
    claim_id: UUID,
    step: Step,
    note: str,
    by: str,
    at: datetime,
    *,
    amount_poisha: int | None = None,
    merchant_id: MerchantId | None = None,
) -> ClaimFile:
    """The claim after that step. The last step told again changes nothing.

    ``amount_poisha`` is accepted: the whole of what is owed unless less is said. Paid is what was accepted. With
    ``merchant_id`` it is a step of that merchant, who may not take the post's. Conflict if the step does not follow, or
    somebody else has just taken one; Unacceptable without a reason, or for more than is owed.
    """
    found = store.load_claim(connection, claim_id, merchant_id)
    amount_poisha = _amount(rules, found, step, amount_poisha)
    if _is_last(found, step, amount_poisha, note):
        return found
    _refuse_unless_next(found, step, "claimant" if merchant_id else "post", note)
    taken = ClaimStep(
        claim_id=claim_id,
        number=len(found.steps) + 1,
        step=step,
        amount_poisha=amount_poisha,
        by=f"merchant:{merchant_id}" if merchant_id else by,
        note=note,
        at=at,
    )
    if not store.append_step(connection, taken):
        raise Conflict("somebody else has just dealt with it", field="step", remedy="look at the claim again")
    return store.load_claim(connection, claim_id)


def _amount(rules: RuleBook[ClaimRules], found: ClaimFile, step: Step, asked_poisha: int | None) -> int | None:
    """The amount that goes with a step; None for one that has none."""
    if step is Step.PAID:
        accepted = [one.amount_poisha for one in found.steps if one.step is Step.ACCEPTED]
        return accepted[-1] if accepted else None
    if step is not Step.ACCEPTED:
        return None
    most_poisha = owed_poisha(rules, found)
    if asked_poisha is not None and not 0 < asked_poisha <= most_poisha:
        raise Unacceptable(
            f"{taka(asked_poisha)} is not between nothing and the {taka(most_poisha)} that is owed",
            field="amount_poisha",
            remedy="accept at most that, or refuse; see data/claims.toml",
        )
    return most_poisha if asked_poisha is None else asked_poisha


def _is_last(found: ClaimFile, step: Step, amount_poisha: int | None, note: str) -> bool:
    last = found.steps[-1]
    return (last.step, last.amount_poisha, last.note) == (step, amount_poisha, note)


def _refuse_unless_next(found: ClaimFile, step: Step, side: Side, note: str) -> None:
    after = NEXT_STEPS[found.standing]
    if step not in after:
        raise Conflict(
            f"the claim stands at {found.standing}; {step} does not follow",
            field="step",
            remedy=f"what may follow: {', '.join(after) or 'nothing, it is closed'}",
        )
    if side == "claimant" and TAKEN_BY[step] != side:
        raise Unacceptable(
            f"{step} is for the post to say", field="step", remedy="give evidence, or withdraw the claim"
        )
    if not note.strip():
        raise Unacceptable("there is no reason", field="note", remedy="say why in a sentence that both sides may read")


def overdue_claims(connection: Connection, on: date) -> list[ClaimFile]:
    """The claims that the post should have decided before that day and has not, the longest overdue first."""
    found = [one for one in store.load_claims_due(connection, on, OPEN) if is_overdue(one.claim, one.steps, on)]
    return sorted(found, key=lambda one: (one.claim.due_on, one.claim.claimed_at))


def _terms(rules: RuleBook[ClaimRules], kind: ClaimKind, at: datetime) -> ClaimTerms:
    return rules.on(_day(at)).terms[kind]


def _opened(
    item_number: ItemNumber, kind: ClaimKind, claimed_poisha: int, terms: ClaimTerms, by: str, said: str, at: datetime
) -> tuple[Claim, ClaimStep]:
    claim = Claim(
        claim_id=claim_id_of(item_number, kind),
        item_number=item_number,
        kind=kind,
        claimed_poisha=claimed_poisha,
        claimed_by=by,
        claimed_at=at,
        due_on=due_on(terms, at),
    )
    return claim, ClaimStep(claim_id=claim.claim_id, number=1, step=Step.OPENED, by=by, note=said, at=at)


def _day(at: datetime) -> date:
    return at.astimezone(DHAKA).date()
