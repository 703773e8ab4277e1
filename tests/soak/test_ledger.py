"""A million random postings in balance: ours, the database's, the proof's, two accounting programs' and a plain sum."""

import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import text

from post_logistics.cod import beancount, hledger
from post_logistics.cod.ledger import Transfer
from post_logistics.cod.proof import Check
from post_logistics.operations.money.checking import journal, prove_books
from post_logistics.operations.money.sealing import seal_books
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import append_transfers, load_balances
from post_logistics.storage.money.papers import PAPERS
from tests.cod.hledger_reader import read
from tests.cod.random_books import START, random_books
from tests.timing import quiet_seconds

SEED, MADE, OUTSIDE, BATCH = 1, 1_000_000, 100_000, 10_000
BEAN_CHECK = Path(sys.executable).parent / "bean-check"
MB = 2**10
"""A resident set is told in KB."""


def counted(books: Iterator[Transfer], plain: Counter[str]) -> Iterator[Transfer]:
    """The same transfers, each added to a plain sum on its way."""
    for one in books:
        plain[one.debit] += one.amount_poisha
        plain[one.credit] -= one.amount_poisha
        yield one


def _resident_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MB


@pytest.mark.soak
def test_a_million_postings_balance_to_the_poisha_and_are_proven_in_a_minute(
    database: Database, tmp_path: Path
) -> None:
    plain: Counter[str] = Counter()
    books = counted(random_books(SEED, MADE), plain)
    while part := list(islice(books, BATCH)):
        with database.transaction() as connection:
            assert len(append_transfers(connection, part)) == len(part)
    with database.transaction() as connection:
        assert len(seal_books(connection, (START + timedelta(days=28)).date(), START + timedelta(days=40))) == 29
        connection.execute(text("analyze"))
        assert load_balances(connection) == plain
    before_mb, checks = _resident_mb(), dict[str, Check]()

    def prove() -> None:
        with database.transaction() as connection:
            checks.update((check.name, check) for check in prove_books(connection))

    quiet_s, used_mb = quiet_seconds(prove, runs=1), _resident_mb() - before_mb
    print(f"proven in {quiet_s:.0f} s of a quiet processor, {used_mb} MB more")
    assert {name for name, check in checks.items() if check.violated} <= PAPERS.keys()  # random books have no papers
    assert checks["every_transfer_is_lawful"].checked == MADE
    assert (quiet_s < 60, used_mb < 1024) == (True, True)
    for program in ("beancount", "hledger"):
        with database.transaction() as connection, (tmp_path / program).open("w", encoding="utf-8") as file:
            file.writelines(journal(connection, program))
        assert (tmp_path / program).read_text(encoding="utf-8").count("id: ") == MADE


@pytest.mark.soak
def test_accounting_programs_that_are_not_ours_accept_a_hundred_thousand_postings(tmp_path: Path) -> None:
    books = list(random_books(SEED, OUTSIDE))
    file = tmp_path / "ledger.beancount"
    file.write_text("".join(beancount.journal(books)), encoding="utf-8")
    checked = subprocess.run([BEAN_CHECK, "--no-cache", file], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    file = tmp_path / "books.journal"
    file.write_text("".join(hledger.journal(books)), encoding="utf-8")
    assert read(file.read_text(encoding="utf-8"))
    if program := shutil.which("hledger"):
        command = [program, "-f", file, "check", "--strict", "ordereddates"]
        checked = subprocess.run(command, capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8"})
        assert (checked.returncode, checked.stderr) == (0, "")
