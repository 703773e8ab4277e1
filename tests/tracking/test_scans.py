import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.scans import LONGEST_OFFLINE, Scan, held_by_post, scan_id_of
from post_logistics.units import ItemNumber, Postcode

NOON = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SCAN = Scan(
    scan_id=scan_id_of("rider-7", 3),
    item_number=ItemNumber("DP473124829BD"),
    event=Event.ACCEPTED,
    occurred_at=NOON - timedelta(hours=1),
    recorded_at=NOON,
    device_id="rider-7",
    sequence=3,
    office=Postcode("1215"),
    holder="office:1215",
)


def test_a_clock_that_is_right_is_believed() -> None:
    assert SCAN.corrected_at == NOON - timedelta(hours=1)


def test_a_known_offset_is_added() -> None:
    assert replace(SCAN, clock_offset_s=-90).corrected_at == NOON - timedelta(hours=1, seconds=90)


@pytest.mark.parametrize(
    ("before_recording", "believed"),
    [
        (timedelta(0), True),
        (timedelta(microseconds=-1), False),
        (LONGEST_OFFLINE, True),
        (LONGEST_OFFLINE + timedelta(microseconds=1), False),
    ],
    ids=["now", "a moment ahead", "the longest offline", "a moment longer"],
)
def test_a_clock_is_believed_from_the_longest_offline_time_until_now(
    before_recording: timedelta, believed: bool
) -> None:
    scan = replace(SCAN, occurred_at=NOON - before_recording)
    assert scan.corrected_at == (scan.occurred_at if believed else NOON)


def test_the_devices_own_word_is_kept_whatever_is_made_of_it() -> None:
    ahead = NOON + timedelta(days=1)
    scan = replace(SCAN, occurred_at=ahead)
    assert (scan.occurred_at, scan.corrected_at) == (ahead, NOON)


WILD_TIMES = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=6)), timezone(-timedelta(hours=12))])
)


@settings(max_examples=200)
@given(occurred_at=WILD_TIMES, offset_s=st.integers(-(10**18), 10**18))
def test_no_scan_is_refused_for_its_clock_and_none_is_dated_ahead(occurred_at: datetime, offset_s: int) -> None:
    scan = replace(SCAN, occurred_at=occurred_at, clock_offset_s=offset_s)
    assert NOON - LONGEST_OFFLINE <= scan.corrected_at <= NOON


def test_one_device_with_one_clock_reading_is_ordered_by_its_counter() -> None:
    later, earlier = replace(SCAN, sequence=11), replace(SCAN, sequence=9)
    assert sorted([later, earlier], key=lambda scan: scan.order_key) == [earlier, later]


def test_a_scan_id_comes_from_the_device_and_its_counter() -> None:
    assert str(scan_id_of("rider-7", 3)) == "1885699c-4995-5f54-b284-4bf833c4d5cf"
    ids = {scan_id_of(device, sequence) for device in ("rider-7", "rider-7/1", "rider-71") for sequence in range(200)}
    assert len(ids) == 600


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("occurred_at", NOON.replace(tzinfo=None)),
        ("recorded_at", NOON.replace(tzinfo=None)),
        ("sequence", -1),
        ("holder", ""),
        ("holder", "1215"),
        ("holder", "office:"),
        ("holder", "postman:7"),
        ("holder", "recipient:Rahim"),
    ],
)
def test_what_cannot_be_ordered_or_leaves_nobody_answering_is_refused(field: str, wrong: Any) -> None:
    with pytest.raises(Unacceptable) as refusal:
        replace(SCAN, **{field: wrong})
    assert refusal.value.field == field
    assert refusal.value.remedy


def test_a_scan_is_plain_enough_for_json() -> None:
    written = json.loads(json.dumps(asdict(SCAN), default=str))
    assert written["event"] == "accepted"
    assert written["reason"] is None
    assert datetime.fromisoformat(written["occurred_at"]) == SCAN.occurred_at


@pytest.mark.parametrize("holder", ["office:1215", "rider:1215-R02", "vehicle:L-7", "agent:UDC-12"])
def test_offices_riders_vehicles_and_agents_are_the_post(holder: str) -> None:
    assert held_by_post(holder)


@pytest.mark.parametrize("holder", ["recipient", "merchant:M1", ""])
def test_merchants_and_recipients_are_not(holder: str) -> None:
    assert not held_by_post(holder)
