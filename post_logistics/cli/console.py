"""What all commands share: options, settings, printing."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.units import DHAKA

UNFOLDED = 500
"""Columns of an output that is no screen: what goes into a file or a pipe is not folded."""

out = Console(width=None if sys.stdout.isatty() else UNFOLDED)
err = Console(stderr=True)


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
    """The settings of the environment with what the command line says on top, fit for where they are used."""
    return given_settings(data_dir, schema).for_production()


def given_settings(data_dir: Path | None = None, schema: str | None = None) -> Settings:
    """The same, fit or not."""
    if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]{0,40}", schema):
        raise Unacceptable(f"{schema!r} cannot name a schema", field="--schema", remedy="write public or demo")
    given = {"data_dir": data_dir, "schema_name": schema}
    return Settings().model_copy(update={k: v for k, v in given.items() if v is not None})


def day_of(text: str | None) -> date:
    """The day that was asked for; Unacceptable if it is none."""
    if text is None:
        return datetime.now(DHAKA).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unacceptable(f"{text!r} is not a day", field="--date", remedy="write it as 2026-11-22") from None


def given_defaults(merchant: str | None, store_address: str | None) -> dict[str, str]:
    """What an order file may leave out, as far as it was given."""
    given = {"merchant": merchant, "store_address": store_address}
    return {name: text for name, text in given.items() if text}


def say_json(value: Any) -> None:
    """Prints a value as one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(table: Table) -> None:
    """Prints a table; where the screen is too narrow for it, each row by itself: nothing is cut off."""
    if Measurement.get(out, out.options.update(max_width=UNFOLDED), table).maximum <= out.width:
        out.print(table)
        return
    if table.title:
        out.print(table.title, style="bold")
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        for column, cell in zip(table.columns, cells, strict=True):
            if cell:
                out.print(f"[bold]{column.header}[/bold]" if column.header else "", cell, soft_wrap=True)
        out.print()


def write_text(file: Path | None, pieces: Iterable[str]) -> None:
    """Writes a text piece by piece into a file, whole or not at all; or, without one, to the standard output."""
    if file is None:
        sys.stdout.writelines(pieces)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.part")
    with unfinished.open("w", encoding="utf-8") as stream:
        stream.writelines(pieces)
    unfinished.replace(file)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on the error stream, so that what a script reads stays clean."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        yield bar
