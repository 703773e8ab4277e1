"""The books as a Beancount journal: an accounting program that is not ours adds them up and must agree.

One transaction per transfer, and at the end one assertion per account of what we say its balance is, with no tolerance:
left to itself Beancount lets a whole poisha pass. Debits are positive there as here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from post_logistics.cod.accounts import CHART, Account, Side, parse
from post_logistics.cod.ledger import Transfer, balances, distinct
from post_logistics.cod.postings import POSTINGS
from post_logistics.errors import Conflict
from post_logistics.units import DHAKA, taka_plain

_ROOT = {Side.ASSET: "Assets", Side.LIABILITY: "Liabilities", Side.INCOME: "Income"}
_NARRATION = {code: posting.text_en for code, posting in POSTINGS.items()}


@dataclass(frozen=True, slots=True)
class Opening:
    """The balances, debit positive, with which the books begin on a day."""

    on: date
    balances: Mapping[Account, int]


def export(transfers: Iterable[Transfer], opening: Opening | None = None) -> str:
    """The journal of these transfers in Beancount's syntax, by local day; the same transfers give the same text.

    Conflict if the opening balances do not add up to zero, or begin after the first transfer.
    """
    ordered = sorted(distinct(transfers), key=lambda each: (each.at, each.transfer_id))
    days = [each.at.astimezone(DHAKA).date() for each in ordered]
    if opening:
        _refuse_unfit(opening, days)
    opened = opening.balances if opening else {}
    closing = dict(opened)
    for account, amount_poisha in balances(ordered).items():
        closing[account] = closing.get(account, 0) + amount_poisha
    names = account_names(closing)
    lines = ['option "title" "Post e-Commerce: cash on delivery"', 'option "operating_currency" "BDT"', ""]
    lines += _opens(ordered, days, opening, names)
    if opening:
        lines += _opening_entry(opening, names)
    for each, day in zip(ordered, days, strict=True):
        lines += _entry(each, day, names)
    last = max((*days, *([opening.on] if opening else [])), default=None)
    if last:
        lines += _assertions(closing, last + timedelta(days=1), names)
    return "\n".join(lines) + "\n"


def account_names(accounts: Iterable[Account]) -> dict[Account, str]:
    """A legal Beancount name for each account, no two alike: ``merchant_payable:shajgoj`` is
    ``Liabilities:MerchantPayable:Shajgoj``; a name already taken gets a number after it."""
    names: dict[Account, str] = {}
    taken: set[str] = set()
    for account in sorted(accounts):
        kind, owner = parse(account)
        plain = f"{_ROOT[CHART[kind].side]}:{kind.title().replace('_', '')}"
        if owner:
            last = re.sub(r"[^A-Za-z0-9-]", "-", owner)
            plain += f":{last[0].upper()}{last[1:]}"
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name)
        names[account] = name
    return names


def _refuse_unfit(opening: Opening, days: list[date]) -> None:
    left_over_poisha = sum(opening.balances.values())
    if left_over_poisha:
        raise Conflict(
            f"the opening balances are out by {taka_plain(left_over_poisha)} taka",
            field="opening",
            remedy="debits and credits must add up to zero",
        )
    if days and days[0] < opening.on:
        raise Conflict(
            f"there are transfers on {days[0]}, before the opening balances of {opening.on}", field="opening"
        )


def _opens(
    ordered: list[Transfer], days: list[date], opening: Opening | None, names: Mapping[Account, str]
) -> Iterator[str]:
    """An open directive per account on the day of its first use, with the account as we write it."""
    first: dict[Account, date] = dict.fromkeys(opening.balances, opening.on) if opening else {}
    for each, day in zip(ordered, days, strict=True):
        first.setdefault(each.debit, day)
        first.setdefault(each.credit, day)
    for account in sorted(first):
        yield f'{first[account]} open {names[account]} BDT\n  account: "{account}"'
    yield ""


def _opening_entry(opening: Opening, names: Mapping[Account, str]) -> Iterator[str]:
    yield f'{opening.on} * "Opening balances"'
    for account, amount_poisha in sorted(opening.balances.items()):
        yield f"  {names[account]}  {taka_plain(amount_poisha)} BDT"
    yield ""


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
    yield ""


def _assertions(closing: Mapping[Account, int], on: date, names: Mapping[Account, str]) -> Iterator[str]:
    """What every account holds as the day after the last begins, exact to the poisha."""
    for account in sorted(closing):
        yield f"{on} balance {names[account]}  {taka_plain(closing[account])} ~ 0.00 BDT"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _link(item_number: str) -> str:
    """A link that gathers everything about a parcel, where the number can be one."""
    return f" ^{item_number}" if re.fullmatch(r"[A-Za-z0-9]+", item_number) else ""
