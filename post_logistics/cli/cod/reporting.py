"""Reports of the money: made, shown and written."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from post_logistics.cli.console import (
    AsJson,
    DataDir,
    Language,
    Schema,
    out,
    print_table,
    progress,
    say_json,
    settings_for,
)
from post_logistics.units import DHAKA, MerchantId

if TYPE_CHECKING:
    from post_logistics.cod.reports import Report, Sheet

app = typer.Typer()


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="ageing, remittance, profitability or central-bank.")],
    month: Annotated[
        str | None, typer.Option(help="2026-11, or a quarter: 2026-Q4.", show_default="the last month that is over")
    ] = None,
    merchant: Annotated[str | None, typer.Option(help="Remittance of this merchant alone, by id.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Write all of it into a folder in here.")] = None,
    rows: Annotated[int, typer.Option(min=0, help="So many rows of each table are shown.")] = 20,
    language: Annotated[Language, typer.Option("--language", help="en or bn.")] = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Make a report of the money and show it. With --out also pages with charts, a workbook and every table as CSV."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.money.reporting import make_report
    from post_logistics.operations.money.reporting.files import file_stem, pack, report_document
    from post_logistics.storage.database import open_database
    from post_logistics.storage.money.proving import as_of_one_moment

    settings, at = settings_for(data_dir, schema), datetime.now(DHAKA)
    shop = MerchantId(merchant) if merchant else None
    with open_database(settings) as database, progress() as bar:
        bar.add_task("looking", total=None)
        known = load_facts(settings)
        with database.transaction() as connection:
            as_of_one_moment(connection)
            made = make_report(connection, known, name, at, written=month, merchant=shop)
        if folder is not None:
            folder = folder / file_stem(made)
            folder.mkdir(parents=True, exist_ok=True)
            for file_name, content in pack(made, at).items():
                (folder / file_name).write_bytes(content)
    if as_json:
        say_json(report_document(made, at))
        return
    _say(made, language, rows)
    if folder is not None:
        out.print(f"files: {folder}", highlight=False, soft_wrap=True)


def _say(made: "Report", language: Language, rows: int) -> None:
    from post_logistics.operations.money.reporting.files import said

    bangla = language is Language.BN
    as_of = made.period.name if made.period else str(made.as_of_on)
    out.print(f"{made.text_bn if bangla else made.text_en}, {as_of}", style="bold", highlight=False)
    table = Table(show_header=False)
    for one in made.figures:
        kept = {True: "yes", False: "NO", None: ""}[one.verdict]
        table.add_row(one.text_bn if bangla else one.text_en, said(one.unit, one.value, language.value), kept)
    print_table(table)
    for sheet in made.sheets:
        _say_sheet(sheet, language, rows)


def _say_sheet(sheet: "Sheet", language: Language, rows: int) -> None:
    from post_logistics.operations.money.reporting.files import NOTHING, said

    bangla = language is Language.BN
    out.print(sheet.text_bn if bangla else sheet.text_en, style="bold", highlight=False)
    table = Table(*(column.text_bn if bangla else column.text_en for column in sheet.columns))

    def cells(row: Sequence[object]) -> list[str]:
        return [said(c.unit, cell, language.value) for c, cell in zip(sheet.columns, row, strict=True)]  # type: ignore[arg-type]

    for row in sheet.rows[:rows]:
        table.add_row(*cells(row))
    if sheet.total:
        table.add_section()
        table.add_row(*("" if cell == NOTHING else cell for cell in cells(sheet.total)), style="bold")
    print_table(table)
    if len(sheet.rows) > rows:
        out.print(f"and {len(sheet.rows) - rows} more rows: --rows, --json or --out", highlight=False)
