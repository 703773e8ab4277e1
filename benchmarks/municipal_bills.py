"""Bills of a municipality taken in from a sealed file, against as many rows of an order file by the same worker.

``python -m benchmarks.municipal_bills [--rows 100000]`` hands both files over, works them off one after the other as
the worker does, and prints seconds of wall and of processor, and the ratio of the two: over 1, the bills are quicker.
``--loop 300`` plans so many bills of one day as the loop of their town instead.
"""

import argparse
import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

from benchmarks.generate_orders import SAMPLES, generate, good_rows
from post_logistics.consignments.merchants import Merchant, merchant_id_of
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.documents.admitting import admit
from post_logistics.operations.documents.municipal_reports import loop_of
from post_logistics.operations.documents.sealing import DOCUMENTS, TRADE, Sealing, seal_file
from post_logistics.operations.facts import Facts, load_facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.order_jobs import OrderFile, take_on, work_off
from post_logistics.operations.tours.planning import plan_day
from post_logistics.settings import Settings
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.orders.consignments import load_booked
from post_logistics.storage.orders.jobs import Job
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import own_scan
from post_logistics.units import DHAKA, bangla_digits

AT = datetime(2026, 11, 22, 6, tzinfo=DHAKA)
TOWN = "mymensingh"
_ROADS = ("কলেজ রোড", "স্টেশন রোড", "থানা রোড", "নতুন বাজার", "Court Para", "School Road")
_HEADER = ("আবেদন নম্বর", "সেবা কোড", "নাম", "হোল্ডিং নং", "ওয়ার্ড", "রাস্তা", "ফি")


def bills(rows: int, wards: int, chance: Random) -> bytes:
    """A file of holding tax bills with Bangla headings and digits, each for a door of its own."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(_HEADER)
    for n in range(1, rows + 1):
        holding, ward = bangla_digits(str(n)), bangla_digits(str(chance.randint(1, wards)))
        lines.writerow([f"HT-{n:06}", "M10", "কৃষ্ণা ক্ষত্রী", holding, ward, chance.choice(_ROADS), "৩০০"])
    return text.getvalue().encode()


def orders(rows: int) -> bytes:
    """A file of orders as shops write them."""
    text = io.StringIO(newline="")
    made: Iterator[dict[str, str]] = generate(good_rows(SAMPLES), rows, 1)
    first = next(made)
    lines = csv.DictWriter(text, first)
    lines.writeheader()
    lines.writerow(first)
    lines.writerows(made)
    return text.getvalue().encode()


def take_in_bills(database: Database, facts: Facts, content: bytes) -> UUID:
    """The municipality is admitted and hands its file in; the job that books it."""
    sealing = Sealing(number="M-1", service_on=AT.date(), sealed_by="Tax desk")
    with database.transaction() as connection:
        issuer = admit(connection, facts, TOWN, "Sonali 4010 2003 4455", AT)
        file = OrderFile("bills.csv", content, dry_run=False)
        return seal_file(connection, facts, issuer.merchant_id, sealing, file, AT).manifest.manifest_id


def take_in_orders(database: Database, content: bytes) -> UUID:
    """A shop hands its file in; the job that books it."""
    shop = Merchant(merchant_id_of("Bench"), "Bench", "New Market, Dhaka 1205", "account-1", AT)
    with database.transaction() as connection:
        append_merchants(connection, [shop])
        return take_on(connection, shop.merchant_id, OrderFile("orders.csv", content, dry_run=False), AT).job_id


def timed(do: Callable[[], Job]) -> dict[str, Any]:
    """How long the job took, and what became of its rows."""
    begun, busy = perf_counter(), process_time()
    job = do()
    return {
        "rows": job.rows_total,
        "booked": job.booked,
        "wall_s": round(perf_counter() - begun, 1),
        "processor_s": round(process_time() - busy, 1),
    }


def figures(rows: int, folder: Path) -> dict[str, Any]:
    """Both files, one after the other."""
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    with open_database(settings) as database:
        facts = load_facts(settings)
        numbers = Numbers(database, facts.number_key)
        wards = facts.municipalities[TOWN].wards or 1
        begun = perf_counter()
        bill_job = take_in_bills(database, facts, bills(rows, wards, Random(1)))
        sealed_s = round(perf_counter() - begun, 1)
        order_job = take_in_orders(database, orders(rows))
        done = {
            name: timed(partial(work_off, database, facts, numbers, job_id, lambda: AT, {DOCUMENTS: TRADE}))
            for name, job_id in (("bills", bill_job), ("orders", order_job))
        }
    return done | {
        "sealed_s": sealed_s,
        "rows_a_second": {name: round(one["rows"] / one["wall_s"]) for name, one in done.items()},
        "ratio_wall": round(done["orders"]["wall_s"] / done["bills"]["wall_s"], 2),
        "ratio_processor": round(done["orders"]["processor_s"] / done["bills"]["processor_s"], 2),
        "load": round(os.getloadavg()[0], 1),
    }


def loop(rows: int, folder: Path) -> dict[str, Any]:
    """So many bills of a town at its office, planned: metres against the order of the list, riders, seconds."""
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    with open_database(settings) as database:
        facts = load_facts(settings)
        town, numbers = facts.municipalities[TOWN], Numbers(database, facts.number_key)
        job_id = take_in_bills(database, facts, bills(rows, town.wards or 1, Random(1)))
        work_off(database, facts, numbers, job_id, lambda: AT, {DOCUMENTS: TRADE})
        with database.transaction() as connection:
            items = [one.item_number for one in load_booked(connection)]
            way, holder = (Event.ACCEPTED, Event.AT_DELIVERY_OFFICE), f"office:{town.office}"
            told = [
                own_scan(event, n, item, event, AT + timedelta(hours=hour), office=town.office, holder=holder)
                for hour, event in enumerate(way, 1)
                for n, item in enumerate(items)
            ]
            record_scans(connection, told)
        begun = perf_counter()
        plan_day(database, facts, "delivery", AT.date(), AT, office=town.office)
        with database.transaction() as connection:
            found = loop_of(connection, facts, town, AT.date())
        return {
            "papers": found.papers,
            "doors": found.doors,
            "left": found.left,
            "riders": found.riders,
            "wards_entered": len(found.calls),
            "km": found.distance_m / 1000,
            "km_in_order_of_the_list": found.distance_before_m / 1000,
            "planned_s": round(perf_counter() - begun, 1),
        }


def main() -> None:
    """Prints the figures as a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.municipal_bills", description=(__doc__ or "")[:100])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of each file (100000)")
    parser.add_argument("--loop", type=int, default=0, help="so many bills of a day are planned instead")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="post-logistics-bench-") as folder:
        found = loop(given.loop, Path(folder)) if given.loop else figures(given.rows, Path(folder))
        print(json.dumps(found))


if __name__ == "__main__":
    main()
