import ast
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from uuid import UUID

import pytest

from post_logistics.cod import proof, proof_of_days
from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, reverse, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from tests.cod.settled_day import BANK, EVENING, RIDER, SHAJGOJ, TILL, a_settled_day, collect

OTHER_ID = UUID(int=1)
EQUITY = account(AccountKind.OPENING_BALANCES)


def changed(of: Code, /, **fields: object) -> list[Transfer]:
    """A settled day with one transfer of a code changed."""
    books = a_settled_day()
    at = next(n for n, each in enumerate(books) if each.code is of)
    return [*books[:at], replace(books[at], **fields), *books[at + 1 :]]  # type: ignore[arg-type]


def test_a_settled_day_has_no_problem() -> None:
    books = a_settled_day()
    assert check_books(books) == ()
    assert check_books([*books, *books]) == ()
    assert check_books([]) == ()


@pytest.mark.parametrize(
    ("books", "problem"),
    [
        (changed(Code.COLLECT, amount_poisha=1_250_50.0), "no amount in whole poisha"),
        (changed(Code.COLLECT, amount_poisha=0), "no amount in whole poisha"),
        (changed(Code.COLLECT, debit=""), "no posting collect from merchant_payable:shajgoj to nowhere"),
        (changed(Code.HAND_IN, credit=BANK), "no posting hand_in"),
        (changed(Code.HAND_IN, code="gift"), "no posting gift"),
        (changed(Code.HAND_IN, cause=""), "no cause"),
        (changed(Code.HAND_IN, at=datetime(2026, 11, 22)), "no time zone"),  # noqa: DTZ001
        (changed(Code.HAND_IN, reverses=OTHER_ID, debit=RIDER, credit=TILL), "not in the books"),
        (changed(Code.DEPOSIT, amount_poisha=9_999_999), "office_till:1215: stands on the wrong side"),
    ],
)
def test_red_control_each_fault_is_named(books: list[Transfer], problem: str) -> None:
    assert any(problem in each for each in check_books(books)), check_books(books)


def test_red_control_one_id_with_two_contents_is_named() -> None:
    one = collect("A", 5_00)
    assert any("two contents" in each for each in check_books([one, replace(one, amount_poisha=6_00)]))


def test_red_control_a_double_payout_is_named() -> None:
    books = a_settled_day()
    payout = next(each for each in books if each.code is Code.PAY_OUT)
    assert "posted 2 times" in check_books([*books, replace(payout, transfer_id=OTHER_ID)])[0]


def test_red_control_a_parcel_charged_twice_is_named() -> None:
    books = a_settled_day()
    fee = next(each for each in books if each.code is Code.FEE)
    assert fee.item_number in check_books([*books, replace(fee, transfer_id=OTHER_ID)])[0]


def test_red_control_a_reversal_that_does_not_mirror_its_original_is_named() -> None:
    one = collect("A", 5_00)
    back = reverse(one, at=EVENING, cause="c")
    assert check_books([one, back]) == ()
    assert "not the mirror" in check_books([one, replace(back, amount_poisha=4_00)])[0]
    twice = replace(back, transfer_id=OTHER_ID)
    assert any("taken back 2 times" in each for each in check_books([one, back, twice]))
    assert any("not the mirror" in each for each in check_books([one, back, reverse_of_reversal(back)]))


def reverse_of_reversal(back: Transfer) -> Transfer:
    return replace(back, transfer_id=OTHER_ID, reverses=back.transfer_id)


@pytest.mark.parametrize("code", [Code.COLLECT, Code.HAND_IN, Code.DEPOSIT, Code.DEPOSIT_CONFIRMED, Code.FEE, Code.VAT])
def test_red_control_a_transfer_left_out_that_others_rest_on_is_named(code: Code) -> None:
    books = [each for each in a_settled_day() if each.code is not code]
    assert any("wrong side of zero" in each or "ever charged" in each for each in check_books(books))


def sums(books: list[Transfer]) -> list[str]:
    """What the sums alone find, with the table of lawful postings switched off."""
    proved = proof.Proof()
    for each in books:
        proved._add_up(each)
    return [text for check in (proved._merchants(), proved._places()) for text in check.examples]


def test_red_control_money_posted_past_the_merchant_breaks_the_identity() -> None:
    assert sums(a_settled_day()) == []
    assert "the places hold" in sums(changed(Code.TAKE_FEE, credit=BANK))[0]
    assert f"{SHAJGOJ}: " in sums(changed(Code.TAKE_FEE, code="gift"))[0]


def test_what_a_merchant_owed_when_the_books_were_opened_may_be_taken() -> None:
    due = account(AccountKind.MERCHANT_FEES_DUE, "shajgoj")
    books = a_settled_day()
    facts = {"amount_poisha": 5_00, "at": EVENING, "cause": "opening"}
    opened = transfer(Code.OPENING_DEBIT, debit=due, credit=EQUITY, **facts)
    against = transfer(Code.OPENING_CREDIT, debit=EQUITY, credit=SHAJGOJ, **facts)
    take = next(each for each in books if each.code is Code.TAKE_FEE and each.credit == due)
    more = [replace(each, amount_poisha=each.amount_poisha + 5_00) if each is take else each for each in books]
    assert check_books([opened, against, *more]) == ()
    assert any("ever charged" in each for each in check_books(more))


def test_every_check_says_how_often_it_was_asked() -> None:
    proved = proof.Proof()
    for each in a_settled_day():
        proved.take(each)
    checks = {check.name: check for check in proved.checks()}
    assert len(checks) == 8
    assert checks["every_transfer_is_lawful"].checked == len(a_settled_day())
    assert not any(check.violated for check in checks.values())


def test_a_thousand_faults_are_counted_and_the_first_are_told() -> None:
    books = [replace(collect(f"P{n}", 1), amount_poisha=0.5) for n in range(1000)]
    proved = proof.Proof()
    for each in books:
        proved.take(each)
    lawful = proved.checks()[1]
    assert (lawful.violated, len(lawful.examples)) == (1000, proof.MOST_EXAMPLES)


@pytest.mark.parametrize("module", [proof, proof_of_days], ids=lambda one: one.__name__)
def test_the_proof_imports_nothing_of_ours(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    ours = {name for name in modules if name and name.startswith("post_logistics")}
    assert ours <= {"post_logistics.cod.proof"}
