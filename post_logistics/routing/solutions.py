"""Plans in files: ``.sol``, which the textbooks' problems are answered with, and our JSON.

A ``.sol`` has `Route #1: 4 7` for each tour, with the stops as `instances` names them, and `Cost 784` at the end: of a
Solomon instance, by the DIMACS convention, in its own unit with one decimal, which is a tenth of the plan's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from post_logistics.errors import Unacceptable
from post_logistics.routing.documents import read_plan
from post_logistics.routing.instances import Instance, lines_of, wrong_line
from post_logistics.routing.plan import Cost, RoutePlan
from post_logistics.routing.timing import time_tour


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan as it stood in a file, and the cost in the problem's unit that a ``.sol`` states beside it."""

    plan: RoutePlan
    stated_cost: Decimal | None = None


def load_solution(path: Path, instance: Instance) -> Solution:
    """The plan of a ``.sol`` or ``.json`` file; Unacceptable names the line or field that is wrong."""
    if path.suffix.lower() == ".sol":
        return _load_sol(path, instance)
    if path.suffix.lower() == ".json":
        return Solution(read_plan(path.read_bytes(), path.name))
    raise Unacceptable(f"{path.name}: a plan is a .sol or .json file", remedy="name the file by its format")


def sol_text(instance: Instance, plan: RoutePlan) -> str:
    """The plan as a ``.sol``; stops left out are not in it. Unacceptable if the problem is none of the textbooks'."""
    routes = [" ".join(visit.stop_id for visit in tour.visits) for tour in plan.tours]
    lines = [f"Route #{number}: {route}" for number, route in enumerate(routes, start=1)]
    return "\n".join([*lines, f"Cost {cost_text(instance, plan.cost.total_m)}"]) + "\n"


def cost_text(instance: Instance, cost: int) -> str:
    """A cost as a ``.sol`` has it: 827.3 for 8273 of a Solomon instance, 784 for 784 of any other."""
    return str(Decimal(cost).scaleb(-_decimals(instance)))


def _load_sol(path: Path, instance: Instance) -> Solution:
    """What stands before the first route or after the cost is passed over."""
    decimals = _decimals(instance)
    known = {stop.stop_id for stop in instance.problem.stops}
    routes: list[list[str]] = []
    cost: Decimal | None = None
    for number, line in lines_of(path):
        if route := re.fullmatch(r"route\s*#?\s*\d+\s*:([\d\s]*)", line, re.I):
            stops = route[1].split()
            if strange := [stop for stop in stops if stop not in known]:
                raise wrong_line(path, number, f"there is no customer {strange[0]}", f"customers are 1 to {len(known)}")
            routes += [stops] if stops else []
        elif stated := re.fullmatch(r"cost\s*:?\s*(\d+(?:\.\d+)?)", line, re.I):
            cost = Decimal(stated[1]).scaleb(decimals)
        elif routes and cost is None:
            remedy = "write each route as Route #1: 4 7, and Cost 784 at the end"
            raise wrong_line(path, number, f"{line[:60]!r} is not understood", remedy)
    if not routes and cost is None:
        raise Unacceptable(f"{path.name} has no routes", remedy="write each as Route #1: 4 7")
    return Solution(ridden(instance, routes), cost)


def ridden(instance: Instance, routes: Sequence[Sequence[str]]) -> RoutePlan:
    """The plan in which the n-th vehicle rides the n-th route as early as it can, whatever limits that breaks.

    For a textbook's instance, whose vehicles are all alike and numbered from 1. A route too many, and a stop in no
    route, are for the judge to find: the stop is not named as left out, for nothing says why it is.
    """
    if not instance.problem.vehicles:
        raise Unacceptable(f"{instance.name} has no vehicle to ride a route", remedy="correct the fleet in its file")
    any_vehicle = instance.problem.vehicles[0]
    tours = []
    for number, route in enumerate(routes, start=1):
        tour = time_tour(instance.problem, replace(any_vehicle, vehicle_id=str(number)), route, late=True)
        assert tour is not None, "without a break, a tour that may be late can always be timed"
        tours.append(tour)
    return RoutePlan(tuple(tours), (), Cost(distance_m=sum(tour.distance_m for tour in tours)))


def _decimals(instance: Instance) -> int:
    if instance.cost_decimals is None:
        raise Unacceptable(
            f"{instance.name}: a .sol goes with .vrp and .txt problems only", remedy="use a plan in a .json file"
        )
    return instance.cost_decimals
