"""Parcels to offices, line-haul over a made-up national timetable, bags and promises.

    python -m benchmarks.linehaul [parcels ...]

Line-haul is held against two others: every parcel its soonest way as if there were room for all, and what the offices
do without a plan: each run takes those whose soonest way it begins, the oldest first. CPU seconds, the median of five
for what is short; every plan is checked.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from time import process_time
from typing import TypeVar

import numpy as np

from post_logistics.network.timetable import HANDLING_MINUTES, Leg, Timetable
from post_logistics.routing.assignment import Demand, Office, assign, assign_parcels
from post_logistics.routing.bags import plan_bags
from post_logistics.routing.linehaul import merge_loads, plan_linehaul
from post_logistics.routing.linehaul_check import check_linehaul
from post_logistics.routing.linehaul_network import cheapest, unroll
from post_logistics.routing.linehaul_plan import Cost, Load
from post_logistics.routing.matrix import road_estimate
from post_logistics.routing.promises import load_delays, promise
from post_logistics.settings import Settings
from post_logistics.units import DHAKA, Postcode

FACTS = Settings().facts_dir
DAY = datetime(2026, 11, 22, tzinfo=DHAKA)
UNTIL = DAY + timedelta(days=4)
RANKS = {"MPC": 0, "GPO": 1, "HPO": 2}
DHAKA_HUB = "1215"
TRUCK_M_PER_MINUTE = 35_000 // 60
READY_MINUTES = (600, 800, 1000)
EXPRESS_BY, PLAIN_BY = (DAY + timedelta(days=days, hours=18) for days in (1, 2))
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub of ``hubs.csv``; of several on the same premises the first in rank."""

    postcode: Postcode
    rank: int
    lat_deg: float
    lon_deg: float


def timed(work: Callable[[], T], times: int = 1) -> tuple[T, float]:
    """What it gives, and the CPU seconds it took: the median of so many times."""
    spent = []
    for _ in range(times):
        start = process_time()
        found = work()
        spent.append(process_time() - start)
    return found, median(spent)


def national_hubs() -> list[Hub]:
    """The hubs in the order of their postcodes."""
    with (FACTS / "hubs.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["postcode"], -RANKS[row["hub_class"]]))
    found = {
        row["postcode"]: Hub(
            Postcode(row["postcode"]), RANKS[row["hub_class"]], float(row["lat_deg"]), float(row["lon_deg"])
        )
        for row in rows
    }
    return list(found.values())


def national_timetable(hubs: Sequence[Hub]) -> Timetable:
    """Assumed: processing centres with their six nearest and Dhaka by day and by night, every other hub with its two
    nearest centres twice a day each way."""
    distance_m = road_estimate([hub.lat_deg for hub in hubs], [hub.lon_deg for hub in hubs])
    centres = [i for i, hub in enumerate(hubs) if hub.rank == 0]
    heart = next(i for i in centres if hubs[i].postcode == DHAKA_HUB)
    wanted: dict[tuple[int, int, int], int] = {}

    def nearest(i: int, many: int) -> list[int]:
        return sorted((j for j in centres if j != i), key=lambda j: int(distance_m[i, j]))[:many]

    for i in range(len(hubs)):
        if i in centres:
            for j in nearest(i, 6):
                wanted |= {(i, j, 1230): 1500, (i, j, 360): 800}
            wanted |= {(i, heart, 1140): 1500, (heart, i, 1260): 1500} if i != heart else {}
        else:
            for j, room in zip(nearest(i, 2), (400, 200), strict=True):
                wanted |= {(i, j, 1020): room, (j, i, 300): room, (i, j, 660): 300, (j, i, 840): 300}
    legs = []
    for (i, j, depart), room in wanted.items():
        minutes = 10 + int(distance_m[i, j]) // TRUCK_M_PER_MINUTE
        if minutes <= 12 * 60:
            a, b = hubs[i].postcode, hubs[j].postcode
            legs.append(Leg(f"{a}-{b}-{depart}", a, b, depart, depart + minutes, "truck", room))
    return Timetable(legs)


def national_day(hubs: Sequence[Hub], parcels: int, seed: int = 1) -> list[Load]:
    """Parcels between random hubs, six times as many at Dhaka and twice at other large ones; a quarter is express."""
    chance = np.random.default_rng(seed)
    weight = np.array([6 if hub.postcode in {DHAKA_HUB, "1000"} else 2 if hub.rank < 2 else 1 for hub in hubs])
    ends = chance.choice(len(hubs), (parcels, 2), p=weight / weight.sum())
    kinds = np.column_stack([ends, chance.integers(0, 3, parcels), chance.random(parcels) < 0.25])
    kinds, many = np.unique(kinds[ends[:, 0] != ends[:, 1]], axis=0, return_counts=True)
    return [
        Load(
            origin=hubs[a].postcode,
            destination=hubs[b].postcode,
            ready_at=DAY + timedelta(minutes=READY_MINUTES[wave]),
            parcels=count,
            promise_by=EXPRESS_BY if express else PLAIN_BY,
            parcel_g=800,
        )
        for (a, b, wave, express), count in zip(kinds.tolist(), many.tolist(), strict=True)
    ]


def unplanned(timetable: Timetable, loads: Sequence[Load]) -> Cost:
    """What comes of it when each run takes the parcels whose soonest way it begins, the oldest first."""
    runs = unroll(timetable.legs, DAY.date(), UNTIL)
    goals, wanted, members = merge_loads(runs, loads)
    soonest = cheapest(runs, goals, np.zeros(len(runs.legs)))
    held: dict[str, list[tuple[int, int, int, int, int]]] = defaultdict(list)
    for goal, together in zip(wanted.goal.tolist(), members, strict=True):
        for i in together:
            ready = ceil(runs.minutes(loads[i].ready_at))
            held[loads[i].origin].append((ready, i, goal, ready, loads[i].parcels))
    late_parcels = late_minutes = way_minutes = transfers = arrived = 0
    for run, leg in enumerate(runs.legs):
        room, staying = leg.capacity_parcels, []
        arrive = int(runs.arrive_minute[run])
        for since, i, goal, ready, parcels in sorted(held[leg.origin]):
            goes = ready <= runs.depart_minute[run] and soonest.boards[run, goal] == run
            taken = min(parcels, room) if goes else 0
            room -= taken
            if taken and leg.destination == loads[i].destination:
                late = max(0, arrive - int(goals.promise_minute[goal]))
                arrived, way_minutes = arrived + taken, way_minutes + taken * (arrive - since)
                late_minutes, late_parcels = late_minutes + taken * late, late_parcels + taken * (late > 0)
            elif taken:
                held[leg.destination].append((since, i, goal, arrive + HANDLING_MINUTES, taken))
                transfers += taken
            if taken < parcels:
                staying.append((since, i, goal, ready, parcels - taken))
        held[leg.origin] = staying
    return Cost(
        unsent=sum(load.parcels for load in loads) - arrived,
        late_parcels=late_parcels,
        late_minutes=late_minutes,
        way_minutes=way_minutes,
        transfers=transfers,
    )


def line(name: str, cost: Cost, parcels: int, cpu_s: float, more: str = "") -> None:
    """One row of the table."""
    hours = cost.way_minutes / 60 / max(1, parcels - cost.unsent)
    print(f"  {name:24} {hours:6.2f} h {cost.late_parcels:6,d} late {cost.unsent:5,d} unsent {cpu_s:6.2f} s  {more}")


def linehaul(parcels: int) -> None:
    """Prints a day with so many parcels."""
    hubs = national_hubs()
    timetable, loads = national_timetable(hubs), national_day(hubs, parcels)
    many, goals = sum(load.parcels for load in loads), len({load.destination for load in loads})
    print(
        f"{many:,} parcels in {len(loads):,} loads, {len(hubs)} hubs, {len(timetable.legs)} legs, {goals} destinations"
    )
    roomy = Timetable([replace(leg, capacity_parcels=1_000_000) for leg in timetable.legs])
    soonest, cpu_s = timed(lambda: plan_linehaul(roomy, loads, UNTIL))
    room = {leg.leg_id: leg.capacity_parcels for leg in timetable.legs}
    over = sum(max(0, one.parcels - room[one.run.leg.leg_id]) for one in soonest.runs)
    line("soonest, no limits", soonest.cost, many, cpu_s, f"{over:,} over capacity")
    cost, cpu_s = timed(lambda: unplanned(timetable, loads))
    line("without a plan", cost, many, cpu_s)
    plan, cpu_s = timed(lambda: plan_linehaul(timetable, loads, UNTIL))
    assert check_linehaul(timetable, loads, plan) == []
    gap = plan.cost.weighted_minutes / plan.least_minutes - 1
    full = sum(one.place_worth_minutes > 0 for one in plan.runs)
    line("planned", plan.cost, many, cpu_s, f"{gap:.4%} over the least, {full} of {len(plan.runs)} runs bind")
    bags, cpu_s = timed(lambda: plan_bags(loads, plan))
    count = sum(bag.count for bag in bags.bags)
    print(f"  {count:,} bags, {bags.sorted_parcels:,} of {plan.cost.transfers:,} transfers sorted, {cpu_s:.2f} s")


def assignment() -> None:
    """Prints 100,000 parcels to 70 offices, a third of which are too small for their own."""
    chance = np.random.default_rng(1)
    low, high = (22.5, 89.0), (25.0, 91.5)
    offices = [Office(str(i), 1_500, *point) for i, point in enumerate(chance.uniform(low, high, (70, 2)).tolist())]
    at = np.array([[office.lat_deg, office.lon_deg] for office in offices])
    for points in (1_000, 100_000):
        where = chance.uniform(low, high, (points, 2))
        home = ((where[:, np.newaxis] - at) ** 2).sum(axis=2).argmin(axis=1)
        which = chance.permutation(np.arange(100_000) % points)
        found, cpu_s = timed(
            lambda where=where, home=home, which=which: assign_parcels(
                home[which], where[which, 0], where[which, 1], offices
            ),
            times=5,
        )
        away = int(((found != home[which]) & (found >= 0)).sum())
        print(f"100,000 parcels at {points:,} points: {cpu_s:.2f} s, {away:,} away, {(found < 0).sum()} nowhere")
        if points == 1_000:
            demands = [Demand(str(office), 100, *point) for office, point in zip(home, where.tolist(), strict=True)]
            _, cpu_s = timed(lambda demands=demands: assign(demands, offices), times=5)
            print(f"the same with reasons, by area: {cpu_s:.2f} s")


def promises() -> None:
    """Prints what a promise costs, the first time to a destination and then."""
    hubs = national_hubs()
    timetable, delays = national_timetable(hubs), load_delays(FACTS)
    for again in ("first", "then"):
        found, cpu_s = timed(
            lambda: [promise(timetable, a.postcode, b.postcode, DAY, delays) for a in hubs[:10] for b in hubs]
        )
        print(f"promises, {again}: {1000 * cpu_s / len(found):.2f} ms each, {found.count(None)} without a way")


def main(days: Sequence[int]) -> None:
    """Prints everything."""
    assignment()
    for parcels in days:
        linehaul(parcels)
    promises()


if __name__ == "__main__":
    main([int(many) for many in sys.argv[1:]] or [20_000, 40_000, 60_000])
