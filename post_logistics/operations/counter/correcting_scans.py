"""A scan that was a mistake is taken back by a new one that names it: the record keeps both, the fold only one."""

from datetime import datetime
from typing import Final
from uuid import UUID

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.counter.at_hand import Actor, standing_of, take_up, tell
from post_logistics.storage.counter.lifecycle import money_resting_on
from post_logistics.storage.custody.scans import ItemStanding, load_scans
from post_logistics.storage.database import Connection
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan, own_scan

_NOT_TAKEN_BACK: Final = {
    Event.BOOKED: "cancel the booking",
    Event.AREA_CHANGED: "redirect it again: the old address is not kept",
    Event.CORRECTED: "record again what did happen",
    Event.CONTESTED: "answer it: it is the recipient's word",
}
"""Events that no correction takes back, and what to do instead."""

_MONEY: Final = {
    "settled": ("the parcel is settled with its merchant", "open a claim: what was settled rests on these scans"),
    "collected": ("cash was taken with this scan", "let finance reverse the collection first, then correct the scan"),
}


def correct_scan(
    connection: Connection, number: str, scan_id: UUID, why: str, by: str, actor: Actor, at: datetime
) -> ItemStanding:
    """Where the item stands without that scan; told again, it changes nothing.

    ``by``: the person who says so. NotFound for a scan that is not this item's, or another office's. Conflict where
    money rests on it: what was collected with it must be reversed first, and what is settled stays.
    """
    if not why.strip():
        raise Unacceptable("nothing says why", field="why", remedy="write what really happened")
    at_hand = take_up(connection, number, Actor())
    own = load_scans(connection, [at_hand.item_number])
    scan = next((one for one in own if one.scan_id == scan_id), None)
    if scan is None or actor.office not in {None, scan.office}:
        raise NotFound(f"no scan {scan_id}", field="scan_id", remedy="copy it from the item's history")
    if any(one.voids == scan_id for one in own):
        return at_hand.standing
    _refuse(connection, scan)
    said, hand = f"{why.strip()} ({by})", f"correct:{scan_id}"
    mistake = own_scan(
        hand,
        0,
        at_hand.item_number,
        Event.CORRECTED,
        at,
        office=scan.office,
        holder=at_hand.standing.holder,
        note=said,
        voids=scan_id,
    )
    tell(connection, [mistake])
    return standing_of(connection, at_hand.item_number)


def _refuse(connection: Connection, scan: Scan) -> None:
    """Returns if nothing rests on the scan."""
    if scan.event in _NOT_TAKEN_BACK:
        raise Conflict(f"{scan.event.value} is not taken back", field="scan_id", remedy=_NOT_TAKEN_BACK[scan.event])
    money = money_resting_on(connection, scan.item_number, scan.scan_id)
    if money:
        raise Conflict(_MONEY[money][0], field="scan_id", remedy=_MONEY[money][1])
