"""A made-up month of cash on delivery, and what the matching of its statement is worth."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, err, out, print_table, say_json, settings_for

app = typer.Typer()

_BOOKS_UP_TO = 1_000


@app.command()
def simulate(
    parcels: Annotated[int, typer.Option(help="How many parcels are paid for in the month.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed makes another month.")] = 1,
    folder: Annotated[Path, typer.Option("--out", help="Where the files go.")] = Path("build/cod"),
    digital: Annotated[float, typer.Option(min=0, max=1, help="The share that is not paid in cash.")] = 0.45,
    books: Annotated[
        bool | None, typer.Option(help="Live the month in the database too.", show_default="up to 1,000 parcels")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Make a month whose truth is known, match its bank statement, and print how much was found and how much is wrong.

    Writes statement.csv, truth.csv, matches.csv and README.txt. With --books the month is also lived through by the
    real operations in the schema `simulation`, emptied first, and the books are proved. Exit code 1 if a line was
    matched wrongly, or left without a reason, or the books do not agree.
    """
    from post_logistics.network.offices import load_offices
    from post_logistics.simulation.cod.month import Recipe
    from post_logistics.simulation.cod.run import simulate_month

    settings = settings_for(data_dir, "simulation")
    offices = [(one.postcode, one.name_en) for one in load_offices(settings.facts_dir).values()]
    recipe = Recipe(parcels=parcels, seed=seed, digital=digital)
    with err.status("a month of payments") as shown:
        report = simulate_month(recipe, sorted(offices), folder, step=shown.update)
        figures, holds = dict(report.facts), report.holds
        if books if books is not None else parcels <= _BOOKS_UP_TO:
            from post_logistics.simulation.cod.proving import live

            lived = live(settings, recipe, report.facts["offices"], folder, step=shown.update)
            figures["books"], holds = lived.as_json(), holds and lived.holds
    if as_json:
        say_json(figures | {"examples_of_what_is_wrong": report.verdict.examples})
    else:
        _say(figures, folder)
    if not holds:
        err.print("\n".join([*report.verdict.examples, "the figures do not hold"]), style="bold red")
        sys.exit(1)


def _say(figures: dict[str, Any], folder: Path) -> None:
    tables = {name: figures.pop(name) for name in ("by_trouble", "by_kind")}
    truths = figures.get("books", {}).pop("truths", {})
    for name, fact in figures.items():
        out.print(f"{name.replace('_', ' ')}: {_shown(fact)}", highlight=False, soft_wrap=True)
    for title, rows in tables.items():
        table = Table(title.replace("_", " "), "lines", "matchable", "matched", "in suspense, by reason")
        for name, one in rows.items():
            why = ", ".join(f"{reason.replace('_', ' ')} {count:,}" for reason, count in one["in_suspense"].items())
            counts = (f"{one[key]:,}" for key in ("lines", "matchable", "matched"))
            table.add_row(name.replace("_", " "), *counts, why)
        print_table(table)
    if truths:
        table = Table("of the books", "checked", "violated")
        for name, one in truths.items():
            table.add_row(name.replace("_", " "), f"{one['checked']:,}", str(one["violated"]))
        print_table(table)
    out.print(f"files: {folder}", highlight=False)


def _shown(fact: object) -> str:
    if isinstance(fact, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_shown(one)}" for name, one in fact.items())
    return f"{fact:,}" if isinstance(fact, int) else str(fact)
