from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from jsonschema import Draft7Validator

from post_logistics.tracking.epcis import epcis_document, epcis_event
from post_logistics.tracking.lifecycle import LANDING, Event
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.units import ItemNumber
from tests.tracking.epcis_rules import DOCUMENT

Story = Callable[..., list[Scan]]
AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
BAG = "BD1215BD1230AUN60001001"
RULES = Draft7Validator(DOCUMENT)


def faults(*events: dict[str, Any]) -> list[str]:
    return [error.message for error in RULES.iter_errors(epcis_document(events, AT))]


def event_of(scan: Scan, corrected_at: datetime | None = None) -> dict[str, Any]:
    event = epcis_event(scan, corrected_at)
    assert event is not None
    return event


def of_every_kind(story: Story) -> list[Scan]:
    """Scans of every event, with a reason and without, of an item and of a bag, in a bag and not."""
    (told,) = story("accepted office:1215")
    scans = []
    for event, reason, number, bag in product(
        Event, [None, Reason.NO_ANSWER, Reason.WEATHER], [told.item_number, BAG], [None, BAG]
    ):
        voids = told.scan_id if event is Event.CORRECTED else None
        numbered = replace(told, item_number=ItemNumber(number))
        scans.append(replace(numbered, event=event, reason=reason, receptacle=bag, voids=voids))
    return scans


def test_whatever_is_scanned_keeps_the_rules_of_epcis(story: Story) -> None:
    scans = of_every_kind(story)
    events = [event for scan in scans for at in (None, AT) if (event := epcis_event(scan, at))]
    assert len(events) > 400
    assert faults(*events) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("eventTime", "yesterday"),
        ("eventTimeZoneOffset", "+0600"),
        ("eventTimeZoneOffset", None),
        ("action", "MOVE"),
        ("bizStep", "delivering"),
        ("disposition", "delivered"),
        ("epcList", []),
        ("epcList", ["DP473124829BD"]),
        ("readPoint", "urn:post-logistics:loc:1215"),
        ("type", "QuantityEvent"),
        ("holder", "rider:1215-R02"),
    ],
)
def test_red_control_what_breaks_a_rule_is_seen(story: Story, member: str, value: Any) -> None:
    event = event_of(story("accepted office:1215")[0])
    assert faults(event) == []
    assert faults({name: one for name, one in (event | {member: value}).items() if one is not None})


def test_everything_physical_is_told_and_decisions_on_paper_are_not(story: Story) -> None:
    (told,) = story("accepted office:1215")
    silent = {
        event
        for event in Event
        if epcis_event(replace(told, event=event, voids=told.scan_id if event is Event.CORRECTED else None)) is None
    }
    assert silent == {
        Event.PICKUP_REQUESTED,
        Event.PICKUP_ASSIGNED,
        Event.PICKUP_FAILED,
        Event.ASSIGNED,
        Event.AREA_CHANGED,
        Event.RETURN_REQUESTED,
        Event.CANCELLED,
        Event.CONTESTED,
        Event.CORRECTED,
    }
    assert not silent & LANDING.keys()


def test_a_parcel_in_a_bag_is_an_aggregation_until_the_bag_is_opened(story: Story) -> None:
    put_in, opened = story("bagged office:1215", "opened office:1230")
    inside = event_of(replace(put_in, receptacle=BAG))
    assert (inside["type"], inside["action"]) == ("AggregationEvent", "ADD")
    assert inside["parentID"] == f"urn:post-logistics:obj:{BAG}"
    assert inside["childEPCs"] == ["urn:post-logistics:obj:DP473124829BD"]
    out = event_of(replace(opened, item_number=ItemNumber(BAG)))
    assert (out["type"], out["action"], out["parentID"]) == ("AggregationEvent", "DELETE", inside["parentID"])
    assert "childEPCs" not in out  # which means all of them


def test_a_parcel_bagged_in_no_known_bag_is_only_seen(story: Story) -> None:
    assert event_of(story("bagged office:1215")[0])["type"] == "ObjectEvent"


def test_an_event_says_when_where_and_what(story: Story) -> None:
    (scan,) = story("at_delivery_office office:1230")
    late = replace(scan, clock_offset_s=-60)
    assert event_of(late) == {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{scan.scan_id}",
        "eventTime": "2026-11-22T06:59:00.000+06:00",
        "eventTimeZoneOffset": "+06:00",
        "recordTime": "2026-11-22T07:00:02.000+06:00",
        "action": "OBSERVE",
        "epcList": ["urn:post-logistics:obj:DP473124829BD"],
        "bizStep": "arriving",
        "disposition": "in_progress",
        "readPoint": {"id": "urn:post-logistics:loc:1230"},
        "bizLocation": {"id": "urn:post-logistics:loc:1230"},
        "post:event": "at_delivery_office",
    }


def test_what_left_the_office_is_not_said_to_be_there(story: Story) -> None:
    (left,) = story("out_for_delivery rider:1230-R02")
    assert "bizLocation" not in event_of(left)


def test_a_mistake_is_declared_under_its_own_name_with_all_that_was_said(story: Story) -> None:
    (scan,) = story("delivered_confirmed recipient")
    first, declared = event_of(scan), event_of(scan, AT + timedelta(hours=2))
    assert declared.pop("errorDeclaration") == {
        "declarationTime": "2026-11-22T11:00:00.000+06:00",
        "reason": "did_not_occur",
    }
    assert declared == first


def test_nobody_is_named(story: Story) -> None:
    (scan,) = story("attempt_failed rider:1230-R02 no_answer", device_id="CANARY-DEVICE")
    told = str(event_of(replace(scan, note="CANARY 01711000000")))
    assert not [word for word in ("CANARY", "R02", "01711") if word in told]
    assert all(word in str(replace(scan, note="CANARY 01711000000")) for word in ("CANARY", "R02", "01711"))
