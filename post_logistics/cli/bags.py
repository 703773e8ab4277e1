"""Mail bags: number, fill, seal, receive, open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from rich.table import Column, Table

from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, Postcode, latin_digits

if TYPE_CHECKING:
    from post_logistics.operations.bags.bagging import Act
    from post_logistics.operations.custody.scanning import ScanVerdict
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.bags.receptacles import Bag
    from post_logistics.storage.database import Connection

app = typer.Typer(help="Mail bags: number, fill, seal, receive, open.", no_args_is_help=True)

Office = Annotated[str, typer.Option("--office", help="The office that does it: its postcode.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at", help="When it was done, 2026-11-22T09:15+06:00. Told twice, it counts once.", show_default="now"
    ),
]
BagNumber = Annotated[str, typer.Argument(metavar="BAG", help="The bag's number, 23 or 29 characters.")]
ThingNumbers = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Items and bags.")]
_Out = Annotated[Path, typer.Option("--out", help="Write the PDF here.")]


@contextmanager
def work(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts"]]:
    """A transaction and the facts."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, facts


def time_of(text: str | None, field: str) -> datetime:
    if text is None:
        return datetime.now(DHAKA)
    try:
        at = datetime.fromisoformat(latin_digits(text))
    except ValueError:
        raise Unacceptable(f"{text!r} is no time", field=field, remedy="write it as 2026-11-22T09:15+06:00") from None
    return at if at.tzinfo else at.replace(tzinfo=DHAKA)


def act_of(facts: "Facts", office: str, at: str | None) -> "Act":
    from post_logistics.operations.bags.bagging import Act

    found: Postcode = facts.offices.get(latin_digits(office)).postcode
    return Act(found, time_of(at, "--at"), datetime.now(DHAKA))


def _key(text: str) -> str:
    from post_logistics.consignments.receptacles import parse_receptacle

    return parse_receptacle(text).key


def numbers_of(texts: Sequence[str]) -> list[str]:
    from post_logistics.consignments.receptacles import parse_numbers

    return parse_numbers(texts)


def whole(title: str) -> Column:
    """A column of names that are typed again somewhere else: none is cut off."""
    return Column(title, no_wrap=True)


def say_verdicts(verdicts: Sequence["ScanVerdict"], as_json: bool, **rest: Any) -> None:
    rows = [{"number": v.scan.item_number, "outcome": v.outcome.value, "why": v.why} for v in verdicts]
    if as_json:
        say_json({**rest, "verdicts": rows})
        return
    table = Table(whole("number"), "outcome", "why")
    for row in rows:
        table.add_row(*row.values())
    print_table(table)


def _say_bag(bag: "Bag", as_json: bool) -> None:
    if as_json:
        say_json({name: getattr(bag, name) for name in (*type(bag).__slots__, "origin")})
        return
    table = Table(whole("bag"), "state", Column("who has it", overflow="fold"), "since", "seal", "kg")
    weight = "" if bag.weight_g is None else f"{bag.weight_g / 1000:g}"
    since = f"{bag.since.astimezone(DHAKA):%Y-%m-%d %H:%M}"
    table.add_row(bag.printed_number or bag.receptacle, bag.state, bag.holder, since, bag.seal or "", weight)
    print_table(table)


@app.command()
def make(
    office: Office,
    to: Annotated[str, typer.Option("--to", help="The office that is to open them: its postcode.")],
    count: Annotated[int, typer.Option(help="How many; they can be used later, without a network.")] = 1,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Number new bags."""
    from post_logistics.consignments.receptacles import spaced
    from post_logistics.operations.bags.bagging import make_bags

    with work(data_dir, schema) as (connection, facts):
        keys = make_bags(connection, facts, act_of(facts, office, None), latin_digits(to), count, uuid4())
    if as_json:
        say_json({"bags": keys})
    else:
        out.print("\n".join(spaced(key) for key in keys), highlight=False)


@app.command()
def show(bag: BagNumber, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Say where a bag stands."""
    from post_logistics.operations.bags.bagging import bag_of

    with work(data_dir, schema) as (connection, _):
        found = bag_of(connection, _key(bag))
    _say_bag(found, as_json)


@app.command()
def put(
    bag: BagNumber,
    numbers: ThingNumbers,
    office: Office,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Put items or bags into a bag; what was in another is no longer in that."""
    from post_logistics.operations.bags.bagging import put_in

    with work(data_dir, schema) as (connection, facts):
        verdicts = put_in(connection, act_of(facts, office, at), _key(bag), numbers_of(numbers))
    say_verdicts(verdicts, as_json)


@app.command("take-out")
def take_out(
    bag: BagNumber,
    numbers: ThingNumbers,
    office: Office,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Take items or bags out of an open bag again."""
    from post_logistics.operations.bags.bagging import take_out

    with work(data_dir, schema) as (connection, facts):
        verdicts = take_out(connection, act_of(facts, office, at), _key(bag), numbers_of(numbers))
    say_verdicts(verdicts, as_json)


@app.command()
def seal(
    bag: BagNumber,
    office: Office,
    seal_number: Annotated[str, typer.Option("--seal", help="The number on the seal.")],
    weight_kg: Annotated[str, typer.Option("--weight-kg", help="Weight with everything in it.")],
    is_last: Annotated[bool, typer.Option("--last", help="It is the last bag of its series.")] = False,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Close a bag."""
    from post_logistics.operations.bags.bagging import seal
    from post_logistics.units import grams_from_kg

    try:
        weight_g = grams_from_kg(weight_kg)
    except ValueError as error:
        raise Unacceptable(str(error), field="--weight-kg", remedy="write a plain number such as 12.4") from None
    with work(data_dir, schema) as (connection, facts):
        act = act_of(facts, office, at)
        found = seal(connection, facts, act, _key(bag), latin_digits(seal_number), weight_g, is_last=is_last)
    _say_bag(found, as_json)


@app.command()
def unseal(
    bag: BagNumber,
    office: Office,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Open a bag again that has not left, with everything still in it."""
    from post_logistics.operations.bags.bagging import unseal

    with work(data_dir, schema) as (connection, facts):
        found = unseal(connection, act_of(facts, office, at), _key(bag))
    _say_bag(found, as_json)


@app.command()
def label(bag: BagNumber, file: _Out = Path("bag.pdf"), data_dir: DataDir = None, schema: Schema = None) -> None:
    """Write the label of a sealed bag, A6."""
    from post_logistics.operations.bags.bag_papers import bag_label

    with work(data_dir, schema) as (connection, facts):
        file.write_bytes(bag_label(connection, facts, _key(bag)))
    out.print(str(file))


@app.command()
def manifest(
    bag: BagNumber,
    file: Annotated[Path | None, typer.Option("--out", help="Write the PDF here.", show_default="print it")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say what is in a bag, or was in it when it was opened."""
    from post_logistics.operations.bags.bag_papers import bag_manifest
    from post_logistics.operations.bags.bagging import contents

    with work(data_dir, schema) as (connection, facts):
        lines = contents(connection, facts, _key(bag))
        if file is not None:
            file.write_bytes(bag_manifest(connection, facts, _key(bag)))
    say_lines(lines, as_json)


def say_lines(lines: Sequence[Any], as_json: bool, **rest: Any) -> None:
    names = ("number", "destination", "weight_g", "registered", "items")
    rows = [{name: getattr(line, name) for name in names} for line in lines]
    if as_json:
        say_json({**rest, "lines": rows})
        return
    table = Table(whole(names[0]), *names[1:])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    print_table(table)


@app.command()
def receive(
    numbers: ThingNumbers,
    office: Office,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Receive bags and loose items; what is in a closed bag arrives with it."""
    from post_logistics.operations.bags.receiving import receive

    with work(data_dir, schema) as (connection, facts):
        verdicts = receive(connection, facts, act_of(facts, office, at), numbers_of(numbers))
    say_verdicts(verdicts, as_json)


@app.command("open")
def open_(
    bag: BagNumber,
    office: Office,
    found: Annotated[list[str] | None, typer.Argument(metavar="FOUND...", help="What was found in it.")] = None,
    damaged: Annotated[
        list[str] | None, typer.Option("--damaged", help="Found, and not whole; may be repeated.")
    ] = None,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Open a bag at its end and compare what is found with what was put in."""
    from post_logistics.operations.bags.receiving import open_bag

    with work(data_dir, schema) as (connection, facts):
        act = act_of(facts, office, at)
        done = open_bag(connection, facts, act, _key(bag), numbers_of(found or []), numbers_of(damaged or []))
    kinds = {k: sorted(getattr(done.result, k)) for k in ("matched", "short", "excess", "missent", "damaged")}
    if not as_json:
        out.print(", ".join(f"{len(numbers)} {kind}" for kind, numbers in kinds.items()))
    say_verdicts(done.verdicts, as_json, **kinds)
