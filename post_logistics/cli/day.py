"""The day as a whole: the demo, the server, planning, settling, the ledger."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from post_logistics.cli.console import (
    AsJson,
    DataDir,
    OnDay,
    Schema,
    day_of,
    given_defaults,
    out,
    print_table,
    progress,
    say_json,
    settings_for,
    write_text,
)
from post_logistics.units import DHAKA, taka

if TYPE_CHECKING:
    from post_logistics.operations.tours.planning import OfficePlan
    from post_logistics.settings import Settings

app = typer.Typer()
export_app = typer.Typer(help="Write what other programs read.", no_args_is_help=True)
app.add_typer(export_app, name="export")


@app.command()
def demo(
    orders: Annotated[Path | None, typer.Option(help="An order file, CSV or XLSX.", show_default="our sample")] = None,
    out_dir: Annotated[Path, typer.Option("--out", help="Where the day's papers go.")] = Path("build/demo"),
    date: OnDay = None,
    seed: Annotated[int, typer.Option(help="Draws what happens at the doors.")] = 1,
    merchant: Annotated[str | None, typer.Option(help="The shop, where the file does not name it.")] = None,
    store_address: Annotated[str | None, typer.Option(help="Where to pick up, where the file does not say.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Run one whole day of the Dhaka pilot on made-up data: orders in, parcels delivered, every taka accounted for."""
    from post_logistics.demo.run import run_demo

    with progress() as bar:
        summary = run_demo(
            settings_for(data_dir, "demo"),
            orders,
            out_dir,
            day_of(date),
            seed,
            bar,
            given_defaults(merchant, store_address),
        )
    table = Table("the day", "", show_header=True, header_style="bold")
    for key, value in summary.items():
        if isinstance(value, (int, str, bool)):
            table.add_row(key, taka(value) if key.endswith("_poisha") and isinstance(value, int) else str(value))
        elif key in {"rejected", "in_custody", "unserved", "plan_violations"}:
            table.add_row(key, str(len(value)))
    print_table(table)
    out.print(f"Papers of the day: {out_dir}/summary.json, labels.pdf, runsheets.pdf, map.html, payout-advices/, ...")
    out.print("Look around: post-logistics track NUMBER --schema demo   or   post-logistics serve --schema demo")


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

    settings = settings_for(data_dir, schema)
    if settings.practice:
        _serve_practice(settings, host, port)
    else:
        serve_http(settings, host, port, workers)


@app.command()
def practice(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8010,
    data_dir: DataDir = None,
) -> None:
    """Serve a made-up post for training: everybody comes in by a button at /practice, and one makes everything anew.

    It has a database of its own; real data is never touched, and nothing is sent to anybody.
    """
    _serve_practice(settings_for(data_dir), host, port)


def _serve_practice(settings: "Settings", host: str, port: int) -> None:
    from api.server import serve_http
    from post_logistics.demo.practice import begin_practice, make_world, practice_settings
    from post_logistics.operations.facts import load_facts

    ours = practice_settings(settings)
    begin_practice(ours, load_facts(ours), datetime.now(DHAKA))
    out.print(f"practice: http://{host}:{port}/practice", soft_wrap=True)
    serve_http(ours, host, port, 1, make_world)


@app.command()
def plan(
    office: Annotated[str | None, typer.Option(help="Only this office of delivery.")] = None,
    on: OnDay = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
    executor: Annotated[
        str | None,
        typer.Option(help="Where it is done: processes, threads, here, dask://host:port.", show_default="processes"),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            help="How long to search for each office.",
            min=0.1,
            max=600,
            show_default="counted: the same plan each time",
        ),
    ] = None,
) -> None:
    """Plan the delivery tours of a day for the parcels that are at their offices."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.tours.planning import OfficesFailed, plan_day
    from post_logistics.routing.problem import Budget
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    failed: OfficesFailed | None = None
    with open_database(settings) as database, progress() as bar:
        try:
            plans: Sequence[OfficePlan] = plan_day(
                database,
                facts,
                "delivery",
                day_of(on),
                datetime.now(DHAKA),
                office=office,
                budget=None if seconds is None else Budget(seconds=seconds),
                executor=executor or settings.executor,
                advance=_advance(bar, "planning offices"),
            )
        except OfficesFailed as error:
            failed, plans = error, error.plans
    if as_json:
        say_json([one.as_json() for one in plans])
    else:
        print_table(_plans_table(plans))
    if failed:
        raise failed


def _plans_table(plans: Sequence["OfficePlan"]) -> Table:
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
    return table


def _advance(bar: Progress, title: str) -> Any:
    task = bar.add_task(title, total=None)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return advance


@app.command()
def settle(
    on: OnDay = None,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Also write the payout advices here.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Settle with every merchant: what the bank has confirmed is paid out, each parcel listed once."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.money.advices import write_advices
    from post_logistics.operations.money.settling import settle_all
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    with open_database(settings) as database:
        with database.transaction() as connection:
            made = settle_all(connection, facts, day_of(on), datetime.now(DHAKA))
        if out_dir is not None:  # an advice is written when what it says is kept, not before
            with database.transaction() as connection:
                write_advices(connection, made, out_dir)
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
    print_table(table)


@export_app.command("ledger")
def export_ledger(
    file: Annotated[Path | None, typer.Option("--out", help="The file.", show_default="standard output")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write the ledger as a Beancount file, which bean-check accepts."""
    from post_logistics.operations.money.checking import journal
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        write_text(file, journal(connection, "beancount"))
