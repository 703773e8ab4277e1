"""What the pages of a hub share: the manager's office, and words for hands, reasons and faults."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Depends, HTTPException
from fastapi.responses import HTMLResponse

from api.pages.forms import day_of
from api.pages.shell import OurVisit, Visit, page
from post_logistics.routing.plan import Reason
from post_logistics.routing.violation import Fault
from post_logistics.storage.custody.exceptions import Kind
from post_logistics.tracking.bags import BagState
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.texts import EVENT_TEXTS, REASON_TEXTS, STATE_TEXTS
from post_logistics.units import DHAKA, Postcode

KINDS: Final = {
    Kind.OVERDUE: "A scan is missing",
    Kind.MISFIT: "A scan does not fit",
    Kind.SHORT: "Missing from a bag",
    Kind.EXCESS: "Too much in a bag",
    Kind.MISSENT: "Sent to the wrong office",
    Kind.DAMAGED: "Damaged",
    Kind.CONTESTED: "Contested by the recipient",
}
BAGS: Final = {
    BagState.OPEN: "Bag, being filled",
    BagState.SEALED: "Bag, sealed",
    BagState.DISPATCHED: "Bag, on the way",
    BagState.RECEIVED: "Bag, arrived and closed",
    BagState.OPENED: "Bag, opened",
    BagState.LOST: "Bag, being searched for",
}
REASONS: Final = {
    Reason.NO_VEHICLE: "No rider is on duty.",
    Reason.UNREACHABLE: "There is no way to it, or none back.",
    Reason.NO_SKILL: "No rider can do what it needs.",
    Reason.TOO_HEAVY: "It weighs more than anybody carries.",
    Reason.TOO_BULKY: "It is larger than anybody carries.",
    Reason.TOO_MANY_PARCELS: "These are more parcels than anybody takes.",
    Reason.OVER_CASH_CAP: "More is to be collected there than a rider may carry.",
    Reason.WINDOW_CLOSED: "Nobody can be there while it is open.",
    Reason.SHIFT_TOO_SHORT: "The way there and back is longer than any rider's day.",
    Reason.NO_VEHICLE_FITS: "For each rider something else stands against it.",
    Reason.DOOR_REFUSED: "It goes with the other parcels of its door, and together they fit no rider.",
    Reason.LOADS_FULL: "Every rider who could take it is full already.",
    Reason.CASH_CAPS_REACHED: "Every rider who could take it will already carry as much cash as is allowed.",
    Reason.NO_TIME_LEFT: "There is no time left for it in any tour.",
    Reason.NO_VEHICLE_HAS_ROOM: "Every rider is full: by load, by cash or by time.",
    Reason.NOT_WORTH_THE_WAY: "It may wait, and is not worth the way today.",
}
"""Why a stop is in no tour."""
FAULTS: Final = {
    Fault.OVER_WEIGHT: "too heavy for the vehicle",
    Fault.OVER_VOLUME: "too bulky for the vehicle",
    Fault.OVER_PARCELS: "too many parcels for the vehicle",
    Fault.OVER_CASH_CAP: "more cash than a rider may carry",
    Fault.TOO_MANY_STOPS: "too many stops",
    Fault.OUTSIDE_SHIFT: "back too late",
    Fault.OUTSIDE_WINDOW: "not there in time",
    Fault.NO_SUCH_LEG: "there is no way",
    Fault.UNTRUE_REASON: "somebody would stay at the office who could bring a parcel that is left over",
}
"""Why a stop cannot be moved somewhere."""
RULE_BROKEN: Final = "a rule of the plan would be broken"


def hub_office(found: OurVisit) -> Postcode:
    """The office of the manager; 403 for those who manage none."""
    if found.who.office is None:
        raise HTTPException(403, "a hub belongs to an office: sign in for one")
    return found.who.office


Here = Annotated[Postcode, Depends(hub_office)]


def hub_page(found: Visit, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The template as a page of the hub, with the words that its pages use."""
    here = found.engine.facts.offices[hub_office(found)]
    words: dict[str, Any] = {
        "office_name": found.named(here),
        "today": today(found),
        "clock": partial(clock, found),
        "km": partial(km, found),
        "hands": partial(hands, found),
        "state_words": partial(state_words, found),
        "event_words": partial(event_words, found),
        "kind_words": lambda kind: found.say(KINDS[Kind(kind)]),
    }
    return page(found, template, status, **words | values)


def today(found: Visit) -> date:
    """The day in Dhaka."""
    return found.at.astimezone(DHAKA).date()


def day_asked(found: Visit, text: str) -> date:
    """The day that was asked for; today if none was."""
    return day_of(text, "on") or today(found)


def clock(found: Visit, at: datetime) -> str:
    """The time of day."""
    return found.digits(at.astimezone(DHAKA).strftime("%H:%M"))


def km(found: Visit, distance_m: int) -> str:
    """Metres as people say a way."""
    return found.say("{km} km", km=f"{distance_m / 1000:,.1f}")


def hands(found: Visit, holder: str) -> str:
    """Who has it, as people say it."""
    kind, _, name = holder.partition(":")
    offices = found.engine.facts.offices
    if kind == "office" and name in offices:
        return found.named(offices[name])
    if kind == "rider":
        return found.say("Rider {name}", name=name)
    if kind == "vehicle":
        return found.say("Vehicle {name}", name=name.partition("/")[0])
    return name


def state_words(found: Visit, state: str, *, is_bag: bool = False) -> str:
    """Where an item or a bag stands."""
    return found.say(BAGS[BagState(state)]) if is_bag else STATE_TEXTS[State(state)][found.language]


def event_words(found: Visit, events: str) -> str:
    """What a scan says, or one of several that are named."""
    return " / ".join(EVENT_TEXTS[Event(one)][found.language] for one in events.split(" or "))


def reason_words(found: Visit, reason: str) -> str:
    """Why something could not be handed over."""
    return next((texts[found.language] for one, texts in REASON_TEXTS.items() if one == reason), reason or "—")


def fault_words(found: Visit, faults: tuple[Fault, ...]) -> str:
    """What the judge of plans has against it."""
    return ", ".join(dict.fromkeys(found.say(FAULTS.get(fault, RULE_BROKEN)) for fault in faults))
