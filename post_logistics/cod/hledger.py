"""The books as an hledger journal: a second accounting program that is not ours, with a reader of its own.

One transaction per transfer, its accounts written as ours are (``assets:rider_cash:1215-R02``), and at the end one
transaction that moves nothing and asserts every balance to the poisha. Debits are positive there as here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from post_logistics.cod.accounts import CHART, Account, Side, parse
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.postings import POSTINGS
from post_logistics.units import DHAKA, taka_plain

_ROOT = {
    Side.ASSET: "assets",
    Side.EXPENSE: "expenses",
    Side.LIABILITY: "liabilities",
    Side.INCOME: "income",
    Side.EQUITY: "equity",
}
_DESCRIPTION = {code: posting.text_en for code, posting in POSTINGS.items()}
_TELLING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029%;|,\[\]()\"\\]|^\s|\s$")
"""What ends or begins something in the format, or might in another version of it."""


def journal(ordered: Iterable[Transfer]) -> Iterator[str]:
    """The journal piece by piece, by local day: of transfers in the order of their instants, each once.

    However many there are, only the accounts' balances are kept in memory.
    """
    yield "; Post e-Commerce: cash on delivery\ndecimal-mark .\ncommodity 1000.00 BDT\n\n"
    sums, day = defaultdict[Account, int](int), None
    for each in ordered:
        day = each.at.astimezone(DHAKA).date()
        for account, amount_poisha in ((each.debit, each.amount_poisha), (each.credit, -each.amount_poisha)):
            if account not in sums:
                yield f"account {name(account)}\n"
            sums[account] += amount_poisha
        yield "\n".join(_entry(each, day)) + "\n\n"
    if day is not None:
        yield f"{day} * Balances to the poisha\n"
        for account in sorted(sums):
            yield f"    {name(account)}  0.00 BDT = {taka_plain(sums[account])} BDT\n"


def name(account: Account) -> str:
    """The account under the root that tells hledger its side."""
    return f"{_ROOT[CHART[parse(account)[0]].side]}:{account}"


def _entry(each: Transfer, day: date) -> Iterator[str]:
    amount = taka_plain(each.amount_poisha)
    yield f"{day} * ({each.code}) {'Taken back: ' if each.reverses else ''}{_DESCRIPTION[each.code]}"
    yield f"    ; id: {each.transfer_id}"
    yield f"    ; at: {each.at.isoformat()}"
    yield f"    ; cause: {_plain(each.cause)}"
    if each.item_number:
        yield f"    ; item: {_plain(each.item_number)}"
    if each.reverses:
        yield f"    ; reverses: {each.reverses}"
    yield f"    {name(each.debit)}  {amount} BDT"
    yield f"    {name(each.credit)}  -{amount} BDT"


def _plain(text: str) -> str:
    """The text with every telling character written as in a web address, such as ``%0A`` for the end of a line."""
    return _TELLING.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
