"""Months are closed by two people, in order, when every day is sealed and the books are proven."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from post_logistics.cod.ledger import balances, trial_balance
from post_logistics.cod.postings import Code
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.operations.money.periods import close_month, trial_balance_on
from post_logistics.operations.money.sealing import seal_books
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.units import DHAKA
from tests.cod.settled_day import NOON, a_settled_day, moved
from tests.operations.money.test_checking import FORGERIES, forge, lay

LATER = datetime(2027, 2, 1, 9, tzinfo=DHAKA)
PEOPLE = {"by": "Rahima Khatun", "countersigned_by": "Jashim Uddin"}


def paid_in(at: datetime) -> Any:
    return moved(Code.AGENT_FLOAT_IN, "office_till:1216", "agent_float:dc-1216-01", 5_00, at, f"float {at}")


def close(connection: Connection, month: str = "2026-11", **changes: Any) -> Any:
    return close_month(connection, month, **{**PEOPLE, "at": LATER, **changes})


def some_months(connection: Connection) -> None:
    """November and December, sealed."""
    append_transfers(connection, [paid_in(NOON), paid_in(NOON + timedelta(days=20))])
    seal_books(connection, date(2026, 12, 31), LATER)


def test_a_month_is_closed_with_the_hash_of_its_last_day_and_closed_again_it_is_the_same(
    connection: Connection,
) -> None:
    some_months(connection)
    first = close(connection)
    assert (first.period, first.last_day, first.closed_by) == ("2026-11", date(2026, 11, 30), "Rahima Khatun")
    assert close(connection, by="Somebody Else") == first
    assert close(connection, "2026-12").last_day == date(2026, 12, 31)


def test_nothing_can_be_posted_into_a_closed_month(connection: Connection) -> None:
    some_months(connection)
    close(connection)
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=DHAKA)
    with pytest.raises(DBAPIError, match="sealed through"), connection.begin_nested():
        append_transfers(connection, [paid_in(last)])


@pytest.mark.parametrize(("month", "says"), [("2026-12", "2026-11"), ("2026-10", "2026-11"), ("2027-01", "2026-11")])
def test_months_are_closed_in_order(connection: Connection, month: str, says: str) -> None:
    some_months(connection)
    with pytest.raises(Conflict, match=f"the next month to close is {says}"):
        close(connection, month)


def test_a_month_whose_last_day_is_not_sealed_stays_open(connection: Connection) -> None:
    append_transfers(connection, [paid_in(NOON)])
    seal_books(connection, date(2026, 11, 29), LATER)
    with pytest.raises(Conflict, match="2026-11-30 is not sealed"):
        close(connection)


def test_books_that_are_not_proven_are_not_closed(connection: Connection) -> None:
    lay(connection, a_settled_day())
    seal_books(connection, date(2026, 11, 30), LATER)
    forge(connection, next(iter(FORGERIES)))
    with pytest.raises(Conflict, match="the books are not proven"):
        close(connection)


def test_one_person_closes_nothing_and_a_month_is_written_as_one(connection: Connection) -> None:
    some_months(connection)
    with pytest.raises(Unacceptable, match="two people"):
        close(connection, countersigned_by="rahima khatun")
    for month in ("2026-13", "2026-1", "202611", "November", "2026-11-01"):
        with pytest.raises(Unacceptable, match="not a month"):
            close(connection, month)


def test_the_trial_balance_of_a_day_is_that_of_all_up_to_its_midnight_in_dhaka(connection: Connection) -> None:
    books = a_settled_day()
    lay(connection, books)
    for day in (date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)):
        for _ in ("open", "sealed"):
            told = trial_balance_on(connection, day)
            assert told == trial_balance(balances(x for x in books if x.at.astimezone(DHAKA).date() <= day))
            assert told.balanced
            seal_books(connection, day, LATER)
    midnight = datetime(2026, 11, 24, tzinfo=DHAKA)
    append_transfers(connection, [paid_in(midnight)])
    assert trial_balance_on(connection, date(2026, 11, 23)) == trial_balance(balances(books))
    assert trial_balance_on(connection, date(2026, 11, 24)) != trial_balance(balances(books))
