"""What happens at the counter of a digital centre, as its device recorded it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from post_logistics.cod.counting import Cash
from post_logistics.cod.tenders import Digital, receipt_number
from post_logistics.network.collection_points import CentreService, CollectionPoint
from post_logistics.operations.custody.devices import Upload
from post_logistics.operations.custody.scanning import ScanOutcome
from post_logistics.operations.facts import Facts
from post_logistics.operations.numbering import Numbers
from post_logistics.tracking.scans import Scan
from post_logistics.units import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that was done. ``scan`` says where, when and by which device; its id is the act's, however often it is
    told. ``offline``: it was done before anybody could be asked, so it is a fact and is kept."""

    scan: Scan
    by: str
    offline: bool = False

    @property
    def act_id(self) -> UUID:
        """Worked out by the device and its sequence."""
        return self.scan.scan_id

    @property
    def happened_at(self) -> datetime:
        """As far as can be known."""
        return self.scan.corrected_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Act):
    """A service given to a customer, and the cash that was taken for it. The scan names the parcel."""

    cash_poisha: int = 0
    language: Language = "bn"
    """Of the receipt that is sent to a telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted(Service):
    """A parcel of somebody without an account; ``parcel`` in the words of an order file. Its number is yet to come."""

    parcel: Mapping[str, str]
    postcode: str
    weight_g: int
    sender_name: str
    sender_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedOff(Service):
    """A parcel that a shop has booked."""

    weight_g: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Service):
    """A parcel that waited at the centre, given to whoever came with the code."""

    code: str
    digital: tuple[Digital, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidFor(Service):
    """A parcel that somebody has paid for, and that goes to the door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Act):
    """A shift begins, with that in the drawer."""

    cash: Cash


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Act):
    """The shift ends, with that in the drawer."""

    cash: Cash


SERVICE_OF: Final[Mapping[type[Service], CentreService]] = {
    Posted: CentreService.BOOKING,
    DroppedOff: CentreService.DROP_OFF,
    HandedOver: CentreService.HAND_OVER,
    PaidFor: CentreService.PAYMENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What became of one act. ``cash_poisha``: what is in the books for it; ``why``: why it was rejected, or what a
    person should know about it."""

    act_id: UUID
    outcome: ScanOutcome
    why: str = ""
    field: str = ""
    """What of the act has to be put right, where that is one thing."""
    item_number: str = ""
    cash_poisha: int = 0
    commission_poisha: int = 0

    @property
    def receipt(self) -> str:
        """The number on the customer's receipt; empty where nothing was done."""
        return "" if self.outcome is ScanOutcome.REJECTED else receipt_number(self.act_id)


@dataclass(frozen=True, slots=True)
class Counter:
    """The counter of one centre, and what it works with."""

    point: CollectionPoint
    facts: Facts
    numbers: Numbers
    upload: Upload | None = None
    """The signed batch in which the acts came, if it was signed."""
