"""The books are opened once, with what adds up, by two people."""

from datetime import timedelta
from typing import Any

import pytest

from post_logistics.cod.opening import read_opening
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.checking import prove_books
from post_logistics.operations.money.opening import open_books
from post_logistics.operations.money.sealing import seal_books
from post_logistics.operations.money.taking_back import take_back
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import load_balances, load_transfers

TABLE = "account,balance\noffice_till:1215,300\nmerchant_payable:test-shop,-200\nopening_balances,-100\n"
PEOPLE = {"by": "Rahima Khatun", "countersigned_by": "Jashim Uddin"}


def opened(story: Any, facts: Facts, table: str = TABLE, **changes: Any) -> Any:
    given = {"at": story.at, **PEOPLE, **changes}
    return open_books(story.connection, facts, read_opening(table), **given)


def test_the_balances_stand_and_are_proven(story: Any, facts: Facts) -> None:
    story.book(1)
    assert opened(story, facts).accounts == 3
    assert load_balances(story.connection) == {
        "office_till:1215": 300_00,
        "merchant_payable:test-shop": -200_00,
        "opening_balances": -100_00,
    }
    assert not [check for check in prove_books(story.connection) if check.violated]


def test_told_again_it_is_the_same_even_after_the_day_is_sealed(story: Any, facts: Facts) -> None:
    story.book(1)
    first = opened(story, facts)
    before = load_transfers(story.connection)
    later = story.at + timedelta(days=3)
    seal_books(story.connection, story.at.date(), later)
    again = opened(story, facts, TABLE.replace("\n", "\r\n"), at=later, by="Somebody Else")
    assert (again, load_transfers(story.connection)) == (first, before)


def test_other_balances_are_refused_once_the_books_are_open(story: Any, facts: Facts) -> None:
    story.book(1)
    opened(story, facts)
    with pytest.raises(Conflict, match="Rahima Khatun and Jashim Uddin"):
        opened(story, facts, "account,balance\noffice_till:1216,5\nfee_revenue,-5\n")
    assert "office_till:1216" not in load_balances(story.connection)


@pytest.mark.parametrize("second", ["Rahima Khatun", " rahima  KHATUN ", "", " "])
def test_one_person_is_not_two(story: Any, facts: Facts, second: str) -> None:
    with pytest.raises(Unacceptable, match="two people"):
        opened(story, facts, countersigned_by=second)


@pytest.mark.parametrize(
    "table", ["office_till:0001,5\nfee_revenue,-5", "settlement_bank,5\nmerchant_payable:nobody,-5"]
)
def test_money_of_a_stranger_is_refused(story: Any, facts: Facts, table: str) -> None:
    with pytest.raises(Unacceptable, match="there is no"):
        opened(story, facts, f"account,balance\n{table}\n")


def test_nothing_opens_nothing(story: Any, facts: Facts) -> None:
    with pytest.raises(Unacceptable, match="no balance"):
        opened(story, facts, "account,balance\n")


def test_a_wrong_opening_balance_is_taken_back_and_the_papers_still_agree(story: Any, facts: Facts) -> None:
    story.book(1)
    opened(story, facts)
    till = next(one for one in load_transfers(story.connection) if one.debit == "office_till:1215")
    take_back(story.connection, till.transfer_id, why="counted again", by="Rahima Khatun", at=story.at)
    assert load_balances(story.connection)["office_till:1215"] == 0
    assert not [check for check in prove_books(story.connection) if check.violated]


def test_a_second_process_opens_nothing_anew(connection: Connection, facts: Facts, story: Any) -> None:
    story.book(1)
    opened(story, facts)
    assert len([one for one in load_transfers(connection) if one.code.startswith("opening")]) == 2
