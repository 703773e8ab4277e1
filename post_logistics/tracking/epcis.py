"""Scans as GS1 EPCIS 2.0 events in JSON-LD, with the words of the Core Business Vocabulary (CBV) 2.0.

What is physical becomes an event; decisions on paper (a collection asked for, a run sheet, a cancellation) are none of
EPCIS's business. A parcel that goes into a bag is an AggregationEvent: from there the bag's events speak for it, until
the bag is opened. A mistake is an error declaration, which repeats the first event under its own ``eventID``.
``post:event`` and ``post:reason`` say in our own words what CBV has no word for.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan
from post_logistics.tracking.uris import place_uri, thing_uri
from post_logistics.units import DHAKA

CONTEXT: Final[list[Any]] = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"post": "urn:post-logistics:epcis:"},
]

_STEPS: Final[dict[Event, tuple[str, str | None]]] = {
    Event.BOOKED: ("commissioning", "active"),
    Event.ACCEPTED: ("accepting", "in_progress"),
    Event.BAGGED: ("packing", "in_progress"),
    Event.SEALED: ("staging_outbound", "container_closed"),
    Event.OPENED: ("unpacking", "container_open"),
    Event.DISPATCHED: ("departing", "in_transit"),
    Event.RECEIVED_AT_HUB: ("arriving", "in_progress"),
    Event.SORTED_OUT: ("staging_outbound", "in_progress"),
    Event.AT_DELIVERY_OFFICE: ("arriving", "in_progress"),
    Event.OUT_FOR_DELIVERY: ("departing", "in_transit"),
    Event.ATTEMPT_FAILED: ("other", "in_transit"),
    Event.ON_HOLD: ("holding", "in_progress"),
    Event.AT_PICKUP_POINT: ("storing", "in_progress"),
    Event.DELIVERED_CLAIMED: ("receiving", "in_progress"),
    Event.PARTIALLY_DELIVERED: ("receiving", "in_progress"),
    Event.EXCHANGED: ("receiving", "in_progress"),
    Event.DELIVERED_CONFIRMED: ("receiving", None),
    Event.RETURNING: ("departing", "in_transit"),
    Event.RETURNED: ("receiving", "returned"),
    Event.LOST: ("other", "unknown"),
    Event.DAMAGED: ("inspecting", "damaged"),
}
"""Event -> business step and disposition; an event that is not here has no place in EPCIS."""


def epcis_event(scan: Scan, corrected_at: datetime | None = None) -> dict[str, Any] | None:
    """The scan as an EPCIS event; None if it is nothing that EPCIS tells.

    ``corrected_at``: when the scan was taken back as a mistake; the event then is the declaration that it is wrong.
    """
    if scan.event not in _STEPS:
        return None
    step, disposition = _STEPS[scan.event]
    event: dict[str, Any] = {
        "eventID": f"urn:uuid:{scan.scan_id}",
        "eventTime": _instant(scan.corrected_at),
        "eventTimeZoneOffset": _instant(scan.corrected_at)[-6:],
        "recordTime": _instant(scan.recorded_at),
        **_what(scan),
        "bizStep": step,
        "readPoint": {"id": place_uri(scan.office)},
        "post:event": scan.event.value,
    }
    if disposition:
        event["disposition"] = disposition
    if scan.holder == f"office:{scan.office}":
        event["bizLocation"] = {"id": place_uri(scan.office)}
    if scan.reason:
        event["post:reason"] = scan.reason.value
    if corrected_at:
        event["errorDeclaration"] = {"declarationTime": _instant(corrected_at), "reason": "did_not_occur"}
    return event


def epcis_document(events: Iterable[dict[str, Any]], at: datetime) -> dict[str, Any]:
    """The events in an EPCISDocument made at that time."""
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _instant(at),
        "epcisBody": {"eventList": list(events)},
    }


def _what(scan: Scan) -> dict[str, Any]:
    """Kind of event, action, and the things that it is about. An opened bag lets go of everything in it."""
    thing = thing_uri(scan.item_number)
    if scan.event is Event.BAGGED and scan.receptacle is not None:
        return {
            "type": "AggregationEvent",
            "action": "ADD",
            "parentID": thing_uri(scan.receptacle),
            "childEPCs": [thing],
        }
    if scan.event is Event.OPENED:
        return {"type": "AggregationEvent", "action": "DELETE", "parentID": thing}
    action = "ADD" if scan.event is Event.BOOKED else "OBSERVE"
    return {"type": "ObjectEvent", "action": action, "epcList": [thing]}


def _instant(at: datetime) -> str:
    """Local time to the millisecond with its offset, six characters at the end."""
    return at.astimezone(DHAKA).isoformat(timespec="milliseconds")
