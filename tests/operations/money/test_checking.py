"""The proof of the books as they lie in the tables: a sound day passes, and every forgery is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import text

from post_logistics.cod.ledger import Transfer, reverse
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import Check
from post_logistics.errors import Unacceptable
from post_logistics.operations.jobs import NIGHTLY, Work
from post_logistics.operations.money.checking import journal, prove_books
from post_logistics.operations.money.sealing import seal_books
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers, stream_transfers
from post_logistics.storage.money.sealing import load_sealed
from post_logistics.units import DHAKA
from tests.cod.hledger_reader import read
from tests.cod.settled_day import DAY, a_settled_day
from tests.operations.money.test_sealing import some_books

LATER = datetime(2026, 12, 1, 9, tzinfo=DHAKA)


def forge(connection: Connection, *statements: str) -> None:
    """What somebody does who has all rights and switches every trigger off."""
    connection.execute(text("set local session_replication_role = replica"))
    for statement in statements:
        assert connection.execute(text(statement)).rowcount != 0, statement
    connection.execute(text("set local session_replication_role = origin"))


def lay(connection: Connection, books: list[Transfer]) -> None:
    """Puts transfers into the ledger whose parcels nobody booked."""
    connection.execute(text("set local session_replication_role = replica"))
    append_transfers(connection, books)
    connection.execute(text("set local session_replication_role = origin"))


def violated(connection: Connection) -> dict[str, Check]:
    return {check.name: check for check in prove_books(connection) if check.violated}


def without_papers(connection: Connection) -> dict[str, Check]:
    """The problems of the transfers and the sealed days alone: these transfers have no papers."""
    return {name: check for name, check in violated(connection).items() if name in OF_TRANSFERS}


OF_TRANSFERS = {
    "each_transfer_is_one_fact",
    "every_transfer_is_lawful",
    "every_reversal_mirrors_one_transfer",
    "nothing_is_posted_twice",
    "no_account_is_below_zero",
    "every_merchant_is_owed_what_came_less_what_went",
    "the_places_hold_what_came_in_and_has_not_gone_out",
    "no_charge_is_taken_that_was_not_made",
    "every_sealed_day_has_its_hash",
    "every_kept_balance_is_the_sum_of_all_before",
}


def test_empty_books_are_proven(connection: Connection) -> None:
    checks = prove_books(connection)
    assert not any(check.violated for check in checks)
    assert {check.name for check in checks} >= OF_TRANSFERS
    assert len({check.name for check in checks}) == len(checks)


@pytest.mark.parametrize("through", [None, DAY, DAY + timedelta(days=1), DAY + timedelta(days=5)], ids=str)
def test_a_settled_day_is_proven_sealed_or_not(connection: Connection, through: date | None) -> None:
    lay(connection, a_settled_day())
    sealed = seal_books(connection, through, LATER) if through else []
    assert without_papers(connection) == {}
    counts = {check.name: check.checked for check in prove_books(connection)}
    assert counts["every_transfer_is_lawful"] == len(a_settled_day())
    assert counts["every_sealed_day_has_its_hash"] == len(sealed)


def test_the_hash_is_worked_out_alike_whatever_the_texts_say(connection: Connection) -> None:
    awkward = ['"\\ \t\x01\x1f\x7f', "two\nlines", "আগারগাঁও\u2028😀", "'; drop table transfers; --"]
    books = [replace(one, cause=f"{awkward[n % 4]}{n}") for n, one in enumerate(some_books(7))]
    append_transfers(connection, books)
    seal_books(connection, DAY, LATER)
    found = {check.name: check for check in prove_books(connection)}["every_sealed_day_has_its_hash"]
    assert (found.checked, found.violated) == (22, 0)


SEALED = "2026-11-22"
FIRST = "(select transfer_id from transfers where code = 'hand_in' order by at limit 1)"
FORGERIES: dict[str, tuple[str, str]] = {
    "update transfers set amount_poisha = amount_poisha + 1 where code = 'collect'": ("hash", SEALED),
    "update transfers set cause = 'another' where code = 'collect'": ("hash", SEALED),
    f"delete from transfers where transfer_id = {FIRST}": ("hash", "the books have"),
    "insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause) values (gen_random_uuid(), "
    "'collect', 'rider_cash:1215-R01', 'merchant_payable:shajgoj', 5, '2026-11-22 18:00+06', 'late')": (
        "hash",
        "the books have 7",
    ),
    "insert into transfers (transfer_id, code, debit, credit, amount_poisha, at, cause) values (gen_random_uuid(), "
    "'collect', 'rider_cash:1215-R01', 'merchant_payable:shajgoj', 5, '2020-01-01', 'early')": ("hash", "2020-01-01"),
    "update ledger_days set hash = repeat('0', 63) || '1' where on_day = '2026-11-22'": ("hash", "2026-11-23"),
    "update ledger_days set transfers = 4 where on_day = '2026-11-23'": ("hash", "sealed with 4"),
    "update ledger_balances set balance_poisha = balance_poisha + 1 where account = 'settlement_bank'": (
        "balance",
        "settlement_bank",
    ),
    "delete from ledger_balances where account = 'office_till:1215'": ("balance", "office_till:1215"),
    "insert into ledger_balances values ('losses', '2026-11-22', 0), ('losses', '2026-11-23', 5)": (
        "balance",
        "losses",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_red_control_a_sealed_day_changed_by_a_superuser_is_named(connection: Connection, forgery: str) -> None:
    lay(connection, a_settled_day())
    seal_books(connection, DAY + timedelta(days=1), LATER)
    forge(connection, forgery)
    check, words = FORGERIES[forgery]
    (name,) = [name for name in OF_TRANSFERS if check in name]
    assert any(words in example for example in without_papers(connection)[name].examples), without_papers(connection)


def of(code: Code) -> Transfer:
    return next(one for one in a_settled_day() if one.code is code)


def naive_payout() -> list[Transfer]:
    """Check, then act, and do it twice: each run believes it is the first."""
    books = a_settled_day()
    return [*books, replace(of(Code.PAY_OUT), transfer_id=UUID(int=1))]


def dropped_leg() -> list[Transfer]:
    return [one for one in a_settled_day() if one.code is not Code.HAND_IN]


def taken_back_for_another_amount() -> list[Transfer]:
    back = reverse(of(Code.COLLECT), at=LATER, cause="typed twice")
    return [*a_settled_day(), replace(back, amount_poisha=back.amount_poisha + 1)]


@pytest.mark.parametrize(
    ("books", "name"),
    [
        (naive_payout, "nothing_is_posted_twice"),
        (dropped_leg, "no_account_is_below_zero"),
        (taken_back_for_another_amount, "every_reversal_mirrors_one_transfer"),
    ],
)
def test_red_control_each_wrong_way_to_keep_books_is_named(
    connection: Connection, books: Callable[[], list[Transfer]], name: str
) -> None:
    lay(connection, books())
    assert name in without_papers(connection)


def test_red_control_a_float_does_not_get_into_the_table(connection: Connection) -> None:
    wrong = replace(of(Code.COLLECT), amount_poisha=1_250.5, item_number="")  # type: ignore[arg-type]
    with pytest.raises(Unacceptable, match="whole poisha"):
        append_transfers(connection, [wrong])


def test_red_control_papers_that_do_not_go_with_the_ledger_are_named(connection: Connection) -> None:
    """A settled day without its papers: everything that papers should have said is missed."""
    lay(connection, a_settled_day())
    assert {
        "every_receipt_is_posted",
        "every_close_is_posted",
        "every_deposit_is_posted",
        "every_settlement_is_posted",
        "every_payout_is_posted",
        "every_parcel_is_charged_what_its_settlement_says",
        "every_confirmed_deposit_is_what_was_paid_in",
        "every_confirmed_payout_is_what_was_ordered",
    } == violated(connection).keys()


def test_both_journals_of_the_tables_give_our_balances(connection: Connection) -> None:
    lay(connection, a_settled_day())
    balances = read("".join(journal(connection, "hledger")))
    assert {name.split(":", 1)[1]: int(taka * 100) for name, taka in balances.items()} == load_balances(connection)
    assert "".join(journal(connection, "beancount")).count(" * ") == len(a_settled_day())


def test_what_is_streamed_is_what_is_loaded(connection: Connection) -> None:
    append_transfers(connection, some_books(3))
    assert sorted(stream_transfers(connection), key=str) == sorted(load_transfers(connection), key=str)


def test_every_night_yesterday_is_sealed_and_what_is_wrong_is_logged(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    work = cast(Work, SimpleNamespace(database=database))
    duties = {duty.name: duty for duty in NIGHTLY}
    with database.transaction() as connection:
        append_transfers(connection, some_books(1))
    for _ in range(2):
        duties["seal"].run(work, datetime(2026, 11, 4, 2, 30, tzinfo=DHAKA))
    with database.transaction() as connection:
        assert [day.on_day.day for day in load_sealed(connection)] == [1, 2, 3]
        forge(connection, "update transfers set cause = 'another' where at < '2026-11-02'")
    duties["prove"].run(work, datetime(2026, 11, 4, 2, 45, tzinfo=DHAKA))
    told = [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]
    assert "the books: every_sealed_day_has_its_hash: 2 of 3 are wrong" in told
    assert "rider" not in "".join(told)
