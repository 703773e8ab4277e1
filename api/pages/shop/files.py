"""Book a file: looked at before anything is booked, put right row by row in the table, and booked in one go.

The rows travel with the form until they are booked: nothing is kept of a file that was only looked at. A file of more
rows than people put right by hand is booked as ``/v1`` books it, while nobody waits.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from starlette.datastructures import UploadFile

from api.context import InTransaction
from api.pages.forms import PAGE, attempt, by_field, sentence, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.shop.frame import Shop
from api.slices import Slice
from post_logistics.consignments.booking import OrderRefused, parse_order
from post_logistics.consignments.order_files import MAX_FILE_BYTES
from post_logistics.errors import PostError, Unacceptable
from post_logistics.operations.orders.booking import Outcome, Verdict
from post_logistics.operations.orders.order_intake import Checked, hints_of, intake, read_orders
from post_logistics.operations.orders.order_jobs import OrderFile, take_on
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.jobs import JobState, load_job, load_jobs_after, load_rows_after
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import MerchantId

router = Slice(include_in_schema=False)

MOST_ROWS: Final = 200
FIELDS: Final = (
    ("order_ref", "Your reference"),
    ("recipient_name", "Name"),
    ("recipient_phone", "Mobile number"),
    ("recipient_address", "Address"),
    ("recipient_postcode", "Postcode"),
    ("weight_kg", "Weight in kg"),
    ("cod_taka", "To collect at the door, in taka"),
)
"""What can be put right in the table."""
_TO_FIX: Final = frozenset({Outcome.REJECTED, Outcome.TO_DECIDE})

Rows = dict[int, dict[str, str]]
"""Row of the file -> its texts by field."""


async def upload(request: Request) -> OrderFile:
    """The file of a form; Unacceptable if none was chosen."""
    async with request.form() as form:
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise Unacceptable("no file was chosen", field="file", remedy="choose a CSV or Excel file")
        return OrderFile(sent.filename[:200], await sent.read(MAX_FILE_BYTES + 1), dry_run=False)


@router.get("/shop/files")
def page_shop_files(found: OurVisit, shop: Shop, connection: InTransaction) -> Response:
    """Where a file is chosen, and what became of those before."""
    return _files(found, connection, shop, "")


def _files(found: Visit, connection: Connection, shop: MerchantId, problem: str) -> Response:
    jobs = load_jobs_after(connection, shop, None, 20)
    return page(found, "shop/files.html", 422 if problem else 200, jobs=jobs, problem=problem, states=STATES)


STATES: Final[Mapping[JobState, str]] = {
    JobState.QUEUED: "waits",
    JobState.RUNNING: "is being booked",
    JobState.DONE: "done",
    JobState.FAILED: "could not be read",
}


@router.post("/shop/files")
def page_shop_file_sent(
    found: OurVisit, shop: Shop, said: Form, file: Annotated[OrderFile, Depends(upload)], connection: InTransaction
) -> Response:
    """The file as the post understands it, with nothing booked; a large one is taken on to be booked meanwhile."""
    merchant = load_merchant(connection, shop)
    defaults = {"merchant": merchant.name, "store_address": merchant.store_address}
    checked = attempt(connection, lambda: read_orders(found.engine.facts, file.content, file.name, defaults))
    if isinstance(checked, PostError):
        return _files(found, connection, shop, told(found, checked))
    if len(checked.fields) > MOST_ROWS:
        job = attempt(connection, lambda: take_on(connection, shop, file, found.at))
        if isinstance(job, PostError):
            return _files(found, connection, shop, told(found, job))
        return go(f"/shop/files/{job.job_id}", found, said="The file is being booked; you need not wait.")
    lost = [one for one in checked.refused if one.row not in checked.fields]
    rows = {row: dict(fields) for row, fields in checked.fields.items()}
    return _preview(found, connection, shop, rows, dry_run=True, lost=lost)


@router.post("/shop/files/rows")
def page_shop_rows_sent(found: OurVisit, shop: Shop, said: Form, connection: InTransaction) -> Response:
    """The rows with what was put right: looked at again, or booked. What is still wrong stays in the table."""
    return _preview(found, connection, shop, _rows(said), dry_run=said.get("do") != "book", lost=[])


def _rows(said: Mapping[str, str]) -> Rows:
    """The rows of the form, with what was typed into the table in place of what the file said."""
    try:
        sent = json.loads(said.get("rows", ""))
        rows = {int(row): {str(name): str(text)[:2000] for name, text in sent[row].items()} for row in sent}
    except (ValueError, TypeError, AttributeError):
        raise Unacceptable("the rows of the file did not come back", remedy="send the file again") from None
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Unacceptable("there are no rows, or too many", remedy="send the file again")
    for row, fields in rows.items():
        typed = {name: said[f"r{row}_{name}"].strip() for name, _ in FIELDS if f"r{row}_{name}" in said}
        fields.update({name: text for name, text in typed.items() if text or name in fields})
    return rows


def _preview(
    found: Visit, connection: Connection, shop: MerchantId, rows: Rows, *, dry_run: bool, lost: list[Verdict]
) -> Response:
    facts, merchant = found.engine.facts, load_merchant(connection, shop)
    checked = _checked(found, rows)
    owners = {order.merchant: merchant for _, order, _ in checked.orders}
    verdicts = intake(connection, facts, found.engine.numbers, checked, owners, found.at, dry_run=dry_run)
    wrong = [one for one in verdicts if one.outcome in _TO_FIX]
    good = [one for one in verdicts if one.outcome not in _TO_FIX]
    if not dry_run and not wrong:
        return go("/shop/orders", found, said="Everything is booked. Print the labels and stick them on.")
    left = {one.row: rows[one.row] for one in (verdicts if dry_run else wrong) if one.row is not None}
    return page(
        found,
        "shop/rows.html",
        rows=json.dumps(left, ensure_ascii=False),
        texts=rows,
        good=good,
        wrong=[(one, by_field(found, map(asdict, one.problems))) for one in wrong[:PAGE]],
        later=max(0, len(wrong) - PAGE),
        lost=[(one, [sentence(found, why.reason, why.remedy) for why in one.problems]) for one in lost],
        fields=FIELDS,
        titles=[found.say("Row")] + [found.say(words) for _, words in FIELDS],
        booked=not dry_run,
        offices=facts.offices,
    )


def _checked(found: Visit, rows: Rows) -> Checked:
    """The rows as orders, and the verdicts on those that are none."""
    orders, refused = [], []
    for row, fields in rows.items():
        try:
            orders.append((row, parse_order(fields, row, found.engine.facts.booking_rules), hints_of(fields)))
        except OrderRefused as error:
            ref, problems = fields.get("order_ref", "")[:64], tuple(error.problems)
            refused.append(Verdict(row=row, order_ref=ref, outcome=Outcome.REJECTED, problems=problems))
    return Checked("", tuple(orders), tuple(refused), rows)


@router.get("/shop/files/{job_id}")
def page_shop_file(job_id: UUID, found: OurVisit, shop: Shop, connection: InTransaction, after: int = 0) -> Response:
    """How far a file is, and what is wrong with the rows that could not be booked."""
    job = load_job(connection, job_id, shop)
    rows = [
        row
        for outcome in sorted(_TO_FIX)
        for row in load_rows_after(connection, job_id, max(0, after), PAGE, outcome.value)
    ]
    return page(
        found,
        "shop/file.html",
        job=job,
        states=STATES,
        rows=[(row, by_field(found, row.problems)) for row in sorted(rows, key=lambda row: row.row)],
        why=sentence(found, str(job.problem["reason"]), str(job.problem["remedy"])) if job.problem else "",
    )
