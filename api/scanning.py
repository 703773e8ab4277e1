"""Scans from the devices of offices and riders."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.context import InTransaction, Now, Who, in_office
from post_logistics.operations.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode

router = APIRouter(prefix="/v1", tags=["scans"])


class ScanIn(BaseModel):
    """One scan as the device recorded it. (device_id, sequence) makes it this scan and no other, however often sent."""

    model_config = ConfigDict(extra="forbid")
    item_number: Annotated[str, Field(min_length=1, max_length=40, examples=["DP473124829BD"])]
    event: Event
    occurred_at: Annotated[AwareDatetime, Field(description="By the device's own clock, right or wrong.")]
    clock_offset_s: Annotated[int, Field(description="True time less device time, as last estimated.")] = 0
    device_id: Annotated[str, Field(min_length=1, max_length=80)]
    sequence: Annotated[int, Field(ge=0, le=2**62, description="Counts up on the device.")]
    office: Annotated[str, Field(pattern=r"^\d{4}$")]
    holder: Annotated[str, Field(max_length=120, examples=["office:1215", "rider:1215-R02", "recipient"])]
    reason: Reason | None = None
    note: Annotated[str, Field(max_length=500)] = ""

    def scan(self, recorded_at: datetime) -> Scan:
        """The scan as a fact."""
        return Scan(
            scan_id=scan_id_of(self.device_id, self.sequence),
            item_number=ItemNumber(self.item_number),
            event=self.event,
            occurred_at=self.occurred_at,
            recorded_at=recorded_at,
            clock_offset_s=self.clock_offset_s,
            device_id=self.device_id,
            sequence=self.sequence,
            office=Postcode(self.office),
            holder=self.holder,
            reason=self.reason,
            note=self.note,
        )


class ScanBatchIn(BaseModel):
    """1 to 5,000 scans, in any order."""

    model_config = ConfigDict(extra="forbid")
    scans: Annotated[list[ScanIn], Field(min_length=1, max_length=5000)]


class ScanVerdictOut(BaseModel):
    """The answer to one scan."""

    row: int
    item_number: str
    outcome: ScanOutcome
    why: str


class ScanBatchOut(BaseModel):
    """A verdict per scan, in the order in which they were sent."""

    verdicts: list[ScanVerdictOut]


def verdicts_out(verdicts: list[ScanVerdict]) -> ScanBatchOut:
    """The verdicts as the response has them."""
    return ScanBatchOut(
        verdicts=[
            ScanVerdictOut(row=row, item_number=v.scan.item_number, outcome=v.outcome, why=v.why)
            for row, v in enumerate(verdicts, 1)
        ]
    )


@router.post("/scans", summary="A batch of scans")
def scans(batch: ScanBatchIn, connection: InTransaction, who: Who, at: Now) -> ScanBatchOut:
    """Keeps every scan of an issued number, whatever its state; a batch sent twice changes nothing."""
    for office in sorted({scan.office for scan in batch.scans}):
        in_office(who, Postcode(office))
    return verdicts_out(record_scans(connection, [scan.scan(at) for scan in batch.scans]))
