"""Reports of the money with tables, charts and files; the match reports of a month; the way of one parcel's money."""

from collections.abc import Sequence
from itertools import cycle
from typing import Annotated, Final, Literal

from fastapi import Path, Query, Response
from fastapi.responses import RedirectResponse

from api.context import InTransaction
from api.pages.finance.frame import shown
from api.pages.forms import NOTHING, Typed, attempt, kept, refused
from api.pages.shell import PACKED, OurVisit, Visit, accepts_packed, packed
from api.slices import Slice
from post_logistics.cod.accounts import CHART, parse
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.postings import POSTINGS
from post_logistics.cod.reports import Cell, Chart, Column, Report, Sheet, Unit
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.money.match_reports import MEASURES, month_report, quarter_report, report_csv
from post_logistics.operations.money.reporting import make_report
from post_logistics.operations.money.reporting.files import MEDIA_TYPES, Format, report_file
from post_logistics.operations.money.taka import ParcelMoney, money_of_parcel
from post_logistics.printing.charts import COLOURS, chart_svg
from post_logistics.storage.database import Connection
from post_logistics.storage.money.closes import load_close
from post_logistics.storage.money.desk import load_moves_of
from post_logistics.storage.money.payouts import load_payout
from post_logistics.storage.money.proving import as_of_one_moment
from post_logistics.units import DHAKA, ItemNumber, taka

router = Slice(include_in_schema=False)

REPORTS: Final = {
    "ageing": ("COD ageing", "How old the money is that merchants wait for, and where it lies."),
    "remittance": ("Remittance", "What merchants were owed, charged and paid in a month, and after how many days."),
    "profitability": ("Profitability", "What merchants bring in, and what their parcels cost."),
    "central-bank": ("For the central bank", "The monthly and quarterly pack of Bangladesh Bank."),
}
FEW_ROWS, MOST_ROWS = 10, 300
"""Rows of a table beside the others, and on a page of its own; the files have them all."""
_Name = Literal["ageing", "remittance", "profitability", "central-bank"]
_Month = Annotated[str, Query(max_length=12)]
_Table = Annotated[str, Query(max_length=40)]


@router.get("/finance/reports")
def page_finance_reports(found: OurVisit, connection: InTransaction, month: _Month = "") -> Response:
    """Which reports there are, and how much of a month's statements is matched."""
    written = month.strip() or f"{found.at.astimezone(DHAKA):%Y-%m}"
    made = attempt(connection, lambda: month_report(connection, written, found.at))
    wrong = isinstance(made, PostError)
    return shown(
        found,
        "reports.html",
        refused(found, {"month": month}, made, ("month",)) if isinstance(made, PostError) else NOTHING,
        reports=REPORTS,
        month=written,
        matched=None if wrong else made,
        measures=MEASURES,
        quarter="" if isinstance(made, PostError) else _quarter_of(made.month),
    )


def _quarter_of(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


@router.get("/finance/reports/matching/{quarter}.csv")
def page_finance_match_report(
    quarter: Annotated[str, Path(pattern=r"^[0-9]{4}-Q[1-4]$")], found: OurVisit, connection: InTransaction
) -> Response:
    """The quarterly match report for the central bank."""
    body = report_csv(quarter_report(connection, quarter, found.at)).encode()
    return kept(body, "text/csv; charset=utf-8", f"matching-{quarter}.csv")


@router.get("/finance/ageing")
def page_finance_ageing(found: OurVisit, connection: InTransaction) -> Response:
    """How old the money is, as of now."""
    return _report(found, connection, "ageing")


@router.get("/finance/reports/{name}")
def page_finance_report(
    name: _Name, found: OurVisit, connection: InTransaction, month: _Month = "", table: _Table = ""
) -> Response:
    """A report: figures, charts, and the first rows of its tables; or one table by itself."""
    return _report(found, connection, name, month, table)


def _report(found: Visit, connection: Connection, name: str, month: str = "", table: str = "") -> Response:
    as_of_one_moment(connection)
    made = attempt(connection, lambda: _made(found, connection, name, month))
    typed = NOTHING
    if isinstance(made, PostError):
        typed = refused(found, {"month": month}, made, ("month",))
        made = _made(found, connection, name, "")
    sheets, rows = ([made.sheet(table)], MOST_ROWS) if table else (made.sheets, FEW_ROWS)
    return shown(
        found,
        "report.html",
        typed,
        name=name,
        about=REPORTS[name][1],
        report=made,
        month=typed.texts.get("month", made.period.name if made.period else ""),
        alone=table,
        figures=[] if table else [(one, _said(found, one.unit, one.value)) for one in made.figures],
        sheets=[_sheet(found, one, rows) for one in sheets],
        charts=[] if table else [(one, _legend(found, one)) for one in made.charts],
        formats=[one for one in Format if one not in {Format.JSON, Format.CSV}],
    )


def _made(found: Visit, connection: Connection, name: str, month: str) -> Report:
    return make_report(connection, found.engine.facts, name, found.at, written=month.strip() or None)


def _sheet(found: Visit, sheet: Sheet, rows: int) -> tuple[Sheet, list[list[tuple[str, str]]], list[tuple[str, str]]]:
    """The table with its first rows and its total as they are shown: text and the class of its cell."""
    first = [_row(found, sheet.columns, row) for row in sheet.rows[:rows]]
    return sheet, first, _row(found, sheet.columns, sheet.total) if sheet.total else []


def _row(found: Visit, columns: Sequence[Column], row: Sequence[Cell]) -> list[tuple[str, str]]:
    return [
        (_said(found, column.unit, cell), "" if column.unit is Unit.TEXT else "number")
        for column, cell in zip(columns, row, strict=True)
    ]


def _said(found: Visit, unit: Unit, cell: Cell) -> str:
    """The cell as it is read in the visitor's language."""
    if cell is None:
        return "–"
    if unit is Unit.POISHA:
        return taka(int(cell), found.language)
    if unit is Unit.VERDICT:
        return found.say("Kept") if cell else found.say("Not kept")
    return found.digits(f"{int(cell) / 100:.2f} %" if unit is Unit.BPS else cell)


def _legend(found: Visit, chart: Chart) -> list[tuple[str, str]]:
    """What each colour of the chart is."""
    bn = found.language == "bn"
    return [
        (one.text_bn if bn else one.text_en, colour) for one, colour in zip(chart.series, cycle(COLOURS), strict=False)
    ]


@router.get("/finance/reports/{name}/chart/{chart}.svg")
def page_finance_chart(
    name: _Name,
    chart: Annotated[str, Path(max_length=40)],
    found: OurVisit,
    connection: InTransaction,
    month: _Month = "",
) -> Response:
    """A chart of the report, as a picture."""
    as_of_one_moment(connection)
    charts = {one.name: one for one in _made(found, connection, name, month).charts}
    if chart not in charts:
        raise NotFound(f"no chart {chart}", field="chart", remedy="open the report again")
    one = charts[chart]
    in_taka = one.unit is Unit.POISHA
    series = [[value // 100 if in_taka else value for value in of.values] for of in one.series]
    svg = chart_svg(one.kind.value, one.labels, series, in_taka=in_taka)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    if not accepts_packed(found.request.headers):
        return Response(svg, media_type="image/svg+xml", headers=headers)
    return Response(packed(svg.encode()), media_type="image/svg+xml", headers=headers | PACKED)


@router.get("/finance/reports/{name}/file.{format}")
def page_finance_report_file(
    name: _Name,
    format: Format,
    found: OurVisit,
    connection: InTransaction,
    month: _Month = "",
    table: _Table = "",
) -> Response:
    """The whole report as a workbook, as pages, as one table, or all of it."""
    as_of_one_moment(connection)
    file = report_file(_made(found, connection, name, month), format, found.at, table or None)
    return kept(file.content, MEDIA_TYPES[format], file.name)


@router.get("/finance/journal")
def page_finance_journal(
    found: OurVisit, connection: InTransaction, q: Annotated[str, Query(max_length=80)] = ""
) -> Response:
    """Every move of a parcel's money; the number of a payout or of a close leads to its page."""
    wanted = q.strip()
    if not wanted:
        return _journal(found, "")
    if not isinstance(attempt(connection, lambda: load_payout(connection, wanted)), PostError):
        return RedirectResponse(f"/finance/payouts/{wanted}", 303)
    if not isinstance(attempt(connection, lambda: load_close(connection, wanted)), PostError):
        return RedirectResponse(f"/finance/closes/{wanted}", 303)
    made = attempt(connection, lambda: money_of_parcel(connection, found.engine.facts, _item(wanted), found.at))
    if isinstance(made, PostError):
        return _journal(found, q, typed=refused(found, {"q": q}, made, ("q",)))
    return _journal(found, made.item_number, made, load_moves_of(connection, made.item_number))


def _journal(
    found: Visit, q: str, money: ParcelMoney | None = None, moves: Sequence[Transfer] = (), typed: Typed = NOTHING
) -> Response:
    facts = {one: CHART[parse(one)[0]] for move in moves for one in (move.debit, move.credit)}
    return shown(
        found,
        "journal.html",
        typed,
        q=q,
        money=money,
        moves=moves,
        codes=POSTINGS,
        accounts={one: fact.text_bn if found.language == "bn" else fact.text_en for one, fact in facts.items()},
    )


def _item(text: str) -> ItemNumber:
    try:
        return parse_item_number(text)
    except Unacceptable:
        raise Unacceptable(
            f"{text!r} is no parcel, no payout and no close", field="q", remedy="check the number on the label"
        ) from None
