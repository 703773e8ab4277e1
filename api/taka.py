"""Where the money is, how old it is, and what is wrong with it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.acting import Person
from api.context import (
    Anyone,
    InTransaction,
    Item,
    Now,
    Staff,
    TheEngine,
    ThePost,
    Trader,
    in_office,
    known_merchant,
    own,
)
from api.fields import MERCHANT_ID, In, Limit, Line, Out, following
from api.problems import answers
from api.slices import Slice
from post_logistics.cod.alarms import TEXTS, AlarmKind, alarm_text
from post_logistics.cod.whereabouts import Stage
from post_logistics.operations.money import alarms as watching
from post_logistics.operations.money import taka
from post_logistics.storage.money.alarms import OpenAlarm
from post_logistics.units import MerchantId

router = Slice(prefix="/v1/money", tags=["where is my taka"], responses=answers(401, 403))

Owner = Annotated[str, Path(pattern=MERCHANT_ID, examples=["nakshi-ghar"])]
OfficeOnly = Annotated[str | None, Query(max_length=12, description="Only this office's.", examples=["1216"])]


class MoneyOut(Out):
    """Money in one place, and what happens to it next."""

    stage: Annotated[Stage, Field(description="How far it has come.")]
    place: Annotated[str, Field(description="The account it is in.", examples=["office_till:1216"])]
    office: str | None
    parcels: int
    amount_poisha: int
    since: Annotated[datetime, Field(description="Of several, of the one that is there longest.")]
    due_at: Annotated[datetime | None, Field(description="By when the next step is to be taken.")]
    late: bool
    close_id: Annotated[str | None, Field(description="The close with which it is paid in.")]
    settlement_id: str | None
    text_en: Annotated[str, Field(examples=["Tk 1,250.00 is with Mirpur post office, to be paid in today."])]
    text_bn: str


class ParcelMoneyOut(Out):
    """The money of a parcel, tender by tender; none while nothing was collected."""

    item_number: str
    order_ref: str
    cod_poisha: int
    collected_poisha: int
    money: list[MoneyOut]


class AllMoneyOut(Out):
    """All money of a merchant or in one pair of hands, the longest there first."""

    money: list[MoneyOut]
    amount_poisha: int
    other_poisha: Annotated[int, Field(description="Of a holder: what is there besides the money of parcels.")]


class ParcelLineOut(Out):
    """One tender for one parcel."""

    item_number: str
    money: MoneyOut


class ParcelLinesOut(Out):
    """A page of a merchant's money."""

    parcels: list[ParcelLineOut]
    next: Annotated[str | None, Field(description="`after` of the next page; none after the last.")]


class AgeingLineOut(Out):
    """One account: its balance is the money of parcels by age, and other."""

    account: str
    balance_poisha: int
    aged_poisha: Annotated[list[int], Field(description="0-1, 2-3, 4-7, 8-14, 15-30 days, and more.")]
    other_poisha: int
    parcels: int
    since: datetime | None


class AgeingOut(Out):
    """Every account with a balance, and the sums."""

    lines: list[AgeingLineOut]
    balance_poisha: int


class AlarmOut(Out):
    """Something wrong, whose business it is, and what to do."""

    alarm_id: UUID
    kind: AlarmKind
    subject: str
    office: Annotated[str, Field(description="Whose business it is; empty: the finance desk's.")]
    owner: Annotated[str, Field(description="Who took it on; empty until somebody does.")]
    amount_poisha: int
    since: Annotated[datetime, Field(description="Since when it should have been otherwise.")]
    opened_at: datetime
    text_en: str
    text_bn: str
    remedy_en: str
    remedy_bn: str

    @classmethod
    def told(cls, alarm: OpenAlarm) -> "AlarmOut":
        """The alarm in words."""
        words = TEXTS[alarm.kind]
        kept = {name: getattr(alarm, name) for name in cls.model_fields if hasattr(alarm, name)}
        return cls(
            **kept,
            text_en=alarm_text(alarm),
            text_bn=alarm_text(alarm, "bn"),
            remedy_en=words.remedy_en,
            remedy_bn=words.remedy_bn,
        )


class AlarmsOut(Out):
    """Open alarms, the one that should have been otherwise longest first."""

    alarms: list[AlarmOut]


class TakeAlarmIn(In):
    """Who looks into it."""

    by: Person


@router.get("/parcels/{item_number}", summary="Where a parcel's money is", responses=answers(404))
def parcel_money(
    item_number: Item, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> ParcelMoneyOut:
    """Who has it, since when, what comes next and by when. A merchant's own; an office's, if it had a part in it."""
    found = taka.money_of_parcel(connection, engine.facts, item_number, at, merchant=who.merchant_id, office=who.office)
    return ParcelMoneyOut.of(found)


@router.get("/merchants/{merchant_id}", summary="Where a merchant's money is", responses=answers(404))
def merchant_money(
    merchant_id: Owner, who: Trader, connection: InTransaction, engine: TheEngine, at: Now
) -> AllMoneyOut:
    """Everything ever collected for it, by where it is and how far it has come."""
    shop = MerchantId(own(who, merchant_id))
    return AllMoneyOut.of(taka.money_of_merchant(connection, engine.facts, shop, at))


@router.get("/merchants/{merchant_id}/parcels", summary="A merchant's money, parcel by parcel", responses=answers(404))
def merchant_money_by_parcel(
    merchant_id: Owner,
    who: Trader,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    stage: Annotated[Stage | None, Query(description="Only what has come so far.")] = None,
    after: Annotated[Line, Query(description="`next` of the page before.")] = "",
    limit: Limit = 100,
) -> ParcelLinesOut:
    """In the order of item numbers."""
    shop = known_merchant(connection, who, merchant_id)
    found = taka.parcels_of_merchant(connection, engine.facts, shop, at, stage=stage, after=after, limit=limit)
    lines = [ParcelLineOut(item_number=one.item_number, money=MoneyOut.of(money)) for one, money in found]
    keys = [f"{one.item_number}:{one.transfer_id}" for one, _ in found]
    return ParcelLinesOut(parcels=lines, next=following(keys, limit))


@router.get("/holders/{kind}/{holder}", summary="What a rider, agent, office or provider has", responses=answers(404))
def money_with(
    kind: Literal["rider", "agent", "office", "provider"],
    holder: Annotated[str, Path(max_length=64, pattern=r"^[^\x00]+$", examples=["1216-R01"])],
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> AllMoneyOut:
    """Of an office also what it paid in, and what its riders and agents carry. An office asks for its own."""
    return AllMoneyOut.of(taka.money_with(connection, engine.facts, kind, holder, at, who.office))


@router.get("/ageing", summary="How old the money is, by place or by merchant")
def ageing(
    _: ThePost,
    connection: InTransaction,
    at: Now,
    by: Annotated[Literal["place", "merchant"], Query(description="What to tell apart.")] = "place",
) -> AgeingOut:
    """Every balance of the ledger, by the days its money has been there; for merchants, since it was collected."""
    lines = taka.ageing(connection, at, by)
    return AgeingOut(
        lines=[AgeingLineOut.of(line) for line in lines], balance_poisha=sum(line.balance_poisha for line in lines)
    )


@router.get("/alarms", summary="Money that is not where it should be", responses=answers(404))
def money_alarms(
    who: Staff,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    office: OfficeOnly = None,
    kind: AlarmKind | None = None,
    older_than_hours: Annotated[int, Query(ge=0, le=10**5)] = 0,
    unowned: Annotated[bool, Query(description="Only those that nobody has taken on.")] = False,
    limit: Limit = 100,
) -> AlarmsOut:
    """As the watch last found them. An office sees its own."""
    found = watching.open_alarms(
        connection,
        at,
        office=in_office(engine, who, office) if office else who.office,
        kind=kind,
        older_than=timedelta(hours=older_than_hours),
        unowned=unowned,
        limit=limit,
    )
    return AlarmsOut(alarms=[AlarmOut.told(one) for one in found])


@router.post("/alarms/{alarm_id}/take", summary="Take an alarm on", responses=answers(400, 404, 409, 413))
def take_money_alarm(alarm_id: UUID, asked: TakeAlarmIn, who: Staff, connection: InTransaction) -> AlarmOut:
    """From now on this person looks into it. It closes itself when all is well."""
    return AlarmOut.told(watching.take_alarm(connection, alarm_id, asked.by, who.office))
