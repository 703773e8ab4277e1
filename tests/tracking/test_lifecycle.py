import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from post_logistics.tracking.bags import BAG, BagState
from post_logistics.tracking.lifecycle import (
    ABOUT_OTHERS,
    BEFORE_ACCEPTANCE,
    CLOSED,
    DUE,
    EMSEVT,
    IN_CUSTODY,
    LANDING,
    TERMINAL,
    TRANSITIONS,
    Event,
    State,
)
from post_logistics.tracking.reasons import Blame, Reason
from post_logistics.tracking.texts import EVENT_TEXTS, PUBLIC_REASONS, REASON_TEXTS, STATE_TEXTS

RETURN_TRACK = {State.RETURN_REQUESTED, State.RETURNING}


def reached_from(start: StrEnum, table: Mapping[Any, Mapping[Event, StrEnum]] = TRANSITIONS) -> set[StrEnum]:
    seen, waiting = {start}, [start]
    while waiting:
        for after in table[waiting.pop()].values():
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return seen


def test_every_state_has_a_row_and_the_first_is_where_folds_begin() -> None:
    assert set(TRANSITIONS) == set(State)
    assert next(iter(TRANSITIONS)) is State.ISSUED


def test_every_state_can_be_reached() -> None:
    assert reached_from(State.ISSUED) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_state_can_come_to_an_end(state: State) -> None:
    assert reached_from(state) & TERMINAL


def test_the_ends_are_delivered_returned_and_cancelled() -> None:
    assert {State.DELIVERED, State.PARTIALLY_DELIVERED, State.RETURNED, State.CANCELLED} == TERMINAL
    assert {State.CANCELLED} == TERMINAL - CLOSED


def test_every_event_is_legal_somewhere() -> None:
    of_items = {event for row in TRANSITIONS.values() for event in row}
    of_bags = {event for row in BAG.table.values() for event in row}
    assert of_items | of_bags | ABOUT_OTHERS == set(Event)
    assert not (of_items | of_bags | LANDING.keys()) & ABOUT_OTHERS
    assert of_bags - of_items == {Event.SEALED, Event.OPENED}


def test_every_state_of_a_bag_has_a_row_can_be_reached_and_can_be_opened_in_the_end() -> None:
    assert set(BAG.table) == set(BagState)
    reached = {after for row in BAG.table.values() for after in row.values()}
    assert reached == set(BagState)
    assert all(BagState.OPENED in reached_from(state, BAG.table) for state in BagState)
    assert {state for state in BagState if not BAG.due[state]} == {BagState.OPENED}
    assert set(BAG.landing.values()) == set(BagState) - {BagState.OPEN, BagState.LOST}
    assert {event for row in BAG.table.values() for event in row} - set(BAG.landing) == {Event.LOST}


@pytest.mark.parametrize("state", sorted(IN_CUSTODY))
def test_an_item_in_custody_may_be_lost_or_damaged_anywhere(state: State) -> None:
    assert state is State.LOST or TRANSITIONS[state][Event.LOST] is State.LOST
    assert state is State.DAMAGED or Event.DAMAGED in TRANSITIONS[state]


@pytest.mark.parametrize("state", State)
def test_a_booking_is_cancelled_only_before_acceptance(state: State) -> None:
    assert (Event.CANCELLED in TRANSITIONS[state]) == (state in BEFORE_ACCEPTANCE - {State.ISSUED})


def test_only_the_office_ends_a_delivery() -> None:
    ways_in = {event for row in TRANSITIONS.values() for event, after in row.items() if after in CLOSED}
    assert ways_in == {Event.DELIVERED_CONFIRMED, Event.RETURNED}


@pytest.mark.parametrize("state", sorted(RETURN_TRACK))
def test_a_return_never_turns_round_by_a_legal_scan(state: State) -> None:
    assert set(TRANSITIONS[state].values()) <= RETURN_TRACK | {State.RETURNED, State.LOST}


@pytest.mark.parametrize("state", sorted(set(State) - RETURN_TRACK - {State.PARTIALLY_CLAIMED}))
def test_on_the_way_out_a_physical_event_alone_tells_the_state(state: State) -> None:
    """Which is why a missing scan does no lasting harm: the next one sets the state right."""
    for event, after in TRANSITIONS[state].items():
        assert event not in LANDING or after is LANDING[event]


def test_something_is_due_in_every_state_but_the_last() -> None:
    assert {state for state, due in DUE.items() if not due} == TERMINAL
    for state, due in DUE.items():
        assert set(due) <= set(TRANSITIONS[state])


def test_every_due_list_begins_with_the_usual_next_event() -> None:
    usual = [State.BOOKED, State.DISPATCHED, State.ASSIGNED, State.OUT_FOR_DELIVERY, State.DELIVERED_CLAIMED]
    assert [DUE[state][0] for state in usual] == [
        Event.ACCEPTED,
        Event.RECEIVED_AT_HUB,
        Event.OUT_FOR_DELIVERY,
        Event.DELIVERED_CLAIMED,
        Event.DELIVERED_CONFIRMED,
    ]


def test_upu_codes_are_the_nine_of_the_domestic_chain_each_for_one_event() -> None:
    assert sorted(EMSEVT.values()) == ["EDD", "EDE", "EDF", "EDG", "EDH", "EMA", "EMG", "EMH", "EMI"]


@pytest.mark.parametrize(
    ("texts", "keys"),
    [(EVENT_TEXTS, Event), (STATE_TEXTS, State), (REASON_TEXTS, Reason), (PUBLIC_REASONS, Blame)],
    ids=["events", "states", "reasons", "public reasons"],
)
def test_everything_has_words_in_both_languages(texts: dict[str, dict[str, str]], keys: type) -> None:
    assert list(texts) == list(keys)
    for words in texts.values():
        assert words["en"].isascii()
        assert any("\u0980" <= letter <= "\u09ff" for letter in words["bn"])
        assert not any(letter.isascii() and letter.isalnum() for letter in words["bn"])
        assert unicodedata.is_normalized("NFC", words["bn"])
        assert words["en"].endswith(".") == words["bn"].endswith("।")


def test_a_reason_is_written_as_its_value_and_knows_whose_doing_it_was() -> None:
    assert f"{Reason('no_answer')}" == "no_answer"
    assert Reason.REFUSED_BY_RECIPIENT.blame is Blame.RECIPIENT
    assert {reason.blame for reason in Reason} == set(Blame)


def test_red_control_a_state_that_cannot_be_left_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSITIONS, State.LOST, {Event.LOST: State.LOST})
    assert not reached_from(State.LOST) & TERMINAL
