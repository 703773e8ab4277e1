"""The timetable unrolled over some days, and the cheapest ways through it to many goals at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from post_logistics.network.timetable import HANDLING_MINUTES, Leg, LegRun
from post_logistics.routing.linehaul_plan import LATE_MINUTES, TRANSFER_MINUTES
from post_logistics.units import DHAKA

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Way = tuple[int, ...]
"""Runs by number, in order."""

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Runs:
    """n runs in the order of departure; minutes count from the midnight before ``first_day``. Arrays: (n,) int64.

    ``following``: the next to leave the same office. ``onward``: the first that can be caught where the run ends.
    Both are n where there is none.
    """

    first_day: date
    legs: tuple[Leg, ...]
    day: Whole
    depart_minute: Whole
    arrive_minute: Whole
    offices: Mapping[str, int]
    ends_at: Whole
    following: Whole
    onward: Whole
    leaving: tuple[Whole, ...]
    """Of each office, the runs that leave it."""

    def first_caught(self, office: str, minute: int) -> int:
        """The first run that leaves the office at or after that minute; n if there is none."""
        number = self.offices.get(office)
        return len(self.legs) if number is None else _first(self.leaving[number], self.depart_minute, minute)

    def run(self, number: int) -> LegRun:
        """That run, with its day."""
        leg = self.legs[number]
        midnight = datetime.combine(self.first_day + timedelta(days=int(self.day[number])), time(), DHAKA)
        return LegRun(
            leg, midnight + timedelta(minutes=leg.depart_minute), midnight + timedelta(minutes=leg.arrive_minute)
        )

    def minutes(self, at: datetime) -> float:
        """That time, counted from the first midnight."""
        return _minutes(self.first_day, at)


def unroll(legs: Sequence[Leg], first_day: date, until: datetime) -> Runs:
    """All runs of these legs from the first day on that arrive by that time."""
    until_minute = _minutes(first_day, until)
    days = range(max(0, int(until_minute // DAY_MINUTES) + 1))
    runs = sorted(
        (leg.depart_minute + day * DAY_MINUTES, leg.leg_id, day, leg)
        for day in days
        for leg in legs
        if leg.arrive_minute + day * DAY_MINUTES <= until_minute
    )
    taken = tuple(leg for *_, leg in runs)
    offices = {name: i for i, name in enumerate(sorted({office for leg in legs for office in _ends(leg)}))}
    depart = np.array([minute for minute, *_ in runs], dtype=np.int64)
    day = np.array([on for _, _, on, _ in runs], dtype=np.int64)
    arrive = np.array([leg.arrive_minute for leg in taken], dtype=np.int64) + day * DAY_MINUTES
    starts_at = np.array([offices[leg.origin] for leg in taken], dtype=np.int64)
    ends_at = np.array([offices[leg.destination] for leg in taken], dtype=np.int64)
    leaving = tuple(np.flatnonzero(starts_at == office) for office in range(len(offices)))
    following = np.full(len(runs), len(runs), dtype=np.int64)
    for mine in leaving:
        following[mine[:-1]] = mine[1:]
    ready = (arrive + HANDLING_MINUTES).tolist()
    onward = [_first(leaving[office], depart, at) for office, at in zip(ends_at.tolist(), ready, strict=True)]
    return Runs(
        first_day=first_day,
        legs=taken,
        day=day,
        depart_minute=depart,
        arrive_minute=arrive,
        offices=offices,
        ends_at=ends_at,
        following=following,
        onward=np.array(onward, dtype=np.int64),
        leaving=leaving,
    )


def _minutes(first_day: date, at: datetime) -> float:
    return (at - datetime.combine(first_day, time(), DHAKA)) / timedelta(minutes=1)


def _ends(leg: Leg) -> tuple[str, str]:
    return leg.origin, leg.destination


def _first(leaving: Whole, depart_minute: Whole, minute: int) -> int:
    place = int(np.searchsorted(depart_minute[leaving], minute))
    return int(leaving[place]) if place < len(leaving) else len(depart_minute)


@dataclass(frozen=True, slots=True, eq=False)
class Goals:
    """k places to be at, in the order of their offices: ``office`` (k,) int64, the number; ``promise_minute`` (k,)
    float64, infinite if nothing is promised."""

    office: Whole
    promise_minute: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """For who stands at the office of run i as it is about to leave: ``minutes`` (n + 1, k) float64, the cheapest way's
    cost to each goal, infinite if there is none; ``boards`` (n + 1, k) int32, its first run. Row n is who has missed
    all."""

    minutes: Floats
    boards: npt.NDArray[np.int32]


def cheapest(runs: Runs, goals: Goals, price_minutes: Floats) -> Ways:
    """The cheapest ways from every departure to every goal.

    The cost is the minute of arrival, ten for every minute after the promise, a sixteenth for each transfer, and the
    price of each run taken ((n,) float64, infinite for a run that is full). One sweep from the last departure to the
    first: a parcel boards the run at hand, or waits for the following.
    """
    n, k = len(runs.legs), len(goals.office)
    minutes = np.full((n + 1, k), np.inf)
    boards = np.full((n + 1, k), n, dtype=np.int32)
    low = np.searchsorted(goals.office, np.arange(len(runs.offices))).tolist()
    high = np.searchsorted(goals.office, np.arange(len(runs.offices)), side="right").tolist()
    ends_at, arrive, following, onward, price = (
        column.tolist() for column in (runs.ends_at, runs.arrive_minute, runs.following, runs.onward, price_minutes)
    )
    for run in range(n - 1, -1, -1):
        way = minutes[onward[run]] + TRANSFER_MINUTES
        if (first := low[ends_at[run]]) < (last := high[ends_at[run]]):
            late = np.maximum(0, arrive[run] - goals.promise_minute[first:last])
            way[first:last] = np.minimum(way[first:last], arrive[run] + LATE_MINUTES * late)
        way += price[run]
        wait = minutes[following[run]]
        boards[run] = np.where(way <= wait, run, boards[following[run]])
        np.minimum(way, wait, out=minutes[run])
    return Ways(minutes, boards)


def follow(runs: Runs, goals: Goals, ways: Ways, start: Whole, goal: Whole) -> Whole:
    """The cheapest ways of m parcels, each from the run it could catch first to its goal: (m, longest way) int64, runs
    by number, n after the last."""
    n = len(runs.legs)
    onward = np.append(runs.onward, n)
    ends_at = np.append(runs.ends_at, -1)
    node, columns = start, list[Whole]()
    while True:
        run = np.where(np.isfinite(ways.minutes[node, goal]), ways.boards[node, goal], n)
        if (run == n).all():
            return np.stack(columns, axis=1) if columns else np.full((len(start), 0), n)
        columns.append(run)
        node = np.where(ends_at[run] == goals.office[goal], n, onward[run])
