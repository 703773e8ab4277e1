"""What line-haul planning is given and what it hands back: loads, and the runs that carry them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import LegRun
from post_logistics.units import Postcode

UNSENT_MINUTES = 1_000_000
"""A parcel that is not sent counts as much as one under way for two years: first of all, parcels are sent."""

LATE_MINUTES = 10
"""Each minute after the promise counts as ten more: a parcel that has time makes room for one that has none."""

TRANSFER_MINUTES = 1 / 16
"""A change of vehicle counts for less than a minute, so it decides only between ways that arrive together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Parcels that are ready at one office at one time and go to the same other one.

    ``promise_by``: when they should be there. Use few different times, such as the start of delivery of each day: every
    pair of destination and promise is routed on its own. ``parcel_g``: the mean weight of one, 0 if not known.
    """

    origin: Postcode
    destination: Postcode
    ready_at: datetime
    parcels: int
    promise_by: datetime | None = None
    parcel_g: int = 0

    def __post_init__(self) -> None:
        for field in ("parcels", "parcel_g"):
            if getattr(self, field) < 0:
                raise Unacceptable(f"{getattr(self, field)} is less than none", field=field, remedy="give 0 or more")
        for field in ("ready_at", "promise_by"):
            at = getattr(self, field)
            if at is not None and at.tzinfo is None:
                raise Unacceptable(f"{at} says no time zone", field=field, remedy="give an aware time")


class Reason(StrEnum):
    """Why parcels are not sent."""

    NO_WAY = "no_way"
    """No legs lead there."""
    BEYOND_HORIZON = "beyond_horizon"
    """Even the soonest way arrives after the end of the plan."""
    NO_ROOM = "no_room"
    """The ways that arrive within the plan are full."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Parcels of ``loads[load]`` that travel together by these runs; by none if they are there already."""

    load: int
    runs: tuple[LegRun, ...]
    parcels: int
    arrive_at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """Parcels of ``loads[load]`` that are not sent."""

    load: int
    parcels: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class RunLoad:
    """What a run carries. ``place_worth_minutes``: parcel-minutes that one more place on it would save, 0 if it has
    room to spare."""

    run: LegRun
    parcels: int
    place_worth_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a plan costs by part. ``way_minutes``: from ready to arrived, over all parcels sent."""

    unsent: int
    late_parcels: int
    late_minutes: int
    way_minutes: int
    transfers: int

    @property
    def weighted_minutes(self) -> float:
        """The parts in one figure, the one that planning makes small."""
        return (
            UNSENT_MINUTES * self.unsent
            + LATE_MINUTES * self.late_minutes
            + self.way_minutes
            + TRANSFER_MINUTES * self.transfers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinehaulPlan:
    """Flows and what is left in the order of the loads, runs in the order of departure; all arrive by ``until``.

    ``least_minutes``: no plan costs less than this, not even one that divides parcels.
    """

    until: datetime
    flows: tuple[Flow, ...]
    left: tuple[Left, ...]
    runs: tuple[RunLoad, ...]
    cost: Cost
    least_minutes: float

    def boarding(self, run: LegRun) -> Iterator[Flow]:
        """The flows that go on this run."""
        return (flow for flow in self.flows if run in flow.runs)
