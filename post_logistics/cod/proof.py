"""An independent proof of the books: it recomputes everything and shares no code, and no table, with the ledger.

What may be posted and which account may not fall below zero is written down here a second time on purpose, by hand, in
another form. Whoever changes the rules changes them in both places, and a test holds the two together; a slip in one of
them is then a problem that this module names, not an error that both sides make alike.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Protocol


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
    collect: merchant_payable to rider_cash
    collect_counter: merchant_payable to office_till
    collect_mfs: merchant_payable to mfs_clearing
    shortage: rider_cash to rider_debt
    excess: suspense to rider_cash
    hand_in: rider_cash to office_till
    shortage_repaid: rider_debt to office_till
    till_shortage: office_till to office_debt
    till_excess: suspense to office_till
    till_shortage_repaid: office_debt to office_till
    excess_returned: office_till to suspense
    refund: office_till to merchant_payable
    deposit: office_till to bank_in_transit
    deposit_confirmed: bank_in_transit to settlement_bank
    mfs_confirmed: mfs_clearing to settlement_bank
    fee: fee_revenue to merchant_fees_due
    vat: vat_payable to merchant_vat_due
    take_fee: merchant_fees_due to merchant_payable
    take_vat: merchant_vat_due to merchant_payable
    pay_out: settlement_bank to merchant_payable
    """.strip().splitlines()
)
"""Every lawful movement, from the account credited to the account debited."""

HOLDINGS = (
    "rider_cash",
    "office_till",
    "bank_in_transit",
    "mfs_clearing",
    "settlement_bank",
    "rider_debt",
    "office_debt",
)
NEVER_IN_CREDIT = frozenset(HOLDINGS)
NEVER_IN_DEBIT = frozenset({"suspense", "merchant_payable", "fee_revenue", "vat_payable"})
COLLECTED = ("collect", "collect_counter", "collect_mfs")
ONCE_PER_CAUSE = frozenset({"pay_out", "take_fee", "take_vat", "deposit", "deposit_confirmed"})


def check_books(movements: Iterable[Movement]) -> tuple[str, ...]:
    """Every problem found in the books, in plain English; empty if there is none."""
    problems: list[str] = []
    books = _each_once(movements, problems)
    for each in books:
        problems += _about_one(each)
    problems += _reversals(books) + _repeated(books)
    if not problems:  # sums over malformed transfers would only hide them
        problems += _signs(books) + _identities(books) + _charges(books)
    return tuple(problems)


def _each_once(movements: Iterable[Movement], problems: list[str]) -> list[Movement]:
    books: dict[Hashable, Movement] = {}
    for each in movements:
        first = books.setdefault(each.transfer_id, each)
        if first is not each and _content(first) != _content(each):
            problems.append(f"{each.transfer_id}: one id, two contents")
    return list(books.values())


def _content(each: Movement) -> tuple[object, ...]:
    what = (each.code, each.debit, each.credit, type(each.amount_poisha), each.amount_poisha)
    return (*what, each.at, each.item_number, each.cause, each.reverses)


def _kind(account: str) -> str:
    return account.split(":", 1)[0]


def _about_one(each: Movement) -> list[str]:
    """What is wrong with a movement by itself."""
    wrong = []
    source, target = (each.debit, each.credit) if each.reverses else (each.credit, each.debit)
    if f"{each.code}: {_kind(source)} to {_kind(target)}" not in ALLOWED:
        wrong.append(f"no posting {each.code} from {source or 'nowhere'} to {target or 'nowhere'}")
    if type(each.amount_poisha) is not int or each.amount_poisha < 1:
        wrong.append(f"{each.amount_poisha!r} is no amount in whole poisha")
    if each.at.utcoffset() is None:
        wrong.append("its instant has no time zone")
    if not each.cause:
        wrong.append("it has no cause")
    return [f"{each.transfer_id}: {text}" for text in wrong]


def _reversals(books: list[Movement]) -> list[str]:
    by_id = {each.transfer_id: each for each in books}
    taken_back = Counter(each.reverses for each in books if each.reverses)
    problems = [f"{name}: taken back {times} times" for name, times in taken_back.items() if times > 1]
    for each in books:
        if not each.reverses:
            continue
        original = by_id.get(each.reverses)
        if original is None:
            problems.append(f"{each.transfer_id}: takes back {each.reverses}, which is not in the books")
        elif original.reverses or (each.code, each.debit, each.credit, each.amount_poisha) != (
            original.code,
            original.credit,
            original.debit,
            original.amount_poisha,
        ):
            problems.append(f"{each.transfer_id}: is not the mirror of {each.reverses}")
    return problems


def _repeated(books: list[Movement]) -> list[str]:
    """A settlement pays once, a close is paid in once, a parcel is charged once, whatever ids the transfers carry."""
    taken_back = {each.reverses for each in books if each.reverses}
    times: Counter[tuple[str, str, str]] = Counter()
    for each in books:
        if each.reverses or each.transfer_id in taken_back:
            continue
        if each.code in ONCE_PER_CAUSE:
            times[each.code, each.cause, ""] += 1
        elif each.code in {"fee", "vat"}:
            times[each.code, each.cause, each.item_number] += 1
    return [
        f"{code} {cause} {item}".rstrip() + f": posted {n} times" for (code, cause, item), n in times.items() if n > 1
    ]


def _signs(books: list[Movement]) -> list[str]:
    sums: dict[str, int] = defaultdict(int)
    for each in books:
        sums[each.debit] += each.amount_poisha
        sums[each.credit] -= each.amount_poisha
    problems = [] if sum(sums.values()) == 0 else ["debits and credits differ"]
    for account, poisha in sorted(sums.items()):
        if (poisha < 0 and _kind(account) in NEVER_IN_CREDIT) or (poisha > 0 and _kind(account) in NEVER_IN_DEBIT):
            problems.append(f"{account}: stands on the wrong side of zero by {abs(poisha)} poisha")
    return problems


def _identities(books: list[Movement]) -> list[str]:
    """Money by reason against money by place: for every merchant, and for all the cash there is."""
    by_reason: dict[str, Counter[str]] = defaultdict(Counter)
    by_merchant: dict[str, int] = defaultdict(int)
    by_place: Counter[str] = Counter()
    for each in books:
        signed_poisha = -each.amount_poisha if each.reverses else each.amount_poisha
        for account, poisha in ((each.debit, each.amount_poisha), (each.credit, -each.amount_poisha)):
            by_place[_kind(account)] += poisha
            if _kind(account) == "merchant_payable":
                by_merchant[account] -= poisha
                by_reason[account][each.code] += signed_poisha
    problems, net_poisha = [], 0
    for merchant, reasons in sorted(by_reason.items()):
        collected = sum(reasons[code] for code in COLLECTED)
        given = reasons["pay_out"] + reasons["refund"]
        taken = reasons["take_fee"] + reasons["take_vat"]
        net_poisha += collected - given
        if collected != given + taken + by_merchant[merchant]:
            remains = by_merchant[merchant]
            problems.append(f"{merchant}: collected {collected}, given {given}, taken {taken}, yet {remains} remain")
    held_poisha = sum(by_place[kind] for kind in HOLDINGS) + by_place["suspense"]
    if held_poisha != net_poisha:
        problems.append(f"collected and not given out are {net_poisha} poisha, the places hold {held_poisha}")
    return problems


def _charges(books: list[Movement]) -> list[str]:
    """No merchant gave more in charges than was ever charged; a charge corrected later still counts as charged."""
    charged: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for each in books:
        if each.code in {"fee", "vat"} and not each.reverses:
            charged[each.debit] += each.amount_poisha
        elif each.code in {"take_fee", "take_vat"}:
            due, poisha = (each.debit, -each.amount_poisha) if each.reverses else (each.credit, each.amount_poisha)
            taken[due] += poisha
    return [
        f"{due}: {poisha} poisha were taken, {charged[due]} ever charged"
        for due, poisha in sorted(taken.items())
        if poisha > charged[due]
    ]
