"""A statement of a made-up month imported into the database and matched from it: seconds, memory, what was found.

``python -m benchmarks.statements [--lines 200000] [--seed 1]`` keeps what the books expect as the operations would have
kept it, without living the month: payments and what was posted of them, deposits and their slips.
"""

import argparse
import json
import resource
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid5

import psycopg

from benchmarks.raw import connect
from benchmarks.reconciliation import FACTS
from post_logistics.cod.postings import Code
from post_logistics.network.offices import load_offices
from post_logistics.operations.money.importing import import_statement, keep_source
from post_logistics.operations.money.matching import match_source
from post_logistics.settings import Settings
from post_logistics.simulation.cod.files import write_statement
from post_logistics.simulation.cod.lines import make_lines
from post_logistics.simulation.cod.month import DAYS, FIRST_DAY, Kind, Month, Recipe, Tender, make_month
from post_logistics.simulation.cod.reconciling import LAYOUT, RULES_OF_THE_BANK, SOURCE
from post_logistics.simulation.cod.run import chosen_offices
from post_logistics.storage.database import open_database
from post_logistics.units import DHAKA

_LINES_A_PARCEL = 0.77
_IDS = UUID("c2a7c6f0-2f4e-5c5f-9a39-0d3f3a1d7f52")
_PAYMENTS = (
    "payment_id, item_number, provider, amount_poisha, state, provider_ref, paid_poisha, collected_poisha, "
    "held_poisha, asked_by, made_at, expires_at"
)
_TRANSFERS = "transfer_id, code, debit, credit, amount_poisha, at, cause"
_SLIPS = "close_id, number, slip_number, bank, branch, deposited_at, paid_in_by, why, said_by, said_at, standing"


def figures(lines: int, seed: int, folder: Path) -> dict[str, Any]:
    """The figures of a month whose statement has about so many lines."""
    offices = sorted((one.postcode, one.name_en) for one in load_offices(FACTS).values())
    recipe = Recipe(parcels=round(lines / _LINES_A_PARCEL), seed=seed, digital=1.0, payouts=False)
    month = make_month(recipe, chosen_offices(offices, recipe))
    made = make_lines(month)
    path, at = folder / "statement.csv", _noon(DAYS + 30)
    write_statement(path, month, made)
    settings = Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]
    found: dict[str, Any] = {"seed": seed, "lines": len(made.day), "entries": len(month.entries.kind)}
    with open_database(settings) as database:
        with connect(database.url, settings.schema_name) as raw:
            _keep(raw, month)

        def bring_in() -> None:
            with database.transaction() as connection:
                keep_source(connection, SOURCE, LAYOUT, "bench", at)
                with path.open("rb") as file:
                    import_statement(connection, file, path.name, SOURCE, "bench", at)

        def match(times: str) -> None:
            run = match_source(database, RULES_OF_THE_BANK, SOURCE, at)
            found[f"{times}_by_rule"], found[f"{times}_by_reason"] = run.by_rule, run.by_reason

        found |= _timed("import", bring_in)
        found |= _timed("match", partial(match, "first"))
        found |= _timed("match_again", partial(match, "again"))
    return found | {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def _timed(what: str, work: Callable[[], None]) -> dict[str, float]:
    begun, busy = perf_counter(), process_time()
    work()
    return {f"{what}_s": round(perf_counter() - begun, 1), f"{what}_processor_s": round(process_time() - busy, 1)}


def _noon(day: int) -> datetime:
    return datetime.combine(FIRST_DAY, datetime.min.time(), DHAKA) + timedelta(days=day, hours=12)


def _keep(raw: psycopg.Connection, month: Month) -> None:
    """What the operations would have kept; the server asks for no parcels behind it."""
    entries, days = month.entries, [_noon(day) for day in range(DAYS + 60)]
    names = [tender.name.lower() for tender in Tender]
    payments, transfers, deposits, slips = [], [], [], []
    columns = (entries.kind, entries.owner, entries.day, entries.amount_poisha)
    rows = zip(*(column.tolist() for column in columns), entries.reference.tolist(), strict=True)
    for n, (kind, owner, day, amount, reference) in enumerate(rows):
        at, name = days[day], f"pay-{uuid5(_IDS, str(n)).hex[:16]}"
        if kind == Kind.COLLECTION:
            provider, code = names[owner], Code.COLLECT_DIGITAL
            debit, credit = f"provider_clearing:{provider}", "merchant_payable:shop"
            paid = (amount, "paid", reference.decode(), amount, amount, 0, "bench", at, at + timedelta(hours=1))
            payments.append((name, name, provider, *paid))
        else:
            office, code = month.offices[owner][0], Code.DEPOSIT
            debit, credit = f"bank_in_transit:{office}", f"office_till:{office}"
            deposits.append((name, office, amount, at))
            slips.append((name, 1, reference.decode(), "bank", "", at, "bench", "", "bench", at, True))
        transfers.append((uuid5(_IDS, name), code.value, debit, credit, amount, at, name))
    raw.execute("set session_replication_role = replica")
    copy_rows(raw, "payments", _PAYMENTS, payments)
    copy_rows(raw, "deposits", "close_id, office, amount_poisha, recorded_at", deposits)
    copy_rows(raw, "slips", _SLIPS, slips)
    copy_rows(raw, "transfers", _TRANSFERS, transfers)
    raw.execute("analyze")


def copy_rows(raw: psycopg.Connection, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """Those rows are in the table."""
    with raw.cursor() as cursor, cursor.copy(f"copy {table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def main() -> None:
    """Prints a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statements", description=(__doc__ or "")[:108])
    parser.add_argument("--lines", type=int, default=200_000, help="lines of the statement, about (200000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes another month (1)")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="post-logistics-bench-", ignore_cleanup_errors=True) as folder:
        print(json.dumps(figures(given.lines, given.seed, Path(folder))))


if __name__ == "__main__":
    main()
