"""An independent proof of the books: it recomputes everything and shares no code, and no table, with the ledger.

What may be posted and which account may not fall below zero is written down here a second time on purpose, by hand, in
another form. Whoever changes the rules changes them in both places, and a test holds the two together; a slip in one of
them is then a problem that this module names, not an error that both sides make alike.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Protocol


class Movement(Protocol):
    """What the proof reads of a transfer, wherever it comes from: the ledger, a table, a file."""

    @property
    def transfer_id(self) -> Hashable: ...
    @property
    def code(self) -> str: ...
    @property
    def debit(self) -> str: ...
    @property
    def credit(self) -> str: ...
    @property
    def amount_poisha(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def item_number(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def reverses(self) -> Hashable | None: ...


ALLOWED = frozenset(
    line.strip()
    for line in """
    agent_float_in: agent_float to office_till
    collect: merchant_payable to rider_cash
    collect_counter: merchant_payable to office_till
    collect_agent: merchant_payable to agent_cash
    collect_digital: merchant_payable to provider_clearing
    collect_short: merchant_payable to rider_debt
    collect_short_counter: merchant_payable to office_debt
    digital_unplaced: unidentified_receipts to provider_clearing
    postage_digital: merchant_fees_due to provider_clearing
    postage_digital_vat: merchant_vat_due to merchant_fees_due
    postage_counter: merchant_fees_due to office_till
    postage_vat_counter: merchant_vat_due to office_till
    shortage: rider_cash to rider_debt
    excess: suspense to rider_cash
    hand_in: rider_cash to office_till
    shortage_repaid: rider_debt to office_till
    shortage_deducted: rider_debt to pay_deductions
    shortage_written_off: rider_debt to losses
    postage_agent: merchant_fees_due to agent_cash
    postage_vat_agent: merchant_vat_due to agent_cash
    agent_earned: agent_commission_due to agent_commission
    agent_netted: agent_cash to agent_commission_due
    agent_hand_in: agent_cash to office_till
    agent_float_taken: agent_cash to agent_float
    agent_paid: office_till to agent_commission_due
    agent_float_out: office_till to agent_float
    till_shortage: office_till to office_debt
    till_excess: suspense to office_till
    till_shortage_repaid: office_debt to office_till
    till_shortage_deducted: office_debt to pay_deductions
    till_shortage_written_off: office_debt to losses
    excess_returned: office_till to suspense
    excess_credited: merchant_payable to suspense
    excess_kept: other_income to suspense
    refund: office_till to merchant_payable
    refund_digital: provider_clearing to merchant_payable
    postage_refunded: provider_clearing to merchant_fees_due
    refund_door: rider_cash to merchant_payable
    refund_advanced: office_till to merchant_advance
    refund_advanced_digital: provider_clearing to merchant_advance
    unplaced_refunded: provider_clearing to unidentified_receipts
    deposit: office_till to bank_in_transit
    deposit_short: bank_in_transit to office_debt
    deposit_over: suspense to bank_in_transit
    deposit_confirmed: bank_in_transit to settlement_bank
    provider_fee: provider_clearing to provider_fees
    digital_confirmed: provider_clearing to settlement_bank
    digital_repaid: settlement_bank to provider_clearing
    unidentified_receipt: unidentified_receipts to settlement_bank
    unidentified_payment: settlement_bank to unidentified_payments
    bank_charge: settlement_bank to bank_charges
    bank_interest: other_income to settlement_bank
    pay_deductions_paid: pay_deductions to settlement_bank
    fee: fee_revenue to merchant_fees_due
    vat: vat_payable to merchant_vat_due
    compensate: merchant_payable to compensation
    take_fee: merchant_fees_due to merchant_payable
    take_vat: merchant_vat_due to merchant_payable
    bill: merchant_fees_due to merchant_billed
    bill_vat: merchant_vat_due to merchant_billed
    bill_counter: merchant_billed to office_till
    bill_bank: merchant_billed to settlement_bank
    advance: payout_in_transit to merchant_advance
    take_advance: merchant_advance to merchant_payable
    pay_out: payout_in_transit to merchant_payable
    payout_cancelled: merchant_payable to payout_in_transit
    payout_cash: office_till to payout_in_transit
    payout_confirmed: settlement_bank to payout_in_transit
    payout_returned: merchant_payable to settlement_bank
    """.strip().splitlines()
)
"""Every lawful movement, from the account credited to the account debited. What the books opened with may stand
anywhere, against ``opening_balances``."""

HOLDINGS = (
    *("rider_cash", "agent_cash", "office_till", "bank_in_transit", "provider_clearing", "settlement_bank"),
    *("rider_debt", "office_debt", "pay_deductions", "unidentified_payments"),
)
"""Where money can be: in somebody's hands, or owed by somebody who had it."""
NEVER_IN_CREDIT = frozenset(
    {*HOLDINGS, "merchant_billed", "merchant_advance"}
    | {"provider_fees", "bank_charges", "agent_commission", "compensation", "losses"}
)
NEVER_IN_DEBIT = frozenset(
    {
        "suspense",
        "unidentified_receipts",
        "agent_float",
        "agent_commission_due",
        "merchant_payable",
        "payout_in_transit",
    }
    | {"fee_revenue", "vat_payable", "other_income"}
)
COLLECTED = (
    "collect",
    "collect_counter",
    "collect_agent",
    "collect_digital",
    "collect_short",
    "collect_short_counter",
)
OWED_TO_MERCHANT = (*COLLECTED, "compensate", "excess_credited", "payout_cancelled", "payout_returned")
TAKEN_FROM_MERCHANT = ("pay_out", "refund", "refund_digital", "refund_door", "take_fee", "take_vat", "take_advance")
CAME_IN = (
    *COLLECTED,
    *("excess", "till_excess", "deposit_over", "agent_float_in", "postage_agent", "postage_vat_agent"),
    *("postage_counter", "postage_vat_counter", "bill_counter", "bill_bank"),
    *("unidentified_receipt", "bank_interest", "payout_returned", "digital_unplaced", "postage_digital"),
)
WENT_OUT = (
    *("refund_door", "refund_advanced", "refund_advanced_digital", "unplaced_refunded", "postage_refunded"),
    *("excess_returned", "refund", "refund_digital", "shortage_written_off", "till_shortage_written_off"),
    *("agent_netted", "agent_float_taken", "agent_paid", "agent_float_out"),
    *("provider_fee", "bank_charge", "payout_cash", "payout_confirmed"),
)
"""The reasons by which money comes into the holdings from elsewhere, and leaves them."""
ONCE_PER_CAUSE = frozenset(
    {"bill", "bill_vat", "pay_out", "take_fee", "take_vat", "take_advance", "deposit", "deposit_confirmed"}
)
ONCE_PER_PARCEL = frozenset({"fee", "vat"})
OPENS = frozenset({"opening_debit", "opening_credit"})
DUES = frozenset({"merchant_fees_due", "merchant_vat_due"})
_MOVES = frozenset(tuple(re.split(": | to ", line)) for line in ALLOWED)

MOST_EXAMPLES = 20
"""So many problems of a kind are put into words; all are counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """A question asked of the books: of how many things, of how many the answer was wrong, and the first of them."""

    name: str
    checked: int
    violated: int
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """The making of a check: how often it was asked, and what was found."""

    name: str
    checked: int = 0
    violated: int = 0
    examples: list[str] = field(default_factory=list)

    def wrong(self, problem: str) -> None:
        """One more problem."""
        self.violated += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(problem)

    def done(self) -> Check:
        """The check as it stands."""
        return Check(self.name, self.checked, self.violated, tuple(self.examples))


def check_books(movements: Iterable[Movement]) -> tuple[str, ...]:
    """What is wrong with the books, in plain English, the first problems of every kind; empty if nothing is."""
    proof = Proof()
    for each in movements:
        proof.take(each)
    return tuple(problem for check in proof.checks() for problem in check.examples)


class _Known(NamedTuple):
    """What is remembered of a movement, in hashes: two alike are one but once in 10^13 pairs."""

    content: int
    mirror: int
    once: int
    """What may stand only once; 0: may stand often; -1: a reversal."""


class Proof:
    """The proof of books that are read once, in any order: a million transfers pass through, and little stays."""

    def __init__(self) -> None:
        self._known: dict[Hashable, _Known] = {}
        self._reversals: list[tuple[Hashable, Hashable, int]] = []
        self._times: Counter[int] = Counter()
        self._named: dict[int, str] = {}
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._by_merchant: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._owed_poisha: Counter[str] = Counter()
        self._by_reason: Counter[str] = Counter()
        self._held_poisha = 0
        self._charged: Counter[str] = Counter()
        self._taken: Counter[str] = Counter()
        self._once = Tally("each_transfer_is_one_fact")
        self._lawful = Tally("every_transfer_is_lawful")

    def take(self, each: Movement) -> None:
        """Looks at one more movement; the same one again changes nothing."""
        known = _remember(each)
        first = self._known.setdefault(each.transfer_id, known)
        if first is not known:
            if first.content != known.content:
                self._once.wrong(f"{each.transfer_id}: one id, two contents")
            return
        self._once.checked += 1
        self._lawful.checked += 1
        problems = _about_one(each)
        for problem in problems:
            self._lawful.wrong(f"{each.transfer_id}: {problem}")
        if each.reverses:
            itself = hash((each.code, each.debit, each.credit, each.amount_poisha))
            self._reversals.append((each.transfer_id, each.reverses, itself))
        if known.once > 0:
            self._times[known.once] += 1
            if self._times[known.once] > 1:
                of_parcel = each.item_number if each.code in ONCE_PER_PARCEL else ""
                self._named[known.once] = f"{each.code} {each.cause} {of_parcel}".rstrip()
        if not problems:
            self._add_up(each)

    def _add_up(self, each: Movement) -> None:
        amount, kinds = each.amount_poisha, (_kind(each.debit), _kind(each.credit))
        self._sums[each.debit] += amount
        self._sums[each.credit] -= amount
        for account, kind, poisha in ((each.debit, kinds[0], amount), (each.credit, kinds[1], -amount)):
            if kind in DUES:
                self._charge(each, account, poisha)
        if each.code in OPENS:
            return
        signed = -amount if each.reverses else amount
        self._by_reason[each.code] += signed
        self._held_poisha += (amount if kinds[0] in HOLDINGS else 0) - (amount if kinds[1] in HOLDINGS else 0)
        for account, kind, poisha in ((each.debit, kinds[0], amount), (each.credit, kinds[1], -amount)):
            if kind == "merchant_payable":
                self._owed_poisha[account] -= poisha
                self._by_merchant[account][each.code] += signed

    def _charge(self, each: Movement, due: str, poisha: int) -> None:
        """What was ever charged, and what was taken for it; a charge corrected later still counts as charged."""
        if each.code in {"take_fee", "take_vat", "bill", "bill_vat"}:
            self._taken[due] -= poisha
        elif poisha > 0 and not each.reverses:
            self._charged[due] += poisha

    def checks(self) -> tuple[Check, ...]:
        """Every check by name. Sums over malformed transfers would only hide them: they are left out then."""
        checks = [self._once, self._lawful, self._mirrored(), self._repeated()]
        if not any(check.violated for check in checks):
            checks += [self._signs(), self._merchants(), self._places(), self._charges()]
        return tuple(check.done() for check in checks)

    def _mirrored(self) -> Tally:
        found = Tally("every_reversal_mirrors_one_transfer", len(self._reversals))
        for name, times in Counter(reverses for _, reverses, _ in self._reversals).items():
            if times > 1:
                found.wrong(f"{name}: taken back {times} times")
        for name, reverses, mirror in self._reversals:
            original = self._known.get(reverses)
            if original is None:
                found.wrong(f"{name}: takes back {reverses}, which is not in the books")
            elif original.once < 0 or original.mirror != mirror:
                found.wrong(f"{name}: is not the mirror of {reverses}")
        return found

    def _repeated(self) -> Tally:
        """A settlement pays once, a close is paid in once, a parcel is charged once, whatever ids they carry."""
        found = Tally("nothing_is_posted_twice", len(self._times))
        back = Counter(self._known[name].once for name in {one[1] for one in self._reversals} if name in self._known)
        for key, text in self._named.items():
            if (times := self._times[key] - back[key]) > 1:
                found.wrong(f"{text}: posted {times} times")
        return found

    def _signs(self) -> Tally:
        found = Tally("no_account_is_below_zero", len(self._sums))
        if sum(self._sums.values()):
            found.wrong("debits and credits differ")
        for account, poisha in sorted(self._sums.items()):
            kind = _kind(account)
            if (poisha < 0 and kind in NEVER_IN_CREDIT) or (poisha > 0 and kind in NEVER_IN_DEBIT):
                found.wrong(f"{account}: stands on the wrong side of zero by {abs(poisha)} poisha")
        return found

    def _merchants(self) -> Tally:
        """Since the books were opened, what came for a merchant and did not go remains."""
        found = Tally("every_merchant_is_owed_what_came_less_what_went", len(self._by_merchant))
        for merchant, reasons in sorted(self._by_merchant.items()):
            came, went = (sum(reasons[code] for code in codes) for codes in (OWED_TO_MERCHANT, TAKEN_FROM_MERCHANT))
            if came - went != self._owed_poisha[merchant]:
                found.wrong(f"{merchant}: {came} came, {went} went, yet {self._owed_poisha[merchant]} remain")
        return found

    def _places(self) -> Tally:
        """Money by reason against money by place."""
        found = Tally("the_places_hold_what_came_in_and_has_not_gone_out", 1)
        net_poisha = sum(self._by_reason[code] for code in CAME_IN) - sum(self._by_reason[code] for code in WENT_OUT)
        if self._held_poisha != net_poisha:
            found.wrong(f"came in and not gone out are {net_poisha} poisha, the places hold {self._held_poisha}")
        return found

    def _charges(self) -> Tally:
        """No merchant gave more in charges than was ever charged."""
        found = Tally("no_charge_is_taken_that_was_not_made", len(self._taken))
        for due, poisha in sorted(self._taken.items()):
            if poisha > self._charged[due]:
                found.wrong(f"{due}: {poisha} poisha were taken, {self._charged[due]} ever charged")
        return found


def _remember(each: Movement) -> _Known:
    what = (each.code, each.debit, each.credit, type(each.amount_poisha), each.amount_poisha)
    once = 0
    if each.reverses:
        once = -1
    elif each.code in ONCE_PER_CAUSE:
        once = abs(hash((each.code, each.cause))) + 1
    elif each.code in ONCE_PER_PARCEL:
        once = abs(hash((each.code, each.cause, each.item_number))) + 1
    return _Known(
        content=hash((*what, each.at, each.item_number, each.cause, each.reverses)),
        mirror=hash((each.code, each.credit, each.debit, each.amount_poisha)),
        once=once,
    )


@lru_cache(maxsize=1 << 16)
def _kind(account: str) -> str:
    return account.partition(":")[0]


def _about_one(each: Movement) -> list[str]:
    """What is wrong with a movement by itself."""
    wrong = []
    source, target = (each.debit, each.credit) if each.reverses else (each.credit, each.debit)
    if (each.code, _kind(source), _kind(target)) not in _MOVES and not _opens(each.code, source, target):
        wrong.append(f"no posting {each.code} from {source or 'nowhere'} to {target or 'nowhere'}")
    if type(each.amount_poisha) is not int or each.amount_poisha < 1:
        wrong.append(f"{each.amount_poisha!r} is no amount in whole poisha")
    if each.at.utcoffset() is None:
        wrong.append("its instant has no time zone")
    if not each.cause:
        wrong.append("it has no cause")
    return wrong


def _opens(code: str, source: str, target: str) -> bool:
    equity = {"opening_debit": source, "opening_credit": target}.get(code)
    return equity == "opening_balances" and source != target
