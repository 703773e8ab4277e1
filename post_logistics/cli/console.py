"""What all commands share: options, settings, printing."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.units import DHAKA

out = Console()
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
    """The settings of the environment with what the command line says on top."""
    if schema is not None and not re.fullmatch(r"[a-z_][a-z0-9_]{0,40}", schema):
        raise Unacceptable(f"{schema!r} cannot name a schema", field="--schema", remedy="write public or demo")
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


def given_defaults(merchant: str | None, store_address: str | None) -> dict[str, str]:
    """What an order file may leave out, as far as it was given."""
    given = {"merchant": merchant, "store_address": store_address}
    return {name: text for name, text in given.items() if text}


def say_json(value: Any) -> None:
    """Prints a value as one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on the error stream, so that what a script reads stays clean."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bar:
        yield bar
