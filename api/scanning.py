"""Scans from the devices of offices and riders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar, get_args

from fastapi import APIRouter
from pydantic import (
    AfterValidator,
    Field,
    GetPydanticSchema,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from api.context import Engine, InTransaction, Now, Principal, Staff, TheEngine, in_office
from api.fields import In, Instant, Line, Note, OfficeCode, Out
from api.problems import answers, printable, reason
from post_logistics.errors import PostError
from post_logistics.operations.scanning import ScanOutcome, ScanVerdict, record_scans
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber

router = APIRouter(prefix="/v1", tags=["scans"], responses=answers(401, 403))

AT_THE_DOOR = frozenset(
    {Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED, Event.DELIVERED_CONFIRMED}
)
"""Events that come with cash or with the word that there was none; the day close confirms them."""


class ScanIn(In):
    """One scan as the device recorded it. Device and sequence make it this scan and no other, however often sent."""

    item_number: Annotated[Line, Field(min_length=1, max_length=40, examples=["DP473124829BD"])]
    event: Annotated[Event, Field(strict=False, examples=["accepted"])]
    occurred_at: Annotated[Instant, Field(description="By the device's own clock, right or wrong.")]
    clock_offset_s: Annotated[
        int, Field(ge=-(10**10), le=10**10, description="True time less device time, as last estimated.", examples=[0])
    ] = 0
    device_id: Annotated[Line, Field(min_length=1, max_length=80, examples=["counter-1216"])]
    sequence: Annotated[int, Field(ge=0, le=2**62, description="Counts up on the device.", examples=[1])]
    office: OfficeCode
    holder: Annotated[
        Line, Field(description="Who answers for the item from now on.", examples=["office:1216", "rider:1216-R01"])
    ]
    reason: Annotated[Reason | None, Field(strict=False, description="Why it could not be done.")] = None
    note: Annotated[Note, Field(description="For staff.", examples=[""])] = ""

    def scan(self, engine: Engine, who: Principal, at: datetime) -> Scan:
        """The scan as a fact; NotFound if its office is none in which this principal acts."""
        return Scan(
            scan_id=scan_id_of(self.device_id, self.sequence),
            item_number=ItemNumber(self.item_number),
            event=self.event,
            occurred_at=self.occurred_at,
            recorded_at=at,
            clock_offset_s=self.clock_offset_s,
            device_id=self.device_id,
            sequence=self.sequence,
            office=in_office(engine, who, self.office),
            holder=self.holder,
            reason=self.reason,
            note=self.note,
        )


def _away_from_the_door(event: Event) -> Event:
    if event in AT_THE_DOOR:
        raise ValueError(f"{event} belongs to /v1/deliveries, with the cash that was taken")
    return event


class OfficeScanIn(ScanIn):
    """A scan anywhere but at the recipient's door."""

    event: Annotated[Event, Field(strict=False, examples=["accepted"]), AfterValidator(_away_from_the_door)]


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that is no scan, and why."""

    item_number: str
    why: str


def _row_or_why(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        number = value.get("item_number", "") if isinstance(value, dict) else ""
        found = [reason(one, skip=0) for one in error.errors()]
        return Unread(
            printable(str(number))[:40], "; ".join(f"{one['field'] or 'row'}: {one['reason']}" for one in found)
        )


OrWhy = GetPydanticSchema(
    lambda row, read: read.generate_schema(Annotated[get_args(row)[0], WrapValidator(_row_or_why)])
)
"""``Annotated[Row | Unread, OrWhy]``: a malformed row is answered, and does not hold up the others of its batch."""


class ScanBatchIn(In):
    """1 to 5,000 scans, in any order."""

    scans: Annotated[list[Annotated[OfficeScanIn | Unread, OrWhy]], Field(min_length=1, max_length=5000)]


class ScanVerdictOut(Out):
    """The answer to one scan."""

    row: Annotated[int, Field(description="Its place in the batch, the first being 1.")]
    item_number: str
    outcome: ScanOutcome
    why: str


class ScanBatchOut(Out):
    """A verdict per scan, in the order in which they were sent."""

    verdicts: list[ScanVerdictOut]


Row = TypeVar("Row")
Fact = TypeVar("Fact")


def judge(
    rows: Sequence[Row | Unread], fact: Callable[[Row], Fact], record: Callable[[list[Fact]], list[ScanVerdict]]
) -> ScanBatchOut:
    """A verdict for every row: those of ``record`` for the rows that are facts, a rejection for the others."""
    facts = [_fact_or_why(row, fact) for row in rows]
    verdicts = iter(record([one for one in facts if not isinstance(one, Unread)]))
    return ScanBatchOut(
        verdicts=[_out(n, one if isinstance(one, Unread) else next(verdicts)) for n, one in enumerate(facts, 1)]
    )


def _fact_or_why(row: Row | Unread, fact: Callable[[Row], Fact]) -> Fact | Unread:
    if isinstance(row, Unread):
        return row
    try:
        return fact(row)
    except PostError as error:
        return Unread(getattr(row, "item_number", ""), str(error))


def _out(n: int, verdict: ScanVerdict | Unread) -> ScanVerdictOut:
    if isinstance(verdict, Unread):
        return ScanVerdictOut(row=n, item_number=verdict.item_number, outcome=ScanOutcome.REJECTED, why=verdict.why)
    return ScanVerdictOut(row=n, item_number=verdict.scan.item_number, outcome=verdict.outcome, why=verdict.why)


@router.post("/scans", summary="A batch of scans", responses=answers(400, 413))
def scans(batch: ScanBatchIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> ScanBatchOut:
    """Keeps every scan of an issued number, whatever its state. A batch sent twice changes nothing."""
    return judge(batch.scans, lambda row: row.scan(engine, who, at), partial(record_scans, connection))
