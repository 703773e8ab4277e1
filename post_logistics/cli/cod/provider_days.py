"""A provider's account of a day against ours."""

import csv
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Language, Schema, out, print_table, say_json, settings_for
from post_logistics.cod.provider_days import DIFFERENCE_TEXTS
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, latin_digits, poisha_from_taka, taka

if TYPE_CHECKING:
    from post_logistics.channels.payments.port import FileLine

app = typer.Typer()
COLUMNS = ("payment_id", "provider_ref", "amount", "fee", "currency")


@app.command("provider-file")
def provider_file(
    provider: Annotated[str, typer.Argument(metavar="PROVIDER", help="ekpay, bkash, nagad, sslcommerz, …")],
    on: Annotated[datetime, typer.Argument(metavar="DAY", formats=["%Y-%m-%d"])],
    file: Annotated[
        Path | None, typer.Option(help=f"Its file, as CSV: {', '.join(COLUMNS)}.", show_default="the provider is asked")
    ] = None,
    language: Annotated[Language, typer.Option("--language", help="en or bn.")] = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Compare what a provider says it took on a day with what we know; each difference, one line."""
    from post_logistics.channels.payments.choosing import payment_providers
    from post_logistics.operations.money.provider_days import compare_day
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    lines = None if file is None else read_lines(file)
    with open_database(settings) as database:
        day = compare_day(database, payment_providers(settings), provider, on.date(), datetime.now(DHAKA), lines=lines)
    if as_json:
        say_json(asdict(day))
        return
    found = day.compared
    table = Table("payment", "reference", "parcel", "theirs", "ours", "what differs")
    for one in found.differences:
        words = DIFFERENCE_TEXTS[one.difference][language.value]
        amounts = (taka(one.theirs_poisha, language.value), taka(one.ours_poisha, language.value))
        table.add_row(one.payment_id, one.provider_ref, one.item_number, *amounts, words)
    if found.differences:
        print_table(table)
    theirs, ours = taka(found.theirs_poisha, language.value), taka(found.ours_poisha, language.value)
    out.print(
        f"{day.provider} {day.on} ({day.source}): {found.lines} lines of {theirs}, ours {ours}, "
        f"{found.agreed} agree, {len(found.differences)} differ, {len(day.heard)} heard of only now",
        markup=False,
    )


def read_lines(file: Path) -> list["FileLine"]:
    """The lines of a file; Unacceptable names the first row and field that make no sense."""
    from post_logistics.channels.payments.port import FileLine

    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    missing = {"provider_ref", "amount"} - set(rows[0] if rows else ())
    if rows and missing:
        raise Unacceptable(
            f"the file has no column {sorted(missing)[0]}", field="--file", remedy=f"name them {', '.join(COLUMNS)}"
        )
    return [
        FileLine(
            (row.get("payment_id") or "").strip(),
            (row["provider_ref"] or "").strip(),
            _amount(row["amount"], n, "amount"),
            _amount(row.get("fee") or "0", n, "fee"),
            (row.get("currency") or "BDT").strip(),
        )
        for n, row in enumerate(rows, 2)
    ]


def _amount(text: str | None, row: int, field: str) -> int:
    try:
        return poisha_from_taka(latin_digits(text or ""))
    except ValueError as error:
        raise Unacceptable(
            str(error), field=field, row=row, remedy="write an amount in taka, such as 1250.50"
        ) from None
