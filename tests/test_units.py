"""Text to quantity and back, in both scripts."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.units import (
    bangla_digits,
    grams_from_kg,
    kilograms,
    latin_digits,
    local_day,
    local_time,
    poisha_from_taka,
    taka,
    taka_plain,
)


@pytest.mark.parametrize(
    ("text", "amount_poisha"),
    [
        ("0", 0),
        ("1250", 125000),
        ("1,250.50", 125050),
        ("1,25,000", 12500000),
        ("১২৫০.৫", 125050),
        ("১,২৫০", 125000),
        ("Tk 99.99", 9999),
        ("৳ 99", 9900),
        ("500/-", 50000),
        ("500 টাকা", 50000),
        ("-3", -300),
    ],
)
def test_taka_in_either_script_become_poisha(text: str, amount_poisha: int) -> None:
    assert poisha_from_taka(text) == amount_poisha


@pytest.mark.parametrize("text", ["", "ten", "1.005", "NaN", "inf", "1 2", "--5", "5 USD", "1,5", "1,2,3", "1e999999"])
def test_what_is_no_amount_of_taka_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="taka"):
        poisha_from_taka(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_an_amount_survives_being_written_and_read(amount_poisha: int) -> None:
    for text in (taka(amount_poisha), taka(amount_poisha, "bn"), taka_plain(amount_poisha)):
        assert poisha_from_taka(text) == amount_poisha


@given(st.integers(min_value=1, max_value=10**7))
def test_a_weight_survives_being_written_and_read(weight_g: int) -> None:
    assert grams_from_kg(kilograms(weight_g)) == grams_from_kg(kilograms(weight_g, "bn")) == weight_g


@given(st.text())
def test_digits_go_to_latin_once(text: str) -> None:
    assert latin_digits(latin_digits(text)) == latin_digits(text)


def test_amounts_are_grouped_as_lakh_and_crore() -> None:
    assert taka(1234567890) == "Tk 1,23,45,678.90"
    assert taka(12500050, "bn") == "৳১,২৫,০০০.৫০"
    assert taka_plain(-5) == "-0.05"


def test_times_are_told_as_in_dhaka() -> None:
    at = datetime(2026, 11, 21, 20, 5, tzinfo=UTC)
    assert local_time(at) == "22 Nov 2026, 02:05"
    assert local_time(at, "bn") == "২২ নভেম্বর ২০২৬, ০২:০৫"
    assert local_day(date(2026, 11, 22)) == "22 Nov 2026"
    assert bangla_digits("A1") == "A১"
