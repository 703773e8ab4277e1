"""Days lost on the way, one step after another: always chances, and never of a day that is over."""

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.errors import Unacceptable
from post_logistics.settings import Settings
from post_logistics.tracking.forecast import (
    HORIZON_DAYS,
    NOTHING,
    Chances,
    Days,
    forecast_of,
    later,
    load_assumptions,
    then,
    tries,
    trying,
    waiting,
)

DATA = Settings().facts_dir
TODAY = date(2026, 11, 22)
shares = st.floats(0, 1)


@st.composite
def chances(draw: st.DrawFn) -> Chances:
    refused = draw(st.floats(0, 1))
    return Chances(
        picked_up=draw(shares),
        sent_on=draw(shares),
        taken_out=draw(shares),
        delivered=tuple(draw(st.lists(st.floats(0, 1 - refused), min_size=1, max_size=4))),
        refused=refused,
        released=draw(shares),
        collected=draw(shares),
    )


days = st.lists(st.floats(0, 1), min_size=1, max_size=HORIZON_DAYS).map(
    lambda parts: np.pad(np.array(parts) / max(1.0, sum(parts)), (0, HORIZON_DAYS - len(parts)))
)


def is_proper(found: Days) -> bool:
    return found.shape == (HORIZON_DAYS,) and bool((found >= -1e-12).all()) and found.sum() <= 1 + 1e-9


@given(chances(), st.integers(0, 6), shares, days, days, st.integers(-40, 40))
def test_every_step_and_all_steps_together_are_chances(
    office: Chances, failed: int, share: float, one: Days, other: Days, by: int
) -> None:
    for found in (
        waiting(share),
        tries(office, failed),
        trying(office, failed),
        then(one, other),
        later(one, by),
        then(later(one, by), tries(office, failed)),
    ):
        assert is_proper(found)


@given(chances(), st.integers(0, 3))
def test_who_is_on_the_tour_is_never_behind_who_waits_for_it(office: Chances, failed: int) -> None:
    assert (trying(office, failed).cumsum() >= tries(office, failed).cumsum() - 1e-9).all()


@given(days, st.floats(0, 1))
def test_a_day_lost_never_brings_it_sooner(one: Days, share: float) -> None:
    assert (then(one, waiting(share)).cumsum() <= one.cumsum() + 1e-9).all()
    assert (later(one, 1).cumsum() <= one.cumsum() + 1e-9).all()


@given(days, st.integers(0, 10))
def test_what_is_over_changes_nothing_of_what_is_to_come_but_the_sum(one: Days, over: int) -> None:
    left = later(one, -over)
    rest = 1 - one[:over].sum()
    if rest > 1e-6:
        assert left[: HORIZON_DAYS - over] * rest == pytest.approx(one[over:])
        assert not left[HORIZON_DAYS - over :].any()


def test_parcels_tried_by_chance_are_handed_over_as_often_as_foretold() -> None:
    office = Chances(picked_up=1, sent_on=1, taken_out=0.8, delivered=(0.6, 0.5), refused=0.1, released=1, collected=1)
    chance, many, handed_over = random.Random(7), 20_000, np.zeros(HORIZON_DAYS)
    for _ in range(many):
        failed = 0
        for day in range(HORIZON_DAYS):
            if chance.random() >= office.taken_out:
                continue
            fate = chance.random()
            if fate < office.delivered[failed]:
                handed_over[day] += 1
                break
            failed += 1
            if fate >= 1 - office.refused or failed == len(office.delivered):
                break
    assert tries(office, 0) == pytest.approx(handed_over / many, abs=0.012)


def test_by_hand() -> None:
    """Nine of ten go out each day; of those six of ten are delivered at first, one refuses; then half, one refuses."""
    office = Chances(picked_up=1, sent_on=1, taken_out=0.9, delivered=(0.6, 0.5), refused=0.1, released=1, collected=1)
    assert tries(office, 0)[:2] == pytest.approx([0.54, 0.09 * 0.6 + 0.9 * 0.3 * 0.45])
    assert tries(office, 1)[:2] == pytest.approx([0.45, 0.1 * 0.45])
    assert not tries(office, 2).any()
    assert not trying(office, 2).any()
    assert trying(office, 0)[:2] == pytest.approx([0.6, 0.3 * 0.45])
    assert waiting(0.9)[:3] == pytest.approx([0.9, 0.09, 0.009])
    assert waiting(1).tolist() == [1, *[0] * (HORIZON_DAYS - 1)]


def test_the_day_by_which_nine_in_ten_are_there_and_how_sure_that_is() -> None:
    found = forecast_of(np.array([0.5, 0.35, 0.1]), TODAY, 0.9)
    assert found.expected_on == TODAY + timedelta(days=2)
    assert found.probability == pytest.approx(0.95)
    found = forecast_of(np.array([0.5, 0.4, 0.05]), TODAY, 0.9)
    assert found.expected_on == TODAY + timedelta(days=1)
    assert found.probability == pytest.approx(0.9)
    assert found.by(TODAY - timedelta(days=1)) == 0
    assert (found.earliest(0.9), found.earliest(0.96)) == (TODAY + timedelta(days=1), None)


def test_nothing_is_foretold_of_what_does_not_come() -> None:
    assert forecast_of(np.zeros(HORIZON_DAYS), TODAY, 0.9) == NOTHING
    assert (NOTHING.by(TODAY), NOTHING.earliest(0.9)) == (0, None)


@given(days, st.floats(0.01, 1))
def test_a_forecast_is_in_the_order_of_its_days_and_never_of_the_past(one: Days, at_least: float) -> None:
    found = forecast_of(one, TODAY, at_least)
    assert [on for on, _ in found.by_day] == sorted({on for on, _ in found.by_day})
    assert all(on >= TODAY and 0 < chance <= 1 for on, chance in found.by_day)
    if found.expected_on:
        assert found.probability >= at_least * one.sum() - 1e-6


def test_the_shipped_assumptions_are_read() -> None:
    found = load_assumptions(DATA)
    assert (found.at_least, found.chances.delivered[0], found.minutes.handling) == (0.9, 0.88, 30)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("picked_up = 97", "picked_up = 101", "picked_up"),
        ("picked_up = 97", "", "picked_up"),
        ("[88, 70, 50]", "[]", "delivered"),
        ("[88, 70, 50]", "[88, 70.5]", "delivered"),
        ("[88, 70, 50]", "88", "delivered"),
        ("refused = 4", "refused = 13", "refused"),
        ("at_least_percent = 90", "at_least_percent = 0", "at_least_percent"),
        ("handling = 30", "handling = -1", "handling"),
        ("[learning]", "[lerning]", "learning"),
    ],
)
def test_a_wrong_assumption_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = (DATA / "attempts.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "attempts.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Unacceptable) as caught:
        load_assumptions(tmp_path)
    assert caught.value.field == field
    assert "attempts.toml" in caught.value.message
