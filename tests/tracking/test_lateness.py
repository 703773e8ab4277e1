"""Where a day was lost: the first who did not let the parcel go in time, or why a try failed."""

from datetime import datetime, timedelta

import pytest

from post_logistics.tracking.lateness import DOOR, MERCHANT, Lost, Stage, lost
from post_logistics.tracking.lifecycle import Event
from post_logistics.tracking.reasons import Blame, Reason
from post_logistics.tracking.scans import Scan, scan_id_of
from post_logistics.units import DHAKA, ItemNumber, Postcode

DAY = datetime(2026, 11, 22, tzinfo=DHAKA)
ORIGINS = {"05-15": "1205", "15-16": "1215"}


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


STAGES = [
    Stage(MERCHANT, at(9.5)),
    Stage("office:1205", at(10)),
    Stage("from:1205", at(10.5)),
    Stage("office:1215", at(11.5)),
    Stage("from:1215", at(12)),
    Stage("office:1216", at(13)),
    Stage(DOOR, at(24)),
]
"""From New Market through Tejgaon to Mirpur, on one day."""


def scan(hour: float, event: Event, holder: str, reason: Reason | None = None, office: str = "1216") -> Scan:
    return Scan(
        scan_id=scan_id_of("device", int(hour * 60)),
        item_number=ItemNumber("DP000000005BD"),
        event=event,
        occurred_at=at(hour),
        recorded_at=at(hour),
        device_id="device",
        sequence=int(hour * 60),
        office=Postcode(office),
        holder=holder,
        reason=reason,
    )


BOOKED = scan(6, Event.BOOKED, "merchant:shop", office="1205")
COLLECTED = scan(8, Event.ACCEPTED, "rider:1205-R01", office="1205")
ACCEPTED = scan(9, Event.ACCEPTED, "office:1205", office="1205")
SENT = scan(9.5, Event.DISPATCHED, "vehicle:05-15/20261122T0330Z", office="1205")
AT_HUB = scan(10.2, Event.RECEIVED_AT_HUB, "office:1215", office="1215")
SENT_ON = scan(11, Event.DISPATCHED, "vehicle:15-16/20261122T0500Z", office="1215")
THERE = scan(11.5, Event.AT_DELIVERY_OFFICE, "office:1216")
OUT = scan(12.5, Event.OUT_FOR_DELIVERY, "rider:1216-R02")
ON_PLAN = [BOOKED, COLLECTED, ACCEPTED, SENT, AT_HUB, SENT_ON, THERE, OUT]


@pytest.mark.parametrize(
    ("scans", "custodian"),
    [
        ([BOOKED], "merchant"),
        ([BOOKED, scan(9.75, Event.ACCEPTED, "office:1205", office="1205"), *ON_PLAN[3:]], "merchant"),
        ([BOOKED, COLLECTED], "rider:1205"),
        ([*ON_PLAN[:3], scan(30, Event.DISPATCHED, "vehicle:05-15", office="1205")], "office:1205"),
        ([*ON_PLAN[:4], scan(13, Event.RECEIVED_AT_HUB, "office:1215", office="1215")], "vehicle:05-15"),
        (ON_PLAN[:5], "office:1215"),
        ([*ON_PLAN[:4], scan(10.2, Event.RECEIVED_AT_HUB, "office:1000", office="1000")], "office:1000"),
        ([*ON_PLAN[:5], scan(11, Event.DISPATCHED, "vehicle:SPECIAL-7", office="1215")], "vehicle:SPECIAL-7"),
        (ON_PLAN[:7], "office:1216"),
        ([*ON_PLAN, scan(30, Event.DELIVERED_CLAIMED, "rider:1216-R02")], "rider:1216"),
        ([*ON_PLAN[:7], scan(12.5, Event.AT_PICKUP_POINT, "agent:udc-7")], "agent:udc-7"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_who_did_not_let_it_go_in_time_is_named(scans: list[Scan], custodian: str) -> None:
    found = lost(scans, STAGES, ORIGINS)
    assert found == Lost(custodian, None, Blame.MERCHANT if custodian == "merchant" else Blame.POST)


def test_a_try_that_failed_in_time_is_the_reason_whatever_came_before() -> None:
    failed = scan(15, Event.ATTEMPT_FAILED, "rider:1216-R02", Reason.RECIPIENT_ABSENT)
    late = scan(40, Event.ATTEMPT_FAILED, "rider:1216-R02", Reason.WEATHER)
    assert lost([*ON_PLAN, failed, late], STAGES, ORIGINS) == Lost(
        "rider:1216", Reason.RECIPIENT_ABSENT, Blame.RECIPIENT
    )
    assert lost([*ON_PLAN[:5], late], STAGES, ORIGINS) == Lost("office:1215", None, Blame.POST)


def test_a_reason_that_was_given_in_time_goes_with_the_custodian() -> None:
    held = scan(10.3, Event.ON_HOLD, "office:1215", Reason.HELD_BY_AUTHORITY, "1215")
    assert lost([*ON_PLAN[:5], held], STAGES, ORIGINS) == Lost("office:1215", Reason.HELD_BY_AUTHORITY, Blame.AUTHORITY)


def test_one_minute_in_time_is_in_time_and_one_later_is_not() -> None:
    in_time = scan(10, Event.DISPATCHED, "vehicle:05-15", office="1205")
    late = scan(10 + 1 / 60, Event.DISPATCHED, "vehicle:05-15", office="1205")
    assert lost([*ON_PLAN[:3], in_time], STAGES, ORIGINS).custodian == "vehicle:05-15"
    assert lost([*ON_PLAN[:3], late], STAGES, ORIGINS).custodian == "office:1205"
