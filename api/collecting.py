"""What recipients paid: receipts, refunds over the counter, prices that merchants agree to, agents and riders."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.acting import Person, Witness
from api.closing import Pieces
from api.collection_points import PointId, point_of
from api.context import Anyone, ForMerchant, InTransaction, Item, Now, Staff, TheEngine, Trader, in_office
from api.counter import actor
from api.fields import Day, In, Line, OfficeCode, Out, Poisha
from api.payments import RefundIn, RefundOut, Why
from api.problems import answers
from api.proofs import Known
from api.slices import Slice
from post_logistics.cod.counting import Count, Variance
from post_logistics.operations.counter.at_hand import item_of
from post_logistics.operations.money.agents import (
    agent_statement,
    hand_in,
    pay_in_float,
    pay_out_float,
    standing_of_agent,
)
from post_logistics.operations.money.prices import ask_price, decide_price
from post_logistics.operations.money.receipt_papers import ReceiptPaper, receipt_papers
from post_logistics.operations.money.receipts import room_of, take_back_receipt
from post_logistics.operations.money.refunds import refund_at_counter
from post_logistics.storage.money.prices import load_changes
from post_logistics.storage.money.receipts import load_refunds
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.units import DHAKA

router = Slice(prefix="/v1", tags=["collecting"], responses=answers(401, 403))
_READ = answers(404)
_WRITE = answers(400, 404, 409, 413)

OfOffice = Annotated[str, Query(max_length=12, description="The office's postcode.", examples=["1216"])]
Id = Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000001"])]


class ReceiptOut(Out):
    """What was paid at one hand-over, with the text that the recipient may be given."""

    receipt_id: UUID
    number: str
    item_number: str
    due_poisha: int
    cash_poisha: int
    digital_poisha: int
    awaited_poisha: Annotated[int, Field(description="Of `digital_poisha`, what a provider has yet to confirm.")]
    short_poisha: int
    short_reason: str
    holder: str
    taken_at: datetime
    standing: Annotated[bool, Field(description="False once it was taken back.")]
    text_en: str
    text_bn: str

    @classmethod
    def made(cls, paper: ReceiptPaper) -> "ReceiptOut":
        """The receipt with its texts."""
        kept: dict[str, Any] = {
            name: getattr(paper.receipt, name) for name in cls.model_fields if hasattr(paper.receipt, name)
        }
        texts: dict[str, Any] = {"text_en": paper.text("en"), "text_bn": paper.text("bn")}
        return cls(**kept, **texts, number=paper.number, awaited_poisha=paper.awaited_poisha)


class TakeBackIn(In):
    """Why a receipt was a mistake."""

    why: Why
    by: Person


class CounterRefundIn(RefundIn):
    """Cash from the till of an office."""

    office: OfficeCode


class PriceIn(In):
    """What a parcel should cost. ``change_id`` makes it this question and no other."""

    change_id: Id
    price_poisha: Annotated[
        int, Field(ge=-(10**13), le=10**13, description="Below zero: given back in an exchange.", examples=[80_000])
    ]
    why: Annotated[Line, Field(min_length=1, examples=["The box is dented; the recipient asks for less"])]
    by: Person


class PriceOut(Out):
    """A price asked for, and what the merchant says."""

    change_id: UUID
    item_number: str
    was_poisha: int
    price_poisha: int
    why: str
    asked_by: str
    asked_at: datetime
    state: Annotated[str, Field(description="`asked`, `approved` or `refused`.")]
    decided_at: datetime | None


class DecisionIn(In):
    """The merchant's word."""

    approved: Annotated[bool, Field(examples=[True])]
    by: Person


class RoomOut(Out):
    """What a rider carries and may still take."""

    held_poisha: int
    cap_poisha: int
    room_poisha: int


class FloatIn(In):
    """Float paid in or out. ``reference`` makes it this one and no other."""

    reference: Id
    amount_poisha: Annotated[Poisha, Field(gt=0, examples=[2_000_000])]


class AgentOut(Out):
    """What an agent has of the post's, with the post, and is owed."""

    agent: str
    cash_poisha: int
    float_poisha: int
    commission_poisha: int
    room_poisha: Annotated[int, Field(description="How much more cash the float covers.")]


class HandInIn(In):
    """An agent's cash as counted at the parent office, piece by piece; two people sign."""

    hand_in_id: Id
    counted_poisha: Annotated[
        Poisha, Field(description="What is owed less the commission, which the agent keeps.", examples=[150_000])
    ]
    pieces: Pieces
    handed_by: Witness
    counted_by: Person
    reason: Annotated[Variance | None, Field(strict=False, description="Why anything is missing, where it is.")] = None

    @property
    def count(self) -> Count:
        """The count itself."""
        return Count(
            counted_poisha=self.counted_poisha,
            pieces={int(worth): many for worth, many in self.pieces.items()},
            counted_by=self.counted_by,
            countersigned_by=self.handed_by,
            reason=self.reason,
        )


class HandInOut(Out):
    """expected = netted + counted + shortage."""

    hand_in_id: UUID
    agent: str
    office: str
    expected_poisha: int
    netted_poisha: Annotated[int, Field(description="Commission that the agent kept.")]
    counted_poisha: int
    shortage_poisha: Annotated[int, Field(description="Taken from the float.")]
    pieces: dict[int, int]
    reason: Variance | None
    at: datetime


class MovementOut(Out):
    """One movement of an agent's money."""

    at: datetime
    code: str
    taken_back: bool
    item_number: str | None
    cash_poisha: int
    float_poisha: int
    commission_poisha: int


class AgentStatementOut(Out):
    """An agent's money over days."""

    agent: str
    since_on: date
    until_on: date
    opening: AgentOut
    movements: list[MovementOut]
    closing: AgentOut


@router.get("/items/{item_number}/receipts", summary="What was paid for a parcel", responses=_READ)
def receipts(item: Item, who: Anyone, connection: InTransaction) -> list[ReceiptOut]:
    """Every receipt, also one taken back, with a text for the recipient in both languages."""
    return [ReceiptOut.made(one) for one in receipt_papers(connection, item_of(connection, item), who.merchant_id)]


@router.post("/receipts/{receipt_id}/reversal", summary="Take a receipt back", responses=_WRITE)
def reverse_receipt(
    receipt_id: Annotated[UUID, Path()], said: TakeBackIn, who: Staff, connection: InTransaction, at: Now
) -> None:
    """The parcel can be paid again. Refused once the money has moved on."""
    offices = {who.office} if who.office else None
    take_back_receipt(connection, receipt_id, why=said.why, by=said.by, at=at, offices=offices)


@router.post("/items/{item_number}/refunds", status_code=201, summary="Refund at the counter", responses=_WRITE)
def refund(
    asked: CounterRefundIn, item: Item, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> RefundOut:
    """Cash from the till, once; never more than was paid."""
    office = in_office(engine, who, asked.office)
    return RefundOut.of(refund_at_counter(connection, item, office, asked.wish(), actor(who), at))


@router.get("/items/{item_number}/refunds", summary="What was given back for a parcel", responses=_READ)
def refunds(item: Item, who: Anyone, connection: InTransaction) -> list[RefundOut]:
    """At the counter, at the door, by a provider."""
    found = load_consignment(connection, item_of(connection, item), who.merchant_id)
    return [RefundOut.of(one) for one in load_refunds(connection, found.item_number)]


@router.post("/items/{item_number}/prices", status_code=201, summary="Ask for another price", responses=_WRITE)
def ask_for_price(
    asked: PriceIn, item: Item, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> PriceOut:
    """The merchant decides; what the merchant asks for itself is in force at once."""
    made = ask_price(
        connection,
        engine.facts.booking_rules,
        change_id=asked.change_id,
        number=item,
        price_poisha=asked.price_poisha,
        why=asked.why,
        by=asked.by,
        actor=actor(who),
        at=at,
    )
    return PriceOut.of(made)


@router.get("/prices", summary="Prices that wait for the merchant")
def open_prices(who: Trader, connection: InTransaction) -> list[PriceOut]:
    """The earliest asked first."""
    return [PriceOut.of(one) for one in load_changes(connection, merchant=who.merchant_id)]


@router.post("/prices/{change_id}/decision", summary="The merchant decides on a price", responses=_WRITE)
def price_decision(
    change_id: Annotated[UUID, Path()],
    said: DecisionIn,
    who: Trader,
    merchant: ForMerchant,
    connection: InTransaction,
    at: Now,
) -> PriceOut:
    """In force from this moment, also for a rider who is at the door."""
    made = decide_price(connection, change_id, approved=said.approved, by=said.by, merchant=merchant, at=at)
    return PriceOut.of(made)


@router.get("/riders/{rider}/cash", summary="What a rider carries and may still take", responses=_READ)
def rider_cash(
    rider: Annotated[str, Path(max_length=64, examples=["1216-R01"])],
    office: OfOffice,
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> RoomOut:
    """Asked by the rider's app before the next door: over the cap, he hands in first."""
    known = engine.facts.fleet.rider(in_office(engine, who, office), rider)
    rules = engine.facts.cod_rules.on(at.astimezone(DHAKA).date())
    return RoomOut.of(room_of(connection, rules, known.rider_id))


@router.get("/collection-points/{point_id}/cash", summary="What an agent has", responses=_READ)
def agent_cash(point_id: PointId, who: Staff, connection: InTransaction, known: Known) -> AgentOut:
    """Cash, float, commission, and how much more cash the float covers."""
    return AgentOut.of(standing_of_agent(connection, point_of(known, who, point_id).point_id))


@router.post("/collection-points/{point_id}/float", summary="An agent pays in float", responses=_WRITE)
def float_in(
    point_id: PointId, paid: FloatIn, who: Staff, connection: InTransaction, known: Known, at: Now
) -> AgentOut:
    """Into the till of the parent office: so much cash the agent may take. Sent again, nothing moves."""
    point = point_of(known, who, point_id)
    return AgentOut.of(pay_in_float(connection, point, paid.amount_poisha, paid.reference, at))


@router.post("/collection-points/{point_id}/float/returns", summary="Float goes back to an agent", responses=_WRITE)
def float_out(
    point_id: PointId, paid: FloatIn, who: Staff, connection: InTransaction, known: Known, at: Now
) -> AgentOut:
    """Out of the till; never so much that the cash with the agent is not covered."""
    point = point_of(known, who, point_id)
    return AgentOut.of(pay_out_float(connection, point, paid.amount_poisha, paid.reference, at))


@router.post("/collection-points/{point_id}/hand-ins", summary="An agent hands in", responses=_WRITE)
def agent_hand_in(
    point_id: PointId, said: HandInIn, who: Staff, connection: InTransaction, known: Known, engine: TheEngine, at: Now
) -> HandInOut:
    """The cash less the commission is in the till; what is missing comes from the float. Its parcels are confirmed."""
    point = point_of(known, who, point_id)
    made = hand_in(connection, engine.facts, point, hand_in_id=said.hand_in_id, count=said.count, at=at)
    return HandInOut.of(made)


@router.get("/collection-points/{point_id}/statement", summary="An agent's statement", responses=_READ)
def statement_of_agent(
    point_id: PointId, since: Day, until: Day, who: Staff, connection: InTransaction, known: Known
) -> AgentStatementOut:
    """Every movement of cash, float and commission from one day to another, both included."""
    point = point_of(known, who, point_id)
    return AgentStatementOut.of(agent_statement(connection, point.point_id, since, until))
