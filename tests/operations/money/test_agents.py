"""Agents: no more cash than the float covers, a commission on what they take, and a hand-in that two people sign."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from post_logistics.cod.counting import Count, Variance
from post_logistics.cod.ledger import breaches
from post_logistics.cod.proof import check_books
from post_logistics.cod.rules import CodRules
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.centres.commissions import Commission
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.door.codes import issue_code
from post_logistics.operations.door.collecting import (
    Collection,
    Obstacle,
    bring,
    collect,
    confirm_collections,
    may_bring,
)
from post_logistics.operations.facts import Facts
from post_logistics.operations.money.agents import (
    agent_statement,
    hand_in,
    pay_in_float,
    pay_out_float,
    standing_of_agent,
)
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.money.agents import HandIn, load_hand_in
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan
from tests.closes import count

KEY = b"key"
AGENT = "dc-1216-01"


@pytest.fixture(autouse=True)
def books_are_sound(story: Any) -> Iterator[None]:
    yield
    assert not check_books(load_transfers(story.connection))
    assert not breaches(load_balances(story.connection))


@pytest.fixture
def centre(facts: Facts) -> CollectionPoint:
    return replace(facts.points[AGENT], takes_cash=True)


@pytest.fixture
def rules(facts: Facts) -> CodRules:
    return facts.cod_rules.on(date(2026, 11, 22))


HALF_A_PERCENT = Commission(fixed_poisha=0, bps=50)


def sums(story: Any) -> dict[str, int]:
    return {name: amount for name, amount in load_balances(story.connection).items() if amount}


def parcels(story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    way = (Event.ACCEPTED, Event.AT_DELIVERY_OFFICE)
    record_scans(story.connection, [story.scan(item, event, "office:1216") for item in items for event in way])
    return items


def here(story: Any, item: str) -> Scan:
    scan: Scan = story.scan(item, Event.AT_PICKUP_POINT, "office:1216")
    return scan


def floated(story: Any, point: CollectionPoint, amount: int = 150_000) -> None:
    pay_in_float(story.connection, point, amount, UUID(int=1), story.at)


def code(story: Any, item: str) -> str:
    return issue_code(story.connection, item, "delivery", story.at, Random(3), key=KEY, good_for=timedelta(days=7))


def collected(story: Any, point: CollectionPoint, rules: CodRules, item: str, cash: int) -> Any:
    row = Collection(here(story, item), code(story, item), cash)
    return collect(story.connection, point, [row], story.at, key=KEY, rules=rules, commission=HALF_A_PERCENT)[0]


def handed_in(story: Any, facts: Facts, point: CollectionPoint, counted: int, **changes: Any) -> HandIn:
    reason, hand_in_id = changes.pop("reason", None), changes.pop("hand_in_id", None) or uuid4()
    signed: dict[str, Any] = {"countersigned_by": "Agent", "counted_by": "clerk"} | changes
    at = story.at + timedelta(hours=2)
    return hand_in(story.connection, facts, point, hand_in_id=hand_in_id, count=count(counted, reason, **signed), at=at)


def test_no_more_is_brought_than_the_float_covers(story: Any, centre: CollectionPoint) -> None:
    items = parcels(story, 100_000, 50_000, 1)
    assert set(may_bring(story.connection, centre, items).values()) == {Obstacle.OVER_FLOAT}
    floated(story, centre)
    assert list(may_bring(story.connection, centre, items).values()) == [None, None, Obstacle.OVER_FLOAT]
    verdicts = bring(story.connection, centre, [here(story, item) for item in items])
    assert [one.outcome.value for one in verdicts] == ["accepted", "accepted", "accepted_with_exception"]
    assert "float" in verdicts[2].why


def test_an_agent_takes_cash_earns_a_commission_and_hands_in_the_rest(
    story: Any, facts: Facts, centre: CollectionPoint, rules: CodRules
) -> None:
    (item,) = parcels(story, 99_999)
    floated(story, centre)
    bring(story.connection, centre, [here(story, item)])
    assert collected(story, centre, rules, item, 99_999).outcome is ScanOutcome.ACCEPTED
    stood = standing_of_agent(story.connection, AGENT)
    assert (stood.cash_poisha, stood.commission_poisha, stood.room_poisha) == (99_999, 499, 50_001)
    assert confirm_collections(story.connection, facts.proof_rules, [centre], centre.office, story.at) == []
    made = handed_in(story, facts, centre, 99_500)
    assert (made.expected_poisha, made.netted_poisha, made.shortage_poisha) == (99_999, 499, 0)
    assert sums(story) == {
        "agent_commission": 499,
        "agent_float:dc-1216-01": -150_000,
        "merchant_payable:test-shop": -99_999,
        "office_till:1216": 249_500,
    }
    assert load_standings(story.connection, [item])[0].state is State.DELIVERED


def test_cash_beyond_the_float_is_refused_before_the_code_is_used(
    story: Any, facts: Facts, centre: CollectionPoint, rules: CodRules
) -> None:
    first, second = parcels(story, 100_000, 100_000)
    floated(story, centre)
    bring(story.connection, centre, [here(story, item) for item in (first, second)])
    assert collected(story, centre, rules, first, 100_000).outcome is ScanOutcome.ACCEPTED
    row = Collection(here(story, second), code(story, second), 100_000)
    (refused,) = collect(story.connection, centre, [row], story.at, key=KEY, rules=rules, commission=HALF_A_PERCENT)
    assert refused.outcome is ScanOutcome.REJECTED and "float" in refused.why
    handed_in(story, facts, centre, 99_500)
    (taken,) = collect(story.connection, centre, [row], story.at, key=KEY, rules=rules, commission=HALF_A_PERCENT)
    assert taken.outcome is ScanOutcome.ACCEPTED
    assert (
        collect(story.connection, centre, [row], story.at, key=KEY, rules=rules, commission=HALF_A_PERCENT)[0].outcome
        is ScanOutcome.DUPLICATE
    )


@pytest.mark.parametrize("cash", [0, 99_999, 100_001])
def test_an_agent_takes_the_whole_or_nothing(story: Any, centre: CollectionPoint, rules: CodRules, cash: int) -> None:
    (item,) = parcels(story, 100_000)
    floated(story, centre)
    bring(story.connection, centre, [here(story, item)])
    assert collected(story, centre, rules, item, cash).outcome is ScanOutcome.REJECTED
    assert "agent_cash:dc-1216-01" not in sums(story)


def test_what_is_missing_comes_out_of_the_float_and_no_more_than_it_holds(
    story: Any, facts: Facts, centre: CollectionPoint, rules: CodRules
) -> None:
    (item,) = parcels(story, 100_000)
    floated(story, centre, 100_000)
    bring(story.connection, centre, [here(story, item)])
    collected(story, centre, rules, item, 100_000)
    with pytest.raises(Unacceptable, match="995"):
        handed_in(story, facts, centre, 99_501)
    with pytest.raises(Unacceptable, match="two different people"):
        handed_in(story, facts, centre, 99_500, counted_by="agent ")
    for reason in (None, Variance.NOT_RECORDED):
        with pytest.raises(Unacceptable, match="does not explain it"):
            handed_in(story, facts, centre, 90_000, reason=reason)
    with pytest.raises(Unacceptable, match="does not explain it"):
        handed_in(story, facts, centre, 99_500, reason=Variance.LOST)
    made = handed_in(story, facts, centre, 90_000, reason=Variance.LOST)
    assert (made.shortage_poisha, made.reason) == (9_500, Variance.LOST)
    assert load_hand_in(story.connection, made.hand_in_id) == made
    assert standing_of_agent(story.connection, AGENT).float_poisha == 90_500
    assert standing_of_agent(story.connection, AGENT).cash_poisha == 0


def test_a_hand_in_told_twice_is_one_and_another_count_is_refused(
    story: Any, facts: Facts, centre: CollectionPoint, rules: CodRules
) -> None:
    (item,) = parcels(story, 100_000)
    floated(story, centre)
    bring(story.connection, centre, [here(story, item)])
    collected(story, centre, rules, item, 100_000)
    name = uuid4()
    first = handed_in(story, facts, centre, 99_500, hand_in_id=name)
    before = load_transfers(story.connection)
    assert handed_in(story, facts, centre, 99_500, hand_in_id=name) == first
    assert load_transfers(story.connection) == before
    with pytest.raises(Conflict):
        handed_in(story, facts, centre, 99_000, hand_in_id=name)
    coins = Count(counted_poisha=99_500, pieces={1_00: 995}, counted_by="clerk", countersigned_by="Agent")
    at = story.at + timedelta(hours=3)
    with pytest.raises(Conflict):
        hand_in(story.connection, facts, centre, hand_in_id=name, count=coins, at=at)
    with pytest.raises(Unacceptable, match="no note or coin"):
        strange = replace(coins, pieces={3_00: 0, **coins.pieces})
        hand_in(story.connection, facts, centre, hand_in_id=uuid4(), count=strange, at=at)


def test_float_is_paid_in_once_and_goes_back_only_where_it_covers_nothing(
    story: Any, facts: Facts, centre: CollectionPoint, rules: CodRules
) -> None:
    (item,) = parcels(story, 100_000)
    for _ in range(2):
        floated(story, centre)
    with pytest.raises(Conflict):
        floated(story, centre, 1)
    bring(story.connection, centre, [here(story, item)])
    collected(story, centre, rules, item, 100_000)
    with pytest.raises(Conflict, match="hand in"), story.connection.begin_nested():
        pay_out_float(story.connection, centre, 50_001, uuid4(), story.at)
    for _ in range(2):
        left = pay_out_float(story.connection, centre, 50_000, UUID(int=7), story.at)
    assert left.float_poisha == 100_000
    with pytest.raises(Unacceptable):
        pay_in_float(story.connection, facts.points["window-1216"], 1, uuid4(), story.at)
    with pytest.raises(Unacceptable):
        pay_in_float(story.connection, centre, 0, uuid4(), story.at)


def test_a_statement_goes_from_what_was_to_what_is(
    story: Any, facts: Facts, centre: CollectionPoint, rules: CodRules
) -> None:
    (item,) = parcels(story, 100_000)
    floated(story, centre)
    bring(story.connection, centre, [here(story, item)])
    collected(story, centre, rules, item, 100_000)
    handed_in(story, facts, centre, 99_500)
    day = date(2026, 11, 22)
    told = agent_statement(story.connection, AGENT, day, day)
    assert told.opening.float_poisha == 0 and told.closing == standing_of_agent(story.connection, AGENT)
    assert {one.code for one in told.movements} == {
        "agent_float_in",
        "collect_agent",
        "agent_earned",
        "agent_netted",
        "agent_hand_in",
    }
    after = agent_statement(story.connection, AGENT, day + timedelta(days=1), day + timedelta(days=2))
    assert (after.opening, after.movements) == (told.closing, [])
    with pytest.raises(Unacceptable):
        agent_statement(story.connection, AGENT, day, day - timedelta(days=1))
