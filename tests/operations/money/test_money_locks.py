"""Two who decide about the same money at once: the second waits, sees what the first has done, and decides anew."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from time import sleep
from typing import Any

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import transfer
from post_logistics.cod.matching.columns import EntryKind
from post_logistics.cod.payouts import PayoutState
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.closing import close_office_day
from post_logistics.operations.money.match_by_hand import match_by_hand, undo_match
from post_logistics.operations.money.payouts import cancel_payout, return_payout
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money import closes
from post_logistics.storage.money.ledger import append_transfers, load_transfers
from post_logistics.storage.money.receipts import hold_accounts
from post_logistics.units import Postcode
from tests.closes import count
from tests.operations.money.bank import AT, Bank, payout
from tests.operations.money.paying import to_the_bank

PAYOUT, SHOP = "PO-7314220", "shop"
TILL, PAYABLE = account(AccountKind.OFFICE_TILL, "1216"), account(AccountKind.MERCHANT_PAYABLE, SHOP)


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """A bank on whose statement a payout is; whatever happens, the proof accepts the books."""
    bank = Bank(database)
    fund(database)
    payout(database, 500_00, PAYOUT)
    yield bank
    with database.transaction() as connection:
        assert check_books(load_transfers(connection)) == ()


def fund(database: Database) -> None:
    """The counter has taken Tk 900 for the shop, and Tk 500 that a rider took are in the bank."""
    riders = account(AccountKind.RIDER_CASH, "1216-R01")
    taken = ((Code.COLLECT_COUNTER, TILL, 900_00), (Code.COLLECT, riders, 500_00))
    with database.transaction() as connection:
        moved = [
            transfer(code, debit=where, credit=PAYABLE, amount_poisha=amount, at=AT, cause="scans")
            for code, where, amount in taken
        ]
        append_transfers(connection, [*moved, *to_the_bank(500_00, AT, "close")])


def meanwhile(database: Database, first: Callable[[Connection], object], second: Callable[[], Any]) -> Future[Any]:
    """What becomes of the second, begun when the first was done and not yet kept."""
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            first(connection)
            waits = pool.submit(second)
            sleep(0.4)
            assert not waits.done(), "nobody held anything"
        waits.exception(timeout=20)
    return waits


def cancel(connection: Connection) -> object:
    return cancel_payout(connection, PAYOUT, why="a wrong account", by="kamal", at=AT)


def by_hand(bank: Bank) -> Callable[[Connection], Any]:
    line = bank.shows(-500_00, "no reference")
    return lambda connection: match_by_hand(
        connection, [line], [(EntryKind.PAYOUT, PAYOUT)], why="the list of the bank", by="rahima", at=AT
    )


def alone(database: Database, what: Callable[[Connection], Any]) -> Any:
    with database.transaction() as connection:
        return what(connection)


def test_a_payout_that_is_being_cancelled_is_not_confirmed(bank: Bank) -> None:
    bank.shows(-500_00, PAYOUT)
    run = meanwhile(bank.database, cancel, bank.match).result()
    assert (run.by_rule, run.by_reason) == ({}, {"no_candidate": 1})
    assert bank.ask("select state from payouts") == "cancelled"
    assert bank.standing(AccountKind.MERCHANT_PAYABLE, SHOP) == 1_400_00
    assert bank.standing(AccountKind.UNIDENTIFIED_PAYMENTS, "bank") == 500_00


def test_a_payout_that_is_being_confirmed_is_not_cancelled(bank: Bank) -> None:
    late = meanwhile(bank.database, by_hand(bank), lambda: alone(bank.database, cancel))
    assert isinstance(late.exception(), Conflict)
    assert "was paid" in str(late.exception())
    assert bank.ask("select state from payouts") == "approved"


def test_a_payout_that_came_back_stays_confirmed(bank: Bank) -> None:
    match = alone(bank.database, by_hand(bank))

    def back(connection: Connection) -> object:
        return return_payout(connection, PAYOUT, why="no such account", by="kamal", at=AT)

    def undo() -> object:
        return alone(bank.database, lambda one: undo_match(one, match.match_id, why="another's", by="rahima", at=AT))

    late = meanwhile(bank.database, back, undo)
    assert isinstance(late.exception(), Conflict)
    assert "came back" in str(late.exception())


def test_red_control_without_the_lock_a_payout_is_cancelled_and_paid(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.shows(-500_00, PAYOUT)
    everything = {PAYOUT: PayoutState.APPROVED}
    monkeypatch.setattr("post_logistics.operations.money.match_keeping.hold_payouts", lambda *_: everything)
    with pytest.raises(AssertionError, match="nobody held anything"):
        meanwhile(bank.database, cancel, bank.match)


def test_a_till_that_gives_money_out_is_counted_afterwards(bank: Bank, facts: Facts) -> None:
    def gives_back(connection: Connection) -> None:
        """As a refund at the counter does, whose lock is that of the account."""
        hold_accounts(connection, [TILL])
        back = transfer(Code.REFUND, debit=PAYABLE, credit=TILL, amount_poisha=300_00, at=AT, cause="refund-1")
        append_transfers(connection, [back])

    def closes_with(poisha: int) -> Any:
        return alone(
            bank.database,
            lambda one: close_office_day(
                one, facts, office=Postcode("1216"), closed_on=AT.date(), count=count(poisha), at=evening()
            ),
        )

    close = meanwhile(bank.database, gives_back, lambda: closes_with(600_00)).result()
    assert (close.expected_poisha, close.shortage_poisha) == (600_00, 0)


def evening() -> datetime:
    return AT.replace(hour=20)


def test_one_lock_keeps_a_till_whoever_asks_for_it(bank: Bank) -> None:
    meanwhile(
        bank.database,
        lambda connection: closes.hold_till(connection, "1216"),
        lambda: alone(bank.database, lambda connection: hold_accounts(connection, [TILL, PAYABLE])),
    ).result()
