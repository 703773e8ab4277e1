"""The postings table: the only reasons for which money may move, each with its one debit and one credit."""

from dataclasses import dataclass
from enum import StrEnum

from post_logistics.cod.accounts import AccountKind


class Code(StrEnum):
    """Why money moves, in the order of a day; of transfers at one instant, the earlier code is meant to come first."""

    COLLECT = "collect"
    COLLECT_COUNTER = "collect_counter"
    COLLECT_MFS = "collect_mfs"
    SHORTAGE = "shortage"
    EXCESS = "excess"
    HAND_IN = "hand_in"
    SHORTAGE_REPAID = "shortage_repaid"
    TILL_SHORTAGE = "till_shortage"
    TILL_EXCESS = "till_excess"
    TILL_SHORTAGE_REPAID = "till_shortage_repaid"
    EXCESS_RETURNED = "excess_returned"
    REFUND = "refund"
    DEPOSIT = "deposit"
    DEPOSIT_CONFIRMED = "deposit_confirmed"
    MFS_CONFIRMED = "mfs_confirmed"
    FEE = "fee"
    VAT = "vat"
    TAKE_FEE = "take_fee"
    TAKE_VAT = "take_vat"
    PAY_OUT = "pay_out"


@dataclass(frozen=True, slots=True)
class Posting:
    """The kind of account debited and the kind credited, and how the reason reads on a statement."""

    debit: AccountKind
    credit: AccountKind
    text_en: str
    text_bn: str


_K = AccountKind

POSTINGS: dict[Code, Posting] = {
    Code.COLLECT: Posting(
        _K.RIDER_CASH, _K.MERCHANT_PAYABLE, "Cash collected at the door", "দরজায় সংগৃহীত নগদ"
    ),
    Code.COLLECT_COUNTER: Posting(
        _K.OFFICE_TILL, _K.MERCHANT_PAYABLE, "Cash collected at the counter", "কাউন্টারে সংগৃহীত নগদ"
    ),
    Code.COLLECT_MFS: Posting(
        _K.MFS_CLEARING, _K.MERCHANT_PAYABLE, "Paid by mobile wallet", "মোবাইল ওয়ালেটে পরিশোধিত"
    ),
    Code.SHORTAGE: Posting(
        _K.RIDER_DEBT, _K.RIDER_CASH, "Shortage at the rider's day close", "দিনশেষে রাইডারের ঘাটতি"
    ),
    Code.EXCESS: Posting(
        _K.RIDER_CASH, _K.SUSPENSE, "Excess at the rider's day close", "দিনশেষে রাইডারের কাছে উদ্বৃত্ত"
    ),
    Code.HAND_IN: Posting(
        _K.OFFICE_TILL, _K.RIDER_CASH, "Handed in to the office", "ডাকঘরে জমা"
    ),
    Code.SHORTAGE_REPAID: Posting(
        _K.OFFICE_TILL, _K.RIDER_DEBT, "Shortage repaid by the rider", "রাইডারের ঘাটতি পরিশোধ"
    ),
    Code.TILL_SHORTAGE: Posting(
        _K.OFFICE_DEBT, _K.OFFICE_TILL, "Shortage in the till", "ক্যাশে ঘাটতি"
    ),
    Code.TILL_EXCESS: Posting(
        _K.OFFICE_TILL, _K.SUSPENSE, "Excess in the till", "ক্যাশে উদ্বৃত্ত"
    ),
    Code.TILL_SHORTAGE_REPAID: Posting(
        _K.OFFICE_TILL, _K.OFFICE_DEBT, "Shortage made good in the till", "ক্যাশের ঘাটতি পূরণ"
    ),
    Code.EXCESS_RETURNED: Posting(
        _K.SUSPENSE, _K.OFFICE_TILL, "Excess returned to whom it belongs", "উদ্বৃত্ত টাকা প্রকৃত প্রাপককে ফেরত"
    ),
    Code.REFUND: Posting(
        _K.MERCHANT_PAYABLE, _K.OFFICE_TILL, "Refunded to the recipient at the counter", "কাউন্টারে প্রাপককে ফেরত"
    ),
    Code.DEPOSIT: Posting(
        _K.BANK_IN_TRANSIT, _K.OFFICE_TILL, "Paid in at the bank", "ব্যাংকে জমা"
    ),
    Code.DEPOSIT_CONFIRMED: Posting(
        _K.SETTLEMENT_BANK, _K.BANK_IN_TRANSIT, "Deposit confirmed by the bank", "ব্যাংক কর্তৃক জমা নিশ্চিত"
    ),
    Code.MFS_CONFIRMED: Posting(
        _K.SETTLEMENT_BANK, _K.MFS_CLEARING, "Wallet money received at the bank", "ওয়ালেটের টাকা ব্যাংকে প্রাপ্ত"
    ),
    Code.FEE: Posting(
        _K.MERCHANT_FEES_DUE, _K.FEE_REVENUE, "Service charge of a parcel", "পার্সেলের সেবামূল্য"
    ),
    Code.VAT: Posting(
        _K.MERCHANT_VAT_DUE, _K.VAT_PAYABLE, "VAT on the service charge", "সেবামূল্যের ওপর ভ্যাট"
    ),
    Code.TAKE_FEE: Posting(
        _K.MERCHANT_PAYABLE, _K.MERCHANT_FEES_DUE, "Service charges taken from the money", "সংগৃহীত টাকা থেকে সেবামূল্য কর্তন"
    ),
    Code.TAKE_VAT: Posting(
        _K.MERCHANT_PAYABLE, _K.MERCHANT_VAT_DUE, "VAT taken from the money", "সংগৃহীত টাকা থেকে ভ্যাট কর্তন"
    ),
    Code.PAY_OUT: Posting(
        _K.MERCHANT_PAYABLE, _K.SETTLEMENT_BANK, "Paid out to the merchant", "মার্চেন্টকে পরিশোধ"
    ),
}  # fmt: skip
"""A reversal has no row of its own: it is a row read backwards, and names the transfer that it takes back."""
