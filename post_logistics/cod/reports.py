"""What a report of the money is made of: figures, tables and charts of a period, before anybody prints or saves them.

Amounts stay whole poisha until they are written; the unit of a column says how.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from post_logistics.cod.rules import CodRules
from post_logistics.cod.terms import Terms
from post_logistics.cod.whereabouts import MoneyRules, banking_day, settlement_after
from post_logistics.errors import Unacceptable
from post_logistics.units import latin_digits

Cell = str | int | bool | None


class Unit(StrEnum):
    """What the numbers of a column are."""

    TEXT = "text"
    COUNT = "count"
    POISHA = "poisha"
    DAYS = "days"
    BPS = "bps"
    """Hundredths of a percent."""
    VERDICT = "verdict"
    """True, false, or None where there is nothing to judge yet."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Its name ends with its unit, as everywhere; ``summed`` where a sum of it says something."""

    name: str
    text_en: str
    text_bn: str
    unit: Unit = Unit.TEXT
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. A row has a cell for each column."""

    name: str
    text_en: str
    text_bn: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def total(self) -> tuple[Cell, ...]:
        """The sums of the columns that are summed; empty where none is, or there is nothing to sum."""
        if not self.rows or not any(column.summed for column in self.columns):
            return ()
        sums: list[Cell] = [
            sum(cell for row in self.rows if isinstance(cell := row[n], int)) if column.summed else None
            for n, column in enumerate(self.columns)
        ]
        return tuple(sums)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number in large print. ``verdict``: whether a rule is kept; None where none is asked, or not yet."""

    name: str
    text_en: str
    text_bn: str
    value: Cell
    unit: Unit
    verdict: bool | None = None


class ChartKind(StrEnum):
    """How a chart shows its series."""

    BARS = "bars"
    STACKED = "stacked"
    SIDEWAYS = "sideways"
    AREAS = "areas"


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one colour, one for each label of the chart."""

    text_en: str
    text_bn: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of some columns."""

    name: str
    kind: ChartKind
    text_en: str
    text_bn: str
    unit: Unit
    labels: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a quarter, from its first day to its last."""

    name: str
    first_on: date
    last_on: date

    @property
    def months(self) -> tuple[str, ...]:
        """Its months, as they are written."""
        year, first = self.first_on.year, self.first_on.month
        return tuple(f"{year}-{month:02d}" for month in range(first, self.last_on.month + 1))

    @property
    def days(self) -> tuple[date, ...]:
        """Its days in order."""
        return tuple(self.first_on + timedelta(days=n) for n in range((self.last_on - self.first_on).days + 1))


def period_of(written: str | None, today: date) -> Period:
    """The month (2026-11) or quarter (2026-Q4) as it is typed, or the last month that is over; Unacceptable for what is
    neither, and for one that has not begun."""
    if written is None:
        last = today.replace(day=1) - timedelta(days=1)
        written = f"{last:%Y-%m}"
    known = _PERIOD.fullmatch(latin_digits(written).strip().upper())
    if known is None:
        raise Unacceptable(
            f"{written!r} is no month and no quarter", field="month", remedy="write it as 2026-11 or 2026-Q4"
        )
    year, quarter, month = known.groups()
    first = date(int(year), 3 * int(quarter) - 2 if quarter else int(month), 1)
    if first > today:
        raise Unacceptable(f"{written} has not begun", field="month", remedy="name this month or an earlier one")
    in_last_month = first + timedelta(days=70 if quarter else 0)
    following = (in_last_month.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Period(known[0], first, following - timedelta(days=1))


_PERIOD = re.compile(r"(2\d{3})-(?:Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Report:
    """A report. ``period`` is None for one that says how things stand now; ``as_of_on``: the last day it covers."""

    name: str
    text_en: str
    text_bn: str
    period: Period | None
    as_of_on: date
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]
    charts: tuple[Chart, ...]

    def sheet(self, name: str | None) -> Sheet:
        """The table of that name, or the first; Unacceptable if there is none."""
        for sheet in self.sheets:
            if name in {None, sheet.name}:
                return sheet
        names = ", ".join(sheet.name for sheet in self.sheets)
        raise Unacceptable(f"{name!r} is no table of this report", field="table", remedy=f"write one of: {names}")


class Tender(StrEnum):
    """How money for a merchant came, as far as it says how long it travels."""

    CASH = "cash"
    AGENT = "agent"
    DIGITAL = "digital"
    SHORT = "short"
    """Never collected; the post owes it none the less, and at once."""


def paid_by(collected_on: date, tender: Tender, money: MoneyRules, cod: CodRules, terms: Terms | None) -> date | None:
    """The day by whose end a merchant with these terms has its money, if everybody keeps to ``data/cod.toml`` and
    ``data/money_alarms.toml``; None where the merchant is paid when it asks."""
    if tender is Tender.SHORT:
        in_bank_on = collected_on
    elif tender is Tender.DIGITAL:
        in_bank_on = banking_day(collected_on, money.provider_pays_within_days, money, cod)
    else:
        carried = money.agent_hands_in_within_days if tender is Tender.AGENT else 0
        paid_in_on = banking_day(collected_on + timedelta(days=carried + cod.deposit_within_days), 0, money, cod)
        in_bank_on = banking_day(paid_in_on, money.deposit_confirmed_within_days, money, cod)
    settled_on = settlement_after(in_bank_on, cod, terms)
    return settled_on and banking_day(settled_on, money.payout_confirmed_within_days, money, cod)
