"""A shop's parcels with what happened to them, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from post_logistics.consignments.booking import Consignment
from post_logistics.operations.faces.looking_up import office_names
from post_logistics.operations.facts import Facts
from post_logistics.operations.promises.promising import forecasts
from post_logistics.storage.custody.scans import load_histories
from post_logistics.storage.database import Connection
from post_logistics.tracking.journey import Journey, fold
from post_logistics.tracking.lifecycle import ABOUT_OTHERS, Event
from post_logistics.tracking.texts import EVENT_TEXTS
from post_logistics.units import ItemNumber, Language, Postcode


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, in words."""

    event: Event
    at: datetime
    text: str
    office: Postcode
    office_name: str


@dataclass(frozen=True, slots=True)
class Tracked:
    """A parcel, where it stands, and how it came there. ``expected_on``: None if it is not on its way."""

    item_number: ItemNumber
    booked_at: datetime
    journey: Journey
    steps: tuple[Step, ...]
    expected_on: date | None


def tracked(
    connection: Connection, facts: Facts, parcels: Sequence[Consignment], language: Language, at: datetime
) -> list[Tracked]:
    """Each of the parcels with its history, in their order."""
    numbers = [one.item_number for one in parcels]
    histories, expected = load_histories(connection, numbers), forecasts(connection, facts, numbers, at)
    found = []
    for parcel in parcels:
        journey = fold(parcel.item_number, histories.get(parcel.item_number, ()))
        day = expected[parcel.item_number].expected_on if parcel.item_number in expected else None
        steps = _steps(facts, journey, language)
        found.append(Tracked(parcel.item_number, parcel.booked_at, journey, steps, day))
    return found


def _steps(facts: Facts, journey: Journey, language: Language) -> tuple[Step, ...]:
    """What counts, but for what was said about other scans."""
    ignored = {flag.scan.scan_id for flag in journey.misfits if flag.ignored}
    told = [scan for scan in journey.history if scan.event not in ABOUT_OTHERS and scan.scan_id not in ignored]
    names = office_names(facts.offices, (scan.office for scan in told), language)
    return tuple(
        Step(scan.event, scan.corrected_at, EVENT_TEXTS[scan.event][language], scan.office, names[scan.office])
        for scan in told
    )
