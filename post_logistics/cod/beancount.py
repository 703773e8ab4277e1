"""The books as a Beancount journal: an accounting program that is not ours adds them up and must agree.

One transaction per transfer, and at the end one assertion per account of what we say its balance is, with no tolerance:
left to itself Beancount lets a whole poisha pass. Debits are positive there as here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from post_logistics.cod.accounts import CHART, Account, Side, parse
from post_logistics.cod.ledger import Transfer, distinct
from post_logistics.cod.postings import POSTINGS
from post_logistics.units import DHAKA, taka_plain

_ROOT = {
    Side.ASSET: "Assets",
    Side.EXPENSE: "Expenses",
    Side.LIABILITY: "Liabilities",
    Side.INCOME: "Income",
    Side.EQUITY: "Equity",
}
_NARRATION = {code: posting.text_en for code, posting in POSTINGS.items()}
_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    | {character: " " for character in map(chr, (*range(0x20), 0x7F)) if character not in "\n\r\t"}
)


def export(transfers: Iterable[Transfer]) -> str:
    """The journal of these transfers; the same ones give the same text, in whatever order and however often."""
    return "".join(journal(sorted(distinct(transfers), key=lambda each: (each.at, each.transfer_id))))


def journal(ordered: Iterable[Transfer]) -> Iterator[str]:
    """The journal piece by piece, by local day: of transfers in the order of their instants, each once.

    However many there are, only the accounts' balances are kept in memory.
    """
    yield 'option "title" "Post e-Commerce: cash on delivery"\noption "operating_currency" "BDT"\n\n'
    names, sums, day = Names(), defaultdict[Account, int](int), None
    for each in ordered:
        day = each.at.astimezone(DHAKA).date()
        for account, amount_poisha in ((each.debit, each.amount_poisha), (each.credit, -each.amount_poisha)):
            if account not in sums:
                yield f'{day} open {names[account]} BDT\n  account: "{account}"\n'
            sums[account] += amount_poisha
        yield "\n".join(_entry(each, day, names)) + "\n\n"
    if day is not None:
        for account in sorted(sums):  # what it holds as the day after the last begins, exact to the poisha
            yield f"{day + timedelta(days=1)} balance {names[account]}  {taka_plain(sums[account])} ~ 0.00 BDT\n"


class Names(dict[Account, str]):
    """A legal Beancount name for each account asked for, no two alike: ``merchant_payable:shajgoj`` is
    ``Liabilities:MerchantPayable:Shajgoj``; a name already taken gets a number after it."""

    def __init__(self) -> None:
        super().__init__()
        self._taken: set[str] = set()

    def __missing__(self, account: Account) -> str:
        kind, owner = parse(account)
        plain = f"{_ROOT[CHART[kind].side]}:{kind.title().replace('_', '')}"
        if owner:
            last = re.sub(r"[^A-Za-z0-9-]", "-", owner)
            plain += f":{last[0].upper()}{last[1:]}"
        name, number = plain, 1
        while name in self._taken:
            number += 1
            name = f"{plain}-{number}"
        self._taken.add(name)
        self[account] = name
        return name


def _entry(each: Transfer, day: date, names: Mapping[Account, str]) -> Iterator[str]:
    amount = taka_plain(each.amount_poisha)
    taken_back = "Taken back: " if each.reverses else ""
    yield f'{day} * "{taken_back}{_NARRATION[each.code]}" #{each.code}{_link(each.item_number)}'
    yield f'  id: "{each.transfer_id}"'
    yield f'  at: "{each.at.isoformat()}"'
    yield f"  cause: {_quoted(each.cause)}"
    if each.item_number:
        yield f"  item: {_quoted(each.item_number)}"
    if each.reverses:
        yield f'  reverses: "{each.reverses}"'
    yield f"  {names[each.debit]}  {amount} BDT"
    yield f"  {names[each.credit]}  -{amount} BDT"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


def _link(item_number: str) -> str:
    """A link that gathers everything about a parcel, where the number can be one."""
    return f" ^{item_number}" if re.fullmatch(r"[A-Za-z0-9]+", item_number) else ""
