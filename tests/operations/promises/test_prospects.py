"""What may still happen to an item from wherever it stands, in a world of three offices and two legs."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.network.fleet import Day
from post_logistics.network.timetable import Leg, Timetable
from post_logistics.operations.promises.prospects import Prospects
from post_logistics.routing.promises import Delays
from post_logistics.storage.promises.forecasts import Whereabouts
from post_logistics.tracking.forecast import HORIZON_DAYS, Assumptions, Chances, Days, Learning, Minutes
from post_logistics.tracking.lifecycle import State
from post_logistics.units import DHAKA, Postcode

SHOP, HUB, HOME = Postcode("1205"), Postcode("1215"), Postcode("1216")
DAY = datetime(2026, 11, 22, tzinfo=DHAKA)
SHIFT = Day(
    pickup_start=time(7),
    pickup_end=time(9),
    delivery_start=time(12, 30),
    delivery_end=time(19, 30),
    stop_s=180,
    parcel_s=30,
    pickup_s=300,
    pickup_parcel_s=5,
)
TIMETABLE = Timetable(
    [
        Leg("IN", SHOP, HUB, 9 * 60 + 20, 9 * 60 + 40, "truck", 100),
        Leg("OUT", HUB, HOME, 10 * 60 + 50, 11 * 60 + 20, "truck", 100),
        Leg("NIGHT", HUB, HOME, 23 * 60 + 50, 24 * 60 + 20, "truck", 100),
    ]
)
SURE = Chances(picked_up=1, sent_on=1, taken_out=1, delivered=(1.0, 1.0, 1.0), refused=0, released=1, collected=1)
LIKELY = Chances(
    picked_up=0.9, sent_on=0.95, taken_out=0.9, delivered=(0.8, 0.6, 0.5), refused=0.1, released=0.4, collected=0.3
)
PUNCTUAL = Delays((("truck", ((100, 0),)),))
LATE = Delays((("truck", ((50, 0), (80, 60), (100, 180))),))


def prospects(chances: Chances = SURE, delays: Delays = PUNCTUAL) -> Prospects:
    assumed = Assumptions(
        chances=chances,
        minutes=Minutes(handling=30, news=30),
        learning=Learning(weeks=6, fewest_runs=10, assumed_runs=10, assumed_parcels=50),
        at_least=0.9,
    )
    return Prospects(TIMETABLE, SHIFT, delays, assumed)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def item(state: State, holder: str, since: float, attempts: int = 0, destination: str = HOME) -> Whereabouts:
    kind, _, name = holder.partition(":")
    return Whereabouts(
        item_number="DP000000005BD",
        merchant_id="shop",
        state=state,
        holder=holder,
        office=Postcode(name[:4]) if kind in {"office", "rider"} else SHOP,
        destination=Postcode(destination),
        since=at(since),
        attempts=attempts,
        pickup_office=SHOP,
        booked_at=at(6),
        promised_on=DAY.date(),
        bound_for=None,
        arrive_at=None,
    )


def on_day(days: Days) -> int | None:
    """The one day on which it is sure to be handed over."""
    found = np.flatnonzero(days > 0.999999)
    return int(found[0]) if len(found) else None


RIDER = "rider:1216-R01"


@pytest.mark.parametrize(
    ("one", "now", "day"),
    [
        (item(State.BOOKED, "merchant:shop", 6), 6, 0),
        (item(State.BOOKED, "merchant:shop", 6), 9.5, 0),
        (item(State.BOOKED, "merchant:shop", 6), 9.51, 1),
        (item(State.PICKUP_ASSIGNED, "merchant:shop", 6), 24.1, 0),
        (item(State.ACCEPTED, "rider:1205-R01", 8), 8.5, 0),
        (item(State.ACCEPTED, "office:1205", 9), 9.1, 0),
        (item(State.ACCEPTED, "office:1205", 9), 9.8, 0),
        (item(State.ACCEPTED, "office:1205", 9), 9.9, 1),
        (item(State.ACCEPTED, "office:1216", 9), 9.9, 0),
        (item(State.BAGGED, "office:1205", 9.2), 9.3, 0),
        (item(State.DISPATCHED, "vehicle:IN/20261122T0320Z", 9.33), 9.5, 0),
        (item(State.DISPATCHED, "vehicle:IN", 9.33), 9.5, 0),
        (item(State.AT_HUB, "office:1215", 9.7), 9.8, 0),
        (item(State.AT_HUB, "office:1215", 10.6), 10.7, 1),
        (item(State.AT_HUB, "office:1215", 9.7), 12, 1),
        (item(State.DISPATCHED, "vehicle:OUT/20261122T0450Z", 10.83), 11, 0),
        (item(State.DISPATCHED, "vehicle:NIGHT/20261122T1750Z", 23.83), 24.2, 0),
        (item(State.AT_DELIVERY_OFFICE, "office:1216", 11.4), 11.5, 0),
        (item(State.AT_DELIVERY_OFFICE, "office:1216", 12.0), 12.1, 0),
        (item(State.AT_DELIVERY_OFFICE, "office:1216", 12.1), 12.2, 1),
        (item(State.AT_DELIVERY_OFFICE, "office:1216", 11.4), 13, 0),
        (item(State.AT_DELIVERY_OFFICE, "office:1216", 11.4), 13.1, 1),
        (item(State.AT_DELIVERY_OFFICE, "office:1215", 9.7), 9.8, 0),
        (item(State.OUT_FOR_DELIVERY, RIDER, 12.5), 19, 0),
        (item(State.OUT_FOR_DELIVERY, RIDER, 12.5), 20, 0),
        (item(State.OUT_FOR_DELIVERY, RIDER, 12.5), 20.1, 1),
        (item(State.OUT_FOR_DELIVERY, RIDER, 12.5), 24.1, 0),
        (item(State.ATTEMPT_FAILED, RIDER, 15, 1), 16, 1),
        (item(State.ON_HOLD, "office:1216", 11), 11.5, 0),
        (item(State.AT_PICKUP_POINT, "agent:udc-7", 11), 11.5, 0),
        (item(State.AT_PICKUP_POINT, "office:1216", 11), 19.6, 1),
    ],
    ids=lambda value: f"{value.state} {value.holder}" if isinstance(value, Whereabouts) else str(value),
)
def test_if_all_goes_well_it_comes_on_the_day_that_the_plan_says(one: Whereabouts, now: float, day: int) -> None:
    """``day``: counted from the day of ``now``. What has happened within half an hour may not yet be known."""
    assert on_day(prospects().days(one, at(now))) == day


@pytest.mark.parametrize(
    "one",
    [
        item(State.DELIVERED, "recipient", 15),
        item(State.DELIVERED_CLAIMED, RIDER, 15),
        item(State.CANCELLED, "merchant:shop", 7),
        item(State.RETURN_REQUESTED, "office:1216", 20, 3),
        item(State.RETURNING, "office:1216", 20),
        item(State.LOST, "office:1215", 20),
        item(State.DAMAGED, "office:1215", 20),
        item(State.AT_DELIVERY_OFFICE, "office:1216", 20, 3),
        item(State.ACCEPTED, "office:1205", 9, destination="9999"),
        item(State.ACCEPTED, "office:8888", 9),
    ],
    ids=lambda one: f"{one.state} {one.attempts} {one.destination}",
)
def test_nothing_is_foretold_of_what_does_not_come_or_has_no_way(one: Whereabouts) -> None:
    assert not prospects().days(one, at(20)).any()


def test_a_vehicle_later_than_ever_is_still_expected() -> None:
    """The truck is due at 11:20 and never later than 14:20; at 20:00 nobody knows anything new."""
    one = item(State.DISPATCHED, "vehicle:OUT", 10.83)
    found = prospects(delays=LATE).days(one, at(20))
    assert (found[0], found.sum()) == (0, pytest.approx(1))
    assert prospects(delays=LATE).days(one, at(24 * 9)).sum() == pytest.approx(1)


def test_a_vehicle_that_is_late_is_expected_as_late_vehicles_are() -> None:
    """Who arrives by 12:00, 40 minutes late, is ready for today's tour. Half are on time; 30 in a hundred are up to an
    hour late; 20 longer. At 12:10, with the news of 11:40, those who are at most 20 minutes late have arrived."""
    one, world = item(State.DISPATCHED, "vehicle:OUT", 10.83), prospects(delays=LATE)
    early, late = world.days(one, at(11)), world.days(one, at(12) + timedelta(minutes=10))
    assert early[:2] == pytest.approx([0.7, 0.3])
    assert late[:2] == pytest.approx([0.1 / 0.4, 0.3 / 0.4])


def test_a_missed_connection_waits_for_the_next_run() -> None:
    """On the way to the hub half are on time; who is more than 55 minutes late misses the run to Mirpur."""
    found = prospects(delays=LATE).days(item(State.DISPATCHED, "vehicle:IN", 9.33), at(9.5))
    caught = 0.5 + 0.3 * 55 / 60
    assert found[:2] == pytest.approx([caught * 0.7, 1 - caught * 0.7])


def test_a_run_outside_the_timetable_arrives_when_its_dispatch_says() -> None:
    special = item(State.DISPATCHED, "vehicle:SPECIAL", 9.33)
    world = prospects()
    assert on_day(world.days(special, at(10))) == 0  # as if it went the usual way
    assert on_day(world.days(replace(special, bound_for=HOME, arrive_at=at(13)), at(10))) == 1
    assert on_day(world.days(replace(special, bound_for=HUB, arrive_at=at(10.5)), at(10))) == 0
    assert world.days(special, at(24 * 9)).any()


def test_days_are_lost_at_every_step_as_often_as_assumed() -> None:
    """To be there on the first day everything has to go well: the round, two offices, the tour, the door."""
    world = prospects(LIKELY)
    found = world.booked(SHOP, HOME, at(6), at(6))
    assert found[0] == pytest.approx(0.9 * 0.95 * 0.95 * 0.9 * 0.8)
    assert world.booked(HOME, HOME, at(6), at(6))[0] == pytest.approx(0.9 * 0.9 * 0.8)
    assert found.sum() == pytest.approx(0.8 + 0.1 * (0.6 + 0.3 * 0.5), abs=1e-3)


def test_a_parcel_booked_after_the_round_has_left_waits_a_day() -> None:
    world = prospects()
    assert on_day(world.booked(SHOP, HOME, at(7), at(7))) == 0
    assert on_day(world.booked(SHOP, HOME, at(7.01), at(7.01))) == 1
    assert on_day(world.booked(SHOP, HOME, at(23.99), at(23.99))) == 1
    assert on_day(world.booked(SHOP, HOME, at(24), at(24))) == 0


STEPS = [
    item(State.BOOKED, "merchant:shop", 6),
    item(State.ACCEPTED, "rider:1205-R01", 8),
    item(State.ACCEPTED, "office:1205", 9),
    item(State.DISPATCHED, "vehicle:IN", 9.33),
    item(State.AT_HUB, "office:1215", 9.67),
    item(State.DISPATCHED, "vehicle:OUT", 10.83),
    item(State.AT_DELIVERY_OFFICE, "office:1216", 11.33),
    item(State.OUT_FOR_DELIVERY, RIDER, 12.5),
]
"""A parcel on its plan."""
hours = st.floats(0, 200)
states = st.builds(
    item,
    st.sampled_from(State),
    st.sampled_from(
        [
            *("merchant:shop", "office:1205", "office:1215", "office:1216", "office:8888", RIDER, "rider:1205-R01"),
            *("vehicle:IN", "vehicle:OUT/20261122T0450Z", "vehicle:NIGHT", "vehicle:SPECIAL", "agent:x", "recipient"),
        ]
    ),
    st.floats(6, 100),
    st.integers(0, 4),
)
WORLDS = [prospects(LIKELY, LATE), prospects(SURE, LATE), prospects(LIKELY, PUNCTUAL)]


@settings(max_examples=300, deadline=None)
@given(states, hours, st.sampled_from(WORLDS))
def test_wherever_an_item_stands_the_days_are_chances(one: Whereabouts, waited: float, world: Prospects) -> None:
    found = world.days(one, one.since + timedelta(hours=waited))
    assert found.shape == (HORIZON_DAYS,)
    assert np.isfinite(found).all()
    assert (found >= -1e-12).all()
    assert found.sum() <= 1 + 1e-9


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(range(len(STEPS) - 1)), st.floats(0, 2), st.sampled_from(WORLDS))
def test_a_scan_that_came_on_time_never_makes_it_later_than_none(step: int, waited: float, world: Prospects) -> None:
    """When a scan comes on time, the item is by every day at least as surely there as if the scan had not come."""
    before, after = STEPS[step], STEPS[step + 1]
    now = after.since + timedelta(hours=waited)
    assert (world.days(after, now).cumsum() >= world.days(before, now).cumsum() - 1e-9).all()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(STEPS), st.floats(0, 72), st.floats(0, 24), st.sampled_from(WORLDS))
def test_silence_never_brings_it_sooner(one: Whereabouts, waited: float, more: float, world: Prospects) -> None:
    """The longer nothing is heard, the less surely it is there by any day."""
    now, then_ = one.since + timedelta(hours=waited), one.since + timedelta(hours=waited + more)
    days = (then_.astimezone(DHAKA).date() - now.astimezone(DHAKA).date()).days
    sooner, later = world.days(one, now).cumsum(), world.days(one, then_).cumsum()
    over = sooner[days - 1] if days else 0.0
    if over < 0.999:
        assert (later[: HORIZON_DAYS - days] <= (sooner[days:] - over) / (1 - over) + over + 1e-6).all()


def test_what_a_day_begins_with_is_the_same_every_day() -> None:
    """The same parcel a week later is foretold the same."""
    world = prospects(LIKELY, LATE)
    for one in STEPS:
        week = replace(one, since=one.since + timedelta(days=7), booked_at=one.booked_at + timedelta(days=7))
        assert world.days(one, at(12)) == pytest.approx(world.days(week, at(12 + 7 * 24)))


def test_the_days_are_those_of_dhaka() -> None:
    """Half past midnight in Dhaka is still the evening before in London: booked then, it goes out that same day."""
    now = at(0.5).astimezone(UTC)
    assert now.date() < DAY.date()
    assert on_day(prospects().booked(SHOP, HOME, now, now)) == 0
