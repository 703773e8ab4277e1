"""Which runs carry which parcels between the offices: all are sent, in time, soon, with few transfers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import cache
from math import ceil, floor, inf

import numpy as np

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import Leg, LegRun, Timetable
from post_logistics.routing.linehaul_flow import Commodities, Shares, share_out
from post_logistics.routing.linehaul_network import Goals, Runs, Way, Whole, unroll
from post_logistics.routing.linehaul_plan import LATE_MINUTES, Cost, Flow, Left, LinehaulPlan, Load, Reason, RunLoad
from post_logistics.units import DHAKA

LONGEST_DAYS = 14
"""How far a plan may reach; within it, no lateness weighs as much as a parcel unsent."""

_MINUTE = timedelta(minutes=1)


def plan_linehaul(timetable: Timetable, loads: Sequence[Load], until: datetime) -> LinehaulPlan:
    """The runs that carry every load, arriving by ``until``; none is over its capacity and no parcel is divided.

    ``cost.weighted_minutes`` is made small: parcels unsent first, then minutes late, then minutes under way, then
    transfers, by the weights in `linehaul_plan`. If the soonest ways of all parcels fit together, these are the plan.
    Otherwise parcels are divided among ways by a linear programme, and its parts of parcels are rounded: that is what
    may lift the plan above ``least_minutes``. Of parcels alike that wait for the same run, those ready first go first.

    Unacceptable if the plan would reach further than two weeks, or ``until`` says no time zone.
    """
    if until.tzinfo is None:
        raise Unacceptable(f"{until} says no time zone", field="until", remedy="give an aware time")
    begin = min((load.ready_at for load in loads), default=until)
    if until - begin > timedelta(days=LONGEST_DAYS):
        message = f"the plan reaches from {begin} to {until}"
        raise Unacceptable(message, field="until", remedy=f"plan at most {LONGEST_DAYS} days at once")
    runs = unroll(timetable.legs, begin.astimezone(DHAKA).date(), until)
    goals, wanted, members = merge_loads(runs, loads)
    capacity = np.array([leg.capacity_parcels for leg in runs.legs], dtype=np.int64)
    shares = share_out(runs, goals, wanted, capacity)
    taken = [runs.run(number) for number in range(len(runs.legs))]
    flows = [Flow(i, (), load.parcels, load.ready_at) for i, load in enumerate(loads) if _is_there(load)]
    for given, together in zip(shares.given, members, strict=True):
        flows += _dealt(taken, loads, together, given)
    flows.sort(key=lambda flow: (flow.load, flow.arrive_at, [run.leg.leg_id for run in flow.runs]))
    reachable = {i for on_time, together in zip(shares.reachable, members, strict=True) if on_time for i in together}
    left = _left(timetable.legs, loads, flows, reachable)
    return LinehaulPlan(
        until=until,
        flows=tuple(flows),
        left=left,
        runs=_run_loads(taken, capacity, shares),
        cost=_cost(loads, flows, left),
        least_minutes=shares.least_minutes + _unavoidable_minutes(runs, loads),
    )


def merge_loads(runs: Runs, loads: Sequence[Load]) -> tuple[Goals, Commodities, list[list[int]]]:
    """The goals of the loads that travel, the loads that can catch the same run to the same goal taken as one, and of
    each of these the loads by number, in the order they are ready."""
    together: dict[tuple[int, float, int], list[int]] = defaultdict(list)
    minutes, first_caught = cache(runs.minutes), cache(runs.first_caught)
    ready = {i: ceil(minutes(load.ready_at)) for i, load in enumerate(loads) if load.parcels}
    for i in sorted(ready, key=lambda i: (loads[i].ready_at, i)):
        load = loads[i]
        if not _is_there(load):
            office = runs.offices.get(load.destination, len(runs.offices))
            promise_minute = inf if load.promise_by is None else floor(minutes(load.promise_by))
            together[office, promise_minute, first_caught(load.origin, ready[i])].append(i)
    keys = sorted({key[:2] for key in together})
    number = {key: goal for goal, key in enumerate(keys)}
    wanted = Commodities(
        start=_whole([start for _, _, start in together]),
        goal=_whole([number[key[:2]] for key in together]),
        parcels=_whole([sum(loads[i].parcels for i in members) for members in together.values()]),
        ready_minute=_whole([ready[members[0]] for members in together.values()]),
    )
    goals = Goals(_whole([office for office, _ in keys]), np.array([promise for _, promise in keys]))
    return goals, wanted, list(together.values())


def _whole(numbers: Sequence[int]) -> Whole:
    return np.array(numbers, dtype=np.int64)


def _is_there(load: Load) -> bool:
    return load.parcels > 0 and load.origin == load.destination


def _dealt(
    runs: Sequence[LegRun], loads: Sequence[Load], members: Sequence[int], given: Mapping[Way, int]
) -> Iterator[Flow]:
    """The ways given to several loads dealt to them: the first ready takes the first to arrive."""
    waiting = [(i, loads[i].parcels) for i in reversed(members)]
    for way in sorted(given, key=lambda way: (runs[way[-1]].arrive_at, way)):
        taken = tuple(runs[number] for number in way)
        places = given[way]
        while places:
            i, parcels = waiting.pop()
            going = min(parcels, places)
            yield Flow(i, taken, going, taken[-1].arrive_at)
            places -= going
            if going < parcels:
                waiting.append((i, parcels - going))


def _left(legs: Sequence[Leg], loads: Sequence[Load], flows: Sequence[Flow], reachable: Set[int]) -> tuple[Left, ...]:
    sent = Counter[int]()
    for flow in flows:
        sent[flow.load] += flow.parcels
    onward: dict[str, set[str]] = defaultdict(set)
    for leg in legs:
        onward[leg.origin].add(leg.destination)

    @cache
    def led_to(origin: str) -> Set[str]:
        found, new = {origin}, {origin}
        while new:
            new = set().union(*(onward[office] for office in new)) - found
            found |= new
        return found

    def reason(i: int) -> Reason:
        if i in reachable:
            return Reason.NO_ROOM
        return Reason.BEYOND_HORIZON if loads[i].destination in led_to(loads[i].origin) else Reason.NO_WAY

    return tuple(Left(i, load.parcels - sent[i], reason(i)) for i, load in enumerate(loads) if load.parcels > sent[i])


def _run_loads(runs: Sequence[LegRun], capacity: Whole, shares: Shares) -> tuple[RunLoad, ...]:
    carried = np.zeros_like(capacity)
    for given in shares.given:
        for way, parcels in given.items():
            carried[list(way)] += parcels
    worth = np.where(carried == capacity, np.rint(shares.price_minutes), 0).astype(np.int64)
    return tuple(RunLoad(runs[run], int(carried[run]), int(worth[run])) for run in np.flatnonzero(carried).tolist())


def _cost(loads: Sequence[Load], flows: Sequence[Flow], left: Sequence[Left]) -> Cost:
    late = [(flow.parcels, _late_minutes(loads[flow.load], flow.arrive_at)) for flow in flows]
    return Cost(
        unsent=sum(one.parcels for one in left),
        late_parcels=sum(parcels for parcels, minutes in late if minutes),
        late_minutes=sum(parcels * minutes for parcels, minutes in late),
        way_minutes=sum(flow.parcels * ((flow.arrive_at - loads[flow.load].ready_at) // _MINUTE) for flow in flows),
        transfers=sum(flow.parcels * max(0, len(flow.runs) - 1) for flow in flows),
    )


def _late_minutes(load: Load, arrive_at: datetime) -> int:
    return 0 if load.promise_by is None else max(0, -((load.promise_by - arrive_at) // _MINUTE))


def _unavoidable_minutes(runs: Runs, loads: Sequence[Load]) -> int:
    """What takes the division's cost to the plan's: a parcel's time counts not from the first midnight but from when
    it is ready, and what is there already may be late."""
    minutes = cache(runs.minutes)
    return sum(
        load.parcels * (LATE_MINUTES * _late_minutes(load, load.ready_at))
        if _is_there(load)
        else -load.parcels * ceil(minutes(load.ready_at))
        for load in loads
    )
