"""Who answers for what: the rules of what is due, who has a thing, what one holder has, what all offices have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, TextClause, text

from post_logistics.network.timetable import Leg
from post_logistics.storage.rows import read
from post_logistics.tracking.due import DueRule
from post_logistics.units import DHAKA

_DECLARE_RULES = text(
    """
    with told as (
        select * from unnest(cast(:states as text[]), cast(:hands as text[]), cast(:events as text[]),
            cast(:minutes as integer[]), cast(:until as timestamptz[]), cast(:leg_minutes as integer[]))
            as told (state, holder_kind, event, minutes, until, leg_minutes)
    ), gone as (
        delete from due_rules as old where not exists (
            select from told where told.state = old.state and told.holder_kind = old.holder_kind)
    )
    insert into due_rules as old (state, holder_kind, event, minutes, until, leg_minutes) select * from told
    on conflict (state, holder_kind) do update set event = excluded.event, minutes = excluded.minutes,
        until = excluded.until, leg_minutes = excluded.leg_minutes
        where (old.event, old.minutes, old.until, old.leg_minutes)
            is distinct from (excluded.event, excluded.minutes, excluded.until, excluded.leg_minutes)
    """
)

_DECLARE_LEGS = text(
    """
    insert into leg_times as old (leg_id, destination, planned_minutes) select * from unnest(
        cast(:legs as text[]), cast(:destinations as text[]), cast(:minutes as integer[]))
    on conflict (leg_id) do update set destination = excluded.destination, planned_minutes = excluded.planned_minutes
        where (old.destination, old.planned_minutes) is distinct from (excluded.destination, excluded.planned_minutes)
    """
)

_SOME_DAY = date(2000, 1, 1)


def declare_due_rules(connection: Connection, rules: Iterable[DueRule]) -> None:
    """Makes the rules of the database those of the file; what stands already is not written again."""
    told = list(rules)
    connection.execute(
        _DECLARE_RULES,
        {
            "states": [rule.state for rule in told],
            "hands": [rule.holder_kind for rule in told],
            "events": [rule.event.value for rule in told],
            "minutes": [rule.minutes for rule in told],
            "until": [rule.until and datetime.combine(_SOME_DAY, rule.until, DHAKA) for rule in told],
            "leg_minutes": [rule.leg_minutes for rule in told],
        },
    )


def declare_legs(connection: Connection, legs: Iterable[Leg]) -> None:
    """Every leg of the timetable has its planned time and its end; what was learned of it stays."""
    told = list(legs)
    connection.execute(
        _DECLARE_LEGS,
        {
            "legs": [leg.leg_id for leg in told],
            "destinations": [leg.destination for leg in told],
            "minutes": [leg.arrive_minute - leg.depart_minute for leg in told],
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Who answers for an item or bag, and what is due next."""

    item_number: str
    state: str
    holder: str
    office: str
    destination: str
    since: datetime
    receptacle: str | None
    """The bag that it is in."""
    travels_with: str | None
    """The outermost closed bag that it is in, whose next scan is then the one that is due."""
    event: str | None
    due_at: datetime | None
    concerns: str | None
    """The office whose business it is if that scan does not come."""


_CUSTODY = text(
    """
    with recursive around (number, state, holder, office, destination, since, receptacle, in_closed_bag, depth) as (
        select item_number, state, holder, office, destination, since, receptacle, in_closed_bag, 0
        from custody where item_number = :number
        union all
        select outside.item_number, outside.state, outside.holder, outside.office, outside.destination, outside.since,
            outside.receptacle, outside.in_closed_bag, depth + 1
        from around cross join lateral (
            select * from custody where item_number = around.receptacle and around.in_closed_bag offset 0
        ) as outside where depth < 9
    )
    select own.number as item_number, own.state, own.holder, own.office, own.destination, own.since, own.receptacle,
        nullif(last.number, own.number) as travels_with, due.event, due.due_at, due.concerns
    from around as own
    cross join (select number from around order by depth desc limit 1) as last
    left join lateral (select * from custody_due where item_number = last.number offset 0) as due on true
    where own.depth = 0
    """
)


def load_custody(connection: Connection, number: str) -> Custody | None:
    """Who answers for that item or bag now; None if nobody of the post does."""
    return next(iter(read(connection.execute(_CUSTODY, {"number": number}), Custody)), None)


_OWN_NUMBER = text(
    """
    select item_number from journeys where item_number = :number
    union all select item_number from item_aliases where alias = :number
    union all select receptacle from receptacles where receptacle = :number
    limit 1
    """
)


def own_number(connection: Connection, number: str) -> str | None:
    """The number under which that item or bag is known, whichever of its labels was read; None if none was issued."""
    return connection.execute(_OWN_NUMBER, {"number": number}).scalar()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A scan that is due."""

    item_number: str
    state: str
    event: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What one holder answers for. Counts by state are state -> how many; those of kinds, kind -> how many."""

    items: Mapping[str, int]
    bags: Mapping[str, int]
    in_bags: int
    """Of the items, those in a bag that is not opened yet."""
    oldest_since: datetime | None
    overdue: int
    next_due: tuple[Due, ...]
    """The scans that are due soonest, those that are late already first."""
    exceptions: Mapping[str, int]
    unowned: int
    """Of the exceptions, those that nobody has taken on."""
    coming_items: int
    """Of an office: what is bound for it and on a vehicle now, in bags or not."""
    coming_bags: int


_BOARD = """
    with held as materialized (select * from custody where holder = :holder {seen}),
    due as materialized (select * from custody_due where holder = :holder {seen}),
    wrong as materialized (select kind, owner from exceptions where closed_at is null and {concerned}),
    coming as materialized (select is_bag from custody where destination = :office and state = 'dispatched'),
    counted (what, name, things) as (
        select case when is_bag then 'bags' else 'items' end, state, count(*) from held group by is_bag, state
        union all select 'exceptions', kind, count(*) from wrong group by kind
    )
    select (select jsonb_object_agg(what, counts) from (
            select what, jsonb_object_agg(name, things) as counts from counted group by what) as each) as counts,
        (select count(*) from held where in_closed_bag and not is_bag) as in_bags,
        (select min(since) from held) as oldest_since,
        (select count(*) from due where due_at < :at) as overdue,
        (select count(*) from wrong where owner = '') as unowned,
        (select count(*) from coming where not is_bag) as coming_items,
        (select count(*) from coming where is_bag) as coming_bags,
        (select jsonb_agg(to_jsonb(soon) order by due_at, item_number) from (
            select item_number, state, event, due_at from due order by due_at, item_number limit 20) as soon
        ) as next_due
"""
_OFFICE_BOARD = text(_BOARD.format(seen="", concerned="office = :office"))
_HANDS_BOARD = text(_BOARD.format(seen="", concerned="custodian = :holder"))
_HANDS_BOARD_SEEN_FROM = text(
    _BOARD.format(
        seen="and (office = :seen_from or destination = :seen_from)",
        concerned="custodian = :holder and office = :seen_from",
    )
)


def load_office_board(connection: Connection, office: str, at: datetime) -> Board:
    """What lies at the office itself, what is wrong there, what is on its way to it."""
    return _board(connection, _OFFICE_BOARD, {"holder": f"office:{office}", "office": office, "at": at})


def load_hands_board(connection: Connection, holder: str, at: datetime, seen_from: str | None) -> Board:
    """What a rider, vehicle or agent has; ``seen_from`` an office, only what was last there or is bound for it."""
    given = {"holder": holder, "office": None, "at": at}
    if seen_from is None:
        return _board(connection, _HANDS_BOARD, given)
    return _board(connection, _HANDS_BOARD_SEEN_FROM, given | {"seen_from": seen_from})


def _board(connection: Connection, query: TextClause, given: Mapping[str, Any]) -> Board:
    row = connection.execute(query, given).one()
    counts: Mapping[str, Mapping[str, int]] = row.counts or {}
    return Board(
        items=counts.get("items", {}),
        bags=counts.get("bags", {}),
        in_bags=row.in_bags,
        oldest_since=row.oldest_since,
        overdue=row.overdue,
        next_due=tuple(Due(**one | {"due_at": datetime.fromisoformat(one["due_at"])}) for one in row.next_due or ()),
        exceptions=counts.get("exceptions", {}),
        unowned=row.unowned,
        coming_items=row.coming_items,
        coming_bags=row.coming_bags,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeLine:
    """One office on the screen of a manager. Things in transit count where they were last scanned."""

    office: str
    items: int
    """Of these, who has them:"""
    at_office: int
    with_riders: int
    with_vehicles: int
    with_agents: int
    bags: int
    oldest_since: datetime | None
    overdue: int
    """As the gap detector last found it."""
    exceptions: int
    """Of every kind but overdue."""
    unowned: int
    """Exceptions, overdue or not, that nobody has taken on."""
    oldest_exception_at: datetime | None


_OFFICES = text(
    """
    with held as (
        select office, count(*) filter (where not is_bag) as items, count(*) filter (where is_bag) as bags,
            count(*) filter (where not is_bag and holder like 'office:%') as at_office,
            count(*) filter (where not is_bag and holder like 'rider:%') as with_riders,
            count(*) filter (where not is_bag and holder like 'vehicle:%') as with_vehicles,
            count(*) filter (where not is_bag and holder like 'agent:%') as with_agents,
            min(since) as oldest_since
        from custody group by office
    ), wrong as (
        select office, count(*) filter (where kind = 'overdue') as overdue,
            count(*) filter (where kind <> 'overdue') as exceptions, count(*) filter (where owner = '') as unowned,
            min(opened_at) as oldest_exception_at
        from exceptions where closed_at is null group by office
    )
    select office, coalesce(items, 0) as items, coalesce(at_office, 0) as at_office,
        coalesce(with_riders, 0) as with_riders, coalesce(with_vehicles, 0) as with_vehicles,
        coalesce(with_agents, 0) as with_agents, coalesce(bags, 0) as bags, oldest_since,
        coalesce(overdue, 0) as overdue, coalesce(exceptions, 0) as exceptions, coalesce(unowned, 0) as unowned,
        oldest_exception_at
    from held full join wrong using (office) order by overdue desc, exceptions desc, office
    """
)


def load_office_lines(connection: Connection) -> list[OfficeLine]:
    """A line for every office that has something or something wrong, the one with most overdue first."""
    return read(connection.execute(_OFFICES), OfficeLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentDevice:
    """A device that has made scans which never came, or has not been heard of for long."""

    device_id: str
    office: str | None
    """Where it was enrolled; None for one that only ever scanned."""
    missing: tuple[tuple[int, int], ...]
    """First and last of each stretch of sequences that was made and never uploaded."""
    missing_count: int
    last_seen_at: datetime


_SILENT = text(
    """
    select device_id, office, last_seen_at,
        array(select array[lower(gap), upper(gap) - 1] from unnest(gaps) as gap order by gap) as missing,
        (select coalesce(sum(upper(gap) - lower(gap)), 0)::bigint from unnest(gaps) as gap) as missing_count
    from devices cross join lateral (select int8multirange(range_merge(received)) - received as gaps) as between_them
    where retired_at is null and (not isempty(gaps) or (enrolled_at is not null and last_seen_at < :quiet_since))
        and (cast(:office as text) is null or office = :office)
    order by missing_count desc, last_seen_at, device_id limit :limit
    """
)


def load_silent_devices(
    connection: Connection, quiet_since: datetime, office: str | None, limit: int
) -> list[SilentDevice]:
    """Devices in use with holes in what they sent, and enrolled ones not heard of since then; most missing first."""
    rows = connection.execute(_SILENT, {"quiet_since": quiet_since, "office": office, "limit": limit})
    return read(rows, SilentDevice, missing=lambda gaps: tuple((first, last) for first, last in gaps))
