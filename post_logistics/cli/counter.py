"""At the counter: take and weigh, hold, redirect, send back, cancel, take a mistake back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, day_of, out, print_table, say_json, settings_for
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.units import DHAKA, grams_from_kg, kilograms, latin_digits, taka

if TYPE_CHECKING:
    from post_logistics.operations.counter.at_hand import Actor
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.custody.scans import ItemStanding
    from post_logistics.storage.database import Connection
    from post_logistics.tracking.scans import Scan

app = typer.Typer(help="Decide about a parcel at the counter.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="Any number of the parcel: its own, of its return, of a label made anew.")]
AtOffice = Annotated[str, typer.Option("--office", help="The office that acts.")]
ForOffice = Annotated[str | None, typer.Option("--office", help="The office that acts.", show_default="the post")]
Note = Annotated[str, typer.Option(help="For staff.")]


@contextmanager
def _opened(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts", datetime]]:
    """A transaction, the facts and the present."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, facts, datetime.now(DHAKA)


def _actor(facts: "Facts", office: str | None) -> "Actor":
    from post_logistics.operations.counter.at_hand import Actor

    return Actor(office=facts.offices.get(latin_digits(office)).postcode if office else None)


def _scan(facts: "Facts", number: str, event: Event, office: str, at: datetime, **more: Any) -> "Scan":
    """What happens now at that counter; the instant numbers it."""
    from post_logistics.consignments.numbers import parse_item_number
    from post_logistics.tracking.scans import Scan, scan_id_of

    item, code = parse_item_number(number), facts.offices.get(latin_digits(office)).postcode
    device, sequence = f"counter:{item}", int(at.timestamp() * 1_000_000)
    return Scan(
        scan_id=scan_id_of(device, sequence),
        item_number=item,
        event=event,
        occurred_at=at,
        recorded_at=at,
        device_id=device,
        sequence=sequence,
        office=code,
        holder=f"office:{code}",
        **more,
    )


def _say(standing: "ItemStanding", as_json: bool) -> None:
    if as_json:
        say_json(asdict(standing))
        return
    table = Table("parcel", "state", "answers for it", "bound for", "attempts")
    attempts = str(standing.attempts)
    table.add_row(standing.item_number, standing.state.value, standing.holder, standing.destination, attempts)
    print_table(table)


@app.command()
def accept(
    number: Number,
    office: AtOffice,
    weight_kg: Annotated[str, typer.Option("--weight-kg", help="What the scales say, in kg.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Take a parcel over the counter at the price of the scales."""
    from post_logistics.operations.counter.accepting import Weighed, accept

    try:
        weight_g = grams_from_kg(weight_kg)
    except ValueError as error:
        raise Unacceptable(str(error), field="--weight-kg", remedy="write a plain number such as 1.5") from None
    with _opened(data_dir, schema) as (connection, facts, at):
        (done,) = accept(connection, facts, [Weighed(_scan(facts, number, Event.ACCEPTED, office, at), weight_g)])
    if done.weighing is None:
        raise Conflict(done.verdict.why, field="item_number")
    if as_json:
        say_json({"outcome": done.verdict.outcome, "why": done.verdict.why, "weighing": asdict(done.weighing)})
        return
    table = Table("parcel", "booked", "weighed", "postage", "more than booked, with VAT")
    weighing = done.weighing
    weights = kilograms(weighing.booked_weight_g), kilograms(weighing.weight_g)
    table.add_row(weighing.item_number, *weights, taka(weighing.postage_poisha), taka(weighing.difference_poisha))
    print_table(table)
    if done.verdict.why:
        out.print(done.verdict.why)


@app.command()
def hold(
    number: Number,
    office: AtOffice,
    reason: Annotated[Reason, typer.Option(help="Why.")],
    until: Annotated[str, typer.Option(help="The day, YYYY-MM-DD: within a week.")],
    note: Note = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Keep a parcel at the office until a day."""
    from post_logistics.operations.counter.holding import hold

    with _opened(data_dir, schema) as (connection, facts, at):
        scan = _scan(facts, number, Event.ON_HOLD, office, at, reason=reason, note=note)
        standing = hold(connection, facts, scan, day_of(until))
    _say(standing, as_json)


@app.command()
def redirect(
    number: Number,
    address: Annotated[str, typer.Option(help="The new address.", show_default="the same")] = "",
    postcode: Annotated[str, typer.Option(help="Its postcode, if the address does not tell.")] = "",
    office: ForOffice = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Deliver a parcel elsewhere, wherever it is now."""
    from post_logistics.operations.counter.redirecting import Elsewhere, redirect

    with _opened(data_dir, schema) as (connection, facts, at):
        standing = redirect(connection, facts, number, Elsewhere(address, postcode), _actor(facts, office), at)
    _say(standing, as_json)


@app.command("return")
def send_back(
    number: Number,
    reason: Annotated[Reason, typer.Option(help="Why.")] = Reason.RECALLED,
    office: ForOffice = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Send a parcel back to its merchant, wherever it is now."""
    from post_logistics.operations.counter.returning import request_return

    with _opened(data_dir, schema) as (connection, facts, at):
        standing = request_return(connection, number, _actor(facts, office), at, reason)
    _say(standing, as_json)


@app.command("returns")
def decide(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Send back everything that was refused, or offered often enough."""
    from post_logistics.operations.counter.returning import decide_returns

    with _opened(data_dir, schema) as (connection, facts, at):
        items = decide_returns(connection, facts, at)
    if as_json:
        say_json(items)
        return
    out.print("\n".join([*items, f"{len(items)} go back"]), highlight=False)


@app.command()
def cancel(
    number: Number, office: ForOffice = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Cancel a booking before the post has the parcel."""
    from post_logistics.operations.counter.returning import cancel

    with _opened(data_dir, schema) as (connection, facts, at):
        standing = cancel(connection, number, _actor(facts, office), at)
    _say(standing, as_json)


@app.command()
def correct(
    number: Number,
    scan_id: Annotated[UUID, typer.Argument(help="The scan that was a mistake.")],
    why: Annotated[str, typer.Option(help="What really happened.")],
    by: Annotated[str, typer.Option(help="Who says so.")],
    office: ForOffice = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Take a scan back that was a mistake; it stays in the record and no longer counts."""
    from post_logistics.operations.counter.correcting_scans import correct_scan

    with _opened(data_dir, schema) as (connection, facts, at):
        standing = correct_scan(connection, number, scan_id, why, by, _actor(facts, office), at)
    _say(standing, as_json)
