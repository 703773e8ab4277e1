"""A made-up week of a whole country, and the proof of it."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, err, out, print_table, progress, say_json, settings_for

app = typer.Typer()


@app.command()
def simulate(
    offices: Annotated[int, typer.Option(help="How many post offices.")] = 20,
    parcels: Annotated[int, typer.Option(help="How many parcels are booked in all.")] = 2_000,
    days: Annotated[int, typer.Option(help="How many days.")] = 4,
    seed: Annotated[int, typer.Option(help="Another seed tells another story.")] = 1,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Live through made-up days with the real operations, then check that nothing and nobody was forgotten.

    Devices lose their network, lie about the time and send twice; bags are lost; one office breaks down. Data of the
    schema `simulation` is replaced; real data is not touched. Exit code 1 if an invariant is broken.
    """
    from post_logistics.simulation.run import simulate as live

    settings = settings_for(data_dir, "simulation")
    with progress() as bar:
        task = bar.add_task("days", total=days)
        report = live(
            settings,
            offices=offices,
            parcels=parcels,
            days=days,
            seed=seed,
            advance=lambda day: bar.update(task, completed=day),
        )
    if as_json:
        say_json(report.as_json())
    else:
        _say(report.as_json())
    if not report.holds:
        err.print("an invariant is broken", style="bold red")
        sys.exit(1)


def _say(report: dict[str, object]) -> None:
    invariants = report.pop("invariants")
    assert isinstance(invariants, dict)
    for name, fact in report.items():
        if name != "overdue_by_hour":
            out.print(f"{name.replace('_', ' ')}: {fact}", highlight=False)
    table = Table("what must be true", "checked", "violated", "for example")
    for name, one in invariants.items():
        style = "bold red" if one["violated"] else ""
        table.add_row(
            name.replace("_", " "),
            f"{one['checked']:,}",
            str(one["violated"]),
            "; ".join(one["examples"][:2]),
            style=style,
        )
    print_table(table)
