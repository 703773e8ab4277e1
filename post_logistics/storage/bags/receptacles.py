"""Bags and departures: numbers given out, seals, what is in what, and what was short, excess, missent or damaged."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, or_, select, text

from post_logistics.consignments.manifests import Departure
from post_logistics.consignments.receptacles import BAGS_A_SERIES, SERIES_A_YEAR, Receptacle
from post_logistics.storage.rows import append, read
from post_logistics.storage.schema import dispatches, exceptions
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import State
from post_logistics.tracking.scans import is_receptacle
from post_logistics.units import Postcode

# Numbers


@dataclass(frozen=True, slots=True)
class Block:
    """Bag numbers given out together: the serials of one series from the first to the last."""

    series: str
    first_serial: int
    last_serial: int


_HOLD_LANE = text("select pg_advisory_xact_lock(hashtext('bags of ' || :lane))")
_GIVEN_BEFORE = text("select series, first_serial, last_serial from bag_numbers where request_id = :id")
_GIVE_OUT = text(
    """
    with today as (
        select series, max(last_serial) as taken from bag_numbers
        where series between :lane || '0000' and :lane || '9999'
          and (made_at at time zone 'Asia/Dhaka')::date = :day
        group by series having max(last_serial) + :count <= :bags_a_series order by series limit 1
    ), fresh as (
        select :lane || to_char(serial, 'FM0000') as series, 0 as taken
        from generate_series(1, :series_a_year) as serial
        where not exists (select from bag_numbers where series = :lane || to_char(serial, 'FM0000'))
        order by serial limit 1
    )
    insert into bag_numbers (request_id, series, first_serial, last_serial, made_at)
    select :id, series, taken + 1, taken + :count, :at
    from (select * from today union all select * from fresh where not exists (select from today)) as chosen
    returning series, first_serial, last_serial
    """
)


def give_out(connection: Connection, lane: str, count: int, request_id: UUID, day: date, at: datetime) -> Block | None:
    """The next numbers of the lane's series of that day in Dhaka, or of a new series; None when all are used up.

    What was given out for the request before is given again. A series that was ever given out is not begun again,
    whatever year its digit stands for.
    """
    connection.execute(_HOLD_LANE, {"lane": lane})
    limits = {"bags_a_series": BAGS_A_SERIES, "series_a_year": SERIES_A_YEAR}
    asked = {"lane": lane, "count": count, "id": request_id, "day": day, "at": at}
    before = read(connection.execute(_GIVEN_BEFORE, {"id": request_id}), Block)
    found = before or read(connection.execute(_GIVE_OUT, asked | limits), Block)
    return found[0] if found else None


# Bags


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag and where it stands."""

    receptacle: str
    printed_number: str | None
    """All 29 characters, once it is sealed."""
    seal: str | None
    weight_g: int | None
    state: BagState
    holder: str
    office: Postcode
    """The office in whose hands it was last."""
    destination: Postcode
    since: datetime
    outer_receptacle: str | None
    """The bag that it is in."""

    @property
    def origin(self) -> Postcode:
        """The office that made it."""
        return Receptacle(self.receptacle).origin


_BAGS = text(
    """
    select asked.key as receptacle, printed_number, seal, weight_g, coalesce(state, 'open') as state,
           coalesce(holder, 'office:' || substr(key, 3, 4)) as holder, coalesce(office, substr(key, 3, 4)) as office,
           coalesce(destination, substr(key, 9, 4)) as destination, coalesce(since, given.made_at) as since,
           outer_receptacle
    from unnest(cast(:keys as text[])) as asked (key)
    left join receptacles on receptacle = key
    left join bag_numbers as given
        on series = left(key, 20) and cast(right(key, 3) as integer) between first_serial and last_serial
    where receptacle is not null or series is not null
    """
)


def load_bags(connection: Connection, keys: Collection[str]) -> dict[str, Bag]:
    """Those of the keys that are of bags that were scanned or given out: an unused number is an open, empty bag."""
    asked = {"keys": [key for key in keys if is_receptacle(key)]}
    return {bag.receptacle: bag for bag in read(connection.execute(_BAGS, asked), Bag, state=BagState)}


def hold_bag(connection: Connection, key: str) -> None:
    """Makes every other act on that bag wait until the transaction ends. Taken before anything else is held, and once,
    so that nobody waits in a circle."""
    connection.execute(text("select pg_advisory_xact_lock(hashtext('bag ' || :key))"), {"key": key})


def load_bags_around(connection: Connection, key: str) -> set[str]:
    """The bag that a bag is in, the bag that this one is in, and so on."""
    rows = connection.execute(
        text(
            "with recursive around (key) as (select outer_receptacle from receptacles where receptacle = :key union "
            "select outer_receptacle from around join receptacles on receptacle = key) "
            "select key from around where key is not null"
        ),
        {"key": key},
    )
    return set(rows.scalars())


def save_seal(connection: Connection, number: Receptacle, seal: str, weight_g: int) -> None:
    """Writes what a bag's label and seal say now."""
    connection.execute(
        text(
            "update receptacles set printed_number = :printed, seal = :seal, weight_g = :weight_g "
            "where receptacle = :key"
        ),
        {"printed": number.printed, "seal": seal, "weight_g": weight_g, "key": number.key},
    )


def load_ever_inside(connection: Connection, key: str) -> list[str]:
    """The numbers of all that was ever scanned into a bag."""
    rows = connection.execute(text("select distinct item_number from scans where receptacle = :key"), {"key": key})
    return list(rows.scalars())


@dataclass(frozen=True, slots=True)
class Cargo:
    """What one needs to know of an item to send it on."""

    item_number: str
    state: State
    destination: Postcode
    """The office of delivery today."""
    pickup_office: Postcode
    weight_g: int
    service: str
    booked_at: datetime
    receptacle: str | None
    """The bag that it is in."""


def load_cargo(connection: Connection, numbers: Collection[str]) -> dict[str, Cargo]:
    """Those of the numbers that are items."""
    rows = connection.execute(
        text(
            "select item_number, state, destination, pickup_office, weight_g, service, booked_at, receptacle "
            "from journeys join consignments using (item_number) where item_number = any(:numbers)"
        ),
        {"numbers": list(numbers)},
    )
    return {c.item_number: c for c in read(rows, Cargo, state=State)}


def count_inside(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """How many items are in each of the bags, at any depth; a bag without any is left out."""
    rows = connection.execute(
        text(
            "with recursive inside (bag, key) as (select key, key from unnest(cast(:keys as text[])) as key union "
            "select bag, receptacle from inside join receptacles on outer_receptacle = key) "
            "select bag, count(*) as n from inside join journeys on journeys.receptacle = key group by bag"
        ),
        {"keys": list(keys)},
    )
    return {row.bag: row.n for row in rows}


# Vehicles


def append_departure(connection: Connection, departure: Departure, made_at: datetime) -> None:
    """Keeps a departure if it is new."""
    append(connection, dispatches, [departure], keep_first=True, made_at=[made_at])


def load_departure(connection: Connection, vehicle: str) -> Departure | None:
    """The departure of that name."""
    found = read(connection.execute(select(dispatches).where(dispatches.c.vehicle == vehicle)), Departure)
    return found[0] if found else None


def load_departures(connection: Connection, office: str, since: datetime) -> list[Departure]:
    """What left that office, or left for it, since then, in the order of departure."""
    wanted = select(dispatches).where(
        or_(dispatches.c.origin == office, dispatches.c.destination == office), dispatches.c.depart_at >= since
    )
    return read(connection.execute(wanted.order_by(dispatches.c.depart_at, dispatches.c.vehicle)), Departure)


def load_aboard(connection: Connection, vehicles: Collection[str]) -> dict[str, list[str]]:
    """Vehicle -> what is on it now: bags that are in no other, then items that are in no bag."""
    rows = connection.execute(
        text(
            "select substr(holder, 9) as vehicle, array_agg(number order by is_item, number) as numbers from ("
            "select holder, receptacle as number, false as is_item from receptacles "
            "where holder = any(:holders) and outer_receptacle is null and state <> 'lost' "
            "union all select holder, item_number, true from journeys "
            "where holder = any(:holders) and receptacle is null and state <> 'lost'"
            ") as aboard group by holder"
        ),
        {"holders": [f"vehicle:{vehicle}" for vehicle in vehicles]},
    )
    return {row.vehicle: row.numbers for row in rows}


def load_waiting_bags(connection: Connection, office: str) -> list[Bag]:
    """Closed bags at that office that are in no other, the longest there first."""
    rows = connection.execute(
        text(
            "select * from receptacles where holder = :holder and state = any(:states) and outer_receptacle is null "
            "order by since, receptacle"
        ),
        {"holder": f"office:{office}", "states": [BagState.SEALED.value, BagState.RECEIVED.value]},
    )
    return read(rows, Bag, state=BagState)


# What went wrong


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that a person has to look into: ``kind`` is short, excess, missent or damaged."""

    item_number: str
    kind: str
    office: Postcode
    custodian: str
    scan_id: UUID
    """The scan at which it was noticed."""
    expected: str
    detail: str
    """The key of the bag, if it was noticed at a bag."""


def open_discrepancies(connection: Connection, found: Sequence[Discrepancy], at: datetime) -> None:
    """Opens an exception for each that is not open already."""
    if not found:
        return
    append(connection, exceptions, found, keep_first=True, opened_at=[at] * len(found))


_SETTLED = """
    update exceptions as e set closed_at = :at, closed_by = 'scan' from (
        select item_number, receptacle, holder from journeys
        union all select receptacle, outer_receptacle, holder from receptacles
    ) as now
    where e.closed_at is null and e.item_number = now.item_number {only} and (
        e.kind = 'short' and now.receptacle is distinct from e.detail
        or e.kind = 'missent' and (now.receptacle is not null or now.holder <> 'office:' || e.office)
        or e.kind = 'excess' and exists (
            select from scans where scans.item_number = e.item_number and scans.receptacle = e.detail)
    )
"""


def close_settled(connection: Connection, at: datetime, numbers: Collection[str] | None = None) -> int:
    """Closes what scans have settled, of those numbers or of all; gives back how many.

    Short: it was seen since, outside the bag in which it was missed. Missent: it is on its way again. Excess: the scan
    that put it into the bag came in late.
    """
    only = "" if numbers is None else "and e.item_number = any(:numbers)"
    asked = {"at": at} if numbers is None else {"at": at, "numbers": list(numbers)}
    return connection.execute(text(_SETTLED.format(only=only)), asked).rowcount
