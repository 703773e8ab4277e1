"""The judge of line-haul plans: follows every parcel along the timetable, and shares no code with the planner."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from post_logistics.network.timetable import HANDLING_MINUTES, Leg, LegRun, Timetable
from post_logistics.routing.linehaul_plan import Cost, Flow, Left, LinehaulPlan, Load, Reason
from post_logistics.units import DHAKA

_MINUTE = timedelta(minutes=1)
_TOLERANCE = 1e-6
"""Relative, for the bound, which is no whole number."""


def check_linehaul(timetable: Timetable, loads: Sequence[Load], plan: LinehaulPlan) -> list[str]:
    """What is wrong with the plan, a sentence each; nothing if it is right.

    Every flow can travel as it says, no run is overfull, every parcel is accounted for, what is left could not be sent
    in the room that is left and its reason holds, and the totals are what they say.
    """
    parts: list[Flow | Left] = [*plan.flows, *plan.left]
    strangers = [part for part in parts if not 0 <= part.load < len(loads)]
    if strangers:
        return [f"there is no load {part.load}" for part in strangers]
    legs = {leg.leg_id: leg for leg in timetable.legs}
    return [
        *(
            f"flow {number}: {wrong}"
            for number, flow in enumerate(plan.flows)
            for wrong in _flow(legs, loads, plan, flow)
        ),
        *_conservation(loads, plan),
        *_capacities(plan),
        *_reasons(timetable.legs, loads, plan),
        *_totals(loads, plan),
    ]


def _flow(legs: dict[str, Leg], loads: Sequence[Load], plan: LinehaulPlan, flow: Flow) -> Iterator[str]:
    load = loads[flow.load]
    if flow.parcels < 1:
        yield f"{flow.parcels} parcels"
    place, ready_at = load.origin, load.ready_at
    for run in flow.runs:
        if run.leg != legs.get(run.leg.leg_id) or not _is_scheduled(run):
            yield f"the timetable has no run {run.leg.leg_id} at {run.depart_at}"
        if run.leg.origin != place:
            yield f"run {run.leg.leg_id} leaves {run.leg.origin}, the parcels are at {place}"
        if run.depart_at < ready_at:
            yield f"run {run.leg.leg_id} leaves at {run.depart_at}, the parcels are ready at {ready_at}"
        place, ready_at = run.leg.destination, run.arrive_at + HANDLING_MINUTES * _MINUTE
    if place != load.destination:
        yield f"ends at {place}, not at {load.destination}"
    if flow.arrive_at != (flow.runs[-1].arrive_at if flow.runs else load.ready_at):
        yield f"does not arrive at {flow.arrive_at}"
    if flow.runs and flow.arrive_at > plan.until:
        yield f"arrives at {flow.arrive_at}, after the end of the plan"


def _is_scheduled(run: LegRun) -> bool:
    midnight = datetime.combine(run.depart_at.astimezone(DHAKA).date(), time(), DHAKA)
    times = (run.depart_at - midnight) / _MINUTE, (run.arrive_at - midnight) / _MINUTE
    return times == (run.leg.depart_minute, run.leg.arrive_minute)


def _conservation(loads: Sequence[Load], plan: LinehaulPlan) -> Iterator[str]:
    found = Counter[int]()
    parts: list[Flow | Left] = [*plan.flows, *plan.left]
    for part in parts:
        found[part.load] += part.parcels
    for i, load in enumerate(loads):
        if found[i] != load.parcels:
            yield f"load {i}: {load.parcels} parcels, of which the plan has {found[i]}"
    if any(one.parcels < 1 for one in plan.left):
        yield "no parcels are said to be left of some load"


def _carried(plan: LinehaulPlan) -> Counter[LegRun]:
    carried = Counter[LegRun]()
    for flow in plan.flows:
        for run in flow.runs:
            carried[run] += flow.parcels
    return carried


def _capacities(plan: LinehaulPlan) -> Iterator[str]:
    carried = _carried(plan)
    for run, parcels in carried.items():
        if parcels > run.leg.capacity_parcels:
            yield f"run {run.leg.leg_id} at {run.depart_at}: {parcels} parcels, room for {run.leg.capacity_parcels}"
    if {one.run: one.parcels for one in plan.runs} != carried:
        yield "the runs do not carry what the plan says"
    if any(one.place_worth_minutes and one.parcels < one.run.leg.capacity_parcels for one in plan.runs):
        yield "a place is worth something on a run that has room"


def _reasons(legs: Sequence[Leg], loads: Sequence[Load], plan: LinehaulPlan) -> Iterator[str]:
    carried = _carried(plan)
    for left in plan.left:
        load = loads[left.load]
        runs = _runs(legs, load.ready_at, plan.until)
        if _leads_there(load, [run for run in runs if carried[run] < run.leg.capacity_parcels]):
            yield f"load {left.load}: parcels are left, but there is a way with room"
        anyhow = _leads_there(load, runs)
        days_on = load.ready_at + timedelta(days=2 * len(legs) + 2)
        somehow = anyhow or (left.reason != Reason.NO_ROOM and _leads_there(load, _runs(legs, load.ready_at, days_on)))
        holds = {Reason.NO_WAY: not somehow, Reason.BEYOND_HORIZON: somehow and not anyhow, Reason.NO_ROOM: anyhow}
        if not holds[left.reason]:
            yield f"load {left.load}: {left.reason} is not so"


def _runs(legs: Sequence[Leg], begin: datetime, until: datetime) -> list[LegRun]:
    """All runs that leave from then on and arrive by the end, in the order of departure."""
    midnight = datetime.combine(begin.astimezone(DHAKA).date(), time(), DHAKA)
    days = [midnight + timedelta(days=day) for day in range(max(0, (until - midnight).days + 1))]
    runs = [
        LegRun(leg, day + leg.depart_minute * _MINUTE, day + leg.arrive_minute * _MINUTE)
        for day in days
        for leg in legs
    ]
    return sorted((run for run in runs if run.arrive_at <= until), key=lambda run: run.depart_at)


def _leads_there(load: Load, runs: Sequence[LegRun]) -> bool:
    ready_at = {load.origin: load.ready_at}
    for run in runs:
        if run.leg.origin in ready_at and ready_at[run.leg.origin] <= run.depart_at:
            onward_at = run.arrive_at + HANDLING_MINUTES * _MINUTE
            ready_at[run.leg.destination] = min(onward_at, ready_at.get(run.leg.destination, onward_at))
    return load.destination in ready_at


def _totals(loads: Sequence[Load], plan: LinehaulPlan) -> Iterator[str]:
    late_parcels = late_minutes = way_minutes = transfers = 0
    for flow in plan.flows:
        load = loads[flow.load]
        if load.promise_by is not None and flow.arrive_at > load.promise_by:
            late_parcels += flow.parcels
            late_minutes += flow.parcels * -((load.promise_by - flow.arrive_at) // _MINUTE)
        way_minutes += flow.parcels * ((flow.arrive_at - load.ready_at) // _MINUTE)
        transfers += flow.parcels * (len(flow.runs) - 1 if flow.runs else 0)
    cost = Cost(
        unsent=sum(left.parcels for left in plan.left),
        late_parcels=late_parcels,
        late_minutes=late_minutes,
        way_minutes=way_minutes,
        transfers=transfers,
    )
    if plan.cost != cost:
        yield f"says {plan.cost}, is {cost}"
    if plan.least_minutes > cost.weighted_minutes + _TOLERANCE * (1 + cost.weighted_minutes):
        yield f"costs {cost.weighted_minutes}, less than the least, {plan.least_minutes}"
