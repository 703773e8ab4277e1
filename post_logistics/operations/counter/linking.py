"""Goods that go back under a number of their own: the rest of a parcel taken in part, and what an exchange brings."""

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from post_logistics.consignments.booking import Consignment
from post_logistics.errors import Conflict
from post_logistics.operations.counter.at_hand import Actor, AtHand, take_up, tell
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.orders.booking import promise
from post_logistics.storage.counter.lifecycle import Link, append_link, load_links
from post_logistics.storage.custody.scans import append_scans, load_scans, open_journeys
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import append_consignments, load_consignment
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.tracking.journey import fold
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, held_by_post, own_scan
from post_logistics.units import ItemNumber, Postcode

Kind = Literal["rest", "exchange"]

_EVENT: Final[dict[str, Event]] = {"rest": Event.PARTIALLY_DELIVERED, "exchange": Event.EXCHANGED}


def send_linked_back(
    connection: Connection,
    facts: Facts,
    numbers: Numbers,
    number: str,
    kind: Kind,
    weight_g: int,
    actor: Actor,
    at: datetime,
) -> Consignment:
    """The consignment that takes those goods back to the merchant, free of charge; told again, it is the same.

    It begins in the hands of whoever has the goods: the rider, until the office has confirmed what was handed over.
    Conflict if no such delivery stands in the item's record.
    """
    at_hand = take_up(connection, number, actor)
    for link in load_links(connection, [at_hand.item_number]):
        if link.kind == kind:
            return load_consignment(connection, link.item_number)
    journey = fold(at_hand.item_number, load_scans(connection, [at_hand.item_number]))
    if not any(scan.event is _EVENT[kind] for scan in journey.history):
        raise Conflict(
            f"the parcel was not {_EVENT[kind].value.replace('_', ' ')}",
            field="item_number",
            remedy="record what was handed over first",
        )
    office = actor.office or Postcode(at_hand.standing.office)
    holder = at_hand.standing.holder if held_by_post(at_hand.standing.holder) else f"office:{office}"
    (fresh,) = numbers.take(1, at)
    goods = _booked(connection, _goods(connection, facts, at_hand, kind, fresh, office, weight_g, at))
    append_link(connection, Link(goods.item_number, at_hand.item_number, kind, at))
    _begin(connection, goods, kind, office, holder, at)
    return goods


def _goods(
    connection: Connection,
    facts: Facts,
    at_hand: AtHand,
    kind: Kind,
    number: ItemNumber,
    office: Postcode,
    weight_g: int,
    at: datetime,
) -> Consignment:
    """The way back as a consignment: from that office to the merchant's, nothing to collect, nothing to pay.

    No tariff names a price for it yet. Its declared value is the parcel's: what is lost on the way is part of that.
    """
    first = at_hand.consignment
    merchant = load_merchant(connection, first.merchant_id)
    home = facts.offices.get(first.pickup_office)
    return replace(
        first,
        item_number=number,
        order_ref=f"{first.order_ref}/{kind}",
        recipient_name=merchant.name,
        recipient_phone="",
        recipient_address=first.store_address,
        weight_g=weight_g,
        cod_poisha=0,
        note="",
        postage_poisha=0,
        cod_fee_poisha=0,
        vat_poisha=0,
        delivery_office=first.pickup_office,
        delivery_postcode=first.pickup_office,
        place_id="",
        lat_deg=home.lat_deg,
        lon_deg=home.lon_deg,
        precision_m=home.precision_m,
        resolved_by="back to the merchant's office",
        promised_on=promise(facts, office, first.pickup_office, at),
        booked_at=at,
    )


def _booked(connection: Connection, goods: Consignment) -> Consignment:
    """The goods under their reference, or under a longer one where the merchant has used that for something else."""
    because_of = goods.order_ref.rpartition("/")[0]
    for reference in (goods.order_ref, f"{goods.order_ref}/{goods.item_number}"):
        named = replace(goods, order_ref=reference)
        if append_consignments(connection, [named], [f"linked to {because_of}"]):
            return named
    raise AssertionError("a fresh number was booked before")


def _begin(connection: Connection, goods: Consignment, kind: Kind, office: Postcode, holder: str, at: datetime) -> None:
    """The journey of the goods, in hand and on their way back from the start."""
    first = _scan(goods, 0, Event.BOOKED, office, f"merchant:{goods.merchant_id}", at)
    append_scans(connection, [first])
    open_journeys(connection, [fold(goods.item_number, [first])], [goods.delivery_office])
    tell(
        connection,
        [
            _scan(goods, 1, Event.ACCEPTED, office, holder, at),
            _scan(goods, 2, Event.RETURN_REQUESTED, office, holder, at, note=kind),
        ],
    )


def _scan(
    goods: Consignment, sequence: int, event: Event, office: Postcode, holder: str, at: datetime, note: str = ""
) -> Scan:
    hand = f"booking:{goods.item_number}"
    return own_scan(hand, sequence, goods.item_number, event, at, office=office, holder=holder, note=note)
