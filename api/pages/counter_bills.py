"""A bill is paid at the counter: its number is typed or read, the sum is counted, and the paper is the receipt."""

from typing import Annotated

from fastapi import Query, Response

from api.bills import BillId
from api.context import InTransaction
from api.pages.finance.frame import names_of_offices
from api.pages.forms import attempt, kept, told
from api.pages.shell import Form, OurVisit, Visit, go, page
from api.pages.station import Here
from api.slices import Slice
from post_logistics.errors import PostError
from post_logistics.operations.money.bills import bill_pdf, pay_bill
from post_logistics.storage.database import Connection
from post_logistics.storage.money.bills import load_bill
from post_logistics.units import latin_digits

router = Slice(include_in_schema=False)


@router.get("/station/bills")
def page_station_bill(
    found: OurVisit, office: Here, connection: InTransaction, bill: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The bill of that number, and what is to be counted for it."""
    return _looked_up(found, connection, bill)


def _looked_up(found: Visit, connection: Connection, typed: str, error: PostError | None = None) -> Response:
    number = latin_digits("".join(typed.lower().split()))
    looked = attempt(connection, lambda: load_bill(connection, number)) if number else None
    wrong = error or (looked if isinstance(looked, PostError) else None)
    return page(
        found,
        "station/bills.html",
        422 if wrong else 200,
        typed=typed,
        bill=None if isinstance(looked, PostError) else looked,
        wrong=told(found, wrong) if wrong else "",
        offices=names_of_offices(found),
    )


@router.post("/station/bills/{bill_id}")
def page_station_bill_paid(
    bill_id: BillId, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """The whole sum is in the till."""
    made = attempt(connection, lambda: pay_bill(connection, bill_id, office, found.at))
    if isinstance(made, PostError):
        return _looked_up(found, connection, bill_id, made)
    return go(f"/station/bills?bill={bill_id}", found, said="Paid: the money is in the till.")


@router.get("/station/bills/{bill_id}/paper")
def page_station_bill_paper(bill_id: BillId, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """The bill to print; once it is paid, the receipt."""
    body = bill_pdf(connection, found.engine.facts, load_bill(connection, bill_id))
    return kept(body, "application/pdf", f"{bill_id}.pdf")
