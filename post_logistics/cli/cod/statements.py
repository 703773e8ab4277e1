"""Statements of banks and providers: looked at, laid out, previewed and imported."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer
from rich.table import Table

from post_logistics.cli.console import AsJson, DataDir, Schema, err, out, print_table, progress, say_json, settings_for
from post_logistics.errors import NotFound, Unacceptable
from post_logistics.units import DHAKA, local_day, local_time, taka

if TYPE_CHECKING:
    from post_logistics.cod.statements.columns import Line
    from post_logistics.cod.statements.files import Gap, StatementFile, StatementSource
    from post_logistics.cod.statements.guessing import Proposal
    from post_logistics.cod.statements.layout import Layout
    from post_logistics.operations.money.importing import FirstLook, Imported, Preview
    from post_logistics.storage.database import Connection

app = typer.Typer()
sources = typer.Typer(help="How the statements of each bank and provider are read.", no_args_is_help=True)
app.add_typer(sources, name="sources")

SourceName = Annotated[str, typer.Argument(metavar="SOURCE", help="The source's name, such as sonali-collection.")]
Statement = Annotated[Path, typer.Argument(metavar="FILE", help="A statement: CSV or .xlsx.")]
By = Annotated[str, typer.Option(help="Who does it: a name.")]
Provider = Annotated[str | None, typer.Option(help="The provider's name, if it is no bank: bkash.")]


@contextmanager
def _work(data_dir: Path | None, schema: str | None) -> Iterator["Connection"]:
    from post_logistics.storage.database import open_database

    with open_database(settings_for(data_dir, schema)) as database, database.transaction() as connection:
        yield connection


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        remedy = "check its name and folder"
        raise Unacceptable(f"{path} cannot be read: {error.strerror}", field="FILE", remedy=remedy) from None


def _layout(path: Path) -> "Layout":
    from post_logistics.cod.statements.layout import layout_from_toml

    with _opened(path) as file:
        try:
            return layout_from_toml(file.read().decode())
        except UnicodeDecodeError:
            raise Unacceptable(f"{path} is not UTF-8 text", field="layout", remedy="save it as UTF-8") from None


@sources.command("list")
def list_sources(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Whose statements can be read, and by which version of their layout."""
    from post_logistics.storage.money.statements import load_sources

    with _work(data_dir, schema) as connection:
        found = load_sources(connection)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    table = Table("source", "version", "kind", "what it is", "made by", "at")
    for one in found:
        kind = one.provider or one.kind
        table.add_row(one.source, str(one.version), kind, one.reads.title, one.made_by, local_time(one.made_at))
    print_table(table)


@sources.command()
def show(
    source: SourceName,
    version: Annotated[int | None, typer.Option(min=1, help="Which version.", show_default="the latest")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The layout of a source as TOML, to read or to edit."""
    from post_logistics.cod.statements.layout import layout_to_toml
    from post_logistics.storage.money.statements import load_source

    with _work(data_dir, schema) as connection:
        found = load_source(connection, source, version)
    if as_json:
        say_json(asdict(found))
    else:
        out.print(layout_to_toml(found.layout), markup=False, highlight=False, soft_wrap=True, end="")


@sources.command("guess")
def guess_layout(path: Statement, provider: Provider = None, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Propose a layout for an unknown statement as TOML, with evidence, and questions where it is not clear."""
    from post_logistics.cod.statements.guessing import guess
    from post_logistics.cod.statements.profiles import load_known_columns

    known = load_known_columns(settings_for(data_dir).facts_dir)
    with _opened(path) as file:
        proposal = guess(file, path.name, known, title=path.stem, provider=provider)
    if as_json:
        say_json(asdict(proposal) | {"toml": proposal.toml()})
    else:
        out.print(proposal.toml(), markup=False, highlight=False, soft_wrap=True, end="")
        _say_questions(proposal)


@sources.command()
def keep(
    source: SourceName,
    layout: Annotated[Path, typer.Argument(metavar="LAYOUT", help="The layout, a TOML file.")],
    by: By,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Read a source by this layout from now on. The same layout again changes nothing."""
    from post_logistics.operations.money.importing import keep_source

    read_by = _layout(layout)
    with _work(data_dir, schema) as connection:
        kept = keep_source(connection, source, read_by, by, datetime.now(DHAKA))
    _say_source(kept, as_json)


@app.command("import-statement")
def import_file(
    path: Statement,
    source: Annotated[str, typer.Option(help="Whose statement it is, such as sonali-collection.")],
    by: Annotated[str, typer.Option(help="Who imports it: a name. Not needed with --preview.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Read and check everything, keep nothing.")] = False,
    layout: Annotated[Path | None, typer.Option(help="Read by this TOML file, and keep it for the source.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Import a statement: each line once, all of the file or nothing.

    A source that is not known yet is looked at first: you get a proposed layout, questions and a preview.
    """
    from post_logistics.operations.money.importing import import_statement, keep_source, preview_statement

    at, read_by = datetime.now(DHAKA), _layout(layout) if layout else None
    with _work(data_dir, schema) as connection, _opened(path) as file:
        if not read_by and not _is_known(connection, source):
            _look_first(connection, file, path, source, at, as_json, data_dir, preview)
            return
        if preview:
            _say_preview(preview_statement(connection, file, path.name, source, at, read_by), as_json)
            return
        if read_by:
            keep_source(connection, source, read_by, by, at)
        with progress() as bar:
            task = bar.add_task("lines", total=None)
            done = import_statement(
                connection, file, path.name, source, by, at, lambda rows: bar.update(task, completed=rows)
            )
    _say_imported(done, as_json)


@app.command("statements")
def list_files(
    source: Annotated[str, typer.Option(help="Only this source's.")] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The statements that were imported, and between which of them something is missing."""
    from post_logistics.operations.money.importing import files_of
    from post_logistics.storage.money.statements import load_sources

    with _work(data_dir, schema) as connection:
        names = [source] if source else sorted({one.source for one in load_sources(connection)})
        found = {name: files_of(connection, name) for name in names}
    if as_json:
        say_json({name: asdict(files) for name, files in found.items()})
        return
    table = Table("source", "file", "days", "lines", "new", "opening", "closing", "by", "at")
    for name, files in found.items():
        for one in files.files:
            table.add_row(name, *_file_row(one))
    print_table(table)
    for files in found.values():
        _say_gaps(files.gaps)


def _is_known(connection: "Connection", source: str) -> bool:
    from post_logistics.storage.money.statements import load_sources

    return bool(load_sources(connection, source))


def _look_first(
    connection: "Connection",
    file: BinaryIO,
    path: Path,
    source: str,
    at: datetime,
    as_json: bool,
    data_dir: Path | None,
    preview: bool,
) -> None:
    """Shows what an unknown file seems to be. Whoever wanted it imported is told what to do first."""
    from post_logistics.cod.statements.profiles import load_known_columns
    from post_logistics.operations.money.importing import first_look

    known = load_known_columns(settings_for(data_dir).facts_dir)
    look = first_look(connection, file, path.name, source, known, at)
    _say_look(look, as_json)
    if not preview:
        remedy = (
            f"write the proposal to a file with: cod sources guess {path.name} > {source}.toml, answer its questions, "
            f"and import with --layout {source}.toml"
        )
        raise NotFound(f"nothing is known of the source {source}", field="--source", remedy=remedy)


def _say_look(look: "FirstLook", as_json: bool) -> None:
    if as_json:
        refused = look.refused and {
            "message": look.refused.message,
            "row": look.refused.row,
            "field": look.refused.field,
        }
        proposal = asdict(look.proposal) | {"toml": look.proposal.toml()}
        say_json({"proposal": proposal, "preview": look.preview and asdict(look.preview), "misfit": refused})
        return
    out.print(look.proposal.toml(), markup=False, highlight=False, soft_wrap=True)
    _say_questions(look.proposal)
    if look.refused:
        err.print(f"The file does not fit this proposal. {look.refused}", markup=False)
    if look.preview:
        _say_preview(look.preview, as_json)


def _say_questions(proposal: "Proposal") -> None:
    for asked in proposal.questions:
        err.print(f"? {asked.en}\n? {asked.bn}", markup=False)


def _say_source(kept: "StatementSource", as_json: bool) -> None:
    if as_json:
        say_json(asdict(kept))
    else:
        out.print(
            f"{kept.source} is read by version {kept.version} of its layout, made by {kept.made_by}", markup=False
        )


def _say_preview(found: "Preview", as_json: bool) -> None:
    if as_json:
        say_json(asdict(found))
        return
    whole = found.summary
    print_table(_lines_table(found.first))
    out.print(
        f"{whole.rows:,} lines, {local_day(whole.first_on)} to {local_day(whole.last_on)}; "
        f"{whole.rows - found.known_rows:,} new, {found.known_rows:,} known; "
        f"{taka(whole.credit_poisha)} in, {taka(whole.debit_poisha)} out; nothing was kept"
    )


def _lines_table(lines: Sequence["Line"]) -> Table:
    table = Table("row", "booked", "amount", "reference", "description", "balance")
    for one in lines:
        balance = "" if one.balance_poisha is None else taka(one.balance_poisha)
        table.add_row(
            str(one.row), local_day(one.booked_on), taka(one.amount_poisha), one.reference, one.description, balance
        )
    return table


def _file_row(file: "StatementFile") -> list[str]:
    opening, closing = ("" if sum_ is None else taka(sum_) for sum_ in (file.opening_poisha, file.closing_poisha))
    days = f"{local_day(file.first_on)} to {local_day(file.last_on)}"
    counts = f"{file.rows:,}", f"{file.new_rows:,}"
    return [file.file_name, days, *counts, opening, closing, file.imported_by, local_time(file.imported_at)]


def _say_imported(done: "Imported", as_json: bool) -> None:
    if as_json:
        say_json(asdict(done))
        return
    file = done.file
    if done.again:
        when = local_time(file.imported_at)
        out.print(f"{file.file_name} was imported by {file.imported_by} on {when}: nothing was done", markup=False)
    else:
        said: list[Any] = [f"{file.new_rows:,} new lines of {file.rows:,}"]
        said += [f"{done.known_rows:,} known from other files"] if done.known_rows else []
        said += [f"{done.repeated:,} repeated in the file"] if done.repeated else []
        said += [f"{done.without_amount:,} without an amount"] if done.without_amount else []
        out.print("; ".join(said), markup=False)
    _say_gaps(done.gaps)


def _say_gaps(gaps: Sequence["Gap"]) -> None:
    for gap in gaps:
        what = "days without a statement" if gap.missing_poisha is None else f"lines of {taka(gap.missing_poisha)}"
        err.print(
            f"Missing: {what} between {gap.after_file} (to {local_day(gap.after_on)}) and {gap.before_file} "
            f"(from {local_day(gap.before_on)})",
            markup=False,
        )
