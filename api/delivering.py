"""What riders say of their stops: handed over or not, and the cash taken."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.context import InTransaction, Now, Who, in_office
from api.scanning import ScanBatchOut, ScanIn, verdicts_out
from post_logistics.operations.delivering import Claim, deliver
from post_logistics.units import Postcode

router = APIRouter(prefix="/v1", tags=["deliveries"])


class ClaimIn(ScanIn):
    """A scan at the door, and the cash that changed hands there."""

    collected_poisha: Annotated[int, Field(ge=0, le=10**12)] = 0


class ClaimBatchIn(BaseModel):
    """1 to 5,000 claims, in any order."""

    model_config = ConfigDict(extra="forbid")
    claims: Annotated[list[ClaimIn], Field(min_length=1, max_length=5000)]


@router.post("/deliveries", summary="A batch of deliveries and attempts")
def deliveries(batch: ClaimBatchIn, connection: InTransaction, who: Who, at: Now) -> ScanBatchOut:
    """Keeps each claim with its cash in one transaction. The office confirms them when it closes the rider's day."""
    for office in sorted({claim.office for claim in batch.claims}):
        in_office(who, Postcode(office))
    return verdicts_out(deliver(connection, [Claim(c.scan(at), c.collected_poisha) for c in batch.claims]))
