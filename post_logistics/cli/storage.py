"""The tables over the years: the months that are kept, archives, and what is forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, progress, say_json, settings_for
from post_logistics.units import DHAKA

if TYPE_CHECKING:
    from post_logistics.storage.database import Database
    from post_logistics.storage.keeping.retention import Forgotten

app = typer.Typer(help="Keep the tables for years: months, archives, what is forgotten.", no_args_is_help=True)

TableName = Annotated[str, typer.Argument(metavar="TABLE", help="scans or uploads.")]
MonthName = Annotated[str, typer.Argument(metavar="MONTH", help="Written as 2026-11.")]
_MB = 2**20


@contextmanager
def _open(data_dir: Path | None, schema: str | None) -> Iterator["Database"]:
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database:
        yield database


@app.command()
def months(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Show every month of scans and uploads, how large it is, and where its archive is."""
    from post_logistics.operations.keeping.archiving import overview

    with _open(data_dir, schema) as database, database.transaction() as connection:
        found = overview(connection)
    if as_json:
        say_json([asdict(one) | {"month": f"{one.month:%Y-%m}"} for one in found])
        return
    table = Table("table", "month", "rows, about", "MB", "archive", "rows there", "let go")
    for one in found:
        table.add_row(
            one.table_name,
            f"{one.month:%Y-%m}",
            f"{one.rows:,}" if one.size_bytes else "-",
            f"{one.size_bytes / _MB:,.1f}" if one.size_bytes else "-",
            one.path or "-",
            "-" if one.archived_rows is None else f"{one.archived_rows:,}",
            "yes" if one.detached else "",
        )
    print_table(table)


@app.command()
def tend(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count whom it would forget.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Do the nightly work: make the months ahead, forget what is no longer needed."""
    from post_logistics.operations.keeping.retention import count_forgettable, load_retention_rules, pseudonym_key, tend

    settings, at = settings_for(data_dir, schema), datetime.now(DHAKA)
    rules = load_retention_rules(settings.facts_dir)
    with _open(data_dir, schema) as database:
        if dry_run:
            with database.transaction() as connection:
                due = count_forgettable(connection, rules, at)
            say_json({"recipients_due": due}) if as_json else out.print(f"{due:,} recipients would be forgotten.")
            return
        with progress() as bar:
            key = pseudonym_key(settings.number_key.get_secret_value().encode())
            night = tend(database, rules, key, at, _forgotten(bar))
    dropped = [f"{month:%Y-%m}" for month in night.uploads_dropped]
    if as_json:
        ready = [f"{month:%Y-%m}" for month in night.months]
        say_json({"months_ready": ready, "forgotten": asdict(night.forgotten), "uploads_dropped": dropped})
        return
    out.print(f"Ready to be written into: {', '.join(f'{month:%Y-%m}' for month in night.months)}")
    for what, number in asdict(night.forgotten).items():
        out.print(f"Forgotten {what}: {number:,}")
    out.print(f"Signed batches dropped: {', '.join(dropped) or 'none'}")


def _forgotten(bar: Progress) -> Callable[["Forgotten"], None]:
    task = bar.add_task("forgetting recipients", total=None)
    return lambda so_far: bar.update(task, completed=so_far.recipients)


@app.command()
def archive(
    table: TableName,
    month: MonthName,
    folder: Annotated[Path, typer.Option("--out", help="Where the file goes.")] = Path("archives"),
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write a month into a Parquet file, read it back and compare it row by row. Nothing leaves the database."""
    from post_logistics.operations.keeping.archiving import archive_month
    from post_logistics.storage.keeping.partitions import parse_month

    wanted, at = parse_month(month), datetime.now(DHAKA)
    with _open(data_dir, schema) as database, progress() as bar, database.transaction() as connection:
        made = archive_month(connection, table, wanted, folder, at, _rows(bar, "rows"))
    if as_json:
        say_json(asdict(made) | {"month": f"{made.month:%Y-%m}"})
    else:
        out.print(f"{made.rows:,} rows in {made.path}\nSHA-256 {made.sha256}")


@app.command("let-go")
def let_go(table: TableName, month: MonthName, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Take an archived month out of the database; what is not finished stays, and so does where each item stands."""
    from post_logistics.operations.keeping.archiving import let_go_of_month
    from post_logistics.operations.keeping.retention import load_retention_rules
    from post_logistics.storage.keeping.partitions import parse_month

    wanted, at = parse_month(month), datetime.now(DHAKA)
    rules = load_retention_rules(settings_for(data_dir, schema).facts_dir)
    with _open(data_dir, schema) as database, database.transaction() as connection:
        stay = let_go_of_month(connection, table, wanted, rules, at)
    out.print(f"{table} of {wanted:%Y-%m} are let go; {stay:,} rows stay because their items are not finished.")


@app.command()
def restore(
    table: TableName,
    month: MonthName,
    file: Annotated[Path | None, typer.Option("--file", help="Where the archive is now, if it was moved.")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Bring a month back from its archive, once the file is seen to be the one that was written."""
    from post_logistics.operations.keeping.archiving import restore_month
    from post_logistics.storage.keeping.partitions import parse_month

    wanted = parse_month(month)
    with _open(data_dir, schema) as database, progress() as bar, database.transaction() as connection:
        came = restore_month(connection, table, wanted, file, _rows(bar, "rows read"))
    out.print(f"{came:,} rows came back; {table} of {wanted:%Y-%m} are whole.")


@app.command()
def roles(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The application's role; made if there is none.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Leave a role of the server only the rights the application needs: to add facts, never to change or remove one."""
    from post_logistics.storage.roles import limit_role

    with _open(data_dir, schema) as database, database.transaction() as connection:
        limit_role(connection, role)
    out.print(f"{role} can add facts and read them, and change or remove none. Grant it to the application's login.")


def _rows(bar: Progress, title: str) -> Callable[[int], None]:
    task = bar.add_task(title, total=None)
    return lambda done: bar.update(task, completed=done)
