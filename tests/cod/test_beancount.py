import re
import subprocess
import sys
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from post_logistics.cod.accounts import Account
from post_logistics.cod.beancount import Opening, account_names, export
from post_logistics.cod.ledger import Transfer, balances, reverse, transfer
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict
from tests.cod.books import BANK, BOIBAZAR, DAY, EVENING, NOON, TILL, a_settled_day, collect, payable

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
        credit=payable("Shajgoj"),
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
    lost = tampered(journal, r"^\S+ \* \"Paid out to the merchant\"(.*\n)+?\n", "")
    assert "Balance failed" in complaints(lost, tmp_path)


def test_no_two_accounts_share_a_name() -> None:
    accounts = [Account(f"merchant_payable:{name}") for name in ("a.b", "a-b", "a_b", "A-b", "a-b-2", "1215")]
    names = account_names(accounts)
    assert len(set(names.values())) == len(accounts)
    assert names[accounts[-1]] == "Liabilities:MerchantPayable:1215"
    assert account_names([BANK]) == {BANK: "Assets:SettlementBank"}


def test_opening_balances_come_first_and_count(tmp_path: Path) -> None:
    opening = Opening(DAY - timedelta(days=1), {TILL: 250_00, payable(): -150_00, payable(BOIBAZAR): -100_00})
    text = export([collect("DP000000019BD", 5_00)], opening)
    assert complaints(text, tmp_path) == ""
    assert re.search(r"balance Liabilities:MerchantPayable:Shajgoj  -155\.00 ", text)
    assert complaints(export([], opening), tmp_path) == ""


def test_opening_balances_that_do_not_add_up_or_come_late_are_refused() -> None:
    with pytest.raises(Conflict, match=r"out by 0\.01"):
        export([], Opening(DAY, {TILL: 1}))
    with pytest.raises(Conflict, match="before the opening"):
        export([collect("A", 1)], Opening(DAY + timedelta(days=1), {}))


def test_the_same_books_give_the_same_text_in_any_order() -> None:
    books: list[Transfer] = a_settled_day()
    assert export(books[::-1]) == export([*books, *books[:3]])
    assert export([]).startswith("option")


def test_a_day_is_a_local_day() -> None:
    late = collect("A", 1, at=NOON.replace(hour=23, minute=59).astimezone(UTC))
    early = collect("B", 1, at=NOON.replace(hour=0, minute=1).astimezone(UTC))
    assert set(re.findall(r"^(\S+) \* ", export([late, early]), re.M)) == {str(DAY)}
