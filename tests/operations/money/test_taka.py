"""Where every taka is: against a plain model, against the queue that knows only amounts, and against the ledger."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy import text

from post_logistics.cod.accounts import Account, AccountKind, account
from post_logistics.cod.custody import lots
from post_logistics.cod.ledger import reverse, transfer
from post_logistics.cod.postings import Code
from post_logistics.cod.whereabouts import Stage
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.settling import settle_merchant
from post_logistics.operations.money.taka import (
    ageing_by_merchant,
    ageing_by_place,
    ageing_of_office,
    money_with,
    reconciles,
)
from post_logistics.storage.database import Connection
from post_logistics.storage.money.ledger import append_transfers, load_balances, load_transfers
from post_logistics.storage.money.taka import (
    load_aged_at,
    load_aged_for,
    load_cleared,
    load_held_at,
    load_held_for,
    load_taka_of_item,
)
from post_logistics.units import Postcode
from tests.operations.conftest import SHOP
from tests.operations.money.cash_days import (
    AGENT_CASH,
    BANK,
    PAYABLE,
    PLACES,
    PROVIDER,
    RIDERS,
    TILL,
    TRANSIT,
    CashDays,
)
from tests.operations.money.paying import confirmed, parcels, shop


@pytest.fixture
def days(connection: Connection, facts: Facts, morning: datetime) -> CashDays:
    return CashDays(connection, facts, morning, 40)


def places(days: CashDays) -> dict[object, str]:
    return {row.transfer_id: row.place for row in days.connection.execute(text("select transfer_id, place from taka"))}


def where(days: CashDays, item: str) -> list[tuple[str, Stage]]:
    return [(one.place, one.stage) for one in load_taka_of_item(days.connection, item)]


def disagreements(days: CashDays) -> list[object]:
    """Where the view, each of the queries and the plain model differ."""
    wrong: list[object] = []
    if places(days) != days.place:
        wrong.append(("view", set(places(days).items()) ^ set(days.place.items())))
    poisha = {one.transfer_id: one.amount_poisha for one in load_transfers(days.connection)}
    plain: Counter[str] = Counter()
    for one, place in days.place.items():
        plain[place] += poisha[one]
    for place in PLACES:
        held = sum(one.amount_poisha for one in load_held_at(days.connection, [place]))
        if held != plain[place]:
            wrong.append(("held", place, held, plain[place]))
    aged = {one.account: sum(one.poisha) for one in load_aged_at(days.connection, PLACES, days.at)}
    if aged != {place: plain[place] for place in PLACES if plain[place]}:
        wrong.append(("aged", aged, plain))
    (owed,) = [*load_aged_for(days.connection, days.at), None][:1]
    if (sum(owed.poisha) if owed else 0) != sum(plain.values()):
        wrong.append(("owed", owed))
    for_shop = Counter[str]()
    for group in load_held_for(days.connection, SHOP):
        for_shop[group.place] += group.amount_poisha
    if +for_shop != +plain:
        wrong.append(("merchant", for_shop, plain))
    by_item: dict[str, list[str]] = {}
    for one, place in days.place.items():
        by_item.setdefault(days.item[one], []).append(place)
    if load_cleared(days.connection, SHOP) != {item for item, at in by_item.items() if set(at) == {BANK}}:
        wrong.append("cleared")
    sums = load_balances(days.connection)
    wrong += [("ledger", name) for name in (*RIDERS, AGENT_CASH, PROVIDER) if sums.get(name, 0) != plain[name]]
    return wrong


@pytest.mark.parametrize("seed", range(3))
def test_random_days_agree_with_a_plain_model_after_every_step(days: CashDays, seed: int) -> None:
    chance, seen = Random(seed), set()
    for step in range(45):
        days.at_random(chance)
        if step % 9 == 8:
            assert disagreements(days) == []
            seen |= set(days.place.values())
    assert {TILL, BANK, *RIDERS} <= seen, "the days did not go far enough"


@pytest.mark.parametrize("seed", range(2))
def test_random_days_agree_with_the_queue_that_knows_only_amounts(days: CashDays, seed: int) -> None:
    """Tills that are emptied whole and closes that nobody opens again: there the queue of `custody.lots` is exact."""
    chance, seen = Random(100 + seed), set()
    for _ in range(8):
        for _ in range(chance.randint(1, 5)):
            days.collect(chance.choice((*RIDERS, TILL)), chance.randint(600_00, 5_000_00), chance.choice(days.items))
        for cash in RIDERS:
            days.close_rider(cash, max(days.held(cash) - chance.choice((0, 0, 5_00)), 0))
        close = days.close_office()
        if close and chance.random() < 0.8:
            for close_id in list(days.unpaid):
                days.pay_in(close_id)
        if chance.random() < 0.5:
            for close_id, amount in days.in_transit().items():
                days.confirm(close_id, amount)
        days.later(60 * 24)
        books = load_transfers(days.connection)
        queue = sorted((lot.item_number, lot.amount_poisha, lot.account) for lot in lots(books))
        rows = days.connection.execute(text("select item_number, amount_poisha, place from taka")).all()
        assert sorted((row.item_number, row.amount_poisha, row.place) for row in rows) == queue
        seen |= {place for *_, place in queue}
    assert {TRANSIT, BANK} <= seen, "the days did not go far enough"


def test_red_control_a_view_that_takes_counter_cash_of_after_the_close_along_is_seen(days: CashDays) -> None:
    """The naive rule, by the hour of the deposit and not of the close, is wrong for what came in between."""
    item, late = days.items[:2]
    days.collect(TILL, 600_00, item)
    close = days.close_office()
    assert close is not None
    between = days.collect(TILL, 700_00, late)
    days.pay_in(close.close_id)
    naive = days.connection.execute(
        text("select place = 'office_till:1216' from taka where transfer_id = :id"), {"id": between}
    ).scalar_one()
    assert naive and places(days)[between] == TILL
    days.place[between] = TRANSIT
    assert disagreements(days)


def test_a_parcel_goes_from_the_rider_to_the_bank_and_says_since_when(days: CashDays) -> None:
    item = days.items[0]
    days.collect(RIDERS[0], 1_250_00, item)
    taken_at = days.at
    (one,) = load_taka_of_item(days.connection, item)
    assert (one.stage, one.place, one.since, one.office) == (Stage.RIDER, RIDERS[0], taken_at, "1216")
    days.close_rider(RIDERS[0])
    assert where(days, item) == [(TILL, Stage.TILL)]
    close = days.close_office()
    assert close is not None
    (one,) = load_taka_of_item(days.connection, item)
    assert (one.stage, one.close_id, one.closed_at) == (Stage.COUNTED, close.close_id, days.at)
    days.pay_in(close.close_id)
    assert where(days, item) == [(TRANSIT, Stage.DEPOSIT)]
    days.confirm(close.close_id, 1_250_00)
    assert where(days, item) == [(BANK, Stage.BANK)]


def test_what_was_lost_to_the_last_poisha_keeps_no_merchant_waiting(days: CashDays) -> None:
    robbed, other = days.items[:2]
    days.collect(RIDERS[0], 1_000_00, robbed)
    days.collect(RIDERS[1], 1_000_00, other)
    days.close_rider(RIDERS[0], 0)
    days.close_rider(RIDERS[1])
    close = days.close_office()
    assert close is not None
    days.pay_in(close.close_id)
    days.confirm(close.close_id, 1_000_00)
    assert load_cleared(days.connection, SHOP) == {robbed, other}


def test_a_parcel_paid_by_two_tenders_is_cleared_when_both_are_and_a_shortage_does_not_matter(days: CashDays) -> None:
    both, short = days.items[:2]
    wallet = days.collect(PROVIDER, 100_00, both)
    days.collect(TILL, 600_00, both)
    days.collect(TILL, 600_00, short)
    days.collect(account(AccountKind.RIDER_DEBT, "1216-R01"), 50_00, short)
    close = days.close_office()
    assert close is not None
    days.pay_in(close.close_id)
    days.confirm(close.close_id, 1_200_00)
    assert load_cleared(days.connection, SHOP) == {short}
    assert (PROVIDER, Stage.PROVIDER) in where(days, both)
    days.match(wallet)
    assert load_cleared(days.connection, SHOP) == {both, short}
    assert {stage for _, stage in where(days, short)} == {Stage.BANK, Stage.DEBT}


def test_a_till_that_is_kept_goes_with_the_next_close_that_pays_in(days: CashDays) -> None:
    small, big = days.items[:2]
    days.collect(TILL, 20_00, small)
    days.close_office()
    assert where(days, small) == [(TILL, Stage.TILL)]
    days.later(60 * 24)
    days.collect(TILL, 700_00, big)
    close = days.close_office()
    assert close is not None and close.to_deposit_poisha == 720_00
    assert where(days, small) == where(days, big) == [(TILL, Stage.COUNTED)]


def test_settled_money_is_on_its_way_to_the_merchant_until_the_bank_shows_the_payout(
    connection: Connection, facts: Facts, morning: datetime
) -> None:
    merchant = shop(connection, SHOP, morning)
    (item,) = parcels(connection, SHOP, [100_000], morning)
    settlement = settle_merchant(connection, facts, merchant, morning.date(), morning, cleared={item})
    (one,) = load_taka_of_item(connection, item)
    assert (one.stage, one.settlement_id, one.since) == (Stage.PAYOUT, settlement.settlement_id, morning)
    (group,) = load_held_for(connection, SHOP)
    assert (group.stage, group.settlement_id, group.parcels) == (Stage.PAYOUT, settlement.settlement_id, 1)
    assert load_cleared(connection, SHOP) == frozenset(), "only what no settlement has listed is asked for"
    assert load_aged_for(connection, morning) == []
    arrived = morning + timedelta(days=1)
    shown = confirmed(settlement.settlement_id, SHOP, settlement.payout_poisha, arrived)
    append_transfers(connection, [shown])
    (one,) = load_taka_of_item(connection, item)
    assert (one.stage, one.since) == (Stage.PAID, arrived)
    append_transfers(connection, [reverse(shown, at=arrived, cause="another's line")])
    assert load_taka_of_item(connection, item)[0].stage is Stage.PAYOUT


def test_the_ways_of_the_collections_reconcile_with_the_ledger_and_a_leak_is_named(days: CashDays) -> None:
    chance = Random(7)
    for _ in range(25):
        days.at_random(chance)
    assert reconciles(days.connection).violated == 0
    if not days.held(PROVIDER):
        days.collect(PROVIDER, 90_00, days.items[0])
    leak = transfer(
        Code.DIGITAL_CONFIRMED, debit=BANK, credit=PROVIDER, amount_poisha=1, at=days.later(), cause="no match"
    )
    append_transfers(days.connection, [leak])
    (named,) = reconciles(days.connection).examples
    assert named.startswith("provider_clearing:bkash: the ledger has")


def test_what_was_given_back_and_what_is_held_for_nobody_reconciles_too(days: CashDays) -> None:
    days.collect(PROVIDER, 90_00, days.items[0])
    days.collect(RIDERS[0], 70_00, days.items[1])
    nobodys = account(AccountKind.UNIDENTIFIED_RECEIPTS, "bkash")
    moves = (
        (Code.REFUND_DIGITAL, PAYABLE, PROVIDER, 30_00),
        (Code.DIGITAL_UNPLACED, PROVIDER, nobodys, 50_00),
        (Code.UNPLACED_REFUNDED, nobodys, PROVIDER, 20_00),
        (Code.REFUND_DOOR, PAYABLE, RIDERS[0], 10_00),
    )
    for code, debit, credit, amount in moves:
        made = transfer(code, debit=debit, credit=credit, amount_poisha=amount, at=days.later(), cause=str(uuid4()))
        append_transfers(days.connection, [made])
        assert reconciles(days.connection).violated == 0


def test_ageing_adds_up_to_the_ledger_and_knows_its_boundaries(days: CashDays) -> None:
    for n, old in enumerate((0, 1, 2, 3, 4, 7, 8, 14, 15, 30, 31, 300)):
        days.at = days.at - timedelta(days=old)
        days.collect(PROVIDER, 10**n, days.items[0])
        days.at = days.at + timedelta(days=old) - timedelta(minutes=1)
    days.later()
    (line,) = ageing_by_place(days.connection, days.at)
    assert line.aged_poisha == (11, 1_100, 110_000, 11_000_000, 1_100_000_000, 110_000_000_000)
    assert (line.balance_poisha, line.other_poisha, line.parcels) == (111_111_111_111, 0, 1)
    (owed,) = ageing_by_merchant(days.connection, days.at)
    assert (owed.aged_poisha, owed.other_poisha) == (line.aged_poisha, 0)


def test_a_float_in_the_till_is_told_apart_from_the_money_of_parcels(days: CashDays) -> None:
    days.collect(TILL, 600_00, days.items[0])
    paid = transfer(
        Code.AGENT_FLOAT_IN,
        debit=TILL,
        credit=account(AccountKind.AGENT_FLOAT, "dc-1216-01"),
        amount_poisha=500_00,
        at=days.later(),
        cause="float",
    )
    append_transfers(days.connection, [paid])
    days.collect(AGENT_CASH, 40_00, days.items[1])
    agent, line = ageing_of_office(days.connection, days.facts, Postcode("1216"), days.at)
    assert (agent.account, agent.balance_poisha, agent.aged_poisha[0]) == (AGENT_CASH, 40_00, 40_00)
    assert (line.account, line.balance_poisha, line.other_poisha) == (TILL, 1_100_00, 500_00)
    held = money_with(days.connection, days.facts, "office", "1216", days.at)
    assert (held.amount_poisha, held.other_poisha) == (640_00, 500_00)
    assert ageing_of_office(days.connection, days.facts, Postcode("1230"), days.at) == []


def test_a_collection_taken_back_is_nowhere_and_a_stranger_has_nothing(days: CashDays) -> None:
    item = days.items[0]
    collection = days.collect(RIDERS[0], 600_00, item)
    assert load_held_for(days.connection, SHOP)
    days.take_back(collection)
    assert load_taka_of_item(days.connection, item) == []
    assert load_held_for(days.connection, SHOP) == load_held_for(days.connection, "nobody") == []
    assert load_held_at(days.connection, [RIDERS[0]]) == []
    assert load_held_at(days.connection, [Account("rider_cash:9999-R01")]) == []
