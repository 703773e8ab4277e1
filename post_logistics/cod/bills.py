"""Bills: the charges that no money of the merchant's covers, asked for, and paid at a counter or into the bank.

A merchant who sends nothing on cash on delivery owes postage and VAT that no settlement can take. A bill moves both to
an account of their own, so that no settlement takes them as well; whoever pays names the bill.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.rules import CodRules
from post_logistics.errors import Conflict
from post_logistics.units import DHAKA, MerchantId, Postcode


class BillState(StrEnum):
    """What became of a bill, as the books say."""

    OPEN = "open"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a merchant is asked to pay: service charges and VAT apart. ``due_on``: the day by which."""

    bill_id: str
    merchant: MerchantId
    fees_poisha: int
    vat_poisha: int
    due_on: date
    drawn_by: str
    drawn_at: datetime

    @property
    def total_poisha(self) -> int:
        """What is to be paid, in one sum."""
        return self.fees_poisha + self.vat_poisha


def due_accounts(merchant: MerchantId) -> tuple[Account, Account]:
    """Where the charges of a merchant stand that are due: service charges, and VAT."""
    return account(AccountKind.MERCHANT_FEES_DUE, merchant), account(AccountKind.MERCHANT_VAT_DUE, merchant)


def bill_id_of(merchant: MerchantId, number: int) -> str:
    """The id of a merchant's bill: no slip of the pen makes one of another, for people write it on paying-in slips."""
    return f"bill-{base64.b32encode(hashlib.sha256(f'{merchant}/{number}'.encode()).digest())[:10].decode().lower()}"


def draw(
    merchant: MerchantId, sums: Mapping[Account, int], number: int, rules: CodRules, *, by: str, at: datetime
) -> Bill:
    """The bill of all that is due by ``sums``, the merchant's ``number``-th; a credit of one kind is set against the
    other. Conflict where nothing is due."""
    fees_poisha, vat_poisha = (standing(sums, one) for one in due_accounts(merchant))
    if fees_poisha + vat_poisha <= 0:
        raise Conflict(
            f"{merchant} owes no charges", field="merchant_id", remedy="draw a bill once parcels have been settled"
        )
    return Bill(
        bill_id=bill_id_of(merchant, number),
        merchant=merchant,
        fees_poisha=max(0, fees_poisha + min(0, vat_poisha)),
        vat_poisha=max(0, vat_poisha + min(0, fees_poisha)),
        due_on=at.astimezone(DHAKA).date() + timedelta(days=rules.bill_days),
        drawn_by=by,
        drawn_at=at,
    )


def drawn(bill: Bill) -> list[Transfer]:
    """What drawing it posts: what was due is now on the bill."""
    fees, vat = due_accounts(bill.merchant)
    legs = ((Code.BILL, fees, bill.fees_poisha), (Code.BILL_VAT, vat, bill.vat_poisha))
    return [
        transfer(code, debit=_billed(bill), credit=due, amount_poisha=amount, at=bill.drawn_at, cause=bill.bill_id)
        for code, due, amount in legs
        if amount
    ]


def paid_at_counter(bill: Bill, office: Postcode, at: datetime, part: str = "") -> Transfer:
    """What its payment in cash posts. ``part``: makes it another payment where one was taken back."""
    return transfer(
        Code.BILL_COUNTER,
        debit=account(AccountKind.OFFICE_TILL, office),
        credit=_billed(bill),
        amount_poisha=bill.total_poisha,
        at=at,
        cause=bill.bill_id,
        part=part,
    )


def _billed(bill: Bill) -> Account:
    return account(AccountKind.MERCHANT_BILLED, bill.merchant)
