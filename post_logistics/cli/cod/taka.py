"""Where the money is, how old it is, and what is wrong with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer
from rich.table import Table

from post_logistics.cli.cod.closing import By, office_of, work
from post_logistics.cli.console import AsJson, DataDir, Language, Schema, out, print_table, progress, say_json
from post_logistics.cod.alarms import TEXTS, AlarmKind, alarm_text
from post_logistics.errors import Unacceptable
from post_logistics.units import DHAKA, MerchantId, local_time, taka

if TYPE_CHECKING:
    from post_logistics.operations.money.taka import AgeingLine, Whereabouts
    from post_logistics.storage.money.alarms import OpenAlarm

app = typer.Typer()
alarms_app = typer.Typer(help="Money that is not where it should be by now.", invoke_without_command=True)
app.add_typer(alarms_app, name="alarms")

InLanguage = Annotated[Language, typer.Option("--language", help="en or bn.")]
MaybeOffice = Annotated[str | None, typer.Option("--office", help="Only this office's.")]


@app.command("taka")
def where(
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help="A parcel's item number, as it is typed.")
    ] = None,
    merchant: Annotated[str | None, typer.Option(help="All money of this merchant.")] = None,
    rider: Annotated[str | None, typer.Option(help="What this rider has.")] = None,
    agent: Annotated[str | None, typer.Option(help="What this agent has.")] = None,
    office: Annotated[str | None, typer.Option(help="What this office and its riders have.")] = None,
    provider: Annotated[str | None, typer.Option(help="What this provider has.")] = None,
    language: InLanguage = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Who has the money, since when, what comes next and by when."""
    from post_logistics.consignments.numbers import parse_item_number
    from post_logistics.operations.money import taka as asking

    holders = {"rider": rider, "agent": agent, "office": office, "provider": provider}
    asked = [name for name, given in {"ITEM": item, "--merchant": merchant, **holders}.items() if given]
    if len(asked) != 1:
        raise Unacceptable("say whose money", field="ITEM", remedy="give an item number, or one of the options")
    at = datetime.now(DHAKA)
    with work(data_dir, schema) as (connection, known):
        if item:
            found = asking.money_of_parcel(connection, known, parse_item_number(item), at)
            return _say_money(found.money, {"item_number": found.item_number}, language, as_json)
        if merchant:
            every = asking.money_of_merchant(connection, known, MerchantId(merchant), at)
        else:
            kind = asked[0]
            every = asking.money_with(connection, known, kind, holders[kind] or "", at)
        whole = {"amount_poisha": every.amount_poisha, "other_poisha": every.other_poisha}
        return _say_money(every.money, whole, language, as_json)


def _say_money(money: Sequence["Whereabouts"], whole: dict[str, Any], language: Language, as_json: bool) -> None:
    if as_json:
        names = ("stage", "place", "office", "parcels", "amount_poisha", "since", "due_at", "late", "close_id")
        rows = [{name: getattr(one, name) for name in names} for one in money]
        texts = [{"settlement_id": one.settlement_id, "text_en": one.text_en, "text_bn": one.text_bn} for one in money]
        say_json(whole | {"money": [row | text for row, text in zip(rows, texts, strict=True)]})
        return
    if not money:
        out.print("nothing was collected that is not taken back" if "item_number" in whole else "nothing is there")
    for one in money:
        count = f"[{one.parcels}] " if one.parcels > 1 else ""
        text = one.text_bn if language is Language.BN else one.text_en
        out.print(f"{count}{text}", style="red" if one.late else None, markup=False, highlight=False, soft_wrap=True)
    if whole.get("other_poisha"):
        out.print(f"Besides the money of parcels: {taka(whole['other_poisha'], language.value)}", highlight=False)


@app.command()
def ageing(
    by: Annotated[Literal["place", "merchant"], typer.Option(help="What to tell apart.")] = "place",
    office: MaybeOffice = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Every balance by the days its money has been there; of merchants, by the days since it was collected."""
    from post_logistics.operations.money import taka as asking

    if office and by == "merchant":
        raise Unacceptable("merchants are of no office", field="--office", remedy="leave it out, or ask by place")
    with work(data_dir, schema) as (connection, known), progress() as bar:
        bar.add_task("looking", total=None)
        at = datetime.now(DHAKA)
        lines = (
            asking.ageing_of_office(connection, known, office_of(known, office), at)
            if office
            else asking.ageing(connection, at, by)
        )
    _say_ageing(lines, as_json)


def _say_ageing(lines: Sequence["AgeingLine"], as_json: bool) -> None:
    if as_json:
        names = ("account", "balance_poisha", "aged_poisha", "other_poisha", "parcels", "since")
        say_json([{name: getattr(one, name) for name in names} for one in lines])
        return
    table = Table("account", "balance", "0-1 days", "2-3", "4-7", "8-14", "15-30", "more", "other", "parcels")
    for one in lines:
        sums = (taka(poisha) for poisha in (one.balance_poisha, *one.aged_poisha, one.other_poisha))
        table.add_row(one.account, *sums, str(one.parcels))
    print_table(table)


@alarms_app.callback()
def alarms(
    context: typer.Context,
    office: MaybeOffice = None,
    kind: Annotated[AlarmKind | None, typer.Option(help="Only this kind.")] = None,
    older_than_hours: Annotated[int, typer.Option(min=0, help="Only those that have been open for so long.")] = 0,
    unowned: Annotated[bool, typer.Option("--unowned", help="Only those that nobody has taken on.")] = False,
    language: InLanguage = Language.EN,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """The open alarms, as the watch last found them."""
    from post_logistics.operations.money.alarms import open_alarms

    if context.invoked_subcommand is not None:
        return
    with work(data_dir, schema) as (connection, known):
        found = open_alarms(
            connection,
            datetime.now(DHAKA),
            office=office_of(known, office) if office else None,
            kind=kind,
            older_than=timedelta(hours=older_than_hours),
            unowned=unowned,
        )
    _say_alarms(found, language, as_json)


@alarms_app.command("watch")
def watch(as_json: AsJson = False, data_dir: DataDir = None, schema: Schema = None) -> None:
    """Look at all money once: open the alarms of what is wrong, close those of what is right again. The worker does it
    every quarter of an hour."""
    from post_logistics.operations.money.alarms import watch_money

    at = datetime.now(DHAKA)
    with work(data_dir, schema) as (connection, known), progress() as bar:
        bar.add_task("looking", total=None)
        seen = watch_money(connection, known, at)
    if as_json:
        say_json({"at": at.isoformat(), "opened": seen.opened, "closed": seen.closed, "open": seen.open})
    else:
        out.print(f"{seen.opened} opened, {seen.closed} closed, {seen.open} open", highlight=False)


@alarms_app.command("take")
def take(
    alarm: Annotated[UUID, typer.Argument(metavar="ALARM", help="The alarm's id, as the list shows it.")],
    by: By,
    as_json: AsJson = False,
    data_dir: DataDir = None,
    schema: Schema = None,
) -> None:
    """Take an alarm on: from now on this person looks into it."""
    from post_logistics.operations.money.alarms import take_alarm

    with work(data_dir, schema) as (connection, _):
        taken = take_alarm(connection, alarm, by)
    _say_alarms([taken], Language.EN, as_json)


def _say_alarms(found: Sequence["OpenAlarm"], language: Language, as_json: bool) -> None:
    if as_json:
        names = ("alarm_id", "kind", "subject", "office", "owner", "amount_poisha", "since", "opened_at")
        say_json(
            [
                {name: getattr(one, name) for name in names}
                | {"text_en": alarm_text(one), "text_bn": alarm_text(one, "bn"), "remedy_en": TEXTS[one.kind].remedy_en}
                for one in found
            ]
        )
        return
    bangla = language is Language.BN
    table = Table("alarm", "office", "owner", "since", "what is wrong", "what to do")
    for one in found:
        remedy = TEXTS[one.kind].remedy_bn if bangla else TEXTS[one.kind].remedy_en
        since = local_time(one.since, language.value)
        table.add_row(str(one.alarm_id), one.office or "-", one.owner, since, alarm_text(one, language.value), remedy)
    print_table(table)
