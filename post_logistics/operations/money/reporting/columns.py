"""Columns, figures and tables said in few words, for the modules that make reports."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd

from post_logistics.cod.reports import Cell, Column, Figure, Sheet, Unit
from post_logistics.operations.facts import dhaka


def text(name: str, text_en: str, text_bn: str) -> Column:
    """A column of words."""
    return Column(name, text_en, text_bn)


def money(name: str, text_en: str, text_bn: str, *, summed: bool = True) -> Column:
    """A column of amounts; its name ends in ``_poisha``."""
    return Column(f"{name}_poisha", text_en, text_bn, Unit.POISHA, summed)


def count(name: str, text_en: str, text_bn: str) -> Column:
    """A column of numbers of things."""
    return Column(name, text_en, text_bn, Unit.COUNT, summed=True)


def of_unit(unit: Unit, name: str, text_en: str, text_bn: str) -> Column:
    """A column of days, shares or verdicts, of which a sum says nothing."""
    return Column(name, text_en, text_bn, unit)


def amount(name: str, text_en: str, text_bn: str, poisha: int, verdict: bool | None = None) -> Figure:
    """An amount in large print."""
    return Figure(f"{name}_poisha", text_en, text_bn, poisha, Unit.POISHA, verdict)


def sheet(name: str, texts: tuple[str, str], columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Sheet:
    """A table of rows as they are."""
    return Sheet(name, *texts, tuple(columns), tuple(tuple(row) for row in rows))


def sheet_of(name: str, texts: tuple[str, str], columns: Sequence[Column], frame: pd.DataFrame) -> Sheet:
    """A table of the frame's columns of those names, each whole number an ``int`` again."""
    cells = [_plain(frame[column.name]) for column in columns]
    return sheet(name, texts, columns, zip(*cells, strict=True))


def frame_of(kind: Any, rows: Sequence[Any]) -> pd.DataFrame:
    """A row for each named tuple of that kind; whole numbers are int64 even where there is no row."""
    numbers = {name: "int64" for name, of in kind.__annotations__.items() if of is int}
    return pd.DataFrame(rows, columns=kind._fields).astype(numbers)


def _plain(column: "pd.Series[Any]") -> list[Cell]:
    return [None if pd.isna(one) else one for one in column.tolist()]


def share_bps(part: int, whole: int) -> int | None:
    """The share in hundredths of a percent, to the nearest; None of nothing."""
    return (2 * 10_000 * part + whole) // (2 * whole) if whole else None


def begins(on: date) -> datetime:
    """The first instant of the day in Dhaka."""
    return dhaka(on, time())


def span(first_on: date, last_on: date) -> tuple[datetime, datetime]:
    """The instants at which the first day begins and the last is over."""
    return begins(first_on), begins(last_on + timedelta(days=1))


def before(at: datetime) -> datetime:
    """The last instant before that one that a database can tell from it."""
    return at - timedelta(microseconds=1)


def day_labels(days: Iterable[date]) -> tuple[str, ...]:
    """The days as an axis shows them: numbers, and the month with its first."""
    return tuple(f"1/{day.month}" if day.day == 1 else str(day.day) for day in days)
