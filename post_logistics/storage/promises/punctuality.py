"""Which of the parcels promised for some days were handed over by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from post_logistics.storage.rows import read
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True)
class LaneTally:
    """The parcels of one lane whose day has come: so many in time, so many later, so many not yet or never."""

    origin: str
    destination: str
    parcels: int
    on_time: int
    late: int
    missing: int
    missed_items: list[str]


@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised of a parcel."""

    item_number: str
    pickup_office: Postcode
    delivery_office: Postcode
    booked_at: datetime
    promised_on: date


_LANES = text(
    """
    with due as (
        select item_number, pickup_office, delivery_office, promised_on, case
            when state in ('delivered', 'partially_delivered', 'delivered_claimed', 'partially_claimed') then since end
            as closed_at
        from consignments join journeys using (item_number)
        where promised_on >= :start and promised_on < :end and state <> 'cancelled'
    ), handed_over as (
        select item_number, (min(
            case when occurred_at + clock_offset_s * interval '1 second'
                between recorded_at - interval '30 days' and recorded_at
            then occurred_at + clock_offset_s * interval '1 second' else recorded_at end
        ) at time zone 'Asia/Dhaka')::date as on_day
        from due join scans using (item_number)
        where event in ('delivered_claimed', 'delivered_confirmed', 'partially_delivered', 'exchanged')
            and not exists (
                select from scans later where later.item_number = scans.item_number and later.voids = scans.scan_id
            )
        group by item_number
    ), outcome as (
        select item_number, pickup_office, delivery_office, coalesce(handed_on <= promised_on, false) as on_time,
            handed_on is null as missing
        from due left join handed_over using (item_number) cross join lateral (
            select coalesce(on_day, (closed_at at time zone 'Asia/Dhaka')::date) as handed_on
        ) as day
        where handed_on is not null or promised_on < :today
    )
    select pickup_office as origin, delivery_office as destination, count(*) as parcels,
        count(*) filter (where on_time) as on_time, count(*) filter (where not on_time and not missing) as late,
        count(*) filter (where missing) as missing,
        coalesce(array_agg(item_number order by item_number) filter (where not on_time), '{}') as missed_items
    from outcome group by pickup_office, delivery_office order by pickup_office, delivery_office
    """
)


def load_lanes(connection: Connection, start: date, end: date, today: date) -> list[LaneTally]:
    """The parcels promised from ``start`` on and before ``end``, lane by lane. Cancelled ones are left out, and those
    not handed over whose day is not before ``today``. Where the scans are archived, the last state says when."""
    return read(connection.execute(_LANES, {"start": start, "end": end, "today": today}), LaneTally)


def load_promised(connection: Connection, item_numbers: Sequence[str]) -> list[Promised]:
    """What was promised of each of those items."""
    rows = connection.execute(
        text(
            "select item_number, pickup_office, delivery_office, booked_at, promised_on from consignments "
            "where item_number = any(cast(:items as text[])) order by item_number"
        ),
        {"items": list(item_numbers)},
    )
    return read(rows, Promised)
