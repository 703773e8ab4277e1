"""Which day can be promised, how often promises were kept, and learning from the scans."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, latin_digits, local_day

if TYPE_CHECKING:
    from post_logistics.operations.promises.promising import Quote
    from post_logistics.operations.promises.punctuality import Punctuality, Tally

app = typer.Typer()


@app.command()
def promise(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="Postcode of the store.")],
    destination: Annotated[str, typer.Argument(metavar="TO", help="Postcode of the recipient.")],
    at: Annotated[
        str | None, typer.Option(help="When it is booked, e.g. 2026-11-22T08:30.", show_default="now")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say on which day a parcel would be there, and how surely."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.promises.promising import quote
    from post_logistics.storage.database import open_database

    settings, booked_at = settings_for(data_dir, schema), _instant(at)
    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        found = quote(connection, facts, origin, destination, booked_at)
    if as_json:
        say_json(_plain(found, booked_at))
        return
    out.print(f"Booked {booked_at:%Y-%m-%d %H:%M}, from office {found.pickup_office} to {found.delivery_office}:")
    out.print(f"goes out on {local_day(found.promised_on)}, handed over by then: {found.probability:.0%}")
    if found.sure_on:
        out.print(f"handed over by {local_day(found.sure_on)}: {found.sure_probability:.0%}")
    table = Table("day", "chance", "by then")
    for day, chance in found.by_day:
        by_then = sum(one for on, one in found.by_day if on <= day)
        table.add_row(local_day(day), f"{chance:.1%}", f"{by_then:.1%}")
    print_table(table)


def _plain(found: "Quote", booked_at: datetime) -> dict[str, object]:
    return {
        "pickup_office": found.pickup_office,
        "delivery_office": found.delivery_office,
        "booked_at": booked_at.isoformat(),
        "promised_on": found.promised_on,
        "probability": round(found.probability, 4),
        "at_least": found.at_least,
        "sure_on": found.sure_on,
        "sure_probability": round(found.sure_probability, 4),
        "by_day": [{"day": day, "chance": round(chance, 4)} for day, chance in found.by_day],
    }


@app.command()
def punctuality(
    start: Annotated[
        str | None, typer.Option("--from", help="The first day that counts.", show_default="four weeks before the end")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--until", help="The first day that does not count any more.", show_default="today")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the report here, as CSV.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Count the parcels that were there on the day promised, and say where and why the others lost time."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.promises.punctuality import punctuality as report
    from post_logistics.storage.database import open_database

    settings, now = settings_for(data_dir, schema), datetime.now(DHAKA)
    until = _day(end, "--until") or now.date()
    first = _day(start, "--from") or until - timedelta(weeks=4)
    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        found = report(connection, facts, first, until, now)
    if csv is not None:
        csv.write_text(found.as_csv(), encoding="utf-8")
    if as_json:
        say_json(found.as_json())
    else:
        _show(found)


def _show(found: "Punctuality") -> None:
    table = Table("", "parcels", "on time", "late", "not handed over", "%")
    for what, some in (("all", [found.total]), ("office", found.offices), ("lane", found.lanes)):
        for tally in some:
            table.add_row(*_cells(f"{what} {tally.name}".strip(), tally))
    print_table(table)
    causes = Table("where time was lost", "reason", "whose doing", "parcels")
    for cause in found.causes:
        causes.add_row(cause.custodian, cause.reason or "none given", cause.blame, str(cause.parcels))
    print_table(causes)


def _cells(name: str, tally: "Tally") -> list[str]:
    percent = "" if tally.on_time_percent is None else f"{tally.on_time_percent:.1f}"
    return [name, *map(str, (tally.parcels, tally.on_time, tally.late, tally.missing)), percent]


@app.command()
def learn(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Learn from the scans of the last weeks how long legs take and what offices manage; do it every night."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.promises.learning import learn as learn_all
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        found = learn_all(connection, facts, datetime.now(DHAKA))
    if as_json:
        say_json(found.as_json())
        return
    legs = Table("leg", "planned", "usual", "slow", "runs", title="minutes of the legs that were seen")
    for leg in found.legs:
        if leg.samples:
            minutes = (leg.planned_minutes, leg.usual_minutes, leg.slow_minutes, leg.samples)
            legs.add_row(leg.leg_id, *("" if value is None else str(value) for value in minutes))
    print_table(legs)
    shares = Table("office", "what", "times", "went well", title="offices")
    for share in found.shares:
        shares.add_row(share.office, share.what, str(share.times), str(share.good))
    print_table(shares)


def _instant(text: str | None) -> datetime:
    """The time that was asked for, in Dhaka unless it says otherwise; Unacceptable if it is none."""
    if text is None:
        return datetime.now(DHAKA)
    try:
        at = datetime.fromisoformat(latin_digits(text))
    except ValueError:
        raise Unacceptable(f"{text!r} is not a time", field="--at", remedy="write it as 2026-11-22T08:30") from None
    return at if at.tzinfo else at.replace(tzinfo=DHAKA)


def _day(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(latin_digits(text))
    except ValueError:
        raise Unacceptable(f"{text!r} is not a day", field=option, remedy="write it as 2026-11-22") from None
