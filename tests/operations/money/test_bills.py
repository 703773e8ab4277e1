"""A bill asks for what no settlement can take, is paid once, and every taka of it is where the books say."""

from collections.abc import Iterator
from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.bills import BillState, bill_id_of
from post_logistics.cod.ledger import breaches, transfer
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.advices import statement_of_account
from post_logistics.operations.money.bills import bill_pdf, draw_bill, pay_bill, withdraw_bill
from post_logistics.operations.money.match_by_hand import match_by_hand, undo_match
from post_logistics.operations.money.owing import owed_now
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.money.taking_back import take_back
from post_logistics.storage.database import Database
from post_logistics.storage.money.bills import KeptBill, load_bill, load_bills
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from post_logistics.units import MerchantId, Postcode
from tests.operations.money.bank import AT, Bank
from tests.operations.money.paying import charged, parcels, shop
from tests.operations.money.test_checking import violated

_K = AccountKind
SHOP, OFFICE = MerchantId("bhumi-office"), Postcode("1216")
LATER = AT + timedelta(hours=1)
FIRST, SECOND = (bill_id_of(SHOP, number) for number in (1, 2))


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """A merchant that owes Tk 115. Whatever a test does, the books are proven, and the papers are posted."""
    bank = Bank(database)
    with database.transaction() as connection:
        shop(connection, SHOP, AT)
        charged(connection, SHOP, 100_00, 15_00, AT)
    yield bank
    with database.transaction() as connection:
        assert check_books(load_transfers(connection)) == ()
        assert not breaches(load_balances(connection))
        wrong = violated(connection)
        assert not {name: found for name, found in wrong.items() if "bill" in name}


def drawn(bank: Bank, facts: Facts) -> KeptBill:
    with bank.database.transaction() as connection:
        return draw_bill(connection, facts, SHOP, by="Rahima", at=AT)


def paid(bank: Bank, bill: KeptBill, office: Postcode = OFFICE) -> KeptBill:
    with bank.database.transaction() as connection:
        return pay_bill(connection, bill.bill_id, office, LATER)


def loaded(bank: Bank, bill: KeptBill) -> KeptBill:
    with bank.database.transaction() as connection:
        return load_bill(connection, bill.bill_id)


def test_a_bill_is_all_that_is_due_and_nothing_is_due_then(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)
    assert (bill.bill_id, bill.state, bill.due_on) == (FIRST, BillState.OPEN, date(2026, 12, 7))
    assert (bill.fees_poisha, bill.vat_poisha, bill.total_poisha) == (100_00, 15_00, 115_00)
    assert bank.standing(_K.MERCHANT_BILLED, SHOP) == 115_00
    assert bank.standing(_K.MERCHANT_FEES_DUE, SHOP) == bank.standing(_K.MERCHANT_VAT_DUE, SHOP) == 0
    with pytest.raises(Conflict, match="owes no charges"):
        drawn(bank, facts)
    with bank.database.transaction() as connection:
        charged(connection, SHOP, 40_00, 6_00, AT)
    assert drawn(bank, facts).total_poisha == 46_00
    with bank.database.transaction() as connection:
        assert [one.bill_id for one in load_bills(connection, SHOP)] == [SECOND, FIRST]
        assert load_bills(connection, SHOP, [BillState.PAID]) == []
        assert owed_now(connection, SHOP) == -161_00


def test_a_credit_of_one_kind_is_set_against_the_other(bank: Bank, facts: Facts) -> None:
    with bank.database.transaction() as connection:
        credit = {"debit": account(_K.OFFICE_TILL, OFFICE), "credit": account(_K.MERCHANT_FEES_DUE, SHOP)}
        ahead = transfer(Code.POSTAGE_COUNTER, **credit, amount_poisha=110_00, at=AT, cause="paid ahead")
        append_transfers(connection, [ahead])
    bill = drawn(bank, facts)
    assert (bill.fees_poisha, bill.vat_poisha) == (0, 5_00)
    paid(bank, bill)
    with bank.database.transaction() as connection:
        assert owed_now(connection, SHOP) == 0


def test_it_is_paid_at_a_counter_once(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)
    done = paid(bank, bill)
    assert (done.state, done.paid_into, done.paid_at) == (BillState.PAID, OFFICE, LATER)
    assert paid(bank, bill) == done, "told again"
    assert bank.standing(_K.OFFICE_TILL, OFFICE) == 115_00 and bank.standing(_K.MERCHANT_BILLED, SHOP) == 0
    with pytest.raises(Conflict, match="paid at 1216"):
        paid(bank, bill, Postcode("1205"))
    line = bank.shows(115_00, bill.bill_id)
    assert bank.match().matches == 0, "what the bank shows besides is somebody's question"
    with bank.database.transaction() as connection, pytest.raises(NotFound):
        match_by_hand(connection, [line], [(EntryKind.BILL, bill.bill_id)], why="the name", by="rahima", at=LATER)


def test_the_banks_statement_pays_it_by_its_number(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)
    bank.shows(115_00, text=f"NPSB BHUMI OFFICE {bill.bill_id.upper()}")
    assert bank.match().matches == 1
    assert (loaded(bank, bill).state, loaded(bank, bill).paid_into) == (BillState.PAID, "bank")
    with pytest.raises(Conflict, match="into the bank"):
        paid(bank, bill)
    match_id = bank.ask("select match_id from matches")
    with bank.database.transaction() as connection:
        undo_match(connection, match_id, why="another's", by="karim", at=LATER)
    assert loaded(bank, bill).state is BillState.OPEN
    assert bank.standing(_K.UNIDENTIFIED_RECEIPTS, "bank") == 115_00
    assert bank.match().matches == 1, "and it is matched anew"


def test_the_same_amount_alone_is_no_payment(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)
    line = bank.shows(115_00, text="BHUMI OFFICE")
    assert bank.match().matches == 0 and loaded(bank, bill).state is BillState.OPEN
    short = bank.shows(100_00, bill.bill_id)
    assert bank.match().matches == 0
    with bank.database.transaction() as connection, pytest.raises(Unacceptable, match="differ"):
        match_by_hand(connection, [short], [(EntryKind.BILL, bill.bill_id)], why="the name", by="rahima", at=LATER)
    with bank.database.transaction() as connection:
        match_by_hand(connection, [line], [(EntryKind.BILL, bill.bill_id)], why="a call", by="rahima", at=LATER)
    assert loaded(bank, bill).state is BillState.PAID


def test_a_bill_that_is_withdrawn_is_due_as_before(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)

    def withdraw(why: str = "the tariff was wrong") -> KeptBill:
        with bank.database.transaction() as connection:
            return withdraw_bill(connection, bill.bill_id, why=why, by="Rahima", at=LATER)

    with pytest.raises(Unacceptable, match="why"):
        withdraw("  ")
    assert withdraw().state is withdraw().state is BillState.WITHDRAWN
    assert bank.standing(_K.MERCHANT_FEES_DUE, SHOP) == 100_00 and bank.standing(_K.MERCHANT_BILLED, SHOP) == 0
    with pytest.raises(Conflict, match="withdrawn"):
        paid(bank, bill)
    again = drawn(bank, facts)
    assert (again.bill_id, again.total_poisha) == (SECOND, 115_00)
    bank.shows(115_00, bill.bill_id)
    assert bank.match().matches == 0, "the old number pays nothing"
    paid(bank, again)
    with bank.database.transaction() as connection, pytest.raises(Conflict, match="paid"):
        withdraw_bill(connection, again.bill_id, why="late", by="Rahima", at=LATER)


def test_a_payment_typed_by_mistake_is_taken_back_and_the_bill_paid_again(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)
    for turn in range(2):
        assert paid(bank, bill).state is BillState.PAID
        with bank.database.transaction() as connection:
            (money,) = (
                one
                for one in load_transfers(connection)
                if one.code is Code.BILL_COUNTER and one.reverses is None and one.at == LATER
                and one.transfer_id not in {other.reverses for other in load_transfers(connection)}
            )  # fmt: skip
            take_back(connection, money.transfer_id, why="another's money", by="Karim", at=LATER)
        assert loaded(bank, bill).state is BillState.OPEN and bank.standing(_K.OFFICE_TILL, OFFICE) == 0, turn
    with bank.database.transaction() as connection:
        charge = next(one for one in load_transfers(connection) if one.code is Code.BILL)
        with pytest.raises(Conflict, match="the bill"):
            take_back(connection, charge.transfer_id, why="x", by="Karim", at=LATER)


def test_no_settlement_takes_what_is_on_a_bill(bank: Bank, facts: Facts) -> None:
    bill = drawn(bank, facts)
    with bank.database.transaction() as connection:
        merchant = shop(connection, SHOP, AT)
        items = parcels(connection, SHOP, [400_000], AT)
        made = settle_merchant(connection, facts, merchant, AT.date(), AT, cleared=set(items), by="clerk")
        assert made.fees_taken_poisha == sum(line.fee_poisha for line in made.lines)
    assert loaded(bank, bill).state is BillState.OPEN and bank.standing(_K.MERCHANT_BILLED, SHOP) == 115_00


def test_the_statement_of_account_has_the_charge_once_and_the_payment_once(bank: Bank, facts: Facts) -> None:
    paid(bank, drawn(bank, facts))
    with bank.database.transaction() as connection:
        told = statement_of_account(connection, SHOP, AT.date(), AT.date(), LATER)
        assert [one.change_poisha for one in told.movements] == [-100_00, -15_00, 115_00]
        assert told.closing_poisha == 0
        assert bill_pdf(connection, facts, load_bill(connection, FIRST)).startswith(b"%PDF")


def test_of_two_at_once_one_bill_is_drawn_and_one_payment_taken(bank: Bank, facts: Facts) -> None:
    answers: list[str] = []

    def second(what: str, bill_id: str = "") -> None:
        try:
            with bank.database.transaction() as connection:
                if what == "draw":
                    draw_bill(connection, facts, SHOP, by="Karim", at=AT)
                else:
                    pay_bill(connection, bill_id, Postcode("1205"), LATER)
            answers.append("done")
        except PostError as error:
            answers.append(error.message)

    for what in ("draw", "pay"):
        with bank.database.transaction() as connection:
            if what == "draw":
                bill = draw_bill(connection, facts, SHOP, by="Rahima", at=AT)
            else:
                bill = pay_bill(connection, bill.bill_id, OFFICE, LATER)
            other = Thread(target=second, args=(what, bill.bill_id))
            other.start()
            other.join(timeout=0.5)
            assert other.is_alive(), "the second waits for the first"
        other.join()
    assert "owes no charges" in answers[0] and "paid at 1216" in answers[1]


def test_what_is_not_there_is_said(bank: Bank, facts: Facts) -> None:
    with bank.database.transaction() as connection:
        with pytest.raises(NotFound):
            load_bill(connection, "bill-nothing")
        with pytest.raises(NotFound):
            draw_bill(connection, facts, "nobody", by="Rahima", at=AT)
        with pytest.raises(Unacceptable, match="nobody"):
            draw_bill(connection, facts, SHOP, by=" ", at=AT)
    bill = drawn(bank, facts)
    with bank.database.transaction() as connection, pytest.raises(NotFound):
        load_bill(connection, bill.bill_id, "another-shop")
    with pytest.raises(DBAPIError, match="facts"), bank.database.transaction() as connection:
        connection.execute(text("update bills set fees_poisha = 1"))
