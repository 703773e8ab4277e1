"""A transfer is taken back by a new fact with a name and a reason, and not from under what rests on it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.cod.ledger import Transfer, balances
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.money.sealing import seal_books
from post_logistics.operations.money.taking_back import take_back
from post_logistics.storage.database import Connection
from post_logistics.storage.money.books import load_reversal
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from tests.cod.settled_day import (
    BANK,
    BOIBAZAR,
    EVENING,
    NEXT_EVENING,
    NOON,
    OTHER_RIDER,
    RIDER,
    SHAJGOJ,
    TILL,
    a_settled_day,
    collect,
    moved,
)
from tests.operations.money.test_checking import lay, without_papers

WHY = {"why": "typed twice", "by": "Rahima Khatun"}


def paid(name: str, amount_poisha: int, at: datetime = NOON) -> Transfer:
    return moved(Code.COLLECT, RIDER, SHAJGOJ, amount_poisha, at, name)


def back(connection: Connection, one: Transfer, **changes: Any) -> Transfer:
    return take_back(connection, one.transfer_id, **{**WHY, "at": NEXT_EVENING, **changes})


def test_what_is_taken_back_is_as_if_it_had_not_been_and_says_who_and_why(connection: Connection) -> None:
    one, other = paid("A", 5_00), paid("B", 7_00)
    append_transfers(connection, [one, other])
    reversal = back(connection, one)
    assert load_balances(connection) == balances([one, other, reversal])
    assert load_balances(connection)[RIDER] == 7_00
    kept = load_reversal(connection, one.transfer_id)
    assert kept is not None
    assert (kept.transfer_id, kept.why, kept.by) == (reversal.transfer_id, "typed twice", "Rahima Khatun")
    assert without_papers(connection) == {}


def test_told_again_it_is_the_same_and_by_another_it_is_refused(connection: Connection) -> None:
    one = paid("A", 5_00)
    append_transfers(connection, [one])
    reversal = back(connection, one)
    assert back(connection, one, at=NEXT_EVENING + timedelta(days=1)).transfer_id == reversal.transfer_id
    with pytest.raises(Conflict, match="already"):
        back(connection, one, by="Jashim Uddin")
    assert len(load_transfers(connection)) == 2


def test_a_transfer_of_a_sealed_day_is_taken_back_on_a_later_day(connection: Connection) -> None:
    one = paid("A", 5_00)
    append_transfers(connection, [one])
    seal_books(connection, NOON.date(), NEXT_EVENING)
    back(connection, one)
    assert load_balances(connection)[RIDER] == 0
    assert load_balances(connection, until=EVENING)[RIDER] == 5_00
    assert without_papers(connection) == {}


def test_a_reversal_is_not_taken_back_and_nor_is_what_is_not_there(connection: Connection) -> None:
    one = paid("A", 5_00)
    append_transfers(connection, [one])
    with pytest.raises(Unacceptable, match="not reversed"):
        back(connection, back(connection, one))
    with pytest.raises(NotFound):
        take_back(connection, UUID(int=5), **WHY, at=NOON)


@pytest.mark.parametrize("changes", [{"why": ""}, {"by": " "}])
def test_nobody_and_no_reason_are_refused(connection: Connection, changes: dict[str, str]) -> None:
    with pytest.raises(Unacceptable):
        back(connection, paid("A", 5_00), **changes)


@pytest.mark.parametrize(
    ("code", "rests"),
    [
        (Code.COLLECT, "the shortage rider-close:1215-R01 rests on it"),
        (Code.HAND_IN, "the deposit office-close:1215 rests on it"),
        (Code.DEPOSIT, "the deposit_confirmed office-close:1215 rests on it"),
        (Code.DEPOSIT_CONFIRMED, "the payout_confirmed settlement-merchant_payable:"),
        (Code.PAY_OUT, "the payout_confirmed settlement-merchant_payable:shajgoj rests on it"),
    ],
)
def test_what_a_later_step_rests_on_stays_and_the_step_is_named(connection: Connection, code: Code, rests: str) -> None:
    books = a_settled_day()
    lay(connection, books)
    with pytest.raises(Conflict, match=rests) as refused:
        back(connection, next(one for one in books if one.code is code), at=NEXT_EVENING + timedelta(days=1))
    assert refused.value.remedy
    assert load_balances(connection) == balances(books)


def test_a_collection_that_was_counted_stays_though_the_rider_has_other_cash_by_now(connection: Connection) -> None:
    """The sign of the balance alone would let it go, and the next count would be out."""
    first, handed = paid("A", 5_00), moved(Code.HAND_IN, TILL, RIDER, 5_00, EVENING, "close")
    append_transfers(connection, [first, handed, paid("B", 9_00, NEXT_EVENING)])
    with pytest.raises(Conflict, match="the hand_in close rests on it"):
        back(connection, first)


def test_once_the_step_is_taken_back_what_it_rested_on_can_be(connection: Connection) -> None:
    first, handed = paid("A", 5_00), moved(Code.HAND_IN, TILL, RIDER, 5_00, EVENING, "close")
    append_transfers(connection, [first, handed])
    back(connection, handed)
    back(connection, first)
    assert set(load_balances(connection).values()) == {0}


def test_money_that_was_paid_out_is_not_taken_back_from_the_merchant(connection: Connection) -> None:
    found = moved(Code.EXCESS_CREDITED, "suspense:1215", BOIBAZAR, 5_00, NOON, "found")
    excess = moved(Code.TILL_EXCESS, TILL, "suspense:1215", 5_00, NOON, "count")
    gone = moved(Code.PAY_OUT, BOIBAZAR, "payout_in_transit:boibazar", 5_00, EVENING, "settled")
    append_transfers(connection, [excess, found, gone])
    with pytest.raises(Conflict, match="the pay_out settled rests on it"):
        back(connection, found)


def test_an_account_is_not_brought_below_zero_even_where_no_step_can_be_named(connection: Connection) -> None:
    charge = moved(Code.BANK_INTEREST, BANK, "other_income", 5_00, NOON, "interest")
    fee = moved(Code.BANK_CHARGE, "bank_charges:sonali", BANK, 5_00, NOON, "charge")
    append_transfers(connection, [charge, fee])
    with pytest.raises(Conflict, match=r"settlement_bank would stand at Tk -5\.00"):
        back(connection, charge)
    assert OTHER_RIDER not in load_balances(connection)


def test_a_settlement_that_lists_the_parcel_rests_on_its_collection(story: Any) -> None:
    (item,) = story.book(100_000)
    one = collect(item, 1_000_00, merchant="merchant_payable:test-shop", at=story.at)
    append_transfers(story.connection, [one])
    story.connection.execute(text("set local session_replication_role = replica"))
    story.connection.execute(
        text(
            "insert into settlement_lines (item_number, settlement_id, order_ref, outcome, collected_poisha, "
            "postage_poisha, cod_fee_poisha, vat_poisha) values (:item, 'shop-1', 'R', 'delivered', 1, 0, 0, 0)"
        ),
        {"item": item},
    )
    with pytest.raises(Conflict, match="the settlement shop-1 rests on it"):
        back(story.connection, one)
