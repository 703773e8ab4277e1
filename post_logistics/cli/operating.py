"""Keeping an installation well: what is wrong with it, its backups, and bringing one back."""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from post_logistics.cli.console import AsJson, DataDir, Schema, given_settings, out, print_table, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA

if TYPE_CHECKING:
    from post_logistics.cod.proof import Check

app = typer.Typer()

_MB = 2**20


@app.command()
def doctor(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Look at everything this installation needs and say what is wrong, with its remedy. Nothing is changed.

    Exit code 1 if something is bad: it does not work so, or what is acknowledged may be lost.
    """
    from post_logistics.operations.keeping.doctoring import Verdict, examine

    findings = examine(given_settings(data_dir, schema), partial(datetime.now, DHAKA))
    if as_json:
        say_json([asdict(one) for one in findings])
    else:
        table = Table("", "looked at", Column("found", overflow="fold"), Column("remedy", overflow="fold"))
        colour = {Verdict.GOOD: "green", Verdict.WARNING: "yellow", Verdict.BAD: "bold red"}
        for one in findings:
            table.add_row(f"[{colour[one.verdict]}]{one.verdict}[/]", one.what, one.said, one.remedy)
        print_table(table)
    raise typer.Exit(any(one.verdict is Verdict.BAD for one in findings))


@app.command()
def backup(
    out_path: Annotated[
        Path | None,
        typer.Option("--out", help="A folder, or a file ending in .dump.", show_default="POST_LOGISTICS_BACKUP_DIR"),
    ] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Remove all but so many of the newest in the folder.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write everything as of this moment into one file, while the work goes on; what it holds is written beside it.

    The file holds people's names and addresses, and no secret of the settings. Only its owner may read it.
    """
    from post_logistics.operations.keeping.backing_up import back_up, backup_file, keep_newest
    from post_logistics.storage.database import open_as_it_is

    settings, at, began = settings_for(data_dir, schema), datetime.now(DHAKA), perf_counter()
    chosen = out_path or settings.backup_dir
    if chosen is None:
        raise Unacceptable(
            "say where it goes", field="--out", remedy="give --out FOLDER or set POST_LOGISTICS_BACKUP_DIR"
        )
    file = backup_file(chosen, settings.schema_name, at)
    with open_as_it_is(settings) as database:
        made = back_up(database, file, at)
    gone = keep_newest(file.parent, settings.schema_name, keep) if keep else []
    seconds = round(perf_counter() - began, 1)
    if as_json:
        say_json(asdict(made) | {"file": file, "seconds": seconds, "removed": gone})
        return
    rows = sum(made.rows.values())
    out.print(f"{file}: {rows:,} rows, {made.size_bytes / _MB:,.1f} MB in {seconds} s", soft_wrap=True)
    for old in gone:
        out.print(f"removed {old}", soft_wrap=True)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `backup` wrote it.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Bring a backup back into an empty database, whole or not at all, and prove the copy.

    Compared are the file's SHA-256 and the rows of every table; proven are the whole of the books, and that a sample of
    items stands where their scans say. Exit code 1 if anything is wrong.
    """
    from post_logistics.operations.keeping.backing_up import restore_backup

    settings, began = settings_for(data_dir, schema), perf_counter()
    checks = restore_backup(settings, file)
    seconds, wrong = round(perf_counter() - began, 1), [check for check in checks if check.violated]
    if as_json:
        say_json({"seconds": seconds, "checks": [asdict(check) for check in checks]})
    else:
        print_table(_checks_table(checks))
        out.print(f"restored and checked in {seconds} s: {'WRONG, see above' if wrong else 'all is as it was'}")
    raise typer.Exit(bool(wrong))


def _checks_table(checks: list["Check"]) -> Table:
    table = Table("check", "of how many", "wrong", Column("for example", overflow="fold"))
    for one in checks:
        table.add_row(one.name, f"{one.checked:,}", f"{one.violated:,}", "; ".join(one.examples))
    return table
