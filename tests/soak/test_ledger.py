"""Two hundred thousand random postings: our balances, the database's, Beancount's and a plain sum are one."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from post_logistics.cod.accounts import CHART, AccountKind, Owner, account
from post_logistics.cod.beancount import export
from post_logistics.cod.ledger import Transfer, balances, reverse, transfer, trial_balance
from post_logistics.cod.postings import POSTINGS, Code
from post_logistics.storage.database import Database
from post_logistics.storage.ledger import append_transfers, load_balances
from tests.operations.crash import AT

SEED, MADE, BATCH = 1, 200_000, 1_000
BEAN_CHECK = Path(sys.executable).parent / "bean-check"


def random_books(chance: Random) -> tuple[list[Transfer], Counter[str]]:
    """Postings of every code, one in twenty of them taken back; and what a plain sum makes of each account."""
    books: list[Transfer] = []
    plain: Counter[str] = Counter()
    codes = list(Code)

    def owned(kind: AccountKind) -> str:
        return account(kind, "" if CHART[kind].owner is Owner.NONE else f"x{chance.randrange(50)}")

    while len(books) < MADE:
        code, amount_poisha = (
            chance.choice(codes),
            chance.choice((1, chance.randint(1, 500_00), chance.randint(1, 10**9))),
        )
        posting, at = POSTINGS[code], AT + timedelta(seconds=len(books))
        debit, credit = owned(posting.debit), owned(posting.credit)
        books.append(
            transfer(code, debit=debit, credit=credit, amount_poisha=amount_poisha, at=at, cause=f"c{len(books)}")
        )
        plain[debit] += amount_poisha
        plain[credit] -= amount_poisha
        if chance.random() < 0.05:
            books.append(reverse(books[-1], at=at, cause="mistake"))
            plain[debit] -= amount_poisha
            plain[credit] += amount_poisha
    return books, plain


@pytest.mark.soak
def test_two_hundred_thousand_postings_balance_to_the_poisha(database: Database, tmp_path: Path) -> None:
    chance = Random(SEED)
    books, plain = random_books(chance)
    told = books + chance.choices(books, k=len(books) // 20)
    chance.shuffle(told)
    assert balances(told) == plain
    assert trial_balance(balances(told)).balanced

    told.sort(key=lambda one: one.reverses is not None)  # the database wants the original before its reversal
    for start in range(0, len(told), BATCH):
        with database.transaction() as connection:
            append_transfers(connection, told[start : start + BATCH])
    with database.transaction() as connection:
        assert load_balances(connection) == plain

    journal = tmp_path / "ledger.beancount"
    journal.write_text(export(told), encoding="utf-8")
    checked = subprocess.run([BEAN_CHECK, "--no-cache", journal], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.soak
def test_red_control_one_poisha_in_two_hundred_thousand_postings_is_seen() -> None:
    books, plain = random_books(Random(SEED))
    wrong = replace(books[MADE // 2], amount_poisha=books[MADE // 2].amount_poisha + 1)
    assert balances([*books[: MADE // 2], wrong, *books[MADE // 2 + 1 :]]) != plain
    assert balances(books[1:]) != plain
