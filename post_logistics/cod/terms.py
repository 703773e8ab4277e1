"""When a merchant is settled with, and into which account: agreed terms, holds, and accounts that were looked at.

Nothing of it is ever overwritten: terms and accounts have versions, and each says who set it, when and why.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from post_logistics.cod.rules import WEEKDAYS, CodRules
from post_logistics.errors import Unacceptable
from post_logistics.units import ItemNumber, MerchantId, latin_digits


class Cycle(StrEnum):
    """How often a merchant is settled with."""

    DAILY = "daily"
    WEEKLY = "weekly"
    ON_DEMAND = "on_demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed with a merchant from a day on. ``weekday`` is empty unless the cycle is weekly; without
    ``minimum_poisha`` the smallest payout is that of the rules."""

    merchant: MerchantId
    version: int
    valid_from: date
    cycle: Cycle
    weekday: str
    minimum_poisha: int | None
    why: str
    set_by: str
    set_at: datetime

    def __post_init__(self) -> None:
        if (self.cycle is Cycle.WEEKLY) != (self.weekday in WEEKDAYS) or (
            self.weekday and self.weekday not in WEEKDAYS
        ):
            raise Unacceptable(
                f"{self.cycle} does not go with the weekday {self.weekday!r}",
                field="weekday",
                remedy=f"with weekly, and only then, name one of: {', '.join(WEEKDAYS)}",
            )


def is_due(terms: Terms | None, on: date, rules: CodRules) -> bool:
    """Whether a merchant with these terms is settled with on that day without asking; None: nothing was agreed, daily.

    A weekly settlement that falls on a day without settlements is made on the next day that has them.
    """
    if not rules.settles_on(on):
        return False
    if terms is None or terms.cycle is Cycle.DAILY:
        return True
    if terms.cycle is Cycle.ON_DEMAND:
        return False
    chosen_on = on - timedelta(days=(on.weekday() - WEEKDAYS.index(terms.weekday)) % 7)
    return rules.settlement_on(chosen_on) == on


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A merchant, or one of its parcels, is not paid for now: until ``until_on`` begins, or until it is lifted."""

    hold_id: UUID
    merchant: MerchantId
    item_number: ItemNumber | None
    reason: str
    until_on: date | None
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lifted_why: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.lifted_at is None and (self.until_on is None or day < self.until_on)


class Institution(StrEnum):
    """Who keeps an account into which is paid."""

    BANK = "bank"
    WALLET = "wallet"


_ROUTING = re.compile(r"\d{9}")
_BANK_NUMBER = re.compile(r"[0-9A-Z]{5,34}")
_WALLET_NUMBER = re.compile(r"01[3-9]\d{8,9}")
"""A mobile number; some wallets add a digit to it."""
_NAME = re.compile(r"[^\W\d_][\w .,'&()/-]{1,79}")
"""Begins with a letter: what is written into a file for a bank is never a formula. Bangla signs are allowed, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutAccount:
    """A merchant's account at a bank (by branch and routing number) or wallet; what stands in it was read by
    `payout_account`. Nothing is paid into it before ``good_from``, nor before somebody else found it ``proven``."""

    merchant: MerchantId
    version: int
    kind: Institution
    bank: str
    branch: str
    routing_number: str
    number: str
    holder: str
    why: str
    set_by: str
    set_at: datetime
    good_from: datetime

    @property
    def text(self) -> str:
        """The account as an advice names it."""
        return f"{self.bank} {self.number}"

    @property
    def details(self) -> tuple[str, ...]:
        """What makes it this account and no other."""
        return (self.kind.value, self.bank, self.branch, self.routing_number, self.number, self.holder)


def payout_account(
    *,
    merchant: MerchantId,
    version: int,
    kind: Institution,
    bank: str,
    branch: str,
    routing_number: str,
    number: str,
    holder: str,
    why: str,
    by: str,
    at: datetime,
    hold_hours: int,
) -> PayoutAccount:
    """The account as it was written down: digits may be Bangla, spaces and dashes in numbers are dropped.

    Unacceptable names the field. A bank's routing number has nine digits (Bangladesh Bank); a wallet has none, and its
    number is a mobile number.
    """
    wallet = kind is Institution.WALLET
    tidy = {name: re.sub(r"[\s-]", "", latin_digits(text)).upper() for name, text in
            (("routing_number", routing_number), ("number", number))}  # fmt: skip
    for field, text, fits, remedy in (
        ("bank", bank.strip(), _name(bank), "write the name of the bank or wallet"),
        ("branch", branch.strip(), branch.strip() == "" if wallet else _name(branch), "the branch; none for a wallet"),
        ("holder", holder.strip(), _name(holder), "write the name in which the account stands"),
        (
            "routing_number",
            tidy["routing_number"],
            not tidy["routing_number"] if wallet else bool(_ROUTING.fullmatch(tidy["routing_number"])),
            "nine digits, as on a cheque; none for a wallet",
        ),
        (
            "number",
            tidy["number"],
            bool((_WALLET_NUMBER if wallet else _BANK_NUMBER).fullmatch(tidy["number"])),
            "a mobile number such as 01712345678" if wallet else "5 to 34 digits and letters",
        ),
    ):
        if not fits:
            raise Unacceptable(f"{text!r} is no {field} of a {kind} account", field=field, remedy=remedy)
    return PayoutAccount(
        merchant=merchant,
        version=version,
        kind=kind,
        bank=bank.strip(),
        branch=branch.strip(),
        holder=holder.strip(),
        why=why,
        set_by=by,
        set_at=at,
        good_from=at + timedelta(hours=hold_hours),
        **tidy,
    )


def _name(text: str) -> bool:
    """Whether it can be a name: marks of Bangla vowels count as letters, which ``\\w`` does not know."""
    plain = "".join(c for c in text.strip() if not "\u0981" <= c <= "\u0983" and not "\u09bc" <= c <= "\u09d7")
    return bool(_NAME.fullmatch(plain))
