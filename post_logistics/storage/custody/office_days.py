"""What a manager of one office asks: which parcels these are, who has them since when, and what a day brought."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, TextClause, text

from post_logistics.storage.rows import read
from post_logistics.tracking.scans import LONGEST_OFFLINE
from post_logistics.units import DHAKA


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Things in custody: those of these ``holders``, and those under way to ``coming_to``; of them, what is so."""

    holders: Sequence[str] = ()
    coming_to: str | None = None
    states: Sequence[str] | None = None
    bound_for: str | None = None
    promised_before: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item or a bag in custody, and the scan that is due next."""

    number: str
    is_bag: bool
    state: str
    holder: str
    since: datetime
    destination: str
    receptacle: str | None
    promised_on: date | None
    """None of a bag."""
    event: str | None
    due_at: datetime | None


_HELD = """
    with held as (
        select * from custody where holder = any(:holders)
        union
        select * from custody where destination = :coming_to and state = 'dispatched'
    ), wanted as (
        select held.*, promised_on from held left join consignments using (item_number)
        where (cast(:states as text[]) is null or state = any(:states))
            and (cast(:bound_for as text) is null or held.destination = :bound_for)
            and (cast(:promised_before as date) is null or promised_on < :promised_before)
    )
"""


def _of_held(rest: str) -> TextClause:
    return text(_HELD + rest)


_LIST = _of_held(
    """
    select item_number as number, is_bag, state, holder, since, destination, receptacle, promised_on, event, due_at
    from wanted left join lateral (
        select event, due_at from custody_due where item_number = wanted.item_number offset 0
    ) as due on true
    order by since, item_number limit :limit offset :skip
    """
)
_COUNT = _of_held("select count(*) from wanted")


def load_listed(connection: Connection, wanted: Wanted, limit: int, skip: int = 0) -> list[Listed]:
    """Those things, the longest held first; ``skip``: without the first so many."""
    return read(connection.execute(_LIST, _given(wanted) | {"limit": limit, "skip": skip}), Listed)


def count_listed(connection: Connection, wanted: Wanted) -> int:
    """How many they are."""
    return int(connection.execute(_COUNT, _given(wanted)).scalar_one())


def _given(wanted: Wanted) -> dict[str, Any]:
    return asdict(wanted) | {"holders": list(wanted.holders), "states": wanted.states and list(wanted.states)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What one holder has."""

    holder: str
    items: int
    tried: int
    """Of these, those that could not be handed over."""
    since: datetime
    """Of the oldest."""


_HANDS = text(
    """
    select holder, count(*) as items, count(*) filter (where state = 'attempt_failed') as tried, min(since) as since
    from custody where holder = any(:holders) and not is_bag and state not in ('delivered_claimed', 'partially_claimed')
    group by holder order by holder
    """
)


def load_hands(connection: Connection, holders: Sequence[str]) -> list[Hand]:
    """Those of the holders who have parcels that are not handed over yet."""
    return read(connection.execute(_HANDS, {"holders": list(holders)}), Hand)


_AGES = text(
    """
    select cast(:today as date) - cast(since at time zone 'Asia/Dhaka' as date) as days, count(*) as items
    from custody where holder = :holder and not is_bag and destination = :office group by days order by days
    """
)


def load_ages(connection: Connection, office: str, today: date) -> dict[int, int]:
    """Days since it came to its state -> how many parcels that the office has to deliver lie there so long."""
    rows = connection.execute(_AGES, {"today": today, "holder": f"office:{office}", "office": office})
    return {max(days, 0): items for days, items in rows}


_OWNERS = text(
    "select owner, count(*) as cases from exceptions where closed_at is null and office = :office "
    "group by owner order by owner"
)


def load_owners(connection: Connection, office: str) -> dict[str, int]:
    """Who took on how many of the office's open exceptions; under an empty name those that nobody did."""
    return {row.owner: row.cases for row in connection.execute(_OWNERS, {"office": office})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What happened on a day to how many parcels, in whose hands and why."""

    event: str
    holder: str
    reason: str | None
    items: int


_HAPPENED = text(
    """
    with told as (
        select scan_id, item_number, event, holder, reason, case
            when occurred_at + clock_offset_s * interval '1 second' between recorded_at - cast(:offline as interval)
                and recorded_at
            then occurred_at + clock_offset_s * interval '1 second' else recorded_at end as at
        from scans where office = :office and recorded_at >= :begins_at
            and recorded_at < cast(:ends_at as timestamptz) + cast(:offline as interval) and voids is null
    )
    select event, holder, reason, count(distinct item_number) as items from told
    where at >= :begins_at and at < :ends_at and length(item_number) = 13
        and not exists (select from scans as later where later.voids = told.scan_id)
    group by event, holder, reason order by event, holder, reason
    """
)


def load_happened(connection: Connection, office: str, on: date) -> list[Happened]:
    """What was scanned at the office or by its riders on that local day, mistakes left out."""
    given = {"office": office, "offline": LONGEST_OFFLINE, **_day(on)}
    return read(connection.execute(_HAPPENED, given), Happened)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """The exceptions of one kind on a day."""

    kind: str
    opened: int
    closed: int
    open: int
    """When the day ended, or now."""


_GAPS = text(
    """
    select kind, count(*) filter (where opened_at >= :begins_at) as opened,
        count(*) filter (where closed_at < :ends_at) as closed,
        count(*) filter (where closed_at is null or closed_at >= :ends_at) as open
    from exceptions where office = :office and opened_at < :ends_at
        and (closed_at is null or closed_at >= :begins_at)
    group by kind order by kind
    """
)


def load_gaps(connection: Connection, office: str, on: date) -> list[Gaps]:
    """What had to be looked into at the office on that local day."""
    return read(connection.execute(_GAPS, {"office": office, **_day(on)}), Gaps)


def _day(on: date) -> Mapping[str, datetime]:
    begins_at = datetime.combine(on, time.min, DHAKA)
    return {"begins_at": begins_at, "ends_at": begins_at + timedelta(days=1)}
