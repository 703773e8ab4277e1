"""Who answers for what, what is late, and who looks into it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import Field

from api.acting import Person, Principal
from api.context import Engine, InTransaction, Now, Staff, TheEngine, ThePost, in_office
from api.fields import In, Limit, Note, Out, following
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.custody import boards, watching
from post_logistics.storage.custody.exceptions import Kind
from post_logistics.units import Postcode

router = Slice(prefix="/v1", tags=["custody"], responses=answers(401, 403))

Counts = Annotated[dict[str, int], Field(examples=[{"at_delivery_office": 12, "assigned": 40}])]
ExceptionId = Annotated[int, Path(ge=1, le=2**62)]
OfFilter = Annotated[str | None, Query(max_length=12, description="Only this office's.", examples=["1216"])]


class DueOut(Out):
    """A scan that is due."""

    item_number: Annotated[str, Field(description="Of an item or a bag.")]
    state: str
    event: Annotated[str, Field(description="The scan that should come next.", examples=["out_for_delivery"])]
    due_at: datetime


class BoardOut(Out):
    """What one holder answers for."""

    items: Annotated[Counts, Field(description="How many items in each state.")]
    bags: Annotated[Counts, Field(description="How many closed bags in each state.")]
    in_bags: Annotated[int, Field(description="Of the items, those in a closed bag.")]
    oldest_since: Annotated[datetime | None, Field(description="When the one that has been there longest came.")]
    overdue: Annotated[int, Field(description="Items and bags whose due scan has not come.")]
    next_due: Annotated[list[DueOut], Field(description="The twenty scans that are due soonest, late ones first.")]
    exceptions: Annotated[Counts, Field(description="Open exceptions of each kind.")]
    unowned: Annotated[int, Field(description="Of the exceptions, those that nobody has taken on.")]
    coming_items: Annotated[int, Field(description="Of an office: items bound for it and on a vehicle now.")]
    coming_bags: int


class OfficeLineOut(Out):
    """One office: what is in its custody, and what is wrong there."""

    office: str
    items: int
    at_office: int
    with_riders: int
    with_vehicles: int
    with_agents: int
    bags: int
    oldest_since: datetime | None
    overdue: Annotated[int, Field(description="As the gap detector last found it.")]
    exceptions: Annotated[int, Field(description="Of every other kind.")]
    unowned: int
    oldest_exception_at: datetime | None


class OfficesBoardOut(Out):
    """Every office that has something or something wrong, the one with most overdue first."""

    offices: list[OfficeLineOut]


class CustodyOut(Out):
    """Who answers now, and the scan that is due next."""

    state: str
    holder: Annotated[str, Field(examples=["rider:1216-R01"])]
    office: str
    destination: str
    since: datetime
    receptacle: Annotated[str | None, Field(description="The bag that it is in.")]
    travels_with: Annotated[str | None, Field(description="The outermost closed bag, whose scan is then due.")]
    event: Annotated[str | None, Field(description="The scan that is due next.")]
    due_at: datetime | None
    concerns: Annotated[str | None, Field(description="The office whose business it is if that scan does not come.")]


class TroubleOut(Out):
    """An exception, open or not, without what people wrote about it."""

    exception_id: int
    kind: Kind
    office: str
    custodian: str
    expected: str
    expected_by: datetime | None
    opened_at: datetime
    closed_at: datetime | None


class WhoAnswersOut(Out):
    """Who answers for an item or a bag."""

    number: str
    custody: Annotated[CustodyOut | None, Field(description="None before acceptance and after the end.")]
    exceptions: list[TroubleOut]


class ExceptionOut(TroubleOut):
    """Something that a person of the office has to look into."""

    item_number: Annotated[str, Field(description="Of an item or a bag.")]
    owner: Annotated[str, Field(description="Who took it on; empty until somebody does.")]
    since: datetime | None
    detail: str
    closed_by: Annotated[str | None, Field(description="`scan` if a scan settled it.")]
    closing_note: str


class ExceptionsOut(Out):
    """A page of open exceptions."""

    exceptions: list[ExceptionOut]
    next: Annotated[str | None, Field(description="`after` of the next page; none after the last.")]


class StepOut(Out):
    """What a person did about it."""

    step: str
    by: str
    note: str
    at: datetime


class ExceptionHistoryOut(Out):
    """An exception and what was done about it, in order."""

    case: Annotated[ExceptionOut, Field(serialization_alias="exception")]
    steps: list[StepOut]


class TakeIn(In):
    """Who takes it on."""

    by: Person


class CloseIn(TakeIn):
    """Who closes it, and what was found."""

    note: Annotated[Note, Field(min_length=1, examples=["It lay under the scales."])]


class SilentDeviceOut(Out):
    """A device that owes scans, or has not been heard of."""

    device_id: str
    office: str | None
    missing: Annotated[list[tuple[int, int]], Field(description="First and last of each stretch that never came.")]
    missing_count: int
    last_seen_at: datetime


class SilentDevicesOut(Out):
    """Those with most missing first."""

    devices: list[SilentDeviceOut]


def _where(engine: Engine, who: Principal, office: str | None) -> Postcode | None:
    """The office that was asked for, where the principal may act; its own, or all, if none was."""
    return who.office if office is None else in_office(engine, who, office)


@router.get("/boards", summary="All offices on one screen")
def offices_board(_: ThePost, connection: InTransaction) -> OfficesBoardOut:
    """What every office answers for and what is wrong there. Things in transit count where they were last scanned."""
    return OfficesBoardOut(offices=[OfficeLineOut.of(line) for line in boards.offices_board(connection)])


@router.get("/boards/office/{office}", summary="The board of an office", responses=answers(404))
def office_board(
    office: Annotated[str, Path(max_length=12, description="The office's postcode.", examples=["1216"])],
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> BoardOut:
    """What lies at the office itself, what is late and wrong there, and what is on its way to it."""
    return BoardOut.of(boards.office_board(connection, in_office(engine, who, office), at))


@router.get("/boards/{kind}/{holder:path}", summary="The board of a rider, a vehicle or an agent")
def hands_board(
    kind: Literal["rider", "vehicle", "agent"],
    holder: Annotated[str, Path(max_length=80, pattern=r"^[^\x00]+$", examples=["1216-R01"])],
    who: Staff,
    connection: InTransaction,
    at: Now,
) -> BoardOut:
    """What that one has. An office sees what it handed over and what is bound for it; of a stranger's, nothing."""
    return BoardOut.of(boards.hands_board(connection, kind, holder, at, who.office))


@router.get("/custody/{number}", summary="Who answers for an item or a bag", responses=answers(404))
def who_answers(
    number: Annotated[str, Path(max_length=60, description="An item's number or a bag's.", examples=["DP473124829BD"])],
    _: Staff,
    connection: InTransaction,
) -> WhoAnswersOut:
    """The holder, since when, and the scan that is due next. Staff of any office may look up anything."""
    return WhoAnswersOut.of(watching.who_answers(connection, number))


@router.get("/exceptions", summary="What has to be looked into", responses=answers(404))
def open_exceptions(
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    office: OfFilter = None,
    kind: Kind | None = None,
    older_than_hours: Annotated[int, Query(ge=0, le=10**5)] = 0,
    unowned: Annotated[bool, Query(description="Only those that nobody has taken on.")] = False,
    after: Annotated[int, Query(ge=0, le=2**62, description="`next` of the page before.")] = 0,
    limit: Limit = 100,
) -> ExceptionsOut:
    """Open exceptions, the oldest first."""
    found = watching.open_exceptions(
        connection,
        at,
        office=_where(engine, who, office),
        kind=kind,
        older_than=timedelta(hours=older_than_hours),
        unowned=unowned,
        after=after,
        limit=limit,
    )
    ids = [str(case.exception_id) for case in found]
    return ExceptionsOut(exceptions=[ExceptionOut.of(case) for case in found], next=following(ids, limit))


@router.get("/exceptions/{exception_id}", summary="An exception and its history", responses=answers(404))
def exception_history(exception_id: ExceptionId, who: Staff, connection: InTransaction) -> ExceptionHistoryOut:
    """What is known of it, who took it on and when, how it ended."""
    return ExceptionHistoryOut.of(watching.exception_history(connection, exception_id, who.office))


@router.post("/exceptions/{exception_id}/take", summary="Take an exception on", responses=answers(400, 404, 409, 413))
def take_exception(
    exception_id: ExceptionId, asked: TakeIn, who: Staff, connection: InTransaction, at: Now
) -> ExceptionHistoryOut:
    """From now on this person looks into it. Taken over from another, the history shows both."""
    return ExceptionHistoryOut.of(watching.take_on(connection, exception_id, asked.by, at, who.office))


@router.post("/exceptions/{exception_id}/close", summary="Close an exception", responses=answers(400, 404, 409, 413))
def close_exception(
    exception_id: ExceptionId, asked: CloseIn, who: Staff, connection: InTransaction, at: Now
) -> ExceptionHistoryOut:
    """With what was found. What is overdue is not closed by hand: scan it where it is, and it closes itself."""
    return ExceptionHistoryOut.of(
        watching.close_exception(connection, exception_id, asked.by, asked.note, at, who.office)
    )


@router.get("/devices/silent", summary="Devices that owe scans", responses=answers(404))
def silent_devices(
    who: Staff, connection: InTransaction, engine: TheEngine, at: Now, office: OfFilter = None
) -> SilentDevicesOut:
    """Devices with holes in what they sent, and enrolled ones that have not been heard of for three days."""
    found = watching.silent_devices(connection, at, _where(engine, who, office))
    return SilentDevicesOut(devices=[SilentDeviceOut.of(device) for device in found])
