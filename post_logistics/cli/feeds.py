"""What systems outside are told: the log in three standards, and deliveries confirmed with a signature."""

import json
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, err, out, print_table, say_json, settings_for
from post_logistics.units import DHAKA

app = typer.Typer()


class Standard(StrEnum):
    """In whose words."""

    EPCIS = "epcis"
    CLOUDEVENTS = "cloudevents"
    EMSEVT = "emsevt"


@app.command()
def feed(
    standard: Annotated[Standard, typer.Argument(help="epcis, cloudevents, or emsevt (a CSV).")],
    after: Annotated[str | None, typer.Option(help="Where to go on: what the page before said as next.")] = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's parcels.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Scans at most.")] = 1_000,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write a page of the log; where it ends is said on the error stream."""
    from post_logistics.operations.faces.feeds import as_cloud_events, as_emsevt, as_epcis, emsevt_csv, read_log
    from post_logistics.storage.database import open_database

    at = datetime.now(DHAKA)
    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        page = read_log(connection, after, limit, merchant, at)
    if standard is Standard.EMSEVT:
        sys.stdout.write(emsevt_csv(as_emsevt(page)))
    else:
        told = as_epcis(page, at) if standard is Standard.EPCIS else as_cloud_events(page)
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    err.print(f"next: {page.next}", highlight=False, soft_wrap=True)


@app.command()
def confirmations(
    after: Annotated[
        int | None, typer.Option(min=0, help="List from this number on.", show_default="the new ones")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="List so many at most.")] = 1_000,
    everything: Annotated[
        bool, typer.Option("--all", help="Look at every journey, not only at what was heard since the last time.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Confirm deliveries that stand and correct what was taken back: numbered, signed, each once."""
    from dataclasses import asdict

    from post_logistics.operations.faces.confirmations import confirm_deliveries, signer
    from post_logistics.storage.database import open_database
    from post_logistics.storage.faces.confirmations import load_confirmations_after, load_newest_number

    settings = settings_for(data_dir, schema)
    by = signer(settings.advice_key.get_secret_value().encode())
    with open_database(settings) as database, database.transaction() as connection:
        made = confirm_deliveries(connection, by, datetime.now(DHAKA), everything=everything)
        first = load_newest_number(connection) - made if after is None else after
        listed = load_confirmations_after(connection, first, limit)
    if as_json:
        say_json({"made": made, "key": by.jwk, "confirmations": [asdict(one) for one in listed]})
        return
    table = Table("number", "kind", "item", "corrects", "signed")
    for one in listed:
        table.add_row(str(one.number), one.kind, one.item_number, str(one.corrects or ""), one.signed)
    if listed:
        print_table(table)
    out.print(f"{made} new")


@app.command()
def confirmations_file(
    path: Annotated[Path, typer.Argument(help="Where to write them; a file that is there is gone on with.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write the confirmations that the file has not yet, a line each; the keys that check them go into .keys.json."""
    from post_logistics.operations.faces.confirmation_files import write_confirmations
    from post_logistics.operations.faces.confirmations import signer
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    by = signer(settings.advice_key.get_secret_value().encode())
    with open_database(settings) as database, database.transaction() as connection:
        written = write_confirmations(connection, path, by)
    out.print(f"{written} new")
