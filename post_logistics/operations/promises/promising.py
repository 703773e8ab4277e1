"""On which day a parcel will be handed over, and how surely: before it is booked, and from wherever it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from post_logistics.errors import NotFound
from post_logistics.operations.facts import Facts
from post_logistics.operations.orders.booking import promise
from post_logistics.storage.database import Connection
from post_logistics.storage.promises.forecasts import load_whereabouts
from post_logistics.tracking.forecast import NOTHING, Forecast, forecast_of
from post_logistics.units import DHAKA, Postcode, latin_digits


@dataclass(frozen=True, slots=True)
class Quote:
    """What can be promised of a parcel that is booked now. ``promised_on``: the day it goes out if all goes to plan,
    which a booking names; ``probability``: the chance that it is handed over by then. ``sure_on``: the first day by
    which it is handed over with a chance of ``at_least``, and ``sure_probability``; None and 0 if no day is so sure.
    ``by_day``: as in a forecast.
    """

    pickup_office: Postcode
    delivery_office: Postcode
    promised_on: date
    probability: float
    at_least: float
    sure_on: date | None
    sure_probability: float
    by_day: tuple[tuple[date, float], ...]


def quote(connection: Connection, facts: Facts, origin: str, destination: str, at: datetime) -> Quote:
    """The day that can be promised of a parcel booked then from one postcode to another, and how surely.

    NotFound if there is no such postcode; OutsideCoverage if the service does not reach it on that day.
    """
    today = at.astimezone(DHAKA).date()
    coverage = facts.coverage(today)
    pickup_office, delivery_office = (
        coverage.responsible(Postcode(latin_digits(code).strip())).postcode for code in (origin, destination)
    )
    prospects = facts.experience.known(connection, at)
    at_least = prospects.assumed.at_least
    found = forecast_of(prospects.booked(pickup_office, delivery_office, at, at), today, at_least)
    promised_on, sure_on = promise(facts, pickup_office, delivery_office, at), found.earliest(at_least)
    return Quote(
        pickup_office=pickup_office,
        delivery_office=delivery_office,
        promised_on=promised_on,
        probability=found.by(promised_on),
        at_least=at_least,
        sure_on=sure_on,
        sure_probability=found.by(sure_on) if sure_on else 0.0,
        by_day=found.by_day,
    )


def forecasts(
    connection: Connection, facts: Facts, item_numbers: Sequence[str], at: datetime, merchant_id: str | None = None
) -> dict[str, Forecast]:
    """The forecast of each of those items that is booked, for ``merchant_id`` if one is named; by number."""
    prospects = facts.experience.known(connection, at)
    today = at.astimezone(DHAKA).date()
    return {
        item.item_number: forecast_of(prospects.days(item, at), today, prospects.assumed.at_least)
        for item in load_whereabouts(connection, item_numbers)
        if merchant_id in {None, item.merchant_id}
    }


def forecast(
    connection: Connection, facts: Facts, item_number: str, at: datetime, merchant_id: str | None = None
) -> Forecast:
    """When an item will be handed over, by all that is known of it now; NotFound if there is none, or it is another
    merchant's: the two answer alike."""
    found = forecasts(connection, facts, [item_number], at, merchant_id).get(item_number)
    if found is None:
        raise NotFound(f"no item {item_number}", field="item_number", remedy="check the number on the label or receipt")
    return found


def expected_on(connection: Connection, facts: Facts, item_number: str, at: datetime) -> date | None:
    """The day by which an item is expected, as anyone with its number may know; None if it is not on its way to its
    recipient, or not booked."""
    return forecasts(connection, facts, [item_number], at).get(item_number, NOTHING).expected_on
