"""At the door: the scan and its cash are kept together, once, or not at all."""

from typing import Any

import pytest

from post_logistics.cod.accounts import AccountKind, account
from post_logistics.cod.ledger import standing
from post_logistics.consignments.numbers import item_number
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.door.delivering import Claim, deliver
from post_logistics.storage.counter.lifecycle import Alias, append_alias
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.money.ledger import load_balances, load_transfers
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import ItemNumber

HOLDER = "rider:1216-R01"


def cash_on_rider(story: Any) -> int:
    return standing(load_balances(story.connection), account(AccountKind.RIDER_CASH, "1216-R01"))


def test_a_delivery_keeps_the_scan_and_the_cash(story: Any) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    (verdict,) = deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, HOLDER), 100_000)])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    assert cash_on_rider(story) == 100_000
    (transfer,) = load_transfers(story.connection)
    assert (transfer.debit, transfer.credit) == ("rider_cash:1216-R01", "merchant_payable:test-shop")


def test_the_same_claim_twice_takes_the_cash_once(story: Any) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    claim = Claim(story.scan(item, Event.DELIVERED_CLAIMED, HOLDER), 100_000)
    outcomes = [deliver(story.connection, [claim])[0].outcome for _ in range(3)]
    assert outcomes == [ScanOutcome.ACCEPTED, ScanOutcome.DUPLICATE, ScanOutcome.DUPLICATE]
    assert cash_on_rider(story) == 100_000


def test_two_riders_cannot_both_collect_for_one_parcel(story: Any) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    deliver(story.connection, [Claim(story.scan(item, Event.DELIVERED_CLAIMED, HOLDER), 100_000)])
    other = Claim(story.scan(item, Event.DELIVERED_CLAIMED, "rider:1216-R02"), 100_000)
    (verdict,) = deliver(story.connection, [other])
    assert verdict.outcome is ScanOutcome.MISFIT
    assert "paid already" in verdict.why
    assert len(load_transfers(story.connection)) == 1


@pytest.mark.parametrize(
    ("event", "collected_poisha"),
    [
        (Event.DELIVERED_CLAIMED, 99_999),
        (Event.DELIVERED_CLAIMED, 100_001),
        (Event.DELIVERED_CLAIMED, 0),
        (Event.PARTIALLY_DELIVERED, 100_001),
        (Event.ATTEMPT_FAILED, 1),
        (Event.DELIVERED_CONFIRMED, 0),
    ],
)
def test_cash_that_cannot_be_right_is_refused_whole(story: Any, event: Event, collected_poisha: int) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    (verdict,) = deliver(story.connection, [Claim(story.scan(item, event, HOLDER), collected_poisha)])
    assert verdict.outcome is ScanOutcome.REJECTED
    assert load_standings(story.connection, [item])[0].state is State.OUT_FOR_DELIVERY
    assert load_transfers(story.connection) == []


@pytest.mark.parametrize("collected_poisha", [0, 1, 99_999, 100_000])
def test_a_part_may_cost_anything_up_to_the_whole(story: Any, collected_poisha: int) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    claim = Claim(story.scan(item, Event.PARTIALLY_DELIVERED, HOLDER), collected_poisha)
    (verdict,) = deliver(story.connection, [claim])
    assert verdict.outcome is ScanOutcome.ACCEPTED
    assert cash_on_rider(story) == collected_poisha


def test_a_bad_claim_takes_no_other_with_it(story: Any) -> None:
    first, second, third = story.book(100_000, 50_000, 0)
    story.out_for_delivery(first, second, third)
    verdicts = deliver(
        story.connection,
        [
            Claim(story.scan(first, Event.DELIVERED_CLAIMED, HOLDER), 1),
            Claim(story.scan(second, Event.DELIVERED_CLAIMED, HOLDER), 50_000),
            Claim(story.scan(third, Event.ATTEMPT_FAILED, HOLDER, Reason.NO_ANSWER)),
        ],
    )
    assert [v.outcome for v in verdicts] == [ScanOutcome.REJECTED, ScanOutcome.ACCEPTED, ScanOutcome.ACCEPTED]
    assert cash_on_rider(story) == 50_000


def test_the_number_of_a_new_label_owes_the_same_cash(story: Any) -> None:
    (item,) = story.book(100_000)
    story.out_for_delivery(item)
    alias = item_number("DP", 7_999_999)
    append_alias(story.connection, Alias(alias, ItemNumber(item), "relabel", "relabel:counter/1", story.at))
    (refused,) = deliver(story.connection, [Claim(story.scan(alias, Event.DELIVERED_CLAIMED, HOLDER), 0)])
    assert refused.outcome is ScanOutcome.REJECTED
    claim = Claim(story.scan(alias, Event.DELIVERED_CLAIMED, HOLDER), 100_000)
    assert [deliver(story.connection, [claim])[0].outcome for _ in range(2)] == [
        ScanOutcome.ACCEPTED,
        ScanOutcome.DUPLICATE,
    ]
    assert cash_on_rider(story) == 100_000
    (transfer,) = load_transfers(story.connection)
    assert transfer.item_number == item
