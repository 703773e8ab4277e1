"""The chart of accounts: every place where a taka can be, and every debt it can leave behind.

An account is written ``kind:owner`` (``rider_cash:1215-R02``, ``merchant_payable:shajgoj``), or only ``kind`` where
there is one for the whole post (``settlement_bank``). Accounts are per rider, per office and per merchant, so that no
two counters ever wait for the same row.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NewType

from post_logistics.errors import Unacceptable

Account = NewType("Account", str)
"""``kind:owner`` as `account` writes it and `parse` reads it."""


class Side(StrEnum):
    """What an account is; assets grow by debits, the other two by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"


class Owner(StrEnum):
    """Who an account is kept for."""

    RIDER = "rider"
    OFFICE = "office"
    MERCHANT = "merchant"
    PROVIDER = "provider"
    NONE = "none"


class AccountKind(StrEnum):
    """The kinds of account, in the order in which a taka travels."""

    RIDER_CASH = "rider_cash"
    OFFICE_TILL = "office_till"
    BANK_IN_TRANSIT = "bank_in_transit"
    MFS_CLEARING = "mfs_clearing"
    SETTLEMENT_BANK = "settlement_bank"
    RIDER_DEBT = "rider_debt"
    OFFICE_DEBT = "office_debt"
    SUSPENSE = "suspense"
    MERCHANT_PAYABLE = "merchant_payable"
    MERCHANT_FEES_DUE = "merchant_fees_due"
    MERCHANT_VAT_DUE = "merchant_vat_due"
    FEE_REVENUE = "fee_revenue"
    VAT_PAYABLE = "vat_payable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What holds for every account of a kind; ``may_go_negative``: below zero on its own side."""

    side: Side
    owner: Owner
    may_go_negative: bool = False
    text_en: str
    text_bn: str


CHART: dict[AccountKind, AccountFacts] = {
    AccountKind.RIDER_CASH: AccountFacts(
        side=Side.ASSET, owner=Owner.RIDER, text_en="Cash a rider carries", text_bn="রাইডারের হাতে থাকা নগদ"
    ),
    AccountKind.OFFICE_TILL: AccountFacts(
        side=Side.ASSET, owner=Owner.OFFICE, text_en="Cash in an office's till", text_bn="ডাকঘরের ক্যাশে থাকা নগদ"
    ),
    AccountKind.BANK_IN_TRANSIT: AccountFacts(
        side=Side.ASSET,
        owner=Owner.OFFICE,
        text_en="Cash an office paid in, not yet confirmed by the bank",
        text_bn="ব্যাংকে জমা দেওয়া, নিশ্চিতকরণ বাকি",
    ),
    AccountKind.MFS_CLEARING: AccountFacts(
        side=Side.ASSET,
        owner=Owner.PROVIDER,
        text_en="Paid by wallet, still with the provider",
        text_bn="মোবাইল ওয়ালেট প্রতিষ্ঠানের কাছে থাকা টাকা",
    ),
    AccountKind.SETTLEMENT_BANK: AccountFacts(
        side=Side.ASSET, owner=Owner.NONE, text_en="Settlement account at the bank", text_bn="ব্যাংকে সেটেলমেন্ট হিসাব"
    ),
    AccountKind.RIDER_DEBT: AccountFacts(
        side=Side.ASSET, owner=Owner.RIDER, text_en="Shortage a rider owes", text_bn="রাইডারের কাছে পাওনা ঘাটতি"
    ),
    AccountKind.OFFICE_DEBT: AccountFacts(
        side=Side.ASSET, owner=Owner.OFFICE, text_en="Shortage an office owes", text_bn="ডাকঘরের কাছে পাওনা ঘাটতি"
    ),
    AccountKind.SUSPENSE: AccountFacts(
        side=Side.LIABILITY,
        owner=Owner.OFFICE,
        text_en="Excess nobody has explained yet",
        text_bn="ব্যাখ্যা না পাওয়া উদ্বৃত্ত টাকা",
    ),
    AccountKind.MERCHANT_PAYABLE: AccountFacts(
        side=Side.LIABILITY,
        owner=Owner.MERCHANT,
        text_en="Product money owed to a merchant",
        text_bn="মার্চেন্টের প্রাপ্য পণ্যমূল্য",
    ),
    AccountKind.MERCHANT_FEES_DUE: AccountFacts(
        side=Side.ASSET,
        owner=Owner.MERCHANT,
        may_go_negative=True,  # a charge corrected after it was taken stands to the merchant's credit
        text_en="Service charges a merchant owes",
        text_bn="মার্চেন্টের কাছে পাওনা সেবামূল্য",
    ),
    AccountKind.MERCHANT_VAT_DUE: AccountFacts(
        side=Side.ASSET,
        owner=Owner.MERCHANT,
        may_go_negative=True,
        text_en="VAT on service charges a merchant owes",
        text_bn="মার্চেন্টের কাছে পাওনা ভ্যাট",
    ),
    AccountKind.FEE_REVENUE: AccountFacts(
        side=Side.INCOME, owner=Owner.NONE, text_en="Service charges earned", text_bn="অর্জিত সেবামূল্য"
    ),
    AccountKind.VAT_PAYABLE: AccountFacts(
        side=Side.LIABILITY, owner=Owner.NONE, text_en="VAT owed to the government", text_bn="সরকারকে প্রদেয় ভ্যাট"
    ),
}

_OWNER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def account(kind: AccountKind, owner: str = "") -> Account:
    """The account of a kind and its owner; Unacceptable for an owner too many, missing or malformed."""
    needed = CHART[kind].owner
    if needed is Owner.NONE:
        if owner:
            raise Unacceptable(f"{kind} is one account for the whole post and has no owner", field="owner", owner=owner)
        return Account(kind.value)
    if not _OWNER_ID.fullmatch(owner):
        raise Unacceptable(
            f"{owner!r} cannot name the {needed} of a {kind} account",
            field="owner",
            remedy="use the id: Latin letters, digits, dot, dash or underscore, at most 64 characters",
        )
    return Account(f"{kind}:{owner}")


@lru_cache(maxsize=10_000)  # the same few accounts come by millions of times
def parse(text: str) -> tuple[AccountKind, str]:
    """The kind and owner (``""`` for none) of a written account; Unacceptable if there can be no such account."""
    name, _, owner = text.partition(":")
    try:
        kind = AccountKind(name)
    except ValueError:
        raise Unacceptable(
            f"{text!r} is in no chart of accounts", field="account", remedy=f"use one of: {', '.join(AccountKind)}"
        ) from None
    if account(kind, owner) != text:
        raise Unacceptable(f"{text!r} is not how an account is written", field="account", remedy=f"write {kind}")
    return kind, owner
