"""A strict reader of the part of hledger's journal format that we write, made from its manual: a second opinion on
machines where hledger is not installed. What it does not know it refuses."""

import re
from collections import defaultdict
from decimal import Decimal

ACCOUNT = r"(?:assets|liabilities|equity|income|expenses)(?::[A-Za-z0-9._-]+)+"
AMOUNT = r"-?\d+\.\d\d BDT"
TRANSACTION = re.compile(r"\d{4}-\d\d-\d\d \* (?:\([a-z_]+\) )?[A-Za-z0-9',: ]+")
TAG = re.compile(r"    ; [a-z]+: [^\x00-\x1f\x7f\x85,;|\u2028\u2029]+")
POSTING = re.compile(rf"    ({ACCOUNT})  ({AMOUNT})(?: = ({AMOUNT}))?")


class Wrong(Exception):
    """What is written is no journal, or not a right one."""


def read(journal: str) -> dict[str, Decimal]:
    """Account -> balance, every transaction in balance and every assertion held; Wrong names the line else."""
    balances: defaultdict[str, Decimal] = defaultdict(Decimal)
    declared: set[str] = set()
    open_sum: Decimal | None = None
    for number, line in enumerate(journal.split("\n"), 1):
        if posting := POSTING.fullmatch(line):
            if open_sum is None or posting[1] not in declared:
                raise Wrong(f"line {number}: {line}")
            open_sum += _amount(posting[2])
            balances[posting[1]] += _amount(posting[2])
            if posting[3] and balances[posting[1]] != _amount(posting[3]):
                raise Wrong(f"line {number}: {posting[1]} is {balances[posting[1]]}, not {posting[3]}")
        elif TAG.fullmatch(line):
            if open_sum is None:
                raise Wrong(f"line {number}: a tag of nothing")
        elif TRANSACTION.fullmatch(line):
            _refuse_open(open_sum, number)
            open_sum = Decimal(0)
        elif found := re.fullmatch(rf"account ({ACCOUNT})", line):
            declared.add(found[1])
        elif not line:
            _refuse_open(open_sum, number)
            open_sum = None
        elif line not in {"; Post e-Commerce: cash on delivery", "decimal-mark .", "commodity 1000.00 BDT"}:
            raise Wrong(f"line {number}: {line}")
    return dict(balances)


def _amount(text: str) -> Decimal:
    return Decimal(text.removesuffix(" BDT"))


def _refuse_open(open_sum: Decimal | None, number: int) -> None:
    if open_sum:
        raise Wrong(f"before line {number}: a transaction is out by {open_sum}")
