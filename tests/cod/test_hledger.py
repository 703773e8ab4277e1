import csv
import io
import re
import shutil
import subprocess
from dataclasses import replace
from decimal import Decimal
from itertools import count, islice
from pathlib import Path

import pytest

from post_logistics.cod.hledger import journal, name
from post_logistics.cod.ledger import Transfer, balances, reverse
from tests.cod.hledger_reader import Wrong, read
from tests.cod.settled_day import EVENING, NOON, a_settled_day, collect
from tests.cod.test_beancount import AWKWARD

HLEDGER = shutil.which("hledger")
with_hledger = pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed: only our own reader looks")


def books() -> list[Transfer]:
    """A settled day, with one transfer for every awkward cause and one taken back."""
    odd = [replace(collect(f"P{n}", n + 1, at=EVENING), cause=cause) for n, cause in enumerate(AWKWARD)]
    return sorted([*a_settled_day(), *odd, reverse(odd[0], at=EVENING, cause="typed twice")], key=lambda one: one.at)


def ours(transfers: list[Transfer]) -> dict[str, Decimal]:
    return {name(account): Decimal(poisha) / 100 for account, poisha in balances(transfers).items()}


def hledger(text: str, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    assert HLEDGER is not None
    file = tmp_path / "books.journal"
    file.write_text(text, encoding="utf-8")
    command = [HLEDGER, "-f", file, *words]
    environment = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


def test_our_own_reader_of_the_format_finds_our_balances() -> None:
    assert read("".join(journal(books()))) == ours(books())
    assert read("".join(journal([]))) == {}


@with_hledger
def test_hledger_accepts_the_books_strictly_and_finds_our_balances(tmp_path: Path) -> None:
    text = "".join(journal(books()))
    checked = hledger(text, tmp_path, "check", "--strict", "ordereddates")
    assert (checked.returncode, checked.stderr) == (0, "")
    listed = hledger(text, tmp_path, "balance", "--flat", "--no-total", "--empty", "-O", "csv").stdout
    rows = list(csv.reader(io.StringIO(listed)))[1:]
    assert {account: Decimal(amount.removesuffix(" BDT")) for account, amount in rows} == ours(books())


@with_hledger
@pytest.mark.parametrize("cause", AWKWARD, ids=range(len(AWKWARD)))
def test_hledger_reads_one_tag_and_no_other_whatever_a_cause_says(cause: str, tmp_path: Path) -> None:
    text = "".join(journal([replace(collect("A", 7_00), cause=cause)]))
    tags = hledger(text, tmp_path, "tags").stdout.split()
    assert set(tags) == {"id", "at", "cause", "item"}
    (value,) = hledger(text, tmp_path, "tags", "--values", "cause").stdout.strip("\n").split("\n")
    assert re.sub(r"%[0-9A-F]{2}", "", value)


def test_what_a_text_says_can_be_read_back() -> None:
    for cause in AWKWARD:
        (line,) = re.findall(r"; cause: (.*)", "".join(journal([replace(collect("A", 1), cause=cause)])))
        raw = re.sub(rb"%([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), line.encode())
        assert raw.decode() == cause


@pytest.mark.parametrize(
    ("pattern", "change"),
    [
        (r" 1250\.50 BDT$", " 1250.51 BDT"),
        (r"1250\.50 BDT\n(.*)-1250\.50 BDT", r"1250.51 BDT\n\1-1250.51 BDT"),
        (r"^\S+ \* \(pay_out\)(.*\n)+?\n", ""),
        (r"^account assets:office_till:1215\n", ""),
        (r"= (\d+)\.\d\d BDT", r"= \1.99 BDT"),
    ],
    ids=["one leg", "both legs", "lost transfer", "undeclared", "assertion"],
)
def test_red_control_a_changed_journal_is_refused(pattern: str, change: str, tmp_path: Path) -> None:
    changed, times = re.subn(pattern, change, "".join(journal(a_settled_day())), count=1, flags=re.M)
    assert times == 1
    with pytest.raises(Wrong):
        read(changed)
    if HLEDGER:
        assert hledger(changed, tmp_path, "check", "--strict").returncode


def test_a_journal_is_written_as_the_transfers_come() -> None:
    endless = (collect(f"P{n}", 1_00, at=NOON) for n in count())
    assert "P9" in "".join(islice(journal(endless), 40))
