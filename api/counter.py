"""What a counter decides about an item: accepted by the scales, held, redirected, sent back, put right."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from api.acting import Person, Principal
from api.context import Anyone, InTransaction, Item, Now, Staff, TheEngine, in_office
from api.fields import Day, DeviceId, Grams, In, Line, Note, OfficeCode, Out, Pdf
from api.planning import OfficeInPath
from api.problems import answers
from api.scanning import ScanIn
from api.sending import MAX_ROWS, DeviceRow, OrWhy, ScanVerdictOut, Sending, Sent, Unread, judge
from api.slices import Slice
from post_logistics.operations.counter.accepting import Weighed, accept
from post_logistics.operations.counter.at_hand import Actor, item_of
from post_logistics.operations.counter.correcting_scans import correct_scan
from post_logistics.operations.counter.holding import hold, report_damage, report_loss
from post_logistics.operations.counter.linking import send_linked_back
from post_logistics.operations.counter.redirecting import Elsewhere, redirect
from post_logistics.operations.counter.relabelling import label_pdf, relabel, return_number
from post_logistics.operations.counter.returning import cancel, request_return
from post_logistics.operations.custody.scanning import ScanVerdict
from post_logistics.storage.counter.lifecycle import load_holds_over
from post_logistics.storage.counter.weighings import Weighing, load_weighings
from post_logistics.storage.orders.consignments import load_consignment
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import DHAKA, ItemNumber

router = Slice(prefix="/v1", tags=["counter"], responses=answers(401, 403))


def actor(who: Principal) -> Actor:
    """For whom the principal decides."""
    return Actor(who.merchant_id, who.office, who.hands)


class StandingOut(Out):
    """Where the item stands now, and who answers for it."""

    item_number: str
    state: State
    holder: str
    office: str
    destination: Annotated[str, Field(description="The office of delivery today.")]
    since: datetime
    attempts: int


class WeighingOut(Out):
    """What the scales said, and what the parcel costs by that, at the tariff of its booking."""

    item_number: str
    weight_g: int
    booked_weight_g: int
    tariff_version: str
    postage_poisha: int
    vat_poisha: int
    difference_poisha: Annotated[int, Field(description="More than was booked, VAT included; below zero: less.")]
    office: str
    weighed_at: datetime


# Acceptance


def _accepted(event: Event) -> Event:
    if event is not Event.ACCEPTED:
        raise ValueError("an acceptance is accepted; everything else belongs to /v1/scans")
    return event


class AcceptanceIn(ScanIn):
    """A parcel taken over the counter, and what the scales say."""

    event: Annotated[Event, Field(strict=False), AfterValidator(_accepted)] = Event.ACCEPTED
    weight_g: Grams


class AcceptanceBatchIn(In):
    """1 to 5,000 acceptances, in any order."""

    acceptances: Annotated[list[Annotated[AcceptanceIn | Unread, OrWhy]], Field(min_length=1, max_length=MAX_ROWS)]


class AcceptanceBatchOut(Out):
    """A verdict per row, and the weighing of every parcel that was taken."""

    verdicts: list[ScanVerdictOut]
    weighings: list[WeighingOut]


@router.post("/acceptances", summary="Parcels taken and weighed", responses=answers(400, 413))
def acceptances(
    batch: AcceptanceBatchIn,
    sent: Sent,
    connection: InTransaction,
) -> AcceptanceBatchOut:
    """Takes every parcel that its service may carry, at the price of the scales. A batch sent twice changes nothing."""
    weighings: list[Weighing] = []

    def record(rows: list[Weighed]) -> list[ScanVerdict]:
        answered = accept(connection, sent.engine.facts, rows, sent.upload)
        weighings.extend(one.weighing for one in answered if one.weighing)
        return [one.verdict for one in answered]

    judged = judge(batch.acceptances, lambda row: Weighed(row.scan(sent), row.weight_g), record)
    return AcceptanceBatchOut(verdicts=judged.verdicts, weighings=[WeighingOut.of(one) for one in weighings])


@router.get("/items/{item_number}/weighings", summary="What the scales said", responses=answers(404))
def weighings(item: Item, who: Anyone, connection: InTransaction) -> list[WeighingOut]:
    """Every weighing of the parcel, oldest first; the last that was not taken back is charged."""
    own = load_consignment(connection, item_of(connection, item), who.merchant_id).item_number
    return [WeighingOut.of(one) for one in load_weighings(connection, [own])]


# What an office says of an item in its hands


class ToldIn(DeviceRow):
    """What a device recorded about the item. Device and sequence make it this and no other, however often sent."""

    office: OfficeCode
    holder: Annotated[Line, Field(description="Who has the item; empty: the office.", examples=[""])] = ""
    reason: Annotated[Reason, Field(strict=False, examples=["asked_for_later"])]
    note: Annotated[Note, Field(description="For staff.", examples=[""])] = ""

    def scan(self, item: ItemNumber, event: Event, sent: Sending) -> Scan:
        """The scan as a fact; NotFound if its office is none in which this principal acts."""
        office = sent.office(self.office)
        return self.seen(sent, item, event, office, self.holder or f"office:{office}", self.reason, self.note)


class HoldIn(ToldIn):
    """Why the item waits at the office, and until when."""

    until_on: Day


class LossIn(ToldIn):
    """That the item is not where it should be, and where it was searched for."""

    reason: Annotated[Reason, Field(strict=False)] = Reason.ITEM_MISSING
    note: Annotated[Note, Field(min_length=1, examples=["Not on the shelves; asked the rider"])]


class HoldOut(Out):
    """An item held at an office, and until when."""

    item_number: str
    office: str
    until_on: date


_FOUND = answers(400, 404, 409, 413)


@router.post("/items/{item_number}/hold", summary="Hold an item", responses=_FOUND)
def hold_item(
    told: HoldIn,
    item: Item,
    sent: Sent,
    connection: InTransaction,
) -> StandingOut:
    """Keeps the item at the office until a day of the next week."""
    scan = told.scan(item, Event.ON_HOLD, sent)
    return StandingOut.of(hold(connection, sent.engine.facts, scan, told.until_on, sent.upload))


@router.get("/holds/{office}", summary="What an office has held long enough", responses=answers(404))
def holds_over(
    office: OfficeInPath, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> list[HoldOut]:
    """The items whose day has come, the longest over first: each goes out again, or back."""
    over = load_holds_over(connection, in_office(engine, who, office), at.astimezone(DHAKA).date())
    return [HoldOut.of(one) for one in over]


@router.post("/items/{item_number}/loss", summary="Report an item lost", responses=_FOUND)
def item_lost(
    told: LossIn,
    item: Item,
    sent: Sent,
    connection: InTransaction,
) -> StandingOut:
    """Opens a search by the office that had it last; the next scan of the item ends it."""
    return StandingOut.of(report_loss(connection, told.scan(item, Event.LOST, sent), sent.upload, actor(sent.who)))


@router.post("/items/{item_number}/damage", summary="Report an item damaged", responses=_FOUND)
def item_damaged(
    told: ToldIn,
    item: Item,
    sent: Sent,
    connection: InTransaction,
) -> StandingOut:
    """Stops the item until somebody has decided; photographs are sent as proofs of this scan."""
    return StandingOut.of(report_damage(connection, told.scan(item, Event.DAMAGED, sent), sent.upload))


# Decisions


class RedirectionIn(In):
    """Where the recipient is to be found. Without an address it is the same one, delivered by the postcode's office."""

    recipient_address: Annotated[
        str,
        Field(
            max_length=300,
            description="Empty: the same, which the office of the postcode delivers.",
            examples=["House 12, Road 11, Block F, Banani, Dhaka 1213"],
        ),
    ]
    recipient_postcode: Annotated[str, Field(pattern=r"^([0-9]{4})?$", examples=[""])] = ""


class ReturnIn(In):
    """Why the item goes back."""

    reason: Annotated[Reason, Field(strict=False, examples=["recalled"])]


class NumberOut(Out):
    """Another number of the item: scanned or typed, it is the item."""

    number: Annotated[str, Field(validation_alias="alias")]
    item_number: str
    kind: Annotated[str, Field(description="`return` or `relabel`.")]
    made_at: datetime


class RelabelIn(In):
    """The device that asks for the label, and how many it has asked for: asked again, it is the same label."""

    device_id: DeviceId
    sequence: Annotated[int, Field(ge=0, le=2**62, examples=[1])]


class GoodsIn(In):
    """The goods that go back under a number of their own."""

    weight_g: Grams


class GoodsOut(Out):
    """The consignment that takes them back to the merchant, free of charge."""

    item_number: str
    order_ref: str
    weight_g: int
    pickup_office: str
    promised_on: date


class CorrectionIn(In):
    """Which scan was a mistake, why, and who says so."""

    scan_id: Annotated[UUID, Field(strict=False, examples=["00000000-0000-4000-8000-000000000000"])]
    why: Annotated[Note, Field(min_length=1, examples=["Scanned the parcel beside it"])]
    by: Person


@router.post("/items/{item_number}/redirection", summary="Deliver it elsewhere", responses=_FOUND)
def redirection(
    to: RedirectionIn, item: Item, who: Anyone, connection: InTransaction, engine: TheEngine, at: Now
) -> StandingOut:
    """Turns the item towards the office of the new address, wherever it is. The address is answered to nobody."""
    where = Elsewhere(to.recipient_address, to.recipient_postcode)
    return StandingOut.of(redirect(connection, engine.facts, item, where, actor(who), at))


@router.post("/items/{item_number}/cancellation", summary="Cancel a booking", responses=answers(404, 409))
def cancellation(item: Item, who: Anyone, connection: InTransaction, at: Now) -> StandingOut:
    """Ends the booking before the post has the parcel; afterwards ask for its return."""
    return StandingOut.of(cancel(connection, item, actor(who), at))


@router.post("/items/{item_number}/return", summary="Send it back", responses=_FOUND)
def item_return(asked: ReturnIn, item: Item, who: Anyone, connection: InTransaction, at: Now) -> StandingOut:
    """Turns the item back towards its merchant, wherever it is."""
    return StandingOut.of(request_return(connection, item, actor(who), at, asked.reason))


@router.post(
    "/items/{item_number}/return-number",
    status_code=201,
    summary="The number of the way back",
    responses=answers(404, 409),
)
def number_of_return(item: Item, who: Staff, connection: InTransaction, engine: TheEngine, at: Now) -> NumberOut:
    """One for each item that goes back: print its label and stick it over the old one."""
    return NumberOut.of(return_number(connection, engine.numbers, item, actor(who), at))


@router.post("/items/{item_number}/relabel", status_code=201, summary="A label anew", responses=_FOUND)
def new_label(
    asked: RelabelIn, item: Item, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> NumberOut:
    """A fresh number for an item whose label is torn off or unreadable. The old one stays good."""
    return NumberOut.of(relabel(connection, engine.numbers, item, asked.device_id, asked.sequence, actor(who), at))


@router.get(
    "/items/{item_number}/label.pdf",
    summary="The label under that number",
    response_class=Pdf,
    responses=answers(404),
)
def item_label(item: Item, who: Anyone, connection: InTransaction, engine: TheEngine) -> Pdf:
    """An A6 page as things stand today: to the recipient, redirected or not, or back to the sender."""
    return Pdf(label_pdf(connection, engine.facts, item, actor(who)))


@router.post("/items/{item_number}/rest", status_code=201, summary="Send the rest back", responses=_FOUND)
def rest_back(
    goods: GoodsIn, item: Item, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> GoodsOut:
    """A number for what was not taken of a parcel delivered in part: print its label. Asked again, it is the same."""
    made = send_linked_back(connection, engine.facts, engine.numbers, item, "rest", goods.weight_g, actor(who), at)
    return GoodsOut.of(made)


@router.post(
    "/items/{item_number}/exchange",
    status_code=201,
    summary="Send exchanged goods back",
    responses=_FOUND,
)
def exchange_back(
    goods: GoodsIn, item: Item, who: Staff, connection: InTransaction, engine: TheEngine, at: Now
) -> GoodsOut:
    """A number for what the recipient gave in exchange: print its label. Asked again, it is the same."""
    made = send_linked_back(connection, engine.facts, engine.numbers, item, "exchange", goods.weight_g, actor(who), at)
    return GoodsOut.of(made)


@router.post("/items/{item_number}/corrections", summary="Take a scan back", responses=_FOUND)
def correct_a_scan(said: CorrectionIn, item: Item, who: Staff, connection: InTransaction, at: Now) -> StandingOut:
    """The scan stays in the record and no longer counts. Refused while money rests on it."""
    return StandingOut.of(correct_scan(connection, item, said.scan_id, said.why, said.by, actor(who), at))
