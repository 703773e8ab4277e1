from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import NotFound
from post_logistics.tracking import journey as module
from post_logistics.tracking.journey import Why, custody_due, fold, fold_many, in_order
from post_logistics.tracking.lifecycle import CLOSED, IN_CUSTODY, LANDING, TRANSITIONS, Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan, held_by_post, scan_id_of
from post_logistics.units import ItemNumber, Postcode

Story = Callable[..., list[Scan]]
ITEM = ItemNumber("DP473124829BD")
TO_THE_OFFICE = (
    "booked merchant:M1",
    "accepted rider:1215-R01",
    "accepted office:1215",
    "bagged office:1215",
    "dispatched vehicle:L7",
    "at_delivery_office office:1230",
)
TO_THE_DOOR = (*TO_THE_OFFICE, "assigned office:1230", "out_for_delivery rider:1230-R02")


def test_a_parcel_is_booked_carried_across_town_delivered_and_confirmed(story: Story) -> None:
    scans = story(*TO_THE_DOOR, "delivered_claimed rider:1230-R02", "delivered_confirmed recipient")
    journey = fold(ITEM, scans)
    assert (journey.state, journey.holder, journey.office) == (State.DELIVERED, "recipient", "1230")
    assert journey.misfits == ()
    assert journey.history == tuple(scans)
    assert journey.last_scan_id == scans[-1].scan_id
    assert journey.since == scans[-1].corrected_at
    assert custody_due(journey) == ()


def test_a_local_parcel_needs_no_legs(story: Story) -> None:
    journey = fold(
        ITEM,
        story(
            "booked merchant:M1",
            "accepted office:1215",
            "at_delivery_office office:1215",
            "out_for_delivery rider:1215-R02",
        ),
    )
    assert (journey.state, journey.holder, journey.misfits) == (State.OUT_FOR_DELIVERY, "rider:1215-R02", ())
    assert custody_due(journey)[0] is Event.DELIVERED_CLAIMED


def test_until_the_office_confirms_the_rider_answers(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR, "delivered_claimed rider:1230-R02"))
    assert (journey.state, journey.holder) == (State.DELIVERED_CLAIMED, "rider:1230-R02")
    assert journey.state in IN_CUSTODY
    assert custody_due(journey)[0] is Event.DELIVERED_CONFIRMED


@pytest.mark.parametrize(
    ("at_the_door", "claimed", "confirmed"),
    [
        ("delivered_claimed", State.DELIVERED_CLAIMED, State.DELIVERED),
        ("partially_delivered", State.PARTIALLY_CLAIMED, State.PARTIALLY_DELIVERED),
        ("exchanged", State.DELIVERED_CLAIMED, State.DELIVERED),
    ],
)
def test_each_outcome_at_the_door_is_confirmed_into_one_end(
    story: Story, at_the_door: str, claimed: State, confirmed: State
) -> None:
    door = (*TO_THE_DOOR, f"{at_the_door} rider:1230-R02")
    assert fold(ITEM, story(*door)).state is claimed
    journey = fold(ITEM, story(*door, "delivered_confirmed recipient"))
    assert (journey.state, journey.misfits) == (confirmed, ())


def test_the_rest_of_a_partial_delivery_may_reach_the_shelf_before_the_confirmation(story: Story) -> None:
    brought_back = (*TO_THE_DOOR, "partially_delivered rider:1230-R02", "at_delivery_office office:1230")
    assert fold(ITEM, story(*brought_back)).holder == "office:1230"
    assert fold(ITEM, story(*brought_back, "delivered_confirmed recipient")).state is State.PARTIALLY_DELIVERED


def test_a_refusal_is_one_failed_attempt_with_its_reason_and_goes_back_to_the_merchant(story: Story) -> None:
    scans = story(
        *TO_THE_DOOR,
        "attempt_failed rider:1230-R02 refused_by_recipient",
        "at_delivery_office office:1230",
        "return_requested office:1230 refused_by_recipient",
        "returning office:1230",
        "bagged office:1230",
        "dispatched vehicle:L8",
        "at_delivery_office office:1215",
        "returned merchant:M1",
    )
    journey = fold(ITEM, scans)
    assert (journey.state, journey.holder, journey.misfits) == (State.RETURNED, "merchant:M1", ())
    assert [attempt.reason for attempt in journey.attempts] == [Reason.REFUSED_BY_RECIPIENT]
    assert journey.refused


def test_each_time_out_that_fails_is_one_attempt(story: Story) -> None:
    again = ("out_for_delivery rider:1230-R02", "attempt_failed rider:1230-R02 no_answer")
    journey = fold(ITEM, story(*TO_THE_OFFICE, *again, "on_hold office:1230", *again, *again))
    assert len(journey.attempts) == 3
    assert not journey.refused
    assert journey.misfits == ()


def test_the_same_failure_pressed_twice_is_flagged_and_counts_once(story: Story) -> None:
    failed = "attempt_failed rider:1230-R02 recipient_absent"
    journey = fold(ITEM, story(*TO_THE_DOOR, failed, failed))
    assert len(journey.attempts) == 1
    assert [misfit.why for misfit in journey.misfits] == [Why.UNEXPECTED]


def test_a_failed_return_to_the_merchant_is_no_attempt_at_delivery(story: Story) -> None:
    back = ("return_requested merchant:M1", "returning rider:1230-R02", "attempt_failed rider:1230-R02 merchant_closed")
    journey = fold(ITEM, story(*TO_THE_OFFICE, *back))
    assert (journey.state, journey.attempts) == (State.RETURNING, ())


def test_paper_moves_no_custody(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR, "return_requested merchant:M1"))
    assert (journey.state, journey.holder) == (State.RETURN_REQUESTED, "rider:1230-R02")


def test_paper_written_at_another_office_moves_nothing_there_and_needs_no_dispatch(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_OFFICE, "return_requested office:1000"))
    assert (journey.state, journey.holder, journey.office) == (State.RETURN_REQUESTED, "office:1230", "1230")
    assert journey.misfits == ()


def test_the_last_custodian_answers_for_a_lost_parcel_until_it_is_seen_again(story: Story) -> None:
    gone = (*TO_THE_OFFICE[:5], "lost office:1230")
    journey = fold(ITEM, story(*gone))
    assert (journey.state, journey.holder) == (State.LOST, "vehicle:L7")
    found = fold(ITEM, story(*gone, "at_delivery_office office:1230"))
    assert (found.state, found.holder, found.misfits) == (State.AT_DELIVERY_OFFICE, "office:1230", ())


def test_since_is_when_this_holder_and_this_state_began(story: Story) -> None:
    scans = story(*TO_THE_OFFICE, "at_delivery_office office:1230", "area_changed office:1230")
    assert fold(ITEM, scans).since == scans[5].corrected_at


# Missing and mistaken scans


@pytest.mark.parametrize("missing", range(1, 9))
def test_one_missing_scan_changes_nothing_about_where_the_parcel_is(story: Story, missing: int) -> None:
    scans = story(*TO_THE_DOOR, "delivered_claimed rider:1230-R02", "delivered_confirmed recipient")
    journey = fold(ITEM, scans[:missing] + scans[missing + 1 :])
    assert (journey.state, journey.holder) == (State.DELIVERED, "recipient")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("dispatched vehicle:L7", Event.DISPATCHED),
        ("at_delivery_office office:1230", Event.AT_DELIVERY_OFFICE),
        ("delivered_claimed rider:1230-R02", Event.DELIVERED_CLAIMED),
    ],
)
def test_a_missing_scan_is_flagged_on_the_next_one_with_what_was_expected(
    story: Story, missing: str, expected: Event
) -> None:
    steps = [*TO_THE_DOOR, "delivered_claimed rider:1230-R02", "delivered_confirmed recipient"]
    steps.remove(missing)
    misfits = fold(ITEM, story(*steps)).misfits
    assert misfits
    assert expected in misfits[0].expected
    assert misfits[0].why is Why.UNEXPECTED


def test_a_parcel_that_hops_from_office_to_office_without_a_dispatch_is_flagged(story: Story) -> None:
    journey = fold(ITEM, story("booked merchant:M1", "accepted office:1215", "at_delivery_office office:1230"))
    assert (journey.state, journey.holder) == (State.AT_DELIVERY_OFFICE, "office:1230")
    assert [(misfit.why, misfit.expected) for misfit in journey.misfits] == [(Why.NO_HANDOVER, (Event.DISPATCHED,))]


def test_a_rider_who_delivers_what_was_never_handed_to_them_is_flagged(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_OFFICE, "delivered_claimed rider:1230-R02"))
    assert (journey.state, journey.holder) == (State.DELIVERED_CLAIMED, "rider:1230-R02")
    assert [(misfit.why, misfit.expected) for misfit in journey.misfits] == [
        (Why.NO_HANDOVER, (Event.OUT_FOR_DELIVERY,))
    ]


def test_delivery_over_the_counter_needs_no_rider(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_OFFICE, "delivered_claimed office:1230", "delivered_confirmed recipient"))
    assert (journey.state, journey.misfits) == (State.DELIVERED, ())


def test_a_claim_whose_parcel_turns_up_at_the_office_is_flagged_and_falls(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR, "delivered_claimed rider:1230-R02", "at_delivery_office office:1230"))
    assert (journey.state, journey.holder) == (State.AT_DELIVERY_OFFICE, "office:1230")
    assert [misfit.why for misfit in journey.misfits] == [Why.UNEXPECTED]


def test_a_cancellation_that_comes_too_late_is_kept_and_moves_nothing(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_OFFICE, "cancelled merchant:M1"))
    assert (journey.state, journey.holder) == (State.AT_DELIVERY_OFFICE, "office:1230")
    assert [misfit.ignored for misfit in journey.misfits] == [True]
    assert len(journey.history) == 7


def test_a_cancelled_parcel_handed_in_all_the_same_is_in_the_posts_hands(story: Story) -> None:
    journey = fold(ITEM, story("booked merchant:M1", "cancelled merchant:M1", "accepted office:1215"))
    assert (journey.state, journey.holder) == (State.ACCEPTED, "office:1215")
    assert [misfit.ignored for misfit in journey.misfits] == [False]


def test_after_the_end_a_scan_is_kept_and_moves_nothing(story: Story) -> None:
    ended = (*TO_THE_DOOR, "delivered_claimed rider:1230-R02", "delivered_confirmed recipient")
    journey = fold(ITEM, story(*ended, "at_delivery_office office:1230"))
    assert (journey.state, journey.holder) == (State.DELIVERED, "recipient")
    assert [(misfit.why, misfit.ignored) for misfit in journey.misfits] == [(Why.CLOSED, True)]


def test_a_device_whose_clock_stopped_in_1970_does_not_jump_the_queue(story: Story) -> None:
    *before, last = story(*TO_THE_OFFICE)
    last = replace(last, occurred_at=datetime(1970, 1, 1, tzinfo=UTC))
    journey = fold(ITEM, [*before, last])
    assert (journey.state, journey.misfits) == (State.AT_DELIVERY_OFFICE, ())


def test_a_number_without_scans_has_no_journey() -> None:
    with pytest.raises(NotFound, match=ITEM):
        fold(ITEM, [])


def test_a_heap_of_scans_is_sorted_out_by_item(story: Story) -> None:
    mine, other = story(*TO_THE_DOOR), story("booked merchant:M2", device_id="web")
    theirs = [replace(scan, item_number=ItemNumber("DP123456785BD")) for scan in other]
    heap = [*mine, *theirs]
    Random(1).shuffle(heap)
    journeys = fold_many(heap)
    assert journeys == {ITEM: fold(ITEM, mine), theirs[0].item_number: fold(theirs[0].item_number, theirs)}


# Order of arrival and repetition

START = datetime(2026, 11, 22, tzinfo=UTC)
HOLDERS = ["office:1215", "office:1230", "rider:1230-R02", "vehicle:L7", "agent:A1", "merchant:M1", "recipient"]


EVENTS = sorted(set(Event) - {Event.CORRECTED})
"""A correction names the scan that it takes back: see test_bags."""


@st.composite
def histories(draw: st.DrawFn) -> list[Scan]:
    """Up to a dozen scans of any kind from three devices, their times close enough to collide, some clocks wild."""
    count = draw(st.integers(1, 12))
    scans = []
    for number in range(count):
        device = draw(st.sampled_from(["a", "b", "c"]))
        recorded_at = START + timedelta(minutes=draw(st.integers(0, 20)))
        scans.append(
            Scan(
                scan_id=scan_id_of(device, number),
                item_number=ITEM,
                event=draw(st.sampled_from(EVENTS)),
                occurred_at=recorded_at + draw(st.sampled_from([-1, -3, 5, 10**5, -(10**6)])) * timedelta(minutes=1),
                recorded_at=recorded_at,
                clock_offset_s=draw(st.sampled_from([0, 60, -120])),
                device_id=device,
                sequence=number,
                office=Postcode("1215"),
                holder=draw(st.sampled_from(HOLDERS)),
                reason=draw(st.sampled_from([None, Reason.NO_ANSWER, Reason.REFUSED_BY_RECIPIENT])),
            )
        )
    return scans


def check_that_arrival_does_not_matter(scans: list[Scan], seed: int) -> None:
    """A history told in order, and the same shuffled with copies, some of them recorded again later."""
    random = Random(seed)
    told = fold(ITEM, scans)
    copies = [replace(scan, recorded_at=scan.recorded_at + timedelta(days=random.choice([1, 40]))) for scan in scans]
    heap = [*scans, *random.choices(scans, k=3), *random.sample(copies, k=len(copies) // 2)]
    random.shuffle(heap)
    assert fold(ITEM, heap) == told


@settings(max_examples=150, deadline=None)
@given(scans=histories(), seed=st.integers(0, 999))
def test_neither_order_of_arrival_nor_repetition_matters(scans: list[Scan], seed: int) -> None:
    check_that_arrival_does_not_matter(scans, seed)


@pytest.mark.parametrize(
    "broken",
    [
        tuple,
        lambda scans: tuple(dict.fromkeys(scans)),
        lambda scans: tuple(sorted(scans, key=lambda scan: scan.order_key)),
    ],
    ids=["by arrival", "by arrival, without copies", "sorted, but with copies"],
)
def test_red_control_a_fold_by_arrival_is_caught(
    story: Story, monkeypatch: pytest.MonkeyPatch, broken: Callable[..., tuple[Scan, ...]]
) -> None:
    scans = story(*TO_THE_DOOR, "attempt_failed rider:1230-R02 no_answer", "at_delivery_office office:1230")
    check_that_arrival_does_not_matter(scans, seed=7)
    monkeypatch.setattr(module, "in_order", broken)
    with pytest.raises(AssertionError):
        check_that_arrival_does_not_matter(scans, seed=7)


@settings(max_examples=150, deadline=None)
@given(scans=histories())
def test_exactly_one_holder_answers_and_no_scan_is_dropped(scans: list[Scan]) -> None:
    journey = fold(ITEM, scans)
    assert journey.holder in HOLDERS
    assert set(journey.history) == set(scans)
    assert {misfit.scan for misfit in journey.misfits} <= set(scans)
    assert all(misfit.expected == () for misfit in journey.misfits if misfit.state in CLOSED)


@settings(max_examples=100, deadline=None)
@given(scans=histories(), cut=st.integers(1, 12))
def test_what_is_over_stays_over(scans: list[Scan], cut: int) -> None:
    before = fold(ITEM, in_order(scans)[:cut])
    if before.state in CLOSED:
        after = fold(ITEM, scans)
        assert (after.state, after.holder, after.since) == (before.state, before.holder, before.since)


# Against a model that follows the parcel from hand to hand

HANDS = {
    Event.ACCEPTED: "office:1215",
    Event.DISPATCHED: "vehicle:L7",
    Event.OUT_FOR_DELIVERY: "rider:1230-R02",
    Event.AT_PICKUP_POINT: "agent:A1",
    Event.DELIVERED_CONFIRMED: "recipient",
    Event.RETURNED: "merchant:M1",
}
OFFICE_DOORS = {Event.RECEIVED_AT_HUB, Event.AT_DELIVERY_OFFICE, Event.ON_HOLD, Event.RETURNING, Event.DAMAGED}


@st.composite
def legal_walks(draw: st.DrawFn, without: frozenset[Event] = frozenset()) -> tuple[list[str], str, State]:
    """A walk along the table in which every change of hands is scanned: its steps, the last holder, the last state."""
    state, holder, steps = State.BOOKED, "merchant:M1", ["booked merchant:M1"]
    for _ in range(draw(st.integers(1, 14))):
        if not TRANSITIONS[state]:
            break
        event = draw(st.sampled_from(sorted(TRANSITIONS[state].keys() - without)))
        if event in HANDS:
            holder = HANDS[event]
        elif event in OFFICE_DOORS and not holder.startswith("office:"):
            holder = draw(st.sampled_from(["office:1215", "office:1230"]))
        steps.append(f"{event} {holder}")
        state = TRANSITIONS[state][event]
    return steps, holder, state


@settings(max_examples=150, deadline=None)
@given(walk=legal_walks())
def test_a_legal_walk_is_followed_hand_by_hand_without_a_flag(story: Story, walk: tuple[list[str], str, State]) -> None:
    steps, holder, state = walk
    journey = fold(ITEM, story(*steps))
    assert (journey.state, journey.holder, journey.misfits) == (state, holder, ())
    assert held_by_post(journey.holder) == (journey.state in IN_CUSTODY)


WITH_A_MEMORY = frozenset({Event.RETURN_REQUESTED, Event.RETURNING, Event.PARTIALLY_DELIVERED})
"""Decisions that only their own scan can tell: nobody sees from a later one that an item is on its way back."""


@settings(max_examples=150, deadline=None)
@given(walk=legal_walks(without=WITH_A_MEMORY), missing=st.integers(0, 12))
def test_a_missing_scan_does_no_harm_once_the_parcel_is_seen_again(
    story: Story, walk: tuple[list[str], str, State], missing: int
) -> None:
    steps = walk[0]
    del steps[missing : min(missing + 1, len(steps) - 1)]
    event, holder = steps[-1].split()
    if event in LANDING:
        journey = fold(ITEM, story(*steps))
        assert (journey.state, journey.holder) == (LANDING[Event(event)], holder)
