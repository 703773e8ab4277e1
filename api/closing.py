"""The end of the day: closes, what opens them again, and deposits."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from api.acting import Person, Witness
from api.context import InTransaction, Now, Staff, TheEngine, ThePost, in_office
from api.fields import Day, In, Instant, Line, OfficeCode, Out, Pdf, Poisha
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.day_close import OfficeClose, Reopening, RiderClose, Slip
from post_logistics.operations.money.close_sheets import close_sheet
from post_logistics.operations.money.closing import (
    close_office_day,
    close_rider_day,
    confirm,
    correct_slip,
    pay_in,
    reopen,
    to_close,
)
from post_logistics.storage.money.closes import load_close, load_closes, load_deposits, load_reopenings, load_slips

router = Slice(prefix="/v1", tags=["day close"], responses=answers(401, 403))

CloseId = Annotated[Line, Field(min_length=1, examples=["office-close:1216:2026-11-22:1"])]
CloseInPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9:.-]{1,120}$", examples=["office-close:1216:2026-11-22:1"])]
OfficeInPath = Annotated[str, Path(max_length=12, description="The office's postcode.", examples=["1216"])]
Why = Annotated[Line, Field(min_length=1, examples=["A bundle of notes lay under the scales"])]
RiderId = Annotated[Line, Field(min_length=1, max_length=64, examples=["1216-R01"])]
Turn = Annotated[int, Field(ge=1, le=1000, description="The how-manieth close of that holder and day.", examples=[1])]
Worth = Annotated[str, Field(pattern=r"^[0-9]{1,7}$")]
Pieces = Annotated[
    dict[Worth, Annotated[int, Field(ge=0, le=10**6)]],
    Field(
        max_length=30,
        description="Poisha of a note or coin, and how many of it; together they make `counted_poisha`.",
        examples=[{"100000": 1, "50000": 1}],
    ),
]


class OfficeCloseIn(In):
    """What was counted in an office's till, signed for by two."""

    office: OfficeCode
    closed_on: Day
    turn: Turn = 1
    counted_poisha: Poisha
    pieces: Pieces
    counted_by: Person
    countersigned_by: Annotated[Witness, Field(description="The rider himself, or a witness.")]
    reason: Annotated[
        Variance | None, Field(strict=False, description="Why it is not what the books say, where it is not.")
    ] = None

    @property
    def count(self) -> Count:
        """The count itself."""
        return Count(
            counted_poisha=self.counted_poisha,
            pieces={int(worth): many for worth, many in self.pieces.items()},
            counted_by=self.counted_by,
            countersigned_by=self.countersigned_by,
            reason=self.reason,
        )


class RiderCloseIn(OfficeCloseIn):
    """What was counted in the bag of one of the office's riders."""

    rider: RiderId


class CloseOut(Out):
    """The close: expected = counted + shortage - excess."""

    close_id: str
    holder: str
    office: str
    closed_on: date
    turn: int
    expected_poisha: int
    counted_poisha: int
    shortage_poisha: int
    excess_poisha: int
    pieces: dict[int, int]
    reason: Variance | None
    counted_by: str
    countersigned_by: str
    closed_at: datetime


class OfficeCloseOut(CloseOut):
    """The close of a till, and what of it is to be paid in at the bank."""

    to_deposit_poisha: int
    kept_poisha: int


class ReopeningIn(In):
    """Why a close does not stand, signed for by two."""

    why: Why
    opened_by: Person
    countersigned_by: Witness


class ReopeningOut(Out):
    """A close that does not stand any more."""

    close_id: str
    why: str
    opened_by: str
    countersigned_by: str
    opened_at: datetime


class DepositIn(In):
    """The slip with which a close was paid in at the bank, as the bank stamped it."""

    close_id: CloseId
    slip_number: Annotated[Line, Field(min_length=1, max_length=80, examples=["SLIP-0042"])]
    bank: Annotated[Line, Field(min_length=1, max_length=80, examples=["Sonali Bank"])]
    branch: Annotated[Line, Field(min_length=1, max_length=80, examples=["Mirpur"])]
    deposited_at: Instant
    paid_in_by: Witness


class SlipCorrectionIn(DepositIn):
    """The slip as it really reads, and why it did not before. All of it is said again."""

    why: Annotated[Line, Field(min_length=1, examples=["Two digits were swapped"])]
    by: Person


class SaidSlipOut(Out):
    """What was said of a slip, by whom; only the last stands."""

    number: int
    slip_number: str
    bank: str
    branch: str
    deposited_at: datetime
    paid_in_by: str
    why: Annotated[str, Field(description="What was wrong with the one before; empty for the first.")]
    said_by: str
    said_at: datetime
    standing: bool


class DepositOut(Out):
    """Cash on its way to the bank."""

    close_id: str
    slip_number: str
    bank: str
    branch: str
    office: str
    amount_poisha: int
    deposited_at: datetime
    paid_in_by: str


class ConfirmationIn(In):
    """What the bank says it received."""

    close_id: CloseId
    confirmed_poisha: Poisha


class ClosePageOut(Out):
    """A close with what became of it."""

    close: OfficeCloseOut | CloseOut
    deposit: DepositOut | None
    slips: Annotated[list[SaidSlipOut], Field(description="The slip of the deposit, and how it was corrected.")]
    reopening: ReopeningOut | None


class ToCloseOut(Out):
    """What a holder has by the books, and the turn in which it would be closed."""

    holder: str
    held_poisha: int
    turn: int


def _page(connection: InTransaction, close: RiderClose | OfficeClose) -> ClosePageOut:
    deposit = load_deposits(connection, [close.close_id]).get(close.close_id)
    reopening = load_reopenings(connection, [close.close_id]).get(close.close_id)
    return ClosePageOut(
        close=OfficeCloseOut.of(close) if isinstance(close, OfficeClose) else CloseOut.of(close),
        deposit=DepositOut.of(deposit) if deposit else None,
        slips=[SaidSlipOut.of(one) for one in load_slips(connection, close.close_id)],
        reopening=ReopeningOut.of(reopening) if reopening else None,
    )


@router.post("/day-closes/riders", summary="Close a rider's day", responses=answers(400, 404, 409, 413))
def close_rider(close: RiderCloseIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> CloseOut:
    """Confirms the rider's claims and takes the cash into the till; a shortage is named, never lost."""
    office = in_office(engine, who, close.office)
    made = close_rider_day(
        connection,
        engine.facts,
        rider=engine.facts.fleet.rider(office, close.rider).rider_id,
        office=office,
        closed_on=close.closed_on,
        turn=close.turn,
        count=close.count,
        at=at,
    )
    return CloseOut.of(made)


@router.post("/day-closes/offices", summary="Close an office's day", responses=answers(400, 404, 409, 413))
def close_office(
    close: OfficeCloseIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> OfficeCloseOut:
    """Counts the till once all riders have handed in, and says what is to be paid in at the bank."""
    made = close_office_day(
        connection,
        engine.facts,
        office=in_office(engine, who, close.office),
        closed_on=close.closed_on,
        turn=close.turn,
        count=close.count,
        at=at,
    )
    return OfficeCloseOut.of(made)


@router.get("/day-closes/offices/{office}/{closed_on}", summary="The closes of a day", responses=answers(404))
def closes_of_day(
    office: OfficeInPath, closed_on: Day, who: Staff, connection: InTransaction, engine: TheEngine
) -> list[ClosePageOut]:
    """Every close of the office and its riders, also those that were opened again."""
    found = load_closes(connection, closed_on, in_office(engine, who, office), opened_again=True)
    return [_page(connection, close) for close in found]


@router.get(
    "/day-closes/offices/{office}/{closed_on}/to-count", summary="What is to be counted", responses=answers(404)
)
def cash_to_count(
    office: OfficeInPath, closed_on: Day, who: Staff, connection: InTransaction, engine: TheEngine
) -> list[ToCloseOut]:
    """What each rider and the till hold by the books, and the turn in which each would be closed; the till is last."""
    found = to_close(connection, engine.facts, in_office(engine, who, office), closed_on)
    return [ToCloseOut.of(one) for one in found]


@router.get("/day-closes/{close_id}", summary="A close", responses=answers(404))
def day_close(close_id: CloseInPath, who: Staff, connection: InTransaction) -> ClosePageOut:
    """The close, its deposit, and whether it still stands; another office's is not found."""
    return _page(connection, load_close(connection, close_id, who.office))


@router.get(
    "/day-closes/{close_id}/sheet.pdf",
    summary="The sheet of a close, to sign",
    response_class=Pdf,
    responses=answers(404),
)
def sheet_of_close(close_id: CloseInPath, who: Staff, connection: InTransaction, engine: TheEngine) -> Pdf:
    """A4, in English and Bangla: pieces, difference, signatures, parcels."""
    return Pdf(close_sheet(connection, engine.facts, close_id, who.office))


@router.post("/day-closes/{close_id}/reopening", summary="Open a close again", responses=answers(400, 404, 409, 413))
def reopen_close(
    close_id: CloseInPath, given: ReopeningIn, who: Staff, connection: InTransaction, at: Now
) -> ReopeningOut:
    """Takes back what the close moved; its cash is closed in the next turn. Refused once something rests on it."""
    wanted = Reopening(close_id=close_id, opened_at=at, **given.model_dump())
    return ReopeningOut.of(reopen(connection, wanted, who.office))


@router.post("/deposits", summary="An office has paid in", responses=answers(400, 404, 409, 413))
def deposit(paid: DepositIn, who: Staff, connection: InTransaction, at: Now) -> DepositOut:
    """The cash of a close is on its way to the bank."""
    slip = Slip(**paid.model_dump(exclude={"close_id"}))
    return DepositOut.of(pay_in(connection, paid.close_id, slip, at, office=who.office))


@router.post("/deposits/corrections", summary="A slip was copied wrongly", responses=answers(400, 404, 409, 413))
def slip_correction(right: SlipCorrectionIn, who: Staff, connection: InTransaction, at: Now) -> DepositOut:
    """The deposit with its slip as it really reads. What was said before stays on record; the amount is the close's."""
    slip = Slip(**right.model_dump(exclude={"close_id", "why", "by"}))
    return DepositOut.of(
        correct_slip(connection, right.close_id, slip, why=right.why, by=right.by, at=at, office=who.office)
    )


@router.post(
    "/deposits/confirmations",
    status_code=204,
    summary="The bank has confirmed a deposit",
    responses=answers(400, 404, 409, 413),
)
def confirmation(given: ConfirmationIn, who: ThePost, connection: InTransaction, at: Now) -> None:
    """The cash of a close is in the settlement account. The office that paid it in cannot say so itself."""
    confirm(connection, given.close_id, given.confirmed_poisha, at)
