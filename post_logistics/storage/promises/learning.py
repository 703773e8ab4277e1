"""What the scans of past days show of legs and offices: counted by the server, day by day, and read as totals.

A day that is counted again replaces what was counted of it before, so that scans which came in late find their place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, TextClause, select, text

from post_logistics.network.timetable import Leg
from post_logistics.storage.rows import read
from post_logistics.storage.schema import leg_times
from post_logistics.units import DHAKA

LONGEST_RUN_MINUTES = 2 * 24 * 60
"""What seems to be under way for longer was not scanned where it arrived."""

_SCANS = """
    with scan as (
        select item_number, event, office, holder, reason, sequence, scan_id,
            case when occurred_at + clock_offset_s * interval '1 second'
                between recorded_at - interval '30 days' and recorded_at
            then occurred_at + clock_offset_s * interval '1 second' else recorded_at end as at
        from scans
        where recorded_at >= :from_at and event = any(cast(:events as text[])) and scan_id not in (
            select voids from scans where recorded_at >= :from_at and voids is not null
        )
    )
"""
"""Scans that count, at the time that ``Scan.corrected_at`` gives them."""


def _of_scans(rest: str) -> TextClause:
    return text(_SCANS + rest)


_COUNT_RUNS = _of_scans(
    """
    , move as (
        select holder, at, lead(event) over later as next_event, lead(office) over later as next_office,
            lead(at) over later as next_at
        from scan window later as (partition by item_number order by at, sequence, scan_id)
    ), trip as (
        select leg_id, day + make_interval(days => round(
                extract(epoch from local_at - (day + depart)) / 86400)::integer) + depart as depart_at,
            arrive - depart as planned, local_at, next_at at time zone 'Asia/Dhaka' as next_local_at
        from (
            select leg_id, destination, make_interval(mins => depart_minute) as depart,
                make_interval(mins => arrive_minute) as arrive, at at time zone 'Asia/Dhaka' as local_at,
                date_trunc('day', at at time zone 'Asia/Dhaka') as day, next_event, next_office, next_at
            from move join unnest(
                cast(:legs as text[]), cast(:destinations as text[]), cast(:departs as integer[]),
                cast(:arrives as integer[])
            ) as leg (leg_id, destination, depart_minute, arrive_minute)
                on leg_id = split_part(substr(holder, 9), '/', 1)
            where holder like 'vehicle:%' and next_event = any(:arriving) and next_office = destination
        ) as begun
    )
    insert into leg_runs (leg_id, depart_at, minutes, late_minutes, things)
    select leg_id, depart_at at time zone 'Asia/Dhaka',
        percentile_disc(0.5) within group (order by extract(epoch from next_local_at - local_at) / 60)::integer,
        percentile_disc(0.5) within group (
            order by greatest(0, extract(epoch from next_local_at - depart_at - planned) / 60))::integer,
        count(*)
    from trip
    where next_local_at - local_at between interval '1 second' and make_interval(mins => :longest)
        and depart_at >= :first_local
    group by leg_id, depart_at
    on conflict (leg_id, depart_at) do update
        set minutes = excluded.minutes, late_minutes = excluded.late_minutes, things = excluded.things
    """
)

_SUM_UP_LEGS = text(
    """
    insert into leg_times (leg_id, planned_minutes, usual_minutes, slow_minutes, samples)
    select leg_id, planned_minutes,
        case when count(depart_at) >= :fewest then percentile_disc(0.5) within group (order by minutes) end,
        case when count(depart_at) >= :fewest then percentile_disc(0.95) within group (order by minutes) end,
        count(depart_at)
    from unnest(cast(:legs as text[]), cast(:planned as integer[])) as leg (leg_id, planned_minutes)
    left join (select * from leg_runs where depart_at >= :since) as run using (leg_id)
    group by leg_id, planned_minutes
    on conflict (leg_id) do update set planned_minutes = excluded.planned_minutes,
        usual_minutes = excluded.usual_minutes, slow_minutes = excluded.slow_minutes, samples = excluded.samples
    """
)

_COUNT_TRIES = _of_scans(
    """
    , outcome as (
        select item_number, office, (at at time zone 'Asia/Dhaka')::date as on_day, event, reason,
            1 + count(*) filter (where event = 'attempt_failed') over (
                before rows between unbounded preceding and 1 preceding) as nth
        from (
            select *, lag(event) over (partition by item_number order by at, sequence, scan_id) as before_it from scan
        ) as each
        where event in ('attempt_failed', 'delivered_claimed', 'partially_delivered', 'exchanged')
            and (before_it = 'out_for_delivery' or (before_it = 'attempt_failed' and event <> 'attempt_failed'))
        window before as (partition by item_number order by at, sequence, scan_id)
    ), share as (
        select on_day, office, 'try_' || least(nth, 9) as what, event <> 'attempt_failed' as good from outcome
        union all
        select on_day, office, 'refused', coalesce(reason = 'refused_by_recipient', false) from outcome
    )
    insert into office_days (on_day, office, what, times, good)
    select on_day, office, what, count(*), count(*) filter (where good) from share
    where on_day >= :first_day and on_day < :until_day group by on_day, office, what
    """
)

_COUNT_STAYS = _of_scans(
    """
    , move as (
        select office, event, at, lead(event) over later as next_event, lead(office) over later as next_office,
            lead(at) over later as next_at
        from scan window later as (partition by item_number order by at, sequence, scan_id)
    ), kept as (
        select office, event, at, next_at, (next_at at time zone 'Asia/Dhaka')::date as on_day,
            (at + make_interval(mins => :handling)) at time zone 'Asia/Dhaka' as ready_at
        from move where office = next_office and (
            event in ('accepted', 'received_at_hub') and next_event in ('bagged', 'dispatched')
            or event = 'at_delivery_office' and next_event = 'out_for_delivery'
        )
    ), stay as (
        select on_day, office, 'sent_on' as what, floor(extract(epoch from next_at - at) / 86400)::integer as lost
        from kept where event <> 'at_delivery_office'
        union all
        select on_day, office, 'taken_out',
            greatest(0, on_day - ready_at::date - (ready_at::time > cast(:tour as time))::integer)
        from kept where event = 'at_delivery_office'
    )
    insert into office_days (on_day, office, what, times, good)
    select on_day, office, what, sum(1 + lost), count(*) from stay
    where on_day >= :first_day and on_day < :until_day group by on_day, office, what
    """
)

_COUNT_PICKUPS = _of_scans(
    """
    , collected as (
        select pickup_office as office, (min(at) at time zone 'Asia/Dhaka')::date as on_day,
            (booked_at at time zone 'Asia/Dhaka')::date
                + ((booked_at at time zone 'Asia/Dhaka')::time > cast(:round as time))::integer as round_on
        from scan join consignments using (item_number) group by item_number, pickup_office, booked_at
    )
    insert into office_days (on_day, office, what, times, good)
    select on_day, office, 'picked_up', sum(1 + greatest(0, on_day - round_on)), count(*) from collected
    where on_day >= :first_day and on_day < :until_day group by on_day, office
    """
)


@dataclass(frozen=True, slots=True)
class Period:
    """The days to count: from ``first_day`` on, up to the one before ``until_day``."""

    first_day: date
    until_day: date

    @property
    def first_at(self) -> datetime:
        """The midnight with which the first day begins."""
        return datetime.combine(self.first_day, time(), DHAKA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the days are counted by. ``tour``: when riders leave for the recipients; ``round``: for the merchants."""

    legs: Sequence[Leg]
    tour: time
    round: time
    handling_minutes: int


@dataclass(frozen=True, slots=True)
class Share:
    """Of so many times that something should have happened at an office, how often it did."""

    office: str
    what: str
    times: int
    good: int


@dataclass(frozen=True, slots=True)
class LegTime:
    """How long a leg takes: by the timetable; half and 95 of a hundred of its ``samples``, None if they are too few."""

    leg_id: str
    planned_minutes: int
    usual_minutes: int | None
    slow_minutes: int | None
    samples: int


@dataclass(frozen=True, slots=True)
class Lateness:
    """So many runs of a leg arrived so many minutes late."""

    leg_id: str
    late_minutes: int
    runs: int


_RUN_EVENTS = ("dispatched", "received_at_hub", "at_delivery_office", "opened", "lost")
_ARRIVING = ("received_at_hub", "at_delivery_office", "opened")
_TRY_EVENTS = (
    *("out_for_delivery", "attempt_failed", "delivered_claimed", "partially_delivered", "exchanged"),
    *("at_delivery_office", "at_pickup_point", "on_hold"),
)
_STAY_EVENTS = (
    *("accepted", "received_at_hub", "at_delivery_office", "bagged", "dispatched", "out_for_delivery"),
    *("on_hold", "at_pickup_point", "area_changed", "attempt_failed", "opened", "sealed"),
)

_COUNTS = (
    (_COUNT_RUNS, _RUN_EVENTS, timedelta(days=3)),
    (_COUNT_TRIES, _TRY_EVENTS, timedelta(days=14)),
    (_COUNT_STAYS, _STAY_EVENTS, timedelta(days=7)),
    (_COUNT_PICKUPS, ("accepted",), timedelta(days=3)),
)
"""Statement, the events that it reads, and how long before the first day: what began there may end in it."""


def count_days(connection: Connection, days: Period, habits: Habits) -> None:
    """Counts what the scans show of the runs that left on those days, and of the offices on each of them."""
    asked = {
        "first_local": datetime.combine(days.first_day, time()),
        "first_day": days.first_day,
        "until_day": days.until_day,
        "tour": habits.tour,
        "round": habits.round,
        "handling": habits.handling_minutes,
        "arriving": list(_ARRIVING),
        "longest": LONGEST_RUN_MINUTES,
        **_legs(habits.legs),
    }
    connection.execute(text("set local work_mem = '128MB'"))
    connection.execute(text("delete from office_days where on_day >= :first_day and on_day < :until_day"), asked)
    for statement, events, before in _COUNTS:
        connection.execute(statement, asked | {"events": list(events), "from_at": days.first_at - before})
    connection.execute(text("reset work_mem"))


def sum_up_legs(connection: Connection, legs: Sequence[Leg], since: datetime, fewest_runs: int) -> None:
    """Writes how long each leg takes, by the timetable and by its runs since then if they are enough."""
    connection.execute(_SUM_UP_LEGS, _legs(legs) | {"since": since, "fewest": fewest_runs})


def _legs(legs: Sequence[Leg]) -> dict[str, Sequence[str] | Sequence[int]]:
    return {
        "legs": [leg.leg_id for leg in legs],
        "destinations": [leg.destination for leg in legs],
        "departs": [leg.depart_minute for leg in legs],
        "arrives": [leg.arrive_minute for leg in legs],
        "planned": [leg.arrive_minute - leg.depart_minute for leg in legs],
    }


def forget_before(connection: Connection, first: Period) -> None:
    """Removes what was counted of earlier days."""
    connection.execute(text("delete from office_days where on_day < :day"), {"day": first.first_day})
    connection.execute(text("delete from leg_runs where depart_at < :at"), {"at": first.first_at})


def last_counted(connection: Connection) -> date | None:
    """The last day of which anything was counted."""
    found: date | None = connection.execute(text("select max(on_day) from office_days")).scalar()
    return found


def load_shares(connection: Connection, first_day: date) -> list[Share]:
    """Every share of every office since that day."""
    rows = connection.execute(
        text(
            "select office, what, sum(times)::bigint as times, sum(good)::bigint as good from office_days "
            "where on_day >= :first group by office, what order by office, what"
        ),
        {"first": first_day},
    )
    return read(rows, Share)


def load_lateness(connection: Connection, since: datetime) -> list[Lateness]:
    """How late the runs since then were."""
    rows = connection.execute(
        text(
            "select leg_id, late_minutes, count(*) as runs from leg_runs where depart_at >= :since "
            "group by leg_id, late_minutes order by leg_id, late_minutes"
        ),
        {"since": since},
    )
    return read(rows, Lateness)


def load_leg_times(connection: Connection) -> list[LegTime]:
    """How long each leg takes, in the order of the legs."""
    return read(connection.execute(select(leg_times).order_by(leg_times.c.leg_id)), LegTime)
