"""What is agreed with merchants about their money: terms, holds, accounts, and advances."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from post_logistics.cli.cod.settling import By, Merchant, Why, say, work
from post_logistics.cli.console import AsJson, DataDir, OnDay, Schema, day_of
from post_logistics.cod.terms import Cycle, Institution
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, poisha_from_taka

app = typer.Typer()
terms_app = typer.Typer(help="How often a merchant is settled with, and from how much on.")
holds_app = typer.Typer(help="Merchants and parcels that are not paid for now.")
accounts_app = typer.Typer(help="The accounts into which merchants are paid.")
advances_app = typer.Typer(help="Money before it is due.")
for _name, _part in (
    ("terms", terms_app),
    ("holds", holds_app),
    ("accounts", accounts_app),
    ("advances", advances_app),
):
    app.add_typer(_part, name=_name)

TERMS = ("merchant", "version", "valid_from", "cycle", "weekday", "minimum_poisha", "set_by", "why")
HOLD = ("hold_id", "merchant", "item_number", "reason", "until_on", "placed_by", "lifted_by")
ADVANCE = ("advance_id", "merchant", "amount_poisha", "asked_by", "why", "approved", "decided_by")
ACCOUNT = ("merchant", "version", "kind", "bank", "branch", "number", "holder", "set_by", "good_from")
PAYOUT = ("payout_id", "merchant", "amount_poisha", "state", "ordered_by", "approved_by")

AdvanceId = Annotated[str, typer.Argument(metavar="ADVANCE", help="The advance's id.")]


def _poisha(text: str, field: str) -> int:
    try:
        return poisha_from_taka(text)
    except ValueError as error:
        raise Unacceptable(str(error), field=field, remedy="write an amount in taka, such as 1250.50") from None


@terms_app.command("set")
def set_terms(
    merchant: Merchant,
    cycle: Annotated[Cycle, typer.Option(help="How often it is settled with.")],
    by: By,
    why: Why,
    weekday: Annotated[str, typer.Option(help="With weekly: the day, such as sunday.")] = "",
    minimum: Annotated[str | None, typer.Option(help="The smallest payout, in taka.")] = None,
    valid_from: OnDay = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Agree terms with a merchant from a day on."""
    from post_logistics.operations.money.terms import agree_terms

    least = None if minimum is None else _poisha(minimum, "--minimum")
    agreed: dict[str, Any] = {"cycle": cycle, "weekday": weekday, "minimum_poisha": least, "why": why, "by": by}
    with work(data_dir, schema) as (connection, _):
        made = agree_terms(connection, merchant, valid_from=day_of(valid_from), at=datetime.now(DHAKA), **agreed)
    say([made], TERMS, as_json)


@terms_app.command("show")
def show_terms(merchant: Merchant, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Everything that was agreed with a merchant, oldest first."""
    from post_logistics.storage.money.terms import load_terms

    with work(data_dir, schema) as (connection, _):
        found = load_terms(connection, merchant)
    say(found, TERMS, as_json)


@holds_app.command("place")
def place(
    merchant: Merchant,
    by: By,
    why: Why,
    item: Annotated[str | None, typer.Option(help="Only this parcel.")] = None,
    until: Annotated[str | None, typer.Option(help="It ends when this day begins, YYYY-MM-DD.")] = None,
    hold: Annotated[UUID | None, typer.Option("--id", help="Its id, so that told twice it is one.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Do not pay for a merchant, or for one of its parcels, for now."""
    from post_logistics.consignments.numbers import parse_item_number
    from post_logistics.operations.money.terms import place_hold

    about: dict[str, Any] = {
        "hold_id": hold or uuid4(),
        "item_number": parse_item_number(item) if item else None,
        "until_on": day_of(until) if until else None,
    }
    with work(data_dir, schema) as (connection, _):
        made = place_hold(connection, merchant, reason=why, by=by, at=datetime.now(DHAKA), **about)
    say([made], HOLD, as_json)


@holds_app.command("lift")
def lift(
    hold: Annotated[UUID, typer.Argument(metavar="HOLD", help="The hold's id.")],
    by: By,
    why: Why,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """End a hold."""
    from post_logistics.operations.money.terms import lift_hold

    with work(data_dir, schema) as (connection, _):
        lifted = lift_hold(connection, hold, why=why, by=by, at=datetime.now(DHAKA))
    say([lifted], HOLD, as_json)


@holds_app.command("list")
def list_holds(on: OnDay = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """The holds in force on a day."""
    from post_logistics.storage.money.terms import load_holds

    with work(data_dir, schema) as (connection, _):
        found = load_holds(connection, day_of(on))
    say(found, HOLD, as_json)


@accounts_app.command("set")
def set_account(
    merchant: Merchant,
    kind: Annotated[Institution, typer.Option(help="Who keeps the account.")],
    bank: Annotated[str, typer.Option(help="The name of the bank or wallet.")],
    number: Annotated[str, typer.Option(help="The account or mobile number.")],
    holder: Annotated[str, typer.Option(help="In whose name it stands.")],
    by: By,
    why: Why,
    branch: Annotated[str, typer.Option(help="The branch of a bank.")] = "",
    routing_number: Annotated[str, typer.Option(help="The nine digits of a bank's branch.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Change the account of a merchant: paid into after a day, and once a second person has proven it."""
    from post_logistics.operations.money.terms import AccountTold, change_account

    told = AccountTold(kind=kind, bank=bank, branch=branch, routing_number=routing_number, number=number, holder=holder)
    with work(data_dir, schema) as (connection, known):
        kept = change_account(connection, known, merchant, told, why=why, by=by, at=datetime.now(DHAKA))
    say([kept.account], ACCOUNT, as_json)


@accounts_app.command("prove")
def prove(
    merchant: Merchant,
    version: Annotated[int, typer.Argument(metavar="VERSION", help="Of the account in use.")],
    how: Annotated[str, typer.Option(help="What you saw.")],
    by: By,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="It is not, or may not be, the merchant's.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say that the account is the merchant's; never who set it."""
    from post_logistics.operations.money.terms import check_account

    with work(data_dir, schema) as (connection, _):
        kept = check_account(connection, merchant, version, proven=not doubtful, how=how, by=by, at=datetime.now(DHAKA))
    say([kept.check], ("merchant", "version", "outcome", "how", "by", "at"), as_json)


@accounts_app.command("list")
def list_accounts(merchant: Merchant, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Every account that a merchant ever had; the last is in use."""
    from post_logistics.storage.money.terms import load_accounts

    with work(data_dir, schema) as (connection, _):
        found = load_accounts(connection, merchant)
    say([one.account for one in found], ACCOUNT, as_json)


@advances_app.command("ask")
def ask(
    merchant: Merchant,
    amount: Annotated[str, typer.Argument(metavar="TAKA", help="How much: 1,250.50 or ১২৫০.৫.")],
    by: By,
    why: Why,
    advance: Annotated[str | None, typer.Option("--id", help="Its id, so that told twice it is one.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Ask for an advance; somebody else decides."""
    from post_logistics.operations.money.advances import ask_advance

    wish: dict[str, Any] = {"advance_id": advance or f"adv-{uuid4()}", "amount_poisha": _poisha(amount, "TAKA")}
    with work(data_dir, schema) as (connection, _):
        asked = ask_advance(connection, merchant, why=why, by=by, at=datetime.now(DHAKA), **wish)
    say([asked], ADVANCE, as_json)


@advances_app.command("approve")
def approve(
    advance: AdvanceId, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Order the payout of an advance; the next settlements take it back."""
    from post_logistics.operations.money.advances import approve_advance

    with work(data_dir, schema) as (connection, known):
        payout = approve_advance(connection, known, advance, by=by, at=datetime.now(DHAKA))
    say([payout], PAYOUT, as_json)


@advances_app.command("refuse")
def refuse(
    advance: AdvanceId, by: By, why: Why, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Refuse an advance, with a reason."""
    from post_logistics.operations.money.advances import refuse_advance

    with work(data_dir, schema) as (connection, _):
        refused = refuse_advance(connection, advance, why=why, by=by, at=datetime.now(DHAKA))
    say([refused], ADVANCE, as_json)


@advances_app.command("list")
def list_advances(
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's.")] = None,
    undecided: Annotated[bool, typer.Option("--undecided", help="Only those that wait for a decision.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Advances, the latest first."""
    from post_logistics.storage.money.payouts import load_advances

    with work(data_dir, schema) as (connection, _):
        found = load_advances(connection, merchant, undecided=undecided)
    say(found, ADVANCE, as_json)
