"""Statements matched with what is expected on them; the lines that wait; the reports."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, out, print_table, progress, say_json, settings_for
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, local_day, taka

if TYPE_CHECKING:
    from post_logistics.operations.money.match_by_hand import MatchFile
    from post_logistics.operations.money.suspense import InWords
    from post_logistics.storage.database import Connection

app = typer.Typer()
matching = typer.Typer(help="Match statements with what is expected on them.", invoke_without_command=True)
suspense = typer.Typer(help="The lines that nobody has explained yet.", invoke_without_command=True)
app.add_typer(matching, name="match")
app.add_typer(suspense, name="suspense")

LineId = Annotated[UUID, typer.Argument(metavar="LINE", help="The line's id, as the queue shows it.")]
MatchId = Annotated[UUID, typer.Argument(metavar="MATCH", help="The match's id.")]
By = Annotated[str, typer.Option(help="Who does it: a name.")]
Why = Annotated[str, typer.Option(help="The reason, in a sentence.")]


@contextmanager
def _work(data_dir: Path | None, schema: str | None) -> Iterator["Connection"]:
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        yield connection


@matching.callback()
def match(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Option(help="Only this source's lines; may be given again.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Match every line that nothing explains yet; the others wait in suspense, each with its reason."""
    if context.invoked_subcommand:
        return
    from post_logistics.cod.matching.rules import load_match_rules
    from post_logistics.network.offices import load_offices
    from post_logistics.operations.money.matching import match_sources, rules_for
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    rules = rules_for(load_match_rules(settings.facts_dir), load_offices(settings.facts_dir).values())
    with open_database(settings) as database, progress() as bar:
        begun = time.perf_counter()
        task = bar.add_task("lines", total=None)
        at = datetime.now(DHAKA)
        runs = match_sources(database, rules, source or [], at, lambda lines: bar.update(task, completed=lines))
        seconds = round(time.perf_counter() - begun, 2)
    if as_json:
        say_json({"seconds": seconds, "sources": [asdict(run) for run in runs]})
        return
    for run in runs:
        table = Table("", "lines", title=f"{run.source}: {run.lines:,} lines, {run.matches:,} matches")
        for name, count in run.by_rule.items():
            table.add_row(f"matched: {name.replace('_', ' ')}", f"{count:,}")
        for name, count in run.by_reason.items():
            table.add_row(f"in suspense: {name.replace('_', ' ')}", f"{count:,}")
        print_table(table)
    out.print(f"{seconds} s")


@matching.command()
def confirm(line: LineId, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Say that what is proposed for a line is right."""
    from post_logistics.operations.money.match_by_hand import confirm_proposal, load_file

    with _work(data_dir, schema) as connection:
        made = confirm_proposal(connection, line, by=by, at=datetime.now(DHAKA))
        found = load_file(connection, made.match_id)
    _say_match(found, as_json)


@matching.command()
def hand(
    why: Why,
    by: By,
    line: Annotated[list[UUID], typer.Option(help="A line's id; may be given again.")],
    entry: Annotated[list[str], typer.Option(help="KIND:ID, such as deposit:office-close:1216:2026-11-22.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Say what a line is: one line and several entries, or several lines and one entry."""
    from post_logistics.cod.matching.columns import EntryKind
    from post_logistics.operations.money.match_by_hand import load_file, match_by_hand

    entries = []
    for text in entry:
        kind, _, entry_id = text.partition(":")
        if kind not in set(EntryKind) or not entry_id:
            known = ", ".join(EntryKind)
            raise Unacceptable(f"{text!r} names no entry", field="--entry", remedy=f"write KIND:ID; kinds: {known}")
        entries.append((EntryKind(kind), entry_id))
    with _work(data_dir, schema) as connection:
        made = match_by_hand(connection, line, entries, why=why, by=by, at=datetime.now(DHAKA))
        found = load_file(connection, made.match_id)
    _say_match(found, as_json)


@matching.command()
def undo(
    match_id: MatchId, why: Why, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None
) -> None:
    """Undo a match: what it posted is taken back, and its lines wait again."""
    from post_logistics.operations.money.match_by_hand import load_file, undo_match

    with _work(data_dir, schema) as connection:
        undo_match(connection, match_id, why=why, by=by, at=datetime.now(DHAKA))
        found = load_file(connection, match_id)
    _say_match(found, as_json)


@matching.command()
def show(match_id: MatchId, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """A match, and why it is one."""
    from post_logistics.operations.money.match_by_hand import load_file

    with _work(data_dir, schema) as connection:
        found = load_file(connection, match_id)
    _say_match(found, as_json)


def _say_match(found: "MatchFile", as_json: bool) -> None:
    if as_json:
        say_json(asdict(found))
        return
    state = f"undone by {found.undone_by}: {found.undone_why}" if found.undone_by else f"made by {found.made_by}"
    out.print(f"{found.match_id}  {found.rule.replace('_', ' ')}, {state}", highlight=False)
    out.print(found.text_en, highlight=False)
    out.print(found.text_bn, highlight=False)
    for one in found.entries:
        out.print(f"  {one.kind} {one.entry_id} of {one.owner}, {taka(abs(one.amount_poisha))}", highlight=False)


@matching.command()
def report(
    month: Annotated[str | None, typer.Option(help="A month, as 2026-11.")] = None,
    quarter: Annotated[str | None, typer.Option(help="A quarter, as 2026-Q4.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write it to this file as a table.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The match report of a month, due by the 15th of the next, or of a quarter, for the central bank."""
    from post_logistics.operations.money.match_reports import MEASURES, month_report, quarter_report, report_csv

    if (month is None) == (quarter is None):
        raise Unacceptable("name a month or a quarter", field="--month", remedy="write --month 2026-11")
    at = datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        reports = [month_report(connection, month, at)] if month else quarter_report(connection, quarter or "", at)
    if csv is not None:
        csv.write_text(report_csv(reports), encoding="utf-8-sig", newline="")
    if as_json:
        say_json([asdict(one) for one in reports])
        return
    for one in reports:
        verdict = {True: "all lines matched in time", False: "lines were late", None: "lines wait still"}
        table = Table("", "count", "amount", title=f"{one.month}, due {local_day(one.due_on)}")
        for figure in one.figures:
            table.add_row(MEASURES[figure.measure][0], f"{figure.count:,}", taka(figure.amount_poisha))
        print_table(table)
        out.print(verdict[one.matched_in_time])


@suspense.callback()
def queue(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only this source's.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only those that wait for this reason.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only this person's; '' for nobody's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=5000, help="How many at most.")] = 100,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The lines that wait, those booked first first: why, what came close, what to do next."""
    if context.invoked_subcommand:
        return
    from post_logistics.operations.money.suspense import in_words
    from post_logistics.storage.money.suspense import load_queue

    at = datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        waiting = load_queue(connection, source=source, reason=reason, owner=owner, limit=limit)
    found = [in_words(one, at) for one in waiting]
    if as_json:
        say_json([asdict(one) for one in found])
        return
    table = Table("line", "booked", "days", "amount", "reference and text", "why, and what next", "owner")
    for one in found:
        close = ", ".join(f"{each['kind']} {each['reference'] or each['entry_id']}" for each in one.candidates)
        why = f"{one.text_en} {f'({close}) ' if close else ''}{one.next_en}"
        text = f"{one.reference} {one.description}".strip()
        amount = f"-{taka(-one.amount_poisha)}" if one.amount_poisha < 0 else taka(one.amount_poisha)
        table.add_row(
            str(one.line_id), local_day(one.booked_on), str(one.age_days), amount, text, why, one.owner or one.note
        )
    print_table(table)


@suspense.command()
def take(line: LineId, by: By, as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Take a line on: it is that person's business."""
    from post_logistics.operations.money.suspense import in_words, take_line

    at = datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        found = in_words(take_line(connection, line, by=by, at=at), at)
    _say_waiting(found, as_json)


@suspense.command()
def note(
    line: LineId,
    text: Annotated[str, typer.Argument(help="What was found out.")],
    by: By,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Note what was found out about a line."""
    from post_logistics.operations.money.suspense import in_words, note_line

    at = datetime.now(DHAKA)
    with _work(data_dir, schema) as connection:
        found = in_words(note_line(connection, line, text, by=by, at=at), at)
    _say_waiting(found, as_json)


def _say_waiting(found: "InWords", as_json: bool) -> None:
    if as_json:
        say_json(asdict(found))
    else:
        out.print(f"{found.line_id}: {found.owner or 'nobody'} {found.note}".rstrip(), highlight=False)
