"""Where a parcel is, as each of its readers may see it."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from post_logistics.cli.console import AsJson, DataDir, Language, Schema, out, print_table, say_json, settings_for
from post_logistics.units import DHAKA, local_time

if TYPE_CHECKING:
    from post_logistics.operations.faces.looking_up import TrackingView
    from post_logistics.operations.faces.views import MerchantView, StaffView

app = typer.Typer()


class Reader(StrEnum):
    """Whose view it is."""

    PUBLIC = "public"
    MERCHANT = "merchant"
    STAFF = "staff"


@app.command()
def track(
    number: Annotated[str, typer.Argument(help="The item number on the label.")],
    reader: Annotated[
        Reader, typer.Option("--as", help="Whose view: of anyone, of its merchant, of the staff.")
    ] = Reader.PUBLIC,
    language: Annotated[Language, typer.Option(help="en or bn.")] = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say where a parcel is: to anyone without names and amounts, to the staff with every scan."""
    from dataclasses import asdict

    from post_logistics.network.offices import load_offices
    from post_logistics.operations.faces.looking_up import track_item
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    offices, at = load_offices(settings.facts_dir), datetime.now(DHAKA)
    with open_database(settings) as database, database.transaction() as connection:
        if reader is Reader.PUBLIC:
            view = track_item(connection, offices, number, language.value, at)
            say_json(view.as_json()) if as_json else _say_public(view)
            return
        from post_logistics.operations.faces.views import merchant_view, staff_view

        if reader is Reader.MERCHANT:
            theirs = merchant_view(connection, offices, number, None, language.value, at)
            say_json(asdict(theirs)) if as_json else _say_merchants(theirs)
        else:
            ours = staff_view(connection, offices, number, language.value)
            say_json(asdict(ours)) if as_json else _say_staffs(ours, language)


def _say_public(view: "TrackingView") -> None:
    out.print(f"[bold]{view.item_number}[/bold]  {view.headline} {view.promise}")
    table = Table("when", "where", "what")
    for entry in view.timeline:
        table.add_row(entry.when, entry.office_name, entry.text)
    print_table(table)


def _say_merchants(view: "MerchantView") -> None:
    out.print(f"[bold]{view.public.item_number}[/bold]  {view.public.headline} {view.public.promise}")
    table = Table("when", "where", "what", "why", "whose doing")
    for told in view.timeline:
        table.add_row(told.when, told.office_name, told.text, told.reason_text, told.blame or "")
    print_table(table)


def _say_staffs(view: "StaffView", language: Language) -> None:
    out.print(f"[bold]{view.item_number}[/bold]  {view.state}, {view.holder} since {local_time(view.since)}")
    if view.due_at is not None:
        bag = f" with bag {view.travels_with}" if view.travels_with else ""
        out.print(f"due: {view.due}{bag} by {local_time(view.due_at)}")
    names = ("when", "office", "event", "holder", "bag", "device", "why", "remark")
    table = Table(*(Column(name, overflow="fold") for name in names))
    for one in view.scans:
        remark = one.misfit or ("" if one.counts else "taken back")
        device = f"{one.device_id}/{one.sequence}"
        row = (one.told.when, one.told.office, one.told.event, one.holder, one.receptacle or "", device)
        table.add_row(*row, one.told.reason_text, remark)
    print_table(table)
