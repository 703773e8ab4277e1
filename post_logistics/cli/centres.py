"""Digital centres: a first table of them, what they offer and earn, and their statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, day_of, print_table, say_json, settings_for, write_text
from post_logistics.units import local_time, taka

if TYPE_CHECKING:
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.database import Connection

app = typer.Typer(help="Digital centres, which serve customers of the post.", no_args_is_help=True)

Point = Annotated[str, typer.Argument(metavar="CENTRE", help="The centre's collection point, e.g. dc-1230-01.")]


@contextmanager
def _transaction(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts"]]:
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    known = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, known


@app.command()
def propose(
    out_file: Annotated[Path | None, typer.Option("--out", help="Write it there.", show_default="the terminal")] = None,
    data_dir: DataDir = None,
) -> None:
    """A first table of centres: one for each union, town and ward, with the nearest office. All assumed: correct it."""
    from post_logistics.network.centres import propose as proposed
    from post_logistics.network.collection_points import COLUMNS
    from post_logistics.network.offices import load_offices
    from post_logistics.printing.tables import table_text

    facts_dir = settings_for(data_dir).facts_dir
    rows = ([one[column] for column in COLUMNS] for one in proposed(facts_dir, load_offices(facts_dir).values()))
    write_text(out_file, [table_text(COLUMNS, rows)])


@app.command("list")
def centres(
    office: Annotated[str | None, typer.Option(help="Only those of this office.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Every centre: its services, its float, the cash on it, what it is owed."""
    from post_logistics.operations.money.agents import standings_of_agents

    with _transaction(data_dir, schema) as (connection, known):
        points = [one for one in known.points if one.is_agent and office in {None, one.office}]
        standings = standings_of_agents(connection, [one.point_id for one in points])
    if as_json:
        rows = zip(points, standings, strict=True)
        say_json([asdict(stood) | {"office": one.office, "services": sorted(one.services)} for one, stood in rows])
        return
    table = Table("centre", "office", "services", "float", "cash", "room", "commission")
    for one, stood in zip(points, standings, strict=True):
        amounts = (stood.float_poisha, stood.cash_poisha, stood.room_poisha, stood.commission_poisha)
        table.add_row(one.point_id, one.office, ", ".join(sorted(one.services)), *map(taka, amounts))
    print_table(table)


@app.command()
def commissions(
    on: Annotated[str | None, typer.Option(help="On that day, YYYY-MM-DD.", show_default="today")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """What a centre earns with each service on a day."""
    from post_logistics.operations.centres.commissions import load_commissions

    found = load_commissions(settings_for(data_dir).facts_dir).on(day_of(on))
    if as_json:
        say_json({service.value: asdict(one) for service, one in found.items()})
        return
    table = Table("service", "each time", "of the cash")
    for service, one in found.items():
        table.add_row(service.replace("_", " "), taka(one.fixed_poisha), f"{one.bps / 100:g} %")
    print_table(table)


@app.command()
def statement(
    point_id: Point,
    since: Annotated[str | None, typer.Option(help="From that day, YYYY-MM-DD.", show_default="today")] = None,
    until: Annotated[str | None, typer.Option(help="To that day, YYYY-MM-DD.", show_default="today")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """A centre's account: every movement with its service, what was earned, and what of it was settled."""
    from post_logistics.operations.centres.statements import centre_statement

    until_on: date = day_of(until)
    since_on = until_on if since is None else day_of(since)
    with _transaction(data_dir, schema) as (connection, known):
        found = centre_statement(connection, known.points[point_id], since_on, until_on)
    if as_json:
        say_json(asdict(found))
        return
    table = Table("when", "what", "service", "parcel", "cash", "float", "commission")
    for line in found.lines:
        one = line.movement
        amounts = (taka(n) if n else "" for n in (one.cash_poisha, one.float_poisha, one.commission_poisha))
        service = (line.service or "").replace("_", " ")
        table.add_row(local_time(one.at), one.code.replace("_", " "), service, one.item_number or "", *amounts)
    closing = found.closing
    table.add_section()
    left = map(taka, (closing.cash_poisha, closing.float_poisha, closing.commission_poisha))
    table.add_row("left", f"earned {taka(found.earned_poisha)}, settled {taka(found.settled_poisha)}", "", "", *left)
    print_table(table)
