"""Sixty-four clerks settle with three hundred merchants while the database dies under them: each is paid once."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import Transfer, standing, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.cod.settlement import free_in
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from post_logistics.storage.money.payouts import load_payouts
from post_logistics.units import ItemNumber
from tests.operations.crash import AT, kill_database, settings_for
from tests.operations.money.paying import parcels, payable, shop

SEED, THREADS, MERCHANTS, TIMES_ASKED, KILLS = 1, 64, 300, 10, 10
TODAY = date(2026, 11, 22)
EVENING = AT + timedelta(hours=14)
AMOUNT_POISHA = 100_000

Settle = Callable[[Database, Merchant], int]
"""Settles with a merchant and says the payout, in poisha."""
Answer = tuple[str, int]
"""A merchant, and the payout that a clerk was told."""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="post-logistics-soak-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def killable(data_dir: Path) -> Iterator[Database]:
    """A database on a server of the test's own."""
    with open_database(settings_for(data_dir)) as database:
        yield database


def a_parcel_each(
    database: Database, merchants: int, banked: int | None = None
) -> tuple[list[Merchant], set[ItemNumber]]:
    """That many merchants, each due the money of one delivered parcel; for the first ``banked`` it is in the bank."""
    banked = merchants if banked is None else banked
    with database.transaction() as connection:
        shops = [shop(connection, f"shop-{n}", AT) for n in range(merchants)]
        cleared = {
            item
            for n, one in enumerate(shops)
            for item in parcels(
                connection, one.merchant_id, [AMOUNT_POISHA], AT, first=7_100_000 + n, banked=n < banked
            )
        }
    return shops, cleared


def everybody_settles(database: Database, shops: list[Merchant], settle: Settle, answers: list[Answer]) -> None:
    """Each merchant is settled with by several clerks, in no order; ``answers`` fills with what they were told."""
    asked = [shop for shop in shops for _ in range(TIMES_ASKED)]
    Random(SEED).shuffle(asked)

    def until_answered(shop: Merchant) -> None:
        while True:
            try:
                answers.append((shop.merchant_id, settle(database, shop)))
                return
            except Unavailable:
                database.is_ready()
                time.sleep(0.05)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(until_answered, asked):
            pass


def wrong_payouts(database: Database, due: int, answers: list[Answer]) -> list[str]:
    """Merchants who were paid more than once or told different sums, and whatever the proof of the books finds."""
    with database.transaction() as connection:
        books = load_transfers(connection)
    paid = Counter(one.debit for one in books if one.code is Code.PAY_OUT)
    wrong = [f"{merchant} was paid {times} times" for merchant, times in paid.items() if times != 1]
    wrong += [f"{len(paid)} of {due} were paid"] if len(paid) != due else []
    told = dict(answers)
    sums = {one.debit: one.amount_poisha for one in books if one.code is Code.PAY_OUT}
    wrong += [f"{m} was told {p}" for m, p in answers if told[m] != p or sums[payable(m)] != p]
    return [*wrong, *check_books(books)]


def settled_among_kills(
    database: Database, data_dir: Path, facts: Facts, shops: list[Merchant], cleared: set[ItemNumber]
) -> list[Answer]:
    """What everybody was told while the database was killed ten times; 0 for who was refused."""

    def settle(database: Database, one: Merchant) -> int:
        try:
            with database.transaction() as connection:
                return settle_merchant(connection, facts, one, TODAY, EVENING, cleared).payout_poisha
        except Conflict:
            return 0

    answers: list[Answer] = []
    asked = len(shops) * TIMES_ASKED
    with ThreadPoolExecutor(1) as pool:
        clerks = pool.submit(everybody_settles, database, shops, settle, answers)
        for kill in range(KILLS):
            while len(answers) < (kill + 1) * asked // (KILLS + 1):
                wait([clerks], timeout=0.01)
            assert not clerks.done()
            kill_database(data_dir, whole_cluster=True)
        clerks.result(timeout=600)
    assert len(answers) == asked
    return answers


@pytest.mark.soak
def test_each_of_three_hundred_merchants_is_paid_once(killable: Database, data_dir: Path, facts: Facts) -> None:
    shops, cleared = a_parcel_each(killable, MERCHANTS)
    answers = settled_among_kills(killable, data_dir, facts, shops, cleared)
    assert wrong_payouts(killable, MERCHANTS, answers) == []
    with killable.transaction() as connection:
        orders = {one.merchant: one.amount_poisha for one in load_payouts(connection)}
    assert orders == dict(answers)


@pytest.mark.soak
def test_the_bank_is_never_overdrawn_however_many_settle_at_once(
    killable: Database, data_dir: Path, facts: Facts
) -> None:
    """Forty merchants are due the money of one parcel each, and the bank holds that of twenty-five."""
    shops, cleared = a_parcel_each(killable, 40, banked=25)
    settled_among_kills(killable, data_dir, facts, shops, cleared)
    with killable.transaction() as connection:
        books, sums = load_transfers(connection), load_balances(connection)
        orders = load_payouts(connection)
    ordered_poisha = sum(one.amount_poisha for one in orders)
    held_poisha = standing(sums, account(AccountKind.SETTLEMENT_BANK))
    assert held_poisha - AMOUNT_POISHA < ordered_poisha <= held_poisha
    assert check_books(books) == ()


@pytest.mark.soak
def test_red_control_looking_at_the_bank_before_paying_overdraws_it(killable: Database) -> None:
    shops, _ = a_parcel_each(killable, 40, banked=25)

    def settle(database: Database, one: Merchant) -> int:
        with database.transaction() as connection:
            if free_in(load_balances(connection)) < AMOUNT_POISHA:
                return 0
            append_transfers(connection, [pay_out(one, one.merchant_id)])
            return AMOUNT_POISHA

    everybody_settles(killable, shops, settle, [])
    with killable.transaction() as connection:
        assert free_in(load_balances(connection)) < 0


@pytest.mark.soak
def test_red_control_looking_before_paying_pays_twice(killable: Database) -> None:
    shops, _ = a_parcel_each(killable, 30)

    def settle(database: Database, one: Merchant) -> int:
        """Looks for a payout, pays if there is none, under a new id each time."""
        with database.transaction() as connection:
            for known in load_transfers(connection):
                if known.code is Code.PAY_OUT and known.debit == payable(one.merchant_id):
                    return known.amount_poisha
            append_transfers(connection, [pay_out(one, str(uuid4()))])
            return AMOUNT_POISHA

    answers: list[Answer] = []
    everybody_settles(killable, shops, settle, answers)
    assert any("was paid" in what for what in wrong_payouts(killable, 30, answers))


def pay_out(one: Merchant, cause: str) -> Transfer:
    """A payout ordered without looking at anything."""
    return transfer(
        Code.PAY_OUT,
        debit=payable(one.merchant_id),
        credit=account(AccountKind.PAYOUT_IN_TRANSIT, one.merchant_id),
        amount_poisha=AMOUNT_POISHA,
        at=EVENING,
        cause=cause,
    )
