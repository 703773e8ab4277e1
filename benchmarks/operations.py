"""The operations against what the database takes for the same rows, and against themselves done otherwise."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from sqlalchemy import text

from benchmarks.generate_orders import SAMPLES, Row, generate, good_rows
from benchmarks.pairs import Pair, Timed
from benchmarks.raw import Rows, booking_rows, connect, insert_arrays, insert_one_by_one, insert_staged, stage
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, transfer
from post_logistics.cod.postings import Code
from post_logistics.consignments.booking import Consignment, parse_order
from post_logistics.consignments.labels import labels_pdf
from post_logistics.consignments.merchants import Merchant
from post_logistics.consignments.order_files import write_table
from post_logistics.network.resolve import Hints
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.faces.looking_up import track_item
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import Asked, book
from post_logistics.operations.orders.order_intake import intake, merchants_of, read_orders
from post_logistics.operations.papers import labels
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.orders.consignments import load_booked, load_consignments
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode

AT = datetime(2026, 11, 22, 6, tzinfo=DHAKA)
SINGLES, FILE_ROWS, LABELS, ADDRESSES, THREADS = 50, 2_000, 50, 1_000, 4


T = TypeVar("T")


class World:
    """A database that fills as the rounds go by, and orders without end."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.facts: Facts = load_facts(settings)
        self.numbers = Numbers(database, self.facts.number_key)
        self.raw = connect(database.url, settings.schema_name)
        self.at = AT
        self.chance = Random(1)
        self._rows = self._endless()
        self._merchants: dict[str, Merchant] = {}
        self._posted = count()
        self._device = count()

    @staticmethod
    def _endless() -> Iterator[Row]:
        sample = good_rows(SAMPLES)
        for seed in count(1):
            yield from generate(sample, 10_000, seed)

    def rows(self, number: int) -> list[Row]:
        """That many rows of an order file, none of them ever given before."""
        return list(islice(self._rows, number))

    def asked(self, number: int) -> list[Asked]:
        """That many new orders for a new day, their merchants registered.

        The tables are analysed, as autovacuum would do within the minute.
        """
        self.at += timedelta(days=1)
        self.raw.execute("analyze consignments, recipients, scans, journeys")
        orders = [parse_order(row, None, self.facts.booking_rules) for row in self.rows(number)]
        unknown = [order for order in orders if order.merchant not in self._merchants]
        if unknown:
            with self.database.transaction() as connection:
                self._merchants |= merchants_of(connection, unknown, AT, register=True)
        return [Asked(order=order, merchant=self._merchants[order.merchant]) for order in orders]

    def book(self, asked: Sequence[Asked]) -> list[str]:
        """Books them in one transaction; their item numbers."""
        with self.database.transaction() as connection:
            return [verdict.item_number for verdict in book(connection, self.facts, self.numbers, asked, self.at)]

    def booked_rows(self, number: int) -> Rows:
        """The rows of that many bookings that have not been made."""
        asked = self.asked(number)
        with self.database.transaction() as connection:
            verdicts = book(connection, self.facts, self.numbers, asked, self.at, dry_run=True)
        found = [one.consignment for one in verdicts if one.consignment is not None]
        numbers = self.numbers.take(len(found), self.at)
        return booking_rows([replace(c, item_number=n) for c, n in zip(found, numbers, strict=True)], self.at)

    def scans(self, number: int) -> list[Scan]:
        """The acceptance of that many newly booked parcels, less the few whose address nobody understands."""
        items = [item for item in self.book(self.asked(number)) if item]
        device, at = f"bench-{next(self._device)}", self.at + timedelta(hours=1)
        return [
            Scan(
                scan_id=scan_id_of(device, sequence),
                item_number=ItemNumber(item),
                event=Event.ACCEPTED,
                occurred_at=at,
                recorded_at=at,
                device_id=device,
                sequence=sequence,
                office=Postcode("1205"),
                holder="office:1205",
            )
            for sequence, item in enumerate(items)
        ]

    def record(self, scans: Sequence[Scan]) -> None:
        """Keeps the scans in one transaction."""
        with self.database.transaction() as connection:
            record_scans(connection, scans)

    def claims(self, number: int) -> list[Claim]:
        """The hand-overs, with their cash, of that many parcels that one rider is out with."""
        accepted = self.scans(number)
        booked = {one.item_number: one for one in self.consignments_of(accepted)}
        rider = {"office": Postcode("1205"), "holder": "rider:1205-R01"}
        steps: tuple[tuple[Event, Mapping[str, Any]], ...] = (
            (Event.AT_DELIVERY_OFFICE, {}),
            (Event.OUT_FOR_DELIVERY, rider),
            (Event.DELIVERED_CLAIMED, rider),
        )
        told = [accepted]
        for number_of_step, (event, changed) in enumerate(steps, 1):
            at = accepted[0].recorded_at + timedelta(hours=number_of_step)
            told.append([self._next(scan, event, at, number_of_step, changed) for scan in accepted])
        for scans in told[:-1]:
            self.record(scans)
        return [Claim(scan, collected_poisha=booked[scan.item_number].cod_poisha) for scan in told[-1]]

    @staticmethod
    def _next(scan: Scan, event: Event, at: datetime, step: int, changed: Mapping[str, Any]) -> Scan:
        sequence = scan.sequence + step * 100_000
        moved = replace(scan, event=event, occurred_at=at, recorded_at=at, sequence=sequence, **changed)
        return replace(moved, scan_id=scan_id_of(scan.device_id, sequence))

    def hand_over(self, claims: Sequence[Claim]) -> None:
        """Keeps the scans and the money in one transaction."""
        with self.database.transaction() as connection:
            deliver(connection, claims)

    def consignments_of(self, scans: Sequence[Scan]) -> list[Consignment]:
        """What was booked of those items."""
        with self.database.transaction() as connection:
            return list(load_consignments(connection, [scan.item_number for scan in scans]).values())

    def consignments(self, number: int) -> list[Consignment]:
        """That many consignments that are booked."""
        with self.database.transaction() as connection:
            return load_booked(connection)[:number]

    def transfers(self, number: int, accounts: int) -> list[Transfer]:
        """Collections between that many accounts, half of them riders' and half merchants'."""
        owners = range(max(accounts // 2, 1))
        return [
            transfer(
                Code.COLLECT,
                debit=account(AccountKind.RIDER_CASH, f"r{self.chance.choice(owners)}"),
                credit=account(AccountKind.MERCHANT_PAYABLE, f"m{self.chance.choice(owners)}"),
                amount_poisha=1_000,
                at=AT,
                cause=f"bench-{next(self._posted)}",
            )
            for _ in range(number)
        ]


@contextmanager
def world() -> Iterator[World]:
    """A world of its own, on a server of its own, gone afterwards."""
    with TemporaryDirectory(prefix="post-logistics-bench-", ignore_cleanup_errors=True) as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))  # type: ignore[call-arg]
        with open_database(settings) as database:
            made = World(database, settings)
            try:
                yield made
            finally:
                made.raw.close()


def pairs(world: World) -> list[Pair]:
    """Everything that is measured, in the order of the table."""
    return [
        *_booking(world),
        *_scanning(world),
        *_looking(world),
        _order_file(world),
        _handing_over(world),
        _ledger(world),
    ]


def _each(do: Callable[[T], object], things: Iterable[T]) -> None:
    for thing in things:
        do(thing)


def _one_by_one(world: World, asked: Sequence[Asked]) -> Timed:
    return lambda: _each(lambda one: world.book([one]), asked)


def _booking(world: World) -> Iterator[Pair]:
    raw = world.raw

    def replays() -> Timed:
        asked = world.asked(SINGLES)
        world.book(asked)
        return _one_by_one(world, asked)

    def arrays(number: int) -> Timed:
        rows = world.booked_rows(number)
        return lambda: insert_arrays(raw, rows)

    def singles() -> Timed:
        rows = world.booked_rows(SINGLES)
        return lambda: insert_one_by_one(raw, rows)

    def ours(number: int) -> Timed:
        asked = world.asked(number)
        return lambda: world.book(asked)

    def one_by_one() -> Timed:
        return _one_by_one(world, world.asked(SINGLES))

    yield Pair(what="book 1 order", units=SINGLES, ours=one_by_one, against="psycopg, 5 statements", reference=singles)
    for number in (100, 1_000):
        yield Pair(
            what=f"book {number:,} orders",
            units=number,
            ours=partial(ours, number),
            against="psycopg, 4 x unnest",
            reference=partial(arrays, number),
        )
    yield Pair(
        what="the same order again",
        units=SINGLES,
        ours=replays,
        against="book 1 order",
        reference=one_by_one,
        mark=">= 1.5",
    )


def _scanning(world: World) -> Iterator[Pair]:
    def batch() -> Timed:
        scans = world.scans(100)
        return lambda: world.record(scans)

    def singles() -> Timed:
        scans = world.scans(100)
        return lambda: _each(lambda one: world.record([one]), scans)

    def staged() -> Timed:
        stage(world.raw, world.scans(100))
        return lambda: insert_staged(world.raw)

    yield Pair(
        what="100 scans at once", units=100, ours=batch, against="100 single scans", reference=singles, mark=">= 15"
    )
    yield Pair(what="100 scans", units=100, ours=batch, against="insert .. select", reference=staged, mark=">= 0.5")


def _handing_over(world: World) -> Pair:
    def ours() -> Timed:
        claims = world.claims(100)
        return lambda: world.hand_over(claims)

    def scans_alone() -> Timed:
        scans = [one.scan for one in world.claims(100)]
        return lambda: world.record(scans)

    return Pair(
        what="100 hand-overs with cash", units=100, ours=ours, against="their scans alone", reference=scans_alone
    )


def _looking(world: World) -> Iterator[Pair]:
    """Reading, printing and finding, which write nothing."""
    facts, database = world.facts, world.database

    def track() -> Timed:
        items = [one.item_number for one in world.consignments(SINGLES)]
        return lambda: _each(tracked, items)

    def tracked(item: str) -> None:
        with database.transaction() as connection:
            track_item(connection, facts.offices, item, "bn", AT)

    def select_1(_: int) -> None:
        with database.transaction() as connection:
            connection.execute(text("select 1")).scalar_one()

    def print_labels() -> Timed:
        with database.transaction() as connection:
            printed = labels(connection, facts, world.consignments(LABELS))
        return lambda: labels_pdf(printed)

    def resolve() -> Timed:
        addresses = [row["recipient_address"] for row in world.rows(ADDRESSES)]
        return lambda: [facts.resolver.resolve(address, Hints()) for address in addresses]

    yield Pair(
        what="track 1 item",
        units=SINGLES,
        ours=track,
        against="select 1",
        reference=lambda: lambda: _each(select_1, range(SINGLES)),
        mark=">= 0.2",
    )
    yield Pair(what="print a label", units=LABELS, ours=print_labels, mark=">= 100/s")
    yield Pair(what="find an address's office", units=ADDRESSES, ours=resolve, mark=">= 2,000/s")


def _order_file(world: World) -> Pair:
    """From the bytes of a file to booked parcels with a verdict per row."""
    facts = world.facts
    folder = Path(world.raw.execute("show data_directory").fetchone()[0]).parent  # type: ignore[index]

    def whole_file() -> Timed:
        world.asked(1)  # a new day
        rows, path = world.rows(FILE_ROWS), folder / "orders.csv"
        write_table(path, list(rows[0]), [list(row.values()) for row in rows])

        def import_file() -> None:
            checked = read_orders(facts, path, path.name)
            with world.database.transaction() as connection:
                merchants = merchants_of(connection, [order for _, order, _ in checked.orders], AT, register=True)
                intake(connection, facts, world.numbers, checked, merchants, world.at)

        return import_file

    def arrays() -> Timed:
        rows = world.booked_rows(FILE_ROWS)
        return lambda: insert_arrays(world.raw, rows)

    return Pair(
        what=f"order file of {FILE_ROWS:,} rows",
        units=FILE_ROWS,
        ours=whole_file,
        against="psycopg, 4 x unnest",
        reference=arrays,
        mark=">= 1,500/s",
    )


def _ledger(world: World) -> Pair:
    """Four clerks at once, twenty-five transactions of ten postings each."""

    def posting(accounts: int) -> Timed:
        work = [[world.transfers(10, accounts) for _ in range(25)] for _ in range(THREADS)]

        def clerk(batches: list[list[Transfer]]) -> None:
            for batch in batches:
                with world.database.transaction() as connection:
                    append_transfers(connection, batch)

        def together() -> None:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(clerk, work))

        return together

    return Pair(
        what="post to 4 hot accounts",
        units=THREADS * 250,
        ours=lambda: posting(4),
        against="to 10,000 accounts",
        reference=lambda: posting(10_000),
        mark=">= 0.8",
    )
