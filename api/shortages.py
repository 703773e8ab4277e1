"""Shortages and excesses, what becomes of them, and cash that is late."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.acting import Person
from api.context import InTransaction, Now, Staff, TheEngine, ThePost, in_office
from api.fields import In, Line, OfficeCode, Out, Poisha
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.ledger import NO_ITEM
from post_logistics.cod.shortages import Clearing, Way
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.operations.money.shortages import (
    Late,
    clear_difference,
    history_of_rider,
    open_differences,
    overdue_cash,
)
from post_logistics.units import Postcode

router = Slice(prefix="/v1", tags=["day close"], responses=answers(401, 403))

OfficeInPath = Annotated[str, Path(max_length=12, description="The office's postcode.", examples=["1216"])]
Why = Annotated[Line, Field(min_length=1, examples=["Deducted over three months, letter 42"])]


class OverdueOut(Out):
    """Who is late, with what, since when; and the close that waits to be paid in."""

    late: Late
    office: str
    holder: str
    amount_poisha: int
    since: datetime
    close_id: str


class ClearingIn(In):
    """How much of a shortage or excess is cleared, how and why. The id is the client's: sent again it counts once."""

    clearing_id: Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000000"])]
    way: Annotated[Way, Field(strict=False, examples=["repaid"])]
    office: OfficeCode
    rider: Annotated[Line, Field(max_length=64, description="Empty: the office's own.")] = ""
    amount_poisha: Annotated[Poisha, Field(gt=0)]
    item_number: Annotated[
        Line, Field(max_length=60, description="Of the parcel whose merchant an excess is credited to.")
    ] = ""
    why: Why
    cleared_by: Person
    countersigned_by: Annotated[Line, Field(max_length=80, description="Needed above a limit.")] = ""

    def clearing(self, office: Postcode, at: datetime) -> Clearing:
        """The clearing, made now by that office."""
        number = parse_item_number(self.item_number) if self.item_number else NO_ITEM
        told = self.model_dump(exclude={"office", "item_number"})
        return Clearing(office=office, item_number=number, cleared_at=at, **told)


class ClearingOut(Out):
    """A clearing as it was made."""

    clearing_id: UUID
    way: Way
    office: str
    rider: str
    amount_poisha: int
    item_number: str
    why: str
    cleared_by: str
    countersigned_by: str
    cleared_at: datetime


class OpenOut(Out):
    """A shortage or an excess that is not cleared."""

    kind: AccountKind
    owner: str
    open_poisha: int


class MovementOut(Out):
    """A shortage grown (above zero) or cleared, and what was left."""

    at: datetime
    code: str
    amount_poisha: int
    left_poisha: int
    cause: str
    item_number: str
    why: str
    taken_back: bool


@router.get("/cash/overdue", summary="Cash that is late everywhere")
def cash_overdue(who: ThePost, connection: InTransaction, engine: TheEngine, at: Now) -> list[OverdueOut]:
    """Riders and offices not closed in time, tills above the limit, closes not paid in."""
    return [OverdueOut.of(one) for one in overdue_cash(connection, engine.facts, at)]


@router.get("/cash/overdue/{office}", summary="Cash that is late at an office", responses=answers(404))
def cash_overdue_at(
    office: OfficeInPath, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> list[OverdueOut]:
    """The same of one office."""
    found = overdue_cash(connection, engine.facts, at, in_office(engine, who, office))
    return [OverdueOut.of(one) for one in found]


@router.post("/clearings", summary="Clear a shortage or an excess", responses=answers(400, 404, 409, 413))
def clearing(given: ClearingIn, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> ClearingOut:
    """Repaid, deducted or written off; given back, credited to a merchant or kept. Never more than is open."""
    office = in_office(engine, who, given.office)
    return ClearingOut.of(clear_difference(connection, engine.facts, given.clearing(office, at)))


@router.get("/shortages", summary="Shortages and excesses everywhere")
def shortages(who: ThePost, connection: InTransaction) -> list[OpenOut]:
    """What riders (`rider_debt`) and offices (`office_debt`) owe, and what is over (`suspense`)."""
    return [OpenOut.of(one) for one in open_differences(connection)]


@router.get("/shortages/{office}", summary="Shortages and excesses of an office", responses=answers(404))
def shortages_of_office(
    office: OfficeInPath, who: Staff, connection: InTransaction, engine: TheEngine
) -> list[OpenOut]:
    """The same of one office and its riders."""
    return [OpenOut.of(one) for one in open_differences(connection, in_office(engine, who, office))]


@router.get("/shortages/{office}/{rider}", summary="The shortages of a rider, one by one", responses=answers(404))
def shortages_of_rider(
    office: OfficeInPath,
    rider: Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,64}$", examples=["1216-R01"])],
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
) -> list[MovementOut]:
    """Every shortage and what was made good of it, oldest first. A rider of another office has none here."""
    here = in_office(engine, who, office)
    found = history_of_rider(connection, here, engine.facts.fleet.rider(here, rider).rider_id)
    return [MovementOut.of(one) for one in found]
