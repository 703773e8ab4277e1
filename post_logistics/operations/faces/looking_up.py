"""Where a parcel is, as anyone who has its number may know: no name, no phone, no street, no amount."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import NotFound
from post_logistics.network.offices import Offices
from post_logistics.storage.custody.scans import load_histories
from post_logistics.storage.database import Connection
from post_logistics.storage.faces.lookups import Known, load_known
from post_logistics.tracking.journey import Journey, fold
from post_logistics.tracking.lifecycle import TERMINAL, Event, State
from post_logistics.tracking.timeline import TimelineEntry, headline, promise, timeline
from post_logistics.units import DHAKA, ItemNumber, Language, Postcode

_BETWEEN_US: Final = frozenset({Event.CORRECTED, Event.CONTESTED})
"""Corrections of the record, and what a recipient complained of: not for strangers."""


@dataclass(frozen=True, slots=True)
class TrackingView:
    """The public view of one item."""

    item_number: ItemNumber
    return_number: ItemNumber | None
    """The number on its return label; either finds it."""
    state: State
    headline: str
    promise: str
    promised_on: date
    delivery_office: str
    finished: bool
    timeline: tuple[TimelineEntry, ...]
    route: tuple[Postcode, ...]
    """The offices that it came through, in order."""
    destination: Postcode

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
    known, journey = look_up(connection, number)
    return public_view(known, journey, offices, language, at)


def look_up(connection: Connection, number: str) -> tuple[Known, Journey]:
    """The item of a number and its journey. NotFound, after the same work, if there is none."""
    asked = parse_item_number(number)
    known = load_known(connection, asked)
    item_number = known.item_number if known else asked
    histories = load_histories(connection, [item_number])
    if known is None or item_number not in histories:
        raise NotFound(f"no item {asked}", field="item_number", remedy="check the number on the label or receipt")
    return known, fold(item_number, histories[item_number])


def public_view(known: Known, journey: Journey, offices: Offices, language: Language, at: datetime) -> TrackingView:
    """What anybody may read of it."""
    told = replace(journey, history=tuple(scan for scan in journey.history if scan.event not in _BETWEEN_US))
    names = office_names(offices, (*(scan.office for scan in told.history), known.destination), language)
    return TrackingView(
        item_number=known.item_number,
        return_number=known.return_number,
        state=journey.state,
        headline=headline(journey, language),
        promise=promise(journey, known.promised_on, at.astimezone(DHAKA).date(), language),
        promised_on=known.promised_on,
        delivery_office=names[known.destination],
        finished=journey.state in TERMINAL,
        timeline=timeline(told, names, language),
        route=tuple(office for office, _ in groupby(scan.office for scan in told.history)),
        destination=known.destination,
    )


def office_names(offices: Offices, codes: Iterable[Postcode], language: Language) -> dict[Postcode, str]:
    """The names of those offices in that language."""
    return {
        code: office.name_bn if language == "bn" else office.name_en for code in codes for office in (offices[code],)
    }
