"""What is known of delays and shares: what is assumed, until the scans of the last weeks know better.

An assumption counts like a few observations of its own. A leg is judged by its runs beside what is known of its mode,
an office by its parcels beside what is known of the whole post: little is believed of little.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from post_logistics.errors import Unacceptable
from post_logistics.network.fleet import Day
from post_logistics.network.timetable import Timetable
from post_logistics.operations.promises.prospects import Prospects
from post_logistics.routing.promises import LONGEST_DELAY_MINUTES, Delays
from post_logistics.storage.database import Connection
from post_logistics.storage.promises.learning import Lateness, Period, Share, load_lateness, load_shares
from post_logistics.tracking.forecast import Assumptions, Chances, Learning
from post_logistics.units import DHAKA

Floats = npt.NDArray[np.float64]

_FRESH = timedelta(hours=1)
"""What is learned changes once a day."""


class Measured(Delays):
    """Delays of modes and of single legs, each minute's chance at hand; the same only as itself, and so quickly told
    from others."""

    __slots__ = ("_by_mode",)
    _by_mode: Mapping[str, Floats]

    def __init__(self, by_mode: Mapping[str, Floats]) -> None:
        object.__setattr__(self, "late_minutes", ())
        object.__setattr__(self, "_by_mode", by_mode)

    def chances(self, mode: str) -> Floats:
        """The chance of each whole minute of delay; Unacceptable if the mode has no delays."""
        found = self._by_mode.get(mode)
        if found is None:
            message = f"no delays are known for {mode!r}"
            raise Unacceptable(message, field="mode", remedy=f"add a table [{mode}] to data/promises.toml")
        return found

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        """Whether it is this very one."""
        return self is other


class Experience:
    """What is known, read again when it may be out of date."""

    def __init__(self, timetable: Timetable, day: Day, delays: Delays, assumed: Assumptions) -> None:
        self.assumed = assumed
        self._timetable = timetable
        self._day = day
        self._delays = delays
        self._read_at: datetime | None = None
        self._seen: tuple[list[Lateness], list[Share]] = ([], [])
        self._prospects = self._prospects_of([], [])

    def known(self, connection: Connection, at: datetime) -> Prospects:
        """The prospects by all that is known, at most an hour old."""
        if self._read_at is None or abs(at - self._read_at) >= _FRESH:
            window = self.window(at)
            seen = (load_lateness(connection, window.first_at), load_shares(connection, window.first_day))
            if seen != self._seen:
                self._seen, self._prospects = seen, self._prospects_of(*seen)
            self._read_at = at
        return self._prospects

    def forget(self) -> None:
        """Makes the next look read again."""
        self._read_at = None

    def window(self, at: datetime) -> Period:
        """The days that count: the weeks before that time, and its own day."""
        today = at.astimezone(DHAKA).date()
        return Period(today - timedelta(weeks=self.assumed.learning.weeks), today + timedelta(days=1))

    def _prospects_of(self, lateness: Sequence[Lateness], shares: Sequence[Share]) -> Prospects:
        learning = self.assumed.learning
        timetable, delays = measured(self._timetable, self._delays, lateness, learning)
        network, offices = shares_known(self.assumed.chances, shares, learning)
        return Prospects(timetable, self._day, delays, replace(self.assumed, chances=network), offices)


def measured(
    timetable: Timetable, assumed: Delays, lateness: Iterable[Lateness], learning: Learning
) -> tuple[Timetable, Measured]:
    """The timetable with a mode of its own for each leg that was observed, and the delays of all modes."""
    modes = {leg.leg_id: leg.mode for leg in timetable.legs}
    late_by_leg: dict[str, Floats] = {}
    late_by_mode: dict[str, Floats] = defaultdict(lambda: np.zeros(LONGEST_DELAY_MINUTES + 1))
    for one in lateness:
        if one.leg_id in modes:
            late = late_by_leg.setdefault(one.leg_id, np.zeros(LONGEST_DELAY_MINUTES + 1))
            minute = min(one.late_minutes, LONGEST_DELAY_MINUTES)
            late[minute] += one.runs
            late_by_mode[modes[one.leg_id]][minute] += one.runs
    chances = {
        mode: _beside(late_by_mode[mode], assumed.chances(mode), learning.assumed_runs)
        for mode in {*modes.values(), *(mode for mode, _ in assumed.late_minutes)}
    }
    for leg_id, late in late_by_leg.items():
        chances[f"leg {leg_id}"] = _beside(late, chances[modes[leg_id]], learning.assumed_runs)
    if not late_by_leg:
        return timetable, Measured(chances)
    legs = [replace(leg, mode=f"leg {leg.leg_id}") if leg.leg_id in late_by_leg else leg for leg in timetable.legs]
    return Timetable(legs), Measured(chances)


def _beside(late: Floats, assumed: Floats, weight: int) -> Floats:
    """The chance of each minute where so many were seen beside an assumption that counts like ``weight`` of them."""
    runs = late.sum()
    if not runs:
        return assumed
    both: Floats = late / (runs + weight)
    both[: len(assumed)] += assumed * (weight / (runs + weight))
    return np.trim_zeros(both, "b")


def shares_known(assumed: Chances, shares: Iterable[Share], learning: Learning) -> tuple[Chances, dict[str, Chances]]:
    """The chances at any office, and at each that was observed."""
    by_office: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    totals: dict[str, tuple[int, int]] = {}
    for share in shares:
        by_office[share.office][share.what] = (share.times, share.good)
        times, good = totals.get(share.what, (0, 0))
        totals[share.what] = (times + share.times, good + share.good)
    network = _chances(assumed, totals, learning.assumed_parcels)
    return network, {office: _chances(network, seen, learning.assumed_parcels) for office, seen in by_office.items()}


def _chances(assumed: Chances, seen: Mapping[str, tuple[int, int]], weight: int) -> Chances:
    def share(what: str, guess: float) -> float:
        times, good = seen.get(what, (0, 0))
        return (good + weight * guess) / (times + weight) if times else guess

    delivered = tuple(share(f"try_{nth}", guess) for nth, guess in enumerate(assumed.delivered, 1))
    return replace(
        assumed,
        picked_up=share("picked_up", assumed.picked_up),
        sent_on=share("sent_on", assumed.sent_on),
        taken_out=share("taken_out", assumed.taken_out),
        delivered=delivered,
        refused=share("refused", assumed.refused),
    )
