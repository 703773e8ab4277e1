"""What leaves by which vehicle; a vehicle that fails loses nothing; nothing that is in a bag is loaded twice."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from post_logistics.errors import Conflict, NotFound, Unacceptable
from post_logistics.operations.bags.bag_papers import dispatch_list
from post_logistics.operations.bags.bagging import bag_of, put_in
from post_logistics.operations.bags.dispatches import (
    OnTheRoad,
    ad_hoc,
    departure_named,
    departure_of,
    fail,
    on_the_road,
    run_of,
    send,
    vehicle_manifest,
)
from post_logistics.operations.bags.dispatching import is_astray, loading, manifest
from post_logistics.operations.bags.receiving import receive
from post_logistics.operations.custody.scanning import ScanOutcome, record_scans
from post_logistics.operations.facts import Facts
from post_logistics.tracking.lifecycle import Event, State
from post_logistics.tracking.reasons import Reason
from post_logistics.units import DHAKA, Postcode
from tests.operations.conftest import Story
from tests.operations.packing import AWAY, HOME, HUB, Mail

DAY = date(2026, 11, 22)
MORNING_RUN, AFTERNOON_RUN = "1205-1215-M/20261122T0320Z", "1205-1215-A/20261122T0900Z"


@pytest.fixture
def mail(story: Story, facts: Facts, morning: datetime) -> Mail:
    return Mail(story, facts, morning)


def sent(mail: Mail, *numbers: str, leg: str = "1205-1215-M") -> str:
    departure = departure_of(run_of(mail.facts, leg, DAY))
    verdicts = send(mail.connection, mail.act(departure.origin), departure, numbers)
    assert {v.outcome for v in verdicts} <= {ScanOutcome.ACCEPTED}
    return departure.vehicle


def road(mail: Mail, office: Postcode, at: datetime | None = None) -> list[OnTheRoad]:
    return on_the_road(mail.connection, mail.facts, office, at or mail.act().recorded_at)


class TestDepartures:
    def test_a_run_is_named_by_leg_and_minute_in_utc(self, facts: Facts) -> None:
        departure = departure_of(run_of(facts, "1205-1215-M", DAY))
        assert (departure.vehicle, departure.origin, departure.destination) == (MORNING_RUN, HOME, HUB)
        assert departure.depart_at == datetime(2026, 11, 22, 9, 20, tzinfo=DHAKA)

    def test_a_run_before_six_in_the_morning_is_of_the_day_in_dhaka(self, mail: Mail) -> None:
        """Its name bears the day before, for that is the day in UTC."""
        early = ad_hoc(mail.facts, HOME, HUB, "night", datetime(2026, 11, 22, 0, 30, tzinfo=DHAKA))
        assert early.vehicle == "night/20261121T1830Z"

    def test_a_leg_that_is_not_in_the_timetable_is_not_found(self, facts: Facts) -> None:
        with pytest.raises(NotFound):
            run_of(facts, "1205-9999-M", DAY)

    @pytest.mark.parametrize("name", ["", "a/b", "a:b", "x" * 41, "1205-1215-M"])
    def test_a_vehicle_that_is_not_in_the_timetable_has_a_name_of_its_own(self, facts: Facts, name: str) -> None:
        with pytest.raises(Unacceptable):
            ad_hoc(facts, HOME, HUB, name, datetime(2026, 11, 22, tzinfo=DHAKA))

    def test_it_goes_to_another_office_and_arrives_after_it_leaves(self, facts: Facts) -> None:
        at = datetime(2026, 11, 22, 9, tzinfo=DHAKA)
        assert ad_hoc(facts, HOME, HUB, "DM TA 11", at, at + timedelta(minutes=1)).vehicle == "DM-TA-11/20261122T0300Z"
        with pytest.raises(Unacceptable):
            ad_hoc(facts, HOME, HOME, "DM", at)
        with pytest.raises(Unacceptable):
            ad_hoc(facts, HOME, HUB, "DM", at, at)
        with pytest.raises(NotFound):
            ad_hoc(facts, HOME, "9999", "DM", at)

    @pytest.mark.parametrize("vehicle", ["", "x", "1205-1215-M", "1205-1215-M/today", "1205-1215-M/20261122T0321Z"])
    def test_a_name_that_stands_for_no_run_is_not_found(self, mail: Mail, vehicle: str) -> None:
        assert departure_named(mail.connection, mail.facts, MORNING_RUN).destination == HUB
        with pytest.raises(NotFound):
            departure_named(mail.connection, mail.facts, vehicle)


class TestSending:
    def test_the_vehicle_answers_for_bags_and_loose_items(self, mail: Mail) -> None:
        a, b = mail.items(2)
        key = mail.closed(a)
        vehicle = sent(mail, key, b)
        assert {mail.standing(n).holder for n in (a, b)} == {f"vehicle:{vehicle}"}
        (expected,) = road(mail, HUB)
        assert (expected.departure.vehicle, expected.bags, expected.items) == (vehicle, (key,), (b,))
        assert road(mail, HOME) == [expected] and road(mail, AWAY) == []

    def test_told_twice_or_in_parts_it_is_one_departure(self, mail: Mail) -> None:
        a, b = mail.items(2)
        departure, act = departure_of(run_of(mail.facts, "1205-1215-M", DAY)), mail.act()
        send(mail.connection, act, departure, [a])
        (again,) = send(mail.connection, act, departure, [a])
        assert again.outcome is ScanOutcome.DUPLICATE
        send(mail.connection, mail.act(), departure, [b])
        (one,) = road(mail, HUB)
        assert one.items == tuple(sorted([a, b]))

    def test_a_vehicle_leaves_from_where_it_is(self, mail: Mail) -> None:
        with pytest.raises(Unacceptable):
            send(mail.connection, mail.act(AWAY), departure_of(run_of(mail.facts, "1205-1215-M", DAY)), [])

    def test_one_vehicle_cannot_go_to_two_places_at_once(self, mail: Mail) -> None:
        at = mail.act().occurred_at
        send(mail.connection, mail.act(), ad_hoc(mail.facts, HOME, HUB, "DM", at), [])
        with pytest.raises(Conflict):
            send(mail.connection, mail.act(), ad_hoc(mail.facts, HOME, AWAY, "DM", at), [])

    def test_any_vehicle_will_do(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        departure = ad_hoc(mail.facts, HOME, AWAY, "DM-11", mail.act().occurred_at)
        send(mail.connection, mail.act(), departure, [a])
        (one,) = road(mail, AWAY)
        assert one.items == (a,) and one.departure.arrive_at is None
        receive(mail.connection, mail.facts, mail.act(AWAY), [a])
        assert road(mail, AWAY) == []
        assert mail.standing(a).state is State.AT_DELIVERY_OFFICE

    def test_an_empty_vehicle_is_listed_until_it_is_there(self, mail: Mail) -> None:
        sent(mail)
        (one,) = road(mail, HUB, mail.morning + timedelta(hours=3))
        assert (one.bags, one.items) == ((), ())
        assert road(mail, HUB, mail.morning + timedelta(hours=4)) == []

    def test_a_bag_in_a_bag_is_not_listed_beside_it(self, mail: Mail) -> None:
        inner = mail.closed(*mail.items(2))
        outer = mail.closed(inner)
        vehicle = sent(mail, outer)
        departure, lines = vehicle_manifest(mail.connection, mail.facts, vehicle)
        assert departure.vehicle == vehicle
        assert [(line.number, line.items) for line in lines] == [(outer, 2)]
        assert dispatch_list(mail.connection, mail.facts, vehicle).startswith(b"%PDF")

    def test_what_a_device_scanned_onto_a_run_is_on_the_road_too(self, mail: Mail) -> None:
        """Only scans were told, and no departure."""
        (a,) = mail.items(1)
        record_scans(mail.connection, [mail.act().scan("x", a, Event.DISPATCHED, holder=f"vehicle:{MORNING_RUN}")])
        (one,) = road(mail, HUB)
        assert (one.departure.vehicle, one.items) == (MORNING_RUN, (a,))


class TestFailing:
    def test_everything_goes_on_by_the_next_run(self, mail: Mail) -> None:
        a, b = mail.items(2)
        key = mail.closed(a)
        broken = sent(mail, key, b)
        mail.minute = 100  # 09:40
        rescue, verdicts = fail(mail.connection, mail.facts, mail.act(), broken)
        assert rescue.vehicle == AFTERNOON_RUN
        assert {v.scan.item_number for v in verdicts} == {key, b}
        assert {v.scan.reason for v in verdicts} == {Reason.VEHICLE_BREAKDOWN}
        assert {v.outcome for v in verdicts} == {ScanOutcome.ACCEPTED}
        assert {mail.standing(n).holder for n in (a, b)} == {f"vehicle:{AFTERNOON_RUN}"}
        assert [one.departure.vehicle for one in road(mail, HUB)] == [AFTERNOON_RUN]

    def test_told_twice_nothing_is_left_to_move(self, mail: Mail) -> None:
        broken = sent(mail, *mail.items(2))
        mail.minute = 100
        act = mail.act()
        fail(mail.connection, mail.facts, act, broken)
        before = road(mail, HUB)
        assert fail(mail.connection, mail.facts, act, broken)[1] == []
        assert road(mail, HUB) == before

    def test_or_by_the_vehicle_that_is_named(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        broken = sent(mail, a)
        onto = ad_hoc(mail.facts, HOME, HUB, "DM-11", mail.act().occurred_at)
        rescue, _ = fail(mail.connection, mail.facts, mail.act(HUB), broken, onto)
        assert mail.standing(a).holder == f"vehicle:{rescue.vehicle}"

    def test_what_was_unloaded_before_stays_where_it_is(self, mail: Mail) -> None:
        a, b = mail.items(2)
        broken = sent(mail, a, b)
        receive(mail.connection, mail.facts, mail.act(HUB), [a])
        fail(mail.connection, mail.facts, mail.act(), broken)
        assert mail.standing(a).holder == "office:1215"

    def test_another_offices_vehicle_does_not_exist(self, mail: Mail) -> None:
        broken = sent(mail)
        with pytest.raises(NotFound) as theirs:
            fail(mail.connection, mail.facts, mail.act(AWAY), broken)
        with pytest.raises(NotFound) as absent:
            fail(mail.connection, mail.facts, mail.act(AWAY), "x/20261122T0320Z")
        assert theirs.value.message.replace(broken, "") == absent.value.message.replace("x/20261122T0320Z", "")

    def test_without_another_run_a_vehicle_has_to_be_named(self, mail: Mail) -> None:
        at = mail.act().occurred_at
        lorry = ad_hoc(mail.facts, HOME, Postcode("1230"), "DM-11", at)
        send(mail.connection, mail.act(), lorry, [])
        with pytest.raises(Conflict, match="no other run"):
            fail(mail.connection, mail.facts, mail.act(), lorry.vehicle)
        with pytest.raises(Unacceptable):
            fail(mail.connection, mail.facts, mail.act(), lorry.vehicle, lorry)


class TestLoading:
    def test_what_is_in_a_bag_is_not_loaded_loose(self, mail: Mail) -> None:
        a, b, c = mail.items(3)
        key = mail.closed(a)
        put_in(mail.connection, mail.act(), mail.bag(), [b])
        due = loading(mail.connection, mail.facts, run_of(mail.facts, "1205-1215-M", DAY))
        assert (due.vehicle, due.bags, due.items) == (MORNING_RUN, (key,), (c,))

    def test_bags_and_items_wait_for_the_run_that_is_sooner(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        key = mail.closed(destination=Postcode("1209"))
        direct = loading(mail.connection, mail.facts, run_of(mail.facts, "1205-1209-D", DAY))
        assert (direct.bags, direct.items) == ((key,), ())
        sent(mail, key, leg="1205-1209-D")
        hub = loading(mail.connection, mail.facts, run_of(mail.facts, "1205-1215-M", DAY))
        assert (hub.bags, hub.items) == ((), (a,))

    def test_a_redirected_item_goes_to_its_new_office(self, mail: Mail) -> None:
        (a,) = mail.items(1)
        assert manifest(mail.connection, mail.facts, run_of(mail.facts, "1205-1209-D", DAY)) == []
        mail.connection.execute(text("update journeys set destination = '1209'"))
        assert manifest(mail.connection, mail.facts, run_of(mail.facts, "1205-1209-D", DAY)) == [a]

    def test_a_transit_bag_goes_on_from_the_hub_and_one_that_is_there_does_not(self, mail: Mail) -> None:
        onwards, there = mail.closed(), mail.closed(destination=HUB)
        mail.carried(onwards, there)
        due = loading(mail.connection, mail.facts, run_of(mail.facts, "1215-1216-M", DAY))
        assert due.bags == (onwards,)
        assert bag_of(mail.connection, there).holder == "office:1215"

    def test_a_run_takes_as_many_parcels_as_it_carries_in_bags_or_out_of_them(self, mail: Mail) -> None:
        """The motorcycle to Jigatala carries 80."""
        items = mail.items(82)
        mail.connection.execute(text("update journeys set destination = '1209'"))
        full = mail.closed(*items[:79], destination=Postcode("1209"))
        due = loading(mail.connection, mail.facts, run_of(mail.facts, "1205-1209-D", DAY))
        assert (due.bags, len(due.items)) == ((full,), 1)
        mail.closed(*items[79:81], destination=Postcode("1209"))
        again = loading(mail.connection, mail.facts, run_of(mail.facts, "1205-1209-D", DAY))
        assert (again.bags, again.items) == ((full,), (items[81],))


@pytest.mark.parametrize(
    ("came_from", "here", "target", "astray"),
    [
        ("1205", "1215", "1216", False),  # the hub is the way
        ("1205", "1216", "1216", False),  # it is there
        ("1205", "1216", "1230", True),  # it has to go back to the hub
        ("1215", "1216", "1230", True),
        ("1205", "1215", "1205", True),  # it was there
        ("1205", "1215", "9999", False),  # nobody knows a way
    ],
)
def test_a_thing_is_astray_if_it_gained_nothing_by_coming_here(
    facts: Facts, morning: datetime, came_from: str, here: str, target: str, astray: bool
) -> None:
    offices = Postcode(came_from), Postcode(here), Postcode(target)
    for hours in range(24):
        assert is_astray(facts, *offices, morning + timedelta(hours=hours)) == astray, hours
