"""Who answers for what: the watch, boards, exceptions, devices that owe scans."""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, err, out, print_table, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, Postcode, latin_digits, local_time

if TYPE_CHECKING:
    from post_logistics.operations.custody.watching import History
    from post_logistics.settings import Settings
    from post_logistics.storage.custody.due import Board, OfficeLine
    from post_logistics.storage.custody.exceptions import Case
    from post_logistics.storage.database import Connection, Database

app = typer.Typer()
exceptions_app = typer.Typer(help="What a person has to look into: list, take on, close.", no_args_is_help=False)
app.add_typer(exceptions_app, name="exceptions")

Office = Annotated[str | None, typer.Option("--office", help="Only this office's: its postcode.")]
By = Annotated[str, typer.Option("--by", help="Who does it.")]
ExceptionId = Annotated[int, typer.Argument(metavar="ID", min=1, help="The number of the exception.")]


@contextmanager
def _open(data_dir: Path | None, schema: str | None) -> Iterator["Connection"]:
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        yield connection


def _office(settings: "Settings", code: str) -> Postcode:
    """The office of that code; NotFound if there is none."""
    from post_logistics.network.offices import load_offices

    return load_offices(settings.facts_dir).get(latin_digits(code)).postcode


@app.command()
def watch(
    once: Annotated[bool, typer.Option("--once", help="Look once and stop.")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=1)] = 60,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Find what is overdue, minute by minute: open an exception for each, close those whose scan has come."""
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database:
        while True:
            _look(database, as_json, keep_on=not once)
            if once:
                return
            time.sleep(every)


def _look(database: "Database", as_json: bool, *, keep_on: bool) -> None:
    from post_logistics.operations.custody import watching
    from post_logistics.storage.errors import Unavailable

    at = datetime.now(DHAKA)
    try:
        with database.transaction() as connection:
            found = watching.watch(connection, at)
    except Unavailable as error:
        if not keep_on:
            raise
        err.print(f"{local_time(at)}  {error.message}; looking again", markup=False)
        return
    if as_json:
        sys.stdout.write(json.dumps({"at": at.isoformat(timespec="seconds")} | asdict(found)) + "\n")
        sys.stdout.flush()
    else:
        out.print(f"{local_time(at)}  {found.opened} opened, {found.closed} closed, {found.open} open")


@app.command()
def board(
    kind: Annotated[
        str | None, typer.Argument(help="office, rider, vehicle or agent.", show_default="all offices")
    ] = None,
    name: Annotated[str | None, typer.Argument(help="The office's postcode, the rider's id, and so on.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say what an office, a rider, a vehicle or an agent answers for now; without a name, all offices."""
    from post_logistics.operations.custody import boards

    settings, at = settings_for(data_dir, schema), datetime.now(DHAKA)
    if kind is None:
        with _open(data_dir, schema) as connection:
            _say_offices(boards.offices_board(connection), as_json)
        return
    if name is None:
        raise Unacceptable(f"which {kind}?", field="name", remedy=f"write: post-logistics board {kind} NAME")
    office = _office(settings, name) if kind == "office" else None
    with _open(data_dir, schema) as connection:
        found = (
            boards.office_board(connection, office, at) if office else boards.hands_board(connection, kind, name, at)
        )
    _say_board(f"{kind} {office or name}", found, at, as_json)


def _say_offices(lines: Sequence["OfficeLine"], as_json: bool) -> None:
    if as_json:
        say_json([asdict(line) for line in lines])
        return
    table = Table(
        "office", "items", "there", "riders", "vehicles", "agents", "bags", "overdue", "exceptions", "unowned"
    )
    for one in lines:
        hands = (one.items, one.at_office, one.with_riders, one.with_vehicles, one.with_agents, one.bags)
        table.add_row(one.office, *map(str, (*hands, one.overdue, one.exceptions, one.unowned)))
    print_table(table)


def _say_board(title: str, board: "Board", at: datetime, as_json: bool) -> None:
    if as_json:
        say_json({"board": title, "at": at} | asdict(board))
        return
    out.print(f"[bold]{title}[/bold]  {local_time(at)}")
    for what, counts in (
        ("items", board.items),
        ("bags", board.bags),
        ("exceptions", board.exceptions),
    ):
        if counts:
            out.print(f"{what}: {_counted(counts)}")
    out.print(f"overdue: {board.overdue}; in closed bags: {board.in_bags}; exceptions not taken on: {board.unowned}")
    if board.coming_items or board.coming_bags:
        out.print(f"coming: {board.coming_items} items, {board.coming_bags} bags")
    table = Table("due", "number", "state", "scan that is due")
    for due in board.next_due:
        table.add_row(
            local_time(due.due_at), due.item_number, due.state, due.event, style="red" if due.due_at < at else ""
        )
    if board.next_due:
        print_table(table)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items(), key=lambda one: -one[1]))


@app.command()
def custody(
    number: Annotated[str, typer.Argument(help="The number of an item or a bag.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say who answers for an item or a bag, since when, and which scan is due next."""
    from post_logistics.operations.custody import watching

    with _open(data_dir, schema) as connection:
        found = watching.who_answers(connection, number)
    if as_json:
        say_json(asdict(found))
        return
    now = found.custody
    if now is None:
        out.print(f"{found.number}: nobody of the post answers for it (not accepted yet, or at its end)")
    else:
        out.print(f"[bold]{found.number}[/bold]  {now.state}: {now.holder} since {local_time(now.since)}")
        if now.event and now.due_at:
            through = f" of bag {now.travels_with}" if now.travels_with else ""
            out.print(f"due: {now.event}{through} by {local_time(now.due_at)}; concerns office {now.concerns}")
    _say_cases(found.exceptions, datetime.now(DHAKA))


@exceptions_app.callback(invoke_without_command=True)
def exceptions(
    context: typer.Context,
    office: Office = None,
    kind: Annotated[
        str | None,
        typer.Option(help="overdue, misfit, short, excess, missent, damaged or contested.", show_default="all"),
    ] = None,
    older_than_hours: Annotated[int, typer.Option(min=0, help="Only those at least so old.")] = 0,
    unowned: Annotated[bool, typer.Option("--unowned", help="Only those that nobody has taken on.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """List what a person has to look into, the oldest first."""
    if context.invoked_subcommand:
        return
    from post_logistics.operations.custody import watching

    at = datetime.now(DHAKA)
    chosen, where = _kind(kind), _office(settings_for(data_dir, schema), office) if office else None
    with _open(data_dir, schema) as connection:
        found = watching.open_exceptions(
            connection,
            at,
            office=where,
            kind=chosen,
            older_than=timedelta(hours=older_than_hours),
            unowned=unowned,
            limit=limit,
        )
    if as_json:
        say_json([asdict(case) for case in found])
    else:
        _say_cases(found, at)


def _kind(name: str | None) -> Any:
    from post_logistics.storage.custody.exceptions import Kind

    if name is None:
        return None
    if name not in set(Kind):
        raise Unacceptable(
            f"{name!r} is no kind of exception", field="--kind", remedy=f"write one of: {', '.join(Kind)}"
        )
    return Kind(name)


@exceptions_app.command()
def take(
    exception_id: ExceptionId, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Take an exception on, or over from somebody else."""
    from post_logistics.operations.custody import watching

    with _open(data_dir, schema) as connection:
        found = watching.take_on(connection, exception_id, by, datetime.now(DHAKA))
    _say_history(found, as_json)


@exceptions_app.command()
def close(
    exception_id: ExceptionId,
    by: By,
    note: Annotated[str, typer.Option("--note", help="What was found.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Close an exception with what was found. What is overdue is closed by its scan alone."""
    from post_logistics.operations.custody import watching

    with _open(data_dir, schema) as connection:
        found = watching.close_exception(connection, exception_id, by, note, datetime.now(DHAKA))
    _say_history(found, as_json)


def _say_history(found: "History", as_json: bool) -> None:
    if as_json:
        say_json({"exception": asdict(found.case), "steps": [asdict(step) for step in found.steps]})
        return
    _say_cases([found.case], datetime.now(DHAKA))
    for step in found.steps:
        out.print(f"{local_time(step.at)}  {step.step} by {step.by}: {step.note}".rstrip(": "), markup=False)


def _say_cases(cases: Sequence["Case"], at: datetime) -> None:
    table = Table("id", "kind", "office", "number", "custodian", "expected", "age", "owner")
    for one in cases:
        age = (
            f"{(at - one.opened_at) // timedelta(hours=1)} h" if one.closed_at is None else f"closed by {one.closed_by}"
        )
        table.add_row(
            str(one.exception_id),
            one.kind,
            one.office,
            one.item_number,
            escape(one.custodian),
            one.expected + (f" by {local_time(one.expected_by)}" if one.expected_by else ""),
            escape(age),
            escape(one.owner),
        )
    if cases:
        print_table(table)
    else:
        out.print("no exceptions")


@app.command("silent-devices")
def silent_devices(
    office: Office = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """List the devices that made scans which never came, and enrolled ones not heard of for three days."""
    from post_logistics.operations.custody import watching

    where = _office(settings_for(data_dir, schema), office) if office else None
    with _open(data_dir, schema) as connection:
        found = watching.silent_devices(connection, datetime.now(DHAKA), where)
    if as_json:
        say_json([asdict(device) for device in found])
        return
    table = Table("device", "office", "missing", "sequences", "last seen")
    for one in found:
        stretches = ", ".join(f"{first}-{last}" if first != last else str(first) for first, last in one.missing[:5])
        more = ", ..." if len(one.missing) > 5 else ""
        table.add_row(
            one.device_id, one.office or "", str(one.missing_count), stretches + more, local_time(one.last_seen_at)
        )
    print_table(table)
