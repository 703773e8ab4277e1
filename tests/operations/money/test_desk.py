"""What the finance desk sees at a glance, of money that is on its way to a bank."""

from datetime import date, timedelta

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import transfer
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.postings import Code
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.desk import (
    DayStage,
    days_of_offices,
    expected_near,
    glance,
    latest_matches,
    match_of_line,
)
from post_logistics.operations.money.match_by_hand import match_by_hand, undo_match
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.storage.money.suspense import load_one
from tests.operations.money.bank import AT, Bank, deposit, payment, payout

CLOSED_ON = date(2026, 11, 21)


@pytest.fixture
def bank(database: Database) -> Bank:
    return Bank(database)


def test_what_waits_is_counted_with_its_sum(database: Database, bank: Bank) -> None:
    deposit(database, 2_000_00, "SB-1")
    payout(database, 500_00, "shop-2026-11-21")
    bank.shows(1_990_00, "SB-1")
    bank.shows(-70_00, "who knows")
    bank.match()
    with database.transaction() as connection:
        seen = glance(connection)
    waits = {name: (heap.count, heap.amount_poisha) for name, heap in seen.heaps.items()}
    assert waits == {
        "lines": (2, 2_060_00),
        "proposals": (1, 1_990_00),
        "ordered": (0, 0),
        "approved": (1, 500_00),
        "filed": (0, 0),
        "held": (0, 0),
        "advances": (0, 0),
    }
    assert seen.places[AccountKind.BANK_IN_TRANSIT] == 2_000_00
    assert seen.places[AccountKind.PAYOUT_IN_TRANSIT] == 500_00
    assert seen.owed_poisha == 1_500_00


def test_what_is_expected_is_found_by_words_and_by_the_nearest_amount(database: Database, bank: Bank) -> None:
    near, far = deposit(database, 1_000_00, "SB-NEAR"), deposit(database, 9_000_00, "SB-FAR", "1205")
    payout(database, 1_001_00, "shop-2026-11-21")
    line = bank.shows(1_001_00, "", "CASH")
    bank.match()
    with database.transaction() as connection:
        waiting = load_one(connection, line)
        assert waiting
        found = expected_near(connection, waiting)
        assert [one.entry_id for one in found] == ["shop-2026-11-21", near, far]
        assert found[0].kind is EntryKind.RETURN, "a payout goes out; what comes in is one that came back"
        assert [one.entry_id for one in expected_near(connection, waiting, " sb-far ")] == [far]
        assert [one.entry_id for one in expected_near(connection, waiting, "1205")] == [far]
        assert expected_near(connection, waiting, "100%") == [], "words are no pattern"


def test_payments_of_recipients_are_looked_through_for_a_word_alone(database: Database) -> None:
    wallet = Bank(database, "bkash")
    paid = payment(database, 700_00, "scan-1")
    payment(database, 800_00, "scan-2", provider="nagad")
    line = wallet.shows(710_00, "?", "RECEIVED")
    wallet.match()
    with database.transaction() as connection:
        waiting = load_one(connection, line)
        assert waiting
        assert expected_near(connection, waiting) == []
        assert [one.entry_id for one in expected_near(connection, waiting, "BKASH")] == [paid]


def test_matches_are_listed_the_latest_first_with_who_made_them(database: Database, bank: Bank) -> None:
    deposit(database, 1_000_00, "SB-1")
    bank.shows(1_000_00, "SB-1")
    bank.match()
    close = deposit(database, 3_000_00, "SB-2")
    line = bank.shows(3_000_00, "", "CASH")
    later = AT + timedelta(minutes=5)
    with database.transaction() as connection:
        made = match_by_hand(connection, [line], [(EntryKind.DEPOSIT, close)], why="the slip", by="rahima", at=later)
        assert match_of_line(connection, line) == made.match_id
        both, by_people = latest_matches(connection), latest_matches(connection, by_people=True)
        undo_match(connection, made.match_id, why="of another day", by="rahima", at=later)
        assert match_of_line(connection, line) is None
        (undone,) = latest_matches(connection, by_people=True)
    assert [one.match.amount_poisha for one in both] == [3_000_00, 1_000_00]
    assert [one.match.match_id for one in by_people] == [made.match_id]
    assert "the slip" in by_people[0].text_en and "rahima" in by_people[0].text_bn
    assert undone.match.undone_at == later


def test_an_offices_day_goes_from_the_slip_to_the_bank(database: Database, facts: Facts) -> None:
    close = deposit(database, 1_000_00, "SB-1")

    def stage() -> DayStage:
        with database.transaction() as connection:
            (day,) = days_of_offices(connection, facts, CLOSED_ON, AT)
        assert (day.office, day.to_deposit_poisha, day.riders, day.shortage_poisha) == ("1216", 1_000_00, 0, 0)
        return day.stage

    assert stage() is DayStage.PAID_IN
    transit, settled = account(AccountKind.BANK_IN_TRANSIT, "1216"), account(AccountKind.SETTLEMENT_BANK)
    with database.transaction() as connection:
        code = Code.DEPOSIT_CONFIRMED
        moved = transfer(code, debit=settled, credit=transit, amount_poisha=1_000_00, at=AT, cause=close)
        append_transfers(connection, [moved])
    assert stage() is DayStage.BANKED
