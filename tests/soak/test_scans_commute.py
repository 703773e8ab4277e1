"""However histories arrive - shuffled, doubled, in any batches, from several devices at once - they end the same."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.storage.custody.scans import append_scans, load_scans, open_journeys
from post_logistics.storage.database import Database
from post_logistics.storage.errors import Unavailable
from post_logistics.storage.orders.consignments import append_consignments
from post_logistics.storage.orders.merchants import append_merchants
from post_logistics.tracking import bags as bags_module
from post_logistics.tracking import journey as journey_module
from post_logistics.tracking.bags import histories
from post_logistics.tracking.journey import fold
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, is_receptacle
from post_logistics.units import ItemNumber, MerchantId
from tests.operations.conftest import SHOP, consignment
from tests.operations.crash import scan
from tests.operations.custody.test_convergence import expected, give_out_bags, kept
from tests.tracking.worlds import START, random_world, shuffled

SEED = 1
HISTORIES, TELLINGS = 10_000, 20
STORED_WORLDS, ITEMS, STORED_TELLINGS, BATCH, THREADS = 150, 8, 3, 60, 8


def summary(scans: list[Scan]) -> dict[str, Any]:
    """Where every item of a world stands, and all that happened to each."""
    items = sorted({scan.item_number for scan in scans if not is_receptacle(scan.item_number)})
    return {number: fold(ItemNumber(number), history) for number, history in histories(scans, items).items()}


def disagreements(worlds: int, chance: Random) -> int:
    """How many tellings of that many worlds of one item and three bags end otherwise than the world in its order."""
    found = 0
    for number in range(worlds):
        scans = random_world([f"H{number}"], chance, scans_each=6)
        told = summary(scans)
        found += sum(summary(shuffled(scans, chance)) != told for _ in range(TELLINGS))
    return found


@pytest.mark.soak
def test_ten_thousand_histories_told_twenty_ways_end_alike() -> None:
    assert disagreements(HISTORIES, Random(SEED)) == 0


@pytest.mark.soak
def test_red_control_a_fold_by_arrival_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (journey_module, bags_module):
        monkeypatch.setattr(module, "in_order", lambda scans: tuple(dict.fromkeys(scans)))
    assert disagreements(100, Random(SEED)) > 1_000


def booked_scan(item: str) -> Scan:
    return scan(f"booking:{item}", 0, item, Event.BOOKED, f"merchant:{SHOP}", 0)


@pytest.mark.soak
def test_worlds_uploaded_in_any_batches_at_once_are_kept_once(database: Database) -> None:
    """Eight uploads at a time of scans of the same items and the same three bags: each waits for what it needs."""
    chance = Random(SEED)
    booked = [consignment(1_000_000 + number, START) for number in range(ITEMS)]
    items = [one.item_number for one in booked]
    first = [booked_scan(item) for item in items]
    with database.transaction() as connection:
        give_out_bags(connection)
        append_merchants(connection, [Merchant(MerchantId(SHOP), "Shop", "New Market, Dhaka", "", START)])
        append_consignments(connection, booked, ["print"] * len(booked))
        append_scans(connection, first)
        open_journeys(connection, [fold(one.item_number, [one]) for one in first], ["1216"] * ITEMS)

    scans = random_world(list(items), chance, scans_each=STORED_WORLDS)
    heap = scans * STORED_TELLINGS
    chance.shuffle(heap)
    batches = [heap[start : start + BATCH] for start in range(0, len(heap), BATCH)]

    def upload(batch: list[Scan]) -> list[ScanOutcome]:
        for _ in range(20):
            try:
                with database.transaction() as connection:
                    return [verdict.outcome for verdict in record_scans(connection, batch)]
            except Unavailable:  # as a device does: send it again
                continue
        raise AssertionError("never taken")

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = [outcome for made in pool.map(upload, batches) for outcome in made]
    assert outcomes.count(ScanOutcome.DUPLICATE) == len(scans) * (STORED_TELLINGS - 1)
    assert ScanOutcome.REJECTED not in outcomes

    with database.transaction() as connection:
        stored = load_scans(connection, list({scan.item_number for scan in scans}))
        told = expected(connection, [*scans, *first], list(items))
        rows = kept(connection, list(items))
    assert len({scan.scan_id for scan in stored}) == len(scans) + len(first)
    assert {number: rows[number] for number in told} == told
