"""The command ``post-logistics``: what can be done without a browser.

Exit codes: 0 done; 1 there is no such thing, or not now; 2 bad input; 3 the database is not there.
"""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.settings import Settings
from post_logistics.storage.database import open_database
from post_logistics.storage.errors import Unavailable
from post_logistics.units import DHAKA, grams_from_kg, poisha_from_taka, taka

app = typer.Typer(
    help="The logistics engine of a national post for e-commerce.", no_args_is_help=True, pretty_exceptions_enable=False
)
export_app = typer.Typer(help="Write what other programs read.", no_args_is_help=True)
app.add_typer(export_app, name="export")

_out = Console()
_err = Console(stderr=True)


class Language(StrEnum):
    """A language people read."""

    EN = "en"
    BN = "bn"


DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where the embedded PostgreSQL keeps its files.", show_default="var")
]
Schema = Annotated[
    str | None, typer.Option("--schema", help="Which data: public is the real, demo what the demo left.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
OnDay = Annotated[str | None, typer.Option("--date", help="The day, YYYY-MM-DD.", show_default="today in Dhaka")]


def settings_for(data_dir: Path | None = None, schema: str | None = None) -> Settings:
    """The settings of the environment with what the command line says on top."""
    given = {"data_dir": data_dir, "schema_name": schema}
    return Settings().model_copy(update={k: v for k, v in given.items() if v is not None}).for_production()


def day_of(text: str | None) -> date:
    """The day that was asked for; Unacceptable if it is none."""
    if text is None:
        return datetime.now(DHAKA).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unacceptable(f"{text!r} is not a day", field="--date", remedy="write it as 2026-11-22") from None


def say_json(value: Any) -> None:
    """Prints a value as one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on the error stream, so that what a script reads stays clean."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_err) as bar:
        yield bar


@app.command()
def demo(
    orders: Annotated[Path | None, typer.Option(help="An order file, CSV or XLSX.", show_default="our sample")] = None,
    out: Annotated[Path, typer.Option(help="Where the day's papers go.")] = Path("build/demo"),
    date: OnDay = None,
    seed: Annotated[int, typer.Option(help="Draws what happens at the doors.")] = 1,
    data_dir: DataDir = None,
) -> None:
    """Run one whole day of the Dhaka pilot on made-up data: orders in, parcels delivered, every taka accounted for."""
    from post_logistics.demo.run import run_demo

    with progress() as bar:
        summary = run_demo(settings_for(data_dir, "demo"), orders, out, day_of(date), seed, bar)
    table = Table("the day", "", show_header=True, header_style="bold")
    for key, value in summary.items():
        if isinstance(value, (int, str, bool)):
            table.add_row(key, taka(value) if key.endswith("_poisha") and isinstance(value, int) else str(value))
        elif key in {"rejected", "in_custody", "unserved", "plan_violations"}:
            table.add_row(key, str(len(value)))
    _out.print(table)
    _out.print(f"Papers of the day: {out}/summary.json, labels.pdf, runsheets.pdf, map.html, payout-advices/, ...")
    _out.print("Look around: post-logistics track NUMBER --schema demo   or   post-logistics serve --schema demo")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    data_dir: DataDir = None,
    schema: Schema = None,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=64)] = 1,
) -> None:
    """Start the HTTP API; interactive docs are at /docs, GET /healthz says whether it is well."""
    from api.server import serve_http

    serve_http(settings_for(data_dir, schema), host, port, workers)


@app.command("import")
def import_orders(
    file: Annotated[Path, typer.Argument(help="An order file, CSV or XLSX, with the columns you already have.")],
    merchant: Annotated[str | None, typer.Option(help="The shop, where the file does not name it.")] = None,
    store_address: Annotated[str | None, typer.Option(help="Where to pick up, where the file does not say.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, book nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Book nothing unless every row can be booked.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Write the rejected rows and why to this CSV.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Book the orders of a file: a verdict for every row, all that can be booked in one transaction."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.numbering import Numbers
    from post_logistics.operations.order_intake import intake, merchants_of, read_orders, rejected_rows, write_rejected

    settings, at = settings_for(data_dir, schema), datetime.now(DHAKA)
    facts = load_facts(settings)
    given = {"merchant": merchant, "store_address": store_address}
    checked = read_orders(facts, file, file.name, {name: text for name, text in given.items() if text})
    orders = [order for _, order, _ in checked.orders]
    with open_database(settings) as database, progress() as bar:
        numbers = Numbers(database, facts.number_key)

        def run(title: str, dry: bool) -> Any:
            task = bar.add_task(title, total=1)
            with database.transaction() as connection:
                merchants = merchants_of(connection, orders, at, register=not dry)
                verdicts = intake(connection, facts, numbers, checked, merchants, at, dry_run=dry)
            bar.update(task, completed=1)
            return verdicts

        verdicts = run("checking", True) if dry_run or strict else run("booking", False)
        if strict and not dry_run and not rejected_rows(verdicts):
            verdicts = run("booking", False)
    refused = rejected_rows(verdicts)
    if rejected is not None:
        write_rejected(rejected, refused)
    counts = {outcome: sum(v.outcome == outcome for v in verdicts) for outcome in ("booked", "duplicate", "rejected")}
    if as_json:
        rows = [
            {"row": v.row, "order_ref": v.order_ref, "outcome": v.outcome, "item_number": v.item_number}
            for v in verdicts
        ]
        say_json({"dry_run": dry_run, **counts, "rows": rows, "problems": refused})
    else:
        table = Table("row", "order_ref", "field", "reason", "remedy")
        for one in refused:
            table.add_row(str(one["row"]), one["order_ref"], one["field"], one["reason"], one["remedy"])
        if refused:
            _out.print(table)
        _out.print(
            ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
            + (" (dry run: nothing was booked)" if dry_run else "")
        )
    if strict and refused:
        raise typer.Exit(2)


@app.command()
def quote(
    weight_kg: Annotated[str, typer.Option("--weight-kg", help="Weight in kg.")],
    cod_taka: Annotated[str, typer.Option("--cod-taka", help="Cash to collect at the door.")] = "0",
    declared_value_taka: Annotated[str, typer.Option("--declared-value-taka", help="Declared value.")] = "0",
    service: Annotated[str | None, typer.Option(help="The service.", show_default="Speed Post parcel")] = None,
    on: OnDay = None,
    language: Annotated[Language, typer.Option(help="en or bn.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Say what a parcel costs, by which version of the tariff."""
    from post_logistics.consignments.tariffs import load_tariffs
    from post_logistics.operations.booking import SERVICE

    found = load_tariffs(settings_for().facts_dir).quote(
        service or SERVICE,
        _amount("--weight-kg", grams_from_kg, weight_kg),
        _amount("--cod-taka", poisha_from_taka, cod_taka),
        _amount("--declared-value-taka", poisha_from_taka, declared_value_taka),
        day_of(on),
        same_city=True,
    )
    if as_json:
        say_json(quote_json(found))
        return
    table = Table(f"tariff {found.version}", "")
    for line in found.lines:
        table.add_row(
            line.text_en if language is Language.EN else line.text_bn, taka(line.amount_poisha, language.value)
        )
    table.add_row("Total" if language is Language.EN else "মোট", taka(found.total_poisha, language.value), style="bold")
    _out.print(table)


def quote_json(found: Any) -> dict[str, Any]:
    """A quote as a script reads it."""
    return {
        "version": found.version,
        "service": found.service,
        "lines": [{"code": line.code, "amount_poisha": line.amount_poisha} for line in found.lines],
        "postage_poisha": found.postage_poisha,
        "cod_fee_poisha": found.cod_fee_poisha,
        "vat_poisha": found.vat_poisha,
        "total_poisha": found.total_poisha,
    }


def _amount(field: str, reader: Any, text: str) -> int:
    try:
        return int(reader(text))
    except ValueError as error:
        raise Unacceptable(str(error), field=field, remedy="write a plain number such as 1.5") from None


@app.command()
def track(
    number: Annotated[str, typer.Argument(help="The item number on the label.")],
    language: Annotated[Language, typer.Option(help="en or bn.")] = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say where a parcel is, as anyone may know it: no names, no amounts."""
    from post_logistics.network.offices import load_offices
    from post_logistics.operations.looking_up import track_item

    settings = settings_for(data_dir, schema)
    offices = load_offices(settings.facts_dir)
    with open_database(settings) as database, database.transaction() as connection:
        view = track_item(connection, offices, number, language.value, datetime.now(DHAKA))
    if as_json:
        say_json(view.as_json())
        return
    _out.print(f"[bold]{view.item_number}[/bold]  {view.headline} {view.promise}")
    table = Table("when", "where", "what")
    for entry in view.timeline:
        table.add_row(entry.when, entry.office_name, entry.text)
    _out.print(table)


@app.command()
def plan(
    office: Annotated[str | None, typer.Option(help="Only this office of delivery.")] = None,
    on: OnDay = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Plan the delivery tours of a day for the parcels that are at their offices."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.planning import plan_day

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    with open_database(settings) as database, progress() as bar:
        plans = plan_day(
            database,
            facts,
            "delivery",
            day_of(on),
            datetime.now(DHAKA),
            office=office,
            advance=_advance(bar, "planning offices"),
        )
    if as_json:
        say_json([one.as_json() for one in plans])
        return
    table = Table("office", "tours", "stops", "parcels", "km", "km unplanned", "unserved")
    for one in plans:
        table.add_row(
            one.office,
            str(len(one.sheets)),
            str(sum(len(s.stops) for s in one.sheets)),
            str(sum(s.parcels for s in one.sheets)),
            f"{one.distance_m / 1000:.1f}",
            f"{one.distance_before_m / 1000:.1f}",
            str(len(one.unserved)),
        )
    _out.print(table)


def _advance(bar: Progress, title: str) -> Any:
    task = bar.add_task(title, total=None)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return advance


@app.command()
def settle(
    on: OnDay = None,
    out: Annotated[Path | None, typer.Option(help="Also write the payout advices (PDF) into this directory.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Settle with every merchant: what the bank has confirmed is paid out, each parcel listed once."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.papers import write_advices
    from post_logistics.operations.settling import settle_all

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        made = settle_all(connection, facts, day_of(on), datetime.now(DHAKA))
        if out is not None:
            write_advices(connection, made, out)
    if as_json:
        say_json(
            [
                {
                    "settlement_id": s.settlement_id,
                    "merchant": s.merchant,
                    "parcels": len(s.lines),
                    "principal_poisha": s.principal_poisha,
                    "fees_taken_poisha": s.fees_taken_poisha,
                    "vat_taken_poisha": s.vat_taken_poisha,
                    "payout_poisha": s.payout_poisha,
                    "verification_reference": s.verification_reference,
                }
                for s in made
            ]
        )
        return
    table = Table("merchant", "parcels", "collected", "fees", "VAT", "paid out", "reference")
    for s in made:
        amounts = (s.principal_poisha, s.fees_taken_poisha, s.vat_taken_poisha, s.payout_poisha)
        table.add_row(s.merchant, str(len(s.lines)), *(taka(a) for a in amounts), s.verification_reference)
    _out.print(table)


@export_app.command("ledger")
def export_ledger(
    out: Annotated[Path | None, typer.Option(help="The file to write.", show_default="standard output")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write the ledger as a Beancount file, which bean-check accepts."""
    from post_logistics.operations.papers import ledger_text

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        text = ledger_text(connection)
    if out is None:
        sys.stdout.write(text)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")


def _fail(error: Exception, code: int) -> NoReturn:
    _err.print(f"[bold red]error:[/bold red] {error}", markup=True, highlight=False)
    raise SystemExit(code)


def _stop(signum: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signum)


def main() -> None:
    """Runs the command line; every foreseeable failure is one clear sentence and an exit code."""
    signal.signal(signal.SIGTERM, _stop)  # so that the embedded server is stopped, too
    try:
        app()
    except Unacceptable as error:
        _fail(error, 2)
    except (NotFound, Conflict, PostError) as error:
        _fail(error, 1)
    except Unavailable as error:
        _fail(error, 3)
