"""Calls: what a rider does at one door in one go, be it one stop or several."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from post_logistics.routing.problem import UNREACHABLE, RoutingProblem, Stop, Window


@dataclass(frozen=True, slots=True)
class Call:
    """Stops served one right after the other, deliveries first; ``windows`` are for the beginning of the first.

    ``windows`` is None if any time will do, and empty if the stops' windows leave no time at all.
    """

    stops: tuple[Stop, ...]
    windows: tuple[Window, ...] | None

    @property
    def node(self) -> int:
        """Where it is."""
        return self.stops[0].node

    @property
    def service_s(self) -> int:
        """Seconds that all its stops take."""
        return sum(stop.service_s for stop in self.stops)

    @property
    def prize_m(self) -> int | None:
        """What serving it is worth; None if one of its stops must go."""
        prizes = [stop.prize_m for stop in self.stops if stop.prize_m is not None]
        return sum(prizes) if len(prizes) == len(self.stops) else None

    @property
    def skills(self) -> frozenset[str]:
        """What a rider must be able to do."""
        return frozenset().union(*(stop.skills for stop in self.stops))

    def load(self, pickup: bool) -> tuple[int, int, int]:
        """Grams, millilitres and parcels handed over, or taken."""
        mine = [stop for stop in self.stops if stop.pickup == pickup]
        return sum(s.weight_g for s in mine), sum(s.volume_ml for s in mine), sum(s.parcels for s in mine)

    @property
    def cash_poisha(self) -> int:
        """What is to be collected."""
        return sum(stop.cash_poisha for stop in self.stops)


def calls_of(problem: RoutingProblem, stops: Iterable[Stop]) -> list[Call]:
    """The calls that those stops make, in the order of their first stops. Frozen visits are none."""
    frozen = {visit.stop_id for vehicle in problem.vehicles for visit in vehicle.frozen}
    by_door: dict[tuple[bool, str], list[Stop]] = {}
    for stop in stops:
        if stop.stop_id not in frozen:
            key = (False, stop.stop_id) if stop.door is None else (True, stop.door)
            by_door.setdefault(key, []).append(stop)
    return [call_at(together) for together in by_door.values()]


def call_at(stops: Sequence[Stop]) -> Call:
    """The call that serves those stops of one door."""
    ordered = tuple(sorted(stops, key=lambda stop: stop.pickup))
    if not any(stop.windows for stop in ordered):
        return Call(ordered, None)
    open_s = [Window(0, UNREACHABLE)]
    after_s = 0
    for stop in ordered:
        if stop.windows:
            shifted = [Window(w.open_s - after_s, w.close_s - after_s) for w in stop.windows]
            open_s = list(_common(open_s, shifted))
        after_s += stop.service_s
    return Call(ordered, tuple(open_s))


def _common(some: list[Window], others: list[Window]) -> Iterator[Window]:
    for one in some:
        for other in others:
            open_s, close_s = max(one.open_s, other.open_s), min(one.close_s, other.close_s)
            if open_s < close_s:
                yield Window(open_s, close_s)
