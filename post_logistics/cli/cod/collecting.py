"""Collecting: what a parcel brought, taken back, given back; agreed prices; payments; agents."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from post_logistics.cli.cod.closing import Ref, id_of, office_of, pieces_of
from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, say_json, settings_for
from post_logistics.cod.counting import Count, Variance
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, local_time, poisha_from_taka, taka

if TYPE_CHECKING:
    from post_logistics.channels.payments.port import PaymentProvider
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.database import Connection, Database
    from post_logistics.storage.money.payments import Payment

app = typer.Typer()

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The item number, as it is typed.")]
Amount = Annotated[str, typer.Argument(metavar="TAKA", help="In taka: 1,250.50 or ১২৫০.৫.")]
Why = Annotated[str, typer.Option(help="The reason, in a sentence.")]
By = Annotated[str, typer.Option(help="Who does it, by name.")]
Point = Annotated[str, typer.Argument(metavar="POINT", help="The agent's collection point, e.g. dc-1230-01.")]


@contextmanager
def _work(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Database", "Facts"]]:
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    known = load_facts(settings)
    with open_database(settings) as database:
        yield database, known


@contextmanager
def _transaction(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts"]]:
    with _work(data_dir, schema) as (database, known), database.transaction() as connection:
        yield connection, known


def _providers(data_dir: Path | None, schema: str | None) -> dict[str, "PaymentProvider"]:
    from post_logistics.channels.payments.choosing import payment_providers

    return payment_providers(settings_for(data_dir, schema))


def _poisha(text: str, field: str = "TAKA") -> int:
    try:
        return poisha_from_taka(text)
    except ValueError as error:
        raise Unacceptable(str(error), field=field, remedy="write an amount in taka, such as 1250.50") from None


def _say(value: Any, as_json: bool, sentence: Callable[[], str]) -> None:
    if as_json:
        say_json(asdict(value))
    else:
        out.print(sentence(), markup=False)


@app.command()
def receipts(item: Number, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """What was paid for a parcel: every receipt, also those taken back."""
    from post_logistics.cod.tenders import receipt_number
    from post_logistics.operations.counter.at_hand import item_of
    from post_logistics.storage.money.receipts import load_receipts
    from post_logistics.storage.orders.consignments import load_consignment

    with _transaction(data_dir, schema) as (connection, _):
        number = load_consignment(connection, item_of(connection, item)).item_number
        found = load_receipts(connection, [number])
    if as_json:
        say_json([asdict(one) | {"number": receipt_number(one.receipt_id)} for one in found])
        return
    table = Table("receipt", "when", "by", "cash", "digital", "short", "stands")
    for one in found:
        amounts = (taka(amount) if amount else "" for amount in (one.cash_poisha, one.digital_poisha, one.short_poisha))
        stands = "yes" if one.standing else "taken back"
        table.add_row(receipt_number(one.receipt_id), local_time(one.taken_at), one.holder, *amounts, stands)
    print_table(table)


@app.command("take-back-receipt")
def take_back_receipt_of(
    item: Number, why: Why, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Take back the receipt of a parcel that stands; the parcel can then be paid again."""
    from post_logistics.errors import NotFound
    from post_logistics.operations.counter.at_hand import item_of
    from post_logistics.operations.money.receipts import take_back_receipt
    from post_logistics.storage.money.receipts import load_receipts

    at = datetime.now(DHAKA)
    with _transaction(data_dir, schema) as (connection, _):
        standing = [one for one in load_receipts(connection, [item_of(connection, item)]) if one.standing]
        if not standing:
            raise NotFound(f"no receipt of {item} stands", field="NUMBER", remedy="see: cod receipts NUMBER")
        gone = take_back_receipt(connection, standing[0].receipt_id, why=why, by=by, at=at)
    _say(gone, as_json, lambda: f"{gone.item_number} can be paid again.")


@app.command()
def refund(
    item: Number,
    amount: Amount,
    office: Annotated[str, typer.Option(help="Whose till it comes from, by postcode.")],
    why: Why,
    by: By,
    ref: Ref,
    force: Annotated[bool, typer.Option(help="Though the merchant is no longer owed it.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Give a recipient cash back over the counter, never more than was paid."""
    from post_logistics.operations.counter.at_hand import Actor, item_of
    from post_logistics.operations.money.refunds import Wish, refund_at_counter

    amount_poisha, at = _poisha(amount), datetime.now(DHAKA)
    with _transaction(data_dir, schema) as (connection, known):
        number = item_of(connection, item)
        wish = Wish(id_of("refund", number, ref), amount_poisha, why, by, force)
        made = refund_at_counter(connection, number, office_of(known, office), wish, Actor(), at)
    _say(made, as_json, lambda: f"Give {taka(made.amount_poisha)} to the recipient of {made.item_number}.")


@app.command()
def price(
    item: Number,
    amount: Annotated[
        str, typer.Argument(metavar="TAKA", help="In taka; below zero, written after --, it is given back.")
    ],
    why: Why,
    by: By,
    ref: Ref,
    merchant: Annotated[str | None, typer.Option(help="As this merchant, who thereby approves it.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Ask that a parcel cost its recipient something else; the merchant decides."""
    from post_logistics.operations.counter.at_hand import Actor, item_of
    from post_logistics.operations.money.prices import ask_price
    from post_logistics.units import MerchantId

    actor, at = Actor(merchant_id=MerchantId(merchant) if merchant else None), datetime.now(DHAKA)
    with _transaction(data_dir, schema) as (connection, known):
        made = ask_price(
            connection,
            known.booking_rules,
            change_id=id_of("price", number := item_of(connection, item), ref),
            number=number,
            price_poisha=_poisha(amount),
            why=why,
            by=by,
            actor=actor,
            at=at,
        )
    _say(made, as_json, lambda: f"{made.item_number}: {taka(made.price_poisha)} is {made.state} ({made.change_id}).")


@app.command("decide-price")
def decide(
    change: Annotated[UUID, typer.Argument(metavar="CHANGE", help="The id of the question.")],
    by: By,
    merchant: Annotated[str, typer.Option(help="The merchant whose word it is.")],
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse it.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Record the merchant's word on a price, in force at once."""
    from post_logistics.operations.money.prices import decide_price
    from post_logistics.units import MerchantId

    at = datetime.now(DHAKA)
    with _transaction(data_dir, schema) as (connection, _):
        made = decide_price(connection, change, approved=not refuse, by=by, merchant=MerchantId(merchant), at=at)
    _say(made, as_json, lambda: f"{made.item_number}: {taka(made.price_poisha)} is {made.state}.")


@app.command("ask-payment")
def ask_payment(
    item: Number,
    by: By,
    ref: Ref,
    amount: Annotated[str | None, typer.Option(help="In taka.", show_default="all that is due")] = None,
    postage: Annotated[bool, typer.Option("--postage", help="For the postage, not for what is collected.")] = False,
    provider: Annotated[str, typer.Option(help="Who takes it.", show_default="the first")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Ask for a payment by wallet, card or QR: prints where it is paid."""
    from post_logistics.cod.payments import Purpose
    from post_logistics.operations.counter.at_hand import Actor
    from post_logistics.operations.money.paying import back_to
    from post_logistics.operations.money.payments import Requested, request_payment

    paid = None if amount is None else _poisha(amount, "--amount")
    wanted = Requested(item, ref, by, paid, Purpose.POSTAGE if postage else Purpose.COD, provider)
    at, providers = datetime.now(DHAKA), _providers(data_dir, schema)
    with _work(data_dir, schema) as (database, known):
        back = back_to(settings_for(data_dir, schema).public_url, known.advice_key)
        made = request_payment(database, providers, known, wanted, Actor(), at, back=back)
    _say(made, as_json, lambda: f"{made.payment_id}: {taka(made.amount_poisha)}\n{made.url}\n{made.qr}")


@app.command("payment")
def payment(
    payment_id: Annotated[str, typer.Argument(metavar="PAYMENT")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Ask the provider about a payment now, and say how it stands."""
    from post_logistics.operations.money.payments import hear

    at, providers = datetime.now(DHAKA), _providers(data_dir, schema)
    with _work(data_dir, schema) as (database, _):
        found = hear(database, providers, payment_id, at)
    _say(found, as_json, lambda: _standing(found))


def _standing(found: "Payment") -> str:
    held = f", {taka(found.held_poisha)} held: {found.why}" if found.held_poisha else ""
    return f"{found.payment_id} is {found.state}: {taka(found.collected_poisha)} collected{held}"


@app.command("held-payments")
def held_payments(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Money that a provider has and that is due to nobody yet, each with the reason."""
    from post_logistics.storage.money.payments import load_held

    with _transaction(data_dir, schema) as (connection, _):
        found = load_held(connection, 500)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    table = Table("payment", "parcel", "held", "why")
    for one in found:
        table.add_row(one.payment_id, one.item_number, taka(one.held_poisha), one.why)
    print_table(table)


@app.command("practise-paying")
def practise_paying(
    payment_id: Annotated[str, typer.Argument(metavar="PAYMENT")],
    amount: Annotated[str | None, typer.Option(help="In taka.", show_default="what was asked")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Pay as a recipient would, at the practice provider; never in production."""
    from post_logistics.channels.payments.choosing import practice

    paid = None if amount is None else _poisha(amount, "--amount")
    if not practice(_providers(data_dir, schema)).pay(payment_id, datetime.now(DHAKA), paid):
        raise Unacceptable(f"no payment {payment_id} was asked for", field="PAYMENT", remedy="see: cod ask-payment")
    out.print("Paid. The post learns of it when it asks: cod payment", markup=False)


@app.command("agent")
def agent(
    point_id: Point,
    since: Annotated[str | None, typer.Option(help="From that day, YYYY-MM-DD.", show_default="today")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """An agent's statement: cash, float, commission, and every movement up to today."""
    from post_logistics.cli.console import day_of
    from post_logistics.operations.money.agents import agent_statement

    until_on: date = day_of(None)
    since_on = until_on if since is None else day_of(since)
    with _transaction(data_dir, schema) as (connection, known):
        found = agent_statement(connection, known.points[point_id].point_id, since_on, until_on)
    if as_json:
        say_json(asdict(found))
        return
    table = Table("when", "what", "parcel", "cash", "float", "commission")
    for one in found.movements:
        amounts = (taka(n) if n else "" for n in (one.cash_poisha, one.float_poisha, one.commission_poisha))
        table.add_row(local_time(one.at), one.code.replace("_", " "), one.item_number or "", *amounts)
    closing = found.closing
    table.add_section()
    table.add_row("now", "", "", *map(taka, (closing.cash_poisha, closing.float_poisha, closing.commission_poisha)))
    print_table(table)


@app.command("agent-float")
def agent_float(
    point_id: Point,
    amount: Amount,
    ref: Ref,
    back: Annotated[bool, typer.Option("--back", help="Give it back to the agent.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """An agent pays float into the till of the parent office, or is given it back."""
    from post_logistics.operations.money.agents import pay_in_float, pay_out_float

    move, at = pay_out_float if back else pay_in_float, datetime.now(DHAKA)
    with _transaction(data_dir, schema) as (connection, known):
        stood = move(connection, known.points[point_id], _poisha(amount), id_of("float", point_id, ref), at)
    _say(stood, as_json, lambda: f"{point_id}: float {taka(stood.float_poisha)}, room {taka(stood.room_poisha)}")


@app.command("agent-hand-in")
def agent_hand_in(
    point_id: Point,
    amount: Annotated[str, typer.Argument(metavar="TAKA", help="What was counted, in taka.")],
    pieces: Annotated[str, typer.Option(help="The notes and coins: 1000x4, 500x1, 0.50x2.")],
    handed_by: Annotated[str, typer.Option(help="Who brought it, by name.")],
    counted_by: Annotated[str, typer.Option(help="Who counted it, by name.")],
    ref: Ref,
    reason: Annotated[Variance | None, typer.Option(help="Why anything is missing, if it is.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """An agent hands in at the parent office, less the commission, which the agent keeps."""
    from post_logistics.operations.money.agents import hand_in

    count = Count(
        counted_poisha=_poisha(amount),
        pieces=pieces_of(pieces),
        counted_by=counted_by,
        countersigned_by=handed_by,
        reason=reason,
    )
    at = datetime.now(DHAKA)
    with _transaction(data_dir, schema) as (connection, known):
        hand_in_id = id_of("hand-in", point_id, ref)
        made = hand_in(connection, known, known.points[point_id], hand_in_id=hand_in_id, count=count, at=at)
    _say(
        made,
        as_json,
        lambda: (
            f"{taka(made.expected_poisha)} = {taka(made.counted_poisha)} counted + {taka(made.netted_poisha)} "
            f"commission + {taka(made.shortage_poisha)} from the float"
        ),
    )
