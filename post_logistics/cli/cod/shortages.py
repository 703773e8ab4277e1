"""Cash that is late, shortages and excesses, and what becomes of them."""

from datetime import datetime
from typing import Annotated

import typer

from post_logistics.cli.cod.closing import By, Office, Ref, id_of, office_of, poisha, say, work
from post_logistics.cli.console import AsJson, DataDir, Schema
from post_logistics.cod.shortages import Clearing, Way
from post_logistics.units import DHAKA, Postcode, latin_digits

app = typer.Typer()

MaybeOffice = Annotated[str | None, typer.Argument(metavar="[OFFICE]", help="Only this office's.")]


@app.command("overdue")
def overdue(
    office: MaybeOffice = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Riders and offices not closed in time, tills above the limit, closes not paid in."""
    from post_logistics.operations.money.shortages import LATE_TEXTS, overdue_cash

    with work(data_dir, schema) as (connection, known):
        which: Postcode | None = office_of(known, office) if office else None
        found = overdue_cash(connection, known, datetime.now(DHAKA), which)
    rows = [
        {
            "office": one.office,
            "holder": one.holder,
            "late": one.late.value if as_json else LATE_TEXTS[one.late][0],
            "amount_poisha": one.amount_poisha,
            "since": one.since,
            "close_id": one.close_id,
        }
        for one in found
    ]
    say(rows, as_json)


@app.command()
def shortages(
    office: MaybeOffice = None,
    rider: Annotated[str | None, typer.Option(help="One rider of the office: every shortage, one by one.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """What riders and offices owe, and what is over; or the history of one rider."""
    from post_logistics.operations.money.shortages import history_of_rider, open_differences

    with work(data_dir, schema) as (connection, known):
        which: Postcode | None = office_of(known, office) if office else None
        if rider and which:
            moved = history_of_rider(connection, which, latin_digits(rider))
            rows = [
                {
                    "at": one.at,
                    "code": one.code.value,
                    "amount_poisha": one.amount_poisha,
                    "left_poisha": one.left_poisha,
                    "why": one.why,
                    "cause": one.cause,
                }
                for one in moved
            ]
        else:
            found = open_differences(connection, which)
            rows = [{"kind": one.kind.value, "owner": one.owner, "open_poisha": one.open_poisha} for one in found]
    say(rows, as_json)


@app.command()
def clear(
    way: Annotated[Way, typer.Argument(help="How it is cleared.")],
    office: Office,
    amount: Annotated[str, typer.Argument(metavar="TAKA", help="How much, in taka.")],
    why: Annotated[str, typer.Option(help="The reason, in a sentence.")],
    by: By,
    ref: Ref,
    countersigned_by: Annotated[str, typer.Option(help="Who signs, too: needed above a limit.")] = "",
    rider: Annotated[str, typer.Option(help="The rider who owes it.", show_default="the office")] = "",
    item: Annotated[str, typer.Option(help="With credited: the parcel whose merchant gets it.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Clear a shortage (repaid, deducted, written_off) or an excess (returned, credited, kept)."""
    from post_logistics.cod.ledger import NO_ITEM
    from post_logistics.consignments.numbers import parse_item_number
    from post_logistics.operations.money.shortages import clear_difference

    with work(data_dir, schema) as (connection, known):
        wanted = Clearing(
            clearing_id=id_of("clearing", here := office_of(known, office), ref),
            way=way,
            office=here,
            amount_poisha=poisha(amount, "TAKA"),
            why=why,
            cleared_by=by,
            countersigned_by=countersigned_by,
            rider=latin_digits(rider),
            item_number=parse_item_number(item) if item else NO_ITEM,
            cleared_at=datetime.now(DHAKA),
        )
        made = clear_difference(connection, known, wanted)
    row = {"clearing_id": str(made.clearing_id), "way": made.way.value, "amount_poisha": made.amount_poisha}
    say([row | {"office": made.office, "rider": made.rider, "why": made.why}], as_json)
