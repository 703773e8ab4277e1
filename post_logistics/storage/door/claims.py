"""Claims and their steps, each appended once. Where a claim stands is its last step."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, func, select, text

from post_logistics.errors import NotFound
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import claim_steps, claims, consignments
from post_logistics.tracking.claims import Claim, ClaimKind, ClaimStep, Step


@dataclass(frozen=True, slots=True)
class ClaimFile:
    """A claim with every step taken, first to last; whose parcel it is, and what it was worth."""

    claim: Claim
    merchant_id: str
    order_ref: str
    declared_value_poisha: int
    postage_poisha: int
    steps: tuple[ClaimStep, ...]

    @property
    def standing(self) -> Step:
        """Where the claim stands."""
        return self.steps[-1].step


def append_claims(connection: Connection, values: Sequence[Claim], openings: Sequence[ClaimStep]) -> set[UUID]:
    """Opens those claims that are the first of their kind for their parcels; gives back their ids."""
    new = set(append(connection, claims, values, keep_first=True))
    append(connection, claim_steps, [step for step in openings if step.claim_id in new])
    return new


def append_step(connection: Connection, step: ClaimStep) -> bool:
    """Keeps the step; False if the claim has one of that number already."""
    return bool(append(connection, claim_steps, [step], keep_first=True))


def knows_claim(connection: Connection, claim_id: UUID) -> bool:
    """Whether there is that claim."""
    return connection.execute(select(claims.c.claim_id).where(claims.c.claim_id == claim_id)).first() is not None


def load_claim(connection: Connection, claim_id: UUID, merchant_id: str | None = None) -> ClaimFile:
    """One claim; NotFound if there is none, or it is about another merchant's parcel: the two answer alike."""
    wanted = [claims.c.claim_id == claim_id]
    if merchant_id is not None:
        wanted.append(consignments.c.merchant_id == merchant_id)
    found = _load(connection, *wanted)
    if not found:
        raise NotFound(f"no claim {claim_id}", field="claim_id", remedy="see the list of claims")
    return found[0]


def load_claims(
    connection: Connection, *, merchant_id: str | None, standing: Collection[Step], after: UUID | None, limit: int
) -> list[ClaimFile]:
    """At most that many claims that stand at one of those steps, by id, from the one that follows ``after``."""
    wanted: list[ColumnElement[bool]] = [_STANDING.in_([step.value for step in standing])]
    if merchant_id is not None:
        wanted.append(consignments.c.merchant_id == merchant_id)
    if after is not None:
        wanted.append(claims.c.claim_id > after)
    return _load(connection, *wanted, limit=limit)


def load_claims_due(connection: Connection, on: date, standing: Collection[Step]) -> list[ClaimFile]:
    """The claims that stand at one of those steps and whose first clock ran out before that day."""
    return _load(connection, claims.c.due_on < on, _STANDING.in_([step.value for step in standing]))


_LAST = (
    select(claim_steps.c.step)
    .where(claim_steps.c.claim_id == claims.c.claim_id)
    .order_by(claim_steps.c.number.desc())
    .limit(1)
)
_STANDING: ColumnElement[Any] = _LAST.correlate(claims).scalar_subquery()


def _load(connection: Connection, *wanted: ColumnElement[bool], limit: int | None = None) -> list[ClaimFile]:
    worth = (
        c for c in consignments.c if c.name in {"merchant_id", "order_ref", "declared_value_poisha", "postage_poisha"}
    )
    query = select(claims, *worth).join(consignments, consignments.c.item_number == claims.c.item_number)
    rows = list(connection.execute(query.where(*wanted).order_by(claims.c.claim_id).limit(limit)))
    steps = _steps(connection, [row.claim_id for row in rows])
    return [
        ClaimFile(
            claim,
            row.merchant_id,
            row.order_ref,
            row.declared_value_poisha,
            row.postage_poisha,
            tuple(steps[claim.claim_id]),
        )
        for row, claim in zip(rows, read(rows, Claim, kind=ClaimKind), strict=True)
    ]


def _steps(connection: Connection, claim_ids: Sequence[UUID]) -> dict[UUID, list[ClaimStep]]:
    rows = connection.execute(
        select(claim_steps)
        .where(claim_steps.c.claim_id == func.any(list(claim_ids)))
        .order_by(claim_steps.c.claim_id, claim_steps.c.number)
    )
    steps: defaultdict[UUID, list[ClaimStep]] = defaultdict(list)
    for step in read(rows, ClaimStep, step=Step):
        steps[step.claim_id].append(step)
    return steps


@dataclass(frozen=True, slots=True)
class LostItem:
    """A parcel that has been lost for long, and what it was worth."""

    item_number: str
    since: datetime
    declared_value_poisha: int
    cod_poisha: int
    postage_poisha: int


def load_lost_unclaimed(connection: Connection, before: datetime) -> list[LostItem]:
    """What has been lost since before then and nobody has claimed as lost, the longest ago first."""
    rows = connection.execute(
        text(
            "select item_number, since, declared_value_poisha, cod_poisha, postage_poisha "
            "from journeys join consignments using (item_number) "
            "where state = 'lost' and since < :before and not exists ("
            "select from claims where claims.item_number = journeys.item_number and claims.kind = 'loss') "
            "order by since, item_number"
        ),
        {"before": before},
    )
    return read(rows, LostItem)
