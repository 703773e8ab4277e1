import ast
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from post_logistics.cod import proof
from post_logistics.cod.ledger import Transfer, reverse
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from tests.cod.books import BANK, EVENING, TILL, a_settled_day, carried_by, collect, payable

OTHER_ID = UUID(int=1)


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
        (changed(Code.HAND_IN, reverses=OTHER_ID, debit=carried_by(), credit=TILL), "not in the books"),
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


def test_red_control_money_posted_past_the_merchant_breaks_the_identity() -> None:
    """With the table of lawful postings switched off, the sums alone still see it."""
    assert proof._identities(a_settled_day()) == []
    assert "the places hold" in proof._identities(changed(Code.TAKE_FEE, credit=BANK))[0]
    assert f"{payable()}: collected" in proof._identities(changed(Code.TAKE_FEE, code="gift"))[0]


def test_the_proof_imports_nothing_of_ours() -> None:
    tree = ast.parse(Path(proof.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert modules <= {"collections", "collections.abc", "datetime", "typing"}
