"""Books of random lawful postings of every code, beside a plain model: a number in a pot for each account.

The model knows two things of an account: on which side it grows, and that it may not fall below nothing. It posts only
what the pots can give, so that whoever proves the books must find nothing.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from post_logistics.cod.accounts import CHART, Account, AccountKind, Owner, account, parse
from post_logistics.cod.ledger import Transfer, reverse, transfer
from post_logistics.cod.postings import POSTINGS, Code
from post_logistics.units import DHAKA

START = datetime(2026, 11, 1, tzinfo=DHAKA)
OWNERS = 50
_KINDS = [kind for kind in AccountKind if kind is not AccountKind.OPENING_BALANCES]
_DEBIT_SIDE = {
    *("rider_cash", "agent_cash", "office_till", "bank_in_transit", "provider_clearing", "settlement_bank"),
    *("rider_debt", "office_debt", "unidentified_payments", "merchant_fees_due", "merchant_vat_due"),
    *("merchant_advance", "provider_fees", "bank_charges", "agent_commission", "compensation", "losses"),
    "pay_deductions",
    "merchant_billed",
}
"""The accounts that grow by debits, as an accountant would tell them from the names."""


class Pots:
    """What is in each account, debit positive."""

    def __init__(self) -> None:
        self.poisha: Counter[str] = Counter()

    def room_poisha(self, debit: str, credit: str) -> int:
        """As much can move from the credit to the debit account before one of them falls below nothing."""
        room = 10**7
        if credit.partition(":")[0] in _DEBIT_SIDE:
            room = min(room, self.poisha[credit])
        if debit.partition(":")[0] not in _DEBIT_SIDE and debit != "opening_balances":
            room = min(room, -self.poisha[debit])
        return room

    def move(self, debit: str, credit: str, amount_poisha: int) -> None:
        """Pours from one pot into the other."""
        self.poisha[debit] += amount_poisha
        self.poisha[credit] -= amount_poisha


def pair(code: Code, chance: Random, owners: int = OWNERS) -> tuple[Account, Account]:
    """Two accounts between which the code may move money."""
    posting = POSTINGS[code]
    kinds = (posting.debit or chance.choice(_KINDS), posting.credit or chance.choice(_KINDS))
    debit, credit = (
        account(kind, "" if CHART[kind].owner is Owner.NONE else f"x{chance.randrange(owners)}") for kind in kinds
    )
    return debit, credit


def random_books(seed: int, size: int, days: int = 30) -> Iterator[Transfer]:
    """So many postings over those days, one in twenty taking another back; the same seed gives the same books."""
    chance, pots, codes = Random(seed), Pots(), list(Code)
    recent: list[Transfer] = []
    made = 0
    while made < size:
        at = START + timedelta(seconds=made * days * 86_400 // size)
        if recent and chance.random() < 0.05:
            original = recent.pop(chance.randrange(len(recent)))
            if pots.room_poisha(original.credit, original.debit) < original.amount_poisha:
                continue
            one = reverse(original, at=at, cause=f"taken back {made}")
        else:
            code = chance.choice(codes)
            debit, credit = pair(code, chance)
            room = pots.room_poisha(debit, credit)
            if room < 1:
                continue
            amount_poisha = chance.choice((1, room, chance.randint(1, room)))
            one = transfer(
                code, debit=debit, credit=credit, amount_poisha=amount_poisha, at=at, cause=f"ঘটনা {seed}-{made}"
            )
            recent.append(one)
            del recent[:-1000]
        pots.move(one.debit, one.credit, one.amount_poisha)
        made += 1
        yield one


def sides_are_those_of_the_chart() -> bool:
    """Whether the model and the chart of accounts tell the sides alike."""
    grows = {kind.value for kind in AccountKind if CHART[parse(_any(kind))[0]].side.grows_by_debits}
    return grows == _DEBIT_SIDE


def _any(kind: AccountKind) -> Account:
    return account(kind, "" if CHART[kind].owner is Owner.NONE else "x")
