"""What the scans teach: how late legs run, and what share of parcels offices send on, take out and hand over."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from post_logistics.operations.facts import Facts
from post_logistics.storage.database import Connection
from post_logistics.storage.promises import learning as store
from post_logistics.storage.promises.learning import Habits, LegTime, Period, Share

_COUNT_AGAIN = timedelta(days=3)
"""Days counted once more, because scans of them may have come in since."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known after learning. ``first_day``: the first day that was counted this time."""

    first_day: date
    legs: tuple[LegTime, ...]
    shares: tuple[Share, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "first_day": self.first_day.isoformat(),
            "legs": [asdict(leg) for leg in self.legs],
            "shares": [asdict(share) for share in self.shares],
        }


def learn(connection: Connection, facts: Facts, at: datetime) -> Learned:
    """Counts the days since it was last done, and the three before; promises follow from then on. Do it every night.

    No personal data is read: events, offices, vehicles and times are.
    """
    window = facts.experience.window(at)
    last = store.last_counted(connection)
    first_day = window.first_day if last is None else max(window.first_day, min(last, window.until_day) - _COUNT_AGAIN)
    habits = Habits(
        legs=facts.timetable.legs,
        tour=facts.fleet.day.delivery_start,
        round=facts.fleet.day.pickup_start,
        handling_minutes=facts.experience.assumed.minutes.handling,
    )
    store.count_days(connection, Period(first_day, window.until_day), habits)
    store.forget_before(connection, window)
    fewest_runs = facts.experience.assumed.learning.fewest_runs
    store.sum_up_legs(connection, facts.timetable.legs, window.first_at, fewest_runs)
    facts.experience.forget()
    return Learned(
        first_day, tuple(store.load_leg_times(connection)), tuple(store.load_shares(connection, window.first_day))
    )
