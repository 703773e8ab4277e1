"""Statements against the books: what is found is posted once, the rest as unidentified, and all can be undone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.cod.accounts import AccountKind
from post_logistics.cod.ledger import breaches
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.proof import check_books
from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.money.match_by_hand import confirm_proposal, match_by_hand, undo_match
from post_logistics.operations.money.suspense import note_line, take_line
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.storage.money.suspense import load_queue, load_steps
from tests.operations.money.bank import AT, RULES, Bank, deposit, payment, payout

_K = AccountKind


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


def by_hand(bank: Bank, line: UUID, *entries: tuple[EntryKind, str], **how: Any) -> Any:
    with bank.database.transaction() as connection:
        return match_by_hand(connection, [line], entries, **{"why": "the slip", "by": "rahima", "at": AT} | how)


def queue(bank: Bank) -> Any:
    with bank.database.transaction() as connection:
        return load_queue(connection)


def test_a_deposit_on_the_statement_is_in_the_bank(bank: Bank) -> None:
    deposit(bank.database, 1_000_00, "SB-004217")
    bank.shows(1_000_00, "SB-004217")
    run = bank.match()
    assert (run.lines, run.matches, run.by_rule, run.by_reason) == (1, 1, {"reference": 1}, {})
    assert bank.standing(_K.BANK_IN_TRANSIT, "1216") == 0
    before = bank.ask("select count(*) from transfers")
    assert bank.match().lines == 0
    assert bank.ask("select count(*) from transfers") == before


def test_a_line_that_nobody_explains_is_in_the_books_and_in_the_queue_until_somebody_does(bank: Bank) -> None:
    line = bank.shows(1_000_00, "SB-004217")
    for _ in range(2):
        assert bank.match().by_reason == {"no_candidate": 1}
    assert bank.standing(_K.UNIDENTIFIED_RECEIPTS, "bank") == 1_000_00
    assert [one.line_id for one in queue(bank)] == [line]
    deposit(bank.database, 1_000_00, "SB-004217")
    assert bank.match(at=AT + timedelta(days=1)).by_rule == {"reference": 1}
    assert bank.standing(_K.UNIDENTIFIED_RECEIPTS, "bank") == 0
    assert queue(bank) == []


def test_a_lump_is_what_a_provider_owed_less_its_fee(bank: Bank) -> None:
    for n in range(3):
        payment(bank.database, 1_000_00, f"pay-{n}")
    bank.shows(3 * 985_00, "", "BKASH SETTLEMENT")
    assert bank.match().by_rule == {"group": 1}
    assert bank.standing(_K.PROVIDER_CLEARING, "bkash") == 0
    assert bank.standing(_K.PROVIDER_FEES, "bkash") == 45_00
    assert bank.ask("select count(*) from match_entries where kind = 'collection' and standing") == 3
    assert bank.ask("select difference_kind from matches") == "provider_fee"


def test_a_providers_own_statement_moves_no_money(bank: Bank) -> None:
    name = payment(bank.database, 1_000_00, "pay-1")
    wallet = Bank(bank.database, "bkash")
    wallet.shows(1_000_00, "", "PAYMENT", on=21)
    wallet.shows(77_00, "", "FEE", on=21)
    before = bank.ask("select count(*) from transfers")
    run = wallet.match()
    assert (run.by_rule, run.by_reason) == ({"amount": 1}, {"no_candidate": 1})
    assert bank.ask("select count(*) from transfers") == before
    assert bank.ask("select entry_id from match_entries where kind = 'payment'") == name


def test_a_payout_leaves_and_comes_back(bank: Bank) -> None:
    deposit(bank.database, 1_000_00, "SB-004217")
    bank.shows(1_000_00, "SB-004217")
    payout(bank.database, 600_00, "shop-2026-11-21")
    back = bank.shows(600_00, "", "EFT RETURN shop-2026-11-21")
    assert bank.match().by_reason == {"no_candidate": 1}
    bank.shows(-600_00, "SHOP20261121", "EFT")
    assert bank.match().matches == 2
    assert bank.standing(_K.PAYOUT_IN_TRANSIT, "shop") == 0
    assert bank.standing(_K.MERCHANT_PAYABLE, "shop") == 1_000_00
    assert bank.ask("select state from payouts") == "returned"
    assert bank.ask(f"select count(*) from match_lines where line_id = '{back}' and standing") == 1
    assert queue(bank) == []


def test_the_banks_charge_is_an_expense(bank: Bank) -> None:
    deposit(bank.database, 1_000_00, "SB-004217")
    bank.shows(1_000_00, "SB-004217")
    bank.shows(-57_50, "", "BANK CHARGE")
    assert bank.match().by_rule == {"reference": 1, "charge": 1}
    assert bank.standing(_K.BANK_CHARGES, "bank") == 57_50


@pytest.mark.parametrize(("shown", "debt", "over"), [(990_00, 10_00, 0), (1_010_00, 0, 10_00)])
def test_a_count_that_differs_is_confirmed_by_a_person_and_has_a_name(
    bank: Bank, shown: int, debt: int, over: int
) -> None:
    deposit(bank.database, 1_000_00, "SB-004217")
    line = bank.shows(shown, "SB-004217")
    assert bank.match().by_reason == {"to_confirm": 1}
    for _ in range(2):
        with bank.database.transaction() as connection:
            if queue_has := queue(bank):
                assert queue_has[0].detail["proposal"]["rule"] == "tolerance"
                match = confirm_proposal(connection, line, by="rahima", at=AT)
                assert (match.confirmed_by, match.difference_poisha) == ("rahima", shown - 1_000_00)
    assert (bank.standing(_K.OFFICE_DEBT, "1216"), bank.standing(_K.SUSPENSE, "1216")) == (debt, over)
    assert bank.standing(_K.BANK_IN_TRANSIT, "1216") == 0
    with bank.database.transaction() as connection, pytest.raises(Conflict, match="nothing is proposed"):
        confirm_proposal(connection, line, by="rahima", at=AT)


def test_a_match_is_undone_and_made_again(bank: Bank) -> None:
    close = deposit(bank.database, 1_000_00, "SB-004217")
    line = bank.shows(1_000_00, "SB-004217")
    for turn in range(3):
        assert bank.match(at=AT + timedelta(minutes=turn)).by_rule == {"reference": 1}
        match_id = bank.ask("select match_id from matches where undone_at is null")
        for _ in range(2):
            with bank.database.transaction() as connection:
                undone = undo_match(connection, match_id, why="wrong slip", by="karim", at=AT)
        assert (undone.undone_by, undone.undone_why) == ("karim", "wrong slip")
        assert bank.standing(_K.BANK_IN_TRANSIT, "1216") == 1_000_00
        assert bank.standing(_K.UNIDENTIFIED_RECEIPTS, "bank") == 1_000_00
        assert [one.line_id for one in queue(bank)] == [line]
    first = by_hand(bank, line, (EntryKind.DEPOSIT, close))
    assert by_hand(bank, line, (EntryKind.DEPOSIT, close)) == first
    assert (first.rule, first.made_by, first.explanation["why"]) == ("by_hand", "rahima", "the slip")
    assert bank.standing(_K.BANK_IN_TRANSIT, "1216") == 0
    with pytest.raises(Conflict, match="matched already"):
        by_hand(bank, line, (EntryKind.DEPOSIT, deposit(bank.database, 1_000_00, "SB-9")))


def test_what_a_person_says_has_to_add_up(bank: Bank) -> None:
    close = deposit(bank.database, 1_000_00, "SB-004217")
    other = deposit(bank.database, 500_00, "SB-004218")
    line, debit = bank.shows(1_400_00), bank.shows(-57_50)
    bank.match()
    one, two = (EntryKind.DEPOSIT, close), (EntryKind.DEPOSIT, other)
    with pytest.raises(Unacceptable, match="differ by Tk 100"):
        by_hand(bank, line, one, two)
    with pytest.raises(Unacceptable, match="differ"):
        by_hand(bank, debit, one)
    with pytest.raises(Unacceptable, match="nothing says why"):
        by_hand(bank, line, one, why=" ")
    with pytest.raises(Unacceptable, match="nobody"):
        by_hand(bank, line, one, by="matching")
    with pytest.raises(NotFound, match="no deposit"):
        by_hand(bank, line, (EntryKind.DEPOSIT, "office-close:9999:2026-11-22"))
    with pytest.raises(Unacceptable, match="not on this statement"):
        by_hand(bank, line, (EntryKind.PAYMENT, "x"))
    with pytest.raises(NotFound, match="no line"):
        by_hand(bank, UUID(int=7), one)
    assert by_hand(bank, line, one).difference_poisha == 400_00


def test_what_was_confirmed_by_hand_before_is_not_posted_again(bank: Bank) -> None:
    from post_logistics.cod.accounts import account
    from post_logistics.cod.ledger import transfer
    from post_logistics.cod.postings import Code
    from post_logistics.storage.money.ledger import append_transfers

    close = deposit(bank.database, 1_000_00, "SB-004217")
    debit, credit = account(_K.SETTLEMENT_BANK), account(_K.BANK_IN_TRANSIT, "1216")
    moved = transfer(Code.DEPOSIT_CONFIRMED, debit=debit, credit=credit, amount_poisha=1_000_00, at=AT, cause=close)
    with bank.database.transaction() as connection:
        append_transfers(connection, [moved])
    bank.shows(1_000_00, "SB-004217")
    assert bank.match().by_rule == {"reference": 1}


def test_many_who_match_at_once_match_once(bank: Bank) -> None:
    for n in range(40):
        deposit(bank.database, 1_000_00 + n, f"SB-10{n:04d}")
        bank.shows(1_000_00 + n, f"SB-10{n:04d}")
    bank.shows(5_00, "", "NOBODY")
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: bank.match(), range(6)))
    assert sum(run.matches for run in runs) == 40
    assert bank.ask("select count(*) from match_lines where standing") == 40


def test_two_people_cannot_give_one_line_to_two_entries(bank: Bank) -> None:
    closes = [deposit(bank.database, 1_000_00, f"SB-{n}") for n in range(8)]
    line = bank.shows(1_000_00)
    bank.match()

    def say(close: str) -> bool:
        try:
            by_hand(bank, line, (EntryKind.DEPOSIT, close))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(say, closes)) == 1


def test_red_control_the_tables_refuse_what_the_lock_keeps_apart(bank: Bank) -> None:
    from sqlalchemy.exc import IntegrityError

    deposit(bank.database, 1_000_00, "SB-004217")
    line = bank.shows(1_000_00, "SB-004217")
    bank.match()
    with bank.database.transaction() as connection, pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(
            text(
                "insert into matches (match_id, source, rule, explanation, difference_poisha, made_by, made_at) "
                "values (gen_random_uuid(), 'bank', 'by_hand', '{}', 0, 'x', now())"
            )
        )
        connection.execute(
            text(
                "insert into match_lines select match_id, :line, true from matches where rule = 'by_hand'",
            ),
            {"line": line},
        )


def test_a_line_in_suspense_is_taken_on_and_noted(bank: Bank) -> None:
    line = bank.shows(1_000_00)
    bank.match()
    with bank.database.transaction() as connection:
        for _ in range(2):
            assert take_line(connection, line, by="rahima", at=AT).owner == "rahima"
            assert note_line(connection, line, "asked the bank", by="rahima", at=AT).note == "asked the bank"
        assert [(one.number, one.step) for one in load_steps(connection, line)] == [(1, "taken"), (2, "noted")]
        assert load_queue(connection, owner="rahima")[0].line_id == line
        assert load_queue(connection, owner="karim") == load_queue(connection, reason="duplicate") == []
        with pytest.raises(NotFound):
            take_line(connection, UUID(int=7), by="rahima", at=AT)
        with pytest.raises(Unacceptable):
            note_line(connection, line, "  ", by="rahima", at=AT)


def test_a_run_stops_nobody_and_says_what_it_did(bank: Bank) -> None:
    heard: list[int] = []
    bank.shows(1_000_00)
    from post_logistics.operations.money.matching import match_source, match_sources

    match_source(bank.database, RULES, "bank", AT, heard.append)
    assert heard == [1]
    (run,) = match_sources(bank.database, lambda _: RULES, [], AT, heard.append)
    assert (run.source, run.lines) == ("bank", 1)
    with pytest.raises(NotFound):
        match_sources(bank.database, lambda _: RULES, ["nowhere"], AT, heard.append)


def test_of_two_equal_lines_the_upper_one_is_it_and_the_other_is_told_twice(bank: Bank) -> None:
    for n in range(8):
        deposit(bank.database, 1_000_00 + n, f"SB-0042{n}7")
        bank.shows(1_000_00 + n, f"SB-0042{n}7")  # odd rows
        bank.shows(1_000_00 + n, f"SB-0042{n}7")
    run = bank.match()
    assert (run.by_rule, run.by_reason) == ({"reference": 8}, {"duplicate": 8})
    assert bank.ask("select bool_and(row % 2 = 1) from match_lines join statement_lines using (line_id)")


def test_a_provider_that_has_paid_something_of_a_day_by_itself_does_not_pay_by_the_day(bank: Bank) -> None:
    apart = payment(bank.database, 300_00, "pay-1")
    payment(bank.database, 700_00, "pay-2")
    payment(bank.database, 500_00, "pay-3")
    by_hand(bank, bank.shows(300_00, text="BKASH"), (EntryKind.COLLECTION, apart))
    bank.shows(1_182_00, text="BKASH SETTLEMENT")  # the other two less 1.5 %
    run = bank.match()
    assert (run.by_rule, run.by_reason) == ({}, {"several_candidates": 1})
