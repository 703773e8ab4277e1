"""A made-up week is true to its books; and each invariant turns red where what it guards is broken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid5

import pytest

from post_logistics.operations.custody import scanning
from post_logistics.operations.money import receipts
from post_logistics.settings import Settings
from post_logistics.simulation import life as module
from post_logistics.simulation.country import CENTRE, country
from post_logistics.simulation.devices import Device, Troubles
from post_logistics.simulation.invariants import INVARIANTS
from post_logistics.simulation.run import FIRST_DAY, Report, simulate
from post_logistics.storage.custody import ingestion
from post_logistics.storage.money.ledger import append_transfers
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import Postcode
from tests.operations.conftest import facts  # noqa: F401 - a fixture

HARD = Troubles(scan_forgotten=0.01, bag_lost=0.3, bag_found_again=0.3, device_offline_a_day=0.5, batch_sent_twice=0.3)


def lived(settings: Settings, *, seed: int = 3, offices: int = 5, parcels: int = 160, days: int = 4) -> Report:
    """A short life with more trouble than a year has."""
    chosen = settings.model_copy(update={"schema_name": f"simulation_{seed}"})
    return simulate(chosen, offices=offices, parcels=parcels, days=days, seed=seed, troubles=HARD)


def test_nothing_is_broken_however_much_goes_wrong(settings: Settings) -> None:
    report = lived(settings, seed=3)
    assert report.holds, report.as_json()["invariants"]
    assert set(report.invariants) == set(INVARIANTS)
    assert report.facts["muddled"] and report.facts["bags_lost_now"] and report.facts["crashed_office"]
    assert report.facts["verdicts"]["duplicate"] and report.facts["verdicts"]["accepted_with_exception"]
    assert report.invariants["what_is_overdue_is_an_exception"].checked
    assert report.invariants["lost_bags_are_noticed"].checked


def test_the_same_seed_tells_the_same_story(settings: Settings) -> None:
    told = [lived(settings, seed=8, offices=3, parcels=20, days=3).as_json() for _ in range(2)]
    for report in told:
        for name in ("lived_s", "proved_s", "memory_mb"):
            del report[name]
    assert told[0] == told[1]


def test_every_office_can_send_to_every_other(facts: Any) -> None:  # noqa: F811
    made = country(facts, 40, seed=1)
    for origin in made.offices:
        for target in made.offices:
            here, hops = origin.postcode, 0
            while here != target.postcode:
                here, hops = made.next_hop(here, target.postcode), hops + 1
            assert hops <= 4
    assert made.hub_of[CENTRE] == CENTRE


def test_no_device_sends_what_it_has_not_yet_recorded() -> None:
    device = Device("counter-1205", Postcode("1205"), Random(1), Troubles(batch_sent_twice=0, clock_stopped=0))
    sent: list[list[str]] = []
    for number, minute in (("A", 5), ("B", 0)):
        device.scan(number, Event.ACCEPTED, FIRST_DAY + timedelta(minutes=minute), "office:1205")
    for minute in (0, 4, 5):
        device.send(
            FIRST_DAY + timedelta(minutes=minute), lambda batch: sent.append([c.scan.item_number for c in batch])
        )
    assert sent == [["B"], ["A"]]


Plant = Callable[[pytest.MonkeyPatch], None]


def lose_scans(plant: pytest.MonkeyPatch) -> None:
    """A server that says accepted and drops the last row of a batch."""
    keep = ingestion.keep
    plant.setattr(scanning, "keep", lambda c, kept, at: keep(c, replace(kept, new=kept.new[:-1]), at))


def believe_the_last(plant: pytest.MonkeyPatch) -> None:
    """A server that takes what comes last for what happened last."""
    steps = scanning._steps
    plant.setattr(
        scanning,
        "_steps",
        lambda locked, new: {n: scanning._Steps(one.scans, late=False) for n, one in steps(locked, new).items()},
    )


def never_watch(plant: pytest.MonkeyPatch) -> None:
    """Nobody looks for what is overdue."""
    plant.setattr(module.Life, "_watch", lambda self: None)


def post_twice(plant: pytest.MonkeyPatch) -> None:
    """Cash posted once more under a new identifier."""

    def twice(connection: Any, transfers: Any) -> None:
        append_transfers(connection, transfers)
        append_transfers(connection, [replace(one, transfer_id=uuid5(one.transfer_id, "again")) for one in transfers])

    plant.setattr(receipts, "append_transfers", twice)


def forget_to_tell(plant: pytest.MonkeyPatch) -> None:
    """An outbox that is written only now and then."""
    told = scanning._told
    plant.setattr(scanning, "_told", lambda new, walks, standings: told(new, walks, standings)[1:])


def number_anew(plant: pytest.MonkeyPatch) -> None:
    """Devices that give the same number to two scans."""
    made = Device.scan

    def scan(self: Device, *args: Any, **rest: Any) -> None:
        made(self, *args, **rest)
        self._sequence -= self._sequence % 7 == 5

    plant.setattr(Device, "scan", scan)


@pytest.mark.parametrize(
    ("plant", "caught_by"),
    [
        (lose_scans, "every_scan_is_kept_once"),
        (believe_the_last, "state_is_the_fold_of_all_scans"),
        (never_watch, "what_is_overdue_is_an_exception"),
        (post_twice, "cash_is_collected_once"),
        (forget_to_tell, "everybody_is_told_once"),
        (number_anew, "no_authentic_scan_is_refused"),
    ],
    ids=lambda one: one.__name__ if callable(one) else "",
)
def test_red_control(settings: Settings, monkeypatch: pytest.MonkeyPatch, plant: Plant, caught_by: str) -> None:
    plant(monkeypatch)
    report = lived(settings, seed=3)
    assert report.invariants[caught_by].violated, {n: c.violated for n, c in report.invariants.items()}
