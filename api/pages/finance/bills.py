"""Charges that no settlement takes: who owes them, the bills that ask for them, and those that are still to be paid."""

from collections import Counter
from collections.abc import Mapping

from fastapi import Response

from api.bills import BillId
from api.context import InTransaction
from api.pages.finance.frame import names_of_offices, shown
from api.pages.forms import NOTHING, PAGE, Typed, attempt, kept, refused
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.cod.accounts import AccountKind, parse
from post_logistics.cod.bills import BillState
from post_logistics.errors import PostError
from post_logistics.operations.money.bills import bill_pdf, draw_bill, withdraw_bill
from post_logistics.storage.database import Connection
from post_logistics.storage.money.bills import load_bill, load_bills
from post_logistics.storage.money.ledger import load_balances
from post_logistics.units import DHAKA

router = Slice(include_in_schema=False)


@router.get("/finance/bills")
def page_finance_bills(found: OurVisit, connection: InTransaction) -> Response:
    """Who owes the most, the bills that are open, and the latest that are not."""
    return _bills(found, connection)


def _bills(found: Visit, connection: Connection, typed: Typed = NOTHING) -> Response:
    owed: Counter[str] = Counter()
    for name, poisha in load_balances(
        connection, [AccountKind.MERCHANT_FEES_DUE, AccountKind.MERCHANT_VAT_DUE]
    ).items():
        owed[parse(name)[1]] += poisha
    return shown(
        found,
        "bills.html",
        typed,
        owed=[(merchant, poisha) for merchant, poisha in owed.most_common(PAGE) if poisha > 0],
        open_bills=load_bills(connection, states=[BillState.OPEN], limit=PAGE),
        done=load_bills(connection, states=[BillState.PAID, BillState.WITHDRAWN], limit=20),
        today=found.at.astimezone(DHAKA).date(),
        offices=names_of_offices(found),
    )


def _done(found: Visit, connection: Connection, said: Mapping[str, str], outcome: object, done: str) -> Response:
    if isinstance(outcome, PostError):
        return _bills(found, connection, refused(found, said, outcome, ("merchant_id",)))
    return go("/finance/bills", found, said=done)


@router.post("/finance/bills")
def page_finance_bill_drawn(found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """A bill of all that the merchant owes now; from then on no settlement takes it."""
    merchant, by = said.get("merchant_id", "").strip()[:60], found.who.actor
    made = attempt(connection, lambda: draw_bill(connection, found.engine.facts, merchant, by=by, at=found.at))
    return _done(found, connection, said, made, "Drawn. Print it, or let the merchant find it under Money.")


@router.post("/finance/bills/{bill_id}/withdrawal")
def page_finance_bill_withdrawn(bill_id: BillId, found: OurVisit, said: Form, connection: InTransaction) -> Response:
    """The bill is no longer to be paid; what it asked for is due as before."""
    why, by = said.get("why", "")[:500], found.who.actor
    made = attempt(connection, lambda: withdraw_bill(connection, bill_id, why=why, by=by, at=found.at))
    return _done(found, connection, said, made, "Withdrawn. The charges are due as before.")


@router.get("/finance/bills/{bill_id}/paper")
def page_finance_bill(bill_id: BillId, found: OurVisit, connection: InTransaction) -> Response:
    """The bill to print; once it is paid, the receipt."""
    body = bill_pdf(connection, found.engine.facts, load_bill(connection, bill_id))
    return kept(body, "application/pdf", f"{bill_id}.pdf")
