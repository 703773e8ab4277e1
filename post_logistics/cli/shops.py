"""Shops that send their orders by themselves: connected, looked at, answered."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Column, Table

from post_logistics.cli.console import AsJson, DataDir, Language, Schema, out, print_table, say_json, settings_for
from post_logistics.units import DHAKA, kilograms, local_time

if TYPE_CHECKING:
    from post_logistics.settings import Settings
    from post_logistics.storage.database import Connection, Database
    from post_logistics.storage.orders.shops import Shop, ShopOrder, Tally

app = typer.Typer(help="A merchant's shops on WooCommerce and Shopify, and their orders.", no_args_is_help=True)

Merchant = Annotated[str, typer.Option(help="The merchant's id.")]
ShopId = Annotated[UUID, typer.Argument(metavar="SHOP", help="The shop's id, as the list shows it.")]
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id, as the list shows it.")]
InLanguage = Annotated[Language, typer.Option("--lang", help="The language of questions.")]
_SECRET_BYTES = 24


class Kind(StrEnum):
    """Whose software a shop runs on."""

    WOOCOMMERCE = "woocommerce"
    SHOPIFY = "shopify"


@contextmanager
def _transaction(
    data_dir: Path | None, schema: str | None
) -> Iterator[tuple["Database", "Connection", "Settings", datetime]]:
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    with open_database(settings) as database, database.transaction() as connection:
        yield database, connection, settings, datetime.now(DHAKA)


@app.command()
def connect(
    kind: Annotated[Kind, typer.Argument(help="Whose software the shop runs on.")],
    domain: Annotated[str, typer.Argument(help="Its address: shop.example.com, or NAME.myshopify.com.")],
    merchant: Merchant,
    secret: Annotated[
        str,
        typer.Option(envvar="POST_LOGISTICS_SHOP_SECRET", help="Shopify: the app's API secret key.", show_envvar=True),
    ] = "",
    prefix: Annotated[str, typer.Option(help="Begins the references of its orders.", show_default="its name")] = "",
    send_when: Annotated[
        list[str] | None, typer.Option(help="WooCommerce: a state to send in.", show_default="processing")
    ] = None,
    store_address: Annotated[
        str, typer.Option(help="Where parcels are fetched.", show_default="the merchant's store")
    ] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Connect a shop, change the connection, or open it again. Prints what to type into the shop."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.orders.shops import Wanted
    from post_logistics.operations.orders.shops import connect as make
    from post_logistics.storage.orders.shops import ShopKind

    given: dict[str, Any] = {"send_when": send_when} if send_when else {}
    wanted = Wanted(
        kind=ShopKind(kind.value), domain=domain, secret=secret, prefix=prefix, store_address=store_address, **given
    )
    with _transaction(data_dir, schema) as (_, connection, settings, at):
        facts = load_facts(settings)
        made = make(connection, facts, merchant, wanted, partial(secrets.token_urlsafe, _SECRET_BYTES), at)
    path = f"/v1/shops/{made.shop_id}/{made.kind.value}"
    if as_json:
        return say_json({**asdict(made), "kind": made.kind.value, "webhook_path": path})
    out.print(f"shop      {made.shop_id}", highlight=False)
    out.print(f"address   https://YOUR-SERVER{path}", highlight=False, soft_wrap=True)
    out.print(f"secret    {made.secret}", highlight=False)
    return None


@app.command("list")
def list_shops(merchant: Merchant, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """The merchant's shops, and how many orders stand where."""
    from post_logistics.storage.orders.shops import load_shops, load_tallies

    with _transaction(data_dir, schema) as (_, connection, _settings, _at):
        found = load_shops(connection, merchant)
        tallies = load_tallies(connection, [one.shop_id for one in found])
    if as_json:
        return say_json([_shop_json(one, tallies[one.shop_id]) for one in found])
    table = Table(Column("shop", no_wrap=True), "kind", "address", "orders", "last heard", "stands")
    for one in found:
        tally = tallies[one.shop_id]
        orders = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(tally.orders.items()))
        heard = local_time(tally.heard_at) if tally.heard_at else "never"
        table.add_row(str(one.shop_id), one.kind.value, one.domain, orders, heard, one.closed_why or "open")
    print_table(table)
    return None


def _shop_json(shop: "Shop", tally: "Tally") -> dict[str, Any]:
    told = {name: value for name, value in asdict(shop).items() if name != "secret"}
    return told | {"kind": shop.kind.value} | asdict(tally)


@app.command()
def waiting(
    merchant: Merchant,
    lang: InLanguage = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Orders that could not be booked, with what to answer. Nothing of their recipients is shown."""
    from post_logistics.storage.orders.shops import load_waiting_orders

    with _transaction(data_dir, schema) as (_, connection, _settings, _at):
        found = load_waiting_orders(connection, merchant)
    if as_json:
        return say_json([_order_json(one) for one in found])
    table = Table(Column("shop", no_wrap=True), "order", "number", "heard", "what stands against it", "choices")
    for one in found:
        asked = one.question.get(lang.value) or "; ".join(f"{p['field']}: {p['reason']}" for p in one.problems)
        heard, choices = local_time(one.heard_at, lang.value), ", ".join(one.choices)
        table.add_row(str(one.shop_id), one.order_id, one.number, heard, asked, choices)
    print_table(table)
    return None


def _order_json(order: "ShopOrder") -> dict[str, Any]:
    told = {name: value for name, value in asdict(order).items() if name not in {"fields", "answers", "content"}}
    return told | {"state": order.state.value}


@app.command()
def answer(
    shop: ShopId,
    order: OrderId,
    merchant: Merchant,
    name: Annotated[str | None, typer.Option(help="The recipient's name.")] = None,
    phone: Annotated[str | None, typer.Option(help="The recipient's telephone number.")] = None,
    address: Annotated[str | None, typer.Option(help="The recipient's address.")] = None,
    postcode: Annotated[str | None, typer.Option(help="One of the choices, or what you know.")] = None,
    weight_g: Annotated[int | None, typer.Option(min=1, help="What it weighs.")] = None,
    cod_taka: Annotated[str | None, typer.Option(help="To collect; 0 if it is paid.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Book an order that waits, with what you say instead of what the shop said."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.numbering import Numbers
    from post_logistics.operations.orders.shop_orders import answer as give

    said = {
        "recipient_name": name,
        "recipient_phone": phone,
        "recipient_address": address,
        "recipient_postcode": postcode,
        "weight_kg": kilograms(weight_g) if weight_g else None,
        "cod_taka": cod_taka,
    }
    answers = {column: text for column, text in said.items() if text is not None}
    with _transaction(data_dir, schema) as (database, connection, settings, at):
        facts = load_facts(settings)
        numbers = Numbers(database, facts.number_key)
        after = give(connection, facts, numbers, merchant, shop, order, answers, at)
    _say_order(after, as_json)


@app.command()
def leave(
    shop: ShopId,
    order: OrderId,
    merchant: Merchant,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Ask about an order no more: it is not booked, or its parcel stays as it was booked."""
    from post_logistics.operations.orders.shop_orders import leave as let

    with _transaction(data_dir, schema) as (_, connection, _settings, at):
        after = let(connection, merchant, shop, order, at)
    _say_order(after, as_json)


def _say_order(order: "ShopOrder", as_json: bool) -> None:
    if as_json:
        return say_json(_order_json(order))
    out.print(
        f"{order.number}: {order.state.value.replace('_', ' ')} {order.item_number or ''}".strip(), highlight=False
    )
    for problem in order.problems:
        out.print(f"  {problem['field']}: {problem['reason']}; {problem['remedy']}", highlight=False, soft_wrap=True)
    return None


@app.command()
def disconnect(shop: ShopId, merchant: Merchant, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Book no more orders of a shop."""
    from post_logistics.operations.orders.shops import disconnect as end

    with _transaction(data_dir, schema) as (_, connection, _settings, at):
        end(connection, merchant, shop, at)
    out.print("disconnected")
