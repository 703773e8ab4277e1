"""A round: the tour in its order, then what was given along; as it stands now, and no word of anybody else's."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.door.codes import code_hash, issue_code
from post_logistics.operations.facts import Facts
from post_logistics.operations.tours.planning import load_day, plan_office
from post_logistics.operations.tours.rounds import Round, round_of
from post_logistics.storage.database import Database
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import Postcode

OFFICE, DAY = Postcode("1216"), date(2026, 11, 22)
WAY = ((Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))


def numbers(made: Round) -> list[str]:
    return [item.parcel.item_number for stop in made.stops for item in stop.items]


def scanned(story: Any, items: list[str], event: Event, holder: str) -> None:
    record_scans(story.connection, [story.scan(item, event, holder) for item in items])


def arrived(story: Any, *cod_poisha: int, first: int = 0) -> list[str]:
    items: list[str] = story.book(*cod_poisha, first=first)
    for event, holder in WAY:
        scanned(story, items, event, holder)
    return items


def test_the_stops_are_those_of_the_tour_in_its_order_and_then_the_others(
    database: Database, facts: Facts, morning: datetime, tell: Any
) -> None:
    with database.transaction() as connection:
        arrived(tell(connection, morning), 100_000, 0, 50_000)
    (sheet,) = plan_office(database, facts, OFFICE, DAY, morning, seconds=0.2).sheets
    with database.transaction() as connection:
        story = tell(connection, morning + timedelta(hours=1))
        story.sequence = 100
        (along,) = arrived(story, 7_000, first=3)
        scanned(story, [along], Event.OUT_FOR_DELIVERY, f"rider:{sheet.rider_id}")
        made = round_of(connection, facts, OFFICE, sheet.rider_id, morning)
        assert made.tour == load_day(connection, OFFICE, DAY).sheets[0]
    assert numbers(made) == [*sheet.items, along]
    assert [stop.arrive_at for stop in made.stops] == [*(stop.arrive_at for stop in sheet.stops), None]
    assert [item.is_open for stop in made.stops for item in stop.items] == [False, False, False, True]
    assert made.stops[0].leg_m > 0


def test_without_a_tour_the_parcels_of_one_door_are_one_stop(story: Any, facts: Facts) -> None:
    items = arrived(story, 100_000, 20_000)
    scanned(story, items, Event.OUT_FOR_DELIVERY, "rider:1216-R01")
    made = round_of(story.connection, facts, OFFICE, "1216-R01", story.at)
    assert made.tour is None and sorted(numbers(made)) == sorted(items)
    assert {item.due_poisha for stop in made.stops for item in stop.items} == {100_000, 20_000}
    assert round_of(story.connection, facts, OFFICE, "1216-R02", story.at).stops == ()


def test_what_is_handed_over_is_done_and_what_came_back_is_gone(story: Any, facts: Facts) -> None:
    done, back = arrived(story, 0, 0)
    scanned(story, [done, back], Event.OUT_FOR_DELIVERY, "rider:1216-R01")
    scanned(story, [done], Event.DELIVERED_CLAIMED, "rider:1216-R01")
    scanned(story, [back], Event.AT_DELIVERY_OFFICE, "office:1216")
    assert numbers(round_of(story.connection, facts, OFFICE, "1216-R01", story.at)) == []


def test_a_code_has_a_mark_while_it_is_alive(story: Any, facts: Facts) -> None:
    (item,) = arrived(story, 0)
    scanned(story, [item], Event.OUT_FOR_DELIVERY, "rider:1216-R01")
    key = facts.advice_key
    code = issue_code(story.connection, item, "delivery", story.at, Random(1), key=key)

    def mark_after(hours: int) -> Any:
        made = round_of(story.connection, facts, OFFICE, "1216-R01", story.at + timedelta(hours=hours))
        return made.stops[0].items[0].mark

    assert mark_after(1).mark == int(code_hash(key, item, "delivery", code)[:8], 16) % 10
    assert mark_after(1).key != key
    assert mark_after(24) is None
