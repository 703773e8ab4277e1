"""Plans that a manager looks at before anybody rides: made, compared, changed by hand, approved.

A draft is searched for while its page waits; nothing of it counts until it is approved and becomes the plan in force.
How a stop is moved by hand is in ``moving_by_hand``.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from post_logistics.errors import Conflict, NotFound, PostError, Unacceptable
from post_logistics.network.fleet import Rider
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.tours.doors import delivery_doors, ready_items
from post_logistics.operations.tours.planning import OfficePlan, keep_plan, load_day, office_plan
from post_logistics.operations.tours.run_sheets import RunSheet, sheet_from_json
from post_logistics.operations.tours.tour_problem import TourProblem, tour_problem
from post_logistics.operations.tours.walking import walked_in_order
from post_logistics.routing.moving import in_order
from post_logistics.routing.problem import Budget
from post_logistics.routing.solve import solve
from post_logistics.storage.custody.scans import load_standings
from post_logistics.storage.database import Connection, Database
from post_logistics.storage.money.prices import load_to_take
from post_logistics.storage.orders.consignments import load_consignments
from post_logistics.storage.tours import drafts as store
from post_logistics.storage.tours.drafts import DraftState, Method, PlanDraft
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, Postcode

LEAST_S, MOST_S = 1, 60
"""How long may be searched."""
_GIVEN_UP_AFTER: Final = timedelta(seconds=60)
"""A search that is so long over its time has died with its program."""
_UNDER_WAY: Final = frozenset({State.ASSIGNED, State.OUT_FOR_DELIVERY})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a manager asks of a draft."""

    draft_id: UUID
    service_on: date
    method: Method
    riders: Sequence[str]
    leave_at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class OnDuty:
    """A rider of the office on a day. ``under_way``: parcels of a tour already approved that are in hand or loaded."""

    rider: Rider
    under_way: int


def riders_on(connection: Connection, facts: Facts, office: Postcode, on: date, at: datetime) -> list[OnDuty]:
    """The riders who deliver for the office, and who of them is still on a tour of today."""
    busy = _under_way(connection, office, on) if on <= at.astimezone(DHAKA).date() else {}
    return [OnDuty(rider, busy.get(rider.rider_id, 0)) for rider in facts.fleet.riders(office, "delivery")]


def _under_way(connection: Connection, office: Postcode, on: date) -> dict[str, int]:
    """Rider -> how many parcels of the plan in force are on the way or loaded."""
    sheets = _in_force(connection, office, on)
    standings = {one.item_number: one for one in load_standings(connection, [i for s in sheets for i in s.items])}
    return {
        sheet.rider_id: sum(
            standings[item].state in _UNDER_WAY
            and standings[item].holder in {f"rider:{sheet.rider_id}", f"office:{office}"}
            for item in sheet.items
            if item in standings
        )
        for sheet in sheets
    }


def _in_force(connection: Connection, office: Postcode, on: date) -> tuple[RunSheet, ...]:
    try:
        return load_day(connection, office, on).sheets
    except NotFound:
        return ()


def begin_draft(connection: Connection, facts: Facts, office: Postcode, wish: Wish, by: str, at: datetime) -> PlanDraft:
    """The draft, to be searched for by ``search_draft``. Asked for twice, it is the same.

    Unacceptable if nobody may ride or the shift is over, Conflict if there is nothing to deliver or another search of
    the office is not over.
    """
    drafts = store.load_drafts(connection, office, wish.service_on)
    for draft in drafts:
        if draft.draft_id == wish.draft_id:
            return draft
        if draft.state is DraftState.SEARCHING and not given_up(draft, at):
            raise Conflict("a plan is being made already", field="draft", remedy="wait until it is there")
    _refuse(connection, facts, office, wish, at)
    if not ready_items(connection, office):
        raise Conflict(f"office {office} has no parcels to plan", field="office", remedy="scan parcels in first")
    draft = PlanDraft(
        draft_id=wish.draft_id,
        office=office,
        service_on=wish.service_on,
        number=store.next_number(connection, office, wish.service_on),
        made_by=by,
        made_at=at,
        method=wish.method,
        riders=list(wish.riders),
        leave_at=wish.leave_at,
        seconds=wish.seconds,
    )
    if not store.append_draft(connection, draft):
        raise Conflict("a plan is being made already", field="draft", remedy="wait until it is there")
    return draft


def _refuse(connection: Connection, facts: Facts, office: Postcode, wish: Wish, at: datetime) -> None:
    """Returns if the wish can be fulfilled."""
    if wish.service_on < at.astimezone(DHAKA).date():
        raise Unacceptable(f"{wish.service_on} is over", field="service_on", remedy="plan today or a day to come")
    if not LEAST_S <= wish.seconds <= MOST_S:
        raise Unacceptable("that is no time to search", field="seconds", remedy=f"{LEAST_S} to {MOST_S} seconds")
    on_duty = {str(one.rider.rider_id): one for one in riders_on(connection, facts, office, wish.service_on, at)}
    if not wish.riders:
        raise Unacceptable("nobody may ride", field="riders", remedy="tick the riders who are there")
    for rider in wish.riders:
        if rider not in on_duty:
            raise NotFound(f"no rider {rider}", field="riders", remedy="see data/fleet.toml")
        if on_duty[rider].under_way:
            raise Conflict(
                f"rider {rider} is on a tour", field="riders", remedy="plan without them until they are back"
            )
    if wish.leave_at >= dhaka(wish.service_on, facts.fleet.day.delivery_end):
        raise Unacceptable("the riders' day is over by then", field="leave_at", remedy="plan the next day")


def given_up(draft: PlanDraft, at: datetime) -> bool:
    """Whether the search has ended without a word: its program was stopped."""
    over = draft.made_at + timedelta(seconds=draft.seconds) + _GIVEN_UP_AFTER
    return draft.state is DraftState.SEARCHING and at > over


def search_draft(database: Database, facts: Facts, office: Postcode, draft_id: UUID) -> None:
    """Searches for the tours of a draft that has begun; in the end it is ready, or says why it failed.

    No connection is held meanwhile. One that is not being searched for, or not any more, stays as it is.
    """
    with database.transaction() as connection:
        draft = store.load_draft(connection, draft_id, office)
        if draft.state is not DraftState.SEARCHING:
            return
        doors = delivery_doors(connection, facts, office, draft.service_on)
        kept = _in_force(connection, office, draft.service_on) if draft.method is Method.KEPT else ()
    try:
        if not doors:
            raise Conflict(f"office {office} has no parcels to plan", field="office", remedy="scan parcels in first")
        problem = tour_problem(facts, office, "delivery", doors, draft.service_on)
        problem = problem.limited_to(draft.riders, draft.leave_at)
        start = in_order(problem.routing, _kept_orders(problem, kept)) if kept else None
        budget = Budget(iterations=0) if start else Budget(seconds=float(draft.seconds))
        plan = walked_in_order(problem, solve(problem.routing, budget, start=start))
        found = with_plan(draft, office_plan(problem, plan, draft.service_on))
    except PostError as error:
        found = _failed(draft, error.field or "", error.message, error.remedy or "")
    except Exception:  # whatever it is, the page that waits is told
        _log.exception("draft %s could not be planned", draft_id)
        found = _failed(
            draft, "", "something went wrong that should not", "plan again, and tell the post if it stays so"
        )
    with database.transaction() as connection:
        if store.load_draft(connection, draft_id, office, hold=True).state is DraftState.SEARCHING:
            store.save_draft(connection, found)


def _kept_orders(problem: TourProblem, sheets: Sequence[RunSheet]) -> dict[str, list[str]]:
    """Of each tour, the stops that are still to be called at."""
    stop_of = {item: str(n) for n, door in enumerate(problem.doors) for item in door.items}
    orders: dict[str, list[str]] = {}
    placed: set[str] = set()
    for sheet in sheets:
        stops = dict.fromkeys(stop_of[item] for item in sheet.items if item in stop_of)
        orders[sheet.rider_id] = [stop for stop in stops if stop not in placed]
        placed |= set(stops)
    return orders


def with_plan(draft: PlanDraft, plan: OfficePlan) -> PlanDraft:
    """The draft, ready, with the tours of that plan."""
    return replace(
        draft,
        state=DraftState.READY,
        distance_before_m=plan.distance_before_m,
        sheets=[sheet.as_json() for sheet in plan.sheets],
        unserved=list(plan.unserved),
    )


def _failed(draft: PlanDraft, field: str, reason: str, remedy: str) -> PlanDraft:
    return replace(draft, state=DraftState.FAILED, problem={"field": field, "reason": reason, "remedy": remedy})


def plan_of(connection: Connection, draft: PlanDraft) -> OfficePlan:
    """The draft as a plan; revision 0, for it has none. With the cash that is to be taken by now."""
    sheets = [sheet_from_json(sheet) for sheet in draft.sheets]
    cash_poisha = load_to_take(connection, [item for sheet in sheets for item in sheet.items])
    return OfficePlan(
        office=draft.office,
        kind="delivery",
        service_on=draft.service_on,
        revision=0,
        distance_m=sum(sheet.distance_m for sheet in sheets),
        distance_before_m=draft.distance_before_m,
        sheets=tuple(sheet.taking(cash_poisha) for sheet in sheets),
        unserved=tuple(dict(one) for one in draft.unserved),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A plan in the figures by which two are compared."""

    riders: int
    stops: int
    parcels: int
    distance_m: int
    minutes: int
    """From the office back to it, of all riders."""
    back_at: datetime | None
    """When the last is back."""
    left: int
    """Parcels in no tour."""
    late: int
    """Of these, those promised for that day or before."""
    cost_m: int
    """Metres of riding, and what sending each rider out is worth in metres: what the search makes small."""


def measured(connection: Connection, facts: Facts, plan: OfficePlan) -> Measure:
    """The figures of a plan."""
    left = [item for one in plan.unserved for item in one["item_numbers"]]
    promised = load_consignments(connection, left).values()
    fixed_m = {str(r.rider_id): r.vehicle.fixed_cost_m for r in facts.fleet.riders(Postcode(plan.office), "delivery")}
    return Measure(
        riders=len(plan.sheets),
        stops=sum(len(sheet.stops) for sheet in plan.sheets),
        parcels=sum(sheet.parcels for sheet in plan.sheets),
        distance_m=plan.distance_m,
        minutes=sum(round((sheet.return_at - sheet.depart_at).total_seconds() / 60) for sheet in plan.sheets),
        back_at=max((sheet.return_at for sheet in plan.sheets), default=None),
        left=len(left),
        late=sum(one.promised_on <= plan.service_on for one in promised),
        cost_m=plan.distance_m + sum(fixed_m.get(sheet.rider_id, 0) for sheet in plan.sheets),
    )


def draft_to_change(connection: Connection, office: Postcode, draft_id: UUID, edits: int) -> PlanDraft:
    """The draft, held; Conflict if it is not ready, or was changed since it had so many edits."""
    draft = store.load_draft(connection, draft_id, office, hold=True)
    if draft.state is not DraftState.READY:
        raise Conflict(f"this draft is {draft.state}", field="draft", remedy="make another one")
    if draft.edits != edits:
        raise Conflict("somebody else has changed this draft", field="draft", remedy="look at it again")
    return draft


@dataclass(frozen=True, slots=True)
class Since:
    """Parcels that came to the office, and those that left it, since a draft was made."""

    came: tuple[str, ...]
    gone: tuple[str, ...]


def changed_since(connection: Connection, draft: PlanDraft) -> Since:
    """What is different at the office now."""
    planned = {item for sheet in draft.sheets for stop in sheet["stops"] for item in stop["item_numbers"]}
    planned |= {item for one in draft.unserved for item in one["item_numbers"]}
    ready = set(ready_items(connection, Postcode(draft.office)))
    return Since(tuple(sorted(ready - planned)), tuple(sorted(planned - ready)))


def approve(
    connection: Connection, facts: Facts, office: Postcode, draft_id: UUID, edits: int, at: datetime
) -> OfficePlan:
    """The draft as the plan in force, with the tours of those who are under way left as they are.

    Conflict if it is not ready, was changed since it was looked at, or parcels or riders of it have left.
    """
    draft = draft_to_change(connection, office, draft_id, edits)
    gone = changed_since(connection, draft).gone
    if gone:
        raise Conflict(
            f"{len(gone)} parcels of this plan have left the office",
            field="draft",
            remedy="plan again: it takes seconds",
        )
    plan = plan_of(connection, draft)
    riding = {sheet.rider_id for sheet in plan.sheets}
    busy = _under_way(connection, office, draft.service_on)
    for rider in sorted(riding):
        if busy.get(rider):
            raise Conflict(
                f"rider {rider} is on a tour", field="riders", remedy="plan without them until they are back"
            )
    begun = [one for one in _begun(connection, office, draft) if one.rider_id not in riding]
    sheets = tuple(sorted((*begun, *plan.sheets), key=lambda sheet: sheet.rider_id))
    whole = replace(
        plan,
        sheets=sheets,
        distance_m=sum(sheet.distance_m for sheet in sheets),
        distance_before_m=plan.distance_before_m + sum(sheet.distance_m for sheet in begun),
    )
    kept = keep_plan(connection, whole, at)
    store.save_draft(connection, replace(draft, state=DraftState.APPROVED))
    return kept


def _begun(connection: Connection, office: Postcode, draft: PlanDraft) -> list[RunSheet]:
    """The tours in force of which a parcel at least has left the office."""
    ready = set(ready_items(connection, office))
    return [sheet for sheet in _in_force(connection, office, draft.service_on) if not ready.issuperset(sheet.items)]


def forget_drafts(connection: Connection, at: datetime) -> int:
    """Lets go the drafts of the days before yesterday; gives back how many. What was approved is kept as plans are."""
    return store.forget_drafts(connection, at.astimezone(DHAKA).date() - timedelta(days=1))
