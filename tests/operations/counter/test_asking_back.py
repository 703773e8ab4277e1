"""A shop asks for parcels back in one word: cancelled or turned round, once, and only its own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from post_logistics.errors import Conflict, NotFound
from post_logistics.operations.counter.asking_back import ask_back, asked_back
from post_logistics.operations.counter.at_hand import standing_of
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.keeping.retention import RetentionRules, pseudonymise
from post_logistics.storage.counter.return_requests import load_return_requests
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.units import MerchantId
from tests.operations.conftest import SHOP

MERCHANT, STRANGER = MerchantId(SHOP), MerchantId("other-shop")


def later(story: Any) -> Any:
    return story.at + timedelta(minutes=story.sequence + 1)


def test_a_booking_is_cancelled_and_a_parcel_on_its_way_turns_round(story: Any) -> None:
    booked, travelling = story.book(0, 0)
    story.out_for_delivery(travelling)
    first = ask_back(story.connection, booked, MERCHANT, "sold out", later(story))
    second = ask_back(story.connection, travelling, MERCHANT, "", later(story) + timedelta(minutes=1))
    assert (first.state, first.reason) == (State.CANCELLED, "sold out")
    assert (second.state, second.reason) == (State.RETURN_REQUESTED, "")
    assert load_return_requests(story.connection, MERCHANT) == [second, first]
    assert load_return_requests(story.connection, STRANGER) == []


def test_asked_twice_it_is_one_request_and_the_first_reason_stands(story: Any) -> None:
    (item,) = story.book(0)
    first = ask_back(story.connection, item, MERCHANT, "sold out", later(story))
    again = ask_back(story.connection, item, MERCHANT, "another", later(story) + timedelta(days=1))
    assert again == first == asked_back(story.connection, item, MERCHANT)


def test_a_request_made_again_after_the_parcel_came_back_is_the_one_that_was_made(story: Any) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    ask_back(story.connection, item, MERCHANT, "", later(story))
    story.sequence += 1
    record_scans(story.connection, [story.scan(item, Event.RETURNED, "office:1216")])
    assert ask_back(story.connection, item, MERCHANT, "", later(story)).state is State.RETURNED


def test_what_was_handed_over_does_not_come_back(story: Any) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    record_scans(story.connection, [story.scan(item, Event.DELIVERED_CLAIMED, "rider:1216-R01")])
    with pytest.raises(Conflict):
        ask_back(story.connection, item, MERCHANT, "", later(story))
    assert load_return_requests(story.connection, MERCHANT) == []


def test_a_strangers_parcel_is_not_there(story: Any) -> None:
    (item,) = story.book(0)
    for number in (item, "DP000000005BD"):
        with pytest.raises(NotFound, match=f"no item {number}"):
            ask_back(story.connection, number, STRANGER, "", later(story))
        with pytest.raises(NotFound):
            asked_back(story.connection, number, STRANGER)
    assert standing_of(story.connection, item).state is State.BOOKED


def test_a_request_is_a_fact_whose_reason_can_be_forgotten(story: Any) -> None:
    (item,) = story.book(0)
    ask_back(story.connection, item, MERCHANT, "Rahima moved away", later(story))
    for change in ("asked_at = now()", "reason = 'another'"):
        with pytest.raises(DBAPIError, match="are facts"), story.connection.begin_nested():
            story.connection.execute(text(f"update return_requests set {change}"))
    rules = RetentionRules(
        recipients_days=240, silent_days=730, messages_days=90, view_cards_days=1, uploads_months=8, scans_months=13
    )
    done, _ = pseudonymise(story.connection, rules, b"key", later(story) + timedelta(days=731))
    assert done.recipients == 1
    assert asked_back(story.connection, item, MERCHANT).reason == ""
