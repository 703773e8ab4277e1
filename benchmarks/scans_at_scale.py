"""Scans and tracking among millions of stored events, in turns with what the database itself takes for the same rows.

python -m benchmarks.scans_at_scale [--events 1000000 10000000] [--rounds 7] [--only TEXT] [--indexes]

Each size has a schema of its own on one server that is thrown away afterwards. Ten scans an item, spread over half a
year, as their folds would have left them; the latest 40,000 items have come as far as their offices of delivery, and
their next scan is what is measured. 10,000,000 events take some 4 GB of disk and several minutes to make.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar

import psycopg
from sqlalchemy import text

from benchmarks.__main__ import machine
from benchmarks.pairs import Pair, Timed, measure, table
from benchmarks.raw import connect
from benchmarks.serving import CLIENTS, get, post, serving, together
from post_logistics.access.roles import Place, Role
from post_logistics.network.offices import load_offices
from post_logistics.operations.access.keys import make_key
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.faces.looking_up import track_item
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.schema import scans as scans_table
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode

Thing = TypeVar("Thing")

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
BATCH, TRACKED, HTTP_BATCHES = 100, 200, 8
OPEN = 40_000
OFFICES = ("1000", "1205", "1207", "1212", "1213", "1215", "1216", "1219", "1230", "1100", "1209")

_ITEM_NUMBER = """
create or replace function s10(n int) returns text language sql immutable parallel safe as $$
    select 'DP' || d || case 11 - s % 11 when 10 then 0 when 11 then 5 else 11 - s % 11 end || 'BD' from (
        select d, 8 * substr(d, 1, 1)::int + 6 * substr(d, 2, 1)::int + 4 * substr(d, 3, 1)::int
                + 2 * substr(d, 4, 1)::int + 3 * substr(d, 5, 1)::int + 5 * substr(d, 6, 1)::int
                + 9 * substr(d, 7, 1)::int + 7 * substr(d, 8, 1)::int as s
        from (select lpad(n::text, 8, '0') as d) as digits
    ) as sums
$$
"""
_MERCHANT = """
insert into merchants (merchant_id, name, store_address, payout_account, registered_at)
values ('bench', 'Bench', 'New Market', '', :at)
"""
_ITEMS = """
create temporary table made as
select s10(serial) as item_number, n,
       :at - interval '180 days' * (1 - n::float8 / :items) - interval '4 days' as booked_at,
       (:offices)[1 + abs(hashint4(n)) % :count] as pickup, (:offices)[1 + abs(hashint4(n + 7)) % :count] as delivery,
       n >= :items - :open as is_open
from (select n, 10000000 + ((n::bigint * 2654435761) % 89999999)::int as serial
      from generate_series(:first, :last - 1) as n) as numbered
"""
"""Serials are permuted, as real ones are: neighbours in time are no neighbours in the indexes."""
_CONSIGNMENTS = """
insert into consignments (item_number, merchant_id, store_address, order_ref, weight_g, cod_poisha,
    declared_value_poisha, description, service, tariff_version, postage_poisha, cod_fee_poisha, vat_poisha,
    pickup_office, delivery_office, delivery_postcode, place_id, promised_on, booked_at, fingerprint)
select item_number, 'bench', 'New Market', 'R' || n, 500, 100000, 0, '', 'speed_post_parcel', '2025-04-01', 1000,
    1000, 300, pickup, delivery, delivery, 'mirpur', (booked_at + interval '2 days')::date, booked_at,
    repeat('0', 64) from made
"""
_RECIPIENTS = """
insert into recipients (item_number, recipient_name, recipient_phone, recipient_address, note, lat_deg, lon_deg,
    precision_m, resolved_by)
select item_number, 'Recipient ' || n, '+88017' || lpad((n % 100000000)::text, 8, '0'),
    'House ' || n || ', Road 3, Mirpur', '', 23.8, 90.37, 300, '' from made
"""
_SCANS = """
insert into scans (item_number, recorded_at, scan_id, event, occurred_at, clock_offset_s, device_id, sequence, office,
    holder, reason, note, receptacle)
select item_number, at, md5(n || '/' || step)::uuid, event, at - interval '3 seconds', 0, device, n * 10::bigint + step,
    office, case event when 'booked' then 'merchant:bench' when 'dispatched' then 'vehicle:LEG' || n % 77
        when 'out_for_delivery' then 'rider:' || office || '-R0' || n % 9
        when 'delivered_claimed' then 'rider:' || office || '-R0' || n % 9
        when 'delivered_confirmed' then 'recipient' else 'office:' || office end, null, '',
    case event when 'bagged' then 'BD' || pickup || 'BD' || delivery || 'CUN6' || lpad((n / 40)::text, 7, '0') end
from (
    select made.*, step, event,
        booked_at + hours * interval '1 hour' + abs(hashint4(n + step)) % 3000 * interval '1 second' as at,
        case when step < 5 then pickup else delivery end as office,
        case when event = 'booked' then 'booking:' || item_number else 'counter-' || case when step < 5 then pickup
            else delivery end end as device
    from made cross join (values (0, 'booked', 0), (1, 'accepted', 6), (2, 'bagged', 9), (3, 'dispatched', 12),
        (4, 'sorted_out', 15), (5, 'received_at_hub', 22), (6, 'at_delivery_office', 26), (7, 'out_for_delivery', 30),
        (8, 'delivered_claimed', 34), (9, 'delivered_confirmed', 40)) as steps (step, event, hours)
    where step < 7 or not is_open
) as scanned order by at
"""
_JOURNEYS = """
insert into journeys (item_number, state, holder, office, destination, since, attempts, misfits, last_at, version)
select item_number, case when is_open then 'at_delivery_office' else 'delivered' end,
    case when is_open then 'office:' || delivery else 'recipient' end, delivery, delivery,
    last_at, 0, 0, last_at, case when is_open then 7 else 10 end
from (select *, booked_at + interval '27 hours' * case when is_open then 1 else 1.5 end as last_at from made) as ended
"""
_CHUNK = 100_000


class Filled:
    """A schema with so many events, and items in it that wait to go out for delivery."""

    def __init__(self, database: Database, settings: Settings, events: int) -> None:
        self.database = database
        self.settings = settings
        self.events = events
        self.raw = connect(database.url, settings.schema_name)
        self.spare = [connect(database.url, settings.schema_name) for _ in range(CLIENTS)]
        self.offices = load_offices(settings.facts_dir)
        self._devices = count()
        self._chance = Random(1)
        _fill(database, settings.schema_name, events // 10)
        self._open, self.items = self._numbers()
        with database.transaction() as connection:
            made = make_key(
                connection, self._chance, AT, name="scanner", by="bench", place=Place(), role=Role.ADMINISTRATOR
            )
        self.key = made.halves.text

    def _numbers(self) -> tuple[Iterator[tuple[str, str]], list[str]]:
        """Items that wait, each given once, and a sample of all."""
        rows = self.raw.execute(
            "select item_number, office from journeys where state = 'at_delivery_office'"
        ).fetchall()
        self._chance.shuffle(rows)
        sample = self.raw.execute("select item_number from journeys tablesample system (5) limit 20000").fetchall()
        return iter([(str(item), str(office)) for item, office in rows]), [str(item) for (item,) in sample]

    def scans(self, number: int) -> list[Scan]:
        """That many items that waited are taken out by a rider, by the word of a new device."""
        device = f"bench-{self.settings.schema_name}-{next(self._devices)}"
        return [
            Scan(
                scan_id=scan_id_of(device, sequence),
                item_number=ItemNumber(item),
                event=Event.OUT_FOR_DELIVERY,
                occurred_at=AT + timedelta(hours=8),
                recorded_at=AT + timedelta(hours=8, seconds=1),
                device_id=device,
                sequence=sequence,
                office=Postcode(office),
                holder=f"rider:{office}-R01",
            )
            for sequence, (item, office) in zip(range(number), self._open, strict=False)
        ]

    def record(self, scans: Sequence[Scan]) -> None:
        """Keeps the scans in one transaction; each must be accepted."""
        with self.database.transaction() as connection:
            verdicts = record_scans(connection, scans)
        assert all(one.outcome is ScanOutcome.ACCEPTED for one in verdicts), verdicts[0]

    def some(self, number: int) -> list[str]:
        """That many items, any."""
        return self._chance.choices(self.items, k=number)


def _fill(database: Database, name: str, items: int) -> None:
    with database.transaction() as connection:
        connection.execute(text(_ITEM_NUMBER))
        connection.execute(text(_MERCHANT), {"at": AT})
        months = [AT - timedelta(days=30 * n) for n in range(-1, 8)]
        connection.execute(text("select ensure_months(cast(:at as timestamptz[]))"), {"at": months})
    for first in range(0, items, _CHUNK):
        _say(f"{name}: {first * 10:,}")
        with database.transaction() as connection:
            connection.execute(text("set local session_replication_role = replica"))
            given = {
                "items": items,
                "first": first,
                "last": min(first + _CHUNK, items),
                "at": AT,
                "offices": list(OFFICES),
                "count": len(OFFICES),
                "open": OPEN,
            }
            connection.execute(text(_ITEMS.replace("(:offices)", "(cast(:offices as text[]))")), given)
            for statement in (_CONSIGNMENTS, _RECIPIENTS, _SCANS, _JOURNEYS):
                connection.execute(text(statement))
            connection.execute(text("drop table made"))
    with database.transaction() as connection:
        connection.execute(text("analyze"))


def each(do: Callable[[Thing], object], things: Iterable[Thing]) -> None:
    """Does it with every one."""
    for thing in things:
        do(thing)


def pairs(filled: Filled, port: int) -> Iterator[Pair]:
    """What is measured at one size."""
    size = f"{filled.events // 1_000_000} M"
    raw = filled.raw

    def batch() -> Timed:
        scans = filled.scans(BATCH)
        return lambda: filled.record(scans)

    def staged() -> Timed:
        _stage(raw, "staged", [filled.scans(BATCH)])
        return lambda: _insert_staged(raw, "staged", 1)

    def singles() -> Timed:
        scans = filled.scans(BATCH)
        return lambda: each(lambda scan: filled.record([scan]), scans)

    def over_http() -> Timed:
        bodies = [_body(filled.scans(BATCH)) for _ in range(HTTP_BATCHES)]
        return partial(together, port, [partial(_post_scans, body=body, key=filled.key) for body in bodies])

    def staged_together() -> Timed:
        each = HTTP_BATCHES // CLIENTS
        for number, one in enumerate(filled.spare):
            _stage(one, f"staged_{number}", [filled.scans(BATCH) for _ in range(each)])

        def client(number: int) -> None:
            _insert_staged(filled.spare[number], f"staged_{number}", each)

        def together() -> None:
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(client, range(CLIENTS)))

        return together

    def track() -> Timed:
        items = filled.some(TRACKED)
        return lambda: each(partial(_track, filled), items)

    def select_1() -> Timed:
        return lambda: each(_select_1, [filled.database] * TRACKED)

    def track_over_http() -> Timed:
        paths = [f"/v1/tracking/{item}" for item in filled.some(TRACKED)]
        return partial(together, port, [partial(get, path=path) for path in paths])

    def nothing_over_http() -> Timed:
        return partial(together, port, [partial(get, path="/noop")] * TRACKED)

    ceiling = "insert .. select"
    yield Pair(what=f"{size}: 100 scans", units=BATCH, ours=batch, against=ceiling, reference=staged, mark=">= 0.5")
    yield Pair(
        what=f"{size}: 100 scans at once",
        units=BATCH,
        ours=batch,
        against="100 single scans",
        reference=singles,
        mark=">= 15",
    )
    yield Pair(
        what=f"{size}: 100 scans over HTTP",
        units=BATCH * HTTP_BATCHES,
        ours=over_http,
        against=f"{ceiling}, {CLIENTS} at once",
        reference=staged_together,
        mark=">= 0.5",
    )
    yield Pair(what=f"{size}: track", units=TRACKED, ours=track, against="select 1", reference=select_1, mark=">= 0.2")
    yield Pair(
        what=f"{size}: track over HTTP",
        units=TRACKED,
        ours=track_over_http,
        against="no-op endpoint",
        reference=nothing_over_http,
        mark=">= 0.2",
    )


def _track(filled: Filled, item: str) -> None:
    with filled.database.transaction() as connection:
        track_item(connection, filled.offices, item, "bn", AT)


def _select_1(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("select 1")).scalar_one()


def growth(small: Filled, large: Filled) -> Pair:
    """Tracking where there are many events against tracking where there are few."""

    def of(filled: Filled) -> Timed:
        items = filled.some(TRACKED)
        return lambda: each(partial(_track, filled), items)

    return Pair(
        what=f"track at {large.events // 1_000_000} M",
        units=TRACKED,
        ours=lambda: of(large),
        against=f"at {small.events // 1_000_000} M",
        reference=lambda: of(small),
        mark=">= 0.8",
    )


# What the database takes by itself


def _stage(connection: psycopg.Connection, name: str, batches: Sequence[Sequence[Scan]]) -> None:
    """The scans in a table beside the real one, from which the server alone can take them, batch by batch."""
    columns = [column.name for column in scans_table.c]
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {name}")
        cursor.execute(f"create unlogged table {name} (batch int, like scans)")
        with cursor.copy(f"copy {name} (batch, {', '.join(columns)}) from stdin") as copy:
            for number, batch in enumerate(batches):
                for one in batch:
                    row = asdict(one) | {"event": one.event.value}
                    copy.write_row([number, *(row[column] for column in columns)])


def _insert_staged(connection: psycopg.Connection, name: str, batches: int) -> None:
    """The staged scans kept and their items' journeys moved, a transaction a batch; no row leaves the server."""
    columns = ", ".join(column.name for column in scans_table.c)
    for number in range(batches):
        with connection.transaction():
            connection.execute(f"insert into scans ({columns}) select {columns} from {name} where batch = {number}")
            connection.execute(
                "update journeys set state = 'out_for_delivery', holder = new.holder, office = new.office, "
                "since = new.occurred_at, last_at = new.occurred_at, version = version + 1 "
                f"from {name} new where new.item_number = journeys.item_number and new.batch = {number}"
            )


INDEXES = {
    "key: item, recorded, scan": "create unique index on {} (item_number, recorded_at, scan_id)",
    "time of recording, BRIN": "create index on {} using brin (recorded_at)",
    "bag, where there is one": "create index on {} (receptacle) where receptacle is not null",
    "not there: time, B-tree": "create index on {} (recorded_at)",
    "not there: scan id": "create unique index on {} (scan_id)",
    "not there: device, sequence": "create unique index on {} (device_id, sequence)",
}
"""Each alone on a table without any other: those that scans have, and those that were left out."""


def index_table(connection: psycopg.Connection, rounds: int = 5, rows: int = 200_000) -> str:
    """What each index adds to an insert, and to the disk, as a Markdown table."""
    connection.execute(
        "create unlogged table sample as select * from scans where recorded_at >= %b::timestamptz - interval '60 days' "
        f"limit {rows}",
        [AT],
    )
    spent: dict[str, list[float]] = {name: [] for name in ("none", *INDEXES)}
    size: dict[str, float] = {}
    for _ in range(rounds):
        for name, times in spent.items():
            connection.execute("create table indexed (like scans)")
            if name in INDEXES:
                connection.execute(INDEXES[name].format("indexed"))
            began = perf_counter()
            connection.execute("insert into indexed select * from sample")
            times.append(perf_counter() - began)
            found = connection.execute("select pg_indexes_size('indexed'), pg_relation_size('indexed')").fetchone()
            assert found is not None
            size[name] = found[1 if name == "none" else 0] / rows
            connection.execute("drop table indexed")
    connection.execute("drop table sample")
    lines = ["| index | microseconds a row | bytes a row |", "|---|---|---|"]
    for name, seconds in spent.items():
        ratios = [one / bare for one, bare in zip(seconds, spent["none"], strict=True)]
        added = (median(ratios) - 1) * median(spent["none"]) / rows * 1e6
        shown = median(seconds) / rows * 1e6 if name == "none" else added
        lines.append(f"| {'the row itself' if name == 'none' else name} | {shown:.2f} | {size[name]:.1f} |")
    return "\n".join(lines)


# Over HTTP


def _body(scans: Sequence[Scan]) -> bytes:
    names = ("item_number", "event", "device_id", "sequence", "office", "holder")
    rows = [{n: getattr(one, n) for n in names} | {"occurred_at": one.occurred_at.isoformat()} for one in scans]
    return json.dumps({"scans": rows}).encode()


def _post_scans(connection: HTTPConnection, body: bytes, key: str) -> None:
    """Under a key of its own each, so that the answer is kept as well."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": hashlib.sha256(body).hexdigest()}
    verdicts = post(connection, "/v1/scans", body, headers)["verdicts"]
    assert all(one["outcome"] == "accepted" for one in verdicts), verdicts[0]


def _say(what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{what}")


def main() -> None:
    """Makes the events, measures, prints tables, with commits that wait for the disk and with commits that do not."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scans_at_scale", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000], help="sizes, the least first")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count, after one that does not (7)")
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--indexes", action="store_true", help="also what each index of scans costs")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="post-logistics-bench-", ignore_cleanup_errors=True))
        base = Settings(_env_file=None, data_dir=Path(folder))  # type: ignore[call-arg]
        filled, found = [], []
        for events in arguments.events:
            settings = base.model_copy(update={"schema_name": f"events_{events}"})
            database = stack.enter_context(open_database(settings))
            filled.append(Filled(database, settings, events))
            port = stack.enter_context(serving(settings, database.url)).port
            found += list(pairs(filled[-1], port))
        if len(filled) > 1:
            found.append(growth(filled[0], filled[-1]))
        print(f"{machine(filled[0].database)}\n{arguments.rounds} rounds", flush=True)
        for synchronous in ("on", "off"):
            filled[0].raw.execute(f"alter system set synchronous_commit = {synchronous}")
            filled[0].raw.execute("select pg_reload_conf()")
            results = measure([pair for pair in found if arguments.only in pair.what], arguments.rounds, _say)
            print(f"\nsynchronous_commit = {synchronous}\n\n{table(results)}", flush=True)
        if arguments.indexes:
            print(f"\n{index_table(filled[-1].raw)}", flush=True)


if __name__ == "__main__":
    main()
