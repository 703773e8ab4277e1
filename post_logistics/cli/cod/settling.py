"""Merchants are paid: settlements, statements of account, payouts and the files for banks."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from post_logistics.cli.console import (
    AsJson,
    DataDir,
    OnDay,
    Schema,
    day_of,
    out,
    print_table,
    progress,
    say_json,
    settings_for,
)
from post_logistics.cod.payouts import PayoutState
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, local_day, local_time, taka

if TYPE_CHECKING:
    from post_logistics.cod.settlement import Settlement
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.database import Connection

app = typer.Typer()
payouts_app = typer.Typer(help="Payouts: list, approve, put into a file, cancel, return, pay in cash.")
app.add_typer(payouts_app, name="payouts")

Merchant = Annotated[str, typer.Argument(metavar="MERCHANT", help="The merchant's id.")]
PayoutId = Annotated[str, typer.Argument(metavar="PAYOUT", help="The payout's id, as the list shows it.")]
FileName = Annotated[str, typer.Argument(metavar="NAME", help="The file's name, such as 2026-11-22-1.")]
By = Annotated[str, typer.Option("--by", help="Who does it, by name.")]
Why = Annotated[str, typer.Option("--why", help="The reason, in a sentence.")]
OutFile = Annotated[Path | None, typer.Option("--out", help="Write it here; .pdf or .csv.")]


@contextmanager
def work(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts"]]:
    """A transaction and the rules."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    known = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, known


@app.command()
def settle(
    on: OnDay = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant, whatever its terms.")] = None,
    by: By = "post",
    out_dir: Annotated[Path | None, typer.Option("--out", help="Also write the payout advices here.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Settle with every merchant that is due on that day; done again it goes on where it stopped."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.money.advices import write_advices
    from post_logistics.operations.money.settling import Settled, advices, settle_everyone, settle_on_demand
    from post_logistics.storage.database import open_database

    settings, at = settings_for(data_dir, schema), datetime.now(DHAKA)
    known = load_facts(settings)
    with open_database(settings) as database:
        if merchant is not None:
            with database.transaction() as connection:
                one = settle_on_demand(connection, known, merchant, day_of(on), at, by=by, own_wish=False)
            settled = Settled({one.merchant: one})
        else:
            with progress() as bar:
                task = bar.add_task("merchants", total=None)

                def told(done: int, total: int) -> None:
                    bar.update(task, completed=done, total=total)

                settled = settle_everyone(database, known, day_of(on), at, by, told)
        made = advices(settled)
        if out_dir is not None:  # an advice is written when what it says is kept, not before
            with database.transaction() as connection:
                write_advices(connection, made, out_dir)
    if as_json:
        say_json(
            {
                "settled_on": day_of(on),
                "settlements": [_settlement(one) for one in made],
                "refused": {name: why.message for name, why in settled.refused.items()},
                "payout_poisha": sum(one.payout_poisha for one in made),
            }
        )
        return
    table = Table("merchant", "parcels", "waiting", "collected", "fees", "VAT", "advance", "paid out", "reference")
    for s in made:
        amounts = (s.principal_poisha, s.fees_taken_poisha, s.vat_taken_poisha, s.advance_taken_poisha, s.payout_poisha)
        table.add_row(
            s.merchant, str(len(s.lines)), str(len(s.waiting)), *(taka(a) for a in amounts), s.verification_reference
        )
    print_table(table)
    for name, why in settled.refused.items():
        out.print(f"{name} waits: {why.message}", markup=False)


def _settlement(s: "Settlement") -> dict[str, Any]:
    names = (
        *("settlement_id", "merchant", "principal_poisha", "compensation_poisha", "advance_taken_poisha"),
        *("fees_taken_poisha", "vat_taken_poisha", "payout_poisha", "carried_forward_poisha", "verification_reference"),
    )
    facts = {name: getattr(s, name) for name in names}
    return facts | {"parcels": len(s.lines), "waiting": len(s.waiting)}


@app.command()
def statement(
    merchant: Merchant,
    from_on: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD.")],
    to_on: Annotated[str | None, typer.Option("--to", help="The last day.", show_default="today")] = None,
    file: OutFile = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """A merchant's statement of account: opening, every movement, closing."""
    from post_logistics.operations.money.advices import statement_csv, statement_of_account, statement_pdf
    from post_logistics.storage.orders.merchants import load_merchant

    if file is not None and file.suffix not in {".csv", ".pdf"}:
        raise Unacceptable(f"{file} is neither PDF nor CSV", field="--out", remedy="let its name end with .pdf or .csv")
    with work(data_dir, schema) as (connection, _):
        found = statement_of_account(connection, merchant, day_of(from_on), day_of(to_on), datetime.now(DHAKA))
        name = load_merchant(connection, merchant).name
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = statement_csv(found).encode() if file.suffix == ".csv" else statement_pdf(found, name)
        file.write_bytes(text)
    if as_json:
        say_json(asdict(found))
        return
    table = Table("when", "what", "about", "change", "owed")
    table.add_row(local_day(found.from_on), "opening", "", "", taka(found.opening_poisha))
    for one in found.movements:
        about = one.item_number or one.cause
        table.add_row(local_time(one.at), one.text_en, about, taka(one.change_poisha), taka(one.owed_poisha))
    table.add_row(local_day(found.to_on), "closing", "", "", taka(found.closing_poisha))
    print_table(table)


def say(rows: Sequence[Any], columns: Iterable[str], as_json: bool) -> None:
    """Prints values with those fields, as JSON whole."""
    if as_json:
        say_json([asdict(row) for row in rows])
        return
    names = list(columns)
    table = Table(*(name.removesuffix("_poisha").replace("_", " ") for name in names))
    for row in rows:
        table.add_row(*(_text(name, getattr(row, name)) for name in names))
    print_table(table)


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and name.endswith("_poisha"):
        return taka(value)
    return local_time(value) if isinstance(value, datetime) else str(value)


PAYOUT_FIELDS = ("payout_id", "merchant", "kind", "amount_poisha", "state", "ordered_by", "approved_by", "file_id")


@payouts_app.command("list")
def list_payouts(
    state: Annotated[PayoutState | None, typer.Option(help="Only those.")] = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Payouts, by id."""
    from post_logistics.storage.money.payouts import load_payouts

    with work(data_dir, schema) as (connection, _):
        found = load_payouts(connection, states=[state] if state else None, merchant=merchant, limit=5_000)
    say(found, PAYOUT_FIELDS, as_json)


@payouts_app.command()
def approve(payout: PayoutId, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Approve a payout above the limit; never who ordered it."""
    from post_logistics.operations.money.payouts import approve_payout

    with work(data_dir, schema) as (connection, _):
        found = approve_payout(connection, payout, by=by, at=datetime.now(DHAKA))
    say([found], PAYOUT_FIELDS, as_json)


@payouts_app.command()
def file(
    name: FileName,
    layout: Annotated[str, typer.Option(help="Of data/payout_layouts.toml.")],
    by: By,
    folder: Annotated[Path, typer.Option("--out", help="The folder to write it into.")] = Path(),
    paid_on: OnDay = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Put every approved payout that can go there into one file for a bank; made again, it is the same file."""
    from post_logistics.cod.payout_files import layout_named
    from post_logistics.operations.money.payouts import make_file

    chosen, at = layout_named(settings_for(data_dir, schema).facts_dir, layout), datetime.now(DHAKA)
    with work(data_dir, schema) as (connection, _):
        made = make_file(connection, chosen, file_id=name, paid_on=day_of(paid_on), by=by, at=at)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.{'csv' if chosen.format == 'csv' else 'txt'}"
    path.write_bytes(made.file.content)
    if as_json:
        facts = {k: v for k, v in asdict(made.file).items() if k != "content"}
        say_json(facts | {"path": path, "left_out": made.left_out})
        return
    out.print(f"{path}: {made.file.payouts} payouts, {taka(made.file.total_poisha)}", markup=False)
    for payout, reason in made.left_out.items():
        out.print(f"left out: {payout}: {reason.replace('_', ' ')}", markup=False)


@payouts_app.command()
def sent(name: FileName, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Say that the bank has the file."""
    from post_logistics.operations.money.payouts import mark_sent

    with work(data_dir, schema) as (connection, _):
        ids = mark_sent(connection, name, by=by, at=datetime.now(DHAKA))
    say_json({"payout_ids": ids}) if as_json else out.print(f"{len(ids)} payouts sent")


@payouts_app.command()
def withdraw(
    name: FileName, by: By, why: Why, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Say that the file never went to the bank: its payouts are cancelled, and owed again."""
    from post_logistics.operations.money.payouts import withdraw_file

    with work(data_dir, schema) as (connection, _):
        ids = withdraw_file(connection, name, why=why, by=by, at=datetime.now(DHAKA))
    say_json({"payout_ids": ids}) if as_json else out.print(f"{len(ids)} payouts cancelled")


@payouts_app.command()
def cancel(
    payout: PayoutId, by: By, why: Why, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Cancel a payout that never left the bank: what it was for is owed again."""
    from post_logistics.operations.money.payouts import cancel_payout

    with work(data_dir, schema) as (connection, _):
        found = cancel_payout(connection, payout, why=why, by=by, at=datetime.now(DHAKA))
    say([found], PAYOUT_FIELDS, as_json)


@payouts_app.command("return")
def return_one(
    payout: PayoutId, by: By, why: Why, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Say that the bank sent a payout back: it is owed again, and its account is doubtful."""
    from post_logistics.operations.money.payouts import return_payout

    with work(data_dir, schema) as (connection, _):
        found = return_payout(connection, payout, why=why, by=by, at=datetime.now(DHAKA))
    say([found], PAYOUT_FIELDS, as_json)


@payouts_app.command()
def cash(
    payout: PayoutId,
    office: Annotated[str, typer.Option(help="The office whose till pays.")],
    code: Annotated[str, typer.Option(help="The code that the merchant was told.")],
    by: By,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Pay a seller without an account in cash, against its code; wrong codes are counted."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.money.cash_payouts import pay_in_cash
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    known = load_facts(settings)
    there = known.offices.get(office).postcode
    with open_database(settings) as database:
        found = pay_in_cash(database, known, payout, office=there, code=code, by=by, at=datetime.now(DHAKA))
    say([found], PAYOUT_FIELDS, as_json)


@payouts_app.command("code")
def issue(payout: PayoutId, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Issue a new code for a payout in cash, to be told to its merchant; the one before is dead."""
    import secrets

    from post_logistics.cod.payouts import CODE_BYTES
    from post_logistics.operations.money.cash_payouts import issue_code

    drawn = secrets.token_bytes(CODE_BYTES)
    with work(data_dir, schema) as (connection, known):
        code = issue_code(connection, known, payout, by=by, at=datetime.now(DHAKA), drawn=drawn)
    say_json({"payout_id": payout, "code": code}) if as_json else out.print(code)
