"""Settlements of many merchants: processor and wall seconds, per parcel, for each size.

``python -m benchmarks.settling [--parcels 100000 --merchants 1000]`` keeps delivered parcels whose cash is in the bank,
as the operations would have kept them, and settles with every merchant, ``BATCH`` at a time.
"""

import argparse
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid5

import psycopg

from benchmarks.raw import connect
from benchmarks.statements import copy_rows
from post_logistics.operations.facts import load_facts
from post_logistics.operations.money.settling import settle_everyone
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.units import DHAKA

AT = datetime(2026, 11, 22, 16, tzinfo=DHAKA)  # a Sunday, on which the post settles
_IDS = UUID("5a0c9be2-3b0f-5d0e-8b6c-7a4e12a0f9d1")
_PRICE_POISHA, _POSTAGE_POISHA, _FEE_POISHA, _VAT_POISHA = 990_00, 60_00, 9_90, 10_49
_PARCELS_A_CLOSE = 100
_CONSIGNMENTS = (
    "item_number, merchant_id, store_address, order_ref, weight_g, cod_poisha, declared_value_poisha, description, "
    "service, tariff_version, postage_poisha, cod_fee_poisha, vat_poisha, pickup_office, delivery_office, "
    "delivery_postcode, place_id, promised_on, booked_at, fingerprint"
)
_JOURNEYS = "item_number, state, holder, office, since, attempts, misfits, destination, last_at, version"
_CLOSES = (
    "close_id, holder, office, closed_on, expected_poisha, counted_poisha, shortage_poisha, excess_poisha, "
    "to_deposit_poisha, counted_by, closed_at, turn, pieces, reason, countersigned_by"
)
_TRANSFERS = "transfer_id, code, debit, credit, amount_poisha, at, cause, item_number"


def figures(parcels: int, merchants: int, folder: Path) -> dict[str, Any]:
    """The figures of so many parcels of so many merchants."""
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    with open_database(settings) as database:
        with connect(database.url, settings.schema_name) as raw:
            _keep(raw, parcels, merchants)
        begun, busy = perf_counter(), process_time()
        settled = settle_everyone(database, load_facts(settings), AT.date(), AT)
        wall_s, processor_s = perf_counter() - begun, process_time() - busy
    listed = sum(len(one.lines) for one in settled.made.values())
    return {
        "merchants": merchants,
        "parcels": parcels,
        "parcels_settled": listed,
        "merchants_that_wait": len(settled.refused),
        "wall_s": round(wall_s, 1),
        "processor_s": round(processor_s, 1),
        "wall_ms_a_parcel": round(wall_s / parcels * 1000, 3),
        "processor_ms_a_parcel": round(processor_s / parcels * 1000, 3),
    }


def _keep(raw: psycopg.Connection, parcels: int, merchants: int) -> None:
    """Delivered parcels, closed and paid in a hundred at a time; the server asks for nothing else behind them."""
    raw.execute("set session_replication_role = replica")
    shops = ((f"shop-{n:06d}", f"Shop {n}", "New Market", f"account-{n}", AT) for n in range(merchants))
    copy_rows(raw, "merchants", "merchant_id, name, store_address, payout_account, registered_at", shops)
    copy_rows(raw, "consignments", _CONSIGNMENTS, (_consignment(n, merchants) for n in range(parcels)))
    journeys = ((_item(n), "delivered", "recipient", _office(n), AT, 1, 0, _office(n), AT, 9) for n in range(parcels))
    copy_rows(raw, "journeys", _JOURNEYS, journeys)
    days = range(-(-parcels // _PARCELS_A_CLOSE))
    copy_rows(raw, "day_closes", _CLOSES, (close for day in days for close in _closes(day, parcels)))
    links = ((f"rider-close:{n // _PARCELS_A_CLOSE}", uuid5(_IDS, f"collect {n}")) for n in range(parcels))
    copy_rows(raw, "close_collections", "close_id, collection_id", links)
    copy_rows(raw, "transfers", _TRANSFERS, _transfers(parcels, merchants))
    raw.execute("analyze")


def _item(n: int) -> str:
    return f"DP{n:09d}BD"


def _office(n: int) -> str:
    return f"{1000 + n // _PARCELS_A_CLOSE % 1000}"


def _consignment(n: int, merchants: int) -> tuple[Any, ...]:
    prices = (500, _PRICE_POISHA, 0, "", "standard", "2025-01", _POSTAGE_POISHA, _FEE_POISHA, _VAT_POISHA)
    where = ("1000", _office(n), _office(n), "", AT.date(), AT - timedelta(days=4), "print")
    return (_item(n), f"shop-{n % merchants:06d}", "New Market", f"order-{n}", *prices, *where)


def _closes(day: int, parcels: int) -> Iterator[tuple[Any, ...]]:
    first = day * _PARCELS_A_CLOSE
    amount, office = min(_PARCELS_A_CLOSE, parcels - first) * _PRICE_POISHA, _office(first)
    for name, holder, paid_in in (("rider", f"rider:{office}-R01", 0), ("office", f"office:{office}", amount)):
        counted = (amount, amount, 0, 0, paid_in, "clerk", AT - timedelta(days=3), day + 1, "{}", "", "witness")
        yield (f"{name}-close:{day}", holder, office, AT.date(), *counted)


def _transfers(parcels: int, merchants: int) -> Iterator[tuple[Any, ...]]:
    at = AT - timedelta(days=3)
    for n in range(parcels):
        ends = (f"rider_cash:{_office(n)}-R01", f"merchant_payable:shop-{n % merchants:06d}", _PRICE_POISHA)
        yield (uuid5(_IDS, f"collect {n}"), "collect", *ends, at, f"scan-{n}", _item(n))
    for day in range(-(-parcels // _PARCELS_A_CLOSE)):
        first = day * _PARCELS_A_CLOSE
        amount, office = min(_PARCELS_A_CLOSE, parcels - first) * _PRICE_POISHA, _office(first)
        rider, till, transit = f"rider_cash:{office}-R01", f"office_till:{office}", f"bank_in_transit:{office}"
        for code, debit, credit, cause in (
            ("hand_in", till, rider, f"rider-close:{day}"),
            ("deposit", transit, till, f"office-close:{day}"),
            ("deposit_confirmed", "settlement_bank", transit, f"office-close:{day}"),
        ):
            yield (uuid5(_IDS, f"{code} {day}"), code, debit, credit, amount, at, cause, None)


def main() -> None:
    """Prints a line of JSON for each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.settling", description=(__doc__ or "")[:84])
    parser.add_argument("--parcels", type=int, nargs="*", default=[10_000, 100_000], help="sizes (10000 100000)")
    parser.add_argument("--merchants", type=int, nargs="*", default=[100, 1_000], help="merchants of each (100 1000)")
    given = parser.parse_args()
    for parcels, merchants in zip(given.parcels, given.merchants, strict=True):
        with TemporaryDirectory(prefix="post-logistics-bench-", ignore_cleanup_errors=True) as folder:
            print(json.dumps(figures(parcels, merchants, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
