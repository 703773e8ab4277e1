"""What riders say of their stops: handed over or not, and the cash taken."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.context import Engine, InTransaction, Now, Principal, Staff, TheEngine
from api.fields import In, Poisha
from api.problems import answers
from api.scanning import OrWhy, ScanBatchOut, ScanIn, Unread, judge
from post_logistics.operations.delivering import Claim, deliver
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import Postcode

router = APIRouter(prefix="/v1", tags=["deliveries"], responses=answers(401, 403))


class ClaimIn(ScanIn):
    """A scan at the door, and the cash that changed hands there."""

    event: Annotated[Event, Field(strict=False, examples=["delivered_claimed"])]
    collected_poisha: Annotated[Poisha, Field(description="0 where no cash was taken.")] = 0

    def claim(self, engine: Engine, who: Principal, at: datetime) -> Claim:
        """The claim as a fact; NotFound if cash is said to be with a rider who does not ride for the office."""
        kind, _, rider = self.holder.partition(":")
        if self.collected_poisha and kind == "rider":
            engine.facts.fleet.rider(Postcode(self.office), rider)
        return Claim(self.scan(engine, who, at), self.collected_poisha)


class ClaimBatchIn(In):
    """1 to 5,000 claims, in any order."""

    claims: Annotated[list[Annotated[ClaimIn | Unread, OrWhy]], Field(min_length=1, max_length=5000)]


@router.post("/deliveries", summary="A batch of deliveries and attempts", responses=answers(400, 409, 413))
def deliveries(batch: ClaimBatchIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> ScanBatchOut:
    """Keeps each claim and its cash together, once. The office confirms them when it closes the rider's day."""
    return judge(
        batch.claims,
        lambda row: row.claim(engine, who, at),
        partial(deliver, connection),
    )
