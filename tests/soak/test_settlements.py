"""Sixty-four clerks settle with three hundred merchants while the database dies under them: each is paid once."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.custody import in_bank
from post_logistics.cod.ledger import transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.proof import check_books
from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.booking import Asked, book
from post_logistics.operations.closing import close_office_day, close_rider_day, confirm, pay_in
from post_logistics.operations.delivering import deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.scanning import record_scans
from post_logistics.operations.settling import settle_merchant
from post_logistics.storage.database import Database, open_database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.ledger import append_transfers, load_transfers
from post_logistics.storage.merchants import append_merchants, load_merchants
from post_logistics.units import MerchantId, Postcode, RiderId
from tests.operations.crash import AT, SHOP, claim, kill_database, order, out_scans, settings_for

SEED, THREADS, MERCHANTS, TIMES_ASKED, KILLS = 1, 64, 300, 10, 10
TODAY = date(2026, 11, 22)
EVENING = AT + timedelta(hours=14)

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


def a_parcel_each(database: Database, facts: Facts, merchants: int) -> list[Merchant]:
    """That many merchants, each with the money for one delivered parcel in the bank."""
    shops = [replace(SHOP, merchant_id=MerchantId(f"shop-{n}"), name=f"Shop {n}") for n in range(merchants)]
    numbers = Numbers(database, facts.number_key)
    with database.transaction() as connection:
        append_merchants(connection, shops)
        asked = [Asked(order=order(n), merchant=shop) for n, shop in enumerate(shops)]
        items = [verdict.item_number for verdict in book(connection, facts, numbers, asked, AT)]
        record_scans(connection, [scan for n, item in enumerate(items) for scan in out_scans(n, item)])
        deliver(connection, [claim(n, item) for n, item in enumerate(items)])
        cash_poisha = sum(one.order.cod_poisha for one in asked)
        office = Postcode("1216")
        counted = {"closed_on": TODAY, "counted_poisha": cash_poisha, "counted_by": "clerk", "at": EVENING}
        close_rider_day(connection, rider=RiderId("1216-R01"), office=office, **counted)
        close = close_office_day(connection, facts, office=office, **counted)
        pay_in(connection, close.close_id, "SLIP-1", EVENING)
        confirm(connection, close.close_id, close.to_deposit_poisha, EVENING)
    return shops


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


def payable(merchant: str) -> str:
    return account(AccountKind.MERCHANT_PAYABLE, merchant)


@pytest.mark.soak
def test_each_of_three_hundred_merchants_is_paid_once(killable: Database, data_dir: Path, facts: Facts) -> None:
    shops = a_parcel_each(killable, facts, MERCHANTS)
    with killable.transaction() as connection:
        cleared = in_bank(load_transfers(connection))
        known = load_merchants(connection)

    def settle(database: Database, shop: Merchant) -> int:
        with database.transaction() as connection:
            return settle_merchant(connection, facts, known[shop.merchant_id], TODAY, EVENING, cleared).payout_poisha

    answers: list[Answer] = []
    with ThreadPoolExecutor(1) as pool:
        clerks = pool.submit(everybody_settles, killable, shops, settle, answers)
        for kill in range(KILLS):
            while len(answers) < (kill + 1) * MERCHANTS * TIMES_ASKED // (KILLS + 1):
                wait([clerks], timeout=0.01)
            assert not clerks.done()
            kill_database(data_dir, whole_cluster=True)
        clerks.result(timeout=600)
    assert len(answers) == MERCHANTS * TIMES_ASKED
    assert wrong_payouts(killable, MERCHANTS, answers) == []


@pytest.mark.soak
def test_red_control_looking_before_paying_pays_twice(killable: Database, facts: Facts) -> None:
    shops = a_parcel_each(killable, facts, 30)

    def settle(database: Database, shop: Merchant) -> int:
        """Looks for a payout, pays if there is none, under a new id each time."""
        with database.transaction() as connection:
            for known in load_transfers(connection):
                if known.code is Code.PAY_OUT and known.debit == payable(shop.merchant_id):
                    return known.amount_poisha
            paid = transfer(
                Code.PAY_OUT,
                debit=payable(shop.merchant_id),
                credit=account(AccountKind.SETTLEMENT_BANK),
                amount_poisha=50_000,
                at=EVENING,
                cause=str(uuid4()),
            )
            append_transfers(connection, [paid])
            return paid.amount_poisha

    answers: list[Answer] = []
    everybody_settles(killable, shops, settle, answers)
    assert any("was paid" in what for what in wrong_payouts(killable, 30, answers))
