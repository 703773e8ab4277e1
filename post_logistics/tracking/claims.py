"""Claims for parcels lost, damaged, short or late: the steps as a table, the clock, and what is owed at most.

Money is not moved here: an accepted claim says what ``compensation_due`` allowed, and finance pays it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from post_logistics.consignments.facts import fact_of, table_of
from post_logistics.consignments.tariffs import share_poisha
from post_logistics.errors import Unacceptable
from post_logistics.tracking.dated import RuleBook, load_rule_book
from post_logistics.units import DHAKA, ItemNumber

_NAMESPACE: Final = UUID("c1a7d0b4-2c7e-5f57-8a3a-6c5f0e9b1d42")


class ClaimKind(StrEnum):
    """What went wrong with the parcel."""

    LOSS = "loss"
    DAMAGE = "damage"
    SHORT = "short"
    """Something is missing from it."""
    DELAY = "delay"


class Step(StrEnum):
    """What somebody did about a claim; the last one says where it stands."""

    OPENED = "opened"
    ASKED_FOR_EVIDENCE = "asked_for_evidence"
    EVIDENCE_GIVEN = "evidence_given"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


Side = Literal["claimant", "post"]

_DECIDE: Final = (Step.ACCEPTED, Step.REFUSED, Step.WITHDRAWN)

NEXT_STEPS: Final[dict[Step, tuple[Step, ...]]] = {
    Step.OPENED: (Step.ASKED_FOR_EVIDENCE, *_DECIDE),
    Step.ASKED_FOR_EVIDENCE: (Step.EVIDENCE_GIVEN, *_DECIDE),
    Step.EVIDENCE_GIVEN: (Step.ASKED_FOR_EVIDENCE, *_DECIDE),
    Step.ACCEPTED: (Step.PAID,),
    Step.REFUSED: (),
    Step.PAID: (),
    Step.WITHDRAWN: (),
}
"""Where a claim stands -> what may follow."""

TAKEN_BY: Final[dict[Step, Side]] = {
    Step.OPENED: "claimant",
    Step.ASKED_FOR_EVIDENCE: "post",
    Step.EVIDENCE_GIVEN: "claimant",
    Step.ACCEPTED: "post",
    Step.REFUSED: "post",
    Step.PAID: "post",
    Step.WITHDRAWN: "claimant",
}
"""Whose step it is. The post may take any, on behalf of a claimant who asks for it."""

OPEN: Final = frozenset(step for step, after in NEXT_STEPS.items() if Step.REFUSED in after)
"""The post has yet to decide."""

STANDINGS: Final = {"open": OPEN, "closed": frozenset(Step) - OPEN, "all": frozenset(Step)}
"""What people ask for -> where claims of that kind stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTerms:
    """What one kind of claim is worth, and by when it has to be made and answered."""

    covers: str
    share_bps: int
    undeclared_poisha: int
    within_days: int
    answer_days: int


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """The rules of ``data/claims.toml`` in force on a day."""

    lost_after_days: int
    terms: Mapping[ClaimKind, ClaimTerms]


def load_claim_rules(facts_dir: Path) -> RuleBook[ClaimRules]:
    """The rule book in ``claims.toml``; Unacceptable names the block and the key that is wrong."""
    return load_rule_book(facts_dir / "claims.toml", _rules)


def _rules(block: Mapping[str, Any], where: str) -> ClaimRules:
    unknown = block.keys() - {"lost_after_days", *ClaimKind}
    if unknown:
        raise Unacceptable(f"{where}: {min(unknown)} is not known here", field=min(unknown), remedy="leave it out")
    days = block.get("lost_after_days")
    if type(days) is not int or days < 0:
        raise Unacceptable(f"{where}: lost_after_days is {days!r}", field="lost_after_days", remedy="write days")
    return ClaimRules(days, {kind: _terms(block, kind, where) for kind in ClaimKind})


def _terms(block: Mapping[str, Any], kind: ClaimKind, where: str) -> ClaimTerms:
    terms = fact_of(ClaimTerms, table_of(block, kind, where), f"{where}, {kind}")
    if terms.covers not in {"value", "postage"}:
        raise Unacceptable(f"{where}: {kind} covers {terms.covers!r}", field="covers", remedy="write value or postage")
    if terms.share_bps > 10_000:
        raise Unacceptable(
            f"{where}: {terms.share_bps} bps are more than all", field="share_bps", remedy="10_000 is all"
        )
    return terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What somebody wants, ``merchant:ID`` or ``post``; ``due_on`` is the day by which the post should decide."""

    claim_id: UUID
    item_number: ItemNumber
    kind: ClaimKind
    claimed_poisha: int
    claimed_by: str
    claimed_at: datetime
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStep:
    """One step: who, when, why, and for an accepted or paid claim how much."""

    claim_id: UUID
    number: int
    """1 is the opening."""
    step: Step
    amount_poisha: int | None = None
    by: str
    note: str
    at: datetime


def claim_id_of(item_number: str, kind: ClaimKind) -> UUID:
    """The id of the one claim of a kind that there can be for a parcel."""
    return uuid5(_NAMESPACE, f"{item_number}/{kind}")


def compensation_due(terms: ClaimTerms, *, claimed_poisha: int, declared_value_poisha: int, postage_poisha: int) -> int:
    """The most that is owed, in poisha: what is claimed, up to the share of what this kind of claim covers.

    This is the amount that finance may pay for an accepted claim; nothing here moves money.
    """
    value_poisha = share_poisha(declared_value_poisha, terms.share_bps) or terms.undeclared_poisha
    covered_poisha = share_poisha(postage_poisha, terms.share_bps) if terms.covers == "postage" else value_poisha
    return min(claimed_poisha, covered_poisha)


def due_on(terms: ClaimTerms, claimed_at: datetime) -> date:
    """The day by whose end the post has to decide, if it need not wait for the claimant."""
    return _day(claimed_at) + timedelta(days=terms.answer_days)


def due_now_on(claim: Claim, steps: Sequence[ClaimStep], on: date) -> date:
    """The day by whose end the post has to decide: later by the days it has waited for evidence until ``on``."""
    waited = timedelta(0)
    for step, after in zip(steps, [*steps[1:], None], strict=True):
        if step.step is Step.ASKED_FOR_EVIDENCE:
            waited += max(timedelta(0), (_day(after.at) if after else on) - _day(step.at))
    return claim.due_on + waited


def is_overdue(claim: Claim, steps: Sequence[ClaimStep], on: date) -> bool:
    """Whether the post should have decided before that day, and has not."""
    return steps[-1].step in OPEN and due_now_on(claim, steps, on) < on


def _day(at: datetime) -> date:
    return at.astimezone(DHAKA).date()
