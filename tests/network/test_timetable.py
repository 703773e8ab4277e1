"""The soonest way over the legs: against a plain search, over midnight, and what the shipped timetable promises."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.network.geo import great_circle_m
from post_logistics.network.offices import load_offices
from post_logistics.network.timetable import (
    COLUMNS,
    HANDLING_MINUTES,
    Leg,
    Timetable,
    earliest_arrival,
    load_timetable,
)
from post_logistics.units import DHAKA, Postcode

DATA = Path(__file__).resolve().parents[2] / "data"
DAY = datetime(2026, 11, 22, tzinfo=DHAKA)


def at(minute: int) -> datetime:
    return DAY + timedelta(minutes=minute)


def leg(name: str, origin: str, destination: str, depart: int, arrive: int) -> Leg:
    return Leg(name, Postcode(origin), Postcode(destination), depart, arrive, "van", 100)


def plain_search(legs: list[Leg], origin: str, destination: str, ready: int) -> int | None:
    """Minute of earliest arrival, by relaxing every run until nothing changes."""
    best = {origin: ready}
    runs = [(one.depart_minute + day * 1440, one.arrive_minute + day * 1440, one) for one in legs for day in range(4)]
    for _ in runs:
        for depart, arrive, one in runs:
            wait = 0 if one.origin == origin else HANDLING_MINUTES
            if one.origin in best and best[one.origin] + wait <= depart and arrive < best.get(one.destination, 10**9):
                best[one.destination] = arrive
    return best.get(destination)


offices = st.sampled_from(["1000", "1100", "1205", "1215"])
legs_strategy = st.lists(
    st.tuples(offices, offices, st.integers(0, 1439), st.integers(1, 300)).filter(lambda t: t[0] != t[1]), max_size=10
).map(lambda rows: [leg(f"L{i}", a, b, start, start + long) for i, (a, b, start, long) in enumerate(rows)])


@settings(max_examples=150, deadline=None)
@given(legs_strategy, st.integers(0, 1439))
def test_the_way_found_is_the_soonest(legs: list[Leg], ready: int) -> None:
    found = earliest_arrival(Timetable(legs), Postcode("1000"), Postcode("1215"), at(ready))
    soonest = plain_search(legs, "1000", "1215", ready)
    assert (found.arrive_at if found else None) == (at(soonest) if soonest is not None else None)


def test_a_parcel_too_late_for_the_last_leg_goes_the_next_day() -> None:
    table = Timetable([leg("L", "1000", "1215", 600, 630)])
    on_time = earliest_arrival(table, Postcode("1000"), Postcode("1215"), at(600))
    late = earliest_arrival(table, Postcode("1000"), Postcode("1215"), at(600) + timedelta(seconds=1))
    assert on_time is not None and on_time.arrive_at == at(630)
    assert late is not None and late.arrive_at == at(630 + 1440)


def test_a_leg_over_midnight_arrives_the_next_day() -> None:
    table = Timetable([leg("N", "1000", "1215", 1430, 1450)])
    found = earliest_arrival(table, Postcode("1000"), Postcode("1215"), at(1400))
    assert found is not None and found.arrive_at == at(1450)


def test_there_may_be_no_way_and_no_leg_is_needed_at_home() -> None:
    table = Timetable([leg("L", "1000", "1215", 600, 630)])
    assert earliest_arrival(table, Postcode("1215"), Postcode("1000"), at(0)) is None
    here = earliest_arrival(table, Postcode("1000"), Postcode("1000"), at(5))
    assert here is not None and here.legs == () and here.arrive_at == at(5)


def test_what_is_picked_up_by_nine_is_everywhere_before_the_tours_leave() -> None:
    table, pilots = load_timetable(DATA), load_offices(DATA).pilot(DAY.date())
    for origin in pilots:
        for destination in pilots:
            found = earliest_arrival(table, origin.postcode, destination.postcode, at(9 * 60))
            assert found is not None and found.arrive_at <= at(12 * 60 + 30), (origin.postcode, destination.postcode)


def test_every_leg_is_driven_at_a_speed_that_the_city_allows() -> None:
    offices = load_offices(DATA)
    for one in load_timetable(DATA).legs:
        start, end = offices[one.origin], offices[one.destination]
        crow_m = great_circle_m(start.lat_deg, start.lon_deg, end.lat_deg, end.lon_deg)
        road_m_per_h = crow_m * 1.25 / (one.arrive_minute - one.depart_minute) * 60
        assert 8_000 < road_m_per_h < 24_000, one.leg_id


def test_what_comes_back_in_the_evening_is_home_before_midnight() -> None:
    table, pilots = load_timetable(DATA), load_offices(DATA).pilot(DAY.date())
    for origin in pilots:
        for destination in pilots:
            found = earliest_arrival(table, origin.postcode, destination.postcode, at(20 * 60))
            assert found is not None and found.arrive_at < at(24 * 60)


def load(folder: Path, *rows: str) -> Timetable:
    (folder / "timetable.csv").write_text("\n".join([",".join(COLUMNS), *rows, ""]), encoding="utf-8")
    return load_timetable(folder)


def test_times_may_be_written_in_bangla_digits_and_a_leg_may_run_over_midnight(tmp_path: Path) -> None:
    (night,) = load(tmp_path, "N,1000,1215,২৩:৫০,০০:২০,van,৫").legs
    assert (night.depart_minute, night.arrive_minute, night.capacity_parcels) == (1430, 1460, 5)


def test_no_two_legs_have_one_name(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable) as caught:
        load(tmp_path, "A,1000,1215,09:00,10:00,van,5", "A,1215,1000,09:00,10:00,van,5")
    assert (caught.value.field, caught.value.row) == ("leg_id", 2)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("A,1000,1000,09:00,10:00,van,5", "destination"),
        ("A,1000,1215,9 o'clock,10:00,van,5", "depart"),
        ("A,1000,1215,09:00,08:40,van,5", "arrive"),
        ("A,1000,1215,09:00,09:00,van,5", "arrive"),
        ("A,1000,1215,09:00,10:00,van,many", "capacity_parcels"),
        ("A,10,1215,09:00,10:00,van,5", "origin"),
        (",1000,1215,09:00,10:00,van,5", "leg_id"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, column: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        load(tmp_path, row)
    assert (caught.value.field, caught.value.row) == (column, 1)
