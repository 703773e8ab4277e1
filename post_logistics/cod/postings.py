"""The postings table: the only reasons for which money may move, each with its one debit and one credit."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from post_logistics.cod.accounts import AccountKind


class Code(StrEnum):
    """Why money moves, in the order of a day; of transfers at one instant, the earlier code is meant to come first."""

    OPENING_DEBIT = "opening_debit"
    OPENING_CREDIT = "opening_credit"
    AGENT_FLOAT_IN = "agent_float_in"
    COLLECT = "collect"
    COLLECT_COUNTER = "collect_counter"
    COLLECT_AGENT = "collect_agent"
    COLLECT_DIGITAL = "collect_digital"
    COLLECT_SHORT = "collect_short"
    COLLECT_SHORT_COUNTER = "collect_short_counter"
    DIGITAL_UNPLACED = "digital_unplaced"
    POSTAGE_DIGITAL = "postage_digital"
    POSTAGE_DIGITAL_VAT = "postage_digital_vat"
    POSTAGE_COUNTER = "postage_counter"
    POSTAGE_VAT_COUNTER = "postage_vat_counter"
    SHORTAGE = "shortage"
    EXCESS = "excess"
    HAND_IN = "hand_in"
    SHORTAGE_REPAID = "shortage_repaid"
    SHORTAGE_DEDUCTED = "shortage_deducted"
    SHORTAGE_WRITTEN_OFF = "shortage_written_off"
    POSTAGE_AGENT = "postage_agent"
    POSTAGE_VAT_AGENT = "postage_vat_agent"
    AGENT_EARNED = "agent_earned"
    AGENT_NETTED = "agent_netted"
    AGENT_HAND_IN = "agent_hand_in"
    AGENT_FLOAT_TAKEN = "agent_float_taken"
    AGENT_PAID = "agent_paid"
    AGENT_FLOAT_OUT = "agent_float_out"
    TILL_SHORTAGE = "till_shortage"
    TILL_EXCESS = "till_excess"
    TILL_SHORTAGE_REPAID = "till_shortage_repaid"
    TILL_SHORTAGE_DEDUCTED = "till_shortage_deducted"
    TILL_SHORTAGE_WRITTEN_OFF = "till_shortage_written_off"
    EXCESS_RETURNED = "excess_returned"
    EXCESS_CREDITED = "excess_credited"
    EXCESS_KEPT = "excess_kept"
    REFUND = "refund"
    REFUND_DIGITAL = "refund_digital"
    POSTAGE_REFUNDED = "postage_refunded"
    REFUND_DOOR = "refund_door"
    REFUND_ADVANCED = "refund_advanced"
    REFUND_ADVANCED_DIGITAL = "refund_advanced_digital"
    UNPLACED_REFUNDED = "unplaced_refunded"
    DEPOSIT = "deposit"
    DEPOSIT_SHORT = "deposit_short"
    DEPOSIT_OVER = "deposit_over"
    DEPOSIT_CONFIRMED = "deposit_confirmed"
    PROVIDER_FEE = "provider_fee"
    DIGITAL_CONFIRMED = "digital_confirmed"
    DIGITAL_REPAID = "digital_repaid"
    UNIDENTIFIED_RECEIPT = "unidentified_receipt"
    UNIDENTIFIED_PAYMENT = "unidentified_payment"
    BANK_CHARGE = "bank_charge"
    BANK_INTEREST = "bank_interest"
    PAY_DEDUCTIONS_PAID = "pay_deductions_paid"
    FEE = "fee"
    VAT = "vat"
    COMPENSATE = "compensate"
    TAKE_FEE = "take_fee"
    TAKE_VAT = "take_vat"
    BILL = "bill"
    BILL_VAT = "bill_vat"
    BILL_COUNTER = "bill_counter"
    BILL_BANK = "bill_bank"
    ADVANCE = "advance"
    TAKE_ADVANCE = "take_advance"
    PAY_OUT = "pay_out"
    PAYOUT_CANCELLED = "payout_cancelled"
    PAYOUT_CASH = "payout_cash"
    PAYOUT_CONFIRMED = "payout_confirmed"
    PAYOUT_RETURNED = "payout_returned"


@dataclass(frozen=True, slots=True)
class Posting:
    """The kind of account debited and the kind credited (None: any), and how the reason reads on a statement."""

    debit: AccountKind | None
    credit: AccountKind | None
    text_en: str
    text_bn: str


_K = AccountKind

POSTINGS: dict[Code, Posting] = {
    Code.OPENING_DEBIT: Posting(
        None, _K.OPENING_BALANCES, "Opening balance", "প্রারম্ভিক জের"
    ),
    Code.OPENING_CREDIT: Posting(
        _K.OPENING_BALANCES, None, "Opening balance", "প্রারম্ভিক জের"
    ),
    Code.AGENT_FLOAT_IN: Posting(
        _K.OFFICE_TILL, _K.AGENT_FLOAT, "Float paid in by an agent", "এজেন্টের অগ্রিম জমা"
    ),
    Code.COLLECT: Posting(
        _K.RIDER_CASH, _K.MERCHANT_PAYABLE, "Cash collected at the door", "দরজায় সংগৃহীত নগদ"
    ),
    Code.COLLECT_COUNTER: Posting(
        _K.OFFICE_TILL, _K.MERCHANT_PAYABLE, "Cash collected at the counter", "কাউন্টারে সংগৃহীত নগদ"
    ),
    Code.COLLECT_AGENT: Posting(
        _K.AGENT_CASH, _K.MERCHANT_PAYABLE, "Cash collected by an agent", "এজেন্টের সংগৃহীত নগদ"
    ),
    Code.COLLECT_DIGITAL: Posting(
        _K.PROVIDER_CLEARING, _K.MERCHANT_PAYABLE, "Paid by wallet, card or QR", "ওয়ালেট, কার্ড বা কিউআরে পরিশোধিত"
    ),
    Code.COLLECT_SHORT: Posting(
        _K.RIDER_DEBT, _K.MERCHANT_PAYABLE, "Not collected at the door, the rider answers for it",
        "দরজায় কম নেওয়া টাকা, দায় রাইডারের"
    ),
    Code.COLLECT_SHORT_COUNTER: Posting(
        _K.OFFICE_DEBT, _K.MERCHANT_PAYABLE, "Not collected at the counter, the office answers for it",
        "কাউন্টারে কম নেওয়া টাকা, দায় ডাকঘরের"
    ),
    Code.DIGITAL_UNPLACED: Posting(
        _K.PROVIDER_CLEARING, _K.UNIDENTIFIED_RECEIPTS, "Paid by wallet, card or QR, not due for any parcel",
        "ওয়ালেট, কার্ড বা কিউআরে পরিশোধিত, কোনো পার্সেলের পাওনা নয়"
    ),
    Code.POSTAGE_DIGITAL: Posting(
        _K.PROVIDER_CLEARING, _K.MERCHANT_FEES_DUE, "Postage paid by wallet, card or QR",
        "ওয়ালেট, কার্ড বা কিউআরে পরিশোধিত মাশুল"
    ),
    Code.POSTAGE_DIGITAL_VAT: Posting(
        _K.MERCHANT_FEES_DUE, _K.MERCHANT_VAT_DUE, "Of postage paid by wallet, card or QR: the VAT",
        "ওয়ালেট, কার্ড বা কিউআরে পরিশোধিত মাশুলের মধ্যে ভ্যাট"
    ),
    Code.POSTAGE_COUNTER: Posting(
        _K.OFFICE_TILL, _K.MERCHANT_FEES_DUE, "Postage paid at the counter", "কাউন্টারে পরিশোধিত মাশুল"
    ),
    Code.POSTAGE_VAT_COUNTER: Posting(
        _K.OFFICE_TILL, _K.MERCHANT_VAT_DUE, "VAT on postage paid at the counter",
        "কাউন্টারে পরিশোধিত মাশুলের ভ্যাট"
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
    Code.SHORTAGE_DEDUCTED: Posting(
        _K.PAY_DEDUCTIONS, _K.RIDER_DEBT, "Shortage deducted from the rider's pay", "রাইডারের বেতন থেকে ঘাটতি কর্তন"
    ),
    Code.SHORTAGE_WRITTEN_OFF: Posting(
        _K.LOSSES, _K.RIDER_DEBT, "A rider's shortage written off", "রাইডারের ঘাটতি অবলোপন"
    ),
    Code.POSTAGE_AGENT: Posting(
        _K.AGENT_CASH, _K.MERCHANT_FEES_DUE, "Postage paid in cash to an agent", "এজেন্টকে নগদে দেওয়া ডাকমাশুল"
    ),
    Code.POSTAGE_VAT_AGENT: Posting(
        _K.AGENT_CASH, _K.MERCHANT_VAT_DUE, "VAT on postage paid in cash to an agent",
        "এজেন্টকে নগদে দেওয়া ডাকমাশুলের ভ্যাট"
    ),
    Code.AGENT_EARNED: Posting(
        _K.AGENT_COMMISSION, _K.AGENT_COMMISSION_DUE, "Commission earned by an agent", "এজেন্টের অর্জিত কমিশন"
    ),
    Code.AGENT_NETTED: Posting(
        _K.AGENT_COMMISSION_DUE, _K.AGENT_CASH, "Commission kept from the cash", "নগদ থেকে রাখা কমিশন"
    ),
    Code.AGENT_HAND_IN: Posting(
        _K.OFFICE_TILL, _K.AGENT_CASH, "Handed in by an agent", "এজেন্টের জমা"
    ),
    Code.AGENT_FLOAT_TAKEN: Posting(
        _K.AGENT_FLOAT, _K.AGENT_CASH, "Cash not handed in, taken from the float",
        "জমা না দেওয়া নগদ, অগ্রিম থেকে সমন্বয়"
    ),
    Code.AGENT_PAID: Posting(
        _K.AGENT_COMMISSION_DUE, _K.OFFICE_TILL, "Commission paid to an agent", "এজেন্টকে কমিশন পরিশোধ"
    ),
    Code.AGENT_FLOAT_OUT: Posting(
        _K.AGENT_FLOAT, _K.OFFICE_TILL, "Float returned to an agent", "এজেন্টকে অগ্রিম ফেরত"
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
    Code.TILL_SHORTAGE_DEDUCTED: Posting(
        _K.PAY_DEDUCTIONS, _K.OFFICE_DEBT, "Shortage in the till deducted from pay", "ক্যাশের ঘাটতি বেতন থেকে কর্তন"
    ),
    Code.TILL_SHORTAGE_WRITTEN_OFF: Posting(
        _K.LOSSES, _K.OFFICE_DEBT, "An office's shortage written off", "ডাকঘরের ঘাটতি অবলোপন"
    ),
    Code.EXCESS_RETURNED: Posting(
        _K.SUSPENSE, _K.OFFICE_TILL, "Excess returned to whom it belongs", "উদ্বৃত্ত টাকা প্রকৃত প্রাপককে ফেরত"
    ),
    Code.EXCESS_CREDITED: Posting(
        _K.SUSPENSE, _K.MERCHANT_PAYABLE, "Excess found to be a merchant's", "উদ্বৃত্ত টাকা মার্চেন্টের বলে প্রমাণিত"
    ),
    Code.EXCESS_KEPT: Posting(
        _K.SUSPENSE, _K.OTHER_INCOME, "Excess that nobody claimed", "দাবিহীন উদ্বৃত্ত টাকা"
    ),
    Code.REFUND: Posting(
        _K.MERCHANT_PAYABLE, _K.OFFICE_TILL, "Refunded to the recipient at the counter", "কাউন্টারে প্রাপককে ফেরত"
    ),
    Code.REFUND_DIGITAL: Posting(
        _K.MERCHANT_PAYABLE, _K.PROVIDER_CLEARING, "Refunded to the recipient by the provider",
        "পেমেন্ট প্রতিষ্ঠানের মাধ্যমে প্রাপককে ফেরত"
    ),
    Code.POSTAGE_REFUNDED: Posting(
        _K.MERCHANT_FEES_DUE, _K.PROVIDER_CLEARING, "Postage given back by the provider",
        "প্রতিষ্ঠানের মাধ্যমে মাশুল ফেরত"
    ),
    Code.REFUND_DOOR: Posting(
        _K.MERCHANT_PAYABLE, _K.RIDER_CASH, "Refunded to the recipient at the door", "দরজায় প্রাপককে ফেরত"
    ),
    Code.REFUND_ADVANCED: Posting(
        _K.MERCHANT_ADVANCE, _K.OFFICE_TILL, "Refunded at the counter, advanced for the merchant",
        "কাউন্টারে ফেরত, মার্চেন্টের পক্ষে অগ্রিম"
    ),
    Code.REFUND_ADVANCED_DIGITAL: Posting(
        _K.MERCHANT_ADVANCE, _K.PROVIDER_CLEARING, "Refunded by the provider, advanced for the merchant",
        "পেমেন্ট প্রতিষ্ঠানের মাধ্যমে ফেরত, মার্চেন্টের পক্ষে অগ্রিম"
    ),
    Code.UNPLACED_REFUNDED: Posting(
        _K.UNIDENTIFIED_RECEIPTS, _K.PROVIDER_CLEARING, "Given back by the provider: it was due for no parcel",
        "প্রতিষ্ঠানের মাধ্যমে ফেরত: কোনো পার্সেলের পাওনা ছিল না"
    ),
    Code.DEPOSIT: Posting(
        _K.BANK_IN_TRANSIT, _K.OFFICE_TILL, "Paid in at the bank", "ব্যাংকে জমা"
    ),
    Code.DEPOSIT_SHORT: Posting(
        _K.OFFICE_DEBT, _K.BANK_IN_TRANSIT, "The bank counted less than was paid in", "ব্যাংকের গণনায় জমার চেয়ে কম"
    ),
    Code.DEPOSIT_OVER: Posting(
        _K.BANK_IN_TRANSIT, _K.SUSPENSE, "The bank counted more than was paid in", "ব্যাংকের গণনায় জমার চেয়ে বেশি"
    ),
    Code.DEPOSIT_CONFIRMED: Posting(
        _K.SETTLEMENT_BANK, _K.BANK_IN_TRANSIT, "Deposit confirmed by the bank", "ব্যাংক কর্তৃক জমা নিশ্চিত"
    ),
    Code.PROVIDER_FEE: Posting(
        _K.PROVIDER_FEES, _K.PROVIDER_CLEARING, "Fee kept by the provider", "প্রতিষ্ঠানের কেটে রাখা মাশুল"
    ),
    Code.DIGITAL_CONFIRMED: Posting(
        _K.SETTLEMENT_BANK, _K.PROVIDER_CLEARING, "Provider's money received at the bank",
        "প্রতিষ্ঠানের টাকা ব্যাংকে প্রাপ্ত"
    ),
    Code.DIGITAL_REPAID: Posting(
        _K.PROVIDER_CLEARING, _K.SETTLEMENT_BANK, "Refunds taken back by the provider from the bank",
        "রিফান্ডের টাকা প্রতিষ্ঠান ব্যাংক থেকে ফেরত নিয়েছে"
    ),
    Code.UNIDENTIFIED_RECEIPT: Posting(
        _K.SETTLEMENT_BANK, _K.UNIDENTIFIED_RECEIPTS, "Received at the bank, not yet explained",
        "ব্যাংকে প্রাপ্ত, এখনো ব্যাখ্যাহীন"
    ),
    Code.UNIDENTIFIED_PAYMENT: Posting(
        _K.UNIDENTIFIED_PAYMENTS, _K.SETTLEMENT_BANK, "Left the bank, not yet explained",
        "ব্যাংক থেকে গেছে, এখনো ব্যাখ্যাহীন"
    ),
    Code.BANK_CHARGE: Posting(
        _K.BANK_CHARGES, _K.SETTLEMENT_BANK, "Bank charge", "ব্যাংকের মাশুল"
    ),
    Code.BANK_INTEREST: Posting(
        _K.SETTLEMENT_BANK, _K.OTHER_INCOME, "Interest from the bank", "ব্যাংকের সুদ"
    ),
    Code.PAY_DEDUCTIONS_PAID: Posting(
        _K.SETTLEMENT_BANK, _K.PAY_DEDUCTIONS, "Deductions from pay received at the bank",
        "বেতন থেকে কাটা টাকা ব্যাংকে প্রাপ্ত"
    ),
    Code.FEE: Posting(
        _K.MERCHANT_FEES_DUE, _K.FEE_REVENUE, "Service charge of a parcel", "পার্সেলের সেবামূল্য"
    ),
    Code.VAT: Posting(
        _K.MERCHANT_VAT_DUE, _K.VAT_PAYABLE, "VAT on the service charge", "সেবামূল্যের ওপর ভ্যাট"
    ),
    Code.COMPENSATE: Posting(
        _K.COMPENSATION, _K.MERCHANT_PAYABLE, "Compensation for a parcel", "পার্সেলের ক্ষতিপূরণ"
    ),
    Code.TAKE_FEE: Posting(
        _K.MERCHANT_PAYABLE, _K.MERCHANT_FEES_DUE, "Service charges taken from the money",
        "সংগৃহীত টাকা থেকে সেবামূল্য কর্তন"
    ),
    Code.TAKE_VAT: Posting(
        _K.MERCHANT_PAYABLE, _K.MERCHANT_VAT_DUE, "VAT taken from the money", "সংগৃহীত টাকা থেকে ভ্যাট কর্তন"
    ),
    Code.BILL: Posting(
        _K.MERCHANT_BILLED, _K.MERCHANT_FEES_DUE, "Service charges put on a bill", "বিলে তোলা সেবামূল্য"
    ),
    Code.BILL_VAT: Posting(
        _K.MERCHANT_BILLED, _K.MERCHANT_VAT_DUE, "VAT put on a bill", "বিলে তোলা ভ্যাট"
    ),
    Code.BILL_COUNTER: Posting(
        _K.OFFICE_TILL, _K.MERCHANT_BILLED, "Bill paid at the counter", "কাউন্টারে বিল পরিশোধ"
    ),
    Code.BILL_BANK: Posting(
        _K.SETTLEMENT_BANK, _K.MERCHANT_BILLED, "Bill paid into the bank", "ব্যাংকে বিল পরিশোধ"
    ),
    Code.ADVANCE: Posting(
        _K.MERCHANT_ADVANCE, _K.PAYOUT_IN_TRANSIT, "Advance to the merchant", "মার্চেন্টকে অগ্রিম"
    ),
    Code.TAKE_ADVANCE: Posting(
        _K.MERCHANT_PAYABLE, _K.MERCHANT_ADVANCE, "Advance taken back from the money",
        "সংগৃহীত টাকা থেকে অগ্রিম সমন্বয়"
    ),
    Code.PAY_OUT: Posting(
        _K.MERCHANT_PAYABLE, _K.PAYOUT_IN_TRANSIT, "Payout to the merchant ordered", "মার্চেন্টকে পরিশোধের নির্দেশ"
    ),
    Code.PAYOUT_CANCELLED: Posting(
        _K.PAYOUT_IN_TRANSIT, _K.MERCHANT_PAYABLE, "Payout cancelled before it left", "পরিশোধের আগেই বাতিল"
    ),
    Code.PAYOUT_CASH: Posting(
        _K.PAYOUT_IN_TRANSIT, _K.OFFICE_TILL, "Paid to the merchant in cash", "মার্চেন্টকে নগদে পরিশোধ"
    ),
    Code.PAYOUT_CONFIRMED: Posting(
        _K.PAYOUT_IN_TRANSIT, _K.SETTLEMENT_BANK, "Payout on the bank's statement", "ব্যাংক বিবরণীতে পরিশোধ নিশ্চিত"
    ),
    Code.PAYOUT_RETURNED: Posting(
        _K.SETTLEMENT_BANK, _K.MERCHANT_PAYABLE, "Payout returned by the bank", "ব্যাংক থেকে ফেরত আসা পরিশোধ"
    ),
}  # fmt: skip
"""A reversal has no row of its own: it is a row read backwards, and names the transfer that it takes back."""

COLLECTIONS = frozenset({Code.COLLECT, Code.COLLECT_COUNTER, Code.COLLECT_AGENT, Code.COLLECT_DIGITAL})
"""The reasons by which a recipient's money comes in; each is one tender."""


def kinds(code: Code) -> Iterator[tuple[AccountKind, AccountKind]]:
    """Every pair of kinds, debit and credit, between which this reason may move money."""
    posting = POSTINGS[code]
    for debit in [posting.debit] if posting.debit else AccountKind:
        for credit in [posting.credit] if posting.credit else AccountKind:
            if debit is not credit:
                yield debit, credit
