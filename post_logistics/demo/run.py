"""The main job: an order file in, a whole day through the engine, the papers of that day out."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.progress import Progress, TaskID

from post_logistics.demo.day import Day, book_orders, run_day
from post_logistics.demo.map import map_page
from post_logistics.demo.summary import summarise
from post_logistics.errors import Unacceptable
from post_logistics.operations.facts import load_facts
from post_logistics.operations.money.advices import write_advices
from post_logistics.operations.money.checking import journal
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.order_intake import read_orders, rejected_rows, write_rejected
from post_logistics.operations.papers import labels_for, run_sheets_pdf
from post_logistics.operations.reports import parcels_by
from post_logistics.settings import Settings
from post_logistics.storage.database import open_scratch
from post_logistics.storage.orders.consignments import load_booked


class _Bars:
    """A progress bar per step of the day."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def advance(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._progress.add_task(step.replace("_", " "), total=max(total, 1))
        self._progress.update(self._tasks[step], completed=done if total else 1, total=max(total, 1))


def run_demo(
    settings: Settings,
    orders: Path | None,
    out: Path,
    on: date,
    seed: int,
    progress: Progress,
    defaults: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """The summary of the day, written with its papers into ``out``. Unacceptable if the file is no order file.

    The day lives in the schema ``demo``, emptied first; real data is not touched.
    """
    facts = load_facts(settings)
    if not facts.offices.pilot(on):
        raise Unacceptable(f"no office offers the service on {on}", field="--date", remedy="choose a later day")
    bars = _Bars(progress)
    with open_scratch(settings) as database:
        day = Day(database, facts, Numbers(database, facts.number_key), on, seed, bars.advance)
        with day.step("validate"):
            source = orders or settings.facts_dir / "samples" / "orders.csv"
            checked = read_orders(facts, source, source.name, defaults)
        folder = _folder(out)
        book_orders(day, checked)
        _print_labels(day, folder)
        run_day(day)
        _write_papers(day, folder)
        with database.transaction() as connection:
            summary = summarise(connection, day, len(checked.orders) + len(checked.refused))
    text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    return summary


def _folder(out: Path) -> Path:
    try:
        (out / "payout-advices").mkdir(parents=True, exist_ok=True)
        for old in (out / "payout-advices").glob("*-????-??-??.*"):
            old.unlink()
        (out / "summary.json").unlink(missing_ok=True)
    except OSError as error:
        raise Unacceptable(
            f"{out} cannot be written to: {error.strerror}", field="--out", remedy="name another directory"
        ) from error
    return out


def _print_labels(day: Day, folder: Path) -> None:
    with day.step("label"), day.database.transaction() as connection:
        (folder / "labels.pdf").write_bytes(labels_for(connection, day.facts, load_booked(connection)))
    write_rejected(folder / "rejected.csv", rejected_rows(day.verdicts))


def _write_papers(day: Day, folder: Path) -> None:
    sheets = [sheet for plan in day.plans for sheet in plan.sheets]
    with day.database.transaction() as connection:
        with day.step("run_sheets"):
            (folder / "runsheets.pdf").write_bytes(run_sheets_pdf(connection, day.facts, sheets))
        with day.step("advices"):
            write_advices(connection, day.settlements, folder / "payout-advices")
        with day.step("exports"):
            with (folder / "ledger.beancount").open("w", encoding="utf-8") as file:
                file.writelines(journal(connection, "beancount"))
            for column in ("delivery_office", "merchant_id"):
                path = folder / f"parcels-by-{column.replace('_', '-')}.csv"
                parcels_by(connection, column).to_csv(path, index=False)
            areas = day.facts.resolver.areas.service(day.facts.coverage(day.on))
            page = map_page(day.facts.offices.pilot(day.on), areas, sheets)
            (folder / "map.html").write_text(page, encoding="utf-8")
