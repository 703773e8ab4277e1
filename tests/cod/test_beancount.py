import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC
from itertools import count, islice
from pathlib import Path

import pytest
from beancount.core.data import Transaction
from beancount.parser.parser import parse_string

from post_logistics.cod.accounts import Account
from post_logistics.cod.beancount import Names, export
from post_logistics.cod.beancount import journal as stream
from post_logistics.cod.ledger import Transfer, balances, reverse, transfer
from post_logistics.cod.postings import Code
from tests.cod.settled_day import BANK, DAY, EVENING, NOON, a_settled_day, collect

BEAN_CHECK = Path(sys.executable).parent / "bean-check"


def complaints(journal: str, tmp_path: Path) -> str:
    """What Beancount has against a journal; empty if it accepts it."""
    path = tmp_path / "ledger.beancount"
    path.write_text(journal, encoding="utf-8")
    done = subprocess.run([BEAN_CHECK, "--no-cache", path], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode == 0) == (not done.stderr), done
    return done.stderr


@pytest.fixture(scope="module")
def journal() -> str:
    odd = transfer(
        Code.COLLECT,
        debit="rider_cash:1215_R.9",
        credit="merchant_payable:Shajgoj",
        amount_poisha=1,
        at=NOON,
        cause='a "quoted" cause \\ আগারগাঁও',
    )
    return export([*a_settled_day(), odd, reverse(odd, at=EVENING, cause="typed twice")])


def test_beancount_accepts_a_settled_day(journal: str, tmp_path: Path) -> None:
    assert complaints(journal, tmp_path) == ""


def test_every_transfer_is_one_transaction_and_every_balance_is_asserted(journal: str) -> None:
    books = a_settled_day()
    assert len(re.findall(r"^\d{4}-\d\d-\d\d \* ", journal, re.M)) == len(books) + 2
    assert all(f'id: "{each.transfer_id}"' in journal for each in books)
    assert "^DP000000019BD" in journal
    assert len(re.findall(r" balance ", journal)) == len(re.findall(r" open ", journal)) == len(balances(books)) + 2


def tampered(journal: str, pattern: str, change: str) -> str:
    changed, times = re.subn(pattern, change, journal, count=1, flags=re.M)
    assert times == 1
    return changed


def test_red_control_one_poisha_on_one_leg_is_refused(journal: str, tmp_path: Path) -> None:
    assert "does not balance" in complaints(tampered(journal, r" 1250\.50 BDT", " 1250.51 BDT"), tmp_path)


def test_red_control_one_poisha_on_both_legs_is_refused(journal: str, tmp_path: Path) -> None:
    both = tampered(tampered(journal, r" 1250\.50 BDT", " 1250.51 BDT"), r"-1250\.50 BDT", "-1250.51 BDT")
    assert "Balance failed" in complaints(both, tmp_path)


def test_red_control_a_lost_transfer_is_refused(journal: str, tmp_path: Path) -> None:
    lost = tampered(journal, r"^\S+ \* \"Payout to the merchant ordered\"(.*\n)+?\n", "")
    assert "Balance failed" in complaints(lost, tmp_path)


def test_no_two_accounts_share_a_name() -> None:
    accounts = [Account(f"merchant_payable:{name}") for name in ("a.b", "a-b", "a_b", "A-b", "a-b-2", "1215")]
    names = Names()
    assert len({names[one] for one in accounts}) == len(accounts)
    assert names[accounts[-1]] == "Liabilities:MerchantPayable:1215"
    assert names[BANK] == "Assets:SettlementBank"
    assert [names[one] for one in accounts] == list(names.values())[: len(accounts)]


AWKWARD = [
    'a "quoted" \\ cause',
    "two\nlines\r\n  and a * third",
    "semicolon ; | pipe, comma: [2026-99-99] date:x",
    "আগারগাঁও — ক্ষেত্র\u200d",
    "\t tab \x01\x1b\x7f\x85\u2028 controls",
    "many\n" * 200,
]


@pytest.mark.parametrize("cause", AWKWARD, ids=range(len(AWKWARD)))
def test_whatever_a_cause_says_the_journal_is_accepted_and_keeps_it(cause: str, tmp_path: Path) -> None:
    text = export([collect("DP000000019BD", 5_00), replace(collect("A", 7_00), cause=cause)])
    assert complaints(text, tmp_path) == ""
    entries, errors, _ = parse_string(text)
    (found,) = [one.meta["cause"] for one in entries if isinstance(one, Transaction) and one.meta.get("item") == "A"]
    assert not errors
    assert found == re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", " ", cause)


def test_a_journal_is_written_as_the_transfers_come() -> None:
    """Memory stays flat: nothing is written twice, and nothing waits for the last transfer."""
    endless = (collect(f"P{n}", 1_00, at=NOON) for n in count())
    assert "P9" in "".join(islice(stream(endless), 40))


def test_the_same_books_give_the_same_text_in_any_order() -> None:
    books: list[Transfer] = a_settled_day()
    assert export(books[::-1]) == export([*books, *books[:3]])
    assert export([]).startswith("option")


def test_a_day_is_a_local_day() -> None:
    late = collect("A", 1, at=NOON.replace(hour=23, minute=59).astimezone(UTC))
    early = collect("B", 1, at=NOON.replace(hour=0, minute=1).astimezone(UTC))
    assert set(re.findall(r"^(\S+) \* ", export([late, early]), re.M)) == {str(DAY)}
