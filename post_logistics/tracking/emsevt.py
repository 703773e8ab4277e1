"""Scans of items as events of UPU EMSEVT version 3, as one post tells another.

Sure are the event codes (``lifecycle.EMSEVT``), that EMH carries a reason and an action, and that an event has its time
at the place and the office's code. Not sure are the values of ``REASON_CODES`` and ``ACTION_CODES`` and the code of our
offices: the UPU's own lists are for members, so these are assumed until they have been compared. Nobody abroad may be
sent this before. EMSEVT takes nothing back: what was corrected before it was told is not told.
"""

from dataclasses import dataclass
from typing import Final

from post_logistics.tracking.lifecycle import EMSEVT, Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, is_receptacle
from post_logistics.units import DHAKA, Postcode

REASON_CODES: Final[dict[Reason, str]] = {
    Reason.ADDRESS_INCOMPLETE: "10",
    Reason.PHONE_WRONG: "10",
    Reason.MOVED_AWAY: "11",
    Reason.RECIPIENT_ABSENT: "12",
    Reason.NO_ANSWER: "12",
    Reason.REFUSED_BY_RECIPIENT: "13",
    Reason.NOT_AS_ORDERED: "13",
    Reason.AMOUNT_DISPUTED: "13",
    Reason.ASKED_FOR_LATER: "14",
    Reason.ASKED_FOR_ELSEWHERE: "14",
    Reason.CANNOT_PAY: "15",
    Reason.NOT_COLLECTED: "18",
}
"""Reason of a failed attempt -> code for why it was not delivered; ``OTHER_REASON`` for the rest. Assumed."""

OTHER_REASON: Final = "99"

ANOTHER_ATTEMPT, HELD = "A", "H"
ACTION_CODES: Final[dict[Reason, str]] = {
    Reason.REFUSED_BY_RECIPIENT: HELD,
    Reason.NOT_AS_ORDERED: HELD,
    Reason.AMOUNT_DISPUTED: HELD,
    Reason.ASKED_FOR_ELSEWHERE: HELD,
    Reason.MOVED_AWAY: HELD,
    Reason.NOT_COLLECTED: HELD,
    Reason.HELD_BY_AUTHORITY: HELD,
}
"""Reason of a failed attempt -> code for what was done about it; ``ANOTHER_ATTEMPT`` for the rest. Assumed."""

_BOUND_FOR_DELIVERY: Final = frozenset({Event.ACCEPTED, Event.RECEIVED_AT_HUB, Event.SORTED_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class EmsevtEvent:
    """One event of one item. Offices are ``BD`` and four digits; the time is local and carries its offset."""

    item_number: str
    event_code: str
    event_at: str
    office: str
    next_office: str
    """Where the item is bound, while it travels to another office; else empty."""
    reason_code: str
    """Of EMH alone, as is the next."""
    action_code: str


def emsevt_event(scan: Scan, destination: Postcode) -> EmsevtEvent | None:
    """The scan in EMSEVT; None where that standard has no word for it. ``destination``: the office of delivery."""
    code = EMSEVT.get(scan.event)
    if code is None or is_receptacle(scan.item_number):
        return None
    travels = scan.event in _BOUND_FOR_DELIVERY and destination != scan.office
    failed = scan.event is Event.ATTEMPT_FAILED
    return EmsevtEvent(
        item_number=scan.item_number,
        event_code=code,
        event_at=scan.corrected_at.astimezone(DHAKA).isoformat(timespec="seconds"),
        office=upu_office(scan.office),
        next_office=upu_office(destination) if travels else "",
        reason_code=_code(REASON_CODES, scan.reason, OTHER_REASON) if failed else "",
        action_code=_code(ACTION_CODES, scan.reason, ANOTHER_ATTEMPT) if failed else "",
    )


def upu_office(postcode: Postcode) -> str:
    """The office's code as others read it: the country and the postcode, until real codes are allotted."""
    return f"BD{postcode}"


def _code(codes: dict[Reason, str], reason: Reason | None, otherwise: str) -> str:
    return codes.get(reason, otherwise) if reason is not None else otherwise
