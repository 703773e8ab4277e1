"""Transfers, and what follows from them: nothing here is stored, every balance is a sum over facts.

A transfer moves one amount from one account (the credit) to another (the debit). It is never changed: a mistake is
taken back by a transfer that names it (`reverse`). The order of transfers never matters, and neither does seeing the
same one twice. Balances are debit-positive poisha; a past instant's are those of the transfers up to it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from post_logistics.cod.accounts import CHART, Account, parse
from post_logistics.cod.postings import POSTINGS, Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.units import ItemNumber, taka

NO_ITEM = ItemNumber("")
"""The item number of a transfer that is about no one parcel."""
_TRANSFERS = UUID("7c1d1a52-94a5-5a0e-8f3e-6d7a2b9c4e10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One amount moved from the ``credit`` account to the ``debit`` account; ``cause`` is the fact that moved it.

    ``cause`` is the id of a scan, a close, a settlement; ``reverses`` names the transfer that this one takes back.
    """

    transfer_id: UUID
    code: Code
    debit: Account
    credit: Account
    amount_poisha: int
    at: datetime
    item_number: ItemNumber = NO_ITEM
    cause: str
    reverses: UUID | None = None


def transfer_id(code: Code, cause: str, part: str = "") -> UUID:
    """The one id a cause can give to a transfer of this code: posting a cause twice cannot move money twice."""
    return uuid5(_TRANSFERS, json.dumps([code, cause, part]))


def transfer(
    code: Code,
    *,
    debit: Account,
    credit: Account,
    amount_poisha: int,
    at: datetime,
    cause: str,
    item_number: ItemNumber = NO_ITEM,
    part: str = "",
) -> Transfer:
    """A transfer that the postings table allows; Unacceptable for other accounts, or an amount that is no whole poisha.

    ``part`` tells apart several transfers of one code and one cause, such as two tenders at one door.
    """
    posting = POSTINGS[code]
    for field, given, needed in (("debit", debit, posting.debit), ("credit", credit, posting.credit)):
        if needed is not None and parse(given)[0] is not needed:
            raise Unacceptable(
                f"a {code} cannot {field} {given}",
                field=field,
                remedy=f"{field} an account of kind {needed}",
                code=code,
            )
    if type(amount_poisha) is not int or amount_poisha <= 0:
        raise Unacceptable(
            f"{amount_poisha!r} is not an amount that can be moved",
            field="amount_poisha",
            remedy="give whole poisha above zero; post nothing where nothing moved",
        )
    if at.utcoffset() is None:
        raise Unacceptable("the instant of a transfer needs its time zone", field="at", remedy="give an aware datetime")
    if not cause:
        raise Unacceptable("money does not move without a cause", field="cause", remedy="name the scan, close or slip")
    return Transfer(
        transfer_id=transfer_id(code, cause, part),
        code=code,
        debit=debit,
        credit=credit,
        amount_poisha=amount_poisha,
        at=at,
        item_number=item_number,
        cause=cause,
    )


def reverse(original: Transfer, *, at: datetime, cause: str) -> Transfer:
    """The transfer that takes the original back whole; its id follows from the original, so that it can happen once."""
    if original.reverses is not None:
        raise Unacceptable(
            "a reversal is not reversed", field="reverses", remedy="post the transfer again under a new cause"
        )
    return Transfer(
        transfer_id=transfer_id(original.code, str(original.transfer_id), "reversal"),
        code=original.code,
        debit=original.credit,
        credit=original.debit,
        amount_poisha=original.amount_poisha,
        at=at,
        item_number=original.item_number,
        cause=cause,
        reverses=original.transfer_id,
    )


def distinct(transfers: Iterable[Transfer]) -> list[Transfer]:
    """Each transfer once, first seen first; Conflict if one id comes with two contents."""
    seen: dict[UUID, Transfer] = {}
    for each in transfers:
        if seen.setdefault(each.transfer_id, each) != each:
            raise Conflict(
                f"transfer {each.transfer_id} exists with other content",
                field="transfer_id",
                remedy="take the recorded one back with a reversal, then post again under a new cause",
                recorded=seen[each.transfer_id],
                given=each,
            )
    return list(seen.values())


def balances(transfers: Iterable[Transfer]) -> dict[Account, int]:
    """Account -> poisha, debit positive, for every account that ever moved; they always add up to zero."""
    sums: dict[Account, int] = {}
    for each in distinct(transfers):
        sums[each.debit] = sums.get(each.debit, 0) + each.amount_poisha
        sums[each.credit] = sums.get(each.credit, 0) - each.amount_poisha
    return sums


def standing(sums: Mapping[Account, int], account: Account) -> int:
    """Poisha of one account on its own side: cash held, money owed, income earned are positive; 0 if it never moved."""
    amount_poisha = sums.get(account, 0)
    return amount_poisha if CHART[parse(account)[0]].side.grows_by_debits else -amount_poisha


def breaches(sums: Mapping[Account, int]) -> dict[Account, int]:
    """The accounts that stand below zero though their kind may not, with their standing in poisha."""
    return {
        account: amount
        for account in sorted(sums)
        if (amount := standing(sums, account)) < 0 and not CHART[parse(account)[0]].may_go_negative
    }


def refuse_breaches(sums: Mapping[Account, int]) -> None:
    """Conflict naming the first account below zero; returns if every sign rule holds."""
    for account, amount_poisha in breaches(sums).items():
        raise Conflict(
            f"{account} would stand at {taka(amount_poisha)}",
            field="account",
            remedy="no more can leave an account than came in: look for the transfer that is missing",
            account=account,
        )


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts with their balance in the debit or the credit column, and what the two columns add up to."""

    rows: tuple[tuple[Account, int, int], ...]
    debit_poisha: int
    credit_poisha: int

    @property
    def balanced(self) -> bool:
        """Whether the two columns agree, as they must."""
        return self.debit_poisha == self.credit_poisha


def trial_balance(sums: Mapping[Account, int]) -> TrialBalance:
    """The trial balance of these balances, accounts in order."""
    rows = tuple((account, max(sums[account], 0), max(-sums[account], 0)) for account in sorted(sums))
    return TrialBalance(rows, sum(row[1] for row in rows), sum(row[2] for row in rows))
