"""Sealed days: nothing is posted into them, nothing in them can be changed unseen, and balances rest on them."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.chain import FIRST, day_hash
from post_logistics.cod.ledger import Transfer, balances, transfer
from post_logistics.cod.postings import Code, kinds
from post_logistics.errors import Unacceptable
from post_logistics.operations.money.sealing import seal_books
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_balances_of, load_transfers
from post_logistics.storage.money.sealing import load_sealed
from post_logistics.units import DHAKA

DAY = date(2026, 11, 1)
LATER = datetime(2026, 12, 1, 9, tzinfo=DHAKA)
CODES = [code for code in Code if code not in {Code.OPENING_DEBIT, Code.OPENING_CREDIT}]


def some_books(seed: int, size: int = 200, days: int = 6) -> list[Transfer]:
    """Random transfers of those days, the ends of the days and an awkward text among them."""
    random = Random(seed)
    made = []
    for number in range(size):
        code = random.choice(CODES)
        debit, credit = next(kinds(code))
        second = random.choice([0, 86_399, random.randrange(86_400)])
        at = datetime(DAY.year, DAY.month, DAY.day, tzinfo=DHAKA) + timedelta(
            days=random.choice([0, 2, random.randrange(days)]), seconds=second, microseconds=random.choice([0, 999_999])
        )
        made.append(
            transfer(
                code,
                debit=_of(debit, random),
                credit=_of(credit, random),
                amount_poisha=random.randint(1, 10**6),
                at=at,
                cause=f'ঘটনা "{seed}" \\ {number}',
            )
        )
    return made


def _of(kind: AccountKind, random: Random) -> Account:
    owner = random.choice("AB")
    try:
        return account(kind, owner)
    except Unacceptable:
        return account(kind)


@pytest.mark.parametrize("seed", range(4))
def test_balances_at_every_instant_are_the_sums_of_all_before_sealed_or_not(connection: Connection, seed: int) -> None:
    books = some_books(seed)
    append_transfers(connection, books)
    instants = [one.at + off for one in books[:12] for off in (timedelta(0), timedelta(microseconds=-1))]
    instants += [datetime(2026, 11, day, tzinfo=DHAKA) for day in (1, 2, 3, 8)]
    for through in (None, DAY, DAY + timedelta(days=2), DAY + timedelta(days=9)):
        if through:
            seal_books(connection, through, LATER)
        assert load_balances(connection) == balances(books)
        assert load_balances(connection, [AccountKind.OFFICE_TILL]) == {
            name: poisha for name, poisha in balances(books).items() if name.startswith("office_till:")
        }
        for until in instants:
            then = balances(one for one in books if one.at <= until)
            assert load_balances(connection, until=until) == then
            assert load_balances_of(connection, list(then)[:3], until) == {name: then[name] for name in list(then)[:3]}


def test_each_day_is_sealed_once_and_names_the_day_before(connection: Connection) -> None:
    append_transfers(connection, some_books(1))
    first = seal_books(connection, DAY + timedelta(days=1), LATER)
    assert [one.on_day for one in first] == [DAY, DAY + timedelta(days=1)]
    assert seal_books(connection, DAY + timedelta(days=1), LATER) == []
    rest = seal_books(connection, DAY + timedelta(days=8), LATER)
    chain = [*first, *rest]
    assert load_sealed(connection) == [replace(one, sealed_at=LATER.astimezone(UTC)) for one in chain]
    assert [one.previous_hash for one in chain] == [FIRST, *(one.hash for one in chain[:-1])]
    assert sum(one.transfers for one in chain) == 200


def test_anyone_with_the_transfers_can_work_the_hashes_out_again(connection: Connection) -> None:
    append_transfers(connection, some_books(2))
    previous = FIRST
    for sealed in seal_books(connection, DAY + timedelta(days=6), LATER):
        of_day = [one for one in load_transfers(connection) if one.at.astimezone(DHAKA).date() == sealed.on_day]
        of_day.sort(key=lambda one: (one.at, one.transfer_id))
        together = hashlib.sha256(b"".join(hashlib.sha256(_written(one).encode()).digest() for one in of_day))
        moved = sum(one.amount_poisha for one in of_day)
        assert sealed.hash == day_hash(previous, sealed.on_day, len(of_day), moved, together.hexdigest())
        previous = sealed.hash


def _written(one: Transfer) -> str:
    at = one.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    facts = [str(one.transfer_id), one.code, one.debit, one.credit, one.amount_poisha, at, one.item_number, one.cause]
    return json.dumps([*facts, str(one.reverses) if one.reverses else None], ensure_ascii=False)


def test_a_sealed_day_takes_no_transfer_more_and_the_next_does(connection: Connection) -> None:
    books = some_books(3)
    append_transfers(connection, books)
    seal_books(connection, DAY + timedelta(days=1), LATER)
    last_moment = datetime(2026, 11, 2, 23, 59, 59, 999_999, tzinfo=DHAKA)
    late, in_time = (
        transfer(
            Code.HAND_IN,
            debit=account(AccountKind.OFFICE_TILL, "A"),
            credit=account(AccountKind.RIDER_CASH, "A"),
            amount_poisha=1,
            at=at,
            cause=str(at),
        )
        for at in (last_moment, last_moment + timedelta(microseconds=1))
    )
    with pytest.raises(DBAPIError, match="sealed through 2026-11-02"), connection.begin_nested():
        append_transfers(connection, [in_time, late])
    append_transfers(connection, [in_time])
    assert append_transfers(connection, books) == []  # told again, nothing is new


def test_a_day_that_is_not_over_is_not_sealed(connection: Connection) -> None:
    append_transfers(connection, some_books(4))
    with pytest.raises(Unacceptable, match="not over"):
        seal_books(connection, DAY, datetime(2026, 11, 1, 23, 59, tzinfo=DHAKA))
    assert len(seal_books(connection, DAY, datetime(2026, 11, 1, 18, 0, tzinfo=UTC))) == 1


def test_books_without_transfers_have_nothing_to_seal(connection: Connection) -> None:
    assert seal_books(connection, DAY, LATER) == []


@pytest.mark.parametrize("table", ["ledger_days", "ledger_balances"])
def test_what_was_sealed_cannot_be_changed(connection: Connection, table: str) -> None:
    append_transfers(connection, some_books(5))
    seal_books(connection, DAY, LATER)
    with pytest.raises(DBAPIError, match="are facts"):
        connection.execute(text(f"delete from {table}"))
