"""Telling people: the worker that does it, and merchants' endpoints."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Column, Table

from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, local_time

if TYPE_CHECKING:
    from post_logistics.operations.jobs import Work
    from post_logistics.settings import Settings
    from post_logistics.storage.database import Connection, Database
    from post_logistics.storage.telling.webhooks import Endpoint, Message

worker_app = typer.Typer()
app = typer.Typer(help="A merchant's webhooks: where its server is told of its parcels.", no_args_is_help=True)


class Dialect(StrEnum):
    """How a receiver is spoken to."""

    NATIVE = "native"
    STEADFAST = "steadfast"
    PATHAO = "pathao"
    REDX = "redx"
    EASYPOST = "easypost"


Merchant = Annotated[str, typer.Option(help="The merchant's id.")]
EndpointId = Annotated[UUID, typer.Argument(metavar="ENDPOINT", help="The endpoint's id, as the list shows it.")]


@worker_app.command()
def worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    nightly: Annotated[bool, typer.Option("--nightly", help="With --once: the duties of the night, too.")] = False,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Endpoints served at the same time.")] = 8,
    sms_file: Annotated[
        Path | None, typer.Option(help="Append text messages to this file, for the program that sends them.")
    ] = None,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Pass on news, send webhooks and text messages, watch for gaps, learn: all that runs by itself.

    Start as many as you like; they share the work. Without --sms-file text messages are shown here, numbers masked.
    """
    from post_logistics.logs import set_up_logs
    from post_logistics.operations.jobs import run_always, run_once
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    set_up_logs(settings.environment == "production")
    if settings.environment == "production" and sms_file is None:
        raise Unacceptable(
            "in production text messages must not be shown on the screen",
            field="--sms-file",
            remedy="name the file from which they are sent",
        )
    with open_database(settings) as database:
        work = _work(database, settings, sms_file)
        if once:
            run_once(work, nightly=nightly)
        else:
            run_always(work, concurrency=concurrency)


def _work(database: "Database", settings: "Settings", sms_file: Path | None) -> "Work":
    from post_logistics.channels.messages import load_messages
    from post_logistics.channels.payments.choosing import payment_providers
    from post_logistics.channels.sms import ConsoleSms, FileSms
    from post_logistics.operations.faces.visiting import fresh_links
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.jobs import Work
    from post_logistics.operations.telling.texting import Texting
    from post_logistics.operations.telling.webhooks import Sending

    facts, book = load_facts(settings), load_messages(settings.facts_dir)
    clock, chance = partial(datetime.now, DHAKA), SystemRandom()
    return Work(
        database=database,
        facts=facts,
        facts_dir=settings.facts_dir,
        book=book,
        sending=Sending(clock=clock, chance=chance, development=settings.environment == "development"),
        texting=Texting(
            offices=facts.offices,
            book=book,
            gateway=FileSms(sms_file) if sms_file else ConsoleSms(sys.stdout),
            clock=clock,
            chance=chance,
            code_key=facts.advice_key,
            make_links=partial(fresh_links, new_token=partial(secrets.token_urlsafe, 16)),
        ),
        clock=clock,
        providers=payment_providers(settings),
    )


@contextmanager
def _transaction(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Settings", datetime]]:
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, settings, datetime.now(DHAKA)


@app.command("list")
def list_endpoints(
    merchant: Merchant, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """The merchant's endpoints and how they have been answering."""
    from post_logistics.storage.telling.webhooks import load_endpoints

    with _transaction(data_dir, schema) as (connection, _, at):
        found = load_endpoints(connection, merchant)
    if as_json:
        return say_json([_endpoint_json(one) for one in found])
    table = Table(Column("endpoint", no_wrap=True), Column("URL", overflow="fold"), "events", "stands")
    for one in found:
        table.add_row(str(one.endpoint_id), one.url, ", ".join(one.events) or "all", _standing(one, at))
    print_table(table)
    return None


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to tell it: https://…, port 443.")],
    merchant: Merchant,
    event: Annotated[list[str] | None, typer.Option(help="Tell only of this event; may be repeated.")] = None,
    dialect: Annotated[Dialect, typer.Option(help="How the receiver is spoken to.")] = Dialect.NATIVE,
    token: Annotated[
        str | None, typer.Option(help="The token that a receiver of another courier's messages compares.")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Make an endpoint. Its secret is shown now and, if the command is repeated, again."""
    from post_logistics.channels.webhooks import SECRET_BYTES, secret_of
    from post_logistics.operations.telling.webhooks import add_endpoint

    with _transaction(data_dir, schema) as (connection, settings, at):
        made = add_endpoint(
            connection,
            merchant,
            url,
            event or [],
            token or secret_of(secrets.token_bytes(SECRET_BYTES)),
            at,
            dialect=dialect.value,
            development=settings.environment == "development",
        )
    _say_secret(made, as_json)


@app.command()
def remove(endpoint: EndpointId, merchant: Merchant, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Remove an endpoint and its messages."""
    from post_logistics.operations.telling.webhooks import remove_endpoint

    with _transaction(data_dir, schema) as (connection, _, _at):
        remove_endpoint(connection, merchant, endpoint)
    out.print("removed")


@app.command()
def rotate(
    endpoint: EndpointId, merchant: Merchant, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Give an endpoint a new secret. The old one signs beside it for a day."""
    from post_logistics.channels.webhooks import SECRET_BYTES, secret_of
    from post_logistics.operations.telling.webhooks import change_secret

    with _transaction(data_dir, schema) as (connection, _, at):
        changed = change_secret(connection, merchant, endpoint, secret_of(secrets.token_bytes(SECRET_BYTES)), at)
    _say_secret(changed, as_json)


@app.command()
def ping(endpoint: EndpointId, merchant: Merchant, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Send a message of type ping; `messages` shows what came of it."""
    from post_logistics.operations.telling.webhooks import ping as ping_endpoint

    with _transaction(data_dir, schema) as (connection, _, at):
        message = ping_endpoint(connection, merchant, endpoint, at)
    out.print(f"{message.message_id} waits to be sent")


@app.command()
def resume(endpoint: EndpointId, merchant: Merchant, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Tell an endpoint again that was stopped, what waits for it first."""
    from post_logistics.operations.telling.webhooks import resume_endpoint

    with _transaction(data_dir, schema) as (connection, _, at):
        resume_endpoint(connection, merchant, endpoint, at)
    out.print("resumed")


@app.command()
def messages(
    endpoint: EndpointId,
    merchant: Merchant,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="How many at most.")] = 50,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The latest messages to an endpoint and what came of them."""
    from post_logistics.storage.telling.webhooks import load_messages_after, lock_endpoint

    with _transaction(data_dir, schema) as (connection, _, _at):
        lock_endpoint(connection, endpoint, merchant)
        found = load_messages_after(connection, endpoint, None, limit)
    if as_json:
        return say_json([_message_json(one) for one in found])
    names = ("parcel", "event", "made", "status", "tries", "last answer")
    table = Table(Column("message", no_wrap=True), *(Column(name, overflow="fold") for name in names))
    for one in found:
        row = one.message_id, one.item_number, one.event, local_time(one.made_at), one.status, str(one.tries)
        table.add_row(*row, one.last_answer)
    print_table(table)
    return None


@app.command()
def replay(
    endpoint: EndpointId,
    merchant: Merchant,
    message: Annotated[str | None, typer.Option(help="One message, by id.")] = None,
    since: Annotated[datetime | None, typer.Option(help="All made since then, Dhaka time.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="With --since: only those that were given up.")] = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Send messages once more, each under its own id: one, or all since a time."""
    from post_logistics.operations.telling.webhooks import replay_message, replay_since

    if (message is None) == (since is None):
        raise Unacceptable("say which", field="--message", remedy="give --message ID or --since 2026-11-22")
    with _transaction(data_dir, schema) as (connection, _, at):
        count = 1
        if message is not None:
            replay_message(connection, merchant, endpoint, message, at)
        elif since is not None:
            begin = since.replace(tzinfo=DHAKA)
            count = replay_since(connection, merchant, endpoint, begin, at, failed_only=failed)
    out.print(f"{count} wait to be sent once more")


def _standing(endpoint: "Endpoint", at: datetime) -> str:
    if endpoint.stopped_at is not None:
        return f"stopped: {endpoint.stopped_why}"
    if endpoint.failing_since is None:
        return "well"
    return f"failing since {local_time(endpoint.failing_since)}" + ("" if endpoint.is_open(at) else ", left alone")


def _say_secret(endpoint: "Endpoint", as_json: bool) -> None:
    if as_json:
        say_json(_endpoint_json(endpoint) | {"secret": endpoint.secret})
    else:
        out.print(f"endpoint {endpoint.endpoint_id}\nsecret   {endpoint.secret}", soft_wrap=True)


def _endpoint_json(endpoint: "Endpoint") -> dict[str, Any]:
    names = (
        "endpoint_id",
        "url",
        "events",
        "dialect",
        "made_at",
        "failures",
        "failing_since",
        "stopped_at",
        "stopped_why",
    )
    return {name: getattr(endpoint, name) for name in names}


def _message_json(message: "Message") -> dict[str, Any]:
    names = ("message_id", "item_number", "event", "made_at", "status", "tries", "next_try_at", "last_answer")
    return {name: getattr(message, name) for name in names}
