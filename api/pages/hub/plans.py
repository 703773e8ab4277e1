"""The tours of a day: drafts made and compared, one of them approved; run sheets printed from what was approved."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import Path, Query, Response
from starlette.background import BackgroundTask

from api.context import InTransaction
from api.pages.forms import attempt, day_of, kept, picked, sentence, told
from api.pages.hub.frame import Here, clock, hub_page, today
from api.pages.hub.tours import Numbered, plan_values, tour_map, tour_of, tours_map, worth
from api.pages.shell import Form, OurVisit, Visit, go
from api.slices import Slice
from post_logistics.errors import NotFound, PostError, Unacceptable
from post_logistics.operations.facts import Facts, dhaka
from post_logistics.operations.papers import run_sheets_pdf
from post_logistics.operations.tours.drafting import (
    Measure,
    Wish,
    approve,
    begin_draft,
    changed_since,
    given_up,
    measured,
    plan_of,
    riders_on,
    search_draft,
)
from post_logistics.operations.tours.moving_by_hand import explained, judged, judged_draft
from post_logistics.operations.tours.planning import OfficePlan, load_day
from post_logistics.storage.database import Connection
from post_logistics.storage.tours.drafts import DraftState, Method, PlanDraft, load_draft, load_drafts
from post_logistics.units import DHAKA, Postcode, latin_digits

router = Slice(include_in_schema=False)

METHODS: Final = {
    Method.KEPT: "Keep the approved tours, put in what has come since",
    Method.ANEW: "Plan anew",
}
SEARCHES: Final = {3: "Quick: 3 seconds", 10: "Good: 10 seconds", 40: "Thorough: 40 seconds"}
STATES: Final = {
    DraftState.SEARCHING: ("being made", ""),
    DraftState.READY: ("to be approved", "warn"),
    DraftState.FAILED: ("could not be made", "bad"),
    DraftState.APPROVED: ("approved", "good"),
}
IN_FORCE: Final = "force"
_STEP_MINUTES: Final = 5
_Rider = Annotated[str, Path(max_length=20)]


@router.get("/hub/plan")
def page_hub_plan(
    found: OurVisit, office: Here, connection: InTransaction, on: Annotated[str, Query(max_length=10)] = ""
) -> Response:
    """The tours of a day: what is approved, the drafts, and what a new one needs."""
    return _day(found, connection, office, day_of(on, "on") or _next_day(found))


def _next_day(found: Visit) -> date:
    """The day that is planned: today, or the next once the riders' day is over."""
    over = found.at >= dhaka(today(found), found.engine.facts.fleet.day.delivery_end)
    return today(found) + timedelta(days=over)


def _day(
    found: Visit,
    connection: Connection,
    office: Postcode,
    on: date,
    problem: PostError | None = None,
    said: Mapping[str, str] | None = None,
) -> Response:
    facts = found.engine.facts
    plan = _in_force(connection, office, on)
    duty = riders_on(connection, facts, office, on, found.at)
    asked = {"method": Method.KEPT if plan else Method.ANEW, "seconds": "3", "leave": _leave(found, facts, on)}
    free = {one.rider.rider_id for one in duty if not one.under_way}
    values: dict[str, Any] = (
        {"plan": None, "map": ""} if plan is None else plan_values(found, connection, plan, moving=False)
    )
    return hub_page(
        found,
        "hub/plan.html",
        422 if problem else 200,
        on=on,
        duty=duty,
        ticked=set(picked(said)) if said else free,
        asked={**asked, **(said or {})},
        drafts=[(one, _measure(connection, facts, one)) for one in load_drafts(connection, office, on)],
        states=STATES,
        methods=METHODS,
        searches=[(str(seconds), found.say(words)) for seconds, words in SEARCHES.items()],
        draft_id=uuid4(),
        wrong=problem.field if problem else "",
        problem=told(found, problem) if problem else "",
        is_over=on < today(found),
        gone=lambda draft: given_up(draft, found.at),
        **values,
    )


def _in_force(connection: Connection, office: Postcode, on: date) -> OfficePlan | None:
    try:
        return load_day(connection, office, on)
    except NotFound:
        return None


def _leave(found: Visit, facts: Facts, on: date) -> str:
    """From when on riders may leave: the beginning of their shift, or the next five minutes."""
    begins = dhaka(on, facts.fleet.day.delivery_start)
    soon = found.at.astimezone(DHAKA) + timedelta(minutes=_STEP_MINUTES)
    soon = soon.replace(minute=soon.minute // _STEP_MINUTES * _STEP_MINUTES, second=0, microsecond=0)
    return max(begins, soon).strftime("%H:%M") if on == today(found) else begins.strftime("%H:%M")


def _measure(connection: Connection, facts: Facts, draft: PlanDraft) -> Measure | None:
    there = draft.state in {DraftState.READY, DraftState.APPROVED}
    return measured(connection, facts, plan_of(connection, draft)) if there else None


@router.post("/hub/plan")
def page_hub_plan_made(found: OurVisit, office: Here, said: Form, connection: InTransaction) -> Response:
    """A draft, searched for while its page waits."""
    on = day_of(said.get("on", ""), "on") or _next_day(found)
    by = found.who.actor
    facts = found.engine.facts
    made = attempt(connection, lambda: begin_draft(connection, facts, office, _wish(said, on), by, found.at))
    if isinstance(made, PostError):
        return _day(found, connection, office, on, made, said)
    answer = go(f"/hub/plan/drafts/{made.draft_id}", found)
    answer.background = BackgroundTask(search_draft, found.engine.database, facts, office, made.draft_id)
    return answer


def _wish(said: Mapping[str, str], on: date) -> Wish:
    """What the form asks; Unacceptable names the field that is wrong."""
    try:
        leave = time.fromisoformat(latin_digits(said.get("leave", "")))
    except ValueError:
        raise Unacceptable("that is no time of day", field="leave_at", remedy="write it like 14:30") from None
    try:
        draft_id, seconds = UUID(said.get("draft_id", "")), int(latin_digits(said.get("seconds", "")))
        method = Method(said.get("method", ""))
    except ValueError:
        raise Unacceptable("that is no way to plan", field="seconds", remedy="choose one of the list") from None
    return Wish(
        draft_id=draft_id,
        service_on=on,
        method=method,
        riders=sorted(picked(said)),
        leave_at=datetime.combine(on, leave, DHAKA),
        seconds=seconds,
    )


@router.get("/hub/plan/drafts/{draft_id}")
def page_hub_draft(draft_id: UUID, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """A draft: being made, or with its tours on a map, and what is left over."""
    return _draft(found, connection, office, draft_id)


def _draft(
    found: Visit, connection: Connection, office: Postcode, draft_id: UUID, problem: PostError | None = None
) -> Response:
    draft = load_draft(connection, draft_id, office)
    if draft.state is DraftState.SEARCHING and not given_up(draft, found.at):
        waited_s = max(0, int((found.at - draft.made_at).total_seconds()))
        answer = hub_page(found, "hub/searching.html", draft=draft, waited_s=min(waited_s, draft.seconds))
        answer.headers["Refresh"] = f"1; url={found.request.url.path}"  # named, or a part of the page holds it back
        return answer
    if draft.state in {DraftState.SEARCHING, DraftState.FAILED}:
        why = draft.problem or {"reason": "the search was interrupted", "remedy": "plan again"}
        return hub_page(found, "hub/failed.html", draft=draft, why=sentence(found, why["reason"], why["remedy"]))
    return hub_page(
        found,
        "hub/draft.html",
        409 if problem else 200,
        draft=draft,
        state=STATES[draft.state],
        since=changed_since(connection, draft),
        problem=told(found, problem) if problem else "",
        **plan_values(found, connection, plan_of(connection, draft)),
    )


@router.post("/hub/plan/drafts/{draft_id}/approve")
def page_hub_draft_approved(
    draft_id: UUID, found: OurVisit, office: Here, said: Form, connection: InTransaction
) -> Response:
    """The draft is the plan: its run sheets are there to be printed, and riders see them."""
    edits = int(said.get("edits", "0")) if said.get("edits", "0").isdecimal() else 0
    facts, at = found.engine.facts, found.at
    plan = attempt(connection, lambda: approve(connection, facts, office, draft_id, edits, at))
    if isinstance(plan, PostError):
        return _draft(found, connection, office, draft_id, plan)
    return go(f"/hub/plan?on={plan.service_on}", found)


@router.get("/hub/plan/drafts/{draft_id}/tours/{rider}")
def page_hub_draft_tour(
    draft_id: UUID, rider: _Rider, found: OurVisit, office: Here, connection: InTransaction
) -> Response:
    """One tour of a draft: its stops in order, and what each of them is worth."""
    draft = load_draft(connection, draft_id, office)
    one = _tour(plan_of(connection, draft), rider)
    detours = explained(judged_draft(connection, found.engine.facts, draft))
    return _tour_page(found, one, worth(detours, one.sheet), draft)


@router.get("/hub/plan/{on}/tours/{rider}")
def page_hub_tour(on: date, rider: _Rider, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """One tour of the approved plan."""
    plan = load_day(connection, office, on)
    one = _tour(plan, rider)
    riders = [sheet.rider_id for sheet in plan.sheets]
    leave_at = min(sheet.depart_at for sheet in plan.sheets)
    found_out = attempt(connection, lambda: explained(judged(connection, found.engine.facts, plan, riders, leave_at)))
    detours = {} if isinstance(found_out, PostError) else found_out
    return _tour_page(found, one, worth(detours, one.sheet), None)


def _tour(plan: OfficePlan, rider: str) -> Numbered:
    one = tour_of(plan, rider)
    if one is None:
        raise NotFound(f"rider {rider} has no tour in this plan", field="rider", remedy="see the tours of the day")
    return one


def _tour_page(found: Visit, one: Numbered, detours_m: Any, draft: PlanDraft | None) -> Response:
    return hub_page(found, "hub/tour.html", one=one, detours_m=detours_m, draft=draft, map=tour_map(found, one))


@router.get("/hub/plan/{on}/run-sheets.pdf")
def page_hub_run_sheets(on: date, found: OurVisit, office: Here, connection: InTransaction) -> Response:
    """The run sheets of the approved plan to print, with names and numbers: for the riders' eyes."""
    plan = load_day(connection, office, on)
    return kept(run_sheets_pdf(connection, found.engine.facts, plan.sheets), "application/pdf", f"{office}-{on}.pdf")


@router.get("/hub/plan/compare")
def page_hub_compare(
    found: OurVisit,
    office: Here,
    connection: InTransaction,
    on: Annotated[str, Query(max_length=10)] = "",
    a: Annotated[str, Query(max_length=36)] = "",
    b: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """Two plans of a day side by side: in figures and on maps. Unless others are named, the last two."""
    asked = day_of(on, "on") or _next_day(found)
    plans = _plans(found, connection, office, asked)
    keys = list(plans)
    chosen = [a if a in plans else next(iter(keys[-2:]), ""), b if b in plans else next(iter(keys[-1:]), "")]
    sides = [
        (
            plans[key][0],
            measured(connection, found.engine.facts, plans[key][1]),
            tours_map(found, plans[key][1], moving=False),
        )
        for key in chosen
        if key
    ]
    names = [(key, name) for key, (name, _) in plans.items()]
    return hub_page(found, "hub/compare.html", on=asked, names=names, chosen=chosen, sides=sides)


def _plans(found: Visit, connection: Connection, office: Postcode, on: date) -> dict[str, tuple[str, OfficePlan]]:
    """The approved plan and every draft that is there, each with its name."""
    plans: dict[str, tuple[str, OfficePlan]] = {}
    approved = _in_force(connection, office, on)
    if approved:
        plans[IN_FORCE] = found.say("Approved, revision {n}", n=approved.revision), approved
    for draft in load_drafts(connection, office, on):
        if draft.state is DraftState.READY:
            name = found.say("Draft {n} of {time}", n=draft.number, time=clock(found, draft.made_at))
            plans[str(draft.draft_id)] = name, plan_of(connection, draft)
    return plans
