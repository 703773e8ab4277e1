"""A scan of a bag moves what is in it, in whatever order the scans arrive; a mistake taken back does not count."""

from dataclasses import replace
from random import Random

import pytest

from post_logistics.tracking import bags as module
from post_logistics.tracking.bags import BAG, BagState, histories
from post_logistics.tracking.journey import Walk, fold
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.scans import Scan, is_receptacle
from post_logistics.units import ItemNumber
from tests.tracking.conftest import ITEM, Story
from tests.tracking.worlds import BAGS, random_world, shuffled

OTHER = ItemNumber("DP123456785BD")
BAG_A, BAG_B, _ = BAGS


def of(number: str, scan: Scan, **changes: object) -> Scan:
    """The scan as one of another number."""
    return replace(scan, item_number=ItemNumber(number), **changes)  # type: ignore[arg-type]


def packed(story: Story) -> list[Scan]:
    """An item put into bag A, and A into B; B goes to 1230, where A is opened and the item found."""
    (booked, accepted, put_in, sealed, nested, gone, there, opened, found) = story(
        "booked merchant:M1",
        "accepted office:1215",
        "bagged office:1215",
        "sealed office:1215",
        "bagged office:1215",
        "dispatched vehicle:L7",
        "received_at_hub office:1230",
        "opened office:1230",
        "at_delivery_office office:1230",
    )
    return [
        booked,
        accepted,
        replace(put_in, receptacle=BAG_A),
        of(BAG_A, sealed),
        of(BAG_A, nested, receptacle=BAG_B),
        of(BAG_B, gone),
        of(BAG_B, there),
        of(BAG_A, opened),
        found,
    ]


def test_an_item_travels_with_its_bag_and_that_with_the_bag_around_it(story: Story) -> None:
    scans = packed(story)
    on_the_way = fold(ITEM, histories(scans[:6], [ITEM])[ITEM])
    assert (on_the_way.state, on_the_way.holder, on_the_way.receptacle) == (State.DISPATCHED, "vehicle:L7", BAG_A)
    arrived = fold(ITEM, histories(scans[:8], [ITEM])[ITEM])
    assert (arrived.state, arrived.holder, arrived.receptacle) == (State.AT_HUB, "office:1230", BAG_A)
    found = fold(ITEM, histories(scans, [ITEM])[ITEM])
    assert (found.state, found.holder, found.receptacle, found.misfits) == (
        State.AT_DELIVERY_OFFICE,
        "office:1230",
        None,
        (),
    )


def test_a_bag_has_a_journey_of_its_own(story: Story) -> None:
    walk = Walk(BAG)
    walk.holder, walk.office = "office:1215", packed(story)[0].office
    for scan in histories(packed(story), [BAG_A])[BAG_A]:
        walk.take(scan)
    assert (walk.state, walk.holder, walk.misfits) == (BagState.OPENED, "office:1230", [])


def test_what_happens_to_a_bag_before_or_after_does_not_touch_the_item(story: Story) -> None:
    early, booked, accepted, put_in, out, late = story(
        "dispatched vehicle:L1",
        "booked merchant:M1",
        "accepted office:1215",
        "bagged office:1215",
        "received_at_hub office:1215",
        "dispatched vehicle:L2",
    )
    told = [of(BAG_A, early), booked, accepted, replace(put_in, receptacle=BAG_A), out, of(BAG_A, late)]
    journey = fold(ITEM, histories(told, [ITEM])[ITEM])
    assert (journey.state, journey.holder, len(journey.history)) == (State.AT_HUB, "office:1215", 4)


def test_two_bags_said_to_be_in_one_another_come_to_an_end(story: Story) -> None:
    first, second, gone = story("bagged office:1215", "bagged office:1215", "dispatched vehicle:L1")
    told = [of(BAG_A, first, receptacle=BAG_B), of(BAG_B, second, receptacle=BAG_A), of(BAG_B, gone)]
    found = histories(told, [BAG_A, BAG_B])
    assert [len(found[bag]) for bag in (BAG_A, BAG_B)] == [2, 2]


def test_a_mistake_taken_back_does_not_count_and_stays_in_the_record(story: Story) -> None:
    *before, wrong, back = story(
        "booked merchant:M1", "accepted office:1215", "lost office:1215", "on_hold office:1215"
    )
    corrected = replace(back, event=Event.CORRECTED, voids=wrong.scan_id)
    journey = fold(ITEM, [corrected, *before, wrong])
    assert (journey.state, journey.corrected) == (State.ACCEPTED, (wrong,))
    assert journey.history == (*before, corrected)


def test_an_item_put_into_a_bag_by_mistake_does_not_travel_with_it(story: Story) -> None:
    scans = packed(story)[:6]
    last = story(*["on_hold office:1215"] * 7)[-1]
    back = replace(last, event=Event.CORRECTED, voids=scans[2].scan_id)
    journey = fold(ITEM, histories([*scans, back], [ITEM])[ITEM])
    assert (journey.state, journey.holder, journey.receptacle) == (State.ACCEPTED, "office:1215", None)


def summary(scans: list[Scan]) -> dict[str, object]:
    """Where everything in a world stands in the end."""
    numbers = sorted({scan.item_number for scan in scans})
    whole = histories(scans, numbers)
    return {number: fold(ItemNumber(number), whole[number]) for number in numbers if not is_receptacle(number)} | {
        number: whole[number] for number in numbers if is_receptacle(number)
    }


@pytest.mark.parametrize("seed", range(60))
def test_neither_order_of_arrival_nor_repetition_matters_for_what_is_in_bags(seed: int) -> None:
    chance = Random(seed)
    scans = random_world([ITEM, OTHER], chance)
    told = summary(scans)
    for _ in range(3):
        assert summary(shuffled(scans, chance)) == told


def test_red_control_contents_by_arrival_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "in_order", lambda scans: tuple(dict.fromkeys(scans)))
    wrong = 0
    for seed in range(30):
        chance = Random(seed)
        scans = random_world([ITEM, OTHER], chance)
        wrong += summary(shuffled(scans, chance)) != summary(scans)
    assert wrong > 10
