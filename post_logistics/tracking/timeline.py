"""What anybody who has the item number may read of a journey: nobody is named, and no reason tells on a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from post_logistics.tracking.journey import Journey
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, EMSEVT, IN_CUSTODY, State
from post_logistics.tracking.scans import Scan
from post_logistics.tracking.texts import EVENT_TEXTS, PUBLIC_REASONS, STATE_TEXTS
from post_logistics.units import Language, Postcode, local_day, local_time


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of the public timeline."""

    at: datetime
    when: str
    """``at`` as people in Bangladesh read it, in the language of the text."""
    text: str
    office_name: str
    emsevt: str | None
    """The UPU code of the event; None where that standard has none."""


def timeline(
    journey: Journey, office_names: Mapping[Postcode, str], language: Language = "en"
) -> tuple[TimelineEntry, ...]:
    """The journey as the public may read it, oldest first.

    ``office_names`` gives the offices' names in the same language; an office it does not know goes unnamed. Left out
    are scans that changed nothing, and the same word said twice running at one office.
    """
    ignored = {misfit.scan.scan_id for misfit in journey.misfits if misfit.ignored}
    entries: list[TimelineEntry] = []
    last: Scan | None = None
    for scan in journey.history:
        again = last is not None and (scan.event, scan.office) == (last.event, last.office)
        if again or scan.scan_id in ignored:
            continue
        entries.append(_entry(scan, office_names.get(scan.office, ""), language))
        last = scan
    return tuple(entries)


def headline(journey: Journey, language: Language = "en") -> str:
    """Where the item stands, in one line."""
    return STATE_TEXTS[journey.state][language]


_PROMISE_KEPT_OPEN: Final = (BEFORE_ACCEPTANCE | IN_CUSTODY) - {
    State.ISSUED,
    State.DELIVERED_CLAIMED,
    State.PARTIALLY_CLAIMED,
    State.RETURN_REQUESTED,
    State.RETURNING,
    State.LOST,
    State.DAMAGED,
}
"""The states in which the item is still on its way to the recipient."""

_PROMISES: Final[dict[Language, str]] = {
    "en": "Expected by {day}.",
    "bn": "{day} তারিখের মধ্যে পৌঁছানোর কথা।",
}
_BROKEN_PROMISES: Final[dict[Language, str]] = {
    "en": "Expected by {day}; it is late, and we are sorry.",
    "bn": "{day} তারিখের মধ্যে পৌঁছানোর কথা ছিল; বিলম্বের জন্য আমরা দুঃখিত।",
}


def promise(journey: Journey, promised_on: date, on: date, language: Language = "en") -> str:
    """The promised day as read on the day ``on``; empty once the item is no longer on its way to the recipient."""
    if journey.state not in _PROMISE_KEPT_OPEN:
        return ""
    wording = _PROMISES if on <= promised_on else _BROKEN_PROMISES
    return wording[language].format(day=local_day(promised_on, language))


def _entry(scan: Scan, office_name: str, language: Language) -> TimelineEntry:
    at = scan.corrected_at
    text = EVENT_TEXTS[scan.event][language]
    if scan.reason is not None:
        text = f"{text} {PUBLIC_REASONS[scan.reason.blame][language]}"
    return TimelineEntry(at, local_time(at, language), text, office_name, EMSEVT.get(scan.event))
