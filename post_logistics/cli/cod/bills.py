"""Bills: draw, list, pay at a counter, withdraw, print."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from post_logistics.cli.cod.settling import By, Merchant, Why, say, work
from post_logistics.cli.console import AsJson, DataDir, Schema, out
from post_logistics.cod.bills import BillState
from post_logistics.units import DHAKA

app = typer.Typer()
bills_app = typer.Typer(help="Bills of charges that no settlement takes: draw, list, pay, withdraw, print.")
app.add_typer(bills_app, name="bills")

BillId = Annotated[str, typer.Argument(metavar="BILL", help="The bill's number, such as bill-k7qf2m6xh3.")]
_FIELDS = ("bill_id", "merchant", "total_poisha", "state", "due_on", "drawn_by", "paid_at", "paid_into")


@bills_app.command()
def draw(merchant: Merchant, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Put all charges that the merchant owes on a bill; no settlement takes them then."""
    from post_logistics.operations.money.bills import draw_bill

    with work(data_dir, schema) as (connection, facts):
        made = draw_bill(connection, facts, merchant, by=by, at=datetime.now(DHAKA))
    say([made], _FIELDS, as_json)


@bills_app.command("list")
def list_bills(
    state: Annotated[BillState | None, typer.Option(help="Only those.")] = None,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Bills, the latest first."""
    from post_logistics.storage.money.bills import load_bills

    with work(data_dir, schema) as (connection, _):
        found = load_bills(connection, merchant, [state] if state else [], limit=5_000)
    say(found, _FIELDS, as_json)


@bills_app.command()
def pay(
    bill: BillId,
    office: Annotated[str, typer.Option(help="The postcode of the office in whose till the money is.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say that the whole sum was paid in cash at an office."""
    from post_logistics.operations.money.bills import pay_bill

    with work(data_dir, schema) as (connection, facts):
        paid = pay_bill(connection, bill, facts.offices[office].postcode, datetime.now(DHAKA))
    say([paid], _FIELDS, as_json)


@bills_app.command()
def withdraw(
    bill: BillId, by: By, why: Why, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Withdraw a bill that is not paid: its charges are due as before."""
    from post_logistics.operations.money.bills import withdraw_bill

    with work(data_dir, schema) as (connection, _):
        gone = withdraw_bill(connection, bill, why=why, by=by, at=datetime.now(DHAKA))
    say([gone], _FIELDS, as_json)


@bills_app.command("print")
def print_bill(
    bill: BillId,
    path: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The bill as PDF; once it is paid, the receipt."""
    from post_logistics.operations.money.bills import bill_pdf
    from post_logistics.storage.money.bills import load_bill

    with work(data_dir, schema) as (connection, facts):
        body = bill_pdf(connection, facts, load_bill(connection, bill))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    out.print(str(path), markup=False)
