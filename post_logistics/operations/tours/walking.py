"""Wards on foot: doors whose places nobody knows are called at road by road, and what the doors show is learnt."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from post_logistics.operations.tours.doors import Door
from post_logistics.operations.tours.tour_problem import TourProblem
from post_logistics.routing.moving import in_order
from post_logistics.routing.plan import RoutePlan
from post_logistics.storage.database import Connection
from post_logistics.storage.tours.ward_points import save_ward_points
from post_logistics.tracking.proofs import HAND_OVERS


def walked_in_order(problem: TourProblem, plan: RoutePlan) -> RoutePlan:
    """The plan with the doors of each ward that follow one another put into walking order: by road, then by number.

    Between doors of which only the ward is known every way is reckoned alike, so that the search leaves them in any
    order. Whoever walks a street goes by its numbers: that costs no more, and is right. The plan itself if there is
    nothing to put in order.
    """
    orders = {
        tour.vehicle_id: _walked([(visit.stop_id, problem.door(visit.stop_id)) for visit in tour.visits])
        for tour in plan.tours
    }
    as_found = {tour.vehicle_id: [visit.stop_id for visit in tour.visits] for tour in plan.tours}
    return plan if orders == as_found else in_order(problem.routing, orders, plan.unserved)


def _walked(visits: Sequence[tuple[str, Door]]) -> list[str]:
    """The stops, those of a ward sorted where they stand together."""
    together = groupby(visits, key=lambda visit: (visit[1].area, visit[1].walk is None))
    ordered = (sorted(group, key=lambda visit: visit[1].walk or ()) for _, group in together)
    return [stop_id for group in ordered for stop_id, _ in group]


def learn_wards(connection: Connection, at: datetime) -> int:
    """Learns where each ward is from the doors where its papers were handed over; how many are known by that."""
    return save_ward_points(connection, sorted(HAND_OVERS), at)
