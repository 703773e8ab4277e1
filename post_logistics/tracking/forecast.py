"""The chance of each day that an item is handed over: steps of the way that take whole days, one after another.

``Days`` is an array, (HORIZON_DAYS,) float64: the chance that a step takes 0, 1, 2, ... days. What is missing from a
sum of 1 never happens, or later. Two steps after one another are the convolution of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from post_logistics.consignments.facts import fact_of, read_facts, table_of
from post_logistics.errors import Unacceptable

Days = npt.NDArray[np.float64]

HORIZON_DAYS: Final = 28
"""What takes longer is taken to happen never."""

_NEGLIGIBLE: Final = 1e-4
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What goes well at an office, each between 0 and 1; ``data/attempts.toml`` explains them."""

    picked_up: float
    sent_on: float
    taken_out: float
    delivered: tuple[float, ...]
    """At the first try, the second, and so on; after the last there is none."""
    refused: float
    released: float
    collected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """``handling``: from the arrival at the office of delivery to the tour. ``news``: how late a scan may come in."""

    handling: int
    news: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How far back scans count, and how much what is assumed counts against them."""

    weeks: int
    fewest_runs: int
    assumed_runs: int
    assumed_parcels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """All of ``data/attempts.toml``. ``at_least``: the chance with which a promised day is kept."""

    chances: Chances
    minutes: Minutes
    learning: Learning
    at_least: float


@dataclass(frozen=True, slots=True)
class _Promise:
    at_least_percent: int


def load_assumptions(facts_dir: Path) -> Assumptions:
    """The assumptions of ``attempts.toml``; Unacceptable names the key that is wrong."""
    path = facts_dir / "attempts.toml"
    raw = read_facts(path)
    at_least_percent = fact_of(_Promise, table_of(raw, "promise", path.name), path.name).at_least_percent
    if not 0 < at_least_percent <= 100:
        raise Unacceptable(
            f"{path.name}: {at_least_percent} % can be promised of nothing",
            field="at_least_percent",
            remedy="write a number from 1 to 100, such as 90",
        )
    return Assumptions(
        chances=_chances(table_of(raw, "of_a_hundred", path.name), path.name),
        minutes=fact_of(Minutes, table_of(raw, "minutes", path.name), path.name),
        learning=fact_of(Learning, table_of(raw, "learning", path.name), path.name),
        at_least=at_least_percent / 100,
    )


def _chances(table: Mapping[str, Any], where: str) -> Chances:
    shares: dict[str, Any] = {}
    for name in (field.name for field in fields(Chances)):
        many = name == "delivered"
        given = table.get(name)
        percents: list[Any] = [given] if not many else given if isinstance(given, list) else []
        if not percents or not all(type(percent) is int and 0 <= percent <= 100 for percent in percents):
            message = f"{where}: {name} is {given!r}"
            remedy = "write a list of whole numbers from 0 to 100" if many else "write a whole number from 0 to 100"
            raise Unacceptable(message, field=name, remedy=remedy)
        shares[name] = tuple(percent / 100 for percent in percents) if many else percents[0] / 100
    if max(shares["delivered"]) + shares["refused"] > 1:
        message = f"{where}: more than all are delivered or refused"
        raise Unacceptable(message, field="refused", remedy="write less, so that the two are at most 100 together")
    return Chances(**shares)


@lru_cache(maxsize=10_000)
def waiting(share: float) -> Days:
    """The days that are lost where each day so many go on."""
    return share * (1 - share) ** np.arange(HORIZON_DAYS, dtype=np.float64)


@lru_cache(maxsize=50_000)
def tries(chances: Chances, failed: int) -> Days:
    """The days from being ready for a tour to being handed over, after so many failed tries: one try a day."""
    ready = np.zeros(len(chances.delivered) + 1)
    ready[min(failed, len(chances.delivered))] = 1
    delivered = np.array([*chances.delivered, 0.0])
    again = 1 - np.minimum(1, delivered + chances.refused)
    days = np.zeros(HORIZON_DAYS)
    for day in range(HORIZON_DAYS):
        out = ready[:-1] * chances.taken_out
        days[day] = out @ delivered[:-1]
        ready[:-1] -= out
        ready[1:] += out * again[:-1]
    return days


@lru_cache(maxsize=50_000)
def trying(chances: Chances, failed: int) -> Days:
    """The days from the start of a tour to being handed over, for what is on it: today, or by a later try."""
    if failed >= len(chances.delivered):
        return np.zeros(HORIZON_DAYS)
    delivered = chances.delivered[failed]
    again = max(0.0, 1 - delivered - chances.refused)
    days = again * later(tries(chances, failed + 1), 1)
    days[0] += delivered
    return days


def then(first: Days, second: Days) -> Days:
    """The days that two steps take, one after the other."""
    return np.convolve(first, second)[:HORIZON_DAYS]


def later(days: Days, by: int) -> Days:
    """The same, begun so many days later. Begun before today: as it is now known that it is not over yet."""
    if by >= 0:
        return np.concatenate([np.zeros(min(by, HORIZON_DAYS)), days[: max(0, HORIZON_DAYS - by)]])
    over = float(days[:-by].sum())
    left = np.concatenate([days[-by:], np.zeros(min(-by, HORIZON_DAYS))])[:HORIZON_DAYS]
    return left / (1 - over) if over < 1 - _ROUNDING else np.zeros(HORIZON_DAYS)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When an item will be handed over. ``by_day``: each day on which it may be, with the chance, in order.

    ``expected_on``: of the parcels in its place that are handed over at all, nine in ten (or as many as are promised)
    are by that day; ``probability``: the chance that this one is. None and 0 if it is not on its way to its recipient.
    """

    expected_on: date | None
    probability: float
    by_day: tuple[tuple[date, float], ...]

    def by(self, day: date) -> float:
        """The chance that it is handed over on that day or before."""
        return min(1.0, sum(chance for on, chance in self.by_day if on <= day))

    def earliest(self, at_least: float) -> date | None:
        """The first day by which it is handed over with at least that chance; None if there is none."""
        return next((on for on, _ in self.by_day if self.by(on) >= at_least - _ROUNDING), None)


NOTHING: Final = Forecast(None, 0.0, ())
"""Of an item that is not on its way to its recipient."""


def forecast_of(days: Days, today: date, at_least: float) -> Forecast:
    """The chances as days of the calendar, the first being today."""
    total = float(days.sum())
    if total < _NEGLIGIBLE:
        return NOTHING
    arrived = np.minimum(1, days.cumsum())
    day = int(np.searchsorted(arrived, at_least * total - _ROUNDING))
    by_day = tuple(
        (today + timedelta(days=i), chance) for i, chance in enumerate(days.tolist()) if chance >= _NEGLIGIBLE
    )
    return Forecast(today + timedelta(days=day), float(arrived[day]), by_day)
