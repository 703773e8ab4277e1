"""A scan: one device's word that something happened to one item. Inserted and read, never changed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from post_logistics.errors import Unacceptable
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.units import ItemNumber, Postcode

LONGEST_OFFLINE: Final = timedelta(days=30)
"""An offline device is believed about the past this far back; beyond it, its clock has stopped (1970 and the like)."""

RECEPTACLE_KEY_LENGTH: Final = 23
"""The 20 characters of the dispatch and the 3 of the bag's serial (UPU S9); an item number has 13 (UPU S10)."""

_SCAN_NAMESPACE: Final = UUID("9e8a3b1c-6d0f-5c4e-8a52-1f7b64d2c0ab")
_NO_TIME: Final = timedelta(0)
_POST_HOLDERS: Final = ("office:", "rider:", "vehicle:", "agent:")
_HOLDER: Final = re.compile(r"(?:office|rider|vehicle|agent|merchant):\S+|recipient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a device recorded. Unacceptable if it is not a fact at all; its clock alone never makes it so.

    ``item_number`` is an item's number or a bag's receptacle key (``consignments.receptacles``). ``holder`` is who
    answers for it after the event: ``office:1215``, ``rider:1215-R02``, ``vehicle:LEG``, ``agent:ID``, ``merchant:ID``
    or ``recipient``. With a claimed or partial delivery that is still the rider. ``office`` is the office on whose
    behalf the scan was made. ``note`` is for staff and may name people.
    """

    scan_id: UUID
    item_number: ItemNumber
    event: Event
    occurred_at: datetime
    """As the device said, wrong or not."""
    recorded_at: datetime
    """As the server saw it come in."""
    clock_offset_s: int = 0
    """True time less device time, as estimated when the device last had a network."""
    device_id: str
    sequence: int
    """Counts up on the device, whatever its clock does."""
    office: Postcode
    holder: str
    reason: Reason | None = None
    note: str = ""
    receptacle: str | None = None
    """The bag in which the thing is after this scan: named when it is put in."""
    voids: UUID | None = None
    """The earlier scan of the same thing that was a mistake."""
    corrected_at: datetime = field(init=False, compare=False, repr=False)
    """When it happened, as far as can be known: at most ``LONGEST_OFFLINE`` before it was recorded, never after.

    Outside that span the device's clock tells nothing, and the time of recording is the nearest truth.
    """

    def __post_init__(self) -> None:
        """Refuse what cannot be ordered or leaves nobody answering."""
        for name, at in (("occurred_at", self.occurred_at), ("recorded_at", self.recorded_at)):
            if at.tzinfo is None:
                raise Unacceptable(
                    f"{at.isoformat()} has no time zone", field=name, remedy="add the offset, e.g. +06:00 or Z"
                )
        if self.sequence < 0:
            raise Unacceptable(f"{self.sequence} is below zero", field="sequence", remedy="count scans from 0 upwards")
        if not _HOLDER.fullmatch(self.holder):
            raise Unacceptable(
                f"{self.holder!r} names nobody who can answer for an item",
                field="holder",
                remedy="write office:1215, rider:ID, vehicle:LEG, agent:ID, merchant:ID or recipient",
            )
        if (self.voids is None) == (self.event is Event.CORRECTED):
            raise Unacceptable(
                "a correction names the scan that it takes back, and nothing else does",
                field="voids",
                remedy="send event corrected together with voids, the id of the mistaken scan",
            )
        object.__setattr__(self, "corrected_at", self._corrected_at())

    def _corrected_at(self) -> datetime:
        try:
            corrected = self.occurred_at + timedelta(seconds=self.clock_offset_s)
        except OverflowError:
            return self.recorded_at
        return corrected if _NO_TIME <= self.recorded_at - corrected <= LONGEST_OFFLINE else self.recorded_at

    @property
    def order_key(self) -> tuple[datetime, int, UUID, datetime]:
        """Sorts an item's scans into the order in which things happened; the last part only tells copies apart."""
        return self.corrected_at, self.sequence, self.scan_id, self.recorded_at


def scan_id_of(device_id: str, sequence: int) -> UUID:
    """The id of a device's ``sequence``-th scan: worked out offline, so that a second upload is seen as a duplicate."""
    return uuid5(_SCAN_NAMESPACE, f"{device_id}/{sequence}")


def own_scan(
    hand: str,
    step: int,
    number: str,
    event: Event,
    at: datetime,
    *,
    office: str,
    holder: str,
    occurred_at: datetime | None = None,
    reason: Reason | None = None,
    note: str = "",
    receptacle: str | None = None,
    voids: UUID | None = None,
) -> Scan:
    """What the server itself records: ``hand`` says what was decided about what, with a colon, as in ``return:ITEM``.

    No device of people has a colon in its name. The same hand and step is the same scan, however often it is told.
    ``occurred_at``: if it was not ``at``, when it is recorded.
    """
    return Scan(
        scan_id=scan_id_of(hand, step),
        item_number=ItemNumber(number),
        event=event,
        occurred_at=occurred_at or at,
        recorded_at=at,
        device_id=hand,
        sequence=step,
        office=Postcode(office),
        holder=holder,
        reason=reason,
        note=note,
        receptacle=receptacle,
        voids=voids,
    )


def in_order(scans: Iterable[Scan]) -> tuple[Scan, ...]:
    """Each scan once, in the order in which things happened.

    Copies with one id have one content (storage sees to it); of those recorded at different times the first stands.
    """
    once: dict[UUID, Scan] = {}
    for scan in sorted(scans, key=lambda scan: scan.order_key):
        once.setdefault(scan.scan_id, scan)
    return tuple(once.values())


def is_receptacle(number: str) -> bool:
    """Whether a scanned number is a bag's receptacle key, and not an item's number."""
    return len(number) == RECEPTACLE_KEY_LENGTH


def held_by_post(holder: str) -> bool:
    """Whether the post answers: an office, a rider, a vehicle or an agent has the item."""
    return holder.startswith(_POST_HOLDERS)
