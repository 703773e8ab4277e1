"""Partners whose orders the post carries: connected, asked for what was missed, held against their lists."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Column, Table

from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, say_json, settings_for
from post_logistics.units import DHAKA, kilograms, local_time, taka

if TYPE_CHECKING:
    from post_logistics.operations.facts import Facts
    from post_logistics.operations.orders.partner_lists import Desk
    from post_logistics.settings import Settings
    from post_logistics.storage.database import Database
    from post_logistics.storage.orders.partner_findings import Finding

app = typer.Typer(help="Marketplaces such as ekShop that hand their orders over to the post.", no_args_is_help=True)

PartnerId = Annotated[UUID, typer.Argument(metavar="PARTNER", help="The partner's id, as the list shows it.")]
DayOf = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Of which day.")]
_SECRET_BYTES = 24


@dataclass(frozen=True)
class _Opened:
    """What a command works with."""

    database: "Database"
    facts: "Facts"
    settings: "Settings"
    at: datetime

    def desk(self) -> "Desk":
        """For pulling and comparing."""
        from post_logistics.operations.numbering import Numbers
        from post_logistics.operations.orders.partner_lists import Desk, http_lists

        numbers = Numbers(self.database, self.facts.number_key)
        lists = http_lists(development=self.settings.environment == "development")
        return Desk(self.facts, numbers, lists, partial(datetime.now, DHAKA))


@contextmanager
def _opened(data_dir: Path | None, schema: str | None) -> Iterator[_Opened]:
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    with open_database(settings) as database:
        yield _Opened(database, load_facts(settings), settings, datetime.now(DHAKA))


@app.command()
def connect(
    partner: Annotated[str, typer.Argument(help="A name in data/partners.toml.")],
    merchant: Annotated[str, typer.Option(help="The merchant's id: what is collected is owed to it.")],
    url: Annotated[str, typer.Option(help="Where the partner is called.", show_default="as it was")] = "",
    token: Annotated[
        str,
        typer.Option(envvar="POST_LOGISTICS_PARTNER_TOKEN", help="What it is shown then.", show_envvar=True),
    ] = "",
    secret: Annotated[
        str,
        typer.Option(envvar="POST_LOGISTICS_PARTNER_SECRET", help="Proves its messages; else made.", show_envvar=True),
    ] = "",
    store_address: Annotated[
        str, typer.Option(help="Where parcels are fetched.", show_default="the merchant's store")
    ] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Connect a merchant to a partner, change the connection, or open it again. Prints what to give to the partner."""
    from post_logistics.operations.orders.partners import Wanted, connect_partner

    wanted = Wanted(
        merchant_id=merchant, partner=partner, secret=secret, url=url, token=token, store_address=store_address
    )
    with _opened(data_dir, schema) as here, here.database.transaction() as connection:
        new, development = partial(secrets.token_urlsafe, _SECRET_BYTES), here.settings.environment == "development"
        made = connect_partner(connection, here.facts, wanted, new, here.at, development=development)
    path = f"/v1/shops/{made.shop_id}/{made.kind.value}"
    if as_json:
        return say_json({"partner_id": made.shop_id, "partner": made.domain, "push_path": path, "secret": made.secret})
    out.print(f"partner   {made.shop_id}", highlight=False)
    out.print(f"address   https://YOUR-SERVER{path}", highlight=False, soft_wrap=True)
    out.print(f"secret    {made.secret}", highlight=False)
    return None


@app.command("list")
def list_partners(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """All partners, and how each stands."""
    from post_logistics.operations.orders.partners import load_partners_of

    with _opened(data_dir, schema) as here, here.database.transaction() as connection:
        found = load_partners_of(connection, None)
    if as_json:
        return say_json(
            [
                {
                    "partner_id": one.shop.shop_id,
                    "partner": one.shop.domain,
                    "merchant_id": one.shop.merchant_id,
                    "orders": dict(one.tally.orders),
                    "unreadable": one.tally.unreadable,
                    "asked_why": one.line.asked_why,
                    "calls": dict(one.waiting.calls),
                    "findings": one.waiting.findings,
                    "closed_why": one.shop.closed_why,
                }
                for one in found
            ]
        )
    table = Table(Column("partner", no_wrap=True), "name", "orders", "told", "unreadable", "findings", "list", "stands")
    for one in found:
        asked = local_time(one.line.asked_at) if one.line.asked_at else "never"
        table.add_row(
            str(one.shop.shop_id),
            one.shop.domain,
            _tally(one.tally.orders),
            _tally(one.waiting.calls),
            str(one.tally.unreadable),
            str(one.waiting.findings),
            one.line.asked_why or asked,
            one.shop.closed_why or "open",
        )
    print_table(table)
    return None


def _tally(counts: Any) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(counts.items()))


@app.command()
def pull(partner: PartnerId, day: DayOf = None, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Ask a partner for its orders of a day, today's if none is named; what was missed is kept for the worker."""
    from post_logistics.operations.orders.partner_lists import pull as ask

    with _opened(data_dir, schema) as here:
        found = ask(here.database, here.desk(), partner, day.date() if day else here.at.date())
    out.print(f"{len(found.listed)} listed, {len(found.new)} new, {found.unreadable} unreadable", highlight=False)
    for code in sorted(found.new):
        out.print(f"  {code}", highlight=False)
    _refuse_broken(found.why)


def _refuse_broken(why: str) -> None:
    """Ends the command with 1 if the list did not come whole."""
    if why:
        out.print(f"the list broke off: {why}", highlight=False, soft_wrap=True)
        raise typer.Exit(1)


@app.command()
def compare(
    partner: PartnerId, day: DayOf = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Hold a partner's list of a day against ours, yesterday's if none is named. What is missing here is taken in."""
    from post_logistics.operations.orders.partner_lists import compare as hold

    with _opened(data_dir, schema) as here:
        on: date = day.date() if day else here.at.date() - timedelta(days=1)
        found = hold(here.database, here.desk(), partner, on)
    if as_json:
        say_json(asdict(found))
    else:
        out.print(f"{found.day}: {found.listed} listed, {found.unreadable} unreadable", highlight=False)
        _print_findings(found.findings)
    _refuse_broken("" if as_json else found.why)


@app.command()
def findings(
    partner: PartnerId,
    everything: Annotated[bool, typer.Option("--all", help="Those that are settled, too.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Where a partner's lists and ours differ, and nobody has settled it."""
    from post_logistics.storage.orders.partner_findings import load_findings
    from post_logistics.storage.orders.partners import load_line

    with _opened(data_dir, schema) as here, here.database.transaction() as connection:
        load_line(connection, partner)
        found = load_findings(connection, partner, open_only=not everything)
    if as_json:
        return say_json([asdict(one) for one in found])
    _print_findings(found)
    return None


def _print_findings(found: "tuple[Finding, ...] | list[Finding]") -> None:
    table = Table(Column("finding", no_wrap=True), "day", "order", "what", "theirs", "ours", "stands")
    for one in found:
        stands = f"{one.closed_by}: {one.note}".rstrip(": ") if one.closed_at else "open"
        what = one.kind.value.replace("_", " ")
        table.add_row(str(one.finding_id), str(one.on_day), one.order_id, what, one.theirs, one.ours, stands)
    print_table(table)


@app.command()
def settle(
    partner: PartnerId,
    finding: Annotated[UUID, typer.Argument(help="Its id, as `findings` shows it.")],
    by: Annotated[str, typer.Option(help="Who has settled it.")],
    note: Annotated[str, typer.Option(help="What was done.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say that a difference is settled: it waits no more, for as long as both sides say the same."""
    from post_logistics.operations.orders.partner_lists import settle_finding

    with _opened(data_dir, schema) as here, here.database.transaction() as connection:
        done = settle_finding(connection, partner, finding, by, note, here.at)
    out.print(f"settled by {done.closed_by}", highlight=False)


@app.command()
def weights(
    partner: PartnerId,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Booked since.", show_default="a month ago")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """What a partner said that its parcels weigh, and what the scales said."""
    from post_logistics.operations.orders.partners import variance

    with _opened(data_dir, schema) as here, here.database.transaction() as connection:
        begins = since.date() if since else here.at.date() - timedelta(days=30)
        found = variance(connection, partner, begins, here.at.date())
    if as_json:
        return say_json(asdict(found))
    out.print(
        f"{found.parcels} parcels, {found.weighed} weighed: said {kilograms(found.said_g)}, weighed "
        f"{kilograms(found.weighed_g)}; {found.heavier} heavier, {found.lighter} lighter; "
        f"{taka(found.difference_poisha)} more than booked; {len(found.not_weighed)} taken without weighing",
        highlight=False,
        soft_wrap=True,
    )
    return None


@app.command()
def disconnect(partner: PartnerId, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Book no more orders of a partner, and tell it nothing."""
    from post_logistics.operations.orders.partners import disconnect_partner

    with _opened(data_dir, schema) as here, here.database.transaction() as connection:
        disconnect_partner(connection, partner, here.at)
    out.print("disconnected")
