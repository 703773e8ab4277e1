"""Item numbers: the S10 check digit, what a clerk may type, and a hand-out order nobody can guess."""

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from post_logistics.consignments.numbers import (
    NumberRange,
    check_digit,
    free_again_on,
    item_number,
    parse_item_number,
    serial_at,
    serials_at,
)
from post_logistics.errors import Conflict, Unacceptable

KEY = b"a key for tests"
GUESSABLE_SHARE = 0.1


def serial_range(size: int, first_serial: int = 0) -> NumberRange:
    return NumberRange("DP", first_serial, first_serial + size - 1, "1000")


def share_of_commonest_step(serials: list[int]) -> float:
    """How often 'last number plus the usual step' would be the next one."""
    steps = Counter(after - before for before, after in pairwise(serials))
    return max(steps.values()) / steps.total()


@pytest.mark.parametrize(("serial", "digit"), [(47312482, 9), (12345678, 5), (8, 0), (15, 5)])
def test_the_check_digits_worked_out_by_hand(serial: int, digit: int) -> None:
    assert check_digit(serial) == digit


@pytest.mark.parametrize("serial", [-1, 100_000_000])
def test_a_serial_of_other_than_eight_digits_has_no_check_digit(serial: int) -> None:
    with pytest.raises(Unacceptable):
        check_digit(serial)


def test_an_item_number_is_thirteen_characters() -> None:
    assert item_number("DP", 47312482) == "DP473124829BD"
    assert item_number("DP", 8) == "DP000000080BD"


@pytest.mark.parametrize(
    "text",
    [
        "DP473124829BD",
        "dp473124829bd",
        " DP 4731 2482 9 BD\r\n",
        "DP-473124829-BD",
        "DP৪৭৩১২৪৮২৯BD",
        "DP\u2013473124829\u2013BD",
    ],
)
def test_a_number_is_understood_however_it_is_written(text: str) -> None:
    assert parse_item_number(text) == "DP473124829BD"


@given(serial=st.integers(0, 99_999_999), indicator=st.from_regex(r"[A-Z]{2}", fullmatch=True))
@settings(max_examples=100)
def test_every_number_made_is_understood_again(serial: int, indicator: str) -> None:
    number = item_number(indicator, serial)
    assert parse_item_number(number) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has 0"),
        ("DP473124829B", "has 12"),
        ("DP473124829BD1", "has 14"),
        ("DP47312482OBD", "two letters, nine digits"),
        ("4P473124829BD", "two letters, nine digits"),
        ("ДР473124829BD", "two letters, nine digits"),
        ("DP473124828BD", "check digit"),
    ],
)
def test_a_wrong_number_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Unacceptable, match=reason) as refused:
        parse_item_number(text)
    assert refused.value.remedy


def test_a_refused_check_digit_tells_nothing_about_the_right_one() -> None:
    said = set()
    for digit in "012345678":
        with pytest.raises(Unacceptable) as refused:
            parse_item_number(f"DP47312482{digit}BD")
        said.add(str(refused.value))
    assert len(said) == 1
    assert not any(character.isdigit() for character in said.pop())


@given(size=st.integers(1, 700), first_serial=st.integers(0, 99_000_000), key=st.binary(min_size=1, max_size=100))
@settings(max_examples=60)
def test_every_serial_of_a_range_is_handed_out_exactly_once(size: int, first_serial: int, key: bytes) -> None:
    serials = serials_at(serial_range(size, first_serial), 0, size, key)
    assert sorted(serials) == list(range(first_serial, first_serial + size))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9, 10, 16, 17])
def test_the_smallest_ranges_and_exact_squares_are_permuted_too(size: int) -> None:
    assert sorted(serials_at(serial_range(size), 0, size, KEY)) == list(range(size))


def test_a_full_range_reaches_its_far_end_without_repeating() -> None:
    whole = NumberRange("DP", 0, 99_999_999, "the post")
    serials = serials_at(whole, 0, 2_000, KEY) + serials_at(whole, 99_998_000, 2_000, KEY)
    assert len(set(serials)) == 4_000


def test_one_at_a_time_gives_the_same_serials_as_a_batch() -> None:
    numbers = serial_range(1_000, 5_000)
    assert [serial_at(numbers, index, KEY) for index in range(300, 340)] == serials_at(numbers, 300, 40, KEY)


def test_serials_depend_on_the_key_and_on_the_range() -> None:
    first = serials_at(serial_range(1_000), 0, 50, KEY)
    assert first == serials_at(serial_range(1_000), 0, 50, KEY)
    assert first != serials_at(serial_range(1_000), 0, 50, b"another key")
    assert first != [serial - 1_000 for serial in serials_at(serial_range(1_000, 1_000), 0, 50, KEY)]


def test_the_next_number_cannot_be_guessed_from_the_last() -> None:
    assert share_of_commonest_step(serials_at(serial_range(10_000), 0, 2_000, KEY)) < GUESSABLE_SHARE


def test_red_control_numbers_in_order_or_in_steps_are_seen_to_be_guessable() -> None:
    assert share_of_commonest_step(list(range(2_000))) > GUESSABLE_SHARE
    assert share_of_commonest_step([7 * index % 10_000 for index in range(2_000)]) > GUESSABLE_SHARE


def test_a_range_is_never_exceeded() -> None:
    numbers = serial_range(100)
    assert len(serials_at(numbers, 90, 10, KEY)) == 10
    with pytest.raises(Conflict, match="has 10 numbers left, not 11"):
        serials_at(numbers, 90, 11, KEY)
    with pytest.raises(Unacceptable):
        serial_at(numbers, -1, KEY)


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(Unacceptable, match="key"):
        serial_at(serial_range(10), 0, b"")


@pytest.mark.parametrize(
    ("indicator", "first_serial", "last_serial"),
    [("dp", 0, 9), ("DPX", 0, 9), ("DP", 9, 0), ("DP", -1, 9), ("DP", 0, 10**8)],
)
def test_a_range_that_cannot_be_printed_is_refused(indicator: str, first_serial: int, last_serial: int) -> None:
    with pytest.raises(Unacceptable):
        NumberRange(indicator, first_serial, last_serial, "1000")


@pytest.mark.parametrize(
    ("last_used_on", "free_on"),
    [
        (date(2026, 11, 22), date(2028, 11, 22)),
        (date(2024, 2, 29), date(2026, 3, 1)),
        (date(2026, 12, 31), date(2028, 12, 31)),
    ],
)
def test_a_range_rests_for_twenty_four_months(last_used_on: date, free_on: date) -> None:
    assert free_again_on(last_used_on) == free_on
