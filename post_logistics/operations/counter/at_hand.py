"""An item as somebody may decide about it: found by any of its numbers, held, and turned by the server's own hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from post_logistics.consignments.booking import Consignment
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.storage.counter.lifecycle import lock_standing
from post_logistics.storage.custody.scans import ItemStanding, load_own_numbers, load_scans, load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import TRANSITIONS, Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, own_scan
from post_logistics.units import ItemNumber, MerchantId, Postcode


@dataclass(frozen=True, slots=True)
class Actor:
    """For whom somebody decides: a merchant, an office, or (neither) the post itself.

    ``hands``: the rider or agent of the office who decides, of what they have and of nothing else.
    """

    merchant_id: MerchantId | None = None
    office: Postcode | None = None
    hands: str = ""
    is_recipient: bool = False
    """The recipient, let in by the private link of that one item."""

    def __str__(self) -> str:
        """As it stands in the record."""
        if self.is_recipient:
            return "recipient"
        if self.merchant_id:
            return f"merchant:{self.merchant_id}"
        return f"office:{self.office}" if self.office else "post"


@dataclass(frozen=True, slots=True)
class AtHand:
    """An item, what was booked, and where it stands until the transaction ends."""

    consignment: Consignment
    standing: ItemStanding

    @property
    def item_number(self) -> ItemNumber:
        """The item's own number, whatever number it was found by."""
        return self.consignment.item_number


def item_of(connection: Connection, number: str) -> ItemNumber:
    """The item's own number, from any of its numbers as people write them."""
    item = parse_item_number(number)
    return ItemNumber(load_own_numbers(connection, [item]).get(item, item))


def take_up(connection: Connection, number: str, actor: Actor) -> AtHand:
    """The item, locked; NotFound if there is none, or it is none of the actor's business: the two answer alike.

    It is the business of the post, of its merchant, and of the offices it comes from, was last at, or is bound for; of
    a rider or an agent, while they have it.
    """
    item = item_of(connection, number)
    standing = lock_standing(connection, item)
    consignment = load_consignment(connection, item, actor.merchant_id)
    assert standing is not None  # a journey begins with its booking
    offices = {None, consignment.pickup_office, standing.office, standing.destination}
    if actor.office not in offices or actor.hands not in {"", standing.holder}:
        raise NotFound(f"no item {item}", field="item_number", remedy="check the number on the label or receipt")
    return AtHand(consignment, standing)


def allows(at_hand: AtHand, event: Event) -> bool:
    """Whether the lifecycle lets that happen to the item now."""
    return event in TRANSITIONS[at_hand.standing.state]


def by_own_hand(
    connection: Connection,
    at_hand: AtHand,
    what: str,
    event: Event,
    at: datetime,
    *,
    office: Postcode,
    note: str = "",
    reason: Reason | None = None,
) -> Scan:
    """A decision as a scan of the server's own hand ``what:ITEM``, numbered after those of that hand before it.

    It happens after all that was known when it was taken, whatever the clocks of two servers say.
    """
    hand, item, holder = f"{what}:{at_hand.item_number}", at_hand.item_number, at_hand.standing.holder
    step = sum(scan.device_id == hand for scan in load_scans(connection, [item]))
    after = max(at, at_hand.standing.last_at + timedelta(microseconds=1))
    return own_scan(hand, step, item, event, after, office=office, holder=holder, note=note, reason=reason)


def tell(connection: Connection, scans: Sequence[Scan]) -> None:
    """Keeps scans that must be taken; Conflict if one is not."""
    for verdict in record_scans(connection, scans):
        if verdict.outcome is ScanOutcome.REJECTED:
            raise Conflict(verdict.why, field="item_number", remedy="look at the item, then decide again")


def standing_of(connection: Connection, item_number: str) -> ItemStanding:
    """Where the item stands; NotFound if it was never booked."""
    for standing in load_standings(connection, [item_number]):
        return standing
    raise NotFound(f"no item {item_number}", field="item_number", remedy="check the number on the label or receipt")
