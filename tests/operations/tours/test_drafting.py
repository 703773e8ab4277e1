"""Drafts of plans: searched for, compared, changed by hand under the judge's eyes, approved once, forgotten."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.drafting import (
    Wish,
    approve,
    begin_draft,
    changed_since,
    forget_drafts,
    given_up,
    measured,
    plan_of,
    riders_on,
    search_draft,
)
from post_logistics.operations.tours.moving_by_hand import explained, judged_draft, move_stop, places_for
from post_logistics.operations.tours.planning import load_day
from post_logistics.routing.moving import MoveRefused
from post_logistics.storage.database import Database
from post_logistics.storage.tours.drafts import DraftState, Method, PlanDraft, load_draft
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, Postcode

OFFICE, DAY = Postcode("1216"), date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=DHAKA)
R1, R2 = "1216-R01", "1216-R02"


class Desk:
    """A manager's desk at Mirpur: parcels come, drafts are made."""

    def __init__(self, database: Database, facts: Facts, tell: Any) -> None:
        self.database, self.facts, self.at = database, facts, NOON
        with database.transaction() as connection:
            self.story = tell(connection, NOON - timedelta(hours=4))
        self.booked = 0

    def scans(self, *scans: tuple[str, Event, str]) -> None:
        """Scans of an item each, kept."""
        with self.database.transaction() as connection:
            record_scans(connection, [self.story.scan(*one) for one in scans])

    def parcels(self, *cod_poisha: int) -> list[str]:
        """Booked, and at the office."""
        with self.database.transaction() as connection:
            self.story.connection = connection
            items: list[str] = self.story.book(*cod_poisha, first=self.booked)
        self.booked += len(items)
        way = (Event.ACCEPTED, Event.AT_DELIVERY_OFFICE)
        self.scans(*((item, event, "office:1216") for item in items for event in way))
        return items

    def go_out(self, *items: str, rider: str) -> None:
        """In the rider's bag."""
        self.scans(*((item, Event.OUT_FOR_DELIVERY, f"rider:{rider}") for item in items))

    def wish(self, *riders: str, **changes: Any) -> Wish:
        """A wish for today."""
        given: dict[str, Any] = {
            "draft_id": uuid4(),
            "service_on": DAY,
            "method": Method.ANEW,
            "riders": riders or (R1, R2),
            "leave_at": self.at,
            "seconds": 1,
        }
        return Wish(**given | changes)

    def begin(self, wish: Wish) -> PlanDraft:
        """A draft that has begun."""
        with self.database.transaction() as connection:
            return begin_draft(connection, self.facts, OFFICE, wish, "manager", self.at)

    def draft(self, *riders: str, **changes: Any) -> PlanDraft:
        """A draft that is there."""
        made = self.begin(self.wish(*riders, **changes))
        search_draft(self.database, self.facts, OFFICE, made.draft_id)
        return self.look(made.draft_id)

    def look(self, draft_id: UUID) -> PlanDraft:
        """The draft as it is now."""
        with self.database.transaction() as connection:
            return load_draft(connection, draft_id, OFFICE)

    def approve(self, draft: PlanDraft) -> Any:
        """The plan that the draft becomes."""
        with self.database.transaction() as connection:
            return approve(connection, self.facts, OFFICE, draft.draft_id, draft.edits, self.at)


@pytest.fixture
def desk(database: Database, facts: Facts, tell: Any) -> Desk:
    return Desk(database, facts, tell)


def riders_of(draft: PlanDraft) -> set[str]:
    return {sheet["rider_id"] for sheet in draft.sheets}


def test_a_draft_counts_only_once_it_is_approved(desk: Desk) -> None:
    items = desk.parcels(100_000, 100_000)
    draft = desk.draft()
    assert draft.state is DraftState.READY and draft.number == 1
    with desk.database.transaction() as connection, pytest.raises(NotFound):
        load_day(connection, OFFICE, DAY)
    plan = desk.approve(draft)
    assert plan.revision == 1
    assert sorted(item for sheet in plan.sheets for item in sheet.items) == sorted(items)
    assert desk.look(draft.draft_id).state is DraftState.APPROVED
    with pytest.raises(Conflict):
        desk.approve(draft)


def test_nobody_leaves_before_the_time_that_was_said(desk: Desk) -> None:
    desk.parcels(100_000)
    leave = NOON.replace(hour=16, minute=35)
    draft = desk.draft(leave_at=leave)
    assert [datetime.fromisoformat(sheet["depart_at"]) for sheet in draft.sheets] == [leave]


def test_the_same_draft_asked_for_twice_is_one_and_two_at_once_are_refused(desk: Desk) -> None:
    desk.parcels(100_000)
    wish = desk.wish()
    assert desk.begin(wish).number == desk.begin(wish).number == 1
    with pytest.raises(Conflict):
        desk.begin(desk.wish())
    desk.at += timedelta(seconds=62)
    assert given_up(desk.look(wish.draft_id), desk.at)
    assert desk.begin(desk.wish()).number == 2


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"riders": ()}, Unacceptable),
        ({"riders": ("1000-R01",)}, NotFound),
        ({"seconds": 0}, Unacceptable),
        ({"seconds": 61}, Unacceptable),
        ({"service_on": DAY - timedelta(days=1)}, Unacceptable),
        ({"leave_at": NOON.replace(hour=19, minute=30)}, Unacceptable),
    ],
)
def test_a_wish_that_cannot_be_is_refused(desk: Desk, changes: dict[str, Any], error: type[Exception]) -> None:
    desk.parcels(100_000)
    with pytest.raises(error):
        desk.begin(desk.wish(**changes))


def test_an_office_without_parcels_plans_nothing(desk: Desk) -> None:
    with pytest.raises(Conflict):
        desk.begin(desk.wish())


def test_of_strangers_drafts_nothing_is_known(desk: Desk) -> None:
    desk.parcels(100_000)
    draft = desk.draft()
    with desk.database.transaction() as connection, pytest.raises(NotFound):
        load_draft(connection, draft.draft_id, "1000")


def test_a_stop_moved_by_hand_costs_what_was_said(desk: Desk) -> None:
    first, _ = desk.parcels(100_000, 100_000)
    draft = desk.draft()
    (here,) = riders_of(draft)
    (other,) = {R1, R2} - {here}
    with desk.database.transaction() as connection:
        before = measured(connection, desk.facts, plan_of(connection, draft))
        found = judged_draft(connection, desk.facts, draft)
        moves = {move.vehicle_id: move for move in places_for(found, first)}
        assert sum(explained(found)[here]) > 0
    assert moves[here].extra_m == 0 and moves[other].extra_m > 0
    with desk.database.transaction() as connection:
        move_stop(connection, desk.facts, OFFICE, draft.draft_id, first, other, 1, 0)
    changed = desk.look(draft.draft_id)
    with desk.database.transaction() as connection:
        after = measured(connection, desk.facts, plan_of(connection, changed))
    assert after.cost_m - before.cost_m == moves[other].extra_m
    assert changed.edits == 1
    with desk.database.transaction() as connection, pytest.raises(Conflict):
        move_stop(connection, desk.facts, OFFICE, draft.draft_id, first, here, 1, 0)


def test_what_the_judge_is_against_is_not_done(desk: Desk) -> None:
    cap = desk.facts.cod_rules.on(DAY).rider_cash_cap_poisha
    items = desk.parcels(*[cap * 2 // 3] * 2)
    draft = desk.draft()
    assert riders_of(draft) == {R1, R2}
    alone = next(sheet["rider_id"] for sheet in draft.sheets if items[1] in sheet["stops"][0]["item_numbers"])
    with desk.database.transaction() as connection, pytest.raises(MoveRefused) as refused:
        move_stop(connection, desk.facts, OFFICE, draft.draft_id, items[0], alone, 2, 0)
    assert "over_cash_cap" in refused.value.faults
    assert desk.look(draft.draft_id) == draft


def test_who_is_under_way_keeps_the_tour_and_gets_no_other(desk: Desk) -> None:
    first = desk.parcels(100_000)
    desk.approve(desk.draft(R1))
    desk.go_out(*first, rider=R1)
    later = desk.parcels(200_000)
    with desk.database.transaction() as connection:
        duty = {one.rider.rider_id: one.under_way for one in riders_on(connection, desk.facts, OFFICE, DAY, desk.at)}
    assert duty[R1] == 1 and duty[R2] == 0
    with pytest.raises(Conflict):
        desk.begin(desk.wish(R1))
    plan = desk.approve(desk.draft(R2))
    assert {sheet.rider_id: sheet.items for sheet in plan.sheets} == {R1: first, R2: later}
    assert plan.revision == 2


def test_what_came_since_is_put_into_the_tours_as_they_are(desk: Desk) -> None:
    first = desk.parcels(100_000, 100_000)
    plan = desk.approve(desk.draft(R1))
    (late,) = desk.parcels(150_000)
    draft = desk.draft(R1, R2, method=Method.KEPT)
    (sheet,) = draft.sheets
    order = [item for stop in sheet["stops"] for item in stop["item_numbers"]]
    assert sheet["rider_id"] == R1 and set(order) == {*first, late}
    assert [item for item in order if item != late] == plan.sheets[0].items


def test_a_plan_whose_parcels_have_left_is_not_approved(desk: Desk) -> None:
    items = desk.parcels(100_000, 100_000)
    draft = desk.draft(R1)
    desk.go_out(items[0], rider=R2)
    (new,) = desk.parcels(50_000)
    with desk.database.transaction() as connection:
        since = changed_since(connection, draft)
    assert since.came == (new,) and since.gone == (items[0],)
    with pytest.raises(Conflict):
        desk.approve(draft)


def test_drafts_of_days_gone_by_are_forgotten(desk: Desk) -> None:
    desk.parcels(100_000)
    draft = desk.draft()
    with desk.database.transaction() as connection:
        assert forget_drafts(connection, NOON + timedelta(days=1)) == 0
        assert forget_drafts(connection, NOON + timedelta(days=2)) == 1
    with pytest.raises(NotFound):
        desk.look(draft.draft_id)
