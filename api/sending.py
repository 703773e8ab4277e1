"""What devices send, sooner or later: rows as they recorded them, a sending they came in, and a verdict for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Depends, Header, HTTPException, Request
from pydantic import (
    AwareDatetime,
    Field,
    GetPydanticSchema,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from api.acting import Principal
from api.context import Engine, Now, Staff, TheEngine, in_office
from api.fields import DeviceId, In, Instant, Out
from api.problems import printable, reason
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.custody.devices import Upload, read_upload
from post_logistics.operations.custody.scanning import ScanOutcome, ScanVerdict
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode

MAX_ROWS = 5000


# The sending


async def clock_offset_s(
    at: Now,
    sent_at: Annotated[
        AwareDatetime | None,
        Header(alias="Post-Sent-At", description="The device's own clock when it sent this, right or wrong."),
    ] = None,
) -> int:
    """True time less device time, as the sending shows; 0 if the device does not say when it sent."""
    return 0 if sent_at is None else round((at - sent_at).total_seconds())


async def signed_upload(
    request: Request,
    engine: TheEngine,
    at: Now,
    signature: Annotated[
        str | None,
        Header(
            alias="Post-Signature",
            max_length=1000,
            description="Detached JWS over the body (ES256, `b64` false); `kid` is the device.",
        ),
    ] = None,
) -> Upload | None:
    """What the device signed; None if nothing is, which production may refuse."""
    if signature is not None:
        return read_upload(signature, await request.body(), at)
    if engine.settings.signed_scans_only:
        raise HTTPException(403, "scans have to be signed by an enrolled device: send Post-Signature")
    return None


@dataclass(frozen=True, slots=True)
class Sending:
    """What all rows of a request have in common."""

    who: Principal
    engine: Engine
    at: datetime
    upload: Upload | None
    clock_offset_s: int

    def office(self, code: str) -> Postcode:
        """The office of that code; NotFound if it is none in which this principal acts."""
        return in_office(self.engine, self.who, code)

    def holder(self, said: str) -> str:
        """Who holds it from now on; Unacceptable if a rider or an agent says so of anybody but themselves."""
        if self.who.hands and said != self.who.hands:
            raise Unacceptable("those are not your hands", field="holder", remedy=f"send it as {self.who.hands}")
        return said


async def sending(
    who: Staff,
    engine: TheEngine,
    at: Now,
    upload: Annotated[Upload | None, Depends(signed_upload)],
    offset_s: Annotated[int, Depends(clock_offset_s)],
) -> Sending:
    """Who sends, for where, when, signed or not, and by what clock."""
    return Sending(who, engine, at, upload, offset_s)


Sent = Annotated[Sending, Depends(sending)]


# Its rows


class DeviceRow(In):
    """What a device recorded. Device and sequence make it this and no other, however often sent."""

    occurred_at: Annotated[Instant, Field(description="By the device's own clock, right or wrong.")]
    clock_offset_s: Annotated[
        int | None,
        Field(
            ge=-(10**10),
            le=10**10,
            description="True time less device time, as the device last estimated; else `Post-Sent-At` tells.",
            examples=[0],
        ),
    ] = None
    device_id: DeviceId
    sequence: Annotated[int, Field(ge=0, le=2**62, description="Counts up on the device.", examples=[1])]

    def seen(
        self,
        sent: Sending,
        item: ItemNumber,
        event: Event,
        office: Postcode,
        holder: str,
        reason: Reason | None = None,
        note: str = "",
        receptacle: str | None = None,
    ) -> Scan:
        """The scan as a fact; Unacceptable if a rider or an agent says what is in other hands than their own."""
        return Scan(
            scan_id=scan_id_of(self.device_id, self.sequence),
            item_number=item,
            event=event,
            occurred_at=self.occurred_at,
            recorded_at=sent.at,
            clock_offset_s=sent.clock_offset_s if self.clock_offset_s is None else self.clock_offset_s,
            device_id=self.device_id,
            sequence=self.sequence,
            office=office,
            holder=sent.holder(holder),
            reason=reason,
            note=note,
            receptacle=receptacle,
        )


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


# A verdict for each


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
