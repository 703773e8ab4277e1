"""The compiled search loaded, or on the first call ever compiled, before any budget begins to run."""

from functools import cache

import numpy as np

from post_logistics.routing.doors import calls_of
from post_logistics.routing.kernel.places import hindrances
from post_logistics.routing.problem import RoutingProblem, Stop, Vehicle
from post_logistics.routing.ruin_recreate import search
from post_logistics.routing.state import resume
from post_logistics.routing.world import build_ground


@cache
def warm() -> None:
    """Makes every compiled function ready in this process: under a second from the disk, a minute when first made."""
    ways = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], dtype=np.int64)
    problem = RoutingProblem(
        stops=tuple(Stop(stop_id=str(node), node=node) for node in (1, 2)),
        vehicles=(
            Vehicle(
                vehicle_id="",
                kind="",
                capacity_g=0,
                capacity_parcels=1,
                cash_cap_poisha=0,
                shift_start_s=0,
                shift_end_s=1000,
            ),
        ),
        distance_m=ways,
        duration_s=ways,
    )
    ground = build_ground(problem, calls_of(problem, problem.stops))
    best = search(ground, seeds=[0], rounds=1, until=None, start=[(0, [0])])
    hindrances(ground.world, resume(ground, best), 0, 0)
