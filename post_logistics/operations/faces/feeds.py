"""The log of scans for systems outside: page by page, in the words of three standards."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from io import StringIO
from itertools import chain
from typing import Any, Final
from uuid import UUID

from post_logistics.errors import Unacceptable
from post_logistics.storage.database import Connection
from post_logistics.storage.faces import feeds as store
from post_logistics.storage.faces.feeds import Logged, Place, place_of
from post_logistics.tracking.cloud_events import cloud_event
from post_logistics.tracking.emsevt import EmsevtEvent, emsevt_event
from post_logistics.tracking.epcis import epcis_document, epcis_event
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import LONGEST_OFFLINE, Scan
from post_logistics.units import Postcode

_NO_ID: Final = UUID(int=0)
_BEYOND: Final = 2**63 - 1
_CURSOR: Final = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Page:
    """Part of the log, and how to go on."""

    rows: tuple[Logged, ...]
    """As they were recorded; those of one upload as they happened."""
    taken_back: Mapping[UUID, Scan]
    """Id of a scan of these things that was a mistake -> the scan that says so."""
    mistakes: Mapping[UUID, Scan]
    """Those mistaken scans by their ids, as far as they are known."""
    next: str
    """Send it as ``after``: what comes then was not on this page. There is always one, for the log goes on."""
    more: bool
    """The page is full, so there may be more already."""


def read_log(connection: Connection, after: str | None, limit: int, merchant_id: str | None, at: datetime) -> Page:
    """The page that follows ``after`` (None: from the beginning), of a merchant's parcels or of everything.

    Nothing is left out and nothing comes twice, however many devices upload meanwhile; see ``storage.faces.feeds``.
    Unacceptable if ``after`` is not the ``next`` of a page.
    """
    until = store.settled_until(connection, at)
    place = _read_cursor(after) if after is not None else (store.log_begins(connection) or until, 0, _NO_ID)
    rows = store.load_log(connection, place, until, limit, merchant_id) if place[0] < until else []
    known = _mistakes(connection, [row.scan for row in rows]) if rows else []
    more = len(rows) == limit
    last = place_of(rows[-1].scan) if more else max(place, (until, _BEYOND, _NO_ID))
    return Page(
        rows=tuple(rows),
        taken_back={scan.voids: scan for scan in known if scan.voids is not None},
        mistakes={scan.scan_id: scan for scan in known if scan.event is not Event.CORRECTED},
        next=_write_cursor(last),
        more=more,
    )


def _mistakes(connection: Connection, told: Sequence[Scan]) -> list[Scan]:
    """Corrections of what is told, and what they correct. None was recorded before its mistake can have happened."""
    numbers = sorted({scan.item_number for scan in told})
    return store.load_mistakes(connection, numbers, told[0].recorded_at - LONGEST_OFFLINE)


def as_epcis(page: Page, at: datetime) -> dict[str, Any]:
    """The page as an EPCISDocument. A scan taken back is declared wrong when both it and the correction are known."""
    events = (_with_declaration(page, row.scan) for row in page.rows)
    return epcis_document((event for event in events if event is not None), at)


def _with_declaration(page: Page, scan: Scan) -> dict[str, Any] | None:
    """The event of a scan, or the declaration that an earlier one was wrong.

    A mistake that arrives later than its correction is declared wrong at once, so that the order does not matter.
    """
    if scan.voids is not None:
        mistake = page.mistakes.get(scan.voids)
        told = mistake is not None and place_of(mistake) < place_of(scan)
        return epcis_event(mistake, scan.recorded_at) if mistake is not None and told else None
    correction = page.taken_back.get(scan.scan_id)
    late = correction is not None and place_of(correction) < place_of(scan)
    return epcis_event(scan, scan.recorded_at if late else None)


def as_cloud_events(page: Page) -> list[dict[str, Any]]:
    """The page as a batch of CloudEvents: every scan is one, and so is every correction."""
    return [cloud_event(row.scan, row.order_ref) for row in page.rows]


def as_emsevt(page: Page) -> list[EmsevtEvent]:
    """What EMSEVT has words for, of the scans that count as far as is known by now."""
    found = (
        emsevt_event(row.scan, Postcode(row.destination))
        for row in page.rows
        if row.scan.scan_id not in page.taken_back
    )
    return [event for event in found if event is not None]


def emsevt_csv(events: Sequence[EmsevtEvent]) -> str:
    """The events as CSV with a header."""
    names = [field.name for field in fields(EmsevtEvent)]
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(chain([names], (asdict(event).values() for event in events)))
    return text.getvalue()


def _write_cursor(place: Place) -> str:
    return f"{place[0].astimezone(UTC).strftime(_CURSOR)}-{place[1]}-{place[2].hex}"


def _read_cursor(text: str) -> Place:
    try:
        instant, sequence, scan_id = text.split("-")
        return datetime.strptime(instant, _CURSOR).replace(tzinfo=UTC), int(sequence), UUID(hex=scan_id)
    except ValueError:
        raise Unacceptable(
            f"{text!r} is not where a page ended",
            field="after",
            remedy="send the `next` of the page before, or nothing",
        ) from None
