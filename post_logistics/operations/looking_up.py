"""Where a parcel is, as anyone who has its number may know: no name, no phone, no street, no amount."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound
from post_logistics.network.offices import Offices
from post_logistics.storage.consignments import load_promise
from post_logistics.storage.database import Connection
from post_logistics.storage.scans import load_scans
from post_logistics.tracking.journey import fold
from post_logistics.tracking.lifecycle import TERMINAL, State
from post_logistics.tracking.timeline import TimelineEntry, headline, promise, timeline
from post_logistics.units import DHAKA, ItemNumber, Language


@dataclass(frozen=True, slots=True)
class TrackingView:
    """The public view of one item."""

    item_number: ItemNumber
    state: State
    headline: str
    promise: str
    promised_on: date
    delivery_office: str
    finished: bool
    timeline: tuple[TimelineEntry, ...]

    def as_json(self) -> dict[str, Any]:
        """The view as plain values, states and times as text."""
        entries = [asdict(entry) | {"at": entry.at.isoformat()} for entry in self.timeline]
        return asdict(self) | {
            "state": self.state.value,
            "promised_on": self.promised_on.isoformat(),
            "timeline": entries,
        }


def track_item(connection: Connection, offices: Offices, number: str, language: Language, at: datetime) -> TrackingView:
    """The view of the number as people type it (spaces, lower case, Bangla digits); NotFound if it was never issued."""
    item_number = parse_item_number(number)
    scans = load_scans(connection, [item_number])
    booked = load_promise(connection, item_number)
    if not scans or booked is None:
        raise NotFound(f"no item {item_number}", field="item_number", remedy="check the number on the label or receipt")
    journey = fold(item_number, scans)
    delivery_office, promised_on = booked
    names = {
        office.postcode: office.name_bn if language == "bn" else office.name_en
        for office in (offices.get(code) for code in {*(scan.office for scan in scans), delivery_office})
    }
    return TrackingView(
        item_number=item_number,
        state=journey.state,
        headline=headline(journey, language),
        promise=promise(journey, promised_on, at.astimezone(DHAKA).date(), language),
        promised_on=promised_on,
        delivery_office=names[delivery_office],
        finished=journey.state in TERMINAL,
        timeline=timeline(journey, names, language),
    )
