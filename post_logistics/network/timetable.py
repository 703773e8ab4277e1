"""The legs between offices, and the soonest way from one to another: ``data/timetable.csv``, run every day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from post_logistics.network.tables import Row, read_table
from post_logistics.units import DHAKA, Postcode, latin_digits

if TYPE_CHECKING:
    import networkx as nx

COLUMNS = ("leg_id", "origin", "destination", "depart", "arrive", "mode", "capacity_parcels")

HANDLING_MINUTES = 15
"""From one vehicle to the next at an office: unload, scan, sort, load."""

LONGEST_LEG_MINUTES = 12 * 60
"""A leg that takes longer is taken for a slip of the pen: an arrival before the departure would mean the next day."""

_DAY_MINUTES = 24 * 60
_HORIZON_DAYS = 4
"""How many days ahead a way is looked for; the pilot's offices are all within one."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A scheduled run, every day. Minutes of the local day; an arrival after midnight is beyond 1440."""

    leg_id: str
    origin: Postcode
    destination: Postcode
    depart_minute: int
    arrive_minute: int
    mode: str
    capacity_parcels: int


@dataclass(frozen=True, slots=True)
class LegRun:
    """A leg on one day."""

    leg: Leg
    depart_at: datetime
    arrive_at: datetime


@dataclass(frozen=True, slots=True)
class Itinerary:
    """The runs to take, in order, and when the last arrives."""

    legs: tuple[LegRun, ...]
    arrive_at: datetime


class Timetable:
    """All legs, and the ways that they make."""

    def __init__(self, legs: Sequence[Leg]) -> None:
        self.legs = tuple(legs)
        self._graph = _time_expanded(self.legs)
        self._ways = lru_cache(maxsize=4_000)(self._find)

    def departures(self, origin: str, after: datetime) -> Iterator[LegRun]:
        """The runs that leave the office at or after that time, in order, until the end of the next day."""
        first = after.astimezone(DHAKA).date()
        runs = [_run(leg, first + timedelta(days=days)) for leg in self.legs if leg.origin == origin for days in (0, 1)]
        yield from sorted(
            (run for run in runs if run.depart_at >= after), key=lambda run: (run.depart_at, run.leg.leg_id)
        )

    def way(self, origin: str, destination: str, ready_minute: int) -> tuple[tuple[Leg, int], ...] | None:
        """The legs of the soonest way for a parcel ready at that minute of a day, each with the day it runs on (0: the
        same); None if there is none within four days. Of two equally soon, the one with
        fewer legs."""
        return self._ways(origin, ready_minute).get(destination)

    def _find(self, origin: str, ready_minute: int) -> dict[str, tuple[tuple[Leg, int], ...]]:
        """Follows the time-expanded graph from every run that can be caught: of each office the earliest arrival."""
        import networkx as nx  # noqa: PLC0415 - a quarter of a second, which whoever wants only the legs need not wait

        first = {
            (leg.leg_id, on)
            for leg in self.legs
            for on in range(_HORIZON_DAYS)
            if leg.origin == origin and leg.depart_minute + on * _DAY_MINUTES >= ready_minute
        }
        if not first:
            return {}
        legs: dict[str, Leg] = self._graph.graph["legs"]
        soonest: dict[str, tuple[int, int, str, int]] = {}
        ways = nx.multi_source_dijkstra_path(self._graph, first, weight=None)
        for (leg_id, on), way in ways.items():
            leg = legs[leg_id]
            arrival = (leg.arrive_minute + on * _DAY_MINUTES, len(way), leg_id, on)
            soonest[leg.destination] = min(arrival, soonest.get(leg.destination, arrival))
        return {
            office: tuple((legs[name], day) for name, day in ways[leg_id, on])
            for office, (_, _, leg_id, on) in soonest.items()
        }


def _time_expanded(legs: Sequence[Leg]) -> "nx.DiGraph":
    """A node per run, an edge where a parcel that came by one can be loaded onto the other."""
    import networkx as nx  # noqa: PLC0415

    graph = nx.DiGraph(legs={leg.leg_id: leg for leg in legs})
    runs = [(leg, on) for leg in legs for on in range(_HORIZON_DAYS)]
    graph.add_nodes_from((leg.leg_id, on) for leg, on in runs)
    leaving: dict[Postcode, list[tuple[Leg, int]]] = {}
    for leg, on in runs:
        leaving.setdefault(leg.origin, []).append((leg, on))
    for leg, on in runs:
        ready = leg.arrive_minute + on * _DAY_MINUTES + HANDLING_MINUTES
        for onward, day in leaving.get(leg.destination, []):
            if onward.depart_minute + day * _DAY_MINUTES >= ready:
                graph.add_edge((leg.leg_id, on), (onward.leg_id, day))
    return graph


def earliest_arrival(
    timetable: Timetable, origin: Postcode, destination: Postcode, ready_at: datetime
) -> Itinerary | None:
    """The soonest way for a parcel that is ready to load at that time; None if the timetable has none.

    At its own destination it has arrived already, by no leg.
    """
    if origin == destination:
        return Itinerary((), ready_at)
    local = ready_at.astimezone(DHAKA)
    minute = local.hour * 60 + local.minute + (1 if local.second or local.microsecond else 0)
    way = timetable.way(origin, destination, minute)
    if way is None:
        return None
    runs = tuple(_run(leg, local.date() + timedelta(days=on)) for leg, on in way)
    assert all(one.arrive_at < following.depart_at for one, following in pairwise(runs))
    return Itinerary(runs, runs[-1].arrive_at)


def _run(leg: Leg, on: date) -> LegRun:
    midnight = datetime.combine(on, time(), DHAKA)
    return LegRun(leg, midnight + timedelta(minutes=leg.depart_minute), midnight + timedelta(minutes=leg.arrive_minute))


def load_timetable(facts_dir: Path) -> Timetable:
    """The timetable of ``timetable.csv``; Unacceptable names the row and column that is wrong."""
    return Timetable(load_legs(facts_dir))


def load_legs(facts_dir: Path) -> tuple[Leg, ...]:
    """Its legs alone, without the ways that they make."""
    legs: dict[str, Leg] = {}
    for row in read_table(facts_dir / "timetable.csv", COLUMNS):
        leg = _leg(row)
        if leg.leg_id in legs:
            raise row.refuse("leg_id", f"{leg.leg_id} is there twice", "give each leg its own name")
        legs[leg.leg_id] = leg
    return tuple(legs.values())


def _leg(row: Row) -> Leg:
    depart, arrive = (_minute(row, column) for column in ("depart", "arrive"))
    arrive += _DAY_MINUTES if arrive <= depart else 0
    if arrive - depart > LONGEST_LEG_MINUTES:
        message = f"from {row.text('depart')} to {row.text('arrive')} is more than twelve hours"
        raise row.refuse("arrive", message, "correct one of the two times")
    origin, destination = row.postcode("origin"), row.postcode("destination")
    if origin == destination:
        raise row.refuse("destination", "a leg ends at another office than it begins", "correct the postcode")
    return Leg(
        leg_id=row.text("leg_id"),
        origin=origin,
        destination=destination,
        depart_minute=depart,
        arrive_minute=arrive,
        mode=row.text("mode"),
        capacity_parcels=row.whole("capacity_parcels"),
    )


def _minute(row: Row, column: str) -> int:
    try:
        at = time.fromisoformat(latin_digits(row.text(column)))
    except ValueError:
        raise row.refuse(column, f"{row.text(column)!r} is no time of day", "write hours and minutes: 09:15") from None
    return at.hour * 60 + at.minute
