"""A cost that no plan of a problem is below, cheap enough to be told while a search runs."""

import numpy as np

from post_logistics.routing.kernel.layout import FORBIDDEN, NEVER
from post_logistics.routing.problem import RoutingProblem
from post_logistics.routing.world import Ground


def lower_bound_m(problem: RoutingProblem, ground: Ground) -> int:
    """Half of the cheapest way into and out of every call, or its prize if that is less; and for as many vehicles as
    the loads need at least, half of the cheapest ways out of and into a depot and the least fixed cost.

    Every tour enters and leaves each of its calls once. Some three quarters of the best cost in a town, often less.
    """
    world, calls = ground.world, len(ground.calls)
    way = np.where(world.way[0] < NEVER, world.way[0], np.inf).min(axis=0)
    np.fill_diagonal(way, np.inf)
    into, out = way[:, :calls].min(axis=0), way[:calls].min(axis=1)
    extra = np.where(world.extra < FORBIDDEN, world.extra, np.inf).min(axis=0)
    served = (into + out) / 2 + extra
    prizes = np.array([np.inf if call.prize_m is None else call.prize_m * ground.scale for call in ground.calls])
    must = np.isinf(prizes)
    total = np.where(np.isfinite(np.minimum(served, prizes)), np.minimum(served, prizes), 0.0).sum()
    vehicles = _least_vehicles(ground, must)
    depots = way[calls:]
    leaving = np.sort(depots[:, :calls].min(axis=0))[:vehicles]
    coming = np.sort(way[:calls, calls:].min(axis=1))[:vehicles]
    fixed = min((v.fixed_cost_m for v in problem.vehicles if not v.frozen), default=0) * ground.scale
    ends = (leaving[np.isfinite(leaving)].sum() + coming[np.isfinite(coming)].sum()) / 2
    return int((total + ends + vehicles * fixed) / ground.scale)


def _least_vehicles(ground: Ground, must: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> int:
    """How many vehicles the calls that must go need at least for their loads; none if any may have frozen visits."""
    if not must.any() or any(vehicle.frozen or vehicle.max_returns for vehicle in ground.vehicles):
        return 0
    delivered = np.array([call.load(pickup=False) for call, goes in zip(ground.calls, must, strict=True) if goes])
    limits = [
        (v.capacity_g, v.capacity_ml if v.capacity_ml is not None else 1 << 60, v.capacity_parcels)
        for v in ground.vehicles
    ]
    most = np.maximum(1, np.array(limits).max(axis=0))
    return int(max(1, np.ceil(delivered.sum(axis=0) / most).max()))
