"""The two round trips of a batch of scans: lock and look, then keep all of it. Statements of a trip go out together.

What is locked, always in this order so that batches wait for one another and never in a circle: devices, bags, items.
Whoever scans a bag holds it and everything that was ever in it; whoever puts something into a bag holds that bag. So of
two batches that concern one thing the second sees what the first kept, whatever the order in which they came.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.multirange import Int8Multirange
from sqlalchemy import Connection

from post_logistics.storage.custody.devices import Upload
from post_logistics.storage.custody.scans import reason_of
from post_logistics.storage.rows import driver_of
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.journey import Misfit, Standing
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan
from post_logistics.units import Postcode

_INSIDE = """
    with recursive inside (number) as (
        select unnest(%(moved)s::text[])
        union
        select put_in.item_number from inside cross join lateral (
            select item_number from scans where scans.receptacle = inside.number offset 0
        ) as put_in
    )
"""
"""Every thing that was ever in one of the bags ``moved``, at any depth; the bags themselves, too. ``offset 0`` and the
arrays below keep these look-ups by number, whatever the server believes of tables that have just grown."""

_MAKE_MONTHS = "select ensure_months(%(instants)s::timestamptz[])"
_MEET_DEVICES = """
    insert into devices (device_id, last_seen_at)
    select device_id, %(at)s from unnest(%(devices)s::text[]) as device_id order by 1 on conflict do nothing
"""
_LOCK_DEVICES = """
    select device_id, received, public_key, retired_at from devices where device_id = any(%(devices)s::text[])
    order by device_id for update
"""
_MAKE_BAGS = """
    insert into receptacles (receptacle, made_at, state, holder, office, destination, since, misfits, last_at, version)
    select bag, %(at)s, 'open', 'office:' || substr(bag, 3, 4), substr(bag, 3, 4), substr(bag, 9, 4), %(at)s, 0,
        %(at)s, 0
    from unnest(%(bags)s::text[]) as bag
    where exists (
        select from bag_numbers where series = left(bag, 20) and bag ~ '[0-9]{3}$'
        and right(bag, 3) between to_char(first_serial, 'FM000') and to_char(last_serial, 'FM000')
    ) order by 1 on conflict do nothing
"""
_ITEM = "item_number, state, holder, office, since, attempts, misfits, receptacle, last_at"
_BAG = "receptacle, state, holder, office, since, 0, misfits, outer_receptacle, last_at, made_at"
_LOCK_BAGS = f"""
    select {_BAG} from receptacles where receptacle = any(%(bags)s::text[]) order by receptacle for update
"""  # noqa: S608 - here and below, only texts of this page go into one another
_LOCK_BAGS_INSIDE = f"""
    {_INSIDE} select {_BAG} from receptacles where receptacle = any(array(select number from inside))
    order by receptacle for update
"""  # noqa: S608
_ALIASES = "select alias, item_number from item_aliases where alias = any(%(numbers)s::text[])"
_LOCK_ITEMS = f"""
    select {_ITEM} from journeys where item_number = any(array(
        select unnest(%(numbers)s::text[])
        union all select item_number from item_aliases where alias = any(%(numbers)s::text[])
    )) order by item_number for update
"""  # noqa: S608
_LOCK_ITEMS_INSIDE = f"""
    {_INSIDE} select {_ITEM} from journeys where item_number = any(array(
        select unnest(%(numbers)s::text[])
        union all select item_number from item_aliases where alias = any(%(numbers)s::text[])
        union all select number from inside
    )) order by item_number for update
"""  # noqa: S608
_KNOWN = """
    with told as materialized (
        select told.scan_id, coalesce(item_aliases.item_number, told.number) as number
        from unnest(%(scan_ids)s::uuid[], %(each_number)s::text[], %(each_device)s::text[], %(each_sequence)s::bigint[])
            as told (scan_id, number, device_id, sequence)
        left join item_aliases on alias = told.number
        left join devices using (device_id)
        where devices.device_id is null or told.sequence <@ devices.received
    )
    select known.* from told cross join lateral (
        select * from scans where scans.item_number = told.number and scans.scan_id = told.scan_id offset 0
    ) as known
    union all
    select * from scans where voids = any(%(scan_ids)s::uuid[])
"""
"""Looked for is only what its device is known to have sent, or what the server did itself; and corrections of it."""


@dataclass(frozen=True, slots=True)
class Locked:
    """What a batch concerns, held until the transaction ends."""

    received: Mapping[str, Int8Multirange]
    """Device -> the sequences that came in before."""
    keys: Mapping[str, Mapping[str, Any]]
    """Device that signs what it sends -> its public key."""
    retired: Set[str]
    """Devices of which nothing more is believed."""
    items: Mapping[str, Standing]
    bags: Mapping[str, Standing]
    made_at: Mapping[str, datetime]
    """Bag -> when it was made."""
    aliases: Mapping[str, str]
    """Number on a return label, or on one printed anew -> the item's own number."""
    known: Mapping[UUID, Scan]
    """Those scans of the batch that are kept already, of the same things."""
    void: Set[tuple[str, UUID]]
    """(Number, scan): those that a correction took back before they came."""


def lock(connection: Connection, batch: Sequence[Scan], moved: Sequence[str], bags: Sequence[str]) -> Locked:
    """Holds everything that the batch concerns. ``bags``: all it names; ``moved``: those of them that are scanned."""
    asked = {
        "at": max(scan.recorded_at for scan in batch),
        "instants": list({scan.recorded_at for scan in batch}),
        "devices": sorted({scan.device_id for scan in batch if ":" not in scan.device_id}),
        "numbers": sorted({scan.item_number for scan in batch}),
        "scan_ids": [scan.scan_id for scan in batch],
        "each_number": [scan.item_number for scan in batch],
        "each_device": [scan.device_id for scan in batch],
        "each_sequence": [scan.sequence for scan in batch],
        "bags": sorted(bags),
        "moved": sorted(moved),
    }
    driver = driver_of(connection)
    with driver.pipeline():
        driver.execute(_MAKE_MONTHS, asked)
        devices = None
        if asked["devices"]:
            driver.execute(_MEET_DEVICES, asked)
            devices = driver.execute(_LOCK_DEVICES, asked)
        locked_bags = []
        if bags:
            driver.execute(_MAKE_BAGS, asked)
            locked_bags.append(driver.execute(_LOCK_BAGS, asked))
        if moved:  # twice: a bag put into one of these while we waited for it is seen the second time
            locked_bags += [driver.execute(_LOCK_BAGS_INSIDE, asked) for _ in range(2)]
        aliases = driver.execute(_ALIASES, asked)
        items = driver.execute(_LOCK_ITEMS_INSIDE if moved else _LOCK_ITEMS, asked)
        known = driver.cursor(row_factory=dict_row).execute(_KNOWN, asked)
    told = [_scan(row) for row in known.fetchall()]
    bag_rows = [row for cursor in locked_bags for row in cursor.fetchall()]
    met = devices.fetchall() if devices else []
    return Locked(
        received={device_id: received for device_id, received, _, _ in met},
        keys={device_id: key for device_id, _, key, _ in met if key is not None},
        retired={device_id for device_id, _, _, retired_at in met if retired_at is not None},
        items={row[0]: _standing(State, row) for row in items.fetchall()},
        bags={row[0]: _standing(BagState, row) for row in bag_rows},
        made_at={row[0]: row[-1] for row in bag_rows},
        aliases=dict(aliases.fetchall()),
        known={scan.scan_id: scan for scan in told},
        void={(scan.item_number, scan.voids) for scan in told if scan.voids is not None},
    )


_SCAN_FIELDS = tuple(field.name for field in fields(Scan) if field.init)


def _standing(states: type[StrEnum], row: Sequence[Any]) -> Standing:
    _, state, holder, office, since, attempts, misfits, receptacle, last_at, *_ = row
    return Standing(
        state=states(state),
        holder=holder,
        office=office,
        since=since,
        attempts=attempts,
        misfits=misfits,
        receptacle=receptacle,
        last_at=last_at,
    )


def _scan(row: Mapping[str, Any]) -> Scan:
    values = {name: row[name] for name in _SCAN_FIELDS}
    return Scan(**values | {"event": Event(row["event"]), "reason": reason_of(row["reason"])})


@dataclass(frozen=True, slots=True)
class Told:
    """A new scan of which somebody may want to hear, and the failed attempts until then."""

    scan: Scan
    state: State
    attempts: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What a batch changes."""

    new: Sequence[Scan]
    items: Mapping[str, Standing]
    bags: Mapping[str, Standing]
    misfits: Sequence[tuple[str, Misfit]]
    """(Number, flag): a person has to look."""
    refolded: Mapping[str, Iterable[UUID]]
    """Number folded anew -> the scans that do not fit now: what was opened for others is closed."""
    told: Sequence[Told]
    upload: Upload | None
    """The signed body that it came in, if it did."""


_KEEP_UPLOAD = """
    insert into uploads (upload_id, received_at, device_id, signature, body_gzip)
    values (%(upload_id)s, %(received_at)s, %(device_id)s, %(signature)s, %(body_gzip)s) on conflict do nothing
"""
_KEEP_SCANS = """
    insert into scans (
        item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, device_id, sequence, office, holder,
        reason, note, receptacle, voids
    ) select * from unnest(
        %s::text[], %s::timestamptz[], %s::uuid[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[],
        %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[]
    )
"""
_KEEP_DEVICES = """
    update devices set
        received = devices.received + new.received,
        last_seen_at = greatest(last_seen_at, %s),
        clock_offset_s = new.clock_offset_s
    from (
        select device_id, range_agg(int8range(sequence, sequence + 1)) as received,
            (array_agg(clock_offset_s order by sequence desc))[1] as clock_offset_s
        from unnest(%s::text[], %s::bigint[], %s::bigint[]) as came (device_id, sequence, clock_offset_s)
        group by device_id
    ) as new where devices.device_id = new.device_id
"""
_NEW_STANDINGS = """
    from unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::smallint[], %s::smallint[], %s::text[],
        %s::timestamptz[]
    ) as new (number, state, holder, office, since, attempts, misfits, inside, last_at)
"""
_KEEP_ITEMS = f"""
    update journeys set state = new.state, holder = new.holder, office = new.office, since = new.since,
        attempts = new.attempts, misfits = new.misfits, receptacle = new.inside, last_at = new.last_at,
        version = version + 1
    {_NEW_STANDINGS} where item_number = new.number
"""  # noqa: S608
_KEEP_BAGS = f"""
    update receptacles set state = new.state, holder = new.holder, office = new.office, since = new.since,
        misfits = new.misfits, outer_receptacle = new.inside, last_at = new.last_at, version = version + 1
    {_NEW_STANDINGS} where receptacle = new.number
"""  # noqa: S608
_OPEN_EXCEPTIONS = """
    insert into exceptions (item_number, kind, office, custodian, scan_id, expected, detail, opened_at)
    select number, 'misfit', office, custodian, scan_id, expected, detail, %s from unnest(
        %s::text[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[]
    ) as new (number, office, custodian, scan_id, expected, detail)
    where not exists (
        select from exceptions as old where old.item_number = number and old.kind = 'misfit'
        and old.scan_id = new.scan_id and old.closed_by is distinct from 'scan' offset 0
    )
"""
_CLOSE_EXCEPTIONS = """
    update exceptions set closed_at = %s, closed_by = 'scan'
    where kind = 'misfit' and closed_at is null and item_number = any(%s::text[])
    and (item_number, scan_id) not in (select * from unnest(%s::text[], %s::uuid[]))
"""
_TELL = """
    insert into outbox (
        item_number, scan_id, event, state, office, reason, attempts, version, occurred_at, written_at
    )
    select item_number, scan_id, event, new.state, new.office, reason, new.attempts, version, occurred_at, %s
    from unnest(
        %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[]
    ) with ordinality as new (item_number, scan_id, event, state, office, reason, attempts, occurred_at, place)
    join journeys using (item_number) order by place
"""


def keep(connection: Connection, kept: Kept, at: datetime) -> None:
    """Writes all of it in one round trip, as of ``at``, the time of recording."""
    driver = driver_of(connection)
    with driver.pipeline():
        if kept.upload:
            driver.execute(_KEEP_UPLOAD, kept.upload.columns())
        if kept.new:
            driver.execute(_KEEP_SCANS, _columns(kept.new))
            came = [s.device_id for s in kept.new], [s.sequence for s in kept.new], [s.clock_offset_s for s in kept.new]
            driver.execute(_KEEP_DEVICES, (at, *came))
        for statement, standings in ((_KEEP_ITEMS, kept.items), (_KEEP_BAGS, kept.bags)):
            if standings:
                driver.execute(statement, _standings(standings))
        if kept.misfits:
            driver.execute(_OPEN_EXCEPTIONS, (at, *_flags(kept.misfits)))
        if kept.refolded:
            still = [(number, scan_id) for number, scan_ids in kept.refolded.items() for scan_id in scan_ids]
            numbers, scan_ids = [number for number, _ in still], [scan_id for _, scan_id in still]
            driver.execute(_CLOSE_EXCEPTIONS, (at, list(kept.refolded), numbers, scan_ids))
        if kept.told:
            driver.execute(_TELL, (at, *_tellings(kept.told)))


def _columns(new: Sequence[Scan]) -> tuple[list[Any], ...]:
    return (
        [s.item_number for s in new],
        [s.recorded_at for s in new],
        [s.scan_id for s in new],
        [s.event for s in new],
        [s.occurred_at for s in new],
        [s.clock_offset_s for s in new],
        [s.device_id for s in new],
        [s.sequence for s in new],
        [s.office for s in new],
        [s.holder for s in new],
        [s.reason for s in new],
        [s.note for s in new],
        [s.receptacle for s in new],
        [s.voids for s in new],
    )


def _standings(standings: Mapping[str, Standing]) -> tuple[list[Any], ...]:
    values = standings.values()
    return (
        list(standings),
        [v.state for v in values],
        [v.holder for v in values],
        [v.office for v in values],
        [v.since for v in values],
        [v.attempts for v in values],
        [v.misfits for v in values],
        [v.receptacle for v in values],
        [v.last_at for v in values],
    )


def _flags(misfits: Sequence[tuple[str, Misfit]]) -> tuple[list[Any], ...]:
    return (
        [number for number, _ in misfits],
        [_answering(flag) for _, flag in misfits],
        [flag.holder for _, flag in misfits],
        [flag.scan.scan_id for _, flag in misfits],
        [" or ".join(flag.expected) for _, flag in misfits],
        [f"{flag.why}: {flag.scan.event} while {flag.state}" for _, flag in misfits],
    )


_OF_AN_OFFICE = re.compile(r"(?:office|rider):([0-9]{4})(?![^-])")


def _answering(flag: Misfit) -> Postcode:
    """The office whose business a misfit is: the one that had the thing; else the one that scanned it."""
    known = _OF_AN_OFFICE.match(flag.holder)
    return Postcode(known[1]) if known else flag.scan.office


def _tellings(told: Sequence[Told]) -> tuple[list[Any], ...]:
    return (
        [one.scan.item_number for one in told],
        [one.scan.scan_id for one in told],
        [one.scan.event for one in told],
        [one.state for one in told],
        [one.scan.office for one in told],
        [one.scan.reason for one in told],
        [one.attempts for one in told],
        [one.scan.corrected_at for one in told],
    )
