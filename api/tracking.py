"""Where a parcel is: for anyone with the number, for its merchant, and for the post."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.context import InLanguage, InTransaction, Item, Now, Staff, TheEngine, Trader
from api.fields import Out
from api.problems import answers
from api.slices import Slice
from post_logistics.operations.faces.looking_up import TrackingView, track_item
from post_logistics.operations.faces.views import MerchantView, StaffView, merchant_view, staff_view
from post_logistics.operations.promises.promising import expected_on
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Blame, Reason

router = Slice(prefix="/v1", tags=["tracking"])


class EntryOut(Out):
    """One line of the timeline, in the language asked for."""

    at: datetime
    when: Annotated[str, Field(description="`at` as people in Bangladesh read it.")]
    text: str
    office_name: str
    emsevt: Annotated[str | None, Field(description="The UPU code of the event, where there is one.")]


class TrackingOut(Out):
    """Where the item is."""

    item_number: str
    return_number: Annotated[str | None, Field(description="The number of its return label, which finds it as well.")]
    state: State
    headline: str
    promise: str
    promised_on: date
    expected_on: Annotated[
        date | None, Field(description="By all that is known now; null if it is not on its way to the recipient.")
    ] = None
    delivery_office: str
    finished: bool
    timeline: list[EntryOut]

    @classmethod
    def made(cls, view: TrackingView, expected: date | None) -> "TrackingOut":
        """The public's view and the day by which the item is expected."""
        return cls.of(view).model_copy(update={"expected_on": expected})


class ToldOut(Out):
    """One scan in full words."""

    scan_id: UUID
    at: datetime
    when: str
    event: Event
    text: str
    office: str
    office_name: str
    reason: Reason | None
    reason_text: str
    blame: Annotated[Blame | None, Field(description="Whose doing it was.")]


class JourneyOut(Out):
    """A merchant's own parcel: every scan that counts, with reasons. Money is told in settlements."""

    item_number: str
    return_number: str | None
    order_ref: str
    state: State
    headline: str
    promise: str
    promised_on: date
    delivery_office: str
    finished: bool
    attempts: Annotated[int, Field(description="Failed attempts at delivery.")]
    timeline: list[ToldOut]

    @classmethod
    def made(cls, view: MerchantView) -> "JourneyOut":
        """The answer made of the merchant's view."""
        public = TrackingOut.of(view.public).model_dump(exclude={"timeline", "expected_on"})
        return cls(
            **public,
            order_ref=view.order_ref,
            attempts=view.attempts,
            timeline=[ToldOut.of(one) for one in view.timeline],
        )


class StaffScanOut(ToldOut):
    """One scan with all that is known of it."""

    holder: str
    receptacle: Annotated[str | None, Field(description="The bag that it went into, or in which this happened to it.")]
    occurred_at: Annotated[datetime, Field(description="As the device said.")]
    recorded_at: datetime
    device_id: str
    sequence: int
    upload_id: Annotated[UUID | None, Field(description="The signed upload that it came in, where one was kept.")]
    note: str
    misfit: Annotated[str, Field(description="Why it does not fit; empty if it does.")]
    expected: Annotated[list[Event], Field(description="One of these should have come instead.")]
    counts: Annotated[bool, Field(description="False if it was taken back, or did not fit and moved nothing.")]


class ExceptionOut(Out):
    """Something that a person has to look into."""

    exception_id: int
    kind: str
    office: str
    owner: str
    custodian: str
    expected: str
    expected_by: datetime | None
    detail: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closing_note: str


class ItemOut(Out):
    """Everything about an item but its recipient."""

    item_number: str
    return_number: str | None
    merchant_id: str
    order_ref: str
    state: State
    holder: Annotated[str, Field(description="Who answers for it.")]
    since: datetime
    office: str
    destination: str
    receptacle: Annotated[str | None, Field(description="The bag that it is in.")]
    travels_with: Annotated[str | None, Field(description="The closed bag around it whose scan is due.")]
    attempts: int
    version: int
    due: Annotated[str | None, Field(description="The event that should be scanned next.")]
    due_at: datetime | None
    promised_on: date
    exceptions: list[ExceptionOut]
    scans: list[StaffScanOut]

    @classmethod
    def made(cls, view: StaffView) -> "ItemOut":
        """The answer made of the staff's view."""
        alike = {name: getattr(view, name) for name in cls.model_fields.keys() - {"exceptions", "scans"}}
        return cls(
            **alike,
            exceptions=[ExceptionOut.of(one) for one in view.exceptions],
            scans=[
                StaffScanOut(
                    **ToldOut.of(one.told).model_dump(),
                    **{name: getattr(one, name) for name in StaffScanOut.model_fields.keys() - ToldOut.model_fields},
                )
                for one in view.scans
            ],
        )


@router.get(
    "/tracking/{item_number}",
    summary="Where a parcel is",
    responses=answers(404),
    openapi_extra={"security": []},
)
def track(item: Item, connection: InTransaction, engine: TheEngine, language: InLanguage, at: Now) -> TrackingOut:
    """The public timeline, in English or Bangla. Needs no key, and tells nothing about people or money."""
    view = track_item(connection, engine.facts.offices, item, language, at)
    return TrackingOut.made(view, expected_on(connection, engine.facts, view.item_number, at))


@router.get(
    "/consignments/{item_number}/journey",
    summary="The journey of a merchant's parcel",
    responses=answers(401, 403, 404),
)
def journey(
    item: Item, who: Trader, connection: InTransaction, engine: TheEngine, language: InLanguage, at: Now
) -> JourneyOut:
    """Every scan that counts, with reasons and whose doing it was; another merchant's parcel is not found."""
    return JourneyOut.made(merchant_view(connection, engine.facts.offices, item, who.merchant_id, language, at))


@router.get("/items/{item_number}", summary="Everything about an item", responses=answers(401, 403, 404))
def item(item: Item, who: Staff, connection: InTransaction, engine: TheEngine, language: InLanguage) -> ItemOut:
    """Who answers for it since when, what is due by when, and every scan. Staff of any office may look up any item."""
    return ItemOut.made(staff_view(connection, engine.facts.offices, item, language))
