"""Reports of the money, as JSON, CSV, workbooks and pages with charts."""

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from api.context import InTransaction, Now, TheEngine, ThePost, Trader, own
from api.fields import MERCHANT_ID
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.money.reporting import make_report
from post_logistics.operations.money.reporting.files import MEDIA_TYPES, Format, ReportFile, report_file
from post_logistics.storage.money.proving import as_of_one_moment
from post_logistics.units import MerchantId

router = Slice(prefix="/v1/reports", tags=["reports"], responses=answers(401, 403))

Month = Annotated[
    str | None,
    Query(max_length=12, description="2026-11, or a quarter: 2026-Q4. The last month, if none.", examples=["2026-11"]),
]
As = Annotated[Format, Query(description="`zip` has everything; `csv` one table.", examples=["json"])]
Which = Annotated[str | None, Query(alias="table", max_length=40, description="Of CSV; the first, if none.")]
Whose = Annotated[str | None, Query(pattern=MERCHANT_ID, description="Of this merchant alone.")]

_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The report: figures and tables; amounts in poisha, in files for people in taka.",
        "content": {
            kind: {"schema": {"type": "object"} if kind == "application/json" else {"type": "string"}}
            for kind in (one.partition(";")[0] for one in MEDIA_TYPES.values())
        },
    }
}


def _sent(file: ReportFile) -> Response:
    heads = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
    return Response(file.content, media_type=file.media_type, headers=heads)


@router.get(
    "/remittance",
    summary="What merchants were owed, charged and paid",
    responses=_FILE | answers(404),
    response_class=Response,
)
def remittance(
    who: Trader,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    month: Month = None,
    merchant: Whose = None,
    format: As = Format.JSON,
    table: Which = None,
) -> Response:
    """Of a month or quarter, with the days from collection to payout. A merchant gets its own."""
    as_of_one_moment(connection)
    shop = own(who, merchant or who.merchant_id or "") or None
    made = make_report(connection, engine.facts, "remittance", at, written=month, merchant=shop and MerchantId(shop))
    return _sent(report_file(made, format, at, table))


@router.get(
    "/{name}",
    summary="How old money is, what merchants bring in, the central bank's pack",
    responses=_FILE | answers(404),
    response_class=Response,
)
def money_report(
    name: Literal["ageing", "profitability", "central-bank"],
    _: ThePost,
    connection: InTransaction,
    engine: TheEngine,
    at: Now,
    month: Month = None,
    format: As = Format.JSON,
    table: Which = None,
) -> Response:
    """Ageing is as of now and has no month; the central bank's is of a month or of a quarter."""
    as_of_one_moment(connection)
    made = make_report(connection, engine.facts, name, at, written=month)
    return _sent(report_file(made, format, at, table))
