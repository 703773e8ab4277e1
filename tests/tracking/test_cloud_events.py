import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from post_logistics.tracking.cloud_events import cloud_event
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import Scan

Story = Callable[..., list[Scan]]


def read(event: dict[str, object]) -> CloudEvent:
    return JSONFormat().read(CloudEvent, json.dumps(event))


@pytest.mark.parametrize("event", Event)
def test_the_reference_library_reads_every_event(story: Story, event: Event) -> None:
    (scan,) = story("accepted office:1215")
    voids = scan.scan_id if event is Event.CORRECTED else None
    found = read(cloud_event(replace(scan, event=event, voids=voids), "WEB-1"))
    assert found.get_type() == f"bd.post.parcel.{event}"
    assert found.get_id() == str(scan.scan_id)
    assert found.get_source() == "urn:post-logistics:loc:1215"
    assert found.get_subject() == "DP473124829BD"
    assert found.get_time() == scan.corrected_at
    assert found.get_specversion() == "1.0"


def test_red_control_the_library_refuses_what_is_none(story: Story) -> None:
    event = cloud_event(story("accepted office:1215")[0], "")
    for name in ("source", "type"):
        with pytest.raises(Exception, match=name):
            read({member: value for member, value in event.items() if member != name})


def test_the_data_say_why_and_whose_doing_it_was_in_both_languages(story: Story) -> None:
    (scan,) = story("attempt_failed rider:1230-R02 refused_by_recipient")
    data = cloud_event(scan, "WEB-1")["data"]
    assert (data["reason"], data["blame"]) == ("refused_by_recipient", "recipient")
    assert (data["reason_en"], data["reason_bn"]) == ("Refused by the recipient", "প্রাপক গ্রহণ করেননি")
    assert data["order_ref"] == "WEB-1"


def test_a_correction_names_the_event_that_was_wrong(story: Story) -> None:
    wrong, right = story("delivered_confirmed recipient", "accepted office:1215")
    told = cloud_event(replace(right, event=Event.CORRECTED, voids=wrong.scan_id), "")
    assert told["type"] == "bd.post.parcel.corrected"
    assert told["data"]["corrects"] == cloud_event(wrong, "")["id"]


def test_what_is_not_known_is_not_there(story: Story) -> None:
    data = cloud_event(story("accepted office:1215")[0], "")["data"]
    assert not {"reason", "blame", "receptacle", "corrects", "order_ref"} & data.keys()


def test_nobody_is_named(story: Story) -> None:
    (scan,) = story("attempt_failed rider:1230-R02 no_answer", device_id="CANARY-DEVICE")
    told = str(cloud_event(replace(scan, note="CANARY 01711000000"), "WEB-1"))
    assert not [word for word in ("CANARY", "R02", "01711") if word in told]
