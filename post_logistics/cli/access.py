"""``merchant``, ``staff``, ``key`` and ``audit``: who may come in, and what they did."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from post_logistics.access.roles import Place, Role
from post_logistics.cli.console import AsJson, DataDir, Schema, err, out, print_table, say_json, settings_for
from post_logistics.units import DHAKA, MerchantId, Postcode, latin_digits

if TYPE_CHECKING:
    from post_logistics.operations.facts import Facts
    from post_logistics.settings import Settings
    from post_logistics.storage.database import Connection

merchant_app = typer.Typer(help="Shops: register one and hand it its keys.", no_args_is_help=True)
staff_app = typer.Typer(help="People of the post: take them on, give them roles, let them go.", no_args_is_help=True)
key_app = typer.Typer(help="Keys of programs: make, list and retire them.", no_args_is_help=True)
audit_app = typer.Typer(help="What was done, and the proof that nobody has changed it since.", no_args_is_help=True)

_DRAW: Final = SystemRandom()
_BY: Final = "post"
"""Whoever may use the command on the server is the post itself."""

Office = Annotated[str | None, typer.Option(help="The office, for roles at one.")]
Merchant = Annotated[str | None, typer.Option(help="The shop, by its id.")]


@contextmanager
def _opened(settings: "Settings") -> "Iterator[tuple[Connection, Facts]]":
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    facts = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, facts


def _place(office: str | None, merchant: str | None) -> Place:
    return Place(
        merchant_id=MerchantId(merchant) if merchant else None,
        office=Postcode(latin_digits(office)) if office else None,
    )


@merchant_app.command("create")
def create_merchant(
    name: Annotated[str, typer.Argument(help="The shop's name.")],
    store_address: Annotated[
        str, typer.Option("--store-address", help="Where its parcels are picked up.")
    ] = "New Market, Dhaka 1205",
    payout_account: Annotated[str, typer.Option("--payout-account", help="Where its money is paid.")] = "",
    data_dir: DataDir = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """Registers a shop and shows new keys for it in every dialect that is understood, once."""
    from post_logistics.operations.access.keys import make_merchant_keys
    from post_logistics.operations.orders.registering import register

    at = datetime.now(DHAKA)
    with _opened(settings_for(data_dir, schema)) as (connection, facts):
        shop = register(connection, facts, name, store_address, payout_account, at)
        made = make_merchant_keys(connection, shop.merchant_id, at, _DRAW, by=_BY)
    told: dict[str, Any] = {
        "merchant_id": shop.merchant_id,
        "name": shop.name,
        "api_key": made.api_key,
        "steadfast": made.steadfast,
        "pathao": made.pathao,
        "redx": made.redx,
    }
    if as_json:
        return say_json(told)
    table = Table("what", "send")
    for dialect, sent in told.items():
        for field, value in sent.items() if isinstance(sent, dict) else [("", sent)]:
            table.add_row(f"{dialect} {field}".strip(), str(value))
    print_table(table)
    err.print("Write the secrets down now: nobody can show them again.")
    return None


@staff_app.command("create")
def create_staff(
    name: Annotated[str, typer.Argument(help="The person's name.")],
    role: Annotated[Role, typer.Option(help="What they are.")] = Role.COUNTER,
    office: Office = None,
    merchant: Merchant = None,
    holder: Annotated[str, typer.Option(help="Which rider or agent they are, e.g. 1216-R01.")] = "",
    login: Annotated[
        str | None, typer.Option(help="The name to sign in with.", show_default="made of the name")
    ] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """Takes somebody on: shows a password to be handed over on paper, and a key for a program of theirs, once."""
    from post_logistics.access.people import login_of
    from post_logistics.operations.access.keys import make_key
    from post_logistics.operations.access.people import give_role, take_on

    at = datetime.now(DHAKA)
    place = _place(office, merchant)
    with _opened(settings_for(data_dir, schema)) as (connection, facts):
        made = take_on(connection, _DRAW, login or login_of(name), name, _BY, at)
        person_id = made.person.person_id
        given = give_role(connection, facts, person_id, role, place, _BY, at, holder)
        key = make_key(
            connection,
            _DRAW,
            at,
            name="made with the person",
            by=_BY,
            person_id=person_id,
            place=place,
            second_factor=True,
        )
    told = {
        "person_id": person_id,
        "name": made.person.name,
        "role": given.role.value,
        "office": given.office,
        "merchant_id": given.merchant_id,
        "holder": given.holder,
        "password": made.password,
        "api_key": key.halves.text,
    }
    if as_json:
        return say_json(told)
    table = Table("what", "is")
    for field, value in told.items():
        if value:
            table.add_row(field.replace("_", " "), str(value))
    print_table(table)
    err.print("Hand the password over on paper: it has to be changed at the first sign-in.")
    return None


@staff_app.command("list")
def list_staff(
    office: Office = None,
    merchant: Merchant = None,
    data_dir: DataDir = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """People and their roles."""
    from post_logistics.storage.access.people import load_members

    place = _place(office, merchant)
    with _opened(settings_for(data_dir, schema)) as (connection, _):
        found = load_members(connection, merchant_id=place.merchant_id, office=place.office, limit=10_000)
    rows = [
        {
            "person_id": one.person_id,
            "role": one.role.value,
            "place": str(Place(merchant_id=one.merchant_id, office=one.office)),
            "holder": one.holder,
        }
        for one in found
    ]
    _show(rows, as_json)


@staff_app.command("role")
def change_role(
    person: Annotated[str, typer.Argument(help="The name they sign in with.")],
    role: Annotated[Role, typer.Argument(help="Which role.")],
    office: Office = None,
    merchant: Merchant = None,
    holder: Annotated[str, typer.Option(help="Which rider or agent they are.")] = "",
    take: Annotated[bool, typer.Option("--take", help="Take the role away instead.")] = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Gives somebody a role more, or takes one away."""
    from post_logistics.operations.access.people import give_role, take_role

    at = datetime.now(DHAKA)
    with _opened(settings_for(data_dir, schema)) as (connection, facts):
        if take:
            take_role(connection, person, role, _place(office, merchant), _BY, at)
        else:
            give_role(connection, facts, person, role, _place(office, merchant), _BY, at, holder)
    out.print(f"{person} is {'no longer' if take else 'now'} {role.value}")


@staff_app.command("password")
def new_password(
    person: Annotated[str, typer.Argument(help="The name they sign in with.")],
    data_dir: DataDir = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """A new password on paper for somebody who has lost theirs, or their second factor."""
    from post_logistics.operations.access.people import reset_password

    with _opened(settings_for(data_dir, schema)) as (connection, _):
        password = reset_password(connection, _DRAW, person, datetime.now(DHAKA))
    _show([{"person_id": person, "password": password}], as_json)


@staff_app.command("dismiss")
def dismiss(
    person: Annotated[str, typer.Argument(help="The name they sign in with.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Somebody has left: nothing of theirs lets anybody in any more."""
    from post_logistics.operations.access.people import leave

    with _opened(settings_for(data_dir, schema)) as (connection, _):
        leave(connection, person, datetime.now(DHAKA))
    out.print(f"{person} has left")


@key_app.command("make")
def make(
    name: Annotated[str, typer.Argument(help="What uses it.")],
    role: Annotated[
        Role | None, typer.Option(help="Of a program of an office or of the post; riders and agents are people.")
    ] = None,
    office: Office = None,
    merchant: Merchant = None,
    scope: Annotated[list[str] | None, typer.Option(help="A group of operations, or read; several times.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="How long it is good.", show_default="until retired")] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """Makes a key for a program and shows it, once."""
    from post_logistics.operations.access.keys import make_key

    good_for = timedelta(days=days) if days else None
    with _opened(settings_for(data_dir, schema)) as (connection, _):
        made = make_key(
            connection,
            _DRAW,
            datetime.now(DHAKA),
            name=name,
            by=_BY,
            place=_place(office, merchant),
            role=role,
            scopes=scope or [],
            good_for=good_for,
        )
    _show([{"key_id": made.key.key_id, "key": made.halves.text}], as_json)


@key_app.command("list")
def list_keys(
    office: Office = None,
    merchant: Merchant = None,
    data_dir: DataDir = None,
    schema: Schema = None,
    as_json: AsJson = False,
) -> None:
    """Keys without their secrets, the latest first."""
    from post_logistics.storage.access.keys import load_keys

    place = _place(office, merchant)
    with _opened(settings_for(data_dir, schema)) as (connection, _):
        found = load_keys(connection, merchant_id=place.merchant_id, office=place.office)
    rows = [
        {
            "key_id": key.key_id,
            "kind": key.kind.value,
            "name": key.name,
            "of": key.person_id or str(Place(merchant_id=key.merchant_id, office=key.office)),
            "made_at": key.made_at.isoformat(timespec="minutes"),
            "ends": min((t for t in (key.expires_at, key.retired_at) if t), default=None),
        }
        for key in found
    ]
    _show(rows, as_json)


@key_app.command("retire")
def retire(
    key_id: Annotated[str, typer.Argument(help="The first half of the key.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The key lets nobody in any more, on running servers within ten seconds."""
    from post_logistics.operations.access.keys import own_key
    from post_logistics.storage.access.keys import retire_key

    with _opened(settings_for(data_dir, schema)) as (connection, _):
        retire_key(connection, own_key(connection, key_id, Place()).key_id, datetime.now(DHAKA))
    out.print(f"{key_id} is retired")


@audit_app.command("prove")
def prove(data_dir: DataDir = None, schema: Schema = None, as_json: AsJson = False) -> None:
    """Seals the hours that are over and recomputes the whole chain; exit code 1 if it is broken."""
    from post_logistics.operations.access.auditing import prove_audit, seal_audit

    with _opened(settings_for(data_dir, schema)) as (connection, _):
        seal_audit(connection, datetime.now(DHAKA))
        proof = prove_audit(connection)
    if as_json:
        say_json({"seals": proof.seals, "rows": proof.rows, "broken": [t.isoformat() for t in proof.broken]})
    else:
        out.print(f"{proof.seals:,} seals over {proof.rows:,} rows: {'BROKEN' if proof.broken else 'unchanged'}")
    if proof.broken:
        raise typer.Exit(1)


def _show(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        return say_json(rows)
    table = Table(*(name.replace("_", " ") for name in (rows[0] if rows else {"nothing": ""})))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    print_table(table)
    return None
