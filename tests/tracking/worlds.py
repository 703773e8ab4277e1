"""Made-up histories of items and bags: three devices, colliding times, wild clocks, bags in bags, mistakes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from post_logistics.tracking.bags import BAG
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode

START = datetime(2026, 11, 22, tzinfo=UTC)
BAGS = tuple(f"BD1215BD1230AUN60001{serial:03d}" for serial in range(1, 4))
"""Three bags that may hold items and one another."""

_HOLDERS = ("office:1215", "office:1230", "rider:1230-R02", "vehicle:L7", "agent:A1", "merchant:M1", "recipient")
_CLOCKS = (
    timedelta(minutes=-1),
    timedelta(minutes=-3),
    timedelta(minutes=5),
    timedelta(days=69),
    timedelta(days=-3650),
)
_OF_ITEMS = tuple(event for event in Event if event not in {Event.CORRECTED, Event.SEALED, Event.OPENED})
_OF_BAGS = (*BAG.landing, Event.LOST)


def random_world(items: list[str], chance: Random, *, scans_each: int = 8) -> list[Scan]:
    """Scans of the items and of the three bags, in the order of recording."""
    told: list[Scan] = []
    numbers = [*items, *BAGS]
    for sequence in range(len(numbers) * chance.randint(1, scans_each)):
        told.append(_scan(chance.choice(numbers), sequence, told, chance))
    return told


def _scan(number: str, sequence: int, before: list[Scan], chance: Random) -> Scan:
    event = chance.choice(_OF_BAGS if number in BAGS else _OF_ITEMS)
    mine = [scan for scan in before if scan.item_number == number and scan.event is not Event.CORRECTED]
    voids: UUID | None = None
    if mine and chance.random() < 0.1:
        event, voids = Event.CORRECTED, chance.choice(mine).scan_id
    bag: str | None = None
    if event is Event.BAGGED and chance.random() < 0.9:
        bag = (
            chance.choice([one for one in BAGS if one > number] or [BAGS[-1]])
            if number in BAGS
            else chance.choice(BAGS)
        )
        bag = None if bag == number else bag
    device = f"device-{chance.choice('abc')}"
    recorded_at = START + timedelta(minutes=chance.randint(0, 40))
    return Scan(
        scan_id=scan_id_of(device, sequence),
        item_number=ItemNumber(number),
        event=event,
        occurred_at=recorded_at + chance.choice(_CLOCKS),
        recorded_at=recorded_at,
        clock_offset_s=chance.choice((0, 60, -120)),
        device_id=device,
        sequence=sequence,
        office=Postcode("1215"),
        holder=chance.choice(_HOLDERS),
        reason=chance.choice((None, Reason.NO_ANSWER, Reason.REFUSED_BY_RECIPIENT)),
        receptacle=bag,
        voids=voids,
    )


def shuffled(scans: list[Scan], chance: Random) -> list[Scan]:
    """The same scans in another order, some of them twice, some of those recorded again much later."""
    later = [replace(one, recorded_at=one.recorded_at + timedelta(days=40)) for one in chance.choices(scans, k=2)]
    heap = [*scans, *chance.choices(scans, k=3), *later]
    chance.shuffle(heap)
    return heap
