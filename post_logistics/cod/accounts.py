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
    """What an account is; assets and expenses grow by debits, the others by credits."""

    ASSET = "asset"
    EXPENSE = "expense"
    LIABILITY = "liability"
    INCOME = "income"
    EQUITY = "equity"

    @property
    def grows_by_debits(self) -> bool:
        """Whether a debit makes it more."""
        return self in {Side.ASSET, Side.EXPENSE}


class Owner(StrEnum):
    """Who an account is kept for."""

    RIDER = "rider"
    AGENT = "agent"
    OFFICE = "office"
    MERCHANT = "merchant"
    PROVIDER = "provider"
    """Of wallets, cards and QR codes."""
    SOURCE = "source"
    """Of bank statements: one account at one bank."""
    NONE = "none"


class AccountKind(StrEnum):
    """The kinds of account: where a taka is, as it travels; who owes; who is owed; what was earned and spent."""

    RIDER_CASH = "rider_cash"
    AGENT_CASH = "agent_cash"
    OFFICE_TILL = "office_till"
    BANK_IN_TRANSIT = "bank_in_transit"
    PROVIDER_CLEARING = "provider_clearing"
    SETTLEMENT_BANK = "settlement_bank"
    RIDER_DEBT = "rider_debt"
    OFFICE_DEBT = "office_debt"
    PAY_DEDUCTIONS = "pay_deductions"
    UNIDENTIFIED_PAYMENTS = "unidentified_payments"
    MERCHANT_FEES_DUE = "merchant_fees_due"
    MERCHANT_VAT_DUE = "merchant_vat_due"
    MERCHANT_BILLED = "merchant_billed"
    MERCHANT_ADVANCE = "merchant_advance"
    MERCHANT_PAYABLE = "merchant_payable"
    PAYOUT_IN_TRANSIT = "payout_in_transit"
    SUSPENSE = "suspense"
    UNIDENTIFIED_RECEIPTS = "unidentified_receipts"
    AGENT_FLOAT = "agent_float"
    AGENT_COMMISSION_DUE = "agent_commission_due"
    VAT_PAYABLE = "vat_payable"
    FEE_REVENUE = "fee_revenue"
    OTHER_INCOME = "other_income"
    PROVIDER_FEES = "provider_fees"
    BANK_CHARGES = "bank_charges"
    AGENT_COMMISSION = "agent_commission"
    COMPENSATION = "compensation"
    LOSSES = "losses"
    OPENING_BALANCES = "opening_balances"


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What holds for every account of a kind; ``may_go_negative``: below zero on its own side."""

    side: Side
    owner: Owner
    text_en: str
    text_bn: str
    may_go_negative: bool = False


_K, _S, _O = AccountKind, Side, Owner

CHART: dict[AccountKind, AccountFacts] = {
    _K.RIDER_CASH: AccountFacts(_S.ASSET, _O.RIDER, "Cash a rider carries", "রাইডারের হাতে থাকা নগদ"),
    _K.AGENT_CASH: AccountFacts(_S.ASSET, _O.AGENT, "Cash an agent has taken", "এজেন্টের হাতে থাকা নগদ"),
    _K.OFFICE_TILL: AccountFacts(_S.ASSET, _O.OFFICE, "Cash in an office's till", "ডাকঘরের ক্যাশে থাকা নগদ"),
    _K.BANK_IN_TRANSIT: AccountFacts(
        _S.ASSET, _O.OFFICE, "Cash an office paid in, not yet confirmed by the bank", "ব্যাংকে জমা দেওয়া, নিশ্চিতকরণ বাকি"
    ),
    _K.PROVIDER_CLEARING: AccountFacts(
        _S.ASSET,
        _O.PROVIDER,
        "Paid by wallet, card or QR, still with the provider",
        "ওয়ালেট, কার্ড বা কিউআরে পরিশোধিত, এখনো প্রতিষ্ঠানের কাছে",
    ),
    _K.SETTLEMENT_BANK: AccountFacts(_S.ASSET, _O.NONE, "Settlement account at the bank", "ব্যাংকে সেটেলমেন্ট হিসাব"),
    _K.RIDER_DEBT: AccountFacts(_S.ASSET, _O.RIDER, "Shortage a rider owes", "রাইডারের কাছে পাওনা ঘাটতি"),
    _K.OFFICE_DEBT: AccountFacts(_S.ASSET, _O.OFFICE, "Shortage an office owes", "ডাকঘরের কাছে পাওনা ঘাটতি"),
    _K.PAY_DEDUCTIONS: AccountFacts(
        _S.ASSET, _O.OFFICE, "Deducted from pay, not yet paid over", "বেতন থেকে কাটা, এখনো জমা হয়নি"
    ),
    _K.UNIDENTIFIED_PAYMENTS: AccountFacts(
        _S.ASSET, _O.SOURCE, "Left the bank, and nobody knows why yet", "ব্যাংক থেকে গেছে, কারণ এখনো অজানা"
    ),
    _K.MERCHANT_FEES_DUE: AccountFacts(
        _S.ASSET,
        _O.MERCHANT,
        "Service charges a merchant owes",
        "মার্চেন্টের কাছে পাওনা সেবামূল্য",
        may_go_negative=True,  # a charge corrected after it was taken stands to the merchant's credit
    ),
    _K.MERCHANT_VAT_DUE: AccountFacts(
        _S.ASSET,
        _O.MERCHANT,
        "VAT on service charges a merchant owes",
        "মার্চেন্টের কাছে পাওনা ভ্যাট",
        may_go_negative=True,
    ),
    _K.MERCHANT_BILLED: AccountFacts(
        _S.ASSET, _O.MERCHANT, "Billed to a merchant, not yet paid", "মার্চেন্টকে বিল করা, এখনো পরিশোধ হয়নি"
    ),
    _K.MERCHANT_ADVANCE: AccountFacts(_S.ASSET, _O.MERCHANT, "Paid to a merchant in advance", "মার্চেন্টকে দেওয়া অগ্রিম"),
    _K.MERCHANT_PAYABLE: AccountFacts(
        _S.LIABILITY, _O.MERCHANT, "Product money owed to a merchant", "মার্চেন্টের প্রাপ্য পণ্যমূল্য"
    ),
    _K.PAYOUT_IN_TRANSIT: AccountFacts(
        _S.LIABILITY,
        _O.MERCHANT,
        "Payout ordered, not yet on the bank's statement",
        "পরিশোধের নির্দেশ দেওয়া, ব্যাংকে নিশ্চিত হয়নি",
    ),
    _K.SUSPENSE: AccountFacts(_S.LIABILITY, _O.OFFICE, "Excess nobody has explained yet", "ব্যাখ্যা না পাওয়া উদ্বৃত্ত টাকা"),
    _K.UNIDENTIFIED_RECEIPTS: AccountFacts(
        _S.LIABILITY, _O.SOURCE, "Came into the bank, and nobody knows for what yet", "ব্যাংকে এসেছে, কিসের টাকা এখনো অজানা"
    ),
    _K.AGENT_FLOAT: AccountFacts(_S.LIABILITY, _O.AGENT, "Float an agent has paid in", "এজেন্টের জমা রাখা অগ্রিম"),
    _K.AGENT_COMMISSION_DUE: AccountFacts(_S.LIABILITY, _O.AGENT, "Commission owed to an agent", "এজেন্টের প্রাপ্য কমিশন"),
    _K.VAT_PAYABLE: AccountFacts(_S.LIABILITY, _O.NONE, "VAT owed to the government", "সরকারকে প্রদেয় ভ্যাট"),
    _K.FEE_REVENUE: AccountFacts(_S.INCOME, _O.NONE, "Service charges earned", "অর্জিত সেবামূল্য"),
    _K.OTHER_INCOME: AccountFacts(
        _S.INCOME, _O.NONE, "Interest, and excess that nobody claimed", "সুদ ও দাবিহীন উদ্বৃত্ত টাকা"
    ),
    _K.PROVIDER_FEES: AccountFacts(
        _S.EXPENSE, _O.PROVIDER, "Kept by a provider for its service", "পেমেন্ট প্রতিষ্ঠানের কেটে রাখা মাশুল"
    ),
    _K.BANK_CHARGES: AccountFacts(_S.EXPENSE, _O.SOURCE, "Charged by the bank", "ব্যাংকের মাশুল"),
    _K.AGENT_COMMISSION: AccountFacts(_S.EXPENSE, _O.NONE, "Commission of agents", "এজেন্টদের কমিশন"),
    _K.COMPENSATION: AccountFacts(
        _S.EXPENSE, _O.NONE, "Paid to merchants for what was lost or damaged", "হারানো বা নষ্ট পার্সেলের ক্ষতিপূরণ"
    ),
    _K.LOSSES: AccountFacts(_S.EXPENSE, _O.NONE, "Shortages written off", "অবলোপন করা ঘাটতি"),
    _K.OPENING_BALANCES: AccountFacts(
        _S.EQUITY, _O.NONE, "What the books began with", "হিসাবের প্রারম্ভিক জের", may_go_negative=True
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
