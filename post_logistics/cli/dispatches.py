"""What leaves by which vehicle, and what is on its way."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from post_logistics.cli.bags import At, Office, act_of, numbers_of, say_lines, say_verdicts, time_of, whole, work
from post_logistics.cli.console import AsJson, DataDir, OnDay, Schema, day_of, out, print_table, say_json
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, latin_digits

if TYPE_CHECKING:
    from post_logistics.operations.bags.dispatches import OnTheRoad
    from post_logistics.operations.facts import Facts

app = typer.Typer(help="What leaves by which vehicle, and what is on its way.", no_args_is_help=True)

VehicleName = Annotated[str, typer.Argument(metavar="VEHICLE", help="As it was sent: LEG/20261122T0320Z.")]
Leg = Annotated[str | None, typer.Option("--leg", help="A leg of the timetable.")]
Plate = Annotated[str | None, typer.Option("--vehicle", help="A vehicle that is not in the timetable.")]
To = Annotated[str | None, typer.Option("--to", help="Where that vehicle goes: a postcode.")]
Depart = Annotated[str | None, typer.Option("--depart", help="When that vehicle leaves.", show_default="now")]


def _by(
    facts: "Facts", leg: str | None, on: str | None, plate: str | None, to: str | None, office: str, depart: str | None
) -> Any:
    """The departure that was named, by leg and day or by vehicle and destination; None if neither was."""
    from post_logistics.operations.bags.dispatches import ad_hoc, departure_of, run_of

    if leg is not None:
        return departure_of(run_of(facts, leg, day_of(on)))
    if plate is None:
        return None
    if to is None:
        raise Unacceptable("nobody knows where that vehicle goes", field="--to", remedy="add --to and a postcode")
    return ad_hoc(facts, latin_digits(office), latin_digits(to), plate, time_of(depart, "--depart"))


@app.command()
def send(
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Bags and loose items.", show_default="all for that leg")
    ] = None,
    *,
    office: Office,
    leg: Leg = None,
    on: OnDay = None,
    vehicle: Plate = None,
    to: To = None,
    depart: Depart = None,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Send bags and loose items by a run of the timetable, or by any vehicle."""
    from post_logistics.operations.bags.dispatches import run_of, send
    from post_logistics.operations.bags.dispatching import loading

    with work(data_dir, schema) as (connection, facts):
        departure = _by(facts, leg, on, vehicle, to, office, depart)
        if departure is None:
            raise Unacceptable("nobody knows by what", field="--leg", remedy="add --leg, or --vehicle and --to")
        load = numbers_of(numbers or [])
        if not numbers and leg is not None:
            due = loading(connection, facts, run_of(facts, leg, day_of(on)))
            load = [*due.bags, *due.items]
        verdicts = send(connection, act_of(facts, office, at), departure, load)
    if not as_json:
        out.print(departure.vehicle, highlight=False)
    say_verdicts(verdicts, as_json, vehicle=departure.vehicle)


@app.command("list")
def list_(office: Office, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Say what is on its way to an office and what has left it."""
    from post_logistics.operations.bags.dispatches import on_the_road

    with work(data_dir, schema) as (connection, facts):
        here = facts.offices.get(latin_digits(office)).postcode
        road = on_the_road(connection, facts, here, datetime.now(DHAKA))
    if as_json:
        say_json([_road_json(one) for one in road])
        return
    table = Table(whole("vehicle"), "from", "to", "leaves", "arrives", "bags", "loose items")
    for one in road:
        way = one.departure
        times = ["–" if t is None else f"{t.astimezone(DHAKA):%d %b %H:%M}" for t in (way.depart_at, way.arrive_at)]
        table.add_row(way.vehicle, way.origin, way.destination, *times, str(len(one.bags)), str(len(one.items)))
    print_table(table)


def _road_json(one: "OnTheRoad") -> dict[str, Any]:
    way = {
        name: getattr(one.departure, name) for name in ("vehicle", "origin", "destination", "depart_at", "arrive_at")
    }
    return way | {"bags": one.bags, "items": one.items}


@app.command("loading")
def loading_(
    leg: Annotated[str, typer.Argument(help="A leg of the timetable.")],
    on: OnDay = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say what to load on a run."""
    from post_logistics.operations.bags.dispatches import run_of
    from post_logistics.operations.bags.dispatching import loading

    with work(data_dir, schema) as (connection, facts):
        due = loading(connection, facts, run_of(facts, leg, day_of(on)))
    if as_json:
        say_json({"vehicle": due.vehicle, "bags": due.bags, "items": due.items})
    else:
        out.print("\n".join([due.vehicle, *due.bags, *due.items]), highlight=False)


@app.command()
def fail(
    broken: VehicleName,
    office: Office,
    leg: Leg = None,
    on: OnDay = None,
    vehicle: Plate = None,
    to: To = None,
    depart: Depart = None,
    at: At = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Move everything off a broken-down vehicle: onto the next run, or what --leg or --vehicle name."""
    from post_logistics.operations.bags.dispatches import departure_named, fail

    with work(data_dir, schema) as (connection, facts):
        origin = departure_named(connection, facts, broken).origin
        onto = _by(facts, leg, on, vehicle, to, origin, depart)
        rescue, verdicts = fail(connection, facts, act_of(facts, office, at), broken, onto)
    if not as_json:
        out.print(rescue.vehicle, highlight=False)
    say_verdicts(verdicts, as_json, vehicle=rescue.vehicle)


@app.command("manifest")
def manifest_(
    vehicle: VehicleName,
    file: Annotated[Path | None, typer.Option("--out", help="Write the PDF here.", show_default="print it")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say what is on a vehicle."""
    from post_logistics.operations.bags.bag_papers import dispatch_list
    from post_logistics.operations.bags.dispatches import vehicle_manifest

    with work(data_dir, schema) as (connection, facts):
        departure, lines = vehicle_manifest(connection, facts, vehicle)
        if file is not None:
            file.write_bytes(dispatch_list(connection, facts, vehicle))
    say_lines(lines, as_json, vehicle=departure.vehicle)
