"""What the books begin with: a table of accounts and balances that adds up to zero."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from post_logistics.cod.accounts import CHART, Account, AccountKind, account, parse
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.errors import Unacceptable
from post_logistics.units import poisha_from_taka, taka

CAUSE: Final = "opening"
EQUITY: Final = account(AccountKind.OPENING_BALANCES)


def read_opening(text: str) -> dict[Account, int]:
    """Account -> poisha, debit positive, of a CSV with the columns ``account`` and ``balance``, in taka.

    Unacceptable names the row and the column: an account that cannot be, one named twice, an amount that is none, a
    balance on the wrong side of zero, a table that does not add up to zero.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    found: dict[Account, int] = {}
    try:
        if reader.fieldnames is None or [name.strip() for name in reader.fieldnames] != ["account", "balance"]:
            raise Unacceptable(
                "the table of opening balances has two columns, account and balance",
                field="account",
                remedy="write account,balance in the first line, and debits above zero, credits below it",
            )
        for number, row in enumerate(reader, 1):
            name, balance_poisha = _row(number, list(row.values()))
            if name in found:
                raise Unacceptable(f"{name} is named twice", row=number, field="account", remedy="give one balance")
            found[name] = balance_poisha
    except csv.Error as error:
        raise Unacceptable(f"this is no CSV: {error}", row=len(found) + 1, remedy="save it as CSV, UTF-8") from None
    if difference := sum(found.values()):
        more, less = ("debits", "credits") if difference > 0 else ("credits", "debits")
        raise Unacceptable(
            f"the {more} are {taka(abs(difference))} more than the {less}",
            field="balance",
            remedy=f"find what is missing, or give what is the post's own as a row {EQUITY}",
        )
    return {name: balance_poisha for name, balance_poisha in found.items() if balance_poisha}


def _row(number: int, values: list[str]) -> tuple[Account, int]:
    if len(values) != 2 or not all(isinstance(value, str) for value in values):
        raise Unacceptable(
            "a row has an account and a balance",
            row=number,
            field="account",
            remedy='write an amount with commas in quotation marks: "1,250.50"',
        )
    name = Account(values[0].strip())
    try:
        kind, _ = parse(name)
        balance_poisha = poisha_from_taka(values[1].replace("\u2212", "-"))
    except Unacceptable as error:
        raise Unacceptable(error.message, row=number, field="account", remedy=error.remedy) from None
    except ValueError as error:
        raise Unacceptable(str(error), row=number, field="balance", remedy="write taka, such as -1250.50") from None
    if abs(balance_poisha) > 10**15:
        raise Unacceptable("that is more money than there is", row=number, field="balance", remedy="write taka")
    if standing({name: balance_poisha}, name) < 0 and not CHART[kind].may_go_negative:
        side = "above" if CHART[kind].side.grows_by_debits else "below"
        raise Unacceptable(
            f"{name} cannot stand at {taka(balance_poisha)}",
            row=number,
            field="balance",
            remedy=f"an account of {CHART[kind].side} stands {side} zero, or at it",
        )
    return name, balance_poisha


def fingerprint(balances: Mapping[Account, int]) -> str:
    """SHA-256 in hex of what is opened, in whatever order and form it was written."""
    return hashlib.sha256(json.dumps(sorted(balances.items())).encode()).hexdigest()


def opening_transfers(balances: Mapping[Account, int], at: datetime) -> Iterator[Transfer]:
    """One transfer per account, against what the books began with; that account's own balance is what is left over."""
    for name, balance_poisha in sorted(balances.items()):
        if name != EQUITY:
            debit, credit = (name, EQUITY) if balance_poisha > 0 else (EQUITY, name)
            code = Code.OPENING_DEBIT if balance_poisha > 0 else Code.OPENING_CREDIT
            yield transfer(
                code, debit=debit, credit=credit, amount_poisha=abs(balance_poisha), at=at, cause=CAUSE, part=name
            )
