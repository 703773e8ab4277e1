"""Digital centres: what they do for the post, told by their devices; their shifts, receipts and statements."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response
from pydantic import Field

from api.acting import Principal
from api.centre_acts import ActsIn, AnyActIn
from api.collecting import AgentOut
from api.collection_points import PointId, point_of
from api.context import InTransaction, Item, Now, Staff
from api.fields import Day, Limit, Out, Pdf, following
from api.problems import answers
from api.proofs import Known
from api.sending import Sending, Sent, Unread
from api.slices import Slice
from post_logistics.cod.counting import Variance
from post_logistics.errors import NotFound, PostError
from post_logistics.network.collection_points import CentreKind, CentreService, CollectionPoint
from post_logistics.operations.centres.acts import Act, Counter, Served
from post_logistics.operations.centres.paying import due_for
from post_logistics.operations.centres.receipts import service_paper
from post_logistics.operations.centres.serving import serve
from post_logistics.operations.centres.shifts import ShiftAccount, shift_account, shift_accounts
from post_logistics.operations.centres.statements import StatementLine, centre_statement
from post_logistics.operations.counter.at_hand import item_of
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.money.agents import standing_of_agent
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignment

router = Slice(prefix="/v1/centres", tags=["centres"], responses=answers(401, 403))

ActId = Annotated[UUID, Path(examples=["00000000-0000-4000-8000-000000000000"])]


class CentreOut(Out):
    """A digital centre."""

    point_id: str
    name_en: str
    name_bn: str
    centre: CentreKind
    services: list[CentreService]
    office: Annotated[str, Field(description="The parent office.")]
    hours: str
    takes_cash: bool
    lat_deg: float
    lon_deg: float

    @classmethod
    def made(cls, point: CollectionPoint) -> "CentreOut":
        """The answer made of a point."""
        named = {name: getattr(point, name) for name in cls.model_fields if name != "services"}
        return cls(**named, services=sorted(point.services))


class CentrePage(Out):
    """Centres by id. ``next``: send it as ``after`` for the next page; null on the last."""

    centres: list[CentreOut]
    next: str | None


class ShiftOut(Out):
    """A shift by the books as they are now. expected = opening + came - went."""

    shift_id: UUID
    opened_by: str
    opened_at: datetime
    opening_poisha: int
    came_poisha: int
    went_poisha: int
    expected_poisha: int
    services: dict[CentreService, int]
    closed_by: str | None
    closed_at: datetime | None
    counted_poisha: int | None
    reason: Variance | None
    from_float_poisha: Annotated[int, Field(description="Of what was missing at the close.")]
    late_poisha: Annotated[int, Field(description="Cash of this shift that was told after the close.")]

    @classmethod
    def made(cls, one: ShiftAccount) -> "ShiftOut":
        """The answer made of a shift."""
        shift, close = one.shift, one.close
        return cls(
            shift_id=shift.shift_id,
            opened_by=shift.opened_by,
            opened_at=shift.opened_at,
            opening_poisha=shift.opening_poisha,
            came_poisha=one.came_poisha,
            went_poisha=one.went_poisha,
            expected_poisha=one.expected_poisha,
            services=dict(one.services),
            closed_by=close.closed_by if close else None,
            closed_at=close.closed_at if close else None,
            counted_poisha=close.counted_poisha if close else None,
            reason=close.reason if close else None,
            from_float_poisha=close.from_float_poisha if close else 0,
            late_poisha=one.late_poisha,
        )


class CentreNowOut(Out):
    """A centre, its money, and its last shift, open or not."""

    centre: CentreOut
    money: AgentOut
    shift: ShiftOut | None


class ServedOut(Out):
    """What became of one act. ``act_id`` and ``receipt`` are empty for what could not be read."""

    row: Annotated[int, Field(description="Its place in the batch, the first being 1.")]
    act_id: UUID | None
    outcome: ScanOutcome
    why: str
    field: Annotated[str, Field(description="What of it has to be put right, where that is one thing.")]
    item_number: str
    cash_poisha: Annotated[int, Field(description="What is in the books for it.")]
    commission_poisha: int
    receipt: Annotated[str, Field(description="The number on the customer's receipt.")]


class ActsOut(Out):
    """A verdict per act, in the order in which they were sent, and what the centre has now."""

    verdicts: list[ServedOut]
    money: AgentOut


class DueOut(Out):
    """What can be paid for a parcel now."""

    item_number: str
    due_poisha: int


class ReceiptTextOut(Out):
    """A customer's receipt in a sentence."""

    receipt: str
    service: CentreService
    item_number: str
    cash_poisha: int
    text_en: str
    text_bn: str


class StatementLineOut(Out):
    """One movement of the centre's money, and the service it belongs to, if any."""

    at: datetime
    code: str
    taken_back: bool
    service: CentreService | None
    item_number: str | None
    cash_poisha: int
    float_poisha: int
    commission_poisha: int

    @classmethod
    def made(cls, line: StatementLine) -> "StatementLineOut":
        """The answer made of a line."""
        named = {name: getattr(line.movement, name) for name in cls.model_fields if name != "service"}
        return cls(**named, service=line.service)


class ServiceTotalOut(Out):
    """What one service came to."""

    service: CentreService
    times: int
    cash_poisha: int
    commission_poisha: int


class CentreStatementOut(Out):
    """A centre's account over days. Commission: opening + earned - settled = closing."""

    centre: str
    since_on: date
    until_on: date
    opening: AgentOut
    lines: list[StatementLineOut]
    totals: list[ServiceTotalOut]
    earned_poisha: int
    settled_poisha: int
    closing: AgentOut


def _centre(known: Facts, who: Principal, point_id: str) -> CollectionPoint:
    """The centre; NotFound if there is none, or it is none of the principal's: alike."""
    point = point_of(known, who, point_id)
    if not point.is_agent:
        raise NotFound(f"no digital centre {point_id}", field="point_id", remedy="see GET /v1/centres")
    return point


def centres_of(known: Facts, who: Principal) -> Iterator[CollectionPoint]:
    """The centres that are the principal's business, by id."""
    own = (one for one in known.points if one.is_agent and who.office in {None, one.office})
    return iter(sorted((one for one in own if who.hands in {"", one.holder}), key=lambda one: one.point_id))


def _now(connection: Connection, point: CollectionPoint, at: datetime) -> CentreNowOut:
    shift = shift_account(connection, point, at)
    return CentreNowOut(
        centre=CentreOut.made(point),
        money=AgentOut.of(standing_of_agent(connection, point.point_id)),
        shift=ShiftOut.made(shift) if shift else None,
    )


@router.get("", summary="The digital centres")
def centres(
    who: Staff,
    known: Known,
    after: Annotated[str, Query(max_length=60, description="From the one that follows this.")] = "",
    limit: Limit = 100,
) -> CentrePage:
    """Those of the office; an agent sees the agent's own, the post all."""
    found = list(islice((one for one in centres_of(known, who) if one.point_id > after), limit))
    return CentrePage(
        centres=[CentreOut.made(one) for one in found], next=following([one.point_id for one in found], limit)
    )


@router.get("/mine", summary="An agent's own centre", responses=answers(404))
def my_centre(who: Staff, connection: InTransaction, known: Known, at: Now) -> CentreNowOut:
    """What it offers, the cash and how much more the float covers, and the shift."""
    return _now(connection, _centre(known, who, who.holder), at)


@router.get("/{point_id}", summary="A centre, its money and its shift", responses=answers(404))
def centre(point_id: PointId, who: Staff, connection: InTransaction, known: Known, at: Now) -> CentreNowOut:
    """The same of any centre that is one's business."""
    return _now(connection, _centre(known, who, point_id), at)


@router.post("/{point_id}/acts", summary="What was done at a centre", responses=answers(400, 404, 413))
def centre_acts(point_id: PointId, batch: ActsIn, sent: Sent, connection: InTransaction, known: Known) -> ActsOut:
    """Services and shifts, each with a verdict. Cash stays within the float, unless it was taken offline: then it is
    kept, and the verdict says so. A batch sent twice changes nothing."""
    point = _centre(known, sent.who, point_id)
    told = [_act_or_why(row, sent, point) for row in batch.acts]
    counter = Counter(point, known, sent.engine.numbers, sent.upload)
    served = iter(serve(connection, counter, [one for one in told if not isinstance(one, Unread)]))
    rows: Sequence[Served | Unread] = [one if isinstance(one, Unread) else next(served) for one in told]
    return ActsOut(
        verdicts=[_verdict(n, one) for n, one in enumerate(rows, 1)],
        money=AgentOut.of(standing_of_agent(connection, point.point_id)),
    )


def _act_or_why(row: AnyActIn | Unread, sent: Sending, point: CollectionPoint) -> Act | Unread:
    if isinstance(row, Unread):
        return row
    try:
        return row.told(sent, point)
    except PostError as error:
        return Unread("", error.message)


def _verdict(n: int, one: Served | Unread) -> ServedOut:
    if isinstance(one, Unread):
        one = Served(act_id=UUID(int=0), outcome=ScanOutcome.REJECTED, why=one.why)
    named = {name: getattr(one, name) for name in ServedOut.model_fields if name not in {"row", "act_id"}}
    return ServedOut(row=n, act_id=one.act_id if one.act_id.int else None, **named)


@router.get("/{point_id}/due/{item_number}", summary="What can be paid for a parcel", responses=answers(404))
def centre_due(point_id: PointId, item: Item, who: Staff, connection: InTransaction, known: Known) -> DueOut:
    """Before cash is taken for it: nothing where it is paid, or its journey has ended."""
    _centre(known, who, point_id)
    own = item_of(connection, item)
    return DueOut(item_number=own, due_poisha=due_for(connection, load_consignment(connection, own)))


@router.get("/{point_id}/shifts", summary="A centre's shifts", responses=answers(404))
def centre_shifts(
    point_id: PointId, since: Day, until: Day, who: Staff, connection: InTransaction, known: Known
) -> list[ShiftOut]:
    """Those that began from one day to another, both included, the earliest first."""
    point = _centre(known, who, point_id)
    found = shift_accounts(connection, point, dhaka(since, time()), dhaka(until + timedelta(days=1), time()))
    return [ShiftOut.made(one) for one in found]


@router.get("/{point_id}/statement", summary="A centre's statement", responses=answers(404))
def statement_of_centre(
    point_id: PointId, since: Day, until: Day, who: Staff, connection: InTransaction, known: Known
) -> CentreStatementOut:
    """Every movement with its service, what was earned, and what of it was settled."""
    found = centre_statement(connection, _centre(known, who, point_id), since, until)
    return CentreStatementOut(
        centre=found.centre,
        since_on=found.since_on,
        until_on=found.until_on,
        opening=AgentOut.of(found.opening),
        lines=[StatementLineOut.made(one) for one in found.lines],
        totals=[ServiceTotalOut.of(one) for one in found.totals],
        earned_poisha=found.earned_poisha,
        settled_poisha=found.settled_poisha,
        closing=AgentOut.of(found.closing),
    )


@router.get("/{point_id}/receipts/{act_id}", summary="A customer's receipt", responses=answers(404))
def centre_receipt(
    point_id: PointId, act_id: ActId, who: Staff, connection: InTransaction, known: Known
) -> ReceiptTextOut:
    """In a sentence, in both languages."""
    paper = service_paper(connection, _centre(known, who, point_id), act_id)
    return ReceiptTextOut(
        receipt=paper.number,
        service=paper.given.service,
        item_number=paper.given.item_number,
        cash_poisha=paper.given.cash_poisha,
        text_en=paper.text("en"),
        text_bn=paper.text("bn"),
    )


@router.get(
    "/{point_id}/receipts/{act_id}/pdf", summary="The same to print", response_class=Pdf, responses=answers(404)
)
def centre_receipt_pdf(
    point_id: PointId, act_id: ActId, who: Staff, connection: InTransaction, known: Known
) -> Response:
    """A6, in English and Bangla."""
    return Pdf(service_paper(connection, _centre(known, who, point_id), act_id).pdf())
