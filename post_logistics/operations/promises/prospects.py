"""What may still happen to an item from where it stands: delays of vehicles, days lost at offices, tries at the door.

Everything runs every day alike. So the chances of a way depend on the run that is caught, not on the day, and are
reckoned once: a thousand items in one place cost little more than one.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import floor

import numpy as np
import numpy.typing as npt

from post_logistics.network.fleet import Day
from post_logistics.network.timetable import HANDLING_MINUTES, Leg, Timetable
from post_logistics.routing.promises import LONGEST_DELAY_MINUTES, Delays, outlook
from post_logistics.storage.promises.forecasts import Whereabouts
from post_logistics.tracking.forecast import (
    HORIZON_DAYS,
    Assumptions,
    Chances,
    Days,
    later,
    then,
    tries,
    trying,
    waiting,
)
from post_logistics.tracking.lifecycle import BEFORE_ACCEPTANCE, TERMINAL, State
from post_logistics.units import DHAKA, Postcode

_DAY_MINUTES = 24 * 60
_ANY_DAY = date(2026, 1, 1)
_NOT_COMING = TERMINAL | {
    State.ISSUED,
    State.DELIVERED_CLAIMED,
    State.PARTIALLY_CLAIMED,
    State.RETURN_REQUESTED,
    State.RETURNING,
    State.LOST,
    State.DAMAGED,
}
"""Handed over as far as is known, on the way back, or waiting for a decision: nothing can be foretold."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """When a vehicle arrives: the chance of each minute from ``first_minute`` on, of the day ``midnight``."""

    midnight: datetime
    first_minute: int
    chances: Floats


class Prospects:
    """The chances as they are now known, for every office and leg. ``offices``: those that differ from the assumed."""

    def __init__(
        self,
        timetable: Timetable,
        day: Day,
        delays: Delays,
        assumed: Assumptions,
        offices: Mapping[str, Chances] | None = None,
    ) -> None:
        self.assumed = assumed
        self._timetable = timetable
        self._day = day
        self._delays = delays
        self._offices = offices or {}
        self._legs = {leg.leg_id: leg for leg in timetable.legs}
        leaving: dict[str, set[int]] = {}
        for leg in timetable.legs:
            leaving.setdefault(leg.origin, set()).add(leg.depart_minute)
        self._leaving = {office: sorted(minutes) for office, minutes in leaving.items()}
        self._tour_minute = _minute_of(day.delivery_start)
        self._carried = lru_cache(maxsize=100_000)(self._carry)
        self._by_vehicle = lru_cache(maxsize=20_000)(self._ride)

    def chances(self, office: str) -> Chances:
        """The chances at an office."""
        return self._offices.get(office, self.assumed.chances)

    def booked(self, pickup_office: Postcode, destination: Postcode, booked_at: datetime, at: datetime) -> Days:
        """When a parcel is handed over that is still with its merchant: the first day is that of ``at``."""
        round_on = self._next_round(booked_at, self._known(at))
        in_hand = datetime.combine(round_on, self._day.pickup_end, DHAKA)
        ready = then(
            waiting(self.chances(pickup_office).picked_up), self._from_office(pickup_office, destination, in_hand)
        )
        return then(later(ready, (round_on - _day_of(at)).days), tries(self.chances(destination), 0))

    def days(self, item: Whereabouts, at: datetime) -> Days:
        """When an item is handed over from where it stands: the first day is that of ``at``."""
        chances = self.chances(item.destination)
        if item.state in _NOT_COMING or item.attempts >= len(chances.delivered):
            return np.zeros(HORIZON_DAYS)
        if item.state in BEFORE_ACCEPTANCE:
            return self.booked(item.pickup_office, item.destination, item.booked_at, at)
        if item.state is State.AT_PICKUP_POINT:
            return later(waiting(chances.collected), self._closed(at))
        if item.state is State.OUT_FOR_DELIVERY and self._still_out(item, at):
            return trying(chances, item.attempts)
        ready = self._ready(item, at)
        if item.state is State.ON_HOLD:
            ready = then(waiting(chances.released), ready)
        return then(ready, tries(chances, item.attempts))

    def _known(self, at: datetime) -> datetime:
        """What has happened until then is known; of what came after, the scan may be under way."""
        return at - timedelta(minutes=self.assumed.minutes.news)

    def _next_round(self, booked_at: datetime, known: datetime) -> date:
        """The day of the next round to the merchants for what was booked then, and is not known to be collected."""
        booked, now = booked_at.astimezone(DHAKA), known.astimezone(DHAKA)
        on = max(booked.date() + timedelta(days=booked.time() > self._day.pickup_start), now.date())
        return on + timedelta(days=on == now.date() and now.time() > self._day.pickup_end)

    def _still_out(self, item: Whereabouts, at: datetime) -> bool:
        """Whether the tour on which the item was taken may still be under way."""
        return self._known(at) <= datetime.combine(_day_of(item.since), self._day.delivery_end, DHAKA)

    def _closed(self, at: datetime) -> int:
        """1 if nobody comes any more today."""
        return int(at.astimezone(DHAKA).time() > self._day.delivery_end)

    def _ready(self, item: Whereabouts, at: datetime) -> Days:
        """On which day the item is on a tour's bench at its office of delivery, the first day being that of ``at``."""
        known, today = self._known(at), _day_of(at)
        kind, _, name = item.holder.partition(":")
        if kind == "vehicle":
            return self._from_vehicle(item, name, known, today)
        place = Postcode(name) if kind == "office" else item.office
        at_hand = item.since
        if item.state is State.ACCEPTED and kind == "rider":  # on the round to the merchants
            at_hand = max(at_hand, datetime.combine(_day_of(at_hand), self._day.pickup_end, DHAKA))
        if place == item.destination:
            at_hand += timedelta(minutes=self.assumed.minutes.handling)
        elif item.state not in {State.ACCEPTED, State.BAGGED}:
            at_hand += timedelta(minutes=HANDLING_MINUTES)
        start = max(at_hand, known)
        return later(self._from_office(place, item.destination, start), (_day_of(start) - today).days)

    def _from_office(self, office: Postcode, destination: Postcode, ready_at: datetime) -> Days:
        """On which day a thing is ready for a tour that can leave this office at that time; the first is its day."""
        local = ready_at.astimezone(DHAKA)
        minute = _minute_of(local.time()) + (local.second > 0 or local.microsecond > 0)
        if office == destination:
            return later(_now(), int(minute > self._tour_minute))
        leaving = self._leaving.get(office)
        if not leaving:
            return np.zeros(HORIZON_DAYS)
        run = bisect_left(leaving, minute)
        tomorrow = run == len(leaving)
        return later(self._carried(office, destination, leaving[0 if tomorrow else run]), int(tomorrow))

    def _carry(self, office: Postcode, destination: Postcode, depart_minute: int) -> Days:
        """The same for a thing that catches the run which leaves at that minute of a day."""
        depart_at = _midnight(_ANY_DAY) + timedelta(minutes=depart_minute)
        found = outlook(self._timetable, office, destination, depart_at, self._delays)
        if found is None:
            return np.zeros(HORIZON_DAYS)
        last = self._tour_minute - self.assumed.minutes.handling + _DAY_MINUTES * np.arange(HORIZON_DAYS)
        arrived = np.where(last < 0, 0.0, found.arrived[np.clip(last, 0, len(found.arrived) - 1)])
        days: Days = np.diff(arrived, prepend=0.0)
        for run in found.way.legs:
            days = then(days, waiting(self.chances(run.leg.origin).sent_on))
        return days

    def _from_vehicle(self, item: Whereabouts, name: str, known: datetime, today: date) -> Days:
        """The same for a thing under way, as it is now known that it has not arrived yet."""
        leg = self._legs.get(name.partition("/")[0])
        minute = floor((known - _midnight(today)) / timedelta(minutes=1))
        if leg is not None:
            planned = floor((_arrival(leg, item.since) - _midnight(today)) / timedelta(minutes=1))
            return self._by_vehicle(leg.mode, leg.destination, item.destination, planned, minute)
        if item.arrive_at is not None and item.bound_for is not None:  # a run of its own, outside the timetable
            planned = floor((item.arrive_at - _midnight(today)) / timedelta(minutes=1))
            return self._by_vehicle("", item.bound_for, item.destination, planned, minute)
        soonest = self._from_office(item.office, item.destination, item.since)
        left = later(soonest, (_day_of(item.since) - today).days)
        if left.any():
            return left
        return later(self._from_office(item.office, item.destination, known), (_day_of(known) - today).days)

    def _ride(self, mode: str, ends_at: Postcode, destination: Postcode, planned: int, known: int) -> Days:
        """On which day a thing is ready that rides to ``ends_at`` and should arrive there at the minute ``planned`` of
        today, and had not at the minute ``known``."""
        first, chances = self._arriving(mode, planned, known)
        days = np.zeros(HORIZON_DAYS)
        if ends_at == destination:
            ready = first + np.arange(len(chances)) + self.assumed.minutes.handling
            on = np.clip(-((self._tour_minute - ready) // _DAY_MINUTES), 0, HORIZON_DAYS)
            days += np.bincount(on, chances, HORIZON_DAYS + 1)[:HORIZON_DAYS]
            return days
        for by, minute, chance in self._onward(ends_at, first + HANDLING_MINUTES, chances):
            days += chance * later(self._carried(ends_at, destination, minute), by)
        return days

    def _arriving(self, mode: str, planned: int, known: int) -> tuple[int, Floats]:
        """The first minute at which it may arrive, and the chance of each from there on."""
        chances = self._delays.chances(mode) if mode else np.ones(1)
        over = max(0, known - planned + 1)
        left = chances[over:]
        if left.sum() > 0:
            return planned + over, left / left.sum()
        late = min(max(1, over), LONGEST_DELAY_MINUTES)  # later than ever: it may be late by as much again
        return known + 1, np.full(late, 1 / late)

    def _onward(self, office: Postcode, first: int, chances: Floats) -> Iterator[tuple[int, int, float]]:
        """The runs that are caught there: days from today, the minute at which each leaves, the chance of it."""
        leaving = np.array(self._leaving.get(office, []), dtype=np.int64)
        if not len(leaving):
            return
        day, minute = np.divmod(first + np.arange(len(chances)), _DAY_MINUTES)
        caught = day * len(leaving) + np.searchsorted(leaving, minute)
        for run in np.unique(caught).tolist():
            by, which = divmod(run, len(leaving))
            yield by, int(leaving[which]), float(chances[caught == run].sum())


def _arrival(leg: Leg, sent_at: datetime) -> datetime:
    """When the run arrives by the timetable that left next to that time."""
    depart_at = _midnight(_day_of(sent_at)) + timedelta(minutes=leg.depart_minute)
    days = round((sent_at - depart_at) / timedelta(days=1))
    return depart_at + timedelta(days=days, minutes=leg.arrive_minute - leg.depart_minute)


def _now() -> Days:
    days = np.zeros(HORIZON_DAYS)
    days[0] = 1
    return days


def _day_of(at: datetime) -> date:
    return at.astimezone(DHAKA).date()


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), DHAKA)


def _minute_of(at: time) -> int:
    return at.hour * 60 + at.minute
