"""Claims for parcels lost, damaged, short or late: make, look at, decide, and see what is overdue."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, OnDay, Schema, day_of, out, print_table, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.tracking.claims import STANDINGS, ClaimKind, Step, due_now_on
from post_logistics.units import DHAKA, local_day, local_time, poisha_from_taka, taka

if TYPE_CHECKING:
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.database import Connection
    from post_logistics.storage.door.claims import ClaimFile

app = typer.Typer(help="Claims for parcels lost, damaged, short or late.", no_args_is_help=True)

ClaimId = Annotated[UUID, typer.Argument(metavar="CLAIM", help="The claim's id, as the list shows it.")]


@contextmanager
def _work(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts"]]:
    """A transaction and the rules."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    known = load_facts(settings)
    with open_database(settings) as database, database.transaction() as connection:
        yield connection, known


@app.command("list")
def list_claims(
    standing: Annotated[str, typer.Option(help="open, closed or all.")] = "open",
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's, by id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="How many at most.")] = 500,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The claims that the post has yet to decide, or has decided."""
    from post_logistics.storage.door.claims import load_claims

    if standing not in STANDINGS:
        raise Unacceptable(f"{standing!r} is none", field="--standing", remedy=f"write {', '.join(STANDINGS)}")
    with _work(data_dir, schema) as (connection, _):
        found = load_claims(connection, merchant_id=merchant, standing=STANDINGS[standing], after=None, limit=limit)
    _say(found, day_of(None), as_json)


@app.command()
def overdue(on: OnDay = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """The claims that the post should have decided before that day, the longest overdue first."""
    from post_logistics.operations.door.claiming import overdue_claims

    with _work(data_dir, schema) as (connection, _):
        found = overdue_claims(connection, day_of(on))
    _say(found, day_of(on), as_json)


@app.command("open")
def open_one(
    item: Annotated[str, typer.Argument(metavar="NUMBER", help="The item number, as it is typed.")],
    kind: Annotated[ClaimKind, typer.Argument(help="What went wrong.")],
    amount: Annotated[str, typer.Argument(metavar="TAKA", help="What is claimed, in taka: 1,250.50 or ১২৫০.৫.")],
    why: Annotated[str, typer.Option(help="What happened, in a sentence.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Make a claim for a customer. Made again, it is the same claim."""
    from post_logistics.consignments.numbers import parse_item_number
    from post_logistics.operations.door.claiming import open_claim

    number, amount_poisha, at = parse_item_number(item), _poisha(amount, "TAKA"), datetime.now(DHAKA)
    with _work(data_dir, schema) as (connection, known):
        made = open_claim(connection, known.claim_rules, number, kind, amount_poisha, why, at)
    _say([made], day_of(None), as_json)


@app.command()
def step(
    claim: ClaimId,
    step: Annotated[Step, typer.Argument(help="What is done about it.")],
    why: Annotated[str, typer.Option(help="The reason, which both sides can read.")],
    by: Annotated[str, typer.Option(help="Who decides: a name or a desk.")],
    amount: Annotated[
        str | None, typer.Option(help="With accepted: how many taka.", show_default="all that is owed")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Go on with a claim: ask for evidence, accept, refuse, pay, withdraw."""
    from post_logistics.operations.door.claiming import take_step

    amount_poisha, at = None if amount is None else _poisha(amount, "--amount"), datetime.now(DHAKA)
    with _work(data_dir, schema) as (connection, known):
        taken = take_step(connection, known.claim_rules, claim, step, why, by, at, amount_poisha=amount_poisha)
    _say([taken], day_of(None), as_json)


@app.command()
def show(claim: ClaimId, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """One claim with every step, and the most that is owed for it."""
    from post_logistics.operations.door.claiming import owed_poisha
    from post_logistics.storage.door.claims import load_claim

    with _work(data_dir, schema) as (connection, known):
        found = load_claim(connection, claim)
        owed = owed_poisha(known.claim_rules, found)
    if as_json:
        say_json(_document(found, day_of(None)) | {"owed_poisha": owed})
        return
    _say([found], day_of(None), as_json=False)
    out.print(f"Owed at most: {taka(owed)}")
    table = Table("when", "step", "amount", "by", "why")
    for one in found.steps:
        amount = "" if one.amount_poisha is None else taka(one.amount_poisha)
        table.add_row(local_time(one.at), one.step.value, amount, one.by, one.note)
    print_table(table)


@app.command()
def lost(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Claim, in the post's own name, what has been lost for long and nobody has claimed."""
    from post_logistics.operations.door.claiming import open_claims_for_lost

    with _work(data_dir, schema) as (connection, known):
        opened = open_claims_for_lost(connection, known.claim_rules, datetime.now(DHAKA))
    if as_json:
        say_json({"claim_ids": opened})
    else:
        out.print(f"{len(opened)} claims opened")


def _poisha(text: str, field: str) -> int:
    try:
        return poisha_from_taka(text)
    except ValueError as error:
        raise Unacceptable(str(error), field=field, remedy="write an amount in taka, such as 1250.50") from None


def _document(found: "ClaimFile", on: date) -> dict[str, Any]:
    claim = found.claim
    return {
        "claim_id": claim.claim_id,
        "item_number": claim.item_number,
        "order_ref": found.order_ref,
        "merchant": found.merchant_id,
        "kind": claim.kind.value,
        "claimed_poisha": claim.claimed_poisha,
        "claimed_by": claim.claimed_by,
        "claimed_at": claim.claimed_at,
        "due_on": due_now_on(claim, found.steps, on),
        "standing": found.standing.value,
        "steps": [
            {"step": s.step.value, "amount_poisha": s.amount_poisha, "by": s.by, "note": s.note, "at": s.at}
            for s in found.steps
        ],
    }


def _say(found: Sequence["ClaimFile"], on: date, as_json: bool) -> None:
    if as_json:
        say_json([_document(one, on) for one in found])
        return
    table = Table("claim", "parcel", "merchant", "kind", "claimed", "due", "stands at")
    for one in found:
        claim = one.claim
        due = local_day(due_now_on(claim, one.steps, on))
        row = (
            claim.item_number,
            one.merchant_id,
            claim.kind.value,
            taka(claim.claimed_poisha),
            due,
            one.standing.value,
        )
        table.add_row(str(claim.claim_id), *row)
    print_table(table)
