"""Collection points: how much fits, the code that opens, and what goes back when nobody comes."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text

from post_logistics.cod.rules import load_cod_rules
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.door.codes import issue_code
from post_logistics.operations.door.collecting import (
    OBSTACLE_TEXTS,
    Collection,
    Obstacle,
    bring,
    collect,
    confirm_collections,
    load_points,
    may_bring,
    send_back_uncollected,
    uncollected,
)
from post_logistics.operations.facts import Facts
from post_logistics.settings import Settings
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Database
from post_logistics.storage.money.ledger import load_balances
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan
from post_logistics.units import Postcode, bangla_digits

KEY = b"key"
RULES = load_cod_rules(Settings().facts_dir).on(date(2026, 11, 22))
OFFICE = Postcode("1216")


@pytest.fixture(scope="module")
def known(facts: Facts) -> Facts:
    return facts


@pytest.fixture
def centre(known: Facts) -> CollectionPoint:
    return replace(known.points["dc-1216-01"], capacity_parcels=2)


@pytest.fixture
def window(known: Facts) -> CollectionPoint:
    return known.points["window-1216"]


def at_the_office(story: Any, *cod_poisha: int) -> list[str]:
    items: list[str] = story.book(*cod_poisha)
    record_scans(
        story.connection,
        [
            story.scan(item, event, "office:1216")
            for item in items
            for event in (Event.ACCEPTED, Event.AT_DELIVERY_OFFICE)
        ],
    )
    return items


def here(story: Any, item: str) -> Scan:
    """A scan whose event and holder the point decides."""
    scan: Scan = story.scan(item, Event.AT_PICKUP_POINT, "office:1216")
    return scan


def brought(story: Any, point: CollectionPoint, *items: str) -> list[str]:
    return [verdict.outcome.value for verdict in bring(story.connection, point, [here(story, item) for item in items])]


def state(story: Any, item: str) -> tuple[State, str]:
    (standing,) = load_standings(story.connection, [item])
    return standing.state, standing.holder


def code_for(story: Any, item: str) -> str:
    week = timedelta(days=7)
    return issue_code(story.connection, item, "delivery", story.at, Random(3), key=KEY, good_for=week)


def test_what_is_brought_is_there_and_the_agent_answers(story: Any, centre: CollectionPoint) -> None:
    (item,) = at_the_office(story, 0)
    assert brought(story, centre, item) == ["accepted"]
    assert state(story, item) == (State.AT_PICKUP_POINT, "agent:dc-1216-01")
    assert [(load.parcels, load.room_parcels) for load in load_points(story.connection, [centre])] == [(1, 1)]


def test_a_full_point_says_so_before_and_keeps_the_fact_after(story: Any, centre: CollectionPoint) -> None:
    items = at_the_office(story, 0, 0, 0)
    answers = may_bring(story.connection, centre, items)
    assert list(answers.values()) == [None, None, Obstacle.FULL]
    scans = [here(story, item) for item in items]
    verdicts = bring(story.connection, centre, scans)
    assert [v.outcome for v in verdicts] == [ScanOutcome.ACCEPTED, ScanOutcome.ACCEPTED, ScanOutcome.MISFIT]
    assert "full" in verdicts[2].why
    assert state(story, items[2])[0] is State.AT_PICKUP_POINT
    assert {v.outcome for v in bring(story.connection, centre, scans)} == {ScanOutcome.DUPLICATE}
    assert list(may_bring(story.connection, centre, items).values()) == [None, None, None]
    assert load_points(story.connection, [centre])[0].room_parcels == 0


def test_a_parcel_with_cash_goes_only_where_cash_is_taken(
    story: Any, centre: CollectionPoint, window: CollectionPoint
) -> None:
    paid, dear = at_the_office(story, 0, 1)
    assert may_bring(story.connection, centre, [paid, dear, "DP999999990BD"]) == {
        paid: None,
        dear: Obstacle.NO_CASH_HERE,
        "DP999999990BD": Obstacle.UNKNOWN,
    }
    assert may_bring(story.connection, window, [paid, dear]) == {paid: None, dear: None}
    assert OBSTACLE_TEXTS.keys() == set(Obstacle) and all(
        texts.keys() == {"en", "bn"} for texts in OBSTACLE_TEXTS.values()
    )


def test_two_at_once_do_not_both_get_the_last_place(
    database: Database, tell: Any, morning: datetime, centre: CollectionPoint
) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        items = at_the_office(story, 0, 0, 0, 0)
        scans = [here(story, item) for item in items]
    outcomes: list[str] = []

    def come(scan: Scan) -> None:
        with database.transaction() as connection:
            (verdict,) = bring(connection, centre, [scan])
            outcomes.append(verdict.outcome.value)

    threads = [Thread(target=come, args=(scan,)) for scan in scans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["accepted", "accepted", "accepted_with_exception", "accepted_with_exception"]


def test_with_the_code_it_is_handed_over_and_told_twice_it_is_once(
    story: Any, known: Facts, centre: CollectionPoint
) -> None:
    (item,) = at_the_office(story, 0)
    brought(story, centre, item)
    code = code_for(story, item)
    row = Collection(here(story, item), bangla_digits(code))
    for outcome in (ScanOutcome.ACCEPTED, ScanOutcome.DUPLICATE):
        (verdict,) = collect(story.connection, centre, [row], story.at, key=KEY, rules=RULES)
        assert verdict.outcome is outcome
    assert state(story, item) == (State.DELIVERED_CLAIMED, "agent:dc-1216-01")


def test_without_the_right_code_nothing_is_handed_over_and_the_try_counts(
    story: Any, known: Facts, centre: CollectionPoint
) -> None:
    (item,) = at_the_office(story, 0)
    brought(story, centre, item)
    code = code_for(story, item)
    for _ in range(5):
        wrong = Collection(here(story, item), f"{(int(code) + 1) % 10**6:06}")
        (verdict,) = collect(story.connection, centre, [wrong], story.at, key=KEY, rules=RULES)
        assert verdict.outcome is ScanOutcome.REJECTED and "code" in verdict.why
    late = Collection(here(story, item), code)
    (verdict,) = collect(story.connection, centre, [late], story.at, key=KEY, rules=RULES)
    assert verdict.outcome is ScanOutcome.REJECTED
    assert state(story, item)[0] is State.AT_PICKUP_POINT


def test_the_code_is_good_as_long_as_the_parcel_is_kept(story: Any, known: Facts, centre: CollectionPoint) -> None:
    (item,) = at_the_office(story, 0)
    brought(story, centre, item)
    code = code_for(story, item)
    last = story.at + timedelta(days=7) - timedelta(seconds=1)
    scan = replace(here(story, item), occurred_at=last, recorded_at=last)
    (verdict,) = collect(story.connection, centre, [Collection(scan, code)], last, key=KEY, rules=RULES)
    assert verdict.outcome is ScanOutcome.ACCEPTED


def test_cash_that_cannot_be_right_uses_up_no_code(story: Any, known: Facts, window: CollectionPoint) -> None:
    (item,) = at_the_office(story, 50_000)
    assert brought(story, window, item) == ["accepted"]
    code, scan = code_for(story, item), here(story, item)
    (short,) = collect(story.connection, window, [Collection(scan, code, 49_999)], story.at, key=KEY, rules=RULES)
    assert short.outcome is ScanOutcome.REJECTED and "499.99" in short.why
    (right,) = collect(story.connection, window, [Collection(scan, code, 50_000)], story.at, key=KEY, rules=RULES)
    assert right.outcome is ScanOutcome.ACCEPTED
    assert load_balances(story.connection)["office_till:1216"] == 50_000


def test_an_agent_takes_no_cash_even_for_the_right_code(story: Any, known: Facts, centre: CollectionPoint) -> None:
    (item,) = at_the_office(story, 50_000)
    assert brought(story, centre, item) == ["accepted_with_exception"]
    row = Collection(here(story, item), code_for(story, item), 50_000)
    (verdict,) = collect(story.connection, centre, [row], story.at, key=KEY, rules=RULES)
    assert verdict.outcome is ScanOutcome.REJECTED and "no cash" in verdict.why
    assert not load_balances(story.connection)


def test_collections_of_one_batch_are_judged_one_by_one(story: Any, known: Facts, centre: CollectionPoint) -> None:
    good, bad = at_the_office(story, 0, 0)
    brought(story, centre, good, bad)
    code_for(story, bad)
    rows = [
        Collection(here(story, bad), "000000"),
        Collection(here(story, good), code_for(story, good)),
        Collection(here(story, "DP999999990BD"), "123456"),
    ]
    verdicts = collect(story.connection, centre, rows, story.at, key=KEY, rules=RULES)
    assert [v.outcome.value for v in verdicts] == ["rejected", "accepted", "rejected"]
    assert verdicts[1].scan.item_number == good and "never issued" in verdicts[2].why


def test_the_office_confirms_what_its_agents_handed_over_for_a_code(
    story: Any, known: Facts, centre: CollectionPoint
) -> None:
    shown, bare = at_the_office(story, 0, 0)
    brought(story, centre, shown, bare)
    taken = Collection(here(story, shown), code_for(story, shown))
    collect(story.connection, centre, [taken], story.at, key=KEY, rules=RULES)
    record_scans(story.connection, [story.scan(bare, Event.DELIVERED_CLAIMED, centre.holder)])
    at = story.at + timedelta(hours=6)
    rules = known.proof_rules
    assert confirm_collections(story.connection, rules, [centre], Postcode("1215"), at) == []
    assert confirm_collections(story.connection, rules, [centre], OFFICE, at) == [shown]
    assert confirm_collections(story.connection, rules, [centre], OFFICE, at) == []
    assert state(story, shown)[0] is State.DELIVERED
    assert state(story, bare)[0] is State.DELIVERED_CLAIMED


def test_what_nobody_collects_goes_back_after_its_days_and_only_once(
    story: Any, known: Facts, centre: CollectionPoint
) -> None:
    (item,) = at_the_office(story, 0)
    scan = here(story, item)
    bring(story.connection, centre, [scan])
    kept_until = scan.occurred_at + timedelta(days=7)
    rules, points = known.proof_rules, [centre]
    assert uncollected(story.connection, rules, points, kept_until) == []
    late = kept_until + timedelta(seconds=1)
    assert [one.item_number for one in uncollected(story.connection, rules, points, late)] == [item]
    assert send_back_uncollected(story.connection, rules, points, late) == [item]
    assert send_back_uncollected(story.connection, rules, points, late) == []
    assert state(story, item) == (State.RETURN_REQUESTED, "agent:dc-1216-01")


def test_what_somebody_is_just_collecting_is_not_sent_back(
    database: Database, tell: Any, morning: datetime, known: Facts, centre: CollectionPoint
) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        (item,) = at_the_office(story, 0)
        bring(connection, centre, [here(story, item)])
    late = morning + timedelta(days=8)
    with database.transaction() as collecting:
        collecting.execute(text("select from journeys for update"))
        with database.transaction() as deciding:
            assert send_back_uncollected(deciding, known.proof_rules, [centre], late) == []
    with database.transaction() as deciding:
        assert send_back_uncollected(deciding, known.proof_rules, [centre], late) == [item]
