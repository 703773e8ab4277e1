"""What the judge of route plans can find wrong with one."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can be wrong with a plan."""

    UNKNOWN_STOP = "unknown_stop"
    STOP_REPEATED = "stop_repeated"
    STOP_MISSING = "stop_missing"
    UNKNOWN_VEHICLE = "unknown_vehicle"
    VEHICLE_REPEATED = "vehicle_repeated"
    EMPTY_TOUR = "empty_tour"
    FROZEN_CHANGED = "frozen_changed"
    RETURN_MISPLACED = "return_misplaced"
    TOO_MANY_RETURNS = "too_many_returns"
    OVER_WEIGHT = "over_weight"
    OVER_VOLUME = "over_volume"
    OVER_PARCELS = "over_parcels"
    OVER_CASH_CAP = "over_cash_cap"
    TOO_MANY_STOPS = "too_many_stops"
    MISSING_SKILL = "missing_skill"
    DOOR_SPLIT = "door_split"
    NO_SUCH_LEG = "no_such_leg"
    WRONG_TIME = "wrong_time"
    OUTSIDE_WINDOW = "outside_window"
    OUTSIDE_SHIFT = "outside_shift"
    BREAK_MISSING = "break_missing"
    BREAK_UNASKED = "break_unasked"
    BREAK_OUTSIDE = "break_outside"
    BREAK_WHILE_BUSY = "break_while_busy"
    WRONG_TOTAL = "wrong_total"
    WRONG_COST = "wrong_cost"
    UNTRUE_REASON = "untrue_reason"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing wrong with a plan: what, with which stop, door or vehicle, and the figures."""

    fault: Fault
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.fault}: {self.subject}: {self.detail}"
