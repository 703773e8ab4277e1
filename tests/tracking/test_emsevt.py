from collections.abc import Callable
from dataclasses import replace

import pytest

from post_logistics.tracking.emsevt import ACTION_CODES, REASON_CODES, EmsevtEvent, emsevt_event
from post_logistics.tracking.lifecycle import EMSEVT, Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber, Postcode

Story = Callable[..., list[Scan]]
UTTARA = Postcode("1230")


def event_of(scan: Scan) -> EmsevtEvent:
    event = emsevt_event(scan, UTTARA)
    assert event is not None
    return event


@pytest.mark.parametrize("event", [event for event in Event if event is not Event.CORRECTED])
def test_an_event_is_told_where_the_standard_has_a_code_for_it(story: Story, event: Event) -> None:
    scan = replace(story("accepted office:1215")[0], event=event)
    found = emsevt_event(scan, UTTARA)
    assert (found.event_code if found else None) == EMSEVT.get(event)


def test_an_event_has_its_local_time_and_its_office(story: Story) -> None:
    assert event_of(story("accepted office:1215")[0]) == EmsevtEvent(
        item_number="DP473124829BD",
        event_code="EMA",
        event_at="2026-11-22T07:00:00+06:00",
        office="BD1215",
        next_office="BD1230",
        reason_code="",
        action_code="",
    )


def test_what_has_arrived_goes_nowhere_else(story: Story) -> None:
    for scan in story("received_at_hub office:1230", "at_delivery_office office:1230"):
        assert event_of(scan).next_office == ""


@pytest.mark.parametrize("reason", [None, *Reason])
def test_a_failed_attempt_always_has_a_reason_and_an_action_and_nothing_else_has(
    story: Story, reason: Reason | None
) -> None:
    scan = replace(story("attempt_failed rider:1230-R02 no_answer")[0], reason=reason)
    assert len(event_of(scan).reason_code) == 2 and len(event_of(scan).action_code) == 1
    held = replace(scan, event=Event.ON_HOLD)
    assert (event_of(held).reason_code, event_of(held).action_code) == ("", "")


def test_codes_are_two_digits_and_a_letter() -> None:
    assert all(code.isdecimal() and len(code) == 2 for code in REASON_CODES.values())
    assert all(code.isalpha() and len(code) == 1 for code in ACTION_CODES.values())


def test_bags_are_not_told_for_the_standard_is_about_items(story: Story) -> None:
    bag = replace(story("received_at_hub office:1230")[0], item_number=ItemNumber("BD1215BD1230AUN60001001"))
    assert emsevt_event(bag, UTTARA) is None
