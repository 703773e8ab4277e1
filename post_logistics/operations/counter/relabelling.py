"""Other numbers of an item, and their labels: a return travels under its own, a torn label is printed anew."""

from dataclasses import replace
from datetime import datetime

from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.labels import Label, label_of, labels_pdf
from post_logistics.consignments.merchants import Merchant
from post_logistics.errors import Conflict
from post_logistics.operations.counter.at_hand import Actor, AtHand, take_up
from post_logistics.operations.counter.redirecting import as_redirected
from post_logistics.operations.counter.returning import GOING_BACK
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.operations.papers import services_shown
from post_logistics.storage.counter.lifecycle import Alias, append_alias, find_alias, load_items_of
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.merchants import load_merchant
from post_logistics.units import ItemNumber

_TO_SENDER = "RETURN TO SENDER · প্রেরকের কাছে ফেরত"


def return_number(connection: Connection, numbers: Numbers, number: str, actor: Actor, at: datetime) -> Alias:
    """The number under which the item goes back, made now or before. Conflict if it does not go back."""
    at_hand = take_up(connection, number, actor)
    cause = f"return:{at_hand.item_number}"
    if find_alias(connection, cause) is None and at_hand.standing.state not in GOING_BACK:
        raise Conflict(
            f"the parcel is {at_hand.standing.state.value}: it does not go back",
            field="item_number",
            remedy="ask for its return first",
        )
    return _number(connection, numbers, at_hand, "return", cause, at)


def relabel(
    connection: Connection, numbers: Numbers, number: str, device_id: str, sequence: int, actor: Actor, at: datetime
) -> Alias:
    """A new number for an item whose label is torn off or unreadable: one for each sequence of the device that asks.

    Conflict if that sequence made a number for another item.
    """
    at_hand = take_up(connection, number, actor)
    alias = _number(connection, numbers, at_hand, "relabel", f"relabel:{device_id}/{sequence}", at)
    if alias.item_number != at_hand.item_number:
        raise Conflict(
            f"sequence {sequence} of {device_id} made a label for another item",
            field="sequence",
            remedy="number each label once",
        )
    return alias


def _number(connection: Connection, numbers: Numbers, at_hand: AtHand, kind: str, cause: str, at: datetime) -> Alias:
    """The number of that cause; scanned or typed, it is the item from now on."""
    known = find_alias(connection, cause)
    if known is None:
        (fresh,) = numbers.take(1, at)
        append_alias(connection, Alias(fresh, at_hand.item_number, kind, cause, at))
        known = find_alias(connection, cause)
    assert known is not None
    return known


def label_pdf(connection: Connection, facts: Facts, number: ItemNumber, actor: Actor) -> bytes:
    """The label of an item under that very number, an A6 page: to its recipient as of today, or back to its sender.

    The label of the way back names no recipient.
    """
    at_hand = take_up(connection, number, actor)
    alias = load_items_of(connection, [number]).get(number)
    (booked,) = as_redirected(connection, [at_hand.consignment])
    merchant = load_merchant(connection, booked.merchant_id)
    back = at_hand.standing.state in GOING_BACK or (alias is not None and alias.kind == "return")
    service = services_shown(connection, facts, [booked])[booked.item_number]
    label = _label_back(facts, booked, merchant, service) if back else _label(facts, booked, merchant.name, service)
    return labels_pdf([replace(label, item_number=number)])


def _label(facts: Facts, consignment: Consignment, sender: str, service: tuple[str, str, bool]) -> Label:
    pickup, delivery = facts.offices.get(consignment.pickup_office), facts.offices.get(consignment.delivery_office)
    return label_of(consignment, pickup, delivery, sender, service)


def _label_back(facts: Facts, consignment: Consignment, merchant: Merchant, service: tuple[str, str, bool]) -> Label:
    """The same parcel, from its office of delivery to its merchant's store, nothing to collect."""
    way_back = replace(
        consignment,
        store_address=facts.offices.get(consignment.delivery_office).name_en,
        recipient_name=merchant.name,
        recipient_phone="",
        recipient_address=consignment.store_address,
        cod_poisha=0,
        pickup_office=consignment.delivery_office,
        delivery_office=consignment.pickup_office,
    )
    return _label(facts, way_back, _TO_SENDER, service)
