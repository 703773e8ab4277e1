"""The scanners of a made-up day: each numbers its own scans, as a real one does."""

from datetime import datetime

from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode


class Device:
    """One scanner at an office or in a rider's hand."""

    def __init__(self, device_id: str, office: Postcode) -> None:
        self._device_id = device_id
        self._office = office
        self._sequence = 0

    def scan(self, item: str, event: Event, at: datetime, holder: str, reason: Reason | None = None) -> Scan:
        """The next scan of this device: the item, what happened, and who answers for it from now on."""
        scan = Scan(
            scan_id=scan_id_of(self._device_id, self._sequence),
            item_number=ItemNumber(item),
            event=event,
            occurred_at=at,
            recorded_at=at,
            device_id=self._device_id,
            sequence=self._sequence,
            office=self._office,
            holder=holder,
            reason=reason,
        )
        self._sequence += 1
        return scan


class Devices:
    """Every scanner in use, made when it is first picked up."""

    def __init__(self) -> None:
        self._known: dict[str, Device] = {}

    def counter(self, office: Postcode) -> Device:
        """The scanner at an office's counter."""
        return self._known.setdefault(f"counter-{office}", Device(f"counter-{office}", office))

    def rider(self, rider_id: str, office: Postcode) -> Device:
        """The scanner of a rider."""
        return self._known.setdefault(f"rider-{rider_id}", Device(f"rider-{rider_id}", office))
