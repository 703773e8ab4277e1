"""When a parcel will be there, and how surely: delays of each run, and connections that are missed because of them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from heapq import heappop, heappush
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import HANDLING_MINUTES, Itinerary, Timetable
from post_logistics.routing.linehaul_network import DAY_MINUTES, Floats, Goals, Runs, Whole, cheapest, unroll
from post_logistics.units import DHAKA, Postcode

HORIZON_DAYS = 7
"""A parcel that is not there after a week is taken to arrive never."""

LONGEST_DELAY_MINUTES = DAY_MINUTES
_ANY_DAY = date(2026, 1, 1)
_TINY = 1e-9
"""Rounding of sums of probabilities."""


@dataclass(frozen=True, slots=True)
class Delays:
    """Of each mode, how late its runs arrive: pairs of percent and minutes, both rising, the last of 100 percent.

    So many percent arrive at most so many minutes late; in between in proportion, from 0 percent at 0 minutes on. Runs
    are late independently of each other, and leave on time.
    """

    late_minutes: tuple[tuple[str, tuple[tuple[int, int], ...]], ...]

    def __post_init__(self) -> None:
        for mode, points in self.late_minutes:
            percents, minutes = [percent for percent, _ in points], [minute for _, minute in points]
            if not points or percents != sorted({*percents}) or percents[0] <= 0 or percents[-1] != 100:
                raise Unacceptable(
                    f"{mode}: {percents} do not rise to 100",
                    field="percent",
                    remedy="write percents such as 50, 90, 100",
                )
            if minutes != sorted(minutes) or minutes[0] < 0 or minutes[-1] > LONGEST_DELAY_MINUTES:
                raise Unacceptable(
                    f"{mode}: {minutes} do not rise from 0 or more to at most {LONGEST_DELAY_MINUTES}",
                    field="late_minutes",
                    remedy="write minutes in rising order",
                )

    def chances(self, mode: str) -> Floats:
        """The chance of each whole minute of delay, rounded up: (longest + 1,) float64. Unacceptable if the mode has no
        delays."""
        found = dict(self.late_minutes).get(mode)
        if found is None:
            message = f"no delays are known for {mode!r}"
            raise Unacceptable(message, field="mode", remedy=f"add a table [{mode}] to data/promises.toml")
        at_most = {0: 0} | {minutes: percent for percent, minutes in found}
        arrived = np.interp(np.arange(found[-1][1] + 1), list(at_most), list(at_most.values())) / 100
        return np.diff(arrived, prepend=0.0)


def load_delays(facts_dir: Path) -> Delays:
    """The delays of ``promises.toml``; Unacceptable names the table that is wrong."""
    path = facts_dir / "promises.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Delays(tuple((mode, _points(mode, table)) for mode, table in raw.items()))
    except FileNotFoundError:
        raise Unacceptable("promises.toml is missing", field=path.name, remedy=f"put it into {facts_dir}") from None
    except tomllib.TOMLDecodeError as error:
        raise Unacceptable(f"{path.name}: {error}", field=path.name, remedy="see data/README.md") from None


def _points(mode: str, table: Any) -> tuple[tuple[int, int], ...]:
    try:
        points = tuple(zip(table["percent"], table["late_minutes"], strict=True))
    except (KeyError, TypeError, ValueError):
        points = ((None, None),)
    if not all(type(cell) is int for point in points for cell in point):
        message = f"promises.toml: [{mode}] needs percent and late_minutes, two lists of as many whole numbers"
        raise Unacceptable(message, field=mode, remedy="see data/README.md")
    return points


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """How surely a parcel is there by when. ``way``: by the timetable. ``arrived``: (minutes,) float64, the chance that
    it is there by each minute from ``midnight`` on."""

    way: Itinerary
    midnight: datetime
    arrived: Floats

    def by(self, at: datetime) -> float:
        """The chance that it is there by that time."""
        minute = floor((at - self.midnight) / timedelta(minutes=1))
        return 0.0 if minute < 0 else float(self.arrived[min(minute, len(self.arrived) - 1)])

    def earliest(self, at_least: float) -> datetime | None:
        """The first minute by which it is there with at least that chance; None if there is none in a week."""
        minute = int(np.searchsorted(self.arrived, at_least - _TINY))
        return self.midnight + timedelta(minutes=minute) if minute < len(self.arrived) else None


@dataclass(frozen=True, slots=True)
class Promise:
    """The parcel is at its office of delivery ``by`` then, with that probability. ``way``: by the timetable."""

    by: datetime
    probability: float
    way: Itinerary


def promise(
    timetable: Timetable,
    origin: Postcode,
    destination: Postcode,
    ready_at: datetime,
    delays: Delays,
    at_least: float = 0.9,
) -> Promise | None:
    """The earliest time that can be promised with a chance of ``at_least``; None if there is no way so sure in a week.

    Unacceptable if the chance is not above 0 and at most 1, or a mode of the timetable has no delays.
    """
    if not 0 < at_least <= 1:
        message = f"{at_least} is no chance that can be promised"
        raise Unacceptable(message, field="at_least", remedy="give more than 0 and at most 1, such as 0.9")
    found = outlook(timetable, origin, destination, ready_at, delays)
    by = found.earliest(at_least) if found else None
    return Promise(by, found.by(by), found.way) if found and by else None


def outlook(
    timetable: Timetable, origin: Postcode, destination: Postcode, ready_at: datetime, delays: Delays
) -> Outlook | None:
    """When a parcel will be there that always takes the soonest way from where it stands; None if it has none.

    After each run it is ready `HANDLING_MINUTES` after its arrival, late or not, and who misses a connection takes the
    way that is soonest then. The chances of boarding are carried from run to run in the order of departure.
    """
    local = ready_at.astimezone(DHAKA)
    midnight = datetime.combine(local.date(), time(), DHAKA)
    ready_minute = ceil((local - midnight) / timedelta(minutes=1))
    if origin == destination:
        return Outlook(
            Itinerary((), ready_at), midnight, (np.arange(ready_minute + 1) == ready_minute).astype(np.float64)
        )
    runs = _unrolled(timetable)
    boards = _first_runs(timetable, destination)
    first = int(boards[runs.first_caught(origin, ready_minute)])
    if first == len(runs.legs):
        return None
    longest = HORIZON_DAYS * DAY_MINUTES + LONGEST_DELAY_MINUTES
    arriving = np.zeros(longest + 1)
    boarding, waiting = {first: 1.0}, [first]
    while waiting:
        run = heappop(waiting)
        chance = boarding[run] * _chances(delays, runs.legs[run].mode)
        arrive_minute = int(runs.arrive_minute[run])
        if runs.legs[run].destination == destination:
            arriving[arrive_minute : arrive_minute + len(chance)] += chance
            continue
        for onward, part in _onward(runs, boards, run, chance):
            if onward not in boarding:
                heappush(waiting, onward)
            boarding[onward] = boarding.get(onward, 0.0) + part
    return Outlook(
        _by_timetable(runs, boards, first, destination, local.date()), midnight, np.minimum(1, arriving.cumsum())
    )


def _onward(runs: Runs, boards: Whole, run: int, chance: Floats) -> Iterator[tuple[int, float]]:
    """The runs that are boarded after this one, with the chance of each."""
    leaving = runs.leaving[runs.ends_at[run]]
    ready = runs.arrive_minute[run] + HANDLING_MINUTES + np.arange(len(chance))
    caught = np.append(leaving, len(runs.legs))[np.searchsorted(runs.depart_minute[leaving], ready)]
    boarded = boards[caught]
    for onward in np.unique(boarded[boarded < len(runs.legs)]).tolist():
        yield onward, float(chance[boarded == onward].sum())


def _by_timetable(runs: Runs, boards: Whole, first: int, destination: Postcode, day: date) -> Itinerary:
    runs = replace(runs, first_day=day)
    way = [first]
    while runs.legs[way[-1]].destination != destination:
        way.append(int(boards[runs.onward[way[-1]]]))
    taken = tuple(runs.run(number) for number in way)
    return Itinerary(taken, taken[-1].arrive_at)


@lru_cache(maxsize=8)
def _unrolled(timetable: Timetable) -> Runs:
    """The runs of a week that begins on any day, for every day has the same."""
    return unroll(timetable.legs, _ANY_DAY, datetime.combine(_ANY_DAY, time(), DHAKA) + timedelta(days=HORIZON_DAYS))


@lru_cache(maxsize=1000)
def _first_runs(timetable: Timetable, destination: Postcode) -> Whole:
    """For who stands where run i is about to leave, the first run of the soonest way: (n + 1,) int64, n if none."""
    runs = _unrolled(timetable)
    goals = Goals(np.array([runs.offices.get(destination, len(runs.offices))]), np.array([np.inf]))
    ways = cheapest(runs, goals, np.zeros(len(runs.legs)))
    return np.where(np.isfinite(ways.minutes), ways.boards, len(runs.legs))[:, 0].astype(np.int64)


@lru_cache(maxsize=100)
def _chances(delays: Delays, mode: str) -> Floats:
    return delays.chances(mode)
