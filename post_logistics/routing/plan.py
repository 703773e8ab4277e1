"""What a search hands back: tours with their times, and the stops left out with the reason."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a stop is in no tour. Those up to ``DOOR_REFUSED`` hold whatever else is to be done that day."""

    NO_VEHICLE = "no_vehicle"
    """Nobody is on duty."""
    UNREACHABLE = "unreachable"
    """There is no way to it, or none back."""
    NO_SKILL = "no_skill"
    """No vehicle has the skills it needs."""
    TOO_HEAVY = "too_heavy"
    """It weighs more than any vehicle carries."""
    TOO_BULKY = "too_bulky"
    """It takes more room than any vehicle has."""
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
    DOOR_REFUSED = "door_refused"
    """It is served with the other stops of its door or not at all, and together they fit no vehicle."""
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


@dataclass(frozen=True, slots=True)
class DepotReturn:
    """A call at the office after so many ``visits``: there at ``arrival_s``, reloaded at ``departure_s``."""

    visits: int
    arrival_s: int
    departure_s: int


@dataclass(frozen=True, slots=True)
class Rest:
    """The rider's break, from ``start_s`` up to ``end_s``."""

    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """One rider's way: stops in order, seconds from local midnight, and what he handles all told.

    ``work_s``: driving by the matrix, service and reloading, without waiting and the break. A rider leaves as soon as
    service is over; with a ``rest`` that begins between then and the next arrival, when that is over.
    """

    vehicle_id: str
    depart_s: int
    visits: tuple[Visit, ...]
    return_s: int
    distance_m: int
    work_s: int
    parcels: int
    weight_g: int
    cash_poisha: int
    returns: tuple[DepotReturn, ...] = ()
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop in no tour, and why."""

    stop_id: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a plan costs, by part, in metres of driving; ``left_behind`` counts stops that had to go and did not.

    distance_m: of each tour, its metres at its vehicle's ``distance_cost_pct``, rounded down.
    time_m: of each tour, its ``work_s`` at its vehicle's ``hour_cost_m``, rounded down.
    fixed_m: of each vehicle sent out. prizes_missed_m: of each stop left that could wait.
    off_beat_m: of each stop with a beat whose rider does not know it. fairness_m: of each tour, its hours of work
    squared times the problem's ``fairness_m``, rounded down.
    """

    left_behind: int = 0
    distance_m: int = 0
    time_m: int = 0
    fixed_m: int = 0
    prizes_missed_m: int = 0
    off_beat_m: int = 0
    fairness_m: int = 0

    @property
    def total_m(self) -> int:
        """Everything but ``left_behind``, for which no number of metres makes up."""
        return self.distance_m + self.time_m + self.fixed_m + self.prizes_missed_m + self.off_beat_m + self.fairness_m

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
