"""Bills: drawn for what a merchant owes, paid at a counter or into the bank, or withdrawn."""

from datetime import datetime

from post_logistics import printing
from post_logistics.cod.bills import BillState, draw, drawn, due_accounts, paid_at_counter
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.match_keeping import take_back
from post_logistics.operations.money.payouts import named
from post_logistics.storage.database import Connection
from post_logistics.storage.money import bills as store
from post_logistics.storage.money.bills import KeptBill
from post_logistics.storage.money.closes import hold_till
from post_logistics.storage.money.ledger import append_transfers, load_balances_of
from post_logistics.storage.money.matches import load_posted
from post_logistics.storage.money.settlements import lock_merchants
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import DHAKA, Postcode, local_day, local_time, taka


def draw_bill(connection: Connection, facts: Facts, merchant_id: str, *, by: str, at: datetime) -> KeptBill:
    """A new bill of all charges that are due from the merchant. Two at once give one: what is on a bill is not due.

    Conflict where nothing is due; NotFound for a merchant that is not there; Unacceptable if nobody draws it.
    """
    merchant = load_merchant(connection, merchant_id).merchant_id
    lock_merchants(connection, [merchant])
    rules = facts.cod_rules.on(at.astimezone(DHAKA).date())
    sums = load_balances_of(connection, due_accounts(merchant))
    bill = draw(merchant, sums, store.count_bills(connection, merchant) + 1, rules, by=named(by), at=at)
    store.append_bill(connection, bill)
    append_transfers(connection, drawn(bill))
    return store.load_bill(connection, bill.bill_id)


def pay_bill(connection: Connection, bill_id: str, office: Postcode, at: datetime) -> KeptBill:
    """The bill, paid in cash at that office's counter, in one sum; told again by the same office, it changes nothing.

    Conflict where it is withdrawn, or was paid elsewhere.
    """
    store.hold_bills(connection, [bill_id])
    bill = store.load_bill(connection, bill_id)
    if bill.state is BillState.PAID and bill.paid_into == office:
        return bill
    _refuse_done(bill, "send the payer to the finance desk")
    hold_till(connection, office)
    append_transfers(connection, [paid_at_counter(bill, office, at, str(bill.turns or ""))])
    return store.load_bill(connection, bill_id)


def withdraw_bill(connection: Connection, bill_id: str, *, why: str, by: str, at: datetime) -> KeptBill:
    """The bill, which is no longer to be paid: its charges are due as before. Told again, it changes nothing.

    Conflict once it is paid; Unacceptable without a reason or an author.
    """
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write what was wrong with it")
    store.hold_bills(connection, [bill_id])
    bill = store.load_bill(connection, bill_id)
    if bill.state is BillState.WITHDRAWN:
        return bill
    _refuse_done(bill, "take its payment back first")
    posted = load_posted(connection, (Code.BILL, Code.BILL_VAT), [bill_id])
    take_back(connection, posted, f"{bill_id} withdrawn", why=why.strip(), by=named(by), at=at)
    return store.load_bill(connection, bill_id)


def _refuse_done(bill: KeptBill, remedy: str) -> None:
    if bill.state is BillState.WITHDRAWN:
        raise Conflict(f"{bill.bill_id} was withdrawn", field="bill_id", remedy="pay the newest bill")
    if bill.state is BillState.PAID:
        at_bank, at_office = f"{bill.bill_id} was paid into the bank", f"{bill.bill_id} was paid at {bill.paid_into}"
        raise Conflict(at_bank if bill.paid_into == "bank" else at_office, field="bill_id", remedy=remedy)


def bill_pdf(connection: Connection, facts: Facts, bill: KeptBill) -> bytes:
    """The bill on paper, and once it is paid the receipt for it."""
    return printing.pdf(
        "bill",
        {
            "bill_id": bill.bill_id,
            "merchant": load_merchant(connection, bill.merchant).name,
            "drawn": local_day(bill.drawn_at.astimezone(DHAKA).date()),
            "due": local_day(bill.due_on),
            "state": bill.state.value,
            "paid": local_time(bill.paid_at.astimezone(DHAKA)) if bill.paid_at else "",
            "office": facts.offices[bill.paid_into].name_en if bill.paid_into in facts.offices else "",
            "fees": taka(bill.fees_poisha),
            "vat": taka(bill.vat_poisha),
            "total": taka(bill.total_poisha),
        },
    )
