"""One journey as the recipient, the merchant and the staff may see it; the public's view is in ``looking_up``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from post_logistics.errors import NotFound
from post_logistics.network.offices import Offices
from post_logistics.operations.door.contesting import CONTESTABLE
from post_logistics.operations.faces.looking_up import TrackingView, look_up, office_names, public_view
from post_logistics.storage.custody.due import load_custody
from post_logistics.storage.custody.exceptions import Case, load_cases_of
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection
from post_logistics.storage.faces.lookups import load_uploads_of
from post_logistics.storage.money.receipts import NOTHING
from post_logistics.storage.money.receipts import load_known as load_money
from post_logistics.tracking.journey import Journey
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Blame, Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.tracking.texts import EVENT_TEXTS, REASON_TEXTS
from post_logistics.units import ItemNumber, Language, Postcode, local_time

_STILL_TO_PAY: Final = frozenset(State) - {
    State.CANCELLED,
    State.DELIVERED_CLAIMED,
    State.PARTIALLY_CLAIMED,
    State.DELIVERED,
    State.PARTIALLY_DELIVERED,
    State.RETURN_REQUESTED,
    State.RETURNING,
    State.RETURNED,
}


@dataclass(frozen=True, slots=True)
class Told:
    """One scan in full words, for those whose parcel it is."""

    scan_id: UUID
    at: datetime
    when: str
    """``at`` as people in Bangladesh read it."""
    event: Event
    text: str
    office: Postcode
    office_name: str
    reason: Reason | None
    reason_text: str
    blame: Blame | None


@dataclass(frozen=True, slots=True)
class RecipientAttempt:
    """A failed attempt or a delivery as the recipient may doubt it."""

    told: Told
    contested: bool
    """The recipient has said already that it was not so."""


@dataclass(frozen=True, slots=True)
class RecipientView:
    """What the recipient sees: the public's view, who sent it, what to pay, and what the post says was tried.

    Their own name, street and telephone number are not in it: a link may be forwarded.
    """

    public: TrackingView
    sender_name: str
    to_pay_poisha: int
    """0 once it was paid, was handed over or goes back."""
    has_receipt: bool
    phone_ending: str
    """The last two digits of the telephone number that the post has."""
    attempts: tuple[RecipientAttempt, ...]


@dataclass(frozen=True, slots=True)
class MerchantView:
    """What the merchant sees of its parcel; money is told elsewhere."""

    public: TrackingView
    order_ref: str
    attempts: int
    timeline: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class StaffScan:
    """One scan with all that is known of it, and what is wrong with it."""

    told: Told
    holder: str
    receptacle: str | None
    """The bag that it went into, or inside which this happened to it."""
    occurred_at: datetime
    """As the device said."""
    recorded_at: datetime
    device_id: str
    sequence: int
    upload_id: UUID | None
    """The signed upload that it came in, where one was kept."""
    note: str
    misfit: str
    """Why it does not fit; empty if it does."""
    expected: tuple[Event, ...]
    counts: bool
    """False if it was taken back, or moved nothing because it did not fit."""


@dataclass(frozen=True, slots=True)
class StaffView:
    """Everything about an item but its recipient: who answers for it, since when, what is due, and every scan."""

    item_number: ItemNumber
    return_number: ItemNumber | None
    merchant_id: str
    order_ref: str
    state: State
    holder: str
    since: datetime
    office: str
    destination: str
    receptacle: str | None
    """The bag that it is in."""
    travels_with: str | None
    """The outermost closed bag around it, whose next scan is then the one that is due."""
    attempts: int
    version: int
    due: str | None
    """The event that should be scanned next; None if nothing is due."""
    due_at: datetime | None
    promised_on: date
    exceptions: tuple[Case, ...]
    """Open and closed ones."""
    scans: tuple[StaffScan, ...]


def recipient_view(
    connection: Connection, offices: Offices, item_number: ItemNumber, language: Language, at: datetime
) -> RecipientView:
    """The recipient's view of an item."""
    known, journey = look_up(connection, item_number)
    contested = {scan.scan_id for scan in journey.history if scan.event is Event.CONTESTED}
    doubtful = (told for told in _told(journey, offices, language) if told.event in CONTESTABLE)
    due = load_money(connection, [known.item_number]).get(known.item_number, NOTHING).due(known.cod_poisha)
    return RecipientView(
        public=public_view(known, journey, offices, language, at),
        sender_name=known.merchant_name,
        to_pay_poisha=due.open_poisha if journey.state in _STILL_TO_PAY else 0,
        has_receipt=due.receipt_id is not None,
        phone_ending=known.phone_ending,
        attempts=tuple(RecipientAttempt(one, scan_id_of(f"contest:{one.scan_id}", 0) in contested) for one in doubtful),
    )


def merchant_view(
    connection: Connection,
    offices: Offices,
    number: str,
    merchant_id: str | None,
    language: Language,
    at: datetime,
) -> MerchantView:
    """The merchant's view of an item; NotFound if it is another's: as if there were none. None: of anybody's."""
    known, journey = look_up(connection, number)
    if merchant_id not in {None, known.merchant_id}:
        raise NotFound(f"no item {number}", field="item_number", remedy="check the number on the label or receipt")
    return MerchantView(
        public=public_view(known, journey, offices, language, at),
        order_ref=known.order_ref,
        attempts=len(journey.attempts),
        timeline=tuple(_told(journey, offices, language)),
    )


def staff_view(connection: Connection, offices: Offices, number: str, language: Language) -> StaffView:
    """Everything about an item."""
    known, journey = look_up(connection, number)
    (standing,) = load_standings(connection, [known.item_number])
    custody = load_custody(connection, known.item_number)
    return StaffView(
        item_number=known.item_number,
        return_number=known.return_number,
        merchant_id=known.merchant_id,
        order_ref=known.order_ref,
        state=journey.state,
        holder=journey.holder,
        since=journey.since,
        office=journey.office,
        destination=standing.destination,
        receptacle=journey.receptacle,
        travels_with=custody.travels_with if custody else None,
        attempts=len(journey.attempts),
        version=standing.version,
        due=custody.event if custody else None,
        due_at=custody.due_at if custody else None,
        promised_on=known.promised_on,
        exceptions=tuple(load_cases_of(connection, known.item_number)),
        scans=tuple(_staff_scans(connection, journey, offices, language)),
    )


def _staff_scans(connection: Connection, journey: Journey, offices: Offices, language: Language) -> Iterator[StaffScan]:
    """Every scan of the item and of the bags that it was in, those taken back as well, in order."""
    everything = sorted((*journey.history, *journey.corrected), key=lambda scan: scan.order_key)
    uploads = load_uploads_of(connection, everything)
    flags = {flag.scan.scan_id: flag for flag in journey.misfits}
    taken_back = {scan.scan_id for scan in journey.corrected}
    names = office_names(offices, (scan.office for scan in everything), language)
    for scan in everything:
        flag = flags.get(scan.scan_id)
        yield StaffScan(
            told=_words(scan, names, language),
            holder=scan.holder,
            receptacle=scan.receptacle,
            occurred_at=scan.occurred_at,
            recorded_at=scan.recorded_at,
            device_id=scan.device_id,
            sequence=scan.sequence,
            upload_id=uploads.get(scan.scan_id),
            note=scan.note,
            misfit=flag.why.value if flag else "",
            expected=flag.expected if flag else (),
            counts=scan.scan_id not in taken_back and not (flag and flag.ignored),
        )


def _told(journey: Journey, offices: Offices, language: Language) -> Iterator[Told]:
    """The scans that count, in full words; corrections of the record are the post's own business."""
    ignored = {flag.scan.scan_id for flag in journey.misfits if flag.ignored}
    counted = [s for s in journey.history if s.event is not Event.CORRECTED and s.scan_id not in ignored]
    names = office_names(offices, (scan.office for scan in counted), language)
    return (_words(scan, names, language) for scan in counted)


def _words(scan: Scan, names: dict[Postcode, str], language: Language) -> Told:
    reason = scan.reason
    return Told(
        scan_id=scan.scan_id,
        at=scan.corrected_at,
        when=local_time(scan.corrected_at, language),
        event=scan.event,
        text=EVENT_TEXTS[scan.event][language],
        office=scan.office,
        office_name=names[scan.office],
        reason=reason,
        reason_text=REASON_TEXTS[reason][language] if reason else "",
        blame=reason.blame if reason else None,
    )
