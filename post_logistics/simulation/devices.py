"""Scanners as they are: wrong clocks, hours without a network, batches sent twice or in disorder; some die."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from post_logistics.operations.door.delivering import Claim
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import ItemNumber, Postcode

BATCH = 500
_STOPPED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Troubles:
    """How often what goes wrong; shares of one."""

    scan_forgotten: float = 0.002
    bag_lost: float = 0.002
    bag_found_again: float = 0.6
    device_offline_a_day: float = 0.15
    clock_hours_wrong: float = 0.08
    clock_stopped: float = 0.02
    batch_sent_twice: float = 0.05
    batch_in_disorder: float = 0.10
    run_late: float = 0.20
    office_crashes: bool = True


@dataclass(slots=True)
class Device:
    """One scanner. Its scans wait in it until it has a network."""

    device_id: str
    office: Postcode
    chance: Random
    troubles: Troubles
    error: timedelta = timedelta(0)
    """Device time less true time."""
    stopped: bool = False
    """The clock shows 1970, whatever the time."""
    waiting: list[Claim] = field(default_factory=list)
    sent: int = 0
    dead: bool = False
    _sequence: int = 0
    _again: list[Claim] = field(default_factory=list)
    _offline: dict[int, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draws what kind of clock it has: a minute off, hours off and known to be, or stopped."""
        draw = self.chance.random()
        if draw < self.troubles.clock_stopped:
            self.stopped = True
        elif draw < self.troubles.clock_stopped + self.troubles.clock_hours_wrong:
            self.error = timedelta(hours=self.chance.randint(-9, 30))
        else:
            self.error = timedelta(seconds=self.chance.randint(-60, 60))

    @property
    def made(self) -> int:
        """How many scans it ever made."""
        return self._sequence

    def scan(
        self,
        number: str,
        event: Event,
        at: datetime,
        holder: str,
        *,
        reason: Reason | None = None,
        receptacle: str | None = None,
        cash_poisha: int = 0,
    ) -> None:
        """Records what happened at that true time, by the device's own clock."""
        known = timedelta(0) if abs(self.error) < timedelta(hours=1) else self.error
        scan = Scan(
            scan_id=scan_id_of(self.device_id, self._sequence),
            item_number=ItemNumber(number),
            event=event,
            occurred_at=_STOPPED if self.stopped else at + self.error,
            recorded_at=at,
            clock_offset_s=0 if self.stopped else -round(known.total_seconds()),
            device_id=self.device_id,
            sequence=self._sequence,
            office=self.office,
            holder=holder,
            reason=reason,
            receptacle=receptacle,
        )
        self._sequence += 1
        self.waiting.append(Claim(scan, cash_poisha))

    def online(self, minute: int) -> bool:
        """Whether it has a network in that minute of the simulation: on some days it has none for some hours."""
        day = minute // 1440
        if day not in self._offline:
            begins = minute // 1440 * 1440 + self.chance.randint(6 * 60, 18 * 60)
            lasts = self.chance.randint(60, 14 * 60) if self.chance.random() < self.troubles.device_offline_a_day else 0
            self._offline[day] = (begins, begins + lasts)
        return not self.dead and not any(begins <= minute < ends for begins, ends in self._offline.values())

    def no_network(self, start_minute: int, end_minute: int) -> None:
        """Cuts it off for that time."""
        self._offline[-start_minute - 1] = (start_minute, end_minute)

    def send(self, at: datetime, upload: Callable[[list[Claim]], None]) -> None:
        """Uploads what was recorded by then, now and then in disorder, now and then with what was sent before."""
        due = [claim for claim in self.waiting if claim.scan.recorded_at <= at]
        self.waiting = [claim for claim in self.waiting if claim.scan.recorded_at > at]
        while due or self._again:
            batch = [*self._again, *due[:BATCH]]
            del due[:BATCH]
            self._again = []
            self.sent += len(batch)
            if self.chance.random() < self.troubles.batch_in_disorder:
                self.chance.shuffle(batch)
            upload([replace(claim, scan=replace(claim.scan, recorded_at=at)) for claim in batch])
            if self.chance.random() < self.troubles.batch_sent_twice:
                self._again = batch
                self.waiting = [*due, *self.waiting]
                return
