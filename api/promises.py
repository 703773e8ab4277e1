"""On which day a parcel will be there and how surely, and how often that was so."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import Field

from api.context import Anyone, InTransaction, Item, Now, TheEngine, ThePost
from api.fields import Day, Instant, Out
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.promises.promising import Quote, forecast, quote
from post_logistics.operations.promises.punctuality import punctuality
from post_logistics.tracking.forecast import Forecast

router = Slice(prefix="/v1", tags=["promises"], responses=answers(401))

Chance = Annotated[float, Field(ge=0, le=1, examples=[0.93])]
From = Annotated[str, Query(alias="from", max_length=12, description="Postcode of the store.", examples=["1205"])]
To = Annotated[str, Query(max_length=12, description="Postcode of the recipient.", examples=["1216"])]


class DayChanceOut(Out):
    """The chance that a parcel is handed over on that day."""

    day: date
    chance: Chance


def _by_day(chances: Iterable[tuple[date, float]]) -> list[DayChanceOut]:
    return [DayChanceOut(day=day, chance=round(chance, 4)) for day, chance in chances]


class PromiseOut(Out):
    """What can be promised of a parcel that is booked at that time."""

    pickup_office: str
    delivery_office: str
    booked_at: datetime
    promised_on: Annotated[date, Field(description="The day it goes out if all goes to plan: what a booking says.")]
    probability: Annotated[Chance, Field(description="That it is handed over by then.")]
    at_least: Annotated[Chance, Field(description="How sure a day must be to be called sure.")]
    sure_on: Annotated[date | None, Field(description="The first day that is so sure; null if none is.")]
    sure_probability: Chance
    by_day: list[DayChanceOut]

    @classmethod
    def quoted(cls, found: Quote, at: datetime) -> Self:
        """The answer made of a quote."""
        return cls(
            pickup_office=found.pickup_office,
            delivery_office=found.delivery_office,
            booked_at=at,
            promised_on=found.promised_on,
            probability=round(found.probability, 4),
            at_least=found.at_least,
            sure_on=found.sure_on,
            sure_probability=round(found.sure_probability, 4),
            by_day=_by_day(found.by_day),
        )


class ForecastOut(Out):
    """When an item will be handed over, by what is known of it now."""

    item_number: str
    expected_on: Annotated[
        date | None, Field(description="Nine in ten of those handed over at all are by then. Null: it is not coming.")
    ]
    probability: Annotated[Chance, Field(description="That this one is handed over by then.")]
    by_day: list[DayChanceOut]

    @classmethod
    def made(cls, item_number: str, found: Forecast) -> Self:
        """The answer made of a forecast."""
        return cls(
            item_number=item_number,
            expected_on=found.expected_on,
            probability=round(found.probability, 4),
            by_day=_by_day(found.by_day),
        )


class TallyOut(Out):
    """So many parcels: in time, later, not handed over. The percentage of none is null."""

    name: Annotated[str, Field(description="The lane or the office of delivery.", examples=["1205-1216"])]
    parcels: int
    on_time: int
    late: int
    missing: int
    on_time_percent: float | None


class CauseOut(Out):
    """So many parcels missed their day for one reason in one place."""

    reason: Annotated[str, Field(description="Empty: nobody gave one.")]
    blame: str
    custodian: Annotated[str, Field(description="Who had them when they fell behind.", examples=["office:1215"])]
    parcels: int


class PunctualityOut(Out):
    """Of the parcels promised for days from ``start`` on and before ``end``, as far as these have come."""

    start: date
    end: date
    total: TallyOut
    lanes: list[TallyOut]
    offices: list[TallyOut]
    causes: list[CauseOut]


@router.get("/promises", summary="On which day a parcel would be there", responses=answers(404))
def quote_day(
    origin: From,
    to: To,
    who: Anyone,
    connection: InTransaction,
    engine: TheEngine,
    now: Now,
    at: Annotated[Instant | None, Query(description="When it is booked; now if left out.")] = None,
) -> PromiseOut:
    """The day that a booking would name, how sure that is, and the first day that is sure."""
    booked_at = at or now
    return PromiseOut.quoted(quote(connection, engine.facts, origin, to, booked_at), booked_at)


@router.get("/items/{item_number}/forecast", summary="When an item will be handed over", responses=answers(404))
def item_forecast(item: Item, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now) -> ForecastOut:
    """Revised with every scan. A merchant sees its own items; another's is not found."""
    return ForecastOut.made(item, forecast(connection, engine.facts, item, at, who.merchant_id))


@router.get("/punctuality", summary="How many parcels were there on the day promised", responses=answers(403))
def on_time(
    start: Annotated[Day, Query(description="The first day that counts.")],
    end: Annotated[Day, Query(description="The first day that does not count any more.", examples=["2026-12-01"])],
    who: ThePost,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
) -> PunctualityOut:
    """By lane and by office, and of the others the reason and the custodian with whom the time was lost."""
    return PunctualityOut.of(punctuality(connection, engine.facts, start, end, at))
