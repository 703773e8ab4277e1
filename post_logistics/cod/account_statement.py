"""A merchant's statement of account: what the post owed at first, everything that changed it, and what it owes at last.

One figure: the product money owed, less service charges, VAT and advances that are due. So a charge counts when it is
made, and taking it out of the product money later changes nothing; each of them still has a line and a name of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.postings import POSTINGS, Code
from post_logistics.cod.settlement import MERCHANT_KINDS
from post_logistics.units import ItemNumber, MerchantId

OWING_KINDS = (*MERCHANT_KINDS, AccountKind.MERCHANT_BILLED)
"""The accounts that make up what the post owes merchants."""
_ORDER = {code: position for position, code in enumerate(Code)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One line: ``change_poisha`` is what the merchant has more, or less where it is negative, and ``owed_poisha`` what
    the post owes it then. ``taken_back``: it undoes an earlier line."""

    at: datetime
    code: Code
    taken_back: bool
    item_number: ItemNumber
    order_ref: str
    cause: str
    change_poisha: int
    owed_poisha: int

    @property
    def text_en(self) -> str:
        """The reason, in English."""
        text = POSTINGS[self.code].text_en
        return f"{text} (taken back)" if self.taken_back else text

    @property
    def text_bn(self) -> str:
        """The reason, in Bangla."""
        text = POSTINGS[self.code].text_bn
        return f"{text} (বাতিল)" if self.taken_back else text


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatement:
    """All that happened from the beginning of one day to the end of another, both in Dhaka; opening and all changes add
    up to closing. ``in_transit_poisha``: paid out, and not on the bank's statement by the end."""

    merchant: MerchantId
    from_on: date
    to_on: date
    opening_poisha: int
    movements: tuple[Movement, ...]
    closing_poisha: int
    in_transit_poisha: int


def accounts_of(merchant: MerchantId) -> tuple[Account, ...]:
    """The accounts that make up what the post owes a merchant."""
    return tuple(account(kind, merchant) for kind in OWING_KINDS)


def account_statement(
    *,
    merchant: MerchantId,
    from_on: date,
    to_on: date,
    opening: Mapping[Account, int],
    transfers: Iterable[Transfer],
    order_refs: Mapping[str, str],
    in_transit_poisha: int,
) -> AccountStatement:
    """The statement of those transfers, which touch the merchant's accounts; at one instant in the order of a day.

    ``opening``: balances of the accounts when it began, debit positive. What moves between them has no line.
    """
    mine = frozenset(accounts_of(merchant))
    first_poisha = owed_poisha = -sum(opening.get(one, 0) for one in mine)
    movements = []
    for each in sorted(transfers, key=lambda one: (one.at, _ORDER[one.code], one.transfer_id)):
        change_poisha = ((each.credit in mine) - (each.debit in mine)) * each.amount_poisha
        if change_poisha:
            owed_poisha += change_poisha
            movements.append(
                Movement(
                    at=each.at,
                    code=each.code,
                    taken_back=each.reverses is not None,
                    item_number=each.item_number,
                    order_ref=order_refs.get(each.item_number, ""),
                    cause=each.cause,
                    change_poisha=change_poisha,
                    owed_poisha=owed_poisha,
                )
            )
    return AccountStatement(
        merchant=merchant,
        from_on=from_on,
        to_on=to_on,
        opening_poisha=first_poisha,
        movements=tuple(movements),
        closing_poisha=owed_poisha,
        in_transit_poisha=in_transit_poisha,
    )
