"""What a statement shows, whatever people did before or after: no taka twice, none forgotten."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import breaches, transfer
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.cod.shortages import Clearing, Way
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import confirm
from post_logistics.operations.money.match_by_hand import match_by_hand, undo_match
from post_logistics.operations.money.shortages import clear_difference
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from post_logistics.units import Postcode
from tests.operations.money.bank import AT, Bank, deposit, payment

_K = AccountKind
OFFICE = Postcode("1216")


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """Whatever a test does, the independent proof accepts the books, and the bank account is what the bank shows."""
    bank = Bank(database)
    yield bank
    with database.transaction() as connection:
        assert check_books(load_transfers(connection)) == ()
        assert not breaches(load_balances(connection))
    shown = bank.ask("select coalesce(sum(amount_poisha), 0) from statement_lines where source = 'bank'")
    assert bank.standing(_K.SETTLEMENT_BANK) == shown


def by_hand(bank: Bank, line: UUID, *entries: tuple[EntryKind, str]) -> UUID:
    with bank.database.transaction() as connection:
        return match_by_hand(connection, [line], entries, why="the slip", by="rahima", at=AT).match_id


def undo(bank: Bank, match: UUID) -> None:
    with bank.database.transaction() as connection:
        undo_match(connection, match, why="another's slip", by="karim", at=AT)


def say_confirmed(bank: Bank, close: str, amount: int) -> None:
    with bank.database.transaction() as connection:
        confirm(connection, close, amount, AT)


def refund(bank: Bank, amount: int, code: Code = Code.REFUND_DIGITAL) -> None:
    """A provider has given money back to a recipient."""
    merchant = account(_K.MERCHANT_PAYABLE, "shop")
    debit = account(_K.UNIDENTIFIED_RECEIPTS, "bkash") if code is Code.UNPLACED_REFUNDED else merchant
    clearing = account(_K.PROVIDER_CLEARING, "bkash")
    at = datetime.combine(AT.date() - timedelta(days=1), time(12), AT.tzinfo)
    moved = transfer(code, debit=debit, credit=clearing, amount_poisha=amount, at=at, cause=str(uuid4()))
    with bank.database.transaction() as connection:
        append_transfers(connection, [moved])


def test_a_deposit_that_the_statement_showed_is_not_confirmed_once_more_by_hand(bank: Bank) -> None:
    close = deposit(bank.database, 1_000_00, "SB-004217")
    bank.shows(1_000_00, "SB-004217")
    bank.match()
    say_confirmed(bank, close, 1_000_00)
    assert bank.standing(_K.BANK_IN_TRANSIT, "1216") == 0


def test_what_was_confirmed_by_hand_and_counted_otherwise_is_what_the_bank_counted(bank: Bank) -> None:
    close = deposit(bank.database, 1_000_00, "SB-004217")
    say_confirmed(bank, close, 1_000_00)
    line = bank.shows(990_00, "SB-004217")
    match = by_hand(bank, line, (EntryKind.DEPOSIT, close))
    assert (bank.standing(_K.BANK_IN_TRANSIT, "1216"), bank.standing(_K.OFFICE_DEBT, "1216")) == (0, 10_00)
    assert bank.standing(_K.SETTLEMENT_BANK) == 990_00
    undo(bank, match)
    assert (bank.standing(_K.BANK_IN_TRANSIT, "1216"), bank.standing(_K.OFFICE_DEBT, "1216")) == (1_000_00, 0)


def test_what_was_confirmed_by_hand_is_on_its_way_again_once_its_match_is_undone(bank: Bank) -> None:
    close = deposit(bank.database, 1_000_00, "SB-004217")
    say_confirmed(bank, close, 1_000_00)
    bank.shows(1_000_00, "SB-004217")
    assert bank.match().by_rule == {"reference": 1}
    undo(bank, bank.ask("select match_id from matches"))
    assert bank.standing(_K.BANK_IN_TRANSIT, "1216") == 1_000_00
    assert bank.standing(_K.UNIDENTIFIED_RECEIPTS, "bank") == 1_000_00


def clear(bank: Bank, facts: Facts, way: Way, amount: int, by: str = "nasrin") -> Clearing:
    clearing = Clearing(
        clearing_id=uuid4(), way=way, office=OFFICE, amount_poisha=amount, why="agreed", cleared_by=by, cleared_at=AT
    )
    with bank.database.transaction() as connection:
        return clear_difference(connection, facts, clearing)


def test_a_difference_that_was_made_good_since_keeps_its_match(bank: Bank, facts: Facts) -> None:
    close = deposit(bank.database, 1_000_00, "SB-004217")
    line = bank.shows(990_00, "SB-004217")
    match = by_hand(bank, line, (EntryKind.DEPOSIT, close))
    clear(bank, facts, Way.DEDUCTED, 10_00)
    with pytest.raises(Conflict, match="cleared since"):
        undo(bank, match)
    assert bank.standing(_K.PAY_DEDUCTIONS, "1216") == 10_00


def test_what_was_deducted_from_pay_comes_in_by_a_line_and_is_undone_with_it(bank: Bank, facts: Facts) -> None:
    for slip, amount in (("SB-004217", 1_000_00), ("SB-005218", 2_000_00)):
        close = deposit(bank.database, amount, slip)
        by_hand(bank, bank.shows(amount - 10_00, slip), (EntryKind.DEPOSIT, close))
    first, second = (clear(bank, facts, Way.DEDUCTED, amount) for amount in (7_00, 13_00))
    line = bank.shows(20_00, "", "SALARY DEDUCTIONS NOV")
    assert bank.match().by_reason == {"no_candidate": 1}
    entries = [(EntryKind.DEDUCTION, str(one.clearing_id)) for one in (first, second)]
    with pytest.raises(Unacceptable, match="differ by"):
        by_hand(bank, line, entries[0])
    match = by_hand(bank, line, *entries)
    assert (bank.standing(_K.PAY_DEDUCTIONS, "1216"), bank.standing(_K.UNIDENTIFIED_RECEIPTS, "bank")) == (0, 0)
    undo(bank, match)
    assert bank.standing(_K.PAY_DEDUCTIONS, "1216") == 20_00


def test_a_provider_keeps_a_refund_of_its_lump_and_unplaced_money_comes_with_it(bank: Bank) -> None:
    for n in range(2):
        payment(bank.database, 1_000_00, f"pay-{n}")
    refund(bank, 400_00)
    clearing, unplaced = account(_K.PROVIDER_CLEARING, "bkash"), account(_K.UNIDENTIFIED_RECEIPTS, "bkash")
    at = AT - timedelta(days=1)
    held = transfer(Code.DIGITAL_UNPLACED, debit=clearing, credit=unplaced, amount_poisha=200_00, at=at, cause="pay-9")
    with bank.database.transaction() as connection:
        append_transfers(connection, [held])
    bank.shows(2 * 985_00 + 197_00 - 400_00, "", "BKASH SETTLEMENT")
    assert bank.match().by_rule == {"group": 1}
    assert (bank.standing(_K.PROVIDER_CLEARING, "bkash"), bank.standing(_K.PROVIDER_FEES, "bkash")) == (0, 33_00)


def test_a_refund_that_the_provider_takes_back_from_the_bank_is_repaid(bank: Bank) -> None:
    payment(bank.database, 1_000_00, "pay-1")
    bank.shows(985_00, "", "BKASH SETTLEMENT")
    bank.match()
    deposit(bank.database, 500_00, "SB-004217")
    bank.shows(500_00, "SB-004217")
    refund(bank, 400_00)
    bank.shows(-400_00, "", "BKASH REFUND")
    assert bank.match().by_rule == {"amount": 1, "reference": 1}
    assert bank.standing(_K.PROVIDER_CLEARING, "bkash") == 0
    undo(bank, bank.ask("select match_id from match_entries where amount_poisha < 0"))
    assert bank.standing(_K.UNIDENTIFIED_PAYMENTS, "bank") == 400_00
    bank.match()
