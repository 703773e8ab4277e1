"""Parcels one by one and by the file: import, quote."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from post_logistics.cli.console import (
    AsJson,
    DataDir,
    Language,
    OnDay,
    Schema,
    day_of,
    given_defaults,
    out,
    print_table,
    progress,
    say_json,
    settings_for,
)
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, grams_from_kg, poisha_from_taka, taka

app = typer.Typer()


@app.command("import")
def import_orders(
    file: Annotated[Path, typer.Argument(help="An order file, CSV or XLSX, with the columns you already have.")],
    merchant: Annotated[str | None, typer.Option(help="The shop, where the file does not name it.")] = None,
    store_address: Annotated[str | None, typer.Option(help="Where to pick up, where the file does not say.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, book nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Book nothing unless every row can be booked.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Write the rejected rows and why to this CSV.")] = None,
    to_decide: Annotated[
        Path | None,
        typer.Option(help="Write the rows whose address is to be decided to this order file, to complete and import."),
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Book the orders of a file: a verdict for every row, all that can be booked in one transaction."""
    from post_logistics.operations.facts import load_facts
    from post_logistics.operations.numbering import Numbers
    from post_logistics.operations.orders.booking import Outcome
    from post_logistics.operations.orders.order_intake import (
        intake,
        merchants_of,
        read_orders,
        rejected_rows,
        write_rejected,
        write_to_decide,
    )
    from post_logistics.storage.database import open_database

    settings = settings_for(data_dir, schema)
    facts = load_facts(settings)
    checked = read_orders(facts, file, file.name, given_defaults(merchant, store_address))
    at = datetime.now(DHAKA)  # just before the transaction: whoever reads the log waits for it, and not for the reading
    orders = [order for _, order, _ in checked.orders]
    with open_database(settings) as database, progress() as bar:
        numbers = Numbers(database, facts.number_key)

        def run(title: str, dry: bool) -> Any:
            task = bar.add_task(title, total=1)
            with database.transaction() as connection:
                merchants = merchants_of(connection, orders, at, register=not dry)
                verdicts = intake(connection, facts, numbers, checked, merchants, at, dry_run=dry)
            bar.update(task, completed=1)
            return verdicts

        verdicts = run("checking", True) if dry_run or strict else run("booking", False)
        if strict and not dry_run and all(v.outcome in {Outcome.BOOKED, Outcome.DUPLICATE} for v in verdicts):
            verdicts = run("booking", False)
    refused = rejected_rows(verdicts)
    if rejected is not None:
        write_rejected(rejected, refused)
    if to_decide is not None:
        write_to_decide(to_decide, checked, verdicts, facts.offices)
    counts = {outcome.value: sum(v.outcome is outcome for v in verdicts) for outcome in Outcome}
    if strict and refused and not dry_run:
        counts["booked"] = 0  # one bad row, and nothing was
    if as_json:
        rows = [_verdict_json(verdict) for verdict in verdicts]
        say_json({"dry_run": dry_run, **counts, "rows": rows, "problems": refused})
    else:
        _say_verdicts(verdicts, refused, facts.offices)
        out.print(
            ", ".join(f"{n} {outcome.replace('_', ' ')}" for outcome, n in counts.items())
            + (" (dry run: nothing was booked)" if dry_run else "")
        )
    if strict and refused:
        raise typer.Exit(2)


def _verdict_json(verdict: Any) -> dict[str, Any]:
    return {
        "row": verdict.row,
        "order_ref": verdict.order_ref,
        "outcome": verdict.outcome,
        "item_number": verdict.item_number,
        "question_en": verdict.question.en if verdict.question else None,
        "question_bn": verdict.question.bn if verdict.question else None,
        "choices": verdict.choices,
    }


def _say_verdicts(verdicts: Any, refused: Any, offices: Any) -> None:
    """What was refused and why, and what should be asked."""
    problems = Table("row", "order_ref", "field", "reason", "remedy")
    undecided = {verdict.row for verdict in verdicts if verdict.question is not None}
    for one in refused:
        if one["row"] in undecided:
            continue
        problems.add_row(str(one["row"]), one["order_ref"], one["field"], one["reason"], one["remedy"])
    questions = Table("row", "order_ref", "booked", "question", "between")
    for verdict in verdicts:
        if verdict.question is not None:
            between = ", ".join(f"{code} {offices[code].name_en}" for code in verdict.choices)
            booked = verdict.item_number or "not yet"
            questions.add_row(str(verdict.row), verdict.order_ref, booked, verdict.question.en, between)
    for table in (problems, questions):
        if table.row_count:
            print_table(table)


@app.command()
def quote(
    weight_kg: Annotated[str, typer.Option("--weight-kg", help="Weight in kg.")],
    cod_taka: Annotated[str, typer.Option("--cod-taka", help="Cash to collect at the door.")] = "0",
    declared_value_taka: Annotated[str, typer.Option("--declared-value-taka", help="Declared value.")] = "0",
    service: Annotated[str | None, typer.Option(help="The service.", show_default="Speed Post parcel")] = None,
    on: OnDay = None,
    language: Annotated[Language, typer.Option(help="en or bn.")] = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Say what a parcel costs, by which version of the tariff."""
    from post_logistics.consignments.tariffs import load_tariffs

    tariffs = load_tariffs(settings_for().facts_dir)
    found = tariffs.quote(
        service or tariffs.default_service,
        _amount("--weight-kg", grams_from_kg, weight_kg),
        _amount("--cod-taka", poisha_from_taka, cod_taka),
        _amount("--declared-value-taka", poisha_from_taka, declared_value_taka),
        day_of(on),
        same_city=True,
    )
    if as_json:
        say_json(quote_json(found))
        return
    table = Table(f"tariff {found.version}", "")
    for line in found.lines:
        table.add_row(
            line.text_en if language is Language.EN else line.text_bn, taka(line.amount_poisha, language.value)
        )
    table.add_row("Total" if language is Language.EN else "মোট", taka(found.total_poisha, language.value), style="bold")
    print_table(table)


def quote_json(found: Any) -> dict[str, Any]:
    """A quote as a script reads it."""
    return {
        "version": found.version,
        "service": found.service,
        "lines": [{"code": line.code, "amount_poisha": line.amount_poisha} for line in found.lines],
        "postage_poisha": found.postage_poisha,
        "cod_fee_poisha": found.cod_fee_poisha,
        "vat_poisha": found.vat_poisha,
        "total_poisha": found.total_poisha,
    }


def _amount(field: str, reader: Any, text: str) -> int:
    try:
        return int(reader(text))
    except ValueError as error:
        raise Unacceptable(str(error), field=field, remedy="write a plain number such as 1.5") from None
