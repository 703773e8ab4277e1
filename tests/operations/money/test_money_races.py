"""Two who move the same taka at once: whoever comes second sees what the first has done."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import breaches
from post_logistics.cod.shortages import Clearing, Way
from post_logistics.cod.tenders import ShortReason
from post_logistics.errors import Conflict
from post_logistics.operations.counter.at_hand import Actor
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.prices import ask_price
from post_logistics.operations.money.shortages import clear_difference
from post_logistics.storage.database import Database, open_scratch
from post_logistics.storage.money.ledger import load_balances
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import MerchantId, Postcode
from tests.operations.conftest import Story

RIDER, HOLDER = "1216-R01", "rider:1216-R01"
SHOP = Actor(merchant_id=MerchantId("test-shop"))


@pytest.fixture
def kept(settings: Any) -> Iterator[tuple[Database, list[str], Story]]:
    with open_scratch(settings.model_copy(update={"schema_name": "t_money_races"})) as database:
        with database.transaction() as connection:
            story = Story(connection, datetime.fromisoformat("2026-11-22T06:00:00+06:00"))
            items = story.book(100_000, 100_000, 0)
            story.out_for_delivery(*items)
        yield database, items, story


def agree(database: Database, facts: Facts, item: str, price_poisha: int, at: datetime) -> None:
    with database.transaction() as connection:
        asked: dict[str, Any] = {"change_id": uuid4(), "number": item, "price_poisha": price_poisha, "why": "agreed"}
        ask_price(connection, facts.booking_rules, **asked, by="shop", actor=SHOP, at=at)


def test_of_two_who_give_back_what_was_agreed_once_one_is_refused(kept: Any, facts: Facts) -> None:
    database, (sold, _, swap), story = kept
    agree(database, facts, swap, -30_000, story.at)
    paid = Claim(story.scan(sold, Event.DELIVERED_CLAIMED, HOLDER), 100_000)
    with database.transaction() as connection:
        deliver(connection, [paid])
    claims = [Claim(story.scan(swap, Event.EXCHANGED, HOLDER), refunded_poisha=30_000) for _ in range(2)]
    outcomes: list[ScanOutcome] = []

    def say(claim: Claim) -> None:
        with database.transaction() as connection:
            outcomes.extend(one.outcome for one in deliver(connection, [claim]))

    with database.transaction() as connection:
        first = deliver(connection, [claims[0]])
        second = Thread(target=say, args=(claims[1],))
        second.start()
        second.join(timeout=0.5)
        assert not outcomes, "the second waits for the first"
    second.join()
    assert [first[0].outcome, *outcomes] == [ScanOutcome.ACCEPTED, ScanOutcome.REJECTED]
    with database.transaction() as connection:
        assert load_balances(connection)[account(AccountKind.RIDER_CASH, RIDER)] == 70_000


def test_a_debt_is_not_both_repaid_and_let_off(kept: Any, facts: Facts) -> None:
    database, (_, short, _), story = kept
    scan = story.scan(short, Event.DELIVERED_CLAIMED, HOLDER)
    with database.transaction() as connection:
        deliver(connection, [Claim(scan, 90_000, short_reason=ShortReason.NO_CHANGE)])
    at, refused = story.at + timedelta(hours=1), list[str]()
    repaid = Clearing(
        clearing_id=uuid4(),
        way=Way.REPAID,
        office=Postcode("1216"),
        rider=RIDER,
        amount_poisha=10_000,
        why="paid at the counter",
        cleared_by="clerk",
        cleared_at=at,
    )

    def let_off() -> None:
        try:
            agree(database, facts, short, 90_000, at)
        except Conflict as error:
            refused.append(error.message)

    with database.transaction() as connection:
        clear_difference(connection, facts, repaid)
        merchant = Thread(target=let_off)
        merchant.start()
        merchant.join(timeout=0.5)
    merchant.join()
    with database.transaction() as connection:
        assert not breaches(load_balances(connection))
    assert len(refused) == 1 and "rider_debt:1216-R01" in refused[0]
