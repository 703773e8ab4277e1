"""A recipient is to be found elsewhere: another address, another office of delivery, decided while the item travels."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Conflict, Unacceptable
from post_logistics.network.resolve import Hints, Resolution
from post_logistics.operations.counter.at_hand import Actor, AtHand, allows, by_own_hand, standing_of, take_up, tell
from post_logistics.operations.facts import Facts
from post_logistics.storage.counter.lifecycle import (
    Redirection,
    Whereabouts,
    append_redirection,
    load_redirections,
    move_recipient,
)
from post_logistics.storage.custody.scans import ItemStanding
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, Event
from post_logistics.units import DHAKA, Postcode, latin_digits

_NAMESPACE = UUID("2f7c3a54-6d0b-4c39-9a41-7b0f6d9f2c15")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where to. An empty address: the same one, which another office delivers; then the postcode says which."""

    address: str = ""
    postcode: str = ""


def redirect(
    connection: Connection, facts: Facts, number: str, to: Elsewhere, actor: Actor, at: datetime
) -> ItemStanding:
    """Where the item stands, bound for the office that delivers there. Told again, it changes nothing.

    Conflict before acceptance and once it is handed over or goes back; Unacceptable for an address that is not clear
    or not served.
    """
    at_hand = take_up(connection, number, actor)
    found, office = _find(connection, facts, at_hand, to, at)
    address = to.address or at_hand.consignment.recipient_address
    if _is_so_already(connection, at_hand, found, address):
        return at_hand.standing
    _refuse_too_early_or_late(at_hand)
    by_office = actor.office or Postcode(at_hand.standing.office)
    scan = by_own_hand(connection, at_hand, "redirect", Event.AREA_CHANGED, at, office=by_office, note=f"by {actor}")
    tell(connection, [scan])
    move_recipient(
        connection,
        Whereabouts(
            item_number=at_hand.item_number,
            recipient_address=address,
            lat_deg=found.lat_deg,
            lon_deg=found.lon_deg,
            precision_m=found.precision_m,
            resolved_by="; ".join(found.evidence),
        ),
    )
    append_redirection(
        connection,
        Redirection(
            redirection_id=uuid5(_NAMESPACE, str(scan.scan_id)),
            item_number=at_hand.item_number,
            from_office=Postcode(at_hand.standing.destination),
            to_office=office,
            to_postcode=found.postcode,
            to_place=found.place.place_id if found.place else "",
            asked_by=str(actor),
            redirected_at=at,
        ),
    )
    return standing_of(connection, at_hand.item_number)


def _find(
    connection: Connection, facts: Facts, at_hand: AtHand, to: Elsewhere, at: datetime
) -> tuple[Resolution, Postcode]:
    """The point and the office of delivery of the new address."""
    if not (to.address or to.postcode):
        raise Unacceptable("no address and no postcode", field="recipient_address", remedy="write one of them")
    learned = facts.lessons.known(connection, at)
    hints = Hints(postcode=latin_digits(to.postcode))
    try:
        found = facts.resolver.settle(to.address or at_hand.consignment.recipient_address, hints, learned)
        office = facts.coverage(at.astimezone(DHAKA).date()).responsible(found.postcode).postcode
    except Unacceptable as error:
        error.field = "recipient_address"
        raise
    return found, office


def _is_so_already(connection: Connection, at_hand: AtHand, found: Resolution, address: str) -> bool:
    """Whether the item is bound for that very door."""
    last = load_redirections(connection, [at_hand.item_number]).get(at_hand.item_number)
    postcode = last.to_postcode if last else at_hand.consignment.delivery_postcode
    return (postcode, at_hand.consignment.recipient_address) == (found.postcode, address)


def _refuse_too_early_or_late(at_hand: AtHand) -> None:
    if at_hand.standing.state in BEFORE_ACCEPTANCE:
        raise Conflict(
            "the post does not have the parcel yet",
            field="item_number",
            remedy="cancel the booking and book it to the right address",
        )
    if not allows(at_hand, Event.AREA_CHANGED):
        raise Conflict(
            f"the parcel is {at_hand.standing.state.value}: it does not go to its recipient any more",
            field="item_number",
            remedy="look at its tracking; what was handed over or sent back is posted anew",
        )


def as_redirected(connection: Connection, consignments: Iterable[Consignment]) -> list[Consignment]:
    """The consignments with the office, postcode and place to which they go today, in their order."""
    booked = list(consignments)
    moved = load_redirections(connection, [one.item_number for one in booked])
    return [_moved(one, moved[one.item_number]) if one.item_number in moved else one for one in booked]


def _moved(one: Consignment, to: Redirection) -> Consignment:
    return replace(one, delivery_office=to.to_office, delivery_postcode=to.to_postcode, place_id=to.to_place)
