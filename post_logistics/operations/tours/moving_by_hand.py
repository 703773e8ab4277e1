"""A draft's stops moved by hand: what each place would cost, why it is not possible, and the draft after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.doors import delivery_doors
from post_logistics.operations.tours.drafting import draft_to_change, plan_of, with_plan
from post_logistics.operations.tours.planning import OfficePlan, office_plan
from post_logistics.operations.tours.tour_problem import TourProblem, tour_problem
from post_logistics.routing.moving import Move, detours_m, in_order, moved, places_of
from post_logistics.routing.plan import Reason, RoutePlan, Unserved
from post_logistics.storage.database import Connection
from post_logistics.storage.tours import drafts as store
from post_logistics.storage.tours.drafts import PlanDraft
from post_logistics.units import Postcode


@dataclass(frozen=True, slots=True)
class Judged:
    """A plan as the routing sees it; a stop of it is a door, by its index."""

    problem: TourProblem
    plan: RoutePlan

    def stop_with(self, item: str) -> str:
        """The stop to which a parcel goes; NotFound if to none."""
        for n, door in enumerate(self.problem.doors):
            if item in door.items:
                return str(n)
        raise NotFound(f"parcel {item} is not in this plan", field="item_number", remedy="choose one of its stops")


def judged(connection: Connection, facts: Facts, plan: OfficePlan, riders: Sequence[str], leave_at: datetime) -> Judged:
    """The plan before its judge. Conflict if its parcels do not make the same stops any more: an address changed."""
    items = [item for sheet in plan.sheets for item in sheet.items]
    items += [item for one in plan.unserved for item in one["item_numbers"]]
    doors = delivery_doors(connection, facts, Postcode(plan.office), plan.service_on, items)
    problem = tour_problem(facts, Postcode(plan.office), "delivery", doors, plan.service_on).limited_to(
        riders, leave_at
    )
    stop_of = {frozenset(door.items): str(n) for n, door in enumerate(doors)}
    try:
        orders = {
            sheet.rider_id: [stop_of[frozenset(stop.item_numbers)] for stop in sheet.stops] for sheet in plan.sheets
        }
        left = [Unserved(stop_of[frozenset(one["item_numbers"])], Reason(one["reason"])) for one in plan.unserved]
    except KeyError:
        raise Conflict("an address changed since this plan was made", field="draft", remedy="plan again") from None
    return Judged(problem, in_order(problem.routing, orders, left))


def explained(found: Judged) -> Mapping[str, Sequence[int]]:
    """Rider -> of each stop in order, how many metres the tour would be shorter without it."""
    return {tour.vehicle_id: list(detours_m(found.problem.routing, tour)) for tour in found.plan.tours}


def judged_draft(connection: Connection, facts: Facts, draft: PlanDraft) -> Judged:
    """The same of a draft."""
    return judged(connection, facts, plan_of(connection, draft), draft.riders, draft.leave_at)


def places_for(found: Judged, item: str) -> list[Move]:
    """What it would cost to bring a parcel, with all that goes to its door, by each rider; the cheapest first."""
    return places_of(found.problem.routing, found.plan, found.stop_with(item))


def move_stop(
    connection: Connection,
    facts: Facts,
    office: Postcode,
    draft_id: UUID,
    item: str,
    rider: str,
    place: int,
    edits: int,
) -> PlanDraft:
    """The draft with that parcel's stop as the ``place``-th of the rider, 1 the first.

    ``edits``: as counted when it was looked at; Conflict if somebody has changed it since, or it is not ready. The
    judge's no is a MoveRefused.
    """
    draft = draft_to_change(connection, office, draft_id, edits)
    found = judged_draft(connection, facts, draft)
    _, plan = moved(found.problem.routing, found.plan, found.stop_with(item), rider, place - 1)
    changed = replace(
        with_plan(draft, office_plan(found.problem, plan, draft.service_on)),
        distance_before_m=draft.distance_before_m,
        edits=draft.edits + 1,
    )
    store.save_draft(connection, changed)
    return changed
