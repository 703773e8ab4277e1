"""The books: proven, balanced, sealed, opened, put right, and written for other accounting programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from post_logistics.cli.console import (
    AsJson,
    DataDir,
    Schema,
    day_of,
    out,
    print_table,
    progress,
    say_json,
    settings_for,
    write_text,
)
from post_logistics.units import DHAKA, taka, taka_plain

if TYPE_CHECKING:
    from post_logistics.storage.database import Connection

app = typer.Typer()


class Program(StrEnum):
    """An accounting program that can add the books up for itself."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"


By = Annotated[str, typer.Option(help="Who does it, by name.")]
Second = Annotated[str, typer.Option("--countersigned-by", help="Who has looked at it and signs, too.")]


@contextmanager
def _work(data_dir: Path | None, schema: str | None) -> Iterator["Connection"]:
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        yield connection


@app.command()
def check(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Prove the books: work everything out again from the facts, and name every problem (exit code 1 if any)."""
    from post_logistics.operations.money.checking import prove_books
    from post_logistics.storage.money.proving import as_of_one_moment

    with _work(data_dir, schema) as connection, progress() as bar:
        as_of_one_moment(connection)
        task = bar.add_task("transfers read", total=None)
        checks = prove_books(connection, lambda done: bar.update(task, completed=done))
    violated = sum(bool(one.violated) for one in checks)
    if as_json:
        say_json({"proven": not violated, "checks": {one.name: asdict(one) for one in checks}})
    else:
        table = Table("check", "asked", "wrong")
        for one in checks:
            table.add_row(one.name.replace("_", " "), f"{one.checked:,}", f"{one.violated:,}" if one.violated else "")
        print_table(table)
        for one in checks:
            for example in one.examples:
                out.print(f"  {example}", markup=False)
        out.print("The books are proven." if not violated else f"{violated} checks found something wrong.")
    if violated:
        raise typer.Exit(1)


@app.command()
def seal(
    through: Annotated[str, typer.Option(help="The last day to seal, YYYY-MM-DD.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Seal every day through that one: nothing can be posted into them any more."""
    from post_logistics.operations.money.sealing import seal_books

    day, at = day_of(through), datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        sealed = seal_books(connection, day, at)
    if as_json:
        say_json([asdict(one) for one in sealed])
        return
    table = Table("day", "transfers", "moved", "hash")
    for one in sealed:
        table.add_row(str(one.on_day), f"{one.transfers:,}", taka(one.moved_poisha), one.hash)
    print_table(table)


@app.command("close-month")
def close_one_month(
    month: Annotated[str, typer.Argument(metavar="MONTH", help="Written as 2026-11.")],
    by: By,
    countersigned_by: Second,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Close a month whose days are sealed, once the books are proven."""
    from post_logistics.operations.money.periods import close_month

    at = datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        closed = close_month(connection, month, by=by, countersigned_by=countersigned_by, at=at)
    if as_json:
        say_json(asdict(closed))
    else:
        out.print(f"{closed.period} is closed by {closed.closed_by} and {closed.countersigned_by}.\nHash {closed.hash}")


@app.command()
def export(
    to: Annotated[Program, typer.Option(help="The program that is to read it.")],
    file: Annotated[Path | None, typer.Option("--out", help="The file.", show_default="standard output")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write the books for another accounting program, every balance asserted to the poisha."""
    from post_logistics.operations.money.checking import journal
    from post_logistics.storage.money.proving import as_of_one_moment

    with _work(data_dir, schema) as connection:
        as_of_one_moment(connection)
        write_text(file, journal(connection, to.value))


@app.command("open")
def open_all(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with the columns account,balance; credits below 0.")
    ],
    by: By,
    countersigned_by: Second,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Open the books with what there was before them, once. The table has to add up to zero."""
    from post_logistics.cod.opening import read_opening
    from post_logistics.errors import Unacceptable
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.money.opening import open_books

    try:
        balances = read_opening(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise Unacceptable(f"{file} is not in UTF-8", field="FILE", remedy="save it as CSV, UTF-8") from None
    facts, at = load_facts(settings_for(data_dir, schema)), datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        opened = open_books(connection, facts, balances, by=by, countersigned_by=countersigned_by, at=at)
    if as_json:
        say_json(asdict(opened))
    else:
        out.print(f"The books are open: {opened.accounts} accounts, signed by {by} and {countersigned_by}.")


@app.command("take-back")
def take_one_back(
    transfer: Annotated[UUID, typer.Argument(metavar="TRANSFER", help="Its id, as the journal has it.")],
    why: Annotated[str, typer.Option(help="The reason, in a sentence.")],
    by: By,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Take a transfer back by a new one that names it, where nothing rests on it."""
    from post_logistics.operations.money.taking_back import take_back

    at = datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        back = take_back(connection, transfer, why=why, by=by, at=at)
    if as_json:
        say_json(asdict(back))
    else:
        out.print(
            f"{taka(back.amount_poisha)} went back from {back.credit} to {back.debit}: transfer {back.transfer_id}"
        )


@app.command()
def balance(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Only accounts that begin so.")] = "",
    on: Annotated[str | None, typer.Option("--at", help="As that day ended, YYYY-MM-DD.", show_default="now")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The trial balance of any day: every account in its column, and what the columns add up to."""
    from post_logistics.operations.money.periods import trial_balance_on

    with _work(data_dir, schema) as connection:
        found = trial_balance_on(connection, day_of(on))
    rows = [row for row in found.rows if row[0].startswith(account)]
    if as_json:
        names = ("account", "debit_poisha", "credit_poisha")
        totals = {"debit_poisha": found.debit_poisha, "credit_poisha": found.credit_poisha}
        say_json({"accounts": [dict(zip(names, row, strict=True)) for row in rows], **totals})
        return
    table = Table("account", "debit", "credit", show_footer=not account)
    for column, total in zip(table.columns[1:], (found.debit_poisha, found.credit_poisha), strict=True):
        column.justify, column.footer = "right", taka_plain(total)
    for name, debit, credit in rows:
        table.add_row(name, taka_plain(debit) if debit else "", taka_plain(credit) if credit else "")
    print_table(table)
