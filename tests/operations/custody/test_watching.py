"""The gap detector: what is kept in silence is found, named, taken on, and closed by the scan that comes at last."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from itertools import cycle
from random import Random

import pytest
from sqlalchemy import Connection, text

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.custody.boards import hands_board, office_board, offices_board
from post_logistics.operations.custody.scanning import record_scans
from post_logistics.operations.custody.watching import (
    Watched,
    close_exception,
    exception_history,
    open_exceptions,
    silent_devices,
    take_on,
    watch,
    who_answers,
)
from post_logistics.operations.facts import Facts
from post_logistics.settings import Settings
from post_logistics.storage.custody.due import declare_due_rules, declare_legs
from post_logistics.storage.custody.exceptions import Case, Kind
from post_logistics.storage.database import Database
from post_logistics.tracking.due import DueRule, load_due_rules
from post_logistics.tracking.lifecycle import Event
from post_logistics.units import DHAKA, Postcode
from tests.operations.conftest import Story

HUB, MIRPUR = Postcode("1000"), Postcode("1216")
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def tell(story: Story, item: str, *steps: tuple[Event, str]) -> None:
    record_scans(story.connection, [story.scan(item, event, holder) for event, holder in steps])


def stand(connection: Connection, item: str, **columns: object) -> None:
    """Puts a booked item somewhere without telling how it came there."""
    changes = ", ".join(f"{name} = :{name}" for name in columns)
    connection.execute(text(f"update journeys set {changes} where item_number = :item"), {"item": item, **columns})


def add_bag(connection: Connection, key: str, at: datetime, **columns: object) -> str:
    """A bag from the hub to Mirpur, sealed at the hub unless told otherwise."""
    row = {
        "receptacle": key,
        "made_at": at,
        "state": "sealed",
        "holder": "office:1000",
        "office": "1000",
        "destination": "1216",
        "since": at,
        "misfits": 0,
        "outer_receptacle": None,
        "last_at": at,
        "version": 1,
    } | columns
    names = ", ".join(row)
    connection.execute(text(f"insert into receptacles ({names}) values ({', '.join(f':{name}' for name in row)})"), row)
    return key


def bag_key(serial: int) -> str:
    return f"BD1000BD1216AAN60001{serial:03d}"


def overdue(connection: Connection) -> dict[str, Case]:
    return {case.item_number: case for case in open_exceptions(connection, datetime(2100, 1, 1, tzinfo=DHAKA))}


# Finding


def test_an_item_that_nobody_scans_is_found_with_everything_a_person_needs(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    assert watch(story.connection, story.at) == Watched(opened=0, closed=0, open=0)

    evening = datetime.combine(story.at.date(), time(20, 30), DHAKA)
    assert watch(story.connection, evening).open == 0, "by half past eight is in time at half past eight"
    assert watch(story.connection, evening + MICROSECOND) == Watched(opened=1, closed=0, open=1)
    (case,) = open_exceptions(story.connection, evening + DAY)
    assert (case.kind, case.item_number, case.custodian, case.office) == (Kind.OVERDUE, item, "rider:1216-R01", MIRPUR)
    assert (case.expected, case.expected_by) == ("delivered_claimed", evening)
    assert (case.opened_at, case.owner, case.closed_at) == (evening + MICROSECOND, "", None)


def test_red_control_an_item_scanned_in_time_is_not_found(story: Story) -> None:
    missing, fine = story.book(0, 0)
    story.out_for_delivery(missing, fine)
    tell(story, fine, (Event.DELIVERED_CLAIMED, "rider:1216-R01"), (Event.DELIVERED_CONFIRMED, "recipient"))
    watch(story.connection, story.at + 30 * DAY)
    assert overdue(story.connection).keys() == {missing}


def test_before_acceptance_nobody_is_to_blame(story: Story) -> None:
    story.book(0, 0)
    assert watch(story.connection, story.at + 365 * DAY).open == 0


def test_looking_again_opens_nothing_twice_and_keeps_the_age(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    first = story.at + 2 * DAY
    assert watch(story.connection, first).opened == 1
    for hours in range(1, 5):
        assert watch(story.connection, first + timedelta(hours=hours)) == Watched(opened=0, closed=0, open=1)
    assert overdue(story.connection)[item].opened_at == first


def test_the_scan_closes_it_and_the_next_silence_is_a_new_exception(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    found = story.at + 2 * DAY
    watch(story.connection, found)
    tell(story, item, (Event.ATTEMPT_FAILED, "rider:1216-R01"), (Event.AT_DELIVERY_OFFICE, "office:1216"))

    watched = watch(story.connection, story.at + timedelta(minutes=30))
    assert watched == Watched(opened=0, closed=1, open=0)
    assert watch(story.connection, found) == Watched(opened=1, closed=0, open=1)
    told, again = who_answers(story.connection, item).exceptions
    assert (told.closed_by, told.closed_at) == ("scan", story.at + timedelta(minutes=30))
    assert (again.custodian, again.expected, again.closed_at) == ("office:1216", "out_for_delivery", None)


def test_a_late_upload_that_only_moves_the_gap_closes_the_old_one_and_opens_the_new_at_once(story: Story) -> None:
    (item,) = story.book(0)
    tell(story, item, (Event.ACCEPTED, "office:1216"))
    later = story.at + 5 * DAY
    watch(story.connection, later)
    tell(story, item, (Event.AT_DELIVERY_OFFICE, "office:1216"))
    assert watch(story.connection, later + DAY) == Watched(opened=1, closed=1, open=1)


def test_to_say_again_where_it_is_does_not_close_it(story: Story) -> None:
    (item,) = story.book(0)
    tell(story, item, (Event.ACCEPTED, "office:1216"), (Event.AT_DELIVERY_OFFICE, "office:1216"))
    watch(story.connection, story.at + 2 * DAY)
    tell(story, item, (Event.AT_DELIVERY_OFFICE, "office:1216"))
    assert watch(story.connection, story.at + 3 * DAY) == Watched(opened=0, closed=0, open=1)


def test_a_parcel_on_a_vehicle_concerns_the_office_that_its_leg_leads_to(story: Story, facts: Facts) -> None:
    leg = next(leg for leg in facts.timetable.legs if leg.origin == "1000")
    on_leg, by_hire = story.book(0, 0)
    depart_at = story.at + timedelta(hours=4)
    name = f"{leg.leg_id}/{depart_at.astimezone(UTC):%Y%m%dT%H%MZ}"
    stand(story.connection, on_leg, state="dispatched", holder=f"vehicle:{name}", office="1000", since=story.at)
    stand(story.connection, by_hire, state="dispatched", holder="vehicle:TRUCK-7", office="1000", since=story.at)
    planned = timedelta(minutes=leg.arrive_minute - leg.depart_minute + 60)

    watch(story.connection, depart_at + planned)
    assert on_leg not in overdue(story.connection)
    watch(story.connection, depart_at + planned + MICROSECOND)
    case = overdue(story.connection)[on_leg]
    assert (case.custodian, case.office, case.expected) == (f"vehicle:{name}", leg.destination, "received_at_hub")

    unknown = story.at + timedelta(minutes=720 + 60)
    watch(story.connection, unknown)
    assert by_hire not in overdue(story.connection)
    watch(story.connection, unknown + MICROSECOND)
    assert overdue(story.connection)[by_hire].office == MIRPUR, "off the timetable: the office that it is bound for"


@pytest.mark.parametrize(
    "vehicle",
    [
        "TRUCK-7",
        "LEG/tomorrow",
        "LEG/infinity",
        "LEG/29991231T0000Z",
        "LEG/20269999T9999Z",
        "LEG/",
        "/",
        "a:b/c/d",
        "/now",
    ],
)
def test_no_name_of_a_vehicle_hides_what_is_on_it_for_ever_or_stops_the_watch(story: Story, vehicle: str) -> None:
    (item,) = story.book(0)
    stand(story.connection, item, state="dispatched", holder=f"vehicle:{vehicle}", since=story.at)
    watch(story.connection, story.at + 2 * DAY)
    assert overdue(story.connection).keys() == {item}


@pytest.mark.parametrize("holder", ["recipient", "merchant:test-shop", "agent:UDC-7", "office:9999"])
@pytest.mark.parametrize("state", ["accepted", "delivered_claimed", "lost", "returning"])
def test_no_hands_are_outside_the_rules(story: Story, state: str, holder: str) -> None:
    (item,) = story.book(0)
    stand(story.connection, item, state=state, holder=holder, since=story.at)
    watch(story.connection, story.at + 30 * DAY)
    assert overdue(story.connection)[item].custodian == holder


# Bags


def test_a_closed_bag_answers_for_what_is_in_it_and_an_opened_one_no_longer(story: Story) -> None:
    inside, loose = story.book(0, 0)
    bag = add_bag(story.connection, bag_key(1), story.at)
    for item in (inside, loose):
        stand(story.connection, item, state="bagged", holder="office:1000", office="1000", since=story.at)
    stand(story.connection, inside, receptacle=bag)
    watch(story.connection, story.at + DAY)
    assert overdue(story.connection).keys() == {bag, loose}

    story.connection.execute(text("update receptacles set state = 'opened', since = :at"), {"at": story.at + DAY})
    assert watch(story.connection, story.at + DAY) == Watched(opened=1, closed=1, open=2)
    assert overdue(story.connection).keys() == {inside, loose}


def test_what_is_put_into_a_bag_still_answers_for_itself_until_the_bag_is_sealed(story: Story) -> None:
    (item,) = story.book(0)
    printed_last_week = story.at - 7 * DAY
    bag = add_bag(story.connection, bag_key(1), printed_last_week, state="open")
    add_bag(story.connection, bag_key(2), printed_last_week, state="open")
    stand(story.connection, item, state="bagged", holder="office:1000", since=story.at, receptacle=bag)
    assert watch(story.connection, story.at).open == 0, "an empty bag waits for nothing"
    watch(story.connection, story.at + DAY)
    assert overdue(story.connection).keys() == {item}
    story.connection.execute(
        text("update receptacles set state = 'sealed', since = :at where receptacle = :bag"),
        {"at": story.at + DAY, "bag": bag},
    )
    assert watch(story.connection, story.at + DAY) == Watched(opened=0, closed=1, open=0)


def test_a_bag_in_a_bag_is_found_when_the_outer_one_was_opened(story: Story) -> None:
    outer = add_bag(story.connection, bag_key(1), story.at)
    inner = add_bag(story.connection, bag_key(2), story.at, outer_receptacle=outer)
    watch(story.connection, story.at + DAY)
    assert overdue(story.connection).keys() == {outer}
    story.connection.execute(text("update receptacles set state = 'opened' where receptacle = :bag"), {"bag": outer})
    watch(story.connection, story.at + DAY)
    assert overdue(story.connection).keys() == {inner}


def test_bags_said_to_be_in_each_other_are_found_all_the_same(story: Story) -> None:
    one, other = bag_key(1), bag_key(2)
    add_bag(story.connection, one, story.at, outer_receptacle=other)
    add_bag(story.connection, other, story.at, outer_receptacle=one)
    itself = add_bag(story.connection, bag_key(3), story.at, outer_receptacle=bag_key(3))
    watch(story.connection, story.at + DAY)
    assert overdue(story.connection).keys() == {one, other, itself}


def test_a_bag_at_its_destination_is_to_be_opened_and_anywhere_else_to_travel_on(story: Story) -> None:
    there = add_bag(story.connection, bag_key(1), story.at, state="received", holder="office:1216", office="1216")
    midway = add_bag(story.connection, bag_key(2), story.at, state="received", holder="office:1000")
    watch(story.connection, story.at + 2 * DAY)
    found = overdue(story.connection)
    assert (found[there].expected, found[there].office) == ("opened", "1216")
    assert (found[midway].expected, found[midway].office) == ("dispatched", "1000")


def test_a_parcel_in_a_bag_is_answered_for_by_the_outermost_closed_one(story: Story) -> None:
    (item,) = story.book(0)
    outer = add_bag(story.connection, bag_key(1), story.at)
    inner = add_bag(story.connection, bag_key(2), story.at, outer_receptacle=outer)
    stand(story.connection, item, state="bagged", holder="office:1000", since=story.at, receptacle=inner)
    found = who_answers(story.connection, item).custody
    assert found is not None
    assert (found.receptacle, found.travels_with, found.event) == (inner, outer, "dispatched")
    alone = who_answers(story.connection, outer).custody
    assert alone is not None
    assert (alone.travels_with, alone.due_at) == (None, found.due_at)


# Against the rules, reckoned one by one


def due_at(rule: DueRule, since: datetime, leg_minutes: int) -> datetime:
    """The moment by which the scan is due, as one would reckon it with a calendar."""
    ready = (since + timedelta(minutes=rule.minutes + leg_minutes)).astimezone(DHAKA)
    if rule.until is None:
        return ready
    today = datetime.combine(ready.date(), rule.until, DHAKA)
    return today if today >= ready else today + DAY


@pytest.mark.parametrize("seed", range(3))
def test_what_is_found_is_what_the_rules_say_of_each_thing(story: Story, settings: Settings, seed: int) -> None:
    chance = Random(seed)
    rules = list(load_due_rules(settings.facts_dir))
    holders = {"destination": "office:1216", "office": "office:1000", "recipient": "recipient"}
    items = story.book(*[0] * 2 * len(rules))
    due: dict[str, datetime] = {}
    item_states = [rule for rule in rules if rule.state not in {"sealed", "received"}]
    for item, rule in zip(items, cycle(item_states), strict=False):
        since = story.at + timedelta(seconds=chance.randrange(5 * 86_400))
        due[item] = due_at(rule, since, rule.leg_minutes if rule.holder_kind == "vehicle" else 0)
        holder = holders.get(rule.holder_kind, f"{rule.holder_kind}:X")
        stand(story.connection, item, state=rule.state, holder=holder, since=since)
    rows = story.connection.execute(text("select item_number, due_at from custody_due"))
    view: dict[str, datetime] = {row.item_number: row.due_at for row in rows}
    assert view == due

    moments = sorted([*chance.sample(sorted(due.values()), 8), *(story.at + n * DAY for n in range(1, 9))])
    for at in moments:
        watch(story.connection, at)
        assert overdue(story.connection).keys() == {item for item, by in due.items() if by < at}
    watch(story.connection, moments[0])
    assert len(overdue(story.connection)) == sum(by < moments[-1] for by in due.values()), "only a scan closes"


# Rules that change


def test_a_rule_that_changes_is_kept_when_the_database_is_next_opened(story: Story, settings: Settings) -> None:
    rules = load_due_rules(settings.facts_dir)
    declared = text("select state, holder_kind, xmin::text from due_rules")
    before = story.connection.execute(declared).all()
    declare_due_rules(story.connection, rules)
    assert story.connection.execute(declared).all() == before, "what stands already is not written again"
    declare_due_rules(story.connection, rules[:-1])
    assert len(story.connection.execute(declared).all()) == len(before) - 1


def test_learned_times_count_where_they_are_slower_and_outlive_the_timetable(story: Story, facts: Facts) -> None:
    (item,) = story.book(0)
    leg = facts.timetable.legs[0]
    stand(story.connection, item, state="dispatched", holder=f"vehicle:{leg.leg_id}", since=story.at)
    due = text("select due_at from custody_due where item_number = :item")
    planned = story.connection.execute(due, {"item": item}).scalar_one()
    story.connection.execute(
        text("update leg_times set slow_minutes = planned_minutes + 45 where leg_id = :leg"), {"leg": leg.leg_id}
    )
    declare_legs(story.connection, facts.timetable.legs)
    assert story.connection.execute(due, {"item": item}).scalar_one() == planned + timedelta(minutes=45)
    story.connection.execute(text("update leg_times set slow_minutes = 1 where leg_id = :leg"), {"leg": leg.leg_id})
    assert story.connection.execute(due, {"item": item}).scalar_one() == planned


# Persons


@pytest.fixture
def misfit(story: Story) -> Case:
    """A parcel that a rider of another office had in hand: an exception that a person has to close."""
    (item,) = story.book(0)
    story.out_for_delivery(item)
    tell(story, item, (Event.ATTEMPT_FAILED, "rider:1000-R09"))
    (case,) = open_exceptions(story.connection, story.at + DAY, kind=Kind.MISFIT)
    return case


def test_taken_on_and_handed_over_an_exception_shows_who_and_when(story: Story, misfit: Case) -> None:
    at = story.at + DAY
    take_on(story.connection, misfit.exception_id, "  rahima ", at, MIRPUR)
    take_on(story.connection, misfit.exception_id, "rahima", at + DAY, MIRPUR)
    found = take_on(story.connection, misfit.exception_id, "karim", at + 2 * DAY)
    assert found.case.owner == "karim"
    assert [(step.step, step.by, step.at) for step in found.steps] == [
        ("taken", "rahima", at),
        ("taken", "karim", at + 2 * DAY),
    ]
    assert open_exceptions(story.connection, at, office=MIRPUR, unowned=True) == []


def test_closed_with_a_note_once_and_for_all(story: Story, misfit: Case) -> None:
    at = story.at + DAY
    closed = close_exception(story.connection, misfit.exception_id, "karim", "He had lent his device.", at)
    again = close_exception(story.connection, misfit.exception_id, "karim", "He had lent his device.", at + DAY)
    assert closed == again
    assert (closed.case.closed_at, closed.case.closed_by) == (at, "karim")
    assert open_exceptions(story.connection, at + DAY) == []
    with pytest.raises(Conflict, match="closed by karim"):
        close_exception(story.connection, misfit.exception_id, "karim", "Something else.", at)
    with pytest.raises(Conflict, match="closed by karim"):
        take_on(story.connection, misfit.exception_id, "rahima", at)


def test_what_is_overdue_is_closed_by_a_scan_and_by_no_hand(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    watch(story.connection, story.at + 2 * DAY)
    case = overdue(story.connection)[item]
    take_on(story.connection, case.exception_id, "rahima", story.at + 2 * DAY)
    with pytest.raises(Conflict, match="not closed by hand"):
        close_exception(story.connection, case.exception_id, "rahima", "never mind", story.at + 2 * DAY)


def close_with_a_note(
    connection: Connection, exception_id: int, by: str, at: datetime, office: Postcode | None
) -> object:
    return close_exception(connection, exception_id, by, "He had lent his device.", at, office)


@pytest.mark.parametrize("act", [take_on, close_with_a_note])
def test_another_offices_exception_is_answered_like_an_absent_one(
    story: Story, misfit: Case, act: Callable[..., object]
) -> None:
    with pytest.raises(NotFound) as theirs:
        act(story.connection, misfit.exception_id, "rahima", story.at, HUB)
    with pytest.raises(NotFound) as absent:
        act(story.connection, 10**9, "rahima", story.at, HUB)
    assert str(theirs.value).replace(str(misfit.exception_id), str(10**9)) == str(absent.value)
    with pytest.raises(NotFound):
        exception_history(story.connection, misfit.exception_id, HUB)


@pytest.mark.parametrize("by", ["", "  ", "scan"])
def test_an_owner_is_a_person(story: Story, misfit: Case, by: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        take_on(story.connection, misfit.exception_id, by, story.at)
    assert refused.value.field == "by"


def test_a_note_says_something(story: Story, misfit: Case) -> None:
    with pytest.raises(Unacceptable) as refused:
        close_exception(story.connection, misfit.exception_id, "rahima", " ", story.at)
    assert refused.value.field == "note"


def test_exceptions_are_listed_by_office_kind_and_age_page_by_page(story: Story) -> None:
    items = story.book(0, 0, 0)
    for item in items:
        story.out_for_delivery(item)
    found_at = story.at + 2 * DAY
    watch(story.connection, found_at)
    listed = open_exceptions(story.connection, found_at, office=MIRPUR, kind=Kind.OVERDUE)
    assert {case.item_number for case in listed} == set(items)
    assert open_exceptions(story.connection, found_at, office=HUB) == []
    assert open_exceptions(story.connection, found_at, kind=Kind.SHORT) == []
    assert open_exceptions(story.connection, found_at + DAY - MICROSECOND, older_than=DAY) == []
    assert open_exceptions(story.connection, found_at + DAY, older_than=DAY) == listed
    first = open_exceptions(story.connection, found_at, limit=2)
    assert [*first, *open_exceptions(story.connection, found_at, after=first[-1].exception_id, limit=2)] == listed


# Who answers


def test_nothing_answers_for_a_parcel_before_acceptance_and_a_number_never_issued_is_not_found(story: Story) -> None:
    (item,) = story.book(0)
    assert who_answers(story.connection, item).custody is None
    with pytest.raises(NotFound):
        who_answers(story.connection, "DP000000005BD")


def test_who_answers_names_holder_office_and_next_scan(story: Story) -> None:
    (item,) = story.book(0)
    story.out_for_delivery(item)
    custody = who_answers(story.connection, item).custody
    assert custody is not None
    assert (custody.holder, custody.concerns, custody.event) == ("rider:1216-R01", MIRPUR, "delivered_claimed")
    assert (custody.since, custody.due_at) == (
        story.at + timedelta(minutes=story.sequence),
        datetime.combine(story.at.date(), time(20, 30), DHAKA),
    )


# Devices


def add_device(
    connection: Connection, device_id: str, received: str, last_seen_at: datetime, **columns: object
) -> None:
    row = {"device_id": device_id, "received": received, "last_seen_at": last_seen_at} | columns
    values = ", ".join(f"cast(:{name} as int8multirange)" if name == "received" else f":{name}" for name in row)
    connection.execute(text(f"insert into devices ({', '.join(row)}) values ({values})"), row)


def test_scans_that_were_made_and_never_came_are_counted(connection: Connection, morning: datetime) -> None:
    add_device(connection, "whole", "{[1,90)}", morning)
    add_device(connection, "holes", "{[3,5),[7,8),[1000000,1000001)}", morning, office="1216")
    add_device(connection, "empty", "{}", morning)
    add_device(connection, "retired", "{[1,2),[5,6)}", morning, retired_at=morning)
    (found,) = silent_devices(connection, morning)
    assert (found.device_id, found.office, found.last_seen_at) == ("holes", "1216", morning)
    assert found.missing == ((5, 6), (8, 999_999))
    assert found.missing_count == 2 + 999_992
    assert silent_devices(connection, morning, MIRPUR) == [found]
    assert silent_devices(connection, morning, HUB) == []


def test_an_enrolled_device_that_is_not_heard_of_is_asked_about(connection: Connection, morning: datetime) -> None:
    add_device(connection, "enrolled", "{[1,9)}", morning, enrolled_at=morning)
    add_device(connection, "passing", "{[1,9)}", morning)
    assert silent_devices(connection, morning + 3 * DAY) == []
    (found,) = silent_devices(connection, morning + 3 * DAY + MICROSECOND)
    assert (found.device_id, found.missing, found.missing_count) == ("enrolled", (), 0)


def test_a_scan_kept_back_by_its_device_is_seen(story: Story) -> None:
    (item,) = story.book(0)
    kept_back = story.scan(item, Event.ACCEPTED, "office:1216")
    record_scans(story.connection, [story.scan(item, Event.AT_DELIVERY_OFFICE, "office:1216")])
    record_scans(story.connection, [story.scan(item, Event.ON_HOLD, "office:1216")])
    assert silent_devices(story.connection, story.at) == []
    tell(story, item, (Event.AT_DELIVERY_OFFICE, "office:1216"))
    held = story.scan(item, Event.ON_HOLD, "office:1216")
    tell(story, item, (Event.ASSIGNED, "office:1216"))
    (found,) = silent_devices(story.connection, story.at)
    assert found.missing == ((held.sequence, held.sequence),)
    record_scans(story.connection, [held, kept_back])
    assert silent_devices(story.connection, story.at) == []


# Boards


def test_the_board_of_an_office_shows_what_lies_there_what_is_late_and_what_comes(story: Story) -> None:
    here, late, bagged, coming, out = story.book(*[0] * 5)
    bag = add_bag(story.connection, bag_key(1), story.at, state="received", holder="office:1216", office="1216")
    add_bag(story.connection, bag_key(2), story.at, state="dispatched", holder="vehicle:V")
    stand(story.connection, here, state="at_delivery_office", holder="office:1216", office="1216", since=story.at)
    stand(story.connection, late, state="assigned", holder="office:1216", office="1216", since=story.at - 2 * DAY)
    stand(story.connection, bagged, state="at_hub", holder="office:1216", office="1216", since=story.at, receptacle=bag)
    stand(story.connection, coming, state="dispatched", holder="vehicle:V", office="1000", since=story.at)
    stand(story.connection, out, state="out_for_delivery", holder="rider:1216-R01", office="1216", since=story.at)
    watch(story.connection, story.at)

    board = office_board(story.connection, MIRPUR, story.at)
    assert board.items == {"at_delivery_office": 1, "assigned": 1, "at_hub": 1}
    assert (board.bags, board.in_bags, board.oldest_since) == ({"received": 1}, 1, story.at - 2 * DAY)
    assert (board.overdue, board.exceptions, board.unowned) == (1, {"overdue": 1}, 1)
    assert [(due.item_number, due.event) for due in board.next_due] == [
        (late, "out_for_delivery"),
        (here, "out_for_delivery"),
        (bag, "opened"),
    ]
    assert (board.coming_items, board.coming_bags) == (1, 1)

    rider = hands_board(story.connection, "rider", "১২১৬-R01", story.at)
    assert (rider.items, rider.coming_items, rider.overdue) == ({"out_for_delivery": 1}, 0, 0)
    assert [line.office for line in offices_board(story.connection)] == ["1216", "1000"]
    mirpur, hub = offices_board(story.connection)
    assert (mirpur.items, mirpur.at_office, mirpur.with_riders, mirpur.bags, mirpur.overdue) == (4, 3, 1, 1, 1)
    assert (hub.items, hub.with_vehicles, hub.bags, hub.overdue, hub.oldest_exception_at) == (1, 1, 1, 0, None)


def test_a_board_with_nothing_on_it_is_empty(connection: Connection, morning: datetime) -> None:
    board = office_board(connection, HUB, morning)
    assert (board.items, board.bags, board.next_due, board.oldest_since, board.overdue) == ({}, {}, (), None, 0)
    assert offices_board(connection) == []


def test_an_office_sees_of_a_vehicle_what_concerns_it_and_of_a_strangers_nothing(story: Story) -> None:
    ours, theirs = story.book(0, 0)
    for item, destination in ((ours, "1216"), (theirs, "1230")):
        stand(story.connection, item, state="dispatched", holder="vehicle:V", office="1000", destination=destination)
    assert hands_board(story.connection, "vehicle", "V", story.at).items == {"dispatched": 2}
    assert hands_board(story.connection, "vehicle", "V", story.at, MIRPUR).items == {"dispatched": 1}
    stranger = hands_board(story.connection, "vehicle", "V", story.at, Postcode("1209"))
    assert stranger == hands_board(story.connection, "vehicle", "nobody's", story.at, Postcode("1209"))
    with pytest.raises(Unacceptable):
        hands_board(story.connection, "merchant", "test-shop", story.at)


# Several at once


def test_watches_at_once_open_each_exception_once(database: Database, tell: type[Story], morning: datetime) -> None:
    with database.transaction() as connection:
        story = tell(connection, morning)
        items = story.book(*[0] * 40)
        story.out_for_delivery(*items)

    def look() -> Watched:
        with database.transaction() as connection:
            return watch(connection, morning + 2 * DAY)

    with ThreadPoolExecutor(4) as pool:
        watched = [done.result() for done in [pool.submit(look) for _ in range(12)]]
    assert sum(one.opened for one in watched) == len(items)
    assert look() == Watched(opened=0, closed=0, open=len(items))
