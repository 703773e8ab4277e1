"""Scans from the devices of offices and riders."""

import re
from functools import partial
from typing import Annotated, Final

from fastapi import Body
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from api.context import InTransaction
from api.fields import In, Line, Note, OfficeCode
from api.problems import answers
from api.sending import MAX_ROWS, DeviceRow, OrWhy, ScanBatchOut, Sending, Sent, Unread, judge
from api.slices import Slice
from post_logistics.consignments.receptacles import parse_number, parse_receptacle
from post_logistics.errors import Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber

router = Slice(prefix="/v1", tags=["scans"], responses=answers(401, 403))

AT_THE_DOOR = frozenset(
    {Event.DELIVERED_CLAIMED, Event.PARTIALLY_DELIVERED, Event.EXCHANGED, Event.DELIVERED_CONFIRMED}
)
"""Events that come with cash or with the word that there was none; the day close confirms them."""


_AS_PRINTED: Final = re.compile(r"[A-Z0-9]{13}|[A-Z0-9]{23}")


def _number(text: str) -> str:
    """The number of the item or bag. What a scanner read needs no second look: whether it was issued, storage knows."""
    return text if _AS_PRINTED.fullmatch(text) else parse_number(text)


class ScanIn(DeviceRow):
    """One scan as the device recorded it. Device and sequence make it this scan and no other, however often sent."""

    item_number: Annotated[
        Line,
        Field(
            min_length=1,
            max_length=60,
            description="Of an item or a bag, as scanned or typed: spaces, lower case and Bangla digits will do.",
            examples=["DP473124829BD"],
        ),
    ]
    event: Annotated[Event, Field(strict=False, examples=["accepted"])]
    office: OfficeCode
    holder: Annotated[
        Line, Field(description="Who answers for the item from now on.", examples=["office:1216", "rider:1216-R01"])
    ]
    reason: Annotated[Reason | None, Field(strict=False, description="Why it could not be done.")] = None
    note: Annotated[Note, Field(description="For staff.", examples=[""])] = ""
    receptacle: Annotated[
        Line | None,
        Field(
            min_length=1,
            max_length=60,
            description="With `bagged`: the bag that it goes into, as scanned or typed.",
            examples=["BD1205BD1216CCC60001001"],
        ),
    ] = None

    def scan(self, sent: Sending) -> Scan:
        """The scan as a fact; NotFound if its office is none in which this principal acts, Unacceptable if a number
        cannot be one."""
        return self.seen(
            sent,
            ItemNumber(_number(self.item_number)),
            self.event,
            sent.office(self.office),
            self.holder,
            self.reason,
            self.note,
            None if self.receptacle is None else parse_receptacle(self.receptacle).key,
        )


DECIDED: Final = {
    Event.BOOKED: "a parcel is booked at /v1/consignments",
    Event.CANCELLED: "a booking is cancelled at /v1/items/{item_number}/cancellation",
    Event.AREA_CHANGED: "a parcel is redirected at /v1/items/{item_number}/redirection, with the address",
    Event.RETURN_REQUESTED: "a parcel is sent back at /v1/items/{item_number}/return, with the reason",
    Event.CONTESTED: "only the recipient contests what was recorded, by the private link",
    Event.CORRECTED: "a mistake is taken back at /v1/items/{item_number}/corrections, with the reason",
}
"""Events that somebody decides and no device sees, and where: there it is checked whose business the item is."""


def _seen_by_a_device(event: Event) -> Event:
    if event in AT_THE_DOOR:
        raise ValueError(f"{event} belongs to /v1/deliveries, with the cash that was taken")
    if event in DECIDED:
        raise ValueError(DECIDED[event])
    return event


class OfficeScanIn(ScanIn):
    """A scan anywhere but at the recipient's door."""

    event: Annotated[Event, Field(strict=False, examples=["accepted"]), AfterValidator(_seen_by_a_device)]


class ScanBatchIn(In):
    """1 to 5,000 scans, in any order."""

    scans: Annotated[list[Annotated[OfficeScanIn | Unread, OrWhy]], Field(min_length=1, max_length=MAX_ROWS)]


@router.post("/scans", summary="A batch of scans", responses=answers(400, 413))
def scans(batch: ScanBatchIn, sent: Sent, connection: InTransaction) -> ScanBatchOut:
    """Keeps every scan of an issued number, whatever its state. A batch sent twice changes nothing.

    A bag is scanned like an item, and what is in it moves along. The body may be packed (`Content-Encoding: gzip`)."""
    return judge(batch.scans, lambda row: row.scan(sent), partial(record_scans, connection, upload=sent.upload))


@router.post("/scans/ndjson", summary="A batch of scans, a line each", responses=answers(400, 413))
def scans_by_line(
    lines: Annotated[bytes, Body(media_type="application/x-ndjson", examples=['{"item_number": "DP473124829BD", …}'])],
    sent: Sent,
    connection: InTransaction,
) -> ScanBatchOut:
    """The same for up to 5,000 scans, a line of JSON each, as devices keep them while they have no network."""
    return judge(read_lines(lines), lambda row: row.scan(sent), partial(record_scans, connection, upload=sent.upload))


_LINE: TypeAdapter[OfficeScanIn | Unread] = TypeAdapter(Annotated[OfficeScanIn | Unread, OrWhy])


def read_lines(lines: bytes) -> list[OfficeScanIn | Unread]:
    """A row per line that is not blank; Unacceptable if there are none, or more than 5,000."""
    rows = [line for line in lines.splitlines() if line.strip()]
    if not 1 <= len(rows) <= MAX_ROWS:
        raise Unacceptable(f"{len(rows)} lines", field="body", remedy=f"send 1 to {MAX_ROWS:,} scans at a time")
    return [_line(row) for row in rows]


def _line(row: bytes) -> OfficeScanIn | Unread:
    try:
        return _LINE.validate_json(row)
    except ValidationError as error:
        return Unread("", f"row: {error.errors()[0]['msg']}")
