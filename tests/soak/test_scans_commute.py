"""However a history arrives - shuffled, doubled, in any batches, from several devices at once - it ends the same."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from post_logistics.consignments.merchants import Merchant
from post_logistics.operations.scanning import ScanOutcome, record_scans
from post_logistics.storage.consignments import append_consignments
from post_logistics.storage.database import Database
from post_logistics.storage.merchants import append_merchants
from post_logistics.storage.scans import append_scans, load_scans, load_standings, open_journeys
from post_logistics.tracking import journey as journey_module
from post_logistics.tracking.journey import Journey, fold, fold_many
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, MerchantId, Postcode
from tests.operations.conftest import SHOP, consignment
from tests.operations.crash import scan

SEED = 1
HISTORIES, TELLINGS = 10_000, 20
STORED_HISTORIES, STORED_TELLINGS, BATCH = 1_000, 4, 100
START = datetime(2026, 11, 22, tzinfo=UTC)
HOLDERS = ("office:1215", "office:1230", "rider:1230-R02", "vehicle:L7", "agent:A1", "merchant:M1", "recipient")
CLOCKS = (timedelta(minutes=-1), timedelta(minutes=-3), timedelta(minutes=5), timedelta(days=69), timedelta(days=-3650))


def random_history(item: str, chance: Random) -> list[Scan]:
    """Up to a dozen scans of any kind from three devices, their times close enough to collide, some clocks wild."""
    scans = []
    for number in range(chance.randint(1, 12)):
        device = f"{item}-{chance.choice('abc')}"
        recorded_at = START + timedelta(minutes=chance.randint(0, 20))
        scans.append(
            Scan(
                scan_id=scan_id_of(device, number),
                item_number=ItemNumber(item),
                event=chance.choice(list(Event)),
                occurred_at=recorded_at + chance.choice(CLOCKS),
                recorded_at=recorded_at,
                clock_offset_s=chance.choice((0, 60, -120)),
                device_id=device,
                sequence=number,
                office=Postcode("1215"),
                holder=chance.choice(HOLDERS),
                reason=chance.choice((None, Reason.NO_ANSWER, Reason.REFUSED_BY_RECIPIENT)),
            )
        )
    return scans


def retold(scans: list[Scan], chance: Random) -> list[Scan]:
    """The same scans in another order, some of them twice, some of those recorded again later."""
    later = [replace(one, recorded_at=one.recorded_at + timedelta(days=40)) for one in chance.choices(scans, k=2)]
    heap = [*scans, *chance.choices(scans, k=3), *later]
    chance.shuffle(heap)
    return heap


def disagreements(histories: int, chance: Random) -> int:
    """How many tellings of that many histories fold otherwise than the history in its order."""
    found = 0
    for number in range(histories):
        scans = random_history(f"H{number}", chance)
        told = fold(scans[0].item_number, scans)
        found += sum(fold(told.item_number, retold(scans, chance)) != told for _ in range(TELLINGS))
    return found


@pytest.mark.soak
def test_ten_thousand_histories_told_twenty_ways_fold_alike() -> None:
    assert disagreements(HISTORIES, Random(SEED)) == 0


@pytest.mark.soak
def test_red_control_a_fold_by_arrival_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey_module, "in_order", lambda scans: tuple(dict.fromkeys(scans)))
    assert disagreements(100, Random(SEED)) > 1_000


def booked_scan(item: str) -> Scan:
    return scan(f"booking:{item}", 0, item, Event.BOOKED, f"merchant:{SHOP}", 0)


def summary(journey: Journey) -> tuple[object, ...]:
    """What the row of a journey keeps of it."""
    counts = len(journey.attempts), len(journey.misfits)
    return journey.state, journey.holder, journey.office, journey.since, *counts


@pytest.mark.soak
def test_a_thousand_histories_uploaded_in_any_batches_at_once_are_kept_once(database: Database) -> None:
    chance = Random(SEED)
    booked = [consignment(1_000_000 + number, START) for number in range(STORED_HISTORIES)]
    first = [booked_scan(one.item_number) for one in booked]
    histories = {one.item_number: random_history(one.item_number, chance) for one in booked}
    with database.transaction() as connection:
        append_merchants(connection, [Merchant(MerchantId(SHOP), "Shop", "New Market, Dhaka", "", START)])
        append_consignments(connection, booked, ["print"] * len(booked))
        append_scans(connection, first)
        open_journeys(connection, [fold(one.item_number, [one]) for one in first])

    heap = [one for scans in histories.values() for one in scans * STORED_TELLINGS]
    chance.shuffle(heap)
    batches = [heap[start : start + BATCH] for start in range(0, len(heap), BATCH)]

    def upload(batch: list[Scan]) -> list[ScanOutcome]:
        with database.transaction() as connection:
            return [verdict.outcome for verdict in record_scans(connection, batch)]

    with ThreadPoolExecutor(8) as pool:
        outcomes = [outcome for made in pool.map(upload, batches) for outcome in made]
    scans = [one for told in histories.values() for one in told]
    assert outcomes.count(ScanOutcome.DUPLICATE) == len(scans) * (STORED_TELLINGS - 1)
    assert ScanOutcome.REJECTED not in outcomes

    with database.transaction() as connection:
        stored = load_scans(connection, list(histories))
        standings = load_standings(connection)
    assert len(stored) == len(scans) + len(first)
    expected = fold_many([*scans, *first])
    kept = {s.item_number: (s.state, s.holder, s.office, s.since, s.attempts, s.misfits) for s in standings}
    assert kept == {item: summary(journey) for item, journey in expected.items()}
