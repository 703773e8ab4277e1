from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from post_logistics.tracking.journey import fold
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.tracking.scans import Scan
from post_logistics.tracking.timeline import headline, promise, timeline
from post_logistics.units import ItemNumber, Language, Postcode

Story = Callable[..., list[Scan]]
ITEM = ItemNumber("DP473124829BD")
NAMES_EN = {Postcode("1215"): "Tejgaon TSO", Postcode("1230"): "Uttara Model Town TSO"}
NAMES_BN = {Postcode("1215"): "তেজগাঁও টিএসও", Postcode("1230"): "উত্তরা মডেল টাউন টিএসও"}
TO_THE_DOOR = (
    "booked merchant:M1",
    "accepted office:1215",
    "dispatched vehicle:L7",
    "at_delivery_office office:1230",
    "out_for_delivery rider:1230-R02",
)
TODAY = date(2026, 11, 22)


def test_an_english_timeline_tells_time_place_and_upu_code(story: Story) -> None:
    entries = timeline(fold(ITEM, story(*TO_THE_DOOR)), NAMES_EN)
    assert [(entry.when[-5:], entry.office_name, entry.emsevt) for entry in entries] == [
        ("07:00", "", None),
        ("07:10", "Tejgaon TSO", "EMA"),
        ("07:20", "Tejgaon TSO", None),
        ("07:30", "Uttara Model Town TSO", "EMG"),
        ("07:40", "Uttara Model Town TSO", "EDG"),
    ]
    assert entries[-1].text == "Out for delivery."
    assert entries[-1].when == "22 Nov 2026, 07:40"


def test_a_bangla_timeline_is_bangla_throughout(story: Story) -> None:
    entry = timeline(fold(ITEM, story(*TO_THE_DOOR)), NAMES_BN, "bn")[3]
    assert (entry.text, entry.office_name) == ("ডাকঘরে পৌঁছেছে।", "উত্তরা মডেল টাউন টিএসও")
    assert entry.when.startswith("২২") and entry.when.endswith("০৭:৩০")
    assert not any(letter.isascii() and letter.isalnum() for letter in entry.when + entry.text)


def test_the_timeline_is_the_same_whatever_the_order_of_arrival(story: Story) -> None:
    scans = story(*TO_THE_DOOR)
    assert timeline(fold(ITEM, reversed(scans)), NAMES_EN) == timeline(fold(ITEM, scans), NAMES_EN)


def test_scans_that_changed_nothing_are_left_out(story: Story) -> None:
    told = timeline(fold(ITEM, story(*TO_THE_DOOR)), NAMES_EN)
    with_noise = story(*TO_THE_DOOR, "cancelled merchant:M1", "pickup_requested merchant:M1")
    assert timeline(fold(ITEM, with_noise), NAMES_EN) == told


def test_an_arrival_said_twice_at_one_office_is_read_once(story: Story) -> None:
    arrivals = story(*TO_THE_DOOR[:4], "at_delivery_office office:1230")
    assert len(timeline(fold(ITEM, arrivals), NAMES_EN)) == 4


def test_no_entry_is_dated_after_it_was_recorded(story: Story) -> None:
    *before, last = story(*TO_THE_DOOR)
    ahead = replace(last, occurred_at=last.occurred_at + timedelta(days=3650))
    assert timeline(fold(ITEM, [*before, ahead]), NAMES_EN)[-1].at == last.recorded_at


@pytest.mark.parametrize("language", ["en", "bn"])
@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_told_by_its_side_alone(story: Story, reason: Reason, language: Language) -> None:
    texts = {
        timeline(fold(ITEM, story(*TO_THE_DOOR, f"attempt_failed rider:1230-R02 {each}")), {}, language)[-1].text
        for each in Reason
        if each.blame is reason.blame
    }
    assert len(texts) == 1


@pytest.mark.parametrize("language", ["en", "bn"])
def test_no_name_note_device_or_custodian_reaches_the_public(story: Story, language: Language) -> None:
    canaries = ["CANARY-NOTE", "CANARY-DEVICE", "R02", "M1", "L7", "refused", "absent"]
    steps = (*TO_THE_DOOR, "attempt_failed rider:1230-R02 refused_by_recipient")
    scans = [replace(scan, note="CANARY-NOTE 01711000000") for scan in story(*steps, device_id="CANARY-DEVICE")]
    journey = fold(ITEM, scans)
    public = f"{timeline(journey, NAMES_EN, language)} {headline(journey, language)}"
    assert [canary for canary in canaries if canary in public] == []


def test_red_control_the_canaries_are_there_to_be_found(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR, "attempt_failed rider:1230-R02 refused_by_recipient"))
    assert all(canary in f"{journey}" for canary in ("R02", "M1", "L7", "refused"))


def test_a_headline_says_where_the_item_stands(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR))
    assert headline(journey) == "Out for delivery"
    assert headline(journey, "bn") == "বিলির জন্য বের হয়েছে"


def test_a_promise_is_read_with_bangla_digits(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR))
    assert promise(journey, TODAY, on=TODAY) == "Expected by 22 Nov 2026."
    assert promise(journey, TODAY, on=TODAY, language="bn").startswith("২২ ")
    assert promise(journey, TODAY, on=TODAY, language="bn").endswith("তারিখের মধ্যে পৌঁছানোর কথা।")


def test_a_broken_promise_is_admitted_the_day_after(story: Story) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR))
    assert "sorry" not in promise(journey, TODAY, on=TODAY)
    assert "sorry" in promise(journey, TODAY, on=TODAY + timedelta(days=1))
    assert "দুঃখিত" in promise(journey, TODAY, on=TODAY + timedelta(days=1), language="bn")


@pytest.mark.parametrize(
    ("event", "holder", "state"),
    [
        (Event.DELIVERED_CLAIMED, "rider:1230-R02", State.DELIVERED_CLAIMED),
        (Event.DELIVERED_CONFIRMED, "recipient", State.DELIVERED),
        (Event.RETURN_REQUESTED, "merchant:M1", State.RETURN_REQUESTED),
        (Event.LOST, "office:1230", State.LOST),
    ],
)
def test_nothing_is_promised_once_the_item_is_not_on_its_way(
    story: Story, event: Event, holder: str, state: State
) -> None:
    journey = fold(ITEM, story(*TO_THE_DOOR, f"{event} {holder}"))
    assert journey.state is state
    assert promise(journey, TODAY, on=TODAY) == ""
