"""What devices of digital centres tell: services and shifts, one row each."""

from typing import Annotated, Final, Literal

from pydantic import Field

from api.closing import Pieces
from api.delivering import Payments, digital
from api.fields import Grams, In, Line, Note, Poisha
from api.sending import DeviceRow, OrWhy, Sending, Unread
from post_logistics.cod.counting import Cash, Variance
from post_logistics.consignments.numbers import parse_item_number
from post_logistics.network.collection_points import CollectionPoint
from post_logistics.operations.centres.acts import Closed, DroppedOff, HandedOver, Opened, PaidFor, Posted
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber, Language, kilograms, taka_plain

MAX_ACTS = 500
_Number = Annotated[Line, Field(min_length=1, examples=["DP317078838BD"])]
_Text = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]


class ActIn(DeviceRow):
    """One thing that was done at the counter. Device and sequence make it this and no other, however often told."""

    offline: Annotated[
        bool,
        Field(description="Done before anybody could be asked: a fact, kept whatever is wrong with it."),
    ] = False

    def seen_here(self, sent: Sending, point: CollectionPoint, number: str = "") -> Scan:
        """Where, when and by which device it was done."""
        item = parse_item_number(number) if number else ItemNumber("")
        return self.seen(sent, item, Event.ACCEPTED, point.office, point.holder)


class ServiceIn(ActIn):
    """A service to a customer."""

    cash_poisha: Annotated[Poisha, Field(description="Cash that was taken.", examples=[1_725])] = 0
    language: Annotated[Language, Field(description="Of the receipt sent to a telephone.")] = "bn"


class PostedIn(ServiceIn):
    """A parcel of somebody without an account, paid in cash."""

    act: Literal["post"]
    recipient_name: Annotated[_Text, Field(examples=["Rahima Khatun"])]
    recipient_phone: Annotated[_Text, Field(examples=["01712345678"])]
    recipient_address: Annotated[_Text, Field(examples=["House 5, Road 3, Mirpur-10, Dhaka 1216"])]
    recipient_postcode: Annotated[str, Field(pattern=r"^([0-9]{4})?$", examples=["1216"])] = ""
    sender_name: Annotated[_Text, Field(examples=["Abdul Karim"])]
    sender_phone: Annotated[_Text, Field(examples=["01812345678"])]
    weight_g: Grams
    declared_value_poisha: Annotated[Poisha, Field(description="For insurance.", examples=[0])] = 0
    description: Annotated[_Text, Field(examples=["Books"])] = ""
    note: Annotated[Note, Field(examples=[""])] = ""

    def told(self, sent: Sending, point: CollectionPoint) -> Posted:
        """The act."""
        parcel = self.model_dump(
            include={"recipient_name", "recipient_phone", "recipient_address", "description", "note"}
        )
        return Posted(
            scan=self.seen_here(sent, point),
            by=sent.who.actor,
            offline=self.offline,
            cash_poisha=self.cash_poisha,
            language=self.language,
            parcel=parcel
            | {"weight_kg": kilograms(self.weight_g), "declared_value_taka": taka_plain(self.declared_value_poisha)},
            postcode=self.recipient_postcode,
            weight_g=self.weight_g,
            sender_name=self.sender_name,
            sender_phone=self.sender_phone,
        )


class DroppedOffIn(ServiceIn):
    """A parcel that a shop has booked, on the scales."""

    act: Literal["drop_off"]
    number: _Number
    weight_g: Grams

    def told(self, sent: Sending, point: CollectionPoint) -> DroppedOff:
        """The act."""
        return DroppedOff(
            scan=self.seen_here(sent, point, self.number),
            by=sent.who.actor,
            offline=self.offline,
            cash_poisha=self.cash_poisha,
            language=self.language,
            weight_g=self.weight_g,
        )


class HandedOverIn(ServiceIn):
    """A parcel that waited here, given to whoever came with the code."""

    act: Literal["hand_over"]
    number: _Number
    code: Annotated[str, Field(max_length=20, description="Six digits, as typed.", examples=["493027"])] = ""
    payments: Annotated[Payments, Field(default_factory=list)]

    def told(self, sent: Sending, point: CollectionPoint) -> HandedOver:
        """The act."""
        return HandedOver(
            scan=self.seen_here(sent, point, self.number),
            by=sent.who.actor,
            offline=self.offline,
            cash_poisha=self.cash_poisha,
            language=self.language,
            code=self.code,
            digital=digital(self.payments),
        )


class PaidForIn(ServiceIn):
    """Somebody pays for a parcel that goes to the door."""

    act: Literal["pay"]
    number: _Number

    def told(self, sent: Sending, point: CollectionPoint) -> PaidFor:
        """The act."""
        return PaidFor(
            scan=self.seen_here(sent, point, self.number),
            by=sent.who.actor,
            offline=self.offline,
            cash_poisha=self.cash_poisha,
            language=self.language,
        )


class DrawerIn(ActIn):
    """The drawer as it was counted, piece by piece."""

    counted_poisha: Annotated[Poisha, Field(examples=[150_000])]
    pieces: Pieces
    reason: Annotated[Variance | None, Field(strict=False, description="Why it is not what it should be.")] = None

    @property
    def cash(self) -> Cash:
        """The count itself."""
        pieces = {int(worth): many for worth, many in self.pieces.items()}
        return Cash(counted_poisha=self.counted_poisha, pieces=pieces, reason=self.reason)


class OpenedIn(DrawerIn):
    """A shift begins."""

    act: Literal["open_shift"]

    def told(self, sent: Sending, point: CollectionPoint) -> Opened:
        """The act."""
        return Opened(scan=self.seen_here(sent, point), by=sent.who.actor, offline=self.offline, cash=self.cash)


class ClosedIn(DrawerIn):
    """The shift ends."""

    act: Literal["close_shift"]

    def told(self, sent: Sending, point: CollectionPoint) -> Closed:
        """The act."""
        return Closed(scan=self.seen_here(sent, point), by=sent.who.actor, offline=self.offline, cash=self.cash)


AnyActIn = Annotated[
    PostedIn | DroppedOffIn | HandedOverIn | PaidForIn | OpenedIn | ClosedIn, Field(discriminator="act")
]


_EXAMPLE: Final = {
    "act": "pay",
    "occurred_at": "2026-11-22T09:15:00+06:00",
    "device_id": "centre-dc-1216-01",
    "sequence": 7,
    "number": "DP317078838BD",
    "cash_poisha": 150_000,
    "offline": False,
}


class ActsIn(In):
    """1 to 500 acts, in any order: they are taken in the order in which they happened."""

    acts: Annotated[
        list[Annotated[AnyActIn | Unread, OrWhy]], Field(min_length=1, max_length=MAX_ACTS, examples=[[_EXAMPLE]])
    ]
