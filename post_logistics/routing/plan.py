"""What a search hands back: tours with their times, and the stops left out with the reason."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a stop is in no tour. Those up to ``NO_VEHICLE_FITS`` hold whatever else is to be done that day."""

    NO_VEHICLE = "no_vehicle"
    """Nobody is on duty."""
    UNREACHABLE = "unreachable"
    """There is no way to it, or none back."""
    TOO_HEAVY = "too_heavy"
    """It weighs more than any vehicle carries."""
    TOO_MANY_PARCELS = "too_many_parcels"
    """It has more parcels than any vehicle takes."""
    OVER_CASH_CAP = "over_cash_cap"
    """More is to be collected there than any rider may carry."""
    WINDOW_CLOSED = "window_closed"
    """No rider can be there, within his shift, while a window is open."""
    SHIFT_TOO_SHORT = "shift_too_short"
    """The way there, the service and the way back outlast every shift."""
    NO_VEHICLE_FITS = "no_vehicle_fits"
    """Each vehicle is ruled out by one of the above, but not all by the same."""
    LOADS_FULL = "loads_full"
    """Every vehicle that could take it alone already carries too much or has as many stops as it may."""
    CASH_CAPS_REACHED = "cash_caps_reached"
    """Every rider who could take it alone will already carry too much cash."""
    NO_TIME_LEFT = "no_time_left"
    """It fits into no tour as planned before the shift, or its window, ends."""
    NO_VEHICLE_HAS_ROOM = "no_vehicle_has_room"
    """Every vehicle that could take it alone is full: by load, by cash or by time, not all by the same."""
    NOT_WORTH_THE_WAY = "not_worth_the_way"
    """It may wait, and its prize is no more than what it would cost today."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop in a tour; service begins, at arrival or after a wait, at ``departure_s`` less the time it takes."""

    stop_id: str
    arrival_s: int
    departure_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One rider's way: stops in order, seconds from local midnight, and what he carries all told."""

    vehicle_id: str
    depart_s: int
    visits: tuple[Visit, ...]
    return_s: int
    distance_m: int
    parcels: int
    weight_g: int
    cash_poisha: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop in no tour, and why."""

    stop_id: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a plan costs, by part, in metres of driving; ``left_behind`` counts stops that had to go and did not."""

    left_behind: int
    distance_m: int
    fixed_m: int
    prizes_missed_m: int

    @property
    def total_m(self) -> int:
        """Everything but ``left_behind``, for which no number of metres makes up."""
        return self.distance_m + self.fixed_m + self.prizes_missed_m

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller is better: first leave nobody behind, then spend less."""
        return self.left_behind, self.total_m


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """Tours in the order of the vehicles (idle vehicles have none), stops left out in the order of the stops."""

    tours: tuple[Tour, ...]
    unserved: tuple[Unserved, ...]
    cost: Cost
