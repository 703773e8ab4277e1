"""COD ageing: how old the money is that merchants wait for, where it lies, and where it lay in the last month."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from post_logistics.cod.accounts import parse
from post_logistics.cod.reports import Cell, Chart, ChartKind, Column, Figure, Report, Series, Sheet, Unit
from post_logistics.operations.money.reporting.columns import amount, count, money, sheet, text
from post_logistics.operations.money.reporting.places import SHORT, balances_by_day, places_chart, places_sheet
from post_logistics.operations.money.taka import AgeingLine, ageing_by_merchant, ageing_by_place
from post_logistics.storage.database import Connection
from post_logistics.storage.money.taka import BUCKET_DAYS
from post_logistics.units import DHAKA, bangla_digits

_DAYS_BACK = 30
BUCKETS = tuple(
    f"{start}-{following - 1}" if following else f"{start}+"
    for start, following in zip(BUCKET_DAYS, (*BUCKET_DAYS[1:], None), strict=True)
)
"""The groups of ages as they are written: days."""


def column_of(group: str) -> str:
    """What a column is called that is of a group of ages: ``8_to_14``, ``31_or_more``."""
    return group.replace("-", "_to_").replace("+", "_or_more")


def ageing_report(connection: Connection, at: datetime) -> Report:
    """How things stand now, and where the money was on each of the last days."""
    by_place, by_merchant = ageing_by_place(connection, at), ageing_by_merchant(connection, at)
    today = at.astimezone(DHAKA).date()
    days = [today - timedelta(days=n) for n in range(_DAYS_BACK, -1, -1)]
    balances = balances_by_day(connection, days)
    return Report(
        name="ageing",
        text_en="COD ageing",
        text_bn="সিওডি টাকার বয়স",
        period=None,
        as_of_on=today,
        figures=_figures(by_place, by_merchant),
        sheets=(
            _sheet("by_place", ("By place, days since it came there", "স্থান অনুযায়ী, আসার পর কত দিন"), by_place),
            _sheet(
                "by_merchant",
                ("By merchant, days since it was collected", "মার্চেন্ট অনুযায়ী, আদায়ের পর কত দিন"),
                by_merchant,
            ),
            places_sheet(balances),
        ),
        charts=(_by_kind(by_place), _owed(by_merchant), places_chart(balances)),
    )


def _figures(by_place: Sequence[AgeingLine], by_merchant: Sequence[AgeingLine]) -> tuple[Figure, ...]:
    old = BUCKET_DAYS.index(8)
    return (
        amount(
            "under_way",
            "On its way to the bank",
            "ব্যাংকের পথে থাকা টাকা",
            sum(one.balance_poisha for one in by_place),
        ),
        amount(
            "under_way_8_days",
            "Of it 8 days old or older",
            "এর মধ্যে ৮ দিন বা তার বেশি পুরোনো",
            sum(sum(one.aged_poisha[old:]) for one in by_place),
        ),
        amount("owed", "Owed to merchants", "মার্চেন্টদের প্রাপ্য", sum(one.balance_poisha for one in by_merchant)),
        amount(
            "owed_8_days",
            "Of it collected 8 days ago or earlier",
            "এর মধ্যে ৮ দিন বা তার আগে আদায়",
            sum(sum(one.aged_poisha[old:]) for one in by_merchant),
        ),
    )


def _columns() -> list[Column]:
    ages = [money(f"days_{column_of(group)}", f"{group} days", f"{bangla_digits(group)} দিন") for group in BUCKETS]
    return [
        text("account", "Account", "হিসাব"),
        money("balance", "Balance", "স্থিতি"),
        *ages,
        money("other", "Other than parcels' money", "পার্সেল ছাড়া অন্য"),
        count("parcels", "Parcels", "পার্সেল"),
        text("since", "Oldest since", "সবচেয়ে পুরোনো"),
    ]


def _sheet(name: str, texts: tuple[str, str], lines: Sequence[AgeingLine]) -> Sheet:
    return sheet(name, texts, _columns(), map(_row, lines))


def _row(one: AgeingLine) -> tuple[Cell, ...]:
    since = str(one.since.astimezone(DHAKA).date()) if one.since else ""
    return (one.account, one.balance_poisha, *one.aged_poisha, one.other_poisha, one.parcels, since)


def _sums(lines: Sequence[AgeingLine]) -> tuple[int, ...]:
    return tuple(sum(one.aged_poisha[n] for one in lines) for n in range(len(BUCKETS)))


def _by_kind(lines: Sequence[AgeingLine]) -> Chart:
    of = {kind: _sums([one for one in lines if parse(one.account)[0] is kind]) for kind in SHORT}
    return Chart(
        "ages_by_place",
        ChartKind.STACKED,
        "On its way to the bank, by days since it came to its place",
        "ব্যাংকের পথে থাকা টাকা, কোন স্থানে কত দিন",
        Unit.POISHA,
        BUCKETS,
        tuple(Series(*SHORT[kind], sums) for kind, sums in of.items() if any(sums)),
    )


def _owed(lines: Sequence[AgeingLine]) -> Chart:
    return Chart(
        "owed_by_age",
        ChartKind.BARS,
        "Owed to merchants, by days since it was collected",
        "মার্চেন্টদের প্রাপ্য, আদায়ের পর কত দিন",
        Unit.POISHA,
        BUCKETS,
        (Series("Owed to merchants", "মার্চেন্টদের প্রাপ্য", _sums(lines)),),
    )
