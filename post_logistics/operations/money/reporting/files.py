"""A report written down: JSON and CSV for programs, a workbook and pages with charts for people, or all of it."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from io import BytesIO
from itertools import cycle
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from post_logistics import printing
from post_logistics.cod.reports import Cell, Chart, Column, Figure, Report, Sheet, Unit
from post_logistics.printing.charts import COLOURS, chart_svg
from post_logistics.printing.tables import table_text
from post_logistics.printing.workbooks import workbook
from post_logistics.units import Language, bangla_digits, local_day, local_time, taka, taka_plain

MOST_PRINTED: Final = 300
"""Rows of a table on paper; the other files have them all."""
NOTHING: Final = "–"
_WITHOUT_A_YEAR: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a pack, so that the same report gives the same bytes."""


class Format(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    ZIP = "zip"
    """All of it: the pages, the workbook, every table, and the checksums of them all."""


MEDIA_TYPES: Final = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PDF: "application/pdf",
    Format.ZIP: "application/zip",
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A written report, ready to be sent or kept."""

    name: str
    media_type: str
    content: bytes


def report_file(report: Report, format: Format, at: datetime, table: str | None = None) -> ReportFile:
    """The report as a file; of CSV one ``table``, the first unless another is named. ``at``: when it was made."""
    chosen = report.sheet(table)
    name = f"{file_stem(report)}-{chosen.name}" if format is Format.CSV else file_stem(report)
    content = {
        Format.JSON: lambda: report_json(report, at).encode(),
        Format.CSV: lambda: sheet_csv(chosen).encode(),
        Format.XLSX: lambda: report_xlsx(report),
        Format.PDF: lambda: report_pdf(report, at),
        Format.ZIP: lambda: _zipped(pack(report, at)),
    }[format]()
    return ReportFile(f"{name}.{format}", MEDIA_TYPES[format], content)


def file_stem(report: Report) -> str:
    """What its files are called, without the ending."""
    return f"{report.name}-{report.period.name if report.period else report.as_of_on}"


def pack(report: Report, at: datetime) -> dict[str, bytes]:
    """File name -> content of all that a report is, with ``SHA256SUMS`` as ``sha256sum --check`` reads it."""
    stem = file_stem(report)
    files = {
        f"{stem}.pdf": report_pdf(report, at),
        f"{stem}.xlsx": report_xlsx(report),
        f"{stem}.json": report_json(report, at).encode(),
        **{f"{sheet.name}.csv": sheet_csv(sheet).encode() for sheet in report.sheets},
    }
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return files | {"SHA256SUMS": sums.encode()}


def _zipped(files: dict[str, bytes]) -> bytes:
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(ZipInfo(name, _WITHOUT_A_YEAR), content, ZIP_DEFLATED)
    return whole.getvalue()


def report_document(report: Report, at: datetime) -> dict[str, Any]:
    """The report as plain values: figures, and tables as lists of rows. Amounts are whole poisha."""
    period = report.period
    return {
        "report": report.name,
        "period": period.name if period else None,
        "first_on": str(period.first_on) if period else None,
        "as_of_on": str(report.as_of_on),
        "made_at": at.isoformat(),
        "figures": [_figure_document(one) for one in report.figures],
        "tables": {sheet.name: _sheet_document(sheet) for sheet in report.sheets},
    }


def report_json(report: Report, at: datetime) -> str:
    """The same as text."""
    return json.dumps(report_document(report, at), ensure_ascii=False)


def _figure_document(one: Figure) -> dict[str, Any]:
    said = {"name": one.name, "value": one.value, "text_en": one.text_en, "text_bn": one.text_bn}
    return said if one.verdict is None else said | {"kept": one.verdict}


def _sheet_document(sheet: Sheet) -> dict[str, Any]:
    names = [column.name for column in sheet.columns]
    total = {name: cell for name, cell in zip(names, sheet.total, strict=False) if cell is not None}
    return {"rows": [dict(zip(names, row, strict=True)) for row in sheet.rows], "total": total}


def sheet_csv(sheet: Sheet) -> str:
    """A table as CSV: amounts in taka, shares in percent; safe to open in a spreadsheet."""
    heads = [_head(column) for column in sheet.columns]
    return table_text(heads, ([_plain(column, cell) for column, cell in _cells(sheet, row)] for row in sheet.rows))


def _cells(sheet: Sheet, row: Sequence[Cell]) -> list[tuple[Column, Cell]]:
    return list(zip(sheet.columns, row, strict=True))


_ENDINGS = {Unit.POISHA: ("_poisha", "_taka"), Unit.BPS: ("_bps", "_percent")}


def _head(column: Column) -> str:
    ending, written = _ENDINGS.get(column.unit, ("", ""))
    return column.name.removesuffix(ending) + written


def _plain(column: Column, cell: Cell) -> object:
    """The cell as a program reads it; amounts and shares in the unit of the head."""
    if cell is None:
        return ""
    if column.unit in _ENDINGS:
        return taka_plain(int(cell))  # a hundredth of a percent is to it as a poisha to a taka
    return {True: "yes", False: "no"}[bool(cell)] if column.unit is Unit.VERDICT else cell


def report_xlsx(report: Report) -> bytes:
    """A workbook: the figures, and a sheet for each table, with heads in both languages and numbers as numbers."""
    figures = [(one.text_en, one.text_bn, _number(one.unit, one.value), _kept(one.verdict)) for one in report.figures]
    pages: dict[str, Any] = {
        "figures": (("Figure", "Figure in Bangla · বাংলায়", "Value · মান", "Rule kept · নিয়ম"), figures, ())
    }
    for sheet in report.sheets:
        pages[sheet.name] = _page(sheet)
    return workbook(pages)


def _page(sheet: Sheet) -> tuple[list[str], Iterator[list[object]], list[object]]:
    """Heads, rows and total for a workbook."""
    heads = [f"{column.text_en} · {column.text_bn}" for column in sheet.columns]
    rows = ([_number(column.unit, cell) for column, cell in _cells(sheet, row)] for row in sheet.rows)
    return (
        heads,
        rows,
        [_number(column.unit, cell) for column, cell in _cells(sheet, sheet.total)] if sheet.total else [],
    )


def _number(unit: Unit, value: Cell) -> object:
    """The value for a workbook: amounts and shares as decimals of taka and percent."""
    if unit is Unit.VERDICT:
        return _kept(value)
    return Decimal(value).scaleb(-2) if unit in _ENDINGS and isinstance(value, int) else value


def _kept(verdict: object) -> str:
    return {True: "yes · হ্যাঁ", False: "no · না"}.get(verdict, "")  # type: ignore[call-overload,no-any-return]


def report_pdf(report: Report, at: datetime) -> bytes:
    """The report on A4 across: figures, charts, then tables, of each the first ``MOST_PRINTED`` rows."""
    period = report.period
    as_of = f"{local_day(report.as_of_on)} · {local_day(report.as_of_on, 'bn')}"
    return printing.pdf(
        "report",
        {
            "en": report.text_en,
            "bn": report.text_bn,
            "period": f"{period.name} · {bangla_digits(period.name)}" if period else as_of,
            "made": f"as of {local_day(report.as_of_on)}, made {local_time(at)}",
            "figures": [
                {
                    "en": one.text_en,
                    "bn": one.text_bn,
                    "text": said(one.unit, one.value),
                    "verdict": {True: "yes", False: "no", None: ""}[one.verdict],
                }
                for one in report.figures
            ],
            "charts": [_chart(chart) for chart in report.charts],
            "tables": [_table(sheet) for sheet in report.sheets],
            "sign": any(one.verdict is not None for one in report.figures),
        },
    )


def _chart(chart: Chart) -> dict[str, Any]:
    in_taka = chart.unit is Unit.POISHA
    series = [[value // 100 if in_taka else value for value in one.values] for one in chart.series]
    return {
        "en": chart.text_en,
        "bn": chart.text_bn,
        "svg": chart_svg(chart.kind.value, chart.labels, series, in_taka=in_taka),
        "legend": [
            {"text": f"{one.text_en} · {one.text_bn}", "colour": colour}
            for one, colour in zip(chart.series, cycle(COLOURS), strict=False)
        ],
    }


def _table(sheet: Sheet) -> dict[str, Any]:
    left_out = len(sheet.rows) - MOST_PRINTED
    more = f"and {left_out:,} more in the workbook · আরও {bangla_digits(f'{left_out:,}')} সারি ওয়ার্কবুকে"
    return {
        "en": sheet.text_en,
        "bn": sheet.text_bn,
        "heads": [f"{column.text_en} · {column.text_bn}" for column in sheet.columns],
        "right": [column.unit not in {Unit.TEXT, Unit.VERDICT} for column in sheet.columns],
        "rows": [_printed(sheet, row) for row in sheet.rows[:MOST_PRINTED]],
        "total": ["" if cell == NOTHING else cell for cell in _printed(sheet, sheet.total)] if sheet.total else [],
        "more": more if left_out > 0 else "",
    }


def _printed(sheet: Sheet, row: Sequence[Cell]) -> list[str]:
    return [said(column.unit, cell).removeprefix("Tk ") for column, cell in _cells(sheet, row)]


def said(unit: Unit, value: Cell, language: Language = "en") -> str:
    """The value as people read it; ``NOTHING`` for nothing."""
    if value is None:
        return NOTHING
    if unit is Unit.TEXT or not isinstance(value, int):
        return str(value)
    if unit is Unit.POISHA:
        return taka(value, language)
    english = {
        Unit.COUNT: f"{value:,}",
        Unit.BPS: f"{taka_plain(value)} %",
        Unit.DAYS: "1 day" if value == 1 else f"{value} days",
        Unit.VERDICT: "yes" if value else "no",
    }[unit]
    return english if language == "en" else bangla_digits(_IN_BANGLA.sub(lambda word: _BANGLA[word[0]], english))


_BANGLA: Final = {"days": "দিন", "day": "দিন", "yes": "হ্যাঁ", "no": "না"}
_IN_BANGLA: Final = re.compile("|".join(_BANGLA))
