"""Promises: what delays and missed connections leave of a timetable, by hand and against parcels sent by chance."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.network.timetable import HANDLING_MINUTES, Leg, Timetable, earliest_arrival, load_timetable
from post_logistics.routing.promises import Delays, load_delays, outlook, promise
from post_logistics.units import DHAKA, Postcode

DATA = Path(__file__).resolve().parents[2] / "data"
DAY = datetime(2026, 11, 22, tzinfo=DHAKA)
A, B, C = (Postcode(code) for code in ("1000", "2000", "3000"))
PUNCTUAL = ("rail", ((100, 0),))
HALF_LATE = Delays((PUNCTUAL, ("road", ((50, 0), (100, 20)))))


def at(minute: int) -> datetime:
    return DAY + timedelta(minutes=minute)


def leg(name: str, origin: Postcode, destination: Postcode, depart: int, arrive: int, mode: str = "road") -> Leg:
    return Leg(name, origin, destination, depart, arrive, mode, 100)


def test_a_single_run_is_promised_with_its_own_delay() -> None:
    found = outlook(Timetable([leg("on", A, B, 60, 120)]), A, B, DAY, HALF_LATE)
    assert found is not None
    assert [found.by(at(minute)) for minute in (119, 120, 130, 139, 140)] == pytest.approx([0, 0.5, 0.75, 0.975, 1])
    assert [found.earliest(chance) for chance in (0.5, 0.51, 0.9, 1)] == [at(120), at(121), at(136), at(140)]
    assert found.way.arrive_at == at(120)


def test_a_connection_with_enough_time_is_never_missed_and_one_without_waits_for_the_next() -> None:
    """The first run is on time every second time; on time, the connection is caught on the minute."""
    legs = [leg("first", A, B, 60, 120), leg("on", B, C, 120 + HANDLING_MINUTES, 200, "rail")]
    found = outlook(Timetable(legs), A, C, DAY, HALF_LATE)
    assert found is not None
    assert [found.by(at(minute)) for minute in (199, 200, 200 + 1439, 200 + 1440)] == pytest.approx([0, 0.5, 0.5, 1])
    later = replace(legs[1], depart_minute=140 + HANDLING_MINUTES)
    assert promise(Timetable([legs[0], later]), A, C, DAY, HALF_LATE, 1) is not None
    sure = outlook(Timetable([legs[0], later]), A, C, DAY, HALF_LATE)
    assert sure is not None
    assert sure.by(at(200)) == pytest.approx(1)


def test_who_misses_a_connection_takes_the_way_that_is_soonest_then() -> None:
    legs = [
        leg("first", A, B, 60, 120),
        leg("fast", B, C, 125 + HANDLING_MINUTES, 200, "rail"),
        leg("slow", B, C, 150 + HANDLING_MINUTES, 400, "rail"),
    ]
    found = outlook(Timetable(legs), A, C, DAY, HALF_LATE)
    assert found is not None
    assert [found.by(at(minute)) for minute in (200, 399, 400)] == pytest.approx([0.625, 0.625, 1])
    assert [run.leg.leg_id for run in found.way.legs] == ["first", "fast"]


def test_a_promise_says_the_earliest_time_that_is_sure_enough_and_how_sure_it_is() -> None:
    timetable = Timetable([leg("on", A, B, 60, 120)])
    found = promise(timetable, A, B, at(61), HALF_LATE, 0.9)
    assert found is not None
    assert (found.by, found.probability) == (at(1440 + 136), pytest.approx(0.9))
    assert promise(timetable, B, A, DAY, HALF_LATE) is None
    assert promise(timetable, A, Postcode("9999"), DAY, HALF_LATE) is None


def test_a_parcel_that_is_there_already_is_promised_at_once() -> None:
    found = promise(Timetable([]), A, A, at(7), HALF_LATE)
    assert found is not None
    assert (found.by, found.probability, found.way.legs) == (at(7), 1, ())


def test_a_chance_that_is_none_and_a_mode_without_delays_are_refused() -> None:
    timetable = Timetable([leg("on", A, B, 60, 120, "balloon")])
    for chance in (0, 1.01):
        with pytest.raises(Unacceptable, match="no chance"):
            promise(timetable, A, B, DAY, HALF_LATE, chance)
    with pytest.raises(Unacceptable, match="balloon"):
        promise(timetable, A, B, DAY, HALF_LATE)


def test_the_minutes_of_a_delay_are_what_its_table_says() -> None:
    chances = HALF_LATE.chances("road")
    assert chances.sum() == pytest.approx(1)
    assert chances[0] == pytest.approx(0.5)
    assert chances[1:] == pytest.approx(np.full(20, 0.025))
    assert Delays((PUNCTUAL,)).chances("rail").tolist() == [1]


@pytest.mark.parametrize(
    ("points", "field"),
    [
        (((50, 5),), "percent"),
        (((90, 5), (50, 9), (100, 10)), "percent"),
        ((), "percent"),
        (((50, 9), (100, 5)), "late_minutes"),
        (((50, 0), (100, 1441)), "late_minutes"),
    ],
)
def test_a_table_of_delays_that_makes_no_sense_is_refused(points: tuple[tuple[int, int], ...], field: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        Delays((("road", points),))
    assert caught.value.field == field


def test_the_shipped_delays_cover_the_shipped_timetable() -> None:
    timetable, delays = load_timetable(DATA), load_delays(DATA)
    assert {one.mode for one in timetable.legs} <= {mode for mode, _ in delays.late_minutes}
    found = promise(timetable, Postcode("1000"), Postcode("1230"), at(9 * 60), delays)
    assert found is not None
    assert found.way.arrive_at < found.by < at(24 * 60)


@pytest.mark.parametrize(
    "text",
    [
        "[truck",
        "truck = 3",
        "[truck]\npercent = [100]",
        "[truck]\npercent = [50, 100]\nlate_minutes = [5.5, 9]",
        "[truck]\npercent = [100]\nlate_minutes = [1, 2]",
    ],
)
def test_a_file_of_delays_that_cannot_be_read_says_where(tmp_path: Path, text: str) -> None:
    (tmp_path / "promises.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Unacceptable, match=r"promises\.toml"):
        load_delays(tmp_path)


def test_a_missing_file_of_delays_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unacceptable, match="missing"):
        load_delays(tmp_path)


def sent(timetable: Timetable, delays: Delays, ready_at: datetime, chance: np.random.Generator) -> datetime | None:
    """When one parcel from A arrives at C, each of its runs late by chance."""
    place, arrive_at = A, ready_at
    while place != C:
        way = earliest_arrival(timetable, place, C, ready_at)
        if way is None:
            return None
        run = way.legs[0]
        late = delays.chances(run.leg.mode)
        place = run.leg.destination
        arrive_at = run.arrive_at + timedelta(minutes=int(chance.choice(len(late), p=late)))
        ready_at = arrive_at + timedelta(minutes=HANDLING_MINUTES)
    return arrive_at


def test_parcels_sent_by_chance_arrive_as_often_as_promised() -> None:
    timetable = Timetable(
        [
            leg("a1", A, B, 540, 600),
            leg("a2", A, B, 700, 763),
            leg("b1", B, C, 630, 700),
            leg("b2", B, C, 790, 871),
            leg("ab", A, Postcode("5000"), 545, 590),
            leg("bc", Postcode("5000"), C, 620, 691),
        ]
    )
    delays = Delays((("road", ((40, 5), (80, 25), (100, 120))),))
    chance, many = np.random.default_rng(7), 2_000
    arrivals = [sent(timetable, delays, at(500), chance) for _ in range(many)]
    found = outlook(timetable, A, C, at(500), delays)
    assert found is not None
    for minute in (690, 695, 700, 720, 780, 880, 920, 1000, 1440 + 700, 1440 + 900):
        share = sum(arrive_at is not None and arrive_at <= at(minute) for arrive_at in arrivals) / many
        spread = 4 * (found.by(at(minute)) * (1 - found.by(at(minute))) / many) ** 0.5
        assert abs(share - found.by(at(minute))) <= spread + 1e-9, minute


networks = st.lists(
    st.tuples(st.sampled_from([A, B, C]), st.sampled_from([A, B, C]), st.integers(0, 1439), st.integers(1, 300)).filter(
        lambda row: row[0] != row[1]
    ),
    max_size=8,
).map(lambda rows: [leg(f"L{i}", a, b, start, start + long, "rail") for i, (a, b, start, long) in enumerate(rows)])


@settings(max_examples=100, deadline=None)
@given(networks, st.integers(0, 1439))
def test_without_delays_the_timetable_is_the_promise(legs: list[Leg], ready: int) -> None:
    timetable = Timetable(legs)
    way = earliest_arrival(timetable, A, C, at(ready))
    found = promise(timetable, A, C, at(ready), HALF_LATE, 1)
    if way is not None:
        assert found is not None
        assert found.by == found.way.arrive_at == way.arrive_at
