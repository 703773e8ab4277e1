"""The end of the day at an office: count, close, open again, pay in, and print the sheet."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid5

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, OnDay, Schema, day_of, out, print_table, say_json, settings_for
from post_logistics.cod.counting import VARIANCE_TEXTS, Count, Variance
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.units import DHAKA, latin_digits, poisha_from_taka, taka

if TYPE_CHECKING:
    from post_logistics.cod.day_close import OfficeClose, RiderClose
    from post_logistics.operations.facts import Facts
    from post_logistics.storage.database import Connection

app = typer.Typer()

_TYPED = UUID("5b0c0a3e-93b3-5f5c-9d0e-1f8a0c4c2b77")

Office = Annotated[str, typer.Argument(metavar="OFFICE", help="The office's postcode.")]
CloseId = Annotated[str, typer.Argument(metavar="CLOSE", help="The close, as `cod closes` shows it.")]
By = Annotated[str, typer.Option(help="Who does it, by name.")]
Ref = Annotated[str, typer.Option("--ref", help="Your own number for it: typed again, it is the same and not another.")]
Second = Annotated[str, typer.Option("--countersigned-by", help="Who signs, too: the rider himself, or a witness.")]


@contextmanager
def _books(data_dir: Path | None, schema: str | None) -> Iterator["Connection"]:
    """A transaction."""
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        yield connection


@contextmanager
def work(data_dir: Path | None, schema: str | None) -> Iterator[tuple["Connection", "Facts"]]:
    """A transaction and the facts."""
    from post_logistics.operations.facts import load_facts

    known = load_facts(settings_for(data_dir, schema))
    with _books(data_dir, schema) as connection:
        yield connection, known


def id_of(kind: str, *words: str) -> UUID:
    """The id of what is typed: the same words are the same thing, however they are spaced or their digits written."""
    return uuid5(_TYPED, "/".join((kind, *(" ".join(latin_digits(word).split()) for word in words))))


def poisha(written: str, field: str) -> int:
    """An amount as it is typed, in poisha; Unacceptable if it is none."""
    try:
        return poisha_from_taka(written)
    except ValueError as error:
        raise Unacceptable(str(error), field=field, remedy="write an amount in taka, such as 1250.50") from None


def office_of(known: "Facts", code: str) -> Any:
    """The postcode of the office; NotFound if there is none."""
    return known.offices.get(latin_digits(code)).postcode


def pieces_of(written: str) -> dict[int, int]:
    """Poisha of a note or coin -> how many, of ``1000x4, 500x1``; Unacceptable if it is not written like that."""
    found: dict[int, int] = {}
    for part in filter(None, (one.strip() for one in latin_digits(written).split(","))):
        match = re.fullmatch(r"([0-9.]+)\s*[x×*]\s*([0-9]+)", part)
        if match is None:
            raise Unacceptable(f"{part!r} is no note and number", field="--pieces", remedy="write 1000x4, 500x1")
        worth = poisha(match[1], "--pieces")
        found[worth] = found.get(worth, 0) + int(match[2])
    return found


@app.command("to-count")
def to_count(
    office: Office, on: OnDay = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """What each rider and the till hold by the books, and the turn in which each would be closed."""
    from post_logistics.operations.money.closing import to_close

    with work(data_dir, schema) as (connection, known):
        found = to_close(connection, known, office_of(known, office), day_of(on))
    rows = [{"holder": one.holder, "held_poisha": one.held_poisha, "turn": one.turn} for one in found]
    say(rows, as_json)


@app.command()
def close(
    office: Office,
    counted: Annotated[str, typer.Option(help="What was counted, in taka.")],
    pieces: Annotated[str, typer.Option(help="The notes and coins: 1000x4, 500x1, 0.50x2.")],
    by: By,
    countersigned_by: Second,
    rider: Annotated[str | None, typer.Option(help="The rider whose cash it is.", show_default="the office")] = None,
    reason: Annotated[Variance | None, typer.Option(help="Why it is not what the books say, if it is not.")] = None,
    turn: Annotated[int, typer.Option(min=1, help="The how-manieth close of that day.")] = 1,
    on: OnDay = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Close the day of a rider, or of the office once its riders have handed in. Told again, it is the same close."""
    from post_logistics.operations.money.closing import close_office_day, close_rider_day

    count = Count(
        counted_poisha=poisha(counted, "--counted"),
        pieces=pieces_of(pieces),
        counted_by=by,
        countersigned_by=countersigned_by,
        reason=reason,
    )
    at = datetime.now(DHAKA)
    with work(data_dir, schema) as (connection, known):
        facts: dict[str, Any] = {"closed_on": day_of(on), "count": count, "at": at, "turn": turn}
        facts["office"] = office_of(known, office)
        made: RiderClose | OfficeClose
        if rider is None:
            made = close_office_day(connection, known, **facts)
        else:
            who = known.fleet.rider(facts["office"], latin_digits(rider)).rider_id
            made = close_rider_day(connection, known, rider=who, **facts)
    say([_row(made)], as_json)


@app.command()
def reopen(
    close: CloseId,
    why: Annotated[str, typer.Option(help="What was wrong with it.")],
    by: By,
    countersigned_by: Second,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Open a close again: what it moved is taken back, and the cash is closed in the next turn."""
    from post_logistics.cod.day_close import Reopening
    from post_logistics.operations.money.closing import reopen as open_again

    at = datetime.now(DHAKA)
    wanted = Reopening(close_id=close, why=why, opened_by=by, countersigned_by=countersigned_by, opened_at=at)
    with _books(data_dir, schema) as connection:
        made = open_again(connection, wanted)
    row = {"close_id": made.close_id, "why": made.why, "opened_by": made.opened_by, "opened_at": made.opened_at}
    say([row | {"countersigned_by": made.countersigned_by}], as_json)


@app.command("pay-in")
def pay_in(
    close: CloseId,
    slip: Annotated[str, typer.Option(help="The number of the bank's slip.")],
    bank: Annotated[str, typer.Option(help="The bank.")],
    branch: Annotated[str, typer.Option(help="Its branch.")],
    by: By,
    at: Annotated[
        str | None, typer.Option(help="When the bank stamped it: 2026-11-22T10:30, local time.", show_default="now")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Record that the cash of an office's close was paid in at the bank."""
    from post_logistics.cod.day_close import Slip
    from post_logistics.operations.money.closing import pay_in as paid
    from post_logistics.storage.money.closes import load_slips

    now = datetime.now(DHAKA)
    with _books(data_dir, schema) as connection:
        said = load_slips(connection, close) if at is None else []
        stamped = said[0].deposited_at if said else now if at is None else _instant(at)  # typed again, it is the same
        paper = Slip(slip_number=slip, bank=bank, branch=branch, deposited_at=stamped, paid_in_by=by)
        made = paid(connection, close, paper, now)
    row = {"close_id": made.close_id, "slip_number": made.slip_number, "bank": made.bank, "branch": made.branch}
    say([row | {"amount_poisha": made.amount_poisha, "deposited_at": made.deposited_at}], as_json)


@app.command("correct-slip")
def correct_slip(
    close: CloseId,
    why: Annotated[str, typer.Option(help="What was wrong with the slip as it was recorded.")],
    by: By,
    slip: Annotated[str | None, typer.Option(help="The number of the bank's slip.", show_default="as it was")] = None,
    bank: Annotated[str | None, typer.Option(help="The bank.", show_default="as it was")] = None,
    branch: Annotated[str | None, typer.Option(help="Its branch.", show_default="as it was")] = None,
    paid_in_by: Annotated[str | None, typer.Option(help="Who paid it in.", show_default="as it was")] = None,
    at: Annotated[
        str | None, typer.Option(help="When the bank stamped it: 2026-11-22T10:30.", show_default="as it was")
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Put a slip right that was copied wrongly. What was recorded before stays on record, with your name and reason."""
    from post_logistics.cod.day_close import Slip
    from post_logistics.operations.money.closing import correct_slip as corrected
    from post_logistics.storage.money.closes import load_slips

    said = {"slip_number": slip, "bank": bank, "branch": branch, "paid_in_by": paid_in_by}
    changes: dict[str, Any] = {name: given for name, given in said.items() if given is not None}
    changes |= {} if at is None else {"deposited_at": _instant(at)}
    with _books(data_dir, schema) as connection:
        kept = load_slips(connection, close)
        if not kept:
            raise NotFound(f"{close} has not been paid in", field="CLOSE", remedy="record the deposit: `cod pay-in`")
        right = Slip(**kept[-1].as_kept() | changes)
        made = corrected(connection, close, right, why=why, by=by, at=datetime.now(DHAKA))
    row = {"close_id": made.close_id, "slip_number": made.slip_number, "bank": made.bank, "branch": made.branch}
    say([row | {"amount_poisha": made.amount_poisha, "deposited_at": made.deposited_at}], as_json)


@app.command()
def closes(
    office: Office, on: OnDay = None, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """The closes of an office and its riders on a day, and which of them were opened again or paid in."""
    from post_logistics.storage.money.closes import load_closes, load_deposits, load_reopenings

    with work(data_dir, schema) as (connection, known):
        found = load_closes(connection, day_of(on), office_of(known, office), opened_again=True)
        ids = [one.close_id for one in found]
        opened, deposits = load_reopenings(connection, ids), load_deposits(connection, ids)
    rows = []
    for one in found:
        slip = deposits[one.close_id].slip_number if one.close_id in deposits else ""
        rows.append(_row(one) | {"stands": one.close_id not in opened, "slip_number": slip})
    say(rows, as_json)


@app.command("close-sheet")
def sheet(
    close: CloseId,
    to: Annotated[Path, typer.Option("--out", help="Where to write the PDF.")],
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Write the sheet of a close as PDF, to be signed: pieces, difference, parcels."""
    from post_logistics.operations.money.close_sheets import close_sheet

    with work(data_dir, schema) as (connection, known):
        made = close_sheet(connection, known, close)
    to.write_bytes(made)
    out.print(f"{to} written", markup=False, highlight=False)


def _instant(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(latin_digits(written))
    except ValueError:
        raise Unacceptable(f"{written!r} is no time", field="--at", remedy="write it as 2026-11-22T10:30") from None
    return at if at.tzinfo else at.replace(tzinfo=DHAKA)


def _row(made: "RiderClose | OfficeClose") -> dict[str, Any]:
    shown = ("close_id", "expected_poisha", "counted_poisha", "shortage_poisha", "excess_poisha")
    row = {name: getattr(made, name) for name in shown}
    row["to_deposit_poisha"] = getattr(made, "to_deposit_poisha", 0)
    return row | {"reason": made.reason and made.reason.value}


def say(rows: Iterable[Mapping[str, Any]], as_json: bool) -> None:
    """The rows as one JSON list, or as a table with amounts in taka."""
    told = list(rows)
    if as_json:
        say_json(told)
        return
    table = Table(*(name.removesuffix("_poisha").replace("_", " ") for name in (told[0] if told else ["nothing"])))
    for row in told:
        table.add_row(*(shown(name, value) for name, value in row.items()))
    print_table(table)


def shown(name: str, value: object) -> str:
    """A value of a table as people read it."""
    if isinstance(value, int) and name.endswith("_poisha"):
        return taka(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "reason" and value:
        return VARIANCE_TEXTS[Variance(str(value))][0]
    return "" if value is None else str(value)
