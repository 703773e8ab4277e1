"""A plan as its pages show it: tours numbered and coloured, on a map, in figures, with what is left over and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from api.pages.hub.frame import REASONS
from api.pages.maps import Mark, Way, drawn, live
from api.pages.shell import Visit
from post_logistics.operations.facts import dhaka
from post_logistics.operations.tours.drafting import measured
from post_logistics.operations.tours.planning import OfficePlan
from post_logistics.operations.tours.run_sheets import RunSheet
from post_logistics.routing.plan import Reason
from post_logistics.storage.database import Connection
from post_logistics.units import Postcode

_COLOURS: Final = 6
"""Of ways on a map, each with a pattern of its own; the number on them goes on."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A tour with the number and the colour that it has on the map."""

    number: int
    sheet: RunSheet

    @property
    def kind(self) -> str:
        """Its class in the style sheet."""
        return f"tour-{(self.number - 1) % _COLOURS + 1}"


@dataclass(frozen=True, slots=True)
class Left:
    """Parcels of a door that no tour takes, and why."""

    items: Sequence[str]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How full a rider's day is: what the tour takes, and the most there could be."""

    rider: str
    minutes: int
    most_minutes: int
    """From leaving the office to the end of the shift."""
    parcels: int
    most_parcels: int
    cash_poisha: int
    most_cash_poisha: int


def loads(found: Visit, plan: OfficePlan) -> list[Load]:
    """Of each tour."""
    facts = found.engine.facts
    ends_at = dhaka(plan.service_on, facts.fleet.day.delivery_end)
    cap_poisha = facts.cod_rules.on(plan.service_on).rider_cash_cap_poisha
    riders = {str(one.rider_id): one.vehicle for one in facts.fleet.riders(Postcode(plan.office), "delivery")}
    return [
        Load(
            rider=one.rider_id,
            minutes=_minutes(one.return_at - one.depart_at),
            most_minutes=_minutes(ends_at - one.depart_at),
            parcels=one.parcels,
            most_parcels=riders[one.rider_id].capacity_parcels if one.rider_id in riders else one.parcels,
            cash_poisha=one.cash_poisha,
            most_cash_poisha=cap_poisha,
        )
        for one in plan.sheets
    ]


def _minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)


def numbered(plan: OfficePlan) -> list[Numbered]:
    """The tours from 1 on, in the order of the riders."""
    return [Numbered(n, sheet) for n, sheet in enumerate(plan.sheets, 1)]


def tour_of(plan: OfficePlan, rider: str) -> Numbered | None:
    """The tour of that rider, if there is one."""
    return next((one for one in numbered(plan) if one.sheet.rider_id == rider), None)


def left_over(found: Visit, plan: OfficePlan) -> list[Left]:
    """What no tour takes, each with its reason in words."""
    return [Left(one["item_numbers"], found.say(REASONS[Reason(one["reason"])])) for one in plan.unserved]


def plan_values(found: Visit, connection: Connection, plan: OfficePlan, *, moving: bool = True) -> dict[str, Any]:
    """What the template ``hub/tours.html`` shows of a plan."""
    return {
        "plan": plan,
        "tours": numbered(plan),
        "left": left_over(found, plan),
        "loads": loads(found, plan),
        "measure": measured(connection, found.engine.facts, plan),
        "map": tours_map(found, plan, moving=moving),
    }


def tours_map(found: Visit, plan: OfficePlan, *, moving: bool = True) -> str:
    """All tours on one map, each stop with the number of its tour. ``moving``: it may be moved and brought nearer."""
    marks = [_office(found, plan.office)]
    ways = []
    for one in numbered(plan):
        marks += [
            Mark(
                (stop.lat_deg, stop.lon_deg), f"{one.sheet.rider_id}: {stop.place}", one.kind, found.digits(one.number)
            )
            for stop in one.sheet.stops
        ]
        ways.append(_way(found, one))
    return _map(found, found.say("Tours of the day"), marks, ways, moving)


def tour_map(found: Visit, one: Numbered) -> str:
    """One tour, its stops numbered in their order."""
    marks = [_office(found, one.sheet.office)]
    marks += [
        Mark((stop.lat_deg, stop.lon_deg), stop.place, one.kind, found.digits(n))
        for n, stop in enumerate(one.sheet.stops, 1)
    ]
    return _map(found, found.say("Tour of {rider}", rider=one.sheet.rider_id), marks, [_way(found, one)], True)


def _map(found: Visit, title: str, marks: Sequence[Mark], ways: Iterable[Way], moving: bool) -> str:
    if len(marks) == 1:
        return ""
    return live(found, title, marks, ways) if moving else drawn(found.engine.facts, title, marks, ways)


def _office(found: Visit, office: str) -> Mark:
    here = found.engine.facts.offices[office]
    return Mark((here.lat_deg, here.lon_deg), found.named(here), "office")


def _way(found: Visit, one: Numbered) -> Way:
    here = found.engine.facts.offices[one.sheet.office]
    home = (here.lat_deg, here.lon_deg)
    return Way([home, *((stop.lat_deg, stop.lon_deg) for stop in one.sheet.stops), home], one.kind)


def worth(detours: Mapping[str, Sequence[int]], sheet: RunSheet) -> Sequence[int]:
    """How many metres each stop of the tour is worth."""
    return detours.get(sheet.rider_id, ())
