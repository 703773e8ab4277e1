"""How many parcels were there on the day promised, by lane and by office; and where and why the others lost time."""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from io import StringIO
from typing import Any

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import Itinerary, earliest_arrival
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.printing.tables import safe_cell
from post_logistics.storage.custody.scans import load_histories
from post_logistics.storage.database import Connection
from post_logistics.storage.promises.punctuality import LaneTally, Promised, load_lanes, load_promised
from post_logistics.tracking.bags import that_count
from post_logistics.tracking.lateness import DOOR, MERCHANT, Lost, Stage, lost
from post_logistics.units import DHAKA, Postcode

LONGEST_DAYS = 366
_AT_ONCE = 5_000
_PATIENCE = timedelta(minutes=30)
"""Behind the plan by less than this is not behind."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many parcels, in time, later, and not handed over. ``name``: the lane 1205-1216, or the office of delivery."""

    name: str
    parcels: int
    on_time: int
    late: int
    missing: int

    @property
    def on_time_percent(self) -> float | None:
        """How many of a hundred were there in time; None of none."""
        return round(100 * self.on_time / self.parcels, 1) if self.parcels else None


@dataclass(frozen=True, slots=True)
class Cause:
    """So many parcels missed their day for that reason, by the doing of that side, in the hands of that custodian.

    ``reason`` is empty where nobody gave one. ``custodian``: office:1215, vehicle:LEG, rider:1216 (a rider of that
    office), agent:ID or merchant.
    """

    reason: str
    blame: str
    custodian: str
    parcels: int


_COLUMNS = ("by", "name", "reason", "blame", "parcels", "on_time", "late", "missing", "on_time_percent")


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Of the parcels promised from ``start`` on and before ``end``. ``causes``: the commonest first."""

    start: date
    end: date
    total: Tally
    lanes: tuple[Tally, ...]
    offices: tuple[Tally, ...]
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "total": _plain(self.total),
            "lanes": [_plain(lane) for lane in self.lanes],
            "offices": [_plain(office) for office in self.offices],
            "causes": [asdict(cause) for cause in self.causes],
        }

    def as_csv(self) -> str:
        """The report as one table: ``by`` says whether a row is the total, a lane, an office or a cause."""
        tallies = (("total", [self.total]), ("lane", self.lanes), ("office", self.offices))
        rows = [{"by": by} | _plain(tally) for by, some in tallies for tally in some]
        rows += [
            {"by": "cause", "name": one.custodian, "reason": one.reason, "blame": one.blame, "parcels": one.parcels}
            for one in self.causes
        ]
        text = StringIO()
        writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: safe_cell(cell) for name, cell in row.items()} for row in rows)
        return text.getvalue()


def punctuality(connection: Connection, facts: Facts, start: date, end: date, at: datetime) -> Punctuality:
    """The on-time shares of the parcels promised from ``start`` on and before ``end``, as far as their day has come.

    A parcel counts as handed over when the rider claims it. Unacceptable if the days are no period, or above a year.
    """
    if not timedelta(0) < end - start <= timedelta(days=LONGEST_DAYS):
        raise Unacceptable(
            f"from {start} to {end} is no period of at most {LONGEST_DAYS} days",
            field="end",
            remedy="name a later day, the first that does not count any more",
        )
    lanes = load_lanes(connection, start, end, at.astimezone(DHAKA).date())
    causes: Counter[tuple[str, str, str]] = Counter(
        (one.reason.value if one.reason else "", one.blame.value, one.custodian)
        for one in _losses(connection, facts, [item for lane in lanes for item in lane.missed_items])
    )
    by_office: defaultdict[str, list[LaneTally]] = defaultdict(list)
    for lane in lanes:
        by_office[lane.destination].append(lane)
    return Punctuality(
        start=start,
        end=end,
        total=_tally("", lanes),
        lanes=tuple(_tally(f"{lane.origin}-{lane.destination}", [lane]) for lane in lanes),
        offices=tuple(_tally(office, its_lanes) for office, its_lanes in sorted(by_office.items())),
        causes=tuple(Cause(*what, n) for what, n in sorted(causes.items(), key=lambda one: (-one[1], one[0]))),
    )


def _plain(tally: Tally) -> dict[str, Any]:
    return asdict(tally) | {"on_time_percent": tally.on_time_percent}


def _tally(name: str, lanes: Sequence[LaneTally]) -> Tally:
    return Tally(
        name=name,
        parcels=sum(lane.parcels for lane in lanes),
        on_time=sum(lane.on_time for lane in lanes),
        late=sum(lane.late for lane in lanes),
        missing=sum(lane.missing for lane in lanes),
    )


def _losses(connection: Connection, facts: Facts, missed: Sequence[str]) -> Iterator[Lost]:
    """Where the time was lost of each of those items."""
    origins = {leg.leg_id: leg.origin for leg in facts.timetable.legs}

    @cache
    def way(pickup: Postcode, delivery: Postcode, in_hand: datetime) -> Itinerary | None:
        return earliest_arrival(facts.timetable, pickup, delivery, in_hand)

    for first in range(0, len(missed), _AT_ONCE):
        some = missed[first : first + _AT_ONCE]
        histories = load_histories(connection, some)
        for one in load_promised(connection, some):
            if one.item_number in histories:  # of old days the scans may be in the archive
                in_hand = _in_hand(facts, one.booked_at)
                stages = _stages(facts, one, in_hand, way(one.pickup_office, one.delivery_office, in_hand))
                yield lost(that_count(histories[one.item_number]), stages, origins)


def _in_hand(facts: Facts, booked_at: datetime) -> datetime:
    """When the next round to the merchants is back."""
    day, booked = facts.fleet.day, booked_at.astimezone(DHAKA)
    return dhaka(booked.date() + timedelta(days=booked.time() > day.pickup_start), day.pickup_end)


def _stages(facts: Facts, one: Promised, in_hand: datetime, way: Itinerary | None) -> list[Stage]:
    """The way of a parcel as it was planned when it was booked."""
    stages = [Stage(MERCHANT, in_hand + _PATIENCE)]
    for run in way.legs if way else ():
        stages.append(Stage(f"office:{run.leg.origin}", run.depart_at + _PATIENCE))
        stages.append(Stage(f"from:{run.leg.origin}", run.arrive_at + _PATIENCE))
    tour = dhaka(one.promised_on, facts.fleet.day.delivery_start)
    stages.append(Stage(f"office:{one.delivery_office}", tour + _PATIENCE))
    stages.append(Stage(DOOR, dhaka(one.promised_on, time.max)))
    return stages
